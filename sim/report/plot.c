// SPDX-License-Identifier: GPL-2.0-only
/*
 * Axes, bands and lines; see plot.h.
 */
#include "plot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

#define HEIGHT 2100
#define LOG_ONE 65536

uint64_t plot_log2(uint64_t value)
{
	uint64_t whole, mantissa, fraction = 0;

	if (!value)
		return 0;
	whole = 63 - __builtin_clzll(value);
	/* 1.0 to 2.0, with 31 bits behind the point; squaring it gives the next bit of the log. */
	mantissa = whole > 31 ? value >> (whole - 31) : value << (31 - whole);
	for (unsigned int i = 0; i < 16; i++) {
		mantissa = mantissa * mantissa >> 31;
		fraction <<= 1;
		if (mantissa >> 32) {
			mantissa >>= 1;
			fraction |= 1;
		}
	}
	return whole * LOG_ONE + fraction;
}

int plot_x(const struct plot *p, uint64_t x)
{
	uint64_t low = plot_log2(p->x_min);

	if (!p->x_log)
		return PLOT_LEFT + (p->x_max ? axis_share(x, p->x_max, PLOT_INNER) : 0);
	if (x <= p->x_min)
		return PLOT_LEFT;
	return PLOT_LEFT + axis_share(plot_log2(x) - low, plot_log2(p->x_max) - low, PLOT_INNER);
}

int plot_y(const struct plot *p, uint64_t y)
{
	return PLOT_TOP + HEIGHT - axis_share(y, p->y_end, HEIGHT);
}

/* Axes */

static void y_axis(const struct plot *p, uint64_t step)
{
	struct axis_scale scale = axis_scale_of(p->y_unit, step);

	for (uint64_t i = 0; i <= p->y_end / step; i++) {
		uint64_t y = i * step;
		int at = plot_y(p, y);

		fprintf(p->out, "<path class=\"grid\" d=\"M%d %dh%d\"/>"
			"<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", PLOT_LEFT,
			at, PLOT_INNER, PLOT_LEFT - 70, at + 40);
		axis_print(p->out, &scale, y);
		fputs("</text>\n", p->out);
	}
	fprintf(p->out, "<text class=\"axis\" x=\"%d\" y=\"110\" text-anchor=\"end\">%s</text>\n",
		PLOT_LEFT - 70, scale.name);
}

static void x_tick(const struct plot *p, uint64_t x, const struct axis_scale *scale, bool unit)
{
	int at = plot_x(p, x), bottom = PLOT_TOP + HEIGHT;

	fprintf(p->out, "<path class=\"grid\" d=\"M%d %dv60\"/>"
		"<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">", at, bottom, at,
		bottom + 180);
	axis_print(p->out, scale, x);
	fprintf(p->out, "%s%s</text>\n", unit ? " " : "", unit ? scale->name : "");
}

static void x_axis(const struct plot *p)
{
	uint64_t step = axis_step(p->x_unit, p->x_max);
	struct axis_scale scale = axis_scale_of(p->x_unit, step);
	int bottom = PLOT_TOP + HEIGHT;

	if (p->x_log) {
		for (uint64_t x = p->x_min; x <= p->x_max && x <= UINT64_MAX / 10; x *= 10) {
			scale = axis_scale_of(p->x_unit, x);
			x_tick(p, x, &scale, true);
		}
	} else {
		for (uint64_t i = 0; i <= p->x_max / step; i++)
			x_tick(p, i * step, &scale, false);
	}
	fprintf(p->out, "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"end\">",
		PLOT_LEFT + PLOT_INNER, bottom + 370);
	html_text(p->out, p->x_name);
	if (!p->x_log)
		fprintf(p->out, ", %s", scale.name);
	fputs("</text>\n", p->out);
}

void plot_open(FILE *out, const char *title, const char *note, unsigned int height)
{
	fputs("<figure><figcaption><b>", out);
	html_text(out, title);
	fputs("</b>", out);
	if (note) {
		fputs("<p>", out);
		html_text(out, note);
		fputs("</p>", out);
	}
	fprintf(out, "</figcaption>\n<svg viewBox=\"0 0 %d %u\" role=\"img\" aria-label=\"",
		PLOT_WIDTH, height);
	html_text(out, title);
	fputs("\">\n", out);
}

