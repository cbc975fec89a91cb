/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arguments for ssh(1) as Ansible's inventories hold them (ansible_ssh_common_args): read as ssh
 * would read them behind the shell, into a configuration that stands before the files.
 */
#ifndef CONSOLE_FLEET_SSHARGS_H
#define CONSOLE_FLEET_SSHARGS_H

#include "common/err.h"
#include "console/fleet/sshconfig.h"

#define SSH_ARGS_MAX	  128	      /* words */
#define SSH_ARGS_SIZE_MAX (64u << 10) /* bytes */

struct ssh_args {
	char **words; /* all of them, NULL-ended */
	struct ssh_config *config;
	char *config_file; /* of -F, or NULL */
	char *left_out;	   /* what has no meaning here: "-L, -o FooBar"; or NULL */
};

/* 0 or -errno with `err`; *ret is the caller's. `what` is named in errors. */
int ssh_args_read(const char *text, const char *what, struct ssh_args **ret, struct err *err);
void ssh_args_free(struct ssh_args *a);

#endif
