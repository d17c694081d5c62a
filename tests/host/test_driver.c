/* SPDX-License-Identifier: MIT */
/*
 * libsidecar by the driver, whose calls are answered here: this ioctl() takes
 * the place of the C library's. The device is a FIFO, so that it can be opened
 * again and again, and read: a job's log.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "sidecar/driver.h"
#include "sidecar/lib/open.h"

#define NR_VCPUS  3u
#define SCRATCH	  (3 * 65536u)
#define SLICE	  65536u
#define SHARED	  0x200000u
#define LIMIT_NS  2000000000u
#define FIRST_CPU 1

/* What the driver does and has been told. */
static struct fake {
	uint32_t version;
	int claim_error[NR_VCPUS], run_error, end_error, command_error;
	uint32_t flags[NR_VCPUS]; /* of what others do */
	int fd[NR_VCPUS];	  /* whose claim it is, or 0 */
	int gang_fd[NR_VCPUS];	  /* -2: in none */
	bool runs[NR_VCPUS], stopped[NR_VCPUS];
	_Alignas(4096) uint8_t scratch[SCRATCH];
	uint64_t slice_offset[NR_VCPUS], slice_bytes[NR_VCPUS];
	int shared; /* a file: the shared memory of its node */
	uint64_t arg[4], nr_jobs[NR_VCPUS], stop_job, end_job;
	uint64_t log_lost;
	uint32_t stop_flags, timeout_ms, run_flags, nr_stops, nr_rings, nr_ends,
		nr_pings;
	bool endless; /* jobs run until they are stopped */
	bool dies;
	struct job_io out;
} f;

static char device[] = "/tmp/test_driver.XXXXXX/device";
static struct paths paths = {
	.tables = "/nonexistent",
	.cpus = "/nonexistent",
	.cpuinfo = "/nonexistent",
	.softirqs = "/nonexistent",
	.mem = "/nonexistent",
	.locks = "/nonexistent",
	.driver = device,
};
static struct sidecar *s;

/* ---- The driver --------------------------------------------------------- */

static int fake_fail(int error)
{
	if (!error)
		return 0;
	errno = error;
	return -1;
}

static uint32_t claimed_by(int fd)
{
	for (uint32_t i = 0; i < NR_VCPUS; i++)
		if (f.fd[i] == fd)
			return i;
	return NR_VCPUS;
}

static int fake_node(struct sidecar_dev_node *n)
{
	*n = (struct sidecar_dev_node){
		.size = n->size,
		.vnode = 5,
		.memory_vnode = 6,
		.nr_slots = NR_VCPUS + 1,
		.nr_parked = NR_VCPUS,
		.carve_pa = 0x1000000,
		.carve_bytes = 0x100000,
		.scratch_pa = 0x1010000,
		.scratch_bytes = SCRATCH,
		.shared_pa = 0x1200000,
		.shared_bytes = SHARED,
		.slot[0] = {.index = ~0u, .pages = 0xffff},
	};
	for (uint32_t i = 0; i < NR_VCPUS; i++)
		n->slot[i + 1] = (struct sidecar_dev_slot){
			.vcpu_id = i + 1,
			.apic_id = 2 * i + 2,
			.cpu = (int32_t)i + FIRST_CPU,
			.index = i,
			.pages = i,
		};
	return 0;
}

static int fake_vcpu(struct sidecar_dev_vcpu *v)
{
	assert_true(v->index < NR_VCPUS);
	v->flags = f.flags[v->index];
	v->job = f.nr_jobs[v->index];
	v->state = v->flags & SIDECAR_DEV_HAS_JOB ? SIDECAR_RUN : SIDECAR_IDLE;
	return 0;
}

/* Those of a gang have the shared memory. */
static int fake_claim(int fd, struct sidecar_dev_claim *c)
{
	uint32_t i = c->index;

	assert_true(c->flags & SIDECAR_DEV_INDEX);
	assert_true(i < NR_VCPUS);
	if (f.claim_error[i])
		return fake_fail(f.claim_error[i]);
	if (c->slice_bytes > SCRATCH)
		return fake_fail(E2BIG);
	f.fd[i] = fd;
	f.gang_fd[i] = c->flags & SIDECAR_DEV_GANG ? c->gang_fd : -2;
	f.runs[i] = f.stopped[i] = false;
	f.slice_offset[i] = c->slice_bytes > SLICE ? 0 : i * SLICE;
	f.slice_bytes[i] = c->slice_bytes > SLICE ? c->slice_bytes : SLICE;
	c->slice_offset = f.slice_offset[i];
	c->slice_bytes = f.slice_bytes[i];
	c->shared_bytes = f.gang_fd[i] == -2 ? 0 : SHARED;
	return 0;
}

