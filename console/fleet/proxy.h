/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ProxyCommand: a shell command whose stdin and stdout are the connection to a host. */
#ifndef CONSOLE_FLEET_PROXY_H
#define CONSOLE_FLEET_PROXY_H

#include "console/fleet/transport.h"

/* Kept of what it wrote to stderr last. */
#define PROXY_WORDS_MAX 256

struct proxy;
/* *ret_fd is the receiver's to close. NULL with `err`. */
struct proxy *proxy_start(
	struct transport_env *env, const char *command, int *ret_fd, struct err *err);
/* The last line on its stderr, "" for none. Valid until the next call. Accepts NULL. */
const char *proxy_words(struct proxy *p);
/* Ends it, if it still runs, without waiting. Accepts NULL. */
void proxy_end(struct proxy *p);

#endif
