/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/quarantine.h"

#include "agentd/audit.h"
#include "agentd/auditfile.h"
#include "agentd/conf.h"
#include "agentd/quarantine_rules.h"
#include "agentd/quarantine_watch.h"
#include "common/clock.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], path[96];
static struct err why;
static struct quarantine q, again;

static void fresh_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tocsin-quarantine-%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/" QUARANTINE_FILE, dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/quarantine.lock", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" QUARANTINE_FILE, dir);
	rmdir(dir);
}

static struct netaddr address(const char *text)
{
	struct netaddr a;

	CHECK_INT(netaddr_parse(span_str(text), &a), 0);
	return a;
}

/* As one asked for now, confirmed or not. */
static void make(int64_t confirm_s, int64_t for_s)
{
	int64_t now = clock_real_us() / 1000000;

	memset(&q, 0, sizeof(q));
	str_copy(q.id, sizeof(q.id), "0123456789abcdef");
	str_copy(q.by, sizeof(q.by), "al\"ice\n");
	str_copy(q.address, sizeof(q.address), "10.0.0.1");
	q.since = now;
	q.confirm_s = confirm_s;
	q.for_s = for_s;
	q.confirm_until = now + confirm_s;
	q.until = for_s ? now + for_s : 0;
	quarantine_rebase(&q);
	q.since_ms = clock_boot_ms();
	q.asked_pid = 7;
	q.open.ssh[q.open.n_ssh++] = address("10.0.0.1:22");
	q.open.ssh[q.open.n_ssh++] = address("[2001:db8::/32]:2222");
	q.open.dns[q.open.n_dns++] = address("10.0.0.53");
	q.old[q.n_old++] = address("10.0.0.1:40000");
}

/* ---- The file ---- */

TEST(quarantine_file)
{
	fresh_dir();
	CHECK_INT(quarantine_load(dir, &again, &why), 0);
	CHECK_INT(quarantine_forget(dir, &why), 0);
	make(60, 3600);
	q.confirmed = true;
	CHECK_INT(quarantine_store(dir, &q, &why), 0);
	CHECK_INT(quarantine_load(dir, &again, &why), 1);
	CHECK(memcmp(&q, &again, sizeof(q)) == 0);
	CHECK_INT(quarantine_forget(dir, &why), 0);
	CHECK_INT(quarantine_forget(dir, &why), 0);
	CHECK_INT(quarantine_load(dir, &again, &why), 0);
	fresh_dir();
}

/* Names of users are bytes. */
TEST(quarantine_of_an_odd_name)
{
	fresh_dir();
	make(60, 3600);
	memset(q.by, 0xff, sizeof(q.by) - 1);
	CHECK_INT(quarantine_store(dir, &q, &why), 0);
	CHECK_INT(quarantine_load(dir, &again, &why), 1);
	CHECK(memcmp(&q, &again, sizeof(q)) == 0);
	fresh_dir();
}

TEST(quarantine_file_refused)
{
	char text[4096], *at;
	FILE *f;
	size_t n;

	fresh_dir();
	make(60, 0);
	CHECK_INT(quarantine_store(dir, &q, &why), 0);
	f = fopen(path, "re");
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	CHECK_INT(quarantine_parse(text, n, &again, &why), 0);
	/* Whatever is missing. */
	for (at = text; (at = strstr(at, "\n \"")); at += 3) {
		at[3] ^= 1;
		if (quarantine_parse(text, n, &again, &why) != -EBADMSG)
			FAIL("taken: %.40s", at);
		at[3] ^= 1;
	}
	for (size_t cut = 0; cut < n - 2; cut++)
		CHECK_INT(quarantine_parse(text, cut, &again, &why), -EBADMSG);
	/* An address without its port would open all of them. */
	at = strstr(text, "10.0.0.1:22");
	memcpy(at, "10.0.0.1\", ", 8);
	memcpy(at + 8, "123", 3);
	CHECK_INT(quarantine_parse(text, n, &again, &why), -EBADMSG);
	f = fopen(path, "we");
	fputs("[]", f);
	fclose(f);
	CHECK_INT(quarantine_load(dir, &again, &why), -EBADMSG);
	unlink(path);
	CHECK(symlink("/etc/passwd", path) == 0);
	CHECK_INT(quarantine_load(dir, &again, &why), -ELOOP);
	/* What is written replaces it, and follows nothing. */
	CHECK_INT(quarantine_store(dir, &q, &why), 0);
	CHECK_INT(quarantine_load(dir, &again, &why), 1);
	fresh_dir();
}

