// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who dies of a fault: the kernel whose module it was, the VMM whose device it was, or the run.
 *
 * A module's fault is its kernel's panic: vCPUs stop, memory and VMM stay, as a crashed guest of
 * QEMU without a pvpanic device.  A device's fault is its VMM's end, as by SIGSEGV: memory is
 * free.  A fault of neither, or one that happened in what all guests share, ends the run: nothing
 * could be believed any more.
 */
#include "machine-internal.h"

#include <string.h>

#include "fault.h"

/* The guest in whose name code runs; NULL: the host's own, or the simulator's. */
static struct machine_guest *current_guest(struct machine *m)
{
	const struct coro_context *ctx = &coro_current->ctx;
	uint32_t i;

	for (i = 0; m->guests && i < m->scenario->nr_guests; i++) {
		struct machine_guest *guest = &m->guests[i];

		if ((ctx->kernel && guest->kernel == ctx->kernel) ||
		    (ctx->vmm && guest->vmm == ctx->vmm))
			return guest;
	}
	return NULL;
}

/* Are these the files of a module or of a device? */
static bool is_module(const struct machine_guest *guest, const char *image)
{
	uint32_t i;

	for (i = 0; i < guest->modules.nr; i++) {
		const char *path = guest->modules.path[i], *base;

		base = path ? strrchr(path, '/') : NULL;
		base = base ? base + 1 : path;
		if (base && !strncmp(base, image, strlen(image)) && base[strlen(image)] == '.')
			return true;
	}
	return false;
}

/* Without an image on its stack: code of an image that is gone, called by the guest's kernel? */
static bool in_nowhere(const struct fault *f)
{
	return !f->image.image[0] && !strcmp(f->at.function, "?") && coro_current->ctx.kernel;
}

/* Code on behalf of one guest, an image's or the model kernel's, as against what guests share. */
static bool in_guest_code(const struct fault *f)
{
	return f->in_image || strstr(f->at.folder, "sim/linux/");
}

static bool in_vmm_code(const struct fault *f)
{
	return f->in_image || (f->image.image[0] && strstr(f->at.folder, "sim/qemu/"));
}

static void fault_text(const struct machine_guest *guest, const struct fault *f, char *text,
		       size_t size)
{
	char place[160], at[160];
	size_t n = 0;

	if (f->image.image[0])
		n = snprintf(text, size, "image %s: ", f->image.image);
	if (f->hang && f->image.image[0]) {
		/* Where it was caught differs from run to run, which loop it is hardly. */
		snprintf(text + n, size - n, "%s: a loop without end in %s(), %s", f->what,
			 f->entry.function, f->entry.file);
		return;
	}
	snprintf(text + n, size - n, "%s in %s", f->what,
		 f->image.image[0] ? symbol_text(&f->image, place, sizeof(place)) :
				     symbol_text(&f->at, place, sizeof(place)));
	n += strlen(text + n);
	if (f->image.image[0] && !f->in_image && n < size)
		snprintf(text + n, size - n, ", calling %s", symbol_text(&f->at, at, sizeof(at)));
}

void machine_check_crashes(struct machine *m)
{
	if (m->crash[0])
		machine_fail(m, m->crash_end, false, "%s", m->crash);
}

/* The first one is what the run is said to have failed of. */
static void note_crash(struct machine_guest *guest, const char *text, enum trace_end end)
{
	struct machine *m = guest->machine;

	if (!m->crash[0]) {
		snprintf(m->crash, sizeof(m->crash), "guest %s: %s", guest->config->name, text);
		m->crash_end = end;
	}
	if (m->scenario->on_crash == SCENARIO_CRASH_END)
		machine_check_crashes(m);
}

