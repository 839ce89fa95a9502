// SPDX-License-Identifier: GPL-2.0-only
/*
 * The database of runs.
 *
 * Each run is written at once, in a transaction of its own, so that an interrupted comparison loses
 * at most what was running.  Several comparisons may write to one file.
 */
#include "store.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"

#define APPLICATION_ID 0x42616c6c	/* "Ball" */
#define BUSY_MS 10000
#define SQL_SIZE 8192

struct store {
	sqlite3 *db;
	char *path;
};

static int fail(const struct store *s, const char *what, char *error, size_t size)
{
	snprintf(error, size, "%s: %s: %s; allowed: a file that can be written, of SQLite or new",
		 s->path, what, sqlite3_errmsg(s->db));
	return -1;
}

static int pragma(const struct store *s, const char *name)
{
	sqlite3_stmt *stmt;
	char sql[64];
	int value = -1;

	snprintf(sql, sizeof(sql), "PRAGMA %s", name);
	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static bool has_tables(const struct store *s)
{
	sqlite3_stmt *stmt;
	bool any = true;

	if (sqlite3_prepare_v2(s->db, "SELECT 1 FROM sqlite_master", -1, &stmt, NULL) == SQLITE_OK)
		any = sqlite3_step(stmt) == SQLITE_ROW;
	sqlite3_finalize(stmt);
	return any;
}

static void print_columns(FILE *out, const char *type)
{
	for (unsigned int i = 0; i < NR_METRICS; i++)
		fprintf(out, ", %s%s", metric_info[i].column, type);
}

static int make_tables(struct store *s)
{
	char sql[SQL_SIZE];
	FILE *out = fmemopen(sql, sizeof(sql), "w");

	fprintf(out, "CREATE TABLE runs (id INTEGER PRIMARY KEY, file TEXT, variation TEXT, "
		"seed INTEGER, result TEXT, text TEXT, command TEXT, scenario_digest TEXT, "
		"images_digest TEXT, simulator_digest TEXT");
	print_columns(out, " INTEGER");
	fprintf(out, ", UNIQUE (variation, seed, scenario_digest, images_digest, "
		"simulator_digest));"
		"CREATE TABLE programs (run INTEGER, guest INTEGER, program INTEGER, name TEXT, "
		"ns INTEGER, work INTEGER, ended INTEGER);"
		"CREATE INDEX programs_run ON programs (run);"
		"CREATE TABLE casualties (run INTEGER, text TEXT);"
		"CREATE INDEX casualties_run ON casualties (run);"
		"PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID,
		STORE_SCHEMA);
	fclose(out);
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

/* Is it ours, and of this version?  An empty file becomes so. */
static int check_schema(struct store *s, char *error, size_t size)
{
	int version;

	/* The first statement that reads: a file that is no database is found here. */
	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, "cannot be written", error, size);
	if (!has_tables(s) && make_tables(s))
		return fail(s, "cannot be written", error, size);
	version = pragma(s, "user_version");
	if (pragma(s, "application_id") != APPLICATION_ID) {
		snprintf(error, size, "%s: a database of something else; allowed: one that "
			 "ballast compare has made, or a new file", s->path);
		return -1;
	}
	if (version != STORE_SCHEMA) {
		snprintf(error, size, "%s: rows of version %d, made by another ballast; allowed: "
			 "version %d, or a new file", s->path, version, STORE_SCHEMA);
		return -1;
	}
	if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, "cannot be written", error, size);
	return 0;
}

struct store *store_open(const char *path, char *error, size_t size)
{
	struct store *s = host_alloc(sizeof(*s));

	s->path = collect_copy(path);
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
	    SQLITE_OK) {
		fail(s, "cannot be opened", error, size);
		store_close(s);
		return NULL;
	}
	sqlite3_busy_timeout(s->db, BUSY_MS);
	if (check_schema(s, error, size)) {
		store_close(s);
		return NULL;
	}
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	sqlite3_close(s->db);
	free(s->path);
	host_free(s);
}

