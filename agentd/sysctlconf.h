/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What sysctl.conf(5) and the files of sysctl.d(5) set at boot. As `sysctl --system` reads them:
 * of files with the same name the first one of /etc, /run, /usr/local/lib, /usr/lib, /lib counts,
 * they are read in the order of their names, /etc/sysctl.conf last, and the last value wins.
 */
#ifndef AGENTD_SYSCTLCONF_H
#define AGENTD_SYSCTLCONF_H

#include "agentd/table.h"
#include "common/str.h"

/* Settings and files that are kept; the rest is left out. */
#define SYSCTLCONF_MAX 65536

struct sysctlconf;

/* Reads the host's; what is in the way becomes a warning. NULL when out of memory. */
struct sysctlconf *sysctlconf_read(struct scan *s);
void sysctlconf_free(struct sysctlconf *c);
/* By its name with dots; NULL when there is none or `c` is NULL. */
const char *sysctlconf_value(const struct sysctlconf *c, const char *name);

/*
 * One line: true with the name (as written) and the value. `line` is what stands in a file, without
 * its newline.
 */
bool sysctlconf_line(struct span line, struct span *ret_name, struct span *ret_value);

#endif
