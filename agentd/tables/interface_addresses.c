/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/ifaces.h"
#include "agentd/root.h"
#include "agentd/rtnl.h"
#include "agentd/table.h"

#include <netinet/in.h>
#include <string.h>

enum {
	INTERFACE,
	ADDRESS,
	MASK,
	BROADCAST,
	POINT_TO_POINT,
	TYPE,
};

static const struct column columns[] = {
	{"interface", COL_TEXT, 0, "Interface, or the label of the address where it has one"},
	{"address", COL_TEXT, 0, "IPv4 or IPv6 address; link-local ones with %interface"},
	{"mask", COL_TEXT, 0, "Netmask in the form of an address"},
	{"broadcast", COL_TEXT, 0, "Broadcast address"},
	{"point_to_point", COL_TEXT, 0, "The other end, where there is no broadcast"},
	{"type", COL_TEXT, 0, "How the address came about: on Linux unknown"},
	COL_END,
};

struct state {
	struct netlink nl;
	struct ifaces ifaces;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->nl.changed)
		scan_warn(s, "the addresses changed while they were read");
	ifaces_done(&st->ifaces);
	netlink_done(&st->nl);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	struct ifaddrmsg all = {.ifa_family = AF_UNSPEC};
	int r;

	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine has addresses: no rows");
		return 0;
	}
	r = netlink_init(&st->nl, NETLINK_ROUTE);
	if (!r)
		r = ifaces_read(&st->ifaces, &st->nl);
	if (!r)
		r = netlink_dump(&st->nl, RTM_GETADDR, &all, sizeof(all));
	if (r < 0) {
		close_scan(s);
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	}
	return 0;
}

static void put_address(
	struct scan *s, unsigned col, int family, const struct netlink_attr *a, const char *iface)
{
	char text[RTNL_TEXT_MAX];

	if (rtnl_text(family, a, iface, text))
		row_text(s, col, text);
}

static void put_mask(struct scan *s, int family, unsigned prefix)
{
	unsigned char mask[sizeof(struct in6_addr)] = {0};
	struct netlink_attr a = {.p = (const char *)mask, .n = sizeof(mask)};

	for (unsigned i = 0; i < prefix && i < sizeof(mask) * 8; i++)
		mask[i / 8] |= (unsigned char)(0x80 >> i % 8);
	put_address(s, MASK, family, &a, NULL);
}

/* With IFA_LOCAL, IFA_ADDRESS is the other end, or the address itself once more. */
static bool has_other_end(const struct rtnl_address *a, const struct iface *iface)
{
	if (!a->local.n)
		return false;
	/* As getifaddrs(3) has it, also of the loopback interface. */
	if (iface && !(iface->flags & IFF_BROADCAST))
		return true;
	return a->address.n != a->local.n || memcmp(a->address.p, a->local.p, a->local.n) != 0;
}

static void put_row(struct scan *s, struct state *st, const struct rtnl_address *a)
{
	const struct iface *iface = iface_by_index(&st->ifaces, a->head.ifa_index);
	const char *name = iface ? iface->name : NULL;
	int family = a->head.ifa_family;

	row_begin(s);
	if (a->label.n)
		row_bytes(s, INTERFACE, a->label.p, strnlen(a->label.p, a->label.n));
	else
		row_text(s, INTERFACE, name);
	put_address(s, ADDRESS, family, a->local.n ? &a->local : &a->address, name);
	put_mask(s, family, a->head.ifa_prefixlen);
	put_address(s, BROADCAST, family, &a->broadcast, name);
	if (has_other_end(a, iface))
		put_address(s, POINT_TO_POINT, family, &a->address, name);
	row_text(s, TYPE, "unknown");
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct netlink_message m;
	struct rtnl_address a;
	int r = st->nl.p ? netlink_next(&st->nl, &m) : 0;

	if (r < 0)
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	if (r && rtnl_address_read(&m, &a))
		put_row(s, st, &a);
	return r;
}

const struct table table_interface_addresses = {
	.name = "interface_addresses",
	.doc = "Addresses of the network interfaces.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
