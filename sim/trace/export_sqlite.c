// SPDX-License-Identifier: GPL-2.0-only
/*
 * SQLite: a table per record type, named as it is, with `time_ns` and a column per field; a
 * histogram becomes five.  Numbers are INTEGER, texts and values of enumerations TEXT; the host
 * as a guest is -1.  SQLite has signed numbers of 64 bits only: larger ones come out negative.
 *
 * All rows are one transaction on a file that nobody knows yet, so no journal is kept.
 */
#include <sqlite3.h>
#include <stdio.h>

#include "export_internal.h"
#include "hostmem.h"

#define SQL_SIZE 16384
#define CACHE_PAGES "2000"

static void db_fail(struct export *e)
{
	export_fail(e, "%s: cannot be written: %s", e->request->out,
		    sqlite3_errmsg(e->own));
}

static void db_run(struct export *e, const char *sql)
{
	if (!e->failed && sqlite3_exec(e->own, sql, NULL, NULL, NULL) != SQLITE_OK)
		db_fail(e);
}

static void db_start(struct export *e)
{
	sqlite3 *db = NULL;
	int ret = sqlite3_open_v2(e->path, &db, SQLITE_OPEN_READWRITE, NULL);

	e->own = db;
	if (ret != SQLITE_OK)
		db_fail(e);
	db_run(e, "PRAGMA journal_mode = OFF");
	db_run(e, "PRAGMA synchronous = OFF");
	db_run(e, "PRAGMA locking_mode = EXCLUSIVE");
	db_run(e, "PRAGMA cache_size = " CACHE_PAGES);
	db_run(e, "BEGIN");
}

static bool is_text(const struct trace_field *field)
{
	return field->kind == TRACE_STRING || field->kind == TRACE_ENUM;
}

static unsigned int nr_columns(const struct trace_field *field)
{
	return field->kind == TRACE_HISTOGRAM ? EXPORT_HISTOGRAM_PARTS : 1;
}

/* "CREATE TABLE" and "INSERT" of a type; its names are words. */
static void type_sql(const struct trace_type *type, char *create, char *insert)
{
	int c = snprintf(create, SQL_SIZE, "CREATE TABLE \"%s\" (\"time_ns\" INTEGER NOT NULL",
			 type->name);
	int n = snprintf(insert, SQL_SIZE, "INSERT INTO \"%s\" VALUES (?", type->name);

	for (unsigned int i = 0; i < type->nr_fields; i++) {
		const struct trace_field *field = &type->fields[i];
		bool parts = field->kind == TRACE_HISTOGRAM;

		for (unsigned int k = 0; k < nr_columns(field); k++) {
			c += snprintf(create + c, SQL_SIZE - c, ", \"%s%s%s\" %s NOT NULL",
				      field->name, parts ? "_" : "",
				      parts ? export_histogram_parts[k] : "",
				      is_text(field) ? "TEXT" : "INTEGER");
			n += snprintf(insert + n, SQL_SIZE - n, ",?");
		}
	}
	snprintf(create + c, SQL_SIZE - c, ")");
	snprintf(insert + n, SQL_SIZE - n, ")");
}

static sqlite3_stmt *open_table(struct export *e, const struct trace_type *type)
{
	char create[SQL_SIZE], insert[SQL_SIZE];
	sqlite3_stmt *stmt = NULL;

	type_sql(type, create, insert);
	db_run(e, create);
	if (!e->failed && sqlite3_prepare_v2(e->own, insert, -1, &stmt, NULL) != SQLITE_OK)
		db_fail(e);
	return stmt;
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	sqlite3_bind_text(stmt, at, text ? text : "", -1, SQLITE_STATIC);
}

/* Returns the columns bound. */
static int bind_value(sqlite3_stmt *stmt, int at, const struct trace_field *field,
		      union trace_value value)
{
	uint64_t parts[EXPORT_HISTOGRAM_PARTS];
	const char *text;

	switch (field->kind) {
	case TRACE_STRING:
		bind_text(stmt, at, value.text);
		break;
	case TRACE_ENUM:
		text = trace_enum_text(field, value.u);
		if (text)
			bind_text(stmt, at, text);
		else
			sqlite3_bind_int64(stmt, at, value.s);
		break;
	case TRACE_HISTOGRAM:
		export_histogram(value.histogram, parts);
		for (int k = 0; k < EXPORT_HISTOGRAM_PARTS; k++)
			sqlite3_bind_int64(stmt, at + k, (int64_t)parts[k]);
		return EXPORT_HISTOGRAM_PARTS;
	default:
		sqlite3_bind_int64(stmt, at, value.s);
		break;
	}
	return 1;
}

static void db_record(struct export *e, struct export_type *t, const struct trace_record *record)
{
	sqlite3_stmt *stmt = t->own;
	int at = 2;

	if (!stmt)
		stmt = t->own = open_table(e, t->type);
	if (e->failed)
		return;
	sqlite3_bind_int64(stmt, 1, (int64_t)record->time);
	for (unsigned int i = 0; i < t->type->nr_fields; i++)
		at += bind_value(stmt, at, &t->type->fields[i], record->value[i]);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		db_fail(e);
	sqlite3_reset(stmt);
}

static bool has_come_up(const struct export *e, const char *name)
{
	for (unsigned int i = 0; i < e->nr_types; i++) {
		if (e->types[i].own && !strcmp(e->types[i].type->name, name))
			return true;
	}
	return false;
}

/* A question about something that did not happen has an answer, too. */
static void empty_tables(struct export *e)
{
	char create[SQL_SIZE], insert[SQL_SIZE];

	for (unsigned int i = 0; i < NR_TRACE_IDS; i++) {
		if (!trace_types[i].name || has_come_up(e, trace_types[i].name))
			continue;
		type_sql(&trace_types[i], create, insert);
		db_run(e, create);
	}
}

static void db_finish(struct export *e)
{
	empty_tables(e);
	for (unsigned int i = 0; i < e->nr_types; i++)
		sqlite3_finalize(e->types[i].own);
	db_run(e, "COMMIT");
	if (sqlite3_close(e->own) != SQLITE_OK && !e->failed)
		db_fail(e);
}

const struct export_ops export_sqlite = {
	.start = db_start, .record = db_record, .finish = db_finish,
};
