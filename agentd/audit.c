/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/audit.h"

#include "agentd/auditfile.h"
#include "agentd/auditline.h"
#include "agentd/conf.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is read of a file's end: half a line behind a whole one. */
#define TAIL_MAX (2u * (AUDIT_LINE_MAX + 1))
/* What half a line is ended with, before its newline. */
#define HALF_END " !"

/*
 * `fd` is open while the file is known to be what it should be: its size that of the last line
 * written. After a failure it is closed, and the next line begins with a look at what is there.
 */
struct audit {
	char *state_dir;
	uint64_t max_bytes;
	unsigned keep;
	bool synced_dir;

	int dirfd, fd;
	dev_t dev;
	ino_t ino;
	off_t size;
	uint64_t written;

	bool known; /* the end of the chain is in mind, whatever the files say */
	int64_t seq;
	struct audit_hash last;
};

/* ---- What stands at the end of the files ---- */

struct tail {
	bool whole; /* is there a line of the log? */
	bool junk;  /* something else behind it: half a line */
	bool half;  /* with no newline at its end */
	int64_t seq;
	struct audit_hash last, junk_hash; /* of the last line of it */
};

/* 1 where it is a line of the log, 0 where it is not. */
static int look_at_line(struct span line, struct tail *ret)
{
	struct audit_link link = {.seq = 0};
	int code = 0;
	json_t *tree = audit_line_read(line, &link, &code);

	if (!tree)
		return code == -ENOMEM ? code : 0;
	ret->seq = link.seq;
	ret->whole = true;
	json_decref(tree);
	return audit_hash(line, &ret->last) < 0 ? -ENOMEM : 1;
}

/* Half a line as it will stand: ended so that it can never be a whole one. */
static int look_at_half(struct span line, struct tail *ret)
{
	char *ended = malloc(line.n + sizeof(HALF_END));
	int r;

	if (!ended)
		return -ENOMEM;
	memcpy(ended, line.p, line.n);
	memcpy(ended + line.n, HALF_END, sizeof(HALF_END));
	ret->half = true;
	r = audit_hash((struct span){ended, line.n + strlen(HALF_END)}, &ret->junk_hash);
	free(ended);
	return r;
}

static int look_at_junk(struct span line, bool ended, struct tail *ret)
{
	if (ret->junk || !line.n)
		return 0;
	ret->junk = true;
	return ended ? audit_hash(line, &ret->junk_hash) : look_at_half(line, ret);
}

/* Line by line from the end, to the last that is one of the log's. */
static int look_at(struct span text, struct tail *ret)
{
	struct span line;
	bool ended = false; /* by a newline: a line without one is none */
	int r = 0;

	while (r == 0 && text.n) {
		const char *start = memrchr(text.p, '\n', text.n);

		start = start ? start + 1 : text.p;
		line = (struct span){start, (size_t)(text.p + text.n - start)};
		r = ended ? look_at_line(line, ret) : 0;
		if (r == 0)
			r = look_at_junk(line, ended, ret);
		ended = true;
		text.n = start == text.p ? 0 : (size_t)(start - text.p - 1);
	}
	return r < 0 ? r : 0;
}

static int read_tail(int fd, off_t size, struct tail *ret)
{
	size_t n = size > TAIL_MAX ? TAIL_MAX : (size_t)size, got = 0;
	char *p = malloc(n + 1);
	ssize_t now = 1;
	int r;

	*ret = (struct tail){.last = audit_hash_none};
	if (!p)
		return -ENOMEM;
	while (got < n && now > 0) {
		now = pread(fd, p + got, n - got, size - (off_t)n + (off_t)got);
		got += now > 0 ? (size_t)now : 0;
	}
	r = now < 0 ? -errno : look_at((struct span){p, got}, ret);
	free(p);
	return r;
}

/* The last line of the files put away, where the one being written has none yet. */
static int read_older_tail(const struct audit *a, struct tail *tail, unsigned *ret_number)
{
	struct tail older = {.whole = false};
	unsigned *list = NULL;
	struct stat st;
	size_t n = 0;
	int r = auditfile_list(a->dirfd, &list, &n), fd;

	*ret_number = r == 0 && n ? list[n - 1] : 0;
	free(list);
	if (r < 0 || !*ret_number)
		return r;
	fd = auditfile_open_read(a->dirfd, *ret_number);
	if (fd < 0)
		return fd;
	r = fstat(fd, &st) < 0 ? -errno : read_tail(fd, st.st_size, &older);
	io_close(fd);
	if (r < 0)
		return r;
	tail->seq = older.seq;
	tail->last = older.last;
	return 0;
}

