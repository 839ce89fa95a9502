// SPDX-License-Identifier: GPL-2.0-only
/* Not broken: a page reporting core of 5.13 and before, whose order is a constant. */
#include "core.h"

void page_reporting_unregister(struct page_reporting_dev_info *prdev)
{
}
