/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/str.h"
#include "common/wire.h"

#include <errno.h>

static struct err why;
static struct buf out;
static struct wire_request request;
static struct wire_reply reply;

static void fresh(size_t max)
{
	buf_done(&out);
	buf_init(&out, max);
	err_clear(&why);
}

/* What an encoder wrote, one line, without its newline. */
static const char *line(int r)
{
	CHECK_INT(r, 0);
	CHECK(out.len && memchr(out.p, '\n', out.len) == out.p + out.len - 1);
	buf_cut(&out, out.len - 1);
	return out.p;
}

static int ask(const char *text)
{
	wire_request_done(&request);
	err_clear(&why);
	return wire_request_read(text, strlen(text), &request, &why);
}

static const char *refused(const char *text)
{
	CHECK_INT(ask(text), -EPROTO);
	CHECK_INT(why.code, EPROTO);
	return why.text;
}

/* ---- Requests ---- */

TEST(requests_written)
{
	const struct wire_param params[] = {{"sha256", "ab\"c"}, {"raw", "\xff"}};

	fresh(1000);
	CHECK_STR(line(wire_put_query(&out, 1, "select 1", NULL, 0, 0, 0)),
		"{\"op\":\"query\",\"id\":1,\"sql\":\"select 1\"}");
	fresh(1000);
	CHECK_STR(line(wire_put_query(&out, 1, "a\n", params, 2, 500, 10)),
		"{\"op\":\"query\",\"id\":1,\"sql\":\"a\\n\",\"params\":{\"sha256\":\"ab\\\"c\","
		"\"raw\":{\"b64\":\"/w==\"}},\"timeout_ms\":500,\"max_rows\":10}");
	fresh(1000);
	CHECK_STR(line(wire_put_cancel(&out, 2, 1)), "{\"op\":\"cancel\",\"id\":2,\"target\":1}");
	fresh(1000);
	CHECK_STR(line(wire_put_ping(&out, 3)), "{\"op\":\"ping\",\"id\":3}");
	fresh(1000);
	CHECK_STR(line(wire_put_tables(&out, 4)), "{\"op\":\"tables\",\"id\":4}");
}

TEST(query_read)
{
	CHECK_INT(ask("{\"id\":9007199254740992,\"op\":\"query\",\"sql\":\"é\",\"new\":[{}],"
		      "\"params\":{\"a\":1,\"b\":\"x\",\"c\":null,\"d\":{\"b64\":\"/w==\"}},"
		      "\"timeout_ms\":1,\"max_rows\":9223372036854775807}"),
		0);
	CHECK_INT(request.op, WIRE_OP_QUERY);
	CHECK_INT(request.id, WIRE_ID_MAX);
	CHECK_STR(request.sql, "é");
	CHECK_INT(request.sql_len, 2);
	CHECK_INT(json_object_size(request.params), 4);
	CHECK_INT(request.timeout_ms, 1);
	CHECK_INT(request.max_rows, INT64_MAX);

	CHECK_INT(ask("{\"op\":\"query\",\"id\":0,\"sql\":\"\"}"), 0);
	CHECK_INT(request.id, 0);
	CHECK(!request.params);
	CHECK_INT(request.timeout_ms, 0);
}

TEST(other_requests_read)
{
	CHECK_INT(ask("{\"op\":\"cancel\",\"id\":2,\"target\":1}"), 0);
	CHECK_INT(request.op, WIRE_OP_CANCEL);
	CHECK_INT(request.target, 1);
	CHECK_INT(ask("{\"op\":\"ping\",\"id\":3}"), 0);
	CHECK_INT(request.op, WIRE_OP_PING);
	CHECK_INT(ask("{\"op\":\"tables\",\"id\":3}"), 0);
	CHECK_INT(request.op, WIRE_OP_TABLES);
	CHECK_INT(ask("{\"op\":\"action\",\"id\":3,\"action\":\"kill\"}"), 0);
	CHECK_INT(request.op, WIRE_OP_ACTION);
	CHECK_STR(request.action, "kill");
	CHECK_INT(ask("{\"op\":\"get\",\"id\":3,\"path\":\"/\"}"), 0);
	CHECK_INT(request.op, WIRE_OP_GET);
	wire_request_done(&request);
	wire_request_done(NULL);
}

