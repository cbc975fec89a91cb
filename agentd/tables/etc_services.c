/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"
#include "agentd/netdb.h"

enum { NAME, PORT, PROTOCOL, ALIASES, COMMENT };

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Service"},
	{"port", COL_INTEGER, 0, "Port number"},
	{"protocol", COL_TEXT, 0, "Transport protocol: tcp, udp …"},
	{"aliases", COL_TEXT, 0, "Other names of the service, separated by blanks"},
	{"comment", COL_TEXT, 0, "What stands behind the # of the line"},
	COL_END,
};

static const char *const names[] = {"/etc/services", NULL};
static const struct fileset_spec spec = {names, FILESET_NO_COLUMN, FILESET_NO_COLUMN, false};

struct state {
	struct fileset files;
	struct buf aliases;
};

static void services_close(struct scan *s)
{
	struct state *st = scan_state(s);

	fileset_close(&st->files);
	buf_done(&st->aliases);
}

static int services_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->aliases, TEXTFILE_LINE_MAX);
	return fileset_open(&st->files, s, &spec);
}

static int services_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct netdb_line e;
	struct span line;
	int r = fileset_line(&st->files, &line, NULL);

	if (r != FILESET_ONE)
		return r;
	r = services_line_read(line, &e, &st->aliases);
	if (r < 1)
		return r < 0 ? r : 1;
	row_begin(s);
	row_bytes(s, NAME, e.name.p, e.name.n);
	row_int(s, PORT, e.number);
	row_bytes(s, PROTOCOL, e.protocol.p, e.protocol.n);
	row_bytes(s, ALIASES, buf_str(&st->aliases), st->aliases.len);
	if (e.comment.p)
		row_bytes(s, COMMENT, e.comment.p, e.comment.n);
	row_end(s);
	return 1;
}

const struct table table_etc_services = {
	.name = "etc_services",
	.doc = "Names of ports, from /etc/services.",
	.columns = columns,
	.open = services_open,
	.step = services_step,
	.close = services_close,
	.state_size = sizeof(struct state),
};
