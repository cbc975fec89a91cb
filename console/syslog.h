/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines as messages of syslog, RFC 5424: to the machine's own /dev/log, another unix socket, UDP,
 * or TCP with the length before each (RFC 6587).
 *
 * No message, and no connection, is waited for longer than SYSLOG_WAIT_MS. A message that is too
 * long is cut between two characters.
 */
#ifndef CONSOLE_SYSLOG_H
#define CONSOLE_SYSLOG_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

#define SYSLOG_WAIT_MS 5000
/* Bytes of one message, its head included: what usual receivers take. */
#define SYSLOG_UDP_MAX	  (8u << 10)
#define SYSLOG_STREAM_MAX (64u << 10)

struct syslog;
/*
 * `where`: "local", "unix:PATH", "udp:HOST[:PORT]" or "tcp:HOST[:PORT]", [HOST] for an address of
 * IPv6; port 514. Connects. `id` is the MSGID of all messages. NULL with `err`.
 */
struct syslog *syslog_open(const char *where, const char *id, struct err *err);
/* Accepts NULL. */
void syslog_close(struct syslog *s);
/*
 * Text of any length: each line of it that is complete becomes a message. 0, or the first error
 * met, which stays (-ETIMEDOUT: nobody takes them).
 */
int syslog_write(void *syslog, const char *p, size_t n);
/* Messages that were cut so far. */
uint64_t syslog_cut(const struct syslog *s);

#endif
