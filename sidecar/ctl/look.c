/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl regs and translate: what a parked vCPU sees.
 */
#include "ctl.h"

static const char *const names[SIDECAR_NR_REGS] = {
	[SIDECAR_REG_CR0] = "cr0",
	[SIDECAR_REG_CR2] = "cr2",
	[SIDECAR_REG_CR3] = "cr3",
	[SIDECAR_REG_CR4] = "cr4",
	[SIDECAR_REG_CR8] = "cr8",
	[SIDECAR_REG_XCR0] = "xcr0",
	[SIDECAR_REG_EFER] = "efer",
	[SIDECAR_REG_DR0] = "dr0",
	[SIDECAR_REG_DR1] = "dr1",
	[SIDECAR_REG_DR2] = "dr2",
	[SIDECAR_REG_DR3] = "dr3",
	[SIDECAR_REG_DR6] = "dr6",
	[SIDECAR_REG_DR7] = "dr7",
	[SIDECAR_REG_PAT] = "pat",
	[SIDECAR_REG_APIC_BASE] = "apic_base",
	[SIDECAR_REG_TSC] = "tsc",
	[SIDECAR_REG_TSC_AUX] = "tsc_aux",
	[SIDECAR_REG_FS_BASE] = "fs_base",
	[SIDECAR_REG_GS_BASE] = "gs_base",
	[SIDECAR_REG_KERNEL_GS_BASE] = "kernel_gs_base",
};

/* A register that the vCPU does not have is left out. */
enum sidecar_error look_regs(struct ctl *c, uint32_t i)
{
	struct show_value value[SIDECAR_NR_REGS];
	struct sidecar_vcpu_info v;
	struct sidecar_answer a;
	uint32_t nr = 0;

	for (uint64_t reg = 0; reg < SIDECAR_NR_REGS; reg++) {
		const uint64_t arg[8] = {reg};
		enum sidecar_error e =
			sidecar_request(c->s, i, SIDECAR_COMMAND_GET, arg, &a);

		sidecar_vcpu(c->s, i, &v);
		ctl_say_restarted(&v, &a);
		if (e == SIDECAR_E_COMMAND && a.result == SIDECAR_RESULT_FAULT)
			continue;
		if (e)
			return e;
		value[nr++] = (struct show_value){names[reg], a.ret[0]};
	}
	show_values(&c->show, &v, value, nr);
	return SIDECAR_OK;
}

enum sidecar_error look_translate(struct ctl *c, uint32_t i)
{
	const uint64_t arg[8] = {c->address};
	struct sidecar_vcpu_info v;
	struct sidecar_answer a;
	enum sidecar_error e =
		sidecar_request(c->s, i, SIDECAR_COMMAND_TRANSLATE, arg, &a);

	sidecar_vcpu(c->s, i, &v);
	ctl_say_restarted(&v, &a);
	if (!e)
		show_values(&c->show, &v,
			    (struct show_value[]){{"virtual", c->address},
						  {"physical", a.ret[0]},
						  {"entry", a.ret[1]}},
			    3);
	return e;
}
