/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which users are in which groups, from /etc/passwd and /etc/group. */
#ifndef AGENTD_MEMBERSHIPS_H
#define AGENTD_MEMBERSHIPS_H

#include "agentd/table.h"

struct root;

/* Accounts and memberships that are kept in mind; more are left out with a warning. */
#define MEMBERSHIPS_ACCOUNTS_MAX (1u << 20)
#define MEMBERSHIPS_MAX		 (2u << 20)

struct membership {
	uint32_t uid, gid;
};

struct memberships {
	struct membership *all; /* by uid, then gid; each once */
	size_t n;
};

/* 0 or -ENOMEM; what is in the way becomes a warning. */
int memberships_read(struct memberships *m, struct scan *s, const struct root *root);
/* Accepts a zeroed struct. */
void memberships_done(struct memberships *m);
/* The first one with this uid or a higher one, m->n when there is none. */
size_t memberships_find(const struct memberships *m, uint32_t uid);

#endif
