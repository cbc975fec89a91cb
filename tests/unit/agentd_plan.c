/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a statement reaches the tables as constraints, and in what order of the join. */
#include "tests/unit/engine.h"

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

TEST(is_looks_up_too)
{
	ROWS("select id from keyed where id is 42", "42\n");
	CHECK_INT(seen.look_ups, 1);
	CHECK_INT(seen.whole_scans, 0);
	ROWS("select path from path where path is '/x' and input is 'y'", "/x\n");
	CHECK_STR(seen.asked, "path=/x input=y\n");
	ROWS("select path from path where path = '/x' and input is null", "/x\n");
	CHECK_STR(seen.asked, "path=/x\n");
	ROWS("select count(*) from keyed where id is not 42", "99\n");
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
	ROWS("select path from path where path is (select null)", "");
	ROWS("select count(*) from keyed where parent is null", "0\n");
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
	FAILS("select max(rowid + i) from endless", "limit",
		"endless: more than 1048576 rows to be told apart (OR, rowid)");
	ROWS("select sum(r & 1) > 0, max(i) from (select rowid r, i from endless limit 1048576)",
		"1|1048575\n");
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
	/* Each of ten keys at most twice in a row: then its rows are kept. */
	CHECK_INT(seen.look_ups, 20);
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

TEST(the_same_is_not_asked_over_and_over)
{
	/* One scan outside; inside the first one, and a second one whose rows are kept. */
	ROWS("select count(*), sum(b.id), count(distinct a.id * 100 + b.id) from keyed a, keyed b",
		"10000|495000|10000\n");
	CHECK_INT(seen.whole_scans, 3);
	CHECK_INT(seen.opens, seen.closes);
	/* Given up before its end it is not kept. */
	ROWS("select count(*) from keyed a where exists (select 1 from keyed b where b.name > "
	     "a.name)",
		"86\n");
	CHECK(seen.whole_scans > 10);
	ROWS("select count(*) from keyed k cross join path p where p.path = '/x'", "100\n");
	CHECK_STR(seen.asked, "path=/x\npath=/x\n");
	/* Other values are asked anew, what only looks alike as well. */
	ROWS("select group_concat(path) from keyed k join path p on p.path = 'x' || (k.id / 50) "
	     "where k.id in (0, 1, 2, 98, 99)",
		"x0,x0,x0,x1,x1\n");
	ROWS("select count(*) from (select 1 v union all select 1 union all select 1 union all "
	     "select '1' union all select x'31' union all select x'31' union all select x'31' "
	     "union "
	     "all select 1) join keyed on id = v",
		"5\n");
	/* Too many rows are not kept. */
	ROWS("select count(*) from (select 1 union select 2 union select 3) cross join "
	     "(select i from endless limit 300000)",
		"900000\n");
}

/* SQLite recognises the rows that found a partner by their rowids, over many scans. */
TEST(full_joins)
{
	if (sqlite3_libversion_number() < 3039000)
		SKIP("SQLite %s knows no FULL JOIN", sqlite3_libversion());
	ROWS("select count(*) from keyed a full join keyed b on b.id = a.parent + 50", "190\n");
	ROWS("select count(*), count(a.id) from (select * from keyed where id < 5) a "
	     "right join keyed b on b.parent = a.id",
		"100|50\n");
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

TEST_MAIN(&keys_are_looked_up, &is_looks_up_too, &keys_of_other_types, &null_matches_nothing,
	&patterns_and_ranges_reach_the_table, &a_missing_constraint_is_said, &or_becomes_look_ups,
	&equal_rows_are_not_one, &hidden_inputs_are_echoed, &joins_look_up_inside,
	&the_same_is_not_asked_over_and_over, &full_joins, &unused_columns_are_not_wanted,
	&too_many_constraints_are_left_to_sqlite)
