/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/protect.h"

#include "agentd/conf.h"
#include "agentd/mountnames.h"
#include "agentd/pkgowner.h"
#include "agentd/policy.h"
#include "agentd/root.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Without these a machine does not boot, or lets nobody in any more. Most are of no package.
 * /etc/ld.so.preload is not among them: it is there for an attack more often than for a reason.
 */
static const char *const vital[] = {
	"/boot",
	"/efi",
	"/etc/apparmor.d",
	"/etc/adjtime",
	"/etc/crypttab",
	"/etc/default/grub",
	"/etc/fstab",
	"/etc/group",
	"/etc/gshadow",
	"/etc/hostname",
	"/etc/hosts",
	"/etc/iscsi/initiatorname.iscsi",
	"/etc/ld.so.cache",
	"/etc/ld.so.conf",
	"/etc/ld.so.conf.d",
	"/etc/localtime",
	"/etc/login.defs",
	"/etc/lvm",
	"/etc/machine-id",
	"/etc/mdadm",
	"/etc/mdadm.conf",
	"/etc/modprobe.d",
	"/etc/netplan",
	"/etc/network/interfaces",
	"/etc/NetworkManager",
	"/etc/nftables.conf",
	"/etc/nsswitch.conf",
	"/etc/os-release",
	"/etc/pam.conf",
	"/etc/pam.d",
	"/etc/passwd",
	"/etc/resolv.conf",
	"/etc/security",
	"/etc/securetty",
	"/etc/selinux",
	"/etc/shadow",
	"/etc/shells",
	"/etc/ssh/ssh_host_*",
	"/etc/ssh/sshd_config",
	"/etc/ssh/sshd_config.d",
	"/etc/sssd",
	"/etc/subgid",
	"/etc/subuid",
	"/etc/sudoers",
	"/etc/sudo.conf",
	"/etc/sysconfig",
	"/etc/systemd/journald.conf",
	"/etc/systemd/network",
	"/etc/systemd/system.conf",
	"/etc/tocsin",
	NULL,
};

/* Where a hard link's other name is looked for, when it might be one of the above. */
static const char *const link_places[] = {
	"/boot",
	"/etc",
	"/etc/ld.so.conf.d",
	"/etc/pam.d",
	"/etc/security",
	"/etc/ssh",
	"/etc/ssh/sshd_config.d",
	"/etc/sssd",
	"/etc/systemd",
	"/etc/tocsin",
};
/* Names of one such directory. */
#define PLACE_NAMES_MAX 4096

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whatever links lead to the folder. */
static bool is_below(const char *folder, const char *path)
{
	char real[PATH_MAX];
	const char *const given[] = {folder, NULL};
	const char *const resolved[] = {real, NULL};

	return policy_path_in(given, path) ||
	       (realpath(folder, real) && policy_path_in(resolved, path));
}

static bool is_own(const struct action_call *call, const char *path, const struct stat *st)
{
	struct stat exe;

	return is_below(call->state_dir, path) || is_below(call->run_dir, path) ||
	       (stat("/proc/self/exe", &exe) == 0 && same_file(&exe, st));
}

/* A vital name of the file in one directory. */
static bool linked_from(
	const struct root *root, const char *place, const struct stat *st, char ret[PATH_MAX])
{
	DIR *d = root_opendir(root, place);
	const struct dirent *e;
	bool found = false;
	struct stat other;

	for (size_t i = 0; d && !found && i < PLACE_NAMES_MAX && (e = readdir(d)); i++) {
		if (snprintf(ret, PATH_MAX, "%s/%s", place, e->d_name) >= PATH_MAX)
			continue;
		found = fstatat(dirfd(d), e->d_name, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
			same_file(&other, st) && policy_path_in(vital, ret);
	}
	if (d)
		closedir(d);
	return found;
}

static bool is_vital_by_link(
	const struct root *root, const struct stat *st, char why[PROTECT_WHY_MAX])
{
	char other[PATH_MAX];

	if (st->st_nlink < 2)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(link_places); i++) {
		if (!linked_from(root, link_places[i], st, other))
			continue;
		snprintf(why, PROTECT_WHY_MAX, "is another name of %.128s", other);
		return true;
	}
	return false;
}

static bool is_packaged(const struct action_call *call, const char *path, char why[PROTECT_WHY_MAX])
{
	char package[PKGOWNER_NAME_MAX];
	int r = pkgowner_possible(path) ? pkgowner_find(call->root, path, package) : 0;

	if (r > 0)
		snprintf(why, PROTECT_WHY_MAX, "belongs to the package %s", package);
	else if (r < 0 && pkgowner_likely(path))
		snprintf(why, PROTECT_WHY_MAX,
			"may belong to a package: the packages cannot be read");
	else
		return false;
	return true;
}

struct question {
	const struct action_call *call;
	const struct stat *st;
	enum protect answer;
	char *why;
};

/* By one name. An answer stays where another name has a milder one. */
static bool ask(void *arg, const char *path)
{
	struct question *q = arg;
	const char *const *mine = (const char *const *)q->call->conf->protect_paths;

	if (is_own(q->call, path, q->st)) {
		snprintf(q->why, PROTECT_WHY_MAX, "is the agent's own");
		q->answer = PROTECT_NEVER;
		return true;
	}
	if (q->answer == PROTECT_FORCE)
		return false;
	if (policy_path_in(vital, path))
		snprintf(q->why, PROTECT_WHY_MAX, "is vital to this machine");
	else if (policy_path_in(mine, path))
		snprintf(q->why, PROTECT_WHY_MAX, "is under protect_paths");
	else if (!is_packaged(q->call, path, q->why))
		return false;
	q->answer = PROTECT_FORCE;
	return false;
}

/* The path may lead by another mount to what is protected. */
static void ask_by_all_names(struct question *q, const char *path, int fd)
{
	struct mountnames *names = mountnames_new();
	int r = names ? mountnames_any(names, fd, ask, q) : -ENOMEM;

	mountnames_free(names);
	if (r >= 0 || ask(q, path) || q->answer == PROTECT_FORCE)
		return;
	snprintf(q->why, PROTECT_WHY_MAX, "may be protected by another name: %s", strerror(-r));
	q->answer = PROTECT_FORCE;
}

enum protect protect_check(const struct action_call *call, const char *path, int fd,
	const struct stat *st, char ret_why[PROTECT_WHY_MAX])
{
	struct question q = {.call = call, .st = st, .answer = PROTECT_NOT, .why = ret_why};

	ask_by_all_names(&q, path, fd);
	if (q.answer == PROTECT_NOT && is_vital_by_link(call->root, st, ret_why))
		q.answer = PROTECT_FORCE;
	return q.answer;
}
