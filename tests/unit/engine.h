/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests of the engine: tables of the test's own, ask(sql), ROWS(sql, rows) and
 * FAILS(sql, code, words). SQLite's allocations can be made to fail.
 */
#ifndef TESTS_UNIT_ENGINE_H
#define TESTS_UNIT_ENGINE_H

#include "agentd/engine.h"

#include "agentd/scan.h"
#include "agentd/table.h"
#include "common/clock.h"
#include "common/str.h"
#include "tests/unit/test.h"

#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

/* ---- Tables ---- */

/* What the tables saw, since ask() began. */
static struct {
	int opens, closes, steps;
	int whole_scans, look_ups; /* of keyed */
	char asked[4096];	   /* constraints of path, one line per scan */
	uint64_t wanted;	   /* columns of the last scan */
} seen;

/* keyed: 100 rows, found by id. */
enum { KEYED_ROWS = 100 };
enum { K_ID, K_PARENT, K_NAME };

struct keyed {
	int64_t next;
	bool one;
};

static int keyed_open(struct scan *s)
{
	struct keyed *k = scan_state(s);
	bool never = false;

	seen.opens++;
	if (scan_eq_int(s, K_ID, &k->next, &never)) {
		k->one = true;
		seen.look_ups++;
	} else if (never) {
		k->next = KEYED_ROWS;
	} else {
		seen.whole_scans++;
	}
	return 0;
}

static int keyed_step(struct scan *s)
{
	struct keyed *k = scan_state(s);

	seen.steps++;
	if (k->next < 0 || k->next >= KEYED_ROWS)
		return 0;
	row_begin(s);
	row_int(s, K_ID, k->next);
	row_int(s, K_PARENT, k->next / 10);
	row_printf(s, K_NAME, "name%d", (int)k->next % 7);
	row_end(s);
	k->next++;
	return !k->one;
}

static void keyed_close(struct scan *s)
{
	(void)s;
	seen.closes++;
}

static const struct column keyed_columns[] = {
	[K_ID] = {"id", COL_BIGINT, COL_INDEX, "Key"},
	[K_PARENT] = {"parent", COL_BIGINT, 0, "A tenth of it"},
	[K_NAME] = {"name", COL_TEXT, 0, "One of seven"},
	COL_END,
};

static const struct table keyed = {
	.name = "keyed",
	.doc = "Rows by key.",
	.columns = keyed_columns,
	.open = keyed_open,
	.step = keyed_step,
	.close = keyed_close,
	.state_size = sizeof(struct keyed),
};

/* path: says back what it was asked. */
enum { P_PATH, P_DIRECTORY, P_SIZE, P_TIME, P_INPUT, P_NUMBER };

static int path_step(struct scan *s)
{
	static const char *const ops[] = {"=", "~", "*", "<", "<=", ">", ">="};
	const struct scan_constraint *c;
	const char *path = scan_eq_text(s, P_PATH), *dir = scan_eq_text(s, P_DIRECTORY);
	size_t len;

	for (size_t i = 0; (c = scan_constraint(s, i)); i++) {
		len = strlen(seen.asked);
		snprintf(seen.asked + len, sizeof(seen.asked) - len, "%s%s%s%s%s", i ? " " : "",
			(const char *[]){
				"path", "directory", "size", "time", "input", "number"}[c->col],
			ops[c->op], c->text, c->is_int ? "#" : "");
	}
	len = strlen(seen.asked);
	snprintf(seen.asked + len, sizeof(seen.asked) - len, "\n");
	seen.wanted = 0;
	for (unsigned i = 0; i <= P_NUMBER; i++)
		seen.wanted |= (uint64_t)scan_wants(s, i) << i;
	for (int i = 0; i < (path ? 1 : 3); i++) {
		row_begin(s);
		if (path)
			row_text(s, P_PATH, path);
		else
			row_printf(s, P_PATH, "%s/%c", dir ? dir : "/etc", 'a' + i);
		row_text(s, P_DIRECTORY, dir ? dir : "/etc");
		row_int(s, P_SIZE, i);
		row_int(s, P_TIME, 1000 + i);
		row_end(s);
	}
	return 0;
}

static const struct column path_columns[] = {
	[P_PATH] = {"path", COL_TEXT, COL_INDEX | COL_REQUIRED | COL_LIKE, "Path"},
	[P_DIRECTORY] = {"directory", COL_TEXT, COL_REQUIRED, "Directory"},
	[P_SIZE] = {"size", COL_BIGINT, 0, "Size"},
	[P_TIME] = {"time", COL_BIGINT, COL_RANGE, "Time"},
	[P_INPUT] = {"input", COL_TEXT, COL_HIDDEN | COL_ADDITIONAL, "Echoed"},
	[P_NUMBER] = {"number", COL_INTEGER, COL_HIDDEN | COL_ADDITIONAL, "Echoed"},
	COL_END,
};

