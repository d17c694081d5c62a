// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A claim: from SIDECAR_DEV_CLAIM until its file is closed. Its memory is
 * cleared once, when it is left, or before it is given if that did not come to
 * an end: nobody else has it meanwhile, and scd_claims is not held, as there
 * may be a lot of it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "driver.h"

#define CLEAR_STEP SZ_1M
/* By who goes, which may have been killed and waits for nothing else. */
#define CLEAR_MOST HZ
/* Between two attempts to end what a claim has left. */
#define AGAIN (10 * HZ)

DEFINE_MUTEX(scd_claims);

static struct scd_file *file_of(struct file *f)
{
	return f->private_data;
}

struct scd_vcpu *scd_claimed(struct file *f)
{
	return smp_load_acquire(&file_of(f)->v);
}

int scd_claim_open(struct inode *inode, struct file *f)
{
	struct scd_file *own = kzalloc(sizeof(*own), GFP_KERNEL);

	if (!own)
		return -ENOMEM;
	init_waitqueue_head(&own->wait);
	f->private_data = own;
	return stream_open(inode, f);
}

/*
 * 0; -EINTR: the caller was killed, -EAGAIN: it took longer than @most: then
 * the rest stays dirty.
 */
static int clear(struct scd_memory *m, unsigned long most)
{
	unsigned long begin = jiffies;

	while (m->dirty) {
		u64 n = min_t(u64, m->dirty, CLEAR_STEP);

		if (fatal_signal_pending(current))
			return -EINTR;
		if (jiffies - begin > most)
			return -EAGAIN;
		memset(m->p + m->dirty - n, 0, n);
		m->dirty -= n;
		cond_resched();
	}
	return 0;
}

static bool is_meant(const struct scd_vcpu *v,
		     const struct sidecar_dev_claim *c)
{
	if (c->flags & SIDECAR_DEV_INDEX && c->index != v - scd_vcpus)
		return false;
	return (c->cpu == SIDECAR_DEV_ANY ||
		scd_vcpu_cpu(v->apic_id) == c->cpu) &&
	       (c->node == SIDECAR_DEV_ANY || v->node->number == (u32)c->node);
}

/* 0, or why it cannot be had. */
static int check_vcpu(const struct scd_vcpu *v,
		      const struct sidecar_dev_claim *c)
{
	if (v->claimed || READ_ONCE(v->in_linux))
		return -EBUSY;
	if (c->data_bytes > v->slice.bytes)
		return -E2BIG;
	if (!(c->flags & SIDECAR_DEV_SHARED))
		return 0;
	if (!v->node->shared.bytes)
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

/* From then on nobody else can have it. */
static struct scd_vcpu *take(struct scd_file *own,
			     const struct sidecar_dev_claim *c)
{
	struct scd_vcpu *v;

	mutex_lock(&scd_claims);
	v = own->claims ? ERR_PTR(-EEXIST) : choose(c);
	if (!IS_ERR(v)) {
		own->claims = true;
		v->yields = c->flags & SIDECAR_DEV_YIELD;
		v->has_shared = c->flags & SIDECAR_DEV_SHARED;
		v->data_bytes = c->data_bytes;
		if (v->has_shared)
			v->node->shared_given = true;
		WRITE_ONCE(v->claimed, true);
	}
	mutex_unlock(&scd_claims);
	return v;
}

static void give_back(struct scd_vcpu *v)
{
	mutex_lock(&scd_claims);
	if (v->has_shared)
		v->node->shared_given = false;
	WRITE_ONCE(v->claimed, false);
	mutex_unlock(&scd_claims);
}

static void take_back(struct scd_file *own, struct scd_vcpu *v)
{
	give_back(v);
	mutex_lock(&scd_claims);
	own->claims = false;
	mutex_unlock(&scd_claims);
}

static int clear_memory(struct scd_vcpu *v, unsigned long most)
{
	int r = clear(&v->slice, most);

	return r || !v->has_shared ? r : clear(&v->node->shared, most);
}

/* From then on anything may be written to it. */
static void soil_memory(struct scd_vcpu *v)
{
	v->slice.dirty = v->slice.bytes;
	if (v->has_shared)
		v->node->shared.dirty = v->node->shared.bytes;
}

/* One whose last job could not be ended keeps its memory. */
static int check_idle(struct scd_vcpu *v)
{
	int r;

	scd_lock(v);
	r = scd_job_check(v);
	if (!r)
		v->owner = current_euid();
	scd_unlock(v);
	return r;
}

static void tell_what(const struct scd_vcpu *v, struct sidecar_dev_claim *c)
{
	c->index = v - scd_vcpus;
	c->slice_bytes = v->slice.bytes;
	c->shared_bytes = v->has_shared ? v->node->shared.bytes : 0;
}

#define FLAGS (SIDECAR_DEV_YIELD | SIDECAR_DEV_SHARED | SIDECAR_DEV_INDEX)

int scd_claim(struct file *f, struct sidecar_dev_claim *c)
{
	struct scd_file *own = file_of(f);
	struct scd_vcpu *v;
	int r;

	if (c->flags & ~FLAGS || c->reserved || !PAGE_ALIGNED(c->data_bytes))
		return -EINVAL;
	v = take(own, c);
	if (IS_ERR(v))
		return PTR_ERR(v);
	r = check_idle(v) ?: clear_memory(v, MAX_JIFFY_OFFSET);
	if (r) {
		take_back(own, v);
		return r;
	}
	soil_memory(v);
	tell_what(v, c);
	rcu_assign_pointer(v->file, own);
	/* before anybody can see its memory it is cleared */
	smp_store_release(&own->v, v);
	return 0;
}

/* ---- Its end ------------------------------------------------------------ */

/* 0: nothing of the claim can run any more. */
static int end_all(struct scd_vcpu *v)
{
	int r;

	scd_lock(v);
	r = scd_job_forget(v);
	v->owner = INVALID_UID;
	scd_unlock(v);
	return r;
}

/* What is not cleared by then is, before the next claim has it. */
static void give_up(struct scd_vcpu *v)
{
	clear_memory(v, CLEAR_MOST);
	give_back(v);
}

/*
 * A job that may still run has its memory, and its vCPU is nobody's, until the
 * vCPU starts again or Linux takes it. The driver cannot be unloaded: /dev/mem
 * would give the same memory to others.
 */
static void keep(struct scd_vcpu *v, int error)
{
	pr_err("vCPU %u: its job cannot be ended, error %d: it keeps its memory\n",
	       v->vcpu_id, error);
	__module_get(THIS_MODULE);
	queue_delayed_work(system_long_wq, &v->again, AGAIN);
}

void scd_claim_end_again(struct work_struct *w)
{
	struct scd_vcpu *v = container_of(w, struct scd_vcpu, again.work);

	if (end_all(v)) {
		queue_delayed_work(system_long_wq, &v->again, AGAIN);
		return;
	}
	give_up(v);
	pr_info("vCPU %u: its job has ended at last\n", v->vcpu_id);
	/* whoever unloads the driver then waits for this function */
	module_put(THIS_MODULE);
}

static void leave(struct scd_vcpu *v)
{
	int r;

	rcu_assign_pointer(v->file, NULL);
	r = end_all(v);
	cancel_delayed_work_sync(&v->watch);
	if (r)
		keep(v, r);
	else
		give_up(v);
}

/* No call uses the file any more, and nothing of it is mapped. */
int scd_claim_release(struct inode *inode, struct file *f)
{
	struct scd_file *own = file_of(f);

	if (own->v)
		leave(own->v);
	kfree_rcu(own, rcu);
	return 0;
}
