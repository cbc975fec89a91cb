/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/ssh.h"

#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOO_MANY_KEYS                                                                              \
	"too many keys were offered; name the right one by IdentityFile, or have fewer in the "    \
	"agent"

/* ---- The host's key ---- */

static int connect_for_known_type(struct ssh *s, const struct err *changed)
{
	struct err err;

	if (s->opening->thorough)
		return ssh_fail_err(s, HOST_FAILED, changed);
	s->opening->thorough = true;
	ssh_end_session(s);
	if (ssh_dial(s, &err) < 0)
		return ssh_fail_err(s, HOST_FAILED, &err);
	return 0;
}

static const char *type_of(ssh_key key)
{
	enum ssh_keytypes_e type = ssh_key_type(key);

	return type == SSH_KEYTYPE_ECDSA ? ssh_pki_key_ecdsa_name(key) : ssh_key_type_to_char(type);
}

int ssh_read_host_key(struct ssh *s, const char **ret_type, char **ret_key)
{
	ssh_key key = NULL;
	char *blob = NULL;
	const char *type;
	int r = -ENOMEM;

	if (ssh_get_server_publickey(s->session, &key) == SSH_OK &&
		ssh_pki_export_pubkey_base64(key, &blob) == SSH_OK && (type = type_of(key))) {
		*ret_type = type;
		*ret_key = blob;
		blob = NULL;
		r = 0;
	}
	ssh_string_free_char(blob);
	ssh_key_free(key);
	return r;
}

int ssh_check_host_key(struct ssh *s)
{
	char *key = NULL;
	const char *type;
	enum hostkey result = HOSTKEY_ERROR;
	struct err err;

	err_set(&err, ENOMEM, "the host's key cannot be read");
	if (ssh_read_host_key(s, &type, &key) == 0)
		result = hostkeys_check_by(ssh_hostkeys_of(s->env->ssh, s->host),
			ssh_policy_of(s->env->ssh, s->host), &s->opening->name, type, key, &err);
	ssh_string_free_char(key);
	switch (result) {
	case HOSTKEY_KNOWN:
	case HOSTKEY_ADDED:
		s->step = SSH_AUTH;
		return 1;
	case HOSTKEY_OTHER_TYPE:
		return connect_for_known_type(s, &err);
	default:
		return ssh_fail_err(s, HOST_FAILED, &err);
	}
}

/* ---- Authentication ---- */

static struct agent *agent_of(const struct ssh *s)
{
	return ssh_agent_of(s->env->ssh, s->host);
}

static void add_methods(struct buf *b, int methods)
{
	static const struct {
		int bit;
		const char *name;
	} names[] = {
		{SSH_AUTH_METHOD_PUBLICKEY, "publickey"},
		{SSH_AUTH_METHOD_PASSWORD, "password"},
		{SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive"},
		{SSH_AUTH_METHOD_HOSTBASED, "hostbased"},
		{SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic"},
	};
	const char *before = "; server accepts ";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(methods & names[i].bit))
			continue;
		(void)buf_printf(b, "%s%s", before, names[i].name);
		before = ",";
	}
}

/* `more`: what else there is to say, after "; ", or "". */
static int refused(struct ssh *s, const char *more)
{
	struct buf tried, methods;
	char agent[AGENT_TEXT_MAX];
	/* As with ssh -i. */
	const char *hint = s->serve && !s->host->key_files
				   ? " (--private-key is for the hosts behind it: name its own in "
				     "ssh_config)"
				   : "";

	buf_init(&tried, ERR_TEXT_MAX / 2);
	buf_init(&methods, ERR_TEXT_MAX / 4);
	(void)keys_describe(s->env->ssh->keys, s->host, &tried);
	agent_describe(agent_of(s), agent);
	add_methods(&methods, ssh_userauth_list(s->session, NULL));
	if (tried.len || agent_present(agent_of(s)))
		ssh_fail(s, HOST_FAILED, "authentication failed for %s: tried %s%s%s%s%s%s",
			ssh_user(s), buf_str(&tried), tried.len ? ", " : "", agent, hint,
			buf_str(&methods), more);
	else
		ssh_fail(s, HOST_FAILED,
			"authentication failed for %s: no key in ~/.ssh and no agent%s%s%s",
			ssh_user(s), hint, buf_str(&methods), more);
	buf_done(&tried);
	buf_done(&methods);
	return -1;
}

/*
 * The connection broke, perhaps because the server had seen enough keys. Since 0.11 libssh may have
 * forgotten what it said.
 */
int ssh_broke_off(struct ssh *s)
{
	static const char farewell[] = "Received SSH_MSG_DISCONNECT: ";
	const char *why = ssh_why(s);
	char more[ERR_TEXT_MAX];

	if (strstr(why, "Too many authentication failures"))
		return refused(s, "; " TOO_MANY_KEYS);
	if (str_eq(why, SSH_WHY_CLOSED) && (s->opening->at > 1 || s->opening->agent_tried))
		return refused(
			s, "; connection lost: " SSH_WHY_CLOSED ", perhaps because " TOO_MANY_KEYS);
	if (str_starts(why, farewell))
		snprintf(more, sizeof(more), "; server says: %s", why + strlen(farewell));
	else
		snprintf(more, sizeof(more), "; connection lost: %s", why);
	return refused(s, more);
}

