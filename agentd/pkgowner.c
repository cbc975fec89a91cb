/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pkgowner.h"

#include "agentd/engine.h"
#include "agentd/policy.h"
#include "agentd/root.h"
#include "common/str.h"

#include <limits.h>
#include <string.h>

#define DIVERSIONS "/var/lib/dpkg/diversions"
#define USR	   "/usr"
#define TIMEOUT_MS 20000

static const char question[] =
	"select package from deb_package_files where path in (:path, :other, :diverted) union all "
	"select package from rpm_package_files where path in (:path, :other, :diverted) limit 1";

/* What /usr took in when the directories of / became links: "" when the path is none of it. */
static const char *name_before_usr(const char *path)
{
	static const char *const merged[] = {
		"/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/", "/libo32/"};

	if (!str_starts(path, USR))
		return "";
	path += strlen(USR);
	for (size_t i = 0; i < ARRAY_LEN(merged); i++)
		if (str_starts(path, merged[i]))
			return path;
	return "";
}

/*
 * dpkg's diversions are three lines each: the name in the package, the one it was diverted to, and
 * who had it diverted. What stands at the second belongs to the package of the first.
 */
static void name_before_diversion(
	const struct root *root, const char *path, const char *other, char ret[PATH_MAX])
{
	struct span rest, from, to, by;
	struct buf b;

	ret[0] = '\0';
	buf_init(&b, ROOT_FILE_MAX);
	root_read(root, DIVERSIONS, &b);
	rest = (struct span){buf_str(&b), b.len};
	while (span_split(&rest, '\n', &from) && span_split(&rest, '\n', &to) &&
		span_split(&rest, '\n', &by)) {
		if ((span_eq(to, path) || span_eq(to, other)) && to.n && from.n < PATH_MAX) {
			memcpy(ret, from.p, from.n);
			ret[from.n] = '\0';
		}
	}
	buf_done(&b);
}

static int on_columns(void *arg, const struct wire_column *cols, size_t n)
{
	(void)arg;
	(void)cols;
	(void)n;
	return 0;
}

static int on_row(void *arg, const struct cell *cells, size_t n)
{
	char *package = arg;

	if (n == 1 && cells[0].type == CELL_TEXT)
		snprintf(package, PKGOWNER_NAME_MAX, "%.*s", (int)cells[0].n, cells[0].p);
	return 0;
}

int pkgowner_find(const struct root *root, const char *path, char ret[PKGOWNER_NAME_MAX])
{
	const char *other = name_before_usr(path);
	char diverted[PATH_MAX];
	struct engine_query q = {
		.root = root,
		.sql = question,
		.sql_len = sizeof(question) - 1,
		.timeout_ms = TIMEOUT_MS,
		.columns = on_columns,
		.row = on_row,
		.arg = ret,
	};
	struct engine_result result = {.rows = 0};
	json_t *params;
	int r;

	name_before_diversion(root, path, other, diverted);
	/* Paths are bytes, and SQLite compares bytes. */
	params = json_pack("{s:o, s:o, s:o}", "path", json_string_nocheck(path), "other",
		json_string_nocheck(other), "diverted", json_string_nocheck(diverted));
	if (!params)
		return -ENOMEM;
	ret[0] = '\0';
	q.params = params;
	r = engine_init(NULL);
	if (r == 0)
		r = engine_run(&q, &result, NULL);
	/* What a warning tells of may be where the file would have been found. */
	if (r == 0)
		r = ret[0] ? 1 : result.n_warnings ? -EIO : 0;
	engine_result_done(&result);
	json_decref(params);
	return r;
}

bool pkgowner_possible(const char *path)
{
	static const char *const scratch[] = {"/dev", "/run", "/tmp", "/var/tmp", NULL};

	return !policy_path_in(scratch, path);
}

bool pkgowner_likely(const char *path)
{
	static const char *const places[] = {
		"/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/sbin", "/usr", NULL};
	static const char *const local[] = {"/usr/local", NULL};

	return policy_path_in(places, path) && !policy_path_in(local, path);
}
