/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may do what, DESIGN's roles: tocsin-agentd(8). */
#ifndef AGENTD_POLICY_H
#define AGENTD_POLICY_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Who may do all where there is no role section. */
#define POLICY_GROUP "tocsin"

struct conf;

/* The words of `allow`, as bits. Those of actions stand at the place of the action's right. */
enum right {
	RIGHT_QUERY = 1 << 0,
	RIGHT_GET = 1 << 1,
	RIGHT_KILL = 1 << 2,
	RIGHT_SUSPEND = 1 << 3,
	RIGHT_RESUME = 1 << 4,
	RIGHT_DELETE = 1 << 5,
	RIGHT_RESTORE = 1 << 6,
	RIGHT_QUARANTINE = 1 << 7,
	RIGHT_RELEASE = 1 << 8,
	RIGHT_FORCE = 1 << 9,  /* delete --force */
	RIGHT_AUDIT = 1 << 10, /* the table audit_log */
	RIGHT_ALL = (1 << 11) - 1,
};
/* 0 for no such word. "all" is every one. */
uint32_t right_of(const char *word);
const char *right_name(enum right right);

/* Who asks: as the kernel and the process tree say, not as the environment claims. */
#define SUBJECT_GROUPS_MAX 64
struct subject {
	uid_t uid;
	gid_t gid;
	gid_t groups[SUBJECT_GROUPS_MAX];
	size_t n_groups;
	char user[256];	  /* "" when the uid has no name */
	pid_t pid;	  /* of the session process */
	char address[64]; /* the ssh client's, of the sshd that is an ancestor; "" when none */
	uint16_t port, local_port; /* of that connection, there and here */
	char claimed[256];	   /* key or method as the environment says; hostile */
	char fingerprint[128];	   /* "" unless sshd tells it */
};

struct rights {
	uint32_t allow;
	/* The worker runs under the user's own uid, without capabilities. */
	bool as_user;
	const char *const *deny_tables, *const *deny_paths; /* NULL-ended, may be empty */
	const char *role; /* names, with commas between; "" for none */
	char *memory;	  /* of all that, so that it outlives the conf; NULL: there is none */
};

/*
 * What `who` may do under `c`; several roles add up, denials too. ret->allow is 0 for one whom no
 * role names, root as well. A word of `users` or `groups` that is a number is an id. 0, -ENOMEM, or
 * -errno where the system cannot tell a group's number: then there are no rights.
 * rights_done frees.
 */
int policy_rights(const struct conf *c, const struct subject *who, struct rights *ret);
/* Accepts NULL and a zeroed struct. */
void rights_done(struct rights *r);
/*
 * Does a pattern of deny_paths or protect_paths cover this path, which is absolute and has no ".."?
 * `*`, `?`, `[a-z]`, `[!a-z]` and `\` as in the shell, within one name; what covers a directory
 * covers all below it. The path must be the real one: links lead around a pattern.
 */
bool policy_path_in(const char *const *patterns, const char *path);

#endif
