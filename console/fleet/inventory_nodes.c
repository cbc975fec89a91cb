/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/inventory_nodes.h"

#include "common/cell.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "console/fleet/hostname.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Variables of one host or group. */
#define VARS_MAX 10000

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

int mistake(const struct place *at, struct err *err, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (at->line == 0)
		return err_set(err, EINVAL, "%s: %s", at->file, text);
	if (at->column == 0)
		return err_set(err, EINVAL, "%s:%zu: %s", at->file, at->line, text);
	return err_set(err, EINVAL, "%s:%zu:%zu: %s", at->file, at->line, at->column, text);
}

int inventory_note(struct inventory *inv, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (inv->notes > INVENTORY_NOTES_MAX)
		return 0;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (inv->notes++ < INVENTORY_NOTES_MAX)
		log_note("%s", text);
	else
		log_note("more is left out of the inventory");
	return 0;
}

int list_add(struct list *l, uint32_t v, size_t max)
{
	int r = array_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v), max);

	if (r == 0)
		l->v[l->n++] = v;
	return r;
}

/* ---- Hosts and groups ---- */

static int check_name(const struct place *at, struct span name, const char *what, struct err *err)
{
	if (name.n == 0)
		return mistake(at, err, "a %s without a name", what);
	if (name.n > HOSTNAME_LEN_MAX)
		return mistake(at, err, "the name of a %s is longer than %d bytes", what,
			HOSTNAME_LEN_MAX);
	if (!utf8_valid(name.p, name.n) || memchr(name.p, '\0', name.n))
		return mistake(at, err, "the name of a %s is not UTF-8 text", what);
	return 0;
}

/* Puts index + 1 under the name; *ret: the map's own copy of it. */
static int add_name(struct map *m, struct span name, size_t index, const char **ret)
{
	char *copy = span_dup(name);
	int r = copy ? map_put(m, copy, (void *)(uintptr_t)(index + 1), NULL) : -ENOMEM;

	free(copy);
	if (r == 0)
		*ret = map_key(m, map_len(m) - 1);
	return r;
}

static uint32_t find(const struct map *m, struct span name)
{
	uintptr_t i = (uintptr_t)map_get_n(m, name.p, name.n);

	return i ? (uint32_t)(i - 1) : UINT32_MAX;
}

int node_file(struct inventory *inv, const char *path, struct err *err)
{
	char here[PATH_MAX], *own;

	inv->file = NULL;
	if (!path)
		return 0;
	if (path[0] == '/' || !getcwd(here, sizeof(here)))
		own = strdup(path);
	else
		own = str_printf("%s/%s", here, path);
	if (!own || array_grow(&inv->files, &inv->cap_files, inv->n_files + 1, sizeof(*inv->files),
			    SIZE_MAX / 64) < 0) {
		free(own);
		return no_memory(err);
	}
	inv->file = inv->files[inv->n_files++] = own;
	return 0;
}

int node_host(struct inventory *inv, const struct place *at, struct span name, uint32_t *ret,
	bool *ret_new, struct err *err)
{
	uint32_t i = find(inv->host_map, name);
	const char *own;
	int r;

	if (ret_new)
		*ret_new = i == UINT32_MAX;
	if (i != UINT32_MAX) {
		*ret = i;
		return 0;
	}
	r = check_name(at, name, "host", err);
	if (r < 0)
		return r;
	r = array_grow(&inv->hosts, &inv->cap_hosts, inv->n_hosts + 1, sizeof(*inv->hosts),
		INVENTORY_HOSTS_MAX);
	if (r == -E2BIG)
		return mistake(at, err, "more than %d hosts", INVENTORY_HOSTS_MAX);
	if (r == 0)
		r = add_name(inv->host_map, name, inv->n_hosts, &own);
	if (r < 0)
		return no_memory(err);
	*ret = (uint32_t)inv->n_hosts++;
	inv->hosts[*ret] = (struct host){.name = own, .file = inv->file};
	return 0;
}

uint32_t node_find_group(const struct inventory *inv, struct span name)
{
	return find(inv->group_map, name);
}

int node_group(struct inventory *inv, const struct place *at, struct span name, uint32_t *ret,
	struct err *err)
{
	uint32_t i = find(inv->group_map, name);
	const char *own;
	int r;

	if (i != GROUP_NONE) {
		*ret = i;
		return 0;
	}
	r = check_name(at, name, "group", err);
	if (r < 0)
		return r;
	r = array_grow(&inv->groups, &inv->cap_groups, inv->n_groups + 1, sizeof(*inv->groups),
		INVENTORY_GROUPS_MAX);
	if (r == -E2BIG)
		return mistake(at, err, "more than %d groups", INVENTORY_GROUPS_MAX);
	if (r == 0)
		r = add_name(inv->group_map, name, inv->n_groups, &own);
	if (r < 0)
		return no_memory(err);
	*ret = (uint32_t)inv->n_groups++;
	inv->groups[*ret] = (struct group){.name = own, .priority = 1};
	return 0;
}

static bool list_has(const struct list *l, uint32_t v)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i] == v)
			return true;
	}
	return false;
}

int node_add_member(struct inventory *inv, uint32_t group, uint32_t host, struct err *err)
{
	struct list *groups = &inv->hosts[host].groups;

	if (list_has(groups, group))
		return 0;
	if (list_add(groups, group, INVENTORY_GROUPS_MAX) < 0)
		return no_memory(err);
	if (list_add(&inv->groups[group].hosts, host, INVENTORY_HOSTS_MAX) < 0) {
		groups->n--;
		return no_memory(err);
	}
	return 0;
}

