/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of /etc/passwd, /etc/group and /etc/shadow, read as the C library reads them: an entry that
 * would let somebody log in must not be missed for being written oddly.
 */
#ifndef AGENTD_ACCOUNTS_H
#define AGENTD_ACCOUNTS_H

#include "common/str.h"

/* In place of a number: an entry for another source of accounts ("+", "-@group") without one. */
#define ACCOUNT_NO_ID (-1)

struct passwd_line {
	struct span name, gecos, dir, shell;
	int64_t uid, gid; /* 32 bits without a sign, or ACCOUNT_NO_ID */
};
struct group_line {
	struct span name, members;
	int64_t gid;
};

enum { SHADOW_LAST_CHANGE, SHADOW_MIN, SHADOW_MAX, SHADOW_WARN, SHADOW_INACTIVE, SHADOW_EXPIRE };
struct shadow_line {
	struct span name, password;
	int64_t days[6]; /* SHADOW_*; -1 for an empty field */
	int64_t flag;	 /* likewise */
};

/* 1, 0 for an empty line or a comment, -EBADMSG for what is no entry. The spans point into `line`.
 */
int passwd_line_read(struct span line, struct passwd_line *ret);
int group_line_read(struct span line, struct group_line *ret);
int shadow_line_read(struct span line, struct shadow_line *ret);

#endif