static int fake_run(int fd, struct sidecar_dev_run *r)
{
	uint32_t i = claimed_by(fd);
	uint8_t *slice = f.scratch + f.slice_offset[i];

	if (f.run_error)
		return fake_fail(f.run_error);
	assert_in_range(i, 0, NR_VCPUS - 1);
	assert_true(r->file_bytes &&
		    r->file_bytes + r->data_bytes <= f.slice_bytes[i]);
	memcpy(slice, (void *)(uintptr_t)r->file, r->file_bytes);
	if (r->data_bytes)
		memcpy(slice + f.slice_bytes[i] - r->data_bytes,
		       (void *)(uintptr_t)r->data, r->data_bytes);
	memcpy(f.arg, r->arg, sizeof(f.arg));
	f.run_flags = r->run_flags;
	f.timeout_ms = r->timeout_ms;
	f.runs[i] = true;
	f.stopped[i] = false;
	r->job = ++f.nr_jobs[i];
	assert_int_equal(write(fd, "text\n", 5), 5);
	return 0;
}

static int fake_wait(int fd, struct sidecar_dev_wait *w)
{
	uint32_t i = claimed_by(fd);

	if (i == NR_VCPUS || !f.runs[i])
		return fake_fail(ENXIO);
	w->log_lost = f.log_lost;
	if (f.endless && !f.stopped[i])
		return 0;
	/* told until the next job */
	w->ended = 1;
	w->ret[0] = 42;
	w->result = f.stopped[i] ? SIDECAR_RESULT_STOPPED
		    : f.dies	 ? SIDECAR_RESULT_JOB_DIED
				 : SIDECAR_RESULT_OK;
	if (w->result)
		strcpy(w->error, "job: some reason");
	w->fault[0] = f.dies ? 77 : 0;
	w->fault[1] = 0x1234; /* cr2 */
	return 0;
}

static int fake_command(const struct sidecar_dev_command *c)
{
	f.nr_pings += c->command == SIDECAR_COMMAND_PING;
	return fake_fail(c->command == SIDECAR_COMMAND_GET ? EPERM
							   : f.command_error);
}

static int fake_end(const struct sidecar_dev_stop *e)
{
	if (f.end_error)
		return fake_fail(f.end_error);
	f.nr_ends++;
	f.end_job = e->job;
	if (e->job == f.nr_jobs[e->index])
		f.flags[e->index] &= ~SIDECAR_DEV_HAS_JOB;
	return 0;
}

static int fake_stop(int fd, const struct sidecar_dev_stop *stop)
{
	uint32_t i = claimed_by(fd);

	f.nr_stops++;
	f.stop_flags = stop->flags;
	f.stop_job = stop->job;
	f.stopped[i] = f.stopped[i] || stop->job == f.nr_jobs[i];
	return 0;
}

static int answer(int fd, unsigned long nr, void *p)
{
	switch (nr) {
	case SIDECAR_DEV_INFO:
		*(struct sidecar_dev_info *)p = (struct sidecar_dev_info){
			.version = f.version,
			.nr_vcpus = NR_VCPUS,
			.nr_nodes = 1,
		};
		return 0;
	case SIDECAR_DEV_NODE:
		return fake_node(p);
	case SIDECAR_DEV_VCPU:
		return fake_vcpu(p);
	case SIDECAR_DEV_CLAIM:
		return fake_claim(fd, p);
	case SIDECAR_DEV_RUN:
		return fake_run(fd, p);
	case SIDECAR_DEV_WAIT:
		return fake_wait(fd, p);
	case SIDECAR_DEV_COMMAND:
		return fake_command(p);
	case SIDECAR_DEV_END:
		return fake_end(p);
	case SIDECAR_DEV_STOP:
		return fake_stop(fd, p);
	case SIDECAR_DEV_RING:
		f.nr_rings++;
		return 0;
	}
	return fake_fail(ENOTTY);
}

int ioctl(int fd, unsigned long nr, ...)
{
	va_list ap;
	void *p;

	va_start(ap, nr);
	p = va_arg(ap, void *);
	va_end(ap);
	if (_IOC_TYPE(nr) != _IOC_TYPE(SIDECAR_DEV_INFO))
		return (int)syscall(SYS_ioctl, fd, nr, p);
	return answer(fd, nr, p);
}

