/* SPDX-License-Identifier: MIT */
/* want: ret 0x1234 42 0x567 0 0 0 0 0 */
/* Constructors before job_main(), destructors behind it, both by priority. */
#include "sidecar/job.h"

static struct job_services *services;
static volatile uint64_t begun, answer;

static void push(volatile uint64_t *list, uint64_t digit)
{
	*list = *list << 4 | digit;
}

__attribute__((constructor)) static void third(void)
{
	push(&begun, 3);
	answer = 42;
}

__attribute__((constructor)) static void fourth(void)
{
	push(&begun, 4);
}

__attribute__((constructor(300))) static void second(void)
{
	push(&begun, 2);
}

__attribute__((constructor(200))) static void first(void)
{
	push(&begun, 1);
}

__attribute__((destructor(200))) static void seventh(void)
{
	push(&services->ret[2], 7);
}

__attribute__((destructor)) static void fifth(void)
{
	push(&services->ret[2], 5);
}

__attribute__((destructor(300))) static void sixth(void)
{
	push(&services->ret[2], 6);
}

int job_main(struct job_services *s)
{
	services = s;
	s->ret[0] = begun;
	s->ret[1] = answer;
	return 0;
}
