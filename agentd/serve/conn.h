/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection, in a process of its own: handshake, login, then its channels. */
#ifndef AGENTD_SERVE_CONN_H
#define AGENTD_SERVE_CONN_H

#include "agentd/serve/serve.h"

/*
 * Serves the connection `fd` until it ends; `parent` is the stream socket that enum serve_word is
 * spoken on, `peer` the client's address for the log. Both descriptors are closed. Returns an exit
 * status. A login that takes too long ends the process by SIGALRM.
 */
int conn_serve(
	const struct serve_options *o, ssh_bind server, int fd, int parent, const char *peer);

#endif
