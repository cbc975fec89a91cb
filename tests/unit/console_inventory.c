/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/inventory.h"

#include "console/fleet/hostname.h"
#include "console/fleet/literal.h"

/* ---- INI ---- */

TEST(ini_hosts_and_groups)
{
	CHECK_INT(load("; comment\n# another \xff\n\n lonely \r\n"
		       "[web]  # who serves\nweb1\nweb2 # two\nlonely2\n"
		       "[east:children]\nweb\n[west]\nweb2\n[empty]\n"
		       "[ungrouped]\nlonely2\nlonely3"),
		0);
	CHECK_STR(hosts(), "lonely web1 web2 lonely2 lonely3");
	CHECK_STR(json_of("all", "children"), "[\"ungrouped\",\"east\",\"west\",\"empty\"]");
	CHECK_STR(json_of("web", "hosts"), "[\"web1\",\"web2\",\"lonely2\"]");
	CHECK_STR(json_of("west", "hosts"), "[\"web2\"]");
	/* In no other group. */
	CHECK_STR(json_of("ungrouped", "hosts"), "[\"lonely\",\"lonely3\"]");
	CHECK_STR(json_of("empty", NULL), "-");
	CHECK_STR(json_of("all", "hosts"), "-");
	CHECK_STR(json_of("_meta", "hostvars"), "{}");
}

TEST(precedence_of_variables)
{
	CHECK_INT(load("h v=host\ng\n"
		       "[all:vars]\nv=all\nw=all\nx=all\ny=all\nz=all\n"
		       "[child]\nh\ng\n[aunt]\nh\n[zeta]\nh\n"
		       "[parent:children]\nchild\n"
		       "[parent:vars]\nw=parent\nx=parent\n"
		       "[child:vars]\nx=child\n"
		       "[aunt:vars]\ny=aunt\nz=aunt\nx=aunt\n[zeta:vars]\ny=zeta\nz=zeta\n"),
		0);
	CHECK_STR(var("h", "v"), "host");
	CHECK_STR(var("g", "v"), "all");
	CHECK_STR(var("h", "w"), "parent");
	/* The deeper group, then the name that sorts later. */
	CHECK_STR(var("h", "x"), "child");
	CHECK_STR(var("h", "y"), "zeta");
	CHECK(!var("h", "nothing"));
	CHECK_STR(json_of("_meta", "hostvars"), "{\"g\":{\"v\":\"all\",\"w\":\"parent\",\"x\":"
						"\"child\",\"y\":\"all\",\"z\":\"all\"},"
						"\"h\":{\"v\":\"host\",\"w\":\"parent\",\"x\":"
						"\"child\",\"y\":\"zeta\",\"z\":\"zeta\"}}");
	CHECK_INT(add("[aunt:vars]\nansible_group_priority=10\n"), 0);
	CHECK_STR(var("h", "y"), "aunt");
	CHECK(!var("h", "ansible_group_priority"));
}

TEST(depth_is_the_longest_way)
{
	CHECK_INT(load("[low]\nh\n[low:vars]\nv=low\n[mid:children]\nlow\n[mid:vars]\nv=mid\n"
		       "[top:children]\nmid\nlow\n[other]\nh\n[other:vars]\nv=other\n"),
		0);
	CHECK_STR(var("h", "v"), "low");
}

TEST(groups_before_they_are_declared)
{
	CHECK_INT(load("[a:children]\nb\nc\n[x:children]\nb\n[c]\n[b:children]\nd\n[d]\nh\n"), 0);
	/* Ansible adds them when it meets them. */
	CHECK_STR(json_of("a", "children"), "[\"c\",\"b\"]");
	CHECK_STR(json_of("x", "children"), "[\"b\"]");
	CHECK_INT(load("[v:vars]\nx=1\n[v]\nh\n"), 0);
	CHECK_STR(var("h", "x"), "1");
	/* An earlier source declares as well. */
	CHECK_INT(add("[v:vars]\nx=2\n[w:children]\nv\n"), 0);
	CHECK_STR(var("h", "x"), "2");
}

