/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/theme.h"

#include "common/str.h"

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, OWN = -1 };
/* The ninth of sixteen. */
#define GREY 8
/* Not a colour: that of the eight stands for it. */
#define SAME (-2)

/* Attributes, for terminals with and without colours. */
enum { BOLD = 1, DIM = 2, REVERSE = 4, UNDERLINE = 8 };

struct style_look {
	int fg8, bg8;	  /* of eight colours */
	int fg256, bg256; /* of 256; SAME */
	unsigned attrs;	  /* with colours */
};

struct theme {
	const char *name;
	const struct style_look *looks; /* NULL: no colours at all */
};

static const struct style_look dark[STYLES] = {
	[STYLE_PLAIN] = {OWN, OWN, SAME, SAME, 0},
	[STYLE_DIM] = {OWN, OWN, 245, OWN, DIM},
	[STYLE_BOLD] = {OWN, OWN, SAME, SAME, BOLD},
	[STYLE_BAR] = {WHITE, BLUE, 255, 24, BOLD},
	[STYLE_TITLE] = {OWN, OWN, 250, 237, 0},
	[STYLE_FOCUS] = {BLACK, GREEN, 233, 80, BOLD},
	[STYLE_HEADER] = {GREEN, OWN, 114, OWN, BOLD},
	[STYLE_SORTED] = {YELLOW, OWN, 221, OWN, BOLD | UNDERLINE},
	[STYLE_SELECTED] = {BLACK, CYAN, 255, 31, 0},
	[STYLE_MARKED] = {YELLOW, OWN, 220, OWN, BOLD},
	[STYLE_BOTH] = {BLACK, YELLOW, 232, 220, BOLD},
	[STYLE_NEW] = {GREEN, OWN, 120, OWN, BOLD},
	[STYLE_GONE] = {OWN, OWN, 242, OWN, DIM},
	[STYLE_GOOD] = {GREEN, OWN, 114, OWN, 0},
	[STYLE_WARN] = {YELLOW, OWN, 221, OWN, 0},
	[STYLE_BAD] = {RED, OWN, 203, OWN, BOLD},
	[STYLE_WRONG] = {RED, OWN, 203, OWN, BOLD | UNDERLINE},
	[STYLE_KEY] = {CYAN, OWN, 80, OWN, BOLD},
	[STYLE_HINT] = {OWN, OWN, 248, OWN, 0},
	[STYLE_MATCH] = {BLACK, YELLOW, 232, 221, 0},
	[STYLE_BORDER] = {BLUE, OWN, 240, OWN, 0},
	[STYLE_PROMPT] = {OWN, OWN, SAME, SAME, 0},
};

static const struct style_look light[STYLES] = {
	[STYLE_PLAIN] = {OWN, OWN, SAME, SAME, 0},
	[STYLE_DIM] = {OWN, OWN, 243, OWN, DIM},
	[STYLE_BOLD] = {OWN, OWN, SAME, SAME, BOLD},
	[STYLE_BAR] = {WHITE, BLUE, 231, 25, BOLD},
	[STYLE_TITLE] = {OWN, OWN, 238, 253, 0},
	[STYLE_FOCUS] = {BLACK, CYAN, 231, 31, BOLD},
	[STYLE_HEADER] = {BLUE, OWN, 25, OWN, BOLD},
	[STYLE_SORTED] = {MAGENTA, OWN, 90, OWN, BOLD | UNDERLINE},
	[STYLE_SELECTED] = {WHITE, BLUE, 16, 153, 0},
	[STYLE_MARKED] = {MAGENTA, OWN, 90, OWN, BOLD},
	[STYLE_BOTH] = {WHITE, MAGENTA, 231, 90, BOLD},
	[STYLE_NEW] = {GREEN, OWN, 28, OWN, BOLD},
	[STYLE_GONE] = {OWN, OWN, 247, OWN, DIM},
	[STYLE_GOOD] = {GREEN, OWN, 28, OWN, 0},
	[STYLE_WARN] = {MAGENTA, OWN, 130, OWN, 0},
	[STYLE_BAD] = {RED, OWN, 160, OWN, BOLD},
	[STYLE_WRONG] = {RED, OWN, 160, OWN, BOLD | UNDERLINE},
	[STYLE_KEY] = {BLUE, OWN, 25, OWN, BOLD},
	[STYLE_HINT] = {OWN, OWN, 240, OWN, 0},
	[STYLE_MATCH] = {BLACK, YELLOW, 16, 222, 0},
	[STYLE_BORDER] = {BLUE, OWN, 250, OWN, 0},
	[STYLE_PROMPT] = {OWN, OWN, SAME, SAME, 0},
};

/* Without colours the attributes alone tell the styles apart. */
static const unsigned mono[STYLES] = {
	[STYLE_DIM] = DIM,
	[STYLE_BOLD] = BOLD,
	[STYLE_BAR] = REVERSE | BOLD,
	[STYLE_TITLE] = UNDERLINE,
	[STYLE_FOCUS] = REVERSE,
	[STYLE_HEADER] = BOLD,
	[STYLE_SORTED] = BOLD | UNDERLINE,
	[STYLE_SELECTED] = REVERSE,
	[STYLE_MARKED] = BOLD,
	[STYLE_BOTH] = REVERSE | BOLD,
	[STYLE_NEW] = BOLD,
	[STYLE_GONE] = DIM,
	[STYLE_BAD] = BOLD,
	[STYLE_WRONG] = BOLD | UNDERLINE,
	[STYLE_KEY] = BOLD,
	[STYLE_MATCH] = UNDERLINE,
};

static const struct theme themes[] = {{"dark", dark}, {"light", light}, {"mono", NULL}};
const char *const screen_themes[] = {"dark", "light", "mono", NULL};

const struct theme *theme_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(themes); i++)
		if (str_eq(themes[i].name, name))
			return &themes[i];
	return NULL;
}

struct look theme_look(const struct theme *t, enum style style, int colours)
{
	const struct style_look *l = t->looks && colours ? &t->looks[style] : NULL;
	unsigned attrs = l ? l->attrs : mono[style];
	struct look look = {.fg = OWN, .bg = OWN};

	if (l) {
		look.fg = colours >= 256 && l->fg256 != SAME ? l->fg256 : l->fg8;
		look.bg = colours >= 256 && l->bg256 != SAME ? l->bg256 : l->bg8;
	}
	/* Bold black is grey on terminals of few colours. */
	look.bold = (attrs & BOLD) && !(l && colours < 256 && look.fg == BLACK);
	/* A colour of its own is dim enough: with sixteen there is a grey. */
	look.dim = (attrs & DIM) && !(l && colours >= 16);
	if (look.fg == OWN && (attrs & DIM) && l && colours >= 16)
		look.fg = GREY;
	look.reverse = attrs & REVERSE;
	look.underline = attrs & UNDERLINE;
	return look;
}
