/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/functions.h"
#include "tests/unit/test.h"

#include "common/str.h"

#include <time.h>

static sqlite3 *db;
static char answer[1 << 16];

/* The one value that the expression gives, an error as "error: …". */
static const char *value(const char *expression)
{
	char *sql = sqlite3_mprintf("select %s", expression);
	sqlite3_stmt *stmt = NULL;
	const char *text;

	if (!db) {
		CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
		sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 20);
		CHECK_INT(functions_register(db), SQLITE_OK);
	}
	CHECK(sql);
	answer[0] = '\0';
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
		sqlite3_step(stmt) != SQLITE_ROW) {
		snprintf(answer, sizeof(answer), "error: %s", sqlite3_errmsg(db));
	} else {
		text = (const char *)sqlite3_column_text(stmt, 0);
		snprintf(answer, sizeof(answer), "%s", text ? text : "NULL");
	}
	sqlite3_finalize(stmt);
	sqlite3_free(sql);
	return answer;
}

#define IS(expression, want)                                                                       \
	do {                                                                                       \
		const char *v_ = value(expression);                                                \
		if (strcmp(v_, want))                                                              \
			FAIL("%s is %.200s, not %s", expression, v_, want);                        \
	} while (0)

TEST(checksums)
{
	IS("md5('')", "d41d8cd98f00b204e9800998ecf8427e");
	IS("md5('abc')", "900150983cd24fb0d6963f7d28e17f72");
	IS("sha1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d");
	IS("sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	IS("sha256(x'616263') = sha256('abc')", "1");
	IS("sha1(12) = sha1('12')", "1");
	/* All of the bytes, whatever they are. */
	IS("md5(x'6100') = md5('a')", "0");
	IS("md5(null)", "NULL");
	IS("sha1(null)", "NULL");
	IS("sha256(null)", "NULL");
}

TEST(base64)
{
	IS("to_base64('CPU0')", "Q1BVMA==");
	IS("to_base64('')", "");
	IS("to_base64(null)", "NULL");
	IS("to_base64(x'00ff')", "AP8=");
	IS("from_base64('Q1BVMA==')", "CPU0");
	IS("from_base64('Q1BVMA')", "CPU0");
	IS("from_base64(' Q1BV\r\n MA==')", "CPU0");
	IS("hex(from_base64('AP8='))", "00FF");
	IS("from_base64('Q1BVM')", "");
	IS("from_base64('Q1!VMA==')", "");
	IS("from_base64('====')", "");
	IS("from_base64('')", "");
	IS("from_base64(null)", "NULL");
	IS("from_base64(to_base64('x')) = 'x'", "1");
	IS("conditional_to_base64('plain text')", "plain text");
	IS("conditional_to_base64('caf\xc3\xa9')", "Y2Fmw6k=");
	IS("conditional_to_base64(char(9))", "CQ==");
	IS("conditional_to_base64(char(127))", "fw==");
	IS("conditional_to_base64('~ ')", "~ ");
	IS("conditional_to_base64(null)", "NULL");
	/* The limit of a value holds for what comes out, too. */
	IS("to_base64(zeroblob(900000))", "error: string or blob too big");
	IS("length(to_base64(zeroblob(786432)))", "1048576");
}

TEST(community_ids)
{
	/* Of the specification's examples. */
	IS("community_id_v1('66.35.250.204', '128.232.110.120', 80, 34855, 6)",
		"1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	IS("community_id_v1('128.232.110.120', '66.35.250.204', 34855, 80, 6)",
		"1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	IS("community_id_v1('66.35.250.204', '2001:0:3238:DFE1:63::FEFB', 80, 2347, 6)",
		"1:rxU6O+b2d9kbSWjRmVDoBbowx6g=");
	IS("community_id_v1('66.35.250.204', '2001:0:3238:DFE1:63::FEFB', 80, 2347, 6, 37)",
		"1:jmJ2ORP31di4mtsQPIKzyoEb3yo=");
	IS("community_id_v1('1.2.3.4', '1.2.3.4', '80', 81, 17) = "
	   "community_id_v1('1.2.3.4', '1.2.3.4', 81, 80, 17)",
		"1");
	IS("community_id_v1('', '1.2.3.4', 80, 81, 6)", "NULL");
	IS("community_id_v1(null, '1.2.3.4', 80, 81, 6)", "NULL");
	IS("community_id_v1('1.2.3.4', '1.2.3.4', 80, 65536, 6)", "NULL");
	IS("community_id_v1('1.2.3.4', '1.2.3.4', -1, 1, 6)", "NULL");
	IS("community_id_v1('1.2.3.4', '1.2.3.4', 80, null, 6)", "NULL");
	IS("community_id_v1('1.2.3.4', '1.2.3.4', 80, 1, 256)", "NULL");
	IS("community_id_v1('1.2.3.4', '1.2.3.4', 80, 1, 6, 65536)", "NULL");
	IS("community_id_v1('1.2.3.4', '1.2.3.4', 80, 1, 6, 'x')", "NULL");
	IS("community_id_v1_strict('x', '1.2.3.4', 80, 81, 6)",
		"error: community_id_v1: the source is no address with a port");
	IS("community_id_v1_strict('1.2.3.4', '1.2.3.4', 80, 'http', 6)",
		"error: community_id_v1: the destination is no address with a port");
	IS("community_id_v1_strict('1.2.3.4', '1.2.3.4', 80, 80, 'tcp')",
		"error: community_id_v1: the protocol is no number up to 255");
	IS("community_id_v1_strict('1.2.3.4', '1.2.3.4', 80, 80, 6, -1)",
		"error: community_id_v1: the seed is no number up to 65535");
}

TEST(mathematics)
{
	IS("round(log(107372805120), 6)", "25.399573");
	IS("round(log10(107372805120), 6)", "11.030894");
	IS("round(sqrt(107372805120), 4)", "327677.8984");
	IS("power(2, 10)", "1024.0");
	IS("round(pi(), 6)", "3.141593");
	IS("ceil(1.2)", "2");
	IS("floor(-1.2)", "-2");
	IS("ceil(7)", "7");
	IS("floor('7.9')", "7");
	IS("ceil(9223372036854775807)", "9223372036854775807");
	IS("floor(1e300)", "1.0e+300");
	IS("round(sin(30), 6)", "-0.988032");
	IS("round(cos(30), 6)", "0.154251");
	IS("round(tan(30), 6)", "-6.405331");
	IS("round(cot(30), 6)", "-0.15612");
	IS("round(asin(.5), 6)", "0.523599");
	IS("round(acos(.5), 6)", "1.047198");
	IS("round(atan(.5), 6)", "0.463648");
	IS("round(radians(60), 6)", "1.047198");
	IS("round(degrees(1.3), 6)", "74.484513");
	IS("round(exp(1), 6)", "2.718282");
	IS("sqrt(-1)", "NULL");
	IS("log(-1)", "NULL");
	IS("sqrt(null)", "NULL");
	IS("power(null, 2)", "NULL");
	IS("power(2, null)", "NULL");
	IS("ceil(null)", "NULL");
	IS("floor(null)", "NULL");
	IS("sqrt('four')", "0.0");
}

TEST(networks)
{
	IS("in_cidr_block('10.0.0.0/26', '10.0.0.24')", "1");
	IS("in_cidr_block('10.0.0.0/26', '10.0.0.64')", "0");
	IS("in_cidr_block('10.0.0.0/26', '10.0.0.0')", "1");
	IS("in_cidr_block('10.0.0.77/26', '10.0.0.127')", "1");
	IS("in_cidr_block('0.0.0.0/0', '255.255.255.255')", "1");
	IS("in_cidr_block('1.2.3.4/32', '1.2.3.4')", "1");
	IS("in_cidr_block('1.2.3.4', '1.2.3.5')", "0");
	IS("in_cidr_block('1.2.3.4/31', '1.2.3.5')", "1");
	IS("in_cidr_block('2001:db8::/48', '2001:db8:0:ffff:ffff:ffff:ffff:ffff')", "1");
	IS("in_cidr_block('2001:db8::/48', '2001:db8:1::')", "0");
	IS("in_cidr_block('::/0', '::1')", "1");
	IS("in_cidr_block('::/0', '1.2.3.4')", "0");
	IS("in_cidr_block('10.0.0.0/8', '::1')", "0");
	IS("in_cidr_block('10.0.0.0/8', '::ffff:10.1.2.3')", "1");
	IS("in_cidr_block('10.0.0.0/8', '')", "NULL");
	IS("in_cidr_block('10.0.0.0/8', 'localhost')", "NULL");
	IS("in_cidr_block('10.0.0.0/8', null)", "NULL");
	IS("in_cidr_block(null, '1.2.3.4')", "NULL");
#define NO_BLOCK "error: in_cidr_block: the first argument is no block such as 10.0.0.0/8"
	IS("in_cidr_block('10.0.0.0/33', '1.2.3.4')", NO_BLOCK);
	IS("in_cidr_block('10.0.0.0/', '1.2.3.4')", NO_BLOCK);
	IS("in_cidr_block('10.0.0.0/-1', '1.2.3.4')", NO_BLOCK);
	IS("in_cidr_block('10.0.0/8', '1.2.3.4')", NO_BLOCK);
	IS("in_cidr_block('', '1.2.3.4')", NO_BLOCK);
	IS("in_cidr_block('::/129', '::1')", NO_BLOCK);
	IS("in_cidr_block(hex(zeroblob(5000)), '::1')", NO_BLOCK);
	IS("inet_aton('1.0.1.5')", "16777477");
	IS("inet_aton('255.255.255.255')", "4294967295");
	IS("inet_aton('::1')", "NULL");
	IS("inet_aton('')", "NULL");
	IS("inet_aton(null)", "NULL");
}

TEST(splitting)
{
	IS("split('192.168.0.1', '.', 1)", "168");
	IS("split('192.168.0.1', '.0', 0)", "192");
	IS("split('192.168.0.1', '.0', 2)", "1");
	IS("split(1001, 1, 0)", "00");
	IS("split(' a , b ', ',', 1)", "b");
	IS("split('a, ,b', ',', 1)", "");
	IS("split('a,b', ',', 2)", "NULL");
	IS("split('a,b', ',', -1)", "NULL");
	IS("split('', ',', 0)", "NULL");
	IS("split(',,,', ',', 0)", "NULL");
	IS("split('a', '', 0)", "error: split: no delimiters");
	IS("split(null, ',', 0)", "NULL");
	IS("split('a', null, 0)", "NULL");
	IS("split('a', ',', null)", "NULL");
	IS("split('a,b', ',', 9223372036854775807)", "NULL");
}

/* The same as SQLite's own, but for the time they take. */
TEST(searching)
{
	static const char *const same[] = {"instr('abcabc', 'ca')", "instr('abc', 'x')",
		"instr('abc', '')", "instr('', '')", "instr('', 'a')", "instr('h\xc3\xa9llo', 'l')",
		"instr(x'6868c3a96c', x'6c')", "instr(x'6868c3a96c', 'l')", "instr(x'00', x'')",
		"instr(12345, 34)", "instr(null, 'a')", "instr('a', null)",
		"replace('aXbXc', 'X', '--')", "replace('aaaa', 'aa', 'a')",
		"replace('abc', '', 'x')", "replace('', 'a', 'x')", "replace('abc', 'b', '')",
		"replace('abc', 'abc', '')", "replace(1234, 23, 'x')", "replace(null, 'a', 'b')",
		"replace('a', null, 'b')", "replace('a', 'a', null)", "trim('  a b  ')",
		"ltrim('  a ')", "rtrim('  a ')", "trim('xyaxbyx', 'xy')", "ltrim('xyaxy', 'xy')",
		"rtrim('xyaxy', 'xy')", "trim('xxx', 'x')", "trim('')", "trim('abc', '')",
		"trim('\xc3\xa9t\xc3\xa9', '\xc3\xa9')", "rtrim('e\xcc\x81', '\xc3\x81')",
		"trim(char(9) || 'a ')", "trim(null)", "trim('a', null)", "trim(null, 'a')",
		"hex(trim(x'ff61ff', x'ff'))", "trim(1231, 1)"};
	sqlite3 *plain;

	value("1");
	CHECK_INT(sqlite3_open(":memory:", &plain), SQLITE_OK);
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		sqlite3 *ours = db;
		char *want;

		db = plain;
		want = sqlite3_mprintf("%s", value(same[i]));
		db = ours;
		IS(same[i], want);
		sqlite3_free(want);
	}
	sqlite3_close(plain);
	IS("replace(hex(zeroblob(100000)), '0', '0123456789')", "error: string or blob too big");
}

