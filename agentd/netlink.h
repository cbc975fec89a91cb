/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking the kernel for a list over netlink, message by message. What comes back is checked like
 * any other input: no length in it is believed.
 */
#ifndef AGENTD_NETLINK_H
#define AGENTD_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one datagram; the kernel makes none of a dump longer than 32 KiB. */
#define NETLINK_DATAGRAM_MAX (64u << 10)
/* Milliseconds to wait for the next part of a list. */
#define NETLINK_WAIT_MS 5000

struct netlink {
	int fd;
	uint32_t seq;
	char *p; /* heap, NETLINK_DATAGRAM_MAX */
	size_t at, end;
	bool done;
	bool changed; /* the list changed while it was read: entries may be missing or doubled */
};

/* A socket of our own, or -errno. */
int netlink_socket(int protocol);
/* `protocol`: NETLINK_ROUTE … 0 or -errno; netlink_done may be called in any case. */
int netlink_init(struct netlink *n, int protocol);
/* Accepts a zeroed struct. */
void netlink_done(struct netlink *n);
/* Asks for the list `type` (RTM_GETADDR …); `body` is what goes behind the header. One at a time.
 */
int netlink_dump(struct netlink *n, uint16_t type, const void *body, size_t size);

/* One message: its type and what is behind the header, valid until the next call. */
struct netlink_message {
	uint16_t type;
	const char *p;
	size_t n;
};
/* 1, 0 at the end of the list, -errno of the kernel's answer, -ETIMEDOUT, -EBADMSG. */
int netlink_next(struct netlink *n, struct netlink_message *ret);
/* The same over bytes already read, without waiting: -EAGAIN when they are used up. */
int netlink_take(struct netlink *n, struct netlink_message *ret);

/*
 * The fixed part of a message: copies `size` bytes to `head` and leaves the attributes in *rest.
 * False when the message is shorter.
 */
struct netlink_attrs {
	const char *p;
	size_t n;
};
bool netlink_head(
	const struct netlink_message *m, void *head, size_t size, struct netlink_attrs *ret);

struct netlink_attr {
	uint16_t type; /* without its flag bits */
	const char *p;
	size_t n;
};
/* Takes the next attribute; false at the end, or where the rest is no attribute. */
bool netlink_attr(struct netlink_attrs *rest, struct netlink_attr *ret);
/* An attribute's number (4 bytes of the machine's order), 0 when it is shorter. */
uint32_t netlink_u32(const struct netlink_attr *a);
/* The attributes within one. */
struct netlink_attrs netlink_nest(const struct netlink_attr *a);

#endif
