/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an action would do, exactly and where; then, when it was agreed to, what became of it. */
#include "console/plan.h"

#include "common/fill.h"
#include "common/json.h"
#include "common/str.h"
#include "common/text.h"
#include "console/store_act.h"
#include "console/ui/facts.h"
#include "console/ui/grid.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Above so many hosts their number must be typed. */
#define TYPED_ABOVE 5
#define LABEL_MAX   256
/* Of the rows, below the list: what is told of the line under the cursor; not in few rows. */
#define TOLD_PART   3
#define TOLD_LEAST  10
#define TOLD_MAX    (1u << 20)
#define DETAILS_MAX (4u << 20)
#define NARROWEST   20

enum { HOST, TARGET, STATUS, DETAIL, ID, N_COLUMNS };
static const char *const columns[] = {"host", "target", "status", "detail", "id"};

struct plan_pane {
	struct pane p;
	struct plan *plan;
	struct grid grid;
	int64_t number; /* of the round that runs */
	bool planned, applied, over;
	char *reason, *target;
	int64_t record; /* in the console's own record; 0: not yet, -1: it cannot be written */
};

static struct plan_pane *of(struct pane *p)
{
	return (struct plan_pane *)p;
}

static const char *host_name(const struct plan_pane *v, const struct plan_item *i)
{
	return v->p.ui->app->hosts[i->host].name;
}

/* ---- Rounds ---- */

static void go_on(struct plan_pane *v);

/* What restore and release know it by. */
static const char *taken_back(const struct plan_item *i)
{
	return i->id[0] ? i->id : i->target;
}

static void tell(const struct plan_pane *v, const struct plan_item *i)
{
	bool good = wire_status_good(i->status);

	ui_note(v->p.ui, good ? STYLE_GOOD : STYLE_BAD, "%s %s %s: %s%s%s%s%s", v->plan->action,
		host_name(v, i), i->target, wire_status_name(i->status),
		i->detail && *i->detail ? ": " : "", i->detail ? i->detail : "",
		i->id[0] ? ", id " : "", i->id);
	ui_note_undo(v->p.ui, i->host, taken_back(i), i->undo);
}

static bool is_final(const struct plan_pane *v, const struct plan_item *i)
{
	return v->plan->phase != PLAN_DRY && i->step == PLAN_OVER &&
	       (i->status != WIRE_DONE || i->confirmed || !plan_confirms(v->plan->action));
}

static void on_event(void *arg, const struct fleet_event *e)
{
	struct plan_pane *v = arg;
	const struct plan_item *i = plan_take(v->plan, e);

	if (i && is_final(v, i))
		tell(v, i);
}

/* Before it is tried, and after. */
static void record(struct plan_pane *v)
{
	const struct app *app = v->p.ui->app;
	struct err err;

	if (v->record < 0 || store_act(&v->record, v->plan, app->hosts, v->target, &err) == 0)
		return;
	v->record = -1;
	ui_note(v->p.ui, STYLE_WARN, "not in the console's record: %s", err.text);
}

static void end(struct plan_pane *v)
{
	v->over = true;
	if (v->applied)
		record(v);
}

static void on_over(void *arg, bool begun, bool cancelled)
{
	struct plan_pane *v = arg;

	v->number = 0;
	if (begun && !cancelled) {
		go_on(v);
		return;
	}
	plan_give_up(v->plan, "interrupted");
	end(v);
}

static void ask(struct plan_pane *v, const struct fleet_question *fleet)
{
	const struct live_question q = {
		.fleet = *fleet, .event = on_event, .over = on_over, .arg = v};

	v->number = live_ask(v->p.ui->live, &q);
	if (v->number < 0) {
		v->number = 0;
		plan_give_up(v->plan, "too many questions wait");
		end(v);
	}
}

/* What the hosts say of themselves is told anew: whether they are cut off. */
static void look_again(struct plan_pane *v)
{
	const struct live_question ping = {.background = true};

	if (str_eq(v->plan->action, "quarantine") || str_eq(v->plan->action, "release"))
		(void)live_ask(v->p.ui->live, &ping);
}

static void summarise(struct plan_pane *v)
{
	size_t good = 0;

	for (size_t i = 0; i < v->plan->n; i++)
		good += wire_status_good(v->plan->items[i].status);
	ui_say(v->p.ui, good == v->plan->n ? STYLE_GOOD : STYLE_BAD,
		"%s: %zu of %zu succeeded; F4 shows each", v->plan->action, good, v->plan->n);
}

