/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hosts: which are there, what runs on them, what went wrong. */
#include "common/clock.h"
#include "common/str.h"
#include "console/collate.h"
#include "console/ui/grid.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What went wrong has the rest of the line; the others behind it are on the card only. */
enum { HOST, STATE, LATENCY, ROWS, AGENT, OS, ERROR, N_SHOWN, KERNEL = N_SHOWN, N_COLUMNS };
static const char *const columns[] = {
	"host", "state", "latency", "rows", "agent", "os", "what went wrong", "kernel"};

/* How much longer than the order of many hosts takes to make it stands, while they come and go. */
#define ARRANGE_REST 10

struct hosts_pane {
	struct pane p;
	struct grid grid;
	host_id *order; /* as shown */
	size_t n;
	uint64_t version; /* of the hosts when that was made */
	int64_t next_ms;  /* it is not made anew before */
	size_t by;	  /* column */
	bool descending, silent_first;
	char *filter;
};

static struct hosts_pane *of(struct pane *p)
{
	return (struct hosts_pane *)p;
}

static const struct live_host *host(const struct hosts_pane *v, host_id h)
{
	return live_host(v->p.ui->live, h);
}

static const char *host_name(const struct hosts_pane *v, host_id h)
{
	return v->p.ui->app->hosts[h].name;
}

/* ---- Which, and in which order ---- */

static const char *state_words(const struct live_host *h)
{
	if (h->quarantine)
		return "quarantined";
	if (h->asking)
		return "asking";
	switch (h->state) {
	case HOST_PENDING:
		return "not yet";
	case HOST_ANSWERED:
		return "up";
	case HOST_TIMED_OUT:
		return "timed out";
	default:
		return host_state_name(h->state);
	}
}

static const char *text_of(const struct hosts_pane *v, host_id h, size_t column)
{
	const struct live_host *l = host(v, h);
	const char *text = NULL;

	switch (column) {
	case HOST:
		text = host_name(v, h);
		break;
	case STATE:
		text = state_words(l);
		break;
	case AGENT:
		text = l->agent;
		break;
	case OS:
		text = l->os;
		break;
	case KERNEL:
		text = l->kernel;
		break;
	case ERROR:
		text = l->error;
		break;
	default:
		break;
	}
	return text ? text : "";
}

static bool is_silent(const struct live_host *h)
{
	return h->state != HOST_ANSWERED;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct hosts_pane *v = arg;
	host_id x = *(const host_id *)a, y = *(const host_id *)b;
	const struct live_host *p = host(v, x), *q = host(v, y);
	int order = 0;

	if (v->silent_first && is_silent(p) != is_silent(q))
		return is_silent(p) ? -1 : 1;
	if (v->by == LATENCY)
		order = (p->connect_ms > q->connect_ms) - (p->connect_ms < q->connect_ms);
	else if (v->by == ROWS)
		order = (p->rows > q->rows) - (p->rows < q->rows);
	else
		order = collate(span_str(text_of(v, x, v->by)), span_str(text_of(v, y, v->by)));
	if (order == 0)
		order = (x > y) - (x < y);
	return v->descending ? -order : order;
}

static bool shows(const struct hosts_pane *v, host_id h)
{
	if (!v->filter || !*v->filter)
		return true;
	for (size_t c = 0; c < N_COLUMNS; c++)
		if (strcasestr(text_of(v, h, c), v->filter))
			return true;
	return false;
}

static void choose(struct hosts_pane *v)
{
	size_t all = live_n_hosts(v->p.ui->live);

	/* Mostly they stand in the right order already. */
	if (v->n == all && (!v->filter || !*v->filter))
		return;
	v->n = 0;
	for (size_t h = 0; h < all; h++)
		if (shows(v, (host_id)h))
			v->order[v->n++] = (host_id)h;
}

static bool in_order(struct hosts_pane *v)
{
	for (size_t i = 1; i < v->n; i++)
		if (compare(&v->order[i - 1], &v->order[i], v) > 0)
			return false;
	return true;
}

static void arrange(struct hosts_pane *v)
{
	host_id at = v->grid.list.at < v->n ? v->order[v->grid.list.at] : UINT32_MAX;
	int64_t begun_ms = clock_mono_ms();

	v->version = live_version(v->p.ui->live);
	choose(v);
	if (!in_order(v))
		qsort_r(v->order, v->n, sizeof(*v->order), compare, v);
	for (size_t i = 0; i < v->n && v->grid.list.at > 0; i++)
		if (v->order[i] == at)
			v->grid.list.at = i;
	v->next_ms = clock_mono_ms() + (clock_mono_ms() - begun_ms) * ARRANGE_REST;
}

