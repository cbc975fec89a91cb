/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is seen of a results pane: marks, cells, the grid. */
#include "console/ui/results.h"

#include "common/clock.h"
#include "common/text.h"
#include "console/humane.h"
#include "console/ui/wrong.h"
#include "console/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a cell that are looked at for a line: no screen is wider. */
#define CELL_SEEN (2 * SCREEN_MAX_COLS)
/* Columns of a title that tell what is asked, before its pane was drawn; bytes looked at. */
#define ASKED_MAX	60
#define ASKED_BYTES_MAX 4096

/* ---- Marks ---- */

bool results_is_marked(const struct results_pane *v, row_id row)
{
	return row / 8 < v->n_marks && (v->marks[row / 8] >> row % 8 & 1);
}

void results_set_mark(struct results_pane *v, row_id row, bool on)
{
	size_t need = (size_t)row / 8 + 1;

	if (need > v->n_marks) {
		size_t n = need * 2;
		uint8_t *more = realloc(v->marks, n);

		if (!more)
			return;
		memset(more + v->n_marks, 0, n - v->n_marks);
		v->marks = more;
		v->n_marks = n;
	}
	if (results_is_marked(v, row) == on)
		return;
	v->marks[row / 8] ^= (uint8_t)(1 << row % 8);
	v->marked += on ? 1 : (size_t)-1;
}

static void mark_row(void *arg, row_id row)
{
	results_set_mark(arg, row, true);
}

static void unmark_row(void *arg, row_id row)
{
	results_set_mark(arg, row, false);
}

int results_mark_lines(struct results_pane *v, size_t from, size_t n, bool on)
{
	const struct view_line *lines = v->lines.of + from;

	if (v->fold)
		return view_unfold(v->view, lines, n, on ? mark_row : unmark_row, v);
	for (size_t i = 0; i < n; i++)
		results_set_mark(v, lines[i].row, on);
	return 0;
}

/* ---- Drawing ---- */

/* The results' column behind a column of the grid, or VIEW_HOST, VIEW_COUNT. */
int results_column_of(const struct results_pane *v, size_t column)
{
	if (column == COLUMN_HOST)
		return v->fold ? VIEW_COUNT : VIEW_HOST;
	column -= COLUMNS_BEFORE;
	return column < v->n_shown ? (int)v->shown[column] : VIEW_NONE;
}

const char *results_name_of(const struct results_pane *v, size_t column)
{
	int c = results_column_of(v, column);

	if (c == VIEW_COUNT)
		return "hosts";
	return c < 0 ? "host" : results_column_name(v->results, (size_t)c);
}

static const char *name(void *arg, size_t column)
{
	return results_name_of(arg, column);
}

/* What is behind is not seen on any screen. */
static bool cut_cell(struct cell *c, size_t most)
{
	if (!most || !cell_has_bytes(c) || c->n <= most)
		return false;
	c->n = (uint32_t)most;
	/* Not within a character. */
	while (c->n > 0 && ((unsigned char)c->p[c->n] & 0xc0) == 0x80)
		c->n--;
	return true;
}

bool results_put_cell(const struct results_pane *v, row_id row, int column, bool raw, size_t most,
	struct buf *out)
{
	const char *column_words = results_column_name(v->results, (size_t)column);
	struct cell c = results_unpack(v->results, results_cell(v->results, row, (size_t)column));
	struct humane_who who = ui_who(v->p.ui, results_host(v->results, row));
	bool right = false, cut = cut_cell(&c, most);

	/* Folded, it is of many hosts. */
	if (!raw)
		(void)humane_cell(out, column_words, &c, v->fold ? NULL : &who, &right);
	else
		(void)format_cell_text(out, &c);
	if (cut)
		(void)buf_puts(out, "…");
	return raw ? c.type == CELL_INT || c.type == CELL_REAL : right;
}

/* Where it is another than before, both. */
static bool put_cell(const struct results_pane *v, row_id row, int column, struct buf *out)
{
	struct cell was;
	struct humane_who who = ui_who(v->p.ui, results_host(v->results, row));
	bool right, ignored;

	if (!results_was_cell(v, row, (size_t)column, &was))
		return results_put_cell(v, row, column, v->raw, CELL_SEEN, out);
	(void)buf_putc(out, '~');
	right = results_put_cell(v, row, column, v->raw, CELL_SEEN, out);
	(void)buf_puts(out, " (was ");
	(void)cut_cell(&was, CELL_SEEN);
	if (v->raw)
		(void)format_cell_text(out, &was);
	else
		(void)humane_cell(
			out, results_column_name(v->results, (size_t)column), &was, &who, &ignored);
	(void)buf_putc(out, ')');
	return right;
}

