/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/auth.h"

#include "common/base64.h"
#include "common/map.h"
#include "common/str.h"
#include "console/fleet/sshconfig.h"
#include "console/fleet/rsakey.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const keys_default_names[] = {
	"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa", NULL};
#define N_DEFAULTS (ARRAY_LEN(keys_default_names) - 1)

enum key_state {
	KEY_USABLE,
	KEY_MISSING,
	KEY_PROTECTED, /* by a passphrase that is not known yet */
	KEY_USELESS,   /* `why` */
};

struct key_file {
	char *path, *shown;
	enum key_state state;
	bool tried; /* to unlock it, when it is protected */
	const char *why;
	struct identity ids[2]; /* the certificate before the key itself */
	size_t n;
	/* Of any key whose public half is known, in base64; its certificate's, too, or NULL. */
	ssh_key half;
	char *blob, *certificate;
};

struct keys {
	struct map *files; /* path -> struct key_file */
	struct key_file *defaults[N_DEFAULTS];
	const char *home;
	_Atomic(const struct identity *) best;
};

/* ---- Loading one ---- */

static void free_file(void *p)
{
	struct key_file *f = p;

	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++) {
		ssh_key_free(f->ids[i].private);
		ssh_key_free(f->ids[i].public);
	}
	ssh_key_free(f->half);
	ssh_string_free_char(f->blob);
	ssh_string_free_char(f->certificate);
	free(f->path);
	free(f->shown);
	free(f);
}

static int useless(struct key_file *f, const char *why)
{
	f->state = KEY_USELESS;
	f->why = why;
	return 0;
}

static void add_identity(struct key_file *f, ssh_key private, ssh_key public)
{
	f->ids[f->n++] = (struct identity){private, public};
	f->state = KEY_USABLE;
}

/* A certificate that cannot be used is left alone, as ssh does: the key itself may do. */
static void load_certificate(struct key_file *f, ssh_key key)
{
	char *path = str_printf("%s-cert.pub", f->path);
	ssh_key certificate = NULL, private = NULL;

	if (!path || access(path, R_OK) < 0 ||
		ssh_pki_import_cert_file(path, &certificate) != SSH_OK)
		goto out;
	private = ssh_key_dup(key);
	if (!private || ssh_pki_copy_cert_to_privkey(certificate, private) != SSH_OK)
		goto out;
	add_identity(f, private, certificate);
	private = certificate = NULL;
out:
	ssh_key_free(private);
	ssh_key_free(certificate);
	free(path);
}

/* The same key in a form that signs faster, where there is one. */
static ssh_key quick_form(const struct key_file *f, ssh_key key)
{
	ssh_key quick = ssh_key_type(key) == SSH_KEYTYPE_RSA ? rsakey_load(f->path) : NULL;

	if (!quick)
		return key;
	if (ssh_key_cmp(key, quick, SSH_KEY_CMP_PUBLIC) != 0) {
		ssh_key_free(quick);
		return key;
	}
	ssh_key_free(key);
	return quick;
}

static int use_key(struct key_file *f, ssh_key key)
{
	ssh_key public = NULL;

	key = quick_form(f, key);
	if (ssh_pki_export_privkey_to_pubkey(key, &public) != SSH_OK) {
		ssh_key_free(key);
		return useless(f, "not a key that libssh can use");
	}
	load_certificate(f, key);
	add_identity(f, key, public);
	return 0;
}

struct passphrase {
	const struct fleet_options *options; /* NULL: only find out whether one is needed */
	const char *shown;
	bool asked, refused;
};

/* libssh's callback: a passphrase is needed. */
static int give_passphrase(
	const char *prompt, char *buf, size_t size, int echo, int verify, void *arg)
{
	struct passphrase *p = arg;

	(void)prompt;
	(void)echo;
	(void)verify;
	p->asked = true;
	if (!p->options)
		return -1;
	if (size > KEYS_PASSPHRASE_MAX)
		size = KEYS_PASSPHRASE_MAX;
	if (p->options->passphrase(p->shown, buf, size, p->options->passphrase_arg) < 0)
		p->refused = true;
	return p->refused ? -1 : 0;
}

