/* SPDX-License-Identifier: MIT */
/*
 * Input and output of jobs: what libsidecar writes and believes, what job.h
 * makes of it, on the same memory; and the files of sidecarctl run.
 */
#include <fcntl.h>
#include <unistd.h>

/* before the tests' own names */
#include "sidecar/job.h"

#include "ctl_says.h"

#define ID	1u /* vCPU of Linux's CPU 2 */
#define CPU	2u
#define LONG_MS 10000u
#define BYTES	0x60000u /* of scratch: three slices */

static const char file[] = "a job's file";
static char got[BYTES];
static size_t nr_got;
static uint32_t nr_calls;

static int setup(void **state)
{
	put_text("the.job", file);
	fake_setup(state);
	timeout_ms = LONG_MS;
	nr_got = nr_calls = 0;
	scar.n[0].carve_size = control(0)->carve_size = SCRATCH + BYTES;
	control(0)->scratch_size = BYTES;
	put_scar(sizeof(scar));
	assert_int_equal(open_again(), SIDECAR_OK);
	return 0;
}

static int teardown(void **state)
{
	forget();
	return fake_teardown(state);
}

/* The vCPU is still this client's. */
static void keep_output(void *arg, const void *p, size_t bytes)
{
	assert_ptr_equal(arg, got);
	assert_true(bytes <= sizeof(got));
	memcpy(got, p, bytes);
	nr_got = bytes;
	nr_calls++;
}

static enum sidecar_error start(const void *input, size_t bytes)
{
	const struct sidecar_job job = {
		.size = sizeof(job),
		.file = file,
		.file_bytes = sizeof(file),
		.run_flags = JOB_RUN_IO,
		.input = input,
		.input_bytes = bytes,
		.output = keep_output,
		.output_arg = got,
	};

	return sidecar_job_start(cpu(CPU), &job);
}

static uint64_t slice_bytes(void)
{
	return sidecar_vcpu_job_bytes(cpu(CPU));
}

/* What the kernel tells the job of @memory_bytes, the end of its slice. */
static struct job_services services(uint64_t memory_bytes)
{
	uint8_t *end = scratch(ID) + slice_bytes();

	return (struct job_services){
		.run_flags = JOB_RUN_IO,
		.memory_va = (uint64_t)(end - memory_bytes),
		.memory_bytes = memory_bytes,
	};
}

static enum sidecar_error end(void)
{
	struct sidecar_progress p = {.size = sizeof(p)};
	enum sidecar_error e;

	hw.job = FAKE_JOB_RUNS;
	e = sidecar_job_poll(cpu(CPU), &p, NULL);
	assert_int_equal(e, SIDECAR_OK);
	fake_job_end(ID, SIDECAR_RESULT_OK);
	e = sidecar_job_poll(cpu(CPU), &p, NULL);
	assert_true(p.ended);
	return e;
}

/* ---- The memory --------------------------------------------------------- */

static void there_and_back(void **state)
{
	struct job_services s1 = services(0x4000);
	static const char out[] = "what it made of it";
	const char *in;
	char *memory;
	uint64_t bytes;

	(void)state;
	/* of an earlier job */
	memset(scratch(ID), 'x', slice_bytes());
	assert_int_equal(start("input", 5), SIDECAR_OK);
	in = job_input(&s1, &bytes);
	assert_int_equal(bytes, 5);
	assert_memory_equal(in, "input\0\0", 7);
	assert_ptr_equal(in, scratch(ID) + slice_bytes() - 0x2000);
	assert_int_equal(job_memory_bytes(&s1), 0x2000);
	memory = (char *)s1.memory_va;
	memcpy(memory + 3, out, sizeof(out));
	assert_int_equal(job_set_output(&s1, memory + 3, sizeof(out)), 0);
	assert_int_equal(end(), SIDECAR_OK);
	assert_int_equal(nr_got, sizeof(out));
	assert_string_equal(got, out);
	/* the input itself can be the output */
	assert_int_equal(start(out, sizeof(out)), SIDECAR_OK);
	in = job_input(&s1, &bytes);
	assert_int_equal(job_set_output(&s1, in, bytes), 0);
	assert_int_equal(end(), SIDECAR_OK);
	assert_string_equal(got, out);
	assert_int_equal(nr_calls, 2);
}

