/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/quarantine_watch.h"

#include "agentd/audit.h"
#include "agentd/netlink.h"
#include "agentd/quarantine_rules.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* After what could not be done, and where somebody else is at it. */
#define AGAIN_MS     1000 /* the first time */
#define AGAIN_MAX_MS 64000
#define BUSY_MS	     100
/* Repairs that are entered in the audit log: one in so many milliseconds. */
#define REPAIR_AUDIT_MS 10000
/* Bytes of messages waiting; beyond that the kernel says that some are lost. */
#define MONITOR_BYTES (1 << 20)
/* Datagrams taken in one round. */
#define MONITOR_ROUND 64

struct quarantine_watch {
	struct loop *loop;
	const char *state_dir;
	struct audit *audit;
	struct loop_io clock;	/* a timer on boot time, which goes on in suspend */
	struct loop_io monitor; /* changes of nftables; open while there is a quarantine */
	struct loop_timer again;
	int again_ms;
	bool in_force;
	struct quarantine q;
	void (*on_change)(void *arg); /* or NULL */
	void *change_arg;
	int64_t repairs, repair_told_ms;
	char *datagram;
};

/* ---- Telling ---- */

static void tell(struct quarantine_watch *w, enum audit_event event, const struct quarantine *q,
	const char *status, const char *detail)
{
	json_t *about =
		q ? json_pack("{s:s, s:o, s:I, s:b}", "id", q->id, "by", quarantine_by_json(q),
			    "since", (json_int_t)q->since, "confirmed", q->confirmed)
		  : NULL;
	struct audit_entry e = {
		.event = event,
		.action = event == AUDIT_REPAIR ? "quarantine" : "release",
		.before = about,
		.status = status,
		.detail = detail,
	};
	struct err err;

	log_note("quarantine%s%s: %s", q ? " " : "", q ? q->id : "", detail);
	if (w->audit && audit_write(w->audit, &e, true, &err) < 0)
		log_error("%s", err.text);
	json_decref(about);
}

static void look_again(struct quarantine_watch *w, int ms)
{
	if (loop_timer_in(w->loop, &w->again, ms) < 0)
		log_error("quarantine: out of memory");
}

/* ---- Time ---- */

/* 0 stops it. */
static void set_clock(struct quarantine_watch *w, int64_t at_ms)
{
	struct itimerspec at = {
		.it_value = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000}};

	timerfd_settime(w->clock.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* ---- Changes by others ---- */

static void stop_monitor(struct quarantine_watch *w)
{
	if (w->monitor.fd < 0)
		return;
	loop_unwatch(w->loop, &w->monitor);
	w->monitor.fd = io_close(w->monitor.fd);
}

static int start_monitor(struct quarantine_watch *w)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK};
	int group = NFNLGRP_NFTABLES, size = MONITOR_BYTES, r = 0;

	if (w->monitor.fd >= 0)
		return 0;
	w->monitor.fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	if (w->monitor.fd < 0)
		return -errno;
	setsockopt(w->monitor.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(w->monitor.fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
		setsockopt(w->monitor.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			sizeof(group)) < 0)
		r = -errno;
	if (r == 0)
		r = loop_watch(w->loop, &w->monitor, EPOLLIN);
	if (r < 0)
		w->monitor.fd = io_close(w->monitor.fd);
	return r;
}

/* The table's name is the first attribute of all that is sent of tables, chains and rules. */
static bool is_ours(const char *p, size_t n)
{
	struct netlink_message m;
	struct netlink_attrs rest;
	struct netlink_attr a;
	struct nfgenmsg head;
	struct nlmsghdr h;

	memcpy(&h, p, sizeof(h));
	m = (struct netlink_message){h.nlmsg_type, p + NLMSG_HDRLEN, n - NLMSG_HDRLEN};
	if (h.nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
		!netlink_head(&m, &head, sizeof(head), &rest) || !netlink_attr(&rest, &a))
		return false;
	return a.n == sizeof(QUARANTINE_TABLE) && memcmp(a.p, QUARANTINE_TABLE, a.n) == 0;
}

