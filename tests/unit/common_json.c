/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/json.h"
#include "common/str.h"

#include <errno.h>
#include <math.h>

static struct err why;

static json_t *read_text(const char *s)
{
	err_clear(&why);
	return json_read_object(s, strlen(s), &why);
}

/* The words for what is no object, NULL when it is one. */
static const char *refused(const char *p, size_t n, int code)
{
	json_t *tree = json_read_object(p, n, &why);

	json_decref(tree);
	if (tree)
		return NULL;
	CHECK_INT(why.code, code);
	return why.text;
}
#define REFUSED(literal, code) refused(literal, sizeof(literal) - 1, code)

/* `depth` arrays within each other, the outermost being the object. */
static const char *nested(size_t depth)
{
	static char text[256];
	size_t n = 0;

	n += (size_t)snprintf(text, sizeof(text), "{\"]}\\\"[[[[[[[[[[[[[[[[[[[[\":");
	memset(text + n, '[', depth - 1);
	memset(text + n + depth - 1, ']', depth - 1);
	text[n + 2 * (depth - 1)] = '}';
	text[n + 2 * (depth - 1) + 1] = '\0';
	return text;
}

TEST(objects)
{
	json_t *tree = read_text(" {\"a\":1,\"b\\u0000\"");

	CHECK(!tree);
	tree = read_text(" {\"a\":\"x\\u0000y\"}\r\n ");
	CHECK(tree);
	CHECK_INT(json_string_length(json_object_get(tree, "a")), 3);
	json_decref(tree);
}

TEST(what_is_refused)
{
	CHECK_STR(REFUSED("{\"a\":tru}", EBADMSG), "not JSON: wrong syntax, near byte 8");
	CHECK_STR(REFUSED("{\"a\":1", EBADMSG), "not JSON: it ends too early, near byte 6");
	CHECK_STR(REFUSED("", EBADMSG), "not JSON: it ends too early, near byte 0");
	CHECK_STR(REFUSED("{} {}", EBADMSG), "not JSON: something follows its end, near byte 4");
	CHECK_STR(REFUSED("{\"a\":1,\"a\":2}", EBADMSG),
		"not JSON: a member stands twice, near byte 10");
	CHECK_STR(REFUSED("{\"a\":\"\xff\"}", EBADMSG),
		"not JSON: bytes that are not UTF-8, near byte 6");
	CHECK_STR(REFUSED("{\"a\":99999999999999999999}", EBADMSG),
		"not JSON: a number is out of range, near byte 25");
	CHECK_STR(REFUSED("{\"a\":1e999}", EBADMSG),
		"not JSON: a number is out of range, near byte 10");
	CHECK_STR(REFUSED("{\"a\\u0000\":1}", EBADMSG),
		"not JSON: a NUL in a member's name, near byte 10");
	CHECK_STR(REFUSED("{\"a\":1\0}", EBADMSG), "not JSON: a NUL, near byte 6");
	CHECK_STR(REFUSED("[1]", EPROTO), "not a JSON object");
	CHECK_STR(REFUSED("null", EPROTO), "not a JSON object");
	CHECK_STR(REFUSED("17", EPROTO), "not a JSON object");
}

TEST(nesting_at_its_edge)
{
	const char *text = nested(JSON_DEPTH_MAX);

	CHECK(!refused(text, strlen(text), 0));
	text = nested(JSON_DEPTH_MAX + 1);
	CHECK(strncmp(refused(text, strlen(text), EMLINK), "nested deeper than 16, near byte ",
		      33) == 0);
	/* Far deeper than a stack goes. */
	char *deep = malloc(1000000);

	CHECK(deep);
	memset(deep, '[', 1000000);
	CHECK(refused(deep, 1000000, EMLINK));
	free(deep);
}

TEST(any_value)
{
	json_t *v = json_read_any("[1,[2]]", 7, 2, &why);

	CHECK(json_is_array(v));
	json_decref(v);
	CHECK(!json_read_any("[1,[2]]", 7, 1, &why));
	CHECK_INT(why.code, EMLINK);
	/* In files of people's the last one counts, as elsewhere. */
	v = json_read_any("{\"a\":1,\"a\":2}", 13, 1, &why);
	CHECK_INT(json_integer_value(json_object_get(v, "a")), 2);
	json_decref(v);
}

