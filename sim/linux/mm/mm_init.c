// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zones, watermarks and per-CPU list sizes of a booting kernel.
 *
 * Models mm/page_alloc.c of Linux 6.1: calculate_node_totalpages, __setup_per_zone_wmarks,
 * setup_per_zone_lowmem_reserve, calculate_min_free_kbytes, zone_batchsize, zone_highsize,
 * memblock_free_all; mm/khugepaged.c: set_recommended_min_free_kbytes.
 *
 * What the boot loader, the firmware and the kernel image keep is taken from recordings of a
 * Debian cloud kernel on q35 with 512 MiB: of ZONE_DMA 158 pages, the image from 16 MiB on, the
 * memmap of 64 bytes per page and 1,244 further pages, 192 of them hash tables, at the end.
 */
#include "hostmem.h"
#include "kernel/fork.h"
#include "internal.h"

#define DMA_END_PFN 4096UL		/* 16 MiB */
#define DMA_RESERVED 158UL		/* first 256 KiB and 640 KiB to 1 MiB, about */
#define DMA_ABSENT 97UL			/* frames without RAM */
#define Q35_LOW_SPLIT 0xb0000UL		/* pfn: more RAM than this, and the machine ... */
#define Q35_LOW_PAGES 0x80000UL		/* ... has only this much below 4 GiB */
#define IMAGE_PAGES 7168UL
#define LATE_RESERVED 1244UL
#define TICKING_EVERY 32		/* of these pages of the image an idle kernel uses one */
#define RECORDED_HASH_PAGES 192UL	/* of these, for 512 MiB */
#define SWIOTLB_PAGES 16384UL		/* IO_TLB_DEFAULT_SIZE */
#define INIT_PAGES 2700UL		/* init sections and initramfs */
#define MIN_PERCPU_PAGELIST_HIGH_FRACTION 8

static const char *const zone_names[MAX_NR_ZONES] = { "DMA", "DMA32", "Normal", "Movable",
						       "Device" };
static const int lowmem_reserve_ratio[MAX_NR_ZONES] = { 256, 256, 32, 0, 0 };

void mm_config_default(struct mm_config *config, uint64_t ram_pages, unsigned int nr_cpus)
{
	memset(config, 0, sizeof(*config));
	config->ram_pages = ram_pages;
	config->low_pages = ram_pages >= Q35_LOW_SPLIT ? Q35_LOW_PAGES : ram_pages;
	config->reserved_low = IMAGE_PAGES + LATE_RESERVED;
	config->init_pages = INIT_PAGES;
	config->nr_cpus = nr_cpus;
	config->thp = THP_ALWAYS;
	config->swappiness = 60;
}

struct pglist_data *first_online_pgdat(void)
{
	return this_kernel->pgdat;
}

struct zone *next_zone(struct zone *zone)
{
	return zone_idx(zone) + 1 < MAX_NR_ZONES ? zone + 1 : NULL;
}

static void zone_init(struct pglist_data *pgdat, int idx, unsigned long start, unsigned long end,
		      unsigned int nr_cpus)
{
	struct zone *zone = &pgdat->node_zones[idx];
	unsigned int order, cpu, i;

	zone->zone_pgdat = pgdat;
	zone->name = zone_names[idx];
	zone->zone_start_pfn = start < end ? start : 0;
	zone->spanned_pages = start < end ? end - start : 0;
	zone->present_pages = zone->spanned_pages;
	spin_lock_init(&zone->lock);
	for (order = 0; order < MAX_ORDER; order++) {
		for (i = 0; i < MIGRATE_TYPES; i++)
			INIT_LIST_HEAD(&zone->free_area[order].free_list[i]);
		INIT_LIST_HEAD(&zone->free_area[order].behind);
	}
	zone->per_cpu_pageset = host_alloc(nr_cpus * sizeof(struct per_cpu_pages));
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		struct per_cpu_pages *pcp = &zone->per_cpu_pageset[cpu];

		pcp->batch = 1;
		for (i = 0; i < NR_PCP_LISTS; i++)
			INIT_LIST_HEAD(&pcp->lists[i]);
	}
}

void build_zonelist(struct pglist_data *pgdat)
{
	int idx, n = 0;

	for (idx = MAX_NR_ZONES - 1; idx >= 0; idx--) {
		if (managed_zone(&pgdat->node_zones[idx]))
			pgdat->node_zonelist.zones[n++] = &pgdat->node_zones[idx];
	}
	pgdat->node_zonelist.zones[n] = NULL;
}