/* To be unmapped as it is by the driver: the slice is a copy. */
static void *fake_map(uint32_t i, size_t bytes, uint64_t at)
{
	uint64_t pages = (bytes + 4095) & ~4095ull;
	uint8_t *p;

	if (at >= SIDECAR_DEV_MAP_SHARED) {
		assert_int_not_equal(f.gang_fd[i], -2);
		at -= SIDECAR_DEV_MAP_SHARED;
		assert_true(pages <= SHARED && at <= SHARED - pages);
		return (void *)syscall(SYS_mmap, NULL, bytes,
				       PROT_READ | PROT_WRITE, MAP_SHARED,
				       f.shared, at);
	}
	at -= SIDECAR_DEV_MAP_SLICE;
	assert_true(pages <= f.slice_bytes[i] &&
		    at <= f.slice_bytes[i] - pages);
	p = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(p, f.scratch + f.slice_offset[i] + at, pages);
	return p;
}

void *mmap(void *to, size_t bytes, int prot, int flags, int fd, off_t at)
{
	if (fd > 0 && claimed_by(fd) < NR_VCPUS)
		return fake_map(claimed_by(fd), bytes, (uint64_t)at);
	return (void *)syscall(SYS_mmap, to, bytes, prot, flags, fd, at);
}

/* ---- Each test ---------------------------------------------------------- */

static int setup(void **state)
{
	const struct open_places places = {.paths = &paths};

	(void)state;
	memset(&f, 0, sizeof(f));
	f.version = SIDECAR_DEV_VERSION;
	f.shared = memfd_create("shared", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f.shared, SHARED), 0);
	assert_int_equal(open_at(&places, &s), SIDECAR_OK);
	return 0;
}

static int teardown(void **state)
{
	char rest[4096];
	int fd = open(device, O_RDWR | O_NONBLOCK);

	(void)state;
	sidecar_close(s);
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	close(fd);
	close(f.shared);
	return 0;
}

static struct sidecar_vcpu *vcpu(uint32_t cpu)
{
	struct sidecar_vcpu *v;

	assert_int_equal(sidecar_find_cpu(s, cpu, &v), SIDECAR_OK);
	return v;
}

static void assert_detail(const char *want)
{
	char text[SIDECAR_DETAIL_SIZE];

	sidecar_get_detail(s, text, sizeof(text));
	if (!strstr(text, want))
		fail_msg("%s (want %s)", text, want);
}

static const uint8_t job_file[96] = {1, 2, 3};
static const struct sidecar_job job = {
	.size = sizeof(job),
	.file = job_file,
	.file_bytes = sizeof(job_file),
	.arg = {10, 11, 12, 13},
};

/* To its end; its log in @log. */
static enum sidecar_error finish(struct sidecar_vcpu *v, char *log,
				 struct sidecar_answer *a)
{
	uint64_t end = clock_ns() + LIMIT_NS;
	struct sidecar_progress p = {
		.size = sizeof(p), .log = log, .log_size = 64};
	enum sidecar_error e = SIDECAR_OK;
	size_t n = 0;

	a->size = sizeof(*a);
	while (!e && !p.ended) {
		assert_true(clock_ns() < end);
		p.log = log + n;
		e = sidecar_job_poll(v, &p, a);
		n += p.log_bytes;
		if (!p.ended)
			sidecar_wait(s, 10);
	}
	log[n] = 0;
	return e;
}

/* ---- Tests -------------------------------------------------------------- */

static void test_what_there_is(void **state)
{
	(void)state;
	assert_true(sidecar_has_driver(s));
	assert_int_equal(sidecar_nr_nodes(s), 1);
	assert_int_equal(sidecar_nr_vcpus(s), NR_VCPUS + 1);
	assert_true(sidecar_vcpu_is_base(vcpu(0)));
	assert_int_equal(sidecar_vcpu_job_bytes(vcpu(2)), SLICE);
	assert_int_equal(sidecar_vcpu_state(vcpu(2)), SIDECAR_IDLE);
	assert_int_equal(sidecar_vcpu_is_up(vcpu(2)), 0);
	f.flags[1] = SIDECAR_DEV_HAS_JOB | SIDECAR_DEV_UP;
	assert_int_equal(sidecar_vcpu_is_up(vcpu(2)), 1);
	assert_true(sidecar_vcpu_has_job(vcpu(2)));
	assert_false(sidecar_vcpu_has_job(vcpu(3)));
}

