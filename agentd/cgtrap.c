/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/cgtrap.h"

#include "common/io.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NAME_FORMAT "tocsin-trap-%d"
#define NUMBER_MAX  16
/* Processes that were in it may take a moment to be gone. */
#define REMOVE_TRIES	  20
#define REMOVE_PAUSE_US	  5000
#define FREEZE_TRIES	  50
#define FREEZE_PAUSE_US	  1000
#define EVENTS_BYTES_MAX  4096
#define MEMBERS_BYTES_MAX (1u << 20)

/* Where a process is in the hierarchy of version 2: "0::/path". */
static bool group_of(const struct pidref *p, struct buf *text, struct span *ret)
{
	struct span rest;

	if (procfs_read(&p->proc, "cgroup", text) < 0)
		return false;
	rest = (struct span){buf_str(text), text->len};
	while (span_split(&rest, '\n', ret))
		/* One outside of our own namespace begins with "/..". */
		if (span_skip(ret, "0::/") && !span_skip(ret, ".."))
			return true;
	return false;
}

static int open_group(const struct root *root, struct span group)
{
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	char path[PATH_MAX];
	struct statfs fs;
	int fd;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (snprintf(path, sizeof(path), "%s/%.*s", places[i], (int)group.n, group.p) >=
			(int)sizeof(path))
			return -ENAMETOOLONG;
		fd = root_open(root, path, O_RDONLY | O_DIRECTORY);
		if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return fd;
		io_close(fd);
	}
	return -ENOENT;
}

static int open_base(const struct root *root, const struct pidref *p)
{
	struct span group;
	struct buf text;
	int fd = -ENOENT;

	buf_init(&text, PROCFS_FILE_MAX);
	if (group_of(p, &text, &group))
		fd = open_group(root, group);
	buf_done(&text);
	return fd;
}

int cgtrap_init(struct cgtrap *t, const struct root *root, const struct pidref *p)
{
	int r;

	*t = CGTRAP_NONE;
	t->base = open_base(root, p);
	if (t->base < 0)
		return t->base;
	snprintf(t->name, sizeof(t->name), NAME_FORMAT, getpid());
	/* One of that name is left of an agent that was killed. */
	unlinkat(t->base, t->name, AT_REMOVEDIR);
	r = mkdirat(t->base, t->name, 0700) < 0 ? -errno : 0;
	if (r == 0)
		t->dir = openat(t->base, t->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0) {
		r = r ? r : -errno;
		t->base = io_close(t->base);
	}
	return r;
}

static int put_into(int group, struct span pid)
{
	int fd = openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = io_write_all(fd, pid.p, pid.n);
	io_close(fd);
	return r;
}

int cgtrap_add(struct cgtrap *t, const struct pidref *p)
{
	char number[NUMBER_MAX];
	int r;

	if (t->dir < 0)
		return -ENOENT;
	snprintf(number, sizeof(number), "%d", p->pid);
	r = put_into(t->dir, span_str(number));
	/* Still there after the number was used: the number was its own. */
	if (r == 0 && procfs_gone(&p->proc)) {
		put_into(t->base, span_str(number));
		return -ESRCH;
	}
	return r;
}

int cgtrap_members(const struct cgtrap *t, struct buf *out)
{
	return t->dir < 0 ? -ENOENT : io_read_file(t->dir, "cgroup.procs", out);
}

static void put(const struct cgtrap *t, const char *file, const char *value)
{
	int fd = t->dir < 0 ? -1 : openat(t->dir, file, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		io_write_all(fd, value, strlen(value));
	io_close(fd);
}

static bool is_frozen(const struct cgtrap *t)
{
	struct buf b;
	bool frozen;

	buf_init(&b, EVENTS_BYTES_MAX);
	frozen = io_read_file(t->dir, "cgroup.events", &b) == 0 && strstr(buf_str(&b), "frozen 1");
	buf_done(&b);
	return frozen;
}

void cgtrap_freeze(const struct cgtrap *t)
{
	if (t->dir < 0)
		return;
	put(t, "cgroup.freeze", "1");
	for (unsigned i = 0; i < FREEZE_TRIES && !is_frozen(t); i++)
		usleep(FREEZE_PAUSE_US);
}

void cgtrap_thaw(const struct cgtrap *t)
{
	put(t, "cgroup.freeze", "0");
}

void cgtrap_kill(const struct cgtrap *t)
{
	put(t, "cgroup.kill", "1");
}

static void let_go(const struct cgtrap *t)
{
	struct buf b;
	struct span rest, pid;

	buf_init(&b, MEMBERS_BYTES_MAX);
	cgtrap_members(t, &b);
	rest = (struct span){buf_str(&b), b.len};
	while (span_split(&rest, '\n', &pid))
		/* "0" would be ourselves: it stands for one of another pid namespace. */
		if (pid.n && !span_eq(pid, "0"))
			put_into(t->base, pid);
	buf_done(&b);
}

void cgtrap_done(struct cgtrap *t)
{
	int r = -1;

	if (!t || t->base < 0)
		return;
	for (unsigned i = 0; r < 0 && i < REMOVE_TRIES; i++) {
		let_go(t);
		r = unlinkat(t->base, t->name, AT_REMOVEDIR);
		if (r < 0)
			usleep(REMOVE_PAUSE_US);
	}
	io_close(t->dir);
	io_close(t->base);
	*t = CGTRAP_NONE;
}
