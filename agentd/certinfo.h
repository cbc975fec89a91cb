/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates (X.509) of a bundle, one after the other. */
#ifndef AGENTD_CERTINFO_H
#define AGENTD_CERTINFO_H

#include "common/buf.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>

/* PEM or a single one in DER. Reads the bytes in place: they must outlive it. */
struct certbundle {
	BIO *bio;
	const char *p;
	size_t n;
	bool any; /* one was found as PEM */
	size_t broken;
};

int certbundle_init(struct certbundle *b, const char *p, size_t n);
/* Accepts a zeroed struct. */
void certbundle_done(struct certbundle *b);
/* The next one, for X509_free; NULL at the end. What cannot be read is counted in `broken`. */
X509 *certbundle_next(struct certbundle *b);

/* Each replaces *out by the text, "" where there is none. 0 or -errno of buf_add. */
int cert_common_name(X509 *c, struct buf *out);
/* `oneline`: "/C=DE/CN=x", else "C = DE, CN = x". */
int cert_name(const X509_NAME *name, bool oneline, struct buf *out);
int cert_key_strength(X509 *c, struct buf *out);
int cert_key_usage(X509 *c, struct buf *out);
int cert_hex(const unsigned char *p, size_t n, struct buf *out);
int cert_serial(X509 *c, struct buf *out);
int cert_sha1(X509 *c, struct buf *out);
/* "" when it has no name. */
const char *cert_signing_algorithm(const X509 *c);
const char *cert_key_algorithm(const X509 *c);
/* Seconds since 1970; false when it is no time. */
bool cert_time(const ASN1_TIME *t, int64_t *ret);

#endif
