/* SPDX-License-Identifier: MIT */
/*
 * libsidecar on another backend than devmem.c, as a driver would be one: memory
 * that is simply there, and a descriptor that tells when something happens.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "run_job.h"
#include "../../sidecar/lib/changes.h"
#include "../../sidecar/lib/claim.h"
#include "../../sidecar/lib/event.h"
#include "../../sidecar/lib/notes.h"

#define JOB_MS 150u

static uint32_t nr_mapped, nr_claimed, nr_waits, nr_notes;
static bool is_closed;
static int map_error = ENXIO;

/* ---- The backend -------------------------------------------------------- */

static void *other_map(struct backend *b, uint64_t pa, size_t bytes,
		       bool writable)
{
	(void)b;
	(void)writable;
	if (pa > MEM_SIZE || bytes > MEM_SIZE - pa) {
		errno = map_error;
		return NULL;
	}
	nr_mapped++;
	return mem + pa;
}

static void other_unmap(struct backend *b, void *at, size_t bytes)
{
	(void)b;
	(void)at;
	(void)bytes;
	nr_mapped--;
}

static int other_wake(struct backend *b, const struct cpu *cpu)
{
	(void)b;
	return waker.up(NULL, cpu->vcpu_id);
}

static int other_interrupt(struct backend *b, const struct cpu *cpu)
{
	(void)b;
	return waker.nmi(NULL, cpu->vcpu_id);
}

static int other_init(struct backend *b, const struct cpu *cpu)
{
	(void)b;
	return waker.icr(NULL, (uint64_t)cpu->apic_id << 32 | 0x4500);
}

static int other_sipi(struct backend *b, const struct cpu *cpu,
		      uint64_t entry_pa)
{
	(void)b;
	return waker.icr(NULL, (uint64_t)cpu->apic_id << 32 | 0x4600 |
				       entry_pa >> 12);
}

static int other_is_up(struct backend *b, const struct cpu *cpu)
{
	(void)b;
	return waker.is_up(NULL, cpu->vcpu_id);
}

/* A wait as long as that ends at once. */
#define ENDLESS_NS UINT64_C(5000000000)

static uint64_t waited_ns;

static void other_wait(struct backend *b, uint64_t ns)
{
	struct pollfd event = {.fd = b->fd, .events = POLLIN};
	const struct timespec most = {(time_t)(ns / 1000000000u),
				      (long)(ns % 1000000000u)};
	uint64_t events;

	nr_waits++;
	waited_ns = ns;
	if (ns >= ENDLESS_NS)
		return;
	if (ppoll(&event, 1, &most, NULL) > 0)
		assert_int_equal(read(b->fd, &events, sizeof(events)),
				 sizeof(events));
}

static int other_claim(struct backend *b, uint32_t vcpu_id,
		       enum claim_kind kind)
{
	(void)b;
	(void)vcpu_id;
	(void)kind;
	return (int)nr_claimed++;
}

static void other_release(struct backend *b, int claim)
{
	(void)b;
	(void)claim;
	nr_claimed--;
}

static void other_note_linux(struct backend *b, int claim)
{
	(void)b;
	(void)claim;
	nr_notes++;
}

static bool other_linux_had(struct backend *b, uint32_t vcpu_id)
{
	(void)b;
	return vcpu_id == ID;
}

static void other_note_softirqs(struct backend *b, uint32_t vcpu_id, uint64_t n)
{
	(void)b;
	(void)vcpu_id;
	(void)n;
}

static uint64_t other_noted_softirqs(struct backend *b, uint32_t vcpu_id)
{
	(void)b;
	(void)vcpu_id;
	return 0;
}

static struct job_note noted;
static bool is_noted;

static void other_note_job(struct backend *b, int claim,
			   const struct job_note *note)
{
	(void)b;
	(void)claim;
	is_noted = true;
	noted = *note;
}

static bool other_noted_job(struct backend *b, uint32_t vcpu_id,
			    struct job_note *note)
{
	(void)b;
	*note = noted;
	return is_noted && vcpu_id == ID;
}

static void other_close(struct backend *b)
{
	close(b->fd);
	is_closed = true;
}

static struct backend other = {
	.map = other_map,
	.unmap = other_unmap,
	.wake = other_wake,
	.interrupt = other_interrupt,
	.send_init = other_init,
	.send_sipi = other_sipi,
	.is_up = other_is_up,
	.wait = other_wait,
	.claim = other_claim,
	.release = other_release,
	.note_linux = other_note_linux,
	.linux_had = other_linux_had,
	.note_softirqs = other_note_softirqs,
	.noted_softirqs = other_noted_softirqs,
	.note_job = other_note_job,
	.noted_job = other_noted_job,
	.close = other_close,
	.can_wake = true,
	.can_interrupt = true,
	.can_init = true,
	.can_tell_up = true,
	.memory = "memory",
	.claims = "claims",
	.method = "another backend",
};

