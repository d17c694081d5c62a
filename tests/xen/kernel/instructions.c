/* SPDX-License-Identifier: MIT */
/*
 * A job whose code is made of every encoding of an instruction (encodings.c),
 * with registers that point anywhere. It may go on, end by itself or die of an
 * exception that has a name; one that does neither in time is stopped. The vCPU
 * must answer and run a clean job then, and nothing but the job's own memory
 * may change.
 */
#include "abi/job.h"
#include "abi/layout.h"
#include "barrier.h"
#include "cpu.h"
#include "kernel.h"

#define PAGE		4096u
#define SLICE		(16 * PAGE)
#define SLICE_OFFSET	SLICE /* there is scratch before it and behind it */
#define SHARED		SIDECAR_SHARED_ALIGN /* what the job gets of it */
#define JOB_MS		20u
#define CHECK_EVERY	64u
#define SAY_EVERY	4096u
#define NR_AT_ONCE	16u
#define NR_VECTORS	32u
#define UD2		0x0b0f
#define CPUID_0_ECX_AMD 0x444d4163u /* the end of AuthenticAMD */

/* DE DB BP OF BR UD NM TS NP SS GP PF MF AC XM: SDM volume 3 table 6-1 */
#define VECTORS_OF_JOBS 0xb7cfbu
/* What POPF can set, but for TF. */
#define RFLAGS_ANY 0x244cd5ull
#define RFLAGS_TF  0x100ull
/* What ring 3 never has here: IF, IOPL, VM. */
#define RFLAGS_NEVER 0x23200ull

/* What instructions-job.S loads. */
struct start {
	uint64_t mxcsr, fcw, fs_base, rip, rflags, rsp, regs[15];
};
_Static_assert(sizeof(struct start) == 168, "start");

extern const uint8_t instructions_job[], instructions_start[],
	instructions_code[];

static struct instructions {
	struct client victim, witness;
	uint8_t control[PAGE]; /* as it was */
	uint64_t others, views;
	uint64_t seed, n; /* number of the job's first encoding */
	/* of the job, offsets in its file; how many */
	uint32_t begin[NR_AT_ONCE], nr;
	bool steps, is_amd;
	/* how the jobs ended */
	uint32_t nr_jobs, nr_odd, nr_exits, nr_services, nr_stopped,
		nr_restarted;
	uint32_t nr_trapped[NR_VECTORS];
} t;

/* ---- The job ------------------------------------------------------------- */

/* Somewhere near what a job may have, or also what it must not have. */
static uint64_t pick_address(bool own)
{
	static const uint64_t near[] = {
		JOB_VA + PAGE,
		JOB_VA + 3 * PAGE,
		JOB_VA + 4 * PAGE,
		JOB_VA + 5 * PAGE,
		JOB_VA + SLICE - PAGE,
		LAYOUT_SHARED_VA,
		LAYOUT_SHARED_VA + SHARED - PAGE,
		/* its text, the kernel's, nobody's */
		JOB_VA,
		LAYOUT_CONTROL_VA,
		LAYOUT_IMAGE_VA,
		LAYOUT_TABLES_VA,
		LAYOUT_TABLES_VA + LAYOUT_PT * PAGE,
		LAYOUT_VCPU_VA + LAYOUT_COMMAND_OFF,
		LAYOUT_VCPU_VA + LAYOUT_STATE_OFF,
		LAYOUT_WINDOW_VA,
		LAYOUT_USER_END,
	};

	return near[pick(own ? 7 : 16)] + pick(PAGE + 64);
}

static uint64_t pick_value(bool own)
{
	switch (pick(own ? 16 : 8)) {
	case 0:
		return pick(64);
	case 1:
		return 0 - (uint64_t)pick(64);
	case 2:
		return pick_any();
	default:
		return pick_address(own);
	}
}

static void put_start(struct start *s)
{
	bool own = pick(2);

	/* exceptions of SSE and x87 masked, or any of them not */
	s->mxcsr = 0x1f80 & ~(pick(2) ? 0 : pick_any());
	s->fcw = 0x37f & ~(pick(2) ? 0 : pick_any() & 0x3f);
	s->fs_base = pick_value(own);
	for (uint32_t i = 0; i < 15; i++)
		s->regs[i] = pick_value(own);
	t.steps = !pick(4);
	s->rip = JOB_VA + t.begin[0];
	s->rflags = (pick(2) ? 0 : pick_any() & RFLAGS_ANY) |
		    (t.steps ? RFLAGS_TF : 0);
	s->rsp = pick_value(own);
}

/* Some end with the page, behind which nothing can be run. */
static uint32_t pick_begin(uint32_t bytes)
{
	uint32_t begin = (uint32_t)(instructions_code - instructions_job);

	return pick(8) ? begin : PAGE - 1 - pick(bytes < 64 ? bytes : 64);
}

