/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctree.h"

#include "agentd/action.h"
#include "common/clock.h"
#include "common/json.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* PID_MAX_LIMIT of the kernel. */
#define PID_LIMIT	(4 << 20)
#define GROUP_BYTES_MAX (2u << 20)
#define PRIO_FIRST	(-20)
/* Looks of one who does not stop what is found. */
#define LOOKS_MAX 8
/* Between two looks when the last one found nobody new, but somebody still running. */
#define LOOK_AGAIN_US 2000
/* Nobody lives so shortly that it would start none within this time. */
#define CHASE_QUIET_US 2000
#define CHASE_MAX_US   100000
/* New processes that are nobody's here: on a busy machine they, not ours, are who starts. */
#define CHASE_OTHERS_MAX 64
#define LOADAVG_MAX	 128

/* ---- Members ---- */

static uint64_t now_ticks(const struct proctree *t)
{
	return (uint64_t)clock_boot_ms() * (uint64_t)t->fs->hz / 1000;
}

/* The member that has, or had, this number; NULL for none. */
static struct procmember *member_of(const struct proctree *t, int64_t pid)
{
	return pid > 0 && pid < PID_LIMIT && t->known[pid] ? &t->members[t->known[pid] - 1] : NULL;
}

static bool is_member(const struct proctree *t, int32_t pid, uint64_t start)
{
	const struct procmember *m = member_of(t, pid);

	return m && m->start == start;
}

static int add_member(struct proctree *t, const struct pidref *p, const struct procfs_stat *st)
{
	struct procmember *m;
	int r = array_grow(&t->members, &t->cap, t->n + 1, sizeof(*t->members), PROCTREE_MAX);

	if (r < 0)
		return r;
	if (p->pid >= PID_LIMIT)
		return -ERANGE;
	m = &t->members[t->n++];
	*m = (struct procmember){.pid = p->pid,
		.start = p->start,
		.seen = now_ticks(t),
		.stopped_before = st->state == 'T'};
	snprintf(m->name, sizeof(m->name), "%.*s", (int)st->comm.n, st->comm.p);
	t->known[p->pid] = (uint32_t)t->n;
	return 0;
}

int proctree_init(struct proctree *t, const struct procfs *fs, const struct procguard *guard,
	const struct pidref *root)
{
	struct procfs_stat st;
	int r;

	*t = (struct proctree){.fs = fs, .guard = guard, .trap = CGTRAP_NONE};
	buf_init(&t->text, PROCFS_FILE_MAX);
	/* Most of it is never touched, so it costs address space only. */
	t->known = calloc(PID_LIMIT, sizeof(*t->known));
	if (!t->known)
		return -ENOMEM;
	r = pidref_stat(root, &t->text, &st);
	return r < 0 ? r : add_member(t, root, &st);
}

void proctree_done(struct proctree *t)
{
	cgtrap_done(&t->trap);
	buf_done(&t->text);
	free(t->members);
	free(t->known);
	t->members = NULL;
	t->known = NULL;
}

int proctree_open(struct proctree *t, size_t i, struct pidref *ret)
{
	struct procmember *m = &t->members[i];
	struct pidref p;
	uint64_t now = now_ticks(t);
	int r = pidref_open(t->fs, m->pid, &p, NULL);

	if (r == 0 && p.start != m->start) {
		pidref_close(&p);
		r = -ESRCH;
	}
	if (r < 0)
		return r;
	m->seen = now;
	*ret = p;
	return 0;
}

void proctree_trap(struct proctree *t)
{
	struct pidref p;

	if (proctree_open(t, 0, &p) < 0)
		return;
	if (cgtrap_init(&t->trap, t->fs->root, &p) == 0)
		cgtrap_add(&t->trap, &p);
	pidref_close(&p);
}

/* ---- Looking for them ---- */

/* Is the process of this number still the member, and not a later one? */
static bool is_there(const struct proctree *t, struct procmember *m)
{
	uint64_t now = now_ticks(t);
	struct procfs_stat st;
	struct procfs_proc p;
	struct buf text;
	bool same;

	if (procfs_open(t->fs, m->pid, &p) < 0)
		return false;
	buf_init(&text, PROCFS_FILE_MAX);
	same = procfs_read(&p, "stat", &text) == 0 &&
	       procfs_stat_parse((struct span){text.p, text.len}, &st) == 0 && st.start == m->start;
	buf_done(&text);
	procfs_close(&p);
	if (same)
		m->seen = now;
	return same;
}

/*
 * Of a process that is in the session or group of this number, or has that parent: was the number
 * the member's when it came there? It came to its session and group when it was started, unless it
 * began one itself; so it did if that was while the member was there. A number is free for others
 * only when nobody bears it, as process, session or group.
 */
