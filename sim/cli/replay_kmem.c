// SPDX-License-Identifier: GPL-2.0-only
/*
 * `ballast replay-kmem DIR [--json]`: replay recordings of a real page allocator through the
 * model's and print how much of them came out the same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "replay_kmem.h"

static double share(const struct kmem_count *c)
{
	return c->total ? 100.0 * c->right / c->total : 100.0;
}

static void print_count(const char *name, const struct kmem_count *c)
{
	if (c->total)
		printf("%-28s %9" PRIu64 " of %9" PRIu64 "  %8.4f %%\n", name, c->right, c->total,
		       share(c));
}

static void print_number(const char *name, uint64_t n)
{
	if (n)
		printf("%-28s %9" PRIu64 "\n", name, n);
}

/* The events around a line of the recording, which is still in memory, one per '\0'. */
static void print_context(const struct kmem_recording *rec, uint64_t line)
{
	uint64_t first = line > 3 ? line - 3 : 1, n = 1;
	const char *p = rec->text, *end = rec->text + rec->text_size;

	for (; p < end && n <= line + 3; p += strlen(p) + 1, n++) {
		if (n >= first)
			printf("  %c %8" PRIu64 ": %s\n", n == line ? '>' : ' ', n, p);
	}
}

static void print_table(const char *dir, const struct kmem_recording *rec,
			const struct kmem_result *res, double seconds)
{
	char name[48];
	int i;

	printf("%s: %zu events replayed in %.2f s\n", dir, rec->nr_events, seconds);
	for (i = 0; i < KMEM_ORDERS; i++) {
		snprintf(name, sizeof(name), "allocations of order %d", i);
		print_count(name, &res->alloc[i]);
	}
	print_count("failed allocations", &res->failed);
	print_count("pages of bulk allocations", &res->bulk);
	print_count("refills", &res->refill);
	print_count("steals", &res->steal);
	print_count("drains", &res->drain);
	print_number("drains only in the model", res->drains_missing);
	print_number("frees", res->frees);
	print_number("frees straight to the buddy", res->direct_frees);
	print_number("allocations straight from it", res->direct_allocs);
	print_number("drains by nobody's free", res->drains_ordered);
	print_number("pages taken early", res->early_pops);
	print_number("pageblocks retyped", res->retypes);
	print_number("blocks isolated", res->isolated);
	print_number("records not understood", res->ops_unknown);
	print_number("frees of free pages", res->impossible);
	for (i = 0; i < KMEM_ZONES; i++) {
		if (!rec->after.zone[i].present)
			continue;
		printf("zone %-8s lists equal to snapB: free %" PRIu64 " of %" PRIu64
		       ", per-CPU %" PRIu64 " of %" PRIu64
		       ", counts %s, pageblock types %s\n",
		       rec->after.zone[i].name, res->free_lists[i].right, res->free_lists[i].total,
		       res->pcp_lists[i].right, res->pcp_lists[i].total,
		       res->counts_equal[i] ? "equal" : "DIFFER",
		       res->blocks_equal[i] ? "equal" : "DIFFER");
	}
	if (res->diverged) {
		printf("first divergence: ");
		if (res->diverged_at < rec->nr_events) {
			uint64_t line = rec->events[res->diverged_at].line;

			printf("line %" PRIu64 ": %s\n", line, res->divergence);
			print_context(rec, line);
		} else {
			printf("at the end: %s\n", res->divergence);
		}
	} else {
		printf("no divergence\n");
	}
}

static void json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		if ((unsigned char)*s >= ' ')
			putchar(*s);
	}
	putchar('"');
}

static void json_count(const char *name, const struct kmem_count *c)
{
	printf("\"%s\": {\"right\": %" PRIu64 ", \"total\": %" PRIu64 "}, ", name, c->right,
	       c->total);
}