static void sizes_of_inputs(void **state)
{
	static char input[BYTES];
	struct job_services s1;
	size_t most = 0;
	uint64_t bytes;

	(void)state;
	for (size_t n = 0; n < sizeof(input); n += 1024)
		if (start(input, n) == SIDECAR_OK) {
			most = n;
			assert_int_equal(end(), SIDECAR_OK);
		}
	/* the slice, but the page behind it, the services, and a guard */
	assert_int_equal(most, slice_bytes() - 3 * 4096);
	assert_int_equal(start(input, most + 1024), SIDECAR_E_JOB);
	assert_non_null(strstr(detail_of(s), "does not fit the job's memory"));
	assert_int_equal(start(input, most), SIDECAR_OK);
	s1 = services(most + 4096);
	assert_non_null(job_input(&s1, &bytes));
	assert_int_equal(bytes, most);
	assert_int_equal(job_memory_bytes(&s1), 0);
	assert_int_equal(end(), SIDECAR_OK);
	/* none, and an output all the same */
	assert_int_equal(start(NULL, 0), SIDECAR_OK);
	assert_null(job_input(&s1, &bytes));
	assert_int_equal(bytes, 0);
	assert_int_equal(job_memory_bytes(&s1), most);
	assert_int_equal(nr_calls, 0);
}

static void arguments_of_a_program(void **state)
{
	struct sidecar_job job = {.size = sizeof(job),
				  .file = file,
				  .file_bytes = sizeof(file),
				  .input = "x",
				  .input_bytes = 1};

	(void)state;
	assert_int_equal(sidecar_job_start(cpu(CPU), &job), SIDECAR_E_ARGUMENT);
	assert_int_equal(start(NULL, 1), SIDECAR_E_ARGUMENT);
	/* one that was built with the first header */
	job.size = offsetof(struct sidecar_job, input);
	assert_int_equal(job.size, 64);
	assert_int_equal(sidecar_job_start(cpu(CPU), &job), SIDECAR_OK);
	assert_int_equal(command(ID)->arg[6], 0);
}

/* ---- Arguments ---------------------------------------------------------- */

static enum sidecar_error start_with(const char *const *argv, uint32_t nr)
{
	const struct sidecar_job job = {
		.size = sizeof(job),
		.file = file,
		.file_bytes = sizeof(file),
		.argv = argv,
		.nr_args = nr,
	};

	return sidecar_job_start(cpu(CPU), &job);
}

static void arguments_of_a_job(void **state)
{
	static const char *const argv[] = {"prog", "", "two words"};
	struct job_services s1 = services(0x4000);
	struct job_io *io = (void *)(scratch(ID) + slice_bytes() - 4096);

	(void)state;
	assert_int_equal(start_with(argv, 3), SIDECAR_OK);
	assert_int_equal(command(ID)->arg[6], JOB_RUN_IO);
	assert_int_equal(job_nr_args(&s1), 3);
	assert_string_equal(job_arg(&s1, 0), "prog");
	assert_string_equal(job_arg(&s1, 1), "");
	assert_string_equal(job_arg(&s1, 2), "two words");
	assert_null(job_arg(&s1, 3));
	/* more than the texts are */
	io->nr_args = UINT32_MAX;
	assert_string_equal(job_arg(&s1, 2), "two words");
	assert_null(job_arg(&s1, 3));
	assert_null(job_arg(&s1, UINT32_MAX - 1));
	io->args[io->args_bytes - 1] = 'x';
	assert_int_equal(job_nr_args(&s1), 0);
	io->args_bytes = JOB_ARGS_BYTES + 1;
	assert_int_equal(job_nr_args(&s1), 0);
	assert_null(job_arg(&s1, 0));
	assert_int_equal(end(), SIDECAR_OK);
	assert_int_equal(start(NULL, 0), SIDECAR_OK);
	assert_int_equal(job_nr_args(&s1), 0);
	assert_int_equal(end(), SIDECAR_OK);
}

static void too_many_arguments(void **state)
{
	static char text_arg[JOB_ARGS_BYTES];
	const char *argv[] = {text_arg, "", ""};
	struct job_services s1 = services(0x4000);

	(void)state;
	memset(text_arg, 'x', sizeof(text_arg) - 2);
	assert_int_equal(start_with(argv, 2), SIDECAR_OK);
	assert_int_equal(job_nr_args(&s1), 2);
	assert_string_equal(job_arg(&s1, 0), text_arg);
	assert_int_equal(end(), SIDECAR_OK);
	assert_int_equal(start_with(argv, 3), SIDECAR_E_ARGUMENT);
	assert_non_null(strstr(detail_of(s), "more than 3968 bytes"));
	assert_int_equal(start_with(NULL, 1), SIDECAR_E_ARGUMENT);
}

