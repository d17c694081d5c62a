/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* For include/, in the kernel. */
#include <linux/types.h>

#ifndef UINT64_C
#define UINT64_C(x) x##ull
#endif
