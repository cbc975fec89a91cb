/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hosts that have been taken over, within SSH: each mode is a server of its own on a port of
 * 127.0.0.1 that misbehaves in its way, in packets that no honest library would send. It lets in
 * whoever offers a key, and where the mode leaves room for that answers any question by one row.
 *
 *   evilsshd DIR
 *
 * Prints "MODE PORT" per mode, then an empty line; all have one host key, for which DIR/known_hosts
 * has a line each. Ends when stdin does, or after five minutes.
 *
 * What it speaks: curve25519-sha256, ssh-ed25519, aes128-gcm@openssh.com.
 */
#include "common/base64.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIFE_S	   300
#define CONN_S	   120
#define PACKET_MAX (256u << 10)
/* No flood sends more. */
#define FLOOD_BYTES (64u << 20)
#define VERSION	    "SSH-2.0-evilsshd"
#define EVIL                                                                                       \
	"\033]0;owned\007\033[2J\xe2\x80\xae\x9b"                                                  \
	"31mevil\r\n"

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

struct direction {
	unsigned char key[CIPHER_KEY], iv[IV_BYTES];
	bool on;
};

struct link {
	int fd;
	const struct mode *mode;
	struct direction in, out;
	struct buf say;	  /* the packet that is made up */
	struct buf heard; /* the last one that came: its payload */
	size_t at;	  /* how much of that was read */
	uint32_t channel; /* the client's number of it */
	size_t sent;
	bool spoil_tag; /* of the next packet */
};

/* When the mode's act is done; then all goes on as if nothing had been. */
enum when {
	NEVER,
	AT_KEXINIT, /* instead of the answer to the exchange */
	AT_SERVICE, /* before authentication is offered */
	AT_AUTH,    /* before each answer to an attempt */
	AT_OPEN,    /* before the channel is confirmed */
	AT_CONFIRMED,
	AT_HELLO, /* after the agent's hello */
};

struct mode {
	const char *name;
	enum when when;
	void (*act)(struct link *l);
	uint32_t packet, window; /* offered with the channel; 0: the usual */
	bool packet_said, window_said, refuse;
	int auth; /* what an attempt is answered by; 0: success */
	bool bad_signature, zero_point, short_point, long_lists;
};

static EVP_PKEY *host_key;
static unsigned char host_public[KEY_BYTES];

/* ---- Packets ---- */

static void must(int r)
{
	if (r < 0)
		_exit(1);
}

static void say_byte(struct link *l, unsigned v)
{
	must(buf_putc(&l->say, (char)v));
}

static void add_u32(struct buf *b, uint32_t v)
{
	const uint32_t wire = htonl(v);

	must(buf_add(b, &wire, sizeof(wire)));
}

static void say_u32(struct link *l, uint32_t v)
{
	add_u32(&l->say, v);
}

static void add_bytes(struct buf *b, const void *p, size_t n)
{
	add_u32(b, (uint32_t)n);
	must(buf_add(b, p, n));
}

static void say_text(struct link *l, const char *text)
{
	add_bytes(&l->say, text, strlen(text));
}

/* The next packet begins. */
static void say(struct link *l, enum msg type)
{
	buf_reset(&l->say);
	say_byte(l, type);
}

/* Of one packet more. */
static void count(struct direction *d)
{
	for (size_t i = IV_BYTES; i-- > IV_BYTES - 8 && ++d->iv[i] == 0;)
		;
}

static void seal(struct direction *d, unsigned char *p, size_t n, unsigned char tag[TAG_BYTES])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len;

	if (!EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, d->key, d->iv) ||
		!EVP_EncryptUpdate(c, NULL, &len, p, 4) ||
		!EVP_EncryptUpdate(c, p + 4, &len, p + 4, (int)n - 4) ||
		!EVP_EncryptFinal_ex(c, p + n, &len) ||
		!EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag))
		_exit(1);
	EVP_CIPHER_CTX_free(c);
	count(d);
}

static void write_all(struct link *l, const void *p, size_t n)
{
	l->sent += n;
	/* The client has enough of it. */
	if (io_write_all(l->fd, p, n) < 0)
		_exit(0);
}

