/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The output formats: what ends up in a file, and on a terminal. */
#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"
#include "console/output.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#define INT(v)                                                                                     \
	{                                                                                          \
		.type = CELL_INT, .i = (v)                                                         \
	}
#define REAL(v)                                                                                    \
	{                                                                                          \
		.type = CELL_REAL, .r = (v)                                                        \
	}
#define TEXT(s)                                                                                    \
	{                                                                                          \
		.type = CELL_TEXT, .n = sizeof(s) - 1, .p = (s)                                    \
	}
#define BLOB(s)                                                                                    \
	{                                                                                          \
		.type = CELL_BLOB, .n = sizeof(s) - 1, .p = (s)                                    \
	}
#define NONE                                                                                       \
	{                                                                                          \
		.type = CELL_NULL                                                                  \
	}

/* ---- Somewhere to write to: a file in memory, or a terminal ---- */

struct place {
	int fd, master; /* master -1: a file */
	struct sink *sink;
	struct output *o;
	char got[1 << 16];
};

static struct place at;

static void place_file(const char *format)
{
	at = (struct place){.master = -1, .fd = memfd_create("out", MFD_CLOEXEC)};
	at.sink = sink_new(at.fd, true, NULL);
	at.o = output_new(format_find(format), at.sink, NULL);
	CHECK(at.sink && at.o);
}

static void place_terminal(const char *format, unsigned short width)
{
	struct winsize ws = {.ws_row = 24, .ws_col = width};
	struct termios raw;

	at = (struct place){.fd = -1};
	if (openpty(&at.master, &at.fd, NULL, NULL, &ws) < 0)
		SKIP("no pseudo terminals");
	tcgetattr(at.fd, &raw);
	cfmakeraw(&raw);
	tcsetattr(at.fd, TCSANOW, &raw);
	io_nonblock(at.master, true);
	setenv("NO_COLOR", "1", 1);
	at.sink = sink_new(at.fd, true, NULL);
	at.o = output_new(format_find(format), at.sink, NULL);
	CHECK(at.sink && at.o && sink_is_tty(at.sink));
}

/* All that was written so far, NUL-terminated; the place is given up when `end`. */
static const char *got(int end)
{
	size_t n = 0;
	ssize_t r;

	if (end)
		CHECK_INT(output_end(at.o), 0);
	if (at.master < 0)
		lseek(at.fd, 0, SEEK_SET);
	while ((r = read(at.master < 0 ? at.fd : at.master, at.got + n, sizeof(at.got) - 1 - n)) >
		0)
		n += (size_t)r;
	at.got[n] = '\0';
	if (end) {
		output_free(at.o);
		sink_free(at.sink);
		io_close(at.fd);
		io_close(at.master);
	}
	return at.got;
}

static void header(const char *a, const char *b)
{
	const char *names[] = {a, b};

	CHECK_INT(output_header(at.o, names, b ? 2 : 1), 0);
}

static void row(struct cell a, struct cell b)
{
	struct cell cells[] = {a, b};

	CHECK_INT(output_row(at.o, cells), 0);
}

#define ROW(...)                                                                                   \
	do {                                                                                       \
		struct cell cells_[] = {__VA_ARGS__};                                              \
		CHECK(ARRAY_LEN(cells_) == 2);                                                     \
		row(cells_[0], cells_[1]);                                                         \
	} while (0)

static const char *const formats[] = {"table", "json", "ndjson", "csv", "tsv", "markdown"};

/* ---- Every format ---- */

TEST(empty)
{
	static const char *const want[] = {"", "[\n]\n", "", "", "", ""};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		place_file(formats[i]);
		CHECK_STR(got(1), want[i]);
	}
}

TEST(header_only)
{
	static const char *const want[] = {"host  pid\n", "[\n]\n", "", "host,pid\n", "host\tpid\n",
		"| host | pid |\n| --- | --- |\n"};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		place_file(formats[i]);
		header("host", "pid");
		CHECK_STR(got(1), want[i]);
	}
}

TEST(one_row)
{
	static const char *const want[] = {"host  pid\nweb1    1\n",
		"[\n{\"host\":\"web1\",\"pid\":1}\n]\n", "{\"host\":\"web1\",\"pid\":1}\n",
		"host,pid\nweb1,1\n", "host\tpid\nweb1\t1\n",
		"| host | pid |\n| --- | --- |\n| web1 | 1 |\n"};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		place_file(formats[i]);
		header("host", "pid");
		ROW(TEXT("web1"), INT(1));
		CHECK_STR(got(1), want[i]);
	}
}

