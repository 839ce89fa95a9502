// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of guest programs on a real Linux, and what it must hold.
 *
 * Contents are a page's, as in the simulator: an access to a part of a page is one to all of it.
 * A page that is written gets 512 words, an arithmetic progression whose first term is a hash of
 * who wrote (guest, program, process: the key), where (the page's number) and when (the
 * generation, one for each call that writes).  So a page that is zero, older, another page's or
 * another process's is found out by any of its words.  PROGRAM_WRITE_BYTE replaces the first byte
 * and leaves the rest.
 *
 * What each page must hold is remembered outside of the mappings, 4 bytes for a page: a table of
 * tables, by address.  These tables are the process's, too: 1 MiB for each GiB of addresses that it
 * used any of.
 *
 * Huge pages are the kernel's business: Linux 6.1 does not align anonymous mappings to 2 MiB and
 * merges those side by side; the simulator keeps them apart, and aligned.
 */
#include "posix_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

#define PAGE_WORDS (SUPPORT_PAGE / sizeof(uint64_t))
#define WORD_STEP UINT64_C(0x9e3779b97f4a7c15)	/* odd: all words of a page differ */

#define ADDRESS_BITS 48
#define LEAF_SHIFT 30				/* bytes that a leaf describes: 1 GiB */
#define LEAF_PAGES (UINT64_C(1) << LEAF_SHIFT >> 12)
#define LEAF_BYTES (LEAF_PAGES * sizeof(uint32_t))

/* What is remembered of a page.  Generation 0: never written, or released. */
#define PAGE_MAPPED (UINT32_C(1) << 31)
#define PAGE_OF_FILE (UINT32_C(1) << 30)
#define PAGE_GENERATION_SHIFT 8
#define PAGE_GENERATIONS ((UINT32_C(1) << 22) - 1)	/* 1 ... 2^22 - 1, then again from 1 */
#define PAGE_BYTE_MASK UINT32_C(0xff)			/* 0: the first byte was not replaced */
#define PAGE_BYTES_MAX 255

#define COMPLAINTS_MAX 8

struct file_mapping {
	struct file_mapping *next;
	uint64_t addr, len;
	char name[];
};

/* The process's; see struct posix_process for why there is one. */
static struct {
	uint32_t *leaf[UINT64_C(1) << (ADDRESS_BITS - LEAF_SHIFT)];
	uint64_t key;
	uint64_t calls;		/* that wrote */
	struct file_mapping *files;
	bool used;
} memory;

/* What is remembered */

static uint64_t pages_end(uint64_t addr, uint64_t len)
{
	return (addr + len + SUPPORT_PAGE - 1) & ~(SUPPORT_PAGE - 1);
}

static uint64_t page_of(uint64_t addr)
{
	return addr & ~(SUPPORT_PAGE - 1);
}

/* NULL when nothing was ever mapped around there. */
static uint32_t *find_page(uint64_t addr)
{
	uint32_t *leaf;

	if (addr >> ADDRESS_BITS)
		return NULL;
	leaf = memory.leaf[addr >> LEAF_SHIFT];
	return leaf ? &leaf[(addr >> 12) % LEAF_PAGES] : NULL;
}