TEST(quoting_of_host_lines)
{
	static const struct {
		const char *line, *name, *value;
	} all[] = {
		{"h v=plain", "h", "plain"},
		{"h\tv='two words'", "h", "two words"},
		{"h v=\"two words\"", "h", "two words"},
		{"h 'v=two words'", "h", "two words"},
		{"h v=a\\ b", "h", "a b"},
		{"h v=a'b'\"c\"d", "h", "abcd"},
		{"h v='a\\b'", "h", "a\\b"},
		{"h v=\"a\\\"b\\\\c\\d\"", "h", "a\"b\\c\\d"},
		{"h v=a#b", "h", "a"},
		{"h v='a#b' # c", "h", "a#b"},
		{"h v=a\\#b", "h", "a#b"},
		{"h v=", "h", ""},
		{"h v=''", "h", ""},
		{"h v=a=b", "h", "a=b"},
		{"'two words' v=1", "two words", "1"},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CHECK_INT(load(all[i].line), 0);
		CHECK_STR(hosts(), all[i].name);
		CHECK_STR(var(all[i].name, "v"), all[i].value);
	}
	CHECK_INT(load("h\n[all:vars]\n a = b c # no comment \nq = \"x\"\n"), 0);
	CHECK_STR(var("h", "a"), "b c # no comment");
	CHECK_STR(var("h", "q"), "x");
}

TEST(names_ports_and_ranges)
{
	CHECK_INT(load("web[08:10]\nx[a:c]y\nn[1:7:3]\n[::1]:2222\nfe80::1\nmail:25 "
		       "p=1\n10.0.0.[1:2]\n"
		       "r[1:2]-[y:z]\n2001:db8::[a:b]\nq[:1]\n"),
		0);
	CHECK_STR(hosts(), "web08 web09 web10 xay xby xcy n1 n4 n7 ::1 fe80::1 mail 10.0.0.1 "
			   "10.0.0.2 r1-y r1-z r2-y r2-z 2001:db8::a 2001:db8::b q0 q1");
	CHECK_STR(var("::1", "ansible_port"), "2222");
	CHECK_STR(var("mail", "ansible_port"), "25");
	CHECK(!var("fe80::1", "ansible_port"));
	/* The port of a host that is known already stays. */
	CHECK_INT(load("h:22\nh:23\ng ansible_port=1\n"), 0);
	CHECK_STR(var("h", "ansible_port"), "22");
	CHECK_STR(var("g", "ansible_port"), "1");
}

TEST(hosts_by_expression)
{
	static const struct {
		const char *text, *name, *port;
	} good[] = {{"web1", "web1", ""}, {"web1:22", "web1", "22"}, {"a.b_c-d.e", "a.b_c-d.e", ""},
		{"_x", "_x", ""}, {"::", "::", ""}, {"::1", "::1", ""}, {"[::1]:22", "::1", "22"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", ""}, {"fe80::1%eth0", "fe80::1%eth0", ""},
		{"w[1:2]:22", "w[1:2]", "22"}, {"[1:2].x", "[1:2].x", ""},
		{"[web]:22", "web", "22"}, {"w[a:z:2]x", "w[a:z:2]x", ""}, {"zoë", "zoë", ""},
		{"a::b", "a::b", ""}};
	static const char *const bad[] = {"", "-a", "a-", "a_", "a..b", "a.", "web:&prod", "a b",
		"~x", "web*", "[::1]", "web:", "w[1:2", "w]", "w[1]", "w[ab:cd]", "w[1:2:]",
		"a:b:22", "!a", "12345::", "1:2:3:4:5:6:7:g", "[]:22"};
	struct span name, port;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!hostname_parse(span_str(good[i].text), &name, &port))
			FAIL("%s is refused", good[i].text);
		CHECK(span_eq(name, good[i].name) && span_eq(port, good[i].port));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (hostname_parse(span_str(bad[i]), &name, &port))
			FAIL("%s is taken", bad[i]);
	}
}