TEST(numbers_and_nulls)
{
	static const char *const want[] = {
		"                   a    b\n-9223372036854775808\n                      0.5\n",
		"[\n{\"a\":-9223372036854775808,\"b\":null},\n{\"a\":null,\"b\":0.5}\n]\n",
		"{\"a\":-9223372036854775808,\"b\":null}\n{\"a\":null,\"b\":0.5}\n",
		"a,b\n-9223372036854775808,\n,0.5\n", "a\tb\n-9223372036854775808\t\n\t0.5\n",
		"| a | b |\n| --- | --- |\n| -9223372036854775808 |  |\n|  | 0.5 |\n"};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		place_file(formats[i]);
		header("a", "b");
		ROW(INT(INT64_MIN), NONE);
		ROW(NONE, REAL(0.5));
		CHECK_STR(got(1), want[i]);
	}
}

TEST(doubled_names)
{
	const char *names[] = {"host", "host", "x", "host", "x:1", "x"};
	struct cell cells[] = {INT(1), INT(2), INT(3), INT(4), INT(5), INT(6)};

	place_file("ndjson");
	CHECK_INT(output_header(at.o, names, 6), 0);
	CHECK_INT(output_row(at.o, cells), 0);
	CHECK_STR(got(1), "{\"host\":1,\"host:1\":2,\"x\":3,\"host:2\":4,\"x:1\":5,\"x:2\":6}\n");
}

/* ---- Hostile cells ---- */

#define EVIL                                                                                       \
	"\033]0;x\a\xc2\x9b"                                                                       \
	"1m\xe2\x80\xae"                                                                           \
	"a|b,\"<i>&\n\t\r\\"

TEST(hostile_in_a_table)
{
	for (int tty = 0; tty < 2; tty++) {
		if (tty)
			place_terminal("table", 200);
		else
			place_file("table");
		header("host", "name\n\033[2J");
		ROW(TEXT("web1"), TEXT(EVIL));
		CHECK_STR(got(1), "host  name\\n\\x1b[2J\n"
				  "web1  \\x1b]0;x\\x07\\x9b1m\\u{202e}a|b,\"<i>&\\n\\t\\r\\\n");
	}
}

TEST(hostile_in_csv)
{
	place_file("csv");
	header("host", "na\"me");
	ROW(TEXT("web1"), TEXT(EVIL));
	ROW(TEXT("=1+1"), BLOB("\xff,\n"));
	ROW(TEXT(""), TEXT("nul\0here"));
	CHECK_STR(got(1), "host,\"na\"\"me\"\n"
			  "web1,\"\033]0;x\a\xc2\x9b"
			  "1m\xe2\x80\xae"
			  "a|b,\"\"<i>&\n\t\r\\\"\n"
			  "=1+1,\"\\xff,\\n\"\n"
			  "\"\",nul\\x00here\n");
	place_terminal("csv", 80);
	header("host", "name");
	ROW(TEXT("web1"), TEXT("\033[2J\n"));
	CHECK_STR(got(1), "host,name\nweb1,\\x1b[2J\\n\n");
}

TEST(null_alone_in_csv)
{
	struct cell none = NONE;

	place_file("csv");
	header("a", NULL);
	CHECK_INT(output_row(at.o, &none), 0);
	CHECK_STR(got(1), "a\n\"\"\n");
}

TEST(hostile_in_tsv)
{
	place_file("tsv");
	header("host", "na\tme");
	ROW(TEXT("a\\b\tc\nd\re"), BLOB("\xff\\\x1b"));
	ROW(TEXT("nul\0here"), TEXT("\xc2\x9b"));
	CHECK_STR(got(1), "host\tna\\tme\n"
			  "a\\\\b\\tc\\nd\\re\t\\xff\\\\\\x1b\n"
			  "nul\\x00here\t\xc2\x9b\n");
	place_terminal("tsv", 80);
	header("host", "name");
	ROW(TEXT("w\\"), TEXT("\xc2\x9b"));
	CHECK_STR(got(1), "host\tname\nw\\\\\t\\x9b\n");
}

TEST(hostile_in_markdown)
{
	place_file("markdown");
	header("host", "a|b");
	ROW(TEXT("[x](http://evil)"), TEXT("<b>&|\n*_`~\\\033"));
	CHECK_STR(got(1),
		"| host | a\\|b |\n| --- | --- |\n"
		"| \\[x\\](http://evil) | &lt;b&gt;&amp;\\|\\\\n\\*\\_\\`\\~\\\\\\\\x1b |\n");
}