static uint32_t *get_leaf(uint64_t index)
{
	void *at;

	if (memory.leaf[index])
		return memory.leaf[index];
	/*
	 * All of it at once: pages that are taken one by one while the program runs would lie
	 * between those of its mappings, where the model has none.
	 */
	at = mmap(NULL, LEAF_BYTES, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	madvise(at, LEAF_BYTES, MADV_NOHUGEPAGE);
	memory.leaf[index] = at;
	memory.used = true;
	return at;
}

/* Forget what the pages held; they are mapped, of a file, or (0) not mapped any more. */
static int remember_pages(uint64_t addr, uint64_t len, uint32_t flags)
{
	uint64_t end = pages_end(addr, len), at, index;

	if (end < addr || end >> ADDRESS_BITS)
		return -1;
	for (index = addr >> LEAF_SHIFT; flags && index <= (end - 1) >> LEAF_SHIFT; index++)
		if (!get_leaf(index))
			return -1;
	for (at = page_of(addr); at < end; at += SUPPORT_PAGE) {
		uint32_t *page = find_page(at);

		if (page)
			*page = flags;
	}
	return 0;
}

void posix_memory_begin(uint64_t key)
{
	uint64_t i;

	memory.key = key;
	while (memory.files) {
		struct file_mapping *f = memory.files;

		memory.files = f->next;
		free(f);
	}
	if (!memory.used)
		return;
	for (i = 0; i < sizeof(memory.leaf) / sizeof(memory.leaf[0]); i++) {
		if (memory.leaf[i])
			munmap(memory.leaf[i], LEAF_BYTES);
		memory.leaf[i] = NULL;
	}
	memory.used = false;
}

/* Runs of mapped pages, in one leaf: a call for each. */
static int keep_leaf_from_children(uint64_t index)
{
	const uint32_t *leaf = memory.leaf[index];
	uint64_t from, to, base = index << LEAF_SHIFT;

	for (from = 0; from < LEAF_PAGES; from = to + 1) {
		for (to = from; to < LEAF_PAGES && leaf[to] & PAGE_MAPPED; to++)
			;
		if (to > from && madvise((void *)(base + from * SUPPORT_PAGE),
					 (to - from) * SUPPORT_PAGE, MADV_DONTFORK)) {
			posix_complain("madvise(MADV_DONTFORK): %s", strerror(errno));
			return -1;
		}
	}
	return 0;
}

int posix_memory_keep_from_children(void)
{
	uint64_t i;

	for (i = 0; memory.used && i < sizeof(memory.leaf) / sizeof(memory.leaf[0]); i++)
		if (memory.leaf[i] && keep_leaf_from_children(i))
			return -1;
	return 0;
}

/* Contents */

static uint64_t first_word(uint64_t addr, uint32_t generation)
{
	return random_mix(memory.key + random_mix((addr >> 12) << 22 | generation));
}

/* Never 0, and another one for each of the values 1 to 255 of @byte. */
static uint8_t first_byte(uint64_t addr, uint32_t byte)
{
	return 1 + ((random_mix(memory.key + (addr >> 12)) & 0xff) + byte) % PAGE_BYTES_MAX;
}

uint64_t posix_new_contents(void)
{
	return random_mix(memory.key ^ random_mix(++memory.calls));
}

void posix_fill(uint64_t *words, size_t nr, uint64_t first)
{
	size_t i;

	for (i = 0; i < nr; i++)
		words[i] = first + i * WORD_STEP;
}

static void read_page(const uint64_t *words)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < PAGE_WORDS; i++)
		sum += words[i];
	__asm__ volatile("" : : "r"(sum));	/* somebody wants it */
}

static void write_page(uint64_t addr, uint32_t *page)
{
	uint32_t generation = 1 + memory.calls % PAGE_GENERATIONS;

	posix_fill((uint64_t *)addr, PAGE_WORDS, first_word(addr, generation));
	*page = (*page & (PAGE_MAPPED | PAGE_OF_FILE)) | generation << PAGE_GENERATION_SHIFT;
}

/* The number of the call, so that what was there before a release is not there again. */
static void write_byte(uint64_t addr, uint32_t *page)
{
	uint32_t byte = 1 + memory.calls % PAGE_BYTES_MAX;

	if (byte == (*page & PAGE_BYTE_MASK))
		byte = byte % PAGE_BYTES_MAX + 1;
	*(volatile uint8_t *)addr = first_byte(addr, byte);
	*page = (*page & ~PAGE_BYTE_MASK) | byte;
}

/* As the kernel would end it, were there nothing at all at that address. */
static uint32_t *need_page(uint64_t addr)
{
	uint32_t *page = find_page(addr);

	if (page && *page & PAGE_MAPPED)
		return page;
	posix_complain("cannot access memory at %#llx: it is not mapped", (unsigned long long)addr);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	_exit(128 + SIGSEGV);
}

