/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "console/fleet/event.h"
#include "console/plan.h"

#include <errno.h>

static struct plan plan;

static void begin(const char *action, size_t hosts)
{
	plan_done(&plan);
	CHECK_INT(plan_init(&plan, action, "INC-1", hosts), 0);
}

static void add(host_id host, int pid)
{
	char word[16];

	snprintf(word, sizeof(word), "%d", pid);
	CHECK_INT(plan_add(&plan, host, word, json_pack("{s:i}", "pid", pid)), 0);
}

/* The request of a host in this round; "" when it is not asked. */
static const char *request(const struct fleet_question *q, host_id host)
{
	static struct buf line;

	buf_done(&line);
	buf_init(&line, WIRE_REQUEST_MAX);
	CHECK_INT(q->request(q->arg, host, 2, &line), 0);
	return buf_str(&line);
}

static struct plan_item *hear(host_id host, enum wire_status status, const char *detail,
	const char *before, const char *after)
{
	json_t *b = before ? json_loads(before, 0, NULL) : NULL;
	json_t *a = after ? json_loads(after, 0, NULL) : NULL;
	struct wire_outcome o = {
		.action = "kill", .status = status, .detail = detail, .before = b, .after = a};
	struct fleet_event *e = event_outcome(host, &o);
	struct plan_item *i = plan_take(&plan, e);

	fleet_event_free(e);
	json_decref(b);
	json_decref(a);
	return i;
}

static struct plan_item *hear_end(host_id host, enum host_state state, const char *why, int code)
{
	struct fleet_event *e = event_end(host, NULL, 0);
	struct plan_item *i;

	e->end->state = state;
	snprintf(e->end->error, sizeof(e->end->error), "%s", why);
	e->end->has_code = code >= 0;
	e->end->code = code >= 0 ? (enum wire_code)code : WIRE_CODE_USAGE;
	i = plan_take(&plan, e);
	fleet_event_free(e);
	return i;
}

#define IDENTITY "{\"pid\":7,\"identity\":\"abc\"}"

TEST(planned_then_applied)
{
	struct fleet_question q;
	struct plan_item *i;
	size_t hosts;

	begin("kill", 2);
	add(0, 7);
	CHECK_INT(plan_begin(&plan, PLAN_DRY), 1);
	CHECK(plan_round(&plan, &q));
	CHECK(!q.once && !q.fresh);
	CHECK_STR(request(&q, 0), "{\"op\":\"action\",\"id\":2,\"action\":\"kill\",\"args\":"
				  "{\"pid\":7},\"dry_run\":true,\"reason\":\"INC-1\"}\n");
	CHECK_STR(request(&q, 1), "");
	CHECK(!hear_end(1, HOST_ANSWERED, "", -1));
	i = hear(0, WIRE_PLANNED, "would end sleep", IDENTITY, NULL);
	CHECK(i && i->step == PLAN_READY);
	/* Its end tells nothing more. */
	CHECK(!hear_end(0, HOST_ANSWERED, "", -1));
	CHECK(!plan_round(&plan, &q));
	CHECK_INT(plan_count(&plan, PLAN_READY, &hosts), 1);
	CHECK_INT(hosts, 1);
	CHECK(!plan_all_good(&plan));

	CHECK_INT(plan_begin(&plan, PLAN_APPLY), 1);
	CHECK(plan_round(&plan, &q));
	CHECK(q.once);
	CHECK_STR(request(&q, 0), "{\"op\":\"action\",\"id\":2,\"action\":\"kill\",\"args\":"
				  "{\"pid\":7,\"identity\":\"abc\"},\"reason\":\"INC-1\"}\n");
	i = hear(0, WIRE_DONE, "ended", IDENTITY, "{\"id\":\"v1\"}");
	CHECK(i && i->step == PLAN_OVER && i->status == WIRE_DONE);
	CHECK_STR(i->id, "v1");
	CHECK_STR(i->detail, "ended");
	CHECK(plan_all_good(&plan));
	CHECK(!plan_round(&plan, &q));
	CHECK_INT(plan_begin(&plan, PLAN_CONFIRM), 1);
}

TEST(several_at_one_host_take_turns)
{
	struct fleet_question q;

	begin("kill", 2);
	add(1, 3);
	add(0, 1);
	add(1, 4);
	add(0, 2);
	CHECK_INT(plan_begin(&plan, PLAN_DRY), 4);
	CHECK(plan_round(&plan, &q));
	CHECK(strstr(request(&q, 0), "\"pid\":1"));
	CHECK(strstr(request(&q, 1), "\"pid\":3"));
	CHECK(hear(0, WIRE_PLANNED, "", IDENTITY, NULL));
	CHECK(hear(1, WIRE_REFUSED, "no", NULL, NULL));
	CHECK(plan_round(&plan, &q));
	CHECK(strstr(request(&q, 0), "\"pid\":2"));
	CHECK(strstr(request(&q, 1), "\"pid\":4"));
	CHECK(hear(0, WIRE_ALREADY, "gone", NULL, NULL));
	CHECK(hear(1, WIRE_PLANNED, "", IDENTITY, NULL));
	CHECK(!plan_round(&plan, &q));
	/* What the plan refused or found done is not asked for. */
	CHECK_INT(plan_begin(&plan, PLAN_APPLY), 2);
	CHECK(plan_round(&plan, &q));
	CHECK(strstr(request(&q, 0), "\"pid\":1"));
	CHECK(strstr(request(&q, 1), "\"pid\":4"));
}

