/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/procfs.h"

#include "common/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_FIRST    4096 /* bytes asked for at first; most files of /proc are shorter */
#define PROC_NAME_MAX 64   /* bytes of a name within a process's directory, NUL included */
#define DIR_FLAGS     (O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* ---- The host ---- */

int procfs_init(struct procfs *fs, const struct root *root)
{
	long hz = sysconf(_SC_CLK_TCK);

	*fs = (struct procfs){.root = root, .live = root_is_live(root), .hz = hz > 0 ? hz : 100};
	fs->fd = root_open(root, "/proc", O_PATH | O_DIRECTORY);
	return fs->fd < 0 ? fs->fd : 0;
}

void procfs_done(struct procfs *fs)
{
	if (fs && fs->root)
		fs->fd = io_close(fs->fd);
}

/* Takes the next word off `rest`; false when there is none. */
static bool next_word(struct span *rest, char sep, struct span *ret)
{
	while (rest->n && rest->p[0] == sep)
		*rest = (struct span){rest->p + 1, rest->n - 1};
	return rest->n && span_split(rest, sep, ret);
}

static bool starts_with(struct span s, const char *prefix, struct span *ret_rest)
{
	*ret_rest = s;
	return span_skip(ret_rest, prefix);
}

static int64_t boot_time_parse(struct span text)
{
	struct span line, value;
	uint64_t n;

	while (span_split(&text, '\n', &line))
		if (starts_with(line, "btime ", &value) &&
			parse_span(span_trim(value), 10, INT64_MAX / 2, &n) == 0)
			return (int64_t)n;
	return 0;
}

int64_t procfs_boot_time(struct procfs *fs)
{
	struct buf b;
	int r;

	if (fs->boot_read)
		return fs->boot;
	buf_init(&b, ROOT_FILE_MAX);
	r = root_read(fs->root, "/proc/stat", &b);
	if (r == 0 || r == -EMSGSIZE)
		fs->boot = boot_time_parse((struct span){b.p, b.len});
	buf_done(&b);
	fs->boot_read = true;
	return fs->boot;
}

/* ---- Lists ---- */

static int list_open(struct procfs_list *l, int dir, const char *name)
{
	*l = (struct procfs_list){.fd = openat(dir, name, O_RDONLY | DIR_FLAGS)};
	return l->fd < 0 ? -errno : 0;
}

int procfs_list_init(struct procfs_list *l, const struct procfs *fs)
{
	return list_open(l, fs->fd, ".");
}

int procfs_list_fds(struct procfs_list *l, const struct procfs_proc *p)
{
	return list_open(l, p->fd, "fd");
}

int procfs_list_tasks(struct procfs_list *l, const struct procfs_proc *p)
{
	return list_open(l, p->fd, "task");
}

void procfs_list_done(struct procfs_list *l)
{
	l->fd = io_close(l->fd);
	free(l->buf);
	l->buf = NULL;
	l->at = l->len = 0;
}

static int list_fill(struct procfs_list *l)
{
	long n;

	if (!l->buf)
		l->buf = malloc(PROCFS_LIST_BYTES);
	if (!l->buf)
		return -ENOMEM;
	n = syscall(SYS_getdents64, l->fd, l->buf, PROCFS_LIST_BYTES);
	if (n < 0)
		return -errno;
	l->at = 0;
	l->len = (size_t)n;
	return n > 0;
}

/* Names as the kernel writes them: "0" or digits without a leading zero. */
static bool number_name(const char *name, int32_t *ret)
{
	uint64_t n;

	if (name[0] == '0' && name[1] != '\0')
		return false;
	if (parse_uint(name, 0, INT32_MAX, &n) < 0)
		return false;
	*ret = (int32_t)n;
	return true;
}

int procfs_list_next(struct procfs_list *l, int32_t *ret)
{
	for (;;) {
		while (l->at < l->len) {
			const struct dirent64 *d = (const void *)(l->buf + l->at);

			l->at += d->d_reclen;
			if (number_name(d->d_name, ret))
				return 1;
		}
		int r = list_fill(l);

		if (r <= 0)
			return r;
	}
}

bool procfs_list_pending(const struct procfs_list *l)
{
	return l->at < l->len;
}

/* ---- One process ---- */

int procfs_open(const struct procfs *fs, int32_t pid, struct procfs_proc *ret)
{
	char name[PROC_NAME_MAX];
	int fd;

	snprintf(name, sizeof(name), "%d", pid);
	fd = openat(fs->fd, name, O_PATH | DIR_FLAGS);
	if (fd < 0)
		return -errno;
	*ret = (struct procfs_proc){.fd = fd, .pid = pid, .live = fs->live};
	return 0;
}

