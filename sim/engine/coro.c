// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coroutines: stacks, switching, and telling the sanitizers about it.
 *
 * Two ways to switch, chosen when building: CORO_SWITCH() of coro.h, and ucontext
 * (CORO_UCONTEXT) for any other machine.  Stacks are mappings with a guard page below; finished
 * ones are kept in a small pool, because guests start programs all the time.  Stack tops are
 * staggered by cache lines so that the hot frames of many coroutines do not all land in the
 * same cache set.
 */
#include "coro.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef CORO_SANITIZED
#if defined(__SANITIZE_THREAD__)
#define CORO_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CORO_TSAN 1
#endif
#endif
#ifdef CORO_TSAN
#include <sanitizer/tsan_interface.h>
#else
#define CORO_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#endif
#ifdef CORO_UCONTEXT
#include <ucontext.h>
#endif

#define GUARD_SIZE ((size_t)4096)
#define CACHE_LINE 64
#define STAGGER_LINES 16
#define POOL_MAX 64

struct coro coro_main = { .name = "main" };
struct coro *coro_current = &coro_main;

/* Stacks are memory of the process, not of a model object: one pool serves all engines. */
static void *stack_pool[POOL_MAX];
static unsigned int nr_pooled, stack_stagger;

static void *stack_map(size_t size)
{
	char *p;

	if (size == CORO_STACK_DEFAULT + GUARD_SIZE && nr_pooled)
		return stack_pool[--nr_pooled];
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		 -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p, GUARD_SIZE, PROT_NONE)) {
		munmap(p, size);
		return NULL;
	}
	return p;
}

static void stack_unmap(void *stack, size_t size)
{
#ifdef CORO_ASAN
	__asan_unpoison_memory_region((char *)stack + GUARD_SIZE, size - GUARD_SIZE);
#endif
	if (size == CORO_STACK_DEFAULT + GUARD_SIZE && nr_pooled < POOL_MAX)
		stack_pool[nr_pooled++] = stack;
	else
		munmap(stack, size);
}

/* The far side of a switch: what the sanitizers want to know on arrival. */
static void switch_arrived(struct coro *co)
{
#ifdef CORO_ASAN
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(co->fake_stack, &bottom, &size);
	if (!coro_main.stack) {
		/* First switch away from the main stack: that is where it is. */
		coro_main.stack = (void *)bottom;
		coro_main.stack_size = size;
	}
#endif
	coro_current = co;
}

static void switch_raw(struct coro *from, struct coro *to)
{
#ifdef CORO_TSAN
	if (!from->tsan_fiber)
		from->tsan_fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
#ifdef CORO_UCONTEXT
	swapcontext(from->ucontext, to->ucontext);
#else
	CORO_SWITCH(&from->sp, to->sp);
#endif
}

static void switch_to(struct coro *from, struct coro *to)
{
#ifdef CORO_ASAN
	size_t guard = to == &coro_main ? 0 : GUARD_SIZE;

	__sanitizer_start_switch_fiber(from->dead ? NULL : &from->fake_stack,
				       (char *)to->stack + guard, to->stack_size - guard);
#endif
	coro_current = to;
	switch_raw(from, to);
	switch_arrived(from);
}

struct coro *coro_starting;

static void __attribute__((noreturn)) coro_entry(void)
{
	struct coro *co = coro_starting;

	switch_arrived(co);
	co->fn(co->arg);
	co->dead = true;
	switch_to(co, &coro_main);
	abort();	/* nobody runs a dead coroutine */
}

static bool coro_prepare(struct coro *co)
{
	char *top = (char *)co->stack + co->stack_size;

	top -= CACHE_LINE * (1 + stack_stagger++ % STAGGER_LINES);
#ifdef CORO_UCONTEXT
	ucontext_t *uc = calloc(1, sizeof(*uc));

	if (!uc)
		return false;
	getcontext(uc);
	uc->uc_stack.ss_sp = (char *)co->stack + GUARD_SIZE;
	uc->uc_stack.ss_size = top - ((char *)co->stack + GUARD_SIZE);
	makecontext(uc, coro_entry, 0);
	co->ucontext = uc;
#else
	/* CORO_SWITCH() pops where to go; then the stack is 8 bytes off, as after a call. */
	void **sp = (void **)top - 2;

	sp[0] = (void *)coro_entry;
	sp[1] = NULL;
	co->sp = sp;
#endif
#ifdef CORO_TSAN
	co->tsan_fiber = __tsan_create_fiber(0);
#endif
	return true;
}

struct coro *coro_create(const char *name, coro_fn fn, void *arg, size_t stack_size)
{
	struct coro *co = calloc(1, sizeof(*co));

	if (!co)
		return NULL;
#ifdef CORO_ASAN
	stack_size *= 4;	/* its frames are larger, and its report is made on this stack */
#endif
	co->stack_size = (stack_size + GUARD_SIZE - 1) / GUARD_SIZE * GUARD_SIZE + GUARD_SIZE;
	co->stack = stack_map(co->stack_size);
	co->fn = fn;
	co->arg = arg;
	snprintf(co->name, sizeof(co->name), "%s", name);
	if (co->stack && coro_prepare(co))
		return co;
	if (co->stack)
		stack_unmap(co->stack, co->stack_size);
	free(co);
	return NULL;
}

void coro_destroy(struct coro *co)
{
	if (co == coro_current) {
		fprintf(stderr, "ballast: coroutine %s destroys itself\n", co->name);
		abort();
	}
#ifdef CORO_TSAN
	__tsan_destroy_fiber(co->tsan_fiber);
#endif
	stack_unmap(co->stack, co->stack_size);
	free(co->ucontext);
	free(co);
}

void coro_bad_run(const struct coro *co)
{
	fprintf(stderr, "ballast: coro_run(%s) from %s%s\n", co->name, coro_current->name,
		co->dead ? ": it has ended" : "");
	abort();
}

#if defined(CORO_UCONTEXT) || defined(CORO_SANITIZED)
void coro_run(struct coro *co)
{
#ifdef CORO_UCONTEXT
	static ucontext_t main_context;

	coro_main.ucontext = &main_context;
#endif
	if (coro_current != &coro_main || co->dead)
		coro_bad_run(co);
	coro_starting = co;
	switch_to(&coro_main, co);
}

void coro_suspend(void)
{
	switch_to(coro_current, &coro_main);
}
#endif

const char *coro_backend(void)
{
#ifdef CORO_UCONTEXT
	return "ucontext";
#else
	return "asm";
#endif
}
