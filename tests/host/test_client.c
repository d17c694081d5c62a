/* SPDX-License-Identifier: MIT */
/*
 * libsidecar on a tree of files in place of /sys and /dev/mem: what it finds,
 * hostile tables and control pages, numbering, the list and the log.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/vcpu.h>
#include <xen/sys/privcmd.h>

#include "abi/privcmd.h"
#include "fake/sidecar.h"
#include "../../sidecar/ctl/show_list.h"

/* Xen's own; of its VCPUOP_ the compiler says if ours are others. */
_Static_assert(PRIVCMD_HYPERCALL == IOCTL_PRIVCMD_HYPERCALL, "privcmd");
_Static_assert(sizeof(struct privcmd_call) == sizeof(privcmd_hypercall_t) &&
		       offsetof(struct privcmd_call, arg) ==
			       offsetof(privcmd_hypercall_t, arg),
	       "privcmd_call");

/* ---- Discovery ---------------------------------------------------------- */

static void finds_nodes(void **state)
{
	const struct sidecar_node *n;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_nr_nodes(s), 2);
	n = sidecar_get_node(s, 1);
	assert_int_equal(sidecar_node_number(n), 1);
	assert_int_equal(sidecar_node_vnode(n), 1);
	assert_int_equal(sidecar_node_memory_vnode(n), 1);
	assert_int_equal(sidecar_node_address(n), CARVE(1));
	assert_int_equal(sidecar_node_bytes(n), CARVE_SZ);
	assert_int_equal(sidecar_node_scratch_bytes(n), 0x20000);
	assert_null(sidecar_get_node(s, 2));
	assert_null(sidecar_get_node(s, UINT32_MAX));
}

static void finds_vcpus(void **state)
{
	struct sidecar_vcpu *v;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_nr_vcpus(s), 8);
	assert_null(sidecar_get_vcpu(s, 8));
	assert_null(sidecar_get_vcpu(s, UINT32_MAX));
	for (uint32_t i = 0; i < NR; i++) {
		v = cpu(i);
		assert_int_equal(sidecar_vcpu_linux_cpu(v), i);
		assert_int_equal(sidecar_vcpu_id(v), order[i]);
		assert_int_equal(sidecar_vcpu_apic_id(v), 2 * order[i]);
		assert_int_equal(sidecar_vcpu_slot(v), order[i] % 4);
		assert_int_equal(sidecar_vcpu_is_base(v), i < 2);
		assert_int_equal(sidecar_vcpu_in_linux(v),
				 i < 2 ? SIDECAR_LINUX_ONLINE
				       : SIDECAR_LINUX_OFFLINE);
		assert_ptr_equal(sidecar_vcpu_node(v),
				 sidecar_get_node(s, order[i] / 4));
		assert_ptr_equal(sidecar_get_vcpu(s, order[i]), v);
	}
}

/* One that is not there is an error with its number, and no handle. */
static void unknown_cpus(void **state)
{
	struct sidecar_vcpu *v;

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_find_cpu(s, 2, NULL), SIDECAR_OK);
	v = cpu(2);
	assert_int_equal(sidecar_find_cpu(s, 8, &v), SIDECAR_E_CPU);
	assert_null(v);
	assert_string_equal(detail_of(s), "CPU 8 is in no sidecar node");
	assert_int_equal(sidecar_find_cpu(s, UINT32_MAX, NULL), SIDECAR_E_CPU);
	control(1)->magic = 0;
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_find_cpu(s, 7, &v), SIDECAR_E_CONTROL);
	assert_non_null(strstr(detail_of(s), "CPU 7 is in no node that can be "
					     "used: node 1: control page"));
	good_control(1);
}

/* A base vCPU that Linux gave up, one that it cannot, one that it has not. */
static void base_in_linux(void **state)
{
	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	put_cpu(1, "online", "0\n");
	put_cpu(1, "hotplug/state", "0\n");
	assert_int_equal(sidecar_vcpu_in_linux(cpu(1)), SIDECAR_LINUX_OFFLINE);
	put_cpu(1, "online", "");
	assert_int_equal(sidecar_vcpu_in_linux(cpu(1)), SIDECAR_LINUX_ONLINE);
	put_cpu(1, "online", "1\n");
}

