/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sockdiag.h"

#include "common/io.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The kernel fills at most this much of one message. */
#define RECEIVE_BYTES (32u << 10)
/* It answers at once; this is for the day it does not. */
#define WAIT_S 5

/* ---- Messages ---- */

/* Takes the next message off; false at the end and where the rest is no message. */
static bool next_message(struct span *rest, struct nlmsghdr *ret, struct span *ret_body)
{
	size_t whole;

	if (rest->n < sizeof(*ret))
		return false;
	memcpy(ret, rest->p, sizeof(*ret));
	if (ret->nlmsg_len < NLMSG_HDRLEN || ret->nlmsg_len > rest->n)
		return false;
	*ret_body = (struct span){rest->p + NLMSG_HDRLEN, ret->nlmsg_len - NLMSG_HDRLEN};
	whole = NLMSG_ALIGN(ret->nlmsg_len);
	if (whole > rest->n)
		whole = rest->n;
	*rest = (struct span){rest->p + whole, rest->n - whole};
	return true;
}

static bool find_attribute(struct span rest, unsigned type, struct span *ret)
{
	struct rtattr a;

	while (rest.n >= sizeof(a)) {
		size_t whole;

		memcpy(&a, rest.p, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > rest.n)
			return false;
		if (a.rta_type == type) {
			*ret = (struct span){rest.p + sizeof(a), a.rta_len - sizeof(a)};
			return true;
		}
		whole = RTA_ALIGN(a.rta_len);
		if (whole > rest.n)
			return false;
		rest = (struct span){rest.p + whole, rest.n - whole};
	}
	return false;
}

bool sockdiag_unix_next(struct span *rest, uint64_t *ret_inode, struct span *ret_name)
{
	struct unix_diag_msg msg;
	struct nlmsghdr h;
	struct span body;

	while (next_message(rest, &h, &body)) {
		if (h.nlmsg_type != SOCK_DIAG_BY_FAMILY || body.n < sizeof(msg))
			continue;
		memcpy(&msg, body.p, sizeof(msg));
		if (msg.udiag_family != AF_UNIX)
			continue;
		body = (struct span){body.p + sizeof(msg), body.n - sizeof(msg)};
		*ret_inode = msg.udiag_ino;
		if (!find_attribute(body, UNIX_DIAG_NAME, ret_name))
			*ret_name = (struct span){"", 0};
		/* A path comes with the NUL at its end. */
		else if (ret_name->n && ret_name->p[0] && !ret_name->p[ret_name->n - 1])
			ret_name->n--;
		return true;
	}
	return false;
}

/* 1: the answer goes on; 0: that was its end; or the kernel's -errno. */
static int answer_state(struct span part)
{
	struct nlmsghdr h;
	struct span body;
	int error;

	while (next_message(&part, &h, &body)) {
		if (h.nlmsg_type != NLMSG_DONE && h.nlmsg_type != NLMSG_ERROR)
			continue;
		if (body.n < sizeof(error))
			return h.nlmsg_type == NLMSG_DONE ? 0 : -EPROTO;
		memcpy(&error, body.p, sizeof(error));
		return error < 0 ? error : 0;
	}
	return 1;
}

/* ---- Asking ---- */

static int ask(int fd)
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} req = {
		.h = {.nlmsg_len = sizeof(req),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.r = {.sdiag_family = AF_UNIX,
			.udiag_states = UINT32_MAX,
			.udiag_show = UDIAG_SHOW_NAME},
	};

	return send(fd, &req, sizeof(req), 0) < 0 ? -errno : 0;
}

static int receive(int fd, struct buf *b)
{
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	ssize_t n;
	int r = buf_room(b, RECEIVE_BYTES);

	if (r < 0)
		return r;
	n = recvfrom(fd, b->p + b->len, RECEIVE_BYTES, MSG_TRUNC, (struct sockaddr *)&from, &len);
	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	if (n == 0 || (size_t)n > RECEIVE_BYTES)
		return -EPROTO;
	/* Any process may send to our port; only the kernel has port 0. */
	if (from.nl_pid != 0)
		return 1;
	r = answer_state((struct span){b->p + b->len, (size_t)n});
	buf_added(b, (size_t)n);
	return r;
}

int sockdiag_unix(struct buf *b)
{
	struct timeval wait = {.tv_sec = WAIT_S};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), r;

	if (fd < 0)
		return -errno;
	r = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ? -errno : ask(fd);
	if (!r)
		do
			r = receive(fd, b);
		while (r > 0);
	io_close(fd);
	return r;
}
