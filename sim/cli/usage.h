/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `ballast` can be told: one table of commands and one of options, from which the help and
 * the completions of shells are made, and by which tests go through manual pages and commands.
 */
#ifndef BALLAST_CLI_USAGE_H
#define BALLAST_CLI_USAGE_H

#include <stdio.h>

/* What stands where no option stands, for completions. */
enum usage_operand { OPERAND_NONE, OPERAND_FILE, OPERAND_DIRECTORY, OPERAND_SCENARIO };

struct usage_command {
	const char *name;
	const char *operands;		/* as the help has them */
	const char *doc;
	const char *words;		/* the first operand is one of these; NULL: of no list */
	enum usage_operand operand;	/* the others, or all */
};

enum usage_command_bit {
	CMD_RUN = 1 << 0, CMD_CHECK = 1 << 1, CMD_REAL = 1 << 2, CMD_COMPARE = 1 << 3,
	CMD_DEMO = 1 << 4, CMD_PUBLISHED = 1 << 5, CMD_LIST = 1 << 6, CMD_TRACE = 1 << 7,
	CMD_EXPORT = 1 << 8, CMD_REPORT = 1 << 9, CMD_BUILD_IMAGE = 1 << 10,
	CMD_CALIBRATE = 1 << 11, CMD_NEW = 1 << 12, CMD_RECORD = 1 << 13,
	CMD_DIFF = 1 << 14, CMD_REPLAY_KMEM = 1 << 15, CMD_IMPORT_KMEM = 1 << 16,
	CMD_COMPLETION = 1 << 17,
};

struct usage_option {
	unsigned int commands;		/* usage_command_bit; 0: a title of the help */
	const char *name;		/* or the title, NULL: of what the help does not list */
	const char *value;		/* FILE, DIR, "one|of|these", or what it is; NULL: none */
	const char *doc;
};

/* In the order of their bits; both end with an element without a name (and without commands). */
extern const struct usage_command usage_commands[];
extern const struct usage_option usage_options[];

void usage_print(FILE *out);
/* Scripts for shells. */
void completion_bash(FILE *out);
void completion_zsh(FILE *out);

#endif
