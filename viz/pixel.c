// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filled boxes, spans and lines; see pixel.h.
 */
#include "pixel.h"

#include <stdlib.h>
#include <string.h>

#include "hostmem.h"

void canvas_init(struct canvas *c, int width, int height)
{
	*c = (struct canvas){ .width = width, .height = height };
	c->px = host_alloc((size_t)width * height * sizeof(*c->px));
	canvas_unclip(c);
}

void canvas_free(struct canvas *c)
{
	host_free(c->px);
	*c = (struct canvas){ 0 };
}

static struct box cut(struct box b, struct box to)
{
	int x1 = b.x + b.w < to.x + to.w ? b.x + b.w : to.x + to.w;
	int y1 = b.y + b.h < to.y + to.h ? b.y + b.h : to.y + to.h;

	if (b.x < to.x)
		b.x = to.x;
	if (b.y < to.y)
		b.y = to.y;
	b.w = x1 > b.x ? x1 - b.x : 0;
	b.h = y1 > b.y ? y1 - b.y : 0;
	return b;
}

void canvas_clip(struct canvas *c, struct box b)
{
	c->clip = cut(b, (struct box){ 0, 0, c->width, c->height });
}

void canvas_unclip(struct canvas *c)
{
	c->clip = (struct box){ 0, 0, c->width, c->height };
}

void px_fill(struct canvas *c, struct box b, uint32_t color)
{
	b = cut(b, c->clip);
	for (int y = b.y; y < b.y + b.h; y++) {
		uint32_t *p = c->px + (size_t)y * c->width + b.x;

		for (int x = 0; x < b.w; x++)
			p[x] = color;
	}
}

/* What is below is mostly what was below the last one. */
struct mix {
	uint32_t below, mixed;
};

static inline uint32_t mix_again(struct mix *m, uint32_t below, uint32_t color, unsigned int alpha)
{
	if (below != m->below)
		*m = (struct mix){ below, px_mix(below, color, alpha) };
	return m->mixed;
}

void px_blend(struct canvas *c, struct box b, uint32_t color, unsigned int alpha)
{
	struct mix m = { 0, px_mix(0, color, alpha) };

	b = cut(b, c->clip);
	for (int y = b.y; y < b.y + b.h; y++) {
		uint32_t *p = c->px + (size_t)y * c->width + b.x;

		for (int x = 0; x < b.w; x++)
			p[x] = mix_again(&m, p[x], color, alpha);
	}
}

static bool cut_column(const struct canvas *c, int x, int *y0, int *y1)
{
	if (*y0 < c->clip.y)
		*y0 = c->clip.y;
	if (*y1 > c->clip.y + c->clip.h)
		*y1 = c->clip.y + c->clip.h;
	return x >= c->clip.x && x < c->clip.x + c->clip.w && *y0 < *y1;
}

void px_column(struct canvas *c, int x, int y0, int y1, uint32_t color)
{
	size_t width = c->width;
	uint32_t *p;

	if (!cut_column(c, x, &y0, &y1))
		return;
	p = c->px + (size_t)y0 * c->width + x;
#pragma GCC unroll 8
	for (int nr = y1 - y0; nr; nr--, p += width)
		*p = color;
}

void px_column_blend(struct canvas *c, int x, int y0, int y1, uint32_t color, unsigned int alpha)
{
	struct mix m = { 0, px_mix(0, color, alpha) };
	uint32_t *p;

	if (!cut_column(c, x, &y0, &y1))
		return;
	p = c->px + (size_t)y0 * c->width + x;
	for (int y = y0; y < y1; y++, p += c->width)
		*p = mix_again(&m, *p, color, alpha);
}

void px_column_striped(struct canvas *c, int x, int y0, int y1, uint32_t color, int width,
		       int period)
{
	uint32_t *p;

	if (!cut_column(c, x, &y0, &y1))
		return;
	p = c->px + (size_t)y0 * c->width + x;
	for (int y = y0; y < y1; y++, p += c->width)
		if ((x + y) % period < width)
			*p = color;
}

void px_put(struct canvas *c, int x, int y, const struct canvas *from)
{
	struct box b = cut((struct box){ x, y, from->width, from->height }, c->clip);

	for (int row = b.y; row < b.y + b.h; row++)
		memcpy(c->px + (size_t)row * c->width + b.x,
		       from->px + (size_t)(row - y) * from->width + (b.x - x),
		       b.w * sizeof(*c->px));
}

void px_frame(struct canvas *c, struct box b, int thick, uint32_t color)
{
	px_fill(c, (struct box){ b.x, b.y, b.w, thick }, color);
	px_fill(c, (struct box){ b.x, b.y + b.h - thick, b.w, thick }, color);
	px_fill(c, (struct box){ b.x, b.y, thick, b.h }, color);
	px_fill(c, (struct box){ b.x + b.w - thick, b.y, thick, b.h }, color);
}

void px_line(struct canvas *c, int x0, int y0, int x1, int y1, int thick, uint32_t color)
{
	int dx = abs(x1 - x0), dy = abs(y1 - y0), steps = dx > dy ? dx : dy;

	for (int i = 0; i <= steps; i++) {
		int x = x0 + (steps ? (int)((int64_t)(x1 - x0) * i / steps) : 0);
		int y = y0 + (steps ? (int)((int64_t)(y1 - y0) * i / steps) : 0);

		px_fill(c, (struct box){ x - thick / 2, y - thick / 2, thick, thick }, color);
	}
}

void px_arrow_head(struct canvas *c, int x, int y, int dx, int dy, int size, uint32_t color)
{
	for (int i = 0; i < size; i++) {
		int half = (i + 1) / 2;

		if (abs(dx) > abs(dy))
			px_fill(c, (struct box){ x + (dx > 0 ? i : -i), y - half, 1, 2 * half + 1 },
				color);
		else
			px_fill(c, (struct box){ x - half, y + (dy > 0 ? i : -i), 2 * half + 1, 1 },
				color);
	}
}
