/* SPDX-License-Identifier: GPL-3.0-or-later */
#define NCURSES_WIDECHAR 1
#include "console/ui/screen.h"

#include "common/base64.h"
#include "common/io.h"
#include "common/text.h"
#include "console/ui/theme.h"

#include <ncurses.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

/* How long a lone Esc may be the beginning of a longer key, in milliseconds. */
#define ESC_MS	      25
#define PRINT_MAX     4096
#define KEY_PASTE_ON  (KEY_MAX + 1)
#define KEY_PASTE_OFF (KEY_MAX + 2)
#define KEY_C_LEFT    (KEY_MAX + 3)
#define KEY_C_RIGHT   (KEY_MAX + 4)
#define KEY_M_UP      (KEY_MAX + 5)
#define KEY_M_DOWN    (KEY_MAX + 6)
#define KEY_M_LEFT    (KEY_MAX + 7)
#define KEY_M_RIGHT   (KEY_MAX + 8)
#define CRASH_STACK   (64u << 10)

static struct {
	SCREEN *screen;
	bool open, gone;
	attr_t attrs[STYLES];
	short pairs[STYLES];
	bool colours;
	char theme[16];
	struct buf line; /* escaped text on its way */
	int cursor_y, cursor_x;
	bool mouse_wanted;
	struct termios before;
	MEVENT event;
} s = {.cursor_y = -1};

/* ---- A terminal that is left sane by a crash ---- */

/* Leaves the alternate screen, shows the cursor, ends paste brackets, mouse and colours. */
static const char sane[] = "\033[?2004l\033[?1000l\033[?1006l\033[?1049l\033[?25h\033[0m\r\n";
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
static char crash_stack[CRASH_STACK];

static void crashed(int signo)
{
	static const char words[] = "tocsin: it crashed; the terminal was put right\n";

	(void)!write(STDOUT_FILENO, sane, sizeof(sane) - 1);
	tcsetattr(STDIN_FILENO, TCSANOW, &s.before);
	(void)!write(STDOUT_FILENO, words, sizeof(words) - 1);
	/* SA_RESETHAND put the default back. */
	raise(signo);
}

static void on_crashes(bool on)
{
	struct sigaction sa = {.sa_flags = on ? (int)(SA_RESETHAND | SA_ONSTACK) : 0};
	stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof(crash_stack)};

	sa.sa_handler = on ? crashed : SIG_DFL;
	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &sa, NULL);
}

/* ---- Styles ---- */

static void set_styles(const struct theme *t)
{
	int depth = s.colours ? (COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : 8) : 0;

	for (int i = 0; i < STYLES; i++) {
		struct look look = theme_look(t, (enum style)i, depth);

		s.pairs[i] = 0;
		s.attrs[i] = (look.bold ? A_BOLD : 0u) | (look.dim ? A_DIM : 0u) |
			     (look.reverse ? A_REVERSE : 0u) | (look.underline ? A_UNDERLINE : 0u);
		if (!s.colours || (look.fg < 0 && look.bg < 0))
			continue;
		if (init_pair((short)(i + 1), (short)look.fg, (short)look.bg) == OK)
			s.pairs[i] = (short)(i + 1);
	}
}

int screen_theme(const char *name)
{
	const struct theme *t = theme_find(name);

	if (!t)
		return -EINVAL;
	snprintf(s.theme, sizeof(s.theme), "%s", name);
	if (s.open) {
		set_styles(t);
		clearok(stdscr, TRUE);
	}
	return 0;
}

bool screen_has_colours(void)
{
	return s.colours;
}

static void use(enum style style)
{
	attr_set(s.attrs[style], s.pairs[style], NULL);
}

/* ---- Open and close ---- */

static void tell(const char *sequence)
{
	fflush(stdout);
	(void)io_write_all(STDOUT_FILENO, sequence, strlen(sequence));
}

