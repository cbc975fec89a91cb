/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a typed line means: a command of the pane, of the screen, or of the program. */
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "console/act.h"
#include "console/complete.h"
#include "console/plan.h"
#include "console/questions.h"
#include "console/ui/audit.h"
#include "console/ui/get.h"
#include "console/ui/self.h"
#include "console/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a command of the program may print into a pane. */
#define PRINTED_MAX (8u << 20)
#define USAGE	    "usage: "

const struct ui_binding *line_binding(const struct pane *p, ui_key key)
{
	const struct ui_binding *tables[] = {p->kind->bindings, ui_bindings};

	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (const struct ui_binding *b = tables[t]; b && b->key; b++)
			if (screen_key_of(b->key) == key)
				return b;
	return NULL;
}

static const struct ui_command *find(const struct ui_command *table, const char *name)
{
	for (; table && table->name; table++)
		if (str_eq(table->name, name))
			return table;
	return NULL;
}

static bool right_count(int n, int min, int max)
{
	return n >= min && (max < 0 || n <= max);
}

/* Behind the command's name. */
static int check_count(const char *name, const char *usage, int n, char *const *argv, int min,
	int max, struct err *err)
{
	if (right_count(n, min, max))
		return 0;
	if (n < min)
		return err_set(err, EINVAL, USAGE "%s %s", name, usage);
	return err_set(err, EINVAL, "`%s` is one too many; " USAGE "%s %s", argv[max], name, usage);
}

int ui_targets(struct ui *ui, bool **ret, size_t *ret_n, struct err *err)
{
	const char *pattern = ui->app->o.targets;

	if (!pattern || pattern == ((struct ui_self *)ui)->targets) {
		*ret = NULL;
		*ret_n = ui->app->n_hosts;
		return 0;
	}
	return app_among(ui->app, pattern, ret, ret_n, err);
}

const char *ui_target(const struct ui *ui)
{
	return ui->app->o.targets ? ui->app->o.targets : "all";
}

/* ---- Commands of the program ---- */

static int show_questions(struct ui *ui, const struct questions *q)
{
	for (size_t i = 0; i < q->n; i++)
		if (!results_open(ui, &q->of[i], q->of[i].name ? q->of[i].name : q->words, UI_HERE))
			return -EIO;
	return 0;
}

static int ask(struct ui *ui, const struct command *c, const void *values, int argc, char **argv,
	struct err *err)
{
	struct questions q = {0};
	bool *only = NULL;
	size_t n;
	/* Here, where the place of a mistake in the pattern can be pointed at. */
	int r = ui_targets(ui, &only, &n, err);

	free(only);
	if (r == 0)
		r = c->ask(ui->app, values, argc, argv, &q, err);
	if (r == 0)
		(void)show_questions(ui, &q);
	questions_done(&q);
	return r;
}

static int act(struct ui *ui, const struct command *c, const void *values, int argc, char **argv,
	struct err *err)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	bool *only = NULL;
	struct act a;
	size_t n;
	int r;

	if (!plan)
		return err_sys(err, ENOMEM, "plan");
	c->act(values, argc, argv, &a);
	r = ui_targets(ui, &only, &n, err);
	a.only = only;
	if (r == 0)
		r = act_plan(ui->app, &a, plan, err);
	free(only);
	if (r == 0) {
		plan_open(ui, plan, ui_target(ui));
		return 0;
	}
	plan_done(plan);
	free(plan);
	return r;
}

static int read_back(int fd, struct buf *out)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return io_read_all(fd, out);
}

/* Into a file without a name meanwhile. */
int ui_print(struct ui *ui, const char *title, void (*run)(void *arg), void *arg, struct err *err)
{
	int fd = memfd_create("output", MFD_CLOEXEC), saved = dup(STDOUT_FILENO);
	struct buf text;
	int r;

	buf_init(&text, PRINTED_MAX);
	if (fd < 0 || saved < 0 || dup2(fd, STDOUT_FILENO) < 0) {
		r = err_sys(err, errno, "%s", title);
	} else {
		run(arg);
		dup2(saved, STDOUT_FILENO);
		r = read_back(fd, &text);
		if (r == -EMSGSIZE)
			r = 0;
		if (r < 0)
			err_sys(err, -r, "%s", title);
		else if (text.len)
			text_open(ui, title, buf_str(&text), text.len);
	}
	buf_done(&text);
	io_close(saved);
	io_close(fd);
	return r;
}

struct running {
	struct app *app;
	const struct command *command;
	const void *values;
	int argc;
	char **argv;
};

