/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/accounts.h"
#include "agentd/nsroot.h"
#include "agentd/table.h"
#include "agentd/textfile.h"

#include <errno.h>
#include <string.h>

enum {
	GID,
	GID_SIGNED,
	GROUPNAME,
	PID_WITH_NAMESPACE,
};

static const struct column columns[] = {
	{"gid", COL_BIGINT, COL_INDEX, "Group id"},
	{"gid_signed", COL_BIGINT, 0, "Group id as a signed number of 32 bits"},
	{"groupname", COL_TEXT, 0, "Name; several may have one id"},
	NSROOT_PID_COLUMN,
	COL_END,
};

struct state {
	struct nsroot ns;
	struct textfile file;
	bool open;
	size_t bad; /* lines that are no entries */
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->open) {
		if (st->bad)
			scan_warn(s, "/etc/group: lines that are no entries: %zu", st->bad);
		textfile_told(&st->file, s, "/etc/group");
		textfile_done(&st->file);
	}
	nsroot_done(&st->ns);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	if (r < 0 || !st->ns.root)
		return r;
	r = textfile_open(&st->file, st->ns.root, "/etc/group");
	st->open = r == 0;
	if (r == -ENOMEM)
		close_scan(s);
	else if (r < 0)
		scan_warn(s, "/etc/group: %s", textfile_why(r));
	return r == -ENOMEM ? r : 0;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct group_line g;
	char *line;
	size_t len;
	int r = st->open ? textfile_next(&st->file, &line, &len) : TEXTFILE_END;

	if (r < 0) {
		scan_skipped(s, "/etc/group", "file", -r);
		return 0;
	}
	if (r != TEXTFILE_LINE)
		return r == TEXTFILE_AGAIN;
	r = group_line_read((struct span){line, len}, &g);
	st->bad += r < 0;
	if (r != 1)
		return 1;
	row_begin(s);
	if (g.gid != ACCOUNT_NO_ID) {
		row_int(s, GID, g.gid);
		row_int(s, GID_SIGNED, (int32_t)(uint32_t)g.gid);
	}
	row_bytes(s, GROUPNAME, g.name.p, g.name.n);
	row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
	row_end(s);
	return 1;
}

const struct table table_groups = {
	.name = "groups",
	.doc = "Local groups, from /etc/group.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
