// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * /dev/sidecar: include/sidecar/driver.h. Everything from user space is copied
 * once and then checked. While user memory is touched no `lock` is held.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "driver.h"

#define LOG_STEP  512u
#define FILE_MOST SZ_256M /* far below what copy_from_user() takes */

/* ---- Structs ------------------------------------------------------------ */

/* @to is sizeof @bytes here; the caller's begins with the size it has there. */
static int get_struct(void *to, u32 bytes, void __user *from, u32 *size)
{
	if (get_user(*size, (u32 __user *)from))
		return -EFAULT;
	if (*size < bytes || *size > PAGE_SIZE)
		return -EINVAL;
	return copy_struct_from_user(to, bytes, from, *size);
}

/* Its size stays the caller's. */
static int put_struct(u8 __user *to, const u8 *from, u32 bytes)
{
	const u32 skip = sizeof(u32);

	return copy_to_user(to + skip, from + skip, bytes - skip) ? -EFAULT : 0;
}

/* ---- Looking ------------------------------------------------------------ */

static int file_info(struct sidecar_dev_info *i)
{
	i->version = SIDECAR_DEV_VERSION;
	i->nr_vcpus = scd_nr_vcpus;
	return 0;
}

static int file_vcpu(struct file *f, struct sidecar_dev_vcpu *i)
{
	struct scd_vcpu *v;

	if (i->index >= scd_nr_vcpus)
		return -EINVAL;
	v = &scd_vcpus[i->index];
	i->cpu = scd_vcpu_cpu(v);
	i->vcpu_id = v->vcpu_id;
	i->apic_id = v->apic_id;
	i->node = v->node->number;
	i->vnode = v->node->vnode;
	i->state = scd_state(v);
	i->nr_waits = READ_ONCE(v->command->nr_waits);
	i->slice_bytes = v->slice_bytes;
	i->shared_bytes = v->node->shared_bytes;
	i->flags = (READ_ONCE(v->in_linux) ? SIDECAR_DEV_IN_LINUX : 0) |
		   (READ_ONCE(v->claimed) ? SIDECAR_DEV_CLAIMED : 0) |
		   (scd_claimed(f) == v ? SIDECAR_DEV_OWN : 0) |
		   (READ_ONCE(v->job) == SCD_JOB_RUNS && scd_has_command(v)
			    ? SIDECAR_DEV_HAS_JOB
			    : 0);
	return 0;
}

/* ---- Jobs --------------------------------------------------------------- */

/* What lies before the job's memory must not be where the process can write. */
static int check_file(const struct scd_vcpu *v)
{
	const struct job_header *h = v->slice;
	u64 front = (u64)h->memory_bytes + h->stack_bytes + 2 * PAGE_SIZE;

	return front <= v->slice_bytes - v->data_bytes ? 0 : -E2BIG;
}

static int load_file(struct scd_vcpu *v, const struct sidecar_dev_run *r)
{
	if (r->file_bytes < sizeof(struct job_header))
		return -EINVAL;
	if (r->file_bytes > FILE_MOST ||
	    r->file_bytes > v->slice_bytes - v->data_bytes)
		return -E2BIG;
	if (copy_from_user(v->slice, u64_to_user_ptr(r->file), r->file_bytes))
		return -EFAULT;
	return check_file(v);
}

static int check_idle(struct scd_vcpu *v)
{
	int r;

	mutex_lock(&v->lock);
	r = scd_job_check(v);
	mutex_unlock(&v->lock);
	return r;
}

static int file_run(struct scd_vcpu *v, const struct sidecar_dev_run *run)
{
	int r;

	if (mutex_lock_interruptible(&v->use))
		return -EINTR;
	r = check_idle(v) ?: load_file(v, run);
	if (!r) {
		mutex_lock(&v->lock);
		r = scd_job_check(v) ?: scd_job_start(v, run);
		mutex_unlock(&v->lock);
	}
	mutex_unlock(&v->use);
	return r;
}