/* ---- Drawing ---- */

static const char *name(void *arg, size_t column)
{
	(void)arg;
	return columns[column];
}

static bool cell(void *arg, size_t line, size_t column, struct buf *out)
{
	struct hosts_pane *v = arg;
	const struct live_host *h = host(v, v->order[line]);

	if (column == LATENCY && h->connect_ms >= 0)
		(void)buf_printf(out, "%" PRId64 " ms", h->connect_ms);
	else if (column == ROWS && h->state == HOST_ANSWERED)
		(void)buf_printf(out, "%" PRId64, h->rows);
	else
		(void)buf_puts(out, text_of(v, v->order[line], column));
	return column == LATENCY || column == ROWS;
}

/* A host that is not there has no latency either: why stands where all see it. */
static bool span(void *arg, size_t line, size_t *ret_from, struct buf *out)
{
	const struct hosts_pane *v = arg;
	const struct live_host *h = host(v, v->order[line]);

	*ret_from = LATENCY;
	return is_silent(h) && h->error && buf_puts(out, h->error) == 0;
}

static enum style style(void *arg, size_t line, char *ret_sign)
{
	struct hosts_pane *v = arg;
	const struct live_host *h = host(v, v->order[line]);

	*ret_sign = h->quarantine ? '#' : h->asking ? '~' : ' ';
	if (h->quarantine)
		return STYLE_WARN;
	if (h->state == HOST_PENDING)
		return STYLE_DIM;
	if (h->state == HOST_ANSWERED)
		return STYLE_PLAIN;
	*ret_sign = '!';
	return STYLE_BAD;
}

static int sorted(void *arg, size_t column)
{
	struct hosts_pane *v = arg;

	return column != v->by ? 0 : v->descending ? -1 : 1;
}

static struct grid_source source(struct hosts_pane *v)
{
	return (struct grid_source){.lines = v->n,
		.columns = N_SHOWN,
		.name = name,
		.cell = cell,
		.style = style,
		.span = span,
		.sorted = sorted,
		.arg = v};
}

static void draw(struct pane *p, struct area a, bool focus)
{
	struct hosts_pane *v = of(p);
	struct grid_source s;

	if (v->version != live_version(p->ui->live) && clock_mono_ms() >= v->next_ms)
		arrange(v);
	s = source(v);
	grid_draw(&v->grid, &s, a, focus);
}

static void title(const struct pane *p, struct buf *out)
{
	const struct hosts_pane *v = (const struct hosts_pane *)p;

	(void)buf_printf(out, "hosts  %zu", v->n);
	if (v->filter && *v->filter)
		(void)buf_printf(out, " of %zu  /%s", live_n_hosts(p->ui->live), v->filter);
	if (v->silent_first)
		(void)buf_puts(out, "  the silent ones first");
}

/* ---- Commands ---- */

static int run_move(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct hosts_pane *v = of(p);

	(void)ui;
	(void)argc;
	if (str_eq(argv[0], "left"))
		v->grid.left -= v->grid.left > 0;
	else if (str_eq(argv[0], "right"))
		v->grid.left++;
	else if (!list_move(&v->grid.list, argv[0], v->n, p->area.h - 1))
		return err_set(err, EINVAL, PANE_LIST_WORDS ", left, right");
	return 0;
}

static int run_sort_by(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct hosts_pane *v = of(p);

	(void)ui;
	(void)argc;
	(void)err;
	v->by = (v->by + (str_eq(argv[0], "next") ? 1 : N_SHOWN - 1)) % N_SHOWN;
	v->descending = false;
	arrange(v);
	return 0;
}

static int run_invert(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct hosts_pane *v = of(p);

	(void)ui;
	(void)argc;
	(void)argv;
	(void)err;
	v->descending = !v->descending;
	arrange(v);
	return 0;
}

static int run_silent(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct hosts_pane *v = of(p);

	(void)ui;
	(void)argc;
	(void)argv;
	(void)err;
	v->silent_first = !v->silent_first;
	v->grid.list = (struct list){0, 0};
	arrange(v);
	return 0;
}

static void filter_to(struct hosts_pane *v, const char *text)
{
	free(v->filter);
	v->filter = strdup(text);
	arrange(v);
}

static void filter_typed(void *arg, const char *text)
{
	filter_to(arg, text);
}

static void filter_done(void *arg, const char *text)
{
	filter_to(arg, text ? text : "");
}

static int run_filter(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct hosts_pane *v = of(p);
	const struct prompt_use use = {.label = "/",
		.initial = v->filter,
		.changed = filter_typed,
		.done = filter_done,
		.arg = v};

	(void)err;
	if (argc)
		filter_to(v, argv[0]);
	else
		ui_prompt(ui, &use);
	return 0;
}

