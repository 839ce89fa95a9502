/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What no single property can tell: references, things that wait for each other, machines that
 * cannot exist; and the guests multiplied by their count.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "series.h"

/* ---- references ---- */

/* The node that the index-th cell of a phandle property means; NULL when there is none. */
static struct tree_node *target_of(struct parser *p, const struct tree_property *property,
				   uint32_t index)
{
	uint32_t phandle = value_cell(property, index);

	return phandle ? tree_by_phandle(p->root, phandle) : NULL;
}

static uint32_t nr_targets(const struct tree_property *property)
{
	return property ? property->len / 4 : 0;
}

static void resolve_property(struct parser *p, struct tree_node *node,
			     const struct property_spec *spec, const struct tree_property *property)
{
	for (uint32_t i = 0; i < nr_targets(property); i++) {
		struct tree_node *target = target_of(p, property, i);
		char *allowed = value_allowed(spec);

		if (!target)
			parse_error(p, property->file, node, spec->name,
				    "refers to no node; allowed: %s", allowed);
		else if (!target->spec)
			parse_error(p, property->file, node, spec->name,
				    "%s is disabled; allowed: %s", target->path, allowed);
		else if (!(NODE_BIT(target->spec->kind) & spec->targets))
			parse_error(p, property->file, node, spec->name,
				    "%s is of another kind; allowed: %s", target->path, allowed);
		else if (node->spec->kind == NODE_GUEST && target->spec->kind == NODE_BOOT)
			p->scenario->guests[node->guest].boot = p->boots[target->index];
		else if (target->spec->kind == NODE_CGROUP)
			parse_set_cgroup(p, node, target->index + 1);
		else if (target->spec->kind == NODE_DISK)
			parse_set_disk(p, node, target->index + 1);
		else if (node->spec->kind == NODE_COMMAND && !strcmp(spec->name, "guest"))
			p->scenario->commands[node->index].guest = target->guest;
		else if (node->spec->kind == NODE_FIGURE)
			p->scenario->published.figures[node->index].command = target->index;
		free(allowed);
	}
}

static void resolve_node(struct parser *p, struct tree_node *node)
{
	if (!node->spec)
		return;
	for_each_property(node->spec, set, property)
		if (property->type == PROPERTY_PHANDLE)
			resolve_property(p, node, property, tree_property(node, property->name));
	for (struct tree_node *child = node->children; child; child = child->next)
		resolve_node(p, child);
}

void parse_resolve(struct parser *p)
{
	resolve_node(p, p->root);
}

/* ---- who waits for whom ---- */

enum wait_for { WAIT_END, WAIT_START };

struct wait_path {
	const struct tree_node *node;
	const struct wait_path *before;
};

/* The program that the shell's order makes @node wait for; NULL: none. */
static struct tree_node *program_before(const struct tree_node *node)
{
	struct tree_node *at, *before = NULL;

	if (tree_property(node, "after"))
		return NULL;
	for (at = node->parent->children; at != node; at = at->next)
		if (at->spec && at->spec->kind == NODE_PROGRAM && !tree_property(at, "background"))
			before = at;
	return before;
}

static void report_cycle(struct parser *p, struct tree_node *node, const struct wait_path *path)
{
	struct tree_property *after = NULL;
	char *text = scenario_strdup(p->scenario, node->path);
	struct tree_node *at = node, *blamed = node;

	do {
		if (!after && tree_property(path->node, "after")) {
			blamed = (struct tree_node *)path->node;
			after = tree_property(blamed, "after");
		}
		if (path->node == at && at != node) {
			path = path->before;	/* end and start of one guest */
			continue;
		}
		at = (struct tree_node *)path->node;
		text = scenario_printf(p->scenario, "%s -> %s", at->path, text);
		path = path->before;
	} while (at != node && path);
	parse_error(p, after ? after->file : node->file, blamed, "after",
		    "waits for itself: %s; allowed: an order that has a beginning", text);
}

static void follow(struct parser *p, struct tree_node *node, enum wait_for what,
		   const struct wait_path *before);

static void follow_targets(struct parser *p, struct tree_node *node, const struct wait_path *path)
{
	struct tree_property *after = tree_property(node, "after");

	for (uint32_t i = 0; i < nr_targets(after); i++)
		follow(p, target_of(p, after, i), WAIT_END, path);
}

