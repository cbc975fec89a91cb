/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection for a worker (relay.h), in a process of its own that the daemon starts. */
#include "agentd/relay.h"
#include "agentd/role.h"
#include "agentd/sandbox.h"
#include "agentd/worker.h"
#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <unistd.h>

/* Seconds of processor time, MiB of memory. */
#define RELAY_CPU_S	30
#define RELAY_MEMORY_MB 128

static int give_up(const struct relay_kind *kind, const struct priv_relay *r, struct err *err)
{
	bool root = kind->stays_root && r->privileged;
	const struct sandbox s = {
		.change_uid = r->change_uid,
		.uid = root ? 0 : r->uid,
		.gid = root ? 0 : r->gid,
		.groups = r->groups,
		.n_groups = r->n_groups,
		.capabilities = r->privileged ? kind->capabilities : NULL,
		.memory_mb = RELAY_MEMORY_MB,
		.cpu_s = RELAY_CPU_S,
		.no_growth = true,
	};

	return sandbox_enter(&s, err);
}

/*
 * What must be opened as root is opened before anything of the worker's is read, and all that is
 * opened before the filter, which lets nothing more be. The worker hears first of all whether it is
 * to go on: an errno, or 0.
 */
static int work(const struct priv_relay *r, struct err *err)
{
	const struct relay_kind *kind = &relay_kinds[r->kind];
	bool first = r->privileged && !kind->opens_as_user;
	int opened = kind->open && first ? kind->open(r->arg) : 0, res;
	int32_t status;

	res = opened < 0 ? err_sys(err, -opened, "%s", r->arg) : give_up(kind, r, err);
	if (!res && kind->open && !first) {
		opened = kind->open(r->arg);
		res = opened < 0 ? err_sys(err, -opened, "%s", r->arg) : 0;
	}
	if (!res)
		res = sandbox_filter(kind->calls, err);
	status = -res;
	if (io_write_all(RELAY_WORKER_FD, &status, sizeof(status)) == 0 && !res)
		kind->run(RELAY_WORKER_FD, opened, r->arg);
	return res;
}

static int run(const struct agent_options *o, int argc, char **argv)
{
	struct priv_relay relay;
	struct buf frame;
	struct err err;
	int r;

	(void)o, (void)argc, (void)argv;
	alarm(RELAY_SECONDS);
	buf_init(&frame, PRIV_FRAME_MAX);
	r = priv_receive(RELAY_PLAN_FD, &frame, NULL, 0, true);
	r = r > 0 ? priv_read_relay(frame.p, frame.len, &relay) : -EPIPE;
	io_close(RELAY_PLAN_FD);
	if (r < 0)
		err_sys(&err, -r, "no word from the daemon");
	else
		r = work(&relay, &err);
	if (r < 0)
		log_verbose("relay: %s", err.text);
	buf_done(&frame);
	return r < 0 ? ROLE_FAILED : ROLE_GOOD;
}

const struct role role_relay = {
	.name = "relay",
	.args = "",
	.summary = "one connection for a worker; the daemon starts these itself",
	.hidden = true,
	.run = run,
};
