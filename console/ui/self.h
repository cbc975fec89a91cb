/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to the screen: ui.c runs it, line.c understands lines, commands.c are its own commands.
 */
#ifndef CONSOLE_UI_SELF_H
#define CONSOLE_UI_SELF_H

#include "common/loop.h"
#include "console/blame.h"
#include "console/complete.h"
#include "console/ui/layout.h"
#include "console/ui/ui.h"

#define UI_MESSAGE_MAX 512

struct ui_self {
	struct ui ui; /* first: panes know only it */
	struct loop *loop;
	struct loop_io keys, fleet, errors;
	struct loop_timer tick;
	struct layout *layout;
	struct complete_with completes;
	const char *targets;	       /* of the whole screen: those of its start, NULL for all */
	char *target;		       /* what `target` narrows them to, or NULL */
	int saved_stderr, errors_pipe; /* what libraries say goes to the message line */

	char message[UI_MESSAGE_MAX];
	enum style message_style;
	int64_t message_until_ms;
	struct told *told; /* names of users; NULL: no memory */
	char *wrong;	   /* the line that the message is about, or NULL */
	struct blame blame;
	struct ui_activity *activity; /* a ring */
	size_t n_activity, first_activity;

	int click_y, click_x; /* the last click */
	int64_t click_ms;
	bool quit, leaving, dirty, key_seen, more;
	int64_t drawn_ms;
	int status;
};

/* commands.c */
extern const struct ui_command ui_commands[];
extern const struct ui_binding ui_bindings[];

/* fleetbar.c: the line on top. */
void fleetbar_draw(struct ui *ui, int y, int w);

/* line.c: as ui_line, of a line that a person typed: its mistake is pointed at. */
void line_typed(struct ui_self *s, const char *line);

/* told.c */
struct told *told_new(struct ui *ui);
/* Accepts NULL. */
void told_free(struct told *t);

/* hints.c: keys of the pane that has them, and of every pane. `back`: there is something to go to.
 */
void hints_draw(const struct pane_kind *kind, bool back, int y, int w);

/* ui.c */
/* Points at the place while the message is there. */
void ui_blame(struct ui_self *s, const char *line, const struct blame *b);
void ui_draw(struct ui_self *s);
/* Out of the screen and back, with `run` in between; for other programs on the terminal. */
void ui_outside(struct ui_self *s, void (*run)(void *arg), void *arg);

/* line.c: the command line that a key is bound to in this pane, or NULL. */
const struct ui_binding *line_binding(const struct pane *p, ui_key key);
/* Runs a command of the program. 0 or -errno with `err`. */
int line_program(struct ui *ui, const char *name, int argc, char **argv, struct err *err);
/* Candidates for the prompt; `ret` must not outlive `ui`. */
void line_completes(struct ui *ui, struct complete_with *ret);

#endif
