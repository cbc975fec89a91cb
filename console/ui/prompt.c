/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/prompt.h"

#include "common/str.h"
#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

/* Bytes of keys on their way to readline. */
#define FEED_MAX  256
#define LABEL_MAX 128

static struct {
	bool ready, open;
	struct prompt_use use;
	char label[LABEL_MAX];
	char feed[FEED_MAX];
	size_t n_feed, at_feed;
	char *before; /* the line as it was before the key */
	char *given;  /* what Enter gave */
	bool entered;
	char **list; /* candidates that are shown */
	size_t n_list;
	int mark;
	bool pasting;
	char *history;
} p = {.mark = -1};

/* ---- readline's side ---- */

static int get_byte(FILE *in)
{
	(void)in;
	return p.at_feed < p.n_feed ? (unsigned char)p.feed[p.at_feed++] : EOF;
}

static int has_byte(void)
{
	return p.at_feed < p.n_feed;
}

static void draw_nothing(void)
{
}

static void on_line(char *line)
{
	free(p.given);
	p.given = line;
	p.entered = true;
	/* Before readline shows its prompt for a next one. */
	rl_callback_handler_remove();
}

static void forget_list(void)
{
	for (size_t i = 0; i < p.n_list; i++)
		free(p.list[i]);
	free(p.list);
	p.list = NULL;
	p.n_list = 0;
}

/* Of files only the name: their folder stands in the line. */
static const char *candidate(const char *match)
{
	const char *slash = rl_filename_completion_desired ? strrchr(match, '/') : NULL;

	return slash && slash[1] ? slash + 1 : match;
}

/* matches[0] is what they have in common. */
static void show_list(char **matches, int n, int longest)
{
	(void)longest;
	forget_list();
	p.list = calloc((size_t)n + 1, sizeof(*p.list));
	for (int i = 1; p.list && i <= n && i <= COMPLETE_MAX; i++) {
		p.list[p.n_list] = strdup(candidate(matches[i]));
		p.n_list += p.list[p.n_list] != NULL;
	}
}

static void set_up(void)
{
	if (p.ready)
		return;
	p.ready = true;
	rl_readline_name = "tocsin";
	rl_instream = stdin;
	rl_outstream = fopen("/dev/null", "we");
	rl_getc_function = get_byte;
	rl_input_available_hook = has_byte;
	rl_redisplay_function = draw_nothing;
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_completion_display_matches_hook = show_list;
	rl_variable_bind("enable-bracketed-paste", "off");
	rl_variable_bind("show-all-if-ambiguous", "on");
	rl_variable_bind("bell-style", "none");
	using_history();
	stifle_history(PROMPT_HISTORY);
}

void prompt_history(const char *path)
{
	set_up();
	free(p.history);
	p.history = path ? strdup(path) : NULL;
	if (p.history)
		read_history(p.history);
}

static void remember(const char *line)
{
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (!*line || (last && str_eq(last->line, line)))
		return;
	add_history(line);
	/* Several programs may add to it at once; each keeps its own lines in order. */
	if (!p.history)
		return;
	if (access(p.history, F_OK) < 0)
		write_history(p.history);
	else if (append_history(1, p.history) == 0)
		history_truncate_file(p.history, PROMPT_HISTORY);
}

/* ---- Open and closed ---- */

void prompt_open(const struct prompt_use *use)
{
	if (p.open)
		prompt_close();
	set_up();
	p.use = *use;
	snprintf(p.label, sizeof(p.label), "%s", use->label);
	p.open = true;
	p.entered = p.pasting = false;
	p.mark = -1;
	p.n_feed = p.at_feed = 0;
	complete_readline(use->complete);
	rl_callback_handler_install("", on_line);
	if (use->initial)
		rl_insert_text(use->initial);
	using_history();
}

bool prompt_is_open(void)
{
	return p.open;
}

static void shut(const char *text)
{
	struct prompt_use use = p.use;

	p.open = false;
	forget_list();
	use.done(use.arg, text);
}

void prompt_close(void)
{
	if (!p.open)
		return;
	rl_callback_handler_remove();
	shut(NULL);
}

void prompt_mark(int at)
{
	p.mark = at;
}

/* ---- Keys ---- */

