// SPDX-License-Identifier: GPL-2.0-only
/*
 * A view as options of a command line, in both directions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "number.h"
#include "shell.h"
#include "text.h"
#include "view.h"

#define SIZE_MIN_W 640
#define SIZE_MIN_H 360
#define SIZE_MAX_PX 16384

static bool parse_range(const char *s, uint64_t *from, uint64_t *to)
{
	const char *dots = strstr(s, "..");
	char first[64];

	if (!dots || dots - s >= (long)sizeof(first))
		return false;
	snprintf(first, sizeof(first), "%.*s", (int)(dots - s), s);
	return human_parse_time(first, from) && human_parse_time(dots + 2, to) && *from < *to;
}

static bool parse_size(const char *s, int *width, int *height)
{
	int w, h, n = 0;

	if (sscanf(s, "%5dx%5d%n", &w, &h, &n) != 2 || s[n])
		return false;
	if (w < SIZE_MIN_W || h < SIZE_MIN_H || w > SIZE_MAX_PX || h > SIZE_MAX_PX)
		return false;
	*width = w;
	*height = h;
	return true;
}

/* 1, 1.25, 2: what text.h has. */
static bool parse_scale(const char *s, int *percent)
{
	uint64_t ns;

	if (!human_parse_time(s, &ns) || strchr(s, 's') || ns > UINT64_C(100000000000))
		return false;
	*percent = ns / 10000000;
	return text_scale(*percent) == *percent;
}

static bool find_word(const char *s, const char *const *word, unsigned int nr, unsigned int *at)
{
	for (*at = 0; *at < nr; ++*at)
		if (!strcmp(s, word[*at]))
			return true;
	return false;
}

/* Words that are kept as they are; NULL: this option takes none. */
static char *word_of(struct view *v, const char *option)
{
	return !strcmp(option, "--filter") ? v->filter : !strcmp(option, "--map") ? v->map :
	       !strcmp(option, "--events") ? v->events : NULL;
}

static bool take_word(struct view *v, const char *option, const char *value)
{
	if (strlen(value) >= VIEW_WORDS)
		return false;
	strcpy(word_of(v, option), value);
	return true;
}

static bool take_time(struct view *v, const char *option, const char *value)
{
	if (!strcmp(option, "--at"))
		return v->has_at = human_parse_time(value, &v->at);
	if (!strcmp(option, "--mark-a"))
		return v->has_a = human_parse_time(value, &v->a);
	return v->has_b = human_parse_time(value, &v->b);
}

static bool take_range(struct view *v, const char *option, const char *value)
{
	if (!strcmp(option, "--zoom"))
		return parse_range(value, &v->from, &v->to);
	return v->has_select = parse_range(value, &v->select_from, &v->select_to);
}

static bool take_size(struct view *v, const char *option, const char *value)
{
	return parse_size(value, &v->width, &v->height);
}

static bool take_scale(struct view *v, const char *option, const char *value)
{
	return parse_scale(value, &v->scale);
}

static bool take_choice(struct view *v, const char *option, const char *value)
{
	unsigned int word;
	bool ok;

	if (!strcmp(option, "--theme")) {
		ok = find_word(value, theme_names, NR_THEMES, &word);
		v->theme = ok ? word : v->theme;
	} else if (!strcmp(option, "--sort")) {
		ok = find_word(value, sort_names, NR_SORTS, &word);
		v->sort = ok ? word : v->sort;
	} else {
		ok = find_word(value, view_trace_names, 2, &word);
		v->panel_of = ok ? word : v->panel_of;
	}
	return ok;
}

static bool take_event(struct view *v, const char *option, const char *value)
{
	char *end;

	v->event = strtoull(value, &end, 10) + 1;
	return *value >= '0' && *value <= '9' && !*end;
}

static bool take_cell(struct view *v, const char *option, const char *value)
{
	int n = 0;

	return sscanf(value, "%2d:%20" SCNu64 "%n", &v->map_order, &v->map_first, &n) == 2 &&
	       !value[n] && v->map_order >= 0 && v->map_order <= 12;
}

static bool take_scroll(struct view *v, const char *option, const char *value)
{
	char *end;
	unsigned long scroll = strtoul(value, &end, 10);

	v->scroll = scroll;
	return *value >= '0' && *value <= '9' && !*end && scroll < 10000000;
}

