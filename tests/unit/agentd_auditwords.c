/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/auditwords.h"

#include "common/str.h"
#include "tests/unit/test.h"

#include <errno.h>

static struct auditwords words;

static const struct {
	const char *line, *who, *what, *words;
} known[] = {
	{"{\"event\":\"start\"}", "", "start", ""},
	{"{\"event\":\"query\",\"user\":\"alice\",\"uid\":7,\"address\":\"10.0.0.1\",\"text\":\" "
	 "select 1,\\n\\t 2 \"}",
		"alice@10.0.0.1", "query", "select 1, 2"},
	{"{\"event\":\"session\",\"uid\":7,\"status\":\"refused\",\"detail\":\"too many\"}",
		"uid 7", "session: refused", "too many"},
	{"{\"event\":\"request\",\"user\":\"a\",\"action\":\"delete\",\"dry_run\":true,\"args\":{"
	 "\"path\":\"/x y\",\"force\":true},\"reason\":\"case 7\"}",
		"a", "plan delete", "/x y force; reason: case 7"},
	{"{\"event\":\"request\",\"user\":\"a\",\"action\":\"kill\",\"args\":{\"pid\":12,"
	 "\"identity\":\"00\",\"grace_ms\":5}}",
		"a", "kill", "pid=12 grace_ms=5"},
	{"{\"event\":\"outcome\",\"user\":{\"b64\":\"YWz/\"},\"action\":\"get\",\"status\":"
	 "\"done\",\"args\":{\"path\":\"/x\"},\"detail\":\"5 bytes\"}",
		"al\xff", "get: done", "5 bytes"},
	{"{\"event\":\"revert\",\"action\":\"release\",\"status\":\"done\",\"detail\":\"lifted\"}",
		"", "release: done", "lifted"},
	{"{\"event\":{},\"user\":[1],\"text\":{\"b64\":7},\"args\":[],\"reason\":null}", "[1]",
		"{}", "{\"b64\":7}; reason: null"},
	{"{}", "", "", ""},
};

TEST(of_a_line)
{
	auditwords_init(&words);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		json_t *line = json_loads(known[i].line, 0, NULL);

		CHECK(line);
		CHECK_INT(auditwords_of(line, &words), 0);
		CHECK_STR(buf_str(&words.who), known[i].who);
		CHECK_STR(buf_str(&words.what), known[i].what);
		CHECK_STR(buf_str(&words.words), known[i].words);
		json_decref(line);
	}
	auditwords_done(&words);
}

TEST(of_its_time)
{
	static const char *const times[][2] = {
		{"{\"time\":\"2026-11-22T04:05:44.331580Z\"}", "2026-11-22T04:05:44Z"},
		{"{\"time\":\"soon\"}", "soon"}, {"{\"time\":7}", ""}};

	auditwords_init(&words);
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		json_t *line = json_loads(times[i][0], 0, NULL);

		CHECK_INT(auditwords_of(line, &words), 0);
		CHECK_STR(buf_str(&words.time), times[i][1]);
		json_decref(line);
	}
	auditwords_done(&words);
}

TEST(out_of_memory)
{
	json_t *line = json_loads(known[5].line, 0, NULL);

	auditwords_init(&words);
	for (long n = 1;; n++) {
		int r;

		failalloc_countdown = n;
		r = auditwords_of(line, &words);
		if (!failalloc_spent())
			break;
		CHECK(r == 0 || r == -ENOMEM);
		auditwords_done(&words);
		auditwords_init(&words);
	}
	failalloc_countdown = 0;
	auditwords_done(&words);
	json_decref(line);
}

TEST_MAIN(&of_a_line, &of_its_time, &out_of_memory)
