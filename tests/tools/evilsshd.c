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
#include "tests/tools/evilssh.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define LIFE_S 300
#define CONN_S 120
/* No flood sends more. */
#define FLOOD_BYTES (64u << 20)
#define EVIL                                                                                       \
	"\033]0;owned\007\033[2J\xe2\x80\xae\x9b"                                                  \
	"31mevil\r\n"

/* When the mode's act is done; then all goes on as if nothing had been. */
enum when {
	NEVER,
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
	bool packet_said, window_said, refuse, partly;
	int auth; /* what an attempt is answered by; 0: success */
	struct exchange exchange;
};

static void act_at(struct link *l, enum when when)
{
	if (l->mode->when == when)
		l->mode->act(l);
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
		say_failure(l, l->mode->partly);
	} else if (!signed_ || l->mode->auth == MSG_AUTH_PK_OK) {
		say_pk_ok(l, algorithm, key);
	} else {
		say(l, MSG_AUTH_SUCCESS);
		send_said(l);
	}
}

static void confirm(struct link *l, uint32_t packet)
{
	say_on_channel(l, MSG_OPEN_CONFIRMATION);
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
		say_on_channel(l, MSG_SUCCESS);
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
	say_on_channel(l, MSG_WINDOW_ADJUST);
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
	say_on_channel(l, MSG_DATA);
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
	say_on_channel(l, MSG_DATA);
	say_text(l, much);
	flood(l);
}

static void much_stderr(struct link *l)
{
	say_on_channel(l, MSG_EXTENDED_DATA);
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
	say_on_channel(l, MSG_REQUEST);
	say_text(l, "exit-status");
	say_byte(l, 0);
	say_u32(l, 3);
	flood(l);
}

static void close_channel(struct link *l)
{
	say_on_channel(l, MSG_CLOSE);
	send_said(l);
}

static void exit_signal(struct link *l)
{
	say_on_channel(l, MSG_REQUEST);
	say_text(l, "exit-signal");
	say_byte(l, 0);
	say_text(l, EVIL);
	say_byte(l, 0);
	say_text(l, EVIL);
	say_text(l, "");
	send_said(l);
	close_channel(l);
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
	say_on_channel(l, MSG_OPEN_FAILURE);
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
	say_on_channel(l, MSG_EOF);
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
	{"auth-partly", .auth = MSG_AUTH_FAILURE, .partly = true},
	{"auth-pk-ok", .auth = MSG_AUTH_PK_OK},
	{"success-service", AT_SERVICE, early_success},
	{"success-plain", .exchange.early = early_success},
	{"open-refused", AT_OPEN, refuse_channel, .refuse = true},
	{"bad-signature", .exchange.bad_signature = true},
	{"zero-point", .exchange.zero_point = true},
	{"short-point", .exchange.short_point = true},
	{"long-lists", .exchange.long_lists = true},
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
	struct link l = {.mode = mode, .how = &mode->exchange};

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

/* A listener for each mode, and a line of known_hosts. */
static void listen_all(const char *dir, struct pollfd p[ARRAY_LEN(modes)])
{
	struct buf blob, text;
	char path[4096];
	FILE *known;

	buf_init(&blob, 4096);
	buf_init(&text, 4096);
	add_host_key(&blob);
	must(base64_encode(&text, blob.p + 4, blob.len - 4));
	snprintf(path, sizeof(path), "%s/known_hosts", dir);
	known = fopen(path, "we");
	for (size_t i = 0; known && i < ARRAY_LEN(modes); i++) {
		uint16_t port;

		p[i] = (struct pollfd){.fd = listen_somewhere(&port), .events = POLLIN};
		if (p[i].fd < 0)
			break;
		printf("%s %u\n", modes[i].name, port);
		fprintf(known, "[127.0.0.1]:%u ssh-ed25519 %s\n", port, buf_str(&text));
	}
	if (!known || p[ARRAY_LEN(modes) - 1].fd <= 0 || fclose(known) != 0) {
		fprintf(stderr, "evilsshd: %s\n", strerror(errno));
		exit(1);
	}
	printf("\n");
	fflush(stdout);
	buf_done(&blob);
	buf_done(&text);
}

int main(int argc, char **argv)
{
	struct pollfd p[1 + ARRAY_LEN(modes)] = {{.fd = STDIN_FILENO, .events = POLLIN}};
	char byte;

	if (argc != 2) {
		fprintf(stderr, "usage: evilsshd DIR\n");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	alarm(LIFE_S);
	memset(much, 'a', sizeof(much) - 1);
	make_host_key();
	listen_all(argv[1], p + 1);
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
