/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/audit_join.h"

#include "common/map.h"
#include "common/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define US INT64_C(1000000)
/* A file is in the record when all of it came, which may take that much longer than its request. */
#define GET_US	    (6 * 3600 * US)
#define SLACK_US    (AUDIT_JOIN_SLACK_S * US)
#define ENTRIES_MAX 10000000
#define HOSTS_MAX   10000000

const char audit_join_sql[] =
	"select seq, time, event, request, user, address, action, target, status, reason, detail, "
	"file, line, oldest, problem, (select unix_time from time) as now from audit_log where "
	"time >= cast(:since as integer) and (problem is not null or oldest = 1 or (event in "
	"('request', 'outcome') and dry_run is null))";

static const char *const names_of[] = {"seq", "time", "event", "request", "user", "address",
	"action", "target", "status", "reason", "detail", "file", "line", "oldest", "problem",
	"now"};
enum {
	SEQ,
	TIME,
	EVENT,
	REQUEST,
	USER,
	ADDRESS,
	ACTION,
	TARGET,
	STATUS,
	REASON,
	DETAIL,
	FILE_NAME,
	LINE,
	OLDEST,
	PROBLEM,
	NOW,
	N_NAMES,
};
_Static_assert(ARRAY_LEN(names_of) == N_NAMES, "a name for every column");

/* An action as the console recorded it; texts are heap. */
struct recorded {
	host_id host;
	int64_t act, begun_us, time_us;
	char *operator, * action, *target, *status, *reason, *detail, *id;
	bool met;
	char *logged; /* the host's status of it; of several requests the last one's */
	int64_t seq;
};

/* An action as the host logged it. */
struct logged {
	int64_t seq, request, time_us; /* by the console's clock */
	char *user, *address, *action, *target, *status, *reason, *detail;
};

struct host_log {
	char *why; /* nothing is known of it; NULL: it answered */
	struct logged *of;
	size_t n, cap;
	int64_t oldest_us;	/* by the console's clock; 0: there is no line */
	struct recorded *first; /* among the sorted ones */
	size_t n_recorded;
};

struct audit_join {
	struct map *by_name;
	struct recorded *recorded;
	size_t n_recorded, cap_recorded;
	struct host_log *logs;
	size_t n;
};

const char *audit_kind_words(enum audit_kind kind)
{
	switch (kind) {
	case AUDIT_NO_ANSWER:
		return "no answer";
	case AUDIT_CHAIN_BROKEN:
		return "chain broken";
	case AUDIT_NOT_RECORDED:
		return "not recorded";
	case AUDIT_NOT_LOGGED:
		return "not logged";
	case AUDIT_OUTCOME:
		break;
	}
	return "outcome";
}

/* ---- The console's record ---- */

struct audit_join *audit_join_new(const char *const *names, size_t n)
{
	struct audit_join *j = calloc(1, sizeof(*j));
	int r = 0;

	if (!j)
		return NULL;
	j->n = n;
	j->logs = calloc(n + 1, sizeof(*j->logs));
	j->by_name = map_new(HOSTS_MAX);
	for (size_t i = 0; r == 0 && j->logs && j->by_name && i < n; i++)
		r = !names[i] ? 0 : map_put(j->by_name, names[i], (void *)(uintptr_t)(i + 1), NULL);
	if (r == 0 && j->logs && j->by_name)
		return j;
	audit_join_free(j);
	return NULL;
}

static void recorded_done(struct recorded *e)
{
	char *texts[] = {e->operator, e->action, e->target, e->status, e->reason, e->detail, e->id,
		e->logged};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
}

static void logged_done(struct logged *e)
{
	char *texts[] = {
		e->user, e->address, e->action, e->target, e->status, e->reason, e->detail};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
}

void audit_join_free(struct audit_join *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->n_recorded; i++)
		recorded_done(&j->recorded[i]);
	free(j->recorded);
	for (size_t h = 0; j->logs && h < j->n; h++) {
		for (size_t i = 0; i < j->logs[h].n; i++)
			logged_done(&j->logs[h].of[i]);
		free(j->logs[h].of);
		free(j->logs[h].why);
	}
	free(j->logs);
	map_free(j->by_name, NULL);
	free(j);
}

