/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OpenSSH's client configuration, ssh_config(5): files are read once, then resolved per host with
 * OpenSSH's rule that the first value found wins. What tocsin has no use for is read over.
 *
 * Not done: CanonicalizeHostname (it asks the name server for every host), RevokedHostKeys,
 * KnownHostsCommand, ProxyUseFdpass, Match localnetwork and version. A Match block with one of
 * these never matches. The settings of a host whom this concerns say so.
 */
#ifndef CONSOLE_FLEET_SSHCONFIG_H
#define CONSOLE_FLEET_SSHCONFIG_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSH_CONFIG_FILE_MAX   (4u << 20) /* bytes of one file */
#define SSH_CONFIG_DEPTH_MAX  16	 /* Include within Include, as in OpenSSH */
#define SSH_CONFIG_FILES_MAX  1024	 /* files altogether */
#define SSH_CONFIG_LIST_MAX   100	 /* IdentityFile and the like for one host, as in OpenSSH */
#define SSH_CONFIG_UNDONE_MAX 8		 /* things left undone that one host is told of */
#define SSH_CONFIG_EXEC_MS    2000	 /* a Match exec command that takes longer does not match */

struct ssh_config;

/*
 * `path` NULL: ~/.ssh/config, then /etc/ssh/ssh_config, either may be missing. Else only that file
 * ("none": nothing at all). Mistakes are "FILE:LINE: what"; NULL with `err`.
 */
struct ssh_config *ssh_config_new(const char *path, struct err *err);
/* Likewise from a text; `what` is named in errors as the file. */
struct ssh_config *ssh_config_of_text(const char *text, const char *what, struct err *err);
/* Whether it has a meaning here; any case. False for what is not done. */
bool ssh_config_knows(const char *keyword, size_t n);
void ssh_config_free(struct ssh_config *c);

enum ssh_strict {	/* StrictHostKeyChecking */
	SSH_STRICT_YES, /* also `ask`: there is nobody to ask for each of a thousand hosts */
	SSH_STRICT_ACCEPT_NEW,
	SSH_STRICT_OFF,
};

/* A host's settings. Strings are tokens-expanded and belong to the struct; NULL or 0: not set. */
struct ssh_settings {
	char *host;	/* as it was asked for */
	char *hostname; /* what to connect to; never NULL */
	char *user;
	uint16_t port; /* never 0 */
	char **identity_files, **certificate_files;
	size_t n_identity_files, n_certificate_files;
	char **user_known_hosts, **global_known_hosts; /* NULL: the defaults */
	size_t n_user_known_hosts, n_global_known_hosts;
	bool identities_only, identity_files_given;
	char *identity_agent; /* a socket's path, "none", or NULL: SSH_AUTH_SOCK */
	char *proxy_jump;     /* "a,b": NULL when none */
	char *proxy_command;
	enum ssh_strict strict;
	bool strict_given;
	unsigned connect_timeout; /* seconds */
	char *host_key_alias;
	/* Algorithm lists as they stand, with a leading + - or ^ where there is one. */
	char *kex, *ciphers, *macs, *host_key_algorithms, *pubkey_algorithms;
	char *preferred_authentications;
	char *address_family; /* any, inet, inet6 */
	char *bind_address;
	bool compression;
	unsigned alive_interval, alive_count;
	/* What the files want for this host and is not done, "FILE:LINE: what is not supported". */
	char **undone;
	size_t n_undone;
};

/*
 * Settles one host. `user` and `port` (0: none) are what the command line or the inventory says:
 * they go before the files and are what Match sees. 0 or -errno with `err`.
 */
int ssh_config_resolve(struct ssh_config *c, const char *host, const char *user, uint16_t port,
	struct ssh_settings *ret, struct err *err);
/* `before` stands before the files of `c`; NULL: nothing does. */
int ssh_config_resolve_behind(struct ssh_config *c, const struct ssh_config *before,
	const char *host, const char *user, uint16_t port, struct ssh_settings *ret,
	struct err *err);
void ssh_settings_done(struct ssh_settings *s);

#endif
