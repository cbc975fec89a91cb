/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pathscan.h"

#include "common/str.h"

#include <errno.h>
#include <string.h>

/* Bytes of the list of mounts in a warning. */
#define LEFT_OUT_MAX 300

/* ---- Choosing the constraint to walk by ---- */

static bool is_pattern(const struct scan_constraint *c)
{
	return c->op == SCAN_LIKE || c->op == SCAN_GLOB;
}

static enum pathglob_kind pattern_kind(const struct scan_constraint *c)
{
	return c->op == SCAN_LIKE ? PATHGLOB_LIKE : PATHGLOB_GLOB;
}

/*
 * How much a pattern narrows the walk, 0 when it cannot be walked by: the length of its directory.
 * Of two with the same one, that which goes deeper finds what the other one finds too.
 */
static size_t pattern_worth(const struct scan_constraint *c, bool below, int *ret_error)
{
	struct pathglob g;
	int r = pathglob_init(&g, pattern_kind(c), c->text, c->text_len, below);
	size_t worth;

	if (r < 0) {
		*ret_error = r;
		return 0;
	}
	worth = 2 * (g.n ? strlen(g.base) : c->text_len) + 2;
	for (size_t i = 0; i < g.n; i++)
		if (g.parts[i].kind == PART_DEEP) {
			worth++;
			break;
		}
	pathglob_done(&g);
	return worth;
}

/* All constraints hold together, so that one is enough: that which leads to the fewest entries. */
static const struct scan_constraint *choose(struct pathscan *p, int *ret_error)
{
	const struct scan_constraint *best = scan_find(p->s, p->cols.path, SCAN_EQ), *c;
	size_t most = 0;

	if (!best)
		best = scan_find(p->s, p->cols.directory, SCAN_EQ);
	if (best)
		return best;
	for (size_t i = 0; (c = scan_constraint(p->s, i)); i++) {
		size_t worth;

		if (!is_pattern(c) || (c->col != p->cols.path && c->col != p->cols.directory))
			continue;
		worth = pattern_worth(c, c->col == p->cols.directory, ret_error);
		if (worth > most) {
			most = worth;
			best = c;
		}
	}
	return best;
}

/* No pattern can be walked by: why, from the last one looked at. */
static int refuse(struct pathscan *p, int error)
{
	if (error == -ENOMEM)
		return -ENOMEM;
	if (error == -E2BIG)
		scan_warn(p->s, "a pattern is longer than %u bytes or %u components: no rows",
			PATHGLOB_LEN_MAX, PATHGLOB_PARTS_MAX);
	else if (error)
		scan_warn(p->s, "a pattern has to begin with \"/\" and hold no \"..\": no rows");
	return 0;
}

static int start(struct pathscan *p, const struct scan_constraint *c)
{
	bool below = c->col == p->cols.directory;
	int r;

	if (c->op != SCAN_EQ)
		return pathwalk_glob(p->walk, pattern_kind(c), c->text, c->text_len, below);
	/* No file has such a path: rows of a join ask for them, so nothing is said. */
	if (c->text[0] != '/' || strlen(c->text) != c->text_len)
		return 0;
	if (below)
		p->directory = c->text;
	r = below ? pathwalk_dir(p->walk, c->text) : pathwalk_path(p->walk, c->text);
	return r;
}

/* ---- What the walk tells ---- */

static void skipped(void *arg, int err)
{
	struct pathscan *p = arg;

	scan_skipped(p->s, "entries", "directory", err);
}

static void no_answer(void *arg, const char *path)
{
	struct pathscan *p = arg;

	scan_warn(p->s, "%s: its file system does not answer", path);
}

static void left_out(void *arg, const char *path, const char *type)
{
	struct pathscan *p = arg;
	size_t len = p->left_out.len, n;

	if (buf_printf(&p->left_out, "%s (%s), ", path, type) < 0 ||
		p->left_out.len > LEFT_OUT_MAX) {
		buf_cut(&p->left_out, len);
		p->more_left_out = true;
		return;
	}
	/* Several links may lead to the same one. */
	n = p->left_out.len - len;
	if (memmem(p->left_out.p, len, p->left_out.p + len, n))
		buf_cut(&p->left_out, len);
}

static void say_left_out(struct pathscan *p)
{
	if (p->more_left_out)
		buf_puts(&p->left_out, "…");
	else if (p->left_out.len)
		buf_cut(&p->left_out, p->left_out.len - strlen(", "));
	if (p->left_out.len)
		scan_warn(p->s, "mount points that wildcards do not enter: %s", p->left_out.p);
}

/* ---- Life ---- */

static int open_walk(struct pathscan *p)
{
	struct pathwalk_hooks hooks = {skipped, left_out, p, no_answer};
	const struct scan_constraint *c;
	int error = 0;

	c = choose(p, &error);
	if (!c)
		return refuse(p, error);
	p->walk = pathwalk_new(p->ns.root, nsroot_mounts(&p->ns), &hooks);
	return p->walk ? start(p, c) : -ENOMEM;
}

int pathscan_open(struct pathscan *p, struct scan *s, const struct pathscan_columns *cols)
{
	int r;

	*p = (struct pathscan){.s = s, .cols = *cols};
	buf_init(&p->left_out, LEFT_OUT_MAX + strlen("…"));
	r = nsroot_open(&p->ns, s, cols->pid_with_namespace);
	if (!r && p->ns.root)
		r = open_walk(p);
	if (r < 0)
		pathscan_close(p);
	return r;
}

void pathscan_close(struct pathscan *p)
{
	say_left_out(p);
	pathwalk_free(p->walk);
	nsroot_done(&p->ns);
	buf_done(&p->left_out);
	p->walk = NULL;
}

int pathscan_next(struct pathscan *p, struct pathwalk_entry *ret)
{
	return p->walk ? pathwalk_next(p->walk, ret) : PATHWALK_END;
}

void pathscan_row(struct pathscan *p, const struct pathwalk_entry *e)
{
	row_bytes(p->s, p->cols.path, e->path, e->path_len);
	if (p->directory)
		row_text(p->s, p->cols.directory, p->directory);
	else
		row_bytes(p->s, p->cols.directory, e->path, e->dir_len);
	row_int(p->s, p->cols.pid_with_namespace, p->ns.pid);
	if (p->ns.mnt_ns[0])
		row_text(p->s, p->cols.mount_namespace_id, p->ns.mnt_ns);
}