/* Sends `n` bytes as a packet, with a length and a padding that may be wrong. */
static void send_as(
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
		seal(&l->out, (unsigned char *)b.p, b.len, tag);
		tag[0] ^= l->spoil_tag;
		l->spoil_tag = false;
		must(buf_add(&b, tag, sizeof(tag)));
	}
	write_all(l, b.p, b.len);
	buf_done(&b);
}

static void send_payload(struct link *l, const void *p, size_t n)
{
	/* The length itself is part of what is padded only while it is in the clear. */
	const size_t block = l->out.on ? 16 : 8, head = l->out.on ? 1 : 5;
	size_t padding = block - (head + n) % block;

	if (padding < 4)
		padding += block;
	send_as(l, p, n, (uint32_t)(1 + n + padding), (unsigned)padding);
}

static void send_said(struct link *l)
{
	send_payload(l, l->say.p, l->say.len);
}

static void read_all(struct link *l, void *p, size_t n)
{
	char *to = p;

	for (ssize_t r; n; n -= (size_t)r, to += r)
		if ((r = read(l->fd, to, n)) <= 0)
			_exit(0);
}

static void unseal(struct direction *d, unsigned char *p, size_t n, unsigned char tag[TAG_BYTES])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len;

	if (!EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, d->key, d->iv) ||
		!EVP_DecryptUpdate(c, NULL, &len, p, 4) ||
		!EVP_DecryptUpdate(c, p + 4, &len, p + 4, (int)n - 4) ||
		!EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) ||
		EVP_DecryptFinal_ex(c, p + n, &len) <= 0)
		_exit(1);
	EVP_CIPHER_CTX_free(c);
	count(d);
}

/* The type of the next packet; its payload is l->heard. */
static unsigned hear(struct link *l)
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
		unseal(&l->in, whole, 4 + n, whole + 4 + n);
	if (whole[4] + 2u > n)
		_exit(1);
	buf_reset(&l->heard);
	must(buf_add(&l->heard, whole + 5, n - 1 - whole[4]));
	l->at = 1;
	return whole[5];
}

static unsigned hear_byte(struct link *l)
{
	return l->at < l->heard.len ? (unsigned char)l->heard.p[l->at++] : 0;
}

static uint32_t hear_u32(struct link *l)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 8 | hear_byte(l);
	return v;
}

static struct span hear_text(struct link *l)
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

