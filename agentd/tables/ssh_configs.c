/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"

#include <errno.h>
#include <string.h>

enum { UID, BLOCK, OPTION, SSH_CONFIG_FILE };

static const struct column columns[] = {
	{"uid", COL_BIGINT, COL_ADDITIONAL, "Whose configuration; 0 for the system's"},
	{"block", COL_TEXT, 0, "The Host or Match line that it stands below, or nothing"},
	{"option", COL_TEXT, 0, "The option with its value, in small letters"},
	{"ssh_config_file", COL_TEXT, 0, "The file it is in"},
	COL_END,
};

static const char *const names[] = {".ssh/config", "/etc/ssh/ssh_config", NULL};
static const struct fileset_spec spec = {names, UID, FILESET_NO_COLUMN, false};

struct state {
	struct fileset files;
	struct buf block, line;
};

static int configs_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->block, TEXTFILE_LINE_MAX);
	buf_init(&st->line, TEXTFILE_LINE_MAX);
	return fileset_open(&st->files, s, &spec);
}

static void configs_close(struct scan *s)
{
	struct state *st = scan_state(s);

	fileset_close(&st->files);
	buf_done(&st->block);
	buf_done(&st->line);
}

static int to_lower(struct buf *out, struct span line)
{
	int r;

	buf_reset(out);
	r = buf_add(out, line.p, line.n);
	for (size_t i = 0; i < out->len; i++)
		if (out->p[i] >= 'A' && out->p[i] <= 'Z')
			out->p[i] = (char)(out->p[i] - 'A' + 'a');
	return r;
}

static bool is_keyword(const struct buf *line, const char *word)
{
	size_t n = strlen(word);

	return line->len > n && memcmp(line->p, word, n) == 0 && strchr(" \t=", line->p[n]);
}

static int configs_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct span line;
	bool first;
	int r = fileset_line(&st->files, &line, &first);

	if (r != FILESET_ONE)
		return r;
	if (first)
		buf_reset(&st->block);
	if (!line.n || line.p[0] == '#')
		return 1;
	r = to_lower(&st->line, line);
	if (r < 0)
		return r;
	if (is_keyword(&st->line, "host") || is_keyword(&st->line, "match"))
		return to_lower(&st->block, line) < 0 ? -ENOMEM : 1;
	row_begin(s);
	row_int(s, UID, st->files.uid);
	row_bytes(s, BLOCK, buf_str(&st->block), st->block.len);
	row_bytes(s, OPTION, st->line.p, st->line.len);
	row_text(s, SSH_CONFIG_FILE, st->files.path);
	row_end(s);
	return 1;
}

const struct table table_ssh_configs = {
	.name = "ssh_configs",
	.doc = "Options of SSH clients: ~/.ssh/config of every local account, or of the one with "
	       "the "
	       "given uid, and /etc/ssh/ssh_config.",
	.columns = columns,
	.open = configs_open,
	.step = configs_step,
	.close = configs_close,
	.state_size = sizeof(struct state),
};
