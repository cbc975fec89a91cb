/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook.h"
#include "common/buf.h"
#include "common/io.h"
#include "console/command.h"
#include "console/runbook_words.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <unistd.h>

#define HOSTILE "it's\na \"b\" --yes; ${x} $(id) \\ # '\t"

static struct runbook book;
static struct err err;

/* Reads `text` anew, with x=1 given where `give` says so. */
static int parse_n(const char *text, size_t n, const char *give)
{
	runbook_done(&book);
	runbook_init(&book);
	err_clear(&err);
	if (give)
		CHECK_INT(runbook_give(&book, give, &err), 0);
	return runbook_parse(&book, "f", text, n, &err);
}

static int parse(const char *text)
{
	return parse_n(text, strlen(text), NULL);
}

static const struct runbook_line *line(size_t i)
{
	CHECK(i < book.block.n);
	return book.block.of[i];
}

/* A word's parts as text: values as <name>. */
static const char *word(const struct runbook_line *l, size_t i)
{
	static char text[4096];
	size_t n = 0;

	CHECK(i < l->n);
	text[0] = '\0';
	for (size_t p = 0; p < l->words[i].n; p++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			l->words[i].parts[p].variable ? "<%s>" : "%s", l->words[i].parts[p].text);
	return text;
}

/* `text` `n` times, then `last`; the caller frees it. */
static char *repeat(const char *text, size_t n, const char *last)
{
	struct buf b;
	char *ret;

	buf_init(&b, 64u << 20);
	for (size_t i = 0; i < n; i++)
		CHECK_INT(buf_puts(&b, text), 0);
	CHECK_INT(buf_puts(&b, last), 0);
	ret = buf_steal(&b);
	CHECK(ret);
	return ret;
}

static void check_error(int r, const char *want)
{
	if (r >= 0)
		FAIL("no error, not: %s", want);
	if (strncmp(err.text, want, strlen(want)) != 0)
		FAIL("\"%s\", not \"%s\"", err.text, want);
}

/* ---- Words ---- */

TEST(words)
{
	const struct runbook_line *l;

	CHECK_INT(parse("  say  one 'two  three' \"four 'x'\" fi\\ ve '' a'b'\"c\"  # not this\n"),
		0);
	l = line(0);
	CHECK_INT(l->kind, RUNBOOK_SAY);
	CHECK_INT(l->n, 7);
	CHECK_STR(word(l, 1), "one");
	CHECK_STR(word(l, 2), "two  three");
	CHECK_STR(word(l, 3), "four 'x'");
	CHECK_STR(word(l, 4), "fi ve");
	CHECK_STR(word(l, 5), "");
	CHECK_STR(word(l, 6), "abc");
	CHECK_INT(l->words[1].column, 8);
	CHECK_STR(l->text, "say  one 'two  three' \"four 'x'\" fi\\ ve '' a'b'\"c\"  # not this");
	CHECK_INT(parse("say a#b \\# 'a\\b' \"a\\\"b\" \\$\\{x}\n"), 0);
	l = line(0);
	CHECK_STR(word(l, 1), "a#b");
	CHECK_STR(word(l, 2), "#");
	CHECK_STR(word(l, 3), "a\\b");
	CHECK_STR(word(l, 4), "a\"b");
	CHECK_STR(word(l, 5), "${x}");
}

TEST(values_in_words)
{
	static const char text[] = "say ${x} a${x}b${x} \"${x} y\" '${x}' $x ${row.no}";
	const struct runbook_line *l;

	CHECK_INT(parse_n(text, strlen(text), "x=1"), -EINVAL);
	check_error(-1, "f:1:40: ${row.no} has a value within foreach only");
	CHECK_INT(parse_n(text, strlen(text) - 10, "x=1"), 0);
	l = line(0);
	CHECK_STR(word(l, 1), "<x>");
	CHECK_STR(word(l, 2), "a<x>b<x>");
	CHECK_STR(word(l, 3), "<x> y");
	CHECK_STR(word(l, 4), "${x}");
	CHECK_STR(word(l, 5), "$x");
}

