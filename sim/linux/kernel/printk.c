// SPDX-License-Identifier: GPL-2.0-only
/*
 * printk, warnings and bugs.
 *
 * A line goes to whoever listens to the kernel's log (the trace; a test).  Warnings, bugs and
 * sleeping in atomic context are counted, and a run that has any has failed.  A BUG ends the
 * kernel, as panic_on_oops does: its vCPUs run no more, its memory stays as it is.
 */
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "fault.h"
#include "hostmem.h"
#include "internal.h"
#include "mm/internal.h"

#define LINE_MAX_LEN 1024
#define CALLERS_SHOWN 15
#define NAMED_WARNINGS 4
#define RATELIMIT_NS (5 * NSEC_PER_SEC_U64)
#define RATELIMIT_BURST 10

void abort(void) __noreturn;
int printf(const char *fmt, ...) __printf(1, 2);

static void log_line(int level, const char *text)
{
	struct kernel *kernel = this_kernel;

	if (kernel && kernel->log)
		kernel->log(kernel, level, text);
}

int printk(const char *fmt, ...)
{
	char buf[LINE_MAX_LEN];
	const char *text = buf;
	va_list args;
	int level = 4, n;

	va_start(args, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	if (text[0] == KERN_SOH[0] && text[1]) {
		level = text[1] >= '0' && text[1] <= '7' ? text[1] - '0' : level;
		text += 2;
	}
	n = strlen(buf);
	if (n && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
	log_line(level, text);
	return n;
}

bool __printk_ratelimit(const char *file, int line)
{
	struct sched_state *sched = this_kernel->sched;
	u64 now = kernel_clock(this_kernel);
	struct ratelimit *r;

	for (r = sched->ratelimits; r; r = r->next)
		if (r->line == line && !strcmp(r->file, file))
			break;
	if (!r) {
		r = host_alloc(sizeof(*r));
		r->file = host_alloc(strlen(file) + 1);
		strcpy(r->file, file);
		r->line = line;
		r->begin = now;
		r->next = sched->ratelimits;
		sched->ratelimits = r;
	}
	if (now - r->begin > RATELIMIT_NS) {
		r->begin = now;
		r->printed = 0;
	}
	return r->printed++ < RATELIMIT_BURST;
}

void printk_destroy(struct kernel *kernel)
{
	struct ratelimit *r = kernel->sched->ratelimits, *next;

	for (; r; r = next) {
		next = r->next;
		host_free(r->file);
		host_free(r);
	}
}

static void count_warning(const char *fmt, ...) __printf(1, 2);

/* What did not fit ends after a word, and that it goes on is said. */
static void end_after_word(char *text, unsigned int size)
{
	static const char more[] = " ...";
	char *end = text + size - sizeof(more);

	while (end > text && *end != ' ')
		end--;
	if (end == text)
		end = text + size - sizeof(more);
	strcpy(end, more);
}

static void count_warning(const char *fmt, ...)
{
	struct sched_state *sched = this_kernel ? this_kernel->sched : NULL;
	va_list args;
	int n;

	if (!sched || sched->nr_warnings++)
		return;
	va_start(args, fmt);
	n = vsnprintf(sched->first_warning, sizeof(sched->first_warning), fmt, args);
	va_end(args);
	if (n >= (int)sizeof(sched->first_warning))
		end_after_word(sched->first_warning, sizeof(sched->first_warning));
}

void kernel_warned(const char *what)
{
	count_warning("%s", what);
}

/* Which code of an image led to a check of the model: ", called by ..."; "": that is said. */
static const char *caller_text(const char *file, char *text, unsigned int size)
{
	struct symbol caller;
	char place[160];

	text[0] = '\0';
	if (fault_caller(&caller) && strcmp(kbasename(file), caller.file))
		snprintf(text, size, ", called by image %s: %s", caller.image,
			 symbol_text(&caller, place, sizeof(place)));
	return text;
}

void kernel_warn(const char *file, int line, const char *what)
{
	char by[256] = "";

	/* Asking takes a while, and who warns a lot has been named. */
	if (this_kernel && this_kernel->sched && this_kernel->sched->nr_warnings < NAMED_WARNINGS)
		caller_text(file, by, sizeof(by));
	printk(KERN_WARNING "WARNING: %s:%d: %s%s", file, line, what, by);
	count_warning("WARNING: %s:%d: %s%s", file, line, what, by);
}

void kernel_die(struct kernel *kernel, const char *text, bool bug)
{
	struct sched_state *sched = kernel->sched;

	if (sched->dead)
		return;
	printk(KERN_EMERG "Kernel panic - not syncing: %s", text);
	count_warning("%s", text);
	sched_stop(kernel);
	/* Objects that were written over may be the reason. */
	slab_check();
	if (kernel->panicked)
		kernel->panicked(kernel, text, bug);
}

/* BUG(), whatever it is that found one. */
static void __noreturn die_of_bug(const char *text)
{
	if (!this_kernel || !this_kernel->sched || !coro_current->ctx.thread) {
		printf("ballast: %s\n", text);
		abort();
	}
	kernel_die(this_kernel, text, true);
	cpu_exit_current();
}

void kernel_bug(const char *file, int line, const char *what)
{
	char text[LINE_MAX_LEN], by[256];
	int n;

	caller_text(file, by, sizeof(by));
	n = scnprintf(text, sizeof(text), "kernel BUG%s %s", line ? " at" : ":", file);
	if (line)
		n += scnprintf(text + n, sizeof(text) - n, ":%d", line);
	scnprintf(text + n, sizeof(text) - n, ": %s%s (task %s)", what, by,
		  current ? current->comm : "none");
	die_of_bug(text);
}

void panic(const char *fmt, ...)
{
	char text[LINE_MAX_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	kernel_bug("panic", 0, text);
}

/* The first frame is that of the definition which only says so. */
void kernel_not_modelled(const char *name)
{
	struct symbol callers[1 + CALLERS_SHOWN];
	unsigned int nr = fault_callers(callers, ARRAY_SIZE(callers)), i;
	char text[LINE_MAX_LEN], place[160];

	for (i = 1; i < nr; i++)
		printk(KERN_ERR "%s() is not modelled: called by %s\n", name,
		       symbol_text(&callers[i], place, sizeof(place)));
	scnprintf(text, sizeof(text), "%s() is not modelled, called by %s (task %s)", name,
		  nr > 1 ? symbol_text(&callers[1], place, sizeof(place)) : "somebody",
		  current ? current->comm : "none");
	die_of_bug(text);
}

void __might_sleep(const char *file, int line)
{
	char by[256] = "";

	if (this_kernel && this_kernel->sched && this_kernel->sched->nr_warnings < NAMED_WARNINGS)
		caller_text(file, by, sizeof(by));
	printk(KERN_ERR "BUG: sleeping function called from invalid context at %s:%d%s "
	       "(preempt_count %u, irqs %s, in interrupt %d, task %s)", file, line, by,
	       coro_current->ctx.preempt, coro_current->ctx.irqs_off ? "off" : "on",
	       coro_current->ctx.in_irq, current ? current->comm : "none");
	count_warning("BUG: sleeping function called from invalid context at %s:%d%s", file, line,
		      by);
}

const char *dev_driver_string(const struct device *dev)
{
	return dev->driver ? dev->driver->name : "";
}

const char *dev_name(const struct device *dev)
{
	return dev->name;
}
