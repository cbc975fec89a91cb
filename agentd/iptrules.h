/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One table of iptables as the kernel hands it out: entries one behind the other, some of which are
 * rules and some the marks where chains begin and end. Nothing in it is believed.
 */
#ifndef AGENTD_IPTRULES_H
#define AGENTD_IPTRULES_H

/* The C library's first: the kernel's header then leaves out what that has. */
#include <netinet/in.h>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes of the name of a chain or target, the NUL included. */
#define IPTRULES_NAME_MAX 32

struct iptrules {
	struct ipt_getinfo info;
	const char *p; /* info.size bytes */
	size_t at;
	/* Of the chain at hand. */
	char chain[IPTRULES_NAME_MAX];
	bool builtin;
	size_t end; /* where its last entry, the policy, stands */
};

enum iptrules_got {
	IPTRULES_END,
	IPTRULES_RULE,
	IPTRULES_CHAIN, /* the chain ends: its policy */
};

struct iptrule {
	struct ipt_ip ip;
	struct xt_counters counters;
	char target[IPTRULES_NAME_MAX]; /* or the policy; "" for none */
	bool has_match, has_ports;
	unsigned short source[2], destination[2];
};

/* `p`: info->size bytes, which must stay. */
void iptrules_init(struct iptrules *t, const struct ipt_getinfo *info, const char *p);
/* enum iptrules_got or -EBADMSG. */
int iptrules_next(struct iptrules *t, struct iptrule *ret);

#endif
