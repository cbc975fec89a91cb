/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel says of addresses and routes, taken apart. Attributes point into the message. */
#ifndef AGENTD_RTNL_H
#define AGENTD_RTNL_H

#include "agentd/netlink.h"

/* Bytes of an address as text, "%" and interface included. */
#define RTNL_TEXT_MAX 64

/* RTM_NEWADDR; an attribute that is not there has no bytes. */
struct rtnl_address {
	struct ifaddrmsg head;
	struct netlink_attr address, local, broadcast, label;
};
/* False when the message is something else, or of another family than IPv4 and IPv6. */
bool rtnl_address_read(const struct netlink_message *m, struct rtnl_address *ret);

/* RTM_NEWROUTE */
struct rtnl_route {
	struct rtmsg head;
	struct netlink_attr dst, source;
	struct netlink_attr gateway; /* of the family `via` */
	int via;
	uint32_t oif, metric, mtu, hopcount;
	struct netlink_attrs hops; /* of a route over several: see rtnl_route_hop */
};
bool rtnl_route_read(const struct netlink_message *m, struct rtnl_route *ret);
/*
 * Takes the next of the hops that a route is spread over: *ret is the route as it is for that one.
 * False when there is none left.
 */
bool rtnl_route_hop(
	const struct rtnl_route *route, struct netlink_attrs *hops, struct rtnl_route *ret);

/*
 * The text of an address of AF_INET or AF_INET6; of a link-local one with "%iface" where a name is
 * given. False when the attribute is too short for the family.
 */
bool rtnl_text(
	int family, const struct netlink_attr *a, const char *iface, char out[RTNL_TEXT_MAX]);

#endif
