/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/ifaces.h"
#include "agentd/netlink.h"
#include "agentd/rtnl.h"

#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

/* ---- Messages as a kernel might send them, and as it would not ---- */

static struct netlink n;
static struct netlink_message m;
static char bytes[4096];

static void start(void)
{
	n = (struct netlink){.fd = -1, .seq = 7, .p = bytes};
}

static void put(uint16_t type, uint16_t flags, uint32_t seq, const void *body, size_t size)
{
	struct nlmsghdr h = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = seq};

	memcpy(bytes + n.end, &h, sizeof(h));
	memcpy(bytes + n.end + NLMSG_HDRLEN, body, size);
	n.end += NLMSG_ALIGN(h.nlmsg_len);
}

TEST(netlink_messages)
{
	int32_t zero = 0;

	start();
	CHECK_INT(netlink_take(&n, &m), -EAGAIN);
	put(RTM_NEWLINK, 0, 6, "old", 3);
	put(NLMSG_NOOP, 0, 7, "", 0);
	put(RTM_NEWLINK, NLM_F_MULTI, 7, "one", 3);
	put(RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR, 7, "", 0);
	CHECK_INT(netlink_take(&n, &m), 1);
	CHECK_INT(m.n, 3);
	CHECK(memcmp(m.p, "one", 3) == 0);
	CHECK(!n.changed);
	CHECK_INT(netlink_take(&n, &m), 1);
	CHECK_INT(m.n, 0);
	CHECK(n.changed);
	CHECK_INT(netlink_take(&n, &m), -EAGAIN);
	put(NLMSG_DONE, 0, 7, &zero, sizeof(zero));
	put(RTM_NEWLINK, 0, 7, "no", 2);
	CHECK_INT(netlink_take(&n, &m), 0);
	CHECK_INT(netlink_take(&n, &m), 0);
}

TEST(netlink_errors)
{
	struct nlmsgerr e = {.error = -EOPNOTSUPP};
	int32_t wild = -100000;

	start();
	put(NLMSG_ERROR, 0, 7, &e, sizeof(e));
	CHECK_INT(netlink_take(&n, &m), -EOPNOTSUPP);
	CHECK_INT(netlink_take(&n, &m), 0);
	start();
	put(NLMSG_ERROR, 0, 7, "", 0);
	CHECK_INT(netlink_take(&n, &m), 0);
	start();
	put(NLMSG_DONE, 0, 7, &wild, sizeof(wild));
	CHECK_INT(netlink_take(&n, &m), 0);
}

TEST(netlink_wrong_lengths)
{
	static const uint32_t lengths[] = {0, 1, NLMSG_HDRLEN - 1, 21, 4096, UINT32_MAX};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		start();
		put(RTM_NEWLINK, 0, 7, "abcd", 4);
		memcpy(bytes, &lengths[i], sizeof(lengths[i]));
		CHECK_INT(netlink_take(&n, &m), -EBADMSG);
	}
	start();
	put(RTM_NEWLINK, 0, 7, "abcd", 4);
	n.end = 15;
	CHECK_INT(netlink_take(&n, &m), -EBADMSG);
	/* The last message need not be padded. */
	start();
	put(RTM_NEWLINK, 0, 7, "abcde", 5);
	n.end = NLMSG_LENGTH(5);
	CHECK_INT(netlink_take(&n, &m), 1);
	CHECK_INT(netlink_take(&n, &m), -EAGAIN);
}

static size_t put_attr(char *p, uint16_t type, const void *body, size_t size)
{
	struct rtattr h = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type};

	memcpy(p, &h, sizeof(h));
	memcpy(p + RTA_LENGTH(0), body, size);
	return RTA_ALIGN(h.rta_len);
}

TEST(netlink_attributes)
{
	char p[64];
	uint32_t v = 5;
	size_t size = put_attr(p, 3 | NLA_F_NESTED, &v, sizeof(v));
	struct netlink_attrs rest;
	struct netlink_attr a;

	size += put_attr(p + size, 4, "xyz", 3);
	rest = (struct netlink_attrs){p, size};
	CHECK(netlink_attr(&rest, &a));
	CHECK_INT(a.type, 3);
	CHECK_INT(netlink_u32(&a), 5);
	CHECK(netlink_attr(&rest, &a));
	CHECK_INT(a.n, 3);
	CHECK_INT(netlink_u32(&a), 0);
	CHECK(!netlink_attr(&rest, &a));
	/* One byte short of padding is fine, of content is not. */
	rest = (struct netlink_attrs){p, size - 1};
	CHECK(netlink_attr(&rest, &a) && netlink_attr(&rest, &a) && !netlink_attr(&rest, &a));
	rest = (struct netlink_attrs){p, size - 2};
	CHECK(netlink_attr(&rest, &a) && !netlink_attr(&rest, &a));
	p[0] = 3;
	rest = (struct netlink_attrs){p, size};
	CHECK(!netlink_attr(&rest, &a));
}

