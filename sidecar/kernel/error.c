/* SPDX-License-Identifier: MIT */
/*
 * The error text of a command page: written by the vCPU while the page is its
 * own, cut where it is full.
 */
#include "kernel.h"

void error_clear(struct vcpu *v)
{
	v->command->error_len = 0;
}

static void error_char(struct vcpu *v, char c)
{
	/* A client may have written anything into the length. */
	uint32_t n = v->command->error_len;

	if (n >= sizeof(v->command->error))
		return;
	v->command->error[n] = c;
	v->command->error_len = n + 1;
}

void error_append(struct vcpu *v, const char *s)
{
	for (; *s; s++)
		error_char(v, *s);
}

/* @name and then @value in hexadecimal. */
void error_hex(struct vcpu *v, const char *name, uint64_t value)
{
	int shift = 60;

	error_append(v, name);
	error_append(v, "0x");
	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		error_char(v, "0123456789abcdef"[value >> shift & 15]);
}

bool error_refuse(struct vcpu *v, const char *why, uint64_t value)
{
	error_append(v, "RUN: ");
	error_hex(v, why, value);
	return false;
}
