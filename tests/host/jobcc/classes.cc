/* SPDX-License-Identifier: MIT */
/* want: ret 5 9 0 0 0 0 0 0 */
#include "sidecar/job.h"

static uint64_t *ended;

struct base {
	virtual uint64_t number() const = 0;
};

struct held : base {
	uint64_t value;
	held() : value(5) {}
	~held() { *ended = 9; }
	uint64_t number() const override { return value; }
};

static held one;

int job_main(struct job_services *s)
{
	const base *b = &one;

	ended = const_cast<uint64_t *>(&s->ret[1]);
	s->ret[0] = b->number();
	return 0;
}
