/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a pane is. To add a kind: write console/ui/panes/NAME.c that ends in
 * `const struct pane_kind pane_kind_NAME`. Its keys are bound to command text, so everything that a
 * key does can be typed at the prompt, and help and hints are read from the same rows.
 */
#ifndef CONSOLE_UI_PANE_H
#define CONSOLE_UI_PANE_H

#include "common/buf.h"
#include "common/err.h"
#include "console/ui/screen.h"

#include <stdbool.h>
#include <stddef.h>

struct ui;
struct pane;

struct area {
	int y, x, h, w;
};

/* A command of the screen, beside those of the program. */
struct ui_command {
	const char *name;
	const char *args;	/* as in a usage line, "" for none */
	const char *summary;	/* one line, no full stop */
	int min_args, max_args; /* max -1: any number */
	/*
	 * `p` is the pane that has the keys, of the kind that has the command (any, for the
	 * screen's own). 0 or -errno with `err`, which is shown.
	 */
	int (*run)(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err);
};
/* A table ends with a row without a name. */

struct ui_binding {
	const char *key;     /* screen_key_of */
	const char *command; /* a line as typed at the prompt; "ask TEXT" opens it with TEXT */
	const char *hint;    /* a word for the line of hints, or NULL */
	const char *help;    /* what it does, for the help */
};
/* A table ends with a row without a key. */

/*
 * The row's key and those of later rows with the same command, "F9 K": they are told of together.
 * False: an earlier row's did that already.
 */
bool binding_keys(
	const struct ui_binding *table, const struct ui_binding *b, char *ret, size_t size);

struct pane_kind {
	const char *name;
	const char *summary; /* for the help */
	size_t size;	     /* of the pane's own struct, which begins with a struct pane */
	const char *of;	     /* what makes one, for those that are nothing by their name alone */
	/* `p` is zeroed but for its head. May be NULL. */
	int (*open)(struct pane *p, struct err *err);
	void (*close)(struct pane *p);
	/* Words for its title line. */
	void (*title)(const struct pane *p, struct buf *out);
	void (*draw)(struct pane *p, struct area a, bool focus);
	/* Before the bindings; true when the key was used. May be NULL. */
	bool (*key)(struct pane *p, ui_key key);
	/* Every 250 ms. True when it must be drawn anew. May be NULL. */
	bool (*tick)(struct pane *p);
	/* A click within its area; the wheel does what the arrows do. May be NULL. */
	void (*mouse)(struct pane *p, int y, int x, bool twice);
	/* What may stand for a word of the usage of one of its commands, such as "COLUMN". May be
	 * NULL. */
	void (*offer)(struct pane *p, const char *command, const char *word,
		void (*offer)(void *arg, const char *word), void *arg);
	const struct ui_command *commands;
	const struct ui_binding *bindings;
};
extern const struct pane_kind *const pane_kinds_all[]; /* sorted by name, NULL at the end */
const struct pane_kind *pane_kind_find(const char *name);

struct pane {
	const struct pane_kind *kind;
	struct ui *ui;
	struct area area;   /* where it was drawn last, without its title; h 0: not shown */
	struct pane *under; /* the screen's: what comes back when this one is closed */
};

/* A cursor in a list of `n` lines of which `h` are seen: what the moving keys do everywhere. */
struct list {
	size_t at, top;
};
/* Keeps the cursor within the list and in sight. */
void list_fit(struct list *l, size_t n, int h);
/* The commands up, down, page-up, page-down, top, bottom. False: it is none of them. */
bool list_move(struct list *l, const char *word, size_t n, int h);

/* Their keys, for a kind with a command `move`. */
#define PANE_LIST_KEYS                                                                             \
	{"Up", "move up", NULL, "a line up"}, {"k", "move up", NULL, "likewise"},                  \
		{"Down", "move down", NULL, "a line down"}, {"j", "move down", NULL, "likewise"},  \
		{"PgUp", "move page-up", NULL, "a page up"},                                       \
		{"PgDn", "move page-down", NULL, "a page down"},                                   \
		{"g", "move top", NULL, "to the first line"},                                      \
		{"Home", "move top", NULL, "likewise"},                                            \
		{"G", "move bottom", NULL, "to the last line"},                                    \
	{                                                                                          \
		"End", "move bottom", NULL, "likewise"                                             \
	}
/* Likewise, for one wider than its area, with `move left` and `move right`. */
#define PANE_SIDE_KEYS                                                                             \
	{"Left", "move left", NULL, "columns to the left"}, {"h", "move left", NULL, "likewise"},  \
		{"Right", "move right", NULL, "columns to the right"},                             \
	{                                                                                          \
		"l", "move right", NULL, "likewise"                                                \
	}
#define PANE_LIST_WORDS "up, down, page-up, page-down, top, bottom"

#endif
