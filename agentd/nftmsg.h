/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One transaction of nftables: tables, chains and rules of family inet put into messages, sent to
 * the kernel as one. The first failure is kept and what follows does nothing, so that only
 * nftmsg_finish needs looking at.
 */
#ifndef AGENTD_NFTMSG_H
#define AGENTD_NFTMSG_H

#include "agentd/netlink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one transaction. */
#define NFTMSG_MAX (1u << 20)

struct mnl_nlmsg_batch;
struct nftmsg_rule; /* of libnftnl */

struct nftmsg {
	char *p; /* heap */
	struct mnl_nlmsg_batch *batch;
	uint32_t seq;
	int error;
};

/* 0 or -ENOMEM; nftmsg_done may be called in any case. */
int nftmsg_init(struct nftmsg *m);
void nftmsg_done(struct nftmsg *m);

/* `kind`: NFT_MSG_NEWTABLE (also where it is there) or NFT_MSG_DELTABLE. */
void nftmsg_table(struct nftmsg *m, uint16_t kind, const char *name);
/* A base chain of type filter. */
void nftmsg_chain(struct nftmsg *m, const char *table, const char *name, uint32_t hook,
	int32_t priority, uint32_t policy);

/* A rule: begin, its expressions in order, end. */
struct nftmsg_rule *nftmsg_rule_begin(struct nftmsg *m, const char *table, const char *chain);
/* What the packet is: NFT_META_* equals these bytes. */
void nftmsg_meta(struct nftmsg_rule *r, uint32_t key, const void *value, uint32_t size);
/* NFT_PAYLOAD_* from `offset` on, under the mask (NULL: all bits), equals these bytes. */
void nftmsg_payload(struct nftmsg_rule *r, uint32_t base, uint32_t offset, const void *value,
	uint32_t size, const void *mask);
/* Likewise: does not equal. */
void nftmsg_payload_not(struct nftmsg_rule *r, uint32_t base, uint32_t offset, const void *value,
	uint32_t size, const void *mask);
/* The next hop of a packet that goes out over IPv6, under the mask, does not equal these bytes. */
void nftmsg_nexthop6_not(struct nftmsg_rule *r, const void *value, const void *mask);
void nftmsg_counter(struct nftmsg_rule *r);
/* NF_ACCEPT, NF_DROP. */
void nftmsg_verdict(struct nftmsg_rule *r, uint32_t verdict);
void nftmsg_rule_end(struct nftmsg *m, struct nftmsg_rule *r);

/* Closes the transaction. 0, -ENOMEM, or -EMSGSIZE for more than NFTMSG_MAX. */
int nftmsg_finish(struct nftmsg *m);
/* Calls `fn` for each message, those that open and close the transaction as well. */
void nftmsg_each(
	const struct nftmsg *m, void (*fn)(const struct netlink_message *m, void *arg), void *arg);
/* 0, the kernel's -errno (nothing of it is in force then), -ETIMEDOUT without an answer. */
int nftmsg_send(const struct nftmsg *m, int wait_ms);

#endif
