// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building a machine in a child process, as `ballast check` does, and looking at it.
 */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "report.h"

/* Of the host's watermarks Linux computes the lowest; it is less than this. */
#define WATERMARK_MIB 1024

/*
 * All guests in full, their VMMs, all files of the host, what it keeps for itself, and the
 * watermarks above which free memory is not short.
 */
static uint64_t enough_mib(const struct scenario *s)
{
	const struct scenario_host *h = &s->host;
	uint64_t mib = h->kernel_reserve_mib + h->min_free_kbytes / 1024 + WATERMARK_MIB;
	uint32_t i;

	for (i = 0; i < s->nr_guests; i++)
		mib += s->guests[i].memory_mib + h->vmm_memory_mib;
	for (i = 0; i < h->nr_files; i++)
		mib += h->files[i].size_mib;
	/* The factor is 1/10000 of all memory, between each watermark and the next. */
	mib = mib * 10000 / (10000 - 2 * h->watermark_scale_factor) + 1;
	return mib > h->memory_mib ? mib : h->memory_mib;
}

/* A machine, described by the records that a run of it begins with. */
struct description {
	struct trace_writer *trace;
	struct report report;
};

static void description_init(struct description *d, char *error, size_t error_size)
{
	report_init(&d->report);
	d->trace = trace_open(NULL, TRACE_SUMMARY, error, error_size);
	if (d->trace)
		trace_add_consumer(d->trace, &d->report.consumer);
}

static void describe(struct description *d, struct machine *machine, FILE *to)
{
	machine_describe(machine);
	report_json_machine(&d->report, to);
	fflush(to);
}

/* Its process ends with it: nothing is given back. */
static void look(struct probe *probe, const struct scenario_args *args, const char *image_dir,
		 bool images_given, FILE *to)
{
	struct machine_options options = { .image_dir = image_dir, .images_given = images_given };
	struct description d = { 0 };
	struct scenario scenario;
	struct machine *machine;

	if (scenario_load(&scenario, args)) {
		snprintf(probe->text, sizeof(probe->text), "%s", scenario_error_text(&scenario));
		return;
	}
	if (to) {
		description_init(&d, probe->text, sizeof(probe->text));
		options.trace = d.trace;
	}
	machine = machine_create(&scenario, &options, probe->text, sizeof(probe->text));
	if (!machine)
		return;
	if (d.trace)
		describe(&d, machine, to);
	probe->scenario_digest = scenario.digest;
	probe->images_digest = machine_images_digest(machine);
	probe->seed = scenario.seed;
	probe->enough_mib = enough_mib(&scenario);
	snprintf(probe->host, sizeof(probe->host), "%s", scenario.host.path);
	snprintf(probe->description, sizeof(probe->description), "%s", scenario.description);
	probe->text[0] = '\0';
	probe->well = true;
}

/* What the child has written; the place where it stands in the file is theirs together. */
static char *read_back(FILE *from)
{
	long size = from && !fseek(from, 0, SEEK_END) ? ftell(from) : 0;
	char *text = calloc(1, size + 1);

	if (!text)
		abort();
	if (from) {
		rewind(from);
		text[fread(text, 1, size, from)] = '\0';
		fclose(from);
	}
	return text;
}

void probe_machine(struct probe *probe, const struct scenario_args *args, const char *image_dir,
		   bool images_given, char **machine)
{
	FILE *to = machine ? tmpfile() : NULL;

	struct probe *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = -1;

	*probe = (struct probe){ 0 };
	if (shared == MAP_FAILED) {
		snprintf(probe->text, sizeof(probe->text), "no memory to look at it");
		if (machine)
			*machine = read_back(to);
		return;
	}
	snprintf(shared->text, sizeof(shared->text), "%s: the machine could not be built",
		 args->file);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		look(shared, args, image_dir, images_given, to);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	*probe = *shared;
	munmap(shared, sizeof(*shared));
	if (machine)
		*machine = read_back(to);
}
