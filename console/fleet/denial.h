/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a jump host refuses a channel: libssh tells that, and which channel it was, in words only, in
 * its last error and its log.
 */
#ifndef CONSOLE_FLEET_DENIAL_H
#define CONSOLE_FLEET_DENIAL_H

#include "console/fleet/jump.h"

#include <stdbool.h>

#define DENIAL_WORDS_MAX 128

struct denial {
	unsigned channel;
	enum bridge_end how;
	char words[DENIAL_WORDS_MAX]; /* in lower case; the host's */
};

/* False when the error is about something else. */
bool denial_read(const char *error, struct denial *ret);
/* A line of the log that tells the number of a new channel. */
bool denial_new_channel(const char *line, unsigned *ret);

#endif
