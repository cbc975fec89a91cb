/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One session of the daemon's, in a process of its own. The daemon starts it as root; it takes the
 * client's descriptors, gives up all that it does not need, and only then reads from them.
 */
#include "agentd/broker.h"
#include "agentd/clientfd.h"
#include "agentd/engine.h"
#include "agentd/handover.h"
#include "agentd/job.h"
#include "agentd/othernames.h"
#include "agentd/privlink.h"
#include "agentd/role.h"
#include "agentd/root.h"
#include "agentd/sandbox.h"
#include "agentd/session.h"
#include "agentd/table.h"
#include "agentd/worker.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Milliseconds that the daemon takes at most to start a relay. */
#define RELAY_WAIT_MS 10000
/* The stacks of the queries at once: on top of what these may allocate. */
#define STACKS_MB (SESSION_RUNNING_MAX * JOB_STACK >> 20)

/* ---- The client's descriptors ---- */

/*
 * One packet with exactly two of them, of the kinds that a session has, lies in the session's
 * connection: the daemon has seen it. Closes the connection.
 */
static int take_client(int client, struct err *err)
{
	struct priv_handover hand;
	struct buf frame;
	int fds[2], r;

	buf_init(&frame, PRIV_FRAME_MAX);
	r = priv_receive(client, &frame, fds, 2, false);
	if (r > 0 && (fds[1] < 0 || priv_read_handover(frame.p, frame.len, &hand) < 0))
		r = -EBADMSG;
	buf_done(&frame);
	io_close(client);
	if (r <= 0)
		return err_sys(err, r ? -r : EPIPE, "no descriptors from the session");
	r = clientfd_check(fds[0], false, err);
	if (!r)
		r = clientfd_check(fds[1], true, err);
	if (r < 0)
		return r;
	if (dup2(fds[0], STDIN_FILENO) < 0 || dup2(fds[1], STDOUT_FILENO) < 0)
		return err_sys(err, errno, "the session's descriptors");
	io_close(fds[0]);
	io_close(fds[1]);
	return 0;
}

/* ---- Giving up ---- */

static bool writes_file(void)
{
	struct stat st;

	return fstat(STDOUT_FILENO, &st) < 0 || S_ISREG(st.st_mode);
}

/*
 * The daemon's words are not the worker's to say. The last step, so that what fails before it can
 * be told; dup2(2) is refused by then.
 */
static void forget_stderr(int null)
{
#ifndef __SANITIZE_ADDRESS__
	close(STDERR_FILENO);
	if (dup(null) != STDERR_FILENO)
		_exit(WORKER_FAILED);
#endif
	io_close(null);
}

static int give_up(const struct priv_grant *g, struct err *err)
{
	const struct sandbox s = {
		.change_uid = g->change_uid,
		.uid = g->uid,
		.gid = g->gid,
		.groups = g->groups,
		.n_groups = g->n_groups,
		.capabilities = g->privileged ? sandbox_reading : NULL,
		.memory_mb = g->memory_mb + STACKS_MB,
		.cpu_s = g->cpu_s,
		.no_growth = !writes_file(),
	};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), r;

	if (null < 0)
		return err_sys(err, errno, "/dev/null");
	r = sandbox_enter(&s, err);
	if (!r)
		r = sandbox_filter(SANDBOX_READING, err);
	if (!r)
		forget_stderr(null);
	return r;
}

/* ---- Connections that the daemon makes ---- */

/* The first that a relay says: whether it could do what it is for. */
static int take_status(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int32_t status;

	if (poll(&p, 1, RELAY_WAIT_MS) != 1)
		return -ETIMEDOUT;
	if (recv(fd, &status, sizeof(status), 0) != sizeof(status))
		return -EPIPE;
	return status > 0 && status < 4096 ? -status : status ? -EPROTO : 0;
}

