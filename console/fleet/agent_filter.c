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

#define SIGN_REQUEST 13

struct filter {
	int client, fd;
	struct agent *agent;
	struct agent_choice choice;
	struct span *keys; /* of the last list: the agent's entries, in it */
	bool *gone;	   /* which of them are not (or no longer) to be listed */
	size_t n_keys;
};

/* ---- The choice ---- */

void agent_choice_done(struct agent_choice *c)
{
	for (size_t i = 0; i < c->n_first; i++) {
		free(c->first[i].blob);
		free(c->first[i].signer);
	}
	for (size_t i = 0; i < c->n_tried; i++)
		free(c->tried[i]);
	free(c->first);
	free(c->tried);
	*c = (struct agent_choice){NULL};
}

int agent_choice_wish(struct agent_choice *c, const char *blob, const char *signer)
{
	struct agent_wish *v = realloc(c->first, (c->n_first + 1) * sizeof(*v)), *w;

	if (!v)
		return -ENOMEM;
	c->first = v;
	w = &v[c->n_first];
	*w = (struct agent_wish){strdup(blob), signer ? strdup(signer) : NULL};
	c->n_first++;
	return w->blob && (!signer || w->signer) ? 0 : -ENOMEM;
}

int agent_choice_tried(struct agent_choice *c, const char *blob)
{
	char **v = realloc(c->tried, (c->n_tried + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	c->tried = v;
	v[c->n_tried] = strdup(blob);
	return v[c->n_tried++] ? 0 : -ENOMEM;
}

/* ---- Messages ---- */

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

/* ---- The list of keys ---- */

/* Is the blob of an entry (or any string with its length before it) this one in base64? */
static bool is_blob(struct span entry, const char *base64)
{
	struct buf text;
	bool yes = false;

	buf_init(&text, 2 * AGENT_REPLY_MAX);
	if (base64_encode(&text, entry.p + 4, be32(entry.p)) == 0)
		yes = str_eq(base64, buf_str(&text));
	buf_done(&text);
	return yes;
}

/* The entry with this blob, or n_keys. */
static size_t find_key(const struct filter *f, const char *base64)
{
	size_t i = 0;

	while (i < f->n_keys && (f->gone[i] || !is_blob(f->keys[i], base64)))
		i++;
	return i;
}

/* Cuts an answer into its entries. */
static bool read_list(struct filter *f, const struct buf *b)
{
	uint32_t count = b->len < 9 ? 0 : be32(b->p + 5);
	size_t at = 9;

	free(f->keys);
	free(f->gone);
	f->n_keys = 0;
	f->keys = count > AGENT_KEYS_MAX ? NULL : calloc(count + 1, sizeof(*f->keys));
	f->gone = calloc(count > AGENT_KEYS_MAX ? 1 : count + 1, sizeof(*f->gone));
	if (b->len < 9 || !f->keys || !f->gone)
		return false;
	for (; f->n_keys < count; f->n_keys++) {
		size_t from = at;

		for (int part = 0; part < 2; part++) { /* the key, its comment */
			if (b->len - at < 4 || b->len - at - 4 < be32(b->p + at))
				return false;
			at += 4 + be32(b->p + at);
		}
		f->keys[f->n_keys] = (struct span){b->p + from, at - from};
	}
	return true;
}

/* An entry that the agent does not have: a certificate without a comment. */
static int put_certificate(struct buf *out, const char *base64)
{
	size_t n = strlen(base64);
	char *bytes = malloc(n + 1), head[4], comment[4] = {0};
	ssize_t size = bytes ? base64_decode(bytes, base64, n) : -1;
	int r = size < 0 ? -ENOMEM : 0;

	if (r == 0) {
		put32(head, (uint32_t)size);
		r = buf_add(out, head, sizeof(head));
	}
	if (r == 0)
		r = buf_add(out, bytes, (size_t)size);
	free(bytes);
	return r < 0 ? r : buf_add(out, comment, sizeof(comment));
}

static int put_key(struct filter *f, size_t i, struct buf *out, uint32_t *count)
{
	f->gone[i] = true;
	(*count)++;
	return buf_add(out, f->keys[i].p, f->keys[i].n);
}

static int put_wish(struct filter *f, struct agent_wish *w, struct buf *out, uint32_t *count)
{
	size_t i = find_key(f, w->blob);

	if (i < f->n_keys) {
		/* The agent signs by itself. */
		free(w->signer);
		w->signer = NULL;
		return put_key(f, i, out, count);
	}
	if (!w->signer || find_key(f, w->signer) == f->n_keys)
		return 0;
	(*count)++;
	return put_certificate(out, w->blob);
}

/* What another host took last. */
static int put_best(struct filter *f, struct buf *out, uint32_t *count)
{
	int r = 0;

	for (size_t i = 0; i < f->n_keys && r == 0; i++)
		if (!f->gone[i] && agent_is_best(f->agent, f->keys[i].p + 4, be32(f->keys[i].p)))
			r = put_key(f, i, out, count);
	return r;
}

static int put_all(struct filter *f, struct buf *out, uint32_t *count)
{
	const struct agent_choice *c = &f->choice;
	int r = 0;

	for (size_t i = 0; i < c->n_tried; i++) {
		size_t k = find_key(f, c->tried[i]);

		if (k < f->n_keys)
			f->gone[k] = true;
	}
	if (!c->named && !c->only)
		r = put_best(f, out, count);
	for (size_t i = 0; i < c->n_first && r == 0; i++)
		r = put_wish(f, &c->first[i], out, count);
	if (c->only)
		return r;
	if (r == 0)
		r = put_best(f, out, count);
	for (size_t i = 0; i < f->n_keys && r == 0; i++)
		if (!f->gone[i])
			r = put_key(f, i, out, count);
	return r;
}

/* Makes an answer what the choice wants it to be. False when it makes no sense. */
static bool choose(struct filter *f, struct buf *b)
{
	static const char head[9] = {0, 0, 0, 0, IDENTITIES_ANSWER};
	struct buf out;
	uint32_t count = 0;
	bool well;

	if (b->p[4] != IDENTITIES_ANSWER)
		return true;
	buf_init(&out, 2 * AGENT_REPLY_MAX);
	well = read_list(f, b) && buf_add(&out, head, sizeof(head)) == 0 &&
	       put_all(f, &out, &count) == 0;
	if (well) {
		put32(out.p, (uint32_t)out.len - 4);
		put32(out.p + 5, count);
		buf_reset(b);
		well = buf_add(b, out.p, out.len) == 0;
	}
	f->n_keys = 0; /* they were in what `b` held */
	buf_done(&out);
	return well;
}

/* ---- Signatures ---- */

/* The key of a request, with its length before it; p is NULL when there is none. */
static struct span signing_key(const struct buf *b)
{
	if (b->len < 9 || b->p[4] != SIGN_REQUEST || b->len - 9 < be32(b->p + 5))
		return (struct span){NULL, 0};
	return (struct span){b->p + 5, 4 + be32(b->p + 5)};
}

/* Puts the key of a certificate in its place. */
static bool replace_key(struct buf *b, struct span key, const char *by)
{
	struct buf out;
	char head[4];
	size_t rest = (size_t)(key.p - b->p) + key.n;
	bool well;

	buf_init(&out, 2 * AGENT_REPLY_MAX);
	/* As in a list, but without the comment's length. */
	well = buf_add(&out, b->p, 5) == 0 && put_certificate(&out, by) == 0;
	if (well) {
		buf_cut(&out, out.len - 4);
		well = buf_add(&out, b->p + rest, b->len - rest) == 0;
	}
	if (well) {
		put32(head, (uint32_t)out.len - 4);
		memcpy(out.p, head, sizeof(head));
		buf_reset(b);
		well = buf_add(b, out.p, out.len) == 0;
	}
	buf_done(&out);
	return well;
}

/* A server asks for signatures by keys that it takes. */
static bool note_signing(struct filter *f, struct buf *b)
{
	struct span key = signing_key(b);

	if (!key.p)
		return true;
	agent_set_best(f->agent, key.p + 4, key.n - 4);
	for (size_t i = 0; i < f->choice.n_first; i++) {
		const struct agent_wish *w = &f->choice.first[i];

		if (w->signer && is_blob(key, w->blob))
			return replace_key(b, key, w->signer);
	}
	return true;
}

/* ---- The thread ---- */

static void free_filter(struct filter *f)
{
	io_close(f->client);
	io_close(f->fd);
	agent_choice_done(&f->choice);
	agent_free(f->agent);
	free(f->keys);
	free(f->gone);
	free(f);
}

static void *run(void *arg)
{
	struct filter *f = arg;
	struct buf b;
	bool list;

	buf_init(&b, 2 * AGENT_REPLY_MAX);
	while (read_message(f, f->client, &b)) {
		list = b.p[4] == REQUEST_IDENTITIES;
		if (!note_signing(f, &b) || !write_all(f, f->fd, b.p, b.len) ||
			!read_message(f, f->fd, &b) || (list && !choose(f, &b)) ||
			!write_all(f, f->client, b.p, b.len))
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

int agent_filter_start(struct agent *agent, int fd, struct agent_choice *c)
{
	struct filter *f = calloc(1, sizeof(*f));
	int fds[2] = {-1, -1}, r;

	if (!f) {
		io_close(fd);
		agent_choice_done(c);
		return -ENOMEM;
	}
	r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;
	*f = (struct filter){.client = fds[0], .fd = fd, .agent = agent_ref(agent), .choice = *c};
	*c = (struct agent_choice){NULL};
	if (r == 0)
		r = start_thread(f);
	if (r == 0)
		/* cppcheck-suppress memleak ; it is the thread's */
		return fds[1];
	io_close(fds[1]);
	free_filter(f);
	return r;
}
