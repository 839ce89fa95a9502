/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file under a trace writer: encodes records into blocks and puts them on disk.
 */
#ifndef BALLAST_TRACE_FILE_H
#define BALLAST_TRACE_FILE_H

#include "trace.h"

struct trace_file *trace_file_open(const char *path, enum trace_level level,
				   char *error, size_t error_size);
enum trace_level trace_file_level(const struct trace_file *file);
const char *trace_file_error(const struct trace_file *file);
void trace_file_record(struct trace_file *file, uint64_t now, const struct trace_type *type,
		       const union trace_value *value);
int trace_file_start(struct trace_file *file);
void trace_file_flush(struct trace_file *file);
/* Both free @file. */
int trace_file_close(struct trace_file *file);
void trace_file_abandon(struct trace_file *file);

#endif
