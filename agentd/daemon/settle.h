/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was interrupted (agentd/unfinished.h), finished by a child. */
#ifndef AGENTD_DAEMON_SETTLE_H
#define AGENTD_DAEMON_SETTLE_H

struct daemon;

/* At the start, and after an actor that did not tell how it ended. */
void settle_start(struct daemon *d);

#endif
