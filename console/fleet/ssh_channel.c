/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The channel that the agent's lines go through, once the host has let us in. */
#include "console/fleet/ssh.h"

#include "common/str.h"
#include "common/wire.h"

#include <string.h>

/* RFC 4253 section 6.1 has everybody take 32768 bytes. */
#define PACKET_MIN 4096

/* libssh's callbacks: what belongs to us is taken over at once, so nothing piles up in it. */
static int take_data(
	ssh_session session, ssh_channel channel, void *data, uint32_t n, int is_stderr, void *arg)
{
	struct ssh *s = arg;
	char *room;

	(void)session;
	(void)channel;
	if (is_stderr) {
		size_t left = s->said.max - s->said.len;

		(void)buf_add(&s->said, data, n < left ? n : left);
		return (int)n;
	}
	s->got = true;
	s->heard = s->counter.in_bytes;
	/* Too long a line: lines_next says so to the peer. */
	if (lines_room(s->t.in, n, &room) == 0) {
		memcpy(room, data, n);
		lines_added(s->t.in, n);
	}
	return (int)n;
}

static void take_status(ssh_session session, ssh_channel channel, int status, void *arg)
{
	struct ssh *s = arg;

	(void)session;
	(void)channel;
	s->exit_status = status;
}

/*
 * Before 0.11 libssh sends packets of the host's size less ten bytes, without end when that is
 * none, and tells that size only in its log; later ones tell it to a chatty log alone and do well
 * with any but none. Said a second time for a channel, it counts as well: then the log tells of a
 * wrong state only.
 */
static void watch_log(int level, const char *function, const char *text, void *arg)
{
	struct ssh *s = arg;
	const char *at;
	struct span size;
	uint64_t n;

	(void)level;
	if (s && s->noted)
		s->noted(s, function, text);
	if (!s || !str_eq(function, "ssh_packet_channel_open_conf"))
		return;
	if (strstr(text, "in incorrect channel state") ||
		strstr(text, "Invalid maximum packet size"))
		s->odd_packets = true;
	at = strstr(text, "maxpacket : ");
	if (!at)
		return;
	size = span_trim(span_str(at + strlen("maxpacket : ")));
	if (parse_span(size, 10, UINT32_MAX, &n) < 0 || n < PACKET_MIN)
		s->odd_packets = true;
}

/* All three are the thread's own. */
void ssh_watch_packets(struct ssh *s, bool on)
{
	ssh_set_log_userdata(on ? s : NULL);
	ssh_set_log_callback(watch_log);
	ssh_set_log_level(!on ? SSH_LOG_NOLOG : s->chatty ? SSH_LOG_PACKET : SSH_LOG_PROTOCOL);
}

int ssh_open_channel(struct ssh *s)
{
	int r;

	if (!s->channel) {
		ssh_watch_packets(s, true);
		s->channel = ssh_channel_new(s->session);
		if (!s->channel)
			return ssh_fail(s, HOST_FAILED, "out of memory");
		s->callbacks = (struct ssh_channel_callbacks_struct){
			.userdata = s,
			.channel_data_function = take_data,
			.channel_exit_status_function = take_status,
		};
		ssh_callbacks_init(&s->callbacks);
		ssh_set_channel_callbacks(s->channel, &s->callbacks);
	}
	r = ssh_channel_open_session(s->channel);
	if (s->odd_packets)
		return ssh_odd_packets(s);
	if (r == SSH_AGAIN)
		return 0;
	if (r != SSH_OK)
		return ssh_fail(s, HOST_FAILED, "cannot open an SSH session: %s", ssh_why(s));
	s->step = SSH_SUBSYSTEM;
	return 1;
}

void ssh_now_open(struct ssh *s)
{
	s->step = SSH_OPEN;
	ssh_asking_done(s->opening);
	free(s->opening);
	s->opening = NULL;
	s->t.up->opened(s->t.arg);
}

