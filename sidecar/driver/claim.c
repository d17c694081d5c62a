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
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "driver.h"
#include "slices.h"

#define CLEAR_STEP SZ_1M
/* By who goes, which may have been killed and waits for nothing else. */
#define CLEAR_MOST HZ
/* Between two attempts to end what a claim has left. */
#define AGAIN (10 * HZ)

/* Who has which vCPU, which shares and which gang: driver.h */
DEFINE_MUTEX(scd_claims);

static struct scd_file *file_of(struct file *f)
{
	return f->private_data;
}

struct scd_vcpu *scd_claimed(struct file *f)
{
	/* pairs with begin(), after which all of the claim is constant */
	return smp_load_acquire(&file_of(f)->v);
}

int scd_claim_open(struct inode *inode, struct file *f)
{
	struct scd_file *own = kzalloc(sizeof(*own), GFP_KERNEL_ACCOUNT);

	if (!own)
		return -ENOMEM;
	init_waitqueue_head(&own->wait);
	f->private_data = own;
	return stream_open(inode, f);
}

/* For clear(): as long as it takes. */
static unsigned long no_end(void)
{
	return jiffies + MAX_JIFFY_OFFSET;
}

/*
 * 0; -EINTR: the caller was killed, -EAGAIN: it is later than @until: then the
 * rest stays dirty.
 */
static int clear(struct scd_memory *m, unsigned long until)
{
	while (m->dirty) {
		u64 n = min_t(u64, m->dirty, CLEAR_STEP);

		if (fatal_signal_pending(current))
			return -EINTR;
		if (time_after(jiffies, until))
			return -EAGAIN;
		memset(m->p + m->dirty - n, 0, n);
		m->dirty -= n;
		cond_resched();
	}
	return 0;
}

/* ---- Which vCPU, which slice -------------------------------------------- */

/* What is wanted, and what of it was found: with scd_claims. */
struct choice {
	const struct sidecar_dev_claim *c;
	struct scd_gang *gang; /* to be one of; NULL: no shared memory */
	u64 offset, bytes;     /* of the slice */
	u32 first, nr;	       /* the shares that it is in */
};

static bool is_meant(const struct scd_vcpu *v,
		     const struct sidecar_dev_claim *c)
{
	if (c->flags & SIDECAR_DEV_INDEX && c->index != v - scd_vcpus)
		return false;
	return (c->cpu == SIDECAR_DEV_ANY ||
		scd_vcpu_cpu(v->apic_id) == c->cpu) &&
	       (c->node == SIDECAR_DEV_ANY || v->node->number == (u32)c->node);
}

/* From the @first share on; the kernel wants large ones in large pages. */
static int try_slice(const struct scd_vcpu *v, struct choice *w, u32 first)
{
	const struct scd_node *n = v->node;
	u64 share = v->share.bytes, start, end;

	w->offset = v->share_offset - share * v->pages + share * first;
	start = n->scratch_pa + w->offset;
	if (w->bytes > SIDECAR_SLICE_UNALIGNED_MAX)
		w->offset += ALIGN(start, SIDECAR_SHARED_ALIGN) - start;
	end = w->offset + w->bytes - (v->share_offset - share * v->pages);
	if (end > share * n->nr_parked)
		return -E2BIG;
	w->first = first;
	w->nr = share ? slices_to(share, end) - first : 1;
	for (u32 i = first; i < first + w->nr; i++)
		if (!n->by_pages[i] || n->by_pages[i]->taker)
			return -ENOSPC;
	return 0;
}

/* Its own share if that is enough; else from there on, or anywhere. */
static int find_slice(const struct scd_vcpu *v, struct choice *w)
{
	int why, r;

	w->bytes = max(w->c->slice_bytes, v->share.bytes);
	if (w->c->data_bytes > w->bytes || w->bytes > SIDECAR_SLICE_MAX)
		return -E2BIG;
	r = try_slice(v, w, v->pages);
	if (w->bytes == v->share.bytes)
		return r == -ENOSPC ? -EBUSY : r;
	for (u32 i = 0; r && v->share.bytes && i < v->node->nr_parked; i++) {
		why = try_slice(v, w, i);
		r = r == -ENOSPC && why ? r : why;
	}
	return r;
}

