/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes one allocation of our own code fail (the linker's --wrap sends them here). */
#include "tests/unit/test.h"

long failalloc_countdown;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

static int fails_now(void)
{
	if (failalloc_countdown <= 0)
		return 0;
	if (--failalloc_countdown > 0)
		return 0;
	failalloc_countdown = -1;
	return 1;
}

void *__wrap_malloc(size_t n)
{
	return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails_now() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	return fails_now() ? NULL : __real_strdup(s);
}
