/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fleet's YAML: documents of kind query, policy and pack, any number in a file, and the lists of
 * its GitOps files (queries, reports, policies; or a file that is such a list). A policy is a
 * query.
 */
#include "console/fleet/ytree.h"
#include "console/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Documents of one file. */
#define DOCUMENTS_MAX 20000

struct reader {
	struct imports *to;
	const char *file;
	struct span pack; /* of what belongs to none */
	struct ytree **documents;
	size_t n_documents, cap;
	size_t n_broken;
	struct map *queries; /* name -> spec of a query's document */
	struct map *packed;  /* names of queries that are in some pack */
	struct err *err;
};

/* The text under a key; p NULL: there is none, or it is no text. */
static struct span text_at(const struct ynode *map, const char *key)
{
	const struct ynode *n = map->kind == YNODE_MAP ? ynode_get(map, key) : NULL;

	return n ? ynode_text(n) : (struct span){NULL, 0};
}

static struct span first_text(const struct ynode *map, const char *a, const char *b)
{
	struct span s = text_at(map, a);

	return span_trim(s).n ? s : text_at(map, b);
}

/* ---- Queries ---- */

/* `also` (may be NULL) is what a pack says of the query: it wins. */
static int add_query(struct reader *rd, struct span pack, const struct ynode *query,
	const struct ynode *also, const char *tag)
{
	struct import_text t = {.pack = pack,
		.name = text_at(query, "name"),
		.title = text_at(query, "name"),
		.about = text_at(query, "description"),
		.tags = text_at(query, "tags"),
		.platform = first_text(query, "platform", "platforms"),
		.sql = text_at(query, "query")};

	if (!t.tags.n && tag)
		t.tags = span_str(tag);
	if (also && text_at(also, "name").n)
		t.name = text_at(also, "name");
	if (also && text_at(also, "description").n)
		t.about = text_at(also, "description");
	if (also && text_at(also, "platform").n)
		t.platform = text_at(also, "platform");
	if (text_at(query, "path").n || text_at(query, "paths").n) {
		t.name = first_text(query, "path", "paths");
		t.elsewhere = "it is in a file of its own: import that";
	} else if (!t.sql.p) {
		t.problem = "it has no query";
	}
	return imports_add(rd->to, &t, rd->err);
}

static int add_list(struct reader *rd, const struct ynode *list, const char *tag)
{
	int r = 0;

	for (size_t i = 0; list && list->kind == YNODE_LIST && r == 0 && i < list->n; i++)
		r = add_query(rd, rd->pack, list->v[i], NULL, tag);
	return r;
}

/* ---- Packs: lists of names of queries ---- */

/* The spec of a document of this kind, or NULL. */
static const struct ynode *spec_of(const struct ynode *document, const char *kind)
{
	const struct ynode *spec;

	if (document->kind != YNODE_MAP || !span_eq(text_at(document, "kind"), kind))
		return NULL;
	spec = ynode_get(document, "spec");
	return spec && spec->kind == YNODE_MAP ? spec : NULL;
}

static const struct ynode *pack_queries(const struct ynode *document)
{
	const struct ynode *spec = spec_of(document, "pack");
	const struct ynode *list = spec ? ynode_get(spec, "queries") : NULL;

	return list && list->kind == YNODE_LIST ? list : NULL;
}

/* What a pack's entry calls its query. */
static struct span entry_query(const struct ynode *entry)
{
	return first_text(entry, "query", "query_name");
}

static int note(struct map *m, struct span name, const struct ynode *n)
{
	int r = name.n ? map_put(m, name.p, (void *)(uintptr_t)n, NULL) : 0;

	return r < 0 ? r : 0;
}

/* Fills rd->queries and rd->packed. 0 or -ENOMEM. */
static int note_document(struct reader *rd, const struct ynode *d)
{
	const struct ynode *spec = spec_of(d, "query"), *list = pack_queries(d);
	int r = spec ? note(rd->queries, text_at(spec, "name"), spec) : 0;

	for (size_t i = 0; list && r == 0 && i < list->n; i++)
		r = note(rd->packed, entry_query(list->v[i]), list->v[i]);
	return r;
}

static const struct ynode *find(const struct map *m, struct span name)
{
	return name.n ? map_get_n(m, name.p, name.n) : NULL;
}

static int add_pack(struct reader *rd, const struct ynode *document)
{
	const struct ynode *list = pack_queries(document);
	struct span name = text_at(spec_of(document, "pack"), "name");
	int r = 0;

	for (size_t i = 0; list && r == 0 && i < list->n; i++) {
		const struct ynode *entry = list->v[i], *query;
		struct import_text missing = {.pack = name,
			.name = first_text(entry, "name", "query"),
			.problem = "the pack names a query that is not in this file"};

		query = find(rd->queries, entry_query(entry));
		r = query ? add_query(rd, name, query, entry, NULL)
			  : imports_add(rd->to, &missing, rd->err);
	}
	return r;
}

/* ---- Documents ---- */

