// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a run is made of, and where guests' memory is at its end: records for the tables that are
 * made once, from images, the guests' kernels and the devices' statistics.
 */
#include "machine-internal.h"

#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "image.h"
#include "level.h"

/* Images */

/* As the user knows it: of the directory that is beside the executable, the last part. */
static const char *shown_path(const struct machine *m, const char *path)
{
	size_t len = strlen(m->options.image_dir);
	const char *dir = m->options.image_dir + len;

	if (m->options.images_given || strncmp(path, m->options.image_dir, len) || path[len] != '/')
		return path;
	while (dir > m->options.image_dir && dir[-1] != '/')
		dir--;
	return path + (dir - m->options.image_dir);
}

/* Something to do with each image; @digest is of machine_images_digest(), else NULL. */
typedef void (*image_fn)(struct machine *m, uint64_t guest, const char *node, const char *path,
			 uint64_t *digest);

static void emit_image(struct machine *m, uint64_t guest, const char *node, const char *path,
		       uint64_t *digest)
{
	const struct level_list *const worlds[] = { &linux_levels, &qemu_levels };
	char name[LEVEL_NAME], made_for[32] = "";
	struct image_source source;
	struct image_level level;

	for (unsigned int i = 0; i < 2; i++) {
		level = image_file_level(path, worlds[i]->world);
		if (level.version)
			snprintf(made_for, sizeof(made_for), "%s %s", worlds[i]->name,
				 level_name(level.version, name));
	}
	image_file_source(path, &source);
	TRACE(m->trace, m->engine.now, image, .guest = guest, .node = node,
	      .path = shown_path(m, path), .version = source.version, .digest = source.digest,
	      .made_for = made_for);
}

/* Of a guest, by the image's name. */
static void one_image(struct machine_guest *guest, const struct level_list *levels,
		      const char *node, const char *image, const char *where, image_fn fn,
		      uint64_t *digest)
{
	char why[256], *path = NULL;

	if (!machine_image_path(guest->machine, levels, guest->qemu_given, image, where, &path, why,
				sizeof(why)))
		fn(guest->machine, guest->id, node, path, digest);
	free(path);
}

static void each_image_of(struct machine_guest *guest, image_fn fn, uint64_t *digest)
{
	const struct scenario_guest *config = guest->config;
	const char *policy = config->controller.image;
	uint32_t i;

	for (i = 0; i < guest->modules.nr; i++)
		fn(guest->machine, guest->id, config->modules[i].name, guest->modules.path[i],
		   digest);
	for (i = 0; i < config->nr_devices; i++)
		one_image(guest, &qemu_levels, config->devices[i].name, config->devices[i].image,
			  config->devices[i].path, fn, digest);
	if (policy && policy[0])
		one_image(guest, NULL, "controller", policy, config->controller.path, fn, digest);
}

/* The host's, and of replicas the first one's. */
static void each_image(struct machine *m, image_fn fn, uint64_t *digest)
{
	uint32_t i;

	for (i = 0; i < m->host_modules.nr; i++)
		fn(m, TRACE_HOST, m->scenario->host.modules[i].name, m->host_modules.path[i],
		   digest);
	for (i = 0; i < m->scenario->nr_guests; i++)
		if (!m->guests[i].config->replica)
			each_image_of(&m->guests[i], fn, digest);
}

/* A verdict on such a driver says nothing about what it would have called. */
static void say_traps(struct machine *m, uint64_t guest, const char *node, const char *path,
		      uint64_t *digest)
{
	unsigned int nr = image_file_traps(path);
	char text[600];

	if (!nr)
		return;
	snprintf(text, sizeof(text), "%s: %u functions or variables of %.400s are not modelled; a "
		 "call of one stops the guest", node, nr, shown_path(m, path));
	machine_say(guest == TRACE_HOST ? NULL : &m->guests[guest], TRACE_WARNING, "ballast", text);
}

void machine_trace_images(struct machine *m)
{
	each_image(m, emit_image, NULL);
	each_image(m, say_traps, NULL);
}

/* The file, not its sources: another compiler's image may do something else. */
static void add_image(struct machine *m, uint64_t guest, const char *node, const char *path,
		      uint64_t *digest)
{
	uint8_t file[8];

	put_le(file, scenario_file_digest(path), sizeof(file));
	*digest = trace_digest(*digest, file, sizeof(file));
}

uint64_t machine_images_digest(struct machine *m)
{
	uint64_t digest = TRACE_DIGEST_START;

	each_image(m, add_image, &digest);
	return digest;
}

/* Where memory is */

static void emit_where(struct machine_guest *guest, const struct machine_where *at,
		       enum trace_moment moment)
{
	const struct guest_where *w = &at->where;
	struct machine *m = guest->machine;
	unsigned int order;

