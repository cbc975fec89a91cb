/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files in the spool of at(1). */
#ifndef AGENTD_ATJOB_H
#define AGENTD_ATJOB_H

#include "common/str.h"

#include <stdint.h>

/* Bytes of a job that are looked at. */
#define ATJOB_MAX (256u << 10)

struct atjob_name {
	char queue;
	bool running;
	int64_t number, run_at; /* seconds since 1970 */
};
/* "a0000201c8e9f2": queue, number, minutes since 1970, these in hexadecimal digits. */
bool atjob_name_read(struct span name, struct atjob_name *ret);

struct atjob {
	int64_t uid, gid;	   /* -1 when it does not say */
	struct span mail, command; /* whom to mail; what was to be done, behind the environment */
};
void atjob_read(struct span content, struct atjob *ret);

#endif
