// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exports to all formats write with: buffered output, the first failure, and texts and numbers
 * of values.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "export_internal.h"
#include "hostmem.h"

const char *const export_histogram_parts[EXPORT_HISTOGRAM_PARTS] = {
	"n", "sum", "p50", "p99", "max",
};

void export_fail(struct export *e, const char *format, ...)
{
	va_list args;

	if (e->failed)
		return;
	e->failed = true;
	va_start(args, format);
	vsnprintf(e->error, e->error_size, format, args);
	va_end(args);
}

void export_fail_errno(struct export *e)
{
	export_fail(e, "%s: cannot be written: %s",
		    e->request->out ? e->request->out : "standard output", strerror(errno));
}

/* Output */

void out_init(struct export_out *out, struct export *e, int fd, size_t size)
{
	*out = (struct export_out){ .e = e, .fd = fd, .size = size };
	out->buf = host_alloc(size);
}

int out_create(struct export *e, const char *name)
{
	char path[4400];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", e->path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		export_fail_errno(e);
	return fd;
}

void out_flush(struct export_out *out)
{
	const uint8_t *p = out->buf;

	while (out->used && !out->e->failed) {
		ssize_t n = write(out->fd, p, out->used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			export_fail_errno(out->e);
			break;
		}
		p += n;
		out->used -= n;
	}
	out->used = 0;
}

void out_free(struct export_out *out)
{
	if (out->buf)
		out_flush(out);
	host_free(out->buf);
	out->buf = NULL;
}

/* Values */

uint8_t *put_decimal(uint8_t *p, uint64_t v)
{
	uint8_t digits[20], *d = digits + sizeof(digits);

	do {
		*--d = '0' + v % 10;
		v /= 10;
	} while (v);
	return put_bytes(p, d, digits + sizeof(digits) - d);
}

void export_histogram(const struct trace_histogram *h, uint64_t v[EXPORT_HISTOGRAM_PARTS])
{
	memset(v, 0, EXPORT_HISTOGRAM_PARTS * sizeof(v[0]));
	if (!h)
		return;
	v[0] = h->count;
	v[1] = h->sum;
	v[2] = trace_histogram_quantile(h, 50, 100);
	v[3] = trace_histogram_quantile(h, 99, 100);
	v[4] = h->max;
}
