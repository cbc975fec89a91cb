/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/rtnl.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool rtnl_address_read(const struct netlink_message *m, struct rtnl_address *ret)
{
	struct netlink_attrs rest;
	struct netlink_attr a;

	*ret = (struct rtnl_address){0};
	if (m->type != RTM_NEWADDR || !netlink_head(m, &ret->head, sizeof(ret->head), &rest))
		return false;
	while (netlink_attr(&rest, &a)) {
		if (a.type == IFA_ADDRESS)
			ret->address = a;
		else if (a.type == IFA_LOCAL)
			ret->local = a;
		else if (a.type == IFA_BROADCAST)
			ret->broadcast = a;
		else if (a.type == IFA_LABEL)
			ret->label = a;
	}
	return ret->head.ifa_family == AF_INET || ret->head.ifa_family == AF_INET6;
}

/* A gateway, perhaps of the other family: then two bytes of family stand before the address. */
static void read_gateway(struct netlink_attrs rest, struct rtnl_route *ret)
{
	struct netlink_attr a;
	uint16_t family;

	while (netlink_attr(&rest, &a)) {
		if (a.type == RTA_GATEWAY) {
			ret->gateway = a;
			ret->via = ret->head.rtm_family;
		} else if (a.type == RTA_VIA && a.n >= sizeof(family)) {
			memcpy(&family, a.p, sizeof(family));
			ret->via = family;
			ret->gateway = a;
			ret->gateway.p += sizeof(family);
			ret->gateway.n -= sizeof(family);
		}
	}
}

static void read_metrics(struct netlink_attrs rest, struct rtnl_route *ret)
{
	struct netlink_attr a;

	while (netlink_attr(&rest, &a)) {
		if (a.type == RTAX_MTU)
			ret->mtu = netlink_u32(&a);
		else if (a.type == RTAX_HOPLIMIT)
			ret->hopcount = netlink_u32(&a);
	}
}

bool rtnl_route_read(const struct netlink_message *m, struct rtnl_route *ret)
{
	struct netlink_attrs rest;
	struct netlink_attr a;

	*ret = (struct rtnl_route){0};
	if (m->type != RTM_NEWROUTE || !netlink_head(m, &ret->head, sizeof(ret->head), &rest))
		return false;
	read_gateway(rest, ret);
	while (netlink_attr(&rest, &a)) {
		if (a.type == RTA_DST)
			ret->dst = a;
		else if (a.type == RTA_PREFSRC)
			ret->source = a;
		else if (a.type == RTA_OIF)
			ret->oif = netlink_u32(&a);
		else if (a.type == RTA_PRIORITY)
			ret->metric = netlink_u32(&a);
		else if (a.type == RTA_METRICS)
			read_metrics(netlink_nest(&a), ret);
		else if (a.type == RTA_MULTIPATH)
			ret->hops = netlink_nest(&a);
	}
	return ret->head.rtm_family == AF_INET || ret->head.rtm_family == AF_INET6;
}

bool rtnl_route_hop(
	const struct rtnl_route *route, struct netlink_attrs *hops, struct rtnl_route *ret)
{
	struct rtnexthop hop;
	size_t step;

	if (hops->n < sizeof(hop))
		return false;
	memcpy(&hop, hops->p, sizeof(hop));
	if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > hops->n)
		return false;
	*ret = *route;
	ret->oif = (uint32_t)hop.rtnh_ifindex;
	ret->head.rtm_flags |= hop.rtnh_flags;
	read_gateway(
		(struct netlink_attrs){hops->p + sizeof(hop), hop.rtnh_len - sizeof(hop)}, ret);
	step = RTNH_ALIGN((size_t)hop.rtnh_len);
	step = step < hops->n ? step : hops->n;
	*hops = (struct netlink_attrs){hops->p + step, hops->n - step};
	return true;
}

bool rtnl_text(int family, const struct netlink_attr *a, const char *iface, char out[RTNL_TEXT_MAX])
{
	size_t size = family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
	struct in6_addr addr;
	size_t len;

	if (a->n < size || (family != AF_INET && family != AF_INET6))
		return false;
	memcpy(&addr, a->p, size);
	if (!inet_ntop(family, &addr, out, RTNL_TEXT_MAX))
		return false;
	len = strlen(out);
	if (iface && family == AF_INET6 &&
		(IN6_IS_ADDR_LINKLOCAL(&addr) || IN6_IS_ADDR_MC_LINKLOCAL(&addr)))
		snprintf(out + len, RTNL_TEXT_MAX - len, "%%%s", iface);
	return true;
}
