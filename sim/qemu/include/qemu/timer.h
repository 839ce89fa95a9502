/* SPDX-License-Identifier: GPL-2.0-only */
/* model: QEMU_CLOCK_VIRTUAL is the engine's time less the time that the VM was stopped */
#ifndef MODEL_QEMU_TIMER_H
#define MODEL_QEMU_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "qemu/typedefs.h"

#define SCALE_MS 1000000
#define SCALE_US 1000
#define SCALE_NS 1
#define NANOSECONDS_PER_SECOND 1000000000LL

typedef enum {
	QEMU_CLOCK_REALTIME, QEMU_CLOCK_VIRTUAL, QEMU_CLOCK_HOST, QEMU_CLOCK_VIRTUAL_RT,
	QEMU_CLOCK_MAX
} QEMUClockType;

typedef void QEMUTimerCB(void *opaque);

int64_t qemu_clock_get_ns(QEMUClockType type);

static inline int64_t qemu_clock_get_ms(QEMUClockType type)
{
	return qemu_clock_get_ns(type) / SCALE_MS;
}

/* Timers run in the main loop, with the big lock held. */
QEMUTimer *timer_new_full_scale(QEMUClockType type, int scale, QEMUTimerCB *cb, void *opaque);

static inline QEMUTimer *timer_new_ms(QEMUClockType type, QEMUTimerCB *cb, void *opaque)
{
	return timer_new_full_scale(type, SCALE_MS, cb, opaque);
}

static inline QEMUTimer *timer_new_ns(QEMUClockType type, QEMUTimerCB *cb, void *opaque)
{
	return timer_new_full_scale(type, SCALE_NS, cb, opaque);
}

/* @expire_time: absolute, in the timer's scale. */
void timer_mod(QEMUTimer *timer, int64_t expire_time);
void timer_del(QEMUTimer *timer);
void timer_free(QEMUTimer *timer);
bool timer_pending(QEMUTimer *timer);

#endif
