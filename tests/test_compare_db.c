// SPDX-License-Identifier: GPL-2.0-only
/*
 * The database of comparisons: what is in it is not run again, and an interrupted comparison goes
 * on.  And what `ballast compare` refuses before anything runs, with which words.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sqlite3.h>
#include <time.h>

#include "compare_run.h"
#include "suite.h"

/* The database */

static int rows(const char *what)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	char sql[256];
	int nr = -1;

	if (sqlite3_open_v2("c.db", &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
		if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
		    sqlite3_step(stmt) == SQLITE_ROW)
			nr = sqlite3_column_int(stmt, 0);
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	return nr;
}

#define STORED "$B compare first.dts --mechanisms zebra,ape --db c.db"

START_TEST(what_is_in_the_database_is_not_run_again)
{
	struct output first = well(STORED " --json"), second = well(STORED " --json"), o;

	ck_assert_int_eq(rows("runs"), 3);
	ck_assert_int_eq(rows("programs"), 3 * 4);
	ck_assert_int_eq(rows("runs WHERE slowdown_permille IS NULL OR command = ''"), 0);
	ck_assert_str_eq(second.err, "");
	ck_assert_str_eq(first.out, second.out);
	/* Without the traces it is all the same. */
	o = well("$B compare first.dts --mechanisms zebra,ape --json");
	ck_assert_str_eq(first.out, o.out);
	output_free(&o);
	/* Another machine, and another seed. */
	o = well(STORED " --set /host/memory-mib=800");
	/* With memory for all they are the same. */
	ck_assert_ptr_nonnull(strstr(o.err, "[2/2]"));
	ck_assert_int_eq(rows("runs"), 5);
	output_free(&o);
	o = well(STORED " --repeat 2");
	ck_assert_ptr_nonnull(strstr(o.err, "[3/3]"));
	ck_assert_ptr_nonnull(strstr(o.out, "3 of 6 runs were in c.db already"));
	ck_assert_int_eq(rows("runs"), 8);
	output_free(&o);
	output_free(&first);
	output_free(&second);
}
END_TEST

START_TEST(an_interrupted_comparison_goes_on)
{
	const struct timespec a_while = { .tv_nsec = 1000000 };
	struct output whole = well("$B compare first.dts --mechanisms zebra,ape --repeat 4 --csv");
	char line[LINE_SIZE];
	struct output o;
	int status, had;
	pid_t pid = fork();

	if (!pid) {
		if (!freopen("out", "w", stdout) || !freopen("err", "w", stderr))
			_exit(126);
		execl(command, command, "compare", "first.dts", "--mechanisms", "zebra,ape",
		      "--repeat", "4", "--jobs", "1", "--db", "c.db", NULL);
		_exit(127);
	}
	while (rows("runs") < 3 && !waitpid(pid, &status, WNOHANG))
		nanosleep(&a_while, NULL);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM);
	had = rows("runs");
	ck_assert_int_ge(had, 3);
	ck_assert_int_lt(had, 12);
	snprintf(line, sizeof(line), "interrupted: %d of 12 runs have ended; the same command goes "
		 "on with what is in c.db", had);
	o.err = read_text("err");
	ck_assert_msg(strstr(o.err, line), "%s", o.err);
	free(o.err);
	o = well("$B compare first.dts --mechanisms zebra,ape --repeat 4 --db c.db --csv");
	ck_assert_str_eq(o.out, whole.out);
	snprintf(line, sizeof(line), "[%d/%d]", 12 - had, 12 - had);
	ck_assert_msg(strstr(o.err, line), "%s", o.err);
	ck_assert_int_eq(rows("runs"), 12);
	output_free(&o);
	output_free(&whole);
}
END_TEST

/* Bad input */

