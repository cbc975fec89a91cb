/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/homes.h"

#include "agentd/accounts.h"
#include "agentd/root.h"

#include <errno.h>
#include <string.h>

int homes_open(struct homes *h, struct scan *s, const struct root *root, unsigned uid)
{
	bool never = false;
	int r;

	*h = (struct homes){.s = s};
	h->by_uid = scan_eq_int(s, uid, &h->uid, &never);
	if (never)
		return 0;
	r = textfile_open(&h->file, root, "/etc/passwd");
	h->open = r == 0;
	if (r < 0 && r != -ENOMEM && r != -ENOENT)
		scan_warn(s, "/etc/passwd: %s", textfile_why(r));
	return r == -ENOMEM ? r : 0;
}

void homes_close(struct homes *h)
{
	if (h->open) {
		textfile_told(&h->file, h->s, "/etc/passwd");
		textfile_done(&h->file);
	}
	h->open = false;
}

/* False: it has no home that a file could be in. */
static bool take(struct homes *h, const struct passwd_line *p)
{
	struct span dir = p->dir, name = p->name;

	if (p->uid == ACCOUNT_NO_ID || (h->by_uid && p->uid != h->uid))
		return false;
	if (!dir.n || dir.p[0] != '/' || memchr(dir.p, '\0', dir.n))
		return false;
	while (dir.n && dir.p[dir.n - 1] == '/')
		dir.n--;
	if (dir.n >= sizeof(h->dir))
		return false;
	memcpy(h->dir, dir.p, dir.n);
	h->dir[dir.n] = '\0';
	if (name.n >= sizeof(h->name))
		name.n = sizeof(h->name) - 1;
	memcpy(h->name, name.p, name.n);
	h->name[name.n] = '\0';
	h->its_uid = p->uid;
	return true;
}

int homes_next(struct homes *h)
{
	struct passwd_line p;
	char *line;
	size_t len;
	int r;

	while (h->open && !scan_stop(h->s)) {
		r = textfile_next(&h->file, &line, &len);
		if (r == TEXTFILE_LINE && passwd_line_read((struct span){line, len}, &p) == 1 &&
			take(h, &p))
			return 1;
		if (r < 0)
			scan_skipped(h->s, "/etc/passwd", "file", -r);
		if (r < 0 || r == TEXTFILE_END)
			homes_close(h);
	}
	return 0;
}
