/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between libssh and ssh-agent: an agent that seems to hold certain keys only, or in another order,
 * since libssh offers all that there are as they come, and servers hang up after a few. A thread of
 * its own per connection, which ends with it.
 */
#ifndef CONSOLE_FLEET_AGENT_FILTER_H
#define CONSOLE_FLEET_AGENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct agent;

/* A key that is to be offered, in base64. */
struct agent_wish {
	char *blob;
	/*
	 * NULL; for a certificate the key that it is for: where the agent has only that, it signs
	 * for the certificate, as OpenSSH has it do.
	 */
	char *signer;
};

/* Which of an agent's keys are offered, and in which order. */
struct agent_choice {
	struct agent_wish *first;
	size_t n_first;
	char **tried; /* these were, by their files */
	size_t n_tried;
	bool only;  /* nothing but `first` */
	bool named; /* somebody chose `first`: it stands before what other hosts took, too */
};
void agent_choice_done(struct agent_choice *c);
/* Room for one more; strings are copied, `signer` may be NULL. 0 or -ENOMEM. */
int agent_choice_wish(struct agent_choice *c, const char *blob, const char *signer);
int agent_choice_tried(struct agent_choice *c, const char *blob);

/*
 * `fd` leads to `agent`; both that and the choice, whose struct is then empty, are taken over.
 * Returns the descriptor to be used instead, or -errno.
 */
int agent_filter_start(struct agent *agent, int fd, struct agent_choice *c);

#endif