static void feed(const char *bytes, size_t n)
{
	if (p.n_feed + n > sizeof(p.feed))
		return;
	memcpy(p.feed + p.n_feed, bytes, n);
	p.n_feed += n;
}

static void feed_key(ui_key key)
{
	static const struct {
		ui_key key;
		const char *bytes;
	} keys[] = {{UI_KEY_UP, "\033[A"}, {UI_KEY_DOWN, "\033[B"}, {UI_KEY_RIGHT, "\033[C"},
		{UI_KEY_LEFT, "\033[D"}, {UI_KEY_HOME, "\001"}, {UI_KEY_END, "\005"},
		{UI_KEY_DELETE, "\033[3~"}, {UI_KEY_BACKSPACE, "\177"}, {UI_KEY_CTRL_LEFT, "\033b"},
		{UI_KEY_CTRL_RIGHT, "\033f"}, {UI_KEY_PAGE_UP, "\033<"},
		{UI_KEY_PAGE_DOWN, "\033>"}};
	char bytes[4];

	if (key & UI_KEY_ALT)
		feed("\033", 1);
	key &= ~(ui_key)UI_KEY_ALT;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].key == key)
			feed(keys[i].bytes, strlen(keys[i].bytes));
	if (key < UI_KEY_FIRST)
		feed(bytes, utf8_encode(key, bytes));
}

/* A quote that was opened and not closed. */
static bool quote_is_open(const char *s)
{
	char quote = '\0';

	for (; *s; s++) {
		if (*s == '\\' && quote != '\'' && s[1])
			s++;
		else if (quote ? *s == quote : (*s == '"' || *s == '\''))
			quote = quote ? '\0' : *s;
	}
	return quote;
}

static bool adds_line(ui_key key)
{
	if (p.pasting && key == '\r')
		return true;
	if (!p.use.several_lines)
		return false;
	return key == ('\r' | UI_KEY_ALT) || (key == '\r' && quote_is_open(rl_line_buffer));
}

static void pasted(ui_key key)
{
	char bytes[5] = "";

	/* As it is: a tab in it completes nothing, an arrow moves nothing. */
	if (key == '\r' && !p.use.several_lines)
		key = ' ';
	if (key >= UI_KEY_FIRST || (key < ' ' && key != '\r' && key != '\t'))
		return;
	bytes[utf8_encode(key == '\r' ? '\n' : key, bytes)] = '\0';
	if ((size_t)rl_end + 4 < PROMPT_LINE_MAX)
		rl_insert_text(bytes);
}

static void take_key(ui_key key)
{
	if (key == UI_KEY_PASTE_BEGIN || key == UI_KEY_PASTE_END) {
		p.pasting = key == UI_KEY_PASTE_BEGIN;
	} else if (p.pasting) {
		pasted(key);
	} else if (adds_line(key)) {
		rl_insert_text("\n");
	} else if ((size_t)rl_end + 4 < PROMPT_LINE_MAX || key >= UI_KEY_FIRST || key < ' ') {
		feed_key(key);
		while (has_byte() && !p.entered)
			rl_callback_read_char();
		p.n_feed = p.at_feed = 0;
	}
}

static void finish(void)
{
	char *line = p.given;

	p.given = NULL;
	if (line && p.use.history)
		remember(line);
	/* NULL: the end of the input, Ctrl-D on an empty line. */
	shut(line);
	if (line && p.use.secret)
		explicit_bzero(line, strlen(line));
	free(line);
}

void prompt_key(ui_key key)
{
	if (!p.open)
		return;
	p.mark = -1;
	forget_list();
	/* In vi's mode Esc is readline's; Ctrl-C always gives up. */
	if (key == 3 || key == 7 || (key == 27 && rl_editing_mode)) {
		prompt_close();
		return;
	}
	/* As in a pager: rubbing out the sign itself gives up. */
	if (key == UI_KEY_BACKSPACE && rl_end == 0 && strlen(p.label) == 1) {
		prompt_close();
		return;
	}
	free(p.before);
	p.before = strdup(rl_line_buffer ? rl_line_buffer : "");
	take_key(key);
	if (p.entered)
		finish();
	else if (p.use.changed && p.before && !str_eq(p.before, rl_line_buffer))
		p.use.changed(p.use.arg, rl_line_buffer);
}

