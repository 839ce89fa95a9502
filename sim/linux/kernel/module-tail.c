// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into every kernel image: where its parameters are, and (linux/module.h) which Linux it was
 * compiled for.
 */
#include <linux/module.h>

extern const struct kernel_param __start___param[] __attribute__((weak, visibility("hidden")));
extern const struct kernel_param __stop___param[] __attribute__((weak, visibility("hidden")));

const struct kernel_param *ballast_params_begin(void);
const struct kernel_param *ballast_params_end(void);

const struct kernel_param *ballast_params_begin(void)
{
	return __start___param;
}

const struct kernel_param *ballast_params_end(void)
{
	return __stop___param;
}
