/* SPDX-License-Identifier: MIT */
/*
 * Jobs of libsidecar on fake vCPUs: starting, wakes that are lost, a new start,
 * the log.
 */
#include <unistd.h>

#include "run_job.h"
#include "slices.h"

/* ---- Starting ----------------------------------------------------------- */

static void runs_to_its_end(void **state)
{
	const struct sidecar_command *c = command(ID);

	(void)state;
	fake_log(ID, "of an older job", 15);
	begin();
	assert_int_equal(*status(ID), SIDECAR_RUN);
	assert_int_equal(c->command, SIDECAR_COMMAND_RUN);
	assert_int_equal(c->arg[0], 0);
	assert_int_equal(c->arg[1], sidecar_vcpu_job_bytes(cpu(CPU)));
	assert_int_equal(c->arg[2], 41);
	assert_int_equal(c->arg[5], 4);
	assert_int_equal(c->arg[6], 1);
	assert_memory_equal(scratch(ID), file, sizeof(file));
	assert_int_equal(begin_on(CPU), SIDECAR_E_JOB);
	assert_int_equal(poll_for(20), SIDECAR_OK);
	assert_false(p.ended);
	assert_int_equal(hw.nr_up, 1);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_int_equal(answer.ret[0], 42);
	assert_false(answer.restarted);
	assert_true(answer.elapsed_ns > 0);
	assert_int_equal(nr_logged, 0);
	assert_int_equal(hw.nr_sent, 0);
	assert_int_equal(poll_once(), SIDECAR_E_JOB);
	assert_int_equal(begin_on(CPU), SIDECAR_OK);
}

/* The second of its node has the second share of scratch. */
static void has_its_own_slice(void **state)
{
	uint64_t bytes;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	bytes = sidecar_vcpu_job_bytes(cpu(CPU));
	assert_int_equal(bytes, SCRATCH / 3 / 4096 * 4096);
	assert_int_equal(begin_on(CPU + 1), SIDECAR_OK);
	assert_int_equal(command(ID + 1)->arg[0], bytes);
	assert_memory_equal(scratch(ID) + bytes, file, sizeof(file));
	assert_int_equal(sidecar_vcpu_job_bytes(cpu(0)), 0);
}

/* Large shares are whole large pages, where a job's memory can have them. */
static void sizes_of_slices(void **state)
{
	(void)state;
	scar.n[1].carve_size = 0xd00000;
	put_scar(sizeof(scar));
	control(1)->carve_size = 0xd00000;
	control(1)->scratch_size = 0xc00000;
	control(1)->scratch_offset = 0x100000;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_job_bytes(cpu(5)), 0x400000);
	control(1)->scratch_size = 3 * 0x3ff000;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_job_bytes(cpu(5)), 0x200000);
	control(1)->scratch_size = 3 * 0x1ff000 + 0x2000;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_job_bytes(cpu(5)), 0x1ff000);
	control(1)->scratch_size = 0;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_job_bytes(cpu(5)), 0);
	assert_int_equal(begin_on(5), SIDECAR_E_JOB);
}

/* The kernel takes no larger one; they do not meet all the same. */
static void largest_slices(void **state)
{
	const uint64_t most = SIDECAR_SLICE_MAX;

	(void)state;
	scar.n[1].carve_size = 4 * most;
	put_scar(sizeof(scar));
	control(1)->carve_size = 4 * most;
	control(1)->scratch_offset = 0x100000;
	control(1)->scratch_size = 3 * (most + 0x200000);
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_true(sidecar_vcpu_job_bytes(cpu(5)) == most);
	assert_int_equal(begin_on(5), SIDECAR_OK);
	assert_true(command(5)->arg[0] == 0);
	assert_true(command(5)->arg[1] == most);
	control(1)->scratch_size = 3 * most - 4096;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_true(sidecar_vcpu_job_bytes(cpu(5)) == most - 0x200000);
}

/* Which shares a slice reaches into, also where they have 4 GiB and more. */
static void shares_of_a_slice(void **state)
{
	const uint64_t gib = 1ull << 30;

	(void)state;
	assert_int_equal(slices_to(4096, 0), 0);
	assert_int_equal(slices_to(4096, 1), 1);
	assert_int_equal(slices_to(4096, 4096), 1);
	assert_int_equal(slices_to(4096, 4097), 2);
	assert_int_equal(slices_to(4 * gib, 4 * gib), 1);
	assert_int_equal(slices_to(4 * gib, 4 * gib + 1), 2);
	assert_int_equal(slices_to(5 * gib, 15 * gib), 3);
	assert_int_equal(slices_to(256 * gib, 256 * gib * 31), 31);
}

