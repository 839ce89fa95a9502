// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a machine's memory is on the host.
 */
#include "vm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "vm_internal.h"

/*
 * Guest memory is the mapping of QEMU that has its size: the code buffer of TCG is smaller
 * (tb-size), and what is mapped beside it is apart from it by a guard page.
 */
bool real_smaps_read(FILE *smaps, uint64_t bytes, struct real_vm_memory *m)
{
	uint64_t from, to, kib;
	bool guest = false, found = false;
	char line[512];

	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2) {
			guest = !found && to - from == bytes;
			found |= guest;
		} else if (guest && sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
			m->resident = kib << 10;
		} else if (!guest && sscanf(line, "Anonymous: %" SCNu64, &kib) == 1) {
			m->vmm_resident += kib << 10;
		} else if (sscanf(line, "Swap: %" SCNu64, &kib) == 1) {
			*(guest ? &m->swapped : &m->vmm_swapped) += kib << 10;
		}
	}
	return found;
}

/* The name of a program may have blanks and parentheses: what follows the last one counts. */
bool real_stat_faults(const char *stat, struct real_vm_memory *m)
{
	const char *rest = strrchr(stat, ')');

	return rest && sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64,
			      &m->minor_faults, &m->major_faults) == 2;
}

static FILE *open_of_process(struct real_vm *vm, const char *name)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)vm->pid, name);
	f = vm->pid ? fopen(path, "r") : NULL;
	if (!f)
		real_vm_fail(vm, "QEMU has no %s", path);
	return f;
}

int real_vm_memory(struct real_vm *vm, struct real_vm_memory *m)
{
	FILE *smaps = open_of_process(vm, "smaps"), *stat;
	char line[1024];
	bool found;

	*m = (struct real_vm_memory){ 0 };
	if (!smaps)
		return -1;
	found = real_smaps_read(smaps, real_vm_memory_bytes(&vm->config), m);
	fclose(smaps);
	if (!found)
		return real_vm_fail(vm, "QEMU has no mapping of %u MiB", vm->config.memory_mib);
	stat = open_of_process(vm, "stat");
	if (!stat)
		return -1;
	found = fgets(line, sizeof(line), stat) && real_stat_faults(line, m);
	fclose(stat);
	return found ? 0 : real_vm_fail(vm, "the faults of QEMU cannot be read");
}

int real_vm_resident(struct real_vm *vm, uint64_t *bytes)
{
	struct real_vm_memory m;

	if (real_vm_memory(vm, &m))
		return -1;
	*bytes = m.resident;
	return 0;
}

int real_vm_blocks(struct real_vm *vm, uint64_t *bytes)
{
	struct stat st;

	if (fstat(vm->memory, &st))
		return real_vm_fail(vm, "the guest has no memory file: %s", strerror(errno));
	*bytes = (uint64_t)st.st_blocks * 512;
	return 0;
}
