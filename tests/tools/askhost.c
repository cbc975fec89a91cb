/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jump hosts that ask: each mode is an SSH server on a port of its own on 127.0.0.1 that lets in
 * who answers right, and then forwards one channel.
 *
 *   askhost DIR
 *
 * Prints "MODE PORT" per mode, then an empty line; the host key of all is DIR/host_key.pub. Ends
 * when stdin does, or after five minutes.
 */
/* The message interface is old, and just what a server without an event loop of libssh's needs. */
#define SSH_SUPPRESS_DEPRECATED

#include "common/io.h"
#include "common/str.h"

#include <arpa/inet.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIFE_S	    300
#define PROMPTS_MAX 9

struct round {
	const char *name, *instruction;
	unsigned n;
	const char *prompts[PROMPTS_MAX], *answers[PROMPTS_MAX];
	char echo[PROMPTS_MAX];
};

struct mode {
	const char *name;
	int methods;
	bool key_first; /* a key is wanted before the rest */
	bool again;	/* the last round comes for ever */
	const char *password;
	unsigned n;
	struct round rounds[3];
};

#define KBDINT SSH_AUTH_METHOD_INTERACTIVE
/* Sets a title, clears the screen, turns writing round, begins lines anew. */
#define HOSTILE                                                                                    \
	"\033]0;owned\007\033[2J\xe2\x80\xaePassphrase for /root/.ssh/id:\r\n\x9b"                 \
	"31m"

static const struct mode modes[] = {
	{"code", KBDINT, .n = 2,
		.rounds = {{.n = 1, .prompts = {"Password: "}, .answers = {"open sesame"}},
			{.name = "Second step",
				.instruction = "Your token\nshows six digits.\n",
				.n = 2,
				.prompts = {"Code: ", "PIN: "},
				.answers = {"123456", ""},
				.echo = {1, 0}}}},
	{"menu", KBDINT, .n = 1,
		.rounds = {{.n = 1,
			.prompts = {"Choose one:\r\n 1. Push\r\n 2. Call\r\nOption: "},
			.answers = {"1"},
			.echo = {1}}}},
	{"hostile", KBDINT, .n = 1,
		.rounds = {{.name = HOSTILE,
			.n = 1,
			.prompts = {HOSTILE "Password: "},
			.answers = {"x"}}}},
	{"crowd", KBDINT, .n = 1,
		.rounds = {{.n = PROMPTS_MAX,
			.prompts = {"a", "b", "c", "d", "e", "f", "g", "h", "i"},
			.answers = {"x"}}}},
	{"endless", KBDINT, .n = 1, .again = true, .rounds = {{.n = 0}}},
	{"empty", KBDINT | SSH_AUTH_METHOD_PASSWORD, .password = "open sesame"},
	{"keycode", KBDINT, .key_first = true, .n = 1,
		.rounds = {{.n = 1, .prompts = {"Code: "}, .answers = {"123456"}}}},
};

/* ---- Authentication ---- */

static bool right_answers(ssh_session session, const struct round *round)
{
	bool right = ssh_userauth_kbdint_getnanswers(session) == (int)round->n;

	for (unsigned i = 0; right && i < round->n; i++)
		right = str_eq(ssh_userauth_kbdint_getanswer(session, i), round->answers[i]);
	return right;
}

struct login {
	ssh_session session;
	const struct mode *mode;
	unsigned round;
	bool has_key, in;
};

static void ask(struct login *l, ssh_message m)
{
	const struct round *r = &l->mode->rounds[l->round];

	ssh_message_auth_interactive_request(m, r->name ? r->name : "",
		r->instruction ? r->instruction : "", r->n, (const char **)r->prompts,
		(char *)r->echo);
}

static void answered(struct login *l, ssh_message m)
{
	if (!right_answers(l->session, &l->mode->rounds[l->round])) {
		l->round = 0;
		ssh_message_reply_default(m);
		return;
	}
	if (!l->mode->again)
		l->round++;
	l->in = l->round == l->mode->n;
	if (l->in)
		ssh_message_auth_reply_success(m, 0);
	else
		ask(l, m);
}

static void by_key(struct login *l, ssh_message m)
{
	if (!l->mode->key_first || l->has_key) {
		ssh_message_reply_default(m);
	} else if (ssh_message_auth_publickey_state(m) == SSH_PUBLICKEY_STATE_NONE) {
		ssh_message_auth_reply_pk_ok_simple(m);
	} else {
		l->has_key = true;
		ssh_message_auth_set_methods(m, l->mode->methods);
		ssh_message_auth_reply_success(m, 1);
	}
}