static bool too_open(const struct stat *st)
{
	return st->st_uid == geteuid() && st->st_mode & (S_IRWXG | S_IRWXO);
}

static int load_private(struct key_file *f)
{
	struct passphrase p = {0};
	ssh_key key = NULL;
	struct stat st;

	if (stat(f->path, &st) < 0 && errno == ENOENT) {
		f->state = KEY_MISSING;
		f->why = "no such file";
		return 0;
	}
	if (access(f->path, R_OK) < 0)
		return useless(f, "cannot be read");
	if (!S_ISREG(st.st_mode))
		return useless(f, "not a file");
	if (str_ends(f->path, ".pub") && f->half)
		return useless(f, "a public key, for the agent");
	if (too_open(&st))
		return useless(f, "refused: others may read it, chmod 600 it");
	if (ssh_pki_import_privkey_file(f->path, NULL, give_passphrase, &p, &key) == SSH_OK)
		return use_key(f, key);
	if (!p.asked)
		return useless(f, "not a private key that libssh can use");
	f->state = KEY_PROTECTED;
	f->why = "protected by a passphrase";
	return 0;
}

/* Only files are opened: others may wait for somebody. */
static bool import_public(const char *path, ssh_key *ret)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0 &&
	       ssh_pki_import_pubkey_file(path, ret) == SSH_OK;
}

/* Of the agent's keys it tells which is this one. */
static void load_public(struct key_file *f)
{
	char *beside = str_printf("%s.pub", f->path);
	char *certificate = str_printf("%s-cert.pub", f->path);
	ssh_key key = NULL;

	/* Private files of OpenSSH's own form hold it in clear. */
	if (!beside || !certificate ||
		(!import_public(beside, &f->half) && !import_public(f->path, &f->half)) ||
		ssh_pki_export_pubkey_base64(f->half, &f->blob) != SSH_OK)
		goto out;
	if (access(certificate, R_OK) == 0 && ssh_pki_import_cert_file(certificate, &key) == SSH_OK)
		(void)ssh_pki_export_pubkey_base64(key, &f->certificate);
out:
	ssh_key_free(key);
	free(beside);
	free(certificate);
}

static int load_file(struct key_file *f)
{
	load_public(f);
	return load_private(f);
}

static void unlock(struct key_file *f, const struct fleet_options *options)
{
	struct passphrase p = {.options = options, .shown = f->shown};
	ssh_key key = NULL;

	for (int i = 0; i < KEYS_PASSPHRASE_TRIES && !p.refused; i++) {
		if (ssh_pki_import_privkey_file(f->path, NULL, give_passphrase, &p, &key) ==
			SSH_OK) {
			use_key(f, key);
			return;
		}
	}
	useless(f, p.refused ? "no passphrase was given" : "wrong passphrase");
}

/* A protected key whose plain form the agent holds needs no passphrase: the agent will use it. */
static bool held_by_agent(const struct key_file *f, struct agent *agent)
{
	return f->blob && agent_has_key(agent, f->blob);
}

/* ---- All of them ---- */

char *keys_path(const char *home, const char *name)
{
	return str_starts(name, "~/") ? str_printf("%s%s", home, name + 1) : strdup(name);
}

static char *shown_path(const struct keys *keys, const char *path)
{
	size_t n = strlen(keys->home);

	if (n > 1 && str_starts(path, keys->home) && path[n] == '/')
		return str_printf("~%s", path + n);
	return strdup(path);
}

/* The file of that name, loaded when it is new. NULL when out of memory or too many. */
static struct key_file *get_file(struct keys *keys, const char *name)
{
	char *path = keys_path(keys->home, name);
	struct key_file *f = path ? map_get(keys->files, path) : NULL;

	if (f || !path) {
		free(path);
		return f;
	}
	f = calloc(1, sizeof(*f));
	if (!f) {
		free(path);
		return NULL;
	}
	f->path = path;
	f->shown = shown_path(keys, path);
	if (!f->shown || load_file(f) < 0 || map_put(keys->files, path, f, NULL) < 0) {
		free_file(f);
		return NULL;
	}
	return f;
}

