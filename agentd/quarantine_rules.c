/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/quarantine_rules.h"

#include "agentd/action.h"
#include "agentd/nftmsg.h"
#include "agentd/nftrule.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/str.h"

#include <errno.h>
/* Before those of the kernel, which would else define the same. */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <linux/if_arp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TCP_FLAGS_OFFSET 13
#define TCP_FIN		 0x01
#define TCP_SYN		 0x02
#define TCP_RST		 0x04
#define TCP_ACK		 0x10

#define PORT_DNS	     53
#define PORT_DHCP_SERVER     67
#define PORT_DHCP_CLIENT     68
#define PORT_DHCPV6_CLIENT   546
#define PORT_DHCPV6_SERVER   547
#define MLD2_LISTENER_REPORT 143
#define IPV6_HOPS_OF_LINK    255

/* Of a list that others change meanwhile. */
#define READINGS 5

enum chain {
	CHAIN_INPUT,
	CHAIN_OUTPUT,
	CHAIN_FORWARD,
	CHAINS,
};
static const struct {
	const char *name;
	uint32_t hook;
} chains[CHAINS] = {
	[CHAIN_INPUT] = {"input", NF_INET_LOCAL_IN},
	[CHAIN_OUTPUT] = {"output", NF_INET_LOCAL_OUT},
	[CHAIN_FORWARD] = {"forward", NF_INET_FORWARD},
};

/* ---- Pieces of rules ---- */

static struct nftmsg_rule *begin(struct nftmsg *m, enum chain chain)
{
	return nftmsg_rule_begin(m, QUARANTINE_TABLE, chains[chain].name);
}

static void accept_it(struct nftmsg *m, struct nftmsg_rule *r)
{
	nftmsg_verdict(r, NF_ACCEPT);
	nftmsg_rule_end(m, r);
}

static void is_family(struct nftmsg_rule *r, sa_family_t family)
{
	uint8_t proto = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;

	nftmsg_meta(r, NFT_META_NFPROTO, &proto, sizeof(proto));
}

static void is_protocol(struct nftmsg_rule *r, uint8_t protocol)
{
	nftmsg_meta(r, NFT_META_L4PROTO, &protocol, sizeof(protocol));
}

/* The other side's address: the source of what comes in. */
static void is_peer(struct nftmsg_rule *r, enum chain chain, const struct netaddr *a)
{
	uint32_t size = netaddr_size(a->family);
	uint32_t source = a->family == AF_INET ? 12 : 8;
	uint8_t mask[16] = {0};

	is_family(r, a->family);
	for (unsigned bit = 0; bit < a->prefix; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	if (a->prefix)
		nftmsg_payload(r, NFT_PAYLOAD_NETWORK_HEADER,
			chain == CHAIN_INPUT ? source : source + size, a->bytes, size,
			a->prefix < size * 8 ? mask : NULL);
}

static void is_port(struct nftmsg_rule *r, bool source, uint16_t port)
{
	uint16_t v = htons(port);

	nftmsg_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, source ? 0 : 2, &v, sizeof(v), NULL);
}

/* What an answer to a connection has, but not the packet that begins one. */
static void is_no_beginning(struct nftmsg_rule *r)
{
	uint8_t mask = TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK, syn = TCP_SYN;

	nftmsg_payload_not(r, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS_OFFSET, &syn, 1, &mask);
}

static void is_type(struct nftmsg_rule *r, uint8_t type)
{
	nftmsg_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, &type, sizeof(type), NULL);
}

/* ---- Rules ---- */

static void put_loopback(struct nftmsg *m, enum chain chain)
{
	struct nftmsg_rule *r = begin(m, chain);
	uint16_t type = ARPHRD_LOOPBACK;

	nftmsg_meta(
		r, chain == CHAIN_INPUT ? NFT_META_IIFTYPE : NFT_META_OIFTYPE, &type, sizeof(type));
	accept_it(m, r);
}

static void put_ssh(struct nftmsg *m, enum chain chain, const struct netaddr *peer)
{
	struct nftmsg_rule *r = begin(m, chain);

	is_peer(r, chain, peer);
	is_protocol(r, IPPROTO_TCP);
	is_port(r, chain == CHAIN_OUTPUT, peer->port);
	if (chain == CHAIN_OUTPUT)
		is_no_beginning(r);
	accept_it(m, r);
}

static void put_dns(
	struct nftmsg *m, enum chain chain, const struct netaddr *server, uint8_t protocol)
{
	struct nftmsg_rule *r = begin(m, chain);

