/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/action.h"

#include "common/base64.h"
#include "common/json.h"
#include "common/text.h"

#include <endian.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <string.h>

#define IDENTITY_BYTES (ACTION_IDENTITY_MAX / 2)

const struct action *action_find(const char *name)
{
	for (const struct action *const *a = actions_all; *a; a++)
		if (str_eq((*a)->name, name))
			return *a;
	return NULL;
}

const struct action_value *action_value(const struct action_call *call, const char *name)
{
	size_t i = 0;

	while (!str_eq(call->action->args[i].name, name))
		i++;
	return &call->values[i];
}

/* ---- Bounds ---- */

static bool has_control(struct span s)
{
	uint32_t cp;
	size_t n;

	for (size_t at = 0; at < s.n; at += n) {
		n = utf8_decode(s.p + at, s.n - at, &cp);
		if (!n || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			return true;
	}
	return false;
}

static int check_text(const struct action_arg *arg, struct span s, struct err *err)
{
	if (!utf8_valid(s.p, s.n) || has_control(s))
		return err_set(
			err, EINVAL, "`%s` holds control characters or is not UTF-8", arg->name);
	if ((int64_t)s.n < arg->min || (int64_t)s.n > arg->max)
		return err_set(err, EINVAL, "`%s` must have %lld to %lld bytes", arg->name,
			(long long)arg->min, (long long)arg->max);
	return 0;
}

static int check_path(const struct action_arg *arg, struct span s, struct err *err)
{
	struct span rest = s, part;

	if (!s.n || s.p[0] != '/' || memchr(s.p, '\0', s.n))
		return err_set(err, EINVAL, "`%s` is no absolute path", arg->name);
	if (s.n >= PATH_MAX)
		return err_set(
			err, EINVAL, "`%s` is longer than %d bytes", arg->name, PATH_MAX - 1);
	while (span_split(&rest, '/', &part)) {
		if (span_eq(part, ".") || span_eq(part, ".."))
			return err_set(err, EINVAL, "`%s` holds a \".\" or \"..\" part", arg->name);
		if (part.n > NAME_MAX)
			return err_set(err, EINVAL, "`%s` holds a part longer than %d bytes",
				arg->name, NAME_MAX);
	}
	return 0;
}

static int check_value(const struct action_arg *arg, const struct action_value *v, struct err *err)
{
	if (!v->given)
		return arg->required ? err_set(err, EINVAL, "`%s` is missing", arg->name) : 0;
	switch (arg->type) {
	case ACTION_INT:
		if (v->i < arg->min || v->i > arg->max)
			return err_set(err, EINVAL, "`%s` must be %lld to %lld", arg->name,
				(long long)arg->min, (long long)arg->max);
		return 0;
	case ACTION_FLAG:
		return v->i == 0 || v->i == 1
			       ? 0
			       : err_set(err, EINVAL, "`%s` is neither true nor false", arg->name);
	case ACTION_TEXT:
		return check_text(arg, v->text, err);
	case ACTION_PATH:
		return check_path(arg, v->text, err);
	}
	return err_set(err, EINVAL, "`%s` is of no known type", arg->name);
}

int action_args_check(const struct action *a, const struct action_value *values, struct err *err)
{
	int r = 0;

	for (size_t i = 0; !r && a->args[i].name; i++)
		r = check_value(&a->args[i], &values[i], err);
	return r;
}

/* ---- A request's args ---- */

/* The text behind a string, or the base64 behind {"b64":"…"} of a path; NULL for anything else. */
static const json_t *text_of(const struct action_arg *arg, const json_t *v, bool *ret_b64)
{
	*ret_b64 = arg->type == ACTION_PATH && json_is_object(v) && json_object_size(v) == 1;
	if (*ret_b64)
		v = json_object_get(v, "b64");
	return json_is_string(v) ? v : NULL;
}

/* Room for all that is to be decoded, so that what points into the buffer stays valid. */
static int make_room(const struct action *a, const json_t *args, struct buf *text, struct err *err)
{
	const json_t *v;
	size_t n = 0;
	bool b64;
	int r;

	for (size_t i = 0; a->args[i].name; i++) {
		v = text_of(&a->args[i], json_object_get(args, a->args[i].name), &b64);
		if (v && b64)
			n += json_string_length(v) + 1;
	}
	r = n ? buf_room(text, n) : 0;
	if (r == -ENOMEM)
		return err_set(err, ENOMEM, "out of memory");
	return r < 0 ? err_set(err, E2BIG, "`args` is too large") : 0;
}

static int read_text(const struct action_arg *arg, const json_t *v, struct buf *text,
	struct action_value *ret, struct err *err)
{
	bool b64;
	const json_t *s = text_of(arg, v, &b64);
	ssize_t n;

	if (!s)
		return err_set(err, EINVAL, "`%s` is %s", arg->name,
			arg->type == ACTION_PATH ? "neither a string nor {\"b64\":\"\xe2\x80\xa6\"}"
						 : "not a string");
	if (!b64) {
		ret->text = (struct span){json_string_value(s), json_string_length(s)};
		return 0;
	}
	n = base64_decode(text->p + text->len, json_string_value(s), json_string_length(s));
	if (n < 0)
		return err_set(err, EINVAL, "`%s` is not base64", arg->name);
	ret->text = (struct span){text->p + text->len, (size_t)n};
	text->p[text->len + (size_t)n] = '\0';
	buf_added(text, (size_t)n + 1);
	return 0;
}

static int read_value(const struct action_arg *arg, const json_t *v, struct buf *text,
	struct action_value *ret, struct err *err)
{
	*ret = (struct action_value){.given = v != NULL, .text = {"", 0}};
	if (!v)
		return 0;
	switch (arg->type) {
	case ACTION_INT:
		if (!json_is_integer(v))
			return err_set(err, EINVAL, "`%s` is not a whole number", arg->name);
		ret->i = json_integer_value(v);
		return 0;
	case ACTION_FLAG:
		if (!json_is_boolean(v))
			return err_set(err, EINVAL, "`%s` is neither true nor false", arg->name);
		ret->i = json_is_true(v);
		return 0;
	case ACTION_TEXT:
	case ACTION_PATH:
		return read_text(arg, v, text, ret, err);
	}
	return -EINVAL;
}

static int check_names(const struct action *a, const json_t *args, struct err *err)
{
	const char *names[ACTION_ARGS_MAX + 1] = {0}, *name, *near;
	const json_t *v;

	for (size_t i = 0; a->args[i].name; i++)
		names[i] = a->args[i].name;
	json_object_foreach ((json_t *)args, name, v) {
		size_t i = 0;

		while (names[i] && !str_eq(names[i], name))
			i++;
		if (names[i])
			continue;
		near = str_nearest(name, names);
		return err_set(err, EINVAL, "%s has no argument `%.64s`%s%s%s", a->name, name,
			near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
	}
	return 0;
}

int action_args_read(const struct action *a, const json_t *args, struct action_value *ret,
	struct buf *text, struct err *err)
{
	int r;

	if (args && !json_is_object(args))
		return err_set(err, EINVAL, "`args` is not an object");
	r = check_names(a, args, err);
	if (!r)
		r = make_room(a, args, text, err);
	for (size_t i = 0; !r && a->args[i].name; i++)
		r = read_value(
			&a->args[i], json_object_get(args, a->args[i].name), text, &ret[i], err);
	return r ? r : action_args_check(a, ret, err);
}

/* ---- Outcomes ---- */

void action_say(struct action_outcome *o, enum wire_status status, const char *fmt, ...)
{
	va_list ap;

	o->status = status;
	va_start(ap, fmt);
	vsnprintf(o->detail, sizeof(o->detail), fmt, ap);
	va_end(ap);
}

void action_outcome_done(struct action_outcome *o)
{
	json_decref(o->before);
	json_decref(o->after);
	json_decref(o->undo);
	o->before = o->after = o->undo = NULL;
}

static bool add_part(EVP_MD_CTX *ctx, struct span part)
{
	uint64_t n = htole64(part.n);

	return EVP_DigestUpdate(ctx, &n, sizeof(n)) && EVP_DigestUpdate(ctx, part.p, part.n);
}

int action_identity(const struct span *parts, size_t n, char ret[ACTION_IDENTITY_MAX + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);

	for (size_t i = 0; good && i < n; i++)
		good = add_part(ctx, parts[i]);
	good = good && EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	if (!good)
		return -ENOMEM;
	for (size_t i = 0; i < IDENTITY_BYTES; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

bool action_is_planned(const struct action_call *call, const char *identity, const char *what,
	struct action_outcome *ret)
{
	const struct action_value *planned = action_value(call, "identity");

	if (!planned->given) {
		action_say(ret, WIRE_REFUSED, "`identity` is missing: a dry run tells it");
		return false;
	}
	if (span_eq(planned->text, identity))
		return true;
	action_say(ret, WIRE_REFUSED, "%s is no longer what was planned for", what);
	return false;
}

json_t *action_json_words(const char *fmt, ...)
{
	struct buf raw, shown;
	json_t *words = NULL;
	va_list ap;

	buf_init(&raw, ACTION_JSON_MAX);
	buf_init(&shown, ACTION_JSON_MAX);
	va_start(ap, fmt);
	if (buf_vprintf(&raw, fmt, ap) == 0 && text_escape(&shown, buf_str(&raw), raw.len) == 0)
		words = json_stringn(buf_str(&shown), shown.len);
	va_end(ap);
	buf_done(&raw);
	buf_done(&shown);
	return words;
}
