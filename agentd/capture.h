/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process kept in the vault before it is ended: its program, memory map, environment, command
 * line, open files and status. It should be stopped meanwhile.
 */
#ifndef AGENTD_CAPTURE_H
#define AGENTD_CAPTURE_H

#include "agentd/procfacts.h"
#include "agentd/vault.h"

#define VAULT_KIND_PROCESS "process"
/* Processes of one tree that are captured. */
#define CAPTURES_MAX 32
/* Bytes of one of /proc's files; what is longer is cut, and meta.json says so. */
#define CAPTURE_FILE_MAX (16u << 20)
/* Descriptors that are listed. */
#define CAPTURE_FDS_MAX 65536

struct capture {
	const struct action_call *call;
	struct procfs *fs;
	struct vault vault;
	struct {
		int32_t pid;
		char id[VAULT_ID_MAX];
		uint64_t exe_dev, exe_ino;
		bool has_exe; /* the entry holds the program itself */
	} kept[CAPTURES_MAX];
	size_t n;
};

/* 0 or -errno with `err`; capture_done in any case. */
int capture_init(
	struct capture *c, const struct action_call *call, struct procfs *fs, struct err *err);
void capture_done(struct capture *c);
/*
 * One process, into an entry of its own; a program that is kept already is not copied again. 0,
 * -ESRCH when it is gone, -E2BIG past CAPTURES_MAX, -ENOSPC, -errno, with `err`.
 */
int capture_process(struct capture *c, const struct pidref *p, struct err *err);
/* [{"pid":…, "id":…}…]; NULL: no memory. */
json_t *capture_json(const struct capture *c);

#endif