static void follow_guest_end(struct parser *p, struct tree_node *node,
			     const struct wait_path *path)
{
	struct tree_node *programs = tree_child(node, "programs");

	follow(p, node, WAIT_START, path);
	for (struct tree_node *at = programs ? programs->children : NULL; at; at = at->next)
		if (at->spec)
			follow(p, at, WAIT_END, path);
}

static void follow(struct parser *p, struct tree_node *node, enum wait_for what,
		   const struct wait_path *before)
{
	struct wait_path path = { node, before };
	struct tree_node *program;

	if (p->nr_errors || node->visit[what] == 2)
		return;
	if (node->visit[what] == 1) {
		report_cycle(p, node, before);
		return;
	}
	node->visit[what] = 1;
	if (node->spec->kind == NODE_GUEST && what == WAIT_END) {
		follow_guest_end(p, node, &path);
	} else {
		program = node->spec->kind == NODE_PROGRAM ? program_before(node) : NULL;
		if (node->spec->kind == NODE_PROGRAM)
			follow(p, p->guest_nodes[node->guest], WAIT_START, &path);
		if (program)
			follow(p, program, WAIT_END, &path);
		if (node->spec->kind == NODE_COMMAND &&
		    p->scenario->commands[node->index].guest != SCENARIO_NO_GUEST)
			follow(p, p->guest_nodes[p->scenario->commands[node->index].guest],
			       WAIT_START, &path);
		follow_targets(p, node, &path);
	}
	node->visit[what] = 2;
}

static void check_order(struct parser *p)
{
	for (uint32_t i = 0; i < p->scenario->nr_guests; i++)
		follow(p, p->guest_nodes[i], WAIT_END, NULL);
	for (uint32_t i = 0; i < p->scenario->nr_commands; i++)
		follow(p, p->command_nodes[i], WAIT_END, NULL);
}

/* ---- machines that cannot exist ---- */

static struct tree_node *child_of_kind(const struct tree_node *node, enum node_kind kind)
{
	struct tree_node *child = node->children;

	while (child && (!child->spec || child->spec->kind != kind))
		child = child->next;
	return child;
}

static void check_swap(struct parser *p, const struct tree_node *parent,
		       const struct scenario_swap *swap)
{
	struct tree_node *node = child_of_kind(parent, NODE_SWAP);

	if (!node)
		return;
	if (!swap->size_mib)
		parse_error(p, blame(node, "size-mib"), node, "size-mib",
			    "the device is smaller than a page; allowed: 1..131071 MiB, "
			    "or status = \"disabled\"");
	if (swap->readahead_pages & (swap->readahead_pages - 1))
		parse_error(p, blame(node, "readahead-pages"), node, "readahead-pages",
			    "%" PRIu32 " is not a power of two; allowed: 1, 2, 4, ... 512 pages",
			    swap->readahead_pages);
	if (swap->seek_max_us < swap->seek_us)
		parse_error(p, blame(node, "seek-max-us"), node, "seek-max-us",
			    "less than the mean; allowed: %" PRIu32 "..10000000 us", swap->seek_us);
}

static void check_files(struct parser *p, const struct tree_node *parent,
			struct scenario_host *host)
{
	struct tree_node *node;

	for (node = parent->children; node; node = node->next) {
		struct scenario_files *files;

		if (!node->spec || node->spec->kind != NODE_FILES)
			continue;
		files = &host->files[node->index];
		if (files->cached_mib == UINT64_MAX)
			files->cached_mib = files->size_mib;
		if (files->cached_mib > files->size_mib)
			parse_error(p, blame(node, "cached-mib"), node, "cached-mib",
				    "more than there is; allowed: 0..%" PRIu64 " MiB",
				    files->size_mib);
		if (files->hot_mib > files->size_mib)
			parse_error(p, blame(node, "hot-mib"), node, "hot-mib",
				    "more than there is; allowed: 0..%" PRIu64 " MiB",
				    files->size_mib);
	}
}

