/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checksums, base64 and the Community ID. */
#include "agentd/functions.h"
#include "common/base64.h"
#include "common/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>

/* ---- md5(x) sha1(x) sha256(x): lower-case hexadecimal of the value's bytes as text ---- */

static void digest(sqlite3_context *ctx, sqlite3_value *v, const EVP_MD *md)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[EVP_MAX_MD_SIZE * 2];
	unsigned len = 0;
	const char *p;
	size_t n;

	if (function_null(1, &v))
		return;
	p = function_text(ctx, v, &n);
	if (!p)
		return;
	if (!EVP_Digest(p, n, sum, &len, md, NULL)) {
		sqlite3_result_error(ctx, "this checksum is not available", -1);
		return;
	}
	for (unsigned i = 0; i < len; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	sqlite3_result_text(ctx, hex, (int)len * 2, SQLITE_TRANSIENT);
}

static void md5(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	digest(ctx, argv[0], EVP_md5());
}

static void sha1(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	digest(ctx, argv[0], EVP_sha1());
}

static void sha256(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	digest(ctx, argv[0], EVP_sha256());
}

/* ---- base64 ---- */

static void encode(sqlite3_context *ctx, const char *p, size_t n)
{
	struct buf out;
	int r;

	buf_init(&out,
		(size_t)sqlite3_limit(sqlite3_context_db_handle(ctx), SQLITE_LIMIT_LENGTH, -1));
	r = base64_encode(&out, p, n);
	if (r == -EMSGSIZE)
		sqlite3_result_error_toobig(ctx);
	else if (r < 0)
		sqlite3_result_error_nomem(ctx);
	else
		sqlite3_result_text(ctx, buf_str(&out), (int)out.len, SQLITE_TRANSIENT);
	buf_done(&out);
}

static void to_base64(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *p;
	size_t n;

	if (function_null(argc, argv))
		return;
	p = function_text(ctx, argv[0], &n);
	if (p)
		encode(ctx, p, n);
}

/* Encodes only what holds anything but printable ASCII. */
static void conditional_to_base64(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *p;
	size_t n;

	if (function_null(argc, argv))
		return;
	p = function_text(ctx, argv[0], &n);
	if (!p)
		return;
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)p[i] < 0x20 || (unsigned char)p[i] > 0x7e) {
			encode(ctx, p, n);
			return;
		}
	}
	sqlite3_result_text(ctx, p, (int)n, SQLITE_TRANSIENT);
}

