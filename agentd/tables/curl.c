/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/webget.h"
#include "common/str.h"

#include <errno.h>
#include <string.h>

/* Bytes of what the client calls itself. */
#define AGENT_MAX 512

enum {
	URL,
	METHOD,
	USER_AGENT,
	RESPONSE_CODE,
	ROUND_TRIP_TIME,
	BYTES,
	RESULT,
};

static const struct column columns[] = {
	{"url", COL_TEXT, COL_INDEX | COL_REQUIRED, "What is fetched: an address of http or https"},
	{"method", COL_TEXT, 0, "Always GET"},
	{"user_agent", COL_TEXT, COL_ADDITIONAL,
		"What the client calls itself: tocsin unless given"},
	{"response_code", COL_INTEGER, 0, "Status of the answer"},
	{"round_trip_time", COL_BIGINT, 0, "Microseconds until all of the answer was there"},
	{"bytes", COL_BIGINT, 0, "Bytes of the answer"},
	{"result", COL_TEXT, 0, "The answer"},
	COL_END,
};

struct state {
	bool done;
};

static bool stop(void *arg)
{
	return scan_stop(arg);
}

/* No line end gets into the request. */
static void take_agent(struct scan *s, char out[AGENT_MAX])
{
	const char *asked = scan_eq_text(s, USER_AGENT);
	size_t n = 0;

	if (!asked)
		asked = "tocsin";
	for (; *asked && n + 1 < AGENT_MAX; asked++)
		if (*asked != '\r' && *asked != '\n')
			out[n++] = *asked;
	out[n] = '\0';
}

static void put_answer(struct scan *s, const struct webget *w)
{
	const char *asked = scan_eq_text(s, USER_AGENT);

	row_begin(s);
	row_text(s, URL, w->url);
	row_text(s, METHOD, "GET");
	row_text(s, USER_AGENT, asked ? asked : w->user_agent);
	if (!w->why[0]) {
		row_int(s, RESPONSE_CODE, w->status);
		row_int(s, ROUND_TRIP_TIME, w->took_us);
		row_int(s, BYTES, (int64_t)w->body.len);
		row_bytes(s, RESULT, buf_str(&w->body), w->body.len);
	}
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	char agent[AGENT_MAX];
	struct webget w = {
		.url = scan_eq_text(s, URL), .user_agent = agent, .stop = stop, .arg = s};
	int r;

	if (st->done || !w.url)
		return 0;
	st->done = true;
	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine is on a network: no rows");
		return 0;
	}
	take_agent(s, agent);
	r = webget(&w);
	if (r == -ENOSYS)
		scan_warn(s, "libcurl is not installed: no rows");
	else if (r == -EIO && !scan_stop(s))
		scan_warn(s, "%s: %s", w.url, w.why);
	if (r == 0 || r == -EIO)
		put_answer(s, &w);
	webget_done(&w);
	return r == -ENOMEM ? r : 0;
}

const struct table table_curl = {
	.name = "curl",
	.doc = "Fetches an address from the machine, as `curl -L` would.",
	.columns = columns,
	.step = step,
	.state_size = sizeof(struct state),
};