static void check_host(struct parser *p)
{
	struct scenario_host *host = &p->scenario->host;
	struct tree_node *node = child_of_kind(p->root, NODE_HOST);

	if (host->kernel_reserve_mib + 64 > host->memory_mib)
		parse_error(p, blame(node, "kernel-reserve-mib"), node, "kernel-reserve-mib",
			    "leaves less than 64 MiB of %" PRIu64 "; allowed: 0..%" PRIu64 " MiB",
			    host->memory_mib, host->memory_mib - 64);
	else if (host->vmm_memory_mib + host->kernel_reserve_mib >= host->memory_mib)
		parse_error(p, blame(node, "vmm-memory-mib"), node, "vmm-memory-mib",
			    "a VMM of %" PRIu32 " MiB does not fit into the host; allowed: "
			    "0..%" PRIu64 " MiB", host->vmm_memory_mib,
			    host->memory_mib - host->kernel_reserve_mib - 1);
	if (host->min_free_kbytes >= host->memory_mib << 9)
		parse_error(p, blame(node, "min-free-kbytes"), node, "min-free-kbytes",
			    "half of the memory or more; allowed: 0..%" PRIu64 " KiB",
			    (host->memory_mib << 9) - 1);
	if (host->lru_gen_min_ttl_ms && host->lru != SCENARIO_LRU_MGLRU)
		parse_error(p, blame(node, "lru-gen-min-ttl-ms"), node, "lru-gen-min-ttl-ms",
			    "active and inactive lists have none; allowed: 0, or lru = \"mglru\"");
	check_swap(p, node, &host->swap);
	check_files(p, node, host);
	parse_check_cgroups(p, node);
	parse_check_disks(p, node);
}

/* Memory that booting needs at its peak. */
static uint64_t boot_peak_mib(const struct scenario_guest *guest)
{
	const struct scenario_boot *boot = &guest->boot;

	return (uint64_t)boot->reserved_mib + boot->kernel_mib + boot->user_mib +
	       boot->released_mib + (guest->memory_mib * boot->page_struct_bytes >> 12);
}

static void check_program(struct parser *p, const struct tree_node *node,
			  const struct scenario_guest *guest,
			  const struct scenario_program *program)
{
	uint64_t memory = guest->memory_mib + guest->swap.size_mib, each = 1;
	uint64_t most;
	char line[256] = "";
	FILE *file;

	if (program->kind == SCENARIO_PROGRAM_STREAM)
		each = UINT64_C(2) * program->tasks;	/* arrays, all of them at once */
	if (program->min_kib > program->max_kib)
		parse_error(p, blame(node, "max-kib"), node, "max-kib",
			    "less than min-kib; allowed: %" PRIu32 "..1073741824 KiB",
			    program->min_kib);
	if (program->kind == SCENARIO_PROGRAM_FTQ &&
	    program->quantum_us > program->duration_ms * UINT64_C(1000))
		parse_error(p, blame(node, "quantum-us"), node, "quantum-us",
			    "longer than duration-ms, so that nothing would be measured; allowed: "
			    "1..%" PRIu64 " us", program->duration_ms * UINT64_C(1000));
	if (program->size_mib > memory / each)
		parse_error(p, blame(node, "size-mib"), node, "size-mib",
			    "more than the guest's memory and swap; allowed: 1..%" PRIu64 " MiB",
			    memory / each);
	if (!program->file)
		return;
	file = fopen(program->file, "r");
	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	if (!series_is_head(line))
		parse_error(p, blame(node, "file"), node, "file",
			    "the first line of %s is not its header; allowed: time_s,used_bytes "
			    "or time_s,used_bytes,file_bytes", program->file);
	/* As mmap() would refuse it (6.1: __vm_enough_memory()). */
	most = series_most_bytes(program->file) >> 20;
	if (most * program->bytes_percent / 100 > memory)
		parse_error(p, blame(node, "file"), node, "file",
			    "%s holds up to %" PRIu64 " MiB, more than the guest's memory and "
			    "swap; allowed: %" PRIu64 " MiB, or bytes-percent up to %" PRIu64,
			    program->file, most, memory, memory * 100 / most);
}

