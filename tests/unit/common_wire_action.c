/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/wire.h"

#include <errno.h>
#include <limits.h>

static struct err why;
static struct buf out;
static struct wire_request request;
static struct wire_reply reply;

static void fresh(void)
{
	buf_done(&out);
	buf_init(&out, WIRE_REPLY_MAX);
	err_clear(&why);
}

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

static int hear(const char *text)
{
	fresh();
	CHECK_INT(buf_puts(&out, text), 0);
	return wire_reply_read(out.p, out.len, &reply, &why);
}

TEST(action_there_and_back)
{
	json_t *args = json_pack("{s:i,s:b}", "pid", 77, "tree", 1);

	fresh();
	CHECK_STR(line(wire_put_action(&out, 4, "kill", args, true, "INC-1")),
		"{\"op\":\"action\",\"id\":4,\"action\":\"kill\",\"args\":{\"pid\":77,\"tree\":"
		"true},"
		"\"dry_run\":true,\"reason\":\"INC-1\"}");
	CHECK_INT(ask(out.p), 0);
	CHECK_INT(request.op, WIRE_OP_ACTION);
	CHECK_STR(request.action, "kill");
	CHECK(request.dry_run);
	CHECK_STR(request.reason, "INC-1");
	CHECK(json_equal(args, request.args));
	json_decref(args);

	fresh();
	CHECK_STR(line(wire_put_action(&out, 4, "release", NULL, false, "")),
		"{\"op\":\"action\",\"id\":4,\"action\":\"release\"}");
	CHECK_INT(ask(out.p), 0);
	CHECK(!request.args && !request.dry_run);
	CHECK_STR(request.reason, "");
	wire_request_done(&request);
}

TEST(get_there_and_back)
{
	fresh();
	CHECK_STR(line(wire_put_get(&out, 5, "/a\xff", 3, 10, 20, "why")),
		"{\"op\":\"get\",\"id\":5,\"path\":{\"b64\":\"L2H/\"},\"offset\":10,\"length\":20,"
		"\"reason\":\"why\"}");
	CHECK_INT(ask(out.p), 0);
	CHECK_INT(request.path_len, 3);
	CHECK_STR(request.path, "/a\xff");
	CHECK_INT(request.offset, 10);
	CHECK_INT(request.length, 20);
	CHECK_STR(request.reason, "why");
	CHECK_INT(ask("{\"op\":\"get\",\"id\":5,\"path\":\"/x\\ny\"}"), 0);
	CHECK_STR(request.path, "/x\ny");
	CHECK_INT(request.length, 0);
	wire_request_done(&request);
}

