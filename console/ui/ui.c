/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/ui.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "console/library.h"
#include "console/passphrase.h"
#include "console/paths.h"
#include "console/store_record.h"
#include "console/ui/self.h"
#include "console/ui/wrong.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/* While answers stream in, the screen is drawn at most this often. */
#define FRAME_MS 40
/* How long answers are taken in before the keys are looked at again. */
#define PUMP_MS	   8
#define TICK_MS	   250
#define MESSAGE_MS 8000
/* Between the two clicks that are one. */
#define DOUBLE_CLICK_MS 400
#define WHEEL_LINES	3
/* Bytes of what libraries said, read at once. */
#define ERRORS_READ 4096

static struct ui_self *self(struct ui *ui)
{
	return (struct ui_self *)ui;
}

/* ---- Saying ---- */

static void forget_activity(struct ui_activity *a)
{
	free(a->text);
	free(a->target);
	json_decref(a->undo);
}

static void keep(struct ui_self *s, enum style style, const char *text)
{
	size_t at;

	if (!s->activity)
		s->activity = calloc(UI_ACTIVITY_MAX, sizeof(*s->activity));
	if (!s->activity)
		return;
	at = (s->first_activity + s->n_activity) % UI_ACTIVITY_MAX;
	if (s->n_activity == UI_ACTIVITY_MAX) {
		forget_activity(&s->activity[at]);
		s->first_activity = (s->first_activity + 1) % UI_ACTIVITY_MAX;
		s->n_activity--;
	}
	s->activity[at] = (struct ui_activity){
		.at_us = clock_real_us(), .style = style, .text = strdup(text)};
	s->n_activity += s->activity[at].text != NULL;
	s->dirty = true;
}

void ui_note_undo(struct ui *ui, host_id host, const char *target, json_t *undo)
{
	struct ui_self *s = self(ui);
	size_t last = s->first_activity + s->n_activity - 1;
	struct ui_activity *a = s->n_activity ? &s->activity[last % UI_ACTIVITY_MAX] : NULL;

	if (!a || !undo || a->undo)
		return;
	a->target = strdup(target);
	a->host = host;
	a->undo = json_incref(undo);
}

size_t ui_activities(const struct ui *ui)
{
	return ((const struct ui_self *)ui)->n_activity;
}

const struct ui_activity *ui_activity(const struct ui *ui, size_t i)
{
	const struct ui_self *s = (const struct ui_self *)ui;

	return &s->activity[(s->first_activity + i) % UI_ACTIVITY_MAX];
}

void ui_note(struct ui *ui, enum style style, const char *fmt, ...)
{
	char text[UI_MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	keep(self(ui), style, text);
}

static void forget_wrong(struct ui_self *s)
{
	free(s->wrong);
	s->wrong = NULL;
}

void ui_blame(struct ui_self *s, const char *line, const struct blame *b)
{
	forget_wrong(s);
	s->wrong = strdup(line);
	s->blame = *b;
}

void ui_say(struct ui *ui, enum style style, const char *fmt, ...)
{
	struct ui_self *s = self(ui);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->message, sizeof(s->message), fmt, ap);
	va_end(ap);
	forget_wrong(s);
	s->message_style = style;
	s->message_until_ms = clock_mono_ms() + MESSAGE_MS;
	keep(s, style, s->message);
}

/* What a library or the fleet wrote to standard error, line by line. */
static void take_errors(struct loop_io *io, uint32_t events)
{
	struct ui_self *s = io->arg;
	char text[ERRORS_READ + 1], *line, *next;
	ssize_t n = read(io->fd, text, ERRORS_READ);

	(void)events;
	if (n <= 0)
		return;
	text[n] = '\0';
	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (str_starts(line, "tocsin: "))
			line += strlen("tocsin: ");
		if (*line)
			ui_say(&s->ui, STYLE_WARN, "%s", line);
	}
}

/* ---- Panes ---- */

const struct pane_kind *pane_kind_find(const char *name)
{
	for (size_t i = 0; pane_kinds_all[i]; i++)
		if (str_eq(pane_kinds_all[i]->name, name))
			return pane_kinds_all[i];
	return NULL;
}

static struct pane *new_pane(struct ui *ui, const struct pane_kind *kind)
{
	struct pane *p = calloc(1, kind->size);
	struct err err = {0};

	if (!p) {
		ui_say(ui, STYLE_BAD, "out of memory");
		return NULL;
	}
	p->kind = kind;
	p->ui = ui;
	if (!kind->open || kind->open(p, &err) == 0)
		return p;
	ui_say(ui, STYLE_BAD, "%s", err.text);
	if (kind->close)
		kind->close(p);
	free(p);
	return NULL;
}

