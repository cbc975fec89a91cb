/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The agent in the place of osquery's own. The version is ours: an osquery's would be of a program
 * that is not there.
 */
#include "agentd/hostinfo.h"
#include "agentd/self.h"
#include "agentd/table.h"
#include "common/version.h"

#include <unistd.h>

/* What osquery tells of itself on Linux: POSIX and Linux. */
#define LINUX_MASK 9

enum {
	PID,
	UUID,
	INSTANCE_ID,
	VERSION,
	CONFIG_HASH,
	CONFIG_VALID,
	EXTENSIONS,
	BUILD_PLATFORM,
	BUILD_DISTRO,
	START_TIME,
	WATCHER,
	PLATFORM_MASK,
};

static const struct column columns[] = {
	[PID] = {"pid", COL_INTEGER, 0, "Process id of the agent"},
	[UUID] = {"uuid", COL_TEXT, 0, "Identity of the machine, as in system_info"},
	[INSTANCE_ID] = {"instance_id", COL_TEXT, 0,
		"Identity of the installation: its machine id"},
	[VERSION] = {"version", COL_TEXT, 0, "Version of the agent (tocsin, not osquery)"},
	[CONFIG_HASH] = {"config_hash", COL_TEXT, 0, "Always empty"},
	[CONFIG_VALID] = {"config_valid", COL_INTEGER, 0, "Always 1"},
	[EXTENSIONS] = {"extensions", COL_TEXT, 0, "Always inactive: there are none"},
	[BUILD_PLATFORM] = {"build_platform", COL_TEXT, 0, "System that the agent is for: linux"},
	[BUILD_DISTRO] = {"build_distro", COL_TEXT, 0, "Always tocsin"},
	[START_TIME] = {"start_time", COL_INTEGER, 0, "Unix time at which the agent was started"},
	[WATCHER] = {"watcher", COL_INTEGER, 0, "Always -1: nothing watches it"},
	[PLATFORM_MASK] = {"platform_mask", COL_INTEGER, 0, "Always 9: Linux"},
	COL_END,
};

static void put_host(struct scan *s)
{
	char uuid[HOSTINFO_TEXT_MAX];
	struct hostinfo host;

	hostinfo_read(scan_root(s), &host);
	hostinfo_uuid(scan_root(s), &host, uuid);
	row_text(s, UUID, uuid);
	row_text(s, INSTANCE_ID, host.machine_id);
}

static int osquery_info_step(struct scan *s)
{
	struct self self;

	row_begin(s);
	row_int(s, PID, getpid());
	if (scan_wants(s, UUID) || scan_wants(s, INSTANCE_ID))
		put_host(s);
	row_text(s, VERSION, TOCSIN_VERSION);
	row_text(s, CONFIG_HASH, "");
	row_int(s, CONFIG_VALID, 1);
	row_text(s, EXTENSIONS, "inactive");
	row_text(s, BUILD_PLATFORM, "linux");
	row_text(s, BUILD_DISTRO, "tocsin");
	if (scan_wants(s, START_TIME) && self_read(&self) == 0)
		row_int(s, START_TIME, self.start_time);
	row_int(s, WATCHER, -1);
	row_int(s, PLATFORM_MASK, LINUX_MASK);
	row_end(s);
	return 0;
}

const struct table table_osquery_info = {
	.name = "osquery_info",
	.doc = "The agent, told as osquery tells of itself.",
	.columns = columns,
	.step = osquery_info_step,
};
