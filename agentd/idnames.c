/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/idnames.h"

#include "agentd/accounts.h"
#include "agentd/textfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct idname {
	enum idnames_kind kind;
	uint32_t id;
	char name[IDNAMES_NAME_MAX];
};

void idnames_init(struct idnames *n, const struct root *root)
{
	*n = (struct idnames){.root = root};
}

void idnames_done(struct idnames *n)
{
	free(n->kept);
	n->kept = NULL;
}

static bool line_names(enum idnames_kind kind, struct span line, uint32_t id, struct span *ret)
{
	struct passwd_line p;
	struct group_line g;

	if (kind == IDNAMES_USER) {
		if (passwd_line_read(line, &p) != 1 || p.uid != id)
			return false;
		*ret = p.name;
	} else {
		if (group_line_read(line, &g) != 1 || g.gid != id)
			return false;
		*ret = g.name;
	}
	return true;
}

static void look_up(struct idnames *n, struct scan *s, struct idname *to)
{
	const char *path = to->kind == IDNAMES_USER ? "/etc/passwd" : "/etc/group";
	struct textfile file;
	struct span name;
	char *line;
	size_t len;
	int r = TEXTFILE_AGAIN;

	snprintf(to->name, sizeof(to->name), "%u", to->id);
	if (textfile_open(&file, n->root, path) < 0)
		return;
	while (r > TEXTFILE_END && !scan_stop(s)) {
		r = textfile_next(&file, &line, &len);
		if (r != TEXTFILE_LINE ||
			!line_names(to->kind, (struct span){line, len}, to->id, &name))
			continue;
		snprintf(to->name, sizeof(to->name), "%.*s", (int)name.n, name.p);
		break;
	}
	textfile_done(&file);
}

const char *idnames_get(struct idnames *n, struct scan *s, enum idnames_kind kind, uint32_t id)
{
	struct idname *to;

	for (size_t i = 0; i < n->n; i++)
		if (n->kept[i].kind == kind && n->kept[i].id == id)
			return n->kept[i].name;
	if (!n->kept)
		n->kept = calloc(IDNAMES_KEPT, sizeof(*n->kept));
	if (!n->kept)
		return NULL;
	to = &n->kept[n->next];
	*to = (struct idname){.kind = kind, .id = id};
	look_up(n, s, to);
	n->next = (n->next + 1) % IDNAMES_KEPT;
	if (n->n < IDNAMES_KEPT)
		n->n++;
	return to->name;
}