/* Scratch need not begin where a large page does; large slices do. */
static void slices_are_aligned(void **state)
{
	(void)state;
	scar.n[1].carve_size = 0x700000;
	put_scar(sizeof(scar));
	control(1)->carve_size = 0x700000;
	control(1)->scratch_offset = 0xf0000;
	control(1)->scratch_size = 0x610000;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_job_bytes(cpu(5)), 0x200000);
	assert_int_equal(begin_on(5), SIDECAR_OK);
	assert_int_equal(command(5)->arg[0], 0x10000);
	assert_int_equal(begin_on(6), SIDECAR_OK);
	assert_int_equal(command(6)->arg[0], 0x210000);
	fake_job_end(5, SIDECAR_RESULT_OK);
	fake_job_end(6, SIDECAR_RESULT_OK);
	/* three of that size do not fit behind what is before the first */
	control(1)->scratch_size = 0x60f000;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_job_bytes(cpu(7)), 0x205000);
	assert_int_equal(begin_on(7), SIDECAR_OK);
	assert_int_equal(command(7)->arg[0], 2 * 0x205000);
}

/* ---- Shared memory ------------------------------------------------------ */

#define SHARED_OFF 0x300000u /* of node 1, in its carve */
#define SHARED_SZ  0x200000u

static void give_shared(void)
{
	scar.n[1].carve_size = SHARED_OFF + SHARED_SZ;
	put_scar(sizeof(scar));
	control(1)->carve_size = SHARED_OFF + SHARED_SZ;
	control(1)->shared_offset = SHARED_OFF;
	control(1)->shared_size = SHARED_SZ;
	assert_int_equal(open_again(), SIDECAR_OK);
}

static void shared_is_mapped(void **state)
{
	uint8_t *at, *again;
	size_t bytes;

	(void)state;
	give_shared();
	assert_int_equal(sidecar_node_shared_bytes(sidecar_get_node(s, 0)), 0);
	assert_int_equal(sidecar_node_shared_bytes(sidecar_get_node(s, 1)),
			 SHARED_SZ);
	assert_int_equal(sidecar_shared(s, 1, (void **)&at, &bytes),
			 SIDECAR_OK);
	assert_int_equal(bytes, SHARED_SZ);
	at[0] = 1;
	at[bytes - 1] = 2;
	assert_int_equal(mem[CARVE(1) + SHARED_OFF], 1);
	assert_int_equal(mem[CARVE(1) + SHARED_OFF + SHARED_SZ - 1], 2);
	assert_int_equal(sidecar_shared(s, 1, (void **)&again, NULL),
			 SIDECAR_OK);
	assert_ptr_equal(at, again);
	assert_int_equal(sidecar_shared(s, 0, (void **)&at, &bytes),
			 SIDECAR_E_ARGUMENT);
	assert_null(at);
	assert_int_equal(bytes, 0);
	assert_non_null(strstr(detail_of(s), "sidecar.shared="));
	assert_int_equal(sidecar_shared(s, 2, NULL, NULL), SIDECAR_E_ARGUMENT);
}

/* ---- The doorbell ------------------------------------------------------- */

static void rings(void **state)
{
	struct sidecar_command *c = command(ID);

	(void)state;
	c->rung = 1; /* of an older job */
	c->event = 77;
	begin();
	assert_int_equal(c->rung, 0);
	assert_int_equal(c->event, 0);
	assert_int_equal(poll_for(20), SIDECAR_OK);
	/* a hot job: the byte alone */
	assert_int_equal(sidecar_job_ring(cpu(CPU)), SIDECAR_OK);
	assert_int_equal(c->rung, 1);
	assert_int_equal(hw.nr_nmi, 0);
	/* one that waits: an NMI, with Linux held off */
	c->waits = 1;
	assert_int_equal(sidecar_job_ring(cpu(CPU)), SIDECAR_OK);
	assert_int_equal(hw.nr_nmi, 1);
	/* it is told to end: NMIs are for that then */
	*status(ID) = SIDECAR_STOP;
	assert_int_equal(sidecar_job_ring(cpu(CPU)), SIDECAR_OK);
	assert_int_equal(hw.nr_nmi, 1);
	*status(ID) = SIDECAR_RUN;
	/* INIT has ended it, `waits` is left */
	c->job_state = SIDECAR_JOB_NONE;
	assert_int_equal(sidecar_job_ring(cpu(CPU)), SIDECAR_OK);
	c->job_state = SIDECAR_JOB_RUNNING;
	/* DOWN: Linux had it, and gave it up */
	hw.up[ID] = false;
	assert_int_equal(sidecar_job_ring(cpu(CPU)), SIDECAR_OK);
	hw.up[ID] = true;
	assert_int_equal(hw.nr_nmi, 1);
	/* Linux has it */
	put_cpu(CPU, "online", "1\n");
	assert_int_equal(sidecar_job_ring(cpu(CPU)), SIDECAR_E_LINUX);
	assert_int_equal(hw.nr_nmi, 1);
	put_cpu(CPU, "online", "0\n");
	assert_int_equal(sidecar_job_ring(cpu(0)), SIDECAR_E_CPU);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
}

