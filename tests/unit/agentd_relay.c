/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a relay has given up by the time it does its work: looked at as it ends. */
#include "agentd/relay.h"

#include "agentd/role.h"
#include "agentd/worker.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err why;

/* Descriptors as the daemon gives them, out of each other's way. */
static void __attribute__((noreturn)) be_relay(int worker, int plan)
{
	int high[2] = {fcntl(worker, F_DUPFD, 16), fcntl(plan, F_DUPFD, 16)};

	dup2(high[0], RELAY_WORKER_FD);
	dup2(high[1], RELAY_PLAN_FD);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(1);
	raise(SIGSTOP);
	_exit(role_relay.run(NULL, 0, NULL));
}

static int seccomp_of(pid_t pid)
{
	char path[64], line[128];
	int mode = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			break;
	if (f)
		fclose(f);
	return mode;
}

/* The kind of filter that the relay has when it ends; what it told its worker first. */
static int mode_at_end(enum priv_relay_kind kind, const char *arg, int32_t *ret_status)
{
	const struct priv_relay plan = {.kind = kind, .arg = arg, .uid = getuid(), .gid = getgid()};
	int worker[2], plans[2], status, mode = -1;
	struct buf frame;
	pid_t pid;

	buf_init(&frame, PRIV_FRAME_MAX);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, worker) == 0);
	CHECK_INT(priv_pair(plans), 0);
	CHECK_INT(priv_put_relay(&frame, 0, &plan), 0);
	CHECK_INT(priv_send(plans[0], &frame, NULL, 0, true), 0);
	buf_done(&frame);
	pid = fork();
	if (pid == 0)
		be_relay(worker[1], plans[1]);
	close(worker[1]);
	close(plans[0]);
	close(plans[1]);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	CHECK(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACEEXIT) == 0);
	CHECK(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	/* Without a request it is at its end. */
	shutdown(worker[0], SHUT_WR);
	*ret_status = -1;
	CHECK(recv(worker[0], ret_status, sizeof(*ret_status), MSG_WAITALL) == sizeof(*ret_status));
	close(worker[0]);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		int signo = WSTOPSIG(status);

		if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXIT << 8))) {
			mode = seccomp_of(pid);
			signo = 0;
		}
		ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)signo);
	}
	return mode;
}

TEST(relays_are_filtered)
{
	static const struct {
		enum priv_relay_kind kind;
		const char *arg;
	} all[] = {{PRIV_RELAY_WEB, ""}, {PRIV_RELAY_FILE, "/proc/sys/kernel/ostype"},
		{PRIV_RELAY_NETLINK, ""}, {PRIV_RELAY_BPF, "0"}};
	int32_t status;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		int mode = mode_at_end(all[i].kind, all[i].arg, &status);

		CHECK_INT(status, 0);
		if (mode != 2)
			FAIL("relay %d ends with filter %d", (int)all[i].kind, mode);
	}
}

static int with_bpf(void)
{
	union bpf_attr attr = {.start_id = 0};

	if (sandbox_filter(SANDBOX_BPF, &why) < 0)
		return 1;
	/* Refused by the kernel, if at all, and then for want of rights or of programs. */
	if (syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr)) < 0 && errno != ENOENT &&
		errno != EPERM && errno != ENOSYS)
		return 2;
	for (int command = 0; command < 64; command++) {
		/* Of no size: refused by the kernel otherwise than by the filter. */
		bool allowed = syscall(SYS_bpf, command, NULL, UINT32_MAX) < 0 && errno != EPERM;
		bool listing = command == BPF_PROG_GET_NEXT_ID ||
			       command == BPF_PROG_GET_FD_BY_ID ||
			       command == BPF_OBJ_GET_INFO_BY_FD;

		if (allowed != listing && geteuid() == 0)
			return 3;
	}
	return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? 0 : 4;
}

TEST(listing_programs_is_all_of_bpf)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(with_bpf());
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

TEST_MAIN(&relays_are_filtered, &listing_programs_is_all_of_bpf)
