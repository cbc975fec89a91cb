/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"

#include "agentd/mountguard.h"
#include "agentd/mountnames.h"
#include "agentd/policy.h"
#include "common/io.h"
#include "common/str.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ROOT_LINKS_MAX	 40   /* symbolic links in one path, as the kernel has it */
#define ROOT_STEPS_MAX	 4096 /* directories entered by one walk */
#define ROOT_AGAIN_MAX	 8    /* openat2 gives EAGAIN when something was renamed meanwhile */
#define ROOT_PROC_MAGIC	 0x9fa0
#define ROOT_SELF_FD_MAX 32

struct root {
	int fd;	  /* O_PATH of the directory */
	int proc; /* O_PATH of /proc when live, or -1 */
	bool live;
	bool no_openat2;
	char *prefix;
	const char *const *denied; /* or NULL; then so are these: */
	struct mountnames *names;
	char *place;		  /* the prefix without a link in it, as names have it */
	struct mountguard *guard; /* NULL: of a copy */
};

/* /proc/PID/root can be the same directory by device and inode, and show other mounts. */
static bool same_mount(int a, int b)
{
	struct statx sa, sb;

	if (statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &sa) < 0 ||
		statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &sb) < 0)
		return true;
	/* Told from Linux 5.8 on. */
	return !(sa.stx_mask & sb.stx_mask & STATX_MNT_ID) || sa.stx_mnt_id == sb.stx_mnt_id;
}

/* Is it the agent's own root directory? */
static bool is_slash(int fd)
{
	int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat a, b;
	bool same = slash >= 0 && fstat(fd, &a) == 0 && fstat(slash, &b) == 0 &&
		    a.st_dev == b.st_dev && a.st_ino == b.st_ino && same_mount(fd, slash);

	io_close(slash);
	return same;
}

struct root *root_new(const char *path, struct err *err)
{
	struct root *r = calloc(1, sizeof(*r));

	if (!r) {
		err_sys(err, ENOMEM, "root %s", path);
		return NULL;
	}
	r->proc = -1;
	r->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->fd < 0) {
		err_sys(err, errno, "root %s", path);
		goto fail;
	}
	r->live = is_slash(r->fd);
	if (r->live)
		r->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r->prefix = strdup(r->live ? "" : path);
	r->guard = mountguard_new();
	if (!r->prefix || !r->guard) {
		err_sys(err, ENOMEM, "root %s", path);
		goto fail;
	}
	for (size_t n = strlen(r->prefix); n && r->prefix[n - 1] == '/'; n--)
		r->prefix[n - 1] = '\0';
	return r;
fail:
	root_free(r);
	return NULL;
}

void root_free(struct root *r)
{
	if (!r)
		return;
	io_close(r->fd);
	io_close(r->proc);
	mountguard_free(r->guard);
	mountnames_free(r->names);
	free(r->place);
	free(r->prefix);
	free(r);
}

bool root_is_live(const struct root *r)
{
	return r->live;
}

const char *root_prefix(const struct root *r)
{
	return r->prefix;
}

int root_deny(struct root *r, const char *const *patterns)
{
	if (!patterns[0])
		return 0;
	r->names = mountnames_new();
	r->place = r->live ? strdup("") : realpath(r->prefix, NULL);
	r->denied = patterns;
	return r->names && r->place ? 0 : -ENOMEM;
}

static bool is_denied_name(void *arg, const char *name)
{
	const struct root *r = arg;
	size_t n = strlen(r->place);

	return strncmp(name, r->place, n) == 0 && policy_path_in(r->denied, name + n);
}

/* The device of what a pattern is about, or of the folder that it would be in. */
static dev_t device_of_pattern(const struct root *r, const char *pattern)
{
	size_t n = strcspn(pattern, "*?[\\");
	char place[PATH_MAX];
	struct stat st;

	if (n >= sizeof(place))
		return 0;
	memcpy(place, pattern, n);
	place[n] = '\0';
	while (n && root_stat(r, place, false, &st) < 0) {
		while (n && place[--n] != '/')
			;
		place[n] = '\0';
	}
	return n || fstat(r->fd, &st) == 0 ? st.st_dev : 0;
}

struct denied_point {
	const struct root *root;
	dev_t dev;
};

static bool is_denied_point(void *arg, const char *point)
{
	const struct denied_point *d = arg;
	struct stat st;

	return is_denied_name((void *)d->root, point) &&
	       root_stat(d->root, point + strlen(d->root->place), false, &st) == 0 &&
	       st.st_dev == d->dev;
}

