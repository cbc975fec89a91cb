/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was done and what went wrong, with the time, the newest at the end. */
#include "common/str.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <string.h>
#include <time.h>

struct activity_pane {
	struct pane p;
	struct list list;
	size_t seen; /* lines there were when it was drawn last */
	bool stays;  /* something was wanted of the line under the cursor, which is looked at */
};

static void title(const struct pane *p, struct buf *out)
{
	(void)buf_printf(out, "activity (%zu)", ui_activities(p->ui));
}

static void draw_line(const struct ui_activity *a, int y, struct area area, bool at)
{
	time_t t = (time_t)(a->at_us / 1000000);
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(when, sizeof(when), "%H:%M:%S", &tm);
	screen_print(
		y, area.x, area.w, at ? STYLE_SELECTED : a->style, true, " %s  %s", when, a->text);
}

static void draw(struct pane *p, struct area a, bool focus)
{
	struct activity_pane *v = (struct activity_pane *)p;
	size_t n = ui_activities(p->ui);

	/* Who looks at the end goes on looking at the end. */
	if (!v->stays && v->list.at + 1 >= v->seen)
		v->list.at = n ? n - 1 : 0;
	v->seen = n;
	list_fit(&v->list, n, a.h);
	for (int i = 0; i < a.h && v->list.top + (size_t)i < n; i++)
		draw_line(ui_activity(p->ui, v->list.top + (size_t)i), a.y + i, a,
			focus && v->list.top + (size_t)i == v->list.at);
	if (n == 0)
		screen_print(a.y, a.x + 1, a.w - 1, STYLE_DIM, false, "Nothing has happened yet.");
}

static int run_move(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct activity_pane *v = (struct activity_pane *)p;

	(void)argc;
	if (!list_move(&v->list, argv[0], ui_activities(ui), p->area.h))
		return err_set(err, EINVAL, PANE_LIST_WORDS);
	v->stays = false;
	return 0;
}

/* The whole of a line that is cut on the screen. */
static int run_show(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct activity_pane *v = (struct activity_pane *)p;
	const struct ui_activity *a;

	(void)argc;
	(void)argv;
	(void)err;
	v->stays = true;
	if (v->list.at >= ui_activities(ui))
		return 0;
	a = ui_activity(ui, v->list.at);
	text_open(ui, "activity", a->text, strlen(a->text));
	return 0;
}

/* Takes back what the line tells of: release, restore, resume. */
static int run_undo(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct activity_pane *v = (struct activity_pane *)p;
	const struct ui_activity *a;

	(void)argc;
	(void)argv;
	v->stays = true;
	if (v->list.at >= ui_activities(ui))
		return err_set(err, ENOENT, "there is no such line");
	a = ui_activity(ui, v->list.at);
	return plan_open_undo(ui,
		&(const struct plan_undo){a->host, a->target ? a->target : "", a->undo, NULL,
			a->undo ? ui->app->hosts[a->host].name : NULL},
		err);
}

static const struct ui_command commands[] = {
	{"move", "WHERE", "move the cursor", 1, 1, run_move},
	{"show", "", "the whole of the line", 0, 0, run_show},
	{"undo", "", "plan what takes the line back: release, restore, resume", 0, 0, run_undo},
	{NULL, NULL, NULL, 0, 0, NULL},
};

static const struct ui_binding bindings[] = {
	{"Enter", "show", "whole line", "the whole of the line"},
	{"u", "undo", "take back", "plan what takes the line back"},
	PANE_LIST_KEYS,
	{NULL, NULL, NULL, NULL},
};

const struct pane_kind pane_kind_activity = {
	.name = "activity",
	.summary = "what was done and what went wrong",
	.size = sizeof(struct activity_pane),
	.title = title,
	.draw = draw,
	.commands = commands,
	.bindings = bindings,
};
