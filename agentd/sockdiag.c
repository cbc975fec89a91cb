/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sockdiag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

/*
 * States that /proc/net tells of, a bit each. Newer kernels have one more, for TCP sockets that
 * are bound and neither listen nor are connected.
 */
#define INET_STATES 0xfff

bool sockdiag_knows(uint16_t family, uint16_t protocol)
{
	if (family == AF_INET || family == AF_INET6)
		return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
	return family == AF_UNIX;
}

static int ask_unix(struct netlink *n)
{
	struct unix_diag_req req = {
		.sdiag_family = AF_UNIX, .udiag_states = UINT32_MAX, .udiag_show = UDIAG_SHOW_NAME};

	return netlink_dump(n, SOCK_DIAG_BY_FAMILY, &req, sizeof(req));
}

static int ask_inet(struct netlink *n, uint16_t family, uint16_t protocol)
{
	struct inet_diag_req_v2 req = {.sdiag_family = (uint8_t)family,
		.sdiag_protocol = (uint8_t)protocol,
		.idiag_states = INET_STATES};

	return netlink_dump(n, SOCK_DIAG_BY_FAMILY, &req, sizeof(req));
}

int sockdiag_ask(struct netlink *n, uint16_t family, uint16_t protocol)
{
	int r = netlink_init(n, NETLINK_SOCK_DIAG);

	if (r < 0)
		return r;
	return family == AF_UNIX ? ask_unix(n) : ask_inet(n, family, protocol);
}

static bool read_unix(const struct netlink_message *m, struct sock *k, struct span *ret_name)
{
	struct unix_diag_msg msg;
	struct netlink_attrs rest;
	struct netlink_attr a;

	if (!netlink_head(m, &msg, sizeof(msg), &rest) || msg.udiag_family != AF_UNIX)
		return false;
	k->inode = msg.udiag_ino;
	*ret_name = (struct span){"", 0};
	while (netlink_attr(&rest, &a))
		if (a.type == UNIX_DIAG_NAME)
			*ret_name = (struct span){a.p, a.n};
	/* A path comes with the NUL at its end. */
	if (ret_name->n && ret_name->p[0] && !ret_name->p[ret_name->n - 1])
		ret_name->n--;
	return true;
}

static bool read_inet(const struct netlink_message *m, struct sock *k)
{
	struct inet_diag_msg msg;
	struct netlink_attrs rest;

	if (!netlink_head(m, &msg, sizeof(msg), &rest) || msg.idiag_family != k->family)
		return false;
	k->inode = msg.idiag_inode;
	k->state = msg.idiag_state;
	k->local_port = ntohs(msg.id.idiag_sport);
	k->remote_port = ntohs(msg.id.idiag_dport);
	memcpy(k->local, msg.id.idiag_src, sizeof(k->local));
	memcpy(k->remote, msg.id.idiag_dst, sizeof(k->remote));
	return true;
}

bool sockdiag_read(const struct netlink_message *m, struct sock *k, struct span *ret_name)
{
	if (m->type != SOCK_DIAG_BY_FAMILY)
		return false;
	return k->family == AF_UNIX ? read_unix(m, k, ret_name) : read_inet(m, k);
}
