/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/serve/listen.h"

#include "common/io.h"
#include "common/str.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define LISTEN_BACKLOG 128
#define HOST_MAX       256

/* "HOST:PORT" and "[HOST]:PORT" into their parts. */
static int split(const char *spec, char host[HOST_MAX], const char **ret_port, struct err *err)
{
	const char *colon = strrchr(spec, ':'), *end = colon;
	uint64_t port;

	if (!colon || parse_uint(colon + 1, 0, 65535, &port) < 0)
		return err_set(err, EINVAL, "\"%s\" is not ADDR:PORT", spec);
	if (spec[0] == '[') {
		if (colon == spec || colon[-1] != ']')
			return err_set(err, EINVAL, "\"%s\" is not [ADDR]:PORT", spec);
		spec++;
		end = colon - 1;
	} else if (memchr(spec, ':', (size_t)(colon - spec))) {
		return err_set(err, EINVAL, "\"%s\": an IPv6 address stands in [brackets]", spec);
	}
	if (end - spec >= HOST_MAX)
		return err_set(err, EINVAL, "\"%s\" is too long", spec);
	memcpy(host, spec, (size_t)(end - spec));
	host[end - spec] = '\0';
	*ret_port = colon + 1;
	return 0;
}

static int listen_on(const struct addrinfo *ai)
{
	const int on = 1;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
		return fd;
	r = -errno;
	io_close(fd);
	return r;
}

int listen_add(struct listeners *l, const char *spec, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *all;
	char host[HOST_MAX];
	const char *port = NULL;
	bool any;
	int r = split(spec, host, &port, err);

	if (r)
		return r;
	any = !*host || str_eq(host, "*");
	r = getaddrinfo(any ? NULL : host, port, &hints, &all);
	if (r)
		return err_set(err, EINVAL, "cannot listen on %s: %s", spec, gai_strerror(r));
	for (const struct addrinfo *ai = all; ai && r >= 0; ai = ai->ai_next) {
		r = l->n < LISTEN_MAX ? listen_on(ai) : -E2BIG;
		if (r >= 0)
			l->fds[l->n++] = r;
		else if (any && r == -EAFNOSUPPORT)
			r = 0; /* a kernel without IPv6 */
	}
	freeaddrinfo(all);
	return r < 0 ? err_sys(err, -r, "cannot listen on %s", spec) : 0;
}

void listen_close(struct listeners *l)
{
	while (l->n)
		io_close(l->fds[--l->n]);
}

void listen_text(const struct sockaddr *sa, socklen_t len, char out[LISTEN_TEXT_MAX])
{
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(out, LISTEN_TEXT_MAX, "an unknown address");
	else
		snprintf(out, LISTEN_TEXT_MAX, strchr(host, ':') ? "[%.60s]:%.8s" : "%.60s:%.8s",
			host, port);
}

void listen_local(int fd, char out[LISTEN_TEXT_MAX])
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		len = 0;
	listen_text((struct sockaddr *)&ss, len, out);
}
