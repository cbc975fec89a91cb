/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_result.h"

#include "common/map.h"
#include "common/str.h"
#include "common/text.h"
#include "console/newfile.h"
#include "console/rows.h"

#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* What the row's host is, not its cells. */
#define HOST_COLUMN (RESULTS_NO_COLUMN - 1)

struct runbook_result *runbook_result_new(const struct app *app, struct err *err)
{
	struct runbook_result *r = calloc(1, sizeof(*r));
	size_t n = app->n_hosts;
	bool good;

	if (r)
		*r = (struct runbook_result){.kept.rows = results_new(n + 1),
			.hosts = calloc(n + 1, sizeof(char *)),
			.pattern = strdup(app->o.targets ? app->o.targets : "all"),
			.refs = 1};
	good = r && r->kept.rows && r->hosts && r->pattern;
	for (; good && r->n_hosts < n; r->n_hosts++) {
		r->hosts[r->n_hosts] = strdup(app->hosts[r->n_hosts].name);
		good = r->hosts[r->n_hosts];
	}
	if (good)
		return r;
	runbook_result_unref(r);
	err_sys(err, ENOMEM, "result");
	return NULL;
}

struct runbook_result *runbook_result_ref(struct runbook_result *r)
{
	if (r)
		r->refs++;
	return r;
}

void runbook_result_unref(struct runbook_result *r)
{
	if (!r || --r->refs > 0)
		return;
	ask_kept_done(&r->kept);
	for (size_t i = 0; r->hosts && i < r->n_hosts; i++)
		free(r->hosts[i]);
	free(r->hosts);
	free(r->pattern);
	free(r);
}

/* ---- Rows that a command made ---- */

/* Numbers, from 1, by name. NULL: no memory. */
static struct map *number_hosts(const struct runbook_result *r)
{
	struct map *m = map_new(r->n_hosts + 1);
	int res = m ? 0 : -ENOMEM;

	for (size_t h = 0; res >= 0 && h < r->n_hosts; h++)
		res = map_put(m, r->hosts[h], (void *)(h + 1), NULL);
	if (res >= 0)
		return m;
	map_free(m, NULL);
	return NULL;
}

/* Its host's number, from 1, by the text of that cell; 0: of none. */
static size_t host_of_row(const struct results *r, const struct map *hosts, row_id row, size_t at)
{
	struct cell c = results_unpack(r, results_cell(r, row, at));

	return c.type == CELL_TEXT ? (size_t)map_get_n(hosts, c.p, c.n) : 0;
}

/* All rows as those of their hosts, without the column `at`. NULL: one is nobody's, or no memory.
 */
static struct results *by_host(const struct results *from, struct results *to,
	const struct map *hosts, size_t n_hosts, size_t at)
{
	size_t n = results_columns_n(from);
	struct wire_column *columns = calloc(n + 1, sizeof(*columns));
	struct cell *cells = calloc(n + 1, sizeof(*cells));
	int r = columns && cells ? 0 : -ENOMEM;

	for (size_t c = 0; r == 0 && c + 1 < n; c++)
		columns[c] = (struct wire_column){results_column_name(from, c + (c >= at)), ""};
	for (size_t h = 0; r == 0 && h < n_hosts; h++)
		r = results_columns(to, (host_id)h, columns, n - 1);
	for (size_t i = 0; r == 0 && i < results_rows(from); i++) {
		size_t host = host_of_row(from, hosts, (row_id)i, at);

		for (size_t c = 0; c + 1 < n; c++)
			cells[c] =
				results_unpack(from, results_cell(from, (row_id)i, c + (c >= at)));
		r = host ? results_add(to, (host_id)(host - 1), cells, 1) : -ENOENT;
	}
	free(columns);
	free(cells);
	return r == 0 ? to : NULL;
}

void runbook_result_settle(struct runbook_result *r)
{
	size_t at = r->kept.own ? results_column_named(r->kept.rows, "host") : RESULTS_NO_COLUMN;
	struct map *hosts = at != RESULTS_NO_COLUMN ? number_hosts(r) : NULL;
	struct results *to = hosts ? results_new(r->n_hosts + 1) : NULL;

	if (to && by_host(r->kept.rows, to, hosts, r->n_hosts, at)) {
		results_free(r->kept.rows);
		r->kept.rows = to;
		r->kept.own = false;
	} else {
		results_free(to);
	}
	map_free(hosts, NULL);
}

/* ---- Cells ---- */

static row_id row_at(const struct runbook_rows *rows, size_t i)
{
	return rows->first + (row_id)i;
}

