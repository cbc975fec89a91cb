/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML 1.1 read into a tree, as Ansible reads it: anchors, aliases, merge keys and the types of
 * plain scalars are worked out. Files are the user's but may be large, wrong or made to explode.
 */
#ifndef CONSOLE_FLEET_YTREE_H
#define CONSOLE_FLEET_YTREE_H

#include "common/err.h"
#include "common/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YTREE_DEPTH_MAX	  64	  /* lists and mappings within each other, through aliases too */
#define YTREE_NODES_MAX	  4000000 /* with every alias counted as what it stands for */
#define YTREE_ANCHORS_MAX 100000

enum ynode_kind {
	YNODE_SCALAR,
	YNODE_LIST,
	YNODE_MAP,
};

struct ynode {
	enum ynode_kind kind;
	uint32_t line, column; /* from 1 */
	uint32_t height;       /* of the tree under it, 1 for a scalar */
	bool merge;	       /* `<<` without quotes */
	bool odd_key;	       /* a key that was no text, such as 1 or yes: it is now */
	size_t size;	       /* nodes of it, itself included */
	json_t *json;	       /* a scalar's value; of the others what ytree_json made */
	/* Items of a list; keys and values of a mapping by turns, each key once and a scalar. */
	struct ynode **v;
	size_t n, cap;
	struct ynode *next; /* of all nodes of the tree */
};

struct ytree {
	struct ynode *root; /* NULL: the file says nothing */
	struct ynode *nodes;
};

/* 0 or -errno with `err`, which names `file`, line and column. */
int ytree_read(const char *file, struct span text, struct ytree **ret, struct err *err);
/* Likewise for a part of the file that stands behind so many lines of it. */
int ytree_read_part(
	const char *file, uint32_t before, struct span text, struct ytree **ret, struct err *err);
/* Accepts NULL. */
void ytree_free(struct ytree *t);

/* A node as JSON, a reference of its own to what equal aliases share; NULL when out of memory. */
json_t *ytree_json(struct ynode *n);
bool ynode_is_null(const struct ynode *n);
/* The text of a scalar that is text; p is NULL for anything else. */
struct span ynode_text(const struct ynode *n);
/* The value under a key of a mapping, or NULL. */
struct ynode *ynode_get(const struct ynode *map, const char *key);

/*
 * The value of a plain scalar by YAML 1.1's rules, as PyYAML has them: yes and no are truths, 017
 * is 15, 1:30 is 90. What JSON has no number for stays text. NULL when out of memory.
 */
json_t *yscalar_read(struct span text);

/* Longest text ytime_text makes, NUL included. */
#define YTIME_MAX 40

/* A date with a time of day in the words of ISO 8601; 0, and nothing in `out`, when it is none. */
size_t ytime_text(struct span text, char out[YTIME_MAX]);

#endif
