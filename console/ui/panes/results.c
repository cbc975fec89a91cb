/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of one question: sorted, filtered, folded, asked again now and then. */
#include "console/ui/results.h"

#include "common/clock.h"
#include "common/str.h"
#include "console/filter.h"
#include "console/output.h"
#include "console/rows.h"
#include "console/ui/rowact.h"
#include "console/ui/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A question is put again at most this often, in seconds. */
#define WATCH_LEAST 1
#define WATCH_MOST  86400
#define WIDEN	    4
/* Of the names of all hosts. */
#define HOSTS_TEXT_MAX (64u << 20)

/* ---- Commands: moving ---- */

static int run_move(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	struct grid *g = &v->grid;
	size_t n = COLUMNS_BEFORE + v->n_shown;

	(void)ui;
	(void)argc;
	if (str_eq(argv[0], "left"))
		g->left -= g->left > 0;
	else if (str_eq(argv[0], "right"))
		g->left += g->frozen + g->left + 1 < n;
	else if (!list_move(&g->list, argv[0], v->lines.n, results_height(v)))
		return err_set(err, EINVAL, PANE_LIST_WORDS ", left, right");
	return 0;
}

/* By that column; by it already: the other way round. */
static void sort_at(struct results_pane *v, size_t column)
{
	int c = results_column_of(v, column);

	if (v->keys[0].column == c)
		v->keys[0].descending = !v->keys[0].descending;
	else
		v->keys[0] = (struct view_key){c, false};
	v->grid.at = column;
	results_apply(v);
}

static void mouse(struct pane *p, int y, int x, bool twice)
{
	struct results_pane *v = results_of(p);
	struct grid_source s = results_source(v);
	size_t line = grid_line_at(&v->grid, &s, y - v->diff);
	size_t column = grid_column_at(&v->grid, &s, p->area.w, x);

	if (y == v->diff && column != SIZE_MAX)
		sort_at(v, column);
	if (line == SIZE_MAX)
		return;
	v->grid.list.at = line;
	if (twice)
		ui_line(p->ui, p, "show");
}

/* The next row that passes the last filter, also when all are shown. */
static int run_find(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	const char *text = v->filter && *v->filter ? v->filter : v->last_filter;
	bool back = str_eq(argv[0], "previous");
	struct filter *f;

	(void)ui;
	(void)argc;
	if (!text || !v->lines.n)
		return err_set(err, ENOENT, "nothing was looked for yet; / does");
	f = view_filter(v->view, text, NULL, err);
	if (!f)
		return -err->code;
	for (size_t i = 1; i <= v->lines.n; i++) {
		size_t at = (v->grid.list.at + (back ? v->lines.n - i : i)) % v->lines.n;

		if (filter_wants(f, v->lines.of[at].row)) {
			v->grid.list.at = at;
			break;
		}
	}
	filter_free(f);
	return 0;
}

/* ---- Commands: filter, order, columns ---- */

static int set_filter(struct results_pane *v, const char *text, size_t *ret_at, struct err *err)
{
	char *before = v->filter, *own = strdup(text);
	int r;

	if (!own)
		return err_sys(err, ENOMEM, "filter");
	v->filter = own;
	r = results_set_view(v, ret_at, err);
	if (r < 0) {
		v->filter = before;
		free(own);
		return r;
	}
	free(before);
	if (*text) {
		free(v->last_filter);
		v->last_filter = strdup(text);
	}
	return 0;
}

static void filter_typed(void *arg, const char *text)
{
	struct results_pane *v = arg;
	struct err err;
	size_t at;

	if (set_filter(v, text, &at, &err) < 0)
		prompt_mark((int)at);
}

static void filter_done(void *arg, const char *text)
{
	struct results_pane *v = arg;
	struct err err;

	/* Esc: as before nothing was filtered. */
	if (set_filter(v, text ? text : "", NULL, &err) < 0)
		ui_say(v->p.ui, STYLE_BAD, "%s", err.text);
}