const char *runbook_rows_host(const struct runbook_rows *rows, size_t i)
{
	const struct ask_kept *k = &rows->of->kept;

	return k->own ? NULL : rows->of->hosts[results_host(k->rows, row_at(rows, i))];
}

static size_t find_column(const struct runbook_rows *rows, const char *name)
{
	const struct ask_kept *k = &rows->of->kept;

	return !k->own && str_eq(name, "host") ? HOST_COLUMN : results_column_named(k->rows, name);
}

static struct cell cell_at(const struct runbook_rows *rows, size_t i, size_t column)
{
	const struct results *r = rows->of->kept.rows;

	if (column == HOST_COLUMN)
		return rows_text(runbook_rows_host(rows, i));
	return results_unpack(r, results_cell(r, row_at(rows, i), column));
}

int runbook_rows_text(
	const struct runbook_rows *rows, size_t i, const char *column, struct buf *out)
{
	size_t at = find_column(rows, column);
	struct cell c;

	if (at == RESULTS_NO_COLUMN)
		return -ENOENT;
	c = cell_at(rows, i, at);
	/* A value is a C string: one with a NUL in it would be another one. */
	if (cell_has_bytes(&c) && memchr(c.p, '\0', c.n))
		return -ENOENT;
	return format_cell_text(out, &c);
}

/* ---- Conditions ---- */

static bool holds(enum runbook_operator op, int order)
{
	switch (op) {
	case OP_EQ:
		return order == 0;
	case OP_NE:
		return order != 0;
	case OP_LE:
		return order <= 0;
	case OP_GE:
		return order >= 0;
	case OP_LT:
		return order < 0;
	case OP_GT:
		return order > 0;
	case OP_MATCH:
		break;
	}
	return false;
}

/* By number where both are one, else by bytes. */
static int compare(const char *a, const char *b)
{
	double x, y;

	if (parse_real(a, -1e300, 1e300, &x) == 0 && parse_real(b, -1e300, 1e300, &y) == 0)
		return (x > y) - (x < y);
	return strcmp(a, b);
}

/* Of rows that are not those of hosts: different texts of their column `host`. */
static size_t count_names(const struct runbook_rows *rows)
{
	size_t at = results_column_named(rows->of->kept.rows, "host"), n;
	struct map *seen = map_new(RESULTS_ROWS_MAX);
	struct buf name;

	buf_init(&name, RESULTS_CELL_MAX);
	for (size_t i = 0; seen && at != RESULTS_NO_COLUMN && i < rows->n; i++) {
		struct cell c = cell_at(rows, i, at);

		buf_reset(&name);
		if (format_cell_text(&name, &c) == 0)
			(void)map_put(seen, buf_str(&name), seen, NULL);
	}
	n = seen ? map_len(seen) : 0;
	buf_done(&name);
	map_free(seen, NULL);
	return n;
}

static size_t count_hosts(const struct runbook_rows *rows)
{
	const struct results *r = rows->of->kept.rows;
	bool *seen = calloc(rows->of->n_hosts + 1, sizeof(*seen));
	size_t n = 0;

	for (size_t i = 0; seen && i < rows->n; i++) {
		host_id h = results_host(r, row_at(rows, i));

		n += !seen[h];
		seen[h] = true;
	}
	free(seen);
	return n;
}

static int read_number(const char *value, int64_t *ret, struct err *err)
{
	if (parse_int(value, INT64_MIN, INT64_MAX, ret) == 0)
		return 0;
	return err_set(err, EINVAL, "`%s` is not a number", value);
}

static int test_number(const struct runbook_rows *rows, const struct runbook_condition *c,
	const char *value, struct buf *found, struct err *err)
{
	const struct ask_kept *k = &rows->of->kept;
	int64_t have = 0, wanted;
	int r = read_number(value, &wanted, err);

	if (r < 0)
		return r;
	if (c->subject == SUBJECT_ROWS)
		have = (int64_t)rows->n;
	else if (c->subject == SUBJECT_HOSTS)
		have = (int64_t)(rows->of->kept.own ? count_names(rows) : count_hosts(rows));
	else if (c->subject == SUBJECT_ANSWERED)
		have = (int64_t)k->answered;
	else
		have = (int64_t)(k->hosts - k->answered);
	if (buf_printf(found, "%" PRId64, have) < 0)
		return err_sys(err, ENOMEM, "condition");
	return holds(c->op, (have > wanted) - (have < wanted));
}

static int compile(const char *pattern, regex_t *ret, struct err *err)
{
	char why[128];
	int r = regcomp(ret, pattern, REG_EXTENDED | REG_NOSUB);

	if (r == 0)
		return 0;
	regerror(r, ret, why, sizeof(why));
	return err_set(err, EINVAL, "`%s`: %s", pattern, why);
}

