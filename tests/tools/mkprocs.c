/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes processes and sockets for tests to find. Does what its options say, in their order, prints
 * "NAME VALUE" lines about it, then "ready PID", and stays until its stdin ends (unless that is
 * /dev/null) or TIME_MAX_S are over. Its children end with it. Operands are ignored: they are there
 * to be seen as arguments.
 *
 *	-n N       N sleeping children
 *	-s N       N sockets over those children: listeners and established pairs of TCP
 *	-c HEX     the name (comm) as bytes
 *	-u R,E,S   user ids: real, effective, saved; -g likewise for groups
 *	-z         a zombie child, "zombie PID"
 *	-t         a second thread, "thread TID"
 *	-d HEX     writes bytes over the arguments
 *	-l SPEC    a listener, "SPEC PORT FD": tcp, tcp6, udp, udp6, raw, packet, netlink,
 *	           unix:PATH, abstract:HEX, seq:PATH
 *	-p         an established TCP pair, "pair PORT PORT FD FD"
 *	-P PATH    an established pair of unix sockets over a listener at PATH
 *	-f PATH    opens a file for reading, "file FD"
 *	-N         goes to a network namespace of its own, with lo up
 *	-o         keeps one socket of that namespace while back in the old one ("foreign PORT FD")
 */
#include "common/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIME_MAX_S 300
#define CHILDREN   20000
#define DEV_NULL   makedev(1, 3)
#define HEX_MAX	   4096

static pid_t children[CHILDREN];
static size_t n_children;

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "mkprocs: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static uint64_t number(const char *text, uint64_t max)
{
	uint64_t n;

	if (parse_uint(text, 0, max, &n) < 0) {
		errno = EINVAL;
		die(text);
	}
	return n;
}

static size_t unhex(const char *hex, char *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n && i < HEX_MAX; i++) {
		uint64_t v;

		if (parse_span((struct span){hex + 2 * i, 2}, 16, 255, &v) < 0)
			die(hex);
		out[i] = (char)v;
	}
	return n;
}

/* ---- Sockets ---- */

static int try(int r, const char *what)
{
	if (r < 0)
		die(what);
	return r;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	try(getsockname(fd, (struct sockaddr *)&a, &n), "getsockname");
	if (a.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
	return a.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&a)->sin_port) : 0;
}

static int inet_socket(int family, int type, uint32_t addr)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(addr)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = try(socket(family, type | SOCK_CLOEXEC, 0), "socket");

	try(family == AF_INET ? bind(fd, (struct sockaddr *)&a4, sizeof(a4))
			      : bind(fd, (struct sockaddr *)&a6, sizeof(a6)),
		"bind");
	if (type == SOCK_STREAM)
		try(listen(fd, 1024), "listen");
	return fd;
}

/* No TIME_WAIT is to be left behind. */
static void reset_on_close(int fd)
{
	struct linger l = {.l_onoff = 1};

	try(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), "SO_LINGER");
}

static void tcp_pair(int listener, int ret[2])
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);

	try(getsockname(listener, (struct sockaddr *)&a, &n), "getsockname");
	ret[0] = try(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	reset_on_close(ret[0]);
	try(connect(ret[0], (struct sockaddr *)&a, sizeof(a)), "connect");
	ret[1] = try(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
	reset_on_close(ret[1]);
}

static int unix_socket(int type, const char *name, size_t len, bool abstract)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = try(socket(AF_UNIX, type | SOCK_CLOEXEC, 0), "socket");

	if (len + 1 > sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		die("unix");
	}
	memcpy(a.sun_path + abstract, name, len);
	try(bind(fd, (struct sockaddr *)&a,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1)),
		"bind");
	try(listen(fd, 16), "listen");
	return fd;
}