TEST(quarantine_locks)
{
	int fd;

	fresh_dir();
	fd = quarantine_lock(dir, 0, &why);
	CHECK(fd >= 0);
	CHECK_INT(quarantine_lock(dir, 0, &why), -EWOULDBLOCK);
	CHECK_INT(quarantine_lock(dir, 50, &why), -EWOULDBLOCK);
	CHECK_INT(quarantine_count(fd), 0);
	for (int i = 1; i < 12; i++) {
		CHECK_INT(quarantine_count_one(fd, &why), 0);
		CHECK_INT(quarantine_count(fd), i);
	}
	close(fd);
	fd = quarantine_lock(dir, 0, &why);
	CHECK(fd >= 0);
	close(fd);
	fresh_dir();
}

/* ---- Times ---- */

static int64_t left_ms(void)
{
	int64_t ends = quarantine_ends_ms(&q);

	return ends ? ends - clock_boot_ms() : -1;
}

static bool about(int64_t ms, int64_t want_s)
{
	return ms > want_s * 1000 - 5000 && ms <= want_s * 1000;
}

TEST(quarantine_ends)
{
	make(60, 0);
	CHECK(about(left_ms(), 60));
	q.confirmed = true;
	CHECK_INT(left_ms(), -1);
	make(60, 3600);
	CHECK(about(left_ms(), 60));
	q.confirmed = true;
	CHECK(about(left_ms(), 3600));
	/* It may be over before it is confirmed. */
	make(600, 60);
	CHECK(about(left_ms(), 60));
}

TEST(quarantine_wall_clock_does_not_count)
{
	make(60, 3600);
	for (int i = -1; i <= 1; i++) {
		clock_turn_real_ms(i * 86400000LL);
		CHECK(!quarantine_rebase(&q));
		CHECK(about(left_ms(), 60));
		clock_turn_real_ms(-i * 86400000LL);
	}
}

/* How long it still is after a reboot, with the clock turned by `turn_s`. */
static int64_t after_reboot(int64_t turn_s)
{
	clock_turn_real_ms(turn_s * 1000);
	str_copy(q.boot_id, sizeof(q.boot_id), "before");
	q.since_ms = q.confirm_ms = 99999999999999;
	q.until_ms = q.for_s ? q.confirm_ms : 0;
	CHECK(quarantine_rebase(&q));
	clock_turn_real_ms(-turn_s * 1000);
	CHECK(!quarantine_rebase(&q));
	return left_ms();
}

TEST(quarantine_after_reboot)
{
	make(60, 0);
	CHECK(about(after_reboot(20), 40));
	make(60, 0);
	CHECK(after_reboot(60) <= 0);
	make(60, 0);
	CHECK(after_reboot(86400) <= 0);
	/* Set back: no longer than was asked for. */
	make(60, 0);
	CHECK(about(after_reboot(-86400), 60));
	make(60, 3600);
	q.confirmed = true;
	CHECK(about(after_reboot(600), 3000));
	CHECK(about(after_reboot(-86400), 3600));
	CHECK_INT(q.n_old, 0);
	make(60, 0);
	q.confirmed = true;
	CHECK_INT(after_reboot(600), -1);
}

TEST(quarantine_words)
{
	char text[64];

	make(60, 0);
	CHECK_STR(quarantine_until_text(&q, text, sizeof(text)), "");
	q.until = 1790000000;
	CHECK_STR(quarantine_until_text(&q, text, sizeof(text)), "until 2026-09-21T14:13:20Z");
}

/* ---- From where ---- */

static struct quarantine_open open_now;

TEST(quarantine_open_without_peer)
{
	struct subject who = {.pid = 1};
	struct conf *c = conf_new();
	char net[] = "10.0.0.0/8", one[] = "[2001:db8::1]:2222";
	char *allow[] = {net, one, net, NULL};

	CHECK_INT(quarantine_open_for(&who, c, &open_now, &why), -ENOTCONN);
	c->quarantine_allow = allow;
	CHECK_INT(quarantine_open_for(&who, c, &open_now, &why), 0);
	CHECK_INT(open_now.n_ssh, 2);
	CHECK_INT(open_now.ssh[0].port, QUARANTINE_SSH_PORT);
	CHECK_INT(open_now.ssh[1].port, 2222);
	/* A peer that the kernel knows nothing of. */
	str_copy(who.address, sizeof(who.address), "192.0.2.1");
	who.port = 1;
	CHECK_INT(quarantine_open_for(&who, c, &open_now, &why), -ESRCH);
	c->quarantine_allow = NULL;
	conf_free(c);
}

