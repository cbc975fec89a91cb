/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/utmpfile.h"
#include "common/str.h"

#include <string.h>

enum { TYPE, USER, TTY, HOST, TIME, PID };

static const struct column columns[] = {
	{"type", COL_TEXT, 0, "user for a login; login, dead, boot_time, runlevel, init …"},
	{"user", COL_TEXT, 0, "Who"},
	{"tty", COL_TEXT, 0, "Terminal"},
	{"host", COL_TEXT, 0, "Where the login came from"},
	{"time", COL_BIGINT, 0, "When, seconds since 1970"},
	{"pid", COL_INTEGER, 0, "Process of the session"},
	COL_END,
};

static int users_open(struct scan *s)
{
	utmpfile_open(scan_state(s), s, "/run/utmp");
	return 0;
}

static void users_close(struct scan *s)
{
	utmpfile_close(scan_state(s));
}

static const char *type_name(short type)
{
	static const char *const names[] = {
		[EMPTY] = "empty",
		[RUN_LVL] = "runlevel",
		[BOOT_TIME] = "boot_time",
		[NEW_TIME] = "new_time",
		[OLD_TIME] = "old_time",
		[INIT_PROCESS] = "init",
		[LOGIN_PROCESS] = "login",
		[USER_PROCESS] = "user",
		[DEAD_PROCESS] = "dead",
		[ACCOUNTING] = "accounting",
	};

	return type >= 0 && (size_t)type < ARRAY_LEN(names) ? names[type] : "unknown";
}

static int users_step(struct scan *s)
{
	struct utmp u;

	if (!utmpfile_next(scan_state(s), &u))
		return 0;
	if (u.ut_pid == 1)
		return 1;
	row_begin(s);
	row_text(s, TYPE, type_name(u.ut_type));
	row_utmp(s, USER, u.ut_user);
	row_utmp(s, TTY, u.ut_line);
	row_utmp(s, HOST, u.ut_host);
	row_int(s, TIME, utmp_time(&u));
	row_int(s, PID, u.ut_pid);
	row_end(s);
	return 1;
}

const struct table table_logged_in_users = {
	.name = "logged_in_users",
	.doc = "Sessions as /run/utmp has them; those of type user are logins.",
	.columns = columns,
	.open = users_open,
	.step = users_step,
	.close = users_close,
	.state_size = sizeof(struct utmpfile),
};
