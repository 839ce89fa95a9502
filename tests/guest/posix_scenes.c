// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scenes for test_guest_agent.c: the calls of program.h on a real Linux, one process each.
 *
 *	posix-scenes NAME DIRECTORY	status 0 when all of the scene is as it must be
 *
 * Unlike a program a scene follows its addresses: to put something wrong there.  It finds out
 * whether program_verify() sees that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "posix.h"
#include "random.h"
#include "support.h"

#define PAGES 64
#define BYTES (PAGES * SUPPORT_PAGE)
#define MSEC PROGRAM_NSEC_PER_MSEC

#define SCENE_ASSERT(what)                                                                         \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			dprintf(STDERR_FILENO, "%s:%d: %s\n", __FILE__, __LINE__, #what);          \
			_exit(99);                                                                 \
		}                                                                                  \
	} while (0)

static uint8_t *page_at(uint64_t addr, unsigned int page)
{
	return (uint8_t *)(addr + page * SUPPORT_PAGE);
}

static uint64_t map_written(void)
{
	uint64_t addr = program_map(BYTES, PROGRAM_ADVICE_NONE);

	SCENE_ASSERT(addr != PROGRAM_MAP_FAILED);
	program_touch(addr, BYTES, PROGRAM_WRITE);
	SCENE_ASSERT(!program_verify(addr, BYTES));
	return addr;
}

/* Every byte matters: flip one bit of each in turn. */
static int every_bit(void)
{
	uint64_t addr = map_written();
	unsigned int i;

	for (i = 0; i < SUPPORT_PAGE; i++) {
		page_at(addr, 5)[i] ^= 1 << i % 8;
		SCENE_ASSERT(program_verify(addr + 5 * SUPPORT_PAGE, SUPPORT_PAGE) < 0);
		page_at(addr, 5)[i] ^= 1 << i % 8;
	}
	SCENE_ASSERT(!program_verify(addr, BYTES));
	page_at(addr, 5)[SUPPORT_PAGE - 1] ^= 0x80;
	SCENE_ASSERT(program_verify(addr, BYTES) < 0);
	SCENE_ASSERT(!program_verify(addr, 5 * SUPPORT_PAGE));
	SCENE_ASSERT(!program_verify(addr + 6 * SUPPORT_PAGE, BYTES - 6 * SUPPORT_PAGE));
	return 0;
}

static int zeroed(void)
{
	uint64_t addr = map_written();

	memset(page_at(addr, PAGES - 1), 0, SUPPORT_PAGE);
	SCENE_ASSERT(program_verify(addr, BYTES) < 0);
	program_touch(addr, BYTES, PROGRAM_WRITE);
	SCENE_ASSERT(!program_verify(addr, BYTES));
	return 0;
}

static int exchanged(void)
{
	uint64_t addr = map_written();
	uint8_t page[SUPPORT_PAGE];

	memcpy(page, page_at(addr, 3), sizeof(page));
	memcpy(page_at(addr, 3), page_at(addr, 4), sizeof(page));
	memcpy(page_at(addr, 4), page, sizeof(page));
	SCENE_ASSERT(program_verify(addr + 3 * SUPPORT_PAGE, SUPPORT_PAGE) < 0);
	SCENE_ASSERT(program_verify(addr + 4 * SUPPORT_PAGE, SUPPORT_PAGE) < 0);
	return 0;
}

/* What was there before the page was written again, also with a release in between. */
static int stale(void)
{
	uint64_t addr = map_written();
	uint8_t page[SUPPORT_PAGE];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		memcpy(page, page_at(addr, 0), sizeof(page));
		if (i)
			SCENE_ASSERT(!program_release(addr, BYTES));
		program_touch(addr, BYTES, PROGRAM_WRITE);
		SCENE_ASSERT(!program_verify(addr, BYTES));
		memcpy(page_at(addr, 0), page, sizeof(page));
		SCENE_ASSERT(program_verify(addr, BYTES) < 0);
		program_touch(addr, BYTES, PROGRAM_WRITE);
	}
	return 0;
}