/* Minutes to hours where the time is the product of the lengths. */
TEST(searching_takes_no_time)
{
	clock_t start = clock();

	IS("instr(zeroblob(1000000), cast(zeroblob(500000) || 'x' as blob))", "0");
	IS("length(replace(hex(zeroblob(500000)), hex(zeroblob(250000)) || '1', 'x'))", "1000000");
	IS("length(trim(hex(zeroblob(500000)), '123456789abcdef'))", "1000000");
	IS("(with recursive c(x) as (select 1000 union all select x + 1 from c limit 128) "
	   "select length(trim(replace(hex(zeroblob(200000)), '0', char(1127)), "
	   "group_concat(char(x), ''))) from c)",
		"0");
	IS("(with recursive c(x) as (select 1000 union all select x + 1 from c limit 129) "
	   "select trim('x', group_concat(char(x), '')) from c)",
		"error: trim: too many characters");
	CHECK((clock() - start) / CLOCKS_PER_SEC < 20);
}

TEST(concatenating)
{
	IS("concat('hello', null, ' ', 'world')", "hello world");
	IS("concat(1, 2.5)", "12.5");
	IS("concat(null)", "");
	IS("concat()", "NULL");
	IS("concat_ws(' ', 'hello', null, 'world')", "hello world");
	IS("concat_ws(',', 'a', null)", "a");
	IS("concat_ws(',', null, 'a')", "a");
	IS("concat_ws(',', '', '')", ",");
	IS("concat_ws(null, 'a', 'b')", "ab");
	IS("concat_ws(',')", "NULL");
	IS("concat_ws()", "error: concat_ws: no separator");
	IS("parent_directory('/etc/ssh/sshd_config')", "/etc/ssh");
	IS("parent_directory('/etc')", "");
	IS("parent_directory('/etc/')", "/etc");
	IS("parent_directory('name')", "NULL");
	IS("parent_directory(null)", "NULL");
	IS("length(concat(x'610062', x'00'))", "1");
	IS("hex(concat(x'610062', x'00'))", "61006200");
	IS("concat(zeroblob(1000000), zeroblob(1000000))", "error: string or blob too big");
}

