/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/plan.h"

#include "common/json.h"
#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE SIZE_MAX

int plan_init(struct plan *p, const char *action, const char *reason, size_t n_hosts)
{
	*p = (struct plan){.action = action, .reason = reason, .n_hosts = n_hosts};
	p->next = calloc(n_hosts + 1, sizeof(*p->next));
	p->current = calloc(n_hosts + 1, sizeof(*p->current));
	if (p->next && p->current)
		return 0;
	plan_done(p);
	return -ENOMEM;
}

static void forget(struct plan_item *i)
{
	free(i->detail);
	json_decref(i->before);
	json_decref(i->after);
	json_decref(i->undo);
	i->detail = NULL;
	i->before = i->after = i->undo = NULL;
	i->id[0] = '\0';
}

void plan_done(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		forget(&p->items[i]);
		free(p->items[i].target);
		json_decref(p->items[i].args);
	}
	free(p->items);
	free(p->next);
	free(p->current);
	*p = (struct plan){0};
}

int plan_add(struct plan *p, host_id host, const char *target, json_t *args)
{
	char *copy = strdup(target);
	int r = copy && args ? array_grow(&p->items, &p->cap, p->n + 1, sizeof(*p->items),
				       PLAN_ITEMS_MAX)
			     : -ENOMEM;

	if (r < 0) {
		free(copy);
		json_decref(args);
		return r;
	}
	p->items[p->n] =
		(struct plan_item){.host = host, .number = p->n, .target = copy, .args = args};
	p->n++;
	return 0;
}

/* ---- Phases and rounds ---- */

bool plan_confirms(const char *action)
{
	return str_eq(action, "quarantine");
}

static bool takes_part(const struct plan *p, const struct plan_item *i)
{
	switch (p->phase) {
	case PLAN_DRY:
		return i->step == PLAN_NEW;
	case PLAN_APPLY:
		return i->step == PLAN_READY;
	case PLAN_CONFIRM:
		break;
	}
	return i->step == PLAN_OVER && i->status == WIRE_DONE && i->id[0] && !i->confirmed;
}

