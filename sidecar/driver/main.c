// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A Linux driver for the sidecar: loading, CPU hotplug, and what follows a
 * restore. docs/driver.md
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <asm/smp.h>
#include <xen/xen.h>

#include "driver.h"

/*
 * Just before Xen's own, where Linux registers vcpu_info, which Xen before 4.18
 * refuses for a vCPU that is up. Of another architecture, and free on x86; a
 * module can have no state of its own there.
 */
#define HOTPLUG_STATE CPUHP_POWERPC_MMU_CTX_PREPARE

/* ---- CPU hotplug: with Linux's hotplug lock, on another CPU ------------- */

static struct scd_vcpu *vcpu_of_cpu(unsigned int cpu)
{
	for (u32 i = 0; i < scd_nr_vcpus; i++)
		if (scd_vcpus[i].apic_id == per_cpu(x86_cpu_to_apicid, cpu))
			return &scd_vcpus[i];
	return NULL;
}

/* Not -EBUSY for a job: Linux tries that five times more, a second long. */
static int give_to_linux(struct scd_vcpu *v)
{
	int r = 0;

	scd_job_look(v);
	if (v->job == SCD_JOB_RUNS)
		r = v->yields ? scd_job_stop(v) : -ETXTBSY;
	if (!r)
		r = scd_vcpu_leave(v);
	if (!r)
		WRITE_ONCE(v->in_linux, true);
	return r;
}

static int main_prepare(unsigned int cpu)
{
	struct scd_vcpu *v = vcpu_of_cpu(cpu);
	int r;

	if (!v)
		return 0;
	scd_lock(v);
	r = give_to_linux(v);
	scd_unlock(v);
	if (r && r != -ETXTBSY)
		pr_err("CPU %u does not leave the sidecar: error %d\n", cpu, r);
	return r;
}

/* After CPU_OFF, and after an attempt to bring it up that failed later. */
static int main_dead(unsigned int cpu)
{
	struct scd_vcpu *v = vcpu_of_cpu(cpu);
	int r;

	if (!v)
		return 0;
	scd_lock(v);
	r = scd_vcpu_restart(v);
	WRITE_ONCE(v->in_linux, false);
	scd_unlock(v);
	if (r)
		pr_err("CPU %u does not come into the sidecar: error %d\n", cpu,
		       r);
	return 0;
}

/* ---- After a restore ---------------------------------------------------- */

/*
 * A job goes on; ports are gone; of parked vCPUs Xen has forgotten the
 * registers. User space is still frozen.
 */
static int restore_vcpu(struct scd_vcpu *v)
{
	int r, started = 0;

	scd_lock(v);
	scd_job_look(v);
	scd_channel_close(v);
	r = scd_channel_open(v);
	if (!v->in_linux && v->job == SCD_JOB_RUNS)
		WRITE_ONCE(v->command->event, v->event);
	else if (!v->in_linux)
		started = scd_vcpu_restart(v);
	scd_unlock(v);
	/* one may have been lost meanwhile */
	atomic_inc(&v->nr_events);
	scd_tell(v);
	return r ? r : started;
}

/* Not a resume notifier of Xen: the PM core looks at all interrupts later. */
static int main_restore(struct device *dev)
{
	for (u32 i = 0; i < scd_nr_vcpus; i++) {
		int r = restore_vcpu(&scd_vcpus[i]);

		if (r)
			pr_err("vCPU %u: error %d after a restore\n",
			       scd_vcpus[i].vcpu_id, r);
	}
	return 0;
}

static const struct dev_pm_ops main_pm = {.restore = main_restore};

static struct platform_driver main_driver = {
	.driver.name = "xen-sidecar",
	.driver.pm = &main_pm,
	.driver.suppress_bind_attrs = true,
};

static struct platform_device *main_device;

static int register_pm(void)
{
	int r = platform_driver_register(&main_driver);

	if (r)
		return r;
	main_device =
		platform_device_register_simple("xen-sidecar", -1, NULL, 0);
	r = PTR_ERR_OR_ZERO(main_device);
	if (r)
		platform_driver_unregister(&main_driver);
	return r;
}

static void unregister_pm(void)
{
	platform_device_unregister(main_device);
	platform_driver_unregister(&main_driver);
}

/* ---- Loading ------------------------------------------------------------ */

#define LOOK_AGAIN_MS 20

/* A client of /dev/mem has something to do with it just now. */
static bool is_used(const struct scd_vcpu *v)
{
	u8 state = scd_state(v);

	if (v->in_linux || (state != SIDECAR_RUN && state != SIDECAR_STOP &&
			    state != SIDECAR_REMOVE))
		return false;
	if (scd_vcpu_is_up(v))
		return true;
	/* left behind by a client that died, unless it is woken soon */
	msleep(LOOK_AGAIN_MS);
	return scd_vcpu_is_up(v) || scd_state(v) != state;
}

static int check_unused(void)
{
	for (u32 i = 0; i < scd_nr_vcpus; i++) {
		struct scd_vcpu *v = &scd_vcpus[i];
		int cpu = scd_vcpu_cpu(v->apic_id);

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
 * Whatever a vCPU was: one that Linux had and gave up looks IDLE, too. One that
 * is DOWN and does not start is started again before its next job; one that
 * still runs may write to its slice, wherever that is.
 */
static int take_all(void)
{
	int error = 0;

	for (u32 i = 0; i < scd_nr_vcpus; i++) {
		struct scd_vcpu *v = &scd_vcpus[i];
		int r = 0;

		scd_lock(v);
		if (!v->in_linux)
			r = scd_vcpu_restart(v);
		if (r && scd_vcpu_is_up(v))
			error = -EIO;
		scd_unlock(v);
		if (r)
			pr_err("vCPU %u does not start: error %d\n", v->vcpu_id,
			       r);
	}
	return error;
}

static int add_state(void)
{
	return cpuhp_setup_state_nocalls_cpuslocked(
		HOTPLUG_STATE, "xen/sidecar:prepare", main_prepare, main_dead);
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
		r = add_state();
	if (!r) {
		r = take_all();
		if (r)
			cpuhp_remove_state_nocalls_cpuslocked(HOTPLUG_STATE);
	}
	cpus_read_unlock();
	return r;
}

static int __init main_init(void)
{
	int r;

	BUILD_BUG_ON(HOTPLUG_STATE + 1 != CPUHP_XEN_PREPARE);
	if (!xen_hvm_domain())
		return -ENODEV;
	r = scd_find();
	if (r)
		return r;
	r = take_over();
	if (r)
		goto no_vcpus;
	r = register_pm();
	if (r)
		goto no_pm;
	r = scd_file_register();
	if (r)
		goto no_file;
	pr_info("%u vCPUs\n", scd_nr_vcpus);
	return 0;
no_file:
	unregister_pm();
no_pm:
	cpuhp_remove_state_nocalls(HOTPLUG_STATE);
no_vcpus:
	scd_forget();
	return r;
}

/* No file is open. The vCPUs stay where they are. */
static void __exit main_exit(void)
{
	scd_file_unregister();
	unregister_pm();
	cpuhp_remove_state_nocalls(HOTPLUG_STATE);
	scd_forget();
}

module_init(main_init);
module_exit(main_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Parked vCPUs of a Xen PVH guest: the sidecar");
