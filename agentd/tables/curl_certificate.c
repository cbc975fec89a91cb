/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/certinfo.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/webget.h"
#include "common/str.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

/* Bytes of one value. */
#define VALUE_MAX (64u << 10)
/* Seconds to wait, unless another time is given; and at most. */
#define TIMEOUT_S     4
#define TIMEOUT_MAX_S 60

enum {
	HOSTNAME,
	COMMON_NAME,
	ORGANIZATION,
	ORGANIZATION_UNIT,
	SERIAL_NUMBER,
	ISSUER_COMMON_NAME,
	ISSUER_ORGANIZATION,
	ISSUER_ORGANIZATION_UNIT,
	VALID_FROM,
	VALID_TO,
	SHA256_FINGERPRINT,
	SHA1_FINGERPRINT,
	VERSION,
	SIGNATURE_ALGORITHM,
	SIGNATURE,
	SUBJECT_KEY_IDENTIFIER,
	AUTHORITY_KEY_IDENTIFIER,
	KEY_USAGE,
	EXTENDED_KEY_USAGE_TEXT,
	POLICIES,
	SUBJECT_ALTERNATIVE_NAMES,
	ISSUER_ALTERNATIVE_NAMES,
	INFO_ACCESS,
	SUBJECT_INFO_ACCESS,
	POLICY_MAPPINGS_TEXT,
	HAS_EXPIRED,
	BASIC_CONSTRAINT,
	NAME_CONSTRAINTS_TEXT,
	POLICY_CONSTRAINTS_TEXT,
	DUMP_CERTIFICATE,
	TIMEOUT,
	PEM,
};

static const struct column columns[] = {
	{"hostname", COL_TEXT, COL_REQUIRED, "Host, and port where it is not 443: host:port"},
	{"common_name", COL_TEXT, 0, "Name of whom it is for"},
	{"organization", COL_TEXT, 0, "Organization of whom it is for"},
	{"organization_unit", COL_TEXT, 0, "Unit of that organization"},
	{"serial_number", COL_TEXT, 0, "Serial number, in hexadecimal digits"},
	{"issuer_common_name", COL_TEXT, 0, "Name of who signed it"},
	{"issuer_organization", COL_TEXT, 0, "Organization of who signed it"},
	{"issuer_organization_unit", COL_TEXT, 0, "Unit of that organization"},
	{"valid_from", COL_TEXT, 0, "When it begins to hold"},
	{"valid_to", COL_TEXT, 0, "When it ends to hold"},
	{"sha256_fingerprint", COL_TEXT, 0, "SHA-256 of the certificate"},
	{"sha1_fingerprint", COL_TEXT, 0, "SHA-1 of the certificate"},
	{"version", COL_INTEGER, 0, "Version of the format"},
	{"signature_algorithm", COL_TEXT, 0, "How it is signed"},
	{"signature", COL_TEXT, 0, "The signature"},
	{"subject_key_identifier", COL_TEXT, 0, "Identifier of the key"},
	{"authority_key_identifier", COL_TEXT, 0, "Identifier of the key that signed it"},
	{"key_usage", COL_TEXT, 0, "What the key may be used for"},
	{"extended_key_usage", COL_TEXT, 0, "What it may be used for, more closely"},
	{"policies", COL_TEXT, 0, "Policies"},
	{"subject_alternative_names", COL_TEXT, 0, "Other names of whom it is for"},
	{"issuer_alternative_names", COL_TEXT, 0, "Other names of who signed it"},
	{"info_access", COL_TEXT, 0, "Where more about who signed it is"},
	{"subject_info_access", COL_TEXT, 0, "Where more about whom it is for is"},
	{"policy_mappings", COL_TEXT, 0, "How policies go together"},
	{"has_expired", COL_INTEGER, 0, "1 when its time is over"},
	{"basic_constraint", COL_TEXT, 0, "Whether it may sign others"},
	{"name_constraints", COL_TEXT, 0, "For which names it may sign others"},
	{"policy_constraints", COL_TEXT, 0, "Which policies it must have"},
	{"dump_certificate", COL_INTEGER, COL_ADDITIONAL | COL_HIDDEN, "1: show it in `pem`"},
	{"timeout", COL_INTEGER, COL_ADDITIONAL | COL_HIDDEN, "Seconds to wait: 4 unless given"},
	{"pem", COL_TEXT, 0, "The certificate, when dump_certificate is 1"},
	COL_END,
};

