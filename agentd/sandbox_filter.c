/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The system calls of a worker: those that reading needs, and nothing else. What is not here fails
 * with EPERM; a few that libraries try first fail with ENOSYS, so that they go on without.
 */
#include "agentd/sandbox.h"

#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <linux/netlink.h>
#include <linux/raid/md_u.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Not to be seen through libc's own flag, which holds O_DIRECTORY as well. */
#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)
#define WRITE_FLAGS (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | TMPFILE_BIT)

/* Whatever their arguments. */
static const int plain[] = {
	/* Files and directories that are open, or are looked at. */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(getdents64),
	SCMP_SYS(fadvise64),
	SCMP_SYS(dup),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd),
	SCMP_SYS(getxattr),
	SCMP_SYS(lgetxattr),
	SCMP_SYS(fgetxattr),
	SCMP_SYS(listxattr),
	SCMP_SYS(llistxattr),
	SCMP_SYS(flistxattr),
	SCMP_SYS(name_to_handle_at),
	/* Answers: no descriptor for writing is open but the client's, the daemon's, stderr. */
	SCMP_SYS(write),
	SCMP_SYS(writev),
	/* Memory; see below for mmap and mprotect. */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(membarrier),
	/* Threads, see below for clone; signals to itself. */
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(gettid),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	/* The event loop. */
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd2),
	SCMP_SYS(signalfd4),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	/* What there is to be told of itself and the machine. */
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getpgrp),
	SCMP_SYS(getpgid),
	SCMP_SYS(getsid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getresuid),
	SCMP_SYS(getresgid),
	SCMP_SYS(getgroups),
	SCMP_SYS(capget),
	SCMP_SYS(getrlimit),
	SCMP_SYS(getrusage),
	SCMP_SYS(times),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getcpu),
	SCMP_SYS(getrandom),
	/* Time. */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	/* Sockets: netlink ones, those of relays, the client's; none can be connected. */
	SCMP_SYS(bind),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(shutdown),
};

static const int absent[] = {
	/* Its flags stand in memory, where no filter sees them; root.c walks by hand instead. */
	SCMP_SYS(openat2),
	/* Likewise; libc uses clone then. */
	SCMP_SYS(clone3),
};

static const unsigned fcntls[] = {
	F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_DUPFD, F_DUPFD_CLOEXEC, F_GET_SEALS};

static const unsigned long ioctls[] = {FIONREAD, TCGETS, FS_IOC_GETFLAGS, FS_IOC_FSGETXATTR,
	BLKGETSIZE64, BLKSSZGET, BLKPBSZGET, BLKROGET, BLKIOMIN, BLKIOOPT, BLKALIGNOFF,
	GET_ARRAY_INFO, GET_DISK_INFO, SIOCETHTOOL};

struct filter {
	scmp_filter_ctx ctx;
	int r;
};

static void allow(struct filter *f, int call, unsigned n, const struct scmp_arg_cmp *args)
{
	/* What this machine does not have needs no rule. */
	if (f->r == 0 && call >= 0)
		f->r = seccomp_rule_add_array(f->ctx, SCMP_ACT_ALLOW, call, n, args);
}

#define ALLOW(f, call, ...)                                                                        \
	allow((f), (call), ARRAY_LEN(((struct scmp_arg_cmp[]){__VA_ARGS__})),                      \
		(struct scmp_arg_cmp[]){__VA_ARGS__})
/* All of `mask` is clear. */
#define CLEAR(arg, mask) SCMP_CMP64((arg), SCMP_CMP_MASKED_EQ, (uint64_t)(mask), 0)
#define SET(arg, mask)	 SCMP_CMP64((arg), SCMP_CMP_MASKED_EQ, (uint64_t)(mask), (uint64_t)(mask))
#define IS(arg, value)	 SCMP_CMP64((arg), SCMP_CMP_EQ, (uint64_t)(value))

static void allow_files(struct filter *f)
{
	ALLOW(f, SCMP_SYS(open), CLEAR(1, WRITE_FLAGS));
	ALLOW(f, SCMP_SYS(openat), CLEAR(2, WRITE_FLAGS));
	for (size_t i = 0; i < ARRAY_LEN(fcntls); i++)
		ALLOW(f, SCMP_SYS(fcntl), IS(1, fcntls[i]));
	for (size_t i = 0; i < ARRAY_LEN(ioctls); i++)
		ALLOW(f, SCMP_SYS(ioctl), SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, UINT32_MAX, ioctls[i]));
}

