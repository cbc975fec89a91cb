/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which part of what was typed an error is about. */
#include "tests/unit/test.h"

#include "console/blame.h"

static const char *part(bool found, const char *text, struct blame b)
{
	static char out[256];

	if (!found)
		return "(none)";
	CHECK(b.n >= 1 && b.at + b.n <= strlen(text) + 1);
	snprintf(out, sizeof(out), "%zu:%.*s", b.at, (int)b.n, text + b.at);
	return out;
}

static const char *words(const char *line, const char *why)
{
	struct blame b;
	struct words w;
	bool found;

	CHECK_INT(words_split(line, &w, NULL, NULL), 0);
	found = blame_words(line, &w, why, &b);
	words_done(&w);
	return part(found, line, b);
}

static const char *sql(const char *text, const char *why)
{
	struct blame b;

	return part(blame_sql(text, why, &b), text, b);
}

TEST(words_of_a_line)
{
	CHECK_STR(words("  nonsense 1", "no command `nonsense`; F1 lists them"), "2:nonsense");
	CHECK_STR(words("kill --tre=1 5", "no option --tre"), "5:--tre");
	CHECK_STR(words("kill -x 5", "no option -x"), "5:-x");
	CHECK_STR(words("kill -t 'a b' --grace x  5", "--grace: \"x\" is not seconds"), "22:x");
	CHECK_STR(
		words("run all 'al'", "no saved query or pack `al`; did you mean all?"), "8:'al'");
	CHECK_STR(words("query -t web:&nowhere 1", "no host or group `nowhere`"), "14:nowhere");
	CHECK_STR(words("kill --grace", "--grace needs an argument (SECONDS)"), "5:--grace");
	/* What the line does not have. */
	CHECK_STR(words("kill", "usage: kill PID"), "(none)");
	CHECK_STR(words("kill 1", "no command `other`"), "(none)");
	CHECK_STR(words("kill 1", "``"), "(none)");
	CHECK_STR(words("kill 1", "a ` alone - here"), "(none)");
	CHECK_STR(words("", "no command `x`"), "(none)");
}

TEST(names_in_sql)
{
	CHECK_STR(sql("select 'foo', foo from t", "no such column: foo"), "14:foo");
	CHECK_STR(sql("select food, FOO from t", "no such column: foo"), "13:FOO");
	CHECK_STR(sql("select p.x from p", "no such column: p.x"), "7:p.x");
	CHECK_STR(sql("-- tt\nselect /* tt */ 1 from tt", "no such table: tt (did you mean t?)"),
		"29:tt");
	CHECK_STR(sql("select frob(1)", "no such function: frob"), "7:frob");
	CHECK_STR(sql("select count(", "misuse of aggregate function count()"), "7:count");
	CHECK_STR(sql("select * from file",
			  "table file: a constraint on `path` or `directory` is required"),
		"14:file");
	CHECK_STR(sql("select :x", "no value given for :x"), "7::x");
	CHECK_STR(sql("select 1", "no such column: foo"), "(none)");
	CHECK_STR(sql("select 'foo", "no such column: foo"), "(none)");
	CHECK_STR(sql("select 1", "no such column: "), "(none)");
}

TEST(places_of_the_grammar)
{
	/* The second of two. */
	CHECK_STR(sql("select a from x where from", "near \"from\": syntax error"), "22:from");
	CHECK_STR(sql("select pid fro processes", "near \"processes\": syntax error"),
		"15:processes");
	CHECK_STR(sql("select 1 +", "incomplete input"), "10:");
	CHECK_STR(sql("select 'abc", "unrecognized token: \"'abc\""), "7:'abc");
	CHECK_STR(sql("select \"ab", "unrecognized token: \"\"ab\""), "7:\"ab");
	/* Of another SQLite, in other words. */
	CHECK_STR(sql("select 1 zz 2", "near \"zz\": grammar"), "9:zz");
	CHECK_STR(sql("select 1", "near \"zz\": syntax error"), "(none)");
	CHECK_STR(sql("select 1", "near \""), "(none)");
	CHECK_STR(sql("", "near \"x\": syntax error"), "(none)");
	CHECK_STR(sql("select 1", "out of memory"), "(none)");
}

TEST_MAIN(&words_of_a_line, &names_in_sql, &places_of_the_grammar)