/* ---- Drawing ---- */

/* Where the cursor is, and how many rows the line takes: a walk over its characters. */
struct spot {
	int y, x;
};

static struct spot walk(
	int width, int upto, void (*put)(struct spot at, int from, int n, void *arg), void *arg)
{
	struct spot at = {0, (int)text_width(p.label, strlen(p.label))};
	int i = 0;

	while (i < upto) {
		uint32_t cp;
		size_t n = utf8_decode(rl_line_buffer + i, (size_t)(rl_end - i), &cp);
		int w = n ? utf8_width(cp) : 4;

		if (n == 0)
			n = 1;
		if (cp < 0x20 && rl_line_buffer[i] != '\n')
			w = 4;
		if (p.use.secret)
			w = 1;
		if (rl_line_buffer[i] == '\n' || at.x + w > width) {
			at = (struct spot){at.y + 1, 0};
			if (rl_line_buffer[i] == '\n') {
				i++;
				continue;
			}
		}
		if (put)
			put(at, i, (int)n, arg);
		at.x += w;
		i += (int)n;
	}
	return at;
}

int prompt_rows(int width)
{
	int rows;

	if (!p.open)
		return 0;
	rows = walk(width, rl_end, NULL, NULL).y + 1;
	return rows < PROMPT_ROWS ? rows : PROMPT_ROWS;
}

struct put {
	int y, skip, rows, width;
};

static void put_char(struct spot at, int from, int n, void *arg)
{
	const struct put *put = arg;
	enum style style = from == p.mark ? STYLE_WRONG : STYLE_PROMPT;

	if (at.y < put->skip || at.y >= put->skip + put->rows)
		return;
	if (p.use.secret)
		screen_text(put->y + at.y - put->skip, at.x, 1, style, false, "*", 1);
	else
		screen_text(put->y + at.y - put->skip, at.x, put->width - at.x, style, false,
			rl_line_buffer + from, (size_t)n);
}

static void draw_more(int y, int width, size_t n)
{
	screen_print(y, 0, width, STYLE_TITLE, true, "%zu more; type on, then Tab", n);
}

static void draw_list(int y, int width)
{
	size_t longest = 4, per_row, rows;

	for (size_t i = 0; i < p.n_list; i++) {
		size_t w = text_width(p.list[i], strlen(p.list[i]));

		longest = w > longest ? w : longest;
	}
	per_row = (size_t)width / (longest + 2);
	per_row = per_row ? per_row : 1;
	rows = (p.n_list + per_row - 1) / per_row;
	if (rows > PROMPT_LIST_ROWS)
		rows = PROMPT_LIST_ROWS;
	if (rows * per_row < p.n_list)
		draw_more(y - (int)rows - 1, width, p.n_list - rows * per_row);
	for (size_t r = 0; r < rows; r++) {
		screen_text(y - (int)rows + (int)r, 0, width, STYLE_TITLE, true, "", 0);
		for (size_t c = 0; c < per_row; c++) {
			size_t i = c * rows + r;

			if (i < p.n_list)
				screen_text(y - (int)rows + (int)r, (int)(c * (longest + 2)),
					(int)longest, STYLE_TITLE, false, p.list[i],
					strlen(p.list[i]));
		}
	}
}

void prompt_draw(int y, int width)
{
	int all = walk(width, rl_end, NULL, NULL).y + 1, rows = prompt_rows(width);
	struct spot cursor = walk(width, rl_point, NULL, NULL);
	struct put put = {y, 0, rows, width};

	if (!p.open)
		return;
	/* Of a long line the rows about the cursor. */
	if (all > rows && cursor.y >= rows)
		put.skip = cursor.y - rows + 1;
	for (int i = 0; i < rows; i++)
		screen_text(y + i, 0, width, STYLE_PROMPT, true, "", 0);
	if (put.skip == 0)
		screen_text(y, 0, width, STYLE_BOLD, false, p.label, strlen(p.label));
	walk(width, rl_end, put_char, &put);
	if (p.n_list)
		draw_list(y, width);
	if (cursor.x >= width)
		cursor = (struct spot){cursor.y + 1, 0};
	screen_cursor(y + cursor.y - put.skip, cursor.x);
}
