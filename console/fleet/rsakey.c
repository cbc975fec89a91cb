/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/rsakey.h"

#include "common/base64.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdint.h>

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END   "-----END OPENSSH PRIVATE KEY-----"
/* With its NUL. */
#define MAGIC "openssh-key-v1"

/* In the order of the file. */
enum { N, E, D, IQMP, P, Q, DP, DQ, NUMBERS };
#define NUMBERS_OF_FILE (Q + 1)

static bool take_u32(struct span *s, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)s->p;

	if (s->n < 4)
		return false;
	*ret = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	s->p += 4;
	s->n -= 4;
	return true;
}

static bool take_string(struct span *s, struct span *ret)
{
	uint32_t n;

	if (!take_u32(s, &n) || n > s->n)
		return false;
	*ret = (struct span){s->p, n};
	s->p += n;
	s->n -= n;
	return true;
}

static bool take_word(struct span *s, const char *word)
{
	struct span got;

	return take_string(s, &got) && span_eq(got, word);
}

/* The private part of a file (PROTOCOL.key of OpenSSH) with one key that is not encrypted. */
static bool find_private(struct span s, struct span *ret)
{
	struct span skipped;
	uint32_t keys, check[2];

	if (s.n < sizeof(MAGIC) || memcmp(s.p, MAGIC, sizeof(MAGIC)) != 0)
		return false;
	s.p += sizeof(MAGIC);
	s.n -= sizeof(MAGIC);
	if (!take_word(&s, "none") || !take_word(&s, "none") || !take_word(&s, "") ||
		!take_u32(&s, &keys) || keys != 1 || !take_string(&s, &skipped) ||
		!take_string(&s, ret))
		return false;
	return take_u32(ret, &check[0]) && take_u32(ret, &check[1]) && check[0] == check[1] &&
	       take_word(ret, "ssh-rsa");
}

static bool read_numbers(struct span s, BIGNUM *numbers[NUMBERS])
{
	struct span one;

	for (int i = 0; i < NUMBERS_OF_FILE; i++) {
		if (!take_string(&s, &one))
			return false;
		numbers[i] = BN_bin2bn((const unsigned char *)one.p, (int)one.n, NULL);
		if (!numbers[i])
			return false;
	}
	return true;
}

/* d modulo (factor - 1) */
static BIGNUM *exponent(const BIGNUM *d, const BIGNUM *factor, BN_CTX *ctx)
{
	BIGNUM *less = BN_dup(factor), *r = BN_new();

	if (!less || !r || !BN_sub_word(less, 1) || !BN_mod(r, d, less, ctx)) {
		BN_clear_free(r);
		r = NULL;
	}
	BN_clear_free(less);
	return r;
}

static bool complete(BIGNUM *numbers[NUMBERS])
{
	BN_CTX *ctx = BN_CTX_new();

	if (!ctx)
		return false;
	numbers[DP] = exponent(numbers[D], numbers[P], ctx);
	numbers[DQ] = exponent(numbers[D], numbers[Q], ctx);
	BN_CTX_free(ctx);
	return numbers[DP] && numbers[DQ];
}

static EVP_PKEY *build(BIGNUM *const numbers[NUMBERS])
{
	static const char *const names[NUMBERS] = {
		[N] = OSSL_PKEY_PARAM_RSA_N,
		[E] = OSSL_PKEY_PARAM_RSA_E,
		[D] = OSSL_PKEY_PARAM_RSA_D,
		[IQMP] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
		[P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
		[Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
		[DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
		[DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
	};
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	bool good = builder && ctx;

	for (int i = 0; good && i < NUMBERS; i++)
		good = OSSL_PARAM_BLD_push_BN(builder, names[i], numbers[i]) == 1;
	if (good)
		params = OSSL_PARAM_BLD_to_param(builder);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Into libssh by the one format that carries all numbers. */
static ssh_key hand_over(EVP_PKEY *pkey)
{
	BIO *pem = BIO_new(BIO_s_secmem());
	ssh_key key = NULL;
	char *text;

	if (pem &&
		PEM_write_bio_PrivateKey_traditional(pem, pkey, NULL, NULL, 0, NULL, NULL) == 1 &&
		BIO_write(pem, "", 1) == 1 && BIO_get_mem_data(pem, &text) > 0 &&
		ssh_pki_import_privkey_base64(text, NULL, NULL, NULL, &key) != SSH_OK)
		key = NULL;
	BIO_free(pem);
	return key;
}

static ssh_key of_numbers(struct span private)
{
	BIGNUM *numbers[NUMBERS] = {NULL};
	EVP_PKEY *pkey = NULL;
	ssh_key key = NULL;

	if (read_numbers(private, numbers) && complete(numbers))
		pkey = build(numbers);
	if (pkey)
		key = hand_over(pkey);
	EVP_PKEY_free(pkey);
	for (int i = 0; i < NUMBERS; i++)
		BN_clear_free(numbers[i]);
	return key;
}

/* Base64 without the ends of lines, in place; returns its length. */
static size_t join_lines(char *p, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++)
		if (p[i] != '\n' && p[i] != '\r')
			p[to++] = p[i];
	return to;
}

static ssh_key of_text(char *text)
{
	char *begin = text + strlen(BEGIN), *end = strstr(text, END);
	struct span private;
	ssize_t n;

	if (!str_starts(text, BEGIN) || !end)
		return NULL;
	n = base64_decode(begin, begin, join_lines(begin, (size_t)(end - begin)));
	if (n < 0 || !find_private((struct span){begin, (size_t)n}, &private))
		return NULL;
	return of_numbers(private);
}

ssh_key rsakey_load(const char *path)
{
	ssh_key key = NULL;
	struct buf b;

	buf_init(&b, RSAKEY_FILE_MAX);
	/* At once for all of it: growing would leave copies of the key behind. */
	if (buf_room(&b, RSAKEY_FILE_MAX) == 0 && io_read_file(AT_FDCWD, path, &b) == 0 && b.p)
		key = of_text(b.p);
	if (b.p)
		OPENSSL_cleanse(b.p, b.cap);
	buf_done(&b);
	return key;
}