static bool cell(void *arg, size_t line, size_t column, struct buf *out)
{
	struct results_pane *v = arg;
	const struct view_line *l = &v->lines.of[line];
	int c = results_column_of(v, column);

	if (c >= 0)
		return put_cell(v, l->row, c, out);
	if (c == VIEW_COUNT) {
		(void)buf_printf(out, "%" PRIu32, l->hosts);
		return true;
	}
	(void)buf_puts(out, results_hosts(v)[results_host(v->results, l->row)].name);
	return false;
}

static enum style change_style(const struct results_pane *v, row_id row, char *ret_sign)
{
	const char *change = results_change_name(v, row);

	*ret_sign = *change == 'a' ? '+' : *change == 'r' ? '-' : *change == 'c' ? '~' : ' ';
	return *change == 'a'	? STYLE_NEW
	       : *change == 'r' ? STYLE_GONE
	       : *change == 'c' ? STYLE_WARN
				: STYLE_PLAIN;
}

static enum style style(void *arg, size_t line, char *ret_sign)
{
	struct results_pane *v = arg;
	row_id row = v->lines.of[line].row;
	enum row_mark mark = results_mark(v->results, row);

	if (results_is_marked(v, row)) {
		*ret_sign = '*';
		return STYLE_MARKED;
	}
	if (v->diff && v->compare)
		return change_style(v, row, ret_sign);
	*ret_sign = mark == ROW_NEW ? '+' : mark == ROW_GONE ? '-' : ' ';
	return mark == ROW_NEW ? STYLE_NEW : mark == ROW_GONE ? STYLE_GONE : STYLE_PLAIN;
}

static int sorted(void *arg, size_t column)
{
	struct results_pane *v = arg;
	int c = results_column_of(v, column);

	for (int i = 0; i < VIEW_KEYS; i++)
		if (v->keys[i].column != VIEW_NONE && v->keys[i].column == c)
			return v->keys[i].descending ? -(i + 1) : i + 1;
	return 0;
}

int results_acts_on(const struct results_pane *v)
{
	int column = v->keys[0].column;

	if (column < 0)
		return v->n_shown ? (int)v->shown[0] : VIEW_NONE;
	return column;
}

static bool acts(void *arg, size_t column)
{
	const struct results_pane *v = arg;

	return results_acts_on(v) == results_column_of(v, column);
}

struct grid_source results_source(struct results_pane *v)
{
	return (struct grid_source){.lines = v->lines.n,
		.columns = COLUMNS_BEFORE + v->n_shown,
		.name = name,
		.cell = cell,
		.style = style,
		.sorted = sorted,
		.acts = acts,
		.arg = v};
}

/* The cursor stays at its row, not at its place, when rows come in above it. */
static void take_lines(struct results_pane *v)
{
	row_id at = v->grid.list.at < v->lines.n ? v->lines.of[v->grid.list.at].row : UINT32_MAX;
	struct view_lines fresh;

	if (v->paused || !view_take(v->view, &fresh))
		return;
	v->lines = fresh;
	if (v->grid.list.at == 0 ||
		(v->grid.list.at < fresh.n && fresh.of[v->grid.list.at].row == at))
		return;
	for (size_t i = 0; i < fresh.n; i++) {
		if (fresh.of[i].row != at)
			continue;
		v->grid.list.top = i - (v->grid.list.at - v->grid.list.top < i
						       ? v->grid.list.at - v->grid.list.top
						       : i);
		v->grid.list.at = i;
		return;
	}
}

/* The SQL, with what the hosts do not understand underlined. */
static void draw_refusal(const struct results_pane *v, struct area a)
{
	const char *sql = v->question.of[0].sql;
	struct blame blame;

	screen_print(a.y + 2, a.x + 2, a.w - 2, STYLE_BAD, false, "%s", v->refusal);
	if (a.h > 4 + WRONG_ROWS && blame_sql(sql, v->refusal, &blame))
		wrong_draw(a.y + 4, a.x + 2, a.w - 2, "", sql, &blame);
}

