/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the sidecar kernel of one vCPU on pages that anybody may
 * have written. Its node lies at the kernel's own addresses; the window follows
 * its page table entry as it would on a CPU. The input is the commands, the
 * files of jobs, the page tables, and what clients and jobs do meanwhile.
 * Instructions on registers (registers.c, access.c) are the fuzzer's.
 */
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpu.h"
#include "fuzz_input.h"
#include "fuzz_kernel.h"
#include "kernel.h"
#include "view_pages.h"
#include "xen.h"

#define SLOT	    2u
#define INDEX	    1u /* of its pages */
#define VCPU_ID	    7u
#define PAGES_VA    (LAYOUT_VCPU_VA + INDEX * LAYOUT_VCPU_STRIDE)
#define WINDOW	    (LAYOUT_WINDOW_VA + INDEX * PAGE)
#define MAX_ROUNDS  8u
#define MAX_POLLS   64u /* of a wait; then the job is to stop */
#define XEN_LEAF    0x40000100u
#define LIFE	    SIDECAR_LIFE(3, 77)
#define MAX_WINDOWS 20000u /* for all commands of an execution */
/* view_pages_slice() + view_pages_shared() */
#define VIEW_PAGES (2 + 1 + 2 + 1 + 1 + 2 * 2)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

const struct layout_node layout_node = {
	.scratch_pa = SCRATCH_PA,
	.scratch_bytes = SCRATCH_SIZE,
	.tsc_khz = 1000,
	.views_pa = CARVE_PA + VIEWS_OFF,
	.view_bytes = VIEW_PAGES * PAGE,
	.nr_areas = 2,
	.features = LAYOUT_HAS_VMCALL,
	.xen_leaf = XEN_LEAF,
	.slot = {[SLOT] = {VCPU_ID, INDEX, 0}},
	.area = {{SHARED_PA, SHARED_SIZE, 0, 0}, {OTHER_PA, OTHER_SIZE, 1, 1}},
};
#define VIEW_PA (CARVE_PA + VIEWS_OFF + INDEX * VIEW_PAGES * PAGE)
__asm__(".pushsection .rodata\n\t.globl fixups_start, fixups_end\n"
	"fixups_start:\n\t.long 0x100, 0x200\nfixups_end:\n\t.popsection");

static struct input in;
static int memory_fd;
static uint8_t *carve; /* all of it, for the fuzzer */
static bool dirty[CARVE_SIZE / PAGE];
static jmp_buf done;
static uint64_t cr3, tsc, in_window, slice_pa, slice_bytes;
static uint32_t nr_rounds, nr_windows, nr_polls;
static bool meddled; /* the text may be anybody's */
/* What RUN names; all shared memory once somebody has written over it. */
static struct sidecar_range range[NR_RANGES];
static const struct sidecar_range all_shared[NR_RANGES] = {
	{SHARED_PA, SHARED_SIZE}, {OTHER_PA, OTHER_SIZE}};

static struct sidecar_control *const control =
	(struct sidecar_control *)LAYOUT_CONTROL_VA;
static struct sidecar_command *const command =
	(struct sidecar_command *)(PAGES_VA + LAYOUT_COMMAND_OFF);
static struct state *const state =
	(struct state *)(PAGES_VA + LAYOUT_STATE_OFF);
/* On the vCPU's stack: a trap finds the vCPU by its address. */
static struct frame *const frame =
	(struct frame *)(PAGES_VA + LAYOUT_STACK_OFF + PAGE / 2);

/* ---- Registers ---------------------------------------------------------- */

uint64_t rdtsc(void)
{
	return ++tsc;
}

void wrmsr(uint32_t msr, uint64_t v)
{
	check((msr == MSR_FS_BASE || msr == MSR_GS_BASE) && !v);
}

uint64_t read_cr2(void)
{
	return tsc;
}

uint64_t read_cr3(void)
{
	return cr3;
}

void write_cr3(uint64_t v)
{
	cr3 = v;
}

uint64_t read_cr4(void)
{
	return CR4_OSXSAVE;
}

uint64_t xgetbv(uint32_t index)
{
	check(!index);
	return XCR0_AVX | XCR0_AVX512;
}

void avx512_zero(void)
{
}

void vzeroall(void)
{
}

void zero_bytes(void *p, uint64_t n)
{
	memset(p, 0, n);
}

void registers_set(struct vcpu *v)
{
	check(v->slot == SLOT && v->index == INDEX);
	v->state->slot = v->slot;
}

uint32_t access_get(struct vcpu *v)
{
	error_hex(v, "register ", v->command->arg[0]);
	return SIDECAR_RESULT_FAULT;
}

uint32_t access_set(struct vcpu *v)
{
	return access_get(v);
}

void job_exit(void)
{
}

/* ---- Memory ------------------------------------------------------------- */

