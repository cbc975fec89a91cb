/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords and keyboard-interactive, for jump hosts only: a person is asked through the fleet's
 * caller, and what was a password is kept for when that jump host must be connected anew.
 */
#include "common/clock.h"
#include "common/str.h"
#include "console/fleet/event.h"
#include "console/fleet/ssh.h"

#include <stdlib.h>
#include <string.h>

/* What a server may ask in one round; lines and bytes of it that are shown. */
#define PROMPTS_MAX	 SSH_ANSWERS_MAX
#define PROMPT_LINES_MAX 32
#define PROMPT_LINE_MAX	 512
#define PROMPT_MAX	 (8u << 10)

static void forget(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

static void forget_answers(struct ssh_opening *o)
{
	for (size_t i = 0; i < SSH_ANSWERS_MAX; i++)
		forget(&o->answers[i]);
	o->n_answers = 0;
}

void ssh_asking_done(struct ssh_opening *o)
{
	forget_answers(o);
	free(o->said);
	o->said = NULL;
}

/* ---- Asking ---- */

/* Before each of its lines stands who asks, so that none can pass for a question of ours. */
static int add_lines(struct ssh *s, struct buf *b, const char *text, bool is_prompt)
{
	struct span rest = span_str(text), line;
	int r = 0;

	if (!is_prompt)
		rest = span_trim(rest);
	for (int i = 0; r == 0 && i < PROMPT_LINES_MAX && span_split(&rest, '\n', &line); i++) {
		if (line.n > PROMPT_LINE_MAX)
			line.n = PROMPT_LINE_MAX;
		line.n -= line.n && line.p[line.n - 1] == '\r';
		r = buf_printf(b, "%s%s@%s: %.*s", b->len ? "\n" : "", ssh_user(s), s->host->name,
			(int)line.n, line.p);
	}
	return r;
}

/* What is too long is cut. NULL when out of memory. */
static char *composed(struct buf *b, int r)
{
	char *text = r == 0 || r == -EMSGSIZE ? buf_steal(b) : NULL;

	buf_done(b);
	return text;
}

static char *compose(struct ssh *s, const char *prompt)
{
	struct buf b;

	buf_init(&b, PROMPT_MAX);
	return composed(&b, add_lines(s, &b, prompt, true));
}

/* What the server has to say, behind what it said in rounds without a question. */
static int add_said(struct ssh *s, struct buf *b)
{
	const char *said[] = {ssh_userauth_kbdint_getname(s->session),
		ssh_userauth_kbdint_getinstruction(s->session)};
	int r = s->opening->said ? buf_puts(b, s->opening->said) : 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(said); i++)
		if (said[i] && *said[i])
			r = add_lines(s, b, said[i], false);
	return r;
}

/* `text`: heap, taken over. */
static int ask(struct ssh *s, char *text, bool echo)
{
	struct transport_env *env = s->env;
	struct fleet_event *e = NULL;

	if (env->options->answers && text)
		e = event_ask(text, echo, env->inbox, env->jumps);
	free(text);
	if (!env->options->answers)
		return ssh_fail(s, HOST_FAILED,
			"it wants a password, and there is no terminal to ask for it");
	if (!e)
		return ssh_fail(s, HOST_FAILED, "out of memory");
	s->asked = e->ask.id;
	s->step = SSH_ASK;
	loop_unwatch(env->loop, &s->io);
	/* The person's time is not the host's. */
	s->t.begun_ms = INT64_MAX;
	env->event(env->event_arg, e);
	return 0;
}

void ssh_answered(struct ssh *s, const char *text)
{
	struct ssh_opening *o = s->opening;

	s->asked = 0;
	s->step = SSH_AUTH;
	s->t.begun_ms = clock_mono_ms();
	if (text && o->n_answers < SSH_ANSWERS_MAX)
		o->answers[o->n_answers] = strdup(text);
	if (!text || !o->answers[o->n_answers]) {
		ssh_fail(s, HOST_FAILED, "it wants a password, and none was given");
		return;
	}
	o->n_answers++;
	ssh_go_on(s);
}

/* ---- password ---- */

