/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/portage.h"
#include "agentd/root.h"
#include "agentd/words.h"

#include <errno.h>
#include <string.h>

#define WORLD	  "/var/lib/portage/world"
#define WORLD_MAX (1u << 20)

enum { PACKAGE, VERSION, SLOT, BUILD_TIME, REPOSITORY, EAPI, SIZE, IN_WORLD };

static const struct column columns[] = {
	{"package", COL_TEXT, 0, "Category and name"},
	{"version", COL_TEXT, 0, "Version"},
	{"slot", COL_TEXT, 0, "Which of several versions side by side it is"},
	{"build_time", COL_BIGINT, 0, "When it was built, seconds since 1970"},
	{"repository", COL_TEXT, 0, "Where its ebuild came from"},
	{"eapi", COL_BIGINT, 0, "Version of the language of that ebuild"},
	{"size", COL_BIGINT, 0, "Bytes of its files"},
	{"world", COL_INTEGER, 0, "1: asked for by name; 0: others need it"},
	COL_END,
};

struct state {
	struct portage_db db;
	struct buf world, attr;
	bool world_read;
};

static int packages_open(struct scan *s)
{
	struct state *st = scan_state(s);

	portage_db_open(&st->db, s);
	buf_init(&st->world, WORLD_MAX);
	buf_init(&st->attr, ATTR_MAX);
	return 0;
}

static void packages_close(struct scan *s)
{
	struct state *st = scan_state(s);

	portage_db_close(&st->db);
	buf_done(&st->world);
	buf_done(&st->attr);
}

static void read_world(struct scan *s, struct state *st)
{
	int r = root_read(scan_root(s), WORLD, &st->world);

	st->world_read = true;
	if (r < 0 && r != -ENOENT)
		scan_warn(s, "%s: %s", WORLD, textfile_why(r));
}

static bool in_world(struct scan *s, struct state *st, struct span package)
{
	struct span rest, line;

	if (!st->world_read)
		read_world(s, st);
	rest = (struct span){buf_str(&st->world), st->world.len};
	while (span_split(&rest, '\n', &line)) {
		struct portage_atom atom;

		line = word_next(&line);
		if (!line.n || line.p[0] == '#')
			continue;
		portage_atom(word_before(line, ':', NULL), &atom);
		if (atom.package.n == package.n &&
			memcmp(atom.package.p, package.p, package.n) == 0)
			return true;
	}
	return false;
}

static void put_number(
	struct scan *s, unsigned col, struct buf *b, const char *dir, const char *name)
{
	uint64_t n;

	if (scan_wants(s, col) && attr_uint(s, b, &n, "%s/%s", dir, name) && n <= INT64_MAX)
		row_int(s, col, (int64_t)n);
}

static void put_package(
	struct scan *s, struct state *st, const char *dir, const struct portage_atom *a)
{
	row_begin(s);
	row_bytes(s, PACKAGE, a->package.p, a->package.n);
	row_bytes(s, VERSION, a->version.p, a->version.n);
	attr_row(s, SLOT, &st->attr, "%s/SLOT", dir);
	put_number(s, BUILD_TIME, &st->attr, dir, "BUILD_TIME");
	attr_row(s, REPOSITORY, &st->attr, "%s/repository", dir);
	put_number(s, EAPI, &st->attr, dir, "EAPI");
	put_number(s, SIZE, &st->attr, dir, "SIZE");
	if (scan_wants(s, IN_WORLD))
		row_int(s, IN_WORLD, in_world(s, st, a->package));
	row_end(s);
}

static int packages_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct portage_atom atom;
	struct pathwalk_entry e;
	int r = portage_db_next(&st->db, &e, &atom);

	if (r == PATHWALK_ENTRY)
		put_package(s, st, e.path, &atom);
	return r < 0 ? r : r != PATHWALK_END;
}

const struct table table_portage_packages = {
	.name = "portage_packages",
	.doc = "Packages that are installed on Gentoo.",
	.columns = columns,
	.open = packages_open,
	.step = packages_step,
	.close = packages_close,
	.state_size = sizeof(struct state),
};
