// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules of kernels: files of their images, and those of the host's kernel, which is there if it
 * has any.
 *
 * A mechanism that needs code in the host's kernel is refused before the run when that is missing,
 * and what is missing is named.
 */
#include "machine-internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"
#include "level.h"

#define PATH_SIZE 4096

int machine_image_path(const struct machine *m, const struct level_list *levels, uint32_t version,
		       const char *image, const char *where, char **path, char *error, size_t size)
{
	char text[PATH_SIZE], name[LEVEL_NAME], dir[32] = "";
	char remedy[160] = "build it (make images)";

	if (levels && version && version != levels->standard)
		snprintf(dir, sizeof(dir), "%s-%s/", levels->world == IMAGE_QEMU ? "qemu" : "linux",
			 level_name(version, name));
	snprintf(text, sizeof(text), "%s/%s%s", m->options.image_dir, dir, image);
	if (strchr(image, '/'))
		snprintf(text, sizeof(text), "%s", image);
	if (strlen(text) < 3 || strcmp(text + strlen(text) - 3, ".so"))
		strncat(text, ".so", sizeof(text) - strlen(text) - 1);
	*path = strdup(text);
	if (!*path || access(text, R_OK)) {
		if (*dir && !strchr(image, '/'))
			snprintf(remedy, sizeof(remedy), "not each image is there for each "
				 "version; compile one (ballast build-image --%s %s)",
				 levels->world == IMAGE_QEMU ? "qemu" : "kernel",
				 level_name(version, name));
		snprintf(error, size, "%s: image: there is no file %s; %s or give --images", where,
			 text, remedy);
		return -1;
	}
	return 0;
}

int machine_check_level(const struct level_list *levels, uint32_t *version, bool given,
			const char *path, const char *where, char *error, size_t size)
{
	char mine[LEVEL_NAME], others[LEVEL_NAME], why[PATH_SIZE];
	uint32_t of_image = level_of_image(levels, path, why, sizeof(why));

	if (!of_image) {
		snprintf(error, size, "%s: image: %s", where, why);
		return -1;
	}
	if (!*version)
		*version = of_image;
	if (of_image == *version)
		return 0;
	snprintf(error, size, "%s: image: %s was compiled for %s %s, %s %s; all of a guest's "
		 "have to be of one version", where, path, levels->name, level_name(of_image, mine),
		 given ? "and the scenario asks for" : "and what comes before it for",
		 level_name(*version, others));
	return -1;
}

static int check_module(struct machine_modules *modules, const struct guest_module *module,
			char *error, size_t size)
{
	char why[512];

	if (module_check(module->path, module->args, module->nr_args, why, sizeof(why))) {
		snprintf(error, size, "%s: %s", module->where, why);
		return -1;
	}
	return machine_check_level(&linux_levels, &modules->version, modules->given, module->path,
				   module->where, error, size);
}

int machine_modules_fill(const struct machine *m, const struct scenario_module *config, uint32_t nr,
			 struct machine_modules *modules, char *error, size_t size)
{
	uint32_t i, j, nr_args = 0, arg = 0;

	modules->given = modules->version;
	for (i = 0; i < nr; i++)
		nr_args += config[i].nr_parameters;
	modules->module = calloc(nr + 1, sizeof(*modules->module));
	modules->arg = calloc(nr_args + 1, sizeof(*modules->arg));
	modules->path = calloc(nr + 1, sizeof(*modules->path));
	if (!modules->module || !modules->arg || !modules->path)
		return -1;
	for (i = 0; i < nr; i++) {
		modules->nr++;
		if (machine_image_path(m, &linux_levels, modules->given, config[i].image,
				       config[i].path, &modules->path[i], error, size))
			return -1;
		modules->module[i] = (struct guest_module){
			.where = config[i].path, .path = modules->path[i],
			.args = &modules->arg[arg], .nr_args = config[i].nr_parameters };
		for (j = 0; j < config[i].nr_parameters; j++)
			modules->arg[arg++] = (struct module_arg){
				config[i].parameters[j].name, config[i].parameters[j].value };
		if (check_module(modules, &modules->module[i], error, size))
			return -1;
	}
	return 0;
}

