/* SPDX-License-Identifier: MIT */
/*
 * Gangs and slices of libsidecar on fake vCPUs: what the ranks are given, who
 * rings them, how they end together; and sidecarctl run --gang, --memory.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "abi/job.h"
#include "ctl_says.h"

#define SHARED_OFF 0x300000u /* of node 1, in its carve */
#define SHARED_SZ  0x200000u
#define LONG_MS	   10000u
#define BYTES	   0x60000u /* of scratch: three shares */
#define SHARE	   0x20000u

static const char file[] = "a job's file";
static struct sidecar_answer answer = {.size = sizeof(answer)};

static void give_shared(uint32_t bytes)
{
	scar.n[1].carve_size = SHARED_OFF + SHARED_SZ;
	control(1)->carve_size = SHARED_OFF + SHARED_SZ;
	control(1)->shared_offset = SHARED_OFF;
	control(1)->shared_size = bytes;
	put_scar(sizeof(scar));
	assert_int_equal(open_again(), SIDECAR_OK);
}

static int setup(void **state)
{
	put_text("the.job", file);
	fake_setup(state);
	timeout_ms = LONG_MS;
	scar.n[0].carve_size = control(0)->carve_size = SCRATCH + BYTES;
	control(0)->scratch_size = BYTES;
	control(1)->scratch_size = BYTES;
	give_shared(SHARED_SZ);
	return 0;
}

static int teardown(void **state)
{
	forget();
	for (uint32_t i = 0; i < NR; i++)
		if (hw.up[i] && *status(i) != SIDECAR_REMOVED)
			fake_job_end(i, 0);
	return fake_teardown(state);
}

static struct sidecar_job the_job(void)
{
	return (struct sidecar_job){.size = sizeof(struct sidecar_job),
				    .file = file,
				    .file_bytes = sizeof(file),
				    .arg = {41}};
}

/* vCPUs 1, 2 of node 0, 5 of node 1; by Linux's numbers */
static const uint32_t members[] = {2, 3, 5};
static const uint32_t ids[] = {1, 2, 5};
#define RANKS 3u

static enum sidecar_error start_gang(const struct sidecar_job *job)
{
	struct sidecar_vcpu *v[RANKS];

	for (uint32_t i = 0; i < RANKS; i++)
		v[i] = cpu(members[i]);
	return sidecar_gang_start(v, RANKS, job);
}

static struct job_gang *page(void)
{
	return (struct job_gang *)(mem + CARVE(1) + SHARED_OFF + SHARED_SZ -
				   4096);
}

static struct job_io *io_of(uint32_t id)
{
	return (struct job_io *)(scratch(id) + command(id)->arg[0] +
				 command(id)->arg[1] - JOB_IO_BYTES);
}

static enum sidecar_error poll_rank(uint32_t i)
{
	struct sidecar_progress p = {.size = sizeof(p)};
	enum sidecar_error e = sidecar_job_poll(cpu(members[i]), &p, &answer);

	return e ? e : p.ended ? SIDECAR_OK : SIDECAR_E_BUSY;
}

/* All have seen the job. */
static void begin(void)
{
	struct sidecar_job job = the_job();

	hw.job = FAKE_JOB_RUNS;
	assert_int_equal(start_gang(&job), SIDECAR_OK);
	for (uint32_t k = 0; k < 3; k++)
		for (uint32_t i = 0; i < RANKS; i++)
			assert_int_equal(poll_rank(i), SIDECAR_E_BUSY);
	for (uint32_t i = 0; i < RANKS; i++)
		assert_true(sidecar_job_has_begun(cpu(members[i])));
}

/* ---- What the ranks are given ------------------------------------------- */

static void ranks(void **state)
{
	struct sidecar_job job = the_job();
	uint32_t id;

	(void)state;
	memset(page(), 0x55, 4096);
	assert_int_equal(start_gang(&job), SIDECAR_OK);
	id = io_of(1)->gang_id;
	assert_true(id);
	assert_int_equal(hw.nr_up, 0); /* nobody was woken yet */
	assert_true(page()->state == JOB_GANG_STATE(id, 0, 0));
	assert_int_equal(page()->over, 0);
	assert_int_equal(page()->nr_asleep, 0);
	for (uint32_t i = 0; i < RANKS; i++) {
		const struct job_io *io = io_of(ids[i]);
		const struct sidecar_command *page_of = command(ids[i]);

		assert_int_equal(*status(ids[i]), SIDECAR_RUN);
		assert_int_equal(page_of->arg[6], JOB_RUN_IO);
		assert_int_equal(page_of->arg[2], 41);
		assert_int_equal(io->magic, JOB_IO_MAGIC);
		assert_int_equal(io->rank, i);
		assert_int_equal(io->nr_ranks, RANKS);
		assert_int_equal(io->gang_id, id);
		assert_int_equal(io->gang_node, 1);
		assert_int_equal(io->gang_offset, SHARED_SZ - 4096);
		/* that of another node too, as a rank is there */
		assert_int_equal(page_of->nr_ranges, 1);
		assert_int_equal(page_of->range[0].pa, CARVE(1) + SHARED_OFF);
		assert_int_equal(page_of->range[0].bytes, SHARED_SZ);
		assert_int_equal(page()->asleep[i], 0);
	}
}

