/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/inventory_nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Templates that were worked out, one for each host that has it. */
#define RENDERED_MAX (16 * INVENTORY_HOSTS_MAX)

/* ---- Making and freeing ---- */

struct inventory *inventory_new(void)
{
	static const struct place nowhere = {.file = ""};
	struct inventory *inv = calloc(1, sizeof(*inv));
	uint32_t all, ungrouped;

	if (!inv)
		return NULL;
	inv->walk = calloc(1, sizeof(*inv->walk));
	inv->rendered = calloc(1, sizeof(*inv->rendered));
	inv->host_map = map_new(INVENTORY_HOSTS_MAX);
	inv->group_map = map_new(INVENTORY_GROUPS_MAX);
	inv->names = map_new(INVENTORY_NAMES_MAX);
	if (!inv->walk || !inv->rendered || !inv->host_map || !inv->group_map || !inv->names ||
		node_group(inv, &nowhere, span_str("all"), &all, NULL) < 0 ||
		node_group(inv, &nowhere, span_str("ungrouped"), &ungrouped, NULL) < 0 ||
		node_add_child(inv, &nowhere, all, ungrouped, NULL) < 0 ||
		node_settle(inv, &nowhere, NULL) < 0) {
		inventory_free(inv);
		return NULL;
	}
	return inv;
}

