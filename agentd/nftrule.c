/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nftrule.h"

#include "common/str.h"
#include "common/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* Registers: 16 of 4 bytes, the first four of which are also named as 16-byte ones. */
#define REGISTERS 24
/* Bytes of what a register is said to hold. */
#define WORDS_MAX 48

/* ---- Attributes ---- */

static uint64_t number(const struct netlink_attr *a)
{
	uint64_t v = 0;

	for (size_t i = 0; i < a->n && i < 8; i++)
		v = v << 8 | (unsigned char)a->p[i];
	return v;
}

static void name_of(const struct netlink_attr *a, char *out, size_t size)
{
	size_t n = strnlen(a->p, a->n < size ? a->n : size - 1);

	memcpy(out, a->p, n);
	out[n] = '\0';
}

/* The attribute of this type; without bytes where there is none. */
static struct netlink_attr find(struct netlink_attrs all, uint16_t type)
{
	struct netlink_attr a;

	while (netlink_attr(&all, &a))
		if (a.type == type)
			return a;
	return (struct netlink_attr){.p = ""};
}

static uint32_t find_number(struct netlink_attrs all, uint16_t type)
{
	struct netlink_attr a = find(all, type);

	return (uint32_t)number(&a);
}

static bool is_message(const struct netlink_message *m, unsigned kind)
{
	return m->type == (NFNL_SUBSYS_NFTABLES << 8 | kind);
}

bool nft_rule_read(const struct netlink_message *m, struct nft_rule *ret)
{
	struct nfgenmsg head;
	struct netlink_attrs rest;
	struct netlink_attr a;

	if (!is_message(m, NFT_MSG_NEWRULE) || !netlink_head(m, &head, sizeof(head), &rest))
		return false;
	*ret = (struct nft_rule){.family = head.nfgen_family};
	while (netlink_attr(&rest, &a)) {
		if (a.type == NFTA_RULE_TABLE)
			name_of(&a, ret->table, sizeof(ret->table));
		else if (a.type == NFTA_RULE_CHAIN)
			name_of(&a, ret->chain, sizeof(ret->chain));
		else if (a.type == NFTA_RULE_HANDLE)
			ret->handle = number(&a);
		else if (a.type == NFTA_RULE_EXPRESSIONS)
			ret->expressions = netlink_nest(&a);
		else if (a.type == NFTA_RULE_USERDATA)
			ret->userdata = a;
	}
	return true;
}

bool nft_chain_read(const struct netlink_message *m, struct nft_chain *ret)
{
	struct nfgenmsg head;
	struct netlink_attrs rest;
	struct netlink_attr a;

	if (!is_message(m, NFT_MSG_NEWCHAIN) || !netlink_head(m, &head, sizeof(head), &rest))
		return false;
	*ret = (struct nft_chain){.family = head.nfgen_family};
	while (netlink_attr(&rest, &a)) {
		if (a.type == NFTA_CHAIN_TABLE)
			name_of(&a, ret->table, sizeof(ret->table));
		else if (a.type == NFTA_CHAIN_NAME)
			name_of(&a, ret->name, sizeof(ret->name));
		else if (a.type == NFTA_CHAIN_TYPE)
			name_of(&a, ret->type, sizeof(ret->type));
		else if (a.type == NFTA_CHAIN_POLICY)
			ret->policy = (uint32_t)number(&a);
		else if (a.type == NFTA_CHAIN_HOOK) {
			ret->base = true;
			ret->hook = find_number(netlink_nest(&a), NFTA_HOOK_HOOKNUM);
			ret->priority = (int32_t)find_number(netlink_nest(&a), NFTA_HOOK_PRIORITY);
		}
	}
	return true;
}

/* Pieces of kind, length and bytes; the kind 0 is the comment. */
const char *nft_rule_comment(const struct nft_rule *r, size_t *ret_n)
{
	const char *p = r->userdata.p;
	size_t n = r->userdata.n;

	while (n >= 2) {
		size_t len = (unsigned char)p[1];

		if (len > n - 2)
			return NULL;
		if (p[0] == 0) {
			*ret_n = strnlen(p + 2, len);
			return p + 2;
		}
		p += 2 + len;
		n -= 2 + len;
	}
	return NULL;
}

const char *nft_family(int family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_NETDEV:
		return "netdev";
	default:
		return NULL;
	}
}

