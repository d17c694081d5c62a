/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: libsidecar on tables and pages that anybody may have
 * written. The fake sidecar's good ones have the input laid over; then the
 * input says which functions are called, and what changes while they wait.
 * Files, memory and locks are fuzz_guest.c's, the clock is here: no execution
 * waits.
 */
#include <errno.h>
#include <string.h>

#include "../../sidecar/lib/cpus.h"
#include "../../sidecar/lib/file.h"
#include "../../sidecar/lib/vcpu.h"
#include "fake/sidecar.h"
#include "fuzz_guest.h"

#define PAGE	  SIDECAR_PAGE_SIZE
#define TICK_NS	  10000u
#define DEADLINE  2u  /* ms */
#define MAX_WAITS 16u /* deadlines that one call may take one by one */
#define MAX_OPS	  24u
#define MAX_OVERS 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static uint64_t now_ns;

/* ---- What happens meanwhile --------------------------------------------- */

static struct file *any_file(uint8_t b)
{
	if (b & 64)
		return file_of_cpu(b % NR, "firmware_node/path");
	return file_of_cpu(b % NR, b & 128 ? "hotplug/state" : "online");
}

/* A base vCPU has none: the next one's. */
static struct sidecar_command *page_of(uint32_t id)
{
	return command(id % 4 ? id : id + 1);
}

static void change_page(uint8_t *page)
{
	uint32_t off = input_back(&in);
	uint32_t n = input_back(&in) % 8 + 1;

	off = (off | (uint32_t)input_back(&in) << 8) % (PAGE - 8);
	for (uint32_t i = 0; i < n; i++)
		page[off + i] = input_back(&in);
}

/* What a job says of its output, last in its slice. */
static void say_output(uint32_t id)
{
	struct sidecar_vcpu *v = sidecar_get_vcpu(s, id % sidecar_nr_vcpus(s));
	struct job_io *io;
	uint64_t pa;

	if (!sidecar_vcpu_job_bytes(v))
		return;
	pa = v->node->scratch_pa + vcpu_slice_offset(v) + vcpu_slice_bytes(v);
	if (pa > MEM_SIZE)
		return;
	io = (struct job_io *)(mem + pa) - 1;
	io->out_end = input_back(&in) * 64u;
	io->out_bytes = input_back(&in) * 64u;
}

static void happen(void)
{
	uint8_t b = input_back(&in);
	uint32_t id = b >> 5;
	struct file *f;

	switch (b % 32) {
	case 1:
		*status(id) = input_back(&in) % (SIDECAR_NR_STATES + 1);
		break;
	case 2:
		*status(id) = input_back(&in);
		break;
	case 3:
		f = any_file(input_back(&in));
		f->data[0] = input_back(&in);
		f->size = 1;
		break;
	case 4:
		change_page((uint8_t *)page_of(id));
		break;
	case 5:
		change_page((uint8_t *)control(id / 4));
		break;
	case 6:
		hw.up[id] = !hw.up[id];
		break;
	case 7:
		fake_job_end(id % 4 ? id : id + 1, input_back(&in));
		break;
	case 8:
		page_of(id)->log_head += input_back(&in) * 16u;
		break;
	case 9:
		say_output(id);
		break;
	default:
		break;
	}
}

uint64_t file_clock_ns(void)
{
	now_ns += TICK_NS;
	return now_ns;
}

void file_nap_ns(uint64_t ns)
{
	now_ns += ns;
	happen();
}

/* ---- Waking ------------------------------------------------------------- */

static struct wake_calls good;

/* INIT or an NMI to a CPU that Linux runs on would be Linux's end. */
static void check_not_in_linux(const struct madt_cpu *cpu)
{
	if (!cpu)
		return;
	if (cpu->linux_cpu < 0)
		check(!cpus_has_unnamed(s));
	else if (cpu->linux_cpu < (int32_t)NR)
		check(cpu_online((uint32_t)cpu->linux_cpu) == 0);
}

static const struct madt_cpu *cpu_of_apic(uint32_t apic_id)
{
	for (uint32_t i = 0; i < s->nr_cpus; i++)
		if (s->cpu[i].cpu.apic_id == apic_id)
			return &s->cpu[i];
	return NULL;
}

/* What the fake sidecar takes for Linux's CPU of a vCPU is offline. */
static bool is_offline(uint32_t vcpu_id)
{
	for (uint32_t i = 0; i < NR; i++)
		if (order[i] == vcpu_id)
			return cpu_online(i) == 0;
	return false;
}