static void put_code(uint8_t *file, uint64_t end)
{
	uint8_t code[NR_AT_ONCE * 16] = {0}, *p = code;
	uint32_t at, bytes;

	for (t.nr = 0; t.nr < NR_AT_ONCE && t.n + t.nr < end; t.nr++) {
		pick_from(t.seed + t.n + t.nr);
		t.begin[t.nr] = (uint32_t)(p - code);
		p = encoding_put(p, t.n + t.nr);
	}
	bytes = (uint32_t)(p - code);
	if (t.is_amd)
		encodings_spare_qemu(code, bytes);
	at = pick_begin(bytes);
	if (bytes > PAGE - at)
		bytes = PAGE - at;
	__builtin_memcpy(file + at, code, bytes);
	for (uint32_t i = 0; i < t.nr; i++)
		t.begin[i] += at;
}

static void load_job(struct client *c, uint64_t end)
{
	static uint8_t file[PAGE] __attribute__((aligned(16)));
	uint16_t *ud2 = (uint16_t *)file;

	for (uint32_t i = 0; i < PAGE / sizeof(*ud2); i++)
		ud2[i] = UD2;
	__builtin_memcpy(file, instructions_job,
			 (uintptr_t)instructions_code -
				 (uintptr_t)instructions_job);
	put_code(file, end);
	put_start((void *)(file + (instructions_start - instructions_job)));
	__builtin_memcpy(c->scratch + SLICE_OFFSET, file, PAGE);
	__builtin_memset(c->command->arg, 0, sizeof(c->command->arg));
	c->command->arg[0] = SLICE_OFFSET;
	c->command->arg[1] = SLICE;
	c->command->nr_ranges = 1;
	c->command->range[0] = (struct sidecar_range){
		c->control->carve_pa + c->control->shared_offset, SHARED};
}

/* False: the vCPU is lost. */
static bool run_job(struct client *c)
{
	c->command->command = SIDECAR_COMMAND_RUN;
	store_release(c->status, SIDECAR_RUN);
	if (client_wait_ms(c, SIDECAR_RUN, JOB_MS))
		return true;
	if (pick(2)) {
		t.nr_restarted++;
		return client_restart(c);
	}
	client_stop(c);
	return *c->status == SIDECAR_IDLE;
}

/* ---- What must be as it was ---------------------------------------------- */

static uint64_t sum_between(uint64_t from, uint64_t to, uint64_t sum)
{
	return sum_of((const uint8_t *)t.victim.control + from, to - from, sum);
}

/* All of the carve but what is the vCPU's and its job's. */
static uint64_t sum_of_others(void)
{
	const struct sidecar_control *k = t.victim.control;
	uint64_t view = k->views_size / k->nr_parked;
	uint64_t index = k->slot[t.victim.slot].pages;
	uint64_t pages = k->vcpu_offset + index * k->vcpu_stride;
	uint64_t views = k->views_offset + index * view;
	uint64_t slice = k->scratch_offset + SLICE_OFFSET, sum;

	sum = sum_of_tables(&t.victim, sum_between(0, k->tables_offset, 0));
	sum = sum_between(k->vcpu_offset, pages, sum);
	sum = sum_between(pages + k->vcpu_stride, views, sum);
	sum = sum_between(views + view, slice, sum);
	sum = sum_between(slice + SLICE, k->shared_offset, sum);
	return sum_between(k->shared_offset + SHARED, k->carve_size, sum);
}

/* The job's own tables: each job has the same ones. */
static uint64_t sum_of_view(void)
{
	const struct sidecar_control *k = t.victim.control;
	uint64_t view = k->views_size / k->nr_parked;
	uint64_t index = k->slot[t.victim.slot].pages;

	return sum_of_entries((const void *)((const uint8_t *)k +
					     k->views_offset + index * view),
			      view / sizeof(uint64_t), 0);
}

static void check(bool good, const char *what)
{
	const uint8_t *p = t.victim.scratch + SLICE_OFFSET + t.begin[0];

	if (good)
		return;
	t.nr_odd++;
	say("instructions.odd.%lu=%s, state %u result %u%s, %lx %lx", t.n, what,
	    *t.victim.status, t.victim.command->result, client_error(&t.victim),
	    *(const uint64_t *)p, *(const uint64_t *)(p + 8));
}

static void check_others(void)
{
	check(sum_of_others() == t.others, "memory that is not the job's");
	check(client_run(&t.witness, SIDECAR_COMMAND_PING) &&
		      !t.witness.command->result && client_settle(&t.witness),
	      "the witness");
	t.others = sum_of_others();
}

static bool is_idle(const struct client *c)
{
	return *c->status == SIDECAR_IDLE;
}