TEST(hostile_in_json)
{
	const char *line;
	json_t *tree;

	for (int tty = 0; tty < 2; tty++) {
		if (tty)
			place_terminal("ndjson", 80);
		else
			place_file("ndjson");
		header("host", "na\"me\n");
		ROW(TEXT(EVIL "\xf3\xa0\x80\x81"), BLOB("\xff\xfe"));
		line = got(1);
		CHECK(!strchr(line, '\033') && strchr(line, '\n') == line + strlen(line) - 1);
		if (tty)
			CHECK(!strstr(line, "\xc2\x9b") && !strstr(line, "\xe2\x80\xae") &&
				strstr(line, "\\udb40\\udc01"));
		tree = json_loads(line, 0, NULL);
		CHECK_STR(
			json_string_value(json_object_get(tree, "host")), EVIL "\xf3\xa0\x80\x81");
		CHECK_STR(json_string_value(
				  json_object_get(json_object_get(tree, "na\"me\n"), "b64")),
			"//4=");
		json_decref(tree);
	}
}

/* ---- Tables ---- */

TEST(table_alignment)
{
	place_file("table");
	header("host", "n");
	ROW(TEXT("日本"), INT(7));
	ROW(TEXT("web10"), INT(-100));
	ROW(TEXT("a\xcc\x81"), NONE);
	CHECK_STR(got(1), "host      n\n日本      7\nweb10  -100\na\xcc\x81\n");
}

TEST(table_mixed_column_is_left)
{
	place_file("table");
	header("n", "x");
	ROW(INT(1), INT(1));
	ROW(TEXT("long"), INT(1));
	ROW(INT(2), INT(1));
	CHECK_STR(got(1), "n     x\n1     1\nlong  1\n2     1\n");
}

TEST(table_cut_to_the_terminal)
{
	place_terminal("table", 20);
	header("host", "cmdline");
	ROW(TEXT("web1"), TEXT("/usr/sbin/nginx -g daemon"));
	ROW(TEXT("web2"), TEXT("日本語日本語日本語日本語"));
	ROW(TEXT("web3"), TEXT("short"));
	CHECK_STR(got(1), "host  cmdline\n"
			  "web1  /usr/sbin/ngi…\n"
			  "web2  日本語日本語…\n"
			  "web3  short\n");
}

/* More columns than fit: what is right of the edge is not drawn, no line is longer. */
TEST(table_of_many_columns)
{
	const char *names[40];
	struct cell cells[40];
	char line[512];
	const char *text, *end;

	for (size_t i = 0; i < 40; i++) {
		names[i] = "column";
		cells[i] = (struct cell)TEXT("some rather long value");
	}
	place_terminal("table", 80);
	CHECK_INT(output_header(at.o, names, 40), 0);
	CHECK_INT(output_row(at.o, cells), 0);
	for (text = got(1); *text; text = end + 1) {
		end = strchr(text, '\n');
		CHECK(end && (size_t)(end - text) < sizeof(line));
		memcpy(line, text, (size_t)(end - text));
		line[end - text] = '\0';
		CHECK(mbstowcs(NULL, line, 0) <= 80);
	}
}

TEST(table_numbers_are_not_shrunk)
{
	place_terminal("table", 24);
	header("cmdline", "inode");
	ROW(TEXT("/usr/sbin/nginx -g daemon"), INT(123456789012));
	CHECK_STR(got(1), "cmdline            inode\n/usr/sbin…  123456789012\n");
}

TEST(table_times_are_not_shrunk)
{
	place_terminal("table", 40);
	header("time", "question");
	ROW(TEXT("2026-11-22T10:29:08Z"), TEXT("select line from file_lines"));
	ROW(NONE, TEXT("x"));
	CHECK_STR(got(1), "time                  question\n"
			  "2026-11-22T10:29:08Z  select line from …\n"
			  "                      x\n");
	place_terminal("table", 28);
	header("text", "question");
	ROW(TEXT("2026-11-22T10:29:08Z"), TEXT("select line"));
	ROW(TEXT("2026-11-22T10:29:08 or so"), TEXT("x"));
	CHECK_STR(got(1), "text             question\n"
			  "2026-11-22T10:…  select line\n"
			  "2026-11-22T10:…  x\n");
}