/* The page is the one of the first rank that has shared memory. */
static void its_own_page(void **state)
{
	struct sidecar_job job = the_job();
	struct sidecar_vcpu *v[] = {cpu(7), cpu(6)};

	(void)state;
	assert_int_equal(sidecar_gang_start(v, 2, &job), SIDECAR_OK);
	assert_int_equal(io_of(7)->gang_offset, SHARED_SZ - 3 * 4096);
	assert_int_equal(io_of(7)->rank, 0);
	assert_int_equal(io_of(6)->rank, 1);
	assert_int_equal(io_of(6)->gang_offset, SHARED_SZ - 3 * 4096);
}

static void another_id_each_time(void **state)
{
	uint32_t id;

	(void)state;
	begin();
	id = io_of(1)->gang_id;
	for (uint32_t i = 0; i < RANKS; i++) {
		fake_job_end(ids[i], SIDECAR_RESULT_OK);
		assert_int_equal(poll_rank(i), SIDECAR_OK);
	}
	begin();
	assert_int_not_equal(io_of(1)->gang_id, id);
	assert_int_equal(JOB_GANG_ID(page()->state), io_of(1)->gang_id);
}

/* ---- All or none -------------------------------------------------------- */

static void none_is_started(uint32_t nr_up)
{
	for (uint32_t i = 0; i < RANKS; i++) {
		assert_int_equal(*status(ids[i]), SIDECAR_IDLE);
		assert_int_equal(ping_cpu(members[i]), SIDECAR_OK);
	}
	assert_int_equal(hw.nr_up, nr_up + RANKS);
}

static void one_is_busy(void **state)
{
	struct sidecar_job job = the_job();
	struct sidecar *other;

	(void)state;
	timeout_ms = TIMEOUT_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(open_other(&other), SIDECAR_OK);
	hw.job = FAKE_JOB_RUNS;
	assert_int_equal(sidecar_job_start(cpu_of(other, 5), &job), SIDECAR_OK);
	assert_int_equal(start_gang(&job), SIDECAR_E_BUSY);
	assert_non_null(strstr(detail_of(s), "CPU 5 "));
	sidecar_close(other);
	fake_job_end(5, SIDECAR_RESULT_OK);
	none_is_started(hw.nr_up);
}

/* Found out when two of them have the job already. */
static void one_is_not_there(void **state)
{
	struct sidecar_job job = the_job();

	(void)state;
	hw.job = FAKE_JOB_RUNS;
	*status(5) = SIDECAR_REMOVED;
	assert_int_equal(start_gang(&job), SIDECAR_E_REMOVED);
	assert_non_null(strstr(detail_of(s), "CPU 5 "));
	*status(5) = SIDECAR_IDLE;
	none_is_started(hw.nr_up);
}

static void no_shared_memory(void **state)
{
	struct sidecar_job job = the_job();

	(void)state;
	give_shared(0);
	assert_int_equal(start_gang(&job), SIDECAR_E_JOB);
	assert_non_null(strstr(detail_of(s), "sidecar.shared="));
	none_is_started(0);
}

static void gangs_that_are_none(void **state)
{
	struct sidecar_job job = the_job();
	struct sidecar_vcpu *twice[] = {cpu(2), cpu(3), cpu(2)};
	struct sidecar_vcpu *base[] = {cpu(2), cpu(0)};

	(void)state;
	assert_int_equal(sidecar_gang_start(twice, 0, &job),
			 SIDECAR_E_ARGUMENT);
	assert_int_equal(sidecar_gang_start(twice, JOB_MAX_RANKS + 1, &job),
			 SIDECAR_E_ARGUMENT);
	assert_int_equal(sidecar_gang_start(twice, 3, &job),
			 SIDECAR_E_ARGUMENT);
	assert_int_equal(sidecar_gang_start(base, 2, &job), SIDECAR_E_CPU);
	job.memory_bytes = BYTES + 1;
	assert_int_equal(start_gang(&job), SIDECAR_E_JOB);
	none_is_started(0);
}

/* ---- Its end ------------------------------------------------------------ */

