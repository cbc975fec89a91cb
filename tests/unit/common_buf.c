/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/buf.h"

#include <errno.h>
#include <stdint.h>

static struct buf b;

static void fresh(size_t max)
{
	buf_done(&b);
	buf_init(&b, max);
}

TEST(empty_buffer)
{
	struct buf zero = {0};

	buf_done(NULL);
	buf_done(&zero);
	buf_reset(&zero);
	buf_consume(&zero, 0);
	CHECK_STR(buf_str(&zero), "");
	CHECK_INT(buf_putc(&zero, 'x'), -EMSGSIZE);
	fresh(10);
	CHECK(!b.p);
	CHECK_INT(b.cap, 0);
	CHECK_INT(buf_add(&b, NULL, 0), 0);
	CHECK_STR(buf_str(&b), "");
}

TEST(maximum_at_its_edge)
{
	fresh(5);
	CHECK_INT(buf_puts(&b, "123456"), -EMSGSIZE);
	CHECK_INT(b.len, 0);
	CHECK_INT(buf_puts(&b, "12345"), 0);
	CHECK_INT(buf_putc(&b, '6'), -EMSGSIZE);
	CHECK_INT(buf_fill(&b, '6', 1), -EMSGSIZE);
	CHECK_INT(buf_printf(&b, "%d", 6), -EMSGSIZE);
	CHECK_INT(buf_room(&b, SIZE_MAX), -EMSGSIZE);
	CHECK_INT(buf_room(&b, 0), 0);
	CHECK_INT(buf_printf(&b, "%s", ""), 0);
	CHECK_STR(buf_str(&b), "12345");
	fresh(SIZE_MAX);
	CHECK_INT(b.max, SIZE_MAX / 4);
	CHECK_INT(buf_room(&b, SIZE_MAX / 4 + 1), -EMSGSIZE);
}

TEST(content_is_always_terminated)
{
	fresh(100000);
	for (size_t i = 0; i < 1000; i++) {
		CHECK_INT(buf_putc(&b, 'a'), 0);
		CHECK_INT(b.len, i + 1);
		CHECK(b.cap > b.len);
		CHECK_INT(b.p[b.len], 0);
	}
	CHECK_INT(buf_fill(&b, 'b', 500), 0);
	CHECK_INT(b.p[1499], 'b');
	CHECK_INT(b.p[1500], 0);
	buf_cut(&b, 3);
	CHECK_STR(buf_str(&b), "aaa");
	CHECK_INT(buf_room(&b, 4), 0);
	memcpy(b.p + b.len, "room", 4);
	buf_added(&b, 4);
	CHECK_STR(buf_str(&b), "aaaroom");
}

TEST(reset_keeps_the_memory)
{
	char *p;

	fresh(1000);
	CHECK_INT(buf_fill(&b, 'x', 900), 0);
	p = b.p;
	buf_reset(&b);
	CHECK_STR(buf_str(&b), "");
	CHECK_INT(buf_fill(&b, 'y', 900), 0);
	CHECK(b.p == p);
}

TEST(consume_moves_the_rest_down)
{
	fresh(100);
	CHECK_INT(buf_add(&b, "ab\0cd", 5), 0);
	buf_consume(&b, 0);
	CHECK_INT(b.len, 5);
	buf_consume(&b, 2);
	CHECK_INT(b.len, 3);
	CHECK(memcmp(b.p, "\0cd", 4) == 0);
	buf_consume(&b, 3);
	CHECK_STR(buf_str(&b), "");
}

TEST(steal_hands_over)
{
	char *p;

	fresh(100);
	CHECK_INT(buf_puts(&b, "mine"), 0);
	p = buf_steal(&b);
	CHECK_STR(p, "mine");
	free(p);
	CHECK(!b.p);
	CHECK_INT(buf_puts(&b, "again"), 0);
	CHECK_STR(buf_str(&b), "again");
	fresh(0);
	p = buf_steal(&b);
	CHECK_STR(p, "");
	free(p);
}

TEST(out_of_memory_adds_nothing)
{
	fresh(1000);
	CHECK_INT(buf_puts(&b, "kept"), 0);
	failalloc_countdown = 1;
	CHECK_INT(buf_fill(&b, 'x', 500), -ENOMEM);
	CHECK(failalloc_spent());
	CHECK_STR(buf_str(&b), "kept");
	CHECK_INT(buf_printf(&b, "%0500d", 7), 0);
	CHECK_INT(b.len, 504);
	buf_done(&b);
	failalloc_countdown = 1;
	CHECK(!buf_steal(&b));
	failalloc_countdown = 1;
	CHECK_INT(buf_puts(&b, "x"), -ENOMEM);
	buf_done(&b);
}

TEST_MAIN(&empty_buffer, &maximum_at_its_edge, &content_is_always_terminated,
	&reset_keeps_the_memory, &consume_moves_the_rest_down, &steal_hands_over,
	&out_of_memory_adds_nothing)
