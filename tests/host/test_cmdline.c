/* SPDX-License-Identifier: MIT */
/* Where the tail and our words stand in Linux's line, and the lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pvh/decide/cmdline.h"
#include "pvh/read/cmdline_cpus.h"
#include "pvh/read/options.h"

static const uint32_t boot[] = {0, 1, 12};

static struct cmdline_request request(const char *user, const char *tail)
{
	return (struct cmdline_request){
		.user = text_from(user, SIZE_MAX),
		.tail = text_from(tail, SIZE_MAX),
		.sidecar = true,
		.maxcpus = true,
		.nr_boot = 3,
		.boot_cpus = boot,
		.max_len = 2047,
	};
}

static void assert_line(const struct cmdline_request *rq, const char *want)
{
	size_t len = strlen(want);
	char *p = malloc(len + 1);
	struct cmdline_request less = *rq;
	struct textbuf out;
	struct cmdline_result r;

	assert_non_null(p);
	textbuf_init(&out, p, len + 1);
	assert_true(cmdline_build(rq, &out, &r));
	assert_string_equal(p, want);
	assert_int_equal(r.needed, len);

	/* Exactly this long is a fit, one byte less is not. */
	less.max_len = (uint32_t)len;
	textbuf_init(&out, p, len + 1);
	assert_true(cmdline_build(&less, &out, &r));
	if (len) {
		less.max_len--;
		textbuf_init(&out, p, len + 1);
		assert_false(cmdline_build(&less, &out, &r));
		assert_int_equal(r.needed, len);
	}
	free(p);
}

#define OURS "maxcpus=3 boot_cpus=0,1,12"

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

static void assert_ours(const char *user, const char *tail, const char *want)
{
	struct cmdline_request rq = request(user, tail);

	assert_line(&rq, want);
}

/* What decides how many boot stands for ours, what limits them does not. */
static void users_choice_wins(void **state)
{
	(void)state;
	assert_ours("maxcpus=2", "", "maxcpus=2 boot_cpus=0,1,12");
	assert_ours("a", "nosmp -- i", "a nosmp boot_cpus=0,1,12 -- i");
	assert_ours("a nr_cpus=2", "", "a nr_cpus=2 " OURS);
	assert_ours("possible_cpus=2", "b", "possible_cpus=2 b " OURS);
	assert_ours("nr_cpus=2", "maxcpus=1",
		    "nr_cpus=2 maxcpus=1 boot_cpus=0,1,12");
	/* Linux does nothing about one without a value. */
	assert_ours("maxcpus", "maxcpus=", "maxcpus maxcpus= " OURS);
	/* Behind the dashes it is init's. */
	assert_ours("a -- maxcpus=1", "nosmp", "a " OURS " -- maxcpus=1 nosmp");
}

static void nothing_of_ours(void **state)
{
	struct cmdline_request rq = request("a -- i", "t");

	(void)state;
	rq.maxcpus = false;
	assert_line(&rq, "a boot_cpus=0,1,12 -- i t");
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
		struct cmdline_result r;

		assert_non_null(p);
		textbuf_init(&out, p, cap);
		assert_false(cmdline_build(&rq, &out, &r));
		assert_true(strlen(p) < cap);
		assert_int_equal(r.needed, want);
		free(p);
	}
}

static void appends(void **state)
{
	struct cmdline_request rq = request("-- i", "");
	struct textbuf out;
	struct cmdline_result r;
	char p[100];

	(void)state;
	textbuf_init(&out, p, sizeof(p));
	textbuf_add(&out, TEXT("here: "));
	assert_true(cmdline_build(&rq, &out, &r));
	assert_string_equal(p, "here: " OURS " -- i");
}

#define ALL CMDLINE_ALL_CPUS

static void assert_word(struct text t, const char *want)
{
	assert_int_equal(t.len, strlen(want));
	if (t.len)
		assert_memory_equal(t.p, want, t.len);
}

