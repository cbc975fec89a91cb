/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

#include "agentd/http.h"
#include "agentd/root.h"
#include "common/str.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Bytes of what is asked for. */
#define TARGET_MAX 2048
/* Digits of a digest. */
#define ID_HEX_MAX 64

const char *const api_docker[] = {"/var/run/docker.sock", NULL};
const char *const api_lxd[] = {"/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket",
	"/var/lib/incus/unix.socket", NULL};

/* ---- Asking ---- */

static bool stop(void *arg)
{
	return scan_stop(arg);
}

static bool is_target(const char *target)
{
	if (target[0] != '/')
		return false;
	for (const char *p = target; *p; p++)
		if (*p <= ' ' || *p == 0x7f)
			return false;
	return true;
}

json_t *api_get(struct api *a, const char *target)
{
	struct http_answer answer;
	struct buf raw;
	json_t *j = NULL;
	int r = -EBADMSG;

	buf_init(&raw, API_ANSWER_MAX);
	if (is_target(target))
		r = http_get(a->socket, target, stop, a->s, &raw, &answer);
	if (r == 0 && answer.status == 200)
		j = jsonfile_parse(answer.body, answer.len);
	if (r < 0 && r != -ECANCELED)
		scan_warn(a->s, "%s: %s", a->socket, strerror(-r));
	else if (r == 0 && answer.status == 200 && !j)
		scan_warn(a->s, "%s: an answer is not JSON", a->socket);
	else if (r == 0 && answer.status != 200 && answer.status != 404)
		scan_warn(a->s, "%s: it answers with status %d", a->socket, answer.status);
	buf_done(&raw);
	return j;
}

/* ---- Columns ---- */

static void put_id(struct scan *s, unsigned col, const char *text)
{
	if (text && str_starts(text, "sha256:"))
		text += strlen("sha256:");
	row_text(s, col, text ? text : "");
}

static void put_comma(struct scan *s, unsigned col, const json_t *j)
{
	struct buf text;
	json_t *one;
	size_t i;
	int r = 0;

	buf_init(&text, TARGET_MAX * 32);
	json_array_foreach (j, i, one) {
		if (i)
			r = buf_putc(&text, ',');
		if (!r && json_is_string(one))
			r = buf_puts(&text, json_string_value(one));
		if (r)
			break;
	}
	row_bytes(s, col, buf_str(&text), text.len);
	buf_done(&text);
}

bool api_time(const char *text, int64_t *ret_s, int64_t *ret_ns)
{
	struct tm tm = {0};
	const char *p = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	int64_t ns = 0, scale = 1000000000, offset = 0;

	if (!p)
		return false;
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++)
			if (scale > 1) {
				scale /= 10;
				ns += (*p - '0') * scale;
			}
	if ((*p == '+' || *p == '-') && strlen(p) == 6 && p[3] == ':') {
		int hours = (p[1] - '0') * 10 + p[2] - '0',
		    minutes = (p[4] - '0') * 10 + p[5] - '0';

		offset = (hours * 60 + minutes) * (*p == '-' ? -60 : 60);
	}
	*ret_s = timegm(&tm) - offset;
	*ret_ns = ns;
	return true;
}

static void put_time(struct scan *s, unsigned col, const char *text)
{
	int64_t seconds = 0, ns;

	api_time(text, &seconds, &ns);
	row_int(s, col, seconds);
}

void api_put_pair(struct api *a, const char *key, const json_t *value)
{
	row_text(a->s, 1, key);
	row_json(a->s, 2, value);
}

void api_put(struct scan *s, const struct api_field *fields, const json_t *j)
{
	for (const struct api_field *f = fields; f->path; f++) {
		const json_t *v = json_at(j, f->path);

		switch (f->how) {
		case API_TEXT:
			row_text(s, f->col, "");
			row_json(s, f->col, v);
			break;
		case API_NUMBER:
			row_int(s, f->col, 0);
			if (!json_is_string(v))
				row_json(s, f->col, v);
			break;
		case API_ID:
			put_id(s, f->col, json_string_value(v));
			break;
		case API_LIST:
			row_text(s, f->col, "");
			row_json_list(s, f->col, v);
			break;
		case API_COMMA:
			put_comma(s, f->col, v);
			break;
		case API_TIME:
			put_time(s, f->col, json_string_value(v));
			break;
		}
	}
}

/* ---- The scan ---- */

static bool is_hex(const char *id)
{
	return *id && strlen(id) <= ID_HEX_MAX &&
	       strspn(id, "0123456789abcdefABCDEF") == strlen(id);
}

static void forget_thing(struct api *a)
{
	json_decref(a->detail);
	a->detail = NULL;
	a->thing = a->inner = NULL;
	a->iter = NULL;
	a->inner_at = 0;
}

void api_close(struct scan *s)
{
	struct api *a = scan_state(s);

	forget_thing(a);
	json_decref(a->list);
}

int api_open(struct scan *s)
{
	const struct api_spec *spec = scan_spec(s);
	struct api *a = scan_state(s);

	*a = (struct api){.s = s, .spec = spec};
	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "only the running machine has the service: no rows");
		return 0;
	}
	for (const char *const *path = spec->sockets; *path && !a->socket; path++)
		if (access(*path, F_OK) == 0)
			a->socket = *path;
	if (spec->id != API_NO_COLUMN)
		a->asked = scan_eq_text(s, spec->id);
	return 0;
}

