/* SPDX-License-Identifier: MIT */
/*
 * What is said of a job that an exception has ended: its registers, and the
 * function, from an ELF that may be anything.
 */
#include "ctl_says.h"
#include "elf_made.h"
#include "../../sidecar/ctl/elf_file.h"

#define ID	1u /* vCPU of Linux's CPU 2 */
#define LONG_MS 10000u

static int setup(void **state)
{
	struct elf_made e = elf_make();

	put("the.job", e.text, sizeof(e.text));
	put("the.elf", &e, sizeof(e));
	fake_setup(state);
	timeout_ms = LONG_MS;
	return 0;
}

static int teardown(void **state)
{
	forget();
	return fake_teardown(state);
}

/* ---- ELF files ---------------------------------------------------------- */

/* "" if there is none. */
static const char *function(const void *p, size_t bytes, uint64_t address,
			    uint64_t *offset)
{
	static char name[16];
	struct elf_file f;
	const char *why;

	*name = 0;
	if (elf_file_open(&f, p, bytes, &why) &&
	    elf_file_function(&f, address, name, sizeof(name), offset))
		return name;
	return "";
}

static void functions(void **state)
{
	struct elf_made e = elf_make();
	uint64_t offset;

	(void)state;
	assert_string_equal(function(&e, sizeof(e), JOB_VA + 32, &offset),
			    "start");
	assert_int_equal(offset, 0);
	assert_string_equal(function(&e, sizeof(e), JOB_VA + 63, &offset),
			    "work?me");
	assert_int_equal(offset, 23);
	assert_string_equal(function(&e, sizeof(e), JOB_VA + 31, &offset), "");
	assert_string_equal(function(&e, sizeof(e), JOB_VA + 64, &offset), "");
	assert_string_equal(function(&e, sizeof(e), 0, &offset), "");
	/* a name without an end, one outside, one that is none */
	memset(e.names + 12, 'x', sizeof(e.names) - 12);
	assert_string_equal(function(&e, sizeof(e), JOB_VA + 63, &offset), "");
	e.symbol[3].st_name = sizeof(e.names);
	assert_string_equal(function(&e, sizeof(e), JOB_VA + 63, &offset), "");
	e.symbol[3].st_name = 0;
	assert_string_equal(function(&e, sizeof(e), JOB_VA + 63, &offset), "");
}

/* Cut off anywhere, and with any byte another: nothing outside is read. */
static void files_of_any_kind(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	struct elf_made e = elf_make();
	uint64_t offset;

	(void)state;
	for (size_t n = 0; n < sizeof(e); n++) {
		uint8_t *p = malloc(n ? n : 1);

		memcpy(p, &e, n);
		function(p, n, JOB_VA + 63, &offset);
		free(p);
	}
	for (size_t i = 0; i < sizeof(e) * sizeof(bytes); i++) {
		uint8_t *p = malloc(sizeof(e));

		memcpy(p, &e, sizeof(e));
		p[i / sizeof(bytes)] = bytes[i % sizeof(bytes)];
		function(p, sizeof(e), JOB_VA + 63, &offset);
		free(p);
	}
}

static void files_that_are_refused(void **state)
{
	struct elf_made e = elf_make();
	struct elf_file f;
	const char *why;

	(void)state;
	assert_false(elf_file_open(&f, "\177EL", 3, &why));
	assert_string_equal(why, "not an ELF file, or cut off");
	e.h.e_machine = EM_386;
	assert_false(elf_file_open(&f, &e, sizeof(e), &why));
	assert_string_equal(why, "not an ELF for x86-64");
	e = elf_make();
	e.h.e_phentsize = 32;
	assert_false(elf_file_open(&f, &e, sizeof(e), &why));
	e = elf_make();
	e.h.e_shentsize = 0;
	assert_false(elf_file_open(&f, &e, sizeof(e), &why));
}

/* ---- Jobs --------------------------------------------------------------- */

/* By an exception at work+0x4. */
static void die(uint32_t id)
{
	struct sidecar_command *page = command(id);

	page->fault = (struct sidecar_fault){
		.job = page->nr_jobs,
		.rip = JOB_VA + 44,
		.rsp = 0x40005000,
		.r15 = 0xabc,
	};
	fake_log(id, "the last line", 13);
	fake_job_end(id, SIDECAR_RESULT_JOB_DIED);
}

static void run(const char *options)
{
	char line[256];

	hw.at_job_start = die;
	snprintf(line, sizeof(line), "run %s -q %s 2", in_tree("the.job"),
		 options);
	says(line);
}

static void registers(void **state)
{
	(void)state;
	run("");
	has("the last line\nCPU 2 = vCPU 1 = APIC id 2: job: ended after ");
	has("\n    in work?me+0x4\n    rip    0x000000004000002c  rflags ");
	has("\n    r15    0x0000000000000abc\n");
	run("-j");
	has("\"log\": \"the last line\", \"fault\": {\"function\": "
	    "\"work?me\", \"offset\": 4, \"rip\": 1073741868, ");
	has("\"r15\": 2748}}\n]\n");
	/* to those who watch, as long as the page has them */
	says("attach 2");
	has("\n    rip    0x000000004000002c");
	assert_null(strstr(text, "work"));
	says("ping -q 2");
	says("wait 2");
	has("job: ended");
	has("\n    rip    0x000000004000002c");
	/* as INIT does it */
	memset(command(ID), 0, sizeof(*command(ID)));
	command(ID)->entry_tsc = 99;
	says("wait 2");
	has("job: ended");
	assert_null(strstr(text, "rip"));
}

/* An older or a newer one would tell lies. */
static void elf_of_another_job(void **state)
{
	struct elf_made e = elf_make();

	(void)state;
	e.text[MADE_TEXT - 1]++;
	put("the.elf", &e, sizeof(e));
	run("");
	has("\n    rip    0x000000004000002c");
	assert_null(strstr(text, "work"));
	e = elf_make();
	e.segment.p_vaddr = JOB_VA - 1;
	put("the.elf", &e, sizeof(e));
	run("");
	assert_null(strstr(text, "work"));
	e.segment.p_type = PT_NOTE;
	put("the.elf", &e, sizeof(e));
	run("");
	assert_null(strstr(text, "work"));
}

/* It is of an older job: nothing of this one. */
static void die_of_service(uint32_t id)
{
	die(id);
	command(id)->fault.job--;
}

static void no_registers(void **state)
{
	char line[256];

	(void)state;
	hw.at_job_start = die_of_service;
	snprintf(line, sizeof(line), "run %s -q 2", in_tree("the.job"));
	says(line);
	has("job: ended");
	assert_null(strstr(text, "rip"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(functions),
		CASE(files_of_any_kind),
		CASE(files_that_are_refused),
		CASE(registers),
		CASE(elf_of_another_job),
		CASE(no_registers),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
