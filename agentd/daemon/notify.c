/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/notify.h"

#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MAX 512
/* The watchdog is told this many times within its time. */
#define WATCHDOG_TIMES 2

static int connect_manager(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(a.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(a.sun_path, path, n);
	if (path[0] == '@')
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		return io_close(fd);
	return fd;
}

static void on_watchdog(struct loop_timer *timer)
{
	struct notify *n = timer->arg;

	notify_send(n, "WATCHDOG=1");
	loop_timer_in(n->loop, timer, n->every_ms);
}

static void start_watchdog(struct notify *n)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us, of;

	if (!usec || parse_uint(usec, 1, INT64_MAX, &us) < 0)
		return;
	if (pid && (parse_uint(pid, 1, INT32_MAX, &of) < 0 || of != (uint64_t)getpid()))
		return;
	n->every_ms = (int64_t)us / 1000 / WATCHDOG_TIMES;
	if (n->every_ms)
		loop_timer_in(n->loop, &n->watchdog, n->every_ms);
}

void notify_init(struct notify *n, struct loop *loop)
{
	*n = (struct notify){.fd = connect_manager(getenv("NOTIFY_SOCKET")), .loop = loop};
	n->watchdog = (struct loop_timer){.fn = on_watchdog, .arg = n};
	if (n->fd >= 0)
		start_watchdog(n);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_done(struct notify *n)
{
	if (!n->loop)
		return;
	loop_timer_stop(n->loop, &n->watchdog);
	n->fd = io_close(n->fd);
}

void notify_send(struct notify *n, const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;
	int len;

	if (n->fd < 0)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len > 0 && len < MESSAGE_MAX && send(n->fd, text, (size_t)len, MSG_NOSIGNAL) < 0)
		return; /* a manager that does not listen is its own affair */
}
