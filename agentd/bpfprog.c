/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/bpfprog.h"

#include "agentd/broker.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

static int read_info(struct bpfprog *p)
{
	union bpf_attr attr = {.prog_id = p->id};
	int fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr), r;

	if (fd < 0)
		return fd;
	p->info.nr_map_ids = BPFPROG_MAPS_MAX;
	p->info.map_ids = (uint64_t)(uintptr_t)p->maps;
	attr = (union bpf_attr){.prog_id = 0};
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(p->info);
	attr.info.info = (uint64_t)(uintptr_t)&p->info;
	r = bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	io_close(fd);
	return r;
}

static int ask_kernel(uint32_t last, struct bpfprog *ret)
{
	union bpf_attr attr = {.start_id = last};
	int r = bpf(BPF_PROG_GET_NEXT_ID, &attr);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	memset(ret, 0, sizeof(*ret));
	ret->id = attr.next_id;
	ret->error = -read_info(ret);
	return 1;
}

/* Whole structs, or the end. */
static int ask_relay(int fd, struct bpfprog *ret)
{
	size_t at = 0;

	while (at < sizeof(*ret)) {
		ssize_t n = read(fd, (char *)ret + at, sizeof(*ret) - at);

		if (n <= 0)
			return n < 0 ? -errno : 0;
		at += (size_t)n;
	}
	return 1;
}

void bpfprogs_init(struct bpfprogs *l, uint32_t after)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", after);
	*l = (struct bpfprogs){.last = after, .relay = broker_open(PRIV_RELAY_BPF, text)};
	if (l->relay < 0 && l->relay != -ENOSYS)
		l->refused = l->relay;
}

void bpfprogs_done(struct bpfprogs *l)
{
	io_close(l->relay);
}

int bpfprogs_next(struct bpfprogs *l, struct bpfprog *ret)
{
	int r;

	if (l->refused)
		return l->refused;
	r = l->relay >= 0 ? ask_relay(l->relay, ret) : ask_kernel(l->last, ret);
	if (r > 0)
		l->last = ret->id;
	return r;
}

void bpfprog_serve(int fd, const char *after)
{
	struct bpfprog p;
	uint64_t last;

	if (parse_uint(after, 0, UINT32_MAX, &last) < 0)
		return;
	while (ask_kernel((uint32_t)last, &p) == 1 && io_write_all(fd, &p, sizeof(p)) == 0)
		last = p.id;
}