/* Whether a kernel would call both by one name: that of the file, with '-' as '_'. */
static bool same_module(const char *a, const char *b)
{
	const char *slash;

	a = (slash = strrchr(a, '/')) ? slash + 1 : a;
	b = (slash = strrchr(b, '/')) ? slash + 1 : b;
	while (*a && (*a == *b || (strchr("-_", *a) && *b && strchr("-_", *b)))) {
		a++;
		b++;
	}
	return (!*a || !strcmp(a, ".so")) && (!*b || !strcmp(b, ".so"));
}

/* As insmod would say, which finds the first one loaded. */
static void check_modules(struct parser *p, const struct tree_node *node,
			  const struct scenario_module *modules)
{
	uint32_t i = 0, j;

	for (; node; node = node->next) {
		if (!node->spec)
			continue;
		for (j = 0; j < i; j++)
			if (same_module(modules[i].image, modules[j].image))
				break;
		if (j < i)
			parse_error(p, blame(node, "image"), node, "image",
				    "File exists: %s loads module %s already; allowed: a module "
				    "once in a kernel", modules[j].name, modules[j].image);
		i++;
	}
}

/* The host's worker says that it has no packed rings, and the device would then offer none. */
static void check_devices(struct parser *p, const struct tree_node *node,
			  const struct scenario_device *device)
{
	for (; node; node = node->next) {
		if (!node->spec)
			continue;
		if (device->packed && device->vhost)
			parse_error(p, blame(node, "packed"), node, "packed",
				    "the host's worker has split rings only; allowed: packed "
				    "without vhost");
		device++;
	}
}

/* Few, and those with equal numbers stay as they are. */
static void sort_modules(struct scenario_module *modules, uint32_t nr)
{
	for (uint32_t i = 1; i < nr; i++) {
		for (uint32_t j = i; j > 0; j--) {
			struct scenario_module *m = &modules[j - 1], moved = m[0];

			if (m[0].load_order <= m[1].load_order)
				break;
			m[0] = m[1];
			m[1] = moved;
		}
	}
}

static void check_host_modules(struct parser *p)
{
	const struct scenario_host *host = &p->scenario->host;
	struct tree_node *modules = tree_child(child_of_kind(p->root, NODE_HOST), "modules");

	if (modules)
		check_modules(p, modules->children, host->modules);
	sort_modules(host->modules, host->nr_modules);
}

/*
 * RAM as QEMU's q35 lays it out: more than 2,816 MiB end 2 GiB higher, since only 2 GiB of them are
 * below 4 GiB, beside registers of devices and the firmware.
 */
static uint64_t addressable_mib(uint32_t phys_bits)
{
	const uint64_t low_mib = 2816, hole_mib = 2048, all_mib = UINT64_C(1) << (phys_bits - 20);

	return all_mib - hole_mib > low_mib ? all_mib - hole_mib : low_mib;
}

static void check_controller(struct parser *p, const struct tree_node *parent,
			     const struct scenario_guest *guest)
{
	const struct scenario_device *balloon = scenario_balloon(guest);
	const struct scenario_controller *c = &guest->controller;
	const struct tree_node *node = child_of_kind(parent, NODE_CONTROLLER);

	if (!node)
		return;
	if (!balloon)
		parse_error(p, node->file, node, NULL,
			    "there is no balloon to control; allowed: a guest with one");
	else if (!balloon->stats_polling_s)
		parse_error(p, node->file, node, NULL,
			    "it would know nothing of the guest; allowed: a balloon with "
			    "guest-stats-polling-s of 1 or more");
	if (c->low_percent >= c->high_percent)
		parse_error(p, blame(node, "high-percent"), node, "high-percent",
			    "not above low-percent; allowed: %" PRIu32 "..100 %%",
			    c->low_percent + 1);
	if (c->pressure_low_permille >= c->pressure_high_permille)
		parse_error(p, blame(node, "pressure-high-permille"), node,
			    "pressure-high-permille",
			    "not above pressure-low-permille; allowed: %" PRIu32 "..1000",
			    c->pressure_low_permille + 1);
	if (c->min_mib > guest->memory_mib)
		parse_error(p, blame(node, "min-mib"), node, "min-mib",
			    "more than the guest has; allowed: 1..%" PRIu64 " MiB",
			    guest->memory_mib);
}

