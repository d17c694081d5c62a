/* SPDX-License-Identifier: MIT */
/*
 * What is said of a job that an exception has ended: its registers, and the
 * function, from an ELF that may be anything.
 */
#include <signal.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* ---- Core files --------------------------------------------------------- */

struct core {
	Elf64_Ehdr h;
	Elf64_Phdr note, load[3];
	Elf64_Nhdr n;
	char name[8];
	uint8_t status[sizeof(struct elf_prstatus)];
};

/* What is where in the slice: text, data, guard, stack and on. */
static void die_with_memory(uint32_t id)
{
	uint8_t *slice = scratch(id) + command(id)->arg[0];

	for (uint32_t i = 0; i < 6; i++)
		slice[i * 4096 + 5] = (uint8_t)(0x70 + i);
	die(id);
	command(id)->fault.vector = 6;
}

static void put_core_job(void)
{
	static uint8_t job[4200];
	const struct job_header h = {
		.magic = JOB_MAGIC,
		.version = JOB_VERSION,
		.size_bytes = sizeof(job),
		.text_bytes = 4096,
		.memory_bytes = 8192,
		.stack_bytes = 4096,
	};

	memcpy(job, &h, sizeof(h));
	put("the.job", job, sizeof(job));
}

static uint8_t *read_core(const char *path, size_t *bytes)
{
	FILE *f = fopen(path, "r");
	uint8_t *p;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*bytes = (size_t)ftell(f);
	rewind(f);
	p = malloc(*bytes);
	assert_int_equal(fread(p, 1, *bytes, f), *bytes);
	fclose(f);
	return p;
}

static void check_core(const char *path)
{
	const struct {
		uint64_t from, to;
		uint32_t flags;
	} want[] = {{0, 4096, PF_R | PF_X},
		    {4096, 8192, PF_R | PF_W},
		    {12288, sidecar_vcpu_job_bytes(cpu(2)), PF_R | PF_W}};
	struct elf_prstatus status;
	struct core c_file;
	size_t bytes;
	uint8_t *p = read_core(path, &bytes);

	memcpy(&c_file, p, sizeof(c_file));
	assert_memory_equal(c_file.h.e_ident, ELFMAG, SELFMAG);
	assert_int_equal(c_file.h.e_type, ET_CORE);
	assert_int_equal(c_file.h.e_phoff, sizeof(c_file.h));
	assert_int_equal(c_file.h.e_phnum, 4);
	assert_int_equal(c_file.note.p_type, PT_NOTE);
	assert_int_equal(c_file.note.p_offset, offsetof(struct core, n));
	assert_int_equal(c_file.n.n_type, NT_PRSTATUS);
	assert_int_equal(c_file.n.n_descsz, sizeof(status));
	memcpy(&status, c_file.status, sizeof(status));
	assert_int_equal(status.pr_cursig, SIGILL);
	assert_int_equal(status.pr_reg[16], JOB_VA + 44); /* rip */
	assert_int_equal(status.pr_reg[19], 0x40005000);  /* rsp */
	assert_int_equal(status.pr_reg[0], 0xabc);	  /* r15 */
	for (uint32_t i = 0; i < 3; i++) {
		const Elf64_Phdr *s1 = &c_file.load[i];

		assert_int_equal(s1->p_vaddr, JOB_VA + want[i].from);
		assert_int_equal(s1->p_filesz, want[i].to - want[i].from);
		assert_int_equal(s1->p_flags, want[i].flags);
		assert_true(s1->p_offset + s1->p_filesz <= bytes);
		assert_int_equal(p[s1->p_offset + 5],
				 0x70 + want[i].from / 4096);
	}
	free(p);
}

static void cores(void **state)
{
	char path[200], core[200], option[512];

	(void)state;
	put_core_job();
	scar.n[0].carve_size = control(0)->carve_size = SCRATCH + 0x60000;
	control(0)->scratch_size = 0x60000;
	put_scar(sizeof(scar));
	hw.at_job_start = die_with_memory;
	snprintf(path, sizeof(path), "%s", in_tree("core"));
	snprintf(option, sizeof(option), "run %s -K %s 2", in_tree("the.job"),
		 path);
	warns(option, "sidecarctl: core written to /", true);
	check_core(path);
	assert_int_equal(c.exit, EXIT_ANSWER);
	/* of several, each has its own */
	snprintf(option, sizeof(option), "run %s -q --core=%s 2,3",
		 in_tree("the.job"), path);
	says(option);
	snprintf(path, sizeof(path), "%s.3", in_tree("core"));
	check_core(path);
	/* one that cannot be written is named, and the others are */
	snprintf(path, sizeof(path), "%s.2", in_tree("core"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(core, sizeof(core), "%s", in_tree("core"));
	snprintf(option, sizeof(option), "run %s --core=%s 2,3",
		 in_tree("the.job"), core);
	warns(option, "core.2: Is a directory", true);
	warns(option, "core.3\n", true);
	/* of a job that ends well there is none */
	hw.at_job_start = NULL;
	hw.job = FAKE_JOB_ENDS;
	snprintf(core, sizeof(core), "%s", in_tree("none"));
	snprintf(option, sizeof(option), "run %s -q -K %s 2",
		 in_tree("the.job"), core);
	says(option);
	assert_null(fopen(in_tree("none"), "r"));
	hw.at_job_start = die_with_memory;
	hw.job = FAKE_JOB_RUNS;
	snprintf(option, sizeof(option), "run %s -q -K /nowhere/core 2",
		 in_tree("the.job"));
	warns(option, "core /nowhere/core: No such file", true);
	assert_int_equal(c.exit, EXIT_ANSWER);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(functions),
		CASE(files_of_any_kind),
		CASE(files_that_are_refused),
		CASE(registers),
		CASE(cores),
		CASE(elf_of_another_job),
		CASE(no_registers),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
