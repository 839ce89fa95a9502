// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kmem_recorder writes becomes a recording, and that replays; what is damaged is
 * refused in one line, and leaves nothing behind.
 */
#include "../driver-src/uapi/kmem_record.h"
#include "shell_run.h"
#include "suite.h"

#define ZONE                                                                                       \
	"kernel 6.12.117\n"                                                                        \
	"zone 1 DMA32 node 0 start 4096 spanned 4096 present 4096 managed 4096\n"                  \
	" watermark min 10 low 12 high 14 promo 16 boost 0\n"                                      \
	" nr_reserved_highatomic 0 flags 0x0 percpu_drift_mark 0 vm_stat_free %s"                  \
	" nr_isolate_pageblock 0 nr_free_highatomic 0\n"                                           \
	" lowmem_reserve 0 0 0 0 0\n"
#define PCP " pcp cpu 0 count %s high %s high_min 12 high_max 512 batch 1 free_count %s"           \
	    " alloc_factor %s flags 2\n"
#define BLOCKS " blocks order 9 first 4096 : 1x8\n"

/* A block; in the end a page of it is on a per-CPU list, which has grown by the refill. */
static const char *before(void)
{
	static char text[1000];

	snprintf(text, sizeof(text), ZONE " order 10 nr_free 1\n free 10 1 : 4096\n" PCP BLOCKS,
		 "1024", "0", "12", "0", "0");
	return text;
}

static const char *after(void)
{
	static char text[2000];

	snprintf(text, sizeof(text), ZONE " order 0 nr_free 1\n free 0 1 : 4097\n"
		 " order 1 nr_free 1\n free 1 1 : 4098\n order 2 nr_free 1\n free 2 1 : 4100\n"
		 " order 3 nr_free 1\n free 3 1 : 4104\n order 4 nr_free 1\n free 4 1 : 4112\n"
		 " order 5 nr_free 1\n free 5 1 : 4128\n order 6 nr_free 1\n free 6 1 : 4160\n"
		 " order 7 nr_free 1\n free 7 1 : 4224\n order 8 nr_free 1\n free 8 1 : 4352\n"
		 " order 9 nr_free 1\n free 9 1 : 4608\n" PCP " pcplist 1 : 4096/1\n" BLOCKS,
		 "1023", "1", "13", "1", "0");
	return text;
}

/* A page is refilled, leaves its list and is handed out; it comes back. */
static const struct kmem_record events[] = {
	{ .type = 'M', .context = 't', .pid = 1, .migratetype = 0, .pfn = 0 },
	{ .type = 'M', .context = 't', .pid = 1, .migratetype = 0, .pfn = 1 },
	{ .type = 'Z', .context = 't', .pid = 1, .migratetype = 1, .pfn = 4096, .arg = { 1 } },
	{ .type = 'P', .context = 't', .pid = 1, .migratetype = 1, .pfn = 4096 },
	{ .type = 'A', .context = 't', .pid = 1, .migratetype = 1, .pfn = 4096,
	  .arg = { 0x140dca } },
	{ .type = 'F', .context = 's', .pid = 1, .pfn = 4096 },
	{ .type = 'C', .context = 's', .pid = 1, .migratetype = 1, .pfn = 4096 },
	{ .type = 'M', .context = 't', .pid = 1, .migratetype = 1, .pfn = 0 },
	{ .type = 'M', .context = 't', .pid = 1, .migratetype = 1, .pfn = 1 },
};

#define NR_EVENTS (sizeof(events) / sizeof(events[0]))
#define RECORDS_AT (KMEM_RECORD_HEADER + 2 * KMEM_RECORD_SNAPSHOT)
#define FILE_SIZE (RECORDS_AT + sizeof(events))

static unsigned char file[FILE_SIZE];
static struct kmem_record_header *const header = (void *)file;

static void setup(void)
{
	enter_empty_scratch();
	memset(file, 0, sizeof(file));
	header->magic = KMEM_RECORD_MAGIC;
	header->size = FILE_SIZE;
	header->nr_records = NR_EVENTS;
	header->snapshot[0] = strlen(before());
	header->snapshot[1] = strlen(after());
	strcpy(header->release, "6.12.117");
	strcpy(header->command_line, "quiet");
	memcpy(file + KMEM_RECORD_HEADER, before(), header->snapshot[0]);
	memcpy(file + KMEM_RECORD_HEADER + KMEM_RECORD_SNAPSHOT, after(), header->snapshot[1]);
	memcpy(file + RECORDS_AT, events, sizeof(events));
}