static const char *hostile(const char *name, void *arg)
{
	(void)arg;
	return strcmp(name, "x") == 0 ? HOSTILE : NULL;
}

TEST(a_value_is_never_split)
{
	struct buf b;

	CHECK_INT(parse_n("say a${x}b", 10, "x=" HOSTILE), 0);
	CHECK_INT(line(0)->n, 2);
	CHECK_STR(runbook_value(&book, "x"), HOSTILE);
	buf_init(&b, 1000);
	CHECK_INT(runbook_word_expand(&line(0)->words[1], hostile, NULL, &b, &err), 0);
	CHECK_STR(buf_str(&b), "a" HOSTILE "b");
	buf_done(&b);
	/* No longer than a word may be. */
	buf_init(&b, strlen(HOSTILE));
	CHECK_INT(runbook_word_expand(&line(0)->words[1], hostile, NULL, &b, &err), -EMSGSIZE);
	buf_done(&b);
	CHECK_INT(parse_n("say ${y}", 8, "y=1"), 0);
	buf_init(&b, 1000);
	CHECK_INT(runbook_word_expand(&line(0)->words[1], hostile, NULL, &b, &err), -ENOENT);
	CHECK_STR(err.text, "there is no ${y}");
	buf_done(&b);
}

TEST(sql_is_the_rest_of_the_line)
{
	const struct runbook_line *l;

	CHECK_INT(parse("query select 'a  b' as \"x\" -- # '\nquery --max-rows 3 \"select 1\""), 0);
	l = line(0);
	CHECK_INT(l->n, 2);
	CHECK(l->raw && l->command == command_find("query"));
	CHECK_STR(word(l, 1), "select 'a  b' as \"x\" -- # '");
	CHECK_INT(line(1)->n, 4);
	CHECK(!line(1)->raw);
}

TEST(no_value_in_sql)
{
	static const char *const bad[] = {"query select ${x}", "query \"select ${x}\"",
		"query --param a=1 \"select ${x}\"", "query select '${x}'", "run ${x}",
		"run proc-miner ${x}=1", "query --${x} \"select 1\""};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(parse_n(bad[i], strlen(bad[i]), "x=1"), -EINVAL);
	CHECK_INT(parse_n("query --param=a=${x} \"select :a\"", 32, "x=1"), 0);
	CHECK_INT(parse_n("query --param a=${x} \"select :a\"", 32, "x=1"), 0);
	CHECK_INT(parse_n("run proc-miner a=${x}", 21, "x=1"), 0);
	CHECK_INT(parse_n("query select :x, ':y', \":z\", 1 /* :v */ -- :w", 45, "x=1"), 0);
	check_error(parse("query select :x"), "f:1:7: :x has no value: give x=…");
	/* The same at a prompt. */
	runbook_done(&book);
	runbook_init(&book);
	check_error(runbook_parse_sql(&book, "f", span_str("select '${x}'"), &err),
		"no value is pasted into SQL");
	CHECK_INT(runbook_parse_sql(&book, "f", span_str(" select\n1 ; ;\n"), &err), 0);
	CHECK_STR(word(line(0), 1), "select\n1");
	check_error(runbook_parse_sql(&book, "f", span_str("select '\xff'"), &err), "f: this is");
}

/* ---- Lines ---- */

TEST(ends_of_lines)
{
	CHECK_INT(parse("\xef\xbb\xbfsay a\r\n\r\n# x\r\n  \t\r\nsay b\\\r\n\t  c\r\nsay d"), 0);
	CHECK_INT(book.block.n, 3);
	CHECK_STR(word(line(0), 1), "a");
	CHECK_INT(line(1)->line, 5);
	CHECK_INT(line(1)->n, 3);
	CHECK_STR(line(1)->text, "say b c");
	CHECK_INT(line(2)->line, 7);
	CHECK_INT(parse("say a \\"), 0);
	CHECK_INT(line(0)->n, 3);
	CHECK_INT(parse(""), 0);
	CHECK_INT(book.block.n, 0);
}

