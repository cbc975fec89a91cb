/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session may hand over to be answered on: descriptors of its user's choice. */
#ifndef AGENTD_CLIENTFD_H
#define AGENTD_CLIENTFD_H

#include "common/err.h"

#include <stdbool.h>

/*
 * Refuses (-EINVAL) all but pipes, connected stream sockets, terminals, /dev/null and ordinary
 * files that are open for reading, or for writing where `writes`. Writing to others, such as files
 * of /proc, can be to act with the rights of whoever writes and not of whoever opened them. May
 * wait for the file system.
 */
int clientfd_check(int fd, bool writes, struct err *err);

#endif
