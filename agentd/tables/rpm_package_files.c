/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/rpmdb.h"
#include "agentd/rpmheader.h"
#include "agentd/table.h"

#include <string.h>

/* Files that one step makes into rows, or passes over. */
#define FILES_PER_STEP 512

enum {
	PACKAGE,
	PATH,
	USERNAME,
	GROUPNAME,
	MODE,
	SIZE,
	SHA256,
};

static const struct column columns[] = {
	{"package", COL_TEXT, COL_INDEX, "Name of the package"},
	{"path", COL_TEXT, COL_INDEX, "A file or directory that belongs to it"},
	{"username", COL_TEXT, 0, "Who is to own it"},
	{"groupname", COL_TEXT, 0, "Group it is to belong to"},
	{"mode", COL_TEXT, 0, "Permissions it is to have, in octal"},
	{"size", COL_BIGINT, 0, "Bytes it is to have"},
	{"sha256", COL_TEXT, 0,
		"SHA-256 that its content is to have; NULL where the package has another digest"},
	COL_END,
};

struct state {
	struct rpmdb db;
	const struct scan_constraint *path;
	struct rpm_files files;
	bool open;
	struct span package;
	size_t broken; /* headers that are none */
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->broken)
		scan_warn(s, "packages whose header is broken: %zu", st->broken);
	rpm_files_done(&st->files);
	rpmdb_close(&st->db);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	const char *package = scan_eq_text(s, PACKAGE), *slash;

	st->path = scan_find(s, PATH, SCAN_EQ);
	slash = st->path ? strrchr(st->path->text, '/') : NULL;
	if (package)
		return rpmdb_open(&st->db, s, scan_root(s), RPMDB_BY_NAME, package);
	if (slash)
		return rpmdb_open(&st->db, s, scan_root(s), RPMDB_BY_BASENAME, slash + 1);
	return rpmdb_open(&st->db, s, scan_root(s), RPMDB_ALL, NULL);
}

static int next_package(struct state *st)
{
	struct rpm_header h;
	struct rpm_value name;
	const void *p;
	size_t n;
	int r = rpmdb_next(&st->db, &p, &n);

	if (r <= 0)
		return r;
	if (rpm_header_read(p, n, &h) < 0) {
		st->broken++;
		return 1;
	}
	st->package = (struct span){"", 0};
	if (rpm_header_find(&h, RPM_NAME, &name))
		rpm_value_string(&name, &st->package);
	r = rpm_files_init(&st->files, &h);
	st->open = r == 0;
	return r < 0 ? r : 1;
}

static bool is_asked_for(const struct state *st, const struct rpm_file *f)
{
	const struct scan_constraint *c = st->path;

	return !c ||
	       (c->text_len == f->dir.n + f->name.n && memcmp(c->text, f->dir.p, f->dir.n) == 0 &&
		       memcmp(c->text + f->dir.n, f->name.p, f->name.n) == 0);
}

static void put_file(struct scan *s, const struct state *st, const struct rpm_file *f)
{
	row_begin(s);
	row_bytes(s, PACKAGE, st->package.p, st->package.n);
	row_printf(s, PATH, "%.*s%.*s", (int)f->dir.n, f->dir.p, (int)f->name.n, f->name.p);
	row_bytes(s, USERNAME, f->user.p ? f->user.p : "", f->user.n);
	row_bytes(s, GROUPNAME, f->group.p ? f->group.p : "", f->group.n);
	if (f->has_mode)
		row_printf(s, MODE, "%04o", (unsigned)f->mode & 07777);
	if (f->has_size)
		row_int(s, SIZE, (int64_t)f->size);
	if (st->files.sha256)
		row_bytes(s, SHA256, f->digest.p ? f->digest.p : "", f->digest.n);
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct rpm_file f;

	if (!st->open)
		return next_package(st);
	for (unsigned i = 0; i < FILES_PER_STEP; i++) {
		if (!rpm_files_next(&st->files, &f)) {
			rpm_files_done(&st->files);
			st->open = false;
			return 1;
		}
		if (is_asked_for(st, &f))
			put_file(s, st, &f);
	}
	return 1;
}

const struct table table_rpm_package_files = {
	.name = "rpm_package_files",
	.doc = "Files that packages of rpm have brought along, and how they are to be.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
