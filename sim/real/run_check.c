// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a scenario real machines do not have, before anything is made.
 */
#include "run_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "images.h"
#include "series.h"

/* What Linux 6.1 has compiled in (mm/page_reporting.[ch]). */
#define REPORTING_DELAY_MS 2000
#define REPORTING_CAPACITY 32

static const struct real_image images[] = {
	{ "virtio_ballast", REAL_IMAGE_MODULE, "modules/virtio_ballast.ko", "virtio_ballast",
	  "virtio_ballast" },
	{ "upstream-virtio_balloon", REAL_IMAGE_MODULE, "stock/virtio_balloon.ko",
	  "virtio_balloon", "virtio_balloon" },
	{ "upstream-page_reporting", REAL_IMAGE_PART_OF_KERNEL, NULL, NULL, NULL },
};

const struct real_image *real_image_of(const struct scenario_module *module)
{
	size_t i;

	for (i = 0; i < sizeof(images) / sizeof(images[0]); i++)
		if (!strcmp(images[i].name, module->image))
			return &images[i];
	return NULL;
}

static int bad(struct real_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int bad(struct real_run *run, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return real_run_fail(run, TRACE_END_FAILED, true, "%s", text);
}

static int check_modules(struct real_run *run, const struct scenario_guest *g)
{
	uint32_t i, j;

	for (i = 0; i < g->nr_modules; i++) {
		const struct scenario_module *m = &g->modules[i];
		const struct real_image *image = real_image_of(m);

		if (!image)
			return bad(run, "%s: image: %s: a real kernel has only virtio_ballast, "
				   "upstream-virtio_balloon and upstream-page_reporting here",
				   m->path, m->image);
		if (image->kind == REAL_IMAGE_PART_OF_KERNEL && m->nr_parameters)
			return bad(run, "%s: parameters: %s is part of a real kernel, takes none "
				   "here; see page-reporting", m->path, m->image);
		for (j = 0; j < m->nr_parameters; j++)
			if (strpbrk(m->parameters[j].value, " \"\t\n"))
				return bad(run, "%s: %s: '%s': a real run cannot pass blanks",
					   m->path, m->parameters[j].name,
					   m->parameters[j].value);
	}
	return 0;
}

/* Files of programs are on a tmpfs, which drops nothing. */
static int check_program(struct real_run *run, const struct scenario_program *p)
{
	struct program_sample *samples;
	char error[512];
	bool files = false;
	size_t nr;

	if (!p->file)
		return 0;
	if (series_read(p->file, &samples, &nr, error, sizeof(error)))
		return bad(run, "%s: file: %s", p->path, error);
	for (size_t i = 0; i < nr; i++)
		files |= samples[i].file != 0;
	free(samples);
	if (files)
		return bad(run, "%s: file: %s: a real run cannot hold file_bytes; leave them out",
			   p->path, p->file);
	return 0;
}

static int check_hugepages(struct real_run *run, const struct scenario_guest *g)
{
	uint32_t i;

	for (i = 0; i < SCENARIO_THP_SIZES; i++)
		if (g->hugepages[i] != SCENARIO_SIZE_NEVER)
			return bad(run, "%s: hugepages-%ukB: a real run's kernel has none of this "
				   "size; leave it out", g->path,
				   scenario_hugepages_kib(i));
	return 0;
}

static int check_guest(struct real_run *run, const struct scenario_guest *g)
{
	const struct scenario_page_reporting *r = &g->page_reporting;

	if (g->swap.kind != SCENARIO_SWAP_NONE)
		return bad(run, "%s: swap: a real run has no swap in its guest; leave it out",
			   g->path);
	if (g->backing == SCENARIO_BACKING_SHARED_FILE)
		return bad(run, "%s: backing: a real run has anonymous memory; leave it out",
			   g->path);
	if (g->page_size_kib != 4)
		return bad(run, "%s: page-size-kib: a real run takes the pages that the host has; "
			   "leave it out", g->path);
	if (g->async_pf == SCENARIO_ASYNC_PF_OFF)
		return bad(run, "%s: async-pf: KVM always halts a vCPU at least; off is not to be "
			   "had in a real run", g->path);
	if (r->delay_ms != REPORTING_DELAY_MS || r->capacity != REPORTING_CAPACITY)
		return bad(run, "%s: page-reporting: a real kernel has delay-ms %d and capacity %d "
			   "compiled in; they cannot be changed", g->path, REPORTING_DELAY_MS,
			   REPORTING_CAPACITY);
	if (g->assigned_device)
		return bad(run, "%s: assigned-device: a real run has none; leave it out", g->path);
	if (g->page_zeroed)
		return bad(run, "%s: page-zeroed: no kernel that can be had does it; leave it out",
			   g->path);
	if (check_hugepages(run, g))
		return -1;
	if (g->controller.path)
		return bad(run, "%s: a real run has no controller; leave it out",
			   g->controller.path);
	for (uint32_t i = 0; i < g->nr_programs; i++)
		if (check_program(run, &g->programs[i]))
			return -1;
	return check_modules(run, g);
}

/* It makes one group. */
static int check_cgroups(struct real_run *run)
{
	const struct scenario *s = run->scenario;
	const struct scenario_cgroup *group = s->host.cgroups;
	uint32_t i;

	if (!s->host.nr_cgroups)
		return 0;
	if (s->host.nr_cgroups > 1)
		return bad(run, "%s: a real run makes one memory group; leave out the others",
			   group[1].path);
	if (group->max_mib == UINT64_MAX || group->high_mib != UINT64_MAX ||
	    group->swap_max_mib != UINT64_MAX || group->low_mib || group->min_mib ||
	    group->cpu_weight || group->cpu_quota_us)
		return bad(run, "%s: the memory group of a real run has max-mib, and nothing else",
			   group->path);
	for (i = 0; i < s->nr_guests; i++)
		if (!s->guests[i].cgroup)
			return bad(run, "%s: cgroup: in a real run all guests are in the memory "
				   "group", s->guests[i].path);
	return 0;
}

/* What is done to the host would be done to this machine, and all that runs on it. */
static int check_command(struct real_run *run, const struct scenario_command *c)
{
	if (c->guest == SCENARIO_NO_GUEST)
		return bad(run, "%s: a real run's host is this machine, which is left alone; leave "
			   "it out", c->path);
	switch (c->kind) {
	case SCENARIO_COMMAND_SET_BALLOON:
	case SCENARIO_COMMAND_PAUSE:
	case SCENARIO_COMMAND_RESUME:
	case SCENARIO_COMMAND_DROP_CACHES:
	case SCENARIO_COMMAND_COMPACT_MEMORY:
		return 0;
	case SCENARIO_COMMAND_ASK_FOR_HINTS:
		return bad(run, "%s: a real run has no migration that begins and does not "
			   "end; leave it out", c->path);
	default:
		return bad(run, "%s: a real run cannot do that; leave it out", c->path);
	}
}

static int check_host(struct real_run *run)
{
	const struct scenario *s = run->scenario;
	uint32_t i;

	if (!s->nr_guests)
		return bad(run, "%s: no guest: there is nothing to boot", s->file);
	if (s->host.nr_modules)
		return bad(run, "%s: a real run's host is this machine, with the modules that it "
			   "has; leave it out", s->host.modules[0].path);
	for (i = 0; i < s->nr_commands; i++) {
		int ret = check_command(run, &s->commands[i]);

		if (ret)
			return ret;
	}
	run->limited = run->options.limit == REAL_LIMIT_YES ||
		       (run->options.limit == REAL_LIMIT_DEFAULT &&
			(s->nr_guests > 1 || s->host.nr_cgroups));
	if (run->limited && s->host.swap.kind == SCENARIO_SWAP_ZRAM)
		return bad(run, "%s: swap: a real run swaps to a file, not to zram; choose another "
			   "kind, or use --no-limit", s->host.path);
	if (run->options.accel && strcmp(run->options.accel, "tcg") &&
	    strcmp(run->options.accel, "kvm"))
		return bad(run, "--accel %s: allowed: tcg, kvm", run->options.accel);
	return check_cgroups(run);
}

int real_setup_check(struct real_run *run)
{
	char error[512];
	uint32_t i;

	if (check_host(run))
		return -1;
	for (i = 0; i < run->scenario->nr_guests; i++) {
		struct real_guest *g = &run->guests[i];

		if (check_guest(run, g->config))
			return -1;
		if (real_arguments_devices(&g->args, g->config, error, sizeof(error)))
			return bad(run, "%s", error);
	}
	return 0;
}
