/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is the agent set up as it should be? For whoever has just installed it. */
#include "agentd/conf.h"
#include "agentd/daemon/place.h"
#include "agentd/handover.h"
#include "agentd/netlink.h"
#include "agentd/policy.h"
#include "agentd/role.h"
#include "agentd/root.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "common/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define SSHD_CONFIG   "/etc/ssh/sshd_config"
#define SSH_DIRECTORY "/etc/ssh"
#define INCLUDE_DEPTH 8
#define INCLUDE_FILES 256

struct check {
	const struct agent_options *o;
	struct root *root;
	unsigned wrong, notes;
	/* Of sshd's configuration. */
	unsigned files;
	bool found;
	char program[PATH_MAX];
};

enum verdict { GOOD, NOTE, WRONG };

static void __attribute__((format(printf, 4, 5)))
say(struct check *c, enum verdict v, const char *what, const char *fmt, ...)
{
	static const char *const words[] = {[GOOD] = "ok", [NOTE] = "note", [WRONG] = "WRONG"};
	char text[2 * PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("%-6s %-10s %s\n", words[v], what, text);
	c->wrong += v == WRONG;
	c->notes += v == NOTE;
}

/* ---- sshd ---- */

static int read_sshd(struct check *c, const char *path, unsigned depth);

/* A pattern of Include: a directory's name and a pattern of names in it. */
static void include(struct check *c, struct span word, unsigned depth)
{
	char pattern[PATH_MAX], path[2 * PATH_MAX], *slash;
	struct dirent *e;
	DIR *dir;

	snprintf(pattern, sizeof(pattern), "%s%.*s", word.p[0] == '/' ? "" : SSH_DIRECTORY "/",
		(int)word.n, word.p);
	slash = strrchr(pattern, '/');
	*slash = '\0';
	dir = root_opendir(c->root, *pattern ? pattern : "/");
	while (dir && (e = readdir(dir))) {
		if (fnmatch(slash + 1, e->d_name, FNM_PERIOD) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", pattern, e->d_name);
		(void)read_sshd(c, path, depth + 1);
	}
	if (dir)
		closedir(dir);
}

static bool word_is(struct span word, const char *want)
{
	return word.n == strlen(want) && strncasecmp(word.p, want, word.n) == 0;
}

static void take_sshd_line(struct check *c, struct span line, unsigned depth)
{
	struct span key, name, program;

	if (!span_word(&line, &key))
		return;
	if (word_is(key, "include"))
		while (span_word(&line, &name))
			include(c, name, depth);
	if (!word_is(key, "subsystem") || !span_word(&line, &name) ||
		!word_is(name, WIRE_SUBSYSTEM) || !span_word(&line, &program) || c->found)
		return;
	c->found = true;
	snprintf(c->program, sizeof(c->program), "%.*s", (int)program.n, program.p);
}

static int read_sshd(struct check *c, const char *path, unsigned depth)
{
	struct span rest, line;
	struct buf text;
	int r;

	if (depth > INCLUDE_DEPTH || c->files++ > INCLUDE_FILES)
		return -ELOOP;
	buf_init(&text, ROOT_FILE_MAX);
	r = root_read(c->root, path, &text);
	rest = (struct span){buf_str(&text), text.len};
	while (!r && span_split(&rest, '\n', &line))
		take_sshd_line(c, span_trim(line), depth);
	buf_done(&text);
	return r;
}

/* Whoever can change the program has all its rights. */
static void check_program(struct check *c)
{
	struct stat st;
	int r = root_stat(c->root, c->program, true, &st);

	if (r < 0)
		say(c, WRONG, "program", "%s: %s", c->program, strerror(-r));
	else if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		say(c, WRONG, "program", "%s is no program", c->program);
	else if (st.st_uid != 0 || st.st_mode & 022)
		say(c, WRONG, "program", "%s must be root's, and writable for nobody else",
			c->program);
	else
		say(c, GOOD, "program", "%s", c->program);
}

static void check_sshd(struct check *c)
{
	int r = read_sshd(c, SSHD_CONFIG, 0);

	if (r < 0 && !c->found) {
		say(c, WRONG, "sshd", "%s: %s", SSHD_CONFIG, strerror(-r));
	} else if (!c->found) {
		say(c, WRONG, "sshd",
			"no line \"Subsystem tocsin /usr/libexec/tocsin-agentd session\" in %s: "
			"put it there, or into a file that it includes, and reload sshd",
			SSHD_CONFIG);
	} else {
		say(c, GOOD, "sshd", "has the subsystem tocsin");
		check_program(c);
	}
}

/* ---- Settings ---- */

static void check_names(struct check *c, const struct conf_role *role)
{
	uint64_t id;

	for (size_t i = 0; role->users && role->users[i]; i++)
		if (parse_uint(role->users[i], 0, UINT32_MAX, &id) < 0 && !getpwnam(role->users[i]))
			say(c, NOTE, "settings", "role %s names user %s: there is none", role->name,
				role->users[i]);
	for (size_t i = 0; role->groups && role->groups[i]; i++)
		if (parse_uint(role->groups[i], 0, UINT32_MAX, &id) < 0 &&
			!getgrnam(role->groups[i]))
			say(c, NOTE, "settings", "role %s names group %s: there is none",
				role->name, role->groups[i]);
}

static void check_conf(struct check *c)
{
	struct err err;
	struct conf *conf = conf_read(c->o->config, &err);

	if (!conf) {
		say(c, WRONG, "settings", "%s", err.text);
		return;
	}
	if (access(c->o->config, F_OK) < 0)
		say(c, GOOD, "settings", "%s is not there: the defaults", c->o->config);
	else
		say(c, GOOD, "settings", "%s", c->o->config);
	if (conf->n_roles)
		say(c, GOOD, "policy", "%zu roles: whom none of them names may not ask",
			conf->n_roles);
	else
		say(c, NOTE, "policy",
			"no roles: root and group " POLICY_GROUP
			" may do all, everybody else may query with their own rights");
	for (size_t i = 0; i < conf->n_roles; i++)
		check_names(c, &conf->roles[i]);
	conf_free(conf);
}

/* ---- The daemon ---- */

static void check_socket(struct check *c)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/" HANDOVER_SOCKET, c->o->run_dir);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		say(c, WRONG, "daemon",
			"does not answer at %s (%s): start it (systemctl enable --now "
			"tocsin-agentd, "
			"or tocsin-agentd daemon as root); without it nothing can be done, and "
			"questions are answered with the rights of who asks",
			a.sun_path, strerror(errno));
	} else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != 0) {
		say(c, WRONG, "daemon", "who listens at %s is user %u, not root", a.sun_path,
			(unsigned)peer.uid);
	} else {
		say(c, GOOD, "daemon", "process %d listens at %s", (int)peer.pid, a.sun_path);
	}
	io_close(fd);
}