/*
 * Nothing becomes executable but what a file holds, and no file can be written; memory that is
 * shared would not be counted by the limit.
 */
static void allow_memory(struct filter *f)
{
	ALLOW(f, SCMP_SYS(mmap), CLEAR(2, PROT_EXEC), CLEAR(3, MAP_SHARED));
	ALLOW(f, SCMP_SYS(mmap), CLEAR(2, PROT_WRITE), CLEAR(3, MAP_ANONYMOUS));
	ALLOW(f, SCMP_SYS(mprotect), CLEAR(2, PROT_EXEC));
}

static void allow_processes(struct filter *f)
{
	const pid_t self = getpid();

	ALLOW(f, SCMP_SYS(clone), SET(0, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND));
	/* abort(3), by which a broken heap ends the worker. */
	ALLOW(f, SCMP_SYS(tgkill), IS(0, self));
	/* Is there such a process? hidden_processes asks so. */
	ALLOW(f, SCMP_SYS(kill), IS(1, 0));
	ALLOW(f, SCMP_SYS(pidfd_open), IS(1, 0));
	ALLOW(f, SCMP_SYS(prlimit64), IS(2, 0));
	ALLOW(f, SCMP_SYS(prctl), IS(0, PR_SET_NAME));
	ALLOW(f, SCMP_SYS(prctl), IS(0, PR_GET_NAME));
	ALLOW(f, SCMP_SYS(prctl), IS(0, PR_CAPBSET_READ));
#ifdef PR_SET_VMA /* malloc names its areas */
	ALLOW(f, SCMP_SYS(prctl), IS(0, PR_SET_VMA));
#endif
}

static void allow_sockets(struct filter *f)
{
	/* Lists of addresses, routes and sockets; to change any of it takes a capability. */
	ALLOW(f, SCMP_SYS(socket), IS(0, AF_NETLINK), IS(2, NETLINK_ROUTE));
	ALLOW(f, SCMP_SYS(socket), IS(0, AF_NETLINK), IS(2, NETLINK_SOCK_DIAG));
	ALLOW(f, SCMP_SYS(setsockopt), IS(1, SOL_SOCKET), IS(2, SO_RCVTIMEO));
	ALLOW(f, SCMP_SYS(setsockopt), IS(1, SOL_SOCKET), IS(2, SO_SNDTIMEO));
}

/* What libcurl and the resolver need. No unix sockets: services of this machine trust them. */
static void allow_network(struct filter *f)
{
	static const int calls[] = {SCMP_SYS(connect), SCMP_SYS(socketpair), SCMP_SYS(pipe2),
		SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg), SCMP_SYS(setsockopt)};

	ALLOW(f, SCMP_SYS(socket), IS(0, AF_INET));
	ALLOW(f, SCMP_SYS(socket), IS(0, AF_INET6));
	ALLOW(f, SCMP_SYS(ioctl), IS(1, FIONBIO));
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		allow(f, calls[i], 0, NULL);
}

/* What loads, changes or attaches something is not among them. */
static void allow_bpf(struct filter *f)
{
	static const unsigned commands[] = {
		BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, BPF_OBJ_GET_INFO_BY_FD};

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		ALLOW(f, SCMP_SYS(bpf), SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, UINT32_MAX, commands[i]));
}

int sandbox_filter(enum sandbox_more more, struct err *err)
{
	struct filter f = {.ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))};

	if (!f.ctx)
		return err_sys(err, ENOMEM, "system call filter");
	f.r = seccomp_attr_set(f.ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* A tree of comparisons instead of a list, where the library can. */
	(void)seccomp_attr_set(f.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		allow(&f, plain[i], 0, NULL);
	for (size_t i = 0; i < ARRAY_LEN(absent) && f.r == 0; i++)
		f.r = seccomp_rule_add(f.ctx, SCMP_ACT_ERRNO(ENOSYS), absent[i], 0);
	allow_files(&f);
	allow_memory(&f);
	allow_processes(&f);
	allow_sockets(&f);
	if (more == SANDBOX_NETWORK)
		allow_network(&f);
	if (more == SANDBOX_BPF)
		allow_bpf(&f);
	if (f.r == 0)
		f.r = seccomp_load(f.ctx);
	seccomp_release(f.ctx);
	return f.r < 0 ? err_sys(err, -f.r, "cannot install the system call filter") : 0;
}
