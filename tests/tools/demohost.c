/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One host of the demo fleet, in namespaces of its own (process ids, mounts, network, names): what
 * runs in it is gone when this program ends, however it ends.
 *
 *   demohost probe                        status 0 when this machine and user can do that
 *   demohost run NAME ETC PROGRAM… -- SERVER…
 *
 * ETC becomes the host's /etc; its /tmp, /var/tmp, /dev/shm and /run are empty. As root the agent's
 * daemon, tocsin-agentd in SERVER's folder, runs as well. PROGRAM is "name",
 * "name@uid", "name:port" (listens there), or "name!" (started from a file that is then deleted);
 * each is a copy of this program that only waits. SERVER is run inside and must listen on
 * 127.0.0.1:22; its folder is seen there as /srv/tocsin. Connections to the port printed on stdout
 * (127.0.0.1, outside) are carried to it. Ends on SIGTERM, on SIGINT, when SERVER ends and when the
 * process that started it ends.
 */
#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define IDLE	    "--harmless-demo"
#define INIT	    "--harmless-demo-init"
#define PAIRS_MAX   128
#define FLOW_MAX    (32u << 10)
#define PROGRAM_DIR "/srv/demo"
#define SERVER_DIR  "/srv/tocsin"
#define HIDDEN_DIR  "/dev/shm/.demo"
#define READY_MS    10000
/* Until the daemon has its socket. */
#define DAEMON_WAIT_MS 10000

static volatile sig_atomic_t ended;

static int complain(const char *what)
{
	fprintf(stderr, "demohost: %s: %s\n", what, strerror(errno));
	return -1;
}

/*
 * A process whose children are born into another namespace of processes cannot be looked at by
 * one of them, as the leak check of a build with sanitizers would; it then ends with a failure.
 */
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "detect_leaks=0";
}

/* ---- What the programs of the host do: nothing ---- */

static int idle(const char *port)
{
	const int on = 1;
	struct sockaddr_in a = {.sin_family = AF_INET};
	uint64_t n;
	int fd;

	if (port) {
		if (parse_uint(port, 1, 65535, &n) < 0)
			return 2;
		a.sin_port = htons((uint16_t)n);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 1) < 0)
			return 1;
	}
	for (;;)
		pause();
}

/* ---- The namespaces ---- */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return complain(path);
	r = io_write_all(fd, text, strlen(text));
	io_close(fd);
	return r < 0 ? complain(path) : 0;
}

static int raise_loopback(void)
{
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	r = ioctl(fd, SIOCSIFFLAGS, &req);
	io_close(fd);
	return r < 0 ? complain("lo") : 0;
}

/* After this, children are born into the new process namespace; we ourselves stay outside it. */
static int enter(void)
{
	int kinds = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(uid ? kinds | CLONE_NEWUSER : kinds) < 0)
		return complain("unshare");
	if (uid) {
		snprintf(map, sizeof(map), "0 %u 1", uid);
		if (write_file("/proc/self/setgroups", "deny") < 0 ||
			write_file("/proc/self/uid_map", map) < 0)
			return -1;
		snprintf(map, sizeof(map), "0 %u 1", gid);
		if (write_file("/proc/self/gid_map", map) < 0)
			return -1;
	}
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return complain("private mounts");
	return raise_loopback();
}

/* What is covered still stands in the list of mounts: it goes, or at least runs no programs. */
static int mount_empty(const char *path, unsigned long flags)
{
	while (umount2(path, MNT_DETACH) == 0)
		;
	(void)mount(NULL, path, NULL,
		MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME, NULL);
	if (mount("demo", path, "tmpfs", MS_NOSUID | MS_NODEV | flags, "size=16m") < 0)
		return complain(path);
	return 0;
}

/*
 * In the first process of the namespace. `hides`: programs will be run from HIDDEN_DIR. What may
 * lie in /tmp outside (the server, our own program) is out of sight afterwards, hence the order.
 */
