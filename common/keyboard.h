/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Waiting for what is typed, so that no Ctrl-C gets lost: SIGINT is let in while keyboard_wait
 * sleeps, and at no other time between keyboard_begin and keyboard_end. Whoever catches it sets a
 * flag. For one thread.
 */
#ifndef COMMON_KEYBOARD_H
#define COMMON_KEYBOARD_H

#include <signal.h>
#include <stdbool.h>

struct keyboard {
	bool (*interrupted)(void *arg); /* has the flag been set? */
	void *arg;
	sigset_t open; /* what is blocked while it sleeps */
};

void keyboard_begin(struct keyboard *k);
/* Until standard input has something, its end included. 0, or -errno: -EINTR for that flag. */
int keyboard_wait(const struct keyboard *k);
void keyboard_end(void);

#endif
