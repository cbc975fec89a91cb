/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/mounttab.h"

#include "agentd/root.h"
#include "agentd/textfile.h"
#include "common/io.h"
#include "common/map.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Not in linux/magic.h. */
#define CONFIGFS_FS_MAGIC 0x62656570u
#define FUSECTL_MAGIC	  0x65735543u

#define SELF_FD_MAX 32
/* Symbolic links in one path, as the kernel has it. */
#define LINKS_MAX 40

/* ---- Lines ---- */

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' &&
	       p[2] <= '7';
}

/* The kernel writes blanks, newlines and backslashes as \ooo. Returns the new length. */
static size_t unescape(char *p)
{
	char *to = p, *from = p;

	while (*from) {
		if (from[0] == '\\' && is_octal(from + 1)) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
				       (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return (size_t)(to - p);
}

/* Writes NULs behind the first `n`. 0 or -EBADMSG. */
static int split_fields(char *line, size_t len, char **ret, size_t n)
{
	if (memchr(line, '\0', len))
		return -EBADMSG;
	for (size_t i = 0; i < n; i++) {
		size_t field = strcspn(line, " ");

		if (!field)
			return -EBADMSG;
		ret[i] = line;
		line += field;
		if (*line)
			*line++ = '\0';
	}
	return 0;
}

int mount_entry_read(char *line, size_t len, struct mount_entry *ret)
{
	char *fields[4];

	if (split_fields(line, len, fields, ARRAY_LEN(fields)) < 0)
		return -EBADMSG;
	*ret = (struct mount_entry){fields[0], fields[1], fields[2], fields[3], 0, 0};
	ret->device_len = unescape(ret->device);
	ret->path_len = unescape(ret->path);
	unescape(ret->type);
	unescape(ret->flags);
	return 0;
}

int mountinfo_entry_read(char *line, size_t len, struct mountinfo_entry *ret)
{
	struct mountinfo_entry e;
	char *fields[5];

	if (split_fields(line, len, fields, ARRAY_LEN(fields)) < 0 ||
		sscanf(fields[0], "%d", &e.id) != 1 ||
		sscanf(fields[2], "%u:%u", &e.major, &e.minor) != 2)
		return -EBADMSG;
	e.root = fields[3];
	e.path = fields[4];
	unescape(e.root);
	unescape(e.path);
	*ret = e;
	return 0;
}

bool mount_type_remote(const char *type)
{
	static const char *const remote[] = {"9p", "afs", "autofs", "beegfs", "ceph", "cifs",
		"coda", "fuse", "glusterfs", "gpfs", "lustre", "ncp", "ncpfs", "nfs", "nfs4",
		"orangefs", "panfs", "pvfs2", "smb3", "smbfs", "vboxsf", "vmhgfs"};

	for (size_t i = 0; i < ARRAY_LEN(remote); i++)
		if (str_eq(type, remote[i]))
			return true;
	/* fuse.sshfs and the like; not fuseblk, which is a disk of this machine. */
	return str_starts(type, "fuse.");
}

bool mount_fd_pseudo(int fd)
{
	static const unsigned pseudo[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC,
		CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC,
		CONFIGFS_FS_MAGIC, BPF_FS_MAGIC, EFIVARFS_MAGIC, PSTOREFS_MAGIC, SELINUX_MAGIC,
		SMACK_MAGIC, BINFMTFS_MAGIC, FUSECTL_MAGIC, NSFS_MAGIC, DEVPTS_SUPER_MAGIC,
		RDTGROUP_SUPER_MAGIC};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(pseudo); i++)
		if ((unsigned)fs.f_type == pseudo[i])
			return true;
	return false;
}

/* "36 35 0:42 / /mnt rw,noatime shared:1 - TYPE SOURCE OPTIONS": that device's type, or NULL. */
static char *type_of_device(char *line, unsigned major, unsigned minor)
{
	unsigned a, b;
	char *type = strstr(line, " - ");

	if (!type || sscanf(line, "%*d %*d %u:%u ", &a, &b) != 2 || a != major || b != minor)
		return NULL;
	type += 3;
	type[strcspn(type, " ")] = '\0';
	return type;
}

bool mount_device_remote(int mountinfo, unsigned major, unsigned minor)
{
	struct textfile t;
	bool remote = false, found = false;
	char *line, *type;
	size_t len;

	if (mountinfo < 0 || textfile_init(&t, mountinfo) < 0)
		return false;
	while (!found && textfile_next(&t, &line, &len) > 0) {
		type = len ? type_of_device(line, major, minor) : NULL;
		found = type != NULL;
		remote = found && mount_type_remote(type);
	}
	textfile_done(&t);
	return remote;
}

/* ---- The set ---- */

struct remote_mounts {
	struct map *types;     /* path -> heap copy of the type; NULL: a local one was put on top */
	size_t n;	       /* paths with a type */
	char prefix[PATH_MAX]; /* where the root is, without a slash at its end */
};

/* The path behind /proc/self/fd, without a slash at its end. */
static int fd_path(int fd, char out[PATH_MAX])
{
	char self[SELF_FD_MAX];
	ssize_t n;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, out, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	while (n > 0 && out[n - 1] == '/')
		n--;
	out[n] = '\0';
	return 0;
}

/* The path behind the prefix, or NULL when it lies elsewhere. */
static const char *within(const char *prefix, const char *path)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 && (!path[n] || path[n] == '/') ? path + n : NULL;
}

