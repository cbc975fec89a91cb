/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/auditfile.h"
#include "agentd/auditsource.h"
#include "agentd/jsonfile.h"
#include "common/clock.h"

#include <errno.h>
#include <string.h>

#define LINES_PER_STEP 64

enum {
	SEQ,
	TIME,
	DATETIME,
	EVENT,
	SESSION,
	REQUEST,
	USER,
	UID,
	ADDRESS,
	PORT,
	FINGERPRINT,
	CLAIMED,
	ACTION,
	TARGET,
	DRY_RUN,
	STATUS,
	REASON,
	TEXT,
	DETAIL,
	ARGS,
	BEFORE,
	AFTER,
	UNDO,
	UPTIME_MS,
	FILE_NAME,
	LINE,
	OLDEST,
	HASH,
	PROBLEM,
	STATE_DIR,
};

static const struct column columns[] = {
	{"seq", COL_BIGINT, 0, "Number of the line over all files, from 1"},
	{"time", COL_BIGINT, COL_RANGE,
		"Unix time when it was written, or a problem was found; files that end before what "
		"is asked for are left out"},
	{"datetime", COL_TEXT, 0, "The same as the log has it, with microseconds"},
	{"event", COL_TEXT, 0,
		"start, stop, config, session, session_end, query, request (an action is about to "
		"be tried), outcome, revert, repair, skipped, continue, torn or replaced"},
	{"session", COL_BIGINT, 0, "Number of the session since the daemon's start"},
	{"request", COL_BIGINT, 0, "Number that a request and its outcome share"},
	{"user", COL_TEXT, 0, "Who it was"},
	{"uid", COL_BIGINT, 0, "User id of that"},
	{"address", COL_TEXT, 0, "Where that user came from"},
	{"port", COL_INTEGER, 0, "Port there"},
	{"fingerprint", COL_TEXT, 0, "Of the key, where sshd tells it"},
	{"claimed", COL_TEXT, 0, "Key or method as the session's environment has it"},
	{"action", COL_TEXT, 0, "kill, delete, get …"},
	{"target", COL_TEXT, 0, "What it is done to: a path, a process id, an id"},
	{"dry_run", COL_INTEGER, 0, "1 where it was only planned"},
	{"status", COL_TEXT, 0, "What came of it"},
	{"reason", COL_TEXT, 0, "The reason that was given"},
	{"text", COL_TEXT, 0, "SQL of a query, or words"},
	{"detail", COL_TEXT, 0, "More of what came of it"},
	{"args", COL_TEXT, 0, "Arguments of the action, JSON"},
	{"before", COL_TEXT, 0, "What the target was, JSON"},
	{"after", COL_TEXT, 0, "What it is now, JSON"},
	{"undo", COL_TEXT, 0, "How it is taken back, JSON"},
	{"uptime_ms", COL_BIGINT, 0, "Milliseconds since boot, whatever the clock was set to"},
	{"file", COL_TEXT, 0, "File of the line"},
	{"line", COL_BIGINT, 0, "Its place there, from 1"},
	{"oldest", COL_INTEGER, 0, "1 for the oldest line that is kept"},
	{"hash", COL_TEXT, 0, "SHA-256 of the line"},
	{"problem", COL_TEXT, 0,
		"Why the chain of hashes is broken at this line: a row of its own; NULL for a line "
		"of the log"},
	{"state_dir", COL_TEXT, COL_ADDITIONAL | COL_HIDDEN,
		"Folder of the agent's state, its own unless given"},
	COL_END,
};

struct state {
	const char *state_dir;
	struct auditsource *source;
	struct audit_verifier verifier;
};

/* The latest time that all wanted lines are at or behind; 0: none. */
static int64_t lower_bound(const struct scan *s)
{
	const struct scan_constraint *c;
	int64_t since = 0;

	for (size_t i = 0; (c = scan_constraint(s, i)); i++)
		if (c->col == TIME && c->is_int && c->i > since &&
			(c->op == SCAN_EQ || c->op == SCAN_GE || c->op == SCAN_GT))
			since = c->i;
	return since;
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r;

	st->state_dir = scan_eq_text(s, STATE_DIR);
	if (!st->state_dir)
		st->state_dir = scan_state_dir(s);
	if (st->state_dir[0] != '/')
		return 0;
	r = auditsource_open(scan_root(s), st->state_dir,
		strcmp(st->state_dir, scan_state_dir(s)) == 0, lower_bound(s), &st->source);
	if (r == -EINVAL)
		return scan_error(s, EINVAL, "the daemon shows its own log only, no state_dir");
	if (r == -EACCES || r == -EPERM)
		return scan_error(
			s, -r, "you may not read the audit log (the policy's right is audit)");
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return scan_error(s, -r, "the audit log: %s", strerror(-r));
	return 0;
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	auditsource_free(st->source);
}

