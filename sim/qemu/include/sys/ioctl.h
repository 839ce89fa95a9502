/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: ioctl() of a VMM goes to the files that it has open in the model, event_notifier.c;
 * libc's, of the same name, is the simulator's.
 */
#ifndef MODEL_SYS_IOCTL_H
#define MODEL_SYS_IOCTL_H

int ioctl(int fd, unsigned long request, ...) __asm__("vmm_ioctl");

#endif
