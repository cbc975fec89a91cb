/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/ifaces.h"
#include "agentd/root.h"
#include "agentd/rtnl.h"
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
	char text[RTNL_TEXT_MAX];

	if (rtnl_text(family, a, NULL, text))
		row_text(s, col, text);
}

static void put_row(struct scan *s, struct state *st, const struct rtnl_route *r)
{
	const struct iface *iface = iface_by_index(&st->ifaces, r->oif);
	int family = r->head.rtm_family;

	row_begin(s);
	if (r->dst.n)
		put_address(s, DESTINATION, family, &r->dst);
	else
		row_text(s, DESTINATION, family == AF_INET6 ? "::" : "0.0.0.0");
	row_int(s, NETMASK, r->head.rtm_dst_len);
	put_address(s, GATEWAY, r->via, &r->gateway);
	put_address(s, SOURCE, family, &r->source);
	row_int(s, FLAGS, r->head.rtm_flags);
	row_text(s, INTERFACE, iface ? iface->name : NULL);
	row_int(s, MTU, r->mtu);
	row_int(s, METRIC, r->metric);
	row_text(s, TYPE, type_word(r->head.rtm_type));
	row_int(s, HOPCOUNT, r->hopcount);
	row_end(s);
}

static void put_rows(struct scan *s, struct state *st, const struct rtnl_route *r)
{
	struct netlink_attrs hops = r->hops;
	struct rtnl_route one;

	if (!hops.n)
		put_row(s, st, r);
	while (rtnl_route_hop(r, &hops, &one))
		put_row(s, st, &one);
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
	struct rtnl_route route;
	int r;

	if (!st->nl.p)
		return 0;
	r = netlink_next(&st->nl, &m);
	/* A kernel without IPv6. */
	if (r == 0 || r == -EOPNOTSUPP || r == -EAFNOSUPPORT)
		r = ask_next(s, st);
	else if (r == 1 && rtnl_route_read(&m, &route) &&
		 /* Without the family a kernel lists all it has; cached routes are no table's. */
		 route.head.rtm_family == families[st->asked - 1] &&
		 !(route.head.rtm_flags & RTM_F_CLONED))
		put_rows(s, st, &route);
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
