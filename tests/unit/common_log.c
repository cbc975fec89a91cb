/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/buf.h"
#include "common/io.h"
#include "common/log.h"

#include <fcntl.h>
#include <unistd.h>

static struct buf said;

/* Runs `fn` with stderr going into `said`. */
static void listen_to(void (*fn)(void))
{
	char path[] = "/tmp/tocsin-unit.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC), saved = fcntl(2, F_DUPFD_CLOEXEC, 10);

	CHECK(fd >= 0 && saved >= 0);
	unlink(path);
	dup2(fd, 2);
	fn();
	dup2(saved, 2);
	close(saved);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	buf_done(&said);
	buf_init(&said, 1u << 20);
	CHECK_INT(io_read_all(fd, &said), 0);
	close(fd);
}

static void one_of_each(void)
{
	log_error("e%d", 1);
	log_note("n");
	log_verbose("v");
}

TEST(levels)
{
	log_init("prog", LOG_QUIET);
	listen_to(one_of_each);
	CHECK_STR(buf_str(&said), "prog: e1\n");
	log_init("prog", LOG_NORMAL);
	listen_to(one_of_each);
	CHECK_STR(buf_str(&said), "prog: e1\nprog: n\n");
	log_init("prog", LOG_VERBOSE);
	CHECK_INT(log_level(), LOG_VERBOSE);
	listen_to(one_of_each);
	CHECK_STR(buf_str(&said), "prog: e1\nprog: n\nprog: v\n");
}

static void hostile(void)
{
	log_error("host said: %s", "\x1b]0;x\x07\nprog: fake line\xff");
}

TEST(bytes_of_hosts_are_escaped)
{
	listen_to(hostile);
	CHECK_STR(buf_str(&said), "prog: host said: \\x1b]0;x\\x07\\nprog: fake line\\xff\n");
}

static void long_line(void)
{
	static char text[LOG_LINE_MAX * 2];

	memset(text, '\x01', sizeof(text) - 1);
	log_error("%s", text);
}

TEST(long_lines_are_cut)
{
	listen_to(long_line);
	CHECK_INT(said.len, strlen("prog: \n") + 4 * (LOG_LINE_MAX - 1));
	CHECK_INT(said.p[said.len - 1], '\n');
}

static void step_aside(int after, void *arg)
{
	(void)arg;
	io_write_all(2, after ? ">" : "<", 1);
}

static void with_hook(void)
{
	log_around(step_aside, NULL);
	log_error("x");
	log_around(NULL, NULL);
	log_error("y");
}

TEST(a_progress_line_steps_aside)
{
	listen_to(with_hook);
	CHECK_STR(buf_str(&said), "<prog: x\n>prog: y\n");
}

TEST_MAIN(&levels, &bytes_of_hosts_are_escaped, &long_lines_are_cut, &a_progress_line_steps_aside)
