/* SPDX-License-Identifier: GPL-2.0-only */
/* model: guests have one node. */
#ifndef _LINUX_NODEMASK_H
#define _LINUX_NODEMASK_H

#define num_online_nodes() 1
#define for_each_online_node(node) for ((node) = 0; (node) < 1; (node)++)

#endif
