/* SPDX-License-Identifier: MIT */
/* What the sidecar kernel asks of Xen, by Xen's own headers. */
#ifndef KERNEL_XEN_H
#define KERNEL_XEN_H

#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/sched.h>

#endif