const char *nft_hook(int family, uint32_t hook)
{
	static const char *const ip[] = {
		"prerouting", "input", "forward", "output", "postrouting", "ingress"};
	static const char *const arp[] = {"input", "output", "forward"};
	static const char *const netdev[] = {"ingress", "egress"};

	if (family == NFPROTO_ARP)
		return hook < ARRAY_LEN(arp) ? arp[hook] : NULL;
	if (family == NFPROTO_NETDEV)
		return hook < ARRAY_LEN(netdev) ? netdev[hook] : NULL;
	return hook < ARRAY_LEN(ip) ? ip[hook] : NULL;
}

/* ---- What registers hold ---- */

enum form {
	FORM_HEX,
	FORM_NUMBER,
	FORM_HOST_NUMBER,
	FORM_IPV4,
	FORM_IPV6,
	FORM_NAME,
	FORM_PROTO,
	FORM_NFPROTO,
	FORM_STATE
};

struct reg {
	char what[WORDS_MAX];
	enum form form;
	unsigned char mask[16]; /* of a bitwise on it */
	size_t mask_n;
};

struct state {
	struct buf *out;
	struct reg regs[REGISTERS];
	unsigned char immediate[REGISTERS][16];
	size_t immediate_n[REGISTERS];
	int nfproto; /* the family the packets are known to be of, or 0 */
	int l4;	     /* protocol that was compared with, or 0 */
	int r;
};

static void __attribute__((format(printf, 2, 3))) say(struct state *s, const char *fmt, ...)
{
	va_list ap;

	if (s->r)
		return;
	va_start(ap, fmt);
	if (s->out->len)
		s->r = buf_putc(s->out, ' ');
	if (!s->r)
		s->r = buf_vprintf(s->out, fmt, ap);
	va_end(ap);
}

static struct reg *reg_of(struct state *s, uint32_t n)
{
	return &s->regs[n < REGISTERS ? n : 0];
}

static void set_reg(struct state *s, uint32_t n, enum form form, const char *what)
{
	struct reg *r = reg_of(s, n);

	*r = (struct reg){.form = form};
	str_copy(r->what, sizeof(r->what), what);
	if (n < REGISTERS)
		s->immediate_n[n] = 0;
}

static const char *protocol_name(int proto)
{
	switch (proto) {
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return NULL;
	}
}

static void load_meta(struct state *s, struct netlink_attrs data)
{
	static const struct {
		const char *name;
		enum form form;
	} keys[] = {{"meta length", FORM_HOST_NUMBER}, {"meta protocol", FORM_HEX},
		{"meta priority", FORM_HOST_NUMBER}, {"meta mark", FORM_HOST_NUMBER},
		{"iif", FORM_HOST_NUMBER}, {"oif", FORM_HOST_NUMBER}, {"iifname", FORM_NAME},
		{"oifname", FORM_NAME}, {"iiftype", FORM_HOST_NUMBER},
		{"oiftype", FORM_HOST_NUMBER}, {"meta skuid", FORM_HOST_NUMBER},
		{"meta skgid", FORM_HOST_NUMBER}, {"meta nftrace", FORM_NUMBER},
		{"rtclassid", FORM_HOST_NUMBER}, {"secmark", FORM_HOST_NUMBER},
		{"meta nfproto", FORM_NFPROTO}, {"meta l4proto", FORM_PROTO},
		{"ibrname", FORM_NAME}, {"obrname", FORM_NAME}, {"pkttype", FORM_NUMBER},
		{"cpu", FORM_HOST_NUMBER}, {"iifgroup", FORM_HOST_NUMBER},
		{"oifgroup", FORM_HOST_NUMBER}, {"cgroup", FORM_HOST_NUMBER}};
	uint32_t key = find_number(data, NFTA_META_KEY);
	uint32_t to = find_number(data, NFTA_META_DREG), from = find_number(data, NFTA_META_SREG);
	const char *name = key < ARRAY_LEN(keys) ? keys[key].name : "meta";

	if (to)
		set_reg(s, to, key < ARRAY_LEN(keys) ? keys[key].form : FORM_HEX, name);
	else
		say(s, "%s set %s", name, reg_of(s, from)->what);
}