/* The next round, the next phase, or the end. */
static void go_on(struct plan_pane *v)
{
	struct fleet_question fleet;

	if (plan_round(v->plan, &fleet)) {
		ask(v, &fleet);
	} else if (v->plan->phase == PLAN_DRY) {
		v->planned = true;
		ui_want_names(v->p.ui);
	} else if (v->plan->phase == PLAN_APPLY && plan_confirms(v->plan->action) &&
		   plan_begin(v->plan, PLAN_CONFIRM)) {
		go_on(v);
	} else {
		end(v);
		look_again(v);
		summarise(v);
	}
}

static void set_reason(struct plan_pane *v, const char *reason)
{
	char *own = reason ? strdup(reason) : NULL;

	free(v->reason);
	v->plan->reason = v->reason = own;
}

struct pane *plan_open(struct ui *ui, struct plan *plan, const char *target)
{
	struct plan_pane *v = of(ui_open(ui, "plan", UI_HERE));

	if (!v) {
		plan_done(plan);
		free(plan);
		return NULL;
	}
	v->plan = plan;
	v->target = strdup(target);
	/* That of the line, or of another plan, does not stay. */
	set_reason(v, plan->reason);
	plan_begin(plan, PLAN_DRY);
	go_on(v);
	return &v->p;
}

/* ---- Agreeing ---- */

static void apply(struct plan_pane *v)
{
	v->applied = true;
	ui_note(v->p.ui, STYLE_WARN, "%s of %zu target%s: %s", v->plan->action, v->plan->n,
		v->plan->n == 1 ? "" : "s", v->reason && *v->reason ? v->reason : "no reason");
	for (size_t i = 0; i < v->plan->n; i++)
		if (v->plan->items[i].step == PLAN_OVER)
			tell(v, &v->plan->items[i]);
	plan_begin(v->plan, PLAN_APPLY);
	record(v);
	go_on(v);
}

static void agreed(void *arg, const char *text)
{
	struct plan_pane *v = arg;
	size_t hosts, n = plan_count(v->plan, PLAN_READY, &hosts);
	uint64_t typed = 0;
	bool yes;

	(void)n;
	if (!text)
		return;
	yes = str_eq(text, "y") || str_eq(text, "yes");
	if (hosts > TYPED_ABOVE)
		yes = parse_uint(text, 0, UINT32_MAX, &typed) == 0 && typed == hosts;
	if (yes)
		apply(v);
	else
		ui_say(v->p.ui, STYLE_WARN, "nothing was done");
}

static void reason_given(void *arg, const char *text)
{
	struct plan_pane *v = arg;
	size_t hosts, n = plan_count(v->plan, PLAN_READY, &hosts);
	char label[LABEL_MAX];
	const struct prompt_use use = {.label = label, .done = agreed, .arg = v};

	if (!text)
		return;
	set_reason(v, text);
	if (hosts > TYPED_ABOVE)
		snprintf(label, sizeof(label),
			"%s %zu targets on %zu hosts: type the number of hosts: ", v->plan->action,
			n, hosts);
	else
		snprintf(label, sizeof(label), "%s %zu target%s on %zu host%s? [y/N] ",
			v->plan->action, n, n == 1 ? "" : "s", hosts, hosts == 1 ? "" : "s");
	ui_prompt(v->p.ui, &use);
}

static int run_apply(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct plan_pane *v = of(p);
	size_t hosts;
	const struct prompt_use use = {
		.label = "Reason: ", .initial = v->plan->reason, .done = reason_given, .arg = v};

	(void)argc;
	(void)argv;
	if (v->applied)
		return err_set(err, EALREADY, "it was carried out already");
	if (!v->planned)
		return err_set(err, EAGAIN, "the plan is still being made");
	if (plan_count(v->plan, PLAN_READY, &hosts) == 0)
		return err_set(err, ENOENT, "there is nothing that may be done");
	ui_prompt(ui, &use);
	return 0;
}

