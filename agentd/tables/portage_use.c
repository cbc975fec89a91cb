/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/portage.h"
#include "agentd/words.h"

enum { PACKAGE, VERSION, USE };

static const struct column columns[] = {
	{"package", COL_TEXT, 0, "Category and name"},
	{"version", COL_TEXT, 0, "Version"},
	{"use", COL_TEXT, 0, "A flag that it was built with"},
	COL_END,
};

struct state {
	struct portage_db db;
	struct buf attr;
};

static int use_open(struct scan *s)
{
	struct state *st = scan_state(s);

	portage_db_open(&st->db, s);
	buf_init(&st->attr, ATTR_MAX);
	return 0;
}

static void use_close(struct scan *s)
{
	struct state *st = scan_state(s);

	portage_db_close(&st->db);
	buf_done(&st->attr);
}

static void put_flags(
	struct scan *s, struct state *st, const char *dir, const struct portage_atom *a)
{
	struct span text, flag;

	if (!attr_read(s, &st->attr, &text, "%s/USE", dir))
		return;
	while (span_word(&text, &flag)) {
		row_begin(s);
		row_bytes(s, PACKAGE, a->package.p, a->package.n);
		row_bytes(s, VERSION, a->version.p, a->version.n);
		row_bytes(s, USE, flag.p, flag.n);
		row_end(s);
	}
}

static int use_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct portage_atom atom;
	struct pathwalk_entry e;
	int r = portage_db_next(&st->db, &e, &atom);

	if (r == PATHWALK_ENTRY)
		put_flags(s, st, e.path, &atom);
	return r < 0 ? r : r != PATHWALK_END;
}

const struct table table_portage_use = {
	.name = "portage_use",
	.doc = "The flags that packages on Gentoo were built with.",
	.columns = columns,
	.open = use_open,
	.step = use_step,
	.close = use_close,
	.state_size = sizeof(struct state),
};
