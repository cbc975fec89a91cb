/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one-pass reader of row lines and its slow brother by jansson, which must say the same. */
#include "tests/unit/test.h"

#include "common/json.h"
#include "common/str.h"
#include "common/wire.h"

#include <errno.h>

static struct err why;
static struct buf text, bytes; /* the line; what the tree's blobs point into */
static struct wire_rows rows, slow;
static int64_t id;

static bool same(const struct cell *a, const struct cell *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == CELL_TEXT || a->type == CELL_BLOB)
		return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
	return a->type == CELL_NULL || (a->type == CELL_INT && a->i == b->i) ||
	       memcmp(&a->r, &b->r, sizeof(a->r)) == 0;
}

/* Both readers over `text`; what the one-pass reader returned. */
static int read_both(void)
{
	json_t *tree = json_read_object(text.p, text.len, NULL);
	int r, by_tree = -EBADMSG;

	buf_done(&bytes);
	buf_init(&bytes, WIRE_REPLY_MAX);
	if (tree)
		by_tree = wire_rows_read_tree(tree, &slow, &bytes, NULL);
	err_clear(&why);
	r = wire_rows_read(text.p, text.len, &id, &rows, &why);
	CHECK(r == 1 || r == -why.code);
	CHECK(r != 1 || by_tree == 0);
	if (r == 1) {
		CHECK_INT(rows.n_rows, slow.n_rows);
		CHECK_INT(rows.n_cols, slow.n_cols);
		CHECK_INT(rows.n_cells, slow.n_cells);
		for (size_t i = 0; i < rows.n_cells; i++)
			CHECK(same(&rows.cells[i], &slow.cells[i]));
	}
	json_decref(tree);
	return r;
}

static int read_bytes(const char *p, size_t n)
{
	buf_done(&text);
	buf_init(&text, 2 * WIRE_REPLY_MAX);
	CHECK_INT(buf_add(&text, p, n), 0);
	return read_both();
}

#define READ(literal) read_bytes(literal, sizeof(literal) - 1)

static int read_line(const char *s)
{
	return read_bytes(s, strlen(s));
}

/* One row of these cells, in JSON. */
static int read_cells(const char *cells)
{
	char *s = str_printf("{\"op\":\"rows\",\"id\":1,\"rows\":[[%s]]}", cells);
	int r;

	CHECK(s);
	r = read_line(s);
	free(s);
	return r;
}

static void done(void)
{
	wire_rows_free(&rows);
	wire_rows_free(&slow);
	wire_rows_free(NULL);
	buf_done(&text);
	buf_done(&bytes);
}

static const char *refused(const char *cells, int code)
{
	CHECK_INT(read_cells(cells), -code);
	CHECK_INT(rows.n_rows, 0);
	return why.text;
}

static const char *cell_text(size_t i)
{
	static char out[200];

	CHECK(i < rows.n_cells && rows.cells[i].n < sizeof(out));
	memcpy(out, rows.cells[i].p, rows.cells[i].n);
	out[rows.cells[i].n] = '\0';
	return out;
}

TEST(rows_and_cells)
{
	CHECK_INT(read_line("{\"op\":\"rows\",\"id\":7,\"rows\":["
			    "[1,\"a\",null,1.5,{\"b64\":\"/wA=\"}],[-2,\"\",\"b\",2,null]]}"),
		1);
	CHECK_INT(id, 7);
	CHECK_INT(rows.n_rows, 2);
	CHECK_INT(rows.n_cols, 5);
	CHECK_INT(rows.cells[0].i, 1);
	CHECK_STR(cell_text(1), "a");
	CHECK_INT(rows.cells[2].type, CELL_NULL);
	CHECK(rows.cells[3].type == CELL_REAL && rows.cells[3].r == 1.5);
	CHECK(rows.cells[4].type == CELL_BLOB && rows.cells[4].n == 2);
	CHECK(memcmp(rows.cells[4].p, "\xff\0", 2) == 0);
	CHECK_INT(rows.cells[5].i, -2);
	CHECK_STR(cell_text(6), "");
	CHECK_INT(read_line("{\"op\":\"rows\",\"id\":0,\"rows\":[]}"), 1);
	CHECK_INT(rows.n_rows, 0);
	CHECK_INT(rows.n_cols, 0);
	done();
}

