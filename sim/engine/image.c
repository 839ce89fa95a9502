// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private copies of shared objects; see image.h.
 */
#define _GNU_SOURCE
#include "image.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
	struct image *next;		/* of all that are loaded */
	char *path;
	void *handle;
	int fd;
	uintptr_t start, end;		/* of what is mapped of it */
};

/* Addresses are looked up among all of them, whoever loaded them. */
static struct image *images;

static int copy_to_memory(const char *path)
{
	struct stat st;
	off_t off = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC), fd;

	if (file < 0)
		return -1;
	fd = memfd_create("ballast-image", MFD_CLOEXEC);
	if (fd >= 0 && !fstat(file, &st)) {
		while (off < st.st_size && sendfile(fd, file, &off, st.st_size - off) > 0)
			;
		if (off == st.st_size) {
			close(file);
			return fd;
		}
	}
	if (fd >= 0)
		close(fd);
	close(file);
	return -1;
}

static int see_object(struct dl_phdr_info *info, size_t size, void *opaque)
{
	struct image *image = opaque;
	unsigned int i;

	if (info->dlpi_addr != image->start)
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && info->dlpi_addr + p->p_vaddr + p->p_memsz > image->end)
			image->end = info->dlpi_addr + p->p_vaddr + p->p_memsz;
	}
	return 1;
}

static void find_extent(struct image *image)
{
	struct link_map *map;

	if (dlinfo(image->handle, RTLD_DI_LINKMAP, &map))
		return;
	image->start = map->l_addr;
	dl_iterate_phdr(see_object, image);
}

struct image *image_load(const char *path, char *err, size_t err_size)
{
	struct image *image = calloc(1, sizeof(*image));
	char name[64];

	if (!image) {
		snprintf(err, err_size, "%s: out of memory", path);
		return NULL;
	}
	image->fd = copy_to_memory(path);
	if (image->fd < 0) {
		snprintf(err, err_size, "%s: image cannot be read: %s", path, strerror(errno));
		free(image);
		return NULL;
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", image->fd);
	image->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!image->handle) {
		const char *why = dlerror();

		/* The loader names the memory file, which tells nobody anything. */
		if (!strncmp(why, name, strlen(name)))
			why += strlen(name);
		snprintf(err, err_size, "%s: image cannot be loaded%s", path, why);
		close(image->fd);
		free(image);
		return NULL;
	}
	find_extent(image);
	image->path = strdup(path);
	image->next = images;
	images = image;
	return image;
}

/* In its dynamic symbols: as many as its relocations refer to, which come first. */
bool image_needs(const struct image *image, const char *name)
{
	const ElfW(Sym) *symbol = NULL;
	const char *strings = NULL;
	const ElfW(Word) *hash = NULL;
	const ElfW(Dyn) *dyn;
	struct link_map *map;
	unsigned int i;

	if (dlinfo(image->handle, RTLD_DI_LINKMAP, &map))
		return false;
	for (dyn = map->l_ld; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_SYMTAB)
			symbol = (const void *)dyn->d_un.d_ptr;
		else if (dyn->d_tag == DT_STRTAB)
			strings = (const void *)dyn->d_un.d_ptr;
		else if (dyn->d_tag == DT_GNU_HASH)
			hash = (const void *)dyn->d_un.d_ptr;
	}
	/* The hashed symbols are those that are defined; what is before them is needed. */
	for (i = 0; symbol && strings && hash && i < hash[1]; i++)
		if (symbol[i].st_shndx == SHN_UNDEF && !strcmp(strings + symbol[i].st_name, name))
			return true;
	return false;
}

bool image_contains(const struct image *image, const void *address)
{
	return (uintptr_t)address >= image->start && (uintptr_t)address < image->end;
}

void *image_symbol(const struct image *image, const char *name)
{
	void *symbol = dlsym(image->handle, name);
	struct link_map *map;
	Dl_info info;

	/* Not one of a library that the image depends on: libc has an init_module(), too. */
	if (!symbol || dlinfo(image->handle, RTLD_DI_LINKMAP, &map) || !dladdr(symbol, &info) ||
	    (uintptr_t)info.dli_fbase != map->l_addr)
		return NULL;
	return symbol;
}

/* FILE:LINE without directories; "??:0" is no place. */
static const char *place(char *line)
{
	char *slash = strrchr(line, '/');
	char *end = strpbrk(line, " \n");

	if (end)
		*end = '\0';
	return line[0] == '?' ? "" : slash ? slash + 1 : line;
}

/* What addr2line says of an offset in the image's file; false: nothing. */
static bool look_up(const struct image *image, uintptr_t offset, char *buf, size_t size)
{
	char command[4400], function[256] = "", line[1024] = "";
	bool found;
	FILE *f;

	if (!image->path || strchr(image->path, '\''))
		return false;
	snprintf(command, sizeof(command), "addr2line -f -i -e '%.4096s' %#lx 2>/dev/null",
		 image->path, (unsigned long)offset);
	f = popen(command, "r");
	if (!f)
		return false;
	found = fgets(function, sizeof(function), f) && fgets(line, sizeof(line), f) &&
		function[0] != '?';
	/* Read all of it: a writer that nobody reads from complains. */
	if (found) {
		char rest[256];

		while (fgets(rest, sizeof(rest), f))
			;
	}
	pclose(f);
	if (!found)
		return false;
	function[strcspn(function, "\n")] = '\0';
	snprintf(buf, size, "%.80s() (%.120s)", function, place(line));
	return true;
}

static bool describe(const void *address, char *buf, size_t size)
{
	const struct image *image = images;
	const char *name;
	size_t used;

	while (image && !image_contains(image, address))
		image = image->next;
	if (!image)
		return false;
	/* A return address is behind the call. */
	if (!look_up(image, (uintptr_t)address - 1 - image->start, buf, size))
		snprintf(buf, size, "code at %#lx",
			 (unsigned long)((uintptr_t)address - image->start));
	name = image->path ? strrchr(image->path, '/') : NULL;
	name = name ? name + 1 : image->path ? image->path : "an image";
	used = strlen(buf);
	snprintf(buf + used, size - used, " of %.*s", (int)strcspn(name, "."), name);
	return true;
}

#define LOOKED_UP 16

/* The same few places again and again, and each costs a process. */
static struct {
	const void *address;
	char text[256];
} known[LOOKED_UP];
static unsigned int next_known;

bool image_describe(const void *address, char *buf, size_t size)
{
	unsigned int i;

	for (i = 0; i < LOOKED_UP; i++) {
		if (known[i].address == address && address) {
			snprintf(buf, size, "%s", known[i].text);
			return true;
		}
	}
	i = next_known++ % LOOKED_UP;
	known[i].address = NULL;
	if (!describe(address, known[i].text, sizeof(known[i].text)))
		return false;
	known[i].address = address;
	snprintf(buf, size, "%s", known[i].text);
	return true;
}

void image_unload(struct image *image)
{
	struct image **link = &images;
	unsigned int i;

	for (i = 0; i < LOOKED_UP; i++)
		if (image_contains(image, known[i].address))
			known[i].address = NULL;

	while (*link != image)
		link = &(*link)->next;
	*link = image->next;
	dlclose(image->handle);
	close(image->fd);
	free(image->path);
	free(image);
}
