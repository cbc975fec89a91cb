/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What came of the hosts: summary, status, report, and the same news of many told once. */
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"
#include "console/answers.h"
#include "console/fold.h"
#include "console/report.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Answers ---- */

static struct answers a;

static bool take(size_t host, enum host_state state, const char *error, const char *query)
{
	struct fleet_end end = {.state = state,
		.rows = 2,
		.ms = 10,
		.has_code = query != NULL,
		.code = WIRE_CODE_SQL};

	str_copy(end.error, sizeof(end.error), error);
	return answers_take(&a, host, &end, query);
}

static const char *summary(void)
{
	static char text[SUMMARY_MAX];

	answers_summary(&a, 1399, text, sizeof(text));
	return text;
}

TEST(summary_line)
{
	CHECK_INT(answers_init(&a, 5), 0);
	a.asked = 1;
	a.rows = 5412;
	for (size_t i = 0; i < 5; i++)
		take(i, HOST_ANSWERED, "", NULL);
	CHECK_STR(summary(), "5 of 5 hosts answered; 5412 rows in 1.3 s");
	CHECK_INT(answers_status(&a), EXIT_ALL_GOOD);
	take(4, HOST_UNREACHABLE, "no", NULL);
	CHECK_STR(summary(), "4 of 5 hosts answered, 1 unreachable; 5412 rows in 1.3 s");
	CHECK_INT(answers_status(&a), EXIT_INCOMPLETE);
	take(3, HOST_FAILED, "no", NULL);
	take(2, HOST_TIMED_OUT, "no", NULL);
	CHECK_STR(summary(), "2 of 5 hosts answered, 1 failed, 1 timed out, 1 unreachable; "
			     "5412 rows in 1.3 s");
	answers_done(&a);
}

TEST(status_when_all_refuse)
{
	CHECK_INT(answers_init(&a, 1), 0);
	CHECK_INT(answers_status(&a), EXIT_NOTHING);
	take(0, HOST_FAILED, "no such table", "q");
	a.asked = 2;
	a.refused = 1;
	CHECK_INT(answers_status(&a), EXIT_INCOMPLETE);
	a.refused = 2;
	CHECK_INT(answers_status(&a), EXIT_NOTHING);
	answers_done(&a);
}

/* Over several questions the first failure is the host's state; a new one is news all the same. */
TEST(first_failure_stays)
{
	CHECK_INT(answers_init(&a, 1), 0);
	CHECK(!take(0, HOST_ANSWERED, "", "one"));
	CHECK(take(0, HOST_FAILED, "no such table", "two"));
	CHECK_STR(a.of[0].error, "two: no such table");
	CHECK(take(0, HOST_UNREACHABLE, "refused", NULL));
	CHECK(!take(0, HOST_ANSWERED, "", "four"));
	CHECK_INT(a.of[0].state, HOST_FAILED);
	CHECK_STR(a.of[0].error, "two: no such table");
	CHECK_INT(a.of[0].rows, 8);
	CHECK_INT(a.of[0].ms, 40);
	answers_done(&a);
	CHECK_INT(answers_init(&a, 1), 0);
	CHECK(take(0, HOST_UNREACHABLE, "refused", NULL));
	CHECK(!take(0, HOST_UNREACHABLE, "refused", NULL));
	answers_done(&a);
}

/* ---- Folding ---- */

static struct buf said;

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)buf_vprintf(&said, fmt, ap);
#pragma GCC diagnostic pop
	va_end(ap);
	(void)buf_putc(&said, '\n');
}

static void fold_is(struct fold *f, const char *want)
{
	buf_init(&said, 1 << 20);
	fold_say(f);
	CHECK_STR(buf_str(&said), want);
	buf_done(&said);
}

TEST(folding)
{
	static const char *const hosts[] = {"h0", "h1", "h2", "h3", "h4"};
	struct fold *f = fold_new(say, FOLD_EXACT);

	fold_is(f, "");
	for (size_t i = 0; i < 5; i++) {
		fold_add(f, hosts[i], "refused");
		if (i == 0)
			fold_add(f, hosts[i], "alone");
		if (i < 2)
			fold_add(f, hosts[i], "two");
		if (i < 3)
			fold_add(f, hosts[i], "three 3");
	}
	fold_is(f, "h0, h1 and 3 more: refused\nh0: alone\nh0, h1: two\nh0, h1, h2: three 3\n");
	fold_add(f, "h9", "three 4");
	fold_is(f, "h9: three 4\n");
	fold_free(f);
	fold_say(NULL);
}

TEST(folding_numbers)
{
	struct fold *f = fold_new(say, FOLD_NUMBERS);

	fold_add(f, "a", "environ of 12 processes: denied");
	fold_add(f, "b", "environ of 7 processes: denied");
	fold_add(f, "a", "same 1");
	fold_add(f, "b", "same 1");
	fold_is(f, "a, b: environ of … processes: denied\na, b: same 1\n");
	fold_free(f);
}

TEST(folding_addresses)
{
	struct fold *f = fold_new(say, FOLD_ADDRESSES);

	fold_add(f, "a", "refused by 127.0.0.1 port 22");
	fold_add(f, "b", "refused by 2001:db8::7 port 2201");
	fold_add(f, "a", "no banner from 10.0.0.1 port 22 in 10 s");
	fold_add(f, "b", "no banner from 10.0.0.2 port 22 in 11 s");
	fold_add(f, "c", " port 5 and a port of call");
	fold_is(f, "a, b: refused by …\n"
		   "a: no banner from 10.0.0.1 port 22 in 10 s\n"
		   "b: no banner from 10.0.0.2 port 22 in 11 s\n"
		   "c:  port 5 and a port of call\n");
	fold_free(f);
}