static int listener(uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, 4) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* `from`: our own port; 0: any. */
static int connection_from(uint16_t from, uint16_t port, uint16_t *ret_port)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_port = htons(from),
				   .sin_addr = {htonl(INADDR_LOOPBACK)}},
			   there = here;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	socklen_t n = sizeof(here);

	there.sin_port = htons(port);
	CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
	CHECK(bind(fd, (struct sockaddr *)&here, n) == 0);
	CHECK(connect(fd, (struct sockaddr *)&there, n) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&here, &n) == 0);
	*ret_port = ntohs(here.sin_port);
	return fd;
}

static int connection(uint16_t port, uint16_t *ret_port)
{
	return connection_from(0, port, ret_port);
}

#define MANY (QUARANTINE_OLD_MAX + 20)

TEST(quarantine_many_connections_of_before)
{
	uint16_t port, theirs;
	int server = listener(&port), all[MANY];

	CHECK(listen(server, MANY) == 0);
	for (int i = 0; i < MANY; i++)
		all[i] = connection(port, &theirs);
	make(60, 0);
	q.open.ssh[0] = address("127.0.0.0/8");
	q.open.ssh[0].port = port;
	CHECK_INT(quarantine_note_old(&q, &why), 0);
	CHECK_INT(q.n_old, QUARANTINE_OLD_MAX);
	for (int i = 0; i < MANY; i++)
		close(all[i]);
	close(server);
}

#define OTHERS 8

/* Whoever is on this host can make more connections with the operator's address and port. */
TEST(quarantine_own_connection_among_others)
{
	struct subject who = {.pid = 1, .address = "127.0.0.1"};
	struct conf *c = conf_new();
	int server = listener(&who.local_port), one = connection(who.local_port, &who.port);
	int others[2 * OTHERS];
	uint16_t port;

	for (int i = 0; i < OTHERS; i++) {
		others[2 * i] = listener(&port);
		others[2 * i + 1] = connection_from(who.port, port, &port);
		CHECK_INT(port, who.port);
	}
	make(60, 0);
	CHECK_INT(quarantine_open_for(&who, c, &q.open, &why), 0);
	CHECK_INT(q.open.n_ssh, 1);
	CHECK_INT(q.open.ssh[0].port, who.local_port);
	for (int i = 0; i < 2 * OTHERS; i++)
		close(others[i]);
	close(server);
	close(one);
	conf_free(c);
}

TEST(quarantine_connections_of_before)
{
	struct subject who = {.pid = 1, .address = "127.0.0.1"};
	struct conf *c = conf_new();
	uint16_t port, second;
	int server = listener(&port), one = connection(port, &who.port), two;

	who.local_port = port;
	make(60, 0);
	CHECK_INT(quarantine_open_for(&who, c, &q.open, &why), 0);
	CHECK_INT(q.open.n_ssh, 1);
	CHECK_INT(q.open.ssh[0].port, port);
	CHECK_INT(quarantine_note_old(&q, &why), 0);
	CHECK(q.n_old >= 1);
	CHECK(!quarantine_is_new(&q, &who));
	two = connection(port, &second);
	who.port = second;
	CHECK(quarantine_is_new(&q, &who));
	/* Without ssh the process that asked is not it. */
	who.address[0] = '\0';
	who.pid = 7;
	CHECK(!quarantine_is_new(&q, &who));
	who.pid = 8;
	CHECK(quarantine_is_new(&q, &who));
	conf_free(c);
	close(server);
	close(one);
	close(two);
}

/* ---- Rules ---- */

static bool has_rule(const json_t *rules, const char *chain, const char *text)
{
	const json_t *list = json_object_get(rules, chain);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_eq(json_string_value(json_array_get(list, i)), text))
			return true;
	return false;
}

