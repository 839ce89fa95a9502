// SPDX-License-Identifier: GPL-2.0-only
/*
 * printk, warnings and bugs.
 *
 * A line goes to whoever listens to the kernel's log (the trace; a test).  Warnings, bugs and
 * sleeping in atomic context are counted, and a run that has any has failed.  A BUG ends the
 * kernel: its vCPUs run no more.
 */
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "hostmem.h"
#include "internal.h"

#define LINE_MAX_LEN 1024
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
	u64 now = this_kernel->engine->now;
	struct ratelimit *r;

	for (r = sched->ratelimits; r; r = r->next)
		if (r->line == line && !strcmp(r->file, file))
			break;
	if (!r) {
		r = host_alloc(sizeof(*r));
		r->file = file;
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
		host_free(r);
	}
}

static void count_warning(const char *fmt, ...) __printf(1, 2);

static void count_warning(const char *fmt, ...)
{
	struct sched_state *sched = this_kernel ? this_kernel->sched : NULL;
	va_list args;

	if (!sched || sched->nr_warnings++)
		return;
	va_start(args, fmt);
	vsnprintf(sched->first_warning, sizeof(sched->first_warning), fmt, args);
	va_end(args);
}

void kernel_warn(const char *file, int line, const char *what)
{
	printk(KERN_WARNING "WARNING: %s:%d: %s", file, line, what);
	count_warning("WARNING: %s:%d: %s", file, line, what);
}

void kernel_bug(const char *file, int line, const char *what)
{
	printk(KERN_EMERG "kernel BUG at %s:%d: %s", file, line, what);
	if (!this_kernel || !this_kernel->sched || !coro_current->ctx.thread) {
		printf("ballast: kernel BUG at %s:%d: %s\n", file, line, what);
		abort();
	}
	count_warning("BUG at %s:%d: %s", file, line, what);
	this_kernel->sched->dead = true;
	if (this_kernel->bug) {
		char text[LINE_MAX_LEN];

		snprintf(text, sizeof(text), "kernel BUG at %s:%d: %s (task %s)", file, line, what,
			 current ? current->comm : "none");
		this_kernel->bug(this_kernel, text);
	}
	cpu_exit_current();
}

void __might_sleep(const char *file, int line)
{
	printk(KERN_ERR "BUG: sleeping function called from invalid context at %s:%d "
	       "(preempt_count %u, irqs %s, in interrupt %d, task %s)", file, line,
	       coro_current->ctx.preempt, coro_current->ctx.irqs_off ? "off" : "on",
	       coro_current->ctx.in_irq, current ? current->comm : "none");
	count_warning("BUG: sleeping function called from invalid context at %s:%d", file, line);
}

const char *dev_driver_string(const struct device *dev)
{
	return dev->driver ? dev->driver->name : "";
}

const char *dev_name(const struct device *dev)
{
	return dev->name;
}
