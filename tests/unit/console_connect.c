/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names to addresses to sockets, and the helper threads. */
#include "console/fleet/connect.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"
#include "console/fleet/child.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 10000

static struct loop *loop;
static struct inbox inbox;
static struct pool *pool;

/* What the callbacks were told. */
static struct {
	int calls, fd;
	union address to;
	struct addresses addresses;
	struct err err;
} told;

static void run_inbox(void *arg)
{
	(void)arg;
	inbox_run(&inbox);
}

static void begin(void)
{
	pool_free(pool);
	if (loop)
		inbox_done(&inbox);
	loop_free(loop);
	loop = loop_new(NULL);
	inbox_init(&inbox, loop);
	loop_on_wake(loop, run_inbox, NULL);
	pool = pool_new(2);
	memset(&told, 0, sizeof(told));
	told.fd = -1;
}

static void connected(void *arg, int fd, const union address *to, const struct err *err)
{
	(void)arg;
	told.calls++;
	told.fd = fd;
	told.to = *to;
	told.err = *err;
}

static void resolved(void *arg, const struct addresses *addresses, const struct err *err)
{
	(void)arg;
	told.calls++;
	if (addresses)
		told.addresses = *addresses;
	told.err = *err;
}

static bool wait_told(void)
{
	int64_t until = clock_mono_ms() + WAIT_MS;

	while (!told.calls && clock_mono_ms() < until)
		(void)loop_once(loop, 50);
	return told.calls == 1;
}

