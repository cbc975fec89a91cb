/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/broker.h"
#include "agentd/linescan.h"
#include "agentd/root.h"

#define KEYS   "/proc/keys"
#define FIELDS 8

enum { SERIAL_NUMBER, FLAGS, USAGE, TIMEOUT, PERMISSIONS, UID, GID, TYPE, DESCRIPTION };

static const struct column columns[] = {
	{"serial_number", COL_TEXT, 0, "Number of the key, hexadecimal"},
	{"flags", COL_TEXT, 0, "Letters of its state: I instantiated, R revoked, D dead …"},
	{"usage", COL_BIGINT, 0, "Number of references to it"},
	{"timeout", COL_TEXT, 0, "When it expires: perm for never, expd for past"},
	{"permissions", COL_TEXT, 0, "Permission bits, hexadecimal"},
	{"uid", COL_BIGINT, 0, "User that owns it"},
	{"gid", COL_BIGINT, 0, "Group that owns it; -1 for none"},
	{"type", COL_TEXT, 0, "keyring, user, logon, asymmetric …; at most nine letters"},
	{"description", COL_TEXT, 0, "Name of the key and what its type tells of it"},
	COL_END,
};

static int keys_open(struct scan *s)
{
	int fd = root_is_live(scan_root(s)) ? broker_open(PRIV_RELAY_FILE, KEYS) : -ENOSYS;

	return fd >= 0 ? linescan_open_fd(scan_state(s), fd, KEYS)
		       : linescan_open(scan_state(s), s, KEYS);
}

static void put_number(struct scan *s, unsigned col, struct span text)
{
	bool minus = span_skip(&text, "-");
	uint64_t n;

	if (parse_span(text, 10, INT64_MAX, &n) == 0)
		row_int(s, col, minus ? -(int64_t)n : (int64_t)n);
}

static bool put_key(struct scan *s, struct span line)
{
	struct span f[FIELDS];

	for (unsigned i = 0; i < FIELDS; i++)
		if (!span_word(&line, &f[i]))
			return false;
	line = span_trim(line);
	row_begin(s);
	for (unsigned i = 0; i < FIELDS; i++)
		row_bytes(s, SERIAL_NUMBER + i, f[i].p, f[i].n);
	put_number(s, USAGE, f[USAGE]);
	put_number(s, UID, f[UID]);
	put_number(s, GID, f[GID]);
	row_bytes(s, DESCRIPTION, line.p, line.n);
	row_end(s);
	return true;
}

static int keys_step(struct scan *s)
{
	struct linescan *l = scan_state(s);
	struct span line;
	enum linescan_got got = linescan_next(l, s, &line);

	if (got == LINESCAN_LINE)
		l->bad += !put_key(s, line);
	return got != LINESCAN_END;
}

static void keys_close(struct scan *s)
{
	linescan_close(scan_state(s), s);
}

const struct table table_kernel_keys = {
	.name = "kernel_keys",
	.doc = "Keys and keyrings in the kernel that the agent's user may see.",
	.columns = columns,
	.open = keys_open,
	.step = keys_step,
	.close = keys_close,
	.state_size = sizeof(struct linescan),
};
