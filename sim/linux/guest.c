// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creating and booting a guest's kernel; see guest.h.
 *
 * Booting is what memory shows of it: pages of the kernel image and the memory map are touched,
 * kernel and services allocate pages for good, files that were read are in the page cache, and what
 * was used on the way is free again, some of it in pieces too small to report.  Left out:
 * everything else that a boot does, and that services' own memory could go to the guest's swap.
 */
#include "guest.h"

#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "background.h"
#include "guest_memory.h"
#include "guest_pages.h"
#include "hostmem.h"
#include "host.h"
#include "kernel/fork.h"
#include "kernel/internal.h"
#include "mm/internal.h"

/* Kept and released pages of booting alternate in runs of this many where they mix. */
#define BOOT_MIX_PAGES 16
/* One boot takes that much longer or shorter than the profile says (jitter; an estimate). */
#define BOOT_JITTER_PERCENT 5
/* How often, and how far apart, missing pages are looked for. */
#define UNLOAD_LOOKS 10
/* How long modules stay when they are loaded once more. */
#define LOADED_AGAIN_NS (50 * NSEC_PER_MSEC_U64)
#define UNLOAD_LOOK_NS (100 * NSEC_PER_MSEC_U64)

struct boot {
	struct kernel *kernel;
	const struct guest_config *config;
};

/* Where in a jiffy the engine's clock begins. */
static uint64_t tick_phase(const struct kernel *kernel)
{
	struct random_stream rs;

	if (kernel->no_jitter)
		return 0;
	kernel_random(kernel, &rs, "tick");
	return random_below(&rs, NSEC_PER_JIFFY);
}

struct kernel *guest_kernel_create(const struct guest_config *config)
{
	struct kernel *kernel = host_alloc(sizeof(*kernel));
	struct coro_context old;

	kernel->engine = config->engine;
	kernel->name = config->name;
	kernel->vm = config->vm;
	kernel->ram_base = guest_ram_ptr(config->vm->ram);
	kernel->nr_cpus = config->vm->nr_vcpus;
	kernel->version = config->version;
	kernel->seed = config->seed;
	kernel->no_jitter = config->no_jitter;
	kernel->tick_phase = tick_phase(kernel);
	kernel->log = config->log;
	kernel->log_opaque = config->opaque;
	kernel->panicked = config->panicked;
	old = kernel_enter(kernel);
	if (sched_init(kernel)) {
		kernel_leave(old);
		guest_kernel_destroy(kernel);
		return NULL;
	}
	mm_init(kernel, &config->mm);
	if (config->observer)
		guest_pages_observe(kernel, config->observer);
	if (config->watermark_scale_factor) {
		kernel->mm->watermark_scale_factor = config->watermark_scale_factor;
		setup_per_zone_wmarks();
	}
	if (config->reporting_capacity)
		page_reporting_tune(config->reporting_order, config->reporting_delay_ms,
				    config->reporting_capacity);
	workqueue_init(kernel);
	usermem_init(kernel, &config->user);
	if (sched_run_init(kernel)) {
		kernel_leave(old);
		guest_kernel_destroy(kernel);
		return NULL;
	}
	kernel_leave(old);
	return kernel;
}

void guest_kernel_destroy(struct kernel *kernel)
{
	struct coro_context old = kernel_enter(kernel);

	if (kernel->sched)
		modules_drop(kernel);
	if (kernel->mm)
		usermem_exit(kernel);
	sched_destroy(kernel);
	if (kernel->mm)
		mm_exit(kernel);
	kernel_leave(old);
	host_free(kernel->background);
	host_free(kernel->at_work);
	host_free(kernel);
}

static struct page *boot_page(gfp_t gfp)
{
	struct page *page = alloc_pages(gfp, 0);

	if (page)
		guest_ram_fill(this_kernel->vm->ram, gfn(page_to_pfn(page)), 1, 1);
	return page;
}

/* The kernel's own. */
static void boot_kernel(const struct guest_boot *profile)
{
	uint64_t i;

	kernel_active_reserve(profile->active_pages,
			      profile->kernel_pages + profile->user_pages, profile->active_gaps,
			      profile->nr_active_gaps);
	for (i = 0; i < profile->kernel_pages; i++) {
		struct page *page = boot_page(GFP_KERNEL);

		if (!page)
			break;
		kernel_active_consider(page);
	}
}

/* Files are read from @from to @to, in pages. */
static int boot_read(uint64_t from, uint64_t to)
{
	return from < to ? user_read_file(NULL, BACKGROUND_FILES, from << PAGE_SHIFT,
					  (to - from) << PAGE_SHIFT) : 0;
}

/*
 * A boot frees as it goes, and of what it frees on per-CPU lists the last @percpu pages are left at
 * most: little where nothing but the kernel has booted (docs/fidelity.md).
 */
static void boot_release(struct list_head *released, uint64_t nr, uint64_t percpu)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, released, lru) {
		list_del(&page->lru);
		__free_pages(page, 0);
		if (percpu && --nr == percpu)
			drain_all_pages(NULL);
	}
	if (!percpu)
		drain_all_pages(NULL);
}