static void authenticate(struct login *l, ssh_message m)
{
	int how = ssh_message_subtype(m);
	bool barred = l->mode->key_first && !l->has_key;

	ssh_message_auth_set_methods(m, barred ? (int)SSH_AUTH_METHOD_PUBLICKEY : l->mode->methods);
	if (how == SSH_AUTH_METHOD_PUBLICKEY) {
		by_key(l, m);
	} else if (how == KBDINT && !barred && l->mode->n) {
		if (ssh_message_auth_kbdint_is_response(m))
			answered(l, m);
		else
			ask(l, m);
	} else if (how == SSH_AUTH_METHOD_PASSWORD && l->mode->password &&
		   str_eq(ssh_message_auth_password(m), l->mode->password)) {
		l->in = true;
		ssh_message_auth_reply_success(m, 0);
	} else {
		ssh_message_reply_default(m);
	}
}

/* ---- Forwarding ---- */

static int dial(const char *address, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && inet_pton(AF_INET, address, &to.sin_addr) == 1 &&
		connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	io_close(fd);
	return -1;
}

/* Until one side ends. */
static void bridge(ssh_session session, ssh_channel channel, int fd)
{
	struct pollfd p[2] = {{ssh_get_fd(session), POLLIN, 0}, {fd, POLLIN, 0}};
	char bytes[16384];
	int n;

	for (;;) {
		while ((n = ssh_channel_read_nonblocking(channel, bytes, sizeof(bytes), 0)) > 0)
			if (io_write_all(fd, bytes, (size_t)n) < 0)
				return;
		if (n < 0 || ssh_channel_is_eof(channel) || poll(p, 2, LIFE_S * 1000) <= 0)
			return;
		if (!p[1].revents)
			continue;
		n = (int)read(fd, bytes, sizeof(bytes));
		if (n <= 0 || ssh_channel_write(channel, bytes, (uint32_t)n) < 0)
			return;
	}
}

static void forward(ssh_session session, ssh_message m)
{
	int fd = dial(ssh_message_channel_request_open_destination(m),
		ssh_message_channel_request_open_destination_port(m));
	ssh_channel channel = fd >= 0 ? ssh_message_channel_request_open_reply_accept(m) : NULL;

	if (channel)
		bridge(session, channel, fd);
	else
		ssh_message_reply_default(m);
	io_close(fd);
}

static void serve(ssh_session session, const struct mode *mode)
{
	struct login l = {.session = session, .mode = mode};
	ssh_message m;

	if (ssh_handle_key_exchange(session) != SSH_OK)
		return;
	while ((m = ssh_message_get(session))) {
		int type = ssh_message_type(m), what = ssh_message_subtype(m);

		if (type == SSH_REQUEST_AUTH)
			authenticate(&l, m);
		else if (type == SSH_REQUEST_CHANNEL_OPEN && what == SSH_CHANNEL_DIRECT_TCPIP &&
			 l.in)
			forward(session, m);
		else
			ssh_message_reply_default(m);
		ssh_message_free(m);
	}
}

/* ---- Listening ---- */

static int listen_on(uint16_t *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 16) < 0 ||
		getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		return -1;
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static ssh_bind make_bind(const char *dir)
{
	ssh_bind b = ssh_bind_new();
	char path[4096];
	ssh_key key = NULL;

	snprintf(path, sizeof(path), "%s/host_key", dir);
	if (!b || ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK ||
		ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) != SSH_OK)
		return NULL;
	ssh_bind_options_set(b, SSH_BIND_OPTIONS_HOSTKEY, path);
	str_copy(path + strlen(path), sizeof(path) - strlen(path), ".pub");
	if (ssh_pki_export_pubkey_file(key, path) != SSH_OK)
		return NULL;
	ssh_key_free(key);
	return b;
}

static void take(ssh_bind b, int listener, const struct mode *mode)
{
	ssh_session session = ssh_new();
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && fork() == 0) {
		alarm(LIFE_S);
		if (ssh_bind_accept_fd(b, session, fd) == SSH_OK)
			serve(session, mode);
		ssh_disconnect(session);
		_exit(0);
	}
	io_close(fd);
	ssh_free(session);
}

int main(int argc, char **argv)
{
	struct pollfd p[ARRAY_LEN(modes) + 1];
	ssh_bind b = argc == 2 ? make_bind(argv[1]) : NULL;

	if (!b) {
		fputs("usage: askhost DIR\n", stderr);
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	alarm(LIFE_S);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		uint16_t port;

		p[i] = (struct pollfd){listen_on(&port), POLLIN, 0};
		if (p[i].fd < 0)
			return 1;
		printf("%s %u\n", modes[i].name, (unsigned)port);
	}
	p[ARRAY_LEN(modes)] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
	puts("");
	fflush(stdout);
	while (poll(p, ARRAY_LEN(p), -1) > 0 && !p[ARRAY_LEN(modes)].revents)
		for (size_t i = 0; i < ARRAY_LEN(modes); i++)
			if (p[i].revents)
				take(b, p[i].fd, &modes[i]);
	return 0;
}
