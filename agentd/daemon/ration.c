/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/ration.h"

#include "agentd/daemon/daemon.h"
#include "common/clock.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>

static void refill(struct ration_user *u, int64_t whole, int64_t now_ms)
{
	int64_t most = whole / RATION_SHARE, passed_s = (now_ms - u->at_ms) / 1000;

	if (passed_s <= 0)
		return;
	u->at_ms += passed_s * 1000;
	/* Both are bounded: no product of them is too large. */
	if (passed_s > RATION_ALL_S)
		passed_s = RATION_ALL_S;
	u->bytes +=
		whole / RATION_ALL_S * passed_s + whole % RATION_ALL_S * passed_s / RATION_ALL_S;
	if (u->bytes > most)
		u->bytes = most;
}

/* A new one's place: a free one, or that of the user who has most left. */
static struct ration_user *place_for(struct ration *r)
{
	struct ration_user *best = &r->users[0];

	for (size_t i = 0; i < RATION_USERS_MAX && best->used; i++) {
		struct ration_user *u = &r->users[i];

		if (!u->used || u->bytes > best->bytes)
			best = u;
	}
	return best;
}

struct ration_user *ration_of(
	struct ration *r, uid_t uid, int64_t whole, int64_t now_ms, bool *ret_may)
{
	struct ration_user *u = NULL;

	for (size_t i = 0; !u && i < RATION_USERS_MAX; i++)
		if (r->users[i].used && r->users[i].uid == uid)
			u = &r->users[i];
	if (!u) {
		u = place_for(r);
		*u = (struct ration_user){
			.uid = uid, .used = true, .bytes = whole / RATION_SHARE, .at_ms = now_ms};
	}
	refill(u, whole, now_ms);
	*ret_may = u->bytes > 0;
	u->skipped += !*ret_may;
	return u;
}

void ration_charge(struct ration_user *u, int64_t bytes)
{
	u->bytes -= bytes;
}

/* ---- With the log ---- */

static int64_t whole_of(const struct conf *c)
{
	return (int64_t)(c->audit_max_mb << 20) * ((int64_t)c->audit_keep + 1);
}

static void write_and_charge(struct daemon *d, struct ration_user *u, const struct audit_entry *e)
{
	uint64_t before = audit_written(d->audit);
	struct err err;

	if (audit_write(d->audit, e, false, &err) < 0)
		log_error("audit: %s", err.text);
	ration_charge(u, (int64_t)(audit_written(d->audit) - before));
}

static void tell_skipped(struct daemon *d, struct ration_user *u, const struct subject *who)
{
	char detail[128];
	const struct audit_entry e = {.event = AUDIT_SKIPPED, .who = who, .detail = detail};

	snprintf(detail, sizeof(detail),
		"%" PRId64 " lines about this user are left out: more than one user's share",
		u->skipped);
	u->skipped = 0;
	write_and_charge(d, u, &e);
}

void ration_write(struct daemon *d, const struct audit_entry *e)
{
	bool may;
	struct ration_user *u =
		ration_of(&d->ration, e->who->uid, whole_of(d->conf), clock_mono_ms(), &may);

	if (!may) {
		if (u->skipped == 1)
			log_note("audit: user %u has used up their share of the log",
				(unsigned)u->uid);
		return;
	}
	if (u->skipped)
		tell_skipped(d, u, e->who);
	write_and_charge(d, u, e);
}

void ration_end(struct daemon *d)
{
	for (size_t i = 0; i < RATION_USERS_MAX; i++) {
		struct ration_user *u = &d->ration.users[i];
		const struct subject who = {.uid = u->uid};

		if (u->used && u->skipped)
			tell_skipped(d, u, &who);
	}
}
