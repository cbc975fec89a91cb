/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a word at the prompt could become. */
#include "agentd/complete.h"
#include "common/buf.h"
#include "tests/unit/test.h"

static struct buf found;
static int most;

static bool put(void *arg, const char *candidate)
{
	(void)arg;
	buf_printf(&found, "%s ", candidate);
	return --most > 0;
}

/* The word at the end of `line`, the statement being `before` and the line. */
static const char *complete(const char *before, const char *line)
{
	char statement[1000];
	size_t n = 0, len = strlen(line);

	while (n < len && !strchr(COMPLETE_BREAKS, line[len - 1 - n]))
		n++;
	snprintf(statement, sizeof(statement), "%s%s", before, line);
	buf_done(&found);
	buf_init(&found, 1 << 20);
	if (most <= 0)
		most = 10000;
	complete_word(statement, line, len - n, n, put, NULL);
	return buf_str(&found);
}

TEST(words_of_sql)
{
	CHECK_STR(complete("", "selec"), "select ");
	CHECK_STR(complete("", "SELEC"), "SELECT ");
	CHECK_STR(complete("", "select * from users wher"), "where ");
	CHECK_STR(complete("", "select FROM_B"), "FROM_BASE64( ");
	CHECK_STR(complete("", "select version_comp"), "version_compare( version_compare( ");
	CHECK_STR(complete("", "select nothing_like_thi"), "");
}

TEST(tables)
{
	CHECK_STR(complete("", "select * from kernel_inf"), "kernel_info ");
	CHECK_STR(complete("", "select * from KERNEL_INF"), "kernel_info ");
	CHECK(strstr(complete("", "select * from yar"), "yara_file yara "));
	CHECK_STR(complete("", "select * from users,kernel_inf"), "kernel_info ");
}

TEST(columns_of_the_tables_named)
{
	CHECK_STR(complete("", "select total_s"), "");
	CHECK_STR(complete("", "select * from uptime where total_s"), "total_seconds ");
	CHECK_STR(complete("select days\nfrom uptime ", "where total_s"), "total_seconds ");
	CHECK_STR(complete("", "select * from hosts where hostn"), "hostnames ");
}

TEST(columns_behind_a_dot)
{
	CHECK_STR(complete("", "select uptime.total_s"), "uptime.total_seconds ");
	CHECK_STR(complete("", "select * from uptime as u, users where u.total_s"),
		"u.total_seconds ");
	CHECK_STR(
		complete("", "select * from uptime U, users where u.TOTAL_s"), "u.total_seconds ");
	CHECK_STR(complete("", "select * from uptime u, users v where v.total_s"), "");
	CHECK_STR(complete("", "select * from uptime u where nobody.total_s"), "");
	CHECK(strstr(complete("", "select * from uptime u where u."), "u.days u.hours "));
}

TEST(commands)
{
	CHECK_STR(complete("", "."), ".help .mode .quit .schema .tables ");
	CHECK_STR(complete("", ".sc"), ".schema ");
	CHECK_STR(complete("", ".schema kernel_inf"), "kernel_info ");
	CHECK_STR(complete("", ".tables upt"), "uptime ");
	CHECK_STR(complete("", ".mode nd"), "ndjson ");
	CHECK_STR(complete("", ".help se"), "");
}

TEST(enough)
{
	most = 3;
	complete("", ".schema ");
	CHECK_INT(most, 0);
	buf_done(&found);
}

TEST_MAIN(&words_of_sql, &tables, &columns_of_the_tables_named, &columns_behind_a_dot, &commands,
	&enough)
