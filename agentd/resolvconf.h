/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /etc/resolv.conf as the C library's resolver takes it. */
#ifndef AGENTD_RESOLVCONF_H
#define AGENTD_RESOLVCONF_H

#include "common/str.h"

#include <stdint.h>

/* What is more is not looked at, as in the C library. */
#define RESOLVCONF_SERVERS_MAX 3
#define RESOLVCONF_SEARCH_MAX  6
#define RESOLVCONF_SORT_MAX    10
/* Bytes of one name or address with its NUL; longer ones are left out. */
#define RESOLVCONF_TEXT_MAX 256

struct resolvconf {
	char servers[RESOLVCONF_SERVERS_MAX][RESOLVCONF_TEXT_MAX];
	char search[RESOLVCONF_SEARCH_MAX][RESOLVCONF_TEXT_MAX];
	struct {
		char address[RESOLVCONF_TEXT_MAX];
		char mask[RESOLVCONF_TEXT_MAX]; /* as written, or "" */
	} sort[RESOLVCONF_SORT_MAX];
	size_t n_servers, n_search, n_sort;
	uint32_t options; /* RES_* of <resolv.h> */
};

void resolvconf_init(struct resolvconf *c);
/* Each line of the file, in order. */
void resolvconf_line(struct resolvconf *c, struct span line);

#endif
