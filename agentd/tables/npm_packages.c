/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/jsonfile.h"
#include "agentd/places.h"
#include "agentd/root.h"
#include "agentd/table.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

/* Packages within packages, unless another depth is asked for. */
#define DEPTH_DEFAULT 100
/* Bytes of the paths of packages that wait to be looked into. */
#define WAITING_MAX (4u << 20)

enum {
	NAME,
	VERSION,
	DESCRIPTION,
	AUTHOR,
	LICENSE,
	HOMEPAGE,
	PATH,
	DIRECTORY,
	DEPTH,
	MAX_DEPTH,
	PID_WITH_NAMESPACE,
	MOUNT_NAMESPACE_ID,
};

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the package"},
	{"version", COL_TEXT, 0, "Version"},
	{"description", COL_TEXT, 0, "What it is, in words"},
	{"author", COL_TEXT, 0, "Who wrote it"},
	{"license", COL_TEXT, 0, "License, or where that is written"},
	{"homepage", COL_TEXT, 0, "Its page"},
	{"path", COL_TEXT, 0, "Its package.json"},
	{"directory", COL_TEXT, COL_INDEX, "Folder whose node_modules it was found below"},
	{"depth", COL_INTEGER, 0, "How many packages it is nested in"},
	{"max_depth", COL_INTEGER, COL_ADDITIONAL | COL_HIDDEN,
		"Nested deeper than this it is not looked for: 100 unless given, -1 for any depth"},
	NSROOT_COLUMNS,
	COL_END,
};

/* Where packages are installed for a machine or a user; node_modules is below. */
static const char *const sites[] = {
	"/usr/local/lib",
	"/usr/lib",
	"/home/*/.npm-global/lib",
	"/home/*/.nvm/versions/node/*/lib",
	"/home/*/.asdf/installs/nodejs/*/lib",
	"/home/*/.local/share/fnm/node-versions/*/installation/lib",
	"/home/*/.local/share/mise/installs/node/*/lib",
	"/home/*/.volta/tools/image/node/*/lib",
	"/root/.npm-global/lib",
	"/root/.nvm/versions/node/*/lib",
	NULL,
};

struct state {
	struct nsroot ns;
	struct places places;
	const char *directory; /* the only site, or NULL */
	bool asked;	       /* it was looked at */
	char site[PATH_MAX];
	struct buf waiting; /* "DEPTH PATH\0": packages whose node_modules is to be listed */
	int64_t depth, max_depth;
	char modules[PATH_MAX], scope[PATH_MAX];
	DIR *dir, *scope_dir; /* of those two */
	bool crowded;
};

static void close_dirs(struct state *st)
{
	if (st->scope_dir)
		closedir(st->scope_dir);
	if (st->dir)
		closedir(st->dir);
	st->dir = st->scope_dir = NULL;
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->crowded)
		scan_warn(s, "too many nested packages: some are left out");
	close_dirs(st);
	buf_done(&st->waiting);
	places_done(&st->places);
	nsroot_done(&st->ns);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	buf_init(&st->waiting, WAITING_MAX);
	if (!scan_eq_int(s, MAX_DEPTH, &st->max_depth, NULL))
		st->max_depth = DEPTH_DEFAULT;
	st->directory = scan_eq_text(s, DIRECTORY);
	places_init(&st->places, s, st->ns.root, nsroot_mounts(&st->ns), sites);
	if (r < 0)
		close_scan(s);
	return r;
}

/* ---- What waits ---- */

static int push(struct state *st, const char *path, int64_t depth)
{
	int r = buf_printf(&st->waiting, "%lld %s", (long long)depth, path);

	if (!r)
		r = buf_putc(&st->waiting, '\0');
	if (r == -EMSGSIZE) {
		st->crowded = true;
		return 0;
	}
	return r;
}

/* Opens the node_modules of the package that was put there last. */
static void pop(struct scan *s, struct state *st)
{
	size_t start = st->waiting.len - 1;
	const char *entry, *space;

	while (start && st->waiting.p[start - 1])
		start--;
	entry = st->waiting.p + start;
	space = strchr(entry, ' ');
	st->depth = strtoll(entry, NULL, 10);
	if (space && snprintf(st->modules, sizeof(st->modules), "%s/node_modules", space + 1) <
			     (int)sizeof(st->modules)) {
		st->dir = root_opendir(st->ns.root, st->modules);
		if (!st->dir && errno != ENOENT && errno != ENOTDIR)
			scan_skipped(s, "entries", "directory", errno);
	}
	buf_cut(&st->waiting, start);
}

