// SPDX-License-Identifier: GPL-2.0-only
/*
 * Catching faults; see fault.h.
 *
 * The signal handler runs on the alternate signal stack, looks at the code that failed, calls the
 * policy's handler and leaves by switching stacks, never by returning.  That is allowed because
 * the faults are synchronous, or (the watchdog's signal) taken only while code of an image runs,
 * which holds nothing of the process's.  The watchdog counts CPU time of this process: it does not
 * depend on how loaded the machine is, and stands still in a debugger.
 */
#define _GNU_SOURCE
#include "fault.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "coro.h"
#include "image.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include <sanitizer/common_interface_defs.h>
#endif

#define SIGNAL_STACK ((size_t)512 << 10)
#define GUARD_PAGE ((uintptr_t)4096)
#define NULL_PAGE ((uintptr_t)65536)	/* vm.mmap_min_addr: nothing is ever mapped below */
#define TICK_US 50000			/* of CPU time, between two looks of the watchdog */
#define HURRY_US 1000			/* when it waits for the image to go on */
#define FRAMES_MAX 2048			/* a stack of 64 KiB has no more */
#define SCAN_WORDS 512			/* of the stack, when it cannot be unwound */

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP };
#define NR_SIGNALS (sizeof(fault_signals) / sizeof(fault_signals[0]))

/* Signals are the process's; so is what is known of them. */
static struct {
	const struct fault_policy *policy;
	fault_fn last_resort;
	sigjmp_buf leave;
	struct coro_context context;	/* of the main stack, when the guard was set up */
	void *stack;
	bool active;			/* a fault is being handled */
	bool happened;			/* one has been */
	uint64_t seen, seen_us;		/* progress, and when, in CPU time, it last changed */
	uint64_t tick_us;		/* of the timer that is set */
	struct sigaction old[NR_SIGNALS], old_prof;
} state;

/* Looking at the stack */

struct frames {
	uintptr_t pc;			/* of the fault */
	uintptr_t first;		/* innermost that is neither libc's nor the loader's */
	uintptr_t inner, outer;		/* innermost and outermost of an image */
	bool below;			/* frames of the handler have been passed */
	unsigned int nr;
};

static void see(struct frames *f, uintptr_t pc)
{
	if (!f->first && (symbol_is_own(pc) || image_at(pc)))
		f->first = pc;
	if (!image_at(pc))
		return;
	if (!f->inner)
		f->inner = pc;
	f->outer = pc;
}

static _Unwind_Reason_Code see_frame(struct _Unwind_Context *context, void *arg)
{
	struct frames *f = arg;
	int before = 0;
	uintptr_t pc = _Unwind_GetIPInfo(context, &before);

	if (pc == f->pc)
		f->below = true;
	/* A return address is behind its call, perhaps in the next line. */
	if (f->below)
		see(f, before ? pc : pc - 1);
	return ++f->nr < FRAMES_MAX ? _URC_NO_REASON : _URC_END_OF_STACK;
}

bool fault_caller(struct symbol *caller)
{
	struct frames frames = { .below = true };

	_Unwind_Backtrace(see_frame, &frames);
	if (!frames.inner)
		return false;
	symbol_find(frames.inner, caller);
	return true;
}

struct caller_list {
	struct symbol *callers;
	unsigned int nr, max;
};

static _Unwind_Reason_Code list_frame(struct _Unwind_Context *context, void *arg)
{
	struct caller_list *list = arg;
	int before = 0;
	uintptr_t pc = _Unwind_GetIPInfo(context, &before);

	if (!before)
		pc--;
	if (image_at(pc))
		symbol_find(pc, &list->callers[list->nr++]);
	return list->nr < list->max ? _URC_NO_REASON : _URC_END_OF_STACK;
}

unsigned int fault_callers(struct symbol *callers, unsigned int max)
{
	struct caller_list list = { .callers = callers, .max = max };

	_Unwind_Backtrace(list_frame, &list);
	return list.nr;
}

static uintptr_t context_pc(const ucontext_t *uc)
{
#ifdef __x86_64__
	return uc->uc_mcontext.gregs[REG_RIP];
#else
	return 0;
#endif
}

static const uintptr_t *context_sp(const ucontext_t *uc)
{
#ifdef __x86_64__
	return (const uintptr_t *)uc->uc_mcontext.gregs[REG_RSP];
#else
	return NULL;
#endif
}

/*
 * A jump to nowhere cannot be unwound: then the first return address into an image has to do.
 * Frames are of others, with whatever a sanitizer has put between their variables.
 */