/* 0, or why it cannot be had. */
static int check_vcpu(const struct scd_vcpu *v, struct choice *w)
{
	if (v->claimed || READ_ONCE(v->in_linux))
		return -EBUSY;
	if (w->c->flags & SIDECAR_DEV_SHARED && !v->node->shared.bytes)
		return -ENOMEM;
	if (w->gang && v->node->gang && v->node->gang != w->gang)
		return -EBUSY;
	return find_slice(v, w);
}

/* One that can be had, or why none of those that are meant can. */
static struct scd_vcpu *choose(struct choice *w)
{
	int why, r = -ENODEV;

	for (u32 i = 0; i < scd_nr_vcpus; i++) {
		struct scd_vcpu *v = &scd_vcpus[i];

		if (!is_meant(v, w->c))
			continue;
		why = check_vcpu(v, w);
		if (!why)
			return v;
		/* of several reasons the one that may pass */
		r = r == -EBUSY || r == -ENOSPC ? r : why;
	}
	return ERR_PTR(r);
}

static void give(struct scd_vcpu *v, const struct choice *w)
{
	v->yields = w->c->flags & SIDECAR_DEV_YIELD;
	v->data_bytes = w->c->data_bytes;
	v->slice = v->node->scratch + w->offset;
	v->slice_offset = w->offset;
	v->slice_bytes = w->bytes;
	for (u32 i = w->first; i < w->first + w->nr; i++)
		v->node->by_pages[i]->taker = v;
	v->gang = w->gang;
	if (v->gang) {
		v->gang->nr++;
		v->node->gang = v->gang;
	}
	WRITE_ONCE(v->claimed, true);
}

/* From then on nobody else can have it. */
static struct scd_vcpu *take(struct scd_file *own, struct choice *w)
{
	struct scd_vcpu *v;

	mutex_lock(&scd_claims);
	v = own->claims ? ERR_PTR(-EEXIST) : choose(w);
	if (!IS_ERR(v)) {
		own->claims = true;
		give(v, w);
	}
	mutex_unlock(&scd_claims);
	return v;
}

/* ---- Memory ------------------------------------------------------------- */

static int clear_slice(const struct scd_vcpu *v, unsigned long until)
{
	int r = 0;

	for (u32 i = 0; !r && i < v->node->nr_parked; i++) {
		struct scd_vcpu *share = v->node->by_pages[i];

		if (share && share->taker == v)
			r = clear(&share->share, until);
	}
	return r;
}

/* From then on anything may be written to it. */
static void soil_slice(const struct scd_vcpu *v)
{
	for (u32 i = 0; i < v->node->nr_parked; i++) {
		struct scd_vcpu *share = v->node->by_pages[i];

		if (share && share->taker == v)
			share->share.dirty = share->share.bytes;
	}
}

/* Another claim of the gang may be at it just now, or have been killed. */
static int clear_shared(const struct scd_vcpu *v)
{
	struct scd_node *n = v->node;
	int r = 0;

	if (!v->gang || !n->shared.bytes)
		return 0;
	if (mutex_lock_killable(&n->clearing))
		return -EINTR;
	if (n->shared_of != v->gang) {
		r = clear(&n->shared, no_end());
		if (!r) {
			n->shared.dirty = n->shared.bytes;
			/* cleared before scd_shared() gives it */
			smp_store_release(&n->shared_of, v->gang);
		}
	}
	mutex_unlock(&n->clearing);
	return r;
}

static void drop_shared(struct scd_gang *gang, unsigned long until)
{
	for (u32 i = 0; i < scd_nr_nodes; i++) {
		struct scd_node *n = &scd_nodes[i];

		if (READ_ONCE(n->gang) != gang)
			continue;
		clear(&n->shared, until);
		WRITE_ONCE(n->shared_of, NULL);
		mutex_lock(&scd_claims);
		WRITE_ONCE(n->gang, NULL);
		mutex_unlock(&scd_claims);
	}
	kfree(gang);
}

/* Who joins has the file of a claim: nobody joins behind the last one. */
static void put_gang(struct scd_gang *gang, unsigned long until)
{
	bool last;

	mutex_lock(&scd_claims);
	last = !--gang->nr;
	mutex_unlock(&scd_claims);
	if (last)
		drop_shared(gang, until);
}

/*
 * What is not cleared by then is, before the next claim has it. The vCPU is
 * claimed until all of that is done.
 */
