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
#define LIMIT_NS  2000000000u
#define FIRST_CPU 1

/* What the driver does and has been told. */
static struct fake {
	uint32_t version;
	int claim_error[NR_VCPUS], run_error, end_error, command_error;
	uint32_t flags[NR_VCPUS]; /* of what others do */
	int fd[NR_VCPUS];	  /* whose claim it is, or 0 */
	bool runs[NR_VCPUS], stopped[NR_VCPUS];
	_Alignas(4096) uint8_t slice[NR_VCPUS][SLICE];
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

static int fake_claim(int fd, const struct sidecar_dev_claim *c)
{
	assert_int_equal(c->flags, SIDECAR_DEV_INDEX);
	assert_true(c->index < NR_VCPUS);
	if (f.claim_error[c->index])
		return fake_fail(f.claim_error[c->index]);
	f.fd[c->index] = fd;
	f.runs[c->index] = f.stopped[c->index] = false;
	return 0;
}

static int fake_run(int fd, struct sidecar_dev_run *r)
{
	uint32_t i = claimed_by(fd);
	uint8_t *slice = f.slice[i];

	if (f.run_error)
		return fake_fail(f.run_error);
	assert_in_range(i, 0, NR_VCPUS - 1);
	assert_true(r->file_bytes && r->file_bytes + r->data_bytes <= SLICE);
	memcpy(slice, (void *)(uintptr_t)r->file, r->file_bytes);
	if (r->data_bytes)
		memcpy(slice + SLICE - r->data_bytes,
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

static int fake_read(int fd, const struct sidecar_dev_read *r)
{
	uint32_t i = claimed_by(fd);

	assert_in_range(i, 0, NR_VCPUS - 1);
	assert_true(r->bytes <= SLICE && r->offset <= SLICE - r->bytes);
	memcpy((void *)(uintptr_t)r->to, f.slice[i] + r->offset, r->bytes);
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
	case SIDECAR_DEV_READ:
		return fake_read(fd, p);
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

/* ---- Each test ---------------------------------------------------------- */

static int setup(void **state)
{
	const struct open_places places = {.paths = &paths};

	(void)state;
	memset(&f, 0, sizeof(f));
	f.version = SIDECAR_DEV_VERSION;
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
	assert_memory_equal(f.slice[1], job_file, sizeof(job_file));
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
	struct job_io *page = (void *)(f.slice[1] + SLICE - JOB_IO_BYTES);
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
	assert_memory_equal(f.slice[1] + SLICE - page->in_end, "input", 5);
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

static void test_what_it_has_not(void **state)
{
	struct sidecar_vcpu *both[] = {vcpu(1), vcpu(2)};
	struct sidecar_job large = job;

	(void)state;
	assert_int_equal(sidecar_gang_start(both, 2, &job), SIDECAR_E_WAY);
	large.memory_bytes = SLICE + 4096;
	assert_int_equal(sidecar_job_start(vcpu(1), &large), SIDECAR_E_JOB);
	assert_detail("its vCPU's share of scratch, 65536 bytes");
	large.memory_bytes = 2 * SCRATCH;
	assert_int_equal(sidecar_job_start(vcpu(1), &large), SIDECAR_E_JOB);
	assert_detail("its vCPU's share of scratch, 65536 bytes");
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
		TEST(test_what_it_has_not),
		TEST(test_closed_with_a_job),
	};

	return cmocka_run_group_tests(tests, make_device, remove_device);
}
