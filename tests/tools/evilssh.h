/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SSH of evilsshd.c: packets as they are wanted, and the exchange of keys, which may go wrong.
 * A connection that ends, or says what cannot be, ends the process.
 */
#ifndef TESTS_TOOLS_EVILSSH_H
#define TESTS_TOOLS_EVILSSH_H

#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#define PACKET_MAX (256u << 10)
#define VERSION	   "SSH-2.0-evilsshd"
#define KEY_BYTES  32
#define IV_BYTES   12
#define TAG_BYTES  16
#define CIPHER_KEY 16

enum msg {
	MSG_DISCONNECT = 1,
	MSG_IGNORE = 2,
	MSG_DEBUG = 4,
	MSG_SERVICE_REQUEST = 5,
	MSG_SERVICE_ACCEPT = 6,
	MSG_EXT_INFO = 7,
	MSG_KEXINIT = 20,
	MSG_NEWKEYS = 21,
	MSG_KEX_INIT = 30,
	MSG_KEX_REPLY = 31,
	MSG_AUTH_REQUEST = 50,
	MSG_AUTH_FAILURE = 51,
	MSG_AUTH_SUCCESS = 52,
	MSG_AUTH_BANNER = 53,
	MSG_AUTH_PK_OK = 60,
	MSG_GLOBAL_REQUEST = 80,
	MSG_REQUEST_FAILURE = 82,
	MSG_OPEN = 90,
	MSG_OPEN_CONFIRMATION = 91,
	MSG_OPEN_FAILURE = 92,
	MSG_WINDOW_ADJUST = 93,
	MSG_DATA = 94,
	MSG_EXTENDED_DATA = 95,
	MSG_EOF = 96,
	MSG_CLOSE = 97,
	MSG_REQUEST = 98,
	MSG_SUCCESS = 99,
	MSG_UNKNOWN = 200,
};

struct link;

/* What goes wrong while keys are exchanged. */
struct exchange {
	void (*early)(struct link *l); /* instead of an answer */
	bool bad_signature, zero_point, short_point, long_lists;
};

struct direction {
	unsigned char key[CIPHER_KEY], iv[IV_BYTES];
	bool on;
};

struct link {
	int fd;
	const struct mode *mode;
	const struct exchange *how;
	struct direction in, out;
	struct buf say;	  /* the packet that is made up */
	struct buf heard; /* the last one that came: its payload */
	size_t at;	  /* how much of that was read */
	uint32_t channel; /* the client's number of it */
	size_t sent;
	bool spoil_tag; /* of the next packet */
};

static EVP_PKEY *host_key;
static unsigned char host_public[KEY_BYTES];

/* ---- Packets ---- */

static inline void must(int r)
{
	if (r < 0)
		_exit(1);
}

static inline void say_byte(struct link *l, unsigned v)
{
	must(buf_putc(&l->say, (char)v));
}

static inline void add_u32(struct buf *b, uint32_t v)
{
	const uint32_t wire = htonl(v);

	must(buf_add(b, &wire, sizeof(wire)));
}

static inline void say_u32(struct link *l, uint32_t v)
{
	add_u32(&l->say, v);
}

static inline void add_bytes(struct buf *b, const void *p, size_t n)
{
	add_u32(b, (uint32_t)n);
	must(buf_add(b, p, n));
}

static inline void say_text(struct link *l, const char *text)
{
	add_bytes(&l->say, text, strlen(text));
}

/* The next packet begins. */
static inline void say(struct link *l, enum msg type)
{
	buf_reset(&l->say);
	say_byte(l, type);
}

static inline void say_on_channel(struct link *l, enum msg type)
{
	say(l, type);
	say_u32(l, l->channel);
}

/* Of one packet more. */
static inline void count(struct direction *d)
{
	for (size_t i = IV_BYTES; i-- > IV_BYTES - 8 && ++d->iv[i] == 0;)
		;
}

/* Seals what is behind the length, or opens it, in place; `tag` is told or looked at. */
static inline void crypt_packet(
	struct direction *d, bool seal, unsigned char *p, size_t n, unsigned char tag[TAG_BYTES])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len;

	if (!EVP_CipherInit_ex(c, EVP_aes_128_gcm(), NULL, d->key, d->iv, seal) ||
		!EVP_CipherUpdate(c, NULL, &len, p, 4) ||
		!EVP_CipherUpdate(c, p + 4, &len, p + 4, (int)n - 4) ||
		(!seal && !EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag)) ||
		EVP_CipherFinal_ex(c, p + n, &len) <= 0 ||
		(seal && !EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag)))
		_exit(1);
	EVP_CIPHER_CTX_free(c);
	count(d);
}

