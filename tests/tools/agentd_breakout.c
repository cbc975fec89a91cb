/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table `breakout` for a variant of the agent that tests build (build/tools/agentd_breakout): a
 * worker that was made to run hostile code. Each row is something that it tried and what came of
 * it; with `what = '…'` it does one thing that ends the worker, or should.
 */
#include "agentd/broker.h"
#include "agentd/priv.h"
#include "agentd/table.h"
#include "common/clock.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { NAME, ERROR, DONE, WHAT, FOLDER };

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "What was tried"},
	{"error", COL_TEXT, 0, "Why it failed"},
	{"done", COL_INTEGER, 0, "1: it worked"},
	{"what", COL_TEXT, COL_ADDITIONAL | COL_HIDDEN, "One thing to do"},
	{"folder", COL_TEXT, COL_ADDITIONAL | COL_HIDDEN, "A folder that everybody may write to"},
	COL_END,
};

#define SYS(...) syscall(__VA_ARGS__)

/* Calls that newer machines do not have. */
#ifndef SYS_open
#define SYS_open    -1
#define SYS_creat   -1
#define SYS_mkdir   -1
#define SYS_rmdir   -1
#define SYS_unlink  -1
#define SYS_rename  -1
#define SYS_link    -1
#define SYS_symlink -1
#define SYS_chmod   -1
#define SYS_chown   -1
#define SYS_mknod   -1
#define SYS_fork    -1
#endif

static char folder[256];

static const char *in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static const char *victim(void)
{
	return in_folder("victim");
}

/* ---- Files ---- */

#define TRY(id, call)                                                                              \
	static long try_##id(void)                                                                 \
	{                                                                                          \
		return (long)(call);                                                               \
	}

TRY(open_write, SYS(SYS_open, victim(), O_WRONLY))
TRY(open_rdwr, SYS(SYS_open, victim(), O_RDWR))
TRY(open_creat, SYS(SYS_open, in_folder("new"), O_RDONLY | O_CREAT, 0666))
TRY(open_trunc, SYS(SYS_open, victim(), O_RDONLY | O_TRUNC))
TRY(open_append, SYS(SYS_open, victim(), O_WRONLY | O_APPEND))
TRY(open_tmpfile, SYS(SYS_open, folder, O_TMPFILE | O_WRONLY, 0600))
TRY(openat_write, SYS(SYS_openat, AT_FDCWD, victim(), O_WRONLY))
TRY(creat, SYS(SYS_creat, in_folder("new"), 0666))
TRY(proc_self_mem, SYS(SYS_open, "/proc/self/mem", O_RDWR))
TRY(sysctl_write, SYS(SYS_open, "/proc/sys/kernel/core_pattern", O_WRONLY))
TRY(mkdir, SYS(SYS_mkdir, in_folder("dir"), 0777))
TRY(rmdir, SYS(SYS_rmdir, in_folder("sub")))
TRY(unlink, SYS(SYS_unlink, victim()))
TRY(unlinkat, SYS(SYS_unlinkat, AT_FDCWD, victim(), 0))
TRY(rename, SYS(SYS_rename, victim(), "/dev/null/x"))
TRY(truncate, SYS(SYS_truncate, victim(), 0))
TRY(chmod, SYS(SYS_chmod, victim(), 04777))
TRY(fchmodat, SYS(SYS_fchmodat, AT_FDCWD, victim(), 0777))
TRY(chown, SYS(SYS_chown, victim(), 0, 0))
TRY(utimensat, SYS(SYS_utimensat, AT_FDCWD, victim(), NULL, 0))
TRY(setxattr, SYS(SYS_setxattr, victim(), "user.x", "y", 1, 0))
TRY(mknod, SYS(SYS_mknod, in_folder("node"), 0010666, 0))
TRY(mq_open, SYS(SYS_mq_open, "x", O_CREAT | O_RDWR, 0600, NULL))
TRY(shmget, SYS(SYS_shmget, 0, 4096, 01600))
TRY(memfd, SYS(SYS_memfd_create, "x", 0))
TRY(fanotify, SYS(SYS_fanotify_init, 0, 0))
TRY(open_by_handle, SYS(SYS_open_by_handle_at, AT_FDCWD, "\0\0\0\0\0\0\0\0\0\0\0\0", 0))
TRY(file_setflags, SYS(SYS_ioctl, 0, 0x40086602, &(long){0}))
TRY(tiocsti, SYS(SYS_ioctl, 0, TIOCSTI, "x"))
TRY(fcntl_setown, SYS(SYS_fcntl, 0, F_SETOWN, getppid()))

