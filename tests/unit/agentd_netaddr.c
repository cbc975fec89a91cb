/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/netaddr.h"

#include "tests/unit/test.h"

#include <errno.h>

static const char *again(const char *text)
{
	static char out[NETADDR_TEXT_MAX];
	struct netaddr a;

	if (netaddr_parse(span_str(text), &a) < 0)
		return "";
	netaddr_text(&a, out);
	return out;
}

TEST(netaddr_reads)
{
	CHECK_STR(again("10.0.0.1"), "10.0.0.1");
	CHECK_STR(again("10.0.0.1/32"), "10.0.0.1");
	CHECK_STR(again("10.1.0.0/16"), "10.1.0.0/16");
	CHECK_STR(again("0.0.0.0/0"), "0.0.0.0/0");
	CHECK_STR(again("10.0.0.1:22"), "10.0.0.1:22");
	CHECK_STR(again("10.1.0.0/16:65535"), "10.1.0.0/16:65535");
	CHECK_STR(again("2001:DB8::1"), "2001:db8::1");
	CHECK_STR(again("2001:db8::/32"), "2001:db8::/32");
	CHECK_STR(again("::/0"), "::/0");
	CHECK_STR(again("[2001:db8::1]:22"), "[2001:db8::1]:22");
	CHECK_STR(again("[2001:db8::/64]:2222"), "[2001:db8::/64]:2222");
	CHECK_STR(again("fe80::1%eth0"), "fe80::1");
	CHECK_STR(again("::ffff:10.0.0.1"), "10.0.0.1");
	CHECK_STR(again("::ffff:10.0.0.0/120"), "10.0.0.0/24");
}

TEST(netaddr_refuses)
{
	static const char *const bad[] = {"", "host", "10.0.0", "10.0.0.256", "10.0.0.1/33",
		"10.0.0.1/24", "10.0.0.1/", "/8", "10.0.0.1:0", "10.0.0.1:65536",
		"10.0.0.1:", "2001:db8::1/64", "2001:db8::/129", "[2001:db8::1]",
		"[2001:db8::1]:", "[2001:db8::1", "[]:22", "[10.0.0.1", "fe80::1%", "10.0.0.1%eth0",
		"2001:db8::1::2", " 10.0.0.1", "10.0.0.1/-1", "1.2.3.4:22/8"};
	struct netaddr a;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (netaddr_parse(span_str(bad[i]), &a) != -EINVAL)
			FAIL("\"%s\" is taken", bad[i]);
	CHECK_INT(netaddr_parse((struct span){"10.0.0.1\0", 9}, &a), -EINVAL);
	CHECK_INT(netaddr_parse((struct span){NULL, 0}, &a), -EINVAL);
}

static bool within(const char *net, const char *address)
{
	struct netaddr a, b;

	CHECK_INT(netaddr_parse(span_str(net), &a), 0);
	CHECK_INT(netaddr_parse(span_str(address), &b), 0);
	return netaddr_in(&a, &b);
}

TEST(netaddr_networks)
{
	CHECK(within("10.0.0.0/8", "10.255.1.2"));
	CHECK(within("10.0.0.0/9", "10.127.0.0/16"));
	CHECK(!within("10.0.0.0/9", "10.128.0.0"));
	CHECK(!within("10.0.0.0/9", "10.0.0.0/8"));
	CHECK(within("10.0.0.1", "10.0.0.1:22"));
	CHECK(within("2001:db8::/33", "2001:db8:7fff::"));
	CHECK(!within("2001:db8::/33", "2001:db8:8000::"));
	CHECK(within("0.0.0.0/0", "1.2.3.4") && !within("0.0.0.0/0", "::1"));
}

static bool loopback(const char *address)
{
	struct netaddr a;

	CHECK_INT(netaddr_parse(span_str(address), &a), 0);
	return netaddr_loopback(&a);
}

TEST(netaddr_loopbacks)
{
	CHECK(loopback("127.0.0.1") && loopback("127.8.0.1") && loopback("::1"));
	CHECK(loopback("::ffff:127.0.0.1"));
	CHECK(!loopback("128.0.0.1") && !loopback("::2"));
}

TEST_MAIN(&netaddr_reads, &netaddr_refuses, &netaddr_networks, &netaddr_loopbacks)
