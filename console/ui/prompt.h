/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line at the bottom, edited by GNU readline with the keys, history and ~/.inputrc that a
 * person is used to. It never waits: keys are fed to it, what is typed is told by callbacks. One at
 * a time.
 */
#ifndef CONSOLE_UI_PROMPT_H
#define CONSOLE_UI_PROMPT_H

#include "console/complete.h"
#include "console/ui/screen.h"

#include <stdbool.h>

/* Lines of the history file; bytes of a line. */
#define PROMPT_HISTORY	2000
#define PROMPT_LINE_MAX (64u << 10)
/* Rows that a line may take on the screen, and those of the candidates above it. */
#define PROMPT_ROWS	 8
#define PROMPT_LIST_ROWS 8

struct prompt_use {
	const char *label;   /* ":" "/" "Reason: " */
	const char *initial; /* NULL: empty */
	bool history;	     /* kept, and walked with the arrows */
	bool secret;	     /* shown as dots */
	bool several_lines;  /* Enter within an open quote begins a new line */
	/* After each change; may be NULL. */
	void (*changed)(void *arg, const char *text);
	/* `text` NULL: it was given up. The prompt is closed before. */
	void (*done)(void *arg, const char *text);
	const struct complete_with *complete; /* what Tab knows; NULL: nothing */
	void *arg;
};

void prompt_open(const struct prompt_use *use);
bool prompt_is_open(void);
/* Gives up what is typed; `done` is told. */
void prompt_close(void);
void prompt_key(ui_key key);
/* A place in the line to underline, -1: none; goes with the next key. */
void prompt_mark(int at);
/* Rows it takes, 0 when it is not open. */
int prompt_rows(int width);
/* Draws it into rows y … y + prompt_rows() - 1, candidates above. */
void prompt_draw(int y, int width);

/* The file of the history; NULL: none. */
void prompt_history(const char *path);

#endif