static int furnish(const char *name, const char *etc, const char *server_dir, bool hides)
{
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return complain("/proc");
	if (sethostname(name, strlen(name)) < 0)
		return complain("host name");
	if (mount(etc, "/etc", NULL, MS_BIND, NULL) < 0)
		return complain(etc);
	if (mount_empty("/srv", 0) < 0)
		return -1;
	if (mkdir(PROGRAM_DIR, 0755) < 0 || mkdir(SERVER_DIR, 0755) < 0 ||
		mount(server_dir, SERVER_DIR, NULL, MS_BIND, NULL) < 0)
		return complain(server_dir);
	if (mount_empty("/tmp", MS_NOEXEC) < 0 || mount_empty("/var/tmp", MS_NOEXEC) < 0 ||
		mount_empty("/dev/shm", hides ? 0 : MS_NOEXEC) < 0 ||
		mount_empty("/run", MS_NOEXEC) < 0)
		return -1;
	if (hides && mkdir(HIDDEN_DIR, 0755) < 0)
		return complain(HIDDEN_DIR);
	/* So that who listens on port 80 need not be root. */
	return write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
}

/* ---- The programs of the host ---- */

static int copy_self(const char *to)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), r = -1;
	int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct buf b;

	buf_init(&b, 8u << 20);
	if (from >= 0 && fd >= 0 && io_read_all(from, &b) == 0)
		r = io_write_all(fd, b.p, b.len);
	buf_done(&b);
	io_close(from);
	io_close(fd);
	return r;
}

struct program {
	char name[64], uid[16], port[16];
	bool deleted;
};

