/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One SSH channel and the agent behind it. Bytes go both ways; neither side is read while the
 * other one does not take them.
 */
#ifndef AGENTD_SERVE_LINK_H
#define AGENTD_SERVE_LINK_H

#include "common/loop.h"

#include <libssh/libssh.h>
#include <stdbool.h>

struct link;

/* Who starts links; what they call back. */
struct link_owner {
	struct loop *loop;
	const char *agent, *root; /* argv of the agent: agent session --root root */
	/* May one more agent be started? When true, `ended` is called for it once. */
	bool (*may_start)(void *arg);
	void (*ended)(void *arg);
	/* Something can move: link_move is to be called. */
	void (*ready)(void *arg);
	void *arg;
};

/* For a channel that was just opened; starts nothing yet. NULL when out of memory. */
struct link *link_new(const struct link_owner *owner, ssh_session session);
ssh_channel link_channel(const struct link *l);
/* Ends the agent, waiting for it at most SERVE_AGENT_GRACE_MS, and frees all. Accepts NULL. */
void link_free(struct link *l);
/* Has the agent begin to end, without waiting. */
void link_end(struct link *l);

/*
 * Moves what can be moved. `blocked`: what was written to the connection is still on its way, so
 * the agent is not read. True while the link is of use; false: link_free it.
 */
bool link_move(struct link *l, bool blocked);
/* After SIGCHLD. */
void link_reap(struct link *l);

#endif
