/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/ifaces.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/str.h"

#include <string.h>

enum {
	INTERFACE,
	HOP_LIMIT,
	FORWARDING_ENABLED,
	REDIRECT_ACCEPT,
	RTADV_ACCEPT,
};

static const struct column columns[] = {
	{"interface", COL_TEXT, 0, "Name of the interface"},
	{"hop_limit", COL_INTEGER, 0, "Hops that packets may take"},
	{"forwarding_enabled", COL_INTEGER, 0, "1 when packets are forwarded"},
	{"redirect_accept", COL_INTEGER, 0, "1 when redirects are followed"},
	{"rtadv_accept", COL_INTEGER, 0, "1 when router advertisements are taken"},
	COL_END,
};

struct state {
	struct ifaces ifaces;
	size_t at;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	ifaces_done(&st->ifaces);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	struct netlink nl;
	int r;

	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine has interfaces: no rows");
		return 0;
	}
	r = netlink_init(&nl, NETLINK_ROUTE);
	if (!r)
		r = ifaces_read(&st->ifaces, &nl);
	netlink_done(&nl);
	if (r < 0) {
		ifaces_done(&st->ifaces);
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	}
	return 0;
}

/* A setting of an interface, -1 where there is none. */
static int64_t setting(struct scan *s, const char *iface, const char *name)
{
	char path[96];
	struct buf text;
	int64_t v = -1;

	buf_init(&text, 32);
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", iface, name);
	if (root_read(scan_root(s), path, &text) == 0 && text.len) {
		if (text.p[text.len - 1] == '\n')
			buf_cut(&text, text.len - 1);
		if (parse_int(text.p, INT32_MIN, INT32_MAX, &v) < 0)
			v = -1;
	}
	buf_done(&text);
	return v;
}

/*
 * What holds depends on the setting for all interfaces too: a router follows redirects only when
 * both say so, a host when one does; a router takes advertisements only when told twice (2).
 */
static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	int64_t forwarding, all, one, advert;
	const char *name;

	if (st->at == st->ifaces.n)
		return 0;
	name = st->ifaces.all[st->at++].name;
	forwarding = setting(s, name, "forwarding");
	all = setting(s, "all", "accept_redirects");
	one = setting(s, name, "accept_redirects");
	advert = setting(s, name, "accept_ra");
	row_begin(s);
	row_text(s, INTERFACE, name);
	row_int(s, HOP_LIMIT, setting(s, name, "hop_limit"));
	row_int(s, FORWARDING_ENABLED, forwarding);
	row_int(s, REDIRECT_ACCEPT, forwarding ? all && one : all || one);
	row_int(s, RTADV_ACCEPT, advert == 2 || (advert && !forwarding));
	row_end(s);
	return 1;
}

const struct table table_interface_ipv6 = {
	.name = "interface_ipv6",
	.doc = "Settings of IPv6 for each network interface; -1 where it has none.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
