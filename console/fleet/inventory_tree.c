/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inventories in JSON: what programs print for --list, and files in the same shape or in that of
 * Ansible's YAML inventories (hosts and children as objects within each other).
 */
#include "console/fleet/inventory_nodes.h"

#include "common/json.h"

#include <stdlib.h>
#include <string.h>

/* Objects and arrays within each other. */
#define TREE_DEPTH_MAX 64

struct tree {
	struct inventory *inv;
	struct place at;
	bool listing; /* the shape of --list: hosts are names, not expressions */
	struct list hosts;
	struct list *all; /* every host that is named, or NULL */
};

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

static struct span span_json(const json_t *string)
{
	return (struct span){json_string_value(string), json_string_length(string)};
}

static int set_vars(
	struct tree *t, bool of_group, uint32_t owner, const json_t *vars, struct err *err)
{
	const struct value *value;
	const char *name;
	json_t *v;
	int r = 0;

	json_object_foreach ((json_t *)vars, name, v) {
		r = node_value(t->inv, &t->at, json_incref(v), &value, err);
		if (r == 0 && of_group)
			r = node_set_group_var(t->inv, &t->at, owner, span_str(name), value, err);
		else if (r == 0)
			r = node_set_host_var(t->inv, owner, span_str(name), value, err);
		if (r < 0)
			return r;
	}
	return r;
}

/* ---- Hosts ---- */

/* `vars` may be NULL. */
static int add_host(
	struct tree *t, uint32_t group, struct span name, const json_t *vars, struct err *err)
{
	uint32_t host;
	int r;

	t->hosts.n = 0;
	if (t->listing) {
		r = node_host(t->inv, &t->at, name, &host, NULL, err);
		if (r == 0)
			r = node_add_member(t->inv, group, host, err);
		if (r == 0 && list_add(&t->hosts, host, INVENTORY_HOSTS_MAX) < 0)
			r = no_memory(err);
	} else {
		r = inventory_add_hosts(t->inv, &t->at, name, group, &t->hosts, err);
	}
	for (size_t i = 0; i < t->hosts.n && r == 0; i++) {
		r = set_vars(t, false, t->hosts.v[i], vars, err);
		if (r == 0 && t->all && list_add(t->all, t->hosts.v[i], SIZE_MAX / 8) < 0)
			r = no_memory(err);
	}
	return r;
}

