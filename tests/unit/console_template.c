/* SPDX-License-Identifier: GPL-3.0-or-later */
/* References of variables to others; tests/e2e/inventory.sh compares them with Ansible's. */
#include "tests/unit/inventory.h"

TEST(references)
{
	static const struct {
		const char *text, *becomes;
	} all[] = {
		{"plain", "plain"},
		{"{{ inventory_hostname }}.x", "h.example.x"},
		{"{{inventory_hostname_short}}", "h"},
		{"a{{ one }}b{{ one }}c", "a1b1c"},
		{"{{ chain }}", "1-1"},
		{"{{ (one) }}", "1"},
		{"{{ list }}", "[\"a\",\"{{ one }}\"]"},
		{"{{ list[1] }}{{ list | last }}{{ list[-2] }}{{ list|first }}", "11aa"},
		{"{{ map.k }}{{ map['k'] }}{{ map[\"k\"] }}", "vvv"},
		{"{{ map.t.t }}", "deep"},
		{"{{ no | default('x') }}", "x"},
		{"{{ no.k[0] | d(none_at_all | d(one)) }}", "1"},
		{"{{ empty | default('x') }}|{{ empty | default('x', true) }}", "|x"},
		{"{{ empty | default('x', boolean=True) }}", "x"},
		{"{{ one | default('x', false) }}", "1"},
		{"{{ 'a' + 'b' ~ 1 ~ True }}", "ab1True"},
		{"{{ nothing }}.", "."},
		{"{{ 'a}}b' }}", "a}}b"},
		{"{{ groups['g'][0] }} {{ groups['all'] | last }}", "h.example i"},
		{"{{ hostvars['i'].own }} {{ hostvars[groups.g[1]]['own'] }}", "i-1 i-1"},
		{"{{ lookup('env', 'TEMPLATE_TEST') }}", "set"},
		{"} }} {", "} }} {"},
	};

	setenv("TEMPLATE_TEST", "set", 1);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char *text =
			str_printf("[g]\nh.example\ni own='{{ inventory_hostname }}-{{ one }}'\n"
				   "[all:vars]\none=1\nlist=['a', '{{ one }}']\nempty=\n"
				   "map={'k': 'v', 't': '{{ other }}'}\nother={'t': 'deep'}\n"
				   "chain={{ link }}-{{ link }}\nlink={{ one }}\nnothing=None\n"
				   "v=%s\n",
				all[i].text);

		CHECK_INT(load(text), 0);
		CHECK_STR(var("h.example", "v"), all[i].becomes);
		free(text);
	}
	CHECK_INT(add("[all:vars]\nother={{ inventory_dir }}\nv={{ inventory_file }}\n"), 0);
	CHECK_STR(var("i", "v"), path);
	CHECK_STR(var("i", "other"), dir);
}

