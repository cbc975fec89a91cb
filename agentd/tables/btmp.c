/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/utmpfile.h"

#include <arpa/inet.h>
#include <string.h>

enum { USERNAME, TTY, PID, TIME, HOST, ADDRESS };

static const struct column columns[] = {
	{"username", COL_TEXT, 0,
		"What was given as the name; at times a password typed too early"},
	{"tty", COL_TEXT, 0, "Terminal, or the service: ssh:notty"},
	{"pid", COL_INTEGER, 0, "Process that refused it"},
	{"time", COL_BIGINT, 0, "When, seconds since 1970"},
	{"host", COL_TEXT, 0, "Where it came from: name or address, cut at 256 bytes"},
	{"address", COL_TEXT, 0, "IP address it came from; empty when it is not kept"},
	COL_END,
};

static int btmp_open(struct scan *s)
{
	utmpfile_open(scan_state(s), s, "/var/log/btmp");
	return 0;
}

static void btmp_close(struct scan *s)
{
	utmpfile_close(scan_state(s));
}

/* An IPv4 address stands in the first of the four words, the others are 0. */
static void put_address(struct scan *s, const struct utmp *u)
{
	char text[INET6_ADDRSTRLEN] = "";
	const int32_t *a = u->ut_addr_v6;
	bool v6 = a[1] || a[2] || a[3];

	if (v6 || a[0])
		inet_ntop(v6 ? AF_INET6 : AF_INET, a, text, sizeof(text));
	row_text(s, ADDRESS, text);
}

static void put(struct scan *s, const struct utmp *u)
{
	row_begin(s);
	row_utmp(s, USERNAME, u->ut_user);
	row_utmp(s, TTY, u->ut_line);
	row_int(s, PID, u->ut_pid);
	row_int(s, TIME, utmp_time(u));
	row_utmp(s, HOST, u->ut_host);
	put_address(s, u);
	row_end(s);
}

static int btmp_step(struct scan *s)
{
	struct utmp u;

	for (unsigned i = 0; i < UTMPFILE_BATCH; i++) {
		if (!utmpfile_next(scan_state(s), &u))
			return 0;
		if (u.ut_type != EMPTY)
			put(s, &u);
	}
	return 1;
}

const struct table table_btmp = {
	.name = "btmp",
	.doc = "Logins that failed, from /var/log/btmp.",
	.columns = columns,
	.open = btmp_open,
	.step = btmp_step,
	.close = btmp_close,
	.state_size = sizeof(struct utmpfile),
};
