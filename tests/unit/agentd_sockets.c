/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sockdiag.h"
#include "agentd/sockets.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stddef.h>
#include <sys/un.h>
#include <unistd.h>

#define INET_HEAD                                                                                  \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "      \
	"timeout inode\n"
#define INET_TAIL " 00000000:00000000 00:00000000 00000000     0        0 "
#define UNIX_HEAD "Num       RefCount Protocol Flags    Type St Inode Path\n"

static struct procfs fs; /* never read by these */
static struct sockets *s;

static size_t file_of(const char *name)
{
	size_t i = 0;

	while (sockets_file(i) && !str_eq(sockets_file(i), name))
		i++;
	CHECK(sockets_file(i) != NULL);
	return i;
}

static void take(const char *file, const char *text)
{
	if (!s)
		s = sockets_new(&fs);
	CHECK(s != NULL);
	CHECK_INT(sockets_add_text(s, file_of(file), span_str(text), 77), 0);
}

static void done(void)
{
	sockets_free(s);
	s = NULL;
}

TEST(tcp)
{
	char address[INET6_ADDRSTRLEN];
	struct sock *k;

	take("tcp", INET_HEAD "   0: 0100007F:0016 0200000A:C350 01" INET_TAIL "1234 1 0 100\n"
			      "   1: 00000000:1F90 00000000:0000 0A" INET_TAIL "5678 1 0 100");
	CHECK_INT(sockets_len(s), 2);
	k = sockets_find(s, 1234);
	CHECK(k != NULL);
	CHECK_INT(k->family, AF_INET);
	CHECK_INT(k->protocol, IPPROTO_TCP);
	CHECK_INT(k->ns, 77);
	CHECK_INT(k->local_port, 22);
	CHECK_INT(k->remote_port, 50000);
	CHECK_STR(sock_state(k), "ESTABLISHED");
	sock_address(k, false, address);
	CHECK_STR(address, "127.0.0.1");
	sock_address(k, true, address);
	CHECK_STR(address, "10.0.0.2");
	CHECK_STR(sock_state(sockets_find(s, 5678)), "LISTEN");
	CHECK(sockets_find(s, 1) == NULL);
	CHECK(sockets_find(s, 0) == NULL);
	done();
}

TEST(tcp6)
{
	char address[INET6_ADDRSTRLEN];

	take("tcp6", INET_HEAD "   0: B80D01200000000000000000010000FF:0016 "
			       "00000000000000000000000000000000:0000 0A" INET_TAIL "9 1 0 100\n");
	sock_address(sockets_find(s, 9), false, address);
	CHECK_STR(address, "2001:db8::ff00:1");
	done();
}

TEST(lines_that_are_none)
{
	take("tcp", INET_HEAD
		"\n \nx\n"
		"   0: 0100007F:0016 0200000A:C350\n"
		"   0: 0100007F:0016 0200000A:C350 01" INET_TAIL "\n"
		"   0: 0100007F:0016 0200000A:C350 01" INET_TAIL "-4\n"
		"   0: 0100007F:0016 0200000A:C350 1FF" INET_TAIL "4\n"
		"   0: 0100007G:0016 0200000A:C350 01" INET_TAIL "4\n"
		"   0: 0100007F:00160 0200000A:C350 01" INET_TAIL "4\n"
		"   0: 0100007F0016 0200000A:C350 01" INET_TAIL "4\n"
		"   0: 0100007F0100007F0100007F0100007F:0016 0200000A:C350 01" INET_TAIL "4\n");
	CHECK_INT(sockets_len(s), 0);
	take("packet", "head\n0 3 3 88cc 2 1 0 0\n0 3 3 88ccc 2 1 0 0 1\n");
	take("netlink", "head\n0 0 0 0 0 0 0 2 0 4\n0 99999999 1 0 0 0 0 2 0 4\n");
	CHECK_INT(sockets_len(s), 0);
	done();
}

