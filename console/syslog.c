/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/syslog.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"
#include "common/version.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LOCAL	 "/dev/log"
#define PORT	 "514"
#define HOST_MAX 255 /* of a host, in a message's head */
/* authpriv, notice */
#define PRIORITY (10 << 3 | 5)
#define HEAD_MAX 1024

struct syslog {
	int fd;
	enum { DATAGRAMS, LINES, COUNTED } framing;
	size_t max;
	char host[HOST_MAX + 1], id[33];
	struct buf line; /* what is not ended yet, as much as fits a message */
	struct buf out;
	uint64_t number, cut;
	int error;
};

/* ---- Waiting ---- */

/* 0, -ETIMEDOUT, or the socket's own error. */
static int wait_for(int fd, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int64_t left;
	socklen_t size = sizeof(int);
	int r, error = 0;

	do {
		left = until - clock_mono_ms();
		r = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r < 0 ? -errno : -ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? -errno : -error;
}

/* A connected socket that does not block, or -errno. */
static int connect_to(int family, int type, const struct sockaddr *to, socklen_t size)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, to, size) < 0)
		r = errno == EINPROGRESS || errno == EAGAIN
			    ? wait_for(fd, clock_mono_ms() + SYSLOG_WAIT_MS)
			    : -errno;
	if (r == 0)
		return fd;
	io_close(fd);
	return r;
}

/* ---- Where to ---- */

static int open_unix(struct syslog *s, const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const struct sockaddr *a = (const struct sockaddr *)&to;
	int r = str_copy(to.sun_path, sizeof(to.sun_path), path);

	if (r < 0)
		return r;
	s->max = SYSLOG_STREAM_MAX;
	s->framing = DATAGRAMS;
	r = connect_to(AF_UNIX, SOCK_DGRAM, a, sizeof(to));
	if (r == -EPROTOTYPE) {
		s->framing = LINES;
		r = connect_to(AF_UNIX, SOCK_STREAM, a, sizeof(to));
	}
	return r;
}

/* HOST, HOST:PORT, [HOST] or [HOST]:PORT; of more than one colon without brackets all is a host. */
static int split_host(const char *text, char *host, size_t size, const char **ret_port)
{
	const char *colon = strchr(text, ':'), *end = strchr(text, ']');
	struct span name = span_str(text);

	*ret_port = PORT;
	if (*text == '[' && end && (end[1] == '\0' || end[1] == ':')) {
		name = (struct span){text + 1, (size_t)(end - text) - 1};
		colon = end[1] ? end + 1 : NULL;
	} else if (colon && !strchr(colon + 1, ':')) {
		name.n = (size_t)(colon - text);
	} else {
		colon = NULL;
	}
	if (colon)
		*ret_port = colon + 1;
	if (name.n == 0 || name.n >= size || !**ret_port)
		return -EINVAL;
	memcpy(host, name.p, name.n);
	host[name.n] = '\0';
	return 0;
}

static int open_network(struct syslog *s, const char *text, int type, struct err *err)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = type};
	struct addrinfo *all = NULL;
	const char *port;
	char host[256];
	int r = split_host(text, host, sizeof(host), &port);

	if (r < 0)
		return err_set(err, EINVAL, "`%s` is no HOST[:PORT]", text);
	r = getaddrinfo(host, port, &hints, &all);
	if (r != 0)
		return err_set(err, EHOSTUNREACH, "%s: %s", text, gai_strerror(r));
	s->framing = type == SOCK_DGRAM ? DATAGRAMS : COUNTED;
	s->max = type == SOCK_DGRAM ? SYSLOG_UDP_MAX : SYSLOG_STREAM_MAX;
	r = -EHOSTUNREACH;
	for (const struct addrinfo *a = all; a && r < 0; a = a->ai_next)
		r = connect_to(a->ai_family, type, a->ai_addr, a->ai_addrlen);
	freeaddrinfo(all);
	return r < 0 ? err_sys(err, -r, "%s", text) : r;
}

/* A descriptor, or -errno with `err`. */
static int open_where(struct syslog *s, const char *where, struct err *err)
{
	const char *path = str_eq(where, "local") ? LOCAL : NULL;
	int r;

	if (str_starts(where, "udp:"))
		return open_network(s, where + 4, SOCK_DGRAM, err);
	if (str_starts(where, "tcp:"))
		return open_network(s, where + 4, SOCK_STREAM, err);
	if (str_starts(where, "unix:/"))
		path = where + 5;
	if (!path)
		return err_set(err, EINVAL,
			"`%s` is none of local, unix:PATH, udp:HOST[:PORT], tcp:HOST[:PORT]",
			where);
	r = open_unix(s, path);
	return r < 0 ? err_sys(err, -r, "%s", path) : r;
}