/*
 * Pages of services stay, others are released when all have been allocated.  Those that stay are on
 * no LRU list, so nobody can move them: they keep out of ZONE_MOVABLE.  Files are read in between:
 * when a server's cache is dropped, most of it is free in pieces of less than 2 MiB (measured).  In
 * the end what is active is read once more.
 */
static void boot_user(const struct guest_boot *profile)
{
	uint64_t keep = profile->user_pages, release = profile->released_pages;
	uint64_t cache = profile->cache_pages, cached = 0, i;
	LIST_HEAD(released);
	struct page *page;
	int ret = 0;

	for (i = 0; keep || release; i++) {
		bool stays = keep && (!release || i / BOOT_MIX_PAGES % 2 == 0);

		page = boot_page(GFP_USER | __GFP_MOVABLE);
		if (!page)
			break;
		if (stays) {
			keep--;
			kernel_active_consider(page);
		} else {
			release--;
			list_add_tail(&page->lru, &released);
		}
		if (keep && i % BOOT_MIX_PAGES == 0 && !ret) {
			uint64_t next = cache - cache * keep / profile->user_pages;

			ret = boot_read(cached, next);
			cached = next;
		}
		if (i % 512 == 0)
			cond_resched();
	}
	if (!ret)
		ret = boot_read(cached, cache);
	if (!ret)
		ret = boot_read(0, profile->cache_active_pages);
	boot_release(&released, profile->released_pages - release, profile->percpu_pages);
}

static const char *boot_modules(struct boot *boot, char *err, size_t size)
{
	const struct guest_config *config = boot->config;
	unsigned int i;

	for (i = 0; i < config->nr_modules; i++) {
		const struct guest_module *m = &config->modules[i];
		size_t used = scnprintf(err, size, "%s: ", m->where);

		if (module_load(boot->kernel, m->path, m->args, m->nr_args, err + used,
				size - used))
			return err;
	}
	return NULL;
}

static uint64_t boot_duration(const struct boot *boot)
{
	uint64_t ns = boot->config->boot.duration_ns, jitter = ns / 100 * BOOT_JITTER_PERCENT;
	struct random_stream rs;

	if (boot->kernel->no_jitter)
		return ns;
	kernel_random(boot->kernel, &rs, "boot");
	return ns - jitter + random_below(&rs, 2 * jitter + 1);
}

static int boot_main(void *data)
{
	struct boot *boot = data;
	const struct guest_boot *profile = &boot->config->boot;
	const char *error;
	char err[512];

	host_start_vm(boot->kernel->vm);
	mm_touch_reserved(&boot->config->mm);
	boot_kernel(profile);
	boot_user(profile);
	if (profile->duration_ns)
		sched_sleep_ns(boot_duration(boot));
	virtio_scan_bus(boot->kernel);
	slab_mark();
	boot->kernel->managed = boot->kernel->mm->totalram_pages;
	boot->kernel->unaccounted = kernel_unaccounted_pages(boot->kernel);
	error = boot_modules(boot, err, sizeof(err));
	if (!error && profile->daemon_period_ns &&
	    background_start(boot->kernel, profile->daemon_period_ns, profile->daemon_pages,
			     profile->cache_hot_pages))
		error = "not enough memory for its daemons";
	boot->config->booted(boot->config->opaque, error);
	boot->kernel->at_work = NULL;
	host_free(boot);
	return 0;
}

struct unload {
	struct kernel *kernel;
	const struct guest_config *config;
	void (*done)(void *opaque, const struct guest_unloaded *left);
};

/*
 * Reclaim and faults have pages in hand that are on no list for a while: those come back.  What
 * is missing at the best of several looks is missing.
 */
static int64_t missing_pages(struct kernel *kernel)
{
	int64_t best = kernel_unaccounted_pages(kernel) - kernel->unaccounted;
	unsigned int i;

	for (i = 1; i < UNLOAD_LOOKS && best; i++) {
		int64_t missing;

		sched_sleep_ns(UNLOAD_LOOK_NS);
		missing = kernel_unaccounted_pages(kernel) - kernel->unaccounted;
		if ((missing < 0 ? -missing : missing) < (best < 0 ? -best : best))
			best = missing;
	}
	return best;
}

/* Last loaded first.  True: nothing is left behind. */
static bool unload_all(struct kernel *kernel, const struct guest_config *config,
		       struct guest_unloaded *left)
{
	size_t used = strlen(left->things);
	unsigned int i;

	for (i = config->nr_modules; i > 0; i--)
		used += module_unload(kernel, config->modules[i - 1].path, left->things + used,
				      sizeof(left->things) - used);
	if (!left->things[0])
		slab_report_since_mark(left->things, sizeof(left->things));
	left->missing = missing_pages(kernel);
	left->managed = (int64_t)kernel->mm->totalram_pages + kernel->mm->offline_pages -
			kernel->managed;
	return !left->things[0] && !left->missing && !left->managed &&
	       !kernel->sched->nr_warnings;
}

