// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text from the built-in font; see text.h.
 */
#include "text.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"

extern const uint8_t font_blob[];

/* @BALLAST_FONT: what fontgen.c made. */
__asm__(".section .rodata\n"
	".balign 16\n"
	".globl font_blob\n"
	".type font_blob, @object\n"
	"font_blob:\n"
	".incbin \"" BALLAST_FONT "\"\n"
	".balign 16\n"
	".previous\n");

static const struct font_head *font_heads(void)
{
	return (const struct font_head *)(font_blob + sizeof(struct font_file));
}

static int scale_index(int percent)
{
	int best = 0;

	for (int i = 1; i < FONT_SCALES; i++)
		if (abs(font_scales[i] - percent) < abs(font_scales[best] - percent))
			best = i;
	return best;
}

int text_scale(int percent)
{
	return font_scales[scale_index(percent)];
}

int text_scale_step(int percent, int by)
{
	int i = scale_index(percent) + by;

	return font_scales[i < 0 ? 0 : i >= FONT_SCALES ? FONT_SCALES - 1 : i];
}

struct font text_font(int percent, enum font_role role)
{
	const struct font_head *h = font_heads() + scale_index(percent) * NR_FONT_ROLES + role;

	return (struct font){
		.head = h,
		.glyphs = (const struct font_glyph *)(font_blob + h->glyphs),
		.height = h->height,
		.ascent = h->ascent,
	};
}

/* The next character; moves on. */
static uint32_t decode(const char **s)
{
	const uint8_t *p = (const uint8_t *)*s;
	unsigned int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
	uint32_t code = more ? *p & (0x3f >> more) : *p;

	*s += 1;
	if (*p >= 0x80 && !more)
		return 0xfffd;
	for (unsigned int i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0xfffd;
		code = code << 6 | (p[i] & 0x3f);
		*s += 1;
	}
	return code;
}

static const struct font_glyph *find_glyph(const struct font *f, uint32_t code)
{
	if (code >= 32 && code < 127)
		return &f->glyphs[code - 32];
	for (uint32_t i = 95; i < f->head->nr; i++)
		if (f->glyphs[i].code == code)
			return &f->glyphs[i];
	return &f->glyphs[f->head->nr - 1];
}

int text_width(const struct font *f, const char *s)
{
	uint32_t width = 0;

	while (*s)
		width += find_glyph(f, decode(&s))->advance;
	return (width + 63) / 64;
}

static void draw_glyph(struct canvas *c, const struct font_glyph *g, int x, int y, uint32_t color)
{
	const struct box *clip = &c->clip;

	x += g->left;
	y -= g->top;
	for (int j = 0; j < g->height; j++) {
		const uint8_t *bits = font_blob + g->bits + j * g->width;
		uint32_t *p = c->px + (size_t)(y + j) * c->width + x;

		if (y + j < clip->y || y + j >= clip->y + clip->h)
			continue;
		for (int i = 0; i < g->width; i++)
			if (bits[i] && x + i >= clip->x && x + i < clip->x + clip->w)
				p[i] = px_mix(p[i], color, bits[i]);
	}
}

static void note(struct canvas *c, struct box b, const char *s)
{
	struct text_place *place;

	if (!c->log)
		return;
	place = collect_append(&c->log->place, &c->log->nr, sizeof(*place));
	place->box = b;
	place->clip = c->clip;
	strncpy(place->text, s, sizeof(place->text) - 1);
}

bool text_seen(const struct canvas *c, const struct font *f, struct box b)
{
	int y = b.y + (b.h - f->height) / 2;

	return y >= c->clip.y && y + f->height <= c->clip.y + c->clip.h;
}

int text_draw(struct canvas *c, const struct font *f, int x, int y, uint32_t color, const char *s)
{
	uint32_t at = 0;

	/* a line is seen whole or not at all */
	if (!text_seen(c, f, (struct box){ x, y, 0, f->height }))
		return x;
	if (*s)
		note(c, (struct box){ x, y, text_width(f, s), f->height }, s);
	while (*s) {
		const struct font_glyph *g = find_glyph(f, decode(&s));

		draw_glyph(c, g, x + (int)((at + 32) / 64), y + f->ascent, color);
		at += g->advance;
	}
	return x + (int)((at + 63) / 64);
}

int text_in(struct canvas *c, const struct font *f, struct box b, enum text_align align,
	    uint32_t color, const char *s)
{
	int width = text_width(f, s), y = b.y + (b.h - f->height) / 2;
	char cut[256];

	if (width > b.w) {
		size_t len = strlen(s);

		if (len > sizeof(cut) - 4)
			len = sizeof(cut) - 4;
		memcpy(cut, s, len);
		do {
			/* not inside of a character */
			do
				len--;
			while (len && ((uint8_t)s[len] & 0xc0) == 0x80);
			strcpy(cut + len, "\xe2\x80\xa6");
			width = text_width(f, cut);
		} while (len && width > b.w);
		if (!len)
			return 0;
		s = cut;
	}
	if (!*s)
		return 0;
	if (align == TEXT_RIGHT)
		b.x += b.w - width;
	else if (align == TEXT_CENTRE)
		b.x += (b.w - width) / 2;
	text_draw(c, f, b.x, y, color, s);
	return width;
}

int text_paragraph(struct canvas *c, const struct font *f, struct box b, int gap, uint32_t color,
		   const char *s)
{
	char line[512];

	while (*s) {
		size_t len = 0, fits = 0;

		while (s[len] && len < sizeof(line) - 1) {
			size_t next = len + 1 + strcspn(s + len + 1, " ");

			if (next > sizeof(line) - 1)
				next = sizeof(line) - 1;
			snprintf(line, sizeof(line), "%.*s", (int)next, s);
			if (text_width(f, line) > b.w && fits)
				break;
			fits = len = next;
			if (text_width(f, line) > b.w)
				break;
		}
		snprintf(line, sizeof(line), "%.*s", (int)fits, s);
		text_in(c, f, (struct box){ b.x, b.y, b.w, f->height }, TEXT_LEFT, color, line);
		b.y += f->height + gap;
		s += fits + strspn(s + fits, " ");
	}
	return b.y;
}

void text_log_free(struct text_log *log)
{
	host_free(log->place);
	*log = (struct text_log){ 0 };
}
