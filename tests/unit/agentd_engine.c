/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine over tables of the test's own. */
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

/* ---- Answers ---- */

TEST(answers_carry_types_and_names)
{
	ROWS("select 1, 2.5, 'text', x'00ff', null", "1|2.5|text|");
	CHECK_STR(got.columns, "1:|2.5:|'text':|x'00ff':|null:");
	CHECK_INT(got.types[0], CELL_INT);
	CHECK_INT(got.types[1], CELL_REAL);
	CHECK_INT(got.types[2], CELL_TEXT);
	CHECK_INT(got.types[3], CELL_BLOB);
	CHECK_INT(got.lengths[3], 2);
	CHECK_INT(got.types[4], CELL_NULL);
	ROWS("select id, name, id + 1 as next, k.parent p from keyed k where id = 3",
		"3|name3|4|0\n");
	CHECK_STR(got.columns, "id:BIGINT|name:TEXT|next:|p:BIGINT");
	ROWS("select * from path where path = '/x'", "/x|/etc|0|1000\n");
	ROWS("select zeroblob(0)", "\n");
	CHECK_INT(got.types[0], CELL_BLOB);
	ROWS("select id from keyed where 0", "");
	CHECK_STR(got.columns, "id:BIGINT");
	CHECK(got.res.ms >= 0);
}

#define ZEROS_23  "00000000000000000000000"
#define ZEROS_69  ZEROS_23 ZEROS_23 ZEROS_23
#define ZEROS_299 ZEROS_69 ZEROS_69 ZEROS_69 ZEROS_69 ZEROS_23

TEST(text_that_is_not_utf8_is_bytes)
{
	fat = 3;
	ask("select text, blob, real, fat, none, twice from bytes");
	CHECK_INT(got.status, 0);
	CHECK_INT(got.types[0], CELL_BLOB);
	CHECK_INT(got.lengths[0], 4);
	CHECK_INT(got.types[1], CELL_BLOB);
	CHECK_INT(got.lengths[1], 2);
	CHECK_INT(got.types[2], CELL_REAL);
	CHECK_INT(got.types[3], CELL_TEXT);
	CHECK_INT(got.types[4], CELL_NULL);
	CHECK_INT(got.lengths[5], 300);
	CHECK_INT(got.rows, 1);
	ROWS("select typeof(text), length(cast(text as blob)), twice from bytes where text > 'a'",
		"text|4|" ZEROS_299 "7\n");
}

TEST(double_quotes_may_be_text)
{
	ROWS("select name from keyed where name = \"name3\" and id = 3", "name3\n");
	ROWS("select \"id\" from keyed where id = 3", "3\n");
}

TEST(values_outlive_the_step_that_made_them)
{
	ROWS("select min(name), max(name) from keyed", "name0|name6\n");
	ROWS("select name, count(*) from keyed group by name order by 1 limit 2",
		"name0|15\nname1|15\n");
	ROWS("select name, max(id) from keyed", "name1|99\n");
	ROWS("select id, lag(name) over (order by id) from keyed where id in (7, 8)",
		"7|NULL\n8|name0\n");
	ROWS("select distinct name from keyed where id < 9 order by name desc limit 2",
		"name6\nname5\n");
}

TEST(as_many_columns_as_a_table_has)
{
	ROWS("select c0, c31, c32, c62 from wide", "0|31|32|62\n");
	ask("select * from wide");
	CHECK_INT(got.status, 0);
	CHECK(strstr(got.text, "|61|62\n"));
	ask("select a.*, b.*, c.*, d.*, e.*, f.*, g.*, h.*, 1, 2, 3, 4, 5, 6, 7, 8 "
	    "from wide a, wide b, wide c, wide d, wide e, wide f, wide g, wide h");
	CHECK_INT(got.status, 0);
	FAILS("select a.*, b.*, c.*, d.*, e.*, f.*, g.*, h.*, 1, 2, 3, 4, 5, 6, 7, 8, 9 "
	      "from wide a, wide b, wide c, wide d, wide e, wide f, wide g, wide h",
		"limit", "too many columns in result set");
}

