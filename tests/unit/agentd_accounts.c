/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/accounts.h"

#include "tests/unit/test.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>

/* Entries that the C library's own reader of such files is asked about as well. */
static const char *const passwd_lines[] = {
	"root:x:0:0:root:/root:/bin/bash",
	"a:x:1:2:::",
	"a:x:1:2",
	"a:x:1:2:",
	"a:x:1",
	"a:x:1:",
	"a:x",
	"a",
	":x:1:2:::",
	"  blank:x:0:0::/:/bin/sh",
	"# comment:x:0:0:::",
	"   # comment",
	"a:x: 7:2:::",
	"a:x:+7:2:::",
	"a:x:-7:2:::",
	"a:x:-0:2:::",
	"a:x:007:2:::",
	"a:x:0x7:2:::",
	"a:x:7 :2:::",
	"a:x:4294967295:4294967294:::",
	"a:x:4294967296:2:::",
	"a:x:99999999999999999999:2:::",
	"a:x::2:::",
	"a:x:x:2:::",
	"a::1:2:gecos, with, commas:/home/a b:/bin/sh -x:more:colons",
	"a:x:1:2:g:/d:/s ",
	"\xff\xfe:x:1:2:\xc3:/d:/s",
};

static FILE *file_of(const char *line)
{
	static char text[512];

	/* What follows must not be taken for it. */
	snprintf(text, sizeof(text), "%s\nnobody-else:x:12345:12345:::\n", line);
	return fmemopen(text, strlen(text), "r");
}

static void check_span(struct span got, const char *want)
{
	if (!span_eq(got, want))
		FAIL("'%.*s', not '%s'", (int)got.n, got.p, want);
}

static void check_passwd(const char *line)
{
	FILE *f = file_of(line);
	struct passwd *want;
	struct passwd_line got;
	bool there;
	int r;

	CHECK(f);
	want = fgetpwent(f);
	there = want && want->pw_uid != 12345;
	r = passwd_line_read(span_str(line), &got);
	if ((r == 1) != there)
		FAIL("'%s': %d, but the C library says %d", line, r, there);
	if (there) {
		check_span(got.name, want->pw_name);
		check_span(got.gecos, want->pw_gecos);
		check_span(got.dir, want->pw_dir);
		check_span(got.shell, want->pw_shell);
		CHECK_INT(got.uid, want->pw_uid);
		CHECK_INT(got.gid, want->pw_gid);
	}
	fclose(f);
}

TEST(accounts_as_the_c_library)
{
	for (size_t i = 0; i < ARRAY_LEN(passwd_lines); i++)
		check_passwd(passwd_lines[i]);
}

TEST(accounts_other_sources)
{
	struct passwd_line p;
	struct group_line g;

	CHECK_INT(passwd_line_read(span_str("+"), &p), 1);
	check_span(p.name, "+");
	CHECK_INT(p.uid, ACCOUNT_NO_ID);
	CHECK_INT(passwd_line_read(span_str("+@admins::::::/bin/sh"), &p), 1);
	check_span(p.name, "+@admins");
	check_span(p.shell, "/bin/sh");
	CHECK_INT(passwd_line_read(span_str("+eve::0:0:::"), &p), 1);
	CHECK_INT(p.uid, 0);
	CHECK_INT(group_line_read(span_str("+"), &g), 1);
	CHECK_INT(g.gid, ACCOUNT_NO_ID);
}

TEST(accounts_groups)
{
	static const char *const lines[] = {"root:x:0:", "a:x:5:b,c", "a:x:5", "a:x", "a", "a:x::b",
		" a:x: 5:b", "#a:x:5:b", "a:x:5:b:c", ":x:5:"};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		FILE *f = file_of(lines[i]);
		struct group *want = fgetgrent(f);
		struct group_line got;
		bool there = want && want->gr_gid != 12345;
		int r = group_line_read(span_str(lines[i]), &got);

		if ((r == 1) != there)
			FAIL("'%s': %d, but the C library says %d", lines[i], r, there);
		if (there) {
			check_span(got.name, want->gr_name);
			CHECK_INT(got.gid, want->gr_gid);
		}
		fclose(f);
	}
}

TEST(accounts_empty_and_wrong)
{
	struct passwd_line p;

	CHECK_INT(passwd_line_read(span_str(""), &p), 0);
	CHECK_INT(passwd_line_read(span_str(" \t"), &p), 0);
	CHECK_INT(passwd_line_read(span_str("#x"), &p), 0);
	CHECK_INT(passwd_line_read(span_str("a:b"), &p), -EBADMSG);
	CHECK_INT(passwd_line_read((struct span){"a\0b:x:1:2:::", 12}, &p), 1);
	CHECK_INT(p.name.n, 3);
}

TEST_MAIN(&accounts_as_the_c_library, &accounts_other_sources, &accounts_groups,
	&accounts_empty_and_wrong)