static void test_other_version(void **state)
{
	const struct open_places places = {.paths = &paths};

	(void)state;
	sidecar_close(s);
	f.version = 9;
	assert_int_equal(open_at(&places, &s), SIDECAR_E_ABI);
	assert_detail("version 9 (want 2)");
}

static void test_job(void **state)
{
	struct sidecar_answer a;
	char log[64];

	(void)state;
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	assert_int_equal(finish(vcpu(2), log, &a), SIDECAR_OK);
	assert_string_equal(log, "text\n");
	assert_int_equal(a.ret[0], 42);
	assert_memory_equal(f.scratch + SLICE, job_file, sizeof(job_file));
	assert_int_equal(f.arg[3], 13);
	assert_int_equal(f.timeout_ms, SIDECAR_TIMEOUT_MS);
	/* and again: the claim is free; longer than the driver waits */
	sidecar_set_timeout(s, SIDECAR_MAX_TIMEOUT_MS);
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	assert_int_equal(finish(vcpu(2), log, &a), SIDECAR_OK);
	assert_int_equal(f.timeout_ms, SIDECAR_DEV_TIMEOUT_MOST_MS);
}

static uint32_t lost_in_three_polls(struct sidecar_vcpu *v)
{
	struct sidecar_progress p = {.size = sizeof(p)};
	uint32_t lost = 0;
	char log[64];

	p.log = log;
	p.log_size = sizeof(log);
	for (int i = 0; i < 3 && !p.ended; i++) {
		assert_int_not_equal(sidecar_job_poll(v, &p, NULL),
				     SIDECAR_E_JOB);
		lost += p.log_lost;
	}
	return lost;
}

/* The driver counts over the whole job, a client since its last look. */
static void test_lost_text(void **state)
{
	(void)state;
	f.endless = true;
	f.log_lost = 1000;
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	assert_int_equal(lost_in_three_polls(vcpu(2)), 1000);
	assert_int_equal(lost_in_three_polls(vcpu(2)), 0);
	f.log_lost = 1234;
	assert_int_equal(lost_in_three_polls(vcpu(2)), 234);
	f.stopped[1] = true;
	f.log_lost = 1235;
	assert_int_equal(lost_in_three_polls(vcpu(2)), 1);
	/* of the next job it counts anew */
	f.log_lost = 5;
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	assert_int_equal(lost_in_three_polls(vcpu(2)), 5);
}

static uint8_t got[16];
static size_t nr_got;

static void take_output(void *arg, const void *p, size_t bytes)
{
	(void)arg;
	nr_got = bytes;
	memcpy(got, p, bytes < sizeof(got) ? bytes : sizeof(got));
}

static void test_input_and_output(void **state)
{
	static const char *const argv[] = {"one", "two"};
	struct sidecar_job io = job;
	struct job_io *page = (void *)(f.scratch + 2 * SLICE - JOB_IO_BYTES);
	struct sidecar_answer a;
	char log[64];

	(void)state;
	io.run_flags = JOB_RUN_IO;
	io.input = "input";
	io.input_bytes = 5;
	io.output = take_output;
	io.argv = argv;
	io.nr_args = 2;
	f.endless = true;
	assert_int_equal(sidecar_job_start(vcpu(2), &io), SIDECAR_OK);
	sidecar_job_poll(vcpu(2), NULL, NULL);
	assert_true(f.runs[1]);
	assert_int_equal(page->magic, JOB_IO_MAGIC);
	assert_int_equal(page->nr_args, 2);
	assert_memory_equal(f.scratch + 2 * SLICE - page->in_end, "input", 5);
	page->out_end = page->in_end;
	page->out_bytes = 3;
	f.endless = false;
	assert_int_equal(finish(vcpu(2), log, &a), SIDECAR_OK);
	assert_int_equal(nr_got, 3);
	assert_memory_equal(got, "inp", 3);
}

static void test_refused(void **state)
{
	struct sidecar_answer a;
	char log[64];

	(void)state;
	f.run_error = E2BIG;
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	assert_int_equal(finish(vcpu(2), log, &a), SIDECAR_E_COMMAND);
	assert_string_equal(a.error, "job: it does not fit its memory");
	f.run_error = ETIMEDOUT;
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	assert_int_equal(finish(vcpu(2), log, &a), SIDECAR_E_TIMEOUT);
	assert_detail("does not start: Connection timed out");
}

