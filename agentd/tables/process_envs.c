/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctable.h"
#include "common/io.h"

#include <errno.h>
#include <unistd.h>

/* Bytes of one variable that are kept: the kernel takes no longer one at exec. */
#define VARIABLE_MAX (128u << 10)
/* Bytes read at once. */
#define PIECE (16u << 10)
/* Bytes of one process's environment: more than exec takes, but a process can point anywhere. */
#define ENVIRON_MAX (8u << 20)

enum { PID, KEY, VALUE };

static const struct column columns[] = {
	{"pid", COL_INTEGER, COL_INDEX, "Process id"},
	{"key", COL_TEXT, 0, "Name of the variable"},
	{"value", COL_TEXT, 0, "Its value, as it was when the program started"},
	COL_END,
};

struct state {
	struct proc_walk walk;
	int32_t pid;
	int fd; /* environ of that process, valid when `reading` */
	bool reading;
	size_t taken;	 /* bytes read from it */
	struct buf text; /* what is not made into rows yet */
};

static void put_variable(struct scan *s, int32_t pid, struct span text)
{
	struct span key;

	if (!text.n || !span_split(&text, '=', &key))
		return;
	row_begin(s);
	row_int(s, PID, pid);
	row_bytes(s, KEY, key.p, key.n);
	row_bytes(s, VALUE, text.p ? text.p : "", text.n);
	row_end(s);
}

static void put_whole(struct scan *s, struct state *st)
{
	size_t done = 0;
	char *end;

	while (done < st->text.len &&
		(end = memchr(st->text.p + done, '\0', st->text.len - done))) {
		size_t n = (size_t)(end - st->text.p) - done;

		put_variable(s, st->pid, (struct span){st->text.p + done, n});
		done += n + 1;
	}
	buf_consume(&st->text, done);
}

static void finish(struct state *st)
{
	if (st->reading)
		io_close(st->fd);
	st->reading = false;
	st->taken = 0;
	buf_reset(&st->text);
}

/* The next piece of the environment. 1 or -errno. */
static int read_piece(struct scan *s, struct state *st)
{
	size_t room = st->text.max - st->text.len;
	ssize_t n;
	int r;

	if (!room || st->taken > ENVIRON_MAX) {
		scan_warn(s, "the environment of process %d is longer than can be read", st->pid);
		put_variable(s, st->pid, (struct span){buf_str(&st->text), st->text.len});
		finish(st);
		return 1;
	}
	if (room > PIECE)
		room = PIECE;
	r = buf_room(&st->text, room);
	if (r < 0)
		return r;
	n = read(st->fd, st->text.p + st->text.len, room);
	if (n > 0) {
		buf_added(&st->text, (size_t)n);
		st->taken += (size_t)n;
		put_whole(s, st);
		return 1;
	}
	if (n < 0)
		proc_skipped(s, "environ", -errno);
	put_variable(s, st->pid, (struct span){buf_str(&st->text), st->text.len});
	finish(st);
	return 1;
}

static int next_process(struct scan *s, struct state *st)
{
	int r = proc_walk_file(&st->walk, s, "environ", &st->pid, &st->fd);

	st->reading = r > 0 && st->fd >= 0;
	return r;
}

static int envs_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->text, VARIABLE_MAX);
	return proc_walk_open(&st->walk, s, PID);
}

static int envs_step(struct scan *s)
{
	struct state *st = scan_state(s);

	return st->reading ? read_piece(s, st) : next_process(s, st);
}

static void envs_close(struct scan *s)
{
	struct state *st = scan_state(s);

	finish(st);
	buf_done(&st->text);
	proc_walk_close(&st->walk);
}

const struct table table_process_envs = {
	.name = "process_envs",
	.doc = "The environment variables that processes were started with.",
	.columns = columns,
	.open = envs_open,
	.step = envs_step,
	.close = envs_close,
	.state_size = sizeof(struct state),
};
