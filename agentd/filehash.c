/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/filehash.h"

#include "agentd/mounttab.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of one read: large enough to cost nothing, small enough to stay in the cache. */
#define READ_MAX (256u << 10)

static const struct {
	const char *name;
	size_t size;
} kinds[FILEHASH_KINDS] = {
	[FILEHASH_MD5] = {"MD5", 16},
	[FILEHASH_SHA1] = {"SHA1", 20},
	[FILEHASH_SHA256] = {"SHA256", 32},
};

struct cached {
	uint64_t dev, ino, size;
	struct timespec mtime, ctime;
	struct filehash_digests digests;
};

struct filehash {
	EVP_MD_CTX *ctx[FILEHASH_KINDS]; /* NULL: not on offer */
	char *p;			 /* READ_MAX bytes */
	struct cached *cache;
	/* The file system of the last file: most files are of the same one. */
	bool known_dev, pseudo;
	dev_t dev;
};

size_t filehash_size(enum filehash_kind kind)
{
	return kinds[kind].size;
}

/* Looking an algorithm up takes libcrypto longer than hashing a small file: once per process. */
static EVP_MD *algorithms[FILEHASH_KINDS];

static void fetch(void)
{
	for (size_t i = 0; i < FILEHASH_KINDS; i++)
		algorithms[i] = EVP_MD_fetch(NULL, kinds[i].name, NULL);
}

struct filehash *filehash_new(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct filehash *h = calloc(1, sizeof(*h));

	if (!h || pthread_once(&once, fetch) != 0)
		goto fail;
	h->p = malloc(READ_MAX);
	h->cache = calloc(FILEHASH_CACHE, sizeof(*h->cache));
	if (!h->p || !h->cache)
		goto fail;
	for (size_t i = 0; i < FILEHASH_KINDS; i++) {
		h->ctx[i] = algorithms[i] ? EVP_MD_CTX_new() : NULL;
		if (algorithms[i] && !h->ctx[i])
			goto fail;
	}
	return h;
fail:
	filehash_free(h);
	return NULL;
}

void filehash_free(struct filehash *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < FILEHASH_KINDS; i++)
		EVP_MD_CTX_free(h->ctx[i]);
	free(h->p);
	free(h->cache);
	free(h);
}

/* ---- What is remembered ---- */

static struct cached *slot_of(struct filehash *h, const struct stat *st)
{
	uint64_t key = (uint64_t)st->st_ino * 0x9e3779b97f4a7c15u ^ (uint64_t)st->st_dev;

	return &h->cache[(key ^ key >> 32) & (FILEHASH_CACHE - 1)];
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct cached *c, const struct stat *st)
{
	return c->digests.have && c->dev == st->st_dev && c->ino == st->st_ino &&
	       c->size == (uint64_t)st->st_size && same_time(c->mtime, st->st_mtim) &&
	       same_time(c->ctime, st->st_ctim);
}

static void remember(struct filehash *h, const struct stat *st, const struct filehash_digests *d)
{
	*slot_of(h, st) = (struct cached){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtim,
		.ctime = st->st_ctim,
		.digests = *d,
	};
}

/* ---- Reading ---- */

static bool is_pseudo(struct filehash *h, int fd, const struct stat *st)
{
	if (!h->known_dev || h->dev != st->st_dev) {
		h->pseudo = mount_fd_pseudo(fd);
		h->dev = st->st_dev;
		h->known_dev = true;
	}
	return h->pseudo;
}

static int begin(struct filehash *h, unsigned want)
{
	for (size_t i = 0; i < FILEHASH_KINDS; i++)
		if ((want >> i & 1) && !EVP_DigestInit_ex2(h->ctx[i], algorithms[i], NULL))
			return -ENOMEM;
	return 0;
}

static int update(struct filehash *h, unsigned want, size_t n)
{
	for (size_t i = 0; i < FILEHASH_KINDS; i++)
		if ((want >> i & 1) && !EVP_DigestUpdate(h->ctx[i], h->p, n))
			return -ENOMEM;
	return 0;
}

static int end(struct filehash *h, unsigned want, struct filehash_digests *ret)
{
	for (size_t i = 0; i < FILEHASH_KINDS; i++)
		if ((want >> i & 1) && !EVP_DigestFinal_ex(h->ctx[i], ret->of[i], NULL))
			return -ENOMEM;
	ret->have |= want;
	return 0;
}

/* 0 at the end of the file or after `most` bytes. *ret_left: of those. */
static int read_through(struct filehash *h, int fd, unsigned want, uint64_t most,
	bool (*stop)(void *arg), void *arg, uint64_t *ret_left)
{
	ssize_t n = 1;
	int r = 0;

	while (!r && n > 0 && most) {
		if (stop && stop(arg))
			return -ECANCELED;
		n = read(fd, h->p, most < READ_MAX ? most : READ_MAX);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return -errno;
		else if (n > 0) {
			r = update(h, want, (size_t)n);
			most -= (uint64_t)n;
		}
	}
	*ret_left = most;
	return r;
}

static int read_file(struct filehash *h, int fd, const struct stat *st, unsigned want,
	bool (*stop)(void *arg), void *arg, struct filehash_digests *ret)
{
	bool sized = st->st_size > 0 && !is_pseudo(h, fd, st);
	uint64_t left = 0;
	int r = begin(h, want);

	if (st->st_size > (off_t)READ_MAX)
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (!r)
		r = read_through(h, fd, want, sized ? (uint64_t)st->st_size : FILEHASH_UNSIZED_MAX,
			stop, arg, &left);
	if (!r && !sized && !left)
		r = -EFBIG;
	return r ? r : end(h, want, ret);
}

int filehash_read(struct filehash *h, int fd, unsigned want, bool come_across,
	bool (*stop)(void *arg), void *arg, struct filehash_digests *ret)
{
	struct filehash_digests d = {0};
	struct stat st;
	unsigned missing;
	bool keep;
	int r = 0;

	for (size_t i = 0; i < FILEHASH_KINDS; i++)
		want &= h->ctx[i] ? ~0u : ~(1u << i);
	if (fstat(fd, &st) < 0)
		return -errno;
	if (come_across && is_pseudo(h, fd, &st))
		return -EOPNOTSUPP;
	/* What has no size may read otherwise every time. */
	keep = st.st_size > 0 && !is_pseudo(h, fd, &st);
	if (keep && same_file(slot_of(h, &st), &st))
		d = slot_of(h, &st)->digests;
	missing = want & ~d.have;
	if (missing)
		r = read_file(h, fd, &st, missing, stop, arg, &d);
	if (r < 0)
		return r;
	if (keep && missing)
		remember(h, &st, &d);
	*ret = d;
	return 0;
}
