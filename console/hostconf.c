/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/hostconf.h"
#include "common/log.h"
#include "common/map.h"
#include "common/str.h"
#include "console/fleet/sshargs.h"
#include "console/fleet/sshconfig.h"
#include "console/fold.h"

#include <stdlib.h>
#include <string.h>

/* Jump hosts one behind the other; lists of them, or of arguments, that differ. */
#define HOPS_MAX       16
#define HOP_CHAINS_MAX 10000

/* As the shell would: what Ansible's users write. */
static char *expand_home(const char *path)
{
	const char *home = getenv("HOME");

	return str_starts(path, "~/") && home ? str_printf("%s%s", home, path + 1) : strdup(path);
}

/* ---- All of them ---- */

/* One host's memory. */
struct backing {
	struct ssh_settings ssh;
	char *key_file; /* of the command line or the inventory */
	const char **key_files;
	char *unusable;
};

/* A jump host. */
struct hop {
	struct host_config host;
	struct backing backing;
	char *name, *user; /* of the way it was named */
	uint16_t port;
	bool filling;
};

struct host_configs {
	struct host_config *hosts;
	struct backing *backing;
	size_t n;
	/* The configuration and the list of jump hosts as it was written -> struct hop, its last.
	 */
	struct map *hops;
	struct map *args; /* text -> struct args */
};

/* Of ansible_ssh_common_args and its like. */
struct args {
	struct ssh_args *read;
	struct ssh_config *files; /* of -F, or NULL */
};

/* What is the same for all hosts. */
struct filling {
	struct host_configs *configs;
	const struct app_options *o;
	const struct inventory *inv;
	struct ssh_config *ssh; /* NULL: not to be looked at */
	struct ssh_config *now; /* for the host in hand and its jump hosts */
	struct fold *notes;	/* what is left out or not done for whom */
	bool host_only;		/* what is wrong concerns the host in hand, not the others */
};

static int var(struct filling *f, size_t host, const char *name, const char **ret, struct err *err)
{
	int r = inventory_var(f->inv, host, name, ret, err);

	f->host_only = f->host_only || r == -EINVAL;
	return r;
}

static int set_connection(
	struct filling *f, struct host_config *h, const char *value, struct err *err)
{
	static const char *const ssh[] = {"ssh", "smart", "paramiko", "paramiko_ssh", "libssh"};

	if (value && str_eq(value, "local")) {
		h->connection = CONNECTION_LOCAL;
		return 0;
	}
	h->connection = CONNECTION_SSH;
	if (!value)
		return 0;
	if (str_starts(value, "ansible.builtin."))
		value += strlen("ansible.builtin.");
	for (size_t i = 0; i < ARRAY_LEN(ssh); i++)
		if (str_eq(value, ssh[i]))
			return 0;
	f->host_only = true;
	return err_set(
		err, EINVAL, "ansible_connection=%s is not supported (ssh and local are)", value);
}

/*
 * Ansible knows it by two names; where both are set, wherever that is, the one with "ssh" counts.
 * `given`: what stands over both, or NULL.
 */
static int var_or(struct filling *f, size_t host, const char *given, const char *ssh_name,
	const char *name, const char **ret, struct err *err)
{
	int r;

	*ret = given;
	if (given)
		return 0;
	r = var(f, host, ssh_name, ret, err);
	return r < 0 || *ret ? r : var(f, host, name, ret, err);
}

/* As by -i of ssh(1): `path`, or NULL, is tried before those of the configuration, and once: sshd
 * counts what it is offered. */
static int set_keys(struct host_config *h, struct backing *b, const char *path, struct err *err)
{
	size_t from_ssh = b->ssh.identity_files_given ? b->ssh.n_identity_files : 0, n = 0;

	if (!path && from_ssh == 0)
		return 0;
	b->key_files = calloc(from_ssh + 2, sizeof(*b->key_files));
	b->key_file = path ? expand_home(path) : NULL;
	if (!b->key_files || (path && !b->key_file))
		return err_sys(err, ENOMEM, "hosts");
	if (path)
		b->key_files[n++] = b->key_file;
	for (size_t i = 0; i < from_ssh; i++)
		if (!path || !str_eq(b->ssh.identity_files[i], b->key_file))
			b->key_files[n++] = b->ssh.identity_files[i];
	h->key_files = b->key_files;
	return 0;
}

