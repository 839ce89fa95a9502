/* SPDX-License-Identifier: GPL-2.0-only */
/* model: lists by macro, with the names and behaviour of the BSD ones; only what is used */
#ifndef MODEL_QEMU_QUEUE_H
#define MODEL_QEMU_QUEUE_H

#include <stddef.h>

/* Singly linked, with a tail: first in, first out. */
#define QSIMPLEQ_HEAD(name, type)						\
	struct name { struct type *sqh_first; struct type **sqh_last; }
#define QSIMPLEQ_ENTRY(type) struct { struct type *sqe_next; }
#define QSIMPLEQ_HEAD_INITIALIZER(head) { NULL, &(head).sqh_first }
#define QSIMPLEQ_INIT(head) do {						\
		(head)->sqh_first = NULL;					\
		(head)->sqh_last = &(head)->sqh_first;				\
	} while (0)
#define QSIMPLEQ_FIRST(head) ((head)->sqh_first)
#define QSIMPLEQ_EMPTY(head) (!(head)->sqh_first)
#define QSIMPLEQ_NEXT(elm, field) ((elm)->field.sqe_next)
#define QSIMPLEQ_INSERT_TAIL(head, elm, field) do {				\
		(elm)->field.sqe_next = NULL;					\
		*(head)->sqh_last = (elm);					\
		(head)->sqh_last = &(elm)->field.sqe_next;			\
	} while (0)
#define QSIMPLEQ_REMOVE_HEAD(head, field) do {					\
		(head)->sqh_first = (head)->sqh_first->field.sqe_next;		\
		if (!(head)->sqh_first)						\
			(head)->sqh_last = &(head)->sqh_first;			\
	} while (0)
/* All of @head2 to the end of @head1. */
#define QSIMPLEQ_CONCAT(head1, head2) do {					\
		if (!QSIMPLEQ_EMPTY(head2)) {					\
			*(head1)->sqh_last = (head2)->sqh_first;		\
			(head1)->sqh_last = (head2)->sqh_last;			\
			QSIMPLEQ_INIT(head2);					\
		}								\
	} while (0)
#define QSIMPLEQ_FOREACH(var, head, field)					\
	for ((var) = (head)->sqh_first; (var); (var) = (var)->field.sqe_next)

/* Doubly linked, without a tail. */
#define QLIST_HEAD(name, type) struct name { struct type *lh_first; }
#define QLIST_ENTRY(type) struct { struct type *le_next; struct type **le_prev; }
#define QLIST_INIT(head) ((head)->lh_first = NULL)
#define QLIST_FIRST(head) ((head)->lh_first)
#define QLIST_NEXT(elm, field) ((elm)->field.le_next)
#define QLIST_INSERT_HEAD(head, elm, field) do {				\
		(elm)->field.le_next = (head)->lh_first;			\
		if ((head)->lh_first)						\
			(head)->lh_first->field.le_prev = &(elm)->field.le_next; \
		(head)->lh_first = (elm);					\
		(elm)->field.le_prev = &(head)->lh_first;			\
	} while (0)
#define QLIST_REMOVE(elm, field) do {						\
		if ((elm)->field.le_next)					\
			(elm)->field.le_next->field.le_prev = (elm)->field.le_prev; \
		*(elm)->field.le_prev = (elm)->field.le_next;			\
	} while (0)
#define QLIST_FOREACH_SAFE(var, head, field, next)				\
	for ((var) = (head)->lh_first; (var) && ((next) = (var)->field.le_next, 1); \
	     (var) = (next))

#endif
