/* SPDX-License-Identifier: MIT */
/* want: ret 0 40 7 0 0 0 0 0 */
/* flags: -fstack-protector-all */
/*
 * A program as job-cc links it, in C++: static and thread-local objects,
 * virtual functions, its guard against overflows, and what main() is given. Its
 * status is what was wrong; ret[0] its arguments, ret[1] and ret[2] what its
 * objects made of them. With "overflow" it writes over its stack.
 */
#include "sidecar/job.h"

#include <stdint.h>
#include <string.h>

namespace
{

struct adder {
	virtual void add(uint64_t n) = 0;
	uint64_t sum = 0;
};

struct doubler final : adder {
	doubler()
	{
		sum = 40;
	}
	void add(uint64_t n) override
	{
		sum += 2 * n;
	}
};

doubler global;
thread_local uint64_t of_thread = 7;
thread_local char zeroed[100];

uint64_t fs_base()
{
	uint64_t base;

	__asm__("mov %%fs:0, %0" : "=r"(base));
	return base;
}

__attribute__((noinline)) void fill(char *to, size_t n)
{
	memset(to, 'x', n);
	__asm__ volatile("" : : "r"(to) : "memory");
}

__attribute__((noinline)) int overflow(size_t n)
{
	char text[16];

	fill(text, n);
	return text[15] != 'x';
}

} // namespace

int main(int argc, char **argv)
{
	struct job_services *s = job_self();
	adder *a = &global;
	uint64_t bad = 0;

	bad |= job_nr_args(s) != static_cast<uint32_t>(argc) ? 1 : 0;
	bad |= argv[argc] ? 2 : 0;
	bad |= fs_base() % 64 ? 4 : 0;
	for (char c : zeroed)
		bad |= c ? 8 : 0;
	for (int i = 1; i < argc; i++) {
		a->add(strlen(argv[i]));
		of_thread += strlen(argv[i]);
		job_put(s, argv[i]);
		job_put(s, "\n");
	}
	if (argc > 1 && !strcmp(argv[1], "overflow"))
		return overflow(40);
	bad |= static_cast<uint64_t>(overflow(16)) << 4;
	s->ret[0] = static_cast<uint64_t>(argc);
	s->ret[1] = a->sum;
	s->ret[2] = of_thread;
	return static_cast<int>(bad);
}