TEST(unix_names)
{
	const char *line = "0000000000000000: 00000002 00000000 00010000 0001 01 ";
	char text[2048];
	struct span path;

	snprintf(text, sizeof(text),
		UNIX_HEAD "%s 11\n%s 12 /a b  c \n%s 13 @x@y\n%s 14  lead\n%s 15 "
			  "/new\nline\n\nmore\n%s 16 /z\n",
		line, line, line, line, line, line);
	take("unix", text);
	CHECK_INT(sockets_len(s), 6);
	CHECK_INT(sockets_path(s, sockets_find(s, 11)).n, 0);
	CHECK(span_eq(sockets_path(s, sockets_find(s, 12)), "/a b  c "));
	CHECK(span_eq(sockets_path(s, sockets_find(s, 13)), "@x@y"));
	CHECK(span_eq(sockets_path(s, sockets_find(s, 14)), " lead"));
	path = sockets_path(s, sockets_find(s, 15));
	CHECK(span_eq(path, "/new\nline\n\nmore"));
	CHECK(span_eq(sockets_path(s, sockets_find(s, 16)), "/z"));
	CHECK_STR(sock_state(sockets_find(s, 16)), "");
	done();
}

/* The first one of an inode stays: a line made up later does not take its place. */
TEST(same_inode_twice)
{
	take("unix", UNIX_HEAD "0000000000000000: 00000002 00000000 00010000 0001 01 11 /real\n"
			       "0000000000000000: 00000002 00000000 00010000 0001 01 11 /fake\n");
	CHECK(span_eq(sockets_path(s, sockets_find(s, 11)), "/real"));
	done();
}

TEST(other_families)
{
	take("packet", "sk RefCnt Type Proto Iface R Rmem User Inode\n"
		       "0000000000000000 3      3    88cc   2     1 0      0      3002  \n");
	take("netlink", "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n"
			"0000000000000000 0   0          00000000 0        0        0     2        "
			"0        4 \n"
			"0000000000000000 15  1          00000002 0        0        0     2        "
			"0        5 \n");
	CHECK_INT(sockets_len(s), 2);
	CHECK_INT(sockets_find(s, 3002)->protocol, 0x88cc);
	CHECK_STR(sock_state(sockets_find(s, 3002)), "NONE");
	CHECK_INT(sockets_find(s, 5)->family, AF_NETLINK);
	CHECK_INT(sockets_find(s, 5)->protocol, 15);
	done();
}

TEST(many)
{
	enum { N = 20000 };
	struct buf text;

	buf_init(&text, N * 160);
	CHECK_INT(buf_puts(&text, INET_HEAD), 0);
	for (unsigned i = 1; i <= N; i++)
		CHECK_INT(buf_printf(&text,
				  "%4u: 0100007F:%04X 00000000:0000 0A" INET_TAIL "%u 1 0 1\n", i,
				  i, i * 4096),
			0);
	take("tcp", text.p);
	CHECK_INT(sockets_len(s), N);
	for (unsigned i = 1; i <= N; i++)
		CHECK(sockets_find(s, i * 4096) && sockets_find(s, i * 4096)->local_port == i);
	buf_done(&text);
	done();
}

TEST(memory_runs_out)
{
	const char *text =
		UNIX_HEAD "0000000000000000: 00000002 00000000 00010000 0001 01 11 /real\nx\n";
	int r = -ENOMEM;

	for (long n = 1; r; n++) {
		failalloc_countdown = n;
		s = sockets_new(&fs);
		r = s ? sockets_add_text(s, file_of("unix"), span_str(text), 0) : -ENOMEM;
		CHECK(r == 0 || (r == -ENOMEM && failalloc_spent()));
		failalloc_countdown = 0;
		done();
	}
}

/* ---- Netlink ---- */

struct answer {
	char p[4096];
	size_t n;
};

