/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"
#include "agentd/sshkeyline.h"

enum { UID, ALGORITHM, KEY, OPTIONS, COMMENT, KEY_FILE, PID_WITH_NAMESPACE };

static const struct column columns[] = {
	{"uid", COL_BIGINT, COL_ADDITIONAL, "Whose account the key opens"},
	{"algorithm", COL_TEXT, 0, "Kind of key"},
	{"key", COL_TEXT, 0, "The public key, in base64"},
	{"options", COL_TEXT, 0, "What the key may do, or is made to: command=\"…\", from=\"…\" …"},
	{"comment", COL_TEXT, 0, "Whatever stands behind the key"},
	{"key_file", COL_TEXT, 0, "The file it is in"},
	NSROOT_PID_COLUMN,
	COL_END,
};

static const char *const names[] = {".ssh/authorized_keys", ".ssh/authorized_keys2", NULL};
static const struct fileset_spec spec = {names, UID, PID_WITH_NAMESPACE, false};

static int keys_open(struct scan *s)
{
	return fileset_open(scan_state(s), s, &spec);
}

static void keys_close(struct scan *s)
{
	fileset_close(scan_state(s));
}

static void put(struct scan *s, unsigned col, struct span text)
{
	if (text.p)
		row_bytes(s, col, text.p, text.n);
}

static int keys_step(struct scan *s)
{
	struct fileset *f = scan_state(s);
	struct sshkey_line k;
	struct span line;
	int r = fileset_line(f, &line, NULL);

	if (r != FILESET_ONE)
		return r;
	if (!sshkey_line_read(line, &k))
		return 1;
	row_begin(s);
	row_int(s, UID, f->uid);
	put(s, ALGORITHM, k.algorithm);
	put(s, KEY, k.key);
	put(s, OPTIONS, k.options);
	put(s, COMMENT, k.comment);
	row_text(s, KEY_FILE, f->path);
	row_int(s, PID_WITH_NAMESPACE, f->ns.pid);
	row_end(s);
	return 1;
}

const struct table table_authorized_keys = {
	.name = "authorized_keys",
	.doc = "Keys that may log in over SSH: ~/.ssh/authorized_keys of every local account, or "
	       "of "
	       "the one with the given uid.",
	.columns = columns,
	.open = keys_open,
	.step = keys_step,
	.close = keys_close,
	.state_size = sizeof(struct fileset),
};