static int setup_other(void **state)
{
	setup(state);
	nr_waits = nr_notes = 0;
	is_closed = false;
	other.fd = eventfd(0, EFD_CLOEXEC);
	backend = &other;
	paths.mem = paths.locks = "/nowhere";
	return 0;
}

/* All that was taken has been given back. */
static int teardown_other(void **state)
{
	fake_teardown(state);
	s = NULL;
	assert_true(is_closed);
	assert_int_equal(nr_mapped, 0);
	assert_int_equal(nr_claimed, 0);
	return 0;
}

/* ---- The library on it -------------------------------------------------- */

static void does_all(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_string_equal(sidecar_wake_method(s), "another backend");
	assert_int_equal(ping_cpu(CPU), SIDECAR_OK);
	hw.deaf[ID] = true;
	assert_int_equal(ping_cpu(CPU), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 2);
	assert_int_equal(sidecar_vcpu_online(cpu(CPU)), SIDECAR_OK);
	assert_int_equal(cpu_online(CPU), 1);
	assert_int_equal(sidecar_vcpu_return(cpu(CPU)), SIDECAR_OK);
	assert_int_equal(nr_notes, 2);
	assert_true(sidecar_vcpu_linux_had(cpu(CPU)));
	assert_false(sidecar_vcpu_linux_had(cpu(CPU + 1)));
}

static void cannot_map(void **state)
{
	(void)state;
	scar.n[1].carve_pa = 0x10000000;
	put_scar(sizeof(scar));
	assert_int_equal(open_again(), SIDECAR_E_MEM);
	assert_string_equal(detail_of(s), "memory: 0x10000000: No such device "
					  "or address");
}

/* /dev/mem refuses what the driver has. */
static void driver_has_it(void **state)
{
	(void)state;
	scar.n[1].carve_pa = 0x10000000;
	put_scar(sizeof(scar));
	map_error = EPERM;
	paths.driver = "/nowhere";
	assert_int_equal(open_again(), SIDECAR_E_MEM);
	assert_string_equal(detail_of(s),
			    "memory: 0x10000000: Operation not permitted");
	paths.driver = paths.tables;
	assert_int_equal(open_again(), SIDECAR_E_MEM);
	assert_non_null(strstr(detail_of(s), "memory: the driver xen_sidecar "
					     "has the vCPUs: "));
	paths.driver = NULL;
	map_error = ENXIO;
}

static void job_ends(int signal)
{
	const uint64_t one = 1;

	(void)signal;
	fake_job_end(ID, SIDECAR_RESULT_OK);
	assert_int_equal(write(other.fd, &one, sizeof(one)), sizeof(one));
}

/* Nobody looks every millisecond where a descriptor tells. */
static void event_ends_a_wait(void **state)
{
	(void)state;
	begin_seen();
	assert_int_equal(sidecar_fd(s), other.fd);
	nr_waits = 0;
	signal(SIGALRM, job_ends);
	ualarm(JOB_MS * 1000, 0);
	for (p.ended = false; !p.ended;) {
		assert_int_equal(sidecar_wait(s, 3600000), SIDECAR_OK);
		assert_int_equal(poll_once(), SIDECAR_OK);
	}
	assert_true(nr_waits < JOB_MS / 10);
	assert_int_equal(answer.ret[0], 42);
}

static uint64_t event;

static uint64_t other_event(struct backend *b)
{
	(void)b;
	return event;
}

static uint32_t waits_for_a_job(void)
{
	nr_waits = 0;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(sidecar_wait(s, 20), SIDECAR_OK);
	return nr_waits;
}

/*
 * Where the backend has a word for command pages, each command has it; it is
 * renewed after a restore, and taken away when nobody listens any more. Without
 * one nothing tells, and the job is looked at often.
 */
