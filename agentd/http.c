/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/http.h"

#include "agentd/broker.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Bytes read at once. */
#define PIECE (32u << 10)
/* Milliseconds between two looks at whether to go on. */
#define SLICE_MS 100
/* Bytes of the status line and the headers. */
#define HEAD_MAX (32u << 10)

/* ---- The answer ---- */

struct head {
	int status;
	size_t size; /* bytes up to the body */
	bool chunked, has_length;
	uint64_t length;
};

static bool name_is(struct span name, const char *want)
{
	return name.n == strlen(want) && strncasecmp(name.p, want, name.n) == 0;
}

static int take_header(struct head *h, struct span line)
{
	struct span name;

	if (!memchr(line.p, ':', line.n))
		return 0;
	span_split(&line, ':', &name);
	line = span_trim(line);
	if (name_is(name, "transfer-encoding")) {
		h->chunked = name_is(line, "chunked");
		return h->chunked || name_is(line, "identity") ? 0 : -EBADMSG;
	}
	if (!name_is(name, "content-length"))
		return 0;
	h->has_length = true;
	return parse_span(line, 10, SIZE_MAX, &h->length) < 0 ? -EBADMSG : 0;
}

/* "HTTP/1.1 200 OK", headers, an empty line. */
static int take_head(const char *p, size_t n, struct head *ret)
{
	const char *end = memmem(p, n, "\r\n\r\n", 4);
	struct span rest, line, word;
	uint64_t status;
	int r = 0;

	*ret = (struct head){0};
	if (!end)
		return n > HEAD_MAX ? -EBADMSG : -EAGAIN;
	ret->size = (size_t)(end - p) + 4;
	rest = (struct span){p, ret->size - 4};
	span_split(&rest, '\n', &line);
	line = span_trim(line);
	if (line.n < 12 || memcmp(line.p, "HTTP/1.", 7) != 0)
		return -EBADMSG;
	span_split(&line, ' ', &word);
	if (!span_split(&line, ' ', &word) || word.n != 3 || parse_span(word, 10, 999, &status) < 0)
		return -EBADMSG;
	ret->status = (int)status;
	while (!r && span_split(&rest, '\n', &line))
		r = take_header(ret, span_trim(line));
	return r;
}

/* Walks over the chunks and, with `move`, moves them together. *ret: bytes of the body. */
static int take_chunks(char *p, size_t n, bool move, size_t *ret)
{
	size_t at = 0, len = 0;

	for (;;) {
		const char *end = memchr(p + at, '\n', n - at);
		struct span line, size;
		uint64_t v;

		if (!end)
			return -EAGAIN;
		line = (struct span){p + at, (size_t)(end - p) - at};
		span_split(&line, ';', &size);
		if (parse_span(span_trim(size), 16, SIZE_MAX / 2, &v) < 0)
			return -EBADMSG;
		at = (size_t)(end - p) + 1;
		if (!v)
			break;
		if (n - at < v || n - at - v < 2)
			return -EAGAIN;
		if (move)
			memmove(p + len, p + at, v);
		len += v;
		at += v + 2;
	}
	*ret = len;
	return 0;
}

int http_take(char *p, size_t n, bool end, struct http_answer *ret)
{
	struct head h;
	size_t len;
	int r = take_head(p, n, &h);

	if (r < 0)
		return r == -EAGAIN && end ? -EBADMSG : r;
	len = n - h.size;
	if (h.chunked) {
		r = take_chunks(p + h.size, len, false, &len);
		if (r < 0)
			return r == -EAGAIN && end ? -EBADMSG : r;
		take_chunks(p + h.size, n - h.size, true, &len);
	} else if (h.has_length) {
		if (len < h.length)
			return end ? -EBADMSG : -EAGAIN;
		len = (size_t)h.length;
	} else if (!end) {
		return -EAGAIN;
	}
	*ret = (struct http_answer){h.status, p + h.size, len};
	p[h.size + len] = '\0';
	return 0;
}

/* ---- The socket ---- */

static int connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = broker_open(PRIV_RELAY_HTTP, path), r;

	if (fd >= 0)
		io_nonblock(fd, true);
	if (fd != -ENOSYS)
		return fd;
	r = str_copy(addr.sun_path, sizeof(addr.sun_path), path);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		r = -errno;
		io_close(fd);
		return r;
	}
	return fd;
}

static int wait_for(int fd, short events, int64_t deadline, http_stop stop, void *arg)
{
	struct pollfd p = {.fd = fd, .events = events};
	int r;

	do {
		if (stop && stop(arg))
			return -ECANCELED;
		if (clock_mono_ms() >= deadline)
			return -ETIMEDOUT;
		r = poll(&p, 1, SLICE_MS);
	} while (r == 0 || (r < 0 && errno == EINTR));
	return r < 0 ? -errno : 0;
}

static int send_all(int fd, const char *p, size_t n, int64_t deadline, http_stop stop, void *arg)
{
	while (n) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
		int r = 0;

		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (sent < 0)
			r = wait_for(fd, POLLOUT, deadline, stop, arg);
		if (r < 0)
			return r;
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
	}
	return 0;
}

static int receive(int fd, struct buf *raw, int64_t deadline, http_stop stop, void *arg,
	struct http_answer *ret)
{
	for (;;) {
		size_t room = raw->max - raw->len;
		ssize_t n;
		int r = wait_for(fd, POLLIN, deadline, stop, arg);

		if (!r && !room)
			r = -EMSGSIZE;
		if (!r)
			r = buf_room(raw, room < PIECE ? room : PIECE);
		if (r < 0)
			return r;
		n = recv(fd, raw->p + raw->len, room < PIECE ? room : PIECE, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		buf_added(raw, (size_t)n);
		r = raw->p ? http_take(raw->p, raw->len, n == 0, ret) : -EBADMSG;
		if (r != -EAGAIN)
			return r;
	}
}

int http_get(const char *path, const char *target, http_stop stop, void *arg, struct buf *raw,
	struct http_answer *ret)
{
	int64_t deadline = clock_mono_ms() + HTTP_TIMEOUT_MS;
	struct buf request;
	int fd = connect_to(path), r;

	if (fd < 0)
		return fd;
	buf_init(&request, 8192);
	buf_reset(raw);
	r = buf_printf(&request, "GET %s" HTTP_REQUEST_TAIL, target);
	if (!r)
		r = send_all(fd, request.p, request.len, deadline, stop, arg);
	if (!r)
		r = receive(fd, raw, deadline, stop, arg, ret);
	buf_done(&request);
	io_close(fd);
	return r;
}
