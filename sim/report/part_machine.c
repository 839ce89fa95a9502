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
#define CPUS_DRAWN 32
#define SQUARE 110
#define LABEL 1250		/* a box of this width has room for text */

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

static void squares(FILE *out, unsigned int x, unsigned int y, unsigned int width, uint64_t nr)
{
	unsigned int fit = width / (SQUARE + 40);

	for (unsigned int i = 0; i < nr && i < fit && i < CPUS_DRAWN; i++)
		fprintf(out, "<rect class=\"f0\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\"/>",
			x + i * (SQUARE + 40), y, SQUARE, SQUARE);
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

static void draw_host(const struct html *h, const char *at, uint64_t all)
{
	uint64_t memory = html_u64(h, "%shost.memory_bytes", at);
	uint64_t swap = html_u64(h, "%shost.swap_bytes", at);
	unsigned int width = to_scale(memory, all), swap_width = to_scale(swap, all);

	fprintf(h->out, "<rect class=\"box\" x=\"5\" y=\"5\" width=\"%u\" height=\"%d\"/>\n", width,
		BOX_HEIGHT);
	squares(h->out, 120, BOX_HEIGHT - SQUARE - 100, width > 240 ? width - 240 : 0,
		html_u64(h, "%shost.cpus", at));
	if (swap)
		fprintf(h->out, "<rect class=\"swap\" x=\"%u\" y=\"5\" width=\"%u\" "
			"height=\"%d\"/>\n", width + 5, swap_width, BOX_HEIGHT);
}

static void draw_guests(const struct html *h, const char *at, uint64_t all)
{
	unsigned int nr = html_length(h, "%sguests", at), y = BOX_HEIGHT + 160;
	uint64_t before = 0;

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t memory = html_u64(h, "%sguests[%u].memory_bytes", at, i);
		unsigned int x = to_scale(before, all), end = to_scale(before + memory, all);
		unsigned int width = end - x > 30 ? end - x - 30 : 10;

		before += memory;
		if (i >= GUESTS_DRAWN && i + 1 < nr)
			continue;
		fprintf(h->out, "<rect class=\"box\" x=\"%u\" y=\"%u\" width=\"%u\" "
			"height=\"%d\"/>\n", x + 5, y, width, BOX_HEIGHT);
		squares(h->out, x + 120, y + BOX_HEIGHT - SQUARE - 100,
			width > 240 ? width - 240 : 0, html_u64(h, "%sguests[%u].vcpus", at, i));
		if (width < LABEL)
			continue;
		begin_text(h->out, x + 120, y + 210, "");
		html_text(h->out, html_string(h, "%sguests[%u].name", at, i));
		fputs("</text>", h->out);
	}
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
	fputs(" of memory in all. One scale for both; squares are CPUs.</p>\n", h->out);
}

static void list_guests(const struct html *h, const char *at)
{
	unsigned int nr = html_length(h, "%sguests", at), shown = nr < 8 ? nr : 8;

	html_table(h->out, "guest|mechanism|memory|vCPUs", 2);
	for (unsigned int i = 0; i < shown; i++) {
		html_row(h->out);
		html_cell(h->out, html_string(h, "%sguests[%u].name", at, i));
		html_cell(h->out, html_string(h, "%sguests[%u].mechanism", at, i));
		html_cell_number(h, "%sguests[%u].memory_bytes", at, i);
		html_cell_number(h, "%sguests[%u].vcpus", at, i);
	}
	html_table_end(h->out);
	html_left_out(h->out, nr - shown);
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
	begin_text(h->out, 120, 215, "");
	fputs("host memory</text>\n", h->out);
	fputs("</svg></figure>\n", h->out);
	words(h, at);
	list_guests(h, at);
}
