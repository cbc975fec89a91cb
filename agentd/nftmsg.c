/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nftmsg.h"

#include "common/clock.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes of the largest message there is: a rule. */
#define ONE_MAX 8192
/* Bytes of what the kernel answers at once. */
#define ANSWER_MAX (32u << 10)

struct nftmsg_rule {
	struct nftnl_rule *rule; /* NULL after a failure */
};

/* ---- Messages ---- */

int nftmsg_init(struct nftmsg *m)
{
	*m = (struct nftmsg){.p = malloc(NFTMSG_MAX + ONE_MAX)};
	if (m->p)
		m->batch = mnl_nlmsg_batch_start(m->p, NFTMSG_MAX);
	if (!m->batch) {
		m->error = -ENOMEM;
		return -ENOMEM;
	}
	nftnl_batch_begin(mnl_nlmsg_batch_current(m->batch), m->seq++);
	mnl_nlmsg_batch_next(m->batch);
	return 0;
}

void nftmsg_done(struct nftmsg *m)
{
	if (m->batch)
		mnl_nlmsg_batch_stop(m->batch);
	free(m->p);
	*m = (struct nftmsg){.error = -EINVAL};
}

static struct nlmsghdr *header(struct nftmsg *m, uint16_t kind, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(
		mnl_nlmsg_batch_current(m->batch), kind, NFPROTO_INET, flags, m->seq++);
}

static void next(struct nftmsg *m)
{
	if (!mnl_nlmsg_batch_next(m->batch))
		m->error = -EMSGSIZE;
}

void nftmsg_table(struct nftmsg *m, uint16_t kind, const char *name)
{
	struct nftnl_table *t = m->error ? NULL : nftnl_table_alloc();

	if (!t) {
		m->error = m->error ? m->error : -ENOMEM;
		return;
	}
	if (nftnl_table_set_str(t, NFTNL_TABLE_NAME, name) < 0) {
		m->error = -ENOMEM;
	} else {
		nftnl_table_nlmsg_build_payload(
			header(m, kind, kind == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0), t);
		next(m);
	}
	nftnl_table_free(t);
}

void nftmsg_chain(struct nftmsg *m, const char *table, const char *name, uint32_t hook,
	int32_t priority, uint32_t policy)
{
	struct nftnl_chain *c = m->error ? NULL : nftnl_chain_alloc();

	if (!c) {
		m->error = m->error ? m->error : -ENOMEM;
		return;
	}
	nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, hook);
	nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, priority);
	nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, policy);
	if (nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, table) < 0 ||
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name) < 0 ||
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter") < 0) {
		m->error = -ENOMEM;
	} else {
		nftnl_chain_nlmsg_build_payload(header(m, NFT_MSG_NEWCHAIN, NLM_F_CREATE), c);
		next(m);
	}
	nftnl_chain_free(c);
}

/* ---- Rules ---- */

static void fail(struct nftmsg_rule *r)
{
	if (r->rule)
		nftnl_rule_free(r->rule);
	r->rule = NULL;
}

struct nftmsg_rule *nftmsg_rule_begin(struct nftmsg *m, const char *table, const char *chain)
{
	struct nftmsg_rule *r = m->error ? NULL : calloc(1, sizeof(*r));

	if (!r) {
		m->error = m->error ? m->error : -ENOMEM;
		return NULL;
	}
	r->rule = nftnl_rule_alloc();
	if (r->rule && (nftnl_rule_set_str(r->rule, NFTNL_RULE_TABLE, table) < 0 ||
			       nftnl_rule_set_str(r->rule, NFTNL_RULE_CHAIN, chain) < 0))
		fail(r);
	return r;
}

/* NULL after a failure. */
static struct nftnl_expr *expression(struct nftmsg_rule *r, const char *name)
{
	struct nftnl_expr *e = r && r->rule ? nftnl_expr_alloc(name) : NULL;

	if (e)
		nftnl_rule_add_expr(r->rule, e);
	else if (r)
		fail(r);
	return e;
}

static void set_data(
	struct nftmsg_rule *r, struct nftnl_expr *e, uint16_t what, const void *p, uint32_t n)
{
	if (nftnl_expr_set(e, what, p, n) < 0)
		fail(r);
}

static void compare(struct nftmsg_rule *r, uint32_t op, const void *value, uint32_t size)
{
	struct nftnl_expr *e = expression(r, "cmp");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	set_data(r, e, NFTNL_EXPR_CMP_DATA, value, size);
}

void nftmsg_meta(struct nftmsg_rule *r, uint32_t key, const void *value, uint32_t size)
{
	struct nftnl_expr *e = expression(r, "meta");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
	compare(r, NFT_CMP_EQ, value, size);
}

static void mask_it(struct nftmsg_rule *r, const void *mask, uint32_t size)
{
	static const uint8_t zero[16];
	struct nftnl_expr *e = expression(r, "bitwise");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, size);
	set_data(r, e, NFTNL_EXPR_BITWISE_MASK, mask, size);
	if (r->rule)
		set_data(r, e, NFTNL_EXPR_BITWISE_XOR, zero, size);
}

static void payload(struct nftmsg_rule *r, uint32_t base, uint32_t offset, const void *value,
	uint32_t size, const void *mask, uint32_t op)
{
	struct nftnl_expr *e = expression(r, "payload");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, size);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	if (mask)
		mask_it(r, mask, size);
	compare(r, op, value, size);
}

void nftmsg_payload(struct nftmsg_rule *r, uint32_t base, uint32_t offset, const void *value,
	uint32_t size, const void *mask)
{
	payload(r, base, offset, value, size, mask, NFT_CMP_EQ);
}