	MACHINE_TRACE(m, guest_memory, .guest = guest->id, .moment = moment, .at = at->time,
		      .used = w->anon, .cache = w->cache, .reported = w->reported,
		      .reportable = w->reportable, .free_small = w->free_small,
		      .percpu = w->percpu, .below_watermark = w->below_watermark,
		      .ballooned = w->ballooned, .isolated = w->isolated, .kernel = w->kernel,
		      .resident = at->resident, .swapped = at->swapped, .order = w->order);
	for (order = 0; order < GUEST_ORDERS; order++)
		if (w->free_order[order])
			MACHINE_TRACE(m, free_list, .guest = guest->id, .moment = moment,
				      .order = order, .free = w->free_order[order]);
}

static void look(struct machine_guest *guest, struct machine_where *at)
{
	at->time = guest->machine->engine.now;
	at->resident = guest_ram_resident(guest->vm->ram);
	at->swapped = guest_ram_swapped(guest->vm->ram);
	guest_kernel_where(guest->kernel, guest->ballooned, &at->where);
}

void machine_see_peak(struct machine_guest *guest)
{
	if (guest->up && guest->kernel && !guest->gone && !guest->machine->quiet &&
	    guest_ram_resident(guest->vm->ram) > guest->peak.resident)
		look(guest, &guest->peak);
}

/* Statistics */

static const char *const stat_names[] = {
	"stat-swap-in", "stat-swap-out", "stat-major-faults", "stat-minor-faults",
	"stat-free-memory", "stat-total-memory", "stat-available-memory", "stat-disk-caches",
	"stat-htlb-pgalloc", "stat-htlb-pgfail", "stat-oom-kills", "stat-alloc-stalls",
	"stat-async-scans", "stat-direct-scans", "stat-async-reclaims", "stat-direct-reclaims",
};

/* What a management program would read from the device now. */
static void emit_stats(struct machine_guest *guest)
{
	struct machine *m = guest->machine;
	uint64_t updated, value, now_s = m->engine.now / NSEC_PER_SEC_U64;
	char path[64], why[VMM_ERROR_SIZE];
	unsigned int i;

	if (!guest->balloon || !scenario_balloon(guest->config)->stats_polling_s ||
	    vmm_device_get(guest->balloon, "guest-stats/last-update", &updated, why) ||
	    updated <= VMM_EPOCH)
		return;
	updated -= VMM_EPOCH;
	for (i = 0; i < sizeof(stat_names) / sizeof(stat_names[0]); i++) {
		snprintf(path, sizeof(path), "guest-stats/stats/%s", stat_names[i]);
		/* -1: the guest has not sent this one */
		if (vmm_device_get(guest->balloon, path, &value, why) || value == UINT64_MAX)
			continue;
		MACHINE_TRACE(m, vmm_stat, .guest = guest->id,
			      .device = scenario_balloon(guest->config)->name,
			      .name = stat_names[i], .value = value,
			      .age = now_s > updated ? m->engine.now - updated * NSEC_PER_SEC_U64 :
						       0);
	}
}

/* Of the sizes that the guest's programs may have, once there are others than 2 MiB. */
void machine_trace_hugepages(struct machine_guest *guest)
{
	static const char *const names[NR_MTHP_STATS] = {
#define STAT(id, name) [MTHP_STAT_##id] = #name,
		MTHP_STATS(STAT)
#undef STAT
	};
	const struct mm_config *mm = &guest->kernel_config.mm;
	unsigned int orders = mm->orders_always | mm->orders_inherit | mm->orders_madvise, i, s;
	uint64_t value[NR_MTHP_STATS];
	struct machine *m = guest->machine;
	char name[64];

	if (!orders || !guest->up || !guest->kernel)
		return;
	orders |= 1u << HOST_PMD_ORDER;
	for (i = 0; i <= HOST_PMD_ORDER; i++) {
		if (!(orders >> i & 1))
			continue;
		usermem_mthp_stats(guest->kernel, i, value);
		for (s = 0; s < NR_MTHP_STATS; s++) {
			snprintf(name, sizeof(name), "hugepages-%ukB/stats/%s", 4u << i, names[s]);
			MACHINE_TRACE(m, counter, .guest = guest->id, .name = name,
				      .value = value[s]);
		}
	}
}

void machine_trace_memory(struct machine *m)
{
	uint32_t i;

	for (i = 0; i < m->scenario->nr_guests; i++) {
		struct machine_guest *guest = &m->guests[i];
		struct machine_where end;

		if (guest->peak.resident)
			emit_where(guest, &guest->peak, TRACE_MOMENT_PEAK);
		if (!guest->up || guest->gone || !guest->kernel)
			continue;
		look(guest, &end);
		emit_where(guest, &end, TRACE_MOMENT_END);
		emit_stats(guest);
		machine_trace_hugepages(guest);
	}
}
