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
	struct sigaction sa = {.sa_handler = on_signal};

	sigemptyset(&sa.sa_mask);
	sigaction(signo, &sa, NULL);
}

void interrupt_init(void)
{
	struct sigaction now;

	/* Scripts ignore SIGINT for what they start with `&`; who sends it all the same means it.
	 */
	take(SIGINT);
	take(SIGTERM);
	/* nohup(1). */
	if (sigaction(SIGHUP, NULL, &now) < 0 || now.sa_handler != SIG_IGN)
		take(SIGHUP);
	signal(SIGPIPE, SIG_IGN);
}

bool interrupted(void)
{
	return atomic_load(&arrived) > 0;
}

void interrupt_forget(void)
{
	atomic_store(&arrived, 0);
}

const char *interrupt_unlinks(const char *path)
{
	return atomic_exchange(&unlinks, path);
}
