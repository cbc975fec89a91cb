/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than a pipe holds. */
#define MUCH (256u << 10)

static int ends[2] = {-1, -1};

static void open_pipe(void)
{
	io_close(ends[0]);
	io_close(ends[1]);
	CHECK(pipe2(ends, O_CLOEXEC) == 0);
}

/* A file of `n` bytes 'f', already without a name. */
static int file_of(size_t n)
{
	char path[] = "/tmp/tocsin-unit.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	CHECK(fd >= 0);
	unlink(path);
	while (n--)
		CHECK(write(fd, "f", 1) == 1);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

TEST(close_keeps_errno)
{
	int fd = dup(0);

	errno = ENOTTY;
	CHECK_INT(io_close(fd), -1);
	CHECK_INT(errno, ENOTTY);
	CHECK(fcntl(fd, F_GETFD) < 0);
	CHECK_INT(io_close(-1), -1);
}

TEST(nonblocking_on_and_off)
{
	char c;

	open_pipe();
	CHECK_INT(io_nonblock(ends[0], true), 0);
	CHECK(read(ends[0], &c, 1) < 0 && errno == EAGAIN);
	CHECK_INT(io_nonblock(ends[0], false), 0);
	CHECK(!(fcntl(ends[0], F_GETFL) & O_NONBLOCK));
	CHECK_INT(io_nonblock(-1, true), -EBADF);
}

static void *read_slowly(void *arg)
{
	static struct buf b;

	buf_done(&b);
	buf_init(&b, MUCH);
	*(int *)arg = io_read_all(ends[0], &b);
	return &b;
}

TEST(write_waits_for_the_reader)
{
	static char much[MUCH];
	pthread_t reader;
	struct buf *got;
	int r = 1;

	open_pipe();
	memset(much, 'm', sizeof(much));
	CHECK_INT(io_nonblock(ends[1], true), 0);
	CHECK(pthread_create(&reader, NULL, read_slowly, &r) == 0);
	CHECK_INT(io_write_all(ends[1], much, sizeof(much)), 0);
	ends[1] = io_close(ends[1]);
	CHECK(pthread_join(reader, (void **)&got) == 0);
	CHECK_INT(r, 0);
	CHECK_INT(got->len, MUCH);
	CHECK(memcmp(got->p, much, MUCH) == 0);
	buf_done(got);
}

TEST(nobody_reads)
{
	open_pipe();
	signal(SIGPIPE, SIG_IGN);
	ends[0] = io_close(ends[0]);
	CHECK_INT(io_write_all(ends[1], "x", 1), -EPIPE);
	CHECK_INT(io_write_all(ends[1], "", 0), 0);
}

TEST(read_all_at_its_bound)
{
	struct buf b;
	int fd = file_of(10);

	buf_init(&b, 10);
	CHECK_INT(io_read_all(fd, &b), 0);
	CHECK_STR(buf_str(&b), "ffffffffff");
	buf_done(&b);
	buf_init(&b, 9);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK_INT(io_read_all(fd, &b), -EMSGSIZE);
	CHECK_STR(buf_str(&b), "fffffffff");
	buf_reset(&b);
	CHECK_INT(io_read_all(-1, &b), -EBADF);
	buf_done(&b);
	buf_init(&b, 100);
	failalloc_countdown = 1;
	CHECK_INT(io_read_all(fd, &b), -ENOMEM);
	buf_done(&b);
	close(fd);
}

TEST(read_file_takes_files_only)
{
	char dir[] = "/tmp/tocsin-unit.XXXXXX";
	struct buf b;
	int at;

	buf_init(&b, 1u << 20);
	CHECK_INT(io_read_file(AT_FDCWD, "/proc/self/stat", &b), 0);
	CHECK(b.len > 10);
	CHECK_INT(io_read_file(AT_FDCWD, "/dev/zero", &b), -EINVAL);
	buf_reset(&b);
	CHECK_INT(io_read_file(AT_FDCWD, "/dev/null", &b), 0);
	CHECK_INT(b.len, 0);
	CHECK_INT(io_read_file(AT_FDCWD, "/tmp", &b), -EISDIR);
	CHECK_INT(io_read_file(AT_FDCWD, "/nonexistent/file", &b), -ENOENT);
	CHECK(mkdtemp(dir));
	at = open(dir, O_DIRECTORY | O_CLOEXEC);
	CHECK(mkfifoat(at, "fifo", 0600) == 0);
	CHECK_INT(io_read_file(at, "fifo", &b), -EINVAL);
	unlinkat(at, "fifo", 0);
	close(at);
	rmdir(dir);
	buf_done(&b);
}

TEST_MAIN(&close_keeps_errno, &nonblocking_on_and_off, &write_waits_for_the_reader, &nobody_reads,
	&read_all_at_its_bound, &read_file_takes_files_only)
