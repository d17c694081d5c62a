/* SPDX-License-Identifier: MIT */
/*
 * How a job calls the kernel and how it ends: its interrupt, its exceptions,
 * and the NMI for STOP. Runs on the job's page tables, which map the kernel as
 * the node's own do. The window shows the job's services while the job runs.
 */
#include "barrier.h"
#include "cpu.h"
#include "kernel.h"

#define VECTOR_PF  14
#define NR_NAMES   22
#define RFLAGS_SET 2u /* the bit that is always set */

/* SDM volume 3 table 6-1 */
static const char names[NR_NAMES][4] = {
	"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM",
	"#DF", "",    "#TS", "#NP", "#SS", "#GP", "#PF", "",
	"#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
};

/* Overwrites the oldest bytes if the client does not read. */
static void job_copy_log(struct vcpu *v)
{
	struct sidecar_command *c = v->command;
	struct job_services *s = v->state->job.services;
	uint32_t n = s->log_bytes, head = c->log_head;

	if (!n)
		return;
	if (n > JOB_LOG_BYTES)
		n = JOB_LOG_BYTES;
	/* tells a concurrent reader what is being overwritten */
	store_before(&c->log_writing, head + n);
	for (uint32_t i = 0; i < n; i++)
		c->log[head++ % SIDECAR_LOG_SIZE] = s->log[i];
	store_release(&c->log_head, head);
	s->log_bytes = 0;
	event_send(event_read(v));
}

/*
 * The trap goes back to job_run(), not to the job; what it has put and not
 * logged yet is the last that is heard of it.
 */
static void job_end(struct vcpu *v, struct frame *f, uint32_t result)
{
	job_copy_log(v);
	v->state->job.result = result;
	store_release(&v->state->job.services, 0);
	f->rip = (uint64_t)(uintptr_t)job_exit;
	f->cs = SELECTOR_CODE;
	f->rflags = RFLAGS_SET;
	f->rsp = v->state->tss.rsp[0];
	f->ss = SELECTOR_DATA;
}

static void job_end_stopped(struct vcpu *v, struct frame *f)
{
	error_append(v, "job: stopped");
	job_end(v, f, SIDECAR_RESULT_STOPPED);
}

void job_stop(struct vcpu *v)
{
	v->state->job.stop_tsc = rdtsc();
	store_release(&v->state->job.stopping, true);
	v->state->job.services->stop = 1;
	v->command->job_state = SIDECAR_JOB_STOPPING;
}

/* The vCPU is about to be blocked: it goes on behind that. */
static void leave_poll(struct frame *f)
{
	if (f->cs == SELECTOR_CODE && f->rip >= (uintptr_t)job_poll &&
	    f->rip < (uintptr_t)job_poll_end) {
		f->rip = (uintptr_t)job_poll_end;
		f->rax = 0;
	}
}

void job_nmi(struct vcpu *v, struct frame *f)
{
	struct job_now *now = &v->state->job;

	store_release(&now->woken, true);
	leave_poll(f);
	if (!now->services || load_acquire(v->status) == SIDECAR_RUN)
		return;
	if (!now->stopping) {
		job_stop(v);
		return;
	}
	/* the job has its time, however many NMIs are sent */
	if ((int64_t)(rdtsc() - now->stop_tsc) <
	    (int64_t)(JOB_GRACE_MS * layout_node.tsc_khz))
		return;
	/* a trap in the kernel is noticed on the way out, or by the next NMI */
	now->end = true;
	if (f->cs & SELECTOR_RPL)
		job_end_stopped(v, f);
}

static void job_exited(struct vcpu *v, struct frame *f)
{
	uint32_t status = (uint32_t)f->rdi;

	if (!status) {
		job_end(v, f, SIDECAR_RESULT_OK);
		return;
	}
	error_hex(v, "job: exit status ", status);
	job_end(v, f, SIDECAR_RESULT_JOB);
}

static void job_service(struct vcpu *v, struct frame *f)
{
	switch ((uint32_t)f->rax) {
	case JOB_SERVICE_EXIT:
		job_exited(v, f);
		return;
	case JOB_SERVICE_LOG:
		job_copy_log(v);
		break;
	case JOB_SERVICE_NOTIFY:
		event_send(event_read(v));
		break;
	case JOB_SERVICE_FS:
		/* any other address would be an exception here */
		if (f->rdi < LAYOUT_USER_END)
			wrmsr(MSR_FS_BASE, f->rdi);
		break;
	case JOB_SERVICE_WAIT:
		f->rax = job_wait(v, f->rdi);
		break;
	default:
		error_hex(v, "job: no such service: ", (uint32_t)f->rax);
		job_end(v, f, SIDECAR_RESULT_JOB_DIED);
		return;
	}
	if (v->state->job.end)
		job_end_stopped(v, f);
}

_Static_assert(offsetof(struct sidecar_fault, r15) + sizeof(struct frame) ==
		       sizeof(struct sidecar_fault),
	       "a frame");

static void job_keep_registers(struct vcpu *v, const struct frame *f)
{
	struct sidecar_fault *to = &v->command->fault;

	for (uint32_t i = 0; i < sizeof(*f) / 8; i++)
		(&to->r15)[i] = (&f->r15)[i];
	to->cr2 = read_cr2();
	to->job = v->command->nr_jobs;
}

static void job_died(struct vcpu *v, struct frame *f)
{
	v->command->nr_faults++;
	job_keep_registers(v, f);
	error_hex(v, "job: exception ", f->vector);
	if (f->vector < NR_NAMES) {
		error_append(v, " ");
		error_append(v, names[f->vector]);
	}
	error_hex(v, " error ", f->error);
	error_hex(v, " rip ", f->rip);
	if (f->vector == VECTOR_PF)
		error_hex(v, " address ", read_cr2());
	job_end(v, f, SIDECAR_RESULT_JOB_DIED);
}

void job_trap(struct vcpu *v, struct frame *f)
{
	if (f->vector == JOB_INT)
		job_service(v, f);
	else
		job_died(v, f);
}
