/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers, refusals, parameters, limits and warnings of the engine. */
#include "tests/unit/engine.h"

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
	FAILS("select k.nme from keyed k", "sql", "no such column: k.nme (did you mean name?)");
	FAILS("select directori from keyed", "sql", "no such column: directori");
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

	while (len < 3000)
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, "+1");
	FAILS(sql, "limit", "Expression tree is too large (maximum depth 1000)");
	while (len < WIRE_REQUEST_MAX - 4)
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, "+1");
	FAILS(sql, "limit", "the SQL nests too deep");
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

TEST(long_lists_are_fine)
{
	static char sql[WIRE_REQUEST_MAX];
	size_t len =
		(size_t)snprintf(sql, sizeof(sql), "select count(*) from keyed where id in (0");

	while (len < sizeof(sql) - 16)
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, ",%zu", len % 1000);
	snprintf(sql + len, sizeof(sql) - len, ")");
	ask(sql);
	CHECK_STR(got.err.text, "");
	CHECK(seen.look_ups > 200);
	CHECK_INT(seen.whole_scans, 0);
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
	&as_many_columns_as_a_table_has, &column_names_have_a_bound, &nothing_but_select,
	&what_select_may_not_reach, &one_statement, &errors_in_the_sql, &parameters,
	&parameters_that_are_missing_or_wrong, &rows_end_at_max_rows, &time_ends,
	&cancel_from_another_thread, &the_caller_can_end_it, &memory_ends, &statements_have_bounds,
	&long_lists_are_fine, &long_values_are_cut, &a_step_has_a_bound, &errors_of_tables,
	&warnings_are_folded, &every_allocation_may_fail)