static void refused(enum sidecar_error want)
{
	put_scar(sizeof(scar));
	assert_int_equal(open_again(), want);
	assert_true(*detail_of(s));
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
	/* the page says something else */
	scar.n[0].node = 7;
	put_scar(sizeof(scar));
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_nr_vcpus(s), 4);
}

static void absent(void **state)
{
	const char *real = paths.mem;

	(void)state;
	unlink(in_tree("tables/SCAR"));
	assert_int_equal(open_again(), SIDECAR_E_ABSENT);
	good_scar();
	paths.mem = "/nowhere";
	assert_int_equal(open_again(), SIDECAR_E_MEM);
	paths.mem = real;
}

/* Node 1 is left out; node 0 is as it was. */
static void control_refused(void)
{
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_non_null(strstr(sidecar_bad_node(s), "node 1: control page"));
	assert_int_equal(sidecar_nr_vcpus(s), 4);
	assert_int_equal(sidecar_node_scratch_bytes(sidecar_get_node(s, 1)), 0);
	for (uint32_t i = 0; i < NR; i++)
		assert_int_equal(!sidecar_find_cpu(s, i, NULL), order[i] < 4);
	assert_int_equal(ping_cpu(2), SIDECAR_OK);
	good_control(1);
}

static void all_bad(void **state)
{
	(void)state;
	control(0)->magic = control(1)->abi_version = 0;
	assert_int_equal(open_again(), SIDECAR_E_CONTROL);
	good_control(0);
	control(0)->abi_version = 0;
	assert_int_equal(open_again(), SIDECAR_E_ABI);
	good_control(1);
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_nr_vcpus(s), 4);
	assert_int_equal(sidecar_vcpu_slot(cpu(5)), 1);
	assert_int_equal(ping_cpu(5), SIDECAR_OK);
	good_control(0);
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_null(sidecar_bad_node(s));
}

static void hostile_control(void **state)
{
	struct sidecar_control *c = control(1);

	(void)state;
	c->magic++;
	control_refused();
	c->abi_version = 0;
	control_refused();
	c->node = 0;
	control_refused();
	c->carve_pa += 0x1000;
	control_refused();
	c->carve_size = UINT64_MAX;
	control_refused();
	c->low_pa = 0;
	control_refused();
	c->nr_slots = 33;
	control_refused();
	c->nr_parked = 5;
	control_refused();
	c->vcpu_stride = 0xfffff000;
	control_refused();
	c->vcpu_stride = 0;
	control_refused();
	c->vcpu_offset = 0;
	control_refused();
	c->vcpu_offset = 0xfffff000;
	control_refused();
	c->vcpu_offset = CARVE_SZ - 0x8000;
	control_refused();
	c->scratch_size = UINT64_MAX - 0xfff;
	control_refused();
	c->scratch_offset = VCPU_OFF; /* where the command pages are */
	control_refused();
	c->views_size = 0x1000;
	c->views_offset = VCPU_OFF;
	control_refused();
	c->views_size = 0x2000; /* behind them and scratch in one page */
	c->views_offset = SCRATCH - 0x1000;
	control_refused();
	c->views_size = UINT64_MAX - 0xfff;
	c->views_offset = SCRATCH;
	control_refused();
	c->shared_size = 0x1000; /* in scratch */
	c->shared_offset = SCRATCH;
	control_refused();
	c->shared_size = UINT64_MAX - 0x1fffff;
	c->shared_offset = CARVE_SZ;
	control_refused();
}

static void hostile_slots(void **state)
{
	struct sidecar_control *c = control(1);

	(void)state;
	c->slot[1].pages = 3;
	control_refused();
	c->slot[1].pages = c->slot[2].pages;
	control_refused();
	c->slot[1].vcpu_id = 1; /* of node 0 */
	control_refused();
	c->slot[1].vcpu_id = 0xffffffff;
	control_refused();
	c->slot[1].apic_id = 0; /* an INIT there would end Linux */
	control_refused();
}

