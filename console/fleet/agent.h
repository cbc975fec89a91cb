/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-agent. Talking to it blocks, for as long as it or the person behind it likes, so it is done
 * by helper threads, and given up by closing the connection to it.
 */
#ifndef CONSOLE_FLEET_AGENT_H
#define CONSOLE_FLEET_AGENT_H

#include "console/fleet/agent_filter.h"
#include "console/fleet/pool.h"

#include <libssh/libssh.h>
#include <stdbool.h>
#include <stddef.h>

/* For a connection, and for the list of keys; a signature may take a person's time. */
#define AGENT_LIST_MS	2000
#define AGENT_REPLY_MAX (256u << 10)
#define AGENT_KEYS_MAX	1024
/* Signatures asked for at once. */
#define AGENT_THREADS 4

struct agent;
/* `path`: of its socket; NULL or "" gives an agent that is absent. NULL when out of memory. */
struct agent *agent_new(const char *path);
void agent_free(struct agent *agent);
/* Itself, to be freed once more. */
struct agent *agent_ref(struct agent *agent);
bool agent_present(const struct agent *agent);
/* False when it is known by now that it holds no keys or cannot be asked. */
bool agent_may_help(struct agent *agent);

/* Asks it for its keys, once; may take AGENT_LIST_MS. True when it has any. */
bool agent_has_keys(struct agent *agent);
/* Likewise: has it this key? `blob`: the public key in base64. */
bool agent_has_key(struct agent *agent, const char *blob);
/* The key (its bytes) that a host took last: it may fit the next one, too. */
void agent_set_best(struct agent *agent, const char *blob, size_t n);
bool agent_is_best(struct agent *agent, const char *blob, size_t n);
/* "agent (3 keys)", "agent (cannot be reached: …)", "no agent"; what is known by now. */
#define AGENT_TEXT_MAX 160
const char *agent_describe(struct agent *agent, char out[AGENT_TEXT_MAX]);

/*
 * Authentication of one session by the agent: agent_auth_step hands the session to a helper thread,
 * and until `fn` is called (in the thread of `to`) nobody else may touch it. `result` is one of
 * ssh_userauth_agent's, SSH_AUTH_AGAIN when the next packet of the host must be waited for.
 */
struct agent_auth;
/* Takes over what the choice holds; before the first step. */
void agent_auth_choose(struct agent_auth *a, struct agent_choice *choice);
struct agent_auth *agent_auth_new(struct agent *agent, struct pool *pool, struct inbox *to,
	ssh_session session, void (*fn)(void *arg, int result), void *arg);
int agent_auth_step(struct agent_auth *a);
/* Is any helper thread at work, in libssh perhaps? */
bool agents_at_work(void);
/*
 * Ends it: NULL-safe. True when a helper thread still has the session: `dispose(what)` is then
 * called when it lets go, in whatever thread.
 */
bool agent_auth_end(struct agent_auth *a, void (*dispose)(void *what), void *what);

#endif
