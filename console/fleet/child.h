/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The transport that is a program's stdin and stdout: the agent itself on this machine, or
 * OpenSSH's client (--ssh-command).
 */
#ifndef CONSOLE_FLEET_CHILD_H
#define CONSOLE_FLEET_CHILD_H

#include "console/fleet/transport.h"

/* Words of a command line. */
#define CHILD_WORDS_MAX 128
/* A program that was told to end has this long before it is killed. */
#define CHILD_GRACE_MS 1000
/* Kept of what a program writes to stderr. */
#define CHILD_STDERR_MAX 4096

/*
 * The command line for a host, NULL-ended: `words` gets pointers to strings of `text` (its max
 * bounds them) and of `host`. -EINVAL with `err` for an address that ssh would take for an option.
 */
int child_words(const struct fleet_options *options, const char *agent_program,
	const struct host_config *host, struct buf *text, const char *words[CHILD_WORDS_MAX],
	struct err *err);
/* What OpenSSH's last words on stderr mean for the host. */
enum host_state child_ssh_state(const char *words);

/* The processes of closed transports, until they have ended; of one loop. */
struct reaper;
struct reaper *reaper_new(struct loop *loop);
/* Has it end, and waits for that now and then. */
void reaper_take(struct reaper *r, pid_t pid);
/* Kills what still runs, and waits for it a moment. Accepts NULL. */
void reaper_free(struct reaper *r);

#endif
