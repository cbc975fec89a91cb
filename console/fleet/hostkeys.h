/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * known_hosts (sshd(8)), read once for all hosts. Plain names are found by a hash table; hashed
 * names by the offered key first, so that a host whose key is known costs a few HMACs however long
 * the file is. A host that is not known costs one for each line with a hashed name, about 1 µs, and
 * two at another port than 22: each has a salt of its own, so there can be no index.
 * Thread-safe after hostkeys_new.
 */
#ifndef CONSOLE_FLEET_HOSTKEYS_H
#define CONSOLE_FLEET_HOSTKEYS_H

#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOSTKEYS_FILE_MAX  (256u << 20) /* bytes of one file */
#define HOSTKEYS_LINES_MAX 1000000	/* lines with a key, of all files */
#define HOSTKEYS_LINE_MAX  (16u << 10)	/* bytes; a longer line is skipped */
#define HOSTKEYS_NAME_MAX  1024		/* bytes of a host's name as looked up */

struct hostkeys;

/*
 * `files`: NULL-ended; NULL means the user's (`home`/.ssh/known_hosts, known_hosts2) and the
 * system's, which may be missing. A file that was named may be missing only with `accept_new`,
 * which adds the keys of new hosts to the first one. Malformed lines are skipped. NULL with `err`.
 */
struct hostkeys *hostkeys_new(
	const char *const *files, const char *home, bool accept_new, struct err *err);
/* Likewise for files of ssh_config(5), each of which may be missing. */
struct hostkeys *hostkeys_new_optional(const char *const *files, struct err *err);
void hostkeys_free(struct hostkeys *hk);
/* Keys read, and lines that made no sense. */
size_t hostkeys_count(const struct hostkeys *hk);
size_t hostkeys_skipped(const struct hostkeys *hk);

/* As what a host is looked up: "name", or "[name]:port" for another port than 22; lower case. */
struct hostkeys_name {
	char full[HOSTKEYS_NAME_MAX];
	char plain[HOSTKEYS_NAME_MAX]; /* without the port; the same when there is none */
};
/* `alias` (may be NULL) stands for itself, whatever the port. -ENAMETOOLONG. */
int hostkeys_name(const char *address, const char *alias, uint16_t port, struct hostkeys_name *ret);

/*
 * The host key algorithms to ask for, those of keys known for the host first, as libssh wants
 * them. `thorough` looks behind every hashed name: for the second try after HOSTKEY_OTHER_TYPE.
 */
#define HOSTKEYS_ALGORITHMS_MAX 256
void hostkeys_algorithms(const struct hostkeys *hk, const struct hostkeys_name *name, bool thorough,
	char ret[HOSTKEYS_ALGORITHMS_MAX]);

enum hostkey {
	HOSTKEY_KNOWN,
	HOSTKEY_ADDED,	    /* was not known; accepted and written down */
	HOSTKEY_UNKNOWN,    /* `err` says so */
	HOSTKEY_CHANGED,    /* another key of this type is known */
	HOSTKEY_OTHER_TYPE, /* only keys of other types are known */
	HOSTKEY_REVOKED,
	HOSTKEY_ERROR, /* accepted, but could not be written down */
};
/*
 * Judges the key that a host offered: its type ("ssh-ed25519") and its blob in base64. For
 * everything but the first two `err` has the sentence.
 */
enum hostkey hostkeys_check(struct hostkeys *hk, const struct hostkeys_name *name, const char *type,
	const char *key, struct err *err);

enum hostkeys_policy {
	HOSTKEYS_STRICT,
	HOSTKEYS_ADD, /* what is not known is added to the first file */
	HOSTKEYS_ANY, /* likewise, and what changed is taken, too; not what is revoked */
};
/* As hostkeys_check, whose policy is what hostkeys_new was told. */
enum hostkey hostkeys_check_by(struct hostkeys *hk, enum hostkeys_policy policy,
	const struct hostkeys_name *name, const char *type, const char *key, struct err *err);
/* Is this very key one that hostkeys_check calls known? Adds nothing. */
bool hostkeys_known(const struct hostkeys *hk, const struct hostkeys_name *name, const char *key);

/* "SHA256:…" of a key in base64, as ssh-keygen -l prints it; "?" when it is not base64. */
#define FINGERPRINT_MAX 64
const char *hostkeys_fingerprint(const char *key, char out[FINGERPRINT_MAX]);

#endif