static void draw_nothing(const struct results_pane *v, struct area a)
{
	const char *why = "No rows.";

	if (v->refusal && v->lines.all == 0) {
		draw_refusal(v, a);
		return;
	}
	if (v->failure && v->lines.all == 0 && !v->number) {
		screen_print(a.y + 2, a.x + 2, a.w - 2, STYLE_BAD, false, "%s", v->failure);
		screen_print(a.y + 4, a.x + 2, a.w - 2, STYLE_DIM, false,
			"F3 shows each host, F4 what else was said.");
		return;
	}
	if (v->lines.all > 0 && v->filter && *v->filter)
		why = "No row passes the filter; / changes it.";
	else if (v->number)
		why = "Asking…";
	screen_print(a.y + 2, a.x + 2, a.w - 2, STYLE_DIM, false, "%s", why);
}

void results_draw(struct pane *p, struct area a, bool focus)
{
	struct results_pane *v = results_of(p);
	struct grid_source s;

	results_diff_take(v);
	take_lines(v);
	if (v->diff) {
		results_diff_draw(v, a);
		a.y++;
		a.h--;
	}
	results_list_columns(v);
	s = results_source(v);
	grid_draw(&v->grid, &s, a, focus);
	if (v->lines.n == 0)
		draw_nothing(v, a);
}

/* What is asked, in one line and about half of it: the rest is for what came of it. */
static void put_words(struct buf *out, const char *words, int w)
{
	size_t max = w > 0 ? (size_t)w / 2 + 4 : ASKED_MAX, used;
	struct buf line;
	bool blank = true;

	buf_init(&line, ASKED_BYTES_MAX);
	for (const char *p = words; *p; p++) {
		bool space = *p == ' ' || *p == '\n' || *p == '\t' || *p == '\r';

		if ((!space || !blank) && buf_putc(&line, space ? ' ' : *p) < 0)
			break;
		blank = space;
	}
	(void)text_escape_cut(out, buf_str(&line), line.len, max, &used);
	buf_done(&line);
}

void results_title(const struct pane *p, struct buf *out)
{
	const struct results_pane *v = (const struct results_pane *)p;
	size_t lost = results_lost(v->results);

	put_words(out, v->words ? v->words : "", p->area.w);
	(void)buf_printf(out, "  %zu row%s", v->lines.rows, v->lines.rows == 1 ? "" : "s");
	if (v->filter && *v->filter)
		(void)buf_printf(out, " of %zu  /%s", v->lines.all, v->filter);
	if (v->only)
		(void)buf_printf(out, "  of %.40s", v->target);
	if (v->fold)
		(void)buf_printf(out, "  folded into %zu", v->lines.n);
	if (v->marked)
		(void)buf_printf(out, "  %zu marked", v->marked);
	if (v->number)
		(void)buf_printf(out, "  asking %zu", v->to_answer);
	if (v->failed)
		(void)buf_printf(out, "  %zu did not answer", v->failed);
	if (v->watch_ms)
		(void)buf_printf(out, "  every %" PRId64 " s", v->watch_ms / 1000);
	if (v->paused)
		(void)buf_puts(out, "  [paused]");
	if (v->not_shown)
		(void)buf_printf(out, "  %zu of %zu columns, :columns chooses", v->n_shown,
			v->n_shown + v->not_shown);
	if (lost)
		(void)buf_printf(out, "  %zu rows lost: no room", lost);
}

static bool shows_ids(const struct results_pane *v)
{
	for (size_t i = 0; i < v->n_shown; i++) {
		enum humane_kind kind = humane_kind(results_column_name(v->results, v->shown[i]));

		if (kind == HUMANE_USER || kind == HUMANE_GROUP)
			return true;
	}
	return false;
}

/* Once its own rows are there: they come first. The filter looks at the names too. */
static void want_names(struct results_pane *v)
{
	uint64_t told = ui_names_told(v->p.ui);

	if (v->raw || v->number || v->lines.all == 0 || !v->p.area.h || !shows_ids(v))
		return;
	ui_want_names(v->p.ui);
	if (v->filter && *v->filter && v->names_told != told)
		results_apply(v);
	v->names_told = told;
}

bool results_tick(struct pane *p)
{
	struct results_pane *v = results_of(p);
	int64_t now = clock_mono_ms();

	if (v->watch_ms && !v->paused && !v->number && now >= v->next_ms)
		results_ask(v, true);
	results_let_go(v);
	want_names(v);
	return v->number || v->comparing || !view_settled(v->view);
}
