/* SPDX-License-Identifier: MIT */
/*
 * libsidecar on a tree of files in place of /sys and /dev/mem, with vCPUs
 * played by the functions that wake them: discovery, hostile tables and
 * control pages, numbering, commands, moving vCPUs, output.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/acpi.h"
#include "sidecar/libsidecar.h"
#include "../../sidecar/client/show.h"

#define NR	 8 /* vCPUs, two nodes of four; vCPU 0 and 4 are base */
#define CARVE(n) (0x200000u + 0x100000u * (n))
#define CARVE_SZ 0x40000u
#define VCPU_OFF 0x9000u
#define MEM_SIZE 0x400000u
#define LOW_PA	 0x9b000u
#define LOG_PA	 0x100000u

/* Linux's CPU for each vCPU, as the shim orders the MADT. */
static const uint32_t order[NR] = {0, 4, 1, 2, 3, 5, 6, 7};

static char dir[64];
static char path_tables[128], path_cpus[128], path_cpuinfo[128], path_mem[128],
	path_locks[128];
static struct sidecar_paths paths;
static uint8_t *mem;
static struct sidecar *s;

static struct {
	struct scar_header h;
	struct scar_node n[2];
} scar;
static struct {
	struct acpi_madt h;
	struct acpi_madt_lapic cpu[NR];
} __attribute__((packed)) madt;

/* ---- Files -------------------------------------------------------------- */

static void put(const char *name, const void *p, size_t n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static void put_cpu(uint32_t cpu, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "cpu/cpu%u/%s", cpu, name);
	put_text(path, text);
}

static int cpu_online(uint32_t cpu)
{
	char path[256], c = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cpu/cpu%u/online", dir, cpu);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(&c, 1, 1, f), 1);
	fclose(f);
	return c - '0';
}

static void checksum(void *p, size_t n, uint8_t *sum)
{
	uint8_t all = 0;

	*sum = 0;
	for (size_t i = 0; i < n; i++)
		all = (uint8_t)(all + ((uint8_t *)p)[i]);
	*sum = (uint8_t)-all;
}

static void put_scar(size_t n)
{
	checksum(&scar, n, &scar.h.checksum);
	put("tables/SCAR", &scar, n);
}

static void put_madt(void)
{
	checksum(&madt, sizeof(madt), &madt.h.h.checksum);
	put("tables/APIC", &madt, sizeof(madt));
}

static struct sidecar_control *control(uint32_t node)
{
	return (struct sidecar_control *)(mem + CARVE(node));
}

static struct sidecar_command *command(uint32_t vcpu_id)
{
	return (struct sidecar_command *)(mem + CARVE(vcpu_id / 4) + VCPU_OFF +
					  (vcpu_id % 4 - 1) * 0x3000);
}

static volatile uint8_t *status(uint32_t vcpu_id)
{
	return &control(vcpu_id / 4)->status[vcpu_id % 4];
}

/* ---- The good tree ------------------------------------------------------ */

static void good_scar(void)
{
	memset(&scar, 0, sizeof(scar));
	memcpy(scar.h.signature, SCAR_SIGNATURE, 4);
	scar.h.length = sizeof(scar);
	scar.h.abi_version = SIDECAR_ABI_VERSION;
	scar.h.log_pa = LOG_PA;
	scar.h.log_size = 0x4000;
	scar.h.low_pa = LOW_PA;
	scar.h.low_size = 0x4000;
	scar.h.nr_nodes = 2;
	scar.h.node_size = sizeof(struct scar_node);
	for (uint32_t i = 0; i < 2; i++)
		scar.n[i] = (struct scar_node){CARVE(i), CARVE_SZ, i, i, i, 4};
	put_scar(sizeof(scar));
}

