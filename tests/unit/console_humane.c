/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as people read them. */
#include "tests/unit/test.h"

#include "console/humane.h"

#include <time.h>

static bool right;

static const char *name(void *arg, uint32_t host, bool group, int64_t id)
{
	CHECK(arg == &right);
	CHECK_INT(host, 7);
	return id == 1000 ? (group ? "staff" : "alice") : id == 1 ? "evil\033[2J" : NULL;
}

static const char *put(const char *column, struct cell c)
{
	static struct buf out;
	const struct humane_who who = {name, &right, 7};

	buf_done(&out);
	buf_init(&out, 1000);
	CHECK_INT(humane_cell(&out, column, &c, &who, &right), 0);
	return buf_str(&out);
}

static const char *number(const char *column, int64_t n)
{
	return put(column, (struct cell){.type = CELL_INT, .i = n});
}

static const char *text(const char *column, const char *p)
{
	return put(column, (struct cell){.type = CELL_TEXT, .n = (uint32_t)strlen(p), .p = p});
}

TEST(times)
{
	setenv("TZ", "UTC", 1);
	tzset();
	CHECK_STR(number("mtime", 1700000000), "2023-11-14 22:13:20");
	CHECK(!right);
	CHECK_STR(number("start_time", 86400), "1970-01-02 00:00:00");
	CHECK_STR(text("install_time", "1700000000"), "2023-11-14 22:13:20");
	/* Durations and what is no time at all. */
	CHECK_STR(number("start_time", 86399), "86399");
	CHECK_STR(number("user_time", 1700000000), "1700000000");
	CHECK_STR(number("mtime", -1), "-1");
	CHECK_STR(number("mtime", INT64_MAX), "9223372036854775807");
	CHECK_STR(number("pid", 1700000000), "1700000000");
	CHECK_STR(text("mtime", "yesterday"), "yesterday");
}

TEST(sizes)
{
	CHECK_STR(number("size", 0), "0");
	CHECK_STR(number("size", 9999), "9999");
	CHECK_STR(number("size", 10240), "10K");
	CHECK(right);
	CHECK_STR(number("resident_size", 10239), "10.0K");
	CHECK_STR(number("total_bytes", 1500000), "1.4M");
	CHECK_STR(number("physical_memory", INT64_C(16) << 30), "16G");
	CHECK_STR(number("size", INT64_MAX), "8.0E");
	CHECK_STR(number("size", -5), "-5");
	CHECK_STR(number("resized", 1500000), "1500000");
}

TEST(ports)
{
	CHECK_STR(number("port", 22), "22 ssh");
	CHECK_STR(number("remote_port", 443), "443 https");
	CHECK_STR(text("local_port", "53"), "53 domain");
	CHECK_STR(number("port", 4), "4");
	CHECK_STR(number("port", -22), "-22");
	CHECK_STR(number("report", 22), "22");
}

TEST(users_and_groups)
{
	const struct cell root = {.type = CELL_INT, .i = 0}, other = {.type = CELL_INT, .i = 1000};
	bool group;
	struct buf out;

	CHECK_STR(number("uid", 1000), "1000 alice");
	CHECK(!right);
	CHECK_STR(number("egid", 1000), "1000 staff");
	CHECK_STR(text("owner_uid", "1000"), "1000 alice");
	CHECK_STR(number("uid", 1001), "1001");
	CHECK(!right);
	CHECK_STR(number("uid", 0), "0 root");
	CHECK_STR(number("uuid", 1000), "1000");
	CHECK_STR(number("cpuid", 1000), "1000");
	/* It is escaped when it is drawn, as all that hosts say. */
	CHECK_STR(number("uid", 1), "1 evil\033[2J");
	/* Nobody who knows. */
	buf_init(&out, 100);
	CHECK_INT(humane_cell(&out, "uid", &root, NULL, &group), 0);
	CHECK_INT(humane_cell(&out, "gid", &other, NULL, &group), 0);
	CHECK_STR(buf_str(&out), "0 root1000");
	buf_done(&out);
	CHECK_INT(humane_kind("euid"), HUMANE_USER);
	CHECK_INT(humane_kind("fsgid"), HUMANE_GROUP);
	CHECK_INT(humane_kind("owner_gid"), HUMANE_GROUP);
	CHECK_INT(humane_kind("remote_port"), HUMANE_PORT);
	CHECK_INT(humane_kind("uuid"), HUMANE_NUMBER);
	CHECK_INT(humane_kind(""), HUMANE_NUMBER);
}

TEST(everything_else_stands_as_it_is)
{
	CHECK_STR(text("name", "a b"), "a b");
	CHECK(!right);
	CHECK_STR(text("uid", "99999999999999999999999999"), "99999999999999999999999999");
	CHECK_STR(text("size", ""), "");
	CHECK_STR(put("size", (struct cell){.type = CELL_NULL}), "");
	CHECK_STR(put("size", (struct cell){.type = CELL_REAL, .r = 1.5}), "1.5");
	CHECK(right);
}

TEST_MAIN(&times, &sizes, &ports, &users_and_groups, &everything_else_stands_as_it_is)
