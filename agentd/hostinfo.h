/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `hello` tells of the host: read once, cheap, and never an error. */
#ifndef AGENTD_HOSTINFO_H
#define AGENTD_HOSTINFO_H

#define HOSTINFO_TEXT_MAX 256 /* bytes of one fact, NUL included */

struct root;

/* A fact that cannot be read is "". */
struct hostinfo {
	char name[HOSTINFO_TEXT_MAX];
	char machine_id[HOSTINFO_TEXT_MAX]; /* /etc/machine-id */
	char boot_id[HOSTINFO_TEXT_MAX];
	char os[HOSTINFO_TEXT_MAX];	    /* NAME of os-release(5) */
	char os_version[HOSTINFO_TEXT_MAX]; /* its VERSION_ID */
	char kernel[HOSTINFO_TEXT_MAX];	    /* as `uname -r` */
	char arch[HOSTINFO_TEXT_MAX];	    /* as `uname -m`; of a root what its programs are for */
};

void hostinfo_read(const struct root *root, struct hostinfo *ret);
/* The machine's UUID: the firmware's, or made of the machine id; "" without either. */
void hostinfo_uuid(
	const struct root *root, const struct hostinfo *host, char ret[HOSTINFO_TEXT_MAX]);

#endif