static void good_madt(void)
{
	memset(&madt, 0, sizeof(madt));
	memcpy(madt.h.h.signature, "APIC", 4);
	madt.h.h.length = sizeof(madt);
	for (uint32_t i = 0; i < NR; i++)
		madt.cpu[i] = (struct acpi_madt_lapic){
			ACPI_MADT_LAPIC, sizeof(madt.cpu[i]), (uint8_t)order[i],
			(uint8_t)(2 * order[i]), ACPI_MADT_ENABLED};
	put_madt();
}

static void good_control(uint32_t node)
{
	struct sidecar_control *c = control(node);

	memset(c, 0, sizeof(*c));
	c->magic = SIDECAR_CONTROL_MAGIC;
	c->abi_version = SIDECAR_ABI_VERSION;
	c->node = c->vnode = node;
	c->nr_slots = 4;
	c->nr_parked = 3;
	c->carve_pa = CARVE(node);
	c->carve_size = CARVE_SZ;
	c->vcpu_offset = VCPU_OFF;
	c->vcpu_stride = 0x3000;
	c->scratch_offset = 0x20000;
	c->scratch_size = 0x20000;
	c->low_pa = LOW_PA;
	for (uint16_t i = 0; i < 4; i++) {
		c->slot[i].vcpu_id = node * 4 + i;
		c->slot[i].apic_id = 2 * (node * 4 + i);
		c->slot[i].pages =
			i ? (uint16_t)(i - 1) : SIDECAR_SLOT_NO_PAGES;
		c->status[i] = i ? SIDECAR_IDLE : SIDECAR_REMOVED;
	}
}

static void good_cpus(void)
{
	for (uint32_t i = 0; i < NR; i++) {
		put_cpu(i, "online", i < 2 ? "1\n" : "0\n");
		put_cpu(i, "hotplug/state", i < 2 ? "238\n" : "0\n");
	}
	put_text("cpuinfo", "processor\t: 0\ninitial apicid\t: 77\n"
			    "apicid\t\t: 0\n\nprocessor\t: 1\napicid\t\t: 8\n");
}

/* ---- vCPUs -------------------------------------------------------------- */

static struct {
	bool deaf[NR];	  /* does not hear wakes */
	bool up[NR];	  /* what is_up says */
	uint64_t sent[8]; /* ICR values */
	uint32_t nr_sent, nr_up;
	int error;	  /* of up */
	const char *text; /* error text of its next answer */
	bool fault;
} hw;

static void answer(uint32_t id)
{
	struct sidecar_command *c = command(id);

	c->result = SIDECAR_RESULT_OK;
	c->error_len = 0;
	for (uint32_t i = 0; i < 5; i++)
		c->ret[i] = id * 100 + i;
	if (hw.text) {
		c->result = SIDECAR_RESULT_UNKNOWN;
		c->error_len = 0xffffffff;
		memset(c->error, 7, sizeof(c->error));
		memcpy(c->error, hw.text, strlen(hw.text));
	}
	*status(id) = (uint8_t)(hw.fault ? SIDECAR_REMOVED : SIDECAR_IDLE);
}

static void hear(uint32_t id)
{
	if (hw.deaf[id])
		return;
	if (*status(id) == SIDECAR_RUN)
		answer(id);
	else if (*status(id) == SIDECAR_REMOVE)
		*status(id) = SIDECAR_REMOVED;
}

static int fake_up(void *ctx, uint32_t id)
{
	(void)ctx;
	assert_true(id < NR);
	hw.nr_up++;
	if (!hw.error)
		hear(id);
	return hw.error;
}

static int fake_is_up(void *ctx, uint32_t id)
{
	(void)ctx;
	assert_true(id < NR);
	return hw.up[id];
}

static int fake_icr(void *ctx, uint64_t value)
{
	uint32_t id = (uint32_t)(value >> 32) / 2;

	(void)ctx;
	assert_true(id < NR);
	for (uint32_t i = 0; i < NR; i++)
		if (order[i] == id)
			assert_int_equal(cpu_online(i), 0);
	if (hw.nr_sent < 8)
		hw.sent[hw.nr_sent++] = value;
	switch (value & 0xff00) {
	case 0x4400:
		hear(id);
		return 0;
	case 0x4500:
		hw.deaf[id] = hw.up[id] = false;
		return 0;
	case 0x4600:
		assert_int_equal(value & 0xff, LOW_PA >> 12);
		hear(id);
		return 0;
	default:
		fail();
		return -EINVAL;
	}
}

