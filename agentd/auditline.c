/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/auditline.h"

#include "agentd/action.h"
#include "agentd/policy.h"
#include "common/clock.h"
#include "common/json.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct audit_hash audit_hash_none = {
	"0000000000000000000000000000000000000000000000000000000000000000"};

static const char hex_digits[] = "0123456789abcdef";

int audit_hash(struct span line, struct audit_hash *ret)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n;

	if (!EVP_Digest(line.p, line.n, digest, &n, EVP_sha256(), NULL))
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		ret->hex[i * 2] = hex_digits[digest[i] >> 4];
		ret->hex[i * 2 + 1] = hex_digits[digest[i] & 15];
	}
	ret->hex[AUDIT_HASH_TEXT - 1] = '\0';
	return 0;
}

static const char *const events[] = {
	[AUDIT_START] = "start",
	[AUDIT_STOP] = "stop",
	[AUDIT_CONFIG] = "config",
	[AUDIT_SESSION] = "session",
	[AUDIT_SESSION_END] = "session_end",
	[AUDIT_QUERY] = "query",
	[AUDIT_REQUEST] = "request",
	[AUDIT_OUTCOME] = "outcome",
	[AUDIT_REVERT] = "revert",
	[AUDIT_REPAIR] = "repair",
	[AUDIT_SKIPPED] = "skipped",
};

const char *audit_event_name(enum audit_event event)
{
	return events[event];
}

/* ---- Making ---- */

/* The first failure is kept; `value` is taken over in any case. */
static void put(json_t *o, int *r, const char *name, json_t *value)
{
	if (json_object_set_new(o, name, value) < 0)
		*r = -ENOMEM;
}

static void put_text(json_t *o, int *r, const char *name, const char *text)
{
	if (text && *text)
		put(o, r, name, json_bytes_new(text, strlen(text)));
}

static void put_number(json_t *o, int *r, const char *name, int64_t n)
{
	put(o, r, name, json_integer(n));
}

static void put_tree(json_t *o, int *r, const char *name, const json_t *tree)
{
	if (tree && json_object_set(o, name, (json_t *)tree) < 0)
		*r = -ENOMEM;
}

static void time_text(char *out, size_t size)
{
	int64_t us = clock_real_us();
	time_t s = (time_t)(us / 1000000);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, size - n, ".%06dZ", (int)(us % 1000000));
}

json_t *audit_line_new(int64_t seq, const struct audit_hash *prev, const char *event)
{
	json_t *o = json_object();
	char when[64];
	int r = 0;

	if (!o)
		return NULL;
	time_text(when, sizeof(when));
	put_number(o, &r, "seq", seq);
	put_text(o, &r, "prev", prev->hex);
	put_text(o, &r, "time", when);
	/* Goes on where somebody sets the clock back. */
	put_number(o, &r, "uptime_ms", clock_boot_ms());
	put_text(o, &r, "event", event);
	if (r < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *groups_of(const struct subject *who)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < who->n_groups; i++) {
		if (json_array_append_new(list, json_integer(who->groups[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static void put_subject(json_t *o, int *r, const struct subject *who)
{
	put_text(o, r, "user", who->user);
	put_number(o, r, "uid", who->uid);
	put_number(o, r, "gid", who->gid);
	if (who->n_groups)
		put(o, r, "groups", groups_of(who));
	put_number(o, r, "pid", who->pid);
	put_text(o, r, "address", who->address);
	if (who->port)
		put_number(o, r, "port", who->port);
	put_text(o, r, "fingerprint", who->fingerprint);
	put_text(o, r, "claimed", who->claimed);
}

int audit_line_add(json_t *line, const struct audit_entry *e)
{
	int r = 0;

	if (e->session)
		put_number(line, &r, "session", e->session);
	if (e->request)
		put_number(line, &r, "request", e->request);
	if (e->who)
		put_subject(line, &r, e->who);
	put_text(line, &r, "action", e->action);
	if (e->dry_run)
		put(line, &r, "dry_run", json_true());
	put_text(line, &r, "status", e->status);
	put_text(line, &r, "reason", e->reason);
	put_text(line, &r, "text", e->text);
	put_text(line, &r, "detail", e->detail);
	put_tree(line, &r, "args", e->args);
	put_tree(line, &r, "before", e->before);
	put_tree(line, &r, "after", e->after);
	put_tree(line, &r, "undo", e->undo);
	return r;
}

/* Not every failure to write a part is jansson's own failure. */
struct adding {
	struct buf *b;
	int error;
};

static int add_chunk(const char *p, size_t n, void *arg)
{
	struct adding *to = arg;

	if (!to->error)
		to->error = buf_add(to->b, p, n);
	return to->error;
}

int audit_line_put(const json_t *line, struct buf *b)
{
	struct adding to = {.b = b};
	size_t start = b->len;
	int r = json_dump_callback(line, add_chunk, &to, JSON_COMPACT | JSON_ENSURE_ASCII);

	if (r < 0 || to.error)
		r = to.error ? to.error : -ENOMEM;
	else if (b->len - start >= AUDIT_LINE_MAX)
		r = -EMSGSIZE;
	else
		r = buf_putc(b, '\n');
	if (r < 0)
		buf_cut(b, start);
	return r;
}

/* ---- Looking ---- */

int64_t audit_line_time(const char *text)
{
	struct tm tm = {.tm_isdst = 0};

	return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : -1;
}

bool audit_line_hash(const json_t *tree, const char *name, struct audit_hash *ret)
{
	const json_t *v = json_object_get(tree, name);
	const char *s = json_string_value(v);

	if (json_string_length(v) != AUDIT_HASH_TEXT - 1 ||
		strspn(s, hex_digits) != AUDIT_HASH_TEXT - 1)
		return false;
	memcpy(ret->hex, s, AUDIT_HASH_TEXT);
	return true;
}

json_t *audit_line_read(struct span line, struct audit_link *ret, int *ret_code)
{
	struct err err = {.code = EBADMSG};
	json_t *tree = line.n > AUDIT_LINE_MAX
			       ? NULL
			       : json_read_any(line.p, line.n, AUDIT_DEPTH_MAX, &err);
	const json_t *seq = json_object_get(tree, "seq");
	struct audit_link link = {.seq = json_integer_value(seq),
		.event = json_string_value(json_object_get(tree, "event"))};

	if (tree && link.seq > 0 && link.event && audit_line_hash(tree, "prev", &link.prev)) {
		*ret = link;
		return tree;
	}
	*ret_code = tree || err.code != ENOMEM ? -EBADMSG : -ENOMEM;
	json_decref(tree);
	return NULL;
}
