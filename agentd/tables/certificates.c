/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/certinfo.h"
#include "agentd/certrow.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/textfile.h"
#include "common/str.h"

#include <errno.h>
#include <openssl/x509.h>

enum {
	COMMON_NAME,
	SUBJECT,
	SUBJECT2,
	ISSUER,
	ISSUER2,
	CA,
	SELF_SIGNED,
	NOT_VALID_BEFORE,
	NOT_VALID_AFTER,
	SIGNING_ALGORITHM,
	KEY_ALGORITHM,
	KEY_STRENGTH,
	KEY_USAGE,
	SUBJECT_KEY_ID,
	AUTHORITY_KEY_ID,
	FINGERPRINT,
	PATH,
	SERIAL,
};

static const struct column columns[] = {
	{"common_name", COL_TEXT, 0, "Name of whom it is for"},
	{"subject", COL_TEXT, 0, "Whom it is for: /C=DE/CN=name"},
	{"subject2", COL_TEXT, 0, "The same as C = DE, CN = name"},
	{"issuer", COL_TEXT, 0, "Who signed it: /C=DE/CN=name"},
	{"issuer2", COL_TEXT, 0, "The same as C = DE, CN = name"},
	{"ca", COL_INTEGER, 0, "1 when it may sign others"},
	{"self_signed", COL_INTEGER, 0, "1 when it is its own issuer"},
	{"not_valid_before", COL_DATETIME, 0, "Seconds since 1970"},
	{"not_valid_after", COL_DATETIME, 0, "Seconds since 1970"},
	{"signing_algorithm", COL_TEXT, 0, "How it is signed"},
	{"key_algorithm", COL_TEXT, 0, "Kind of key"},
	{"key_strength", COL_TEXT, 0, "Bits of an RSA or DSA key, or the curve"},
	{"key_usage", COL_TEXT, 0, "What the key may be used for"},
	{"subject_key_id", COL_TEXT, 0, "Identifier of the key, in hexadecimal digits"},
	{"authority_key_id", COL_TEXT, 0, "Identifier of the key that signed it"},
	{"sha1", COL_TEXT, 0, "SHA-1 of the certificate"},
	{"path", COL_TEXT, COL_ADDITIONAL,
		"The file, in PEM or DER; without a constraint the system's bundle of authorities"},
	{"serial", COL_TEXT, 0, "Serial number, in hexadecimal digits"},
	COL_END,
};

static const char *const bundles[] = {
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/certs/ca-certificates.crt",
	"/var/lib/ca-certificates/ca-bundle.pem",
};

static const struct certrow_columns certrow = {
	.common_name = COMMON_NAME,
	.subject = SUBJECT,
	.subject2 = SUBJECT2,
	.issuer = ISSUER,
	.issuer2 = ISSUER2,
	.ca = CA,
	.self_signed = SELF_SIGNED,
	.not_valid_before = NOT_VALID_BEFORE,
	.not_valid_after = NOT_VALID_AFTER,
	.signing_algorithm = SIGNING_ALGORITHM,
	.key_algorithm = KEY_ALGORITHM,
	.key_strength = KEY_STRENGTH,
	.key_usage = KEY_USAGE,
	.subject_key_id = SUBJECT_KEY_ID,
	.authority_key_id = AUTHORITY_KEY_ID,
	.sha1 = FINGERPRINT,
	.serial = SERIAL,
};

struct state {
	const char *asked, *path;
	size_t place;
	bool open;
	struct buf content, text;
	struct certbundle bundle;
};

static int certs_open(struct scan *s)
{
	struct state *st = scan_state(s);

	st->asked = scan_eq_text(s, PATH);
	buf_init(&st->content, ROOT_FILE_MAX);
	buf_init(&st->text, CERTROW_TEXT_MAX);
	return 0;
}

static void close_bundle(struct scan *s, struct state *st)
{
	if (st->open && st->bundle.broken)
		scan_warn(s, "%s: certificates that cannot be read: %zu", st->path,
			st->bundle.broken);
	certbundle_done(&st->bundle);
	buf_reset(&st->content);
	st->open = false;
}

static void certs_close(struct scan *s)
{
	struct state *st = scan_state(s);

	close_bundle(s, st);
	buf_done(&st->content);
	buf_done(&st->text);
}

static int next_bundle(struct scan *s, struct state *st)
{
	int r;

	if (st->place == (st->asked ? 1 : ARRAY_LEN(bundles)))
		return 0;
	st->path = st->asked ? st->asked : bundles[st->place];
	st->place++;
	if (st->path[0] != '/')
		return 1;
	r = root_read(scan_root(s), st->path, &st->content);
	if (r < 0 && r != -EMSGSIZE) {
		if (r != -ENOENT && r != -ENOTDIR && r != -ENOMEM)
			scan_warn(s, "%s: %s", st->path, textfile_why(r));
		return r == -ENOMEM ? r : 1;
	}
	if (r == -EMSGSIZE)
		scan_warn(s, "%s: only the first %u MiB were read", st->path, ROOT_FILE_MAX >> 20);
	r = certbundle_init(&st->bundle, st->content.p, st->content.len);
	st->open = r == 0;
	return r < 0 ? r : 1;
}

static int certs_step(struct scan *s)
{
	struct state *st = scan_state(s);
	X509 *c;

	if (!st->open)
		return next_bundle(s, st);
	c = certbundle_next(&st->bundle);
	if (c) {
		row_begin(s);
		row_cert(s, &certrow, c, &st->text);
		row_text(s, PATH, st->path);
		row_end(s);
	} else {
		close_bundle(s, st);
	}
	X509_free(c);
	return 1;
}

const struct table table_certificates = {
	.name = "certificates",
	.doc = "The authorities that this host trusts, or the certificates in the given file.",
	.columns = columns,
	.open = certs_open,
	.step = certs_step,
	.close = certs_close,
	.state_size = sizeof(struct state),
};