TEST(actions_refused)
{
	static const char *const bad[] = {
		"{\"op\":\"action\",\"id\":1}",
		"{\"op\":\"action\",\"id\":1,\"action\":7}",
		"{\"op\":\"action\",\"id\":1,\"action\":\"ki\\u0000ll\"}",
		"{\"op\":\"action\",\"id\":1,\"action\":\"kill\",\"args\":[]}",
		/* A rehearsal that is misspelt must not be the real thing. */
		"{\"op\":\"action\",\"id\":1,\"action\":\"kill\",\"dry_run\":\"true\"}",
		"{\"op\":\"action\",\"id\":1,\"action\":\"kill\",\"dry_run\":1}",
		"{\"op\":\"action\",\"id\":1,\"action\":\"kill\",\"dry_run\":null}",
		"{\"op\":\"action\",\"id\":1,\"action\":\"kill\",\"reason\":1}",
		"{\"op\":\"get\",\"id\":1}",
		"{\"op\":\"get\",\"id\":1,\"path\":\"\"}",
		"{\"op\":\"get\",\"id\":1,\"path\":\"etc/passwd\"}",
		"{\"op\":\"get\",\"id\":1,\"path\":\"/a\\u0000b\"}",
		"{\"op\":\"get\",\"id\":1,\"path\":{\"b64\":\"L2H/\",\"x\":1}}",
		"{\"op\":\"get\",\"id\":1,\"path\":{\"b64\":\"L2H\"}}",
		"{\"op\":\"get\",\"id\":1,\"path\":{\"b64\":7}}",
		"{\"op\":\"get\",\"id\":1,\"path\":\"/a\",\"offset\":-1}",
		"{\"op\":\"get\",\"id\":1,\"path\":\"/a\",\"length\":1.5}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(ask(bad[i]), -EPROTO);
}

static int get_of(size_t n)
{
	char text[PATH_MAX + 64], path[PATH_MAX + 2];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[n] = '\0';
	snprintf(text, sizeof(text), "{\"op\":\"get\",\"id\":1,\"path\":\"%s\"}", path);
	return ask(text);
}

TEST(longest_path)
{
	CHECK_INT(get_of(PATH_MAX - 1), 0);
	CHECK_INT(get_of(PATH_MAX), -EPROTO);
	wire_request_done(&request);
}

TEST(outcome_there_and_back)
{
	json_t *before = json_pack("{s:i}", "pid", 7);
	struct wire_outcome o = {.action = "kill",
		.status = WIRE_NOT_FOUND,
		.detail = "no process 7",
		.before = before};

	fresh();
	CHECK_STR(line(wire_put_outcome(&out, 3, &o)),
		"{\"op\":\"outcome\",\"id\":3,\"action\":\"kill\",\"status\":\"not_found\","
		"\"detail\":\"no process 7\",\"before\":{\"pid\":7},\"after\":null,\"undo\":null}");
	CHECK_INT(wire_reply_read(out.p, out.len, &reply, &why), 0);
	CHECK_INT(reply.op, WIRE_REPLY_OUTCOME);
	CHECK_INT(reply.id, 3);
	CHECK_INT(reply.outcome.status, WIRE_NOT_FOUND);
	CHECK_STR(reply.outcome.action, "kill");
	CHECK_STR(reply.outcome.detail, "no process 7");
	CHECK(json_equal(before, reply.outcome.before));
	CHECK(!reply.outcome.after && !reply.outcome.undo);
	json_decref(before);
	wire_reply_done(&reply);
}

TEST(every_status_has_its_word)
{
	static const enum wire_status all[] = {
		WIRE_DONE, WIRE_ALREADY, WIRE_REFUSED, WIRE_NOT_FOUND, WIRE_FAILED, WIRE_PLANNED};
	char text[128];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(text, sizeof(text), "{\"op\":\"outcome\",\"id\":1,\"status\":\"%s\"}",
			wire_status_name(all[i]));
		CHECK_INT(hear(text), 0);
		CHECK_INT(reply.outcome.status, all[i]);
	}
	CHECK(wire_status_good(WIRE_ALREADY) && wire_status_good(WIRE_PLANNED));
	CHECK(!wire_status_good(WIRE_REFUSED) && !wire_status_good(WIRE_FAILED));
	CHECK(!wire_status_good(WIRE_NOT_FOUND));
	wire_reply_done(&reply);
}

TEST(chunk_there_and_back)
{
	static char bytes[WIRE_CHUNK_MAX];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	fresh();
	CHECK_INT(wire_put_chunk(&out, 9, 4096, bytes, sizeof(bytes)), 0);
	CHECK_INT(wire_reply_read(out.p, out.len - 1, &reply, &why), 0);
	CHECK_INT(reply.op, WIRE_REPLY_CHUNK);
	CHECK_INT(reply.chunk.offset, 4096);
	CHECK_INT(reply.chunk.n, sizeof(bytes));
	CHECK(memcmp(reply.chunk.p, bytes, sizeof(bytes)) == 0);
	CHECK_INT(hear("{\"op\":\"chunk\",\"id\":1,\"offset\":0,\"data\":\"\"}"), 0);
	CHECK_INT(reply.chunk.n, 0);
	wire_reply_done(&reply);
}

TEST(chunk_too_long)
{
	static char bytes[WIRE_CHUNK_MAX + 3];

	fresh();
	CHECK_INT(wire_put_chunk(&out, 9, 0, bytes, sizeof(bytes)), 0);
	CHECK_INT(wire_reply_read(out.p, out.len - 1, &reply, &why), -EPROTO);
	wire_reply_done(&reply);
}

TEST(replies_refused)
{
	static const char *const bad[] = {
		"{\"op\":\"outcome\",\"id\":1}",
		"{\"op\":\"outcome\",\"id\":1,\"status\":\"fine\"}",
		"{\"op\":\"outcome\",\"id\":1,\"status\":\"done\",\"detail\":1}",
		"{\"op\":\"outcome\",\"id\":1,\"status\":\"done\",\"before\":1}",
		"{\"op\":\"outcome\",\"id\":1,\"status\":\"done\",\"undo\":[]}",
		"{\"op\":\"chunk\",\"id\":1}",
		"{\"op\":\"chunk\",\"id\":1,\"data\":7}",
		"{\"op\":\"chunk\",\"id\":1,\"data\":\"!\"}",
		"{\"op\":\"chunk\",\"id\":1,\"offset\":-1,\"data\":\"\"}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(hear(bad[i]), -EPROTO);
	wire_reply_done(&reply);
	buf_done(&out);
}

TEST_MAIN(&action_there_and_back, &get_there_and_back, &actions_refused, &longest_path,
	&outcome_there_and_back, &every_status_has_its_word, &chunk_there_and_back, &chunk_too_long,
	&replies_refused)
