// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A claim: from SIDECAR_DEV_CLAIM until its file is closed. Its memory is
 * cleared when it is given, and when it is left.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "driver.h"

#define CLEAR_STEP SZ_1M

DEFINE_MUTEX(scd_claims);

struct scd_vcpu *scd_claimed(struct file *f)
{
	return smp_load_acquire((struct scd_vcpu **)&f->private_data);
}

static void clear(u8 *p, u64 bytes)
{
	while (bytes) {
		u64 n = min_t(u64, bytes, CLEAR_STEP);

		memset(p, 0, n);
		p += n;
		bytes -= n;
		cond_resched();
	}
}

static bool is_meant(const struct scd_vcpu *v,
		     const struct sidecar_dev_claim *c)
{
	return (c->cpu == SIDECAR_DEV_ANY || scd_vcpu_cpu(v) == c->cpu) &&
	       (c->node == SIDECAR_DEV_ANY || v->node->number == (u32)c->node);
}

/* 0, or why it cannot be had. */
static int check_vcpu(const struct scd_vcpu *v,
		      const struct sidecar_dev_claim *c)
{
	if (v->claimed || READ_ONCE(v->in_linux))
		return -EBUSY;
	if (c->data_bytes > v->slice_bytes)
		return -E2BIG;
	if (!(c->flags & SIDECAR_DEV_SHARED))
		return 0;
	if (!v->node->shared_bytes)
		return -ENOMEM;
	return v->node->shared_given ? -EBUSY : 0;
}

/* One that can be had, or why none of those that are meant can. */
static struct scd_vcpu *choose(const struct sidecar_dev_claim *c)
{
	int why, r = -ENODEV;

	for (u32 i = 0; i < scd_nr_vcpus; i++) {
		struct scd_vcpu *v = &scd_vcpus[i];

		if (!is_meant(v, c))
			continue;
		why = check_vcpu(v, c);
		if (!why)
			return v;
		/* of several reasons the one that may pass */
		r = r == -EBUSY ? r : why;
	}
	return ERR_PTR(r);
}

static void give(struct file *f, struct scd_vcpu *v,
		 struct sidecar_dev_claim *c)
{
	v->yields = c->flags & SIDECAR_DEV_YIELD;
	v->has_shared = c->flags & SIDECAR_DEV_SHARED;
	v->data_bytes = c->data_bytes;
	if (v->has_shared)
		v->node->shared_given = true;
	WRITE_ONCE(v->claimed, true);
	c->index = v - scd_vcpus;
	c->slice_bytes = v->slice_bytes;
	c->shared_bytes = v->has_shared ? v->node->shared_bytes : 0;
	smp_store_release((struct scd_vcpu **)&f->private_data, v);
}

/* One whose last job could not be ended keeps its memory. */
static struct scd_vcpu *check_idle(struct scd_vcpu *v)
{
	int r;

	mutex_lock(&v->lock);
	r = scd_job_check(v);
	mutex_unlock(&v->lock);
	return r ? ERR_PTR(r) : v;
}

int scd_claim(struct file *f, struct sidecar_dev_claim *c)
{
	struct scd_vcpu *v;

	if (c->flags & ~(SIDECAR_DEV_YIELD | SIDECAR_DEV_SHARED) ||
	    c->reserved || !PAGE_ALIGNED(c->data_bytes))
		return -EINVAL;
	mutex_lock(&scd_claims);
	v = scd_claimed(f) ? ERR_PTR(-EEXIST) : choose(c);
	if (!IS_ERR(v))
		v = check_idle(v);
	if (!IS_ERR(v)) {
		/* before anybody can see it; nobody else has it */
		clear(v->slice, v->slice_bytes);
		if (c->flags & SIDECAR_DEV_SHARED)
			clear(v->node->shared, v->node->shared_bytes);
		give(f, v, c);
	}
	mutex_unlock(&scd_claims);
	return PTR_ERR_OR_ZERO(v);
}

/* No call uses the file any more, and nothing of it is mapped. */
int scd_claim_release(struct inode *inode, struct file *f)
{
	struct scd_vcpu *v = scd_claimed(f);

	if (!v)
		return 0;
	mutex_lock(&v->lock);
	scd_job_forget(v);
	mutex_unlock(&v->lock);
	cancel_delayed_work_sync(&v->watch);
	clear(v->slice, v->slice_bytes);
	mutex_lock(&scd_claims);
	if (v->has_shared) {
		clear(v->node->shared, v->node->shared_bytes);
		v->node->shared_given = false;
	}
	WRITE_ONCE(v->claimed, false);
	mutex_unlock(&scd_claims);
	return 0;
}
