// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * For the lab: while this module is loaded, no vCPU is started anew by the
 * driver, as if INIT did not reach it: its job runs on. The driver is loaded
 * before it or after it.
 */
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>

/* In place of the function, whose return address is on the stack. */
static noinline notrace void fault_return(void)
{
	asm volatile("");
}

static int fault_before(struct kprobe *p, struct pt_regs *regs)
{
	regs->ax = -ETIMEDOUT;
	regs->ip = (unsigned long)fault_return;
	return 1;
}

/* A probe that changes where to go on needs one. */
static void fault_after(struct kprobe *p, struct pt_regs *regs,
			unsigned long flags)
{
}

static struct kprobe fault = {
	.symbol_name = "scd_vcpu_restart",
	.pre_handler = fault_before,
	.post_handler = fault_after,
};

static bool is_set;

static int set_fault(void)
{
	int r;

	fault.addr = NULL;
	r = register_kprobe(&fault);
	is_set = !r;
	return r;
}

static void end_fault(void)
{
	if (is_set)
		unregister_kprobe(&fault);
	is_set = false;
}

/* Before the driver's own init, and while its code is still there */
static int fault_module(struct notifier_block *nb, unsigned long state, void *p)
{
	struct module *m = p;

	if (strcmp(m->name, "xen_sidecar"))
		return NOTIFY_DONE;
	if (state == MODULE_STATE_COMING)
		return notifier_from_errno(set_fault());
	if (state == MODULE_STATE_GOING)
		end_fault();
	return NOTIFY_DONE;
}

/* Before kprobes' own, which leaves a probe behind that cannot be removed */
static struct notifier_block fault_notifier = {
	.notifier_call = fault_module,
	.priority = 1,
};

static int __init fault_init(void)
{
	int r = set_fault();

	if (r && r != -ENOENT)
		return r;
	return register_module_notifier(&fault_notifier);
}

static void __exit fault_exit(void)
{
	unregister_module_notifier(&fault_notifier);
	end_fault();
}

module_init(fault_init);
module_exit(fault_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("A vCPU of the sidecar that INIT does not reach");
