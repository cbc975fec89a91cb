/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nftrule.h"
#include "agentd/quarantine_rules.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/str.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

enum {
	CHAIN,
	RULE,
	PACKETS,
	BYTES,
};

static const struct column columns[] = {
	{"chain", COL_TEXT, 0, "input, output or forward: which way it was going"},
	{"rule", COL_TEXT, 0, "The rule that dropped it, close to nft's words"},
	{"packets", COL_BIGINT, 0, "Packets dropped since the rules were put in force"},
	{"bytes", COL_BIGINT, 0, "Bytes of these"},
	COL_END,
};

struct state {
	struct netlink nl;
	struct buf text;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	netlink_done(&st->nl);
	buf_done(&st->text);
}

static int open_scan(struct scan *s)
{
	struct nfgenmsg inet = {.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0};
	struct state *st = scan_state(s);
	int r;

	buf_init(&st->text, NFT_TEXT_MAX);
	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine has a firewall: no rows");
		return 0;
	}
	r = netlink_init(&st->nl, NETLINK_NETFILTER);
	if (!r)
		r = netlink_dump(
			&st->nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE, &inet, sizeof(inet));
	if (!r)
		return 0;
	netlink_done(&st->nl);
	/* Without nftables in the kernel nothing is dropped. */
	if (r == -EPROTONOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	if (r != -EPERM && r != -EACCES)
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	scan_warn(s, "%s", strerror(-r));
	return 0;
}

static int put_rule(struct scan *s, struct state *st, const struct nft_rule *rule)
{
	struct nft_counter counter;
	int r;

	if (rule->family != NFPROTO_INET || !str_eq(rule->table, QUARANTINE_TABLE))
		return 1;
	buf_reset(&st->text);
	r = nft_rule_text(rule, &st->text, &counter);
	if (r < 0)
		return r;
	if (!counter.there)
		return 1;
	row_begin(s);
	row_text(s, CHAIN, rule->chain);
	row_bytes(s, RULE, buf_str(&st->text), st->text.len);
	row_int(s, PACKETS, (int64_t)counter.packets);
	row_int(s, BYTES, (int64_t)counter.bytes);
	row_end(s);
	return 1;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct netlink_message m;
	struct nft_rule rule;
	int r = st->nl.p ? netlink_next(&st->nl, &m) : 0;

	if (r == -EPROTONOSUPPORT || r == -EOPNOTSUPP || r == -EINVAL)
		return 0;
	if (r == -EPERM || r == -EACCES) {
		scan_warn(s, "%s", strerror(-r));
		return 0;
	}
	if (r < 0)
		return scan_error(s, -r, "netlink: %s", strerror(-r));
	if (r == 0)
		return 0;
	return nft_rule_read(&m, &rule) ? put_rule(s, st, &rule) : 1;
}

const struct table table_quarantine_drops = {
	.name = "quarantine_drops",
	.doc = "What a quarantine of this host dropped; no rows while there is none.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
