// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * /dev/sidecar: include/sidecar/driver.h. Everything from user space is copied
 * once and then checked. While user memory is touched no `lock` is held.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "driver.h"

#define LOG_STEP 512u

/* ---- Structs ------------------------------------------------------------ */

/* Of a struct: what it has here, and what its first version had. */
struct sizes {
	u32 now, first;
};

/* The caller's begins with the size that it has there. */
static int get_struct(void *to, struct sizes sizes, void __user *from,
		      u32 *size)
{
	if (get_user(*size, (u32 __user *)from))
		return -EFAULT;
	if (*size < sizes.first)
		return -EINVAL;
	if (*size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(to, sizes.now, from, *size);
}

/* Its size stays the caller's; what the caller does not know is not written. */
static int put_struct(u8 __user *to, const u8 *from, u32 bytes)
{
	const u32 skip = sizeof(u32);

	return copy_to_user(to + skip, from + skip, bytes - skip) ? -EFAULT : 0;
}

/* ---- The calls ---------------------------------------------------------- */

union file_struct {
	struct sidecar_dev_info info;
	struct sidecar_dev_node node;
	struct sidecar_dev_vcpu vcpu;
	struct sidecar_dev_claim claim;
	struct sidecar_dev_run run;
	struct sidecar_dev_read read;
	struct sidecar_dev_stop stop;
	struct sidecar_dev_wait wait;
	struct sidecar_dev_command command;
};

#define CALL(NAME, name)                                    \
	{                                                   \
		SIDECAR_DEV_##NAME,                         \
		{                                           \
			sizeof(struct sidecar_dev_##name),  \
				SIDECAR_DEV_##NAME##_SIZE_1 \
		}                                           \
	}
#define SIDECAR_DEV_END_SIZE_1 SIDECAR_DEV_STOP_SIZE_1

static const struct {
	unsigned int cmd;
	struct sizes sizes;
} calls[] = {
	CALL(INFO, info),	CALL(NODE, node), CALL(VCPU, vcpu),
	CALL(CLAIM, claim),	CALL(RUN, run),	  CALL(STOP, stop),
	CALL(READ, read),	CALL(END, stop),  CALL(WAIT, wait),
	CALL(COMMAND, command),
};

/* Its size is in the struct: numbers of later versions are the same. */
static bool is_call(unsigned int a, unsigned int b)
{
	return !((a ^ b) & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT));
}

static struct sizes struct_sizes(unsigned int cmd)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (is_call(calls[i].cmd, cmd))
			return calls[i].sizes;
	return (struct sizes){0, 0};
}

static int call_claimed(struct scd_vcpu *v, unsigned int nr,
			union file_struct *s)
{
	switch (nr) {
	case _IOC_NR(SIDECAR_DEV_RUN):
		return scd_call_run(v, &s->run);
	case _IOC_NR(SIDECAR_DEV_STOP):
		return scd_call_stop(v, &s->stop);
	case _IOC_NR(SIDECAR_DEV_READ):
		return scd_call_read_slice(v, &s->read);
	case _IOC_NR(SIDECAR_DEV_WAIT):
		return scd_call_wait(v, &s->wait);
	}
	return scd_call_command(v, &s->command);
}

static int call(struct file *f, unsigned int nr, union file_struct *s)
{
	struct scd_vcpu *v = scd_claimed(f);

	switch (nr) {
	case _IOC_NR(SIDECAR_DEV_INFO):
		return scd_look_info(&s->info);
	case _IOC_NR(SIDECAR_DEV_NODE):
		return scd_look_node(&s->node);
	case _IOC_NR(SIDECAR_DEV_VCPU):
		return scd_look_vcpu(f, &s->vcpu);
	case _IOC_NR(SIDECAR_DEV_CLAIM):
		return scd_claim(f, &s->claim);
	case _IOC_NR(SIDECAR_DEV_END):
		return scd_call_end(&s->stop);
	}
	return v ? call_claimed(v, nr, s) : -ENODATA;
}

static long call_struct(struct file *f, unsigned int cmd, void __user *p)
{
	struct sizes sizes = struct_sizes(cmd);
	union file_struct s;
	u32 size;
	int r;

	if (!sizes.now)
		return -ENOTTY;
	r = get_struct(&s, sizes, p, &size);
	if (!r)
		r = call(f, _IOC_NR(cmd), &s);
	if (!r && _IOC_DIR(cmd) & _IOC_READ)
		r = put_struct(p, (const u8 *)&s, min(size, sizes.now));
	return r;
}

