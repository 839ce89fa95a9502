// SPDX-License-Identifier: GPL-2.0-only
/*
 * Visitors of the model VMM: an output visitor builds a tree of values from what a property's
 * getter shows it, an input visitor hands a setter one value, given as text.
 *
 * Models qapi/qobject-output-visitor.c and qapi/string-input-visitor.c of QEMU.  Left out: lists
 * and alternates, which no device of ours has.
 */
#include "internal.h"

#include "qapi/visitor.h"

#define VISITOR_DEPTH_MAX 8

struct Visitor {
	const char *input;		/* NULL: output */
	struct vmm_value *root;
	struct vmm_value *stack[VISITOR_DEPTH_MAX];
	unsigned int depth;
};

Visitor *visitor_new_output(void)
{
	return g_new0(Visitor, 1);
}

Visitor *visitor_new_input(const char *text)
{
	Visitor *v = g_new0(Visitor, 1);

	v->input = text;
	return v;
}

void visitor_free(Visitor *v)
{
	vmm_value_free(v->root);
	g_free(v);
}

struct vmm_value *visitor_take(Visitor *v)
{
	struct vmm_value *root = v->root;

	v->root = NULL;
	return root;
}

void vmm_value_free(struct vmm_value *value)
{
	while (value) {
		struct vmm_value *next = value->next;

		vmm_value_free(value->members);
		g_free(value->name);
		g_free(value->text);
		g_free(value);
		value = next;
	}
}

const struct vmm_value *vmm_value_find(const struct vmm_value *value, const char *path)
{
	while (value && path && *path) {
		size_t len = strcspn(path, "/");
		const struct vmm_value *m = value->kind == VALUE_STRUCT ? value->members : NULL;

		while (m && (strncmp(m->name, path, len) || m->name[len]))
			m = m->next;
		value = m;
		path += len + (path[len] == '/');
	}
	return value;
}

static struct vmm_value *visitor_add(Visitor *v, const char *name, enum vmm_value_kind kind)
{
	struct vmm_value *value = g_new0(struct vmm_value, 1), **link = &v->root;

	if (v->depth)
		link = &v->stack[v->depth - 1]->members;
	else if (v->root)
		vmm_fatal("a property shows two values: %s", name);
	while (*link)
		link = &(*link)->next;
	*link = value;
	value->name = g_strdup(name ? name : "");
	value->kind = kind;
	return value;
}

bool visit_start_struct(Visitor *v, const char *name, void **obj, size_t size, Error **errp)
{
	struct vmm_value *value;

	if (v->input) {
		error_setg(errp, "%s: a structure cannot be given as text", name);
		return false;
	}
	if (v->depth == VISITOR_DEPTH_MAX)
		vmm_fatal("structures nest too deep at %s", name);
	value = visitor_add(v, name, VALUE_STRUCT);
	v->stack[v->depth++] = value;
	return true;
}

bool visit_check_struct(Visitor *v, Error **errp)
{
	return true;	/* only input could have members that nobody asked for */
}

void visit_end_struct(Visitor *v, void **obj)
{
	v->depth--;
}

static bool bad_value(Visitor *v, const char *name, const char *allowed, Error **errp)
{
	error_setg(errp, "%s: \"%s\" is not %s", name, v->input, allowed);
	return false;
}

bool visit_type_int(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
	char *end;

	if (!v->input) {
		visitor_add(v, name, VALUE_INT)->i = *obj;
		return true;
	}
	errno = 0;
	*obj = strtoll(v->input, &end, 0);
	if (end == v->input || *end || errno)
		return bad_value(v, name, "a number", errp);
	return true;
}

bool visit_type_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
	char *end;

	if (!v->input) {
		visitor_add(v, name, VALUE_UINT)->u = *obj;
		return true;
	}
	errno = 0;
	*obj = strtoull(v->input, &end, 0);
	if (end == v->input || *end || errno || strchr(v->input, '-'))
		return bad_value(v, name, "a number", errp);
	return true;
}

bool visit_type_uint32(Visitor *v, const char *name, uint32_t *obj, Error **errp)
{
	uint64_t value = *obj;

	if (!visit_type_uint64(v, name, &value, errp))
		return false;
	if (value > UINT32_MAX)
		return bad_value(v, name, "a number of 32 bits", errp);
	*obj = value;
	return true;
}

bool visit_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
	static const char suffix[] = "bkmgtpe";
	const char *found;
	unsigned int shift = 0;
	char *end;

	if (!v->input)
		return visit_type_uint64(v, name, obj, errp);
	errno = 0;
	*obj = strtoull(v->input, &end, 0);
	if (end == v->input || errno || strchr(v->input, '-'))
		return bad_value(v, name, "a size", errp);
	if (*end) {
		found = strchr(suffix, *end | 0x20);
		if (!found || end[1])
			return bad_value(v, name, "a size", errp);
		shift = 10 * (found - suffix);
	}
	if (*obj << shift >> shift != *obj)
		return bad_value(v, name, "a size of 64 bits", errp);
	*obj <<= shift;
	return true;
}

bool visit_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
	static const char *const on[] = { "on", "yes", "true", "y" };
	static const char *const off[] = { "off", "no", "false", "n" };
	size_t i;

	if (!v->input) {
		visitor_add(v, name, VALUE_BOOL)->u = *obj;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(on); i++) {
		if (!strcmp(v->input, on[i]) || !strcmp(v->input, off[i])) {
			*obj = !strcmp(v->input, on[i]);
			return true;
		}
	}
	return bad_value(v, name, "on or off", errp);
}

bool visit_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
	if (v->input)
		*obj = g_strdup(v->input);
	else
		visitor_add(v, name, VALUE_STRING)->text = g_strdup(*obj ? *obj : "");
	return true;
}