/*
 * Of a file that was opened by a mount of another namespace: does something that is denied lie on
 * its file system? Where in it the file is cannot be told; here it has a name of its own.
 */
static bool is_beside_denied(const struct root *r, int fd)
{
	struct denied_point d = {.root = r};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return true;
	for (size_t i = 0; r->denied[i]; i++)
		if (device_of_pattern(r, r->denied[i]) == st.st_dev)
			return true;
	d.dev = st.st_dev;
	return mountnames_points(r->names, is_denied_point, &d) != 0;
}

bool root_denies(const struct root *r, int fd)
{
	int got;

	if (!r->denied)
		return false;
	got = mountnames_any(r->names, fd, is_denied_name, (void *)r);
	return got == -EXDEV ? is_beside_denied(r, fd) : got != 0;
}

void root_without_openat2(struct root *r)
{
	r->no_openat2 = true;
}

/* ---- The walk by hand, for kernels (and seccomp filters) without openat2 ---- */

/*
 * Every directory is entered by its name from the one before, never through a link and never by
 * "..": so no race with a rename leads out of the root. Links are put in front of what is left of
 * the path, and ".." drops the last name and walks down from the root again.
 */
struct walk {
	const struct root *root;
	int dir; /* O_PATH of the directory reached; root->fd at first */
	unsigned links, steps;
	char done[PATH_MAX]; /* names entered so far, "a/b" */
	char rest[PATH_MAX]; /* what is still to be resolved */
};

static void walk_leave(struct walk *w)
{
	if (w->dir != w->root->fd)
		io_close(w->dir);
	w->dir = w->root->fd;
}

static int walk_enter(struct walk *w, const char *name)
{
	int fd;

	if (++w->steps > ROOT_STEPS_MAX)
		return -ELOOP;
	fd = openat(w->dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	walk_leave(w);
	w->dir = fd;
	return 0;
}

static int walk_enter_noting(struct walk *w, const char *name)
{
	size_t len = strlen(w->done), n = strlen(name);
	int r = walk_enter(w, name);

	if (r < 0)
		return r;
	if (len + n + 2 > sizeof(w->done))
		return -ENAMETOOLONG;
	if (len)
		w->done[len++] = '/';
	memcpy(w->done + len, name, n + 1);
	return 0;
}

static int walk_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/'), name[NAME_MAX + 1];
	struct span rest, part;
	int r = 0;

	*(slash ? slash : w->done) = '\0';
	walk_leave(w);
	rest = span_str(w->done);
	while (!r && w->done[0] && span_split(&rest, '/', &part)) {
		memcpy(name, part.p, part.n);
		name[part.n] = '\0';
		r = walk_enter(w, name);
	}
	return r;
}

/* Takes the next name off `rest`. *ret_slash: a slash follows; *ret_last: no name follows. */
static int walk_name(struct walk *w, char name[NAME_MAX + 1], bool *ret_last, bool *ret_slash)
{
	const char *p = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(p, "/"), slashes = strspn(p + n, "/");

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, p, n);
	name[n] = '\0';
	*ret_slash = slashes > 0;
	*ret_last = p[n + slashes] == '\0';
	memmove(w->rest, p + n + slashes, strlen(p + n + slashes) + 1);
	return 0;
}

/* The links of /proc with an absolute target name something of another root or namespace. */
static bool walk_is_magic(int link, const char *target)
{
	struct statfs fs;

	return target[0] == '/' && fstatfs(link, &fs) == 0 && fs.f_type == ROOT_PROC_MAGIC;
}

/* `link` is O_PATH of a symbolic link: its target goes in front of the rest. */
static int walk_link(struct walk *w, int link, bool slash)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);
	size_t rest = strlen(w->rest);

	if (n <= 0)
		return n < 0 ? -errno : -ENOENT;
	target[n] = '\0';
	if (++w->links > ROOT_LINKS_MAX || walk_is_magic(link, target))
		return -ELOOP;
	if ((size_t)n + rest + 2 > sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + n + slash, w->rest, rest + 1);
	memcpy(w->rest, target, (size_t)n);
	if (slash)
		w->rest[n] = '/';
	if (target[0] == '/') {
		w->done[0] = '\0';
		walk_leave(w);
	}
	return 0;
}

/* 1: `name` was a link, now in the rest; 0: it is none; or -errno. */
static int walk_if_link(struct walk *w, const char *name, bool slash)
{
	struct stat st;
	int fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) < 0 ? -errno : 0;
	if (!r && S_ISLNK(st.st_mode)) {
		r = walk_link(w, fd, slash);
		r = r < 0 ? r : 1;
	}
	io_close(fd);
	return r;
}

