/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/filecopy.h"

#include "common/str.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES (256u << 10)

struct copy {
	int from, to;
	EVP_MD_CTX *ctx;
	char *piece; /* PIECE_BYTES */
};

static int write_at(int fd, const char *p, size_t n, uint64_t at)
{
	while (n) {
		ssize_t put = pwrite(fd, p, n, (off_t)at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put ? -errno : -EIO;
		p += put;
		at += (uint64_t)put;
		n -= (size_t)put;
	}
	return 0;
}

static int copy_data(struct copy *c, uint64_t at, uint64_t end)
{
	while (at < end) {
		size_t want = end - at < PIECE_BYTES ? (size_t)(end - at) : PIECE_BYTES;
		ssize_t n = pread(c->from, c->piece, want, (off_t)at);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		if (!EVP_DigestUpdate(c->ctx, c->piece, (size_t)n))
			return -ENOMEM;
		r = c->to < 0 ? 0 : write_at(c->to, c->piece, (size_t)n, at);
		if (r < 0)
			return r;
		at += (uint64_t)n;
	}
	return 0;
}

static int hash_zeros(struct copy *c, uint64_t n)
{
	memset(c->piece, 0, PIECE_BYTES);
	for (size_t part; n; n -= part) {
		part = n < PIECE_BYTES ? (size_t)n : PIECE_BYTES;
		if (!EVP_DigestUpdate(c->ctx, c->piece, part))
			return -ENOMEM;
	}
	return 0;
}

/* Where the next data begins and ends, at most at `size`; file systems without holes have one. */
static void next_data(int fd, uint64_t at, uint64_t size, uint64_t *ret_data, uint64_t *ret_hole)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;

	if (data < 0 && errno == ENXIO)
		data = (off_t)size;
	*ret_data = data < (off_t)at ? at : (uint64_t)data < size ? (uint64_t)data : size;
	hole = lseek(fd, (off_t)*ret_data, SEEK_HOLE);
	*ret_hole = hole > (off_t)*ret_data && (uint64_t)hole < size ? (uint64_t)hole : size;
}

static int copy_all(struct copy *c, uint64_t size)
{
	uint64_t data, hole;
	struct stat st;
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < size; at = hole) {
		next_data(c->from, at, size, &data, &hole);
		r = hash_zeros(c, data - at);
		if (r == 0)
			r = copy_data(c, data, hole);
	}
	/* What seemed a hole at its end may have been cut off. */
	if (r == 0 && (fstat(c->from, &st) < 0 || (uint64_t)st.st_size < size))
		r = -EIO;
	if (r == 0 && c->to >= 0 && ftruncate(c->to, (off_t)size) < 0)
		r = -errno;
	return r;
}

static int hex_of(EVP_MD_CTX *ctx, char ret[FILECOPY_SHA256_MAX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (!EVP_DigestFinal_ex(ctx, digest, NULL))
		return -ENOMEM;
	for (size_t i = 0; i < FILECOPY_SHA256_MAX / 2; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

int filecopy(int from, int to, uint64_t size, char ret_sha256[FILECOPY_SHA256_MAX], struct err *err)
{
	struct copy c = {from, to, EVP_MD_CTX_new(), malloc(PIECE_BYTES)};
	int r = 0;

	if (size > FILECOPY_MAX)
		r = -EFBIG;
	else if (!c.ctx || !c.piece || !EVP_DigestInit_ex(c.ctx, EVP_sha256(), NULL))
		r = -ENOMEM;
	if (r == 0)
		r = copy_all(&c, size);
	if (r == 0)
		r = hex_of(c.ctx, ret_sha256);
	EVP_MD_CTX_free(c.ctx);
	free(c.piece);
	return r < 0 ? err_sys(err, -r, to < 0 ? "it cannot be read" : "it cannot be copied") : 0;
}

int filecopy_verify(int fd, uint64_t size, const char sha256[FILECOPY_SHA256_MAX], struct err *err)
{
	char got[FILECOPY_SHA256_MAX];
	int r;

	/* From the disk, not from memory, where the file system lets go of it. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	r = filecopy(fd, -1, size, got, err);
	if (r == 0 && !str_eq(got, sha256))
		r = err_set(err, EBADMSG, "the copy reads otherwise than what was written");
	return r;
}