static int any_up(void *ctx, uint32_t id)
{
	(void)ctx;
	check_not_in_linux(cpus_find(s, id));
	if (id < NR && good.up(NULL, id))
		return hw.error;
	happen();
	return 0;
}

static int any_is_up(void *ctx, uint32_t id)
{
	(void)ctx;
	return id < NR ? hw.up[id] : -ENOENT;
}

static int any_nmi(void *ctx, uint32_t id)
{
	(void)ctx;
	check_not_in_linux(cpus_find(s, id));
	if (id < NR && hw.up[id])
		good.nmi(NULL, id);
	happen();
	return 0;
}

/* The look at Linux's files and these are one step: nothing happens between. */
static int any_icr(void *ctx, uint64_t value)
{
	uint32_t apic_id = (uint32_t)(value >> 32);

	(void)ctx;
	check_not_in_linux(cpu_of_apic(apic_id));
	if (apic_id / 2 < NR && (value & 0xff) <= LOW_PA >> 12 &&
	    is_offline(apic_id / 2))
		good.icr(NULL, (value & ~0xffull) | ((value & 0xff00) == 0x4600
							     ? LOW_PA >> 12
							     : 0));
	return 0;
}

static void choose_wakes(uint8_t b)
{
	both_ways();
	good = waker;
	waker.up = b & 1 ? NULL : any_up;
	waker.is_up = b & 2 ? NULL : any_is_up;
	waker.nmi = b & 4 ? NULL : any_nmi;
	waker.icr = b & 8 ? NULL : any_icr;
}

static void choose_vcpus(uint8_t b)
{
	hw.job = b % 3;
	hw.fault = b & 4;
	hw.lost = b >> 3 & 3;
	hw.error = (b >> 5) == 1 ? -EINVAL : (b >> 5) == 2 ? -EPERM : 0;
	for (uint32_t i = 0; i < NR && b >> 5 == 3; i++)
		hw.deaf[i] = true;
	for (uint32_t i = 0; i < NR && b >> 5 == 4; i++)
		hw.deaf[i] = hw.dead[i] = hw.numb[i] = true;
}

/* ---- What is laid over the good tree ------------------------------------ */

/* A table's file is as long as its header says, if it can be. */
static void resize(struct file *f)
{
	struct acpi_header h;
	size_t n = input_number(&in, 2) % FILE_MAX;

	if (n > f->size)
		memset(f->data + f->size, 0, n - f->size);
	f->size = n;
	if (n < sizeof(h))
		return;
	memcpy(&h, f->data, sizeof(h));
	h.length = (uint32_t)n;
	memcpy(f->data, &h, sizeof(h));
}

static void repair(struct file *f)
{
	uint8_t sum = 0;

	if (f->size < sizeof(struct acpi_header))
		return;
	for (size_t i = 0; i < f->size; i++)
		sum = (uint8_t)(sum + f->data[i]);
	f->data[9] = (uint8_t)(f->data[9] - sum);
}

static void lay_file(struct file *f)
{
	uint32_t off = (uint32_t)input_number(&in, 2);

	if (f->size)
		input_copy(&in, f->data + off % f->size,
			   f->size - off % f->size);
}

static void lay_page(uint8_t *page)
{
	uint32_t off = (uint32_t)input_number(&in, 2) % PAGE;

	input_copy(&in, page + off, PAGE - off);
}

static void lay_over(void)
{
	uint8_t b = input_front(&in);

	switch (b % 9) {
	case 0:
		lay_file(file_find("tables/SCAR"));
		break;
	case 1:
		lay_file(file_find("tables/APIC"));
		break;
	case 2:
		resize(file_find("tables/SCAR"));
		break;
	case 3:
		resize(file_find("tables/APIC"));
		break;
	case 4:
		lay_file(file_find("cpuinfo"));
		break;
	case 5:
		lay_file(any_file(input_front(&in)));
		break;
	case 6:
		lay_page((uint8_t *)control(b >> 7));
		break;
	case 7:
		lay_page((uint8_t *)page_of(b >> 5));
		break;
	default:
		lay_page(mem + LOG_PA);
		break;
	}
}

/* ---- What is done ------------------------------------------------------- */

static void check_text(const char *text, size_t size)
{
	size_t n = strnlen(text, size);

	check(n < size);
	for (size_t i = 0; i < n; i++)
		check(text[i] >= ' ' && text[i] <= '~');
}