/* A control page that is changed later changes nothing. */
static void control_is_copied(void **state)
{
	struct sidecar_answer a = {.size = sizeof(a)};

	(void)state;
	assert_int_equal(open_again(), SIDECAR_OK);
	control(0)->vcpu_offset = 0xfffff000;
	control(0)->slot[1].pages = 0xeeee;
	control(0)->nr_slots = 0xffffffff;
	assert_int_equal(sidecar_vcpu_command(cpu(2), SIDECAR_COMMAND_STATS,
					      NULL, 0, &a),
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
}

/* Disabled entries: all but the base vCPUs', at places that mean nothing. */
static void disable_parked(void)
{
	good_madt();
	for (uint32_t i = 2; i < NR; i++)
		madt.cpu[i].flags = 0;
	put_madt();
}

static const struct sidecar_vcpu *vcpu_of(uint32_t vcpu_id)
{
	return sidecar_get_vcpu(s, vcpu_id);
}

/* Linux has added them in an order of its own, and one not at all. */
static void hot_added(void **state)
{
	static const uint32_t id[NR] = {0, 4, 7, 5, 3, 1, 2};

	(void)state;
	disable_parked();
	for (uint32_t i = 2; i < NR - 1; i++)
		put_acpi_path(i, id[i]);
	assert_int_equal(rename(in_tree("cpu/cpu7"), "/tmp/fake_sidecar.away"),
			 0);
	put_text("cpuinfo", "processor\t: 1\napicid\t\t: 8\n");
	assert_int_equal(open_again(), SIDECAR_OK);
	for (uint32_t i = 0; i < NR - 1; i++) {
		assert_int_equal(sidecar_vcpu_id(cpu(i)), id[i]);
		assert_int_equal(sidecar_vcpu_linux_cpu(cpu(i)), i);
	}
	assert_int_equal(sidecar_vcpu_in_linux(cpu(6)), SIDECAR_LINUX_OFFLINE);
	/* Linux does not have it, and so it is the sidecar's alone */
	assert_int_equal(sidecar_find_cpu(s, 7, NULL), SIDECAR_E_CPU);
	assert_int_equal(sidecar_vcpu_linux_cpu(vcpu_of(6)), -1);
	assert_int_equal(sidecar_vcpu_in_linux(vcpu_of(6)), SIDECAR_LINUX_NONE);
	assert_int_equal(sidecar_vcpu_command(sidecar_get_vcpu(s, 6),
					      SIDECAR_COMMAND_PING, NULL, 0,
					      NULL),
			 SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_online(sidecar_get_vcpu(s, 6)),
			 SIDECAR_E_REFUSED);
	/* a folder that Linux made anew, without a word of which it is */
	assert_int_equal(rename("/tmp/fake_sidecar.away", in_tree("cpu/cpu7")),
			 0);
	put_cpu(7, "firmware_node/path", "");
	assert_int_equal(sidecar_vcpu_in_linux(vcpu_of(6)),
			 SIDECAR_LINUX_UNKNOWN);
	assert_int_equal(sidecar_vcpu_command(sidecar_get_vcpu(s, 6),
					      SIDECAR_COMMAND_PING, NULL, 0,
					      NULL),
			 SIDECAR_E_LINUX);
	assert_int_equal(ping_cpu(6), SIDECAR_OK);
	/* online: then its APIC id tells */
	put_cpu(7, "online", "1\n");
	put_text("cpuinfo", "processor\t: 7\napicid\t\t: 12\n");
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_id(cpu(7)), 6);
	assert_int_equal(sidecar_vcpu_in_linux(cpu(7)), SIDECAR_LINUX_ONLINE);
	put_cpu(7, "online", "0\n");
}

/* Anything else in a file is no number; what cannot be is an error. */
static void hostile_acpi_paths(void **state)
{
	static const char *const bad[] = {
		"",
		"\\_SB_.PR",
		"\\_SB_.PR1",
		"\\_SB_.PRG1",
		"\\_SB.PR06",
		"\\_PR_.PR06",
		"\\_SB_.PR061",
		"_SB_.PR06",
		"\\_SB_.PR 6",
		"\\_SB_.PR06x",
		"\\_SB_.PR-6",
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		disable_parked();
		put_cpu(6, "firmware_node/path", bad[i]);
		assert_int_equal(open_again(), SIDECAR_OK);
		assert_int_equal(sidecar_find_cpu(s, 6, NULL), SIDECAR_E_CPU);
		assert_int_equal(sidecar_vcpu_in_linux(vcpu_of(6)),
				 SIDECAR_LINUX_UNKNOWN);
	}
	/* no vCPU, one that is another CPU already, twice */
	put_acpi_path(6, 77);
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	put_acpi_path(6, 4);
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	put_acpi_path(6, 7);
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	assert_string_equal(detail_of(s), "Linux CPU 7 is vCPU 7 by its ACPI "
					  "path, unlike the MADT");
	/* and by its APIC id another than by its path */
	put_acpi_path(6, 6);
	put_text("cpuinfo", "processor\t: 6\napicid\t\t: 14\n");
	assert_int_equal(open_again(), SIDECAR_E_CPUS);
	put_text("cpuinfo", "processor\t: 6\napicid\t\t: 12\n");
	assert_int_equal(open_again(), SIDECAR_OK);
	/* which vCPU an enabled entry is, its place says */
	good_madt();
	put_acpi_path(2, 7);
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_id(cpu(2)), 1);
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