TEST(quarantine_rules_as_text)
{
	json_t *rules;

	make(60, 0);
	rules = quarantine_rules_json(&q.open);
	CHECK(rules);
	CHECK(has_rule(rules, "input",
		"meta nfproto ipv4 ip saddr 10.0.0.1 meta l4proto tcp tcp dport 22 accept"));
	CHECK(has_rule(rules, "input",
		"meta nfproto ipv6 ip6 saddr 2001:db8::/32 meta l4proto tcp tcp dport 2222 "
		"accept"));
	CHECK(has_rule(rules, "output",
		"meta nfproto ipv4 ip daddr 10.0.0.1 meta l4proto tcp tcp sport 22 "
		"tcp flags != 0x02 mask 0x17 accept"));
	CHECK(has_rule(rules, "output",
		"meta nfproto ipv4 ip daddr 10.0.0.53 meta l4proto udp udp dport 53 accept"));
	CHECK(has_rule(rules, "input",
		"meta nfproto ipv4 ip saddr 10.0.0.53 meta l4proto tcp tcp sport 53 "
		"tcp flags != 0x02 mask 0x17 accept"));
	CHECK(has_rule(rules, "output",
		"meta nfproto ipv4 ip daddr 255.255.255.255 meta l4proto udp udp sport 68 "
		"udp dport 67 accept"));
	CHECK(has_rule(rules, "output",
		"meta nfproto ipv6 meta l4proto icmpv6 icmpv6 type 136 ip6 hoplimit 255 "
		"rt ip6 nexthop != fe80::/10 accept"));
	CHECK(has_rule(rules, "input",
		"meta nfproto ipv6 meta l4proto icmpv6 icmpv6 type 134 ip6 hoplimit 255 "
		"ip6 saddr fe80::/10 accept"));
	CHECK_INT(json_array_size(json_object_get(rules, "forward")), 2);
	json_decref(rules);
	/* As many as there can be fit into one transaction. */
	for (q.open.n_ssh = 0; q.open.n_ssh < QUARANTINE_SSH_MAX; q.open.n_ssh++)
		q.open.ssh[q.open.n_ssh] = address("[2001:db8::/33]:2222");
	rules = quarantine_rules_json(&q.open);
	CHECK(rules);
	CHECK_INT(json_array_size(json_object_get(rules, "input")), QUARANTINE_SSH_MAX + 13);
	json_decref(rules);
}

TEST(quarantine_tells_of_mounts)
{
	static const char mounts[] = "/dev/sda1 / ext4 rw 0 0\n"
				     "srv:/home /home\\040of nfs4 rw 0 0\nodd line\n"
				     "lxcfs /var/lib/lxcfs fuse.lxcfs rw 0 0\n"
				     "//srv/x /mnt/\xff cifs rw 0 0\n"
				     "me@srv: /mnt/s fuse.sshfs rw 0 0";
	json_t *list = json_array();

	quarantine_note_mounts(list, span_str(mounts));
	CHECK_INT(json_array_size(list), 3);
	CHECK_STR(json_string_value(json_array_get(list, 0)),
		"nfs4 at /home of stands still meanwhile");
	CHECK_STR(json_string_value(json_array_get(list, 1)),
		"cifs at /mnt/\\xff stands still meanwhile");
	CHECK_STR(json_string_value(json_array_get(list, 2)),
		"fuse.sshfs at /mnt/s stands still meanwhile");
	json_decref(list);
}

/* In a network namespace of its own. */
static int in_force(void)
{
	make(60, 0);
	for (q.open.n_ssh = 0; q.open.n_ssh < QUARANTINE_SSH_MAX; q.open.n_ssh++)
		q.open.ssh[q.open.n_ssh] = address("[2001:db8::/33]:2222");
	if (quarantine_rules_check(&q.open, &why) != 0 || quarantine_rules_there(&why) != 0)
		return 1;
	if (quarantine_rules_apply(&q.open, &why) < 0)
		return 2;
	if (quarantine_rules_check(&q.open, &why) != 1 || quarantine_rules_there(&why) != 1)
		return 3;
	q.open.n_ssh--;
	if (quarantine_rules_check(&q.open, &why) != 0)
		return 4;
	if (quarantine_rules_apply(&q.open, &why) < 0 || quarantine_rules_check(&q.open, &why) != 1)
		return 5;
	if (quarantine_rules_remove(&why) < 0 || quarantine_rules_remove(&why) < 0)
		return 6;
	return quarantine_rules_there(&why) == 0 ? 0 : 7;
}

