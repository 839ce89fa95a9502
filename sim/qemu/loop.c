// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMM's threads: main loop, iothreads, bottom halves, timers, locks.
 *
 * Models util/async.c, util/main-loop.c, util/qemu-timer.c, iothread.c and
 * util/qemu-thread-posix.c of QEMU.  A loop whose VMM has threads is a coroutine on a host thread,
 * which sleeps until aio_context_notify(); without threads the same work is done from an engine
 * event.  Differences: bottom halves run in the order of scheduling (QEMU: the reverse within one
 * pass); the lock of an AioContext is no lock, since the iothread does not hold it either while it
 * runs bottom halves.  The big lock is dropped only between two passes over what is due; what is
 * scheduled in one pass is for the next.
 */
#include "internal.h"

#include "qapi/visitor.h"
#include "symbol.h"

static void aio_event(struct event *ev)
{
	AioContext *ctx = container_of(ev, AioContext, event);
	struct vmm *old = vmm_enter(ctx->vmm);

	while (aio_context_run(ctx))
		;
	vmm_leave(old);
}

void aio_context_init(AioContext *ctx, struct vmm *vmm)
{
	ctx->vmm = vmm;
	QSIMPLEQ_INIT(&ctx->scheduled);
	event_init(&ctx->event, aio_event);
}

static void bh_free(QEMUBH *bh)
{
	if (bh->owns)
		g_free(bh->opaque);
	g_free(bh);
}

void aio_context_destroy(AioContext *ctx)
{
	QEMUBH *bh;

	while ((bh = QSIMPLEQ_FIRST(&ctx->scheduled))) {
		QSIMPLEQ_REMOVE_HEAD(&ctx->scheduled, next);
		bh->scheduled = false;
		if (bh->oneshot || bh->deleted)
			bh_free(bh);
	}
	aio_context_kill(ctx);
}

static void aio_thread(void *arg)
{
	AioContext *ctx = arg;

	for (;;) {
		while (aio_context_run(ctx))
			;
		ctx->thread.wait_forever = true;
		cpu_block("work for its loop");
		ctx->thread.wait_forever = false;
		kvm_vmm_runs(ctx->vmm->vm);
	}
}

int aio_context_start(AioContext *ctx, const char *name)
{
	struct vmm *vmm = ctx->vmm;
	char full[32];

	snprintf(full, sizeof(full), "%.18s/%s", vmm->config.name, name);
	ctx->co = coro_create(full, aio_thread, ctx, CORO_STACK_DEFAULT);
	if (!ctx->co)
		return -ENOMEM;
	ctx->co->ctx.vmm = vmm;
	cpu_thread_init(&ctx->thread, &vmm->vm->host->cpus, full, ctx->co,
			&vmm->vm->account[ACCOUNT_VMM]);
	ctx->thread.vm = vmm->vm;
	ctx->threaded = true;
	event_cancel(vmm->engine, &ctx->event);
	cpu_wake(&ctx->thread);
	return 0;
}

/* The thread that calls is spared: the host ends it, and the next call cleans up. */
void aio_context_kill(AioContext *ctx)
{
	if (ctx->vmm->engine)
		event_cancel(ctx->vmm->engine, &ctx->event);
	if (!ctx->threaded || ctx->co == coro_current)
		return;
	ctx->threaded = false;
	if (ctx->thread.state != CPU_THREAD_DEAD)
		cpu_thread_kill(&ctx->thread);
	coro_destroy(ctx->co);
	ctx->co = NULL;
}

void aio_context_notify(AioContext *ctx)
{
	struct engine *engine = ctx->vmm->engine;

	if (ctx->vmm->dead)
		return;
	if (ctx->threaded)
		cpu_wake(&ctx->thread);
	else if (engine && !event_pending(&ctx->event))
		event_add(engine, &ctx->event, engine->now);
}

/* Bottom halves */

QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, MemReentrancyGuard *guard)
{
	QEMUBH *bh = g_new0(QEMUBH, 1);

	bh->ctx = ctx;
	bh->cb = cb;
	bh->opaque = opaque;
	bh->guard = guard;
	return bh;
}

AioContext *qemu_get_aio_context(void)
{
	return &this_vmm->main;
}

QEMUBH *qemu_bh_new_full(QEMUBHFunc *cb, void *opaque, MemReentrancyGuard *guard)
{
	return aio_bh_new_full(&this_vmm->main, cb, opaque, guard);
}

void qemu_bh_schedule(QEMUBH *bh)
{
	if (bh->scheduled || bh->deleted)
		return;
	bh->scheduled = true;
	bh->cause = coro_current->ctx.cause;
	QSIMPLEQ_INSERT_TAIL(&bh->ctx->scheduled, bh, next);
	aio_context_notify(bh->ctx);
}

void qemu_bh_cancel(QEMUBH *bh)
{
	AioContext *ctx = bh->ctx;
	QEMUBH **link = &ctx->scheduled.sqh_first, *tail = NULL;

	if (!bh->scheduled)
		return;
	for (; *link != bh; link = &(*link)->next.sqe_next)
		tail = *link;
	*link = bh->next.sqe_next;
	if (!*link)
		ctx->scheduled.sqh_last = tail ? &tail->next.sqe_next :
						 &ctx->scheduled.sqh_first;
	bh->scheduled = false;
}

void qemu_bh_delete(QEMUBH *bh)
{
	qemu_bh_cancel(bh);
	bh->deleted = true;
	if (!bh->running)
		bh_free(bh);
}

void aio_bh_schedule_oneshot(AioContext *ctx, QEMUBHFunc *cb, void *opaque)
{
	QEMUBH *bh = aio_bh_new_full(ctx, cb, opaque, NULL);

	bh->oneshot = true;
	qemu_bh_schedule(bh);
}

void vmm_bh_schedule_command(struct vmm *vmm, QEMUBHFunc *cb, void *command)
{
	QEMUBH *bh = aio_bh_new_full(&vmm->main, cb, command, NULL);

	bh->oneshot = bh->owns = true;
	qemu_bh_schedule(bh);
}

static void check_left(bool left, const char *kind, const void *callback);

static void bh_call(QEMUBH *bh)
{
	uint64_t cause = coro_current->ctx.cause;
	bool engaged;

	check_left(bh->left, "bottom half", bh->cb);
	engaged = bh->guard && bh->guard->engaged_in_io;
	charge(COST_VMM_DISPATCH, 1);
	bh->running = true;
	if (bh->guard)
		bh->guard->engaged_in_io = true;
	coro_current->ctx.cause = bh->cause;
	bh->cb(bh->opaque);
	coro_current->ctx.cause = cause;
	bh->running = false;
	if (bh->deleted || bh->oneshot) {
		bh_free(bh);
		return;
	}
	if (bh->guard)
		bh->guard->engaged_in_io = engaged;
}

struct bh_wait {
	QEMUBHFunc *cb;
	void *opaque;
	struct cpu_thread *waiter;
	bool done;
};

static void bh_wait_call(void *opaque)
{
	struct bh_wait *wait = opaque;

	wait->cb(wait->opaque);
	wait->done = true;
	cpu_wake(wait->waiter);
}

void aio_wait_bh_oneshot(AioContext *ctx, QEMUBHFunc *cb, void *opaque)
{
	struct bh_wait wait = { cb, opaque, coro_current->ctx.thread, false };

	if (!ctx->threaded || !wait.waiter || &ctx->thread == wait.waiter) {
		cb(opaque);	/* nobody else can be in the middle of something */
		return;
	}
	aio_bh_schedule_oneshot(ctx, bh_wait_call, &wait);
	while (!wait.done)
		cpu_block("a bottom half of an iothread");
}

void aio_context_acquire(AioContext *ctx)
{
}

void aio_context_release(AioContext *ctx)
{
}

/* Timers */