/* Those of one host stay in the order in which they were added. */
static int by_host(const void *a, const void *b)
{
	const struct plan_item *x = a, *y = b;

	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static void sort(struct plan *p)
{
	bool sorted = true;

	for (size_t i = 1; i < p->n; i++)
		sorted &= p->items[i - 1].host <= p->items[i].host;
	if (!sorted)
		qsort(p->items, p->n, sizeof(*p->items), by_host);
}

size_t plan_begin(struct plan *p, enum plan_phase phase)
{
	size_t n = 0;

	sort(p);
	p->phase = phase;
	for (size_t h = 0; h < p->n_hosts; h++)
		p->next[h] = p->current[h] = NONE;
	for (size_t i = p->n; i-- > 0;) {
		if (p->items[i].host < p->n_hosts)
			p->next[p->items[i].host] = i;
		n += takes_part(p, &p->items[i]);
	}
	return n;
}

/* The next item of this host that takes part, or NONE. */
static size_t find_next(struct plan *p, host_id host)
{
	for (size_t i = p->next[host]; i < p->n && p->items[i].host == host; i++)
		if (takes_part(p, &p->items[i])) {
			p->next[host] = i + 1;
			return i;
		}
	p->next[host] = NONE;
	return NONE;
}

/* What the request carries: the item's own arguments, and what the plan said it must be. */
static json_t *request_args(const struct plan *p, const struct plan_item *i)
{
	json_t *args, *identity = json_object_get(i->before, "identity");
	int r = 0;

	if (p->phase == PLAN_CONFIRM)
		return json_pack("{s:s}", "confirm", i->id);
	args = json_copy(i->args);
	if (args && p->phase == PLAN_APPLY && identity)
		r = json_object_set(args, "identity", identity);
	if (r == 0)
		return args;
	json_decref(args);
	return NULL;
}

static int write_request(void *arg, host_id host, int64_t id, struct buf *line)
{
	struct plan *p = arg;
	size_t at = find_next(p, host);
	json_t *args;
	int r;

	p->current[host] = at;
	if (at == NONE)
		return 0;
	args = request_args(p, &p->items[at]);
	if (!args)
		return -ENOMEM;
	r = wire_put_action(line, id, p->action, args, p->phase == PLAN_DRY, p->reason);
	json_decref(args);
	return r;
}

bool plan_round(struct plan *p, struct fleet_question *ret)
{
	bool more = false;

	for (size_t h = 0; !more && h < p->n_hosts; h++)
		for (size_t i = p->next[h]; !more && i < p->n && p->items[i].host == h; i++)
			more = takes_part(p, &p->items[i]);
	*ret = (struct fleet_question){.request = write_request,
		.arg = p,
		.fresh = p->phase == PLAN_CONFIRM,
		.once = p->phase == PLAN_APPLY,
		.timeout_ms = p->phase == PLAN_APPLY ? PLAN_TIMEOUT_MS
			      : p->phase == PLAN_DRY ? PLAN_DRY_TIMEOUT_MS
						     : 0};
	return more;
}

/* ---- What hosts say ---- */

static json_t *read_tree(const char *text)
{
	return text ? json_read_object(text, strlen(text), NULL) : NULL;
}

/* A text or a number. */
static bool read_id(const json_t *of, const char *name, char ret[PLAN_ID_MAX])
{
	const json_t *v = json_object_get(of, name);

	if (json_is_integer(v))
		snprintf(ret, PLAN_ID_MAX, "%lld", (long long)json_integer_value(v));
	else if (!json_is_string(v) || json_string_length(v) == 0 ||
		 json_string_length(v) >= PLAN_ID_MAX)
		return false;
	else
		snprintf(ret, PLAN_ID_MAX, "%s", json_string_value(v));
	return true;
}

static void end_item(struct plan_item *i, enum wire_status status, const char *detail)
{
	free(i->detail);
	i->detail = strdup(detail);
	i->status = status;
	i->step = PLAN_OVER;
}

static void take_confirmation(struct plan_item *i, enum wire_status status, const char *detail)
{
	char text[ERR_TEXT_MAX * 2];

	i->confirmed = wire_status_good(status);
	if (i->confirmed) {
		end_item(i, WIRE_DONE, detail);
		return;
	}
	snprintf(text, sizeof(text), "not confirmed, so the host takes it back by itself: %s",
		detail);
	end_item(i, WIRE_FAILED, text);
}

static void take_outcome(struct plan *p, struct plan_item *i, const struct fleet_event *e)
{
	if (p->phase == PLAN_CONFIRM) {
		take_confirmation(i, e->outcome.status, e->outcome.detail);
		return;
	}
	forget(i);
	i->before = read_tree(e->outcome.before);
	i->after = read_tree(e->outcome.after);
	i->undo = read_tree(e->outcome.undo);
	end_item(i, e->outcome.status, e->outcome.detail);
	/* A host that says "done" of a rehearsal, or "planned" of the real thing, is not believed.
	 */
	if (p->phase == PLAN_DRY && i->status == WIRE_PLANNED)
		i->step = PLAN_READY;
	else if (p->phase == PLAN_DRY ? i->status == WIRE_DONE : i->status == WIRE_PLANNED)
		end_item(i, WIRE_FAILED, "the host's answer makes no sense");
	else if (!read_id(i->after, "id", i->id))
		read_id(json_object_get(i->undo, "args"), "id", i->id);
}

/* No outcome came. */
static void take_end(struct plan *p, struct plan_item *i, const struct fleet_end *end)
{
	bool denied = end->has_code && end->code == WIRE_CODE_DENIED;
	const char *why = end->error[0] ? end->error : host_state_name(end->state);

	/* By the operator, while the host was at it. */
	if (p->phase != PLAN_DRY && !end->has_code && str_eq(why, "interrupted"))
		why = "interrupted: it may have been done";
	if (p->phase == PLAN_CONFIRM)
		take_confirmation(i, WIRE_FAILED, why);
	else
		end_item(i, denied ? WIRE_REFUSED : WIRE_FAILED, why);
}

struct plan_item *plan_take(struct plan *p, const struct fleet_event *e)
{
	size_t at = e->host < p->n_hosts ? p->current[e->host] : NONE;

	if (at == NONE || (e->type != FLEET_OUTCOME && e->type != FLEET_END))
		return NULL;
	p->current[e->host] = NONE;
	if (e->type == FLEET_OUTCOME)
		take_outcome(p, &p->items[at], e);
	else
		take_end(p, &p->items[at], e->end);
	return &p->items[at];
}

void plan_give_up(struct plan *p, const char *why)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->items[i].step != PLAN_OVER)
			end_item(&p->items[i], WIRE_FAILED, why);
}

/* ---- Counting ---- */

size_t plan_count(const struct plan *p, enum plan_step step, size_t *ret_hosts)
{
	host_id last = 0;
	size_t n = 0;

	*ret_hosts = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (p->items[i].step != step)
			continue;
		*ret_hosts += n++ == 0 || p->items[i].host != last;
		last = p->items[i].host;
	}
	return n;
}

bool plan_all_good(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->items[i].step != PLAN_OVER || !wire_status_good(p->items[i].status))
			return false;
	return true;
}
