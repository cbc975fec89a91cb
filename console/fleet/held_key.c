/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/held_key.h"

#include "common/map.h"
#include "common/str.h"
#include "common/version.h"
#include "console/fleet/auth.h"
#include "console/fleet/sshconfig.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if UINTPTR_MAX == UINT64_MAX
/* Whatever of it decides whom one talks to, or as whom, belongs into put_host. */
_Static_assert(sizeof(struct host_config) == 104, "held_key.c has to know of the new members");
_Static_assert(sizeof(struct ssh_settings) == 248, "held_key.c has to know of the new members");
#endif
_Static_assert(HELD_DIGEST == SHA256_DIGEST_LENGTH, "SHA-256 it is");

/* Bytes of what is digested for one host or one file. */
#define TEXT_MAX (1u << 20)

/* ---- Pieces, each with its length, so that no two lists of them look alike ---- */

static int put(struct buf *b, const void *p, size_t n)
{
	uint32_t size = (uint32_t)n;
	int r = buf_add(b, &size, sizeof(size));

	return r < 0 ? r : buf_add(b, p, n);
}

/* NULL and "" differ. */
static int put_text(struct buf *b, const char *s)
{
	return s ? put(b, s, strlen(s) + 1) : put(b, "", 0);
}

/* Made once: to look up an algorithm by its name costs more than to use it. */
struct digester {
	EVP_MD *sha256;
	EVP_MD_CTX *context;
};

static int digester_init(struct digester *d)
{
	d->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	d->context = EVP_MD_CTX_new();
	return d->sha256 && d->context ? 0 : -ENOMEM;
}

static void digester_done(struct digester *d)
{
	EVP_MD_CTX_free(d->context);
	EVP_MD_free(d->sha256);
}

static int digest(struct digester *d, const struct buf *b, unsigned char ret[HELD_DIGEST])
{
	return EVP_DigestInit_ex2(d->context, d->sha256, NULL) &&
			       EVP_DigestUpdate(d->context, buf_str(b), b->len) &&
			       EVP_DigestFinal_ex(d->context, ret, NULL)
		       ? 0
		       : -ENOMEM;
}

/* Which file it is, and which content of it; the name alone where there is none. */
static int put_file(struct buf *b, const char *path)
{
	uint64_t facts[5] = {0};
	struct stat st;
	int r = put_text(b, path);

	if (path && stat(path, &st) == 0) {
		facts[0] = st.st_dev;
		facts[1] = st.st_ino;
		facts[2] = (uint64_t)st.st_size;
		facts[3] = (uint64_t)st.st_mtim.tv_sec;
		facts[4] = (uint64_t)st.st_mtim.tv_nsec;
	}
	return r < 0 ? r : put(b, facts, sizeof(facts));
}

/* ---- Key files: looked at once each ---- */

struct file {
	unsigned char digest[HELD_DIGEST];
};

struct files {
	struct map *by_name;
	const char *home;
	struct digester digester;
};

static int look_at(struct files *files, const char *path, struct file *ret)
{
	char *certificate = str_printf("%s-cert.pub", path);
	struct buf b;
	int r;

	buf_init(&b, TEXT_MAX);
	r = certificate ? put_file(&b, path) : -ENOMEM;
	if (r == 0)
		r = put_file(&b, certificate);
	if (r == 0)
		r = digest(&files->digester, &b, ret->digest);
	buf_done(&b);
	free(certificate);
	return r;
}

static int put_key_file(struct files *files, struct buf *b, const char *name)
{
	struct file *f = map_get(files->by_name, name);
	char *path;
	int r;

	if (f)
		return put(b, f->digest, sizeof(f->digest));
	path = keys_path(files->home, name);
	f = malloc(sizeof(*f));
	r = path && f ? look_at(files, path, f) : -ENOMEM;
	free(path);
	if (r == 0)
		r = map_put(files->by_name, name, f, NULL);
	if (r < 0) {
		free(f);
		return r;
	}
	return put(b, f->digest, sizeof(f->digest));
}

static int put_key_files(struct files *files, struct buf *b, const struct host_config *h)
{
	const char *const *names = h->key_files ? h->key_files : keys_default_names;
	int r = put(b, h->key_files ? "named" : "", h->key_files ? 5 : 0);

	for (size_t i = 0; r == 0 && names[i]; i++)
		r = put_key_file(files, b, names[i]);
	/* Their end. */
	return r < 0 ? r : put(b, "", 0);
}