void inventory_free(struct inventory *inv)
{
	if (!inv)
		return;
	for (size_t i = 0; i < inv->n_hosts; i++) {
		free(inv->hosts[i].groups.v);
		free(inv->hosts[i].vars.v);
		free(inv->hosts[i].file_vars.v);
	}
	for (size_t i = 0; i < inv->n_groups; i++) {
		free(inv->groups[i].hosts.v);
		free(inv->groups[i].parents.v);
		free(inv->groups[i].children);
		free(inv->groups[i].vars.v);
		free(inv->groups[i].file_vars.v);
	}
	for (size_t i = 0; i < inv->n_beside; i++)
		free(inv->beside[i]);
	free(inv->beside);
	for (size_t i = 0; i < inv->n_files; i++)
		free(inv->files[i]);
	free(inv->files);
	for (size_t i = 0; i < inv->n_places; i++)
		free(inv->places[i]);
	free(inv->places);
	free(inv->vault_file);
	free(inv->hosts);
	free(inv->groups);
	value_free_all(inv->values);
	map_free(inv->host_map, NULL);
	map_free(inv->group_map, NULL);
	map_free(inv->names, NULL);
	if (inv->walk)
		free(inv->walk->todo.v);
	free(inv->walk);
	node_forget(inv);
	free(inv->rendered);
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

int inventory_members(const struct inventory *inv, uint32_t group, struct list *ret)
{
	const struct list *groups = walk_descendants(inv, group);
	int r = 0;

	for (size_t i = 0; i < groups->n; i++) {
		const struct list *hosts = &inv->groups[groups->v[i]].hosts;

		for (size_t j = 0; j < hosts->n && r == 0; j++) {
			struct host *h = &inv->hosts[hosts->v[j]];

			if (h->mark == inv->walk->number)
				continue;
			h->mark = inv->walk->number;
			r = list_add(ret, hosts->v[j], INVENTORY_HOSTS_MAX);
		}
	}
	return r;
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

size_t inventory_groups(const struct inventory *inv)
{
	return inv->n_groups;
}

const char *inventory_group_name(const struct inventory *inv, size_t group)
{
	return inv->groups[group].name;
}

/* Above every rank; a source's number goes above that. */
#define WEIGHT_ALL_FILE	   ((uint64_t)1 << 32)
#define WEIGHT_GROUPS_FILE ((uint64_t)2 << 32)

uint64_t weight_group(const struct inventory *inv, uint32_t group)
{
	return inv->groups[group].rank;
}

uint64_t weight_group_file(const struct inventory *inv, uint32_t group, const struct var *v)
{
	if (group == GROUP_ALL)
		return WEIGHT_ALL_FILE;
	return WEIGHT_GROUPS_FILE + ((uint64_t)v->source << 32) + inv->groups[group].rank;
}

static const struct var *find_var(const struct vars *vars, const char *name)
{
	for (size_t i = 0; i < vars->n; i++) {
		if (vars->v[i].name == name)
			return &vars->v[i];
	}
	return NULL;
}

/* The heaviest so far. */
struct best {
	const struct var *var;
	uint64_t weight;
};

static void consider(struct best *b, const struct var *v, uint64_t weight)
{
	if (b->var && weight < b->weight)
		return;
	*b = (struct best){v, weight};
}

static const struct var *find_group_var(const struct inventory *inv, size_t host, const char *name)
{
	const struct list *groups = walk_host_groups(inv, host);
	struct best best = {NULL, 0};

	for (size_t i = 0; i < groups->n; i++) {
		const struct group *g = &inv->groups[groups->v[i]];
		const struct var *v = find_var(&g->vars, name);

		if (v)
			consider(&best, v, weight_group(inv, groups->v[i]));
		v = find_var(&g->file_vars, name);
		if (v)
			consider(&best, v, weight_group_file(inv, groups->v[i], v));
	}
	return best.var;
}

const struct value *inventory_value(const struct inventory *inv, size_t host, struct span text)
{
	uintptr_t known = (uintptr_t)map_get_n(inv->names, text.p, text.n);
	const struct var *v;
	const char *name;

	if (!known)
		return NULL;
	name = map_key(inv->names, known - 1);
	v = find_var(&inv->hosts[host].file_vars, name);
	if (!v)
		v = find_var(&inv->hosts[host].vars, name);
	if (!v)
		v = find_group_var(inv, host, name);
	return v ? v->value : NULL;
}

/* ---- Templates ---- */

static void free_json(void *p)
{
	json_decref(p);
}

void node_forget(struct inventory *inv)
{
	if (!inv->rendered)
		return;
	map_free(inv->rendered->by, NULL);
	map_free(inv->rendered->groups, free_json);
	value_free_all(inv->rendered->values);
	*inv->rendered = (struct rendered){NULL};
}

/* Takes the reference to `json`. */
static int keep(struct rendered *all, const char *key, json_t *json, const struct value **ret)
{
	struct value *v = calloc(1, sizeof(*v));

	if (!v) {
		json_decref(json);
		return -ENOMEM;
	}
	v->json = json;
	v->next = all->values;
	all->values = v;
	if (value_text(v) < 0 || map_put(all->by, key, v, NULL) < 0)
		return -ENOMEM;
	*ret = v;
	return 0;
}

static int render(const struct inventory *inv, size_t host, const struct value *template,
	const struct value **ret, struct err *err)
{
	struct rendered *all = inv->rendered;
	char key[64];
	json_t *json;
	int r;

	(void)snprintf(key, sizeof(key), "%zu %p", host, (const void *)template);
	*ret = map_get(all->by, key);
	if (*ret)
		return 0;
	r = template_render(inv, host, template->json, &json, err);
	if (r < 0)
		return r;
	if (!all->by)
		all->by = map_new(RENDERED_MAX);
	if (!all->by) {
		json_decref(json);
		return err_set(err, ENOMEM, "out of memory");
	}
	return keep(all, key, json, ret) < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}

int inventory_var_mistake(
	const struct inventory *inv, size_t host, const char *name, struct err *err)
{
	const struct value *v = inventory_value(inv, host, span_str(name));

	if (v && v->line)
		err_prefix(err, "%s:%u", v->file, (unsigned)v->line);
	else if (v)
		err_prefix(err, "%s", v->file);
	return -err->code;
}

int inventory_var(const struct inventory *inv, size_t host, const char *name, const char **ret,
	struct err *err)
{
	const struct value *v = inventory_value(inv, host, span_str(name)), *final = v;
	struct err why = {0};
	int r = 0;

	if (v && v->vault)
		r = err_set(&why, EINVAL, "is encrypted by ansible-vault, which cannot be read");
	else if (v && v->template)
		r = render(inv, host, v, &final, &why);
	if (r < 0) {
		err_set(err, why.code, "%s %s", name, why.text);
		return inventory_var_mistake(inv, host, name, err);
	}
	*ret = final ? final->text : NULL;
	return 0;
}