static void map_page(uint64_t va, uint64_t off)
{
	void *p = mmap((void *)va, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, memory_fd, (off_t)off);

	check(p == (void *)va);
	dirty[off / PAGE] = true;
}

/* A client may change what the kernel is just looking at, but the tables. */
static void meddle(void)
{
	uint8_t b = input_back(&in);
	uint8_t *p = (uint8_t *)command;

	switch (b % 16) {
	case 1:
		control->status[SLOT] = input_back(&in);
		break;
	case 2:
		b = input_back(&in);
		p[b] = input_back(&in);
		break;
	case 5:
		p += offsetof(struct sidecar_command, range);
		p[input_back(&in) % sizeof(range)] = input_back(&in);
		memcpy(range, all_shared, sizeof(range));
		break;
	case 3:
		p += offsetof(struct sidecar_command, error_len);
		p[b >> 6] = input_back(&in);
		meddled = true;
		break;
	case 4:
		b = input_back(&in) % sizeof(struct job_header);
		carve[slice_pa - CARVE_PA + b] = input_back(&in);
		break;
	default:
		break;
	}
}

/* The first page of a slice that is looked at is its file's. */
void invlpg(uint64_t va)
{
	const uint64_t *pt =
		(const uint64_t *)(LAYOUT_TABLES_VA + LAYOUT_PT * PAGE);
	uint64_t pa = pt[WINDOW / PAGE] & PTE_PA;

	check(va == WINDOW && ++nr_windows < MAX_WINDOWS);
	check(pt[WINDOW / PAGE] == (pa | PTE_P | PTE_W | PTE_NX));
	if (!slice_pa) {
		slice_pa = pa;
		slice_bytes = command->arg[1];
		check(slice_bytes &&
		      within(slice_pa, slice_bytes, SCRATCH_PA, SCRATCH_SIZE));
	}
	check(within(pa, PAGE, slice_pa, slice_bytes) ||
	      within(pa, PAGE, VIEW_PA, VIEW_PAGES * PAGE));
	if (pa != in_window)
		map_page(WINDOW, pa - CARVE_PA);
	in_window = pa;
	meddle();
}

/* ---- Xen ---------------------------------------------------------------- */

struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	check(!subleaf && (leaf == XEN_LEAF + 3 || leaf == XEN_LEAF + 4));
	return leaf == XEN_LEAF + 3 ? (struct cpuid){.edx = 3}
				    : (struct cpuid){.ecx = 77};
}

long vmmcall(uint64_t nr, uint64_t a1, uint64_t a2)
{
	(void)nr;
	(void)a1;
	(void)a2;
	check(false); /* this is another CPU */
	return 0;
}

/* Events go to the port that a client named in this life, and to no other. */
long vmcall(uint64_t nr, uint64_t op, uint64_t arg)
{
	if (nr == __HYPERVISOR_hvm_op) {
		check(op == HVMOP_get_time && state->job.services);
		((struct xen_hvm_get_time *)arg)->now = tsc;
		return input_back(&in) % 16 == 1 ? -1 : 0;
	}
	check(nr == __HYPERVISOR_event_channel_op && op == EVTCHNOP_send);
	check(((struct evtchn_send *)arg)->port ==
	      SIDECAR_EVENT_PORT(command->event));
	check(SIDECAR_EVENT_LIFE(command->event) == LIFE);
	return 0;
}

/* On its own stack; wherever the vCPU was in the kernel. */
static void nmi_in_kernel(void)
{
	struct frame *f = (struct frame *)(state->nmi_stack +
					   LAYOUT_NMI_STACK_END - sizeof(*f));

	memset(f, 0, sizeof(*f));
	f->vector = 2;
	f->cs = SELECTOR_CODE;
	f->rip = (uintptr_t)job_poll + input_back(&in);
	kernel_trap(f);
}

/* What blocks a vCPU ends: by a ring, an NMI, its time, or any event. */
long job_poll(const struct sched_poll *poll, const bool *woken,
	      const volatile uint8_t *rung, uint32_t is_vmmcall)
{
	check(!is_vmmcall && poll->nr_ports <= 1 && state->job.services);
	check(woken == &state->job.woken && rung == &command->rung);
	if (*woken || *rung)
		return 0;
	tsc += input_back(&in) * 1000u;
	meddle();
	/* nobody waits for ever */
	if (nr_polls++ >= MAX_POLLS || !in.left)
		control->status[SLOT] = SIDECAR_STOP;
	nmi_in_kernel();
	return input_back(&in) % 16 == 1 ? -22 : 0;
}

void job_poll_end(void)
{
}

/* ---- A job -------------------------------------------------------------- */

