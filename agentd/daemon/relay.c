/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/relay.h"

#include "agentd/daemon/worker.h"
#include "common/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct relay {
	pid_t pid;
	int64_t session;
	uid_t uid; /* whose session it is */
	struct relay *next;
};

static bool has_room(const struct client *c)
{
	size_t all = 0, of_user = 0, of_one = 0;

	for (const struct relay *r = c->d->relays; r; r = r->next) {
		all++;
		of_user += r->uid == c->who.uid;
		of_one += r->session == c->number;
	}
	return all < RELAYS_MAX && of_user < RELAYS_OF_USER_MAX && of_one < RELAYS_OF_ONE_MAX;
}

static void describe(const struct client *c, const struct priv_connect *what, struct priv_relay *r)
{
	const struct daemon *d = c->d;

	*r = (struct priv_relay){
		.kind = what->kind,
		.arg = what->kind == PRIV_RELAY_AUDIT ? d->state_dir : what->arg,
		.change_uid = d->privileged,
		.privileged = d->privileged && !c->as_user,
		.uid = d->worker_uid,
		.gid = d->worker_gid,
	};
	if (!c->as_user)
		return;
	r->uid = c->who.uid;
	r->gid = c->who.gid;
	memcpy(r->groups, c->who.groups, sizeof(r->groups));
	r->n_groups = c->who.n_groups;
}

/* What it is to do waits in a socket of its own for it. */
static int spawn_relay(const struct client *c, const struct priv_connect *what, int end)
{
	struct priv_relay plan;
	int pair[2], r = priv_pair(pair), fds[2];

	if (r < 0)
		return r;
	describe(c, what, &plan);
	r = priv_put_relay(&c->d->out, 0, &plan);
	if (!r)
		r = priv_send(pair[0], &c->d->out, NULL, 0, false);
	fds[0] = end;
	fds[1] = pair[1];
	if (!r)
		r = worker_spawn("relay", fds);
	io_close(pair[0]);
	io_close(pair[1]);
	return r;
}

int relay_start(struct client *c, const struct priv_connect *what, int *ret_fd)
{
	bool packets = what->kind == PRIV_RELAY_NETLINK;
	struct relay *relay;
	int ends[2], r;

	if (what->kind == PRIV_RELAY_AUDIT && !(c->allow & RIGHT_AUDIT))
		return -EACCES;
	if (!has_room(c))
		return -EBUSY;
	relay = calloc(1, sizeof(*relay));
	if (!relay)
		return -ENOMEM;
	if (socketpair(AF_UNIX, (packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0, ends) <
		0) {
		r = -errno;
		free(relay);
		return r;
	}
	r = spawn_relay(c, what, ends[1]);
	io_close(ends[1]);
	if (r < 0) {
		io_close(ends[0]);
		free(relay);
		return r;
	}
	*relay = (struct relay){
		.pid = r, .session = c->number, .uid = c->who.uid, .next = c->d->relays};
	c->d->relays = relay;
	*ret_fd = ends[0];
	return 0;
}

void relay_reaped(struct daemon *d, pid_t pid)
{
	for (struct relay **p = &d->relays; *p; p = &(*p)->next) {
		struct relay *r = *p;

		if (r->pid != pid)
			continue;
		*p = r->next;
		free(r);
		return;
	}
}

void relays_forget(struct daemon *d)
{
	while (d->relays) {
		struct relay *r = d->relays;

		d->relays = r->next;
		free(r);
	}
}
