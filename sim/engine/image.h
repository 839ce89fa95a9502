/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private copies of shared objects.
 *
 * Real drivers and devices have file-level state, so every simulated kernel or VMM gets a copy
 * of the image of its own: the file's bytes go into a memory file that nobody else opens, and
 * that is what the dynamic loader maps.  The memory file stays open as long as the image: its
 * number is the name by which the loader tells objects apart, and must not be used again.
 *
 * Symbols that an image leaves undefined are the API of the model kernel or VMM, exported by the
 * executable.  An image that needs anything else is refused.
 */
#ifndef BALLAST_IMAGE_H
#define BALLAST_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;

/* What the file of an image does with a symbol, found without loading it. */
enum image_has { IMAGE_NO_OBJECT, IMAGE_HAS_NOT, IMAGE_NEEDS, IMAGE_DEFINES };
enum image_has image_file_has(const char *path, const char *name);

/* What the image was made of, as the build notes it in the section .ballast.source. */
struct image_source {
	char version[32];		/* of the sources; "": it does not say */
	char digest[32];		/* of their text, whatever compiled it; "" as above */
};

void image_file_source(const char *path, struct image_source *source);

/*
 * How many functions and variables the image has only as something that says it is not modelled
 * (section .ballast.traps, names); 0: none.
 */
unsigned int image_file_traps(const char *path);

/*
 * Whose headers it was compiled against, which version of them, and which state of the model's: one
 * note for each source in the section .ballast.level, four numbers of 32 bits, the last one
 * 0 (linux/module.h, qemu/osdep.h): a size that no alignment tears apart.
 */
enum image_world { IMAGE_LINUX = 1, IMAGE_QEMU = 2 };

struct image_level {
	uint32_t version;	/* 0: it does not say */
	uint32_t other;		/* another source's that differs, else the same */
	uint32_t headers;	/* digest of the model's headers; 0: that differs, too */
};

struct image_level image_file_level(const char *path, enum image_world world);

/* Returns NULL and one line of text in @err when the image is missing or cannot be linked. */
struct image *image_load(const char *path, char *err, size_t err_size);
/* NULL: there is no such symbol. */
void *image_symbol(const struct image *image, const char *name);
/* Whether an address is in the image's code or data. */
bool image_contains(const struct image *image, const void *address);
/* The image that has this address; NULL: none.  For signal handlers, too. */
const struct image *image_at(uintptr_t address);
/* The file that it was loaded from. */
const char *image_file(const struct image *image);
void image_unload(struct image *image);

#endif
