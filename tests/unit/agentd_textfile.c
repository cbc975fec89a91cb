/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/textfile.h"

#include "agentd/root.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct textfile t;
static char *line;
static size_t len;

static int file_with(const char *p, size_t n)
{
	int fd = memfd_create("textfile", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, p, n), n);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void start(const char *p, size_t n)
{
	CHECK_INT(textfile_init(&t, file_with(p, n)), 0);
}

static int next(void)
{
	return textfile_next(&t, &line, &len);
}

TEST(textfile_lines)
{
	start("a\n\nb\0c\nlast", 11);
	CHECK_INT(next(), TEXTFILE_LINE);
	CHECK_STR(line, "a");
	CHECK_INT(next(), TEXTFILE_LINE);
	CHECK_INT(len, 0);
	CHECK_INT(next(), TEXTFILE_LINE);
	CHECK_INT(len, 3);
	CHECK(memcmp(line, "b\0c", 4) == 0);
	CHECK_INT(next(), TEXTFILE_LINE);
	CHECK_STR(line, "last");
	CHECK_INT(next(), TEXTFILE_END);
	CHECK_INT(next(), TEXTFILE_END);
	textfile_done(&t);
	start("", 0);
	CHECK_INT(next(), TEXTFILE_END);
	textfile_done(&t);
}

/* A line of the bound's length comes whole, one byte more and it is left out. */
TEST(textfile_bound)
{
	static char text[2 * TEXTFILE_LINE_MAX + 16];

	for (size_t more = 0; more < 2; more++) {
		size_t n = TEXTFILE_LINE_MAX + more;

		memset(text, 'x', n);
		memcpy(text + n, "\nnext\n", 6);
		start(text, n + 6);
		CHECK_INT(next(), TEXTFILE_LINE);
		CHECK_INT(len, more ? 4 : TEXTFILE_LINE_MAX);
		CHECK_INT(next(), more ? TEXTFILE_END : TEXTFILE_LINE);
		CHECK_INT(t.overlong, more);
		textfile_done(&t);
		/* Without a newline at the end. */
		start(text, n);
		CHECK_INT(next(), more ? TEXTFILE_END : TEXTFILE_LINE);
		CHECK_INT(t.overlong, more);
		textfile_done(&t);
	}
	memset(text, 'x', sizeof(text));
	text[5] = '\n';
	text[sizeof(text) - 2] = '\n';
	start(text, sizeof(text));
	CHECK_INT(next(), TEXTFILE_LINE);
	CHECK_INT(len, 5);
	CHECK_INT(next(), TEXTFILE_LINE);
	CHECK_STR(line, "x");
	CHECK_INT(t.overlong, 1);
	textfile_done(&t);
}

/* A hole of 64 MiB is one line too long, and time is given back on the way. */
TEST(textfile_endless_line)
{
	size_t again = 0;
	int fd = file_with("", 0), r;

	CHECK_INT(ftruncate(fd, (off_t)64 << 20), 0);
	CHECK_INT(textfile_init(&t, fd), 0);
	while ((r = next()) == TEXTFILE_AGAIN)
		again++;
	CHECK_INT(r, TEXTFILE_END);
	CHECK(again > 10);
	CHECK_INT(t.overlong, 1);
	textfile_done(&t);
}

TEST(textfile_only_files)
{
	char dir[] = "/tmp/textfile.XXXXXX", path[64];
	struct root *root = root_new("/", NULL);

	CHECK(root && mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	CHECK_INT(mkfifo(path, 0600), 0);
	CHECK_INT(textfile_open(&t, root, path), -EINVAL);
	CHECK_STR(textfile_why(-EINVAL), "not a regular file");
	CHECK_INT(textfile_open(&t, root, dir), -EISDIR);
	CHECK_INT(textfile_open(&t, root, "/dev/zero"), -EINVAL);
	CHECK_INT(textfile_open(&t, root, "/nonexistent"), -ENOENT);
	textfile_done(&t);
	unlink(path);
	rmdir(dir);
	root_free(root);
}

TEST(textfile_no_memory)
{
	int fd = file_with("", 0);

	failalloc_countdown = 1;
	CHECK_INT(textfile_init(&t, fd), -ENOMEM);
	CHECK_INT(fcntl(fd, F_GETFD), -1);
}

TEST_MAIN(&textfile_lines, &textfile_bound, &textfile_endless_line, &textfile_only_files,
	&textfile_no_memory)