/* "name@uid:port!", the last three optional. */
static int program_read(struct program *p, const char *spec)
{
	const char *uid = strchr(spec, '@'), *port = strchr(spec, ':');

	*p = (struct program){.deleted = strchr(spec, '!') != NULL};
	if (sscanf(spec, "%63[^@:!]", p->name) != 1 ||
		(uid && sscanf(uid, "@%15[0-9]", p->uid) != 1) ||
		(port && sscanf(port, ":%15[0-9]", p->port) != 1)) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

static void become(const struct program *p, const char *path)
{
	char *argv[] = {(char *)p->name, (char *)IDLE, p->port[0] ? (char *)p->port : NULL, NULL};
	uint64_t id;

	/* An ordinary user's namespace knows no other user: it stays root there. */
	if (parse_uint(p->uid, 0, UINT16_MAX, &id) == 0 &&
		(setresgid((gid_t)id, (gid_t)id, (gid_t)id) < 0 ||
			setresuid((uid_t)id, (uid_t)id, (uid_t)id) < 0))
		errno = 0;
	if (chdir("/") == 0)
		execv(path, argv);
	_exit(1);
}

static int start_program(const char *spec)
{
	struct program p;
	char path[128], none;
	int running[2];
	pid_t pid;

	if (program_read(&p, spec) < 0 || pipe2(running, O_CLOEXEC) < 0)
		return complain(spec);
	snprintf(path, sizeof(path), "%s/%s", p.deleted ? HIDDEN_DIR : PROGRAM_DIR, p.name);
	if (copy_self(path) < 0)
		return complain(path);
	pid = fork();
	if (pid == 0)
		become(&p, path);
	io_close(running[1]);
	/* Ends when the program runs, since that closes the other end. */
	while (read(running[0], &none, 1) < 0 && errno == EINTR)
		;
	io_close(running[0]);
	if (p.deleted)
		unlink(path);
	return pid < 0 ? complain("fork") : 0;
}

/* Beside the server, so that there is somebody to act. */
static int start_daemon(const char *dir)
{
	char path[PATH_MAX];
	char *argv[] = {
		path, (char *)"daemon", (char *)"--state-dir", (char *)"/run/tocsin-state", NULL};
	pid_t pid;

	if (snprintf(path, sizeof(path), "%s/tocsin-agentd", dir) >= (int)sizeof(path))
		return complain(dir);
	pid = fork();
	if (pid == 0) {
		if (chdir("/") == 0)
			execv(path, argv);
		_exit(1);
	}
	for (int i = 0; pid > 0 && i < DAEMON_WAIT_MS / 10; i++) {
		if (access("/run/tocsin/agentd.sock", F_OK) == 0)
			return 0;
		usleep(10000);
	}
	errno = ETIMEDOUT;
	return complain("the daemon");
}

/* The first process at its work: lives as long as the server does. */
static int reap(const char *server)
{
	uint64_t pid;
	pid_t done;

	if (!server || parse_uint(server, 1, INT_MAX, &pid) < 0)
		return 2;
	do
		done = wait(NULL);
	while (done != (pid_t)pid && (done > 0 || errno == EINTR));
	return 0;
}

/* The first process: furnishes the host, starts what runs there, then becomes a plain "init". */
static int init(char **argv, char **server, bool real_root)
{
	char file[PATH_MAX], dir[PATH_MAX], inside[PATH_MAX], number[16];
	char *plain[] = {(char *)"init", (char *)INIT, number, NULL};
	bool hides = false;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (char **spec = argv + 2; spec + 1 < server; spec++)
		hides |= strchr(*spec, '!') != NULL;
	if (!realpath(server[0], file) || str_copy(dir, sizeof(dir), file) < 0 ||
		furnish(argv[0], argv[1], dirname(dir), hides) < 0 ||
		copy_self(PROGRAM_DIR "/init") < 0)
		return 1;
	for (char **spec = argv + 2; spec + 1 < server; spec++)
		if (start_program(*spec) < 0)
			return 1;
	if (real_root && start_daemon(SERVER_DIR) < 0)
		return 1;
	snprintf(inside, sizeof(inside), "%s/%s", SERVER_DIR, basename(file));
	pid = fork();
	if (pid == 0) {
		execv(inside, server);
		_exit(complain(inside) ? 127 : 0);
	}
	snprintf(number, sizeof(number), "%d", (int)pid);
	execv(PROGRAM_DIR "/init", plain);
	return complain("init") ? 1 : 0;
}

/* ---- Carrying connections from outside to inside ---- */

struct flow {
	char buf[FLOW_MAX];
	size_t at, n;
	bool closed;
};

static struct pair {
	int fd[2];	      /* outside, inside */
	struct flow *flow[2]; /* what fd[i] said, on its way to fd[!i] */
} pairs[PAIRS_MAX];
static size_t n_pairs;

static int connect_inside(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(22)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		fd = io_close(fd);
	return fd;
}

static void pair_close(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		io_close(p->fd[i]);
		free(p->flow[i]);
	}
	*p = pairs[--n_pairs];
}

/* n_pairs < PAIRS_MAX */
static void pair_open(int listener)
{
	struct pair p = {.fd = {accept4(listener, NULL, NULL, SOCK_CLOEXEC), -1}};

	if (p.fd[0] < 0)
		return;
	p.fd[1] = connect_inside();
	p.flow[0] = calloc(1, sizeof(struct flow));
	p.flow[1] = calloc(1, sizeof(struct flow));
	pairs[n_pairs++] = p;
	if (p.fd[1] < 0 || !p.flow[0] || !p.flow[1] || io_nonblock(p.fd[0], true) < 0 ||
		io_nonblock(p.fd[1], true) < 0)
		pair_close(&pairs[n_pairs - 1]);
}

/* Moves what can be moved one way; -1 when the pair is over. */
static int flow_move(struct flow *f, int from, int to)
{
	ssize_t n;

	if (f->n == 0 && !f->closed) {
		n = read(from, f->buf, sizeof(f->buf));
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		f->at = 0;
		f->n = (size_t)n;
		f->closed = n == 0;
		if (f->closed)
			shutdown(to, SHUT_WR);
	}
	n = f->n ? send(to, f->buf + f->at, f->n, MSG_NOSIGNAL) : 0;
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	f->at += (size_t)n;
	f->n -= (size_t)n;
	return 0;
}

