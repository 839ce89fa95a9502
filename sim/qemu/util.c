// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model VMM's errors, messages, and the parts of GLib and iov that devices use.
 *
 * Nothing depends on addresses: hash tables are only ever looked up, and the host clock is the
 * engine's plus VMM_EPOCH.
 */
#include "internal.h"

#include "qemu/iov.h"
#include "trace/control.h"

struct Error {
	char *text;
};

Error *error_abort;
Error *error_fatal;

void vmm_fatal(const char *fmt, ...)
{
	struct vmm *vmm = this_vmm;
	va_list ap;

	fprintf(stderr, "ballast: VMM %s", vmm ? vmm->config.name : "(none)");
	if (vmm && vmm->engine)
		fprintf(stderr, " at %" PRIu64 " ns", vmm->engine->now);
	fputs(": ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

void error_setg_internal(Error **errp, const char *fmt, ...)
{
	char text[VMM_ERROR_SIZE];
	va_list ap;

	if (!errp)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (errp == &error_abort || errp == &error_fatal)
		vmm_fatal("%s", text);
	if (*errp)
		vmm_fatal("error set twice: %s; %s", (*errp)->text, text);
	*errp = g_new0(Error, 1);
	(*errp)->text = g_strdup(text);
}

void error_propagate(Error **dst_errp, Error *local_err)
{
	if (!local_err)
		return;
	if (dst_errp == &error_abort || dst_errp == &error_fatal)
		vmm_fatal("%s", local_err->text);
	if (dst_errp && !*dst_errp)
		*dst_errp = local_err;
	else
		error_free(local_err);
}

const char *error_get_pretty(const Error *err)
{
	return err->text;
}

void error_free(Error *err)
{
	if (err)
		g_free(err->text);
	g_free(err);
}

int vmm_take_error(Error *err, char *error)
{
	if (!err)
		return 0;
	if (error)
		snprintf(error, VMM_ERROR_SIZE, "%s", err->text);
	error_free(err);
	return -1;
}

void vmm_vsay(struct vmm *vmm, enum vmm_severity severity, const char *fmt, va_list ap)
{
	const struct vmm_observer *observer = vmm->config.observer;
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (observer && observer->message)
		observer->message(vmm, severity, text);
}

void vmm_say(struct vmm *vmm, enum vmm_severity severity, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmm_vsay(vmm, severity, fmt, ap);
	va_end(ap);
}

void error_vreport(const char *fmt, va_list ap)
{
	vmm_vsay(this_vmm, VMM_ERROR, fmt, ap);
}

void error_report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmm_vsay(this_vmm, VMM_ERROR, fmt, ap);
	va_end(ap);
}

void warn_report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmm_vsay(this_vmm, VMM_WARNING, fmt, ap);
	va_end(ap);
}

void info_report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmm_vsay(this_vmm, VMM_INFO, fmt, ap);
	va_end(ap);
}

static bool report_once(bool *printed, enum vmm_severity severity, const char *fmt, va_list ap)
{
	if (*printed)
		return false;
	*printed = true;
	vmm_vsay(this_vmm, severity, fmt, ap);
	return true;
}

bool error_report_once_cond(bool *printed, const char *fmt, ...)
{
	va_list ap;
	bool said;

	va_start(ap, fmt);
	said = report_once(printed, VMM_ERROR, fmt, ap);
	va_end(ap);
	return said;
}

bool warn_report_once_cond(bool *printed, const char *fmt, ...)
{
	va_list ap;
	bool said;

	va_start(ap, fmt);
	said = report_once(printed, VMM_WARNING, fmt, ap);
	va_end(ap);
	return said;
}

void vmm_trace_point(const char *name, const char *fmt, ...)
{
	struct vmm *vmm = this_vmm;
	const struct vmm_observer *observer = vmm ? vmm->config.observer : NULL;
	char text[256];
	va_list ap;

	if (!observer || !observer->trace_point)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	observer->trace_point(vmm, name, text);
}

/* GLib */

/*
 * What a VMM's code allocates belongs to the VMM, so that killing it gives everything back, also
 * what only an abandoned stack knew.
 */
struct block {
	struct block *next, **link;
};