static const struct table path = {
	.name = "path",
	.doc = "Needs to be asked for something.",
	.columns = path_columns,
	.step = path_step,
};

/* endless: counts for ever; each step one row. */
struct endless {
	int64_t i;
};

static int endless_step(struct scan *s)
{
	struct endless *e = scan_state(s);

	row_begin(s);
	row_int(s, 0, e->i++);
	row_end(s);
	return 1;
}

static const struct column one_column[] = {{"i", COL_BIGINT, 0, "Number"}, COL_END};
static const struct table endless = {
	.name = "endless",
	.doc = "Never ends.",
	.columns = one_column,
	.step = endless_step,
	.state_size = sizeof(struct endless),
};

/* stuck: one step that only ends when it is told to. */
static atomic_bool stuck_began;

static int stuck_step(struct scan *s)
{
	atomic_store(&stuck_began, true);
	while (!scan_stop(s))
		usleep(100);
	return 0;
}

static const struct table stuck = {
	.name = "stuck",
	.doc = "Waits until it is told to stop.",
	.columns = one_column,
	.step = stuck_step,
};

/* broken: fails in its third row, or when it is opened. */
static bool broken_open_fails, broken_silently;

static int broken_open(struct scan *s)
{
	return broken_open_fails ? scan_error(s, EACCES, "no way in") : 0;
}

static int broken_step(struct scan *s)
{
	struct endless *e = scan_state(s);

	if (e->i == 2)
		return broken_silently ? -EIO : scan_error(s, EIO, "the disk is %s", "gone");
	return endless_step(s);
}

static const struct table broken = {
	.name = "broken",
	.doc = "Fails.",
	.columns = one_column,
	.open = broken_open,
	.step = broken_step,
	.close = keyed_close,
	.state_size = sizeof(struct endless),
};

/* bytes: awkward values. `fat` bytes of text in one value, `many` such rows in one step. */
static size_t fat = 1, many = 1;
enum { B_TEXT, B_BLOB, B_REAL, B_FAT, B_NOTHING, B_TWICE };

static int bytes_step(struct scan *s)
{
	char *big = malloc(fat);

	if (!big)
		return -ENOMEM;
	memset(big, 'x', fat);
	if (fat > 2)
		memcpy(big + fat - 2, "\xc3\xa9", 2);
	row_text(s, B_TEXT, "before a row begins");
	for (size_t i = 0; i < many; i++) {
		row_begin(s);
		row_bytes(s, B_TEXT, "a\xff\0b", 4);
		row_blob(s, B_BLOB, "\x01\x02", 2);
		row_real(s, B_REAL, 0.5);
		row_bytes(s, B_FAT, big, fat);
		row_text(s, B_NOTHING, "x");
		row_text(s, B_NOTHING, NULL);
		row_printf(s, B_TWICE, "first");
		row_printf(s, B_TWICE, "%0300d", 7);
		row_text(s, 60, "no such column");
		row_end(s);
	}
	row_begin(s); /* never ended: no row */
	free(big);
	return 0;
}

static const struct column bytes_columns[] = {
	[B_TEXT] = {"text", COL_TEXT, 0, "Not UTF-8, with a NUL"},
	[B_BLOB] = {"blob", COL_BLOB, 0, "Blob"},
	[B_REAL] = {"real", COL_DOUBLE, 0, "Real"},
	[B_FAT] = {"fat", COL_TEXT, 0, "Long"},
	[B_NOTHING] = {"none", COL_TEXT, 0, "NULL"},
	[B_TWICE] = {"twice", COL_TEXT, 0, "Set twice"},
	COL_END,
};

static const struct table bytes = {
	.name = "bytes",
	.doc = "Awkward values.",
	.columns = bytes_columns,
	.step = bytes_step,
};

/* noisy: `noise` different warnings, and things skipped. */
static int noise;

static int noisy_step(struct scan *s)
{
	for (int i = 0; i < noise; i++)
		scan_warn(s, "warning %d", i);
	scan_skipped(s, "environ", "process", EACCES);
	scan_skipped(s, "entries", "directory", EIO);
	return endless_step(s) * 0;
}

static const struct table noisy = {
	.name = "noisy",
	.doc = "Warns.",
	.columns = one_column,
	.step = noisy_step,
	.state_size = sizeof(struct endless),
};

/* wide: as many columns as a table may have. */
static struct column wide_columns[TABLE_COLUMNS_MAX + 1];
static char wide_names[TABLE_COLUMNS_MAX][8];

static int wide_step(struct scan *s)
{
	row_begin(s);
	for (unsigned i = 0; i < TABLE_COLUMNS_MAX; i++)
		row_int(s, i, i);
	row_end(s);
	return 0;
}

