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
	const struct rowact_rows *rows;
	const char *reason;
};

/* An empty plan becomes one of what the rows name. */
static int fill(const struct rowact *a, const struct act *act, struct plan *plan, struct err *err)
{
	size_t without;
	int r = plan_init(plan, act->action, a->reason, a->ui->app->n_hosts);

	if (r < 0)
		return err_sys(err, ENOMEM, "plan");
	r = rowtargets_add(a->rows->of, a->rows->ids, a->rows->n, act, plan, &without, err);
	if (r == 0 && without)
		ui_say(a->ui, STYLE_WARN, "%zu rows name nothing to %s", without, act->action);
	return r;
}

static int open_plan(
	const struct rowact *a, const struct command *c, const void *values, struct err *err)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	char *none[] = {NULL};
	struct act act;
	int r;

	if (!plan)
		return err_sys(err, ENOMEM, "plan");
	c->act(values, 0, none, &act);
	r = fill(a, &act, plan, err);
	if (r == 0) {
		plan_open(a->ui, plan, a->rows->target);
		return 0;
	}
	plan_done(plan);
	free(plan);
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
static int take_files(const struct plan *plan, struct get_spec *ret, struct err *err)
{
	ret->targets = calloc(plan->n + 1, sizeof(*ret->targets));
	if (!ret->targets)
		return err_sys(err, ENOMEM, "get");
	for (; ret->n < plan->n; ret->n++) {
		const struct plan_item *i = &plan->items[ret->n];

		ret->targets[ret->n] = (struct get_target){i->host, strdup(i->target)};
		if (!ret->targets[ret->n].path)
			return err_sys(err, ENOMEM, "get");
	}
	return 0;
}

static int get_files(const struct rowact *a, const struct fetch_options *options, struct err *err)
{
	const struct act act = {.action = "get", .args = path_args};
	struct get_spec spec = {
		.pattern = a->rows->target, .reason = a->reason, .options = *options};
	struct plan plan = {0};
	int r = fill(a, &act, &plan, err);

	if (r == 0)
		r = take_files(&plan, &spec, err);
	plan_done(&plan);
	if (r == 0)
		return ui_get(a->ui, &spec, err);
	get_spec_done(&spec);
	return r;
}

/* The command's options, and of those of every command the reason. */
static int read_options(const struct rowact *a, const struct command *c, int argc, char **argv,
	void *values, struct app_options *ret, struct err *err)
{
	const struct opt_set sets[] = {{app_opts, ret}, {c->opts, values}, {NULL, NULL}};
	int rest, r;

	*ret = a->ui->app->o;
	r = opts_parse(sets, argc, argv, false, &rest, err);
	/* What was given must not be thought to narrow them. */
	if (r == 0 && (rest || ret->targets != a->ui->app->o.targets))
		r = err_set(err, EINVAL, "the targets are those of the rows");
	return r;
}

int rowact_open(
	struct ui *ui, const struct rowact_rows *rows, int argc, char **argv, struct err *err)
{
	const struct command *c = command_find(argv[0]);
	bool files = str_eq(argv[0], "get");
	struct rowact a = {.ui = ui, .rows = rows};
	struct app_options options;
	void *values;
	int r;

	if (ui->app->o.read_only)
		return err_set(err, EPERM, "%s is an action: refused with --read-only", argv[0]);
	if (!c || (!files && !(c->act && rowtargets_can(argv[0]))))
		return err_set(err, EINVAL, "`%s` is nothing that is done to rows", argv[0]);
	values = calloc(1, c->values_size + 1);
	if (!values)
		return err_sys(err, ENOMEM, "%s", argv[0]);
	r = read_options(&a, c, argc - 1, argv + 1, values, &options, err);
	a.reason = options.reason;
	if (r == 0)
		r = files ? get_files(&a, values, err) : open_plan(&a, c, values, err);
	free(values);
	return r;
}