/* Connects anew to those that are not there. */
static int run_refresh(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	const struct live_question q = {.arg = NULL};

	(void)p;
	(void)argc;
	(void)argv;
	return live_ask(ui->live, &q) < 0 ? err_set(err, ENOBUFS, "too many questions wait") : 0;
}

static int run_show(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct hosts_pane *v = of(p);
	struct cell cells[N_COLUMNS];
	struct buf texts[N_COLUMNS];

	(void)argc;
	(void)argv;
	(void)err;
	if (v->grid.list.at >= v->n)
		return 0;
	for (size_t c = 0; c < N_COLUMNS; c++) {
		buf_init(&texts[c], ERR_TEXT_MAX * 8);
		(void)cell(v, v->grid.list.at, c, &texts[c]);
		cells[c] = (struct cell){
			.type = CELL_TEXT, .n = (uint32_t)texts[c].len, .p = buf_str(&texts[c])};
	}
	detail_open(ui, "host", columns, cells, N_COLUMNS, NULL);
	for (size_t c = 0; c < N_COLUMNS; c++)
		buf_done(&texts[c]);
	return 0;
}

static int run_ssh(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct hosts_pane *v = of(p);

	(void)argc;
	(void)argv;
	if (v->grid.list.at >= v->n)
		return err_set(err, ENOENT, "no host is selected");
	return ui_ssh(ui, v->order[v->grid.list.at], err);
}

static void sort_at(struct hosts_pane *v, size_t column)
{
	v->descending = v->by == column && !v->descending;
	v->by = column;
	arrange(v);
}

static void mouse(struct pane *p, int y, int x, bool twice)
{
	struct hosts_pane *v = of(p);
	struct grid_source s = source(v);
	size_t line = grid_line_at(&v->grid, &s, y);
	size_t column = grid_column_at(&v->grid, &s, p->area.w, x);

	if (y == 0 && column != SIZE_MAX)
		sort_at(v, column);
	if (line == SIZE_MAX)
		return;
	v->grid.list.at = line;
	if (twice)
		ui_line(p->ui, p, "show");
}

static int open_pane(struct pane *p, struct err *err)
{
	struct hosts_pane *v = of(p);

	v->grid.frozen = 1;
	v->version = UINT64_MAX;
	v->order = calloc(live_n_hosts(p->ui->live) + 1, sizeof(*v->order));
	return v->order ? 0 : err_sys(err, ENOMEM, "hosts");
}

static void close_pane(struct pane *p)
{
	free(of(p)->order);
	free(of(p)->filter);
}

static bool tick(struct pane *p)
{
	return of(p)->version != live_version(p->ui->live);
}

static const struct ui_command commands[] = {
	{"filter", "[TEXT]", "show the hosts that have it in their line", 0, 1, run_filter},
	{"invert", "", "the other way round", 0, 0, run_invert},
	{"move", "WHERE", "move the cursor", 1, 1, run_move},
	{"refresh", "", "connect anew to those that are not there", 0, 0, run_refresh},
	{"show", "", "all that is known of the host", 0, 0, run_show},
	{"silent", "", "those that do not answer first, or not", 0, 0, run_silent},
	{"sort-by", "next|previous", "sort by the column beside", 1, 1, run_sort_by},
	{"ssh", "", "log in there, in this terminal", 0, 0, run_ssh},
	{NULL, NULL, NULL, 0, 0, NULL},
};

static const struct ui_binding bindings[] = {
	{"Enter", "show", "host", "all that is known of the host"},
	{"/", "filter", "filter", "type what the hosts must have"},
	{"s", "silent", "silent", "those that do not answer first"},
	{"!", "ssh", "ssh", "log in there"},
	{"r", "refresh", "reconnect", "connect anew to those that are not there"},
	{">", "sort-by next", NULL, "sort by the next column"},
	{"<", "sort-by previous", NULL, "sort by the column before"},
	{"F6", "sort-by next", NULL, "sort by the next column"},
	{"I", "invert", NULL, "sort the other way round"},
	PANE_SIDE_KEYS,
	PANE_LIST_KEYS,
	{NULL, NULL, NULL, NULL},
};

const struct pane_kind pane_kind_hosts = {
	.name = "hosts",
	.summary = "which hosts are there, and what went wrong",
	.size = sizeof(struct hosts_pane),
	.open = open_pane,
	.close = close_pane,
	.title = title,
	.draw = draw,
	.tick = tick,
	.mouse = mouse,
	.commands = commands,
	.bindings = bindings,
};
