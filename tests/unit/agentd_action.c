/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an action's arguments may be, its identity and the words of its outcome. */
#include "agentd/action.h"
#include "common/buf.h"
#include "common/json.h"
#include "tests/unit/test.h"

#include <limits.h>

static const struct action_arg args[] = {
	{"pid", ACTION_INT, true, 1, 100, "a number"},
	{"word", ACTION_TEXT, false, 2, 8, "a word"},
	{"path", ACTION_PATH, false, 0, 0, "a path"},
	{"tree", ACTION_FLAG, false, 0, 0, "a flag"},
	{0},
};
enum { PID, WORD, PATH, TREE };

static const struct action sample = {.name = "sample", .args = args};

/* Freed with the next one. */
static json_t *tree;
static struct buf text;
static struct action_value values[ACTION_ARGS_MAX];
static struct err err;

static int read_args(const char *json)
{
	json_decref(tree);
	buf_done(&text);
	buf_init(&text, PATH_MAX * 4);
	tree = json ? json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
	return action_args_read(&sample, tree, values, &text, &err);
}

TEST(args_of_every_type)
{
	CHECK_INT(read_args("{\"pid\":7,\"word\":\"h\\u00e9\",\"path\":\"/a b\\n\",\"tree\":true}"),
		0);
	CHECK(values[PID].given && values[PID].i == 7);
	CHECK(values[WORD].given && span_eq(values[WORD].text, "h\xc3\xa9"));
	CHECK_STR(values[PATH].text.p, "/a b\n");
	CHECK_INT(values[TREE].i, 1);
}

TEST(args_left_out)
{
	CHECK_INT(read_args("{\"pid\":1}"), 0);
	CHECK(!values[WORD].given && !values[PATH].given && !values[TREE].given);
	CHECK_INT(values[TREE].i, 0);
	CHECK_INT(values[WORD].text.n, 0);
	CHECK_INT(read_args("{}"), -EINVAL);
	CHECK_STR(err.text, "`pid` is missing");
	CHECK_INT(read_args(NULL), -EINVAL);
}

TEST(args_unknown_or_of_another_type)
{
	static const char *const bad[] = {
		"[]",
		"{\"pid\":1,\"no\":1}",
		"{\"pid\":\"1\"}",
		"{\"pid\":1.0}",
		"{\"pid\":null}",
		"{\"pid\":true}",
		"{\"pid\":0}",
		"{\"pid\":101}",
		"{\"pid\":1,\"tree\":1}",
		"{\"pid\":1,\"tree\":\"true\"}",
		"{\"pid\":1,\"word\":1}",
		"{\"pid\":1,\"word\":\"a\"}",
		"{\"pid\":1,\"word\":\"123456789\"}",
		"{\"pid\":1,\"word\":\"a\\u0000b\"}",
		"{\"pid\":1,\"word\":\"a\\u001bb\"}",
		"{\"pid\":1,\"word\":\"a\\u009bb\"}",
		"{\"pid\":1,\"word\":{\"b64\":\"YWE=\"}}",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (read_args(bad[i]) != -EINVAL)
			FAIL("%s was taken", bad[i]);
	CHECK_INT(read_args("{\"pid\":1,\"wor\":\"ab\"}"), -EINVAL);
	CHECK_STR(err.text, "sample has no argument `wor`; did you mean `word`?");
}

TEST(paths_that_are_none)
{
	static const char *const bad[] = {
		"\"\"",
		"\"a\"",
		"\"/a/../b\"",
		"\"/a/.\"",
		"\"/..\"",
		"\"/a\\u0000b\"",
		"{\"b64\":\"\"}",
		"{\"b64\":\"L2EAYg==\"}", /* a NUL */
		"{\"b64\":\"L2E\"}",
		"{\"b64\":1}",
		"{\"b64\":\"L2E=\",\"more\":1}",
		"[]",
	};
	char json[256];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(json, sizeof(json), "{\"pid\":1,\"path\":%s}", bad[i]);
		if (read_args(json) != -EINVAL)
			FAIL("%s was taken", bad[i]);
	}
}

static int read_long_path(size_t n, size_t part)
{
	char json[2 * PATH_MAX];
	size_t at = (size_t)snprintf(json, sizeof(json), "{\"pid\":1,\"path\":\"");

	for (size_t i = 0; i < n; i++)
		json[at++] = i % (part + 1) ? 'a' : '/';
	snprintf(json + at, sizeof(json) - at, "\"}");
	return read_args(json);
}

