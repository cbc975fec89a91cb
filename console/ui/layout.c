/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/layout.h"

#include <errno.h>
#include <stdlib.h>

struct node {
	struct node *parent;
	struct node *child[2]; /* both or none */
	struct pane *pane;     /* of a leaf */
	bool below;	       /* the second child is, else it is to the right */
	double part;	       /* of the first child */
	struct area area;      /* as arranged last */
};

struct layout {
	struct node *root;
	struct pane *zoomed;
	struct area area;
};

static struct node *leaf(struct pane *p)
{
	struct node *n = calloc(1, sizeof(*n));

	if (n)
		n->pane = p;
	return n;
}

struct layout *layout_new(struct pane *p)
{
	struct layout *l = calloc(1, sizeof(*l));

	if (l)
		l->root = leaf(p);
	if (l && l->root)
		return l;
	free(l);
	return NULL;
}

/* As deep as there are panes, at most. */
static void free_node(struct node *n)
{
	if (!n)
		return;
	free_node(n->child[0]);
	free_node(n->child[1]);
	free(n);
}

void layout_free(struct layout *l)
{
	if (!l)
		return;
	free_node(l->root);
	free(l);
}

static struct node *find(struct node *n, const struct pane *p)
{
	struct node *found;

	if (!n || n->pane == p)
		return n;
	if (n->pane)
		return NULL;
	found = find(n->child[0], p);
	return found ? found : find(n->child[1], p);
}

static size_t count(const struct node *n)
{
	return n->pane ? 1 : count(n->child[0]) + count(n->child[1]);
}

size_t layout_count(const struct layout *l)
{
	return count(l->root);
}

static struct pane *at(const struct node *n, size_t i)
{
	size_t first;

	if (n->pane)
		return i == 0 ? n->pane : NULL;
	first = count(n->child[0]);
	return i < first ? at(n->child[0], i) : at(n->child[1], i - first);
}

struct pane *layout_at(const struct layout *l, size_t i)
{
	return at(l->root, i);
}

struct pane *layout_next(const struct layout *l, const struct pane *p, int by)
{
	int n = (int)layout_count(l), i = 0;

	while (i < n && layout_at(l, (size_t)i) != p)
		i++;
	return layout_at(l, (size_t)((i + by + n) % n));
}

/* ---- Changing it ---- */

static bool has_room(const struct node *n, bool below)
{
	if (!n->area.h)
		return true;
	return below ? n->area.h >= 2 * LAYOUT_MIN_H : n->area.w >= 2 * LAYOUT_MIN_W + 1;
}

int layout_split(struct layout *l, struct pane *beside, struct pane *p, bool below)
{
	struct node *n = find(l->root, beside), *old, *new;

	if (layout_count(l) == LAYOUT_PANES_MAX || !has_room(n, below))
		return -ENOSPC;
	old = leaf(n->pane);
	new = leaf(p);
	if (!old || !new) {
		free(old);
		free(new);
		return -ENOMEM;
	}
	n->pane = NULL;
	n->child[0] = old;
	n->child[1] = new;
	old->parent = new->parent = n;
	n->below = below;
	n->part = 0.5;
	l->zoomed = NULL;
	return 0;
}

/* The other child takes the parent's place. */
struct pane *layout_remove(struct layout *l, struct pane *p)
{
	struct node *n = find(l->root, p), *parent = n->parent, *other;
	const struct node *first;

	if (l->zoomed == p)
		l->zoomed = NULL;
	if (!parent)
		return NULL;
	other = parent->child[parent->child[0] == n];
	free(n);
	parent->pane = other->pane;
	parent->below = other->below;
	parent->part = other->part;
	for (int i = 0; i < 2; i++) {
		parent->child[i] = other->child[i];
		if (parent->child[i])
			parent->child[i]->parent = parent;
	}
	free(other);
	for (first = parent; !first->pane;)
		first = first->child[0];
	return first->pane;
}