static void one_dies(void **state)
{
	(void)state;
	begin();
	fake_job_end(2, SIDECAR_RESULT_JOB_DIED);
	assert_int_equal(poll_rank(0), SIDECAR_E_BUSY);
	assert_int_equal(page()->over, 0);
	assert_int_equal(poll_rank(1), SIDECAR_E_COMMAND);
	assert_string_equal(answer.error, "job: ended");
	assert_int_equal(page()->over, io_of(1)->gang_id);
	assert_int_equal(*status(1), SIDECAR_STOP);
	assert_int_equal(*status(5), SIDECAR_STOP);
	/* one by the NMI, one by itself */
	fake_job_end(1, SIDECAR_RESULT_STOPPED);
	assert_int_equal(poll_rank(0), SIDECAR_E_COMMAND);
	assert_string_equal(
		answer.error,
		"job: ended, as rank 1 (vCPU 2 = CPU 3): job: ended");
	assert_non_null(strstr(detail_of(s), "as rank 1 (vCPU 2 = CPU 3)"));
	fake_job_end(5, SIDECAR_RESULT_OK);
	assert_int_equal(poll_rank(2), SIDECAR_OK);
	assert_string_equal(answer.error, "");
	/* all of it is given back */
	begin();
}

static void linux_takes_one(void **state)
{
	(void)state;
	begin();
	put_cpu(3, "online", "1\n");
	while (poll_rank(1) == SIDECAR_E_BUSY)
		sidecar_wait(s, 10);
	assert_int_equal(*status(1), SIDECAR_STOP);
	fake_job_end(1, SIDECAR_RESULT_STOPPED);
	assert_int_equal(poll_rank(0), SIDECAR_E_COMMAND);
	assert_non_null(strstr(answer.error, "as rank 1 (vCPU 2 = CPU 3): "));
	assert_non_null(strstr(answer.error, "Linux has it online"));
	put_cpu(3, "online", "0\n");
}

/* The others may go on, but wait for it no more. */
static void one_is_done(void **state)
{
	(void)state;
	begin();
	command(1)->waits = 1;
	page()->asleep[0] = JOB_GANG_ASLEEP(0u);
	assert_int_equal(poll_rank(0), SIDECAR_E_BUSY);
	assert_int_equal(hw.nr_nmi, 0);
	fake_job_end(5, SIDECAR_RESULT_OK);
	assert_int_equal(poll_rank(2), SIDECAR_OK);
	assert_int_equal(page()->over, io_of(1)->gang_id);
	assert_int_equal(*status(1), SIDECAR_RUN);
	assert_int_equal(poll_rank(0), SIDECAR_E_BUSY);
	assert_int_equal(hw.nr_nmi, 1);
	assert_int_equal(command(1)->rung, 1);
}

/* ---- Sleepers ----------------------------------------------------------- */

static void sleepers_are_rung(void **state)
{
	uint32_t id;

	(void)state;
	begin();
	id = io_of(1)->gang_id;
	command(1)->waits = command(2)->waits = 1;
	page()->asleep[0] = page()->asleep[1] = JOB_GANG_ASLEEP(0u);
	/* the barrier has not ended */
	page()->state = JOB_GANG_STATE(id, 0, 2);
	assert_int_equal(poll_rank(0), SIDECAR_E_BUSY);
	assert_int_equal(command(1)->rung, 0);
	page()->state = JOB_GANG_STATE(id, 1, 0);
	page()->asleep[1] = JOB_GANG_ASLEEP(1u);
	assert_int_equal(poll_rank(2), SIDECAR_E_BUSY);
	assert_int_equal(command(1)->rung, 1);
	assert_int_equal(command(2)->rung, 0);
	assert_int_equal(hw.nr_nmi, 1);
	/* once */
	assert_int_equal(poll_rank(0), SIDECAR_E_BUSY);
	assert_int_equal(hw.nr_nmi, 1);
	/* whatever is there, it is only rung */
	memset(page(), 0xa5, 4096);
	assert_int_equal(poll_rank(1), SIDECAR_E_BUSY);
	for (uint32_t i = 0; i < RANKS; i++)
		assert_int_equal(*status(ids[i]), SIDECAR_RUN);
}

/* The jobs go on without it. */
static void client_leaves(void **state)
{
	struct sidecar_job job = the_job();

	(void)state;
	begin();
	sidecar_close(s);
	s = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(page()->over, 0);
	timeout_ms = TIMEOUT_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(start_gang(&job), SIDECAR_E_BUSY);
	for (uint32_t i = 0; i < RANKS; i++)
		fake_job_end(ids[i], SIDECAR_RESULT_OK);
	assert_int_equal(start_gang(&job), SIDECAR_OK);
}

static enum sidecar_error start_two(struct sidecar *h)
{
	struct sidecar_job job = the_job();
	struct sidecar_vcpu *v[] = {cpu_of(h, 5), cpu_of(h, 6)};

	return sidecar_gang_start(v, 2, &job);
}