static const struct {
	unsigned col;
	int nid;
} extensions[] = {{SUBJECT_KEY_IDENTIFIER, NID_subject_key_identifier},
	{AUTHORITY_KEY_IDENTIFIER, NID_authority_key_identifier}, {KEY_USAGE, NID_key_usage},
	{EXTENDED_KEY_USAGE_TEXT, NID_ext_key_usage}, {POLICIES, NID_certificate_policies},
	{SUBJECT_ALTERNATIVE_NAMES, NID_subject_alt_name},
	{ISSUER_ALTERNATIVE_NAMES, NID_issuer_alt_name}, {INFO_ACCESS, NID_info_access},
	{SUBJECT_INFO_ACCESS, NID_sinfo_access}, {POLICY_MAPPINGS_TEXT, NID_policy_mappings},
	{BASIC_CONSTRAINT, NID_basic_constraints}, {NAME_CONSTRAINTS_TEXT, NID_name_constraints},
	{POLICY_CONSTRAINTS_TEXT, NID_policy_constraints}};

struct state {
	bool done;
};

static bool stop(void *arg)
{
	return scan_stop(arg);
}

static void put_name(struct scan *s, unsigned col, const X509_NAME *name, int nid)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	unsigned char *text = NULL;
	int n;

	if (at < 0)
		return;
	n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n >= 0)
		row_bytes(s, col, (const char *)text, (size_t)n);
	OPENSSL_free(text);
}

/* What was printed, its lines separated by semicolons. */
static void put_printed(struct scan *s, unsigned col, BIO *bio)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	for (long i = 0; i < n; i++)
		if (p[i] == '\n')
			p[i] = ';';
	row_bytes(s, col, n > 0 ? p : "", n > 0 ? (size_t)n : 0);
}

static void put_extension(struct scan *s, unsigned col, X509 *c, int nid)
{
	int at = scan_wants(s, col) ? X509_get_ext_by_NID(c, nid, -1) : -1;
	X509_EXTENSION *e;
	BIO *bio;

	row_text(s, col, "");
	if (at < 0)
		return;
	bio = BIO_new(BIO_s_mem());
	if (!bio)
		return;
	e = X509_get_ext(c, at);
	if (!X509V3_EXT_print(bio, e, 0, 0))
		ASN1_STRING_print(bio, X509_EXTENSION_get_data(e));
	put_printed(s, col, bio);
	BIO_free(bio);
}

static void put_time(struct scan *s, unsigned col, const ASN1_TIME *t)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio && ASN1_TIME_print(bio, t))
		put_printed(s, col, bio);
	BIO_free(bio);
}

static void put_digest(struct scan *s, unsigned col, X509 *c, const EVP_MD *kind)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	struct buf hex;

	buf_init(&hex, 2 * EVP_MAX_MD_SIZE);
	if (X509_digest(c, kind, digest, &n) && cert_hex(digest, n, &hex) == 0)
		row_bytes(s, col, buf_str(&hex), hex.len);
	buf_done(&hex);
}

static void put_signature(struct scan *s, X509 *c)
{
	const ASN1_BIT_STRING *signature = NULL;
	struct buf hex;
	int r = 0;

	row_text(s, SIGNATURE_ALGORITHM, OBJ_nid2sn(X509_get_signature_nid(c)));
	if (!scan_wants(s, SIGNATURE))
		return;
	X509_get0_signature(&signature, NULL, c);
	buf_init(&hex, VALUE_MAX);
	for (int i = 0; signature && !r && i < signature->length; i++)
		r = buf_printf(&hex, "%s%02x", i ? ":" : "", signature->data[i]);
	row_bytes(s, SIGNATURE, buf_str(&hex), hex.len);
	buf_done(&hex);
}

