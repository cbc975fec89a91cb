/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of users and groups, told by the hosts once a pane shows their ids. */
#include "common/str.h"
#include "console/ui/self.h"
#include "console/usernames.h"

#include <errno.h>
#include <stdlib.h>

/* How long a host may take: nobody waits for it. */
#define TOLD_TIMEOUT_MS 10000

struct told {
	struct ui *ui;
	struct usernames *names;
	bool *asked, *asking; /* per host: ever; by the question that runs */
	int64_t number;	      /* of that question, 0: none */
	uint64_t told;	      /* such questions that were answered */
};

static const char question[] = "select 0 as is_group, uid as id, username as name from users "
			       "union all select 1, gid, groupname from groups";
enum { IS_GROUP, ID, NAME, N_CELLS };

void told_free(struct told *t)
{
	if (!t)
		return;
	usernames_free(t->names);
	free(t->asked);
	free(t->asking);
	free(t);
}

struct told *told_new(struct ui *ui)
{
	struct told *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->ui = ui;
	t->names = usernames_new(ui->app->n_hosts);
	t->asked = calloc(ui->app->n_hosts + 1, sizeof(*t->asked));
	t->asking = calloc(ui->app->n_hosts + 1, sizeof(*t->asking));
	if (t->names && t->asked && t->asking)
		return t;
	told_free(t);
	return NULL;
}

static void take_row(struct told *t, host_id host, const struct cell *c)
{
	if (c[IS_GROUP].type == CELL_INT && c[ID].type == CELL_INT && c[NAME].type == CELL_TEXT)
		(void)usernames_add(
			t->names, host, c[IS_GROUP].i != 0, c[ID].i, c[NAME].p, c[NAME].n);
}

static void on_event(void *arg, const struct fleet_event *e)
{
	struct told *t = arg;

	if (e->type == FLEET_ROWS && e->rows.n_cols == N_CELLS)
		for (size_t i = 0; i < e->rows.n_rows; i++)
			take_row(t, e->host, e->rows.cells + i * N_CELLS);
	if (e->type != FLEET_END)
		return;
	usernames_settle(t->names, e->host);
	/* One that had to give way is asked again. */
	t->asked[e->host] = e->end->has_code || e->end->state != HOST_FAILED ||
			    !str_eq(e->end->error, "interrupted");
}

static void on_over(void *arg, bool begun, bool cancelled)
{
	struct told *t = arg;

	(void)begun;
	(void)cancelled;
	t->number = 0;
	t->told++;
	ui_dirty(t->ui);
}

/* Those that are there and were not asked. */
static size_t choose(struct told *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->ui->app->n_hosts; i++) {
		t->asking[i] =
			!t->asked[i] && live_host(t->ui->live, (host_id)i)->state == HOST_ANSWERED;
		n += t->asking[i];
	}
	return n;
}

void ui_want_names(struct ui *ui)
{
	struct ui_self *s = (struct ui_self *)ui;
	struct live_question q = {.background = true,
		.quiet = true,
		.fleet = {.sql = question,
			.max_rows = USERNAMES_HOST_MAX,
			.timeout_ms = TOLD_TIMEOUT_MS},
		.event = on_event,
		.over = on_over};

	if (!s->told || s->told->number || choose(s->told) == 0)
		return;
	q.fleet.only = s->told->asking;
	q.arg = s->told;
	s->told->number = live_ask(ui->live, &q);
	if (s->told->number < 0)
		s->told->number = 0;
}

/* Of any thread: what `told` is does not change. */
static const char *name_of(void *arg, uint32_t host, bool group, int64_t id)
{
	const struct ui_self *s = arg;

	return s->told ? usernames_find(s->told->names, host, group, id) : NULL;
}

uint64_t ui_names_told(const struct ui *ui)
{
	const struct ui_self *s = (const struct ui_self *)ui;

	return s->told ? s->told->told : 0;
}

struct humane_who ui_who(struct ui *ui, host_id host)
{
	return (struct humane_who){name_of, ui, host};
}
