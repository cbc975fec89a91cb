/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"
#include "agentd/netdb.h"

enum { ADDRESS, HOSTNAMES, PID_WITH_NAMESPACE };

static const struct column columns[] = {
	{"address", COL_TEXT, 0, "IP address"},
	{"hostnames", COL_TEXT, 0, "Names that stand for it, separated by blanks"},
	NSROOT_PID_COLUMN,
	COL_END,
};

static const char *const names[] = {"/etc/hosts", NULL};
static const struct fileset_spec spec = {names, FILESET_NO_COLUMN, PID_WITH_NAMESPACE, false};

struct state {
	struct fileset files;
	struct buf names;
};

static void hosts_close(struct scan *s)
{
	struct state *st = scan_state(s);

	fileset_close(&st->files);
	buf_done(&st->names);
}

static int hosts_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->names, TEXTFILE_LINE_MAX);
	return fileset_open(&st->files, s, &spec);
}

static int hosts_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct span line, address;
	int r = fileset_line(&st->files, &line, NULL);

	if (r != FILESET_ONE)
		return r;
	r = hosts_line_read(line, &address, &st->names);
	if (r < 1)
		return r < 0 ? r : 1;
	row_begin(s);
	row_bytes(s, ADDRESS, address.p, address.n);
	row_bytes(s, HOSTNAMES, buf_str(&st->names), st->names.len);
	row_int(s, PID_WITH_NAMESPACE, st->files.ns.pid);
	row_end(s);
	return 1;
}

const struct table table_etc_hosts = {
	.name = "etc_hosts",
	.doc = "Addresses and names of /etc/hosts.",
	.columns = columns,
	.open = hosts_open,
	.step = hosts_step,
	.close = hosts_close,
	.state_size = sizeof(struct state),
};
