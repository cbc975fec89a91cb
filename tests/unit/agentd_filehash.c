/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/filehash.h"

#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALL ((1u << FILEHASH_KINDS) - 1)

static struct filehash_digests d;
static char name[32];

/* A new file open for reading. */
static int file_with(const char *text)
{
	int fd;

	memcpy(name, "/tmp/filehash.XXXXXX", 21);
	fd = mkstemp(name);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static const char *hex(enum filehash_kind kind)
{
	static char out[2 * FILEHASH_SIZE_MAX + 1];

	CHECK(d.have >> kind & 1);
	for (size_t i = 0; i < filehash_size(kind); i++)
		snprintf(out + 2 * i, 3, "%02x", d.of[kind][i]);
	return out;
}

static void drop(int fd)
{
	close(fd);
	unlink(name);
}

TEST(filehash_known)
{
	struct filehash *h = filehash_new();
	int fd = file_with("abc");

	CHECK(h);
	CHECK_INT(filehash_read(h, fd, ALL, true, NULL, NULL, &d), 0);
	CHECK_STR(hex(FILEHASH_MD5), "900150983cd24fb0d6963f7d28e17f72");
	CHECK_STR(hex(FILEHASH_SHA1), "a9993e364706816aba3e25717850c26c9cd0d89d");
	CHECK_STR(hex(FILEHASH_SHA256),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	drop(fd);
	fd = file_with("");
	CHECK_INT(filehash_read(h, fd, 1u << FILEHASH_MD5, true, NULL, NULL, &d), 0);
	CHECK_STR(hex(FILEHASH_MD5), "d41d8cd98f00b204e9800998ecf8427e");
	CHECK_INT(d.have, 1u << FILEHASH_MD5);
	drop(fd);
	filehash_free(h);
}

/* Read once while it stays the same: the second time the descriptor is not at the beginning. */
TEST(filehash_once)
{
	struct filehash *h = filehash_new();
	int fd = file_with("abc");

	CHECK_INT(filehash_read(h, fd, 1u << FILEHASH_MD5, true, NULL, NULL, &d), 0);
	CHECK_INT(lseek(fd, 0, SEEK_CUR), 3);
	CHECK_INT(filehash_read(h, fd, 1u << FILEHASH_MD5, true, NULL, NULL, &d), 0);
	CHECK_STR(hex(FILEHASH_MD5), "900150983cd24fb0d6963f7d28e17f72");
	/* Another digest is added to what is known. */
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(filehash_read(h, fd, ALL, true, NULL, NULL, &d), 0);
	CHECK_STR(hex(FILEHASH_SHA1), "a9993e364706816aba3e25717850c26c9cd0d89d");
	CHECK_STR(hex(FILEHASH_MD5), "900150983cd24fb0d6963f7d28e17f72");
	/* Changed, of the same size: read again. */
	CHECK_INT(pwrite(fd, "xyz", 3, 0), 3);
	CHECK_INT(futimens(fd, (struct timespec[]){{1, 1}, {1, 1}}), 0);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(filehash_read(h, fd, 1u << FILEHASH_MD5, true, NULL, NULL, &d), 0);
	CHECK_STR(hex(FILEHASH_MD5), "d16fb36f0911f878998c136191af705e");
	drop(fd);
	filehash_free(h);
}

struct growing {
	int fd;
	unsigned asked;
};

static bool grow(void *arg)
{
	struct growing *g = arg;

	g->asked++;
	CHECK_INT(pwrite(g->fd, "more and more", 13, (off_t)(4 + 13 * g->asked)), 13);
	return false;
}

static bool shrink(void *arg)
{
	CHECK_INT(ftruncate(((struct growing *)arg)->fd, 2), 0);
	return false;
}

static bool stop(void *arg)
{
	(void)arg;
	return true;
}

TEST(filehash_changing)
{
	struct filehash *h = filehash_new();
	int fd = file_with("abc");
	struct growing g = {.fd = fd};

	/* What it was at first, and an end to the reading. */
	CHECK_INT(filehash_read(h, fd, 1u << FILEHASH_MD5, true, grow, &g, &d), 0);
	CHECK_STR(hex(FILEHASH_MD5), "900150983cd24fb0d6963f7d28e17f72");
	CHECK_INT(g.asked, 1);
	drop(fd);
	fd = g.fd = file_with("abc");
	CHECK_INT(filehash_read(h, fd, 1u << FILEHASH_MD5, true, shrink, &g, &d), 0);
	CHECK_STR(hex(FILEHASH_MD5), "187ef4436122d1cc2f40dc2b92f0eba0");
	drop(fd);
	fd = file_with("stopped");
	CHECK_INT(filehash_read(h, fd, ALL, true, stop, NULL, &d), -ECANCELED);
	drop(fd);
	filehash_free(h);
}

TEST(filehash_pseudo)
{
	struct filehash *h = filehash_new();
	int fd = open("/proc/version", O_RDONLY | O_CLOEXEC);

	CHECK_INT(filehash_read(h, fd, ALL, true, NULL, NULL, &d), -EOPNOTSUPP);
	CHECK_INT(filehash_read(h, fd, ALL, false, NULL, NULL, &d), 0);
	CHECK_INT(d.have, ALL);
	close(fd);
	/* Nothing says how long it is, and it does not end. */
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	CHECK_INT(filehash_read(h, fd, 1u << FILEHASH_MD5, false, NULL, NULL, &d), -EFBIG);
	close(fd);
	filehash_free(h);
}

TEST(filehash_no_memory)
{
	struct filehash *h = NULL;

	for (long i = 1; !h; i++) {
		failalloc_countdown = i;
		h = filehash_new();
	}
	failalloc_countdown = 0;
	filehash_free(h);
	filehash_free(NULL);
}

TEST_MAIN(
	&filehash_known, &filehash_once, &filehash_changing, &filehash_pseudo, &filehash_no_memory)
