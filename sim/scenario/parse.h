/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the scenario reader: the tree, the table of what is allowed, and the parser's state.
 *
 * Order of work: dtc and libfdt make a blob (parse-dtc.c), which becomes a tree that remembers
 * which file said what (parse-tree.c); the tree is walked along the table (parse-table.c) and
 * its values are stored (parse-value.c, parse.c); references are resolved, guests replicated and
 * the machine checked as a whole (parse-check.c); at last it gets its digest (parse-digest.c).
 */
#ifndef BALLAST_SCENARIO_PARSE_H
#define BALLAST_SCENARIO_PARSE_H

#include "scenario.h"

/* ---- the tree ---- */

struct tree_property {
	const char *name;
	const char *file;		/* who said so last */
	const uint8_t *data;
	uint32_t len;
	struct tree_property *next;
};

struct node_spec;

struct tree_node {
	const char *name;		/* "" for the root */
	const char *path;
	const char *file;
	uint32_t phandle;
	struct tree_property *properties;
	struct tree_node *children, *next, *parent;
	const struct node_spec *spec;	/* NULL: disabled, unknown or not reached */
	/* Where its object is: guest (before replication), and index among its kind. */
	uint32_t guest, index;
	uint8_t visit[2];		/* search for cycles: of its end, of its start */
};

/* ---- the table ---- */

enum property_type {
	PROPERTY_U32,
	PROPERTY_U64,
	PROPERTY_U32LIST,
	PROPERTY_STRING,
	PROPERTY_STRINGLIST,
	PROPERTY_BOOL,
	PROPERTY_ENUM,
	PROPERTY_PHANDLE,		/* resolved later; nothing is stored */
	PROPERTY_FILE,
};

enum node_kind {
	NODE_CONTAINER,
	NODE_ROOT,
	NODE_HOST,
	NODE_DISK,
	NODE_SWAP,
	NODE_FILES,
	NODE_CGROUP,
	NODE_COSTS,
	NODE_GUEST,
	NODE_BOOT,
	NODE_PAGE_REPORTING,
	NODE_MODULE,
	NODE_DEVICE,
	NODE_CONTROLLER,
	NODE_PARAMETERS,
	NODE_PROGRAM,
	NODE_COMMAND,
	NODE_PUBLISHED,
	NODE_FIGURE,
	NODE_TRACE,
};

#define NODE_BIT(kind) (1u << (kind))

struct property_spec {
	const char *name;
	enum property_type type;
	const char *unit;		/* NULL: none */
	uint64_t min, max;		/* numbers, each of a list; for phandles max is how many */
	/* As --set takes it; NULL: required.  Of a number, words: what begin() has set. */
	const char *fallback;
	const char *values;		/* enum: names in the order of the C enum, blank between */
	uint32_t targets;		/* phandle: NODE_BIT()s */
	const char *doc;
	size_t offset, size;		/* in the object; size 0: nothing is stored */
};

struct property_set {
	const struct property_spec *spec;
	uint32_t nr;
};

struct parser;

struct node_spec {
	enum node_kind kind;
	const char *compatible;		/* NULL: known by its name */
	const char *name;		/* NULL: any */
	int variant;			/* which program, which swap device */
	const char *doc;
	bool required;			/* the parent must have one */
	bool single;			/* ... and at most one of its name or kind */
	bool open;			/* any property is allowed */
	struct property_set sets[2];
	const struct node_spec *const *children;	/* ends with NULL */
	/* Makes the object that the properties are stored in. */
	void *(*begin)(struct parser *p, struct tree_node *node, void *parent);
};

extern const struct node_spec node_root;

/* Calls @fn for every property of a spec, in order. */
#define for_each_property(node_spec_, set_, property_)                                             \
	for (const struct property_set *set_ = (node_spec_)->sets; set_ < (node_spec_)->sets + 2;  \
	     set_++)                                                                               \
		for (const struct property_spec *property_ = set_->spec;                           \
		     property_ != (set_->spec ? set_->spec + set_->nr : NULL); property_++)

/* ---- the parser ---- */

struct parser {
	struct scenario *scenario;
	const struct scenario_args *args;
	struct tree_node *root;
	uint32_t phandle_max;
	char *errors;
	size_t errors_len;
	uint32_t nr_errors;
	/* One per guest, command and boot profile before replication. */
	struct tree_node **guest_nodes, **command_nodes;
	struct scenario_boot *boots;
	uint32_t nr_boots;
	/* Of each guest and command node the first replica in the scenario's arrays. */
	uint32_t *first_guest, *first_command;
};

