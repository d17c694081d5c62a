/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl is killed before and after each of its system calls, and before
 * each of its writes to the vCPUs' pages. The next client finds no lock, no
 * vCPU that nobody has, no command or answer of the one that died.
 */
#define _GNU_SOURCE
#include "next_client.h"

/* ---- When it is killed --------------------------------------------------- */

static void killed(void **state, enum trouble_kind kind)
{
	for (size_t i = 0; i < NR_SCENARIOS; i++) {
		struct traced_end end = {.reached = true};
		uint32_t at, step = next_step();

		/* they are few */
		if (kind == TROUBLE_KILL_WRITE)
			step = 1;

		for (at = 0; end.reached; at += step) {
			assert_true(at < MOST);
			begin(state, &scenarios[i]);
			end = traced(scenarios[i].line,
				     (struct trouble){kind, at, 0, NULL});
			if (end.killed != end.reached)
				fail_msg("%s: at %u: exit %d: %s",
					 scenarios[i].line, at, end.exit,
					 end.said);
			all_is_well();
		}
		assert_int_equal(end.exit, 0);
		assert_true(at >= step);
		print_message("%s: %u places\n", scenarios[i].line, at / step);
	}
}

static void before_calls(void **state)
{
	killed(state, TROUBLE_KILL_BEFORE);
}

static void after_calls(void **state)
{
	killed(state, TROUBLE_KILL_AFTER);
}

static void before_writes(void **state)
{
	killed(state, TROUBLE_KILL_WRITE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_writes),
		cmocka_unit_test(before_calls),
		cmocka_unit_test(after_calls),
	};

	next_all = argc > 1 && !strcmp(argv[1], "all");
	return cmocka_run_group_tests(tests, traced_make, fake_remove);
}