/* ---- Linux's refusal ---------------------------------------------------- */

static bool linux_is_old;

int __real_file_write(const char *path, const char *text);
int __wrap_file_write(const char *path, const char *text);

/* Before 5.13. */
int __wrap_file_write(const char *path, const char *text)
{
	if (linux_is_old && strstr(path, "/hotplug/fail") && text[0] == '-')
		return -EINVAL;
	return __real_file_write(path, text);
}

/* What is left in cpu2/hotplug/fail by INIT. */
static void refusal_after_return(char *text, size_t size)
{
	FILE *f;

	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_vcpu_return(cpu(2)), SIDECAR_OK);
	f = fopen(in_tree("cpu/cpu2/hotplug/fail"), "r");
	assert_non_null(f);
	assert_non_null(fgets(text, (int)size, f));
	fclose(f);
}

static void takes_refusal_back(void **state)
{
	char left[16];

	(void)state;
	refusal_after_return(left, sizeof(left));
	assert_memory_equal(left, "-1", 2);
	linux_is_old = true;
	put_text("cpu/hotplug/states", "  0: offline\n  1: threads:prepare\n"
				       " 27: softirq:dead\n238: online\n");
	refusal_after_return(left, sizeof(left));
	linux_is_old = false;
	assert_memory_equal(left, "27", 2);
}

/* ---- Output ------------------------------------------------------------- */

static void list_text(bool json, char *text, size_t size)
{
	static const struct show_list_choice all = {.all = true, .vnode = -1};
	struct show p = {.json = json};

	p.to = fmemopen(text, size, "w");
	assert_non_null(p.to);
	show_list(&p, s, &all);
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
	assert_non_null(strstr(text,
			       "sidecar node 1: vnode 1, 256 KiB of vnode 1 "
			       "at 0x300000, scratch 128 KiB, shared 0 "
			       "KiB\n"));
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
	assert_int_equal(sidecar_boot_log(s, &text, &n), SIDECAR_OK);
	assert_string_equal(text, "shim: hello\n");
	assert_int_equal(n, strlen(text));
	free(text);
	assert_int_equal(sidecar_boot_log(s, &text, NULL), SIDECAR_OK);
	free(text);
	assert_int_equal(sidecar_boot_log(s, NULL, &n), SIDECAR_OK);
	assert_int_equal(n, 12);
	memset(mem + LOG_PA, 'x', 0x4000);
	assert_int_equal(sidecar_boot_log(s, &text, &n), SIDECAR_OK);
	assert_int_equal(n, 0x4000);
	free(text);
	scar.h.log_size = 0xffffffff;
	put_scar(sizeof(scar));
	assert_int_equal(open_again(), SIDECAR_OK);
	assert_int_equal(sidecar_boot_log(s, &text, &n), SIDECAR_E_TABLE);
}

static void errors_have_text(void **state)
{
	(void)state;
	for (int e = SIDECAR_OK; e <= SIDECAR_E_ARGUMENT; e++)
		assert_string_not_equal(
			sidecar_error_text((enum sidecar_error)e),
			"unknown error");
	assert_string_equal(sidecar_state_text(SIDECAR_NR_STATES), "?");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(finds_nodes),
		CASE(finds_vcpus),
		CASE(unknown_cpus),
		CASE(base_in_linux),
		CASE(hostile_scar_header),
		CASE(hostile_scar_nodes),
		CASE(absent),
		CASE(hostile_control),
		CASE(hostile_slots),
		CASE(all_bad),
		CASE(control_is_copied),
		CASE(numbering),
		CASE(hot_added),
		CASE(hostile_acpi_paths),
		CASE(hostile_madt),
		CASE(takes_refusal_back),
		CASE(lists),
		CASE(boot_log),
		CASE(errors_have_text),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
