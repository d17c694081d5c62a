// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * For tests/guest/udev.sh, which has no Xen: /dev/sidecar alone, as the driver
 * makes it.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static const struct file_operations node_ops = {.owner = THIS_MODULE};

static struct miscdevice node_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sidecar",
	.mode = 0600,
	.fops = &node_ops,
};

module_misc_device(node_misc);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("/dev/sidecar, with nothing behind it");
