/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/utmpfile.h"

#include <string.h>

enum { USERNAME, TTY, PID, TYPE, TYPE_NAME, TIME, HOST };

static const struct column columns[] = {
	{"username", COL_TEXT, 0, "Who; often empty where a session ends"},
	{"tty", COL_TEXT, 0, "Terminal"},
	{"pid", COL_INTEGER, 0, "Process of the session"},
	{"type", COL_INTEGER, 0, "7 a login, 8 an end"},
	{"type_name", COL_TEXT, 0, "user-process a login, dead-process an end"},
	{"time", COL_INTEGER, 0, "When, seconds since 1970"},
	{"host", COL_TEXT, 0, "Where the login came from"},
	COL_END,
};

static int last_open(struct scan *s)
{
	utmpfile_open(scan_state(s), s, "/var/log/wtmp");
	return 0;
}

static void last_close(struct scan *s)
{
	utmpfile_close(scan_state(s));
}

static void put(struct scan *s, const struct utmp *u)
{
	row_begin(s);
	row_utmp(s, USERNAME, u->ut_user);
	row_utmp(s, TTY, u->ut_line);
	row_int(s, PID, u->ut_pid);
	row_int(s, TYPE, u->ut_type);
	row_text(s, TYPE_NAME, u->ut_type == USER_PROCESS ? "user-process" : "dead-process");
	row_int(s, TIME, utmp_time(u));
	row_utmp(s, HOST, u->ut_host);
	row_end(s);
}

static int last_step(struct scan *s)
{
	struct utmp u;

	for (unsigned i = 0; i < UTMPFILE_BATCH; i++) {
		if (!utmpfile_next(scan_state(s), &u))
			return 0;
		if (u.ut_type == USER_PROCESS || u.ut_type == DEAD_PROCESS)
			put(s, &u);
	}
	return 1;
}

const struct table table_last = {
	.name = "last",
	.doc = "Logins and ends of sessions, from /var/log/wtmp.",
	.columns = columns,
	.open = last_open,
	.step = last_step,
	.close = last_close,
	.state_size = sizeof(struct utmpfile),
};