/*
 * What stands over it is already in `h`; what nobody says stays 0 or NULL: the fleet's default.
 * `before`: what stands before the files, or NULL.
 */
static int apply_ssh_config(struct filling *f, struct host_config *h, struct backing *b,
	const struct ssh_config *before, struct err *err)
{
	int r = ssh_config_resolve_behind(
		f->now, before, h->address, h->user, h->port, &b->ssh, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < b->ssh.n_undone; i++)
		fold_add(f->notes, h->name, b->ssh.undone[i]);
	h->address = b->ssh.hostname;
	h->port = b->ssh.port;
	h->user = b->ssh.user;
	h->host_key_alias = b->ssh.host_key_alias;
	h->ssh = &b->ssh;
	if (f->o->connect_timeout <= 0)
		h->connect_timeout_ms = (int64_t)b->ssh.connect_timeout * 1000;
	return 0;
}

/* ---- Jump hosts ---- */

static void free_backing(struct backing *b)
{
	ssh_settings_done(&b->ssh);
	free(b->key_file);
	free(b->key_files);
	free(b->unusable);
}

static void free_hop(void *p)
{
	struct hop *hop = p;

	if (!hop)
		return;
	free_backing(&hop->backing);
	free(hop->name);
	free(hop->user);
	free(hop);
}

static int bad_hop(struct span spec, struct err *err)
{
	return err_set(err, EINVAL, "`%.*s` is not a jump host: [USER@]HOST[:PORT] is", (int)spec.n,
		spec.p);
}

/* [ssh://][user@]host[:port]; an IPv6 address within brackets when there is a port. */
static int read_hop(struct span spec, struct hop *hop, struct err *err)
{
	struct span rest = spec, port = {0};
	const char *at, *colon;
	uint64_t number = 0;

	if (rest.n > 6 && memcmp(rest.p, "ssh://", 6) == 0)
		rest = (struct span){rest.p + 6, rest.n - 6};
	at = rest.n ? memrchr(rest.p, '@', rest.n) : NULL;
	if (at) {
		hop->user = span_dup((struct span){rest.p, (size_t)(at - rest.p)});
		rest = (struct span){at + 1, rest.n - (size_t)(at + 1 - rest.p)};
	}
	colon = rest.n ? memrchr(rest.p, ':', rest.n) : NULL;
	if (rest.n && rest.p[0] == '[') {
		const char *end = memchr(rest.p, ']', rest.n);

		if (!end || (end + 1 != rest.p + rest.n && end + 1 != colon))
			return bad_hop(spec, err);
		if (colon == end + 1)
			port = (struct span){colon + 1, rest.n - (size_t)(colon + 1 - rest.p)};
		rest = (struct span){rest.p + 1, (size_t)(end - rest.p - 1)};
	} else if (colon && memchr(rest.p, ':', rest.n) == colon) {
		port = (struct span){colon + 1, rest.n - (size_t)(colon + 1 - rest.p)};
		rest.n = (size_t)(colon - rest.p);
	}
	if (!rest.n || rest.p[0] == '-' || (at && hop->user && !*hop->user))
		return bad_hop(spec, err);
	if (port.p && (parse_span(port, 10, UINT16_MAX, &number) < 0 || number == 0))
		return bad_hop(spec, err);
	hop->port = (uint16_t)number;
	hop->name = span_dup(rest);
	return hop->name && (!at || hop->user) ? 0 : err_sys(err, ENOMEM, "hosts");
}

static int find_hop(struct filling *f, struct span chain, unsigned depth,
	const struct host_config *asker, const struct host_config **ret, struct err *err);

static bool same_place(const struct host_config *a, const struct host_config *b)
{
	return a->port == b->port && str_eq(a->address, b->address);
}