static int note_mount(struct remote_mounts *m, const char *path, const char *type)
{
	bool remote = mount_type_remote(type);
	void *old = NULL;
	char *copy;
	int r;

	/* What was mounted last is on top. */
	if (!remote && !map_get(m->types, path))
		return 0;
	copy = remote ? strdup(type) : NULL;
	if (remote && !copy)
		return -ENOMEM;
	r = map_put(m->types, path, copy, &old);
	if (r < 0) {
		free(copy);
		return r;
	}
	free(old);
	m->n += (size_t)remote;
	m->n -= old ? 1 : 0;
	return 0;
}

static int read_table(struct remote_mounts *m, int fd, const char *prefix)
{
	struct textfile t;
	struct mount_entry e;
	char *line;
	size_t len;
	int r = textfile_init(&t, fd);

	if (r < 0)
		return r;
	do {
		r = textfile_next(&t, &line, &len);
		if (r == TEXTFILE_LINE && mount_entry_read(line, len, &e) == 0) {
			const char *path = within(prefix, str_eq(e.path, "/") ? "" : e.path);
			int noted = path ? note_mount(m, path, e.type) : 0;

			r = noted < 0 && noted != -E2BIG ? noted : r;
		}
	} while (r > 0);
	textfile_done(&t);
	return r == -ENOMEM ? r : 0;
}

struct remote_mounts *remote_mounts_new(const struct root *root, const char *table)
{
	struct remote_mounts *m = calloc(1, sizeof(*m));
	int fd, r = 0;

	if (!m)
		return NULL;
	m->types = map_new(REMOTE_MOUNTS_MAX);
	if (!m->types)
		goto fail;
	fd = root_open(root, "/", O_PATH | O_DIRECTORY);
	if (fd >= 0)
		fd_path(fd, m->prefix);
	io_close(fd);
	fd = open(table ? table : MOUNTTAB_PATH, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		r = read_table(m, fd, table ? "" : m->prefix);
	if (r == 0)
		return m;
fail:
	remote_mounts_free(m);
	return NULL;
}

void remote_mounts_free(struct remote_mounts *m)
{
	if (!m)
		return;
	map_free(m->types, free);
	free(m);
}

bool remote_mounts_any(const struct remote_mounts *m)
{
	return m && m->n > 0;
}

const char *remote_mount_at(const struct remote_mounts *m, const char *path, size_t len)
{
	return remote_mounts_any(m) ? map_get_n(m->types, path, len) : NULL;
}

bool remote_mount_on_way(const struct remote_mounts *m, const char *path)
{
	if (!remote_mounts_any(m))
		return false;
	for (const char *p = path; *p; p++)
		if ((p[1] == '/' || !p[1]) && remote_mount_at(m, path, (size_t)(p + 1 - path)))
			return true;
	return false;
}

int remote_mounts_locate(const struct remote_mounts *m, int fd, struct buf *out)
{
	char path[PATH_MAX];
	const char *p;
	int r = fd_path(fd, path);

	if (r < 0)
		return r;
	p = within(m->prefix, path);
	buf_reset(out);
	return p ? buf_puts(out, p) : -EXDEV;
}

/* ---- Resolving ---- */

/* Puts a link's target before the rest of the path. */
static int put_before(struct buf *rest, struct buf *target)
{
	int r = buf_putc(target, '/');

	if (!r)
		r = buf_add(target, buf_str(rest), rest->len);
	if (!r) {
		struct buf old = *rest;

		*rest = *target;
		*target = old;
	}
	return r;
}

/* One name further down from *out. 1 when it was a link, whose target is then in *target. */
static int step_down(const struct remote_mounts *m, const struct root *root, struct span name,
	struct buf *out, struct buf *target)
{
	size_t before = out->len;
	int r = buf_putc(out, '/');

	if (!r)
		r = buf_add(out, name.p, name.n);
	if (!r && remote_mount_at(m, out->p, out->len))
		return -EREMOTE;
	if (r < 0)
		return r;
	buf_reset(target);
	r = root_readlink_local(root, out->p, target);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	buf_cut(out, target->len && target->p[0] == '/' ? 0 : before);
	return 1;
}

static void step_up(struct buf *out)
{
	const char *slash = out->len ? strrchr(out->p, '/') : NULL;

	buf_cut(out, slash ? (size_t)(slash - out->p) : 0);
}

static int resolve(const struct remote_mounts *m, const struct root *root, struct buf *rest,
	struct buf *out, struct buf *target)
{
	unsigned links = 0;
	int r = 0;

	while (rest->len && r >= 0) {
		struct span name, left = {rest->p, rest->len};

		if (span_split(&left, '/', &name) && name.n && !span_eq(name, ".")) {
			if (span_eq(name, ".."))
				step_up(out);
			else
				r = step_down(m, root, name, out, target);
		}
		buf_consume(rest, left.p ? (size_t)(left.p - rest->p) : rest->len);
		if (r == 1)
			r = ++links > LINKS_MAX ? -ELOOP : put_before(rest, target);
	}
	return r;
}

int remote_mounts_resolve(
	const struct remote_mounts *m, const struct root *root, const char *path, struct buf *out)
{
	struct buf rest, target;
	int r;

	buf_init(&rest, PATH_MAX * 4);
	buf_init(&target, PATH_MAX * 4);
	buf_reset(out);
	r = buf_puts(&rest, path);
	if (!r)
		r = resolve(m, root, &rest, out, &target);
	buf_done(&rest);
	buf_done(&target);
	return r;
}
