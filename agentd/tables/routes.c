/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/ifaces.h"
#include "agentd/root.h"
#include "agentd/table.h"

#include <errno.h>
#include <string.h>

enum {
	DESTINATION,
	NETMASK,
	GATEWAY,
	SOURCE,
	FLAGS,
	INTERFACE,
	MTU,
	METRIC,
	TYPE,
	HOPCOUNT,
};

static const struct column columns[] = {
	{"destination", COL_TEXT, 0, "Network or host; 0.0.0.0 or :: is the default route"},
	{"netmask", COL_INTEGER, 0, "Length of the network's prefix in bits"},
	{"gateway", COL_TEXT, 0, "Next hop; a route over several has a row for each"},
	{"source", COL_TEXT, 0, "Preferred source address"},
	{"flags", COL_INTEGER, 0, "The kernel's flags of the route"},
	{"interface", COL_TEXT, 0, "Interface that packets leave by"},
	{"mtu", COL_INTEGER, 0, "Path MTU set on the route, 0 for none"},
	{"metric", COL_INTEGER, 0, "Cost: the lowest is preferred"},
	{"type", COL_TEXT, COL_ADDITIONAL, "gateway, local, broadcast, anycast or other"},
	{"hopcount", COL_INTEGER, 0, "Hop limit set on the route, 0 for none"},
	COL_END,
};

static const unsigned char families[] = {AF_INET, AF_INET6};

struct state {
	struct netlink nl;
	struct ifaces ifaces;
	size_t asked; /* of families */
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	ifaces_done(&st->ifaces);
	netlink_done(&st->nl);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r;

	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine has routes: no rows");
		return 0;
	}
	r = netlink_init(&st->nl, NETLINK_ROUTE);
	if (!r)
		r = ifaces_read(&st->ifaces, &st->nl);
	if (r < 0) {
		close_scan(s);
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	}
	st->nl.done = true;
	return 0;
}

struct route {
	struct rtmsg head;
	struct netlink_attr dst, gateway, via, source, metrics, hops;
	uint32_t oif, metric, mtu, hopcount;
};

/* What a route and each of its hops may have. */
static void read_hop(struct netlink_attrs rest, struct route *ret)
{
	struct netlink_attr a;

	while (netlink_attr(&rest, &a)) {
		if (a.type == RTA_GATEWAY)
			ret->gateway = a;
		else if (a.type == RTA_VIA)
			ret->via = a;
	}
}

static void read_metrics(struct route *ret)
{
	struct netlink_attrs rest = netlink_nest(&ret->metrics);
	struct netlink_attr a;

	while (netlink_attr(&rest, &a)) {
		if (a.type == RTAX_MTU)
			ret->mtu = netlink_u32(&a);
		else if (a.type == RTAX_HOPLIMIT)
			ret->hopcount = netlink_u32(&a);
	}
}

static bool read_route(const struct netlink_message *m, struct route *ret)
{
	struct netlink_attrs rest;
	struct netlink_attr a;

	*ret = (struct route){0};
	if (m->type != RTM_NEWROUTE || !netlink_head(m, &ret->head, sizeof(ret->head), &rest))
		return false;
	read_hop(rest, ret);
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
			ret->metrics = a;
		else if (a.type == RTA_MULTIPATH)
			ret->hops = a;
	}
	read_metrics(ret);
	return true;
}

static const char *type_word(unsigned type)
{
	switch (type) {
	case RTN_UNICAST:
		return "gateway";
	case RTN_LOCAL:
		return "local";
	case RTN_BROADCAST:
		return "broadcast";
	case RTN_ANYCAST:
		return "anycast";
	default:
		return "other";
	}
}

static void put_address(struct scan *s, unsigned col, int family, const struct netlink_attr *a)
{
	char text[ADDRESS_TEXT_MAX];

	if (address_text(family, a, NULL, text))
		row_text(s, col, text);
}

/* A gateway of the other family: two bytes of family, then the address. */
static void put_via(struct scan *s, const struct netlink_attr *via)
{
	uint16_t family;
	struct netlink_attr a = *via;

	if (a.n < sizeof(family))
		return;
	memcpy(&family, a.p, sizeof(family));
	a.p += sizeof(family);
	a.n -= sizeof(family);
	put_address(s, GATEWAY, family, &a);
}

static void put_row(struct scan *s, struct state *st, const struct route *r)
{
	const struct iface *iface = iface_by_index(&st->ifaces, r->oif);
	int family = r->head.rtm_family;

	row_begin(s);
	if (r->dst.n)
		put_address(s, DESTINATION, family, &r->dst);
	else
		row_text(s, DESTINATION, family == AF_INET6 ? "::" : "0.0.0.0");
	row_int(s, NETMASK, r->head.rtm_dst_len);
	if (r->via.n)
		put_via(s, &r->via);
	else
		put_address(s, GATEWAY, family, &r->gateway);
	put_address(s, SOURCE, family, &r->source);
	row_int(s, FLAGS, r->head.rtm_flags);
	row_text(s, INTERFACE, iface ? iface->name : NULL);
	row_int(s, MTU, r->mtu);
	row_int(s, METRIC, r->metric);
	row_text(s, TYPE, type_word(r->head.rtm_type));
	row_int(s, HOPCOUNT, r->hopcount);
	row_end(s);
}

/* A row for each of the hops that the route is spread over. */
static void put_hops(struct scan *s, struct state *st, const struct route *r)
{
	const char *p = r->hops.p;
	size_t left = r->hops.n, step;
	struct rtnexthop hop;

	while (left >= sizeof(hop)) {
		struct route one = *r;

		memcpy(&hop, p, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > left)
			return;
		one.oif = (uint32_t)hop.rtnh_ifindex;
		one.head.rtm_flags |= hop.rtnh_flags;
		read_hop((struct netlink_attrs){p + sizeof(hop), hop.rtnh_len - sizeof(hop)}, &one);
		put_row(s, st, &one);
		step = RTNH_ALIGN((size_t)hop.rtnh_len);
		if (step >= left)
			return;
		p += step;
		left -= step;
	}
}

/* The routes of the next address family are asked for. 1, or 0 when there is none left. */
static int ask_next(struct scan *s, struct state *st)
{
	struct rtmsg all = {0};
	int r;

	if (st->nl.changed)
		scan_warn(s, "the routes changed while they were read");
	if (st->asked == sizeof(families))
		return 0;
	all.rtm_family = families[st->asked++];
	r = netlink_dump(&st->nl, RTM_GETROUTE, &all, sizeof(all));
	return r < 0 ? r : 1;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct netlink_message m;
	struct route route;
	int r;

	if (!st->nl.p)
		return 0;
	r = netlink_next(&st->nl, &m);
	/* A kernel without IPv6. */
	if (r == 0 || r == -EOPNOTSUPP || r == -EAFNOSUPPORT)
		r = ask_next(s, st);
	else if (r == 1 && read_route(&m, &route) &&
		 /* Without the family a kernel lists all it has; cached routes are no table's. */
		 route.head.rtm_family == families[st->asked - 1] &&
		 !(route.head.rtm_flags & RTM_F_CLONED)) {
		if (route.hops.n)
			put_hops(s, st, &route);
		else
			put_row(s, st, &route);
	}
	return r < 0 ? scan_error(s, -r, "netlink: %s", strerror(-r)) : r;
}

const struct table table_routes = {
	.name = "routes",
	.doc = "Routes of all the kernel's tables.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
