/* SPDX-License-Identifier: GPL-2.0-only */
/* model: an error is its message; error_abort and error_fatal end the run with it */
#ifndef MODEL_QAPI_ERROR_H
#define MODEL_QAPI_ERROR_H

#include "glib.h"
#include "qemu/typedefs.h"

extern Error *error_abort;
extern Error *error_fatal;

void error_setg_internal(Error **errp, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
#define error_setg(errp, fmt, ...) error_setg_internal((errp), (fmt), ##__VA_ARGS__)
/* With what the number means behind it. */
#define error_setg_errno(errp, os_errno, fmt, ...)                                                 \
	error_setg_internal((errp), fmt ": %s", ##__VA_ARGS__, strerror(os_errno))
/* @local_err goes to @dst_errp, or nowhere when there is an error already or nobody asks. */
void error_propagate(Error **dst_errp, Error *local_err);
const char *error_get_pretty(const Error *err);
void error_free(Error *err);

#endif
