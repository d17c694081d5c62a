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

#include "abi/job.h"
#include "abi/privcmd.h"
#include "handle.h"
#include "cpu.h"

#define UP_FIRST_US 500u
#define UP_MOST_US  20000u
/* One that meets a vCPU going DOWN blocks all others: better few. */
#define NMI_US 250000u
/* From the first NMI, which may be late, to those that end the job */
#define STOP_FIRST_US (JOB_GRACE_MS * 1000 + 20000)
#define STOP_NEXT_US  20000u

/* ---- xen-privcmd -------------------------------------------------------- */

static int vcpu_op(void *ctx, unsigned int op, uint32_t vcpu_id)
{
	const struct sidecar *s = ctx;
	struct privcmd_call call = {
		.op = __HYPERVISOR_vcpu_op,
		.arg = {op, vcpu_id, 0},
	};
	int r = ioctl(s->privcmd_fd, PRIVCMD_HYPERCALL, &call);

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
static const char *privcmd_open(struct sidecar *s)
{
	int r;

	s->privcmd_fd = open(s->paths->privcmd, O_RDWR | O_CLOEXEC);
	if (s->privcmd_fd < 0)
		return errno == ENOENT
			       ? "xen-privcmd not loaded (modprobe xen-privcmd unrestricted=1)"
			       : "xen-privcmd not accessible";
	r = privcmd_is_up(s, 0);
	if (r == -EPERM)
		return "xen-privcmd loaded without unrestricted=1 (modprobe -r xen-privcmd, then with it)";
	if (r < 0)
		return "xen-privcmd refuses hypercalls";
	s->waker.up = privcmd_up;
	s->waker.is_up = privcmd_is_up;
	s->waker.nmi = privcmd_nmi;
	return NULL;
}

/* ---- msr ---------------------------------------------------------------- */

static int msr_icr(void *ctx, uint64_t value)
{
	const struct sidecar *s = ctx;

	/* WRMSR to the x2APIC orders nothing, SDM volume 3 10.12.3 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (pwrite(s->msr_fd, &value, sizeof(value), MSR_X2APIC_ICR) !=
	    sizeof(value))
		return errno ? -errno : -EIO;
	return 0;
}

static const char *msr_open(struct sidecar *s)
{
	uint64_t base;

	s->msr_fd = open(s->paths->msr, O_RDWR | O_CLOEXEC);
	if (s->msr_fd < 0)
		return errno == EPERM	 ? "msr forbidden, kernel lockdown?"
		       : errno == ENOENT ? "msr not loaded (modprobe msr)"
					 : "msr not accessible";
	if (pread(s->msr_fd, &base, sizeof(base), MSR_APIC_BASE) !=
	    sizeof(base))
		return "msr cannot be read";
	if (!(base & APIC_BASE_EXTD))
		return "msr of no use: Linux is not in x2APIC mode (nox2apic?)";
	s->waker.icr = msr_icr;
	return NULL;
}

/* ---- Both --------------------------------------------------------------- */

void wake_open(struct sidecar *s)
{
	const char *no_privcmd, *no_msr;
	const char *way = "no way to wake";

	s->waker.ctx = s;
	no_privcmd = privcmd_open(s);
	no_msr = msr_open(s);
	if (!no_privcmd && !no_msr)
		way = "waking by VCPUOP_up (xen-privcmd), INIT and SIPI by msr (taints the kernel)";
	else if (!no_privcmd)
		way = "waking by VCPUOP_up (xen-privcmd)";
	else if (!no_msr)
		way = "waking by NMI, INIT and SIPI by msr (taints the kernel)";
	snprintf(s->way, sizeof(s->way), "%s%s%s%s%s", way,
		 no_privcmd ? "; " : "", no_privcmd ? no_privcmd : "",
		 no_msr ? "; " : "", no_msr ? no_msr : "");
}

void wake_close(struct sidecar *s)
{
	if (s->privcmd_fd >= 0)
		close(s->privcmd_fd);
	if (s->msr_fd >= 0)
		close(s->msr_fd);
}

uint32_t wake_interval_us(const struct sidecar *s, uint32_t nr_sent)
{
	if (!s->waker.up)
		return NMI_US;
	if (nr_sent > 6 || UP_FIRST_US << nr_sent > UP_MOST_US)
		return UP_MOST_US;
	return UP_FIRST_US << nr_sent;
}

static int send(struct sidecar *s, const struct vcpu *v, uint32_t what)
{
	if (!s->waker.icr)
		return -ENODEV;
	return s->waker.icr(s->waker.ctx,
			    (uint64_t)v->apic_id << 32 | ICR_ASSERT | what);
}

int wake_vcpu(struct sidecar *s, const struct vcpu *v)
{
	if (s->waker.up)
		return s->waker.up(s->waker.ctx, v->vcpu_id);
	return send(s, v, ICR_NMI);
}

/* VCPUOP_send_nmi only where msr is missing: it wakes nobody. */
int wake_nmi(struct sidecar *s, const struct vcpu *v)
{
	if (s->waker.icr || !s->waker.nmi)
		return send(s, v, ICR_NMI);
	return s->waker.nmi(s->waker.ctx, v->vcpu_id);
}

uint32_t wake_stop_interval_us(uint32_t nr_sent)
{
	return nr_sent ? STOP_NEXT_US : STOP_FIRST_US;
}

int wake_is_up(struct sidecar *s, const struct vcpu *v)
{
	int r = -1;

	if (s->waker.is_up)
		r = s->waker.is_up(s->waker.ctx, v->vcpu_id);
	return r < 0 ? -1 : r != 0;
}

int wake_init(struct sidecar *s, const struct vcpu *v)
{
	return send(s, v, ICR_INIT);
}

int wake_sipi(struct sidecar *s, const struct vcpu *v)
{
	uint32_t page = (uint32_t)(s->scar.low_pa / SIDECAR_PAGE_SIZE);

	return send(s, v, ICR_STARTUP | page);
}
