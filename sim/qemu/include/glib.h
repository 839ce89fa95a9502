/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the part of GLib that devices use, on malloc(); the real one is not linked */
#ifndef MODEL_GLIB_H
#define MODEL_GLIB_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef void *gpointer;
typedef const void *gconstpointer;
typedef int gboolean;
typedef int gint;
typedef unsigned int guint;
typedef size_t gsize;
typedef char gchar;
typedef int64_t gint64;
typedef void (*GDestroyNotify)(gpointer data);

#define TRUE 1
#define FALSE 0

#define G_GNUC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define G_GNUC_UNUSED __attribute__((unused))
#define G_GNUC_NORETURN __attribute__((noreturn))
#define G_USEC_PER_SEC 1000000
#define G_N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
#define G_STATIC_ASSERT(expr) _Static_assert(expr, #expr)

#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef MAX
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif

/* Exhausted memory ends the simulator with a message, as it ends a program that uses GLib. */
gpointer g_malloc(gsize size);
gpointer g_malloc0(gsize size);
gpointer g_try_malloc0(gsize size);
void g_free(gpointer mem);

/* Freed when it goes out of scope. */
static inline void vmm_autofree(void *ptr)
{
	g_free(*(void **)ptr);
}

#define g_autofree __attribute__((cleanup(vmm_autofree)))
gchar *g_strdup(const gchar *text);
gchar *g_strdup_printf(const gchar *format, ...) G_GNUC_PRINTF(1, 2);

#define g_new(type, n) ((type *)g_malloc(sizeof(type) * (n)))
#define g_new0(type, n) ((type *)g_malloc0(sizeof(type) * (n)))

void g_assertion_failed(const char *file, int line, const char *func,
			const char *expr) G_GNUC_NORETURN;
#define g_assert(expr)								\
	((expr) ? (void)0 : g_assertion_failed(__FILE__, __LINE__, __func__, #expr))
#define g_assert_not_reached()							\
	g_assertion_failed(__FILE__, __LINE__, __func__, "should not be reached")

/* Microseconds since 1970 on the VMM's host clock, which starts at VMM_EPOCH. */
gint64 g_get_real_time(void);

typedef struct GSList GSList;
struct GSList {
	gpointer data;
	GSList *next;
};

GSList *g_slist_prepend(GSList *list, gpointer data);
void g_slist_free(GSList *list);
#define g_slist_next(list) ((list) ? (list)->next : NULL)

/* Keys are compared as pointers; the order of entries is never visible. */
typedef struct GHashTable GHashTable;
typedef guint (*GHashFunc)(gconstpointer key);
typedef gboolean (*GEqualFunc)(gconstpointer a, gconstpointer b);

/* @hash and @equal must be NULL. */
GHashTable *g_hash_table_new_full(GHashFunc hash, GEqualFunc equal, GDestroyNotify free_key,
				  GDestroyNotify free_value);
gpointer g_hash_table_lookup(GHashTable *table, gconstpointer key);
gboolean g_hash_table_insert(GHashTable *table, gpointer key, gpointer value);
gboolean g_hash_table_remove(GHashTable *table, gconstpointer key);
void g_hash_table_remove_all(GHashTable *table);
typedef gboolean (*GHRFunc)(gpointer key, gpointer value, gpointer data);
guint g_hash_table_foreach_remove(GHashTable *table, GHRFunc func, gpointer data);
guint g_hash_table_size(GHashTable *table);
void g_hash_table_destroy(GHashTable *table);

#endif
