/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The relays: processes that do one thing each that a sandboxed worker cannot. Each is a function
 * that runs until it is done or the worker is gone, with `fd` the worker's; what a worker asks of
 * it is not trusted.
 */
#ifndef AGENTD_RELAY_H
#define AGENTD_RELAY_H

#include "agentd/priv.h"
#include "agentd/sandbox.h"

/* Seconds after which a relay ends whatever it does. */
#define RELAY_SECONDS 120

struct relay_kind {
	/* The capabilities that it keeps where its worker is privileged, -1 at the end, or NULL. */
	const int *capabilities;
	/* It opens something first, as root: a descriptor for `run`, or -errno. Or NULL. */
	int (*open)(const char *arg);
	bool opens_as_user;	 /* not as root but as its worker's user */
	bool stays_root;	 /* the kernel looks at who reads, not at who opened */
	enum sandbox_more calls; /* what `run` needs */
	void (*run)(int fd, int opened, const char *arg);
};
extern const struct relay_kind relay_kinds[PRIV_RELAY_KINDS];

/*
 * Is this all that a worker may send to a service: one GET as http_get writes it? 1 when it is, 0
 * when more must come, -EBADMSG.
 */
int relay_http_request(const char *p, size_t n);
/* Is this a request for a list, and nothing else, of nf_tables? */
bool relay_netlink_request(const char *p, size_t n);
/* May this file be read for a worker? */
bool relay_file_allowed(const char *path);

#endif
