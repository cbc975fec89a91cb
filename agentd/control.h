/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stanzas of "Name: value" or "name = value" lines, as dpkg, apt, yum and Python's packages keep
 * their facts: the values of the few fields one is after, line by line.
 */
#ifndef AGENTD_CONTROL_H
#define AGENTD_CONTROL_H

#include "common/buf.h"
#include "common/str.h"

/* Fields that one reader is after, at most. */
#define CONTROL_FIELDS_MAX 12
/* Bytes of a value that are kept. */
#define CONTROL_VALUE_MAX (64u << 10)

struct control {
	const char *const *names; /* of the fields, any case, NULL behind the last one */
	char separator;
	struct buf value[CONTROL_FIELDS_MAX];
	bool has[CONTROL_FIELDS_MAX];
	int at;	  /* the field that a continuation line belongs to, or -1 */
	bool any; /* some field of the stanza was seen, whether asked for or not */
};

/* `separator`: ':', or '=' where a semicolon begins a comment as well. */
void control_init(struct control *c, char separator, const char *const *names);
void control_done(struct control *c);
/* Begins a stanza: no field has a value. */
void control_reset(struct control *c);
/*
 * 1: took the line; 0: it is empty, the stanza is over (if it is `any`); -ENOMEM. A field that
 * stands twice keeps its first value; a continuation is joined to it by a blank.
 */
int control_line(struct control *c, struct span line);
/* The value of the i-th name; p is NULL where it has none. */
struct span control_get(const struct control *c, unsigned i);

#endif
