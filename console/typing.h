/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines typed at a terminal: edited with GNU readline, remembered in a file. One user at a time. */
#ifndef CONSOLE_TYPING_H
#define CONSOLE_TYPING_H

#define TYPING_HISTORY_LINES 2000

/* `history`: name of a file among the operator's state; where that cannot be, none is kept. */
void typing_begin(const char *history);
/*
 * The next line without its end, on the heap. 0; -EINTR: Ctrl-C took it back; -ENODATA: Ctrl-D;
 * -ENOMEM.
 */
int typing_line(const char *prompt, char **ret);
/* Into the history, at once: it is there whatever becomes of the program. */
void typing_remember(const char *line);
void typing_end(void);

#endif
