/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates at a prompt. */
#include "tests/unit/inventory.h"

#include "console/complete.h"
#include "console/library.h"

static struct complete_with with;

static bool own(void *arg, size_t i, const char **ret_name, const char **ret_usage)
{
	static const char *const of[][2] = {{"target", "PATTERN"}, {"fold", "[rarest|commonest]"},
		{"sort", "COLUMN [desc] [then COLUMN]"}, {"write", "FILE"},
		{"act", "ACTION [OPTION …]"}};

	(void)arg;
	if (i >= ARRAY_LEN(of))
		return false;
	*ret_name = of[i][0];
	*ret_usage = of[i][1];
	return true;
}

static void more(void *arg, const char *command, const char *word, complete_offer_fn *put, void *to)
{
	(void)arg;
	if (str_eq(word, "COLUMN") && str_eq(command, "sort"))
		put(to, "mtime");
}

static void set_up(void)
{
	static const char find_file[] = "-- name: find-file\n-- title: t\n-- about: a\n"
					"-- param: sha256=\n-- param: glob=/*\nselect 1\n";
	static struct library *library;
	struct err err;

	if (library)
		return;
	CHECK_INT(load("[prod]\nweb1.example.org\nweb2\n[test]\ndb-1\n"), 0);
	CHECK_INT(inventory_load_vars(inv, &err), 0);
	write_file("find-file.sql", find_file, strlen(find_file), 0600);
	library = library_new();
	CHECK(library);
	CHECK_INT(library_add(library, dir, &err), 0);
	with = (struct complete_with){
		.inventory = inv, .library = library, .own = own, .more = more};
}

/*
 * What Tab at the end of the line gives, joined by blanks; "FILES" for names of files. The word is
 * parted as readline would.
 */
static const char *tab(const char *line)
{
	static char all[65536];
	size_t end = strlen(line), start = end;
	const char *breaks;
	char **list;
	bool file;

	set_up();
	breaks = complete_breaks(&with, line, end, &file);
	while (start > 0 && !strchr(breaks, line[start - 1]))
		start--;
	list = complete_line(&with, line, start, end);
	if (!list)
		return "FILES";
	all[0] = '\0';
	for (size_t i = 0; list[i]; i++) {
		size_t n = strlen(all);

		CHECK(n + strlen(list[i]) + 2 < sizeof(all));
		snprintf(all + n, sizeof(all) - n, "%s%s", n ? " " : "", list[i]);
		free(list[i]);
	}
	free(list);
	return all;
}

/* The word is among those that Tab gives. */
static bool gives(const char *line, const char *word)
{
	struct span rest = span_str(tab(line)), one;

	while (span_word(&rest, &one))
		if (span_eq(one, word))
			return true;
	return false;
}

TEST(commands)
{
	CHECK_STR(tab("invent"), "inventory");
	CHECK_STR(tab("targ"), "target");
	CHECK_STR(tab("  targ"), "target");
	CHECK(gives("", "query") && gives("", "sort"));
	CHECK_STR(tab("nothing-like-it"), "");
}

TEST(options)
{
	CHECK_STR(tab("kill --tre"), "--tree");
	CHECK_STR(tab("kill 1 --tar"), "--target");
	CHECK(gives("kill -", "--signal"));
	CHECK_STR(tab("kill --signal K"), "KILL");
	CHECK_STR(tab("kill --signal=K"), "KILL");
	CHECK_STR(tab("query -o nd"), "ndjson");
	CHECK_STR(tab("run --report x --output=cs"), "csv");
	/* The screen's own have none. */
	CHECK_STR(tab("fold --t"), "");
}

TEST(hosts_and_groups)
{
	CHECK_STR(tab("target web"), "web1.example.org web2");
	CHECK_STR(tab("target web1.ex"), "web1.example.org");
	CHECK_STR(tab("target prod:&db-"), "db-1");
	CHECK_STR(tab("target prod:!te"), "test");
	CHECK_STR(tab("query -t pro"), "prod");
	CHECK_STR(tab("query --target=all:!we"), "web1.example.org web2");
	CHECK_STR(tab("query --target 'db"), "db-1");
	CHECK_STR(tab("hosts -J web2,db"), "db-1");
	CHECK(gives("kill 1 -t ", "ungrouped"));
}