static void check_guest(struct parser *p, struct tree_node *node,
			const struct scenario_guest *guest)
{
	uint64_t limit_mib = addressable_mib(guest->phys_bits);
	uint64_t boot_mib = boot_peak_mib(guest);
	struct tree_node *programs = tree_child(node, "programs"), *at;
	struct tree_node *modules = tree_child(node, "modules");
	struct tree_node *devices = tree_child(node, "devices");
	uint32_t nr = 0;

	if (guest->memory_mib > limit_mib)
		parse_error(p, blame(node, "memory-mib"), node, "memory-mib",
			    "%" PRIu64 " MiB do not fit into %" PRIu32 " bits of address; "
			    "allowed: 64..%" PRIu64 " MiB, or more phys-bits", guest->memory_mib,
			    guest->phys_bits, limit_mib);
	if (guest->page_size_kib != 4 && guest->page_size_kib != 64 &&
	    guest->page_size_kib != 2048)
		parse_error(p, blame(node, "page-size-kib"), node, "page-size-kib",
			    "%" PRIu32 " KiB is no page size of a host; allowed: 4, 64, 2048",
			    guest->page_size_kib);
	else if (guest->memory_mib * 1024 % guest->page_size_kib)
		parse_error(p, blame(node, "memory-mib"), node, "memory-mib",
			    "not made of pages of %" PRIu32 " KiB; allowed: a multiple of 2 MiB",
			    guest->page_size_kib);
	if (guest->boot.name[0] && boot_mib >= guest->memory_mib)
		parse_error(p, blame(node, "boot-profile"), node, "boot-profile",
			    "%s needs %" PRIu64 " MiB to boot; allowed: less than memory-mib",
			    guest->boot.name, boot_mib);
	if (guest->min_free_kbytes >= guest->memory_mib << 9)
		parse_error(p, blame(node, "min-free-kbytes"), node, "min-free-kbytes",
			    "half of the memory or more; allowed: 0..%" PRIu64 " KiB",
			    (guest->memory_mib << 9) - 1);
	check_swap(p, node, &guest->swap);
	check_controller(p, node, guest);
	if (modules)
		check_modules(p, modules->children, guest->modules);
	if (devices)
		check_devices(p, devices->children, guest->devices);
	sort_modules(guest->modules, guest->nr_modules);
	for (at = programs ? programs->children : NULL; at; at = at->next)
		if (at->spec)
			check_program(p, at, guest, &guest->programs[nr++]);
}

static void check_figure(struct parser *p, const struct tree_node *node,
			 const struct scenario_figure *figure, uint32_t nr_guests)
{
	bool ratio = figure->metric == SCENARIO_METRIC_PROGRAM_TIME_RATIO_PERCENT;
	bool of_guest = ratio || figure->metric == SCENARIO_METRIC_PROGRAM_TIME_MS ||
			figure->metric == SCENARIO_METRIC_SWAP_MIB;

	if (figure->value_max && figure->value_max < figure->value)
		parse_error(p, blame(node, "value-max"), node, "value-max",
			    "less than value; allowed: %" PRIu64 " or more", figure->value);
	if (of_guest && figure->guest_index >= nr_guests)
		parse_error(p, blame(node, "guest-index"), node, "guest-index",
			    "%" PRIu32 " is out of range; allowed: 0..%" PRIu32,
			    figure->guest_index, nr_guests - 1);
	if (ratio && figure->base_guest_index >= nr_guests)
		parse_error(p, blame(node, "base-guest-index"), node, "base-guest-index",
			    "%" PRIu32 " is out of range; allowed: 0..%" PRIu32,
			    figure->base_guest_index, nr_guests - 1);
	if (figure->metric == SCENARIO_METRIC_COMMAND_TIME_MS && figure->command < 0)
		parse_error(p, node->file, node, "command",
			    "missing; allowed: <&label> of a command");
}

static void check_published(struct parser *p, uint32_t nr_guests)
{
	struct tree_node *node = child_of_kind(p->root, NODE_PUBLISHED);
	uint32_t nr = 0;

	for (struct tree_node *at = node ? node->children : NULL; at; at = at->next)
		if (at->spec)
			check_figure(p, at, &p->scenario->published.figures[nr++], nr_guests);
}

#define GUESTS_MAX 10000