static struct buf out;

static const char *string(const char *p, size_t n)
{
	buf_done(&out);
	buf_init(&out, 1000);
	CHECK_INT(json_put_string(&out, p, n), 0);
	return out.p;
}
#define STRING(literal) string(literal, sizeof(literal) - 1)

static const char *bytes(const char *p, size_t n)
{
	buf_done(&out);
	buf_init(&out, 1000);
	CHECK_INT(json_put_bytes(&out, p, n), 0);
	return out.p;
}
#define BYTES(literal) bytes(literal, sizeof(literal) - 1)

TEST(strings)
{
	CHECK_STR(STRING(""), "\"\"");
	CHECK_STR(STRING("plain, and longer than sixteen bytes"),
		"\"plain, and longer than sixteen bytes\"");
	CHECK_STR(STRING("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
	CHECK_STR(STRING("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
	CHECK_STR(STRING("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\x7f\"");
	CHECK_STR(STRING("é€😀"), "\"é€😀\"");
	CHECK_STR(STRING("a\xff\xc3z\xed\xa0\x80"),
		"\"a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	buf_done(&out);
}

/* An odd byte is seen wherever it stands, whichever way of scanning meets it. */
TEST(odd_bytes_at_every_place)
{
	for (size_t n = 1; n < 70; n++) {
		for (size_t at = 0; at < n; at++) {
			char text[70];

			memset(text, 'a', n);
			text[at] = (char)(n % 3 == 0 ? '"' : n % 3 == 1 ? 0x1f : '\\');
			CHECK_INT(strlen(string(text, n)), n + (n % 3 == 1 ? 7 : 3));
			text[at] = (char)0x80;
			CHECK_INT(strlen(string(text, n)), n + 4);
			text[at] = 0x7f;
			CHECK_INT(strlen(string(text, n)), n + 2);
		}
	}
	buf_done(&out);
}

TEST(bytes_that_are_not_text)
{
	CHECK_STR(BYTES("é\n"), "\"é\\n\"");
	CHECK_STR(BYTES("plain"), "\"plain\"");
	CHECK_STR(BYTES("a\xff"), "{\"b64\":\"Yf8=\"}");
	buf_done(&out);
}

static const char *cell(struct cell c)
{
	buf_done(&out);
	buf_init(&out, 1000);
	CHECK_INT(json_put_cell(&out, &c), 0);
	return out.p;
}

TEST(cells)
{
	CHECK_STR(cell((struct cell){.type = CELL_NULL}), "null");
	CHECK_STR(cell((struct cell){.type = CELL_INT, .i = INT64_MIN}), "-9223372036854775808");
	CHECK_STR(cell((struct cell){.type = CELL_REAL, .r = 2.0}), "2.0");
	CHECK_STR(cell((struct cell){.type = CELL_REAL, .r = INFINITY}), "\"Inf\"");
	CHECK_STR(cell((struct cell){.type = CELL_REAL, .r = -INFINITY}), "\"-Inf\"");
	CHECK_STR(cell((struct cell){.type = CELL_REAL, .r = (double)NAN}), "null");
	CHECK_STR(cell((struct cell){.type = CELL_TEXT, .n = 2, .p = "xy"}), "\"xy\"");
	CHECK_STR(
		cell((struct cell){.type = CELL_TEXT, .n = 1, .p = "\xff"}), "{\"b64\":\"/w==\"}");
	CHECK_STR(cell((struct cell){.type = CELL_BLOB, .n = 2, .p = "xy"}), "{\"b64\":\"eHk=\"}");
	CHECK_STR(cell((struct cell){.type = CELL_BLOB, .n = 0}), "{\"b64\":\"\"}");
	buf_done(&out);
}

/* What does not fit leaves nothing behind. */
TEST(full_buffer)
{
	static const struct {
		const char *p;
		size_t n;
		size_t written; /* bytes it takes */
	} all[] = {{"plain", 5, 7}, {"a\nb", 3, 6}, {"\xc3\xa9\t", 3, 6}, {"x\xff", 2, 14},
		{"\x01", 1, 8}};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		for (size_t max = 3; max <= 3 + all[i].written; max++) {
			struct buf b;
			int r;

			buf_init(&b, max);
			CHECK_INT(buf_puts(&b, "abc"), 0);
			r = json_put_bytes(&b, all[i].p, all[i].n);
			CHECK_INT(r, max == 3 + all[i].written ? 0 : -EMSGSIZE);
			CHECK_INT(b.len, r == 0 ? max : 3);
			buf_done(&b);
		}
	}
}

TEST(bytes_in_a_tree)
{
	static const struct span all[] = {{"", 0}, {"a\nb", 3}, {"a\0b", 3}, {"\xff\xfe", 2}};
	static const char *const bad[] = {
		"[1]", "[null]", "[{\"b64\":1}]", "[{\"b64\":\"\",\"a\":1}]", "[{\"b65\":\"\"}]"};
	struct buf b;

	buf_init(&b, 100);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		json_t *v = json_bytes_new(all[i].p, all[i].n);

		CHECK(json_is_string(v) == (i < 3));
		buf_reset(&b);
		CHECK_INT(json_bytes_add(&b, v), 0);
		CHECK(b.len == all[i].n && (!b.len || memcmp(b.p, all[i].p, b.len) == 0));
		json_decref(v);
	}
	buf_reset(&b);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		json_t *list = json_loads(bad[i], 0, NULL);

		CHECK_INT(json_bytes_add(&b, json_array_get(list, 0)), -EINVAL);
		json_decref(list);
	}
	CHECK_INT(json_bytes_add(&b, NULL), -EINVAL);
	CHECK_INT(b.len, 0);
	buf_done(&b);
}

/* What json_print makes of a text. */
static const char *printed(const char *text, size_t flags)
{
	static char room[256];
	json_t *tree = json_loads(text, JSON_DECODE_ANY, NULL);
	char *again = json_print(tree, flags);

	snprintf(room, sizeof(room), "%s", again ? again : "(none)");
	free(again);
	json_decref(tree);
	return room;
}

TEST(printed_with_few_digits)
{
	static const char *const same[] = {"0.1", "-1.1", "1.0", "-0.0", "0.30000000000000004",
		"1e-07", "1e+300", "2.5e-10", "2.2250738585072014e-308", "1.7976931348623157e308",
		"0", "-7", "9223372036854775807", "true", "false", "null",
		"\"0.10000000000000001\"", "\"\"", "\"\\\"0.10000000000000001\"",
		"{\"1.1000000000000001\":[0.1,{},[],{\"e\":1.1}]}"};

	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		CHECK_STR(printed(same[i], JSON_COMPACT | JSON_ENCODE_ANY), same[i]);
	CHECK_STR(printed("[0.10000000000000001,1.1000000000000001]", 0), "[0.1, 1.1]");
	CHECK_STR(printed("{\"a\":[0.1]}", JSON_INDENT(2)), "{\n  \"a\": [\n    0.1\n  ]\n}");
	CHECK_STR(printed("0.1", 0), "(none)");
	CHECK(!json_print(NULL, 0));
}

TEST(out_of_memory)
{
	static const char text[] = "{\"a\":[1,2.5,\"x\",{\"b\":null}],\"c\":\"a longer string\"}";
	long n;

	json_set_alloc_funcs(malloc, free);
	for (n = 1; n < 200; n++) {
		failalloc_countdown = n;
		json_t *tree = json_read_object(text, sizeof(text) - 1, &why);

		if (!failalloc_spent()) {
			failalloc_countdown = 0;
			CHECK(tree);
			json_decref(tree);
			break;
		}
		/* jansson calls some of them syntax errors and gets along without others. */
		CHECK(tree || why.code == ENOMEM || why.code == EBADMSG);
		json_decref(tree);
	}
	CHECK(n > 5 && n < 200);
}

TEST_MAIN(&objects, &what_is_refused, &nesting_at_its_edge, &any_value, &strings,
	&odd_bytes_at_every_place, &bytes_that_are_not_text, &cells, &full_buffer, &bytes_in_a_tree,
	&printed_with_few_digits, &out_of_memory)
