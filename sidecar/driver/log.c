// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The log of a job: a ring on the command page while the job runs, a copy
 * afterwards, as the page is cleared whenever its vCPU starts.
 */
#include <linux/string.h>

#include "driver.h"

void scd_log_begin(struct scd_vcpu *v)
{
	v->command->log_tail = v->command->log_head;
	v->kept_from = v->command->log_head;
	v->kept_to = v->kept_from;
	v->log_lost = 0;
	WRITE_ONCE(v->log_at, v->command->log_head);
}

/* The vCPU writes on: what it may have overwritten meanwhile is left out. */
static u32 drop_overwritten(const struct sidecar_command *c, u32 from, u32 n,
			    char *text)
{
	s32 lost = READ_ONCE(c->log_writing) - SIDECAR_LOG_SIZE - from;

	if (lost <= 0)
		return n;
	if ((u32)lost >= n)
		return 0;
	memmove(text, text + lost, n - lost);
	return n - lost;
}

static u32 peek_page(const struct scd_vcpu *v, char *to, u32 size, u32 *at)
{
	const struct sidecar_command *c = v->command;
	u32 head = load_acquire(&c->log_head), from = v->log_at, n;

	if (head - from > SIDECAR_LOG_SIZE)
		from = head - SIDECAR_LOG_SIZE;
	n = min(head - from, size);
	for (u32 i = 0; i < n; i++)
		to[i] = READ_ONCE(c->log[(from + i) % SIDECAR_LOG_SIZE]);
	/* the text before the look at what has been overwritten */
	smp_rmb();
	*at = from + n;
	return drop_overwritten(c, from, n, to);
}

static u32 peek_kept(const struct scd_vcpu *v, char *to, u32 size, u32 *at)
{
	u32 from = v->log_at, n = min(v->kept_to - from, size);

	memcpy(to, v->kept + (from - v->kept_from), n);
	*at = from + n;
	return n;
}

u32 scd_log_peek(const struct scd_vcpu *v, char *to, u32 size, u32 *at)
{
	return v->job == SCD_JOB_ENDED ? peek_kept(v, to, size, at)
				       : peek_page(v, to, size, at);
}

/* The vCPU may have been stopped while it wrote: that text is lost. */
void scd_log_keep(struct scd_vcpu *v)
{
	u32 n = peek_page(v, v->kept, sizeof(v->kept), &v->kept_to);

	v->kept_from = v->kept_to - n;
	v->log_lost += v->kept_from - v->log_at;
	v->log_lost += READ_ONCE(v->command->log_writing) - v->kept_to;
	WRITE_ONCE(v->log_at, v->kept_from);
}

/*
 * What was kept meanwhile may begin later: then what is read here has been
 * counted as lost.
 */
void scd_log_have_read(struct scd_vcpu *v, u32 n, u32 at)
{
	u32 passed = at - v->log_at;

	if ((s32)passed > 0)
		WRITE_ONCE(v->log_at, at);
	else
		passed = 0;
	v->log_lost += passed;
	v->log_lost -= n;
}

bool scd_log_has_more(const struct scd_vcpu *v)
{
	/* pairs with set_ended() */
	switch (smp_load_acquire(&v->job)) {
	case SCD_NO_JOB:
		return false;
	case SCD_JOB_RUNS:
		return load_acquire(&v->command->log_head) !=
		       READ_ONCE(v->log_at);
	case SCD_JOB_ENDED:
		break;
	}
	return READ_ONCE(v->kept_to) != READ_ONCE(v->log_at);
}
