/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/certinfo.h"

#include "common/str.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

/* ---- A bundle ---- */

int certbundle_init(struct certbundle *b, const char *p, size_t n)
{
	*b = (struct certbundle){.p = p, .n = n};
	if (!n || n > INT_MAX)
		return 0;
	b->bio = BIO_new_mem_buf(p, (int)n);
	return b->bio ? 0 : -ENOMEM;
}

void certbundle_done(struct certbundle *b)
{
	BIO_free(b->bio);
	b->bio = NULL;
}

static X509 *read_der(struct certbundle *b)
{
	const unsigned char *p = (const unsigned char *)b->p;
	X509 *c = b->n && b->p[0] == 0x30 ? d2i_X509(NULL, &p, (long)b->n) : NULL;

	ERR_clear_error();
	b->n = 0;
	return c;
}

/* Each try takes at least one line off the rest, so that this ends. */
X509 *certbundle_next(struct certbundle *b)
{
	while (b->bio) {
		size_t left = BIO_pending(b->bio) > 0 ? (size_t)BIO_pending(b->bio) : 0;
		X509 *c = left ? PEM_read_bio_X509_AUX(b->bio, NULL, NULL, NULL) : NULL;
		bool none = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

		ERR_clear_error();
		if (c) {
			b->any = true;
			return c;
		}
		if (!left || none || (size_t)BIO_pending(b->bio) >= left)
			certbundle_done(b);
		else
			b->broken++;
	}
	return b->any || b->broken ? NULL : read_der(b);
}

/* ---- What stands in one ---- */

static int from_bio(BIO *bio, struct buf *out)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	return n > 0 && p ? buf_add(out, p, (size_t)n) : 0;
}

int cert_name(const X509_NAME *name, bool oneline, struct buf *out)
{
	char *line;
	BIO *bio;
	int r = 0;

	buf_reset(out);
	if (!name)
		return 0;
	if (oneline) {
		line = X509_NAME_oneline(name, NULL, 0);
		if (line)
			r = buf_puts(out, line);
		OPENSSL_free(line);
		return line ? r : -ENOMEM;
	}
	bio = BIO_new(BIO_s_mem());
	if (!bio)
		return -ENOMEM;
	if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE) >= 0)
		r = from_bio(bio, out);
	BIO_free(bio);
	return r;
}

int cert_common_name(X509 *c, struct buf *out)
{
	const X509_NAME *name = X509_get_subject_name(c);
	int at = name ? X509_NAME_get_index_by_NID(name, NID_commonName, -1) : -1;
	const ASN1_STRING *s;

	buf_reset(out);
	if (at < 0)
		return 0;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	return s ? buf_add(out, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)) : 0;
}

static int key_nid(const X509 *c)
{
	ASN1_OBJECT *o = NULL;

	if (!X509_PUBKEY_get0_param(&o, NULL, NULL, NULL, X509_get_X509_PUBKEY(c)) || !o)
		return NID_undef;
	return OBJ_obj2nid(o);
}

static const char *long_name(int nid)
{
	const char *name = nid == NID_undef ? NULL : OBJ_nid2ln(nid);

	return name ? name : "";
}

const char *cert_signing_algorithm(const X509 *c)
{
	return long_name(X509_get_signature_nid(c));
}

const char *cert_key_algorithm(const X509 *c)
{
	return long_name(key_nid(c));
}

int cert_key_strength(X509 *c, struct buf *out)
{
	int nid = key_nid(c), r = 0;
	EVP_PKEY *key = X509_get0_pubkey(c);
	char group[80];

	buf_reset(out);
	ERR_clear_error();
	if (!key)
		return 0;
	if (nid == NID_rsaEncryption || nid == NID_dsa)
		r = buf_printf(out, "%d", EVP_PKEY_get_size(key) * 8);
	else if (nid == NID_X9_62_id_ecPublicKey &&
		 EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
		r = buf_puts(out, long_name(OBJ_txt2nid(group)));
	ERR_clear_error();
	return r;
}

int cert_key_usage(X509 *c, struct buf *out)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} usages[] = {
		{KU_ENCIPHER_ONLY, "Encipher Only"},
		{KU_CRL_SIGN, "CRL Sign"},
		{KU_KEY_CERT_SIGN, "Key Cert Sign"},
		{KU_KEY_AGREEMENT, "Key Agreement"},
		{KU_DATA_ENCIPHERMENT, "Data Encipherment"},
		{KU_KEY_ENCIPHERMENT, "Key Encipherment"},
		{KU_NON_REPUDIATION, "Non Repudiation"},
		{KU_DIGITAL_SIGNATURE, "Digital Signature"},
		{KU_DECIPHER_ONLY, "Decipher Only"},
	};
	uint32_t bits = X509_get_key_usage(c);
	int r = 0;

	buf_reset(out);
	/* All bits: it does not say, and may be used for anything. */
	if (bits == UINT32_MAX)
		return 0;
	for (size_t i = 0; !r && i < ARRAY_LEN(usages); i++)
		if (bits & usages[i].bit)
			r = buf_printf(out, "%s%s", out->len ? ", " : "", usages[i].name);
	return r;
}

int cert_hex(const unsigned char *p, size_t n, struct buf *out)
{
	int r = 0;

	buf_reset(out);
	for (size_t i = 0; !r && i < n; i++)
		r = buf_printf(out, "%02x", p[i]);
	return r;
}

int cert_serial(X509 *c, struct buf *out)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get_serialNumber(c), NULL);
	char *hex = n ? BN_bn2hex(n) : NULL;
	int r;

	buf_reset(out);
	r = hex ? buf_puts(out, hex) : 0;
	OPENSSL_free(hex);
	BN_free(n);
	return r;
}

int cert_sha1(X509 *c, struct buf *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!X509_digest(c, EVP_sha1(), digest, &n))
		n = 0;
	return cert_hex(digest, n, out);
}

bool cert_time(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	if (!t || !ASN1_TIME_to_tm(t, &tm))
		return false;
	*ret = timegm(&tm);
	return true;
}
