/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* For include/, in the kernel. */
#include <linux/stddef.h>
