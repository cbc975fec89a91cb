/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/iptget.h"
#include "agentd/iptrules.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/textfile.h"
#include "common/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMES "/proc/net/ip_tables_names"
/* How often a table is asked for anew when it changed meanwhile. */
#define TRIES 5

enum {
	FILTER_NAME,
	CHAIN,
	POLICY,
	TARGET,
	PROTOCOL,
	SRC_PORT,
	DST_PORT,
	SRC_IP,
	SRC_MASK,
	INIFACE,
	INIFACE_MASK,
	DST_IP,
	DST_MASK,
	OUTIFACE,
	OUTIFACE_MASK,
	MATCH,
	PACKETS,
	BYTES,
};

static const struct column columns[] = {
	{"filter_name", COL_TEXT, 0, "Table: filter, nat, mangle …"},
	{"chain", COL_TEXT, 0, "Chain"},
	{"policy", COL_TEXT, 0,
		"What becomes of packets at the chain's end; empty for a chain of the user's"},
	{"target", COL_TEXT, 0,
		"What becomes of the packets of the rule: ACCEPT, another chain …; NULL in a "
		"chain's own row"},
	{"protocol", COL_INTEGER, 0,
		"Number of the IP protocol, 0 for any; with ! in front when all but that"},
	{"src_port", COL_TEXT, 0, "Source ports, first:last"},
	{"dst_port", COL_TEXT, 0, "Destination ports, first:last"},
	{"src_ip", COL_TEXT, 0, "Source address, with ! in front when all but that"},
	{"src_mask", COL_TEXT, 0, "Its mask"},
	{"iniface", COL_TEXT, 0, "Interface that it comes in by"},
	{"iniface_mask", COL_TEXT, 0, "Which bytes of that name count, in hexadecimal"},
	{"dst_ip", COL_TEXT, 0, "Destination address, with ! in front when all but that"},
	{"dst_mask", COL_TEXT, 0, "Its mask"},
	{"outiface", COL_TEXT, 0, "Interface that it goes out by"},
	{"outiface_mask", COL_TEXT, 0, "Which bytes of that name count, in hexadecimal"},
	{"match", COL_TEXT, 0, "yes when the rule looks at more than addresses and interfaces"},
	{"packets", COL_INTEGER, 0, "Packets that came to the chain's end"},
	{"bytes", COL_INTEGER, 0, "Bytes that came to the chain's end"},
	COL_END,
};

struct state {
	struct textfile names;
	bool open, can_get;
	struct iptget get;
	struct iptrules rules;
	char *entries;	       /* heap; of the table at hand */
	struct iptrule policy; /* of the chain at hand */
	size_t policy_of;      /* where that chain ends, plus one */
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (!st->open)
		return;
	free(st->entries);
	iptget_done(&st->get);
	textfile_done(&st->names);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r;

	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine has a firewall: no rows");
		return 0;
	}
	r = textfile_open(&st->names, scan_root(s), NAMES);
	if (r < 0) {
		if (r != -ENOENT && r != -ENOMEM)
			scan_warn(s, "%s: %s", NAMES, textfile_why(r));
		return r == -ENOMEM ? r : 0;
	}
	st->open = true;
	r = iptget_init(&st->get);
	st->can_get = r == 0;
	if (r < 0)
		scan_warn(s, "socket: %s", strerror(-r));
	return 0;
}

static int next_table(struct scan *s, struct state *st)
{
	struct ipt_getinfo info;
	char *line;
	size_t len;
	int r = st->open && st->can_get ? textfile_next(&st->names, &line, &len) : TEXTFILE_END;

	if (r != TEXTFILE_LINE)
		return r == TEXTFILE_AGAIN;
	if (!len)
		return 1;
	r = -EAGAIN;
	for (unsigned i = 0; i < TRIES && r == -EAGAIN; i++)
		r = iptget(&st->get, line, &st->entries, &info);
	if (r < 0) {
		scan_skipped(s, "rules", "table", -r);
		return r == -ENOMEM ? r : 1;
	}
	iptrules_init(&st->rules, &info, st->entries);
	st->policy_of = 0;
	return 1;
}

