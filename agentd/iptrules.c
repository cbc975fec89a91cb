/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/iptrules.h"

#include "common/str.h"

#include <errno.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <netinet/in.h>
#include <string.h>

void iptrules_init(struct iptrules *t, const struct ipt_getinfo *info, const char *p)
{
	*t = (struct iptrules){.info = *info, .p = p};
}

/* The entry at an offset. False when it does not lie within. */
static bool entry_at(const struct iptrules *t, size_t at, struct ipt_entry *ret)
{
	if (at > t->info.size || t->info.size - at < sizeof(*ret))
		return false;
	memcpy(ret, t->p + at, sizeof(*ret));
	return ret->next_offset >= sizeof(*ret) && ret->next_offset <= t->info.size - at &&
	       ret->target_offset >= sizeof(*ret) &&
	       ret->target_offset <= ret->next_offset - sizeof(struct xt_entry_target);
}

/* The name of the entry's target and what belongs to it. */
static void target_of(const struct iptrules *t, size_t at, const struct ipt_entry *e,
	char name[IPTRULES_NAME_MAX], const char **ret_data, size_t *ret_n)
{
	struct xt_entry_target head;
	const char *p = t->p + at + e->target_offset;

	memcpy(&head, p, sizeof(head));
	memcpy(name, head.u.user.name, sizeof(head.u.user.name));
	name[sizeof(head.u.user.name)] = '\0';
	*ret_data = p + sizeof(head);
	*ret_n = (size_t)(e->next_offset - e->target_offset) - sizeof(head);
}

/* Does a user's chain begin here? Its name then stands in place of a target. */
static bool is_chain_head(const struct iptrules *t, size_t at, const struct ipt_entry *e,
	char name[IPTRULES_NAME_MAX])
{
	char target[IPTRULES_NAME_MAX];
	const char *data;
	size_t n;

	target_of(t, at, e, target, &data, &n);
	if (!str_eq(target, XT_ERROR_TARGET) || !n)
		return false;
	n = strnlen(data, n < IPTRULES_NAME_MAX ? n : IPTRULES_NAME_MAX - 1);
	memcpy(name, data, n);
	name[n] = '\0';
	return true;
}

static const char *verdict_word(int verdict)
{
	switch (verdict) {
	case -NF_ACCEPT - 1:
		return "ACCEPT";
	case -NF_DROP - 1:
		return "DROP";
	case -NF_QUEUE - 1:
		return "QUEUE";
	case XT_RETURN:
		return "RETURN";
	default:
		return "";
	}
}

/* What a verdict means: a word, or the chain whose first rule stands where it points. */
static void read_verdict(
	const struct iptrules *t, size_t next, int verdict, char out[IPTRULES_NAME_MAX])
{
	static const char *const hooks[] = {
		"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};
	struct ipt_entry e;
	size_t at = 0, target = (size_t)verdict;

	str_copy(out, IPTRULES_NAME_MAX, verdict < 0 ? verdict_word(verdict) : "");
	/* To go on with the next entry is no target. */
	if (verdict < 0 || target == next)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(hooks); i++)
		if (t->info.valid_hooks >> i & 1 && t->info.hook_entry[i] == target)
			str_copy(out, IPTRULES_NAME_MAX, hooks[i]);
	for (; at < target && entry_at(t, at, &e); at += e.next_offset)
		if (at + e.next_offset == target)
			is_chain_head(t, at, &e, out);
}

static void read_target(
	const struct iptrules *t, size_t at, const struct ipt_entry *e, struct iptrule *r)
{
	const char *data;
	size_t n;
	int verdict;

	target_of(t, at, e, r->target, &data, &n);
	if (r->target[0] || n < sizeof(verdict))
		return;
	memcpy(&verdict, data, sizeof(verdict));
	read_verdict(t, at + e->next_offset, verdict, r->target);
}

static void read_matches(
	const struct iptrules *t, size_t at, const struct ipt_entry *e, struct iptrule *r)
{
	const char *p = t->p + at + sizeof(*e);
	size_t n = e->target_offset - sizeof(*e);
	struct xt_entry_match head;
	struct xt_udp ports; /* the first part of struct xt_tcp, too */

	r->has_match = n > 0;
	while (n >= sizeof(head)) {
		memcpy(&head, p, sizeof(head));
		if (head.u.user.match_size < sizeof(head) || head.u.user.match_size > n)
			return;
		if ((strncmp(head.u.user.name, "tcp", sizeof(head.u.user.name)) == 0 ||
			    strncmp(head.u.user.name, "udp", sizeof(head.u.user.name)) == 0) &&
			head.u.user.match_size >= sizeof(head) + sizeof(ports)) {
			memcpy(&ports, p + sizeof(head), sizeof(ports));
			memcpy(r->source, ports.spts, sizeof(r->source));
			memcpy(r->destination, ports.dpts, sizeof(r->destination));
			r->has_ports = true;
		}
		p += head.u.user.match_size;
		n -= head.u.user.match_size;
	}
}

/* Where the chain that begins at `at` ends: before the head of the next one, or of the table. */
static size_t find_end(const struct iptrules *t, size_t at)
{
	char name[IPTRULES_NAME_MAX];
	struct ipt_entry e;
	size_t last = at;

	for (; entry_at(t, at, &e); at += e.next_offset) {
		if (is_chain_head(t, at, &e, name))
			break;
		last = at;
	}
	return last;
}

/* Is a chain of the kernel's entered at `at`? */
static bool take_hook(struct iptrules *t, size_t at)
{
	static const char *const hooks[] = {
		"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};

	for (unsigned i = 0; i < ARRAY_LEN(hooks); i++)
		if (t->info.valid_hooks >> i & 1 && t->info.hook_entry[i] == at &&
			t->info.underflow[i] >= at) {
			str_copy(t->chain, sizeof(t->chain), hooks[i]);
			t->builtin = true;
			t->end = t->info.underflow[i];
			return true;
		}
	return false;
}

int iptrules_next(struct iptrules *t, struct iptrule *ret)
{
	struct ipt_entry e;
	size_t at = t->at;

	*ret = (struct iptrule){0};
	if (at == t->info.size)
		return IPTRULES_END;
	if (!entry_at(t, at, &e))
		return -EBADMSG;
	if (!t->chain[0] && !take_hook(t, at)) {
		if (!is_chain_head(t, at, &e, t->chain) || !t->chain[0])
			return -EBADMSG;
		t->at += e.next_offset;
		/* The table's own end looks like the head of a chain. */
		if (t->at == t->info.size)
			return IPTRULES_END;
		t->builtin = false;
		t->end = find_end(t, t->at);
		return iptrules_next(t, ret);
	}
	ret->ip = e.ip;
	ret->counters = e.counters;
	read_target(t, at, &e, ret);
	read_matches(t, at, &e, ret);
	t->at += e.next_offset;
	if (at < t->end)
		return IPTRULES_RULE;
	/* A chain of the user's has no policy: what ends it goes back. */
	if (!t->builtin)
		ret->target[0] = '\0';
	return IPTRULES_CHAIN;
}
