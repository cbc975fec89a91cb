/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sqldepth.h"

#include "tests/unit/test.h"

#include <string.h>

static uint32_t depth(const char *sql)
{
	return sqldepth_of(sql, strlen(sql));
}

TEST(words_between_commas)
{
	CHECK_INT(depth(""), 0);
	CHECK_INT(depth("select a, b c d, e"), 3);
	CHECK_INT(depth("select 1 + 2e3 + x'00' + 'a b c' + \"d e\" + [f g] + `h`"), 8);
	CHECK_INT(depth("select a -- b c d e\n, f /* g h i */, j"), 2);
	CHECK_INT(depth("a 'unclosed ((((( b c d"), 1);
	CHECK_INT(depth("a /* unclosed ((((( b c d"), 1);
	CHECK_INT(depth("a 'it''s' b"), 2);
	CHECK_INT(depth("a between b and c"), 7);
	CHECK_INT(depth("select a from b union select c union all select d e f"), 5 + 2 * 3);
}

TEST(brackets_within_brackets)
{
	CHECK_INT(depth("f(g(h(a)))"), 1 + 2 + 2 + 2);
	CHECK_INT(depth("f(a) + f(b c) + f(d)"), 5 + 3);
	CHECK_INT(depth("f(a, b c, d)"), 1 + 3);
	/* Not of the words between commas: what is merged adds up. */
	CHECK_INT(depth("select a + b + c, d from (select e)"), 6 + 3);
	CHECK_INT(depth("((("), 3);
	CHECK_INT(depth(")))"), 0);
}

TEST(names_of_with_add_up)
{
	CHECK_INT(depth("with a as (x y), b as (x y) select c"), 4 + 3 + 3);
	CHECK_INT(depth("with a AS not Materialized /* of */ (x y) z"), 6 + 3);
	CHECK_INT(depth("with a \xef\xbb\xbf"
			"as (x), b as(y) z"),
		3 + 2 + 2);
	CHECK_INT(depth("with a as (with b as (x) y) z"), 4 + 2 + 5);
}

TEST(what_hides_in_variables)
{
	CHECK_INT(depth("f(:a) + b"), 3 + 1);
	CHECK_INT(depth("select $a(') + f(b c), $b(')"), 3 + 3);
	CHECK_INT(depth("select @a::b(') + f(b c)"), 3 + 3);
	CHECK_INT(depth("select :a(x + f(b c)"), 3 + 3);
}

TEST(brackets_have_a_bound)
{
	char sql[SQLDEPTH_BRACKETS + 1];

	memset(sql, '(', sizeof(sql));
	CHECK_INT(sqldepth_of(sql, SQLDEPTH_BRACKETS), SQLDEPTH_BRACKETS);
	CHECK(sqldepth_of(sql, SQLDEPTH_BRACKETS + 1) == UINT32_MAX);
}

TEST_MAIN(&words_between_commas, &brackets_within_brackets, &names_of_with_add_up,
	&what_hides_in_variables, &brackets_have_a_bound)
