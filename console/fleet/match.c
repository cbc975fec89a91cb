/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/match.h"

#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* ---- Wildcards ---- */

/* Takes a character off the front; a byte that is not UTF-8 counts as one. */
static uint32_t take_char(struct span *s)
{
	uint32_t c;
	size_t n = utf8_decode(s->p, s->n, &c);

	if (!n) {
		c = 0x110000 + (unsigned char)*s->p;
		n = 1;
	}
	s->p += n;
	s->n -= n;
	return c;
}

/* The inside of "[…]" at the front of `glob`, which may begin with "]" or "!]". */
static bool take_set(struct span *glob, struct span *ret)
{
	size_t i = 1;
	const char *close;

	i += i < glob->n && glob->p[i] == '!';
	i += i < glob->n && glob->p[i] == ']';
	close = i < glob->n ? memchr(glob->p + i, ']', glob->n - i) : NULL;
	if (!close)
		return false;
	*ret = (struct span){glob->p + 1, (size_t)(close - glob->p - 1)};
	glob->n -= ret->n + 2;
	glob->p = close + 1;
	return true;
}

static bool in_set(struct span set, uint32_t c)
{
	bool not = set.n && set.p[0] == '!', in = false;

	set.p += not ;
	set.n -= not ;
	while (set.n && !in) {
		uint32_t first = take_char(&set), last = first;

		if (set.n > 1 && set.p[0] == '-') {
			set.p++;
			set.n--;
			last = take_char(&set);
		}
		in = c >= first && c <= last;
	}
	return in != not ;
}

/* Takes what one character of a name needs off the glob, and the character; false: they differ. */
static bool match_one(struct span *glob, struct span *name)
{
	struct span set;
	uint32_t c;

	if (!name->n || !glob->n)
		return false;
	c = take_char(name);
	if (glob->p[0] == '[' && take_set(glob, &set))
		return in_set(set, c);
	return take_char(glob) == c || glob->p[-1] == '?';
}

bool glob_match(struct span glob, struct span name)
{
	struct span after_star = {NULL, 0}, from = name;

	while (name.n || glob.n) {
		if (glob.n && glob.p[0] == '*') {
			glob.p++;
			glob.n--;
			after_star = glob;
			from = name;
			continue;
		}
		if (match_one(&glob, &name))
			continue;
		/* The last star takes one character more; earlier ones need not be tried again. */
		if (!after_star.p || !from.n)
			return false;
		take_char(&from);
		glob = after_star;
		name = from;
	}
	return true;
}

/* ---- Regular expressions ---- */

#define REGEX_WORDS_MAX 128

struct regex {
	pcre2_code *code;
	pcre2_match_context *limits;
	pcre2_match_data *match;
};

void regex_free(struct regex *re)
{
	if (!re)
		return;
	pcre2_match_data_free(re->match);
	pcre2_match_context_free(re->limits);
	pcre2_code_free(re->code);
	free(re);
}

static int out_of_memory(struct regex *re, struct err *err)
{
	regex_free(re);
	return err_set(err, ENOMEM, "out of memory");
}

static int wrong(struct regex *re, int code, size_t at, struct err *err)
{
	char words[REGEX_WORDS_MAX];

	if (code == PCRE2_ERROR_HEAP_FAILED)
		return out_of_memory(re, err);
	regex_free(re);
	pcre2_get_error_message(code, (PCRE2_UCHAR *)words, sizeof(words));
	return err_set(
		err, EINVAL, "the regular expression is wrong at its byte %zu: %s", at + 1, words);
}

int regex_new(struct regex **ret, struct span text, struct err *err)
{
	const uint32_t options = PCRE2_ANCHORED | PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF |
				 PCRE2_NEVER_BACKSLASH_C;
	struct regex *re;
	size_t at;
	int code;

	if (text.n > REGEX_MAX)
		return err_set(
			err, EINVAL, "a regular expression of more than %d bytes", REGEX_MAX);
	re = calloc(1, sizeof(*re));
	if (!re)
		return out_of_memory(re, err);
	re->code = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &code, &at, NULL);
	if (!re->code)
		return wrong(re, code, at, err);
	re->limits = pcre2_match_context_create(NULL);
	re->match = pcre2_match_data_create_from_pattern(re->code, NULL);
	if (!re->limits || !re->match)
		return out_of_memory(re, err);
	pcre2_set_match_limit(re->limits, REGEX_STEPS_MAX);
	pcre2_set_depth_limit(re->limits, REGEX_STEPS_MAX);
	*ret = re;
	return 0;
}

int regex_begins(struct regex *re, const char *name)
{
	int n = pcre2_match(re->code, (PCRE2_SPTR)name, strlen(name), 0, 0, re->match, re->limits);

	if (n >= 0)
		return 1;
	return n == PCRE2_ERROR_NOMATCH ? 0 : n == PCRE2_ERROR_NOMEMORY ? -ENOMEM : -E2BIG;
}
