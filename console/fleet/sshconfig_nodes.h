/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of ssh_config(5) hold, between reading (sshconfig.c) and resolving. */
#ifndef CONSOLE_FLEET_SSHCONFIG_NODES_H
#define CONSOLE_FLEET_SSHCONFIG_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum ssh_key { /* keywords, in the order of the table in sshconfig.c */
	KEY_HOST,
	KEY_MATCH,
	KEY_INCLUDE,
	/* The rest is kept: the first value wins, but those of IdentityFile and CertificateFile add
	   up. */
	KEY_HOSTNAME,
	KEY_USER,
	KEY_PORT,
	KEY_IDENTITYFILE,
	KEY_CERTIFICATEFILE,
	KEY_IDENTITIESONLY,
	KEY_IDENTITYAGENT,
	KEY_PROXYJUMP,
	KEY_PROXYCOMMAND,
	KEY_USERKNOWNHOSTSFILE,
	KEY_GLOBALKNOWNHOSTSFILE,
	KEY_STRICTHOSTKEYCHECKING,
	KEY_CONNECTTIMEOUT,
	KEY_HOSTKEYALIAS,
	KEY_KEXALGORITHMS,
	KEY_CIPHERS,
	KEY_MACS,
	KEY_HOSTKEYALGORITHMS,
	KEY_PUBKEYACCEPTEDALGORITHMS,
	KEY_PREFERREDAUTHENTICATIONS,
	KEY_ADDRESSFAMILY,
	KEY_BINDADDRESS,
	KEY_COMPRESSION,
	KEY_SERVERALIVEINTERVAL,
	KEY_SERVERALIVECOUNTMAX,
	KEY_TAG,
	/* They would change whom tocsin trusts or how it gets there, and are not done: whoever they
	   concern is told. */
	KEY_UNDONE,
	KEY_CANONICALIZEHOSTNAME = KEY_UNDONE,
	KEY_REVOKEDHOSTKEYS,
	KEY_KNOWNHOSTSCOMMAND,
	KEY_PROXYUSEFDPASS,
	KEY_COUNT,
};

struct ssh_node {
	enum ssh_key key;
	char **words; /* arguments, NULL-ended; of Match: attribute, value (or ""), attribute … */
	size_t n_words;
	struct ssh_node *included; /* Include: what its files hold */
	size_t n_included, cap_included;
	unsigned long number; /* ports, seconds, counts, yes = 1 */
	char *undone; /* "FILE:LINE: what is not supported", of those and of Match; else NULL */
};

struct ssh_config {
	struct ssh_node *nodes;
	size_t n, cap;
	bool has_final;	   /* some Match says `final` */
	size_t files;	   /* read so far */
	struct map *execs; /* commands of Match exec that were run: &ssh_exec_true or _false */
	char *home, *user; /* of whoever runs this */
	char *local_host;  /* for %l */
	uid_t uid;
};

#endif
