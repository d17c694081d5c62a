/* SPDX-License-Identifier: MIT */
/*
 * Starting other vCPUs and asking after them, all in one hypercall: each
 * entry of the multicall is one VCPUOP (public/vcpu.h).
 */
#include "cpu.h"
#include "hypercall.h"
#include "xen_guest.h"

#define OPS_PER_START 2

static struct multicall_entry calls[TOPOLOGY_MAX_VCPUS * OPS_PER_START];
static struct vcpu_hvm_context contexts[TOPOLOGY_MAX_VCPUS];

static void set_call(struct multicall_entry *c, unsigned int op,
		     uint32_t vcpu_id, void *arg)
{
	c->op = __HYPERVISOR_vcpu_op;
	c->result = 0;
	c->args[0] = op;
	c->args[1] = vcpu_id;
	c->args[2] = hypercall_arg(arg);
}

static void set_context(struct vcpu_hvm_context *ctx,
			const struct xen_vcpu_start *v, uint64_t cr4)
{
	struct vcpu_hvm_x86_64 *r = &ctx->cpu_regs.x86_64;

	ctx->mode = VCPU_HVM_MODE_64B;
	r->rip = v->rip;
	r->rdi = v->rdi;
	r->rflags = 2; /* always set, SDM volume 1 3.4.3 */
	r->cr0 = CR0_KERNEL;
	r->cr3 = v->cr3;
	r->cr4 = cr4;
	r->efer = EFER_LME | EFER_LMA | EFER_NXE;
}

void xen_vcpu_start(struct xen_vcpu_start *v, uint32_t nr)
{
	uint64_t cr4 = read_cr4(); /* a VM exit */
	long r;

	for (uint32_t i = 0; i < nr; i++) {
		set_context(&contexts[i], &v[i], cr4);
		set_call(&calls[2 * i], VCPUOP_initialise, v[i].vcpu_id,
			 &contexts[i]);
		set_call(&calls[2 * i + 1], VCPUOP_up, v[i].vcpu_id, NULL);
	}
	r = hypercall_multicall(calls, nr * OPS_PER_START);
	for (uint32_t i = 0; i < nr; i++) {
		v[i].error = (long)calls[2 * i].result;
		if (!v[i].error)
			v[i].error = (long)calls[2 * i + 1].result;
		if (r)
			v[i].error = r;
	}
}

void xen_vcpu_is_up(const uint32_t *vcpu_id, long *is_up, uint32_t nr)
{
	long r;

	for (uint32_t i = 0; i < nr; i++)
		set_call(&calls[i], VCPUOP_is_up, vcpu_id[i], NULL);
	r = hypercall_multicall(calls, nr);
	for (uint32_t i = 0; i < nr; i++)
		is_up[i] = r ? r : (long)calls[i].result;
}

bool xen_vcpu_needs_sipi(const struct xen_info *x, uint32_t vcpu_id)
{
	if (vcpu_id < XEN_LEGACY_MAX_VCPUS)
		return false;
	return x->major < 4 || (x->major == 4 && x->minor < 19);
}
