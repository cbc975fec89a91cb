/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/ytree.h"

#include "common/json.h"
#include "common/map.h"
#include "console/fleet/inventory_nodes.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* Mappings with more keys than this are looked through by a table. */
#define KEYS_LINEAR 16

struct builder {
	yaml_parser_t parser;
	yaml_event_t event;
	struct ytree *tree;
	const char *file;
	struct span text;
	struct map *anchors;		     /* name -> struct ynode */
	struct ynode *open[YTREE_DEPTH_MAX]; /* lists and mappings not closed yet */
	unsigned depth;
	size_t expanded; /* nodes so far, aliases as what they stand for */
	uint32_t before; /* lines of the file in front of the text */
	struct err *err;
};

static int no_memory(struct builder *b)
{
	return err_set(b->err, ENOMEM, "out of memory");
}

static int wrong_at(struct builder *b, uint32_t line, uint32_t column, const char *words)
{
	struct place at = {.file = b->file, .line = line, .column = column};

	return mistake(&at, b->err, "%s", words);
}

static int wrong_here(struct builder *b, const char *words)
{
	const yaml_mark_t *mark = &b->event.start_mark;

	return wrong_at(b, b->before + (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, words);
}

static int wrong_node(struct builder *b, const struct ynode *n, const char *words)
{
	return wrong_at(b, n->line, n->column, words);
}

/* ---- What the parser itself found wrong ---- */

/* Bytes that are no text: only how far in is known. */
static int wrong_bytes(struct builder *b)
{
	size_t end = b->parser.problem_offset < b->text.n ? b->parser.problem_offset : b->text.n;
	uint32_t line = b->before + 1, column = 1;

	for (size_t i = 0; i < end; i++) {
		column = b->text.p[i] == '\n' ? 1 : column + 1;
		line += b->text.p[i] == '\n';
	}
	return wrong_at(b, line, column, "not UTF-8 text, or a character that YAML does not allow");
}

static int parser_error(struct builder *b)
{
	const yaml_parser_t *p = &b->parser;
	struct place at = {.file = b->file};

	if (p->error == YAML_MEMORY_ERROR)
		return no_memory(b);
	if (p->error == YAML_READER_ERROR)
		return wrong_bytes(b);
	at.line = b->before + p->problem_mark.line + 1;
	at.column = p->problem_mark.column + 1;
	if (p->context && p->context_mark.line != p->problem_mark.line)
		return mistake(&at, b->err, "not YAML: %s, %s that begins in line %zu",
			p->problem ? p->problem : "wrong syntax", p->context,
			b->before + p->context_mark.line + 1);
	return mistake(&at, b->err, "not YAML: %s", p->problem ? p->problem : "wrong syntax");
}

/* ---- Nodes ---- */

static struct ynode *new_node(struct ytree *t, enum ynode_kind kind, uint32_t line, uint32_t column)
{
	struct ynode *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	*n = (struct ynode){.kind = kind, .line = line, .column = column, .height = 1, .size = 1};
	n->next = t->nodes;
	t->nodes = n;
	return n;
}

/* A node where the event begins. */
static struct ynode *node_here(struct builder *b, enum ynode_kind kind)
{
	const yaml_mark_t *mark = &b->event.start_mark;

	return new_node(
		b->tree, kind, b->before + (uint32_t)mark->line + 1, (uint32_t)mark->column + 1);
}

static int append(struct builder *b, struct ynode *to, struct ynode *n)
{
	if (array_grow(&to->v, &to->cap, to->n + 1, sizeof(*to->v), 2 * YTREE_NODES_MAX) < 0)
		return no_memory(b);
	to->v[to->n++] = n;
	return 0;
}

/* Puts a node, new or an alias's, where it belongs. */
static int place_node(struct builder *b, struct ynode *n)
{
	b->expanded += n->size;
	if (b->expanded > YTREE_NODES_MAX)
		return wrong_here(b, "too much in one file, with every alias counted as what it "
				     "stands for");
	if (b->depth + n->height > YTREE_DEPTH_MAX)
		return wrong_here(b, "too many lists and mappings within each other");
	if (b->depth)
		return append(b, b->open[b->depth - 1], n);
	b->tree->root = n;
	return 0;
}

/* `name` NULL: it has none. */
static int set_anchor(struct builder *b, const yaml_char_t *name, struct ynode *n)
{
	int r = name ? map_put(b->anchors, (const char *)name, n, NULL) : 0;

	if (r == -E2BIG)
		return wrong_here(b, "too many anchors in one file");
	return r < 0 ? no_memory(b) : 0;
}

static int add_alias(struct builder *b)
{
	struct ynode *n = map_get(b->anchors, (const char *)b->event.data.alias.anchor);

	if (!n)
		return wrong_here(b, "an alias of an anchor that is not there");
	for (unsigned i = 0; i < b->depth; i++) {
		if (b->open[i] == n)
			return wrong_here(b, "an alias within what it stands for");
	}
	return place_node(b, n);
}

/* ---- Scalars ---- */

/* As Ansible's JSON says it: {"__ansible_vault": "…"}. */
static int set_wrapped(struct ynode *n, const char *name, struct span text)
{
	json_t *json = json_object();

	if (json && json_object_set_new(json, name, json_stringn(text.p, text.n)) < 0) {
		json_decref(json);
		json = NULL;
	}
	n->json = json;
	return json ? 0 : -ENOMEM;
}

/* !!int and the like: -EINVAL when the text is not of that type. */
static int set_typed(struct ynode *n, const char *type, struct span text)
{
	json_t *v = yscalar_read(text);
	bool ok = (str_eq(type, "int") && json_is_integer(v)) ||
		  (str_eq(type, "float") && json_is_number(v)) ||
		  (str_eq(type, "bool") && json_is_boolean(v)) || str_eq(type, "null");

	if (ok && str_eq(type, "null"))
		n->json = json_null();
	else if (ok && str_eq(type, "float"))
		n->json = json_real(json_number_value(v));
	else if (ok)
		n->json = json_incref(v);
	json_decref(v);
	if (!v || (ok && !n->json))
		return -ENOMEM;
	return ok ? 0 : -EINVAL;
}

static int set_scalar(struct builder *b, struct ynode *n)
{
	const char *tag = (const char *)b->event.data.scalar.tag;
	struct span text = {(const char *)b->event.data.scalar.value, b->event.data.scalar.length};
	int r = 0;

	if (tag && str_eq(tag, "!"))
		tag = NULL;
	if (tag && (str_eq(tag, "!vault") || str_eq(tag, "!vault-encrypted"))) {
		r = set_wrapped(n, "__ansible_vault", text);
	} else if (tag && str_eq(tag, "!unsafe")) {
		r = set_wrapped(n, "__ansible_unsafe", text);
	} else if (tag && str_starts(tag, YAML_STR_TAG)) {
		n->json = json_stringn(text.p, text.n);
	} else if (tag && str_starts(tag, "tag:yaml.org,2002:")) {
		r = set_typed(n, tag + strlen("tag:yaml.org,2002:"), text);
	} else if (tag) {
		r = -EINVAL;
	} else {
		bool plain = b->event.data.scalar.plain_implicit;

		n->json = plain ? yscalar_read(text) : json_stringn(text.p, text.n);
		n->merge = plain && span_eq(text, "<<");
	}
	if (r == -EINVAL)
		return wrong_here(b, "a tag that is not known, or not of this value");
	return n->json ? 0 : no_memory(b);
}

static int add_scalar(struct builder *b)
{
	struct ynode *n = node_here(b, YNODE_SCALAR);
	int r = n ? set_scalar(b, n) : no_memory(b);

	if (r == 0)
		r = set_anchor(b, b->event.data.scalar.anchor, n);
	return r < 0 ? r : place_node(b, n);
}

/* ---- Lists and mappings ---- */

static int open_node(
	struct builder *b, enum ynode_kind kind, const yaml_char_t *tag, const yaml_char_t *anchor)
{
	const char *usual = kind == YNODE_MAP ? YAML_MAP_TAG : YAML_SEQ_TAG;
	struct ynode *n;
	int r;

	if (tag && !str_eq((const char *)tag, usual) && !str_eq((const char *)tag, "!") &&
		!str_eq((const char *)tag, "!unsafe"))
		return wrong_here(b, "a tag that is not known, or not of this value");
	n = node_here(b, kind);
	r = n ? place_node(b, n) : no_memory(b);
	if (r == 0)
		r = set_anchor(b, anchor, n);
	if (r == 0)
		b->open[b->depth++] = n;
	return r;
}

/* Makes a key a text: 1 is "1", yes is "true". An anchor's scalar may be a value elsewhere. */
static int make_key(struct builder *b, struct ynode **key)
{
	struct ynode *n = *key, *copy;
	char *text;

	if (n->kind != YNODE_SCALAR || json_is_object(n->json))
		return wrong_node(b, n, "a list or a mapping where a key belongs");
	if (json_is_string(n->json)) {
		if (memchr(json_string_value(n->json), '\0', json_string_length(n->json)))
			return wrong_node(b, n, "a NUL in a key");
		return 0;
	}
	copy = new_node(b->tree, YNODE_SCALAR, n->line, n->column);
	text = json_print(n->json, JSON_ENCODE_ANY);
	if (copy && text) {
		copy->json = json_string(text);
		copy->odd_key = true;
		*key = copy;
	}
	free(text);
	return copy && copy->json ? 0 : no_memory(b);
}

/* ---- Closing a mapping: merge keys, and each key once ---- */

/* Where each key of a growing list of pairs stands. */
struct keys {
	struct ynode *map;
	struct map *index; /* key -> number of its pair + 1; NULL while there are few */
};

static size_t find_key(const struct keys *k, const char *key)
{
	uintptr_t known;

	if (k->index) {
		known = (uintptr_t)map_get(k->index, key);
		return known ? 2 * (known - 1) : k->map->n;
	}
	for (size_t i = 0; i < k->map->n; i += 2) {
		if (str_eq(json_string_value(k->map->v[i]->json), key))
			return i;
	}
	return k->map->n;
}

static int add_to_index(struct keys *k, size_t i)
{
	const char *key = json_string_value(k->map->v[i]->json);

	return map_put(k->index, key, (void *)(uintptr_t)(i / 2 + 1), NULL);
}

static int index_keys(struct keys *k)
{
	int r = 0;

	k->index = map_new(YTREE_NODES_MAX);
	if (!k->index)
		return -ENOMEM;
	for (size_t i = 0; i < k->map->n && r >= 0; i += 2)
		r = add_to_index(k, i);
	return r;
}

/* The last value of a key counts, where the first stands. */
static int put_pair(struct builder *b, struct keys *k, struct ynode *key, struct ynode *value)
{
	size_t i = find_key(k, json_string_value(key->json));
	int r;

	if (i < k->map->n) {
		k->map->v[i] = key;
		k->map->v[i + 1] = value;
		return 0;
	}
	r = append(b, k->map, key);
	if (r == 0)
		r = append(b, k->map, value);
	if (r == 0 && k->index)
		r = add_to_index(k, i);
	else if (r == 0 && k->map->n > 2 * KEYS_LINEAR)
		r = index_keys(k);
	return r == -ENOMEM ? no_memory(b) : r;
}

static int merge_map(struct builder *b, struct keys *k, const struct ynode *from)
{
	int r = 0;

	if (from->kind != YNODE_MAP)
		return wrong_node(b, from, "`<<` takes a mapping or a list of mappings");
	for (size_t i = 0; i < from->n && r == 0; i += 2)
		r = put_pair(b, k, from->v[i], from->v[i + 1]);
	return r;
}

/* Of a list the first mapping counts most. */
static int merge(struct builder *b, struct keys *k, const struct ynode *value)
{
	int r = 0;

	if (value->kind != YNODE_LIST)
		return merge_map(b, k, value);
	for (size_t i = value->n; i > 0 && r == 0; i--)
		r = merge_map(b, k, value->v[i - 1]);
	return r;
}

/* What is merged stands before a mapping's own keys, and counts less. */
static int settle_keys(struct builder *b, struct ynode *map)
{
	struct ynode **v = map->v;
	size_t n = map->n;
	struct keys k = {.map = map};
	int r = 0;

	map->v = NULL;
	map->n = map->cap = 0;
	for (size_t i = 0; i < n && r == 0; i += 2) {
		if (v[i]->merge)
			r = merge(b, &k, v[i + 1]);
	}
	for (size_t i = 0; i < n && r == 0; i += 2) {
		if (v[i]->merge)
			continue;
		r = make_key(b, &v[i]);
		if (r == 0)
			r = put_pair(b, &k, v[i], v[i + 1]);
	}
	map_free(k.index, NULL);
	free(v);
	return r;
}

static int close_node(struct builder *b)
{
	struct ynode *n = b->open[--b->depth];

	for (size_t i = 0; i < n->n; i++) {
		n->size += n->v[i]->size;
		if (n->height <= n->v[i]->height)
			n->height = n->v[i]->height + 1;
	}
	return n->kind == YNODE_MAP ? settle_keys(b, n) : 0;
}

/* ---- The whole ---- */

static int take_event(struct builder *b)
{
	const yaml_event_t *e = &b->event;

	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return b->tree->root ? wrong_here(b, "a second document in one file") : 0;
	case YAML_ALIAS_EVENT:
		return add_alias(b);
	case YAML_SCALAR_EVENT:
		return add_scalar(b);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(
			b, YNODE_LIST, e->data.sequence_start.tag, e->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return open_node(
			b, YNODE_MAP, e->data.mapping_start.tag, e->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(b);
	default:
		return 0;
	}
}

static int build(struct builder *b)
{
	bool over = false;
	int r = 0;

	while (r == 0 && !over) {
		if (!yaml_parser_parse(&b->parser, &b->event))
			return parser_error(b);
		over = b->event.type == YAML_STREAM_END_EVENT;
		r = take_event(b);
		yaml_event_delete(&b->event);
	}
	return r;
}

int ytree_read_part(
	const char *file, uint32_t before, struct span text, struct ytree **ret, struct err *err)
{
	struct builder b = {.file = file, .text = text, .before = before, .err = err};
	int r;

	b.tree = calloc(1, sizeof(*b.tree));
	b.anchors = map_new(YTREE_ANCHORS_MAX);
	if (!b.tree || !b.anchors || !yaml_parser_initialize(&b.parser)) {
		r = no_memory(&b);
	} else {
		yaml_parser_set_input_string(&b.parser, (const unsigned char *)text.p, text.n);
		r = build(&b);
		yaml_parser_delete(&b.parser);
	}
	map_free(b.anchors, NULL);
	if (r < 0)
		ytree_free(b.tree);
	else
		*ret = b.tree;
	return r;
}

int ytree_read(const char *file, struct span text, struct ytree **ret, struct err *err)
{
	return ytree_read_part(file, 0, text, ret, err);
}

void ytree_free(struct ytree *t)
{
	struct ynode *n = t ? t->nodes : NULL;

	while (n) {
		struct ynode *next = n->next;

		json_decref(n->json);
		free(n->v);
		free(n);
		n = next;
	}
	free(t);
}

/* ---- Using it ---- */

static json_t *make_list(const struct ynode *n)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < n->n; i++) {
		if (json_array_append_new(list, ytree_json(n->v[i])) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static json_t *make_object(const struct ynode *n)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < n->n; i += 2) {
		const char *key = json_string_value(n->v[i]->json);

		if (json_object_set_new(object, key, ytree_json(n->v[i + 1])) < 0) {
			json_decref(object);
			object = NULL;
		}
	}
	return object;
}

json_t *ytree_json(struct ynode *n)
{
	if (!n->json)
		n->json = n->kind == YNODE_LIST ? make_list(n) : make_object(n);
	return json_incref(n->json);
}

bool ynode_is_null(const struct ynode *n)
{
	return n->kind == YNODE_SCALAR && json_is_null(n->json);
}

struct span ynode_text(const struct ynode *n)
{
	if (n->kind != YNODE_SCALAR || n->odd_key || !json_is_string(n->json))
		return (struct span){NULL, 0};
	return (struct span){json_string_value(n->json), json_string_length(n->json)};
}

struct ynode *ynode_get(const struct ynode *map, const char *key)
{
	for (size_t i = 0; map->kind == YNODE_MAP && i < map->n; i += 2) {
		if (str_eq(json_string_value(map->v[i]->json), key))
			return map->v[i + 1];
	}
	return NULL;
}
