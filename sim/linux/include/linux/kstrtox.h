/* SPDX-License-Identifier: GPL-2.0-only */
/* model: numbers from strings with the kernel's rules (whole string, one newline allowed). */
#ifndef _LINUX_KSTRTOX_H
#define _LINUX_KSTRTOX_H

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/types.h>

static inline int __kstrto_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Base 0: 0x is hexadecimal, a leading 0 octal, anything else decimal. */
static inline int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long value = 0;
	const char *start;

	if (*s == '+')
		s++;
	if (base == 0)
		base = s[0] != '0' ? 10 : ((s[1] | 0x20) == 'x' ? 16 : 8);
	if (base == 16 && s[0] == '0' && (s[1] | 0x20) == 'x')
		s += 2;
	for (start = s; __kstrto_digit(*s) < (int)base; s++) {
		if (__builtin_mul_overflow(value, (unsigned long long)base, &value) ||
		    __builtin_add_overflow(value, (unsigned long long)__kstrto_digit(*s), &value))
			return -ERANGE;
	}
	if (s == start)
		return -EINVAL;
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	*res = value;
	return 0;
}

static inline int kstrtoul(const char *s, unsigned int base, unsigned long *res)
{
	unsigned long long value;
	int rc = kstrtoull(s, base, &value);

	if (!rc)
		*res = value;
	return rc;
}

static inline int kstrtouint(const char *s, unsigned int base, unsigned int *res)
{
	unsigned long long value;
	int rc = kstrtoull(s, base, &value);

	if (rc)
		return rc;
	if (value > UINT_MAX)
		return -ERANGE;
	*res = value;
	return 0;
}

static inline int kstrtoll(const char *s, unsigned int base, long long *res)
{
	unsigned long long value;
	bool minus = *s == '-';
	int rc = kstrtoull(s + minus, base, &value);

	if (rc)
		return rc;
	if (value > (unsigned long long)LLONG_MAX + minus)
		return -ERANGE;
	*res = minus ? -(long long)(value - 1) - 1 : (long long)value;
	return 0;
}

static inline int kstrtoint(const char *s, unsigned int base, int *res)
{
	long long value;
	int rc = kstrtoll(s, base, &value);

	if (rc)
		return rc;
	if (value > INT_MAX || value < INT_MIN)
		return -ERANGE;
	*res = value;
	return 0;
}

static inline int kstrtol(const char *s, unsigned int base, long *res)
{
	long long value;
	int rc = kstrtoll(s, base, &value);

	if (!rc)
		*res = value;
	return rc;
}

static inline int kstrtou16(const char *s, unsigned int base, u16 *res)
{
	unsigned long long value;
	int rc = kstrtoull(s, base, &value);

	if (rc)
		return rc;
	if (value > (u16)~0)
		return -ERANGE;
	*res = value;
	return 0;
}

static inline int kstrtobool(const char *s, bool *res)
{
	switch (*s) {
	case 'y': case 'Y': case '1':
		*res = true;
		return 0;
	case 'n': case 'N': case '0':
		*res = false;
		return 0;
	case 'o': case 'O':
		if (s[1] != 'n' && s[1] != 'N' && s[1] != 'f' && s[1] != 'F')
			return -EINVAL;
		*res = s[1] == 'n' || s[1] == 'N';
		return 0;
	}
	return -EINVAL;
}

#endif
