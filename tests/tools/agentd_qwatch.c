/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the daemon does about a quarantine, alone: agentd_qwatch STATE_DIR. Says "ready" when it has
 * looked, looks again at SIGUSR1, ends at SIGTERM. Its audit log is in STATE_DIR as well.
 */
#include "agentd/audit.h"
#include "agentd/conf.h"
#include "agentd/quarantine_watch.h"
#include "common/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct watching {
	struct loop *loop;
	struct quarantine_watch *watch;
};

static void die(const char *why)
{
	fprintf(stderr, "agentd_qwatch: %s\n", why);
	exit(1);
}

static void on_signal(int signo, void *arg)
{
	struct watching *w = arg;

	if (signo == SIGUSR1)
		quarantine_watch_look(w->watch);
	else
		loop_stop(w->loop);
}

int main(int argc, char **argv)
{
	struct watching w;
	struct conf *conf = conf_new();
	struct audit *audit;
	struct err err = {.text = ""};
	sigset_t set;

	if (argc != 2 || !conf)
		die("usage: agentd_qwatch STATE_DIR");
	audit = audit_open(argv[1], conf, &err);
	w.loop = loop_new(&err);
	if (!audit || !w.loop)
		die(err.text);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	if (loop_signals(w.loop, &set, on_signal, &w, &err) < 0)
		die(err.text);
	w.watch = quarantine_watch_new(w.loop, argv[1], audit, &err);
	if (!w.watch)
		die(err.text);
	puts("ready");
	fflush(stdout);
	loop_run(w.loop);
	quarantine_watch_free(w.watch);
	loop_free(w.loop);
	audit_close(audit);
	conf_free(conf);
	return 0;
}