static void events_have_a_port(void **state)
{
	uint64_t begin;

	(void)state;
	other.event = other_event;
	event = SIDECAR_EVENT(12, SIDECAR_LIFE(1, 5));
	begin_seen();
	assert_true(command(ID)->event == event);
	assert_int_equal(SIDECAR_EVENT_PORT(command(ID)->event), 12);
	assert_int_equal(SIDECAR_EVENT_LIFE(command(ID)->event), 0x10005);
	begin = clock_ns();
	assert_int_equal(waits_for_a_job(), 3);
	assert_true(clock_ns() - begin > 30000000);
	event = SIDECAR_EVENT(13, SIDECAR_LIFE(2, 9));
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_true(command(ID)->event == event);
	event = 0;
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_true(!command(ID)->event);
	begin = clock_ns();
	assert_int_equal(waits_for_a_job(), 3);
	assert_true(clock_ns() - begin < 20000000);
	event = SIDECAR_EVENT(14, 1);
	assert_int_equal(poll_once(), SIDECAR_OK);
	sidecar_close(s);
	s = NULL;
	assert_true(!command(ID)->event);
	assert_int_equal(*status(ID), SIDECAR_RUN);
	other.event = NULL;
}

/*
 * Where Linux tells that it took a CPU nobody looks ten times a second, and
 * everybody looks when it does; the file may be a moment late. Who watches
 * where nobody can be told does look.
 */
static void changes_are_told(void **state)
{
	struct sidecar *watcher;

	(void)state;
	other.tells_changes = true;
	other.nr_changes = 3;
	begin();
	while (!sidecar_job_has_begun(cpu(CPU))) {
		assert_int_equal(poll_once(), SIDECAR_OK);
		assert_int_equal(sidecar_wait(s, 3600000), SIDECAR_OK);
		assert_true(waited_ns < ENDLESS_NS);
	}
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(sidecar_wait(s, 3600000), SIDECAR_OK);
	assert_true(waited_ns > ENDLESS_NS && waited_ns <= 2 * ENDLESS_NS);
	/* a time limit is kept */
	assert_int_equal(sidecar_wait(s, 5), SIDECAR_OK);
	assert_true(waited_ns == 5000000);
	/* there is something to do */
	other.nr_changes++;
	sidecar_job_ask_to_end(cpu(CPU));
	assert_int_equal(sidecar_wait(s, 3600000), SIDECAR_OK);
	assert_int_equal(waited_ns, 0);
	*status(ID) = SIDECAR_RUN;
	assert_int_equal(poll_once(), SIDECAR_OK);

	assert_int_equal(open_other(&watcher), SIDECAR_OK);
	assert_int_equal(sidecar_job_attach(cpu_of(watcher, CPU)), SIDECAR_OK);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(
			sidecar_job_poll(cpu_of(watcher, CPU), NULL, NULL),
			SIDECAR_OK);
		assert_int_equal(sidecar_wait(watcher, 3600000), SIDECAR_OK);
		assert_true(waited_ns <= 100000000);
	}

	other.nr_changes++;
	put_cpu(CPU, "hotplug/state", "238\n");
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(sidecar_wait(s, 3600000), SIDECAR_OK);
	assert_true(waited_ns <= 100000000);
	put_cpu(CPU, "online", "1\n");
	other.nr_changes++;
	assert_int_equal(poll_once(), SIDECAR_E_LINUX);
	put_cpu(CPU, "online", "0\n");
	put_cpu(CPU, "hotplug/state", "0\n");
	fake_job_end(ID, SIDECAR_RESULT_OK);
	/* closes the descriptor of both */
	sidecar_close(watcher);
	is_closed = false;
	other.fd = eventfd(0, EFD_CLOEXEC);
	other.tells_changes = false;
}

/* ---- Who watches -------------------------------------------------------- */

static bool is_claimed;
static uint32_t nr_tells;

static bool other_watch(struct backend *b, uint32_t vcpu_id)
{
	(void)b;
	return is_claimed && vcpu_id == ID;
}

static void other_tell(struct backend *b, int claim)
{
	(void)b;
	(void)claim;
	nr_tells++;
}

/* How long it would wait after a look. */
static uint64_t watches_for(struct sidecar *watcher)
{
	assert_int_equal(sidecar_job_poll(cpu_of(watcher, CPU), NULL, NULL),
			 SIDECAR_OK);
	assert_int_equal(sidecar_wait(watcher, 3600000), SIDECAR_OK);
	return waited_ns;
}

static bool watches_soon(struct sidecar *watcher)
{
	uint64_t ns = watches_for(watcher);

	return ns > 0 && ns <= 100000000;
}

/*
 * As long as the job has its client, that tells who watches; if not, they look
 * by themselves. Whatever they are told of, they wait again.
 */
