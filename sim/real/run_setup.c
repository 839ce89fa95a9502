// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making a real machine what the scenario says its guest is.
 *
 * Nothing that the scenario asks for is dropped silently: it is set and, where the kernel would
 * ignore a mistake, looked at afterwards; or it is an error; or, if it is about the host (which
 * is the machine that this runs on), real_trace_begin() says in the trace that it is not so.
 */
#define _GNU_SOURCE
#include "run_internal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "initramfs.h"
#include "log.h"
#include "protocol.h"
#include "series.h"
#include "trace_log.h"

/* What Linux 6.1 has compiled in (mm/page_reporting.[ch]). */
#define REPORTING_ORDER 9
#define REPORTING_DELAY_MS 2000
#define REPORTING_CAPACITY 32
#define FILES_MAX 64

#define ORDER_FILE "/sys/module/page_reporting/parameters/page_reporting_order"
#define THP_FILE "/sys/kernel/mm/transparent_hugepage/enabled"
#define THP_PAGES_MIN (512 << 8)	/* hugepage_init() */

enum image_kind { IMAGE_MODULE, IMAGE_PART_OF_KERNEL };

/* Images of guest modules that a real kernel has as well. */
static const struct image {
	const char *name;		/* in scenarios */
	enum image_kind kind;
	const char *file;		/* under the directory of `make real` */
	const char *module, *driver;	/* as the kernel calls them */
} images[] = {
	{ "virtio_ballast", IMAGE_MODULE, "modules/virtio_ballast.ko", "virtio_ballast",
	  "virtio_ballast" },
	{ "upstream-virtio_balloon", IMAGE_MODULE, "stock/virtio_balloon.ko", "virtio_balloon",
	  "virtio_balloon" },
	{ "upstream-page_reporting", IMAGE_PART_OF_KERNEL, NULL, NULL, NULL },
};

static const struct image *image_of(const struct scenario_module *module)
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

/* Before anything is made */

static int check_guests(struct real_run *run)
{
	const struct scenario *s = run->scenario;
	const struct scenario_guest *g = s->guests;

	if (s->nr_guests == 1)
		return 0;
	if (s->nr_guests && g->nr_replicas == s->nr_guests) {
		const char *node = strstr(g->path, ": ");

		return bad(run, "%s: count: %u guests; a real run is of one: --set %s/count=1",
			   g->path, s->nr_guests, node ? node + 2 : g->path);
	}
	return bad(run, "%s: %u guests; a real run is of one", s->file, s->nr_guests);
}

