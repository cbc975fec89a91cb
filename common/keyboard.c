/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/keyboard.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

static void set_blocked(int how, sigset_t *ret_before)
{
	sigset_t interrupt;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(how, &interrupt, ret_before);
}

void keyboard_begin(struct keyboard *k)
{
	set_blocked(SIG_BLOCK, &k->open);
	sigdelset(&k->open, SIGINT);
}

int keyboard_wait(const struct keyboard *k)
{
	struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};

	for (;;) {
		if (k->interrupted(k->arg))
			return -EINTR;
		if (ppoll(&pfd, 1, NULL, &k->open) > 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

void keyboard_end(void)
{
	set_blocked(SIG_UNBLOCK, NULL);
}