static int run_filter(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	const struct prompt_use use = {.label = "/",
		.initial = v->filter,
		.changed = filter_typed,
		.done = filter_done,
		.arg = v};

	if (argc)
		return set_filter(v, argv[0], NULL, err);
	ui_prompt(ui, &use);
	return 0;
}

/* Folded, the rarest come first: what only one host has is what is looked for. */
static int run_fold(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);

	(void)ui;
	if (argc && !str_eq(argv[0], "rarest") && !str_eq(argv[0], "commonest") &&
		!str_eq(argv[0], "off"))
		return err_set(err, EINVAL, "rarest, commonest or off");
	v->fold = argc ? !str_eq(argv[0], "off") : !v->fold;
	v->keys[0] = (struct view_key){
		v->fold ? VIEW_COUNT : VIEW_NONE, argc && str_eq(argv[0], "commonest")};
	v->keys[1] = (struct view_key){VIEW_NONE, false};
	grid_reset(&v->grid);
	v->grid.list = (struct list){0, 0};
	results_apply(v);
	return 0;
}

static int run_hide(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	int column = VIEW_NONE, r = 0;

	(void)ui;
	if (argc)
		r = results_find_column(v, argv[0], &column, err);
	else
		column = results_acts_on(v);
	if (r < 0)
		return r;
	if (column < 0)
		return err_set(err, EINVAL, "which column? hide COLUMN");
	v->choices[column] = COLUMN_HIDE;
	grid_reset(&v->grid);
	results_apply(v);
	return 0;
}

static int run_columns(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	bool show[RESULTS_COLUMNS_MAX] = {false};
	size_t n = results_columns_n(v->results);
	int column, r = 0;

	(void)ui;
	for (int i = 0; r == 0 && i < argc; i++) {
		r = results_find_column(v, argv[i], &column, err);
		if (r == 0 && column >= 0)
			show[column] = true;
	}
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		v->choices[i] = !argc ? COLUMN_ANY : show[i] ? COLUMN_SHOW : COLUMN_HIDE;
	grid_reset(&v->grid);
	results_apply(v);
	return 0;
}

static int run_widen(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	size_t n = COLUMNS_BEFORE + v->n_shown, at = 0;
	int column = v->keys[0].column == VIEW_NONE ? results_acts_on(v) : v->keys[0].column;
	int64_t by = WIDEN;

	(void)ui;
	if (argc && parse_int(argv[0], -SCREEN_MAX_COLS, SCREEN_MAX_COLS, &by) < 0)
		return err_set(err, EINVAL, "by how many columns?");
	while (at < n && results_column_of(v, at) != column)
		at++;
	if (at == n)
		return err_set(err, ENOENT, "which column? < and > choose it");
	v->grid.widened[at] = (int16_t)(v->grid.widened[at] + by);
	return 0;
}

static int run_freeze(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	uint64_t n;

	(void)ui;
	(void)argc;
	if (parse_uint(argv[0], 0, GRID_COLUMNS_MAX, &n) < 0)
		return err_set(err, EINVAL, "how many columns?");
	v->grid.frozen = n;
	v->grid.left = 0;
	return 0;
}

static int run_raw(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);

	(void)ui;
	(void)argc;
	(void)argv;
	(void)err;
	v->raw = !v->raw;
	grid_reset(&v->grid);
	return 0;
}

/* ---- Commands: asking ---- */

static int run_refresh(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)ui;
	(void)argc;
	(void)argv;
	(void)err;
	results_ask(results_of(p), false);
	return 0;
}

static int run_watch(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	double seconds = 30;

	(void)ui;
	if (argc && str_eq(argv[0], "off")) {
		v->watch_ms = 0;
		return 0;
	}
	if (argc && parse_real(argv[0], WATCH_LEAST, WATCH_MOST, &seconds) < 0)
		return err_set(
			err, EINVAL, "seconds from %d to %d, or off", WATCH_LEAST, WATCH_MOST);
	v->watch_ms = (int64_t)(seconds * 1000);
	v->next_ms = clock_mono_ms() + v->watch_ms;
	results_apply(v);
	return 0;
}

