/* SPDX-License-Identifier: MIT */
/* The shim's options: each value, each refusal, and what is passed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pvh/read/options.h"

static struct options o;

static void parse(const char *line)
{
	/* Nothing may be left of what was there before. */
	memset(&o, 0xff, sizeof(o));
	options_parse(&o, text_from(line, SIZE_MAX));
}

static void assert_text(struct text t, const char *want)
{
	assert_int_equal(t.len, strlen(want));
	if (t.len)
		assert_memory_equal(t.p, want, t.len);
}

static void assert_defaults(void)
{
	uint32_t i;

	assert_true(o.sidecar);
	assert_false(o.log);
	assert_false(o.keep_cpu_order);
	assert_int_equal(o.node_max, 32);
	assert_int_equal(o.scratch_bytes, 2u << 20);
	assert_int_equal(o.vnuma.len, 0);
	assert_int_equal(o.vdistances.len, 0);
	for (i = 0; i < TOPOLOGY_MAX_VCPUS; i++)
		assert_false(o.linux_vcpu[i]);
}

static void defaults(void **state)
{
	(void)state;
	parse("");
	assert_defaults();
	assert_int_equal(o.nr_bad, 0);
	assert_text(o.tail, "");
	options_parse(&o, (struct text){NULL, 0});
	assert_defaults();
}

static void on_off_log(void **state)
{
	(void)state;
	parse("sidecar=off");
	assert_false(o.sidecar);
	assert_false(o.log);
	parse("sidecar=log");
	assert_true(o.sidecar);
	assert_true(o.log);
	parse("sidecar=log sidecar=off sidecar=on");
	assert_true(o.sidecar);
	assert_false(o.log);
	parse("sidecar=on sidecar=off sidecar=maybe");
	assert_false(o.sidecar);
	assert_int_equal(o.nr_bad, 1);
	assert_text(o.bad[0], "sidecar=maybe");
}

static void values(void **state)
{
	(void)state;
	parse("sidecar.cpu_order=keep sidecar.node_max=1 "
	      "sidecar.vnuma=1G:0-3,1G:4 sidecar.vdistances=10,20,20,10");
	assert_int_equal(o.nr_bad, 0);
	assert_true(o.keep_cpu_order);
	assert_int_equal(o.node_max, 1);
	assert_text(o.vnuma, "1G:0-3,1G:4");
	assert_text(o.vdistances, "10,20,20,10");
	parse("sidecar.cpu_order=keep sidecar.cpu_order=base-first");
	assert_false(o.keep_cpu_order);
	parse("sidecar.node_max=32");
	assert_int_equal(o.node_max, 32);
}

static void park(void **state)
{
	(void)state;
	parse("");
	assert_int_equal(o.park, OPTIONS_PARK_AUTO);
	parse("sidecar.park=hotplug");
	assert_int_equal(o.park, OPTIONS_PARK_HOTPLUG);
	parse("sidecar.park=hotplug sidecar.park=\"maxcpus\"");
	assert_int_equal(o.park, OPTIONS_PARK_MAXCPUS);
	parse("sidecar.park=maxcpus sidecar.park=auto");
	assert_int_equal(o.park, OPTIONS_PARK_AUTO);
	assert_int_equal(o.nr_bad, 0);
	parse("sidecar.park=hotplug sidecar.park= sidecar.park=Auto");
	assert_int_equal(o.park, OPTIONS_PARK_HOTPLUG);
	assert_int_equal(o.nr_bad, 2);
	assert_text(o.bad[1], "sidecar.park=Auto");
}

static void quotes(void **state)
{
	(void)state;
	parse("sidecar=\"off\" \"sidecar.node_max=3\" sidecar.scratch=\"4m\" "
	      "sidecar.linux_cpus=\"1\" "
	      "sidecar.vnuma=\"1G:0-3, 1G:4\" \"sidecar.vdistances=10, 20\"");
	assert_int_equal(o.nr_bad, 0);
	assert_false(o.sidecar);
	assert_int_equal(o.node_max, 3);
	assert_int_equal(o.scratch_bytes, 4u << 20);
	assert_true(o.linux_vcpu[1]);
	assert_text(o.vnuma, "1G:0-3, 1G:4");
	assert_text(o.vdistances, "10, 20");
}

static void scratch(void **state)
{
	static const struct {
		const char *line;
		uint64_t want;
	} cases[] = {
		{"sidecar.scratch=0", 0},
		{"sidecar.scratch=1", 4096},
		{"sidecar.scratch=4097", 8192},
		{"sidecar.scratch=64K", 65536},
		{"sidecar.scratch=64k", 65536},
		{"sidecar.scratch=2m", 2u << 20},
		{"sidecar.scratch=1024G", UINT64_C(1) << 40},
		{"sidecar.scratch=1099511627775", UINT64_C(1) << 40},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(cases[i].line);
		assert_int_equal(o.nr_bad, 0);
		assert_true(o.scratch_bytes == cases[i].want);
	}
}