static void check_error(enum sidecar_error e)
{
	const char *bad = sidecar_bad_node(s);

	check(e <= SIDECAR_E_ARGUMENT && *sidecar_error_text(e));
	check_text(s->detail, sizeof(s->detail));
	check_text(sidecar_wake_method(s), SIDECAR_DETAIL_SIZE);
	if (bad)
		check_text(bad, SIDECAR_DETAIL_SIZE);
}

/* All of it can be written, and is in the carve: fake_mmap(). */
static void check_shared(const struct sidecar_node *n, uint32_t i)
{
	uint64_t bytes = sidecar_node_shared_bytes(n);
	size_t got;
	uint8_t *p;

	check(bytes <= sidecar_node_bytes(n));
	check(sidecar_node_scratch_bytes(n) <= sidecar_node_bytes(n) - bytes);
	if (sidecar_shared(s, i, (void **)&p, &got))
		return;
	check(got == bytes && bytes);
	p[0] = p[got - 1] = 0;
}

static void check_nodes(void)
{
	const struct sidecar_node *n;

	check(sidecar_nr_nodes(s) <= HANDLE_MAX_NODES);
	for (uint32_t i = 0; i < sidecar_nr_nodes(s); i++) {
		n = sidecar_get_node(s, i);
		check(n->nr_slots <= SIDECAR_NODE_VCPUS &&
		      n->nr_parked <= n->nr_slots);
		check(sidecar_node_address(n) && sidecar_node_bytes(n) &&
		      !((sidecar_node_address(n) | sidecar_node_bytes(n)) %
			PAGE));
		check(sidecar_node_scratch_bytes(n) <= sidecar_node_bytes(n));
		check_shared(n, i);
	}
	check(!sidecar_get_node(s, sidecar_nr_nodes(s)));
}

static void check_vcpu(struct sidecar_vcpu *v)
{
	const struct sidecar_node *n = sidecar_vcpu_node(v);
	uint64_t bytes = sidecar_vcpu_job_bytes(v);
	int32_t linux_cpu = sidecar_vcpu_linux_cpu(v);
	struct sidecar_vcpu *found;

	check(sidecar_vcpu_slot(v) < n->nr_slots && linux_cpu >= -1);
	check(sidecar_vcpu_in_linux(v) <= SIDECAR_LINUX_UNKNOWN);
	check(sidecar_vcpu_is_up(v) >= -1 && sidecar_vcpu_is_up(v) <= 1);
	check(bytes * n->nr_parked <= n->scratch_bytes);
	check(!bytes || vcpu_slice_offset(v) <= n->scratch_bytes - bytes);
	check(!sidecar_vcpu_is_base(v) || !bytes);
	check(*sidecar_state_text(sidecar_vcpu_state(v)));
	check(linux_cpu < 0 ||
	      (!sidecar_find_cpu(s, (uint32_t)linux_cpu, &found) &&
	       found == v));
	sidecar_vcpu_has_job(v);
	sidecar_vcpu_linux_had(v);
}

static void check_all(void)
{
	check_nodes();
	for (uint32_t i = 0; i < sidecar_nr_vcpus(s); i++)
		check_vcpu(sidecar_get_vcpu(s, i));
	check(!sidecar_get_vcpu(s, sidecar_nr_vcpus(s)));
}

static void read_boot_log(void)
{
	char *text = NULL;
	size_t n;
	enum sidecar_error e = sidecar_boot_log(s, &text, &n);

	check_error(e);
	if (!e)
		check(n <= 1u << 20 && strlen(text) == n);
	free(e ? NULL : text);
}

static void request(struct sidecar_vcpu *v, uint32_t number)
{
	struct sidecar_answer a = {.size = sizeof(a)};
	uint64_t arg[2];

	for (uint32_t k = 0; k < 2; k++)
		arg[k] = input_front(&in);
	check_error(sidecar_vcpu_command(v, number, arg, 2, &a));
	check_text(a.error, sizeof(a.error));
}

/* All of an output can be read. */
static void read_output(void *arg, const void *p, size_t bytes)
{
	const volatile uint8_t *byte = p;

	check(arg == &in && bytes);
	(void)(byte[0] + byte[bytes - 1]);
}

static void start_job(struct sidecar_vcpu *v)
{
	static const uint8_t file[2 * PAGE] = {1, 2, 3};
	struct sidecar_job job = {
		.size = sizeof(job), .file = file, .arg = {1, 2, 3, 4}};
	uint32_t b = (uint32_t)input_number(&in, 2);

	job.file_bytes = b % sizeof(file);
	job.if_free = job.file_bytes % 2;
	job.run_flags = b >> 14;
	if (job.run_flags & JOB_RUN_IO) {
		job.input = file;
		job.input_bytes = b % PAGE;
		job.output = read_output;
		job.output_arg = &in;
	}
	check_error(sidecar_job_start(v, &job));
}

