/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ansible's INI inventories: sections of hosts, of child groups and of variables. A group must be
 * declared by a section of its own ([g] or [g:children]) somewhere in the file, or in an earlier
 * source; until that line is met, its parents wait.
 */
#include "console/fleet/inventory_nodes.h"

#include "common/buf.h"
#include "common/text.h"
#include "console/fleet/literal.h"

#include <stdlib.h>
#include <string.h>

enum section {
	SECTION_HOSTS,
	SECTION_CHILDREN,
	SECTION_VARS,
};

/* A group that was spoken of, but not declared yet. */
struct pending {
	const char *name; /* key of ini->waiting */
	size_t line;
	bool vars;	     /* its variables were met; it exists already */
	struct list parents; /* groups it is to become a child of */
	bool over;
};

struct ini {
	struct inventory *inv;
	struct place at;
	enum section section;
	uint32_t group;	     /* the section's */
	struct map *waiting; /* name -> struct pending */
	struct buf word;
	struct list hosts; /* of one line */
};

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Printable part of a piece of a line, for messages. */
#define SHOWN_MAX 100
#define SHOWN(s)  (int)((s).n < SHOWN_MAX ? (s).n : SHOWN_MAX), (s).p

/* ---- Words of a line, quoted as in a shell ---- */

/* Inside of quotes; *rest stands behind the opening one. */
static int add_quoted(struct ini *in, struct span *rest, char quote)
{
	while (rest->n) {
		char c = *rest->p;
		bool escapes = quote == '"' && c == '\\' && rest->n > 1 &&
			       (rest->p[1] == '\\' || rest->p[1] == '"');
		int r;

		rest->p += 1 + escapes;
		rest->n -= 1 + escapes;
		if (!escapes && c == quote)
			return 0;
		r = buf_putc(&in->word, rest->p[-1]);
		if (r < 0)
			return r;
	}
	return -EINVAL;
}

/* Characters that mean themselves. */
static size_t plain_len(struct span s)
{
	size_t n = 0;

	while (n < s.n && !is_blank(s.p[n]) && s.p[n] != '#' && s.p[n] != '"' && s.p[n] != '\'' &&
		s.p[n] != '\\')
		n++;
	return n;
}

/* Takes some of a word: so many plain characters, or one that is quoted, or a quoted text. */
static int take_piece(struct ini *in, struct span *rest, size_t plain)
{
	char c = *rest->p;
	size_t n = plain ? plain : 1;
	int r = plain ? buf_add(&in->word, rest->p, n) : 0;

	rest->p += n;
	rest->n -= n;
	if (plain)
		return r;
	if (c != '\\')
		return add_quoted(in, rest, c);
	if (!rest->n)
		return -EINVAL;
	rest->n--;
	return buf_putc(&in->word, *rest->p++);
}

/*
 * Takes the next word into in->word: 1, 0 when there is none, -EINVAL for open quotes. A # that is
 * not quoted begins a comment, in the midst of a word as well.
 */
static int next_word(struct ini *in, struct span *rest)
{
	bool any = false;
	int r = 0;

	buf_reset(&in->word);
	*rest = span_trim(*rest);
	while (rest->n && r == 0 && !is_blank(*rest->p)) {
		if (*rest->p == '#') {
			rest->n = 0;
			break;
		}
		r = take_piece(in, rest, plain_len(*rest));
		any = true;
	}
	return r < 0 ? r : any;
}

static int word_error(struct ini *in, int r, struct err *err)
{
	return r == -EINVAL ? mistake(&in->at, err, "quotes that are not closed") : no_memory(err);
}

/* ---- Groups that are declared later ---- */

static void free_pending(void *value)
{
	struct pending *p = value;

	free(p->parents.v);
	free(p);
}

static int wait_for(struct ini *in, struct span name, struct pending **ret, struct err *err)
{
	struct pending *p = map_get_n(in->waiting, name.p, name.n);
	char *copy;
	int r;

	if (p) {
		*ret = p;
		return 0;
	}
	copy = span_dup(name);
	p = calloc(1, sizeof(*p));
	r = copy && p ? map_put(in->waiting, copy, p, NULL) : -ENOMEM;
	free(copy);
	if (r < 0) {
		free(p);
		return no_memory(err);
	}
	p->name = map_key(in->waiting, map_len(in->waiting) - 1);
	p->line = in->at.line;
	*ret = p;
	return 0;
}

