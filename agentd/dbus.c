/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/dbus.h"

#include "agentd/broker.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD_SIZE	16 /* up to and with the length of the header's fields */
#define AUTH_LINE_MAX	512
#define REQUEST_MAX	4096
#define READ_SIZE	(32u << 10)
#define SIGNATURE_MAX	255
#define BYTE_ORDER_MARK (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B')

enum { METHOD_CALL = 1, METHOD_RETURN, METHOD_ERROR };
enum {
	F_PATH = 1,
	F_INTERFACE,
	F_MEMBER,
	F_ERROR,
	F_REPLY_SERIAL,
	F_DESTINATION,
	F_SENDER,
	F_SIGNATURE
};
enum { NO_AUTO_START = 2 };

/* ---- Reading ---- */

bool dbus_align(struct dbus_body *b, size_t to)
{
	size_t at = (b->at + to - 1) / to * to;

	if (at > b->n)
		return false;
	b->at = at;
	return true;
}

static bool take(struct dbus_body *b, void *to, size_t n)
{
	if (!dbus_align(b, n) || b->n - b->at < n)
		return false;
	memcpy(to, b->p + b->at, n);
	b->at += n;
	return true;
}

bool dbus_u32(struct dbus_body *b, uint32_t *ret)
{
	return take(b, ret, sizeof(*ret));
}

bool dbus_u64(struct dbus_body *b, uint64_t *ret)
{
	return take(b, ret, sizeof(*ret));
}

static bool text(struct dbus_body *b, size_t n, const char **ret)
{
	if (b->n - b->at <= n || b->p[b->at + n] || memchr(b->p + b->at, '\0', n))
		return false;
	*ret = b->p + b->at;
	b->at += n + 1;
	return true;
}

bool dbus_string(struct dbus_body *b, const char **ret)
{
	uint32_t n;

	return dbus_u32(b, &n) && text(b, n, ret);
}

static bool signature(struct dbus_body *b, const char **ret)
{
	unsigned char n;

	return take(b, &n, 1) && text(b, n, ret);
}

bool dbus_variant(struct dbus_body *b, const char *want)
{
	const char *got;

	return signature(b, &got) && str_eq(got, want);
}

bool dbus_array(struct dbus_body *b, size_t align, size_t *ret_end)
{
	uint32_t n;

	if (!dbus_u32(b, &n) || !dbus_align(b, align) || b->n - b->at < n)
		return false;
	*ret_end = b->at + n;
	return true;
}

/* ---- Messages that came ---- */

/* Bytes of the whole message: 0 while its head is not there, or -EPROTO, -EMSGSIZE. */
static ssize_t message_size(const char *p, size_t n)
{
	uint32_t body, fields;
	uint64_t size;

	if (n < HEAD_SIZE)
		return 0;
	if (p[0] != BYTE_ORDER_MARK || p[3] != 1)
		return -EPROTO;
	memcpy(&body, p + 4, sizeof(body));
	memcpy(&fields, p + 12, sizeof(fields));
	size = HEAD_SIZE + ((uint64_t)fields + 7) / 8 * 8 + body;
	return size > DBUS_MESSAGE_MAX ? -EMSGSIZE : (ssize_t)size;
}

struct fields {
	uint32_t reply_serial;
	const char *signature;
};

static bool read_field(struct dbus_body *b, struct fields *f)
{
	const char *type, *value;
	unsigned char code;
	uint32_t number;

	if (!dbus_align(b, 8) || !take(b, &code, 1) || !signature(b, &type))
		return false;
	if (str_eq(type, "u")) {
		if (!dbus_u32(b, &number))
			return false;
		if (code == F_REPLY_SERIAL)
			f->reply_serial = number;
		return true;
	}
	if (str_eq(type, "g")) {
		if (!signature(b, &value))
			return false;
		if (code == F_SIGNATURE)
			f->signature = value;
		return true;
	}
	return (str_eq(type, "s") || str_eq(type, "o")) && dbus_string(b, &value);
}

int dbus_message_read(
	const char *p, size_t n, const char *returns, uint32_t *ret_serial, struct dbus_body *ret)
{
	struct fields f = {.signature = ""};
	struct dbus_body b;
	uint32_t fields;

	if (n < HEAD_SIZE || message_size(p, n) != (ssize_t)n)
		return -EPROTO;
	memcpy(&fields, p + 12, sizeof(fields));
	b = (struct dbus_body){p, HEAD_SIZE + (size_t)fields, HEAD_SIZE};
	while (b.at < b.n)
		if (!read_field(&b, &f))
			return -EPROTO;
	if ((p[1] != METHOD_RETURN && p[1] != METHOD_ERROR) || !f.reply_serial)
		return 0;
	*ret_serial = f.reply_serial;
	if (p[1] == METHOD_ERROR)
		return -EREMOTEIO;
	if (!str_eq(f.signature, returns))
		return -EPROTO;
	/* The body begins at a multiple of 8, so places in it are aligned as in the message. */
	b.n = HEAD_SIZE + ((size_t)fields + 7) / 8 * 8;
	*ret = (struct dbus_body){p + b.n, n - b.n, 0};
	return 1;
}

