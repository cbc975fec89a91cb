/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/rowtargets.h"

#include "common/map.h"
#include "common/str.h"
#include "console/act.h"
#include "console/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct rowtargets {
	const struct results *r;
	const struct act *act;
	size_t pid, start, path; /* columns */
	struct map *seen;	 /* targets that are in the plan */
	struct plan *plan;
	size_t without; /* rows that have no target */
};

static struct cell at(const struct rowtargets *a, row_id row, size_t c)
{
	if (c == RESULTS_NO_COLUMN)
		return (struct cell){.type = CELL_NULL};
	return results_unpack(a->r, results_cell(a->r, row, c));
}

/* PID or PID@START_TIME; false: the row has none. */
static bool process_word(const struct rowtargets *a, row_id row, char *ret, size_t size)
{
	struct cell pid = at(a, row, a->pid), start = at(a, row, a->start);

	if (pid.type != CELL_INT || pid.i <= 0)
		return false;
	if (start.type == CELL_INT && start.i > 0)
		snprintf(ret, size, "%" PRId64 "@%" PRId64, pid.i, start.i);
	else
		snprintf(ret, size, "%" PRId64, pid.i);
	return true;
}

static bool path_word(const struct rowtargets *a, row_id row, char *ret, size_t size)
{
	struct cell path = at(a, row, a->path);

	if ((path.type != CELL_TEXT && path.type != CELL_BLOB) || path.n == 0 || path.n >= size ||
		path.p[0] != '/' || memchr(path.p, '\0', path.n))
		return false;
	snprintf(ret, size, "%.*s", (int)path.n, path.p);
	return true;
}

enum target { TARGET_PROCESS, TARGET_FILE, TARGET_HOST, TARGET_OTHER };

static enum target target_of(const char *action)
{
	if (str_eq(action, "kill") || str_eq(action, "suspend") || str_eq(action, "resume"))
		return TARGET_PROCESS;
	if (str_eq(action, "delete") || str_eq(action, "get"))
		return TARGET_FILE;
	return str_eq(action, "quarantine") || str_eq(action, "release") ? TARGET_HOST
									 : TARGET_OTHER;
}

static int add_target(struct rowtargets *a, host_id host, const char *word, struct err *err)
{
	char *key = str_printf("%u %s", host, word ? word : "");
	json_t *args = NULL;
	int r = key ? 0 : -ENOMEM;

	if (r == 0 && map_get(a->seen, key)) {
		free(key);
		return 0;
	}
	if (r == 0)
		r = map_put(a->seen, key, a, NULL);
	free(key);
	if (r < 0)
		return err_sys(err, ENOMEM, "plan");
	r = a->act->args(word, a->act->values, &args, err);
	if (r == 0 && plan_add(a->plan, host, word ? word : "host", args) < 0)
		r = err_sys(err, ENOMEM, "plan");
	return r;
}

static int add_row(struct rowtargets *a, row_id row, struct err *err)
{
	enum target target = target_of(a->act->action);
	char word[PATH_MAX];
	bool has = target == TARGET_HOST;

	if (target == TARGET_PROCESS)
		has = process_word(a, row, word, sizeof(word));
	else if (target == TARGET_FILE)
		has = path_word(a, row, word, sizeof(word));
	if (!has) {
		a->without++;
		return 0;
	}
	return add_target(a, results_host(a->r, row), target == TARGET_HOST ? NULL : word, err);
}

bool rowtargets_can(const char *action)
{
	return target_of(action) != TARGET_OTHER && !str_eq(action, "get");
}

int rowtargets_add(const struct results *results, const row_id *rows, size_t n,
	const struct act *act, struct plan *plan, size_t *ret_without, struct err *err)
{
	struct rowtargets a = {.r = results,
		.act = act,
		.plan = plan,
		.seen = map_new(PLAN_ITEMS_MAX),
		.pid = results_column_named(results, "pid"),
		.start = results_column_named(results, "start_time"),
		.path = results_column_named(results, "path")};
	int r = a.seen ? 0 : err_sys(err, ENOMEM, "plan");

	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_row(&a, rows[i], err);
	map_free(a.seen, NULL);
	if (r == 0 && plan->n == 0)
		r = err_set(err, ENOENT, "these rows name no %s to %s",
			target_of(act->action) == TARGET_FILE ? "file (column path)"
							      : "process (column pid)",
			act->action);
	*ret_without = a.without;
	return r;
}
