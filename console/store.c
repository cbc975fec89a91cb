/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"
#include "console/paths.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_NAME "tocsin.db"
/* "Tcsn": file(1) and other programs can tell. */
#define APPLICATION_ID "1415803758"

/*
 * What brings a database from version N to N + 1; the number of steps is the version of this
 * program. A step that was released never changes.
 *
 * runs is what `history` reads: its rows stay small. A run is there for others once `finished`.
 */
static const char *const migrations[] = {
	"CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, finished INTEGER NOT NULL,"
	" time INTEGER NOT NULL, ms INTEGER, name TEXT, question TEXT NOT NULL, target TEXT NOT "
	"NULL, operator TEXT NOT NULL, hosts INTEGER NOT NULL, answered INTEGER, rows INTEGER, "
	"bytes INTEGER, baseline INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX runs_question ON runs (question, target);"
	"CREATE INDEX runs_name ON runs (name);"
	"CREATE TABLE details (run INTEGER PRIMARY KEY, command TEXT, title TEXT, sql TEXT NOT "
	"NULL, params TEXT, key TEXT, diff_ignore TEXT, shapes BLOB, outcome BLOB);"
	"CREATE TABLE blocks (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, data BLOB NOT NULL);"
	"CREATE INDEX blocks_run ON blocks (run);"
	"CREATE TABLE favourites (name TEXT PRIMARY KEY, place INTEGER NOT NULL, note TEXT NOT "
	"NULL);",

	"CREATE TABLE acts (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"
	" operator TEXT NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL, pattern TEXT NOT "
	"NULL);"
	"CREATE TABLE act_items (id INTEGER PRIMARY KEY, act INTEGER NOT NULL, time INTEGER,"
	" host TEXT NOT NULL, target TEXT NOT NULL, plan TEXT, status TEXT, detail TEXT,"
	" undo_id TEXT, before TEXT, after TEXT, undo TEXT);"
	"CREATE INDEX act_items_act ON act_items (act);",

	"ALTER TABLE act_items ADD COLUMN number INTEGER;"
	"DROP INDEX act_items_act;"
	"CREATE INDEX act_items_number ON act_items (act, number);",
};
#define STORE_VERSION ((int64_t)ARRAY_LEN(migrations))

/* ---- Statements ---- */

int store_fail(struct store *s, const char *what, struct err *err)
{
	int code = sqlite3_errcode(s->db) & 0xff;
	const char *words = sqlite3_errmsg(s->db);

	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		return err_set(err, EUCLEAN,
			"%s: the database is damaged (%s); `tocsin history --move-aside` puts it "
			"aside",
			what, words);
	if (code == SQLITE_FULL)
		return err_set(err, ENOSPC, "%s: %s", what, words);
	if (code == SQLITE_READONLY)
		return err_set(err, EROFS, "%s: %s", what, words);
	if (code == SQLITE_NOMEM)
		return err_sys(err, ENOMEM, "%s", what);
	return err_set(err, EIO, "%s: %s", what, words);
}

int store_exec(struct store *s, const char *sql, struct err *err)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return store_fail(s, STORE_NAME, err);
}

static int prepare(struct store *s, sqlite3_stmt **ret, struct err *err, const char *sql,
	const char *types, va_list ap)
{
	sqlite3_stmt *q;
	int r = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);

	for (int i = 0; r == SQLITE_OK && types[i]; i++)
		r = types[i] == 'i' ? sqlite3_bind_int64(q, i + 1, va_arg(ap, int64_t))
				    : sqlite3_bind_text(q, i + 1, va_arg(ap, const char *), -1,
					      SQLITE_TRANSIENT);
	if (r == SQLITE_OK) {
		*ret = q;
		return 0;
	}
	r = store_fail(s, STORE_NAME, err);
	sqlite3_finalize(q);
	return r;
}

int store_prepare(struct store *s, sqlite3_stmt **ret, struct err *err, const char *sql,
	const char *types, ...)
{
	va_list ap;
	int r;

	va_start(ap, types);
	r = prepare(s, ret, err, sql, types, ap);
	va_end(ap);
	return r;
}

int store_end(struct store *s, sqlite3_stmt *q, int step, struct err *err)
{
	int r = step == SQLITE_DONE || step == SQLITE_ROW ? 0 : store_fail(s, STORE_NAME, err);

	sqlite3_finalize(q);
	return r;
}

int store_do(struct store *s, struct err *err, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int r;

	va_start(ap, types);
	r = prepare(s, &q, err, sql, types, ap);
	va_end(ap);
	return r < 0 ? r : store_end(s, q, sqlite3_step(q), err);
}

char *store_text(sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	return text ? strdup(text) : NULL;
}

/* ---- Opening ---- */

static int read_number(struct store *s, const char *sql, int64_t *ret, struct err *err)
{
	sqlite3_stmt *q;
	int step, r = store_prepare(s, &q, err, sql, "");

	if (r < 0)
		return r;
	step = sqlite3_step(q);
	if (step == SQLITE_ROW)
		*ret = sqlite3_column_int64(q, 0);
	return store_end(s, q, step, err);
}