/*
 * The way to `h`: `before` (the rest of a list) or what the configuration says of it. A host that
 * is its own jump host (by "Host *") is reached directly.
 */
static int set_way(struct filling *f, struct host_config *h, const struct backing *b,
	struct span before, unsigned depth, struct err *err)
{
	int r = 0;

	if (before.n)
		r = find_hop(f, before, depth + 1, h, &h->jump, err);
	else if (b->ssh.proxy_jump)
		r = find_hop(f, span_str(b->ssh.proxy_jump), depth + 1, h, &h->jump, err);
	else
		h->proxy_command = b->ssh.proxy_command;
	if (r == 0 && h->jump && same_place(h, h->jump))
		h->jump = h->jump->jump;
	return r;
}

static int fill_hop(
	struct filling *f, struct hop *hop, struct span before, unsigned depth, struct err *err)
{
	struct host_config *h = &hop->host;
	int r;

	h->name = h->address = hop->name;
	h->user = hop->user;
	h->port = hop->port;
	r = apply_ssh_config(f, h, &hop->backing, NULL, err);
	if (r == 0)
		r = set_keys(h, &hop->backing, NULL, err);
	return r < 0 ? r : set_way(f, h, &hop->backing, before, depth, err);
}

static int new_hop(struct filling *f, const char *key, struct span last, struct span before,
	unsigned depth, struct hop **ret, struct err *err)
{
	struct hop *hop = calloc(1, sizeof(*hop));
	int r = hop ? read_hop(span_trim(last), hop, err) : err_sys(err, ENOMEM, "hosts");

	if (r == 0 && map_put(f->configs->hops, key, hop, NULL) < 0)
		r = err_set(err, ENOMEM, "more than %d jump hosts", HOP_CHAINS_MAX);
	if (r < 0) {
		free_hop(hop);
		return r;
	}
	hop->filling = true;
	r = fill_hop(f, hop, before, depth, err);
	hop->filling = false;
	*ret = hop;
	return r;
}

/* `chain`: "a,b", as for -J. *ret is that for b, behind a; NULL when that is `asker` itself. */
static int find_hop(struct filling *f, struct span chain, unsigned depth,
	const struct host_config *asker, const struct host_config **ret, struct err *err)
{
	char *key = str_printf("%p %.*s", (void *)f->now, (int)chain.n, chain.p);
	const char *comma = memrchr(chain.p, ',', chain.n);
	struct span before = {chain.p, comma ? (size_t)(comma - chain.p) : 0}, last = chain;
	struct hop *hop = key ? map_get(f->configs->hops, key) : NULL;
	int r = key ? 0 : err_sys(err, ENOMEM, "hosts");

	if (comma)
		last = (struct span){comma + 1, chain.n - before.n - 1};
	if (r == 0 && comma && span_trim(before).n == 0)
		r = bad_hop(before, err);
	if (r == 0 && (depth > HOPS_MAX || (hop && hop->filling && &hop->host != asker)))
		r = err_set(err, ELOOP, "jump hosts: %.*s is behind itself, or behind more than %d",
			(int)chain.n, chain.p, HOPS_MAX);
	if (r == 0 && !hop)
		r = new_hop(f, key, last, before, depth, &hop, err);
	if (r == 0)
		*ret = &hop->host != asker ? &hop->host : NULL;
	free(key);
	return r;
}

/* ---- One host ---- */

static int set_first_way(
	struct filling *f, struct host_config *h, const struct backing *b, struct err *err)
{
	int r;

	if (f->o->jump && str_eq(f->o->jump, "none"))
		return 0;
	if (f->o->jump)
		return set_way(f, h, b, span_str(f->o->jump), 0, err);
	r = set_way(f, h, b, (struct span){0}, 0, err);
	if (r < 0)
		err_prefix(err, "host %s", h->name);
	return r;
}

static void free_args(void *p)
{
	struct args *a = p;

	if (!a)
		return;
	ssh_args_free(a->read);
	ssh_config_free(a->files);
	free(a);
}