TEST(unknown_requests_are_no_errors)
{
	CHECK_INT(ask("{\"op\":\"unknown\",\"id\":5}"), 0);
	CHECK_INT(request.op, WIRE_OP_UNKNOWN);
	CHECK_INT(request.id, 5);
	CHECK_INT(ask("{\"op\":\"query\\u0000\"}"), 0);
	CHECK_INT(request.op, WIRE_OP_UNKNOWN);
	CHECK_INT(request.id, -1);
	wire_request_done(&request);
}

TEST(requests_refused)
{
	static const struct {
		const char *text, *words;
		int64_t id;
	} all[] = {
		{"{\"id\":1}", "`op` is missing", 1},
		{"{\"op\":7,\"id\":1}", "`op` is not a string", 1},
		{"{\"op\":\"ping\"}", "`id` is missing", -1},
		{"{\"op\":\"ping\",\"id\":-1}", "`id` is not an integer from 0 to 2^53", -1},
		{"{\"op\":\"ping\",\"id\":9007199254740993}",
			"`id` is not an integer from 0 to 2^53", -1},
		{"{\"op\":\"ping\",\"id\":1.0}", "`id` is not an integer from 0 to 2^53", -1},
		{"{\"op\":\"ping\",\"id\":\"1\"}", "`id` is not an integer from 0 to 2^53", -1},
		{"{\"op\":\"ping\",\"id\":null}", "`id` is not an integer from 0 to 2^53", -1},
		{"{\"op\":\"query\",\"id\":1}", "`sql` is missing", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":1}", "`sql` is not a string", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":\"a\\u0000b\"}", "`sql` holds a NUL", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":\"\",\"timeout_ms\":0}",
			"`timeout_ms` is not a positive integer", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":\"\",\"timeout_ms\":1.5}",
			"`timeout_ms` is not a positive integer", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":\"\",\"max_rows\":-1}",
			"`max_rows` is not a positive integer", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":\"\",\"params\":[]}",
			"`params` is not an object", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":\"\",\"params\":{\"p\":[]}}",
			"parameter `p` is neither a plain value nor {\"b64\":\"…\"}", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":\"\",\"params\":{\"p\":{}}}",
			"parameter `p` is neither a plain value nor {\"b64\":\"…\"}", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":\"\",\"params\":{\"p\":{\"b64\":\"/x==\"}}}",
			"parameter `p` is neither a plain value nor {\"b64\":\"…\"}", 1},
		{"{\"op\":\"query\",\"id\":1,\"sql\":\"\",\"params\":{\"p\":{\"b64\":\"\",\"c\":1}}"
		 "}",
			"parameter `p` is neither a plain value nor {\"b64\":\"…\"}", 1},
		{"{\"op\":\"cancel\",\"id\":1}", "`target` is missing", 1},
		{"{\"op\":\"cancel\",\"id\":1,\"target\":-5}",
			"`target` is not an integer from 0 to 2^53", 1},
		{"[]", "not a JSON object", -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CHECK_STR(refused(all[i].text), all[i].words);
		CHECK_INT(request.id, all[i].id);
	}
	CHECK_INT(ask("{\"op\":\"ping\",\"id\":1"), -EBADMSG);
	CHECK_INT(request.id, -1);
	CHECK_INT(
		ask("{\"op\":\"ping\",\"id\":1,\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"), -EMLINK);
	/* Nobody must be there to hear why. */
	CHECK_INT(wire_request_read("{", 1, &request, NULL), -EBADMSG);
}

TEST(request_line_at_its_edge)
{
	char *text = malloc(WIRE_REQUEST_MAX + 1);
	int n;

	CHECK(text);
	n = snprintf(text, 100, "{\"op\":\"ping\",\"id\":1}");
	memset(text + n, ' ', WIRE_REQUEST_MAX + 1 - (size_t)n);
	CHECK_INT(wire_request_read(text, WIRE_REQUEST_MAX, &request, &why), 0);
	wire_request_done(&request);
	CHECK_INT(wire_request_read(text, WIRE_REQUEST_MAX + 1, &request, &why), -EMSGSIZE);
	CHECK_STR(why.text, "longer than 262144 bytes");
	free(text);
}

TEST(names)
{
	CHECK_STR(wire_op_name(WIRE_OP_QUERY), "query");
	CHECK_STR(wire_op_name(WIRE_OP_GET), "get");
	CHECK_STR(wire_code_name(WIRE_CODE_USAGE), "usage");
	CHECK_STR(wire_code_name(WIRE_CODE_INTERNAL), "internal");
}

/* ---- Replies ---- */

/* Reads what `out` holds. */
static int hear(void)
{
	err_clear(&why);
	return wire_reply_read(out.p, out.len, &reply, &why);
}

static int hear_text(const char *text)
{
	fresh(2 * WIRE_REPLY_MAX);
	CHECK_INT(buf_puts(&out, text), 0);
	return hear();
}

TEST(hello)
{
	static const char *const ops[] = {"query", "ping", NULL}, *const none[] = {NULL};
	const struct wire_hello h = {.protocol = WIRE_PROTOCOL,
		.agent = "0.1.0",
		.privileged = true,
		.name = "web1",
		.machine_id = "m",
		.boot_id = "b",
		.os = "Debian",
		.os_version = "12",
		.kernel = "6.1.0",
		.arch = "x86_64",
		.time = 1790000000.1234,
		.ops = ops,
		.actions = none};

	fresh(1000);
	CHECK_STR(line(wire_put_hello(&out, &h)),
		"{\"op\":\"hello\",\"protocol\":1,\"agent\":\"0.1.0\",\"privileged\":true,\"host\":"
		"{"
		"\"name\":\"web1\",\"machine_id\":\"m\",\"boot_id\":\"b\",\"os\":\"Debian\","
		"\"os_version\":\"12\",\"kernel\":\"6.1.0\",\"arch\":\"x86_64\"},"
		"\"time\":1790000000.123,\"ops\":[\"query\",\"ping\"],\"actions\":[]}");
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.op, WIRE_REPLY_HELLO);
	CHECK_INT(reply.id, -1);
	CHECK_INT(reply.hello.protocol, 1);
	CHECK(reply.hello.privileged);
	CHECK_STR(reply.hello.agent, "0.1.0");
	CHECK_STR(reply.hello.name, "web1");
	CHECK_STR(reply.hello.arch, "x86_64");
	CHECK(reply.hello.time == 1790000000.123);

	CHECK_INT(hear_text("{\"op\":\"hello\",\"protocol\":2}"), 0);
	CHECK_INT(reply.hello.protocol, 2);
	CHECK(!reply.hello.privileged);
	CHECK_STR(reply.hello.agent, "");
	CHECK_STR(reply.hello.kernel, "");
	wire_reply_done(&reply);
}