/* The next thing to try, when an offer or a signature was turned down. */
static int next_identity(struct ssh *s)
{
	s->opening->at++;
	s->opening->started = false;
	return 1;
}

int ssh_part_done(struct ssh *s, bool by_key)
{
	struct ssh_opening *o = s->opening;

	if (!s->serve || ++o->parts == SSH_PARTS_MAX)
		return refused(s, by_key ? "; a key alone is not enough"
					 : "; a password alone is not enough");
	if (!(ssh_userauth_list(s->session, NULL) & SSH_AUTH_METHOD_PUBLICKEY)) {
		o->at = o->n_ids;
		o->agent_tried = true;
	} else if (!by_key) {
		o->at = 0;
		o->started = o->agent_tried = false;
	} else if (o->at < o->n_ids) {
		return next_identity(s);
	}
	return 1;
}

static int judge(struct ssh *s, int result, int (*denied)(struct ssh *s))
{
	switch (result) {
	case SSH_AUTH_SUCCESS:
		s->step = SSH_CHANNEL;
		return 1;
	case SSH_AUTH_AGAIN:
		return 0;
	case SSH_AUTH_DENIED:
		return denied(s);
	case SSH_AUTH_PARTIAL:
		return ssh_part_done(s, true);
	default:
		return ssh_broke_off(s);
	}
}

/*
 * A key is offered before it is used to sign, unless it is the only one or the one that other
 * hosts took: that saves a round trip where it fits, and a signature where it does not.
 */
static int try_identity(struct ssh *s)
{
	struct ssh_opening *o = s->opening;
	const struct identity *id = o->ids[o->at];
	int r;

	if (!o->started) {
		o->started = true;
		o->signing = o->n_ids == 1 || keys_is_best(s->env->ssh->keys, id);
	}
	if (!o->signing) {
		r = ssh_userauth_try_publickey(s->session, NULL, id->public);
		if (r != SSH_AUTH_SUCCESS)
			return judge(s, r, next_identity);
		o->signing = true;
	}
	r = ssh_userauth_publickey(s->session, NULL, id->private);
	if (r == SSH_AUTH_SUCCESS)
		keys_accepted(s->env->ssh->keys, id);
	return judge(s, r, next_identity);
}

static int agent_said_no(struct ssh *s)
{
	s->step = SSH_AUTH;
	return 1;
}

static void agent_finished(void *arg, int result)
{
	struct ssh *s = arg;

	s->step = SSH_AUTH;
	if (result == SSH_AUTH_AGAIN) {
		ssh_wait(s);
		return;
	}
	agent_auth_end(s->opening->agent, NULL, NULL);
	s->opening->agent = NULL;
	s->opening->agent_tried = true;
	if (result == SSH_AUTH_ERROR && !ssh_broken(s))
		result = SSH_AUTH_DENIED; /* the agent would not sign */
	s->by_agent = result == SSH_AUTH_SUCCESS;
	if (judge(s, result, agent_said_no) > 0)
		ssh_go_on(s);
}

static int choose_keys(struct ssh *s)
{
	struct agent_choice choice;
	int r = keys_choose(s->env->ssh->keys, s->host, &choice);

	if (r == 0)
		agent_auth_choose(s->opening->agent, &choice);
	return r;
}

/* Gives the session away until agent_finished. */
static int ask_agent(struct ssh *s)
{
	struct ssh_opening *o = s->opening;

	if (!o->agent) {
		o->agent = agent_auth_new(
			agent_of(s), s->env->agents, s->env->inbox, s->session, agent_finished, s);
		if (o->agent && choose_keys(s) < 0)
			return ssh_fail(s, HOST_FAILED, "out of memory");
	}
	if (!o->agent || agent_auth_step(o->agent) < 0)
		return ssh_fail(s, HOST_FAILED, "cannot start a thread to ask ssh-agent");
	loop_unwatch(s->env->loop, &s->io);
	s->step = SSH_AGENT;
	return 0;
}

static int none_denied(struct ssh *s)
{
	if (ssh_wants_password(s))
		return 1;
	return refused(s, "");
}

/* Nothing to offer: the server tells what it would take, and a few let everybody in. */
static int try_none(struct ssh *s)
{
	s->opening->none_tried = true;
	return judge(s, ssh_userauth_none(s->session, NULL), none_denied);
}

int ssh_authenticate(struct ssh *s)
{
	struct ssh_opening *o = s->opening;

	if (o->at < o->n_ids)
		return try_identity(s);
	if (agent_may_help(agent_of(s)) && !o->agent_tried)
		return ask_agent(s);
	if (ssh_wants_password(s))
		return ssh_try_password(s);
	if (!ssh_userauth_list(s->session, NULL) || o->none_tried)
		return try_none(s);
	return refused(s, "");
}