static int read_args(struct filling *f, const char *text, struct args **ret, struct err *err)
{
	struct args *a = calloc(1, sizeof(*a));
	int r = a ? ssh_args_read(text, "ansible_ssh_common_args", &a->read, err)
		  : err_sys(err, ENOMEM, "hosts");

	/* -F of the command line wins, as everything there does. */
	if (r == 0 && a->read->config_file && f->ssh && !f->o->ssh_config) {
		char *path = expand_home(a->read->config_file);

		a->files = path ? ssh_config_new(path, err) : NULL;
		r = a->files ? 0 : path ? -err->code : err_sys(err, ENOMEM, "hosts");
		free(path);
	}
	if (r == 0 && map_put(f->configs->args, text, a, NULL) < 0)
		r = err_set(err, ENOMEM, "more than %d different ansible_ssh_common_args",
			HOP_CHAINS_MAX);
	if (r < 0)
		free_args(a);
	else
		*ret = a;
	return r;
}

/* `err` says what is wrong with the first of these that the host has: adds whose it is, and where.
 */
static int wrong_var(
	const struct filling *f, size_t host, const char *const *names, size_t n, struct err *err)
{
	const char *value = NULL;
	struct err none;
	size_t i = 0;

	while (i + 1 < n && (inventory_var(f->inv, host, names[i], &value, &none) < 0 || !value))
		i++;
	err_prefix(err, "host %s", inventory_host_name(f->inv, host));
	return inventory_var_mistake(f->inv, host, names[i], err);
}

/* In the order in which Ansible gives them to ssh. *ret NULL: there are none. */
static int find_args(struct filling *f, size_t host, struct args **ret, struct err *err)
{
	static const char *const names[] = {
		"ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"};
	struct buf text;
	int r = 0;

	*ret = NULL;
	buf_init(&text, SSH_ARGS_SIZE_MAX);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++) {
		const char *value;

		r = var(f, host, names[i], &value, err);
		if (r == 0 && value && *value &&
			buf_printf(&text, "%s%s", text.len ? " " : "", value) < 0)
			r = err_set(err, E2BIG, "host %s: %s is too long",
				inventory_host_name(f->inv, host), names[i]);
	}
	if (r == 0 && text.len && !(*ret = map_get(f->configs->args, text.p))) {
		r = read_args(f, text.p, ret, err);
		if (r < 0)
			r = wrong_var(f, host, names, ARRAY_LEN(names), err);
	}
	buf_done(&text);
	return r;
}

static void note_left_out(struct filling *f, const char *host, const char *what)
{
	char text[ERR_TEXT_MAX];

	snprintf(text, sizeof(text), "arguments for ssh that mean nothing here are left out: %s",
		what);
	fold_add(f->notes, host, text);
}

static int fill_ssh(
	struct filling *f, struct host_config *h, struct backing *b, size_t host, struct err *err)
{
	struct args *args;
	int r = find_args(f, host, &args, err);

	if (r < 0)
		return r;
	if (args)
		h->ssh_words = (const char *const *)args->read->words;
	if (!f->ssh)
		return 0;
	if (args && args->read->left_out)
		note_left_out(f, h->name, args->read->left_out);
	f->now = args && args->files ? args->files : f->ssh;
	r = apply_ssh_config(f, h, b, args ? args->read->config : NULL, err);
	return r < 0 ? r : set_first_way(f, h, b, err);
}

static int set_port(struct filling *f, struct host_config *h, size_t host, struct err *err)
{
	static const char *const names[] = {"ansible_ssh_port", "ansible_port"};
	const char *value;
	uint64_t port = f->o->port;
	int r = 0;

	if (!port)
		r = var_or(f, host, NULL, names[0], names[1], &value, err);
	if (r < 0)
		return r;
	if (!port && value && parse_uint(value, 1, UINT16_MAX, &port) < 0) {
		err_set(err, EINVAL, "ansible_port=%s is not a port number", value);
		return wrong_var(f, host, names, ARRAY_LEN(names), err);
	}
	h->port = (uint16_t)port;
	return 0;
}

