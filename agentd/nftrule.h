/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel says of the rules and chains of nftables, and a rule in words close to those of
 * nft(8). What an expression means that is not known here is shown by its name.
 */
#ifndef AGENTD_NFTRULE_H
#define AGENTD_NFTRULE_H

#include "agentd/netlink.h"
#include "common/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of a name; longer ones are cut. */
#define NFT_NAME_SIZE 128
/* Bytes of a rule's text. */
#define NFT_TEXT_MAX (32u << 10)

struct nft_rule {
	int family; /* NFPROTO_* */
	char table[NFT_NAME_SIZE], chain[NFT_NAME_SIZE];
	uint64_t handle;
	struct netlink_attrs expressions;
	struct netlink_attr userdata; /* without bytes where there is none */
};
/* False when the message is no rule. */
bool nft_rule_read(const struct netlink_message *m, struct nft_rule *ret);
/* The comment, NULL without one; *ret_n bytes of it. */
const char *nft_rule_comment(const struct nft_rule *r, size_t *ret_n);

struct nft_counter {
	uint64_t packets, bytes;
	bool there;
};
/* Appends the rule's text. As buf_add. */
int nft_rule_text(const struct nft_rule *r, struct buf *out, struct nft_counter *ret);

struct nft_chain {
	int family;
	char table[NFT_NAME_SIZE], name[NFT_NAME_SIZE], type[32];
	bool base; /* has a hook; only then the rest is set */
	uint32_t hook, policy;
	int32_t priority;
};
bool nft_chain_read(const struct netlink_message *m, struct nft_chain *ret);

/* "ip", "ip6", "inet" …; NULL for one that is not known. */
const char *nft_family(int family);
const char *nft_hook(int family, uint32_t hook);

#endif
