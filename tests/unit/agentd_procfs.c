/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/procfs.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIXTURE "tests/fixtures/proc-host"

#define STAT_TAIL                                                                                  \
	" S 7 8 9 0 -1 2129984 1 2 3 4 150 50 7 8 20 -5 17 0 12345 174080000 4000 "                \
	"18446744073709551615 1 1"

static struct span text(const char *s)
{
	return span_str(s);
}

static bool is(struct span s, const char *want)
{
	return span_eq(s, want);
}

TEST(stat_fields)
{
	struct procfs_stat st;

	CHECK_INT(procfs_stat_parse(text("42 (cat)" STAT_TAIL "\n"), &st), 0);
	CHECK(is(st.comm, "cat"));
	CHECK_INT(st.state, 'S');
	CHECK_INT(st.ppid, 7);
	CHECK_INT(st.pgrp, 8);
	CHECK_INT(st.session, 9);
	CHECK_INT(st.flags & PROCFS_PF_KTHREAD, PROCFS_PF_KTHREAD);
	CHECK_INT(st.utime, 150);
	CHECK_INT(st.stime, 50);
	CHECK_INT(st.nice, -5);
	CHECK_INT(st.threads, 17);
	CHECK_INT(st.start, 12345);
	CHECK_INT(st.vsize, 174080000);
}

TEST(stat_names_that_look_like_fields)
{
	static const char *const names[] = {
		"a) R 1 2 3", "(", ")", "((x))", "", "a\nb", "\xff\xfe", ") S 1 (", "1 (b) R 0"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct procfs_stat st;
		char line[256];

		snprintf(line, sizeof(line), "42 (%s)" STAT_TAIL "\n", names[i]);
		CHECK_INT(procfs_stat_parse(text(line), &st), 0);
		CHECK(is(st.comm, names[i]));
		CHECK_INT(st.ppid, 7);
	}
}

TEST(stat_that_is_none)
{
	static const char *const bad[] = {"", "42", "42 (cat", "42 cat) S", ")(", "42 (cat)",
		"42 (cat) ", "42 (cat) SS 1 2", "42 (cat) S x 8 9 0 -1 0 1 2 3 4 5 6 7 8 9 0 1 2 3",
		"42 (cat) S 1 8 9 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 99",
		"42 (cat) S 1 8 9 0 -1 0 1 2 3 4 -5 6 7 8 20 0 1 0 99 1",
		"42 (cat) S 1 8 9 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 99999999999999999999999 1"};
	struct procfs_stat st = {.ppid = 77};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(procfs_stat_parse(text(bad[i]), &st), -EBADMSG);
	CHECK_INT(procfs_stat_parse((struct span){NULL, 0}, &st), -EBADMSG);
	CHECK_INT(st.ppid, 77);
}

TEST(status_fields)
{
	struct procfs_status st;

	CHECK_INT(procfs_status_parse(text("Name:\tx\\nUid:\t9\t9\t9\t9\nTgid:\t42\n"
					   "Uid:\t0\t1\t2\t4294967295\nGid:\t5\t6\t7\t8\n"
					   "VmRSS:\t    4000 kB\nThreads:\t1\n"),
			  &st),
		0);
	CHECK_INT(st.tgid, 42);
	CHECK_INT(st.uid[PROCFS_ID_REAL], 0);
	CHECK_INT(st.uid[PROCFS_ID_EFFECTIVE], 1);
	CHECK_INT(st.uid[PROCFS_ID_SAVED], 2);
	CHECK_INT(st.uid[PROCFS_ID_FS], UINT32_MAX);
	CHECK_INT(st.gid[PROCFS_ID_SAVED], 7);
	CHECK_INT(st.rss, 4096000);
	CHECK_INT(procfs_status_parse(text("Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"), &st), 0);
	CHECK_INT(st.rss, 0);
	CHECK_INT(st.tgid, 0);
	CHECK_INT(procfs_status_parse(text("Uid:\t0\t0\t0\nGid:\t0\t0\t0\t0\n"), &st), -EBADMSG);
	CHECK_INT(procfs_status_parse(text("Uid:\t0\t0\t0\t4294967296\nGid:\t0\t0\t0\t0\n"), &st),
		-EBADMSG);
	CHECK_INT(procfs_status_parse((struct span){NULL, 0}, &st), -EBADMSG);
}