TEST(column_names_have_a_bound)
{
	char sql[400], name[WIRE_NAME_MAX + 2];

	memset(name, 'n', sizeof(name));
	name[WIRE_NAME_MAX] = '\0';
	snprintf(sql, sizeof(sql), "select 1 as %s", name);
	ask(sql);
	CHECK_INT(got.status, 0);
	name[WIRE_NAME_MAX] = 'n';
	name[WIRE_NAME_MAX + 1] = '\0';
	snprintf(sql, sizeof(sql), "select 1, 2 as %s", name);
	FAILS(sql, "limit", "the name of column 2 is longer than 256 bytes: name it with AS");
}

/* ---- Constraints ---- */

TEST(keys_are_looked_up)
{
	ROWS("select id from keyed where id = 42", "42\n");
	CHECK_INT(seen.look_ups, 1);
	CHECK_INT(seen.steps, 1);
	CHECK_INT(seen.opens, seen.closes);
	ROWS("select id from keyed where id in (5, 3, 5, 1000, null)", "3\n5\n");
	CHECK_INT(seen.look_ups, 3);
	CHECK_INT(seen.whole_scans, 0);
	ROWS("select id from keyed where id = 3 and id = 4", "");
	ROWS("select id from keyed where id = (select max(id) from keyed)", "99\n");
	CHECK_INT(seen.whole_scans, 1);
}

TEST(keys_of_other_types)
{
	ROWS("select id from keyed where id = '12'", "12\n");
	ROWS("select id from keyed where id = ' 12 '", "12\n");
	ROWS("select id from keyed where id = 12.0", "12\n");
	ROWS("select id from keyed where id = '12.0'", "12\n");
	CHECK_INT(seen.look_ups, 1);
	ROWS("select id from keyed where id = 12.5", "");
	ROWS("select id from keyed where id = 'twelve'", "");
	ROWS("select id from keyed where id = 1e300", "");
	ROWS("select id from keyed where id = -9223372036854775809.0", "");
	ROWS("select id from keyed where id = x'3132'", "");
	ROWS("select id from keyed where id = ''", "");
	CHECK_INT(seen.look_ups + seen.whole_scans, 0);
	ROWS("select path from path where path = 12", "12\n");
	ROWS("select path from path where path = 12.0", "12.0\n");
	CHECK_STR(seen.asked, "path=12.0#\n");
}

TEST(null_matches_nothing)
{
	ROWS("select id from keyed where id = null", "");
	ROWS("select path from path where path like null", "");
	ROWS("select path from path where path = '/x' and time > null", "");
	CHECK_INT(seen.opens, 0);
	CHECK_STR(seen.asked, "");
	ROWS("select id from keyed where id is null", "");
	ROWS("select count(*) from keyed where id is not null", "100\n");
}

TEST(patterns_and_ranges_reach_the_table)
{
	ROWS("select path from path where path like '/etc/%' and time >= 1001 and time < 1002.5",
		"/etc/b\n/etc/c\n");
	CHECK_STR(seen.asked, "time>=1001# time<1002.5 path~/etc/%\n");
	ROWS("select path from path where directory = '/tmp' and path glob '/tmp/[ab]'",
		"/tmp/a\n/tmp/b\n");
	CHECK_STR(seen.asked, "directory=/tmp path*/tmp/[ab]\n");
	ROWS("select path from path where path like '/etc/%%' and size = 2", "/etc/c\n");
	CHECK_STR(seen.asked, "path~/etc/%%\n");
}

TEST(a_missing_constraint_is_said)
{
	FAILS("select * from path", "sql",
		"table path: a constraint on `path` or `directory` is required (= or LIKE)");
	FAILS("select * from path where size = 3", "sql",
		"table path: a constraint on `path` or `directory` is required (= or LIKE)");
	FAILS("select * from path where path > '/'", "sql",
		"table path: a constraint on `path` or `directory` is required (= or LIKE)");
	FAILS("select * from path where path like '/x%' escape 'x'", "sql",
		"table path: a constraint on `path` or `directory` is required (= or LIKE)");
	FAILS("select * from path where path = '/a' or size = 1", "sql",
		"table path: a constraint on `path` or `directory` is required (= or LIKE)");
	FAILS("select * from keyed k join path p on p.size = k.id", "sql",
		"table path: a constraint on `path` or `directory` is required (= or LIKE)");
	FAILS("select * from path a join path b using (path)", "sql",
		"table path: a constraint on `path` or `directory` is required (= or LIKE)");
}

