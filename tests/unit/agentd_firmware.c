/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of the firmware (smbios), /proc/mdstat and sysctl.conf: lengths and lines that lie. */
#include "agentd/mdstat.h"
#include "agentd/smbios.h"
#include "agentd/sysctlconf.h"

#include "tests/unit/test.h"

#include <stdbool.h>

/* ---- SMBIOS ---- */

static struct span bytes(const char *p, size_t n)
{
	return (struct span){p, n};
}
#define BYTES(s) bytes(s, sizeof(s) - 1)

TEST(smbios_entries)
{
	struct span rest = BYTES("\x01\x06\x34\x12\x02\x03one\0two  \0\0"
				 "\x7f\x04\x01\x00\0\0"
				 "\0\0\0\0");
	struct smbios_entry e;

	CHECK(smbios_next(&rest, &e));
	CHECK_INT(e.type, 1);
	CHECK_INT(e.handle, 0x1234);
	CHECK_INT(e.length, 6);
	CHECK_INT(e.size, 6 + 4 + 6 + 1);
	CHECK(span_eq(smbios_string(&e, 4), "two"));
	CHECK(span_eq(smbios_string(&e, 5), ""));
	CHECK(span_eq(smbios_string(&e, 6), ""));
	CHECK_INT(smbios_number(&e, 4, 2), 0x0302);
	CHECK_INT(smbios_number(&e, 5, 2), 0);
	CHECK(smbios_next(&rest, &e));
	CHECK_INT(e.type, 127);
	CHECK_INT(e.size, 6);
	/* A header that is shorter than a header ends it. */
	CHECK(!smbios_next(&rest, &e));
	CHECK_INT(rest.n, 4);
}

TEST(smbios_cut)
{
	static const char text[] = "\x00\x06\x00\x00\x01\x02"
				   "a\0b\0";
	struct smbios_entry e;
	struct span rest;

	for (size_t n = 0; n < sizeof(text); n++) {
		rest = bytes(text, n);
		CHECK(smbios_next(&rest, &e) == (n >= 6));
		if (n < 6)
			continue;
		CHECK(rest.n == 0 && e.size == n);
		CHECK(span_eq(smbios_string(&e, 4), n >= 8 ? "a" : ""));
	}
	rest = BYTES("\x00\xff\x00\x00");
	CHECK(!smbios_next(&rest, &e));
	rest = bytes(NULL, 0);
	CHECK(!smbios_next(&rest, &e));
}

/* ---- mdstat ---- */

TEST(mdstat_arrays)
{
	struct span rest =
		span_str("Personalities : [raid1]\n"
			 "md127 : active raid10 sda1[0](W) sdb1[10] odd x[y] z[1\n"
			 "      10 blocks 64K chunks 2 near-copies [2/2] [UU]\n"
			 "      [>....]  check =  0.5% (1/200) finish=9.9min speed=1K/sec\n"
			 "\n"
			 "md0 : inactive\n"
			 "unused devices: <none>\n");
	struct span text = rest, drives, name;
	struct mdstat_array a;
	uint64_t number;

	CHECK(mdstat_next(&rest, &a) && span_eq(a.name, "md127") && span_eq(a.level, "raid10"));
	CHECK_INT(a.blocks, 10);
	CHECK(span_eq(a.other, "64K chunks 2 near-copies"));
	CHECK(span_eq(a.actions[MDSTAT_CHECK].progress, "0.5% (1/200)"));
	CHECK(span_eq(a.actions[MDSTAT_CHECK].finish, "9.9min"));
	CHECK(span_eq(a.actions[MDSTAT_CHECK].speed, "1K/sec"));
	CHECK(!a.actions[MDSTAT_RESYNC].progress.p && !a.bitmap_on_mem.p);
	drives = a.drives;
	CHECK(mdstat_drive(&drives, &name, &number) && span_eq(name, "sda1") && number == 0);
	CHECK(mdstat_drive(&drives, &name, &number) && span_eq(name, "sdb1") && number == 10);
	CHECK(mdstat_drive(&drives, &name, &number) && span_eq(name, "z") && number == 1);
	CHECK(!mdstat_drive(&drives, &name, &number));
	CHECK(mdstat_next(&rest, &a) && span_eq(a.name, "md0") && span_eq(a.status, "inactive"));
	CHECK(!a.level.n && !a.drives.n && !a.blocks);
	CHECK(!mdstat_next(&rest, &a));
	CHECK(span_eq(mdstat_line(text, "unused devices:"), "<none>"));
	CHECK(span_eq(mdstat_line(text, "nothing:"), ""));
}

/* ---- sysctl.conf ---- */

static void check_line(const char *line, const char *name, const char *value)
{
	struct span n, v;
	bool is = sysctlconf_line(span_str(line), &n, &v);

	if (is != (name != NULL))
		FAIL("'%s' is %s setting", line, is ? "a" : "no");
	if (is && (!span_eq(n, name) || !span_eq(v, value)))
		FAIL("'%s': '%.*s' is '%.*s'", line, (int)n.n, n.p, (int)v.n, v.p);
}

TEST(sysctl_lines)
{
	check_line("a.b=1", "a.b", "1");
	check_line("  a.b = 1 = 2 \t", "a.b", "1 = 2");
	check_line("-a=", "a", "");
	check_line("# a=1", NULL, NULL);
	check_line("; a=1", NULL, NULL);
	check_line("a", NULL, NULL);
	check_line("= 1", NULL, NULL);
	check_line("", NULL, NULL);
}

TEST_MAIN(&smbios_entries, &smbios_cut, &mdstat_arrays, &sysctl_lines)
