/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of an error. Functions return 0 or -errno; where a person will read why, they also
 * fill a struct err. Passing NULL is allowed: the caller then wants the number only.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include <errno.h>

/* Bytes of text, NUL included; longer text is cut. */
#define ERR_TEXT_MAX 512

struct err {
	int code;		 /* positive errno, 0 when nothing is set */
	char text[ERR_TEXT_MAX]; /* one sentence part, no newline, no full stop; may hold hostile
				  * bytes when a host said it: escape when printing */
};

/* Sets code (positive errno) and text; returns -code, so `return err_set(err, EINVAL, …)`. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* As err_set, with ": " and strerror(code) after the text. */
int err_sys(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts "what: " before the text already there; returns -err->code. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_clear(struct err *err);

#endif