static void trap(uint64_t vector, uint64_t cs)
{
	memset(frame, 0, sizeof(*frame));
	frame->vector = vector;
	frame->cs = cs;
	frame->error = input_back(&in);
	frame->rax = input_back(&in) % 4;
	frame->rdi = input_back(&in) % 4;
	frame->rip = input_back(&in) * 0x10u;
	kernel_trap(frame);
}

static void change_services(struct job_services *s)
{
	uint32_t off = input_back(&in) | (uint32_t)input_back(&in) << 8;

	((uint8_t *)s)[off % PAGE] = input_back(&in);
	s->log_bytes = input_back(&in) * 257u;
}

/* It does what it may until something ends it; at last it exits. */
void job_enter(uint64_t rip, uint64_t rsp, uint64_t services_va,
	       struct tss *tss)
{
	check(tss == &state->tss && rsp == services_va);
	fuzz_check_view(
		&(struct fuzz_view){
			.carve = carve,
			.cr3 = cr3,
			.slice_pa = slice_pa,
			.slice_bytes = slice_bytes,
			.views_pa = VIEW_PA,
			.views_bytes = VIEW_PAGES * PAGE,
			.services_pa = in_window,
			.range = range,
			.nr_ranges = NR_RANGES,
		},
		rip, services_va);
	while (state->job.services) {
		uint8_t b = input_back(&in);

		switch (in.left ? b % 8 : 0) {
		case 0:
			memset(frame, 0, sizeof(*frame));
			frame->vector = JOB_INT;
			frame->cs = SELECTOR_USER_CODE;
			kernel_trap(frame);
			break;
		case 1:
			trap(b >> 3, SELECTOR_USER_CODE);
			break;
		case 2:
			trap(2, SELECTOR_CODE);
			break;
		case 3:
			change_services(state->job.services);
			break;
		case 4:
			meddle();
			break;
		default:
			trap(b & 128 ? 2 : JOB_INT, SELECTOR_USER_CODE);
			break;
		}
	}
	check(frame->rip == (uint64_t)(uintptr_t)job_exit &&
	      frame->cs == SELECTOR_CODE);
}

/* ---- Commands ----------------------------------------------------------- */

/* The tables that are there are enough for every slice that is not refused. */
static void check_tables_suffice(void)
{
	static const char text[] = "too few page tables";
	char error[sizeof(command->error)];

	memcpy(error, command->error, sizeof(error));
	for (uint32_t i = 0; i + sizeof(text) < command->error_len; i++)
		check(memcmp(error + i, text, sizeof(text) - 1));
}

static void check_answer(void)
{
	if (!meddled)
		check_tables_suffice();
	check(command->error_len <= sizeof(command->error) || meddled);
	for (uint32_t i = 0; i < command->error_len && !meddled; i++)
		check(command->error[i] >= ' ' && command->error[i] <= '~');
}

/* A job whose header is good where the input does not say otherwise. */
static void put_job(uint64_t offset)
{
	uint64_t pages = input_number(&in, 1) % 16;
	struct job_header h = {
		.magic = JOB_MAGIC,
		.version = JOB_VERSION,
		.size_bytes = PAGE + (uint32_t)input_number(&in, 2),
		.text_bytes = PAGE,
		.memory_bytes = (uint32_t)(17 + pages) * PAGE,
		.stack_bytes = PAGE * (1 + input_front(&in) % 4u),
		.entry = sizeof(h),
		.flags = pages & 1,
	};
	uint8_t off = input_front(&in) % sizeof(h);

	input_copy(&in, (uint8_t *)&h + off, sizeof(h) - off);
	if (!within(offset, PAGE, 0, SCRATCH_SIZE))
		return;
	memcpy(carve + SCRATCH_OFF + offset, &h, sizeof(h));
	dirty[(SCRATCH_OFF + offset) / PAGE] = true;
}

/* One of a node where the input does not say otherwise. */
static void put_ranges(void)
{
	uint8_t b = input_front(&in);

	memcpy(range, all_shared, sizeof(range));
	for (uint32_t i = 0; i < NR_RANGES && b & 4; i++) {
		uint64_t end = range[i % 2].pa + range[i % 2].bytes;

		range[i].pa = range[i % 2].pa + input_number(&in, 1) * PAGE;
		range[i].bytes = input_number(&in, 1) * PAGE;
		if (range[i].pa + range[i].bytes > end && b & 8)
			range[i].bytes = end - range[i].pa;
	}
	if (b & 16)
		input_copy(&in, (uint8_t *)range, sizeof(range));
	memcpy(command->range, range, sizeof(range));
	command->nr_ranges = b & 32 ? (uint32_t)input_number(&in, 4) : b & 3u;
}

