/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Panes beside and above each other. */
#include "tests/unit/test.h"

#include "console/ui/layout.h"

#include <errno.h>

static struct layout *l;
static struct pane panes[LAYOUT_PANES_MAX + 1];
#define P(i) (&panes[i])

static void fresh(void)
{
	layout_free(l);
	memset(panes, 0, sizeof(panes));
	l = layout_new(P(0));
	CHECK(l);
}

static size_t n_put;

static void put(void *arg, struct pane *p, struct area a)
{
	(void)arg;
	p->area = a;
	n_put++;
}

static void arrange(int h, int w)
{
	n_put = 0;
	layout_arrange(l, (struct area){1, 0, h, w}, put, NULL);
}

/* "HxW+Y+X" of the pane. */
static const char *area(int i)
{
	static char out[64];
	const struct area *a = &panes[i].area;

	snprintf(out, sizeof(out), "%dx%d+%d+%d", a->h, a->w, a->y, a->x);
	return out;
}

TEST(one_pane_has_all)
{
	fresh();
	arrange(22, 80);
	CHECK_INT(layout_count(l), 1);
	CHECK_STR(area(0), "22x80+1+0");
	CHECK(!layout_remove(l, P(0)));
	CHECK(layout_next(l, P(0), 1) == P(0));
	CHECK(!layout_toward(l, P(0), 0, 1));
}

TEST(splits)
{
	fresh();
	arrange(22, 80);
	CHECK_INT(layout_split(l, P(0), P(1), false), 0);
	arrange(22, 80);
	/* One column between them is the border. */
	CHECK_STR(area(0), "22x40+1+0");
	CHECK_STR(area(1), "22x39+1+41");
	CHECK_INT(layout_split(l, P(1), P(2), true), 0);
	arrange(22, 80);
	CHECK_STR(area(0), "22x40+1+0");
	CHECK_STR(area(1), "11x39+1+41");
	CHECK_STR(area(2), "11x39+12+41");
	CHECK_INT(n_put, 3);
	CHECK(layout_at(l, 0) == P(0) && layout_at(l, 1) == P(1) && layout_at(l, 2) == P(2));
	CHECK(!layout_at(l, 3));
}

TEST(all_of_it_is_used_and_nothing_twice)
{
	static char seen[130][410];
	static const int sizes[][2] = {{22, 80}, {23, 81}, {37, 120}, {117, 400}};

	for (size_t s = 0; s < 4; s++) {
		int h = sizes[s][0], w = sizes[s][1];

		fresh();
		arrange(h, w);
		for (int i = 1; i < 6; i++) {
			(void)layout_split(l, P(i / 2), P(i), i % 2);
			arrange(h, w);
		}
		memset(seen, 0, sizeof(seen));
		for (size_t i = 0; i < layout_count(l); i++) {
			struct area a = layout_at(l, i)->area;

			CHECK(a.h >= LAYOUT_MIN_H / 2 && a.w >= LAYOUT_MIN_W / 2);
			CHECK(a.y >= 1 && a.x >= 0 && a.y + a.h <= 1 + h && a.x + a.w <= w);
			for (int y = a.y; y < a.y + a.h; y++)
				for (int x = a.x; x < a.x + a.w; x++)
					CHECK_INT(seen[y][x]++, 0);
		}
	}
}

TEST(removed)
{
	fresh();
	arrange(22, 80);
	CHECK_INT(layout_split(l, P(0), P(1), false), 0);
	CHECK_INT(layout_split(l, P(1), P(2), true), 0);
	/* The one beside gets the room. */
	CHECK(layout_remove(l, P(2)) == P(1));
	arrange(22, 80);
	CHECK_STR(area(1), "22x39+1+41");
	CHECK_INT(layout_split(l, P(1), P(2), true), 0);
	CHECK(layout_remove(l, P(0)) == P(1));
	arrange(22, 80);
	CHECK_STR(area(1), "11x80+1+0");
	CHECK_STR(area(2), "11x80+12+0");
	layout_replace(l, P(2), P(3));
	CHECK(layout_at(l, 1) == P(3));
	CHECK(layout_remove(l, P(1)) == P(3));
	CHECK(!layout_remove(l, P(3)));
	CHECK_INT(layout_count(l), 1);
}

TEST(no_room)
{
	fresh();
	arrange(2 * LAYOUT_MIN_H - 1, 2 * LAYOUT_MIN_W);
	CHECK_INT(layout_split(l, P(0), P(1), true), -ENOSPC);
	CHECK_INT(layout_split(l, P(0), P(1), false), -ENOSPC);
	arrange(2 * LAYOUT_MIN_H, 2 * LAYOUT_MIN_W + 1);
	CHECK_INT(layout_split(l, P(0), P(1), true), 0);
	CHECK_INT(layout_count(l), 2);
	/* Nor too many of them. */
	fresh();
	for (int i = 1; i < LAYOUT_PANES_MAX; i++)
		CHECK_INT(layout_split(l, P(0), P(i), false), 0);
	CHECK_INT(layout_split(l, P(0), P(LAYOUT_PANES_MAX), false), -ENOSPC);
	CHECK_INT(layout_count(l), LAYOUT_PANES_MAX);
}

