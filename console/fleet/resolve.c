/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/resolve.h"

#include "common/str.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

struct resolving {
	struct job job;
	uint16_t port;
	void (*fn)(void *arg, const struct addresses *addresses, const struct err *err);
	void *arg;
	bool cancelled;
	struct addresses found;
	struct err err;
	char name[];
};

socklen_t address_size(const union address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

const char *address_text(const union address *a, char out[ADDRESS_TEXT_MAX])
{
	if (getnameinfo(&a->any, address_size(a), out, ADDRESS_TEXT_MAX, NULL, 0, NI_NUMERICHOST))
		(void)str_copy(out, ADDRESS_TEXT_MAX, "?");
	return out;
}

/* getaddrinfo's list in its order (RFC 6724), but with the two families taking turns (RFC 8305). */
static void take_turns(const struct addrinfo *list, struct addresses *ret)
{
	const struct addrinfo *next[2] = {list, list};
	int families[2], turn = 0;

	families[0] = list->ai_family;
	families[1] = families[0] == AF_INET6 ? AF_INET : AF_INET6;
	ret->n = 0;
	for (int dry = 0; dry < 2 && ret->n < RESOLVE_ADDRESSES_MAX; turn = !turn) {
		const struct addrinfo **at = &next[turn];

		while (*at && (*at)->ai_family != families[turn])
			*at = (*at)->ai_next;
		if (!*at) {
			dry++;
			continue;
		}
		dry = 0;
		if ((*at)->ai_addrlen <= sizeof(ret->a[0]))
			memcpy(&ret->a[ret->n++], (*at)->ai_addr, (*at)->ai_addrlen);
		*at = (*at)->ai_next;
	}
}

static int look_up(const char *name, uint16_t port, int flags, struct addresses *ret)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags | AI_NUMERICSERV};
	struct addrinfo *list;
	char service[8];
	int r;

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	r = getaddrinfo(name, service, &hints, &list);
	if (r)
		return r;
	take_turns(list, ret);
	freeaddrinfo(list);
	return ret->n ? 0 : EAI_NODATA;
}

bool resolve_literal(const char *name, uint16_t port, struct addresses *ret)
{
	union address a = {0};

	if (inet_pton(AF_INET, name, &a.in.sin_addr) == 1) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(port);
	} else if (inet_pton(AF_INET6, name, &a.in6.sin6_addr) == 1) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
	} else {
		/* A colon makes it an address with a scope: no name server is asked for it. */
		return strchr(name, ':') && look_up(name, port, AI_NUMERICHOST, ret) == 0;
	}
	ret->n = 1;
	ret->a[0] = a;
	return true;
}

static void work(struct job *job)
{
	struct resolving *r = (struct resolving *)job;
	int e = look_up(r->name, r->port, 0, &r->found);

	if (e == EAI_SYSTEM)
		err_sys(&r->err, errno, "cannot resolve %s", r->name);
	else if (e)
		err_set(&r->err, ENOENT, "cannot resolve %s: %s", r->name, gai_strerror(e));
}

static void drop(struct task *task)
{
	free(task);
}

static void finished(struct task *task)
{
	struct resolving *r = (struct resolving *)task;

	if (!r->cancelled)
		r->fn(r->arg, r->err.code ? NULL : &r->found, &r->err);
	free(r);
}

struct resolving *resolve_start(struct pool *pool, struct inbox *to, const char *name,
	uint16_t port,
	void (*fn)(void *arg, const struct addresses *addresses, const struct err *err), void *arg)
{
	size_t n = strlen(name) + 1;
	struct resolving *r = calloc(1, sizeof(*r) + n);

	if (!r)
		return NULL;
	r->job = (struct job){.task = {.fn = finished, .drop = drop}, .to = to, .work = work};
	r->port = port;
	r->fn = fn;
	r->arg = arg;
	memcpy(r->name, name, n);
	if (pool_start(pool, &r->job) < 0) {
		free(r);
		return NULL;
	}
	return r;
}

void resolve_cancel(struct resolving *r)
{
	if (r)
		r->cancelled = true;
}
