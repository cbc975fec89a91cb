/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/certrow.h"

#include "agentd/certinfo.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static bool wanted(const struct scan *s, unsigned col)
{
	return col != CERTROW_NO_COLUMN && scan_wants(s, col);
}

static void put(struct scan *s, unsigned col, const struct buf *text, int r)
{
	if (!r)
		row_bytes(s, col, buf_str(text), text->len);
}

static void put_name(
	struct scan *s, unsigned col, const X509_NAME *name, bool oneline, struct buf *text)
{
	if (wanted(s, col))
		put(s, col, text, cert_name(name, oneline, text));
}

static void put_names(struct scan *s, const struct certrow_columns *cols, X509 *c, struct buf *text)
{
	put(s, cols->common_name, text, cert_common_name(c, text));
	put_name(s, cols->subject, X509_get_subject_name(c), true, text);
	put_name(s, cols->subject2, X509_get_subject_name(c), false, text);
	put_name(s, cols->issuer, X509_get_issuer_name(c), true, text);
	put_name(s, cols->issuer2, X509_get_issuer_name(c), false, text);
}

static void put_key_id(struct scan *s, unsigned col, const ASN1_OCTET_STRING *id, struct buf *text)
{
	if (id)
		put(s, col, text,
			cert_hex(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id), text));
	else
		row_text(s, col, "");
}

static void put_time(struct scan *s, unsigned col, const ASN1_TIME *t)
{
	int64_t seconds;

	if (cert_time(t, &seconds))
		row_int(s, col, seconds);
}

void row_cert(struct scan *s, const struct certrow_columns *cols, X509 *c, struct buf *text)
{
	put_names(s, cols, c, text);
	row_int(s, cols->ca, X509_check_ca(c) > 0);
	row_int(s, cols->self_signed, X509_check_issued(c, c) == X509_V_OK);
	put_time(s, cols->not_valid_before, X509_get0_notBefore(c));
	put_time(s, cols->not_valid_after, X509_get0_notAfter(c));
	row_text(s, cols->signing_algorithm, cert_signing_algorithm(c));
	row_text(s, cols->key_algorithm, cert_key_algorithm(c));
	if (scan_wants(s, cols->key_strength))
		put(s, cols->key_strength, text, cert_key_strength(c, text));
	put(s, cols->key_usage, text, cert_key_usage(c, text));
	put_key_id(s, cols->subject_key_id, X509_get0_subject_key_id(c), text);
	put_key_id(s, cols->authority_key_id, X509_get0_authority_key_id(c), text);
	put(s, cols->sha1, text, cert_sha1(c, text));
	put(s, cols->serial, text, cert_serial(c, text));
	ERR_clear_error();
}