int procfs_open_self(const struct procfs *fs, struct procfs_proc *ret)
{
	int fd = openat(fs->fd, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret = (struct procfs_proc){.fd = fd, .pid = getpid(), .live = fs->live};
	return 0;
}

int procfs_open_process(const struct procfs *fs, int32_t pid, struct procfs_proc *ret)
{
	struct procfs_proc p;
	struct procfs_status st;
	struct buf b;
	int r = procfs_open(fs, pid, &p);

	if (r < 0)
		return r;
	buf_init(&b, PROCFS_FILE_MAX);
	/* What cannot be read or understood here is for the caller to find out. */
	if (procfs_read(&p, "status", &b) == 0 &&
		procfs_status_parse((struct span){b.p, b.len}, &st) == 0 && st.tgid &&
		st.tgid != pid)
		r = -ENOENT;
	buf_done(&b);
	if (r < 0)
		procfs_close(&p);
	else
		*ret = p;
	return r;
}

void procfs_close(struct procfs_proc *p)
{
	p->fd = io_close(p->fd);
}

bool procfs_gone(const struct procfs_proc *p)
{
	struct stat st;

	return p->live && fstatat(p->fd, "stat", &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	       (errno == ENOENT || errno == ESRCH);
}

/*
 * Opens the directory part of `name` ("net/tcp") where links are not to be trusted. *ret_name is
 * then the last part. Returns a descriptor, p->fd itself or -errno.
 */
static int enter(const struct procfs_proc *p, const char *name, const char **ret_name)
{
	const char *slash = p->live ? NULL : strchr(name, '/');
	char dir[PROC_NAME_MAX];
	int fd;

	*ret_name = name;
	if (!slash)
		return p->fd;
	if ((size_t)(slash - name) >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, name, (size_t)(slash - name));
	dir[slash - name] = '\0';
	*ret_name = slash + 1;
	fd = openat(p->fd, dir, O_PATH | DIR_FLAGS);
	return fd < 0 ? -errno : fd;
}

static void leave(const struct procfs_proc *p, int dir)
{
	if (dir != p->fd)
		io_close(dir);
}

/* A captured file can be anything: opening it non-blocking does no harm, reading a device may. */
static int only_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	io_close(fd);
	return -EINVAL;
}

int procfs_open_file(const struct procfs_proc *p, const char *name)
{
	int dir = enter(p, name, &name), fd;

	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	leave(p, dir);
	return fd < 0 || p->live ? fd : only_regular(fd);
}

/* A read that gives less than was asked for is the last one: these files are made in one piece. */
static int read_short(int fd, struct buf *b)
{
	for (;;) {
		size_t left = b->max - b->len, want = b->len ? b->len : READ_FIRST;
		ssize_t n;
		int r;

		if (want > left)
			want = left;
		if (!want)
			return -EMSGSIZE;
		r = buf_room(b, want);
		if (r < 0)
			return r;
		do
			n = read(fd, b->p + b->len, want);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return -errno;
		buf_added(b, (size_t)n);
		if ((size_t)n < want)
			return 0;
	}
}

int procfs_read(const struct procfs_proc *p, const char *name, struct buf *b)
{
	int fd = procfs_open_file(p, name), r;

	buf_reset(b);
	if (fd < 0)
		return fd;
	r = read_short(fd, b);
	io_close(fd);
	return r;
}

static int link_at(int dir, const char *name, struct buf *b)
{
	ssize_t n;
	int r;

	buf_reset(b);
	r = buf_room(b, PROCFS_LINK_MAX);
	if (r < 0)
		return r;
	n = readlinkat(dir, name, b->p, PROCFS_LINK_MAX);
	if (n < 0)
		return -errno;
	buf_added(b, (size_t)n);
	return 0;
}

int procfs_link(const struct procfs_proc *p, const char *name, struct buf *b)
{
	int dir = enter(p, name, &name), r;

	if (dir < 0)
		return dir;
	r = link_at(dir, name, b);
	leave(p, dir);
	return r;
}

int procfs_list_link(const struct procfs_list *l, int32_t fd, struct buf *b)
{
	char name[PROC_NAME_MAX];

	snprintf(name, sizeof(name), "%d", fd);
	return link_at(l->fd, name, b);
}

int procfs_namespace(const struct procfs_proc *p, const char *kind, uint64_t *ret)
{
	char name[PROC_NAME_MAX];
	struct buf b;
	int r;

	snprintf(name, sizeof(name), "ns/%s", kind);
	buf_init(&b, PROCFS_LINK_MAX);
	r = procfs_link(p, name, &b);
	if (r == 0 && !procfs_link_number((struct span){b.p, b.len}, kind, ret))
		*ret = 0;
	buf_done(&b);
	return r;
}

/* ---- What the files say ---- */

static bool next_uint(struct span *rest, char sep, uint64_t *ret)
{
	struct span word;

	return next_word(rest, sep, &word) && parse_span(word, 10, UINT64_MAX, ret) == 0;
}

static bool next_int(struct span *rest, char sep, int64_t *ret)
{
	struct span word;
	uint64_t n;
	bool minus;

	if (!next_word(rest, sep, &word))
		return false;
	minus = word.n && word.p[0] == '-';
	if (minus)
		word = (struct span){word.p + 1, word.n - 1};
	if (parse_span(word, 10, INT64_MAX, &n) < 0)
		return false;
	*ret = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool skip_words(struct span *rest, unsigned n)
{
	struct span word;

	while (n--)
		if (!next_word(rest, ' ', &word))
			return false;
	return true;
}

/* proc_pid_stat(5), from its third field on. */
static bool stat_fields(struct span rest, struct procfs_stat *st)
{
	struct span state;

	if (!next_word(&rest, ' ', &state) || state.n != 1)
		return false;
	st->state = state.p[0];
	return next_int(&rest, ' ', &st->ppid) && next_int(&rest, ' ', &st->pgrp) &&
	       next_int(&rest, ' ', &st->session) && skip_words(&rest, 2) &&
	       next_uint(&rest, ' ', &st->flags) && skip_words(&rest, 4) &&
	       next_uint(&rest, ' ', &st->utime) && next_uint(&rest, ' ', &st->stime) &&
	       skip_words(&rest, 3) && next_int(&rest, ' ', &st->nice) &&
	       next_int(&rest, ' ', &st->threads) && skip_words(&rest, 1) &&
	       next_uint(&rest, ' ', &st->start) && next_uint(&rest, ' ', &st->vsize);
}

int procfs_stat_parse(struct span text, struct procfs_stat *ret)
{
	/* The name may hold brackets itself; what comes after it does not. */
	const char *open = text.n ? memchr(text.p, '(', text.n) : NULL;
	const char *close = text.n ? memrchr(text.p, ')', text.n) : NULL;
	struct procfs_stat st = {0};

	if (!open || !close || close < open)
		return -EBADMSG;
	st.comm = (struct span){open + 1, (size_t)(close - open - 1)};
	text = span_trim((struct span){close + 1, (size_t)(text.p + text.n - close - 1)});
	if (!stat_fields(text, &st))
		return -EBADMSG;
	*ret = st;
	return 0;
}

static bool four_ids(struct span rest, uint32_t ids[4])
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t n;

		if (!next_uint(&rest, '\t', &n) || n > UINT32_MAX)
			return false;
		ids[i] = (uint32_t)n;
	}
	return true;
}