static long file_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct scd_vcpu *v = scd_claimed(f);

	if (cmd == SIDECAR_DEV_RING)
		return v ? scd_call_ring(v) : -ENODATA;
	return call_struct(f, cmd, (void __user *)arg);
}

/* ---- The log ------------------------------------------------------------ */

static bool has_job(const struct scd_vcpu *v)
{
	return READ_ONCE(v->job) != SCD_NO_JOB;
}

static bool can_read(const struct scd_vcpu *v)
{
	return scd_log_has_more(v) || scd_job_has_ended(v);
}

/* It is read once the caller has it. */
static ssize_t read_log(struct scd_vcpu *v, char __user *to, size_t size)
{
	char text[LOG_STEP];
	u32 n, at;

	scd_lock(v);
	scd_job_look(v);
	n = scd_log_peek(v, text, min_t(size_t, size, sizeof(text)), &at);
	scd_unlock(v);
	if (copy_to_user(to, text, n))
		return -EFAULT;
	scd_lock(v);
	scd_log_have_read(v, n, at);
	scd_unlock(v);
	return n;
}

/* One reader at a time, and of one job. */
static ssize_t read_log_of_job(struct scd_vcpu *v, char __user *to, size_t size)
{
	ssize_t n;

	if (mutex_lock_interruptible(&v->use))
		return -EINTR;
	n = READ_ONCE(v->job) == SCD_NO_JOB ? 0 : read_log(v, to, size);
	mutex_unlock(&v->use);
	return n;
}

/* 0: there is text, or the end, or no job. */
static int wait_readable(struct scd_vcpu *v, bool nonblock)
{
	if (can_read(v) || !has_job(v))
		return 0;
	if (nonblock)
		return -EAGAIN;
	return wait_event_interruptible(v->wait, can_read(v) || !has_job(v));
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
		r = wait_readable(v, f->f_flags & O_NONBLOCK);
		if (r)
			return r;
		/* its RUN has failed */
		if (!has_job(v))
			return 0;
		/* its last text comes before its end */
		ended = scd_job_has_ended(v);
		n = read_log_of_job(v, to, size);
		if (!n && ended)
			break;
	}
	return n;
}

static __poll_t file_poll(struct file *f, poll_table *t)
{
	struct scd_vcpu *v;

	/* before the look: there may be a claim just now */
	poll_wait(f, &((struct scd_file *)f->private_data)->wait, t);
	v = scd_claimed(f);
	if (!v)
		return 0;
	return (can_read(v) ? EPOLLIN | EPOLLRDNORM : 0) |
	       (scd_job_has_ended(v) ? EPOLLHUP : 0) |
	       (scd_has_event(v) ? EPOLLPRI : 0);
}

/* ---- Memory ------------------------------------------------------------- */

/* What a process may map, at @offset; @bytes 0: nothing. */
struct area {
	phys_addr_t pa;
	u64 offset, bytes;
	bool shared;
};

static struct area area_at(const struct scd_vcpu *v, u64 offset)
{
	const struct scd_memory *shared = scd_shared(v, v->node);
	phys_addr_t slice = v->node->scratch_pa + v->slice_offset;

	if (offset >= SIDECAR_DEV_MAP_SHARED)
		return (struct area){v->node->shared_pa, SIDECAR_DEV_MAP_SHARED,
				     shared ? shared->bytes : 0, true};
	if (offset >= SIDECAR_DEV_MAP_SLICE)
		return (struct area){slice, SIDECAR_DEV_MAP_SLICE,
				     v->slice_bytes, false};
	return (struct area){slice + v->slice_bytes - v->data_bytes, 0,
			     v->data_bytes, true};
}

static int file_mmap(struct file *f, struct vm_area_struct *vma)
{
	u64 size = vma->vm_end - vma->vm_start;
	u64 off = (u64)vma->vm_pgoff << PAGE_SHIFT;
	struct scd_vcpu *v = scd_claimed(f);
	struct area a;

	if (!v)
		return -ENODATA;
	a = area_at(v, off);
	off -= a.offset;
	if (off > a.bytes || size > a.bytes - off)
		return -EINVAL;
	/* what is private and written is a copy, of the process's own */
	if (a.shared != !!(vma->vm_flags & VM_SHARED))
		return -EPERM;
	return remap_pfn_range(vma, vma->vm_start, (a.pa + off) >> PAGE_SHIFT,
			       size, vma->vm_page_prot);
}

static const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.open = scd_claim_open,
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

bool scd_file_is_ours(const struct file *f)
{
	return f->f_op == &file_ops;
}

int scd_file_register(void)
{
	return misc_register(&file_misc);
}

void scd_file_unregister(void)
{
	misc_deregister(&file_misc);
}