/* Ranks that come late to the end of a barrier find the page as it was. */
static void late_ranks_have_the_page(void **state)
{
	struct sidecar *other;
	uint32_t id;

	(void)state;
	begin();
	id = io_of(1)->gang_id;
	fake_job_end(5, SIDECAR_RESULT_OK);
	assert_int_equal(poll_rank(2), SIDECAR_OK);
	timeout_ms = TIMEOUT_MS;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(start_two(other), SIDECAR_E_BUSY);
	assert_int_equal(JOB_GANG_ID(page()->state), id);
	fake_job_end(1, SIDECAR_RESULT_OK);
	assert_int_equal(poll_rank(0), SIDECAR_OK);
	assert_int_equal(start_two(other), SIDECAR_E_BUSY);
	fake_job_end(2, SIDECAR_RESULT_OK);
	assert_int_equal(poll_rank(1), SIDECAR_OK);
	assert_int_equal(start_two(other), SIDECAR_OK);
	assert_int_not_equal(JOB_GANG_ID(page()->state), id);
	sidecar_close(other);
}

/* But not for ever. */
static void late_ranks_have_a_deadline(void **state)
{
	struct sidecar *other;

	(void)state;
	begin();
	sidecar_set_timeout(s, TIMEOUT_MS);
	fake_job_end(5, SIDECAR_RESULT_OK);
	assert_int_equal(poll_rank(2), SIDECAR_OK);
	timeout_ms = 1;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(start_two(other), SIDECAR_E_BUSY);
	usleep(2 * TIMEOUT_MS * 1000);
	assert_int_equal(start_two(other), SIDECAR_E_BUSY);
	assert_int_equal(poll_rank(0), SIDECAR_E_BUSY);
	sidecar_set_timeout(other, LONG_MS);
	assert_int_equal(start_two(other), SIDECAR_OK);
	sidecar_close(other);
}

/* ---- Slices ------------------------------------------------------------- */

static enum sidecar_error start_on(struct sidecar *h, uint32_t linux_cpu,
				   uint64_t bytes)
{
	struct sidecar_job job = the_job();

	job.memory_bytes = bytes;
	job.if_free = true;
	return sidecar_job_start(cpu_of(h, linux_cpu), &job);
}

static void slice_is(uint32_t id, uint64_t offset, uint64_t bytes)
{
	assert_int_equal(command(id)->arg[0], offset);
	assert_int_equal(command(id)->arg[1], bytes);
}

static void larger_slices(void **state)
{
	struct sidecar *other;

	(void)state;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(start_on(s, 2, 1), SIDECAR_OK);
	slice_is(1, 0, 4096);
	/* behind that, as the shares end where its own does */
	assert_int_equal(start_on(s, 4, SHARE + 1), SIDECAR_OK);
	slice_is(3, 4096, SHARE + 4096);
	/* which another client sees, though vCPU 2 is free */
	assert_int_equal(start_on(other, 3, 0), SIDECAR_E_BUSY);
	assert_non_null(
		strstr(detail_of(other), "the job on vCPU 3 has a part"));
	assert_int_equal(ping_cpu(3), SIDECAR_OK);
	assert_int_equal(start_on(other, 5, 3 * SHARE), SIDECAR_OK);
	slice_is(5, 0, 3 * SHARE);
	assert_int_equal(start_on(s, 6, 0), SIDECAR_E_BUSY);
	assert_int_equal(start_on(s, 6, 2 * SHARE), SIDECAR_E_BUSY);
	assert_int_equal(start_on(s, 3, BYTES + 4096), SIDECAR_E_JOB);
	assert_non_null(strstr(detail_of(s), "sidecar.scratch="));
	assert_int_equal(start_on(s, 3, UINT64_MAX), SIDECAR_E_JOB);
	/* its client has died: what it has is seen all the same */
	sidecar_close(other);
	assert_int_equal(start_on(s, 7, 0), SIDECAR_E_BUSY);
	fake_job_end(5, SIDECAR_RESULT_OK);
	assert_int_equal(start_on(s, 7, 0), SIDECAR_OK);
	slice_is(7, 2 * SHARE, SHARE);
}

/* A vCPU that somebody uses may be about to get a job. */
static void of_vcpus_in_use(void **state)
{
	struct sidecar *other;

	(void)state;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	hw.job = FAKE_JOB_RUNS;
	assert_int_equal(start_on(other, 3, 0), SIDECAR_OK);
	assert_int_equal(start_on(s, 2, SHARE + 1), SIDECAR_E_BUSY);
	assert_int_equal(*status(1), SIDECAR_IDLE);
	assert_int_equal(*status(3), SIDECAR_IDLE);
	fake_job_end(2, SIDECAR_RESULT_OK);
	assert_int_equal(start_on(s, 2, SHARE + 1), SIDECAR_E_BUSY);
	sidecar_close(other);
	assert_int_equal(start_on(s, 2, SHARE + 1), SIDECAR_OK);
	slice_is(1, 0, SHARE + 4096);
	/* what was locked for it is free again */
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(start_on(other, 4, 0), SIDECAR_OK);
	sidecar_close(other);
}

static enum sidecar_error beside_a_reader;
static uint32_t nr_read;