static void vmm_crashed(struct machine_guest *guest, const char *text)
{
	struct machine *m = guest->machine;

	machine_trace_flush_extent(m);
	machine_say(guest, TRACE_ERROR, "vmm", text);
	MACHINE_TRACE(m, guest_end, .guest = guest->id, .reason = TRACE_OFF_CRASHED);
	note_crash(guest, text, TRACE_END_FAILED);
	host_stop_vm(guest->vm);
	machine_guest_killed(guest, TRACE_CUT_VMM_KILLED);
}

void machine_guest_panicked(struct kernel *kernel, const char *text, bool bug)
{
	struct machine_guest *guest = guest_kernel_opaque(kernel);
	struct machine *m = guest->machine;

	machine_trace_flush_extent(m);
	MACHINE_TRACE(m, guest_end, .guest = guest->id, .reason = TRACE_OFF_PANIC);
	note_crash(guest, text, bug ? TRACE_END_PROTOCOL : TRACE_END_FAILED);
	machine_guest_ended(guest, TRACE_CUT_VMM_KILLED);
}

static void on_fault(void *opaque, const struct fault *f)
{
	struct machine *m = opaque;
	struct machine_guest *guest = current_guest(m);
	bool of_host = m->host_kernel && coro_current->ctx.kernel == m->host_kernel;
	char text[500];

	fault_text(guest, f, text, sizeof(text));
	m->faulted |= !f->in_image;
	if (f->hang && m->options.message && f->image.image[0]) {
		char place[160], line[300];

		snprintf(line, sizeof(line), "it was stopped in %s",
			 symbol_text(&f->image, place, sizeof(place)));
		m->options.message(m->options.opaque, line);
	}
	if (guest && guest->kernel &&
	    (in_nowhere(f) || (in_guest_code(f) && is_module(guest, f->image.image)))) {
		guest_kernel_panic(guest->kernel, text);
	} else if (guest && in_vmm_code(f) && m->began) {
		vmm_crashed(guest, text);
	} else {
		m->faulted = true;
		machine_fail(m, TRACE_END_FAILED, false, "%s%s: %s",
			     guest ? "guest " : of_host ? "the host's kernel" : "the simulator",
			     guest ? guest->config->name : "", text);
	}
}

/* What is on disk so far can be read; the rest is lost with the process. */
static void whose(void *opaque, const void *address, char *text, unsigned int size)
{
	struct machine *m = opaque;
	struct machine_guest *guest = current_guest(m);
	unsigned int n;

	trace_flush(m->trace);
	if (!guest)
		return;
	n = snprintf(text, size, "guest %s: ", guest->config->name);
	if (guest->kernel && n < size)
		guest_kernel_describe(guest->kernel, address, text + n, size - n);
}

/* The host thread whose code failed is gone. */
static void fault_exit(void)
{
	struct cpu_thread *t = coro_current->ctx.thread;

	if (t && t->state == CPU_THREAD_RUNNING)
		cpu_exit_current();
}

bool machine_guarded(struct machine *m, void (*fn)(void *arg), void *arg,
		     const uint64_t *progress)
{
	struct fault_policy policy = {
		.handler = on_fault, .opaque = m, .exit = fault_exit, .whose = whose,
		.progress = progress,
		.patience_ms = m->options.patience_ms ? m->options.patience_ms : FAULT_PATIENCE_MS,
	};

	return fault_guard(fn, arg, &policy);
}

struct stretch {
	struct machine *m;
	uint64_t until;
	enum engine_end end;
};

static void run_stretch(void *arg)
{
	struct stretch *s = arg;

	if (!s->m->interrupted)
		s->end = engine_run(&s->m->engine, s->until);
}

/* A fault on the main stack has cost an event, and perhaps a guest; the rest goes on. */
enum engine_end machine_engine_run(struct machine *m, uint64_t until)
{
	struct stretch s = { m, until, ENGINE_STOPPED };

	while (!machine_guarded(m, run_stretch, &s, &m->engine.nr_run) &&
	       m->result == TRACE_END_OK)
		;
	return s.end;
}
