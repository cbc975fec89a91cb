/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nftrule.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/str.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

/* Chains that are remembered; rules of further ones have no hook. */
#define CHAINS_MAX 100000

enum {
	FAMILY,
	TABLE_NAME,
	CHAIN,
	TYPE,
	HOOK,
	PRIORITY,
	POLICY,
	HANDLE,
	RULE,
	PACKETS,
	BYTES,
	COMMENT,
};

static const struct column columns[] = {
	{"family", COL_TEXT, 0, "ip, ip6, inet, arp, bridge or netdev"},
	{"table_name", COL_TEXT, 0, "Table"},
	{"chain", COL_TEXT, 0, "Chain"},
	{"type", COL_TEXT, 0, "filter, nat or route; NULL for a chain that others jump to"},
	{"hook", COL_TEXT, 0, "Where packets enter the chain: input, forward, output …; or NULL"},
	{"priority", COL_INTEGER, 0, "Order among the chains of a hook, the lowest first; or NULL"},
	{"policy", COL_TEXT, 0, "What becomes of packets at the chain's end; or NULL"},
	{"handle", COL_BIGINT, 0, "Number of the rule; NULL in the row of a chain without rules"},
	{"rule", COL_TEXT, 0,
		"The rule, close to nft's words; an expression not known here by its name"},
	{"packets", COL_BIGINT, 0, "Packets that its counter has seen; NULL without a counter"},
	{"bytes", COL_BIGINT, 0, "Bytes that its counter has seen; NULL without a counter"},
	{"comment", COL_TEXT, 0, "Comment"},
	COL_END,
};

struct chain {
	struct nft_chain chain;
	bool has_rules;
};

struct state {
	struct netlink nl;
	struct chain *chains; /* heap */
	size_t n, cap, at;
	bool rules_done;
	struct buf text;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->nl.changed)
		scan_warn(s, "the rules changed while they were read");
	netlink_done(&st->nl);
	free(st->chains);
	buf_done(&st->text);
}

static int dump(struct netlink *nl, unsigned kind)
{
	struct nfgenmsg all = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};

	return netlink_dump(nl, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | kind), &all, sizeof(all));
}

static int read_chains(struct scan *s, struct state *st)
{
	struct netlink_message m;
	struct nft_chain chain;
	int r = dump(&st->nl, NFT_MSG_GETCHAIN);

	while (!r && (r = netlink_next(&st->nl, &m)) == 1) {
		r = 0;
		if (!nft_chain_read(&m, &chain))
			continue;
		r = array_grow(&st->chains, &st->cap, st->n + 1, sizeof(*st->chains), CHAINS_MAX);
		if (!r)
			st->chains[st->n++] = (struct chain){.chain = chain};
		else if (r == -E2BIG)
			r = 0;
	}
	if (st->nl.changed)
		scan_warn(s, "the chains changed while they were read");
	return r;
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r;

	buf_init(&st->text, NFT_TEXT_MAX);
	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine has a firewall: no rows");
		return 0;
	}
	r = netlink_init(&st->nl, NETLINK_NETFILTER);
	if (!r)
		r = read_chains(s, st);
	if (!r)
		r = dump(&st->nl, NFT_MSG_GETRULE);
	if (!r)
		return 0;
	/* A kernel without nftables, or a user who may not look. */
	if (r == -EPERM || r == -EACCES)
		scan_warn(s, "%s", strerror(-r));
	else if (r != -EPROTONOSUPPORT && r != -EINVAL && r != -EOPNOTSUPP && r != -ENOENT) {
		close_scan(s);
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	}
	netlink_done(&st->nl);
	st->n = 0;
	return 0;
}

static void put_chain(struct scan *s, const struct nft_chain *c)
{
	if (!c->base)
		return;
	row_text(s, TYPE, c->type);
	row_text(s, HOOK, nft_hook(c->family, c->hook));
	row_int(s, PRIORITY, c->priority);
	row_text(s, POLICY, c->policy == NF_DROP ? "drop" : "accept");
}

static void put_place(struct scan *s, int family, const char *table, const char *chain)
{
	row_text(s, FAMILY, nft_family(family));
	row_text(s, TABLE_NAME, table);
	row_text(s, CHAIN, chain);
}

/* Rules come chain by chain, in the order of the chains. */
static struct chain *find_chain(struct state *st, const struct nft_rule *r)
{
	for (size_t i = 0; i < st->n; i++) {
		struct chain *c = &st->chains[(st->at + i) % st->n];

		if (c->chain.family == r->family && str_eq(c->chain.table, r->table) &&
			str_eq(c->chain.name, r->chain)) {
			st->at = (st->at + i) % st->n;
			return c;
		}
	}
	return NULL;
}

static int put_rule(struct scan *s, struct state *st, const struct nft_rule *rule)
{
	struct chain *chain = find_chain(st, rule);
	struct nft_counter counter;
	const char *comment;
	size_t n;
	int r;

	if (chain)
		chain->has_rules = true;
	buf_reset(&st->text);
	r = nft_rule_text(rule, &st->text, &counter);
	if (r < 0)
		return r;
	row_begin(s);
	put_place(s, rule->family, rule->table, rule->chain);
	if (chain)
		put_chain(s, &chain->chain);
	row_int(s, HANDLE, (int64_t)rule->handle);
	row_bytes(s, RULE, buf_str(&st->text), st->text.len);
	if (counter.there) {
		row_int(s, PACKETS, (int64_t)counter.packets);
		row_int(s, BYTES, (int64_t)counter.bytes);
	}
	comment = nft_rule_comment(rule, &n);
	if (comment)
		row_bytes(s, COMMENT, comment, n);
	row_end(s);
	return 1;
}

static int next_empty_chain(struct scan *s, struct state *st)
{
	const struct chain *c;

	if (st->at >= st->n)
		return 0;
	c = &st->chains[st->at++];
	if (c->has_rules)
		return 1;
	row_begin(s);
	put_place(s, c->chain.family, c->chain.table, c->chain.name);
	put_chain(s, &c->chain);
	row_end(s);
	return 1;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct netlink_message m;
	struct nft_rule rule;
	int r = st->nl.p && !st->rules_done ? netlink_next(&st->nl, &m) : 0;

	if (r < 0)
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	if (r)
		return nft_rule_read(&m, &rule) ? put_rule(s, st, &rule) : 1;
	if (!st->rules_done) {
		st->rules_done = true;
		st->at = 0;
	}
	return next_empty_chain(s, st);
}

const struct table table_nft_rules = {
	.name = "nft_rules",
	.doc = "Rules of nftables, those of iptables-nft too; a chain without rules has a row of "
	       "its "
	       "own.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
