/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of /etc/hosts, /etc/services and /etc/protocols. */
#ifndef AGENTD_NETDB_H
#define AGENTD_NETDB_H

#include "common/buf.h"
#include "common/str.h"

#include <stdint.h>

/* Each: 1, 0 for what is no entry, -errno of buf_add. `*list` is replaced. */

/* The names go into *names, with one blank between two of them. */
int hosts_line_read(struct span line, struct span *ret_address, struct buf *names);

struct netdb_line {
	struct span name, protocol;
	int64_t number;	     /* port or protocol number */
	struct span comment; /* p is NULL where there is none */
};
/* "http 80/tcp www # WorldWideWeb"; aliases as the names above. */
int services_line_read(struct span line, struct netdb_line *ret, struct buf *aliases);
/* "tcp 6 TCP # transmission control": `protocol` is the alias, p NULL where there is none. */
int protocols_line_read(struct span line, struct netdb_line *ret);

#endif
