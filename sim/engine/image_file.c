// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a file says of itself before it is loaded: loading runs its constructors.
 *
 * Reads the dynamic symbols of a 64-bit ELF object of this machine's byte order; everything in the
 * file may be nonsense.
 */
#include "image.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct object {
	const char *bytes;
	size_t size;
};

/* @nr things of @each bytes at @offset; NULL: they are not, or cannot be, in the file. */
static const void *part(const struct object *o, uint64_t offset, uint64_t nr, uint64_t each)
{
	if (offset > o->size || offset % 8 || (each && nr > (o->size - offset) / each))
		return NULL;
	return o->bytes + offset;
}

static bool name_is(const struct object *o, const Elf64_Shdr *strings, uint32_t at,
		    const char *name)
{
	size_t len = strlen(name) + 1;

	return strings->sh_offset <= o->size && strings->sh_size <= o->size - strings->sh_offset &&
	       at <= strings->sh_size && len <= strings->sh_size - at &&
	       !memcmp(o->bytes + strings->sh_offset + at, name, len);
}

static enum image_has look_in(const struct object *o, const Elf64_Shdr *sections, unsigned int nr,
			      const Elf64_Shdr *table, const char *name)
{
	uint64_t i, symbols = table->sh_size / sizeof(Elf64_Sym);
	const Elf64_Sym *symbol = part(o, table->sh_offset, symbols, sizeof(*symbol));

	if (!symbol || table->sh_link >= nr)
		return IMAGE_HAS_NOT;
	for (i = 0; i < symbols; i++)
		if (name_is(o, &sections[table->sh_link], symbol[i].st_name, name))
			return symbol[i].st_shndx == SHN_UNDEF ? IMAGE_NEEDS : IMAGE_DEFINES;
	return IMAGE_HAS_NOT;
}

/* e_shnum of them; NULL: this is no such object. */
static const Elf64_Shdr *find_sections(const struct object *o)
{
	const Elf64_Ehdr *head = part(o, 0, 1, sizeof(*head));

	if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG) ||
	    head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_shentsize != sizeof(Elf64_Shdr))
		return NULL;
	return part(o, head->e_shoff, head->e_shnum, sizeof(Elf64_Shdr));
}

static enum image_has look_for(const struct object *o, const char *name)
{
	const Elf64_Ehdr *head = part(o, 0, 1, sizeof(*head));
	const Elf64_Shdr *sections = find_sections(o);
	unsigned int i;

	if (!sections)
		return IMAGE_NO_OBJECT;
	for (i = 0; sections && i < head->e_shnum; i++)
		if (sections[i].sh_type == SHT_DYNSYM)
			return look_in(o, sections, head->e_shnum, &sections[i], name);
	return IMAGE_NO_OBJECT;
}

static bool object_open(struct object *o, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	*o = (struct object){ 0 };
	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0) {
		o->size = st.st_size;
		o->bytes = mmap(NULL, o->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (o->bytes == MAP_FAILED)
			o->bytes = NULL;
	}
	close(fd);
	return o->bytes;
}

static void object_close(struct object *o)
{
	munmap((void *)o->bytes, o->size);
}

enum image_has image_file_has(const char *path, const char *name)
{
	enum image_has has = IMAGE_NO_OBJECT;
	struct object o;

	if (object_open(&o, path)) {
		has = look_for(&o, name);
		object_close(&o);
	}
	return has;
}

/* The bytes of the section called @name; NULL: there is none, or it is nonsense. */
static const char *find_section(const struct object *o, const char *name, uint64_t *size)
{
	const Elf64_Shdr *sections = find_sections(o);
	const Elf64_Ehdr *head = part(o, 0, 1, sizeof(*head));
	unsigned int i;

	if (!sections || head->e_shstrndx >= head->e_shnum)
		return NULL;
	for (i = 0; i < head->e_shnum; i++) {
		const Elf64_Shdr *s = &sections[i];

		if (s->sh_type != SHT_PROGBITS ||
		    !name_is(o, &sections[head->e_shstrndx], s->sh_name, name) ||
		    s->sh_offset > o->size || s->sh_size > o->size - s->sh_offset)
			continue;
		*size = s->sh_size;
		return o->bytes + s->sh_offset;
	}
	return NULL;
}

void image_file_source(const char *path, struct image_source *source)
{
	const char *text = NULL;
	struct object o;
	uint64_t size = 0;

	*source = (struct image_source){ 0 };
	if (!object_open(&o, path))
		return;
	text = find_section(&o, ".ballast.source", &size);
	if (text && size && !text[size - 1]) {
		size_t version = strlen(text) + 1;

		strncpy(source->version, text, sizeof(source->version) - 1);
		if (version < size)
			strncpy(source->digest, text + version, sizeof(source->digest) - 1);
	}
	object_close(&o);
}

struct image_level image_file_level(const char *path, enum image_world world)
{
	struct image_level level = { 0 };
	uint64_t size = 0, at;
	const char *notes;
	uint32_t note[4];
	struct object o;

	if (!object_open(&o, path))
		return level;
	notes = find_section(&o, ".ballast.level", &size);
	for (at = 0; notes && at + sizeof(note) <= size; at += sizeof(note)) {
		memcpy(note, notes + at, sizeof(note));
		if (note[0] != world)
			continue;
		if (!level.version) {
			level = (struct image_level){ note[1], note[1], note[2] };
			continue;
		}
		if (note[1] != level.version)
			level.other = note[1];
		if (note[2] != level.headers)
			level.headers = 0;
	}
	object_close(&o);
	return level;
}

unsigned int image_file_traps(const char *path)
{
	unsigned int nr = 0;
	const char *names;
	uint64_t size = 0, at;
	struct object o;

	if (!object_open(&o, path))
		return 0;
	names = find_section(&o, ".ballast.traps", &size);
	/* The last one is followed by another zero. */
	for (at = 0; names && at + 1 < size; at++)
		nr += names[at] && !names[at + 1];
	object_close(&o);
	return nr;
}