static void free_pane(struct pane *p)
{
	struct pane *under;

	for (; p; p = under) {
		under = p->under;
		if (p->kind->close)
			p->kind->close(p);
		free(p);
	}
}

struct pane *ui_open(struct ui *ui, const char *kind, enum ui_place place)
{
	struct ui_self *s = self(ui);
	struct pane *p = new_pane(ui, pane_kind_find(kind));
	int r = 0;

	if (!p)
		return NULL;
	if (!s->layout) {
		s->layout = layout_new(p);
		r = s->layout ? 0 : -ENOMEM;
	} else if (place == UI_HERE) {
		layout_replace(s->layout, ui->focus, p);
		p->under = ui->focus;
		p->under->area.h = 0;
	} else {
		r = layout_split(s->layout, ui->focus, p, place == UI_BELOW);
	}
	if (r < 0) {
		free_pane(p);
		ui_say(ui, STYLE_WARN, r == -ENOSPC ? "no room for another pane" : "out of memory");
		return NULL;
	}
	ui->focus = p;
	s->dirty = true;
	return p;
}

void ui_close(struct ui *ui, struct pane *p)
{
	struct ui_self *s = self(ui);
	struct pane *under = p->under, *next;

	p->under = NULL;
	if (under) {
		layout_replace(s->layout, p, under);
		next = under;
	} else {
		next = layout_remove(s->layout, p);
	}
	if (!next) {
		s->quit = true;
		return;
	}
	if (ui->focus == p)
		ui->focus = next;
	free_pane(p);
	s->dirty = true;
}

void ui_focus(struct ui *ui, struct pane *p)
{
	struct ui_self *s = self(ui);

	if (!p || p == ui->focus)
		return;
	ui->focus = p;
	if (layout_zoomed(s->layout))
		layout_zoom(s->layout, p);
	s->dirty = true;
}

struct pane *ui_find(struct ui *ui, const char *kind)
{
	struct ui_self *s = self(ui);

	for (size_t i = 0; s->layout && i < layout_count(s->layout); i++) {
		struct pane *p = layout_at(s->layout, i);

		if (str_eq(p->kind->name, kind))
			return p;
	}
	return NULL;
}

void ui_dirty(struct ui *ui)
{
	loop_wake(self(ui)->loop);
}

/* ---- Drawing ---- */

static void draw_pane(void *arg, struct pane *p, struct area a)
{
	struct ui_self *s = arg;
	bool focus = s->ui.focus == p;
	struct buf title;

	p->area = (struct area){a.y + 1, a.x, a.h - 1, a.w};
	p->kind->draw(p, p->area, focus);
	/* Behind what it tells of. */
	buf_init(&title, PROMPT_LINE_MAX);
	if (p->kind->title)
		p->kind->title(p, &title);
	screen_print(a.y, a.x, a.w, focus ? STYLE_FOCUS : STYLE_TITLE, true, " %s%s%s",
		focus && !screen_has_colours() ? "> " : "", buf_str(&title),
		layout_zoomed(s->layout) ? "  [zoomed]" : "");
	buf_done(&title);
}

static void draw_border(void *arg, int y, int x, int h)
{
	(void)arg;
	screen_vline(y, x, h, STYLE_BORDER);
}

static void draw_too_small(void)
{
	screen_print(0, 0, screen_cols(), STYLE_BOLD, false, "%dx%d needed", SCREEN_MIN_COLS,
		SCREEN_MIN_ROWS);
	screen_print(1, 0, screen_cols(), STYLE_PLAIN, false, "this is %dx%d", screen_cols(),
		screen_rows());
}

static void draw_message(const struct ui_self *s, int y, int w)
{
	if (s->wrong)
		wrong_draw(y - WRONG_ROWS, 0, w, ":", s->wrong, &s->blame);
	screen_text(y, 0, w, s->message_style, true, s->message, strlen(s->message));
}

static bool goes_back(const struct ui_self *s)
{
	return s->ui.focus->under || layout_count(s->layout) > 1;
}

