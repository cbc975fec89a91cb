/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's directories, its lock, its socket. */
#ifndef AGENTD_DAEMON_PLACE_H
#define AGENTD_DAEMON_PLACE_H

#include "common/err.h"

#include <sys/types.h>

/* Connections that the kernel holds until they are accepted. */
#define PLACE_BACKLOG 128
/* Not a member of the group that may do all. */
#define PLACE_WORKER_ACCOUNT "tocsin-worker"

/*
 * Makes the directory if it is missing, with this mode. Refused (-EPERM): it is somebody else's
 * than root's or ours, or writable for others, so that they could put things in our place.
 */
int place_directory(const char *path, mode_t mode, struct err *err);
/* A lock in it that ends with the process; -EBUSY when another daemon has it. A descriptor. */
int place_lock(const char *dir, struct err *err);
/* Takes the place of a socket that nobody listens on (the lock is held). A descriptor. */
int place_listen(const char *dir, struct err *err);
/* Takes the socket's name away. */
void place_unlisten(const char *dir);
/* The account of workers: `tocsin-worker` where it exists, or the kernel's overflow ids. */
void place_worker_account(uid_t *ret_uid, gid_t *ret_gid);

#endif