/* As kernel/smp.c, arch/x86 and lib/cmdline.c get_option() have it. */
static void cpu_words(void **state)
{
	static const struct {
		const char *line;
		uint32_t boots, possible;
		const char *boots_word, *possible_word;
	} cases[] = {
		{"", ALL, ALL, "", ""},
		{"quiet maxcpus=2", 2, ALL, "maxcpus=2", ""},
		{"maxcpus=2 maxcpus=3", 3, ALL, "maxcpus=3", ""},
		{"max-cpus=2 xmaxcpus=2", ALL, ALL, "", ""},
		{"\"maxcpus=3\"", 3, ALL, "\"maxcpus=3\"", ""},
		{"maxcpus=\"3\"", 3, ALL, "maxcpus=\"3\"", ""},
		{"maxcpus=0x10", 16, ALL, "maxcpus=0x10", ""},
		{"maxcpus=0X1f", 31, ALL, "maxcpus=0X1f", ""},
		{"maxcpus=010", 8, ALL, "maxcpus=010", ""},
		{"maxcpus=08", 1, 1, "maxcpus=08", "maxcpus=08"},
		{"maxcpus=0x", 1, 1, "maxcpus=0x", "maxcpus=0x"},
		{"maxcpus=0xg", 1, 1, "maxcpus=0xg", "maxcpus=0xg"},
		{"maxcpus=4,2", 4, ALL, "maxcpus=4,2", ""},
		{"maxcpus=4a", 4, ALL, "maxcpus=4a", ""},
		{"maxcpus=-1", ALL, ALL, "maxcpus=-1", ""},
		{"maxcpus=4294967298", 2, ALL, "maxcpus=4294967298", ""},
		{"maxcpus=18446744073709551619", 3, ALL,
		 "maxcpus=18446744073709551619", ""},
		{"maxcpus=x", 1, 1, "maxcpus=x", "maxcpus=x"},
		{"maxcpus=+2", 1, 1, "maxcpus=+2", "maxcpus=+2"},
		{"maxcpus=0", 1, 1, "maxcpus=0", "maxcpus=0"},
		{"maxcpus maxcpus= maxcpus=\"\"", ALL, ALL, "", ""},
		{"nosmp", 1, 1, "nosmp", "nosmp"},
		{"nosmp=1", 1, 1, "nosmp=1", "nosmp=1"},
		{"\"nosmp\"", 1, 1, "\"nosmp\"", "\"nosmp\""},
		{"nosmp maxcpus=2", 2, ALL, "maxcpus=2", ""},
		{"maxcpus=2 nosmp nr_cpus=4", 1, 1, "nosmp", "nosmp"},
		{"nosmp maxcpus", 1, 1, "nosmp", "nosmp"},
		{"nosmpx xnosmp nosm maxcpu=1", ALL, ALL, "", ""},
		{"a=\"b nosmp\"", ALL, ALL, "", ""},
		{"a -- nosmp", ALL, ALL, "", ""},
		{"nosmp -- b", 1, 1, "nosmp", "nosmp"},
		{"nr_cpus=4", ALL, 4, "", "nr_cpus=4"},
		{"nr-cpus=4", ALL, 4, "", "nr-cpus=4"},
		{"nr_cpus=0x4", ALL, 4, "", "nr_cpus=0x4"},
		{"nr_cpus=4 nr_cpus=2", ALL, 2, "", "nr_cpus=2"},
		{"nr_cpus=2 nr_cpus=4", ALL, 2, "", "nr_cpus=2"},
		{"nr_cpus=0 nr_cpus=-1 nr_cpus=x nr_cpus=", ALL, ALL, "", ""},
		{"possible_cpus=1", ALL, 1, "", "possible_cpus=1"},
		{"possible_cpus=2 possible_cpus=4", ALL, 4, "",
		 "possible_cpus=4"},
		{"possible_cpus=2 possible_cpus=-1", ALL, ALL, "", ""},
		{"possible-cpus=0", ALL, 1, "", "possible-cpus=0"},
		{"possible_cpus=3 nr_cpus=2", ALL, 2, "", "nr_cpus=2"},
		{"possible_cpus=2 nr_cpus=3 maxcpus=5", 5, 2, "maxcpus=5",
		 "possible_cpus=2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cmdline_cpus c =
			cmdline_cpus(text_from(cases[i].line, SIZE_MAX));

		assert_int_equal(c.boots.nr, cases[i].boots);
		assert_int_equal(c.possible.nr, cases[i].possible);
		assert_word(c.boots.word, cases[i].boots_word);
		assert_word(c.possible.word, cases[i].possible_word);
		assert_int_equal(c.no_smp,
				 cases[i].boots == 1 && cases[i].possible == 1);
	}
}

static void wants_log(void **state)
{
	(void)state;
	assert_false(options_wants_log(TEXT("")));
	assert_true(options_wants_log(TEXT("a SIDECAR_LOGGING=1 b")));
	assert_true(options_wants_log(TEXT("a -- SIDECAR_LOGGING=1")));
	assert_false(options_wants_log(TEXT("SIDECAR_LOGGING=10")));
	assert_false(options_wants_log(TEXT("xSIDECAR_LOGGING=1")));
	assert_false(options_wants_log(TEXT("a=\"b SIDECAR_LOGGING=1 c\"")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(place),
		cmocka_unit_test(users_choice_wins),
		cmocka_unit_test(nothing_of_ours),
		cmocka_unit_test(small_buffers),
		cmocka_unit_test(appends),
		cmocka_unit_test(cpu_words),
		cmocka_unit_test(wants_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
