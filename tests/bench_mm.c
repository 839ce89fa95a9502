// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocator, touching, and what a touched page costs in memory.
 *
 * Guests here have a VM without a running vCPU: code runs at once and for nothing, so that what is
 * measured is the model's own work.
 */
#include <linux/free_page_hook.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "bench_mm.h"
#include "guest.h"
#include "host.h"
#include "hostmem.h"
#include "mm/internal.h"
#include "mm/usermem.h"
#include "random.h"

#define GIB (1ul << 30)
#define CHURN_PAGES 100000
#define CHURN_OPS 4000000

struct bench_machine {
	struct engine engine;
	struct host host;
	struct cost_table costs;
	struct guest_config *configs;
	struct kernel **kernels;
	unsigned int nr;
};

static void no_boot(void *opaque, const char *error)
{
}

static void build(struct bench_machine *m, unsigned int nr, uint64_t bytes, bool huge)
{
	struct host_config config = { .memory_bytes = (nr + 1) * bytes + GIB, .nr_cpus = 2,
				      .swappiness = 60,
				      .thp = huge ? HOST_THP_ALWAYS : HOST_THP_NEVER, .seed = 1 };
	unsigned int i;

	memset(m, 0, sizeof(*m));
	engine_init(&m->engine);
	host_init(&m->host, &m->engine, &config, &m->costs);
	m->nr = nr;
	m->configs = host_alloc(nr * sizeof(*m->configs));
	m->kernels = host_alloc(nr * sizeof(*m->kernels));
	for (i = 0; i < nr; i++) {
		struct guest_config *c = &m->configs[i];

		c->engine = &m->engine;
		c->vm = host_create_vm(&m->host, "bench", bytes, 1);
		c->name = "bench";
		c->booted = no_boot;
		mm_config_default(&c->mm, bytes >> PAGE_SHIFT, 1);
		c->mm.thp = huge ? THP_ALWAYS : THP_NEVER;
		c->user.no_kswapd = true;
		m->kernels[i] = guest_kernel_create(c);
	}
}

static void unbuild(struct bench_machine *m)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		guest_kernel_destroy(m->kernels[i]);
	host_destroy(&m->host);
	engine_destroy(&m->engine);
	host_free(m->configs);
	host_free(m->kernels);
}

static void no_interest(struct zone *zone, struct page *page, unsigned int order)
{
}

static void hook_and_unhook(void)
{
	static const struct free_page_hook hook = {
		.freed = no_interest,
		.merged = no_interest,
		.allocated = no_interest,
	};

	if (!free_page_hook_register(&hook))
		free_page_hook_unregister(&hook);
}

double bench_churn(unsigned int how)
{
	struct page **pages = host_alloc(CHURN_PAGES * sizeof(*pages));
	struct random_stream rs;
	struct bench_machine m;
	unsigned int i;
	double t;

	build(&m, 1, 4 * GIB, true);
	coro_current->ctx.kernel = m.kernels[0];
	if (how == CHURN_HOOK_OFF)
		hook_and_unhook();
	random_init(&rs, 1, "churn");
	for (i = 0; i < CHURN_PAGES; i++)
		pages[i] = alloc_pages(GFP_HIGHUSER_MOVABLE, 0);
	t = bench_now();
	for (i = 0; i < CHURN_OPS / 2; i++) {
		struct page **slot = &pages[random_u64(&rs) % CHURN_PAGES];

		__free_pages(*slot, 0);
		*slot = alloc_pages(GFP_HIGHUSER_MOVABLE, 0);
		if (how == CHURN_ORACLE)
			guest_ram_write(m.configs[0].vm->ram, gfn(page_to_pfn(*slot)), 1, i + 1);
	}
	t = bench_now() - t;
	for (i = 0; i < CHURN_PAGES; i++)
		__free_pages(pages[i], 0);
	coro_current->ctx.kernel = NULL;
	unbuild(&m);
	host_free(pages);
	return CHURN_OPS / t / 1e6;
}

static int64_t map_and_touch(struct kernel *kernel, uint64_t bytes, struct mm_struct **mm)
{
	int64_t addr;

	coro_current->ctx.kernel = kernel;
	*mm = user_mm_create(kernel, NULL);
	addr = user_map(*mm, bytes, USER_THP_DEFAULT, NULL);
	user_touch(*mm, addr, bytes, true);
	return addr;
}

double bench_touch(unsigned int unused)
{
	const uint64_t bytes = 3 * GIB;
	struct bench_machine m;
	struct mm_struct *mm;
	int64_t addr;
	double t;
	int i;

	build(&m, 1, 4 * GIB, true);
	addr = map_and_touch(m.kernels[0], bytes, &mm);
	t = bench_now();
	for (i = 0; i < 4; i++)
		user_touch(mm, addr, bytes, true);
	t = bench_now() - t;
	user_mm_destroy(mm);
	coro_current->ctx.kernel = NULL;
	unbuild(&m);
	return 4.0 * (bytes >> PAGE_SHIFT) / t / 1e6;
}

double bench_bytes_per_page(bool huge)
{
	const uint64_t bytes = 3 * GIB;
	struct bench_machine m;
	struct mm_struct *mm;
	uint64_t before;
	double per_page;

	build(&m, 1, 4 * GIB, huge);
	before = bench_rss();
	map_and_touch(m.kernels[0], bytes, &mm);
	per_page = (double)(bench_rss() - before) / (bytes >> PAGE_SHIFT);
	user_mm_destroy(mm);
	coro_current->ctx.kernel = NULL;
	unbuild(&m);
	return per_page;
}

double bench_many_guests(void)
{
	enum { NR = 100 };
	static struct mm_struct *mm[NR];
	struct bench_machine m;
	double mib;
	int i;

	build(&m, NR, 4 * GIB, true);
	for (i = 0; i < NR; i++)
		map_and_touch(m.kernels[i], GIB, &mm[i]);
	mib = (double)bench_rss() / (1 << 20);
	for (i = 0; i < NR; i++) {
		coro_current->ctx.kernel = m.kernels[i];
		user_mm_destroy(mm[i]);
	}
	coro_current->ctx.kernel = NULL;
	unbuild(&m);
	return mib;
}