static int check_modules(struct real_run *run)
{
	const struct scenario_guest *g = run->guest;
	uint32_t i, j;

	for (i = 0; i < g->nr_modules; i++) {
		const struct scenario_module *m = &g->modules[i];
		const struct image *image = image_of(m);

		if (!image)
			return bad(run, "%s: image: %s: a real kernel has only virtio_ballast, "
				   "upstream-virtio_balloon and upstream-page_reporting here",
				   m->path, m->image);
		if (image->kind == IMAGE_PART_OF_KERNEL && m->nr_parameters)
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

int real_setup_check(struct real_run *run)
{
	const struct scenario_page_reporting *r;
	char error[512];

	if (check_guests(run))
		return -1;
	run->guest = &run->scenario->guests[0];
	r = &run->guest->page_reporting;
	if (run->guest->swap.kind != SCENARIO_SWAP_NONE)
		return bad(run, "%s: swap: a real run has no swap in its guest; leave it out",
			   run->guest->path);
	if (run->guest->page_size_kib != 4)
		return bad(run, "%s: page-size-kib: a real run takes the pages that the host has; "
			   "leave it out", run->guest->path);
	if (r->delay_ms != REPORTING_DELAY_MS || r->capacity != REPORTING_CAPACITY)
		return bad(run, "%s: page-reporting: a real kernel has delay-ms %d and capacity %d "
			   "compiled in; they cannot be changed", run->guest->path,
			   REPORTING_DELAY_MS, REPORTING_CAPACITY);
	if (run->scenario->host.nr_modules)
		return bad(run, "%s: a real run's host is this machine, with the modules that it "
			   "has; leave it out", run->scenario->host.modules[0].path);
	if (run->guest->assigned_device)
		return bad(run, "%s: assigned-device: a real run has none; leave it out",
			   run->guest->path);
	if (run->guest->controller.path)
		return bad(run, "%s: a real run has no controller; leave it out",
			   run->guest->controller.path);
	for (uint32_t i = 0; i < run->scenario->nr_commands; i++)
		if (run->scenario->commands[i].kind != SCENARIO_COMMAND_SET_BALLOON)
			return bad(run, "%s: a real run has no migration that begins and does not "
				   "end; leave it out", run->scenario->commands[i].path);
	if (check_modules(run))
		return -1;
	if (real_arguments_devices(&run->args, run->guest, error, sizeof(error)))
		return bad(run, "%s", error);
	run->balloon = scenario_balloon(run->guest);
	if (run->balloon)
		run->recorded = real_device_is_ours(run->balloon);
	if (run->options.accel && strcmp(run->options.accel, "tcg") &&
	    strcmp(run->options.accel, "kvm"))
		return bad(run, "--accel %s: allowed: tcg, kvm", run->options.accel);
	return 0;
}

/* The initramfs */

struct file_list {
	struct initramfs_file file[FILES_MAX];
	char *owned[3 * FILES_MAX];
	unsigned int nr, nr_owned;
	char *modules;			/* /modules: what init loads, in that order */
};

static char *own(struct file_list *list, char *text)
{
	list->owned[list->nr_owned++] = text;
	return text;
}

static char *__attribute__((format(printf, 2, 3))) own_text(struct file_list *list,
							     const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	return own(list, text);
}

static void free_list(struct file_list *list)
{
	while (list->nr_owned)
		free(list->owned[--list->nr_owned]);
}

static void add_file(struct file_list *list, const char *path, const char *source,
		     const char *text, unsigned int mode)
{
	if (list->nr < FILES_MAX)
		list->file[list->nr++] = (struct initramfs_file){ path, source, text, mode };
}

static int add_stock_modules(struct real_run *run, struct file_list *list)
{
	char *order = own_text(list, "%s/stock/order", run->options.dir), *loads = NULL;
	FILE *f = fopen(order, "r"), *out;
	char name[128];
	size_t size;

	if (!f)
		return bad(run, "%s: %s; 'make real' makes it, --real says where it is", order,
			   strerror(errno));
	out = open_memstream(&loads, &size);
	while (fgets(name, sizeof(name), f)) {
		name[strcspn(name, "\n")] = '\0';
		if (!name[0])
			continue;
		fprintf(out, "/lib/%s.ko\n", name);
		add_file(list, own_text(list, "lib/%s.ko", name),
			 own_text(list, "%s/stock/%s.ko", run->options.dir, name), NULL, 0644);
	}
	fclose(f);
	fclose(out);
	add_file(list, "modules", NULL, own(list, loads), 0644);
	return 0;
}

static const char *module_file(struct real_run *run, struct file_list *list,
			       const struct image *image)
{
	if (run->options.stock_module && !strcmp(image->module, "virtio_balloon"))
		return run->options.stock_module;
	return own_text(list, "%s/%s", run->options.dir, image->file);
}

static int add_modules(struct real_run *run, struct file_list *list)
{
	uint32_t i, j;

	if (run->options.kernel)
		return 0;
	if (add_stock_modules(run, list))
		return -1;
	for (i = 0; i < run->guest->nr_modules; i++) {
		const struct image *image = image_of(&run->guest->modules[i]);

		for (j = 0; j < i; j++)
			if (image_of(&run->guest->modules[j]) == image)
				break;
		if (j == i && image->kind == IMAGE_MODULE)
			add_file(list, own_text(list, "lib/%s.ko", image->module),
				 module_file(run, list, image), NULL, 0644);
	}
	return 0;
}

/* The agent reads lines "NS VALUE". */
static int add_series(struct real_run *run, struct file_list *list, uint32_t index)
{
	const struct scenario_program *p = &run->guest->programs[index];
	struct program_sample *samples;
	char error[512], *text = NULL;
	size_t nr, i, size;
	FILE *out;

	if (series_read(p->file, &samples, &nr, error, sizeof(error)))
		return bad(run, "%s: file: %s", p->path, error);
	out = open_memstream(&text, &size);
	for (i = 0; out && i < nr; i++)
		fprintf(out, "%" PRIu64 " %" PRIu64 "\n", samples[i].time_ns, samples[i].value);
	if (out)
		fclose(out);
	free(samples);
	add_file(list, own_text(list, "series-%u", index), NULL, own(list, text), 0644);
	return text ? 0 : bad(run, "%s: file: no memory for it", p->path);
}

static int make_initramfs(struct real_run *run, const char *path)
{
	struct file_list list = { .nr = 0 };
	char error[1024];
	uint32_t i;
	int ret;

	if (run->guest->nr_programs > FILES_MAX / 2)
		return bad(run, "%s: programs: more than %d", run->guest->path, FILES_MAX / 2);
	add_file(&list, "init", own_text(&list, "%s/agent", run->options.dir), NULL, 0755);
	ret = add_modules(run, &list);
	for (i = 0; !ret && i < run->guest->nr_programs; i++)
		if (run->guest->programs[i].file)
			ret = add_series(run, &list, i);
	if (!ret && initramfs_write(path, list.file, list.nr, error, sizeof(error)))
		ret = bad(run, "%s; 'make real' makes what a boot needs, --real says where it is",
			  error);
	free_list(&list);
	return ret;
}

/* The machine */

static void __attribute__((format(printf, 2, 3))) append(struct real_run *run, const char *fmt, ...)
{
	size_t used = strlen(run->append);
	va_list args;

	va_start(args, fmt);
	vsnprintf(run->append + used, sizeof(run->append) - used, fmt, args);
	va_end(args);
}

static const char *thp_name(const struct scenario_guest *guest)
{
	static const char *const names[] = { [SCENARIO_THP_ALWAYS] = "always",
					     [SCENARIO_THP_MADVISE] = "madvise",
					     [SCENARIO_THP_NEVER] = "never" };

	return names[guest->thp];
}

/* A driver that is built in has its parameters there, too. */
static void kernel_options(struct real_run *run)
{
	const struct scenario_guest *g = run->guest;
	uint32_t i, j;

	append(run, "transparent_hugepage=%s init_on_alloc=%d init_on_free=%d", thp_name(g),
	       g->init_on_alloc, g->init_on_free);
	if (g->movable_mib)
		append(run, " movablecore=%" PRIu64 "M", g->movable_mib);
	if (g->page_poison)
		append(run, " page_poison=1");
	for (i = 0; run->options.kernel && i < g->nr_modules; i++) {
		const struct scenario_module *m = &g->modules[i];

		for (j = 0; j < m->nr_parameters; j++)
			append(run, " %s.%s=%s", image_of(m)->module, m->parameters[j].name,
			       m->parameters[j].value);
	}
}

static int make_directory(struct real_run *run)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(run->dir, sizeof(run->dir), "%s/ballast-real-XXXXXX",
		 tmp && tmp[0] ? tmp : "/tmp");
	if (mkdtemp(run->dir))
		return 0;
	bad(run, "%s: cannot be made: %s; TMPDIR says where", run->dir, strerror(errno));
	run->dir[0] = '\0';
	return -1;
}

static int add_log(struct real_run *run, const char *path)
{
	static const char *const options[] = { TRACE_LOG_OPTIONS, "-D" };
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (real_arguments_add(&run->args, options[i]))
			return bad(run, "%s: too many options for QEMU", run->guest->path);
	return real_arguments_add(&run->args, path) ?
	       bad(run, "%s: too many options for QEMU", run->guest->path) : 0;
}

static void on_event(void *opaque, const char *line)
{
	struct real_run *run = opaque;

	if (run->nr_events == REAL_EVENTS_MAX)
		real_run_fail(run, TRACE_END_FAILED, false,
			      "the guest's agent says too much at once");
	else
		snprintf(run->event[run->nr_events++].text, sizeof(run->event[0].text), "%s", line);
}

static int start_machine(struct real_run *run, const char *initrd)
{
	char qemu[PATH_MAX], firmware[PATH_MAX], kernel[PATH_MAX], error[REAL_ERROR_SIZE];
	struct real_vm_config config = {
		.name = run->guest->name,
		.qemu = qemu,
		.firmware = firmware,
		.kernel = run->options.kernel ? run->options.kernel : kernel,
		.initrd = initrd,
		.append = run->append,
		.accel = run->options.accel,
		.memory_mib = run->guest->memory_mib,
		.vcpus = run->guest->vcpus,
		.dir = run->dir,
		.args = run->args.arg,
		/* Running out of memory is something that scenarios are about. */
		.allowed = 1u << LOG_OOM,
		.event = on_event,
		.opaque = run,
	};

	snprintf(qemu, sizeof(qemu), "%s/qemu-system-x86_64", run->options.dir);
	snprintf(firmware, sizeof(firmware), "%s/firmware", run->options.dir);
	snprintf(kernel, sizeof(kernel), "%s/stock/vmlinuz", run->options.dir);
	run->vm = real_vm_start(&config, error, sizeof(error));
	if (!run->vm)
		return real_run_fail(run, TRACE_END_FAILED, true, "%s", error);
	/* They were needed for the start only. */
	run->vm->config.qemu = run->vm->config.firmware = run->vm->config.kernel = NULL;
	run->vm->config.initrd = NULL;
	return 0;
}

int real_setup_machine(struct real_run *run)
{
	char initrd[PATH_MAX + 16], log[PATH_MAX + 16];

	kernel_options(run);
	if (make_directory(run))
		return -1;
	snprintf(initrd, sizeof(initrd), "%s/initrd", run->dir);
	snprintf(log, sizeof(log), "%s/trace-log", run->dir);
	if (make_initramfs(run, initrd) || (run->recorded && add_log(run, log)) ||
	    start_machine(run, initrd))
		return -1;
	if (run->recorded && lines_open(&run->log, log))
		return bad(run, "QEMU makes no log of its trace events: %s", strerror(errno));
	if (lines_open(&run->console, run->vm->console_path) ||
	    lines_open(&run->said, run->vm->stderr_path))
		return bad(run, "QEMU makes no file of the guest's console: %s", strerror(errno));
	return 0;
}

void real_setup_clean_up(struct real_run *run)
{
	char path[PATH_MAX + NAME_MAX + 2];
	struct dirent *entry;
	DIR *dir;

	lines_close(&run->log);
	lines_close(&run->console);
	lines_close(&run->said);
	real_vm_destroy(run->vm);
	real_arguments_free(&run->args);
	dir = run->dir[0] ? opendir(run->dir) : NULL;
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", run->dir, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	if (dir) {
		closedir(dir);
		rmdir(run->dir);
	}
}

