/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/netlink.h"

#include "agentd/broker.h"
#include "common/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int netlink_socket(int protocol)
{
	struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), r;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0)
		return fd;
	r = -errno;
	io_close(fd);
	return r;
}

int netlink_init(struct netlink *n, int protocol)
{
	struct timeval wait = {.tv_sec = NETLINK_WAIT_MS / 1000};

	*n = (struct netlink){.fd = -1};
	n->p = malloc(NETLINK_DATAGRAM_MAX);
	if (!n->p)
		return -ENOMEM;
	n->fd = protocol == NETLINK_NETFILTER ? broker_open(PRIV_RELAY_NETLINK, "") : -ENOSYS;
	if (n->fd == -ENOSYS)
		n->fd = netlink_socket(protocol);
	if (n->fd < 0)
		return n->fd;
	if (setsockopt(n->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		return -errno;
	return 0;
}

void netlink_done(struct netlink *n)
{
	if (!n->p)
		return;
	io_close(n->fd);
	free(n->p);
	*n = (struct netlink){.fd = -1};
}

int netlink_dump(struct netlink *n, uint16_t type, const void *body, size_t size)
{
	struct nlmsghdr h = {
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.nlmsg_seq = ++n->seq,
	};
	struct iovec parts[] = {{&h, sizeof(h)}, {(void *)body, size}};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct msghdr msg = {.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = parts,
		.msg_iovlen = 2};

	n->at = n->end = 0;
	n->done = n->changed = false;
	return sendmsg(n->fd, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The next datagram of the kernel's. */
static int fill(struct netlink *n)
{
	struct sockaddr_nl from;
	socklen_t len;
	ssize_t got;

	do {
		/* A relay's socket has no address. */
		from = (struct sockaddr_nl){.nl_pid = 0};
		len = sizeof(from);
		got = recvfrom(n->fd, n->p, NETLINK_DATAGRAM_MAX, MSG_TRUNC,
			(struct sockaddr *)&from, &len);
	} while ((got < 0 && errno == EINTR) || (got >= 0 && from.nl_pid != 0));
	if (got < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (got == 0 || got > NETLINK_DATAGRAM_MAX)
		return -EBADMSG;
	n->at = 0;
	n->end = (size_t)got;
	return 0;
}

/* The end of a list, or an error instead of it, carry an errno. */
static int final_errno(const char *p, size_t n)
{
	int32_t code = 0;

	if (n >= sizeof(code))
		memcpy(&code, p, sizeof(code));
	return code < 0 && code > -4096 ? code : 0;
}

int netlink_take(struct netlink *n, struct netlink_message *ret)
{
	struct nlmsghdr h;
	size_t left;

	for (;;) {
		const char *p = n->p + n->at + NLMSG_HDRLEN;

		left = n->end - n->at;
		if (n->done)
			return 0;
		if (!left)
			return -EAGAIN;
		if (left < sizeof(h))
			return -EBADMSG;
		memcpy(&h, n->p + n->at, sizeof(h));
		if (h.nlmsg_len < NLMSG_HDRLEN || h.nlmsg_len > left)
			return -EBADMSG;
		n->at += NLMSG_ALIGN(h.nlmsg_len) < left ? NLMSG_ALIGN(h.nlmsg_len) : left;
		/* An answer to an earlier question, or none at all. */
		if (h.nlmsg_seq != n->seq || h.nlmsg_type == NLMSG_NOOP)
			continue;
		n->changed |= h.nlmsg_flags & NLM_F_DUMP_INTR;
		if (h.nlmsg_type == NLMSG_DONE || h.nlmsg_type == NLMSG_ERROR) {
			n->done = true;
			return final_errno(p, h.nlmsg_len - NLMSG_HDRLEN);
		}
		*ret = (struct netlink_message){h.nlmsg_type, p, h.nlmsg_len - NLMSG_HDRLEN};
		return 1;
	}
}

int netlink_next(struct netlink *n, struct netlink_message *ret)
{
	int r;

	while ((r = netlink_take(n, ret)) == -EAGAIN) {
		r = fill(n);
		if (r < 0)
			return r;
	}
	return r;
}

bool netlink_head(
	const struct netlink_message *m, void *head, size_t size, struct netlink_attrs *ret)
{
	size_t aligned = NLMSG_ALIGN(size);

	if (m->n < size)
		return false;
	memcpy(head, m->p, size);
	*ret = (struct netlink_attrs){m->p + size, 0};
	if (m->n > aligned)
		*ret = (struct netlink_attrs){m->p + aligned, m->n - aligned};
	return true;
}

bool netlink_attr(struct netlink_attrs *rest, struct netlink_attr *ret)
{
	struct rtattr h;
	size_t step;

	if (rest->n < sizeof(h))
		return false;
	memcpy(&h, rest->p, sizeof(h));
	if (h.rta_len < RTA_LENGTH(0) || h.rta_len > rest->n)
		return false;
	ret->type = h.rta_type & NLA_TYPE_MASK;
	ret->p = rest->p + RTA_LENGTH(0);
	ret->n = h.rta_len - RTA_LENGTH(0);
	step = RTA_ALIGN(h.rta_len) < rest->n ? RTA_ALIGN(h.rta_len) : rest->n;
	rest->p += step;
	rest->n -= step;
	return true;
}

uint32_t netlink_u32(const struct netlink_attr *a)
{
	uint32_t v = 0;

	if (a->n >= sizeof(v))
		memcpy(&v, a->p, sizeof(v));
	return v;
}

struct netlink_attrs netlink_nest(const struct netlink_attr *a)
{
	return (struct netlink_attrs){a->p, a->n};
}
