/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store_act.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/str.h"
#include "console/store_record.h"

#include <stdlib.h>

static char *json_text(const json_t *v)
{
	return v ? json_print(v, JSON_COMPACT) : NULL;
}

/* What was planned is about to be tried; all else is over. */
static const char *status_of(const struct plan_item *i)
{
	return i->step == PLAN_READY ? ACT_SENT : wire_status_name(i->status);
}

static int bind_texts(sqlite3_stmt *q, const char *const *texts, size_t n)
{
	int r = SQLITE_OK;

	for (size_t i = 0; r == SQLITE_OK && i < n; i++)
		r = sqlite3_bind_text(q, (int)i + 1, texts[i], -1, SQLITE_TRANSIENT);
	return r;
}

static int step(struct store *s, sqlite3_stmt *q, int r, struct err *err)
{
	if (r == SQLITE_OK)
		r = sqlite3_step(q);
	if (r != SQLITE_DONE)
		return store_fail(s, "actions", err);
	sqlite3_reset(q);
	return 0;
}

static int put_item(struct store *s, sqlite3_stmt *q, int64_t act, const struct plan_item *i,
	const char *host, struct err *err)
{
	char *before = json_text(i->before), *after = json_text(i->after);
	char *undo = json_text(i->undo);
	const char *const texts[] = {
		host, i->target, i->detail, status_of(i), i->id, before, after, undo};
	int r = bind_texts(q, texts, ARRAY_LEN(texts));

	if (r == SQLITE_OK)
		r = sqlite3_bind_int64(q, 9, clock_real_us());
	if (r == SQLITE_OK)
		r = sqlite3_bind_int64(q, 10, act);
	if (r == SQLITE_OK)
		r = sqlite3_bind_int64(q, 11, (int64_t)i->number);
	free(before);
	free(after);
	free(undo);
	return step(s, q, r, err);
}

static int put_items(struct store *s, const char *sql, int64_t act, const struct plan *p,
	const struct host_config *hosts, struct err *err)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q, err, sql, "");

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < p->n; i++)
		r = put_item(s, q, act, &p->items[i], hosts[p->items[i].host].name, err);
	sqlite3_finalize(q);
	return r;
}

static int insert_act(struct store *s, int64_t *act, const char *action, const char *reason,
	const char *pattern, struct err *err)
{
	char operator[OPERATOR_MAX];
	int r;

	record_operator(operator, sizeof(operator));
	r = store_do(s, err,
		"INSERT INTO acts (time, operator, action, reason, pattern) VALUES (?, ?, ?, ?, ?)",
		"itttt", clock_real_us(), operator, action, reason ? reason : "", pattern);
	if (r == 0)
		*act = sqlite3_last_insert_rowid(s->db);
	return r;
}

static int insert(struct store *s, int64_t *act, const struct plan *p,
	const struct host_config *hosts, const char *pattern, struct err *err)
{
	int r = insert_act(s, act, p->action, p->reason, pattern, err);

	if (r < 0)
		return r;
	return put_items(s,
		"INSERT INTO act_items (host, target, plan, status, undo_id, before, after, undo, "
		"time, act, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		*act, p, hosts, err);
}

static int update(struct store *s, int64_t act, const struct plan *p,
	const struct host_config *hosts, struct err *err)
{
	return put_items(s,
		"UPDATE act_items SET detail = ?3, status = ?4, undo_id = ?5, before = ?6, after = "
		"?7, undo = ?8, time = ?9 WHERE act = ?10 AND number = ?11 AND host = ?1 AND "
		"target = ?2",
		act, p, hosts, err);
}

static int insert_outcomes(
	struct store *s, int64_t act, const struct act_outcome *all, size_t n, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		char *before = json_text(all[i].before);

		r = store_do(s, err,
			"INSERT INTO act_items (act, time, host, target, status, detail, before) "
			"VALUES (?, ?, ?, ?, ?, ?, ?)",
			"iittttt", act, clock_real_us(), all[i].host, all[i].target,
			wire_status_name(all[i].status), all[i].detail, before);
		free(before);
	}
	return r;
}

int store_act_outcomes(
	int64_t *act, const struct act_outcome *all, size_t n, const char *pattern, struct err *err)
{
	struct store *s = NULL;
	int64_t id = *act;
	int r = n > 0 ? store_open(STORE_WRITE, &s, err) : 0;

	if (n == 0)
		return 0;
	if (r == 0)
		r = store_exec(s, "BEGIN IMMEDIATE", err);
	if (r == 0 && id == 0)
		r = insert_act(s, &id, all->action, all->reason, pattern, err);
	if (r == 0)
		r = insert_outcomes(s, id, all, n, err);
	if (r == 0)
		r = store_exec(s, "COMMIT", err);
	store_close(s);
	if (r == 0)
		*act = id;
	return r;
}

int store_act(int64_t *act, const struct plan *p, const struct host_config *hosts,
	const char *pattern, struct err *err)
{
	struct store *s = NULL;
	int64_t id = *act;
	int r = store_open(STORE_WRITE, &s, err);

	/* What was about to be done is on disk before it is. */
	if (r == 0)
		r = store_exec(s, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE", err);
	if (r == 0)
		r = id ? update(s, id, p, hosts, err) : insert(s, &id, p, hosts, pattern, err);
	if (r == 0)
		r = store_exec(s, "COMMIT", err);
	store_close(s);
	if (r == 0)
		*act = id;
	return r;
}

void store_act_or_say(
	int64_t *act, const struct plan *p, const struct host_config *hosts, const char *pattern)
{
	struct err err;

	/* Not begun, not ended: that was said already. */
	if (*act < 0 || store_act(act, p, hosts, pattern, &err) == 0)
		return;
	*act = -1;
	log_note("this action is not in the console's record: %s", err.text);
}

/* ---- Reading ---- */

static const char *text(sqlite3_stmt *q, int column)
{
	const char *p = (const char *)sqlite3_column_text(q, column);

	return p ? p : "";
}

int store_acts(struct store *s, int64_t since_us, size_t limit, act_entry_fn *fn, void *arg,
	struct err *err)
{
	sqlite3_stmt *q;
	int stepped = SQLITE_DONE, result = 0;
	int r = store_prepare(s, &q, err,
		"SELECT acts.id, act_items.time, operator, host, action, target, status, detail, "
		"reason, undo_id, plan, before, after, undo, acts.time FROM acts JOIN act_items ON "
		"act = acts.id WHERE acts.time >= ? ORDER BY acts.id DESC, number LIMIT ?",
		"ii", since_us, (int64_t)limit);

	if (r < 0)
		return r;
	while (result == 0 && (stepped = sqlite3_step(q)) == SQLITE_ROW) {
		const struct act_entry e = {
			.act = sqlite3_column_int64(q, 0),
			.time_us = sqlite3_column_int64(q, 1),
			.operator= text(q, 2),
			.host = text(q, 3),
			.action = text(q, 4),
			.target = text(q, 5),
			.status = text(q, 6),
			.detail = text(q, 7),
			.reason = text(q, 8),
			.id = text(q, 9),
			.plan = text(q, 10),
			.before = (const char *)sqlite3_column_text(q, 11),
			.after = (const char *)sqlite3_column_text(q, 12),
			.undo = (const char *)sqlite3_column_text(q, 13),
			.begun_us = sqlite3_column_int64(q, 14),
		};

		result = fn(arg, &e);
	}
	r = store_end(s, q, stepped, err);
	return result ? result : r;
}
