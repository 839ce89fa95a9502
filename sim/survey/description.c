// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of keys, and values by it; see description.h.
 */
#include "description.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "scenario.h"

const struct description_info description_info[NR_DESCRIPTION_KEYS] = {
#define K(id, key, words, min, max, fallback, needs, doc)                                          \
	[KEY_##id] = { key, words, min, max, fallback, KEY_##needs, doc },
	DESCRIPTION_TABLE(K)
#undef K
};

static const char not_known[] = "not known: a default";

void description_init(struct description *d)
{
	*d = (struct description){ .source = "" };
	for (int i = 0; i < NR_DESCRIPTION_KEYS; i++) {
		d->value[i] = description_info[i].fallback;
		d->origin[i] = not_known;
	}
}

void description_remark(struct description *d, const char *fmt, ...)
{
	char *text = d->remark[d->nr_remarks];
	va_list args;

	if (d->nr_remarks == DESCRIPTION_REMARKS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(text, DESCRIPTION_REMARK_SIZE, fmt, args);
	va_end(args);
	for (unsigned int i = 0; i < d->nr_remarks; i++)
		if (!strcmp(d->remark[i], text))
			return;
	d->nr_remarks++;
}

void description_put(struct description *d, enum description_key key, uint64_t value,
		     const char *origin)
{
	const struct description_info *info = &description_info[key];
	uint64_t near = value;

	if (!info->words && value < info->min)
		near = info->min;
	if (!info->words && value > info->max)
		near = info->max;
	if (near != value)
		description_remark(d, "%s is %" PRIu64 " (%s): a scenario takes %s", info->key,
				   value, origin, description_allowed(key));
	d->value[key] = near;
	d->origin[key] = origin;
}

void description_put_bytes(struct description *d, enum description_key key, uint64_t bytes,
			   const char *origin)
{
	if (bytes % (1 << 20))
		description_remark(d, "%s is %" PRIu64 " bytes (%s): rounded down to whole MiB",
				   description_info[key].key, bytes, origin);
	description_put(d, key, bytes >> 20, origin);
}

/* Number @n of words with blanks between them, and its length; NULL: there are not so many. */
static const char *word_nr(const char *words, uint64_t n, int *len)
{
	for (; n; n--) {
		words = strchr(words, ' ');
		if (!words)
			return NULL;
		words++;
	}
	*len = strcspn(words, " ");
	return words;
}

const char *description_text(enum description_key key, uint64_t value)
{
	const char *words = description_info[key].words, *word = NULL;
	static char text[64];
	int len;

	if (words)
		word = word_nr(words, value, &len);
	if (word)
		snprintf(text, sizeof(text), "%.*s", len, word);
	else
		snprintf(text, sizeof(text), "%" PRIu64, value);
	return text;
}

const char *description_allowed(enum description_key key)
{
	const struct description_info *info = &description_info[key];
	static char text[128];
	size_t used = 0;

	if (!info->words) {
		snprintf(text, sizeof(text), "%" PRIu64 "..%" PRIu64, info->min, info->max);
		return text;
	}
	for (const char *w = info->words; *w && used < sizeof(text) - 3; w++) {
		if (*w == ' ')
			text[used++] = ',';
		text[used++] = *w;
	}
	text[used] = '\0';
	return text;
}

static bool parse_word(const char *words, const char *text, uint64_t *value)
{
	const char *word;
	int len;

	for (uint64_t n = 0; (word = word_nr(words, n, &len)); n++) {
		if (len == (int)strlen(text) && !memcmp(word, text, len)) {
			*value = n;
			return true;
		}
	}
	return false;
}

int description_parse(enum description_key key, const char *text, uint64_t *value, char *error,
		      size_t error_size)
{
	const struct description_info *info = &description_info[key];
	uint64_t said;
	bool good;

	if (info->words)
		good = parse_word(info->words, text, &said);
	else
		good = scenario_parse_number(text, &said) && said >= info->min && said <= info->max;
	if (good) {
		*value = said;
		return 0;
	}
	snprintf(error, error_size, "%s=%.60s: allowed: %s", info->key, text,
		 description_allowed(key));
	return -1;
}

static int no_such_key(const char *assignment, char *error, size_t error_size)
{
	size_t used = snprintf(error, error_size, "--set %.60s: allowed: KEY=VALUE; keys:",
			       assignment);

	for (int i = 0; i < NR_DESCRIPTION_KEYS && used < error_size; i++)
		used += snprintf(error + used, error_size - used, "%s %s", i ? "," : "",
				 description_info[i].key);
	return -1;
}

int description_set(struct description *d, const char *assignment, char *error,
		    size_t error_size)
{
	const char *equals = strchr(assignment, '=');
	size_t len = equals ? equals - assignment : 0;
	char why[256];

	for (int i = 0; i < NR_DESCRIPTION_KEYS && equals; i++) {
		const char *key = description_info[i].key;

		if (strlen(key) != len || memcmp(key, assignment, len))
			continue;
		if (description_parse(i, equals + 1, &d->value[i], why, sizeof(why))) {
			snprintf(error, error_size, "--set %s", why);
			return -1;
		}
		d->origin[i] = "--set";
		return 0;
	}
	return no_such_key(assignment, error, error_size);
}

bool description_matters(const struct description *d, enum description_key key)
{
	enum description_key needs = description_info[key].needs;

	return needs == key || d->value[needs];
}

/* The default is for hosts of 4 GiB and more. */
static void fit_reserve(struct description *d)
{
	uint64_t most = d->value[KEY_HOST_MEMORY] / 8;

	if (d->origin[KEY_HOST_RESERVE] == not_known && d->value[KEY_HOST_RESERVE] > most)
		d->value[KEY_HOST_RESERVE] = most;
}

/* Hugetlbfs has pages of 2 MiB here. */
static void check_huge_pages(struct description *d)
{
	if (d->value[KEY_BACKING] != BACKING_HUGETLB || d->value[KEY_MEMORY] % 2 == 0)
		return;
	description_remark(d, "memory-mib is %" PRIu64 " (%s): huge pages have 2 MiB, so one MiB "
			   "less is taken", d->value[KEY_MEMORY], d->origin[KEY_MEMORY]);
	d->value[KEY_MEMORY]--;
}

int description_check(struct description *d, char *error, size_t error_size)
{
	uint64_t host = d->value[KEY_HOST_MEMORY], reserve;

	fit_reserve(d);
	reserve = d->value[KEY_HOST_RESERVE];
	if (host - SURVEY_HOST_LEAST_MIB < reserve) {
		snprintf(error, error_size, "host-reserve-mib=%" PRIu64 ": leaves less than %d of "
			 "%" PRIu64 " MiB to guests; allowed: 0..%" PRIu64, reserve,
			 SURVEY_HOST_LEAST_MIB, host, host - SURVEY_HOST_LEAST_MIB);
		return -1;
	}
	check_huge_pages(d);
	if (d->value[KEY_LIMIT] && d->value[KEY_GUESTS] == 1 &&
	    d->value[KEY_LIMIT] <= SURVEY_VMM_MIB) {
		snprintf(error, error_size, "limit-mib=%" PRIu64 " (%s): a VMM alone has %d MiB "
			 "besides its guest; allowed: 0 (none), or more than that",
			 d->value[KEY_LIMIT], d->origin[KEY_LIMIT], SURVEY_VMM_MIB);
		return -1;
	}
	if (d->value[KEY_LIMIT] && d->value[KEY_GUESTS] > 1)
		description_remark(d, "limit-mib is %" PRIu64 " (%s): guests of one node are in "
				   "one group; give each a node and a ballast,cgroup of its own",
				   d->value[KEY_LIMIT], d->origin[KEY_LIMIT]);
	if (d->value[KEY_TARGET] >= d->value[KEY_MEMORY])
		d->value[KEY_TARGET] = 0;	/* it has nothing to do */
	return 0;
}
