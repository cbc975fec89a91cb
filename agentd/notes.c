/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/notes.h"

#include "common/str.h"

#include <ctype.h>
#include <inttypes.h>

void notes_done(struct notes *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->n_texts; i++)
		free(n->texts[i]);
	*n = (struct notes){0};
}

static uint64_t text_hash(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a; a collision only miscounts "more" */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h;
}

static void count_more(struct notes *n, const char *text)
{
	uint64_t h = text_hash(text);

	for (size_t i = 0; i < n->n_seen; i++)
		if (n->seen[i] == h)
			return;
	if (n->n_seen < NOTES_SEEN_MAX)
		n->seen[n->n_seen++] = h;
	n->more++;
}

void notes_add(struct notes *n, const char *table, const char *text)
{
	char *s = table ? str_printf("%s: %s", table, text) : str_printf("%s", text);

	if (!s) {
		n->more++;
		return;
	}
	for (size_t i = 0; i < n->n_texts; i++) {
		if (!strcmp(n->texts[i], s)) {
			free(s);
			return;
		}
	}
	if (n->n_texts < ARRAY_LEN(n->texts)) {
		n->texts[n->n_texts++] = s;
		return;
	}
	count_more(n, s);
	free(s);
}

void notes_skip(struct notes *n, const char *table, const char *what, const char *noun, int err)
{
	struct notes_skip *k;

	for (k = n->skips; k < n->skips + n->n_skips; k++) {
		if (k->err == err && str_eq(k->table, table) && str_eq(k->what, what) &&
			str_eq(k->noun, noun)) {
			k->n++;
			return;
		}
	}
	if (n->n_skips == NOTES_SKIPS_MAX) {
		n->more++;
		return;
	}
	*k = (struct notes_skip){.table = table, .what = what, .noun = noun, .err = err, .n = 1};
	n->n_skips++;
}

/* English plurals of the nouns tables use: process -> processes, directory -> directories. */
static char *plural(const char *noun)
{
	size_t len = strlen(noun);

	if (str_ends(noun, "s") || str_ends(noun, "x") || str_ends(noun, "ch") ||
		str_ends(noun, "sh"))
		return str_printf("%ses", noun);
	if (len >= 2 && noun[len - 1] == 'y' && !strchr("aeiou", noun[len - 2]))
		return str_printf("%.*sies", (int)(len - 1), noun);
	return str_printf("%ss", noun);
}

static char *skip_text(const struct notes_skip *k)
{
	char why[128], *many = NULL, *text;

	str_copy(why, sizeof(why), strerror(k->err));
	/* In the middle of a sentence; words such as RPC stay as they are. */
	if (isupper((unsigned char)why[0]) && islower((unsigned char)why[1]))
		why[0] = (char)tolower((unsigned char)why[0]);
	if (k->n != 1)
		many = plural(k->noun);
	text = str_printf("%s: %s of %" PRIu64 " %s: %s", k->table, k->what, k->n,
		many ? many : k->noun, why);
	free(many);
	return text;
}

size_t notes_take(struct notes *n, char ***ret)
{
	size_t all = n->n_skips + n->n_texts, len = 0;
	char **out = all || n->more ? calloc(WIRE_WARNINGS_MAX, sizeof(*out)) : NULL;
	uint64_t more = n->more;

	if (!out)
		return 0;
	/* One place is kept for "and N more" as soon as it will be needed. */
	size_t room = more || all > WIRE_WARNINGS_MAX ? WIRE_WARNINGS_MAX - 1 : WIRE_WARNINGS_MAX;
	for (size_t i = 0; i < all; i++) {
		char *s = NULL;

		if (len == room) {
			more += all - i;
			break;
		}
		if (i < n->n_skips) {
			s = skip_text(&n->skips[i]);
		} else {
			s = n->texts[i - n->n_skips];
			n->texts[i - n->n_skips] = NULL;
		}
		if (s)
			out[len++] = s;
	}
	if (more) {
		char *s = str_printf("and %" PRIu64 " more", more);

		if (s)
			out[len++] = s;
	}
	*ret = out;
	return len;
}
