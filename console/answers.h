/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What came of each host, over all questions of one run of the program. */
#ifndef CONSOLE_ANSWERS_H
#define CONSOLE_ANSWERS_H

#include "console/command.h"
#include "console/fleet/fleet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer {
	enum host_state state; /* the first one that is not "answered" wins */
	char *error;	       /* heap, NULL: none; hostile bytes possible */
	int64_t rows;	       /* of all questions */
	int64_t ms;	       /* likewise; time it took to answer */
	bool truncated;
};

struct answers {
	struct answer *of;
	size_t n;
	int64_t rows;	/* that came; counted by the caller */
	size_t asked;	/* questions that were put */
	size_t refused; /* questions that every host refused */
};

int answers_init(struct answers *a, size_t n);
void answers_done(struct answers *a);
/*
 * The end of host `i`'s part of a question. `name`: of the question where there are several, or
 * NULL. True when this is news: the host has not failed in the same way before.
 */
bool answers_take(struct answers *a, size_t i, const struct fleet_end *end, const char *name);
/* How many hosts are in this state. */
size_t answers_in(const struct answers *a, enum host_state state);
/* How many were asked: an action on rows asks the hosts of these rows only. */
size_t answers_asked(const struct answers *a);
/* "answered", "timed out": for people. */
const char *answers_state_words(enum host_state state);

/*
 * "198 of 200 hosts answered, 1 timed out, 1 unreachable; 5412 rows in 1.3 s". Scripts read this:
 * the words are the same for one host and one row.
 */
void answers_summary(const struct answers *a, int64_t took_ms, char *ret, size_t size);
#define SUMMARY_MAX 256

/* 0, EXIT_NOTHING or EXIT_INCOMPLETE. */
enum exit_status answers_status(const struct answers *a);

#endif
