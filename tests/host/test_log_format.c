/* SPDX-License-Identifier: MIT */
/* Tests pvh/log_format.c: one line of the log, cut where it is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pvh/shim.h"

#define PREFIX_BYTES 6u /* "shim: " */

/* A byte more than it may have, to see that it is not touched. */
static char line[LOG_LINE_BYTES + 1];

static size_t make(const char *fmt, ...)
{
	va_list ap;
	size_t n;

	memset(line, '#', sizeof(line));
	va_start(ap, fmt);
	n = log_format(line, fmt, ap);
	va_end(ap);
	assert_true(n <= LOG_LINE_BYTES);
	assert_int_equal(line[n - 1], '\n');
	assert_int_equal(line[LOG_LINE_BYTES], '#');
	return n;
}

static void short_lines(void **state)
{
	static const char want[] = "shim: 2 nodes\n";

	(void)state;
	assert_int_equal(make("%u nodes", 2u), sizeof(want) - 1);
	assert_memory_equal(line, want, sizeof(want) - 1);
	assert_int_equal(make("%s", ""), PREFIX_BYTES + 1);
}

/* The longest that fits is whole; one more is cut, and says so. */
static void long_lines(void **state)
{
	char text[LOG_LINE_BYTES];
	size_t most = 0, n;

	(void)state;
	for (size_t len = 1; len < sizeof(text); len++) {
		memset(text, 'x', len);
		text[len] = 0;
		n = make("%s", text);
		if (line[n - 2] == 'x') {
			assert_int_equal(n, PREFIX_BYTES + len + 1);
			most = len;
			continue;
		}
		assert_memory_equal(line + n - 5, "x...", 4);
	}
	assert_true(most > LOG_LINE_BYTES - 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_lines),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
