/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ansible's YAML inventories: groups, with their hosts, children and variables within each other.
 */
#include "console/fleet/inventory_nodes.h"

#include "console/fleet/ytree.h"

#include <stdlib.h>

struct reader {
	struct inventory *inv;
	const char *file;
	struct list hosts; /* of one key */
	struct err *err;
};

#define SHOWN_MAX 100
#define SHOWN(s)  (int)((s).n < SHOWN_MAX ? (s).n : SHOWN_MAX), (s).p

static struct place place_of(const struct reader *r, const struct ynode *n)
{
	return (struct place){.file = r->file, .line = n->line, .column = n->column};
}

static int wrong(struct reader *r, const struct ynode *n, const char *words)
{
	struct place at = place_of(r, n);

	return mistake(&at, r->err, "%s", words);
}

/* ---- Variables ---- */

/* For a group, or (GROUP_NONE) for r->hosts. Takes the reference to `value`. */
static int set_var(struct reader *r, uint32_t group, const struct ynode *key, json_t *value)
{
	struct span name = span_str(json_string_value(key->json));
	struct place at = place_of(r, key);
	const struct value *v;
	int e = node_value(r->inv, &at, value, &v, r->err);

	if (e == 0 && group != GROUP_NONE)
		return node_set_group_var(r->inv, &at, group, name, v, r->err);
	for (size_t i = 0; i < r->hosts.n && e == 0; i++)
		e = node_set_host_var(r->inv, r->hosts.v[i], name, v, r->err);
	return e;
}

static int set_vars(struct reader *r, uint32_t group, struct ynode *vars)
{
	int e = 0;

	if (ynode_is_null(vars))
		return 0;
	if (vars->kind != YNODE_MAP)
		return wrong(r, vars, "variables are a mapping: `name: value`");
	for (size_t i = 0; i < vars->n && e == 0; i += 2)
		e = set_var(r, group, vars->v[i], ytree_json(vars->v[i + 1]));
	return e;
}

/* ---- Hosts ---- */

/* `vars` NULL: none. */
static int add_host(struct reader *r, uint32_t group, const struct ynode *key, struct ynode *vars)
{
	struct span expression = ynode_text(key);
	struct place at = place_of(r, key);
	int e;

	if (!expression.p)
		return wrong(r, key, "the name of a host must be text: put it in quotes");
	r->hosts.n = 0;
	e = inventory_add_hosts(r->inv, &at, expression, group, &r->hosts, r->err);
	return e < 0 || !vars ? e : set_vars(r, GROUP_NONE, vars);
}

static int read_hosts(struct reader *r, uint32_t group, const struct ynode *hosts)
{
	int e = 0;

	if (ynode_is_null(hosts))
		return 0;
	if (ynode_text(hosts).p)
		return add_host(r, group, hosts, NULL);
	if (hosts->kind != YNODE_MAP)
		return wrong(r, hosts, "hosts are a mapping: `name:`, not `- name`");
	for (size_t i = 0; i < hosts->n && e == 0; i += 2)
		e = add_host(r, group, hosts->v[i], hosts->v[i + 1]);
	return e;
}

/* ---- Groups ---- */

static int read_group(
	struct reader *r, const struct ynode *key, const struct ynode *body, uint32_t *ret);

/* `body` NULL: only named. */
static int read_child(
	struct reader *r, uint32_t group, const struct ynode *key, const struct ynode *body)
{
	struct place at = place_of(r, key);
	uint32_t child;
	int e;

	if (body && body->kind != YNODE_MAP && !ynode_is_null(body))
		return wrong(r, body, "a group is a mapping of hosts, children and vars");
	e = read_group(r, key, body, &child);
	return e < 0 ? e : node_add_child(r->inv, &at, group, child, r->err);
}

static int read_children(struct reader *r, uint32_t group, const struct ynode *children)
{
	int e = 0;

	if (ynode_is_null(children))
		return 0;
	if (ynode_text(children).p)
		return read_child(r, group, children, NULL);
	if (children->kind != YNODE_MAP)
		return wrong(r, children, "children are a mapping: `name:`, not `- name`");
	for (size_t i = 0; i < children->n && e == 0; i += 2)
		e = read_child(r, group, children->v[i], children->v[i + 1]);
	return e;
}

static int read_vars(struct reader *r, uint32_t group, struct ynode *vars)
{
	/* A name alone is set to nothing. */
	if (ynode_text(vars).p)
		return set_var(r, group, vars, json_null());
	return set_vars(r, group, vars);
}

static int read_member(struct reader *r, uint32_t group, const struct ynode *key,
	struct ynode *value, bool *ret_stray)
{
	const char *name = json_string_value(key->json);

