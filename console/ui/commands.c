/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The screen's own commands and keys: those of every pane. */
#include "common/io.h"
#include "common/spawn.h"
#include "common/str.h"
#include "console/catalogue.h"
#include "console/ui/save.h"
#include "console/ui/self.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESIZE_MAX 200
#define DUMP_MAX   (16u << 20)

static struct ui_self *self(struct ui *ui)
{
	return (struct ui_self *)ui;
}

/* ---- Panes ---- */

static int split(struct ui *ui, enum ui_place place, int argc, char **argv, struct err *err)
{
	const char *name = argc ? argv[0] : "hosts";
	const struct pane_kind *kind = pane_kind_find(name);

	if (!kind)
		return err_set(err, ENOENT, "no kind of pane `%s`", name);
	if (kind->of)
		return err_set(err, EINVAL, "a pane `%s` comes of %s", name, kind->of);
	ui_open(ui, name, place);
	return 0;
}

static int run_split(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)p;
	return split(ui, UI_BELOW, argc, argv, err);
}

static int run_vsplit(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)p;
	return split(ui, UI_BESIDE, argc, argv, err);
}

static int run_open(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)p;
	return split(ui, UI_HERE, argc, argv, err);
}

static int run_close(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	ui_close(ui, p);
	return 0;
}

/* Back to what was there before; the last pane stays, since `q` is typed by habit. */
static int run_back(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	if (p->under || layout_count(self(ui)->layout) > 1)
		ui_close(ui, p);
	else
		ui_say(ui, STYLE_HINT, "F10 or :quit leaves tocsin");
	return 0;
}

static int run_zoom(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct layout *l = self(ui)->layout;

	(void)argc;
	(void)argv;
	(void)err;
	layout_zoom(l, layout_zoomed(l) ? NULL : p);
	return 0;
}

static int run_next(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	ui_focus(ui, layout_next(self(ui)->layout, p, 1));
	return 0;
}

static int run_previous(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	ui_focus(ui, layout_next(self(ui)->layout, p, -1));
	return 0;
}

static int run_focus(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	static const char *const words[] = {"up", "down", "left", "right"};
	static const int by[][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};

	(void)argc;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(words[i], argv[0])) {
			ui_focus(ui, layout_toward(self(ui)->layout, p, by[i][0], by[i][1]));
			return 0;
		}
	return err_set(err, EINVAL, "up, down, left or right");
}

static int run_resize(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	int64_t rows = 0, cols = 0;
	int r = parse_int(argv[0], -RESIZE_MAX, RESIZE_MAX, &rows);

	if (r == 0 && argc > 1)
		r = parse_int(argv[1], -RESIZE_MAX, RESIZE_MAX, &cols);
	if (r < 0)
		return err_set(err, EINVAL, "rows and columns, such as 3 or -3 0");
	layout_resize(self(ui)->layout, p, (int)rows, (int)cols);
	return 0;
}

/* ---- The rest ---- */

static int run_quit(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)p;
	(void)argc;
	(void)argv;
	(void)err;
	self(ui)->quit = true;
	return 0;
}

static int run_theme(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)ui;
	(void)p;
	(void)argc;
	return screen_theme(argv[0]) < 0 ? err_set(err, EINVAL, "dark, light or mono") : 0;
}

static int run_save_screen(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	int fd = ui_save_begin(argv[0], err), r;
	struct buf text;

	(void)p;
	(void)argc;
	if (fd < 0)
		return fd;
	buf_init(&text, DUMP_MAX);
	r = screen_dump(&text);
	if (r == 0)
		r = io_write_all(fd, text.p, text.len);
	buf_done(&text);
	r = ui_save_end(fd, argv[0], r, err);
	if (r < 0)
		return r;
	ui_say(ui, STYLE_GOOD, "the screen is in %s", argv[0]);
	return 0;
}

/* What is open asks on as it did. */
static int run_target(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct ui_self *s = self(ui);
	char *target = NULL;
	bool *in = NULL;
	size_t n;
	int r;

	(void)p;
	if (argc) {
		r = app_among(ui->app, argv[0], &in, &n, err);
		free(in);
		if (r < 0)
			return r;
		target = strdup(argv[0]);
		if (!target)
			return err_sys(err, ENOMEM, "target");
	}
	ui->app->o.targets = target ? target : s->targets;
	free(s->target);
	s->target = target;
	return 0;
}