static long try_openat2_write(void)
{
	struct open_how how = {.flags = O_WRONLY};

	return SYS(SYS_openat2, AT_FDCWD, victim(), &how, sizeof(how));
}

static long try_link(void)
{
	char from[512];

	snprintf(from, sizeof(from), "%s", victim());
	return SYS(SYS_link, from, in_folder("link"));
}

static long try_symlink(void)
{
	return SYS(SYS_symlink, "/etc/shadow", in_folder("symlink"));
}

static long try_parent_mem(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
	return SYS(SYS_open, path, O_RDWR);
}

/* ---- Processes ---- */

static long try_execve(void)
{
	char *argv[] = {(char *)"true", NULL};

	return SYS(SYS_execve, "/bin/true", argv, NULL);
}

static long try_execveat(void)
{
	char *argv[] = {(char *)"true", NULL};

	return SYS(SYS_execveat, AT_FDCWD, "/bin/true", argv, NULL, 0);
}

static long in_child(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid;
}

TRY(fork, in_child(SYS(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL)))
TRY(fork_old, in_child(SYS(SYS_fork)))
TRY(clone_ns, in_child(SYS(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL)))

static long try_clone3(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};

	return in_child(SYS(SYS_clone3, &args, sizeof(args)));
}

TRY(kill, SYS(SYS_kill, getppid(), SIGCONT))
TRY(kill_all, SYS(SYS_kill, -1, SIGCONT))
TRY(tkill, SYS(SYS_tkill, getppid(), SIGCONT))
TRY(tgkill, SYS(SYS_tgkill, getppid(), getppid(), SIGCONT))
TRY(sigqueue, SYS(SYS_rt_sigqueueinfo, getppid(), SIGCONT, NULL))

static long try_pidfd_signal(void)
{
	int fd = (int)SYS(SYS_pidfd_open, getppid(), 0);
	long r = SYS(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0);
	int e = errno;

	close(fd);
	errno = e;
	return r;
}

static long try_pidfd_getfd(void)
{
	int fd = (int)SYS(SYS_pidfd_open, getppid(), 0);
	long r = SYS(SYS_pidfd_getfd, fd, 2, 0);
	int e = errno;

	close(fd);
	errno = e;
	return r;
}

static long vm(long call, pid_t pid)
{
	static char here[16];
	struct iovec a = {here, sizeof(here)}, b = {here, sizeof(here)};

	return SYS(call, pid, &a, 1, &b, 1, 0);
}

TRY(ptrace_attach, SYS(SYS_ptrace, PTRACE_ATTACH, getppid(), NULL, NULL))
TRY(ptrace_seize, SYS(SYS_ptrace, PTRACE_SEIZE, getppid(), NULL, NULL))
TRY(ptrace_traceme, SYS(SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL))
TRY(vm_read, vm(SYS_process_vm_readv, getppid()))
TRY(vm_write, vm(SYS_process_vm_writev, getppid()))
TRY(prlimit_set, SYS(SYS_prlimit64, 0, RLIMIT_CPU, &(struct rlimit){1000, 1000}, NULL))
TRY(prlimit_other, SYS(SYS_prlimit64, getppid(), RLIMIT_NOFILE, &(struct rlimit){1, 1}, NULL))
TRY(setpriority, SYS(SYS_setpriority, PRIO_PROCESS, 0, 10))
TRY(personality, SYS(SYS_personality, 0x0040000))

/* ---- Rights ---- */

TRY(setuid, SYS(SYS_setuid, 0))
TRY(setresuid, SYS(SYS_setresuid, 0, 0, 0))
TRY(setgid, SYS(SYS_setgid, 0))
TRY(setgroups, SYS(SYS_setgroups, 0, NULL))
TRY(dumpable, SYS(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0))
TRY(keepcaps, SYS(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0))
TRY(seccomp, SYS(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL))
TRY(unshare, SYS(SYS_unshare, CLONE_NEWUSER))
TRY(unshare_mount, SYS(SYS_unshare, CLONE_NEWNS))
TRY(setns, SYS(SYS_setns, 0, 0))
TRY(chroot, SYS(SYS_chroot, folder))
TRY(pivot_root, SYS(SYS_pivot_root, folder, folder))
TRY(mount, SYS(SYS_mount, "none", folder, "tmpfs", 0, NULL))
TRY(umount, SYS(SYS_umount2, folder, 0))
TRY(open_tree, SYS(SYS_open_tree, AT_FDCWD, "/", 1))
TRY(fsopen, SYS(SYS_fsopen, "tmpfs", 0))
TRY(keyctl, SYS(SYS_keyctl, 0, -3, 1))
TRY(add_key, SYS(SYS_add_key, "user", "x", "y", 1, -3))

