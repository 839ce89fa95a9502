/* SPDX-License-Identifier: GPL-2.0-only */
/* A page reporting core that reports nothing, without the parameter page_reporting_order. */
#ifndef BALLAST_BROKEN_CORE_H
#define BALLAST_BROKEN_CORE_H

#include <linux/jump_label.h>
#include <linux/module.h>
#include <linux/page_reporting.h>

DEFINE_STATIC_KEY_FALSE(page_reporting_enabled);
void __page_reporting_notify(void);

void __page_reporting_notify(void)
{
}

int page_reporting_register(struct page_reporting_dev_info *prdev)
{
	static_branch_enable(&page_reporting_enabled);
	return 0;
}

MODULE_LICENSE("GPL");

#endif