TEST(or_becomes_look_ups)
{
	ROWS("select path from path where path = '/x' or directory = '/y'",
		"/x\n/y/a\n/y/b\n/y/c\n");
	CHECK_STR(seen.asked, "path=/x\ndirectory=/y\n");
	/* A row that both sides find comes once; the rows of the second do not hide behind the
	 * numbers of the first. */
	ROWS("select path from path where path = '/y/b' or directory = '/y'",
		"/y/b\n/y/a\n/y/b\n/y/c\n");
	ROWS("select path from path where (path = '/etc/a' and size = 0) or path like '/etc/%'",
		"/etc/a\n/etc/b\n/etc/c\n");
	ROWS("select path, size from path where directory = '/y' or directory = '/y'",
		"/y/a|0\n/y/b|1\n/y/c|2\n");
	ROWS("select id from keyed where id = 4 or id = 6", "4\n6\n");
	CHECK_INT(seen.look_ups, 2);
	ROWS("select count(*) from keyed where id = 4 or parent = 0", "10\n");
}

TEST(equal_rows_are_not_one)
{
	/* Both scans find two rows with nothing to tell them apart. */
	ROWS("select size / 2 from path where (directory = '/y' and time < 1002) or "
	     "(path like '/etc/%' and directory = '/z')",
		"0\n0\n");
	ROWS("select count(*) from (select rowid r from keyed union select rowid from keyed)",
		"100\n");
	ROWS("select count(distinct rowid) from path where directory = '/y'", "3\n");
	ROWS("select a.rowid = a.rowid, count(*) from keyed a where id = 1 or id = 2", "1|2\n");
}

TEST(hidden_inputs_are_echoed)
{
	ROWS("select path, input, number from path where path = '/x'", "/x|NULL|NULL\n");
	ROWS("select input, number from path where path = '/x' and input = 'y' and number = '7'",
		"y|7\n");
	CHECK_INT(got.types[1], CELL_INT);
	CHECK_STR(seen.asked, "path=/x input=y number=7#\n");
	ROWS("select input from path where path = '/x' and input in ('a', 'b')", "a\nb\n");
	ROWS("select * from path where path = '/x' and input = 5", "/x|/etc|0|1000\n");
	/* The input comes from a table that must then be outside. */
	ROWS("select k.id, p.number from path p join keyed k on p.number = k.id "
	     "where p.path = '/x' and k.id < 2",
		"0|0\n1|1\n");
}

TEST(joins_look_up_inside)
{
	ROWS("select count(*) from keyed a join keyed b on b.id = a.parent", "100\n");
	CHECK_INT(seen.whole_scans, 1);
	CHECK_INT(seen.look_ups, 100);
	ROWS("select p.path from path p join keyed k on p.path = '/' || k.name where k.id = 5",
		"/name5\n");
	ROWS("select p.path from path p, keyed k where p.path like '/etc/' || substr('abc', k.id, "
	     "1) "
	     "and k.id in (1, 2)",
		"/etc/a\n/etc/b\n");
	ROWS("select k.id, p.path from keyed k left join path p on p.path = k.name where k.id = 5",
		"5|name5\n");
	ROWS("select id from keyed where exists (select 1 from path where path = keyed.name "
	     "and path = 'name3') and id < 5",
		"3\n");
	CHECK_INT(seen.opens, seen.closes);
}

TEST(unused_columns_are_not_wanted)
{
	ROWS("select path from path where path = '/x'", "/x\n");
	CHECK_INT(seen.wanted, 1 << P_PATH);
	ROWS("select count(*) from path where directory = '/x' and size > 0", "2\n");
	CHECK_INT(seen.wanted, 1 << P_DIRECTORY | 1 << P_SIZE);
	ROWS("select count(*) from keyed", "100\n");
}

TEST(too_many_constraints_are_left_to_sqlite)
{
	char sql[8192] = "select path from path where time > 0";
	size_t len = strlen(sql);

	for (int i = 0; i < 2 * SCAN_CONSTRAINTS_MAX; i++)
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, " and time > %d", 900 + i);
	snprintf(sql + len, sizeof(sql) - len, " and path = '/x'");
	ROWS(sql, "/x\n");
	CHECK(strstr(seen.asked, "path=/x"));
}

/* ---- Only reading ---- */

