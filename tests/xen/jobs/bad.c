/* SPDX-License-Identifier: MIT */
/* A job that does the wrong thing of deeds.h that arg[0] names. */
#include "abi/layout.h"
#include "sidecar/job.h"

#define NONCANON_VA 0x800000000000ull
#define LATE_MS	    60u /* less than JOB_GRACE_MS */

static uint64_t scratch[64] = {0xc3}; /* ret */

/* An instruction by itself. */
#define ASM_DEED(name, text)                                       \
	static void name(struct job_services *s)                   \
	{                                                          \
		__asm__ volatile(text                              \
				 :                                 \
				 : "D"(s)                          \
				 : "rax", "rcx", "rdx", "memory"); \
	}

static void peek(uint64_t va)
{
	(void)*(volatile uint8_t *)va;
}

static void poke(uint64_t va)
{
	*(volatile uint8_t *)va = 0;
}

static void jump(uint64_t va)
{
	__asm__ volatile("call *%0" : : "r"(va) : "memory");
}

static void push_at(uint64_t rsp)
{
	__asm__ volatile("mov %0, %%rsp\n\tpush %%rax" : : "r"(rsp) : "memory");
}

static void divide(struct job_services *s)
{
	__asm__ volatile("div %0" : : "r"(s->memory_va * 0), "a"(1), "d"(0));
}

static void write_kernel(struct job_services *s)
{
	(void)s;
	poke(LAYOUT_IMAGE_VA);
}

static void read_kernel(struct job_services *s)
{
	(void)s;
	peek(LAYOUT_CONTROL_VA);
}

static void write_window(struct job_services *s)
{
	(void)s;
	poke(LAYOUT_WINDOW_VA);
}

static void write_text(struct job_services *s)
{
	(void)s;
	poke(JOB_VA);
}

static void run_data(struct job_services *s)
{
	(void)s;
	jump((uint64_t)(uintptr_t)scratch);
}

static void run_stack(struct job_services *s)
{
	volatile uint8_t code[16];

	(void)s;
	code[0] = 0xc3;
	jump((uint64_t)(uintptr_t)code);
}

static void jump_0(struct job_services *s)
{
	(void)s;
	jump(0);
}

static void jump_noncanonical(struct job_services *s)
{
	(void)s;
	jump(NONCANON_VA);
}

static void read_noncanonical(struct job_services *s)
{
	(void)s;
	peek(NONCANON_VA);
}

static void push_noncanonical(struct job_services *s)
{
	(void)s;
	push_at(NONCANON_VA + 64);
}

static void push_kernel(struct job_services *s)
{
	(void)s;
	push_at(LAYOUT_WINDOW_VA + 64);
}

__attribute__((noinline)) static uint64_t deeper(volatile uint64_t n)
{
	return n == UINT64_MAX ? 0 : deeper(n + 1) + n;
}

static void overflow_stack(struct job_services *s)
{
	s->ret[0] = deeper(0);
}

/* Behind its own slice is another job's. */
static void read_other(struct job_services *s)
{
	peek(s->memory_va + s->memory_bytes);
}

/* Behind all shared memory: no guest here has 1 GiB of it. */
static void read_areas(struct job_services *s)
{
	(void)s;
	peek(LAYOUT_SHARED_VA + 0x40000000);
}

ASM_DEED(sysenter, "sysenter")
ASM_DEED(syscall, "mov $0, %%eax\n\tsyscall")
ASM_DEED(int_2, "int $2")
ASM_DEED(int_3, "int3")
ASM_DEED(int_80, "int $0x80")
ASM_DEED(icebp, ".byte 0xf1")
ASM_DEED(single_step, "pushf\n\torl $0x100, (%%rsp)\n\tpopf\n\tnop")
ASM_DEED(ud2, "ud2")
ASM_DEED(hlt, "hlt")
ASM_DEED(cli, "cli")
ASM_DEED(rdmsr, "mov $0xc0000080, %%ecx\n\trdmsr")
ASM_DEED(wrmsr, "mov $0x830, %%ecx\n\txor %%eax, %%eax\n\twrmsr")
ASM_DEED(mov_cr3, "mov %%rdi, %%cr3")
ASM_DEED(mov_dr7, "mov %%rdi, %%dr7")
ASM_DEED(in, "mov $0x64, %%edx\n\tin %%dx, %%al")
ASM_DEED(out, "mov $0xe9, %%edx\n\tout %%al, %%dx")
ASM_DEED(lgdt, "lgdt (%%rdi)")
ASM_DEED(ltr, "mov $0x18, %%eax\n\tltr %%ax")
ASM_DEED(invlpg, "invlpg (%%rdi)")
ASM_DEED(xsetbv, "xor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tmov $1, %%eax\n\t"
		 "xsetbv")
ASM_DEED(wbinvd, "wbinvd")
ASM_DEED(iret_ring_0, "push $0x10\n\tpush %%rdi\n\tpush $2\n\tpush $8\n\t"
		      "push %%rdi\n\tiretq")
