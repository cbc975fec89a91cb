/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/certrow.h"
#include "agentd/places.h"
#include "agentd/root.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

/* Of the firmware's lists; the kernel's own limit for a variable is far smaller. */
#define VARIABLE_MAX (1u << 20)
/* A variable's file: four bytes of attributes, then its value. */
#define VALUE_AT 4
/* EFI_SIGNATURE_LIST: kind, bytes of the list, of a header behind this one, of a signature. */
#define LIST_HEADER 28
#define LIST_SIZE   16
#define HEADER_SIZE 20
#define SIGNATURE   24
/* A signature begins with who put it there. */
#define OWNER_SIZE 16

enum {
	COMMON_NAME,
	SUBJECT,
	ISSUER,
	NOT_VALID_BEFORE,
	NOT_VALID_AFTER,
	FINGERPRINT,
	SERIAL,
	REVOKED,
	PATH,
	IS_CA,
	SELF_SIGNED,
	KEY_USAGE,
	AUTHORITY_KEY_ID,
	SUBJECT_KEY_ID,
	SIGNING_ALGORITHM,
	KEY_ALGORITHM,
	KEY_STRENGTH,
};

static const struct column columns[] = {
	{"common_name", COL_TEXT, 0, "Name of whom it is for"},
	{"subject", COL_TEXT, 0, "Whom it is for: /C=DE/CN=name"},
	{"issuer", COL_TEXT, 0, "Who signed it: /C=DE/CN=name"},
	{"not_valid_before", COL_DATETIME, 0, "Seconds since 1970"},
	{"not_valid_after", COL_DATETIME, 0, "Seconds since 1970"},
	{"sha1", COL_TEXT, 0, "SHA-1 of the certificate"},
	{"serial", COL_TEXT, 0, "Serial number, in hexadecimal digits"},
	{"revoked", COL_INTEGER, 0, "1: what it signed must not be started; 0: it may"},
	{"path", COL_TEXT, 0, "The variable of the firmware that holds it"},
	{"is_ca", COL_INTEGER, 0, "1 when it may sign others"},
	{"self_signed", COL_INTEGER, 0, "1 when it is its own issuer"},
	{"key_usage", COL_TEXT, 0, "What the key may be used for"},
	{"authority_key_id", COL_TEXT, 0, "Identifier of the key that signed it"},
	{"subject_key_id", COL_TEXT, 0, "Identifier of the key, in hexadecimal digits"},
	{"signing_algorithm", COL_TEXT, 0, "How it is signed"},
	{"key_algorithm", COL_TEXT, 0, "Kind of key"},
	{"key_strength", COL_TEXT, 0, "Bits of an RSA or DSA key, or the curve"},
	COL_END,
};

static const struct certrow_columns certrow = {
	.common_name = COMMON_NAME,
	.subject = SUBJECT,
	.subject2 = CERTROW_NO_COLUMN,
	.issuer = ISSUER,
	.issuer2 = CERTROW_NO_COLUMN,
	.ca = IS_CA,
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

static const char *const variables[] = {
	"/sys/firmware/efi/efivars/db-*", "/sys/firmware/efi/efivars/dbx-*", NULL};

/* EFI_CERT_X509_GUID */
static const unsigned char x509_kind[16] = {0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87,
	0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72};

struct state {
	struct places places;
	struct buf value, text;
	size_t broken; /* certificates */
};

static int certs_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->value, VARIABLE_MAX);
	buf_init(&st->text, CERTROW_TEXT_MAX);
	places_init(&st->places, s, scan_root(s), NULL, variables);
	return 0;
}

static void certs_close(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->broken)
		scan_warn(s, "certificates that cannot be read: %zu", st->broken);
	places_done(&st->places);
	buf_done(&st->value);
	buf_done(&st->text);
}

static uint32_t number(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_cert(struct scan *s, struct state *st, const struct pathwalk_entry *e,
	const unsigned char *p, size_t n)
{
	X509 *c = d2i_X509(NULL, &p, (long)n);

	ERR_clear_error();
	if (!c) {
		st->broken++;
		return;
	}
	row_begin(s);
	row_cert(s, &certrow, c, &st->text);
	row_int(s, REVOKED, str_starts(e->name, "dbx-"));
	row_text(s, PATH, e->path);
	row_end(s);
	X509_free(c);
}

/* The signatures of one list of `n` bytes; other kinds than certificates are digests of files. */
static void put_list(struct scan *s, struct state *st, const struct pathwalk_entry *e,
	const unsigned char *p, size_t n)
{
	size_t skip = LIST_HEADER + (size_t)number(p + HEADER_SIZE), size = number(p + SIGNATURE);

	if (memcmp(p, x509_kind, sizeof(x509_kind)) != 0 || size <= OWNER_SIZE)
		return;
	for (; skip <= n && n - skip >= size; skip += size)
		put_cert(s, st, e, p + skip + OWNER_SIZE, size - OWNER_SIZE);
}

static void put_variable(struct scan *s, struct state *st, const struct pathwalk_entry *e)
{
	const unsigned char *p;
	size_t n;
	int r;

	buf_reset(&st->value);
	r = root_read(scan_root(s), e->path, &st->value);
	if (r < 0 && r != -EMSGSIZE) {
		if (r != -ENOENT)
			scan_skipped(s, "certificates", "variable", -r);
		return;
	}
	p = (const unsigned char *)buf_str(&st->value);
	n = st->value.len;
	for (size_t at = VALUE_AT, size; at < n && n - at >= LIST_HEADER; at += size) {
		size = number(p + at + LIST_SIZE);
		if (size < LIST_HEADER || size > n - at) {
			scan_warn(s, "%s: ends within a list", e->path);
			return;
		}
		put_list(s, st, e, p + at, size);
	}
}

static int certs_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r = places_next(&st->places, &e);

	if (r == PATHWALK_ENTRY)
		put_variable(s, st, &e);
	return r < 0 ? r : r != PATHWALK_END;
}

const struct table table_secureboot_certificates = {
	.name = "secureboot_certificates",
	.doc = "Certificates whose signatures the firmware takes for Secure Boot, or refuses.",
	.columns = columns,
	.open = certs_open,
	.step = certs_step,
	.close = certs_close,
	.state_size = sizeof(struct state),
};