static void put_run(void)
{
	uint8_t b = input_front(&in);
	uint64_t offset = input_front(&in) * (uint64_t)PAGE * (b & 3);
	uint64_t bytes = input_number(&in, 1) * PAGE * (1u + (b >> 5));

	if (b & 4)
		bytes = SCRATCH_SIZE - offset;
	if (b & 8)
		offset = input_number(&in, 8);
	if (b & 16)
		bytes = input_number(&in, 8);
	put_job(offset);
	put_ranges();
	b = input_front(&in);
	command->event = SIDECAR_EVENT(b >> 1, b & 1 ? LIFE : LIFE + 1);
	command->command = SIDECAR_COMMAND_RUN;
	command->arg[0] = offset;
	command->arg[1] = bytes;
}

static void put_command(void)
{
	uint8_t b = input_front(&in);
	uint32_t off;

	meddled = false;
	memcpy(range, all_shared, sizeof(range));
	control->status[SLOT] = SIDECAR_RUN;
	if (b & 1) {
		put_run();
		return;
	}
	command->command = b >> 5;
	command->arg[0] = input_number(&in, b & 2 ? 8 : 3);
	command->arg[1] = input_number(&in, 1);
	if (b & 4)
		control->status[SLOT] = input_front(&in);
	if (b & 8) {
		off = (uint32_t)input_number(&in, 2) % (4 * PAGE);
		input_copy(&in, carve + TABLES_OFF + off, 4 * PAGE - off);
	}
	if (b & 16) {
		off = (uint32_t)input_number(&in, 2) % PAGE;
		input_copy(&in, (uint8_t *)command + off, PAGE - off);
	}
	b = control->status[SLOT];
	meddled = b != SIDECAR_RUN && b != SIDECAR_STOP;
}

/* Where the vCPU goes DOWN, and is woken: by a client or by an NMI. */
void cpu_halt(void)
{
	if (control->status[SLOT] == SIDECAR_REMOVED || !in.left ||
	    nr_rounds++ == MAX_ROUNDS)
		longjmp(done, 1);
	check(!state->job.services && cr3 == TABLES_PA);
	check_answer();
	slice_pa = 0;
	put_command();
	if (input_back(&in) % 16 == 1)
		trap(input_back(&in), SELECTOR_CODE);
}

/* ---- One execution ------------------------------------------------------ */

static uint64_t *table(uint32_t i)
{
	return (uint64_t *)(carve + TABLES_OFF + i * PAGE);
}

static void reset(void)
{
	for (uint32_t i = 0; i < CARVE_SIZE / PAGE; i++)
		if (dirty[i])
			memset(carve + i * PAGE, 0, PAGE);
	memset(dirty + SCRATCH_OFF / PAGE, 0, SCRATCH_SIZE / PAGE);
	for (uint32_t i = 0; i < LAYOUT_PT; i++)
		table(i)[0] = (TABLES_PA + (i + 1) * PAGE) | PTE_P | PTE_W;
	for (uint32_t i = 0; i < LAYOUT_NR_TABLES; i++)
		table(LAYOUT_PT)[LAYOUT_TABLES_VA / PAGE + i] =
			(TABLES_PA + i * PAGE) | PTE_P | PTE_W | PTE_NX;
	cr3 = TABLES_PA;
	check(VIEW_PAGES ==
	      view_pages_slice(SCRATCH_SIZE) +
		      view_pages_shared(SHARED_SIZE + OTHER_SIZE, 2));
	slice_pa = in_window = tsc = 0;
	nr_rounds = nr_windows = nr_polls = 0;
	meddled = false;
	control->status[SLOT] = SIDECAR_RUN;
}

/* As sidecar/start_node_pages.c maps them; what is not there is not mapped. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	void *low = (void *)LAYOUT_CONTROL_VA;
	uint64_t pages = PAGES_OFF + INDEX * LAYOUT_VCPU_PAGES * PAGE;

	(void)argc;
	(void)argv;
	memory_fd = memfd_create("carve", 0);
	check(memory_fd >= 0 && !ftruncate(memory_fd, CARVE_SIZE));
	carve = mmap(NULL, CARVE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		     memory_fd, 0);
	check(carve != MAP_FAILED);
	check(mmap(low, PAGE_2M - LAYOUT_CONTROL_VA, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		   0) == low);
	map_page(LAYOUT_CONTROL_VA, 0);
	for (uint32_t i = 0; i < LAYOUT_NR_TABLES; i++)
		map_page(LAYOUT_TABLES_VA + i * PAGE, TABLES_OFF + i * PAGE);
	map_page(PAGES_VA + LAYOUT_COMMAND_OFF,
		 pages + LAYOUT_COMMAND_PAGE * PAGE);
	map_page(PAGES_VA + LAYOUT_STACK_OFF, pages + LAYOUT_STACK_PAGE * PAGE);
	map_page(PAGES_VA + LAYOUT_STATE_OFF, pages + LAYOUT_STATE_PAGE * PAGE);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in = (struct input){data, size};
	reset();
	if (!setjmp(done))
		kernel_main(SLOT, PAGES_VA);
	return 0;
}