int audit_join_recorded(struct audit_join *j, const struct act_entry *e)
{
	uintptr_t at = (uintptr_t)map_get(j->by_name, e->host);
	struct recorded *to;
	int r;

	if (at == 0)
		return 0;
	r = array_grow(&j->recorded, &j->cap_recorded, j->n_recorded + 1, sizeof(*to), ENTRIES_MAX);
	if (r < 0)
		return -ENOMEM;
	to = &j->recorded[j->n_recorded++];
	*to = (struct recorded){.host = (host_id)(at - 1),
		.act = e->act,
		.begun_us = e->begun_us,
		.time_us = e->time_us,
		.operator= strdup(e->operator),
		.action = strdup(e->action),
		.target = strdup(e->target),
		.status = strdup(e->status),
		.reason = strdup(e->reason),
		.detail = strdup(e->detail),
		.id = strdup(e->id)};
	return to->operator&& to->action && to->target && to->status && to->reason &&
		       to->detail && to->id
		       ? 0
		       : - ENOMEM;
}

int audit_join_ended(struct audit_join *j, host_id host, const struct fleet_end *end)
{
	struct host_log *log = &j->logs[host];

	if (end->state == HOST_ANSWERED && !end->truncated)
		return 0;
	free(log->why);
	log->why = end->state == HOST_ANSWERED
			   ? str_printf("cut off after %" PRId64 " lines", end->rows)
			   : str_printf("%s%s%s", host_state_name(end->state),
				     end->error[0] ? ": " : "", end->error);
	return log->why ? 0 : -ENOMEM;
}

/* ---- The hosts' logs ---- */

struct line {
	const struct results *rows;
	const size_t *columns; /* RESULTS_NO_COLUMN: there is none of that name */
	row_id row;
};

static struct cell cell_of(const struct line *l, unsigned column)
{
	size_t at = l->columns[column];

	if (at == RESULTS_NO_COLUMN)
		return (struct cell){.type = CELL_NULL};
	return results_unpack(l->rows, results_cell(l->rows, l->row, at));
}

static int64_t number(const struct line *l, unsigned column)
{
	struct cell c = cell_of(l, column);

	return c.type == CELL_INT ? c.i : 0;
}

/* Heap; "" for what is none. */
static char *text(const struct line *l, unsigned column)
{
	struct cell c = cell_of(l, column);
	char digits[CELL_NUMBER_MAX];

	if (cell_has_bytes(&c))
		return span_dup((struct span){c.n ? c.p : "", c.n});
	if (c.type != CELL_INT)
		return strdup("");
	return span_dup((struct span){digits, cell_int_text(c.i, digits)});
}

static bool is(const struct line *l, unsigned column, const char *word)
{
	struct cell c = cell_of(l, column);

	return cell_has_bytes(&c) && span_eq((struct span){c.n ? c.p : "", c.n}, word);
}

/* When it was by the console's clock: `now` is what the host took its own to be. */
static int64_t time_of(const struct line *l, int64_t now_us)
{
	const int64_t max = INT64_MAX / US / 4;
	int64_t time = number(l, TIME), now = number(l, NOW);

	if (time < 0 || time > max || now <= 0 || now > max)
		return 0;
	return now_us + (time - now) * US;
}

static int add_request(struct host_log *log, const struct line *l, int64_t now_us)
{
	struct logged *e;
	int r = array_grow(&log->of, &log->cap, log->n + 1, sizeof(*e), AUDIT_JOIN_ROWS_MAX);

	if (r == -E2BIG && !log->why)
		log->why = strdup("more lines than were asked for");
	if (r < 0)
		return r == -E2BIG && log->why ? 0 : -ENOMEM;
	e = &log->of[log->n++];
	*e = (struct logged){.seq = number(l, SEQ),
		.request = number(l, REQUEST),
		.time_us = time_of(l, now_us),
		.user = text(l, USER),
		.address = text(l, ADDRESS),
		.action = text(l, ACTION),
		.target = text(l, TARGET),
		.reason = text(l, REASON)};
	return e->user && e->address && e->action && e->target && e->reason ? 0 : -ENOMEM;
}

/* Numbers of requests begin anew with the daemon: it is that of the last one that has no outcome.
 */
static int add_outcome(struct host_log *log, const struct line *l)
{
	int64_t request = number(l, REQUEST);

	for (size_t i = log->n; i-- > 0;) {
		struct logged *e = &log->of[i];

		if (e->request != request || e->status)
			continue;
		e->status = text(l, STATUS);
		e->detail = text(l, DETAIL);
		return e->status && e->detail ? 0 : -ENOMEM;
	}
	/* Its request is older than what was asked for. */
	return 0;
}