static void watchers_are_told(void **state)
{
	struct sidecar *watcher;

	(void)state;
	other.tells_changes = true;
	other.nr_changes = 0;
	other.watch = other_watch;
	other.tell = other_tell;
	is_claimed = true;
	begin_seen();
	nr_tells = 0;
	fake_log(ID, "text", 4);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(nr_tells, 1);
	sidecar_job_leave_log(cpu(CPU));
	fake_log(ID, "more", 4);
	assert_int_equal(poll_once(), SIDECAR_OK);
	assert_int_equal(nr_tells, 2);

	other.nr_told += 5;
	assert_int_equal(open_other(&watcher), SIDECAR_OK);
	assert_int_equal(sidecar_job_attach(cpu_of(watcher, CPU)), SIDECAR_OK);
	watches_for(watcher); /* sees that it has begun */
	/* its client might die just now, of which nothing would tell */
	assert_true(watches_soon(watcher));
	assert_true(watches_for(watcher) > ENDLESS_NS);
	other.nr_told++;
	assert_true(watches_for(watcher) > ENDLESS_NS);
	/* a change that does not concern it */
	other.nr_changes++;
	assert_true(watches_soon(watcher));
	assert_true(watches_for(watcher) > ENDLESS_NS);
	/* its client is gone, of which a change tells: first, or just then */
	other.nr_changes++;
	assert_true(watches_soon(watcher));
	is_claimed = false;
	assert_true(watches_soon(watcher));
	assert_true(watches_soon(watcher));

	fake_job_end(ID, SIDECAR_RESULT_OK);
	/* closes the descriptor of both */
	sidecar_close(watcher);
	is_closed = false;
	other.fd = eventfd(0, EFD_CLOEXEC);
	other.tells_changes = false;
	other.watch = NULL;
	other.tell = NULL;
}

/* Lock files are there, until the test sets another folder. */
static void lock_in_tree(void)
{
	static char folder[512];

	snprintf(folder, sizeof(folder), "%s", in_tree("run/lock"));
	paths.locks = folder;
}

/* The lock file of a vCPU: who has it, and what comes of that. */
static void files_that_tell(void **state)
{
	struct devmem d = {.paths = &paths, .files_fd = changes_open_files()};
	struct job_note note = {.ended = true};
	struct backend *b = &d.backend;
	int claim;

	(void)state;
	lock_in_tree();
	assert_true(d.files_fd >= 0);
	unlink(in_tree("run/lock/vcpu-1"));
	/* nobody ever had it */
	assert_false(claim_watch(b, ID));
	claim = claim_vcpu(b, ID, CLAIM_VCPU);
	assert_true(claim >= 0);
	assert_true(claim_watch(b, ID));
	assert_true(claim_watch(b, ID));
	assert_int_equal(changes_take_files(d.files_fd), CHANGES_NONE);
	notes_tell(b, claim);
	assert_int_equal(changes_take_files(d.files_fd), CHANGES_WRITTEN);
	assert_int_equal(changes_take_files(d.files_fd), CHANGES_NONE);
	notes_set_job(b, claim, &note);
	assert_int_equal(changes_take_files(d.files_fd), CHANGES_WRITTEN);
	/* what is told does not spoil what is noted */
	notes_tell(b, claim);
	memset(&note, 0, sizeof(note));
	assert_true(notes_job(b, ID, &note) && note.ended);
	changes_take_files(d.files_fd);
	notes_tell(b, claim);
	claim_release(b, claim);
	assert_int_equal(changes_take_files(d.files_fd), CHANGES_CLOSED);
	/* who looks tells nobody */
	assert_false(claim_watch(b, ID));
	assert_int_equal(changes_take_files(d.files_fd), CHANGES_NONE);
	/* nor does it keep anybody else from it */
	claim = claim_vcpu(b, ID, CLAIM_VCPU);
	assert_true(claim >= 0);
	claim_release(b, claim);
	close(d.files_fd);
	d.files_fd = -1;
	assert_false(claim_watch(b, ID));
	paths.locks = "/nowhere";
}

static bool takes_event(int fd[2], uint32_t mask, size_t bytes,
			enum changes_files want)
{
	const struct inotify_event e = {.mask = mask};

	assert_int_equal(write(fd[1], &e, bytes), bytes);
	return changes_take_files(fd[0]) == want;
}

/* Events were lost, or are none: then anything may have happened. */
static void unclear_events(void **state)
{
	const size_t all = sizeof(struct inotify_event);
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	assert_int_equal(changes_take_files(fd[0]), CHANGES_NONE);
	assert_true(takes_event(fd, IN_MODIFY, all, CHANGES_WRITTEN));
	assert_true(takes_event(fd, IN_Q_OVERFLOW, all, CHANGES_CLOSED));
	assert_true(takes_event(fd, IN_IGNORED, all, CHANGES_CLOSED));
	assert_true(takes_event(fd, IN_MODIFY | IN_CLOSE_WRITE, all,
				CHANGES_CLOSED));
	assert_true(takes_event(fd, IN_MODIFY, all - 1, CHANGES_CLOSED));
	close(fd[0]);
	close(fd[1]);
}