static void draw_all(struct ui_self *s)
{
	int h = screen_rows(), w = screen_cols(), foot = prompt_rows(w);
	bool message = s->message[0] && clock_mono_ms() < s->message_until_ms;

	if (foot == 0)
		foot = message && s->wrong ? 1 + WRONG_ROWS : 1;
	fleetbar_draw(&s->ui, 0, w);
	layout_arrange(s->layout, (struct area){1, 0, h - 1 - foot, w}, draw_pane, s);
	layout_borders(s->layout, draw_border, s);
	if (prompt_is_open())
		prompt_draw(h - foot, w);
	else if (message)
		draw_message(s, h - 1, w);
	else
		hints_draw(s->ui.focus->kind, goes_back(s), h - 1, w);
}

void ui_draw(struct ui_self *s)
{
	screen_clear();
	screen_cursor(-1, 0);
	if (screen_rows() < SCREEN_MIN_ROWS || screen_cols() < SCREEN_MIN_COLS)
		draw_too_small();
	else
		draw_all(s);
	screen_update();
	s->dirty = false;
	s->drawn_ms = clock_mono_ms();
}

/* ---- Keys ---- */

void ui_prompt(struct ui *ui, const struct prompt_use *use)
{
	self(ui)->dirty = true;
	prompt_open(use);
}

static void suspend(struct ui_self *s)
{
	screen_leave();
	/* The whole job, as the terminal would. */
	signal(SIGTSTP, SIG_DFL);
	kill(0, SIGTSTP);
	screen_enter();
	screen_resized();
	s->dirty = true;
}

/* Where the one before was, a moment ago. */
static bool is_second(struct ui_self *s, const struct screen_mouse *m)
{
	int64_t now = clock_mono_ms();
	bool second =
		m->y == s->click_y && m->x == s->click_x && now <= s->click_ms + DOUBLE_CLICK_MS;

	s->click_y = m->y;
	s->click_x = m->x;
	/* A third one begins anew. */
	s->click_ms = second ? 0 : now;
	return second;
}

/* As the arrows do. */
static void turn_wheel(struct ui_self *s, struct pane *p, ui_key arrow)
{
	const struct ui_binding *b = line_binding(p, arrow);

	for (int i = 0; b && i < WHEEL_LINES; i++)
		ui_line(&s->ui, p, b->command);
}

static void click(struct ui_self *s)
{
	struct screen_mouse m;

	screen_mouse(&m);
	for (size_t i = 0; i < layout_count(s->layout); i++) {
		struct pane *p = layout_at(s->layout, i);
		struct area a = p->area;

		if (m.y < a.y - 1 || m.y >= a.y + a.h || m.x < a.x || m.x >= a.x + a.w)
			continue;
		if (m.wheel_up || m.wheel_down) {
			turn_wheel(s, p, m.wheel_up ? UI_KEY_UP : UI_KEY_DOWN);
		} else if (m.click) {
			ui_focus(&s->ui, p);
			if (p->kind->mouse && m.y >= a.y)
				p->kind->mouse(p, m.y - a.y, m.x - a.x, is_second(s, &m));
		}
		return;
	}
}

static void take_key(struct ui_self *s, ui_key key)
{
	struct pane *p = s->ui.focus;
	const struct ui_binding *b;

	s->dirty = s->key_seen = true;
	if (key == UI_KEY_CLOSED) {
		s->quit = true;
	} else if (key == 26) {
		suspend(s);
	} else if (key == 12) {
		screen_redraw();
	} else if (screen_rows() < SCREEN_MIN_ROWS || screen_cols() < SCREEN_MIN_COLS) {
		s->quit |= key == 3 || key == UI_KEY_F0 + 10;
	} else if (prompt_is_open()) {
		prompt_key(key);
	} else if (key == UI_KEY_MOUSE) {
		click(s);
	} else {
		s->message[0] = '\0';
		if (p->kind->key && p->kind->key(p, key))
			return;
		b = line_binding(p, key);
		if (b)
			ui_line(&s->ui, p, b->command);
	}
}

static void take_keys(struct loop_io *io, uint32_t events)
{
	struct ui_self *s = io->arg;
	ui_key key;

	if ((events & (EPOLLHUP | EPOLLERR)) && !(events & EPOLLIN)) {
		s->quit = true;
		return;
	}
	while (!s->quit && (key = screen_key()) != UI_KEY_NONE)
		take_key(s, key);
}

/* ---- What else happens ---- */

static void on_signal(int signo, void *arg)
{
	struct ui_self *s = arg;

	s->dirty = true;
	if (signo == SIGWINCH) {
		screen_resized();
	} else {
		s->quit = true;
		s->status = signo == SIGINT ? EXIT_INTERRUPT : 128 + signo;
	}
}