void program_touch(uint64_t addr, uint64_t len, enum program_access access)
{
	uint64_t end = pages_end(addr, len), at;

	if (!len)
		return;
	memory.calls += access != PROGRAM_READ;
	for (at = page_of(addr); at < end; at += SUPPORT_PAGE) {
		uint32_t *page = need_page(at);

		if (access == PROGRAM_WRITE)
			write_page(at, page);
		else if (access == PROGRAM_WRITE_BYTE)
			write_byte(at, page);
		else
			read_page((const uint64_t *)at);
	}
}

/* Comparing */

/* Words @first + i * @step, or those of @file; word 0 is @word0 in any case. */
struct expected {
	uint64_t word0, first, step;
	const uint64_t *file;
};

static uint64_t expected_word(const struct expected *e, size_t i)
{
	if (!i)
		return e->word0;
	return e->file ? e->file[i] : e->first + i * e->step;
}

/* The page of the file under @addr, or NULL and a message; what is beyond its end is zero. */
static const uint64_t *read_file_page(uint64_t addr, uint64_t words[PAGE_WORDS])
{
	const struct file_mapping *f = memory.files;
	ssize_t got = -1;
	int fd;

	while (f && addr - f->addr >= f->len)
		f = f->next;
	fd = f ? posix_open_file(f->name) : -1;
	if (fd < 0)
		return NULL;
	memset(words, 0, SUPPORT_PAGE);
	do
		got = pread(fd, words, SUPPORT_PAGE, addr - f->addr);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		posix_complain("cannot read file %s to compare: %s", f->name, strerror(errno));
	close(fd);
	return got < 0 ? NULL : words;
}

static int expect(uint64_t addr, uint32_t page, uint64_t file[PAGE_WORDS], struct expected *e)
{
	uint32_t generation = (page & ~(PAGE_MAPPED | PAGE_OF_FILE)) >> PAGE_GENERATION_SHIFT;

	*e = (struct expected){ 0 };
	if (generation) {
		e->first = e->word0 = first_word(addr, generation);
		e->step = WORD_STEP;
	} else if (page & PAGE_OF_FILE) {
		e->file = read_file_page(addr, file);
		if (!e->file)
			return -1;
		e->word0 = e->file[0];
	}
	if (page & PAGE_BYTE_MASK)
		*(uint8_t *)&e->word0 = first_byte(addr, page & PAGE_BYTE_MASK);
	return 0;
}

static bool holds(const uint64_t *words, const struct expected *e)
{
	uint64_t differ = words[0] ^ e->word0;
	size_t i;

	if (e->file)
		return !differ && !memcmp(words + 1, e->file + 1, SUPPORT_PAGE - sizeof(*words));
	for (i = 1; i < PAGE_WORDS; i++)
		differ |= words[i] ^ (e->first + i * e->step);
	return !differ;
}

/* Bits 0-54 of the page's word in pagemap, for root (Documentation/admin-guide/mm/pagemap). */
static uint64_t page_frame(uint64_t addr)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), (addr >> 12) * sizeof(entry)) != sizeof(entry) ||
	    !(entry >> 63))
		entry = 0;
	close(fd);
	return entry & ((UINT64_C(1) << 55) - 1);
}

static void report_page(uint64_t addr, const struct expected *e)
{
	const uint64_t *words = (const uint64_t *)addr;
	unsigned int nr_wrong = 0;
	size_t i, first = 0;

	for (i = PAGE_WORDS; i-- > 0;) {
		if (words[i] != expected_word(e, i)) {
			first = i;
			nr_wrong++;
		}
	}
	posix_complain("DATA LOSS: page %#llx, offset %#zx: expected 0x%016llx, found 0x%016llx; "
		       "%u of %u words differ; pfn %#llx", (unsigned long long)addr, first * 8,
		       (unsigned long long)expected_word(e, first),
		       (unsigned long long)words[first], nr_wrong, (unsigned int)PAGE_WORDS,
		       (unsigned long long)page_frame(addr));
}