static void print_json(const char *dir, const struct kmem_recording *rec,
		       const struct kmem_result *res, double seconds)
{
	bool comma = false;
	char name[32];
	int i;

	printf("{\"recording\": ");
	json_string(dir);
	printf(", \"events\": %zu, \"seconds\": %.3f, \"alloc\": {", rec->nr_events, seconds);
	for (i = 0; i < KMEM_ORDERS; i++) {
		if (!res->alloc[i].total)
			continue;
		snprintf(name, sizeof(name), "%s\"%d\"", comma ? ", " : "", i);
		printf("%s: {\"right\": %" PRIu64 ", \"total\": %" PRIu64 "}", name,
		       res->alloc[i].right, res->alloc[i].total);
		comma = true;
	}
	printf("}, ");
	json_count("failed", &res->failed);
	json_count("bulk", &res->bulk);
	json_count("refills", &res->refill);
	json_count("steals", &res->steal);
	json_count("drains", &res->drain);
	printf("\"drains_only_in_model\": %" PRIu64 ", \"frees\": %" PRIu64
	       ", \"direct_frees\": %" PRIu64 ", \"not_understood\": %" PRIu64 ", \"zones\": [",
	       res->drains_missing, res->frees, res->direct_frees, res->ops_unknown);
	for (i = 0, comma = false; i < KMEM_ZONES; i++) {
		if (!rec->after.zone[i].present)
			continue;
		printf("%s{\"name\": ", comma ? ", " : "");
		json_string(rec->after.zone[i].name);
		printf(", ");
		json_count("free_lists", &res->free_lists[i]);
		json_count("pcp_lists", &res->pcp_lists[i]);
		printf("\"counts_equal\": %s, \"pageblocks_equal\": %s}",
		       res->counts_equal[i] ? "true" : "false",
		       res->blocks_equal[i] ? "true" : "false");
		comma = true;
	}
	printf("], \"equal\": %s, \"divergence\": ", res->equal ? "true" : "false");
	if (res->diverged) {
		printf("{\"line\": %" PRIu64 ", \"what\": ",
		       res->diverged_at < rec->nr_events ? rec->events[res->diverged_at].line : 0);
		json_string(res->divergence);
		printf("}}");
	} else {
		printf("null}");
	}
}

static double now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

/* @before: what JSON has before it, "" or a comma in an array. */
static int replay_one(const char *dir, bool json, const char *before)
{
	struct kmem_recording rec;
	struct kmem_result res;
	double start = now_seconds();
	char error[400];

	if (!kmem_recording_read(&rec, dir, error, sizeof(error))) {
		fprintf(stderr, "ballast: %s\n", error);
		return 2;
	}
	kmem_replay(&rec.before, &rec.after, rec.events, rec.nr_events, &res);
	if (json)
		fputs(before, stdout);
	(json ? print_json : print_table)(dir, &rec, &res, now_seconds() - start);
	kmem_recording_free(&rec);
	return res.equal ? 0 : 1;
}

int cmd_replay_kmem(int argc, char **argv)
{
	static const char usage[] = "usage: ballast replay-kmem DIR... [--json]\n";
	bool json = false, replayed = false;
	int i, rc = 0, nr = 0;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			json = true;
		} else if (!strcmp(argv[i], "--help")) {
			fputs(usage, stdout);
			return 0;
		} else if (argv[i][0] == '-') {
			fprintf(stderr, "ballast: replay-kmem: option '%s' is not known\n%s",
				argv[i], usage);
			return 2;
		} else {
			nr++;
		}
	}
	if (!nr) {
		fputs(usage, stderr);
		return 2;
	}
	if (json && nr > 1)
		puts("[");
	for (i = 1; i < argc; i++) {
		int one = argv[i][0] == '-' ? 0 : replay_one(argv[i], json, replayed ? ",\n" : "");

		replayed |= argv[i][0] != '-' && one < 2;
		if (one > rc)
			rc = one;
	}
	if (json && (nr > 1 || replayed))
		puts(nr > 1 ? "\n]" : "");
	return rc;
}