static int open_relay(void *arg, enum priv_relay_kind kind, const char *what)
{
	const struct priv_connect c = {.kind = kind, .arg = what};
	struct privlink *link = arg;
	struct privlink_answer answer;
	struct priv_connected got;
	uint64_t number = privlink_number(link);
	struct buf frame;
	int fd, r;

	buf_init(&frame, PRIV_FRAME_MAX);
	r = priv_put_connect(&frame, number, &c);
	if (!r)
		r = privlink_call(
			link, number, &frame, NULL, clock_mono_ms() + RELAY_WAIT_MS, &answer);
	buf_done(&frame);
	if (r < 0)
		return r;
	fd = answer.fd;
	r = priv_read_connected(answer.frame.p, answer.frame.len, &got);
	if (!r && (got.error || fd < 0))
		r = got.error ? -got.error : -EPROTO;
	buf_done(&answer.frame);
	if (!r)
		r = take_status(fd);
	if (r < 0)
		io_close(fd);
	return r < 0 ? r : fd;
}

/* ---- The session ---- */

static bool is_denied(const struct priv_grant *g, const struct table *t)
{
	const struct othernames *others = othernames_of(t->name);

	for (size_t i = 0; g->deny_tables[i]; i++)
		if (str_eq(g->deny_tables[i], t->name) ||
			(others && others->alias && str_eq(g->deny_tables[i], others->alias)))
			return true;
	return false;
}

/* The tables that the client may ask; the heap's. */
static const struct table **allowed_tables(const struct priv_grant *g)
{
	const struct table **tables;
	size_t n = 0, kept = 0;

	while (tables_all[n])
		n++;
	tables = calloc(n + 1, sizeof(const struct table *));
	for (size_t i = 0; tables && i < n; i++)
		if (!is_denied(g, tables_all[i]))
			tables[kept++] = tables_all[i];
	return tables;
}

/* Returns only when it could not begin. */
static int serve(struct privlink *link, const struct priv_grant *g)
{
	struct session_options options = {.privileged = g->privileged, .daemon = link, .grant = g};
	struct err err = {.text = "out of memory"};
	const struct table **tables = allowed_tables(g);
	struct root *root = root_new(g->root, &err);
	bool stuck = false;
	int r;

	if (!tables || !root || root_deny(root, (const char *const *)g->deny_paths) < 0) {
		log_error("worker: %s", err.text);
		return WORKER_FAILED;
	}
	broker_set(open_relay, link);
	r = give_up(g, &err);
	if (r < 0) {
		log_error("worker: %s", err.text);
		return WORKER_FAILED;
	}
	options.root = root;
	/* An image has a state of its own. */
	options.state_dir = root_is_live(root) ? g->state_dir : NULL;
	options.tables = tables;
	r = session_run(STDIN_FILENO, STDOUT_FILENO, &options, &stuck, &err);
	/* Nothing is worth being freed: the reader waits for the end of this process. */
	_exit(r == 0 ? ROLE_GOOD : r == -EMSGSIZE ? ROLE_REFUSED : ROLE_FAILED);
}

/* May take long: workers are started before there is a session for them. */
static int take_grant(
	int fd, struct buf *frame, struct priv_grant *ret, int *ret_client, struct err *err)
{
	int r = priv_receive(fd, frame, ret_client, 1, true);

	/* The daemon needs it no more, or is gone. */
	if (r == 0)
		_exit(ROLE_GOOD);
	if (r > 0)
		r = priv_read_grant(frame->p, frame->len, ret);
	return r < 0 ? err_sys(err, -r, "no word from the daemon") : 0;
}

static int run(const struct agent_options *o, int argc, char **argv)
{
	struct privlink *link = privlink_new(WORKER_DAEMON_FD);
	struct priv_grant grant = {.root = NULL};
	struct buf frame;
	struct err err;
	int client = -1, r;

	(void)o, (void)argc, (void)argv;
	mallopt(M_ARENA_MAX, SESSION_ARENAS);
	buf_init(&frame, PRIV_FRAME_MAX);
	r = link ? engine_init(&err) : err_sys(&err, ENOMEM, "worker");
	if (!r)
		r = take_grant(WORKER_DAEMON_FD, &frame, &grant, &client, &err);
	if (!r)
		r = take_client(client, &err);
	if (r < 0) {
		log_error("worker: %s", err.text);
		return WORKER_FAILED;
	}
	return serve(link, &grant);
}

const struct role role_worker = {
	.name = "worker",
	.args = "",
	.summary = "one session of the daemon's; it starts these itself",
	.hidden = true,
	.run = run,
};