/* ---- Writing ---- */

static int put_aligned(struct buf *b, size_t to)
{
	return buf_fill(b, '\0', (to - b->len % to) % to);
}

static int put_u32(struct buf *b, uint32_t v)
{
	int r = put_aligned(b, sizeof(v));

	return r < 0 ? r : buf_add(b, &v, sizeof(v));
}

static int put_string(struct buf *b, const char *s)
{
	int r = put_u32(b, (uint32_t)strlen(s));

	return r < 0 ? r : buf_add(b, s, strlen(s) + 1);
}

static int put_signature(struct buf *b, const char *s)
{
	int r = buf_putc(b, (char)strlen(s));

	return r < 0 ? r : buf_add(b, s, strlen(s) + 1);
}

static int put_field(struct buf *b, char code, const char *type, const char *value)
{
	int r = put_aligned(b, 8);

	if (!r)
		r = buf_putc(b, code);
	if (!r)
		r = put_signature(b, type);
	if (!r)
		r = type[0] == 'g' ? put_signature(b, value) : put_string(b, value);
	return r;
}

static int put_fields(struct buf *b, const struct dbus_call *c, const char *arguments)
{
	int r = put_field(b, F_PATH, "o", c->object);

	if (!r)
		r = put_field(b, F_INTERFACE, "s", c->interface);
	if (!r)
		r = put_field(b, F_MEMBER, "s", c->method);
	if (!r)
		r = put_field(b, F_DESTINATION, "s", c->to);
	if (!r && arguments[0])
		r = put_field(b, F_SIGNATURE, "g", arguments);
	return r;
}

static int put_call(struct buf *b, uint32_t serial, const struct dbus_call *c)
{
	const char head[HEAD_SIZE] = {BYTE_ORDER_MARK, METHOD_CALL, NO_AUTO_START, 1};
	const char *arguments = c->args[0] ? c->args[1] ? "ss" : "s" : "";
	size_t start;
	uint32_t n;
	int r;

	buf_reset(b);
	r = buf_add(b, head, sizeof(head));
	if (!r)
		r = put_fields(b, c, arguments);
	if (r < 0)
		return r;
	n = (uint32_t)(b->len - HEAD_SIZE);
	memcpy(b->p + 12, &n, sizeof(n));
	memcpy(b->p + 8, &serial, sizeof(serial));
	r = put_aligned(b, 8);
	start = b->len;
	for (size_t i = 0; !r && i < ARRAY_LEN(c->args) && c->args[i]; i++)
		r = put_string(b, c->args[i]);
	n = (uint32_t)(b->len - start);
	if (!r)
		memcpy(b->p + 4, &n, sizeof(n));
	return r;
}

/* ---- The socket ---- */

static int wait_until(const struct dbus *d, short events, int64_t until)
{
	struct pollfd p = {.fd = d->fd, .events = events};
	int64_t left = until - clock_mono_ms();
	int n = left > 0 ? poll(&p, 1, (int)left) : 0;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n ? 0 : -ETIMEDOUT;
}