TEST(hello_of_a_host_cut_off)
{
	const struct wire_hello h = {.protocol = WIRE_PROTOCOL,
		.quarantine = {
			.id = "0123", .by = "alice", .since = 5, .until = 7, .confirmed = true}};

	fresh(1000);
	CHECK(strstr(line(wire_put_hello(&out, &h)),
		",\"quarantine\":{\"id\":\"0123\",\"by\":\"alice\",\"since\":5,"
		"\"until\":7,\"confirmed\":true}"));
	CHECK_INT(hear(), 0);
	CHECK_STR(reply.hello.quarantine.id, "0123");
	CHECK_STR(reply.hello.quarantine.by, "alice");
	CHECK_INT(reply.hello.quarantine.since, 5);
	CHECK_INT(reply.hello.quarantine.until, 7);
	CHECK(reply.hello.quarantine.confirmed);
	fresh(1000);
	CHECK_INT(wire_put_pong(&out, 9, &h.quarantine), 0);
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.op, WIRE_REPLY_PONG);
	CHECK_STR(reply.hello.quarantine.id, "0123");
	CHECK_INT(reply.hello.quarantine.until, 7);
	CHECK_INT(hear_text("{\"op\":\"hello\",\"protocol\":1,\"quarantine\":null}"), 0);
	CHECK_STR(reply.hello.quarantine.id, "");
	CHECK_INT(
		hear_text("{\"op\":\"hello\",\"protocol\":1,\"quarantine\":{\"id\":1}}"), -EPROTO);
	CHECK_INT(hear_text("{\"op\":\"hello\",\"protocol\":1,\"quarantine\":[]}"), -EPROTO);
	CHECK_INT(hear_text("{\"op\":\"hello\",\"protocol\":1,\"quarantine\":{\"until\":\"x\"}}"),
		-EPROTO);
	wire_reply_done(&reply);
}

