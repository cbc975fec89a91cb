/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/lines.h"

#include <errno.h>

static void feed(struct lines *l, const char *p, size_t n)
{
	char *room;

	CHECK_INT(lines_room(l, n, &room), 0);
	memcpy(room, p, n);
	lines_added(l, n);
}
#define FEED(l, literal) feed(l, literal, sizeof(literal) - 1)

/* The next line, or NULL: none yet. */
static const char *next(struct lines *l)
{
	char *p;
	size_t n;
	int r = lines_next(l, &p, &n);

	if (r == 0)
		return NULL;
	CHECK_INT(r, 1);
	CHECK_INT(strlen(p), n);
	return p;
}

static int result(struct lines *l)
{
	char *p;
	size_t n;

	return lines_next(l, &p, &n);
}

TEST(lines_in_pieces)
{
	struct lines l;

	lines_init(&l, 100);
	CHECK(!next(&l));
	FEED(&l, "one\ntw");
	CHECK_STR(next(&l), "one");
	CHECK(!next(&l));
	CHECK_INT(lines_pending(&l), 2);
	FEED(&l, "o\n\nfour\r\n\r\n");
	CHECK_STR(next(&l), "two");
	CHECK_STR(next(&l), "");
	CHECK_STR(next(&l), "four");
	CHECK_STR(next(&l), "");
	CHECK(!next(&l));
	CHECK_INT(lines_pending(&l), 0);
	lines_done(&l);
	lines_done(NULL);
}

TEST(last_line_without_newline)
{
	struct lines l;
	char *p;
	size_t n;

	lines_init(&l, 100);
	CHECK_INT(lines_last(&l, &p, &n), 0);
	FEED(&l, "one\ntwo\r");
	CHECK_INT(lines_last(&l, &p, &n), 1);
	CHECK_STR(p, "one");
	CHECK_INT(lines_last(&l, &p, &n), 1);
	CHECK_STR(p, "two");
	CHECK_INT(lines_last(&l, &p, &n), 0);
	lines_done(&l);
}

TEST(longest_line_and_one_more)
{
	struct lines l;

	lines_init(&l, 4);
	FEED(&l, "abcd\nabcd\r\nabcd");
	CHECK_STR(next(&l), "abcd");
	CHECK_STR(next(&l), "abcd");
	CHECK_INT(result(&l), 0);
	/* It may be the CR before a newline, */
	FEED(&l, "\r");
	CHECK_INT(result(&l), 0);
	FEED(&l, "\n");
	CHECK_STR(next(&l), "abcd");
	/* or the end of patience, and stays so. */
	FEED(&l, "abcde");
	CHECK_INT(result(&l), -EMSGSIZE);
	FEED(&l, "\n");
	CHECK_INT(result(&l), -EMSGSIZE);
	CHECK_INT(result(&l), -EMSGSIZE);
	lines_done(&l);

	lines_init(&l, 4);
	FEED(&l, "ok\nabcde\nfine\n");
	CHECK_STR(next(&l), "ok");
	CHECK_INT(result(&l), -EMSGSIZE);
	CHECK_INT(result(&l), -EMSGSIZE);
	lines_done(&l);

	lines_init(&l, 4);
	FEED(&l, "abcd\rx");
	CHECK_INT(result(&l), -EMSGSIZE);
	lines_done(&l);
}

TEST(no_room_beyond_a_line)
{
	struct lines l;
	char *room;

	lines_init(&l, 4);
	FEED(&l, "abcd\n");
	FEED(&l, "x"); /* five bytes are held: a line and its newline */
	CHECK_INT(lines_room(&l, 1, &room), -EMSGSIZE);
	CHECK_STR(next(&l), "abcd");
	FEED(&l, "y\n");
	CHECK_STR(next(&l), "xy");
	lines_done(&l);
}

/* A reader that is fed for ever holds no more than a few reads. */
TEST(memory_stays_small)
{
	struct lines l;
	char *p;
	size_t n, got = 0;

	lines_init(&l, 1000);
	for (int i = 0; i < 20000; i++) {
		FEED(&l, "0123456789\n0123456789\n01234");
		FEED(&l, "56789\n");
		while (lines_next(&l, &p, &n) == 1)
			got += n;
		CHECK(l.buf.cap < 4096);
	}
	CHECK_INT(got, 20000 * 30);
	lines_done(&l);
}

/* One line taken per read while many are held: what is moved stays in proportion. */
TEST(one_line_per_read)
{
	struct lines l;
	char *p;
	size_t n, lines = 0;

	lines_init(&l, 1000);
	for (int i = 0; i < 400; i++)
		FEED(&l, "\n\n");
	for (int i = 0; i < 100000; i++) {
		FEED(&l, "\n");
		CHECK_INT(lines_next(&l, &p, &n), 1);
	}
	while (lines_next(&l, &p, &n) == 1)
		lines++;
	CHECK_INT(lines, 800);
	CHECK(l.buf.cap < 4096);
	lines_done(&l);
}

TEST(out_of_memory)
{
	struct lines l;
	char *room;

	lines_init(&l, 1000);
	failalloc_countdown = 1;
	CHECK_INT(lines_room(&l, 10, &room), -ENOMEM);
	CHECK(failalloc_spent());
	FEED(&l, "fine\n");
	CHECK_STR(next(&l), "fine");
	FEED(&l, "kept\n");
	failalloc_countdown = 1;
	CHECK_INT(lines_room(&l, 100000, &room), -ENOMEM);
	CHECK_STR(next(&l), "kept");
	lines_done(&l);
}

TEST_MAIN(&lines_in_pieces, &last_line_without_newline, &longest_line_and_one_more,
	&no_room_beyond_a_line, &memory_stays_small, &one_line_per_read, &out_of_memory)
