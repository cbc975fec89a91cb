/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GET over a unix socket: what a service of this machine says of itself. The answer is read whole,
 * up to a bound, and nothing in it is believed.
 */
#ifndef AGENTD_HTTP_H
#define AGENTD_HTTP_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* What stands behind "GET TARGET". */
#define HTTP_REQUEST_TAIL " HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: close\r\n\r\n"

/* Milliseconds that one question may take. */
#define HTTP_TIMEOUT_MS 10000

struct http_answer {
	int status; /* 200 … */
	char *body; /* within the bytes that were read, a NUL behind it */
	size_t len;
};

/* Asked every now and then: true ends it with -ECANCELED. */
typedef bool (*http_stop)(void *arg);

/*
 * `raw`: an initialised buffer whose max bounds the answer; ret->body points into it. 0, -EMSGSIZE,
 * -EBADMSG for what is no answer, -ETIMEDOUT, -ECANCELED or -errno of the socket. `target` has no
 * blanks or control characters in it.
 */
int http_get(const char *socket, const char *target, http_stop stop, void *arg, struct buf *raw,
	struct http_answer *ret);

/*
 * The same over bytes already read, which are changed. -EAGAIN when more must come, unless this is
 * all there is (`end`).
 */
int http_take(char *p, size_t n, bool end, struct http_answer *ret);

#endif
