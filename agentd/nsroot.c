/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nsroot.h"

#include "agentd/root.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROC_PATH_MAX 64

/* "mnt:[4026531841]" -> "4026531841" */
static void read_mnt_ns(struct nsroot *n, const struct root *host)
{
	char path[PROC_PATH_MAX];
	struct buf link;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/ns/mnt", n->pid);
	buf_init(&link, PROC_PATH_MAX);
	if (root_readlink(host, path, &link) == 0 &&
		sscanf(link.p, "mnt:[%23[0-9]]", n->mnt_ns) != 1)
		n->mnt_ns[0] = '\0';
	buf_done(&link);
}

static int open_root_of(struct nsroot *n, struct scan *s, const struct root *host)
{
	char path[PROC_PATH_MAX];
	struct err err;

	snprintf(n->mounts, sizeof(n->mounts), "/proc/%" PRId64 "/mounts", n->pid);
	read_mnt_ns(n, host);
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/root", n->pid);
	n->own = root_new(path, &err);
	n->root = n->own;
	if (n->own)
		root_mounts(n->own, n->mounts);
	if (!n->own && err.code != ENOMEM && err.code != ENOENT)
		scan_skipped(s, "root", "process", err.code);
	return !n->own && err.code == ENOMEM ? -ENOMEM : 0;
}

int nsroot_open(struct nsroot *n, struct scan *s, unsigned pid)
{
	bool never = false;

	*n = (struct nsroot){.root = scan_root(s)};
	if (!scan_eq_int(s, pid, &n->pid, &never) && !never)
		return 0;
	if (never || n->pid < 0 || n->pid > INT32_MAX) {
		n->root = NULL;
		return 0;
	}
	if (n->pid == 0)
		return 0;
	if (!root_is_live(n->root)) {
		n->root = NULL;
		scan_warn(s, "pid_with_namespace: only the running machine has processes");
		return 0;
	}
	return open_root_of(n, s, n->root);
}

void nsroot_done(struct nsroot *n)
{
	root_free(n->own);
	*n = (struct nsroot){0};
}

const char *nsroot_mounts(const struct nsroot *n)
{
	return n->mounts[0] ? n->mounts : NULL;
}
