/* SPDX-License-Identifier: MIT */
/*
 * Detects Xen by CPUID and sets up the hypercall page; small calls that have no
 * file of their own.
 */
#include "cpu.h"
#include "hypercall.h"
#include "xen_guest.h"

#define CPUID_FIRST	    0x40000000u
#define CPUID_LAST	    0x40010000u
#define CPUID_STEP	    0x100u
#define CPUID_XEN_EBX	    0x566e6558u /* "XenV" */
#define CPUID_XEN_ECX	    0x65584d4du /* "MMXe" */
#define CPUID_XEN_EDX	    0x4d4d566eu /* "nVMM" */
#define CPUID_XEN_LEAF_TIME 3u
#define CPUID_1_ECX_X2APIC  (1u << 21)
#define CPUID_AMD_EBX	    0x68747541u /* "Auth", of AuthenticAMD */
#define CPUID_HYGON_EBX	    0x6f677948u /* "Hygo", of HygonGenuine */
#define CPUID_LEAF_CACHES   4u
#define CPUID_4_EAX_TYPE    0x1fu
#define CPUID_EXT	    0x80000000u
#define CPUID_EXT_SIZES	    0x80000008u

uint8_t hypercall_page[4096] __attribute__((aligned(4096)));

static uint32_t xen_base(void)
{
	struct cpuid c;

	for (uint32_t b = CPUID_FIRST; b < CPUID_LAST; b += CPUID_STEP) {
		c = cpuid(b, 0);
		if (c.ebx == CPUID_XEN_EBX && c.ecx == CPUID_XEN_ECX &&
		    c.edx == CPUID_XEN_EDX && c.eax >= b + CPUID_XEN_LEAF_TIME)
			return b;
	}
	return 0;
}

static void read_packages(struct packages_cpuid *p)
{
	struct cpuid first = cpuid(0, 0), c = cpuid(1, 0);

	*p = (struct packages_cpuid){
		.known = true,
		.amd = first.ebx == CPUID_AMD_EBX ||
		       first.ebx == CPUID_HYGON_EBX,
		.leaf1_b = c.ebx,
		.leaf1_d = c.edx,
	};
	if (cpuid(CPUID_EXT, 0).eax >= CPUID_EXT_SIZES)
		p->ext8_c = cpuid(CPUID_EXT_SIZES, 0).ecx;
	if (first.eax < CPUID_LEAF_CACHES)
		return;
	for (uint32_t i = 0; i < PACKAGES_MAX_CACHES; i++) {
		p->cache_a[i] = cpuid(CPUID_LEAF_CACHES, i).eax;
		if (!(p->cache_a[i] & CPUID_4_EAX_TYPE))
			break;
	}
}

bool xen_init(struct xen_info *x)
{
	struct cpuid c;

	c = cpuid(1, 0);
	if (!(c.ecx & 1u << 31))
		return false;
	x->x2apic = c.ecx & CPUID_1_ECX_X2APIC;
	x->base = xen_base();
	if (!x->base)
		return false;
	c = cpuid(x->base + 1, 0);
	x->major = c.eax >> 16;
	x->minor = c.eax & 0xffff;
	x->tsc_khz = cpuid(x->base + CPUID_XEN_LEAF_TIME, 0).ecx;
	/* entry.S turned it on if the CPU has it */
	x->nx = rdmsr(MSR_EFER) & EFER_NXE;
	read_packages(&x->packages);
	/* bits 11:0 are the page's index, of one page there is */
	wrmsr(cpuid(x->base + 2, 0).ebx, hypercall_arg(hypercall_page));
	/* behind the load of the number */
	__builtin_memcpy(x->vmcall, hypercall_page + 5, sizeof(x->vmcall));
	return true;
}

long xen_memory_map(struct boot_e820_entry *e, uint32_t *nr)
{
	struct xen_memory_map arg = {.nr_entries = *nr};
	long r;

	set_xen_guest_handle(arg.buffer, e);
	r = hypercall_memory_op(XENMEM_memory_map, &arg);
	if (arg.nr_entries < *nr)
		*nr = arg.nr_entries;
	return r;
}

long xen_set_memory_map(struct boot_e820_entry *e, uint32_t nr)
{
	struct xen_foreign_memory_map arg = {.domid = DOMID_SELF,
					     .map.nr_entries = nr};

	set_xen_guest_handle(arg.map.buffer, e);
	return hypercall_memory_op(XENMEM_set_memory_map, &arg);
}

long xen_current_reservation(void)
{
	domid_t self = DOMID_SELF;

	return hypercall_memory_op(XENMEM_current_reservation, &self);
}

long xen_hvm_param(uint32_t index, uint64_t *value)
{
	struct xen_hvm_param p = {.domid = DOMID_SELF, .index = index};
	long r = hypercall_hvm_op(HVMOP_get_param, &p);

	*value = p.value;
	return r;
}

void xen_crash(void)
{
	struct sched_shutdown s = {.reason = SHUTDOWN_crash};

	hypercall_sched_op(SCHEDOP_shutdown, &s);
	for (;;)
		cpu_halt();
}

void xen_yield(void)
{
	cpu_pause();
	hypercall_sched_op(SCHEDOP_yield, NULL);
}
