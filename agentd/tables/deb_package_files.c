/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/places.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/str.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define ADMINDIR_DEFAULT "/var/lib/dpkg"
/* Lines that one step makes into rows, or passes over. */
#define LINES_PER_STEP 512
/* Packages have no longer names; what is longer is no package. */
#define PACKAGE_MAX 200

enum {
	PACKAGE,
	PATH,
	ADMINDIR,
};

static const struct column columns[] = {
	{"package", COL_TEXT, COL_INDEX, "Name of the package"},
	{"path", COL_TEXT, COL_INDEX, "A file or directory that belongs to it"},
	{"admindir", COL_TEXT, COL_ADDITIONAL,
		"Folder of dpkg's database, /var/lib/dpkg unless given"},
	COL_END,
};

struct state {
	const char *admindir;
	DIR *dir;	     /* its folder of lists */
	const char *package; /* only this one, or NULL */
	const struct scan_constraint *path;
	char name[PACKAGE_MAX]; /* of the package at hand */
	char list[PATH_MAX];	/* its list of files */
	struct textfile file;
	bool open;
};

static void close_file(struct scan *s, struct state *st)
{
	if (!st->open)
		return;
	textfile_told(&st->file, s, st->list);
	textfile_done(&st->file);
	st->open = false;
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	close_file(s, st);
	if (st->dir)
		closedir(st->dir);
}

/* `entry` is "PACKAGE.list" or "PACKAGE:ARCH.list". 1, or 0 when there is none, or -ENOMEM. */
static int open_list(struct scan *s, struct state *st, const char *entry)
{
	size_t n = strcspn(entry, ":");
	int r;

	if (n == strlen(entry))
		n -= strlen(".list");
	if (n >= sizeof(st->name) || snprintf(st->list, sizeof(st->list), "%s/info/%s",
					     st->admindir, entry) >= (int)sizeof(st->list))
		return 0;
	memcpy(st->name, entry, n);
	st->name[n] = '\0';
	r = textfile_open(&st->file, scan_root(s), st->list);
	st->open = r == 0;
	if (r < 0 && r != -ENOENT && r != -EISDIR && r != -ENOMEM)
		scan_skipped(s, "files", "package", -r);
	return r == -ENOMEM ? r : r == 0;
}

/* Packages that can be there for several architectures have theirs in the list's name. */
static int open_package(struct scan *s, struct state *st, bool *ret_found)
{
	char entry[PACKAGE_MAX + sizeof(".list")];
	int r;

	*ret_found = true;
	if (strlen(st->package) >= PACKAGE_MAX || strpbrk(st->package, "/:"))
		return 0;
	snprintf(entry, sizeof(entry), "%s.list", st->package);
	r = open_list(s, st, entry);
	*ret_found = r != 0;
	return r < 0 ? r : 0;
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	char path[PATH_MAX];
	bool found = false;
	int r = 0;

	st->package = scan_eq_text(s, PACKAGE);
	st->path = scan_find(s, PATH, SCAN_EQ);
	st->admindir = scan_eq_text(s, ADMINDIR);
	if (!st->admindir)
		st->admindir = ADMINDIR_DEFAULT;
	if (st->admindir[0] != '/' ||
		snprintf(path, sizeof(path), "%s/info", st->admindir) >= (int)sizeof(path))
		return 0;
	if (st->package)
		r = open_package(s, st, &found);
	if (r < 0 || found)
		return r;
	st->dir = root_opendir(scan_root(s), path);
	if (!st->dir && errno != ENOENT && errno != ENOTDIR)
		scan_warn(s, "%s: %s", path, strerror(errno));
	return 0;
}

static int next_list(struct scan *s, struct state *st)
{
	const struct dirent *d = st->dir ? readdir(st->dir) : NULL;
	size_t n;
	int r;

	if (!d)
		return 0;
	if (!str_ends(d->d_name, ".list"))
		return 1;
	n = st->package ? strlen(st->package) : 0;
	if (st->package && (strncmp(d->d_name, st->package, n) != 0 || d->d_name[n] != ':'))
		return 1;
	r = open_list(s, st, d->d_name);
	return r < 0 ? r : 1;
}

static void put_file(struct scan *s, const struct state *st, const char *line, size_t len)
{
	if (!len || (st->path && (len != st->path->text_len || memcmp(line, st->path->text, len))))
		return;
	row_begin(s);
	row_text(s, PACKAGE, st->name);
	row_bytes(s, PATH, line, len);
	row_text(s, ADMINDIR, st->admindir);
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	char *line;
	size_t len;
	int r = TEXTFILE_LINE;

	if (!st->open)
		return next_list(s, st);
	for (unsigned i = 0; i < LINES_PER_STEP; i++) {
		r = textfile_next(&st->file, &line, &len);
		if (r != TEXTFILE_LINE)
			break;
		put_file(s, st, line, len);
	}
	if (r < 0)
		scan_skipped(s, "files", "package", -r);
	if (r < 0 || r == TEXTFILE_END)
		close_file(s, st);
	return 1;
}

const struct table table_deb_package_files = {
	.name = "deb_package_files",
	.doc = "Files that packages of dpkg have brought along.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
