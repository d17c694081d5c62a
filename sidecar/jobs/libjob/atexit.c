/* SPDX-License-Identifier: MIT */
/*
 * What is to be called at the end of a job: destructors of C++ objects, from
 * the last on.
 */
#include <stdint.h>

#define MOST 128u

int __cxa_atexit(void (*f)(void *arg), void *arg, void *dso);
int atexit(void (*f)(void));

void *__dso_handle;

static struct {
	void (*f)(void *arg);
	void *arg;
} at_end[MOST];
static uint32_t nr;

int __cxa_atexit(void (*f)(void *arg), void *arg, void *dso)
{
	(void)dso;
	if (nr == MOST)
		return -1;
	at_end[nr].f = f;
	at_end[nr].arg = arg;
	nr++;
	return 0;
}

static void call(void *f)
{
	((void (*)(void))(uintptr_t)f)();
}

int atexit(void (*f)(void))
{
	return __cxa_atexit(call, (void *)(uintptr_t)f, 0);
}

__attribute__((destructor)) static void end(void)
{
	while (nr) {
		nr--;
		at_end[nr].f(at_end[nr].arg);
	}
}
