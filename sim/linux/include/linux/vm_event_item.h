/* SPDX-License-Identifier: GPL-2.0-only */
/* model: events of /proc/vmstat that the model counts. */
#ifndef _LINUX_VM_EVENT_ITEM_H
#define _LINUX_VM_EVENT_ITEM_H

#include <linux/version.h>

/* VM_EVENT(constant, name in /proc/vmstat); VM_NODE_EVENT: counted by node in 7.2, see mmzone.h */
#define VM_EVENT_TABLE(VM_EVENT, VM_NODE_EVENT)                                                    \
	VM_EVENT(PGPGIN, "pgpgin")                                                                 \
	VM_EVENT(PGPGOUT, "pgpgout")                                                               \
	VM_EVENT(PSWPIN, "pswpin")                                                                 \
	VM_EVENT(PSWPOUT, "pswpout")                                                               \
	VM_EVENT(PGALLOC_DMA, "pgalloc_dma")                                                       \
	VM_EVENT(PGALLOC_DMA32, "pgalloc_dma32")                                                   \
	VM_EVENT(PGALLOC_NORMAL, "pgalloc_normal")                                                 \
	VM_EVENT(PGALLOC_MOVABLE, "pgalloc_movable")                                               \
	VM_EVENT(PGALLOC_DEVICE, "pgalloc_device")                                                 \
	VM_EVENT(ALLOCSTALL_DMA, "allocstall_dma")                                                 \
	VM_EVENT(ALLOCSTALL_DMA32, "allocstall_dma32")                                             \
	VM_EVENT(ALLOCSTALL_NORMAL, "allocstall_normal")                                           \
	VM_EVENT(ALLOCSTALL_MOVABLE, "allocstall_movable")                                         \
	VM_EVENT(ALLOCSTALL_DEVICE, "allocstall_device")                                           \
	VM_EVENT(PGFREE, "pgfree")                                                                 \
	VM_EVENT(PGACTIVATE, "pgactivate")                                                         \
	VM_EVENT(PGDEACTIVATE, "pgdeactivate")                                                     \
	VM_EVENT(PGFAULT, "pgfault")                                                               \
	VM_EVENT(PGMAJFAULT, "pgmajfault")                                                         \
	VM_NODE_EVENT(PGREFILL, "pgrefill")                                                        \
	VM_NODE_EVENT(PGSTEAL_KSWAPD, "pgsteal_kswapd")                                            \
	VM_NODE_EVENT(PGSTEAL_DIRECT, "pgsteal_direct")                                            \
	VM_NODE_EVENT(PGSCAN_KSWAPD, "pgscan_kswapd")                                              \
	VM_NODE_EVENT(PGSCAN_DIRECT, "pgscan_direct")                                              \
	VM_NODE_EVENT(PGSCAN_ANON, "pgscan_anon")                                                  \
	VM_NODE_EVENT(PGSCAN_FILE, "pgscan_file")                                                  \
	VM_NODE_EVENT(PGSTEAL_ANON, "pgsteal_anon")                                                \
	VM_NODE_EVENT(PGSTEAL_FILE, "pgsteal_file")                                                \
	VM_EVENT(SLABS_SCANNED, "slabs_scanned")                                                   \
	VM_EVENT(PAGEOUTRUN, "pageoutrun")                                                         \
	VM_EVENT(DROP_PAGECACHE, "drop_pagecache")                                                 \
	VM_EVENT(OOM_KILL, "oom_kill")                                                             \
	VM_EVENT(PGMIGRATE_SUCCESS, "pgmigrate_success")                                           \
	VM_EVENT(PGMIGRATE_FAIL, "pgmigrate_fail")                                                 \
	VM_EVENT(COMPACTMIGRATE_SCANNED, "compact_migrate_scanned")                                \
	VM_EVENT(COMPACTFREE_SCANNED, "compact_free_scanned")                                      \
	VM_EVENT(COMPACTISOLATED, "compact_isolated")                                              \
	VM_EVENT(COMPACTSTALL, "compact_stall")                                                    \
	VM_EVENT(COMPACTFAIL, "compact_fail")                                                      \
	VM_EVENT(COMPACTSUCCESS, "compact_success")                                                \
	VM_EVENT(KCOMPACTD_WAKE, "compact_daemon_wake")                                            \
	VM_EVENT(KCOMPACTD_MIGRATE_SCANNED, "compact_daemon_migrate_scanned")                      \
	VM_EVENT(KCOMPACTD_FREE_SCANNED, "compact_daemon_free_scanned")                            \
	VM_EVENT(HTLB_BUDDY_PGALLOC, "htlb_buddy_alloc_success")                                   \
	VM_EVENT(HTLB_BUDDY_PGALLOC_FAIL, "htlb_buddy_alloc_fail")                                 \
	VM_EVENT(THP_FAULT_ALLOC, "thp_fault_alloc")                                               \
	VM_EVENT(THP_FAULT_FALLBACK, "thp_fault_fallback")                                         \
	VM_EVENT(THP_MIGRATION_SUCCESS, "thp_migration_success")                                   \
	VM_EVENT(THP_MIGRATION_SPLIT, "thp_migration_split")                                       \
	VM_EVENT(THP_SPLIT_PAGE, "thp_split_page")                                                 \
	VM_EVENT(THP_SPLIT_PMD, "thp_split_pmd")                                                   \
	VM_EVENT(BALLOON_INFLATE, "balloon_inflate")                                               \
	VM_EVENT(BALLOON_DEFLATE, "balloon_deflate")                                               \
	VM_EVENT(BALLOON_MIGRATE, "balloon_migrate")                                               \
	VM_EVENT(SWAP_RA, "swap_ra")                                                               \
	VM_EVENT(SWAP_RA_HIT, "swap_ra_hit")

enum vm_event_item {
#define VM_EVENT(item, name) item,
#if LINUX_LEVEL >= KERNEL_VERSION(7, 2, 0)
#define VM_NODE_EVENT(item, name) VM_EVENT_##item,
#else
#define VM_NODE_EVENT(item, name) item,
#endif
	VM_EVENT_TABLE(VM_EVENT, VM_NODE_EVENT)
#undef VM_NODE_EVENT
#undef VM_EVENT
	NR_VM_EVENT_ITEMS
};

#endif
