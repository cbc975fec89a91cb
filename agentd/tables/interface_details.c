/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/netlink.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/io.h"
#include "common/str.h"

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

/* Bytes of a hardware address: the kernel's MAX_ADDR_LEN. */
#define HARDWARE_MAX 32

enum {
	INTERFACE,
	MAC,
	TYPE,
	MTU,
	METRIC,
	FLAGS,
	IPACKETS,
	OPACKETS,
	IBYTES,
	OBYTES,
	IERRORS,
	OERRORS,
	IDROPS,
	ODROPS,
	COLLISIONS,
	LAST_CHANGE,
	LINK_SPEED,
	PCI_SLOT,
};

static const struct column columns[] = {
	{"interface", COL_TEXT, 0, "Name of the interface"},
	{"mac", COL_TEXT, 0, "Hardware address"},
	{"type", COL_INTEGER, 0,
		"Kind of hardware: the kernel's number, 1 for Ethernet, 772 for loopback"},
	{"mtu", COL_INTEGER, 0, "Largest packet in bytes"},
	{"metric", COL_INTEGER, 0, "Always 0 on Linux"},
	{"flags", COL_INTEGER, 0, "The kernel's flags (IFF_UP …)"},
	{"ipackets", COL_BIGINT, 0, "Packets received"},
	{"opackets", COL_BIGINT, 0, "Packets sent"},
	{"ibytes", COL_BIGINT, 0, "Bytes received"},
	{"obytes", COL_BIGINT, 0, "Bytes sent"},
	{"ierrors", COL_BIGINT, 0, "Errors while receiving"},
	{"oerrors", COL_BIGINT, 0, "Errors while sending"},
	{"idrops", COL_BIGINT, 0, "Packets dropped that were received"},
	{"odrops", COL_BIGINT, 0, "Packets dropped that were to be sent"},
	{"collisions", COL_BIGINT, 0, "Collisions"},
	{"last_change", COL_BIGINT, 0, "Always -1 on Linux"},
	{"link_speed", COL_BIGINT, 0, "Speed in Mbit/s; 0 when not known"},
	{"pci_slot", COL_TEXT, 0, "Where the device is on its bus; -1 when there is none"},
	COL_END,
};

struct state {
	struct netlink nl;
	int fd; /* for ioctls, or -1 */
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->nl.p)
		io_close(st->fd);
	if (st->nl.changed)
		scan_warn(s, "the interfaces changed while they were read");
	netlink_done(&st->nl);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
	int r;

	st->fd = -1;
	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine has interfaces: no rows");
		return 0;
	}
	r = netlink_init(&st->nl, NETLINK_ROUTE);
	if (!r)
		r = netlink_dump(&st->nl, RTM_GETLINK, &all, sizeof(all));
	if (r < 0) {
		close_scan(s);
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	}
	if (scan_wants(s, PCI_SLOT))
		/* Any socket will do to ask a driver; a sandboxed worker has only this kind. */
		st->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return 0;
}

static void put_hardware(struct scan *s, const struct netlink_attr *a)
{
	char text[HARDWARE_MAX * 3];
	size_t n = a->n < HARDWARE_MAX ? a->n : HARDWARE_MAX;

	for (size_t i = 0; i < n; i++)
		snprintf(text + 3 * i, sizeof(text) - 3 * i, "%02x:", (unsigned char)a->p[i]);
	if (n)
		row_bytes(s, MAC, text, 3 * n - 1);
}

static void put_stats(struct scan *s, const struct netlink_attr *a)
{
	struct rtnl_link_stats64 st = {0};

	memcpy(&st, a->p, a->n < sizeof(st) ? a->n : sizeof(st));
	row_int(s, IPACKETS, (int64_t)st.rx_packets);
	row_int(s, OPACKETS, (int64_t)st.tx_packets);
	row_int(s, IBYTES, (int64_t)st.rx_bytes);
	row_int(s, OBYTES, (int64_t)st.tx_bytes);
	row_int(s, IERRORS, (int64_t)st.rx_errors);
	row_int(s, OERRORS, (int64_t)st.tx_errors);
	row_int(s, IDROPS, (int64_t)st.rx_dropped);
	row_int(s, ODROPS, (int64_t)st.tx_dropped);
	row_int(s, COLLISIONS, (int64_t)st.collisions);
}

static void put_speed(struct scan *s, const char *name)
{
	char path[64];
	struct buf text;
	int64_t speed = 0;

	if (!scan_wants(s, LINK_SPEED))
		return;
	buf_init(&text, 32);
	snprintf(path, sizeof(path), "/sys/class/net/%s/speed", name);
	/* Of what is down or has no speed the kernel says -1 or refuses to be read. */
	if (root_read(scan_root(s), path, &text) == 0 && text.len && text.p[text.len - 1] == '\n') {
		buf_cut(&text, text.len - 1);
		if (parse_int(text.p, 0, UINT32_MAX, &speed) < 0)
			speed = 0;
	}
	row_int(s, LINK_SPEED, speed);
	buf_done(&text);
}

static void put_slot(struct scan *s, const struct state *st, const char *name)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (char *)&info};

	if (!scan_wants(s, PCI_SLOT))
		return;
	str_copy(request.ifr_name, sizeof(request.ifr_name), name);
	if (st->fd >= 0 && ioctl(st->fd, SIOCETHTOOL, &request) >= 0)
		row_bytes(
			s, PCI_SLOT, info.bus_info, strnlen(info.bus_info, sizeof(info.bus_info)));
	else
		row_text(s, PCI_SLOT, "-1");
}

static void put_link(struct scan *s, const struct state *st, const struct netlink_message *m)
{
	struct ifinfomsg head;
	struct netlink_attrs rest;
	struct netlink_attr a;
	char name[IFNAMSIZ] = "";

	if (m->type != RTM_NEWLINK || !netlink_head(m, &head, sizeof(head), &rest))
		return;
	row_begin(s);
	row_text(s, MAC, "00:00:00:00:00:00");
	while (netlink_attr(&rest, &a)) {
		if (a.type == IFLA_IFNAME)
			memcpy(name, a.p, strnlen(a.p, a.n < IFNAMSIZ ? a.n : IFNAMSIZ - 1));
		else if (a.type == IFLA_ADDRESS)
			put_hardware(s, &a);
		else if (a.type == IFLA_MTU)
			row_int(s, MTU, netlink_u32(&a));
		else if (a.type == IFLA_STATS64)
			put_stats(s, &a);
	}
	row_text(s, INTERFACE, name);
	row_int(s, TYPE, head.ifi_type);
	row_int(s, METRIC, 0);
	row_int(s, FLAGS, head.ifi_flags);
	row_int(s, LAST_CHANGE, -1);
	put_speed(s, name);
	put_slot(s, st, name);
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct netlink_message m;
	int r = st->nl.p ? netlink_next(&st->nl, &m) : 0;

	if (r < 0)
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	if (r)
		put_link(s, st, &m);
	return r;
}

const struct table table_interface_details = {
	.name = "interface_details",
	.doc = "Network interfaces: hardware and counters.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
