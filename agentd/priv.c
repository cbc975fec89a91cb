/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/priv.h"

#include "common/io.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- Writing ---- */

struct head {
	uint32_t type, length; /* bytes behind the header */
	uint64_t number;
};

static void put_bytes(struct buf *b, int *r, const void *p, size_t n)
{
	if (*r == 0)
		*r = buf_add(b, p, n);
}

static void put_u32(struct buf *b, int *r, uint32_t v)
{
	put_bytes(b, r, &v, sizeof(v));
}

static void put_u64(struct buf *b, int *r, uint64_t v)
{
	put_bytes(b, r, &v, sizeof(v));
}

static void put_span(struct buf *b, int *r, struct span s)
{
	put_u32(b, r, (uint32_t)s.n);
	put_bytes(b, r, s.n ? s.p : "", s.n);
	put_bytes(b, r, "", 1);
}

static void put_text(struct buf *b, int *r, const char *s)
{
	put_span(b, r, span_str(s ? s : ""));
}

static void put_words(struct buf *b, int *r, const char *const *words)
{
	uint32_t n = 0;

	while (words && words[n])
		n++;
	put_u32(b, r, n);
	for (uint32_t i = 0; i < n; i++)
		put_text(b, r, words[i]);
}

static void put_groups(struct buf *b, int *r, const gid_t *groups, size_t n)
{
	put_u32(b, r, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		put_u32(b, r, groups[i]);
}

static int begin(struct buf *b, enum priv_type type, uint64_t number)
{
	const struct head h = {.type = (uint32_t)type, .number = number};

	buf_reset(b);
	return buf_add(b, &h, sizeof(h));
}

static int end(struct buf *b, int r)
{
	uint32_t length;

	if (r < 0)
		return r;
	if (b->len > PRIV_FRAME_MAX)
		return -EMSGSIZE;
	length = (uint32_t)(b->len - sizeof(struct head));
	memcpy(b->p + offsetof(struct head, length), &length, sizeof(length));
	return 0;
}

/* ---- Reading ---- */

struct reader {
	const char *p;
	size_t n, at;
	bool bad;
};

static void get_bytes(struct reader *f, void *ret, size_t n)
{
	memset(ret, 0, n);
	if (f->bad || f->n - f->at < n) {
		f->bad = true;
		return;
	}
	memcpy(ret, f->p + f->at, n);
	f->at += n;
}

static uint32_t get_u32(struct reader *f)
{
	uint32_t v;

	get_bytes(f, &v, sizeof(v));
	return v;
}

static uint64_t get_u64(struct reader *f)
{
	uint64_t v;

	get_bytes(f, &v, sizeof(v));
	return v;
}

static int64_t get_size(struct reader *f)
{
	uint64_t v = get_u64(f);

	f->bad |= v > INT64_MAX;
	return f->bad ? 0 : (int64_t)v;
}

static bool get_flag(struct reader *f)
{
	uint32_t v = get_u32(f);

	f->bad |= v > 1;
	return v == 1;
}

/* A number below `limit`. */
static uint32_t get_enum(struct reader *f, uint32_t limit)
{
	uint32_t v = get_u32(f);

	f->bad |= v >= limit;
	return f->bad ? 0 : v;
}

static struct span get_span(struct reader *f, size_t max)
{
	uint32_t n = get_u32(f);
	const char *p = f->p + f->at;

	if (f->bad || n > max || f->n - f->at <= n || p[n] || memchr(p, '\0', n)) {
		f->bad = true;
		return (struct span){"", 0};
	}
	f->at += (size_t)n + 1;
	return (struct span){p, n};
}

static const char *get_text(struct reader *f, size_t max)
{
	return get_span(f, max).p;
}

/* NULL when it is bad or there is no memory. */
static const char **get_words(struct reader *f, bool *ret_no_memory)
{
	uint32_t n = get_enum(f, PRIV_DENY_MAX + 1);
	const char **words;

	if (f->bad)
		return NULL;
	words = calloc((size_t)n + 1, sizeof(*words));
	*ret_no_memory |= !words;
	for (uint32_t i = 0; words && i < n; i++)
		words[i] = get_text(f, PATH_MAX);
	return words;
}

static size_t get_groups(struct reader *f, gid_t *ret)
{
	uint32_t n = get_enum(f, SUBJECT_GROUPS_MAX + 1);

	for (uint32_t i = 0; i < n; i++)
		ret[i] = get_u32(f);
	return n;
}

static struct reader open_frame(const char *p, size_t n, enum priv_type type)
{
	struct reader f = {.p = p, .n = n};
	struct head h;

	get_bytes(&f, &h, sizeof(h));
	f.bad |= n > PRIV_FRAME_MAX || h.type != (uint32_t)type || h.length != n - f.at;
	return f;
}

/* The whole of it was read. */
static int close_frame(const struct reader *f)
{
	return f->bad || f->at != f->n ? -EBADMSG : 0;
}

bool priv_peek(const char *p, size_t n, enum priv_type *ret_type, uint64_t *ret_number)
{
	struct head h;

	if (n < sizeof(h))
		return false;
	memcpy(&h, p, sizeof(h));
	*ret_type = (enum priv_type)h.type;
	*ret_number = h.number;
	return true;
}

size_t priv_first(const char *p, size_t n)
{
	struct head h;

	if (n < sizeof(h))
		return 0;
	memcpy(&h, p, sizeof(h));
	return h.length <= n - sizeof(h) ? sizeof(h) + h.length : 0;
}

/* ---- Session and daemon ---- */

int priv_put_handover(struct buf *b, uint64_t number, const struct priv_handover *v)
{
	int r = begin(b, PRIV_HANDOVER, number);

	put_text(b, &r, v->claimed);
	return end(b, r);
}

int priv_read_handover(const char *p, size_t n, struct priv_handover *ret)
{
	struct reader f = open_frame(p, n, PRIV_HANDOVER);

	ret->claimed = get_text(&f, sizeof(((struct subject *)NULL)->claimed) - 1);
	return close_frame(&f);
}

#define CODES ((uint32_t)WIRE_CODE_INTERNAL + 1)

int priv_put_refused(struct buf *b, uint64_t number, const struct priv_refused *v)
{
	int r = begin(b, PRIV_REFUSED, number);

	put_u32(b, &r, (uint32_t)v->code);
	put_text(b, &r, v->text);
	return end(b, r);
}

int priv_read_refused(const char *p, size_t n, struct priv_refused *ret)
{
	struct reader f = open_frame(p, n, PRIV_REFUSED);

	ret->code = (enum wire_code)get_enum(&f, CODES);
	ret->text = get_text(&f, PRIV_REFUSAL_MAX);
	return close_frame(&f);
}

int priv_put_ended(struct buf *b, uint64_t number, const struct priv_ended *v)
{
	int r = begin(b, PRIV_ENDED, number);

	put_u32(b, &r, (uint32_t)v->status);
	put_u32(b, &r, (uint32_t)v->code);
	put_text(b, &r, v->text);
	return end(b, r);
}

int priv_read_ended(const char *p, size_t n, struct priv_ended *ret)
{
	struct reader f = open_frame(p, n, PRIV_ENDED);

	ret->status = (int32_t)get_u32(&f);
	ret->code = (enum wire_code)get_enum(&f, CODES);
	ret->text = get_text(&f, PRIV_REFUSAL_MAX);
	return close_frame(&f);
}

/* ---- What a worker and a relay are told ---- */

static void put_state(struct buf *b, int *r, const struct wire_quarantine *q)
{
	put_text(b, r, q->id);
	put_text(b, r, q->by);
	put_u64(b, r, (uint64_t)q->since);
	put_u64(b, r, (uint64_t)q->until);
	put_u32(b, r, q->confirmed);
}

static struct wire_quarantine get_state(struct reader *f)
{
	struct wire_quarantine q = {.id = get_text(f, PRIV_NAME_MAX)};

	q.by = get_text(f, PRIV_USER_MAX);
	q.since = get_size(f);
	q.until = get_size(f);
	q.confirmed = get_flag(f);
	return q;
}

int priv_put_quarantine(struct buf *b, uint64_t number, const struct priv_quarantine *v)
{
	int r = begin(b, PRIV_QUARANTINE, number);

	put_state(b, &r, &v->now);
	return end(b, r);
}

int priv_read_quarantine(const char *p, size_t n, struct priv_quarantine *ret)
{
	struct reader f = open_frame(p, n, PRIV_QUARANTINE);
	struct priv_quarantine q = {.now = get_state(&f)};
	int r = close_frame(&f);

	if (r == 0)
		*ret = q;
	return r;
}

int priv_put_grant(struct buf *b, uint64_t number, const struct priv_grant *v)
{
	int r = begin(b, PRIV_GRANT, number);

	put_u32(b, &r, v->privileged);
	put_u32(b, &r, v->change_uid);
	put_u32(b, &r, v->uid);
	put_u32(b, &r, v->gid);
	put_groups(b, &r, v->groups, v->n_groups);
	put_u32(b, &r, v->allow);
	put_u32(b, &r, v->timeout_s);
	put_u32(b, &r, v->memory_mb);
	put_u32(b, &r, v->cpu_s);
	put_text(b, &r, v->root);
	put_text(b, &r, v->state_dir);
	put_words(b, &r, v->deny_tables);
	put_words(b, &r, v->deny_paths);
	put_state(b, &r, &v->quarantine);
	return end(b, r);
}

int priv_read_grant(const char *p, size_t n, struct priv_grant *ret)
{
	struct reader f = open_frame(p, n, PRIV_GRANT);
	struct priv_grant g = {.privileged = get_flag(&f)};
	bool no_memory = false;
	int r;

	g.change_uid = get_flag(&f);
	g.uid = get_u32(&f);
	g.gid = get_u32(&f);
	g.n_groups = get_groups(&f, g.groups);
	g.allow = get_u32(&f);
	g.timeout_s = get_u32(&f);
	g.memory_mb = get_u32(&f);
	g.cpu_s = get_u32(&f);
	g.root = get_text(&f, PATH_MAX);
	g.state_dir = get_text(&f, PATH_MAX);
	g.deny_tables = get_words(&f, &no_memory);
	g.deny_paths = get_words(&f, &no_memory);
	g.quarantine = get_state(&f);
	r = no_memory ? -ENOMEM : close_frame(&f);
	if (r < 0)
		priv_grant_done(&g);
	else
		*ret = g;
	return r;
}

void priv_grant_done(struct priv_grant *g)
{
	free(g->deny_tables);
	free(g->deny_paths);
	g->deny_tables = g->deny_paths = NULL;
}

int priv_put_relay(struct buf *b, uint64_t number, const struct priv_relay *v)
{
	int r = begin(b, PRIV_RELAY, number);

	put_u32(b, &r, (uint32_t)v->kind);
	put_u32(b, &r, v->change_uid);
	put_u32(b, &r, v->privileged);
	put_u32(b, &r, v->uid);
	put_u32(b, &r, v->gid);
	put_groups(b, &r, v->groups, v->n_groups);
	put_text(b, &r, v->arg);
	return end(b, r);
}

int priv_read_relay(const char *p, size_t n, struct priv_relay *ret)
{
	struct reader f = open_frame(p, n, PRIV_RELAY);

	ret->kind = (enum priv_relay_kind)get_enum(&f, PRIV_RELAY_KINDS);
	ret->change_uid = get_flag(&f);
	ret->privileged = get_flag(&f);
	ret->uid = get_u32(&f);
	ret->gid = get_u32(&f);
	ret->n_groups = get_groups(&f, ret->groups);
	ret->arg = get_text(&f, PATH_MAX);
	return close_frame(&f);
}

/* ---- What a worker asks ---- */

int priv_put_query(struct buf *b, uint64_t number, const char *sql, size_t n)
{
	int r = begin(b, PRIV_QUERY, number);

	put_span(b, &r, (struct span){sql, n});
	return end(b, r);
}

int priv_read_query(const char *p, size_t n, struct span *ret_sql)
{
	struct reader f = open_frame(p, n, PRIV_QUERY);

	*ret_sql = get_span(&f, WIRE_REQUEST_MAX);
	return close_frame(&f);
}

static size_t count_args(const struct action *a)
{
	size_t n = 0;

	while (a->args[n].name)
		n++;
	return n;
}

int priv_put_action(struct buf *b, uint64_t number, const struct priv_action *v)
{
	size_t n = count_args(v->action);
	int r = begin(b, PRIV_ACTION, number);

	put_text(b, &r, v->action->name);
	put_u32(b, &r, v->dry_run);
	put_text(b, &r, v->reason);
	put_u32(b, &r, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		put_u32(b, &r, v->values[i].given);
		put_u64(b, &r, (uint64_t)v->values[i].i);
		put_span(b, &r, v->values[i].text);
	}
	return end(b, r);
}

int priv_read_action(const char *p, size_t n, struct priv_action *ret)
{
	struct reader f = open_frame(p, n, PRIV_ACTION);
	size_t args;

	memset(ret, 0, sizeof(*ret));
	ret->action = action_find(get_text(&f, PRIV_NAME_MAX));
	if (!ret->action)
		return -EBADMSG;
	ret->dry_run = get_flag(&f);
	ret->reason = get_text(&f, ACTION_REASON_MAX);
	args = count_args(ret->action);
	f.bad |= args > ACTION_ARGS_MAX || get_u32(&f) != args;
	for (size_t i = 0; !f.bad && i < args; i++) {
		ret->values[i].given = get_flag(&f);
		ret->values[i].i = (int64_t)get_u64(&f);
		ret->values[i].text = get_span(&f, PRIV_FRAME_MAX);
	}
	return close_frame(&f);
}

#define STATUSES ((uint32_t)WIRE_PLANNED + 1)

int priv_put_outcome(struct buf *b, uint64_t number, const struct priv_outcome *v)
{
	int r = begin(b, PRIV_OUTCOME, number);

	put_u32(b, &r, (uint32_t)v->status);
	put_text(b, &r, v->detail);
	put_text(b, &r, v->before);
	put_text(b, &r, v->after);
	put_text(b, &r, v->undo);
	return end(b, r);
}

int priv_read_outcome(const char *p, size_t n, struct priv_outcome *ret)
{
	struct reader f = open_frame(p, n, PRIV_OUTCOME);

	ret->status = (enum wire_status)get_enum(&f, STATUSES);
	ret->detail = get_text(&f, ERR_TEXT_MAX);
	ret->before = get_text(&f, ACTION_JSON_MAX);
	ret->after = get_text(&f, ACTION_JSON_MAX);
	ret->undo = get_text(&f, ACTION_JSON_MAX);
	return close_frame(&f);
}

int priv_put_get(struct buf *b, uint64_t number, const struct priv_get *v)
{
	int r = begin(b, PRIV_GET, number);

	put_text(b, &r, v->path);
	put_u64(b, &r, (uint64_t)v->offset);
	put_u64(b, &r, (uint64_t)v->length);
	put_text(b, &r, v->reason);
	return end(b, r);
}

int priv_read_get(const char *p, size_t n, struct priv_get *ret)
{
	struct reader f = open_frame(p, n, PRIV_GET);

	ret->path = get_text(&f, PATH_MAX - 1);
	ret->offset = get_size(&f);
	ret->length = get_size(&f);
	ret->reason = get_text(&f, ACTION_REASON_MAX);
	f.bad |= ret->path[0] != '/';
	return close_frame(&f);
}

int priv_put_file(struct buf *b, uint64_t number, const struct priv_file *v)
{
	int r = begin(b, PRIV_FILE, number);

	put_u64(b, &r, (uint64_t)v->size);
	put_u64(b, &r, (uint64_t)v->mtime_ns);
	put_u32(b, &r, v->mode);
	put_u32(b, &r, v->uid);
	put_u32(b, &r, v->gid);
	put_u64(b, &r, v->dev);
	put_u64(b, &r, v->ino);
	return end(b, r);
}

int priv_read_file(const char *p, size_t n, struct priv_file *ret)
{
	struct reader f = open_frame(p, n, PRIV_FILE);

	ret->size = get_size(&f);
	ret->mtime_ns = (int64_t)get_u64(&f);
	ret->mode = get_u32(&f);
	ret->uid = get_u32(&f);
	ret->gid = get_u32(&f);
	ret->dev = get_u64(&f);
	ret->ino = get_u64(&f);
	return close_frame(&f);
}

int priv_put_got(struct buf *b, uint64_t number, const struct priv_got *v)
{
	int r = begin(b, PRIV_GOT, number);

	put_u32(b, &r, (uint32_t)v->status);
	put_u64(b, &r, (uint64_t)v->bytes);
	put_text(b, &r, v->sha256);
	put_text(b, &r, v->detail);
	return end(b, r);
}

int priv_read_got(const char *p, size_t n, struct priv_got *ret)
{
	struct reader f = open_frame(p, n, PRIV_GOT);

	ret->status = (enum wire_status)get_enum(&f, STATUSES);
	ret->bytes = get_size(&f);
	ret->sha256 = get_text(&f, ACTION_IDENTITY_MAX);
	ret->detail = get_text(&f, ERR_TEXT_MAX);
	return close_frame(&f);
}

int priv_put_connect(struct buf *b, uint64_t number, const struct priv_connect *v)
{
	int r = begin(b, PRIV_CONNECT, number);

	put_u32(b, &r, (uint32_t)v->kind);
	put_text(b, &r, v->arg);
	return end(b, r);
}

int priv_read_connect(const char *p, size_t n, struct priv_connect *ret)
{
	struct reader f = open_frame(p, n, PRIV_CONNECT);

	ret->kind = (enum priv_relay_kind)get_enum(&f, PRIV_RELAY_KINDS);
	ret->arg = get_text(&f, PATH_MAX);
	return close_frame(&f);
}

int priv_put_connected(struct buf *b, uint64_t number, const struct priv_connected *v)
{
	int r = begin(b, PRIV_CONNECTED, number);

	put_u32(b, &r, (uint32_t)v->error);
	return end(b, r);
}

int priv_read_connected(const char *p, size_t n, struct priv_connected *ret)
{
	struct reader f = open_frame(p, n, PRIV_CONNECTED);

	ret->error = (int32_t)get_enum(&f, 4096);
	return close_frame(&f);
}

/* ---- Who somebody is ---- */

int priv_put_subject(struct buf *b, uint64_t number, const struct priv_subject *v)
{
	const struct subject *w = &v->who;
	int r = begin(b, PRIV_SUBJECT, number);

	put_u32(b, &r, w->uid);
	put_u32(b, &r, w->gid);
	put_groups(b, &r, w->groups, w->n_groups);
	put_text(b, &r, w->user);
	put_u32(b, &r, (uint32_t)w->pid);
	put_text(b, &r, w->address);
	put_u32(b, &r, w->port);
	put_u32(b, &r, w->local_port);
	put_text(b, &r, w->claimed);
	put_text(b, &r, w->fingerprint);
	put_u32(b, &r, v->allow);
	put_u32(b, &r, v->as_user);
	put_text(b, &r, v->role);
	put_words(b, &r, v->deny_tables);
	put_words(b, &r, v->deny_paths);
	return end(b, r);
}

/* Into an array of the struct's. */
#define GET_INTO(f, array)                                                                         \
	do {                                                                                       \
		struct span s_ = get_span((f), sizeof(array) - 1);                                 \
		memcpy((array), s_.p, s_.n);                                                       \
		(array)[s_.n] = '\0';                                                              \
	} while (0)

int priv_read_subject(const char *p, size_t n, struct priv_subject *ret)
{
	struct reader f = open_frame(p, n, PRIV_SUBJECT);
	struct priv_subject s = {.who.uid = get_u32(&f)};
	bool no_memory = false;
	int r;

	s.who.gid = get_u32(&f);
	s.who.n_groups = get_groups(&f, s.who.groups);
	GET_INTO(&f, s.who.user);
	s.who.pid = (pid_t)get_u32(&f);
	GET_INTO(&f, s.who.address);
	s.who.port = (uint16_t)get_enum(&f, 65536);
	s.who.local_port = (uint16_t)get_enum(&f, 65536);
	GET_INTO(&f, s.who.claimed);
	GET_INTO(&f, s.who.fingerprint);
	s.allow = get_u32(&f);
	s.as_user = get_flag(&f);
	s.role = get_text(&f, PRIV_FRAME_MAX);
	s.deny_tables = get_words(&f, &no_memory);
	s.deny_paths = get_words(&f, &no_memory);
	r = no_memory ? -ENOMEM : close_frame(&f);
	if (r < 0)
		priv_subject_done(&s);
	else
		*ret = s;
	return r;
}

void priv_subject_done(struct priv_subject *s)
{
	free(s->deny_tables);
	free(s->deny_paths);
	s->deny_tables = s->deny_paths = NULL;
}

/* ---- Packets ---- */

#define FDS_MAX 2

int priv_pair(int ret[2])
{
	const int bytes = PRIV_SOCKET_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		/* Without root it is as much as the system lets everybody have. */
		if (setsockopt(ret[i], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
			setsockopt(ret[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return 0;
}

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
};

int priv_send(int fd, const struct buf *frame, const int *fds, size_t n_fds, bool wait)
{
	struct iovec part = {frame->p, frame->len};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
	union control control = {0};
	ssize_t n;

	if (n_fds) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
	}
	do
		n = sendmsg(fd, &msg, wait ? MSG_NOSIGNAL : MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* All that came; -EBADMSG when it is more than was asked for, and then none is kept. */
static int take_fds(struct msghdr *msg, int *ret, size_t max)
{
	bool bad = (msg->msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0;
	size_t got = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (got < max)
				ret[got++] = fd;
			else
				bad = io_close(fd) < 0;
		}
	}
	for (size_t i = 0; bad && i < got; i++)
		ret[i] = io_close(ret[i]);
	return bad ? -EBADMSG : 1;
}

int priv_receive(int fd, struct buf *b, int *ret_fds, size_t max_fds, bool wait)
{
	union control control = {0};
	struct iovec part;
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;
	int r;

	/* Descriptors that nobody wants are not even taken: to close one may take for ever. */
	if (max_fds) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control);
	}
	for (size_t i = 0; i < max_fds; i++)
		ret_fds[i] = -1;
	buf_reset(b);
	r = buf_room(b, PRIV_FRAME_MAX);
	if (r < 0)
		return r;
	part = (struct iovec){b->p, PRIV_FRAME_MAX};
	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r = take_fds(&msg, ret_fds, max_fds);
	if (r > 0 && n == 0)
		return 0;
	if (r > 0)
		buf_added(b, (size_t)n);
	return r;
}
