/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/socktable.h"

#include <inttypes.h>
#include <sys/socket.h>

enum {
	PID,
	PORT,
	PROTOCOL,
	FAMILY,
	ADDRESS,
	FD,
	SOCKET,
	PATH,
	NET_NAMESPACE,
};

static const struct column columns[] = {
	/* A look-up by it is cheap, and a join without it would list all for each process. */
	{"pid", COL_INTEGER, COL_INDEX, "Process id; -1 when no process that can be seen has it"},
	{"port", COL_INTEGER, 0,
		"Local port; the IP protocol of raw sockets, 0 for unix and packet ones"},
	{"protocol", COL_INTEGER, 0, "IP protocol: 6 TCP, 17 UDP"},
	{"family", COL_INTEGER, 0, "Address family: 1 unix, 2 IPv4, 10 IPv6, 17 packet"},
	{"address", COL_TEXT, 0, "Local address"},
	{"fd", COL_BIGINT, 0, "Number of the descriptor; -1 without a process"},
	{"socket", COL_BIGINT, 0, "Inode of the socket"},
	{"path", COL_TEXT, 0, "Name of a unix socket"},
	{"net_namespace", COL_TEXT, 0, "Number of the network namespace"},
	COL_END,
};

/* Bound and without a peer, as osquery has it; that a TCP socket listens is not asked. */
static bool listens(const struct sock *k)
{
	if (k->family == AF_UNIX)
		return k->path_len > 0;
	return k->family != AF_NETLINK && k->remote_port == 0;
}

static void put_sock(struct scan *s, const struct sock_walk *w)
{
	const struct sock *k = w->sock;
	struct span path = sock_walk_path(w);
	char address[INET6_ADDRSTRLEN];

	row_begin(s);
	row_int(s, PID, w->pid);
	row_int(s, PORT, k->local_port);
	row_int(s, PROTOCOL, k->protocol);
	row_int(s, FAMILY, k->family);
	sock_address(k, false, address);
	row_text(s, ADDRESS, address);
	row_int(s, FD, w->fd);
	row_int(s, SOCKET, (int64_t)k->inode);
	row_bytes(s, PATH, path.p, path.n);
	row_printf(s, NET_NAMESPACE, "%" PRIu64, k->ns);
	row_end(s);
}

static int ports_open(struct scan *s)
{
	struct sock_walk *w = scan_state(s);
	int r = sock_walk_open(w, s, PID);

	w->matters = listens;
	return r;
}

static int ports_step(struct scan *s)
{
	return sock_walk_step(scan_state(s), s, put_sock);
}

static void ports_close(struct scan *s)
{
	sock_walk_close(scan_state(s));
}

const struct table table_listening_ports = {
	.name = "listening_ports",
	.doc = "Sockets that are bound and have no peer: what can be reached from outside or by "
	       "other "
	       "processes.",
	.columns = columns,
	.open = ports_open,
	.step = ports_step,
	.close = ports_close,
	.state_size = sizeof(struct sock_walk),
};
