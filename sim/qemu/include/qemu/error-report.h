/* SPDX-License-Identifier: GPL-2.0-only */
/* model: what the VMM says goes to the observer and from there to the trace */
#ifndef MODEL_QEMU_ERROR_REPORT_H
#define MODEL_QEMU_ERROR_REPORT_H

#include <stdarg.h>
#include <stdbool.h>

#include "glib.h"

void error_vreport(const char *fmt, va_list ap) G_GNUC_PRINTF(1, 0);
void error_report(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void warn_report(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void info_report(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
bool error_report_once_cond(bool *printed, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
bool warn_report_once_cond(bool *printed, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* Once per image, and each VMM has its own copy of the image. */
#define warn_report_once(fmt, ...) ({						\
		static bool said_;						\
		warn_report_once_cond(&said_, fmt, ##__VA_ARGS__);		\
	})
#define error_report_once(fmt, ...) ({						\
		static bool said_;						\
		error_report_once_cond(&said_, fmt, ##__VA_ARGS__);		\
	})

#endif
