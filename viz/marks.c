// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flags, phases and ticks; see marks.h.
 */
#include "marks.h"

#include <stdio.h>

#include "legend.h"

/* The number (in @mark) of the first mark at or after @time. */
static uint32_t first_at(const struct source *s, const uint32_t *mark, uint32_t nr, uint64_t time)
{
	uint32_t low = 0, high = nr;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->index->marks[mark[mid]].time < time)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool marks_any(const struct scene *s, unsigned int source, uint32_t guest)
{
	const struct source *from = &s->source[source];
	const uint32_t *mark;
	uint32_t nr = source_marks(from, guest, &mark);

	for (uint32_t i = first_at(from, mark, nr, s->v->from); i < nr; i++) {
		const struct index_mark *m = &from->index->marks[mark[i]];

		if (m->time > s->v->to)
			break;
		if (mark_letter(m->kind))
			return true;
	}
	return false;
}

static void draw_flag(const struct scene *s, int x, unsigned int nr, char letter, bool alarm,
		      struct box b, int bottom)
{
	const struct font *f = &s->l->small;
	uint32_t color = alarm ? s->p->alarm : s->p->mark;
	char text[8] = { letter };
	struct box flag = { x, b.y, scene_px(s, 14), b.h };

	if (nr > 1)
		snprintf(text, sizeof(text), nr > 99 ? "99+" : "%u", nr);
	if (text_width(f, text) + scene_px(s, 4) > flag.w)
		flag.w = text_width(f, text) + scene_px(s, 4);
	px_column_blend(s->c, x, b.y + b.h, bottom, color, 150);
	if (flag.x + flag.w > b.x + b.w)
		flag.x = x + 1 - flag.w;
	px_fill(s->c, flag, color);
	text_in(s->c, f, flag, TEXT_CENTRE, s->p->back, text);
}

static bool is_alarm(uint32_t kind)
{
	return kind == INDEX_MARK_GUEST_OOM || kind == INDEX_MARK_HOST_OOM ||
	       kind == INDEX_MARK_DATA_LOSS || kind == INDEX_MARK_PROGRAM_KILLED;
}

/* Flags that would overlap become one with their number. */
void marks_flags(const struct scene *s, unsigned int source, uint32_t guest, struct box b,
		 int bottom)
{
	const struct source *from = &s->source[source];
	const uint32_t *mark;
	uint32_t nr = source_marks(from, guest, &mark), i = first_at(from, mark, nr, s->v->from);
	int room = scene_px(s, 24);

	while (i < nr && from->index->marks[mark[i]].time <= s->v->to) {
		const struct index_mark *m = &from->index->marks[mark[i++]];
		int x = layout_x(s->l, m->time);
		unsigned int together = 1;
		bool alarm = is_alarm(m->kind);

		if (!mark_letter(m->kind))
			continue;
		for (; i < nr; i++) {
			const struct index_mark *next = &from->index->marks[mark[i]];

			if (next->time > s->v->to || layout_x(s->l, next->time) >= x + room)
				break;
			if (!mark_letter(next->kind))
				continue;
			together++;
			alarm |= is_alarm(next->kind);
		}
		draw_flag(s, x, together, mark_letter(m->kind), alarm, b, bottom);
	}
}

static void draw_phase(const struct scene *s, const struct source *from,
		       const struct index_mark *m, struct box seg, unsigned int number)
{
	const char *name = index_text(from->index, m->name),
		   *phase = index_text(from->index, m->text);
	struct box in = { seg.x + scene_px(s, 5), seg.y, seg.w - scene_px(s, 8), seg.h };
	char text[224];

	if (seg.w <= 0)
		return;
	px_fill(s->c, seg, px_mix(s->p->lane, s->p->text, number % 2 ? 60 : 34));
	px_fill(s->c, (struct box){ seg.x, seg.y, scene_px(s, 1), seg.h }, s->p->dim);
	if (m->kind == INDEX_MARK_PROGRAM_START)
		snprintf(text, sizeof(text), "%.90s", name);
	else if (m->value)
		snprintf(text, sizeof(text), "%.90s: %.90s %llu", name, phase,
			 (unsigned long long)m->value);
	else
		snprintf(text, sizeof(text), "%.90s: %.90s", name, phase);
	if (text_width(&s->l->small, text) > in.w)
		snprintf(text, sizeof(text), "%.90s", phase);
	if (text_width(&s->l->small, text) <= in.w)
		text_in(s->c, &s->l->small, in, TEXT_LEFT, s->p->text, text);
}

static bool is_program(const struct index_mark *m)
{
	return m->kind >= INDEX_MARK_PROGRAM_START && m->kind <= INDEX_MARK_PROGRAM_KILLED;
}

void marks_phases(const struct scene *s, unsigned int source, uint32_t guest, struct box b)
{
	const struct source *from = &s->source[source];
	const struct index_mark *now = NULL;
	const uint32_t *mark;
	uint32_t nr = source_marks(from, guest, &mark), i = first_at(from, mark, nr, s->v->from);
	int x = b.x;

	for (uint32_t k = i; k-- && !now;)
		if (is_program(&from->index->marks[mark[k]]))
			now = &from->index->marks[mark[k]];
	for (;; i++) {
		const struct index_mark *m = i < nr ? &from->index->marks[mark[i]] : NULL;
		int end = m && m->time <= s->v->to ? layout_x(s->l, m->time) : b.x + b.w;

		if (m && m->time <= s->v->to && !is_program(m))
			continue;
		if (now && (now->kind == INDEX_MARK_PROGRAM_START || now->kind == INDEX_MARK_PHASE))
			draw_phase(s, from, now, (struct box){ x, b.y, end - x, b.h }, i);
		if (!m || m->time > s->v->to)
			break;
		now = m;
		x = end;
	}
}

void marks_ticks(const struct scene *s, const struct index_column *column, struct box b,
		 uint32_t color)
{
	uint64_t most = 1;

	for (int x = 0; x < b.w; x++)
		if (column[x].delta > most)
			most = column[x].delta;
	for (int x = 0; x < b.w; x++)
		if (column[x].delta)
			px_column_blend(s->c, b.x + x, b.y, b.y + b.h, color,
					120 + (unsigned int)((unsigned __int128)column[x].delta *
							     135 / most));
}
