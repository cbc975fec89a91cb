/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pathwalk.h"

#include "agentd/mounttab.h"
#include "agentd/root.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Bytes of directory entries asked for at once. */
#define GETDENTS_MAX (32u << 10)
/* Names looked at in one call of pathwalk_next. */
#define LOOKS_MAX 512
/* File systems of /proc's kind that are kept in mind. */
#define PSEUDO_MAX 64

/* A directory being read, or with directories in it that wait to be entered. */
struct level {
	int fd; /* -1 while it is put away: PATHWALK_FDS_MAX */
	bool by_link;
	uint64_t set; /* parts of the pattern that its names are compared with */
	dev_t dev;
	ino_t ino;
	size_t path_len; /* of w->path */
	/* Of w->waiting: its names begin at first, next is to be entered; they reach to the first
	 * of the next level, or to the end. */
	size_t first, next;
};

/* In w->waiting, the name and its NUL behind it; not aligned. */
struct waiter {
	uint64_t set;
	bool by_link, remote;
	uint16_t name_len;
};

struct pathwalk {
	const struct root *root;
	struct pathwalk_hooks hooks;
	const char *mounts_table;
	struct remote_mounts *mounts; /* read when the first directory is */

	struct pathglob glob;
	char *single; /* pathwalk_path: not given out yet */
	bool slash, dir_slash;

	struct level *levels;
	size_t n, cap;
	size_t open; /* levels with a descriptor */
	struct buf path, waiting;
	struct buf real; /* where the level being read is in the root; not kept where no mount is
			    remote */

	/* How the deepest level is being read: by getdents, by trying names, or not (any more). */
	enum { READ_DONE, READ_LIST, READ_TRY } reading;
	size_t try; /* next part */
	char *dents;
	size_t dents_at, dents_end;

	dev_t pseudo[PSEUDO_MAX];
	size_t n_pseudo;
};

struct pathwalk *pathwalk_new(
	const struct root *root, const char *mounts, const struct pathwalk_hooks *hooks)
{
	struct pathwalk *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->root = root;
	w->mounts_table = mounts;
	w->hooks = *hooks;
	buf_init(&w->path, PATHWALK_PATH_MAX);
	buf_init(&w->waiting, PATHWALK_WAITING_MAX);
	buf_init(&w->real, PATHWALK_PATH_MAX);
	return w;
}

void pathwalk_free(struct pathwalk *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		io_close(w->levels[i].fd);
	free(w->levels);
	free(w->dents);
	free(w->single);
	buf_done(&w->path);
	buf_done(&w->waiting);
	buf_done(&w->real);
	pathglob_done(&w->glob);
	remote_mounts_free(w->mounts);
	free(w);
}

/* ---- Telling ---- */

static void tell_skipped(struct pathwalk *w, int err)
{
	if (err == EHOSTDOWN && w->hooks.no_answer) {
		w->hooks.no_answer(w->hooks.arg, buf_str(&w->path));
		return;
	}
	/* What is gone, or is no directory any more, was not there to be found. */
	if (err != ENOENT && err != ENOTDIR && err != ELOOP && w->hooks.skipped)
		w->hooks.skipped(w->hooks.arg, err);
}

static void tell_left_out(struct pathwalk *w, const char *path, const char *type)
{
	if (w->hooks.left_out)
		w->hooks.left_out(w->hooks.arg, path, type);
}

/* ---- Remote mounts ---- */

/* Is the entry that w->path names the mount point of one? Its type or NULL. */
static const char *remote_at(struct pathwalk *w, const char *name)
{
	const char *type;
	size_t len = w->real.len;

	if (!remote_mounts_any(w->mounts))
		return NULL;
	if (buf_putc(&w->real, '/') < 0 || buf_puts(&w->real, name) < 0)
		return NULL;
	type = remote_mount_at(w->mounts, w->real.p, w->real.len);
	buf_cut(&w->real, len);
	return type;
}

/* Does the link at `path`, which was come across, lead beyond one? Tells so. */
static bool leads_to_remote(struct pathwalk *w, const char *path)
{
	struct buf at;
	bool remote;

	if (!remote_mounts_any(w->mounts))
		return false;
	buf_init(&at, PATHWALK_PATH_MAX);
	remote = remote_mounts_resolve(w->mounts, w->root, path, &at) == -EREMOTE;
	if (remote)
		tell_left_out(w, at.p, remote_mount_at(w->mounts, at.p, at.len));
	buf_done(&at);
	return remote;
}

