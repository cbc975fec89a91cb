/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inventories and patterns: the input's first line is a pattern, the rest an inventory, JSON when
 * it begins with a brace, else YAML or INI. Whatever they are, the hosts and groups that come out
 * hang together.
 */
#include "common/log.h"
#include "console/fleet/inventory_nodes.h"

#include <stdlib.h>
#include <string.h>

/* With more hosts than this only reading is tried: the rest would take too long. */
#define HOSTS_MAX 2000

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_groups(const struct inventory *inv)
{
	for (uint32_t i = 0; i < inv->n_groups; i++) {
		const struct group *g = &inv->groups[i];

		MUST(i == GROUP_ALL || g->depth > 0);
		for (size_t j = 0; j < g->n_children; j++) {
			const struct group *child = &inv->groups[g->children[j].child];

			MUST(child->depth > g->depth && child->rank > g->rank);
		}
	}
	for (size_t i = 0; i < inv->n_hosts; i++) {
		MUST(inv->hosts[i].groups.n > 0 && inv->hosts[i].name[0]);
		MUST(walk_host_groups(inv, i)->n <= inv->n_groups);
	}
}

static void check_vars(const struct inventory *inv)
{
	json_t *tree = inventory_json(inv), *all;

	MUST(tree);
	all = json_object_get(json_object_get(tree, "_meta"), "hostvars");
	for (size_t i = 0; i < inv->n_hosts; i++) {
		json_t *vars = json_object_get(all, inv->hosts[i].name), *v;
		const char *name;

		json_object_foreach (vars, name, v) {
			const char *text = NULL;
			struct err err = {.code = 0};
			int r = inventory_var(inv, i, name, &text, &err);

			if (r < 0) {
				MUST(r == -EINVAL && err.code == EINVAL && err.text[0]);
				continue;
			}
			if (json_is_string(v) && template_is(json_string_value(v)))
				continue;
			/* Both ways of looking it up agree. */
			MUST(!text == json_is_null(v));
			MUST(!json_is_string(v) || strcmp(text, json_string_value(v)) == 0);
		}
	}
	json_decref(tree);
}

static size_t check_pattern(const struct inventory *inv, const char *pattern)
{
	struct err err = {.code = 0};
	size_t *hosts, count;
	int r = inventory_select(inv, pattern, &hosts, &count, &err);

	if (r < 0) {
		MUST(err.code == -r && err.text[0]);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		MUST(hosts[i] < inv->n_hosts && (i == 0 || hosts[i - 1] < hosts[i]));
	free(hosts);
	return count;
}

static void use(const struct inventory *inv, const char *pattern)
{
	check_groups(inv);
	if (inv->n_hosts > HOSTS_MAX)
		return;
	check_vars(inv);
	/* Where a host has that name it is the one that is meant. */
	MUST(map_get(inv->host_map, "all") || check_pattern(inv, "all") == inv->n_hosts);
	/* No files here, and no regular expressions: their cost is the C library's. */
	if (!strpbrk(pattern, "@~"))
		check_pattern(inv, pattern);
}

static int read_text(struct inventory *inv, struct span text, struct err *err)
{
	static const struct place at = {.file = "input"};
	struct list bare = {.n = 0};
	bool is_yaml = false;
	int r = 0;

	node_unsettle(inv);
	inv->source++;
	if (text.n && text.p[0] == '{')
		r = inventory_read_json(inv, "input", text, text.n % 2 ? &bare : NULL, err);
	else
		r = inventory_try_yaml(inv, "input", text, &is_yaml, err);
	free(bare.v);
	if (r == 0 && !is_yaml && !(text.n && text.p[0] == '{'))
		r = inventory_read_ini(inv, "input", text, err);
	return r < 0 ? r : node_settle(inv, &at, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span text = {(const char *)data, n}, first;
	struct inventory *inv = inventory_new();
	struct err err = {.code = 0};
	char *pattern;
	int r;

	MUST(inv);
	log_init("fuzz", LOG_QUIET);
	if (!n || !span_split(&text, '\n', &first) || !text.p) {
		inventory_free(inv);
		return 0;
	}
	pattern = span_dup(first);
	MUST(pattern);
	/* Twice: as two sources, of which the second finds everything there. */
	for (int i = 0; i < 2; i++) {
		r = read_text(inv, text, &err);
		if (r < 0)
			break;
		use(inv, pattern);
	}
	MUST(r == 0 || (r == -err.code && err.text[0]));
	free(pattern);
	inventory_free(inv);
	return 0;
}
