/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration files as trees, by libaugeas, which is loaded when first asked for. It is given the
 * text and opens none of the files itself.
 */
#ifndef AGENTD_AUGTREE_H
#define AGENTD_AUGTREE_H

#include "common/buf.h"

#include <stdbool.h>

/* Bytes of a file; larger ones are left out. */
#define AUGTREE_FILE_MAX (1u << 20)
/* Nodes of one file. */
#define AUGTREE_NODES_MAX 100000

struct augtree;

/* NULL when it is not installed, or out of memory. */
struct augtree *augtree_new(void);
void augtree_free(struct augtree *t);
/* Is there a description of files with this path? */
bool augtree_knows(struct augtree *t, const char *path);
/*
 * Replaces the tree by that of one file, "/files" before its path. *ret_nodes: the places in it,
 * for augtree_list_free. 0, -ENOENT for a kind of file that is not known, -EBADMSG where its text
 * is not as described, -E2BIG, -ENOMEM.
 */
int augtree_load(struct augtree *t, const char *path, const struct buf *text, char ***ret_nodes,
	size_t *ret_n);
void augtree_list_free(char **nodes, size_t n);
/* NULL where there is none; valid until the next load. */
void augtree_get(
	struct augtree *t, const char *node, const char **ret_value, const char **ret_label);

#endif