static bool is_of(const struct proctree *t, int64_t number, uint64_t start)
{
	struct procmember *m = member_of(t, number);

	return m && (is_there(t, m) || start < m->seen);
}

static bool descends(const struct proctree *t, const struct procfs_stat *st)
{
	struct procmember *parent = member_of(t, st->ppid);

	return (parent && is_there(t, parent)) || is_of(t, st->session, st->start) ||
	       is_of(t, st->pgrp, st->start);
}

/* 1 when it is a new member, 0 when it is none, -errno. */
static int take(struct proctree *t, const struct pidref *p, bool trapped, bool stop)
{
	struct procfs_stat st;
	int r = pidref_stat(p, &t->text, &st);

	if (r < 0)
		return r == -ESRCH ? 1 : r;
	if (is_member(t, p->pid, p->start))
		return 0;
	if (!trapped && !descends(t, &st))
		return 0;
	if (procguard_why(t->guard, p, &st))
		return 0;
	r = add_member(t, p, &st);
	if (r == 0 && stop)
		pidref_signal(p, SIGSTOP);
	if (r == 0)
		cgtrap_add(&t->trap, p);
	return r < 0 ? r : 1;
}

/*
 * As above; 1 also when it ended meanwhile: it may have started another one, as those do that only
 * live to have a child.
 */
static int look_at(struct proctree *t, int32_t pid, bool trapped, bool stop)
{
	struct pidref p;
	int r = pidref_open(t->fs, pid, &p, NULL);

	if (r < 0)
		return r == -ESRCH ? 1 : r;
	r = take(t, &p, trapped, stop);
	pidref_close(&p);
	return r;
}

/* Cheap: most processes are nobody's descendants. */
static bool may_descend(const struct proctree *t, int32_t pid, struct buf *text)
{
	struct procfs_stat st;
	struct procfs_proc p;
	bool may;

	if (procfs_open(t->fs, pid, &p) < 0)
		return false;
	may = procfs_read(&p, "stat", text) == 0 &&
	      procfs_stat_parse((struct span){text->p, text->len}, &st) == 0 &&
	      (member_of(t, st.ppid) || member_of(t, st.session) || member_of(t, st.pgrp)) &&
	      !is_member(t, pid, st.start);
	procfs_close(&p);
	return may;
}

static int look_into_trap(struct proctree *t, bool stop, size_t *ret_new)
{
	struct span rest, word;
	struct buf b;
	uint64_t pid;
	int r = 0;

	if (stop)
		cgtrap_freeze(&t->trap);
	buf_init(&b, GROUP_BYTES_MAX);
	cgtrap_members(&t->trap, &b);
	rest = (struct span){buf_str(&b), b.len};
	while (r >= 0 && span_split(&rest, '\n', &word)) {
		if (parse_span(word, 10, PID_LIMIT - 1, &pid) < 0 || !pid)
			continue;
		r = look_at(t, (int32_t)pid, true, stop);
		*ret_new += r > 0;
	}
	buf_done(&b);
	if (stop)
		cgtrap_thaw(&t->trap);
	return r < 0 ? r : 0;
}

/* Once through all processes. */
static int look(struct proctree *t, bool stop, size_t *ret_new)
{
	struct procfs_list list;
	int32_t pid;
	int r = procfs_list_init(&list, t->fs);

	*ret_new = 0;
	if (r < 0)
		return r;
	while (r >= 0 && procfs_list_next(&list, &pid) == 1) {
		if (!may_descend(t, pid, &t->text))
			continue;
		r = look_at(t, pid, false, stop);
		*ret_new += r > 0;
	}
	procfs_list_done(&list);
	return r < 0 ? r : look_into_trap(t, stop, ret_new);
}

int proctree_find(struct proctree *t)
{
	size_t new;
	int r;

	/* A child can have a smaller number than its parent. Some are too quick to be counted. */
	for (unsigned i = 0; i < LOOKS_MAX; i++) {
		r = look(t, false, &new);
		if (r < 0 || !new)
			return r;
	}
	return 0;
}

/* ---- Those too quick for a look ---- */

/* The number that was given out last, the fifth word of loadavg; -errno. */
static int last_number(int fd, int32_t *ret)
{
	char text[LOADAVG_MAX];
	struct span rest, word = {NULL, 0};
	uint64_t n;
	ssize_t len = pread(fd, text, sizeof(text), 0);

	if (len <= 0)
		return -EIO;
	rest = (struct span){text, (size_t)len - 1};
	while (span_split(&rest, ' ', &word))
		;
	if (parse_span(word, 10, PID_LIMIT - 1, &n) < 0)
		return -EBADMSG;
	*ret = (int32_t)n;
	return 0;
}

/*
 * Who lives only to have a child is gone when a look comes to its number. So the newest process is
 * looked at, at once and again, until none is started for a while, or those that are started are
 * others'. The caller looks again when somebody was caught.
 */
