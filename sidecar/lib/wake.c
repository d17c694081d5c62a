/* SPDX-License-Identifier: MIT */
/*
 * The ways to reach a vCPU: VCPUOP_up, VCPUOP_is_up and, without msr,
 * VCPUOP_send_nmi by xen-privcmd; NMI, INIT and SIPI by a write to the x2APIC's
 * ICR through the msr module. A wake prefers VCPUOP_up: an NMI can be lost for
 * good (docs/sidecar.md).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abi/privcmd.h"
#include "cpu.h"
#include "file.h"
#include "wake.h"

/* A SIPI names the page of real mode where the vCPU begins. */
#define SIPI_PAGE 4096u
/* What the file msr.allow_writes contains if msr is read only. */
#define MSR_READ_ONLY "off"

/* ---- xen-privcmd -------------------------------------------------------- */

static int vcpu_op(void *ctx, unsigned int op, uint32_t vcpu_id)
{
	const struct devmem *d = ctx;
	struct privcmd_call call = {
		.op = __HYPERVISOR_vcpu_op,
		.arg = {op, vcpu_id, 0},
	};
	int r = ioctl(d->privcmd_fd, PRIVCMD_HYPERCALL, &call);

	return r < 0 ? -errno : r;
}

static int privcmd_up(void *ctx, uint32_t vcpu_id)
{
	return vcpu_op(ctx, VCPUOP_up, vcpu_id);
}

static int privcmd_is_up(void *ctx, uint32_t vcpu_id)
{
	return vcpu_op(ctx, VCPUOP_is_up, vcpu_id);
}

static int privcmd_nmi(void *ctx, uint32_t vcpu_id)
{
	return vcpu_op(ctx, VCPUOP_send_nmi, vcpu_id);
}

/* Why it cannot be used, or NULL. */
static const char *privcmd_open(struct devmem *d)
{
	int r;

	d->privcmd_fd = open(d->paths->privcmd, O_RDWR | O_CLOEXEC);
	if (d->privcmd_fd < 0)
		return errno == ENOENT
			       ? "xen-privcmd not loaded (modprobe xen-privcmd unrestricted=1)"
			       : "xen-privcmd not accessible";
	r = privcmd_is_up(d, 0);
	if (r == -EPERM)
		return "xen-privcmd loaded without unrestricted=1 (modprobe -r xen-privcmd, then with it)";
	if (r < 0)
		return "xen-privcmd refuses hypercalls";
	d->calls.up = privcmd_up;
	d->calls.is_up = privcmd_is_up;
	d->calls.nmi = privcmd_nmi;
	return NULL;
}

/* ---- msr ---------------------------------------------------------------- */

static int msr_icr(void *ctx, uint64_t value)
{
	const struct devmem *d = ctx;

	/* WRMSR to the x2APIC orders nothing, SDM volume 3 10.12.3 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (pwrite(d->msr_fd, &value, sizeof(value), MSR_X2APIC_ICR) !=
	    sizeof(value))
		return errno ? -errno : -EIO;
	return 0;
}

/* A Linux in which nobody can forbid it has no such file. */
static bool msr_is_read_only(const char *path)
{
	char text[sizeof(MSR_READ_ONLY) - 1];

	return file_read(path, text, sizeof(text)) == sizeof(text) &&
	       !memcmp(text, MSR_READ_ONLY, sizeof(text));
}

static const char *msr_open(struct devmem *d)
{
	uint64_t base;

	d->msr_fd = open(d->paths->msr, O_RDWR | O_CLOEXEC);
	if (d->msr_fd < 0)
		return errno == EPERM	 ? "msr forbidden, kernel lockdown?"
		       : errno == ENOENT ? "msr not loaded (modprobe msr)"
					 : "msr not accessible";
	if (pread(d->msr_fd, &base, sizeof(base), MSR_APIC_BASE) !=
	    sizeof(base))
		return "msr cannot be read";
	if (!(base & APIC_BASE_EXTD))
		return "msr of no use: Linux is not in x2APIC mode (nox2apic?)";
	if (msr_is_read_only(d->paths->msr_writes))
		return "msr of no use: it refuses writes (msr.allow_writes=off?)";
	d->calls.icr = msr_icr;
	return NULL;
}

/* ---- Both --------------------------------------------------------------- */

void wake_open(struct devmem *d)
{
	const char *no_privcmd, *no_msr;
	const char *way = "no way to wake";

	d->calls.ctx = d;
	no_privcmd = privcmd_open(d);
	no_msr = msr_open(d);
	if (!no_privcmd && !no_msr)
		way = "waking by VCPUOP_up (xen-privcmd), INIT and SIPI by msr (taints the kernel)";
	else if (!no_privcmd)
		way = "waking by VCPUOP_up (xen-privcmd)";
	else if (!no_msr)
		way = "waking by NMI, INIT and SIPI by msr (taints the kernel)";
	snprintf(d->backend.method, sizeof(d->backend.method), "%s%s%s%s%s",
		 way, no_privcmd ? "; " : "", no_privcmd ? no_privcmd : "",
		 no_msr ? "; " : "", no_msr ? no_msr : "");
}

void wake_close(struct devmem *d)
{
	if (d->privcmd_fd >= 0)
		close(d->privcmd_fd);
	if (d->msr_fd >= 0)
		close(d->msr_fd);
}

static int write_icr(const struct wake_calls *c, const struct cpu *cpu,
		     uint32_t message)
{
	if (!c->icr)
		return -ENODEV;
	return c->icr(c->ctx,
		      (uint64_t)cpu->apic_id << 32 | ICR_ASSERT | message);
}

int wake_vcpu(struct backend *b, const struct cpu *cpu)
{
	const struct wake_calls *c = &devmem_of(b)->calls;

	return c->up ? c->up(c->ctx, cpu->vcpu_id) : write_icr(c, cpu, ICR_NMI);
}

/* VCPUOP_send_nmi only where msr is missing: it wakes nobody. */
int wake_interrupt(struct backend *b, const struct cpu *cpu)
{
	const struct wake_calls *c = &devmem_of(b)->calls;

	if (c->icr || !c->nmi)
		return write_icr(c, cpu, ICR_NMI);
	return c->nmi(c->ctx, cpu->vcpu_id);
}

int wake_is_up(struct backend *b, const struct cpu *cpu)
{
	const struct wake_calls *c = &devmem_of(b)->calls;
	int r = c->is_up ? c->is_up(c->ctx, cpu->vcpu_id) : -1;

	return r < 0 ? -1 : r != 0;
}

int wake_send_init(struct backend *b, const struct cpu *cpu)
{
	return write_icr(&devmem_of(b)->calls, cpu, ICR_INIT);
}

int wake_send_sipi(struct backend *b, const struct cpu *cpu, uint64_t entry_pa)
{
	uint32_t page = (uint32_t)(entry_pa / SIPI_PAGE);

	return write_icr(&devmem_of(b)->calls, cpu, ICR_STARTUP | page);
}