static inline void write_all(struct link *l, const void *p, size_t n)
{
	l->sent += n;
	/* The client has enough of it. */
	if (io_write_all(l->fd, p, n) < 0)
		_exit(0);
}

/* Sends `n` bytes as a packet, with a length and a padding that may be wrong. */
static inline void send_as(
	struct link *l, const void *payload, size_t n, uint32_t length, unsigned padding)
{
	unsigned char tag[TAG_BYTES];
	struct buf b;

	buf_init(&b, PACKET_MAX);
	add_u32(&b, length);
	must(buf_putc(&b, (char)padding));
	must(buf_add(&b, payload, n));
	must(buf_fill(&b, 'p', 4 + padding % 32));
	buf_cut(&b, 5 + n + (padding < 32 ? padding : 4));
	if (l->out.on) {
		crypt_packet(&l->out, true, (unsigned char *)b.p, b.len, tag);
		tag[0] ^= l->spoil_tag;
		l->spoil_tag = false;
		must(buf_add(&b, tag, sizeof(tag)));
	}
	write_all(l, b.p, b.len);
	buf_done(&b);
}

static inline void send_payload(struct link *l, const void *p, size_t n)
{
	/* The length itself is part of what is padded only while it is in the clear. */
	const size_t block = l->out.on ? 16 : 8, head = l->out.on ? 1 : 5;
	size_t padding = block - (head + n) % block;

	if (padding < 4)
		padding += block;
	send_as(l, p, n, (uint32_t)(1 + n + padding), (unsigned)padding);
}

static inline void send_said(struct link *l)
{
	send_payload(l, l->say.p, l->say.len);
}

static inline void read_all(struct link *l, void *p, size_t n)
{
	char *to = p;

	for (ssize_t r; n; n -= (size_t)r, to += r)
		if ((r = read(l->fd, to, n)) <= 0)
			_exit(0);
}

/* The type of the next packet; its payload is l->heard. */
static inline unsigned hear(struct link *l)
{
	static unsigned char whole[PACKET_MAX + TAG_BYTES];
	uint32_t n;

	read_all(l, whole, 4);
	memcpy(&n, whole, 4);
	n = ntohl(n);
	if (n < 2 || n > PACKET_MAX - 4)
		_exit(1);
	read_all(l, whole + 4, n + (l->in.on ? TAG_BYTES : 0));
	if (l->in.on)
		crypt_packet(&l->in, false, whole, 4 + n, whole + 4 + n);
	if (whole[4] + 2u > n)
		_exit(1);
	buf_reset(&l->heard);
	must(buf_add(&l->heard, whole + 5, n - 1 - whole[4]));
	l->at = 1;
	return whole[5];
}

static inline unsigned hear_byte(struct link *l)
{
	return l->at < l->heard.len ? (unsigned char)l->heard.p[l->at++] : 0;
}

static inline uint32_t hear_u32(struct link *l)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 8 | hear_byte(l);
	return v;
}

static inline struct span hear_text(struct link *l)
{
	uint32_t n = hear_u32(l);
	struct span s = {l->heard.p + l->at, n};

	if (n > l->heard.len - l->at)
		_exit(1);
	l->at += n;
	return s;
}

/* ---- The exchange of keys ---- */

#define COOKIE "0123456789abcdef"

static inline void say_kexinit(struct link *l)
{
	static const char *const lists[] = {"curve25519-sha256", "ssh-ed25519",
		"aes128-gcm@openssh.com", "aes128-gcm@openssh.com", "hmac-sha2-256",
		"hmac-sha2-256", "none", "none", "", ""};

	say(l, MSG_KEXINIT);
	must(buf_puts(&l->say, COOKIE));
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		if (i > 0 || !l->how->long_lists) {
			say_text(l, lists[i]);
			continue;
		}
		say_u32(l, (uint32_t)(30000 + strlen(lists[i])));
		for (int n = 0; n < 6000; n++)
			must(buf_puts(&l->say, "evil,"));
		must(buf_puts(&l->say, lists[i]));
	}
	say_byte(l, 0);
	say_u32(l, 0);
}

static inline void add_mpint(struct buf *b, const unsigned char *p, size_t n)
{
	while (n && !*p) {
		p++;
		n--;
	}
	add_u32(b, (uint32_t)n + (n && *p & 0x80));
	if (n && *p & 0x80)
		must(buf_putc(b, 0));
	must(buf_add(b, p, n));
}

static inline void add_host_key(struct buf *b)
{
	add_u32(b, 4 + 11 + 4 + KEY_BYTES);
	add_bytes(b, "ssh-ed25519", 11);
	add_bytes(b, host_public, KEY_BYTES);
}

