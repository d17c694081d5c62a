// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A Linux driver for the sidecar: loading. docs/driver.md
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/module.h>
#include <xen/xen.h>

#include "driver.h"

/* ---- Loading ------------------------------------------------------------ */

/* A client of /dev/mem has something to do with it just now. */
static bool is_used(const struct scd_vcpu *v)
{
	u8 state = scd_state(v);

	return !v->in_linux && scd_vcpu_is_up(v) &&
	       (state == SIDECAR_RUN || state == SIDECAR_STOP ||
		state == SIDECAR_REMOVE);
}

static int check_unused(void)
{
	for (u32 i = 0; i < scd_nr_vcpus; i++) {
		struct scd_vcpu *v = &scd_vcpus[i];
		int cpu = scd_vcpu_cpu(v);

		v->in_linux = cpu >= 0 && cpu_online(cpu);
		if (!is_used(v))
			continue;
		pr_err("CPU %d (vCPU %u) is in use: stop its job first\n", cpu,
		       v->vcpu_id);
		return -EBUSY;
	}
	return 0;
}

/*
 * Whatever a vCPU was: one that Linux had and gave up looks IDLE, too. One
 * that does not start is started again before its next job.
 */
static void take_all(void)
{
	for (u32 i = 0; i < scd_nr_vcpus; i++) {
		struct scd_vcpu *v = &scd_vcpus[i];
		int r = 0;

		mutex_lock(&v->lock);
		if (!v->in_linux)
			r = scd_vcpu_restart(v);
		mutex_unlock(&v->lock);
		if (r)
			pr_err("vCPU %u does not start: error %d\n", v->vcpu_id,
			       r);
	}
}

/* Nobody onlines a CPU meanwhile. */
static int take_over(void)
{
	int r;

	cpus_read_lock();
	r = check_unused() ?: scd_reserve();
	/* a client may have begun something until its memory was taken */
	if (!r)
		r = check_unused();
	if (!r)
		take_all();
	cpus_read_unlock();
	return r;
}

static int __init main_init(void)
{
	int r;

	if (!xen_hvm_domain())
		return -ENODEV;
	r = scd_find();
	if (r)
		return r;
	r = take_over();
	if (r)
		goto no_vcpus;
	r = scd_file_register();
	if (r)
		goto no_file;
	pr_info("%u vCPUs\n", scd_nr_vcpus);
	return 0;
no_file:
no_vcpus:
	scd_forget();
	return r;
}

/* No file is open. The vCPUs stay where they are. */
static void __exit main_exit(void)
{
	scd_file_unregister();
	scd_forget();
}

module_init(main_init);
module_exit(main_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Parked vCPUs of a Xen PVH guest: the sidecar");