TEST(sql)
{
	/* Columns are typed before the table that has them. */
	CHECK(gives("query \"select total_se", "total_seconds"));
	CHECK(gives("query select pid, na", "name"));
	CHECK(!gives("query select pid, na from uptime where na", "name"));
	CHECK_STR(tab("query \"select * from upti"), "uptime");
	CHECK_STR(tab("query select * from upti"), "uptime");
	CHECK_STR(tab("query -t web 'select * from upti"), "uptime");
	CHECK_STR(tab("query select 1 from uptime where total_se"), "total_seconds");
	CHECK_STR(tab("query SELEC"), "select");
	CHECK_STR(tab("query select a from b wher"), "where");
	/* A table follows, and nothing else. */
	CHECK_STR(tab("query select 1 from proc"), tab("query select 1 join proc"));
	CHECK(gives("query select 1 from proc", "processes"));
	CHECK(!gives("query select 1 from s", "select"));
	/* Columns of the tables that are named, not of those in whose name they are. */
	CHECK(!gives("query select 1 from file_lines where ", "sha256"));
	CHECK(gives("query select 1 from hash where sh", "sha256"));
	/* Behind a table's other name only its own. */
	CHECK_STR(tab("query select 1 from uptime as u join hash h where u.s"), "seconds");
	CHECK_STR(tab("query select 1 from uptime as u join hash h where h.sha2"), "sha256");
	CHECK_STR(tab("query select 1 from uptime u, hash where hash.sha2"), "sha256");
	CHECK_STR(tab("query select 1 from uptime u where x.s"), "");
	CHECK_STR(tab("tables upti"), "uptime");
}

TEST(saved_queries)
{
	CHECK_STR(tab("run find"), "find-file");
	CHECK_STR(tab("run find-file sh"), "sha256=");
	CHECK_STR(tab("run find-file sha256=1 gl"), "glob=");
	CHECK_STR(tab("run find-file sha256="), "");
	CHECK_STR(tab("fav fin"), "find-file");
	CHECK_STR(tab("queries --show fin"), "find-file");
}

TEST(files)
{
	CHECK_STR(tab("write /et"), "FILES");
	CHECK_STR(tab("write "), "FILES");
	CHECK_STR(tab("run x --report /et"), "FILES");
	CHECK_STR(tab("run x -i /et"), "FILES");
	CHECK_STR(tab("run x -i web2,db"), "db-1");
	/* Those of hosts are not known. */
	CHECK_STR(tab("delete /et"), "");
}

TEST(words_of_the_usage)
{
	CHECK_STR(tab("fold "), "rarest commonest");
	CHECK_STR(tab("fold ra"), "rarest");
	CHECK_STR(tab("sort mt"), "mtime");
	CHECK_STR(tab("sort mtime d"), "desc");
	CHECK_STR(tab("sort mtime desc then m"), "mtime");
	CHECK_STR(tab("help invent"), "inventory");
	CHECK_STR(tab("help upti"), "uptime");
	CHECK_STR(tab("act kill --tr"), "--tree");
	CHECK_STR(tab("act kill --tree --gr"), "--grace");
	CHECK_STR(tab("act nothing --tr"), "");
	CHECK_STR(tab("no-such-command x"), "");
}

TEST(bad_lines)
{
	char line[4096];

	CHECK(gives("query \"a 'b", "between"));
	CHECK_STR(tab("\\"), "");
	CHECK_STR(tab("kill -"), tab("kill -"));
	CHECK_STR(tab("kill --="), "");
	CHECK_STR(tab("query ."), "");
	memset(line, ' ', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	CHECK(gives(line, "query"));
	/* More words than a line may have. */
	for (size_t i = 0; i + 1 < sizeof(line); i += 2)
		line[i] = 'a';
	CHECK_STR(tab(line), "");
}

TEST(out_of_memory)
{
	bool spent = true;

	set_up();
	for (long n = 1; spent; n++) {
		char **list;

		failalloc_countdown = n;
		list = complete_line(&with, "target w", 7, 8);
		spent = failalloc_spent();
		failalloc_countdown = 0;
		for (size_t i = 0; list && list[i]; i++)
			free(list[i]);
		free(list);
	}
}

TEST(cleaned_up)
{
	remove_files();
}

TEST_MAIN(&commands, &options, &hosts_and_groups, &sql, &saved_queries, &files, &words_of_the_usage,
	&bad_lines, &out_of_memory, &cleaned_up)