/* While @p is read, another client wants a part of it. */
static void read_slowly(void *arg, const void *bytes, uint64_t n)
{
	struct sidecar *other;

	(void)bytes;
	nr_read += (uint32_t)n;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	beside_a_reader = start_on(other, *(const uint32_t *)arg, 0);
	sidecar_close(other);
}

static void died_slowly(void *arg, const struct sidecar_vcpu *v,
			const void *bytes, size_t n)
{
	(void)v;
	read_slowly(arg, bytes, n);
}

/* Until its end has been seen, and what it left read. */
static void poll_to_end(uint32_t linux_cpu)
{
	struct sidecar_progress p = {.size = sizeof(p)};

	while (!p.ended) {
		sidecar_job_poll(cpu(linux_cpu), &p, &answer);
		sidecar_wait(s, 1);
	}
}

static void start_reader(struct sidecar_job *job)
{
	job->memory_bytes = SHARE + 1;
	job->run_flags = JOB_RUN_IO;
	assert_int_equal(sidecar_job_start(cpu(2), job), SIDECAR_OK);
	slice_is(1, 0, SHARE + 4096);
	while (!sidecar_job_has_begun(cpu(2)))
		assert_int_equal(sidecar_job_poll(cpu(2), NULL, NULL),
				 SIDECAR_OK);
}

/* What the job left is its client's until it has been read, and then nobody's.
 */
static void is_read_before_it_is_taken(void **state)
{
	static uint32_t neighbour = 3;
	struct sidecar_job job = the_job();
	struct sidecar *other;

	(void)state;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	job.output = read_slowly;
	job.died = died_slowly;
	job.output_arg = job.died_arg = &neighbour;
	hw.job = FAKE_JOB_RUNS;
	start_reader(&job);
	io_of(1)->out_end = io_of(1)->out_bytes = 8192;
	fake_job_end(1, SIDECAR_RESULT_OK);
	/* before its client has seen the end, and while it reads */
	assert_int_equal(start_on(other, 3, 0), SIDECAR_E_BUSY);
	assert_non_null(
		strstr(detail_of(other), "the job on vCPU 1 has a part"));
	assert_int_equal(start_on(other, 4, SHARE + 1), SIDECAR_E_BUSY);
	nr_read = 0;
	poll_to_end(2);
	assert_int_equal(nr_read, 8192);
	assert_int_equal(beside_a_reader, SIDECAR_E_BUSY);
	assert_int_equal(start_on(other, 3, 0), SIDECAR_OK);
	fake_job_end(2, SIDECAR_RESULT_OK);
	assert_int_equal(sidecar_job_poll(cpu_of(other, 3), NULL, NULL),
			 SIDECAR_OK);

	/* all of it, for --core */
	start_reader(&job);
	command(1)->fault.job = command(1)->nr_jobs;
	fake_job_end(1, SIDECAR_RESULT_JOB_DIED);
	nr_read = 0;
	beside_a_reader = SIDECAR_OK;
	poll_to_end(2);
	assert_int_equal(nr_read, SHARE + 4096);
	assert_int_equal(beside_a_reader, SIDECAR_E_BUSY);
	assert_int_equal(start_on(other, 3, 0), SIDECAR_OK);
	fake_job_end(2, SIDECAR_RESULT_OK);
	assert_int_equal(sidecar_job_poll(cpu_of(other, 3), NULL, NULL),
			 SIDECAR_OK);

	/* nobody is left to read it */
	start_reader(&job);
	sidecar_close(s);
	s = NULL;
	fake_job_end(1, SIDECAR_RESULT_OK);
	assert_int_equal(start_on(other, 3, 0), SIDECAR_OK);
	sidecar_close(other);
}

/* INIT clears the page that named the slice. */
static void is_read_after_init(void **state)
{
	static uint32_t neighbour = 3;
	struct sidecar_job job = the_job();

	(void)state;
	job.output = read_slowly;
	job.output_arg = &neighbour;
	hw.job = FAKE_JOB_RUNS;
	hw.numb[1] = true;
	timeout_ms = TIMEOUT_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	start_reader(&job);
	io_of(1)->out_end = io_of(1)->out_bytes = 8192;
	sidecar_job_ask_to_end(cpu(2));
	beside_a_reader = SIDECAR_OK;
	poll_to_end(2);
	assert_int_equal(hw.nr_starts, 1);
	assert_int_equal(beside_a_reader, SIDECAR_E_BUSY);
}

static void linux_had(uint32_t linux_cpu, uint32_t id)
{
	put_cpu(linux_cpu, "online", "1\n");
	hw.up[id] = true;
}

/* Nobody tells the sidecar: the state is what the job left. */
static void linux_gave_up(uint32_t linux_cpu, uint32_t id)
{
	put_cpu(linux_cpu, "online", "0\n");
	hw.up[id] = false;
	hw.deaf[id] = true;
	assert_int_equal(*status(id), SIDECAR_RUN);
}

