// SPDX-License-Identifier: GPL-2.0-only
/*
 * PNG: 8 bits a channel, no alpha, no time stamp, so that equal pictures are equal files.  Pictures
 * of few colours, which ours mostly are, become palette pictures, a third of the size.
 */
#include "picture.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "output.h"

#define COLORS_MAX 256
#define SLOTS 1024

struct colors {
	uint32_t slot[SLOTS];	/* 0: empty; colours have alpha 0xff */
	uint8_t number[SLOTS];
	png_color color[COLORS_MAX];
	unsigned int nr;
};

/* The number of a colour; -1: there are too many. */
static int number_of(struct colors *p, uint32_t color)
{
	unsigned int at = (color * UINT32_C(2654435761)) >> 22;

	for (; p->slot[at]; at = (at + 1) % SLOTS)
		if (p->slot[at] == color)
			return p->number[at];
	if (p->nr == COLORS_MAX)
		return -1;
	p->slot[at] = color;
	p->number[at] = p->nr;
	p->color[p->nr] = (png_color){ color >> 16, color >> 8, color };
	return p->nr++;
}

static bool few_colors(const struct canvas *c, struct colors *p)
{
	for (size_t i = 0; i < (size_t)c->width * c->height; i++)
		if ((!i || c->px[i] != c->px[i - 1]) && number_of(p, c->px[i]) < 0)
			return false;
	return true;
}

static void put_row(const struct canvas *c, struct colors *p, int y, uint8_t *row)
{
	const uint32_t *px = c->px + (size_t)y * c->width;

	for (int x = 0; x < c->width; x++) {
		if (p) {
			row[x] = x && px[x] == px[x - 1] ? row[x - 1] : number_of(p, px[x]);
		} else {
			row[3 * x] = px[x] >> 16;
			row[3 * x + 1] = px[x] >> 8;
			row[3 * x + 2] = px[x];
		}
	}
}

/* libpng would say on stderr what the caller says, too. */
static void png_failed(png_structp png, png_const_charp why)
{
	png_longjmp(png, 1);
}

static int write_png(const struct canvas *c, struct colors *p, FILE *out, uint8_t *row)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_failed, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return -1;
	}
	png_init_io(png, out);
	png_set_compression_level(png, 6);
	png_set_filter(png, 0, PNG_FILTER_NONE);
	png_set_IHDR(png, info, c->width, c->height, 8, p ? PNG_COLOR_TYPE_PALETTE :
		     PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	if (p)
		png_set_PLTE(png, info, p->color, p->nr);
	png_write_info(png, info);
	for (int y = 0; y < c->height; y++) {
		put_row(c, p, y, row);
		png_write_row(png, row);
	}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return 0;
}

int picture_write(const struct canvas *c, const char *path, char *error, size_t error_size)
{
	struct colors *p = host_alloc(sizeof(*p));
	uint8_t *row = host_alloc((size_t)c->width * 3);
	struct output out;
	int bad = output_open(&out, path, error, error_size);

	if (!bad) {
		errno = ENOMEM;		/* if it is not the file's fault */
		out.failed = write_png(c, few_colors(c, p) ? p : NULL, out.file, row);
		bad = output_close(&out, error, error_size);
	}
	host_free(p);
	host_free(row);
	return bad;
}