TEST(io_fields)
{
	struct procfs_io io;

	CHECK_INT(procfs_io_parse(text("rchar: 1\nread_bytes: 40960\nwrite_bytes: "
				       "8192\ncancelled_write_bytes: 1\n"),
			  &io),
		0);
	CHECK_INT(io.read_bytes, 40960);
	CHECK_INT(io.write_bytes, 8192);
	CHECK_INT(io.cancelled_write_bytes, 1);
	CHECK_INT(procfs_io_parse(text("read_bytes: 1\nwrite_bytes: x\n"), &io), -EBADMSG);
	CHECK_INT(procfs_io_parse((struct span){NULL, 0}, &io), -EBADMSG);
}

TEST(cgroup_and_links)
{
	uint64_t n = 7;

	CHECK(is(procfs_cgroup_path(text("0::/a:b/c\n1:x:/other\n")), "/a:b/c"));
	CHECK(is(procfs_cgroup_path(text("12:cpu,cpuacct:/x\n")), "/x"));
	CHECK(is(procfs_cgroup_path(text("garbage")), ""));
	CHECK(is(procfs_cgroup_path(text("")), ""));
	CHECK(procfs_link_number(text("socket:[123]"), "socket", &n) && n == 123);
	CHECK(!procfs_link_number(text("socket:[]"), "socket", &n));
	CHECK(!procfs_link_number(text("socket:["), "socket", &n));
	CHECK(!procfs_link_number(text("socket:[12"), "socket", &n));
	CHECK(!procfs_link_number(text("/tmp/socket:[12]"), "socket", &n));
	CHECK(!procfs_link_number(text("socket:[1 2]"), "socket", &n));
	CHECK(!procfs_link_number(text("socket:[99999999999999999999]"), "socket", &n));
	CHECK(n == 123);
}

TEST(command_lines)
{
	struct buf b;

	buf_init(&b, 64);
	buf_add(&b, "a\0b c\0\0\0", 8);
	CHECK(is(procfs_cmdline_text(&b), "a b c"));
	buf_reset(&b);
	buf_add(&b, "\0\0", 2);
	CHECK(is(procfs_cmdline_text(&b), ""));
	buf_done(&b);
	CHECK(is(procfs_cmdline_text(&b), ""));
}

TEST(ticks_do_not_overflow)
{
	struct procfs fs = {.hz = 100};

	CHECK_INT(procfs_ms(&fs, 0), 0);
	CHECK_INT(procfs_ms(&fs, 151), 1510);
	CHECK_INT(procfs_ms(&fs, INT64_MAX / 1000), INT64_MAX / 100 - 8);
	CHECK_INT(procfs_ms(&fs, UINT64_MAX), INT64_MAX);
}

/* ---- Files ---- */

static struct root *root;
static struct procfs fs;

static void open_root(const char *path)
{
	struct err err;

	root = root_new(path, &err);
	CHECK(root != NULL);
	CHECK_INT(procfs_init(&fs, root), 0);
}

static void close_root(void)
{
	procfs_done(&fs);
	root_free(root);
	root = NULL;
}

TEST(captured)
{
	struct procfs_list l;
	struct procfs_proc p;
	struct buf b;
	uint64_t ns;
	int32_t pid;
	int64_t sum = 0;

	open_root(FIXTURE);
	CHECK_INT(procfs_boot_time(&fs), 1700000000);
	CHECK_INT(procfs_list_init(&l, &fs), 0);
	while (procfs_list_next(&l, &pid) > 0)
		sum += pid;
	procfs_list_done(&l);
	CHECK_INT(sum, 1 + 2 + 100 + 101 + 102 + 103 + 104);
	CHECK_INT(procfs_open(&fs, 101, &p), 0);
	buf_init(&b, PROCFS_FILE_MAX);
	CHECK_INT(procfs_link(&p, "exe", &b), 0);
	CHECK_STR(buf_str(&b), "/tmp/.x/evil (deleted)");
	CHECK_INT(procfs_namespace(&p, "net", &ns), 0);
	CHECK_INT(ns, 4026531840);
	CHECK_INT(procfs_read(&p, "stat", &b), 0);
	CHECK_INT(procfs_read(&p, "nothing", &b), -ENOENT);
	CHECK_INT(procfs_read(&p, "fd", &b), -EINVAL);
	CHECK_INT(procfs_list_fds(&l, &p), 0);
	for (sum = 0; procfs_list_next(&l, &pid) > 0; sum += pid)
		CHECK_INT(procfs_list_link(&l, pid, &b), 0);
	CHECK_INT(sum, 3 + 4 + 5 + 6 + 7 + 8 + 9);
	procfs_list_done(&l);
	procfs_close(&p);
	CHECK_INT(procfs_open(&fs, 105, &p), -ENOENT);
	buf_done(&b);
	close_root();
}

static char enemy[] = "/tmp/tocsin-proc.XXXXXX";