/* The group has a section of its own: its parents get it. */
static int declare(struct ini *in, struct span name, uint32_t group, struct err *err)
{
	struct pending *p = map_get_n(in->waiting, name.p, name.n);
	int r = 0;

	if (!p || p->over)
		return 0;
	for (size_t i = 0; i < p->parents.n && r == 0; i++)
		r = node_add_child(in->inv, &in->at, p->parents.v[i], group, err);
	p->over = true;
	return r;
}

/* The group's variables come before the group. */
static int declare_vars(struct ini *in, struct span name, struct err *err)
{
	struct pending *p;
	int r;

	if (node_find_group(in->inv, name) != GROUP_NONE)
		return 0;
	r = wait_for(in, name, &p, err);
	if (r == 0 && !p->parents.n)
		p->vars = true;
	return r;
}

static int check_waiting(struct ini *in, struct err *err)
{
	for (size_t i = 0; i < map_len(in->waiting); i++) {
		const struct pending *p = map_value(in->waiting, i);
		struct span name = span_str(p->name);

		if (p->over)
			continue;
		in->at.line = p->line;
		if (p->vars)
			return mistake(&in->at, err,
				"variables of the group `%.*s`, which is nowhere declared",
				SHOWN(name));
		return mistake(&in->at, err, "the group `%.*s` is nowhere declared", SHOWN(name));
	}
	return 0;
}

/* ---- Sections ---- */

/* Blanks and a comment, or nothing. */
static bool is_rest(struct span s)
{
	s = span_trim(s);
	return s.n == 0 || s.p[0] == '#';
}

/* A group's name at the front of `s`, which it is taken off. */
static struct span take_group(struct span *s)
{
	struct span name = {s->p, 0};

	while (name.n < s->n && !is_blank(s->p[name.n]) && s->p[name.n] != ':' &&
		s->p[name.n] != ']')
		name.n++;
	s->p += name.n;
	s->n -= name.n;
	return name;
}

static bool parse_header(struct span line, struct span *ret_name, struct span *ret_kind)
{
	struct span rest = {line.p + 1, line.n - 1};
	const char *close;

	*ret_name = take_group(&rest);
	*ret_kind = (struct span){NULL, 0};
	close = rest.n ? memchr(rest.p, ']', rest.n) : NULL;
	if (!ret_name->n || !close)
		return false;
	if (*rest.p == ':')
		*ret_kind = (struct span){rest.p + 1, (size_t)(close - rest.p - 1)};
	else if (close != rest.p)
		return false;
	rest.n -= (size_t)(close + 1 - rest.p);
	rest.p = close + 1;
	return is_rest(rest);
}

static int parse_kind(struct ini *in, struct span kind, struct err *err)
{
	if (!kind.p || span_eq(kind, "hosts"))
		in->section = SECTION_HOSTS;
	else if (span_eq(kind, "children"))
		in->section = SECTION_CHILDREN;
	else if (span_eq(kind, "vars"))
		in->section = SECTION_VARS;
	else
		return mistake(&in->at, err,
			"a section of the unknown kind `%.*s` (hosts, children or vars)",
			SHOWN(kind));
	return 0;
}

static int begin_section(struct ini *in, struct span name, struct span kind, struct err *err)
{
	int r = parse_kind(in, kind, err);

	if (r == 0 && in->section == SECTION_VARS)
		r = declare_vars(in, name, err);
	if (r == 0)
		r = node_group(in->inv, &in->at, name, &in->group, err);
	if (r == 0 && in->section != SECTION_VARS)
		r = declare(in, name, in->group, err);
	return r;
}

/* ---- Lines of a section ---- */

static int make_value(struct ini *in, struct span text, const struct value **ret, struct err *err)
{
	json_t *json = literal_read(text);

	return json ? node_value(in->inv, &in->at, json, ret, err) : no_memory(err);
}

/* NAME=VALUE; false without the =. */
static bool split_assignment(struct span s, struct span *ret_name, struct span *ret_value)
{
	const char *at = s.n ? memchr(s.p, '=', s.n) : NULL;

	if (!at)
		return false;
	*ret_name = (struct span){s.p, (size_t)(at - s.p)};
	*ret_value = (struct span){at + 1, s.n - ret_name->n - 1};
	return true;
}

