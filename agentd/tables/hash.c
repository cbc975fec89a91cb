/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/filehash.h"
#include "agentd/pathscan.h"
#include "agentd/table.h"
#include "common/io.h"

#include <dirent.h>
#include <errno.h>

enum {
	PATH,
	DIRECTORY,
	MD5,
	SHA1,
	SHA256,
	PID_WITH_NAMESPACE,
	MOUNT_NAMESPACE_ID,
};

static const struct column columns[] = {
	PATHSCAN_COLUMNS,
	{"md5", COL_TEXT, 0, "MD5 of the content"},
	{"sha1", COL_TEXT, 0, "SHA-1 of the content"},
	{"sha256", COL_TEXT, 0, "SHA-256 of the content"},
	NSROOT_COLUMNS,
	COL_END,
};

struct shared {
	struct filehash *hash;
};

struct state {
	struct pathscan scan;
	struct filehash *hash; /* of the query: what a join comes back to is not read again */
	unsigned want;	       /* bit per filehash_kind */
};

static void shared_free(void *p)
{
	filehash_free(((struct shared *)p)->hash);
}

static int find_shared(struct scan *s, struct state *st)
{
	static const char key;
	struct shared *shared;

	for (unsigned i = 0; i < FILEHASH_KINDS; i++)
		st->want |= (unsigned)scan_wants(s, MD5 + i) << i;
	if (!st->want)
		return 0;
	shared = scan_shared(s, &key, sizeof(*shared), shared_free);
	if (shared && !shared->hash)
		shared->hash = filehash_new();
	st->hash = shared ? shared->hash : NULL;
	return st->hash ? 0 : -ENOMEM;
}

static int open_scan(struct scan *s)
{
	static const struct pathscan_columns cols = {
		PATH, DIRECTORY, PID_WITH_NAMESPACE, MOUNT_NAMESPACE_ID};
	struct state *st = scan_state(s);
	int r = find_shared(s, st);

	return r < 0 ? r : pathscan_open(&st->scan, s, &cols);
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	pathscan_close(&st->scan);
}

static void put_digests(struct scan *s, const struct filehash_digests *d)
{
	static const char digits[] = "0123456789abcdef";
	char hex[FILEHASH_SIZE_MAX * 2];

	for (unsigned kind = 0; kind < FILEHASH_KINDS; kind++) {
		size_t n = filehash_size(kind);

		if (!(d->have >> kind & 1))
			continue;
		for (size_t i = 0; i < n; i++) {
			hex[2 * i] = digits[d->of[kind][i] >> 4];
			hex[2 * i + 1] = digits[d->of[kind][i] & 15];
		}
		row_bytes(s, MD5 + kind, hex, n * 2);
	}
}

static bool stop(void *arg)
{
	return scan_stop(arg);
}

/* 1: it is a regular file, with the digests set; 0: it is none; -errno: one that cannot be read. */
static int digest(struct scan *s, struct state *st, const struct pathwalk_entry *e)
{
	struct filehash_digests d;
	int fd = pathwalk_open(st->scan.walk, e), r;

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -EISDIR || fd == -EINVAL)
		return 0;
	if (fd < 0)
		return fd;
	/* /etc/mtab and other links into /proc are harmless ones. */
	r = filehash_read(st->hash, fd, st->want, !e->named && e->type != DT_LNK, stop, s, &d);
	io_close(fd);
	if (r == 0)
		put_digests(s, &d);
	return r < 0 ? r : 1;
}

static bool is_regular(struct state *st, const struct pathwalk_entry *e)
{
	struct statx stx;

	return e->type == DT_REG ||
	       (pathwalk_stat(st->scan.walk, e, true, &stx) == 0 && S_ISREG(stx.stx_mode));
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r = pathscan_next(&st->scan, &e);

	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	if (e.type != DT_REG && e.type != DT_LNK && e.type != DT_UNKNOWN)
		return 1;
	row_begin(s);
	pathscan_row(&st->scan, &e);
	r = st->want ? digest(s, st, &e) : is_regular(st, &e);
	if (r == -ECANCELED || r == -ENOMEM)
		return r;
	if (r < 0)
		scan_skipped(s, "content", "file", -r);
	if (r)
		row_end(s);
	return 1;
}

const struct table table_hash = {
	.name = "hash",
	.doc = "Digests of regular files, also behind symbolic links.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
