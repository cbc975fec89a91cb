/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes held by pidfd, who may be touched, signals' names. What is done to them: tests/e2e. */
#include "agentd/procfacts.h"
#include "agentd/procguard.h"
#include "agentd/signame.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct root *root;
static struct procfs fs;

static void begin(void)
{
	if (!root)
		root = root_new("/", NULL);
	if (!root || (!fs.root && procfs_init(&fs, root) < 0))
		SKIP("no /proc");
}

static pid_t child(void)
{
	pid_t pid = fork();

	while (pid == 0)
		pause();
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(signals_by_name)
{
	char buf[SIGNAME_MAX];

	CHECK_INT(signame_read("TERM"), SIGTERM);
	CHECK_INT(signame_read("SIGKILL"), SIGKILL);
	CHECK_INT(signame_read("sigusr1"), SIGUSR1);
	CHECK_INT(signame_read("64"), 64);
	CHECK_INT(signame_read("0"), -EINVAL);
	CHECK_INT(signame_read("65"), -EINVAL);
	CHECK_INT(signame_read("-9"), -EINVAL);
	CHECK_INT(signame_read("SIG"), -EINVAL);
	CHECK_INT(signame_read(""), -EINVAL);
	CHECK_STR(signame(SIGHUP, buf), "HUP");
	CHECK_STR(signame(40, buf), "RT40");
}

TEST(held_until_it_ends)
{
	struct pidref p = PIDREF_NONE;
	pid_t pid;

	begin();
	pid = child();
	CHECK_INT(pidref_open(&fs, pid, &p, NULL), 0);
	CHECK(!pidref_ended(&p));
	CHECK_INT(pidref_signal(&p, SIGSTOP), 0);
	CHECK_INT(pidref_wait_stopped(&p, true, INT64_MAX), 'T');
	CHECK_INT(pidref_signal(&p, SIGKILL), 0);
	CHECK(pidref_wait_end(&p, INT64_MAX));
	CHECK_INT(pidref_state(&p), 'Z');
	waitpid(pid, NULL, 0);
	CHECK(pidref_ended(&p));
	CHECK_INT(pidref_state(&p), 0);
	CHECK_INT(pidref_signal(&p, SIGKILL), -ESRCH);
	pidref_close(&p);
	CHECK_INT(pidref_open(&fs, pid, &p, NULL), -ESRCH);
	pidref_close(&p);
}

TEST(identity_is_of_what_stays)
{
	char one[ACTION_IDENTITY_MAX + 1], two[ACTION_IDENTITY_MAX + 1];
	struct procfacts f;
	struct pidref p;

	begin();
	CHECK_INT(pidref_open(&fs, getpid(), &p, NULL), 0);
	CHECK_INT(procfacts_read(&fs, &p, &f), 0);
	CHECK_INT(f.uid, getuid());
	CHECK_INT(f.parent, getppid());
	CHECK(f.exe_ino && f.boot_id[0]);
	CHECK_INT(procfacts_identity(&f, one), 0);
	f.name[0] ^= 1;
	buf_reset(&f.cmdline);
	CHECK_INT(procfacts_identity(&f, two), 0);
	CHECK_STR(one, two);
	f.start++;
	CHECK_INT(procfacts_identity(&f, two), 0);
	CHECK(strcmp(one, two) != 0);
	f.start--;
	f.exe_ino++;
	CHECK_INT(procfacts_identity(&f, two), 0);
	CHECK(strcmp(one, two) != 0);
	procfacts_done(&f);
	pidref_close(&p);
}

static const char *why(const struct procguard *g, pid_t pid)
{
	struct procfs_stat st;
	const char *said = "there is none";
	struct pidref p;
	struct buf text;

	if (pidref_open(&fs, pid, &p, NULL) < 0)
		return said;
	buf_init(&text, PROCFS_FILE_MAX);
	if (pidref_stat(&p, &text, &st) == 0)
		said = procguard_why(g, &p, &st);
	buf_done(&text);
	pidref_close(&p);
	return said;
}

TEST(who_may_never_be_touched)
{
	struct procguard *g = malloc(sizeof(*g));
	pid_t pid;

	begin();
	CHECK(g);
	pid = child();
	procguard_init(g, &fs, 0);
	CHECK(why(g, 1));
	CHECK(why(g, getpid()));
	CHECK(why(g, getppid()));
	/* It runs this program, and is below the one that stands for the daemon. */
	CHECK_STR(why(g, pid), "is a part of the agent");
	g->exe_ino++;
	CHECK(!why(g, pid));
	procguard_init(g, &fs, pid);
	g->exe_ino++;
	CHECK_STR(why(g, pid), "carries the session that asks");
	end(pid);
	free(g);
}

TEST(threads_of_the_kernel)
{
	struct procguard *g = malloc(sizeof(*g));
	struct procfs_stat st = {.flags = PROCFS_PF_KTHREAD, .ppid = 2};
	struct pidref p = {.pid = 77777, .fd = -1, .proc.fd = -1};

	begin();
	CHECK(g);
	procguard_init(g, &fs, 0);
	CHECK_STR(procguard_why(g, &p, &st), "is a thread of the kernel");
	p.pid = 1;
	st.flags = 0;
	CHECK_STR(procguard_why(g, &p, &st), "is the first process of the machine");
	free(g);
}

TEST(done)
{
	procfs_done(&fs);
	root_free(root);
}

TEST_MAIN(&signals_by_name, &held_until_it_ends, &identity_is_of_what_stays,
	&who_may_never_be_touched, &threads_of_the_kernel, &done)