static void say_forgotten(struct ui_self *s)
{
	struct err err;

	if (recorder_problem(s->ui.recorder, &err))
		ui_say(&s->ui, STYLE_WARN, "%s", err.text);
}

static void on_tick(struct loop_timer *timer)
{
	struct ui_self *s = timer->arg;
	struct live_counts c;

	for (size_t i = 0; s->layout && i < layout_count(s->layout); i++) {
		struct pane *p = layout_at(s->layout, i);

		if (p->kind->tick && p->kind->tick(p))
			s->dirty = true;
	}
	say_forgotten(s);
	live_counts(s->ui.live, &c);
	if (c.running || (s->message[0] && clock_mono_ms() >= s->message_until_ms))
		s->dirty = true;
	if (s->message[0] && clock_mono_ms() >= s->message_until_ms)
		s->message[0] = '\0';
	loop_timer_in(s->loop, timer, TICK_MS);
}

static void on_wake(void *arg)
{
	struct ui_self *s = arg;

	s->dirty = true;
}

static void take_answers(struct loop_io *io, uint32_t events)
{
	struct ui_self *s = io->arg;

	(void)events;
	s->more = true;
}

/* ---- Passwords of jump hosts ---- */

struct asked {
	struct ui *ui;
	struct fleet_event *event;
};

static void answered(void *arg, const char *text)
{
	struct asked *a = arg;

	live_answer(a->ui->live, a->event, text);
	free(a);
}

static void on_ask(void *arg, const struct fleet_event *e)
{
	struct ui *ui = arg;
	struct asked *a = calloc(1, sizeof(*a));
	struct prompt_use use = {
		.label = e->ask.prompt, .secret = !e->ask.echo, .done = answered, .arg = a};

	if (!a) {
		live_answer(ui->live, (struct fleet_event *)e, NULL);
		return;
	}
	*a = (struct asked){ui, (struct fleet_event *)e};
	ui_prompt(ui, &use);
}

/* ---- Begin and end ---- */

void ui_outside(struct ui_self *s, void (*run)(void *arg), void *arg)
{
	screen_leave();
	dup2(s->saved_stderr, STDERR_FILENO);
	run(arg);
	dup2(s->errors_pipe, STDERR_FILENO);
	screen_enter();
	screen_resized();
	s->dirty = true;
}

static int catch_errors(struct ui_self *s, struct err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(err, errno, "pipe");
	s->saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	s->errors_pipe = fds[1];
	s->errors = (struct loop_io){.fd = fds[0], .fn = take_errors, .arg = s};
	dup2(fds[1], STDERR_FILENO);
	return loop_watch(s->loop, &s->errors, EPOLLIN);
}

static void release_errors(struct ui_self *s)
{
	if (s->saved_stderr < 0)
		return;
	dup2(s->saved_stderr, STDERR_FILENO);
	s->saved_stderr = io_close(s->saved_stderr);
	io_close(s->errors.fd);
	io_close(s->errors_pipe);
}

static int watch(struct ui_self *s, struct err *err)
{
	sigset_t signals;
	int r;

	s->loop = loop_new(err);
	if (!s->loop)
		return -err->code;
	loop_on_wake(s->loop, on_wake, s);
	sigemptyset(&signals);
	sigaddset(&signals, SIGWINCH);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	r = loop_signals(s->loop, &signals, on_signal, s, err);
	s->keys = (struct loop_io){.fd = STDIN_FILENO, .fn = take_keys, .arg = s};
	s->fleet = (struct loop_io){.fd = live_fd(s->ui.live), .fn = take_answers, .arg = s};
	s->tick = (struct loop_timer){.fn = on_tick, .arg = s};
	if (r == 0 && loop_watch(s->loop, &s->keys, EPOLLIN) < 0)
		r = err_set(err, EINVAL, "the terminal cannot be watched");
	if (r == 0 && loop_watch(s->loop, &s->fleet, EPOLLIN) < 0)
		r = err_set(err, EINVAL, "the fleet cannot be watched");
	if (r == 0)
		r = loop_timer_in(s->loop, &s->tick, TICK_MS);
	return r;
}

static void open_history(void)
{
	char path[PATH_TEXT_MAX];

	if (paths_state(path, sizeof(path), "history") == 0)
		prompt_history(path);
}

static void load_library(struct ui_self *s)
{
	struct err err = {0};

	s->ui.library = library_new();
	if (s->ui.library && library_load(s->ui.library, &err) == 0)
		return;
	ui_say(&s->ui, STYLE_WARN, "saved queries: %s", err.text);
}

