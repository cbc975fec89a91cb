/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/socktable.h"

#include <inttypes.h>

enum {
	PID,
	FD,
	SOCKET,
	FAMILY,
	PROTOCOL,
	LOCAL_ADDRESS,
	REMOTE_ADDRESS,
	LOCAL_PORT,
	REMOTE_PORT,
	PATH,
	STATE,
	NET_NAMESPACE,
};

static const struct column columns[] = {
	{"pid", COL_INTEGER, COL_ADDITIONAL,
		"Process id; -1 when no process that can be seen has it"},
	{"fd", COL_BIGINT, 0, "Number of the descriptor; -1 without a process"},
	{"socket", COL_BIGINT, 0, "Inode of the socket; 0 when it has none any more (TIME_WAIT)"},
	{"family", COL_INTEGER, 0,
		"Address family: 1 unix, 2 IPv4, 10 IPv6, 16 netlink, 17 packet"},
	{"protocol", COL_INTEGER, 0,
		"IP protocol: 1 ICMP, 6 TCP, 17 UDP, 255 raw; of packet sockets the Ethernet "
		"protocol, of netlink its family"},
	{"local_address", COL_TEXT, 0, "Local address, empty for unix sockets"},
	{"remote_address", COL_TEXT, 0, "Address of the peer"},
	{"local_port", COL_INTEGER, 0, "Local port"},
	{"remote_port", COL_INTEGER, 0, "Port of the peer, 0 when there is none"},
	{"path", COL_TEXT, 0, "Name of a unix socket; \"@\" stands for the NUL of an abstract one"},
	{"state", COL_TEXT, 0, "TCP state: LISTEN, ESTABLISHED …; NONE for packet sockets"},
	{"net_namespace", COL_TEXT, 0, "Number of the network namespace"},
	COL_END,
};

static void put_sock(struct scan *s, const struct sock_walk *w)
{
	const struct sock *k = w->sock;
	struct span path = sock_walk_path(w);
	char address[INET6_ADDRSTRLEN];

	row_begin(s);
	row_int(s, PID, w->pid);
	row_int(s, FD, w->fd);
	row_int(s, SOCKET, (int64_t)k->inode);
	row_int(s, FAMILY, k->family);
	row_int(s, PROTOCOL, k->protocol);
	sock_address(k, false, address);
	row_text(s, LOCAL_ADDRESS, address);
	sock_address(k, true, address);
	row_text(s, REMOTE_ADDRESS, address);
	row_int(s, LOCAL_PORT, k->local_port);
	row_int(s, REMOTE_PORT, k->remote_port);
	row_bytes(s, PATH, path.p, path.n);
	row_text(s, STATE, sock_state(k));
	row_printf(s, NET_NAMESPACE, "%" PRIu64, k->ns);
	row_end(s);
}

static int sockets_open(struct scan *s)
{
	return sock_walk_open(scan_state(s), s, PID);
}

static int sockets_step(struct scan *s)
{
	return sock_walk_step(scan_state(s), s, put_sock);
}

static void sockets_close(struct scan *s)
{
	sock_walk_close(scan_state(s));
}

const struct table table_process_open_sockets = {
	.name = "process_open_sockets",
	.doc = "The sockets of each process, and those that belong to none (pid -1).",
	.columns = columns,
	.open = sockets_open,
	.step = sockets_step,
	.close = sockets_close,
	.state_size = sizeof(struct sock_walk),
};
