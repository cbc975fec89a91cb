/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/broker.h"

#include "common/io.h"

#include <errno.h>

static int (*broker)(void *arg, enum priv_relay_kind kind, const char *what);
static void *broker_arg;

void broker_set(int (*fn)(void *arg, enum priv_relay_kind kind, const char *what), void *arg)
{
	broker = fn;
	broker_arg = arg;
}

bool broker_is_set(void)
{
	return broker;
}

int broker_read(const char *path, struct buf *b)
{
	int fd = broker_open(PRIV_RELAY_FILE, path), r;

	if (fd < 0)
		return fd;
	r = io_read_all(fd, b);
	io_close(fd);
	return r;
}

int broker_open(enum priv_relay_kind kind, const char *arg)
{
	return broker ? broker(broker_arg, kind, arg) : -ENOSYS;
}
