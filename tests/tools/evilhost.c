/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hosts that have been taken over, below SSH: each mode listens on a port of its own on 127.0.0.1
 * (or the address given) and misbehaves in its way. Prints "MODE PORT" per mode, then an empty
 * line; when stdin ends, or after five minutes, "MODE connections bytes-sent" and ends.
 */
#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIFE_MS	  300000
#define CONNS_MAX 512
/* A flood goes out in pieces of this many bytes. */
#define PIECE (64u << 10)
/* No connection is sent more than this. */
#define SENT_MAX (1u << 30)

enum after {
	HOLD,	/* keep it open, say nothing more */
	CLOSE,	/* end it */
	RESET,	/* end it with a RST */
	REPEAT, /* say the text again and again */
};

#define BANNER "SSH-2.0-evil\r\n"
/* Length, padding length, SSH_MSG_IGNORE with an empty string, padding: a packet without keys. */
#define IGNORE_PACKET "\0\0\0\x0c\x06\x02\0\0\0\0\0\0\0\0\0\0"

struct mode {
	const char *name;
	const char *first; /* said once, before the text */
	const char *text;
	size_t n; /* bytes of text */
	enum after after;
	int pace_ms;	   /* one byte each; 0: as fast as it goes */
	bool no_listen;	   /* the port is taken, but nobody answers: connections are refused */
	bool full_backlog; /* nor accepts: further connections get no answer at all */
	bool random;	   /* noise in place of the text */
};
#define TEXT(literal) .text = literal, .n = sizeof(literal) - 1

static const struct mode modes[] = {
	{"refuse", .no_listen = true},
	{"drop", .full_backlog = true},
	{"silent", .after = HOLD},
	{"close", .after = CLOSE},
	{"reset", .after = RESET},
	{"garbage", .after = REPEAT, .random = true},
	{"http", TEXT("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), .after = HOLD},
	{"ssh1", TEXT("SSH-1.5-old\r\n"), .after = HOLD},
	{"escapes", TEXT("SSH-2.0-\x1b]0;owned\x07\x1b[2J\r\n"), .after = CLOSE},
	{"banner-hold", TEXT(BANNER), .after = HOLD},
	{"banner-close", TEXT(BANNER), .after = CLOSE},
	{"banner-half", TEXT("SSH-2.0-ev"), .after = CLOSE},
	{"trickle", TEXT(BANNER), .after = HOLD, .pace_ms = 400},
	{"trickle-lines", TEXT("patience\r\n"), .after = REPEAT, .pace_ms = 50},
	{"endless-banner", TEXT("SSH-2.0-aaaaaaaa"), .after = REPEAT},
	{"endless-lines", TEXT("welcome to evil\r\n"), .after = REPEAT},
	{"huge-packet", TEXT(BANNER "\xff\xff\xff\xff\x04\x14"), .after = HOLD},
	{"packet-garbage", TEXT(BANNER "\0\0\0\x0c\xff\x14zzzzzzzzzzzzzzzzzz"), .after = HOLD},
	{"packet-half", TEXT(BANNER "\0\0\x04\0\x04\x14zzzz"), .after = CLOSE},
	{"ignore-flood", .first = BANNER, TEXT(IGNORE_PACKET), .after = REPEAT},
};
#define N_MODES ARRAY_LEN(modes)

struct conn {
	const struct mode *mode;
	int fd;
	size_t at;	 /* next byte of what is to be sent */
	int64_t next_ms; /* not before; paced modes */
	uint64_t sent;
	bool done;
};

static struct {
	int fd, plug; /* plug: our own connection, filling the backlog */
	unsigned conns;
	uint64_t sent;
} hosts[N_MODES];
static struct conn conns[CONNS_MAX];
static size_t n_conns;
static char pieces[N_MODES][PIECE];
static size_t piece_len[N_MODES];

static size_t number(const struct mode *m)
{
	return (size_t)(m - modes);
}

/* What a repeating mode says, many times over. */
static void fill_piece(const struct mode *m)
{
	size_t i = number(m), n = 0;
	uint32_t x = 1;

	while (m->random && n < PIECE) {
		x = x * 1664525 + 1013904223;
		pieces[i][n++] = (char)(x >> 24);
	}
	while (!m->random && m->n && n + m->n <= PIECE) {
		memcpy(pieces[i] + n, m->text, m->n);
		n += m->n;
	}
	piece_len[i] = n;
}

static int listen_on(const struct mode *m, const char *address, uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t n = sizeof(a);
	size_t i = number(m);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &a.sin_addr) != 1 ||
		bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		return -1;
	*ret_port = ntohs(a.sin_port);
	hosts[i].fd = fd;
	hosts[i].plug = -1;
	if (m->no_listen)
		return 0;
	if (listen(fd, m->full_backlog ? 0 : 128) < 0)
		return -1;
	if (!m->full_backlog)
		return 0;
	/* A backlog of 0 holds one connection. */
	hosts[i].plug = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return connect(hosts[i].plug, (struct sockaddr *)&a, sizeof(a));
}

static void greet(const struct mode *m)
{
	int fd = accept4(hosts[number(m)].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (n_conns == CONNS_MAX) {
		io_close(fd);
		return;
	}
	hosts[number(m)].conns++;
	conns[n_conns++] = (struct conn){.mode = m, .fd = fd};
	if (m->first)
		(void)send(fd, m->first, strlen(m->first), MSG_NOSIGNAL);
}

static void end_conn(struct conn *c)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (c->mode->after == RESET)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	io_close(c->fd);
	hosts[number(c->mode)].sent += c->sent;
	c->fd = -1;
}

/* The next bytes to send; 0 when all was said. */
static size_t to_say(const struct conn *c, const char **ret)
{
	const struct mode *m = c->mode;
	bool repeat = m->after == REPEAT && m->pace_ms == 0;
	size_t n = repeat ? piece_len[number(m)] : m->n;

	*ret = (repeat ? pieces[number(m)] : m->text) + c->at;
	return c->sent < SENT_MAX ? n - c->at : 0;
}

static void speak(struct conn *c)
{
	const struct mode *m = c->mode;
	const char *p;
	size_t n = to_say(c, &p);
	ssize_t sent;

	if (n && m->pace_ms) {
		n = 1;
		c->next_ms = clock_mono_ms() + m->pace_ms;
	}
	sent = n ? send(c->fd, p, n, MSG_NOSIGNAL) : 0;
	if (sent < 0) {
		if (errno != EAGAIN)
			end_conn(c);
		return;
	}
	c->sent += (uint64_t)sent;
	c->at += (size_t)sent;
	if (to_say(c, &p))
		return;
	if (m->after == REPEAT)
		c->at = 0;
	else if (m->after == HOLD)
		c->done = true;
	else
		end_conn(c);
}

static void drop_ended(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < n_conns; i++)
		if (conns[i].fd >= 0)
			conns[kept++] = conns[i];
	n_conns = kept;
}

