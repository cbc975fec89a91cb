/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctable.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Ends of pipes that are kept in mind; the rest is left out. */
#define ENDS_MAX (1u << 20)
/* Pairs that one step looks at. */
#define STEP_PAIRS 1024

enum { PID, FD, MODE, INODE, TYPE, PARTNER_PID, PARTNER_FD, PARTNER_MODE };

static const struct column columns[] = {
	{"pid", COL_BIGINT, 0, "Process id"},
	{"fd", COL_BIGINT, 0, "Number of the descriptor"},
	{"mode", COL_TEXT, 0, "What the process can do with it: r, w or rw"},
	{"inode", COL_BIGINT, 0, "Inode of the pipe"},
	{"type", COL_TEXT, 0, "named or anonymous"},
	{"partner_pid", COL_BIGINT, 0,
		"Process that has the other end open; NULL when nobody else has the pipe open"},
	{"partner_fd", COL_BIGINT, 0, "Its descriptor"},
	{"partner_mode", COL_TEXT, 0, "What it can do with it"},
	COL_END,
};

enum { READS = 1, WRITES = 2 };

/* One descriptor of a pipe. */
struct end {
	uint64_t inode;
	uint64_t device; /* of the file system of a named one, 0 for an anonymous one */
	int32_t pid, fd;
	unsigned char mode;
	bool named;
};

struct state {
	struct proc_fds fds;
	struct end *ends;
	size_t n, cap;
	bool gathered;
	/* While making rows: this end with the ends of its pipe, from first to last. */
	size_t at, first, last, with;
};

static int pipes_open(struct scan *s)
{
	struct state *st = scan_state(s);

	return proc_fds_open(&st->fds, s, PROC_ALL);
}

/* ---- Gathering: the other end can be anybody's ---- */

static bool is_pipe(struct state *st, struct end *e)
{
	struct span link = {buf_str(&st->fds.link), st->fds.link.len};
	char name[16];
	struct statx stx;

	if (procfs_link_number(link, "pipe", &e->inode))
		return true;
	if (!link.n || link.p[0] != '/' || !st->fds.walk.shared->fs.live)
		return false;
	/* Never asks a server, which may be gone. */
	snprintf(name, sizeof(name), "%d", e->fd);
	if (statx(st->fds.list.fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		    STATX_TYPE | STATX_INO, &stx) < 0 ||
		!S_ISFIFO(stx.stx_mode))
		return false;
	e->named = true;
	e->inode = stx.stx_ino;
	e->device = makedev(stx.stx_dev_major, stx.stx_dev_minor);
	return true;
}

/* The permissions of the link are those of the descriptor. */
static unsigned char mode_of(const struct proc_fds *f)
{
	struct stat st;
	char name[16];

	snprintf(name, sizeof(name), "%d", f->fd);
	if (fstatat(f->list.fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (unsigned char)((st.st_mode & 0444 ? READS : 0) | (st.st_mode & 0222 ? WRITES : 0));
}

static int add_end(struct scan *s, struct state *st)
{
	struct end e = {.pid = st->fds.pid, .fd = st->fds.fd};
	int r;

	if (!is_pipe(st, &e))
		return 0;
	r = array_grow(&st->ends, &st->cap, st->n + 1, sizeof(*st->ends), ENDS_MAX);
	if (r == -E2BIG) {
		scan_warn(s, "more than %u open ends of pipes: the rest is left out", ENDS_MAX);
		return 0;
	}
	if (r < 0)
		return r;
	e.mode = mode_of(&st->fds);
	st->ends[st->n++] = e;
	return 0;
}

static int same_pipe(const struct end *a, const struct end *b)
{
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return 0;
}

static int by_pipe(const void *x, const void *y)
{
	const struct end *a = x, *b = y;
	int r = same_pipe(a, b);

	if (!r)
		r = (a->pid > b->pid) - (a->pid < b->pid);
	return r ? r : (a->fd > b->fd) - (a->fd < b->fd);
}

static int gather(struct scan *s, struct state *st)
{
	int r;

	while ((r = proc_fds_next(&st->fds, s)) == PROC_FDS_ONE) {
		r = add_end(s, st);
		if (r < 0)
			return r;
	}
	if (r != PROC_FDS_END)
		return r == PROC_FDS_PAUSE ? 1 : r;
	if (st->n)
		qsort(st->ends, st->n, sizeof(*st->ends), by_pipe);
	st->gathered = true;
	return 1;
}

/* ---- Rows ---- */

static const char *mode_name(unsigned char mode)
{
	static const char *const names[] = {"-", "r", "w", "rw"};

	return names[mode];
}

static void put_row(struct scan *s, const struct end *e, const struct end *partner)
{
	row_begin(s);
	row_int(s, PID, e->pid);
	row_int(s, FD, e->fd);
	row_text(s, MODE, mode_name(e->mode));
	row_int(s, INODE, (int64_t)e->inode);
	row_text(s, TYPE, e->named ? "named" : "anonymous");
	if (partner) {
		row_int(s, PARTNER_PID, partner->pid);
		row_int(s, PARTNER_FD, partner->fd);
		row_text(s, PARTNER_MODE, mode_name(partner->mode));
	}
	row_end(s);
}

/* A descriptor that can do both is a partner of all. */
static bool partners(const struct end *a, const struct end *b)
{
	return a != b && (a->mode != b->mode || a->mode == (READS | WRITES));
}

/* Sets first and last for the end `at`, whose partners are then looked for. */
static void begin_end(struct state *st)
{
	if (st->at >= st->last) {
		st->first = st->at;
		while (st->last < st->n &&
			same_pipe(&st->ends[st->first], &st->ends[st->last]) == 0)
			st->last++;
	}
	st->with = st->first;
}

static int make_rows(struct scan *s, struct state *st)
{
	for (unsigned i = 0; i < STEP_PAIRS; i++) {
		if (st->with == st->last && st->at < st->last)
			st->at++;
		if (st->at == st->n)
			return 0;
		if (st->with == st->last)
			begin_end(st);
		if (st->last - st->first == 1)
			put_row(s, &st->ends[st->at], NULL);
		else if (partners(&st->ends[st->at], &st->ends[st->with]))
			put_row(s, &st->ends[st->at], &st->ends[st->with]);
		st->with++;
	}
	return 1;
}

static int pipes_step(struct scan *s)
{
	struct state *st = scan_state(s);

	return st->gathered ? make_rows(s, st) : gather(s, st);
}

static void pipes_close(struct scan *s)
{
	struct state *st = scan_state(s);

	proc_fds_close(&st->fds);
	free(st->ends);
}

const struct table table_process_open_pipes = {
	.name = "process_open_pipes",
	.doc = "The pipes that processes have open, with whoever has the other end.",
	.columns = columns,
	.open = pipes_open,
	.step = pipes_step,
	.close = pipes_close,
	.state_size = sizeof(struct state),
};
