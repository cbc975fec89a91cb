/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets to listen on, and addresses as text. */
#ifndef AGENTD_SERVE_LISTEN_H
#define AGENTD_SERVE_LISTEN_H

#include "common/err.h"

#include <stddef.h>
#include <sys/socket.h>

#define LISTEN_MAX	16 /* sockets */
#define LISTEN_TEXT_MAX 80 /* of "ADDR:PORT", NUL included */

struct listeners {
	int fds[LISTEN_MAX];
	size_t n;
};

/*
 * Adds what "ADDR:PORT" names: an IPv4 address, an IPv6 address in brackets, a name (all its
 * addresses) or nothing or "*" (every address). Port 0: the kernel picks one. 0 or -errno.
 */
int listen_add(struct listeners *l, const char *spec, struct err *err);
void listen_close(struct listeners *l);

/* "127.0.0.1:22", "[::1]:22". */
void listen_text(const struct sockaddr *sa, socklen_t len, char out[LISTEN_TEXT_MAX]);
/* The address a socket is bound to. */
void listen_local(int fd, char out[LISTEN_TEXT_MAX]);

#endif
