/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The screen of tocsin: fleet bar, panes, message line, prompt or hints. What panes may use.
 *
 * A line of text is the one way in: keys are bound to such lines, the prompt gives them. A word is
 * looked for among the commands of the pane's kind, the screen's own, and the program's.
 */
#ifndef CONSOLE_UI_UI_H
#define CONSOLE_UI_UI_H

#include "console/app.h"
#include "console/command.h"
#include "console/humane.h"
#include "console/live.h"
#include "console/ui/pane.h"
#include "console/ui/prompt.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is kept for the activity pane. */
#define UI_ACTIVITY_MAX 10000

struct library;
struct recorder;
struct question_text;
struct plan;

struct ui {
	struct app *app;
	struct live *live;
	const char *target;	   /* the hosts it was started for, as a pattern */
	struct library *library;   /* saved queries, or NULL where they could not be read */
	struct recorder *recorder; /* of runs; NULL: nothing is remembered */
	struct pane *focus;
};

/* Opens the screen of this run of the program; returns an exit status. */
int ui_run(struct app *app);

/* ---- Lines ---- */

/* Runs a line as if typed; what is wrong with it is shown. `p`: the pane it is meant for. */
void ui_line(struct ui *ui, struct pane *p, const char *line);
/*
 * The hosts of the screen that the line which is being run is meant for, -t or `target`: per host,
 * on the heap; *ret NULL: all. 0 or -errno with `err`.
 */
int ui_targets(struct ui *ui, bool **ret, size_t *ret_n, struct err *err);
/* As a person gave them; it stays until the line is done. */
const char *ui_target(const struct ui *ui);
/*
 * Has the names of users and groups told by the hosts that were not asked for them yet: one
 * question per host, in the background. Panes call it while they show such columns.
 */
void ui_want_names(struct ui *ui);
/* Changes when more of them are known. */
uint64_t ui_names_told(const struct ui *ui);
/* What is known by then, for humane_cell and filters. Its function is for any thread. */
struct humane_who ui_who(struct ui *ui, host_id host);
/* Opens the prompt. */
void ui_prompt(struct ui *ui, const struct prompt_use *use);

/* ---- Panes ---- */

enum ui_place {
	UI_HERE,  /* instead of the pane that has the keys */
	UI_BELOW, /* split */
	UI_BESIDE,
};
/*
 * A pane of this kind, with the keys. UI_HERE: the pane before it comes back when this one is
 * closed. NULL after saying why.
 */
struct pane *ui_open(struct ui *ui, const char *kind, enum ui_place place);
/* Closes it; the screen ends with the last one. */
void ui_close(struct ui *ui, struct pane *p);
void ui_focus(struct ui *ui, struct pane *p);
/* The pane of this kind that is shown, or NULL. */
struct pane *ui_find(struct ui *ui, const char *kind);

/* Something is to be drawn anew. Any thread. */
void ui_dirty(struct ui *ui);

/* ---- Saying ---- */

/* On the message line, until the next key or a while; and kept as activity. */
void ui_say(struct ui *ui, enum style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Logs in at the host, in this terminal, and comes back. 0 or -errno with `err`. */
int ui_ssh(struct ui *ui, host_id host, struct err *err);

struct ui_activity {
	int64_t at_us; /* since 1970 */
	enum style style;
	char *text; /* hostile bytes possible */
	/* Of what was done to a host, and may be taken back; else NULL: */
	json_t *undo;
	char *target;
	host_id host;
};
/* Kept without being shown on the message line. */
void ui_note(struct ui *ui, enum style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* What takes back what was noted last, as the host told it. */
void ui_note_undo(struct ui *ui, host_id host, const char *target, json_t *undo);
size_t ui_activities(const struct ui *ui);
/* 0 is the oldest that is kept. */
const struct ui_activity *ui_activity(const struct ui *ui, size_t i);

/* ---- What other kinds of panes open ---- */

/* A results pane that asks this (copied); `words` as a person gave them. NULL after saying why. */
struct pane *results_open(
	struct ui *ui, const struct question_text *q, const char *words, enum ui_place place);
/* A card of one row: n names with their values (copied). `who`: of the host, or NULL. */
struct cell;
struct pane *detail_open(struct ui *ui, const char *title, const char *const *names,
	const struct cell *cells, size_t n, const struct humane_who *who);
/* A text to read. */
struct pane *text_open(struct ui *ui, const char *title, const char *text, size_t n);
/* What `run` writes to standard output, as such a text. 0 or -errno with `err`. */
int ui_print(struct ui *ui, const char *title, void (*run)(void *arg), void *arg, struct err *err);
/* Takes the plan over. `target`: the hosts as a person gave them, for the record (copied). */
struct pane *plan_open(struct ui *ui, struct plan *plan, const char *target);

/* What was done to a target of a host, and what the host told would take it back (or NULL). */
struct plan_undo {
	host_id host;
	const char *target;
	const json_t *undo;
	const char *reason, *pattern; /* reason: or NULL; pattern: as plan_open's target */
};
/* Opens the plan of that. 0 or -errno with `err`. */
int plan_open_undo(struct ui *ui, const struct plan_undo *u, struct err *err);

#endif
