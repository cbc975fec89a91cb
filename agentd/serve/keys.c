/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/serve/keys.h"

#include "common/buf.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of a key in base64: RSA of 16384 bits takes 2800. */
#define KEY_BASE64_MAX 16384
#define KEY_TYPE_MAX   64

char *key_fingerprint(ssh_key key)
{
	unsigned char *hash = NULL;
	char *text;
	size_t n;

	if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &n) != SSH_OK)
		return NULL;
	text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, n);
	ssh_clean_pubkey_hash(&hash);
	return text;
}

/* ---- The host key ---- */

static int write_key(ssh_key key, const char *path, struct err *err)
{
	char new[PATH_MAX], pub[PATH_MAX];
	mode_t old;
	int r = 0;

	if ((size_t)snprintf(new, sizeof(new), "%s.%d", path, (int)getpid()) >= sizeof(new) ||
		(size_t)snprintf(pub, sizeof(pub), "%s.pub", path) >= sizeof(pub))
		return err_sys(err, ENAMETOOLONG, "host key %s", path);
	old = umask(077);
	if (ssh_pki_export_privkey_file(key, NULL, NULL, NULL, new) != SSH_OK)
		r = err_sys(err, errno ? errno : EIO, "cannot write the host key %s", new);
	else if (link(new, path) < 0) /* never over a key that appeared meanwhile */
		r = err_sys(err, errno, "cannot write the host key %s", path);
	unlink(new);
	umask(old);
	if (!r && ssh_pki_export_pubkey_file(key, pub) != SSH_OK)
		r = err_sys(err, errno ? errno : EIO, "cannot write %s", pub);
	return r;
}

static int generate_key(const char *path, struct err *err)
{
	ssh_key key = NULL;
	int r;

	if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK)
		return err_set(err, EIO, "cannot generate a host key");
	r = write_key(key, path, err);
	ssh_key_free(key);
	return r;
}

static int check_private(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, errno, "host key %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "host key %s is no regular file", path);
	if (st.st_mode & 077)
		return err_set(err, EPERM, "host key %s is open to others (mode %03o)", path,
			st.st_mode & 0777u);
	return 0;
}

int host_key_load(const char *path, bool generate, ssh_key *ret, struct err *err)
{
	ssh_key key = NULL;
	int r = 0;

	if (generate && access(path, F_OK) < 0 && errno == ENOENT)
		r = generate_key(path, err);
	if (!r)
		r = check_private(path, err);
	if (r)
		return r;
	if (ssh_pki_import_privkey_file(path, "", NULL, NULL, &key) != SSH_OK)
		return err_set(err, EINVAL,
			"host key %s cannot be read: not a private key, or it has a passphrase",
			path);
	*ret = key;
	return 0;
}

/* ---- Keys that may log in ---- */

/* Takes the next word off `*rest`; blanks within double quotes do not end it. */
static struct span next_word(struct span *rest)
{
	struct span word;
	bool quoted = false;
	size_t n = 0;

	*rest = span_trim(*rest);
	for (; n < rest->n; n++) {
		char c = rest->p[n];

		if (c == '\\' && quoted && n + 1 < rest->n)
			n++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == ' ' || c == '\t'))
			break;
	}
	word = (struct span){rest->p, n};
	rest->p += n;
	rest->n -= n;
	return word;
}

static enum ssh_keytypes_e type_of(struct span word)
{
	char name[KEY_TYPE_MAX];

	if (word.n >= sizeof(name))
		return SSH_KEYTYPE_UNKNOWN;
	memcpy(name, word.p, word.n);
	name[word.n] = '\0';
	return ssh_key_type_from_name(name);
}

/* Options that take nothing away which a subsystem on its own would need. */
static bool options_harmless(struct span options)
{
	struct span one;

	while (span_split(&options, ',', &one))
		if (!span_eq(one, "restrict") && !(one.n > 3 && memcmp(one.p, "no-", 3) == 0))
			return false;
	return true;
}

static bool same_key(enum ssh_keytypes_e type, struct span base64, ssh_key key)
{
	ssh_key listed = NULL;
	char *text;
	bool same;

	if (base64.n == 0 || base64.n > KEY_BASE64_MAX)
		return false;
	text = span_dup(base64);
	same = text && ssh_pki_import_pubkey_base64(text, type, &listed) == SSH_OK &&
	       ssh_key_cmp(listed, key, SSH_KEY_CMP_PUBLIC) == 0;
	free(text);
	ssh_key_free(listed);
	return same;
}

static bool line_has(struct span line, ssh_key key, const char *path, size_t number)
{
	struct span word = next_word(&line);
	enum ssh_keytypes_e type = SSH_KEYTYPE_UNKNOWN;

	if (word.n == 0 || word.p[0] == '#')
		return false;
	type = type_of(word);
	if (type == SSH_KEYTYPE_UNKNOWN) {
		if (!options_harmless(word)) {
			log_note("%s:%zu: passed over: only keys with restrict or no-* are taken",
				path, number);
			return false;
		}
		type = type_of(next_word(&line));
	}
	return type != SSH_KEYTYPE_UNKNOWN && same_key(type, next_word(&line), key);
}

static int read_keys(const char *path, struct buf *b, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
	struct stat st;

	if (fd < 0)
		return err_sys(err, errno, "authorized keys %s", path);
	if (fstat(fd, &st) < 0)
		r = err_sys(err, errno, "authorized keys %s", path);
	else if (!S_ISREG(st.st_mode))
		r = err_set(err, EINVAL, "authorized keys %s is no regular file", path);
	else if (st.st_mode & S_IWOTH)
		r = err_set(err, EPERM, "authorized keys %s: everybody may write it", path);
	else if ((r = io_read_all(fd, b)) < 0)
		r = err_sys(err, -r, "authorized keys %s", path);
	io_close(fd);
	return r;
}

int authorized_key(const char *path, ssh_key key, bool *ret, struct err *err)
{
	struct span rest, line;
	bool found = false;
	size_t number = 0;
	struct buf b;
	int r;

	buf_init(&b, KEYS_FILE_MAX);
	r = read_keys(path, &b, err);
	rest = (struct span){buf_str(&b), b.len};
	while (!r && !found && key && number < KEYS_LINES_MAX && span_split(&rest, '\n', &line))
		found = line_has(line, key, path, ++number);
	buf_done(&b);
	if (!r)
		*ret = found;
	return r;
}
