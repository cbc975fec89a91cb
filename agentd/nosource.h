/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables whose source is not there: their columns are, so that statements prepare; a scan says so
 * and gives no rows.
 */
#ifndef AGENTD_NOSOURCE_H
#define AGENTD_NOSOURCE_H

#include "agentd/table.h"

/* Of events: nothing was recorded. */
int nosource_events(struct scan *s);
/* Of what somebody else on the network would have to be asked for. */
int nosource_remote(struct scan *s);
int nosource_step(struct scan *s);

/* NOLINTBEGIN(bugprone-macro-parentheses): names and initialisers take no parentheses. */
/* The descriptor; `columns` is in scope, `open` one of the above. */
#define TABLE_WITHOUT_SOURCE(NAME, OPEN, DOC)                                                      \
	const struct table table_##NAME = {                                                        \
		.name = #NAME,                                                                     \
		.doc = DOC,                                                                        \
		.columns = columns,                                                                \
		.open = OPEN,                                                                      \
		.step = nosource_step,                                                             \
	}
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
