// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the font of the viewer when it is built: glyphs of DejaVu Sans as FreeType draws them,
 * with fixed hinting and without colours, in the sizes of text.h for each scale.  The viewer has
 * the result inside, so its pictures do not depend on fonts or on FreeType of where it runs.
 *
 * fontgen REGULAR.ttf BOLD.ttf OUT
 */
#include <ft2build.h>
#include FT_FREETYPE_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "font.h"

static uint8_t *blob;
static uint32_t blob_len, blob_size;

static uint32_t append(const void *bytes, uint32_t len)
{
	uint32_t at = blob_len;

	if (blob_len + len > blob_size) {
		blob_size = 2 * (blob_len + len);
		blob = realloc(blob, blob_size);
		if (!blob)
			exit(2);
	}
	if (bytes)
		memcpy(blob + at, bytes, len);
	else
		memset(blob + at, 0, len);
	blob_len += len;
	return at;
}

static void glyph(FT_Face face, uint32_t code, struct font_glyph *g)
{
	FT_Bitmap *map;

	if (FT_Load_Char(face, code,
			 FT_LOAD_RENDER | FT_LOAD_FORCE_AUTOHINT | FT_LOAD_TARGET_LIGHT)) {
		fprintf(stderr, "fontgen: no glyph for U+%04X\n", code);
		exit(2);
	}
	map = &face->glyph->bitmap;
	*g = (struct font_glyph){
		.code = code,
		.left = face->glyph->bitmap_left,
		.top = face->glyph->bitmap_top,
		.width = map->width,
		.height = map->rows,
		.advance = face->glyph->linearHoriAdvance >> 10,	/* 16.16 to 26.6 */
		.bits = blob_len,
	};
	for (unsigned int y = 0; y < map->rows; y++)
		append(map->buffer + (int)y * map->pitch, map->width);
}

static void font(FT_Face face, struct font_head *head, unsigned int px, unsigned int bold)
{
	struct font_glyph glyphs[FONT_GLYPHS_MAX];
	unsigned int nr = 0;

	if (FT_Set_Pixel_Sizes(face, 0, px))
		exit(2);
	for (uint32_t code = 32; code < 127; code++)
		glyph(face, code, &glyphs[nr++]);
	for (unsigned int i = 0; i < sizeof(font_extra) / sizeof(*font_extra); i++)
		glyph(face, font_extra[i], &glyphs[nr++]);
	while (blob_len % 8)
		append(NULL, 1);
	*head = (struct font_head){
		.px = px,
		.bold = bold,
		.ascent = (face->size->metrics.ascender + 63) >> 6,
		.height = ((face->size->metrics.ascender + 63) >> 6) +
			  ((-face->size->metrics.descender + 63) >> 6),
		.nr = nr,
	};
	head->glyphs = append(glyphs, nr * sizeof(*glyphs));
}

int main(int argc, char **argv)
{
	struct font_head heads[FONT_FILE_MAX];
	struct font_file file = { .magic = FONT_MAGIC };
	FT_Library library;
	FT_Face face[2];
	FILE *out;

	if (argc != 4 || FT_Init_FreeType(&library) || FT_New_Face(library, argv[1], 0, &face[0]) ||
	    FT_New_Face(library, argv[2], 0, &face[1])) {
		fprintf(stderr, "fontgen: cannot read %s\n", argc == 4 ? argv[1] : "its arguments");
		return 2;
	}
	append(NULL, sizeof(file));
	append(NULL, sizeof(heads));
	for (unsigned int s = 0; s < FONT_SCALES; s++)
		for (unsigned int r = 0; r < NR_FONT_ROLES; r++) {
			unsigned int px = (font_px[r] * font_scales[s] + 50) / 100;

			font(face[font_bold[r]], &heads[file.nr++], px, font_bold[r]);
		}
	memcpy(blob, &file, sizeof(file));
	memcpy(blob + sizeof(file), heads, sizeof(heads));
	out = fopen(argv[3], "wb");
	if (!out || fwrite(blob, 1, blob_len, out) != blob_len || fclose(out)) {
		fprintf(stderr, "fontgen: cannot write %s\n", argv[3]);
		return 2;
	}
	return 0;
}
