/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/ifaces.h"

#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool iface_from_message(const struct netlink_message *m, struct iface *ret)
{
	struct ifinfomsg head;
	struct netlink_attrs rest;
	struct netlink_attr a;

	if (m->type != RTM_NEWLINK || !netlink_head(m, &head, sizeof(head), &rest))
		return false;
	*ret = (struct iface){.index = (uint32_t)head.ifi_index, .flags = head.ifi_flags};
	while (netlink_attr(&rest, &a))
		if (a.type == IFLA_IFNAME)
			memcpy(ret->name, a.p, strnlen(a.p, a.n < IFNAMSIZ ? a.n : IFNAMSIZ - 1));
	return true;
}

static int by_index(const void *a, const void *b)
{
	uint32_t x = ((const struct iface *)a)->index, y = ((const struct iface *)b)->index;

	return x < y ? -1 : x > y;
}

int ifaces_read(struct ifaces *i, struct netlink *n)
{
	struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
	struct netlink_message m;
	struct iface one;
	int r;

	*i = (struct ifaces){0};
	r = netlink_dump(n, RTM_GETLINK, &all, sizeof(all));
	while (!r && (r = netlink_next(n, &m)) == 1) {
		r = 0;
		if (!iface_from_message(&m, &one))
			continue;
		r = array_grow(&i->all, &i->cap, i->n + 1, sizeof(one), IFACES_MAX);
		if (!r)
			i->all[i->n++] = one;
		else if (r == -E2BIG)
			r = 0;
	}
	if (i->n)
		qsort(i->all, i->n, sizeof(one), by_index);
	return r;
}

void ifaces_done(struct ifaces *i)
{
	free(i->all);
	*i = (struct ifaces){0};
}

const struct iface *iface_by_index(const struct ifaces *i, uint32_t index)
{
	struct iface key = {.index = index};

	return i->n ? bsearch(&key, i->all, i->n, sizeof(key), by_index) : NULL;
}