static bool about_us(const char *p, size_t n)
{
	struct nlmsghdr h;

	while (n >= sizeof(h)) {
		size_t step;

		memcpy(&h, p, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > n)
			return true; /* whatever it is */
		if (is_ours(p, h.nlmsg_len))
			return true;
		step = NLMSG_ALIGN(h.nlmsg_len);
		if (step >= n)
			break;
		p += step;
		n -= step;
	}
	return false;
}

static void on_monitor(struct loop_io *io, uint32_t events)
{
	struct quarantine_watch *w = io->arg;
	bool look = false;

	(void)events;
	for (int i = 0; i < MONITOR_ROUND; i++) {
		ssize_t n = recv(io->fd, w->datagram, NETLINK_DATAGRAM_MAX, MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		/* Some are lost: perhaps those about us. */
		if (n < 0 && errno == ENOBUFS)
			look = true;
		else if (n < 0)
			break;
		else
			look |= n > NETLINK_DATAGRAM_MAX || about_us(w->datagram, (size_t)n);
	}
	if (look)
		quarantine_watch_look(w);
}

/* ---- What is to be done ---- */

static void tell_change(struct quarantine_watch *w)
{
	if (w->on_change)
		w->on_change(w->change_arg);
}

/* Nothing is in force, nothing is watched. */
static void rest(struct quarantine_watch *w)
{
	bool changed = w->in_force;

	w->in_force = false;
	if (changed)
		tell_change(w);
	stop_monitor(w);
	set_clock(w, 0);
}

static int lift(struct quarantine_watch *w, const struct quarantine *q, const char *why)
{
	struct err err;
	int r = quarantine_rules_remove(&err);

	/* A kernel without nftables has no rules either. */
	if (r == 0 || r == -EPROTONOSUPPORT || r == -EOPNOTSUPP)
		r = quarantine_forget(w->state_dir, &err);
	if (r < 0) {
		log_error("quarantine %s: not lifted: %s", q->id, err.text);
		return r;
	}
	tell(w, AUDIT_REVERT, q, "done", why);
	rest(w);
	return 0;
}

static const char *why_over(const struct quarantine *q)
{
	if (q->lifting)
		return "lifted: a release had begun to";
	return q->confirmed || q->confirm_ms > clock_boot_ms()
		       ? "lifted: its time is over"
		       : "lifted: nobody confirmed it in time";
}

static void tell_repair(struct quarantine_watch *w)
{
	int64_t now = clock_mono_ms();
	char detail[96];

	w->repairs++;
	if (w->repair_told_ms && now - w->repair_told_ms < REPAIR_AUDIT_MS)
		return;
	w->repair_told_ms = now;
	snprintf(detail, sizeof(detail),
		"its rules were not in force; they are again (repair %lld)", (long long)w->repairs);
	tell(w, AUDIT_REPAIR, &w->q, "done", detail);
}

static int keep_in_force(struct quarantine_watch *w)
{
	struct err err;
	int r = quarantine_rules_check(&w->q.open, &err);

	if (r == 0) {
		r = quarantine_rules_apply(&w->q.open, &err);
		if (r == 0)
			tell_repair(w);
	}
	if (r < 0)
		log_error("quarantine %s: %s", w->q.id, err.text);
	return r < 0 ? r : 0;
}

static int follow(struct quarantine_watch *w, const struct quarantine *q)
{
	bool known = w->in_force && str_eq(w->q.id, q->id);
	bool changed = !known || w->q.confirmed != q->confirmed;
	int r;

	if (!known)
		w->repairs = w->repair_told_ms = 0;
	w->q = *q;
	w->in_force = true;
	if (changed)
		tell_change(w);
	set_clock(w, quarantine_ends_ms(q));
	/* First, so that nothing is missed. */
	r = start_monitor(w);
	if (r < 0)
		log_error("quarantine: cannot watch nftables: %s", strerror(-r));
	return keep_in_force(w) < 0 ? -EAGAIN : r;
}

/* With the lock. 0, or what is to be tried again. */
static int look(struct quarantine_watch *w)
{
	struct quarantine q;
	struct err err;
	int64_t ends;
	int r = quarantine_load(w->state_dir, &q, &err);

	if (r < 0) {
		/* The rules, if there are any, stay: nobody has said that they should not. */
		log_error("quarantine: %s", err.text);
		return r == -EBADMSG ? 0 : r;
	}
	if (r == 0) {
		rest(w);
		return 0;
	}
	if (quarantine_rebase(&q) && quarantine_store(w->state_dir, &q, &err) < 0)
		log_error("quarantine %s: %s", q.id, err.text);
	ends = quarantine_ends_ms(&q);
	if (q.lifting || (ends && clock_boot_ms() >= ends))
		return lift(w, &q, why_over(&q));
	return follow(w, &q);
}

void quarantine_watch_look(struct quarantine_watch *w)
{
	struct err err;
	int lock = quarantine_lock(w->state_dir, 0, &err);

	loop_timer_stop(w->loop, &w->again);
	if (lock < 0) {
		look_again(w, lock == -EWOULDBLOCK ? BUSY_MS : AGAIN_MS);
		return;
	}
	if (look(w) == 0) {
		w->again_ms = AGAIN_MS;
	} else {
		look_again(w, w->again_ms);
		w->again_ms = w->again_ms < AGAIN_MAX_MS ? w->again_ms * 2 : AGAIN_MAX_MS;
	}
	io_close(lock);
}

static void on_clock(struct loop_io *io, uint32_t events)
{
	uint64_t n;

	(void)events;
	if (read(io->fd, &n, sizeof(n)) == sizeof(n))
		quarantine_watch_look(io->arg);
}

static void on_again(struct loop_timer *timer)
{
	quarantine_watch_look(timer->arg);
}

/* ---- */

void quarantine_watch_on_change(struct quarantine_watch *w, void (*fn)(void *arg), void *arg)
{
	w->on_change = fn;
	w->change_arg = arg;
}

const struct quarantine *quarantine_watch_state(const struct quarantine_watch *w)
{
	return w && w->in_force ? &w->q : NULL;
}

struct quarantine_watch *quarantine_watch_new(
	struct loop *loop, const char *state_dir, struct audit *audit, struct err *err)
{
	struct quarantine_watch *w = calloc(1, sizeof(*w));
	int r = w ? 0 : -ENOMEM;

	if (!w) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	*w = (struct quarantine_watch){.loop = loop,
		.state_dir = state_dir,
		.audit = audit,
		.clock = {.fn = on_clock, .arg = w},
		.monitor = {.fd = -1, .fn = on_monitor, .arg = w},
		.again = {.fn = on_again, .arg = w},
		.again_ms = AGAIN_MS};
	w->datagram = malloc(NETLINK_DATAGRAM_MAX);
	w->clock.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (!w->datagram)
		r = -ENOMEM;
	else if (w->clock.fd < 0)
		r = -errno;
	else
		r = loop_watch(loop, &w->clock, EPOLLIN);
	if (r < 0) {
		err_sys(err, -r, "quarantine");
		quarantine_watch_free(w);
		return NULL;
	}
	quarantine_watch_look(w);
	return w;
}

void quarantine_watch_free(struct quarantine_watch *w)
{
	if (!w)
		return;
	loop_timer_stop(w->loop, &w->again);
	stop_monitor(w);
	if (w->clock.added)
		loop_unwatch(w->loop, &w->clock);
	io_close(w->clock.fd);
	free(w->datagram);
	free(w);
}