int plan_open_undo(struct ui *ui, const struct plan_undo *u, struct err *err)
{
	const char *action = json_string_value(json_object_get(u->undo, "action"));
	const struct command *c = action ? command_find(action) : NULL;
	struct plan *plan;
	int r;

	if (!c || !c->act)
		return err_set(err, ENOENT, "nothing is told that would take it back");
	if (ui->app->o.read_only)
		return err_set(err, EPERM, "%s changes hosts: refused with --read-only", c->name);
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return err_sys(err, ENOMEM, "plan");
	r = plan_init(plan, c->name, u->reason, ui->app->n_hosts);
	if (r == 0)
		r = plan_add(
			plan, u->host, u->target, json_deep_copy(json_object_get(u->undo, "args")));
	if (r == 0) {
		plan_open(ui, plan, u->pattern);
		return 0;
	}
	plan_done(plan);
	free(plan);
	return err_sys(err, ENOMEM, "plan");
}

/* Takes an action back: what the host said would. */
static int run_undo(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct plan_pane *v = of(p);
	const struct plan_item *i;

	(void)argc;
	(void)argv;
	if (v->grid.list.at >= v->plan->n)
		return err_set(err, ENOENT, "there is no such line");
	i = &v->plan->items[v->grid.list.at];
	return plan_open_undo(ui,
		&(const struct plan_undo){
			i->host, taken_back(i), v->over ? i->undo : NULL, v->reason, v->target},
		err);
}

/* ---- Drawing ---- */

static const char *name(void *arg, size_t column)
{
	(void)arg;
	return columns[column];
}

static const char *status_words(const struct plan_item *i)
{
	return i->step == PLAN_NEW ? "asking" : wire_status_name(i->status);
}

static bool cell(void *arg, size_t line, size_t column, struct buf *out)
{
	struct plan_pane *v = arg;
	const struct plan_item *i = &v->plan->items[line];
	const char *texts[] = {
		host_name(v, i), i->target, status_words(i), i->detail ? i->detail : "", i->id};

	(void)buf_puts(out, texts[column]);
	return false;
}

static enum style style(void *arg, size_t line, char *ret_sign)
{
	struct plan_pane *v = arg;
	const struct plan_item *i = &v->plan->items[line];

	*ret_sign = ' ';
	if (i->step == PLAN_NEW)
		return STYLE_DIM;
	if (i->step == PLAN_READY)
		return STYLE_WARN;
	*ret_sign = wire_status_good(i->status) ? ' ' : '!';
	return wire_status_good(i->status) ? STYLE_GOOD : STYLE_BAD;
}

static struct grid_source source(struct plan_pane *v)
{
	return (struct grid_source){.lines = v->plan->n,
		.columns = N_COLUMNS,
		.name = name,
		.cell = cell,
		.style = style,
		.arg = v};
}

/* The host's words of it, wrapped, and what it told of the target. */
static int put_told(struct plan_pane *v, const struct plan_item *i, size_t width, struct buf *out)
{
	const struct humane_who who = ui_who(v->p.ui, i->host);
	const char *detail = i->detail ? i->detail : "";
	struct buf words;
	int r;

	buf_init(&words, TOLD_MAX);
	r = text_escape(&words, detail, strlen(detail));
	if (r == 0 && words.len)
		r = fill_words_to(out, (struct span){buf_str(&words), words.len}, 0, width);
	buf_done(&words);
	return r < 0 ? r : facts_put(out, i->before, &who);
}

/* Rows of the list with its header; what is below them tells of the line under the cursor. */
static int list_height(const struct plan_pane *v, int h)
{
	int least = h - h / TOLD_PART, all = v->plan->n < (size_t)h ? (int)v->plan->n + 1 : h;

	return h < TOLD_LEAST ? h : all < least ? all : least;
}

static void draw_told(struct plan_pane *v, struct area a)
{
	struct span rest, line;
	struct buf text;

	if (a.h < 1 || v->grid.list.at >= v->plan->n)
		return;
	screen_hline(a.y, a.x, a.w, STYLE_BORDER);
	buf_init(&text, TOLD_MAX);
	(void)put_told(v, &v->plan->items[v->grid.list.at], (size_t)(a.w - 4), &text);
	rest = (struct span){buf_str(&text), text.len};
	for (int y = 1; y < a.h && span_split(&rest, '\n', &line); y++)
		screen_text(a.y + y, a.x + 2, a.w - 2, STYLE_PLAIN, false, line.p, line.n);
	buf_done(&text);
}

static void draw(struct pane *p, struct area a, bool focus)
{
	struct plan_pane *v = of(p);
	struct area list = a, told = a;
	struct grid_source s;

	if (!v->plan)
		return;
	s = source(v);
	list.h = list_height(v, a.h);
	told.y += list.h;
	told.h -= list.h;
	grid_draw(&v->grid, &s, list, focus);
	draw_told(v, told);
}