static void check_next(struct client *c)
{
	check(client_run(c, SIDECAR_COMMAND_PING) && is_idle(c) &&
		      !c->command->result,
	      "the next ping");
	check(jobs_run_clean(c, SLICE_OFFSET), "the next job");
}

/* ---- How it ended -------------------------------------------------------- */

static bool says(const struct client *c, const char *what, size_t bytes)
{
	return c->command->error_len > bytes &&
	       !__builtin_memcmp(c->command->error, what, bytes);
}

#define SAYS(c, what) says(c, what, sizeof(what) - 1)

static void check_died(const struct client *c)
{
	const struct sidecar_fault *f = &c->command->fault;

	if (f->job != c->command->nr_jobs) {
		t.nr_services++;
		check(SAYS(c, "job: no such service: "), "how it died");
		return;
	}
	check(f->vector < NR_VECTORS && VECTORS_OF_JOBS >> f->vector & 1 &&
		      SAYS(c, "job: exception "),
	      "the exception");
	check((f->cs & 3) == 3 && !(f->rflags & RFLAGS_NEVER), "its ring");
	t.nr_trapped[f->vector % NR_VECTORS]++;
}

static void check_end(const struct client *c)
{
	switch (c->command->result) {
	case SIDECAR_RESULT_OK:
		/* of one that was started anew there is nothing to see */
		t.nr_exits += c->command->job_state == SIDECAR_JOB_ENDED;
		break;
	case SIDECAR_RESULT_JOB:
		t.nr_exits++;
		break;
	case SIDECAR_RESULT_STOPPED:
		t.nr_stopped++;
		break;
	case SIDECAR_RESULT_JOB_DIED:
		check_died(c);
		break;
	default:
		check(false, "the end");
	}
}

/* How many encodings it came to. */
static uint32_t nr_begun(const struct client *c)
{
	const struct sidecar_fault *f = &c->command->fault;
	uint32_t nr = 1;

	if (t.steps || f->job != c->command->nr_jobs)
		return 1;
	while (nr < t.nr && f->rip < JOB_VA + PAGE &&
	       f->rip >= JOB_VA + t.begin[nr])
		nr++;
	return nr;
}

/* ---- A round ------------------------------------------------------------- */

/* False: the vCPU is lost. */
static bool instructions_round(struct client *c, uint64_t end)
{
	uint32_t nr;

	load_job(c, end);
	if (!run_job(c)) {
		check(false, "the vCPU after it");
		return false;
	}
	check_end(c);
	if (!t.nr_jobs)
		t.views = sum_of_view();
	check(sum_of_view() == t.views, "the job's page tables");
	check(!__builtin_memcmp(c->control, t.control, PAGE), "control page");
	nr = nr_begun(c);
	check_next(c);
	if (t.nr_jobs++ % CHECK_EVERY == 0)
		check_others();
	t.n += nr;
	return true;
}

static void report(uint64_t first)
{
	say("instructions.tried=%lu", t.n - first);
	say("instructions.jobs=%u", t.nr_jobs);
	say("instructions.odd=%u", t.nr_odd);
	for (uint32_t i = 0; i < NR_VECTORS; i++)
		if (t.nr_trapped[i])
			say("instructions.trapped.%u=%u", i, t.nr_trapped[i]);
	say("instructions.exits=%u", t.nr_exits);
	say("instructions.services=%u", t.nr_services);
	say("instructions.stopped=%u", t.nr_stopped);
	say("instructions.restarted=%u", t.nr_restarted);
}

void instructions_as_jobs(uint64_t first, uint64_t nr, uint64_t seed)
{
	uint64_t said = 0;

	if (!client_open(&t.victim, 0, 1) || !client_open(&t.witness, 0, 2) ||
	    t.victim.control->shared_size < 2 * SHARED ||
	    t.victim.control->scratch_size < 3 * SLICE) {
		say("instructions=not the guest of the case jobs-instructions");
		return;
	}
	wrmsr(MSR_APIC_BASE,
	      rdmsr(MSR_APIC_BASE) | APIC_BASE_EN | APIC_BASE_EXTD);
	t.seed = pick_seed("instructions", seed);
	t.n = first;
	t.is_amd = cpuid(0, 0).ecx == CPUID_0_ECX_AMD;
	check_next(&t.victim);
	__builtin_memcpy(t.control, t.victim.control, PAGE);
	t.others = sum_of_others();
	check_others();
	while (t.n < first + nr && !t.nr_odd &&
	       instructions_round(&t.victim, first + nr))
		if (t.n / SAY_EVERY != said) {
			said = t.n / SAY_EVERY;
			say("instructions.at=%lu", t.n);
		}
	check_others();
	report(first);
}
