/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/keep.h"

#include "common/io.h"
#include "common/json.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_MODE  0700
#define FILE_MODE 0600

struct keep {
	int dir;
};

struct kept {
	struct keep *in;
	char *name;		 /* below DIR, from the host on */
	int dir;		 /* the file's folder */
	char part[NAME_MAX + 1]; /* names in it */
	char final[NAME_MAX + 1];
	int fd;
	int64_t size;
	EVP_MD_CTX *hash;
	bool finished;
};

struct keep *keep_new(const char *dir, struct err *err)
{
	struct keep *k = calloc(1, sizeof(*k));

	if (!k) {
		err_sys(err, ENOMEM, "%s", dir);
		return NULL;
	}
	if (mkdir(dir, DIR_MODE) < 0 && errno != EEXIST)
		err_sys(err, errno, "cannot make the folder %s", dir);
	else if ((k->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		err_sys(err, errno, "cannot open the folder %s", dir);
	else
		return k;
	free(k);
	return NULL;
}

void keep_free(struct keep *k)
{
	if (!k)
		return;
	io_close(k->dir);
	free(k);
}

/* ---- Folders ---- */

/* A part of a path as the name of a file of ours: no part is empty, "." or "..". */
static int part_name(struct span part, const char *suffix, char ret[NAME_MAX + 1])
{
	size_t n = strlen(suffix);

	if (part.n == 0 || part.n + n > NAME_MAX || span_eq(part, ".") || span_eq(part, ".."))
		return -EINVAL;
	memcpy(ret, part.p, part.n);
	memcpy(ret + part.n, suffix, n + 1);
	return 0;
}

static int enter(int dir, const char *name)
{
	int fd;

	if (mkdirat(dir, name, DIR_MODE) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Down to the folder of the file; its own name stays in `*last`. */
static int enter_all(int from, struct span path, struct span *last)
{
	char name[NAME_MAX + 1];
	int dir = fcntl(from, F_DUPFD_CLOEXEC, 0), next;
	struct span part = {NULL, 0};

	*last = part;
	while (dir >= 0 && span_split(&path, '/', &part)) {
		if (part.n == 0)
			continue;
		next = last->p ? part_name(*last, "", name) : 0;
		if (next == 0 && last->p)
			next = enter(dir, name);
		else if (next == 0)
			next = fcntl(dir, F_DUPFD_CLOEXEC, 0);
		io_close(dir);
		dir = next;
		*last = part;
	}
	return dir;
}

/* An inventory's name may be anything; here it is one folder. */
static void host_folder(const char *host, char *ret, size_t size)
{
	snprintf(ret, size, "%s", host);
	for (char *p = ret; *p; p++)
		if (*p == '/')
			*p = '_';
	if (ret[0] == '.')
		ret[0] = '_';
}

/* ---- One file ---- */

static int open_file(struct kept *f)
{
	struct span path = span_str(f->name), last;
	struct stat st;
	int r;

	f->dir = enter_all(f->in->dir, path, &last);
	if (f->dir < 0)
		return f->dir;
	r = part_name(last, "", f->final);
	if (r == 0)
		r = part_name(last, KEEP_PART, f->part);
	if (r < 0)
		return -ENAMETOOLONG;
	if (fstatat(f->dir, f->final, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	f->fd = openat(
		f->dir, f->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	return f->fd < 0 ? -errno : 0;
}

struct kept *kept_new(struct keep *k, const char *host, const char *path, struct err *err)
{
	struct kept *f = calloc(1, sizeof(*f));
	char folder[NAME_MAX + 1];
	int r = -ENOMEM;

	if (!f) {
		err_sys(err, ENOMEM, "%s", path);
		return NULL;
	}
	host_folder(host, folder, sizeof(folder));
	*f = (struct kept){.in = k, .dir = -1, .fd = -1, .hash = EVP_MD_CTX_new()};
	f->name = str_printf("%s%s", folder, path);
	if (f->name && f->hash && EVP_DigestInit_ex(f->hash, EVP_sha256(), NULL) == 1)
		r = open_file(f);
	if (r == 0)
		return f;
	if (r == -EEXIST)
		err_set(err, EEXIST, "%s is there already", f->name);
	else
		err_sys(err, -r, "cannot write %s", f->name ? f->name : path);
	kept_free(f);
	return NULL;
}

int64_t kept_size(const struct kept *f)
{
	return f->size;
}

const char *kept_name(const struct kept *f)
{
	return f->name;
}

int kept_add(struct kept *f, int64_t offset, const void *p, size_t n, struct err *err)
{
	int r;

	if (offset != f->size)
		return err_set(err, EPROTO,
			"bytes from %lld on came where those from %lld on belong",
			(long long)offset, (long long)f->size);
	r = io_write_all(f->fd, p, n);
	if (r < 0)
		return err_sys(err, -r, "cannot write %s", f->name);
	if (EVP_DigestUpdate(f->hash, p, n) != 1)
		return err_sys(err, ENOMEM, "%s", f->name);
	f->size += (int64_t)n;
	return 0;
}

static int digest(struct kept *f, char ret[KEEP_HASH_TEXT])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n;

	if (EVP_DigestFinal_ex(f->hash, bytes, &n) != 1)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

int kept_finish(struct kept *f, const char *sha256, char ret[KEEP_HASH_TEXT], struct err *err)
{
	if (digest(f, ret) < 0)
		return err_sys(err, ENOMEM, "%s", f->name);
	if (strcasecmp(ret, sha256) != 0)
		return err_set(err, EBADMSG,
			"what came is not what the host says it sent: it changed meanwhile, or was "
			"changed on the way");
	if (fsync(f->fd) < 0)
		return err_sys(err, errno, "cannot write %s", f->name);
	if (renameat2(f->dir, f->part, f->dir, f->final, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? err_set(err, EEXIST, "%s is there already", f->name)
				       : err_sys(err, errno, "cannot name %s", f->name);
	f->finished = true;
	return 0;
}

void kept_free(struct kept *f)
{
	if (!f)
		return;
	if (f->fd >= 0 && !f->finished)
		unlinkat(f->dir, f->part, 0);
	io_close(f->fd);
	io_close(f->dir);
	EVP_MD_CTX_free(f->hash);
	free(f->name);
	free(f);
}

/* ---- The manifest ---- */

int keep_note(struct keep *k, const json_t *line, struct err *err)
{
	int fd = openat(k->dir, KEEP_MANIFEST,
		O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	char *text = json_print(line, JSON_COMPACT);
	struct buf b;
	int r = fd < 0 ? -errno : text ? 0 : -ENOMEM;

	buf_init(&b, SIZE_MAX / 4);
	if (r == 0)
		r = buf_puts(&b, text);
	if (r == 0)
		r = buf_putc(&b, '\n');
	/* One write, so that two programs' lines do not mix. */
	if (r == 0)
		r = io_write_all(fd, b.p, b.len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	buf_done(&b);
	free(text);
	io_close(fd);
	return r < 0 ? err_sys(err, -r, "cannot write " KEEP_MANIFEST) : 0;
}
