/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which container a process is in, from the names that runtimes give to control groups: Docker,
 * containerd, CRI-O, Podman, LXC, systemd-nspawn, and whoever else names a group by 64 hexadecimal
 * digits.
 */
#ifndef AGENTD_CONTAINER_H
#define AGENTD_CONTAINER_H

#include "common/str.h"

struct container {
	struct span id;	     /* of LXC and nspawn: the name */
	const char *runtime; /* docker, containerd, crio, podman, lxc, nspawn, or unknown */
	struct span path;    /* of the control group, up to and with the container's */
};

/* Of a control group's path: the innermost container. The spans point into it. */
bool container_of_path(struct span path, struct container *ret);
/* Of the text of /proc/PID/cgroup: from the first hierarchy that tells. */
bool container_of_cgroups(struct span text, struct container *ret);

#endif