static void put(struct answer *a, uint16_t type, const void *body, size_t n)
{
	struct nlmsghdr h = {.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + n), .nlmsg_type = type};

	memcpy(a->p + a->n, &h, sizeof(h));
	memcpy(a->p + a->n + NLMSG_HDRLEN, body, n);
	a->n += NLMSG_ALIGN(h.nlmsg_len);
}

static void put_unix(struct answer *a, uint32_t inode, const char *name, size_t n)
{
	struct unix_diag_msg m = {.udiag_family = AF_UNIX, .udiag_ino = inode};
	struct rtattr attr = {.rta_type = UNIX_DIAG_NAME, .rta_len = (uint16_t)(sizeof(attr) + n)};
	char body[512];

	memcpy(body, &m, sizeof(m));
	memcpy(body + sizeof(m), &attr, sizeof(attr));
	memcpy(body + sizeof(m) + sizeof(attr), name, n);
	put(a, SOCK_DIAG_BY_FAMILY, body, sizeof(m) + (n ? sizeof(attr) + n : 0));
}

/* The next socket of that family in the answer; false when there is none. */
static bool next(struct netlink *n, uint16_t family, struct sock *ret, struct span *ret_name)
{
	struct netlink_message m;

	while (netlink_take(n, &m) > 0) {
		*ret = (struct sock){.family = family};
		*ret_name = (struct span){"", 0};
		if (sockdiag_read(&m, ret, ret_name))
			return true;
	}
	return false;
}

TEST(diag_unix)
{
	static struct answer a;
	struct netlink n;
	struct span name;
	struct sock k;

	a.n = 0;
	put_unix(&a, 1, "/run/x", 7);
	put_unix(&a, 2, "\0abs\n", 5);
	put_unix(&a, 3, "", 0);
	put(&a, NLMSG_DONE, "\0\0\0", 4);
	n = (struct netlink){.p = a.p, .end = a.n};
	CHECK(next(&n, AF_UNIX, &k, &name));
	CHECK(k.inode == 1 && span_eq(name, "/run/x"));
	CHECK(next(&n, AF_UNIX, &k, &name));
	CHECK(k.inode == 2 && name.n == 5 && memcmp(name.p, "\0abs\n", 5) == 0);
	CHECK(next(&n, AF_UNIX, &k, &name));
	CHECK(k.inode == 3 && name.n == 0);
	CHECK(!next(&n, AF_UNIX, &k, &name));
	/* Cut anywhere it ends early and reads nothing behind its end. */
	for (size_t i = 0; i < a.n; i++) {
		char *copy = malloc(i ? i : 1);

		memcpy(copy, a.p, i);
		n = (struct netlink){.p = copy, .end = i};
		while (next(&n, AF_UNIX, &k, &name))
			CHECK(name.n <= 7);
		free(copy);
	}
}

TEST(diag_inet)
{
	struct inet_diag_msg m = {.idiag_family = AF_INET6,
		.idiag_state = 10,
		.idiag_inode = 7,
		.id = {.idiag_sport = htons(443),
			.idiag_src = {htonl(0x20010db8), 0, 0, htonl(1)}}};
	static struct answer a;
	char address[INET6_ADDRSTRLEN];
	struct netlink n;
	struct span name;
	struct sock k;

	a.n = 0;
	put(&a, SOCK_DIAG_BY_FAMILY, &m, sizeof(m) - 1);
	put(&a, SOCK_DIAG_BY_FAMILY, &m, sizeof(m));
	n = (struct netlink){.p = a.p, .end = a.n};
	CHECK(next(&n, AF_INET6, &k, &name));
	k.protocol = IPPROTO_TCP;
	CHECK_INT(k.inode, 7);
	CHECK_INT(k.local_port, 443);
	CHECK_INT(k.remote_port, 0);
	CHECK_STR(sock_state(&k), "LISTEN");
	sock_address(&k, false, address);
	CHECK_STR(address, "2001:db8::1");
	CHECK(!next(&n, AF_INET6, &k, &name));
	/* Not of the family that was asked for. */
	n = (struct netlink){.p = a.p, .end = a.n};
	CHECK(!next(&n, AF_INET, &k, &name));
	CHECK(!sockdiag_knows(AF_INET, IPPROTO_RAW));
}

