/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading /proc, the live one or a captured one under --root.
 *
 * A process is held by a descriptor of its /proc directory, so that all that is read through it is
 * of the same process: once that is gone reads fail with -ESRCH or -ENOENT, also when its number
 * is in use again. No symbolic link is followed on the way to a file, and nothing that the files
 * say is trusted.
 */
#ifndef AGENTD_PROCFS_H
#define AGENTD_PROCFS_H

#include "agentd/engine.h"
#include "agentd/root.h"
#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of a command line that are read: what does not fit into a cell is seen to be cut. */
#define PROCFS_CMDLINE_MAX (ENGINE_CELL_MAX + 1)
/* stat, status, io, cgroup: what the kernel writes is far shorter. */
#define PROCFS_FILE_MAX (64u << 10)
/* What readlink gives at most; the kernel's own limit is one page. */
#define PROCFS_LINK_MAX 4096
/* Bytes asked of the kernel with one getdents64. */
#define PROCFS_LIST_BYTES (32u << 10)

/* ---- The host ---- */

struct procfs {
	const struct root *root;
	bool live;
	int fd;	      /* /proc */
	int64_t hz;   /* ticks per second in stat */
	int64_t boot; /* seconds since 1970, 0: not known; read by procfs_boot_time */
	bool boot_read;
};

/* 0 or -errno (-ENOENT: this root has no /proc). `fs` may be given to procfs_done in any case. */
int procfs_init(struct procfs *fs, const struct root *root);
/* Accepts NULL and a zeroed struct that was never initialised. */
void procfs_done(struct procfs *fs);
/*
 * When the machine was started, from "btime" of /proc/stat: unlike "now minus uptime" it only
 * moves when somebody sets the clock. 0 when it is not told.
 */
int64_t procfs_boot_time(struct procfs *fs);

/* ---- Numbered entries of a directory: processes, descriptors ---- */

struct procfs_list {
	int fd;
	char *buf; /* heap */
	size_t at, len;
};

/* All processes. 0 or -errno. */
int procfs_list_init(struct procfs_list *l, const struct procfs *fs);
void procfs_list_done(struct procfs_list *l);
/* 1 with the next number, in the kernel's order; 0 at the end; -errno. */
int procfs_list_next(struct procfs_list *l, int32_t *ret);
/* Is there another number without asking the kernel? */
bool procfs_list_pending(const struct procfs_list *l);

/* ---- One process ---- */

struct procfs_proc {
	int fd; /* its directory (O_PATH), -1 when not open */
	int32_t pid;
	bool live;
};

/* 0 or -errno: -ENOENT when there is none (any more). */
int procfs_open(const struct procfs *fs, int32_t pid, struct procfs_proc *ret);
/* As above; also -ENOENT when the number is that of a thread, which /proc hides but would open. */
int procfs_open_process(const struct procfs *fs, int32_t pid, struct procfs_proc *ret);
/* The one that asks, on the machine itself only. 0 or -errno. */
int procfs_open_self(const struct procfs *fs, struct procfs_proc *ret);
/* Accepts one that is not open (fd -1). */
void procfs_close(struct procfs_proc *p);
/* Has it ended and been reaped? */
bool procfs_gone(const struct procfs_proc *p);

/*
 * Replaces `b` by the content of the file `name` ("stat", "net/tcp"), at most b->max bytes.
 * 0, -EMSGSIZE (what fits is there) or -errno.
 */
int procfs_read(const struct procfs_proc *p, const char *name, struct buf *b);
/* As procfs_read for large files in pieces: a descriptor for reading, or -errno. */
int procfs_open_file(const struct procfs_proc *p, const char *name);
/* Replaces `b` by the target of the link `name` ("exe", "ns/net", "fd/3"). 0 or -errno. */
int procfs_link(const struct procfs_proc *p, const char *name, struct buf *b);
/* The number of a namespace ("net", "mnt"), 0 when it is not told. 0 or -errno. */
int procfs_namespace(const struct procfs_proc *p, const char *kind, uint64_t *ret);
/* Its descriptors. 0 or -errno. */
int procfs_list_fds(struct procfs_list *l, const struct procfs_proc *p);
/* Its threads. 0 or -errno. */
int procfs_list_tasks(struct procfs_list *l, const struct procfs_proc *p);
/* The link of descriptor `fd` while listing. 0 or -errno. */
int procfs_list_link(const struct procfs_list *l, int32_t fd, struct buf *b);

/* ---- What the files say ---- */

#define PROCFS_PF_EXITING 0x00000004u
#define PROCFS_PF_KTHREAD 0x00200000u

struct procfs_stat {
	struct span comm; /* points into the text; any byte but NUL, also newlines and brackets */
	char state;
	int64_t ppid, pgrp, session, nice, threads;
	uint64_t flags;	       /* PF_* */
	uint64_t utime, stime; /* ticks */
	uint64_t start;	       /* ticks since boot */
	uint64_t vsize;	       /* bytes */
};
/* 0 or -EBADMSG. */
int procfs_stat_parse(struct span text, struct procfs_stat *ret);

enum { PROCFS_ID_REAL, PROCFS_ID_EFFECTIVE, PROCFS_ID_SAVED, PROCFS_ID_FS };
struct procfs_status {
	int64_t tgid; /* 0: not told */
	uint32_t uid[4], gid[4];
	uint64_t rss; /* bytes, 0 for kernel threads and zombies */
};
/* 0 or -EBADMSG (no ids). */
int procfs_status_parse(struct span text, struct procfs_status *ret);

struct procfs_io {
	uint64_t read_bytes, write_bytes, cancelled_write_bytes;
};
/* 0 or -EBADMSG. */
int procfs_io_parse(struct span text, struct procfs_io *ret);

/* Of /proc/PID/cgroup: the path in its first line, "" when there is none. */
struct span procfs_cgroup_path(struct span text);
/* Of /proc/PID/cmdline: each NUL becomes a space, blanks at both ends are dropped. */
struct span procfs_cmdline_text(struct buf *b);
/* The number in a link such as "socket:[123]", false for any other text. */
bool procfs_link_number(struct span link, const char *kind, uint64_t *ret);
/* Ticks as milliseconds, the largest there is when they do not fit. */
int64_t procfs_ms(const struct procfs *fs, uint64_t ticks);

#endif