/* One round: false when stdin has ended. */
static bool round_of(void)
{
	static struct pollfd p[1 + N_MODES + CONNS_MAX];
	int64_t now = clock_mono_ms();
	size_t n = 1 + N_MODES;
	char skipped[256];

	p[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	for (size_t i = 0; i < N_MODES; i++)
		p[1 + i] = (struct pollfd){
			.fd = modes[i].no_listen || modes[i].full_backlog ? -1 : hosts[i].fd,
			.events = POLLIN};
	for (size_t i = 0; i < n_conns; i++, n++)
		p[n] = (struct pollfd){.fd = conns[i].fd,
			.events = conns[i].done || conns[i].next_ms > now ? 0 : POLLOUT};
	if (poll(p, n, 20) < 0)
		return errno == EINTR;
	for (size_t i = 1 + N_MODES; i < n; i++) {
		struct conn *c = &conns[i - 1 - N_MODES];

		if (p[i].revents & (POLLERR | POLLHUP))
			end_conn(c);
		else if (p[i].revents & POLLOUT)
			speak(c);
	}
	drop_ended();
	for (size_t i = 0; i < N_MODES; i++)
		if (p[1 + i].revents & POLLIN)
			greet(&modes[i]);
	return !p[0].revents || read(STDIN_FILENO, skipped, sizeof(skipped)) > 0;
}

int main(int argc, char **argv)
{
	const char *address = argc > 1 ? argv[1] : "127.0.0.1";
	int64_t until = clock_mono_ms() + LIFE_MS;

	for (size_t i = 0; i < N_MODES; i++) {
		uint16_t port;

		fill_piece(&modes[i]);
		if (listen_on(&modes[i], address, &port) < 0) {
			fprintf(stderr, "evilhost: %s: %s\n", modes[i].name, strerror(errno));
			return 1;
		}
		printf("%s %u\n", modes[i].name, port);
	}
	printf("\n");
	fflush(stdout);
	while (clock_mono_ms() < until && round_of())
		;
	while (n_conns)
		end_conn(&conns[--n_conns]);
	for (size_t i = 0; i < N_MODES; i++)
		printf("%s %u %llu\n", modes[i].name, hosts[i].conns,
			(unsigned long long)hosts[i].sent);
	return 0;
}
