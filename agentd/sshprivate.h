/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be told of a private key without its passphrase. */
#ifndef AGENTD_SSHPRIVATE_H
#define AGENTD_SSHPRIVATE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a file that may be a key. */
#define SSHPRIVATE_MAX (64u << 10)

struct sshprivate {
	bool encrypted;
	const char *type;  /* "rsa" …; "" when it is not told */
	char group[32];	   /* "" likewise */
	int bits;	   /* -1 likewise */
	int security_bits; /* -1 likewise */
};

/* False: it is no private key in PEM or in OpenSSH's form. `p` has a NUL behind it. */
bool sshprivate_read(const char *p, size_t n, struct sshprivate *ret);

#endif
