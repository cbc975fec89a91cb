/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of iptables, which the kernel hands to those only who may change them: asked of it, or
 * of a relay. */
#ifndef AGENTD_IPTGET_H
#define AGENTD_IPTGET_H

#include "agentd/iptrules.h"

#include <stdbool.h>

/* Bytes of one table. */
#define IPTGET_MAX (64u << 20)

struct iptget {
	int fd; /* a socket, or -1: relays are asked */
};

/* 0 or -errno. */
int iptget_init(struct iptget *g);
void iptget_done(struct iptget *g);
/*
 * Only tables that are there already may be asked for: to ask for others would make them. `*ret`,
 * the heap's, has ret_info->size bytes. 0, -EAGAIN when it changed meanwhile, -errno.
 */
int iptget(struct iptget *g, const char *name, char **ret, struct ipt_getinfo *ret_info);

/* The relay's part: an errno, the information, the entries, asked of that socket. */
int iptget_socket(void);
void iptget_serve(int fd, int from, const char *name);

#endif