static void calculate_totalreserve_pages(void)
{
	struct pglist_data *pgdat = this_kernel->pgdat;
	struct zone *zone;
	int j;

	pgdat->totalreserve_pages = 0;
	for_each_zone(zone) {
		long reserve = 0;

		for (j = zone_idx(zone); j < MAX_NR_ZONES; j++)
			reserve = max(reserve, zone->lowmem_reserve[j]);
		reserve += high_wmark_pages(zone);
		pgdat->totalreserve_pages += min_t(unsigned long, reserve,
						   zone_managed_pages(zone));
	}
	this_mm->totalreserve_pages = pgdat->totalreserve_pages;
}

/* What requests that could go to a higher zone must leave in a lower one. */
void setup_per_zone_lowmem_reserve(void)
{
	struct zone *zones = this_kernel->pgdat->node_zones;
	int i, j;

	for (i = 0; i < MAX_NR_ZONES - 1; i++) {
		unsigned long above = 0;
		int ratio = lowmem_reserve_ratio[i];

		for (j = i + 1; j < MAX_NR_ZONES; j++) {
			above += zone_managed_pages(&zones[j]);
			zones[i].lowmem_reserve[j] =
				ratio && zone_managed_pages(&zones[i]) ? above / ratio : 0;
		}
	}
	calculate_totalreserve_pages();
}

static unsigned long nr_free_buffer_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone) {
		if (zone_idx(zone) <= ZONE_NORMAL &&
		    zone_managed_pages(zone) > high_wmark_pages(zone))
			sum += zone_managed_pages(zone) - high_wmark_pages(zone);
	}
	return sum;
}

void calculate_min_free_kbytes(void)
{
	unsigned long kbytes = int_sqrt(nr_free_buffer_pages() * (PAGE_SIZE >> 10) * 16);

	this_mm->min_free_kbytes = clamp_t(unsigned long, kbytes, 128, 262144);
}

/* Huge pages want pageblocks of one type: room for two free ones, and nine to fall back to. */
static void set_recommended_min_free_kbytes(void)
{
	unsigned long pages = 0, kbytes;
	struct zone *zone;

	for_each_populated_zone(zone)
		if (zone_idx(zone) <= ZONE_NORMAL)
			pages += pageblock_nr_pages * (2 + MIGRATE_PCPTYPES * MIGRATE_PCPTYPES);
	pages = min(pages, nr_free_buffer_pages() / 20);
	kbytes = pages << (PAGE_SHIFT - 10);
	if (kbytes > this_mm->min_free_kbytes)
		this_mm->min_free_kbytes = kbytes;
}

/*
 * batch: about 0.1 % of the zone, a power of two less one; high: the low watermark per CPU, in 6.12
 * at least that, and an eighth of the zone at most.
 */
void zone_pcp_update(struct zone *zone)
{
	unsigned long batch = min(zone_managed_pages(zone) >> 10, SZ_1M / PAGE_SIZE) / 4, high;
	unsigned int nr_cpus = this_kernel->nr_cpus;

	batch = max(batch, 1UL);
	batch = rounddown_pow_of_two(batch + batch / 2) - 1;
	batch = max(batch, 1UL);
	high = zone_managed_pages(zone) / MIN_PERCPU_PAGELIST_HIGH_FRACTION;
	pcp_set_limits(zone, max(low_wmark_pages(zone) / nr_cpus, batch << 2),
		       max(high / nr_cpus, batch << 2), batch);
}

void setup_per_zone_wmarks(void)
{
	unsigned long pages_min = this_mm->min_free_kbytes >> (PAGE_SHIFT - 10), total = 0;
	struct zone *zone;

	for_each_zone(zone)
		total += zone_managed_pages(zone);
	for_each_zone(zone) {
		unsigned long managed = zone_managed_pages(zone), step;
		unsigned long scale = this_mm->watermark_scale_factor;
		unsigned long share = (u64)pages_min * managed / total;

		step = managed / 10000 * scale + managed % 10000 * scale / 10000;
		step = max(share >> 2, step);
		zone->watermark_boost = 0;
		zone->_watermark[WMARK_MIN] = share;
		zone->_watermark[WMARK_LOW] = share + step;
		zone->_watermark[WMARK_HIGH] = share + 2 * step;
		zone->_watermark[WMARK_PROMO] = share + 3 * step;
	}
	calculate_totalreserve_pages();
	for_each_zone(zone)
		zone_pcp_update(zone);
}

/* Free pages of [start, end) that are neither listed nor written to until they are needed. */
static void free_largest_blocks(struct zone *zone, unsigned long start, unsigned long end)
{
	struct free_area *area = &zone->free_area[MAX_ORDER - 1];

	list_all_blocks(zone);
	area->unlisted = start;
	area->unlisted_end = end;
	area->nr_free += (end - start) >> (MAX_ORDER - 1);
	mod_zone_freepage_state(zone, end - start);
	atomic_long_add(end - start, &zone->managed_pages);
	this_mm->totalram_pages += end - start;
}

