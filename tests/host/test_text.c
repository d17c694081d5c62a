/* SPDX-License-Identifier: MIT */
/*
 * Words, numbers and the formatter. Texts are copied to a heap block of just
 * their size, so that the sanitizer sees any byte read past the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <limits.h>

#include <cmocka.h>

#include "lib/text.h"

static char *block;

static struct text exact(const char *s)
{
	size_t len = strlen(s);

	free(block);
	block = malloc(len ? len : 1);
	assert_non_null(block);
	memcpy(block, s, len);
	return (struct text){len ? block : NULL, len};
}

static void assert_text(struct text t, const char *want)
{
	assert_int_equal(t.len, strlen(want));
	if (t.len)
		assert_memory_equal(t.p, want, t.len);
}

static void from_and_eq(void **state)
{
	(void)state;
	assert_text(text_from("abc", 10), "abc");
	assert_text(text_from("abc", 2), "ab");
	assert_text(text_from(NULL, 0), "");
	assert_true(text_eq(TEXT("ab"), TEXT("ab")));
	assert_false(text_eq(TEXT("ab"), TEXT("ac")));
	assert_false(text_eq(TEXT("ab"), TEXT("abc")));
	assert_true(text_eq(TEXT(""), (struct text){NULL, 0}));
}

static void prefixes(void **state)
{
	struct text t = exact("maxcpus=4");

	(void)state;
	assert_false(text_skip(&t, TEXT("nr_cpus=")));
	assert_false(text_skip(&t, TEXT("maxcpus=44")));
	assert_text(t, "maxcpus=4");
	assert_true(text_skip(&t, TEXT("")));
	assert_true(text_skip(&t, TEXT("maxcpus=")));
	assert_text(t, "4");
	assert_true(text_skip(&t, TEXT("4")));
	assert_false(text_skip(&t, TEXT("4")));
	t = (struct text){NULL, 0};
	assert_true(text_skip(&t, TEXT("")));
}

static void assert_words(const char *line, const char *const *want)
{
	struct text rest = exact(line), word;

	for (; *want; want++) {
		assert_true(text_word(&rest, &word));
		assert_text(word, *want);
	}
	assert_false(text_word(&rest, &word));
	assert_int_equal(rest.len, 0);
}

#define WORDS(line, ...) \
	assert_words(line, (const char *const[]){__VA_ARGS__, NULL})

static void words(void **state)
{
	(void)state;
	WORDS("", NULL);
	WORDS(" \t\n ", NULL);
	WORDS("a", "a");
	WORDS("  a\tbc \v\f\r d\n", "a", "bc", "d");
	WORDS("a=\"b c\" d", "a=\"b c\"", "d");
	WORDS("\"a b\" \"c", "\"a b\"", "\"c");
	WORDS("a\"b \"\" c\"d e", "a\"b \"\" c\"d", "e");
	WORDS("a \"b -- c", "a", "\"b -- c");
	/* Linux's isspace() is true for 0xa0, false for other high bytes. */
	WORDS("a\xa0"
	      "b\xe4"
	      "c",
	      "a",
	      "b\xe4"
	      "c");
}

static void until(void **state)
{
	struct text t = exact("a,,b");

	(void)state;
	assert_text(text_until(&t, ','), "a");
	assert_text(text_until(&t, ','), "");
	assert_text(text_until(&t, ','), "b");
	assert_text(t, "");
	assert_text(text_until(&t, ','), "");
	t = exact("x,");
	assert_text(text_until(&t, ','), "x");
	assert_text(t, "");
}

static void assert_split(const char *line, bool found, const char *before,
			 const char *after)
{
	struct text a, b;

	assert_int_equal(text_split_dashes(exact(line), &a, &b), found);
	assert_text(a, before);
	assert_text(b, after);
}

static void dashes(void **state)
{
	(void)state;
	assert_split("", false, "", "");
	assert_split("a b", false, "a b", "");
	assert_split("a --b --", true, "a --b", "");
	assert_split("--", true, "", "");
	assert_split("-- x", true, "", "x");
	assert_split("  --  x ", true, "", "x ");
	assert_split("a  --\tb -- c", true, "a", "b -- c");
	assert_split("a=\"b -- c\" -- d", true, "a=\"b -- c\"", "d");
	assert_split("a=\"b -- c", false, "a=\"b -- c", "");
	assert_split("a--b --- -", false, "a--b --- -", "");
	/* Linux drops the quotes around a word, and stops there too. */
	assert_split("a \"--\" b", true, "a", "b");
	assert_split("a \"--", true, "a", "");
	assert_split("a --\" b", false, "a --\" b", "");
	assert_split("a \" b", false, "a \" b", "");
}

