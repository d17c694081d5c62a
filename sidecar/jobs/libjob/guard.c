/* SPDX-License-Identifier: MIT */
/*
 * What compilers refer to where something went wrong: an exception, so that the
 * registers are seen.
 */
#include <stdint.h>

void __stack_chk_fail(void);
void __cxa_pure_virtual(void);
void abort(void);

__attribute__((noreturn)) void abort(void)
{
	__builtin_trap();
}

__attribute__((noreturn)) void __stack_chk_fail(void)
{
	__builtin_trap();
}

__attribute__((noreturn)) void __cxa_pure_virtual(void)
{
	__builtin_trap();
}
