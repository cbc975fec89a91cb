/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A datagram that claims to be the kernel's answer: nothing is read outside of it. */
#include "agentd/ifaces.h"
#include "agentd/nftrule.h"
#include "agentd/rtnl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void use(int family, const struct netlink_attr *a)
{
	char text[RTNL_TEXT_MAX];

	if (rtnl_text(family, a, "a-name-of-15-xx", text) && strlen(text) >= RTNL_TEXT_MAX)
		abort();
}

static void use_route(const struct rtnl_route *r)
{
	use(r->head.rtm_family, &r->dst);
	use(r->head.rtm_family, &r->source);
	use(r->via, &r->gateway);
}

static void use_firewall(const struct netlink_message *m)
{
	struct nft_rule rule;
	struct nft_chain chain;
	struct nft_counter counter;
	struct buf text;
	size_t n;
	const char *comment;

	buf_init(&text, NFT_TEXT_MAX);
	if (nft_rule_read(m, &rule)) {
		if (nft_rule_text(&rule, &text, &counter) < 0)
			abort();
		comment = nft_rule_comment(&rule, &n);
		if (comment && memchr(comment, '\0', n))
			abort();
	}
	if (nft_chain_read(m, &chain) && strlen(chain.name) >= NFT_NAME_SIZE)
		abort();
	buf_done(&text);
}

static void use_message(const struct netlink_message *m)
{
	struct rtnl_address a;
	struct rtnl_route r, one;
	struct netlink_attrs hops;
	struct iface iface;

	use_firewall(m);
	if (iface_from_message(m, &iface) && strnlen(iface.name, IFNAMSIZ) == IFNAMSIZ)
		abort();
	if (rtnl_address_read(m, &a)) {
		use(a.head.ifa_family, &a.address);
		use(a.head.ifa_family, &a.local);
		use(a.head.ifa_family, &a.broadcast);
		if (a.label.n && strnlen(a.label.p, a.label.n) > a.label.n)
			abort();
	}
	if (rtnl_route_read(m, &r)) {
		use_route(&r);
		for (hops = r.hops; rtnl_route_hop(&r, &hops, &one);)
			use_route(&one);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct netlink nl = {.fd = -1, .end = n};
	struct netlink_message m;

	if (n > NETLINK_DATAGRAM_MAX)
		return 0;
	/* Of its very size, so that one byte too far is seen. */
	nl.p = malloc(n ? n : 1);
	if (!nl.p)
		return 0;
	memcpy(nl.p, data, n);
	while (netlink_take(&nl, &m) == 1)
		use_message(&m);
	free(nl.p);
	return 0;
}