static void load_ct(struct state *s, struct netlink_attrs data)
{
	static const char *const keys[] = {"ct state", "ct direction", "ct status", "ct mark",
		"ct secmark", "ct expiration", "ct helper", "ct l3proto", "ct saddr", "ct daddr",
		"ct protocol", "ct proto-src", "ct proto-dst", "ct label", "ct packets",
		"ct bytes"};
	uint32_t key = find_number(data, NFTA_CT_KEY), to = find_number(data, NFTA_CT_DREG);
	const char *name = key < ARRAY_LEN(keys) ? keys[key] : "ct";

	if (to)
		set_reg(s, to, key == NFT_CT_STATE ? FORM_STATE : FORM_HOST_NUMBER, name);
	else
		say(s, "%s set %s", name, reg_of(s, find_number(data, NFTA_CT_SREG))->what);
}

static void load_rt(struct state *s, struct netlink_attrs data)
{
	static const struct {
		const char *name;
		enum form form;
	} keys[] = {{"rt classid", FORM_HOST_NUMBER}, {"rt ip nexthop", FORM_IPV4},
		{"rt ip6 nexthop", FORM_IPV6}, {"rt mtu", FORM_HOST_NUMBER},
		{"rt ipsec", FORM_NUMBER}};
	uint32_t key = find_number(data, NFTA_RT_KEY);
	bool known = key < ARRAY_LEN(keys);

	set_reg(s, find_number(data, NFTA_RT_DREG), known ? keys[key].form : FORM_HEX,
		known ? keys[key].name : "rt");
}

static void load_payload(struct state *s, struct netlink_attrs data)
{
	static const struct {
		uint32_t base, offset, len;
		const char *name;
		enum form form;
	} known[] = {
		{NFT_PAYLOAD_NETWORK_HEADER, 12, 4, "ip saddr", FORM_IPV4},
		{NFT_PAYLOAD_NETWORK_HEADER, 16, 4, "ip daddr", FORM_IPV4},
		{NFT_PAYLOAD_NETWORK_HEADER, 9, 1, "ip protocol", FORM_PROTO},
		{NFT_PAYLOAD_NETWORK_HEADER, 8, 1, "ip ttl", FORM_NUMBER},
		{NFT_PAYLOAD_NETWORK_HEADER, 7, 1, "ip6 hoplimit", FORM_NUMBER},
		{NFT_PAYLOAD_NETWORK_HEADER, 8, 16, "ip6 saddr", FORM_IPV6},
		{NFT_PAYLOAD_NETWORK_HEADER, 24, 16, "ip6 daddr", FORM_IPV6},
		{NFT_PAYLOAD_NETWORK_HEADER, 6, 1, "ip6 nexthdr", FORM_PROTO},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, "sport", FORM_NUMBER},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, "dport", FORM_NUMBER},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, "type", FORM_NUMBER},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 1, 1, "code", FORM_NUMBER},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, "flags", FORM_HEX},
	};
	static const char *const bases[] = {"ll", "nh", "th", "ih"};
	uint32_t base = find_number(data, NFTA_PAYLOAD_BASE);
	uint32_t offset = find_number(data, NFTA_PAYLOAD_OFFSET),
		 len = find_number(data, NFTA_PAYLOAD_LEN);
	uint32_t to = find_number(data, NFTA_PAYLOAD_DREG);
	const char *proto = protocol_name(s->l4);
	char what[WORDS_MAX];
	enum form form = FORM_HEX;

	snprintf(what, sizeof(what), "@%s,%u,%u", base < ARRAY_LEN(bases) ? bases[base] : "?",
		offset * 8, len * 8);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].base == base && known[i].offset == offset && known[i].len == len) {
			snprintf(what, sizeof(what), "%s%s%s",
				base == NFT_PAYLOAD_TRANSPORT_HEADER ? proto ? proto : "th" : "",
				base == NFT_PAYLOAD_TRANSPORT_HEADER ? " " : "", known[i].name);
			form = known[i].form;
		}
	/* The first bytes of an address: its prefix. */
	if (base == NFT_PAYLOAD_NETWORK_HEADER && s->nfproto == NFPROTO_IPV4 && len < 4 &&
		(offset == 12 || offset == 16)) {
		str_copy(what, sizeof(what), offset == 12 ? "ip saddr" : "ip daddr");
		form = FORM_IPV4;
	} else if (base == NFT_PAYLOAD_NETWORK_HEADER && s->nfproto == NFPROTO_IPV6 && len < 16 &&
		   (offset == 8 || offset == 24)) {
		str_copy(what, sizeof(what), offset == 8 ? "ip6 saddr" : "ip6 daddr");
		form = FORM_IPV6;
	}
	if (to)
		set_reg(s, to, form, what);
	else
		say(s, "%s set %s", what, reg_of(s, find_number(data, NFTA_PAYLOAD_SREG))->what);
}