static int next_site(struct state *st)
{
	struct pathwalk_entry e;
	int r;

	if (st->directory) {
		if (st->asked || !st->ns.root || st->directory[0] != '/' ||
			str_copy(st->site, sizeof(st->site), st->directory) < 0)
			return 0;
		st->asked = true;
		return push(st, st->site, 0) < 0 ? -ENOMEM : 1;
	}
	r = places_next(&st->places, &e);
	if (r == PATHWALK_ENTRY && str_copy(st->site, sizeof(st->site), e.path) == 0)
		return push(st, st->site, 0) < 0 ? -ENOMEM : 1;
	return r < 0 ? r : r != PATHWALK_END;
}

/* ---- A package ---- */

static void put_package(struct scan *s, const struct state *st, const char *path, const json_t *j)
{
	json_t *author = json_at(j, "author"), *license = json_at(j, "license");

	row_begin(s);
	row_json(s, NAME, json_at(j, "name"));
	row_json(s, VERSION, json_at(j, "version"));
	row_json(s, DESCRIPTION, json_at(j, "description"));
	row_json(s, HOMEPAGE, json_at(j, "homepage"));
	row_json(s, AUTHOR, json_is_object(author) ? json_at(author, "name") : author);
	row_json(s, LICENSE, json_is_object(license) ? json_at(license, "url") : license);
	row_text(s, PATH, path);
	row_text(s, DIRECTORY, st->site);
	row_int(s, DEPTH, st->depth);
	row_int(s, MAX_DEPTH, st->max_depth);
	row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
	if (st->ns.mnt_ns[0])
		row_text(s, MOUNT_NAMESPACE_ID, st->ns.mnt_ns);
	row_end(s);
}

/* Links within node_modules may lead back up: what is nested in a linked package is not sought. */
static bool is_own_dir(const struct state *st, const char *path)
{
	struct stat stat;

	return root_stat(st->ns.root, path, false, &stat) == 0 && S_ISDIR(stat.st_mode);
}

static int take_package(struct scan *s, struct state *st, const char *dir, const char *name)
{
	char path[PATH_MAX], manifest[PATH_MAX];
	struct stat stat;
	json_t *j;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path) ||
		snprintf(manifest, sizeof(manifest), "%s/package.json", path) >=
			(int)sizeof(manifest) ||
		root_stat(st->ns.root, manifest, true, &stat) < 0)
		return 1;
	j = jsonfile_find(s, st->ns.root, manifest, "facts", NULL);
	put_package(s, st, manifest, j);
	json_decref(j);
	if ((st->max_depth != -1 && st->depth >= st->max_depth) || !is_own_dir(st, path) ||
		snprintf(manifest, sizeof(manifest), "%s/node_modules", path) >=
			(int)sizeof(manifest) ||
		!is_own_dir(st, manifest))
		return 1;
	return push(st, path, st->depth + 1) < 0 ? -ENOMEM : 1;
}

/* The next entry of `*dir`, or NULL at its end, where it is closed. */
static const char *next_name(DIR **dir)
{
	const struct dirent *d = readdir(*dir);

	if (d)
		return d->d_name;
	closedir(*dir);
	*dir = NULL;
	return NULL;
}

static int next_entry(struct scan *s, struct state *st)
{
	const char *name = next_name(st->scope_dir ? &st->scope_dir : &st->dir);

	if (!name || name[0] == '.')
		return 1;
	if (st->scope_dir)
		return take_package(s, st, st->scope, name);
	if (name[0] != '@')
		return take_package(s, st, st->modules, name);
	if (snprintf(st->scope, sizeof(st->scope), "%s/%s", st->modules, name) <
		(int)sizeof(st->scope))
		st->scope_dir = root_opendir(st->ns.root, st->scope);
	return 1;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->dir)
		return next_entry(s, st);
	if (!st->waiting.len)
		return next_site(st);
	pop(s, st);
	return 1;
}

const struct table table_npm_packages = {
	.name = "npm_packages",
	.doc = "Packages of Node.js that are installed for the machine or for users; elsewhere, "
	       "those "
	       "below the given directory's node_modules.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