int64_t qemu_clock_get_ns(QEMUClockType type)
{
	struct vmm *vmm = this_vmm;
	int64_t now = vmm->engine ? vmm->engine->now : 0;

	if (coro_current->ctx.thread)
		now = cpu_local_time();
	if (type == QEMU_CLOCK_HOST)
		return now + VMM_EPOCH * NANOSECONDS_PER_SECOND;
	if (type == QEMU_CLOCK_VIRTUAL)
		return (vmm->running ? now : vmm->clock_stopped) - vmm->clock_offset;
	return now;
}

QEMUTimer *timer_new_full_scale(QEMUClockType type, int scale, QEMUTimerCB *cb, void *opaque)
{
	QEMUTimer *timer = g_new0(QEMUTimer, 1);

	timer->vmm = this_vmm;
	timer->clock = type;
	timer->scale = scale;
	timer->cb = cb;
	timer->opaque = opaque;
	return timer;
}

/* The time of the engine at which the timer is due; TIME_NEVER: not while the VM is stopped. */
static uint64_t timer_due(const struct vmm *vmm, const QEMUTimer *timer)
{
	int64_t at = timer->expire;

	if (timer->clock == QEMU_CLOCK_HOST)
		at -= VMM_EPOCH * NANOSECONDS_PER_SECOND;
	if (timer->clock == QEMU_CLOCK_VIRTUAL) {
		if (!vmm->running)
			return TIME_NEVER;
		at += vmm->clock_offset;
	}
	return at < 0 ? 0 : at;
}

static uint64_t timers_first_due(const struct vmm *vmm)
{
	uint64_t first = TIME_NEVER;
	const QEMUTimer *timer;

	for (timer = vmm->timers; timer; timer = timer->next) {
		uint64_t due = timer_due(vmm, timer);

		if (due < first)
			first = due;
	}
	return first;
}

void vmm_timers_rearm(struct vmm *vmm)
{
	uint64_t due = timers_first_due(vmm);

	if (!vmm->engine)
		return;
	event_cancel(vmm->engine, &vmm->timer_event);
	if (due != TIME_NEVER && !vmm->dead)
		event_add(vmm->engine, &vmm->timer_event, MAX(due, vmm->engine->now));
}

void vmm_timer_fired(struct event *ev)
{
	aio_context_notify(&container_of(ev, struct vmm, timer_event)->main);
}

void timer_del(QEMUTimer *timer)
{
	QEMUTimer **link = &timer->vmm->timers;

	if (!timer->pending)
		return;
	while (*link != timer)
		link = &(*link)->next;
	*link = timer->next;
	timer->pending = false;
	vmm_timers_rearm(timer->vmm);
}

void timer_mod(QEMUTimer *timer, int64_t expire_time)
{
	struct vmm *vmm = timer->vmm;
	QEMUTimer **link = &vmm->timers;

	timer_del(timer);
	if (__builtin_mul_overflow(expire_time, timer->scale, &timer->expire))
		timer->expire = INT64_MAX;
	while (*link)
		link = &(*link)->next;
	timer->next = NULL;
	*link = timer;
	timer->pending = true;
	vmm_timers_rearm(vmm);
}

void timer_free(QEMUTimer *timer)
{
	if (!timer)
		return;
	timer_del(timer);
	g_free(timer);
}

bool timer_pending(QEMUTimer *timer)
{
	return timer->pending;
}

/* The timer that is due first, if one is. */
static QEMUTimer *timers_take_due(struct vmm *vmm)
{
	uint64_t now = vmm->engine ? vmm->engine->now : 0, first = timers_first_due(vmm);
	QEMUTimer *timer;

	if (first > now || first == TIME_NEVER)
		return NULL;
	for (timer = vmm->timers; timer_due(vmm, timer) != first; timer = timer->next)
		;
	timer_del(timer);
	return timer;
}

static void mutex_hand_over(QemuMutex *mutex);