static int read_host_list(struct tree *t, uint32_t group, const json_t *list, struct err *err)
{
	const json_t *v;
	size_t i;
	int r = 0;

	json_array_foreach (list, i, v) {
		if (!json_is_string(v))
			return mistake(&t->at, err, "a host of the group `%s` is not a name",
				t->inv->groups[group].name);
		r = add_host(t, group, span_json(v), NULL, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_host_object(struct tree *t, uint32_t group, const json_t *hosts, struct err *err)
{
	const char *name;
	json_t *v;
	int r = 0;

	json_object_foreach ((json_t *)hosts, name, v) {
		if (!json_is_object(v) && !json_is_null(v))
			return mistake(
				&t->at, err, "the variables of the host `%s` are no object", name);
		r = add_host(t, group, span_str(name), v, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_hosts(struct tree *t, uint32_t group, const json_t *v, struct err *err)
{
	if (json_is_array(v))
		return read_host_list(t, group, v, err);
	if (json_is_object(v))
		return read_host_object(t, group, v, err);
	if (json_is_string(v))
		return add_host(t, group, span_json(v), NULL, err);
	if (!v || json_is_null(v))
		return 0;
	return mistake(&t->at, err, "the hosts of the group `%s` are neither a list nor an object",
		t->inv->groups[group].name);
}

/* ---- Groups ---- */

static int read_group(
	struct tree *t, struct span name, const json_t *v, uint32_t *ret, struct err *err);

/* `v` NULL: only named. */
static int read_child(
	struct tree *t, uint32_t group, struct span name, const json_t *v, struct err *err)
{
	uint32_t child;
	int r = v ? read_group(t, name, v, &child, err)
		  : node_group(t->inv, &t->at, name, &child, err);

	return r < 0 ? r : node_add_child(t->inv, &t->at, group, child, err);
}

static int read_child_list(struct tree *t, uint32_t group, const json_t *list, struct err *err)
{
	const json_t *v;
	size_t i;
	int r = 0;

	json_array_foreach (list, i, v) {
		if (!json_is_string(v))
			return mistake(&t->at, err, "a child of the group `%s` is not a name",
				t->inv->groups[group].name);
		r = read_child(t, group, span_json(v), NULL, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_children(struct tree *t, uint32_t group, const json_t *v, struct err *err)
{
	const char *name;
	json_t *child;
	int r = 0;

	if (json_is_array(v))
		return read_child_list(t, group, v, err);
	if (json_is_string(v))
		return read_child(t, group, span_json(v), NULL, err);
	if (v && !json_is_object(v) && !json_is_null(v))
		return mistake(&t->at, err,
			"the children of the group `%s` are neither a list nor an object",
			t->inv->groups[group].name);
	json_object_foreach ((json_t *)v, name, child) {
		r = read_child(t, group, span_str(name), child, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_vars(struct tree *t, uint32_t group, const json_t *v, struct err *err)
{
	if (!json_is_object(v) && !json_is_null(v))
		return mistake(&t->at, err, "the variables of the group `%s` are no object",
			t->inv->groups[group].name);
	return set_vars(t, true, group, v, err);
}

/* As they stand in the file: what the last one says of a host is what counts. */
static int read_members(struct tree *t, uint32_t group, const json_t *members, struct err *err)
{
	const char *name;
	json_t *v;
	int r = 0;

	json_object_foreach ((json_t *)members, name, v) {
		if (str_eq(name, "hosts"))
			r = read_hosts(t, group, v, err);
		else if (str_eq(name, "vars"))
			r = read_vars(t, group, v, err);
		else if (str_eq(name, "children"))
			r = read_children(t, group, v, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_group(
	struct tree *t, struct span name, const json_t *v, uint32_t *ret, struct err *err)
{
	int r = node_group(t->inv, &t->at, name, ret, err);

	if (r < 0)
		return r;
	if (json_is_array(v))
		return read_host_list(t, *ret, v, err);
	if (json_is_null(v))
		return 0;
	if (!json_is_object(v))
		return mistake(&t->at, err, "the group `%s` is neither a list nor an object",
			t->inv->groups[*ret].name);
	if (json_object_get(v, "hosts") || json_object_get(v, "vars") ||
		json_object_get(v, "children"))
		return read_members(t, *ret, v, err);
	/* A program's short way to say: one host of the same name, with these variables. */
	if (t->listing)
		return add_host(t, *ret, name, v, err);
	if (json_object_size(v) == 0)
		return 0;
	return mistake(&t->at, err, "the group `%s` has neither hosts, vars nor children",
		t->inv->groups[*ret].name);
}

/* ---- The whole ---- */

/* _meta.hostvars: hosts that no group has are not added by it. */
static int read_hostvars(struct tree *t, const json_t *hostvars, struct err *err)
{
	const char *name;
	json_t *v;
	int r = 0;

	if (hostvars && !json_is_object(hostvars))
		return mistake(&t->at, err, "`_meta.hostvars` is no object");
	json_object_foreach ((json_t *)hostvars, name, v) {
		uintptr_t known = (uintptr_t)map_get(t->inv->host_map, name);

		if (!known)
			continue;
		if (!json_is_object(v))
			return mistake(
				&t->at, err, "the variables of the host `%s` are no object", name);
		r = set_vars(t, false, (uint32_t)(known - 1), v, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_tree(struct tree *t, const json_t *tree, struct err *err)
{
	const char *name;
	uint32_t group;
	json_t *v;
	int r = 0;

	if (!json_is_object(tree))
		return mistake(&t->at, err, "the JSON is not an object of groups");
	json_object_foreach ((json_t *)tree, name, v) {
		if (strcmp(name, "_meta") != 0)
			r = read_group(t, span_str(name), v, &group, err);
		if (r < 0)
			return r;
	}
	return read_hostvars(t, json_object_get(json_object_get(tree, "_meta"), "hostvars"), err);
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void make_unique(struct list *l)
{
	size_t kept = 0;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare_numbers);
	for (size_t i = 0; i < l->n; i++) {
		if (i == 0 || l->v[i] != l->v[i - 1])
			l->v[kept++] = l->v[i];
	}
	l->n = kept;
}

int inventory_read_json(struct inventory *inv, const char *file, struct span text,
	struct list *ret_bare, struct err *err)
{
	struct tree t = {.inv = inv, .at = {.file = file}, .all = ret_bare};
	struct err why;
	json_t *tree = json_read_any(text.p, text.n, TREE_DEPTH_MAX, &why);
	const json_t *meta = json_object_get(tree, "_meta");
	int r;

	if (!tree)
		return why.code == ENOMEM ? no_memory(err) : mistake(&t.at, err, "%s", why.text);
	t.listing = ret_bare || meta;
	r = read_tree(&t, tree, err);
	if (ret_bare && json_object_get(meta, "hostvars"))
		ret_bare->n = 0;
	else if (ret_bare)
		make_unique(ret_bare);
	json_decref(tree);
	free(t.hosts.v);
	return r;
}

int inventory_read_hostvars(
	struct inventory *inv, const char *file, uint32_t host, struct span text, struct err *err)
{
	struct tree t = {.inv = inv, .at = {.file = file}};
	struct err why;
	json_t *vars;
	int r;

	if (span_trim(text).n == 0)
		return 0;
	vars = json_read_any(text.p, text.n, TREE_DEPTH_MAX, &why);
	if (!vars && why.code == ENOMEM)
		return no_memory(err);
	if (!vars)
		return mistake(&t.at, err, "for --host %s: %s", inv->hosts[host].name, why.text);
	if (json_is_object(vars))
		r = set_vars(&t, false, host, vars, err);
	else
		r = mistake(&t.at, err, "the variables of the host `%s` are no object",
			inv->hosts[host].name);
	json_decref(vars);
	return r;
}