static int run_pause(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);

	(void)ui;
	(void)argc;
	(void)argv;
	(void)err;
	v->paused = !v->paused;
	if (!v->paused)
		view_poke(v->view);
	return 0;
}

/* ---- Commands: marks ---- */

static void mark_none(struct results_pane *v)
{
	if (v->marks)
		memset(v->marks, 0, v->n_marks);
	v->marked = 0;
}

/* From the last line that was marked to this one. */
static int mark_range(struct results_pane *v, size_t at)
{
	size_t from = 0;

	while (from < v->lines.n && v->lines.of[from].row != v->last_marked)
		from++;
	if (from == v->lines.n)
		from = at;
	return from < at ? results_mark_lines(v, from, at - from + 1, true)
			 : results_mark_lines(v, at, from - at + 1, true);
}

static int mark_one(struct results_pane *v, size_t at)
{
	row_id row = v->lines.of[at].row;

	v->last_marked = row;
	list_move(&v->grid.list, "down", v->lines.n, results_height(v));
	return results_mark_lines(v, at, 1, !results_is_marked(v, row));
}

static int run_mark(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	const char *what = argc ? argv[0] : "";
	size_t at = v->grid.list.at;
	int r = 0;

	(void)ui;
	if (*what && !str_eq(what, "all") && !str_eq(what, "range") && !str_eq(what, "none"))
		return err_set(err, EINVAL, "all, range or none");
	if (str_eq(what, "none"))
		mark_none(v);
	else if (at >= v->lines.n)
		return 0;
	else if (str_eq(what, "all"))
		r = results_mark_lines(v, 0, v->lines.n, true);
	else if (str_eq(what, "range"))
		r = mark_range(v, at);
	else
		r = mark_one(v, at);
	return r < 0 ? err_sys(err, -r, "marks") : 0;
}

/* ---- Commands: one row ---- */

static int show_row(struct ui *ui, struct results_pane *v, row_id row, uint32_t hosts)
{
	size_t columns = results_columns_n(v->results), n = 0;
	/* The host, how it differs, and twice each cell that does. */
	const char **names = calloc(2 * columns + 2, sizeof(*names));
	struct cell *cells = calloc(2 * columns + 2, sizeof(*cells));
	const char *change = v->diff ? results_change_name(v, row) : "";
	struct humane_who who = ui_who(ui, results_host(v->results, row));
	char words[64];

	if (names && cells) {
		names[n] = "host";
		cells[n++] = rows_text(results_host_name(v, row));
		if (*change) {
			names[n] = "(change)";
			cells[n++] = rows_text(change);
		}
		for (size_t i = 0; i < columns; i++) {
			names[n] = results_column_name(v->results, i);
			cells[n++] = results_unpack(v->results, results_cell(v->results, row, i));
			names[n] = "  was";
			n += results_was_cell(v, row, i, &cells[n]);
		}
		if (hosts > 1)
			snprintf(words, sizeof(words), "one of the rows of %u hosts", hosts);
		else
			snprintf(words, sizeof(words), "row %zu of %zu", v->grid.list.at + 1,
				v->lines.n);
		detail_open(ui, words, names, cells, n, &who);
	}
	free(names);
	free(cells);
	return 0;
}

struct having {
	const struct results *r;
	bool *hosts;
};

static void note_host(void *arg, row_id row)
{
	struct having *h = arg;

	h->hosts[results_host(h->r, row)] = true;
}

/* The hosts that have the row, in the inventory's order. */
static int list_hosts(
	struct ui *ui, struct results_pane *v, const struct view_line *l, struct err *err)
{
	size_t n_hosts = ui->app->n_hosts, n = 0;
	struct having h = {v->results, calloc(n_hosts + 1, sizeof(*h.hosts))};
	int r = h.hosts ? view_unfold(v->view, l, 1, note_host, &h) : -ENOMEM;
	char words[64];
	struct buf text;

