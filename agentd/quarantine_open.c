/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From where a host stays open: the session's own connection, as the kernel knows it. */
#include "agentd/quarantine.h"

#include "agentd/procfs.h"
#include "agentd/resolvconf.h"
#include "agentd/root.h"
#include "agentd/sockets.h"
#include "common/buf.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define RESOLV_MAX (64u << 10)
/* The kernel's list of connections may leave one out while others come and go. */
#define READINGS 3

/* ---- Our own connections ---- */

/* Calls `fn` for each connection of TCP in our own network namespace, until it is true. */
static int each_connection(bool (*fn)(const struct netaddr *peer, uint16_t local_port, void *arg),
	void *arg, struct err *err)
{
	struct root *root = root_new("/", err);
	struct procfs fs;
	struct sockets *all = NULL;
	int r = root ? procfs_init(&fs, root) : -ENOMEM;
	bool open = r == 0;

	if (r == 0) {
		all = sockets_new(&fs);
		r = all ? sockets_load_own(all) : -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < sockets_len(all); i++) {
		const struct sock *k = sockets_at(all, i);
		char text[INET6_ADDRSTRLEN];
		struct netaddr peer;

		if ((k->family != AF_INET && k->family != AF_INET6) || k->protocol != IPPROTO_TCP ||
			k->state == TCP_LISTEN)
			continue;
		sock_address(k, true, text);
		if (netaddr_parse(span_str(text), &peer) < 0)
			continue;
		peer.port = k->remote_port;
		if (fn(&peer, k->local_port, arg))
			break;
	}
	sockets_free(all);
	if (open)
		procfs_done(&fs);
	root_free(root);
	return r < 0 ? err_sys(err, -r, "cannot read the connections of this host") : 0;
}

struct finding {
	struct netaddr peer;
	uint16_t port; /* ours */
	bool found;
};

static bool same_address(const struct netaddr *a, const struct netaddr *b)
{
	return a->family == b->family && a->prefix == b->prefix &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_the_one(const struct netaddr *peer, uint16_t local_port, void *arg)
{
	struct finding *f = arg;

	f->found =
		peer->port == f->peer.port && local_port == f->port && same_address(peer, &f->peer);
	return f->found;
}

/*
 * The session's own connection. *ret has the port here: of its sshd's socket, as anybody on this
 * host may connect from another port to the same place.
 */
static int find_own(const struct subject *who, struct netaddr *ret, struct err *err)
{
	struct finding f = {.port = who->local_port};

	if (netaddr_parse(span_str(who->address), &f.peer) < 0)
		return err_set(err, EINVAL, "\"%s\" is no address", who->address);
	f.peer.port = who->port;
	for (int i = 0; i < READINGS && !f.found; i++) {
		int r = each_connection(is_the_one, &f, err);
		if (r < 0)
			return r;
	}
	if (!f.found)
		return err_set(err, ESRCH,
			"your connection, from %s port %u, is not in the agent's network namespace",
			who->address, who->port);
	*ret = f.peer;
	ret->port = f.port;
	return 0;
}

/* ---- Servers of names ---- */

static void add_servers(const char *path, struct quarantine_open *o)
{
	struct resolvconf conf;
	struct span rest, line;
	struct buf b;

	resolvconf_init(&conf);
	buf_init(&b, RESOLV_MAX);
	if (io_read_file(AT_FDCWD, path, &b) < 0)
		buf_reset(&b);
	rest = (struct span){buf_str(&b), b.len};
	while (span_split(&rest, '\n', &line))
		resolvconf_line(&conf, line);
	for (size_t i = 0; i < conf.n_servers && o->n_dns < QUARANTINE_DNS_MAX; i++) {
		struct netaddr *a = &o->dns[o->n_dns];

		if (netaddr_parse(span_str(conf.servers[i]), a) == 0 && !netaddr_loopback(a))
			o->n_dns++;
	}
	buf_done(&b);
}

/* ---- The whole ---- */

static void add_ssh(struct quarantine_open *o, const struct netaddr *a)
{
	for (size_t i = 0; i < o->n_ssh; i++)
		if (o->ssh[i].port == a->port && same_address(&o->ssh[i], a))
			return;
	o->ssh[o->n_ssh++] = *a;
}

int quarantine_open_for(const struct subject *who, const struct conf *conf,
	struct quarantine_open *ret, struct err *err)
{
	struct netaddr own = {.port = QUARANTINE_SSH_PORT};
	struct quarantine_open o = {.n_ssh = 0};
	int r = *who->address ? find_own(who, &own, err) : 0;

	if (r < 0)
		return r;
	if (*who->address)
		add_ssh(&o, &own);
	for (size_t i = 0; conf->quarantine_allow && conf->quarantine_allow[i]; i++) {
		struct netaddr a;

		if (netaddr_parse(span_str(conf->quarantine_allow[i]), &a) < 0)
			continue;
		if (!a.port)
			a.port = own.port;
		add_ssh(&o, &a);
	}
	if (!o.n_ssh)
		return err_set(err, ENOTCONN,
			"nobody could come back: this session came over no connection of ssh, and "
			"quarantine_allow is empty");
	if (conf->quarantine_dns) {
		add_servers("/etc/resolv.conf", &o);
		/* Behind a resolver on this host itself. */
		add_servers("/run/systemd/resolve/resolv.conf", &o);
	}
	*ret = o;
	return 0;
}

/* ---- Connections of before ---- */

static bool may_talk(const struct quarantine_open *o, const struct netaddr *peer, uint16_t port)
{
	for (size_t i = 0; i < o->n_ssh; i++)
		if (o->ssh[i].port == port && netaddr_in(&o->ssh[i], peer))
			return true;
	return false;
}

static bool is_noted(const struct quarantine *q, const struct netaddr *peer)
{
	for (size_t i = 0; i < q->n_old; i++)
		if (q->old[i].port == peer->port && same_address(&q->old[i], peer))
			return true;
	return false;
}

static bool note(const struct netaddr *peer, uint16_t local_port, void *arg)
{
	struct quarantine *q = arg;

	if (q->n_old == QUARANTINE_OLD_MAX)
		return true;
	if (may_talk(&q->open, peer, local_port) && !is_noted(q, peer))
		q->old[q->n_old++] = *peer;
	return false;
}

int quarantine_note_old(struct quarantine *q, struct err *err)
{
	int r = 0;

	q->n_old = 0;
	for (int i = 0; i < READINGS && r == 0; i++)
		r = each_connection(note, q, err);
	return r;
}

bool quarantine_is_new(const struct quarantine *q, const struct subject *who)
{
	struct netaddr peer;

	/* Not by ssh: at least not the process that asked for it. */
	if (netaddr_parse(span_str(who->address), &peer) < 0)
		return who->pid != q->asked_pid;
	peer.port = who->port;
	return !is_noted(q, &peer);
}