static const struct {
	const char *name;
	bool (*take)(struct view *v, const char *option, const char *value);
	const char *want;
} options[] = {
	{ "--at", take_time, "a time, as 1.5, 20ms or 3us" },
	{ "--mark-a", take_time, "a time, as 1.5, 20ms or 3us" },
	{ "--mark-b", take_time, "a time, as 1.5, 20ms or 3us" },
	{ "--zoom", take_range, "two times, as 1.5..20" },
	{ "--select", take_range, "two times, as 1.5..20" },
	{ "--size", take_size, "WIDTHxHEIGHT, 640x360 to 16384x16384" },
	{ "--scale", take_scale, "1, 1.25, 1.5, 2, 2.5 or 3" },
	{ "--theme", take_choice, "dark or light" },
	{ "--sort", take_choice, "number, name, resident, swapped or stalled" },
	{ "--of", take_choice, "A or B" },
	{ "--filter", take_word, "at most 63 bytes" },
	{ "--map", take_word, "at most 63 bytes" },
	{ "--events", take_word, "at most 63 bytes" },
	{ "--event", take_event, "the number of a record" },
	{ "--map-cell", take_cell, "ORDER:PAGE, as 0:4096" },
	{ "--scroll", take_scroll, "a number of pixels" },
};

static struct names *list_of(struct view *v, const char *option)
{
	return !strcmp(option, "--hide") ? &v->hidden :
	       !strcmp(option, "--expand") ? &v->expanded :
	       !strcmp(option, "--collapse") ? &v->collapsed :
	       !strcmp(option, "--pin") ? &v->pinned : NULL;
}

int view_option(struct view *v, char **argv, char *error, size_t error_size)
{
	struct names *list = list_of(v, argv[0]);
	unsigned int nr = sizeof(options) / sizeof(*options), i = 0;

	while (!list && i < nr && strcmp(argv[0], options[i].name))
		i++;
	if (i == nr)
		return 0;
	if (!argv[1]) {
		snprintf(error, error_size, "%s: its value is missing", argv[0]);
		return -1;
	}
	if (list) {
		names_add(list, argv[1]);
		return 2;
	}
	if (options[i].take(v, argv[0], argv[1]))
		return 2;
	snprintf(error, error_size, "%s %.100s: it takes %s", argv[0], argv[1], options[i].want);
	return -1;
}

void view_time(char *text, size_t size, uint64_t ns)
{
	char digits[16];
	int n = 9;

	snprintf(digits, sizeof(digits), "%09u", (unsigned int)(ns % 1000000000));
	while (n && digits[n - 1] == '0')
		digits[--n] = '\0';
	snprintf(text, size, "%" PRIu64 "%s%s", ns / 1000000000, n ? "." : "", digits);
}

/* As a shell takes it as one word. */
static void put_time(FILE *out, const char *option, bool set, uint64_t ns)
{
	char text[48];

	if (!set)
		return;
	view_time(text, sizeof(text), ns);
	fprintf(out, " %s %s", option, text);
}

static void put_range(FILE *out, const char *option, uint64_t from, uint64_t to)
{
	char first[48], second[48];

	view_time(first, sizeof(first), from);
	view_time(second, sizeof(second), to);
	fprintf(out, " %s %s..%s", option, first, second);
}

/* Unless it is "". */
static void put_option(FILE *out, const char *option, const char *value)
{
	if (!*value)
		return;
	fprintf(out, " %s ", option);
	shell_word(out, value);
}

static void put_list(FILE *out, const char *option, const struct names *list)
{
	for (unsigned int i = 0; i < list->nr; i++)
		put_option(out, option, list->name[i]);
}

char *view_command(const struct view *v, char *const *trace, unsigned int nr_traces)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	fputs("ballast-view", out);
	for (unsigned int i = 0; i < nr_traces; i++) {
		fputc(' ', out);
		shell_word(out, trace[i]);
	}
	put_range(out, "--zoom", v->from, v->to);
	put_time(out, "--at", v->has_at, v->at);
	fprintf(out, " --size %dx%d --scale %d", v->width, v->height, v->scale / 100);
	if (v->scale % 100)
		fprintf(out, ".%.*d", v->scale % 10 ? 2 : 1, v->scale % 10 ? v->scale % 100 :
			v->scale / 10 % 10);
	fprintf(out, " --theme %s", theme_names[v->theme]);
	if (v->has_select)
		put_range(out, "--select", v->select_from, v->select_to);
	put_time(out, "--mark-a", v->has_a, v->a);
	put_time(out, "--mark-b", v->has_b, v->b);
	put_option(out, "--filter", v->filter);
	if (v->sort != SORT_NUMBER)
		put_option(out, "--sort", sort_names[v->sort]);
	put_option(out, "--map", v->map);
	if (*v->map && v->map_order >= 0)
		fprintf(out, " --map-cell %d:%" PRIu64, v->map_order, v->map_first);
	put_option(out, "--events", v->events);
	if (*v->events && v->event)
		fprintf(out, " --event %" PRIu64, v->event - 1);
	if ((*v->map || *v->events) && view_panel_of(v, nr_traces))
		put_option(out, "--of", view_trace_names[v->panel_of]);
	if (v->scroll)
		fprintf(out, " --scroll %d", v->scroll);
	put_list(out, "--hide", &v->hidden);
	put_list(out, "--expand", &v->expanded);
	put_list(out, "--collapse", &v->collapsed);
	put_list(out, "--pin", &v->pinned);
	if (fclose(out))
		abort();
	return text;
}
