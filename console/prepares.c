/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/prepares.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/spawn.h"
#include "common/str.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* One statement may take as long. */
#define CHECK_MS 10000
/* The agent's statuses, agentd/role.h. */
#define STATUS_GOOD    0
#define STATUS_REFUSED 2

/* The descriptor's bytes until its end, the deadline or the buffer's. */
static void read_until(int fd, struct buf *b, int64_t until)
{
	for (;;) {
		int64_t left = until - clock_mono_ms();
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		int r;

		if (left <= 0 || poll(&pfd, 1, (int)left) <= 0)
			return;
		r = io_read_all(fd, b);
		if (r != -EAGAIN)
			return;
	}
}

/* The agent reads all of the SQL before it says anything: neither waits for the other. */
static int talk(struct spawned *agent, const char *sql, struct buf *said)
{
	int64_t until = clock_mono_ms() + CHECK_MS;
	int r = io_write_all(agent->fd, sql, strlen(sql));

	shutdown(agent->fd, SHUT_WR);
	/* One that went away early has said why. */
	if (r == 0 || r == -EPIPE)
		read_until(agent->err_fd, said, until);
	return spawn_wait(agent, CHECK_MS / 10);
}

/* What stands behind "tocsin-agentd: query: " in the first line. */
static int put_reason(struct buf *why, const struct buf *said)
{
	struct span s = {buf_str(said), said->len}, line;

	if (!span_split(&s, '\n', &line) || !span_trim(line).n)
		return buf_puts(why, "the agent did not say why");
	if (span_skip(&line, "tocsin-agentd: "))
		span_skip(&line, "query: ");
	return buf_add(why, line.p, line.n);
}

enum prepares prepares_check(const char *agent, const char *sql, struct buf *why)
{
	const char *argv[] = {agent, "query", "--check", "-", NULL};
	struct spawned process;
	struct buf said;
	struct err err;
	int status;

	buf_reset(why);
	if (spawn(argv, 1, &process, &err) < 0) {
		(void)buf_puts(why, err.text);
		return PREPARES_UNKNOWN;
	}
	buf_init(&said, PREPARES_WHY_MAX);
	status = talk(&process, sql, &said);
	if (status != STATUS_GOOD)
		(void)put_reason(why, &said);
	buf_done(&said);
	if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == STATUS_REFUSED)
		return PREPARES_NO;
	return status == STATUS_GOOD ? PREPARES_YES : PREPARES_UNKNOWN;
}
