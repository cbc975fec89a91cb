/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/agent.h"

#include "common/base64.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/io.h"
#include "common/str.h"
#include "console/fleet/agent_filter.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* draft-ietf-sshm-ssh-agent, section 6 */
#define REQUEST_IDENTITIES 11
#define IDENTITIES_ANSWER  12

struct agent {
	atomic_uint refs; /* helper threads may outlive the fleet */
	pthread_mutex_t lock;
	atomic_bool asked; /* what follows does not change any more */
	int failed;	   /* errno of asking */
	char **blobs;
	size_t n;
	char *best; /* under the lock */
	size_t n_best;
	char path[];
};

struct agent *agent_new(const char *path)
{
	size_t n = path ? strlen(path) + 1 : 1;
	struct agent *a = calloc(1, sizeof(*a) + n);

	if (!a)
		return NULL;
	a->refs = 1;
	pthread_mutex_init(&a->lock, NULL);
	if (path)
		memcpy(a->path, path, n);
	return a;
}

void agent_free(struct agent *a)
{
	if (!a || atomic_fetch_sub(&a->refs, 1) > 1)
		return;
	for (size_t i = 0; i < a->n; i++)
		free(a->blobs[i]);
	free(a->blobs);
	free(a->best);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

struct agent *agent_ref(struct agent *a)
{
	atomic_fetch_add(&a->refs, 1);
	return a;
}

void agent_set_best(struct agent *a, const char *blob, size_t n)
{
	char *copy = malloc(n + 1);

	if (!copy)
		return;
	memcpy(copy, blob, n);
	pthread_mutex_lock(&a->lock);
	free(a->best);
	a->best = copy;
	a->n_best = n;
	pthread_mutex_unlock(&a->lock);
}

bool agent_is_best(struct agent *a, const char *blob, size_t n)
{
	bool is;

	pthread_mutex_lock(&a->lock);
	is = a->best && a->n_best == n && memcmp(a->best, blob, n) == 0;
	pthread_mutex_unlock(&a->lock);
	return is;
}

bool agent_present(const struct agent *a)
{
	return a->path[0] != '\0';
}

/* ---- Asking for the keys ---- */

/* Waits for the socket until the monotonic time `until`. 0 or -errno. */
static int wait_for(int fd, short events, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = until - clock_mono_ms();
	int r = poll(&p, 1, left > 0 ? (int)left : 0);

	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	return r ? 0 : -ETIMEDOUT;
}

/* A connection that does not block; a full backlog is waited for. */
static int connect_agent(const struct agent *a, int64_t until)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, r;

	if (str_copy(to.sun_path, sizeof(to.sun_path), a->path) < 0)
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* EAGAIN: its backlog is full, and poll(2) does not tell when it is not. */
	while (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		r = errno == EAGAIN && clock_mono_ms() < until ? 0 : -errno;
		if (r < 0) {
			io_close(fd);
			return r;
		}
		poll(NULL, 0, 10);
	}
	return fd;
}