static struct sidecar_waker waker;
static struct sidecar_config config;

static void both_ways(void)
{
	waker = (struct sidecar_waker){
		.up = fake_up,
		.is_up = fake_is_up,
		.icr = fake_icr,
	};
}

static enum sidecar_error open_again(void)
{
	sidecar_close(s);
	return sidecar_open(&config, &s);
}

static uint32_t cpu(uint32_t linux_cpu)
{
	int32_t i = sidecar_find_cpu(s, linux_cpu);

	assert_true(i >= 0);
	return (uint32_t)i;
}

/* ---- Set-up ------------------------------------------------------------- */

static void make(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_mem(void)
{
	int fd = open(path_mem, O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, MEM_SIZE), 0);
	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(mem != MAP_FAILED);
	close(fd);
}

static int make_tree(void **state)
{
	char name[64];

	(void)state;
	strcpy(dir, "/tmp/test_client.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path_tables, sizeof(path_tables), "%s/tables", dir);
	snprintf(path_cpus, sizeof(path_cpus), "%s/cpu", dir);
	snprintf(path_cpuinfo, sizeof(path_cpuinfo), "%s/cpuinfo", dir);
	snprintf(path_mem, sizeof(path_mem), "%s/mem", dir);
	snprintf(path_locks, sizeof(path_locks), "%s/run/lock", dir);
	paths = (struct sidecar_paths){path_tables, path_cpus, path_cpuinfo,
				       path_mem,    "none",    "none",
				       path_locks};
	make("tables");
	make("cpu");
	for (uint32_t i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "cpu/cpu%u", i);
		make(name);
		snprintf(name, sizeof(name), "cpu/cpu%u/hotplug", i);
		make(name);
	}
	make_mem();
	return 0;
}

static int remove_tree(void **state)
{
	char cmd[128];

	(void)state;
	munmap(mem, MEM_SIZE);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static int setup(void **state)
{
	(void)state;
	memset(mem, 0, MEM_SIZE);
	memset(&hw, 0, sizeof(hw));
	good_scar();
	good_madt();
	good_cpus();
	good_control(0);
	good_control(1);
	both_ways();
	config = (struct sidecar_config){&paths, &waker, 60};
	s = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sidecar_close(s);
	return 0;
}

/* ---- Discovery ---------------------------------------------------------- */

static void finds_all(void **state)
{
	struct sidecar_node_info n;
	struct sidecar_vcpu_info v;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_nr_nodes(s), 2);
	assert_int_equal(sidecar_nr_vcpus(s), 8);
	sidecar_node(s, 1, &n);
	assert_int_equal(n.carve_pa, CARVE(1));
	assert_int_equal(n.carve_size, CARVE_SZ);
	assert_int_equal(n.scratch_size, 0x20000);
	for (uint32_t i = 0; i < NR; i++) {
		sidecar_vcpu(s, cpu(i), &v);
		assert_int_equal(v.linux_cpu, i);
		assert_int_equal(v.vcpu_id, order[i]);
		assert_int_equal(v.apic_id, 2 * order[i]);
		assert_int_equal(v.base, i < 2);
		assert_int_equal(v.in_linux, i < 2 ? SIDECAR_LINUX_ONLINE
						   : SIDECAR_LINUX_OFFLINE);
	}
	assert_int_equal(sidecar_find_cpu(s, 8), -1);
}

static void refused(enum sidecar_error want)
{
	put_scar(sizeof(scar));
	assert_int_equal(open_again(), want);
	assert_true(strlen(sidecar_detail(s)) > 0);
	good_scar();
}