/* ---- Values ---- */

static uint64_t host_number(const unsigned char *p, size_t n)
{
	uint32_t v32;
	uint16_t v16;
	uint64_t v64;

	if (n == 4)
		return memcpy(&v32, p, 4), v32;
	if (n == 2)
		return memcpy(&v16, p, 2), v16;
	if (n == 8)
		return memcpy(&v64, p, 8), v64;
	return n ? p[0] : 0;
}

static void put_hex(struct buf *out, const unsigned char *p, size_t n)
{
	buf_puts(out, "0x");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%02x", p[i]);
}

static void put_states(struct buf *out, uint64_t v)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} bits[] = {
		{8, "new"}, {2, "established"}, {4, "related"}, {1, "invalid"}, {64, "untracked"}};
	size_t start = out->len;

	for (size_t i = 0; i < ARRAY_LEN(bits); i++)
		if (v & bits[i].bit)
			buf_printf(out, "%s%s", out->len > start ? "," : "", bits[i].name);
	if (out->len == start)
		buf_printf(out, "0x%llx", (unsigned long long)v);
}

/* What does not fit is left out: the values are short. */
static void put_value(struct buf *out, enum form form, const unsigned char *p, size_t n)
{
	char text[INET6_ADDRSTRLEN];
	struct netlink_attr a = {.p = (const char *)p, .n = n};
	const char *name = NULL;

	if (form == FORM_PROTO && n == 1)
		name = protocol_name(p[0]);
	else if (form == FORM_NFPROTO && n == 1)
		name = p[0] == NFPROTO_IPV4 ? "ipv4" : p[0] == NFPROTO_IPV6 ? "ipv6" : NULL;
	else if (form == FORM_IPV4 && n == 4)
		name = inet_ntop(AF_INET, p, text, sizeof(text));
	else if (form == FORM_IPV6 && n == 16)
		name = inet_ntop(AF_INET6, p, text, sizeof(text));
	if (name)
		buf_puts(out, name);
	else if (form == FORM_NAME) {
		buf_putc(out, '"');
		text_escape(out, (const char *)p, strnlen((const char *)p, n));
		/* An interface's name without its NUL stands for all that begin so. */
		buf_puts(out, memchr(p, '\0', n) ? "\"" : "*\"");
	} else if (form == FORM_STATE)
		put_states(out, host_number(p, n));
	else if (form == FORM_HOST_NUMBER && n <= 8)
		buf_printf(out, "%llu", (unsigned long long)host_number(p, n));
	else if (form == FORM_HEX || n > 8)
		put_hex(out, p, n);
	else
		buf_printf(out, "%llu", (unsigned long long)number(&a));
}

static bool is_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* The length of a mask that is a prefix; -1 when it is none. */
static int prefix_len(const unsigned char *mask, size_t n)
{
	int bits = 0;
	bool ended = false;

	for (size_t i = 0; i < n * 8; i++) {
		bool set = mask[i / 8] >> (7 - i % 8) & 1;

		if (set && ended)
			return -1;
		ended |= !set;
		bits += set;
	}
	return bits;
}

static struct netlink_attr value_of(const struct netlink_attr *data)
{
	return find(netlink_nest(data), NFTA_DATA_VALUE);
}

/* ---- Expressions ---- */

static void say_compare(
	struct state *s, const struct reg *r, uint32_t op, const struct netlink_attr *v)
{
	static const char *const ops[] = {"", "!= ", "< ", "<= ", "> ", ">= "};
	const unsigned char *p = (const unsigned char *)v->p;
	size_t n = v->n;
	struct buf value;
	int bits = r->mask_n ? prefix_len(r->mask, r->mask_n) : -1;
	const char *sign = op < ARRAY_LEN(ops) ? ops[op] : "? ";

	buf_init(&value, 512);
	if (r->mask_n && r->mask_n <= sizeof(r->mask) && op == NFT_CMP_NEQ && is_zero(p, n)) {
		/* Some of the bits are set. */
		put_value(&value, r->form, r->mask, r->mask_n);
		sign = r->form == FORM_STATE ? "" : "& ";
	} else {
		put_value(&value, r->form, p, n);
		if (bits >= 0 && (r->form == FORM_IPV4 || r->form == FORM_IPV6))
			buf_printf(&value, "/%d", bits);
		else if (r->mask_n) {
			buf_puts(&value, " mask ");
			put_hex(&value, r->mask, r->mask_n);
		}
	}
	say(s, "%s %s%s", r->what, sign, buf_str(&value));
	buf_done(&value);
}