/*
 * 0, or -EHOSTDOWN where the path leads to a remote mount that does not answer; that of the walk's
 * own mounts is asked where one is at hand, since each question looks at all of the path.
 */
static int answers(struct pathwalk *w, const char *path, unsigned how)
{
	return w->mounts && !remote_mounts_any(w->mounts) ? 0 : root_answers(w->root, path, how);
}

/* Below the level opened last, names are looked up in the mount table by its real place. */
static void locate(struct pathwalk *w)
{
	int fd = w->levels[w->n - 1].fd;

	if (!remote_mounts_any(w->mounts) || remote_mounts_locate(w->mounts, fd, &w->real) == 0)
		return;
	/* Too deep for the kernel to tell: the path as it was walked is the best there is. */
	buf_reset(&w->real);
	buf_puts(&w->real, buf_str(&w->path));
}

/* ---- Levels ---- */

static bool needs_list(const struct pathwalk *w, uint64_t set)
{
	for (; set; set &= set - 1)
		if (w->glob.parts[__builtin_ctzll(set)].kind != PART_LITERAL)
			return true;
	return false;
}

/* Can the part also be tried as a name, without reading the directory? */
static bool can_try(const struct pathglob_part *part)
{
	return part->kind == PART_LITERAL || part->name_too;
}

static bool all_can_try(const struct pathwalk *w, uint64_t set)
{
	for (; set; set &= set - 1)
		if (!can_try(&w->glob.parts[__builtin_ctzll(set)]))
			return false;
	return true;
}

static bool has_deep(const struct pathwalk *w, uint64_t set)
{
	for (; set; set &= set - 1)
		if (w->glob.parts[__builtin_ctzll(set)].kind == PART_DEEP)
			return true;
	return false;
}

/* Was a file system of /proc's kind entered already? Notes it otherwise. */
static bool seen_pseudo(struct pathwalk *w, const struct level *level)
{
	if (w->n && w->levels[w->n - 1].dev == level->dev)
		return false;
	if (!mount_fd_pseudo(level->fd))
		return false;
	for (size_t i = 0; i < w->n_pseudo; i++)
		if (w->pseudo[i] == level->dev)
			return true;
	if (w->n_pseudo < PSEUDO_MAX)
		w->pseudo[w->n_pseudo++] = level->dev;
	return false;
}

/*
 * Closes the descriptor of the level farthest up that can be come back to by "..". Not the base's:
 * when something is moved on the way, what is left there is still found.
 */
static void put_one_away(struct pathwalk *w)
{
	for (size_t i = 1; i + 1 < w->n; i++) {
		if (w->levels[i].fd < 0 || w->levels[i + 1].by_link)
			continue;
		w->levels[i].fd = io_close(w->levels[i].fd);
		w->open--;
		return;
	}
}

static int start_reading(struct pathwalk *w, bool listable)
{
	w->try = 0;
	w->dents_at = w->dents_end = 0;
	w->reading = listable && needs_list(w, w->levels[w->n - 1].set) ? READ_LIST : READ_TRY;
	if (w->reading == READ_LIST && !w->dents)
		w->dents = malloc(GETDENTS_MAX);
	return w->reading == READ_LIST && !w->dents ? -ENOMEM : 0;
}

/* Takes over the descriptor of the directory whose path is w->path. 0 or -ENOMEM. */
static int push_level(struct pathwalk *w, int fd, uint64_t set, bool by_link, bool listable)
{
	struct level level = {.fd = fd, .set = set, .by_link = by_link};
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		st = (struct stat){0};
	level.dev = st.st_dev;
	level.ino = st.st_ino;
	level.path_len = w->path.len;
	level.first = level.next = w->waiting.len;
	if (has_deep(w, set) && seen_pseudo(w, &level)) {
		tell_left_out(w, buf_str(&w->path), "again");
		io_close(fd);
		return 0;
	}
	r = array_grow(&w->levels, &w->cap, w->n + 1, sizeof(level), PATHWALK_DEPTH_MAX + 1);
	if (r < 0) {
		if (r == -E2BIG)
			tell_skipped(w, ENAMETOOLONG);
		io_close(fd);
		return r == -E2BIG ? 0 : r;
	}
	w->levels[w->n++] = level;
	if (++w->open > PATHWALK_FDS_MAX)
		put_one_away(w);
	locate(w);
	return start_reading(w, listable);
}