static void run_running(void *arg)
{
	const struct running *r = arg;

	(void)r->command->run(r->app, r->values, r->argc, r->argv);
}

/* Here what the command line waits for goes on beside the screen. */
static const struct {
	const char *name;
	int (*run)(struct ui *ui, const void *values, int argc, char **argv, struct err *err);
} beside[] = {{"audit", ui_audit_hosts}, {"get", ui_get_paths}};

static int run_beside(struct ui *ui, const struct command *c, const void *values, int argc,
	char **argv, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(beside); i++)
		if (str_eq(c->name, beside[i].name))
			return beside[i].run(ui, values, argc, argv, err);
	return err_set(err, EINVAL,
		"F3 shows the hosts, :target narrows them; options are for the command line");
}

static int run_it(struct ui *ui, const struct command *c, const void *values, int argc, char **argv,
	struct err *err)
{
	int r = check_count(c->name, c->args, argc, argv, c->min_args, c->max_args, err);

	if (r < 0)
		return r;
	if ((c->flags & COMMAND_ACTION) && ui->app->o.read_only)
		return err_set(err, EPERM, "%s changes hosts: refused with --read-only", c->name);
	if (c->ask)
		return ask(ui, c, values, argc, argv, err);
	if (c->act)
		return act(ui, c, values, argc, argv, err);
	if (c->waits && c->waits(values))
		return run_beside(ui, c, values, argc, argv, err);
	if (c->flags & COMMAND_TERMINAL)
		return err_set(err, EINVAL, "`%s` is for the command line", c->name);
	return ui_print(
		ui, c->name, run_running, &(struct running){ui->app, c, values, argc, argv}, err);
}

/* Its options may set those of every command too: for this one run. */
static int run_command(
	struct ui *ui, const struct command *c, int argc, char **argv, struct err *err)
{
	struct app_options before = ui->app->o;
	void *values = calloc(1, c->values_size + 1);
	const struct opt_set sets[] = {{app_opts, &ui->app->o}, {c->opts, values}, {NULL, NULL}};
	int rest, r;

	if (!values)
		return err_sys(err, ENOMEM, "%s", c->name);
	r = opts_parse(sets, argc, argv, false, &rest, err);
	if (r == 0)
		r = run_it(ui, c, values, rest, argv, err);
	ui->app->o = before;
	free(values);
	return r;
}

int line_program(struct ui *ui, const char *name, int argc, char **argv, struct err *err)
{
	return run_command(ui, command_find(name), argc, argv, err);
}

/* ---- A line ---- */

static const struct opt *option_of(const struct command *c, const char *word)
{
	size_t n = strcspn(word, "=");
	const struct opt *o = opts_find(c->opts, word, n);

	return o ? o : opts_find(app_opts, word, n);
}

/* Are they options, and nothing else? */
static bool only_options(const struct command *c, char *const *argv, int argc)
{
	char *copy[WORDS_MAX + 1];
	struct app_options options = {0};
	void *values = calloc(1, c->values_size + 1);
	const struct opt_set sets[] = {{app_opts, &options}, {c->opts, values}, {NULL, NULL}};
	struct err err;
	int rest = 0, r = -ENOMEM;

	memcpy(copy, argv, ((size_t)argc + 1) * sizeof(copy[0]));
	if (values)
		r = opts_parse(sets, argc, copy, false, &rest, &err);
	free(values);
	return r == 0 && rest == 0;
}

/* The first word that is neither an option nor an option's value. */
static int first_argument(const struct command *c, const struct words *w)
{
	int i = 1;

	while (i < w->n && w->of[i][0] == '-' && w->of[i][1]) {
		const struct opt *o = option_of(c, w->of[i]);

		i += o && o->arg && !strchr(w->of[i], '=') ? 2 : 1;
	}
	return i;
}

/* Where the options behind SQL begin: what looks like one would be a comment in SQL, or is whole.
 */
static int options_behind(
	const struct command *c, const char *line, const struct words *w, int from)
{
	for (int i = from; i < w->n; i++) {
		if (line[w->at[i]] != '-' || !option_of(c, w->of[i]))
			continue;
		if (w->of[i][1] == '-' || only_options(c, w->of + i, w->n - i))
			return i;
	}
	return w->n;
}

/* `query -t web select 'a' …` without quotes around all of it: its SQL is the line's own text. */
static void take_bare_sql(const char *line, struct words *w)
{
	static const char *const first[] = {"select", "with", "values"};
	const struct command *c = w->n > 2 ? command_find(w->of[0]) : NULL;
	int at = c && str_eq(c->args, "SQL") ? first_argument(c, w) : w->n;

	for (size_t i = 0; at < w->n && i < ARRAY_LEN(first); i++)
		if (strcasecmp(w->of[at], first[i]) == 0) {
			words_join(w, line, at, options_behind(c, line, w, at + 1));
			return;
		}
}