static uint32_t opens_of_start_and_ring(uint32_t *of_ring)
{
	uint32_t of_start;
	int watch;

	put_text("softirqs", "CPU2\nTIMER: 7\n");
	watch = watch_opens("softirqs");
	begin();
	of_start = nr_opens(watch);
	assert_int_equal(poll_for(20), SIDECAR_OK);
	nr_opens(watch);
	command(ID)->waits = 1;
	assert_int_equal(sidecar_job_ring(cpu(CPU)), SIDECAR_OK);
	*of_ring = nr_opens(watch);
	close(watch);
	unlink(in_tree("softirqs"));
	command(ID)->waits = 0;
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	return of_start;
}

/* Linux's count takes it long: only where nobody can ask Xen, and no ring. */
static void counts_where_needed(void **state)
{
	uint32_t of_ring, sent;

	(void)state;
	assert_int_equal(opens_of_start_and_ring(&of_ring), 0);
	assert_int_equal(of_ring, 0);
	assert_int_equal(hw.nr_nmi, 1);
	sent = hw.nr_sent;
	waker = (struct wake_calls){.icr = waker.icr};
	assert_int_equal(opens_of_start_and_ring(&of_ring), 1);
	assert_int_equal(of_ring, 0);
	/* a wake and the ring */
	assert_int_equal(hw.nr_sent - sent, 2);
}

/* A job gets that of its own node, and of the others if its file says so. */
static void ranges_are_named(void **state)
{
	static const struct job_header all = {.flags = JOB_FLAG_ALL_SHARED};
	struct sidecar_job job = {
		.size = sizeof(job), .file = &all, .file_bytes = sizeof(all)};

	(void)state;
	give_shared();
	assert_int_equal(begin_on(2), SIDECAR_OK);
	assert_int_equal(command(1)->nr_ranges, 0);
	assert_int_equal(begin_on(5), SIDECAR_OK);
	assert_int_equal(command(5)->nr_ranges, 1);
	assert_int_equal(command(5)->range[0].pa, CARVE(1) + SHARED_OFF);
	assert_int_equal(command(5)->range[0].bytes, SHARED_SZ);
	assert_int_equal(sidecar_job_start(cpu(3), &job), SIDECAR_OK);
	assert_int_equal(command(2)->nr_ranges, 1);
	assert_int_equal(command(2)->range[0].pa, CARVE(1) + SHARED_OFF);
}

static void refused_by_the_client(void **state)
{
	static const uint8_t large[SCRATCH];
	struct sidecar_job job = {.size = sizeof(job),
				  .file = large,
				  .file_bytes = sizeof(large)};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_job_start(cpu(CPU), &job), SIDECAR_E_JOB);
	job.file_bytes = 0;
	assert_int_equal(sidecar_job_start(cpu(CPU), &job), SIDECAR_E_JOB);
	assert_int_equal(begin_on(0), SIDECAR_E_CPU);
	put_cpu(CPU, "online", "1\n");
	assert_int_equal(begin_on(CPU), SIDECAR_E_LINUX);
	put_cpu(CPU, "online", "0\n");
	*status(ID) = SIDECAR_REMOVED;
	assert_int_equal(begin_on(CPU), SIDECAR_E_REMOVED);
	*status(ID) = 0x55;
	assert_int_equal(begin_on(CPU), SIDECAR_E_STATE);
	assert_int_equal(hw.nr_up + hw.nr_sent, 0);
	*status(ID) = SIDECAR_IDLE;
	assert_int_equal(begin_on(CPU), SIDECAR_OK);
}

static void refused_by_the_vcpu(void **state)
{
	(void)state;
	hw.job = FAKE_JOB_REFUSED;
	begin();
	assert_int_equal(poll_to_end(), SIDECAR_E_COMMAND);
	assert_true(p.ended);
	assert_int_equal(answer.result, SIDECAR_RESULT_REFUSED);
	assert_string_equal(answer.error, "RUN: no");
}

