/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "console/collate.h"
#include "console/filter.h"
#include "console/view.h"

#include <errno.h>
#include <semaphore.h>
#include <time.h>

static const struct wire_column columns[] = {
	{"name", "TEXT"}, {"pid", "BIGINT"}, {"path", "TEXT"}, {"value", ""}};
static struct host_config hosts[] = {{.name = "web10"}, {.name = "web2"}, {.name = "db1"}};
static struct results *r;
static struct view *view;
static struct view_lines lines;
static struct err why;
static sem_t news;

static void ready(void *arg)
{
	(void)arg;
	sem_post(&news);
}

static struct cell text(const char *s)
{
	return (struct cell){.type = CELL_TEXT, .n = (uint32_t)strlen(s), .p = s};
}

static void add(host_id host, const char *name, int64_t pid, const char *path, struct cell value)
{
	const struct cell row[] = {text(name), {.type = CELL_INT, .i = pid}, text(path), value};

	CHECK_INT(results_add(r, host, row, 1), 0);
}

static const struct cell none;

static void begin(void)
{
	view_free(view);
	view = NULL;
	results_free(r);
	r = results_new(3);
	CHECK(r);
	for (host_id h = 0; h < 3; h++)
		CHECK_INT(results_columns(r, h, columns, 4), 0);
	add(0, "sshd", 100, "/usr/sbin/sshd", none);
	add(0, "Nginx", 20, "/usr/sbin/nginx", none);
	add(1, "sshd", 3, "/usr/sbin/sshd", none);
	add(2, "evil", 20, "/tmp/.x (deleted)", (struct cell){.type = CELL_REAL, .r = 0.5});
	add(2, "\xff\xfe", 9, "", none);
}

/* ---- Filters ---- */

/* 1000 is alice on web10 and alicia on the others; group 0 is wheel on db1. */
static const char *name_of(void *arg, uint32_t host, bool group, int64_t id)
{
	(void)arg;
	if (group)
		return id == 0 && host == 2 ? "wheel" : NULL;
	return id != 1000 ? NULL : host == 0 ? "Alice" : "alicia";
}

static const struct humane_who who = {.name = name_of};

/* The rows that pass, as digits. */
static const char *passing(const char *filter)
{
	static char out[64];
	struct filter *f = filter_new(filter, r, hosts, 3, &who, NULL, &why);
	size_t n = 0;

	if (!f)
		return why.text;
	for (row_id row = 0; row < results_rows(r); row++)
		if (filter_wants(f, row))
			out[n++] = (char)('0' + row);
	out[n] = '\0';
	filter_free(f);
	return out;
}

TEST(filters)
{
	begin();
	CHECK_STR(passing(""), "01234");
	CHECK_STR(passing("   "), "01234");
	CHECK_STR(passing("sshd"), "02");
	CHECK_STR(passing("SSHD"), "02");
	CHECK_STR(passing("nginx"), "1");
	CHECK_STR(passing("web"), "012");
	CHECK_STR(passing("!web"), "34");
	CHECK_STR(passing("web sshd"), "02");
	CHECK_STR(passing("web !sshd"), "1");
	CHECK_STR(passing("20"), "13");
	CHECK_STR(passing("pid=20"), "13");
	CHECK_STR(passing("pid!=20"), "024");
	CHECK_STR(passing("!pid=20"), "024");
	CHECK_STR(passing("pid>20"), "0");
	CHECK_STR(passing("pid>=20"), "013");
	CHECK_STR(passing("pid<10 host=web*"), "2");
	CHECK_STR(passing("host=db1"), "34");
	CHECK_STR(passing("path=/usr/*"), "012");
	CHECK_STR(passing("path=\"/tmp/.x (deleted)\""), "3");
	CHECK_STR(passing("\"x (del\""), "3");
	CHECK_STR(passing("~^/tmp"), "3");
	CHECK_STR(passing("name~^(ssh|ev)"), "023");
	CHECK_STR(passing("!~sbin"), "34");
	CHECK_STR(passing("path="), "4");
	CHECK_STR(passing("value="), "0124");
	CHECK_STR(passing("value=0.5"), "3");
	CHECK_STR(passing("value<1"), "3");
	CHECK_STR(passing("nocolumn=1"), "");
	CHECK_STR(passing("!nocolumn=1"), "01234");
	CHECK_STR(passing("!"), "");
	CHECK_STR(passing("name>nginx"), "024");
}