TEST(members_in_any_order)
{
	CHECK_INT(read_line(" { \"host\" : {\"op\":[\"x]}\",{}],\"y\":[true,false,1e5,-1]} ,"
			    "\t\"rows\" : [ [ 1 , \"a\" ] , [ 2 , { \"b64\" : \"/w==\" } ] ] ,"
			    "\"\\u006fp\":\"r\\u006Fws\" , \"id\":9007199254740992}\r\n "),
		1);
	CHECK_INT(id, WIRE_ID_MAX);
	CHECK_INT(rows.n_rows, 2);
	CHECK_STR(cell_text(1), "a");
	CHECK_INT(rows.cells[3].n, 1);
	done();
}

/* What is something else is left as it is, for jansson. */
TEST(other_messages)
{
	static const char *const all[] = {
		"{\"op\":\"done\",\"id\":1,\"rows\":1}",
		"{\"id\":1,\"rows\":[[\"\\u0041\"]],\"op\":\"columns\"}",
		"{\"id\":1,\"rows\":[[1]],\"x\":{\"op\":\"rows\"}}",
		"{\"op\":\"row\"}",
		"{\"op\":\"rowss\",\"id\":1,\"rows\":[]}",
		"{\"op\":[\"rows\"],\"id\":1,\"rows\":[]}",
		"{\"opp\":\"rows\",\"id\":1,\"rows\":[]}",
		"{}",
		"",
		"[\"op\",\"rows\"]",
		"{\"op\"",
		"{\"op\":",
		"{\"op",
		"{\"x\":\"\\",
		"garbage",
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CHECK_INT(read_line(all[i]), 0);
		CHECK_STR(buf_str(&text), all[i]);
	}
	done();
}

TEST(strings)
{
	CHECK_INT(
		read_cells("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\","
			   "\"é€😀 and sixteen bytes more of it \\u0000 é\",\"\\u0000\""),
		1);
	CHECK_STR(cell_text(0), "\"\\/\b\f\n\r\t");
	CHECK_STR(cell_text(1), "Aé€😀");
	CHECK_INT(rows.cells[2].n, strlen("é€😀 and sixteen bytes more of it ") + 1 + 3);
	CHECK_INT(rows.cells[3].n, 1);
	CHECK_INT(rows.cells[3].p[0], 0);
	done();
}

TEST(strings_refused)
{
	static const char *const wrong[] = {"\"\\x\"", "\"\\u12g4\"", "\"\\u123\"", "\"\\ud800\"",
		"\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\n\"",
		"\"\x1f\"", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
		"\"a", "\"a\\", "\"a\\u", "\"\xc3"};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		CHECK(str_starts(refused(wrong[i], EBADMSG), "not JSON: "));
	CHECK_STR(refused("\"\\ud800\"", EBADMSG), "not JSON: half a surrogate pair, near byte 30");
	CHECK_STR(refused("1,\"abc\tdef\"", EBADMSG),
		"not JSON: a control character in a string, near byte 35");
	/* A raw NUL is no exception. */
	CHECK_INT(READ("{\"op\":\"rows\",\"id\":1,\"rows\":[[\"\0\"]]}"), -EBADMSG);
	CHECK_INT(READ("{\"op\":\"rows\",\"id\":1,\"rows\":[[1\0]]}"), -EBADMSG);
	done();
}

