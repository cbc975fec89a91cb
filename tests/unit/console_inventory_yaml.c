/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inventories in YAML, variables beside them, programs and pipes. */
#include "tests/unit/inventory.h"

#include "console/fleet/ytree.h"

#include <sys/wait.h>

/* ---- YAML ---- */

static int load_yaml(const char *text)
{
	fresh();
	write_file("hosts.yml", text, strlen(text), 0644);
	return inventory_load(inv, path, &why);
}

static const char *refused_yaml(const char *text)
{
	int r = load_yaml(text);

	CHECK_INT(r, -why.code);
	if (r == 0)
		return "(nothing wrong)";
	return str_starts(why.text, dir) ? why.text + strlen(dir) + 1 : why.text;
}

TEST(yaml_groups_and_hosts)
{
	CHECK_INT(load_yaml("x: &x {hosts: {h1: {a: 1, b: 2}}}\n"
			    "all:\n  hosts:\n    w[1:2]:22: {v: w}\n    'q':\n"
			    "  vars: {v: all}\n"
			    "  children:\n    web:\n      hosts: one\n      vars:\n"
			    "      children:\n        deep: {hosts: {d: null}}\n    empty:\n"
			    "  hosts_: {lost: }\n"
			    "y: *x\nplain: text\n"),
		0);
	CHECK_STR(hosts(), "h1 w1 w2 q one d");
	CHECK_STR(var("w2", "ansible_port"), "22");
	CHECK_STR(var("w1", "v"), "w");
	CHECK_STR(var("d", "v"), "all");
	CHECK_STR(json_of("y", "hosts"), "[\"h1\"]");
	CHECK_STR(json_of("all", "children"), "[\"ungrouped\",\"web\",\"empty\",\"x\",\"y\"]");
	CHECK_INT(load_yaml(""), 0);
	CHECK_INT(load_yaml("# nothing\n---\n"), 0);
	CHECK_INT(load_yaml("{\"g\":[\"h\"]}"), 0);
	CHECK_STR(hosts(), "h");
}

TEST(yaml_without_an_ending)
{
	CHECK_INT(load("# c\nall: # c\n  hosts:\n    h:\n"), 0);
	CHECK_STR(hosts(), "h");
	CHECK_INT(load("web: {hosts: {h: }}\n"), 0);
	CHECK_STR(hosts(), "h");
	CHECK_STR(refused("---\nall:\n  hosts: [h]\n"),
		"hosts:3:10: hosts are a mapping: `name:`, not `- name`");
	/* These are INI. */
	CHECK_INT(load("h1:22 v='a: b'\n"), 0);
	CHECK_STR(hosts(), "h1");
	CHECK_INT(load("[g]\nh1\n"), 0);
}

TEST(yaml_scalars)
{
	static const struct {
		const char *text, *json;
	} all[] = {
		{"yes", "true"},
		{"Off", "false"},
		{"y", "\"y\""},
		{"yEs", "\"yEs\""},
		{"'yes'", "\"yes\""},
		{"~", "null"},
		{"", "null"},
		{"Null", "null"},
		{"''", "\"\""},
		{"0", "0"},
		{"017", "15"},
		{"08", "\"08\""},
		{"0o17", "\"0o17\""},
		{"-0x1F", "-31"},
		{"0b11", "3"},
		{"+1_000", "1000"},
		{"_1", "\"_1\""},
		{"1:30", "90"},
		{"88888888888888888888888:30", "\"88888888888888888888888:30\""},
		{"1:60", "\"1:60\""},
		{"52:54:00:12:34:56", "41135085296"},
		{"190:20:30", "685230"},
		{"1:30.5", "90.5"},
		{"10.0.0.1", "\"10.0.0.1\""},
		{"1.10", "1.1"},
		{"1.", "1.0"},
		{".5", "0.5"},
		{"-.5", "\"-.5\""},
		{".", "\".\""},
		{"1e3", "\"1e3\""},
		{"1.0e3", "\"1.0e3\""},
		{"1.0e+3", "1000.0"},
		{".inf", "\".inf\""},
		{"9223372036854775807", "9223372036854775807"},
		{"9223372036854775808", "\"9223372036854775808\""},
		{"0x", "\"0x\""},
		{"2001-12-14", "\"2001-12-14\""},
		{"2001-12-14 21:59:43", "\"2001-12-14T21:59:43\""},
		{"2001-1-4t1:02:03.5Z", "\"2001-01-04T01:02:03.500000+00:00\""},
		{"2001-12-14 \t 21:59:43.12345678 -5:30", "\"2001-12-14T21:59:43.123456-05:30\""},
		{"2001-12-14 21:59:43 -0", "\"2001-12-14T21:59:43+00:00\""},
		{"2001-12-14 21:59", "\"2001-12-14 21:59\""},
		{"2001-02-29 21:59:43", "\"2001-02-29 21:59:43\""},
		{"2001-12-14 24:00:00", "\"2001-12-14 24:00:00\""},
		{"2001-12-14 21:59:43 x", "\"2001-12-14 21:59:43 x\""},
		{"2001-12-14 21:59:43 +100", "\"2001-12-14 21:59:43 +100\""},
		{"!!str 1", "\"1\""},
		{"!!int '7'", "7"},
		{"!!float 1", "1.0"},
		{"! 1", "1"},
		{"=", "\"=\""},
		{"<<", "\"<<\""},
		{"!unsafe x", "{\"__ansible_unsafe\":\"x\"}"},
		{"!vault x", "{\"__ansible_vault\":\"x\"}"},
		{"|\n    a\n    b", "\"a\\nb\\n\""},
		{"[1, [yes], {a: b, 1: 2, ~: 3}]", "[1,[true],{\"a\":\"b\",\"1\":2,\"null\":3}]"},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char *text = str_printf("g:\n  hosts: {h: }\n  vars:\n   v: %s\n", all[i].text);
		char *want = str_printf("{\"h\":{\"v\":%s}}", all[i].json);

		if (load_yaml(text) < 0)
			FAIL("%s: %s", text, why.text);
		CHECK_STR(json_of("_meta", "hostvars"), want);
		free(text);
		free(want);
	}
	CHECK_INT(load_yaml("g: {hosts: {h: {v: !vault x}, i: {v: !unsafe '{{ x }}'}}}"), 0);
	CHECK_STR(no_var("h", "v"),
		"hosts.yml:1: v is encrypted by ansible-vault, which cannot be read");
	CHECK_STR(var("i", "v"), "{{ x }}");
}

