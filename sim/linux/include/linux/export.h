/* SPDX-License-Identifier: GPL-2.0-only */
/* stub (images resolve against the executable's dynamic symbols): exporting is implicit. */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

struct module;
#define THIS_MODULE ((struct module *)0)

#define EXPORT_SYMBOL(sym) struct __exported_##sym
#define EXPORT_SYMBOL_GPL(sym) EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS_GPL(sym, ns) EXPORT_SYMBOL(sym)

#endif
