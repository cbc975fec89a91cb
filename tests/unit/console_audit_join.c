/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/str.h"
#include "console/audit_join.h"

#include <errno.h>

#define NOW_S INT64_C(1790000000)
#define US    INT64_C(1000000)

static const char *const hosts[] = {"web1", "web2"};
static const char *const columns[] = {"seq", "time", "event", "request", "user", "address",
	"action", "target", "status", "reason", "detail", "file", "line", "oldest", "problem",
	"now"};

/* One line of a host's log, an hour off, `age` seconds old. */
struct log_line {
	host_id host;
	int64_t age, request;
	const char *event, *action, *target, *status, *problem;
};

static struct cell text(const char *s)
{
	if (!s)
		return (struct cell){.type = CELL_NULL};
	return (struct cell){.type = CELL_TEXT, .n = (uint32_t)strlen(s), .p = s};
}

static struct cell number(int64_t i)
{
	return (struct cell){.type = CELL_INT, .i = i};
}

static struct results *logs(const struct log_line *lines, size_t n)
{
	struct wire_column cols[ARRAY_LEN(columns)];
	struct results *r = results_new(ARRAY_LEN(hosts));

	CHECK(r);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		cols[i] = (struct wire_column){columns[i], ""};
	for (host_id h = 0; h < ARRAY_LEN(hosts); h++)
		CHECK_INT(results_columns(r, h, cols, ARRAY_LEN(columns)), 0);
	for (size_t i = 0; i < n; i++) {
		const struct log_line *l = &lines[i];
		const struct cell row[] = {number((int64_t)i + 1), number(NOW_S + 3600 - l->age),
			text(l->event), number(l->request), text("root"), text("192.0.2.1"),
			text(l->action), text(l->target), text(l->status), text("why"), text(""),
			text("audit.ndjson"), number((int64_t)i + 1), number(0), text(l->problem),
			number(NOW_S + 3600)};

		CHECK_INT(results_add(r, l->host, row, 1), 0);
	}
	return r;
}

static int record(struct audit_join *j, const char *host, int64_t age, const char *action,
	const char *target, const char *status)
{
	const struct act_entry e = {.act = 1,
		.begun_us = (NOW_S - age) * US,
		.time_us = (NOW_S - age + 1) * US,
		.operator= "alice",
		.host = host,
		.action = action,
		.target = target,
		.status = status,
		.detail = "",
		.reason = "why",
		.id = "q-1",
		.plan = ""};

	return audit_join_recorded(j, &e);
}

/* "web1:chain broken:target …" */
static int put(void *arg, const struct audit_difference *d)
{
	return buf_printf(arg, "%s:%s:%s:%s:%s\n", hosts[d->host], audit_kind_words(d->kind),
		d->target ? d->target : "", d->recorded ? d->recorded : "",
		d->logged ? d->logged : "");
}

static int tell(struct audit_join *j, const struct results *rows, size_t *ret_agreed, struct buf *b)
{
	buf_init(b, 10000);
	return audit_join_tell(j, rows, NOW_S * US, (NOW_S - 3000) * US, put, b, ret_agreed);
}

/* What is told of these lines beside what was recorded; the join is freed. */
static void check_told(struct audit_join *j, const struct log_line *lines, size_t n,
	const char *differences, size_t agreed)
{
	struct results *rows = logs(lines, n);
	size_t got;
	struct buf b;

	CHECK_INT(tell(j, rows, &got, &b), 0);
	CHECK_STR(buf_str(&b), differences);
	CHECK_INT(got, agreed);
	buf_done(&b);
	results_free(rows);
	audit_join_free(j);
}

/* Told apart by time: numbers of requests begin anew, targets come again. */
TEST(the_same_again)
{
	const struct log_line lines[] = {
		{0, 2000, 1, "request", "kill", "7", NULL, NULL},
		{0, 2000, 1, "outcome", "kill", NULL, "done", NULL},
		{0, 100, 1, "request", "kill", "7", NULL, NULL},
		{0, 100, 2, "request", "delete", "/x", NULL, NULL},
		{0, 99, 2, "outcome", "delete", NULL, "failed", NULL},
		{0, 98, 1, "outcome", "kill", NULL, "not_found", NULL},
		{1, 98, 1, "outcome", "kill", NULL, "done", NULL},
	};
	struct audit_join *j = audit_join_new(hosts, ARRAY_LEN(hosts));

	CHECK_INT(record(j, "web1", 100, "kill", "7@123", "not_found"), 0);
	CHECK_INT(record(j, "web1", 2000, "kill", "7", "done"), 0);
	CHECK_INT(record(j, "web1", 100, "delete", "/x", "failed"), 0);
	CHECK_INT(record(j, "elsewhere", 100, "delete", "/x", "done"), 0);
	check_told(j, lines, ARRAY_LEN(lines), "", 3);
}

