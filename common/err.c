/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(struct err *err, int code, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void put(struct err *err, int code, const char *fmt, va_list ap)
{
	err->code = code;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		put(err, code, fmt, ap);
		va_end(ap);
	}
	return -code;
}

int err_sys(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;
	char why[128];
	size_t n;

	if (!err)
		return -code;
	va_start(ap, fmt);
	put(err, code, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	/* The GNU strerror_r: thread-safe, may ignore the buffer. */
	snprintf(err->text + n, sizeof(err->text) - n, ": %s", strerror_r(code, why, sizeof(why)));
	return -code;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	va_list ap;
	size_t n;

	if (!err)
		return 0;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	put(err, err->code, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof(err->text) - n, ": %s", old);
	return -err->code;
}

void err_clear(struct err *err)
{
	if (!err)
		return;
	err->code = 0;
	err->text[0] = '\0';
}