TEST(regular_expressions)
{
	IS("regex_match('hello world. Goodbye', '(\\w+) \\w+', 0)", "hello world");
	IS("regex_match('hello world. Goodbye', '(\\w+) \\w+', 1)", "hello");
	IS("regex_match('hello world. Goodbye', '(\\w+) \\w+', 2)", "NULL");
	IS("regex_match('hello', 'x', 0)", "NULL");
	IS("regex_match('ab', '(a)|(b)', 2)", "");
	IS("regex_match('ab', 'a', -1)", "NULL");
	IS("regex_match('foobar', 'foo(?=bar)', 0)", "foo");
	IS("regex_match('a1b22', '\\d{2,}', 0)", "22");
	IS("regex_match(x'61ff62', '[^a-z]', 0) = x'ff'", "0"); /* text, not blob */
	IS("hex(regex_match(x'61ff62', '[^a-z]', 0))", "FF");
	IS("hex(regex_match(x'610062', '.b', 0))", "0062");
	IS("regex_match(12345, '3', 0)", "3");
	IS("regex_match('a' || char(10), 'a$', 0)", "NULL");
	IS("regex_match(null, 'a', 0)", "NULL");
	IS("regex_match('a', null, 0)", "NULL");
	IS("regex_match('a', 'a', null)", "NULL");
	IS("'/tmp/x' regexp '^/tmp/'", "1");
	IS("'/var/tmp/x' regexp '^/tmp/'", "0");
	IS("'ABC' regexp '(?i)b'", "1");
	IS("null regexp 'a'", "NULL");
	IS("'a' regexp null", "NULL");
	IS("'' regexp ''", "1");
	IS("(select group_concat(v regexp p) from (select 'a' v, 'a' p union all "
	   "select 'a', 'b' union all select 'b', 'b'))",
		"1,0,1");
}

