/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/iptget.h"

#include "agentd/broker.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int iptget_socket(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	return fd < 0 ? -errno : fd;
}

int iptget_init(struct iptget *g)
{
	int r = iptget_socket();

	g->fd = r < 0 ? -1 : r;
	return r >= 0 || broker_is_set() ? 0 : r;
}

void iptget_done(struct iptget *g)
{
	g->fd = io_close(g->fd);
}

/* ---- From the kernel ---- */

static int get_here(int fd, const char *name, char **ret, struct ipt_getinfo *info)
{
	struct ipt_get_entries *got;
	socklen_t len = sizeof(*info);
	int r = 0;

	*info = (struct ipt_getinfo){0};
	if (str_copy(info->name, sizeof(info->name), name) < 0)
		return -ENOENT;
	if (getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, info, &len) < 0)
		return -errno;
	if (info->size > IPTGET_MAX)
		return -EMSGSIZE;
	got = calloc(1, sizeof(*got) + info->size);
	if (!got)
		return -ENOMEM;
	memcpy(got->name, info->name, sizeof(got->name));
	got->size = info->size;
	len = (socklen_t)(sizeof(*got) + info->size);
	if (getsockopt(fd, IPPROTO_IP, IPT_SO_GET_ENTRIES, got, &len) < 0)
		r = -errno;
	else if (len != sizeof(*got) + info->size)
		r = -EBADMSG;
	if (r < 0) {
		free(got);
		return r;
	}
	memmove(got, got->entrytable, info->size);
	*ret = (char *)got;
	return 0;
}

void iptget_serve(int fd, int from, const char *name)
{
	struct ipt_getinfo info = {0};
	char *entries = NULL;
	int32_t error = -get_here(from, name, &entries, &info);

	if (io_write_all(fd, &error, sizeof(error)) == 0 && !error &&
		io_write_all(fd, &info, sizeof(info)) == 0)
		(void)io_write_all(fd, entries, info.size);
	free(entries);
}

/* ---- From a relay ---- */

static int read_all(int fd, void *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t got = read(fd, (char *)p + at, n - at);

		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		at += (size_t)got;
	}
	return 0;
}

static int get_relayed(const char *name, char **ret, struct ipt_getinfo *info)
{
	int fd = broker_open(PRIV_RELAY_IPTABLES, name), r;
	int32_t error = 0;
	char *entries = NULL;

	if (fd < 0)
		return fd;
	r = read_all(fd, &error, sizeof(error));
	if (!r && error)
		r = error > 0 && error < 4096 ? -error : -EBADMSG;
	if (!r)
		r = read_all(fd, info, sizeof(*info));
	if (!r && info->size > IPTGET_MAX)
		r = -EMSGSIZE;
	if (!r) {
		entries = malloc(info->size + 1);
		r = entries ? read_all(fd, entries, info->size) : -ENOMEM;
	}
	io_close(fd);
	if (r < 0)
		free(entries);
	else
		*ret = entries;
	return r;
}

int iptget(struct iptget *g, const char *name, char **ret, struct ipt_getinfo *ret_info)
{
	return g->fd >= 0 ? get_here(g->fd, name, ret, ret_info) : get_relayed(name, ret, ret_info);
}