TEST(nothing_but_select)
{
	static const char *const refused[] = {"attach 'x' as y", "detach main",
		"pragma user_version", "pragma user_version = 3", "create table x(a)",
		"create temp table x as select 1", "create view v as select 1",
		"create virtual table x using fts5(a)", "drop table keyed",
		"insert into keyed values (1, 2, 3)", "delete from keyed",
		"update keyed set id = 2", "begin", "commit", "savepoint x", "vacuum",
		"vacuum into '/tmp/x'", "reindex", "analyze", "alter table keyed rename to x",
		"explain insert into keyed values (1, 2, 3)"};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		ask(refused[i]);
		if (!got.status)
			FAIL("%s: was done", refused[i]);
		CHECK_STR(wire_code_name(got.res.code), "sql");
		if (!str_starts(got.err.text, "only SELECT is allowed") &&
			!str_starts(got.err.text, "no such") &&
			!str_starts(got.err.text, "unable to identify") &&
			!str_ends(got.err.text, "may not be modified") &&
			!str_ends(got.err.text, "may not be altered"))
			FAIL("%s: %s", refused[i], got.err.text);
	}
	ask("explain query plan select 1");
	CHECK_INT(got.rows, 1);
	ROWS("values (1), (2)", "1\n2\n");
	ROWS("with x(a) as (select 3) select a from x", "3\n");
}

TEST(what_select_may_not_reach)
{
	FAILS("select load_extension('x')", "sql", "function load_extension may not be called");
	FAILS("select fts3_tokenizer('simple')", "sql",
		"function fts3_tokenizer may not be called");
	FAILS("select name from sqlite_master", "sql", "table sqlite_master may not be read");
	ask("select * from pragma_database_list");
	CHECK(got.status < 0);
	ask("select * from dbstat");
	CHECK(got.status < 0);
	ask("select * from sqlite_stmt");
	CHECK(got.status < 0);
	ROWS("select value from json_each('[1,2]')", "1\n2\n");
	ROWS("select key from json_tree('{\"a\":1}') where key is not null", "a\n");
}

TEST(one_statement)
{
	ROWS(" ; ; select 1 ; -- that was all\n /* really */ ;", "1\n");
	FAILS("select 1; select 2", "sql", "one statement at a time");
	FAILS("select 1; drop table keyed", "sql", "one statement at a time");
	FAILS("select 1; nonsense", "sql", "one statement at a time");
	FAILS("", "sql", "no statement in the SQL");
	FAILS(" ;; -- nothing\n", "sql", "no statement in the SQL");
	ask_with((struct engine_query){.sql = "select 1\0; drop", .sql_len = 15});
	CHECK_STR(got.err.text, "a NUL byte in the SQL");
	/* Not NUL-terminated. */
	ask_with((struct engine_query){.sql = "select 12", .sql_len = 8});
	CHECK_STR(got.text, "1\n");
}

TEST(errors_in_the_sql)
{
	FAILS("select", "sql", "incomplete input");
	FAILS("selct 1", "sql", "near \"selct\": syntax error");
	FAILS("select * from keyd", "sql", "no such table: keyd (did you mean keyed?)");
	FAILS("select * from utterly_unknown", "sql", "no such table: utterly_unknown");
	FAILS("select x from keyed", "sql", "no such column: x");
	FAILS("select nofunction(1)", "sql", "no such function: nofunction");
	FAILS("select json_extract('{', '$')", "sql", "malformed JSON");
}

/* ---- Parameters ---- */

static void ask_params(const char *sql, const char *json)
{
	json_t *params = json_loads(json, JSON_ALLOW_NUL, NULL);

	CHECK(params);
	ask_with((struct engine_query){.sql = sql, .params = params});
	json_decref(params);
}

TEST(parameters)
{
	ask_params("select @b, $c, :d, :e, :f, typeof(:a), :a",
		"{\"a\":\"x\\u0000y\",\"b\":12,\"c\":0.5,\"d\":null,\"e\":true,\"f\":false,\"g\":"
		"1}");
	CHECK_INT(got.status, 0);
	CHECK_INT(got.lengths[6], 3);
	CHECK(str_starts(got.text, "12|0.5|NULL|1|0|text|x"));
	/* Text converts where it is compared with a number or calculated with. */
	ask_params("select id from keyed where id = :id", "{\"id\":\"12\"}");
	CHECK_STR(got.text, "12\n");
	ask_params("select count(*) from keyed where id < 50 - :n", "{\"n\":\"40\"}");
	CHECK_STR(got.text, "10\n");
	ask_params("select count(*) from keyed where parent <= :n", "{\"n\":\"1\"}");
	CHECK_STR(got.text, "20\n");
	ask_params("select path from path where path like :p", "{\"p\":\"/etc/_\"}");
	CHECK_INT(got.rows, 3);
	/* Text is never SQL. */
	ask_params("select :x", "{\"x\":\"'; drop table keyed; --\"}");
	CHECK_STR(got.text, "'; drop table keyed; --\n");
}