static void bind_text(sqlite3_stmt *stmt, int *at, const char *text)
{
	sqlite3_bind_text(stmt, ++*at, text ? text : "", -1, SQLITE_TRANSIENT);
}

static void bind_number(sqlite3_stmt *stmt, int *at, uint64_t value)
{
	sqlite3_bind_int64(stmt, ++*at, (sqlite3_int64)value);
}

static void bind_digest(sqlite3_stmt *stmt, int *at, uint64_t digest)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, digest);
	bind_text(stmt, at, text);
}

static void bind_key(sqlite3_stmt *stmt, int *at, const struct store_key *key)
{
	bind_number(stmt, at, key->seed);
	bind_digest(stmt, at, key->scenario);
	bind_digest(stmt, at, key->images);
	bind_digest(stmt, at, key->simulator);
}

#define WHERE_KEY "seed = ? AND scenario_digest = ? AND images_digest = ? AND simulator_digest = ?"
#define WHERE_RUN "variation = ? AND " WHERE_KEY

/* Reading */

static const char *text_at(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);

	return text ? (const char *)text : "";
}

static void read_programs(struct store *s, sqlite3_int64 run, struct outcome *o)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(s->db, "SELECT guest, program, name, ns, work, ended FROM programs "
			       "WHERE run = ? ORDER BY rowid", -1, &stmt, NULL) == SQLITE_OK)
		sqlite3_bind_int64(stmt, 1, run);
	while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		struct outcome_program *p = collect_append(&o->programs, &o->nr_programs,
							   sizeof(*p));

		p->guest = sqlite3_column_int64(stmt, 0);
		p->program = sqlite3_column_int64(stmt, 1);
		p->name = collect_copy(text_at(stmt, 2));
		p->ns = sqlite3_column_int64(stmt, 3);
		p->work = sqlite3_column_int64(stmt, 4);
		p->ended = sqlite3_column_int(stmt, 5);
	}
	sqlite3_finalize(stmt);
}

static void read_casualties(struct store *s, sqlite3_int64 run, struct outcome *o)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(s->db, "SELECT text FROM casualties WHERE run = ? ORDER BY rowid",
			       -1, &stmt, NULL) == SQLITE_OK)
		sqlite3_bind_int64(stmt, 1, run);
	while (stmt && sqlite3_step(stmt) == SQLITE_ROW)
		collect_add_text(&o->casualties, &o->nr_casualties, text_at(stmt, 0));
	sqlite3_finalize(stmt);
}

static void read_row(struct store *s, sqlite3_stmt *stmt, struct outcome *o)
{
	o->result = collect_copy(text_at(stmt, 1));
	o->text = collect_copy(text_at(stmt, 2));
	for (unsigned int i = 0; i < NR_METRICS; i++) {
		o->measures.known[i] = sqlite3_column_type(stmt, 3 + i) != SQLITE_NULL;
		o->measures.value[i] = sqlite3_column_int64(stmt, 3 + i);
	}
	read_programs(s, sqlite3_column_int64(stmt, 0), o);
	read_casualties(s, sqlite3_column_int64(stmt, 0), o);
}

bool store_find(struct store *s, const struct store_key *key, struct outcome *outcome)
{
	char sql[SQL_SIZE];
	FILE *out = fmemopen(sql, sizeof(sql), "w");
	sqlite3_stmt *stmt = NULL;
	bool found = false;
	int at = 0;

	fprintf(out, "SELECT id, result, text");
	print_columns(out, "");
	fprintf(out, " FROM runs WHERE " WHERE_KEY " ORDER BY id");
	fclose(out);
	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) == SQLITE_OK) {
		bind_key(stmt, &at, key);
		found = sqlite3_step(stmt) == SQLITE_ROW;
		if (found)
			read_row(s, stmt, outcome);
	}
	sqlite3_finalize(stmt);
	return found;
}

/* Writing */

static bool done(sqlite3_stmt *stmt)
{
	bool well = sqlite3_step(stmt) == SQLITE_DONE;

	sqlite3_finalize(stmt);
	return well;
}

