/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an address of code is in the source: of an image or of the simulator itself.
 */
#ifndef BALLAST_SYMBOL_H
#define BALLAST_SYMBOL_H

#include <stdbool.h>
#include <stdint.h>

extern const char __executable_start[], etext[];	/* the linker's */

/* Code of the simulator itself, as against images and libraries. */
static inline bool symbol_is_own(uintptr_t pc)
{
	return pc - (uintptr_t)__executable_start < (uintptr_t)(etext - __executable_start);
}

struct symbol {
	char image[64];		/* name of the image without .so; "": the simulator's own code */
	char function[64];	/* "?": unknown */
	char file[64];		/* without its folder; "": unknown */
	unsigned int line;
	char folder[128];	/* of the file, as compiled; "": unknown */
};

/*
 * Asks addr2line of binutils, which whoever compiled the image has; without it only the names that
 * the loader knows are found.  Not for hot paths: it starts a process.
 */
void symbol_find(uintptr_t pc, struct symbol *symbol);
/*
 * "FUNCTION() (FILE:LINE) of IMAGE" for a return address in the code of any loaded image, with less
 * when there is less to be known.  False: it is in no image.
 */
bool symbol_describe(const void *address, char *text, unsigned int size);
/* "FUNCTION(), FILE:LINE", with as much as is known; returns @text. */
const char *symbol_text(const struct symbol *symbol, char *text, unsigned int size);

#endif