TEST(parameters_that_are_missing_or_wrong)
{
	FAILS("select :min_age", "usage", "no value given for :min_age");
	FAILS("select ?", "usage", "parameter 1 has no name: write :name");
	FAILS("select ?7", "usage", "parameter 1 has no name: write :name");
	ask_params("select :a", "{\"a\":[1]}");
	CHECK_STR(got.err.text, "the value of :a is neither text nor number");
	CHECK_STR(wire_code_name(got.res.code), "usage");
	ask_params("select :a, :b", "{\"a\":1}");
	CHECK_STR(got.err.text, "no value given for :b");
}

/* ---- Limits ---- */

TEST(rows_end_at_max_rows)
{
	ask_with((struct engine_query){.sql = "select id from keyed", .max_rows = 100});
	CHECK_INT(got.rows, 100);
	CHECK(!got.res.truncated);
	ask_with((struct engine_query){.sql = "select id from keyed", .max_rows = 99});
	CHECK_INT(got.status, 0);
	CHECK_INT(got.rows, 99);
	CHECK_INT(got.res.rows, 99);
	CHECK(got.res.truncated);
	ask("select i from endless");
	CHECK_INT(got.status, 0);
	CHECK_INT(got.rows, WIRE_ANSWER_ROWS);
	CHECK(got.res.truncated);
}

TEST(time_ends)
{
	static const char *const slow[] = {
		"select i from endless where i < 0",
		"select count(*) from endless",
		"select i from stuck",
		"with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) "
		"from c",
		"select count(*) from keyed a, keyed b, keyed c, keyed d, keyed e",
		"select 1 where exists (select * from keyed k, stuck)",
	};

	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		int64_t start = clock_mono_ms();

		ask_with((struct engine_query){.sql = slow[i], .timeout_ms = 100});
		CHECK_STR(got.err.text, "no answer within 0.1 s");
		CHECK_STR(wire_code_name(got.res.code), "timeout");
		CHECK(clock_mono_ms() - start >= 100);
		CHECK(clock_mono_ms() - start < 5000);
	}
	ask_with((struct engine_query){.sql = "select i from endless", .timeout_ms = 1});
	CHECK_INT(got.res.code, WIRE_CODE_TIMEOUT);
}

static void *cancel_when_begun(void *arg)
{
	while (!atomic_load(&stuck_began))
		usleep(100);
	atomic_store((atomic_bool *)arg, true);
	return NULL;
}

TEST(cancel_from_another_thread)
{
	atomic_bool cancelled = false;
	pthread_t thread;

	atomic_store(&stuck_began, false);
	CHECK_INT(pthread_create(&thread, NULL, cancel_when_begun, &cancelled), 0);
	ask_with((struct engine_query){.sql = "select * from stuck", .cancelled = &cancelled});
	pthread_join(thread, NULL);
	CHECK_STR(got.err.text, "cancelled");
	CHECK_INT(got.res.code, WIRE_CODE_CANCELLED);
	/* Before it begins. */
	ask_with((struct engine_query){.sql = "select id from keyed", .cancelled = &cancelled});
	CHECK_INT(got.res.code, WIRE_CODE_CANCELLED);
}

TEST(the_caller_can_end_it)
{
	got.stop_after = 2;
	got.stop_with = -EPIPE;
	ask("select i from endless");
	CHECK_INT(got.status, -EPIPE);
	CHECK_INT(got.rows, 2);
	got.stop_after = -1;
	ask("select i from endless");
	CHECK_INT(got.status, -EPIPE);
	CHECK_INT(got.rows, 0);
	got.stop_after = 0;
}

