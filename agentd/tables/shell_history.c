/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"
#include "agentd/histline.h"

enum { UID, TIME, COMMAND, HISTORY_FILE };

static const struct column columns[] = {
	{"uid", COL_BIGINT, COL_ADDITIONAL, "Whose history"},
	{"time", COL_INTEGER, 0, "When it was entered, seconds since 1970; 0 where it is not told"},
	{"command", COL_TEXT, 0, "The line"},
	{"history_file", COL_TEXT, 0, "The file it is in"},
	COL_END,
};

static const char *const names[] = {
	".bash_history",
	".zsh_history",
	".zhistory",
	".history",
	".sh_history",
	".ash_history",
	".bash_sessions/*.history",
	NULL,
};
static const struct fileset_spec spec = {names, UID, FILESET_NO_COLUMN, false};

struct state {
	struct fileset files;
	struct histline before;
};

static int history_open(struct scan *s)
{
	struct state *st = scan_state(s);

	return fileset_open(&st->files, s, &spec);
}

static void history_close(struct scan *s)
{
	struct state *st = scan_state(s);

	fileset_close(&st->files);
}

static int history_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct span line, command;
	int64_t time;
	bool first;
	int r = fileset_line(&st->files, &line, &first);

	if (r != FILESET_ONE)
		return r;
	if (first)
		st->before = (struct histline){0};
	if (!histline_read(&st->before, line, &command, &time) || !command.n)
		return 1;
	row_begin(s);
	row_int(s, UID, st->files.uid);
	row_int(s, TIME, time);
	row_bytes(s, COMMAND, command.p, command.n);
	row_text(s, HISTORY_FILE, st->files.path);
	row_end(s);
	return 1;
}

const struct table table_shell_history = {
	.name = "shell_history",
	.doc = "What was typed into shells, from the history files of every local account, or of "
	       "the "
	       "one with the given uid.",
	.columns = columns,
	.open = history_open,
	.step = history_step,
	.close = history_close,
	.state_size = sizeof(struct state),
};