TEST(splitting_by_regular_expressions)
{
	IS("regex_split('192.168.0.1', '\\.', 1)", "168");
	IS("regex_split('192.168.0.1', '\\.0', 0)", "192.168");
	IS("regex_split('192.168.0.1', '\\.0', 1)", ".1");
	IS("regex_split('1001', '[1-5]', 0)", "");
	IS("regex_split('1001', '[1-5]', 1)", "00");
	IS("regex_split('1001', '[1-5]', 2)", "NULL");
	IS("regex_split('abc', 'x', 0)", "abc");
	IS("regex_split('abc', 'x', 1)", "NULL");
	IS("regex_split('abc', 'x*', 0)", "");
	IS("regex_split('abc', 'x*', 1)", "a");
	IS("regex_split('abc', 'x*', 3)", "c");
	IS("regex_split('abc', 'x*', 4)", "NULL");
	IS("regex_split('', 'x', 0)", "");
	IS("regex_split('', 'x', 1)", "NULL");
	IS("regex_split('a,b', ',', -1)", "NULL");
	IS("regex_split('a,b', '', 0)", "error: regex_split: the pattern is empty");
	IS("regex_split(null, ',', 0)", "NULL");
	IS("regex_split('a', null, 0)", "NULL");
	IS("regex_split('a', ',', null)", "NULL");
	IS("regex_split('aXbXc', 'x(?i)|X', 2)", "c");
}