static void say_kexinit(struct link *l)
{
	static const char *const lists[] = {"curve25519-sha256", "ssh-ed25519",
		"aes128-gcm@openssh.com", "aes128-gcm@openssh.com", "hmac-sha2-256",
		"hmac-sha2-256", "none", "none", "", ""};

	say(l, MSG_KEXINIT);
	must(buf_puts(&l->say, COOKIE));
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		if (i > 0 || !l->mode->long_lists) {
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

static void add_mpint(struct buf *b, const unsigned char *p, size_t n)
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

static void add_host_key(struct buf *b)
{
	add_u32(b, 4 + 11 + 4 + KEY_BYTES);
	add_bytes(b, "ssh-ed25519", 11);
	add_bytes(b, host_public, KEY_BYTES);
}

static void digest(const struct buf *b, unsigned char out[KEY_BYTES])
{
	if (!EVP_Digest(b->p, b->len, out, NULL, EVP_sha256(), NULL))
		_exit(1);
}

static EVP_PKEY *agree(const unsigned char theirs[KEY_BYTES], unsigned char secret[KEY_BYTES])
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
static void derive(struct direction *d, const unsigned char secret[KEY_BYTES],
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

static void reply_to_exchange(
	struct link *l, const unsigned char public[KEY_BYTES], const unsigned char hash[KEY_BYTES])
{
	unsigned char signature[64];
	size_t n = sizeof(signature);
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(c, NULL, NULL, NULL, host_key) <= 0 ||
		EVP_DigestSign(c, signature, &n, hash, KEY_BYTES) <= 0)
		_exit(1);
	EVP_MD_CTX_free(c);
	signature[5] ^= l->mode->bad_signature;
	say(l, MSG_KEX_REPLY);
	add_host_key(&l->say);
	add_bytes(&l->say, public, KEY_BYTES - l->mode->short_point);
	say_u32(l, 4 + 11 + 4 + 64);
	say_text(l, "ssh-ed25519");
	add_bytes(&l->say, signature, sizeof(signature));
	send_said(l);
}

/* The client's version, both KEXINITs: all that is signed, but for the points. */
static void begin_exchange(struct link *l, struct buf *signed_text)
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

static void act_at(struct link *l, enum when when)
{
	if (l->mode->when == when)
		l->mode->act(l);
}

static void exchange_keys(struct link *l)
{
	unsigned char public[KEY_BYTES], secret[KEY_BYTES], hash[KEY_BYTES];
	size_t n = KEY_BYTES;
	struct span theirs;
	EVP_PKEY *own;
	struct buf b;

	buf_init(&b, PACKET_MAX);
	begin_exchange(l, &b);
	act_at(l, AT_KEXINIT);
	if (hear(l) != MSG_KEX_INIT)
		_exit(1);
	theirs = hear_text(l);
	if (theirs.n != KEY_BYTES)
		_exit(1);
	own = agree((const unsigned char *)theirs.p, secret);
	EVP_PKEY_get_raw_public_key(own, public, &n);
	EVP_PKEY_free(own);
	if (l->mode->zero_point) {
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

/* ---- A server ---- */

static void say_failure(struct link *l, bool partly)
{
	say(l, MSG_AUTH_FAILURE);
	say_text(l, "publickey");
	say_byte(l, partly);
	send_said(l);
}

static void say_pk_ok(struct link *l, struct span algorithm, struct span key)
{
	say(l, MSG_AUTH_PK_OK);
	add_bytes(&l->say, algorithm.p, algorithm.n);
	add_bytes(&l->say, key.p, key.n);
	send_said(l);
}

static void answer_attempt(struct link *l)
{
	struct span method, algorithm, key;
	unsigned signed_;

	(void)hear_text(l);
	(void)hear_text(l);
	method = hear_text(l);
	act_at(l, AT_AUTH);
	if (!span_eq(method, "publickey")) {
		say_failure(l, false);
		return;
	}
	signed_ = hear_byte(l);
	algorithm = hear_text(l);
	key = hear_text(l);
	if (l->mode->auth == MSG_AUTH_FAILURE) {
		say_failure(l, l->mode->packet != 0);
	} else if (!signed_ || l->mode->auth == MSG_AUTH_PK_OK) {
		say_pk_ok(l, algorithm, key);
	} else {
		say(l, MSG_AUTH_SUCCESS);
		send_said(l);
	}
}

static void confirm(struct link *l, uint32_t packet)
{
	say(l, MSG_OPEN_CONFIRMATION);
	say_u32(l, l->channel);
	say_u32(l, 0);
	say_u32(l, l->mode->window_said ? l->mode->window : 1u << 30);
	say_u32(l, packet);
	send_said(l);
}

static void say_data(struct link *l, uint32_t channel, const char *text)
{
	say(l, MSG_DATA);
	say_u32(l, channel);
	say_text(l, text);
	send_said(l);
}

static void open_channel(struct link *l)
{
	(void)hear_text(l);
	l->channel = hear_u32(l);
	act_at(l, AT_OPEN);
	if (l->mode->refuse)
		return;
	confirm(l, l->mode->packet_said ? l->mode->packet : 32768);
	act_at(l, AT_CONFIRMED);
}

static void answer_request(struct link *l)
{
	bool subsystem;

	(void)hear_u32(l);
	subsystem = span_eq(hear_text(l), "subsystem");
	if (hear_byte(l)) {
		say(l, MSG_SUCCESS);
		say_u32(l, l->channel);
		send_said(l);
	}
	if (!subsystem)
		return;
	say_data(l, l->channel,
		"{\"op\":\"hello\",\"protocol\":1,\"agent\":\"0.1.0\",\"privileged\":true,"
		"\"host\":{\"name\":\"evil\"},\"time\":1790000000.5,"
		"\"ops\":[\"query\",\"ping\",\"cancel\"],\"actions\":[]}\n");
	act_at(l, AT_HELLO);
}

/* Questions come a few bytes at a time where the window is small. */
static void answer_question(struct link *l)
{
	static struct buf asked = {.max = PACKET_MAX};
	struct span piece;
	char reply[512], *at;
	int id;

	(void)hear_u32(l);
	piece = hear_text(l);
	must(buf_add(&asked, piece.p, piece.n));
	if (!memchr(asked.p, '\n', asked.len) || !(at = strstr(asked.p, "\"id\":")))
		return;
	id = (int)strtol(at + 5, NULL, 10);
	buf_reset(&asked);
	snprintf(reply, sizeof(reply),
		"{\"op\":\"columns\",\"id\":%d,\"columns\":[{\"name\":\"one\",\"type\":\"BIGINT\"}]"
		"}\n"
		"{\"op\":\"rows\",\"id\":%d,\"rows\":[[1]]}\n"
		"{\"op\":\"done\",\"id\":%d,\"rows\":1,\"ms\":1.0,\"warnings\":[]}\n",
		id, id, id);
	say_data(l, l->channel, reply);
}

static void serve(struct link *l)
{
	exchange_keys(l);
	for (;;) {
		switch (hear(l)) {
		case MSG_SERVICE_REQUEST:
			act_at(l, AT_SERVICE);
			say(l, MSG_SERVICE_ACCEPT);
			say_text(l, "ssh-userauth");
			send_said(l);
			break;
		case MSG_AUTH_REQUEST:
			answer_attempt(l);
			break;
		case MSG_GLOBAL_REQUEST:
			say(l, MSG_REQUEST_FAILURE);
			send_said(l);
			break;
		case MSG_OPEN:
			open_channel(l);
			break;
		case MSG_REQUEST:
			answer_request(l);
			break;
		case MSG_DATA:
			answer_question(l);
			break;
		case MSG_DISCONNECT:
			_exit(0);
		default:
			break;
		}
	}
}

/* ---- What the modes do ---- */

/* Sends the packet that was made up again and again. */
static void flood(struct link *l)
{
	while (l->sent < FLOOD_BYTES)
		send_said(l);
}

static void confirm_again(struct link *l)
{
	confirm(l, 10);
}

static void confirm_twice(struct link *l)
{
	confirm(l, 32768);
}

static void adjust(struct link *l, uint32_t by)
{
	say(l, MSG_WINDOW_ADJUST);
	say_u32(l, l->channel);
	say_u32(l, by);
	send_said(l);
}

static void drip(struct link *l)
{
	for (int i = 0; i < 2000; i++)
		adjust(l, 1);
}

static void overflow_window(struct link *l)
{
	for (int i = 0; i < 100; i++)
		adjust(l, UINT32_MAX);
}

static void early_data(struct link *l)
{
	say_data(l, l->channel, "{\"op\":\"hello\",\"protocol\":1}\n");
}

static void lying_data(struct link *l)
{
	say(l, MSG_DATA);
	say_u32(l, l->channel);
	say_u32(l, INT32_MAX);
	say_u32(l, 0);
	flood(l);
}

static void stray_data(struct link *l)
{
	say(l, MSG_DATA);
	say_u32(l, 4711);
	say_text(l, EVIL);
	flood(l);
}

static char much[30001];

static void much_data(struct link *l)
{
	say(l, MSG_DATA);
	say_u32(l, l->channel);
	say_text(l, much);
	flood(l);
}

static void much_stderr(struct link *l)
{
	say(l, MSG_EXTENDED_DATA);
	say_u32(l, l->channel);
	say_u32(l, 1);
	say_text(l, much);
	flood(l);
}

static void many_channels(struct link *l)
{
	static const char *const types[] = {
		"x11", "forwarded-tcpip", "auth-agent@openssh.com", "session", EVIL};

	for (uint32_t i = 0; l->sent < FLOOD_BYTES; i++) {
		say(l, MSG_OPEN);
		say_text(l, types[i % ARRAY_LEN(types)]);
		say_u32(l, i);
		say_u32(l, 1u << 20);
		say_u32(l, 32768);
		say_text(l, "127.0.0.1");
		say_u32(l, 22);
		say_text(l, "127.0.0.1");
		say_u32(l, 22);
		send_said(l);
	}
}

static void many_requests(struct link *l)
{
	say(l, MSG_GLOBAL_REQUEST);
	say_text(l, "keepalive@openssh.com");
	say_byte(l, 1);
	flood(l);
}

static void many_ends(struct link *l)
{
	say(l, MSG_REQUEST);
	say_u32(l, l->channel);
	say_text(l, "exit-status");
	say_byte(l, 0);
	say_u32(l, 3);
	flood(l);
}

static void exit_signal(struct link *l)
{
	say(l, MSG_REQUEST);
	say_u32(l, l->channel);
	say_text(l, "exit-signal");
	say_byte(l, 0);
	say_text(l, EVIL);
	say_byte(l, 0);
	say_text(l, EVIL);
	say_text(l, "");
	send_said(l);
	say(l, MSG_CLOSE);
	say_u32(l, l->channel);
	send_said(l);
}

static void one_banner(struct link *l)
{
	say(l, MSG_AUTH_BANNER);
	say_text(l, EVIL);
	say_text(l, "");
	send_said(l);
}

static void many_banners(struct link *l)
{
	say(l, MSG_AUTH_BANNER);
	say_text(l, much);
	say_text(l, "");
	flood(l);
}

static void many_ignored(struct link *l)
{
	say(l, MSG_IGNORE);
	say_text(l, "");
	flood(l);
}

static void many_debug(struct link *l)
{
	say(l, MSG_DEBUG);
	say_byte(l, 1);
	say_text(l, EVIL);
	say_text(l, "");
	flood(l);
}

static void many_unknown(struct link *l)
{
	say(l, MSG_UNKNOWN);
	flood(l);
}

static void half_a_rekey(struct link *l)
{
	say_kexinit(l);
	send_said(l);
}

static void many_rekeys(struct link *l)
{
	say_kexinit(l);
	flood(l);
}

static void disconnect(struct link *l)
{
	say(l, MSG_DISCONNECT);
	say_u32(l, 2);
	say_text(l, EVIL);
	say_text(l, "");
	send_said(l);
	_exit(0);
}

static void lying_disconnect(struct link *l)
{
	say(l, MSG_DISCONNECT);
	say_u32(l, 2);
	say_u32(l, UINT32_MAX);
	send_said(l);
	_exit(0);
}

static void early_success(struct link *l)
{
	say(l, MSG_AUTH_SUCCESS);
	send_said(l);
}

static void refuse_channel(struct link *l)
{
	say(l, MSG_OPEN_FAILURE);
	say_u32(l, l->channel);
	say_u32(l, 2);
	say_text(l, EVIL);
	say_text(l, "");
	send_said(l);
}

static void spoil_tag(struct link *l)
{
	l->spoil_tag = true;
}

static void endless_packet(struct link *l)
{
	send_as(l, "zzzz", 4, 0xffffff, 11);
	much_data(l);
}

static void all_padding(struct link *l)
{
	send_as(l, "zzzzzzzzzzz", 11, 16, 255);
	much_data(l);
}

static void no_payload(struct link *l)
{
	send_as(l, "", 0, 16, 15);
}

static void say_eof(struct link *l)
{
	say(l, MSG_EOF);
	say_u32(l, l->channel);
	send_said(l);
}

static void close_channel(struct link *l)
{
	say(l, MSG_CLOSE);
	say_u32(l, l->channel);
	send_said(l);
}

static void lying_ext_info(struct link *l)
{
	say(l, MSG_EXT_INFO);
	say_u32(l, UINT32_MAX);
	send_said(l);
}

#define PACKET(n) .packet = (n), .packet_said = true
static const struct mode modes[] = {
	{"good"},
	/* libssh leaves ten bytes for a head, and writes without end when nothing is left. */
	{"packet-10", PACKET(10)},
	{"packet-0", PACKET(0)},
	{"packet-9", PACKET(9)},
	{"packet-11", PACKET(11)},
	{"packet-4095", PACKET(4095)},
	{"packet-4096", PACKET(4096)},
	{"packet-endless", PACKET(UINT32_MAX)},
	{"packet-later", AT_HELLO, confirm_again},
	{"packet-sooner", AT_CONFIRMED, confirm_again},
	{"confirm-twice", AT_CONFIRMED, confirm_twice},
	{"window-0", .window_said = true},
	{"window-drip", AT_HELLO, drip, .window_said = true},
	{"window-overflow", AT_HELLO, overflow_window},
	{"data-early", AT_OPEN, early_data},
	{"data-lies", AT_HELLO, lying_data},
	{"data-stray", AT_HELLO, stray_data},
	{"data-flood", AT_HELLO, much_data},
	{"stderr-flood", AT_HELLO, much_stderr},
	{"open-flood", AT_HELLO, many_channels},
	{"open-flood-auth", AT_AUTH, many_channels},
	{"request-flood", AT_HELLO, many_requests},
	{"request-flood-auth", AT_AUTH, many_requests},
	{"status-flood", AT_HELLO, many_ends},
	{"exit-signal", AT_HELLO, exit_signal},
	{"banner", AT_AUTH, one_banner},
	{"banner-flood", AT_AUTH, many_banners},
	{"ignore-flood", AT_HELLO, many_ignored},
	{"ignore-flood-open", AT_OPEN, many_ignored},
	{"debug-flood", AT_HELLO, many_debug},
	{"unknown-flood", AT_HELLO, many_unknown},
	{"rekey-half", AT_HELLO, half_a_rekey},
	{"rekey-flood", AT_HELLO, many_rekeys},
	{"disconnect-auth", AT_AUTH, disconnect},
	{"disconnect-open", AT_OPEN, disconnect},
	{"disconnect-hello", AT_HELLO, disconnect},
	{"disconnect-lies", AT_OPEN, lying_disconnect},
	{"auth-never", .auth = MSG_AUTH_FAILURE},
	{"auth-partly", .auth = MSG_AUTH_FAILURE, .packet = 1},
	{"auth-pk-ok", .auth = MSG_AUTH_PK_OK},
	{"success-service", AT_SERVICE, early_success},
	{"success-plain", AT_KEXINIT, early_success},
	{"open-refused", AT_OPEN, refuse_channel, .refuse = true},
	{"bad-signature", .bad_signature = true},
	{"zero-point", .zero_point = true},
	{"short-point", .short_point = true},
	{"long-lists", .long_lists = true},
	{"bad-tag", AT_HELLO, spoil_tag},
	{"endless-packet", AT_HELLO, endless_packet},
	{"all-padding", AT_HELLO, all_padding},
	{"no-payload", AT_HELLO, no_payload},
	{"eof", AT_CONFIRMED, say_eof},
	{"close", AT_CONFIRMED, close_channel},
	{"ext-info", AT_AUTH, lying_ext_info},
};

/* ---- The listeners ---- */

static void make_host_key(void)
{
	size_t n = KEY_BYTES;

	host_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!host_key || !EVP_PKEY_get_raw_public_key(host_key, host_public, &n))
		_exit(1);
}

static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) < 0 ||
		getsockname(fd, (struct sockaddr *)&a, &n) < 0 || listen(fd, 16) < 0)
		return -1;
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static void greet(const struct mode *mode, int listener)
{
	struct link l = {.mode = mode};

	l.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (l.fd < 0)
		return;
	if (fork() == 0) {
		alarm(CONN_S);
		buf_init(&l.say, PACKET_MAX);
		buf_init(&l.heard, PACKET_MAX);
		serve(&l);
	}
	io_close(l.fd);
}

int main(int argc, char **argv)
{
	struct pollfd p[1 + ARRAY_LEN(modes)] = {{.fd = STDIN_FILENO, .events = POLLIN}};
	struct buf blob, text;
	char path[4096], byte;
	FILE *known;

	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	alarm(LIFE_S);
	memset(much, 'a', sizeof(much) - 1);
	make_host_key();
	buf_init(&blob, 4096);
	buf_init(&text, 4096);
	add_host_key(&blob);
	must(base64_encode(&text, blob.p + 4, blob.len - 4));
	if (argc != 2 ||
		snprintf(path, sizeof(path), "%s/known_hosts", argv[1]) >= (int)sizeof(path) ||
		!(known = fopen(path, "we"))) {
		fprintf(stderr, "usage: evilsshd DIR\n");
		return 2;
	}
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		uint16_t port;

		p[1 + i] = (struct pollfd){.fd = listen_somewhere(&port), .events = POLLIN};
		if (p[1 + i].fd < 0) {
			fprintf(stderr, "evilsshd: %s\n", strerror(errno));
			return 1;
		}
		printf("%s %u\n", modes[i].name, port);
		fprintf(known, "[127.0.0.1]:%u ssh-ed25519 %s\n", port, buf_str(&text));
	}
	fclose(known);
	printf("\n");
	fflush(stdout);
	for (;;) {
		if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
			return 1;
		if (p[0].revents && read(STDIN_FILENO, &byte, 1) <= 0)
			return 0;
		for (size_t i = 0; i < ARRAY_LEN(modes); i++)
			if (p[1 + i].revents)
				greet(&modes[i], p[1 + i].fd);
	}
}
