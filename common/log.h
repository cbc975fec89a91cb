/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program says on stderr: "name: text\n", one write(2) per line, bytes of hosts escaped.
 * The programs call it; common/ itself never does.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

enum log_level {
	LOG_QUIET, /* errors only */
	LOG_NORMAL,
	LOG_VERBOSE,
	LOG_TRACE,
};

/* A line longer than this many bytes is cut. */
#define LOG_LINE_MAX 4096

/* `name` must stay valid. Until called: name "tocsin", LOG_NORMAL. */
void log_init(const char *name, enum log_level level);
enum log_level log_level(void);
/*
 * A hook called before and after a line is written, so that a progress line can step aside
 * (NULL takes it away). Called with the log's lock held; it must not log.
 */
void log_around(void (*hook)(int after, void *arg), void *arg);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Shown at LOG_NORMAL and above. */
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Shown at LOG_VERBOSE and above. */
void log_verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
