/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names to addresses. Literal addresses never leave the calling thread. */
#ifndef CONSOLE_FLEET_RESOLVE_H
#define CONSOLE_FLEET_RESOLVE_H

#include "common/err.h"
#include "console/fleet/pool.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses of one name that are tried. */
#define RESOLVE_ADDRESSES_MAX 8
/* Names being looked up at once. */
#define RESOLVE_THREADS 8

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};
struct addresses {
	size_t n;
	union address a[RESOLVE_ADDRESSES_MAX]; /* in the order in which to try them */
	union address from;			/* to bind to; its family is 0 when any will do */
};

/* True when `name` is an IPv4 or IPv6 address (with %scope perhaps); sets *ret. */
bool resolve_literal(const char *name, uint16_t port, struct addresses *ret);

struct resolving;
/*
 * Looks `name` up in a helper thread. `fn` is called in the thread of `to`, once, unless it was
 * cancelled before; `addresses` is NULL when there is none, `err` then says why.
 */
struct resolving *resolve_start(struct pool *pool, struct inbox *to, const char *name,
	uint16_t port,
	void (*fn)(void *arg, const struct addresses *addresses, const struct err *err), void *arg);
/* Only in the thread of `to` and before `fn` was called. Accepts NULL. */
void resolve_cancel(struct resolving *r);

/* "10.0.0.1", "fe80::1%eth0"; for messages. */
#define ADDRESS_TEXT_MAX 64
const char *address_text(const union address *a, char out[ADDRESS_TEXT_MAX]);
socklen_t address_size(const union address *a);

#endif