static int run_redraw(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)ui;
	(void)p;
	(void)argc;
	(void)argv;
	(void)err;
	screen_redraw();
	return 0;
}

static int run_cancel(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)p;
	(void)argc;
	(void)argv;
	(void)err;
	if (live_cancel_running(ui->live))
		ui_say(ui, STYLE_WARN, "cancelled");
	else
		ui_say(ui, STYLE_HINT, "nothing runs; F10 or :quit leaves tocsin");
	return 0;
}

/* The agent's as this program knows them: the hosts' may be older or newer. */
static int run_tables(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct buf text;

	(void)p;
	buf_init(&text, DUMP_MAX);
	for (const struct catalogue_row *c = catalogue; c->table; c++) {
		bool first = c == catalogue || !str_eq(c->table, c[-1].table);

		if (argc && !str_eq(c->table, argv[0]))
			continue;
		if (first)
			(void)buf_printf(&text, "%s%s\n", c->table, argc ? "\n" : "");
		if (argc)
			(void)buf_printf(&text, "  %-28s %s\n", c->column, c->type);
	}
	if (text.len)
		text_open(ui, argc ? argv[0] : "tables", buf_str(&text), text.len);
	else
		err_set(err, ENOENT, "no table `%s`", argv[0]);
	buf_done(&text);
	return err->text[0] ? -err->code : 0;
}

static int open_kind(struct ui *ui, const char *kind)
{
	ui_open(ui, kind, UI_HERE);
	return 0;
}

/* ---- Help on a topic ---- */

/* Those whose line begins with the command. */
static void put_keys(struct buf *text, const struct ui_binding *b, const char *command)
{
	for (; b && b->key; b++) {
		struct span line = span_str(b->command), word;

		/* That opens the prompt with it. */
		(void)span_skip(&line, "ask \"");
		if (span_word(&line, &word) && span_eq(word, command))
			(void)buf_printf(text, "  %-8s %s\n", b->key, b->help);
	}
}

static void put_topic(struct buf *text, const struct ui_command *c, const char *name,
	const struct ui_binding *keys, const char *kind)
{
	for (; c && c->name; c++) {
		if (!str_eq(c->name, name))
			continue;
		(void)buf_printf(text, "%s:%s %s\n\n  %s%s%s\n\n", text->len ? "\n" : "", c->name,
			c->args, c->summary, kind ? ", in panes of " : "", kind ? kind : "");
		put_keys(text, keys, name);
	}
}

static bool is_table(const char *name)
{
	const struct catalogue_row *c = catalogue;

	while (c->table && !str_eq(c->table, name))
		c++;
	return c->table;
}

/* A command of the screen or of a pane, one of the program, a table. */
static int run_help(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct buf text;
	bool known;

	if (argc == 0)
		return open_kind(ui, "help");
	buf_init(&text, DUMP_MAX);
	put_topic(&text, ui_commands, argv[0], ui_bindings, NULL);
	for (size_t i = 0; pane_kinds_all[i]; i++)
		put_topic(&text, pane_kinds_all[i]->commands, argv[0], pane_kinds_all[i]->bindings,
			pane_kinds_all[i]->name);
	known = text.len > 0;
	if (known)
		text_open(ui, argv[0], buf_str(&text), text.len);
	buf_done(&text);
	if (known)
		return 0;
	if (!command_find(argv[0]) && is_table(argv[0]))
		return run_tables(ui, p, argc, argv, err);
	if (!command_find(argv[0]))
		return err_set(err, ENOENT, "no command or table `%s`; F1 lists commands", argv[0]);
	return line_program(ui, "help", argc, argv, err);
}

static int run_hosts(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)p;
	(void)argc;
	(void)argv;
	(void)err;
	return open_kind(ui, "hosts");
}

static int run_queries(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct pane *opened = ui_open(ui, "queries", UI_HERE);
	char *line = opened && argc ? str_printf("filter \"%s\"", argv[0]) : NULL;

	(void)p;
	(void)err;
	if (line)
		ui_line(ui, opened, line);
	free(line);
	return 0;
}