	is_peer(r, chain, server);
	is_protocol(r, protocol);
	is_port(r, chain == CHAIN_INPUT, PORT_DNS);
	if (protocol == IPPROTO_TCP && chain == CHAIN_INPUT)
		is_no_beginning(r);
	accept_it(m, r);
}

/* Of the other side's address, or of our own: prefixes of the link that we are on. */
struct prefix {
	uint8_t bytes[16], mask[16];
};
static const struct prefix link_local = {{0xfe, 0x80}, {0xff, 0xc0}},
			   link_group = {{0xff, 0x02}, {0xff, 0xff}}, any_group = {{0xff}, {0xff}};

static void is_in(struct nftmsg_rule *r, bool source, const struct prefix *p)
{
	nftmsg_payload(r, NFT_PAYLOAD_NETWORK_HEADER, source ? 8 : 24, p->bytes, sizeof(p->bytes),
		p->mask);
}

/* Routers let no packet through without taking one off, and pass none on that has only one. */
static void is_hop_limit(struct nftmsg_rule *r, uint8_t limit)
{
	nftmsg_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 7, &limit, sizeof(limit), NULL);
}

/*
 * Who asks a server that is somewhere asks everybody on the link, or a relay there, when its lease
 * is about to end. Answers over IPv4 may come from anywhere: that server's address is not known.
 */
static void put_dhcp(struct nftmsg *m, enum chain chain, sa_family_t family)
{
	static const uint8_t everybody[] = {255, 255, 255, 255};
	struct nftmsg_rule *r = begin(m, chain);
	uint16_t server = family == AF_INET ? PORT_DHCP_SERVER : PORT_DHCPV6_SERVER;
	uint16_t client = family == AF_INET ? PORT_DHCP_CLIENT : PORT_DHCPV6_CLIENT;

	is_family(r, family);
	if (chain == CHAIN_OUTPUT && family == AF_INET)
		nftmsg_payload(
			r, NFT_PAYLOAD_NETWORK_HEADER, 16, everybody, sizeof(everybody), NULL);
	else if (family == AF_INET6)
		is_in(r, false, chain == CHAIN_OUTPUT ? &link_group : &link_local);
	is_protocol(r, IPPROTO_UDP);
	is_port(r, true, chain == CHAIN_INPUT ? server : client);
	is_port(r, false, chain == CHAIN_INPUT ? client : server);
	accept_it(m, r);
}

static struct nftmsg_rule *begin_icmpv6(struct nftmsg *m, enum chain chain, uint8_t type)
{
	struct nftmsg_rule *r = begin(m, chain);

	is_family(r, AF_INET6);
	is_protocol(r, IPPROTO_ICMPV6);
	is_type(r, type);
	return r;
}

static void put_icmpv6_to(struct nftmsg *m, uint8_t type, const struct prefix *p)
{
	struct nftmsg_rule *r = begin_icmpv6(m, CHAIN_OUTPUT, type);

	is_hop_limit(r, IPV6_HOPS_OF_LINK);
	is_in(r, false, p);
	accept_it(m, r);
}

/*
 * Neighbours also ask from, and are told at, addresses of more than the link, but then no router is
 * on the way; one's address is of the link, unless somebody gave it by hand.
 */
static void put_icmpv6_to_neighbour(struct nftmsg *m, uint8_t type)
{
	struct nftmsg_rule *r = begin_icmpv6(m, CHAIN_OUTPUT, type);

	is_hop_limit(r, IPV6_HOPS_OF_LINK);
	nftmsg_nexthop6_not(r, link_local.bytes, link_local.mask);
	accept_it(m, r);
}