TEST(places_in_joined_lines)
{
	check_error(parse("say a \\\n  b \\\n\tc ${d}"), "f:3:4: ${d} has no value");
	check_error(parse("say a\\\nb ${d}"), "f:2:3: ${d} has no value");
	check_error(parse("say a\\\nb\\\nc\nsay ${d}"), "f:4:5: ${d} has no value");
	check_error(parse("say ${d}\\\nb"), "f:1:5: ${d} has no value");
	check_error(parse("query select \\\n\t${d}"), "f:1:7: no value is pasted");
}

TEST(bounds_of_a_line)
{
	char *text = repeat("x", RUNBOOK_LINE_MAX - 4, "");
	char *whole = repeat("x", 10000000, "\nsay a");

	memcpy(text, "say ", 4);
	CHECK_INT(parse(text), 0);
	free(text);
	text = repeat("x", RUNBOOK_LINE_MAX + 1, "");
	memcpy(text, "say ", 4);
	check_error(parse(text), "f:1:1: the line is longer than 64 KiB");
	free(text);
	check_error(parse(whole), "f:1:1: the line is longer than 64 KiB");
	memcpy(whole, "say a\n", 6);
	check_error(parse(whole), "f:2:1: the line is longer than 64 KiB");
	free(whole);
	/* Joined ones count together. */
	text = repeat("x\\\n", RUNBOOK_LINE_MAX / 2, "x");
	memcpy(text, "say \\", 5);
	check_error(parse(text), "f:1:1: the line is longer than 64 KiB");
	free(text);
	text = repeat("\\\n", 200000, "say a");
	check_error(parse(text), "f:1:1: ");
	free(text);
}

TEST(bounds_of_words_and_lines)
{
	char *text = repeat("say ", RUNBOOK_WORDS_MAX, "");

	CHECK_INT(parse(text), 0);
	CHECK_INT(line(0)->n, RUNBOOK_WORDS_MAX);
	free(text);
	text = repeat("say ", RUNBOOK_WORDS_MAX, "say");
	check_error(parse(text), "f:1:1025: more than 256 words");
	free(text);
	text = repeat("say a\n", RUNBOOK_LINES_MAX - 1, "say a");
	CHECK_INT(parse(text), 0);
	free(text);
	text = repeat("say a\n", RUNBOOK_LINES_MAX, "say a");
	check_error(parse(text), "f:10001:1: more than 10000 lines");
	free(text);
	text = repeat("${x}", 65, "");
	memcpy(text, "say ", 4);
	CHECK_INT(parse_n(text, strlen(text), "x=1"), 0);
	CHECK_INT(line(0)->words[1].n, 64);
	free(text);
	text = repeat("${x}", 66, "");
	memcpy(text, "say ", 4);
	check_error(parse_n(text, strlen(text), "x=1"), "f:1:261: more than 64 parts");
	free(text);
}

TEST(what_is_no_text)
{
	check_error(parse_n("say a\nsay \0b", 12, NULL), "f:2:1: the line holds a NUL");
	check_error(parse("say a\n\nsay \xff"), "f:3:1: the line is not UTF-8");
	check_error(parse("say 'a\nb'"), "f:1:5: a quote does not end");
	check_error(parse("say a \"b"), "f:1:7: a quote does not end");
	check_error(parse("say a ${"), "f:1:7: a value is written ${name}");
	check_error(parse("say a${}"), "f:1:6: a value is written ${name}");
	check_error(parse("say ${a b}"), "f:1:5: a value is written ${name}");
}

/* ---- Every kind of line ---- */

