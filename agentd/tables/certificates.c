/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/certinfo.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/textfile.h"
#include "common/str.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* Bytes of one value. */
#define TEXT_MAX (64u << 10)

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
	{"not_valid_before", COL_BIGINT, 0, "Seconds since 1970"},
	{"not_valid_after", COL_BIGINT, 0, "Seconds since 1970"},
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
	buf_init(&st->text, TEXT_MAX);
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

static void put(struct scan *s, struct state *st, unsigned col, int r)
{
	if (!r)
		row_bytes(s, col, buf_str(&st->text), st->text.len);
}

static void put_key_id(struct scan *s, struct state *st, unsigned col, const ASN1_OCTET_STRING *id)
{
	if (id)
		put(s, st, col,
			cert_hex(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id),
				&st->text));
	else
		row_text(s, col, "");
}

static void put_times(struct scan *s, const X509 *c)
{
	int64_t t;

	if (cert_time(X509_get0_notBefore(c), &t))
		row_int(s, NOT_VALID_BEFORE, t);
	if (cert_time(X509_get0_notAfter(c), &t))
		row_int(s, NOT_VALID_AFTER, t);
}

static void put_names(struct scan *s, struct state *st, X509 *c)
{
	struct buf *t = &st->text;

	put(s, st, COMMON_NAME, cert_common_name(c, t));
	put(s, st, SUBJECT, cert_name(X509_get_subject_name(c), true, t));
	put(s, st, SUBJECT2, cert_name(X509_get_subject_name(c), false, t));
	put(s, st, ISSUER, cert_name(X509_get_issuer_name(c), true, t));
	put(s, st, ISSUER2, cert_name(X509_get_issuer_name(c), false, t));
}

static void put_cert(struct scan *s, struct state *st, X509 *c)
{
	struct buf *t = &st->text;

	row_begin(s);
	put_names(s, st, c);
	row_int(s, CA, X509_check_ca(c) > 0);
	row_int(s, SELF_SIGNED, X509_check_issued(c, c) == X509_V_OK);
	put_times(s, c);
	row_text(s, SIGNING_ALGORITHM, cert_signing_algorithm(c));
	row_text(s, KEY_ALGORITHM, cert_key_algorithm(c));
	if (scan_wants(s, KEY_STRENGTH))
		put(s, st, KEY_STRENGTH, cert_key_strength(c, t));
	put(s, st, KEY_USAGE, cert_key_usage(c, t));
	put_key_id(s, st, SUBJECT_KEY_ID, X509_get0_subject_key_id(c));
	put_key_id(s, st, AUTHORITY_KEY_ID, X509_get0_authority_key_id(c));
	put(s, st, FINGERPRINT, cert_sha1(c, t));
	row_text(s, PATH, st->path);
	put(s, st, SERIAL, cert_serial(c, t));
	row_end(s);
	ERR_clear_error();
}

static int certs_step(struct scan *s)
{
	struct state *st = scan_state(s);
	X509 *c;

	if (!st->open)
		return next_bundle(s, st);
	c = certbundle_next(&st->bundle);
	if (c)
		put_cert(s, st, c);
	else
		close_bundle(s, st);
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
