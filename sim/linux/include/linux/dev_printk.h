/* SPDX-License-Identifier: GPL-2.0-only */
/* model: printk with the names of driver and device. */
#ifndef _LINUX_DEV_PRINTK_H
#define _LINUX_DEV_PRINTK_H

#include <linux/bug.h>
#include <linux/printk.h>

struct device;

const char *dev_driver_string(const struct device *dev);
const char *dev_name(const struct device *dev);

#ifndef dev_fmt
#define dev_fmt(fmt) fmt
#endif

#define dev_printk(level, dev, fmt, ...)                                                           \
	printk(level "%s %s: " fmt, dev_driver_string(dev), dev_name(dev), ##__VA_ARGS__)
#define dev_err(dev, fmt, ...) dev_printk(KERN_ERR, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_warn(dev, fmt, ...) dev_printk(KERN_WARNING, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_notice(dev, fmt, ...) dev_printk(KERN_NOTICE, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_info(dev, fmt, ...) dev_printk(KERN_INFO, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_WARN_ONCE(dev, cond, fmt, ...)                                                         \
	WARN_ONCE(cond, "%s %s: " fmt, dev_driver_string(dev), dev_name(dev), ##__VA_ARGS__)
#define dev_dbg(dev, fmt, ...)                                                                     \
	do {                                                                                       \
		if (0)                                                                             \
			dev_printk(KERN_DEBUG, dev, dev_fmt(fmt), ##__VA_ARGS__);                  \
	} while (0)
#define __dev_ratelimited(print, dev, fmt, ...)                                                    \
	do {                                                                                       \
		if (__printk_ratelimit(__FILE__, __LINE__))                                        \
			print(dev, fmt, ##__VA_ARGS__);                                            \
	} while (0)
#define dev_info_ratelimited(dev, fmt, ...) __dev_ratelimited(dev_info, dev, fmt, ##__VA_ARGS__)
#define dev_warn_ratelimited(dev, fmt, ...) __dev_ratelimited(dev_warn, dev, fmt, ##__VA_ARGS__)
#define dev_err_ratelimited(dev, fmt, ...) __dev_ratelimited(dev_err, dev, fmt, ##__VA_ARGS__)

#endif