static long try_capset(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{~0u, ~0u, 0}, {~0u, ~0u, 0}};

	return SYS(SYS_capset, &head, data);
}

/* ---- The machine ---- */

TRY(bpf, SYS(SYS_bpf, BPF_PROG_GET_NEXT_ID, &(union bpf_attr){.start_id = 0},
		 sizeof(union bpf_attr)))
TRY(perf, SYS(SYS_perf_event_open, NULL, 0, -1, -1, 0))
TRY(userfaultfd, SYS(SYS_userfaultfd, 0))
TRY(io_uring, SYS(SYS_io_uring_setup, 1, NULL))
TRY(init_module, SYS(SYS_init_module, "", 0, ""))
TRY(finit_module, SYS(SYS_finit_module, 0, "", 0))
TRY(kexec, SYS(SYS_kexec_load, 0, 0, NULL, 0))
TRY(reboot, SYS(SYS_reboot, 0, 0, 0, NULL))
TRY(sethostname, SYS(SYS_sethostname, "evil", 4))
TRY(clock_settime, SYS(SYS_clock_settime, CLOCK_REALTIME, &(struct timespec){1, 0}))
TRY(settimeofday, SYS(SYS_settimeofday, NULL, NULL))
TRY(syslog_clear, SYS(SYS_syslog, 5, NULL, 0))
TRY(acct, SYS(SYS_acct, victim()))
TRY(swapon, SYS(SYS_swapon, victim(), 0))
TRY(quotactl, SYS(SYS_quotactl, 0, NULL, 0, NULL))
TRY(sync, SYS(SYS_syncfs, 0))

/* ---- Memory ---- */

static long mapped(void *p)
{
	return p == MAP_FAILED ? -1 : 0;
}

TRY(exec_memory,
	mapped(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)))
TRY(shared_memory,
	mapped(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)))

static long try_make_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

/* ---- The network ---- */

TRY(tcp, SYS(SYS_socket, AF_INET, SOCK_STREAM, 0))
TRY(tcp6, SYS(SYS_socket, AF_INET6, SOCK_STREAM, 0))
TRY(udp, SYS(SYS_socket, AF_INET, SOCK_DGRAM, 0))
TRY(raw, SYS(SYS_socket, AF_INET, SOCK_RAW, IPPROTO_RAW))
TRY(packet, SYS(SYS_socket, AF_PACKET, SOCK_RAW, 0))
TRY(unix, SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0))
TRY(vsock, SYS(SYS_socket, AF_VSOCK, SOCK_STREAM, 0))
TRY(alg, SYS(SYS_socket, AF_ALG, SOCK_SEQPACKET, 0))
TRY(netlink_audit, SYS(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT))
TRY(netlink_generic, SYS(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC))
TRY(netlink_netfilter, SYS(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER))
TRY(socketpair, SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, (int[2]){0}))
TRY(accept, SYS(SYS_accept4, 0, NULL, NULL, 0))
TRY(listen, SYS(SYS_listen, 0, 1))

static long try_attach_filter(void)
{
	struct sock_filter all = {.code = BPF_RET | BPF_K, .k = 0};
	struct sock_fprog program = {1, &all};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	long r = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	int e = errno;

	close(fd);
	errno = e;
	return r;
}

static long try_connect(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct sockaddr_nl a = {.nl_family = AF_NETLINK};
	long r = connect(fd, (struct sockaddr *)&a, sizeof(a));
	int e = errno;

	close(fd);
	errno = e;
	return r;
}

