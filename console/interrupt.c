/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/interrupt.h"
#include "console/command.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static atomic_int arrived;
static _Atomic(const char *) unlinks;

static void on_signal(int signo)
{
	(void)signo;
	if (atomic_fetch_add(&arrived, 1) == 0)
		return;
	if (atomic_load(&unlinks))
		unlink(atomic_load(&unlinks));
	_exit(EXIT_INTERRUPT);
}

static void take(int signo)
{
	struct sigaction now, sa = {.sa_handler = on_signal};

	sigemptyset(&sa.sa_mask);
	/* nohup(1) and shells without job control have their reasons. */
	if (sigaction(signo, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		return;
	sigaction(signo, &sa, NULL);
}

void interrupt_init(void)
{
	take(SIGINT);
	take(SIGTERM);
	take(SIGHUP);
	signal(SIGPIPE, SIG_IGN);
}

bool interrupted(void)
{
	return atomic_load(&arrived) > 0;
}

void interrupt_unlinks(const char *path)
{
	atomic_store(&unlinks, path);
}