/* Once per key. */
static void unlock_named(
	struct key_file *f, const struct fleet_options *options, struct agent *agent)
{
	if (f->state != KEY_PROTECTED || f->tried)
		return;
	f->tried = true;
	f->why = "protected by a passphrase and there is no terminal";
	if (held_by_agent(f, agent))
		useless(f, "held by the agent");
	else if (options->passphrase)
		unlock(f, options);
}

static int add_named(struct keys *keys, const char *name, const struct fleet_options *options,
	bool needed, struct agent *agent, struct err *err)
{
	struct key_file *f = get_file(keys, name);

	if (!f)
		return err_set(err, ENOMEM, "cannot load key %s: out of memory, or over %d keys",
			name, KEYS_FILES_MAX);
	if (needed)
		unlock_named(f, options, agent);
	return 0;
}

static bool any_default_usable(const struct keys *keys)
{
	for (size_t i = 0; i < N_DEFAULTS; i++)
		if (keys->defaults[i]->state == KEY_USABLE)
			return true;
	return false;
}

/* Nobody is asked for the passphrase of a default key while something else could do. */
static void unlock_default(struct keys *keys, struct key_file *f,
	const struct fleet_options *options, struct agent *agent)
{
	if (f->state != KEY_PROTECTED)
		return;
	f->why = "protected by a passphrase and there is no terminal";
	if (held_by_agent(f, agent))
		useless(f, "held by the agent");
	else if (any_default_usable(keys) || agent_has_keys(agent))
		useless(f, "protected by a passphrase, and not in the agent");
	else if (options->passphrase)
		unlock(f, options);
}

static int add_defaults(struct keys *keys, const struct fleet_options *options, bool needed,
	struct agent *agent, struct err *err)
{
	for (size_t i = 0; i < N_DEFAULTS; i++) {
		keys->defaults[i] = get_file(keys, keys_default_names[i]);
		if (!keys->defaults[i])
			return err_set(err, ENOMEM, "out of memory");
	}
	for (size_t i = 0; needed && i < N_DEFAULTS; i++)
		unlock_default(keys, keys->defaults[i], options, agent);
	return 0;
}

static int add_of_host(struct keys *keys, const struct fleet_options *options,
	const struct host_config *host, bool needed, struct agent *agent, struct err *err)
{
	const char *const *names = host->key_files;
	int r = 0;

	for (size_t k = 0; names && names[k] && r == 0; k++)
		r = add_named(keys, names[k], options, needed, agent, err);
	return r;
}

/* Of the hosts and of the jump hosts before them. */
static int add_of_hosts(struct keys *keys, const struct fleet_options *options,
	const struct host_config *hosts, size_t n_hosts, const bool *connected, struct agent *agent,
	struct err *err)
{
	bool defaults = false, defaults_needed = false;
	int r = 0;

	for (size_t i = 0; i < n_hosts && r == 0; i++) {
		bool needed = !connected || !connected[i];

		if (hosts[i].connection != CONNECTION_SSH)
			continue;
		for (const struct host_config *h = &hosts[i]; h && r == 0; h = h->jump) {
			defaults |= !h->key_files;
			defaults_needed |= !h->key_files && needed;
			r = add_of_host(keys, options, h, needed, agent, err);
		}
	}
	return r == 0 && defaults ? add_defaults(keys, options, defaults_needed, agent, err) : r;
}

/* ---- CertificateFile ---- */

static char *pair_name(const char *certificate, const char *path)
{
	return str_printf("%s\n%s", certificate, path);
}

/* What stands behind the first `skip` strings of a public key; of heap bytes *ret_bytes. */
static struct span key_fields(ssh_key key, unsigned skip, char **ret_bytes)
{
	char *text = NULL;
	struct span rest = {0};
	ssize_t n;

