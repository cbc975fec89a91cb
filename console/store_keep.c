/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store_keep.h"

#include "common/clock.h"

#define DAY_US INT64_C(86400000000)
#define MB     (INT64_C(1) << 20)
/* A run that is not finished after as long has nobody who would; by a clock that was set back too.
 */
#define UNFINISHED_US DAY_US
/* Runs removed at once: what else there is goes the next time. */
#define CLEAN_RUNS 1000

static int64_t keep_days = KEEP_DAYS, keep_max_mb = KEEP_MAX_MB;

void keep_set(int64_t days, int64_t max_mb)
{
	keep_days = days;
	keep_max_mb = max_mb;
}

int keep_forget(struct store *s, int64_t run, struct err *err)
{
	int r = store_do(s, err, "DELETE FROM runs WHERE id = ? AND NOT baseline", "i", run);

	if (r < 0 || sqlite3_changes(s->db) == 0)
		return r;
	r = store_do(s, err, "DELETE FROM blocks WHERE run = ?", "i", run);
	if (r == 0)
		r = store_do(s, err, "DELETE FROM details WHERE run = ?", "i", run);
	return r;
}

/* Bytes in use; those that are free are used again. */
static int64_t size_of(struct store *s)
{
	sqlite3_stmt *q;
	int64_t size = 0;

	if (store_prepare(s, &q, NULL,
		    "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, "
		    "pragma_freelist_count, pragma_page_size",
		    "") < 0)
		return 0;
	if (sqlite3_step(q) == SQLITE_ROW)
		size = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return size;
}

/* The oldest one that may go for its age or, `any`, whatever its age. 0: none. */
static int64_t oldest(struct store *s, int64_t but, bool any)
{
	int64_t now = clock_real_us(), run = 0;
	sqlite3_stmt *q;

	if (store_prepare(s, &q, NULL,
		    "SELECT id FROM runs WHERE id <> ? AND NOT baseline AND (time < iif(finished, "
		    "?, ?) OR (NOT finished AND time > ?)) ORDER BY id LIMIT 1",
		    "iiii", but, any ? INT64_MAX : now - keep_days * DAY_US, now - UNFINISHED_US,
		    now + UNFINISHED_US) < 0)
		return 0;
	if (sqlite3_step(q) == SQLITE_ROW)
		run = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return run;
}

/* Each run in a transaction of its own, so that nobody waits long. */
static int forget_one(struct store *s, int64_t run, struct err *err)
{
	int r = store_exec(s, "BEGIN IMMEDIATE", err);

	if (r < 0)
		return r;
	r = keep_forget(s, run, err);
	if (r == 0)
		r = store_exec(s, "COMMIT", err);
	if (r < 0)
		(void)store_exec(s, "ROLLBACK", NULL);
	return r;
}

int keep_clean(struct store *s, int64_t but, struct err *err)
{
	bool removed = false;
	int r = 0;

	for (int i = 0; r == 0 && i < CLEAN_RUNS; i++) {
		int64_t run = oldest(s, but, size_of(s) > keep_max_mb * MB);

		if (run == 0)
			break;
		r = forget_one(s, run, err);
		removed = true;
	}
	return r == 0 && removed ? store_exec(s, "PRAGMA incremental_vacuum", err) : r;
}
