/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Searching by YARA rules, through libyara, which is loaded when it is first needed. Rules are
 * compiled once per query and text; they include no other files.
 */
#ifndef AGENTD_YARA_H
#define AGENTD_YARA_H

#include "agentd/table.h"
#include "common/buf.h"

/* Seconds that one search may take. */
#define YARA_TIMEOUT_S 30
/* Bytes of rules. */
#define YARA_RULES_MAX (4u << 20)

struct root;
struct yara_rules;

/* The columns that say which rules. */
struct yara_columns {
	unsigned sig_group, sigfile, sigrule, sigurl;
};

/*
 * The rules that the scan's constraints name: the query's, to be left alone. NULL with a warning
 * when there are none, they are faulty, or libyara is not there. *ret_error: 0 or -ENOMEM.
 */
struct yara_rules *yara_rules_of(
	struct scan *s, const struct root *root, const struct yara_columns *cols, int *ret_error);

/* Which rules match: names once each, separated by commas. */
struct yara_found {
	struct scan *s;
	struct buf matches, tags;
	int64_t count;
};
void yara_found_init(struct yara_found *f, struct scan *s);
void yara_found_reset(struct yara_found *f);
void yara_found_done(struct yara_found *f);
/* Sets the columns matches, count, strings and tags, which stand in this order but for the names.
 */
void yara_found_row(const struct yara_found *f, unsigned matches, unsigned count, unsigned strings,
	unsigned tags);

/* 0, -ETIMEDOUT, -ECANCELED, -EIO. */
int yara_search_fd(struct yara_rules *r, int fd, struct yara_found *f);
int yara_search_mem(struct yara_rules *r, const void *p, size_t n, struct yara_found *f);

#endif