/* Something odd is seen wherever in a string it stands. */
TEST(odd_bytes_at_every_place)
{
	for (size_t n = 1; n < 50; n++) {
		for (size_t at = 0; at < n; at++) {
			char cell[64];

			memset(cell, 'a', n + 2);
			cell[0] = cell[n + 1] = '"';
			cell[n + 2] = '\0';
			cell[1 + at] = '\x1f';
			CHECK_INT(read_cells(cell), -EBADMSG);
			cell[1 + at] = '\x80';
			CHECK_INT(read_cells(cell), -EBADMSG);
			cell[1 + at] = '\x7f';
			CHECK_INT(read_cells(cell), 1);
			if (at + 1 == n)
				continue;
			memcpy(cell + 1 + at, "\\n", 2);
			CHECK_INT(read_cells(cell), 1);
			CHECK_INT(rows.cells[0].n, n - 1);
			CHECK_INT(rows.cells[0].p[at], '\n');
			memcpy(cell + 1 + at, "é", 2);
			CHECK_INT(read_cells(cell), 1);
			CHECK_INT(rows.cells[0].n, n);
		}
	}
	done();
}

TEST(integers)
{
	CHECK_INT(
		read_cells("0,-0,9223372036854775807,-9223372036854775808,1000000000000000000"), 1);
	CHECK_INT(rows.cells[0].i, 0);
	CHECK_INT(rows.cells[1].i, 0);
	CHECK_INT(rows.cells[2].i, INT64_MAX);
	CHECK_INT(rows.cells[3].i, INT64_MIN);
	refused("9223372036854775808", EBADMSG);
	refused("-9223372036854775809", EBADMSG);
	refused("18446744073709551617", EBADMSG);
	refused("100000000000000000000", EBADMSG);
	CHECK_STR(refused("99999999999999999999999", EBADMSG),
		"not JSON: a number is out of range, near byte 29");
	done();
}

TEST(reals)
{
	CHECK_INT(read_cells("0.0,-0.0,0.1,1e22,1e23,1.5E-5,123456789012345.6,1234567890123456.7,"
			     "1.7976931348623157e308,5e-324,1e-999,0e999999999999999999999,"
			     "0.30000000000000004,4.35,1e+2,9007199254740993.0"),
		1);
	const double want[] = {0.0, -0.0, 0.1, 1e22, 1e23, 1.5e-5, 123456789012345.6,
		1234567890123456.7, 1.7976931348623157e308, 5e-324, 0, 0, 0.30000000000000004, 4.35,
		100, 9007199254740993.0};

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		CHECK_INT(rows.cells[i].type, CELL_REAL);
		CHECK(memcmp(&rows.cells[i].r, &want[i], sizeof(want[i])) == 0);
	}
	refused("1e309", EBADMSG);
	refused("-1e999999999999999999999", EBADMSG);
	done();
}

TEST(numbers_refused)
{
	static const char *const wrong[] = {"01", "-", "-a", "1.", "1.e5", ".5", "+1", "1e", "1e+",
		"0x10", "00", "-01", "1 2", "NaN", "Infinity", "1.5.5", "--1", "1-"};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		refused(wrong[i], EBADMSG);
	done();
}

TEST(cells_refused)
{
	static const char *const wrong[] = {"true", "false", "[]", "[1]", "{}", "{\"x\":\"\"}",
		"{\"b64\":1}", "{\"b64\":\"/x==\"}", "{\"b64\":\"abc\"}", "{\"b64\":\"\",\"x\":1}",
		"{\"b64\":null}", "{\"b64 \":\"\"}"};
	static const char *const malformed[] = {"nul", "nulll", "1,", ",1", "1,,2", "{\"b64\":\"\"",
		"{\"b64\"}", "{b64:\"\"}", "{\"b64\":\"\",}", "a", "{\"b64\\u0000\":\"\"}"};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		refused(wrong[i], EPROTO);
	for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
		int r = read_cells(malformed[i]);

		CHECK(r == -EBADMSG || r == -EPROTO);
	}
	CHECK_STR(refused("true", EPROTO),
		"a cell is neither a plain value nor {\"b64\":\"…\"}, near byte 29");
	CHECK_INT(read_cells("{\"b64\":\"\"},{\"b64\":\"\\u0041A==\"}"), 1);
	CHECK_INT(rows.cells[0].n, 0);
	CHECK_INT(rows.cells[1].n, 1);
	done();
}

