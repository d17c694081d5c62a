/* SPDX-License-Identifier: MIT */
/*
 * What the client asks of Xen through /dev/xen/privcmd: Xen, public/xen.h and
 * public/vcpu.h; Linux, include/uapi/xen/privcmd.h. Not taken from those, as it
 * is built in guests, which have no Xen headers; tests/host/test_client.c
 * includes both.
 */
#ifndef ABI_PRIVCMD_H
#define ABI_PRIVCMD_H

#include <stdint.h>
#include <sys/ioctl.h>

#define __HYPERVISOR_vcpu_op 24
#define VCPUOP_up	     1
#define VCPUOP_is_up	     3
#define VCPUOP_send_nmi	     11

struct privcmd_call {
	uint64_t op;	 /*  0 */
	uint64_t arg[5]; /*  8 */
};
_Static_assert(sizeof(struct privcmd_call) == 48, "privcmd_call");

#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_call))

#endif