static int add_document(struct reader *rd, const struct ynode *d)
{
	const struct ynode *query = spec_of(d, "query"), *policy = spec_of(d, "policy");
	int r;

	if (d->kind == YNODE_LIST)
		return add_list(rd, d, NULL);
	if (d->kind != YNODE_MAP)
		return 0;
	if (query)
		return find(rd->packed, text_at(query, "name"))
			       ? 0 /* it comes with its packs */
			       : add_query(rd, rd->pack, query, NULL, NULL);
	if (policy)
		return add_query(rd, rd->pack, policy, NULL, "policy");
	if (spec_of(d, "pack"))
		return add_pack(rd, d);
	r = add_list(rd, ynode_get(d, "queries"), NULL);
	if (r == 0)
		r = add_list(rd, ynode_get(d, "reports"), NULL);
	return r < 0 ? r : add_list(rd, ynode_get(d, "policies"), "policy");
}

/* ---- A file of documents ---- */

/*
 * One that is no YAML is a failure of its own: the others may be good. Published files have had
 * such. 0, -ENOMEM, -E2BIG.
 */
static int add_broken(struct reader *rd)
{
	const struct import_text t = {
		.pack = rd->pack, .name = span_str("document"), .problem = rd->err->text};
	struct err err;
	int r = imports_add(rd->to, &t, &err);

	rd->n_broken++;
	if (r < 0)
		*rd->err = err;
	return r;
}

static int read_document(struct reader *rd, struct span text, uint32_t before)
{
	struct ytree *tree;
	int r = ytree_read_part(rd->file, before, text, &tree, rd->err);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return add_broken(rd);
	r = array_grow(&rd->documents, &rd->cap, rd->n_documents + 1, sizeof(struct ytree *),
		DOCUMENTS_MAX);
	if (r < 0) {
		ytree_free(tree);
		return r == -E2BIG ? err_set(rd->err, E2BIG, "%s: more than %d documents", rd->file,
					     DOCUMENTS_MAX)
				   : err_sys(rd->err, ENOMEM, "import");
	}
	rd->documents[rd->n_documents++] = tree;
	return 0;
}

static bool is_marker(struct span line)
{
	return span_skip(&line, "---") &&
	       (line.n == 0 || line.p[0] == ' ' || line.p[0] == '\t' || line.p[0] == '\r');
}

/* What is no comment, directive or marker: there is a document. */
static bool has_words(struct span line)
{
	struct span s = span_trim(line);

	return s.n && s.p[0] != '#' && s.p[0] != '%' && !is_marker(line);
}

/*
 * A line that begins with the marker begins a document, whatever it stands in; directives stand
 * before the first one.
 */
static int read_documents(struct reader *rd, struct span text)
{
	struct span rest = text, line, document = {text.p, 0};
	uint32_t lines = 0, before = 0;
	bool marked = false, words = false;
	int r = 0;

	for (; r == 0 && span_split(&rest, '\n', &line); lines++) {
		document.n = (size_t)(line.p - document.p);
		if (is_marker(line)) {
			if (words)
				r = read_document(rd, document, before);
			if (words || marked) {
				document.p = line.p;
				before = lines;
			}
			marked = true;
			words = false;
		}
		words |= has_words(line);
	}
	document.n = (size_t)(text.p + text.n - document.p);
	return r < 0 || !words ? r : read_document(rd, document, before);
}

static int add_documents(struct reader *rd)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rd->n_documents; i++)
		if (rd->documents[i]->root)
			r = note_document(rd, rd->documents[i]->root);
	if (r < 0)
		return err_sys(rd->err, -r, "import");
	for (size_t i = 0; r == 0 && i < rd->n_documents; i++)
		if (rd->documents[i]->root)
			r = add_document(rd, rd->documents[i]->root);
	return r;
}

static void reader_done(struct reader *rd)
{
	for (size_t i = 0; i < rd->n_documents; i++)
		ytree_free(rd->documents[i]);
	free(rd->documents);
	map_free(rd->queries, NULL);
	map_free(rd->packed, NULL);
}

static int read_fleet(
	struct imports *to, const struct import_source *from, struct span text, struct err *err)
{
	struct reader rd = {.to = to,
		.file = from->path,
		.pack = span_str(from->pack ? from->pack : from->stem),
		.queries = map_new(YTREE_NODES_MAX),
		.packed = map_new(YTREE_NODES_MAX),
		.err = err};
	size_t before = to->n;
	int r = rd.queries && rd.packed ? read_documents(&rd, text)
					: err_sys(err, ENOMEM, "import");

	if (r == 0 && rd.n_broken && rd.n_documents == 0)
		r = -err->code; /* what is wrong with its last one */
	if (r == 0)
		r = add_documents(&rd);
	reader_done(&rd);
	if (r == 0 && to->n == before)
		r = err_set(err, EINVAL, "%s: no documents of kind query and no list of queries",
			from->path);
	return r;
}

static bool looks(struct span text)
{
	static const char *const begins[] = {"---", "apiVersion:", "kind:", "queries:", "- name:"};
	struct span line;

	while (span_split(&text, '\n', &line)) {
		for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
			struct span s = line;

			if (span_skip(&s, begins[i]))
				return i > 0 || !span_trim(s).n;
		}
		line = span_trim(line);
		if (line.n && line.p[0] != '#')
			return false;
	}
	return false;
}

static const char *const suffixes[] = {".yml", ".yaml", NULL};

const struct import_format import_format_fleet = {
	.name = "fleet",
	.suffixes = suffixes,
	.looks = looks,
	.read = read_fleet,
};
