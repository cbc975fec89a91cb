/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/subject.h"

#include "agentd/procfs.h"
#include "agentd/sockets.h"
#include "common/io.h"
#include "common/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* Bytes of a user's record. */
#define USER_RECORD_MAX (64u << 10)

static int peer_pidfd(int fd)
{
	int pidfd = -1;
	socklen_t size = sizeof(pidfd);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0)
		return pidfd;
	return errno == ENOPROTOOPT ? SUBJECT_PIDFD_UNKNOWN : SUBJECT_PIDFD_GONE;
}

int subject_of_socket(int fd, struct subject *ret, int *ret_pidfd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	*ret = (struct subject){.uid = peer.uid, .gid = peer.gid, .pid = peer.pid};
	size = sizeof(ret->groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, ret->groups, &size) < 0)
		return errno == ERANGE ? -E2BIG : -errno;
	ret->n_groups = size / sizeof(ret->groups[0]);
	*ret_pidfd = peer_pidfd(fd);
	return 0;
}

static void look_up_name(struct subject *who)
{
	char *text = malloc(USER_RECORD_MAX);
	struct passwd user, *found = NULL;

	if (text && getpwuid_r(who->uid, &user, text, USER_RECORD_MAX, &found) == 0 && found)
		(void)str_copy(who->user, sizeof(who->user), found->pw_name);
	free(text);
}

/* ---- The sshd above a session ---- */

static bool is_server_name(const char *path)
{
	static const char *const names[] = {
		"sshd", "sshd-session", "sshd-auth", "tocsin-agentd-serve"};
	const char *name = strrchr(path, '/');

	for (size_t i = 0; name && i < ARRAY_LEN(names); i++)
		if (str_eq(name + 1, names[i]))
			return true;
	return false;
}

/* Its program is root's alone to change. */
static bool is_roots_program(const struct procfs_proc *p)
{
	struct stat st;

	return fstatat(p->fd, "exe", &st, 0) == 0 && st.st_uid == 0 && !(st.st_mode & 022);
}

struct ancestor {
	pid_t parent;
	uid_t uid[2]; /* real, effective */
	bool server;
};

/* Or -errno. */
static pid_t parent_of(const struct procfs_proc *p, struct buf *b)
{
	struct procfs_stat stat;
	int r = procfs_read(p, "stat", b);

	if (!r)
		r = procfs_stat_parse((struct span){buf_str(b), b->len}, &stat);
	return r < 0 ? r : (pid_t)stat.ppid;
}

static int read_ancestor(const struct procfs_proc *p, struct buf *b, struct ancestor *ret)
{
	struct procfs_status status;
	int r = parent_of(p, b);

	if (r < 0)
		return r;
	ret->parent = r;
	r = procfs_read(p, "status", b);
	if (!r)
		r = procfs_status_parse((struct span){buf_str(b), b->len}, &status);
	if (r < 0)
		return r;
	ret->uid[0] = status.uid[PROCFS_ID_REAL];
	ret->uid[1] = status.uid[PROCFS_ID_EFFECTIVE];
	ret->server =
		procfs_link(p, "exe", b) == 0 && is_server_name(buf_str(b)) && is_roots_program(p);
	return 0;
}

/* ---- Its connection ---- */

static bool is_established_tcp(int fd)
{
	struct tcp_info info = {0};
	int protocol = 0;
	socklen_t size = sizeof(protocol);

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0 ||
		protocol != IPPROTO_TCP)
		return false;
	size = sizeof(info);
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       info.tcpi_state == TCP_ESTABLISHED;
}

/* An IPv4 client of a socket that listens for both is one of IPv4. */
static void put_address(
	struct subject *who, const char *address, uint16_t port, uint16_t local_port)
{
	static const char mapped[] = "::ffff:";
	bool v4 = str_starts(address, mapped) && strchr(address, '.');

	(void)str_copy(who->address, sizeof(who->address), v4 ? address + strlen(mapped) : address);
	who->port = port;
	who->local_port = local_port;
}