/* An earlier row of this very run, and what belongs to it. */
static bool remove_old(struct store *s, const struct store_row *row)
{
	static const char *const statements[] = {
		"DELETE FROM programs WHERE run IN (SELECT id FROM runs WHERE " WHERE_RUN ")",
		"DELETE FROM casualties WHERE run IN (SELECT id FROM runs WHERE " WHERE_RUN ")",
		"DELETE FROM runs WHERE " WHERE_RUN,
	};

	for (unsigned int i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		sqlite3_stmt *stmt;
		int at = 0;

		if (sqlite3_prepare_v2(s->db, statements[i], -1, &stmt, NULL) != SQLITE_OK)
			return false;
		bind_text(stmt, &at, row->variation);
		bind_key(stmt, &at, &row->key);
		if (!done(stmt))
			return false;
	}
	return true;
}

static bool insert_run(struct store *s, const struct store_row *row)
{
	const struct measures *m = &row->outcome->measures;
	char sql[SQL_SIZE];
	FILE *out = fmemopen(sql, sizeof(sql), "w");
	sqlite3_stmt *stmt;
	int at = 0;

	fprintf(out, "INSERT INTO runs (seed, scenario_digest, images_digest, simulator_digest, "
		"file, variation, result, text, command");
	print_columns(out, "");
	fprintf(out, ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?");
	for (unsigned int i = 0; i < NR_METRICS; i++)
		fprintf(out, ", ?");
	fprintf(out, ")");
	fclose(out);
	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return false;
	bind_key(stmt, &at, &row->key);
	bind_text(stmt, &at, row->file);
	bind_text(stmt, &at, row->variation);
	bind_text(stmt, &at, row->outcome->result);
	bind_text(stmt, &at, row->outcome->text);
	bind_text(stmt, &at, row->command);
	for (unsigned int i = 0; i < NR_METRICS; i++) {
		if (m->known[i])
			bind_number(stmt, &at, m->value[i]);
		else
			sqlite3_bind_null(stmt, ++at);
	}
	return done(stmt);
}

static bool insert_programs(struct store *s, sqlite3_int64 run, const struct outcome *o)
{
	for (unsigned int i = 0; i < o->nr_programs; i++) {
		const struct outcome_program *p = &o->programs[i];
		sqlite3_stmt *stmt;
		int at = 0;

		if (sqlite3_prepare_v2(s->db, "INSERT INTO programs (run, guest, program, name, ns,"
				       " work, ended) VALUES (?, ?, ?, ?, ?, ?, ?)", -1, &stmt,
				       NULL) != SQLITE_OK)
			return false;
		bind_number(stmt, &at, run);
		bind_number(stmt, &at, p->guest);
		bind_number(stmt, &at, p->program);
		bind_text(stmt, &at, p->name);
		bind_number(stmt, &at, p->ns);
		bind_number(stmt, &at, p->work);
		bind_number(stmt, &at, p->ended);
		if (!done(stmt))
			return false;
	}
	return true;
}

static bool insert_casualties(struct store *s, sqlite3_int64 run, const struct outcome *o)
{
	for (unsigned int i = 0; i < o->nr_casualties; i++) {
		sqlite3_stmt *stmt;
		int at = 0;

		if (sqlite3_prepare_v2(s->db, "INSERT INTO casualties (run, text) VALUES (?, ?)",
				       -1, &stmt, NULL) != SQLITE_OK)
			return false;
		bind_number(stmt, &at, run);
		bind_text(stmt, &at, o->casualties[i]);
		if (!done(stmt))
			return false;
	}
	return true;
}

int store_put(struct store *s, const struct store_row *row, char *error, size_t size)
{
	sqlite3_int64 run;

	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, "cannot be written", error, size);
	if (remove_old(s, row) && insert_run(s, row)) {
		run = sqlite3_last_insert_rowid(s->db);
		if (insert_programs(s, run, row->outcome) &&
		    insert_casualties(s, run, row->outcome) &&
		    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
			return 0;
	}
	fail(s, "cannot be written", error, size);
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}