static void give_back(struct scd_vcpu *v)
{
	unsigned long until = jiffies + CLEAR_MOST;

	clear_slice(v, until);
	if (v->gang)
		put_gang(v->gang, until);
	v->gang = NULL;
	mutex_lock(&scd_claims);
	for (u32 i = 0; i < v->node->nr_parked; i++)
		if (v->node->by_pages[i] && v->node->by_pages[i]->taker == v)
			v->node->by_pages[i]->taker = NULL;
	WRITE_ONCE(v->claimed, false);
	mutex_unlock(&scd_claims);
}

/* No job of the gang can have had the node's memory, and no claim is on it. */
static void leave_node(struct scd_vcpu *v)
{
	struct scd_node *n = v->node;
	bool used = READ_ONCE(n->shared_of) == v->gang;

	mutex_lock(&scd_claims);
	for (u32 i = 0; i < n->nr_parked; i++) {
		struct scd_vcpu *other = n->by_pages[i];

		used |= other && other != v && READ_ONCE(other->claimed) &&
			other->gang == v->gang;
	}
	if (!used)
		WRITE_ONCE(n->gang, NULL);
	mutex_unlock(&scd_claims);
}

static void take_back(struct scd_file *own, struct scd_vcpu *v)
{
	if (v->gang)
		leave_node(v);
	give_back(v);
	mutex_lock(&scd_claims);
	own->claims = false;
	mutex_unlock(&scd_claims);
}

/* ---- Its start ---------------------------------------------------------- */

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
	const struct scd_memory *shared = scd_shared(v, v->node);

	c->index = v - scd_vcpus;
	c->slice_bytes = v->slice_bytes;
	c->slice_offset = v->slice_offset;
	c->shared_bytes = shared ? shared->bytes : 0;
}

/* It is nobody else's, and cleared before anybody can see its memory. */
static int begin(struct scd_file *own, struct scd_vcpu *v,
		 struct sidecar_dev_claim *c)
{
	int r = check_idle(v) ?: clear_slice(v, no_end()) ?: clear_shared(v);

	if (r)
		return r;
	soil_slice(v);
	tell_what(v, c);
	rcu_assign_pointer(v->file, own);
	/* pairs with scd_claimed() */
	smp_store_release(&own->v, v);
	return 0;
}

static int claim(struct scd_file *own, struct sidecar_dev_claim *c,
		 struct scd_gang *gang)
{
	struct choice w = {.c = c, .gang = gang};
	struct scd_vcpu *v = take(own, &w);
	int r;

	if (IS_ERR(v))
		return PTR_ERR(v);
	r = begin(own, v, c);
	if (r)
		take_back(own, v);
	return r;
}

static int claim_first(struct scd_file *own, struct sidecar_dev_claim *c)
{
	struct scd_gang *gang;
	int r;

	gang = kzalloc(sizeof(*gang), GFP_KERNEL_ACCOUNT);
	if (!gang)
		return -ENOMEM;
	gang->nr = 1;
	gang->joinable = c->flags & SIDECAR_DEV_GANG;
	r = claim(own, c, gang);
	put_gang(gang, jiffies + CLEAR_MOST);
	return r;
}

/* While its file is held, that claim is not left. */
static int claim_with(struct scd_file *own, struct sidecar_dev_claim *c)
{
	struct file *f = fget(c->gang_fd);
	struct scd_vcpu *with;
	int r = -EINVAL;

	if (!f)
		return -EBADF;
	with = scd_file_is_ours(f) ? scd_claimed(f) : NULL;
	if (with && with->gang && with->gang->joinable)
		r = claim(own, c, with->gang);
	fput(f);
	return r;
}

#define FLAGS                                                         \
	(SIDECAR_DEV_YIELD | SIDECAR_DEV_SHARED | SIDECAR_DEV_INDEX | \
	 SIDECAR_DEV_GANG)

int scd_claim(struct file *f, struct sidecar_dev_claim *c)
{
	bool gang = c->flags & SIDECAR_DEV_GANG;

	if (c->flags & ~FLAGS || (!gang && c->gang_fd) ||
	    !PAGE_ALIGNED(c->data_bytes) || !PAGE_ALIGNED(c->slice_bytes))
		return -EINVAL;
	if (gang && c->gang_fd != -1)
		return claim_with(file_of(f), c);
	if (gang || c->flags & SIDECAR_DEV_SHARED)
		return claim_first(file_of(f), c);
	return claim(file_of(f), c, NULL);
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
	give_back(v);
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
		give_back(v);
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