	*ret_bytes = NULL;
	if (ssh_pki_export_pubkey_base64(key, &text) != SSH_OK)
		return rest;
	*ret_bytes = malloc(strlen(text) + 1);
	n = *ret_bytes ? base64_decode(*ret_bytes, text, strlen(text)) : -1;
	ssh_string_free_char(text);
	if (n < 0)
		return rest;
	rest = (struct span){*ret_bytes, (size_t)n};
	for (; skip; skip--) {
		uint32_t size;

		if (rest.n < sizeof(size))
			return (struct span){0};
		memcpy(&size, rest.p, sizeof(size));
		size = ntohl(size);
		if (rest.n - sizeof(size) < size)
			return (struct span){0};
		rest.p += sizeof(size) + size;
		rest.n -= sizeof(size) + size;
	}
	return rest;
}

/* A certificate has, behind its type and a nonce, what the key has behind its type. */
static bool made_for(ssh_key certificate, ssh_key key)
{
	char *a, *b;
	struct span in_cert = key_fields(certificate, 2, &a), in_key = key_fields(key, 1, &b);
	bool yes = in_key.n && in_cert.n > in_key.n && memcmp(in_cert.p, in_key.p, in_key.n) == 0;

	free(a);
	free(b);
	return yes;
}

/* A certificate with the key it was made for; kept as a file of one identity at most. */
static int add_pair(
	struct keys *keys, const char *certificate, const struct key_file *f, struct err *err)
{
	char *name = pair_name(certificate, f->path);
	struct key_file *pair = NULL;
	ssh_key cert = NULL, private = NULL;
	int r = 0;

	if (!name || map_get(keys->files, name) || (f->state != KEY_USABLE && !f->half))
		goto out;
	pair = calloc(1, sizeof(*pair));
	if (!pair || map_put(keys->files, name, pair, NULL) < 0) {
		free(pair);
		r = err_set(err, ENOMEM, "out of memory, or over %d keys", KEYS_FILES_MAX);
		goto out;
	}
	if (ssh_pki_import_cert_file(certificate, &cert) != SSH_OK ||
		!made_for(cert, f->n ? f->ids[f->n - 1].public : f->half))
		goto out;
	(void)ssh_pki_export_pubkey_base64(cert, &pair->certificate);
	private = f->n ? ssh_key_dup(f->ids[f->n - 1].private) : NULL;
	if (private && ssh_pki_copy_cert_to_privkey(cert, private) == SSH_OK) {
		add_identity(pair, private, cert);
		private = cert = NULL;
	}
out:
	ssh_key_free(private);
	ssh_key_free(cert);
	free(name);
	return r;
}

static const struct key_file *file_of(
	const struct keys *keys, const struct host_config *host, size_t i);

static int add_certificates(
	struct keys *keys, const struct host_config *hosts, size_t n_hosts, struct err *err)
{
	const struct key_file *f;
	int r = 0;

	for (size_t i = 0; i < n_hosts; i++)
		for (const struct host_config *h = &hosts[i]; h; h = h->jump)
			for (size_t c = 0; h->ssh && c < h->ssh->n_certificate_files; c++)
				for (size_t k = 0; r == 0 && (f = file_of(keys, h, k)); k++)
					r = add_pair(keys, h->ssh->certificate_files[c], f, err);
	return r;
}

static size_t offer_certificates(struct keys *keys, const struct host_config *h,
	const struct identity *ret[KEYS_PER_HOST_MAX])
{
	const struct key_file *f, *pair;
	size_t n = 0;

	for (size_t c = 0; h->ssh && c < h->ssh->n_certificate_files; c++)
		for (size_t k = 0; (f = file_of(keys, h, k)); k++) {
			char *name = pair_name(h->ssh->certificate_files[c], f->path);

			pair = name ? map_get(keys->files, name) : NULL;
			free(name);
			if (pair && pair->n && n < KEYS_PER_HOST_MAX)
				ret[n++] = &pair->ids[0];
		}
	return n;
}

struct keys *keys_new(const struct fleet_options *options, const struct host_config *hosts,
	size_t n_hosts, const bool *connected, const char *home, struct agent *agent,
	struct err *err)
{
	struct keys *keys = calloc(1, sizeof(*keys));

	if (keys)
		keys->files = map_new(KEYS_FILES_MAX);
	if (!keys || !keys->files) {
		err_set(err, ENOMEM, "out of memory");
		keys_free(keys);
		return NULL;
	}
	keys->home = home;
	if (add_of_hosts(keys, options, hosts, n_hosts, connected, agent, err) == 0 &&
		add_certificates(keys, hosts, n_hosts, err) == 0)
		return keys;
	keys_free(keys);
	return NULL;
}