/* Give [start, end) to the buddy in blocks as large as alignment allows, lowest first. */
static void free_range(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned long whole = ALIGN_DOWN(min(end, zone_end_pfn(pfn_zone(start))),
						 MAX_ORDER_NR_PAGES);
		unsigned int order = start ? min_t(unsigned int, __ffs(start), MAX_ORDER - 1) :
					     MAX_ORDER - 1;
		struct zone *zone = pfn_zone(start);

		if (order == MAX_ORDER - 1 && start < whole) {
			free_largest_blocks(zone, start, whole);
			start = whole;
			continue;
		}
		while (start + (1UL << order) > end)
			order--;
		__free_one_page(pfn_to_page(start), start, zone, order, MIGRATE_MOVABLE,
				FPI_TO_TAIL);
		atomic_long_add(1L << order, &zone->managed_pages);
		this_mm->totalram_pages += 1UL << order;
		start += 1UL << order;
	}
}

/*
 * Hash tables of dentries and inodes, 8 bytes for each 8 and 16 KiB of memory, beyond 64 GiB for
 * twice as much, beyond 256 GiB for four times, and so on (alloc_large_system_hash()).
 */
static unsigned long hash_pages(unsigned long ram_pages)
{
	unsigned long scale = 64UL << (30 - PAGE_SHIFT), per_entry = 2, dentries;

	for (; scale < ram_pages; scale <<= 2)
		per_entry <<= 1;
	dentries = roundup_pow_of_two(ram_pages / per_entry);
	return (dentries + dentries / 2) * 8 / PAGE_SIZE;
}

/*
 * What the kernel has taken before there was an allocator: its image, and at the end of memory the
 * memmap, hash tables and the rest; memblock allocates from the top down.  With memory above 4 GiB
 * also the bounce buffers of swiotlb, at the end of what is below.  Checked against zoneinfo of
 * booted guests of 512 MiB to 8 GiB: managed pages differ by 0.05 % at most.
 */
struct reserved_memory {
	unsigned long dma_end, image_end, low_end;	/* low memory that is free ends there */
	unsigned long high_end;				/* 0: there is none above 4 GiB */
};

static struct reserved_memory reserved_memory(const struct mm_config *config)
{
	unsigned long memmap = DIV_ROUND_UP(config->ram_pages * 64, PAGE_SIZE);
	unsigned long dma_end = min_t(unsigned long, DMA_END_PFN, config->low_pages);
	unsigned long image = min_t(unsigned long, IMAGE_PAGES, config->reserved_low);
	unsigned long hash = hash_pages(config->ram_pages), other = config->reserved_low - image;
	unsigned long late = memmap + hash + other - min(other, RECORDED_HASH_PAGES);
	unsigned long low = config->low_pages, high = config->ram_pages;
	bool all_low = high == low;

	low -= min(low, all_low ? late : SWIOTLB_PAGES);
	high -= min(high, late);
	if (dma_end + image >= low || (!all_low && high <= config->low_pages)) {
		printk("guest of %lu pages is too small for its kernel\n",
		       (unsigned long)config->ram_pages);
		kernel_bug(__FILE__, __LINE__, "guest is too small for its kernel");
	}
	return (struct reserved_memory){ dma_end, dma_end + image, low, all_low ? 0 : high };
}

void mm_touch_reserved(const struct mm_config *config)
{
	struct reserved_memory r = reserved_memory(config);
	struct guest_ram *ram = mm_ram();

	guest_ram_access(ram, gfn(0), r.image_end, RAM_WRITE);
	/*
	 * Timers and what they run use text and data all over the image: an idle guest under
	 * pressure keeps 32 to 34 MiB where the host has huge pages, else 1 MiB (measured).
	 */
	guest_ram_set_ticking(ram, gfn(r.dma_end), r.image_end - r.dma_end, TICKING_EVERY);
	guest_ram_access(ram, gfn(r.low_end), config->low_pages - r.low_end, RAM_WRITE);
	kernel_touch_init(config);
	if (r.high_end)
		guest_ram_access(ram, gfn(r.high_end), config->ram_pages - r.high_end, RAM_WRITE);
}

bool mm_pfn_reserved(unsigned long pfn)
{
	const struct mm_config *config = &this_mm->config;
	struct reserved_memory r = reserved_memory(config);

	return pfn <= DMA_RESERVED + DMA_ABSENT || (pfn >= r.dma_end && pfn < r.image_end) ||
	       (pfn >= r.low_end && pfn < config->low_pages) ||
	       (r.high_end && pfn >= r.high_end);
}