/* However many different things hostile hosts say. */
TEST(folding_is_bounded)
{
	struct fold *f = fold_new(say, FOLD_EXACT);
	char text[32];
	size_t lines = 0;

	for (int i = 0; i < FOLD_KEPT + 500; i++) {
		snprintf(text, sizeof(text), "reason %d", i);
		fold_add(f, "h", text);
	}
	buf_init(&said, 1 << 20);
	fold_say(f);
	for (size_t i = 0; i < said.len; i++)
		lines += said.p[i] == '\n';
	CHECK_INT(lines, FOLD_LINES + 1);
	CHECK(str_ends(buf_str(&said), "\n1480 more hosts said other things; -v tells all\n"));
	buf_done(&said);
	fold_free(f);
}

TEST(folding_without_memory)
{
	for (long n = 1; n < 12; n++) {
		struct fold *f;

		failalloc_countdown = n;
		f = fold_new(say, FOLD_NUMBERS);
		if (f) {
			fold_add(f, "a", "x 1");
			fold_add(f, "b", "x 2");
		}
		failalloc_countdown = 0;
		buf_init(&said, 1 << 20);
		fold_say(f);
		buf_done(&said);
		fold_free(f);
	}
}

/* ---- Report ---- */

static char dir[64], path[128];

static void report_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tocsin-report.XXXXXX");
	CHECK(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/report", dir);
}

TEST(report_of_hostile_hosts)
{
	const struct report_run run = {.command = "query",
		.question = "select '\"\n'",
		.target = "all",
		.started_us = 1790000000123456,
		.ms = 5,
		.interrupted = true};
	const struct host_config hosts[] = {{.name = "web1"}, {.name = "we\"b\n2"}};
	struct report *r = NULL;
	const json_t *host;
	struct err err;
	struct stat st;
	json_t *tree;

	report_dir();
	CHECK_INT(answers_init(&a, 2), 0);
	a.rows = 4;
	take(0, HOST_ANSWERED, "", NULL);
	take(1, HOST_FAILED, "\xff\033[2J\"", NULL);
	a.of[1].truncated = true;
	umask(022);
	CHECK_INT(report_new(path, &r, &err), 0);
	CHECK(access(path, F_OK) < 0);
	CHECK_INT(report_write(r, &run, &a, hosts, &err), 0);
	report_free(r);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0644);
	tree = json_load_file(path, 0, NULL);
	CHECK(tree);
	CHECK_STR(json_string_value(json_object_get(json_object_get(tree, "run"), "started")),
		"2026-09-21T14:13:20Z");
	CHECK(json_is_true(json_object_get(json_object_get(tree, "run"), "interrupted")));
	host = json_array_get(json_object_get(tree, "hosts"), 1);
	CHECK_STR(json_string_value(json_object_get(host, "host")), "we\"b\n2");
	CHECK_STR(json_string_value(json_object_get(host, "state")), "failed");
	CHECK_STR(json_string_value(json_object_get(host, "error")), "\xef\xbf\xbd\033[2J\"");
	CHECK_INT(json_integer_value(json_object_get(host, "rows")), 2);
	CHECK(json_is_true(json_object_get(host, "truncated")));
	CHECK(json_is_null(
		json_object_get(json_array_get(json_object_get(tree, "hosts"), 0), "error")));
	json_decref(tree);
	answers_done(&a);
	unlink(path);
	CHECK_INT(rmdir(dir), 0);
}

TEST(report_not_finished)
{
	struct report *r = NULL;
	struct err err;

	report_dir();
	CHECK_INT(report_new(path, &r, &err), 0);
	report_free(r);
	/* Nothing is left behind. */
	CHECK_INT(rmdir(dir), 0);
	CHECK_INT(report_new(path, &r, &err), -ENOENT);
	CHECK(strstr(err.text, "cannot write the report"));
	CHECK_INT(report_new("/proc/self", &r, &err), -EISDIR);
	report_free(NULL);
}

/* A link is followed, so that it stays one. */
TEST(report_through_a_link)
{
	const struct report_run run = {.command = "query"};
	struct report *r = NULL;
	char target[160];
	struct err err;
	struct stat st;

	report_dir();
	snprintf(target, sizeof(target), "%s/target", dir);
	io_close(open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	CHECK_INT(symlink("target", path), 0);
	CHECK_INT(answers_init(&a, 0), 0);
	CHECK_INT(report_new(path, &r, &err), 0);
	CHECK_INT(report_write(r, &run, &a, NULL, &err), 0);
	report_free(r);
	answers_done(&a);
	CHECK(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(stat(target, &st) == 0 && st.st_size > 0);
	unlink(path);
	unlink(target);
	CHECK_INT(rmdir(dir), 0);
}

TEST_MAIN(&summary_line, &status_when_all_refuse, &first_failure_stays, &folding, &folding_numbers,
	&folding_addresses, &folding_is_bounded, &folding_without_memory, &report_of_hostile_hosts,
	&report_not_finished, &report_through_a_link)
