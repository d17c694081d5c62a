/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl regs and translate: what a parked vCPU sees.
 */
#include "registers.h"
#include "report.h"

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
enum sidecar_error registers_show(struct ctl *c, struct sidecar_vcpu *v)
{
	struct show_value value[SIDECAR_NR_REGS];
	struct sidecar_answer a = {.size = sizeof(a)};
	uint32_t nr = 0;

	for (uint64_t reg = 0; reg < SIDECAR_NR_REGS; reg++) {
		enum sidecar_error e = sidecar_vcpu_command(
			v, SIDECAR_COMMAND_GET, &reg, 1, &a);

		report_restarted(v, &a);
		if (e == SIDECAR_E_COMMAND && a.result == SIDECAR_RESULT_FAULT)
			continue;
		if (e)
			return e;
		value[nr++] = (struct show_value){names[reg], a.ret[0]};
	}
	show_values(&c->show, v, value, nr);
	return SIDECAR_OK;
}

enum sidecar_error registers_translate(struct ctl *c, struct sidecar_vcpu *v)
{
	struct sidecar_answer a = {.size = sizeof(a)};
	enum sidecar_error e = sidecar_vcpu_command(
		v, SIDECAR_COMMAND_TRANSLATE, &c->address, 1, &a);

	report_restarted(v, &a);
	if (!e)
		show_values(&c->show, v,
			    (struct show_value[]){{"virtual", c->address},
						  {"physical", a.ret[0]},
						  {"entry", a.ret[1]}},
			    3);
	return e;
}