	buf_init(&text, HOSTS_TEXT_MAX);
	for (size_t i = 0; r == 0 && i < n_hosts; i++) {
		if (!h.hosts[i])
			continue;
		n++;
		r = buf_printf(&text, "%s\n", results_hosts(v)[i].name);
	}
	snprintf(words, sizeof(words), "%zu host%s this row", n, n == 1 ? " has" : "s have");
	if (r == 0)
		text_open(ui, words, buf_str(&text), text.len);
	buf_done(&text);
	free(h.hosts);
	return r < 0 ? err_sys(err, -r, "hosts") : 0;
}

static int run_show(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	const struct view_line *l = &v->lines.of[v->grid.list.at];

	if (v->grid.list.at >= v->lines.n)
		return 0;
	if (argc && str_eq(argv[0], "hosts"))
		return list_hosts(ui, v, l, err);
	return show_row(ui, v, l->row, v->fold ? l->hosts : 1);
}

/* As the host sent it; -EMSGSIZE when it does not fit. */
static int put_raw(const struct results_pane *v, row_id row, size_t column, struct buf *out)
{
	struct cell c = results_unpack(v->results, results_cell(v->results, row, column));
	int r = out->len ? buf_putc(out, '\t') : 0;

	return r < 0 ? r : format_cell_text(out, &c);
}

static int run_copy(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	bool whole = argc && str_eq(argv[0], "row");
	int column = results_acts_on(v), r = 0;
	struct buf text;
	row_id row;

	if (v->grid.list.at >= v->lines.n || column < 0)
		return 0;
	row = v->lines.of[v->grid.list.at].row;
	buf_init(&text, SCREEN_COPY_MAX);
	/* A folded line is of many hosts. */
	if (whole && !v->fold)
		r = buf_puts(&text, results_hosts(v)[results_host(v->results, row)].name);
	for (size_t i = 0; r == 0 && i < v->n_shown; i++)
		if (whole || (int)v->shown[i] == column)
			r = put_raw(v, row, v->shown[i], &text);
	if (r == 0)
		r = screen_copy(buf_str(&text), text.len);
	if (r < 0)
		r = err_set(err, -r, "it is longer than the %u KiB that can be copied; W saves it",
			SCREEN_COPY_MAX >> 10);
	else
		ui_say(ui, STYLE_GOOD, "copied %s: %zu bytes",
			whole ? "the row" : results_column_name(v->results, (size_t)column),
			text.len);
	buf_done(&text);
	return r;
}

/* ---- Commands: saving ---- */

static const struct format *format_of(const char *path)
{
	const struct format *format = format_of_file(path);

	return format ? format : format_find("table");
}

static struct cell change_cell(const struct results_pane *v, row_id row)
{
	const char *change = results_change_name(v, row);

	return *change ? rows_text(change) : (struct cell){.type = CELL_NULL};
}

/* Exactly what is shown: the lines, the columns that are not hidden, in their order. */
static int write_lines(struct results_pane *v, struct output *o)
{
	const char *names[GRID_COLUMNS_MAX + 2];
	struct cell row[GRID_COLUMNS_MAX + 2];
	size_t n = 0;
	int r;

	if (v->diff)
		names[n++] = "change";
	names[n++] = results_name_of(v, COLUMN_HOST);
	for (size_t i = 0; i < v->n_shown; i++)
		names[n++] = results_column_name(v->results, v->shown[i]);
	r = output_header(o, names, n);
	for (size_t l = 0; r == 0 && l < v->lines.n; l++) {
		row_id id = v->lines.of[l].row;
		n = 0;
		if (v->diff)
			row[n++] = change_cell(v, id);
		row[n++] = v->fold ? (struct cell){.type = CELL_INT, .i = v->lines.of[l].hosts}
				   : rows_text(results_host_name(v, id));
		for (size_t i = 0; i < v->n_shown; i++)
			row[n++] = results_unpack(
				v->results, results_cell(v->results, id, v->shown[i]));
		r = output_row(o, row);
	}
	return r < 0 ? r : output_end(o);
}

