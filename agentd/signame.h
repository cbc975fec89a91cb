/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals by the names that kill(1) takes. */
#ifndef AGENTD_SIGNAME_H
#define AGENTD_SIGNAME_H

#define SIGNAME_MAX 16

/* "TERM", "SIGTERM", "term" or "15": the number, or -EINVAL. */
int signame_read(const char *name);
/* "TERM"; numbers without a name as "RT34". `buf` has SIGNAME_MAX bytes. */
const char *signame(int sig, char *buf);

#endif
