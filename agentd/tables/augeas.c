/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/augtree.h"
#include "agentd/pathscan.h"
#include "agentd/proctable.h"
#include "agentd/root.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define ROWS_PER_STEP 64

enum { NODE, VALUE, LABEL, PATH };

static const struct column columns[] = {
	{"node", COL_TEXT, COL_INDEX | COL_LIKE, "Place in the tree: /files/etc/hosts/1/ipaddr"},
	{"value", COL_TEXT, 0, "What stands there"},
	{"label", COL_TEXT, 0, "Last part of the place, without a number"},
	{"path", COL_TEXT, COL_ADDITIONAL | COL_LIKE,
		"The file; % matches within one directory, %% also all below"},
	COL_END,
};

struct shared {
	struct augtree *tree;
	bool tried;
};

struct state {
	struct augtree *tree; /* NULL: there are no rows */
	struct pathscan scan;
	bool scanning;
	char one[PATH_MAX]; /* the only file, where the node says which; or "" */
	char path[PATH_MAX];
	struct buf content;
	char **nodes; /* of the file at hand */
	size_t n, at;
};

static void shared_free(void *p)
{
	augtree_free(((struct shared *)p)->tree);
}

/* Reading the descriptions of all kinds of files takes a second: once for a query. */
static int find_tree(struct scan *s, struct state *st)
{
	static const char key;
	struct shared *shared = scan_shared(s, &key, sizeof(*shared), shared_free);

	if (!shared)
		return -ENOMEM;
	if (!shared->tried) {
		shared->tried = true;
		shared->tree = augtree_new();
		if (!shared->tree)
			scan_warn(s, "libaugeas.so.0 cannot be used on this host");
	}
	st->tree = shared->tree;
	return 0;
}

/* "/files/etc/hosts/1" is in /etc/hosts: the first part of it that is a file. */
static void file_of_node(struct scan *s, struct state *st, const struct scan_constraint *c)
{
	const char *from = c->text + strlen("/files"), *end = from;
	struct stat sb;

	if (!str_starts(c->text, "/files/"))
		return;
	do {
		end = strchr(end + 1, '/');
		if (!end)
			end = from + strlen(from);
		if ((size_t)(end - from) >= sizeof(st->one))
			break;
		memcpy(st->one, from, (size_t)(end - from));
		st->one[end - from] = '\0';
		if (root_stat(scan_root(s), st->one, true, &sb) == 0 && S_ISREG(sb.st_mode))
			return;
	} while (*end);
	st->one[0] = '\0';
	if (c->op == SCAN_LIKE)
		scan_warn(s,
			"the node does not say in which file: no rows without a condition on path");
}

static bool has_path(struct scan *s)
{
	return scan_find(s, PATH, SCAN_EQ) || scan_find(s, PATH, SCAN_LIKE) ||
	       scan_find(s, PATH, SCAN_GLOB);
}

static const struct scan_constraint *node_constraint(struct scan *s)
{
	const struct scan_constraint *c = scan_find(s, NODE, SCAN_EQ);

	return c ? c : scan_find(s, NODE, SCAN_LIKE);
}

static int augeas_open(struct scan *s)
{
	static const struct pathscan_columns cols = {PATH, PROC_ALL, PROC_ALL, PROC_ALL};
	const struct scan_constraint *node = node_constraint(s);
	struct state *st = scan_state(s);
	int r;

	buf_init(&st->content, AUGTREE_FILE_MAX);
	if (!node && !has_path(s)) {
		scan_warn(s, "needs a condition on path or node: no rows");
		return 0;
	}
	r = find_tree(s, st);
	if (r < 0 || !st->tree)
		return r;
	if (has_path(s)) {
		r = pathscan_open(&st->scan, s, &cols);
		st->scanning = r == 0;
		return r;
	}
	file_of_node(s, st, node);
	return 0;
}

static void augeas_close(struct scan *s)
{
	struct state *st = scan_state(s);

	augtree_list_free(st->nodes, st->n);
	if (st->scanning)
		pathscan_close(&st->scan);
	buf_done(&st->content);
}

static int load(struct scan *s, struct state *st, int fd)
{
	int r;

	buf_reset(&st->content);
	r = io_read_all(fd, &st->content);
	if (!r)
		r = augtree_load(st->tree, st->path, &st->content, &st->nodes, &st->n);
	st->at = 0;
	if (r < 0 && r != -ENOMEM && r != -ENOENT)
		scan_skipped(s, r == -EBADMSG ? "syntax" : "content", "file", -r);
	return r == -ENOMEM ? r : 1;
}

static int next_file(struct scan *s, struct state *st)
{
	struct pathwalk_entry e;
	int fd, r;

	if (st->scanning) {
		r = pathscan_next(&st->scan, &e);
		if (r != PATHWALK_ENTRY)
			return r < 0 ? r : r == PATHWALK_AGAIN;
		if (!augtree_knows(st->tree, e.path) ||
			str_copy(st->path, sizeof(st->path), e.path) < 0)
			return 1;
		fd = pathwalk_open(st->scan.walk, &e);
	} else {
		if (!st->one[0])
			return 0;
		str_copy(st->path, sizeof(st->path), st->one);
		st->one[0] = '\0';
		fd = root_open_file(scan_root(s), st->path);
	}
	if (fd < 0) {
		if (fd != -ENOENT && fd != -ENOTDIR && fd != -EISDIR && fd != -EINVAL)
			scan_skipped(s, "content", fd == -EREMOTE ? "network mount" : "file", -fd);
		return 1;
	}
	r = load(s, st, fd);
	io_close(fd);
	return r;
}

static void put(struct scan *s, struct state *st, const char *node)
{
	const char *value, *label;

	augtree_get(st->tree, node, &value, &label);
	row_begin(s);
	row_text(s, NODE, node);
	row_text(s, VALUE, value ? value : "");
	row_text(s, LABEL, label ? label : "");
	row_text(s, PATH, st->path);
	row_end(s);
}

static int augeas_step(struct scan *s)
{
	struct state *st = scan_state(s);

	if (!st->tree)
		return 0;
	if (st->at == st->n) {
		augtree_list_free(st->nodes, st->n);
		st->nodes = NULL;
		st->n = st->at = 0;
		return next_file(s, st);
	}
	for (unsigned i = 0; i < ROWS_PER_STEP && st->at < st->n; i++)
		put(s, st, st->nodes[st->at++]);
	return 1;
}

const struct table table_augeas = {
	.name = "augeas",
	.doc = "Configuration files taken apart by libaugeas, where it is installed; those at the "
	       "given "
	       "path, or that the given node is in.",
	.columns = columns,
	.open = augeas_open,
	.step = augeas_step,
	.close = augeas_close,
	.state_size = sizeof(struct state),
};
