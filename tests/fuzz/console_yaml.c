/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML: whatever the bytes are, the tree stays within its bounds and can be used, and what is
 * refused is refused with a place.
 */
#include "common/log.h"
#include "console/fleet/inventory_nodes.h"
#include "console/fleet/ytree.h"

#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

/* Larger trees are not walked: the walk meets what an alias stands for again each time. */
#define WALK_MAX 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_node(const struct ynode *n, unsigned depth)
{
	MUST(depth <= YTREE_DEPTH_MAX && n->height <= YTREE_DEPTH_MAX);
	MUST(n->line > 0 && n->column > 0);
	MUST(n->kind != YNODE_SCALAR || (n->json && n->n == 0));
	MUST(n->kind != YNODE_MAP || n->n % 2 == 0);
	for (size_t i = 0; i < n->n; i++)
		check_node(n->v[i], depth + 1);
}

static void check_keys(const struct ynode *n)
{
	for (size_t i = 0; n->kind == YNODE_MAP && i < n->n; i += 2) {
		MUST(json_is_string(n->v[i]->json));
		MUST(ynode_get(n, json_string_value(n->v[i]->json)) == n->v[i + 1]);
	}
}

static void check_tree(const struct ytree *t)
{
	json_t *json;

	if (!t->root)
		return;
	MUST(t->root->size <= YTREE_NODES_MAX);
	if (t->root->size > WALK_MAX)
		return;
	check_node(t->root, 1);
	check_keys(t->root);
	json = ytree_json(t->root);
	MUST(json);
	free(json_dumps(json, JSON_ENCODE_ANY));
	json_decref(json);
}

static void check_inventory(struct span text)
{
	static const struct place at = {.file = "input"};
	struct inventory *inv = inventory_new();
	struct err err = {.code = 0};
	int r;

	MUST(inv);
	node_unsettle(inv);
	inv->source++;
	r = inventory_read_yaml(inv, "input", text, &err);
	if (r == 0)
		r = node_settle(inv, &at, &err);
	MUST(r == 0 || (r == -err.code && strncmp(err.text, "input", 5) == 0));
	inventory_free(inv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span text = {(const char *)data, n};
	struct err err = {.code = 0};
	struct ytree *t;
	int r = ytree_read("input", text, &t, &err);

	log_init("fuzz", LOG_QUIET);
	if (r < 0) {
		MUST(r == -err.code && strncmp(err.text, "input:", 6) == 0);
		return 0;
	}
	check_tree(t);
	ytree_free(t);
	check_inventory(text);
	return 0;
}