static int unwritten_is_zero(void)
{
	uint64_t addr = program_map(BYTES, PROGRAM_ADVICE_NOHUGEPAGE);

	SCENE_ASSERT(!program_verify(addr, BYTES));
	program_touch(addr, BYTES, PROGRAM_READ);
	SCENE_ASSERT(!program_verify(addr, BYTES));
	page_at(addr, 7)[100] = 1;
	SCENE_ASSERT(program_verify(addr, BYTES) < 0);
	return 0;
}

static int released_is_zero(void)
{
	uint64_t addr = map_written();
	uint8_t old[SUPPORT_PAGE];

	memcpy(old, page_at(addr, 10), sizeof(old));
	SCENE_ASSERT(!program_release(addr + 8 * SUPPORT_PAGE, 8 * SUPPORT_PAGE));
	SCENE_ASSERT(!program_verify(addr, BYTES));
	SCENE_ASSERT(!page_at(addr, 10)[0] && !page_at(addr, 10)[2000]);
	memcpy(page_at(addr, 10), old, sizeof(old));
	SCENE_ASSERT(program_verify(addr, BYTES) < 0);
	return 0;
}

/* One byte is new, the others are what they were. */
static int one_byte(void)
{
	uint64_t addr = map_written();
	uint8_t before[SUPPORT_PAGE], first;
	unsigned int i;

	memcpy(before, page_at(addr, 2), sizeof(before));
	program_touch(addr, BYTES, PROGRAM_WRITE_BYTE);
	SCENE_ASSERT(!program_verify(addr, BYTES));
	SCENE_ASSERT(!memcmp(before + 1, page_at(addr, 2) + 1, sizeof(before) - 1));
	for (i = 0; i < 600; i++) {
		first = page_at(addr, 2)[0];
		program_touch(addr, BYTES, PROGRAM_WRITE_BYTE);
		SCENE_ASSERT(page_at(addr, 2)[0] != first);
	}
	SCENE_ASSERT(!program_verify(addr, BYTES));
	page_at(addr, 2)[0] = first;
	SCENE_ASSERT(program_verify(addr, BYTES) < 0);
	SCENE_ASSERT(!program_release(addr, BYTES));
	program_touch(addr, BYTES, PROGRAM_WRITE_BYTE);
	SCENE_ASSERT(page_at(addr, 2)[0] && !page_at(addr, 2)[1]);
	SCENE_ASSERT(!program_verify(addr, BYTES));
	page_at(addr, 2)[4095] = 1;
	SCENE_ASSERT(program_verify(addr, BYTES) < 0);
	return 0;
}

/* A mapping in the place of one that is gone: nothing of it is remembered. */
static int mapped_again(void)
{
	uint64_t addr = map_written(), again;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		SCENE_ASSERT(!program_unmap(addr, BYTES));
		again = program_map(BYTES, PROGRAM_ADVICE_NONE);
		SCENE_ASSERT(again != PROGRAM_MAP_FAILED && !program_verify(again, BYTES));
		program_touch(again, BYTES, PROGRAM_WRITE);
		addr = again;
	}
	/* In pieces. */
	SCENE_ASSERT(!program_unmap(addr + 8 * SUPPORT_PAGE, 8 * SUPPORT_PAGE));
	SCENE_ASSERT(!program_verify(addr, 8 * SUPPORT_PAGE));
	SCENE_ASSERT(!program_verify(addr + 16 * SUPPORT_PAGE, BYTES - 16 * SUPPORT_PAGE));
	return 0;
}

static int file_mapping(void)
{
	uint64_t addr, again;
	unsigned int i;

	SCENE_ASSERT(program_map_file("nothing", BYTES) == PROGRAM_MAP_FAILED);
	SCENE_ASSERT(!program_create_file("f", BYTES));
	addr = program_map_file("f", BYTES);
	SCENE_ASSERT(addr != PROGRAM_MAP_FAILED);
	for (i = 0; i < PAGES; i++)
		SCENE_ASSERT(*(uint64_t *)page_at(addr, i));
	SCENE_ASSERT(!program_verify(addr, BYTES));
	program_touch(addr, BYTES / 2, PROGRAM_WRITE_BYTE);
	program_touch(addr, SUPPORT_PAGE, PROGRAM_WRITE);
	SCENE_ASSERT(!program_verify(addr, BYTES));
	/* The file itself did not change. */
	again = program_map_file("f", BYTES);
	SCENE_ASSERT(again != PROGRAM_MAP_FAILED && !program_verify(again, BYTES));
	SCENE_ASSERT(memcmp(page_at(addr, 1) + 1, page_at(again, 1) + 1, SUPPORT_PAGE - 1) == 0);
	SCENE_ASSERT(memcmp(page_at(addr, 0), page_at(again, 0), SUPPORT_PAGE) != 0);
	SCENE_ASSERT(!program_release(addr, BYTES) && !program_verify(addr, BYTES));
	SCENE_ASSERT(!memcmp(page_at(addr, 0), page_at(again, 0), BYTES));
	page_at(addr, 9)[9]++;
	SCENE_ASSERT(program_verify(addr, BYTES) < 0);
	SCENE_ASSERT(!program_unmap(addr, BYTES) && !program_verify(again, BYTES));
	return 0;
}

