/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/accounts.h"
#include "agentd/fileset.h"

#include <string.h>

enum {
	PASSWORD_STATUS,
	HASH_ALG,
	LAST_CHANGE, /* the next six as SHADOW_* */
	MIN,
	MAX,
	WARNING,
	INACTIVE,
	EXPIRE,
	FLAG,
	USERNAME,
};

static const struct column columns[] = {
	{"password_status", COL_TEXT, 0,
		"active, locked, empty (anybody may log in), not_set (!!)"},
	{"hash_alg", COL_TEXT, 0,
		"How the password is hashed: y yescrypt, 6 SHA-512, 5, 2b, 1 MD5"},
	{"last_change", COL_BIGINT, 0, "Day of the last change of the password, since 1970"},
	{"min", COL_BIGINT, 0, "Days that must pass between changes"},
	{"max", COL_BIGINT, 0, "Days after which the password has to be changed"},
	{"warning", COL_BIGINT, 0, "Days before that when the user is warned"},
	{"inactive", COL_BIGINT, 0, "Days after that until the account is locked"},
	{"expire", COL_BIGINT, 0, "Day on which the account ends, since 1970"},
	{"flag", COL_BIGINT, 0, "Not used; -1"},
	{"username", COL_TEXT, COL_INDEX, "Account"},
	COL_END,
};

static const char *const names[] = {"/etc/shadow", NULL};
static const struct fileset_spec spec = {names, FILESET_NO_COLUMN, FILESET_NO_COLUMN, false};

struct state {
	struct fileset files;
	const char *username; /* the only one wanted, or NULL */
	size_t bad;
};

static int shadow_open(struct scan *s)
{
	struct state *st = scan_state(s);

	st->username = scan_eq_text(s, USERNAME);
	return fileset_open(&st->files, s, &spec);
}

static void shadow_close(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->bad)
		scan_warn(s, "/etc/shadow: lines that are no entries: %zu", st->bad);
	fileset_close(&st->files);
}

static const char *status(struct span password)
{
	if (span_eq(password, "!!"))
		return "not_set";
	if (!password.n)
		return "empty";
	return strchr("!*x", password.p[0]) ? "locked" : "active";
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* "$y$…" -> "y"; an empty one where the password does not begin so. */
static struct span hash_alg(struct span password)
{
	struct span alg = {password.p + 1, 0};

	if (!password.n || password.p[0] != '$')
		return (struct span){"", 0};
	while (alg.n + 1 < password.n && is_word(alg.p[alg.n]))
		alg.n++;
	return alg.n + 1 < password.n && alg.p[alg.n] == '$' ? alg : (struct span){"", 0};
}

static int shadow_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct shadow_line sh;
	struct span line, alg;
	int r = fileset_line(&st->files, &line, NULL);

	if (r != FILESET_ONE)
		return r;
	r = shadow_line_read(line, &sh);
	st->bad += r < 0;
	if (r < 1 || (st->username && !span_eq(sh.name, st->username)))
		return 1;
	row_begin(s);
	row_text(s, PASSWORD_STATUS, status(sh.password));
	alg = hash_alg(sh.password);
	if (alg.n)
		row_bytes(s, HASH_ALG, alg.p, alg.n);
	for (unsigned i = 0; i < ARRAY_LEN(sh.days); i++)
		row_int(s, LAST_CHANGE + i, sh.days[i]);
	row_int(s, FLAG, sh.flag);
	row_bytes(s, USERNAME, sh.name.p, sh.name.n);
	row_end(s);
	return 1;
}

const struct table table_shadow = {
	.name = "shadow",
	.doc = "State and age of the passwords of local accounts, from /etc/shadow. Days that are "
	       "not "
	       "set are -1; the hash itself is not shown.",
	.columns = columns,
	.open = shadow_open,
	.step = shadow_step,
	.close = shadow_close,
	.state_size = sizeof(struct state),
};