/* ---- Writing ---- */

static void lose(struct audit *a)
{
	a->fd = io_close(a->fd);
}

/* On failure part of it may be in the file. */
static int append(struct audit *a, struct span text)
{
	int r = io_write_all(a->fd, text.p, text.n);

	if (r < 0)
		lose(a);
	else
		a->size += (off_t)text.n;
	a->written += text.n;
	return r;
}

static int sync_file(struct audit *a)
{
	if (fdatasync(a->fd) < 0)
		return -errno;
	if (!a->synced_dir && fsync(a->dirfd) < 0)
		return -errno;
	a->synced_dir = true;
	return 0;
}

/*
 * Appends the line, which it frees, and goes on behind it. `behind_half`: ends the half line that
 * stands there, so that it stays what it is.
 */
static int append_line(struct audit *a, json_t *line, bool behind_half)
{
	struct audit_hash hash;
	struct buf b;
	size_t start;
	int r = line ? 0 : -ENOMEM;

	buf_init(&b, AUDIT_LINE_MAX + sizeof(HALF_END) + 1);
	if (r == 0 && behind_half)
		r = buf_puts(&b, HALF_END "\n");
	start = b.len;
	if (r == 0)
		r = audit_line_put(line, &b);
	if (r == 0)
		r = audit_hash((struct span){b.p + start, b.len - start - 1}, &hash);
	if (r == 0)
		r = append(a, (struct span){b.p, b.len});
	if (r == 0) {
		a->seq++;
		a->last = hash;
		a->known = true;
	}
	buf_done(&b);
	json_decref(line);
	return r;
}

static json_t *new_line(const struct audit *a, const struct audit_hash *prev, const char *event,
	const char *name, json_t *value)
{
	json_t *line = audit_line_new(a->seq + 1, prev, event);

	if (!line || json_object_set_new(line, name, value) < 0) {
		if (!line)
			json_decref(value);
		json_decref(line);
		return NULL;
	}
	return line;
}

static int tell_torn(struct audit *a, const struct tail *tail)
{
	return append_line(a,
		new_line(a, &tail->junk_hash, "torn", "whole", json_string(a->last.hex)),
		tail->half);
}

static int tell_replaced(struct audit *a, const char *what)
{
	return append_line(
		a, new_line(a, &a->last, "replaced", "detail", json_string(what)), false);
}

static int tell_continued(struct audit *a, unsigned number)
{
	return append_line(
		a, new_line(a, &a->last, "continue", "file", json_integer(number)), false);
}

/* ---- Finding the end ---- */

static const char *difference(const struct audit *a, const struct tail *tail, bool new)
{
	if (!a->known || strcmp(a->last.hex, tail->last.hex) == 0)
		return NULL;
	if (new)
		return "the file was removed";
	return tail->seq < a->seq ? "lines were taken away" : "the file was replaced or written to";
}

/*
 * The descriptor is open and `tail` what its end says; `number` is the last file put away where
 * this one has no line yet. What is known goes before what is found.
 */
static int go_on(struct audit *a, const struct tail *tail, unsigned number, bool new)
{
	const char *what = difference(a, tail, new);
	bool empty = !tail->whole && !tail->junk;
	int r = 0;

	if (!a->known) {
		a->seq = tail->seq;
		a->last = tail->last;
		a->known = true;
	}
	if (tail->junk)
		r = tell_torn(a, tail);
	if (r == 0 && what)
		r = tell_replaced(a, what);
	else if (r == 0 && number && empty)
		r = tell_continued(a, number);
	return r;
}

static int find_end(struct audit *a, bool new)
{
	struct tail tail;
	struct stat st;
	unsigned number = 0;
	int r;

	if (fstat(a->fd, &st) < 0)
		return -errno;
	a->dev = st.st_dev;
	a->ino = st.st_ino;
	a->size = st.st_size;
	r = read_tail(a->fd, st.st_size, &tail);
	if (r == 0 && !tail.whole)
		r = read_older_tail(a, &tail, &number);
	return r < 0 ? r : go_on(a, &tail, number, new);
}

