/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The font file that fontgen.c makes and text.c reads: a head, FONT_FILE_MAX font heads (by
 * scale, then by role), glyphs and their bits, a byte a pixel.
 */
#ifndef BALLAST_VIZ_FONT_H
#define BALLAST_VIZ_FONT_H

#include <stdint.h>

#define FONT_MAGIC UINT32_C(0x544e4f46)
#define FONT_GLYPHS_MAX 128
#define FONT_SCALES 6

enum font_role { FONT_SMALL, FONT_NORMAL, FONT_BOLD, FONT_TITLE, NR_FONT_ROLES };
#define FONT_FILE_MAX (FONT_SCALES * NR_FONT_ROLES)

/* In percent; sizes in pixels at 100 %. */
static const uint16_t font_scales[FONT_SCALES] = { 100, 125, 150, 200, 250, 300 };
static const uint16_t font_px[NR_FONT_ROLES] = { 11, 13, 13, 16 };
static const uint16_t font_bold[NR_FONT_ROLES] = { 0, 0, 1, 1 };

/* Beside ASCII: . x u arrows triangles ellipsis dashes Delta, and what stands for all others */
static const uint32_t font_extra[] = {
	0xb7, 0xd7, 0xb5, 0x2190, 0x2191, 0x2192, 0x2193, 0x25b6, 0x25bc, 0x25b2, 0x2026, 0x2013,
	0x2212, 0x394, 0xfffd,
};

struct font_file {
	uint32_t magic, nr;
};

struct font_head {
	uint32_t px, bold, ascent, height;
	uint32_t nr, glyphs;		/* where they are in the file */
};

struct font_glyph {
	uint32_t code, bits;
	int16_t left, top;
	uint16_t width, height;
	uint32_t advance;		/* 1/64 pixel */
};

#endif
