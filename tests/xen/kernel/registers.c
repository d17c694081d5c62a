/* SPDX-License-Identifier: MIT */
/*
 * Registers that a vCPU inherits. Code of our own puts junk into all of them on
 * a vCPU, which then comes into the sidecar: by INIT and SIPI, and by INIT and
 * VCPUOP_initialise, for which Xen leaves more as it was. Then it is looked at
 * by GET, by a job, and, after REMOVE, by code of our own.
 */
#include "barrier.h"
#include "cpu.h"
#include "hypercall.h"
#include "kernel.h"

#define JUNK	      0x12345670ull
#define JUNK_PAT      0x0007010600070106ull
#define JUNK_CR0      0x60040000u /* CD NW AM */
#define JUNK_CR4      0xdcu	  /* TSD DE PSE MCE PGE */
#define JUNK_DR7      0x4ffu	  /* all four; nothing is at their addresses */
#define JUNK_DEBUGCTL 2ull	  /* BTF */

#define CPUID_1_ECX_XSAVE    (1u << 26)
#define CPUID_EXT_EDX_RDTSCP (1u << 27)

#define GDT_CODE 0x00209b0000000000ull
#define GDT_LDT	 0x0000820000000fffull /* 4 KiB at 0 */
#define LDT	 0x10
#define START_MS 5000u
#define SLOT	 3u

void vcpu_entry(void);

/* What GET does not show, and what SYSCALL and SYSENTER would use. */
static const struct {
	uint32_t msr;
	const char *name;
} msrs[] = {
	{MSR_SYSENTER_CS, "sysenter_cs"},
	{MSR_SYSENTER_ESP, "sysenter_esp"},
	{MSR_SYSENTER_EIP, "sysenter_eip"},
	{MSR_STAR, "star"},
	{MSR_LSTAR, "lstar"},
	{MSR_CSTAR, "cstar"},
	{MSR_SFMASK, "sfmask"},
	{MSR_FS_BASE, "fs_base"},
	{MSR_GS_BASE, "gs_base"},
	{MSR_KERNEL_GS_BASE, "kernel_gs_base"},
	{MSR_DEBUGCTL, "debugctl"},
};

#define NR_MSRS (sizeof(msrs) / sizeof(msrs[0]))

static uint64_t own_stack[512] __attribute__((aligned(16)));
static uint64_t seen[NR_MSRS], seen_ldtr, junk_seen[SIDECAR_NR_REGS];
static volatile uint32_t done;

/* ---- On the vCPU --------------------------------------------------------- */

static void look(void)
{
	uint16_t ldtr;

	for (uint32_t i = 0; i < NR_MSRS; i++)
		seen[i] = rdmsr(msrs[i].msr);
	__asm__ volatile("sldt %0" : "=r"(ldtr));
	seen_ldtr = ldtr;
	store_release(&done, 1);
	cpu_halt();
}

static void junk_ldtr(void)
{
	static uint64_t gdt[4] = {0, GDT_CODE, GDT_LDT, 0};
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed))
	p = {sizeof(gdt) - 1, (uint64_t)(uintptr_t)gdt};

	__asm__ volatile("lgdt %0" : : "m"(p));
	__asm__ volatile("lldt %0" : : "r"((uint16_t)LDT));
}

static void junk_debug(void)
{
	__asm__ volatile("mov %0, %%dr0" : : "r"(JUNK));
	__asm__ volatile("mov %0, %%dr1" : : "r"(JUNK));
	__asm__ volatile("mov %0, %%dr2" : : "r"(JUNK));
	__asm__ volatile("mov %0, %%dr3" : : "r"(JUNK));
	__asm__ volatile("mov %0, %%cr2" : : "r"(JUNK));
	__asm__ volatile("mov %0, %%cr8" : : "r"(15ull));
	write_dr7(JUNK_DR7);
}

static bool has_tsc_aux(void)
{
	return cpuid(0x80000001, 0).edx & CPUID_EXT_EDX_RDTSCP;
}

/* What GET will show of it, so that the junk is seen to be there. */
static void look_at_junk(void)
{
	uint64_t *r = junk_seen;

	r[SIDECAR_REG_CR0] = read_cr0();
	r[SIDECAR_REG_CR4] = read_cr4();
	r[SIDECAR_REG_EFER] = rdmsr(MSR_EFER);
	r[SIDECAR_REG_PAT] = rdmsr(MSR_PAT);
	if (has_tsc_aux())
		r[SIDECAR_REG_TSC_AUX] = rdmsr(MSR_TSC_AUX);
	if (read_cr4() & CR4_OSXSAVE)
		r[SIDECAR_REG_XCR0] = xgetbv(0);
	__asm__ volatile("mov %%cr2, %0" : "=r"(r[SIDECAR_REG_CR2]));
	__asm__ volatile("mov %%cr8, %0" : "=r"(r[SIDECAR_REG_CR8]));
	__asm__ volatile("mov %%dr0, %0" : "=r"(r[SIDECAR_REG_DR0]));
	__asm__ volatile("mov %%dr1, %0" : "=r"(r[SIDECAR_REG_DR1]));
	__asm__ volatile("mov %%dr2, %0" : "=r"(r[SIDECAR_REG_DR2]));
	__asm__ volatile("mov %%dr3, %0" : "=r"(r[SIDECAR_REG_DR3]));
	__asm__ volatile("mov %%dr7, %0" : "=r"(r[SIDECAR_REG_DR7]));
}

