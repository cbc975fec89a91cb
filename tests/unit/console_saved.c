/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saved queries: their files, their folders, and those that come with the program. */
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"
#include "console/library.h"
#include "console/params.h"
#include "console/querytext.h"
#include "console/saved.h"
#include "tests/unit/test.h"
#include "tests/unit/tree.h"

#include <sys/stat.h>
#include <unistd.h>

static struct saved q;

static void parse(const char *text)
{
	CHECK_INT(saved_parse("dir/the-file.sql", "pack", text, strlen(text), &q), 0);
}

static void problem_is(const char *text, const char *want)
{
	parse(text);
	CHECK_STR(q.problem, want);
	saved_done(&q);
}

/* ---- Files ---- */

TEST(all_keys)
{
	parse("-- name: proc-exe-deleted\n"
	      "-- title: Processes whose program file is gone\n"
	      "-- tags: process, hygiene\n"
	      "-- attack: T1070.004\n"
	      "-- about: Malware often deletes itself;\n"
	      "--   a service shows up\n"
	      "--\ttoo.\n"
	      "-- param: min_age=0  seconds since the process started\n"
	      "-- param: sha256  of the file\n"
	      "-- future: is ignored\n"
	      "\n"
	      "select pid -- not a header: x\n"
	      "from processes where a = :min_age and b = :sha256;\n");
	CHECK(!q.problem);
	CHECK_STR(q.name, "proc-exe-deleted");
	CHECK_STR(q.pack, "pack");
	CHECK_STR(q.title, "Processes whose program file is gone");
	CHECK_STR(q.tags, "process, hygiene");
	CHECK_STR(q.attack, "T1070.004");
	CHECK_STR(q.about, "Malware often deletes itself; a service shows up");
	CHECK_INT(q.n_params, 2);
	CHECK_STR(q.params[0].name, "min_age");
	CHECK_STR(q.params[0].value, "0");
	CHECK_STR(q.params[0].doc, "seconds since the process started");
	CHECK_STR(q.params[1].name, "sha256");
	CHECK(!q.params[1].value);
	CHECK_STR(q.params[1].doc, "of the file");
	CHECK_STR(q.sql, "select pid -- not a header: x\n"
			 "from processes where a = :min_age and b = :sha256;");
	saved_done(&q);
}

TEST(sql_alone)
{
	parse("select 1\r\n");
	CHECK(!q.problem);
	CHECK_STR(q.name, "the-file");
	CHECK_STR(q.title, "");
	CHECK_STR(q.sql, "select 1");
	saved_done(&q);
}

/* The names of a list, with blanks between them. */
static const char *joined(const struct saved_list *l)
{
	static char text[512];

	text[0] = '\0';
	for (size_t i = 0; i < l->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			l->names[i]);
	return text;
}

TEST(lists)
{
	parse("-- packs: hygiene, triage/first\n"
	      "-- key: path cmdline,\n"
	      "--   uid\n"
	      "-- diff-ignore: pid,start_time\n"
	      "select 1");
	CHECK(!q.problem);
	CHECK_STR(joined(&q.packs), "hygiene triage/first");
	CHECK_STR(joined(&q.key), "path cmdline uid");
	CHECK_STR(joined(&q.diff_ignore), "pid start_time");
	CHECK(saved_in_pack(&q, "pack") && saved_in_pack(&q, "hygiene"));
	CHECK(saved_in_pack(&q, "triage") && saved_in_pack(&q, "triage/first"));
	CHECK(!saved_in_pack(&q, "pac") && !saved_in_pack(&q, "hygien") &&
		!saved_in_pack(&q, "first"));
	saved_done(&q);
	parse("-- key: a\n-- key: b\n-- packs:\nselect 1");
	CHECK(!q.problem);
	CHECK_STR(joined(&q.key), "b");
	CHECK_INT(q.packs.n, 0);
	saved_done(&q);
}

TEST(shown)
{
	struct buf b;

	parse("-- title: T\x1b\n-- attack: T1\n-- key: a, b\n-- packs: c\n"
	      "-- about: one two three\n--   four averylongword five\n"
	      "-- param: p=1  doc\n-- param: q  must\nselect :p,\n\t:q");
	buf_init(&b, 4096);
	CHECK_INT(querytext_put(&b, &q, 18), 0);
	CHECK_STR(buf_str(&b), "name    the-file\npack    pack\ntitle   T\\x1b\nattack  T1\n"
			       "packs   c\nkey     a, b\nfile    dir/the-file.sql\n"
			       "about   one two\n        three four\n        averylongword\n"
			       "        five\nparam   p=1  doc\nparam   q=…  must\n\n"
			       "select :p,\n\t:q\n");
	buf_done(&b);
	saved_done(&q);
}