static void numbers(void **state)
{
	struct text t = exact("12ab");
	uint64_t v = 7;

	(void)state;
	assert_true(text_number(&t, &v));
	assert_int_equal(v, 12);
	assert_text(t, "ab");
	assert_false(text_number(&t, &v));
	assert_text(t, "ab");
	t = exact("18446744073709551616");
	assert_false(text_number(&t, &v));
	assert_int_equal(t.len, 20);
	t = exact("99999999999999999999999");
	assert_false(text_number(&t, &v));
	assert_int_equal(v, 12);

	assert_true(
		text_is_number(exact("18446744073709551615"), UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_true(text_is_number(exact("0032"), 32, &v));
	assert_int_equal(v, 32);
	assert_false(text_is_number(exact("33"), 32, &v));
	assert_false(text_is_number(exact("3x"), 32, &v));
	assert_false(text_is_number(exact(""), 32, &v));
	assert_false(text_is_number(exact("-1"), UINT64_MAX, &v));
	assert_false(text_is_number(exact("+1"), UINT64_MAX, &v));
	assert_int_equal(v, 32);
}

static void spans(void **state)
{
	static const char *const bad[] = {"",	 "-",	"1-", "-1", "2-1",
					  "1-8", "1,2", "8",  "x",  "1-2-3"};
	uint64_t a = 9, b = 9;
	size_t i;

	(void)state;
	assert_true(text_is_span(exact("3"), 7, &a, &b));
	assert_int_equal(a, 3);
	assert_int_equal(b, 3);
	assert_true(text_is_span(exact("0-7"), 7, &a, &b));
	assert_int_equal(a, 0);
	assert_int_equal(b, 7);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_span(exact(bad[i]), 7, &a, &b));
	assert_int_equal(a, 0);
	assert_int_equal(b, 7);
}

static void sizes(void **state)
{
	static const struct {
		const char *s;
		uint64_t want;
	} good[] = {
		{"0", 0},
		{"7", 7},
		{"4K", 4096},
		{"3M", 3u << 20},
		{"2G", UINT64_C(2) << 30},
		{"4k", 4096},
		{"3m", 3u << 20},
		{"2g", UINT64_C(2) << 30},
		{"17179869183G", UINT64_C(17179869183) << 30},
		{"18446744073709551615", UINT64_MAX},
	};
	static const char *const bad[] = {
		"", "K", "k", "1KB", "1 K", "17179869184G", "x1", "1T",
	};
	uint64_t v = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(text_is_size(exact(good[i].s), &v));
		assert_true(v == good[i].want);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_size(exact(bad[i]), &v));
	assert_true(v == UINT64_MAX);
}

static void buffer(void **state)
{
	char *p = malloc(6);
	struct textbuf b;

	(void)state;
	assert_non_null(p);
	textbuf_init(&b, p, 6);
	assert_string_equal(p, "");
	textbuf_add(&b, (struct text){NULL, 0});
	textbuf_add(&b, TEXT("abc"));
	textbuf_add(&b, TEXT("de"));
	assert_string_equal(p, "abcde");
	assert_false(b.full);
	textbuf_add(&b, TEXT(""));
	assert_false(b.full);
	textbuf_add(&b, TEXT("f"));
	assert_true(b.full);
	assert_string_equal(p, "abcde");
	assert_int_equal(b.len, 5);

	textbuf_init(&b, p, 6);
	textbuf_printf(&b, "ab%u", 12345u);
	assert_true(b.full);
	assert_string_equal(p, "ab123");
	textbuf_init(&b, p, 1);
	textbuf_printf(&b, "x");
	assert_true(b.full);
	assert_string_equal(p, "");
	free(p);
}

/* The C library is the reference. */
#define SAME(...)                                          \
	do {                                               \
		char want[200], got[200];                  \
		struct textbuf b;                          \
		snprintf(want, sizeof(want), __VA_ARGS__); \
		textbuf_init(&b, got, sizeof(got));        \
		textbuf_printf(&b, __VA_ARGS__);           \
		assert_string_equal(got, want);            \
		assert_int_equal(b.len, strlen(want));     \
		assert_false(b.full);                      \
	} while (0)

static void formats(void **state)
{
	(void)state;
	SAME("plain");
	SAME("100%%, %s|%s|", "abc", "");
	SAME("%u %u %u", 0u, 10u, UINT_MAX);
	SAME("%d %d %d %d", 0, -1, INT_MIN, INT_MAX);
	SAME("%x %x %#x %#x %#x", 0u, 0xabcdef01u, 0u, 16u, UINT_MAX);
	SAME("%lu %lu", UINT64_C(0), UINT64_MAX);
	SAME("%lx %#lx %#lx", UINT64_MAX, UINT64_MAX, UINT64_C(0));
	SAME("%.*s|%.*s|%.*s|%.*s", 2, "abc", 9, "abc", 0, "abc", -1, "abc");
}

static void exact_precision(void **state)
{
	struct text t = exact("word");
	struct textbuf b;
	char p[20];

	(void)state;
	textbuf_init(&b, p, sizeof(p));
	textbuf_printf(&b, "<%.*s>", (int)t.len, t.p);
	assert_string_equal(p, "<word>");
}

static void other_formats(void **state)
{
	/* Hidden from the compiler, which would refuse them. */
	static const char *const fmt[] = {"%5d",  "%c",	 "%",  "a%",
					  "%lld", "%#u", "%l", "%.s"};
	struct textbuf b;
	char p[20];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fmt) / sizeof(fmt[0]); i++) {
		const char *volatile f = fmt[i];

		textbuf_init(&b, p, sizeof(p));
		textbuf_printf(&b, f, 0);
		assert_string_equal(p, fmt[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_and_eq),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(words),
		cmocka_unit_test(until),
		cmocka_unit_test(dashes),
		cmocka_unit_test(numbers),
		cmocka_unit_test(spans),
		cmocka_unit_test(sizes),
		cmocka_unit_test(buffer),
		cmocka_unit_test(formats),
		cmocka_unit_test(exact_precision),
		cmocka_unit_test(other_formats),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(block);
	return failed;
}