TEST(memory_ends)
{
	FAILS("with recursive c(x) as (select 1 union all select x + 1 from c) "
	      "select y from (select printf('%1000000d', x) y from c) order by y",
		"limit", "more memory than 256 MiB");
	FAILS("select group_concat(printf('%100000d', id)) from keyed", "limit",
		"a value is longer than 8 MiB");
	FAILS("select zeroblob(1000000000)", "limit", "a value is longer than 8 MiB");
	FAILS("select length(randomblob(9000000))", "limit", "a value is longer than 8 MiB");
	ROWS("select length(zeroblob(8388608))", "8388608\n");
	/* And afterwards all is well. */
	ROWS("select 1", "1\n");
}

TEST(statements_have_bounds)
{
	static char sql[WIRE_REQUEST_MAX + 100];
	size_t len = (size_t)snprintf(sql, sizeof(sql), "select 1");

	while (len < WIRE_REQUEST_MAX - 4)
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, "+1");
	FAILS(sql, "limit", "Expression tree is too large (maximum depth 1000)");
	memset(sql + 8, ' ', sizeof(sql) - 8);
	ask_with((struct engine_query){.sql = sql, .sql_len = WIRE_REQUEST_MAX});
	CHECK_STR(got.text, "1\n");
	ask_with((struct engine_query){.sql = sql, .sql_len = WIRE_REQUEST_MAX + 1});
	CHECK_STR(got.err.text, "SQL longer than 256 KiB");
	len = (size_t)snprintf(sql, sizeof(sql), "select 1");
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, " union all select 1");
	FAILS(sql, "limit", "too many terms in compound SELECT");
	FAILS("select concat(1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,"
	      "1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,"
	      "1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1)",
		"limit", "too many arguments on function concat");
}

TEST(long_values_are_cut)
{
	static char warning[96];

	many = 1;
	fat = ENGINE_CELL_MAX;
	ask("select fat from bytes");
	CHECK_INT(got.lengths[0], ENGINE_CELL_MAX);
	CHECK_INT(got.res.n_warnings, 0);
	fat = ENGINE_CELL_MAX + 1; /* the last character would be cut in two */
	ask("select fat, fat from bytes");
	CHECK_INT(got.lengths[0], ENGINE_CELL_MAX - 1);
	CHECK_INT(got.types[0], CELL_TEXT);
	CHECK_INT(got.res.n_warnings, 1);
	CHECK_STR(got.res.warnings[0], "2 values were longer than 128 KiB and cut");
	fat = SCAN_VALUE_MAX;
	ROWS("select octet_length from (select length(cast(fat as blob)) octet_length from bytes)",
		"1048576\n");
	CHECK_INT(got.res.n_warnings, 0);
	fat = SCAN_VALUE_MAX + 1;
	ROWS("select length(cast(fat as blob)) from bytes", "1048575\n");
	CHECK_INT(got.res.n_warnings, 1);
	snprintf(warning, sizeof(warning), "bytes: a value longer than %u KiB was cut",
		SCAN_VALUE_MAX >> 10);
	CHECK_STR(got.res.warnings[0], warning);
	fat = 1;
}

TEST(a_step_has_a_bound)
{
	fat = 1 << 19;
	many = 31;
	ROWS("select count(fat) from bytes", "31\n");
	many = 40;
	FAILS("select count(fat) from bytes", "limit", "bytes: more than 16 MiB of rows at once");
	/* What is not wanted takes no room. */
	ROWS("select count(real) from bytes", "40\n");
	fat = 1;
	many = 1200000;
	FAILS("select count(real) from bytes", "limit", "bytes: more than 16 MiB of rows at once");
	ROWS("select count(*) from bytes", "1200000\n");
	many = 1;
}

/* ---- What tables say ---- */

TEST(errors_of_tables)
{
	FAILS("select i from broken", "internal", "broken: the disk is gone");
	CHECK_INT(got.rows, 2);
	CHECK_INT(seen.closes, 1);
	broken_silently = true;
	FAILS("select i from broken", "internal", "broken: Input/output error");
	broken_silently = false;
	broken_open_fails = true;
	FAILS("select i from broken", "denied", "broken: no way in");
	CHECK_INT(seen.closes, 0);
	broken_open_fails = false;
}