static int test_cells(const struct runbook_rows *rows, const struct runbook_condition *c,
	size_t column, const char *value, const regex_t *re, struct buf *found)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rows->n; i++) {
		struct cell cell = cell_at(rows, i, column);
		bool yes;

		buf_reset(found);
		r = format_cell_text(found, &cell);
		yes = c->op == OP_MATCH ? regexec(re, buf_str(found), 0, NULL, 0) == 0
					: holds(c->op, compare(buf_str(found), value));
		if (r == 0 && !yes)
			return 0;
	}
	return r < 0 ? r : 1;
}

static int test_column(const struct runbook_rows *rows, const struct runbook_condition *c,
	const char *name, const char *value, struct buf *found, struct err *err)
{
	size_t column = find_column(rows, name);
	regex_t re;
	int r = c->op == OP_MATCH ? compile(value, &re, err) : 0;

	if (r < 0)
		return r;
	if (rows->n == 0)
		r = 1;
	else if (column == RESULTS_NO_COLUMN)
		r = err_set(err, ENOENT, "the result has no column `%s`", name);
	else
		r = test_cells(rows, c, column, value, &re, found);
	if (c->op == OP_MATCH)
		regfree(&re);
	return r < 0 && r != -ENOENT ? err_sys(err, -r, "condition") : r;
}

int runbook_condition_check(const struct runbook_condition *c, const char *value, struct err *err)
{
	int64_t number;
	regex_t re;
	int r = 0;

	if (c->subject != SUBJECT_COLUMN)
		return read_number(value, &number, err);
	if (c->op == OP_MATCH)
		r = compile(value, &re, err);
	if (c->op == OP_MATCH && r == 0)
		regfree(&re);
	return r;
}

int runbook_rows_test(const struct runbook_rows *rows, const struct runbook_condition *c,
	const char *column, const char *value, struct buf *ret_found, struct err *err)
{
	const struct ask_kept *k;

	if (!rows->of)
		return err_set(err, ENOENT, "nothing was asked before");
	k = &rows->of->kept;
	/* That nothing was found would be taken for good news. */
	if (c->subject != SUBJECT_ANSWERED && c->subject != SUBJECT_MISSING && rows->n == 0 &&
		k->hosts > 0 && k->answered == 0)
		return err_set(err, ENOENT, "no host answered: what they have is not known");
	if (c->subject == SUBJECT_COLUMN)
		return test_column(rows, c, column, value, ret_found, err);
	return test_number(rows, c, value, ret_found, err);
}

/* ---- To a file ---- */

static int put_rows(const struct runbook_rows *rows, struct output *o)
{
	const struct ask_kept *k = &rows->of->kept;
	size_t n = results_columns_n(k->rows), lead = k->own ? 0 : 1;
	const char **names = calloc(n + 1, sizeof(*names));
	struct cell *cells = calloc(n + 1, sizeof(*cells));
	int r = names && cells ? 0 : -ENOMEM;

	for (size_t c = 0; r == 0 && c < n; c++)
		names[lead + c] = results_column_name(k->rows, c);
	if (r == 0 && n > 0) {
		if (lead)
			names[0] = "host";
		r = output_header(o, names, lead + n);
	}
	for (size_t i = 0; r == 0 && n > 0 && i < rows->n; i++) {
		if (lead)
			cells[0] = cell_at(rows, i, HOST_COLUMN);
		for (size_t c = 0; c < n; c++)
			cells[lead + c] = cell_at(rows, i, c);
		r = output_row(o, cells);
	}
	free(names);
	free(cells);
	return r < 0 ? r : output_end(o);
}

static int put_file(
	const struct runbook_rows *rows, const struct format *format, int fd, struct err *err)
{
	struct sink *sink = sink_new(fd, false, err);
	struct output *o = sink ? output_new(format, sink, err) : NULL;
	int r = o ? put_rows(rows, o) : -ENOMEM;

	if (r == 0)
		r = sink_end(sink);
	output_free(o);
	sink_free(sink);
	return r;
}

int runbook_rows_write(const struct runbook_rows *rows, const struct format *format,
	const char *path, struct err *err)
{
	struct newfile f;
	int r = newfile_open(&f, path, RUNBOOK_FILE_MODE);

	if (r == 0) {
		r = put_file(rows, format, f.fd, err);
		if (r == 0)
			r = newfile_commit(&f);
		newfile_done(&f);
	}
	return r < 0 ? err_sys(err, -r, "cannot write %s", path) : 0;
}
