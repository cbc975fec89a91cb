/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/buf.h"
#include "common/str.h"
#include "console/fleet/inventory.h"
#include "console/fleet/match.h"

#include <errno.h>
#include <unistd.h>

static const char hosts_text[] = "lone\n"
				 "10.0.0.1\n"
				 "fe80::1\n"
				 "[web]\nweb[1:5]\n"
				 "[db]\ndb1.x\ndb2.x\nweb5\n"
				 "[prod:children]\nweb\ndb\n"
				 "[empty]\n"
				 "[lone.group]\nweb1\n"
				 "[db1.x]\nweb2\n"
				 "[samename]\nsamename\nweb3\n";

static struct inventory *inv;
static struct err why;

static void write_temp(char *name, const char *text)
{
	int fd = mkstemp(name);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void ready(void)
{
	char name[] = "/tmp/tocsin-pattern.XXXXXX";
	int r;

	if (inv)
		return;
	inv = inventory_new();
	CHECK(inv);
	write_temp(name, hosts_text);
	r = inventory_load(inv, name, &why);
	unlink(name);
	CHECK_INT(r, 0);
}

static int select_hosts(const char *pattern, struct buf *b)
{
	size_t *list, n;
	int r;

	ready();
	err_clear(&why);
	r = inventory_select(inv, pattern, &list, &n, &why);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		CHECK_INT(
			buf_printf(b, "%s%s", i ? " " : "", inventory_host_name(inv, list[i])), 0);
	free(list);
	return 0;
}

/* The names that a pattern gives. */
static const char *chosen(const char *pattern)
{
	static struct buf b;
	int r;

	buf_done(&b);
	buf_init(&b, 100000);
	r = select_hosts(pattern, &b);
	return r < 0 ? why.text : buf_str(&b);
}

TEST(names_and_groups)
{
	static const struct {
		const char *pattern, *hosts;
	} all[] = {
		{"all", "lone 10.0.0.1 fe80::1 web1 web2 web3 web4 web5 db1.x db2.x samename"},
		{"ungrouped", "lone 10.0.0.1 fe80::1"},
		{"web", "web1 web2 web3 web4 web5"},
		{"prod", "web1 web2 web3 web4 web5 db1.x db2.x"},
		{"empty", ""},
		{"lone", "lone"},
		{"web3", "web3"},
		/* Colons of addresses part nothing; with commas nor do those of lists. */
		{"fe80::1", "fe80::1"},
		{"lone,fe80::1", "lone fe80::1"},
		{"10.0.0.1", "10.0.0.1"},
		{"web1:lone", "lone web1"},
		{" web2 , web1 ,", "web1 web2"},
		{"web2:web1:web2", "web1 web2"},
		{"web1 lone", "lone web1"},
		/* A host's own name wins over the group's; it is the group that & means. */
		{"samename", "samename"},
		{"prod:&samename", "web3"},
		{"lone.group", "web1"},
		{"db1.x", "db1.x"},
		{"all:&db1.x", "web2 db1.x"},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		CHECK_STR(chosen(all[i].pattern), all[i].hosts);
}

TEST(signs)
{
	CHECK_STR(chosen("web:!web2"), "web1 web3 web4 web5");
	CHECK_STR(chosen("!web2:web"), "web1 web3 web4 web5");
	CHECK_STR(chosen("web:&db"), "web5");
	CHECK_STR(chosen("web,&db"), "web5");
	CHECK_STR(chosen("prod:&web:!web1:!db"), "web2 web3 web4");
	CHECK_STR(chosen("&db"), "web5 db1.x db2.x");
	CHECK_STR(chosen("!prod"), "lone 10.0.0.1 fe80::1 samename");
	CHECK_STR(chosen("all:!*"), "");
	CHECK_STR(chosen("web : & db"), "nothing behind `&` or `!`");
	CHECK_STR(chosen("web, & db"), "web5");
}

TEST(wildcards)
{
	CHECK_STR(
		chosen("*"), "lone 10.0.0.1 fe80::1 web1 web2 web3 web4 web5 db1.x db2.x samename");
	CHECK_STR(chosen("web?"), "web1 web2 web3 web4 web5");
	/* A group that matches brings all it has. */
	CHECK_STR(chosen("d?"), "web5 db1.x db2.x");
	CHECK_STR(chosen("web[2-3]*"), "web2 web3");
	CHECK_STR(chosen("web[!2-3]*"), "web1 web4 web5");
	CHECK_STR(chosen("*.x"), "web2 db1.x db2.x");
	CHECK_STR(chosen("nothing*"), "");
	CHECK_STR(chosen("web:!*[0-2]?:!web*4*"), "web1 web2 web3 web5");
}

TEST(regular_expressions)
{
	CHECK_STR(chosen("~web[13]"), "web1 web3");
	CHECK_STR(chosen("~(lone|samename)$"), "lone web3 samename");
	CHECK_STR(chosen("~db\\d\\.x,!~.*2"), "db1.x");
	/* It must match the beginning. */
	CHECK_STR(chosen("~eb"), "");
	CHECK_STR(chosen("~.*eb1"), "web1");
	CHECK_STR(chosen("~("),
		"the regular expression is wrong at its byte 2: missing closing parenthesis");
	CHECK_STR(chosen("~web.(?<!1),!~(.)\\1"), "web2 web3 web4 web5");
	CHECK_STR(chosen("~(.*.*.*.*)*[#%]"),
		"`~(.*.*.*.*)*[#%]` takes too long to tell what it fits");
	CHECK_STR(chosen("~web[1]"), "web1");
}

TEST(subscripts)
{
	CHECK_STR(chosen("web[0]"), "web1");
	CHECK_STR(chosen("web[-1]"), "web5");
	CHECK_STR(chosen("web[-5]"), "web1");
	CHECK_STR(chosen("web[1:3]"), "web2 web3 web4");
	CHECK_STR(chosen("web[1-3]"), "web2 web3 web4");
	CHECK_STR(chosen("web[3:]"), "web4 web5");
	CHECK_STR(chosen("web[0:0]"), "web1");
	CHECK_STR(chosen("web[3:99]"), "web4 web5");
	CHECK_STR(chosen("web[9:10]"), "");
	CHECK_STR(chosen("web[3:1]"), "");
	CHECK_STR(chosen("web:!web[0:2]"), "web4 web5");
	CHECK_STR(chosen("web[5]"), "`web[5]`: there are only 5 hosts");
	CHECK_STR(chosen("web[-6]"), "`web[-6]`: there are only 5 hosts");
	CHECK_STR(chosen("empty[3]"), "");
	CHECK_STR(chosen("web?[1]"), "web2");
	/* A host of two groups counts twice; web5 is the last that web* fits, db2.x of all. */
	CHECK_STR(chosen("web*[-1]"), "web5");
	CHECK_STR(chosen("*[-1]"), "samename");
	CHECK_STR(chosen("[wd]*b[5:6]"), "db1.x db2.x");
	CHECK_STR(chosen("[wd]*b[7]"), "web5");
	/* Own hosts first, then those of the children in their order. */
	CHECK_STR(chosen("prod[5:6]"), "db1.x db2.x");
}

TEST(files)
{
	char name[] = "/tmp/tocsin-pattern.XXXXXX", pattern[64];

	write_temp(name, "web1\n# not this one\n\n  db \r\n!web5");
	snprintf(pattern, sizeof(pattern), "lone,@%s", name);
	CHECK_STR(chosen(pattern), "lone web1 db1.x db2.x");
	snprintf(pattern, sizeof(pattern), "@%s", name);
	CHECK_STR(chosen(pattern), "web1 db1.x db2.x");
	unlink(name);
	CHECK(str_ends(chosen(pattern), ": No such file or directory"));
}

TEST(refused)
{
	struct buf b;

	buf_init(&b, 100);
	CHECK_INT(select_hosts("nosuch", &b), -ENOENT);
	CHECK_STR(why.text, "no host or group `nosuch`");
	/* A name that is wrong behind ! would let in what was to be kept out. */
	CHECK_INT(select_hosts("web:!wbe1", &b), -ENOENT);
	CHECK_INT(select_hosts("web:&nosuch[0]", &b), -ENOENT);
	CHECK_STR(why.text, "no host or group `nosuch`");
	CHECK_INT(select_hosts("web1,web2:!web1", &b), -ENOENT);
	CHECK_STR(why.text, "no host or group `web2:!web1`; put commas in place of all its colons");
	CHECK_INT(select_hosts("", &b), -EINVAL);
	CHECK_STR(why.text, "an empty pattern");
	CHECK_INT(select_hosts(" ,: ", &b), -ENOENT);
	CHECK_INT(select_hosts("!", &b), -EINVAL);
	CHECK_INT(select_hosts("web[9]", &b), -EINVAL);
	/* Nobody has such a name, so that all would be asked. */
	CHECK_INT(select_hosts("all:!web[0", &b), -EINVAL);
	CHECK_STR(why.text, "`web[0` has a `[` without `]`");
	CHECK_INT(select_hosts("web[1]*[", &b), -EINVAL);
	buf_done(&b);
}

TEST(globs)
{
	static const struct {
		const char *glob, *name;
		bool is;
	} all[] = {{"", "", true}, {"", "a", false}, {"*", "", true}, {"**", "abc", true},
		{"a*c", "abbc", true}, {"a*c", "abb", false}, {"a*b*c", "aXbXbXc", true},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"?", "é", true}, {"??", "é", false},
		{"[é]", "é", true}, {"[a-c]", "b", true}, {"[a-c]", "d", false},
		{"[!a-c]", "d", true}, {"[]]", "]", true}, {"[!]]", "a", true}, {"[a-]", "-", true},
		{"[-a]", "-", true}, {"[", "[", true}, {"[a", "[a", true}, {"[^a]", "^", true},
		{"[^a]", "b", false}, {"a\\b", "a\\b", true}, {"A", "a", false},
		{"*\xff*", "a\xff", true},
		{"*a*a*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			false}};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (glob_match(span_str(all[i].glob), span_str(all[i].name)) != all[i].is)
			FAIL("%s and %s", all[i].glob, all[i].name);
	}
}

TEST(regexes)
{
	static const struct {
		const char *regex, *name;
		bool is;
	} all[] = {{"a|b", "b", true}, {"a|b", "cb", false}, {"\\d+", "12", true},
		{"\\D", "1", false}, {"[\\d.]+$", "1.2", true}, {"[\\w-]+$", "a-b_1", true},
		{"[\\-a]+$", "a-a", true}, {"[^\\s]$", " ", false}, {"[]a]$", "]", true},
		{"(?:ab)+$", "abab", true}, {"a*?b", "aab", true}, {"a{2}?b", "aab", true},
		{"\\.x", ".x", true}, {"", "x", true}, {"[\\\\]", "\\", true}, {"\\bx", "x", true},
		{"(?!web)", "db1", true}, {"(?!web)", "web1", false}, {".*(?<!b)1$", "db1", false},
		{"(?P<n>a)(?P=n)$", "aa", true}, {"(a|b)\\1$", "ab", false}, {"[\\]]", "]", true},
		{"(?i)WEB", "web", true}, {"w(?i:EB)", "web", true}, {"\\w.$", "éü", true},
		{".$", "é", true}, {"(a+)+$", "aaaaaaaaaaaaa", true}, {"x", "\xff", false}};
	static const char *const bad[] = {
		"a\\", "[a", "(a)\\2", "(?<n", "a{2,1}", "(", "*a(", "[[:nosuch:]]", "\xff"};
	struct regex *regex = NULL;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CHECK_INT(regex_new(&regex, span_str(all[i].regex), &why), 0);
		if (regex_begins(regex, all[i].name) != all[i].is)
			FAIL("%s and %s", all[i].regex, all[i].name);
		regex_free(regex);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(regex_new(&regex, span_str(bad[i]), &why), -EINVAL);
	CHECK_INT(regex_new(&regex, span_str("a(b"), &why), -EINVAL);
	CHECK_STR(why.text,
		"the regular expression is wrong at its byte 4: missing closing parenthesis");
	CHECK_INT(regex_new(&regex, span_str("(a+)+$"), &why), 0);
	CHECK_INT(regex_begins(regex, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), -E2BIG);
	regex_free(regex);
}

TEST(longest_regex)
{
	char text[5000];
	struct regex *regex = NULL;

	memset(text, 'a', sizeof(text));
	CHECK_INT(regex_new(&regex, (struct span){text, REGEX_MAX}, &why), 0);
	regex_free(regex);
	CHECK_INT(regex_new(&regex, (struct span){text, REGEX_MAX + 1}, &why), -EINVAL);
	CHECK_STR(why.text, "a regular expression of more than 4096 bytes");
}

TEST(out_of_memory)
{
	static const char *const all[] = {"web:&db:!web1", "~web\\d", "web*[0:2]", "!lone"};

	ready();
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		for (long n = 1; n < 100; n++) {
			size_t *list = NULL, count;
			int r;

			failalloc_countdown = n;
			r = inventory_select(inv, all[i], &list, &count, &why);
			CHECK(r == 0 || list == NULL);
			free(list);
			if (!failalloc_spent())
				break;
			CHECK(r < 0);
		}
		failalloc_countdown = 0;
	}
	inventory_free(inv);
	inv = NULL;
}

TEST_MAIN(&names_and_groups, &signs, &wildcards, &regular_expressions, &subscripts, &files,
	&refused, &globs, &regexes, &longest_regex, &out_of_memory)