static void find_columns(const struct results *rows, size_t ret[N_NAMES])
{
	for (size_t i = 0; i < N_NAMES; i++)
		ret[i] = results_column_named(rows, names_of[i]);
}

static int take_rows(struct audit_join *j, const struct results *rows, int64_t now_us)
{
	size_t columns[N_NAMES];
	int r = 0;

	find_columns(rows, columns);
	for (size_t i = 0; r == 0 && i < results_rows(rows); i++) {
		const struct line l = {rows, columns, (row_id)i};
		struct host_log *log = &j->logs[results_host(rows, (row_id)i)];

		if (number(&l, OLDEST) == 1)
			log->oldest_us = time_of(&l, now_us);
		if (is(&l, EVENT, "request"))
			r = add_request(log, &l, now_us);
		else if (is(&l, EVENT, "outcome"))
			r = add_outcome(log, &l);
	}
	return r;
}

/* ---- Which is which ---- */

/* What the operator named is what the host says that it was asked for. */
static bool same_target(const struct recorded *r, const struct logged *l)
{
	size_t n = strcspn(r->target, "@");

	if (!*l->target)
		return str_eq(r->target, "host");
	/* A quarantine's second word: over a new connection, by its id. */
	if (str_eq(r->action, "quarantine"))
		return str_eq(r->id, l->target);
	if (str_eq(r->target, l->target))
		return true;
	/* PID@START_TIME */
	return r->target[n] && strlen(l->target) == n && memcmp(r->target, l->target, n) == 0;
}

static bool same_action(const struct recorded *r, const struct logged *l)
{
	return str_eq(r->action, l->action) && str_eq(r->reason, l->reason) && same_target(r, l);
}

/* Several requests may belong to it: a file that broke off, a quarantine that is confirmed. */
static bool takes_more(const struct recorded *r, const struct logged *l)
{
	return !r->met || str_eq(r->action, "get") ||
	       (str_eq(r->action, "quarantine") && *l->target);
}

/* Microseconds that the request lies outside of the action's time; INT64_MAX: too many. */
static int64_t distance(const struct recorded *r, const struct logged *l)
{
	int64_t from = r->begun_us, to = r->time_us > from ? r->time_us : from, away = 0;

	if (str_eq(r->action, "get"))
		from -= GET_US;
	if (l->time_us < from)
		away = from - l->time_us;
	else if (l->time_us > to)
		away = l->time_us - to;
	return away <= SLACK_US ? away : INT64_MAX;
}

/* The nearest one of those that came out alike, where there is any; else the nearest one. */
static struct recorded *find_recorded(const struct host_log *log, const struct logged *l)
{
	struct recorded *best[2] = {NULL, NULL};
	int64_t least[2] = {INT64_MAX, INT64_MAX};

	for (size_t i = 0; i < log->n_recorded; i++) {
		struct recorded *r = &log->first[i];
		bool alike = l->status && str_eq(r->status, l->status);
		int64_t away = distance(r, l);

		if (away < least[alike] && takes_more(r, l) && same_action(r, l)) {
			best[alike] = r;
			least[alike] = away;
		}
	}
	return best[true] ? best[true] : best[false];
}

static int by_host(const void *a, const void *b)
{
	const struct recorded *x = a, *y = b;

	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	if (x->begun_us != y->begun_us)
		return x->begun_us < y->begun_us ? -1 : 1;
	return (x->act > y->act) - (x->act < y->act);
}

static void sort_recorded(struct audit_join *j)
{
	if (j->n_recorded > 0)
		qsort(j->recorded, j->n_recorded, sizeof(*j->recorded), by_host);
	for (size_t i = j->n_recorded; i-- > 0;) {
		struct host_log *log = &j->logs[j->recorded[i].host];

		log->first = &j->recorded[i];
		log->n_recorded++;
	}
}

/* ---- What differs ---- */

struct telling {
	struct audit_join *join;
	int64_t since_us;
	audit_difference_fn *fn;
	void *arg;
	size_t agreed;
};

static int tell_chain(const struct telling *t, const struct line *l, host_id host)
{
	char *file = text(l, FILE_NAME), *problem = text(l, PROBLEM);
	char *detail = file && problem ? str_printf("%s, line %" PRId64 ": %s", file,
						 number(l, LINE), problem)
				       : NULL;
	const struct audit_difference d = {
		.host = host, .kind = AUDIT_CHAIN_BROKEN, .detail = detail};
	int r = detail ? t->fn(t->arg, &d) : -ENOMEM;

	free(file);
	free(problem);
	free(detail);
	return r;
}

