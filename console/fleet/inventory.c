/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/inventory_nodes.h"

#include <stdlib.h>
#include <string.h>

/* ---- Making and freeing ---- */

struct inventory *inventory_new(void)
{
	static const struct place nowhere = {.file = ""};
	struct inventory *inv = calloc(1, sizeof(*inv));
	uint32_t all, ungrouped;

	if (!inv)
		return NULL;
	inv->walk = calloc(1, sizeof(*inv->walk));
	inv->host_map = map_new(INVENTORY_HOSTS_MAX);
	inv->group_map = map_new(INVENTORY_GROUPS_MAX);
	inv->names = map_new(INVENTORY_NAMES_MAX);
	if (!inv->walk || !inv->host_map || !inv->group_map || !inv->names ||
		node_group(inv, &nowhere, span_str("all"), &all, NULL) < 0 ||
		node_group(inv, &nowhere, span_str("ungrouped"), &ungrouped, NULL) < 0 ||
		node_add_child(inv, &nowhere, all, ungrouped, NULL) < 0 ||
		node_settle(inv, &nowhere, NULL) < 0) {
		inventory_free(inv);
		return NULL;
	}
	return inv;
}

static void free_values(struct value *v)
{
	while (v) {
		struct value *next = v->next;

		json_decref(v->json);
		free(v->own);
		free(v);
		v = next;
	}
}

void inventory_free(struct inventory *inv)
{
	if (!inv)
		return;
	for (size_t i = 0; i < inv->n_hosts; i++) {
		free(inv->hosts[i].groups.v);
		free(inv->hosts[i].vars.v);
	}
	for (size_t i = 0; i < inv->n_groups; i++) {
		free(inv->groups[i].hosts.v);
		free(inv->groups[i].parents.v);
		free(inv->groups[i].children);
		free(inv->groups[i].vars.v);
	}
	free(inv->hosts);
	free(inv->groups);
	free_values(inv->values);
	map_free(inv->host_map, NULL);
	map_free(inv->group_map, NULL);
	map_free(inv->names, NULL);
	if (inv->walk)
		free(inv->walk->todo.v);
	free(inv->walk);
	free(inv);
}

/* ---- Walks ---- */

void walk_begin(const struct inventory *inv)
{
	inv->walk->todo.n = 0;
	if (++inv->walk->number)
		return;
	/* After 2^32 walks the marks of the first would count again. */
	for (size_t i = 0; i < inv->n_groups; i++)
		inv->groups[i].mark = 0;
	for (size_t i = 0; i < inv->n_hosts; i++)
		inv->hosts[i].mark = 0;
	inv->walk->number = 1;
}

void walk_meet(const struct inventory *inv, uint32_t group)
{
	if (inv->groups[group].mark == inv->walk->number)
		return;
	inv->groups[group].mark = inv->walk->number;
	inv->walk->todo.v[inv->walk->todo.n++] = group;
}

const struct list *walk_host_groups(const struct inventory *inv, size_t host)
{
	const struct list *todo = &inv->walk->todo, *groups = &inv->hosts[host].groups;

	walk_begin(inv);
	for (size_t i = 0; i < groups->n; i++)
		walk_meet(inv, groups->v[i]);
	for (size_t i = 0; i < todo->n; i++) {
		const struct list *parents = &inv->groups[todo->v[i]].parents;

		for (size_t j = 0; j < parents->n; j++)
			walk_meet(inv, parents->v[j]);
	}
	return todo;
}

const struct list *walk_descendants(const struct inventory *inv, uint32_t group)
{
	const struct list *todo = &inv->walk->todo;

	walk_begin(inv);
	walk_meet(inv, group);
	for (size_t i = 0; i < todo->n; i++) {
		const struct group *g = &inv->groups[todo->v[i]];

		for (size_t j = 0; j < g->n_children; j++)
			walk_meet(inv, g->children[j].child);
	}
	return todo;
}

/* ---- Looking up ---- */

size_t inventory_hosts(const struct inventory *inv)
{
	return inv->n_hosts;
}

const char *inventory_host_name(const struct inventory *inv, size_t host)
{
	return inv->hosts[host].name;
}

static const struct value *find_var(const struct vars *vars, const char *name)
{
	for (size_t i = 0; i < vars->n; i++) {
		if (vars->v[i].name == name)
			return vars->v[i].value;
	}
	return NULL;
}

const char *inventory_var(const struct inventory *inv, size_t host, const char *name)
{
	uintptr_t known = (uintptr_t)map_get(inv->names, name);
	const struct value *best;
	const struct list *groups;
	uint32_t rank = 0;

	if (!known)
		return NULL;
	name = map_key(inv->names, known - 1);
	best = find_var(&inv->hosts[host].vars, name);
	if (best)
		return best->text;
	groups = walk_host_groups(inv, host);
	for (size_t i = 0; i < groups->n; i++) {
		const struct group *g = &inv->groups[groups->v[i]];
		const struct value *v = find_var(&g->vars, name);

		if (v && (!best || g->rank > rank)) {
			best = v;
			rank = g->rank;
		}
	}
	return best ? best->text : NULL;
}
