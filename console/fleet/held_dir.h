/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The directory with the sockets of this user's holders: $XDG_RUNTIME_DIR/tocsin, else
 * /run/user/UID/tocsin, else /tmp/tocsin-UID. It is this user's own and nobody else may enter it,
 * or it is not used; what happens in it goes by its descriptor, so that it cannot be exchanged.
 */
#ifndef CONSOLE_FLEET_HELD_DIR_H
#define CONSOLE_FLEET_HELD_DIR_H

#include "common/err.h"

#include <stddef.h>
#include <sys/types.h>

/* Sockets: one per thread of each holder. Where there are as many, no more is held. */
#define HELD_SOCKETS_MAX 32
/* Connections waiting to be accepted by one. */
#define HELD_BACKLOG 64
/* Waiting for another one that is about to hold connections. */
#define HELD_LOCK_MS 500

struct held_name {
	char text[40];
};

/*
 * Opens the directory, which is made where it is missing. Its descriptor; -ENOENT when there is no
 * place for it, -EPERM with `err` when what is there is not only this user's.
 */
int held_dir_open(struct err *err);
/* The names of the sockets, sorted, at most HELD_SOCKETS_MAX. */
size_t held_dir_list(int dir, struct held_name ret[HELD_SOCKETS_MAX]);

/*
 * One process at a time may add sockets. 0, -EAGAIN when others took longer than HELD_LOCK_MS, or
 * -errno. The lock is the open directory's: it stays while a child has that, too.
 */
int held_dir_lock(int dir);
void held_dir_unlock(int dir);
/*
 * A listening socket, under a name that held_dir_list does not tell until it is shown under that
 * of a thread of a process. With the lock held.
 */
int held_dir_listen(int dir, struct held_name *ret_name);
struct held_name held_dir_shown(const struct held_name *name, pid_t pid, unsigned thread);
int held_dir_show(int dir, const struct held_name *name, const struct held_name *shown);
void held_dir_remove(int dir, const struct held_name *name);

/*
 * Connects: a non-blocking descriptor or -errno. A socket that nobody listens to any more is
 * removed. -EPERM when it is another user's.
 */
int held_dir_connect(int dir, const struct held_name *name);
/* 0, or -EPERM: at the other end is another user. */
int held_check_peer(int fd);

#endif