static void check_directory(struct check *c, const char *what, const char *path, mode_t mode)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		say(c, WRONG, what, "%s: %s", path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		say(c, WRONG, what, "%s is no directory", path);
	else if (st.st_uid != 0 || (st.st_mode & 0777) != mode)
		say(c, WRONG, what, "%s must be root's, mode %o", path, (unsigned)mode);
	else
		say(c, GOOD, what, "%s", path);
}

static void check_audit(struct check *c)
{
	char path[PATH_MAX];
	int fd, flags = 0;

	snprintf(path, sizeof(path), "%s/audit.ndjson", c->o->state_dir);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		say(c, NOTE, "audit", "only root can look at %s", path);
	else if (fd < 0)
		say(c, WRONG, "audit", "%s: %s", path, strerror(errno));
	else if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & FS_APPEND_FL))
		say(c, NOTE, "audit", "%s is not append-only: its file system cannot", path);
	else
		say(c, GOOD, "audit", "%s is append-only", path);
	io_close(fd);
}

static void check_account(struct check *c)
{
	const struct passwd *p = getpwnam(PLACE_WORKER_ACCOUNT);

	if (!p)
		say(c, NOTE, "account",
			"no user " PLACE_WORKER_ACCOUNT
			": workers run as 65534, which others may use too");
	else if (p->pw_uid == 0)
		say(c, WRONG, "account", PLACE_WORKER_ACCOUNT " is root");
	else
		say(c, GOOD, "account", PLACE_WORKER_ACCOUNT " (%u)", (unsigned)p->pw_uid);
}

/* ---- The kernel ---- */

static void check_nftables(struct check *c)
{
	const struct nfgenmsg all = {.version = NFNETLINK_V0};
	struct netlink nl;
	struct netlink_message m;
	int r = netlink_init(&nl, NETLINK_NETFILTER);

	if (!r)
		r = netlink_dump(&nl, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE),
			&all, sizeof(all));
	while (!r && (r = netlink_next(&nl, &m)) == 1)
		r = 0;
	netlink_done(&nl);
	if (r == -EPERM)
		say(c, NOTE, "nftables", "only root can look");
	else if (r < 0)
		say(c, WRONG, "nftables", "the kernel has none (%s): no quarantine here",
			strerror(-r));
	else
		say(c, GOOD, "nftables", "the kernel has them");
}

static void check_kernel(struct check *c)
{
	const uint32_t action = SECCOMP_RET_ERRNO;
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		say(c, WRONG, "seccomp", "the kernel has no system call filters: no workers");
	else
		say(c, GOOD, "seccomp", "the kernel filters system calls");
	if (fd < 0)
		say(c, WRONG, "pidfd",
			"the kernel has no pidfds (it is older than 5.3): no process can be acted "
			"on safely");
	else
		say(c, GOOD, "pidfd", "the kernel has them");
	io_close(fd);
}

/* ---- All of it ---- */

static int run(const struct agent_options *o, int argc, char **argv)
{
	struct check c = {.o = o};
	struct err err;

	if (argc > 0) {
		log_error("check: takes no argument, got \"%s\"", argv[0]);
		return ROLE_REFUSED;
	}
	c.root = root_new(o->root, &err);
	if (!c.root) {
		log_error("check: %s", err.text);
		return ROLE_REFUSED;
	}
	check_sshd(&c);
	check_conf(&c);
	if (root_is_live(c.root)) {
		check_directory(&c, "run-dir", o->run_dir, 0755);
		check_socket(&c);
		check_directory(&c, "state-dir", o->state_dir, 0700);
		check_audit(&c);
		check_account(&c);
		check_nftables(&c);
		check_kernel(&c);
	}
	root_free(c.root);
	if (c.wrong)
		printf("%u things are wrong\n", c.wrong);
	return c.wrong ? ROLE_FAILED : ROLE_GOOD;
}

const struct role role_check = {
	.name = "check",
	.args = "",
	.summary = "tell whether the agent is set up as it should be",
	.help = "Exit status: 0 nothing is wrong (a note is no fault), 3 something is.",
	.run = run,
};
