/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which package of dpkg or rpm a file belongs to. */
#ifndef AGENTD_PKGOWNER_H
#define AGENTD_PKGOWNER_H

#include <stdbool.h>

struct root;

#define PKGOWNER_NAME_MAX 128

/*
 * `path` has no symbolic links in it; packages may know it by the name it had before /bin and /lib
 * became links into /usr, or by another one that dpkg diverted. 1 with the package's name, 0: none,
 * or -errno: it cannot be told. Takes as long as reading dpkg's lists does.
 */
int pkgowner_find(const struct root *root, const char *path, char ret[PKGOWNER_NAME_MAX]);
/* Could it be a package's at all? What is cleared now and then is nobody's. */
bool pkgowner_possible(const char *path);
/* Is it where packages put files? */
bool pkgowner_likely(const char *path);

#endif
