/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * osquery's packs (an object with "queries") and configurations (with "schedule" and "packs", each
 * a pack or the path of one).
 */
#include "console/import.h"
#include "console/loosejson.h"

#include <errno.h>

struct reader {
	struct imports *to;
	struct err *err;
};

static struct span text_of(const json_t *j)
{
	if (!json_is_string(j))
		return (struct span){NULL, 0};
	return (struct span){json_string_value(j), json_string_length(j)};
}

/* A query's own system counts, else its pack's. */
static struct span platform_of(const json_t *query, struct span pack)
{
	struct span own = text_of(json_object_get(query, "platform"));

	return span_trim(own).n ? own : pack;
}

static int add_query(struct reader *rd, struct span pack, struct span platform, const char *name,
	const json_t *query)
{
	struct import_text t = {
		.pack = pack, .name = span_str(name), .platform = platform_of(query, platform)};
	struct span value = text_of(json_object_get(query, "value"));

	t.sql = text_of(json_object_get(query, "query"));
	t.title = text_of(json_object_get(query, "description"));
	/* What a query is good for is the longer of its two descriptions. */
	t.about = value;
	if (!t.title.n) {
		t.title = value;
		t.about = (struct span){NULL, 0};
	}
	if (!json_is_object(query))
		t.problem = "not an object";
	else if (!t.sql.p)
		t.problem = "it has no \"query\"";
	return imports_add(rd->to, &t, rd->err);
}

static int add_queries(
	struct reader *rd, struct span pack, struct span platform, const json_t *queries)
{
	const char *name;
	json_t *query;
	int r = 0;

	json_object_foreach ((json_t *)queries, name, query) {
		r = add_query(rd, pack, platform, name, query);
		if (r < 0)
			break;
	}
	return r;
}

/* One of a configuration's packs. */
static int add_pack(struct reader *rd, struct span platform, const char *name, const json_t *pack)
{
	struct import_text elsewhere = {.pack = span_str(name),
		.name = span_str(name),
		.elsewhere = "the pack is in a file of its own: import that"};

	if (!json_is_object(pack))
		return imports_add(rd->to, &elsewhere, rd->err);
	return add_queries(
		rd, span_str(name), platform_of(pack, platform), json_object_get(pack, "queries"));
}

static int add_all(struct reader *rd, struct span pack, const json_t *file)
{
	struct span platform = text_of(json_object_get(file, "platform"));
	const char *name;
	json_t *inner;
	int r = add_queries(rd, pack, platform, json_object_get(file, "queries"));

	if (r == 0)
		r = add_queries(rd, pack, platform, json_object_get(file, "schedule"));
	if (r < 0)
		return r;
	json_object_foreach (json_object_get(file, "packs"), name, inner) {
		r = add_pack(rd, platform, name, inner);
		if (r < 0)
			break;
	}
	return r;
}

static int read_osquery(
	struct imports *to, const struct import_source *from, struct span text, struct err *err)
{
	struct reader rd = {to, err};
	json_t *json = loosejson_read(from->path, text, err);
	size_t before = to->n;
	int r;

	if (!json)
		return -err->code;
	r = add_all(&rd, span_str(from->pack ? from->pack : from->stem), json);
	json_decref(json);
	if (r == 0 && to->n == before)
		r = err_set(err, EINVAL,
			"%s: no \"queries\", \"schedule\" or \"packs\" with queries in it",
			from->path);
	return r;
}

/* An object, behind comments. */
static bool looks(struct span text)
{
	struct span line;

	while (span_split(&text, '\n', &line)) {
		line = span_trim(line);
		if (line.n && line.p[0] != '#' && !span_skip(&line, "//"))
			return line.p[0] == '{';
	}
	return false;
}

static const char *const suffixes[] = {".conf", ".json", NULL};

const struct import_format import_format_osquery = {
	.name = "osquery",
	.suffixes = suffixes,
	.looks = looks,
	.read = read_osquery,
};
