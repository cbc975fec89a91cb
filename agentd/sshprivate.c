/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sshprivate.h"

#include "common/str.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#define OPENSSH_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
/* base64 of "openssh-key-v1", a NUL and the length and name of the cipher "none". */
#define OPENSSH_PLAIN "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"

static const char *type_name(int id)
{
	switch (id) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA2:
		return "rsa";
	case EVP_PKEY_DSA:
	case EVP_PKEY_DSA1:
	case EVP_PKEY_DSA2:
	case EVP_PKEY_DSA3:
	case EVP_PKEY_DSA4:
		return "dsa";
	case EVP_PKEY_DH:
	case EVP_PKEY_DHX:
		return "dh";
	case EVP_PKEY_EC:
		return "ec";
	case EVP_PKEY_HMAC:
		return "hmac";
	case EVP_PKEY_CMAC:
		return "cmac";
	default:
		return "";
	}
}

/* Nobody is asked for a passphrase; that one is needed is what is to be known. */
static int passphrase(char *p, int size, int writing, void *arg)
{
	(void)p, (void)size, (void)writing;
	*(bool *)arg = true;
	return -1;
}

static void describe(const EVP_PKEY *key, struct sshprivate *k)
{
	size_t n;

	k->type = type_name(EVP_PKEY_get_base_id(key));
	k->bits = EVP_PKEY_get_bits(key);
	k->security_bits = EVP_PKEY_get_security_bits(key);
	if (!EVP_PKEY_get_group_name(key, k->group, sizeof(k->group), &n))
		k->group[0] = '\0';
}

static bool read_pem(const char *p, size_t n, struct sshprivate *k)
{
	BIO *bio = BIO_new_mem_buf(p, (int)n);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, passphrase, &k->encrypted) : NULL;

	if (key)
		describe(key, k);
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	return key || k->encrypted;
}

static bool openssh_encrypted(const char *p)
{
	p += strlen(OPENSSH_BEGIN);
	while (*p == '\r' || *p == '\n')
		p++;
	return !str_starts(p, OPENSSH_PLAIN);
}

bool sshprivate_read(const char *p, size_t n, struct sshprivate *ret)
{
	struct sshprivate k = {.type = "", .bits = -1, .security_bits = -1};

	if (!n || n > SSHPRIVATE_MAX || !memmem(p, n, "PRIVATE KEY", strlen("PRIVATE KEY")))
		return false;
	if (!read_pem(p, n, &k)) {
		if (!str_starts(p, OPENSSH_BEGIN))
			return false;
		k.encrypted = openssh_encrypted(p);
	}
	*ret = k;
	return true;
}
