/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sockets of a host, by inode: what /proc/PID/net tells of each network namespace, or the
 * kernel itself of ours (sockdiag.h), read once and kept. A socket's inode is unique on a machine,
 * whatever its namespace.
 */
#ifndef AGENTD_SOCKETS_H
#define AGENTD_SOCKETS_H

#include "agentd/procfs.h"
#include "common/str.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* Sockets kept; more than that are left out and sockets_overflow says so. */
#define SOCKETS_MAX (1u << 20)
/* Network namespaces read. */
#define SOCKETS_NAMESPACES_MAX 4096
/* Bytes of a line of /proc/net; longer ones are passed over. */
#define SOCKETS_LINE_MAX 4096

struct sock {
	uint64_t inode; /* 0: no longer any process's (TIME_WAIT), or not yet accepted */
	uint64_t ns;	/* network namespace, 0: not told */
	uint16_t family;
	uint16_t protocol; /* IPPROTO_*, ETH_P_*, NETLINK_* after the family */
	uint16_t local_port, remote_port;
	uint8_t state; /* TCP_* for tcp */
	bool held;     /* for callers: a descriptor of it has been seen */
	bool again;    /* see sockets_look_again */
	uint8_t local[16], remote[16];
	uint32_t path, path_len; /* unix: see sockets_path */
};

struct sockets;

/* `fs` must outlive it. NULL when out of memory. */
struct sockets *sockets_new(const struct procfs *fs);
void sockets_free(struct sockets *s);
/* Asked now and then while reading: true ends that with -ECANCELED. */
void sockets_on_stop(struct sockets *s, bool (*stop)(void *arg), void *arg);

/*
 * Reads the tables of the process's network namespace, unless that was done. 0 or -errno: -EACCES
 * when its namespace is a secret, -ENOENT or -ESRCH when it is gone.
 */
int sockets_load(struct sockets *s, const struct procfs_proc *p);
/* The agent's own namespace; of a captured /proc the one in /proc/net. */
int sockets_load_own(struct sockets *s);
/*
 * Those of all processes and our own, once. `denied` (may be NULL) is called with the positive
 * errno for each process whose namespace cannot be told.
 */
int sockets_load_all(struct sockets *s, void (*denied)(void *arg, int err), void *arg);

/*
 * Sets `again` of those socks that are still there, by reading the files anew that have a sock
 * which is not `held` and matters (NULL: all do). 0 or -errno.
 */
int sockets_look_again(struct sockets *s, bool (*matters)(const struct sock *k));

/* NULL when no socket read so far has this inode; for inode 0 too. */
struct sock *sockets_find(struct sockets *s, uint64_t inode);
/* The sockets in the order they were read. Pointers are valid until the next load. */
size_t sockets_len(const struct sockets *s);
struct sock *sockets_at(struct sockets *s, size_t i);
/* Was there no room for all of them? */
bool sockets_overflow(const struct sockets *s);

/* A unix socket's name: bytes as bound; '@' stands for the NUL of an abstract name. */
struct span sockets_path(const struct sockets *s, const struct sock *k);
/* "" for unix, packet and netlink sockets. */
void sock_address(const struct sock *k, bool remote, char out[INET6_ADDRSTRLEN]);
/* Of tcp "LISTEN", "ESTABLISHED" …; of packet sockets "NONE"; otherwise "". */
const char *sock_state(const struct sock *k);

/* ---- For tests ---- */

/* The files read for each namespace; NULL behind the last one. */
const char *sockets_file(size_t i);
/* Takes `text` as the content of that file, as of namespace `ns`. 0 or -ENOMEM. */
int sockets_add_text(struct sockets *s, size_t file, struct span text, uint64_t ns);

#endif