static int file_command(struct scd_vcpu *v, struct sidecar_dev_command *c)
{
	int r;

	if (c->command == SIDECAR_COMMAND_RUN || c->reserved)
		return -EINVAL;
	if (c->command != SIDECAR_COMMAND_PING &&
	    c->command != SIDECAR_COMMAND_STATS && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (mutex_lock_interruptible(&v->use))
		return -EINTR;
	mutex_lock(&v->lock);
	r = scd_job_check(v) ?: scd_job_command(v, c);
	mutex_unlock(&v->lock);
	mutex_unlock(&v->use);
	return r;
}

static int file_stop(struct scd_vcpu *v)
{
	int r;

	mutex_lock(&v->lock);
	r = scd_job_stop(v);
	mutex_unlock(&v->lock);
	return r;
}

static int file_ring(struct scd_vcpu *v)
{
	int r = -ENXIO;

	mutex_lock(&v->lock);
	scd_job_look(v);
	if (v->job == SCD_JOB_RUNS) {
		scd_job_ring(v);
		r = 0;
	}
	mutex_unlock(&v->lock);
	return r;
}

static bool has_event(const struct scd_vcpu *v)
{
	return atomic_read(&v->nr_events) != atomic_read(&v->nr_seen);
}

static int file_wait(struct scd_vcpu *v, struct sidecar_dev_wait *w)
{
	bool events = w->flags & SIDECAR_DEV_EVENTS;
	long r, left = w->timeout_ms == SIDECAR_DEV_FOREVER
			       ? MAX_SCHEDULE_TIMEOUT
			       : (long)msecs_to_jiffies(w->timeout_ms);

	if (w->flags & ~SIDECAR_DEV_EVENTS || w->reserved)
		return -EINVAL;
	if (READ_ONCE(v->job) == SCD_NO_JOB)
		return -ENXIO;
	r = wait_event_interruptible_timeout(v->wait,
					     READ_ONCE(v->job) == SCD_NO_JOB ||
						     scd_job_has_ended(v) ||
						     (events && has_event(v)),
					     left);
	if (r < 0)
		return -EINTR;
	/* before the look: what comes later is told again */
	atomic_set(&v->nr_seen, atomic_read(&v->nr_events));
	mutex_lock(&v->lock);
	scd_job_look(v);
	v->end.flags = w->flags;
	v->end.timeout_ms = w->timeout_ms;
	*w = v->end;
	r = v->job == SCD_NO_JOB ? -ENXIO : 0;
	mutex_unlock(&v->lock);
	return r;
}

/* ---- The calls ---------------------------------------------------------- */

union file_struct {
	struct sidecar_dev_info info;
	struct sidecar_dev_vcpu vcpu;
	struct sidecar_dev_claim claim;
	struct sidecar_dev_run run;
	struct sidecar_dev_wait wait;
	struct sidecar_dev_command command;
};

/* Their sizes are in the structs: numbers of later versions are the same. */
static u32 struct_bytes(unsigned int cmd)
{
	switch (cmd & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT)) {
	case SIDECAR_DEV_INFO & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT):
		return sizeof(struct sidecar_dev_info);
	case SIDECAR_DEV_VCPU & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT):
		return sizeof(struct sidecar_dev_vcpu);
	case SIDECAR_DEV_CLAIM & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT):
		return sizeof(struct sidecar_dev_claim);
	case SIDECAR_DEV_RUN & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT):
		return sizeof(struct sidecar_dev_run);
	case SIDECAR_DEV_WAIT & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT):
		return sizeof(struct sidecar_dev_wait);
	case SIDECAR_DEV_COMMAND & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT):
		return sizeof(struct sidecar_dev_command);
	}
	return 0;
}

static int call_claimed(struct scd_vcpu *v, unsigned int nr,
			union file_struct *s)
{
	switch (nr) {
	case _IOC_NR(SIDECAR_DEV_RUN):
		return file_run(v, &s->run);
	case _IOC_NR(SIDECAR_DEV_WAIT):
		return file_wait(v, &s->wait);
	}
	return file_command(v, &s->command);
}

static int call(struct file *f, unsigned int nr, union file_struct *s)
{
	struct scd_vcpu *v = scd_claimed(f);

	switch (nr) {
	case _IOC_NR(SIDECAR_DEV_INFO):
		return file_info(&s->info);
	case _IOC_NR(SIDECAR_DEV_VCPU):
		return file_vcpu(f, &s->vcpu);
	case _IOC_NR(SIDECAR_DEV_CLAIM):
		return scd_claim(f, &s->claim);
	}
	return v ? call_claimed(v, nr, s) : -ENODATA;
}