/* A request that changes something: the kernel's own word for it. */
static long change(int protocol, uint16_t type, const void *body, size_t n)
{
	struct {
		struct nlmsghdr h;
		char body[64];
	} m = {.h = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(n),
		       .nlmsg_type = type,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
	struct {
		struct nlmsghdr h;
		int error;
		char rest[256];
	} reply = {.error = 0};
	int fd = socket(AF_NETLINK, SOCK_RAW, protocol);
	bool sent;

	if (fd < 0)
		return -1;
	memcpy(m.body, body, n);
	sent = send(fd, &m, m.h.nlmsg_len, 0) > 0 && recv(fd, &reply, sizeof(reply), 0) > 0;
	close(fd);
	if (sent)
		errno = -reply.error;
	return sent && reply.error == 0 ? 0 : -1;
}

static long try_link_down(void)
{
	const struct ifinfomsg lo = {.ifi_index = 1, .ifi_change = 1};

	return change(NETLINK_ROUTE, RTM_NEWLINK, &lo, sizeof(lo));
}

static long try_nft_flush(void)
{
	const struct nfgenmsg all = {.nfgen_family = AF_UNSPEC};

	return change(
		NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, &all, sizeof(all));
}

/* ---- The daemon ---- */

static long broker(enum priv_relay_kind kind, const char *what)
{
	int r = broker_open(kind, what);

	errno = r < 0 ? -r : 0;
	return r < 0 ? -1 : 0;
}

TRY(relay_unix, broker(PRIV_RELAY_HTTP, "/run/tocsin/agentd.sock"))
TRY(relay_private_bus, broker(PRIV_RELAY_DBUS, "/run/systemd/private"))
TRY(relay_shadow, broker(PRIV_RELAY_FILE, "/etc/shadow"))
TRY(relay_dots, broker(PRIV_RELAY_FILE, "/proc/sys/../kcore"))

#define ONE(id)                                                                                    \
	{                                                                                          \
#id, try_##id                                                                      \
	}
static const struct {
	const char *name;
	long (*fn)(void);
} tries[] = {ONE(open_write), ONE(open_rdwr), ONE(open_creat), ONE(open_trunc), ONE(open_append),
	ONE(open_tmpfile), ONE(openat_write), ONE(openat2_write), ONE(creat), ONE(proc_self_mem),
	ONE(parent_mem), ONE(sysctl_write), ONE(mkdir), ONE(rmdir), ONE(unlink), ONE(unlinkat),
	ONE(rename), ONE(link), ONE(symlink), ONE(truncate), ONE(chmod), ONE(fchmodat), ONE(chown),
	ONE(utimensat), ONE(setxattr), ONE(mknod), ONE(mq_open), ONE(shmget), ONE(memfd),
	ONE(fanotify), ONE(open_by_handle), ONE(file_setflags), ONE(tiocsti), ONE(fcntl_setown),
	ONE(execve), ONE(execveat), ONE(fork), ONE(fork_old), ONE(clone_ns), ONE(clone3), ONE(kill),
	ONE(kill_all), ONE(tkill), ONE(tgkill), ONE(sigqueue), ONE(pidfd_signal), ONE(pidfd_getfd),
	ONE(ptrace_attach), ONE(ptrace_seize), ONE(ptrace_traceme), ONE(vm_read), ONE(vm_write),
	ONE(prlimit_set), ONE(prlimit_other), ONE(setpriority), ONE(personality), ONE(setuid),
	ONE(setresuid), ONE(setgid), ONE(setgroups), ONE(capset), ONE(dumpable), ONE(keepcaps),
	ONE(seccomp), ONE(unshare), ONE(unshare_mount), ONE(setns), ONE(chroot), ONE(pivot_root),
	ONE(mount), ONE(umount), ONE(open_tree), ONE(fsopen), ONE(keyctl), ONE(add_key), ONE(bpf),
	ONE(perf), ONE(userfaultfd), ONE(io_uring), ONE(init_module), ONE(finit_module), ONE(kexec),
	ONE(reboot), ONE(sethostname), ONE(clock_settime), ONE(settimeofday), ONE(syslog_clear),
	ONE(acct), ONE(swapon), ONE(quotactl), ONE(sync), ONE(exec_memory), ONE(shared_memory),
	ONE(make_exec), ONE(tcp), ONE(tcp6), ONE(udp), ONE(raw), ONE(packet), ONE(unix), ONE(vsock),
	ONE(alg), ONE(netlink_audit), ONE(netlink_generic), ONE(netlink_netfilter),
	ONE(attach_filter), ONE(socketpair), ONE(accept), ONE(listen), ONE(connect), ONE(link_down),
	ONE(nft_flush), ONE(relay_unix), ONE(relay_private_bus), ONE(relay_shadow),
	ONE(relay_dots)};

/* ---- Things that end a worker ---- */

static void say_half(void)
{
	static const char half[] = "{\"op\":\"rows\",\"id\":1,\"ro";

	if (write(1, half, sizeof(half) - 1) < 0)
		abort();
}

/* Writes to each page, so that they are really there. */
static void take_memory(size_t mib)
{
	for (size_t i = 0; i < mib; i++) {
		char *p = malloc(1 << 20);

		if (!p)
			raise(SIGSEGV);
		for (size_t at = 0; at < 1 << 20; at += 4096)
			((volatile char *)p)[at] = 1;
	}
}

/* Takes a file, and says that it was another one. */
static void lie(void)
{
	const struct priv_get get = {.path = victim(), .reason = "lies"};
	const struct priv_got got = {.status = WIRE_DONE,
		.bytes = 1,
		.sha256 = "00000000000000000000000000000000"
			  "00000000000000000000000000000000",
		.detail = ""};
	struct buf frame;

	/* By number 0, to which the session's own thread has nothing to say. */
	buf_init(&frame, PRIV_FRAME_MAX);
	if (priv_put_get(&frame, 0, &get) < 0 || priv_send(3, &frame, NULL, 0, true) < 0 ||
		priv_put_got(&frame, 0, &got) < 0 || priv_send(3, &frame, NULL, 0, true) < 0)
		abort();
	buf_done(&frame);
	/* So that it is there to be given the file. */
	sleep(2);
}

/* More files than one session may have at once, and none is said to be done with. */
static void ask_for_many(void)
{
	const struct priv_get get = {.path = victim(), .reason = "many"};
	struct buf frame;

	buf_init(&frame, PRIV_FRAME_MAX);
	for (uint64_t i = 0; i < 20; i++)
		if (priv_put_get(&frame, 0, &get) < 0 || priv_send(3, &frame, NULL, 0, true) < 0)
			abort();
	buf_done(&frame);
	sleep(2);
}

/* As many relays as it gets, which all wait for their request. */
static void take_relays(struct scan *s)
{
	unsigned n = 0;
	int r;

	while ((r = broker_open(PRIV_RELAY_WEB, "")) >= 0)
		n++;
	row_begin(s);
	row_text(s, NAME, "relays");
	row_text(s, ERROR, strerrorname_np(-r));
	row_int(s, DONE, n);
	row_text(s, WHAT, "relays");
	row_end(s);
}

static void do_one(struct scan *s, const char *what)
{
	if (str_eq(what, "half")) {
		say_half();
		raise(SIGSEGV);
	} else if (str_eq(what, "crash")) {
		raise(SIGSEGV);
	} else if (str_eq(what, "abort")) {
		abort();
	} else if (str_eq(what, "spin")) {
		for (volatile unsigned i = 0;; i++)
			;
	} else if (str_eq(what, "memory")) {
		take_memory(512);
	} else if (str_eq(what, "forge")) {
		if (send(3, "nonsense", 8, MSG_NOSIGNAL) < 0)
			abort();
		sleep(30);
	} else if (str_eq(what, "lie")) {
		lie();
	} else if (str_eq(what, "many")) {
		ask_for_many();
	} else if (str_eq(what, "relays")) {
		take_relays(s);
	}
}

struct state {
	size_t at;
	bool done;
};

static int breakout_step(struct scan *s)
{
	struct state *st = scan_state(s);
	const char *what = scan_eq_text(s, WHAT), *where = scan_eq_text(s, FOLDER);
	long r;

	snprintf(folder, sizeof(folder), "%s", where ? where : "/tmp");
	if (what) {
		if (st->done)
			return 0;
		do_one(s, what);
		st->done = true;
		return 1;
	}
	if (st->at == ARRAY_LEN(tries))
		return 0;
	errno = 0;
	r = tries[st->at].fn();
	row_begin(s);
	row_text(s, NAME, tries[st->at].name);
	row_text(s, ERROR, r < 0 ? strerrorname_np(errno) : "");
	row_int(s, DONE, r >= 0);
	row_text(s, FOLDER, folder);
	row_end(s);
	st->at++;
	return 1;
}

const struct table table_breakout = {
	.name = "breakout",
	.doc = "What a worker cannot do.",
	.columns = columns,
	.step = breakout_step,
	.state_size = sizeof(struct state),
};