TEST(table_streams_after_the_bound)
{
	const char *text;

	place_file("table");
	header("host", "n");
	for (int i = 0; i < 999; i++)
		ROW(TEXT("a"), INT(1));
	CHECK_STR(got(0), "");
	ROW(TEXT("a"), INT(1));
	ROW(TEXT("wider"), INT(1));
	ROW(TEXT("a"), INT(1));
	CHECK_INT(output_flush(at.o), 0);
	text = got(1);
	CHECK(str_starts(text, "host  n\na     1\n"));
	CHECK(str_ends(text, "a     1\nwider  1\na      1\n"));
}

TEST(table_bound_in_bytes)
{
	char *big = malloc(2 << 20);
	struct cell cell = {.type = CELL_TEXT, .n = 2 << 20, .p = big};

	memset(big, 'x', 2 << 20);
	place_file("table");
	header("host", "x");
	row((struct cell)TEXT("a"), cell);
	CHECK_INT(output_flush(at.o), 0);
	CHECK(lseek(at.fd, 0, SEEK_END) > 2 << 20);
	/* The long cell does not pad the others. */
	ROW(TEXT("b"), TEXT("y"));
	CHECK_INT(output_end(at.o), 0);
	CHECK(lseek(at.fd, 0, SEEK_END) < (2 << 20) + 100);
	got(1);
	free(big);
}

/* On a terminal people wait a second for the widths, no longer. */
TEST(table_shows_early_on_a_terminal)
{
	place_terminal("table", 80);
	header("host", "n");
	ROW(TEXT("a"), INT(1));
	CHECK_INT(output_flush(at.o), 0);
	CHECK_STR(got(0), "");
	clock_turn_mono_ms(1500);
	CHECK_INT(output_flush(at.o), 0);
	CHECK_STR(got(0), "host  n\na     1\n");
	clock_turn_mono_ms(-1500);
	got(1);
}

TEST(titles)
{
	place_file("table");
	CHECK_INT(output_title(at.o, "proc", "What\033 runs"), 0);
	header("host", NULL);
	CHECK_STR(got(1), "proc: What\\x1b runs\nhost\n");
	place_file("markdown");
	CHECK_INT(output_title(at.o, "proc", NULL), 0);
	header("host", NULL);
	CHECK_STR(got(1), "## proc\n\n| host |\n| --- |\n");
	place_file("csv");
	CHECK_INT(output_title(at.o, "proc", NULL), 0);
	CHECK_STR(got(1), "");
}

static void describe(const char *name, const char *doc)
{
	struct cell cells[] = {{.type = CELL_TEXT, .p = name, .n = (uint32_t)strlen(name)},
		{.type = CELL_TEXT, .p = doc, .n = (uint32_t)strlen(doc)}};

	CHECK_INT(output_row(at.o, cells), 0);
}

TEST(prose_goes_on)
{
	place_terminal("table", 30);
	output_prose(at.o);
	header("name", "doc");
	describe("uptime", "Whole days, since the machine was started");
	describe("a", "b");
	describe("x", "unbreakable-word-of-30-letters two");
	describe("none", "");
	CHECK_STR(got(1), "name    doc\n"
			  "uptime  Whole days, since the\n"
			  "        machine was started\n"
			  "a       b\n"
			  "x       unbreakable-word-of-30\n"
			  "        -letters two\n"
			  "none\n");
	/* Where there is no room for it, and in a file. */
	place_terminal("table", 20);
	output_prose(at.o);
	header("name", "doc");
	describe("uptime", "Whole days, since the start");
	CHECK_STR(got(1), "name    doc\nuptime  Whole days,…\n");
	place_file("table");
	output_prose(at.o);
	header("name", "doc");
	describe("uptime", "Whole days, since the start");
	CHECK_STR(got(1), "name    doc\nuptime  Whole days, since the start\n");
}

TEST(colour)
{
	place_terminal("table", 80);
	CHECK(!sink_colour(at.sink));
	sink_free(at.sink);
	output_free(at.o);
	setenv("NO_COLOR", "", 1);
	setenv("TERM", "xterm", 1);
	at.sink = sink_new(at.fd, true, NULL);
	at.o = output_new(format_find("table"), at.sink, NULL);
	header("host", NULL);
	CHECK_STR(got(1), "\033[1mhost\033[0m\n");
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	place_file("table");
	CHECK(!sink_colour(at.sink));
	got(1);
}

/* ---- Hosts with other columns ---- */

