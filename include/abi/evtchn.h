/* SPDX-License-Identifier: MIT */
/*
 * What the client asks of /dev/xen/evtchn: Linux, include/uapi/xen/evtchn.h.
 * Not taken from there, as that is not installed with Linux's headers.
 */
#ifndef ABI_EVTCHN_H
#define ABI_EVTCHN_H

#include <stdint.h>
#include <sys/ioctl.h>

#define EVTCHN_DOMID_SELF 0x7ff0u

struct evtchn_bind_interdomain_arg {
	uint32_t remote_domain; /* 0 */
	uint32_t remote_port;	/* 4 */
};
_Static_assert(sizeof(struct evtchn_bind_interdomain_arg) == 8, "interdomain");

struct evtchn_bind_unbound_arg {
	uint32_t remote_domain; /* 0 */
};
_Static_assert(sizeof(struct evtchn_bind_unbound_arg) == 4, "unbound");

/* Both return the local port. */
#define EVTCHN_BIND_INTERDOMAIN \
	_IOC(_IOC_NONE, 'E', 1, sizeof(struct evtchn_bind_interdomain_arg))
#define EVTCHN_BIND_UNBOUND \
	_IOC(_IOC_NONE, 'E', 2, sizeof(struct evtchn_bind_unbound_arg))

#endif
