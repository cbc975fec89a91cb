/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/control.h"
#include "agentd/homeplaces.h"
#include "agentd/root.h"
#include "agentd/table.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

enum {
	NAME,
	UID,
	VERSION,
	SUMMARY,
	AUTHOR,
	LICENSE,
	PATH,
	DIRECTORY,
	PID_WITH_NAMESPACE,
};

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the package"},
	{"uid", COL_BIGINT, COL_INDEX, "Whose home it is installed in; 0 for the machine's"},
	{"version", COL_TEXT, 0, "Version"},
	{"summary", COL_TEXT, 0, "What it is, in words"},
	{"author", COL_TEXT, 0, "Who wrote it"},
	{"license", COL_TEXT, 0, "License"},
	{"path", COL_TEXT, 0, "Its *.dist-info or *.egg-info"},
	{"directory", COL_TEXT, COL_INDEX, "Folder it is installed in"},
	NSROOT_PID_COLUMN,
	COL_END,
};

static const char *const system_places[] = {
	"/usr/lib/python*/*-packages/*-info",
	"/usr/lib64/python*/site-packages/*-info",
	"/usr/local/lib/python*/*-packages/*-info",
	"/usr/local/lib64/python*/site-packages/*-info",
	"/opt/conda/lib/python*/*-packages/*-info",
	"/opt/miniconda3/lib/python*/site-packages/*-info",
	"/opt/anaconda3/lib/python*/site-packages/*-info",
	NULL,
};
#define SITE "lib/python*/site-packages/*-info"
static const char *const home_places[] = {
	".local/" SITE,
	".pyenv/versions/*/" SITE,
	".asdf/installs/python/*/" SITE,
	".local/share/uv/tools/*/" SITE,
	".local/share/mise/installs/python/*/" SITE,
	".local/share/pipx/venvs/*/" SITE,
	".local/pipx/venvs/*/" SITE,
	".cache/pypoetry/virtualenvs/*/" SITE,
	"miniforge3/" SITE,
	"miniconda3/" SITE,
	"anaconda3/" SITE,
	"mambaforge/" SITE,
	"miniforge3/envs/*/" SITE,
	"miniconda3/envs/*/" SITE,
	"anaconda3/envs/*/" SITE,
	"mambaforge/envs/*/" SITE,
	".virtualenvs/*/" SITE,
	".local/share/virtualenvs/*/" SITE,
	NULL,
};

enum field { F_NAME, F_VERSION, F_SUMMARY, F_AUTHOR, F_LICENSE };
static const char *const fields[] = {"Name", "Version", "Summary", "Author", "License", NULL};
static const unsigned columns_of[] = {NAME, VERSION, SUMMARY, AUTHOR, LICENSE};

struct state {
	struct homeplaces homes;
	struct places places;
	bool at_homes;
	const char *directory; /* the only folder, or NULL */
	DIR *dir;	       /* that one */
	struct control control;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->dir)
		closedir(st->dir);
	control_done(&st->control);
	places_done(&st->places);
	homeplaces_done(&st->homes);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = homeplaces_init(&st->homes, s, home_places, UID, PID_WITH_NAMESPACE);
	const struct root *root = st->homes.ns.root;

	if (r < 0)
		return r;
	control_init(&st->control, ':', fields);
	places_init(&st->places, s, root, nsroot_mounts(&st->homes.ns), system_places);
	st->directory = scan_eq_text(s, DIRECTORY);
	if (!st->directory || !root || st->directory[0] != '/')
		return 0;
	st->dir = root_opendir(root, st->directory);
	if (!st->dir && errno != ENOENT && errno != ENOTDIR)
		scan_skipped(s, "packages", "directory", errno);
	return 0;
}

/* Reads the head of what describes the package: up to the first empty line. 0 or -errno. */
static int read_facts(struct state *st, const char *path)
{
	struct textfile file;
	char *line;
	size_t len;
	int r = textfile_open(&file, st->homes.ns.root, path), took = 1;

	if (r < 0)
		return r;
	while (took > 0 && (r = textfile_next(&file, &line, &len)) == TEXTFILE_LINE)
		took = control_line(&st->control, (struct span){line, len});
	textfile_done(&file);
	return took < 0 ? took : r < 0 ? r : 0;
}

static int put_package(
	struct scan *s, struct state *st, const char *path, size_t dir_len, int64_t uid)
{
	static const char *const files[] = {"/METADATA", "/PKG-INFO", ""};
	char file[PATH_MAX];
	int r = -ENOENT;

	if (!str_ends(path, ".dist-info") && !str_ends(path, ".egg-info"))
		return 1;
	control_reset(&st->control);
	/* An old egg-info is a file itself. */
	for (size_t i = 0; i < ARRAY_LEN(files) && (r == -ENOENT || r == -ENOTDIR); i++)
		r = snprintf(file, sizeof(file), "%s%s", path, files[i]) < (int)sizeof(file)
			    ? read_facts(st, file)
			    : -ENAMETOOLONG;
	if (r == -ENOMEM)
		return r;
	if (r < 0 && r != -ENOENT && r != -EISDIR)
		scan_skipped(s, "facts", "package", -r);
	row_begin(s);
	for (unsigned i = 0; i < ARRAY_LEN(columns_of); i++) {
		struct span value = control_get(&st->control, i);

		if (value.p)
			row_bytes(s, columns_of[i], value.p, value.n);
	}
	row_int(s, UID, uid);
	row_text(s, PATH, path);
	row_bytes(s, DIRECTORY, path, dir_len);
	row_int(s, PID_WITH_NAMESPACE, st->homes.ns.pid);
	row_end(s);
	return 1;
}

static int next_in_directory(struct scan *s, struct state *st)
{
	const struct dirent *d = st->dir ? readdir(st->dir) : NULL;
	char path[PATH_MAX];

	if (!d)
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", st->directory, d->d_name) >= (int)sizeof(path))
		return 1;
	return put_package(s, st, path, strlen(st->directory), 0);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r;

	if (st->directory)
		return next_in_directory(s, st);
	r = st->at_homes ? homeplaces_next(&st->homes, &e) : places_next(&st->places, &e);
	if (r == PATHWALK_ENTRY)
		return put_package(s, st, e.path, e.dir_len, st->at_homes ? st->homes.uid : 0);
	if (r == PATHWALK_END && !st->at_homes) {
		st->at_homes = true;
		return 1;
	}
	return r < 0 ? r : r == PATHWALK_AGAIN;
}

const struct table table_python_packages = {
	.name = "python_packages",
	.doc = "Packages of Python that are installed for the machine or for users; elsewhere, "
	       "those in "
	       "the given directory. What packages carry within themselves is left out.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