static void hostile_scar_header(void **state)
{
	(void)state;
	scar.h.signature[0] = 'X';
	refused(SIDECAR_E_TABLE);
	scar.h.length--;
	refused(SIDECAR_E_TABLE);
	scar.h.length = 0xffffffff;
	refused(SIDECAR_E_TABLE);
	scar.h.abi_version = SIDECAR_ABI_VERSION + 1;
	refused(SIDECAR_E_ABI);
	scar.h.nr_nodes = 1;
	refused(SIDECAR_E_TABLE);
	scar.h.nr_nodes = 0x08000002; /* times 32 is 64 in 32 bits */
	refused(SIDECAR_E_TABLE);
	scar.h.node_size = 16;
	refused(SIDECAR_E_TABLE);
	scar.h.low_pa = 0x100000;
	refused(SIDECAR_E_TABLE);
	scar.h.low_pa = LOW_PA + 1;
	refused(SIDECAR_E_TABLE);
	put_scar(20);
	assert_int_equal(open_again(), SIDECAR_E_TABLE);
	good_scar();
	scar.h.checksum++;
	put("tables/SCAR", &scar, sizeof(scar));
	assert_int_equal(open_again(), SIDECAR_E_TABLE);
}

static void hostile_scar_nodes(void **state)
{
	(void)state;
	scar.n[0].carve_pa++;
	refused(SIDECAR_E_TABLE);
	scar.n[0].carve_pa = 0;
	refused(SIDECAR_E_TABLE);
	scar.n[0].carve_pa = UINT64_MAX - 0xfff;
	refused(SIDECAR_E_TABLE);
	scar.n[0].carve_size = UINT64_MAX - 0xfff;
	refused(SIDECAR_E_TABLE);
	scar.n[0].carve_size = 0;
	refused(SIDECAR_E_TABLE);
	scar.n[0].nr_vcpus = 33;
	refused(SIDECAR_E_TABLE);
	scar.n[0].nr_vcpus = 0;
	refused(SIDECAR_E_TABLE);
	scar.n[1].carve_pa = CARVE(0) + CARVE_SZ - 0x1000;
	refused(SIDECAR_E_TABLE);
	scar.n[1].node = 0;
	refused(SIDECAR_E_TABLE);
	scar.n[0].node = 7;
	refused(SIDECAR_E_CONTROL);
}

static void absent(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/tables/SCAR", dir);
	unlink(path);
	assert_int_equal(open_again(), SIDECAR_E_ABSENT);
	good_scar();
	paths.mem = "/nowhere";
	assert_int_equal(open_again(), SIDECAR_E_MEM);
	paths.mem = path_mem;
}

static void control_refused(enum sidecar_error want)
{
	assert_int_equal(open_again(), want);
	good_control(0);
	good_control(1);
}

static void hostile_control(void **state)
{
	struct sidecar_control *c = control(1);

	(void)state;
	c->magic++;
	control_refused(SIDECAR_E_CONTROL);
	c->abi_version = 0;
	control_refused(SIDECAR_E_ABI);
	c->node = 0;
	control_refused(SIDECAR_E_CONTROL);
	c->carve_pa += 0x1000;
	control_refused(SIDECAR_E_CONTROL);
	c->carve_size = UINT64_MAX;
	control_refused(SIDECAR_E_CONTROL);
	c->low_pa = 0;
	control_refused(SIDECAR_E_CONTROL);
	c->nr_slots = 33;
	control_refused(SIDECAR_E_CONTROL);
	c->nr_parked = 5;
	control_refused(SIDECAR_E_CONTROL);
	c->vcpu_stride = 0xfffff000;
	control_refused(SIDECAR_E_CONTROL);
	c->vcpu_stride = 0;
	control_refused(SIDECAR_E_CONTROL);
	c->vcpu_offset = 0;
	control_refused(SIDECAR_E_CONTROL);
	c->vcpu_offset = 0xfffff000;
	control_refused(SIDECAR_E_CONTROL);
	c->vcpu_offset = CARVE_SZ - 0x8000;
	control_refused(SIDECAR_E_CONTROL);
	c->scratch_size = UINT64_MAX - 0xfff;
	control_refused(SIDECAR_E_CONTROL);
}