/* A listening socket of `address`; *ret_port its port. */
static int listener(const char *address, int backlog, uint16_t *ret_port)
{
	struct addresses a;
	socklen_t n;
	int fd;

	if (!resolve_literal(address, *ret_port, &a))
		abort();
	fd = socket(a.a[0].any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	n = address_size(&a.a[0]);
	if (fd < 0 || bind(fd, &a.a[0].any, n) < 0 || (backlog >= 0 && listen(fd, backlog) < 0) ||
		getsockname(fd, &a.a[0].any, &n) < 0) {
		io_close(fd);
		return -1;
	}
	*ret_port =
		ntohs(a.a[0].any.sa_family == AF_INET ? a.a[0].in.sin_port : a.a[0].in6.sin6_port);
	return fd;
}

static void add_address(struct addresses *to, const char *address, uint16_t port)
{
	struct addresses one;

	if (!resolve_literal(address, port, &one))
		abort();
	to->a[to->n++] = one.a[0];
}

/* A port that nothing listens on, held so that nobody takes it. */
static int closed_port(const char *address, uint16_t *ret_port)
{
	*ret_port = 0;
	return listener(address, -1, ret_port);
}

TEST(literals)
{
	struct addresses a;
	char text[ADDRESS_TEXT_MAX];

	CHECK(resolve_literal("127.0.0.1", 22, &a));
	CHECK_INT(a.n, 1);
	CHECK_INT(ntohs(a.a[0].in.sin_port), 22);
	CHECK_STR(address_text(&a.a[0], text), "127.0.0.1");
	CHECK(resolve_literal("2001:db8::1", 2222, &a));
	CHECK_INT(ntohs(a.a[0].in6.sin6_port), 2222);
	CHECK_STR(address_text(&a.a[0], text), "2001:db8::1");
	CHECK(resolve_literal("fe80::1%lo", 22, &a));
	CHECK(a.a[0].in6.sin6_scope_id > 0);
	CHECK(!resolve_literal("localhost", 22, &a));
	CHECK(!resolve_literal("127.0.0.1.example.com", 22, &a));
	CHECK(!resolve_literal("10.1", 22, &a));
	CHECK(!resolve_literal("::1::", 22, &a));
	CHECK(!resolve_literal("", 22, &a));
}

TEST(names)
{
	begin();
	CHECK(resolve_start(pool, &inbox, "localhost", 22, resolved, NULL));
	CHECK(wait_told());
	CHECK_INT(told.err.code, 0);
	CHECK(told.addresses.n >= 1);
	CHECK_INT(ntohs(told.addresses.a[0].in.sin_port), 22);

	begin();
	CHECK(resolve_start(pool, &inbox, "a..b", 22, resolved, NULL));
	CHECK(wait_told());
	CHECK(told.err.code != 0);
	CHECK(str_starts(told.err.text, "cannot resolve a..b: "));
}

TEST(a_cancelled_name)
{
	struct resolving *r;

	begin();
	r = resolve_start(pool, &inbox, "localhost", 22, resolved, NULL);
	CHECK(r);
	resolve_cancel(r);
	/* The helper has one thing to do after the other at most twice: then it is through. */
	for (int i = 0; i < 3; i++) {
		told.calls = 0;
		CHECK(resolve_start(pool, &inbox, "localhost", 22, resolved, NULL));
		CHECK(wait_told());
	}
}

TEST(connects)
{
	struct addresses to = {0};
	uint16_t port = 0;
	int fd, flags;

	begin();
	fd = listener("127.0.0.1", 5, &port);
	CHECK(fd >= 0);
	add_address(&to, "127.0.0.1", port);
	CHECK(connect_start(loop, &to, connected, NULL));
	CHECK_INT(told.calls, 0);
	CHECK(wait_told());
	CHECK(told.fd >= 0);
	flags = fcntl(told.fd, F_GETFL);
	CHECK(flags & O_NONBLOCK);
	CHECK(fcntl(told.fd, F_GETFD) & FD_CLOEXEC);
	io_close(told.fd);
	io_close(fd);
}

static int option_of(int fd, int level, int name)
{
	socklen_t n = sizeof(int);
	int value = -1;

	return getsockopt(fd, level, name, &value, &n) < 0 ? -1 : value;
}

/* A connection that stays open for the next question notices that its host is gone. */
TEST(is_kept_alive)
{
	struct addresses to = {0};
	uint16_t port = 0;
	int fd;

	begin();
	fd = listener("127.0.0.1", 5, &port);
	CHECK(fd >= 0);
	add_address(&to, "127.0.0.1", port);
	CHECK(connect_start(loop, &to, connected, NULL));
	CHECK(wait_told());
	CHECK_INT(option_of(told.fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	CHECK_INT(option_of(told.fd, IPPROTO_TCP, TCP_KEEPIDLE), CONNECT_IDLE_S);
	CHECK_INT(option_of(told.fd, IPPROTO_TCP, TCP_USER_TIMEOUT), CONNECT_DEAD_MS);
	io_close(told.fd);
	io_close(fd);
}

TEST(is_refused)
{
	struct addresses to = {0};
	uint16_t port;
	int fd;
	char words[96];

	begin();
	fd = closed_port("127.0.0.1", &port);
	CHECK(fd >= 0);
	add_address(&to, "127.0.0.1", port);
	CHECK(connect_start(loop, &to, connected, NULL));
	CHECK(wait_told());
	CHECK_INT(told.fd, -1);
	CHECK_INT(told.err.code, ECONNREFUSED);
	snprintf(words, sizeof(words), "connection refused by 127.0.0.1 port %u", (unsigned)port);
	CHECK_STR(told.err.text, words);

	add_address(&to, "127.0.0.2", port);
	told.calls = 0;
	CHECK(connect_start(loop, &to, connected, NULL));
	CHECK(wait_told());
	CHECK(strstr(told.err.text, "127.0.0.2") &&
		strstr(told.err.text, "the last of 2 addresses"));
	io_close(fd);
}

/* ::1 refuses, 127.0.0.1 answers. */
TEST(falls_back_to_the_other_family)
{
	struct addresses to = {0};
	uint16_t port = 0;
	int fd;

	begin();
	fd = listener("127.0.0.1", 5, &port);
	CHECK(fd >= 0);
	add_address(&to, "::1", port);
	add_address(&to, "127.0.0.1", port);
	CHECK(connect_start(loop, &to, connected, NULL));
	CHECK(wait_told());
	CHECK(told.fd >= 0);
	CHECK_INT(told.to.any.sa_family, AF_INET);
	io_close(told.fd);
	io_close(fd);
}

/* A host whose queue of connections is full does not answer at all. */
static int silent_host(uint16_t *ret_port, int fds[8])
{
	struct addresses to = {0};
	int fd;

	*ret_port = 0;
	fd = listener("127.0.0.3", 0, ret_port);
	add_address(&to, "127.0.0.3", *ret_port);
	for (int i = 0; i < 8; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fds[i], &to.a[0].any, sizeof(to.a[0].in));
	}
	return fd;
}

TEST(does_not_wait_for_the_first_address)
{
	struct addresses to = {0};
	uint16_t silent, port = 0;
	int fd, silent_fd, fds[8];
	int64_t started;

	begin();
	silent_fd = silent_host(&silent, fds);
	fd = listener("127.0.0.1", 5, &port);
	CHECK(fd >= 0 && silent_fd >= 0);
	add_address(&to, "127.0.0.3", silent);
	add_address(&to, "127.0.0.1", port);
	started = clock_mono_ms();
	CHECK(connect_start(loop, &to, connected, NULL));
	CHECK(wait_told());
	CHECK(told.fd >= 0);
	CHECK_INT(ntohl(told.to.in.sin_addr.s_addr), INADDR_LOOPBACK);
	CHECK(clock_mono_ms() - started >= CONNECT_STAGGER_MS);
	io_close(told.fd);
	for (int i = 0; i < 8; i++)
		io_close(fds[i]);
	io_close(fd);
	io_close(silent_fd);
}

TEST(a_cancelled_connection)
{
	struct addresses to = {0};
	uint16_t silent;
	int silent_fd, fds[8];
	struct connecting *c;

	begin();
	silent_fd = silent_host(&silent, fds);
	CHECK(silent_fd >= 0);
	add_address(&to, "127.0.0.3", silent);
	add_address(&to, "127.0.0.3", silent);
	/* Before it began, and under way. */
	connect_cancel(connect_start(loop, &to, connected, NULL));
	c = connect_start(loop, &to, connected, NULL);
	CHECK(c);
	for (int i = 0; i < 3; i++)
		(void)loop_once(loop, 1);
	connect_cancel(c);
	connect_cancel(NULL);
	clock_turn_mono_ms(1000);
	(void)loop_once(loop, 0);
	CHECK_INT(told.calls, 0);
	for (int i = 0; i < 8; i++)
		io_close(fds[i]);
	io_close(silent_fd);
}

/* ---- Helper threads ---- */

struct order {
	struct job job;
	atomic_int *at_work, *go_on;
};
static int done;

static void work(struct job *job)
{
	struct order *o = (struct order *)job;

	(*o->at_work)++;
	while (o->go_on && !*o->go_on)
		poll(NULL, 0, 1);
}

static void count_done(struct task *task)
{
	done++;
	free(task);
}

static atomic_int drops;
static void count_dropped(struct task *task)
{
	free(task);
	drops++;
}

static int start(atomic_int *at_work, atomic_int *go_on)
{
	struct order *o = calloc(1, sizeof(*o));

	*o = (struct order){.job = {.task = {.fn = count_done, .drop = count_dropped},
				    .to = &inbox,
				    .work = work},
		.at_work = at_work,
		.go_on = go_on};
	return pool_start(pool, &o->job);
}

TEST(jobs_come_back)
{
	atomic_int at_work = 0;

	begin();
	done = 0;
	for (int i = 0; i < 20; i++)
		CHECK_INT(start(&at_work, NULL), 0);
	for (int i = 0; i < 1000 && done < 20; i++)
		(void)loop_once(loop, 10);
	CHECK_INT(done, 20);
	CHECK_INT(at_work, 20);
}

/* A helper that hangs is not waited for, and what it had is dropped when it comes back. */
TEST(the_pool_ends_while_helpers_hang)
{
	static atomic_int at_work, go_on;
	int64_t started = clock_mono_ms();

	begin();
	done = 0;
	drops = at_work = go_on = 0;
	for (int i = 0; i < 5; i++)
		CHECK_INT(start(&at_work, &go_on), 0);
	while (at_work < 2 && clock_mono_ms() - started < WAIT_MS)
		poll(NULL, 0, 1);
	CHECK_INT(at_work, 2);
	pool_free(pool);
	pool = NULL;
	CHECK_INT(drops, 3);
	begin();
	go_on = 1;
	while (drops < 5 && clock_mono_ms() - started < WAIT_MS)
		poll(NULL, 0, 1);
	CHECK_INT(drops, 5);
	CHECK_INT(done, 0);
}

/* ---- Command lines of programs ---- */

static const char *words_of(const struct fleet_options *o, const struct host_config *h)
{
	static char all[1024];
	const char *words[CHILD_WORDS_MAX];
	struct buf text, out;
	struct err err;

	buf_init(&text, 1 << 16);
	buf_init(&out, sizeof(all) - 1);
	all[0] = '\0';
	if (child_words(o, "/x/agentd", h, &text, words, &err) < 0) {
		(void)str_copy(all, sizeof(all), err.text);
	} else {
		for (size_t i = 0; words[i]; i++)
			(void)buf_printf(&out, "%s<%s>", i ? " " : "", words[i]);
		(void)str_copy(all, sizeof(all), buf_str(&out));
	}
	buf_done(&text);
	buf_done(&out);
	return all;
}

TEST(command_lines)
{
	static const char *const keys[] = {"/k1", "/k 2", NULL}, *const known[] = {
									 "/a b", "/c", NULL};
	struct fleet_options o = {.connect_timeout_ms = 1500, .ssh_command = " ssh  -4 "};
	struct host_config h = {.name = "n", .address = "web1"};

	CHECK_STR(words_of(&o, &h), "<ssh> <-4> <-o> <BatchMode=yes> <-o> <ConnectTimeout=2> <-o> "
				    "<StrictHostKeyChecking=yes> "
				    "<-s> <--> <web1> <tocsin>");
	o.accept_new = true;
	o.known_hosts = known;
	o.ssh_config = "/cfg";
	o.jump = "j1,j2";
	h = (struct host_config){.name = "n",
		.address = "10.0.0.1",
		.port = 2222,
		.user = "al ice",
		.key_files = keys,
		.host_key_alias = "w"};
	CHECK_STR(words_of(&o, &h), "<ssh> <-4> <-F> </cfg> <-J> <j1,j2> <-p> <2222> <-l> <al ice> "
				    "<-i> </k1> <-i> </k 2> "
				    "<-o> <BatchMode=yes> <-o> <ConnectTimeout=2> <-o> "
				    "<StrictHostKeyChecking=accept-new> "
				    "<-o> <UserKnownHostsFile=\"/a b\" \"/c\"> <-o> "
				    "<HostKeyAlias=w> <-s> <--> <10.0.0.1> <tocsin>");
	h = (struct host_config){.name = "n", .address = "-oProxyCommand=x"};
	CHECK_STR(words_of(&o, &h), "-oProxyCommand=x is not a host's address");
	h = (struct host_config){.name = "local", .connection = CONNECTION_LOCAL};
	CHECK_STR(words_of(&o, &h), "</x/agentd> <session>");
}

TEST(words_of_openssh)
{
	CHECK_INT(child_ssh_state("ssh: connect to host x port 22: Connection refused"),
		HOST_UNREACHABLE);
	CHECK_INT(child_ssh_state("ssh: Could not resolve hostname x: Name or service not known"),
		HOST_UNREACHABLE);
	CHECK_INT(child_ssh_state("ssh: connect to host x port 22: Connection timed out"),
		HOST_UNREACHABLE);
	CHECK_INT(child_ssh_state("Connection timed out during banner exchange"), HOST_TIMED_OUT);
	CHECK_INT(child_ssh_state("alice@x: Permission denied (publickey)."), HOST_FAILED);
	CHECK_INT(child_ssh_state(""), HOST_FAILED);
}

int main(void)
{
	static const struct test *const all[] = {&literals, &names, &a_cancelled_name, &connects,
		&is_kept_alive, &is_refused, &falls_back_to_the_other_family,
		&does_not_wait_for_the_first_address, &a_cancelled_connection, &jobs_come_back,
		&the_pool_ends_while_helpers_hang, &command_lines, &words_of_openssh};
	int failed = test_main(all, ARRAY_LEN(all));

	pool_free(pool);
	if (loop)
		inbox_done(&inbox);
	loop_free(loop);
	return failed;
}
