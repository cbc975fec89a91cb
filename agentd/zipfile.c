/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/zipfile.h"

#include "common/str.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The end of the list of files, and the longest comment behind it. */
#define TAIL_SIZE 22
#define TAIL_MAX  (TAIL_SIZE + 65535)
/* Bytes of the list of files. */
#define LIST_MAX   (8u << 20)
#define ENTRY_SIZE 46
#define LOCAL_SIZE 30

enum { METHOD_STORED = 0, METHOD_DEFLATED = 8 };

static uint32_t u16(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32(const unsigned char *p)
{
	return u16(p) | u16(p + 2) << 16;
}

/* Exactly so many bytes. */
static int read_at(int fd, void *p, size_t n, uint64_t at)
{
	ssize_t got = pread(fd, p, n, (off_t)at);

	return got < 0 ? -errno : (size_t)got == n ? 0 : -EBADMSG;
}

struct entry {
	uint32_t method, packed, size, local;
};

/* The mark may also stand in the comment, but not with the length of what is left. */
static bool is_tail(const unsigned char *p, size_t n)
{
	return memcmp(p, "PK\5\6", 4) == 0 && u16(p + 20) == n - TAIL_SIZE;
}

/* Where the list of files is. */
static int find_list(int fd, uint32_t *ret_at, uint32_t *ret_n)
{
	struct stat st;
	unsigned char *p;
	size_t n, i;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < TAIL_SIZE)
		return -EBADMSG;
	n = st.st_size < TAIL_MAX ? (size_t)st.st_size : TAIL_MAX;
	p = malloc(n);
	if (!p)
		return -ENOMEM;
	r = read_at(fd, p, n, (uint64_t)st.st_size - n);
	for (i = n - TAIL_SIZE; !r && !is_tail(p + i, n - i); i--)
		if (i == 0)
			r = -EBADMSG;
	if (!r) {
		*ret_n = u32(p + i + 12);
		*ret_at = u32(p + i + 16);
	}
	free(p);
	return r;
}

static int find_in(const unsigned char *p, size_t n, const char *name, struct entry *ret)
{
	size_t want = strlen(name);

	while (n >= ENTRY_SIZE && memcmp(p, "PK\1\2", 4) == 0) {
		size_t len = u16(p + 28), step = ENTRY_SIZE + len + u16(p + 30) + u16(p + 32);

		if (step > n)
			return -EBADMSG;
		if (len == want && memcmp(p + ENTRY_SIZE, name, len) == 0) {
			*ret = (struct entry){u16(p + 10), u32(p + 20), u32(p + 24), u32(p + 42)};
			return 0;
		}
		p += step;
		n -= step;
	}
	return -ENOENT;
}

static int find_entry(int fd, const char *name, struct entry *ret)
{
	uint32_t at = 0, n = 0;
	unsigned char *p;
	int r = find_list(fd, &at, &n);

	if (r < 0)
		return r;
	if (n > LIST_MAX)
		return -EMSGSIZE;
	p = malloc(n ? n : 1);
	if (!p)
		return -ENOMEM;
	r = read_at(fd, p, n, at);
	if (!r)
		r = find_in(p, n, name, ret);
	free(p);
	return r;
}

/* zlib's, which never changes (zlib.h). */
struct stream {
	const unsigned char *next_in;
	unsigned avail_in;
	unsigned long total_in;
	unsigned char *next_out;
	unsigned avail_out;
	unsigned long total_out;
	const char *msg;
	void *state, *zalloc, *zfree, *opaque;
	int data_type;
	unsigned long adler, reserved;
};
enum { RAW_WINDOW = -15, FINISH = 4, STREAM_END = 1 };

/* There is room for `size` bytes. */
static int inflate_all(const unsigned char *p, size_t n, struct buf *out, size_t size)
{
	void *lib = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
	int (*init)(struct stream * s, int window, const char *version, int size);
	int (*run)(struct stream * s, int flush);
	int (*end)(struct stream * s);
	struct stream s = {.next_in = p,
		.avail_in = (unsigned)n,
		.next_out = (unsigned char *)out->p + out->len,
		.avail_out = (unsigned)size};
	int r = -EBADMSG;

	if (!lib)
		return -ENOSYS;
	*(void **)&init = dlsym(lib, "inflateInit2_");
	*(void **)&run = dlsym(lib, "inflate");
	*(void **)&end = dlsym(lib, "inflateEnd");
	if (!init || !run || !end || init(&s, RAW_WINDOW, "1", sizeof(s)) != 0) {
		dlclose(lib);
		return -ENOSYS;
	}
	if (run(&s, FINISH) == STREAM_END && s.avail_out == 0) {
		buf_added(out, size);
		r = 0;
	}
	end(&s);
	dlclose(lib);
	return r;
}

static int unpack(int fd, const struct entry *e, uint64_t at, struct buf *out)
{
	unsigned char *packed = malloc(e->packed ? e->packed : 1);
	int r = packed ? read_at(fd, packed, e->packed, at) : -ENOMEM;

	if (!r)
		r = buf_room(out, e->size);
	if (!r && e->method == METHOD_STORED && e->packed == e->size) {
		r = buf_add(out, packed, e->size);
	} else if (!r && e->method == METHOD_DEFLATED) {
		r = inflate_all(packed, e->packed, out, e->size);
	} else if (!r) {
		r = -EBADMSG;
	}
	free(packed);
	return r;
}

int zip_read(int fd, const char *name, struct buf *out)
{
	unsigned char local[LOCAL_SIZE];
	struct entry e = {0};
	int r = find_entry(fd, name, &e);

	if (r < 0)
		return r;
	/* Neither of the two is larger than what is let in. */
	if (e.size > out->max || e.packed > out->max)
		return -EMSGSIZE;
	r = read_at(fd, local, sizeof(local), e.local);
	if (r < 0)
		return r;
	if (memcmp(local, "PK\3\4", 4) != 0)
		return -EBADMSG;
	return unpack(
		fd, &e, (uint64_t)e.local + LOCAL_SIZE + u16(local + 26) + u16(local + 28), out);
}