TEST(kinds)
{
	static const struct {
		const char *text;
		enum runbook_kind kind;
	} lines[] = {
		{"target web:&prod", RUNBOOK_TARGET},
		{"expect rows == 0", RUNBOOK_EXPECT},
		{"write a.json", RUNBOOK_WRITE},
		{"write a tsv", RUNBOOK_WRITE},
		{"timeout 0.001", RUNBOOK_TIMEOUT},
		{"timeout 86400", RUNBOOK_TIMEOUT},
		{"confirm shall it go on", RUNBOOK_CONFIRM},
		{"say a", RUNBOOK_SAY},
		{"on-error stop", RUNBOOK_ON_ERROR},
		{"on-error continue", RUNBOOK_ON_ERROR},
		{"hosts", RUNBOOK_COMMAND},
		{"kill --rows --tree", RUNBOOK_COMMAND},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), "query select 1\n%s\n", lines[i].text);
		CHECK_INT(parse(text), 0);
		CHECK_INT(line(1)->kind, lines[i].kind);
	}
	CHECK(line(1)->rows);
	CHECK_INT(line(1)->n, 2);
	CHECK_STR(word(line(1), 1), "--tree");
	CHECK_INT(parse("delete -- --rows"), 0);
	CHECK(!line(0)->rows);
}

TEST(conditions)
{
	static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">", "~"};
	static const char *const subjects[] = {"rows", "hosts", "answered", "missing"};
	char text[200];

	for (size_t s = 0; s < 4; s++)
		for (size_t o = 0; o < 6; o++) {
			snprintf(text, sizeof(text), "query select 1\nexpect %s %s 3 or a b",
				subjects[s], operators[o]);
			CHECK_INT(parse(text), 0);
			CHECK_INT(line(1)->condition.subject, s);
			CHECK_INT(line(1)->condition.op, o);
			CHECK_STR(word(line(1), line(1)->condition.value), "3");
			CHECK_STR(word(line(1), line(1)->condition.message), "a");
		}
	for (size_t o = 0; o < 7; o++) {
		snprintf(text, sizeof(text), "query select 1\nwhen column name %s x\nend",
			operators[o]);
		CHECK_INT(parse(text), 0);
		CHECK_INT(line(1)->condition.subject, SUBJECT_COLUMN);
		CHECK_INT(line(1)->condition.op, o);
		CHECK_STR(word(line(1), line(1)->condition.column), "name");
		CHECK_INT(line(1)->condition.message, 0);
	}
}

TEST(blocks)
{
	const struct runbook_line *l, *inner;

	CHECK_INT(
		parse("query select 1\nwhen rows > 0\n say a\nelse\n foreach row\n  say ${row.b}\n"
		      " end\nend\nretry 3 0.5\n say c\nend\nsay d"),
		0);
	CHECK_INT(book.block.n, 4);
	l = line(1);
	CHECK_INT(l->kind, RUNBOOK_WHEN);
	CHECK(runbook_line_opens(l));
	CHECK_INT(l->body.n, 1);
	CHECK_INT(l->otherwise.n, 1);
	inner = l->otherwise.of[0];
	CHECK_INT(inner->kind, RUNBOOK_FOREACH);
	CHECK(runbook_line_wants_row(inner->body.of[0]));
	CHECK(!runbook_line_wants_row(inner));
	CHECK_INT(line(2)->kind, RUNBOOK_RETRY);
	CHECK_INT(line(2)->body.n, 1);
	CHECK_INT(line(3)->kind, RUNBOOK_SAY);
	CHECK_INT(line(3)->line, 12);
}

TEST(depth_of_blocks)
{
	char *open = repeat("retry 2\n", RUNBOOK_DEPTH_MAX, "say a\n");
	char *text = repeat("end\n", RUNBOOK_DEPTH_MAX, ""), *both = repeat(open, 1, text);

	CHECK_INT(parse(both), 0);
	free(both);
	both = repeat("retry 2\n", 1, open);
	check_error(parse(both), "f:17:1: more than 16 blocks within each other");
	free(both);
	/* As often behind each other as one likes. */
	both = repeat("retry 2\nsay a\nend\n", 1000, "");
	CHECK_INT(parse(both), 0);
	CHECK_INT(book.block.n, 1000);
	free(both);
	free(text);
	free(open);
}