TEST(hostile_patterns)
{
	clock_t start = clock();

	IS("'a' regexp '('", "error: regular expression, at character 1: missing closing "
			     "parenthesis");
	IS("'a' regexp '*'", "error: regular expression, at character 0: quantifier does not "
			     "follow a repeatable item");
	IS("'a' regexp hex(zeroblob(3000))", "error: regular expression, at character 0: pattern "
					     "string is longer than the limit set by the "
					     "application");
	IS("hex(zeroblob(2000)) || 'x' regexp '(0+)+$'",
		"error: regular expression: it takes too many steps");
	IS("hex(zeroblob(400000)) regexp '(?:0|00)*[12]'",
		"error: regular expression: it takes too many steps");
	IS("regex_match(hex(zeroblob(2000)), '(0+)+[xy]', 0)",
		"error: regular expression: it takes too many steps");
	IS("regex_split(hex(zeroblob(2000)), '(0+)+[xy]', 0)",
		"error: regular expression: it takes too many steps");
	IS("'aaa' regexp '((((a{1000}){1000}){1000}){1000})'",
		"error: regular expression, at character 33: regular expression is too large");
	IS("'x' regexp '(*LIMIT_MATCH=100000000)(x+)+y'", "0");
	CHECK(str_starts(value("'x' regexp '(*UTF)x'"), "error: "));
	CHECK(str_starts(value("'x' regexp '\\C'"), "error: "));
	CHECK((clock() - start) / CLOCKS_PER_SEC < 20);
}