TEST(yaml_anchors_and_merges)
{
	CHECK_INT(load_yaml("a: {vars: {b: &b {x: 1, y: 1}, c: &c {x: 2, z: 2}, s: &s 5}}\n"
			    "g:\n  hosts:\n    h1: {<<: *b, y: own, *s : five, n: *s}\n"
			    "    h2: {<<: [*b, *c]}\n    h3: {<<: *b, <<: *c}\n"
			    "    h4: {'<<': 1}\n    h5: {a: 1, a: 2}\n"),
		0);
	CHECK_STR(json_of("_meta", "hostvars"),
		"{\"h1\":{\"5\":\"five\",\"n\":5,\"x\":1,\"y\":\"own\"},"
		"\"h2\":{\"x\":1,\"y\":1,\"z\":2},\"h3\":{\"x\":2,\"y\":1,\"z\":2},"
		"\"h4\":{\"<<\":1},\"h5\":{\"a\":2}}");
}

TEST(yaml_refused)
{
	static const struct {
		const char *text, *words;
	} all[] = {
		{"a: b: c",
			"hosts.yml:1:5: not YAML: mapping values are not allowed in this context"},
		{"a:\n\tb:",
			"hosts.yml:2:1: not YAML: found character that cannot start any token"},
		{"a: [1,\nb: 2\n",
			"hosts.yml:3:1: not YAML: did not find expected ',' or ']', while "
			"parsing a flow sequence that begins in line 1"},
		{"a: 1\nb: \xff\n",
			"hosts.yml:2:4: not UTF-8 text, or a character that YAML does not allow"},
		{"a:\n---\nb:\n", "hosts.yml:2:1: a second document in one file"},
		{"- a\n", "hosts.yml:1:1: an inventory is a mapping of groups"},
		{"plugin: aws\n",
			"hosts.yml:1:9: this configures a plugin of Ansible's: give tocsin "
			"what `ansible-inventory -i FILE --list` prints"},
		{"1: {}\n", "hosts.yml:1:1: the name of a group must be text: put it in quotes"},
		{"g:\n  hosts:\n    7:\n",
			"hosts.yml:3:5: the name of a host must be text: put it in quotes"},
		{"g:\n  hosts:\n    - h\n",
			"hosts.yml:3:5: hosts are a mapping: `name:`, not `- name`"},
		{"g:\n  hosts:\n    h: x\n",
			"hosts.yml:3:8: variables are a mapping: `name: value`"},
		{"g:\n  vars: 1\n", "hosts.yml:2:9: variables are a mapping: `name: value`"},
		{"g:\n  children: 1\n",
			"hosts.yml:2:13: children are a mapping: `name:`, not `- name`"},
		{"g:\n  children: {k: 1}\n",
			"hosts.yml:2:17: a group is a mapping of hosts, children and vars"},
		{"g: {children: {g: }}", "hosts.yml:1:16: the group `g` contains itself"},
		{"g:\n  hosts:\n    w[2:1]:\n",
			"hosts.yml:3:5: range [2:1]: ends before it begins"},
		{"g: *x\n", "hosts.yml:1:4: an alias of an anchor that is not there"},
		{"g: &x {children: *x}\n", "hosts.yml:1:18: an alias within what it stands for"},
		{"g: !!python/name:os.system x\n",
			"hosts.yml:1:4: a tag that is not known, or not of this value"},
		{"g: !!int x\n", "hosts.yml:1:4: a tag that is not known, or not of this value"},
		{"g: !x {}\n", "hosts.yml:1:4: a tag that is not known, or not of this value"},
		{"g: {[a]: 1}\n", "hosts.yml:1:5: a list or a mapping where a key belongs"},
		{"g: {\"a\\0\": 1}\n", "hosts.yml:1:5: a NUL in a key"},
		{"g: {<<: 1}\n", "hosts.yml:1:9: `<<` takes a mapping or a list of mappings"},
		{"g: {<<: [{}, 1]}\n",
			"hosts.yml:1:14: `<<` takes a mapping or a list of mappings"},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		CHECK_STR(refused_yaml(all[i].text), all[i].words);
}

TEST(yaml_bounds)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	CHECK_INT(buf_puts(&b, "g: {vars: {v: "), 0);
	CHECK_INT(buf_fill(&b, '[', YTREE_DEPTH_MAX - 4), 0);
	CHECK_INT(buf_puts(&b, "1"), 0);
	CHECK_INT(buf_fill(&b, ']', YTREE_DEPTH_MAX - 4), 0);
	CHECK_INT(buf_puts(&b, "}}"), 0);
	CHECK_INT(load_yaml(b.p), 0);
	buf_reset(&b);
	CHECK_INT(buf_puts(&b, "g: {vars: {v: "), 0);
	CHECK_INT(buf_fill(&b, '[', YTREE_DEPTH_MAX - 3), 0);
	CHECK_INT(buf_puts(&b, "1"), 0);
	CHECK(str_ends(refused_yaml(b.p), "too many lists and mappings within each other"));
	/* Deeper by aliases. */
	buf_reset(&b);
	CHECK_INT(buf_puts(&b, "a0: &a0 [1]\n"), 0);
	for (int i = 1; i < YTREE_DEPTH_MAX; i++)
		CHECK_INT(buf_printf(&b, "a%d: &a%d [*a%d]\n", i, i, i - 1), 0);
	CHECK(strstr(refused_yaml(b.p), "too many lists and mappings within each other"));
	/* A billion laughs. */
	buf_reset(&b);
	CHECK_INT(buf_puts(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"), 0);
	for (int i = 1; i < 10; i++)
		CHECK_INT(buf_printf(&b, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i,
				  i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1),
			0);
	CHECK(strstr(refused_yaml(b.p), "too much in one file"));
	/* Likewise by merging. */
	buf_reset(&b);
	CHECK_INT(buf_puts(&b, "a0: &a0 {k: x}\n"), 0);
	for (int i = 1; i < 40; i++)
		CHECK_INT(buf_printf(&b, "a%d: &a%d {k%d: 1, <<: [*a%d, *a%d]}\n", i, i, i, i - 1,
				  i - 1),
			0);
	CHECK(strstr(refused_yaml(b.p), "too much in one file"));
	buf_done(&b);
}

/* ---- Beside the sources ---- */

TEST(variables_beside)
{
	CHECK_INT(load("h1 v=host\nh2 v=host\n[g]\nh1\n[g:vars]\ng=inv\na=inv\n"), 0);
	make_directory("group_vars");
	make_directory("group_vars/g");
	make_directory("group_vars/g/sub");
	make_directory("host_vars");
	write_text("group_vars/all.yml", "a: all\nb: all\n");
	write_text("group_vars/g/10", "b: ten\nc: ten\n");
	write_text("group_vars/g/sub/x.json", "{\"c\": \"sub\", \"d\": [1]}");
	write_text("group_vars/g/x.bak", "c: [wrong");
	write_text("group_vars/g.yml", "c: hidden\n");
	write_text("group_vars/other.yml", "not: [read");
	write_text("host_vars/h1", "v: file\ng: !vault x\n");
	write_text("host_vars/h2.yaml", "");
	CHECK_INT(inventory_load_vars(inv, &why), 0);
	CHECK_STR(var("h1", "v"), "file");
	CHECK_STR(var("h2", "v"), "host");
	/* group_vars/all stands over what the file says of a group. */
	CHECK_STR(var("h1", "a"), "all");
	CHECK_STR(var("h1", "b"), "ten");
	CHECK_STR(var("h1", "c"), "sub");
	CHECK_STR(json_of("_meta", "hostvars"),
		"{\"h1\":{\"a\":\"all\",\"b\":\"ten\",\"c\":\"sub\",\"d\":[1],\"g\":{"
		"\"__ansible_vault\":\"x\"},\"v\":\"file\"},"
		"\"h2\":{\"a\":\"all\",\"b\":\"all\",\"v\":\"host\"}}");
	write_text("host_vars/h2.yaml", "- 1\n");
	CHECK_INT(inventory_load_vars(inv, &why), -EINVAL);
	CHECK(str_ends(why.text, "/host_vars/h2.yaml: variables are a mapping: `name: value`"));
	write_text("host_vars/h2.yaml", "a: [\n");
	CHECK_INT(inventory_load_vars(inv, &why), -EINVAL);
	CHECK(strstr(why.text, "/host_vars/h2.yaml:2:1: not YAML"));
	/* Known, and not decrypted. */
	write_text("host_vars/h2.yaml", "$ANSIBLE_VAULT;1.1;AES256\n3333\n");
	CHECK_INT(inventory_load_vars(inv, &why), 0);
	remove_files();
}

TEST(programs_that_are_asked_for_each_host)
{
	CHECK_INT(run("#!/bin/sh\ncase $1 in\n--list) echo "
		      "'{\"g\":[\"h1\",\"h2\"],\"k\":[\"h1\"]}';;\n"
		      "--host) case $2 in h1) echo '{\"v\":1}';; esac;;\nesac\n"),
		0);
	CHECK_STR(json_of("_meta", "hostvars"), "{\"h1\":{\"v\":1}}");
	/* With _meta it is not asked. */
	CHECK_INT(run("#!/bin/sh\n[ $1 = --list ] && echo "
		      "'{\"g\":[\"h1\"],\"_meta\":{\"hostvars\":{}}}'\n"),
		0);
	CHECK_INT(run("#!/bin/sh\n[ $1 = --list ] && echo '{\"g\":[\"h1\"]}' || echo '[]'\n"),
		-EINVAL);
	CHECK(str_ends(why.text, "/program: the variables of the host `h1` are no object"));
	CHECK_INT(run("#!/bin/sh\n[ $1 = --list ] && echo '{\"g\":[\"h1\"]}'\n"), -EINVAL);
	CHECK(str_ends(why.text, "/program: ended with status 1"));
}

TEST(fifos)
{
	char inner[160];
	pid_t pid;

	fresh();
	write_file("hosts", "", 0, 0644);
	snprintf(inner, sizeof(inner), "%s/fifo", dir);
	CHECK_INT(mkfifo(inner, 0600), 0);
	pid = fork();
	if (pid == 0) {
		FILE *f = fopen(inner, "w");

		_exit(f && fputs("[g]\nh1\nh2\n", f) >= 0 && fclose(f) == 0 ? 0 : 1);
	}
	CHECK(pid > 0);
	CHECK_INT(inventory_load(inv, inner, &why), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	CHECK_STR(hosts(), "h1 h2");
	/* One that lies around in a directory is not waited for. */
	fresh();
	CHECK_INT(inventory_load(inv, dir, &why), -EINVAL);
	CHECK_INT(unlink(inner), 0);
}

TEST(out_of_memory_beside)
{
	long n = 0;
	int r;

	json_set_alloc_funcs(malloc, free);
	CHECK_INT(load("[g]\nh1\n"), 0);
	make_directory("group_vars");
	make_directory("group_vars/g");
	write_text("group_vars/g/a.yml", "a: &a [1, {b: yes}]\nc: {<<: {d: *a}, e: !vault x}\n");
	write_text("group_vars/g/b.json", "{\"f\": 1}");
	write_text("group_vars/all", "$ANSIBLE_VAULT;1.1;AES256\n");
	do {
		CHECK_INT(load("[g]\nh1\n"), 0);
		failalloc_countdown = ++n;
		r = inventory_load_vars(inv, &why);
		CHECK(failalloc_spent() ? r <= 0 : r == 0);
		CHECK(n < 2000);
	} while (failalloc_spent());
	CHECK(n > 30);
	failalloc_countdown = 0;
	CHECK_STR(var("h1", "f"), "1");
}

TEST(cleaned_up)
{
	remove_files();
}

TEST_MAIN(&yaml_groups_and_hosts, &yaml_without_an_ending, &yaml_scalars, &yaml_anchors_and_merges,
	&yaml_refused, &yaml_bounds, &variables_beside, &programs_that_are_asked_for_each_host,
	&fifos, &out_of_memory_beside, &cleaned_up)