/* Neighbours, and the groups whose members switches want to be told of. */
static void put_icmpv6_out(struct nftmsg *m)
{
	static const uint8_t neighbours[] = {ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT},
			     groups[] = {MLD_LISTENER_REPORT, MLD_LISTENER_REDUCTION,
				     MLD2_LISTENER_REPORT};

	put_icmpv6_to(m, ND_ROUTER_SOLICIT, &link_group);
	put_icmpv6_to(m, ND_ROUTER_SOLICIT, &link_local);
	for (size_t i = 0; i < ARRAY_LEN(neighbours); i++) {
		put_icmpv6_to(m, neighbours[i], &link_group);
		put_icmpv6_to(m, neighbours[i], &link_local);
		put_icmpv6_to_neighbour(m, neighbours[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		struct nftmsg_rule *r = begin_icmpv6(m, CHAIN_OUTPUT, groups[i]);

		is_hop_limit(r, 1);
		is_in(r, false, &any_group);
		accept_it(m, r);
	}
}

static void put_icmpv6_in(struct nftmsg *m)
{
	static const struct {
		uint8_t type, hops; /* 0: whatever is left of them */
		bool of_link;	    /* its sender's address */
	} all[] = {{ND_ROUTER_ADVERT, IPV6_HOPS_OF_LINK, true},
		{ND_NEIGHBOR_SOLICIT, IPV6_HOPS_OF_LINK, false},
		{ND_NEIGHBOR_ADVERT, IPV6_HOPS_OF_LINK, false}, {MLD_LISTENER_QUERY, 1, true},
		{ICMP6_PACKET_TOO_BIG, 0, false}};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct nftmsg_rule *r = begin_icmpv6(m, CHAIN_INPUT, all[i].type);

		if (all[i].hops)
			is_hop_limit(r, all[i].hops);
		if (all[i].of_link)
			is_in(r, true, &link_local);
		accept_it(m, r);
	}
}

/* Without it ssh stands still where a part of the way takes smaller packets only. */
static void put_too_big(struct nftmsg *m)
{
	static const uint8_t too_big[] = {ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED};
	struct nftmsg_rule *r = begin(m, CHAIN_INPUT);

	is_family(r, AF_INET);
	is_protocol(r, IPPROTO_ICMP);
	is_type(r, too_big[0]);
	nftmsg_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 1, &too_big[1], 1, NULL);
	accept_it(m, r);
}

static void put_drops(struct nftmsg *m, enum chain chain)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		struct nftmsg_rule *r = begin(m, chain);

		is_family(r, families[i]);
		nftmsg_counter(r);
		nftmsg_verdict(r, NF_DROP);
		nftmsg_rule_end(m, r);
	}
}

static void put_chain_rules(struct nftmsg *m, enum chain chain, const struct quarantine_open *open)
{
	if (chain != CHAIN_FORWARD) {
		put_loopback(m, chain);
		for (size_t i = 0; i < open->n_ssh; i++)
			put_ssh(m, chain, &open->ssh[i]);
		put_dhcp(m, chain, AF_INET);
		put_dhcp(m, chain, AF_INET6);
		if (chain == CHAIN_INPUT)
			put_icmpv6_in(m);
		else
			put_icmpv6_out(m);
		for (size_t i = 0; i < open->n_dns; i++) {
			put_dns(m, chain, &open->dns[i], IPPROTO_UDP);
			put_dns(m, chain, &open->dns[i], IPPROTO_TCP);
		}
	}
	if (chain == CHAIN_INPUT)
		put_too_big(m);
	put_drops(m, chain);
}

/* The table is made where it is not there, so that it can be taken away, and is made anew. */
static int put_all(struct nftmsg *m, const struct quarantine_open *open)
{
	nftmsg_table(m, NFT_MSG_NEWTABLE, QUARANTINE_TABLE);
	nftmsg_table(m, NFT_MSG_DELTABLE, QUARANTINE_TABLE);
	nftmsg_table(m, NFT_MSG_NEWTABLE, QUARANTINE_TABLE);
	for (int i = 0; i < CHAINS; i++)
		nftmsg_chain(m, QUARANTINE_TABLE, chains[i].name, chains[i].hook,
			QUARANTINE_PRIORITY, NF_DROP);
	for (int i = 0; i < CHAINS; i++)
		put_chain_rules(m, (enum chain)i, open);
	return nftmsg_finish(m);
}

/* ---- In force ---- */

static int say(int r, const char *what, struct err *err)
{
	if (r == -EPROTONOSUPPORT || r == -EOPNOTSUPP || r == -EAFNOSUPPORT)
		return err_set(err, -r, "%s: this kernel has no nftables", what);
	return err_sys(err, -r, "%s", what);
}

static bool is_busy(int r)
{
	return r == -EBUSY || r == -EAGAIN || r == -EINTR || r == -ERESTART;
}

static int send_it(const struct nftmsg *m)
{
	static const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	int64_t until = clock_mono_ms() + QUARANTINE_BUSY_MS;
	int r;

	while (is_busy(r = nftmsg_send(m, QUARANTINE_ANSWER_MS)) && clock_mono_ms() < until)
		nanosleep(&pause, NULL);
	return r;
}

int quarantine_rules_apply(const struct quarantine_open *open, struct err *err)
{
	struct nftmsg m;
	int r = nftmsg_init(&m);

	if (r == 0)
		r = put_all(&m, open);
	if (r == 0)
		r = send_it(&m);
	nftmsg_done(&m);
	return r < 0 ? say(r, "cannot put the rules in force", err) : 0;
}