static void title(const struct pane *p, struct buf *out)
{
	const struct plan_pane *v = (const struct plan_pane *)p;
	size_t hosts, n;

	if (!v->plan)
		return;
	n = plan_count(v->plan, PLAN_READY, &hosts);
	(void)buf_printf(out, "%s: ", v->plan->action);
	if (v->over)
		(void)buf_puts(out, "done; u takes a line back where that can be");
	else if (v->applied)
		(void)buf_printf(out, "%zu still to come", n);
	else if (v->planned)
		(void)buf_printf(out, "%zu target%s on %zu host%s may be acted on; %sq leaves it",
			n, n == 1 ? "" : "s", hosts, hosts == 1 ? "" : "s",
			n ? "Enter goes on, " : "");
	else
		(void)buf_puts(out, "planning…");
}

/* ---- The rest ---- */

static int run_move(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct plan_pane *v = of(p);

	(void)ui;
	(void)argc;
	if (!list_move(&v->grid.list, argv[0], v->plan->n, list_height(v, p->area.h) - 1))
		return err_set(err, EINVAL, PANE_LIST_WORDS);
	return 0;
}

static void mouse(struct pane *p, int y, int x, bool twice)
{
	struct plan_pane *v = of(p);
	struct grid_source s = source(v);
	size_t line = grid_line_at(&v->grid, &s, y);

	(void)x;
	if (line == SIZE_MAX || y >= list_height(v, p->area.h))
		return;
	v->grid.list.at = line;
	if (twice)
		ui_line(p->ui, p, "show");
}

/* Everything that the host told of the target. */
static int run_show(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct plan_pane *v = of(p);
	const struct plan_item *i;
	const json_t *trees[3];
	struct buf text;

	(void)argc;
	(void)argv;
	(void)err;
	if (v->grid.list.at >= v->plan->n)
		return 0;
	i = &v->plan->items[v->grid.list.at];
	trees[0] = i->before;
	trees[1] = i->after;
	trees[2] = i->undo;
	buf_init(&text, DETAILS_MAX);
	(void)buf_printf(&text, "%s %s %s: %s\n", v->plan->action, host_name(v, i), i->target,
		status_words(i));
	(void)put_told(v, i, p->area.w > NARROWEST ? (size_t)p->area.w - 1 : NARROWEST, &text);
	for (size_t t = 0; t < ARRAY_LEN(trees); t++) {
		static const char *const words[] = {"before", "after", "undo"};
		char *json = trees[t] ? json_print(trees[t], JSON_INDENT(2)) : NULL;

		if (json)
			(void)buf_printf(&text, "\n%s\n%s\n", words[t], json);
		free(json);
	}
	text_open(ui, "what the host says of it", buf_str(&text), text.len);
	buf_done(&text);
	return 0;
}

static void close_pane(struct pane *p)
{
	struct plan_pane *v = of(p);

	/* What hosts were told to do they do: only nobody listens any more. */
	if (v->number)
		live_forget(p->ui->live, v->number);
	plan_done(v->plan);
	free(v->plan);
	free(v->reason);
	free(v->target);
}

static bool tick(struct pane *p)
{
	return of(p)->number != 0;
}

static const struct ui_command commands[] = {
	{"apply", "", "carry the plan out", 0, 0, run_apply},
	{"move", "WHERE", "move the cursor", 1, 1, run_move},
	{"show", "", "everything that the host told of the target", 0, 0, run_show},
	{"undo", "", "plan what takes the line back", 0, 0, run_undo},
	{NULL, NULL, NULL, 0, 0, NULL},
};

static const struct ui_binding bindings[] = {
	{"Enter", "apply", "carry out", "carry the plan out"},
	{"o", "show", "details", "everything that the host told of the target"},
	{"u", "undo", "take back", "plan what takes the line back"},
	PANE_LIST_KEYS,
	{NULL, NULL, NULL, NULL},
};

const struct pane_kind pane_kind_plan = {
	.name = "plan",
	.summary = "what an action would do, and what became of it",
	.of = "an action, such as kill",
	.size = sizeof(struct plan_pane),
	.close = close_pane,
	.title = title,
	.draw = draw,
	.tick = tick,
	.mouse = mouse,
	.commands = commands,
	.bindings = bindings,
};
