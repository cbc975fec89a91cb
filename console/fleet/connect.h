/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TCP connection to the first of several addresses that takes one, without blocking: the next
 * address is tried when one fails or has not answered for CONNECT_STAGGER_MS (RFC 8305).
 */
#ifndef CONSOLE_FLEET_CONNECT_H
#define CONSOLE_FLEET_CONNECT_H

#include "common/err.h"
#include "console/fleet/resolve.h"

#define CONNECT_STAGGER_MS 250
/* An idle connection is probed after so long; one on which nothing gets through is given up. */
#define CONNECT_IDLE_S	60
#define CONNECT_DEAD_MS 15000

/*
 * `fd` is a connected non-blocking close-on-exec socket with TCP_NODELAY, now the receiver's, and
 * `to` where it leads; or -1 with `err`, whose code is the errno of the last address.
 */
typedef void connect_fn(void *arg, int fd, const union address *to, const struct err *err);

struct connecting;
/* `fn` is called once, from the loop, unless connect_cancel comes first. NULL when out of memory.
 */
struct connecting *connect_start(
	struct loop *loop, const struct addresses *addresses, connect_fn *fn, void *arg);
/* Accepts NULL. Not after `fn` was called. */
void connect_cancel(struct connecting *c);

#endif
