/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/ssh_shared.h"

#include "common/buf.h"
#include "common/map.h"
#include "common/str.h"

#include <stdlib.h>

#define FILES_MAX (2 * SSH_CONFIG_LIST_MAX + 4)

/* ---- Known hosts ---- */

static bool own_files(const struct ssh_shared *s, const struct host_config *h)
{
	return h->ssh && !s->options->known_hosts &&
	       (h->ssh->user_known_hosts || h->ssh->global_known_hosts);
}

static size_t add_files(const char **files, size_t n, char *const *named, size_t n_named,
	const char *const usual[2])
{
	if (!named) {
		files[n++] = usual[0];
		files[n++] = usual[1];
	}
	for (size_t i = 0; i < n_named && n + 3 < FILES_MAX; i++)
		files[n++] = named[i];
	return n;
}

/* The user's files, then the system's, as ssh reads them; `own` is room for the user's. */
static void list_files(const struct ssh_shared *s, const struct host_config *h, char own[2][4096],
	const char *files[FILES_MAX + 1])
{
	static const char *const usual_system[] = {
		"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"};
	const char *const usual_own[] = {own[0], own[1]};
	const struct ssh_settings *set = h->ssh;
	size_t n;

	snprintf(own[0], 4096, "%s/.ssh/known_hosts", s->home);
	snprintf(own[1], 4096, "%s/.ssh/known_hosts2", s->home);
	n = add_files(files, 0, set->user_known_hosts, set->n_user_known_hosts, usual_own);
	n = add_files(files, n, set->global_known_hosts, set->n_global_known_hosts, usual_system);
	if (n == 0)
		files[n++] = "/dev/null";
	files[n] = NULL;
}

static int put_key(struct buf *b, const struct host_config *h)
{
	const struct ssh_settings *set = h->ssh;
	int r = buf_puts(b, set->user_known_hosts ? "" : "-");

	for (size_t i = 0; r == 0 && i < set->n_user_known_hosts; i++)
		r = buf_printf(b, "%s\n", set->user_known_hosts[i]);
	if (r == 0)
		r = buf_puts(b, set->global_known_hosts ? "\n" : "\n-");
	for (size_t i = 0; r == 0 && i < set->n_global_known_hosts; i++)
		r = buf_printf(b, "%s\n", set->global_known_hosts[i]);
	return r;
}

static int add_hostkeys(struct ssh_shared *s, const struct host_config *h, struct err *err)
{
	const char *files[FILES_MAX + 1];
	char own[2][4096];
	struct hostkeys *hk;
	struct buf key;
	int r;

	buf_init(&key, SSH_CONFIG_FILE_MAX);
	r = put_key(&key, h) < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
	if (r == 0 && !map_get(s->hostkeys_by, key.p)) {
		list_files(s, h, own, files);
		hk = hostkeys_new_optional(files, err);
		if (!hk)
			r = -err->code;
		else if (map_put(s->hostkeys_by, key.p, hk, NULL) < 0) {
			hostkeys_free(hk);
			r = err_set(err, ENOMEM, "more than %d sets of known_hosts files",
				SSH_SETS_MAX);
		}
	}
	buf_done(&key);
	return r;
}

struct hostkeys *ssh_hostkeys_of(const struct ssh_shared *s, const struct host_config *h)
{
	struct hostkeys *hk = NULL;
	struct buf key;

	if (!own_files(s, h))
		return s->hostkeys;
	buf_init(&key, SSH_CONFIG_FILE_MAX);
	if (put_key(&key, h) == 0)
		hk = map_get(s->hostkeys_by, key.p);
	buf_done(&key);
	/* Without memory for the key: the usual ones know less, not more. */
	return hk ? hk : s->hostkeys;
}

enum hostkeys_policy ssh_policy_of(const struct ssh_shared *s, const struct host_config *h)
{
	enum ssh_strict strict = h->ssh && h->ssh->strict_given ? h->ssh->strict : SSH_STRICT_YES;

	if (strict == SSH_STRICT_OFF)
		return HOSTKEYS_ANY;
	return strict == SSH_STRICT_ACCEPT_NEW || s->options->accept_new ? HOSTKEYS_ADD
									 : HOSTKEYS_STRICT;
}

/* ---- Agents ---- */

static int add_agent(struct ssh_shared *s, const char *path, struct err *err)
{
	struct agent *a;

	if (map_get(s->agents_by, path))
		return 0;
	a = agent_new(str_eq(path, "none") ? "" : path);
	if (a && map_put(s->agents_by, path, a, NULL) == 0)
		return 0;
	agent_free(a);
	return err_set(err, ENOMEM, "more than %d IdentityAgents", SSH_SETS_MAX);
}

struct agent *ssh_agent_of(const struct ssh_shared *s, const struct host_config *h)
{
	return h->ssh && h->ssh->identity_agent ? map_get(s->agents_by, h->ssh->identity_agent)
						: s->agent;
}

/* ---- All ---- */

static int add_host(struct ssh_shared *s, const struct host_config *h, struct err *err)
{
	int r = 0;

	s->unchecked += ssh_policy_of(s, h) == HOSTKEYS_ANY;
	if (own_files(s, h))
		r = add_hostkeys(s, h, err);
	if (r == 0 && h->ssh && h->ssh->identity_agent)
		r = add_agent(s, h->ssh->identity_agent, err);
	return r;
}

int ssh_shared_init(
	struct ssh_shared *s, const struct host_config *hosts, size_t n_hosts, struct err *err)
{
	const struct fleet_options *o = s->options;
	int r = 0;

	s->agent = agent_new(getenv("SSH_AUTH_SOCK"));
	s->hostkeys_by = map_new(SSH_SETS_MAX);
	s->agents_by = map_new(SSH_SETS_MAX);
	if (!s->agent || !s->hostkeys_by || !s->agents_by)
		return err_set(err, ENOMEM, "out of memory");
	s->hostkeys = hostkeys_new(o->known_hosts, s->home, o->accept_new, err);
	if (!s->hostkeys)
		return -err->code;
	for (size_t i = 0; r == 0 && i < n_hosts; i++) {
		if (hosts[i].connection != CONNECTION_SSH)
			continue;
		for (const struct host_config *h = &hosts[i]; r == 0 && h; h = h->jump)
			r = add_host(s, h, err);
	}
	return r;
}

int ssh_shared_keys(struct ssh_shared *s, const struct host_config *hosts, size_t n_hosts,
	const bool *connected, struct err *err)
{
	s->keys = keys_new(s->options, hosts, n_hosts, connected, s->home, s->agent, err);
	return s->keys ? 0 : -err->code;
}

static void free_hostkeys(void *p)
{
	hostkeys_free(p);
}

static void free_agent(void *p)
{
	agent_free(p);
}

void ssh_shared_done(struct ssh_shared *s)
{
	keys_free(s->keys);
	hostkeys_free(s->hostkeys);
	agent_free(s->agent);
	map_free(s->hostkeys_by, free_hostkeys);
	map_free(s->agents_by, free_agent);
	*s = (struct ssh_shared){0};
}
