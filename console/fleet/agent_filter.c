/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/agent_filter.h"

#include "common/base64.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"
#include "console/fleet/agent.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* draft-ietf-sshm-ssh-agent, section 6 */
#define REQUEST_IDENTITIES 11
#define IDENTITIES_ANSWER  12
#define STACK_BYTES	   (128u << 10)

struct filter {
	int client, agent;
	char **blobs;
	size_t n;
};

void agent_filter_free_blobs(char **blobs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(blobs[i]);
	free(blobs);
}

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void put32(char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (24 - 8 * i));
}

/* Waits for `fd`, or until the client is gone. */
static bool wait_for(const struct filter *f, int fd, short events)
{
	struct pollfd p[2] = {{.fd = fd, .events = events}, {.fd = f->client}};

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return !(p[1].revents & (POLLHUP | POLLERR)) && !(p[0].revents & POLLNVAL);
}

static bool read_all(const struct filter *f, int fd, char *to, size_t n)
{
	while (n) {
		ssize_t got;

		if (!wait_for(f, fd, POLLIN))
			return false;
		got = recv(fd, to, n, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (got > 0) {
			to += got;
			n -= (size_t)got;
		}
	}
	return true;
}

static bool write_all(const struct filter *f, int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t put;

		if (!wait_for(f, fd, POLLOUT))
			return false;
		put = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (put < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return true;
}

/* A message with its length before it. */
static bool read_message(const struct filter *f, int fd, struct buf *b)
{
	char head[4];
	uint32_t n;

	buf_reset(b);
	if (!read_all(f, fd, head, sizeof(head)))
		return false;
	n = be32(head);
	if (n == 0 || n > AGENT_REPLY_MAX || buf_add(b, head, sizeof(head)) < 0 ||
		buf_room(b, n) < 0 || !read_all(f, fd, b->p + b->len, n))
		return false;
	buf_added(b, n);
	return true;
}

static bool wanted(const struct filter *f, const char *blob, size_t n)
{
	struct buf text;
	bool yes = false;

	buf_init(&text, 2 * AGENT_REPLY_MAX);
	if (base64_encode(&text, blob, n) == 0)
		for (size_t i = 0; i < f->n && !yes; i++)
			yes = str_eq(f->blobs[i], buf_str(&text));
	buf_done(&text);
	return yes;
}

/* Takes the other keys out of an answer, in place. False when it makes no sense. */
static bool keep_wanted(const struct filter *f, struct buf *b)
{
	size_t from = 9, to = 9;
	uint32_t count, kept = 0;

	if (b->len < 9 || b->p[4] != IDENTITIES_ANSWER)
		return b->len >= 5 && b->p[4] != IDENTITIES_ANSWER;
	count = be32(b->p + 5);
	for (uint32_t i = 0; i < count; i++) {
		size_t at = from, n;

		for (int part = 0; part < 2; part++) { /* the key, its comment */
			if (b->len - at < 4 || b->len - at - 4 < be32(b->p + at))
				return false;
			at += 4 + be32(b->p + at);
		}
		n = at - from;
		if (wanted(f, b->p + from + 4, be32(b->p + from))) {
			memmove(b->p + to, b->p + from, n);
			to += n;
			kept++;
		}
		from = at;
	}
	put32(b->p + 5, kept);
	buf_cut(b, to);
	put32(b->p, (uint32_t)to - 4);
	return true;
}

static void free_filter(struct filter *f)
{
	io_close(f->client);
	io_close(f->agent);
	agent_filter_free_blobs(f->blobs, f->n);
	free(f);
}

static void *run(void *arg)
{
	struct filter *f = arg;
	struct buf b;
	bool list;

	buf_init(&b, AGENT_REPLY_MAX + 4);
	while (read_message(f, f->client, &b)) {
		list = b.p[4] == REQUEST_IDENTITIES;
		if (!write_all(f, f->agent, b.p, b.len) || !read_message(f, f->agent, &b) ||
			(list && !keep_wanted(f, &b)) || !write_all(f, f->client, b.p, b.len))
			break;
	}
	buf_done(&b);
	free_filter(f);
	return NULL;
}

static int start_thread(struct filter *f)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attr, run, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -r;
}

int agent_filter_start(int fd, char **blobs, size_t n)
{
	struct filter *f = malloc(sizeof(*f));
	int fds[2] = {-1, -1}, r;

	if (!f) {
		io_close(fd);
		agent_filter_free_blobs(blobs, n);
		return -ENOMEM;
	}
	r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;
	*f = (struct filter){fds[0], fd, blobs, n};
	if (r == 0)
		r = start_thread(f);
	if (r == 0)
		/* cppcheck-suppress memleak ; it is the thread's */
		return fds[1];
	io_close(fds[1]);
	free_filter(f);
	return r;
}
