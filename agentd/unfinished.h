/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Deletions that were interrupted, and restorations while the file had a name of ours: a mark in
 * the vault tells of each that has begun (vault_entry_mark).
 */
#ifndef AGENTD_UNFINISHED_H
#define AGENTD_UNFINISHED_H

#include "agentd/action.h"
#include "agentd/vault.h"

/* Settled at once; those beyond are at the next time. Their outcomes must fit a child's answer. */
#define UNFINISHED_MAX 128

/*
 * Finishes each deletion: what is still the file that the vault has a copy of is unlinked, anything
 * else is put back at its place. Of a restoration the part that was written is unlinked. What is
 * under way is left alone, and what cannot be looked at now. `tell` hears of each where there was
 * something to do: `before` has path and id. Waits for the file systems that they are on.
 */
void unfinished_settle(const char *state_dir, const struct root *root,
	void (*tell)(void *arg, enum vault_way way, const struct action_outcome *o), void *arg);

#endif