TEST(netlink_interfaces)
{
	struct ifinfomsg head = {.ifi_index = 9, .ifi_flags = IFF_UP};
	char body[256];
	struct iface iface;
	size_t size = sizeof(head);

	memcpy(body, &head, size);
	size += put_attr(body + size, IFLA_IFNAME, "a-name-that-is-much-too-long", 28);
	m = (struct netlink_message){RTM_NEWLINK, body, size};
	CHECK(iface_from_message(&m, &iface));
	CHECK_STR(iface.name, "a-name-that-is-");
	CHECK_INT(iface.index, 9);
	m.n = sizeof(head) - 1;
	CHECK(!iface_from_message(&m, &iface));
	m = (struct netlink_message){RTM_NEWADDR, body, size};
	CHECK(!iface_from_message(&m, &iface));
}

TEST(netlink_addresses)
{
	unsigned char six[16] = {0xfe, 0x80, [15] = 1}, four[4] = {127, 0, 0, 1};
	struct netlink_attr a = {.p = (char *)six, .n = 16};
	char text[RTNL_TEXT_MAX];

	CHECK(rtnl_text(AF_INET6, &a, "eth0", text));
	CHECK_STR(text, "fe80::1%eth0");
	CHECK(rtnl_text(AF_INET6, &a, NULL, text));
	CHECK_STR(text, "fe80::1");
	a.n = 15;
	CHECK(!rtnl_text(AF_INET6, &a, NULL, text));
	a = (struct netlink_attr){.p = (char *)four, .n = 4};
	CHECK(rtnl_text(AF_INET, &a, "eth0", text));
	CHECK_STR(text, "127.0.0.1");
	CHECK(!rtnl_text(AF_UNIX, &a, NULL, text));
	a.n = 0;
	CHECK(!rtnl_text(AF_INET, &a, NULL, text));
}

TEST(netlink_route)
{
	struct rtmsg head = {.rtm_family = AF_INET, .rtm_dst_len = 8, .rtm_flags = 1};
	struct rtnexthop hop = {.rtnh_ifindex = 3, .rtnh_flags = RTNH_F_LINKDOWN};
	char body[512], hops[128], metrics[64];
	struct netlink_attrs rest;
	struct rtnl_route r, one;
	uint32_t v = 1400;
	size_t size = sizeof(head), len;

	/* Two hops: one without a gateway, one with a gateway of the other family. */
	hop.rtnh_len = sizeof(hop);
	memcpy(hops, &hop, sizeof(hop));
	hop.rtnh_len = (uint16_t)(sizeof(hop) + put_attr(hops + 2 * sizeof(hop), RTA_VIA,
							"\x0a\0\xfe\x80zzzzzzzzzzzzzz", 18));
	hop.rtnh_ifindex = 4;
	memcpy(hops + sizeof(hop), &hop, sizeof(hop));
	len = sizeof(hop) + hop.rtnh_len;
	memcpy(body, &head, sizeof(head));
	size += put_attr(body + size, RTA_DST, "\x0a\0\0\0", 4);
	size += put_attr(
		body + size, RTA_METRICS, metrics, put_attr(metrics, RTAX_MTU, &v, sizeof(v)));
	size += put_attr(body + size, RTA_MULTIPATH, hops, len);
	m = (struct netlink_message){RTM_NEWROUTE, body, size};
	CHECK(rtnl_route_read(&m, &r));
	CHECK_INT(r.mtu, 1400);
	CHECK_INT(r.dst.n, 4);
	rest = r.hops;
	CHECK(rtnl_route_hop(&r, &rest, &one));
	CHECK_INT(one.oif, 3);
	CHECK_INT(one.gateway.n, 0);
	CHECK_INT(one.head.rtm_flags, 1 | RTNH_F_LINKDOWN);
	CHECK(rtnl_route_hop(&r, &rest, &one));
	CHECK_INT(one.oif, 4);
	CHECK_INT(one.via, AF_INET6);
	CHECK_INT(one.gateway.n, 16);
	CHECK(!rtnl_route_hop(&r, &rest, &one));
	/* A hop that says it is longer than what there is. */
	rest = (struct netlink_attrs){r.hops.p + sizeof(hop), r.hops.n - sizeof(hop) - 4};
	CHECK(!rtnl_route_hop(&r, &rest, &one));
	m.n = sizeof(head) - 1;
	CHECK(!rtnl_route_read(&m, &r));
}

TEST(netlink_live)
{
	struct netlink live;
	struct ifaces ifaces;

	CHECK_INT(netlink_init(&live, NETLINK_ROUTE), 0);
	CHECK_INT(ifaces_read(&ifaces, &live), 0);
	CHECK(ifaces.n > 0);
	CHECK(iface_by_index(&ifaces, 1) && (iface_by_index(&ifaces, 1)->flags & IFF_LOOPBACK));
	CHECK(!iface_by_index(&ifaces, UINT32_MAX));
	ifaces_done(&ifaces);
	/* A question that the kernel does not know. */
	CHECK_INT(netlink_dump(&live, RTM_MAX + 100, "", 0), 0);
	CHECK_INT(netlink_next(&live, &m), -EOPNOTSUPP);
	netlink_done(&live);
	failalloc_countdown = 1;
	CHECK_INT(netlink_init(&live, NETLINK_ROUTE), -ENOMEM);
	netlink_done(&live);
}

TEST_MAIN(&netlink_messages, &netlink_errors, &netlink_wrong_lengths, &netlink_attributes,
	&netlink_interfaces, &netlink_addresses, &netlink_route, &netlink_live)