static int set_host_vars(struct ini *in, struct span assignment, struct err *err)
{
	const struct value *value;
	struct span name, text;
	int r;

	if (!split_assignment(assignment, &name, &text) || !name.n)
		return mistake(&in->at, err,
			"`%.*s` where NAME=VALUE belongs: no blanks around the `=`, a value with "
			"blanks in quotes",
			SHOWN(assignment));
	r = make_value(in, text, &value, err);
	for (size_t i = 0; i < in->hosts.n && r == 0; i++)
		r = node_set_host_var(in->inv, in->hosts.v[i], name, value, err);
	return r;
}

static int read_host(struct ini *in, struct span line, struct err *err)
{
	int r = next_word(in, &line);

	if (r < 0)
		return word_error(in, r, err);
	in->hosts.n = 0;
	r = inventory_add_hosts(in->inv, &in->at, (struct span){buf_str(&in->word), in->word.len},
		in->group, &in->hosts, err);
	while (r == 0) {
		r = next_word(in, &line);
		if (r < 0)
			return word_error(in, r, err);
		if (r == 0)
			break;
		r = set_host_vars(in, (struct span){buf_str(&in->word), in->word.len}, err);
	}
	return r;
}

static int read_child(struct ini *in, struct span line, struct err *err)
{
	struct span rest = line, name = take_group(&rest);
	uint32_t child = node_find_group(in->inv, name);
	struct pending *p;
	int r;

	if (!name.n || !is_rest(rest))
		return mistake(&in->at, err, "`%.*s` where a group's name belongs", SHOWN(line));
	if (child != GROUP_NONE)
		return node_add_child(in->inv, &in->at, in->group, child, err);
	r = wait_for(in, name, &p, err);
	if (r == 0 && list_add(&p->parents, in->group, SIZE_MAX / 8) < 0)
		r = no_memory(err);
	return r;
}

static int read_var(struct ini *in, struct span line, struct err *err)
{
	const struct value *value;
	struct span name, text;
	int r;

	if (!split_assignment(line, &name, &text))
		return mistake(&in->at, err, "`%.*s` where NAME=VALUE belongs", SHOWN(line));
	name = span_trim(name);
	if (!name.n)
		return mistake(&in->at, err, "no name before the `=`");
	r = make_value(in, span_trim(text), &value, err);
	return r < 0 ? r : node_set_group_var(in->inv, &in->at, in->group, name, value, err);
}

static int read_line(struct ini *in, struct span line, struct err *err)
{
	struct span name, kind;

	line = span_trim(line);
	if (!line.n || line.p[0] == '#' || line.p[0] == ';')
		return 0;
	if (!utf8_valid(line.p, line.n) || memchr(line.p, '\0', line.n))
		return mistake(&in->at, err, "not UTF-8 text");
	if (line.p[0] == '[' && parse_header(line, &name, &kind))
		return begin_section(in, name, kind, err);
	if (line.p[0] == '[' && line.p[line.n - 1] == ']')
		return mistake(&in->at, err,
			"`%.*s` is no section ([NAME], [NAME:children] or "
			"[NAME:vars], without blanks)",
			SHOWN(line));
	if (line.p[0] == '[' && !memchr(line.p, ']', line.n))
		return mistake(&in->at, err, "`%.*s` has no `]`", SHOWN(line));
	switch (in->section) {
	case SECTION_CHILDREN:
		return read_child(in, line, err);
	case SECTION_VARS:
		return read_var(in, line, err);
	default:
		return read_host(in, line, err);
	}
}

int inventory_read_ini(struct inventory *inv, const char *file, struct span text, struct err *err)
{
	struct ini in = {.inv = inv, .at = {.file = file}, .group = GROUP_UNGROUPED};
	struct span line;
	int r = 0;

	buf_init(&in.word, INVENTORY_FILE_MAX);
	in.waiting = map_new(INVENTORY_GROUPS_MAX);
	if (!in.waiting)
		return no_memory(err);
	while (r == 0 && span_split(&text, '\n', &line)) {
		in.at.line++;
		r = read_line(&in, line, err);
	}
	if (r == 0)
		r = check_waiting(&in, err);
	map_free(in.waiting, free_pending);
	buf_done(&in.word);
	free(in.hosts.v);
	return r;
}