	*ret_stray = false;
	if (str_eq(name, "hosts"))
		return read_hosts(r, group, value);
	if (str_eq(name, "children"))
		return read_children(r, group, value);
	if (str_eq(name, "vars"))
		return read_vars(r, group, value);
	*ret_stray = !ynode_is_null(value);
	return 0;
}

static int read_members(struct reader *r, uint32_t group, const struct ynode *body)
{
	const struct ynode *first = NULL;
	bool stray;
	int e = 0;

	for (size_t i = 0; i < body->n && e == 0; i += 2) {
		e = read_member(r, group, body->v[i], body->v[i + 1], &stray);
		if (e == 0 && stray && !first)
			first = body->v[i];
	}
	if (first)
		inventory_note(r->inv,
			"%s:%u:%u: `%.*s` is left out: a group has hosts, children and vars",
			r->file, first->line, first->column,
			SHOWN(span_str(json_string_value(first->json))));
	return e;
}

static int read_group(
	struct reader *r, const struct ynode *key, const struct ynode *body, uint32_t *ret)
{
	struct span name = ynode_text(key);
	struct place at = place_of(r, key);
	int e;

	if (!name.p)
		return wrong(r, key, "the name of a group must be text: put it in quotes");
	e = node_group(r->inv, &at, name, ret, r->err);
	return e < 0 || !body || body->kind != YNODE_MAP ? e : read_members(r, *ret, body);
}

static int read_groups(struct reader *r, const struct ynode *root)
{
	const struct ynode *plugin = ynode_get(root, "plugin");
	uint32_t group;
	int e = 0;

	if (plugin && ynode_text(plugin).p)
		return wrong(r, plugin,
			"this configures a plugin of Ansible's: give tocsin what "
			"`ansible-inventory -i FILE --list` prints");
	for (size_t i = 0; i < root->n && e == 0; i += 2) {
		const struct ynode *key = root->v[i], *body = root->v[i + 1];

		if (body->kind == YNODE_MAP || ynode_is_null(body))
			e = read_group(r, key, body, &group);
		else
			inventory_note(r->inv, "%s:%u:%u: `%.*s` is left out: it is no group",
				r->file, key->line, key->column,
				SHOWN(span_str(json_string_value(key->json))));
	}
	return e;
}

/* Is any of its members a group? INI can look like a mapping. */
static bool has_groups(const struct ynode *root)
{
	for (size_t i = 0; root->kind == YNODE_MAP && i < root->n; i += 2) {
		if (root->v[i + 1]->kind == YNODE_MAP || ynode_is_null(root->v[i + 1]))
			return true;
	}
	return false;
}

static int read_tree(
	struct inventory *inv, const char *file, const struct ytree *t, struct err *err)
{
	struct reader r = {.inv = inv, .file = file, .err = err};
	int e;

	if (!t->root || ynode_is_null(t->root))
		return 0;
	if (t->root->kind != YNODE_MAP)
		return wrong(&r, t->root, "an inventory is a mapping of groups");
	e = read_groups(&r, t->root);
	free(r.hosts.v);
	return e;
}

int inventory_read_yaml(struct inventory *inv, const char *file, struct span text, struct err *err)
{
	struct ytree *t;
	int r = ytree_read(file, text, &t, err);

	if (r < 0)
		return r;
	r = read_tree(inv, file, t, err);
	ytree_free(t);
	return r;
}

/* The first line that says something. */
static struct span first_line(struct span text)
{
	struct span line = {NULL, 0};

	while (span_split(&text, '\n', &line)) {
		line = span_trim(line);
		if (line.n && line.p[0] != '#' && line.p[0] != ';')
			return line;
	}
	return (struct span){"", 0};
}

static bool ends_in_colon(struct span line)
{
	const char *comment = memmem(line.p, line.n, " #", 2);

	if (comment)
		line = span_trim((struct span){line.p, (size_t)(comment - line.p)});
	return line.n && line.p[line.n - 1] == ':';
}

int inventory_try_yaml(
	struct inventory *inv, const char *file, struct span text, bool *ret_is, struct err *err)
{
	struct span line = first_line(text);
	bool certain = span_eq(line, "---") || (line.n && line.p[0] == '%') || ends_in_colon(line);
	struct ytree *t;
	int r = 0;

	*ret_is = certain && line.p[0] != '[';
	if (*ret_is)
		return inventory_read_yaml(inv, file, text, err);
	/* No mapping begins like that. */
	if (line.n == 0 || line.p[0] == '[' || !memchr(line.p, ':', line.n))
		return 0;
	r = ytree_read(file, text, &t, NULL);
	if (r < 0)
		return r == -ENOMEM ? err_set(err, ENOMEM, "out of memory") : 0;
	*ret_is = t->root && has_groups(t->root);
	r = *ret_is ? read_tree(inv, file, t, err) : 0;
	ytree_free(t);
	return r;
}