static bool ask_kernel(uint16_t family, uint16_t protocol, uint64_t inode, struct sock *ret,
	struct span *ret_name, struct netlink *n)
{
	struct netlink_message m;

	if (sockdiag_ask(n, family, protocol) < 0)
		return false;
	while (netlink_next(n, &m) > 0) {
		*ret = (struct sock){.family = family, .protocol = protocol};
		if (sockdiag_read(&m, ret, ret_name) && ret->inode == inode)
			return true;
	}
	return false;
}

/* Against the kernel: a name made to look like a line of another socket is that socket's no more.
 */
TEST(diag_of_the_kernel)
{
	static const char name[] =
		"\0x\n0000000000000000: 00000002 00000000 00010000 0001 01 1 /fake";
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct netlink n;
	struct span got;
	struct stat st;
	struct sock k;

	CHECK(fd >= 0);
	memcpy(a.sun_path, name, sizeof(name) - 1);
	CHECK_INT(bind(fd, (struct sockaddr *)&a,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(name) - 1)),
		0);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK(!ask_kernel(AF_UNIX, 0, 1, &k, &got, &n));
	netlink_done(&n);
	if (!ask_kernel(AF_UNIX, 0, st.st_ino, &k, &got, &n))
		SKIP("no sock_diag for unix sockets here");
	CHECK(got.n == sizeof(name) - 1 && memcmp(got.p, name, got.n) == 0);
	netlink_done(&n);
	close(fd);
}

/* A socket of ours as the file below /proc/net has it. */
static void read_proc(const char *file, uint64_t inode, struct sock *ret)
{
	static char text[1 << 20];
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/net/%s", file);
	f = fopen(path, "re");
	CHECK(f != NULL);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	take(file, text);
	CHECK(sockets_find(s, inode) != NULL);
	*ret = *sockets_find(s, inode);
	done();
}

static void both_ways(const char *file, int family, int type, int protocol)
{
	struct sockaddr_storage a = {.ss_family = (sa_family_t)family};
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);
	struct sock told, asked;
	struct netlink n;
	struct span name;
	struct stat st;

	if (fd < 0)
		SKIP("no such sockets here");
	CHECK_INT(bind(fd, (struct sockaddr *)&a,
			  family == AF_INET ? sizeof(struct sockaddr_in)
					    : sizeof(struct sockaddr_in6)),
		0);
	CHECK(type != SOCK_STREAM || listen(fd, 1) == 0);
	CHECK_INT(fstat(fd, &st), 0);
	read_proc(file, st.st_ino, &told);
	if (!ask_kernel((uint16_t)family, (uint16_t)protocol, st.st_ino, &asked, &name, &n))
		SKIP("no sock_diag for these sockets here");
	CHECK_INT(asked.local_port, told.local_port);
	CHECK_INT(asked.remote_port, told.remote_port);
	CHECK_INT(asked.state, told.state);
	CHECK(memcmp(asked.local, told.local, sizeof(told.local)) == 0);
	CHECK(memcmp(asked.remote, told.remote, sizeof(told.remote)) == 0);
	netlink_done(&n);
	close(fd);
}

TEST(diag_and_proc_agree)
{
	both_ways("tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP);
	both_ways("tcp6", AF_INET6, SOCK_STREAM, IPPROTO_TCP);
	both_ways("udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	both_ways("udp6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
}

TEST_MAIN(&tcp, &tcp6, &lines_that_are_none, &unix_names, &same_inode_twice, &other_families, &many,
	&memory_runs_out, &diag_unix, &diag_inet, &diag_of_the_kernel, &diag_and_proc_agree)