TEST(mistakes_name_file_and_line)
{
	static const struct {
		const char *text, *words;
	} all[] = {
		{"a\n[b", "hosts:2: `[b` has no `]`"},
		{"a\n\n[b c]", "hosts:3: `[b c]` is no section ([NAME], [NAME:children] or "
			       "[NAME:vars], without blanks)"},
		{"[b:kids]",
			"hosts:1: a section of the unknown kind `kids` (hosts, children or vars)"},
		{"[b:]", "hosts:1: a section of the unknown kind `` (hosts, children or vars)"},
		{"a 'b", "hosts:1: quotes that are not closed"},
		{"a \\", "hosts:1: quotes that are not closed"},
		{"a b", "hosts:1: `b` where NAME=VALUE belongs: no blanks around the `=`, a value "
			"with "
			"blanks in quotes"},
		{"a =b", "hosts:1: `=b` where NAME=VALUE belongs: no blanks around the `=`, a "
			 "value with "
			 "blanks in quotes"},
		{"[web", "hosts:1: `[web` has no `]`"},
		{"''", "hosts:1: a host without a name"},
		{"[g]\na:", "hosts:2: no port behind the `:`"},
		{"a:0", "hosts:1: no port from 1 to 65535 behind the `:`"},
		{"a:65536", "hosts:1: no port from 1 to 65535 behind the `:`"},
		{"[g:vars]\nb", "hosts:2: `b` where NAME=VALUE belongs"},
		{"[g:vars]\n=b", "hosts:2: no name before the `=`"},
		{"[g:children]\na b", "hosts:2: `a b` where a group's name belongs"},
		{"[g:children]\na:b", "hosts:2: `a:b` where a group's name belongs"},
		{"h\n[g:vars]\nv=1\n",
			"hosts:2: variables of the group `g`, which is nowhere declared"},
		{"[g:children]\n\nkid\n[kid:vars]\n",
			"hosts:3: the group `kid` is nowhere declared"},
		{"[g]\n[g:vars]\nansible_group_priority=high",
			"hosts:3: ansible_group_priority is not a number"},
		{"h\n\xff\n", "hosts:2: not UTF-8 text"},
		{"w[3:1]", "hosts:1: range [3:1]: ends before it begins"},
		{"w[c:a]", "hosts:1: range [c:a]: ends before it begins"},
		{"w[1]", "hosts:1: range [1]: is not BEGIN:END or BEGIN:END:STEP"},
		{"w[1:2:3:4]", "hosts:1: range [1:2:3:4]: is not BEGIN:END or BEGIN:END:STEP"},
		{"w[1:2:0]", "hosts:1: range [1:2:0]: the step is not a positive number"},
		{"w[1:2:]", "hosts:1: range [1:2:]: the step is not a positive number"},
		{"w[1:]", "hosts:1: range [1:]: has no end"},
		{"w[1:b]", "hosts:1: range [1:b]: goes neither from number to number nor from "
			   "letter to "
			   "letter"},
		{"w[01:100]", "hosts:1: range [01:100]: begin and end are not of the same length"},
		{"w[1:100001]", "hosts:1: ranges that stand for more than 100000 hosts"},
		{"w[1:1000][1:101]", "hosts:1: ranges that stand for more than 100000 hosts"},
		{"x[1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2]"
		 "["
		 "1:2]",
			"hosts:1: more than 16 ranges in one name"},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CHECK_STR(refused(all[i].text), all[i].words);
		CHECK_INT(why.code, EINVAL);
	}
	fresh();
	write_file("hosts", "a\nb\0c\n", 6, 0644);
	CHECK_INT(inventory_load(inv, path, &why), -EINVAL);
	CHECK(str_ends(why.text, "hosts:2: not UTF-8 text"));
	CHECK_INT(inventory_load(inv, "/nowhere/hosts", &why), -ENOENT);
	CHECK_STR(why.text, "/nowhere/hosts: No such file or directory");
	CHECK_INT(inventory_load(inv, "/dev/zero", &why), -EINVAL);
}