/* Everything that nobody reserved becomes free memory (memblock_free_all). */
static void free_boot_memory(const struct mm_config *config)
{
	struct reserved_memory r = reserved_memory(config);

	free_range(DMA_RESERVED + DMA_ABSENT + 1, r.dma_end);
	free_range(r.image_end, r.low_end);
	if (r.high_end)
		free_range(config->low_pages, r.high_end);
}

/* The options that fill free memory do so for all of it at boot. */
static void init_free_contents(const struct mm_config *config)
{
	struct mm_state *mm = this_mm;
	struct guest_ram *ram = mm_ram();
	unsigned int order, mt;
	struct page *page;
	struct zone *zone;

	if (!ram || (!config->init_on_free && !config->page_poison))
		return;
	list_all_zones();
	for_each_zone(zone) {
		for (order = 0; order < MAX_ORDER; order++) {
			for (mt = 0; mt < MIGRATE_TYPES; mt++)
				list_for_each_entry(page, &zone->free_area[order].free_list[mt],
						    buddy_list)
					guest_ram_fill(ram, gfn(page_to_pfn(page)), 1UL << order,
						       mm->page_poison ?
							       0x01010101u * PAGE_POISON : 0);
		}
	}
}

static void mm_state_init(struct kernel *kernel, const struct mm_config *config)
{
	unsigned long pages = round_up(config->ram_pages, MAX_ORDER_NR_PAGES);
	struct mm_state *mm = host_alloc(sizeof(*mm));

	kernel->mm = mm;
	kernel->max_pfn = config->ram_pages;
	kernel->pgdat = host_alloc(sizeof(*kernel->pgdat));
	mm->config = *config;
	mm->memmap_bytes = pages * sizeof(struct page);
	kernel->mem_map = host_reserve(mm->memmap_bytes);
	BUG_ON(!kernel->mem_map);
	mm->nr_pageblocks = pages >> pageblock_order;
	mm->pageblock = host_alloc(mm->nr_pageblocks);
	memset(mm->pageblock, MIGRATE_MOVABLE, mm->nr_pageblocks);
	mm->block_freed = host_alloc((mm->nr_pageblocks + 1) * sizeof(*mm->block_freed));
	mm->watermark_scale_factor = 10;
	mm->watermark_boost_factor = 15000;
	/* Poisoning takes precedence (init_mem_debugging_and_hardening). */
	mm->page_poison = config->page_poison;
	mm->init_on_free = config->init_on_free && !config->page_poison;
	mm->init_on_alloc = config->init_on_alloc && !config->page_poison;
	/* Of a free page with a pattern nothing else can be known. */
	mm->page_zeroed = config->page_zeroed && !config->page_poison;
	mm->since_6_12 = kernel_since(6, 12);
	INIT_LIST_HEAD(&mm->shrinkers);
}

/*
 * Where ZONE_MOVABLE begins (find_zone_movable_pfns_for_nodes() for movablecore=): at the end of
 * memory, in units of largest blocks, all of it in one zone and that the highest there is.
 */
static unsigned long movable_zone_start(const struct mm_config *config)
{
	unsigned long end = config->ram_pages, start, floor;

	if (!config->movable_pages)
		return end;
	floor = end > config->low_pages ? config->low_pages : DMA_END_PFN;
	start = end - min_t(unsigned long, config->movable_pages, end - floor);
	return round_up(start, MAX_ORDER_NR_PAGES);
}

/* Zones of the right place and size, without a page in them. */
void mm_init_zones(struct kernel *kernel, const struct mm_config *config)
{
	unsigned long dma_end = min_t(unsigned long, DMA_END_PFN, config->low_pages), movable;
	struct pglist_data *pgdat;
	int idx;

	BUG_ON(this_kernel != kernel);
	kernel->nr_cpus = config->nr_cpus;
	mm_state_init(kernel, config);
	pgdat = kernel->pgdat;
	pgdat->nr_zones = MAX_NR_ZONES;
	zone_init(pgdat, ZONE_DMA, 1, dma_end, config->nr_cpus);
	movable = movable_zone_start(config);
	zone_init(pgdat, ZONE_DMA32, dma_end, min(config->low_pages, movable), config->nr_cpus);
	zone_init(pgdat, ZONE_NORMAL, config->low_pages, movable, config->nr_cpus);
	zone_init(pgdat, ZONE_MOVABLE, movable, config->ram_pages, config->nr_cpus);
	zone_init(pgdat, ZONE_DEVICE, 0, 0, config->nr_cpus);
	pgdat->node_zones[ZONE_DMA].present_pages -= DMA_ABSENT;
	kernel->mm->zone_end[ZONE_DMA] = dma_end;
	kernel->mm->zone_end[ZONE_DMA32] = min(config->low_pages, movable);
	kernel->mm->zone_end[ZONE_NORMAL] = movable;
	for (idx = ZONE_MOVABLE; idx < MAX_NR_ZONES; idx++)
		kernel->mm->zone_end[idx] = config->ram_pages;
	pcp_decay_init();
	page_reporting_init();
	slab_init();
	fork_init();
	oom_init();
}

