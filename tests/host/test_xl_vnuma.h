/* SPDX-License-Identifier: MIT */
/* What test_xl_vnuma.c sets and reads in the stub libraries it runs on. */
#ifndef TEST_XL_VNUMA_H
#define TEST_XL_VNUMA_H

extern int guest_rc;
extern unsigned int guest_calls;
extern unsigned int guest_nr_vnodes;
extern int light_rc;

#endif
