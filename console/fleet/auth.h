/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operator's keys, loaded once for all hosts: key files, the certificates beside them, and
 * what is known of ssh-agent. Thread-safe after keys_new.
 */
#ifndef CONSOLE_FLEET_AUTH_H
#define CONSOLE_FLEET_AUTH_H

#include "common/buf.h"
#include "common/err.h"
#include "console/fleet/agent.h"
#include "console/fleet/fleet.h"

#include <libssh/libssh.h>
#include <stddef.h>

/* Key files in all; keys and certificates that are offered to one host. */
#define KEYS_FILES_MAX	  4096
#define KEYS_PER_HOST_MAX 16
/* Times that a person may mistype a passphrase. */
#define KEYS_PASSPHRASE_TRIES 3
#define KEYS_PASSPHRASE_MAX   1024

/* A key, or a key with its certificate. Shared by all sessions and threads. */
struct identity {
	ssh_key private, public;
};

/* Of hosts that name none; NULL-ended. */
extern const char *const keys_default_names[];
/* The file that a name means: "~/" is `home`. Heap; NULL when out of memory. */
char *keys_path(const char *home, const char *name);

struct keys;
/*
 * Reads every key file that `hosts` name, or the defaults of `home`/.ssh. A key that cannot be used
 * is no error: keys_describe tells. Asks for passphrases by `options` for protected keys that
 * were named, or when there is nothing else to try; but not for the sake of hosts that are
 * `connected` already (NULL: none is). NULL with `err` when out of memory.
 */
struct keys *keys_new(const struct fleet_options *options, const struct host_config *hosts,
	size_t n_hosts, const bool *connected, const char *home, struct agent *agent,
	struct err *err);
void keys_free(struct keys *keys);

/* What to offer to a host, the one that was accepted last first. Returns how many. */
size_t keys_for(struct keys *keys, const struct host_config *host,
	const struct identity *ret[KEYS_PER_HOST_MAX]);
/* Notes that a host took this one; is this the one? */
void keys_accepted(struct keys *keys, const struct identity *id);
bool keys_is_best(const struct keys *keys, const struct identity *id);
/*
 * What is to be offered of the agent's keys, in OpenSSH's order: certificates, then keys, of the
 * host's files as far as these could not be used themselves, then the rest; that not with
 * IdentitiesOnly. 0 or -ENOMEM.
 */
int keys_choose(const struct keys *keys, const struct host_config *host, struct agent_choice *ret);
/* "key ~/.ssh/id_ed25519, key x (no such file)": what there is to try at a host; "" for nothing. */
int keys_describe(const struct keys *keys, const struct host_config *host, struct buf *out);

#endif
