/* SPDX-License-Identifier: MIT */
/* want: ret 5 10 20 3 8 7 6 0 */
/* Sections of names that the linker script does not know. */
#include "sidecar/job.h"

#define IN(name) __attribute__((section(name), used))

IN("own_params") static volatile int params[] = {5};
IN("own_words") static volatile int words[] = {1, 2, 3, 4};
IN("own_fixed") static const int fixed[] = {5, 7, 8};
IN(".odd.const") static const volatile int odd = 3;
IN("own_zeros") static volatile int zeros[1500];
IN(".none,\"aw\",@nobits#") static volatile int none[1500];
static volatile int data = 3;
static const volatile int plain = 5;

extern volatile int __start_own_words[], __stop_own_words[];
extern const int __start_own_fixed[], __stop_own_fixed[];

IN("own_code") __attribute__((noinline)) static int add(int value)
{
	return value + params[0] + zeros[1499] + none[1499];
}

int job_main(struct job_services *s)
{
	s->ret[0] = (uint64_t)params[0];
	for (volatile int *p = __start_own_words; p < __stop_own_words; p++)
		s->ret[1] += (uint64_t)*p;
	for (const int *p = __start_own_fixed; p < __stop_own_fixed; p++)
		s->ret[2] += (uint64_t)*p;
	s->ret[3] = (uint64_t)odd;
	s->ret[4] = (uint64_t)(data + plain);
	s->ret[5] = (uint64_t)add(2);
	zeros[0] = 6;
	s->ret[6] = (uint64_t)(zeros[0] + none[0]);
	return 0;
}