/* The guest */

/* A command of the agent; what the guest refuses is a mistake of the scenario. */
static int __attribute__((format(printf, 5, 6))) guest_does(struct real_run *run, const char *what,
							     char *answer, size_t size,
							     const char *fmt, ...)
{
	char command[REAL_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	if (!real_vm_command(run->vm, REAL_COMMAND_MS, answer, size, "%s", command))
		return 0;
	if (run->vm->failed)
		return real_run_vm_failed(run);
	return bad(run, "%s: %s: the guest refuses it: %s", run->guest->path, what,
		   real_vm_error(run->vm));
}

static int set_number(struct real_run *run, const char *what, const char *file, uint64_t value)
{
	char answer[REAL_LINE_MAX];

	if (guest_does(run, what, NULL, 0, "write %s %" PRIu64, file, value) ||
	    guest_does(run, what, answer, sizeof(answer), "read %s", file))
		return -1;
	if (strtoull(answer, NULL, 10) == value)
		return 0;
	return bad(run, "%s: %s: the guest has %s instead of %" PRIu64, run->guest->path, what,
		   answer, value);
}

/* A kernel of less than 512 MiB leaves huge pages off whatever it is told, as the model does. */
static int check_thp(struct real_run *run)
{
	const char *want = thp_name(run->guest);
	char answer[REAL_LINE_MAX], choice[32], memory[REAL_LINE_MAX * 4];

	if (real_vm_command(run->vm, REAL_COMMAND_MS, answer, sizeof(answer), "read " THP_FILE))
		return run->vm->failed ? real_run_vm_failed(run) :
		       run->guest->thp == SCENARIO_THP_NEVER ? 0 :
		       bad(run, "%s: thp: the guest's kernel has no huge pages; thp = \"never\" "
			   "says so", run->guest->path);
	snprintf(choice, sizeof(choice), "[%s]", want);
	if (strstr(answer, choice))
		return 0;
	if (guest_does(run, "thp", memory, sizeof(memory), "memory"))
		return -1;
	if (strstr(answer, "[never]") && !strncmp(memory, "total ", 6) &&
	    strtoull(memory + 6, NULL, 10) < THP_PAGES_MIN)
		return 0;
	return bad(run, "%s: thp: the guest has %s instead of %s", run->guest->path, answer, want);
}

static int settings(struct real_run *run)
{
	const struct scenario_guest *g = run->guest;

	if (check_thp(run))
		return -1;
	if (g->min_free_kbytes && set_number(run, "min-free-kbytes", "/proc/sys/vm/min_free_kbytes",
					     g->min_free_kbytes))
		return -1;
	if (set_number(run, "watermark-scale-factor", "/proc/sys/vm/watermark_scale_factor",
		       g->watermark_scale_factor))
		return -1;
	return 0;
}

/* A driver that registers for reports sets the order to that of a pageblock. */
static int set_order(struct real_run *run)
{
	uint32_t order = run->guest->page_reporting.order;
	uint64_t has;

	if (order == SCENARIO_ORDER_UNSET)
		return 0;
	if (!real_vm_read_u64(run->vm, ORDER_FILE, &has))
		return has == order ? 0 : set_number(run, "page-reporting", ORDER_FILE, order);
	if (run->vm->failed)
		return real_run_vm_failed(run);
	return order == REPORTING_ORDER ? 0 :
	       bad(run, "%s: page-reporting: the guest's kernel has none", run->guest->path);
}

/* The kernel takes any parameter and only says on its console that there is no such one. */
static int check_parameters(struct real_run *run, const struct scenario_module *m)
{
	const struct image *image = image_of(m);
	char answer[REAL_LINE_MAX], where[256];
	uint32_t i;

	for (i = 0; i < m->nr_parameters; i++) {
		const char *name = m->parameters[i].name;

		snprintf(where, sizeof(where), "/sys/module/%s/parameters/%.100s", image->module,
			 name);
		if (real_vm_command(run->vm, REAL_COMMAND_MS, answer, sizeof(answer), "read %s",
				    where))
			return run->vm->failed ? real_run_vm_failed(run) :
			       bad(run, "%s: %s: the real module has no such parameter, or none "
				   "that can be read (%s)", m->path, name, where);
	}
	return 0;
}

/* A driver that is there has a directory, which cannot be read as a file. */
static int check_driver(struct real_run *run, const struct scenario_module *m)
{
	if (real_vm_command(run->vm, REAL_COMMAND_MS, NULL, 0, "read /sys/bus/virtio/drivers/%s",
			    image_of(m)->driver) && run->vm->failed)
		return real_run_vm_failed(run);
	if (strstr(real_vm_error(run->vm), strerror(EISDIR)))
		return 0;
	return bad(run, "%s: image: the kernel %s has no such driver built in", m->path,
		   run->options.kernel);
}

static int load_module(struct real_run *run, const struct scenario_module *m)
{
	const struct image *image = image_of(m);
	char params[REAL_LINE_MAX / 2] = "";
	size_t used = 0;
	uint32_t i;

	if (image->kind == IMAGE_PART_OF_KERNEL)
		return 0;
	for (i = 0; i < m->nr_parameters && used < sizeof(params); i++)
		used += snprintf(params + used, sizeof(params) - used, " %s=%s",
				 m->parameters[i].name, m->parameters[i].value);
	if (used >= sizeof(params))
		return bad(run, "%s: parameters: too long for a real run", m->path);
	if (!run->options.kernel &&
	    real_vm_command(run->vm, REAL_COMMAND_MS, NULL, 0, "insmod /lib/%s.ko%s",
			    image->module, params))
		return run->vm->failed ? real_run_vm_failed(run) :
		       bad(run, "%s: image: it cannot be loaded: %s", m->path,
			   real_vm_error(run->vm));
	if (run->options.kernel && check_driver(run, m))
		return -1;
	return check_parameters(run, m);
}

int real_setup_guest(struct real_run *run)
{
	uint32_t i;

	if (settings(run))
		return -1;
	for (i = 0; i < run->guest->nr_modules; i++)
		if (load_module(run, &run->guest->modules[i]))
			return -1;
	return set_order(run);
}