static_assert(sizeof(struct block) % 16 == 0, "memory behind the header must be aligned");

static void block_add(struct block *block)
{
	struct vmm *vmm = this_vmm;

	block->next = NULL;
	block->link = NULL;
	if (!vmm)
		return;
	block->next = vmm->blocks;
	block->link = &vmm->blocks;
	if (block->next)
		block->next->link = &block->next;
	vmm->blocks = block;
}

static void block_del(struct block *block)
{
	if (!block->link)
		return;
	*block->link = block->next;
	if (block->next)
		block->next->link = block->link;
}

void vmm_free_blocks(struct vmm *vmm)
{
	while (vmm->blocks) {
		struct block *block = vmm->blocks;

		block_del(block);
		free(block);
	}
}

static void *block_alloc(size_t size, bool zeroed)
{
	struct block *block = NULL;

	if (size <= SIZE_MAX - sizeof(*block))
		block = zeroed ? calloc(1, sizeof(*block) + size) : malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block_add(block);
	return block + 1;
}

static void *must_have(void *mem, size_t size)
{
	if (!mem) {
		fprintf(stderr, "ballast: out of memory (%zu bytes for a VMM)\n", size);
		abort();
	}
	return mem;
}

gpointer g_malloc(gsize size)
{
	return size ? must_have(block_alloc(size, false), size) : NULL;
}

gpointer g_malloc0(gsize size)
{
	return size ? must_have(block_alloc(size, true), size) : NULL;
}

gpointer g_try_malloc0(gsize size)
{
	return size ? block_alloc(size, true) : NULL;
}

void g_free(gpointer mem)
{
	struct block *block = mem;

	if (!block)
		return;
	block_del(--block);
	free(block);
}

gchar *g_strdup(const gchar *text)
{
	size_t size;

	if (!text)
		return NULL;
	size = strlen(text) + 1;
	return memcpy(g_malloc(size), text, size);
}

gchar *g_strdup_printf(const gchar *format, ...)
{
	va_list ap, again;
	char *text;
	int len;

	va_start(ap, format);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	text = g_malloc(len + 1);
	vsnprintf(text, len + 1, format, again);
	va_end(again);
	return text;
}

void g_assertion_failed(const char *file, int line, const char *func, const char *expr)
{
	vmm_fatal("%s:%d: %s: assertion failed: %s", file, line, func, expr);
}

gint64 g_get_real_time(void)
{
	return qemu_clock_get_ns(QEMU_CLOCK_HOST) / SCALE_US;
}

GSList *g_slist_prepend(GSList *list, gpointer data)
{
	GSList *first = g_new(GSList, 1);

	first->data = data;
	first->next = list;
	return first;
}

void g_slist_free(GSList *list)
{
	while (list) {
		GSList *next = list->next;

		g_free(list);
		list = next;
	}
}

struct hash_entry {
	struct hash_entry *next;
	gpointer key, value;
};

struct GHashTable {
	struct hash_entry **bucket;
	unsigned int nr_buckets, nr_entries;
	GDestroyNotify free_key, free_value;
};

#define HASH_BUCKETS_MIN 16

GHashTable *g_hash_table_new_full(GHashFunc hash, GEqualFunc equal, GDestroyNotify free_key,
				  GDestroyNotify free_value)
{
	GHashTable *table = g_new0(GHashTable, 1);

	if (hash || equal)
		vmm_fatal("the model's hash tables compare keys as pointers only");
	table->nr_buckets = HASH_BUCKETS_MIN;
	table->bucket = g_new0(struct hash_entry *, table->nr_buckets);
	table->free_key = free_key;
	table->free_value = free_value;
	return table;
}