int quarantine_rules_remove(struct err *err)
{
	struct nftmsg m;
	int r = nftmsg_init(&m);

	if (r == 0) {
		nftmsg_table(&m, NFT_MSG_NEWTABLE, QUARANTINE_TABLE);
		nftmsg_table(&m, NFT_MSG_DELTABLE, QUARANTINE_TABLE);
		r = nftmsg_finish(&m);
	}
	if (r == 0)
		r = send_it(&m);
	nftmsg_done(&m);
	return r < 0 ? say(r, "cannot take the rules away", err) : 0;
}

/* ---- Looking ---- */

/* *ret_flags: of NFTA_TABLE_FLAGS. */
static bool is_our_table(const struct netlink_message *m, uint32_t *ret_flags)
{
	struct nfgenmsg head;
	struct netlink_attrs rest;
	struct netlink_attr a;
	bool ours = false;
	uint32_t flags = 0;

	if (m->type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE) ||
		!netlink_head(m, &head, sizeof(head), &rest) || head.nfgen_family != NFPROTO_INET)
		return false;
	while (netlink_attr(&rest, &a)) {
		if (a.type == NFTA_TABLE_NAME)
			ours = a.n == sizeof(QUARANTINE_TABLE) &&
			       memcmp(a.p, QUARANTINE_TABLE, a.n) == 0;
		else if (a.type == NFTA_TABLE_FLAGS && a.n == sizeof(flags))
			memcpy(&flags, a.p, sizeof(flags));
	}
	*ret_flags = ntohl(flags);
	return ours;
}

/* A line "chain: rule" or "chain hook priority policy" for each; in the order of the kernel. */
struct looking {
	struct buf rules, chains, text;
	bool dormant; /* all of it is there, and none of it is in force */
	int r;
};

static void looking_init(struct looking *l)
{
	buf_init(&l->rules, NFTMSG_MAX);
	buf_init(&l->chains, NFT_TEXT_MAX);
	buf_init(&l->text, NFT_TEXT_MAX);
	l->dormant = false;
	l->r = 0;
}

static void looking_done(struct looking *l)
{
	buf_done(&l->rules);
	buf_done(&l->chains);
	buf_done(&l->text);
}

static void look_at(struct looking *l, const struct netlink_message *m)
{
	struct nft_counter counter;
	struct nft_chain chain;
	struct nft_rule rule;
	uint32_t flags;

	if (l->r)
		return;
	if (is_our_table(m, &flags))
		l->dormant = flags & NFT_TABLE_F_DORMANT;
	if (nft_chain_read(m, &chain) && str_eq(chain.table, QUARANTINE_TABLE) &&
		chain.family == NFPROTO_INET)
		l->r = buf_printf(&l->chains, "%s %u %d %u\n", chain.name, chain.hook,
			chain.priority, chain.policy);
	if (!nft_rule_read(m, &rule) || !str_eq(rule.table, QUARANTINE_TABLE) ||
		rule.family != NFPROTO_INET)
		return;
	buf_reset(&l->text);
	l->r = nft_rule_text(&rule, &l->text, &counter);
	if (!l->r)
		l->r = buf_printf(&l->rules, "%s: %s\n", rule.chain, buf_str(&l->text));
}

static void look_at_own(const struct netlink_message *m, void *arg)
{
	look_at(arg, m);
}

/* What is to be in force, read as what is in force is. */
static int look_at_wanted(const struct quarantine_open *open, struct looking *l)
{
	struct nftmsg m;
	int r = nftmsg_init(&m);

	if (r == 0)
		r = put_all(&m, open);
	if (r == 0)
		nftmsg_each(&m, look_at_own, l);
	nftmsg_done(&m);
	return r ? r : l->r;
}

/* *ret_changed: others changed theirs meanwhile, and something may be missing or doubled. */
static int look_at_list(struct netlink *nl, unsigned kind, struct looking *l, bool *ret_changed)
{
	struct nfgenmsg inet = {.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0};
	struct netlink_message m;
	int r = netlink_dump(nl, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | kind), &inet, sizeof(inet));

	while (r == 0 && (r = netlink_next(nl, &m)) == 1) {
		look_at(l, &m);
		r = l->r;
	}
	*ret_changed |= nl->changed;
	return r;
}