static int fill_by_ssh(
	struct filling *f, struct host_config *h, struct backing *b, size_t host, struct err *err)
{
	const char *key = NULL;
	int r = var_or(f, host, f->o->user, "ansible_ssh_user", "ansible_user", &h->user, err);

	if (r == 0)
		r = set_port(f, h, host, err);
	if (r == 0)
		r = var_or(f, host, f->o->private_key, "ansible_ssh_private_key_file",
			"ansible_private_key_file", &key, err);
	/* Set to nothing is not set. */
	if (r == 0 && h->user && !*h->user)
		h->user = NULL;
	if (r == 0 && key && !*key)
		key = NULL;
	if (r == 0)
		r = fill_ssh(f, h, b, host, err);
	return r < 0 ? r : set_keys(h, b, key, err);
}

static int fill_usable(struct filling *f, size_t i, size_t host, struct err *err)
{
	struct host_config *h = &f->configs->hosts[i];
	const char *connection, *address;
	int r = var(f, host, "ansible_connection", &connection, err);

	h->name = h->address = inventory_host_name(f->inv, host);
	if (r == 0)
		r = set_connection(f, h, connection, err);
	if (r < 0 || h->connection == CONNECTION_LOCAL)
		return r;
	r = var_or(f, host, NULL, "ansible_ssh_host", "ansible_host", &address, err);
	if (r == 0 && address && *address)
		h->address = address;
	return r < 0 ? r : fill_by_ssh(f, h, &f->configs->backing[i], host, err);
}

/* A host of which only Ansible can tell how to reach it fails by itself. */
static int fill(struct filling *f, size_t i, size_t host, struct err *err)
{
	struct host_config *h = &f->configs->hosts[i];
	struct backing *b = &f->configs->backing[i];
	int r;

	f->host_only = false;
	r = fill_usable(f, i, host, err);
	if (r == 0 || !f->host_only)
		return r;
	b->unusable = strdup(err->text);
	if (!b->unusable)
		return err_sys(err, ENOMEM, "hosts");
	*h = (struct host_config){.name = h->name,
		.address = h->name,
		.connection = CONNECTION_NONE,
		.unusable = b->unusable};
	err_clear(err);
	return 0;
}

static int fill_all(struct host_configs *c, const struct app_options *o,
	const struct inventory *inv, const size_t *selected, struct err *err)
{
	struct filling f = {.configs = c, .o = o, .inv = inv};
	int r = 0;

	if (!o->ssh_command) {
		f.ssh = ssh_config_new(o->ssh_config, err);
		if (!f.ssh)
			return -err->code;
	}
	f.notes = fold_new(log_note, FOLD_EXACT);
	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = fill(&f, i, selected[i], err);
	fold_say(f.notes);
	fold_free(f.notes);
	ssh_config_free(f.ssh);
	return r;
}

int host_configs_new(const struct app_options *o, const struct inventory *inv,
	const size_t *selected, size_t n, struct host_configs **ret, struct err *err)
{
	struct host_configs *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_sys(err, ENOMEM, "hosts");
	r = -ENOMEM;
	c->hosts = calloc(n + 1, sizeof(*c->hosts));
	c->backing = calloc(n + 1, sizeof(*c->backing));
	c->hops = map_new(HOP_CHAINS_MAX);
	c->args = map_new(HOP_CHAINS_MAX);
	c->n = n;
	if (c->hosts && c->backing && c->hops && c->args)
		r = fill_all(c, o, inv, selected, err);
	else
		err_sys(err, ENOMEM, "hosts");
	if (r < 0) {
		host_configs_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void host_configs_free(struct host_configs *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->backing && i < c->n; i++)
		free_backing(&c->backing[i]);
	map_free(c->hops, free_hop);
	map_free(c->args, free_args);
	free(c->backing);
	free(c->hosts);
	free(c);
}

struct host_config *host_configs_array(const struct host_configs *c)
{
	return c->hosts;
}
