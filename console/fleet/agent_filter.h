/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between libssh and ssh-agent: an agent that seems to hold certain keys only, since libssh offers
 * all that there are. A thread of its own per connection, which ends with it.
 */
#ifndef CONSOLE_FLEET_AGENT_FILTER_H
#define CONSOLE_FLEET_AGENT_FILTER_H

#include <stddef.h>

/*
 * `fd` leads to the agent and is taken over; `blobs` are public keys in base64, heap strings in a
 * heap array that are taken over, too. Returns the descriptor to be used instead, or -errno.
 */
int agent_filter_start(int fd, char **blobs, size_t n);
void agent_filter_free_blobs(char **blobs, size_t n);

#endif
