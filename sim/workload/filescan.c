// SPDX-License-Identifier: GPL-2.0-only
/*
 * filescan: read a file from start to end through the page cache, as often as told.
 *
 * A file larger than the memory that the page cache may have is read from the disk every time
 * (LRU); a smaller one only the first time.
 */
#include "programs.h"
#include "support.h"

#define FILE_NAME "filescan"

int filescan_main(void)
{
	uint64_t bytes = arg_mib("file-mib");
	uint64_t loops = program_arg_u64("loops");
	uint64_t loop;

	if (program_create_file(FILE_NAME, bytes))
		return 1;
	for (loop = 0; loop < loops; loop++) {
		program_phase("read", loop);
		if (read_in_steps(FILE_NAME, 0, bytes))
			return 1;
	}
	return 0;
}