static void set_modes(void)
{
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESC_MS);
	curs_set(0);
	/* Each press is told at once, none is waited for to become a click. */
	mouseinterval(0);
	mousemask(s.mouse_wanted ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	define_key("\033[200~", KEY_PASTE_ON);
	define_key("\033[201~", KEY_PASTE_OFF);
	define_key("\033[1;5D", KEY_C_LEFT);
	define_key("\033[1;5C", KEY_C_RIGHT);
	define_key("\033[1;3A", KEY_M_UP);
	define_key("\033[1;3B", KEY_M_DOWN);
	define_key("\033[1;3D", KEY_M_LEFT);
	define_key("\033[1;3C", KEY_M_RIGHT);
	tell("\033[?2004h");
}

/* Asked before newterm, which does not free all that it had when it fails. */
static bool terminal_is_known(void)
{
	int found;

	if (setupterm(NULL, STDOUT_FILENO, &found) != OK)
		return false;
	del_curterm(cur_term);
	return true;
}

int screen_open(const struct screen_options *o, struct err *err)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ENOTTY, "the screen needs a terminal");
	if (tcgetattr(STDIN_FILENO, &s.before) < 0)
		return err_sys(err, errno, "terminal");
	if (screen_theme(o->theme) < 0)
		return err_set(err, EINVAL, "no theme `%s`", o->theme);
	s.screen = terminal_is_known() ? newterm(NULL, stdout, stdin) : NULL;
	if (!s.screen)
		return err_set(err, ENOTTY, "the terminal TERM=%s is not known", term ? term : "");
	buf_init(&s.line, PRINT_MAX * 16);
	s.mouse_wanted = o->mouse;
	s.open = true;
	s.gone = false;
	s.cursor_y = -1;
	on_crashes(true);
	set_modes();
	s.colours = strcmp(s.theme, "mono") != 0 && has_colors() && start_color() == OK;
	if (s.colours)
		use_default_colors();
	set_styles(theme_find(s.theme));
	return 0;
}

void screen_take_mouse(bool on)
{
	s.mouse_wanted = on;
	if (s.open)
		set_modes();
}

void screen_leave(void)
{
	if (!s.open)
		return;
	tell("\033[?2004l");
	endwin();
}

void screen_enter(void)
{
	if (!s.open)
		return;
	refresh();
	set_modes();
	clearok(stdscr, TRUE);
}

void screen_close(void)
{
	if (!s.open)
		return;
	screen_leave();
	on_crashes(false);
	delscreen(s.screen);
	buf_done(&s.line);
	s.screen = NULL;
	s.open = false;
}

/* ---- Size ---- */

int screen_rows(void)
{
	return LINES < SCREEN_MAX_ROWS ? LINES : SCREEN_MAX_ROWS;
}

int screen_cols(void)
{
	return COLS < SCREEN_MAX_COLS ? COLS : SCREEN_MAX_COLS;
}

void screen_resized(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0)
		resizeterm(w.ws_row, w.ws_col);
	clearok(stdscr, TRUE);
}

/* ---- Drawing ---- */

void screen_clear(void)
{
	attr_set(A_NORMAL, 0, NULL);
	erase();
}

static void put_blanks(int n)
{
	for (int i = 0; i < n; i++)
		addch(' ');
}

int screen_text(int y, int x, int w, enum style style, bool fill, const char *p, size_t n)
{
	size_t used = 0;

	if (y < 0 || y >= screen_rows() || x < 0 || x >= screen_cols())
		return 0;
	if (w > screen_cols() - x)
		w = screen_cols() - x;
	if (w <= 0)
		return 0;
	buf_reset(&s.line);
	if (text_escape_cut(&s.line, p, n, (size_t)w, &used) < 0)
		used = 0;
	use(style);
	if (move(y, x) == OK && used)
		addnstr(s.line.p, (int)s.line.len);
	if (fill && used < (size_t)w && move(y, x + (int)used) == OK)
		put_blanks(w - (int)used);
	return (int)used;
}