TEST(refusals)
{
	static const struct {
		const char *text, *why;
	} all[] = {
		{"{{ no }}", "refers to `no`, which is not set"},
		{"a {{ map.no }}", "refers to `map.no`, which is not set"},
		{"{{ no + 'x' }}", "refers to `no`, which is not set"},
		{"{{ v }}", "refers to itself"},
		{"x{{ circle }}", "refers to itself"},
		{"{{ one", "has `{{` without `}}`"},
		{"{% if x %}{{ one }}{% endif %}", "is a template that only Ansible works out"},
		{"{{ map }}x", "has a list or mapping within text"},
		{"{{ hostvars['no'].x }}", "refers to the host `no`, which is not there"},
		{"{{ hostvars['i'].no }}", "refers to `no`, which is not set"},
		{"{{ kept }}", "refers to what ansible-vault has encrypted, which cannot be read"},
		{"{{ 1 + 1 }}", NULL},
		{"{{ one | upper }}", NULL},
		{"{{ one if x else y }}", NULL},
		{"{{ list.pop() }}", NULL},
		{"{{ f('x') }}", NULL},
		{"{{ 'a\\\\b' }}", NULL},
		{"{{ }}", NULL},
		{"{{ ( }}", NULL},
		{"{{ list[ }}", NULL},
		{"{{ hostvars }}", NULL},
		{"{{ groups }}", NULL},
		{"{{ lookup('pipe', 'id') }}", NULL},
		{"{{ [] | first }}", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char *text = str_printf(
			"all:\n  hosts: {h: , i: }\n  vars:\n    one: '1'\n    list: [1]\n"
			"    map: {k: v}\n    circle: '{{ back }}'\n    back: '{{ circle }}'\n"
			"    kept: !vault x\n    v: |-\n      %s\n",
			all[i].text);
		char *want;

		fresh();
		write_text("hosts.yml", text);
		CHECK_INT(inventory_load(inv, path, &why), 0);
		if (all[i].why)
			want = str_printf("hosts.yml:10: v %s", all[i].why);
		else
			want = str_printf("hosts.yml:10: v has `%s`, which only Ansible works out",
				all[i].text);
		CHECK_STR(no_var("h", "v"), want);
		free(want);
		free(text);
	}
}

/* Each refers twice to the next one. */
TEST(too_many_references)
{
	struct buf text;

	for (int n = 5; n < 60; n += 25) {
		buf_init(&text, 100000);
		CHECK_INT(buf_puts(&text, "h\n[all:vars]\n"), 0);
		for (int i = 0; i < n; i++)
			CHECK_INT(
				buf_printf(&text, "v%d={{ v%d }}{{ v%d }}\n", i, i + 1, i + 1), 0);
		CHECK_INT(buf_printf(&text, "v%d=x\n", n), 0);
		CHECK_INT(load(text.p), 0);
		if (n == 5)
			CHECK_INT(strlen(var("h", "v0")), 32);
		else
			CHECK_STR(no_var("h", "v0"),
				"hosts:3: v0 refers to more than tocsin follows");
		buf_done(&text);
	}
	buf_init(&text, 100000);
	CHECK_INT(buf_puts(&text, "h v='{{ "), 0);
	CHECK_INT(buf_fill(&text, '(', 10000), 0);
	CHECK_INT(buf_puts(&text, "1 }}'\n"), 0);
	CHECK_INT(load(text.p), 0);
	CHECK_STR(no_var("h", "v"), "hosts:1: v refers to more than tocsin follows");
	buf_done(&text);
}

/* Each is as long as sixteen of the next. */
TEST(too_long)
{
	CHECK_INT(load("h\n[all:vars]\n"
		       "a={{ b }}{{ b }}{{ b }}{{ b }}{{ b }}{{ b }}{{ b }}{{ b }}\n"
		       "b={{ c }}{{ c }}{{ c }}{{ c }}{{ c }}{{ c }}{{ c }}{{ c }}\n"
		       "c={{ d }}{{ d }}{{ d }}{{ d }}{{ d }}{{ d }}{{ d }}{{ d }}\n"
		       "d=0123456789012345678901234567890123456789012345678901234567890123456789"
		       "0123456789012345678901234567890123456789012345678901234567890123456789\n"),
		0);
	CHECK_INT(strlen(var("h", "b")), 8 * 8 * 140);
	CHECK_STR(no_var("h", "a"), "hosts:3: a becomes longer than 64 KiB");
}

TEST(out_of_memory)
{
	static const char text[] =
		"[g]\nh v=\"{{ a }}-{{ m.k[0] ~ 'x' + 'y' }}{{ no | default(groups['g'][0]) }}\"\n"
		"[all:vars]\na={{ b }}\nb=1\nm={'k': ['{{ b }}']}\n";
	const char *got = NULL;
	long n = 0;
	int r;

	json_set_alloc_funcs(malloc, free);

	do {
		CHECK_INT(load(text), 0);
		failalloc_countdown = ++n;
		r = inventory_var(inv, host("h"), "v", &got, &why);
		CHECK(failalloc_spent() ? r == 0 || r == -ENOMEM : r == 0);
	} while (failalloc_spent());
	failalloc_countdown = 0;
	CHECK(n > 5);
	CHECK_STR(got, "1-1xyh");
	remove_files();
}

TEST_MAIN(&references, &refusals, &too_many_references, &too_long, &out_of_memory)
