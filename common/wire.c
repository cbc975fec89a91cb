/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of the wire. */
#include "common/wire.h"

#include "common/str.h"
#include "common/wire_member.h"

#include <string.h>

static const char *const ops[] = {
	[WIRE_OP_UNKNOWN] = "unknown",
	[WIRE_OP_QUERY] = "query",
	[WIRE_OP_TABLES] = "tables",
	[WIRE_OP_CANCEL] = "cancel",
	[WIRE_OP_PING] = "ping",
	[WIRE_OP_ACTION] = "action",
	[WIRE_OP_GET] = "get",
};

static const char *const codes[] = {
	[WIRE_CODE_USAGE] = "usage",
	[WIRE_CODE_SQL] = "sql",
	[WIRE_CODE_DENIED] = "denied",
	[WIRE_CODE_LIMIT] = "limit",
	[WIRE_CODE_TIMEOUT] = "timeout",
	[WIRE_CODE_CANCELLED] = "cancelled",
	[WIRE_CODE_UNSUPPORTED] = "unsupported",
	[WIRE_CODE_INTERNAL] = "internal",
};

static const char *const replies[] = {
	[WIRE_REPLY_UNKNOWN] = "unknown",
	[WIRE_REPLY_HELLO] = "hello",
	[WIRE_REPLY_COLUMNS] = "columns",
	[WIRE_REPLY_ROWS] = "rows",
	[WIRE_REPLY_DONE] = "done",
	[WIRE_REPLY_ERROR] = "error",
	[WIRE_REPLY_PONG] = "pong",
	[WIRE_REPLY_OUTCOME] = "outcome",
	[WIRE_REPLY_CHUNK] = "chunk",
};

const char *wire_op_name(enum wire_op op)
{
	return ops[op];
}

const char *wire_code_name(enum wire_code code)
{
	return codes[code];
}

/* The index of a word in a table, `otherwise` when it is not there. */
static size_t word(const char *const *words, size_t from, size_t n, const char *s, size_t otherwise)
{
	for (size_t i = from; i < n; i++) {
		if (strcmp(words[i], s) == 0)
			return i;
	}
	return otherwise;
}

enum wire_op wire_op_of(const char *name)
{
	return (enum wire_op)word(ops, 1, ARRAY_LEN(ops), name, WIRE_OP_UNKNOWN);
}

enum wire_code wire_code_of(const char *name)
{
	return (enum wire_code)word(codes, 0, ARRAY_LEN(codes), name, WIRE_CODE_INTERNAL);
}

enum wire_reply_op wire_reply_of(const char *name)
{
	return (enum wire_reply_op)word(replies, 1, ARRAY_LEN(replies), name, WIRE_REPLY_UNKNOWN);
}

int64_t wire_id(const json_t *tree, const char *name)
{
	const json_t *v = json_object_get(tree, name);
	int64_t id = json_is_integer(v) ? json_integer_value(v) : -1;

	return id >= 0 && id <= WIRE_ID_MAX ? id : -1;
}

int wire_need_id(const json_t *tree, const char *name, int64_t *ret, struct err *err)
{
	int64_t id = wire_id(tree, name);

	if (!json_object_get(tree, name))
		return err_set(err, EPROTO, "`%s` is missing", name);
	if (id < 0)
		return err_set(err, EPROTO, "`%s` is not an integer from 0 to 2^53", name);
	*ret = id;
	return 0;
}

int wire_need_op(const json_t *tree, const char **ret, struct err *err)
{
	const json_t *v = json_object_get(tree, "op");

	if (!v)
		return err_set(err, EPROTO, "`op` is missing");
	if (!json_is_string(v))
		return err_set(err, EPROTO, "`op` is not a string");
	/* With a NUL inside it is no op that anybody knows. */
	*ret = strlen(json_string_value(v)) == json_string_length(v) ? json_string_value(v) : "";
	return 0;
}
