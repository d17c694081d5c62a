/* SPDX-License-Identifier: MIT */
/* libsidecar: which life of the domain this is. */
#ifndef LIFE_H
#define LIFE_H

#include <stdint.h>

/* Zeros without Xen. */
struct life {
	uint32_t nr_restores, domain;
};

/*
 * A restore and a migration make a new domain: its number, or how often that
 * was, is another one afterwards. Each is a VM exit.
 */
struct life life_now(void);

#endif