static int run_write(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	int fd = ui_save_begin(argv[0], err), r = -ENOMEM;
	struct sink *sink;
	struct output *o;

	(void)argc;
	if (fd < 0)
		return fd;
	sink = sink_new(fd, false, err);
	o = sink ? output_new(format_of(argv[0]), sink, err) : NULL;
	if (o)
		r = write_lines(v, o);
	if (r == 0)
		r = sink_end(sink);
	output_free(o);
	sink_free(sink);
	r = ui_save_end(fd, argv[0], r, err);
	if (r < 0)
		return r;
	ui_say(ui, STYLE_GOOD, "%zu row%s in %s", v->lines.n, v->lines.n == 1 ? " is" : "s are",
		argv[0]);
	return 0;
}

/* ---- Commands: acting ---- */

/* The marked rows, or the one under the cursor. */
static size_t chosen(struct results_pane *v, row_id *ret)
{
	size_t n = 0;

	if (v->marked == 0 && v->grid.list.at < v->lines.n)
		ret[n++] = v->lines.of[v->grid.list.at].row;
	for (size_t i = 0; v->marked && i < v->n_marks * 8 && n < v->marked; i++)
		if (results_is_marked(v, (row_id)i))
			ret[n++] = (row_id)i;
	return n;
}

/* Rows that no answer has any more, or had in this run, are no targets: how many stay. */
static size_t drop_gone(const struct results_pane *v, row_id *rows, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		enum row_mark mark = results_mark(v->results, rows[i]);

		if (mark == ROW_PLAIN || mark == ROW_NEW)
			rows[left++] = rows[i];
	}
	return left;
}

static int run_act(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	row_id *rows = malloc((v->marked + 1) * sizeof(*rows));
	size_t n = rows ? chosen(v, rows) : 0, left = drop_gone(v, rows, n);
	const struct rowact_rows acted = {v->results, rows, left, v->target};
	int r = 0;

	if (!rows)
		return err_sys(err, ENOMEM, "rows");
	if (n > 0 && left == 0)
		r = err_set(err, ENOENT,
			n == 1 ? "the row is gone: nothing is left to act on"
			       : "the marked rows are gone: nothing is left to act on");
	if (r == 0)
		r = rowact_open(ui, &acted, argc, argv, err);
	if (r == 0 && left < n)
		ui_say(ui, STYLE_WARN, "%zu of the %zu marked rows %s gone: not planned for",
			n - left, n, n - left == 1 ? "is" : "are");
	free(rows);
	return r;
}

static void offer(struct pane *p, const char *command, const char *word,
	void (*put)(void *arg, const char *word), void *arg)
{
	const struct results_pane *v = results_of(p);

	for (size_t i = 0; str_eq(word, "ACTION") && commands_all[i]; i++)
		if (commands_all[i]->flags & COMMAND_ACTION)
			put(arg, commands_all[i]->name);
	if (str_eq(command, "sort") && !str_eq(word, "COLUMN"))
		put(arg, "then");
	if (!str_eq(word, "COLUMN") && !str_eq(command, "sort"))
		return;
	put(arg, "host");
	for (size_t i = 0; i < results_columns_n(v->results); i++)
		put(arg, results_column_name(v->results, i));
}

