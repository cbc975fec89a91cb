/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's network interfaces by number, as the kernel lists them at one moment. */
#ifndef AGENTD_IFACES_H
#define AGENTD_IFACES_H

#include "agentd/netlink.h"

#include <net/if.h>

/* More than this many are not kept; what belongs to them has no interface name. */
#define IFACES_MAX 65536

struct iface {
	uint32_t index;
	uint32_t flags; /* IFF_* */
	char name[IFNAMSIZ];
};

struct ifaces {
	struct iface *all; /* by index */
	size_t n, cap;
};

/* Over a NETLINK_ROUTE socket. 0 or -errno; ifaces_done may be called in any case. */
int ifaces_read(struct ifaces *i, struct netlink *n);
void ifaces_done(struct ifaces *i);
/* NULL when there is none. */
const struct iface *iface_by_index(const struct ifaces *i, uint32_t index);
/* One RTM_NEWLINK: false when it is none. */
bool iface_from_message(const struct netlink_message *m, struct iface *ret);

#endif
