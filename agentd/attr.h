/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attributes: small files that hold one value each, as in /sys, and the directories they are in.
 * What is not there is no error anywhere; what may not be read is counted as skipped.
 */
#ifndef AGENTD_ATTR_H
#define AGENTD_ATTR_H

#include "agentd/table.h"
#include "common/buf.h"
#include "common/str.h"

#include <dirent.h>

/* Bytes of an attribute that are read; the kernel's are at most a page, tables of firmware more. */
#define ATTR_MAX (64u << 10)

/*
 * Replaces *b (max at most ATTR_MAX is sensible) by the content; *ret is that without the blanks
 * around it. False, with *ret empty, when there is none.
 */
bool attr_read(struct scan *s, struct buf *b, struct span *ret, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* As above for a number (base 10, or 16 where it begins with 0x). */
bool attr_uint(struct scan *s, struct buf *b, uint64_t *ret, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Sets the column to the attribute's text when it is wanted and there is one. */
void attr_row(struct scan *s, unsigned col, struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * Replaces *b by the last part of the target of a link such as "driver". False when there is none.
 */
bool attr_link(struct scan *s, struct buf *b, struct span *ret, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* A number as attributes show it. */
bool attr_number(struct span text, uint64_t *ret);

/* NULL when there is none. */
DIR *attr_opendir(struct scan *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The next name that does not begin with a dot; NULL at the end. */
const char *attr_next(DIR *dir);
/* closedir that accepts NULL. */
void attr_closedir(DIR *dir);

#endif