static void words_behind_dashes(void **state)
{
	struct job_services s1 = services(0x4000);
	char line[256];

	(void)state;
	hw.job = FAKE_JOB_ENDS;
	snprintf(line, sizeof(line), "run %s -q 2 -- -j 3 --",
		 in_tree("the.job"));
	says(line);
	assert_int_equal(c.exit, 0);
	assert_int_equal(job_nr_args(&s1), 4);
	assert_string_equal(job_arg(&s1, 0), in_tree("the.job"));
	assert_string_equal(job_arg(&s1, 1), "-j");
	assert_string_equal(job_arg(&s1, 3), "--");
	snprintf(line, sizeof(line), "run -q %s --", in_tree("the.job"));
	says(line);
	assert_int_equal(job_nr_args(&s1), 1);
	assert_null(arguments("ping 2 -- 3"));
	assert_null(arguments("run -- x"));
}

/* ---- What a job believes ------------------------------------------------ */

static void pages_that_are_none(void **state)
{
	struct job_services s1 = services(0x4000);
	struct job_io *io = (void *)(scratch(ID) + slice_bytes() - 4096);
	struct job_io good;
	uint64_t bytes;

	(void)state;
	assert_int_equal(start("input", 5), SIDECAR_OK);
	good = *io;
	assert_non_null(job_io(&s1));
	s1.memory_bytes = 4095;
	assert_null(job_io(&s1));
	/* the memory begins behind the input */
	s1 = services(0x1000);
	assert_null(job_input(&s1, &bytes));
	s1 = services(0x4000);
	s1.run_flags = JOB_RUN_FORCE;
	assert_null(job_io(&s1));
	assert_int_equal(job_set_output(&s1, (void *)s1.memory_va, 1), 1);
	assert_int_equal(job_memory_bytes(&s1), 0x4000);
	s1.run_flags = JOB_RUN_IO;
	io->magic++;
	assert_null(job_io(&s1));
	*io = good;
	io->version++;
	assert_null(job_io(&s1));
	*io = good;
	io->in_end = 4095;
	assert_null(job_io(&s1));
	io->in_end = 0x4001;
	assert_null(job_io(&s1));
	*io = good;
	io->in_bytes = 4097;
	assert_null(job_io(&s1));
	*io = good;
	/* outputs that are not in its memory */
	assert_int_equal(job_set_output(&s1, (char *)s1.memory_va - 1, 1), 1);
	assert_int_equal(job_set_output(&s1, (char *)s1.memory_va, 0x4001), 1);
	assert_int_equal(job_set_output(&s1, (char *)s1.memory_va + 0x4001, 0),
			 1);
	assert_int_equal(job_set_output(&s1, (char *)s1.memory_va, UINT64_MAX),
			 1);
	assert_int_equal(io->out_bytes, 0);
	assert_int_equal(job_set_output(&s1, (char *)s1.memory_va, 0x4000), 0);
	assert_int_equal(end(), SIDECAR_OK);
	assert_int_equal(nr_got, 0x4000);
}

/* ---- What the client believes ------------------------------------------- */

static void outputs_that_are_none(void **state)
{
	struct job_io *io = (void *)(scratch(ID) + slice_bytes() - 4096);
	const struct {
		uint64_t out_end, bytes;
		enum sidecar_error e;
	} is[] = {
		{slice_bytes(), 1, SIDECAR_OK},
		{slice_bytes(), slice_bytes(), SIDECAR_OK},
		{slice_bytes() + 1, 1, SIDECAR_E_JOB},
		{4096, 4097, SIDECAR_E_JOB},
		{4096, UINT64_MAX, SIDECAR_E_JOB},
		{UINT64_MAX, UINT64_MAX, SIDECAR_E_JOB},
		{0, 0, SIDECAR_OK},
		{UINT64_MAX, 0, SIDECAR_E_JOB},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		nr_got = 0;
		assert_int_equal(start("input", 5), SIDECAR_OK);
		io->out_end = is[i].out_end;
		io->out_bytes = is[i].bytes;
		assert_int_equal(end(), is[i].e);
		assert_int_equal(nr_got, is[i].e ? 0 : is[i].bytes);
		if (is[i].e)
			assert_non_null(strstr(detail_of(s), "is not there"));
	}
}

/* ---- sidecarctl --------------------------------------------------------- */

/* As the fake's job it ends at once: its output is set by hand before that. */
static void run_with(const char *options)
{
	char line[512];

	hw.job = FAKE_JOB_ENDS;
	snprintf(line, sizeof(line), "run %s -q %s 2", in_tree("the.job"),
		 options);
	says(line);
}

static void copied(const char *path, char *to, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(to, 1, size - 1, f);
	to[n] = 0;
	fclose(f);
}

