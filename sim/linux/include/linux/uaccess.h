/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: memory of the VMM in whose name code runs, host/mm.c.  Guest RAM may have to be swapped
 * in; addresses where nothing is give an error.
 */
#ifndef _LINUX_UACCESS_H
#define _LINUX_UACCESS_H

#include <linux/compiler.h>
#include <linux/types.h>

/* Bytes that could not be copied: all or none here. */
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);

#endif
