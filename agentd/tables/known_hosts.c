/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"

enum { UID, KEY, KEY_FILE };

static const struct column columns[] = {
	{"uid", COL_BIGINT, COL_INDEX, "Who has been there"},
	{"key", COL_TEXT, 0, "The line: names or their hash, algorithm, public key"},
	{"key_file", COL_TEXT, 0, "The file it is in"},
	COL_END,
};

static const char *const names[] = {".ssh/known_hosts", NULL};
static const struct fileset_spec spec = {names, UID, FILESET_NO_COLUMN, false};

static int hosts_open(struct scan *s)
{
	return fileset_open(scan_state(s), s, &spec);
}

static void hosts_close(struct scan *s)
{
	fileset_close(scan_state(s));
}

static int hosts_step(struct scan *s)
{
	struct fileset *f = scan_state(s);
	struct span line;
	int r = fileset_line(f, &line, NULL);

	if (r != FILESET_ONE)
		return r;
	if (!line.n || line.p[0] == '#')
		return 1;
	row_begin(s);
	row_int(s, UID, f->uid);
	row_bytes(s, KEY, line.p, line.n);
	row_text(s, KEY_FILE, f->path);
	row_end(s);
	return 1;
}

const struct table table_known_hosts = {
	.name = "known_hosts",
	.doc = "Hosts that users have met over SSH: ~/.ssh/known_hosts of every local account, or "
	       "of "
	       "the one with the given uid.",
	.columns = columns,
	.open = hosts_open,
	.step = hosts_step,
	.close = hosts_close,
	.state_size = sizeof(struct fileset),
};
