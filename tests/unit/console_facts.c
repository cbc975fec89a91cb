/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "console/ui/facts.h"

#include <stdlib.h>

static const char *name_of(void *arg, uint32_t host, bool group, int64_t id)
{
	(void)arg;
	return host == 3 && !group && id == 33 ? "www-data" : NULL;
}

/* The lines, joined by "|". */
static const char *facts(const char *json)
{
	const struct humane_who who = {.name = name_of, .host = 3};
	static char out[1024];
	json_t *told = json ? json_loads(json, 0, NULL) : NULL;
	struct buf b;

	CHECK(told || !json);
	buf_init(&b, 1u << 20);
	CHECK_INT(facts_put(&b, told, &who), 0);
	for (size_t i = 0; i < b.len; i++)
		if (b.p[i] == '\n')
			b.p[i] = '|';
	snprintf(out, sizeof(out), "%s", buf_str(&b));
	buf_done(&b);
	json_decref(told);
	return out;
}

TEST(the_telling_ones_first)
{
	CHECK_STR(facts("{\"identity\": \"ab\", \"links\": 2, \"uid\": 33, \"path\": \"/bin/x\"}"),
		"path        /bin/x|uid         33 www-data|links       2|");
	CHECK_STR(facts("{\"pid\": 7, \"name\": \"x\"}"), "");
	CHECK_STR(facts(NULL), "");
	CHECK_STR(facts("[1]"), "");
}

TEST(lists_and_rules)
{
	CHECK_STR(facts("{\"rules\": {\"input\": [\"accept\", \"drop\"], \"none\": []}, \"ssh\": "
			"[\"::1\"]}"),
		"input       accept|            drop|ssh         ::1|");
	CHECK_STR(facts("{\"open_by\": [{\"pid\": 1}], \"confirmed\": true, \"a\": null}"),
		"open_by     {\"pid\":1}|confirmed   yes|a           |");
}

/* What a host says is one line each, and does nothing to the terminal. */
TEST(hostile)
{
	CHECK_STR(facts("{\"cmdline\": \"a\\nb\\u001b[2J\", \"x\\ny\": 1}"),
		"cmdline     a\\nb\\x1b[2J|x\\ny         1|");
}

TEST(too_long)
{
	size_t n = 100000;
	char *json = malloc(n + 64);
	int at = snprintf(json, 64, "{\"a\": 1, \"path\": \"");

	memset(json + at, 'x', n);
	memcpy(json + at + n, "\"}", 3);
	/* Without it the others are there. */
	CHECK_STR(facts(json), "path        |a           1|");
	free(json);
}

TEST_MAIN(&the_telling_ones_first, &lists_and_rules, &hostile, &too_long)