/*
 * Once more: a driver that has left its device or itself in a state of its own does not find its
 * way back.  Want of memory is no mistake of its.
 */
static void load_again(struct kernel *kernel, const struct guest_config *config,
		       struct guest_unloaded *left)
{
	struct kvm_virtio *hw;
	char err[256];
	unsigned int i;
	int ret;

	for (i = 0; i < config->nr_modules; i++) {
		ret = module_load(kernel, config->modules[i].path, config->modules[i].args,
				  config->modules[i].nr_args, err, sizeof(err));
		if (ret && ret != -ENOMEM)
			scnprintf(left->things, sizeof(left->things),
				  "what does not let it be loaded again (%s)", err);
		if (ret)
			return;
	}
	for (hw = kernel->vm->devices; hw; hw = hw->next)
		if (!virtio_driver_of(hw, &ret) && ret && ret != -ENOMEM)
			scnprintf(left->things, sizeof(left->things),
				  "a device that it cannot probe again (error %d)", ret);
	sched_sleep_ns(LOADED_AGAIN_NS);
}

static int unload_main(void *data)
{
	struct unload *unload = data;
	struct kernel *kernel = unload->kernel;
	struct guest_unloaded left = { 0 };

	if (unload_all(kernel, unload->config, &left)) {
		load_again(kernel, unload->config, &left);
		unload_all(kernel, unload->config, &left);
	}
	unload->done(unload->config->opaque, &left);
	kernel->at_work = NULL;
	host_free(unload);
	return 0;
}

int guest_kernel_unload(struct kernel *kernel, const struct guest_config *config,
			void (*done)(void *opaque, const struct guest_unloaded *left))
{
	struct unload *unload = host_alloc(sizeof(*unload));

	*unload = (struct unload){ .kernel = kernel, .config = config, .done = done };
	kernel->at_work = unload;
	return guest_kernel_run(kernel, "rmmod", unload_main, unload);
}

int guest_kernel_run(struct kernel *kernel, const char *comm, int (*fn)(void *data), void *data)
{
	struct coro_context old = kernel_enter(kernel);
	struct task_struct *task = sched_create_task(kernel, comm, fn, data, PF_KTHREAD);

	if (task) {
		task->is_command = true;
		wake_up_process(task);
	}
	kernel_leave(old);
	return task ? 0 : -ENOMEM;
}

int guest_kernel_boot(struct kernel *kernel, const struct guest_config *config)
{
	struct boot *boot = host_alloc(sizeof(*boot));

	boot->kernel = kernel;
	boot->config = config;
	kernel->at_work = boot;
	sched_start(kernel);
	return guest_kernel_run(kernel, "boot", boot_main, boot);
}

uint64_t guest_kernel_check(struct kernel *kernel)
{
	struct coro_context old = kernel_enter(kernel);
	uint64_t wrong = mm_check(kernel) ? 1 : 0;

	wrong += usermem_check(kernel);
	kernel_leave(old);
	return wrong;
}

unsigned int guest_kernel_blocked(struct kernel *kernel, uint64_t longer_ns, char *buf,
				  unsigned int size)
{
	return sched_report_blocked(kernel, longer_ns, buf, size);
}

const char *guest_kernel_pages_use(struct kernel *kernel, uint64_t pfn, uint64_t nr, bool single,
				   uint64_t *bad)
{
	struct coro_context old = kernel_enter(kernel);
	unsigned long at = 0;
	const char *use = mm_pages_use(pfn, nr, single, &at);

	kernel_leave(old);
	*bad = at;
	return use;
}

unsigned int guest_kernel_queues(struct kernel *kernel, char *buf, unsigned int size)
{
	return virtio_report_queues(kernel, buf, size);
}

const char *guest_kernel_driver(const struct kvm_virtio *hw, int *probe_error)
{
	return virtio_driver_of(hw, probe_error);
}

void guest_kernel_panic(struct kernel *kernel, const char *text)
{
	struct coro_context old = kernel_enter(kernel);

	kernel_die(kernel, text, false);
	kernel_leave(old);
}

void guest_kernel_describe(struct kernel *kernel, const void *address, char *text,
			   unsigned int size)
{
	struct coro_context old = kernel_enter(kernel);

	slab_describe(address, text, size);
	kernel_leave(old);
}

bool guest_kernel_dead(const struct kernel *kernel)
{
	return kernel->sched && kernel->sched->dead;
}

uint64_t guest_kernel_owed_ns(const struct kernel *kernel)
{
	const struct sched_state *sched = kernel->sched;
	const struct task_struct *task;
	uint64_t owed = 0;
	unsigned int i;

	list_for_each_entry(task, &sched->tasks, tasks)
		owed += task->left;
	for (i = 0; i < sched->nr_vcpus; i++)
		owed += sched->vcpus[i].idle.left;
	return owed;
}

void *guest_kernel_opaque(struct kernel *kernel)
{
	return kernel->log_opaque;
}
