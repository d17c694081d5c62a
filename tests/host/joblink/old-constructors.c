/* SPDX-License-Identifier: MIT */
/* want: ret 0x123 0x45 0 0 0 0 0 0 */
/* Sections of older compilers, and one for what runs before all others. */
#include "sidecar/job.h"

typedef void function(void);

#define LIST(name) __attribute__((section(name), used)) static function *const

static struct job_services *services;
static volatile uint64_t begun;

static void push(volatile uint64_t *list, uint64_t digit)
{
	*list = *list << 4 | digit;
}

static void first(void)
{
	push(&begun, 1);
}

static void second(void)
{
	push(&begun, 2);
}

static void third(void)
{
	push(&begun, 3);
}

static void fourth(void)
{
	push(&services->ret[1], 4);
}

static void fifth(void)
{
	push(&services->ret[1], 5);
}

LIST(".ctors") late[] = {third};
LIST(".ctors.65000") early[] = {second};
LIST(".preinit_array") earliest[] = {first};
LIST(".dtors") begin[] = {fourth};
LIST(".dtors.65000") end[] = {fifth};

int job_main(struct job_services *s)
{
	services = s;
	s->ret[0] = begun;
	return 0;
}