START_TEST(what_the_module_wrote_replays)
{
	char *said;
	int status;

	write_file("data", file, sizeof(file));
	well("$BALLAST import-kmem data recording");
	said = shell(&status, "$BALLAST replay-kmem recording");
	ck_assert_msg(status == 0, "%s", said);
	ck_assert_msg(strstr(said, "no divergence") != NULL, "%s", said);
	free(said);
	said = shell(&status, "xz -dc recording/events.txt.xz");
	ck_assert_msg(strstr(said, "2 Z 4096 0 1 1 t1\n3 A 4096 0 140dca 1 = t1\n"
				   "4 F 4096 0 = s1\n5 M 1 0 t1\n") != NULL, "%s", said);
	free(said);
	said = shell(&status, "xz -dc recording/meta.txt.xz");
	ck_assert_msg(strstr(said, "kernel 6.12.117\ncommand line quiet\n") != NULL, "%s", said);
	free(said);
}
END_TEST

/* An interrupt that frees a page comes between the page's leaving the list and its event. */
START_TEST(what_comes_between_keeps_its_place)
{
	struct kmem_record *rec = (void *)(file + RECORDS_AT), pop = rec[3], alloc = rec[4];
	char *said;
	int status;

	/* Z P (F C of a page that is in use: 5120) A */
	rec[3] = pop;
	rec[4] = (struct kmem_record){ .type = 'F', .context = 'i', .pid = 1, .pfn = 5120 };
	rec[5] = (struct kmem_record){ .type = 'C', .context = 'i', .pid = 1, .migratetype = 1,
				       .pfn = 5120 };
	rec[6] = alloc;
	write_file("data", file, sizeof(file));
	well("$BALLAST import-kmem data recording");
	said = shell(&status, "xz -dc recording/events.txt.xz");
	ck_assert_msg(strstr(said, "3 P 4096 0 140dca 1 t1\n4 F 5120 0 = i1\n"
				   "5 A 4096 0 140dca 1 + t1\n") != NULL, "%s", said);
	free(said);
}
END_TEST

static void refused(const char *says)
{
	char *said;
	int status;

	said = shell(&status, "$BALLAST import-kmem data recording");
	ck_assert_msg(status == 2, "status %d: %s", status, said);
	ck_assert_msg(strstr(said, says) != NULL, "'%s' does not say '%s'", said, says);
	ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
	free(said);
	said = shell(&status, "ls recording");
	ck_assert_int_ne(status, 0);
	free(said);
}

START_TEST(what_is_damaged_is_refused)
{
	struct kmem_record *rec = (void *)(file + RECORDS_AT);

	switch (_i) {
	case 0:
		return refused("data: cannot be read");
	case 1:
		write_file("data", file, 0);
		return refused("data: is empty");
	case 2:
		header->magic++;
		break;
	case 3:
		header->nr_records++;
		break;
	case 4:
		header->nr_lost = 7;
		break;
	case 5:
		header->snapshot[1] = 0;
		break;
	case 6:
		header->snapshot[0] = KMEM_RECORD_SNAPSHOT;
		break;
	case 7:
		rec[4].pfn = INT64_C(1) << 40;
		break;
	case 8:
		rec[3].type = '\n';
		break;
	case 9:
		rec[3].context = '\n';
		break;
	case 10:
		strcpy(header->release, "6.12\n\033[31m");
		break;
	case 11:
		memset(header->command_line, 'x', sizeof(header->command_line));
		break;
	case 12:
		header->nr_records = 1;
		break;
	case 13:
		memcpy(file + KMEM_RECORD_HEADER, "garbage\n", 8);
		break;
	}
	write_file("data", file, sizeof(file));
	refused(((const char *const[]){ "", "", "is not what kmem_recorder writes",
					"is cut short", "7 records are lost",
					"has not both snapshots", "a snapshot did not fit",
					"is damaged: page 1099511627776 of 9 records",
					"is damaged: record 3 is of type 0x0a",
					"is damaged: record 3 is of context 0x0a",
					"release or command line are no text",
					"release or command line are no text",
					"mark 'M 0 1' that begins the window is missing",
					"snapA" })[_i]);
}
END_TEST

START_TEST(recording_that_is_there_stays)
{
	char *said;
	int status;

	write_file("data", file, sizeof(file));
	well("mkdir recording && echo mine >recording/file");
	said = shell(&status, "$BALLAST import-kmem data recording");
	ck_assert_int_eq(status, 2);
	ck_assert_ptr_nonnull(strstr(said, "recording: cannot be made: File exists"));
	free(said);
	well("grep mine recording/file && [ $(ls recording | wc -l) = 1 ]");
	said = shell(&status, "$BALLAST import-kmem --fast data new");
	ck_assert_int_eq(status, 2);
	ck_assert_ptr_nonnull(strstr(said, "'--fast' is not known"));
	free(said);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("import_kmem");
	TCase *tc = tcase_create("import_kmem");

	(void)argc;
	(void)argv;
	if (!cli_environment())
		return NULL;
	setenv("BALLAST", command, 1);
	tcase_add_checked_fixture(tc, setup, leave_scratch);
	tcase_add_test(tc, what_the_module_wrote_replays);
	tcase_add_test(tc, what_comes_between_keeps_its_place);
	tcase_add_loop_test(tc, what_is_damaged_is_refused, 0, 14);
	tcase_add_test(tc, recording_that_is_there_stays);
	suite_add_tcase(suite, tc);
	return suite;
}
