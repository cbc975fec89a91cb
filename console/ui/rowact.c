/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/rowact.h"

#include "common/str.h"
#include "console/act.h"
#include "console/command.h"
#include "console/plan.h"
#include "console/rowtargets.h"
#include "console/ui/get.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct rowact {
	struct ui *ui;
	const struct results *r;
	const struct command *command;
	struct act act;
	struct plan *plan;
};

static int make_plan(
	struct rowact *a, const row_id *rows, size_t n, const char *reason, struct err *err)
{
	size_t without;
	int r = plan_init(a->plan, a->act.action, reason, a->ui->app->n_hosts);

	if (r < 0)
		return err_sys(err, ENOMEM, "plan");
	r = rowtargets_add(a->r, rows, n, &a->act, a->plan, &without, err);
	if (r == 0 && without)
		ui_say(a->ui, STYLE_WARN, "%zu rows name nothing to %s", without, a->act.action);
	return r;
}

static int open_plan(
	struct rowact *a, const row_id *rows, size_t n, int argc, char **argv, struct err *err)
{
	struct app_options options = a->ui->app->o;
	void *values = calloc(1, a->command->values_size + 1);
	const struct opt_set sets[] = {
		{app_opts, &options}, {a->command->opts, values}, {NULL, NULL}};
	int rest = 0, r = values ? 0 : err_sys(err, ENOMEM, "plan");

	if (r == 0)
		r = opts_parse(sets, argc, argv, false, &rest, err);
	if (r == 0 && rest)
		r = err_set(err, EINVAL, "the targets are those of the rows");
	if (r == 0) {
		a->command->act(values, 0, argv, &a->act);
		r = make_plan(a, rows, n, options.reason, err);
	}
	free(values);
	return r;
}

static int path_args(const char *target, const void *values, json_t **ret, struct err *err)
{
	(void)target;
	(void)values;
	*ret = json_object();
	return *ret ? 0 : err_sys(err, ENOMEM, "get");
}

/* The files that the plan's items name, as targets of their own. */
static int take_files(const struct plan *plan, struct get_target **ret, struct err *err)
{
	struct get_target *t = calloc(plan->n + 1, sizeof(*t));
	bool whole = t != NULL;

	for (size_t i = 0; whole && i < plan->n; i++) {
		t[i] = (struct get_target){plan->items[i].host, strdup(plan->items[i].target)};
		whole = t[i].path != NULL;
	}
	*ret = t;
	return whole ? 0 : err_sys(err, ENOMEM, "get");
}

static int get_files(
	struct ui *ui, const struct results *results, const row_id *rows, size_t n, struct err *err)
{
	const struct act act = {.action = "get", .args = path_args};
	struct get_target *targets = NULL;
	struct plan plan = {0};
	size_t without, files = 0;
	int r = plan_init(&plan, "get", NULL, ui->app->n_hosts);

	if (r < 0)
		return err_sys(err, ENOMEM, "get");
	r = rowtargets_add(results, rows, n, &act, &plan, &without, err);
	if (r == 0)
		r = take_files(&plan, &targets, err);
	files = plan.n;
	plan_done(&plan);
	if (r == 0)
		r = ui_get(ui, targets, files, ui->app->o.reason, err);
	if (r == 0)
		return 0;
	for (size_t i = 0; targets && i < files; i++)
		free(targets[i].path);
	free(targets);
	return r;
}

int rowact_open(struct ui *ui, const struct results *results, const row_id *rows, size_t n,
	int argc, char **argv, struct err *err)
{
	struct rowact a = {.ui = ui, .r = results, .command = command_find(argv[0])};
	int r;

	if (ui->app->o.read_only)
		return err_set(err, EPERM, "%s is an action: refused with --read-only", argv[0]);
	if (str_eq(argv[0], "get"))
		return get_files(ui, results, rows, n, err);
	if (!a.command || !a.command->act || !rowtargets_can(argv[0]))
		return err_set(err, EINVAL, "`%s` is nothing that is done to rows", argv[0]);
	a.plan = calloc(1, sizeof(*a.plan));
	if (!a.plan)
		r = err_sys(err, ENOMEM, "plan");
	else
		r = open_plan(&a, rows, n, argc - 1, argv + 1, err);
	if (r == 0) {
		plan_open(ui, a.plan);
		return 0;
	}
	plan_done(a.plan);
	free(a.plan);
	return r;
}