static void greet(void *arg, const struct fleet_event *e)
{
	(void)arg;
	(void)e;
}

static void greeted(void *arg, bool begun, bool cancelled)
{
	(void)arg;
	(void)begun;
	(void)cancelled;
}

static const char *wanted_theme(const struct app *app)
{
	const char *own = getenv("TOCSIN_THEME"), *none = getenv("NO_COLOR");

	if (own)
		return own;
	return none && *none ? "mono" : app->theme ? app->theme : "dark";
}

static int begin(struct ui_self *s, struct err *err)
{
	const struct live_question hello = {
		.background = true, .event = greet, .over = greeted, .arg = s};
	const struct screen_options options = {.theme = wanted_theme(s->ui.app),
		.mouse = getenv("TOCSIN_MOUSE") ? true : s->ui.app->mouse};
	int r;

	s->ui.recorder = recorder_new();
	s->ui.live = live_new(s->ui.app, err);
	if (!s->ui.live)
		return -err->code;
	r = watch(s, err);
	if (r == 0)
		r = screen_open(&options, err);
	if (r == 0)
		r = catch_errors(s, err);
	if (r < 0)
		return r;
	s->told = told_new(&s->ui);
	live_on_ask(s->ui.live, on_ask, &s->ui);
	live_ask(s->ui.live, &hello);
	if (!ui_open(&s->ui, "hosts", UI_HERE))
		return err_set(err, ENOMEM, "out of memory");
	/* Hundreds of files: something is to be seen before they are read. */
	ui_draw(s);
	open_history();
	load_library(s);
	s->dirty = true;
	return 0;
}

static int wait_ms(const struct ui_self *s)
{
	int64_t left = s->drawn_ms + FRAME_MS - clock_mono_ms();

	if (s->more)
		return 0;
	if (!s->dirty)
		return -1;
	return left > 0 ? (int)left : 0;
}

static void run(struct ui_self *s)
{
	while (!s->quit) {
		s->key_seen = false;
		if (loop_once(s->loop, wait_ms(s)) < 0)
			break;
		if (s->quit)
			break;
		if (s->more) {
			s->more = live_pump(s->ui.live, PUMP_MS);
			s->dirty = true;
		}
		if (s->dirty && (s->key_seen || clock_mono_ms() >= s->drawn_ms + FRAME_MS))
			ui_draw(s);
	}
}

/* Before the connections are left to a process of their own. */
static void forget_recorder(struct ui_self *s)
{
	struct err err;

	recorder_stop(s->ui.recorder);
	if (recorder_problem(s->ui.recorder, &err))
		log_note("%s", err.text);
	recorder_free(s->ui.recorder);
}

static void end(struct ui_self *s)
{
	if (prompt_is_open())
		prompt_close();
	for (size_t i = s->layout ? layout_count(s->layout) : 0; i-- > 0;)
		free_pane(layout_at(s->layout, i));
	layout_free(s->layout);
	screen_close();
	release_errors(s);
	forget_recorder(s);
	live_free(s->ui.live);
	told_free(s->told);
	library_free(s->ui.library);
	loop_free(s->loop);
	for (size_t i = 0; i < s->n_activity; i++)
		forget_activity(&s->activity[(s->first_activity + i) % UI_ACTIVITY_MAX]);
	free(s->activity);
	free(s->wrong);
	s->ui.app->o.targets = s->targets;
	free(s->target);
	free(s);
}

static const char how_to_begin[] =
	"\nTo begin, name some hosts as `ssh` would reach them:\n\n"
	"  tocsin -i web1,web2\n\n"
	"or write them down, one a line or as an Ansible inventory, and call it again:\n\n"
	"  mkdir -p ~/.config/tocsin && echo web1 >>~/.config/tocsin/hosts\n\n"
	"`tocsin help` tells more.\n";

int ui_run(struct app *app)
{
	struct ui_self *s = calloc(1, sizeof(*s));
	struct err err = {0};
	int status = EXIT_NOTHING;

	if (!s) {
		log_error("out of memory");
		return status;
	}
	s->ui.app = app;
	s->targets = app->o.targets;
	s->ui.target = app->o.targets ? app->o.targets : "all";
	s->saved_stderr = -1;
	if (app_targets(app, &err) == 0 && begin(s, &err) == 0) {
		run(s);
		status = s->status;
	}
	end(s);
	if (err.code)
		log_error("%s", err.text);
	if (err.code == ENOENT && !app->inventory && app->o.inventory.n == 0)
		fputs(how_to_begin, stderr);
	return status;
}