/* ---- Messages ---- */

/* What may stand in a head: printable ASCII without blanks. "-": nothing does. */
static void put_word(char *ret, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++)
		if (*text > ' ' && *text < 0x7f)
			ret[n++] = *text;
	if (n == 0)
		ret[n++] = '-';
	ret[n] = '\0';
}

static int put_head(struct syslog *s)
{
	int64_t now = clock_real_us();
	time_t at = (time_t)(now / 1000000);
	char time[32] = "-";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &tm);
	return buf_printf(&s->out,
		"<%d>1 %s.%06dZ %s tocsin %d %s [meta sequenceId=\"%" PRIu64 "\"]"
		"[origin software=\"tocsin\" swVersion=\"" TOCSIN_VERSION "\"] ",
		PRIORITY, time, (int)(now % 1000000), s->host, (int)getpid(), s->id,
		/* From 1 to 2147483647, then from 1 again. */
		s->number % INT32_MAX + 1);
}

/* As much of the line as fits, up to the end of a character. */
static size_t fitting(const struct syslog *s, const char *p, size_t n)
{
	size_t room = s->max - s->out.len;

	if (n <= room)
		return n;
	while (room > 0 && ((unsigned char)p[room] & 0xc0) == 0x80)
		room--;
	return room;
}

static int send_all(struct syslog *s, const char *p, size_t n, int flags)
{
	int64_t until = clock_mono_ms() + SYSLOG_WAIT_MS;

	while (n > 0) {
		ssize_t sent = send(s->fd, p, n, MSG_NOSIGNAL | flags);
		int r = 0;

		if (sent < 0 && errno == EAGAIN)
			r = wait_for(s->fd, until);
		else if (sent < 0 && errno != EINTR)
			r = -errno;
		if (r < 0)
			return r;
		p += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

/* `cut`: there was more of it than `line` holds. */
static int send_message(struct syslog *s, struct span line, bool cut)
{
	char count[32];
	size_t n;
	int r;

	buf_reset(&s->out);
	r = put_head(s);
	if (r < 0)
		return r;
	n = fitting(s, line.p, line.n);
	r = buf_add(&s->out, line.p, n);
	if (r == 0 && s->framing == LINES)
		r = buf_putc(&s->out, '\n');
	if (r == 0 && s->framing == COUNTED) {
		snprintf(count, sizeof(count), "%zu ", s->out.len);
		r = send_all(s, count, strlen(count), MSG_MORE);
	}
	if (r == 0)
		r = send_all(s, s->out.p, s->out.len, 0);
	s->number++;
	s->cut += cut || n < line.n;
	return r;
}

static int end_line(struct syslog *s)
{
	/* One byte more than a message has tells of what did not fit. */
	bool cut = s->line.len > s->max;
	int r = s->line.len ? send_message(s, (struct span){s->line.p, s->line.len}, cut) : 0;

	buf_reset(&s->line);
	return r;
}

int syslog_write(void *syslog, const char *p, size_t n)
{
	struct syslog *s = syslog;

	while (s->error == 0 && n > 0) {
		const char *end = memchr(p, '\n', n);
		size_t part = end ? (size_t)(end - p) : n, room = s->max + 1 - s->line.len;

		s->error = buf_add(&s->line, p, part < room ? part : room);
		if (s->error == 0 && end)
			s->error = end_line(s);
		/* Of standard output that would mean that nobody wants more. */
		if (s->error == -EPIPE)
			s->error = -ECONNRESET;
		p += part + (end != NULL);
		n -= part + (end != NULL);
	}
	return s->error;
}

/* ---- The beginning and the end ---- */

struct syslog *syslog_open(const char *where, const char *id, struct err *err)
{
	struct syslog *s = calloc(1, sizeof(*s));
	char host[HOST_MAX + 1] = "";

	if (!s) {
		err_sys(err, ENOMEM, "syslog");
		return NULL;
	}
	s->fd = open_where(s, where, err);
	if (s->fd < 0) {
		err_prefix(err, "syslog");
		free(s);
		return NULL;
	}
	(void)gethostname(host, sizeof(host) - 1);
	put_word(s->host, sizeof(s->host), host);
	put_word(s->id, sizeof(s->id), id);
	buf_init(&s->line, s->max + 1);
	buf_init(&s->out, s->max + HEAD_MAX);
	return s;
}

void syslog_close(struct syslog *s)
{
	if (!s)
		return;
	io_close(s->fd);
	buf_done(&s->line);
	buf_done(&s->out);
	free(s);
}

uint64_t syslog_cut(const struct syslog *s)
{
	return s->cut;
}