/* One pass over everything that is due. */
static bool main_run(struct vmm *vmm)
{
	bool progress = false;
	unsigned int nr = 0;
	QEMUTimer *timer;
	QEMUBH *bh;

	if (!vmm_transport_pending(vmm) && QSIMPLEQ_EMPTY(&vmm->main.scheduled) &&
	    timers_first_due(vmm) > (vmm->engine ? vmm->engine->now : 0))
		return false;
	qemu_mutex_lock(&vmm->bql);
	while ((timer = timers_take_due(vmm))) {
		charge(COST_VMM_DISPATCH, 1);
		check_left(timer->left, "timer", timer->cb);
		timer->cb(timer->opaque);
		progress = true;
	}
	progress |= vmm_transport_run(vmm);
	QSIMPLEQ_FOREACH(bh, &vmm->main.scheduled, next)
		nr++;
	while (nr-- && (bh = QSIMPLEQ_FIRST(&vmm->main.scheduled))) {
		qemu_bh_cancel(bh);
		bh_call(bh);
		progress = true;
		if (vmm_transport_pending(vmm))
			break;		/* nobody starves */
	}
	mutex_hand_over(&vmm->bql);
	return progress;
}

bool aio_context_run(AioContext *ctx)
{
	bool progress = false;
	QEMUBH *bh;

	if (ctx->busy)
		return false;		/* vmm_poll() from a handler */
	ctx->busy = true;
	if (ctx == &ctx->vmm->main) {
		progress = main_run(ctx->vmm);
	} else {
		while ((bh = QSIMPLEQ_FIRST(&ctx->scheduled))) {
			qemu_bh_cancel(bh);
			bh_call(bh);
			progress = true;
		}
	}
	ctx->busy = false;
	return progress;
}

/* What devices forget */

static bool is_within(const void *ptr, const void *start, size_t size)
{
	return (uintptr_t)ptr - (uintptr_t)start < size;
}

static bool say_left(const char *kind, const void *callback, char *text, size_t room)
{
	char where[128];

	if (!symbol_describe((const uint8_t *)callback + 1, where, sizeof(where)))
		snprintf(where, sizeof(where), "?");
	snprintf(text, room, "a %s that calls %s", kind, where);
	return true;
}

bool vmm_left_behind(struct vmm *vmm, const void *start, size_t size, bool freed, char *text,
		     size_t room)
{
	bool found = false;
	QEMUTimer *timer;
	QEMUBH *bh;

	for (timer = vmm->timers; timer; timer = timer->next) {
		if (!is_within(timer->opaque, start, size))
			continue;
		timer->left = freed;
		found = say_left("timer", timer->cb, text, room);
	}
	QSIMPLEQ_FOREACH(bh, &vmm->main.scheduled, next) {
		if (!is_within(bh->opaque, start, size))
			continue;
		bh->left = freed;
		found = say_left("bottom half", bh->cb, text, room);
	}
	if (is_within(vmm->balloon_opaque, start, size))
		found = say_left("handler of QMP's balloon", vmm->balloon_event, text, room);
	return found;
}

static void check_left(bool left, const char *kind, const void *callback)
{
	char what[160];

	if (!left)
		return;
	say_left(kind, callback, what, sizeof(what));
	vmm_fatal("%s is due, and what it was for is freed", what);
}

/* Iothreads */

static void iothread_instance_init(Object *obj)
{
	aio_context_init(&IOTHREAD(obj)->ctx, this_vmm);
}

static void iothread_instance_finalize(Object *obj)
{
	aio_context_destroy(&IOTHREAD(obj)->ctx);
}

const TypeInfo vmm_iothread_type_info = {
	.name = TYPE_IOTHREAD,
	.parent = TYPE_OBJECT,
	.instance_size = sizeof(IOThread),
	.instance_init = iothread_instance_init,
	.instance_finalize = iothread_instance_finalize,
};

AioContext *iothread_get_aio_context(IOThread *iothread)
{
	return &iothread->ctx;
}

/* Locks */

