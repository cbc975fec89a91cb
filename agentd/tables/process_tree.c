/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctable.h"

#include <errno.h>

/* Ancestors that are followed: more is a ring, or made to look endless. */
#define DEPTH_MAX 512
/* The kernel gives at most 15 bytes but for its own threads. */
#define COMM_MAX 64
/* Processes that are remembered when all are asked about; of the rest each is read again. */
#define KNOWN_MAX (1u << 18)
#define TEXT_MAX  (DEPTH_MAX * (COMM_MAX + 4))

enum { PID, NAME, DEPTH, PATH, PIDS };

static const struct column columns[] = {
	{"pid", COL_BIGINT, COL_INDEX, "Process id"},
	{"name", COL_TEXT, 0, "Its name"},
	{"depth", COL_INTEGER, 0, "Number of its ancestors"},
	{"path", COL_TEXT, 0,
		"Names from the first ancestor to itself, \" > \" between them: systemd > sshd > "
		"bash"},
	{"pids", COL_TEXT, 0, "Their process ids, separated by commas"},
	COL_END,
};

struct node {
	int32_t pid, parent;
	unsigned char n;
	char comm[COMM_MAX];
};

struct state {
	struct proc_walk walk;
	struct node *known; /* heap, by pid */
	size_t n, cap, at;
	bool listed; /* all are known that are going to be */
	struct buf text, path, pids;
	struct node *chain; /* heap, DEPTH_MAX: from a process upwards */
};

static void tree_close(struct scan *s)
{
	struct state *st = scan_state(s);

	proc_walk_close(&st->walk);
	free(st->known);
	free(st->chain);
	buf_done(&st->text);
	buf_done(&st->path);
	buf_done(&st->pids);
}

static int tree_open(struct scan *s)
{
	struct state *st = scan_state(s);
	int r;

	buf_init(&st->text, PROCFS_FILE_MAX);
	buf_init(&st->path, TEXT_MAX);
	buf_init(&st->pids, TEXT_MAX);
	st->chain = calloc(DEPTH_MAX, sizeof(*st->chain));
	r = st->chain ? proc_walk_open(&st->walk, s, PID) : -ENOMEM;
	if (r < 0)
		tree_close(s);
	return r;
}

/* ---- One process ---- */

static int read_node(struct scan *s, struct state *st, int32_t pid, struct node *ret)
{
	struct procfs_stat stat;
	struct procfs_proc p;
	int r = proc_walk_process(&st->walk, s, pid, &p);

	if (r < 0)
		return r;
	r = procfs_read(&p, "stat", &st->text);
	procfs_close(&p);
	if (!r)
		r = procfs_stat_parse((struct span){st->text.p, st->text.len}, &stat);
	if (r < 0) {
		proc_skipped(s, "stat", r);
		return r == -ENOMEM ? r : -ENOENT;
	}
	*ret = (struct node){.pid = pid};
	ret->parent = stat.ppid > 0 && stat.ppid <= INT32_MAX ? (int32_t)stat.ppid : 0;
	ret->n = (unsigned char)(stat.comm.n < COMM_MAX ? stat.comm.n : COMM_MAX);
	memcpy(ret->comm, stat.comm.p, ret->n);
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int find_node(struct scan *s, struct state *st, int32_t pid, struct node *ret)
{
	const struct node key = {.pid = pid};
	const struct node *found =
		st->n ? bsearch(&key, st->known, st->n, sizeof(*st->known), by_pid) : NULL;

	if (!found)
		return read_node(s, st, pid, ret);
	*ret = *found;
	return 0;
}

/* ---- Rows ---- */

/* Fills the chain from the process upwards. */
static size_t climb(struct scan *s, struct state *st, const struct node *from)
{
	size_t n = 1;

	st->chain[0] = *from;
	while (n < DEPTH_MAX && st->chain[n - 1].parent > 0 &&
		st->chain[n - 1].parent != st->chain[n - 1].pid &&
		find_node(s, st, st->chain[n - 1].parent, &st->chain[n]) == 0)
		n++;
	return n;
}

static int put_tree(struct scan *s, struct state *st, const struct node *self)
{
	size_t n = climb(s, st, self);
	int r = 0;

	buf_reset(&st->path);
	buf_reset(&st->pids);
	for (size_t i = n; !r && i-- > 0;) {
		r = buf_printf(&st->pids, "%d%s", st->chain[i].pid, i ? "," : "");
		if (!r)
			r = buf_add(&st->path, st->chain[i].comm, st->chain[i].n);
		if (!r && i)
			r = buf_puts(&st->path, " > ");
	}
	row_begin(s);
	row_int(s, PID, self->pid);
	row_bytes(s, NAME, self->comm, self->n);
	row_int(s, DEPTH, (int64_t)n - 1);
	row_bytes(s, PATH, buf_str(&st->path), st->path.len);
	row_bytes(s, PIDS, buf_str(&st->pids), st->pids.len);
	row_end(s);
	return r == -ENOMEM ? r : 1;
}

/* All are listed before the first row: each is then read once, not once for each descendant. */
static int list_one(struct scan *s, struct state *st)
{
	struct node node;
	int32_t pid;
	int r = proc_walk_next(&st->walk, &pid);

	if (r < 0)
		return r;
	if (r == 0) {
		if (st->n)
			qsort(st->known, st->n, sizeof(*st->known), by_pid);
		st->listed = true;
		return 1;
	}
	r = read_node(s, st, pid, &node);
	if (!r)
		r = array_grow(&st->known, &st->cap, st->n + 1, sizeof(*st->known), KNOWN_MAX);
	if (r == -E2BIG)
		scan_warn(s, "more than %u processes: the rest is left out", KNOWN_MAX);
	if (!r)
		st->known[st->n++] = node;
	return r == -ENOMEM ? r : 1;
}

static int tree_step(struct scan *s)
{
	struct state *st = scan_state(s);

	if (!st->listed)
		return list_one(s, st);
	if (st->at == st->n)
		return 0;
	return put_tree(s, st, &st->known[st->at++]);
}

const struct table table_process_tree = {
	.name = "process_tree",
	.doc = "The ancestry of each process in one row.",
	.columns = columns,
	.open = tree_open,
	.step = tree_step,
	.close = tree_close,
	.state_size = sizeof(struct state),
};