TEST(mistakes_in_lists)
{
	char text[SAVED_LIST_MAX * 4 + 64];
	size_t n = 0;

	problem_is("-- name: x\n-- key: a-b\nselect 1",
		"dir/the-file.sql:2: `key:` is a list of names: a, b, c");
	problem_is("-- packs: a, b:c\nselect 1",
		"dir/the-file.sql:1: `packs:` is a list of names: a, b, c");
	for (int i = 0; i <= SAVED_LIST_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s abc", i ? "" : "-- key:");
	snprintf(text + n, sizeof(text) - n, "\nselect 1");
	problem_is(text, "dir/the-file.sql:1: too many names");
}

TEST(defaults_of_params)
{
	parse("-- param: a=  empty\n-- param: b=x y  with a blank\n-- param: c=/tmp/%\n"
	      "select :a, :b, :c");
	CHECK(!q.problem);
	CHECK_STR(q.params[0].value, "");
	CHECK_STR(q.params[1].value, "x y");
	CHECK_STR(q.params[2].value, "/tmp/%");
	CHECK_STR(q.params[2].doc, "");
	saved_done(&q);
}

/* What only looks like a parameter. */
TEST(colons_in_sql)
{
	parse("select ':a', \":b\", [:c], `:d`, 'it''s :e' -- :f\n, /* :g */ 1");
	CHECK(!q.problem);
	saved_done(&q);
	parse("select 'open :a");
	CHECK(!q.problem);
	saved_done(&q);
}

TEST(mistakes)
{
	char long_name[128];

	problem_is("", "dir/the-file.sql:1: there is no SQL in it");
	problem_is("-- name: x\n\n-- title: y\n", "dir/the-file.sql:4: there is no SQL in it");
	problem_is("-- title: y\n-- name: x y\nselect 1",
		"dir/the-file.sql:2: a name is made of letters, digits, '_', '-' and '.'");
	problem_is("-- name: x\n-- param: 1a=2\nselect 1",
		"dir/the-file.sql:2: a parameter is written name=default  meaning, or name  "
		"meaning");
	problem_is("-- param:\nselect 1",
		"dir/the-file.sql:1: a parameter is written name=default  meaning, or name  "
		"meaning");
	problem_is("-- param: a=1\n-- param: a=2\nselect :a",
		"dir/the-file.sql:2: parameter a is there twice");
	problem_is("-- name: x\nselect 1,\n'\n', :b",
		"dir/the-file.sql:4: a :parameter has no `-- param:` line");
	problem_is("-- param: a=1\nselect 1",
		"dir/the-file.sql:1: parameter a is not used by the SQL");
	problem_is("select '\xff'", "dir/the-file.sql:1: not UTF-8 text");
	memset(long_name, 'x', sizeof(long_name));
	memcpy(long_name, "-- name: ", 9);
	memcpy(long_name + 110, "\nselect 1", 10);
	problem_is(long_name,
		"dir/the-file.sql:1: a name is made of letters, digits, '_', '-' and '.'");
	CHECK_INT(saved_parse("d/my file.sql", "", "select 1", 8, &q), 0);
	CHECK(q.problem && strstr(q.problem, "needs `-- name:`"));
	saved_done(&q);
}

TEST(too_many_params)
{
	char text[SAVED_PARAMS_MAX * 16 + 64];
	size_t n = 0;

	for (int i = 0; i <= SAVED_PARAMS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "-- param: p%d=1\n", i);
	snprintf(text + n, sizeof(text) - n, "select 1");
	problem_is(text, "dir/the-file.sql:65: too many parameters");
}

TEST(size_of_a_file)
{
	char *big = malloc(SAVED_FILE_MAX + 2);

	memset(big, ' ', SAVED_FILE_MAX + 1);
	memcpy(big, "select 1", 8);
	CHECK_INT(saved_parse("a.sql", "", big, SAVED_FILE_MAX, &q), 0);
	CHECK(!q.problem);
	saved_done(&q);
	CHECK_INT(saved_parse("a.sql", "", big, SAVED_FILE_MAX + 1, &q), 0);
	CHECK_STR(q.problem, "a.sql:1: the file is larger than 256 KiB");
	saved_done(&q);
	free(big);
}

TEST(no_memory)
{
	static const char text[] = "-- name: x\n-- title: t\n-- about: a\n--   b\n"
				   "-- key: a, b\n-- packs: c\n-- param: p=1  doc\nselect :p";
	int spent = 1;

	for (long n = 1; spent; n++) {
		failalloc_countdown = n;
		(void)saved_parse("x.sql", "", text, strlen(text), &q);
		spent = failalloc_spent();
		failalloc_countdown = 0;
		saved_done(&q);
	}
}

/* ---- Folders ---- */

static char dir[64];

static void put(const char *path, const char *text)
{
	char whole[256];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", dir, path);
	for (char *slash = strchr(whole + strlen(dir) + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0755);
		*slash = '/';
	}
	f = fopen(whole, "w");
	CHECK(f);
	fputs(text, f);
	fclose(f);
}

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tocsin-saved.XXXXXX");
	CHECK(mkdtemp(dir));
}

static void remove_dir(void)
{
	tree_remove(dir);
}