/*
 * init_per_zone_wmark_min() runs before the kernel gives its init sections and the initramfs back,
 * and nothing recomputes the marks when it does.
 */
static void set_boot_watermarks(const struct mm_config *config)
{
	struct zone *zone = pfn_zone(min_t(unsigned long, DMA_END_PFN, config->low_pages - 1));

	atomic_long_sub(config->init_pages, &zone->managed_pages);
	calculate_min_free_kbytes();
	setup_per_zone_wmarks();
	setup_per_zone_lowmem_reserve();
	atomic_long_add(config->init_pages, &zone->managed_pages);
	if (!config->min_free_kbytes)
		return;
	/* Set by sysctl, that is later. */
	this_mm->min_free_kbytes = config->min_free_kbytes;
	setup_per_zone_wmarks();
}

/* After the zones have changed (init_per_zone_wmark_min()). */
void init_per_zone_wmark_min(void)
{
	if (this_mm->config.min_free_kbytes) {
		this_mm->min_free_kbytes = this_mm->config.min_free_kbytes;
	} else {
		calculate_min_free_kbytes();
		if (this_mm->config.thp != THP_NEVER)
			set_recommended_min_free_kbytes();
	}
	setup_per_zone_wmarks();
	setup_per_zone_lowmem_reserve();
}

void mm_init(struct kernel *kernel, const struct mm_config *config)
{
	mm_init_zones(kernel, config);
	free_boot_memory(config);
	build_zonelist(kernel->pgdat);
	init_free_contents(config);

	set_boot_watermarks(config);
	/* Below 512 MiB khugepaged leaves huge pages off (hugepage_init). */
	if (kernel->mm->totalram_pages < 512UL << (20 - PAGE_SHIFT))
		kernel->mm->config.thp = THP_NEVER;
	if (kernel->mm->config.thp != THP_NEVER && !config->min_free_kbytes) {
		set_recommended_min_free_kbytes();
		setup_per_zone_wmarks();
	}
}

void mm_exit(struct kernel *kernel)
{
	struct mm_state *mm = kernel->mm;
	int idx;

	oom_exit();
	fork_exit();
	slab_exit();
	page_reporting_exit();
	pcp_decay_exit();
	for (idx = 0; idx < MAX_NR_ZONES; idx++)
		host_free(kernel->pgdat->node_zones[idx].per_cpu_pageset);
	host_release(kernel->mem_map, mm->memmap_bytes);
	host_free(mm->pageblock);
	host_free(mm->block_freed);
	host_free(mm->offline_blocks);
	kernel_touch_exit(mm);
	host_free(kernel->pgdat);
	host_free(mm);
	kernel->mm = NULL;
	kernel->pgdat = NULL;
	kernel->mem_map = NULL;
}

/* Free pages by lists against the counter, per zone. */
int64_t mm_check(struct kernel *kernel)
{
	int64_t wrong = 0;
	int idx;

	for (idx = 0; idx < MAX_NR_ZONES; idx++) {
		struct zone *zone = &kernel->pgdat->node_zones[idx];
		unsigned long listed = 0, isolated = 0;
		unsigned int order, mt;
		struct page *page;

		for (order = 0; order < MAX_ORDER; order++) {
			unsigned long blocks = 0;

			for (mt = 0; mt < MIGRATE_TYPES; mt++) {
				list_for_each_entry(page, &zone->free_area[order].free_list[mt],
						    buddy_list) {
					blocks++;
					if (mt == MIGRATE_ISOLATE)
						isolated += 1UL << order;
				}
			}
			list_for_each_entry(page, &zone->free_area[order].behind, buddy_list)
				blocks++;
			blocks += (zone->free_area[order].unlisted_end -
				   zone->free_area[order].unlisted) >> order;
			wrong += blocks != zone->free_area[order].nr_free;
			listed += blocks << order;
		}
		wrong += abs((long)(listed - isolated) -
			      (long)zone_page_state(zone, NR_FREE_PAGES));
	}
	return wrong;
}