TEST(columns)
{
	static struct wire_column cols[WIRE_COLUMNS_MAX + 1];
	const struct wire_column two[] = {{"pid", "BIGINT"}, {"na\"me", "TEXT"}};

	fresh(1000);
	CHECK_STR(line(wire_put_columns(&out, 1, two, 2)),
		"{\"op\":\"columns\",\"id\":1,\"columns\":[{\"name\":\"pid\",\"type\":\"BIGINT\"},"
		"{\"name\":\"na\\\"me\",\"type\":\"TEXT\"}]}");
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.op, WIRE_REPLY_COLUMNS);
	CHECK_INT(reply.n_columns, 2);
	CHECK_STR(reply.columns[1].name, "na\"me");
	CHECK_STR(reply.columns[1].type, "TEXT");

	for (size_t i = 0; i <= WIRE_COLUMNS_MAX; i++)
		cols[i] = two[0];
	fresh(WIRE_REPLY_MAX);
	line(wire_put_columns(&out, 1, cols, WIRE_COLUMNS_MAX));
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.n_columns, WIRE_COLUMNS_MAX);
	fresh(WIRE_REPLY_MAX);
	line(wire_put_columns(&out, 1, cols, WIRE_COLUMNS_MAX + 1));
	CHECK_INT(hear(), -EPROTO);
	CHECK_STR(why.text, "more than 512 columns");
	fresh(1000);
	line(wire_put_columns(&out, 1, cols, 0));
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.n_columns, 0);
	wire_reply_done(&reply);
}

/* A column's name as it comes out on the other side. */
static const char *named(const char *name)
{
	const struct wire_column c = {name, "TEXT"};

	fresh(10000);
	line(wire_put_columns(&out, 1, &c, 1));
	CHECK_INT(hear(), 0);
	CHECK(strlen(reply.columns[0].name) <= WIRE_NAME_MAX);
	return reply.columns[0].name;
}

/* SQLite names a column after its expression, however long: the writer cuts what no reader takes.
 */
TEST(long_names)
{
	char name[WIRE_NAME_MAX + 3], text[400];

	memset(name, 'n', sizeof(name));
	name[WIRE_NAME_MAX] = '\0';
	CHECK_STR(named(name), name);
	name[WIRE_NAME_MAX] = 'n';
	name[WIRE_NAME_MAX + 1] = '\0';
	CHECK_INT(strlen(named(name)), WIRE_NAME_MAX);
	/* Characters are not cut in two. */
	memcpy(name + WIRE_NAME_MAX - 1, "é", 3);
	CHECK_INT(strlen(named(name)), WIRE_NAME_MAX - 1);
	memset(name, 0xff, WIRE_NAME_MAX);
	name[WIRE_NAME_MAX] = '\0';
	CHECK_INT(strlen(named(name)), WIRE_NAME_MAX / 3 * 3);

	memset(name, 'n', sizeof(name));
	snprintf(text, sizeof(text),
		"{\"op\":\"columns\",\"id\":1,\"columns\":[{\"name\":\"%.*s\",\"type\":\"\"}]}",
		WIRE_NAME_MAX + 1, name);
	CHECK_INT(hear_text(text), -EPROTO);
	CHECK_STR(why.text, "a column's name is longer than 256 bytes");
	wire_reply_done(&reply);
}