static const struct bad {
	const char *args, *says;
} bad[] = {
	{ "", "compare: needs a scenario file" },
	{ "first.dts first.dts", "compare first.dts: takes one scenario" },
	{ "none.dts", "none.dts: cannot be read: No such file or directory" },
	{ "first.dts --mechanisms ape,lion",
	  "lion: there is no such mechanism; allowed: zebra, ape, misfit, also" },
	{ "first.dts --mechanisms ape,ape", "ape: named twice; allowed: another name" },
	{ "first.dts --mechanisms ape,misfit",
	  "misfit: scenarios/mechanisms/20-misfit.dtso: a label or path that it refers to is not "
	  "in first.dts; allowed: labels and paths of the scenario" },
	{ "first.dts --mechanisms ape", "first.dts: only one variation to compare; allowed: two or "
	  "more variations, where --with NAME= is the scenario as it is" },
	{ "first.dts --with a=none.dtso,b=",
	  "a: none.dtso: cannot be read: No such file or directory" },
	{ "first.dts --with a=lion,b=",
	  "lion: there is no such mechanism; allowed: zebra, ape, misfit, also" },
	{ "first.dts --with ape", "ape: not a variation; allowed: NAME=OVERLAY[+OVERLAY...], where "
	  "NAME= alone is the scenario as it is" },
	{ "first.dts --with a=,b=/guest/colour=1", "b: --set /guest/colour=1: /guest: colour: "
	  "unknown property; allowed: properties of ballast,guest" },
	{ "first.dts --with a=,b=/guest/devices/balloon/image=lion",
	  "b: first.dts: /guest/devices/balloon: image: there is no file DIR/lion.so; build it "
	  "(make images) or give --images" },
	{ "first.dts --jobs 0", "--jobs 0: allowed: 1 to 1024" },
	{ "first.dts --jobs many", "--jobs many: allowed: 1 to 1024" },
	{ "first.dts --repeat 0", "--repeat 0: allowed: 1 to 1000" },
	{ "first.dts --repeat -3", "--repeat -3: allowed: 1 to 1000" },
	{ "first.dts --repeat", "--repeat: needs a value" },
	{ "first.dts --csv --json", "--csv --json: allowed: one of them" },
	{ "first.dts --strict", "--strict: not for compare, which says who was killed" },
	{ "first.dts --trace t", "--trace: there is no such option; see ballast --help" },
	{ "first.dts --db .", ".: cannot be opened: unable to open database file; allowed: a file "
	  "that can be written, of SQLite or new" },
	{ "first.dts --db none/c.db", "none/c.db: cannot be opened: unable to open database file; "
	  "allowed: a file that can be written, of SQLite or new" },
	{ "first.dts --db first.dts", "first.dts: cannot be written: file is not a database; "
	  "allowed: a file that can be written, of SQLite or new" },
	{ "first.dts --db other.db", "other.db: a database of something else; allowed: one that "
	  "ballast compare has made, or a new file" },
	{ "first.dts --db old.db", "old.db: rows of version 77, made by another ballast; allowed: "
	  "version 1, or a new file" },
};

static void make_database(const char *name, const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(name, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* DIR is where the images are. */
static void expected(char *text, size_t size, const char *says)
{
	const char *dir = strstr(says, "DIR");

	if (dir)
		snprintf(text, size, "ballast: %.*s%s%s\n", (int)(dir - says), says,
			 getenv("BALLAST_IMAGES"), dir + 3);
	else
		snprintf(text, size, "ballast: %s\n", says);
}

START_TEST(bad_input_is_refused_before_anything_runs)
{
	char line[LINE_SIZE], text[LINE_SIZE];
	unsigned int files;
	struct output o;

	make_database("other.db", "CREATE TABLE cats (name)");
	make_database("old.db", "CREATE TABLE runs (id); PRAGMA application_id = 1113681004; "
		      "PRAGMA user_version = 77");
	files = count_files();
	snprintf(line, sizeof(line), "$B compare %s", bad[_i].args);
	expected(text, sizeof(text), bad[_i].says);
	o = shell(line);
	/* What the default set leaves out is no error. */
	ck_assert_msg(!strcmp(strncmp(o.err, "ballast: left out", 17) ? o.err :
			      strchr(o.err, '\n') + 1, text), "%s says %s", line, o.err);
	ck_assert_int_eq(o.status, 2);
	ck_assert_str_eq(o.out, "");
	ck_assert_uint_eq(count_files(), files);
	output_free(&o);
}
END_TEST

static Suite *compare_db_suite(void)
{
	Suite *suite = suite_create("compare_db");
	TCase *tc = tcase_create("command");

	tcase_add_checked_fixture(tc, make_scratch, remove_scratch);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_is_in_the_database_is_not_run_again);
	tcase_add_test(tc, an_interrupted_comparison_goes_on);
	tcase_add_loop_test(tc, bad_input_is_refused_before_anything_runs, 0,
			    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(suite, tc);
	return suite;
}

Suite *test_suite(int argc, char **argv)
{
	return compare_environment() ? compare_db_suite() : NULL;
}