static int check_version(struct store *s, int64_t *ret, struct err *err)
{
	int64_t id = 0, version = 0;
	int r = read_number(s, "PRAGMA application_id", &id, err);

	if (r == 0)
		r = read_number(s, "PRAGMA user_version", &version, err);
	if (r < 0)
		return r;
	if (version > STORE_VERSION)
		return err_set(err, EPROTONOSUPPORT,
			STORE_NAME " is of a newer tocsin (version %lld, this one knows %lld); "
				   "`tocsin history --move-aside` puts it aside",
			(long long)version, (long long)STORE_VERSION);
	*ret = version;
	return 0;
}

/* Another process may do the same: who comes second finds it done. */
static int migrate(struct store *s, struct err *err)
{
	int64_t version = 0;
	char done[64];
	int r = store_exec(s, "BEGIN IMMEDIATE", err);

	if (r == 0)
		r = check_version(s, &version, err);
	for (int64_t i = version; r == 0 && i < STORE_VERSION; i++)
		r = store_exec(s, migrations[i], err);
	snprintf(done, sizeof(done), "PRAGMA user_version = %lld", (long long)STORE_VERSION);
	if (r == 0)
		r = store_exec(s, done, err);
	if (r == 0)
		r = store_exec(s, "PRAGMA application_id = " APPLICATION_ID, err);
	if (r == 0)
		return store_exec(s, "COMMIT", err);
	(void)store_exec(s, "ROLLBACK", NULL);
	return r;
}

/* The first statements that read the file: here it shows that it is none of ours. */
static int settle(struct store *s, enum store_mode mode, struct err *err)
{
	int64_t version;
	int r;

	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	sqlite3_extended_result_codes(s->db, 1);
	r = check_version(s, &version, err);
	if (r == 0 && mode == STORE_WRITE && version == 0)
		r = store_exec(s, "PRAGMA auto_vacuum = INCREMENTAL", err);
	if (r == 0 && mode == STORE_WRITE)
		r = store_exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err);
	if (r == 0 && mode == STORE_READ && version == 0)
		return err_set(err, ENOENT, "nothing is remembered yet");
	return r == 0 && version < STORE_VERSION ? migrate(s, err) : r;
}

/*
 * SQLite would give it the mode of any file. One that is there is not opened: closing it again
 * would take the locks away that this process has on it, and another process would then throw the
 * log away that the recorder is writing.
 */
static int make_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;

	if (fd >= 0) {
		io_close(fd);
		return 0;
	}
	if (errno == EEXIST && lstat(path, &st) == 0) {
		if (S_ISLNK(st.st_mode))
			errno = ELOOP;
		else if (access(path, R_OK | W_OK) == 0)
			return 0;
	}
	return err_sys(err, errno, "%s", path);
}

/* Where nothing can be written the file is read as it is, without the help of a log beside it. */
static char *read_only_name(const char *path)
{
	/* A URI ends at these. */
	return strpbrk(path, "?#%") ? NULL : str_printf("file:%s?immutable=1", path);
}

static int open_file(struct store *s, const char *path, enum store_mode mode, struct err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, r = 0;
	char *name = NULL;

	if (mode == STORE_WRITE)
		r = make_file(path, err);
	else if (access(path, F_OK) < 0)
		r = err_set(err, ENOENT, "nothing is remembered yet");
	if (r < 0)
		return r;
	if (mode == STORE_READ && access(path, W_OK) < 0) {
		name = read_only_name(path);
		flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
	}
	r = sqlite3_open_v2(name ? name : path, &s->db, flags, NULL);
	free(name);
	if (!s->db)
		return err_sys(err, ENOMEM, STORE_NAME);
	return r == SQLITE_OK ? settle(s, mode, err) : store_fail(s, path, err);
}

static int find_path(char path[PATH_TEXT_MAX], struct err *err)
{
	int r = paths_state(path, PATH_TEXT_MAX, STORE_NAME);

	if (r == -ENXIO)
		return err_set(err, ENOENT, "the environment names no home");
	return r < 0 ? err_sys(err, -r, "no directory for " STORE_NAME) : 0;
}

int store_open(enum store_mode mode, struct store **ret, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));
	char path[PATH_TEXT_MAX];
	int r;

	if (!s)
		return err_sys(err, ENOMEM, STORE_NAME);
	r = find_path(path, err);
	if (r == 0)
		r = open_file(s, path, mode, err);
	if (r < 0) {
		store_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	sqlite3_close(s->db);
	free(s);
}

/* ---- Moving aside ---- */

int store_move_aside(char **ret_to, struct err *err)
{
	static const char *const suffixes[] = {"-wal", "-shm", ""};
	char path[PATH_TEXT_MAX], *to;
	int r = find_path(path, err);

	if (r < 0)
		return r;
	to = str_printf("%s.%lld", path, (long long)(clock_real_us() / 1000000));
	for (size_t i = 0; to && r == 0 && i < ARRAY_LEN(suffixes); i++) {
		char *from = str_printf("%s%s", path, suffixes[i]);
		char *there = str_printf("%s%s", to, suffixes[i]);

		if (!from || !there)
			r = err_sys(err, ENOMEM, STORE_NAME);
		else if (rename(from, there) < 0 && (errno != ENOENT || !*suffixes[i]))
			r = err_sys(err, errno, "cannot move %s", from);
		free(from);
		free(there);
	}
	if (to && r == 0)
		*ret_to = to;
	else
		free(to);
	return to ? r : err_sys(err, ENOMEM, STORE_NAME);
}