/* ---- Hosts ---- */

/*
 * Known hosts are looked at anew, whatever they are; names, jumps and key files stand in the host's
 * configuration itself.
 */
static int put_settings(struct files *files, struct buf *b, const struct ssh_settings *s)
{
	const char *const texts[] = {s->kex, s->ciphers, s->macs, s->host_key_algorithms,
		s->pubkey_algorithms, s->preferred_authentications, s->address_family,
		s->bind_address};
	const unsigned char flags[] = {s->identities_only, s->compression};
	int r = put(b, flags, sizeof(flags));

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(texts); i++)
		r = put_text(b, texts[i]);
	for (size_t i = 0; r == 0 && i < s->n_certificate_files; i++)
		r = put_key_file(files, b, s->certificate_files[i]);
	/* Of a socket: another agent at the same place is another one. */
	if (r == 0 && s->identity_agent)
		r = put_key_file(files, b, s->identity_agent);
	return r < 0 ? r : put(b, "", 0);
}

static int put_host(
	struct files *files, struct buf *b, const struct host_config *h, const char *user)
{
	uint16_t port = h->port ? h->port : 22;
	int r = put_text(b, h->address);

	if (r == 0)
		r = put(b, &port, sizeof(port));
	if (r == 0)
		r = put_text(b, h->user ? h->user : user);
	if (r == 0)
		r = put_text(b, h->host_key_alias);
	if (r == 0)
		r = put_key_files(files, b, h);
	return r == 0 && h->ssh ? put_settings(files, b, h->ssh) : r;
}

bool held_possible(const struct host_config *host)
{
	bool possible = host->connection == CONNECTION_SSH;

	for (const struct host_config *h = host; h && possible; h = h->jump)
		possible = !h->proxy_command;
	return possible;
}

/* In another network an address is another host. */
static int put_network(struct buf *b)
{
	struct stat st = {0};
	uint64_t facts[2];

	(void)stat("/proc/self/ns/net", &st);
	facts[0] = st.st_dev;
	facts[1] = st.st_ino;
	return put(b, facts, sizeof(facts));
}

struct held_key *held_keys_new(
	const struct host_config *hosts, size_t n_hosts, const char *user, const char *home)
{
	struct held_key *keys = calloc(n_hosts, sizeof(*keys));
	struct files files = {.by_name = map_new(KEYS_FILES_MAX), .home = home};
	struct buf b;
	size_t common;
	int r;

	buf_init(&b, TEXT_MAX);
	r = digester_init(&files.digester);
	if (r == 0)
		r = keys && files.by_name ? put_network(&b) : -ENOMEM;
	common = b.len;
	for (size_t i = 0; r == 0 && i < n_hosts; i++) {
		buf_cut(&b, common);
		for (const struct host_config *h = &hosts[i]; h && r == 0; h = h->jump)
			r = put_host(&files, &b, h, user);
		if (r == 0)
			r = digest(&files.digester, &b, keys[i].digest);
	}
	buf_done(&b);
	digester_done(&files.digester);
	map_free(files.by_name, free);
	if (r < 0) {
		free(keys);
		keys = NULL;
	}
	return keys;
}

/* ---- This program ---- */

int held_hi_new(const char *agent, struct held_hi *ret)
{
	struct held_hi hi = {
		.protocol = HELD_PROTOCOL, .pid = (uint32_t)getpid(), .version = TOCSIN_VERSION};
	struct stat st;
	struct buf b;
	int r;

	if (stat("/proc/self/exe", &st) < 0)
		return -errno;
	hi.program[0] = st.st_dev;
	hi.program[1] = st.st_ino;
	hi.program[2] = (uint64_t)st.st_size;
	hi.program[3] = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	buf_init(&b, TEXT_MAX);
	r = put_file(&b, agent && agent[0] ? agent : NULL);
	if (r == 0)
		SHA256((const unsigned char *)buf_str(&b), b.len, hi.agent);
	buf_done(&b);
	if (r == 0)
		*ret = hi;
	return r;
}

bool held_hi_same(const struct held_hi *a, const struct held_hi *b)
{
	return a->protocol == b->protocol &&
	       memcmp(a->version, b->version, sizeof(a->version)) == 0 &&
	       memcmp(a->program, b->program, sizeof(a->program)) == 0;
}
