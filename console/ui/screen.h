/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal: the only file that knows ncurses. Draws texts in named styles, reads keys, leaves
 * the terminal as it was, whatever happens. One thread, one screen.
 *
 * Texts may be a host's: everything that a terminal could act on is escaped as it is drawn.
 */
#ifndef CONSOLE_UI_SCREEN_H
#define CONSOLE_UI_SCREEN_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCREEN_MIN_ROWS 24
#define SCREEN_MIN_COLS 80
/* Larger terminals are used up to here. */
#define SCREEN_MAX_ROWS 1000
#define SCREEN_MAX_COLS 2000

enum style {
	STYLE_PLAIN,
	STYLE_DIM,
	STYLE_BOLD,
	STYLE_BAR,	/* the line on top */
	STYLE_TITLE,	/* of a pane */
	STYLE_FOCUS,	/* of the pane that has the keys */
	STYLE_HEADER,	/* names of columns */
	STYLE_SORTED,	/* of the column sorted by */
	STYLE_SELECTED, /* the row under the cursor */
	STYLE_MARKED,
	STYLE_BOTH, /* marked and under the cursor */
	STYLE_NEW,
	STYLE_GONE,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
	STYLE_WRONG, /* the place of a mistake in what was typed */
	STYLE_KEY,   /* in the hints */
	STYLE_HINT,
	STYLE_MATCH,
	STYLE_BORDER,
	STYLE_PROMPT,
	STYLES,
};

/* Keys: characters as Unicode has them, control keys as theirs, others from KEY_FIRST on. */
typedef uint32_t ui_key;
enum {
	UI_KEY_NONE = 0,
	UI_KEY_ALT = 1 << 24, /* with Alt held, or after Esc */
	UI_KEY_FIRST = 0x110000,
	UI_KEY_UP,
	UI_KEY_DOWN,
	UI_KEY_LEFT,
	UI_KEY_RIGHT,
	UI_KEY_HOME,
	UI_KEY_END,
	UI_KEY_PAGE_UP,
	UI_KEY_PAGE_DOWN,
	UI_KEY_INSERT,
	UI_KEY_DELETE,
	UI_KEY_BACKSPACE,
	UI_KEY_BACKTAB,
	UI_KEY_SHIFT_UP,
	UI_KEY_SHIFT_DOWN,
	UI_KEY_CTRL_LEFT,
	UI_KEY_CTRL_RIGHT,
	UI_KEY_MOUSE,	    /* see screen_mouse */
	UI_KEY_PASTE_BEGIN, /* what comes until PASTE_END is pasted text */
	UI_KEY_PASTE_END,
	UI_KEY_CLOSED, /* the terminal is gone */
	UI_KEY_F0,     /* F1 is UI_KEY_F0 + 1 … F12 */
	UI_KEY_LAST = UI_KEY_F0 + 13,
};
/* "F9", "C-c", "PgUp", "Space", "M-x", "a": returns the key or UI_KEY_NONE. */
ui_key screen_key_of(const char *name);

struct screen_options {
	const char *theme; /* dark, light, mono */
	bool mouse;
};
/* Names of the themes, NULL-ended. */
extern const char *const screen_themes[];

/* Takes the terminal of standard input and output. 0 or -errno with `err` (TERM unknown, no
 * terminal). */
int screen_open(const struct screen_options *o, struct err *err);
/* Gives it back; any number of times. */
void screen_close(void);
/* Gives it back for a while, for another program on it or to be stopped; and takes it again. */
void screen_leave(void);
void screen_enter(void);
/* -EINVAL: no such theme. */
int screen_theme(const char *name);
bool screen_has_colours(void);

int screen_rows(void);
int screen_cols(void);
/* After SIGWINCH. */
void screen_resized(void);

/* ---- Drawing, from row and column 0 on ---- */

void screen_clear(void);
/*
 * At most `w` columns of the text, which is cut with "…"; the rest of them is filled with blanks
 * when `fill`. Returns the columns the text took.
 */
int screen_text(int y, int x, int w, enum style style, bool fill, const char *p, size_t n);
int screen_print(int y, int x, int w, enum style style, bool fill, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* A line of the box characters, or of - and | where the terminal has none. */
void screen_hline(int y, int x, int w, enum style style);
void screen_vline(int y, int x, int h, enum style style);
/* Where the cursor is shown; y < 0: nowhere. */
void screen_cursor(int y, int x);
/* Sends to the terminal what changed. */
void screen_update(void);
/* The next update draws everything anew. */
void screen_redraw(void);

/* The screen's text, line by line, without styles: for :save-screen. 0 or -errno. */
struct buf;
int screen_dump(struct buf *out);

/* ---- The rest ---- */

/* Does not wait: UI_KEY_NONE when none came. */
ui_key screen_key(void);
struct screen_mouse {
	int y, x;
	bool click, wheel_up, wheel_down;
};
/* Clicks are ours, or the terminal's own, to mark text with. */
void screen_take_mouse(bool on);
void screen_mouse(struct screen_mouse *ret);
/* Has the terminal take the text as copied (OSC 52). At most SCREEN_COPY_MAX bytes. 0 or -E2BIG. */
#define SCREEN_COPY_MAX (64u << 10)
int screen_copy(const char *p, size_t n);

#endif