/* A job that Linux has ended has no slice, before and after the return. */
static void of_a_lost_job(void **state)
{
	struct sidecar *other;

	(void)state;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	hw.job = FAKE_JOB_RUNS;
	/* its client is gone */
	assert_int_equal(start_on(s, 2, SHARE + 1), SIDECAR_OK);
	while (!sidecar_job_has_begun(cpu(2)))
		sidecar_job_poll(cpu(2), NULL, NULL);
	assert_int_equal(start_on(other, 3, 0), SIDECAR_E_BUSY);
	sidecar_close(s);
	s = NULL;
	linux_had(2, 1);
	linux_gave_up(2, 1);
	assert_int_equal(start_on(other, 3, 0), SIDECAR_OK);
	fake_job_end(2, SIDECAR_RESULT_OK);
	assert_int_equal(sidecar_job_poll(cpu_of(other, 3), NULL, NULL),
			 SIDECAR_OK);

	/* its client is there, and nobody can ask Xen */
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
	assert_int_equal(start_on(s, 2, SHARE + 1), SIDECAR_OK);
	while (!sidecar_job_has_begun(cpu(2)))
		sidecar_job_poll(cpu(2), NULL, NULL);
	linux_had(2, 1);
	while (sidecar_job_poll(cpu(2), NULL, NULL) != SIDECAR_E_LINUX)
		sidecar_wait(s, 10);
	linux_gave_up(2, 1);
	sidecar_close(other);
	waker.is_up = NULL;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	assert_int_equal(start_on(other, 3, 0), SIDECAR_OK);
	sidecar_close(other);
	hw.deaf[1] = false;
}

static void by_msr_alone(void)
{
	waker = (struct wake_calls){.icr = waker.icr};
	assert_int_equal(open_again(), SIDECAR_OK);
}

/* What a client notes that does not know of Linux's count. */
static void drop_count(void)
{
	static const char none[64];
	char note[1152];
	FILE *f = fopen(in_tree("run/lock/vcpu-1"), "r+");
	const char *at;

	assert_non_null(f);
	assert_int_equal(fread(note, 1, sizeof(note), f), sizeof(note));
	at = strstr(note + 128, "softirqs: ");
	assert_non_null(at);
	assert_int_equal(fseek(f, at - note, SEEK_SET), 0);
	assert_int_equal(fwrite(none, 1, sizeof(none), f), sizeof(none));
	fclose(f);
}

/* Where msr alone is there, nobody can ask Xen: Linux's own count tells. */
static void of_a_lost_job_by_msr(void **state)
{
	struct sidecar *other;

	(void)state;
	by_msr_alone();
	put_text("softirqs", "CPU2 CPU3\nTIMER: 7 9\n");
	hw.job = FAKE_JOB_RUNS;
	assert_int_equal(start_on(s, 2, SHARE + 1), SIDECAR_OK);
	while (!sidecar_job_has_begun(cpu(2)))
		sidecar_job_poll(cpu(2), NULL, NULL);
	sidecar_close(s);
	s = NULL;
	assert_int_equal(open_other(&other), SIDECAR_OK);
	/* it runs on, whatever Linux does elsewhere */
	put_text("softirqs", "CPU2 CPU3\nTIMER: 7 10\n");
	assert_int_equal(start_on(other, 3, 0), SIDECAR_E_BUSY);
	assert_true(sidecar_vcpu_has_job(cpu_of(other, 2)));
	unlink(in_tree("softirqs"));
	assert_int_equal(start_on(other, 3, 0), SIDECAR_E_BUSY);
	put_text("softirqs", "CPU2 CPU3\nTIMER: 8 10\n");
	assert_int_equal(start_on(other, 3, 0), SIDECAR_OK);
	assert_false(sidecar_vcpu_has_job(cpu_of(other, 2)));
	sidecar_close(other);
	/* nor has a job ended of which none is known: a note of two lines */
	drop_count();
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_true(sidecar_vcpu_has_job(cpu(2)));
	/* a count that is not of this job says nothing */
	unlink(in_tree("run/lock/vcpu-1"));
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_true(sidecar_vcpu_has_job(cpu(2)));
	unlink(in_tree("softirqs"));
}

/* Whether other jobs are lost is asked of those alone that are in the way. */
static void asks_whom_it_meets(void **state)
{
	struct sidecar *other;
	int watch;

	(void)state;
	by_msr_alone();
	put_text("softirqs", "CPU2 CPU3 CPU4\nTIMER: 7 9 9\n");
	hw.job = FAKE_JOB_RUNS;
	assert_int_equal(start_on(s, 2, 0), SIDECAR_OK);
	while (!sidecar_job_has_begun(cpu(2)))
		sidecar_job_poll(cpu(2), NULL, NULL);
	assert_int_equal(open_other(&other), SIDECAR_OK);
	watch = watch_opens("softirqs");
	assert_int_equal(start_on(other, 3, 0), SIDECAR_OK);
	/* its own */
	assert_int_equal(nr_opens(watch), 1);
	close(watch);
	unlink(in_tree("softirqs"));
	sidecar_close(other);
}

