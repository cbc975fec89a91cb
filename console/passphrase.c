/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/passphrase.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"
#include "common/text.h"
#include "console/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Bytes of what is shown, of which each may have become ten. */
#define PROMPT_MAX (80u << 10)
#define TICK_MS	   100

bool passphrase_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* Whatever else it holds, newlines end lines. */
static int add_lines(struct buf *b, const char *what)
{
	struct span rest = span_str(what), line;
	int r = 0;

	for (bool first = true; r == 0 && span_split(&rest, '\n', &line); first = false) {
		if (!first)
			r = buf_putc(b, '\n');
		if (r == 0)
			r = text_escape(b, line.p, line.n);
	}
	return r;
}

static int prompt(int fd, const char *before, const char *what, const char *after)
{
	struct buf b;
	int r;

	buf_init(&b, PROMPT_MAX);
	r = buf_puts(&b, before);
	if (r == 0)
		r = *before ? text_escape(&b, what, strlen(what)) : add_lines(&b, what);
	if (r == 0)
		r = buf_puts(&b, after);
	if (r == 0)
		r = io_write_all(fd, b.p, b.len);
	buf_done(&b);
	return r;
}

/* 0 when there is something to read, -EINTR after Ctrl-C, whenever and to whichever thread it came.
 */
static int wait_for_keys(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	for (;;) {
		if (interrupted())
			return -EINTR;
		if (poll(&pfd, 1, TICK_MS) > 0)
			return 0;
	}
}

/* A line without its newline; byte by byte, so that nothing typed after it is taken. */
static int read_line(int fd, char *buf, size_t size)
{
	size_t n = 0;

	for (;;) {
		char c;
		ssize_t got;
		int r = wait_for_keys(fd);

		if (r < 0)
			return r;
		got = read(fd, &c, 1);
		if (got < 0)
			return -errno;
		if (got == 0 && n == 0)
			return -ECANCELED;
		if (got == 0 || c == '\n')
			break;
		if (n + 1 == size)
			return -EMSGSIZE;
		buf[n++] = c;
	}
	buf[n] = '\0';
	return 0;
}

static int ask(
	const char *lead, const char *what, const char *after, bool echo, char *buf, size_t size)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), r;
	struct termios before, silent;

	if (fd < 0)
		return -errno;
	if (tcgetattr(fd, &before) < 0) {
		r = -errno;
		goto out;
	}
	silent = before;
	if (!echo)
		silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	/* Before it asks: the change drops what was typed so far. */
	if (tcsetattr(fd, TCSAFLUSH, &silent) < 0) {
		r = -errno;
		goto out;
	}
	r = prompt(fd, lead, what, after);
	if (r == 0)
		r = read_line(fd, buf, size);
	tcsetattr(fd, TCSAFLUSH, &before);
	if (!echo || r == -EINTR)
		(void)io_write_all(fd, "\n", 1);
	if (r < 0)
		explicit_bzero(buf, size);
out:
	io_close(fd);
	return r;
}

int passphrase_ask(const char *key_file, char *buf, size_t size, void *arg)
{
	int r = ask("Passphrase for ", key_file, ": ", false, buf, size);

	(void)arg;
	return r == 0 && !*buf ? -ECANCELED : r;
}

int passphrase_answer(const char *prompt, bool echo, char *buf, size_t size)
{
	return ask("", prompt, "", echo, buf, size);
}
