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

static bool take(struct view *v, const char *option, const char *value, const char **want)
{
	unsigned int word;

	*want = "a time, as 1.5, 20ms or 3us";
	if (!strcmp(option, "--at"))
		return v->has_at = human_parse_time(value, &v->at);
	if (!strcmp(option, "--mark-a"))
		return v->has_a = human_parse_time(value, &v->a);
	if (!strcmp(option, "--mark-b"))
		return v->has_b = human_parse_time(value, &v->b);
	*want = "two times, as 1.5..20";
	if (!strcmp(option, "--zoom"))
		return parse_range(value, &v->from, &v->to);
	if (!strcmp(option, "--select"))
		return v->has_select = parse_range(value, &v->select_from, &v->select_to);
	*want = "WIDTHxHEIGHT, 640x360 to 16384x16384";
	if (!strcmp(option, "--size"))
		return parse_size(value, &v->width, &v->height);
	*want = "1, 1.25, 1.5, 2, 2.5 or 3";
	if (!strcmp(option, "--scale"))
		return parse_scale(value, &v->scale);
	*want = "dark or light";
	if (!strcmp(option, "--theme")) {
		if (!find_word(value, theme_names, NR_THEMES, &word))
			return false;
		v->theme = word;
		return true;
	}
	*want = "number, name, resident, swapped or stalled";
	if (!strcmp(option, "--sort")) {
		if (!find_word(value, sort_names, NR_SORTS, &word))
			return false;
		v->sort = word;
		return true;
	}
	*want = "at most 63 bytes";
	if (!strcmp(option, "--filter")) {
		if (strlen(value) >= sizeof(v->filter))
			return false;
		strcpy(v->filter, value);
		return true;
	}
	if (!strcmp(option, "--map")) {
		if (strlen(value) >= sizeof(v->map))
			return false;
		strcpy(v->map, value);
		return true;
	}
	if (!strcmp(option, "--events")) {
		if (strlen(value) >= sizeof(v->events))
			return false;
		strcpy(v->events, value);
		return true;
	}
	*want = "the number of a record";
	if (!strcmp(option, "--event")) {
		char *end;

		v->event = strtoull(value, &end, 10) + 1;
		return *value >= '0' && *value <= '9' && !*end;
	}
	*want = "ORDER:PAGE, as 0:4096";
	if (!strcmp(option, "--map-cell"))
		return sscanf(value, "%2d:%20" SCNu64, &v->map_order, &v->map_first) == 2 &&
		       v->map_order >= 0 && v->map_order <= 12;
	*want = "a number of pixels";
	if (!strcmp(option, "--scroll")) {
		v->scroll = atoi(value);
		return v->scroll >= 0 && v->scroll < 10000000;
	}
	return false;
}

static struct names *list_of(struct view *v, const char *option)
{
	return !strcmp(option, "--hide") ? &v->hidden :
	       !strcmp(option, "--expand") ? &v->expanded :
	       !strcmp(option, "--collapse") ? &v->collapsed :
	       !strcmp(option, "--pin") ? &v->pinned : NULL;
}

static bool is_option(const char *s)
{
	static const char *const option[] = {
		"--at", "--mark-a", "--mark-b", "--zoom", "--select", "--size", "--scale",
		"--theme", "--sort", "--filter", "--scroll", "--map", "--map-cell",
		"--events", "--event",
	};
	unsigned int at;

	return find_word(s, option, sizeof(option) / sizeof(*option), &at);
}

int view_option(struct view *v, char **argv, char *error, size_t error_size)
{
	struct names *list = list_of(v, argv[0]);
	const char *want = "a value";

	if (!list && !is_option(argv[0]))
		return 0;
	if (argv[1] && list) {
		names_add(list, argv[1]);
		return 2;
	}
	if (argv[1] && take(v, argv[0], argv[1], &want))
		return 2;
	if (argv[1])
		snprintf(error, error_size, "%s %.100s: it takes %s", argv[0], argv[1], want);
	else
		snprintf(error, error_size, "%s: its value is missing", argv[0]);
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
static void put_word(FILE *out, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_./:@+,=%";

	if (*s && strspn(s, plain) == strlen(s)) {
		fputs(s, out);
		return;
	}
	fputc('\'', out);
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", out);
		else
			fputc(*s, out);
	}
	fputc('\'', out);
}

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

static void put_list(FILE *out, const char *option, const struct names *list)
{
	for (unsigned int i = 0; i < list->nr; i++) {
		fprintf(out, " %s ", option);
		put_word(out, list->name[i]);
	}
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
		put_word(out, trace[i]);
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
	if (*v->filter) {
		fputs(" --filter ", out);
		put_word(out, v->filter);
	}
	if (v->sort != SORT_NUMBER)
		fprintf(out, " --sort %s", sort_names[v->sort]);
	if (*v->map) {
		fputs(" --map ", out);
		put_word(out, v->map);
	}
	if (*v->map && v->map_order >= 0)
		fprintf(out, " --map-cell %d:%" PRIu64, v->map_order, v->map_first);
	if (*v->events) {
		fputs(" --events ", out);
		put_word(out, v->events);
	}
	if (*v->events && v->event)
		fprintf(out, " --event %" PRIu64, v->event - 1);
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