static void __attribute__((no_sanitize_address)) scan_stack(struct frames *f, const ucontext_t *uc)
{
	const struct coro *co = coro_current;
	const uintptr_t *sp = context_sp(uc);
	const char *end = co->stack ? (const char *)co->stack + co->stack_size : NULL;
	unsigned int i;

	if (!sp || (end && ((const char *)sp < (const char *)co->stack || (const char *)sp > end)))
		return;
	for (i = 0; i < SCAN_WORDS && !f->inner; i++) {
		if (end && (const char *)&sp[i + 1] > end)
			return;
		see(f, sp[i] - 1);
	}
}

static void find_frames(struct frames *f, const ucontext_t *uc)
{
	*f = (struct frames){ .pc = context_pc(uc) };
	_Unwind_Backtrace(see_frame, f);
	if (!f->inner)
		scan_stack(f, uc);
}

/* What happened */

static bool in_guard_page(uintptr_t address, const ucontext_t *uc)
{
	const struct coro *co = coro_current;
	uintptr_t sp = (uintptr_t)context_sp(uc);

	if (co != &coro_main && co->stack)
		return address - (uintptr_t)co->stack < GUARD_PAGE;
	/* The main stack grows until its limit: a fault beside the stack pointer is its end. */
	return sp && address + GUARD_PAGE > sp - GUARD_PAGE && address < sp + GUARD_PAGE;
}

static void describe(struct fault *fault, int sig, const siginfo_t *info, const ucontext_t *uc)
{
	uintptr_t address = (uintptr_t)info->si_addr;
	const char *what = "access to an address where nothing is";

	if (sig == SIGPROF)
		what = "does not give the CPU back";
	else if (sig == SIGABRT)
		what = "a check of its own, or a sanitizer's, failed (abort)";
	else if (sig == SIGILL || sig == SIGTRAP)
		what = "an instruction that no CPU has";
	else if (sig == SIGFPE)
		what = "division by zero";
	else if (in_guard_page(address, uc))
		what = "stack overflow (endless recursion?)";
	else if (address == context_pc(uc))
		what = address < NULL_PAGE ? "call of a NULL pointer" : "jump to where no code is";
	snprintf(fault->what, sizeof(fault->what), "%s", what);
	/* Large addresses differ from run to run, and what is said here goes into the trace. */
	if ((sig == SIGSEGV || sig == SIGBUS) && info->si_code > 0 && address < NULL_PAGE &&
	    address != context_pc(uc) && info->si_code != SI_KERNEL)
		snprintf(fault->what, sizeof(fault->what),
			 "NULL pointer dereference, offset %#" PRIxPTR, address);
}

static void look(struct fault *fault, const struct frames *frames)
{
	symbol_find(frames->first ? frames->first : frames->pc, &fault->at);
	fault->in_image = image_at(frames->first) != NULL;
	if (!frames->inner)
		return;
	symbol_find(frames->inner, &fault->image);
	if (frames->outer == frames->inner)
		fault->entry = fault->image;
	else
		symbol_find(frames->outer, &fault->entry);
}

/* Of this process; a signal handler may ask for it. */
static uint64_t cpu_time_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Leaving */

static void __attribute__((noreturn)) leave_coroutine(void)
{
	struct coro *co = coro_current;

	co->dead = true;
	coro_suspend();
	abort();	/* nobody runs a dead coroutine */
}

static void __attribute__((noreturn)) leave(void)
{
	state.active = false;
	state.seen_us = cpu_time_us();
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region(state.stack, SIGNAL_STACK);
#endif
	if (coro_current == &coro_main)
		siglongjmp(state.leave, 1);
	state.policy->exit();
	leave_coroutine();
}

static void __attribute__((noreturn)) die(const char *why)
{
	if (write(STDERR_FILENO, why, strlen(why)) < 0)
		_exit(2);
	_exit(1);
}

static void handle(int sig, const siginfo_t *info, const ucontext_t *uc,
		   const struct frames *frames)
{
	struct fault fault = { .hang = sig == SIGPROF };

	state.active = state.happened = true;
	describe(&fault, sig, info, uc);
	look(&fault, frames);
	if (!state.policy) {
		state.last_resort(NULL, &fault);
		_exit(1);
	}
	state.policy->handler(state.policy->opaque, &fault);
	leave();
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	struct frames frames;

	if (state.active)
		die("ballast: another fault while the first was looked at; the run ends here\n");
	state.active = true;
	find_frames(&frames, context);
	handle(sig, info, context, &frames);
}

