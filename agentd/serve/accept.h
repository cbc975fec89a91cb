/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that listens: a child per connection, and how many there may be. */
#ifndef AGENTD_SERVE_ACCEPT_H
#define AGENTD_SERVE_ACCEPT_H

#include "agentd/serve/listen.h"
#include "agentd/serve/serve.h"
#include "common/err.h"

/*
 * Accepts until SIGTERM, SIGINT or SIGHUP, then ends all connections. 0 or -errno with `err`. In a
 * child it returns, too: *ret_child is then true, and the result its exit status.
 */
int accept_run(const struct serve_options *o, ssh_bind server, struct listeners *listeners,
	bool *ret_child, struct err *err);

#endif