static void wakes_until_it_is_seen(void **state)
{
	(void)state;
	hw.lost = 3;
	begin();
	assert_int_equal(poll_for(40), SIDECAR_OK);
	assert_int_equal(hw.nr_up, 4);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	assert_int_equal(hw.nr_sent, 0);
}

static void restarts_once(void **state)
{
	(void)state;
	timeout_ms = TIMEOUT_MS;
	hw.deaf[ID] = true;
	begin();
	assert_int_equal(poll_for(3 * TIMEOUT_MS), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 2);
	assert_true(hw.sent[0] == (UINT64_C(2) << 32 | 0x4500));
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	assert_int_equal(command(ID)->arg[2], 41);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_true(answer.restarted);
	/* it starts again, but does not hear a wake even then */
	hw.deaf[ID] = hw.dead[ID] = true;
	begin();
	assert_int_equal(poll_to_end(), SIDECAR_E_TIMEOUT);
	assert_false(p.ended);
	assert_int_equal(*status(ID), SIDECAR_REMOVED);
}

/* Linux had it: that is seen by the next wakes, or by Linux's count. */
static void restarts_soon(void **state)
{
	(void)state;
	hw.deaf[ID] = true;
	begin();
	assert_int_equal(poll_for(50), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 2);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_true(answer.restarted);
	put_text("softirqs", "CPU2\nHI: 9999\n");
	waker = (struct wake_calls){.icr = waker.icr};
	hw.deaf[ID] = true;
	begin();
	assert_int_equal(poll_for(50), SIDECAR_OK);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_true(answer.restarted);
	unlink(in_tree("softirqs"));
}

static void cannot_restart_without_msr(void **state)
{
	(void)state;
	timeout_ms = TIMEOUT_MS;
	waker.icr = NULL;
	hw.deaf[ID] = true;
	begin();
	assert_int_equal(poll_to_end(), SIDECAR_E_TIMEOUT);
	/* should it hear yet */
	assert_int_equal(*status(ID), SIDECAR_STOP);
	/* nor wake it: nothing is begun */
	hw.deaf[ID] = false;
	waker.up = NULL;
	*status(ID) = SIDECAR_IDLE;
	memset(scratch(ID), 0x77, sizeof(file));
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(begin_on(CPU), SIDECAR_E_WAY);
	assert_int_equal(*status(ID), SIDECAR_IDLE);
	assert_int_equal(*scratch(ID), 0x77);
	/* what is there does not do it */
	both_ways();
	hw.error = -1;
	begin();
	assert_int_equal(poll_to_end(), SIDECAR_E_WAY);
	assert_int_equal(*status(ID), SIDECAR_IDLE);
}

/* No wake is sent while another client holds it; nobody runs it later. */
static void given_up_before_a_wake(void **state)
{
	int held;

	(void)state;
	timeout_ms = TIMEOUT_MS;
	waker.up = NULL;
	waker.is_up = NULL;
	begin();
	held = fake_hold(ID);
	assert_int_equal(poll_to_end(), SIDECAR_E_BUSY);
	assert_int_equal(*status(ID), SIDECAR_STOP);
	close(held);
}

/* After a restore Xen knows nothing of it: VCPUOP_up is -EINVAL. */
static void restored(void **state)
{
	(void)state;
	hw.error = -22;
	begin();
	assert_int_equal(poll_once(), SIDECAR_OK);
	hw.error = 0;
	assert_int_equal(poll_for(20), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 2);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	hw.error = -1;
	assert_int_equal(begin_on(CPU + 1), SIDECAR_OK);
	assert_int_equal(sidecar_job_poll(cpu(CPU + 1), &p, &answer),
			 SIDECAR_E_WAY);
}

/* Closed before the vCPU has heard of it, it runs all the same. */
static void runs_on_without_its_client(void **state)
{
	(void)state;
	hw.lost = 2;
	begin();
	sidecar_close(s);
	s = NULL;
	assert_int_equal(hw.nr_up, 3);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
	assert_int_equal(*status(ID), SIDECAR_RUN);
	/* one that does not hear has a deadline, too */
	*status(ID) = SIDECAR_IDLE;
	hw.up[ID] = false;
	hw.deaf[ID] = true;
	timeout_ms = TIMEOUT_MS;
	begin();
	sidecar_close(s);
	s = NULL;
	assert_int_equal(*status(ID), SIDECAR_STOP);
	assert_int_equal(hw.nr_sent, 0);
}