static void hostile_slots(void **state)
{
	struct sidecar_control *c = control(1);

	(void)state;
	c->slot[1].pages = 3;
	control_refused(SIDECAR_E_CONTROL);
	c->slot[1].pages = c->slot[2].pages;
	control_refused(SIDECAR_E_CONTROL);
	c->slot[1].vcpu_id = 1; /* of node 0 */
	control_refused(SIDECAR_E_CONTROL);
	c->slot[1].vcpu_id = 0xffffffff;
	control_refused(SIDECAR_E_CONTROL);
	c->slot[1].apic_id = 0; /* an INIT there would end Linux */
	control_refused(SIDECAR_E_CONTROL);
}

/* A control page that is changed later changes nothing. */
static void control_is_copied(void **state)
{
	struct sidecar_answer a;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	control(0)->vcpu_offset = 0xfffff000;
	control(0)->slot[1].pages = 0xeeee;
	control(0)->nr_slots = 0xffffffff;
	assert_int_equal(
		sidecar_request(s, cpu(2), SIDECAR_COMMAND_STATS, NULL, &a),
		SIDECAR_OK);
	assert_int_equal(a.ret[4], 104);
}

static void numbering(void **state)
{
	(void)state;
	put_text("cpuinfo", "processor\t: 0\napicid\t\t: 0\n"
			    "processor\t: 1\napicid\t\t: 2\n");
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	put_text("cpuinfo", "processor\t: 99\napicid\t\t: 0\n");
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	put_text("cpuinfo", "apicid\t\t: 0\n");
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	put_text("cpuinfo", "processor\t: 0\napicid\t\t: 0");
	assert_int_equal(open_again(), SIDECAR_OK);
	/* one that is not enabled has no number; here it has a slot */
	madt.cpu[7].flags = 0;
	put_madt();
	assert_int_equal(open_again(), SIDECAR_E_CONTROL);
}

static void hostile_madt(void **state)
{
	(void)state;
	madt.cpu[2].length = 0;
	put_madt();
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	good_madt();
	madt.cpu[7].length = 9;
	put_madt();
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	good_madt();
	madt.cpu[7].uid = 0;
	put_madt();
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	good_madt();
	madt.h.h.checksum++;
	put("tables/APIC", &madt, sizeof(madt));
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	put("tables/APIC", &madt, 12);
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
}

/* ---- Commands ----------------------------------------------------------- */

static enum sidecar_error do_ping(uint32_t linux_cpu)
{
	struct sidecar_answer a;

	return sidecar_request(s, cpu(linux_cpu), SIDECAR_COMMAND_PING, NULL,
			       &a);
}

static void pings(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	for (uint32_t i = 2; i < NR; i++)
		assert_int_equal(do_ping(i), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 0);
	assert_int_equal(do_ping(0), SIDECAR_E_CPU);
	waker.up = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(do_ping(5), SIDECAR_OK);
	assert_true(hw.sent[0] == (UINT64_C(10) << 32 | 0x4400));
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(do_ping(5), SIDECAR_E_WAY);
	assert_int_equal(*status(5), SIDECAR_IDLE);
}

static void errors_are_printable(void **state)
{
	struct sidecar_answer a;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.text = "no\033[2J";
	assert_int_equal(sidecar_request(s, cpu(2), 99, NULL, &a),
			 SIDECAR_E_COMMAND);
	assert_int_equal(a.result, SIDECAR_RESULT_UNKNOWN);
	assert_memory_equal(a.error, "no?[2J???", 9);
	assert_int_equal(strlen(a.error), SIDECAR_ERROR_SIZE - 4);
	hw.fault = true;
	assert_int_equal(do_ping(2), SIDECAR_E_COMMAND);
	assert_int_equal(do_ping(2), SIDECAR_E_REMOVED);
}