int program_verify(uint64_t addr, uint64_t len)
{
	uint64_t end = pages_end(addr, len), at, nr_bad = 0, file[PAGE_WORDS];
	struct expected e;

	if (!len)
		return 0;
	for (at = page_of(addr); at < end; at += SUPPORT_PAGE) {
		if (expect(at, *need_page(at), file, &e))
			return -1;
		if (!holds((const uint64_t *)at, &e) && nr_bad++ < COMPLAINTS_MAX)
			report_page(at, &e);
	}
	if (nr_bad)
		posix_complain("DATA LOSS: %llu of %llu pages at %#llx are not as written",
			       (unsigned long long)nr_bad,
			       (unsigned long long)((end - page_of(addr)) / SUPPORT_PAGE),
			       (unsigned long long)page_of(addr));
	return nr_bad ? -1 : 0;
}

/* Mapping */

static uint64_t map(uint64_t bytes, int flags, int fd, uint32_t remember)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | flags, fd, 0);

	if (at == MAP_FAILED) {
		posix_complain("mmap of %llu bytes: %s", (unsigned long long)bytes,
			       strerror(errno));
		return PROGRAM_MAP_FAILED;
	}
	if (remember_pages((uint64_t)at, bytes, remember)) {
		posix_complain("no memory to remember what %llu bytes hold",
			       (unsigned long long)bytes);
		munmap(at, bytes);
		return PROGRAM_MAP_FAILED;
	}
	return (uint64_t)at;
}

/* A kernel without huge pages refuses the advice, and that is what the advice is about. */
uint64_t program_map(uint64_t bytes, enum program_advice advice)
{
	uint64_t addr = map(bytes, MAP_ANONYMOUS, -1, PAGE_MAPPED);

	if (addr != PROGRAM_MAP_FAILED && advice != PROGRAM_ADVICE_NONE)
		madvise((void *)addr, bytes, advice == PROGRAM_ADVICE_HUGEPAGE ? MADV_HUGEPAGE :
										 MADV_NOHUGEPAGE);
	return addr;
}

uint64_t program_map_file(const char *name, uint64_t bytes)
{
	int fd = posix_open_file(name);
	struct file_mapping *f;
	uint64_t addr;

	if (fd < 0)
		return PROGRAM_MAP_FAILED;
	f = malloc(sizeof(*f) + strlen(name) + 1);
	addr = f ? map(bytes, 0, fd, PAGE_MAPPED | PAGE_OF_FILE) : PROGRAM_MAP_FAILED;
	close(fd);
	if (addr == PROGRAM_MAP_FAILED) {
		free(f);
		return addr;
	}
	f->addr = addr;
	f->len = pages_end(addr, bytes) - addr;
	strcpy(f->name, name);
	f->next = memory.files;
	memory.files = f;
	return addr;
}

/* Of a file mapping that goes in pieces the first that is asked for is found: the latest. */
static void forget_file_mapping(uint64_t addr, uint64_t len)
{
	struct file_mapping **at = &memory.files, *f;

	while (*at && ((*at)->addr < addr || (*at)->addr + (*at)->len > pages_end(addr, len)))
		at = &(*at)->next;
	if (!*at)
		return;
	f = *at;
	*at = f->next;
	free(f);
}

static int refused(const char *what, uint64_t addr, uint64_t len)
{
	posix_complain("%s of %llu bytes at %#llx: %s", what, (unsigned long long)len,
		       (unsigned long long)addr, strerror(errno));
	return -1;
}

int program_unmap(uint64_t addr, uint64_t len)
{
	if (munmap((void *)addr, len))
		return refused("munmap", addr, len);
	forget_file_mapping(addr, len);
	return remember_pages(addr, len, 0);
}

int program_release(uint64_t addr, uint64_t len)
{
	const uint32_t *page;
	uint64_t at;

	if (madvise((void *)addr, len, MADV_DONTNEED))
		return refused("madvise(MADV_DONTNEED)", addr, len);
	for (at = page_of(addr); at < pages_end(addr, len); at += SUPPORT_PAGE) {
		page = need_page(at);
		if (remember_pages(at, 1, *page & (PAGE_MAPPED | PAGE_OF_FILE)))
			return -1;
	}
	return 0;
}