void machine_modules_free(struct machine_modules *modules)
{
	uint32_t i;

	for (i = 0; i < modules->nr; i++)
		free(modules->path[i]);
	free(modules->path);
	free(modules->arg);
	free(modules->module);
}

/* The host's kernel */

static void host_log(struct kernel *kernel, int level, const char *text)
{
	machine_host_says(guest_kernel_opaque(kernel),
			  level <= 3 ? TRACE_ERROR : level == 4 ? TRACE_WARNING : TRACE_INFO,
			  text);
}

/* All guests are gone with it. */
static void host_panicked(struct kernel *kernel, const char *text, bool bug)
{
	struct machine *m = guest_kernel_opaque(kernel);

	m->faulted = true;
	machine_fail(m, bug ? TRACE_END_PROTOCOL : TRACE_END_FAILED, false, "the host's kernel: %s",
		     text);
}

int machine_host_kernel_create(struct machine *m, char *error, size_t size)
{
	const struct scenario_host *host = &m->scenario->host;

	if (!host->nr_modules)
		return 0;
	m->host_modules.version = linux_levels.standard;
	if (machine_modules_fill(m, host->modules, host->nr_modules, &m->host_modules, error,
				 size))
		return -1;
	m->host_kernel_config = (struct host_kernel_config){
		.host = &m->host, .modules = m->host_modules.module,
		.nr_modules = m->host_modules.nr, .seed = m->scenario->seed, .log = host_log,
		.panicked = host_panicked, .opaque = m,
	};
	m->host_kernel = host_kernel_create(&m->host_kernel_config, error, size);
	return m->host_kernel ? 0 : -1;
}

void machine_host_kernel_destroy(struct machine *m)
{
	if (m->host_kernel)
		host_kernel_destroy(m->host_kernel);
	machine_modules_free(&m->host_modules);
}

void machine_check_host_kernel(struct machine *m)
{
	const char *warning = m->host_kernel ? host_kernel_warning(m->host_kernel) : "";

	if (warning[0])
		machine_fail(m, TRACE_END_PROTOCOL, false, "the host's kernel warned: %s",
			     warning);
}

/* What needs it */

static bool makes_hypercalls(const char *path)
{
	static const char *const calls[] = { "kvm_hypercall0", "kvm_hypercall1", "kvm_hypercall2",
					     "kvm_hypercall3", "kvm_hypercall4" };
	unsigned int i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (image_file_has(path, calls[i]) == IMAGE_NEEDS)
			return true;
	return false;
}

int machine_check_wants(const struct machine_guest *guest, char *error, size_t size)
{
	const struct scenario_guest *config = guest->config;
	uint32_t i;

	/* PAGE_SIZE is compiled in, and hugetlbfs is memory of 4 KiB page frames. */
	if (guest->machine->host_kernel && config->page_size_kib != 4 &&
	    config->page_size_kib != 2048) {
		snprintf(error, size, "%s: page-size-kib: %u; modules of the host's kernel are "
			 "compiled for pages of 4 KiB; allowed with them: 4, 2048", config->path,
			 config->page_size_kib);
		return -1;
	}
	for (i = 0; i < guest->modules.nr; i++) {
		const char *where = guest->config->modules[i].path;

		if (!makes_hypercalls(guest->modules.path[i]))
			continue;
		if (!kvm_features(guest->vm)) {
			snprintf(error, size,
				 "%s: it makes hypercalls, and no module of the host's kernel "
				 "handles any; allowed: with one in /host, such as host { modules "
				 "{ hint { compatible = \"ballast,module\"; image = "
				 "\"kvm_page_hint_host\"; }; }; }", where);
			return -1;
		}
		if (guest->config->assigned_device) {
			snprintf(error, size, "%s: the host takes no hints of a guest with "
				 "assigned-device; allowed: one of both", where);
			return -1;
		}
	}
	return 0;
}

const char *machine_host_lacks(const struct machine *m, const char *why)
{
	if (!strstr(why, "/dev/vhost"))
		return "";
	return "; a module of the host's kernel makes that file, such as host { modules { vhost { "
	       "compatible = \"ballast,module\"; image = \"vhost_page_hint\"; }; }; }";
}