static long file_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;
	struct scd_vcpu *v = scd_claimed(f);
	u32 bytes = struct_bytes(cmd), size;
	union file_struct s;
	int r;

	if (cmd == SIDECAR_DEV_STOP)
		return v ? file_stop(v) : -ENODATA;
	if (cmd == SIDECAR_DEV_RING)
		return v ? file_ring(v) : -ENODATA;
	if (!bytes)
		return -ENOTTY;
	r = get_struct(&s, bytes, p, &size);
	if (!r)
		r = call(f, _IOC_NR(cmd), &s);
	if (!r && _IOC_DIR(cmd) & _IOC_READ)
		r = put_struct(p, (const u8 *)&s, bytes);
	return r;
}

static bool has_job(const struct scd_vcpu *v)
{
	return READ_ONCE(v->job) != SCD_NO_JOB;
}

static bool can_read(const struct scd_vcpu *v)
{
	return scd_job_has_log(v) || scd_job_has_ended(v);
}

static ssize_t read_log(struct scd_vcpu *v, char __user *to, size_t size)
{
	char text[LOG_STEP];
	u32 n;

	mutex_lock(&v->lock);
	n = scd_job_log(v, text, min_t(size_t, size, sizeof(text)));
	mutex_unlock(&v->lock);
	return copy_to_user(to, text, n) ? -EFAULT : n;
}

static ssize_t file_read(struct file *f, char __user *to, size_t size,
			 loff_t *pos)
{
	struct scd_vcpu *v = scd_claimed(f);
	ssize_t n = 0;
	bool ended;
	int r;

	if (!v)
		return -ENODATA;
	if (!size || READ_ONCE(v->job) == SCD_NO_JOB)
		return 0;
	while (!n) {
		if (f->f_flags & O_NONBLOCK && has_job(v) && !can_read(v))
			return -EAGAIN;
		r = wait_event_interruptible(v->wait,
					     can_read(v) || !has_job(v));
		if (r)
			return r;
		/* its RUN has failed */
		if (!has_job(v))
			return 0;
		/* its last text comes before its end */
		ended = scd_job_has_ended(v);
		n = read_log(v, to, size);
		if (!n && ended)
			break;
	}
	return n;
}

static __poll_t file_poll(struct file *f, poll_table *t)
{
	struct scd_vcpu *v = scd_claimed(f);

	if (!v)
		return EPOLLERR;
	poll_wait(f, &v->wait, t);
	return (can_read(v) ? EPOLLIN | EPOLLRDNORM : 0) |
	       (scd_job_has_ended(v) ? EPOLLHUP : 0) |
	       (has_event(v) ? EPOLLPRI : 0);
}

/* ---- Memory ------------------------------------------------------------- */

static int file_mmap(struct file *f, struct vm_area_struct *vma)
{
	u64 size = vma->vm_end - vma->vm_start;
	u64 off = (u64)vma->vm_pgoff << PAGE_SHIFT, bytes;
	struct scd_vcpu *v = scd_claimed(f);
	phys_addr_t pa;

	if (!v)
		return -ENODATA;
	bytes = v->data_bytes;
	pa = v->slice_pa + v->slice_bytes - bytes;
	if (off >= SIDECAR_DEV_MAP_SHARED) {
		off -= SIDECAR_DEV_MAP_SHARED;
		bytes = v->has_shared ? v->node->shared_bytes : 0;
		pa = v->node->shared_pa;
	}
	if (off > bytes || size > bytes - off)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED))
		return -EPERM;
	return remap_pfn_range(vma, vma->vm_start, (pa + off) >> PAGE_SHIFT,
			       size, vma->vm_page_prot);
}

static int file_open(struct inode *inode, struct file *f)
{
	/* of misc: the device */
	f->private_data = NULL;
	return stream_open(inode, f);
}

static const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = scd_claim_release,
	.unlocked_ioctl = file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.read = file_read,
	.poll = file_poll,
	.mmap = file_mmap,
};

static struct miscdevice file_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sidecar",
	.mode = 0660,
	.fops = &file_ops,
};

int scd_file_register(void)
{
	return misc_register(&file_misc);
}

void scd_file_unregister(void)
{
	misc_deregister(&file_misc);
}