static int open_dir(struct audit *a, struct err *err)
{
	if (a->dirfd >= 0)
		return 0;
	if (mkdir(a->state_dir, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "%s", a->state_dir);
	a->dirfd = open(a->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return a->dirfd < 0 ? err_sys(err, errno, "%s", a->state_dir) : 0;
}

static int open_file(struct audit *a, struct err *err)
{
	bool new = false;
	int r = open_dir(a, err);

	if (r < 0)
		return r;
	a->fd = auditfile_open(a->dirfd, &new);
	if (a->fd < 0)
		return err_sys(err, -a->fd, "audit log %s/" AUDIT_FILE, a->state_dir);
	if (new)
		a->synced_dir = false;
	auditfile_append_only(a->fd, true);
	r = find_end(a, new);
	if (r == 0)
		return 0;
	lose(a);
	return err_sys(err, -r, "audit log %s/" AUDIT_FILE, a->state_dir);
}

/* Is the name still that of our file, and nothing in it but what we wrote? */
static bool still_ours(const struct audit *a)
{
	struct stat st;

	return a->fd >= 0 && fstatat(a->dirfd, AUDIT_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev == a->dev && st.st_ino == a->ino && st.st_size == a->size;
}

static int ensure(struct audit *a, struct err *err)
{
	struct stat st;

	if (still_ours(a))
		return 0;
	lose(a);
	/* The whole directory may be another one. */
	if (a->dirfd >= 0 && (fstat(a->dirfd, &st) < 0 || st.st_nlink == 0))
		a->dirfd = io_close(a->dirfd);
	return open_file(a, err);
}

/* ---- Rotation ---- */

static void remove_oldest(const struct audit *a)
{
	unsigned *list = NULL;
	size_t n = 0;

	if (auditfile_list(a->dirfd, &list, &n) < 0)
		return;
	for (size_t i = 0; i + a->keep < n; i++)
		auditfile_remove(a->dirfd, list[i]);
	free(list);
}

/* Where it cannot be done the file grows on, and the next line tries again. */
static int rotate(struct audit *a, struct err *err)
{
	unsigned *list = NULL, number;
	size_t n = 0;

	if (fdatasync(a->fd) < 0 || auditfile_list(a->dirfd, &list, &n) < 0)
		return 0;
	number = n ? list[n - 1] + 1 : 1;
	free(list);
	if (number > AUDIT_NUMBER_MAX || auditfile_put_away(a->dirfd, a->fd, number) < 0)
		return 0;
	lose(a);
	remove_oldest(a);
	return open_file(a, err);
}

/* ---- For the daemon ---- */

struct audit *audit_open(const char *state_dir, const struct conf *conf, struct err *err)
{
	struct audit *a = calloc(1, sizeof(*a));
	struct err why = {.code = 0};

	if (!a) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	a->fd = a->dirfd = -1;
	a->last = audit_hash_none;
	a->state_dir = strdup(state_dir);
	if (!a->state_dir) {
		audit_close(a);
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	audit_configure(a, conf);
	open_file(a, &why);
	if (err)
		*err = why;
	return a;
}

void audit_close(struct audit *a)
{
	if (!a)
		return;
	io_close(a->fd);
	io_close(a->dirfd);
	free(a->state_dir);
	free(a);
}

void audit_configure(struct audit *a, const struct conf *conf)
{
	a->max_bytes = conf->audit_max_mb << 20;
	a->keep = conf->audit_keep;
}

uint64_t audit_written(const struct audit *a)
{
	return a->written;
}

int audit_write(struct audit *a, const struct audit_entry *e, bool sync, struct err *err)
{
	json_t *line;
	int r = ensure(a, err);

	if (r == 0 && a->size > 0 && (uint64_t)a->size >= a->max_bytes)
		r = rotate(a, err);
	if (r < 0)
		return r;
	line = audit_line_new(a->seq + 1, &a->last, audit_event_name(e->event));
	if (!line || audit_line_add(line, e) < 0) {
		json_decref(line);
		return err_set(err, ENOMEM, "audit log: out of memory");
	}
	r = append_line(a, line, false);
	if (r == 0 && sync)
		r = sync_file(a);
	return r < 0 ? err_sys(err, -r, "audit log %s/" AUDIT_FILE, a->state_dir) : 0;
}
