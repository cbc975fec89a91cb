/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agentd.conf: settings and roles. INI: `name = value` lines, [role NAME] sections, `#` and `;`
 * begin comment lines; values of lists are separated by blanks. Read whole or refused whole, with
 * file and line.
 */
#ifndef AGENTD_CONF_H
#define AGENTD_CONF_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_FILE_MAX	   (256u << 10)
#define CONF_ROLES_MAX	   64
#define CONF_ROLE_NAME_MAX 64  /* bytes of a role's name: letters, digits, "-", "_", "." */
#define CONF_LIST_MAX	   256 /* words of one list */

struct conf_role {
	char *name;
	char **users, **groups; /* NULL-ended */
	uint32_t allow;		/* enum right, as bits */
	char **deny_tables, **deny_paths;
};

struct conf {
	unsigned quarantine_confirm_s;
	char **quarantine_allow; /* as written; each is what netaddr_parse takes */
	bool quarantine_dns;
	char **protect_paths; /* with globs */
	uint64_t vault_max_mb;
	uint64_t audit_max_mb; /* of one file, then it is rotated */
	unsigned audit_keep;   /* rotated files kept */
	unsigned sessions_max;
	unsigned sessions_user_max; /* of one user; 0: three quarters of sessions_max */
	unsigned query_timeout_s, worker_memory_mb, worker_cpu_s;
	struct conf_role *roles;
	size_t n_roles;
	/* Set by the daemon, whose it is. Copies of denied files lie there. NULL: nowhere. */
	const char *vault;
	/* Likewise: the files of the audit log, as a pattern. */
	const char *audit_files;
};

/* The defaults. NULL: no memory. */
struct conf *conf_new(void);
/*
 * A file that is not there means the defaults. Refused (-EPERM): owned by somebody else than root
 * or the caller, or writable for group or others. NULL with `err`.
 */
struct conf *conf_read(const char *path, struct err *err);
/* The same of `n` bytes that stand in memory; `name` is what errors call them. */
struct conf *conf_parse(const char *name, const char *p, size_t n, struct err *err);
void conf_free(struct conf *c);

#endif
