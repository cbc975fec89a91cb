/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other programs' files of queries: osquery's loose JSON, Fleet's YAML, plain SQL. */
#include "console/import.h"
#include "console/importhead.h"
#include "console/loosejson.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/tocsin-import.XXXXXX";
static struct imports all;
static struct err err;

/* The allocation that fails in it; 0: none. */
static long failing;

static int read_as(const char *name, const char *text, const char *pack)
{
	char path[128];
	FILE *f;
	int r;

	imports_done(&all);
	if (strstr(directory, "XXXXXX"))
		CHECK(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	CHECK(f);
	fputs(text, f);
	fclose(f);
	failalloc_countdown = failing;
	r = import_read(&all, path, pack, &err);
	unlink(path);
	return r;
}

/* What an error says behind the directory. */
static const char *said(void)
{
	return strncmp(err.text, directory, strlen(directory)) ? err.text
							       : err.text + strlen(directory) + 1;
}

static void is_query(size_t i, const char *pack, const char *name, const char *text)
{
	CHECK(i < all.n);
	CHECK_STR(all.all[i].pack, pack);
	CHECK_STR(all.all[i].name, name);
	CHECK_STR(all.all[i].text, text);
	CHECK(!all.all[i].problem && !all.all[i].skipped);
}

/* ---- Loose JSON ---- */

static void json_is(const char *text, const char *want)
{
	json_t *json = loosejson_read("x.conf", span_str(text), &err);
	char *compact = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	CHECK_STR(compact ? compact : err.text, want);
	free(compact);
	json_decref(json);
}

TEST(loose_json)
{
	json_is("{\"a\": 1}", "{\"a\":1}");
	json_is("// one\n # two\n{ /* three\n */ \"a\": 1, // four\n\"b\": [1, 2,], #five\n}\n",
		"{\"a\":1,\"b\":[1,2]}");
	json_is("{\"a\": \"x // y # z /* q */\"}", "{\"a\":\"x // y # z /* q */\"}");
	json_is("{\"a\": \"select \\\n  1 \\\r\n  ;\"}", "{\"a\":\"select   1   ;\"}");
	json_is("{\"a\": \\\n 1}", "{\"a\":1}");
	json_is("{\"a\": \"x\ny\tz\r\n\"}", "{\"a\":\"x\\ny\\tz\\n\"}");
	json_is("{\"a\": \"\\\"//\\\\\"} // \"", "{\"a\":\"\\\"//\\\\\"}");
	json_is("[1,/**/]", "[1]");
	json_is("[1,,]", "x.conf:1: not JSON: wrong syntax");
	json_is("{\"a\": \"x\ny\",\n  /*\n*/ b}", "x.conf:4: not JSON: wrong syntax");
	json_is("", "x.conf:1: not JSON: it ends too early");
	json_is("{\"a\": \"b", "x.conf:1: not JSON: it ends too early");
	json_is("/* ", "x.conf:1: not JSON: it ends too early");
	/* Found in published files; what comes last counts, and a note says so. */
	json_is("{\"a\": 1,\n\"a\": 2}", "{\"a\":2}");
}

TEST(json_too_deep)
{
	char text[3 * LOOSEJSON_DEPTH_MAX] = "";

	memset(text, '[', LOOSEJSON_DEPTH_MAX + 1);
	json_is(text, "x.conf:1: nested deeper than 32");
	memset(text + LOOSEJSON_DEPTH_MAX, ']', LOOSEJSON_DEPTH_MAX);
	CHECK(text[2 * LOOSEJSON_DEPTH_MAX] == '\0');
	json_decref(loosejson_read("x", span_str(text), &err));
}

/* ---- osquery ---- */

TEST(osquery_pack)
{
	CHECK_INT(
		read_as("My Pack.conf",
			"{\n  // for servers\n  \"platform\": \"linux\",\n  \"queries\": {\n"
			"    \"Shell.History\": {\n"
			"      \"query\": \"select * \\\n from shell_history;\",\n"
			"      \"interval\": 3600, \"description\": \"What was typed "
			"(T1059.004)\",\n"
			"      \"value\": \"Shows what an intruder did\"\n    },\n"
			"    \"mac\": {\"query\": \"select 1\", \"platform\": "
			"\"darwin,windows\"},\n"
			"    \"any\": {\"query\": \"select 2\", \"platform\": \"darwin,linux\"},\n"
			"    \"none\": {\"interval\": 1},\n    \"odd\": 5,\n"
			"    \"param\": {\"query\": \"select :x\"},\n  }\n}\n",
			NULL),
		0);
	CHECK_INT(all.n, 6);
	is_query(0, "my-pack", "shell.history",
		"-- title: What was typed (T1059.004)\n-- attack: T1059.004\n-- platform: linux\n"
		"-- about: Shows what an intruder did\n\nselect *  from shell_history;\n");
	CHECK_STR(all.all[0].sql, "select *  from shell_history;");
	CHECK_STR(all.all[1].skipped, "for darwin,windows");
	CHECK_STR(all.all[1].text, "");
	is_query(2, "my-pack", "any", "-- platform: darwin,linux\n\nselect 2\n");
	CHECK_STR(all.all[3].problem, "it has no \"query\"");
	CHECK_STR(all.all[4].problem, "not an object");
	CHECK_STR(all.all[5].problem, "param:3: a :parameter has no `-- param:` line");
	imports_done(&all);
}

TEST(osquery_configuration)
{
	CHECK_INT(read_as("osquery.conf",
			  "{\"options\": {}, \"schedule\": {\"a\": {\"query\": \"select 1\"}},\n"
			  "\"packs\": {\"p\": {\"platform\": \"windows\", \"queries\": {\"b\": "
			  "{\"query\": "
			  "\"select 2\"}}},\n"
			  "\"q\": {\"queries\": {\"a\": {\"query\": \"select 3\"}}}, \"far\": "
			  "\"/etc/far.conf\"}}",
			  "mine"),
		0);
	CHECK_INT(all.n, 4);
	is_query(0, "mine", "a", "select 1\n");
	CHECK_STR(all.all[1].skipped, "for windows");
	is_query(2, "q", "a", "select 3\n");
	CHECK_STR(all.all[3].skipped, "the pack is in a file of its own: import that");
	CHECK_INT(read_as("x.json", "{\"options\": {}}", NULL), -EINVAL);
	CHECK_STR(said(), "x.json: no \"queries\", \"schedule\" or \"packs\" with queries in it");
	CHECK_INT(read_as("x.json", "[1, 2]", NULL), -EINVAL);
	imports_done(&all);
}

/* ---- Fleet ---- */

TEST(fleet_documents)
{
	CHECK_INT(
		read_as("lib.yml",
			"---\napiVersion: v1\nkind: query\nspec:\n  name: Get mounts!\n"
			"  platforms: macOS, Linux\n  description: All of them.\n  tags: disk, "
			"T1006\n"
			"  query: |\n    SELECT *\n    FROM mounts;\n"
			"---\nkind: policy\nspec:\n  name: No swap\n  query: SELECT 1 FROM mounts\n"
			"---\nkind: query\nspec: {name: mac, platform: darwin, query: select 1}\n"
			"---\nkind: label\nspec: {name: x, query: select 5}\n",
			NULL),
		0);
	CHECK_INT(all.n, 3);
	is_query(0, "lib", "get-mounts",
		"-- title: Get mounts!\n-- tags: disk, T1006\n-- attack: T1006\n"
		"-- platform: macOS, Linux\n-- about: All of them.\n\nSELECT *\nFROM mounts;\n");
	is_query(1, "lib", "no-swap",
		"-- title: No swap\n-- tags: policy\n\nSELECT 1 FROM mounts\n");
	CHECK_STR(all.all[2].skipped, "for darwin");
	imports_done(&all);
}

TEST(fleet_packs)
{
	CHECK_INT(read_as("all.yaml",
			  "kind: pack\nspec:\n  name: Servers\n  queries:\n"
			  "  - {query: users, name: users_snapshot, platform: linux, interval: 5}\n"
			  "  - {query: nowhere}\n"
			  "---\nkind: query\nspec: {name: users, query: select * from users}\n"
			  "---\nkind: query\nspec: {name: alone, query: select 2}\n",
			  NULL),
		0);
	CHECK_INT(all.n, 3);
	is_query(0, "servers", "users_snapshot",
		"-- title: users\n-- platform: linux\n\nselect * from users\n");
	CHECK_STR(all.all[1].problem, "the pack names a query that is not in this file");
	CHECK_STR(all.all[1].name, "nowhere");
	is_query(2, "all", "alone", "-- title: alone\n\nselect 2\n");
	imports_done(&all);
}

TEST(fleet_lists)
{
	CHECK_INT(
		read_as("team.yml",
			"name: Workstations\nqueries:\n  - name: a\n    query: select 1\n"
			"  - path: ../lib/b.yml\npolicies:\n  - name: a\n    query: select 2\n"
			"reports:\n  - name: c\n    query: select 3\n    platform: linux,windows\n",
			NULL),
		0);
	CHECK_INT(all.n, 4);
	is_query(0, "team", "a", "-- title: a\n\nselect 1\n");
	CHECK_STR(all.all[1].skipped, "it is in a file of its own: import that");
	is_query(2, "team", "c", "-- title: c\n-- platform: linux,windows\n\nselect 3\n");
	is_query(3, "team", "a-2", "-- title: a\n-- tags: policy\n\nselect 2\n");
	CHECK_INT(read_as("list", "- name: x\n  query: select 1\n- just text\n", NULL), 0);
	CHECK_INT(all.n, 2);
	is_query(0, "list", "x", "-- title: x\n\nselect 1\n");
	CHECK_STR(all.all[1].problem, "it has no query");
	CHECK_INT(read_as("x.yml", "", NULL), -EINVAL);
	CHECK_STR(said(), "x.yml: no documents of kind query and no list of queries");
	CHECK_INT(read_as("x.yml", "# c\n---\n\n---\na: [\n", NULL), -EINVAL);
	CHECK(strstr(said(), "x.yml:6:1: not YAML"));
	imports_done(&all);
}

/* Published files have had broken documents between good ones. */
TEST(fleet_broken_document)
{
	CHECK_INT(
		read_as("x.yml",
			"kind: query\nspec: {name: a, query: select 1}\n---\nspec:\n  a: b\n  c d\n"
			"  e: f\n--- # good\nkind: query\nspec: {name: b, query: &x select 2}\n"
			"---\nkind: query\nspec: {name: c, query: *x}\n",
			NULL),
		0);
	CHECK_INT(all.n, 4);
	CHECK(strstr(all.all[0].problem, "x.yml:7:3: not YAML"));
	/* An anchor is its document's. */
	CHECK(strstr(all.all[1].problem, "x.yml:13:"));
	is_query(2, "x", "a", "-- title: a\n\nselect 1\n");
	is_query(3, "x", "b", "-- title: b\n\nselect 2\n");
	imports_done(&all);
}

TEST(fleet_marker_in_text)
{
	CHECK_INT(read_as("x.yml",
			  "%YAML 1.1\n---\nkind: query\nspec:\n  name: a\n  query: |\n"
			  "    select 1 ---\n    ---x\n---\n---\tkind\n",
			  NULL),
		0);
	CHECK_INT(all.n, 1);
	CHECK_STR(all.all[0].sql, "select 1 ---\n---x");
	imports_done(&all);
}

/* ---- SQL ---- */

TEST(sql_one)
{
	CHECK_INT(read_as("Talkers 1.sql",
			  "-- Who talks; to whom\n--\n-- references:\n--   * https://x/T1071/001/\n"
			  "-- tags: net, T1071/001\n-- platform: linux\nselect ';' -- one;\nfrom "
			  "users",
			  NULL),
		0);
	CHECK_INT(all.n, 1);
	is_query(0, "imported", "talkers-1",
		"-- title: Who talks; to whom\n-- attack: T1071.001\n\n"
		"-- Who talks; to whom\n--\n-- references:\n--   * https://x/T1071/001/\n"
		"-- tags: net, T1071/001\n-- platform: linux\nselect ';' -- one;\nfrom users\n");
	CHECK_INT(read_as("x.sql", "-- platform: darwin\nselect 1", "p"), 0);
	CHECK_STR(all.all[0].skipped, "for darwin");
	CHECK_INT(read_as("x.sql", "-- nothing\n;;\n", NULL), -EINVAL);
	CHECK_STR(said(), "x.sql: there is no SQL in it");
	imports_done(&all);
}

/* Our own format comes through as it is, but for its name, which is the file's. */
TEST(sql_saved)
{
	CHECK_INT(read_as("x.sql",
			  "-- name: my-name\n-- title: T\n-- attack: T1000\n-- param: a=1  number\n"
			  "select :a;",
			  "p"),
		0);
	is_query(0, "p", "my-name",
		"-- title: T\n-- attack: T1000\n-- param: a=1  number\nselect :a;\n");
	imports_done(&all);
}

TEST(sql_several)
{
	CHECK_INT(read_as("some.sql",
			  "/* all */ select 1;\n-- name: two\nselect 'a;b', \"c;\" /* ; */;\n\n"
			  "select 3 -- the end\n;\n-- that was all\n",
			  NULL),
		0);
	CHECK_INT(all.n, 3);
	is_query(0, "imported", "some-1", "/* all */ select 1;\n");
	is_query(1, "imported", "two", "select 'a;b', \"c;\" /* ; */;\n");
	is_query(2, "imported", "some-3", "select 3 -- the end\n;\n");
	imports_done(&all);
}

/* ---- Names, heads, bounds ---- */

static void name_is(const char *from, const char *want)
{
	struct buf b;

	buf_init(&b, SAVED_NAME_MAX);
	CHECK_INT(importhead_put_name(&b, span_str(from)), 0);
	CHECK_STR(buf_str(&b), want);
	buf_done(&b);
}

TEST(names_are_safe)
{
	char longest[SAVED_NAME_MAX + 1];

	name_is("../../etc/passwd", "etc-passwd");
	name_is("..", "query");
	name_is("", "query");
	name_is("-rf / *", "rf");
	name_is("caf\xc3\xa9 \x1b[31m", "caf-31m");
	name_is("a b  c//d", "a-b-c-d");
	name_is("x-", "x-");
	memset(longest, 'a', SAVED_NAME_MAX);
	longest[SAVED_NAME_MAX] = '\0';
	name_is("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"a",
		longest);
}

TEST(heads_cannot_be_broken)
{
	CHECK_INT(
		read_as("x.yml",
			"- name: \"a\\n-- param: evil\"\n  description: \"b\\n-- name: "
			"other\\u001b[2J"
			"\\r\\nselect 2\"\n  query: \"-- name: third\\n-- about: c\\nselect 1\"\n",
			NULL),
		0);
	is_query(0, "x", "a---param-evil",
		"-- title: a -- param: evil\n-- about: b -- name: other\\x1b[2J select 2\n\n"
		"-- about: c\nselect 1\n");
	CHECK_STR(all.all[0].sql, "select 1");
	imports_done(&all);
}

TEST(long_descriptions_are_broken)
{
	struct buf b;

	buf_init(&b, 10000);
	buf_puts(&b, "- name: a\n  query: select 1\n  description:");
	for (int i = 0; i < 1500; i++)
		buf_puts(&b, " word");
	CHECK_INT(read_as("x.yml", buf_str(&b), NULL), 0);
	buf_done(&b);
	CHECK(strlen(all.all[0].text) < IMPORTHEAD_ABOUT_MAX + 1024);
	for (const char *line = all.all[0].text; *line; line += strcspn(line, "\n") + 1)
		CHECK(strcspn(line, "\n") <= 96);
	imports_done(&all);
}

/* What is too long for a title is not lost. */
TEST(long_titles)
{
	char text[600], words[401];

	memset(words, 'w', 400);
	words[200] = ' ';
	words[400] = '\0';
	snprintf(text, sizeof(text),
		"{\"queries\": {\"a\": {\"query\": \"select 1\", \"description\": \"%s\"}}}",
		words);
	CHECK_INT(read_as("x.conf", text, NULL), 0);
	CHECK(str_starts(all.all[0].text, "-- title: wwwww"));
	CHECK(strcspn(all.all[0].text, "\n") < 200);
	words[200] = '\0';
	CHECK(strstr(all.all[0].text, words));
	imports_done(&all);
}

TEST(bounds)
{
	char *text = malloc(SAVED_FILE_MAX + 64);

	memset(text, ' ', SAVED_FILE_MAX + 63);
	memcpy(text, "select '", 8);
	memcpy(text + SAVED_FILE_MAX, "'", 2);
	CHECK_INT(read_as("x.sql", text, NULL), 0);
	CHECK_STR(all.all[0].problem, "larger than 256 KiB");
	free(text);
	CHECK_INT(import_read(&all, "/proc/self", NULL, &err), -EISDIR);
	CHECK_INT(import_read(&all, "/nowhere/at.all", NULL, &err), -ENOENT);
	CHECK_INT(read_as("x.txt", "words", NULL), -EINVAL);
	CHECK_STR(said(), "x.txt: neither an osquery pack nor Fleet's YAML nor SQL");
	CHECK_INT(
		read_as("x.txt", " // c\n {\"queries\": {\"a\": {\"query\": \"select 1\"}}}", NULL),
		0);
	CHECK_INT(
		read_as("x.txt", "# c\n---\nkind: query\nspec: {name: a, query: select 1}\n", NULL),
		0);
	CHECK_INT(read_as("x.txt", "WITH a AS (select 1) select * from a", NULL), 0);
	CHECK_INT(all.n, 1);
	imports_done(&all);
}

TEST(too_many_queries)
{
	struct buf b;

	buf_init(&b, IMPORT_FILE_MAX);
	for (int i = 0; i <= IMPORT_QUERIES_MAX; i++)
		buf_puts(&b, "select 1;");
	CHECK_INT(read_as("x.sql", buf_str(&b), NULL), -E2BIG);
	CHECK_INT(all.n, IMPORT_QUERIES_MAX);
	buf_done(&b);
	imports_done(&all);
}

TEST(without_memory)
{
	static const char text[] =
		"{\"queries\": {\"a\": {\"query\": \"select 1\", \"description\": "
		"\"T1000\"}, \"b\": {\"query\": \"x\", \"platform\": \"darwin\"}}}";

	bool spent = true;

	for (failing = 1; spent; failing++) {
		int r = read_as("x.conf", text, NULL);

		spent = failalloc_spent();
		failalloc_countdown = 0;
		CHECK(r == 0 || (r == -ENOMEM && spent));
	}
	failing = 0;
	CHECK_INT(all.n, 2);
	imports_done(&all);
}

TEST(clean_up)
{
	CHECK_INT(rmdir(directory), 0);
}

TEST_MAIN(&loose_json, &json_too_deep, &osquery_pack, &osquery_configuration, &fleet_documents,
	&fleet_packs, &fleet_lists, &fleet_broken_document, &fleet_marker_in_text, &sql_one,
	&sql_saved, &sql_several, &names_are_safe, &heads_cannot_be_broken,
	&long_descriptions_are_broken, &long_titles, &bounds, &too_many_queries, &without_memory,
	&clean_up)
