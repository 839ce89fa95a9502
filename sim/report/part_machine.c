// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine to scale: a pixel is as much memory wherever it stands, in one row the host's memory
 * with its swap behind it, in the next what the guests believe to have.  CPUs are squares.
 */
#include <string.h>

#include "parts.h"
#include "plot.h"

#define WIDTH 7600
#define BOX_HEIGHT 760
#define GUESTS_DRAWN 40
#define GUEST_ROWS 12		/* of the table */
#define SQUARE 110
#define ROWS 3			/* of squares, at most */
#define MARGIN 120
#define GUESTS_AT (BOX_HEIGHT + 160)

static unsigned int to_scale(uint64_t bytes, uint64_t all)
{
	return all ? (unsigned __int128)bytes * WIDTH / all : 0;
}

static uint64_t sum_of_guests(const struct html *h, const char *at)
{
	unsigned int nr = html_length(h, "%sguests", at);
	uint64_t sum = 0;

	for (unsigned int i = 0; i < nr; i++)
		sum += html_u64(h, "%sguests[%u].memory_bytes", at, i);
	return sum;
}

/* In rows, from the bottom of a box up to where its name stands; none where not all have room. */
static void squares(FILE *out, unsigned int x, unsigned int y, unsigned int width, uint64_t nr)
{
	unsigned int pitch = SQUARE + 20;
	unsigned int fit = width > 2 * MARGIN ? (width - 2 * MARGIN + 20) / pitch : 0;
	unsigned int bottom = y + BOX_HEIGHT - MARGIN - SQUARE;

	if (nr > (uint64_t)fit * ROWS)
		return;
	for (unsigned int i = 0; i < nr; i++)
		fprintf(out, "<rect class=\"f0\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\"/>",
			x + MARGIN + i % fit * pitch, bottom - i / fit * pitch, SQUARE, SQUARE);
}

static void begin_text(FILE *out, unsigned int x, unsigned int y, const char *classes)
{
	fprintf(out, "<text class=\"%s\" x=\"%u\" y=\"%u\">", classes, x, y);
}

/* As in tables, but in an element of SVG. */
static void number(const struct html *h, const char *at, const char *name)
{
	html_number(h, "%s%s", at, name);
}

static bool has_room(unsigned int width, const char *text)
{
	return width >= 2 * MARGIN + strlen(text) * PLOT_LETTER;
}

static void draw_host(const struct html *h, const char *at, uint64_t all)
{
	static const char name[] = "host memory";
	uint64_t memory = html_u64(h, "%shost.memory_bytes", at);
	uint64_t swap = html_u64(h, "%shost.swap_bytes", at);
	unsigned int width = to_scale(memory, all), swap_width = to_scale(swap, all);

	fprintf(h->out, "<rect class=\"box\" x=\"5\" y=\"5\" width=\"%u\" height=\"%d\"/>\n", width,
		BOX_HEIGHT);
	squares(h->out, 0, 0, width, html_u64(h, "%shost.cpus", at));
	if (has_room(width, name)) {
		begin_text(h->out, MARGIN, 215, "");
		fprintf(h->out, "%s</text>\n", name);
	}
	if (swap)
		fprintf(h->out, "<rect class=\"swap\" x=\"%u\" y=\"5\" width=\"%u\" "
			"height=\"%d\"/>\n", width + 5, swap_width, BOX_HEIGHT);
}

/* A box from @from to @to bytes; returns its width. */
static unsigned int draw_box(FILE *out, const char *classes, uint64_t from, uint64_t to,
			     uint64_t all)
{
	unsigned int x = to_scale(from, all), end = to_scale(to, all);
	unsigned int gap = end - x > 100 ? 30 : 8, width = end - x > gap ? end - x - gap : 4;

	fprintf(out, "<rect class=\"%s\" x=\"%u\" y=\"%d\" width=\"%u\" height=\"%d\"/>\n", classes,
		x + 5, GUESTS_AT, width, BOX_HEIGHT);
	return width;
}

static void draw_guest(const struct html *h, const char *at, unsigned int i, uint64_t before,
		       uint64_t all)
{
	uint64_t memory = html_u64(h, "%sguests[%u].memory_bytes", at, i);
	unsigned int width = draw_box(h->out, "box", before, before + memory, all);
	const char *name = html_string(h, "%sguests[%u].name", at, i);
	unsigned int x = to_scale(before, all);

	squares(h->out, x, GUESTS_AT, width, html_u64(h, "%sguests[%u].vcpus", at, i));
	if (!has_room(width, name))
		return;
	begin_text(h->out, x + MARGIN, GUESTS_AT + 210, "");
	html_text(h->out, name);
	fputs("</text>", h->out);
}

/* How many have a box of their own: all, or as many as leave one for the others. */
static unsigned int nr_drawn(unsigned int nr)
{
	return nr <= GUESTS_DRAWN ? nr : GUESTS_DRAWN - 1;
}

