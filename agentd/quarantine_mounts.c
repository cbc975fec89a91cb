/* SPDX-License-Identifier: GPL-3.0-or-later */
/* File systems that a quarantine brings to a standstill: those whose server is another machine. */
#include "agentd/quarantine_rules.h"

#include "agentd/action.h"
#include "agentd/mounttab.h"
#include "common/buf.h"
#include "common/io.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define MOUNTS_MAX	(4u << 20)
#define MOUNTS_TOLD_MAX 32

static bool is_of_network(const char *type)
{
	static const char *const types[] = {"nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "afs",
		"lustre", "ocfs2", "gfs2", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs",
		"fuse.rclone", "fuse.davfs"};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq(type, types[i]))
			return true;
	return false;
}

void quarantine_note_mounts(json_t *list, struct span mounts)
{
	struct span line;
	size_t told = 0;

	while (told < MOUNTS_TOLD_MAX && span_split(&mounts, '\n', &line)) {
		char *copy = span_dup(line);
		struct mount_entry e;
		json_t *said = NULL;

		if (copy && mount_entry_read(copy, line.n, &e) == 0 && is_of_network(e.type))
			said = action_json_words("%s at %s stands still meanwhile", e.type, e.path);
		if (said && json_array_append_new(list, said) == 0)
			told++;
		free(copy);
	}
}

json_t *quarantine_plan_others(void)
{
	json_t *list = quarantine_rules_others();
	struct buf b;

	buf_init(&b, MOUNTS_MAX);
	if (list && io_read_file(AT_FDCWD, MOUNTTAB_PATH, &b) == 0)
		quarantine_note_mounts(list, (struct span){buf_str(&b), b.len});
	buf_done(&b);
	return list;
}