static void put_serial(struct scan *s, X509 *c)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(c), NULL);
	char *hex = n ? BN_bn2hex(n) : NULL;

	if (hex)
		row_text(s, SERIAL_NUMBER, hex);
	OPENSSL_free(hex);
	BN_free(n);
}

static void put_certificate(struct scan *s, X509 *c)
{
	static const int nids[] = {
		NID_commonName, NID_organizationName, NID_organizationalUnitName};

	for (unsigned i = 0; i < ARRAY_LEN(nids); i++) {
		put_name(s, COMMON_NAME + i, X509_get_subject_name(c), nids[i]);
		put_name(s, ISSUER_COMMON_NAME + i, X509_get_issuer_name(c), nids[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(extensions); i++)
		put_extension(s, extensions[i].col, c, extensions[i].nid);
	put_serial(s, c);
	put_time(s, VALID_FROM, X509_get0_notBefore(c));
	put_time(s, VALID_TO, X509_get0_notAfter(c));
	put_digest(s, SHA256_FINGERPRINT, c, EVP_sha256());
	put_digest(s, SHA1_FINGERPRINT, c, EVP_sha1());
	row_int(s, VERSION, X509_get_version(c) + 1);
	put_signature(s, c);
	row_int(s, HAS_EXPIRED, X509_cmp_current_time(X509_get0_notAfter(c)) <= 0);
}

static void put_row(struct scan *s, const char *hostname, int64_t timeout, const struct buf *pem)
{
	struct certbundle bundle;
	int64_t dump = 0;
	X509 *c;

	if (certbundle_init(&bundle, buf_str(pem), pem->len) < 0)
		return;
	c = certbundle_next(&bundle);
	if (c) {
		row_begin(s);
		row_text(s, HOSTNAME, hostname);
		put_certificate(s, c);
		scan_eq_int(s, DUMP_CERTIFICATE, &dump, NULL);
		row_int(s, DUMP_CERTIFICATE, dump);
		row_int(s, TIMEOUT, timeout);
		if (dump == 1)
			row_bytes(s, PEM, buf_str(pem), pem->len);
		row_end(s);
	}
	X509_free(c);
	certbundle_done(&bundle);
	ERR_clear_error();
}

static int ask(struct scan *s, const char *hostname, int64_t timeout)
{
	char url[512];
	struct webget w = {.url = url,
		.certificate = true,
		.timeout_ms = (timeout < TIMEOUT_MAX_S ? timeout : TIMEOUT_MAX_S) * 1000,
		.stop = stop,
		.arg = s};
	int r;

	if (strpbrk(hostname, "/?#@ ") ||
		snprintf(url, sizeof(url), "https://%s/", hostname) >= (int)sizeof(url)) {
		scan_warn(s, "%s: no name of a host", hostname);
		return 0;
	}
	r = webget(&w);
	if (r == -ENOSYS)
		scan_warn(s, "libcurl is not installed: no rows");
	else if (r == -EIO && !scan_stop(s))
		scan_warn(s, "%s: %s", hostname, w.why);
	if (w.pem.len)
		put_row(s, hostname, timeout, &w.pem);
	webget_done(&w);
	return r == -ENOMEM ? r : 0;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	const char *hostname = scan_eq_text(s, HOSTNAME);
	int64_t timeout = TIMEOUT_S;

	if (st->done || !hostname)
		return 0;
	st->done = true;
	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine is on a network: no rows");
		return 0;
	}
	if (!scan_eq_int(s, TIMEOUT, &timeout, NULL) || timeout <= 0)
		timeout = TIMEOUT_S;
	return ask(s, hostname, timeout);
}

const struct table table_curl_certificate = {
	.name = "curl_certificate",
	.doc = "The certificate that a host shows on the network; nobody has to trust it.",
	.columns = columns,
	.step = step,
	.state_size = sizeof(struct state),
};