static int files(void)
{
	SCENE_ASSERT(program_read_file("f", 0, 1) < 0);
	SCENE_ASSERT(!program_create_file("f", 3 * PROGRAM_MIB + 5));
	SCENE_ASSERT(!program_create_file("f", PROGRAM_MIB));
	SCENE_ASSERT(!program_read_file("f", 0, 3 * PROGRAM_MIB + 5));
	SCENE_ASSERT(!program_read_file("f", 3 * PROGRAM_MIB, 5));
	SCENE_ASSERT(program_read_file("f", 3 * PROGRAM_MIB, 6) < 0);
	SCENE_ASSERT(!program_write_file("f", 3 * PROGRAM_MIB, PROGRAM_MIB));
	SCENE_ASSERT(!program_read_file("f", 0, 4 * PROGRAM_MIB));
	SCENE_ASSERT(!program_drop_file("f", PROGRAM_MIB, 2 * PROGRAM_MIB));
	SCENE_ASSERT(!program_read_file("f", 0, 4 * PROGRAM_MIB));
	SCENE_ASSERT(program_drop_file("nothing", 0, PROGRAM_MIB) < 0);
	return 0;
}

/* The numbers of the simulator's streams: "program/GUEST/INDEX/PROGRAM/PROCESS". */
static void check_stream(unsigned int process)
{
	struct random_stream rs;
	char name[64];
	unsigned int i;

	snprintf(name, sizeof(name), "program/some-guest/7/random/%u", process);
	random_init(&rs, 4711, name);
	for (i = 0; i < 1000; i++)
		SCENE_ASSERT(program_random(1000000 + i) == random_below(&rs, 1000000 + i));
}

static int random_task(unsigned int task, const void *arg)
{
	check_stream(task + *(const unsigned int *)arg);
	program_work(1);
	return 0;
}

static int random_numbers(void)
{
	unsigned int first = 1;

	check_stream(0);
	SCENE_ASSERT(!program_run_tasks(3, random_task, &first));
	first = 4;
	SCENE_ASSERT(!program_run_tasks(2, random_task, &first));
	return 0;
}

struct tasks {
	uint64_t addr;
	int variable;
};

static int task(unsigned int task, const void *arg)
{
	const struct tasks *t = arg;
	uint64_t addr;

	SCENE_ASSERT(t->variable == 5);
	((struct tasks *)t)->variable = 6;
	SCENE_ASSERT(program_run_tasks(1, random_task, NULL) < 0);
	/* What the program has mapped is not there. */
	SCENE_ASSERT(msync((void *)t->addr, SUPPORT_PAGE, MS_ASYNC));
	addr = map_written();
	SCENE_ASSERT(!program_unmap(addr, BYTES));
	program_work(10);
	return task == 1 ? 3 : 0;
}

static int tasks(void)
{
	struct tasks t = { map_written(), 5 };

	SCENE_ASSERT(!program_run_tasks(1, task, &t));
	SCENE_ASSERT(t.variable == 5);
	SCENE_ASSERT(program_run_tasks(3, task, &t) < 0);
	SCENE_ASSERT(!program_run_tasks(0, task, &t));
	SCENE_ASSERT(!program_verify(t.addr, BYTES));
	return 40;	/* of which main() makes 0 when the work is right */
}