TEST(warnings_are_folded)
{
	noise = 2;
	ROWS("select count(*) from keyed k, noisy n", "100\n");
	CHECK_INT(got.res.n_warnings, 4);
	CHECK(strstr(got.res.warnings[0], "noisy: environ of "));
	CHECK(strstr(got.res.warnings[0], ": permission denied"));
	CHECK_STR(got.res.warnings[2], "noisy: warning 0");
	CHECK_STR(got.res.warnings[3], "noisy: warning 1");
	ROWS("select i from noisy", "0\n");
	CHECK_STR(got.res.warnings[0], "noisy: environ of 1 process: permission denied");
	CHECK_STR(got.res.warnings[1], "noisy: entries of 1 directory: input/output error");
	ROWS("select count(*) from noisy union all select i from noisy", "1\n0\n");
	CHECK_STR(got.res.warnings[0], "noisy: environ of 2 processes: permission denied");
	CHECK_STR(got.res.warnings[1], "noisy: entries of 2 directories: input/output error");
	noise = WIRE_WARNINGS_MAX - 2;
	ROWS("select i from noisy", "0\n");
	CHECK_INT(got.res.n_warnings, WIRE_WARNINGS_MAX);
	CHECK_STR(got.res.warnings[WIRE_WARNINGS_MAX - 1], "noisy: warning 61");
	noise = 100;
	ROWS("select count(*) from keyed k join noisy n on n.i < k.id", "99\n");
	CHECK_INT(got.res.n_warnings, WIRE_WARNINGS_MAX);
	CHECK_STR(got.res.warnings[WIRE_WARNINGS_MAX - 1], "and 39 more");
	noise = 0;
	/* Also when the query fails. */
	ask("select i, json(i || '{') from noisy");
	CHECK(got.status < 0);
	CHECK_INT(got.res.n_warnings, 2);
}

/* ---- Out of memory ---- */

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

static const char memory_sql[] =
	"select k.name, p.path, n.i, regex_match(p.path, '(.)', 1), concat(k.id, 'x'), "
	"to_base64(k.name), rowid_of from keyed k join path p on p.path = k.name or "
	"p.directory = k.name join noisy n join (select rowid rowid_of from keyed where id = 3) "
	"where k.id in (3, 4) and k.name regexp 'n.m' order by k.name desc, p.path";

TEST(every_allocation_may_fail)
{
	static char want[TEXT_MAX];
	long n;

	noise = 3;
	ask(memory_sql);
	CHECK_INT(got.status, 0);
	CHECK_INT(got.rows, 8);
	/* The rows' identities, and so the order of equal rows, are the same in one process. */
	memcpy(want, got.text, sizeof(want));
	for (n = 1; n < 100000; n++) {
		sqlite_countdown = n;
		ask(memory_sql);
		if (sqlite_countdown > 0)
			break;
		if (got.status && got.res.code != WIRE_CODE_LIMIT)
			FAIL("SQLite's allocation %ld: %s", n, got.err.text);
		if (!got.status && strcmp(got.text, want))
			FAIL("SQLite's allocation %ld: another answer", n);
	}
	sqlite_countdown = 0;
	CHECK(n > 100);
	for (n = 1; n < 1000; n++) {
		failalloc_countdown = n;
		ask(memory_sql);
		if (!failalloc_spent())
			break;
		if (got.status && got.res.code != WIRE_CODE_LIMIT)
			FAIL("allocation %ld: %s", n, got.err.text);
		if (!got.status && strcmp(got.text, want))
			FAIL("allocation %ld: another answer", n);
	}
	CHECK(n > 5);
	noise = 0;
	engine_result_done(&got.res);
}

TEST_MAIN(&answers_carry_types_and_names, &text_that_is_not_utf8_is_bytes,
	&double_quotes_may_be_text, &values_outlive_the_step_that_made_them,
	&as_many_columns_as_a_table_has, &column_names_have_a_bound, &keys_are_looked_up,
	&keys_of_other_types, &null_matches_nothing, &patterns_and_ranges_reach_the_table,
	&a_missing_constraint_is_said, &or_becomes_look_ups, &equal_rows_are_not_one,
	&hidden_inputs_are_echoed, &joins_look_up_inside, &unused_columns_are_not_wanted,
	&too_many_constraints_are_left_to_sqlite, &nothing_but_select, &what_select_may_not_reach,
	&one_statement, &errors_in_the_sql, &parameters, &parameters_that_are_missing_or_wrong,
	&rows_end_at_max_rows, &time_ends, &cancel_from_another_thread, &the_caller_can_end_it,
	&memory_ends, &statements_have_bounds, &long_values_are_cut, &a_step_has_a_bound,
	&errors_of_tables, &warnings_are_folded, &every_allocation_may_fail)