/* One that failed on its way to the host is in its log nowhere; the next one came out as logged. */
TEST(again_after_no_way_to_the_host)
{
	const struct log_line lines[] = {
		{0, 100, 1, "request", "release", NULL, NULL, NULL},
		{0, 100, 1, "outcome", "release", NULL, "done", NULL},
	};
	struct audit_join *j = audit_join_new(hosts, ARRAY_LEN(hosts));

	CHECK_INT(record(j, "web1", 100, "release", "host", "failed"), 0);
	CHECK_INT(record(j, "web1", 99, "release", "host", "done"), 0);
	check_told(j, lines, ARRAY_LEN(lines), "", 1);
}

TEST(what_differs)
{
	const struct log_line lines[] = {
		{0, 3100, 1, "request", "kill", "1", NULL, NULL},
		{0, 500, 2, "request", "kill", "2", NULL, NULL},
		{0, 400, 3, "request", "quarantine", NULL, NULL, NULL},
		{0, 400, 3, "outcome", "quarantine", NULL, "done", NULL},
		{0, 390, 4, "request", "quarantine", "q-1", NULL, NULL},
		{0, 390, 4, "outcome", "quarantine", NULL, "already", NULL},
		{0, 300, 5, "request", "get", "/f", NULL, NULL},
		{0, 300, 5, "outcome", "get", NULL, "failed", NULL},
		{0, 200, 6, "request", "get", "/f", NULL, NULL},
		{0, 200, 6, "outcome", "get", NULL, "done", NULL},
		{0, 0, 0, NULL, NULL, NULL, NULL, "torn"},
	};
	const struct fleet_end gone = {.state = HOST_UNREACHABLE, .error = "no route"};
	struct audit_join *j = audit_join_new(hosts, ARRAY_LEN(hosts));

	CHECK_INT(record(j, "web1", 400, "quarantine", "host", "done"), 0);
	CHECK_INT(record(j, "web1", 190, "get", "/f", "done"), 0);
	CHECK_INT(record(j, "web1", 100, "delete", "/y", ACT_SENT), 0);
	CHECK_INT(record(j, "web1", 100, "delete", "/z", "refused"), 0);
	CHECK_INT(record(j, "web2", 100, "delete", "/y", "done"), 0);
	CHECK_INT(audit_join_ended(j, 1, &gone), 0);
	check_told(j, lines, ARRAY_LEN(lines),
		"web1:chain broken:::\nweb1:not recorded:2::\n"
		"web1:not logged:/y:sent:\nweb2:no answer:::\n",
		2);
}

/* Of whatever type and number its columns are. */
TEST(a_host_that_says_anything)
{
	const struct wire_column cols[] = {{"event", ""}, {"time", ""}, {"now", ""}, {"oldest", ""},
		{"request", ""}, {"event", ""}};
	const struct cell rows_of[][ARRAY_LEN(cols)] = {
		{text("request"), number(INT64_MIN), number(INT64_MAX), number(1), text("x"),
			number(1)},
		{text("outcome"), text("soon"), number(-1), text(""), number(0), number(1)},
		{number(5), number(1), number(1), number(1), number(1), text("request")},
	};
	struct audit_join *j = audit_join_new(hosts, ARRAY_LEN(hosts));
	struct results *rows = results_new(ARRAY_LEN(hosts));
	size_t agreed;
	struct buf b;

	CHECK_INT(results_columns(rows, 1, cols, ARRAY_LEN(cols)), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows_of); i++)
		CHECK_INT(results_add(rows, 1, rows_of[i], 1), 0);
	CHECK_INT(tell(j, rows, &agreed, &b), 0);
	CHECK_STR(buf_str(&b), "web2:not recorded:::\n");
	buf_done(&b);
	results_free(rows);
	audit_join_free(j);
}

TEST(without_memory)
{
	const struct log_line lines[] = {{0, 500, 2, "request", "kill", "2", NULL, NULL},
		{0, 500, 2, "outcome", "kill", NULL, "done", NULL},
		{0, 0, 0, NULL, NULL, NULL, NULL, "torn"}};
	struct results *rows = logs(lines, ARRAY_LEN(lines));

	for (long n = 1; n < 1000; n++) {
		struct audit_join *j;
		size_t agreed;
		struct buf b = {0};
		int r;

		failalloc_countdown = n;
		j = audit_join_new(hosts, ARRAY_LEN(hosts));
		r = j ? record(j, "web1", 500, "kill", "2", "failed") : -ENOMEM;
		if (r == 0)
			r = tell(j, rows, &agreed, &b);
		audit_join_free(j);
		buf_done(&b);
		CHECK(r == 0 || r == -ENOMEM);
		if (!failalloc_spent()) {
			CHECK_INT(r, 0);
			failalloc_countdown = 0;
			results_free(rows);
			return;
		}
	}
	FAIL("it never succeeds");
}

TEST_MAIN(&the_same_again, &again_after_no_way_to_the_host, &what_differs,
	&a_host_that_says_anything, &without_memory)