void parse_check(struct parser *p)
{
	uint64_t nr_guests = 0;

	check_host(p);
	check_host_modules(p);
	parse_check_boots(p);
	for (uint32_t i = 0; i < p->scenario->nr_guests; i++) {
		parse_backing(p, p->guest_nodes[i], &p->scenario->guests[i]);
		check_guest(p, p->guest_nodes[i], &p->scenario->guests[i]);
		nr_guests += p->scenario->guests[i].nr_replicas;
	}
	if (nr_guests > GUESTS_MAX)
		parse_error(p, p->root->file, p->root, NULL,
			    "%" PRIu64 " guests in all; allowed: 1..%d", nr_guests, GUESTS_MAX);
	parse_check_commands(p);
	check_published(p, nr_guests);
	if (!p->nr_errors)
		check_order(p);
}

/* ---- replication ---- */

/* Whose references are being made: a replica of a guest node, or a command on it. */
struct ref_owner {
	uint32_t guest, replica;	/* guest: index of its node */
};

static void add_ref(struct parser *p, struct scenario_start *start, enum scenario_ref_kind kind,
		    uint32_t guest, uint32_t index)
{
	struct scenario_ref *list = scenario_grow(p->scenario, (void *)start->after,
						  start->nr_after, sizeof(*list));

	list[start->nr_after++] = (struct scenario_ref){ kind, guest, index };
	start->after = list;
}

/*
 * A reference to the owner's own guest means the same replica, one to another guest all of
 * that guest's replicas.
 */
static void add_target(struct parser *p, struct scenario_start *start, struct ref_owner owner,
		       const struct tree_node *target, const struct scenario_guest *nodes,
		       const struct scenario_command *commands)
{
	enum node_kind kind = target->spec->kind;
	uint32_t guest = kind == NODE_COMMAND ? commands[target->index].guest : target->guest;
	uint32_t nr = guest == SCENARIO_NO_GUEST ? 0 : nodes[guest].nr_replicas;

	if (guest == SCENARIO_NO_GUEST)
		add_ref(p, start, SCENARIO_REF_COMMAND, guest, p->first_command[target->index]);
	for (uint32_t r = 0; r < nr; r++) {
		if (guest == owner.guest && r != owner.replica)
			continue;
		if (kind == NODE_COMMAND)
			add_ref(p, start, SCENARIO_REF_COMMAND, p->first_guest[guest] + r,
				p->first_command[target->index] + r);
		else
			add_ref(p, start,
				kind == NODE_GUEST ? SCENARIO_REF_GUEST : SCENARIO_REF_PROGRAM,
				p->first_guest[guest] + r, kind == NODE_GUEST ? 0 : target->index);
	}
}

static void add_targets(struct parser *p, struct scenario_start *start, struct ref_owner owner,
			const struct tree_node *node, const struct scenario_guest *nodes,
			const struct scenario_command *commands)
{
	const struct tree_property *after = tree_property(node, "after");

	for (uint32_t i = 0; i < nr_targets(after); i++)
		add_target(p, start, owner, target_of(p, after, i), nodes, commands);
}

static void replicate_programs(struct parser *p, struct scenario_guest *guest,
			       struct ref_owner owner, const struct scenario_guest *nodes,
			       const struct scenario_command *commands)
{
	struct tree_node *programs = tree_child(p->guest_nodes[owner.guest], "programs"), *at;
	uint32_t self = p->first_guest[owner.guest] + owner.replica;
	struct scenario_program *copy;

	if (!guest->nr_programs)
		return;
	copy = scenario_alloc(p->scenario, guest->nr_programs * sizeof(*copy));
	memcpy(copy, guest->programs, guest->nr_programs * sizeof(*copy));
	for (at = programs->children; at; at = at->next) {
		struct scenario_start *start = &copy[at->index].start;
		struct tree_node *before;

		if (!at->spec)
			continue;
		before = program_before(at);
		if (before)
			add_ref(p, start, SCENARIO_REF_PROGRAM, self, before->index);
		add_targets(p, start, owner, at, nodes, commands);
		if (start->in_turn && owner.replica)
			add_ref(p, start, SCENARIO_REF_PROGRAM, self - 1, at->index);
	}
	guest->programs = copy;
}