static int in_child(int (*fn)(void), int flags)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(flags) < 0)
			_exit(77);
		_exit(fn());
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void read_log(char *text, size_t size)
{
	char name[160];
	size_t n = 0;
	int fd;

	snprintf(name, sizeof(name), "%s/" AUDIT_FILE, dir);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t got = read(fd, text, size - 1);

		n = got > 0 ? (size_t)got : 0;
		auditfile_append_only(fd, false);
		close(fd);
	}
	text[n] = '\0';
	unlink(name);
}

/* One of somebody whose name is no text is over, and that is told. */
static int over(void)
{
	struct conf limits = {.audit_max_mb = 64, .audit_keep = 4};
	struct loop *loop = loop_new(&why);
	struct quarantine_watch *watch;
	struct audit *audit;
	char text[4096];

	fresh_dir();
	make(0, 0);
	str_copy(q.by, sizeof(q.by), "al\xffice");
	if (quarantine_store(dir, &q, &why) < 0)
		return 1;
	audit = audit_open(dir, &limits, &why);
	watch = quarantine_watch_new(loop, dir, audit, &why);
	quarantine_watch_free(watch);
	audit_close(audit);
	loop_free(loop);
	read_log(text, sizeof(text));
	fresh_dir();
	return watch && strstr(text, "\"before\":{\"id\":\"0123456789abcdef\",\"by\":{\"b64\":"
				     "\"YWz/aWNl\"}")
		       ? 0
		       : 2;
}

TEST(quarantine_over_of_an_odd_name)
{
	int r = in_child(over, CLONE_NEWNET);

	if (r == 77)
		SKIP("needs root and a network namespace");
	CHECK_INT(r, 0);
}

TEST(quarantine_rules_in_force)
{
	int r = in_child(in_force, CLONE_NEWNET);

	if (r == 77)
		SKIP("needs root and a network namespace");
	CHECK_INT(r, 0);
}

/* A kernel that knows no netlink of netfilter. */
static int without_nftables(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_NETFILTER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {ARRAY_LEN(code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		return 77;
	make(60, 0);
	if (quarantine_rules_apply(&q.open, &why) != -EPROTONOSUPPORT ||
		!strstr(why.text, "this kernel has no nftables"))
		return 1;
	return quarantine_rules_remove(&why) == -EPROTONOSUPPORT ? 0 : 2;
}

TEST(quarantine_without_nftables)
{
	int r = in_child(without_nftables, 0);

	if (r == 77)
		SKIP("needs seccomp");
	CHECK_INT(r, 0);
}

static int without_rights(void)
{
	if (setuid(65534) < 0)
		return 77;
	make(60, 0);
	return quarantine_rules_apply(&q.open, &why) == -EPERM ? 0 : 1;
}

TEST(quarantine_without_rights)
{
	int r = in_child(without_rights, 0);

	if (r == 77)
		SKIP("needs root");
	CHECK_INT(r, 0);
}

TEST(quarantine_out_of_memory)
{
	fresh_dir();
	make(60, 0);
	for (long n = 1;; n++) {
		json_t *rules;
		int r;

		failalloc_countdown = n;
		rules = quarantine_rules_json(&q.open);
		if (!failalloc_spent()) {
			failalloc_countdown = 0;
			CHECK(rules);
			json_decref(rules);
			break;
		}
		json_decref(rules);
		failalloc_countdown = n;
		r = quarantine_store(dir, &q, &why);
		CHECK(r == 0 || r == -ENOMEM);
		failalloc_countdown = n;
		r = quarantine_load(dir, &again, &why);
		CHECK(r >= 0 || r == -ENOMEM);
	}
	failalloc_countdown = 0;
	fresh_dir();
}

TEST_MAIN(&quarantine_file, &quarantine_of_an_odd_name, &quarantine_over_of_an_odd_name,
	&quarantine_file_refused, &quarantine_locks, &quarantine_ends,
	&quarantine_wall_clock_does_not_count, &quarantine_after_reboot, &quarantine_words,
	&quarantine_open_without_peer, &quarantine_many_connections_of_before,
	&quarantine_own_connection_among_others, &quarantine_connections_of_before,
	&quarantine_rules_as_text, &quarantine_tells_of_mounts, &quarantine_rules_in_force,
	&quarantine_without_nftables, &quarantine_without_rights, &quarantine_out_of_memory)
