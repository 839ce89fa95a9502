// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_fault1 and page_fault2: tasks that do nothing but fault pages in and unmap them.
 *
 * After will-it-scale (Anton Blanchard), tests/page_fault1.c and page_fault2.c in the variant
 * with processes.  The first maps anonymous memory; whether faults are of 2 MiB or 4 KiB is up to
 * the guest's policy and to the advice.  The second maps a file privately: the page cache is read
 * and each page is copied at its first write, 4 KiB each.  The file is a temporary one that stays
 * in the page cache after the first loop.  Unlike there, the end comes after a number of loops
 * and not of seconds.
 */
#include "programs.h"
#include "support.h"

#define FILE_NAME_SIZE 32

struct page_fault {
	uint64_t bytes, loops;
	enum program_advice advice;
	bool file;
};

/* Each process has a file of its own. */
static void file_name(unsigned int task, char name[FILE_NAME_SIZE])
{
	static const char prefix[] = "page-fault-";
	char digits[10];
	unsigned int nr = 0, at;

	for (at = 0; prefix[at]; at++)
		name[at] = prefix[at];
	do {
		digits[nr++] = '0' + task % 10;
		task /= 10;
	} while (task);
	while (nr)
		name[at++] = digits[--nr];
	name[at] = '\0';
}

static int page_fault_task(unsigned int task, const void *arg)
{
	const struct page_fault *test = arg;
	char name[FILE_NAME_SIZE];
	uint64_t loop, addr;

	file_name(task, name);
	if (test->file && program_create_file(name, test->bytes))
		return 1;
	for (loop = 0; loop < test->loops; loop++) {
		addr = test->file ? program_map_file(name, test->bytes) :
				    program_map(test->bytes, test->advice);
		if (addr == PROGRAM_MAP_FAILED)
			return 1;
		program_touch(addr, test->bytes, PROGRAM_WRITE_BYTE);
		if (program_unmap(addr, test->bytes))
			return 1;
		program_work(test->bytes / SUPPORT_PAGE);
	}
	return 0;
}

static int page_fault(bool file)
{
	struct page_fault test = {
		.bytes = arg_mib("size-mib"),
		.loops = program_arg_u64("loops"),
		.advice = arg_advice(),
		.file = file,
	};

	program_phase("fault", 0);
	return program_run_tasks(program_arg_u64("tasks"), page_fault_task, &test) ? 1 : 0;
}

int page_fault1_main(void)
{
	return page_fault(false);
}

int page_fault2_main(void)
{
	return page_fault(true);
}