static void replicate_guest(struct parser *p, uint32_t index, const struct scenario_guest *nodes,
			    const struct scenario_command *commands)
{
	for (uint32_t r = 0; r < nodes[index].nr_replicas; r++) {
		uint32_t self = p->first_guest[index] + r;
		struct scenario_guest *guest = &p->scenario->guests[self];
		struct ref_owner owner = { index, r };

		*guest = nodes[index];
		guest->replica = r;
		if (guest->nr_replicas > 1)
			guest->name = scenario_printf(p->scenario, "%s-%" PRIu32,
						      nodes[index].name, r);
		add_targets(p, &guest->start, owner, p->guest_nodes[index], nodes, commands);
		if (guest->start.in_turn && r)
			add_ref(p, &guest->start, SCENARIO_REF_GUEST, self - 1, 0);
		replicate_programs(p, guest, owner, nodes, commands);
	}
}

/* One for each replica of its guest; the host is there once. */
static uint32_t nr_copies(const struct scenario_command *command,
			  const struct scenario_guest *nodes)
{
	return command->guest == SCENARIO_NO_GUEST ? 1 : nodes[command->guest].nr_replicas;
}

static void replicate_commands(struct parser *p, uint32_t nr_nodes,
			       const struct scenario_guest *nodes,
			       const struct scenario_command *commands)
{
	for (uint32_t i = 0; i < nr_nodes; i++) {
		uint32_t guest = commands[i].guest, nr = nr_copies(&commands[i], nodes);

		for (uint32_t r = 0; r < nr; r++) {
			uint32_t self = p->first_command[i] + r;
			struct scenario_command *command = &p->scenario->commands[self];

			*command = commands[i];
			if (guest != SCENARIO_NO_GUEST)
				command->guest = p->first_guest[guest] + r;
			if (nr > 1)
				command->name = scenario_printf(p->scenario, "%s-%" PRIu32,
								commands[i].name, r);
			add_targets(p, &command->start, (struct ref_owner){ guest, r },
				    p->command_nodes[i], nodes, commands);
		}
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_names(struct parser *p)
{
	uint32_t nr = p->scenario->nr_guests;
	const char **names = scenario_alloc(p->scenario, nr * sizeof(*names));

	for (uint32_t i = 0; i < nr; i++)
		names[i] = p->scenario->guests[i].name;
	qsort(names, nr, sizeof(*names), compare_names);
	for (uint32_t i = 1; i < nr; i++)
		if (!strcmp(names[i - 1], names[i]))
			parse_error(p, p->root->file, p->root, NULL,
				    "two guests are called %s; allowed: names that differ, "
				    "replicas included", names[i]);
}

void parse_replicate(struct parser *p)
{
	struct scenario *scenario = p->scenario;
	const struct scenario_guest *nodes = scenario->guests;
	const struct scenario_command *commands = scenario->commands;
	uint32_t nr_nodes = scenario->nr_guests, nr_commands = scenario->nr_commands, total = 0;
	struct scenario_figure *figures = scenario->published.figures;

	p->first_guest = scenario_alloc(scenario, nr_nodes * sizeof(uint32_t));
	p->first_command = scenario_alloc(scenario, nr_commands * sizeof(uint32_t));
	for (uint32_t i = 0; i < nr_nodes; i++) {
		p->first_guest[i] = total;
		total += nodes[i].nr_replicas;
	}
	scenario->guests = scenario_alloc(scenario, total * sizeof(*nodes));
	scenario->nr_guests = total;
	total = 0;
	for (uint32_t i = 0; i < nr_commands; i++) {
		p->first_command[i] = total;
		total += nr_copies(&commands[i], nodes);
	}
	scenario->commands = scenario_alloc(scenario, total * sizeof(*commands));
	scenario->nr_commands = total;
	for (uint32_t i = 0; i < nr_nodes; i++)
		replicate_guest(p, i, nodes, commands);
	replicate_commands(p, nr_commands, nodes, commands);
	for (uint32_t i = 0; i < scenario->published.nr_figures; i++) {
		if (figures[i].command >= 0)
			figures[i].command = p->first_command[figures[i].command];
		if (!figures[i].value_max)
			figures[i].value_max = figures[i].value;
	}
	check_names(p);
}
