/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line of the audit log: made, hashed, looked at. */
#ifndef AGENTD_AUDITLINE_H
#define AGENTD_AUDITLINE_H

#include "agentd/audit.h"
#include "common/buf.h"
#include "common/str.h"

/* Bytes of a line: a request's text takes up to three times its size in ASCII. */
#define AUDIT_LINE_MAX (2u << 20)
/* Objects and arrays within each other: those of an outcome, one further down. */
#define AUDIT_DEPTH_MAX 32

#define AUDIT_HASH_TEXT 65 /* hex and its NUL */
struct audit_hash {
	char hex[AUDIT_HASH_TEXT];
};
/* What stands as `prev` where there is no line before. */
extern const struct audit_hash audit_hash_none;
/* SHA-256. 0 or -ENOMEM. */
int audit_hash(struct span line, struct audit_hash *ret);

/* An object with `seq`, `prev`, the time and the event. NULL: no memory. */
json_t *audit_line_new(int64_t seq, const struct audit_hash *prev, const char *event);
/* Adds what the entry says. 0 or -ENOMEM. */
int audit_line_add(json_t *line, const struct audit_entry *e);
/* Appends it in ASCII, with its newline. 0, -ENOMEM, -EMSGSIZE. */
int audit_line_put(const json_t *line, struct buf *b);

/* The time of a line as text, in seconds since 1970; -1: it is none. */
int64_t audit_line_time(const char *text);

/* What the chain needs of a line that was read. */
struct audit_link {
	int64_t seq;
	struct audit_hash prev;
	const char *event; /* of the tree */
};
/* NULL where it is no line of the log, or there is no memory for it (*ret_code: -errno). */
json_t *audit_line_read(struct span line, struct audit_link *ret, int *ret_code);
/* A member that is a hash; false where there is none. */
bool audit_line_hash(const json_t *tree, const char *name, struct audit_hash *ret);

#endif