TEST(done)
{
	static const char *warnings[WIRE_WARNINGS_MAX + 1];
	struct wire_done d = {.rows = 7, .ms = 2.43871};

	fresh(1000);
	CHECK_STR(line(wire_put_done(&out, 1, &d)),
		"{\"op\":\"done\",\"id\":1,\"rows\":7,\"ms\":2.439,\"warnings\":[]}");
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.op, WIRE_REPLY_DONE);
	CHECK_INT(reply.done.rows, 7);
	CHECK(reply.done.ms == 2.439 && !reply.done.truncated);
	CHECK_INT(reply.done.n_warnings, 0);

	for (size_t i = 0; i <= WIRE_WARNINGS_MAX; i++)
		warnings[i] = "environ\n";
	d.truncated = true;
	d.warnings = warnings;
	d.n_warnings = 1;
	fresh(1000);
	CHECK_STR(line(wire_put_done(&out, 1, &d)),
		"{\"op\":\"done\",\"id\":1,\"rows\":7,\"ms\":2.439,\"truncated\":true,"
		"\"warnings\":[\"environ\\n\"]}");
	CHECK_INT(hear(), 0);
	CHECK(reply.done.truncated);
	CHECK_STR(reply.done.warnings[0], "environ\n");
	/* Both sides leave out what is too many. */
	d.n_warnings = WIRE_WARNINGS_MAX + 1;
	fresh(10000);
	line(wire_put_done(&out, 1, &d));
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.done.n_warnings, WIRE_WARNINGS_MAX);
	buf_cut(&out, out.len - 2);
	CHECK_INT(buf_puts(&out, ",\"one\",\"more\"]}"), 0);
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.done.n_warnings, WIRE_WARNINGS_MAX);
	wire_reply_done(&reply);
}

/* The usual one is read without a tree; any other way to write it, and what is wrong, with one. */
TEST(done_without_a_tree)
{
	static const char *const quick[] = {
		"{\"op\":\"done\",\"id\":0,\"rows\":0,\"ms\":0,\"warnings\":[]}",
		"{\"op\":\"done\",\"id\":9007199254740992,\"rows\":9223372036854775807,"
		"\"ms\":1.5e3,\"warnings\":[]}",
	};
	static const char *const others[] = {
		" {\"op\":\"done\",\"id\":1,\"rows\":7,\"ms\":2.439,\"warnings\":[]}",
		"{\"op\":\"done\",\"id\":1,\"rows\":7,\"ms\":2.439,\"warnings\":[]} ",
		"{\"op\":\"done\",\"id\":1,\"rows\":7,\"ms\":-0.0,\"warnings\":[]}",
		"{\"op\":\"done\",\"id\":1,\"rows\":7,\"ms\":2.439}",
	};
	static const char *const wrong[] = {
		"{\"op\":\"done\",\"id\":9007199254740993,\"rows\":1,\"ms\":1,\"warnings\":[]}",
		"{\"op\":\"done\",\"id\":1.0,\"rows\":1,\"ms\":1,\"warnings\":[]}",
		"{\"op\":\"done\",\"id\":1,\"rows\":1e0,\"ms\":1,\"warnings\":[]}",
		"{\"op\":\"done\",\"id\":1,\"rows\":9223372036854775808,\"ms\":1,\"warnings\":[]}",
		"{\"op\":\"done\",\"id\":01,\"rows\":1,\"ms\":1,\"warnings\":[]}",
		"{\"op\":\"done\",\"id\":1,\"rows\":1,\"ms\":1,\"warnings\":[]",
		"{\"op\":\"done\",\"id\":1,\"rows\":1,\"ms\":1e999,\"warnings\":[]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(quick); i++) {
		CHECK_INT(hear_text(quick[i]), 0);
		CHECK(reply.op == WIRE_REPLY_DONE && !reply.tree && !reply.done.n_warnings);
		CHECK_INT(reply.id, i ? WIRE_ID_MAX : 0);
		CHECK_INT(reply.done.rows, i ? INT64_MAX : 0);
		CHECK(reply.done.ms == (i ? 1500 : 0));
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		CHECK_INT(hear_text(others[i]), 0);
		CHECK(reply.op == WIRE_REPLY_DONE && reply.tree && reply.done.rows == 7);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		CHECK(hear_text(wrong[i]) < 0);
	wire_reply_done(&reply);
}

TEST(error)
{
	fresh(1000);
	CHECK_STR(line(wire_put_error(&out, -1, WIRE_CODE_USAGE, "not \"JSON\"\x1b[31m")),
		"{\"op\":\"error\",\"id\":null,\"code\":\"usage\","
		"\"message\":\"not \\\"JSON\\\"\\u001b[31m\"}");
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.op, WIRE_REPLY_ERROR);
	CHECK_INT(reply.id, -1);
	CHECK_INT(reply.code, WIRE_CODE_USAGE);
	CHECK_STR(reply.message, "not \"JSON\"\x1b[31m");
	for (int code = WIRE_CODE_USAGE; code <= WIRE_CODE_INTERNAL; code++) {
		fresh(1000);
		line(wire_put_error(&out, 3, (enum wire_code)code, "x"));
		CHECK_INT(hear(), 0);
		CHECK_INT(reply.code, code);
		CHECK_INT(reply.id, 3);
	}
	CHECK_INT(hear_text("{\"op\":\"error\",\"id\":1,\"code\":\"strange\"}"), 0);
	CHECK_INT(reply.code, WIRE_CODE_INTERNAL);
	CHECK_STR(reply.message, "");
	wire_reply_done(&reply);
}

