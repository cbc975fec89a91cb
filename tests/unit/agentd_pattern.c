/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our LIKE and GLOB against SQLite's own, and how long they take. */
#include "agentd/functions.h"
#include "tests/unit/test.h"

#include <string.h>
#include <unistd.h>

#define ROUNDS 60000

static sqlite3 *open_db(bool ours)
{
	sqlite3 *db = NULL;

	CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
	if (ours)
		CHECK_INT(functions_register(db), SQLITE_OK);
	return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	return stmt;
}

/* -1: an error. */
static int ask(sqlite3_stmt *stmt, const char *text, const char *pattern)
{
	int r;

	sqlite3_reset(stmt);
	sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, pattern, -1, SQLITE_STATIC);
	r = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : -1;
	sqlite3_reset(stmt);
	return r;
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Up to `most` characters of those in `from`, which are separated by blanks. */
static void random_text(uint32_t *state, const char *from, unsigned most, char *out)
{
	unsigned n = next_random(state) % (most + 1), words = 1;

	for (const char *p = from; *p; p++)
		words += *p == ' ';
	*out = '\0';
	for (unsigned i = 0; i < n; i++) {
		const char *p = from;
		size_t len;

		for (unsigned skip = next_random(state) % words; skip; skip--)
			p = strchr(p, ' ') + 1;
		len = strcspn(p, " ");
		memcpy(out, p, len);
		out += len;
		*out = '\0';
	}
}

static void compare(const char *sql, const char *texts, const char *patterns)
{
	sqlite3 *theirs_db = open_db(false), *ours_db = open_db(true);
	sqlite3_stmt *theirs = prepare(theirs_db, sql), *ours = prepare(ours_db, sql);
	char text[128], pattern[128];
	uint32_t state = 4711;
	unsigned matches = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		int a, b;

		random_text(&state, texts, 8, text);
		random_text(&state, patterns, 7, pattern);
		a = ask(theirs, text, pattern);
		b = ask(ours, text, pattern);
		matches += a == 1;
		if (a != b)
			printf("# '%s' and '%s': %d, not %d\n", text, pattern, b, a);
		CHECK_INT(b, a);
		if (a != b)
			break;
	}
	CHECK(matches > ROUNDS / 100);
	sqlite3_finalize(theirs);
	sqlite3_finalize(ours);
	sqlite3_close(theirs_db);
	sqlite3_close(ours_db);
}

TEST(like_as_sqlite)
{
	compare("select ?1 like ?2", "a b A B \xc3\xa9 \xc3\x89 / % _",
		"a b A % % _ \xc3\xa9 \xe2\x82\xac /");
	compare("select ?1 like ?2 escape '!'", "a A ! % _ \xc3\xa9",
		"a A ! !! !% !_ % _ \xc3\xa9");
	compare("select ?1 not like ?2 escape '%'", "a b %", "a % %% _");
}

TEST(glob_as_sqlite)
{
	compare("select ?1 glob ?2", "a b c A - ] [ ^ * \xc3\xa9",
		"a b * * ? [ ] ^ - [a-c] [^a] []] [^]-a] [a-] [\xc3\xa9-z] c \xc3\xa9");
}

TEST(edges)
{
	sqlite3 *db = open_db(true);
	sqlite3_stmt *s = prepare(db, "select ?1 like ?2"), *g = prepare(db, "select ?1 glob ?2");

	CHECK_INT(ask(s, "", ""), 1);
	CHECK_INT(ask(s, "", "%%"), 1);
	CHECK_INT(ask(s, "\xff\xfe", "__"), 1);
	CHECK_INT(ask(s, "a\xff", "%\xff"), 1);
	CHECK_INT(ask(g, "a", "[a"), 0);
	CHECK_INT(ask(g, "a", "["), 0);
	CHECK_INT(ask(g, "]", "[]]"), 1);
	sqlite3_finalize(s);
	sqlite3_finalize(g);
	s = prepare(db, "select null like 'a', 'a' like null, 'a' glob null, "
			"cast(x'610062' as text) like '%b'");
	CHECK_INT(sqlite3_step(s), SQLITE_ROW);
	for (int i = 0; i < 3; i++)
		CHECK_INT(sqlite3_column_type(s, i), SQLITE_NULL);
	CHECK_INT(sqlite3_column_int(s, 3), 1);
	sqlite3_finalize(s);
	s = prepare(db, "select 'a' like 'a' escape 'xx'");
	CHECK_INT(sqlite3_step(s), SQLITE_ERROR);
	CHECK_STR(sqlite3_errmsg(db), "ESCAPE expression must be a single character");
	sqlite3_finalize(s);
	sqlite3_close(db);
}

/* With SQLite's own, hours. */
TEST(many_stars_take_no_time)
{
	sqlite3 *db = open_db(true);
	sqlite3_stmt *s;

	sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
	s = prepare(db, "select replace(hex(zeroblob(400000)), '00', 'ab') glob "
			"replace(hex(zeroblob(100)), '00', '*a*b') || 'c'");
	alarm(60);
	CHECK_INT(sqlite3_step(s), SQLITE_ROW);
	CHECK_INT(sqlite3_column_int(s, 0), 0);
	sqlite3_finalize(s);
	alarm(0);
#ifndef __SANITIZE_ADDRESS__
	/* The worst there is: it is given up. With sanitizers that takes minutes. */
	alarm(60);
	s = prepare(db, "select replace(hex(zeroblob(4000000)), '00', 'aa') like "
			"'%' || replace(hex(zeroblob(450)), '00', 'aa') || 'b'");
	CHECK_INT(sqlite3_step(s), SQLITE_ERROR);
	CHECK_STR(sqlite3_errmsg(db), "LIKE or GLOB: the text is too long for the pattern");
	alarm(0);
	sqlite3_finalize(s);
#endif
	s = prepare(db, "select 'a' like replace(hex(zeroblob(600)), '00', 'aa')");
	CHECK_INT(sqlite3_step(s), SQLITE_ERROR);
	CHECK_STR(sqlite3_errmsg(db), "LIKE or GLOB pattern too complex");
	sqlite3_finalize(s);
	sqlite3_close(db);
}

TEST_MAIN(&like_as_sqlite, &glob_as_sqlite, &edges, &many_stars_take_no_time)