static int time_passes(void)
{
	uint64_t start = program_now_ns(), cpu = clock();

	program_sleep_ns(20 * MSEC);
	SCENE_ASSERT(program_now_ns() - start >= 20 * MSEC);
	SCENE_ASSERT(clock() - cpu < 15000);
	program_compute_ns(20 * MSEC);
	SCENE_ASSERT(program_now_ns() - start >= 40 * MSEC);
	SCENE_ASSERT(clock() - cpu >= 19000);
	/* The hook takes its time, which is not ours. */
	start = program_now_ns();
	program_phase("slow", 3);
	SCENE_ASSERT(program_now_ns() - start < 400 * MSEC);
	return 0;
}

static int arguments(void)
{
	struct program_sample s;
	uint8_t *state = program_state(100000);
	unsigned int i;

	SCENE_ASSERT(program_arg_u64("number") == 18446744073709551615u);
	SCENE_ASSERT(!strcmp(program_arg_string("text"), "a=b"));
	SCENE_ASSERT(program_series_get(1, &s) && s.time_ns == 20 && s.value == 2);
	SCENE_ASSERT(!program_series_get(2, &s));
	for (i = 0; i < 100000; i++)
		SCENE_ASSERT(!state[i]);
	free(state);
	SCENE_ASSERT(!program_state(UINT64_MAX));
	return 0;
}

static int argument_missing(void)
{
	program_arg_u64("nothing");
	return 0;
}

static int argument_wrong(void)
{
	program_arg_u64("text");
	return 0;
}

static int access_unmapped(void)
{
	uint64_t addr = map_written();

	SCENE_ASSERT(!program_unmap(addr, BYTES));
	program_touch(addr, SUPPORT_PAGE, PROGRAM_READ);
	return 0;
}

const struct program_info programs[] = {
	{ "every-bit", every_bit, NULL, NULL },
	{ "zeroed", zeroed, NULL, NULL },
	{ "exchanged", exchanged, NULL, NULL },
	{ "stale", stale, NULL, NULL },
	{ "unwritten-is-zero", unwritten_is_zero, NULL, NULL },
	{ "released-is-zero", released_is_zero, NULL, NULL },
	{ "one-byte", one_byte, NULL, NULL },
	{ "mapped-again", mapped_again, NULL, NULL },
	{ "file-mapping", file_mapping, NULL, NULL },
	{ "files", files, NULL, NULL },
	{ "random", random_numbers, NULL, NULL },
	{ "tasks", tasks, NULL, NULL },
	{ "time", time_passes, NULL, NULL },
	{ "arguments", arguments, NULL, NULL },
	{ "argument-missing", argument_missing, NULL, NULL },
	{ "argument-wrong", argument_wrong, NULL, NULL },
	{ "access-unmapped", access_unmapped, NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

static void slow_hook(void *opaque, const char *name, uint64_t iteration)
{
	SCENE_ASSERT(!strcmp(name, "slow") && iteration == 3);
	program_sleep_ns(400 * MSEC);
	*(int *)opaque += 1;
}

static int run(const struct program_info *info, const char *directory)
{
	static const struct posix_arg args[] = { { "number", "18446744073709551615" },
						 { "text", "a=b" } };
	static const struct program_sample series[] = { { 10, 1, 0 }, { 20, 2, 0 } };
	static const struct posix_hooks hooks = { .phase = slow_hook };
	int phases = 0, status;
	struct posix_program program = {
		.info = info, .guest = "some-guest", .index = 7, .seed = 4711, .args = args,
		.nr_args = 2, .series = series, .nr_series = 2, .directory = directory,
		.hooks = &hooks, .opaque = &phases, .shared = posix_shared_create(),
	};

	SCENE_ASSERT(program.shared);
	status = posix_program_main(&program);
	SCENE_ASSERT(phases == !strcmp(info->name, "time"));
	SCENE_ASSERT(!phases || program.shared->paused_ns >= 400 * MSEC);
	/* Of tasks, each of which did ten. */
	if (status == 40)
		status -= program.shared->work;
	posix_shared_destroy(program.shared);
	return status;
}

int main(int argc, char **argv)
{
	const struct program_info *info;

	for (info = programs; argc == 3 && info->name; info++)
		if (!strcmp(info->name, argv[1]))
			_exit(run(info, argv[2]));
	dprintf(STDERR_FILENO, "usage: posix-scenes NAME DIRECTORY\n");
	return 98;
}