/* ---- Jobs that never begin ---------------------------------------------- */

/* A client that is killed when it has handed over a large job on CPU 2. */
static void orphan(void)
{
	struct sidecar *other;
	pid_t child = fork();
	int how;

	assert_true(child >= 0);
	if (!child) {
		if (open_other(&other) || start_on(other, 2, SHARE + 1))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_int_equal(how, 0);
	assert_int_equal(*status(1), SIDECAR_RUN);
	slice_is(1, 0, SHARE + 4096);
}

/* What it had is somebody else's, so it must not begin at the next wake. */
static void orphan_is_withdrawn(uint64_t starts)
{
	uint64_t jobs = command(1)->nr_jobs;

	hw.job = FAKE_JOB_RUNS;
	assert_int_equal(start_on(s, 3, 0), SIDECAR_OK);
	assert_int_equal(*status(1), SIDECAR_IDLE);
	assert_int_equal(hw.nr_starts, starts);
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
	assert_int_equal(command(1)->nr_jobs, jobs);
	fake_job_end(2, SIDECAR_RESULT_OK);
	while (sidecar_job_poll(cpu(3), NULL, NULL) == SIDECAR_OK)
		;
}

static void of_orphans(void **state)
{
	(void)state;
	orphan();
	orphan_is_withdrawn(0);
	/* asked to end before it began */
	orphan();
	*status(1) = SIDECAR_STOP;
	orphan_is_withdrawn(0);
	/* with a slice that takes the lock of its vCPU, too */
	orphan();
	assert_int_equal(start_on(s, 4, 3 * SHARE), SIDECAR_OK);
	assert_int_equal(*status(1), SIDECAR_IDLE);
}

/* No INIT: it is taken back all the same. */
static void of_orphans_by_privcmd(void **state)
{
	(void)state;
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	orphan();
	orphan_is_withdrawn(0);
}

/* Nobody can tell whether it was woken: INIT is sure to stop it. */
static void of_orphans_by_msr(void **state)
{
	(void)state;
	waker.up = waker.is_up = waker.nmi = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	orphan();
	/* stopped for sure, it was started once before */
	orphan_is_withdrawn(2);
}

/* It was woken, and the host has no CPU for it yet: it may begin any time. */
static void of_orphans_that_were_woken(void **state)
{
	(void)state;
	orphan();
	hw.up[1] = true;
	assert_int_equal(start_on(s, 3, 0), SIDECAR_E_BUSY);
	assert_int_equal(*status(1), SIDECAR_RUN);
	assert_int_equal(start_on(s, 4, SHARE + 1), SIDECAR_OK);
	slice_is(3, SHARE + 4096, SHARE + 4096);
	hw.up[1] = false;
}

/* Two of three vCPUs have half of the scratch each. */
static void of_a_gang(void **state)
{
	struct sidecar_job job = the_job();

	(void)state;
	job.memory_bytes = BYTES / 2;
	assert_int_equal(start_gang(&job), SIDECAR_OK);
	slice_is(1, 0, BYTES / 2);
	slice_is(2, BYTES / 2, BYTES / 2);
	slice_is(5, 0, BYTES / 2);
	assert_int_equal(io_of(2)->rank, 1);
	assert_int_equal(start_on(s, 4, 0), SIDECAR_E_BUSY);
	assert_int_equal(ping_cpu(4), SIDECAR_OK);
	assert_int_equal(start_on(s, 7, 0), SIDECAR_OK);
}

/* A vCPU that heard nothing is started again, with the same slice. */
static void after_a_restart(void **state)
{
	struct sidecar_job job = the_job();

	(void)state;
	timeout_ms = TIMEOUT_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.job = FAKE_JOB_RUNS;
	hw.deaf[2] = true;
	job.memory_bytes = BYTES / 2;
	assert_int_equal(start_gang(&job), SIDECAR_OK);
	while (!sidecar_job_has_begun(cpu(3))) {
		for (uint32_t i = 0; i < RANKS; i++)
			assert_int_equal(poll_rank(i), SIDECAR_E_BUSY);
		sidecar_wait(s, 5);
	}
	assert_int_equal(hw.nr_starts, 1);
	slice_is(2, BYTES / 2, BYTES / 2);
	assert_int_equal(io_of(2)->rank, 1);
	assert_int_equal(io_of(2)->gang_id, io_of(1)->gang_id);
	assert_int_equal(page()->over, 0);
}

/* Its wake comes when nobody waits for it any more; it has seen RUN. */
static void wake_late(uint32_t id)
{
	hw.at_init = NULL;
	hw.deaf[id] = false;
	*status(id) = SIDECAR_RUN;
	assert_int_equal(waker.up(NULL, id), 0);
	*status(id) = SIDECAR_REMOVED;
	page()->state++;
}

/* It may have been counted at the first barrier: it must not be once more. */
static void begins_as_it_is_restarted(void **state)
{
	struct sidecar_job job = the_job();
	uint64_t counted;

	(void)state;
	timeout_ms = TIMEOUT_MS;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.job = FAKE_JOB_RUNS;
	hw.deaf[2] = true;
	hw.at_init = wake_late;
	assert_int_equal(start_gang(&job), SIDECAR_OK);
	for (uint32_t i = 0; i < 1000 && cpu(3)->job.active; i++) {
		poll_rank(0);
		poll_rank(2);
		sidecar_wait(s, 5);
		poll_rank(1);
	}
	assert_false(cpu(3)->job.active);
	counted = page()->state;
	assert_non_null(strstr(detail_of(s), "the job was not started within"));
	assert_int_equal(JOB_GANG_NR(counted), 1);
	assert_int_equal(page()->over, io_of(1)->gang_id);
	assert_int_equal(*status(1), SIDECAR_STOP);
	assert_int_equal(*status(2), SIDECAR_IDLE);
	fake_job_end(1, SIDECAR_RESULT_STOPPED);
	assert_int_equal(poll_rank(0), SIDECAR_E_COMMAND);
	assert_non_null(strstr(answer.error, "CPU 3 (vCPU 2, APIC id 4): "));
	assert_non_null(strstr(answer.error, "and then late"));
	assert_int_equal(ping_cpu(3), SIDECAR_OK);
}

/* ---- sidecarctl --------------------------------------------------------- */

static void one_rank_dies(uint32_t id)
{
	if (id == 5)
		fake_job_end(5, SIDECAR_RESULT_JOB_DIED);
}

static void on_the_command_line(void **state)
{
	char line[256];

	(void)state;
	hw.job = FAKE_JOB_ENDS;
	snprintf(line, sizeof(line), "run %s -q --gang -m 64K 2,3,5",
		 in_tree("the.job"));
	says(line);
	assert_int_equal(c.exit, 0);
	has("CPU 2: hello\n");
	has("CPU 5 = vCPU 5 = APIC id 10: job: done after ");
	slice_is(1, 0, 0x10000);
	/* the others stop, and say why */
	hw.job = FAKE_JOB_RUNS;
	hw.at_job_start = one_rank_dies;
	snprintf(line, sizeof(line), "run %s -q -g 2,3,5", in_tree("the.job"));
	warns(line, "sidecarctl: the gang ends: rank 2, CPU 5: job: ended\n",
	      true);
	assert_int_equal(c.exit, EXIT_ANSWER);
	has("CPU 5 = vCPU 5 = APIC id 10: job: ended after ");
	has("CPU 2 = vCPU 1 = APIC id 2: job: stopped, as rank 2 (vCPU 5 = CPU 5): job: ended after ");
	has("CPU 3 = vCPU 2 = APIC id 4: job: stopped, as rank 2 (vCPU 5 = CPU 5): job: ended after ");
	hw.at_job_start = NULL;
	snprintf(line, sizeof(line), "run %s -q -g -m 1G 2,5",
		 in_tree("the.job"));
	warns(line, "does not fit the scratch of its node", true);
	assert_int_equal(c.exit, EXIT_ANSWER);
	give_shared(0);
	snprintf(line, sizeof(line), "run %s -q -g 2,3", in_tree("the.job"));
	warns(line, "no node of the gang has shared memory", true);
	snprintf(line, sizeof(line), "run %s -q -g 2,99", in_tree("the.job"));
	warns(line, "CPU 99", true);
	assert_int_equal(c.exit, EXIT_CPU);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(ranks),
		CASE(its_own_page),
		CASE(another_id_each_time),
		CASE(one_is_busy),
		CASE(one_is_not_there),
		CASE(no_shared_memory),
		CASE(gangs_that_are_none),
		CASE(one_dies),
		CASE(linux_takes_one),
		CASE(one_is_done),
		CASE(sleepers_are_rung),
		CASE(client_leaves),
		CASE(late_ranks_have_the_page),
		CASE(late_ranks_have_a_deadline),
		CASE(begins_as_it_is_restarted),
		CASE(larger_slices),
		CASE(of_vcpus_in_use),
		CASE(is_read_before_it_is_taken),
		CASE(is_read_after_init),
		CASE(of_a_lost_job),
		CASE(of_a_lost_job_by_msr),
		CASE(asks_whom_it_meets),
		CASE(of_orphans),
		CASE(of_orphans_by_privcmd),
		CASE(of_orphans_by_msr),
		CASE(of_orphans_that_were_woken),
		CASE(of_a_gang),
		CASE(after_a_restart),
		CASE(on_the_command_line),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
