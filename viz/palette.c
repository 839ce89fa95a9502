// SPDX-License-Identifier: GPL-2.0-only
/*
 * The colours; see palette.h.
 */
#include "palette.h"

#define C(hex) (UINT32_C(0xff000000) | UINT32_C(0x##hex))

const char *const theme_names[NR_THEMES] = { "dark", "light" };

const char *const part_names[NR_PARTS] = {
	[PART_USED] = "used",
	[PART_CACHE] = "page cache",
	[PART_FREE_SMALL] = "free, not reportable",
	[PART_FREE] = "free",
	[PART_REPORTED] = "free, told to the host",
	[PART_BALLOONED] = "ballooned",
};

const char *const cause_names[NR_CAUSES] = {
	[CAUSE_PROGRAM] = "programs",
	[CAUSE_GUEST_KERNEL] = "guest kernel",
	[CAUSE_DRIVER] = "driver",
	[CAUSE_EXITS] = "exits",
	[CAUSE_VMM] = "VMM",
	[CAUSE_DISCARD] = "discard",
	[CAUSE_HOST_FAULT] = "EPT faults",
	[CAUSE_HOST_SWAP] = "host reclaim and swap",
	[CAUSE_WAITING] = "locks and switches",
};

const struct palette palettes[NR_THEMES] = {
	[THEME_DARK] = {
		.back = C(16181d), .lane = C(22252c), .text = C(e6e8ec), .dim = C(a2a8b4),
		.grid = C(3a3f49), .cursor = C(ffffff), .select = C(8fb4ff), .mark = C(d8dbe2),
		.button = C(2c303a), .alarm = C(ff5c4d),
		.part = {
			[PART_USED] = C(2a7fc9), [PART_CACHE] = C(8fd0f5),
			[PART_FREE_SMALL] = C(6b7280), [PART_FREE] = C(3d434f),
			[PART_REPORTED] = C(12a884), [PART_BALLOONED] = C(f0e442),
		},
		.swapped = C(ff6a1f), .resident = C(ffffff), .halo = C(101216),
		.target = C(ffb52e),
		.cause = {
			[CAUSE_PROGRAM] = C(2a7fc9), [CAUSE_GUEST_KERNEL] = C(8fd0f5),
			[CAUSE_DRIVER] = C(f0e442), [CAUSE_EXITS] = C(6b7280),
			[CAUSE_VMM] = C(f5a623), [CAUSE_DISCARD] = C(12a884),
			[CAUSE_HOST_FAULT] = C(d58bb6), [CAUSE_HOST_SWAP] = C(e05a12),
			[CAUSE_WAITING] = C(c4c8d0),
		},
		.shade = { C(b07aa1), C(7d5a8c), C(d3a6c8), C(8e6a9e), C(c493b8), C(6a4a78) },
		.host_other = C(5b616e), .cache = C(8fd0f5),
		.swap_out = C(ff6a1f), .swap_in = C(8fd0f5), .queue = C(f5a623),
		.heat_low = C(262a33), .heat_high = C(5db2f2),
	},
	[THEME_LIGHT] = {
		.back = C(fbfbfc), .lane = C(eef0f3), .text = C(15171b), .dim = C(555b66),
		.grid = C(cfd3da), .cursor = C(000000), .select = C(2f5fd0), .mark = C(30343c),
		.button = C(e2e5ea), .alarm = C(c02010),
		.part = {
			[PART_USED] = C(0a64a4), [PART_CACHE] = C(79bfe9),
			[PART_FREE_SMALL] = C(a9afb9), [PART_FREE] = C(dcdfe5),
			[PART_REPORTED] = C(0f9b77), [PART_BALLOONED] = C(f2df3a),
		},
		.swapped = C(d24e00), .resident = C(000000), .halo = C(ffffff),
		.target = C(8a5a00),
		.cause = {
			[CAUSE_PROGRAM] = C(0a64a4), [CAUSE_GUEST_KERNEL] = C(79bfe9),
			[CAUSE_DRIVER] = C(f2df3a), [CAUSE_EXITS] = C(8b919c),
			[CAUSE_VMM] = C(f0a020), [CAUSE_DISCARD] = C(0f9b77),
			[CAUSE_HOST_FAULT] = C(e0a3c8), [CAUSE_HOST_SWAP] = C(d24e00),
			[CAUSE_WAITING] = C(3c414a),
		},
		.shade = { C(9a5f8b), C(c9a0c2), C(6f4a80), C(b583ad), C(dcbfd8), C(54305f) },
		.host_other = C(8b919c), .cache = C(79bfe9),
		.swap_out = C(d24e00), .swap_in = C(0a64a4), .queue = C(8a5a00),
		.heat_low = C(e4e7ec), .heat_high = C(0a5ea0),
	},
};