TEST(variables)
{
	char name[RUNBOOK_NAME_MAX + 16];

	CHECK_INT(parse("param a=1 what it is\nparam b='x y'\nparam c=\nsay ${a}${b}${c}"), 0);
	CHECK_STR(runbook_value(&book, "a"), "1");
	CHECK_STR(runbook_value(&book, "b"), "x y");
	CHECK_STR(runbook_value(&book, "c"), "");
	CHECK(!runbook_value(&book, "d"));
	CHECK_INT(parse_n("param a=1\nsay ${a}", 18, "a=2"), 0);
	CHECK_STR(runbook_value(&book, "a"), "2");
	CHECK_INT(parse_n("param a", 7, "a="), 0);
	CHECK_STR(runbook_value(&book, "a"), "");
	check_error(parse_n("say a", 5, "a=1"), "no variable `a` in f");
	memset(name, 'n', sizeof(name));
	memcpy(name + RUNBOOK_NAME_MAX, "=1", 3);
	runbook_done(&book);
	CHECK_INT(runbook_give(&book, name, &err), 0);
	memcpy(name + RUNBOOK_NAME_MAX, "n=1", 4);
	CHECK_INT(runbook_give(&book, name, &err), -EINVAL);
	runbook_done(&book);
	for (int i = 0; i < RUNBOOK_VARS_MAX; i++) {
		snprintf(name, sizeof(name), "v%d=1", i);
		CHECK_INT(runbook_give(&book, name, &err), 0);
	}
	CHECK_INT(runbook_give(&book, "w=1", &err), -E2BIG);
	CHECK_INT(runbook_give(&book, "v1=2", &err), -EINVAL);
	CHECK_STR(err.text, "v1 is given twice");
	CHECK_INT(runbook_give(&book, "1a=2", &err), -EINVAL);
	CHECK_INT(runbook_give(&book, "a", &err), -EINVAL);
	CHECK_INT(runbook_give(&book, "a-b=1", &err), -EINVAL);
	CHECK_INT(runbook_give(&book, "a=\xff", &err), -EINVAL);
	runbook_done(&book);
}

/* ---- Every error ---- */

