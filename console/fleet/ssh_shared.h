/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the SSH sessions of a fleet share: the operator's keys, the agents, and known hosts per set
 * of files. Filled before the threads start; they only read it.
 */
#ifndef CONSOLE_FLEET_SSH_SHARED_H
#define CONSOLE_FLEET_SSH_SHARED_H

#include "console/fleet/agent.h"
#include "console/fleet/auth.h"
#include "console/fleet/hostkeys.h"
#include "console/fleet/sshconfig.h"

/* Different sets of known_hosts files, different agents. */
#define SSH_SETS_MAX 1024

struct ssh_shared {
	struct hostkeys *hostkeys; /* the usual ones */
	struct keys *keys;
	struct agent *agent; /* the usual one */
	const char *user;    /* who runs this program */
	const char *home;
	const struct fleet_options *options;
	struct map *hostkeys_by, *agents_by; /* what ssh_config(5) names -> those */
	size_t unchecked;		     /* hosts whose keys nobody checks */
};

/*
 * `s` has user, home and options. 0 or -errno with `err`; ssh_shared_done either way. Then the
 * keys: see keys_new.
 */
int ssh_shared_init(
	struct ssh_shared *s, const struct host_config *hosts, size_t n_hosts, struct err *err);
int ssh_shared_keys(struct ssh_shared *s, const struct host_config *hosts, size_t n_hosts,
	const bool *connected, struct err *err);
void ssh_shared_done(struct ssh_shared *s);

struct hostkeys *ssh_hostkeys_of(const struct ssh_shared *s, const struct host_config *h);
enum hostkeys_policy ssh_policy_of(const struct ssh_shared *s, const struct host_config *h);
struct agent *ssh_agent_of(const struct ssh_shared *s, const struct host_config *h);

#endif
