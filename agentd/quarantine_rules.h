/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table `inet tocsin_quarantine` in the kernel. All of it goes in one transaction; nothing of
 * anybody else's is touched. Connection tracking is not used: what was accepted before is not what
 * is accepted now.
 *
 * Each opens a netlink socket of its own. -errno with `err`: EPROTONOSUPPORT, EOPNOTSUPP where the
 * kernel has no nftables; EPERM.
 */
#ifndef AGENTD_QUARANTINE_RULES_H
#define AGENTD_QUARANTINE_RULES_H

#include "agentd/quarantine.h"

#include <jansson.h>

#define QUARANTINE_TABLE "tocsin_quarantine"
/* Before the chains of others, behind the reassembly of fragments. */
#define QUARANTINE_PRIORITY (-350)
/* How long to go on where the kernel is busy, and to wait for its answer. */
#define QUARANTINE_BUSY_MS   3000
#define QUARANTINE_ANSWER_MS 10000

/* Puts the rules in force in place of what the table holds. */
int quarantine_rules_apply(const struct quarantine_open *open, struct err *err);
/* Takes the table away; 0 also where there is none. */
int quarantine_rules_remove(struct err *err);
/* 1: exactly these are in force; 0: they are not; -errno. */
int quarantine_rules_check(const struct quarantine_open *open, struct err *err);
/* Is there a table of that name? 1, 0, -errno. */
int quarantine_rules_there(struct err *err);
/* The rules as text, chain by chain: {"input": [...], ...}. NULL: no memory. */
json_t *quarantine_rules_json(const struct quarantine_open *open);
/*
 * What others' rules mean for it, as an array of sentences: chains of theirs that drop by policy
 * (they go on to), flow tables (their connections pass by all rules). NULL: cannot be told.
 */
json_t *quarantine_rules_others(void);
/* The same, and which file systems will stand still because their server is elsewhere. */
json_t *quarantine_plan_others(void);
/* Adds the latter, out of a mount table. */
void quarantine_note_mounts(json_t *list, struct span mounts);

#endif
