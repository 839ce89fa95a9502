/* SPDX-License-Identifier: GPL-2.0-only */
/* same: of a kernel without CONFIG_XEN */
#ifndef _XEN_XEN_H
#define _XEN_XEN_H

#define xen_domain() 0

#endif
