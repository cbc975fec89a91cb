/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's own key, and the keys that may log in. */
#ifndef AGENTD_SERVE_KEYS_H
#define AGENTD_SERVE_KEYS_H

#include "common/err.h"

#include <libssh/libssh.h>
#include <stdbool.h>

#define KEYS_FILE_MAX  (1u << 20) /* bytes of an authorized_keys file */
#define KEYS_LINES_MAX 1024	  /* lines of it that are looked at */

/* "SHA256:…", heap, or NULL. ssh_string_free_char frees. */
char *key_fingerprint(ssh_key key);

/*
 * Reads a private key without a passphrase that nobody else can read. With `generate`, where there
 * is no such file, makes an Ed25519 key, FILE (mode 600) and FILE.pub.
 */
int host_key_load(const char *path, bool generate, ssh_key *ret, struct err *err);

/*
 * Is `key` in the authorized_keys file (sshd(8))? Read anew each time, so that a change counts at
 * once. Lines with options are taken only where these forbid nothing that is offered here: restrict
 * and no-*; a line with any other option (from=, command=, cert-authority …) is passed over and
 * noted. -errno with `err` when the file cannot be read or everybody may write it.
 */
int authorized_key(const char *path, ssh_key key, bool *ret, struct err *err);

#endif
