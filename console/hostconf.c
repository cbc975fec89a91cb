/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/hostconf.h"
#include "common/log.h"
#include "common/str.h"
#include "console/fleet/sshconfig.h"
#include "console/fold.h"

#include <stdlib.h>

/* Ansible knows each of these by an older name too. */
static const char *var(
	const struct inventory *inv, size_t host, const char *name, const char *old_name)
{
	const char *value = inventory_var(inv, host, name);

	return value ? value : inventory_var(inv, host, old_name);
}

/* What ansible-vault keeps is not known: said where it would be needed. */
static int check_vaulted(const struct app_options *o, const struct inventory *inv,
	const size_t *selected, size_t n, struct err *err)
{
	static const char *const always[] = {
		"ansible_host", "ansible_ssh_host", "ansible_connection", NULL};
	static const char *const user[] = {"ansible_user", "ansible_ssh_user", NULL};
	static const char *const port[] = {"ansible_port", "ansible_ssh_port", NULL};
	static const char *const key[] = {
		"ansible_ssh_private_key_file", "ansible_private_key_file", NULL};

	for (size_t i = 0; i < n; i++) {
		const char *name = inventory_vaulted_var(inv, selected[i], always);

		if (!name && !o->user)
			name = inventory_vaulted_var(inv, selected[i], user);
		if (!name && !o->port)
			name = inventory_vaulted_var(inv, selected[i], port);
		if (!name && !o->private_key)
			name = inventory_vaulted_var(inv, selected[i], key);
		if (name)
			return err_set(err, EINVAL,
				"host %s: %s is encrypted by ansible-vault, which cannot be read",
				inventory_host_name(inv, selected[i]), name);
	}
	return 0;
}

static int set_connection(struct host_config *h, const char *value, struct err *err)
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
	return err_set(err, EINVAL,
		"host %s: ansible_connection=%s is not supported (ssh and local are); "
		"leave it out with -t 'all:!%s'",
		h->name, value, h->name);
}

static int var_port(const struct app_options *o, const struct host_config *h, const char *value,
	uint64_t *ret, struct err *err)
{
	*ret = o->port;
	if (o->port == 0 && value && parse_uint(value, 1, UINT16_MAX, ret) < 0)
		return err_set(err, EINVAL, "host %s: ansible_port=%s is not a port number",
			h->name, value);
	return 0;
}

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
};

struct host_configs {
	struct host_config *hosts;
	struct backing *backing;
	size_t n;
};

static int set_keys(struct host_config *h, struct backing *b, const char *path, struct err *err)
{
	size_t from_ssh = !path && b->ssh.identity_files_given ? b->ssh.n_identity_files : 0;
	size_t n = path ? 1 : from_ssh;

	if (n == 0)
		return 0;
	b->key_files = calloc(n + 1, sizeof(*b->key_files));
	b->key_file = path ? expand_home(path) : NULL;
	if (!b->key_files || (path && !b->key_file))
		return err_sys(err, ENOMEM, "hosts");
	if (path)
		b->key_files[0] = b->key_file;
	for (size_t i = 0; i < from_ssh; i++)
		b->key_files[i] = b->ssh.identity_files[i];
	h->key_files = b->key_files;
	return 0;
}

/* What stands over it is already in `h`; what nobody says stays 0 or NULL: the fleet's default. */
static int apply_ssh_config(
	struct host_config *h, struct backing *b, struct ssh_config *ssh, struct err *err)
{
	int r = ssh_config_resolve(ssh, h->address, h->user, h->port, &b->ssh, err);

	if (r < 0)
		return r;
	h->address = b->ssh.hostname;
	h->port = b->ssh.port;
	h->user = b->ssh.user;
	h->host_key_alias = b->ssh.host_key_alias;
	return 0;
}

/* `ssh` NULL: not to be looked at. */
static int fill(struct host_configs *c, size_t i, const struct app_options *o,
	const struct inventory *inv, size_t host, struct ssh_config *ssh, struct err *err)
{
	const char *address = var(inv, host, "ansible_host", "ansible_ssh_host");
	const char *user = var(inv, host, "ansible_user", "ansible_ssh_user");
	const char *key =
		var(inv, host, "ansible_ssh_private_key_file", "ansible_private_key_file");
	struct host_config *h = &c->hosts[i];
	uint64_t port = 0;
	int r;

	h->name = inventory_host_name(inv, host);
	h->address = address && *address ? address : h->name;
	h->user = o->user ? o->user : user;
	r = set_connection(h, inventory_var(inv, host, "ansible_connection"), err);
	if (r == 0)
		r = var_port(o, h, var(inv, host, "ansible_port", "ansible_ssh_port"), &port, err);
	if (r < 0)
		return r;
	h->port = (uint16_t)port;
	if (ssh && h->connection == CONNECTION_SSH)
		r = apply_ssh_config(h, &c->backing[i], ssh, err);
	return r < 0 ? r : set_keys(h, &c->backing[i], o->private_key ? o->private_key : key, err);
}

/* Better said before than found out by a time-out. */
static void note_proxies(const struct host_configs *c)
{
	struct fold *notes = fold_new(log_note, FOLD_EXACT);

	for (size_t i = 0; notes && i < c->n; i++)
		if (c->backing[i].ssh.proxy_jump || c->backing[i].ssh.proxy_command)
			fold_add(notes, c->hosts[i].name,
				"the ssh configuration names a jump host or proxy, which is used "
				"with --ssh-command ssh only");
	fold_say(notes);
	fold_free(notes);
}

static int fill_all(struct host_configs *c, const struct app_options *o,
	const struct inventory *inv, const size_t *selected, struct err *err)
{
	struct ssh_config *ssh = NULL;
	int r = 0;

	if (!o->ssh_command) {
		ssh = ssh_config_new(o->ssh_config, err);
		if (!ssh)
			return -err->code;
		if (ssh_config_notice(ssh))
			log_note("%s", ssh_config_notice(ssh));
	}
	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = fill(c, i, o, inv, selected[i], ssh, err);
	ssh_config_free(ssh);
	return r;
}

int host_configs_new(const struct app_options *o, const struct inventory *inv,
	const size_t *selected, size_t n, struct host_configs **ret, struct err *err)
{
	struct host_configs *c;
	int r = check_vaulted(o, inv, selected, n, err);

	if (r < 0)
		return r;
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_sys(err, ENOMEM, "hosts");
	r = -ENOMEM;
	c->hosts = calloc(n + 1, sizeof(*c->hosts));
	c->backing = calloc(n + 1, sizeof(*c->backing));
	c->n = n;
	if (c->hosts && c->backing)
		r = fill_all(c, o, inv, selected, err);
	else
		err_sys(err, ENOMEM, "hosts");
	if (r < 0) {
		host_configs_free(c);
		return r;
	}
	note_proxies(c);
	*ret = c;
	return 0;
}

void host_configs_free(struct host_configs *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->backing && i < c->n; i++) {
		ssh_settings_done(&c->backing[i].ssh);
		free(c->backing[i].key_file);
		free(c->backing[i].key_files);
	}
	free(c->backing);
	free(c->hosts);
	free(c);
}

struct host_config *host_configs_array(const struct host_configs *c)
{
	return c->hosts;
}
