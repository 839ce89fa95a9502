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

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "images.h"
#include "initramfs.h"
#include "log.h"
#include "protocol.h"
#include "series.h"
#include "trace_log.h"

#define REPORTING_ORDER 9	/* as Linux 6.1 has it compiled in */
#define FILES_MAX 64

#define ORDER_FILE "/sys/module/page_reporting/parameters/page_reporting_order"
#define THP_FILE "/sys/kernel/mm/transparent_hugepage/enabled"
#define THP_PAGES_MIN (512 << 8)	/* hugepage_init() */

static int bad(struct real_guest *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int bad(struct real_guest *g, const char *fmt, ...)
{
	char text[REAL_ERROR_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return real_run_fail(g->run, TRACE_END_FAILED, true, "%s", text);
}

/* A guest that the host has killed is set up no further, either. */
static int vm_failed(struct real_guest *g)
{
	real_guest_failed(g);
	return -1;
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

static int add_stock_modules(struct real_guest *g, struct file_list *list)
{
	char *order = own_text(list, "%s/stock/order", g->run->options.dir), *loads = NULL;
	FILE *f = fopen(order, "r"), *out;
	char name[128];
	size_t size;

	if (!f)
		return bad(g, "%s: %s; 'make real' makes it, --real says where it is", order,
			   strerror(errno));
	out = open_memstream(&loads, &size);
	while (fgets(name, sizeof(name), f)) {
		name[strcspn(name, "\n")] = '\0';
		if (!name[0])
			continue;
		fprintf(out, "/lib/%s.ko\n", name);
		add_file(list, own_text(list, "lib/%s.ko", name),
			 own_text(list, "%s/stock/%s.ko", g->run->options.dir, name), NULL, 0644);
	}
	fclose(f);
	fclose(out);
	add_file(list, "modules", NULL, own(list, loads), 0644);
	return 0;
}

static const char *module_file(struct real_guest *g, struct file_list *list,
			       const struct real_image *image)
{
	if (g->run->options.stock_module && !strcmp(image->module, "virtio_balloon"))
		return g->run->options.stock_module;
	return own_text(list, "%s/%s", g->run->options.dir, image->file);
}

static int add_modules(struct real_guest *g, struct file_list *list)
{
	uint32_t i, j;

	if (g->run->options.kernel)
		return 0;
	if (add_stock_modules(g, list))
		return -1;
	for (i = 0; i < g->config->nr_modules; i++) {
		const struct real_image *image = real_image_of(&g->config->modules[i]);

		for (j = 0; j < i; j++)
			if (real_image_of(&g->config->modules[j]) == image)
				break;
		if (j == i && image->kind == REAL_IMAGE_MODULE)
			add_file(list, own_text(list, "lib/%s.ko", image->module),
				 module_file(g, list, image), NULL, 0644);
	}
	return 0;
}

/* The agent reads lines "NS VALUE". */
static int add_series(struct real_guest *g, struct file_list *list, uint32_t index)
{
	const struct scenario_program *p = &g->config->programs[index];
	struct program_sample *samples;
	char error[512], *text = NULL;
	size_t nr, i, size;
	FILE *out;

	if (series_read(p->file, &samples, &nr, error, sizeof(error)))
		return bad(g, "%s: file: %s", p->path, error);
	out = open_memstream(&text, &size);
	for (i = 0; out && i < nr; i++)
		fprintf(out, "%" PRIu64 " %" PRIu64 "\n", samples[i].time_ns, samples[i].value);
	if (out)
		fclose(out);
	free(samples);
	add_file(list, own_text(list, "series-%u", index), NULL, own(list, text), 0644);
	return text ? 0 : bad(g, "%s: file: no memory for it", p->path);
}

static int make_initramfs(struct real_guest *g, const char *path)
{
	struct file_list list = { .nr = 0 };
	char error[1024];
	uint32_t i;
	int ret;

	if (g->config->nr_programs > FILES_MAX / 2)
		return bad(g, "%s: programs: more than %d", g->config->path, FILES_MAX / 2);
	add_file(&list, "init", own_text(&list, "%s/agent", g->run->options.dir), NULL, 0755);
	ret = add_modules(g, &list);
	for (i = 0; !ret && i < g->config->nr_programs; i++)
		if (g->config->programs[i].file)
			ret = add_series(g, &list, i);
	if (!ret && initramfs_write(path, list.file, list.nr, error, sizeof(error)))
		ret = bad(g, "%s; 'make real' makes what a boot needs, --real says where it is",
			  error);
	free_list(&list);
	return ret;
}

/* The machine */

static void __attribute__((format(printf, 2, 3))) append(struct real_guest *g, const char *fmt, ...)
{
	size_t used = strlen(g->append);
	va_list args;

	va_start(args, fmt);
	vsnprintf(g->append + used, sizeof(g->append) - used, fmt, args);
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
static void kernel_options(struct real_guest *g)
{
	const struct scenario_guest *c = g->config;
	uint32_t i, j;

	append(g, "transparent_hugepage=%s init_on_alloc=%d init_on_free=%d", thp_name(c),
	       c->init_on_alloc, c->init_on_free);
	if (c->async_pf == SCENARIO_ASYNC_PF_HALT)
		append(g, " no-kvmapf");
	if (c->movable_mib)
		append(g, " movablecore=%" PRIu64 "M", c->movable_mib);
	if (c->page_poison)
		append(g, " page_poison=1");
	for (i = 0; g->run->options.kernel && i < c->nr_modules; i++) {
		const struct scenario_module *m = &c->modules[i];

		for (j = 0; j < m->nr_parameters; j++)
			append(g, " %s.%s=%s", real_image_of(m)->module, m->parameters[j].name,
			       m->parameters[j].value);
	}
}

static void log_path(const struct real_guest *g, char *path, size_t size)
{
	snprintf(path, size, "%s/trace-log", g->dir);
}

static int add_log(struct real_guest *g)
{
	static const char *const options[] = { TRACE_LOG_OPTIONS, "-D" };
	char path[PATH_MAX + 16];
	size_t i;

	log_path(g, path, sizeof(path));
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (real_arguments_add(&g->args, options[i]))
			return bad(g, "%s: too many options for QEMU", g->config->path);
	return real_arguments_add(&g->args, path) ?
	       bad(g, "%s: too many options for QEMU", g->config->path) : 0;
}

void real_setup_config(struct real_guest *g, struct real_vm_config *config)
{
	struct real_run *run = g->run;
	const struct real_run_options *o = &run->options;

	snprintf(run->qemu, sizeof(run->qemu), "%s/qemu-system-x86_64", o->dir);
	snprintf(run->firmware, sizeof(run->firmware), "%s/firmware", o->dir);
	snprintf(run->kernel, sizeof(run->kernel), "%s/stock/vmlinuz", o->dir);
	config->name = g->config->name;
	config->qemu = run->qemu;
	config->firmware = run->firmware;
	config->kernel = o->kernel ? o->kernel : run->kernel;
	config->initrd = g->initrd;
	config->append = g->append;
	config->accel = o->accel;
	config->memory_mib = g->config->memory_mib;
	config->vcpus = g->config->vcpus;
	config->dir = g->dir;
	config->args = g->args.arg;
	config->group = run->limited ? run->group.procs : 0;
	/* Running out of memory is something that scenarios are about. */
	config->allowed = 1u << LOG_OOM;
}

int real_setup_machine(struct real_guest *g)
{
	struct real_vm_config config = { 0 };
	char error[REAL_ERROR_SIZE];

	kernel_options(g);
	/* Names of guests may be alike. */
	if (snprintf(g->dir, sizeof(g->dir), "%s/%u", g->run->dir, g->id) >= (int)sizeof(g->dir) ||
	    mkdir(g->dir, 0755))
		return bad(g, "%s: cannot be made: %s; TMPDIR says where", g->dir,
			   strerror(errno));
	snprintf(g->initrd, sizeof(g->initrd), "%s/initrd", g->dir);
	if (make_initramfs(g, g->initrd) || (g->recorded && add_log(g)))
		return -1;
	real_setup_config(g, &config);
	return real_vm_check(&config, error, sizeof(error)) ? bad(g, "%s", error) : 0;
}

int real_setup_open_logs(struct real_guest *g)
{
	char log[PATH_MAX + 16];

	log_path(g, log, sizeof(log));
	if (g->recorded && lines_open(&g->log, log))
		return bad(g, "QEMU makes no log of its trace events: %s", strerror(errno));
	if (lines_open(&g->console, g->vm->console_path) ||
	    lines_open(&g->said, g->vm->stderr_path))
		return bad(g, "QEMU makes no file of the guest's console: %s", strerror(errno));
	return 0;
}

void real_setup_clean_up(struct real_guest *g)
{
	lines_close(&g->log);
	lines_close(&g->console);
	lines_close(&g->said);
	real_vm_destroy(g->vm);
	g->vm = NULL;
	real_arguments_free(&g->args);
}

/* The guest */

/* A command of the agent; what the guest refuses is a mistake of the scenario. */
static int __attribute__((format(printf, 5, 6))) guest_does(struct real_guest *g, const char *what,
							     char *answer, size_t size,
							     const char *fmt, ...)
{
	char command[REAL_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	if (!real_vm_command(g->vm, REAL_COMMAND_MS, answer, size, "%s", command))
		return 0;
	if (g->vm->failed)
		return vm_failed(g);
	return bad(g, "%s: %s: the guest refuses it: %s", g->config->path, what,
		   real_vm_error(g->vm));
}

static int set_number(struct real_guest *g, const char *what, const char *file, uint64_t value)
{
	char answer[REAL_LINE_MAX];

	if (guest_does(g, what, NULL, 0, "write %s %" PRIu64, file, value) ||
	    guest_does(g, what, answer, sizeof(answer), "read %s", file))
		return -1;
	if (strtoull(answer, NULL, 10) == value)
		return 0;
	return bad(g, "%s: %s: the guest has %s instead of %" PRIu64, g->config->path, what,
		   answer, value);
}

/* A kernel of less than 512 MiB leaves huge pages off whatever it is told, as the model does. */
static int check_thp(struct real_guest *g)
{
	const char *want = thp_name(g->config);
	char answer[REAL_LINE_MAX], choice[32], memory[REAL_LINE_MAX * 4];

	if (real_vm_command(g->vm, REAL_COMMAND_MS, answer, sizeof(answer), "read " THP_FILE))
		return g->vm->failed ? vm_failed(g) :
		       g->config->thp == SCENARIO_THP_NEVER ? 0 :
		       bad(g, "%s: thp: the guest's kernel has no huge pages; thp = \"never\" "
			   "says so", g->config->path);
	snprintf(choice, sizeof(choice), "[%s]", want);
	if (strstr(answer, choice))
		return 0;
	if (guest_does(g, "thp", memory, sizeof(memory), "memory"))
		return -1;
	if (strstr(answer, "[never]") && !strncmp(memory, "total ", 6) &&
	    strtoull(memory + 6, NULL, 10) < THP_PAGES_MIN)
		return 0;
	return bad(g, "%s: thp: the guest has %s instead of %s", g->config->path, answer, want);
}

static int settings(struct real_guest *g)
{
	const struct scenario_guest *c = g->config;

	if (check_thp(g))
		return -1;
	if (c->min_free_kbytes && set_number(g, "min-free-kbytes", "/proc/sys/vm/min_free_kbytes",
					     c->min_free_kbytes))
		return -1;
	if (set_number(g, "watermark-scale-factor", "/proc/sys/vm/watermark_scale_factor",
		       c->watermark_scale_factor))
		return -1;
	return 0;
}

/* A driver that registers for reports sets the order to that of a pageblock. */
static int set_order(struct real_guest *g)
{
	uint32_t order = g->config->page_reporting.order;
	uint64_t has;

	if (order == SCENARIO_ORDER_UNSET)
		return 0;
	if (!real_vm_read_u64(g->vm, ORDER_FILE, &has))
		return has == order ? 0 : set_number(g, "page-reporting", ORDER_FILE, order);
	if (g->vm->failed)
		return vm_failed(g);
	return order == REPORTING_ORDER ? 0 :
	       bad(g, "%s: page-reporting: the guest's kernel has none", g->config->path);
}

/* The kernel takes any parameter and only says on its console that there is no such one. */
static int check_parameters(struct real_guest *g, const struct scenario_module *m)
{
	const struct real_image *image = real_image_of(m);
	char answer[REAL_LINE_MAX], where[256];
	uint32_t i;

	for (i = 0; i < m->nr_parameters; i++) {
		const char *name = m->parameters[i].name;

		snprintf(where, sizeof(where), "/sys/module/%s/parameters/%.100s", image->module,
			 name);
		if (real_vm_command(g->vm, REAL_COMMAND_MS, answer, sizeof(answer), "read %s",
				    where))
			return g->vm->failed ? vm_failed(g) :
			       bad(g, "%s: %s: the real module has no such parameter, or none "
				   "that can be read (%s)", m->path, name, where);
	}
	return 0;
}

/* A driver that is there has a directory, which cannot be read as a file. */
static int check_driver(struct real_guest *g, const struct scenario_module *m)
{
	if (real_vm_command(g->vm, REAL_COMMAND_MS, NULL, 0, "read /sys/bus/virtio/drivers/%s",
			    real_image_of(m)->driver) && g->vm->failed)
		return vm_failed(g);
	if (strstr(real_vm_error(g->vm), strerror(EISDIR)))
		return 0;
	return bad(g, "%s: image: the kernel %s has no such driver built in", m->path,
		   g->run->options.kernel);
}

static int load_module(struct real_guest *g, const struct scenario_module *m)
{
	const struct real_image *image = real_image_of(m);
	char params[REAL_LINE_MAX / 2] = "";
	size_t used = 0;
	uint32_t i;

	if (image->kind == REAL_IMAGE_PART_OF_KERNEL)
		return 0;
	for (i = 0; i < m->nr_parameters && used < sizeof(params); i++)
		used += snprintf(params + used, sizeof(params) - used, " %s=%s",
				 m->parameters[i].name, m->parameters[i].value);
	if (used >= sizeof(params))
		return bad(g, "%s: parameters: too long for a real run", m->path);
	if (!g->run->options.kernel &&
	    real_vm_command(g->vm, REAL_COMMAND_MS, NULL, 0, "insmod /lib/%s.ko%s",
			    image->module, params))
		return g->vm->failed ? vm_failed(g) :
		       bad(g, "%s: image: it cannot be loaded: %s", m->path,
			   real_vm_error(g->vm));
	if (g->run->options.kernel && check_driver(g, m))
		return -1;
	return check_parameters(g, m);
}

int real_setup_guest(struct real_guest *g)
{
	uint32_t i;

	if (settings(g))
		return -1;
	for (i = 0; i < g->config->nr_modules; i++)
		if (load_module(g, &g->config->modules[i]))
			return -1;
	return set_order(g);
}