static int send_all(struct dbus *d, const char *p, size_t n, int64_t until)
{
	while (n) {
		ssize_t sent = send(d->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		int r;

		if (sent >= 0) {
			p += sent;
			n -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_until(d, POLLOUT, until);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Some more bytes into d->in. */
static int receive(struct dbus *d, int64_t until)
{
	ssize_t n;
	int r = buf_room(&d->in, READ_SIZE);

	if (r < 0)
		return r;
	n = recv(d->fd, d->in.p + d->in.len, READ_SIZE, MSG_DONTWAIT);
	if (n > 0) {
		buf_added(&d->in, (size_t)n);
		return 0;
	}
	if (n == 0)
		return -ECONNRESET;
	return errno == EAGAIN || errno == EINTR ? wait_until(d, POLLIN, until) : -errno;
}

/* The next line that the other side says while it lets us in. */
static int auth_line(struct dbus *d, const char *begins, int64_t until)
{
	char *end;

	while (!d->in.len || !(end = memmem(d->in.p, d->in.len, "\r\n", 2))) {
		int r = d->in.len > AUTH_LINE_MAX ? -EPROTO : receive(d, until);

		if (r < 0)
			return r;
	}
	if (!str_starts(d->in.p, begins))
		return -EACCES;
	buf_consume(&d->in, (size_t)(end - d->in.p) + 2);
	return 0;
}

/*
 * Who we are the other side takes from the socket; the number in hexadecimal digits of its text.
 * All is said at once: systemd's own socket forgets a call that comes together with the BEGIN.
 */
static int authenticate(struct dbus *d, int64_t until)
{
	char uid[16];
	int r;

	snprintf(uid, sizeof(uid), "%u", geteuid());
	buf_reset(&d->out);
	r = buf_putc(&d->out, '\0');
	if (!r)
		r = buf_puts(&d->out, "AUTH EXTERNAL ");
	for (const char *c = uid; !r && *c; c++)
		r = buf_printf(&d->out, "%02x", (unsigned char)*c);
	if (!r)
		r = buf_puts(&d->out, "\r\nBEGIN\r\n");
	if (!r)
		r = send_all(d, d->out.p, d->out.len, until);
	return r < 0 ? r : auth_line(d, "OK ", until);
}

static int say_hello(struct dbus *d)
{
	const struct dbus_call hello = {
		.to = "org.freedesktop.DBus",
		.object = "/org/freedesktop/DBus",
		.interface = "org.freedesktop.DBus",
		.method = "Hello",
		.returns = "s",
	};
	struct dbus_body body;

	return dbus_call(d, &hello, &body);
}

/* The relay hands the connection over that it has made. */
static int take_brokered(struct dbus *d)
{
	struct buf word;
	int relay = d->fd, r;

	d->fd = -1;
	if (relay < 0)
		return relay;
	buf_init(&word, PRIV_FRAME_MAX);
	r = priv_receive(relay, &word, &d->fd, 1, true);
	buf_done(&word);
	io_close(relay);
	if (r > 0 && d->fd >= 0)
		return io_nonblock(d->fd, true);
	return r < 0 ? r : -EPIPE;
}

static int connect_to(struct dbus *d, const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int r;

	d->fd = broker_open(PRIV_RELAY_DBUS, path);
	if (d->fd != -ENOSYS)
		return take_brokered(d);
	r = str_copy(a.sun_path, sizeof(a.sun_path), path);
	if (r < 0)
		return r;
	/* A listener whose queue is full gives EAGAIN instead of making us wait. */
	d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd < 0 || connect(d->fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	return 0;
}

int dbus_init(struct dbus *d, const char *path, bool hello)
{
	int64_t until = clock_mono_ms() + DBUS_CALL_MS;
	int r;

	*d = (struct dbus){.fd = -1};
	buf_init(&d->in, DBUS_MESSAGE_MAX + READ_SIZE);
	buf_init(&d->out, REQUEST_MAX);
	r = connect_to(d, path);
	if (r < 0)
		return r;
	r = authenticate(d, until);
	return r < 0 || !hello ? r : say_hello(d);
}

void dbus_done(struct dbus *d)
{
	if (d->in.max)
		io_close(d->fd);
	buf_done(&d->in);
	buf_done(&d->out);
	*d = (struct dbus){.fd = -1};
}

/* The next whole message; it stays at the beginning of d->in. */
static int next_message(struct dbus *d, size_t *ret, int64_t until)
{
	ssize_t size;
	int r;

	buf_consume(&d->in, d->taken);
	d->taken = 0;
	while ((size = message_size(d->in.p, d->in.len)) >= 0) {
		if (size && d->in.len >= (size_t)size) {
			d->taken = *ret = (size_t)size;
			return 0;
		}
		r = receive(d, until);
		if (r < 0)
			return r;
	}
	return (int)size;
}

int dbus_call(struct dbus *d, const struct dbus_call *c, struct dbus_body *ret)
{
	int64_t until = clock_mono_ms() + DBUS_CALL_MS;
	uint32_t serial = ++d->serial, answered;
	int r = put_call(&d->out, serial, c);

	if (!r)
		r = send_all(d, d->out.p, d->out.len, until);
	for (unsigned others = 0; !r && others < DBUS_OTHERS_MAX; others++) {
		size_t n;
		int got;

		r = next_message(d, &n, until);
		if (r < 0)
			return r;
		got = dbus_message_read(d->in.p, n, c->returns, &answered, ret);
		if (got == -EPROTO)
			return got;
		if (got && answered == serial)
			return got < 0 ? got : 0;
	}
	return r < 0 ? r : -EPROTO;
}