/* Of text all who watch are told; all of them look again when one is gone. */
static void only_a_claim_is_a_change(void **state)
{
	struct devmem d = {.paths = &paths, .files_fd = -1};
	struct backend *b = &d.backend;
	int claim;

	(void)state;
	lock_in_tree();
	b->fd = epoll_create1(EPOLL_CLOEXEC);
	d.evtchn_fd = d.uevents_fd = d.clock_fd = -1;
	claim = claim_vcpu(b, ID, CLAIM_VCPU);
	assert_true(claim >= 0);
	assert_true(claim_watch(b, ID));
	notes_tell(b, claim);
	event_wait(b, ENDLESS_NS);
	assert_int_equal(b->nr_told, 1);
	assert_int_equal(b->nr_changes, 0);
	claim_release(b, claim);
	event_wait(b, ENDLESS_NS);
	assert_int_equal(b->nr_told, 2);
	assert_int_equal(b->nr_changes, 1);
	event_wait(b, 0);
	assert_int_equal(b->nr_told, 2);
	event_close(&d);
	paths.locks = "/nowhere";
}

/* By its end it would harm Linux: it is left to that of the process. */
static void a_channel_of_another_life(void **state)
{
	struct devmem d = {.paths = &paths, .files_fd = -1};
	int fd = eventfd(0, EFD_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	d.backend.fd = epoll_create1(EPOLL_CLOEXEC);
	d.uevents_fd = d.clock_fd = -1;
	d.evtchn_fd = fd;
	d.event = SIDECAR_EVENT(9, SIDECAR_LIFE(1, 2));
	assert_int_equal(event_word(&d.backend), 0);
	assert_int_equal(event_word(&d.backend), 0);
	event_close(&d);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	/* of this one */
	d.backend.fd = epoll_create1(EPOLL_CLOEXEC);
	d.evtchn_fd = fd;
	d.event = SIDECAR_EVENT(9, 0);
	assert_int_equal(event_word(&d.backend), 9);
	event_close(&d);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* no set to put it into */
	fd = eventfd(0, EFD_CLOEXEC);
	d.evtchn_fd = fd;
	event_close(&d);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* ---- What Linux tells of ------------------------------------------------ */

static bool hears(int fd[2], const char *text, size_t n)
{
	assert_int_equal(send(fd[1], text, n, 0), n);
	return changes_take_uevents(fd[0]);
}

#define HEARS(fd, text) hears(fd, text, sizeof(text))

static void cpus_that_come_online(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fd),
			 0);
	assert_true(HEARS(fd, "change@/devices/virtual/bdi/7:0"));
	assert_true(changes_only_online(fd[0]));
	assert_false(changes_take_uevents(fd[0]));
	assert_true(
		HEARS(fd, "online@/devices/system/cpu/cpu3\0ACTION=online"));
	assert_true(HEARS(fd, "online@/devices/system/cpu/cpu127"));
	assert_true(HEARS(fd, "offline@/devices/system/cpu/cpu3"));
	assert_false(HEARS(fd, "change@/devices/system/cpu/cpu3"));
	assert_false(HEARS(fd, "of"));
	assert_false(hears(fd, "", 0));
	close(fd[0]);
	close(fd[1]);
}

static void real_descriptors(void **state)
{
	int fd = changes_open_uevents(), clock = changes_open_clock();

	(void)state;
	assert_true(clock >= 0);
	assert_false(changes_take_clock(clock));
	close(clock);
	/* not where this runs without a network of its own */
	if (fd < 0)
		return;
	assert_false(changes_take_uevents(fd));
	close(fd);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_other, teardown_other)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(does_all),
		CASE(cannot_map),
		CASE(driver_has_it),
		CASE(event_ends_a_wait),
		CASE(events_have_a_port),
		CASE(changes_are_told),
		CASE(watchers_are_told),
		cmocka_unit_test(files_that_tell),
		cmocka_unit_test(unclear_events),
		cmocka_unit_test(a_channel_of_another_life),
		cmocka_unit_test(only_a_claim_is_a_change),
		cmocka_unit_test(cpus_that_come_online),
		cmocka_unit_test(real_descriptors),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