/* '' where the text is no base64. Line breaks and blanks in it and missing padding are fine. */
static void from_base64(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	size_t n, len = 0;
	const char *p;
	ssize_t out;
	char *work;

	if (function_null(argc, argv))
		return;
	p = function_text(ctx, argv[0], &n);
	if (!p)
		return;
	work = malloc(n + 3);
	if (!work) {
		sqlite3_result_error_nomem(ctx);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\0' || !strchr(" \t\r\n", p[i]))
			work[len++] = p[i];
	while (len % 4 > 1)
		work[len++] = '=';
	out = base64_decode(work, work, len);
	sqlite3_result_text(ctx, work, out < 0 ? 0 : (int)out, SQLITE_TRANSIENT);
	free(work);
}

/* ---- Community ID version 1: one name for both directions of a connection ---- */

struct endpoint {
	unsigned char addr[16];
	size_t len; /* 4 or 16 */
	uint16_t port;
};

static bool endpoint_read(struct endpoint *e, sqlite3_value *addr, sqlite3_value *port)
{
	const char *text = (const char *)sqlite3_value_text(addr);
	sqlite3_int64 n = sqlite3_value_int64(port);

	if (!text || sqlite3_value_numeric_type(port) != SQLITE_INTEGER || n < 0 || n > UINT16_MAX)
		return false;
	e->port = (uint16_t)n;
	e->len = strchr(text, ':') ? 16 : 4;
	return inet_pton(e->len == 16 ? AF_INET6 : AF_INET, text, e->addr) == 1;
}

/* IPv4 before IPv6, then by address, then by port. */
static bool endpoint_first(const struct endpoint *a, const struct endpoint *b)
{
	int cmp;

	if (a->len != b->len)
		return a->len < b->len;
	cmp = memcmp(a->addr, b->addr, a->len);
	return cmp ? cmp < 0 : a->port < b->port;
}

static size_t put16(unsigned char *p, uint16_t v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
	return 2;
}

static size_t put_address(unsigned char *p, const struct endpoint *e)
{
	memcpy(p, e->addr, e->len);
	return e->len;
}

/* Hashes: seed, lower address, higher address, protocol, 0, lower port, higher port. */
static void community_id(sqlite3_context *ctx, const struct endpoint *a, const struct endpoint *b,
	unsigned char protocol, uint16_t seed)
{
	unsigned char in[2 + 16 + 16 + 2 + 2 + 2], sum[EVP_MAX_MD_SIZE];
	size_t n = put16(in, seed);
	unsigned len = 0;
	struct buf out;

	n += put_address(in + n, a);
	n += put_address(in + n, b);
	in[n++] = protocol;
	in[n++] = 0;
	n += put16(in + n, a->port);
	n += put16(in + n, b->port);
	if (!EVP_Digest(in, n, sum, &len, EVP_sha1(), NULL)) {
		sqlite3_result_error(ctx, "sha1 is not available", -1);
		return;
	}
	buf_init(&out, sizeof("1:") + sizeof(sum) * 2);
	if (buf_puts(&out, "1:") < 0 || base64_encode(&out, sum, len) < 0)
		sqlite3_result_error_nomem(ctx);
	else
		sqlite3_result_text(ctx, buf_str(&out), (int)out.len, SQLITE_TRANSIENT);
	buf_done(&out);
}

/* What is wrong with the arguments, or NULL. */
static const char *community_arguments(int argc, sqlite3_value **argv, struct endpoint *a,
	struct endpoint *b, unsigned char *ret_protocol, uint16_t *ret_seed)
{
	sqlite3_int64 protocol = sqlite3_value_int64(argv[4]);
	sqlite3_int64 seed = argc > 5 ? sqlite3_value_int64(argv[5]) : 0;

	if (!endpoint_read(a, argv[0], argv[2]))
		return "community_id_v1: the source is no address with a port";
	if (!endpoint_read(b, argv[1], argv[3]))
		return "community_id_v1: the destination is no address with a port";
	if (sqlite3_value_numeric_type(argv[4]) != SQLITE_INTEGER || protocol < 0 ||
		protocol > UINT8_MAX)
		return "community_id_v1: the protocol is no number up to 255";
	if (argc > 5 && (sqlite3_value_numeric_type(argv[5]) != SQLITE_INTEGER || seed < 0 ||
				seed > UINT16_MAX))
		return "community_id_v1: the seed is no number up to 65535";
	*ret_protocol = (unsigned char)protocol;
	*ret_seed = (uint16_t)seed;
	return NULL;
}

static void community_id_v1_strict(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct endpoint a, b;
	unsigned char protocol;
	uint16_t seed;
	const char *wrong = community_arguments(argc, argv, &a, &b, &protocol, &seed);

	if (wrong)
		sqlite3_result_error(ctx, wrong, -1);
	else if (endpoint_first(&a, &b))
		community_id(ctx, &a, &b, protocol, seed);
	else
		community_id(ctx, &b, &a, protocol, seed);
}

/* NULL where an argument makes no sense: sockets without a peer are common. */
static void community_id_v1(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct endpoint a, b;
	unsigned char protocol;
	uint16_t seed;

	if (!community_arguments(argc, argv, &a, &b, &protocol, &seed))
		community_id_v1_strict(ctx, argc, argv);
}

const struct function functions_digest[] = {
	{"md5", 1, md5},
	{"sha1", 1, sha1},
	{"sha256", 1, sha256},
	{"to_base64", 1, to_base64},
	{"from_base64", 1, from_base64},
	{"conditional_to_base64", 1, conditional_to_base64},
	{"community_id_v1", 5, community_id_v1},
	{"community_id_v1", 6, community_id_v1},
	{"community_id_v1_strict", 5, community_id_v1_strict},
	{"community_id_v1_strict", 6, community_id_v1_strict},
	{0},
};