TEST(other_replies)
{
	fresh(1000);
	CHECK(str_starts(
		line(wire_put_pong(&out, 9, NULL)), "{\"op\":\"pong\",\"id\":9,\"time\":"));
	CHECK_INT(hear(), 0);
	CHECK_INT(reply.op, WIRE_REPLY_PONG);
	CHECK_INT(reply.id, 9);
	CHECK_INT(hear_text("{\"op\":\"outcome\",\"id\":1,\"status\":\"done\",\"host\":\"a\"}"), 0);
	CHECK_INT(reply.op, WIRE_REPLY_OUTCOME);
	CHECK_STR(json_string_value(json_object_get(reply.tree, "status")), "done");
	CHECK_INT(hear_text("{\"op\":\"chunk\",\"id\":1,\"data\":\"\"}"), 0);
	CHECK_INT(reply.op, WIRE_REPLY_CHUNK);
	CHECK_INT(hear_text("{\"op\":\"unknown\"}"), 0);
	CHECK_INT(reply.op, WIRE_REPLY_UNKNOWN);
	CHECK_INT(reply.id, -1);
	CHECK_INT(hear_text("{\"op\":\"news\",\"id\":4}"), 0);
	CHECK_INT(reply.op, WIRE_REPLY_UNKNOWN);
	CHECK_INT(reply.id, 4);
	CHECK_INT(hear_text("{\"op\":\"rows\",\"id\":4,\"rows\":[[1]]}"), 0);
	CHECK_INT(reply.op, WIRE_REPLY_ROWS);
	CHECK_INT(reply.rows.n_rows, 1);
	/* Nothing of one reply is left in the next. */
	CHECK_INT(hear_text("{\"op\":\"news\"}"), 0);
	CHECK_INT(reply.rows.n_rows, 0);
	CHECK(reply.rows.cells);
	wire_reply_done(&reply);
	wire_reply_done(NULL);
}