static int look_at_kernel(struct looking *l, bool *ret_changed)
{
	struct netlink nl;
	int r = netlink_init(&nl, NETLINK_NETFILTER);

	*ret_changed = false;
	if (r == 0)
		r = look_at_list(&nl, NFT_MSG_GETTABLE, l, ret_changed);
	if (r == 0)
		r = look_at_list(&nl, NFT_MSG_GETCHAIN, l, ret_changed);
	if (r == 0)
		r = look_at_list(&nl, NFT_MSG_GETRULE, l, ret_changed);
	netlink_done(&nl);
	return r;
}

static bool same(const struct looking *a, const struct looking *b)
{
	return a->dormant == b->dormant && str_eq(buf_str(&a->rules), buf_str(&b->rules)) &&
	       str_eq(buf_str(&a->chains), buf_str(&b->chains));
}

int quarantine_rules_check(const struct quarantine_open *open, struct err *err)
{
	struct looking want, have;
	bool changed = true;
	int r;

	looking_init(&want);
	r = look_at_wanted(open, &want);
	for (int i = 0; r == 0 && changed && i < READINGS; i++) {
		looking_init(&have);
		r = look_at_kernel(&have, &changed);
		if (r == 0)
			r = same(&want, &have);
		looking_done(&have);
	}
	looking_done(&want);
	return r < 0 ? say(r, "cannot read the rules in force", err) : r;
}

int quarantine_rules_there(struct err *err)
{
	struct nfgenmsg inet = {.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0};
	struct netlink_message m;
	struct netlink nl;
	bool there = false;
	uint32_t flags;
	int r = netlink_init(&nl, NETLINK_NETFILTER);

	if (r == 0)
		r = netlink_dump(
			&nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, &inet, sizeof(inet));
	while (r == 0 && (r = netlink_next(&nl, &m)) == 1) {
		there |= is_our_table(&m, &flags);
		r = 0;
	}
	netlink_done(&nl);
	return r < 0 ? say(r, "cannot read the tables of nftables", err) : there;
}

/* ---- For people ---- */

static int put_text(json_t *all, struct span line)
{
	struct span chain, rest = line;
	json_t *list;
	char *name;
	int r;

	span_split(&rest, ':', &chain);
	name = span_dup(chain);
	if (!name)
		return -ENOMEM;
	list = json_object_get(all, name);
	if (!list) {
		list = json_array();
		if (json_object_set_new(all, name, list) < 0)
			list = NULL;
	}
	rest = span_trim(rest);
	r = list ? json_array_append_new(list, json_stringn(rest.p, rest.n)) : -1;
	free(name);
	return r < 0 ? -ENOMEM : 0;
}

json_t *quarantine_rules_json(const struct quarantine_open *open)
{
	struct looking l;
	json_t *all = json_object();
	struct span rest, line;
	int r;

	looking_init(&l);
	r = all ? look_at_wanted(open, &l) : -ENOMEM;
	rest = (struct span){buf_str(&l.rules), l.rules.len};
	while (r == 0 && span_split(&rest, '\n', &line))
		if (line.n)
			r = put_text(all, line);
	looking_done(&l);
	if (r == 0)
		return all;
	json_decref(all);
	return NULL;
}

/* Sentences that are enough to warn. */
#define OTHERS_MAX 32

static void note_other(json_t *list, const struct netlink_message *m)
{
	const char *hook, *family;
	struct nft_chain c;

	if (json_array_size(list) >= OTHERS_MAX || !nft_chain_read(m, &c) || !c.base ||
		c.policy != NF_DROP || str_eq(c.table, QUARANTINE_TABLE))
		return;
	hook = nft_hook(c.family, c.hook);
	family = nft_family(c.family);
	json_array_append_new(
		list, action_json_words("%s %s %s drops at %s by policy, as before",
			      family ? family : "?", c.table, c.name, hook ? hook : "?"));
}

json_t *quarantine_rules_others(void)
{
	struct nfgenmsg all = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};
	json_t *list = json_array();
	struct netlink_message m;
	struct netlink nl;
	size_t flows = 0;
	int r = netlink_init(&nl, NETLINK_NETFILTER);

	if (r == 0)
		r = netlink_dump(
			&nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, &all, sizeof(all));
	while (r == 0 && (r = netlink_next(&nl, &m)) == 1) {
		note_other(list, &m);
		r = 0;
	}
	if (r == 0)
		r = netlink_dump(
			&nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE, &all, sizeof(all));
	while (r == 0 && netlink_next(&nl, &m) == 1)
		flows++;
	if (flows)
		json_array_append_new(list,
			json_sprintf("%zu flow tables: forwarded connections that they carry pass "
				     "by all rules until they end",
				flows));
	netlink_done(&nl);
	return list;
}
