/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unit tests: TEST(name) { CHECK(…); } and `TEST_MAIN(&a, &b)` at the end of the file. Prints one
 * line per test, "ok NAME", "not ok NAME: file:line: what" or "skip NAME: why", which tests/run
 * counts. A failed check ends its test, not the program.
 */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name;
	void (*fn)(void);
};

static jmp_buf test_out;
static char test_why[1024];
static int test_result; /* 0 ok, 1 failed, 2 skipped */

/* Cuts what is too long. */
__attribute__((format(printf, 3, 4))) static inline void test_say(
	const char *file, int line, const char *fmt, ...)
{
	int n = snprintf(test_why, sizeof(test_why), "%s:%d: ", file, line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(test_why + n, sizeof(test_why) - (size_t)n, fmt, ap);
	va_end(ap);
}

#define TEST(id)                                                                                   \
	static void test_##id(void);                                                               \
	static const struct test id = {#id, test_##id};                                            \
	static void test_##id(void)

#define FAIL(...)                                                                                  \
	do {                                                                                       \
		test_say(__FILE__, __LINE__, __VA_ARGS__);                                         \
		test_result = 1;                                                                   \
		longjmp(test_out, 1);                                                              \
	} while (0)
#define SKIP(...)                                                                                  \
	do {                                                                                       \
		snprintf(test_why, sizeof(test_why), __VA_ARGS__);                                 \
		test_result = 2;                                                                   \
		longjmp(test_out, 1);                                                              \
	} while (0)
#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			FAIL("%s", #cond);                                                         \
	} while (0)
#define CHECK_INT(got, want)                                                                       \
	do {                                                                                       \
		int64_t g_ = (int64_t)(got), w_ = (int64_t)(want);                                 \
		if (g_ != w_)                                                                      \
			FAIL("%s is %" PRId64 ", not %" PRId64, #got, g_, w_);                     \
	} while (0)
#define CHECK_STR(got, want)                                                                       \
	do {                                                                                       \
		const char *g_ = (got), *w_ = (want);                                              \
		if (!g_ || strcmp(g_, w_) != 0)                                                    \
			FAIL("%s is \"%s\", not \"%s\"", #got, g_ ? g_ : "(null)", w_);            \
	} while (0)

/* The n-th allocation from now on fails, once (0: none does); tests/unit/failalloc.c. */
extern long failalloc_countdown;
/* Has it come to that? */
#define failalloc_spent() (failalloc_countdown < 0)

/* A function of its own, not inlined: nothing of the caller's is lost by the jump. */
__attribute__((noinline)) static void test_one(const struct test *t)
{
	test_result = 0;
	if (setjmp(test_out) == 0)
		t->fn();
	failalloc_countdown = 0;
}

static inline int test_main(const struct test *const *tests, size_t n)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		test_one(tests[i]);
		if (test_result == 0)
			printf("ok %s\n", tests[i]->name);
		else
			printf("%s %s: %s\n", test_result == 1 ? "not ok" : "skip", tests[i]->name,
				test_why);
		failed |= test_result == 1;
		fflush(stdout);
	}
	return failed;
}

#define TEST_MAIN(...)                                                                             \
	int main(void)                                                                             \
	{                                                                                          \
		static const struct test *const tests_[] = {__VA_ARGS__};                          \
		return test_main(tests_, sizeof(tests_) / sizeof(tests_[0]));                      \
	}

#endif
