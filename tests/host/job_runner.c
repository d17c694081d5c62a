/* SPDX-License-Identifier: MIT */
/*
 * Runs a job's file in a process, in memory like that which a vCPU gives it:
 * the file and what is zeroed at JOB_VA, all else full of what others left.
 * int JOB_INT arrives as SIGSEGV. Prints ret[]. Usage: job_runner FILE
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <asm/prctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "abi/job.h"

#define PAGE  4096u
#define OTHER 0xa5 /* what was in scratch before */

static sigjmp_buf ended;
/* FS is the job's, but for a signal's handler, whose C library needs its own.
 */
static unsigned long own_fs, job_fs;
static uint8_t signal_stack[65536];

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "job_runner: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void set_fs(unsigned long base)
{
	long r = SYS_arch_prctl;

	__asm__ volatile("syscall"
			 : "+a"(r)
			 : "D"(ARCH_SET_FS), "S"(base)
			 : "rcx", "r11", "memory");
}

/* The instruction is two bytes long; it is a fault, so RIP is at it. */
static void on_service(int number, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *rip = (const uint8_t *)r[REG_RIP];

	(void)info;
	if (number != SIGSEGV || rip[0] != 0xcd || rip[1] != JOB_INT) {
		fprintf(stderr, "job_runner: signal %d, rip %p\n", number, rip);
		_exit(2);
	}
	if ((uint32_t)r[REG_RAX] == JOB_SERVICE_EXIT)
		siglongjmp(ended, 1 + (int)r[REG_RDI]);
	if ((uint32_t)r[REG_RAX] == JOB_SERVICE_FS)
		job_fs = (unsigned long)r[REG_RDI];
	r[REG_RIP] += 2;
}

/* Nothing of the C library before the first, or behind the second. */
__attribute__((optimize("no-stack-protector"))) static void on_fault(
	int number, siginfo_t *info, void *context)
{
	set_fs(own_fs);
	on_service(number, info, context);
	if (job_fs)
		set_fs(job_fs);
}

static void hear_faults(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	const stack_t stack = {.ss_sp = signal_stack,
			       .ss_size = sizeof(signal_stack)};
	struct sigaction action = {.sa_sigaction = on_fault,
				   .sa_flags = SA_SIGINFO | SA_ONSTACK};

	if (sigaltstack(&stack, NULL))
		fail("sigaltstack");
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (sigaction(faults[i], &action, NULL))
			fail("sigaction");
}

static uint8_t *map(uintptr_t va, size_t bytes)
{
	void *want = (void *)va;
	uint8_t *p =
		mmap(want, bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != want)
		fail("mmap");
	memset(p, OTHER, bytes);
	return p;
}

static struct job_header read_header(FILE *f)
{
	struct job_header h;

	if (fread(&h, sizeof(h), 1, f) != 1 || h.magic != JOB_MAGIC)
		fail("no job");
	rewind(f);
	return h;
}

/* sidecar/kernel/view.c: file, zeroed, guard, stack, services */
static struct job_services *load(FILE *f, const struct job_header *h)
{
	uint8_t *p = map(JOB_VA, h->memory_bytes);
	uintptr_t stack = JOB_VA + h->memory_bytes + PAGE;
	struct job_services *s;

	if (!fread(p, 1, h->memory_bytes, f) || getc(f) != EOF)
		fail("the file is longer than its memory");
	memset(p + h->size_bytes, 0, h->memory_bytes - h->size_bytes);
	if (mprotect(p, h->text_bytes, PROT_READ | PROT_EXEC))
		fail("mprotect");
	map(stack, h->stack_bytes + PAGE);
	s = (struct job_services *)(stack + h->stack_bytes);
	memset(s, 0, sizeof(*s));
	s->abi_version = JOB_VERSION;
	s->nr_services = JOB_NR_SERVICES;
	return s;
}

static void enter(uintptr_t entry, struct job_services *s)
{
	__asm__ volatile("mov %[s], %%rsp\n\tjmp *%[entry]"
			 :
			 : [s] "r"(s), "D"(s), [entry] "r"(entry)
			 : "memory");
	__builtin_unreachable();
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	struct job_services *s;
	struct job_header h;
	int status;

	if (!f)
		fail(argc == 2 ? argv[1] : "Usage: job_runner FILE");
	h = read_header(f);
	s = load(f, &h);
	fclose(f);
	syscall(SYS_arch_prctl, ARCH_GET_FS, &own_fs);
	hear_faults();
	status = sigsetjmp(ended, 1);
	if (!status)
		enter(JOB_VA + h.entry, s);
	printf("ret");
	for (int i = 0; i < 8; i++)
		printf(" %" PRIu64, s->ret[i]);
	printf("\n");
	return status - 1;
}