/* The descriptor of the level above, which was put away, by the ".." of `fd`. */
static int fetch_level(struct level *level, int fd)
{
	struct stat st;

	level->fd = openat(fd, "..", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (level->fd < 0)
		return -errno;
	/* Somebody moved the directory that we are in: this is another one. */
	if (fstat(level->fd, &st) < 0 || st.st_dev != level->dev || st.st_ino != level->ino) {
		level->fd = io_close(level->fd);
		return -ESTALE;
	}
	return 0;
}

static void pop_level(struct pathwalk *w)
{
	struct level *level = &w->levels[w->n - 1], *up = w->n > 1 ? level - 1 : NULL;
	int r;

	if (up && up->fd < 0) {
		r = level->fd < 0 ? -ESTALE : fetch_level(up, level->fd);
		if (r == 0)
			w->open++;
		else if (up->next < level->first)
			tell_skipped(w, -r);
	}
	if (level->fd >= 0)
		w->open--;
	io_close(level->fd);
	buf_cut(&w->waiting, up && up->fd < 0 ? up->next : level->first);
	w->n--;
	buf_cut(&w->path, up ? up->path_len : 0);
}

/* ---- Opening directories ---- */

/* `dirfd` -1: by w->path. A descriptor or -errno. */
static int open_dir_once(struct pathwalk *w, int dirfd, const char *name, int flags)
{
	int fd;

	flags |= O_DIRECTORY | O_CLOEXEC;
	/* A link within a root of its own is the root's to follow. */
	if (dirfd < 0 || (!(flags & O_NOFOLLOW) && !root_is_live(w->root)))
		return root_open(w->root, w->path.len ? w->path.p : "/", flags & ~O_NOFOLLOW);
	if (!(flags & O_PATH)) {
		fd = openat(dirfd, name, flags | O_NOATIME);
		if (fd >= 0 || errno != EPERM)
			return fd < 0 ? -errno : fd;
	}
	fd = openat(dirfd, name, flags);
	return fd < 0 ? -errno : fd;
}

/*
 * Enters the directory that w->path names. One that may be searched but not read is still tried
 * for the names that the pattern spells out.
 */
static int enter(struct pathwalk *w, int dirfd, const char *name, uint64_t set, bool by_link)
{
	int flags = by_link || dirfd < 0 ? 0 : O_NOFOLLOW;
	bool list = needs_list(w, set), listable = true;
	int fd = open_dir_once(w, dirfd, name, flags | (list ? O_RDONLY : O_PATH));

	if (fd == -EACCES && list) {
		if (!all_can_try(w, set))
			tell_skipped(w, EACCES);
		listable = false;
		fd = open_dir_once(w, dirfd, name, flags | O_PATH);
	} else if (fd < 0) {
		tell_skipped(w, -fd);
	}
	if (fd < 0)
		return 0;
	return push_level(w, fd, set, by_link, listable);
}

static int start_at(struct pathwalk *w, const char *dir)
{
	int r;

	w->mounts = remote_mounts_new(w->root, w->mounts_table);
	if (!w->mounts)
		return -ENOMEM;
	r = buf_puts(&w->path, dir);
	return r < 0 ? r : enter(w, -1, NULL, 1, false);
}

int pathwalk_path(struct pathwalk *w, const char *path)
{
	if (path[0] != '/')
		return -EINVAL;
	w->single = strdup(path);
	return w->single ? 0 : -ENOMEM;
}

int pathwalk_dir(struct pathwalk *w, const char *path)
{
	size_t len = strlen(path);
	char *dir;
	int r;

	if (path[0] != '/')
		return -EINVAL;
	if (len > PATHGLOB_LEN_MAX)
		return 0;
	w->dir_slash = len > 1 && path[len - 1] == '/';
	while (len && path[len - 1] == '/')
		len--;
	dir = span_dup((struct span){path, len});
	if (!dir)
		return -ENOMEM;
	w->glob.kind = PATHGLOB_GLOB;
	w->glob.parts[0] = (struct pathglob_part){.text = "*", .kind = PART_WILD};
	w->glob.n = 1;
	r = start_at(w, dir);
	free(dir);
	return r;
}

int pathwalk_glob(
	struct pathwalk *w, enum pathglob_kind kind, const char *pattern, size_t len, bool below)
{
	int r = pathglob_init(&w->glob, kind, pattern, len, below);

	if (r < 0)
		return r;
	if (!w->glob.n)
		return below ? pathwalk_dir(w, pattern) : pathwalk_path(w, pattern);
	w->slash = w->glob.slash && !below;
	w->dir_slash = w->glob.slash && below;
	return start_at(w, w->glob.base);
}

/* ---- Names ---- */

static unsigned char mode_type(unsigned mode)
{
	return (unsigned char)IFTODT(mode);
}

static int fill_dents(struct pathwalk *w)
{
	ssize_t n = getdents64(w->levels[w->n - 1].fd, w->dents, GETDENTS_MAX);

	if (n < 0)
		tell_skipped(w, errno);
	w->dents_at = 0;
	w->dents_end = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool next_listed(struct pathwalk *w, const char **ret_name, unsigned char *ret_type)
{
	const struct dirent64 *d;

	do {
		if (w->dents_at >= w->dents_end && !fill_dents(w))
			return false;
		d = (const struct dirent64 *)(w->dents + w->dents_at);
		w->dents_at += d->d_reclen;
	} while (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."));
	*ret_name = d->d_name;
	*ret_type = d->d_type;
	return true;
}

/* Does an earlier part of the set spell the same name? */
static bool tried(const struct pathwalk *w, uint64_t set, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if ((set >> j & 1) && can_try(&w->glob.parts[j]) &&
			str_eq(w->glob.parts[j].text, w->glob.parts[i].text))
			return true;
	return false;
}

/* The remote mount of that name in the directory being read: does it not answer? Tells so. */
static bool named_is_down(struct pathwalk *w, const char *name)
{
	buf_cut(&w->path, w->levels[w->n - 1].path_len);
	if (buf_putc(&w->path, '/') < 0 || buf_puts(&w->path, name) < 0)
		return true;
	if (answers(w, w->path.p, ROOT_NOFOLLOW) == 0)
		return false;
	tell_skipped(w, EHOSTDOWN);
	return true;
}

static bool next_tried(struct pathwalk *w, const char **ret_name, unsigned char *ret_type)
{
	const struct level *level = &w->levels[w->n - 1];
	struct stat st;

	while (w->try < w->glob.n) {
		size_t i = w->try++;
		const struct pathglob_part *part = &w->glob.parts[i];

		if (!(level->set >> i & 1) || !can_try(part) || tried(w, level->set, i))
			continue;
		/* A remote mount is named here, so it is meant. */
		if (remote_at(w, part->text) && named_is_down(w, part->text))
			continue;
		if (fstatat(level->fd, part->text, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
			continue;
		*ret_name = part->text;
		*ret_type = mode_type(st.st_mode);
		return true;
	}
	return false;
}

static bool next_name(struct pathwalk *w, const char **ret_name, unsigned char *ret_type)
{
	bool got = w->reading == READ_LIST ? next_listed(w, ret_name, ret_type)
					   : next_tried(w, ret_name, ret_type);

	if (!got)
		w->reading = READ_DONE;
	return got;
}

static int add_waiter(struct pathwalk *w, const char *name, uint64_t set, bool by_link, bool remote)
{
	struct waiter waiter = {.set = set, .by_link = by_link, .remote = remote};
	size_t len = w->waiting.len;
	int r;

	waiter.name_len = (uint16_t)strlen(name);
	r = buf_add(&w->waiting, &waiter, sizeof(waiter));
	if (!r)
		r = buf_add(&w->waiting, name, waiter.name_len + 1u);
	if (r < 0)
		buf_cut(&w->waiting, len);
	if (r == -EMSGSIZE)
		tell_skipped(w, ENOBUFS);
	return r == -EMSGSIZE ? 0 : r;
}

/* What follows from the directory entry whose path is w->path. */
static int consider_below(struct pathwalk *w, const char *name, unsigned char type,
	const struct pathglob_next *next, const char *remote)
{
	uint64_t set = type == DT_LNK ? next->links : next->below;

	if (type != DT_DIR && type != DT_LNK)
		return 0;
	if ((set & ~next->named) && remote) {
		tell_left_out(w, w->path.p, remote);
		set &= next->named;
	}
	if (type == DT_LNK && (set & ~next->named) && leads_to_remote(w, w->path.p))
		set &= next->named;
	return set ? add_waiter(w, name, set, type == DT_LNK, remote != NULL) : 0;
}

static unsigned char find_type(int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return DT_UNKNOWN;
	return mode_type(st.st_mode);
}

/* A hit of a pattern with a slash at its end: only what is a directory, behind a link too. */
static bool slash_holds(struct pathwalk *w, const struct pathwalk_entry *e)
{
	struct statx stx;

	return e->type == DT_DIR ||
	       (e->type == DT_LNK && pathwalk_stat(w, e, true, &stx) == 0 && S_ISDIR(stx.stx_mode));
}

/* 1 when the name is a hit, described in *ret. */
static int consider(
	struct pathwalk *w, const char *name, unsigned char type, struct pathwalk_entry *ret)
{
	const struct level *level = &w->levels[w->n - 1];
	struct pathglob_next next = pathglob_next(&w->glob, level->set, name);
	size_t len = level->path_len;
	const char *remote;
	int r;

	if (!next.hit && !next.below)
		return 0;
	buf_cut(&w->path, len);
	if (buf_putc(&w->path, '/') < 0 || buf_puts(&w->path, name) < 0) {
		tell_skipped(w, ENAMETOOLONG);
		return 0;
	}
	remote = type == DT_DIR || type == DT_UNKNOWN ? remote_at(w, name) : NULL;
	if (type == DT_UNKNOWN)
		type = remote ? DT_DIR : find_type(level->fd, name);
	r = consider_below(w, name, type, &next, remote);
	if (r < 0 || !next.hit)
		return r;
	*ret = (struct pathwalk_entry){.path = w->path.p, .path_len = w->path.len, .type = type};
	ret->name = name;
	ret->name_len = w->path.len - len - 1;
	ret->dir_len = len ? len + w->dir_slash : 1;
	ret->named = next.hit_named;
	ret->remote = remote && !next.hit_named;
	ret->ask = remote && next.hit_named;
	ret->dirfd = level->fd;
	return 1;
}

/* consider, and the slash where the pattern has one. */
static int consider_slash(
	struct pathwalk *w, const char *name, unsigned char type, struct pathwalk_entry *ret)
{
	int r = consider(w, name, type, ret);

	if (r != 1 || !w->slash)
		return r;
	if (!slash_holds(w, ret))
		return 0;
	if (buf_putc(&w->path, '/') < 0)
		return 0;
	ret->path = w->path.p;
	ret->path_len = w->path.len;
	return 1;
}

/* ---- Walking ---- */

/* Enters the next directory that waits in the deepest level, or leaves the level. */
static int enter_next(struct pathwalk *w)
{
	struct level *level = &w->levels[w->n - 1];
	struct waiter waiter;
	const char *name;

	buf_cut(&w->path, level->path_len);
	if (level->next == w->waiting.len) {
		pop_level(w);
		return 0;
	}
	memcpy(&waiter, w->waiting.p + level->next, sizeof(waiter));
	name = w->waiting.p + level->next + sizeof(waiter);
	level->next += sizeof(waiter) + waiter.name_len + 1u;
	if (buf_putc(&w->path, '/') < 0 || buf_puts(&w->path, name) < 0) {
		tell_skipped(w, ENAMETOOLONG);
		return 0;
	}
	if ((waiter.by_link || waiter.remote) && answers(w, w->path.p, ROOT_OPENS) < 0) {
		tell_skipped(w, EHOSTDOWN);
		return 0;
	}
	return enter(w, level->fd, name, waiter.set, waiter.by_link);
}

/* pathwalk_path's one entry. */
static int next_single(struct pathwalk *w, struct pathwalk_entry *ret)
{
	char *path = w->single;
	struct statx stx;
	size_t len = strlen(path), at;
	int r;

	w->single = NULL;
	r = buf_puts(&w->path, path);
	free(path);
	if (r < 0)
		return r == -EMSGSIZE ? PATHWALK_END : r;
	*ret = (struct pathwalk_entry){
		.path = w->path.p, .path_len = len, .dirfd = -1, .named = true};
	while (len > 1 && ret->path[len - 1] == '/')
		len--;
	for (at = len; ret->path[at - 1] != '/';)
		at--;
	/* "/" is its own name, and in no directory. */
	ret->name = len == 1 ? ret->path : ret->path + at;
	ret->name_len = len == 1 ? 1 : len - at;
	ret->dir_len = len == 1 ? 0 : at > 1 ? at - 1 : 1;
	r = pathwalk_stat(w, ret, false, &stx);
	if (r == -EHOSTDOWN)
		tell_skipped(w, EHOSTDOWN);
	if (r < 0)
		return PATHWALK_END;
	ret->type = mode_type(stx.stx_mode);
	return PATHWALK_ENTRY;
}

int pathwalk_next(struct pathwalk *w, struct pathwalk_entry *ret)
{
	const char *name;
	unsigned char type;
	int r = 0;

	if (w->single)
		return next_single(w, ret);
	for (unsigned looks = 0; looks < LOOKS_MAX && r >= 0; looks++) {
		if (!w->n)
			return PATHWALK_END;
		if (w->reading == READ_DONE) {
			r = enter_next(w);
		} else if (next_name(w, &name, &type)) {
			r = consider_slash(w, name, type, ret);
			if (r == 1)
				return PATHWALK_ENTRY;
		}
	}
	return r < 0 ? r : PATHWALK_AGAIN;
}

/* ---- Entries ---- */

static bool may_be_link(const struct pathwalk_entry *e)
{
	return e->type == DT_LNK || e->type == DT_UNKNOWN;
}

static int check_remote(struct pathwalk *w, const struct pathwalk_entry *e, bool follow)
{
	if (e->remote)
		return -EREMOTE;
	if (follow && !e->named && may_be_link(e) && leads_to_remote(w, e->path))
		return -EREMOTE;
	if (e->ask || e->dirfd < 0 || (follow && may_be_link(e)))
		return answers(w, e->path, follow ? 0 : ROOT_NOFOLLOW);
	return 0;
}

static int statx_at(int dirfd, const char *name, int flags, struct statx *ret)
{
	struct statx stx;

	if (statx(dirfd, name, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, &stx) < 0)
		return -errno;
	*ret = stx;
	return 0;
}

int pathwalk_stat(
	struct pathwalk *w, const struct pathwalk_entry *e, bool follow, struct statx *ret)
{
	bool live = root_is_live(w->root);
	int r = check_remote(w, e, follow), fd;

	if (r < 0)
		return r;
	if (e->dirfd >= 0 && (live || !follow || !may_be_link(e)))
		return statx_at(
			e->dirfd, e->name, follow && may_be_link(e) ? 0 : AT_SYMLINK_NOFOLLOW, ret);
	if (live)
		return statx_at(AT_FDCWD, e->path, follow ? 0 : AT_SYMLINK_NOFOLLOW, ret);
	fd = root_open(w->root, e->path, follow ? O_PATH : O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	r = statx_at(fd, "", AT_EMPTY_PATH, ret);
	io_close(fd);
	return r;
}

int pathwalk_readlink(struct pathwalk *w, const struct pathwalk_entry *e, struct buf *out)
{
	char target[PATH_MAX + 1];
	ssize_t n;

	if (e->remote)
		return -EREMOTE;
	if (e->dirfd < 0)
		return root_readlink(w->root, e->path, out);
	n = readlinkat(e->dirfd, e->name, target, sizeof(target));
	return n < 0 ? -errno : buf_add(out, target, (size_t)n);
}

int pathwalk_open_path(struct pathwalk *w, const struct pathwalk_entry *e, bool follow)
{
	bool live = root_is_live(w->root);
	int flags = O_PATH | O_CLOEXEC | (follow && may_be_link(e) ? 0 : O_NOFOLLOW), fd;
	int r = check_remote(w, e, follow);

	if (r < 0)
		return r;
	if (e->dirfd < 0 || (!live && !(flags & O_NOFOLLOW)))
		return root_open(w->root, e->path, flags);
	fd = openat(e->dirfd, e->name, flags);
	return fd < 0 ? -errno : fd;
}

/* Never waits for the other end of a FIFO, and leaves the time of access alone where it may. */
static int open_at(int dirfd, const char *name, int flags)
{
	int fd;

	flags |= O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	fd = openat(dirfd, name, flags | O_NOATIME);
	if (fd < 0 && errno == EPERM)
		fd = openat(dirfd, name, flags);
	return fd < 0 ? -errno : fd;
}

int pathwalk_open(struct pathwalk *w, const struct pathwalk_entry *e)
{
	struct statx stx;
	int r;

	if (e->type == DT_REG && e->dirfd >= 0 && !e->remote)
		return root_require_file(open_at(e->dirfd, e->name, O_NOFOLLOW));
	/* To open a device can be to act on it: look before. */
	r = pathwalk_stat(w, e, true, &stx);
	if (r < 0)
		return r;
	if (!S_ISREG(stx.stx_mode))
		return S_ISDIR(stx.stx_mode) ? -EISDIR : -EINVAL;
	if (e->dirfd < 0 || !root_is_live(w->root))
		return root_open_file_asked(w->root, e->path);
	return root_require_file(open_at(e->dirfd, e->name, 0));
}