void plot_begin(struct plot *p)
{
	uint64_t step = axis_step(p->y_unit, p->y_max);

	if (p->x_log) {
		/* Whole decades. */
		uint64_t low = 1, high = 1;

		while (low <= p->x_min / 10)
			low *= 10;
		while (high < p->x_max && high <= UINT64_MAX / 10)
			high *= 10;
		p->x_min = low;
		p->x_max = high > low ? high : low * 10;
	}
	p->y_end = axis_end(p->y_max, step);
	plot_open(p->out, p->title, p->note, PLOT_TOP + HEIGHT + PLOT_BOTTOM);
	y_axis(p, step);
	x_axis(p);
}

/* Samples of the colours, below the plot. */
static void legend(FILE *out, const struct plot_key *keys, unsigned int nr)
{
	fputs("<ul class=\"legend\">", out);
	for (unsigned int i = 0; i < nr; i++) {
		const struct plot_key *key = &keys[i];
		bool coloured = key->shape[strlen(key->shape) - 1] == 's' || *key->shape == 'f';

		fprintf(out, "<li><i class=\"%s", key->shape);
		if (coloured)
			fprintf(out, "%u", key->colour);
		fputs("\"></i>", out);
		html_text(out, key->name);
		fputs("</li>", out);
	}
	fputs("</ul>\n", out);
}

void plot_close(FILE *out, const struct plot_key *keys, unsigned int nr)
{
	fputs("</svg>\n", out);
	if (nr)
		legend(out, keys, nr);
	fputs("</figure>\n", out);
}

void plot_end(struct plot *p, const struct plot_key *keys, unsigned int nr)
{
	plot_close(p->out, keys, nr);
}

/* Data */

/*
 * A polyline through all points; on a level stretch and where several points share a place, only
 * what changes the picture is written.
 */
struct pen {
	FILE *out;
	int x, y;		/* of what is written */
	int to_x, to_y;		/* where the pen is */
	bool begun;
};

static void pen_flush(struct pen *pen)
{
	if (pen->to_x == pen->x && pen->to_y == pen->y)
		return;
	if (pen->to_y == pen->y)
		fprintf(pen->out, "h%d", pen->to_x - pen->x);
	else if (pen->to_x == pen->x)
		fprintf(pen->out, "v%d", pen->to_y - pen->y);
	else
		fprintf(pen->out, "l%d %d", pen->to_x - pen->x, pen->to_y - pen->y);
	pen->x = pen->to_x;
	pen->y = pen->to_y;
}

static void pen_to(struct pen *pen, int x, int y)
{
	if (!pen->begun) {
		fprintf(pen->out, "M%d %d", x, y);
		*pen = (struct pen){ pen->out, x, y, x, y, true };
		return;
	}
	if (y != pen->to_y || pen->to_y != pen->y)
		pen_flush(pen);
	pen->to_x = x;
	pen->to_y = y;
}

static uint64_t stacked(const struct timeline_point *p, unsigned int series)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i <= series; i++)
		sum += p->value[i];
	return sum;
}

static bool is_empty(const struct timeline_point *points, unsigned int nr, unsigned int series)
{
	for (unsigned int i = 0; i < nr; i++)
		if (points[i].value[series])
			return false;
	return true;
}

/* From the top down, each one over the one before: so an edge is written once. */
void plot_bands(const struct plot *p, const struct timeline_point *points, unsigned int nr,
		unsigned int series, const unsigned int *colours)
{
	int bottom = PLOT_TOP + HEIGHT;

	for (unsigned int s = series; nr && s--;) {
		struct pen pen = { .out = p->out };

		if (is_empty(points, nr, s))
			continue;
		fprintf(p->out, "<path class=\"f%u\" d=\"", colours[s]);
		pen_to(&pen, plot_x(p, points[0].time), bottom);
		for (unsigned int i = 0; i < nr; i++)
			pen_to(&pen, plot_x(p, points[i].time), plot_y(p, stacked(&points[i], s)));
		pen_flush(&pen);
		fprintf(p->out, "V%dz\"/>\n", bottom);
	}
}

void plot_line(const struct plot *p, const struct timeline_point *points, unsigned int nr,
	       const char *classes)
{
	struct pen pen = { .out = p->out };

	if (!nr)
		return;
	fprintf(p->out, "<path class=\"%s\" d=\"", classes);
	for (unsigned int i = 0; i < nr; i++)
		pen_to(&pen, plot_x(p, points[i].time), plot_y(p, points[i].value[0]));
	pen_flush(&pen);
	fputs("\"/>\n", p->out);
}

void plot_level(const struct plot *p, uint64_t y, const char *classes)
{
	fprintf(p->out, "<path class=\"%s\" d=\"M%d %dh%d\"/>\n", classes, PLOT_LEFT, plot_y(p, y),
		PLOT_INNER);
}
