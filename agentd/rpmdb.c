/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/rpmdb.h"

#include "agentd/root.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Virtual instructions between two looks at whether to go on. */
#define PROGRESS_STEPS 10000

static const char *const places[] = {"/var/lib/rpm", "/usr/lib/sysimage/rpm"};
/* What stands in them in other formats. */
static const struct {
	const char *name, *format;
} others[] = {{"Packages", "Berkeley DB"}, {"Packages.db", "ndb"}};

static bool is_there(const struct root *root, const char *dir, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return root_stat(root, path, true, &st) == 0 && st.st_size > 0;
}

static void warn_of_others(struct scan *s, const struct root *root)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		for (size_t k = 0; k < ARRAY_LEN(others); k++)
			if (is_there(root, places[i], others[k].name)) {
				scan_warn(s, "%s/%s: this database (%s) cannot be read", places[i],
					others[k].name, others[k].format);
				return;
			}
}

static int find(struct scan *s, const struct root *root)
{
	char path[PATH_MAX];
	int fd;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		snprintf(path, sizeof(path), "%s/rpmdb.sqlite", places[i]);
		fd = root_open_file(root, path);
		if (fd >= 0 && is_there(root, places[i], "rpmdb.sqlite-wal"))
			scan_warn(s,
				"%s-wal: changes that are not in the database yet are left out",
				path);
		if (fd >= 0)
			return fd;
		if (fd != -ENOENT && fd != -ENOTDIR)
			scan_warn(s, "%s: %s", path, strerror(-fd));
	}
	warn_of_others(s, root);
	return -ENOENT;
}

static int progress(void *arg)
{
	return scan_stop(arg);
}

/* The file is somebody else's: nothing in it may run or reach further. */
static int open_db(struct rpmdb *d)
{
	char uri[64];
	int rc;

	snprintf(uri, sizeof(uri), "file:/proc/self/fd/%d?immutable=1", d->fd);
	rc = sqlite3_open_v2(
		uri, &d->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
#ifdef SQLITE_DBCONFIG_ENABLE_VIEW
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
#endif
#ifdef SQLITE_DBCONFIG_TRUSTED_SCHEMA
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
#endif
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_limit(d->db, SQLITE_LIMIT_LENGTH, RPMDB_HEADER_MAX);
	sqlite3_limit(d->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_progress_handler(d->db, PROGRESS_STEPS, progress, d->s);
	return sqlite3_exec(d->db, "PRAGMA cell_size_check = on", NULL, NULL, NULL);
}

static int prepare(struct rpmdb *d, enum rpmdb_index by, const char *key)
{
	static const char *const queries[] = {
		[RPMDB_ALL] = "SELECT blob FROM Packages",
		[RPMDB_BY_NAME] = "SELECT blob FROM Packages WHERE hnum IN "
				  "(SELECT hnum FROM Name WHERE key = ?1)",
		[RPMDB_BY_BASENAME] = "SELECT blob FROM Packages WHERE hnum IN "
				      "(SELECT hnum FROM Basenames WHERE key = ?1)",
	};
	int rc = sqlite3_prepare_v2(d->db, queries[by], -1, &d->next, NULL);

	/* A database whose indexes are missing is read whole. */
	if (rc == SQLITE_ERROR && by != RPMDB_ALL)
		return sqlite3_prepare_v2(d->db, queries[RPMDB_ALL], -1, &d->next, NULL);
	if (rc == SQLITE_OK && by != RPMDB_ALL)
		rc = sqlite3_bind_text(d->next, 1, key, -1, SQLITE_STATIC);
	return rc;
}

static void warn(const struct rpmdb *d, int rc)
{
	scan_warn(d->s, "the database cannot be read: %s",
		d->db ? sqlite3_errmsg(d->db) : sqlite3_errstr(rc));
}

int rpmdb_open(struct rpmdb *d, struct scan *s, const struct root *root, enum rpmdb_index by,
	const char *key)
{
	int rc;

	*d = (struct rpmdb){.s = s};
	d->fd = find(s, root);
	if (d->fd < 0)
		return 0;
	rc = open_db(d);
	if (rc == SQLITE_OK)
		rc = prepare(d, by, key);
	if (rc == SQLITE_OK)
		return 0;
	warn(d, rc);
	rpmdb_close(d);
	return rc == SQLITE_NOMEM ? -ENOMEM : 0;
}

void rpmdb_close(struct rpmdb *d)
{
	if (!d->s)
		return;
	sqlite3_finalize(d->next);
	sqlite3_close(d->db);
	io_close(d->fd);
	*d = (struct rpmdb){.fd = -1};
}

int rpmdb_next(struct rpmdb *d, const void **ret_header, size_t *ret_n)
{
	int rc;

	if (!d->next)
		return 0;
	rc = sqlite3_step(d->next);
	if (rc == SQLITE_ROW) {
		*ret_header = sqlite3_column_blob(d->next, 0);
		*ret_n = (size_t)sqlite3_column_bytes(d->next, 0);
		if (!*ret_header)
			*ret_n = 0;
		return 1;
	}
	if (rc != SQLITE_DONE && rc != SQLITE_INTERRUPT)
		warn(d, rc);
	return 0;
}