static void typed(void *arg, const char *text)
{
	struct ui *ui = arg;

	if (text)
		line_typed(self(ui), text);
}

/* ask TEXT: the prompt, with what the line begins with. */
static int run_ask(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	const struct prompt_use use = {.label = ":",
		.initial = argc ? argv[0] : NULL,
		.history = true,
		.several_lines = true,
		.done = typed,
		.complete = &self(ui)->completes,
		.arg = ui};

	(void)p;
	(void)err;
	line_completes(ui, &self(ui)->completes);
	ui_prompt(ui, &use);
	return 0;
}

static int run_mouse(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)ui;
	(void)p;
	(void)argc;
	if (!str_eq(argv[0], "on") && !str_eq(argv[0], "off"))
		return err_set(err, EINVAL, "on or off");
	screen_take_mouse(str_eq(argv[0], "on"));
	return 0;
}

const struct ui_command ui_commands[] = {
	{"ask", "[TEXT]", "open the prompt, with a beginning", 0, 1, run_ask},
	{"back", "", "close the pane, or show what was there before", 0, 0, run_back},
	{"cancel", "", "stop the running question", 0, 0, run_cancel},
	{"close", "", "close the pane", 0, 0, run_close},
	{"focus", "up|down|left|right", "go to the pane in that direction", 1, 1, run_focus},
	{"help", "[COMMAND]", "explain keys and commands, or one of them, or a table", 0, 1,
		run_help},
	{"hosts", "", "the hosts", 0, 0, run_hosts},
	{"mouse", "on|off", "clicks are for tocsin, or for the terminal", 1, 1, run_mouse},
	{"next", "", "go to the next pane", 0, 0, run_next},
	{"open", "KIND", "show a pane of this kind here", 1, 1, run_open},
	{"previous", "", "go to the pane before", 0, 0, run_previous},
	{"queries", "[WORD]", "the saved queries", 0, 1, run_queries},
	{"quit", "", "leave tocsin", 0, 0, run_quit},
	{"redraw", "", "draw everything anew", 0, 0, run_redraw},
	{"resize", "ROWS [COLUMNS]", "make the pane larger or, below 0, smaller", 1, 2, run_resize},
	{"save-screen", "FILE", "write the screen's text into a file", 1, 1, run_save_screen},
	{"split", "[KIND]", "a pane below this one", 0, 1, run_split},
	{"tables", "[TABLE]", "the agents' tables, or the columns of one", 0, 1, run_tables},
	{"target", "[PATTERN]", "only these hosts are asked from now on, or all again", 0, 1,
		run_target},
	{"theme", "dark|light|mono", "other colours", 1, 1, run_theme},
	{"vsplit", "[KIND]", "a pane beside this one", 0, 1, run_vsplit},
	{"zoom", "", "this pane only, or all of them again", 0, 0, run_zoom},
	{NULL, NULL, NULL, 0, 0, NULL},
};

const struct ui_binding ui_bindings[] = {
	{"F1", "open help", "help", "explain keys and commands"},
	{"?", "open help", NULL, "likewise"},
	{":", "ask", "command", "type a command"},
	{"F2", "open queries", "queries", "the saved queries"},
	{"F3", "open hosts", NULL, "the hosts"},
	{"F4", "open activity", NULL, "actions and errors so far"},
	{"Tab", "next", NULL, "go to the next pane"},
	{"S-Tab", "previous", NULL, "go to the pane before"},
	{"M-Up", "focus up", NULL, "go to the pane above"},
	{"M-Down", "focus down", NULL, "go to the pane below"},
	{"M-Left", "focus left", NULL, "go to the pane on the left"},
	{"M-Right", "focus right", NULL, "go to the pane on the right"},
	{"z", "zoom", NULL, "this pane only, or all of them again"},
	{"+", "resize 2 4", NULL, "a larger pane"},
	{"_", "resize -2 -4", NULL, "a smaller pane"},
	{"q", "back", "back", "close the pane, or show what was there before"},
	{"Esc", "back", NULL, "likewise"},
	{"C-c", "cancel", NULL, "stop the running question"},
	{"F10", "quit", "quit", "leave tocsin"},
	{NULL, NULL, NULL, NULL},
};