static void add(struct library *l, const char *sub)
{
	char whole[256];
	struct err err;

	snprintf(whole, sizeof(whole), "%s/%s", dir, sub);
	if (library_add(l, whole, &err) < 0)
		FAIL("%s", err.text);
}

TEST(packs_and_precedence)
{
	struct library *l = library_new();
	struct err err;

	make_dir();
	put("one/b.sql", "select 'b'");
	put("one/pack/a.sql", "select 'a'");
	put("one/pack/deep/c.sql", "select 'c'");
	put("one/pack/notes.txt", "no query");
	put("one/.hidden.sql", "select 'h'");
	put("two/a.sql", "-- packs: morning\nselect 'mine'");
	add(l, "one");
	CHECK_INT(library_len(l), 3);
	CHECK_STR(library_at(l, 0)->name, "b");
	CHECK_STR(library_at(l, 0)->pack, "");
	CHECK_STR(library_at(l, 1)->pack, "pack");
	CHECK_STR(library_at(l, 2)->pack, "pack/deep");
	CHECK_STR(library_find(l, "a")->sql, "select 'a'");
	add(l, "two");
	CHECK_INT(library_len(l), 3);
	CHECK_STR(library_find(l, "a")->sql, "select 'mine'");
	CHECK(!library_find(l, "x"));
	CHECK_STR(library_nearest(l, "pack/deeq"), "pack/deep");
	CHECK_STR(library_nearest(l, "mornin"), "morning");
	CHECK_INT(library_add(l, "/nonexistent", &err), -ENOENT);
	library_free(l);
	remove_dir();
}

TEST(files_that_are_no_good)
{
	struct library *l = library_new();
	char whole[256];

	make_dir();
	put("q/bad.sql", "-- nothing\n");
	put("q/dup1.sql", "-- name: dup\nselect 1");
	put("q/dup2.sql", "-- name: dup\nselect 1");
	snprintf(whole, sizeof(whole), "%s/q/fifo.sql", dir);
	CHECK_INT(mkfifo(whole, 0600), 0);
	add(l, "q");
	CHECK_INT(library_len(l), 3);
	CHECK(strstr(library_find(l, "bad")->problem, "bad.sql:2: there is no SQL in it"));
	CHECK(strstr(library_find(l, "dup")->problem, "the name dup is also that of"));
	CHECK(strstr(library_find(l, "fifo")->problem, "Invalid argument"));
	library_free(l);
	remove_dir();
}

TEST(folders_too_deep)
{
	struct library *l = library_new();
	char whole[256];
	struct err err;

	make_dir();
	put("q/1/2/3/4/a.sql", "select 1");
	add(l, "q");
	put("q/1/2/3/4/5/a.sql", "select 1");
	snprintf(whole, sizeof(whole), "%s/q", dir);
	CHECK_INT(library_add(l, whole, &err), -ELOOP);
	library_free(l);
	remove_dir();
}

/* Those in the tree's queries/: without a mistake, and with what a reader needs. */
TEST(the_library)
{
	struct library *l = library_new();
	struct err err;

	if (access("queries", F_OK) < 0)
		SKIP("not run from the top of the tree");
	if (library_add(l, "queries", &err) < 0)
		FAIL("%s", err.text);
	CHECK(library_len(l) >= 12);
	for (size_t i = 0; i < library_len(l); i++) {
		const struct saved *s = library_at(l, i);

		if (s->problem)
			FAIL("%s", s->problem);
		if (!*s->title || !*s->tags || !*s->about || !*s->pack || s->key.n == 0)
			FAIL("%s lacks title, tags, about, key or a pack", s->path);
	}
	library_free(l);
}

/* ---- Parameters given ---- */

TEST(params)
{
	struct params p = {0};
	struct err err;
	char word[16];

	CHECK(params_is("a=b") && params_is("_a1=") && params_is("a=b=c"));
	CHECK(!params_is("a") && !params_is("=b") && !params_is("1a=b") && !params_is("a-b=c"));
	CHECK_INT(params_add(&p, "a=b=c", &err), 0);
	CHECK_STR(params_find(&p, "a"), "b=c");
	CHECK(!params_find(&p, "b"));
	CHECK_INT(params_add(&p, "a=d", &err), -EINVAL);
	CHECK_STR(err.text, "the parameter a is given twice");
	CHECK_INT(params_add(&p, "a", &err), -EINVAL);
	CHECK_INT(params_add(&p, "b=\xff", &err), -EINVAL);
	for (int i = 1; i < PARAMS_MAX; i++) {
		snprintf(word, sizeof(word), "p%d=", i);
		CHECK_INT(params_add(&p, word, &err), 0);
	}
	CHECK_INT(params_add(&p, "z=1", &err), -E2BIG);
	params_done(&p);
}

TEST_MAIN(&all_keys, &sql_alone, &lists, &shown, &mistakes_in_lists, &defaults_of_params,
	&colons_in_sql, &mistakes, &too_many_params, &size_of_a_file, &no_memory,
	&packs_and_precedence, &files_that_are_no_good, &folders_too_deep, &the_library, &params)