static void two_shapes(const char *format)
{
	const char *same[] = {"host", "pid"}, *other[] = {"pid", "host", "new"};
	struct cell cells[] = {INT(2), TEXT("web2"), INT(9)}, few[] = {TEXT("web3")};
	struct output_shape *shape = NULL;

	place_file(format);
	header("host", "pid");
	CHECK_INT(output_shape_new(at.o, same, 2, &shape), 0);
	CHECK(!shape);
	CHECK_INT(output_row_shaped(at.o, NULL, (struct cell[]){TEXT("web1"), INT(1)}), 0);
	CHECK_INT(output_shape_new(at.o, other, 3, &shape), 0);
	CHECK(shape);
	CHECK_INT(output_row_shaped(at.o, shape, cells), 0);
	output_shape_free(shape);
	CHECK_INT(output_shape_new(at.o, same, 1, &shape), 0);
	CHECK_INT(output_row_shaped(at.o, shape, few), 0);
	output_shape_free(shape);
}

TEST(other_columns)
{
	two_shapes("csv");
	CHECK_STR(got(1), "host,pid\nweb1,1\nweb2,2\nweb3,\n");
	two_shapes("ndjson");
	CHECK_STR(got(1), "{\"host\":\"web1\",\"pid\":1}\n"
			  "{\"pid\":2,\"host\":\"web2\",\"new\":9}\n{\"host\":\"web3\"}\n");
}

/* ---- When writing fails ---- */

TEST(full_disk)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct sink *s = sink_new(fd, false, NULL);

	CHECK_INT(sink_puts(s, "x"), 0);
	CHECK_INT(sink_flush(s), -ENOSPC);
	CHECK_INT(sink_puts(s, "x"), -ENOSPC);
	CHECK_INT(sink_end(s), -ENOSPC);
	sink_free(s);
	io_close(fd);
}

TEST(no_memory)
{
	struct cell cells[] = {TEXT("web1"), TEXT("日本")};
	const char *names[] = {"host", "name"};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		for (long n = 1;; n++) {
			int spent;

			place_file(formats[i]);
			failalloc_countdown = n;
			if (output_header(at.o, names, 2) == 0 && output_row(at.o, cells) == 0)
				(void)output_end(at.o);
			spent = failalloc_spent();
			failalloc_countdown = 0;
			output_free(at.o);
			sink_free(at.sink);
			io_close(at.fd);
			if (!spent)
				break;
		}
	}
}

static int hooked;
static void hook(int after, void *arg)
{
	(void)arg;
	hooked += after ? 100 : 1;
}

TEST(progress_line_steps_aside)
{
	place_terminal("csv", 80);
	hooked = 0;
	sink_around(at.sink, hook, NULL);
	header("host", NULL);
	CHECK_INT(hooked, 0);
	CHECK_INT(output_flush(at.o), 0);
	CHECK_INT(hooked, 101);
	got(1);
	place_file("csv");
	sink_around(at.sink, hook, NULL);
	header("host", NULL);
	got(1);
	CHECK_INT(hooked, 101);
}

TEST(formats_of_files)
{
	CHECK_STR(format_of_file("/tmp/x.ndjson")->name, "ndjson");
	CHECK_STR(format_of_file("x.ecs.ndjson")->name, "ecs");
	CHECK_STR(format_of_file("x.md")->name, "markdown");
	CHECK_STR(format_of_file(".csv.json")->name, "json");
	CHECK(!format_of_file("ndjson"));
	CHECK(!format_of_file(""));
	CHECK(!format_of_file("x.csv/y"));
	CHECK(!format_of_file("x.CSV.bak"));
}

int main(void)
{
	static const struct test *const tests[] = {&empty, &header_only, &one_row,
		&numbers_and_nulls, &doubled_names, &hostile_in_a_table, &hostile_in_csv,
		&null_alone_in_csv, &hostile_in_tsv, &hostile_in_markdown, &hostile_in_json,
		&table_alignment, &table_mixed_column_is_left, &table_cut_to_the_terminal,
		&table_of_many_columns, &table_numbers_are_not_shrunk, &table_times_are_not_shrunk,
		&table_streams_after_the_bound, &table_bound_in_bytes,
		&table_shows_early_on_a_terminal, &titles, &prose_goes_on, &colour, &other_columns,
		&full_disk, &no_memory, &progress_line_steps_aside, &formats_of_files};

	setlocale(LC_CTYPE, "C.UTF-8");
	return test_main(tests, ARRAY_LEN(tests));
}