static const char *in_enemy(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", enemy, name);
	return path;
}

static void make_enemy(void)
{
	CHECK(mkdtemp(enemy) != NULL);
	CHECK_INT(close(creat(in_enemy("secret"), 0600)), 0);
	CHECK_INT(mkdir(in_enemy("proc"), 0755), 0);
	CHECK_INT(mkdir(in_enemy("proc/6"), 0755), 0);
	CHECK_INT(symlink("/proc/self", in_enemy("proc/5")), 0);
	CHECK_INT(symlink("../../secret", in_enemy("proc/6/stat")), 0);
	CHECK_INT(symlink("/proc/self/net", in_enemy("proc/6/net")), 0);
	CHECK_INT(symlink("/proc/self/fd", in_enemy("proc/6/fd")), 0);
	CHECK_INT(mkfifo(in_enemy("proc/6/status"), 0644), 0);
}

static void remove_enemy(void)
{
	static const char *const names[] = {"proc/6/stat", "proc/6/net", "proc/6/fd",
		"proc/6/status", "proc/6", "proc/5", "proc", "secret", ""};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		remove(in_enemy(names[i]));
}

/* Links, fifos and files in the wrong place lead nowhere and block nothing. */
TEST(captured_by_an_enemy)
{
	struct procfs_list l;
	struct procfs_proc p;
	struct buf b;

	make_enemy();
	open_root(enemy);
	buf_init(&b, PROCFS_FILE_MAX);
	CHECK(procfs_open(&fs, 5, &p) < 0);
	CHECK_INT(procfs_open(&fs, 6, &p), 0);
	CHECK_INT(procfs_read(&p, "stat", &b), -ELOOP);
	CHECK(procfs_read(&p, "net/tcp", &b) < 0);
	CHECK_INT(procfs_read(&p, "status", &b), -EINVAL);
	CHECK(procfs_list_fds(&l, &p) < 0);
	procfs_close(&p);
	buf_done(&b);
	close_root();
	remove_enemy();
}

TEST(ourselves)
{
	struct procfs_proc p;
	struct procfs_stat st;
	struct procfs_status status;
	struct buf b;

	open_root("/");
	buf_init(&b, PROCFS_FILE_MAX);
	CHECK_INT(procfs_open_process(&fs, getpid(), &p), 0);
	CHECK_INT(procfs_read(&p, "stat", &b), 0);
	CHECK_INT(procfs_stat_parse((struct span){b.p, b.len}, &st), 0);
	CHECK_INT(st.ppid, getppid());
	CHECK_INT(procfs_read(&p, "status", &b), 0);
	CHECK_INT(procfs_status_parse((struct span){b.p, b.len}, &status), 0);
	CHECK_INT(status.tgid, getpid());
	CHECK_INT(status.uid[PROCFS_ID_EFFECTIVE], geteuid());
	CHECK(status.rss > 0);
	CHECK(!procfs_gone(&p));
	procfs_close(&p);
	CHECK(procfs_boot_time(&fs) > 1000000000);
	buf_done(&b);
	close_root();
}

/* A descriptor of a dead process's directory never shows the next one of that number. */
TEST(gone)
{
	struct procfs_proc p;
	struct buf b;
	int fds[2];
	pid_t pid;

	CHECK_INT(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		_exit(read(fds[0], &pid, 1) != 0);
	}
	open_root("/");
	CHECK_INT(procfs_open(&fs, pid, &p), 0);
	CHECK(!procfs_gone(&p));
	close(fds[0]);
	close(fds[1]);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	CHECK(procfs_gone(&p));
	buf_init(&b, PROCFS_FILE_MAX);
	CHECK(procfs_read(&p, "stat", &b) < 0);
	buf_done(&b);
	procfs_close(&p);
	close_root();
}

/* What is longer than the buffer may get is cut there and said to be. */
TEST(cut)
{
	struct procfs_proc p;
	struct buf b;

	open_root("/");
	CHECK_INT(procfs_open_self(&fs, &p), 0);
	for (size_t max = 0; max < 64; max += 7) {
		buf_init(&b, max);
		CHECK_INT(procfs_read(&p, "status", &b), -EMSGSIZE);
		CHECK_INT(b.len, max);
		buf_done(&b);
	}
	procfs_close(&p);
	close_root();
}

TEST_MAIN(&stat_fields, &stat_names_that_look_like_fields, &stat_that_is_none, &status_fields,
	&io_fields, &cgroup_and_links, &command_lines, &ticks_do_not_overflow, &captured,
	&captured_by_an_enemy, &ourselves, &gone, &cut)