static void put_place(struct scan *s, const struct audit_place *place)
{
	struct state *st = scan_state(s);
	char name[AUDIT_NAME_MAX];

	auditfile_name(place->file, name);
	row_text(s, FILE_NAME, name);
	row_int(s, LINE, (int64_t)place->line);
	row_text(s, STATE_DIR, st->state_dir);
}

static void put_problem(void *arg, const struct audit_place *place, const char *why)
{
	struct scan *s = arg;

	row_begin(s);
	put_place(s, place);
	row_int(s, TIME, clock_real_us() / 1000000);
	row_bytes(s, PROBLEM, why, strlen(why));
	row_end(s);
}

/* "2026-11-22T01:02:03.000004Z" */
static void put_time(struct scan *s, const json_t *v)
{
	int64_t time = json_is_string(v) ? audit_line_time(json_string_value(v)) : -1;

	row_json(s, DATETIME, v);
	if (time >= 0)
		row_int(s, TIME, time);
}

static void put_target(struct scan *s, const json_t *args)
{
	static const char *const names[] = {"path", "pid", "id", "confirm", NULL};

	for (size_t i = 0; names[i]; i++)
		row_json_bytes(s, TARGET, json_object_get(args, names[i]));
}

static void put_line(struct scan *s, const struct audit_place *place, const json_t *line)
{
	static const struct {
		const char *name;
		unsigned col;
	} plain[] = {{"seq", SEQ}, {"event", EVENT}, {"session", SESSION}, {"request", REQUEST},
		{"uid", UID}, {"port", PORT}, {"dry_run", DRY_RUN}, {"uptime_ms", UPTIME_MS},
		{"user", USER}, {"address", ADDRESS}, {"fingerprint", FINGERPRINT},
		{"claimed", CLAIMED}, {"action", ACTION}, {"status", STATUS}, {"reason", REASON},
		{"text", TEXT}, {"detail", DETAIL}},
	  trees[] = {{"args", ARGS}, {"before", BEFORE}, {"after", AFTER}, {"undo", UNDO}};
	const struct state *st = scan_state(s);

	row_begin(s);
	put_place(s, place);
	put_time(s, json_object_get(line, "time"));
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		row_json_bytes(s, plain[i].col, json_object_get(line, plain[i].name));
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
		row_json_dump(s, trees[i].col, json_object_get(line, trees[i].name));
	put_target(s, json_object_get(line, "args"));
	row_int(s, OLDEST, place->first && !place->skipped);
	row_text(s, HASH, st->verifier.last.hex);
	row_end(s);
}

static int take_line(
	struct scan *s, struct state *st, const struct audit_place *place, struct span line)
{
	json_t *tree;
	int r = audit_verify_line(&st->verifier, place, line, &tree);

	if (r < 0)
		return scan_error(s, -r, "the audit log: %s", strerror(-r));
	if (tree)
		put_line(s, place, tree);
	json_decref(tree);
	return 0;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct audit_place place;
	struct span line;
	int r = 0;

	if (!st->source)
		return 0;
	st->verifier.broken = put_problem;
	st->verifier.arg = s;
	for (unsigned i = 0; r == 0 && i < LINES_PER_STEP; i++) {
		r = auditsource_next(st->source, &place, &line);
		if (r == -ENOENT)
			return 0;
		if (r < 0)
			return scan_error(s, -r, "the audit log: %s", strerror(-r));
		if (r == 0) {
			audit_verify_end(&st->verifier);
			return 0;
		}
		r = take_line(s, st, &place, line);
	}
	return r < 0 ? r : 1;
}

const struct table table_audit_log = {
	.name = "audit_log",
	.doc = "The agent's own log of sessions, questions and actions, and where its chain of "
	       "hashes "
	       "is broken. Reading it is a right of its own in the agent's policy.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