static inline void digest(const struct buf *b, unsigned char out[KEY_BYTES])
{
	if (!EVP_Digest(b->p, b->len, out, NULL, EVP_sha256(), NULL))
		_exit(1);
}

static inline EVP_PKEY *agree(
	const unsigned char theirs[KEY_BYTES], unsigned char secret[KEY_BYTES])
{
	EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, theirs, KEY_BYTES);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
	size_t n = KEY_BYTES;

	if (!other || EVP_PKEY_derive_init(c) <= 0 || EVP_PKEY_derive_set_peer(c, other) <= 0 ||
		EVP_PKEY_derive(c, secret, &n) <= 0)
		_exit(1);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(other);
	return own;
}

/* H, and from it the keys: of the first exchange it is the session's name, too. */
static inline void derive(struct direction *d, const unsigned char secret[KEY_BYTES],
	const unsigned char hash[KEY_BYTES], char iv, char key)
{
	unsigned char out[KEY_BYTES];
	struct buf b;

	for (int i = 0; i < 2; i++) {
		buf_init(&b, 4096);
		add_mpint(&b, secret, KEY_BYTES);
		must(buf_add(&b, hash, KEY_BYTES));
		must(buf_putc(&b, i ? key : iv));
		must(buf_add(&b, hash, KEY_BYTES));
		digest(&b, out);
		memcpy(i ? d->key : d->iv, out, i ? CIPHER_KEY : IV_BYTES);
		buf_done(&b);
	}
}

static inline void reply_to_exchange(
	struct link *l, const unsigned char public[KEY_BYTES], const unsigned char hash[KEY_BYTES])
{
	unsigned char signature[64];
	size_t n = sizeof(signature);
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(c, NULL, NULL, NULL, host_key) <= 0 ||
		EVP_DigestSign(c, signature, &n, hash, KEY_BYTES) <= 0)
		_exit(1);
	EVP_MD_CTX_free(c);
	signature[5] ^= l->how->bad_signature;
	say(l, MSG_KEX_REPLY);
	add_host_key(&l->say);
	add_bytes(&l->say, public, KEY_BYTES - l->how->short_point);
	say_u32(l, 4 + 11 + 4 + 64);
	say_text(l, "ssh-ed25519");
	add_bytes(&l->say, signature, sizeof(signature));
	send_said(l);
}

/* The client's version, both KEXINITs: all that is signed, but for the points. */
static inline void begin_exchange(struct link *l, struct buf *signed_text)
{
	char line[256];
	size_t n = 0;

	write_all(l, VERSION "\r\n", strlen(VERSION) + 2);
	while (n == 0 || line[n - 1] != '\n') {
		if (n == sizeof(line))
			_exit(1);
		read_all(l, line + n++, 1);
	}
	while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	add_bytes(signed_text, line, n);
	add_bytes(signed_text, VERSION, strlen(VERSION));
	if (hear(l) != MSG_KEXINIT)
		_exit(1);
	add_bytes(signed_text, l->heard.p, l->heard.len);
	say_kexinit(l);
	add_bytes(signed_text, l->say.p, l->say.len);
	send_said(l);
}

static inline void exchange_keys(struct link *l)
{
	unsigned char public[KEY_BYTES], secret[KEY_BYTES], hash[KEY_BYTES];
	size_t n = KEY_BYTES;
	struct span theirs;
	EVP_PKEY *own;
	struct buf b;

	buf_init(&b, PACKET_MAX);
	begin_exchange(l, &b);
	if (l->how->early)
		l->how->early(l);
	if (hear(l) != MSG_KEX_INIT)
		_exit(1);
	theirs = hear_text(l);
	if (theirs.n != KEY_BYTES)
		_exit(1);
	own = agree((const unsigned char *)theirs.p, secret);
	EVP_PKEY_get_raw_public_key(own, public, &n);
	EVP_PKEY_free(own);
	if (l->how->zero_point) {
		memset(public, 0, sizeof(public));
		memset(secret, 0, sizeof(secret));
	}
	add_host_key(&b);
	add_bytes(&b, theirs.p, theirs.n);
	add_bytes(&b, public, KEY_BYTES);
	add_mpint(&b, secret, KEY_BYTES);
	digest(&b, hash);
	buf_done(&b);
	reply_to_exchange(l, public, hash);
	say(l, MSG_NEWKEYS);
	send_said(l);
	derive(&l->in, secret, hash, 'A', 'C');
	derive(&l->out, secret, hash, 'B', 'D');
	l->out.on = true;
	if (hear(l) != MSG_NEWKEYS)
		_exit(1);
	l->in.on = true;
}

#endif
