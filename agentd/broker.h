/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections that a sandboxed worker cannot make itself. Whoever needs one asks here first;
 * without a sandbox the answer is -ENOSYS: make it yourself.
 */
#ifndef AGENTD_BROKER_H
#define AGENTD_BROKER_H

#include "agentd/priv.h"

/*
 * A stream or packet socket to a relay that does the one thing that its kind says (daemon/relay.h),
 * or -errno. Thread-safe.
 */
int broker_open(enum priv_relay_kind kind, const char *arg);

bool broker_is_set(void);
/*
 * Appends the content of a file of /proc that the kernel shows to root only. 0, -EMSGSIZE (what
 * fits is there), -errno.
 */
int broker_read(const char *path, struct buf *b);

/* For the worker, before any thread starts: how it is done. */
void broker_set(int (*fn)(void *arg, enum priv_relay_kind kind, const char *what), void *arg);

#endif