TEST(errors)
{
	static const struct {
		const char *text, *want;
	} all[] = {
		{"frobnicate", "f:1:1: no command `frobnicate`"},
		{"  kil 1", "f:1:3: no command `kil`; did you mean kill"},
		{"targte a", "f:1:1: no command `targte`; did you mean target"},
		{"shell", "f:1:1: `shell` wants a terminal of its own"},
		{"batch x", "f:1:1: `batch` wants a terminal of its own"},
		{"say a\n  end", "f:2:3: end without when, foreach or retry"},
		{"else", "f:1:1: else without when"},
		{"retry 2\nelse", "f:2:1: else without when"},
		{"query select 1\nwhen rows > 1\nelse\nelse\nend", "f:4:1: else without when"},
		{"retry 2\nend x", "f:2:1: behind end stands nothing"},
		{"query select 1\nwhen rows > 1\nelse x", "f:3:1: behind else stands nothing"},
		{"say a\nretry 2\nsay b", "f:2:1: retry has no end"},
		{"query select 1\nwhen rows > 1\nelse\nsay a", "f:2:1: when has no end"},
		{"query select 1\nforeach row\nretry 2\nend", "f:2:1: foreach has no end"},
		{"expect rows == 1", "f:1:1: nothing was asked before"},
		{"when rows == 1\nend", "f:1:1: nothing was asked before"},
		{"foreach row\nend", "f:1:1: nothing was asked before"},
		{"write x", "f:1:1: nothing was asked before"},
		{"kill --rows", "f:1:1: --rows: nothing was asked before"},
		{"query select 1\nexpect", "f:2:1: expect: a condition is"},
		{"query select 1\nexpect row == 1", "f:2:8: expect: a condition is"},
		{"query select 1\nexpect rows = 1", "f:2:13: expect: a condition is"},
		{"query select 1\nexpect rows ~ 1", "f:2:13: expect: a condition is"},
		{"query select 1\nexpect rows ==", "f:2:1: expect: a condition is"},
		{"query select 1\nexpect column == 1", "f:2:18: expect: a condition is"},
		{"query select 1\nexpect rows == 1 page", "f:2:18: behind a condition stands"},
		{"query select 1\nexpect rows == 1 or", "f:2:18: behind a condition stands"},
		{"query select 1\nwhen rows == 1 or x\nend", "f:2:16: behind a condition stands"},
		{"query select 1\nforeach rows\nend", "f:2:1: it is written: foreach row"},
		{"query select 1\nwrite", "f:2:1: it is written: write FILE"},
		{"query select 1\nwrite a b c", "f:2:1: it is written: write FILE"},
		{"query select 1\nforeach row\nwrite ${row.a}\nend",
			"f:3:1: no text of a host decides which file is written"},
		{"query select 1\nforeach row\ntarget ${row.a}\nend",
			"f:3:1: no text of a host decides who is asked"},
		{"query select 1\nforeach row\nend\nsay ${row.a}",
			"f:4:5: ${row.a} has a value within foreach only"},
		{"target", "f:1:1: it is written: target PATTERN"},
		{"target a b", "f:1:1: it is written: target PATTERN"},
		{"retry", "f:1:1: it is written: retry TIMES"},
		{"retry 0\nend", "f:1:1: retry: a number from 1 to 1000"},
		{"retry 1001\nend", "f:1:1: retry: a number from 1 to 1000"},
		{"retry x\nend", "f:1:1: retry: a number from 1 to 1000"},
		{"retry 2 -1\nend", "f:1:1: `-1` is not a number of seconds"},
		{"timeout", "f:1:1: it is written: timeout SECONDS"},
		{"timeout 0", "f:1:1: `0` is not a number of seconds up to 86400"},
		{"timeout 86401", "f:1:1: `86401` is not a number of seconds up to 86400"},
		{"timeout soon", "f:1:1: `soon` is not a number of seconds"},
		{"confirm", "f:1:1: it is written"},
		{"say", "f:1:1: it is written"},
		{"on-error", "f:1:1: it is written: on-error stop|continue"},
		{"on-error ignore", "f:1:1: it is written: on-error stop|continue"},
		{"param", "f:1:1: a variable is written name=value"},
		{"param 1", "f:1:1: a variable is written name=value"},
		{"param a-b=1", "f:1:1: a variable is written name=value"},
		{"say a\nparam a", "f:2:1: a needs a value: give a=…"},
		{"param a=1\nparam a=2", "f:2:1: a is there already"},
		{"param a=1\nparam b=${a}", "f:2:1: a default is text without ${…}"},
		{"param a=1\n${a} b", "f:2:1: a line begins with a command, not with a value"},
		{"say ${a}", "f:1:5: ${a} has no value: give a=…"},
		{"include", "f:1:1: it is written: include FILE"},
		{"include a b", "f:1:1: it is written: include FILE"},
		{"say a\n  include not/there", "f:2:3: not/there: No such file"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_error(parse(all[i].text), all[i].want);
	/* Nothing but the end is missing: a prompt asks for more. */
	CHECK_INT(parse("retry 2"), -EAGAIN);
	CHECK_INT(parse("retry 2\nfrob"), -EINVAL);
}

/* ---- Files ---- */

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && io_write_all(fd, text, strlen(text)) == 0);
	io_close(fd);
}

