/* SPDX-License-Identifier: GPL-3.0-or-later */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA1_*: an HMAC by them costs a sixth of EVP's */
#include "console/fleet/hostpattern.h"

#include "common/base64.h"

#include <openssl/sha.h>
#include <stdint.h>
#include <string.h>

bool hostpattern_glob(struct span pattern, const char *name)
{
	size_t star = SIZE_MAX, back = 0, p = 0, i = 0;

	while (name[i]) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			back = i;
		} else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == name[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++back;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool hostpattern_patterns(const char *names, const char *name)
{
	struct span rest = span_str(names), one;
	bool found = false;

	while (span_split(&rest, ',', &one)) {
		bool negated = one.n && one.p[0] == '!';

		if (negated) {
			one.p++;
			one.n--;
		}
		if (!one.n || !hostpattern_glob(one, name))
			continue;
		if (negated)
			return false;
		found = true;
	}
	return found;
}

bool hostpattern_plain(const char *names, const char *name)
{
	struct span rest = span_str(names), one;

	while (span_split(&rest, ',', &one))
		if (span_eq(one, name))
			return true;
	return false;
}

#define HASH_BYTES  SHA_DIGEST_LENGTH
#define HASH_PREFIX "|1|"

static void hmac_sha1(const unsigned char salt[HASH_BYTES], const char *text, size_t n,
	unsigned char out[HASH_BYTES])
{
	unsigned char pad[SHA_CBLOCK];
	SHA_CTX ctx;

	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] = (unsigned char)((i < HASH_BYTES ? salt[i] : 0) ^ 0x36);
	SHA1_Init(&ctx);
	SHA1_Update(&ctx, pad, sizeof(pad));
	SHA1_Update(&ctx, text, n);
	SHA1_Final(out, &ctx);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA1_Init(&ctx);
	SHA1_Update(&ctx, pad, sizeof(pad));
	SHA1_Update(&ctx, out, HASH_BYTES);
	SHA1_Final(out, &ctx);
}

/* "|1|salt|hash", each 20 bytes in base64. */
static bool read_hash(
	const char *names, unsigned char salt[HASH_BYTES], unsigned char hash[HASH_BYTES])
{
	const size_t part = (HASH_BYTES + 2) / 3 * 4;
	const char *p;
	char bytes[(HASH_BYTES + 2) / 3 * 3];

	if (!str_starts(names, HASH_PREFIX))
		return false;
	p = names + strlen(HASH_PREFIX);
	if (strlen(p) != part + 1 + part || p[part] != '|')
		return false;
	if (base64_decode(bytes, p, part) != HASH_BYTES)
		return false;
	memcpy(salt, bytes, HASH_BYTES);
	if (base64_decode(bytes, p + part + 1, part) != HASH_BYTES)
		return false;
	memcpy(hash, bytes, HASH_BYTES);
	return true;
}

bool hostpattern_is_hash(const char *names)
{
	unsigned char salt[HASH_BYTES], hash[HASH_BYTES];

	return read_hash(names, salt, hash);
}

bool hostpattern_hashed(const char *names, const char *name)
{
	unsigned char salt[HASH_BYTES], want[HASH_BYTES], got[HASH_BYTES];

	if (!read_hash(names, salt, want))
		return false;
	hmac_sha1(salt, name, strlen(name), got);
	return memcmp(got, want, HASH_BYTES) == 0;
}