TEST(replies_refused)
{
	static const struct {
		const char *text, *words;
	} all[] = {
		{"{}", "`op` is missing"},
		{"{\"op\":\"hello\"}", "`protocol` is missing or not an integer"},
		{"{\"op\":\"hello\",\"protocol\":1,\"agent\":1}", "`agent` is not a string"},
		{"{\"op\":\"hello\",\"protocol\":1,\"privileged\":1}",
			"`privileged` is neither true nor false"},
		{"{\"op\":\"hello\",\"protocol\":1,\"host\":\"x\"}", "`host` is not an object"},
		{"{\"op\":\"hello\",\"protocol\":1,\"host\":{\"os\":1}}", "`os` is not a string"},
		{"{\"op\":\"hello\",\"protocol\":1,\"time\":\"1\"}", "`time` is not a number"},
		{"{\"op\":\"columns\",\"columns\":[]}", "`id` is missing"},
		{"{\"op\":\"columns\",\"id\":-1,\"columns\":[]}",
			"`id` is not an integer from 0 to 2^53"},
		{"{\"op\":\"columns\",\"id\":1}", "`columns` is missing or not an array"},
		{"{\"op\":\"columns\",\"id\":1,\"columns\":[1]}",
			"a column's `name` or `type` is not a string"},
		{"{\"op\":\"columns\",\"id\":1,\"columns\":[{\"name\":\"a\"}]}",
			"a column's `name` or `type` is not a string"},
		{"{\"op\":\"columns\",\"id\":1,\"columns\":[{\"name\":\"a\\u0000\",\"type\":\"\"}]"
		 "}",
			"a column's name holds a NUL"},
		{"{\"op\":\"done\",\"rows\":1,\"ms\":1}", "`id` is missing"},
		{"{\"op\":\"done\",\"id\":1,\"ms\":1}", "`rows` is not a number of rows"},
		{"{\"op\":\"done\",\"id\":1,\"rows\":-1,\"ms\":1}",
			"`rows` is not a number of rows"},
		{"{\"op\":\"done\",\"id\":1,\"rows\":1.0,\"ms\":1}",
			"`rows` is not a number of rows"},
		{"{\"op\":\"done\",\"id\":1,\"rows\":1}", "`ms` is not a time"},
		{"{\"op\":\"done\",\"id\":1,\"rows\":1,\"ms\":-0.1}", "`ms` is not a time"},
		{"{\"op\":\"done\",\"id\":1,\"rows\":1,\"ms\":1,\"warnings\":{}}",
			"`warnings` is not an array"},
		{"{\"op\":\"done\",\"id\":1,\"rows\":1,\"ms\":1,\"warnings\":[1]}",
			"a warning is not a string"},
		{"{\"op\":\"done\",\"id\":1,\"rows\":1,\"ms\":1,\"truncated\":0}",
			"`truncated` is neither true nor false"},
		{"{\"op\":\"error\",\"id\":\"1\"}", "`id` is not an integer from 0 to 2^53"},
		{"{\"op\":\"error\",\"code\":1}", "`code` is not a string"},
		{"{\"op\":\"error\",\"message\":1}", "`message` is not a string"},
		{"{\"op\":\"pong\"}", "`id` is missing"},
		{"{\"op\":\"rows\",\"id\":1}", "`rows` is missing, near byte 20"},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CHECK_INT(hear_text(all[i].text), -EPROTO);
		CHECK_STR(why.text, all[i].words);
		CHECK_INT(why.code, EPROTO);
		CHECK(!reply.tree && reply.op == WIRE_REPLY_UNKNOWN);
	}
	CHECK_INT(hear_text("{\"op\":\"done\",\"id\":1,\"rows\":1,\"ms\":1e999}"), -EBADMSG);
	CHECK_INT(hear_text("hello"), -EBADMSG);
	CHECK_INT(wire_reply_read(out.p, out.len, &reply, NULL), -EBADMSG);
	wire_reply_done(&reply);
}

TEST(reply_line_at_its_edge)
{
	fresh(2 * WIRE_REPLY_MAX);
	CHECK_INT(buf_puts(&out, "{\"op\":\"pong\",\"id\":1}"), 0);
	CHECK_INT(buf_fill(&out, ' ', WIRE_REPLY_MAX - out.len), 0);
	CHECK_INT(hear(), 0);
	CHECK_INT(buf_putc(&out, ' '), 0);
	CHECK_INT(hear(), -EMSGSIZE);
	CHECK_STR(why.text, "longer than 1048576 bytes");
	wire_reply_done(&reply);
}

/* ---- What does not fit, what memory does not give ---- */