static int done(struct ssh *s, int result)
{
	struct ssh_opening *o = s->opening;

	switch (result) {
	case SSH_AUTH_AGAIN:
		return 0;
	case SSH_AUTH_SUCCESS:
		if (o->keep && o->n_answers == 1 && s->secret) {
			forget(s->secret);
			*s->secret = o->answers[0];
			o->answers[0] = NULL;
		}
		ssh_asking_done(o);
		s->step = SSH_CHANNEL;
		return 1;
	case SSH_AUTH_PARTIAL:
		ssh_asking_done(o);
		o->asking = false;
		return ssh_part_done(s, false);
	case SSH_AUTH_DENIED:
		if (s->secret)
			forget(s->secret);
		ssh_asking_done(o);
		o->asking = false;
		return ++o->refusals < SSH_PASSWORD_TRIES
			       ? 1
			       : ssh_fail(s, HOST_FAILED,
					 "authentication failed for %s: wrong password",
					 ssh_user(s));
	default:
		return ssh_fail(
			s, HOST_FAILED, "authentication failed: %s", ssh_get_error(s->session));
	}
}

/* The answer kept from an earlier connection, once. */
static bool reuse(struct ssh *s)
{
	struct ssh_opening *o = s->opening;

	if (!s->secret || !*s->secret || o->n_answers)
		return false;
	o->answers[0] = strdup(*s->secret);
	o->n_answers = o->answers[0] != NULL;
	return o->n_answers > 0;
}

static int by_password(struct ssh *s)
{
	struct ssh_opening *o = s->opening;

	o->keep = true;
	if (!o->n_answers && !reuse(s))
		return ask(s, compose(s, "password: "), false);
	return done(s, ssh_userauth_password(s->session, NULL, o->answers[0]));
}

/* ---- keyboard-interactive ---- */

/* What the server has to say stands before its first question. */
static char *compose_question(struct ssh *s, const char *prompt)
{
	struct buf b;
	int r;

	if (s->opening->n_answers)
		return compose(s, prompt);
	buf_init(&b, PROMPT_MAX);
	r = add_said(s, &b);
	free(s->opening->said);
	s->opening->said = NULL;
	return composed(&b, r == 0 ? add_lines(s, &b, prompt, true) : r);
}

/* A round without questions: what is said in it waits for the next one. */
static void keep_said(struct ssh *s)
{
	struct buf b;
	int r;

	buf_init(&b, PROMPT_MAX);
	r = add_said(s, &b);
	free(s->opening->said);
	s->opening->said = composed(&b, r);
}

static int answer_prompts(struct ssh *s)
{
	struct ssh_opening *o = s->opening;
	int n = ssh_userauth_kbdint_getnprompts(s->session);
	const char *prompt;
	char echo = 0;

	if (n < 0 || n > PROMPTS_MAX)
		return ssh_fail(s, HOST_FAILED, "protocol error: %d questions at once", n);
	if (o->n_answers < (size_t)n) {
		prompt = ssh_userauth_kbdint_getprompt(s->session, (unsigned)o->n_answers, &echo);
		o->keep = n == 1 && !echo && prompt && strcasestr(prompt, "password");
		if (o->keep && reuse(s))
			return 1;
		return ask(s, compose_question(s, prompt ? prompt : ""), echo != 0);
	}
	for (int i = 0; i < n; i++)
		if (ssh_userauth_kbdint_setanswer(s->session, (unsigned)i, o->answers[i]) < 0)
			return ssh_fail(s, HOST_FAILED, "out of memory");
	o->asking = false;
	return 1;
}

static int by_questions(struct ssh *s)
{
	struct ssh_opening *o = s->opening;
	int r;

	if (o->asking)
		return answer_prompts(s);
	r = ssh_userauth_kbdint(s->session, NULL, NULL);
	if (r == SSH_AUTH_DENIED && !o->rounds) {
		o->no_questions = true;
		return 1;
	}
	if (r != SSH_AUTH_INFO)
		return done(s, r);
	if (++o->rounds > PROMPTS_MAX)
		return ssh_fail(s, HOST_FAILED, "protocol error: questions without end");
	/* Servers end with a round of no questions; then the one answer there was may be kept. */
	if (ssh_userauth_kbdint_getnprompts(s->session) > 0)
		forget_answers(o);
	else
		keep_said(s);
	o->asking = true;
	return 1;
}

int ssh_try_password(struct ssh *s)
{
	int methods = ssh_userauth_list(s->session, NULL);

	if (methods & SSH_AUTH_METHOD_INTERACTIVE && !s->opening->no_questions)
		return by_questions(s);
	return by_password(s);
}

bool ssh_wants_password(const struct ssh *s)
{
	int methods = ssh_userauth_list(s->session, NULL);

	if (!s->serve)
		return false;
	return methods & SSH_AUTH_METHOD_PASSWORD ||
	       (methods & SSH_AUTH_METHOD_INTERACTIVE && !s->opening->no_questions);
}