/* Memory that lives as long as the scenario; zeroed. */
void *scenario_alloc(struct scenario *scenario, size_t size);
char *scenario_strdup(struct scenario *scenario, const char *text);
char *scenario_printf(struct scenario *scenario, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Room for one more element: the array is moved when its number is a power of two. */
void *scenario_grow(struct scenario *scenario, void *array, uint32_t nr, size_t size);

/* NULL for @node or @property leaves that part out. */
void parse_error(struct parser *p, const char *file, const struct tree_node *node,
		 const char *property, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* parse-dtc.c: a blob in memory of malloc(), or NULL with an error noted. */
void *blob_load(struct parser *p, const char *file, bool overlay, size_t *size);
/* Directory part with the slash at its end; "" for none.  Freed by the caller. */
char *path_directory(const char *file);

/* parse-tree.c */
int tree_build(struct parser *p);
struct tree_node *tree_child(const struct tree_node *node, const char *name);
struct tree_property *tree_property(const struct tree_node *node, const char *name);
/* The file that gave the property, or the node when it is a default. */
const char *blame(const struct tree_node *node, const char *property);
struct tree_node *tree_by_phandle(struct tree_node *node, uint32_t phandle);
const char *tree_compatible(const struct tree_node *node);
bool tree_disabled(const struct tree_node *node);
void tree_set_property(struct parser *p, struct tree_node *node, const char *name,
		       const void *data, uint32_t len, const char *file);
void tree_remove_property(struct tree_node *node, const char *name);
uint32_t tree_phandle(struct parser *p, struct tree_node *node);

/* parse-value.c */
/* Check a value and store it; errors are noted. */
void value_store(struct parser *p, const struct tree_node *node, const struct property_spec *spec,
		 const struct tree_property *property, void *object);
void value_store_default(struct parser *p, const struct tree_node *node,
			 const struct property_spec *spec, void *object);
/* --set: put a value given as text into the tree; errors are noted. */
void value_set_text(struct parser *p, struct tree_node *node, const struct property_spec *spec,
		    const char *text, const char *file);
/* Where a file that a property names is, or NULL. */
const char *value_file(struct parser *p, const char *name);
/* "allowed: ..." of a property, freed by the caller. */
char *value_allowed(const struct property_spec *spec);
uint32_t value_cell(const struct tree_property *property, uint32_t index);

/* parse.c: which model a node names among those that may stand in its place. */
const struct node_spec *parse_match(const struct tree_node *node, const struct node_spec *parent);

/* parse-check.c */
void parse_resolve(struct parser *p);
void parse_check(struct parser *p);
void parse_replicate(struct parser *p);

/* parse_cgroup.c */
/* The groups that @node belongs to: of a guest, files or another group. */
void parse_set_cgroup(struct parser *p, const struct tree_node *node, uint32_t cgroup);
void parse_check_cgroups(struct parser *p, const struct tree_node *host_node);

/* parse_disk.c */
/* What @node, swap space, files or a guest, lies on. */
void parse_set_disk(struct parser *p, const struct tree_node *node, uint32_t disk);
void parse_check_disks(struct parser *p, const struct tree_node *host_node);

/* parse_backing.c */
/* What backs a guest's memory, from the properties that say so. */
void parse_backing(struct parser *p, const struct tree_node *node, struct scenario_guest *guest);

/* parse_commands.c */
void parse_check_commands(struct parser *p);

/* parse_boot.c */
void parse_check_boots(struct parser *p);

/* parse-digest.c */
void parse_digest(struct parser *p);

/* Objects of the table's nodes. */
void *begin_root(struct parser *p, struct tree_node *node, void *parent);
void *begin_host(struct parser *p, struct tree_node *node, void *parent);
void *begin_disk(struct parser *p, struct tree_node *node, void *parent);
void *begin_swap(struct parser *p, struct tree_node *node, void *parent);
void *begin_files(struct parser *p, struct tree_node *node, void *parent);
void *begin_cgroup(struct parser *p, struct tree_node *node, void *parent);
void *begin_costs(struct parser *p, struct tree_node *node, void *parent);
void *begin_guest(struct parser *p, struct tree_node *node, void *parent);
void *begin_boot(struct parser *p, struct tree_node *node, void *parent);
void *begin_page_reporting(struct parser *p, struct tree_node *node, void *parent);
void *begin_module(struct parser *p, struct tree_node *node, void *parent);
void *begin_device(struct parser *p, struct tree_node *node, void *parent);
void *begin_controller(struct parser *p, struct tree_node *node, void *parent);
void *begin_page_hint(struct parser *p, struct tree_node *node, void *parent);
void *begin_parameters(struct parser *p, struct tree_node *node, void *parent);
void *begin_program(struct parser *p, struct tree_node *node, void *parent);
void *begin_command(struct parser *p, struct tree_node *node, void *parent);
void *begin_published(struct parser *p, struct tree_node *node, void *parent);
void *begin_figure(struct parser *p, struct tree_node *node, void *parent);
void *begin_trace(struct parser *p, struct tree_node *node, void *parent);
void *begin_container(struct parser *p, struct tree_node *node, void *parent);

#endif