TEST(hosts_that_do_not_answer)
{
	struct fleet_question q;
	struct plan_item *i;

	begin("kill", 3);
	for (host_id h = 0; h < 3; h++)
		add(h, 7);
	plan_begin(&plan, PLAN_DRY);
	CHECK(plan_round(&plan, &q));
	for (host_id h = 0; h < 3; h++)
		request(&q, h);
	i = hear_end(0, HOST_UNREACHABLE, "no route", -1);
	CHECK(i && i->step == PLAN_OVER && i->status == WIRE_FAILED);
	CHECK_STR(i->detail, "no route");
	i = hear_end(1, HOST_FAILED, "not allowed", WIRE_CODE_DENIED);
	CHECK(i && i->status == WIRE_REFUSED);
	CHECK(hear(2, WIRE_PLANNED, "", IDENTITY, NULL));
	plan_begin(&plan, PLAN_APPLY);
	CHECK(plan_round(&plan, &q));
	for (host_id h = 0; h < 3; h++)
		request(&q, h);
	i = hear_end(2, HOST_FAILED, "interrupted", -1);
	CHECK(i);
	CHECK_STR(i->detail, "interrupted: it may have been done");
	CHECK(!plan_all_good(&plan));
}

TEST(answers_that_make_no_sense)
{
	struct fleet_question q;
	struct plan_item *i;

	begin("kill", 1);
	add(0, 7);
	plan_begin(&plan, PLAN_DRY);
	CHECK(plan_round(&plan, &q));
	/* Nobody asked host 0 yet, and there is no host 9. */
	CHECK(!hear(0, WIRE_PLANNED, "", NULL, NULL));
	CHECK(!hear(9, WIRE_PLANNED, "", NULL, NULL));
	request(&q, 0);
	i = hear(0, WIRE_DONE, "I did it anyway", NULL, NULL);
	CHECK(i && i->step == PLAN_OVER && i->status == WIRE_FAILED);

	begin("kill", 1);
	add(0, 7);
	plan_begin(&plan, PLAN_DRY);
	plan_round(&plan, &q);
	request(&q, 0);
	CHECK(hear(0, WIRE_PLANNED, "", IDENTITY, NULL));
	plan_begin(&plan, PLAN_APPLY);
	plan_round(&plan, &q);
	request(&q, 0);
	i = hear(0, WIRE_PLANNED, "", IDENTITY, NULL);
	CHECK(i && i->status == WIRE_FAILED);
}

static void quarantined(struct fleet_question *q)
{
	begin("quarantine", 1);
	CHECK_INT(plan_add(&plan, 0, "host", json_object()), 0);
	plan_begin(&plan, PLAN_DRY);
	plan_round(&plan, q);
	request(q, 0);
	CHECK(hear(0, WIRE_PLANNED, "", "{\"identity\":\"r\"}", NULL));
	plan_begin(&plan, PLAN_APPLY);
	plan_round(&plan, q);
	request(q, 0);
	CHECK(hear(0, WIRE_DONE, "", NULL, "{\"id\":12}"));
	CHECK_STR(plan.items[0].id, "12");
	CHECK_INT(plan_begin(&plan, PLAN_CONFIRM), 1);
	CHECK(plan_round(&plan, q));
	CHECK(q->fresh);
	CHECK(strstr(request(q, 0), "\"args\":{\"confirm\":\"12\"}"));
}

TEST(confirmed_over_a_new_connection)
{
	struct fleet_question q;
	struct plan_item *i;

	CHECK(plan_confirms("quarantine") && !plan_confirms("kill"));
	quarantined(&q);
	i = hear(0, WIRE_DONE, "confirmed", NULL, NULL);
	CHECK(i && i->confirmed && i->status == WIRE_DONE);
	CHECK(!plan_round(&plan, &q));

	quarantined(&q);
	i = hear_end(0, HOST_UNREACHABLE, "no route", -1);
	CHECK(i && !i->confirmed && i->status == WIRE_FAILED);
	CHECK(strstr(i->detail, "takes it back by itself: no route"));
}

TEST(given_up)
{
	begin("kill", 1);
	add(0, 7);
	plan_give_up(&plan, "interrupted");
	CHECK_INT(plan.items[0].status, WIRE_FAILED);
	CHECK_STR(plan.items[0].detail, "interrupted");
}

TEST(ids_too_long_are_none)
{
	struct fleet_question q;
	char after[PLAN_ID_MAX + 32], id[PLAN_ID_MAX + 1];

	for (size_t n = PLAN_ID_MAX - 1; n <= PLAN_ID_MAX; n++) {
		memset(id, 'a', n);
		id[n] = '\0';
		snprintf(after, sizeof(after), "{\"id\":\"%s\"}", id);
		begin("delete", 1);
		add(0, 7);
		plan_begin(&plan, PLAN_DRY);
		plan_round(&plan, &q);
		request(&q, 0);
		CHECK(hear(0, WIRE_PLANNED, "", IDENTITY, NULL));
		plan_begin(&plan, PLAN_APPLY);
		plan_round(&plan, &q);
		request(&q, 0);
		CHECK(hear(0, WIRE_DONE, "", NULL, after));
		CHECK_INT(strlen(plan.items[0].id), n < PLAN_ID_MAX ? n : 0);
	}
	plan_done(&plan);
	plan_done(NULL);
}

TEST_MAIN(&planned_then_applied, &several_at_one_host_take_turns, &hosts_that_do_not_answer,
	&answers_that_make_no_sense, &confirmed_over_a_new_connection, &given_up,
	&ids_too_long_are_none)
