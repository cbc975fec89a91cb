/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/broker.h"

#include <errno.h>

static int (*broker)(void *arg, enum priv_relay_kind kind, const char *what);
static void *broker_arg;

void broker_set(int (*fn)(void *arg, enum priv_relay_kind kind, const char *what), void *arg)
{
	broker = fn;
	broker_arg = arg;
}

int broker_open(enum priv_relay_kind kind, const char *arg)
{
	return broker ? broker(broker_arg, kind, arg) : -ENOSYS;
}
