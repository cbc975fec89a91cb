/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of the audit log in few words, for people: what stands in it stays hostile bytes. */
#ifndef AGENTD_AUDITWORDS_H
#define AGENTD_AUDITWORDS_H

#include "common/buf.h"

#include <jansson.h>

/* Bytes of each; what is longer is cut. */
#define AUDITWORDS_MAX (512u << 10)

struct auditwords {
	struct buf time;  /* to the second, UTC */
	struct buf who;	  /* USER@ADDRESS, "" for the daemon itself */
	struct buf what;  /* "query"; "plan delete", "delete", "delete: done" */
	struct buf words; /* what it was about, and why */
};

void auditwords_init(struct auditwords *w);
void auditwords_done(struct auditwords *w);
/* Replaces all of it. 0 or -ENOMEM. */
int auditwords_of(const json_t *line, struct auditwords *w);

#endif