/* Returns whether the caller has been given the mutex. */
static bool wait_on(struct vmm_waiter **list, const char *why)
{
	struct vmm_waiter waiter = { .thread = coro_current->ctx.thread, .co = coro_current };

	if (!waiter.thread)
		vmm_fatal("%s would wait for %s forever: it runs on no thread",
			  coro_current->name, why);
	while (*list)
		list = &(*list)->next;
	*list = &waiter;
	while (!waiter.woken)
		cpu_block(why);
	return waiter.owns;
}

static void wake_first(struct vmm_waiter **list)
{
	struct vmm_waiter *waiter = *list;

	if (!waiter)
		return;
	*list = waiter->next;
	waiter->woken = true;
	cpu_wake(waiter->thread);
}

void qemu_mutex_init(QemuMutex *mutex)
{
	*mutex = (QemuMutex){ .initialized = true };
}

void qemu_mutex_destroy(QemuMutex *mutex)
{
	if (!mutex->initialized || mutex->owner || mutex->waiters)
		vmm_fatal("a mutex is destroyed that is in use");
	mutex->initialized = false;
}

/* A scheduling point: what the thread owes passes first, so that others may come before it. */
void qemu_mutex_lock(QemuMutex *mutex)
{
	if (!mutex->initialized || mutex->owner == coro_current)
		vmm_fatal("%s locks a mutex %s", coro_current->name,
			  mutex->initialized ? "that it holds" : "that was not initialized");
	cpu_sync_owed();
	while (mutex->owner) {
		if (wait_on(&mutex->waiters, "a mutex of the VMM"))
			return;
	}
	mutex->owner = coro_current;
}

int qemu_mutex_trylock(QemuMutex *mutex)
{
	cpu_sync_owed();
	if (mutex->owner)
		return -EBUSY;
	mutex->owner = coro_current;
	return 0;
}

void qemu_mutex_unlock(QemuMutex *mutex)
{
	if (mutex->owner != coro_current)
		vmm_fatal("%s unlocks a mutex that it does not hold", coro_current->name);
	if (mutex->waiters)
		cpu_sync_owed();
	mutex->owner = NULL;
	wake_first(&mutex->waiters);
}

/*
 * The main loop polls between two passes, and whoever waits has the mutex by then: as it is, a
 * mutex goes to who runs when it is free.
 */
static void mutex_hand_over(QemuMutex *mutex)
{
	struct vmm_waiter *waiter;

	if (mutex->waiters)
		cpu_sync_owed();
	waiter = mutex->waiters;
	if (!waiter) {
		qemu_mutex_unlock(mutex);
		return;
	}
	mutex->waiters = waiter->next;
	mutex->owner = waiter->co;
	waiter->owns = waiter->woken = true;
	cpu_wake(waiter->thread);
}

void qemu_cond_init(QemuCond *cond)
{
	*cond = (QemuCond){ .initialized = true };
}

void qemu_cond_destroy(QemuCond *cond)
{
	if (!cond->initialized || cond->waiters)
		vmm_fatal("a condition is destroyed that is in use");
	cond->initialized = false;
}

void qemu_cond_signal(QemuCond *cond)
{
	wake_first(&cond->waiters);
}

void qemu_cond_broadcast(QemuCond *cond)
{
	while (cond->waiters)
		wake_first(&cond->waiters);
}

void qemu_cond_wait(QemuCond *cond, QemuMutex *mutex)
{
	if (mutex->owner != coro_current)
		vmm_fatal("%s waits for a condition without its mutex", coro_current->name);
	mutex->owner = NULL;
	wake_first(&mutex->waiters);
	wait_on(&cond->waiters, "a condition of the VMM");
	qemu_mutex_lock(mutex);
}

void qemu_mutex_lock_iothread(void)
{
	qemu_mutex_lock(&this_vmm->bql);
}

void qemu_mutex_unlock_iothread(void)
{
	qemu_mutex_unlock(&this_vmm->bql);
}

bool qemu_mutex_iothread_locked(void)
{
	return this_vmm->bql.owner == coro_current;
}