static int chase(struct proctree *t, size_t *ret_new)
{
	int fd = openat(t->fs->fd, "loadavg", O_RDONLY | O_CLOEXEC), r = 0;
	int64_t now = clock_mono_us(), end = now + CHASE_MAX_US, started = now;
	size_t before = t->n, others = 0;
	int32_t last = 0, pid;

	if (fd < 0)
		return 0;
	while (now < end && now - started < CHASE_QUIET_US && others < CHASE_OTHERS_MAX) {
		if (last_number(fd, &pid) < 0)
			break;
		now = clock_mono_us();
		if (pid == last)
			continue;
		if (last)
			started = now;
		last = pid;
		r = look_at(t, pid, false, true);
		if (r < 0)
			break;
		others += r == 0;
	}
	close(fd);
	*ret_new = t->n - before;
	return r < 0 ? r : 0;
}

/* ---- Stopping them ---- */

static bool is_quiet(char state)
{
	return state == 0 || strchr("TtZXD", state);
}

/* How many have come to rest since the last call; *ret_left: that still run. */
static size_t settle(struct proctree *t, size_t *ret_left)
{
	struct pidref p;
	size_t settled = 0;

	*ret_left = 0;
	for (size_t i = 0; i < t->n; i++) {
		struct procmember *m = &t->members[i];

		if (m->quiet)
			continue;
		if (proctree_open(t, i, &p) < 0) {
			m->quiet = true;
		} else {
			m->quiet = is_quiet(pidref_state(&p));
			pidref_close(&p);
		}
		settled += m->quiet;
		*ret_left += !m->quiet;
	}
	return settled;
}

/*
 * A process that a signal was sent to may still finish the fork it is in. So the last look is one
 * that began when all were at rest.
 */
static int stop_all(struct proctree *t, int64_t until_ms)
{
	size_t new, settled, left;
	int r;

	for (;;) {
		r = look(t, true, &new);
		if (r < 0)
			return r;
		settled = settle(t, &left);
		if (!new && !settled && !left) {
			r = chase(t, &new);
			if (r < 0 || !new)
				return r;
		}
		if (clock_mono_ms() >= until_ms)
			return -ETIME;
		if (!new && !settled)
			usleep(LOOK_AGAIN_US);
	}
}

int proctree_stop(struct proctree *t, int64_t until_ms)
{
	int priority = getpriority(PRIO_PROCESS, 0), r;

	/* Hundreds that run would leave us a hundredth of the processor. */
	setpriority(PRIO_PROCESS, 0, PRIO_FIRST);
	for (size_t i = 0; i < t->n; i++)
		t->members[i].quiet = false;
	proctree_signal(t, SIGSTOP);
	r = stop_all(t, until_ms);
	setpriority(PRIO_PROCESS, 0, priority);
	return r;
}

/* ---- All of them ---- */

static size_t signal_some(struct proctree *t, int sig, bool ours_only)
{
	struct pidref p;
	size_t took = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (ours_only && t->members[i].stopped_before)
			continue;
		if (proctree_open(t, i, &p) < 0)
			continue;
		took += pidref_signal(&p, sig) == 0;
		pidref_close(&p);
	}
	return took;
}

size_t proctree_signal(struct proctree *t, int sig)
{
	return signal_some(t, sig, false);
}

void proctree_continue(struct proctree *t)
{
	signal_some(t, SIGCONT, true);
}

size_t proctree_wait_end(struct proctree *t, int64_t until_ms)
{
	struct pidref p;
	size_t left = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (proctree_open(t, i, &p) < 0)
			continue;
		left += !pidref_wait_end(&p, until_ms);
		pidref_close(&p);
	}
	return left;
}

size_t proctree_wait_stopped(struct proctree *t, bool stopped, int64_t until_ms)
{
	struct pidref p;
	size_t left = 0;
	char state;

	for (size_t i = 0; i < t->n; i++) {
		if (proctree_open(t, i, &p) < 0)
			continue;
		state = pidref_wait_stopped(&p, stopped, until_ms);
		if (state && state != 'Z' && (state == 'T' || state == 't') != stopped)
			left++;
		pidref_close(&p);
	}
	return left;
}

json_t *proctree_json(const struct proctree *t)
{
	json_t *list = json_array();

	for (size_t i = 1; i < t->n && i <= PROCTREE_SHOWN; i++) {
		const struct procmember *m = &t->members[i];

		json_array_append_new(list, json_pack("{s:i, s:o}", "pid", m->pid, "name",
						    json_bytes_new(m->name, strlen(m->name))));
	}
	return json_pack("{s:I, s:o}", "count", (json_int_t)(t->n - 1), "processes", list);
}
