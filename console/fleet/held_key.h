/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What decides whether a session that is held is the one that a host's configuration asks for: a
 * digest of whom it leads to and as whom. The host's own key is not in it: the client looks that up
 * in known_hosts as it stands when the session is to be used again.
 */
#ifndef CONSOLE_FLEET_HELD_KEY_H
#define CONSOLE_FLEET_HELD_KEY_H

#include "console/fleet/fleet.h"
#include "console/fleet/held_frame.h"

/* Sessions that are a program's stdin and stdout, or behind one, are nobody else's. */
bool held_possible(const struct host_config *host);
/*
 * One per host: address, port, alias, user, network namespace, and the key files that are offered
 * with what stat(2) tells of each and of its certificate, so that a file that was changed is
 * another one; and the same of the jump hosts before it. `user`: the default one. NULL when out of
 * memory; free() it.
 */
struct held_key *held_keys_new(
	const struct host_config *hosts, size_t n_hosts, const char *user, const char *home);
/* Who this program is, and which ssh-agent it would ask: the socket that `agent` (or NULL) names.
 */
int held_hi_new(const char *agent, struct held_hi *ret);
/* Is it the same program? */
bool held_hi_same(const struct held_hi *a, const struct held_hi *b);

#endif
