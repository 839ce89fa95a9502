/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which guest programs there are.  Their names are those of the scenario's compatible strings
 * without "ballast,program-"; their arguments are the properties in docs/scenario.md.
 */
#ifndef BALLAST_PROGRAMS_H
#define BALLAST_PROGRAMS_H

struct program_info {
	const char *name;
	int (*main)(void);
	const char *doc;	/* one line */
	const char *work;	/* what program_work() counts; NULL: nothing */
};

/* Ends with an entry whose name is NULL. */
extern const struct program_info programs[];

/* Returns NULL when there is no program of that name. */
const struct program_info *program_find(const char *name);

int memhog_main(void);
int allocate_main(void);
int page_fault1_main(void);
int page_fault2_main(void);
int churn_main(void);
int filescan_main(void);
int idle_main(void);
int demand_main(void);
int compact_main(void);
int offline_main(void);
int service_main(void);
int stream_main(void);
int ftq_main(void);

#endif