ASM_DEED(far_kernel, "push $8\n\tpush %%rdi\n\tlretq")
/* exceptions unmasked, then 1 / 0 */
ASM_DEED(x87, "push $0x340\n\tfldcw (%%rsp)\n\tfld1\n\tfldz\n\tfdivrp\n\t"
	      "fwait")
ASM_DEED(sse, "push $0\n\tldmxcsr (%%rsp)\n\tpcmpeqd %%xmm0, %%xmm0\n\t"
	      "xorps %%xmm1, %%xmm1\n\tmov $1, %%eax\n\t"
	      "cvtsi2sd %%eax, %%xmm0\n\tdivsd %%xmm1, %%xmm0\n\tpop %%rax")
ASM_DEED(service, "mov $99, %%eax\n\tint $0x20")
ASM_DEED(status, "mov $0, %%eax\n\tmov $7, %%edi\n\tint $0x20")
/* nested task, alignment check, direction: all for the kernel to meet */
ASM_DEED(flags, "pushf\n\torl $0x44400, (%%rsp)\n\tpopf\n\tmov $0, %%eax\n\t"
		"mov $0, %%edi\n\tint $0x20")

/* CPUID leaf 0: EBX, EDX, ECX are the vendor's name, "GenuineIntel". */
static int is_intel(void)
{
	uint32_t eax = 0, ebx, ecx, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	return ebx == 0x756e6547 && edx == 0x49656e69 && ecx == 0x6c65746e;
}

static uint64_t vmcall(uint64_t nr)
{
	__asm__ volatile("vmcall"
			 : "+a"(nr)
			 : "D"(3), "S"(0), "d"(0)
			 : "memory");
	return nr;
}

static uint64_t vmmcall(uint64_t nr)
{
	__asm__ volatile("vmmcall"
			 : "+a"(nr)
			 : "D"(3), "S"(0), "d"(0)
			 : "memory");
	return nr;
}

/* vcpu_op, by the CPU's own instruction. Xen answers ring 3 with -EPERM. */
static void hypercall(struct job_services *s)
{
	s->ret[0] = is_intel() ? vmcall(24) : vmmcall(24);
}

/* More than there is room for. */
static void log_huge(struct job_services *s)
{
	s->log_bytes = 0xffffffff;
	job_service(JOB_SERVICE_LOG, 0);
	job_put(s, "end of log_huge\n");
}

/*
 * An emulator with one thread goes on to the next CPU at a pause: none at all
 * leaves the others nothing, one at every turn makes time stand still.
 */
static void spin(void)
{
	for (volatile uint32_t i = 0; i < 4096; i++)
		;
	__asm__ volatile("pause");
}

static void loop(struct job_services *s)
{
	s->ret[0] = 1;
	for (;;)
		spin();
}

static void loop_services(struct job_services *s)
{
	(void)s;
	for (;;) {
		job_service(JOB_SERVICE_LOG, 0);
		spin();
	}
}

static void loop_stop(struct job_services *s)
{
	while (!job_should_stop(s)) {
		s->ret[0]++;
		spin();
	}
	s->ret[1] = 42;
}

/* Takes its time to end, in which NMIs go on. */
static void loop_late(struct job_services *s)
{
	uint64_t asked;

	while (!job_should_stop(s))
		spin();
	asked = job_tsc();
	while (job_tsc() - asked < LATE_MS * s->tsc_khz)
		spin();
	s->ret[1] = 42;
}

static void loop_status(struct job_services *s)
{
	job_put(s, "until it is stopped\n");
	while (!job_should_stop(s))
		spin();
	job_put(s, "stopped\n");
	job_service(JOB_SERVICE_EXIT, 9);
}

typedef void deed_fn(struct job_services *s);

/* 8200 bytes, which nobody can read in time, from one CPU. */
static void log_flood(struct job_services *s)
{
	for (uint32_t i = 0; i < JOB_LOG_BYTES; i++)
		s->log[i] = i % 64 == 63 ? '\n' : 'x';
	for (int i = 0; i < 8; i++) {
		s->log_bytes = JOB_LOG_BYTES;
		job_service(JOB_SERVICE_LOG, 0);
	}
	job_put(s, "the end\n");
}

/* Its memory ends with how many bytes it has logged. */
static void log_count(struct job_services *s)
{
	volatile uint64_t *sum =
		(uint64_t *)(s->memory_va + s->memory_bytes - sizeof(*sum));

	for (;;) {
		job_put(s, "8 bytes\n");
		*sum += 8;
	}
}

static deed_fn *const deeds[] = {
#define DEED(name) name,
#include "deeds.h"
#undef DEED
};

int job_main(struct job_services *s)
{
	if (s->arg[0] >= sizeof(deeds) / sizeof(deeds[0]))
		return 1;
	deeds[s->arg[0]](s);
	return 0;
}