static int tell_unrecorded(const struct telling *t, host_id host, const struct logged *l)
{
	const struct audit_difference d = {.host = host,
		.kind = AUDIT_NOT_RECORDED,
		.time_us = l->time_us,
		.action = l->action,
		.target = l->target,
		.reason = l->reason,
		.logged = l->status,
		.operator= l->user,
		.address = l->address,
		.detail = l->detail,
		.seq = l->seq};

	return l->time_us && l->time_us < t->since_us ? 0 : t->fn(t->arg, &d);
}

static int tell_recorded(const struct telling *t, const struct recorded *r, enum audit_kind kind)
{
	const struct audit_difference d = {.host = r->host,
		.kind = kind,
		.time_us = r->time_us,
		.action = r->action,
		.target = r->target,
		.reason = r->reason,
		.recorded = r->status,
		.logged = r->logged,
		.operator= r->operator,
		.detail = r->detail,
		.act = r->act,
		.seq = r->seq};

	return r->time_us < t->since_us ? 0 : t->fn(t->arg, &d);
}

/* That nothing was done, and why not, may have been settled before the host was asked to. */
static bool must_be_logged(const struct host_log *log, const struct recorded *r)
{
	if (!str_eq(r->status, "done") && !str_eq(r->status, ACT_SENT))
		return false;
	/* Older than the oldest line that is kept. */
	return !log->oldest_us || r->time_us >= log->oldest_us;
}

static int judge(struct telling *t, const struct host_log *log, const struct recorded *r)
{
	if (!r->met)
		return must_be_logged(log, r) ? tell_recorded(t, r, AUDIT_NOT_LOGGED) : 0;
	if (!str_eq(r->status, r->logged))
		return tell_recorded(t, r, AUDIT_OUTCOME);
	t->agreed++;
	return 0;
}

static bool is_good(const char *status)
{
	return str_eq(status, "done") || str_eq(status, "already");
}

static int meet(struct recorded *r, const struct logged *l)
{
	/* That a quarantine is confirmed changes nothing of what came of it. */
	if (r->met && l->status && is_good(l->status) && str_eq(l->action, "quarantine"))
		return 0;
	free(r->logged);
	r->logged = strdup(l->status ? l->status : "");
	r->met = true;
	r->seq = l->seq;
	return r->logged ? 0 : -ENOMEM;
}

static int tell_host(struct telling *t, host_id host)
{
	struct host_log *log = &t->join->logs[host];
	const struct audit_difference silent = {
		.host = host, .kind = AUDIT_NO_ANSWER, .detail = log->why};
	int r = 0;

	if (log->why)
		return t->fn(t->arg, &silent);
	for (size_t i = 0; r == 0 && i < log->n; i++) {
		struct recorded *known = find_recorded(log, &log->of[i]);

		r = known ? meet(known, &log->of[i]) : tell_unrecorded(t, host, &log->of[i]);
	}
	for (size_t i = 0; r == 0 && i < log->n_recorded; i++)
		r = judge(t, log, &log->first[i]);
	return r;
}

/* Those of every host, whether all of its log came or not. */
static int tell_chains(const struct telling *t, const struct results *rows)
{
	size_t columns[N_NAMES];
	int r = 0;

	find_columns(rows, columns);
	for (size_t i = 0; r == 0 && i < results_rows(rows); i++) {
		const struct line l = {rows, columns, (row_id)i};

		if (cell_of(&l, PROBLEM).type != CELL_NULL)
			r = tell_chain(t, &l, results_host(rows, (row_id)i));
	}
	return r;
}

int audit_join_tell(struct audit_join *j, const struct results *rows, int64_t now_us,
	int64_t since_us, audit_difference_fn *fn, void *arg, size_t *ret_agreed)
{
	struct telling t = {.join = j, .since_us = since_us, .fn = fn, .arg = arg};
	int r = take_rows(j, rows, now_us);

	sort_recorded(j);
	if (r == 0)
		r = tell_chains(&t, rows);
	for (size_t h = 0; r == 0 && h < j->n; h++)
		r = tell_host(&t, (host_id)h);
	*ret_agreed = t.agreed;
	return r;
}