static int write_any(struct buf *b, size_t which)
{
	static const char *const list[] = {"a", "b", NULL};
	const struct wire_hello h = {.protocol = 1, .agent = "x", .name = "n", .ops = list};
	const struct wire_column cols[] = {{"a", "TEXT"}, {"b\n", "TEXT"}};
	const struct wire_done d = {.warnings = list, .n_warnings = 2};
	const struct wire_param param = {"p", "v\xff"};

	switch (which) {
	case 0:
		return wire_put_query(b, 1, "select\n", &param, 1, 1, 1);
	case 1:
		return wire_put_cancel(b, 1, 2);
	case 2:
		return wire_put_ping(b, 1);
	case 3:
		return wire_put_hello(b, &h);
	case 4:
		return wire_put_columns(b, 1, cols, 2);
	case 5:
		return wire_put_done(b, 1, &d);
	case 6:
		return wire_put_error(b, -1, WIRE_CODE_SQL, "why\n");
	default:
		return wire_put_pong(b, 1, &(struct wire_quarantine){.id = "q"});
	}
}
#define ENCODERS 8

TEST(encoders_take_back_what_does_not_fit)
{
	for (size_t which = 0; which < ENCODERS; which++) {
		size_t max = 3;
		int r = -EMSGSIZE;

		for (; r < 0; max++) {
			fresh(max);
			CHECK_INT(buf_puts(&out, "old"), 0);
			r = write_any(&out, which);
			CHECK(r == 0 || (r == -EMSGSIZE && out.len == 3));
		}
		CHECK_INT(out.len, max - 1);
	}
}

TEST(encoders_without_memory)
{
	for (size_t which = 0; which < ENCODERS; which++) {
		long n = 0;

		do {
			failalloc_countdown = 0;
			fresh(10000);
			failalloc_countdown = ++n;
			int r = write_any(&out, which);

			CHECK_INT(r, failalloc_spent() ? -ENOMEM : 0);
			CHECK_INT(out.len == 0, r < 0);
		} while (failalloc_spent());
		CHECK(n > 1);
	}
}

TEST(decoders_without_memory)
{
	static const char *const lines[] = {
		"{\"op\":\"columns\",\"id\":1,\"columns\":[{\"name\":\"a\",\"type\":\"TEXT\"}]}",
		"{\"op\":\"done\",\"id\":1,\"rows\":1,\"ms\":1,\"warnings\":[\"a\"]}",
		"{\"op\":\"rows\",\"id\":1,\"rows\":[[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]]}",
		"{\"op\":\"hello\",\"protocol\":1,\"host\":{\"name\":\"a\"}}",
		"{\"op\":\"outcome\",\"id\":1,\"status\":\"done\",\"before\":{\"pid\":1}}",
		"{\"op\":\"chunk\",\"id\":1,\"offset\":0,\"data\":\"YQ==\"}",
	};

	json_set_alloc_funcs(malloc, free);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		long n = 0;

		do {
			failalloc_countdown = 0;
			fresh(1000);
			CHECK_INT(buf_puts(&out, lines[i]), 0);
			wire_reply_done(&reply);
			failalloc_countdown = ++n;
			int r = hear();

			CHECK(failalloc_spent() ? r == 0 || r == -ENOMEM || r == -EBADMSG : r == 0);
			CHECK_INT(why.code, -r);
		} while (failalloc_spent());
		CHECK(n > 1);
	}
	wire_reply_done(&reply);
}

TEST(requests_without_memory)
{
	long n = 0;

	do {
		failalloc_countdown = ++n;
		int r = ask("{\"op\":\"query\",\"id\":1,\"sql\":\"x\",\"params\":{\"a\":{\"b64\":"
			    "\"/w==\"}}}");

		CHECK(failalloc_spent() ? r == 0 || r == -ENOMEM || r == -EBADMSG : r == 0);
	} while (failalloc_spent());
	CHECK(n > 1);
	wire_request_done(&request);
}

TEST_MAIN(&requests_written, &query_read, &other_requests_read, &unknown_requests_are_no_errors,
	&requests_refused, &request_line_at_its_edge, &names, &hello, &hello_of_a_host_cut_off,
	&columns, &long_names, &done, &done_without_a_tree, &error, &other_replies,
	&replies_refused, &reply_line_at_its_edge, &encoders_take_back_what_does_not_fit,
	&encoders_without_memory, &decoders_without_memory, &requests_without_memory)