TEST(zoomed)
{
	fresh();
	arrange(22, 80);
	CHECK_INT(layout_split(l, P(0), P(1), false), 0);
	layout_zoom(l, P(1));
	CHECK(layout_zoomed(l) == P(1));
	arrange(22, 80);
	CHECK_INT(n_put, 1);
	CHECK_STR(area(1), "22x80+1+0");
	layout_replace(l, P(1), P(2));
	CHECK(layout_zoomed(l) == P(2));
	/* A split shows all again, and so does the end of the pane. */
	CHECK_INT(layout_split(l, P(2), P(3), true), 0);
	CHECK(!layout_zoomed(l));
	layout_zoom(l, P(3));
	CHECK(layout_remove(l, P(3)) == P(2));
	CHECK(!layout_zoomed(l));
	layout_zoom(l, P(0));
	layout_zoom(l, NULL);
	arrange(22, 80);
	CHECK_INT(n_put, 2);
}

TEST(resized)
{
	fresh();
	arrange(22, 81);
	CHECK_INT(layout_split(l, P(0), P(1), false), 0);
	CHECK_INT(layout_split(l, P(1), P(2), true), 0);
	arrange(22, 81);
	CHECK_STR(area(0), "22x40+1+0");
	layout_resize(l, P(0), 0, 8);
	arrange(22, 81);
	CHECK_STR(area(0), "22x48+1+0");
	/* Of the right one the same border moves the other way. */
	layout_resize(l, P(2), 3, 8);
	arrange(22, 81);
	CHECK_STR(area(0), "22x40+1+0");
	CHECK_STR(area(1), "8x40+1+41");
	CHECK_STR(area(2), "14x40+9+41");
	/* What is there stays in sight, however far. */
	layout_resize(l, P(0), 0, -500);
	layout_resize(l, P(1), -500, 0);
	arrange(22, 81);
	CHECK_STR(area(0), "22x20+1+0");
	CHECK_STR(area(1), "4x60+1+21");
	/* No border of that kind: nothing happens. */
	layout_resize(l, P(0), 5, 0);
	arrange(22, 81);
	CHECK_STR(area(0), "22x20+1+0");
}

TEST(from_one_to_another)
{
	fresh();
	arrange(22, 81);
	CHECK_INT(layout_split(l, P(0), P(1), false), 0);
	CHECK_INT(layout_split(l, P(1), P(2), true), 0);
	arrange(22, 81);
	CHECK(layout_next(l, P(0), 1) == P(1));
	CHECK(layout_next(l, P(2), 1) == P(0));
	CHECK(layout_next(l, P(0), -1) == P(2));
	CHECK(layout_toward(l, P(0), 0, 1) == P(1));
	CHECK(layout_toward(l, P(2), 0, -1) == P(0));
	CHECK(layout_toward(l, P(1), 1, 0) == P(2));
	CHECK(layout_toward(l, P(2), -1, 0) == P(1));
	CHECK(!layout_toward(l, P(0), 0, -1));
	CHECK(!layout_toward(l, P(0), -1, 0));
}

static int borders[4][3];
static size_t n_borders;

static void border(void *arg, int y, int x, int h)
{
	(void)arg;
	CHECK(n_borders < 4);
	borders[n_borders][0] = y;
	borders[n_borders][1] = x;
	borders[n_borders++][2] = h;
}

TEST(lines_between_them)
{
	fresh();
	arrange(22, 81);
	n_borders = 0;
	layout_borders(l, border, NULL);
	CHECK_INT(n_borders, 0);
	CHECK_INT(layout_split(l, P(0), P(1), false), 0);
	CHECK_INT(layout_split(l, P(1), P(2), true), 0);
	arrange(22, 81);
	layout_borders(l, border, NULL);
	CHECK_INT(n_borders, 1);
	CHECK_INT(borders[0][0], 1);
	CHECK_INT(borders[0][1], 40);
	CHECK_INT(borders[0][2], 22);
	layout_zoom(l, P(1));
	n_borders = 0;
	layout_borders(l, border, NULL);
	CHECK_INT(n_borders, 0);
}

TEST(out_of_memory)
{
	bool spent = true;

	layout_free(NULL);
	for (long n = 1; spent; n++) {
		failalloc_countdown = 0;
		layout_free(l);
		failalloc_countdown = n;
		l = layout_new(P(0));
		if (l && layout_split(l, P(0), P(1), true) < 0)
			CHECK_INT(layout_count(l), 1);
		spent = failalloc_spent();
	}
	failalloc_countdown = 0;
	layout_free(l);
	l = NULL;
}

TEST_MAIN(&one_pane_has_all, &splits, &all_of_it_is_used_and_nothing_twice, &removed, &no_room,
	&zoomed, &resized, &from_one_to_another, &lines_between_them, &out_of_memory)
