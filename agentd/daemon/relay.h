/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections for workers, which may make none themselves. Each is a process of its own that does
 * one thing only (agentd/role_relay.c) and ends with its worker's end of the connection.
 */
#ifndef AGENTD_DAEMON_RELAY_H
#define AGENTD_DAEMON_RELAY_H

#include "agentd/daemon/client.h"

/* Of one session at once, of one user, and of all. */
#define RELAYS_OF_ONE_MAX  8
#define RELAYS_OF_USER_MAX 48
#define RELAYS_MAX	   64

/* 0 with the worker's end of it, or -errno. */
int relay_start(struct client *c, const struct priv_connect *what, int *ret_fd);
/* After waitpid. */
void relay_reaped(struct daemon *d, pid_t pid);
/* They end by themselves, with their workers. */
void relays_forget(struct daemon *d);

#endif
