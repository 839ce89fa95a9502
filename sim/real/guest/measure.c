// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program measures, on its way to the agent: values are collected in the process that
 * measures them, and told as a line when there are many or when the first is old.  A write to a
 * pipe every now and then is all that it costs the program.
 *
 * Values keep their first ten binary digits.
 */
#include <stdio.h>

#include "guest.h"

#define OLD_NS UINT64_C(100000000)
#define DIGITS 10

static uint64_t rounded(uint64_t value)
{
	unsigned int shift = 0;

	while (value >> shift >> DIGITS)
		shift++;
	return value >> shift << shift;
}

void measures_take(struct measures *m, char *text, size_t size)
{
	size_t used = snprintf(text, size, " %u", m->what);
	unsigned int i;

	for (i = 0; i < m->nr && used < size; i++)
		used += snprintf(text + used, size - used, " %llu:%llu",
				 (unsigned long long)m->value[i], (unsigned long long)m->count[i]);
	m->nr = 0;
}

bool measures_add(struct measures *m, unsigned int what, uint64_t value, uint64_t now_ns)
{
	unsigned int i;

	value = rounded(value);
	if (!m->nr)
		m->since_ns = now_ns;
	m->what = what;
	for (i = 0; i < m->nr && m->value[i] != value; i++)
		;
	if (i == m->nr) {
		m->value[i] = value;
		m->count[i] = 0;
		m->nr++;
	}
	m->count[i]++;
	return m->nr == MEASURES_MAX || now_ns - m->since_ns >= OLD_NS;
}