/* In numbers they are found without writing the numbers out: the same as if they were. */
TEST(digits_in_numbers)
{
	static const int64_t all[] = {
		0, 5, 10, 100, 105, 1050, 7, 70, 99, -105, INT64_MAX, INT64_MIN};
	static const char *const terms[] = {"0", "00", "5", "05", "10", "105", "50", "7", "9",
		"92233", "775807", "775808", "001", "-", "-1", "1", "100000000000000000"};
	char text[32], want[16], filter[64];

	begin();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		add(0, "n", all[i], "x", none);
	for (size_t t = 0; t < sizeof(terms) / sizeof(terms[0]); t++) {
		size_t n = 0;

		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			snprintf(text, sizeof(text), "%lld", (long long)all[i]);
			if (strstr(text, terms[t]))
				want[n++] = (char)('0' + 5 + i);
		}
		want[n] = '\0';
		/* web10 and others have digits too. */
		snprintf(filter, sizeof(filter), "path=x pid~%s", terms[t]);
		CHECK_STR(passing(filter), want);
		snprintf(filter, sizeof(filter), "name=n !host~%s %s", terms[t], terms[t]);
		if (!strpbrk(terms[t], "10"))
			CHECK_STR(passing(filter), want);
	}
	CHECK_STR(passing("zzz"), "");
	CHECK_STR(passing("105"), "9:>");
}

/* Where a number is shown with its name, the name is looked for as well. */
TEST(names_of_numbers)
{
	static const struct wire_column ids[] = {
		{"uid", "BIGINT"}, {"gid", "BIGINT"}, {"local_port", "INTEGER"}, {"n", "INTEGER"}};
	static const int64_t rows[][5] = {{0, 1000, 0, 443, 0}, {1, 1000, 0, 8443, 443},
		{2, 0, 0, 22, 1000}, {2, 1000, 7, 0, 0}, {0, 1001, 1, 80, 22}};

	begin();
	results_free(r);
	r = results_new(3);
	for (host_id h = 0; h < 3; h++)
		CHECK_INT(results_columns(r, h, ids, 4), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cell c[4];

		for (size_t k = 0; k < 4; k++)
			c[k] = (struct cell){.type = CELL_INT, .i = rows[i][k + 1]};
		/* What is a text of digits is shown so too. */
		if (i == 3)
			c[0] = text("1000");
		CHECK_INT(results_add(r, (host_id)rows[i][0], c, 1), 0);
	}
	CHECK_STR(passing("ali"), "013");
	CHECK_STR(passing("alice"), "0");
	CHECK_STR(passing("uid=alicia"), "13");
	CHECK_STR(passing("uid=root"), "2");
	CHECK_STR(passing("gid=root"), "01");
	CHECK_STR(passing("wheel"), "2");
	CHECK_STR(passing("uid!=ALICE"), "1234");
	CHECK_STR(passing("!ali"), "24");
	CHECK_STR(passing("~^https"), "01");
	CHECK_STR(passing("local_port=ssh"), "2");
	CHECK_STR(passing("local_port~^http"), "014");
	CHECK_STR(passing("n=ssh"), "");
	CHECK_STR(passing("uid>alice"), "");
}

TEST(filters_refused)
{
	char big[FILTER_TEXT_MAX + 1], many[2 * (FILTER_TERMS_MAX + 1) + 1];
	size_t at = 99;

	begin();
	CHECK(strstr(passing("~("), "`(`"));
	CHECK(!filter_new("ab ~(", r, hosts, 3, NULL, &at, &why));
	CHECK_INT(at, 2);
	memset(big, 'x', FILTER_TEXT_MAX);
	big[FILTER_TEXT_MAX] = '\0';
	CHECK(strstr(passing(big), "longer"));
	big[FILTER_TEXT_MAX - 1] = '\0';
	CHECK_STR(passing(big), "");
	for (size_t i = 0; i < sizeof(many) - 1; i++)
		many[i] = i % 2 ? ' ' : 'e';
	many[2 * FILTER_TERMS_MAX] = '\0';
	CHECK_STR(passing(many), "0123");
	many[2 * FILTER_TERMS_MAX] = 'e';
	many[sizeof(many) - 1] = '\0';
	CHECK(strstr(passing(many), "more than"));
}