/* Its client was killed before it sent a wake. */
static void runs_late_without_its_client(void **state)
{
	(void)state;
	timeout_ms = TIMEOUT_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	command(ID)->command = SIDECAR_COMMAND_RUN;
	*status(ID) = SIDECAR_RUN;
	assert_int_equal(ping_cpu(CPU), SIDECAR_E_BUSY);
	assert_int_equal(hw.nr_sent, 0);
	assert_int_equal(command(ID)->job_state, SIDECAR_JOB_RUNNING);
}

static void leaves_it_to_another_client(void **state)
{
	const struct sidecar_job job = {.size = sizeof(job),
					.file = file,
					.file_bytes = sizeof(file),
					.if_free = true};
	struct sidecar *other;

	(void)state;
	begin_seen();
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(sidecar_job_start(cpu_of(other, CPU), &job),
			 SIDECAR_E_BUSY);
	assert_string_equal(
		detail_of(other),
		"CPU 2 (vCPU 1, APIC id 2): another client still uses it after 0 ms: stop its job, or wait longer");
	assert_int_equal(sidecar_job_start(cpu_of(other, CPU + 1), &job),
			 SIDECAR_OK);
	sidecar_close(other);
}

/* ---- The log ------------------------------------------------------------ */

static void log_in_pieces(void **state)
{
	char text[1500];

	(void)state;
	command(ID)->log_head = command(ID)->log_tail =
		command(ID)->log_writing = 0xfffffe00;
	begin_seen();
	for (uint32_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (uint32_t turn = 0; turn < 3; turn++) {
		fake_log(ID, text, sizeof(text));
		assert_int_equal(poll_once(), SIDECAR_OK);
		assert_int_equal(p.log_bytes, sizeof(text));
		assert_memory_equal(p.log, text, sizeof(text));
	}
	fake_log(ID, "end", 3);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(poll_to_end(), SIDECAR_OK);
	assert_memory_equal(p.log, "end", 3);
	assert_int_equal(nr_lost, 0);
}

static void log_overrun(void **state)
{
	char text[SIDECAR_LOG_SIZE + 100];

	(void)state;
	memset(text, 'x', 100);
	memset(text + 100, 'y', SIDECAR_LOG_SIZE);
	begin_seen();
	fake_log(ID, text, sizeof(text));
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(p.log_lost, 100);
	assert_int_equal(p.log_bytes, SIDECAR_LOG_SIZE);
	assert_memory_equal(p.log, text + 100, SIDECAR_LOG_SIZE);
	/* the vCPU is in the middle of a write over the oldest 50 */
	fake_log(ID, text + 100, SIDECAR_LOG_SIZE);
	command(ID)->log_writing += 50;
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(p.log_lost, 50);
	assert_int_equal(p.log_bytes, SIDECAR_LOG_SIZE - 50);
}

/* Whatever is there, no more than the ring is read. */
static void log_hostile(void **state)
{
	static const uint32_t n[] = {0,		 1,	     2047,
				     2048,	 2049,	     0x7fffffff,
				     0x80000000, 0x80000800, 0xffffffff,
				     0xfffff7ff, 0xfffff800};
	const size_t nr = sizeof(n) / sizeof(n[0]);
	struct sidecar_command *c = command(ID);

	(void)state;
	begin_seen();
	for (size_t i = 0; i < nr * nr * nr; i++) {
		c->log_head = n[i % nr];
		c->log_tail = n[i / nr % nr];
		c->log_writing = n[i / nr / nr];
		assert_int_equal(poll_once(), SIDECAR_OK);
		assert_int_equal(c->log_tail, c->log_head);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(runs_to_its_end),
		CASE(has_its_own_slice),
		CASE(sizes_of_slices),
		CASE(largest_slices),
		CASE(shares_of_a_slice),
		CASE(slices_are_aligned),
		CASE(shared_is_mapped),
		CASE(ranges_are_named),
		CASE(rings),
		CASE(counts_where_needed),
		CASE(refused_by_the_client),
		CASE(refused_by_the_vcpu),
		CASE(wakes_until_it_is_seen),
		CASE(restarts_once),
		CASE(restarts_soon),
		CASE(cannot_restart_without_msr),
		CASE(given_up_before_a_wake),
		CASE(restored),
		CASE(runs_on_without_its_client),
		CASE(runs_late_without_its_client),
		CASE(leaves_it_to_another_client),
		CASE(log_in_pieces),
		CASE(log_overrun),
		CASE(log_hostile),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