int screen_print(int y, int x, int w, enum style style, bool fill, const char *fmt, ...)
{
	char text[PRINT_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	return screen_text(y, x, w, style, fill, text,
		(size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void screen_hline(int y, int x, int w, enum style style)
{
	use(style);
	mvhline_set(y, x, WACS_HLINE, w);
}

void screen_vline(int y, int x, int h, enum style style)
{
	use(style);
	mvvline_set(y, x, WACS_VLINE, h);
}

void screen_cursor(int y, int x)
{
	s.cursor_y = y;
	s.cursor_x = x;
}

void screen_update(void)
{
	curs_set(s.cursor_y >= 0);
	if (s.cursor_y >= 0)
		move(s.cursor_y, s.cursor_x);
	refresh();
}

void screen_redraw(void)
{
	clearok(stdscr, TRUE);
}

static int dump_line(int y, struct buf *out)
{
	cchar_t c;
	wchar_t text[CCHARW_MAX + 1];
	char bytes[4];
	size_t end = out->len, n;
	attr_t attrs;
	short pair;
	int r = 0;

	for (int x = 0; r == 0 && x < screen_cols(); x++) {
		if (mvin_wch(y, x, &c) != OK || getcchar(&c, text, &attrs, &pair, NULL) != OK)
			continue;
		for (size_t i = 0; r == 0 && text[i]; i++) {
			n = utf8_encode((uint32_t)text[i], bytes);
			r = buf_add(out, bytes, n);
			if (text[i] != L' ')
				end = out->len;
		}
		/* A wide character stands in two places. */
		if (text[0] && utf8_width((uint32_t)text[0]) == 2)
			x++;
	}
	buf_cut(out, end < out->len ? end : out->len);
	return r < 0 ? r : buf_putc(out, '\n');
}

int screen_dump(struct buf *out)
{
	int r = 0;

	for (int y = 0; r == 0 && y < screen_rows(); y++)
		r = dump_line(y, out);
	return r;
}

/* ---- Keys ---- */

static ui_key function_key(wint_t code)
{
	static const struct {
		int code;
		ui_key key;
	} keys[] = {{KEY_UP, UI_KEY_UP}, {KEY_DOWN, UI_KEY_DOWN}, {KEY_LEFT, UI_KEY_LEFT},
		{KEY_RIGHT, UI_KEY_RIGHT}, {KEY_HOME, UI_KEY_HOME}, {KEY_END, UI_KEY_END},
		{KEY_PPAGE, UI_KEY_PAGE_UP}, {KEY_NPAGE, UI_KEY_PAGE_DOWN}, {KEY_IC, UI_KEY_INSERT},
		{KEY_DC, UI_KEY_DELETE}, {KEY_BACKSPACE, UI_KEY_BACKSPACE},
		{KEY_BTAB, UI_KEY_BACKTAB}, {KEY_SR, UI_KEY_SHIFT_UP}, {KEY_SF, UI_KEY_SHIFT_DOWN},
		{KEY_ENTER, '\r'}, {KEY_C_LEFT, UI_KEY_CTRL_LEFT}, {KEY_C_RIGHT, UI_KEY_CTRL_RIGHT},
		{KEY_M_UP, UI_KEY_UP | UI_KEY_ALT}, {KEY_M_DOWN, UI_KEY_DOWN | UI_KEY_ALT},
		{KEY_M_LEFT, UI_KEY_LEFT | UI_KEY_ALT}, {KEY_M_RIGHT, UI_KEY_RIGHT | UI_KEY_ALT},
		{KEY_PASTE_ON, UI_KEY_PASTE_BEGIN}, {KEY_PASTE_OFF, UI_KEY_PASTE_END}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if ((wint_t)keys[i].code == code)
			return keys[i].key;
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return UI_KEY_F0 + (ui_key)(code - KEY_F0);
	if (code == KEY_MOUSE && getmouse(&s.event) == OK)
		return UI_KEY_MOUSE;
	return UI_KEY_NONE;
}

static ui_key plain_key(wint_t c)
{
	if (c == '\n')
		return '\r';
	return c == 0x7f || c == '\b' ? UI_KEY_BACKSPACE : (ui_key)c;
}

/* A terminal that hung up gives ERR for ever, as one without keys does: read(2) tells them apart.
 */
static bool is_gone(void)
{
	int waiting = 0;

	return ioctl(STDIN_FILENO, FIONREAD, &waiting) < 0;
}

/* *ret is UI_KEY_NONE for one that nobody knows. False: none came. */
static bool read_key(ui_key *ret)
{
	wint_t c;
	int r = get_wch(&c);

	if (r == ERR)
		return false;
	if (r == KEY_CODE_YES) {
		*ret = function_key(c);
	} else if (c != 27) {
		*ret = plain_key(c);
	} else {
		/* What follows at once belongs to it. */
		r = get_wch(&c);
		*ret = r == ERR ? 27 : r == KEY_CODE_YES ? function_key(c) : plain_key(c);
		*ret |= r == ERR ? 0 : UI_KEY_ALT;
	}
	return true;
}

ui_key screen_key(void)
{
	ui_key key;

	/* What ncurses has read already no poll of the terminal tells of. */
	while (read_key(&key))
		if (key != UI_KEY_NONE)
			return key;
	return is_gone() ? UI_KEY_CLOSED : UI_KEY_NONE;
}

void screen_mouse(struct screen_mouse *ret)
{
	*ret = (struct screen_mouse){.y = s.event.y,
		.x = s.event.x,
		.click = s.event.bstate & BUTTON1_PRESSED,
		.wheel_up = s.event.bstate & BUTTON4_PRESSED,
		.wheel_down = s.event.bstate & BUTTON5_PRESSED};
}

/* ---- Names of keys ---- */

static const struct {
	const char *name;
	ui_key key;
} names[] = {{"Up", UI_KEY_UP}, {"Down", UI_KEY_DOWN}, {"Left", UI_KEY_LEFT},
	{"Right", UI_KEY_RIGHT}, {"Home", UI_KEY_HOME}, {"End", UI_KEY_END},
	{"PgUp", UI_KEY_PAGE_UP}, {"PgDn", UI_KEY_PAGE_DOWN}, {"Ins", UI_KEY_INSERT},
	{"Del", UI_KEY_DELETE}, {"Backspace", UI_KEY_BACKSPACE}, {"S-Tab", UI_KEY_BACKTAB},
	{"S-Up", UI_KEY_SHIFT_UP}, {"S-Down", UI_KEY_SHIFT_DOWN}, {"C-Left", UI_KEY_CTRL_LEFT},
	{"C-Right", UI_KEY_CTRL_RIGHT}, {"Enter", '\r'}, {"Tab", '\t'}, {"Esc", 27},
	{"Space", ' '}};

static ui_key plain_key_of(const char *name)
{
	uint32_t cp;
	size_t n = strlen(name);
	int f;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].key;
	if (name[0] == 'F' && n > 1 && n < 4) {
		f = name[1] - '0';
		if (n == 3)
			f = f * 10 + name[2] - '0';
		return f >= 1 && f <= 12 ? UI_KEY_F0 + (ui_key)f : UI_KEY_NONE;
	}
	if (strncmp(name, "C-", 2) == 0 && n == 3 && name[2] >= '@' && name[2] <= 'z')
		return (ui_key)name[2] & 0x1f;
	return n && utf8_decode(name, n, &cp) == n ? cp : UI_KEY_NONE;
}

ui_key screen_key_of(const char *name)
{
	ui_key key;

	if (strncmp(name, "M-", 2) != 0)
		return plain_key_of(name);
	key = plain_key_of(name + 2);
	return key ? key | UI_KEY_ALT : UI_KEY_NONE;
}

/* ---- The rest ---- */

int screen_copy(const char *p, size_t n)
{
	struct buf b;
	int r;

	if (n > SCREEN_COPY_MAX)
		return -E2BIG;
	buf_init(&b, 2 * SCREEN_COPY_MAX);
	r = buf_puts(&b, "\033]52;c;");
	if (r == 0)
		r = base64_encode(&b, p, n);
	if (r == 0)
		r = buf_puts(&b, "\a");
	if (r == 0)
		tell(buf_str(&b));
	buf_done(&b);
	return r;
}