/* `of`: getpeername or getsockname. */
static bool read_end(int fd, int (*of)(int fd, struct sockaddr *a, socklen_t *n),
	char host[NI_MAXHOST], uint16_t *ret_port)
{
	struct sockaddr_storage a = {0};
	socklen_t size = sizeof(a);
	char port[NI_MAXSERV];
	uint64_t n = 0;

	if (of(fd, (struct sockaddr *)&a, &size) < 0 ||
		getnameinfo((struct sockaddr *)&a, size, host, NI_MAXHOST, port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
		parse_uint(port, 0, UINT16_MAX, &n) < 0)
		return false;
	*ret_port = (uint16_t)n;
	return true;
}

static bool put_ends_of_socket(int fd, struct subject *who)
{
	char host[NI_MAXHOST], here[NI_MAXHOST];
	uint16_t port, local_port;

	if (!is_established_tcp(fd) || !read_end(fd, getsockname, here, &local_port) ||
		!read_end(fd, getpeername, host, &port))
		return false;
	put_address(who, host, port, local_port);
	return true;
}

static bool put_ends_of_sock(struct sockets *socks, uint64_t inode, struct subject *who)
{
	const struct sock *k = sockets_find(socks, inode);
	char address[INET6_ADDRSTRLEN];

	if (!k || k->protocol != IPPROTO_TCP || k->state != TCP_ESTABLISHED)
		return false;
	sock_address(k, true, address);
	put_address(who, address, k->remote_port, k->local_port);
	return true;
}

/* What a descriptor is: asked of a copy of it, or looked up in the tables of /proc/PID/net. */
struct looking {
	int pidfd;
	struct sockets *socks; /* instead, on kernels before 5.6 */
};

static bool try_socket(const struct looking *l, int32_t fd, uint64_t inode, struct subject *who)
{
	int copy;
	bool found;

	if (l->socks)
		return put_ends_of_sock(l->socks, inode, who);
	copy = (int)syscall(SYS_pidfd_getfd, l->pidfd, fd, 0);
	found = copy >= 0 && put_ends_of_socket(copy, who);
	io_close(copy);
	return found;
}

/*
 * The established TCP connection of the lowest descriptor: an sshd has the client's from the start,
 * those that it forwards come later. The kernel lists descriptors in ascending order.
 */
static bool find_connection(
	const struct procfs_proc *p, const struct looking *l, struct subject *who)
{
	struct procfs_list fds;
	bool found = false;
	struct buf link;
	int32_t fd;

	if (procfs_list_fds(&fds, p) < 0)
		return false;
	buf_init(&link, PROCFS_LINK_MAX);
	while (!found && procfs_list_next(&fds, &fd) > 0) {
		uint64_t inode;

		if (procfs_list_link(&fds, fd, &link) == 0 &&
			procfs_link_number(
				(struct span){buf_str(&link), link.len}, "socket", &inode))
			found = try_socket(l, fd, inode, who);
	}
	buf_done(&link);
	procfs_list_done(&fds);
	return found;
}

static bool can_copy(int pidfd)
{
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, 0, 0);

	io_close(fd);
	return fd >= 0 || errno == EBADF;
}

static bool look_at(const struct procfs *fs, const struct procfs_proc *p, struct subject *who)
{
	struct looking l = {.pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0)};
	bool ready = l.pidfd >= 0 && !procfs_gone(p) && can_copy(l.pidfd), found;

	if (!ready) {
		l.socks = sockets_new(fs);
		ready = l.socks && sockets_load(l.socks, p) == 0;
	}
	found = ready && find_connection(p, &l, who);
	sockets_free(l.socks);
	io_close(l.pidfd);
	return found;
}

/*
 * Is what was opened by its number the process that connected? Once that has ended, its number is
 * anybody's. Without a descriptor of it at least its user must be the one that connected.
 */
static bool is_who_connected(
	const struct procfs_proc *p, const struct subject *who, int pidfd, struct buf *b)
{
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	struct ancestor a = {.parent = 0};

	if (pidfd >= 0)
		return poll(&ended, 1, 0) == 0;
	return pidfd == SUBJECT_PIDFD_UNKNOWN && read_ancestor(p, b, &a) == 0 &&
	       (a.uid[0] == who->uid || a.uid[1] == who->uid);
}

/* One step up, *p to its parent: held before it is asked whether it still is that. */
static bool go_up(struct procfs *fs, struct procfs_proc *p, pid_t parent, struct buf *b)
{
	struct procfs_proc up;
	bool good;

	if (parent <= 1 || procfs_open(fs, parent, &up) < 0)
		return false;
	good = parent_of(p, b) == parent;
	procfs_close(good ? p : &up);
	if (good)
		*p = up;
	return good;
}

/*
 * Upwards from the session. Anybody may run an sshd of their own with whatever clients they like:
 * only one that is root's counts.
 */
static void look_up_address(struct procfs *fs, struct subject *who, int pidfd)
{
	struct ancestor a = {.parent = 0};
	struct procfs_proc p;
	struct buf b;

	if (procfs_open(fs, who->pid, &p) < 0)
		return;
	buf_init(&b, PROCFS_FILE_MAX);
	if (!is_who_connected(&p, who, pidfd, &b))
		goto out;
	for (unsigned i = 0; i < SUBJECT_ANCESTORS_MAX; i++) {
		if (read_ancestor(&p, &b, &a) < 0)
			break;
		if (a.server && a.uid[0] == 0 && a.uid[1] == 0 && look_at(fs, &p, who))
			break;
		if (!go_up(fs, &p, a.parent, &b))
			break;
	}
out:
	procfs_close(&p);
	buf_done(&b);
}

void subject_look_up(struct subject *who, int pidfd)
{
	struct root *root = root_new("/", NULL);
	struct procfs fs = {0};

	look_up_name(who);
	if (root && procfs_init(&fs, root) == 0)
		look_up_address(&fs, who, pidfd);
	procfs_done(&fs);
	root_free(root);
}