/* The watchdog */

/* 0 stops it. */
static void set_timer(uint64_t tick_us)
{
	struct itimerval every = { { 0, (suseconds_t)tick_us }, { 0, (suseconds_t)tick_us } };

	state.tick_us = tick_us;
	setitimer(ITIMER_PROF, &every, NULL);
}

static void on_tick(int sig, siginfo_t *info, void *context)
{
	struct frames frames;
	uint64_t patience_us, idle_us;
	int saved = errno;

	if (state.active || !state.policy)
		return;
	patience_us = (uint64_t)state.policy->patience_ms * 1000;
	if (*state.policy->progress != state.seen) {
		state.seen = *state.policy->progress;
		state.seen_us = cpu_time_us();
		if (state.tick_us != TICK_US)
			set_timer(TICK_US);
		return;
	}
	idle_us = cpu_time_us() - state.seen_us;
	if (idle_us < patience_us)
		return;
	/*
	 * In code of the simulator something may be half done: wait for the image to go on, which
	 * spends most of a loop in what it calls, and look often enough to see it there.
	 */
	if (!image_at(context_pc(context)) && idle_us < 2 * patience_us) {
		if (state.tick_us != HURRY_US)
			set_timer(HURRY_US);
		return;
	}
	find_frames(&frames, context);
	handle(sig, info, context, &frames);
	errno = saved;
}

/* The guard */

static bool prepare(void)
{
	stack_t stack = { .ss_size = SIGNAL_STACK };
	struct frames frames = { .pc = 1 };

	if (!state.stack) {
		state.stack = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (state.stack == MAP_FAILED)
			state.stack = NULL;
		/* The unwinder loads its library on first use: not in a signal handler. */
		_Unwind_Backtrace(see_frame, &frames);
	}
	stack.ss_sp = state.stack;
	return state.stack && !sigaltstack(&stack, NULL);
}

static void install(void)
{
	/* SA_NODEFER: the handler is left without returning from it. */
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	unsigned int i;

	for (i = 0; i < NR_SIGNALS; i++)
		sigaction(fault_signals[i], &action, &state.old[i]);
	action.sa_sigaction = on_tick;
	action.sa_flags |= SA_RESTART;
	sigaction(SIGPROF, &action, &state.old_prof);
}

static void uninstall(void)
{
	unsigned int i;

	set_timer(0);
	for (i = 0; i < NR_SIGNALS; i++)
		sigaction(fault_signals[i], &state.old[i], NULL);
	sigaction(SIGPROF, &state.old_prof, NULL);
}

#ifdef __SANITIZE_ADDRESS__
/* UBSan has a runtime of its own, which knows nothing of on_report(): let it raise a signal. */
const char *__ubsan_default_options(void);

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1";
}

/* What died in the middle of something has not given back what it had. */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return state.happened;
}

/*
 * A report begins.  It may take seconds of CPU time, in which the image that is reported makes no
 * progress: that is no hang.
 */
void __asan_on_error(void)
{
	set_timer(0);
}

/* The report has been printed; what it cannot know is whose code it was. */
static void on_report(void)
{
	struct fault fault = { .what = "the sanitizer's report above" };
	struct frames frames = { .below = true };

	state.active = true;
	_Unwind_Backtrace(see_frame, &frames);
	frames.pc = frames.inner;
	look(&fault, &frames);
	if (state.policy && state.policy->whose)
		state.policy->whose(state.policy->opaque, __asan_get_report_address(), fault.whose,
				    sizeof(fault.whose));
	state.last_resort(NULL, &fault);
	_exit(1);
}
#endif

void fault_last_resort(fault_fn handler)
{
	if (!prepare())
		return;
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_set_death_callback(on_report);
#endif
	state.last_resort = handler;
	install();
}

bool fault_guard(void (*fn)(void *arg), void *arg, const struct fault_policy *policy)
{
	volatile bool well = true;

	if (state.policy || !prepare()) {
		fn(arg);
		return true;
	}
	state.policy = policy;
	state.seen = *policy->progress;
	state.seen_us = cpu_time_us();
	install();
	if (policy->patience_ms)
		set_timer(TICK_US);
	state.context = coro_current->ctx;
	if (sigsetjmp(state.leave, 0)) {
		well = false;
		coro_current->ctx = state.context;
	} else {
		fn(arg);
	}
	uninstall();
	state.policy = NULL;
	return well;
}