static int walk_last(struct walk *w, const char *name, int flags)
{
	int fd = openat(w->dir, name, flags | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

/* One name further: 0 to go on, a descriptor + 1 at the end, or -errno. */
static int walk_step(struct walk *w, int flags)
{
	char name[NAME_MAX + 1];
	bool last, slash;
	int r = walk_name(w, name, &last, &slash);

	if (r < 0)
		return r;
	if (str_eq(name, "..")) {
		r = walk_up(w);
		name[0] = '\0';
	} else if (name[0] && !str_eq(name, ".")) {
		r = !slash && (flags & O_NOFOLLOW) ? 0 : walk_if_link(w, name, slash);
		if (r == 1)
			return 0;
		if (!r && slash)
			r = walk_enter_noting(w, name);
		if (slash)
			name[0] = '\0';
	} else {
		name[0] = '\0';
	}
	if (r < 0 || !last)
		return r;
	r = walk_last(w, name[0] ? name : ".", flags);
	return r < 0 ? r : r + 1;
}

static int walk_open(const struct root *root, const char *path, int flags)
{
	struct walk w = {.root = root, .dir = root->fd};
	int r = str_copy(w.rest, sizeof(w.rest), path);

	while (r == 0)
		r = walk_step(&w, flags);
	walk_leave(&w);
	return r < 0 ? r : r - 1;
}

/* ---- Opening ---- */

static int openat2_fd(int dir, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {.flags = (uint64_t)flags, .resolve = resolve};
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

static int open_within(const struct root *r, const char *path, int flags)
{
	int fd = -ENOSYS;

	for (unsigned i = 0; !r->no_openat2 && i < ROOT_AGAIN_MAX; i++) {
		fd = openat2_fd(r->fd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		if (fd != -EAGAIN)
			break;
	}
	/* EPERM: a seccomp filter that does not know the call. */
	if (fd == -ENOSYS || fd == -EPERM || fd == -EAGAIN)
		fd = walk_open(r, path, flags);
	return fd;
}

static int open_once(const struct root *r, const char *path, int flags)
{
	int fd;

	if (!r->live)
		return open_within(r, path, flags);
	fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

static bool is_pseudo(const char *path)
{
	return str_starts(path, "/proc/") || str_starts(path, "/sys/");
}

static int open_unasked(const struct root *r, const char *path, int flags)
{
	bool reads = (flags & O_ACCMODE) == O_RDONLY && !(flags & O_PATH);
	int fd;

	/* openat2 refuses O_PATH together with flags that mean nothing to it. */
	flags |= flags & O_PATH ? O_CLOEXEC : O_CLOEXEC | O_NOCTTY;
	if (reads)
		flags |= O_NONBLOCK;
	if (reads && !is_pseudo(path)) {
		/* Only a file's owner and CAP_FOWNER may leave the time of access alone. */
		fd = open_once(r, path, flags | O_NOATIME);
		if (fd != -EPERM)
			return fd;
	}
	return open_once(r, path, flags);
}

int root_answers(const struct root *r, const char *path, unsigned how)
{
	/* The root itself is open. */
	if (!r->guard || path[0] != '/' || !path[1])
		return 0;
	return mountguard_check(r->guard, r, path, how);
}

int root_open(const struct root *r, const char *path, int flags)
{
	unsigned how =
		(flags & O_PATH ? 0u : ROOT_OPENS) | (flags & O_NOFOLLOW ? ROOT_NOFOLLOW : 0u);
	int res = path[0] == '/' ? root_answers(r, path, how) : -EINVAL;

	return res < 0 ? res : open_unasked(r, path, flags);
}

int root_require_file(int fd)
{
	struct stat st;
	int r = fd;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (r < 0)
		io_close(fd);
	return r;
}

int root_reopen(int path_fd)
{
	char self[ROOT_SELF_FD_MAX];
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, fd;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", path_fd);
	fd = open(self, flags | O_NOATIME);
	/* For owners and the privileged only. */
	if (fd < 0 && errno == EPERM)
		fd = open(self, flags);
	return fd < 0 ? -errno : fd;
}

/* Closes the O_PATH descriptor of a regular file. */
static int reopen_file(const struct root *r, const char *path, int path_fd)
{
	int fd = root_reopen(path_fd);

	io_close(path_fd);
	/* Without /proc the file is opened a second time by name, and looked at again. */
	return fd == -ENOENT ? root_require_file(open_unasked(r, path, O_RDONLY)) : fd;
}

/* What is called so is a table's own affair; whither somebody's link or mount has led it is not. */
static int require_not_led(const struct root *r, const char *path, int fd)
{
	if (fd < 0 || !r->denied || policy_path_in(r->denied, path) || !root_denies(r, fd))
		return fd;
	io_close(fd);
	return -EACCES;
}

int root_open_file_asked(const struct root *r, const char *path)
{
	int fd = path[0] == '/' ? root_answers(r, path, ROOT_OPENS) : -EINVAL;

	if (fd < 0)
		return fd;
	/* Nothing in /proc is a device unless a magic link leads there: one call is enough. */
	if (r->live && r->proc >= 0 && !r->no_openat2 && str_starts(path, "/proc/")) {
		fd = openat2_fd(r->proc, path + strspn(path + 5, "/") + 5,
			O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
			RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
		if (fd != -ENOSYS && fd != -EPERM && fd != -EXDEV && fd != -ELOOP && fd != -EAGAIN)
			return root_require_file(fd);
	}
	/* To open a device can be to act on it (a watchdog, a tape): look before. */
	fd = root_require_file(open_unasked(r, path, O_PATH));
	return fd < 0 ? fd : reopen_file(r, path, fd);
}

int root_open_file(const struct root *r, const char *path)
{
	return require_not_led(r, path, root_open_file_asked(r, path));
}

DIR *root_opendir(const struct root *r, const char *path)
{
	int fd = root_open(r, path, O_RDONLY | O_DIRECTORY);
	DIR *dir;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	dir = fdopendir(fd);
	if (!dir)
		io_close(fd);
	return dir;
}

int root_stat(const struct root *r, const char *path, bool follow, struct stat *ret)
{
	struct stat st;
	int fd, res = path[0] == '/' ? root_answers(r, path, follow ? 0 : ROOT_NOFOLLOW) : -EINVAL;

	if (res < 0)
		return res;
	if (r->live) {
		if (fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		*ret = st;
		return 0;
	}
	fd = open_unasked(r, path, follow ? O_PATH : O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	res = fstat(fd, &st) < 0 ? -errno : 0;
	io_close(fd);
	if (!res)
		*ret = st;
	return res;
}

int root_readlink_local(const struct root *r, const char *path, struct buf *out)
{
	char target[PATH_MAX + 1]; /* no file system and no link of /proc has longer ones */
	ssize_t n;
	int fd, e;

	if (path[0] != '/')
		return -EINVAL;
	if (r->live) {
		n = readlink(path, target, sizeof(target));
		return n < 0 ? -errno : buf_add(out, target, (size_t)n);
	}
	fd = open_unasked(r, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", target, sizeof(target));
	e = errno;
	io_close(fd);
	if (n >= 0)
		return buf_add(out, target, (size_t)n);
	return e == ENOENT ? -EINVAL : -e; /* ENOENT: the descriptor is no link's */
}

int root_readlink(const struct root *r, const char *path, struct buf *out)
{
	int res = path[0] == '/' ? root_answers(r, path, ROOT_NOFOLLOW) : -EINVAL;

	return res < 0 ? res : root_readlink_local(r, path, out);
}

int root_read(const struct root *r, const char *path, struct buf *out)
{
	int fd = root_open_file(r, path), res;

	if (fd < 0)
		return fd;
	res = io_read_all(fd, out);
	io_close(fd);
	return res;
}

/* ---- For the guard ---- */

void root_mounts(struct root *r, const char *table)
{
	mountguard_table(r->guard, table);
}

void root_touch(const struct root *r, const char *path, bool opens)
{
	struct statx stx;
	int fd = -ENOTDIR;

	/* This makes an automounter mount it. */
	if (opens)
		fd = open_once(r, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -ENOTDIR)
		fd = open_once(r, path, O_PATH | O_CLOEXEC);
	/* What a network file system has in its cache is no answer. */
	if (fd >= 0)
		statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &stx);
	io_close(fd);
}

int root_descriptor(const struct root *r)
{
	return r->fd;
}

struct root *root_copy(const struct root *r)
{
	struct root *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = (struct root){.fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 0),
		.proc = -1,
		.live = r->live,
		.no_openat2 = r->no_openat2,
		.prefix = strdup(r->prefix)};
	if (copy->fd >= 0 && copy->prefix)
		return copy;
	root_free(copy);
	return NULL;
}
