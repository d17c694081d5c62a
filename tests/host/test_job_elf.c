/* SPDX-License-Identifier: MIT */
/*
 * ELF files as jobs: one that the linker script has made is the same as what
 * objcopy makes of it; one without a job's header gets it; files of any kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "elf_made.h"
#include "../../sidecar/ctl/job_elf.h"

static void *file;
static size_t bytes;

static void *read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	void *p = malloc(1 << 20);

	if (!f)
		fail_msg("%s: not built", path);
	*n = fread(p, 1, 1 << 20, f);
	fclose(f);
	return p;
}

/* "" if it is a job. */
static const char *flatten(const void *p, size_t n)
{
	const char *why = "";

	free(file);
	file = malloc(n ? n : 1);
	memcpy(file, p, n);
	bytes = n;
	return job_elf_flatten(&file, &bytes, &why) ? "" : why;
}

static int teardown(void **state)
{
	(void)state;
	free(file);
	file = NULL;
	return 0;
}

static void as_objcopy_does(void **state)
{
	static const char *const names[] = {"hello", "jitter", "membw"};
	char path[64];
	size_t n, elf_n;
	void *job, *elf;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "build/jobs/%s.elf", names[i]);
		elf = read_file(path, &elf_n);
		snprintf(path, sizeof(path), "build/jobs/%s.job", names[i]);
		job = read_file(path, &n);
		assert_string_equal(flatten(elf, elf_n), "");
		assert_int_equal(bytes, n);
		assert_memory_equal(file, job, n);
		/* a job stays what it is */
		assert_string_equal(flatten(job, n), "");
		assert_int_equal(bytes, n);
		free(elf);
		free(job);
	}
}

/* Its own header is at the start of its memory, as linkers put it there. */
static struct elf_made whole(void)
{
	struct elf_made e = elf_make();

	e.h.e_entry = JOB_VA + offsetof(struct elf_made, text);
	e.segment.p_offset = 0;
	e.segment.p_filesz = e.segment.p_memsz = sizeof(e);
	return e;
}

static void gets_a_header(void **state)
{
	struct elf_made e = whole();
	struct job_header h;

	(void)state;
	assert_string_equal(flatten(&e, sizeof(e)), "");
	assert_int_equal(bytes, 4096);
	memcpy(&h, file, sizeof(h));
	assert_int_equal(h.magic, JOB_MAGIC);
	assert_int_equal(h.size_bytes, 4096);
	assert_int_equal(h.text_bytes, 4096);
	assert_int_equal(h.memory_bytes, 4096);
	assert_int_equal(h.stack_bytes, 65536);
	assert_int_equal(h.entry, offsetof(struct elf_made, text));
	assert_memory_equal((char *)file + sizeof(h), (char *)&e + sizeof(h),
			    sizeof(e) - sizeof(h));
}

static void refused(void **state)
{
	struct elf_made e = whole();

	(void)state;
	e.h.e_type = ET_DYN;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "fixed address"));
	e = whole();
	e.segment.p_vaddr--;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "not within 1 GiB"));
	e = whole();
	e.segment.p_memsz = UINT64_MAX;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "not within 1 GiB"));
	e = whole();
	e.segment.p_memsz = 1;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "cut off"));
	e = whole();
	e.segment.p_filesz++;
	e.segment.p_memsz++;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "cut off"));
	e = whole();
	e.segment.p_flags |= PF_W;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "both written"));
	e = whole();
	e.segment.p_type = PT_INTERP;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "dynamically"));
	e.segment.p_type = PT_TLS;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "thread-local"));
	e.segment.p_type = PT_NOTE;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "nothing is at"));
	e = whole();
	e.h.e_entry = JOB_VA + 63;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "entry point"));
	e.h.e_entry = JOB_VA + sizeof(e);
	assert_non_null(strstr(flatten(&e, sizeof(e)), "entry point"));
	e.h.e_entry = 0;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "entry point"));
	e = whole();
	e.segment.p_offset = 4;
	e.segment.p_filesz = e.segment.p_memsz = 100;
	assert_non_null(strstr(flatten(&e, sizeof(e)), "neither a job's"));
	e = whole();
	e.h.e_phnum = 5000;
	assert_non_null(flatten(&e, sizeof(e)));
}

static void files_of_any_kind(void **state)
{
	static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	struct elf_made e = whole(), other;

	(void)state;
	for (size_t n = 0; n < sizeof(e); n++)
		flatten(&e, n);
	for (size_t i = 0; i < sizeof(e) * sizeof(values); i++) {
		other = e;
		((uint8_t *)&other)[i / sizeof(values)] =
			values[i % sizeof(values)];
		if (!*flatten(&other, sizeof(other)))
			assert_true(bytes <= 1u << 30);
	}
}

#define CASE(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(as_objcopy_does),
		CASE(gets_a_header),
		CASE(refused),
		CASE(files_of_any_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