static void the_input_is_the_output(uint32_t id)
{
	struct job_io *io = (void *)(scratch(id) + slice_bytes() - 4096);

	io->out_end = io->in_end;
	io->out_bytes = io->in_bytes;
}

static void files(void **state)
{
	char in[200], out[200], options[512], text_out[100];

	(void)state;
	put_text("input", "some input");
	snprintf(in, sizeof(in), "%s", in_tree("input"));
	snprintf(out, sizeof(out), "%s", in_tree("output"));
	snprintf(options, sizeof(options), "-i %s --out=%s", in, out);
	hw.at_job_start = the_input_is_the_output;
	run_with(options);
	has("job: done after ");
	assert_int_equal(c.exit, 0);
	copied(out, text_out, sizeof(text_out));
	assert_string_equal(text_out, "some input");
	/* the same file; a shorter one than before */
	put_text("input", "more");
	snprintf(options, sizeof(options), "-i %s -o %s", in, in);
	run_with(options);
	copied(in, text_out, sizeof(text_out));
	assert_string_equal(text_out, "more");
	/* nothing set: nothing is in it */
	hw.at_job_start = NULL;
	run_with(options);
	copied(in, text_out, sizeof(text_out));
	assert_string_equal(text_out, "");
	assert_int_equal(c.exit, 0);
}

static void files_that_fail(void **state)
{
	char line[512], in[200];

	(void)state;
	put_text("input", "some input");
	snprintf(in, sizeof(in), "%s", in_tree("input"));
	hw.job = FAKE_JOB_ENDS;
	hw.at_job_start = the_input_is_the_output;
	snprintf(line, sizeof(line), "run %s -q -i %s -o /dev/full 2",
		 in_tree("the.job"), in);
	warns(line, "output /dev/full: No space left on device", true);
	assert_int_equal(c.exit, 1);
	snprintf(line, sizeof(line), "run %s -q -i /nowhere/x 2",
		 in_tree("the.job"));
	warns(line, "input /nowhere/x: No such file", true);
	snprintf(line, sizeof(line), "run %s -q -i / 2", in_tree("the.job"));
	warns(line, "input /: Is a directory", true);
	assert_int_equal(c.exit, 1);
	snprintf(line, sizeof(line), "run %s -q -i %s -o /nowhere/x 2",
		 in_tree("the.job"), in);
	hw.nr_up = 0;
	warns(line, "output /nowhere/x: No such file", true);
	assert_int_equal(hw.nr_up, 0);
	assert_int_equal(truncate(in_tree("input"), BYTES), 0);
	snprintf(line, sizeof(line), "run %s -q -i %s 2", in_tree("the.job"),
		 in);
	warns(line, "does not fit the job's memory", true);
	assert_int_equal(c.exit, EXIT_ANSWER);
}

static void standard_files(void **state)
{
	int in = dup(0), out = dup(1), err = dup(2), fd;
	char text_out[100];

	(void)state;
	put_text("input", "through a pipe");
	put_text("output", "");
	fd = open(in_tree("input"), O_RDONLY);
	dup2(fd, 0);
	close(fd);
	fd = open(in_tree("output"), O_WRONLY);
	fflush(stdout);
	dup2(fd, 1);
	close(fd);
	hw.at_job_start = the_input_is_the_output;
	fd = open("/dev/null", O_WRONLY);
	dup2(fd, 2);
	close(fd);
	run_with("-i - -o -");
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	close(in);
	close(out);
	close(err);
	assert_int_equal(c.exit, 0);
	/* the log and the end are on stderr */
	assert_string_equal(text, "");
	copied(in_tree("output"), text_out, sizeof(text_out));
	assert_string_equal(text_out, "through a pipe");
}

static void lines_that_make_no_sense(void **state)
{
	static const char *const bad[] = {
		"run x -o y 2,3",  "run x -o y -A",   "run x -o y -N 1",
		"run x -d -o - 2", "run x -o y 2 -A",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(arguments(bad[i]));
	assert_non_null(arguments("run x -i y 2,3"));
	assert_non_null(arguments("run x -o y"));
	assert_non_null(arguments("run x -d -o y 2"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(there_and_back),
		CASE(sizes_of_inputs),
		CASE(arguments_of_a_job),
		CASE(too_many_arguments),
		CASE(words_behind_dashes),
		CASE(arguments_of_a_program),
		CASE(pages_that_are_none),
		CASE(outputs_that_are_none),
		CASE(files),
		CASE(files_that_fail),
		CASE(standard_files),
		CASE(lines_that_make_no_sense),
	};

	return cmocka_run_group_tests(tests, fake_make, fake_remove);
}
