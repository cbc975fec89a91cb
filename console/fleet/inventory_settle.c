/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows from the sources, worked out after each. */
#include "console/fleet/inventory_nodes.h"

#include <stdlib.h>
#include <string.h>

static void list_remove(struct list *l, uint32_t v)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i] != v)
			l->v[kept++] = l->v[i];
	}
	l->n = kept;
}

/* ---- Everything is in `all` ---- */

/* What was implied stands behind everything else. */
void node_unsettle(struct inventory *inv)
{
	struct group *all = &inv->groups[GROUP_ALL], *ungrouped = &inv->groups[GROUP_UNGROUPED];

	node_forget(inv);
	while (all->n_children && all->children[all->n_children - 1].implied) {
		inv->groups[all->children[all->n_children - 1].child].parents.n = 0;
		all->n_children--;
	}
	for (; inv->n_implied; inv->n_implied--) {
		uint32_t host = ungrouped->hosts.v[--ungrouped->hosts.n];

		list_remove(&inv->hosts[host].groups, GROUP_UNGROUPED);
	}
}

/* Groups that nothing contains are children of `all`, in the order in which they were named. */
static int imply_children(struct inventory *inv, const struct place *at, struct err *err)
{
	for (uint32_t i = 0; i < inv->n_groups; i++) {
		struct group *all = &inv->groups[GROUP_ALL];
		int r;

		if (i == GROUP_ALL || inv->groups[i].parents.n)
			continue;
		r = node_add_child(inv, at, GROUP_ALL, i, err);
		if (r < 0)
			return r;
		all->children[all->n_children - 1].implied = true;
	}
	return 0;
}

/* ---- Depths, and no circles ---- */

static uint32_t open_parent(const struct inventory *inv, uint32_t group, const uint32_t *open)
{
	const struct list *parents = &inv->groups[group].parents;
	size_t i = 0;

	while (!open[parents->v[i]])
		i++;
	return parents->v[i];
}

static const struct edge *find_edge(const struct inventory *inv, uint32_t parent, uint32_t child)
{
	const struct edge *e = inv->groups[parent].children;

	while (e->child != child)
		e++;
	return e;
}

/* Every open group has an open parent: whoever climbs long enough is on a circle. */
static int report_circle(
	struct inventory *inv, const struct place *at, const uint32_t *open, struct err *err)
{
	struct place where = {.file = at->file};
	const char *outer = "", *inner = "";
	uint32_t start = 0, child;

	while (!open[start])
		start++;
	for (size_t i = 0; i < inv->n_groups; i++)
		start = open_parent(inv, start, open);
	child = start;
	do {
		uint32_t parent = open_parent(inv, child, open);
		const struct edge *e = find_edge(inv, parent, child);

		/* The last line of the last source is what closed it. */
		if (e->source == inv->source && e->line >= where.line) {
			where.line = e->line;
			outer = inv->groups[parent].name;
			inner = inv->groups[child].name;
		}
		child = parent;
	} while (child != start);
	return mistake(&where, err, "the group `%s` in `%s` closes a circle", inner, outer);
}

/* Groups in an order in which parents come before children; the rest stay open[i] > 0. */
static int walk_down(struct inventory *inv, uint32_t *open, struct list *done)
{
	for (size_t i = 0; i < inv->n_groups; i++) {
		open[i] = (uint32_t)inv->groups[i].parents.n;
		inv->groups[i].depth = 0;
		if (open[i] == 0 && list_add(done, (uint32_t)i, INVENTORY_GROUPS_MAX) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < done->n; i++) {
		const struct group *g = &inv->groups[done->v[i]];

		for (size_t j = 0; j < g->n_children; j++) {
			uint32_t child = g->children[j].child;

			if (inv->groups[child].depth < g->depth + 1)
				inv->groups[child].depth = g->depth + 1;
			if (--open[child] == 0 && list_add(done, child, INVENTORY_GROUPS_MAX) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int compare_groups(const void *a, const void *b, void *arg)
{
	const struct inventory *inv = arg;
	const struct group *x = &inv->groups[*(const uint32_t *)a];
	const struct group *y = &inv->groups[*(const uint32_t *)b];

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int rank_groups(struct inventory *inv, const struct place *at, struct err *err)
{
	uint32_t *open = calloc(inv->n_groups, sizeof(*open));
	struct list done = {.n = 0};
	int r = open ? walk_down(inv, open, &done) : -ENOMEM;

	if (r < 0) {
		r = err_set(err, ENOMEM, "out of memory");
	} else if (done.n < inv->n_groups) {
		r = report_circle(inv, at, open, err);
	} else {
		qsort_r(done.v, done.n, sizeof(*done.v), compare_groups, inv);
		for (size_t i = 0; i < done.n; i++)
			inv->groups[done.v[i]].rank = (uint32_t)i;
	}
	free(done.v);
	free(open);
	return r;
}

/* ---- Hosts of no group ---- */

/* Has it a group besides those that everybody has? */
static bool has_group(const struct host *h)
{
	for (size_t i = 0; i < h->groups.n; i++) {
		if (h->groups.v[i] > GROUP_UNGROUPED)
			return true;
	}
	return false;
}

static int settle_ungrouped(struct inventory *inv, struct err *err)
{
	struct list *members = &inv->groups[GROUP_UNGROUPED].hosts;
	size_t kept = 0;

	for (size_t i = 0; i < members->n; i++) {
		struct host *h = &inv->hosts[members->v[i]];

		if (has_group(h))
			list_remove(&h->groups, GROUP_UNGROUPED);
		else
			members->v[kept++] = members->v[i];
	}
	members->n = kept;
	inv->n_implied = 0;
	for (uint32_t i = 0; i < inv->n_hosts; i++) {
		int r = has_group(&inv->hosts[i]) ? 0
						  : node_add_member(inv, GROUP_UNGROUPED, i, err);

		if (r < 0)
			return r;
	}
	inv->n_implied = members->n - kept;
	return 0;
}

int node_settle(struct inventory *inv, const struct place *at, struct err *err)
{
	int r = imply_children(inv, at, err);
	if (r == 0)
		r = rank_groups(inv, at, err);
	if (r == 0)
		r = settle_ungrouped(inv, err);
	/* Walks do not allocate. */
	if (r == 0 && array_grow(&inv->walk->todo.v, &inv->walk->todo.cap, inv->n_groups,
			      sizeof(uint32_t), INVENTORY_GROUPS_MAX) < 0)
		r = err_set(err, ENOMEM, "out of memory");
	return r;
}