void layout_replace(struct layout *l, struct pane *old, struct pane *p)
{
	find(l->root, old)->pane = p;
	if (l->zoomed == old)
		l->zoomed = p;
}

void layout_zoom(struct layout *l, struct pane *p)
{
	l->zoomed = p;
}

struct pane *layout_zoomed(const struct layout *l)
{
	return l->zoomed;
}

/* The nearest split of that kind above the pane: the child that it is in grows. */
static void move_border(struct node *n, bool below, int by)
{
	const struct node *child = n;
	int size;

	for (n = n->parent; n && n->below != below; n = n->parent)
		child = n;
	if (!n)
		return;
	if (child != n->child[0])
		by = -by;
	size = below ? n->area.h : n->area.w;
	if (size <= 0)
		return;
	n->part += (double)by / size;
	if (n->part < 0.1)
		n->part = 0.1;
	if (n->part > 0.9)
		n->part = 0.9;
}

void layout_resize(struct layout *l, struct pane *p, int rows, int cols)
{
	struct node *n = find(l->root, p);

	if (rows)
		move_border(n, true, rows);
	if (cols)
		move_border(n, false, cols);
}

/* ---- Areas ---- */

struct put {
	void (*fn)(void *arg, struct pane *p, struct area a);
	void *arg;
};

/* `size` in two parts, neither below `min` where that can be. */
static int first_part(int size, double part, int min)
{
	int first = (int)(size * part + 0.5);

	if (first > size - min)
		first = size - min;
	if (first < min)
		first = min;
	return first < size ? first : size;
}

static void arrange(struct node *n, struct area a, const struct put *put)
{
	struct area first = a, second = a;

	n->area = a;
	if (n->pane) {
		if (put)
			put->fn(put->arg, n->pane, a);
		return;
	}
	if (n->below) {
		first.h = first_part(a.h, n->part, LAYOUT_MIN_H);
		second.y += first.h;
		second.h -= first.h;
	} else {
		/* One column is the border. */
		first.w = first_part(a.w - 1, n->part, LAYOUT_MIN_W);
		second.x += first.w + 1;
		second.w -= first.w + 1;
	}
	arrange(n->child[0], first, put);
	arrange(n->child[1], second, put);
}

void layout_arrange(struct layout *l, struct area a,
	void (*put)(void *arg, struct pane *p, struct area a), void *arg)
{
	const struct put p = {put, arg};

	l->area = a;
	arrange(l->root, a, l->zoomed ? NULL : &p);
	if (l->zoomed)
		put(arg, l->zoomed, a);
}

static void borders(const struct node *n, void (*put)(void *arg, int y, int x, int h), void *arg)
{
	if (n->pane)
		return;
	if (!n->below)
		put(arg, n->area.y, n->child[1]->area.x - 1, n->area.h);
	borders(n->child[0], put, arg);
	borders(n->child[1], put, arg);
}

void layout_borders(const struct layout *l, void (*put)(void *arg, int y, int x, int h), void *arg)
{
	if (!l->zoomed)
		borders(l->root, put, arg);
}

/* How far `to` is in this direction, and how far off it; -1: it is not there. */
static int distance(struct area from, struct area to, int dy, int dx)
{
	int ahead = dy ? dy * (to.y - from.y) : dx * (to.x - from.x);
	int aside = dy ? abs(to.x - from.x) : abs(to.y - from.y);

	return ahead > 0 ? ahead * 4 + aside : -1;
}

struct pane *layout_toward(const struct layout *l, const struct pane *p, int dy, int dx)
{
	struct area from = find(l->root, p)->area;
	struct pane *best = NULL;
	int least = -1;

	for (size_t i = 0; i < layout_count(l); i++) {
		struct pane *other = layout_at(l, i);
		int d = distance(from, find(l->root, other)->area, dy, dx);

		if (d >= 0 && (least < 0 || d < least)) {
			least = d;
			best = other;
		}
	}
	return best;
}
