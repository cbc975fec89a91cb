/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/log.h"

#include "common/buf.h"
#include "common/io.h"
#include "common/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *program = "tocsin";
static enum log_level level = LOG_NORMAL;
static void (*around)(int after, void *arg);
static void *around_arg;

void log_init(const char *name, enum log_level l)
{
	program = name;
	level = l;
}

enum log_level log_level(void)
{
	return level;
}

void log_around(void (*hook)(int after, void *arg), void *arg)
{
	pthread_mutex_lock(&lock);
	around = hook;
	around_arg = arg;
	pthread_mutex_unlock(&lock);
}

static void say(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static void say(const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX];
	struct buf line;
	size_t n;

	vsnprintf(text, sizeof(text), fmt, ap);
	n = strnlen(text, sizeof(text));
	/* Escaping makes a byte into at most four. */
	buf_init(&line, sizeof(text) * 5);
	if (buf_printf(&line, "%s: ", program) == 0 && text_escape(&line, text, n) == 0 &&
		buf_putc(&line, '\n') == 0) {
		pthread_mutex_lock(&lock);
		if (around)
			around(0, around_arg);
		/* Nobody is left to be told when stderr fails. */
		(void)io_write_all(STDERR_FILENO, line.p, line.len);
		if (around)
			around(1, around_arg);
		pthread_mutex_unlock(&lock);
	}
	buf_done(&line);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	if (level < LOG_NORMAL)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void log_verbose(const char *fmt, ...)
{
	va_list ap;

	if (level < LOG_VERBOSE)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}