static void draw_guests(const struct html *h, const char *at, uint64_t all)
{
	unsigned int nr = html_length(h, "%sguests", at), drawn = nr_drawn(nr);
	uint64_t before = 0, sum = sum_of_guests(h, at);
	char more[32];

	for (unsigned int i = 0; i < drawn; i++) {
		draw_guest(h, at, i, before, all);
		before += html_u64(h, "%sguests[%u].memory_bytes", at, i);
	}
	if (drawn == nr)
		return;
	snprintf(more, sizeof(more), "and %u more", nr - drawn);
	if (!has_room(draw_box(h->out, "swap", before, sum, all), more))
		return;
	begin_text(h->out, to_scale(before, all) + MARGIN, GUESTS_AT + 210, "");
	fprintf(h->out, "%s</text>", more);
}

/* Words and numbers beside it: in small boxes there is no room for them. */
static void words(const struct html *h, const char *at)
{
	unsigned int nr = html_length(h, "%sguests", at);
	const char *swap = html_string(h, "%shost.swap_model", at);

	fputs("<p><b>Above, the host:</b> ", h->out);
	number(h, at, "host.memory_bytes");
	fputs(" of memory", h->out);
	if (html_u64(h, "%shost.swap_bytes", at)) {
		fputs(", ", h->out);
		number(h, at, "host.swap_bytes");
		fputs(" of swap behind it (", h->out);
		html_text(h->out, *swap ? swap : "-");
		fputs(", dashed)", h->out);
	}
	fputs(", ", h->out);
	number(h, at, "host.cpus");
	fprintf(h->out, " CPUs. <b>Below, %u guest%s:</b> ", nr, nr == 1 ? "" : "s");
	number(h, at, "host.guests_memory_bytes");
	fputs(" of memory in all. One scale for both; squares are CPUs, "
	      "where they have room.", h->out);
	if (nr_drawn(nr) < nr)
		fprintf(h->out, " The last box is the memory of %u guests.", nr - nr_drawn(nr));
	fputs("</p>\n", h->out);
}

/* Whether two guests differ in nothing but their names. */
static bool are_equal(const struct html *h, const char *at, unsigned int a, unsigned int b)
{
	return html_u64(h, "%sguests[%u].memory_bytes", at, a) ==
		       html_u64(h, "%sguests[%u].memory_bytes", at, b) &&
	       html_u64(h, "%sguests[%u].vcpus", at, a) ==
		       html_u64(h, "%sguests[%u].vcpus", at, b) &&
	       !strcmp(html_string(h, "%sguests[%u].mechanism", at, a),
		       html_string(h, "%sguests[%u].mechanism", at, b));
}

static void list_guest(const struct html *h, const char *at, unsigned int i, unsigned int last)
{
	html_row(h->out);
	fputs("<td>", h->out);
	html_text(h->out, html_string(h, "%sguests[%u].name", at, i));
	if (last > i) {
		fputs(last > i + 1 ? " to " : ", ", h->out);
		html_text(h->out, html_string(h, "%sguests[%u].name", at, last));
		fprintf(h->out, ": %u guests, each", last - i + 1);
	}
	fputs("</td>", h->out);
	html_cell(h->out, html_string(h, "%sguests[%u].mechanism", at, i));
	html_cell_number(h, "%sguests[%u].memory_bytes", at, i);
	html_cell_number(h, "%sguests[%u].vcpus", at, i);
}

/* Equal ones that stand together are one row. */
static void list_guests(const struct html *h, const char *at)
{
	unsigned int nr = html_length(h, "%sguests", at), rows = 0, i = 0;

	html_table(h->out, "guest|mechanism|memory|vCPUs", 2);
	while (i < nr && rows < GUEST_ROWS) {
		unsigned int last = i;

		while (last + 1 < nr && are_equal(h, at, i, last + 1))
			last++;
		list_guest(h, at, i, last);
		rows++;
		i = last + 1;
	}
	html_table_end(h->out);
	html_left_out(h->out, nr - i);
}

void part_machine(const struct html *h, const char *member)
{
	uint64_t host, guests;
	char at[HTML_PATH_SIZE];

	snprintf(at, sizeof(at), "%s%s", member, *member ? "." : "");
	host = html_u64(h, "%shost.memory_bytes", at) + html_u64(h, "%shost.swap_bytes", at);
	guests = sum_of_guests(h, at);
	if (!host && !guests)
		return;
	/* Room for strokes. */
	host = (host > guests ? host : guests) / 1000 * 1004 + 1;
	fprintf(h->out, "<figure><svg viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-label=\"the machine, to scale\">\n", WIDTH, 2 * BOX_HEIGHT + 175);
	draw_host(h, at, host);
	draw_guests(h, at, host);
	fputs("</svg></figure>\n", h->out);
	words(h, at);
	list_guests(h, at);
}
