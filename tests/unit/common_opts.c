/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/opts.h"
#include "common/str.h"

static struct values {
	bool flag, other;
	unsigned count;
	const char *string, *choice;
	struct opt_list list;
	uint64_t number;
	double seconds;
} v;

static const char *const fruits[] = {"apple", "pear", NULL};
static const struct opt opts[] = {
	{'a', "all", NULL, OPT_FLAG, offsetof(struct values, flag), 0, 0, NULL, "takes all"},
	{'v', NULL, NULL, OPT_COUNT, offsetof(struct values, count), 0, 0, NULL, "says more"},
	{'s', "string", "TEXT", OPT_STRING, offsetof(struct values, string), 0, 0, NULL, "a text"},
	{'l', "list", "ITEM", OPT_LIST, offsetof(struct values, list), 0, 0, NULL, "an item"},
	{'n', "number", "N", OPT_UINT, offsetof(struct values, number), 1, 10, NULL, "a number"},
	{0, "seconds", "S", OPT_SECONDS, offsetof(struct values, seconds), 0, 1.5, NULL, "a time"},
	{0, "string-of-fruit-of-the-season", "FRUIT", OPT_CHOICE, offsetof(struct values, choice),
		0, 0, fruits, "what to eat"},
	OPT_END};
static const struct opt more[] = {
	{'o', "other", NULL, OPT_FLAG, offsetof(struct values, other), 0, 0, NULL, "the other"},
	OPT_END};

static struct err err;
static char joined[256]; /* the words that are left, with "|" between */

#define WORDS_MAX (2 * OPT_LIST_MAX + 3)

