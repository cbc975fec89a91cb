/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/cronline.h"

#include "tests/unit/test.h"

#include <errno.h>

static struct buf command;
static struct cron_line c;

static int read_line(const char *s)
{
	buf_done(&command);
	buf_init(&command, 100);
	return cron_line_read(span_str(s), &c, &command);
}

TEST(cron_jobs)
{
	CHECK_INT(read_line("*/5 1-2\t3 jan  mon,tue root  /bin/x  -a\t b "), 1);
	CHECK(span_eq(c.when[0], "*/5") && span_eq(c.when[1], "1-2") && span_eq(c.when[2], "3"));
	CHECK(span_eq(c.when[3], "jan") && span_eq(c.when[4], "mon,tue"));
	CHECK_STR(command.p, "root /bin/x -a b");
	CHECK_INT(c.event.n, 0);
	CHECK_INT(read_line("  @reboot  /bin/evil --now\r"), 1);
	CHECK(span_eq(c.event, "@reboot"));
	CHECK_STR(command.p, "/bin/evil --now");
	CHECK_INT(read_line("* * * * * X=1 cmd"), 1);
	CHECK_STR(command.p, "X=1 cmd");
	CHECK_INT(read_line("* * * * * a=b"), 1);
	CHECK_INT(read_line("-* * * * * quiet"), 1);
}

TEST(cron_no_jobs)
{
	static const char *const none[] = {"", "   ", "# * * * * * x", "  #", "SHELL=/bin/sh",
		"MAILTO=\"a b c d e f g\"", "PATH = /usr/bin:/bin a b c d e f",
		"\"NAME X\" = a b c d e f", "'N'=a b c d e f", "* * * * *", "* * *", "@reboot", "@",
		"=", "A="};

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		if (read_line(none[i]) != 0)
			FAIL("'%s' is taken for a job", none[i]);
}

TEST(cron_bounds)
{
	static const char line[] = "* * * * * 0123456789012345678901234567890123456789012345678901"
				   "234567890123456789012345678901234567890123456789";

	CHECK_INT(read_line(line), 1);
	CHECK_INT(command.len, 100);
	buf_done(&command);
	buf_init(&command, 99);
	CHECK_INT(cron_line_read(span_str(line), &c, &command), -EMSGSIZE);
	buf_done(&command);
}

TEST_MAIN(&cron_jobs, &cron_no_jobs, &cron_bounds)
