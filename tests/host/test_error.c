/* SPDX-License-Identifier: MIT */
/* Each error has a text of its own; an error keeps what it is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/error.h"

static void texts(void **state)
{
	(void)state;
	for (int e = ERROR_NONE; e <= START_NONE; e++) {
		assert_string_not_equal(error_text((enum error_code)e),
					"unknown error");
		for (int k = ERROR_NONE; k < e; k++)
			assert_string_not_equal(error_text((enum error_code)e),
						error_text((enum error_code)k));
	}
	assert_string_equal(error_text((enum error_code)(START_NONE + 1)),
			    "unknown error");
}

static void values(void **state)
{
	struct error e = error_hex(ACPI_NO_RSDP, UINT64_MAX);

	(void)state;
	assert_int_equal(NO_ERROR.code, 0);
	assert_int_equal(e.code, ACPI_NO_RSDP);
	assert_int_equal(e.kind, ERROR_HEX);
	assert_true(e.value == UINT64_MAX);
	e = error_number(ACPI_VCPU_TWICE, 7);
	assert_int_equal(e.kind, ERROR_NUMBER);
	assert_int_equal(error_plain(ACPI_NO_ROOM).kind, ERROR_PLAIN);
}

static void words(void **state)
{
	static const char line[65536 + 8];
	struct error e;

	(void)state;
	e = error_word(TOPOLOGY_BAD_SIZE, (struct text){line, 5}, 127);
	assert_ptr_equal(e.word, line);
	assert_int_equal(e.word_len, 5);
	assert_int_equal(e.from, 127);
	e = error_word(TOPOLOGY_BAD_SIZE, (struct text){line, sizeof(line)}, 0);
	assert_int_equal(e.word_len, UINT16_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(values),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
