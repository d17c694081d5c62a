// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * For the lab: while this module is loaded, no vCPU is started anew by the
 * driver, as if INIT did not reach it: its job runs on.
 */
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/module.h>

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

static int __init fault_init(void)
{
	return register_kprobe(&fault);
}

static void __exit fault_exit(void)
{
	unregister_kprobe(&fault);
}

module_init(fault_init);
module_exit(fault_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("A vCPU of the sidecar that INIT does not reach");