static void listener(const char *spec)
{
	char bytes[HEX_MAX];
	int fd;

	if (str_eq(spec, "tcp"))
		fd = inet_socket(AF_INET, SOCK_STREAM, INADDR_LOOPBACK);
	else if (str_eq(spec, "tcp6"))
		fd = inet_socket(AF_INET6, SOCK_STREAM, 0);
	else if (str_eq(spec, "udp"))
		fd = inet_socket(AF_INET, SOCK_DGRAM, INADDR_ANY);
	else if (str_eq(spec, "udp6"))
		fd = inet_socket(AF_INET6, SOCK_DGRAM, 0);
	else if (str_eq(spec, "raw"))
		fd = try(socket(AF_INET, SOCK_RAW, 253), "raw");
	else if (str_eq(spec, "packet"))
		fd = try(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ARP)), "packet");
	else if (str_eq(spec, "netlink")) {
		struct sockaddr_nl a = {.nl_family = AF_NETLINK};

		fd = try(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "netlink");
		try(bind(fd, (struct sockaddr *)&a, sizeof(a)), "bind");
	} else if (str_starts(spec, "unix:"))
		fd = unix_socket(SOCK_STREAM, spec + 5, strlen(spec + 5), false);
	else if (str_starts(spec, "seq:"))
		fd = unix_socket(SOCK_SEQPACKET, spec + 4, strlen(spec + 4), false);
	else if (str_starts(spec, "abstract:"))
		fd = unix_socket(SOCK_STREAM, bytes, unhex(spec + 9, bytes) - 1, true);
	else
		die(spec);
	printf("%.*s %d %d\n", (int)strcspn(spec, ":"), spec, strchr(spec, ':') ? 0 : port_of(fd),
		fd);
}

static void pair(void)
{
	int l = inet_socket(AF_INET, SOCK_STREAM, INADDR_LOOPBACK), fds[2];

	tcp_pair(l, fds);
	printf("pair %d %d %d %d\n", port_of(fds[0]), port_of(fds[1]), fds[0], fds[1]);
}

static void unix_pair(const char *path)
{
	int l = unix_socket(SOCK_STREAM, path, strlen(path), false);
	int c = try(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	memcpy(a.sun_path, path, strlen(path));
	try(connect(c, (struct sockaddr *)&a, sizeof(a)), "connect");
	printf("unixpair %d %d %d\n", l, c, try(accept4(l, NULL, NULL, SOCK_CLOEXEC), "accept"));
}

static void own_network(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	try(unshare(CLONE_NEWNET), "unshare");
	fd = try(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	try(ioctl(fd, SIOCSIFFLAGS, &lo), "lo");
	close(fd);
}

/* ---- Processes ---- */

/* `n` sockets, one of them listening, on a loopback address of the child's own. */
static void child_sockets(size_t index, size_t n)
{
	struct rlimit lim = {.rlim_cur = n + 64, .rlim_max = n + 64};
	uint32_t addr = 0x7f010001u + (uint32_t)index;
	int fds[2], l;

	if (!n)
		return;
	setrlimit(RLIMIT_NOFILE, &lim);
	l = inet_socket(AF_INET, SOCK_STREAM, addr);
	for (n--; n >= 2; n -= 2)
		tcp_pair(l, fds);
	if (n)
		inet_socket(AF_INET, SOCK_DGRAM, addr);
}

static void sleepers(size_t n, size_t sockets)
{
	int done[2];
	char c;

	try(pipe2(done, O_CLOEXEC), "pipe");
	for (size_t i = 0; i < n && n_children < CHILDREN; i++) {
		size_t share = sockets / n + (i < sockets % n);
		pid_t pid;

		fflush(stdout);
		pid = try(fork(), "fork");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			child_sockets(i, share);
			try((int)write(done[1], "", 1), "write");
			for (;;)
				pause();
		}
		children[n_children++] = pid;
	}
	close(done[1]);
	for (size_t i = 0; i < n; i++)
		if (read(done[0], &c, 1) != 1)
			die("a child ended");
}

static void foreign(void)
{
	int old = try(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "ns"), fd;

	own_network();
	sleepers(1, 0);
	fd = inet_socket(AF_INET, SOCK_STREAM, INADDR_LOOPBACK);
	try(setns(old, CLONE_NEWNET), "setns");
	printf("foreign %d %d\n", port_of(fd), fd);
}

static void zombie(void)
{
	siginfo_t info;
	pid_t pid = try(fork(), "fork");

	if (pid == 0)
		_exit(0);
	try(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), "waitid");
	printf("zombie %d\n", pid);
}

