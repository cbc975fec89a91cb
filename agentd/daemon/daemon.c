/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/daemon.h"

#include "agentd/auditfile.h"
#include "agentd/daemon/client.h"
#include "agentd/daemon/place.h"
#include "agentd/daemon/relay.h"
#include "agentd/daemon/settle.h"
#include "agentd/daemon/worker.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void audit_event(
	struct daemon *d, enum audit_event event, const char *status, const char *detail, bool sync)
{
	const struct audit_entry entry = {.event = event, .status = status, .detail = detail};
	struct err err;

	if (audit_write(d->audit, &entry, sync, &err) < 0)
		log_error("audit: %s", err.text);
}

/* ---- Signals ---- */

static int64_t cpu_ms(const struct rusage *used)
{
	return (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000 +
	       (used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000;
}

static void reap(struct daemon *d)
{
	struct rusage used;
	pid_t pid;
	int status;

	while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0) {
		if (clients_reaped(d, pid, status, cpu_ms(&used)) ||
			children_reaped(&d->children, pid, status) || worker_spare_reaped(d, pid))
			continue;
		relay_reaped(d, pid);
	}
}

/* The policy closes these to those who have no business with them. */
static void close_paths(struct daemon *d)
{
	d->conf->vault = d->vault;
	d->conf->audit_files = d->audit_files;
}

/* A file that does not parse changes nothing. */
static void reload(struct daemon *d)
{
	struct err err;
	struct conf *conf;

	notify_send(&d->notify, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_us());
	conf = conf_read(d->config, &err);
	if (conf) {
		conf_free(d->conf);
		d->conf = conf;
		close_paths(d);
		audit_configure(d->audit, conf);
		log_note("daemon: %s was read anew", d->config);
	} else {
		log_error("daemon: %s; the settings stay as they were", err.text);
	}
	audit_event(d, AUDIT_CONFIG, conf ? "done" : "refused", conf ? d->config : err.text, false);
	notify_send(&d->notify, "READY=1");
}

void daemon_check_end(struct daemon *d)
{
	if (d->stopping && !d->clients && !d->children.n)
		loop_stop(d->loop);
}

static void on_end_time(struct loop_timer *timer)
{
	struct daemon *d = timer->arg;

	log_error("daemon: %zu processes did not end in time", d->children.n);
	loop_stop(d->loop);
}

static void stop(struct daemon *d)
{
	if (d->stopping)
		return;
	d->stopping = true;
	log_note("daemon: ending");
	notify_send(&d->notify, "STOPPING=1");
	loop_unwatch(d->loop, &d->listen);
	loop_timer_stop(d->loop, &d->accept_again);
	worker_spare_end(d);
	clients_drop_new(d);
	for (struct client *c = d->clients; c; c = c->next)
		client_end(c, "the agent is being stopped");
	loop_timer_in(d->loop, &d->end, DAEMON_ACTIONS_END_MS);
	daemon_check_end(d);
}

static void on_signal(int signo, void *arg)
{
	struct daemon *d = arg;

	switch (signo) {
	case SIGCHLD:
		reap(d);
		daemon_check_end(d);
		break;
	case SIGHUP:
		reload(d);
		break;
	default:
		stop(d);
	}
}

/* ---- The beginning ---- */

static void on_listen(struct loop_io *io, uint32_t events)
{
	(void)events;
	client_accept(io->arg);
}

static void on_accept_again(struct loop_timer *timer)
{
	struct daemon *d = timer->arg;

	loop_watch(d->loop, &d->listen, EPOLLIN);
}

static int take_places(struct daemon *d, struct err *err)
{
	int r = place_directory(d->run_dir, 0755, err);

	if (!r)
		r = place_directory(d->state_dir, 0700, err);
	if (!r)
		r = d->locks[0] = place_lock(d->run_dir, err);
	if (r >= 0)
		r = d->locks[1] = place_lock(d->state_dir, err);
	return r < 0 ? r : 0;
}

/* What lies in the daemon's own directory, for the policy. */
static int find_paths(struct daemon *d, struct err *err)
{
	if (!realpath(d->state_dir, d->state_real))
		return err_sys(err, errno, "%s", d->state_dir);
	if (snprintf(d->vault, sizeof(d->vault), "%s/vault", d->state_real) >=
			(int)sizeof(d->vault) ||
		snprintf(d->audit_files, sizeof(d->audit_files), "%s/" AUDIT_FILE "*",
			d->state_real) >= (int)sizeof(d->audit_files))
		return err_sys(err, ENAMETOOLONG, "%s", d->state_dir);
	close_paths(d);
	return 0;
}

static int watch_signals(struct daemon *d, struct err *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	return loop_signals(d->loop, &signals, on_signal, d, err);
}

static void on_quarantine(void *arg)
{
	workers_tell_quarantine(arg);
}

static int start(struct daemon *d, struct err *err)
{
	int r;

	d->conf = conf_read(d->config, err);
	if (!d->conf)
		return -err->code;
	d->loop = d->children.loop = loop_new(err);
	if (!d->loop)
		return -err->code;
	r = take_places(d, err);
	if (!r)
		r = find_paths(d, err);
	if (r < 0)
		return r;
	place_worker_account(&d->worker_uid, &d->worker_gid);
	r = watch_signals(d, err);
	if (r < 0)
		return r;
	d->audit = audit_open(d->state_dir, d->conf, err);
	if (!d->audit)
		return -err->code;
	/* In force before anybody can ask. */
	if (d->privileged)
		d->quarantine = quarantine_watch_new(d->loop, d->state_dir, d->audit, err);
	if (d->privileged && !d->quarantine)
		return -err->code;
	if (d->quarantine)
		quarantine_watch_on_change(d->quarantine, on_quarantine, d);
	r = place_listen(d->run_dir, err);
	if (r < 0)
		return r;
	d->listen = (struct loop_io){.fd = r, .fn = on_listen, .arg = d};
	r = loop_watch(d->loop, &d->listen, EPOLLIN);
	return r < 0 ? err_sys(err, -r, "cannot watch the socket") : 0;
}

static void done(struct daemon *d)
{
	notify_done(&d->notify);
	worker_spare_end(d);
	if (d->loop) {
		clients_free(d);
		children_end(&d->children);
	}
	relays_forget(d);
	quarantine_watch_free(d->quarantine);
	audit_close(d->audit);
	io_close(d->listen.fd);
	io_close(d->locks[0]);
	io_close(d->locks[1]);
	conf_free(d->conf);
	loop_free(d->loop);
	buf_done(&d->in);
	buf_done(&d->out);
}

int daemon_run(struct daemon *d, struct err *err)
{
	int r;

	d->privileged = geteuid() == 0;
	d->locks[0] = d->locks[1] = d->listen.fd = d->notify.fd = -1;
	worker_spare_init(d);
	d->end = (struct loop_timer){.fn = on_end_time, .arg = d};
	d->accept_again = (struct loop_timer){.fn = on_accept_again, .arg = d};
	buf_init(&d->in, PRIV_FRAME_MAX);
	buf_init(&d->out, PRIV_FRAME_MAX);
	r = start(d, err);
	if (!r) {
		notify_init(&d->notify, d->loop);
		audit_event(d, AUDIT_START, NULL, NULL, true);
		settle_start(d);
		notify_send(&d->notify, "READY=1");
		log_note("daemon: listening in %s", d->run_dir);
		r = loop_run(d->loop);
		if (r < 0)
			err_sys(err, -r, "daemon");
		place_unlisten(d->run_dir);
		/* What could not be waited for is written down as such. */
		clients_free(d);
		children_end(&d->children);
		ration_end(d);
		audit_event(d, AUDIT_STOP, NULL, NULL, true);
	}
	done(d);
	return r;
}
