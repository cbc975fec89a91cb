/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/clientfd.h"

#include "common/io.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct err why;

/* Takes the descriptor over. */
static void check(int fd, int reads, int writes)
{
	CHECK(fd >= 0);
	CHECK_INT(clientfd_check(fd, false, &why), reads);
	CHECK_INT(clientfd_check(fd, true, &why), writes);
	io_close(fd);
}

static int of_pair(int family, int type)
{
	int pair[2];

	if (socketpair(family, type, 0, pair) < 0)
		return -1;
	close(pair[1]);
	return pair[0];
}

static int listening(void)
{
	const struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(bind(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 1) == 0);
	return fd;
}

TEST(what_sessions_have)
{
	char name[] = "/tmp/tocsin-clientfd.XXXXXX";
	int pipes[2], file = mkstemp(name);

	CHECK(pipe(pipes) == 0);
	check(pipes[0], 0, -EINVAL);
	check(pipes[1], -EINVAL, 0);
	check(of_pair(AF_UNIX, SOCK_STREAM), 0, 0);
	check(socket(AF_INET6, SOCK_STREAM, 0), 0, 0);
	check(open("/dev/null", O_RDWR), 0, 0);
	check(posix_openpt(O_RDWR | O_NOCTTY), 0, 0);
	check(file, 0, 0);
	check(open(name, O_RDONLY), 0, -EINVAL);
	check(open(name, O_WRONLY), -EINVAL, 0);
	unlink(name);
}

TEST(what_they_have_not)
{
	check(open("/", O_RDONLY | O_DIRECTORY), -EINVAL, -EINVAL);
	check(open("/", O_PATH), -EINVAL, -EINVAL);
	check(open("/dev/zero", O_RDWR), -EINVAL, -EINVAL);
	check(open("/proc/self/mem", O_RDWR), -EINVAL, -EINVAL);
	check(open("/proc/self/oom_score_adj", O_RDWR), -EINVAL, -EINVAL);
	check(of_pair(AF_UNIX, SOCK_DGRAM), -EINVAL, -EINVAL);
	check(of_pair(AF_UNIX, SOCK_SEQPACKET), -EINVAL, -EINVAL);
	check(socket(AF_NETLINK, SOCK_RAW, 0), -EINVAL, -EINVAL);
	check(listening(), -EINVAL, -EINVAL);
	check(epoll_create1(EPOLL_CLOEXEC), -EINVAL, -EINVAL);
	CHECK_INT(clientfd_check(-1, false, &why), -EBADF);
}

TEST_MAIN(&what_sessions_have, &what_they_have_not)