static struct hash_entry **hash_slot(GHashTable *table, gconstpointer key)
{
	uint64_t h = (uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
	struct hash_entry **slot = &table->bucket[(h >> 32) & (table->nr_buckets - 1)];

	while (*slot && (*slot)->key != key)
		slot = &(*slot)->next;
	return slot;
}

static void hash_grow(GHashTable *table)
{
	struct hash_entry **old = table->bucket, *e;
	unsigned int i, nr_old = table->nr_buckets;

	table->nr_buckets *= 2;
	table->bucket = g_new0(struct hash_entry *, table->nr_buckets);
	for (i = 0; i < nr_old; i++) {
		while ((e = old[i])) {
			struct hash_entry **slot;

			old[i] = e->next;
			e->next = NULL;
			slot = hash_slot(table, e->key);
			*slot = e;
		}
	}
	g_free(old);
}

gpointer g_hash_table_lookup(GHashTable *table, gconstpointer key)
{
	struct hash_entry *e = *hash_slot(table, key);

	return e ? e->value : NULL;
}

gboolean g_hash_table_insert(GHashTable *table, gpointer key, gpointer value)
{
	struct hash_entry **slot, *e;
	bool fresh;

	if (table->nr_entries >= table->nr_buckets)
		hash_grow(table);
	slot = hash_slot(table, key);
	fresh = !*slot;
	if (fresh) {
		*slot = g_new0(struct hash_entry, 1);
		table->nr_entries++;
	} else if (table->free_value) {
		table->free_value((*slot)->value);
	}
	e = *slot;
	e->key = key;
	e->value = value;
	return fresh;
}

static void hash_unlink(GHashTable *table, struct hash_entry **slot)
{
	struct hash_entry *e = *slot;

	*slot = e->next;
	table->nr_entries--;
	if (table->free_key)
		table->free_key(e->key);
	if (table->free_value)
		table->free_value(e->value);
	g_free(e);
}

gboolean g_hash_table_remove(GHashTable *table, gconstpointer key)
{
	struct hash_entry **slot = hash_slot(table, key);

	if (!*slot)
		return FALSE;
	hash_unlink(table, slot);
	return TRUE;
}

void g_hash_table_remove_all(GHashTable *table)
{
	unsigned int i;

	if (!table->nr_entries)
		return;
	for (i = 0; i < table->nr_buckets; i++) {
		while (table->bucket[i])
			hash_unlink(table, &table->bucket[i]);
	}
}

guint g_hash_table_foreach_remove(GHashTable *table, GHRFunc func, gpointer data)
{
	guint i, nr = 0;

	for (i = 0; i < table->nr_buckets; i++) {
		struct hash_entry **link = &table->bucket[i];

		while (*link) {
			if (func((*link)->key, (*link)->value, data)) {
				hash_unlink(table, link);
				nr++;
			} else {
				link = &(*link)->next;
			}
		}
	}
	return nr;
}

guint g_hash_table_size(GHashTable *table)
{
	return table->nr_entries;
}

void g_hash_table_destroy(GHashTable *table)
{
	g_hash_table_remove_all(table);
	g_free(table->bucket);
	g_free(table);
}

/* iov */

size_t iov_size(const struct iovec *iov, const unsigned int iov_cnt)
{
	size_t size = 0;
	unsigned int i;

	for (i = 0; i < iov_cnt; i++)
		size += iov[i].iov_len;
	return size;
}

static size_t iov_copy_bytes(const struct iovec *iov, unsigned int iov_cnt, size_t offset,
			     void *buf, size_t bytes, bool to_iov)
{
	size_t done = 0;
	unsigned int i;

	for (i = 0; i < iov_cnt && done < bytes; i++) {
		size_t n;
		uint8_t *p;

		if (offset >= iov[i].iov_len) {
			offset -= iov[i].iov_len;
			continue;
		}
		p = (uint8_t *)iov[i].iov_base + offset;
		n = MIN(iov[i].iov_len - offset, bytes - done);
		offset = 0;
		vmm_touch(this_vmm, p, n, to_iov);
		if (to_iov)
			memcpy(p, (uint8_t *)buf + done, n);
		else
			memcpy((uint8_t *)buf + done, p, n);
		done += n;
	}
	return done;
}

size_t iov_to_buf(const struct iovec *iov, const unsigned int iov_cnt, size_t offset, void *buf,
		  size_t bytes)
{
	return iov_copy_bytes(iov, iov_cnt, offset, buf, bytes, false);
}

size_t iov_from_buf(const struct iovec *iov, unsigned int iov_cnt, size_t offset, const void *buf,
		    size_t bytes)
{
	return iov_copy_bytes(iov, iov_cnt, offset, (void *)buf, bytes, true);
}