TEST(versions)
{
	IS("version_compare('1.0', '1.0')", "0");
	IS("version_compare('50.4.1b', '50.4.1c')", "-1");
	IS("version_compare('1.10', '1.9')", "1");
	IS("version_compare('1.9', '1.10')", "-1");
	IS("version_compare('2.0', '1.10')", "1");
	IS("version_compare('20.10a', '20.102')", "1");
	IS("version_compare('1.0', '1.0.1')", "-1");
	IS("version_compare('', '1')", "-1");
	IS("version_compare('1', '')", "1");
	IS("version_compare('', '')", "0");
	IS("version_compare('4:1.1.0', '4:1.1.0-3', 'ARCH')", "0");
	IS("version_compare('1:1.2.13-2', '4.2.1', 'ARCH')", "1");
	IS("version_compare('1:1.2.13-2', '4.2.1')", "-1");
	IS("version_compare('2-2pre', '2-2rc', 'ARCH')", "-1");
	IS("version_compare('22.07.5-2ubuntu1.3', '22.07.5-2ubuntu1.4', 'DPKG')", "-1");
	IS("version_compare('2:8.2.3995-1ubuntu2.9', '2:8.2.3995-1ubuntu2.3', 'dpkg')", "1");
	IS("version_compare('1.0~rc1', '1.0-rc1', 'DPKG')", "-1");
	IS("version_compare('1.0.0~rc2^2021', '1.0.0', 'RHEL')", "-1");
	IS("version_compare('1.0.0', '1.0.0~rc2', 'RHEL')", "1");
	IS("version_compare('1.1.0~BETA2', '1.1.0~CR1', 'RHEL')", "-1");
	IS("version_compare('1.0^git1', '1.0', 'RHEL')", "1");
	IS("version_compare('1', '2', null)", "-1");
	IS("version_compare('1', '2', '')", "-1");
	IS("version_compare(null, '2')", "NULL");
	IS("version_compare('1', null)", "NULL");
	IS("version_compare('1', '2', 'SUSE')",
		"error: version_compare: the flavors are ARCH, DPKG and RHEL");
	IS("'50.4.1b' < '50.4.1c' collate version", "1");
	IS("'4:2' = '4:2-1' collate version_arch", "1");
	IS("'1:2.0-10' = '1:2.0-10' collate version_dpkg", "1");
	IS("'0.5.0~rc1^202' = '0.5.0~rc1^202' collate version_rhel", "1");
	IS("(select group_concat(v) from (select v from (select '1.10' v union select '1.9' union "
	   "select '1.2') order by v collate version))",
		"1.2,1.9,1.10");
}

TEST(out_of_memory)
{
	static const char *const calls[] = {"to_base64('abc')", "from_base64('YWJj')",
		"community_id_v1('1.2.3.4', '1.2.3.4', 80, 81, 6)"};

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		char *want = sqlite3_mprintf("%s", value(calls[i]));
		bool failed = false;

		for (long n = 1; n < 100; n++) {
			failalloc_countdown = n;
			value(calls[i]);
			if (!failalloc_spent())
				break;
			CHECK(!strcmp(answer, want) || !strcmp(answer, "error: out of memory"));
			failed |= !strcmp(answer, "error: out of memory");
		}
		failalloc_countdown = 0;
		sqlite3_free(want);
		CHECK(failed);
	}
	sqlite3_close(db);
	db = NULL;
}

TEST_MAIN(&checksums, &base64, &community_ids, &mathematics, &networks, &splitting, &searching,
	&searching_takes_no_time, &concatenating, &regular_expressions,
	&splitting_by_regular_expressions, &hostile_patterns, &versions, &out_of_memory)
