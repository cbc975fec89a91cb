/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cursor in a list of lines. */
#include "common/str.h"
#include "console/ui/pane.h"

void list_fit(struct list *l, size_t n, int h)
{
	size_t height = h > 0 ? (size_t)h : 1;

	if (l->at >= n)
		l->at = n ? n - 1 : 0;
	if (l->top > l->at)
		l->top = l->at;
	if (l->at >= l->top + height)
		l->top = l->at - height + 1;
	/* No empty room below while there is something above. */
	if (l->top + height > n)
		l->top = n > height ? n - height : 0;
}

bool list_move(struct list *l, const char *word, size_t n, int h)
{
	size_t page = h > 1 ? (size_t)h - 1 : 1;

	if (str_eq(word, "up"))
		l->at -= l->at > 0;
	else if (str_eq(word, "down"))
		l->at += 1;
	else if (str_eq(word, "page-up"))
		l->at -= l->at < page ? l->at : page;
	else if (str_eq(word, "page-down"))
		l->at += page;
	else if (str_eq(word, "top"))
		l->at = 0;
	else if (str_eq(word, "bottom"))
		l->at = n;
	else
		return false;
	list_fit(l, n, h);
	return true;
}