static void junk(void)
{
	junk_ldtr();
	junk_debug();
	for (uint32_t i = 0; i < NR_MSRS; i++)
		wrmsr(msrs[i].msr,
		      msrs[i].msr == MSR_DEBUGCTL ? JUNK_DEBUGCTL : JUNK);
	wrmsr(MSR_PAT, JUNK_PAT);
	if (has_tsc_aux())
		wrmsr(MSR_TSC_AUX, JUNK);
	write_cr4(read_cr4() | JUNK_CR4);
	if (cpuid(1, 0).ecx & CPUID_1_ECX_XSAVE) {
		write_cr4(read_cr4() | CR4_OSXSAVE);
		xsetbv(0, XCR0_X87);
	}
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	write_cr0((read_cr0() | JUNK_CR0) & ~(uint64_t)CR0_WP);
	look_at_junk();
	look();
}

/* ---- Moving it ----------------------------------------------------------- */

static long begin(const struct client *c, uint64_t rip, uint64_t cr3,
		  uint64_t rdi)
{
	struct xen_vcpu_start v = {
		.vcpu_id = c->vcpu_id, .rip = rip, .cr3 = cr3, .rdi = rdi};

	client_send(c, ICR_INIT | ICR_ASSERT);
	xen_vcpu_start(&v, 1);
	return v.error;
}

/* Runs @f on it, which ends DOWN; then says what it has seen. */
static void run_own(struct client *c, void (*f)(void), const char *name)
{
	uint64_t *top = own_stack + sizeof(own_stack) / sizeof(own_stack[0]);
	uint64_t end = after_ms(START_MS);
	long e;

	top[-1] = (uint64_t)(uintptr_t)f;
	done = 0;
	e = begin(c, (uint64_t)(uintptr_t)vcpu_entry, read_cr3(),
		  (uint64_t)(uintptr_t)(top - 1));
	while (!load_acquire(&done) && !is_over(end))
		xen_yield();
	say("inherit.%s=%ld %u", name, e, done);
	for (uint32_t i = 0; i < NR_MSRS; i++)
		say("inherit.%s.%s=%#lx", name, msrs[i].name, seen[i]);
	say("inherit.%s.ldtr=%#lx", name, seen_ldtr);
}

static void run_junk(struct client *c, const char *name)
{
	__builtin_memset(junk_seen, 0, sizeof(junk_seen));
	run_own(c, junk, name);
	for (uint32_t i = 0; i < SIDECAR_NR_REGS; i++)
		if (junk_seen[i])
			say("inherit.%s.%s=%#lx", name, register_names[i],
			    junk_seen[i]);
}

/* An NMI that is pending comes before the first instruction, in real mode. */
static void into_by_sipi(struct client *c, bool nmi)
{
	const struct scar_header *h = table(SCAR_SIGNATURE);

	client_send(c, ICR_INIT | ICR_ASSERT);
	if (nmi)
		client_nmi(c);
	store_release(c->status, SIDECAR_RUN);
	client_send(c, ICR_STARTUP | ICR_ASSERT |
			       (uint32_t)(h->low_pa / SIDECAR_PAGE_SIZE));
}

/* CR4 is that of the vCPU that asks. */
static void into_by_call(struct client *c)
{
	uint64_t cr4 = read_cr4();

	store_release(c->status, SIDECAR_RUN);
	write_cr4(cr4 | JUNK_CR4);
	begin(c, c->control->entry_va,
	      c->control->carve_pa + c->control->tables_offset, c->slot);
	write_cr4(cr4);
}

/* ---- What is seen -------------------------------------------------------- */

static void get_all(struct client *c, uint64_t *value)
{
	for (uint32_t i = 0; i < SIDECAR_NR_REGS; i++) {
		c->command->arg[0] = i;
		client_run(c, SIDECAR_COMMAND_GET);
		value[i] = c->command->ret[0];
	}
	value[SIDECAR_REG_TSC] = 0;
}

static void compare(struct client *c, const uint64_t *clean, const char *name)
{
	uint64_t value[SIDECAR_NR_REGS];
	uint32_t nr = 0;

	client_wait(c, SIDECAR_RUN);
	get_all(c, value);
	for (uint32_t i = 0; i < SIDECAR_NR_REGS; i++) {
		if (value[i] == clean[i])
			continue;
		say("inherit.%s.%s=%#lx, not %#lx", name, register_names[i],
		    value[i], clean[i]);
		nr++;
	}
	say("inherit.%s=state %u, %u differ", name, *c->status, nr);
	jobs_clean(c, name);
}

static void leave(struct client *c)
{
	store_release(c->status, SIDECAR_REMOVE);
	client_wait(c, SIDECAR_REMOVE);
}

void registers_report(void)
{
	uint64_t clean[SIDECAR_NR_REGS];
	struct client c;

	if (!client_open(&c, 0, SLOT))
		return;
	wrmsr(MSR_APIC_BASE,
	      rdmsr(MSR_APIC_BASE) | APIC_BASE_EN | APIC_BASE_EXTD);
	get_all(&c, clean);
	leave(&c);
	run_junk(&c, "junk");
	into_by_sipi(&c, false);
	compare(&c, clean, "sipi");
	leave(&c);
	into_by_sipi(&c, true);
	compare(&c, clean, "sipi_nmi");
	leave(&c);
	run_own(&c, look, "after_sipi");
	run_junk(&c, "junk_again");
	into_by_call(&c);
	compare(&c, clean, "call");
	leave(&c);
	run_own(&c, look, "after_call");
}