TEST(texts_that_come_later)
{
	struct filter *f;

	begin();
	f = filter_new("later=x", r, hosts, 3, NULL, NULL, &why);
	CHECK(f && !filter_wants(f, 0));
	CHECK_INT(results_columns(r, 0, (const struct wire_column[]){{"later", ""}}, 1), 0);
	CHECK_INT(results_add(r, 0, (const struct cell[]){text("X")}, 1), 0);
	CHECK(filter_wants(f, 5) && !filter_wants(f, 0));
	filter_free(f);
	filter_free(NULL);
}

/* ---- Order ---- */

static int order(const char *a, const char *b)
{
	struct span x = span_str(a), y = span_str(b);
	uint64_t p = collate_prefix(x), q = collate_prefix(y);
	int o = collate(x, y);

	/* What the prefixes say must be so. */
	if (p != q && (p < q) != (o < 0))
		return 99;
	if (collate(y, x) != -o && o != 0 && (collate(y, x) < 0) == (o < 0))
		return 98;
	return (o > 0) - (o < 0);
}

TEST(collation)
{
	static const char *const sorted[] = {"", "0", "00", "1", "2", "10", "1234567890",
		"12345678901", "9.8.7", "10.0.0", "10.0.0.2", "10.0.0.10", "a", "a1", "A1b", "a2",
		"a10", "b", "web2", "web10", "web10a", "z", "\xc3\xa9"};

	for (size_t i = 0; i + 1 < sizeof(sorted) / sizeof(sorted[0]); i++) {
		/* 9.8.7 begins with a smaller number than what stands before it. */
		if (strcmp(sorted[i], "12345678901") == 0)
			continue;
		CHECK_INT(order(sorted[i], sorted[i + 1]), -1);
		CHECK_INT(order(sorted[i + 1], sorted[i]), 1);
		CHECK_INT(order(sorted[i], sorted[i]), 0);
	}
	CHECK_INT(order("A", "a"), -1);
	CHECK_INT(order("1.2.3-4", "1.2.3-10"), -1);
}

/* ---- Views ---- */

static const struct view_spec plain = {.keys = {{VIEW_NONE, false}, {VIEW_NONE, false}}};

static void show(const struct view_spec *spec)
{
	struct timespec until;

	if (!view)
		view = view_new(&(const struct view_of){r, hosts, 3, who}, ready, NULL, &why);
	CHECK(view);
	CHECK_INT(view_set(view, spec, NULL, &why), 0);
	while (!view_settled(view)) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += 20;
		CHECK(sem_timedwait(&news, &until) == 0);
		view_take(view, &lines);
	}
}

static const char *shown(void)
{
	static char out[64];
	size_t n = 0;

	for (size_t i = 0; i < lines.n; i++)
		out[n++] = (char)('0' + lines.of[i].row);
	out[n] = '\0';
	return out;
}

static const char *sorted_by(int column, bool descending, int second)
{
	const struct view_spec spec = {.keys = {{column, descending}, {second, false}}};

	show(&spec);
	return shown();
}

TEST(views)
{
	struct view_spec spec = plain;

	begin();
	show(&spec);
	CHECK_STR(shown(), "01234");
	CHECK_INT(lines.rows, 5);
	spec.filter = "sshd";
	show(&spec);
	CHECK_STR(shown(), "02");
	CHECK_STR(sorted_by(1, false, VIEW_NONE), "24130");
	CHECK_STR(sorted_by(1, true, VIEW_NONE), "01342");
	CHECK_STR(sorted_by(0, false, VIEW_NONE), "31024");
	CHECK_STR(sorted_by(0, false, 1), "31204");
	CHECK_STR(sorted_by(VIEW_HOST, false, VIEW_NONE), "34201");
	CHECK_STR(sorted_by(VIEW_HOST, true, 1), "10243");
	/* Nothing, then numbers. */
	CHECK_STR(sorted_by(3, false, VIEW_NONE), "01243");
	/* A filter that cannot be read changes nothing. */
	spec.filter = "~(";
	CHECK_INT(view_set(view, &spec, NULL, &why), -EINVAL);
	CHECK(view_settled(view));
}