static void never_touches_linux(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	put_cpu(3, "online", "1\n");
	assert_int_equal(do_ping(3), SIDECAR_E_LINUX);
	assert_int_equal(sidecar_online(s, cpu(3)), SIDECAR_E_LINUX);
	put_cpu(3, "online", "0\n");
	put_cpu(3, "hotplug/state", "57\n");
	assert_int_equal(do_ping(3), SIDECAR_E_LINUX);
	assert_int_equal(sidecar_return(s, cpu(3)), SIDECAR_E_LINUX);
	put_cpu(3, "online", "x");
	assert_int_equal(do_ping(3), SIDECAR_E_LINUX);
	assert_int_equal(hw.nr_up + hw.nr_sent, 0);
}

static void impossible_states(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	*status(2) = 0x77;
	assert_int_equal(do_ping(3), SIDECAR_E_STATE);
	*status(2) = SIDECAR_REMOVED;
	assert_int_equal(do_ping(3), SIDECAR_E_REMOVED);
	/* left behind by a client that died */
	*status(2) = SIDECAR_RUN;
	assert_int_equal(do_ping(3), SIDECAR_OK);
	assert_int_equal(hw.nr_sent, 0);
}

static void deaf_is_restarted(void **state)
{
	struct sidecar_answer a;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.deaf[2] = true;
	assert_int_equal(
		sidecar_request(s, cpu(3), SIDECAR_COMMAND_PING, NULL, &a),
		SIDECAR_OK);
	assert_true(a.restarted);
	assert_int_equal(hw.nr_sent, 2);
	assert_true(hw.sent[0] == (UINT64_C(4) << 32 | 0x4500));
	assert_true(hw.sent[1] == (UINT64_C(4) << 32 | 0x469b));
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.deaf[2] = true;
	assert_int_equal(do_ping(3), SIDECAR_E_TIMEOUT);
}

static void locked(void **state)
{
	char path[256];
	int fd;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(do_ping(2), SIDECAR_OK);
	snprintf(path, sizeof(path), "%s/vcpu-1", path_locks);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(do_ping(2), SIDECAR_E_BUSY);
	assert_int_equal(do_ping(3), SIDECAR_OK);
	close(fd);
	assert_int_equal(do_ping(2), SIDECAR_OK);
	unlink(path);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(do_ping(2), SIDECAR_E_SYSTEM);
	unlink(path);
}

/* ---- Moving ------------------------------------------------------------- */

static void moves(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	for (uint32_t turn = 0; turn < 3; turn++) {
		hw.nr_sent = 0;
		assert_int_equal(sidecar_online(s, cpu(6)), SIDECAR_OK);
		assert_int_equal(*status(6), SIDECAR_REMOVED);
		assert_int_equal(hw.nr_sent, 0);
		assert_int_equal(cpu_online(6), 1);
		assert_int_equal(sidecar_return(s, cpu(6)), SIDECAR_OK);
		assert_int_equal(cpu_online(6), 0);
		assert_int_equal(*status(6), SIDECAR_IDLE);
		assert_int_equal(hw.nr_sent, 2);
		assert_int_equal(do_ping(6), SIDECAR_OK);
	}
	assert_int_equal(sidecar_online(s, cpu(0)), SIDECAR_E_CPU);
	assert_int_equal(sidecar_return(s, cpu(0)), SIDECAR_E_CPU);
}

/* Xen 4.17 makes Linux panic when it onlines a vCPU that is up. */
static void only_down_is_onlined(void **state)
{
	(void)state;
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	hw.up[6] = true;
	assert_int_equal(sidecar_online(s, cpu(6)), SIDECAR_E_WAY);
	assert_int_equal(cpu_online(6), 0);
	both_ways();
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_online(s, cpu(6)), SIDECAR_OK);
	assert_true(hw.sent[0] == (UINT64_C(12) << 32 | 0x4500));
	assert_int_equal(cpu_online(6), 1);
}

