/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inventory as `ansible-inventory --list` shows it: members sorted by name, lists as they came.
 */
#include "console/fleet/inventory_nodes.h"

#include <stdlib.h>
#include <string.h>

/* A variable that a host has by a group or of its own. */
struct candidate {
	const char *name;
	const struct value *value;
	uint64_t weight;
};

struct candidates {
	struct candidate *v;
	size_t n, cap;
};

static int add_vars(struct candidates *c, const struct vars *vars, uint64_t weight)
{
	int r = array_grow(&c->v, &c->cap, c->n + vars->n, sizeof(*c->v), SIZE_MAX / 64);

	for (size_t i = 0; i < vars->n && r == 0; i++)
		c->v[c->n++] = (struct candidate){vars->v[i].name, vars->v[i].value, weight};
	return r;
}

static int add_group_vars(struct candidates *c, const struct inventory *inv, uint32_t group)
{
	const struct group *g = &inv->groups[group];
	int r = add_vars(c, &g->vars, weight_group(inv, group));

	/* Each has a weight of its own, by the source that set it. */
	for (size_t i = 0; i < g->file_vars.n && r == 0; i++) {
		struct var *v = &g->file_vars.v[i];

		r = add_vars(c, &(struct vars){.v = v, .n = 1}, weight_group_file(inv, group, v));
	}
	return r;
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	return d ? d : (x->weight > y->weight) - (x->weight < y->weight);
}

static int set_value(json_t *object, const char *name, const struct value *value)
{
	return json_object_set(object, name, value->json);
}

/* The variables of one host, NULL when it has none or memory is short (*ret_r). */
static json_t *host_vars(const struct inventory *inv, size_t host, struct candidates *c, int *ret_r)
{
	const struct list *groups = walk_host_groups(inv, host);
	json_t *object;
	int r;

	c->n = 0;
	r = add_vars(c, &inv->hosts[host].vars, WEIGHT_HOST);
	if (r == 0)
		r = add_vars(c, &inv->hosts[host].file_vars, WEIGHT_HOST_FILE);
	for (size_t i = 0; i < groups->n && r == 0; i++)
		r = add_group_vars(c, inv, groups->v[i]);
	*ret_r = r;
	if (r < 0 || c->n == 0)
		return NULL;
	qsort(c->v, c->n, sizeof(*c->v), compare_candidates);
	object = json_object();
	for (size_t i = 0; i < c->n && r == 0; i++) {
		/* The last of a name is the one that counts. */
		if (i + 1 == c->n || c->v[i].name != c->v[i + 1].name)
			r = set_value(object, c->v[i].name, c->v[i].value);
	}
	*ret_r = object && r == 0 ? 0 : -ENOMEM;
	return object;
}

struct sorted {
	const char *name;
	size_t index;
};

static int compare_sorted(const void *a, const void *b)
{
	return strcmp(((const struct sorted *)a)->name, ((const struct sorted *)b)->name);
}

static struct sorted *sort_hosts(const struct inventory *inv)
{
	struct sorted *s = calloc(inv->n_hosts + 1, sizeof(*s));

	if (!s)
		return NULL;
	for (size_t i = 0; i < inv->n_hosts; i++)
		s[i] = (struct sorted){inv->hosts[i].name, i};
	qsort(s, inv->n_hosts, sizeof(*s), compare_sorted);
	return s;
}

/* "_meta" among them, where the alphabet has it. */
#define META SIZE_MAX

static struct sorted *sort_groups(const struct inventory *inv)
{
	struct sorted *s = calloc(inv->n_groups + 1, sizeof(*s));

	if (!s)
		return NULL;
	for (size_t i = 0; i < inv->n_groups; i++)
		s[i] = (struct sorted){inv->groups[i].name, i};
	s[inv->n_groups] = (struct sorted){"_meta", META};
	qsort(s, inv->n_groups + 1, sizeof(*s), compare_sorted);
	return s;
}

static json_t *meta(const struct inventory *inv)
{
	struct candidates c = {.n = 0};
	struct sorted *hosts = sort_hosts(inv);
	json_t *object = json_object(), *all = json_object();
	int r = hosts && object && all ? 0 : -ENOMEM;

	for (size_t i = 0; i < inv->n_hosts && r == 0; i++) {
		json_t *vars = host_vars(inv, hosts[i].index, &c, &r);

		if (vars && r == 0)
			r = json_object_set(all, hosts[i].name, vars);
		json_decref(vars);
	}
	if (r == 0)
		r = json_object_set(object, "hostvars", all);
	json_decref(all);
	free(c.v);
	free(hosts);
	if (r == 0)
		return object;
	json_decref(object);
	return NULL;
}

static int append_name(json_t *list, const char *name)
{
	return json_array_append_new(list, json_string(name));
}

/* Puts the list under the name, when there is anything in it. */
static int put_list(json_t *object, const char *name, json_t *list, int r)
{
	if (r == 0 && json_array_size(list))
		r = json_object_set(object, name, list);
	json_decref(list);
	return r;
}

static json_t *group_object(const struct inventory *inv, size_t group)
{
	const struct group *g = &inv->groups[group];
	json_t *object = json_object(), *children = json_array(), *hosts = json_array();
	int r = object && children && hosts ? 0 : -ENOMEM;

	for (size_t i = 0; i < g->n_children && r == 0; i++)
		r = append_name(children, inv->groups[g->children[i].child].name);
	r = put_list(object, "children", children, r);
	for (size_t i = 0; i < g->hosts.n && r == 0 && group != GROUP_ALL; i++)
		r = append_name(hosts, inv->hosts[g->hosts.v[i]].name);
	r = put_list(object, "hosts", hosts, r);
	if (r == 0)
		return object;
	json_decref(object);
	return NULL;
}

json_t *inventory_json(const struct inventory *inv)
{
	struct sorted *groups = sort_groups(inv);
	json_t *tree = json_object();
	int r = groups && tree ? 0 : -ENOMEM;

	for (size_t i = 0; i <= inv->n_groups && r == 0; i++) {
		bool is_meta = groups[i].index == META;
		json_t *object = is_meta ? meta(inv) : group_object(inv, groups[i].index);

		if (!object)
			r = -ENOMEM;
		else if (is_meta || json_object_size(object))
			r = json_object_set(tree, groups[i].name, object);
		json_decref(object);
	}
	free(groups);
	if (r == 0)
		return tree;
	json_decref(tree);
	return NULL;
}