static void compare(struct state *s, struct netlink_attrs data)
{
	const struct reg *r = reg_of(s, find_number(data, NFTA_CMP_SREG));
	uint32_t op = find_number(data, NFTA_CMP_OP);
	struct netlink_attr a = find(data, NFTA_CMP_DATA), v = value_of(&a);

	if (r->form == FORM_PROTO && op == NFT_CMP_EQ && v.n == 1)
		s->l4 = (unsigned char)v.p[0];
	if (r->form == FORM_NFPROTO && op == NFT_CMP_EQ && v.n == 1)
		s->nfproto = (unsigned char)v.p[0];
	/* Only the first bytes of an address. */
	if (r->form == FORM_IPV4 || r->form == FORM_IPV6) {
		size_t full = r->form == FORM_IPV4 ? 4 : 16;
		unsigned char whole[16] = {0};
		struct reg cut = *r;

		if (v.n < full && !r->mask_n) {
			memcpy(whole, v.p, v.n);
			memset(cut.mask, 0xff, v.n);
			cut.mask_n = full;
			v = (struct netlink_attr){.p = (const char *)whole, .n = full};
			say_compare(s, &cut, op, &v);
			return;
		}
	}
	say_compare(s, r, op, &v);
}

static void bitwise(struct state *s, struct netlink_attrs data)
{
	struct reg *from = reg_of(s, find_number(data, NFTA_BITWISE_SREG));
	struct reg copy = *from, *to = reg_of(s, find_number(data, NFTA_BITWISE_DREG));
	struct netlink_attr a = find(data, NFTA_BITWISE_MASK), mask = value_of(&a);

	*to = copy;
	to->mask_n = mask.n <= sizeof(to->mask) ? mask.n : 0;
	memcpy(to->mask, mask.p, to->mask_n);
}

static const char *verdict_word(int32_t code)
{
	switch (code) {
	case NF_DROP:
		return "drop";
	case NF_ACCEPT:
		return "accept";
	case NF_QUEUE:
		return "queue";
	case NFT_CONTINUE:
		return "continue";
	case NFT_RETURN:
		return "return";
	case NFT_JUMP:
		return "jump";
	case NFT_GOTO:
		return "goto";
	default:
		return "verdict";
	}
}

static void immediate(struct state *s, struct netlink_attrs data)
{
	uint32_t to = find_number(data, NFTA_IMMEDIATE_DREG);
	struct netlink_attr a = find(data, NFTA_IMMEDIATE_DATA);
	struct netlink_attr verdict = find(netlink_nest(&a), NFTA_DATA_VERDICT), v = value_of(&a);
	struct netlink_attr chain = find(netlink_nest(&verdict), NFTA_VERDICT_CHAIN);
	char name[NFT_NAME_SIZE], what[WORDS_MAX];

	if (verdict.n) {
		name_of(&chain, name, sizeof(name));
		say(s, "%s%s%s",
			verdict_word(
				(int32_t)find_number(netlink_nest(&verdict), NFTA_VERDICT_CODE)),
			name[0] ? " " : "", name);
		return;
	}
	snprintf(what, sizeof(what), "0x%llx", (unsigned long long)number(&v));
	set_reg(s, to, FORM_HEX, what);
	if (to < REGISTERS && v.n <= sizeof(s->immediate[0])) {
		memcpy(s->immediate[to], v.p, v.n);
		s->immediate_n[to] = v.n;
	}
}