static uint64_t kilobytes(struct span value)
{
	uint64_t n;

	value = span_trim(value);
	return next_uint(&value, ' ', &n) && n <= UINT64_MAX / 2048 ? n * 1024 : 0;
}

int procfs_status_parse(struct span text, struct procfs_status *ret)
{
	struct procfs_status st = {0};
	bool uid = false, gid = false;
	struct span line, value;
	uint64_t n;

	/* The kernel escapes newlines in the name, so no line can be forged. */
	while (span_split(&text, '\n', &line)) {
		if (!uid && starts_with(line, "Uid:", &value)) {
			uid = four_ids(value, st.uid);
		} else if (!gid && starts_with(line, "Gid:", &value)) {
			gid = four_ids(value, st.gid);
		} else if (!st.tgid && starts_with(line, "Tgid:", &value)) {
			if (parse_span(span_trim(value), 10, INT32_MAX, &n) == 0)
				st.tgid = (int64_t)n;
		} else if (starts_with(line, "VmRSS:", &value)) {
			st.rss = kilobytes(value);
			break;
		}
	}
	if (!uid || !gid)
		return -EBADMSG;
	*ret = st;
	return 0;
}

int procfs_io_parse(struct span text, struct procfs_io *ret)
{
	struct procfs_io io = {0};
	struct span line, value;
	unsigned found = 0;

	while (span_split(&text, '\n', &line)) {
		uint64_t *to = starts_with(line, "read_bytes:", &value)	   ? &io.read_bytes
			       : starts_with(line, "write_bytes:", &value) ? &io.write_bytes
			       : starts_with(line, "cancelled_write_bytes:", &value)
				       ? &io.cancelled_write_bytes
				       : NULL;

		if (to && parse_span(span_trim(value), 10, INT64_MAX, to) == 0)
			found++;
	}
	if (found < 3)
		return -EBADMSG;
	*ret = io;
	return 0;
}

struct span procfs_cgroup_path(struct span text)
{
	struct span line = {0}, number, controllers;

	/* "4:memory:/path" or "0::/path"; the path may hold colons. */
	if (!span_split(&text, '\n', &line) || !span_split(&line, ':', &number) ||
		!span_split(&line, ':', &controllers) || !line.p)
		return (struct span){"", 0};
	return line;
}

struct span procfs_cmdline_text(struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->p[i] == '\0')
			b->p[i] = ' ';
	return span_trim((struct span){buf_str(b), b->len});
}

bool procfs_link_number(struct span link, const char *kind, uint64_t *ret)
{
	struct span rest;

	return starts_with(link, kind, &rest) && starts_with(rest, ":[", &rest) && rest.n &&
	       rest.p[rest.n - 1] == ']' &&
	       parse_span((struct span){rest.p, rest.n - 1}, 10, UINT64_MAX, ret) == 0;
}

int64_t procfs_ms(const struct procfs *fs, uint64_t ticks)
{
	uint64_t hz = (uint64_t)fs->hz, seconds = ticks / hz;

	if (seconds > INT64_MAX / 1000 - 1)
		return INT64_MAX;
	return (int64_t)(seconds * 1000 + ticks % hz * 1000 / hz);
}