static int run_words(struct ui *ui, struct pane *p, struct words *w, struct err *err)
{
	const struct ui_command *own = find(p->kind->commands, w->of[0]);
	const struct command *c = command_find(w->of[0]);

	if (!own)
		own = find(ui_commands, w->of[0]);
	/* With other words it is the program's of the same name: diff 4 7. */
	if (own && c && !right_count(w->n - 1, own->min_args, own->max_args))
		own = NULL;
	if (own) {
		int r = check_count(own->name, own->args, w->n - 1, w->of + 1, own->min_args,
			own->max_args, err);

		return r < 0 ? r : own->run(ui, p, w->n - 1, w->of + 1, err);
	}
	if (c)
		return run_command(ui, c, w->n - 1, w->of + 1, err);
	return err_set(err, ENOENT, "no command `%s`; F1 lists them", w->of[0]);
}

/* The word that is named, else where one is missing, else all that the command was given. */
static struct blame place_of(const char *line, const struct words *w, const struct err *err)
{
	size_t end = strlen(line), from;
	struct blame named;

	if (blame_words(line, w, err->text, &named))
		return named;
	if (str_starts(err->text, USAGE))
		return (struct blame){end, 1};
	from = w->n > 1 ? w->at[1] : end;
	return (struct blame){from, err->code == EINVAL ? end - from : 0};
}

/* False: what is wrong stands in `err`, and perhaps where. */
static bool run_line(
	struct ui *ui, struct pane *p, const char *line, struct err *err, struct blame *ret)
{
	struct words w = {.n = 0};
	size_t at = 0;
	int r = words_split(line, &w, &at, err);

	*ret = (struct blame){at, r < 0 ? 1 : 0};
	if (r == 0)
		take_bare_sql(line, &w);
	if (r == 0 && w.n > 0)
		r = run_words(ui, p, &w, err);
	/* The words were moved about meanwhile. */
	words_done(&w);
	if (r < 0 && !ret->n && words_split(line, &w, NULL, NULL) == 0) {
		*ret = place_of(line, &w, err);
		words_done(&w);
	}
	return r == 0;
}

void ui_line(struct ui *ui, struct pane *p, const char *line)
{
	struct err err = {0};
	struct blame blame;

	if (!run_line(ui, p, line, &err, &blame) && err.text[0])
		ui_say(ui, STYLE_BAD, "%s", err.text);
	((struct ui_self *)ui)->dirty = true;
}

void line_typed(struct ui_self *s, const char *line)
{
	struct err err = {0};
	struct blame blame;

	if (!run_line(&s->ui, s->ui.focus, line, &err, &blame) && err.text[0]) {
		ui_say(&s->ui, STYLE_BAD, "%s", err.text);
		if (blame.n)
			ui_blame(s, line, &blame);
	}
	s->dirty = true;
}

/* ---- Candidates ---- */

static bool own_command(void *arg, size_t i, const char **ret_name, const char **ret_usage)
{
	const struct ui *ui = arg;
	const struct ui_command *tables[] = {ui->focus->kind->commands, ui_commands};

	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (const struct ui_command *c = tables[t]; c && c->name; c++)
			if (i-- == 0) {
				*ret_name = c->name;
				*ret_usage = c->args;
				return true;
			}
	return false;
}

static void offer_more(
	void *arg, const char *command, const char *word, complete_offer_fn *offer, void *to)
{
	static const char *const moves[] = {"up", "down", "page-up", "page-down", "top", "bottom"};
	const struct ui *ui = arg;

	for (size_t i = 0; str_eq(word, "WHERE") && i < ARRAY_LEN(moves); i++)
		offer(to, moves[i]);
	for (size_t i = 0; str_eq(word, "KIND") && pane_kinds_all[i]; i++)
		if (!pane_kinds_all[i]->of)
			offer(to, pane_kinds_all[i]->name);
	if (find(ui->focus->kind->commands, command) && ui->focus->kind->offer)
		ui->focus->kind->offer(ui->focus, command, word, offer, to);
}

void line_completes(struct ui *ui, struct complete_with *ret)
{
	*ret = (struct complete_with){.inventory = ui->app->inventory,
		.library = ui->library,
		.own = own_command,
		.more = offer_more,
		.arg = ui};
}
