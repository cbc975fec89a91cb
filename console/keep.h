/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files fetched from hosts, under DIR/HOST/PATH, and DIR/manifest.ndjson with a line for each. What
 * is there is never overwritten, no symbolic link is followed below DIR, and a name is only given
 * to a file that came whole.
 */
#ifndef CONSOLE_KEEP_H
#define CONSOLE_KEEP_H

#include "common/err.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define KEEP_HASH_TEXT 65 /* SHA-256 in hex, with its NUL */
#define KEEP_MANIFEST  "manifest.ndjson"
#define KEEP_PART      ".part" /* behind the name while a file comes in */

struct keep;
/* Makes `dir` where it is missing. NULL with `err`. */
struct keep *keep_new(const char *dir, struct err *err);
void keep_free(struct keep *k);

struct kept;
/*
 * The file of `path` (absolute, without "." and "..") of `host`. NULL with `err`: it is there
 * already (EEXIST), or cannot be made.
 */
struct kept *kept_new(struct keep *k, const char *host, const char *path, struct err *err);
/* The bytes so far, which is where the next ones must begin. */
int64_t kept_size(const struct kept *f);
/* 0, -EPROTO when they are not the next ones, or -errno with words. */
int kept_add(struct kept *f, int64_t offset, const void *p, size_t n, struct err *err);
/*
 * All is there: gives the file its name. `sha256` in hex is what the host says it is: -EBADMSG when
 * that is not what came. ret: the digest of what came.
 */
int kept_finish(struct kept *f, const char *sha256, char ret[KEEP_HASH_TEXT], struct err *err);
/* The file's name below DIR, as long as `f` is there. */
const char *kept_name(const struct kept *f);
/* Frees; what did not come whole is removed. Accepts NULL. */
void kept_free(struct kept *f);

/* Appends a line to the manifest and has it on the disk. 0 or -errno with words. */
int keep_note(struct keep *k, const json_t *line, struct err *err);

#endif