/* Parses words up to a NULL; the number left or -errno. */
static int parse(bool stop_at_word, const char *const *words)
{
	const struct opt_set sets[] = {{opts, &v}, {more, &v}, {NULL, NULL}};
	int argc = 0, rest = -1, r;
	char *argv[WORDS_MAX];

	for (; words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	v = (struct values){0};
	err_clear(&err);
	r = opts_parse(sets, argc, argv, stop_at_word, &rest, &err);
	joined[0] = '\0';
	for (int i = 0; i < rest; i++) {
		size_t n = strlen(joined);

		snprintf(joined + n, sizeof(joined) - n, "%s%s", i ? "|" : "", argv[i]);
	}
	return r < 0 ? r : rest;
}
#define PARSE(...) parse(false, (const char *[]){__VA_ARGS__, NULL})
#define REFUSED(want, ...)                                                                         \
	do {                                                                                       \
		CHECK_INT(PARSE(__VA_ARGS__), -EINVAL);                                            \
		CHECK_STR(err.text, want);                                                         \
	} while (0)

TEST(options_anywhere)
{
	CHECK_INT(PARSE("query", "-a", "select 1", "--number", "3", "--other"), 2);
	CHECK_STR(joined, "query|select 1");
	CHECK(v.flag && v.other);
	CHECK_INT(v.number, 3);
	CHECK_INT(PARSE("x", "--", "-a", "--", "y"), 4);
	CHECK_STR(joined, "x|-a|--|y");
	CHECK(!v.flag);
	CHECK_INT(PARSE("-", "", "-a"), 2);
	CHECK_STR(joined, "-|");
	CHECK_INT(PARSE("-- all\nselect 1", "-a", "--\nselect 2"), 2);
	CHECK_STR(joined, "-- all\nselect 1|--\nselect 2");
	CHECK(v.flag);
	CHECK_INT(PARSE("--"), 0);
}

TEST(ways_of_giving_an_argument)
{
	CHECK_INT(PARSE("-sone"), 0);
	CHECK_STR(v.string, "one");
	CHECK_INT(PARSE("-s", "two"), 0);
	CHECK_STR(v.string, "two");
	CHECK_INT(PARSE("--string=three=3"), 0);
	CHECK_STR(v.string, "three=3");
	CHECK_INT(PARSE("--string", "--four"), 0);
	CHECK_STR(v.string, "--four");
	CHECK_INT(PARSE("--string="), 0);
	CHECK_STR(v.string, "");
	CHECK_INT(PARSE("-s", "--", "x"), 1);
	CHECK_STR(v.string, "--");
	CHECK_INT(PARSE("-vavs", "five", "-v"), 0);
	CHECK_STR(v.string, "five");
	CHECK(v.flag);
	CHECK_INT(v.count, 3);
}

TEST(names_may_be_shortened)
{
	CHECK_INT(PARSE("--num=2", "--sec=1", "--string-", "pear"), 0);
	CHECK_INT(v.number, 2);
	CHECK(v.seconds == 1);
	CHECK_STR(v.choice, "pear");
	/* A whole name is no beginning of a longer one. */
	CHECK_INT(PARSE("--string", "x"), 0);
	CHECK_STR(v.string, "x");
	REFUSED("more than one option begins with --s", "--s", "x");
	REFUSED("more than one option begins with --", "--=x");
}

TEST(stops_at_the_first_word)
{
	CHECK_INT(parse(true, (const char *[]){"-a", "query", "-v", "--unknown", NULL}), 3);
	CHECK_STR(joined, "query|-v|--unknown");
	CHECK(v.flag);
	CHECK_INT(v.count, 0);
}

TEST(refusals)
{
	REFUSED("no option --nonsense", "--nonsense");
	REFUSED("no option --allx", "--allx=1");
	REFUSED("no option -z", "-z");
	REFUSED("no option -z", "-vzs", "x");
	REFUSED("--all takes no argument", "--all=yes");
	REFUSED("--string needs an argument (TEXT)", "--string");
	REFUSED("-s needs an argument (TEXT)", "-as");
}

TEST(ranges)
{
	CHECK_INT(PARSE("-n1"), 0);
	CHECK_INT(PARSE("-n10", "--seconds=1.5"), 0);
	CHECK_INT(v.number, 10);
	CHECK(v.seconds == 1.5);
	REFUSED("--number: \"0\" is not a number from 1 to 10", "-n0");
	REFUSED("--number: \"11\" is not a number from 1 to 10", "--number=11");
	REFUSED("--number: \"-1\" is not a number from 1 to 10", "-n", "-1");
	REFUSED("--number: \"1x\" is not a number from 1 to 10", "-n1x");
	REFUSED("--number: \"\" is not a number from 1 to 10", "--number=");
	REFUSED("--seconds: \"1.6\" is not a number of seconds from 0 to 1.5", "--seconds=1.6");
	REFUSED("--seconds: \"nan\" is not a number of seconds from 0 to 1.5", "--seconds=nan");
	REFUSED("--string-of-fruit-of-the-season: \"plum\" is not one of apple pear",
		"--string-of=plum");
	CHECK_INT(v.number, 0);
}

TEST(lists_have_an_end)
{
	const char *argv[WORDS_MAX];
	size_t i;

	for (i = 0; i < 2 * OPT_LIST_MAX; i += 2) {
		argv[i] = "-l";
		argv[i + 1] = "item";
	}
	argv[i] = NULL;
	CHECK_INT(parse(false, argv), 0);
	CHECK_INT(v.list.n, OPT_LIST_MAX);
	CHECK_STR(v.list.items[OPT_LIST_MAX - 1], "item");
	for (i = 0; i < 2 * OPT_LIST_MAX; i++)
		argv[i] = i % 2 ? "item" : "-l";
	argv[i++] = "-l";
	argv[i++] = "more";
	argv[i] = NULL;
	CHECK_INT(parse(false, argv), -EINVAL);
	CHECK_STR(err.text, "--list: \"more\" is not taken: the option was given too often");
}

TEST(usage)
{
	struct buf b;

	buf_init(&b, 4096);
	CHECK_INT(opts_usage(opts, &b), 0);
	CHECK_STR(buf_str(&b), "  -a, --all                   takes all\n"
			       "  -v                          says more\n"
			       "  -s, --string TEXT           a text\n"
			       "  -l, --list ITEM             an item\n"
			       "  -n, --number N              a number\n"
			       "      --seconds S             a time\n"
			       "      --string-of-fruit-of-the-season FRUIT\n"
			       "                              what to eat\n");
	buf_done(&b);
	buf_init(&b, 40);
	CHECK_INT(opts_usage(opts, &b), -EMSGSIZE);
	buf_done(&b);
}

TEST_MAIN(&options_anywhere, &ways_of_giving_an_argument, &names_may_be_shortened,
	&stops_at_the_first_word, &refusals, &ranges, &lists_have_an_end, &usage)