static int load(const char *path)
{
	runbook_done(&book);
	runbook_init(&book);
	err_clear(&err);
	return runbook_load(&book, path, &err);
}

TEST(includes)
{
	char dir[] = "/tmp/runbook.XXXXXX", name[64], *big;

	CHECK(mkdtemp(dir) && chdir(dir) == 0);
	put("a", "say a\ninclude b\nsay c");
	put("b", "param x=1\nsay ${x}");
	CHECK_INT(load("a"), 0);
	CHECK_INT(book.block.n, 3);
	CHECK_STR(line(1)->file, "b");
	CHECK_INT(line(1)->line, 2);
	put("b", "say b\n frob");
	check_error(load("a"), "b:2:2: no command `frob`");
	/* Blocks end in their file, and do not reach into another one. */
	put("b", "retry 2");
	check_error(load("a"), "b:1:1: retry has no end");
	put("a", "retry 2\ninclude b");
	put("b", "end");
	check_error(load("a"), "b:1:1: end without");
	put("a", "include a");
	check_error(load("a"), "a:1:1: more than 8 files within each other");
	for (int i = 0; i <= RUNBOOK_INCLUDES_MAX; i++) {
		char text[64];

		snprintf(name, sizeof(name), "f%d", i);
		snprintf(text, sizeof(text), "include f%d", i + 1);
		put(name, i == RUNBOOK_INCLUDES_MAX ? "say deep" : text);
	}
	CHECK_INT(load("f0"), 0);
	CHECK_STR(line(0)->file, "f8");
	put("f8", "include f9");
	put("f9", "say too deep");
	check_error(load("f0"), "f8:1:1: more than 8 files within each other");
	/* All together have their bound. */
	big = repeat("include b\n", 100, "");
	put("b", "say b");
	put("a", big);
	check_error(load("a"), "a:100:1: more than 100 files");
	free(big);
	/* A file's end is its end. */
	big = repeat("#\n", RUNBOOK_FILE_MAX / 2 - 1, "#");
	put("a", big);
	check_error(load("a"), "a:10001:1: more than 10000 lines");
	free(big);
	big = repeat("#               #               #               #               "
		     "#               #               #               #               \n",
		RUNBOOK_FILE_MAX / 129 + 1, "");
	put("a", big);
	check_error(load("a"), "a: longer than 1024 KiB");
	free(big);
	check_error(load("none"), "none: No such file");
	check_error(load("."), ".: ");
	CHECK_INT(chdir("/"), 0);
	for (int i = 0; i <= 9; i++) {
		snprintf(name, sizeof(name), "%s/f%d", dir, i);
		unlink(name);
	}
	snprintf(name, sizeof(name), "%s/a", dir);
	unlink(name);
	snprintf(name, sizeof(name), "%s/b", dir);
	unlink(name);
	CHECK_INT(rmdir(dir), 0);
}

/* ---- Memory ---- */

TEST(without_memory)
{
	static const char text[] =
		"param a=1\nquery select :a\nwhen rows > 0\nsay ${a} \\\nb\nelse\n"
		"kill --rows\nend\n";
	long n = 0;
	int r;

	do {
		runbook_done(&book);
		runbook_init(&book);
		failalloc_countdown = ++n;
		r = runbook_parse(&book, "f", text, strlen(text), &err);
		CHECK(r == 0 || r == -ENOMEM);
	} while (failalloc_spent());
	failalloc_countdown = 0;
	CHECK_INT(r, 0);
	CHECK(n > 20);
	runbook_done(&book);
}

TEST_MAIN(&words, &values_in_words, &a_value_is_never_split, &sql_is_the_rest_of_the_line,
	&no_value_in_sql, &ends_of_lines, &places_in_joined_lines, &bounds_of_a_line,
	&bounds_of_words_and_lines, &what_is_no_text, &kinds, &conditions, &blocks,
	&depth_of_blocks, &variables, &errors, &includes, &without_memory)
