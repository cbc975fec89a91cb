/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/rowact.h"

#include "common/str.h"
#include "console/act.h"
#include "console/command.h"
#include "console/plan.h"
#include "console/rowtargets.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <stdlib.h>

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

int rowact_open(struct ui *ui, const struct results *results, const row_id *rows, size_t n,
	int argc, char **argv, struct err *err)
{
	struct rowact a = {.ui = ui, .r = results, .command = command_find(argv[0])};
	int r;

	if (!a.command || !a.command->act || !rowtargets_can(argv[0]))
		return err_set(err, EINVAL, "`%s` is nothing that is done to rows", argv[0]);
	if (ui->app->o.read_only)
		return err_set(err, EPERM, "%s changes hosts: refused with --read-only", argv[0]);
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
