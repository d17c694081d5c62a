/* SPDX-License-Identifier: MIT */
/* Where the tail and our words stand in Linux's line, and the lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmdline.h"

static const uint32_t boot[] = {0, 4, 127};

static struct cmdline_request request(const char *user, const char *tail)
{
	return (struct cmdline_request){
		.user = text_from(user, SIZE_MAX),
		.tail = text_from(tail, SIZE_MAX),
		.sidecar = true,
		.maxcpus = true,
		.nr_boot = 3,
		.boot_vcpus = boot,
		.max_len = 2047,
	};
}

static void assert_line(const struct cmdline_request *rq, const char *want)
{
	size_t len = strlen(want);
	char *p = malloc(len + 1);
	struct cmdline_request less = *rq;
	struct textbuf out;
	uint64_t needed;

	assert_non_null(p);
	textbuf_init(&out, p, len + 1);
	assert_int_equal(cmdline_build(rq, &out, &needed), CMDLINE_OK);
	assert_string_equal(p, want);
	assert_int_equal(needed, len);

	/* Exactly this long is a fit, one byte less is not. */
	less.max_len = (uint32_t)len;
	textbuf_init(&out, p, len + 1);
	assert_int_equal(cmdline_build(&less, &out, &needed), CMDLINE_OK);
	if (len) {
		less.max_len--;
		textbuf_init(&out, p, len + 1);
		assert_int_equal(cmdline_build(&less, &out, &needed),
				 CMDLINE_TOO_LONG);
		assert_int_equal(needed, len);
	}
	free(p);
}

#define OURS "maxcpus=3 boot_cpus=0,4,127"

static void place(void **state)
{
	static const struct {
		const char *user, *tail, *want;
	} cases[] = {
		{"", "", OURS},
		{"a b", "", "a b " OURS},
		{"", "t", "t " OURS},
		{"a", "t u", "a t u " OURS},
		{"a -- i", "", "a " OURS " -- i"},
		{"a -- i", "t", "a " OURS " -- i t"},
		{"a", "t -- i -- j", "a t " OURS " -- i -- j"},
		{"-- i", "", OURS " -- i"},
		{"--", "", OURS " --"},
		{"a --", "t", "a " OURS " -- t"},
		{"a  --  i", "", "a " OURS "  --  i"},
		{"a=\"x -- y\"", "t", "a=\"x -- y\" t " OURS},
		{"a \"--\" i", "", "a " OURS " \"--\" i"},
		/* An open quote would swallow our words. */
		{"a b=\"x", "t -- i", "a " OURS " b=\"x t -- i"},
		{" ", "", OURS "  "},
		{"a ", "", "a " OURS " "},
		{"\"x", "", OURS " \"x"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cmdline_request rq =
			request(cases[i].user, cases[i].tail);

		assert_line(&rq, cases[i].want);
	}
}

static void users_limit_wins(void **state)
{
	struct cmdline_request rq = request("a nr_cpus=2", "");

	(void)state;
	assert_line(&rq, "a nr_cpus=2 boot_cpus=0,4,127");
	rq = request("a", "nosmp -- i");
	assert_line(&rq, "a nosmp boot_cpus=0,4,127 -- i");
	/* Behind the dashes it is init's. */
	rq = request("a -- maxcpus=1", "nosmp");
	assert_line(&rq, "a " OURS " -- maxcpus=1 nosmp");
}

static void nothing_of_ours(void **state)
{
	struct cmdline_request rq = request("a -- i", "t");

	(void)state;
	rq.maxcpus = false;
	assert_line(&rq, "a boot_cpus=0,4,127 -- i t");
	rq.sidecar = false;
	assert_line(&rq, "a -- i t");
	rq.maxcpus = true;
	assert_line(&rq, "a -- i t");
	rq = request("", "");
	rq.sidecar = false;
	assert_line(&rq, "");
	rq.tail = TEXT("t");
	assert_line(&rq, "t");
}

/* Whatever the buffer's size: no byte beyond it, and the right length. */
static void small_buffers(void **state)
{
	struct cmdline_request rq = request("abc def -- i", "tail");
	size_t want = strlen("abc def " OURS " -- i tail"), cap;

	(void)state;
	for (cap = 1; cap <= want; cap++) {
		char *p = malloc(cap);
		struct textbuf out;
		uint64_t needed;

		assert_non_null(p);
		textbuf_init(&out, p, cap);
		assert_int_equal(cmdline_build(&rq, &out, &needed),
				 CMDLINE_TOO_LONG);
		assert_true(strlen(p) < cap);
		assert_int_equal(needed, want);
		free(p);
	}
}

static void appends(void **state)
{
	struct cmdline_request rq = request("-- i", "");
	struct textbuf out;
	uint64_t needed;
	char p[100];

	(void)state;
	textbuf_init(&out, p, sizeof(p));
	textbuf_add(&out, TEXT("here: "));
	assert_int_equal(cmdline_build(&rq, &out, &needed), CMDLINE_OK);
	assert_string_equal(p, "here: " OURS " -- i");
}

static void cpu_limit(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{"", ""},
		{"quiet maxcpus=2 nosmp", "maxcpus=2"},
		{"nr_cpus=4", "nr_cpus=4"},
		{"nr-cpus=4", "nr-cpus=4"},
		{"possible_cpus=1", "possible_cpus=1"},
		{"nosmp", "nosmp"},
		{"nosmp=1", "nosmp=1"},
		{"\"nosmp\"", "\"nosmp\""},
		{"\"maxcpus=3\"", "\"maxcpus=3\""},
		{"nosmpx xnosmp maxcpus nosm maxcpu=1", ""},
		{"a=\"b nosmp\"", ""},
		{"a -- nosmp", ""},
		{"nosmp -- b", "nosmp"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text t =
			cmdline_cpu_limit(text_from(cases[i].line, SIZE_MAX));

		assert_int_equal(t.len, strlen(cases[i].want));
		if (t.len)
			assert_memory_equal(t.p, cases[i].want, t.len);
	}
}

static void wants_log(void **state)
{
	(void)state;
	assert_false(cmdline_wants_log(TEXT("")));
	assert_true(cmdline_wants_log(TEXT("a SIDECAR_LOGGING=1 b")));
	assert_true(cmdline_wants_log(TEXT("a -- SIDECAR_LOGGING=1")));
	assert_false(cmdline_wants_log(TEXT("SIDECAR_LOGGING=10")));
	assert_false(cmdline_wants_log(TEXT("xSIDECAR_LOGGING=1")));
	assert_false(cmdline_wants_log(TEXT("a=\"b SIDECAR_LOGGING=1 c\"")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(place),
		cmocka_unit_test(users_limit_wins),
		cmocka_unit_test(nothing_of_ours),
		cmocka_unit_test(small_buffers),
		cmocka_unit_test(appends),
		cmocka_unit_test(cpu_limit),
		cmocka_unit_test(wants_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
