/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "agentd/self.h"
#include "agentd/table.h"
#include "common/version.h"

#include <cap-ng.h>
#include <unistd.h>

enum { VERSION, PID, PRIVILEGED, ROOT, UPTIME, RESIDENT_SIZE };

static const struct column columns[] = {
	{"version", COL_TEXT, 0, "Version of the agent"},
	{"pid", COL_BIGINT, 0, "Its process id"},
	{"privileged", COL_INTEGER, 0, "1: it reads with the rights of root"},
	{"root", COL_TEXT, 0, "Directory that it takes for the host's root"},
	{"uptime", COL_BIGINT, 0, "Seconds since it was started"},
	{"resident_size", COL_BIGINT, 0, "Bytes of memory that it uses"},
	COL_END,
};

/* A worker of the daemon is not root, but keeps what reading needs. */
static bool reads_all(void)
{
	return geteuid() == 0 ||
	       (capng_get_caps_process() == 0 &&
		       capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_READ_SEARCH));
}

static int agent_info_step(struct scan *s)
{
	const char *root = root_prefix(scan_root(s));
	struct self self;

	row_begin(s);
	row_text(s, VERSION, TOCSIN_VERSION);
	row_int(s, PID, getpid());
	row_int(s, PRIVILEGED, reads_all());
	row_text(s, ROOT, root[0] ? root : "/");
	if ((scan_wants(s, UPTIME) || scan_wants(s, RESIDENT_SIZE)) && self_read(&self) == 0) {
		row_int(s, UPTIME, self.uptime);
		row_int(s, RESIDENT_SIZE, self.resident);
	}
	row_end(s);
	return 0;
}

const struct table table_agent_info = {
	.name = "agent_info",
	.doc = "The agent that answers.",
	.columns = columns,
	.step = agent_info_step,
};
