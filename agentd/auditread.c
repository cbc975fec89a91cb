/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/auditread.h"

#include "agentd/auditfile.h"
#include "common/clock.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READ_CHUNK (64u << 10)
/* Of a file, in which its first line tells its time. */
#define HEAD_BYTES 256
/* How often the list of files may turn out to have changed while it was read. */
#define TRIES 20
/* A line that is being written is waited for as long. */
#define UNENDED_MS 1000

/* ---- The files ---- */

struct files {
	int dirfd;
	int current; /* -ENOENT: there is none */
	unsigned *older;
	size_t n;
};

static void files_done(struct files *f)
{
	io_close(f->current);
	io_close(f->dirfd);
	free(f->older);
}

static bool is_current(const struct files *f)
{
	struct stat have, named;

	if (fstatat(f->dirfd, AUDIT_FILE, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return f->current < 0 && errno == ENOENT;
	return f->current >= 0 && fstat(f->current, &have) == 0 && have.st_ino == named.st_ino &&
	       have.st_dev == named.st_dev;
}

/* A list that goes with the current file: nothing was put away between the two. */
static int files_find(struct files *f)
{
	int r;

	for (int i = 0; i < TRIES; i++) {
		f->current = auditfile_open_read(f->dirfd, 0);
		if (f->current < 0 && f->current != -ENOENT)
			return f->current;
		r = auditfile_list(f->dirfd, &f->older, &f->n);
		if (r < 0)
			return r;
		if (is_current(f))
			return f->current < 0 && !f->n ? -ENOENT : 0;
		f->current = io_close(f->current);
		free(f->older);
		f->older = NULL;
	}
	return -EAGAIN;
}

/* When the first line of a file was written, or -1. */
static int64_t first_time(int fd)
{
	static const char member[] = "\"time\":\"";
	char head[HEAD_BYTES + 1];
	ssize_t n = pread(fd, head, HEAD_BYTES, 0);
	const char *at;

	if (n <= 0)
		return -1;
	head[n] = '\0';
	at = strstr(head, member);
	return at ? audit_line_time(at + strlen(member)) : -1;
}

static bool began_before(const struct files *f, size_t i, int64_t since)
{
	int fd = i == f->n ? f->current : auditfile_open_read(f->dirfd, f->older[i]);
	int64_t time = fd < 0 ? -1 : first_time(fd);

	if (i < f->n)
		io_close(fd);
	return time >= 0 && time < since;
}

/*
 * How many of the older files end before that time: they and the next one began before it. Behind
 * one that did not nothing is left out, whatever its time: the clock may have been set back.
 */
static size_t count_before(const struct files *f, int64_t since)
{
	size_t n = 0;

	while (n <= f->n && began_before(f, n, since))
		n++;
	return n ? n - 1 : 0;
}

/* ---- Lines ---- */

struct audit_reader {
	struct files files;
	size_t next; /* of files.older; behind them comes the current one */
	int fd;	     /* being read; -1: none */
	struct buf held;
	size_t at;	       /* in it: what is not given yet */
	size_t given;	       /* bytes from there that are over with the next call */
	size_t scanned;	       /* bytes from there that hold no newline */
	bool skipping;	       /* the rest of a line longer than any of the log's */
	int64_t wait_until_ms; /* for the end of the last line; 0: not */
	struct audit_place place;
};

int audit_reader_new(int dirfd, int64_t since, struct audit_reader **ret)
{
	struct audit_reader *rd = calloc(1, sizeof(*rd));
	int r;

	if (!rd) {
		io_close(dirfd);
		return -ENOMEM;
	}
	rd->files = (struct files){.dirfd = dirfd, .current = -1};
	rd->fd = -1;
	rd->place.first = true;
	buf_init(&rd->held, AUDIT_GIVEN_MAX);
	r = files_find(&rd->files);
	if (r < 0) {
		audit_reader_free(rd);
		return r;
	}
	rd->next = count_before(&rd->files, since);
	rd->place.skipped = rd->next > 0;
	*ret = rd;
	return 0;
}

void audit_reader_free(struct audit_reader *rd)
{
	if (!rd)
		return;
	files_done(&rd->files);
	io_close(rd->fd);
	buf_done(&rd->held);
	free(rd);
}

/* 1: the next file is open; 0: there is none. */
static int next_file(struct audit_reader *rd)
{
	struct files *f = &rd->files;
	unsigned number = 0;

	do {
		if (rd->next == f->n && f->current < 0)
			return 0;
		number = rd->next < f->n ? f->older[rd->next++] : 0;
		rd->fd = number ? auditfile_open_read(f->dirfd, number) : f->current;
		if (!number)
			f->current = -1;
		/* The oldest may just have been removed, to keep as many as are to be kept. */
	} while (rd->fd == -ENOENT && rd->place.first);
	if (rd->fd < 0)
		return rd->fd;
	rd->wait_until_ms = number ? 0 : clock_mono_ms() + UNENDED_MS;
	rd->place.file = number;
	rd->place.line = 0;
	rd->skipping = false;
	return 1;
}

/* 1, or 0 where it is the rest of a line that was given before. */
static int give(struct audit_reader *rd, size_t n, bool ended, struct span *ret)
{
	bool rest = rd->skipping;

	rd->given = n + ended;
	rd->scanned = 0;
	rd->skipping = false;
	if (rest)
		return 0;
	rd->place.line++;
	rd->place.ended = ended;
	*ret = (struct span){rd->held.p + rd->at, n};
	return 1;
}

/* 1 with a line; 0 without, and then with rd->given where there may be more to find. */
static int find_line(struct audit_reader *rd, struct span *ret)
{
	const char *p = rd->held.p + rd->at, *end = NULL;
	size_t n = rd->held.len - rd->at;
	int r;

	if (n > rd->scanned)
		end = memchr(p + rd->scanned, '\n', n - rd->scanned);
	if (end)
		return give(rd, (size_t)(end - p), true, ret);
	rd->scanned = n;
	if (n <= AUDIT_LINE_MAX)
		return 0;
	/* Of one that is too long as much is given as shows that. */
	r = give(rd, n, false, ret);
	rd->skipping = true;
	return r;
}

/* 1: something was read; 0: the end. */
static int fill(struct audit_reader *rd)
{
	ssize_t n;
	int r;

	buf_consume(&rd->held, rd->at);
	rd->at = 0;
	r = buf_room(&rd->held, READ_CHUNK);
	if (r < 0)
		return r;
	do
		n = read(rd->fd, rd->held.p + rd->held.len, READ_CHUNK);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		buf_added(&rd->held, (size_t)n);
	return n < 0 ? -errno : n > 0;
}

/* Is somebody perhaps writing the rest of this line? */
static bool wait_for_rest(const struct audit_reader *rd)
{
	static const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};

	if (rd->held.len == rd->at || !rd->wait_until_ms || clock_mono_ms() > rd->wait_until_ms)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

/* At the end of a file: 1 with the line that no newline ends. */
static int end_file(struct audit_reader *rd, struct span *ret)
{
	if (wait_for_rest(rd))
		return 0;
	if (rd->held.len > rd->at)
		return give(rd, rd->held.len - rd->at, false, ret);
	rd->fd = io_close(rd->fd);
	return 0;
}

int audit_reader_next(struct audit_reader *rd, struct audit_place *ret_place, struct span *ret)
{
	int r = 0;

	while (r == 0) {
		rd->at += rd->given;
		rd->given = 0;
		if (rd->fd < 0)
			r = next_file(rd);
		if (r < 0 || rd->fd < 0)
			return r;
		r = find_line(rd, ret);
		if (r || rd->given)
			continue;
		r = fill(rd);
		r = r > 0 ? 0 : r == 0 ? end_file(rd, ret) : r;
	}
	if (r < 0)
		return r;
	*ret_place = rd->place;
	rd->place.first = rd->place.skipped = false;
	return 1;
}

int audit_read(const char *state_dir,
	int (*fn)(void *arg, const struct audit_place *place, struct span line), void *arg,
	struct err *err)
{
	struct audit_reader *rd = NULL;
	struct audit_place place;
	struct span line;
	int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : audit_reader_new(fd, 0, &rd);

	if (r < 0)
		return err_sys(err, -r, "audit log %s/" AUDIT_FILE, state_dir);
	while ((r = audit_reader_next(rd, &place, &line)) == 1) {
		r = fn(arg, &place, line);
		if (r < 0)
			break;
	}
	audit_reader_free(rd);
	return r < 0 ? err_sys(err, -r, "audit log %s", state_dir) : 0;
}

/* ---- The chain ---- */

static void broken(struct audit_verifier *v, const struct audit_place *place, const char *why)
{
	v->breaks++;
	v->broken(v->arg, place, why);
}

static void junk_is_none(struct audit_verifier *v)
{
	if (v->junk)
		broken(v, &v->junk_place, "this is no line of the log");
	v->junk = false;
}

static bool same(const struct audit_hash *a, const struct audit_hash *b)
{
	return strcmp(a->hex, b->hex) == 0;
}

/* The very first line there is. */
static void check_first(struct audit_verifier *v, const struct audit_place *place,
	const struct audit_link *link, const json_t *tree)
{
	char why[128];

	v->first_seq = link->seq;
	if (link->seq == 1 && same(&link->prev, &audit_hash_none))
		return;
	if (place->skipped && strcmp(link->event, "continue") == 0)
		return;
	/* Files put away go, the oldest first, when there are more than are to be kept. */
	if (place->file > 1 && strcmp(link->event, "continue") == 0 &&
		json_integer_value(json_object_get(tree, "file")) == place->file - 1)
		return;
	snprintf(why, sizeof(why), "the log begins with line %lld: what was before it is missing",
		(long long)link->seq);
	broken(v, place, why);
}

/* NULL where `torn` is what it says. */
static const char *check_torn(
	const struct audit_verifier *v, const struct audit_link *link, const json_t *tree)
{
	struct audit_hash whole;

	if (!v->junk || !same(&link->prev, &v->junk_hash))
		return "the half line that it tells of is not before it";
	if (!audit_line_hash(tree, "whole", &whole) || !same(&whole, &v->last))
		return "`whole` is not the hash of the last whole line before it";
	return NULL;
}

static void check_link(struct audit_verifier *v, const struct audit_place *place,
	const struct audit_link *link, const json_t *tree)
{
	bool torn = strcmp(link->event, "torn") == 0;
	const char *what = torn ? check_torn(v, link, tree) : NULL;
	char why[128];

	if (torn && !what)
		v->junk = false;
	v->torn += torn && !what;
	junk_is_none(v);
	if (!torn && !same(&link->prev, &v->last))
		what = "`prev` is not the hash of the line before";
	if (what && link->seq > v->seq + 1) {
		snprintf(why, sizeof(why), "lines %lld to %lld are missing", (long long)v->seq + 1,
			(long long)link->seq - 1);
		what = why;
	} else if (!what && link->seq != v->seq + 1) {
		snprintf(why, sizeof(why), "`seq` is %lld, not %lld", (long long)link->seq,
			(long long)v->seq + 1);
		what = why;
	}
	if (what)
		broken(v, place, what);
}

static void check_replaced(
	struct audit_verifier *v, const struct audit_place *place, const json_t *tree)
{
	const char *detail = json_string_value(json_object_get(tree, "detail"));
	char why[256];

	snprintf(why, sizeof(why), "the daemon found here that %s", detail ? detail : "?");
	broken(v, place, why);
}

int audit_verify_line(struct audit_verifier *v, const struct audit_place *place, struct span line,
	json_t **ret_tree)
{
	struct audit_link link;
	struct audit_hash hash;
	int code = 0;
	json_t *tree;

	if (ret_tree)
		*ret_tree = NULL;
	if (audit_hash(line, &hash) < 0)
		return -ENOMEM;
	if (!v->lines)
		v->last = audit_hash_none;
	tree = place->ended ? audit_line_read(line, &link, &code) : NULL;
	if (code == -ENOMEM)
		return code;
	if (!tree) {
		v->junk = true;
		v->junk_hash = hash;
		v->junk_place = *place;
		return 0;
	}
	if (!v->lines++ && !v->junk)
		check_first(v, place, &link, tree);
	else
		check_link(v, place, &link, tree);
	if (strcmp(link.event, "replaced") == 0)
		check_replaced(v, place, tree);
	v->seq = link.seq;
	v->last = hash;
	if (ret_tree)
		*ret_tree = tree;
	else
		json_decref(tree);
	return 0;
}

void audit_verify_end(struct audit_verifier *v)
{
	/* Half a line at the very end: a crash, or one that is being written; torn will follow. */
	if (v->junk && !v->junk_place.ended && !v->junk_place.file) {
		v->junk = false;
		v->torn++;
	}
	junk_is_none(v);
}
