/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/webget.h"
#include "common/clock.h"
#include "common/str.h"

#include <errno.h>
#include <string.h>

/* Lines that one step makes into rows. */
#define LINES_PER_STEP 512
/* Characters of a number. */
#define NUMBER_MAX 64

enum {
	TARGET_NAME,
	METRIC_NAME,
	METRIC_VALUE,
	TIMESTAMP_MS,
};

static const struct column columns[] = {
	{"target_name", COL_TEXT, COL_ADDITIONAL,
		"Where the measurements are fetched from, an address of http or https; without one "
		"there are no rows"},
	{"metric_name", COL_TEXT, 0, "Name of the measurement, with its labels"},
	{"metric_value", COL_DOUBLE, 0, "Its value"},
	{"timestamp_ms", COL_BIGINT, 0, "When it was fetched, in milliseconds since 1970"},
	COL_END,
};

struct state {
	struct webget web;
	bool asked;
	struct span rest; /* of the answer */
	int64_t at_ms;
};

static bool stop(void *arg)
{
	return scan_stop(arg);
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	webget_done(&st->web);
}

static int fetch(struct scan *s, struct state *st)
{
	int r;

	st->asked = true;
	st->web = (struct webget){.url = scan_eq_text(s, TARGET_NAME), .stop = stop, .arg = s};
	if (!st->web.url) {
		scan_warn(s, "no target_name is given: no rows");
		return 0;
	}
	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine is on a network: no rows");
		return 0;
	}
	r = webget(&st->web);
	if (r == -ENOSYS)
		scan_warn(s, "libcurl is not installed: no rows");
	else if (r == -EIO && !scan_stop(s))
		scan_warn(s, "%s: %s", st->web.url, st->web.why);
	else if (r == 0 && st->web.status != 200)
		scan_warn(s, "%s: it answers with status %ld", st->web.url, st->web.status);
	st->at_ms = clock_real_us() / 1000;
	st->rest = (struct span){st->web.body.p, st->web.body.len};
	return r == -ENOMEM ? r : r == 0 && st->web.status == 200 && st->rest.p;
}

/* name{label="a b"} 1.5 [time]: blanks within the braces do not end the name. */
static void put_line(struct scan *s, const struct state *st, struct span line)
{
	struct span value, name = {line.p, 0};
	char number[NUMBER_MAX];
	bool quoted = false;
	double v;

	for (; name.n < line.n && (quoted || (line.p[name.n] != ' ' && line.p[name.n] != '\t'));
		name.n++) {
		if (quoted && line.p[name.n] == '\\' && name.n + 1 < line.n)
			name.n++;
		else if (line.p[name.n] == '"')
			quoted = !quoted;
	}
	line = span_trim((struct span){line.p + name.n, line.n - name.n});
	if (!name.n || !line.n)
		return;
	span_split(&line, ' ', &value);
	if (value.n >= sizeof(number))
		return;
	memcpy(number, value.p, value.n);
	number[value.n] = '\0';
	row_begin(s);
	row_text(s, TARGET_NAME, st->web.url);
	row_bytes(s, METRIC_NAME, name.p, name.n);
	/* NaN and infinities are no numbers in SQL. */
	if (parse_real(number, -1e308, 1e308, &v) == 0)
		row_real(s, METRIC_VALUE, v);
	row_int(s, TIMESTAMP_MS, st->at_ms);
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct span line;

	if (!st->asked)
		return fetch(s, st);
	for (unsigned i = 0; i < LINES_PER_STEP; i++) {
		if (!st->rest.p || !span_split(&st->rest, '\n', &line))
			return 0;
		line = span_trim(line);
		if (line.n && line.p[0] != '#')
			put_line(s, st, line);
	}
	return 1;
}

const struct table table_prometheus_metrics = {
	.name = "prometheus_metrics",
	.doc = "Measurements that a program offers to Prometheus, at the given address.",
	.columns = columns,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