TEST(lines_refused)
{
	static const struct {
		const char *text;
		int code;
	} all[] = {
		{"{\"op\":\"rows\",\"rows\":[[1]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1}", EPROTO},
		{"{\"op\":\"rows\",\"id\":-1,\"rows\":[[1]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1.0,\"rows\":[[1]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":\"1\",\"rows\":[[1]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":null,\"rows\":[[1]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":9007199254740993,\"rows\":[[1]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":{}}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[1]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1],[]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1],[1,2]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1,2],[1]]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1],2]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"rows\":[[1]]}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"id\":1,\"rows\":[[1]]}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"op\":\"done\"}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]]}x", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]]", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]]]", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1],]}", EPROTO},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1] [2]]}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"x\":}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"x\":[1,]}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"x\":{\"y\"}}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"x\":truE}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"x\":\"\xff\"}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"x\":1e999}", EBADMSG},
		{"{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"x\\u0000\":1}", EBADMSG},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CHECK_INT(read_line(all[i].text), -all[i].code);
		CHECK_INT(why.code, all[i].code);
	}
	CHECK_STR(why.text, "not JSON: a NUL in a member's name, near byte 33");
	CHECK_INT(wire_rows_read(text.p, text.len, &id, &rows, NULL), -EBADMSG);
	done();
}

/* Every beginning of a good line is refused, and nothing behind its end is looked at. */
TEST(cut_lines)
{
	static const char whole[] =
		"{\"op\":\"rows\",\"id\":1,\"rows\":[[1,\"a\\u00e9\xc3\xa9\",null,"
		"-1.5e3,{\"b64\":\"/w==\"}]],\"x\":[{\"y\":true}]}";

	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		char *cut = malloc(n + 1);

		CHECK(cut);
		memcpy(cut, whole, n);
		CHECK(wire_rows_read(cut, n, &id, &rows, &why) <= 0);
		free(cut);
	}
	CHECK_INT(read_line(whole), 1);
	done();
}

/* A line whose unknown member is `depth` deep, the line itself counted. */
static int read_nested(size_t depth)
{
	char line[200];
	int n = snprintf(line, sizeof(line), "{\"op\":\"rows\",\"id\":1,\"rows\":[[1]],\"x\":");

	memset(line + n, '[', depth - 1);
	memset(line + (size_t)n + depth - 1, ']', depth - 1);
	memcpy(line + (size_t)n + 2 * (depth - 1), "}", 2);
	return read_line(line);
}

TEST(nesting_at_its_edge)
{
	CHECK_INT(read_nested(JSON_DEPTH_MAX), 1);
	CHECK_INT(read_nested(JSON_DEPTH_MAX + 1), -EMLINK);
	done();
}

static int read_wide(size_t n_cells)
{
	buf_done(&text);
	buf_init(&text, WIRE_REPLY_MAX);
	CHECK_INT(wire_rows_begin(&text, 1), 0);
	for (size_t row = 0; row < 2; row++) {
		CHECK_INT(wire_row_begin(&text, row), 0);
		for (size_t i = 0; i < n_cells; i++)
			CHECK_INT(wire_put_cell(&text, i, &(struct cell){.type = CELL_NULL}), 0);
		CHECK_INT(wire_row_end(&text), 0);
	}
	CHECK_INT(wire_rows_end(&text), 0);
	buf_cut(&text, text.len - 1);
	return read_both();
}

TEST(columns_at_their_edge)
{
	CHECK_INT(read_wide(WIRE_COLUMNS_MAX), 1);
	CHECK_INT(rows.n_cols, WIRE_COLUMNS_MAX);
	CHECK_INT(read_wide(WIRE_COLUMNS_MAX + 1), -EPROTO);
	CHECK_STR(why.text, "a row with too many cells, near byte 29");
	done();
}