static void test_died(void **state)
{
	struct sidecar_answer a;
	char log[64];

	(void)state;
	f.dies = true;
	assert_int_equal(sidecar_job_start(vcpu(1), &job), SIDECAR_OK);
	assert_int_equal(finish(vcpu(1), log, &a), SIDECAR_E_COMMAND);
	assert_non_null(sidecar_job_fault(vcpu(1)));
	assert_int_equal(sidecar_job_fault(vcpu(1))->cr2, 0x1234);
}

static void test_stop_and_ring(void **state)
{
	struct sidecar_answer a;
	char log[64];

	(void)state;
	f.endless = true;
	f.flags[1] = SIDECAR_DEV_UP;
	f.nr_jobs[1] = 40;
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	sidecar_job_poll(vcpu(2), NULL, NULL);
	assert_int_equal(sidecar_job_ring(vcpu(2)), SIDECAR_OK);
	assert_int_equal(f.nr_rings, 1);
	sidecar_job_ask_to_end(vcpu(2));
	assert_int_equal(finish(vcpu(2), log, &a), SIDECAR_E_COMMAND);
	assert_int_equal(f.nr_stops, 1);
	/* no later one, and the others are not waited for */
	assert_int_equal(f.stop_job, 41);
	assert_int_equal(f.stop_flags, SIDECAR_DEV_ASK);
	assert_int_equal(a.result, SIDECAR_RESULT_STOPPED);
}

static void test_jobs_of_others(void **state)
{
	(void)state;
	f.flags[0] = SIDECAR_DEV_HAS_JOB | SIDECAR_DEV_UP;
	f.nr_jobs[0] = 7;
	f.end_error = EPERM;
	assert_int_equal(sidecar_job_end(vcpu(1), NULL), SIDECAR_E_WAY);
	/* it was not asked to end */
	assert_int_equal(sidecar_vcpu_state(vcpu(1)), SIDECAR_RUN);
	f.end_error = 0;
	f.nr_jobs[0] = 8;
	assert_int_equal(sidecar_job_end(vcpu(1), NULL), SIDECAR_OK);
	assert_int_equal(f.nr_ends, 1);
	assert_int_equal(f.end_job, 8);
	f.claim_error[0] = EBUSY;
	sidecar_set_timeout(s, 1);
	assert_int_equal(sidecar_job_start(vcpu(1), &job), SIDECAR_E_BUSY);
	assert_int_equal(sidecar_job_attach(vcpu(1)), SIDECAR_E_WAY);
}

static void test_commands(void **state)
{
	struct sidecar_answer a = {.size = sizeof(a)};

	(void)state;
	assert_int_equal(sidecar_vcpu_command(vcpu(3), SIDECAR_COMMAND_PING,
					      NULL, 0, &a),
			 SIDECAR_OK);
	assert_int_equal(f.nr_pings, 1);
	assert_int_equal(
		sidecar_vcpu_command(vcpu(3), SIDECAR_COMMAND_GET, NULL, 0, &a),
		SIDECAR_E_COMMAND);
	assert_string_equal(a.error, "the driver wants CAP_SYS_RAWIO for it");
}

/* It is told where its slice is, and reads it there. */
static void test_large_slice(void **state)
{
	struct sidecar_job large = job;
	struct sidecar_answer a;
	char log[64];

	(void)state;
	large.memory_bytes = SLICE + 4096;
	large.run_flags = JOB_RUN_IO;
	large.input = "input";
	large.input_bytes = 5;
	large.output = take_output;
	assert_int_equal(sidecar_job_start(vcpu(2), &large), SIDECAR_OK);
	sidecar_job_poll(vcpu(2), NULL, NULL);
	assert_int_equal(f.slice_bytes[1], SLICE + 4096);
	assert_memory_equal(f.scratch, job_file, sizeof(job_file));
	assert_memory_equal(f.scratch + SLICE - 4096, "input", 5);
	finish(vcpu(2), log, &a);
	/* the next one has not asked for it */
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	assert_int_equal(finish(vcpu(2), log, &a), SIDECAR_OK);
	assert_int_equal(f.slice_bytes[1], SLICE);
	large.memory_bytes = 2 * SCRATCH;
	assert_int_equal(sidecar_job_start(vcpu(1), &large), SIDECAR_E_JOB);
	assert_detail("does not fit the scratch of its node, 196608 bytes");
	large.memory_bytes = SCRATCH;
	f.claim_error[0] = ENOSPC;
	assert_int_equal(sidecar_job_start(vcpu(1), &large), SIDECAR_E_BUSY);
	assert_detail("no 196608 bytes of its node's scratch are free");
}