int node_add_child(struct inventory *inv, const struct place *at, uint32_t parent, uint32_t child,
	struct err *err)
{
	struct group *g = &inv->groups[parent];
	struct list *parents = &inv->groups[child].parents;

	if (parent == child)
		return mistake(at, err, "the group `%s` contains itself", g->name);
	if (list_has(parents, parent))
		return 0;
	if (list_add(parents, parent, INVENTORY_GROUPS_MAX) < 0)
		return no_memory(err);
	if (array_grow(&g->children, &g->cap_children, g->n_children + 1, sizeof(*g->children),
		    INVENTORY_GROUPS_MAX) < 0) {
		parents->n--;
		return no_memory(err);
	}
	g->children[g->n_children++] =
		(struct edge){.child = child, .line = (uint32_t)at->line, .source = inv->source};
	return 0;
}

/* ---- Variables ---- */

/* As Ansible would put it into a command. */
int value_text(struct value *v)
{
	char number[CELL_NUMBER_MAX];
	const json_t *raw = json_object_get(v->json, "__ansible_unsafe");

	v->vault = json_object_get(v->json, "__ansible_vault");
	if (json_is_string(raw)) {
		v->text = json_string_value(raw);
		return 0;
	}
	switch (json_typeof(v->json)) {
	case JSON_STRING:
		v->text = json_string_value(v->json);
		v->template = template_is(v->text);
		return 0;
	case JSON_NULL:
		return 0;
	case JSON_INTEGER:
		cell_int_text(json_integer_value(v->json), number);
		v->own = strdup(number);
		break;
	case JSON_REAL:
		cell_real_text(json_real_value(v->json), number);
		v->own = strdup(number);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		v->own = strdup(json_is_true(v->json) ? "True" : "False");
		break;
	default:
		v->own = json_print(v->json, JSON_COMPACT);
		break;
	}
	v->text = v->own;
	return v->own ? 0 : -ENOMEM;
}

void value_free_all(struct value *v)
{
	while (v) {
		struct value *next = v->next;

		json_decref(v->json);
		free(v->own);
		free(v);
		v = next;
	}
}

/* Values come file by file, so that it is mostly the last one. */
static const char *own_place(struct inventory *inv, const char *file)
{
	char *copy;

	if (inv->n_places && str_eq(inv->places[inv->n_places - 1], file))
		return inv->places[inv->n_places - 1];
	copy = strdup(file);
	if (!copy || array_grow(&inv->places, &inv->cap_places, inv->n_places + 1,
			     sizeof(*inv->places), SIZE_MAX / 64) < 0) {
		free(copy);
		return NULL;
	}
	inv->places[inv->n_places++] = copy;
	return copy;
}

int node_value(struct inventory *inv, const struct place *at, json_t *json,
	const struct value **ret, struct err *err)
{
	struct value *v = json ? calloc(1, sizeof(*v)) : NULL;

	if (!v) {
		json_decref(json);
		return no_memory(err);
	}
	v->json = json;
	v->next = inv->values;
	inv->values = v;
	v->file = own_place(inv, at->file);
	v->line = at->line < UINT32_MAX ? (uint32_t)at->line : 0;
	if (!v->file || value_text(v) < 0)
		return no_memory(err);
	*ret = v;
	return 0;
}

/* The pointer that stands for this name everywhere. */
static int own_name(struct inventory *inv, struct span name, const char **ret, struct err *err)
{
	uint32_t i = find(inv->names, name);
	int r;

	if (i != UINT32_MAX) {
		*ret = map_key(inv->names, i);
		return 0;
	}
	r = add_name(inv->names, name, map_len(inv->names), ret);
	if (r == -E2BIG)
		return err_set(
			err, EINVAL, "more than %d different variables", INVENTORY_NAMES_MAX);
	return r < 0 ? no_memory(err) : 0;
}

static int set_var(struct inventory *inv, struct vars *vars, struct span name,
	const struct value *value, struct err *err)
{
	const char *own;
	int r = own_name(inv, name, &own, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < vars->n; i++) {
		if (vars->v[i].name == own) {
			vars->v[i].value = value;
			vars->v[i].source = inv->source;
			return 0;
		}
	}
	r = array_grow(&vars->v, &vars->cap, vars->n + 1, sizeof(*vars->v), VARS_MAX);
	if (r == -E2BIG)
		return err_set(err, EINVAL, "more than %d variables in one place", VARS_MAX);
	if (r < 0)
		return no_memory(err);
	vars->v[vars->n++] = (struct var){own, value, inv->source};
	return 0;
}

int node_set_host_var(struct inventory *inv, uint32_t host, struct span name,
	const struct value *value, struct err *err)
{
	return set_var(inv, &inv->hosts[host].vars, name, value, err);
}

int node_set_file_var(struct inventory *inv, bool of_group, uint32_t index, struct span name,
	const struct value *value, struct err *err)
{
	return set_var(inv, of_group ? &inv->groups[index].file_vars : &inv->hosts[index].file_vars,
		name, value, err);
}

int node_set_group_var(struct inventory *inv, const struct place *at, uint32_t group,
	struct span name, const struct value *value, struct err *err)
{
	int64_t priority;

	if (!span_eq(name, "ansible_group_priority"))
		return set_var(inv, &inv->groups[group].vars, name, value, err);
	if (!value->text || parse_int(value->text, INT32_MIN, INT32_MAX, &priority) < 0)
		return mistake(at, err, "ansible_group_priority is not a number");
	inv->groups[group].priority = (long)priority;
	return 0;
}