static const struct table wide = {
	.name = "wide",
	.doc = "Many columns.",
	.columns = wide_columns,
	.step = wide_step,
};

static const struct table *const tables[] = {
	&broken, &bytes, &endless, &keyed, &noisy, &path, &stuck, &wide, NULL};

/* ---- Asking ---- */

enum { TEXT_MAX = 1 << 16 };

static struct {
	struct err err;
	struct engine_result res;
	char *text;	    /* rows: cells with |, rows with a newline; TEXT_MAX bytes */
	char columns[8192]; /* name:TYPE with | */
	size_t len;
	int64_t rows, stop_after;
	int stop_with;
	int status;
	enum cell_type types[WIRE_COLUMNS_MAX]; /* of the last row */
	uint32_t lengths[WIRE_COLUMNS_MAX];
} got;

static void put(const char *p, size_t n)
{
	if (n > TEXT_MAX - 1 - got.len)
		n = TEXT_MAX - 1 - got.len;
	memcpy(got.text + got.len, p, n);
	got.len += n;
	got.text[got.len] = '\0';
}

static int on_columns(void *arg, const struct wire_column *cols, size_t n)
{
	size_t len = 0;

	(void)arg;
	for (size_t i = 0; i < n && len < sizeof(got.columns); i++)
		len += (size_t)snprintf(got.columns + len, sizeof(got.columns) - len, "%s%s:%s",
			i ? "|" : "", cols[i].name, cols[i].type);
	return got.stop_after < 0 ? got.stop_with : 0;
}

static int on_row(void *arg, const struct cell *cells, size_t n)
{
	char number[CELL_NUMBER_MAX];

	(void)arg;
	for (size_t i = 0; i < n; i++) {
		if (i)
			put("|", 1);
		got.types[i] = cells[i].type;
		got.lengths[i] = cells[i].n;
		if (cells[i].type == CELL_NULL)
			put("NULL", 4);
		else if (cells[i].type == CELL_INT)
			put(number, cell_int_text(cells[i].i, number));
		else if (cells[i].type == CELL_REAL)
			put(number, cell_real_text(cells[i].r, number));
		else
			put(cells[i].p, cells[i].n);
	}
	put("\n", 1);
	got.rows++;
	return got.stop_after && got.rows >= got.stop_after ? got.stop_with : 0;
}

static void ask_with(struct engine_query q)
{
	engine_result_done(&got.res);
	memset(&seen, 0, sizeof(seen));
	err_clear(&got.err);
	got.text[0] = got.columns[0] = '\0';
	got.len = 0;
	got.rows = 0;
	if (!q.sql_len)
		q.sql_len = strlen(q.sql);
	q.tables = tables;
	q.columns = on_columns;
	q.row = on_row;
	got.status = engine_run(&q, &got.res, &got.err);
}

static void ask(const char *sql)
{
	ask_with((struct engine_query){.sql = sql});
}

#define ROWS(sql, want)                                                                            \
	do {                                                                                       \
		ask(sql);                                                                          \
		if (got.status)                                                                    \
			FAIL("%s: %s", sql, got.err.text);                                         \
		CHECK_STR(got.text, want);                                                         \
		CHECK_INT(got.res.rows, got.rows);                                                 \
	} while (0)

#define FAILS(sql, want_code, want_text)                                                           \
	do {                                                                                       \
		ask(sql);                                                                          \
		if (!got.status)                                                                   \
			FAIL("%s: did not fail", sql);                                             \
		CHECK_STR(got.err.text, want_text);                                                \
		CHECK_STR(wire_code_name(got.res.code), want_code);                                \
		CHECK_INT(got.status, -got.err.code);                                              \
	} while (0)

/* ---- Out of memory ---- */

/* SQLite's n-th allocation from now on fails, once (0: none does). */
static long sqlite_countdown;
static sqlite3_mem_methods real_memory;

static bool memory_fails(void)
{
	return sqlite_countdown > 0 && --sqlite_countdown == 0;
}

static void *failing_malloc(int n)
{
	return memory_fails() ? NULL : real_memory.xMalloc(n);
}

static void *failing_realloc(void *p, int n)
{
	return memory_fails() ? NULL : real_memory.xRealloc(p, n);
}

/* Before anything starts SQLite. */
__attribute__((constructor)) static void set_up(void)
{
	sqlite3_mem_methods m;
	struct err err;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
	m = real_memory;
	m.xMalloc = failing_malloc;
	m.xRealloc = failing_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &m);
	got.text = malloc(TEXT_MAX);
	if (!got.text || engine_init(&err) < 0)
		abort();
	for (unsigned i = 0; i < TABLE_COLUMNS_MAX; i++) {
		snprintf(wide_names[i], sizeof(wide_names[i]), "c%u", i);
		wide_columns[i] = (struct column){wide_names[i], COL_INTEGER, 0, "Its number"};
	}
}

#endif