static void moves_by_msr(void **state)
{
	(void)state;
	waker.up = NULL;
	waker.is_up = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_online(s, cpu(6)), SIDECAR_OK);
	/* NMI to wake it; INIT, as nobody can say that it is DOWN */
	assert_int_equal(hw.nr_sent, 2);
	assert_true(hw.sent[1] == (UINT64_C(12) << 32 | 0x4500));
	assert_int_equal(sidecar_return(s, cpu(6)), SIDECAR_OK);
	waker.icr = NULL;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_online(s, cpu(6)), SIDECAR_E_WAY);
	put_cpu(6, "online", "1\n");
	assert_int_equal(sidecar_return(s, cpu(6)), SIDECAR_E_WAY);
	assert_int_equal(cpu_online(6), 1);
}

/* ---- Output ------------------------------------------------------------- */

static void list_text(bool json, char *text, size_t size)
{
	struct show p = {.json = json};

	p.to = fmemopen(text, size, "w");
	assert_non_null(p.to);
	show_list(&p, s);
	fclose(p.to);
}

static void lists(void **state)
{
	static char text[8192];

	(void)state;
	put_cpu(5, "online", "1\n");
	*status(6) = 9;
	assert_int_equal(open_again(), SIDECAR_OK);
	list_text(false, text, sizeof(text));
	assert_non_null(strstr(text, "sidecar node 1: vnode 1, memory of vnode "
				     "1 at 0x300000: 262144 bytes, 131072 of "
				     "them scratch\n"));
	assert_non_null(strstr(text, "      2     1        2  idle     DOWN  "
				     "offline"));
	assert_non_null(strstr(text, "taken by Linux itself"));
	assert_non_null(strstr(text, "impossible state"));
	list_text(true, text, sizeof(text));
	assert_non_null(strstr(text, "{\"linux_cpu\": 5, \"vcpu\": 5, "
				     "\"apic_id\": 10, \"slot\": 1, \"base\": "
				     "false, \"state\": \"idle\", \"status\": "
				     "1, \"up\": false, \"linux\": \"online\", "
				     "\"taken\": true, \"job\": false}"));
}

static void boot_log(void **state)
{
	char *text;
	size_t n;

	(void)state;
	strcpy((char *)mem + LOG_PA, "shim: hello\n");
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_log(s, &text, &n), SIDECAR_OK);
	assert_string_equal(text, "shim: hello\n");
	free(text);
	memset(mem + LOG_PA, 'x', 0x4000);
	assert_int_equal(sidecar_log(s, &text, &n), SIDECAR_OK);
	assert_int_equal(n, 0x4000);
	free(text);
	scar.h.log_size = 0xffffffff;
	put_scar(sizeof(scar));
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_log(s, &text, &n), SIDECAR_E_TABLE);
}

static void errors_have_text(void **state)
{
	(void)state;
	for (int e = SIDECAR_OK; e <= SIDECAR_E_REFUSED; e++)
		assert_string_not_equal(
			sidecar_error_text((enum sidecar_error)e),
			"unknown error");
	assert_string_equal(sidecar_state_text(SIDECAR_NR_STATES), "?");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(finds_all),
		CASE(hostile_scar_header),
		CASE(hostile_scar_nodes),
		CASE(absent),
		CASE(hostile_control),
		CASE(hostile_slots),
		CASE(control_is_copied),
		CASE(numbering),
		CASE(hostile_madt),
		CASE(pings),
		CASE(errors_are_printable),
		CASE(never_touches_linux),
		CASE(impossible_states),
		CASE(deaf_is_restarted),
		CASE(locked),
		CASE(moves),
		CASE(only_down_is_onlined),
		CASE(moves_by_msr),
		CASE(lists),
		CASE(boot_log),
		CASE(errors_have_text),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