static struct job_io *io_of(uint32_t i)
{
	return (struct job_io *)(f.scratch + (i + 1) * SLICE - JOB_IO_BYTES);
}

/* They have one page, in shared memory that is theirs, and one end. */
static void test_gang(void **state)
{
	struct sidecar_vcpu *both[] = {vcpu(3), vcpu(1)};
	struct sidecar_answer a;
	struct job_gang page;
	char log[64];

	(void)state;
	f.endless = true;
	f.flags[0] = f.flags[2] = SIDECAR_DEV_UP;
	assert_int_equal(sidecar_gang_start(both, 2, &job), SIDECAR_OK);
	sidecar_job_poll(both[0], NULL, NULL);
	sidecar_job_poll(both[1], NULL, NULL);
	assert_true(f.runs[0] && f.runs[2]);
	assert_int_equal(f.gang_fd[2], -1);
	assert_int_equal(f.gang_fd[0], f.fd[2]);
	assert_int_equal(io_of(2)->rank, 0);
	assert_int_equal(io_of(0)->rank, 1);
	assert_int_equal(io_of(0)->nr_ranks, 2);
	assert_int_equal(pread(f.shared, &page, sizeof(page),
			       (off_t)io_of(0)->gang_offset),
			 sizeof(page));
	assert_int_equal(JOB_GANG_ID(page.state), io_of(0)->gang_id);
	/* one dies, the other one is stopped because of it */
	f.endless = false;
	f.dies = true;
	assert_int_equal(finish(both[1], log, &a), SIDECAR_E_COMMAND);
	f.endless = true;
	assert_int_equal(finish(both[0], log, &a), SIDECAR_E_COMMAND);
	assert_string_equal(
		a.error,
		"job: some reason, as rank 1 (vCPU 1): job: some reason");
	assert_int_equal(f.nr_stops, 1);
	/* the vCPUs are free, and in no gang */
	f.endless = f.dies = false;
	assert_int_equal(sidecar_job_start(vcpu(3), &job), SIDECAR_OK);
	assert_int_equal(finish(vcpu(3), log, &a), SIDECAR_OK);
	assert_int_equal(f.gang_fd[2], -2);
}

static void test_gang_in_use(void **state)
{
	struct sidecar_vcpu *both[] = {vcpu(2), vcpu(1)};
	struct sidecar_answer a;
	char log[64];

	(void)state;
	f.claim_error[0] = EBUSY;
	sidecar_set_timeout(s, 1);
	assert_int_equal(sidecar_gang_start(both, 2, &job), SIDECAR_E_BUSY);
	assert_int_equal(fcntl(f.fd[1], F_GETFD), -1);
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	assert_int_equal(finish(vcpu(2), log, &a), SIDECAR_OK);
	assert_int_equal(f.gang_fd[1], -2);
}

static void test_what_it_has_not(void **state)
{
	void *p;

	(void)state;
	assert_int_equal(sidecar_shared(s, 0, &p, NULL), SIDECAR_E_MEM);
	assert_int_equal(sidecar_boot_log(s, NULL, NULL), SIDECAR_E_ROOT);
}

static void test_closed_with_a_job(void **state)
{
	(void)state;
	f.endless = true;
	assert_int_equal(sidecar_job_start(vcpu(2), &job), SIDECAR_OK);
	sidecar_job_poll(vcpu(2), NULL, NULL);
	sidecar_close(s);
	s = NULL;
	/* its claim is closed */
	assert_int_equal(fcntl(f.fd[1], F_GETFD), -1);
}

static int make_device(void **state)
{
	char *slash = strrchr(device, '/');

	(void)state;
	*slash = 0;
	if (!mkdtemp(device))
		return -1;
	*slash = '/';
	return mkfifo(device, 0600);
}

static int remove_device(void **state)
{
	(void)state;
	unlink(device);
	*strrchr(device, '/') = 0;
	return rmdir(device);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_there_is),
		TEST(test_other_version),
		TEST(test_job),
		TEST(test_lost_text),
		TEST(test_input_and_output),
		TEST(test_refused),
		TEST(test_died),
		TEST(test_stop_and_ring),
		TEST(test_jobs_of_others),
		TEST(test_commands),
		TEST(test_large_slice),
		TEST(test_gang),
		TEST(test_gang_in_use),
		TEST(test_what_it_has_not),
		TEST(test_closed_with_a_job),
	};

	return cmocka_run_group_tests(tests, make_device, remove_device);
}