/* One piece of the log, in a buffer of the size that the input says. */
static bool poll_job_once(struct sidecar_vcpu *v)
{
	static const size_t sizes[] = {SIDECAR_LOG_SIZE, 0, 1, 100};
	char log[SIDECAR_LOG_SIZE + 1];
	struct sidecar_answer a = {.size = sizeof(a)};
	struct sidecar_progress p = {.size = sizeof(p), .log = log};
	enum sidecar_error e;

	p.log_size = sizes[input_front(&in) % 4];
	log[p.log_size] = 42;
	e = sidecar_job_poll(v, &p, &a);
	check_error(e);
	check(p.log_bytes <= p.log_size && log[p.log_size] == 42);
	check_text(a.error, sizeof(a.error));
	check(e != SIDECAR_E_COMMAND || p.ended);
	return !e && !p.ended;
}

static void poll_job(struct sidecar_vcpu *v)
{
	for (uint32_t n = input_front(&in) % 32 + 1; n; n--) {
		if (!poll_job_once(v))
			return;
		check_error(sidecar_wait(s, 1));
	}
}

static void do_one(uint8_t op, struct sidecar_vcpu *v)
{
	bool restarted;

	switch (op % 12) {
	case 0:
		check_vcpu(v);
		break;
	case 1:
		request(v, input_front(&in));
		break;
	case 2:
		start_job(v);
		break;
	case 3:
	case 4:
		poll_job(v);
		break;
	case 5:
		sidecar_job_ask_to_end(v);
		if (op & 128)
			check_error(sidecar_job_attach(v));
		if (op & 64)
			check_error(sidecar_job_ring(v));
		break;
	case 6:
		check_error(sidecar_job_end(v, &restarted));
		break;
	case 7:
		check_error(sidecar_vcpu_online(v));
		break;
	case 8:
		check_error(sidecar_vcpu_return(v));
		break;
	case 9:
		happen();
		break;
	default:
		request(v, op % 6);
		break;
	}
}

/* Each call ends, each wait within its deadline. */
static void do_in_time(uint8_t op, struct sidecar_vcpu *v)
{
	uint64_t begin = now_ns;

	do_one(op, v);
	check(now_ns - begin < MAX_WAITS * DEADLINE * 1000000u * 2);
}

static void use(void)
{
	uint32_t nr = sidecar_nr_vcpus(s);

	check_all();
	for (uint32_t n = 0; n < MAX_OPS && in.left && nr; n++) {
		uint8_t op = input_front(&in);

		do_in_time(op, sidecar_get_vcpu(s, input_front(&in) % nr));
	}
	read_boot_log();
	check_all();
}

/* ---- One execution ------------------------------------------------------ */

/* The second node has shared memory, behind a carve that reaches so far. */
static void give_shared(void)
{
	struct sidecar_control *c = control(1);

	c->shared_size = SIDECAR_SHARED_ALIGN;
	c->shared_offset = 2 * SIDECAR_SHARED_ALIGN - CARVE(1);
	c->carve_size = c->shared_offset + c->shared_size;
	scar.n[1].carve_size = c->carve_size;
	put_scar(sizeof(scar));
}

static void reset(void)
{
	guest_clear();
	for (uint32_t id = 0; id < NR; id++)
		memset(page_of(id), 0, PAGE);
	memset(mem + LOG_PA, 0, PAGE);
	memset(&hw, 0, sizeof(hw));
	now_ns = 1;
	good_scar();
	good_madt();
	good_cpus();
	good_control(0);
	good_control(1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	guest_make();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum sidecar_error e;
	uint8_t b;

	in = (struct input){data, size};
	timeout_ms = DEADLINE;
	reset();
	b = input_front(&in);
	if (b & 64)
		give_shared();
	choose_wakes(b);
	choose_vcpus(input_front(&in));
	for (uint32_t n = input_front(&in) % MAX_OVERS; n; n--)
		lay_over();
	if (!(b & 16))
		repair(file_find("tables/SCAR"));
	if (!(b & 32))
		repair(file_find("tables/APIC"));
	e = open_again();
	check_error(e);
	if (!e)
		use();
	sidecar_close(s);
	s = NULL;
	guest_check_closed();
	return 0;
}