static int read_exactly(int fd, void *to, size_t n, int64_t until)
{
	char *p = to;

	while (n) {
		ssize_t got = read(fd, p, n);
		int r;

		if (got == 0)
			return -EPIPE;
		if (got > 0) {
			p += got;
			n -= (size_t)got;
			continue;
		}
		r = errno == EAGAIN ? wait_for(fd, POLLIN, until) : -errno;
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Takes a string off the front of [*p, end). */
static bool take_string(const unsigned char **p, const unsigned char *end, struct span *ret)
{
	uint32_t n;

	if (end - *p < 4)
		return false;
	n = be32(*p);
	if ((size_t)(end - *p) - 4 < n)
		return false;
	*ret = (struct span){(const char *)*p + 4, n};
	*p += 4 + n;
	return true;
}

static int add_blob(struct agent *a, struct span blob)
{
	struct buf b;
	int r;

	buf_init(&b, AGENT_REPLY_MAX * 2);
	r = base64_encode(&b, blob.p, blob.n);
	if (r == 0)
		a->blobs[a->n] = buf_steal(&b);
	if (r == 0 && !a->blobs[a->n])
		r = -ENOMEM;
	if (r == 0)
		a->n++;
	buf_done(&b);
	return r;
}

static int read_keys(struct agent *a, const unsigned char *p, size_t n)
{
	const unsigned char *end = p + n;
	struct span blob, comment;
	uint32_t count;
	int r = 0;

	if (n < 5 || p[0] != IDENTITIES_ANSWER)
		return -EPROTO;
	count = be32(p + 1);
	if (count > AGENT_KEYS_MAX)
		return -EPROTO;
	a->blobs = calloc(count + 1, sizeof(*a->blobs));
	if (!a->blobs)
		return -ENOMEM;
	p += 5;
	for (uint32_t i = 0; i < count && r == 0; i++) {
		if (!take_string(&p, end, &blob) || !take_string(&p, end, &comment))
			return -EPROTO;
		r = add_blob(a, blob);
	}
	return r;
}

static int list_keys(struct agent *a)
{
	static const unsigned char request[] = {0, 0, 0, 1, REQUEST_IDENTITIES};
	int64_t until = clock_mono_ms() + AGENT_LIST_MS;
	unsigned char head[4], *reply = NULL;
	int fd = connect_agent(a, until), r;
	uint32_t n = 0;

	if (fd < 0)
		return fd;
	/* Five bytes fit into any socket that was just opened. */
	r = send(fd, request, sizeof(request), MSG_NOSIGNAL) == sizeof(request) ? 0 : -EPIPE;
	if (r == 0)
		r = read_exactly(fd, head, sizeof(head), until);
	if (r == 0) {
		n = be32(head);
		reply = n <= AGENT_REPLY_MAX ? malloc(n + 1) : NULL;
		r = reply ? read_exactly(fd, reply, n, until) : -EPROTO;
	}
	if (r == 0)
		r = read_keys(a, reply, n);
	free(reply);
	io_close(fd);
	return r;
}

/* Others wait meanwhile: all of them want to know it. */
static void ask(struct agent *a)
{
	pthread_mutex_lock(&a->lock);
	if (!a->asked) {
		int r = agent_present(a) ? list_keys(a) : -ENOENT;

		a->failed = r < 0 ? -r : 0;
		a->asked = true;
	}
	pthread_mutex_unlock(&a->lock);
}

bool agent_has_keys(struct agent *a)
{
	ask(a);
	return a->failed == 0 && a->n > 0;
}

bool agent_has_key(struct agent *a, const char *blob)
{
	ask(a);
	for (size_t i = 0; i < a->n; i++)
		if (str_eq(a->blobs[i], blob))
			return true;
	return false;
}

bool agent_may_help(struct agent *a)
{
	return agent_present(a) && (!a->asked || a->n > 0);
}

static const char *failure(int error)
{
	switch (error) {
	case ETIMEDOUT:
	case EAGAIN:
		return "does not answer";
	case EPROTO:
	case EPIPE:
		return "answers nonsense";
	default:
		return NULL;
	}
}

const char *agent_describe(struct agent *a, char out[AGENT_TEXT_MAX])
{
	const char *known = a->asked ? failure(a->failed) : NULL;

	if (!agent_present(a))
		snprintf(out, AGENT_TEXT_MAX, "no agent");
	else if (!a->asked)
		snprintf(out, AGENT_TEXT_MAX, "agent");
	else if (known)
		snprintf(out, AGENT_TEXT_MAX, "agent (%s)", known);
	else if (a->failed)
		snprintf(out, AGENT_TEXT_MAX, "agent (cannot be reached: %s)", strerror(a->failed));
	else if (a->n == 0)
		snprintf(out, AGENT_TEXT_MAX, "agent (no keys, or locked)");
	else
		snprintf(out, AGENT_TEXT_MAX, "agent (%zu key%s)", a->n, a->n == 1 ? "" : "s");
	return out;
}

/* ---- Authentication ---- */

static atomic_uint at_work;

struct agent_auth {
	struct job job;
	struct agent *agent;
	struct pool *pool;
	ssh_session session;
	void (*fn)(void *arg, int result);
	void *arg;
	int result;
	atomic_int fd; /* to the agent; -1 */
	atomic_bool ended;
	struct agent_choice choice; /* until there is a connection */
	bool working;		    /* a helper has the session; known to the owner's thread only */
	void (*dispose)(void *what);
	void *what;
};

/* Takes the connection back from libssh, which would keep it as long as the session. */
static void free_auth(struct agent_auth *a)
{
	int fd = atomic_exchange(&a->fd, -1);

	if (fd >= 0) {
		ssh_set_agent_socket(a->session, SSH_INVALID_SOCKET);
		io_close(fd);
	}
	if (a->dispose)
		a->dispose(a->what);
	agent_choice_done(&a->choice);
	agent_free(a->agent);
	free(a);
}

static void dropped(struct task *task)
{
	free_auth((struct agent_auth *)task);
}

static void finished(struct task *task)
{
	struct agent_auth *a = (struct agent_auth *)task;

	a->working = false;
	if (a->ended)
		free_auth(a);
	else
		a->fn(a->arg, a->result);
}

/* With a single key there is mostly none. */
static bool has_choice(const struct agent_auth *a)
{
	const struct agent_choice *c = &a->choice;

	for (size_t i = 0; i < c->n_first; i++)
		if (c->first[i].signer)
			return true;
	return a->agent->n > 1 || c->only || c->n_tried;
}

/* 0, or a result to end with. */
static int have_connection(struct agent_auth *a)
{
	int fd;

	if (a->fd >= 0)
		return 0;
	if (!agent_has_keys(a->agent))
		return SSH_AUTH_DENIED;
	fd = connect_agent(a->agent, clock_mono_ms() + AGENT_LIST_MS);
	if (fd >= 0 && has_choice(a))
		fd = agent_filter_start(a->agent, fd, &a->choice);
	if (fd < 0)
		return SSH_AUTH_DENIED;
	a->fd = fd;
	if (ssh_set_agent_socket(a->session, fd) != SSH_OK)
		return SSH_AUTH_DENIED;
	return 0;
}

static void work(struct job *job)
{
	struct agent_auth *a = (struct agent_auth *)job;

	atomic_fetch_add(&at_work, 1);
	a->result = SSH_AUTH_DENIED;
	if (!a->ended && have_connection(a) == 0 && !a->ended)
		a->result = ssh_userauth_agent(a->session, NULL);
	atomic_fetch_sub(&at_work, 1);
}

bool agents_at_work(void)
{
	return at_work > 0;
}

struct agent_auth *agent_auth_new(struct agent *agent, struct pool *pool, struct inbox *to,
	ssh_session session, void (*fn)(void *arg, int result), void *arg)
{
	struct agent_auth *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->job = (struct job){.task = {.fn = finished, .drop = dropped}, .to = to, .work = work};
	a->agent = agent_ref(agent);
	a->pool = pool;
	a->session = session;
	a->fn = fn;
	a->arg = arg;
	a->fd = -1;
	return a;
}

void agent_auth_choose(struct agent_auth *a, struct agent_choice *choice)
{
	agent_choice_done(&a->choice);
	a->choice = *choice;
	*choice = (struct agent_choice){NULL};
}

int agent_auth_step(struct agent_auth *a)
{
	int r = pool_start(a->pool, &a->job);

	a->working = r == 0;
	return r;
}

bool agent_auth_end(struct agent_auth *a, void (*dispose)(void *what), void *what)
{
	int fd;

	if (!a)
		return false;
	if (!a->working) {
		free_auth(a);
		return false;
	}
	a->dispose = dispose;
	a->what = what;
	a->ended = true;
	/* Wakes the helper out of libssh, which waits for the agent without a limit. */
	fd = a->fd;
	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
	return true;
}
