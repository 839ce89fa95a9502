// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bars as SVG; see bars.h.  Coordinates are as in plot.h.
 */
#include "bars.h"

#include <stdarg.h>
#include <string.h>

#define ROW 230
#define THICK 140
#define TOP 60
#define BELOW 260
#define RIGHT 1050		/* room for numbers behind the longest bar */
#define LEFT_MIN 900
#define LEFT_MAX 3400
#define GAP 70

static int x_of(const struct bars *b, uint64_t value)
{
	return b->left + axis_share(value, b->end, PLOT_WIDTH - RIGHT - b->left);
}

static unsigned int top_of(const struct bars *b)
{
	return TOP + (b->row - 1) * ROW;
}

static void grid(const struct bars *b)
{
	uint64_t step = axis_step(b->unit, b->max);
	struct axis_scale scale = axis_scale_of(b->unit, step);
	unsigned int bottom = TOP + b->nr * ROW;
	FILE *out = b->h->out;

	for (uint64_t i = 0; i <= b->end / step; i++) {
		int x = x_of(b, i * step);

		fprintf(out, "<path class=\"grid\" d=\"M%d %dV%u\"/>"
			"<text class=\"axis\" x=\"%d\" y=\"%u\" text-anchor=\"middle\">", x,
			TOP - 40, bottom, x, bottom + 170);
		axis_print(out, &scale, i * step);
		fputs("</text>\n", out);
	}
	fprintf(out, "<text class=\"axis\" x=\"%d\" y=\"%u\">%s</text>\n",
		PLOT_WIDTH - RIGHT + 300, bottom + 170, scale.name);
}

void bars_begin(struct bars *b)
{
	uint64_t step = axis_step(b->unit, b->max);
	unsigned int left = b->longest * PLOT_LETTER + 2 * GAP;

	b->left = left < LEFT_MIN ? LEFT_MIN : left > LEFT_MAX ? LEFT_MAX : left;
	b->end = axis_end(b->max, step);
	b->row = 0;
	plot_open(b->h->out, b->title, b->note, TOP + b->nr * ROW + BELOW);
	grid(b);
}

/* Too long a name ends in an ellipsis, between characters. */
static void print_name(const struct bars *b, const char *name)
{
	size_t most = (LEFT_MAX - 2 * GAP) / PLOT_LETTER, len = strlen(name);
	char cut[LEFT_MAX / PLOT_LETTER + 1];

	if (len <= most) {
		html_text(b->h->out, name);
		return;
	}
	for (len = most - 1; len && (name[len] & 0xc0) == 0x80; len--)
		;
	snprintf(cut, sizeof(cut), "%.*s", (int)len, name);
	html_text(b->h->out, cut);
	fputs("\xe2\x80\xa6", b->h->out);
}

void bars_row(struct bars *b, const char *name)
{
	b->row++;
	b->used = b->left;
	fprintf(b->h->out, "<text x=\"%u\" y=\"%u\" text-anchor=\"end\">", b->left - GAP,
		top_of(b) + THICK - 25);
	print_name(b, name);
	fputs("</text>\n", b->h->out);
}

static void reach(struct bars *b, int x)
{
	b->used = x > b->used ? x : b->used;
}

void bars_bar(struct bars *b, uint64_t from, uint64_t to, unsigned int colour)
{
	int x = x_of(b, from), end = x_of(b, to);

	if (end == x)
		return;
	fprintf(b->h->out, "<rect class=\"f%u\" x=\"%d\" y=\"%u\" width=\"%d\" height=\"%d\"/>\n",
		colour, x, top_of(b), end - x, THICK);
	reach(b, end);
}

void bars_interval(struct bars *b, uint64_t low, uint64_t high)
{
	int x = x_of(b, low), end = x_of(b, high), middle = top_of(b) + THICK / 2;

	fprintf(b->h->out, "<path class=\"edge\" d=\"M%d %dv80m0 -40H%dm0 -40v80\"/>\n", x,
		middle - 40, end);
	reach(b, end);
}

void bars_mark(struct bars *b, uint64_t value)
{
	int x = x_of(b, value), middle = top_of(b) + THICK / 2;

	fprintf(b->h->out, "<circle class=\"f5\" cx=\"%d\" cy=\"%d\" r=\"60\"/>\n", x, middle);
	reach(b, x + 60);
}

static void begin_text(const struct bars *b)
{
	fprintf(b->h->out, "<text x=\"%u\" y=\"%u\">", b->used + GAP, top_of(b) + THICK - 25);
}

void bars_number(struct bars *b, const char *mark, const char *format, ...)
{
	char path[HTML_PATH_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	begin_text(b);
	html_text(b->h->out, mark);
	html_svg_number(b->h, "%s", path);
	fputs("</text>\n", b->h->out);
}

void bars_word(struct bars *b, const char *word)
{
	begin_text(b);
	html_text(b->h->out, word);
	fputs("</text>\n", b->h->out);
}

void bars_end(struct bars *b, const struct plot_key *keys, unsigned int nr)
{
	plot_close(b->h->out, keys, nr);
}
