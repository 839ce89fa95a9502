/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variations of a scenario: overlays and settings under a name.
 *
 * Mechanisms are overlays in one directory: their names are those of the files without what follows
 * the first dot and without a number and '-' in front, which gives their order; what each is for it
 * says itself (scenario_overlay_description()).  Nothing here knows which there are.
 */
#ifndef BALLAST_STUDY_VARIATION_H
#define BALLAST_STUDY_VARIATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct variation {
	char *name;
	char *argument;			/* one line; "" for none */
	char **overlays, **settings;	/* files; PATH/PROP=VALUE */
	unsigned int nr_overlays, nr_settings;
	bool named;			/* asked for by name */
	/* Found by probe(): */
	char *missing;			/* why this machine cannot have it; NULL: it can */
	uint64_t scenario_digest, images_digest;
};

struct variations {
	struct variation *list;
	unsigned int nr;
};

/* Where overlays and what they include are looked for. */
struct variation_dirs {
	const char *mechanisms, *include;
};

/* All functions return 0, or -1 and one line in @error. */

/* Every mechanism of the directory, in order. */
int variations_all(struct variations *v, const struct variation_dirs *dirs, char *error,
		   size_t error_size);
/* "a,b": mechanisms by name. */
int variations_mechanisms(struct variations *v, const struct variation_dirs *dirs,
			  const char *names, char *error, size_t error_size);
/*
 * "NAME=PART[+PART...],...": a part is a mechanism, the file of an overlay, or a setting; none is
 * the scenario as it is.
 */
int variations_with(struct variations *v, const struct variation_dirs *dirs, const char *text,
		    char *error, size_t error_size);
struct variation *variations_add(struct variations *v, const char *name, const char *argument);
void variation_add_setting(struct variation *v, const char *setting);
void variations_free(struct variations *v);

#endif