static int pair_move(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		if (flow_move(p->flow[i], p->fd[i], p->fd[!i]) < 0)
			return -1;
	return p->flow[0]->closed && p->flow[1]->closed ? -1 : 0;
}

static short wanted(const struct pair *p, int i)
{
	const struct flow *out = p->flow[i], *in = p->flow[!i];

	return (short)((out->n == 0 && !out->closed ? POLLIN : 0) | (in->n ? POLLOUT : 0));
}

static void carry(int listener, pid_t child)
{
	static struct pollfd p[1 + 2 * PAIRS_MAX];

	while (!ended && waitpid(child, NULL, WNOHANG) == 0) {
		size_t n = n_pairs;

		p[0] = (struct pollfd){.fd = n_pairs < PAIRS_MAX ? listener : -1, .events = POLLIN};
		for (size_t i = 0; i < 2 * n; i++)
			p[1 + i] = (struct pollfd){.fd = pairs[i / 2].fd[i % 2],
				.events = wanted(&pairs[i / 2], (int)(i % 2))};
		if (poll(p, 1 + 2 * n, 200) <= 0)
			continue;
		/* From the last on, since closing one moves the last into its place. */
		while (n--)
			if ((p[1 + 2 * n].revents || p[2 + 2 * n].revents) &&
				pair_move(&pairs[n]) < 0)
				pair_close(&pairs[n]);
		if (p[0].revents)
			pair_open(listener);
	}
}

/* ---- From outside ---- */

static int open_listener(uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 64) < 0 ||
		getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		return complain("listen");
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static int wait_until_ready(pid_t child)
{
	int64_t until = clock_mono_ms() + READY_MS;
	int fd;

	while ((fd = connect_inside()) < 0) {
		if (ended || clock_mono_ms() > until || waitpid(child, NULL, WNOHANG) != 0) {
			errno = ETIMEDOUT;
			return complain("the server inside");
		}
		poll(NULL, 0, 10);
	}
	io_close(fd);
	return 0;
}

static void on_signal(int signo)
{
	(void)signo;
	ended = 1;
}

static int run(char **argv, char **server)
{
	const struct sigaction action = {.sa_handler = on_signal};
	/* Only that may become others, as the daemon of an agent does. */
	bool real_root = geteuid() == 0;
	uint16_t port = 0;
	int listener = open_listener(&port), status = 1;
	pid_t child;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (listener < 0 || enter() < 0)
		return 1;
	fflush(stdout);
	child = fork();
	if (child < 0)
		return complain("fork") ? 1 : 0;
	if (child == 0) {
		/* stdout is for the port; whoever reads it shall see its end. */
		dup2(STDERR_FILENO, STDOUT_FILENO);
		_exit(init(argv, server, real_root));
	}
	if (wait_until_ready(child) == 0) {
		printf("%u\n", port);
		fclose(stdout);
		carry(listener, child);
		status = 0;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return status;
}

static int probe(void)
{
	pid_t pid;
	int status;

	if (enter() < 0)
		return 1;
	pid = fork();
	if (pid == 0)
		_exit(mount("proc", "/proc", "proc", 0, NULL) < 0 || mount_empty("/srv", 0) < 0 ||
			mount_empty("/tmp", 0) < 0 || mount_empty("/var/tmp", 0) < 0 ||
			mount_empty("/dev/shm", 0) < 0);
	return pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && str_eq(argv[1], IDLE))
		return idle(argv[2]);
	if (argc >= 2 && str_eq(argv[1], INIT))
		return reap(argv[2]);
	if (argc == 2 && str_eq(argv[1], "probe"))
		return probe();
	for (int i = 4; argc > 1 && str_eq(argv[1], "run") && i + 1 < argc; i++)
		if (str_eq(argv[i], "--"))
			return run(argv + 2, argv + i + 1);
	fprintf(stderr, "usage: demohost probe | run NAME ETC PROGRAM… -- SERVER…\n");
	return 2;
}