TEST(paths_as_long_as_can_be)
{
	CHECK_INT(read_long_path(PATH_MAX - 1, 100), 0);
	CHECK_INT(values[PATH].text.n, PATH_MAX - 1);
	CHECK_INT(read_long_path(PATH_MAX, 100), -EINVAL);
	CHECK_INT(read_long_path(NAME_MAX + 1, NAME_MAX), 0);
	CHECK_INT(read_long_path(NAME_MAX + 2, NAME_MAX + 1), -EINVAL);
}

TEST(paths_of_any_bytes)
{
	CHECK_INT(read_args("{\"pid\":1,\"path\":{\"b64\":\"L2H/CmI=\"}}"), 0);
	CHECK_STR(values[PATH].text.p, "/a\xff\nb");
	CHECK_INT(values[PATH].text.n, 5);
	CHECK_INT(read_args("{\"pid\":1,\"path\":\"/..a/...\"}"), 0);
}

TEST(values_of_a_frame)
{
	struct action_value v[] = {{.given = true, .i = 5}, {0}, {0}, {.given = true, .i = 1}};

	CHECK_INT(action_args_check(&sample, v, &err), 0);
	v[TREE].i = 2;
	CHECK_INT(action_args_check(&sample, v, &err), -EINVAL);
	v[TREE].i = 0;
	v[PATH] = (struct action_value){.given = true, .text = {"/a/../b", 7}};
	CHECK_INT(action_args_check(&sample, v, &err), -EINVAL);
	v[PATH] = (struct action_value){0};
	v[PID].given = false;
	CHECK_INT(action_args_check(&sample, v, &err), -EINVAL);
}

TEST(value_by_name)
{
	struct action_value v[4] = {[TREE] = {.given = true, .i = 1}};
	struct action_call call = {.action = &sample, .values = v};

	CHECK(action_value(&call, "tree") == &v[TREE]);
	CHECK(action_value(&call, "pid") == &v[PID]);
}

TEST(identities)
{
	const struct span one[] = {{"ab", 2}, {"c", 1}}, other[] = {{"a", 1}, {"bc", 2}};
	char a[ACTION_IDENTITY_MAX + 1], b[ACTION_IDENTITY_MAX + 1];

	CHECK_INT(action_identity(one, 2, a), 0);
	CHECK_INT(action_identity(one, 2, b), 0);
	CHECK_STR(a, b);
	CHECK_INT(strlen(a), ACTION_IDENTITY_MAX);
	CHECK_INT(action_identity(other, 2, b), 0);
	CHECK(strcmp(a, b) != 0);
	/* sha256sum of no bytes */
	CHECK_INT(action_identity(NULL, 0, a), 0);
	CHECK_STR(a, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(outcomes)
{
	struct action_outcome o = {.before = json_object()};

	action_say(&o, WIRE_REFUSED, "%s is %d", "it", 1);
	CHECK_INT(o.status, WIRE_REFUSED);
	CHECK_STR(o.detail, "it is 1");
	action_outcome_done(&o);
	CHECK(!o.before);
	action_outcome_done(&o);
}

static void shows_as(const char *p, size_t n, const char *want)
{
	json_t *j = json_bytes_new(p, n);
	char *got = j ? json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	CHECK_STR(got, want);
	free(got);
	json_decref(j);
}

TEST(bytes_as_json)
{
	shows_as("/a\xc3\xa9", 4, "\"/a\xc3\xa9\"");
	shows_as("", 0, "\"\"");
	shows_as("/\xff", 2, "{\"b64\":\"L/8=\"}");
	shows_as("\xed\xa0\x80", 3, "{\"b64\":\"7aCA\"}");
}

TEST(memory_that_runs_out)
{
	json_t *t =
		json_loads("{\"pid\":1,\"path\":{\"b64\":\"L2H/CmI=\"}}", JSON_DECODE_ANY, NULL);
	struct action_value v[ACTION_ARGS_MAX];
	struct buf b;

	buf_init(&b, 16);
	failalloc_countdown = 1;
	CHECK_INT(action_args_read(&sample, t, v, &b, &err), -ENOMEM);
	CHECK(failalloc_spent());
	failalloc_countdown = 0;
	buf_done(&b);
	buf_init(&b, 4);
	CHECK_INT(action_args_read(&sample, t, v, &b, &err), -E2BIG);
	buf_done(&b);
	json_decref(t);
}

TEST(done)
{
	json_decref(tree);
	buf_done(&text);
}

TEST_MAIN(&args_of_every_type, &args_left_out, &args_unknown_or_of_another_type,
	&paths_that_are_none, &paths_as_long_as_can_be, &paths_of_any_bytes, &values_of_a_frame,
	&value_by_name, &identities, &outcomes, &bytes_as_json, &memory_that_runs_out, &done)