TEST(numbers_of_every_size)
{
	static const int64_t big[] = {INT64_MIN, -1, 0, 1, INT64_MAX - 1, INT64_MAX};

	begin();
	for (size_t i = 0; i < 6; i++)
		add(0, "n", big[5 - i], "", (struct cell){.type = CELL_REAL, .r = (double)i});
	CHECK_STR(sorted_by(1, false, VIEW_NONE), ":98724130"
						  "65");
	CHECK_STR(sorted_by(3, true, VIEW_NONE), ":987"
						 "6"
						 "3"
						 "5"
						 "0124");
}

/* The rows of these lines, as digits. */
static void take_row(void *arg, row_id row)
{
	char *out = arg;
	size_t n = strlen(out);

	out[n] = (char)('0' + row);
	out[n + 1] = '\0';
}

static const char *unfolded(size_t from, size_t n)
{
	static char out[64];

	out[0] = '\0';
	CHECK_INT(view_unfold(view, lines.of + from, n, take_row, out), 0);
	return out;
}

TEST(folded)
{
	struct view_spec spec = {.fold = true, .keys = {{VIEW_COUNT, false}, {VIEW_NONE, false}}};
	const bool skip[] = {false, true, false, false};

	begin();
	/* The host's rows come mixed with those of others: it counts once. */
	add(0, "sshd", 101, "/usr/sbin/sshd", none);
	spec.skip = skip;
	spec.n_skip = 4;
	show(&spec);
	CHECK_STR(shown(), "1340");
	CHECK_INT(lines.of[3].hosts, 2);
	CHECK_INT(lines.of[0].hosts, 1);
	CHECK_INT(lines.rows, 6);
	CHECK_STR(unfolded(3, 1), "025");
	CHECK_STR(unfolded(0, 2), "13");
	CHECK_STR(unfolded(0, 4), "012345");
	/* What is not shown is not of the line. */
	spec.filter = "host=web2";
	show(&spec);
	CHECK_STR(shown(), "2");
	CHECK_STR(unfolded(0, 1), "2");
	spec.filter = NULL;
	spec.n_skip = 0;
	show(&spec);
	CHECK_INT(lines.n, 6);
}

TEST(what_is_gone)
{
	struct view_spec spec = plain;

	begin();
	CHECK_INT(results_refresh(r), 0);
	results_refreshed(r, 0, true);
	show(&spec);
	CHECK_STR(shown(), "234");
	spec.gone = true;
	show(&spec);
	CHECK_STR(shown(), "01234");
}

TEST(what_differs)
{
	static const size_t places[] = {0};
	const struct cell was = text("old");
	struct view_spec spec = plain;

	begin();
	CHECK_INT(results_was(r, 0, places, 1, &was, 1), 0);
	results_set_change(r, 3, ROW_CHANGED);
	show(&spec);
	CHECK_STR(shown(), "01234");
	spec.changes = true;
	show(&spec);
	CHECK_STR(shown(), "350124");
	CHECK_INT(lines.rows, 5);
	CHECK_INT(lines.all, 5);
	spec.filter = "old";
	show(&spec);
	CHECK_STR(shown(), "5");
	CHECK_INT(lines.rows, 0);
}

TEST(rows_that_come_later)
{
	begin();
	show(&plain);
	add(0, "new", 1, "", none);
	CHECK(view_settled(view));
	view_poke(view);
	CHECK(!view_settled(view));
	while (!view_settled(view)) {
		CHECK(sem_wait(&news) == 0);
		view_take(view, &lines);
	}
	CHECK_STR(shown(), "012345");
	view_free(view);
	view = NULL;
	view_free(NULL);
	results_free(r);
	r = NULL;
}

TEST_MAIN(&filters, &digits_in_numbers, &names_of_numbers, &filters_refused, &texts_that_come_later,
	&collation, &views, &numbers_of_every_size, &folded, &what_is_gone, &what_differs,
	&rows_that_come_later)