static void *thread_main(void *arg)
{
	int *fd = arg;
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (write(*fd, &tid, sizeof(tid)) != sizeof(tid))
		die("write");
	for (;;)
		pause();
}

static void thread(void)
{
	static int fds[2];
	pthread_t t;
	pid_t tid;

	try(pipe2(fds, O_CLOEXEC), "pipe");
	if (pthread_create(&t, NULL, thread_main, &fds[1]) != 0 ||
		read(fds[0], &tid, sizeof(tid)) != sizeof(tid))
		die("thread");
	printf("thread %d\n", tid);
}

static void ids(char what, const char *text)
{
	struct span rest = span_str(text), part;
	uint64_t id[3] = {0};

	for (unsigned i = 0; i < 3 && span_split(&rest, ',', &part); i++)
		if (parse_span(part, 10, UINT32_MAX, &id[i]) < 0)
			die(text);
	if (what == 'u')
		try(setresuid((uid_t)id[0], (uid_t)id[1], (uid_t)id[2]), "setresuid");
	else
		try(setresgid((gid_t)id[0], (gid_t)id[1], (gid_t)id[2]), "setresgid");
	/* Others may look at it all the same. */
	prctl(PR_SET_DUMPABLE, 1);
}

static void set_name(const char *hex)
{
	char bytes[HEX_MAX + 1];

	bytes[unhex(hex, bytes)] = '\0';
	prctl(PR_SET_NAME, bytes);
}

static void overwrite(char *args, size_t room, const char *hex)
{
	char bytes[HEX_MAX];
	size_t n = unhex(hex, bytes);

	memset(args, 0, room);
	memcpy(args, bytes, n < room ? n : room);
}

static void wait_for_end(void)
{
	struct stat in;
	char c;

	alarm(TIME_MAX_S);
	if (fstat(STDIN_FILENO, &in) == 0 && S_ISCHR(in.st_mode) && in.st_rdev == DEV_NULL)
		for (;;)
			pause();
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	for (size_t i = 0; i < n_children; i++)
		kill(children[i], SIGKILL);
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	size_t room = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - argv[0]);
	size_t n = 0, sockets = 0;
	int opt;

	signal(SIGPIPE, SIG_IGN);
	while ((opt = getopt(argc, argv, "+n:s:c:u:g:ztd:l:pP:f:r:No")) >= 0) {
		switch (opt) {
		case 'n':
			n = number(optarg, CHILDREN);
			break;
		case 's':
			sockets = number(optarg, 1000000);
			break;
		case 'c':
			set_name(optarg);
			break;
		case 'u':
		case 'g':
			ids((char)opt, optarg);
			break;
		case 'z':
			zombie();
			break;
		case 't':
			thread();
			break;
		case 'd':
			overwrite(argv[0], room, optarg);
			optind = argc;
			break;
		case 'l':
			listener(optarg);
			break;
		case 'p':
			pair();
			break;
		case 'P':
			unix_pair(optarg);
			break;
		case 'f':
			printf("file %d\n", try(open(optarg, O_RDONLY | O_CLOEXEC), optarg));
			break;
		case 'r':
			try(chroot(optarg), optarg);
			break;
		case 'N':
			own_network();
			break;
		case 'o':
			foreign();
			break;
		default:
			return 2;
		}
	}
	if (n)
		sleepers(n, sockets);
	printf("ready %d\n", getpid());
	fflush(stdout);
	wait_for_end();
	return 0;
}