static const struct ui_command commands[] = {
	{"act", "ACTION [OPTION …]", "do it to the marked rows, or to this one", 1, -1, run_act},
	{"columns", "[COLUMN …]", "show these columns only, or all of them", 0, -1, run_columns},
	{"copy", "[row]", "copy the cell of the sorted column, or the row", 0, 1, run_copy},
	{"diff", "[RUN|off]", "mark what differs from the run before, or from that one", 0, 1,
		results_run_diff},
	{"filter", "[TEXT]", "show the rows that pass; without TEXT typed live", 0, 1, run_filter},
	{"find", "next|previous", "go to the next row that passes the filter", 1, 1, run_find},
	{"fold", "[rarest|commonest|off]", "equal rows of many hosts as one", 0, 1, run_fold},
	{"freeze", "N", "keep the first N columns in sight", 1, 1, run_freeze},
	{"hide", "[COLUMN]", "hide a column", 0, 1, run_hide},
	{"invert", "[second]", "the other way round, or only among equal ones", 0, 1,
		results_run_invert},
	{"mark", "[all|range|none]", "mark rows to act on", 0, 1, run_mark},
	{"move", "WHERE", "move the cursor", 1, 1, run_move},
	{"pause", "", "let the rows stand still, or go on", 0, 0, run_pause},
	{"raw", "", "values as the host sent them, or for people", 0, 0, run_raw},
	{"refresh", "", "ask again now", 0, 0, run_refresh},
	{"show", "[hosts]", "the whole row, or the hosts that have it", 0, 1, run_show},
	{"sort", "COLUMN [desc] [then COLUMN [desc]]", "sort by a column", 1, 6, results_run_sort},
	{"sort-by", "next|previous", "sort by the column beside", 1, 1, results_run_sort_by},
	{"sort-then", "next|previous", "sort equal rows by the column beside", 1, 1,
		results_run_sort_then},
	{"watch", "[SECONDS|off]", "ask again and again", 0, 1, run_watch},
	{"widen", "[N]", "a wider column, or narrower", 0, 1, run_widen},
	{"write", "FILE", "save what is shown; the ending tells the format", 1, 1, run_write},
	{NULL, NULL, NULL, 0, 0, NULL},
};

static const struct ui_binding bindings[] = {
	{"Enter", "show", "row", "the whole row"},
	{"/", "filter", "filter", "type what the rows must have"},
	{"n", "find next", NULL, "the next row that passes the filter"},
	{"N", "find previous", NULL, "the one before"},
	{">", "sort-by next", "sort", "sort by the next column"},
	{"<", "sort-by previous", NULL, "sort by the column before"},
	{"F6", "sort-by next", NULL, "sort by the next column"},
	{"I", "invert", NULL, "sort the other way round"},
	{".", "sort-then next", NULL, "sort equal rows by the next column"},
	{",", "sort-then previous", NULL, "sort equal rows by the column before"},
	{"i", "invert second", NULL, "sort equal rows the other way round"},
	{"Space", "mark", "mark", "mark the row"},
	{"f", "fold", "fold", "equal rows of many hosts as one"},
	{"F", "fold commonest", NULL, "likewise, the commonest first"},
	{"d", "diff", "diff", "mark what differs from the run before"},
	{"o", "show hosts", NULL, "the hosts that have this row"},
	{"v", "mark range", NULL, "mark all from the last marked one to here"},
	{"*", "mark all", NULL, "mark all rows that are shown"},
	{"u", "mark none", NULL, "no row is marked any more"},
	{"F9", "act kill", "kill", "kill the processes of the rows"},
	{"K", "act kill", NULL, "likewise"},
	{"S", "act suspend", NULL, "stop the processes of the rows"},
	{"D", "act delete", NULL, "take the files of the rows away"},
	{"E", "act get", NULL, "fetch the files of the rows"},
	{"Q", "act quarantine", NULL, "cut the hosts of the rows off the network"},
	{"r", "refresh", NULL, "ask again now"},
	{"w", "ask \"watch \"", NULL, "ask again and again"},
	{"=", "pause", NULL, "let the rows stand still, or go on"},
	{"-", "hide", NULL, "hide the underlined column"},
	{"M-+", "widen 4", NULL, "widen the column sorted by, or the underlined one"},
	{"M--", "widen -4", NULL, "narrow it"},
	{"#", "raw", NULL, "values as the host sent them, or for people"},
	{"y", "copy", NULL, "copy the cell of the underlined column"},
	{"Y", "copy row", NULL, "copy the row"},
	{"W", "ask \"write \"", NULL, "save what is shown"},
	PANE_SIDE_KEYS,
	PANE_LIST_KEYS,
	{NULL, NULL, NULL, NULL},
};

const struct pane_kind pane_kind_results = {
	.name = "results",
	.summary = "the rows of one question",
	.of = "a question: query, run",
	.size = sizeof(struct results_pane),
	.open = results_open_pane,
	.close = results_close_pane,
	.title = results_title,
	.draw = results_draw,
	.tick = results_tick,
	.mouse = mouse,
	.offer = offer,
	.commands = commands,
	.bindings = bindings,
};