static void say_lookup(struct state *s, struct netlink_attrs data)
{
	const struct reg *r = reg_of(s, find_number(data, NFTA_LOOKUP_SREG));
	struct netlink_attr a = find(data, NFTA_LOOKUP_SET);
	char set[NFT_NAME_SIZE];

	name_of(&a, set, sizeof(set));
	say(s, "%s %s%s%s", r->what,
		find_number(data, NFTA_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV ? "!= " : "",
		find(data, NFTA_LOOKUP_DREG).n ? "vmap @" : "@", set);
}

static void say_log(struct state *s, struct netlink_attrs data)
{
	struct netlink_attr a = find(data, NFTA_LOG_PREFIX);
	char prefix[NFT_NAME_SIZE];

	name_of(&a, prefix, sizeof(prefix));
	if (prefix[0])
		say(s, "log prefix \"%s\"", prefix);
	else
		say(s, "log");
}

static void say_limit(struct state *s, struct netlink_attrs data)
{
	struct netlink_attr rate = find(data, NFTA_LIMIT_RATE), unit = find(data, NFTA_LIMIT_UNIT);
	uint64_t seconds = number(&unit);
	const char *word = seconds == 1	      ? "second"
			   : seconds == 60    ? "minute"
			   : seconds == 3600  ? "hour"
			   : seconds == 86400 ? "day"
					      : "week";

	say(s, "limit rate %s%llu/%s",
		find_number(data, NFTA_LIMIT_FLAGS) & NFT_LIMIT_F_INV ? "over " : "",
		(unsigned long long)number(&rate), word);
}

static void say_nat(struct state *s, struct netlink_attrs data)
{
	uint32_t address = find_number(data, NFTA_NAT_REG_ADDR_MIN);
	uint32_t port = find_number(data, NFTA_NAT_REG_PROTO_MIN);
	struct buf to;

	buf_init(&to, 128);
	if (address && address < REGISTERS)
		put_value(&to, s->immediate_n[address] == 4 ? FORM_IPV4 : FORM_IPV6,
			s->immediate[address], s->immediate_n[address]);
	if (port && port < REGISTERS) {
		buf_putc(&to, ':');
		put_value(&to, FORM_NUMBER, s->immediate[port],
			s->immediate_n[port] < 2 ? s->immediate_n[port] : 2);
	}
	say(s, "%s%s%s", find_number(data, NFTA_NAT_TYPE) == NFT_NAT_SNAT ? "snat" : "dnat",
		to.len ? " to " : "", buf_str(&to));
	buf_done(&to);
}

static void say_range(struct state *s, struct netlink_attrs data)
{
	const struct reg *r = reg_of(s, find_number(data, NFTA_RANGE_SREG));
	struct netlink_attr from = find(data, NFTA_RANGE_FROM_DATA),
			    to = find(data, NFTA_RANGE_TO_DATA);
	struct netlink_attr a = value_of(&from), b = value_of(&to);
	struct buf text;

	buf_init(&text, 256);
	put_value(&text, r->form, (const unsigned char *)a.p, a.n);
	buf_putc(&text, '-');
	put_value(&text, r->form, (const unsigned char *)b.p, b.n);
	say(s, "%s %s%s", r->what, find_number(data, NFTA_RANGE_OP) == NFT_RANGE_NEQ ? "!= " : "",
		buf_str(&text));
	buf_done(&text);
}

static void say_counter(struct state *s, struct netlink_attrs data, struct nft_counter *ret)
{
	struct netlink_attr packets = find(data, NFTA_COUNTER_PACKETS);
	struct netlink_attr bytes = find(data, NFTA_COUNTER_BYTES);

	*ret = (struct nft_counter){number(&packets), number(&bytes), true};
	say(s, "counter");
}

static void expression(
	struct state *s, const char *name, struct netlink_attrs data, struct nft_counter *counter)
{
	static const struct {
		const char *name;
		void (*take)(struct state *s, struct netlink_attrs data);
	} known[] = {{"meta", load_meta}, {"ct", load_ct}, {"rt", load_rt},
		{"payload", load_payload}, {"cmp", compare}, {"bitwise", bitwise},
		{"immediate", immediate}, {"lookup", say_lookup}, {"log", say_log},
		{"limit", say_limit}, {"nat", say_nat}, {"range", say_range}};

	if (str_eq(name, "counter")) {
		say_counter(s, data, counter);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(name, known[i].name)) {
			known[i].take(s, data);
			return;
		}
	say(s, "%s",
		str_eq(name, "masq")	? "masquerade"
		: str_eq(name, "redir") ? "redirect"
					: name);
}

int nft_rule_text(const struct nft_rule *r, struct buf *out, struct nft_counter *ret)
{
	struct state s = {.out = out, .nfproto = r->family};
	struct netlink_attrs rest = r->expressions;
	struct netlink_attr one;

	*ret = (struct nft_counter){0};
	while (!s.r && netlink_attr(&rest, &one)) {
		struct netlink_attr a = find(netlink_nest(&one), NFTA_EXPR_NAME);
		struct netlink_attr data = find(netlink_nest(&one), NFTA_EXPR_DATA);
		char name[32];

		name_of(&a, name, sizeof(name));
		expression(&s, name, netlink_nest(&data), ret);
	}
	return s.r == -EMSGSIZE ? 0 : s.r;
}
