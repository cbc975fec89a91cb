/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The BPF programs of the kernel, which it lists to nobody but root: asked of it, or of a relay. */
#ifndef AGENTD_BPFPROG_H
#define AGENTD_BPFPROG_H

#include <linux/bpf.h>
#include <stdint.h>

/* Maps of one program that are told. */
#define BPFPROG_MAPS_MAX 64

struct bpfprog {
	uint32_t id;
	int32_t error; /* why nothing more is known of it: a positive errno */
	struct bpf_prog_info info;
	uint32_t maps[BPFPROG_MAPS_MAX]; /* the first info.nr_map_ids */
};

struct bpfprogs {
	uint32_t last;
	int relay;   /* -1: the kernel is asked */
	int refused; /* by the relay, -errno */
};

/* Those with numbers above `after`. */
void bpfprogs_init(struct bpfprogs *l, uint32_t after);
void bpfprogs_done(struct bpfprogs *l);
/* 1 with the next one, 0 at the end, or -errno. */
int bpfprogs_next(struct bpfprogs *l, struct bpfprog *ret);

/* The relay's part: all of them, one struct behind the other. `after` is a number as text. */
void bpfprog_serve(int fd, const char *after);

#endif