/* As scratch, in units of 2 MiB. */
static void shared(void **state)
{
	static const struct {
		const char *line;
		uint64_t want;
	} cases[] = {
		{"", 0},
		{"sidecar.shared=0", 0},
		{"sidecar.shared=1", 2u << 20},
		{"sidecar.shared=64K", 2u << 20},
		{"sidecar.shared=2m", 2u << 20},
		{"sidecar.shared=2049K", 4u << 20},
		{"sidecar.shared=1024G", UINT64_C(1) << 40},
		{"sidecar.shared=1099511627775", UINT64_C(1) << 40},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(cases[i].line);
		assert_int_equal(o.nr_bad, 0);
		assert_true(o.shared_bytes == cases[i].want);
		assert_int_equal(o.scratch_bytes, 2u << 20);
	}
}

static void linux_cpus(void **state)
{
	uint32_t i;

	(void)state;
	parse("sidecar.linux_cpus=1,5-7,0");
	assert_int_equal(o.nr_bad, 0);
	for (i = 0; i < TOPOLOGY_MAX_VCPUS; i++)
		assert_int_equal(o.linux_vcpu[i],
				 i == 0 || i == 1 || (i >= 5 && i <= 7));
	parse("sidecar.linux_cpus=0-127 sidecar.linux_cpus=127");
	for (i = 0; i < TOPOLOGY_MAX_VCPUS; i++)
		assert_int_equal(o.linux_vcpu[i], i == 127);
}

static void bad_values(void **state)
{
	static const char *const lines[] = {
		"sidecar=",
		"sidecar=ON",
		"sidecar",
		"sidecar.cpu_order=",
		"sidecar.cpu_order=keep,",
		"sidecar.node_max=0",
		"sidecar.node_max=33",
		"sidecar.node_max=4294967297",
		"sidecar.node_max=x",
		"sidecar.shared=",
		"sidecar.shared=2mb",
		"sidecar.shared=1025G",
		"sidecar.shared=18446744073709551615",
		"sidecar.scratch=",
		"sidecar.scratch=2mb",
		"sidecar.scratch=1025G",
		"sidecar.scratch=1099511627777",
		"sidecar.scratch=18446744073709551615",
		"sidecar.linux_cpus=",
		"sidecar.linux_cpus=1,",
		"sidecar.linux_cpus=,1",
		"sidecar.linux_cpus=1,,2",
		"sidecar.linux_cpus=128",
		"sidecar.linux_cpus=3,100-128",
		"sidecar.linux_cpus=3-2",
		"sidecar.linux_cpus=1+2",
		"sidecar.vnuma=",
		"sidecar.vdistances=",
		"sidecar.other=1",
		"root=/dev/xvda1",
		"sidecar=\"\"",
		"sidecar=\"off",
		"sidecar=off\"",
		"sidecar=\"\"off\"\"",
		"sidecar.vnuma=\"\"",
		"\"",
		"\"\"",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse(lines[i]);
		assert_int_equal(o.nr_bad, 1);
		assert_text(o.bad[0], lines[i]);
		assert_defaults();
	}
}

static void many_bad(void **state)
{
	static char line[4 * OPTIONS_MAX_BAD + 16];

	(void)state;
	for (int i = 0; i < OPTIONS_MAX_BAD + 2; i++) {
		line[3 * i] = (char)('0' + i / 10);
		line[3 * i + 1] = (char)('0' + i % 10);
		line[3 * i + 2] = ' ';
	}
	strcat(line, "sidecar=off");
	parse(line);
	assert_int_equal(o.nr_bad, OPTIONS_MAX_BAD + 2);
	assert_text(o.bad[0], "00");
	assert_text(o.bad[OPTIONS_MAX_BAD - 1], "31");
	assert_false(o.sidecar);
}

/* The default of libxl's pvshim_cmdline is not the user's mistake. */
static void libxl_words(void **state)
{
	(void)state;
	parse("pv-shim console=xen,pv sidecar=off");
	assert_int_equal(o.nr_bad, 0);
	assert_false(o.sidecar);
	parse("pv-shim console=xen sidecar=off shim_mem=26M");
	assert_int_equal(o.nr_bad, 0);
	assert_false(o.sidecar);
	parse("no-real-mode edd=off flask=enforcing sidecar=off");
	assert_int_equal(o.nr_bad, 0);
	assert_false(o.sidecar);
	parse("pv-shim=1 console=hvc0 shim_mem");
	assert_int_equal(o.nr_bad, 3);
}

static void tail(void **state)
{
	(void)state;
	parse("sidecar=log -- root=/dev/xvda -- sidecar=off");
	assert_true(o.sidecar);
	assert_int_equal(o.nr_bad, 0);
	assert_text(o.tail, "root=/dev/xvda -- sidecar=off");
	parse("-- a=\"b c\"");
	assert_text(o.tail, "a=\"b c\"");
	parse("x=\"a -- b\" sidecar=off");
	assert_text(o.tail, "");
	assert_int_equal(o.nr_bad, 1);
	assert_false(o.sidecar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),    cmocka_unit_test(on_off_log),
		cmocka_unit_test(values),      cmocka_unit_test(scratch),
		cmocka_unit_test(shared),      cmocka_unit_test(linux_cpus),
		cmocka_unit_test(bad_values),  cmocka_unit_test(many_bad),
		cmocka_unit_test(libxl_words), cmocka_unit_test(tail),
		cmocka_unit_test(quotes),      cmocka_unit_test(park),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
