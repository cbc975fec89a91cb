/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"
#include "common/io.h"
#include "console/fleet/ssh.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

const char *ssh_to(const struct ssh *s, char out[SSH_TO_MAX])
{
	char name[ADDRESS_TEXT_MAX];

	if (s->host->jump) {
		snprintf(out, SSH_TO_MAX, "%.100s port %u (through %.100s)", s->host->address,
			(unsigned)s->port, s->host->jump->name);
		return out;
	}
	if (s->host->proxy_command) {
		snprintf(out, SSH_TO_MAX, "%.100s port %u (by ProxyCommand)", s->host->address,
			(unsigned)s->port);
		return out;
	}
	snprintf(out, SSH_TO_MAX, "%s port %u", address_text(&s->opening->to, name),
		(unsigned)s->port);
	return out;
}

static void connected(void *arg, int fd, const union address *to, const struct err *err)
{
	struct ssh *s = arg;

	s->opening->connecting = NULL;
	if (fd >= 0) {
		s->opening->to = *to;
		ssh_connected(s, fd);
		return;
	}
	if ((err->code == ECONNREFUSED || err->code == ECONNRESET) &&
		ssh_dial_again(s, SSH_REFUSED_TRIES) == 0)
		return;
	ssh_fail_err(s, HOST_UNREACHABLE, err);
}

/* AddressFamily and BindAddress. */
static int choose_addresses(struct ssh *s, struct err *err)
{
	const struct ssh_settings *set = s->host->ssh;
	const char *family = set ? set->address_family : NULL;
	struct addresses *to = &s->opening->addresses, from;
	int only = !family			      ? 0
		   : strcasecmp(family, "inet") == 0  ? AF_INET
		   : strcasecmp(family, "inet6") == 0 ? AF_INET6
						      : 0;
	size_t n = 0;

	for (size_t i = 0; i < to->n; i++)
		if (!only || to->a[i].any.sa_family == only)
			to->a[n++] = to->a[i];
	to->n = n;
	if (n == 0)
		return err_set(err, EAFNOSUPPORT, "%s has no address of AddressFamily %s",
			s->host->address, family);
	if (!set || !set->bind_address)
		return 0;
	if (!resolve_literal(set->bind_address, 0, &from))
		return err_set(err, EINVAL, "BindAddress %s is not an address", set->bind_address);
	to->from = from.a[0];
	return 0;
}

static int connect_now(struct ssh *s, struct err *err)
{
	struct ssh_opening *o = s->opening;

	if (choose_addresses(s, err) < 0)
		return -err->code;
	s->step = SSH_CONNECT;
	o->to = o->addresses.a[0];
	o->connecting = connect_start(s->env->loop, &o->addresses, connected, s);
	return o->connecting ? 0 : err_set(err, ENOMEM, "out of memory");
}

static void resolved(void *arg, const struct addresses *addresses, const struct err *why)
{
	struct ssh *s = arg;
	struct err err;

	s->opening->resolving = NULL;
	if (!addresses) {
		ssh_fail_err(s, HOST_UNREACHABLE, why);
		return;
	}
	s->opening->addresses = *addresses;
	if (connect_now(s, &err) < 0)
		ssh_fail_err(s, HOST_FAILED, &err);
}

/* ---- Through a jump host ---- */

static void begun(void *arg)
{
	struct ssh *s = arg;

	s->t.begun_ms = clock_mono_ms();
}

static void bridged(void *arg, int fd)
{
	ssh_connected(arg, fd);
}

static void not_bridged(void *arg, enum bridge_end how, const struct err *why)
{
	struct ssh *s = arg;
	unsigned tries = 0;

	s->opening->trouble = *why;
	bridge_close(s->bridge);
	s->bridge = NULL;
	if (how == BRIDGE_GONE)
		tries = SSH_JUMP_TRIES;
	else if (how == BRIDGE_REFUSED)
		tries = SSH_REFUSED_TRIES;
	else if (how == BRIDGE_SHORTAGE)
		tries = SSH_SHORTAGE_TRIES;
	if (ssh_dial_again(s, tries) < 0)
		ssh_fail_err(s, HOST_UNREACHABLE, &s->opening->trouble);
}

static const struct bridge_up bridge_up = {
	.begun = begun, .connected = bridged, .failed = not_bridged};

static int dial_through(struct ssh *s, struct err *err)
{
	s->step = SSH_CONNECT;
	s->t.begun_ms = INT64_MAX;
	s->bridge =
		bridge_open(s->env->jumps, s->host->jump, s->host->address, s->port, &bridge_up, s);
	return s->bridge ? 0 : err_set(err, ENOMEM, "out of memory or of descriptors");
}

/* ---- By a program ---- */

static int dial_program(struct ssh *s, struct err *err)
{
	s->proxy = proxy_start(s->env, s->host->proxy_command, &s->io.fd, err);
	if (!s->proxy)
		return -err->code;
	/* From the loop, like the others. */
	s->step = SSH_CONNECT;
	return loop_timer_in(s->env->loop, &s->timer, 0) < 0 ? err_set(err, ENOMEM, "out of memory")
							     : 0;
}

/* ---- All ---- */

int ssh_dial(struct ssh *s, struct err *err)
{
	struct ssh_opening *o = s->opening;

	if (s->host->jump)
		return dial_through(s, err);
	if (s->host->proxy_command)
		return dial_program(s, err);
	if (o->addresses.n || resolve_literal(s->host->address, s->port, &o->addresses))
		return connect_now(s, err);
	s->step = SSH_RESOLVE;
	o->resolving = resolve_start(
		s->env->resolvers, s->env->inbox, s->host->address, s->port, resolved, s);
	return o->resolving ? 0 : err_set(err, ENOMEM, "cannot start a thread to resolve names");
}

void ssh_dial_stop(struct ssh *s)
{
	bridge_close(s->bridge);
	s->bridge = NULL;
	resolve_cancel(s->opening->resolving);
	connect_cancel(s->opening->connecting);
	s->opening->resolving = NULL;
	s->opening->connecting = NULL;
}

int ssh_dial_again(struct ssh *s, unsigned max_tries)
{
	unsigned short noise = 0;
	int64_t wait;

	if (++s->opening->tries >= max_tries)
		return -1;
	(void)!getrandom(&noise, sizeof(noise), GRND_NONBLOCK);
	wait = (int64_t)SSH_RETRY_MS << (s->opening->tries - 1);
	if (wait > SSH_RETRY_MAX_MS)
		wait = SSH_RETRY_MAX_MS;
	s->step = SSH_RETRY;
	return loop_timer_in(s->env->loop, &s->timer, wait + noise % wait) < 0 ? -1 : 0;
}