static void put_address(struct scan *s, unsigned col, struct in_addr address, bool inverted)
{
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &address, text, sizeof(text));
	row_printf(s, col, "%s%s", inverted ? "!" : "", text);
}

static void put_iface(struct scan *s, unsigned col, unsigned mask_col, const char *name,
	const unsigned char *mask, bool inverted)
{
	char hex[2 * IFNAMSIZ + 1] = "";

	if (name[0])
		row_printf(s, col, "%s%.*s", inverted ? "!" : "", IFNAMSIZ, name);
	else
		row_text(s, col, "all");
	for (size_t i = 0; i < IFNAMSIZ && mask[i]; i++)
		snprintf(hex + 2 * i, 3, "%02X", mask[i]);
	row_text(s, mask_col, hex);
}

static void put_rule(struct scan *s, const struct iptrule *r)
{
	const struct ipt_ip *ip = &r->ip;

	row_text(s, TARGET, r->target);
	if (ip->invflags & IPT_INV_PROTO)
		row_printf(s, PROTOCOL, "!%u", ip->proto);
	else
		row_int(s, PROTOCOL, ip->proto);
	row_text(s, SRC_PORT, "");
	row_text(s, DST_PORT, "");
	if (r->has_ports) {
		row_printf(s, SRC_PORT, "%u:%u", r->source[0], r->source[1]);
		row_printf(s, DST_PORT, "%u:%u", r->destination[0], r->destination[1]);
	}
	put_address(s, SRC_IP, ip->src, ip->invflags & IPT_INV_SRCIP);
	put_address(s, SRC_MASK, ip->smsk, false);
	put_address(s, DST_IP, ip->dst, ip->invflags & IPT_INV_DSTIP);
	put_address(s, DST_MASK, ip->dmsk, false);
	put_iface(s, INIFACE, INIFACE_MASK, ip->iniface, ip->iniface_mask,
		ip->invflags & IPT_INV_VIA_IN);
	put_iface(s, OUTIFACE, OUTIFACE_MASK, ip->outiface, ip->outiface_mask,
		ip->invflags & IPT_INV_VIA_OUT);
	row_text(s, MATCH, r->has_match ? "yes" : "no");
}

/* Every row of a chain shows what it does with the packets that come to its end. */
static void find_policy(struct state *st)
{
	struct iptrules ahead = st->rules;
	struct iptrule r;

	if (st->policy_of == st->rules.end + 1)
		return;
	ahead.at = ahead.end;
	st->policy_of = st->rules.end + 1;
	if (iptrules_next(&ahead, &r) == IPTRULES_CHAIN)
		st->policy = r;
	else
		st->policy = (struct iptrule){0};
}

static void put_row(struct scan *s, struct state *st, const struct iptrule *r)
{
	find_policy(st);
	row_begin(s);
	row_text(s, FILTER_NAME, st->rules.info.name);
	row_text(s, CHAIN, st->rules.chain);
	row_text(s, POLICY, st->policy.target);
	row_int(s, PACKETS, st->rules.builtin ? (int64_t)st->policy.counters.pcnt : 0);
	row_int(s, BYTES, st->rules.builtin ? (int64_t)st->policy.counters.bcnt : 0);
	if (r)
		put_rule(s, r);
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct iptrule rule;
	int r;

	if (!st->entries)
		return next_table(s, st);
	r = iptrules_next(&st->rules, &rule);
	if (r == IPTRULES_RULE)
		put_row(s, st, &rule);
	if (r == IPTRULES_CHAIN) {
		put_row(s, st, NULL);
		st->rules.chain[0] = '\0';
	}
	if (r == IPTRULES_RULE || r == IPTRULES_CHAIN)
		return 1;
	if (r < 0)
		scan_skipped(s, "rules", "table", -r);
	free(st->entries);
	st->entries = NULL;
	return 1;
}

const struct table table_iptables = {
	.name = "iptables",
	.doc = "Rules of iptables for IPv4, in the kernel's own tables; those made with "
	       "iptables-nft "
	       "are in nft_rules.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
