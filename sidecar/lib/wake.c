/* SPDX-License-Identifier: MIT */
/*
 * The ways to reach a vCPU: VCPUOP_up and VCPUOP_is_up by xen-privcmd; NMI,
 * INIT and SIPI by a write to the x2APIC's ICR through the msr module. A wake
 * prefers VCPUOP_up: an NMI can be lost for good (docs/sidecar.md).
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
/* What the file of that name says if msr is only to be read. */
#define MSR_READ_ONLY "off"

/* ---- xen-privcmd -------------------------------------------------------- */

static int vcpu_op(void *ctx, unsigned int op, uint32_t vcpu_id)
{
	const struct wake *w = ctx;
	struct privcmd_call call = {
		.op = __HYPERVISOR_vcpu_op,
		.arg = {op, vcpu_id, 0},
	};
	int r = ioctl(w->privcmd_fd, PRIVCMD_HYPERCALL, &call);

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
static const char *privcmd_open(struct wake *w, const char *path)
{
	int r;

	w->privcmd_fd = open(path, O_RDWR | O_CLOEXEC);
	if (w->privcmd_fd < 0)
		return errno == ENOENT
			       ? "xen-privcmd not loaded (modprobe xen-privcmd unrestricted=1)"
			       : "xen-privcmd not accessible";
	r = privcmd_is_up(w, 0);
	if (r == -EPERM)
		return "xen-privcmd loaded without unrestricted=1 (modprobe -r xen-privcmd, then with it)";
	if (r < 0)
		return "xen-privcmd refuses hypercalls";
	w->calls.up = privcmd_up;
	w->calls.is_up = privcmd_is_up;
	w->calls.nmi = privcmd_nmi;
	return NULL;
}

/* ---- msr ---------------------------------------------------------------- */

static int msr_icr(void *ctx, uint64_t value)
{
	const struct wake *w = ctx;

	/* WRMSR to the x2APIC orders nothing, SDM volume 3 10.12.3 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (pwrite(w->msr_fd, &value, sizeof(value), MSR_X2APIC_ICR) !=
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

static const char *msr_open(struct wake *w, const struct paths *paths)
{
	uint64_t base;

	w->msr_fd = open(paths->msr, O_RDWR | O_CLOEXEC);
	if (w->msr_fd < 0)
		return errno == EPERM	 ? "msr forbidden, kernel lockdown?"
		       : errno == ENOENT ? "msr not loaded (modprobe msr)"
					 : "msr not accessible";
	if (pread(w->msr_fd, &base, sizeof(base), MSR_APIC_BASE) !=
	    sizeof(base))
		return "msr cannot be read";
	if (!(base & APIC_BASE_EXTD))
		return "msr of no use: Linux is not in x2APIC mode (nox2apic?)";
	if (msr_is_read_only(paths->msr_writes))
		return "msr of no use: it refuses writes (msr.allow_writes=off?)";
	w->calls.icr = msr_icr;
	return NULL;
}

/* ---- Both --------------------------------------------------------------- */

void wake_open(struct wake *w, const struct paths *paths, char *method,
	       size_t size)
{
	const char *no_privcmd, *no_msr;
	const char *way = "no way to wake";

	w->calls.ctx = w;
	no_privcmd = privcmd_open(w, paths->privcmd);
	no_msr = msr_open(w, paths);
	if (!no_privcmd && !no_msr)
		way = "waking by VCPUOP_up (xen-privcmd), INIT and SIPI by msr (taints the kernel)";
	else if (!no_privcmd)
		way = "waking by VCPUOP_up (xen-privcmd)";
	else if (!no_msr)
		way = "waking by NMI, INIT and SIPI by msr (taints the kernel)";
	snprintf(method, size, "%s%s%s%s%s", way, no_privcmd ? "; " : "",
		 no_privcmd ? no_privcmd : "", no_msr ? "; " : "",
		 no_msr ? no_msr : "");
}

void wake_close(struct wake *w)
{
	if (w->privcmd_fd >= 0)
		close(w->privcmd_fd);
	if (w->msr_fd >= 0)
		close(w->msr_fd);
}

static int write_icr(struct wake *w, const struct cpu *cpu, uint32_t message)
{
	if (!w->calls.icr)
		return -ENODEV;
	return w->calls.icr(w->calls.ctx, (uint64_t)cpu->apic_id << 32 |
						  ICR_ASSERT | message);
}

int wake_vcpu(struct wake *w, const struct cpu *cpu)
{
	if (w->calls.up)
		return w->calls.up(w->calls.ctx, cpu->vcpu_id);
	return write_icr(w, cpu, ICR_NMI);
}

/* VCPUOP_send_nmi only where msr is missing: it wakes nobody. */
int wake_interrupt(struct wake *w, const struct cpu *cpu)
{
	if (w->calls.icr || !w->calls.nmi)
		return write_icr(w, cpu, ICR_NMI);
	return w->calls.nmi(w->calls.ctx, cpu->vcpu_id);
}

int wake_is_up(struct wake *w, const struct cpu *cpu)
{
	int r = -1;

	if (w->calls.is_up)
		r = w->calls.is_up(w->calls.ctx, cpu->vcpu_id);
	return r < 0 ? -1 : r != 0;
}

int wake_init(struct wake *w, const struct cpu *cpu)
{
	return write_icr(w, cpu, ICR_INIT);
}

int wake_sipi(struct wake *w, const struct cpu *cpu, uint64_t entry_pa)
{
	uint32_t page = (uint32_t)(entry_pa / SIPI_PAGE);

	return write_icr(w, cpu, ICR_STARTUP | page);
}
