/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Internet addresses, networks and ports as people write them. */
#ifndef AGENTD_NETADDR_H
#define AGENTD_NETADDR_H

#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Bytes of the longest text: "[address/128]:65535" and its NUL. */
#define NETADDR_TEXT_MAX 64

struct netaddr {
	sa_family_t family; /* AF_INET or AF_INET6 */
	uint8_t prefix;	    /* bits that count; the others are zero */
	uint16_t port;	    /* 0: none was written */
	uint8_t bytes[16];  /* the first 4 of AF_INET */
};

/*
 * `10.0.0.1`, `10.0.0.0/24`, `10.0.0.1:22`, `2001:db8::1`, `2001:db8::/32`, `[2001:db8::1]:22`. A
 * zone (`fe80::1%eth0`) is left away, an IPv4 address mapped into IPv6 is taken for itself. -EINVAL
 * for all else, also where bits are set behind the network's length.
 */
int netaddr_parse(struct span text, struct netaddr *ret);
/* As netaddr_parse reads it; no length where it is the whole address. */
void netaddr_text(const struct netaddr *a, char ret[NETADDR_TEXT_MAX]);
/* Bytes of an address of this family. */
unsigned netaddr_size(sa_family_t family);
/* Does network `a` hold all of `b`? Ports do not count. */
bool netaddr_in(const struct netaddr *a, const struct netaddr *b);
bool netaddr_loopback(const struct netaddr *a);

#endif