void keys_free(struct keys *keys)
{
	if (!keys)
		return;
	map_free(keys->files, free_file);
	free(keys);
}

/* ---- For one host ---- */

/* The i-th key file of a host, NULL after the last. */
static const struct key_file *file_of(
	const struct keys *keys, const struct host_config *host, size_t i)
{
	const struct key_file *f;
	char *path;

	if (!host->key_files)
		return i < N_DEFAULTS ? keys->defaults[i] : NULL;
	if (!host->key_files[i])
		return NULL;
	path = keys_path(keys->home, host->key_files[i]);
	f = path ? map_get(keys->files, path) : NULL;
	free(path);
	return f;
}

size_t keys_for(struct keys *keys, const struct host_config *host,
	const struct identity *ret[KEYS_PER_HOST_MAX])
{
	const struct identity *best = atomic_load(&keys->best);
	const struct key_file *f;
	size_t n = offer_certificates(keys, host, ret);

	for (size_t i = 0; (f = file_of(keys, host, i)); i++)
		for (size_t k = 0; k < f->n && n < KEYS_PER_HOST_MAX; k++) {
			ret[n++] = &f->ids[k];
			if (&f->ids[k] != best)
				continue;
			memmove(ret + 1, ret, (n - 1) * sizeof(struct identity *));
			ret[0] = best;
		}
	return n;
}

void keys_accepted(struct keys *keys, const struct identity *id)
{
	if (atomic_load_explicit(&keys->best, memory_order_relaxed) != id)
		atomic_store(&keys->best, id);
}

bool keys_is_best(const struct keys *keys, const struct identity *id)
{
	return atomic_load(&keys->best) == id;
}

/* Those of the host's CertificateFile that are made for a key. */
static int wish_certificates(const struct keys *keys, const struct host_config *h,
	const struct key_file *f, struct agent_choice *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && h->ssh && i < h->ssh->n_certificate_files; i++) {
		char *name = pair_name(h->ssh->certificate_files[i], f->path);
		const struct key_file *pair = name ? map_get(keys->files, name) : NULL;

		if (pair && pair->certificate && f->n)
			r = agent_choice_tried(c, pair->certificate);
		else if (pair && pair->certificate)
			r = agent_choice_wish(c, pair->certificate, f->blob);
		free(name);
	}
	if (r == 0 && f->certificate && f->n)
		r = agent_choice_tried(c, f->certificate);
	else if (r == 0 && f->certificate)
		r = agent_choice_wish(c, f->certificate, f->blob);
	return r;
}

int keys_choose(const struct keys *keys, const struct host_config *host, struct agent_choice *ret)
{
	const struct key_file *f;
	int r = 0;

	*ret = (struct agent_choice){
		.only = host->ssh && host->ssh->identities_only, .named = host->key_files};
	for (size_t i = 0; r == 0 && (f = file_of(keys, host, i)); i++)
		if (f->blob)
			r = wish_certificates(keys, host, f, ret);
	for (size_t i = 0; r == 0 && (f = file_of(keys, host, i)); i++)
		if (f->blob)
			r = f->n ? agent_choice_tried(ret, f->blob)
				 : agent_choice_wish(ret, f->blob, NULL);
	if (r < 0)
		agent_choice_done(ret);
	return r;
}

int keys_describe(const struct keys *keys, const struct host_config *host, struct buf *out)
{
	const struct key_file *f;
	int r = 0;

	for (size_t i = 0; r == 0 && (f = file_of(keys, host, i)); i++) {
		if (f->state == KEY_MISSING && !host->key_files)
			continue;
		r = buf_printf(out, "%skey %s", out->len ? ", " : "", f->shown);
		if (r == 0 && f->state != KEY_USABLE)
			r = buf_printf(out, " (%s)", f->why);
		else if (r == 0 && f->n > 1)
			r = buf_puts(out, " and its certificate");
	}
	return r;
}