TEST(line_at_its_edge)
{
	buf_init(&text, WIRE_REPLY_MAX + 1);
	CHECK_INT(buf_puts(&text, "{\"op\":\"rows\",\"id\":1,\"rows\":[[1"), 0);
	while (text.len < WIRE_REPLY_MAX - 7)
		CHECK_INT(buf_puts(&text, "],[1"), 0);
	CHECK_INT(buf_puts(&text, "]]}"), 0);
	CHECK_INT(buf_fill(&text, ' ', WIRE_REPLY_MAX - text.len), 0);
	CHECK_INT(read_both(), 1);
	CHECK(rows.n_rows > 260000);
	CHECK_INT(buf_putc(&text, ' '), 0);
	CHECK_INT(read_both(), -EMSGSIZE);
	done();
}

/* Written by the agent's side, a line fills up and takes back the row that does not fit. */
TEST(written_and_read)
{
	const struct cell cells[] = {
		{.type = CELL_INT, .i = INT64_MIN},
		{.type = CELL_REAL, .r = 0.1},
		{.type = CELL_NULL},
		{.type = CELL_TEXT, .n = 10, .p = "a\0\"\n\\/\x7f\x1b\xc3\xa9"},
		{.type = CELL_BLOB, .n = 3, .p = "\0\xff\x80"},
		{.type = CELL_TEXT, .n = 0},
	};
	size_t n = 0;

	buf_init(&text, 4096);
	CHECK_INT(wire_rows_begin(&text, 1), 0);
	for (int r = 0; r == 0; n++) {
		size_t before = text.len;

		r = wire_row_begin(&text, n);
		for (size_t i = 0; i < ARRAY_LEN(cells) && r == 0; i++)
			r = wire_put_cell(&text, i, &cells[i]);
		if (r == 0)
			r = wire_row_end(&text);
		if (r < 0) {
			CHECK_INT(r, -EMSGSIZE);
			buf_cut(&text, before);
			break;
		}
	}
	text.max += 10;
	CHECK_INT(wire_rows_end(&text), 0);
	CHECK_INT(text.p[text.len - 1], '\n');
	buf_cut(&text, text.len - 1);
	CHECK_INT(read_both(), 1);
	CHECK_INT(rows.n_rows, n);
	CHECK(n > 40);
	for (size_t i = 0; i < rows.n_cells; i++)
		CHECK(same(&rows.cells[i], &cells[i % ARRAY_LEN(cells)]));
	done();
}

TEST(out_of_memory)
{
	long n = 0;
	int r;

	do {
		failalloc_countdown = 0;
		wire_rows_free(&rows);
		buf_done(&text);
		buf_init(&text, 1000);
		CHECK_INT(buf_puts(&text, "{\"op\":\"rows\",\"id\":1,\"rows\":["
					  "[1,2,3,4,5,6,7,8,9,10],[1,2,3,4,5,6,7,8,9,10]]}"),
			0);
		failalloc_countdown = ++n;
		r = wire_rows_read(text.p, text.len, &id, &rows, &why);
		CHECK_INT(r, failalloc_spent() ? -ENOMEM : 1);
	} while (failalloc_spent());
	CHECK(n > 2);

	const char line[] = "{\"rows\":[[{\"b64\":\"/w==\"}]]}";
	json_t *tree = json_read_object(line, sizeof(line) - 1, &why);

	CHECK(tree);
	buf_init(&bytes, 100);
	for (n = 1, r = -1; r < 0; n++) {
		failalloc_countdown = n;
		r = wire_rows_read_tree(tree, &slow, &bytes, &why);
		CHECK_INT(r, failalloc_spent() ? -ENOMEM : 0);
	}
	CHECK_INT(n, 4);
	json_decref(tree);
	done();
}

TEST_MAIN(&rows_and_cells, &members_in_any_order, &other_messages, &strings, &strings_refused,
	&odd_bytes_at_every_place, &integers, &reals, &numbers_refused, &cells_refused,
	&lines_refused, &cut_lines, &nesting_at_its_edge, &columns_at_their_edge, &line_at_its_edge,
	&written_and_read, &out_of_memory)