TEST(circles_of_groups)
{
	CHECK_STR(refused("[a]\n[a:children]\na\n"), "hosts:3: the group `a` contains itself");
	CHECK_STR(refused("[a:children]\nb\n[b:children]\nc\n[c:children]\n\na\n[d]\n[c:children]"
			  "\nd\n"),
		"hosts:7: the group `a` in `c` closes a circle");
	CHECK_STR(
		refused("[a:children]\nall\n"), "hosts:2: the group `all` in `a` closes a circle");
	CHECK_INT(load("[a]\n[b:children]\na\n"), 0);
	CHECK_INT(add("\n[a:children]\nb\n"), -EINVAL);
	CHECK(str_ends(why.text, "hosts:3: the group `b` in `a` closes a circle"));
	/* A diamond is none. */
	CHECK_INT(load("[d]\nh\n[b:children]\nd\n[c:children]\nd\n[a:children]\nb\nc\n"), 0);
}

/* ---- Values ---- */

static const char *literal(const char *text)
{
	static char *out;
	json_t *v = literal_read(span_str(text));

	CHECK(v);
	free(out);
	out = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	json_decref(v);
	return out;
}

TEST(literals)
{
	static const struct {
		const char *text, *json;
	} all[] = {
		{"22", "22"},
		{"-1", "-1"},
		{"+1", "1"},
		{"0", "0"},
		{"00", "0"},
		{"007", "\"007\""},
		{"1_000", "1000"},
		{"1__0", "\"1__0\""},
		{"1_", "\"1_\""},
		{"0x1F", "31"},
		{"0o17", "15"},
		{"0b101", "5"},
		{"0b2", "\"0b2\""},
		{"0x", "\"0x\""},
		{"0xff_FF", "65535"},
		{"0x_1", "1"},
		{"0x1_", "\"0x1_\""},
		{"0x1__0", "\"0x1__0\""},
		{"9223372036854775807", "9223372036854775807"},
		{"9223372036854775808", "\"9223372036854775808\""},
		{"1.5", "1.5"},
		{"1.", "1.0"},
		{".5", "0.5"},
		{"1e3", "1000.0"},
		{"1.10", "1.1"},
		{"1e999", "\"1e999\""},
		{"1.2.3", "\"1.2.3\""},
		{"10.0.0.1", "\"10.0.0.1\""},
		{"12h", "\"12h\""},
		{"1e", "\"1e\""},
		{"--1", "\"--1\""},
		{"True", "true"},
		{"False", "false"},
		{"None", "null"},
		{"true", "\"true\""},
		{"Truex", "\"Truex\""},
		{"", "\"\""},
		{"plain", "\"plain\""},
		{"two words", "\"two words\""},
		{"'a b'", "\"a b\""},
		{"\"a\" 'b'", "\"ab\""},
		{"'a\\n\\x41\\u00e9\\101\\q'", "\"a\\nAéA\\\\q\""},
		{"r'a\\n'", "\"a\\\\n\""},
		{"u'x'", "\"x\""},
		{"'open", "\"'open\""},
		{"'a\\0'", "\"'a\\\\0'\""},
		{"[1, 'a', [True]]", "[1,\"a\",[true]]"},
		{"[1,]", "[1]"},
		{"[,]", "\"[,]\""},
		{"[1 2]", "\"[1 2]\""},
		{"[1", "\"[1\""},
		{"(1)", "1"},
		{"(1,)", "[1]"},
		{"(1, 2)", "[1,2]"},
		{"()", "[]"},
		{"[]", "[]"},
		{"{}", "{}"},
		{"{'a': 1, 2: 'b'}", "{\"a\":1,\"2\":\"b\"}"},
		{"{None: 1, True: 2, False: 3}", "{\"null\":1,\"true\":2,\"false\":3}"},
		{"{'a'}", "\"{'a'}\""},
		{"{'a':}", "\"{'a':}\""},
		{"{[]: 1}", "\"{[]: 1}\""},
		{"80,443", "[80,443]"},
		{"80,", "[80]"},
		{"80,x", "\"80,x\""},
		{"a,b", "\"a,b\""},
		{"12 # c", "12"},
		{"12 c", "\"12 c\""},
		{"x # c", "\"x # c\""},
		{"1, # c", "[1]"},
		{"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"},
		{"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "\"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\""},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		CHECK_STR(literal(all[i].text), all[i].json);
}

TEST(values_as_text)
{
	CHECK_INT(load("h i=0x16 r=1.10 t=True n=None l='[1, \"a\"]' s=text\n[all:vars]\nn=all\n"),
		0);
	CHECK_STR(var("h", "i"), "22");
	CHECK_STR(var("h", "r"), "1.1");
	CHECK_STR(var("h", "t"), "True");
	CHECK_STR(var("h", "l"), "[1,\"a\"]");
	CHECK_STR(var("h", "s"), "text");
	/* It is set: to nothing. */
	CHECK(!var("h", "n"));
}

/* ---- JSON ---- */

TEST(json_as_programs_print_it)
{
	CHECK_INT(load("{\"web\":{\"hosts\":[\"w1\",\"w[1:2]\"],\"vars\":{\"v\":1},\"children\":["
		       "\"kid\"]},"
		       "\"list\":[\"w1\",\"l1\"],\"single\":{\"x\":2},\"kid\":{\"hosts\":[\"k1\"]},"
		       "\"_meta\":{\"hostvars\":{\"w1\":{\"port\":22,\"o\":{\"a\":[1]}},\"ghost\":{"
		       "}}}}"),
		0);
	/* Names are names here. */
	CHECK_STR(hosts(), "w1 w[1:2] l1 single k1");
	CHECK_STR(var("w1", "port"), "22");
	CHECK_STR(var("w1", "o"), "{\"a\":[1]}");
	CHECK_STR(var("k1", "v"), "1");
	CHECK_STR(var("single", "x"), "2");
	CHECK_STR(json_of("web", "children"), "[\"kid\"]");
	CHECK_STR(json_of("single", "hosts"), "[\"single\"]");
}

TEST(json_as_people_write_it)
{
	CHECK_INT(load(" {\"all\":{\"hosts\":{\"h1\":null,\"h[2:3]:22\":{\"v\":\"h\"}},"
		       "\"children\":{\"web\":{\"hosts\":{\"w1\":{}},\"vars\":{\"v\":\"web\"},"
		       "\"children\":{\"deep\":{\"hosts\":\"d1\"}}},\"empty\":{},\"none\":null}}}"),
		0);
	CHECK_STR(hosts(), "h1 h2 h3 w1 d1");
	CHECK_STR(var("h2", "v"), "h");
	CHECK_STR(var("h3", "ansible_port"), "22");
	CHECK_STR(var("d1", "v"), "web");
	CHECK_STR(json_of("all", "children"), "[\"ungrouped\",\"web\",\"empty\",\"none\"]");
	CHECK_STR(json_of("ungrouped", "hosts"), "[\"h1\",\"h2\",\"h3\"]");
}

TEST(json_refused)
{
	static const struct {
		const char *text, *words;
	} all[] = {
		{"{\"a\":", "hosts: not JSON: it ends too early, near byte 5"},
		{"{\"a\":1}", "hosts: the group `a` is neither a list nor an object"},
		{"{\"a\":[1]}", "hosts: a host of the group `a` is not a name"},
		{"{\"a\":{\"hosts\":1}}",
			"hosts: the hosts of the group `a` are neither a list nor an object"},
		{"{\"a\":{\"hosts\":{\"h\":1}}}",
			"hosts: the variables of the host `h` are no object"},
		{"{\"a\":{\"vars\":[]}}", "hosts: the variables of the group `a` are no object"},
		{"{\"a\":{\"children\":1}}",
			"hosts: the children of the group `a` are neither a list nor an object"},
		{"{\"a\":{\"children\":[1]}}", "hosts: a child of the group `a` is not a name"},
		{"{\"a\":{\"children\":[\"a\"]}}", "hosts: the group `a` contains itself"},
		{"{\"a\":{\"x\":1}}", "hosts: the group `a` has neither hosts, vars nor children"},
		{"{\"\":[]}", "hosts: a group without a name"},
		{"{\"a\":[\"\"]}", "hosts: a host without a name"},
		{"{\"a\":[\"x\\u0000\"],\"_meta\":{}}",
			"hosts: the name of a host is not UTF-8 text"},
		{"{\"_meta\":{\"hostvars\":[]}}", "hosts: `_meta.hostvars` is no object"},
		{"{\"a\":[\"h\"],\"_meta\":{\"hostvars\":{\"h\":1}}}",
			"hosts: the variables of the host `h` are no object"},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		CHECK_STR(refused(all[i].text), all[i].words);
	CHECK(str_ends(refused("{\"a\":{\"children\":[\"b\"]},\"b\":{\"children\":[\"a\"]}}"),
		"closes a circle"));
}

/* ---- Sources ---- */

TEST(programs)
{
	CHECK_INT(run("#!/bin/sh\n[ \"$*\" = --list ] && read x; echo '{\"g\":{}}'\n"), 0);
	CHECK_STR(hosts(), "g");
	CHECK_INT(run("#!/bin/sh\necho '{\"g\":[\"h\"]}'; exit 3\n"), -EINVAL);
	CHECK(str_ends(why.text, "/program: ended with status 3"));
	CHECK_INT(run("#!/bin/sh\nkill -9 $$\n"), -EINVAL);
	CHECK(str_ends(why.text, "/program: ended by signal 9"));
	CHECK_INT(run("#!/bin/sh\necho hello\n"), -EINVAL);
	CHECK(str_ends(why.text, "/program: not JSON: wrong syntax, near byte 5"));
	CHECK_INT(run("#!/nowhere/sh\n"), -ENOENT);
	/* Where every file may be run, it is what it begins with that counts. */
	CHECK_INT(run("h1\n"), 0);
	CHECK_STR(hosts(), "h1");
}

TEST(lists_on_the_command_line)
{
	fresh();
	CHECK_INT(inventory_load(inv, "web1, web2:2222,,[::1]:22,fe80::1,r[1:2]", &why), 0);
	CHECK_STR(hosts(), "web1 web2 ::1 fe80::1 r1 r2");
	CHECK_STR(var("web2", "ansible_port"), "2222");
	CHECK_STR(json_of("ungrouped", "hosts"),
		"[\"web1\",\"web2\",\"::1\",\"fe80::1\",\"r1\",\"r2\"]");
	CHECK_INT(inventory_load(inv, "one,", &why), 0);
	CHECK_INT(inventory_hosts(inv), 7);
	CHECK_INT(inventory_load(inv, "bad:0,", &why), -EINVAL);
	CHECK_STR(why.text, "bad:0,: no port from 1 to 65535 behind the `:`");
	fresh();
	CHECK_INT(inventory_load(inv, "a\xff,", &why), -EINVAL);
}

TEST(several_sources)
{
	CHECK_INT(load("h1 v=1 w=1\nh2\n[g]\nh3\n"), 0);
	CHECK_INT(add("h1 v=2\n[p:children]\ng\n[k]\nh2\n"), 0);
	CHECK_STR(hosts(), "h1 h2 h3");
	CHECK_STR(var("h1", "v"), "2");
	CHECK_STR(var("h1", "w"), "1");
	CHECK_STR(json_of("all", "children"), "[\"ungrouped\",\"p\",\"k\"]");
	CHECK_STR(json_of("ungrouped", "hosts"), "[\"h1\"]");
}

TEST(directories)
{
	char inner[160];

	fresh();
	write_file("hosts", "", 0, 0644);
	snprintf(inner, sizeof(inner), "%s/d", dir);
	CHECK_INT(mkdir(inner, 0755), 0);
	write_file("d/b", "hb\n", 3, 0644);
	write_file("d/a", "ha\n", 3, 0644);
	write_file("d/c.json", "{\"g\":[\"hc\"]}", 12, 0644);
	write_file("d/old.bak", "no\n", 3, 0644);
	write_file("d/.hidden", "no\n", 3, 0644);
	write_file("d/group_vars", "no\n", 3, 0644);
	CHECK_INT(inventory_load(inv, inner, &why), 0);
	CHECK_STR(hosts(), "ha hb hc");
	write_file("d/e", "[x", 2, 0644);
	CHECK_INT(inventory_load(inv, inner, &why), -EINVAL);
	CHECK(str_ends(why.text, "/d/e:1: `[x` has no `]`"));
}

/* ---- Bounds ---- */

TEST(bounds_at_their_edge)
{
	char name[HOSTNAME_LEN_MAX + 2];
	struct buf b;

	CHECK_INT(load("w[1:100000]\n"), 0);
	CHECK_INT(inventory_hosts(inv), INVENTORY_RANGE_MAX);
	CHECK_INT(add("v[1:100000]\n"), 0);
	CHECK_INT(inventory_hosts(inv), INVENTORY_HOSTS_MAX);
	CHECK_INT(add("w1\n\none\n"), -EINVAL);
	CHECK(str_ends(why.text, "hosts:3: more than 200000 hosts"));

	memset(name, 'n', sizeof(name));
	name[HOSTNAME_LEN_MAX] = '\0';
	CHECK_INT(load(name), 0);
	name[HOSTNAME_LEN_MAX] = 'n';
	name[HOSTNAME_LEN_MAX + 1] = '\0';
	CHECK_STR(refused(name), "hosts:1: a name longer than 1024 bytes");
	memcpy(name, "[100:101]", 9);
	name[1020] = '\0';
	CHECK_INT(load(name), 0);

	buf_init(&b, 1 << 20);
	/* `all` and `ungrouped` count. */
	for (int i = 0; i < INVENTORY_GROUPS_MAX - 2; i++)
		CHECK_INT(buf_printf(&b, "[g%d]\n", i), 0);
	CHECK_INT(load(b.p), 0);
	CHECK_INT(buf_puts(&b, "[one]\n"), 0);
	CHECK(str_ends(refused(b.p), ": more than 20000 groups"));
	buf_done(&b);
}

TEST(largest_file)
{
	fresh();
	write_file("hosts", "", 0, 0644);
	CHECK_INT(truncate(path, INVENTORY_FILE_MAX + 1), 0);
	CHECK_INT(inventory_load(inv, path, &why), -EFBIG);
	CHECK(str_ends(why.text, "/hosts: larger than 64 MiB"));
	CHECK_INT(truncate(path, 0), 0);
}

TEST(out_of_memory)
{
	static const char *const sources[] = {
		"h[1:3]:22 v=\"[1, 'a']\" w=1.5\n[p:children]\ng\n[g]\nh1 x='{\"a\": (1,)}'\n"
		"[g:vars]\ny = 0x10\nz = 1,2\n",
		"{\"a\":{\"hosts\":{\"h1\":{\"v\":1}},\"children\":{\"b\":[\"h2\"]},\"vars\":{"
		"\"x\":[]}}}",
		"---\na: &a\n  hosts:\n    h[1:2]: {<<: {v: 1}, l: [1, yes]}\n"
		"b: {children: {c: *a}, stray: {}}\n",
	};

	json_set_alloc_funcs(malloc, free);
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		long n = 0;
		int r;

		write_file("hosts", sources[i], strlen(sources[i]), 0644);
		do {
			inventory_free(inv);
			failalloc_countdown = ++n;
			inv = inventory_new();
			r = inv ? inventory_load(inv, path, &why) : -ENOMEM;
			CHECK(failalloc_spent() ? r <= 0 : r == 0);
			CHECK(n < 2000);
		} while (failalloc_spent());
		CHECK(n > 30);
	}
	for (long n = 1;; n++) {
		failalloc_countdown = n;
		json_decref(inventory_json(inv));
		if (!failalloc_spent())
			break;
	}
	failalloc_countdown = 0;
}

TEST(cleaned_up)
{
	remove_files();
}

TEST_MAIN(&ini_hosts_and_groups, &precedence_of_variables, &depth_is_the_longest_way,
	&groups_before_they_are_declared, &quoting_of_host_lines, &names_ports_and_ranges,
	&hosts_by_expression, &mistakes_name_file_and_line, &circles_of_groups, &literals,
	&values_as_text, &json_as_programs_print_it, &json_as_people_write_it, &json_refused,
	&programs, &lists_on_the_command_line, &several_sources, &directories,
	&bounds_at_their_edge, &largest_file, &out_of_memory, &cleaned_up)