int ssh_ask_subsystem(struct ssh *s)
{
	int r = ssh_channel_request_subsystem(s->channel, WIRE_SUBSYSTEM);

	if (r == SSH_AGAIN)
		return 0;
	if (r != SSH_OK && !ssh_broken(s) && !ssh_channel_is_closed(s->channel))
		return ssh_fail(s, HOST_FAILED, "no tocsin agent on this host: subsystem refused");
	if (r != SSH_OK)
		return ssh_fail(s, HOST_FAILED, "connection lost while asking for the agent: %s",
			ssh_why(s));
	ssh_now_open(s);
	return s->doomed ? -1 : 1;
}

int ssh_odd_packets(struct ssh *s)
{
	return ssh_fail(s, HOST_FAILED, "protocol error: packets of an impossible size offered");
}

bool ssh_broken(const struct ssh *s)
{
	return !ssh_is_connected(s->session) || ssh_get_status(s->session) & SSH_CLOSED_ERROR;
}

const char *ssh_why(const struct ssh *s)
{
	const char *why = ssh_get_error(s->session);

	if (str_eq(why, "Socket error: disconnected") || str_eq(why, "Socket error: Success") ||
		str_eq(why, "Socket error: Operation now in progress"))
		return SSH_WHY_CLOSED;
	return why[0] ? why : SSH_WHY_CLOSED;
}

int ssh_lost(struct ssh *s)
{
	return ssh_fail(s, HOST_FAILED, "connection lost: %s", ssh_why(s));
}

/* 0, or -1 when it is over. */
int ssh_write_out(struct ssh *s)
{
	int n;

	while (s->out.len) {
		if (s->odd_packets)
			return ssh_odd_packets(s);
		n = ssh_channel_write(s->channel, s->out.p, (uint32_t)s->out.len);
		if (n == SSH_AGAIN || n == 0)
			return 0;
		if (n < 0)
			return ssh_channel_is_closed(s->channel) ? ssh_say_ended(s) : ssh_lost(s);
		buf_consume(&s->out, (size_t)n);
	}
	buf_done(&s->out);
	return 0;
}

/* A program that could not be started says why in its first line on stderr, and by its status. */
int ssh_say_ended(struct ssh *s)
{
	struct span all = span_trim((struct span){buf_str(&s->said), s->said.len}), said;
	char status[48] = "";

	(void)span_split(&all, '\n', &said);
	/* sshd throws away what a subsystem writes to stderr; this is what a shell ends with. */
	if (s->exit_status == 126 || s->exit_status == 127)
		snprintf(status, sizeof(status), " with status %d (is it installed?)",
			s->exit_status);
	else if (s->exit_status > 0)
		snprintf(status, sizeof(status), " with status %d", s->exit_status);
	return ssh_fail(s, HOST_FAILED, "the agent on the host ended%s%s%.*s", status,
		said.n ? ": " : "", (int)said.n, said.p);
}

/* Has libssh look through what came; the status is taken by the callback. */
static void look_for_status(struct ssh *s)
{
#if LIBSSH_VERSION_INT < SSH_VERSION_INT(0, 11, 0)
	(void)ssh_channel_get_exit_status(s->channel);
#else
	(void)ssh_channel_get_exit_state(s->channel, NULL, NULL, NULL);
#endif
}

/* The output is at its end; the status may come a moment later. */
static int wait_for_status(struct ssh *s)
{
	if (s->exit_status < 0)
		look_for_status(s);
	if (s->exit_status >= 0 || ssh_channel_is_closed(s->channel) || ssh_broken(s))
		return ssh_say_ended(s);
	if (s->waiting_for_status)
		return 0;
	s->waiting_for_status = true;
	if (loop_timer_in(s->env->loop, &s->timer, SSH_EXIT_MS) < 0)
		return ssh_say_ended(s);
	return 0;
}

static int hand_over(struct ssh *s)
{
	if (!s->got)
		return 0;
	s->got = false;
	s->t.up->input(s->t.arg);
	return s->doomed || s->step == SSH_OVER ? -1 : 0;
}

int ssh_talk(struct ssh *s)
{
	int r;

	if (ssh_write_out(s) < 0)
		return -1;
	r = ssh_channel_poll(s->channel, 0);
	if (hand_over(s) < 0)
		return -1;
	if (r == SSH_ERROR)
		return ssh_lost(s);
	if (r == SSH_EOF)
		return wait_for_status(s);
	return ssh_write_out(s);
}