/* The id as part of what is asked for: "%41" and so on for all but what is plain. */
static void quote(const char *id, char *out, size_t size)
{
	size_t n = 0;

	for (; *id && n + 4 < size; id++)
		if (isalnum((unsigned char)*id) || strchr("-._:", *id))
			out[n++] = *id;
		else
			n += (size_t)snprintf(out + n, size - n, "%%%02X", (unsigned char)*id);
	out[n] = '\0';
}

/* `pattern` with the id in place of its %s. */
static json_t *get_of(struct api *a, const char *pattern, const char *id)
{
	const char *at = strstr(pattern, "%s");
	char target[TARGET_MAX], quoted[TARGET_MAX / 2];

	quote(id, quoted, sizeof(quoted));
	if (at)
		snprintf(target, sizeof(target), "%.*s%s%s", (int)(at - pattern), pattern, quoted,
			at + 2);
	else
		str_copy(target, sizeof(target), pattern);
	return api_get(a, target);
}

/* Asks for the list. */
static int start(struct api *a)
{
	const struct api_spec *spec = a->spec;

	a->started = true;
	if (!a->socket)
		return 0;
	/* A single thing needs no list. */
	if (!spec->list || (spec->urls && a->asked)) {
		if (!a->asked || (!spec->urls && !is_hex(a->asked)))
			return 0;
		/* What is not UTF-8 is nothing's name. */
		if (!utf8_valid(a->asked, strlen(a->asked)))
			return 0;
		a->list = json_pack("[s]", a->asked);
		a->items = a->list;
		return a->list ? 1 : -ENOMEM;
	}
	if (a->asked && spec->filter && is_hex(a->asked))
		a->list = get_of(a, spec->filter, a->asked);
	else
		a->list = api_get(a, spec->list);
	a->items = spec->items ? json_at(a->list, spec->items) : a->list;
	return a->items != NULL;
}

/* osquery takes the beginning of an id for it, and shows it as it was asked for. */
static void take_id(struct api *a, const char *id)
{
	if (id && str_starts(id, "sha256:"))
		id += strlen("sha256:");
	if (!id || (a->asked && a->spec->prefix && is_hex(a->asked) && str_starts(id, a->asked)))
		id = a->asked;
	if (!id || str_copy(a->id, sizeof(a->id), id) < 0)
		a->id[0] = '\0';
}

/* What an entry of a list of such is asked for by. */
static json_t *get_url(struct api *a, const char *url)
{
	if (a->asked)
		return get_of(a, a->spec->detail, a->asked);
	return url ? api_get(a, url) : NULL;
}

static int next_thing(struct api *a)
{
	const json_t *item;
	const struct api_spec *spec = a->spec;

	if (!json_is_array(a->items)) {
		if (a->at++ || !a->items)
			return 0;
		item = a->items;
	} else if (a->at < json_array_size(a->items)) {
		item = json_array_get(a->items, a->at++);
	} else {
		return 0;
	}
	if (json_is_string(item) && !spec->urls)
		take_id(a, json_string_value(item));
	else
		take_id(a, spec->id_path ? json_text_at(item, spec->id_path) : NULL);
	if (spec->urls)
		a->detail = get_url(a, json_string_value(item));
	else if (spec->detail)
		a->detail = get_of(a, spec->detail, a->id);
	a->thing = spec->urls || spec->detail ? a->detail : item;
	if (spec->answer)
		a->thing = json_at(a->thing, spec->answer);
	if (!a->thing)
		forget_thing(a);
	return 1;
}

static void put_row(struct api *a, const char *key, const json_t *value)
{
	const struct api_spec *spec = a->spec;

	if (spec->rows_by_put) {
		spec->put(a, key, value);
		return;
	}
	row_begin(a->s);
	if (spec->id != API_NO_COLUMN)
		row_text(a->s, spec->id, a->id);
	if (spec->fields)
		api_put(a->s, spec->fields, value);
	if (spec->put)
		spec->put(a, key, value);
	row_end(a->s);
}

/* The next row of the thing at hand. */
static int next_inner(struct api *a)
{
	if (!a->spec->inner) {
		put_row(a, "", a->thing);
		forget_thing(a);
		return 1;
	}
	if (!a->inner) {
		a->inner = *a->spec->inner ? json_at(a->thing, a->spec->inner) : a->thing;
		a->iter = json_object_iter((json_t *)a->inner);
	}
	if (json_is_array(a->inner) && a->inner_at < json_array_size(a->inner)) {
		put_row(a, "", json_array_get(a->inner, a->inner_at++));
		return 1;
	}
	if (json_is_object(a->inner) && a->iter) {
		put_row(a, json_object_iter_key(a->iter), json_object_iter_value(a->iter));
		a->iter = json_object_iter_next((json_t *)a->inner, a->iter);
		return 1;
	}
	forget_thing(a);
	return 1;
}

int api_step(struct scan *s)
{
	struct api *a = scan_state(s);

	if (!a->started)
		return start(a);
	return a->thing ? next_inner(a) : next_thing(a);
}
