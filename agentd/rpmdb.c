/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/rpmdb.h"

#include "agentd/root.h"
#include "agentd/rpmheader.h"
#include "agentd/textfile.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Virtual instructions between two looks at whether to go on. */
#define PROGRESS_STEPS 10000

static const char *const places[] = {"/var/lib/rpm", "/usr/lib/sysimage/rpm"};
/* The files that a place may have, the newest format first: rpm leaves the old one where it was. */
static const char *const names[] = {"rpmdb.sqlite", "Packages.db", "Packages"};

static bool is_there(const struct root *root, const char *dir, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return root_stat(root, path, true, &st) == 0 && st.st_size > 0;
}

/* A descriptor or -ENOENT; *ret_old: it is not SQLite's. */
static int find(struct scan *s, const struct root *root, bool *ret_old)
{
	char path[PATH_MAX];
	int fd;

	for (size_t i = 0; i < ARRAY_LEN(places) * ARRAY_LEN(names); i++) {
		const char *place = places[i / ARRAY_LEN(names)];

		*ret_old = i % ARRAY_LEN(names) != 0;
		snprintf(path, sizeof(path), "%s/%s", place, names[i % ARRAY_LEN(names)]);
		fd = root_open_file(root, path);
		if (fd >= 0 && !*ret_old && is_there(root, place, "rpmdb.sqlite-wal"))
			scan_warn(s,
				"%s-wal: changes that are not in the database yet are left out",
				path);
		if (fd >= 0)
			return fd;
		if (fd != -ENOENT && fd != -ENOTDIR)
			scan_warn(s, "%s: %s", path, textfile_why(fd));
	}
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

static int open_old(struct rpmdb *d)
{
	int r = rpmold_open(&d->old, d->fd, RPMDB_HEADER_MAX);

	if (r == 0)
		return 0;
	if (r != -ENOMEM)
		scan_warn(d->s, "the database cannot be read: %s",
			r == -EBADMSG ? "it is of no known format" : strerror(-r));
	rpmdb_close(d);
	return r == -ENOMEM ? r : 0;
}

int rpmdb_open(struct rpmdb *d, struct scan *s, const struct root *root, enum rpmdb_index by,
	const char *key)
{
	int rc;

	*d = (struct rpmdb){.s = s, .name = by == RPMDB_BY_NAME ? key : NULL};
	d->fd = find(s, root, &d->is_old);
	if (d->fd < 0)
		return 0;
	if (d->is_old)
		return open_old(d);
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
	if (d->old.broken)
		scan_warn(d->s, "entries of the database that are broken: %zu", d->old.broken);
	rpmold_done(&d->old);
	io_close(d->fd);
	*d = (struct rpmdb){.fd = -1};
}

static bool is_wanted(const struct rpmdb *d, const void *header, size_t n)
{
	struct rpm_value value;
	struct rpm_header h;
	struct span name;

	/* What is broken is the caller's to count. */
	return !d->name || rpm_header_read(header, n, &h) < 0 ||
	       (rpm_header_find(&h, RPM_NAME, &value) && rpm_value_string(&value, &name) &&
		       span_eq(name, d->name));
}

static int next_old(struct rpmdb *d, const void **ret_header, size_t *ret_n)
{
	int r;

	do
		r = rpmold_next(&d->old, ret_header, ret_n);
	while ((r == -EAGAIN || (r == 1 && !is_wanted(d, *ret_header, *ret_n))) &&
		!scan_stop(d->s));
	if (r < 0 && r != -EAGAIN && r != -ENOMEM)
		scan_warn(d->s, "the database cannot be read to its end: %s", strerror(-r));
	return r == 1 || r == -ENOMEM ? r : 0;
}

int rpmdb_next(struct rpmdb *d, const void **ret_header, size_t *ret_n)
{
	int rc;

	if (d->is_old && d->old.page)
		return next_old(d, ret_header, ret_n);
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
