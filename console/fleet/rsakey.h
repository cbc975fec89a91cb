/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RSA keys in OpenSSH's own format, made quick: libssh drops the factors' exponents when it reads
 * that format, and then a signature takes three times as long, for each host.
 */
#ifndef CONSOLE_FLEET_RSAKEY_H
#define CONSOLE_FLEET_RSAKEY_H

#include <libssh/libssh.h>

#define RSAKEY_FILE_MAX (64u << 10)

/*
 * The key of the file with all its numbers, or NULL when it is of another kind or protected by a
 * passphrase: libssh gives nobody what it decrypts. ssh-agent signs quickly by such keys.
 */
ssh_key rsakey_load(const char *path);

#endif