void nftmsg_payload_not(struct nftmsg_rule *r, uint32_t base, uint32_t offset, const void *value,
	uint32_t size, const void *mask)
{
	payload(r, base, offset, value, size, mask, NFT_CMP_NEQ);
}

void nftmsg_nexthop6_not(struct nftmsg_rule *r, const void *value, const void *mask)
{
	struct nftnl_expr *e = expression(r, "rt");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_RT_KEY, NFT_RT_NEXTHOP6);
	nftnl_expr_set_u32(e, NFTNL_EXPR_RT_DREG, NFT_REG_1);
	mask_it(r, mask, 16);
	compare(r, NFT_CMP_NEQ, value, 16);
}

void nftmsg_counter(struct nftmsg_rule *r)
{
	expression(r, "counter");
}

void nftmsg_verdict(struct nftmsg_rule *r, uint32_t verdict)
{
	struct nftnl_expr *e = expression(r, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, verdict);
}

void nftmsg_rule_end(struct nftmsg *m, struct nftmsg_rule *r)
{
	if (r && !r->rule && !m->error)
		m->error = -ENOMEM;
	if (r && r->rule && !m->error) {
		nftnl_rule_nlmsg_build_payload(
			header(m, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND), r->rule);
		next(m);
	}
	if (r)
		fail(r);
	free(r);
}

/* ---- The whole ---- */

int nftmsg_finish(struct nftmsg *m)
{
	if (m->error)
		return m->error;
	nftnl_batch_end(mnl_nlmsg_batch_current(m->batch), m->seq);
	next(m);
	return m->error;
}

void nftmsg_each(
	const struct nftmsg *m, void (*fn)(const struct netlink_message *m, void *arg), void *arg)
{
	const char *p = mnl_nlmsg_batch_head(m->batch);
	size_t left = mnl_nlmsg_batch_size(m->batch);
	struct nlmsghdr h;

	while (left >= sizeof(h)) {
		struct netlink_message one;

		memcpy(&h, p, sizeof(h));
		one = (struct netlink_message){
			h.nlmsg_type, p + NLMSG_HDRLEN, h.nlmsg_len - NLMSG_HDRLEN};
		fn(&one, arg);
		p += NLMSG_ALIGN(h.nlmsg_len);
		left -= NLMSG_ALIGN(h.nlmsg_len);
	}
}

/*
 * Only failures are answered: each by a message with the number of what failed, or with that of
 * the beginning where the whole did. So a question of another kind follows the transaction; its
 * answer comes behind all of that.
 */
static int ask_generation(struct mnl_socket *s, uint32_t seq)
{
	char p[MNL_NLMSG_HDRLEN + 64] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(p, NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0, seq);

	return mnl_socket_sendto(s, h, h->nlmsg_len) < 0 ? -errno : 0;
}

/* 1 when the answer to `seq` is in it; *ret_error is the first failure. */
static int read_answers(const char *p, size_t n, uint32_t seq, int *ret_error)
{
	struct nlmsghdr h;

	while (n >= sizeof(h)) {
		memcpy(&h, p, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > n)
			return -EBADMSG;
		if (h.nlmsg_type == NLMSG_ERROR && h.nlmsg_len >= NLMSG_LENGTH(sizeof(int))) {
			int code;

			memcpy(&code, p + NLMSG_HDRLEN, sizeof(code));
			if (code < 0 && !*ret_error)
				*ret_error = code;
		}
		if (h.nlmsg_seq == seq)
			return 1;
		if (NLMSG_ALIGN(h.nlmsg_len) >= n)
			break;
		p += NLMSG_ALIGN(h.nlmsg_len);
		n -= NLMSG_ALIGN(h.nlmsg_len);
	}
	return 0;
}

static int receive(struct mnl_socket *s, uint32_t seq, int64_t until_ms)
{
	struct pollfd pfd = {.fd = mnl_socket_get_fd(s), .events = POLLIN};
	char *p = malloc(ANSWER_MAX);
	int r = p ? 0 : -ENOMEM, error = 0;

	while (r == 0) {
		int64_t left = until_ms - clock_mono_ms();
		ssize_t n;

		if (left <= 0 || poll(&pfd, 1, (int)left) == 0) {
			r = -ETIMEDOUT;
			break;
		}
		n = mnl_socket_recvfrom(s, p, ANSWER_MAX);
		if (n >= 0)
			r = read_answers(p, (size_t)n, seq, &error);
		else if (errno != EINTR && errno != EAGAIN)
			r = -errno;
	}
	free(p);
	return error ? error : r < 0 ? r : 0;
}

static int open_socket(struct mnl_socket **ret)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int size = 2 * NFTMSG_MAX, on = 1, r;

	if (!s)
		return -errno;
	r = mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
	/* A container's root may not: then the usual size must do. */
	setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	/* Answers without what they answer. */
	mnl_socket_setsockopt(s, NETLINK_CAP_ACK, &on, sizeof(on));
	if (r < 0)
		mnl_socket_close(s);
	else
		*ret = s;
	return r;
}

int nftmsg_send(const struct nftmsg *m, int wait_ms)
{
	struct mnl_socket *s = NULL;
	int r = open_socket(&s);

	if (r < 0)
		return r;
	if (mnl_socket_sendto(s, mnl_nlmsg_batch_head(m->batch), mnl_nlmsg_batch_size(m->batch)) <
		0)
		r = -errno;
	if (r == 0)
		r = ask_generation(s, m->seq + 1);
	if (r == 0)
		r = receive(s, m->seq + 1, clock_mono_ms() + wait_ms);
	mnl_socket_close(s);
	return r;
}
