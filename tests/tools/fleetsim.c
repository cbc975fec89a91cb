/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fleet in one process: thousands of hosts on 127/8 that speak real SSH and the real wire, some
 * of them dead, hanging, slow, resetting, lying or flooding. For tests and benches only.
 *
 *   fleetsim --hosts 1000 --dir DIR [--rows 1] [--dead 10 --hang 5 …] [--seconds 600]
 *
 * Host i has the address 127.B.x.y (--net B). DIR is filled with `inventory`, `known_hosts` (a line
 * per host), `id` and `id.pub` (the client's key, any key is accepted), and `modes` (host and mode,
 * a line each). Rates are per thousand hosts; which hosts they are depends on the number alone.
 * Prints "ready" when it listens; ends when stdin does, on SIGTERM, or after --seconds.
 */
/* The message interface is old, and just what a server without an event loop of libssh's needs. */
#define SSH_SUPPRESS_DEPRECATED

#include "common/buf.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/lines.h"
#include "common/loop.h"
#include "common/opts.h"
#include "common/str.h"
#include "common/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_KEYS  16
#define BACKLOG	   4096
#define READ_SIZE  4096
#define PIPE_BYTES 4096
/* Bytes of an answer kept ready for one session; more is made as these leave. */
#define OUT_TARGET    (128u << 10)
#define ROWS_PER_LINE 100
#define FLOOD_LINE    (32u << 10)
/* How often the gate is looked at. */
#define GATE_MS 20

enum mode {
	MODE_GOOD,
	MODE_DEAD,  /* nothing listens: refused */
	MODE_HOLE,  /* packets are lost: a backlog that is full */
	MODE_HANG,  /* accepts, never speaks */
	MODE_MUTE,  /* SSH goes well, the agent never says hello */
	MODE_SLOW,  /* answers late */
	MODE_RESET, /* resets the connection at once */
	MODE_DROP,  /* closes in the middle of an answer */
	MODE_LIE,   /* answers nonsense */
	MODE_FLOOD, /* rows without end */
	MODE_COUNT,
};
static const char *const mode_names[MODE_COUNT] = {
	"good", "dead", "hole", "hang", "mute", "slow", "reset", "drop", "lie", "flood"};

struct options {
	uint64_t hosts, rows, port, net, slow_ms, seconds;
	uint64_t rates[MODE_COUNT];
	const char *dir, *gate;
};

#define RATE(mode, word, what)                                                                     \
	{                                                                                          \
		0, word, "N", OPT_UINT,                                                            \
			offsetof(struct options, rates) + (mode) * sizeof(uint64_t), 0, 1000,      \
			NULL, "of a thousand hosts " what                                          \
	}
static const struct opt options_table[] = {
	{0, "hosts", "N", OPT_UINT, offsetof(struct options, hosts), 1, 60000, NULL,
		"how many hosts"},
	{0, "rows", "N", OPT_UINT, offsetof(struct options, rows), 0, 1e9, NULL,
		"rows of an answer"},
	{0, "port", "PORT", OPT_UINT, offsetof(struct options, port), 1, 65000, NULL,
		"PORT listens, PORT+1 is dead, PORT+2 a black hole"},
	{0, "net", "B", OPT_UINT, offsetof(struct options, net), 1, 254, NULL,
		"addresses 127.B.x.y"},
	{0, "slow-ms", "MS", OPT_UINT, offsetof(struct options, slow_ms), 0, 1e6, NULL,
		"how late a slow host is"},
	{0, "gate", "FILE", OPT_STRING, offsetof(struct options, gate), 0, 0, NULL,
		"slow hosts answer as soon as FILE is there, instead"},
	{0, "seconds", "S", OPT_UINT, offsetof(struct options, seconds), 1, 86400, NULL,
		"ends by itself after that"},
	{0, "dir", "DIR", OPT_STRING, offsetof(struct options, dir), 0, 0, NULL,
		"where inventory, known_hosts and keys are written"},
	RATE(MODE_DEAD, "dead", "refuse the connection"),
	RATE(MODE_HOLE, "hole", "lose packets"),
	RATE(MODE_HANG, "hang", "accept and never speak"),
	RATE(MODE_MUTE, "mute", "have an agent that never speaks"),
	RATE(MODE_SLOW, "slow", "answer late"),
	RATE(MODE_RESET, "reset", "reset the connection"),
	RATE(MODE_DROP, "drop", "close in the middle of an answer"),
	RATE(MODE_LIE, "lie", "answer nonsense"),
	RATE(MODE_FLOOD, "flood", "send rows without end"),
	OPT_END,
};

static struct options o = {
	.hosts = 100, .rows = 1, .port = 2200, .net = 20, .slow_ms = 3000, .seconds = 600};
static struct loop *loop;
static ssh_bind binds[HOST_KEYS];
static char *rows_text; /* the rows of one full line: [...],[...]]}\n */
static size_t rows_text_len;

struct session {
	struct session *next_free;
	struct loop_io io;
	struct loop_timer timer;
	ssh_session ssh;
	ssh_channel channel;
	struct ssh_counter_struct counter;
	enum mode mode;
	uint32_t host;
	bool kex_done, agent; /* the subsystem was asked for */
	bool answering;	      /* a query is being answered */
	bool gone;
	int64_t id;
	uint64_t rows_left;
	unsigned lie;
	struct lines in;
	struct buf out;
};

/* ---- Which host is what ---- */

static enum mode mode_of(uint32_t host)
{
	uint64_t at = (host * 2654435761u >> 8) % 1000, sum = 0;

	for (int m = MODE_GOOD + 1; m < MODE_COUNT; m++) {
		sum += o.rates[m];
		if (at < sum)
			return (enum mode)m;
	}
	return MODE_GOOD;
}

static uint32_t address_of(uint32_t host)
{
	return 127u << 24 | (uint32_t)o.net << 16 | (host / 250) << 8 | (host % 250 + 1);
}

static uint32_t host_of(uint32_t address)
{
	return (address >> 8 & 255) * 250 + (address & 255) - 1;
}

static unsigned port_of(enum mode mode)
{
	return (unsigned)o.port + (mode == MODE_DEAD ? 1 : mode == MODE_HOLE ? 2 : 0);
}

/* ---- The agent that it plays ---- */

static void say_hello(struct session *s)
{
	static const char *const ops[] = {"query", "tables", "cancel", "ping", NULL},
				 *const none[] = {NULL};
	char name[32];
	struct wire_hello h = {.protocol = WIRE_PROTOCOL,
		.agent = "0.1.0",
		.name = name,
		.machine_id = "",
		.boot_id = "",
		.os = "Simulated",
		.os_version = "1",
		.kernel = "6.1.0",
		.arch = "x86_64",
		.time = (double)clock_real_us() / 1e6,
		.ops = ops,
		.actions = none};

	snprintf(name, sizeof(name), "sim%05u", s->host);
	(void)wire_put_hello(&s->out, &h);
}

static void put_columns(struct session *s)
{
	static const struct wire_column columns[] = {{"pid", "BIGINT"}, {"name", "TEXT"},
		{"path", "TEXT"}, {"cmdline", "TEXT"}, {"uid", "BIGINT"}};

	(void)wire_put_columns(&s->out, s->id, columns, ARRAY_LEN(columns));
}

/* Where in rows_text the row `n` from its end begins: rows are all of one length. */
static void put_rows(struct session *s)
{
	uint64_t n = s->rows_left < ROWS_PER_LINE ? s->rows_left : ROWS_PER_LINE;
	size_t row = (rows_text_len - 2) / ROWS_PER_LINE;

	(void)buf_printf(&s->out, "{\"op\":\"rows\",\"id\":%lld,\"rows\":[", (long long)s->id);
	(void)buf_add(&s->out, rows_text + (ROWS_PER_LINE - n) * row,
		rows_text_len - (ROWS_PER_LINE - n) * row);
	s->rows_left -= n;
}

static void put_done(struct session *s)
{
	struct wire_done done = {.rows = (int64_t)o.rows, .ms = 1};

	(void)wire_put_done(&s->out, s->id, &done);
	s->answering = false;
}

static void put_lie(struct session *s)
{
	static const char *const lies[] = {
		"{\"op\":\"rows\",\"id\":%lld,\"rows\":[[1]]}\n",
		"{\"op\":\"columns\",\"id\":%lld,\"columns\":[{\"name\":\"a\",\"type\":\"TEXT\"}]}"
		"\n"
		"{\"op\":\"rows\",\"id\":1,\"rows\":[[1,2,3]]}\n",
		"{\"op\":\"rows\",\"id\":%lld,\"rows\":[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]"
		"}\n",
		"this is no JSON %lld\n",
		"{\"op\":\"done\",\"id\":%lld,\"rows\":-5,\"ms\":\"x\"}\n",
	};

	/* The formats are the array above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)buf_printf(&s->out, lies[s->host % ARRAY_LEN(lies)], (long long)s->id);
#pragma GCC diagnostic pop
	s->answering = false;
}

/* Makes more of the answer while there is room. */
static void produce(struct session *s)
{
	while (s->answering && s->out.len < OUT_TARGET) {
		if (s->mode == MODE_LIE) {
			put_lie(s);
		} else if (s->mode == MODE_DROP && s->rows_left < o.rows) {
			s->gone = true;
			return;
		} else if (s->rows_left) {
			put_rows(s);
		} else if (s->mode == MODE_FLOOD) {
			s->rows_left = ROWS_PER_LINE;
		} else {
			put_done(s);
		}
	}
}

static void answer(struct session *s)
{
	if (s->mode != MODE_LIE)
		put_columns(s);
	s->answering = true;
	s->rows_left = o.rows;
	produce(s);
}

static void pump(struct session *s);

static void slow_timer(struct loop_timer *timer)
{
	struct session *s = timer->arg;

	if (o.gate && access(o.gate, F_OK) < 0) {
		(void)loop_timer_in(loop, timer, GATE_MS);
		return;
	}
	answer(s);
	pump(s);
}

static void request(struct session *s, const char *line, size_t n)
{
	struct wire_request r;
	struct err err;

	if (s->mode == MODE_MUTE)
		return;
	if (wire_request_read(line, n, &r, &err) < 0) {
		(void)wire_put_error(&s->out, -1, WIRE_CODE_USAGE, err.text);
		wire_request_done(&r);
		return;
	}
	if (r.op == WIRE_OP_PING) {
		(void)wire_put_pong(&s->out, r.id, NULL);
	} else if (r.op == WIRE_OP_CANCEL) {
		struct wire_done done = {0};

		loop_timer_stop(loop, &s->timer);
		if (s->answering && s->id == r.target)
			(void)wire_put_error(&s->out, s->id, WIRE_CODE_CANCELLED, "cancelled");
		s->answering = false;
		(void)wire_put_done(&s->out, r.id, &done);
	} else {
		s->id = r.id;
		if (s->mode == MODE_SLOW)
			(void)loop_timer_in(loop, &s->timer, o.gate ? 0 : (int64_t)o.slow_ms);
		else
			answer(s);
	}
	wire_request_done(&r);
}

/* ---- SSH ---- */

static void session_end(struct session *s)
{
	bool own;

	loop_unwatch(loop, &s->io);
	loop_timer_stop(loop, &s->timer);
	if (s->ssh) {
		own = ssh_get_fd(s->ssh) >= 0;
		if (s->channel)
			ssh_channel_free(s->channel);
		ssh_disconnect(s->ssh);
		ssh_free(s->ssh);
		if (own)
			io_close(s->io.fd);
	} else {
		io_close(s->io.fd);
	}
	lines_done(&s->in);
	buf_done(&s->out);
	free(s);
}

static void take_auth(ssh_message m)
{
	if (ssh_message_subtype(m) != SSH_AUTH_METHOD_PUBLICKEY) {
		ssh_message_auth_set_methods(m, SSH_AUTH_METHOD_PUBLICKEY);
		ssh_message_reply_default(m);
	} else if (ssh_message_auth_publickey_state(m) == SSH_PUBLICKEY_STATE_NONE) {
		ssh_message_auth_reply_pk_ok_simple(m);
	} else if (ssh_message_auth_publickey_state(m) == SSH_PUBLICKEY_STATE_VALID) {
		ssh_message_auth_reply_success(m, 0);
	} else {
		ssh_message_reply_default(m);
	}
}

static void take_message(struct session *s, ssh_message m)
{
	int type = ssh_message_type(m);

	if (type == SSH_REQUEST_AUTH) {
		take_auth(m);
	} else if (type == SSH_REQUEST_SERVICE) {
		ssh_message_service_reply_success(m);
	} else if (type == SSH_REQUEST_CHANNEL_OPEN && !s->channel) {
		s->channel = ssh_message_channel_request_open_reply_accept(m);
	} else if (type == SSH_REQUEST_CHANNEL &&
		   ssh_message_subtype(m) == SSH_CHANNEL_REQUEST_SUBSYSTEM && !s->agent) {
		ssh_message_channel_request_reply_success(m);
		s->agent = true;
		if (s->mode != MODE_MUTE)
			say_hello(s);
	} else {
		ssh_message_reply_default(m);
	}
}

static void read_channel(struct session *s)
{
	char *p;
	size_t n;
	int got;

	while (!s->gone && lines_room(&s->in, READ_SIZE, &p) == 0) {
		got = ssh_channel_read_nonblocking(s->channel, p, READ_SIZE, 0);
		if (got == SSH_EOF || got == SSH_ERROR ||
			(got == 0 && ssh_channel_is_eof(s->channel)))
			s->gone = true;
		if (got <= 0)
			return;
		lines_added(&s->in, (size_t)got);
		while (lines_next(&s->in, &p, &n) == 1)
			request(s, p, n);
	}
}

/* Packets of what sshd finds in the pipe of an agent. */
static void write_channel(struct session *s)
{
	while (s->out.len && !s->gone) {
		uint32_t window = ssh_channel_window_size(s->channel);
		size_t room = window < PIPE_BYTES ? window : PIPE_BYTES;
		size_t n = s->out.len < room ? s->out.len : room;
		int put = n ? ssh_channel_write(s->channel, s->out.p, (uint32_t)n) : 0;

		if (put < 0)
			s->gone = true;
		if (put <= 0 || ssh_blocking_flush(s->ssh, 0) == SSH_AGAIN) {
			if (put > 0)
				buf_consume(&s->out, (size_t)put);
			return;
		}
		buf_consume(&s->out, (size_t)put);
		produce(s);
	}
}

/* Everything that can be done now without waiting. */
static void step(struct session *s)
{
	ssh_message m;

	if (!s->kex_done) {
		int r = ssh_handle_key_exchange(s->ssh);

		if (r == SSH_ERROR)
			s->gone = true;
		if (r != SSH_OK)
			return;
		s->kex_done = true;
		ssh_set_auth_methods(s->ssh, SSH_AUTH_METHOD_PUBLICKEY);
	}
	while (!s->agent && !s->gone && (m = ssh_message_get(s->ssh))) {
		take_message(s, m);
		ssh_message_free(m);
	}
	if (s->agent) {
		read_channel(s);
		write_channel(s);
	}
	if (!ssh_is_connected(s->ssh))
		s->gone = true;
}

static void pump(struct session *s)
{
	uint64_t before;
	bool again = false;

	do {
		before = s->counter.in_bytes;
		step(s);
		if (!s->gone)
			again = ssh_blocking_flush(s->ssh, 0) == SSH_AGAIN;
	} while (!s->gone && s->counter.in_bytes != before);
	if (s->gone)
		session_end(s);
	else
		(void)loop_watch(loop, &s->io, EPOLLIN | (again ? EPOLLOUT : 0));
}

static void session_event(struct loop_io *io, uint32_t events)
{
	struct session *s = io->arg;
	char byte;

	(void)events;
	if (s->ssh) {
		pump(s);
	} else if (read(io->fd, &byte, 1) <= 0 && errno != EAGAIN) {
		session_end(s); /* a hanging host reads nothing but the end */
	}
}

static void reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	io_close(fd);
}

static int start_ssh(struct session *s)
{
	const int one = 1;
	bool off = false;

	(void)setsockopt(s->io.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	s->ssh = ssh_new();
	if (!s->ssh)
		return -ENOMEM;
	ssh_options_set(s->ssh, SSH_OPTIONS_PROCESS_CONFIG, &off);
	ssh_set_blocking(s->ssh, 0);
	ssh_set_counters(s->ssh, &s->counter, NULL);
	if (ssh_bind_accept_fd(binds[s->host % HOST_KEYS], s->ssh, s->io.fd) != SSH_OK)
		return -EIO;
	ssh_set_blocking(s->ssh, 0);
	return io_nonblock(s->io.fd, true);
}

static void accepted(int fd)
{
	struct sockaddr_in here;
	socklen_t len = sizeof(here);
	struct session *s;
	uint32_t host;

	if (getsockname(fd, (struct sockaddr *)&here, &len) < 0 || here.sin_family != AF_INET) {
		io_close(fd);
		return;
	}
	host = host_of(ntohl(here.sin_addr.s_addr));
	if (mode_of(host) == MODE_RESET) {
		reset(fd);
		return;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		io_close(fd);
		return;
	}
	s->host = host;
	s->mode = mode_of(host);
	s->io = (struct loop_io){.fd = fd, .fn = session_event, .arg = s};
	s->timer = (struct loop_timer){.fn = slow_timer, .arg = s};
	lines_init(&s->in, WIRE_REQUEST_MAX);
	buf_init(&s->out, 16u << 20);
	if ((s->mode != MODE_HANG && start_ssh(s) < 0) || loop_watch(loop, &s->io, EPOLLIN) < 0) {
		session_end(s);
		return;
	}
	if (s->ssh)
		pump(s);
}

static void listener_event(struct loop_io *io, uint32_t events)
{
	(void)events;
	for (int i = 0; i < 64; i++) {
		int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		accepted(fd);
	}
}

/* ---- Setting up ---- */

static int die(const char *what)
{
	fprintf(stderr, "fleetsim: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listen_on(unsigned port, int backlog)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
		bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, backlog) < 0)
		die("listen");
	return fd;
}

/* A listener that never accepts and whose backlog is full loses every further SYN. */
static void dig_hole(unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	listen_on(port, 0);
	for (int i = 0; i < 3; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 &&
				      errno != EINPROGRESS))
			die("black hole");
	}
}

static FILE *create(const char *name, mode_t mode)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", o.dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		die(path);
	return fdopen(fd, "w");
}

static void make_client_key(void)
{
	char path[4096];
	ssh_key key = NULL;
	char *text = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "%s/id", o.dir);
	unlink(path);
	if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK ||
		ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) != SSH_OK ||
		chmod(path, 0600) < 0 || ssh_pki_export_pubkey_base64(key, &text) != SSH_OK)
		die("client key");
	f = create("id.pub", 0644);
	fprintf(f, "ssh-ed25519 %s fleetsim\n", text);
	fclose(f);
	ssh_string_free_char(text);
	ssh_key_free(key);
}

static void make_host_keys(char *public[HOST_KEYS])
{
	bool off = false;

	for (int i = 0; i < HOST_KEYS; i++) {
		ssh_key key = NULL;

		binds[i] = ssh_bind_new();
		if (!binds[i] || ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK ||
			ssh_pki_export_pubkey_base64(key, &public[i]) != SSH_OK)
			die("host key");
		ssh_bind_options_set(binds[i], SSH_BIND_OPTIONS_PROCESS_CONFIG, &off);
		/* The bind owns the key from here on. */
		ssh_bind_options_set(binds[i], SSH_BIND_OPTIONS_IMPORT_KEY, key);
	}
}

static void write_files(char *const public[HOST_KEYS])
{
	FILE *inventory = create("inventory", 0644), *known = create("known_hosts", 0644),
	     *modes = create("modes", 0644);

	for (uint32_t i = 0; i < o.hosts; i++) {
		struct in_addr a = {htonl(address_of(i))};
		char text[INET_ADDRSTRLEN];
		enum mode m = mode_of(i);

		inet_ntop(AF_INET, &a, text, sizeof(text));
		fprintf(inventory, "sim%05u ansible_host=%s ansible_port=%u\n", i, text,
			port_of(m));
		fprintf(known, "[%s]:%u ssh-ed25519 %s\n", text, port_of(m), public[i % HOST_KEYS]);
		fprintf(modes, "sim%05u %s\n", i, mode_names[m]);
	}
	if (fclose(inventory) || fclose(known) || fclose(modes))
		die("writing the files");
}

/* Rows of one length each, so that a line with fewer is the end of a full one. */
static void make_rows(void)
{
	struct buf b;

	buf_init(&b, 1u << 20);
	for (int i = 0; i < ROWS_PER_LINE; i++)
		if (buf_printf(&b,
			    "[%d,\"daemon-%03d\",\"/usr/sbin/daemon-%03d\",\"/usr/sbin/daemon-%03d "
			    "--foreground "
			    "--config /etc/daemon.conf\",%d]%s",
			    1000 + i, i, i, i, 100 + i % 900,
			    i + 1 < ROWS_PER_LINE ? "," : "]") < 0)
			die("rows");
	if (buf_puts(&b, "}\n") < 0)
		die("rows");
	rows_text_len = b.len;
	rows_text = buf_steal(&b);
}

static void on_signal(int signo, void *arg)
{
	(void)signo;
	(void)arg;
	loop_stop(loop);
}

static void on_time(struct loop_timer *t)
{
	(void)t;
	loop_stop(loop);
}

static void on_stdin(struct loop_io *io, uint32_t events)
{
	char some[256];

	(void)events;
	if (read(io->fd, some, sizeof(some)) <= 0)
		loop_stop(loop);
}

static void raise_files(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
}

int main(int argc, char **argv)
{
	const struct opt_set sets[] = {{options_table, &o}, {NULL, NULL}};
	struct loop_timer deadline = {.fn = on_time};
	struct loop_io in = {.fd = STDIN_FILENO, .fn = on_stdin};
	struct loop_io listener = {.fn = listener_event};
	char *public[HOST_KEYS];
	struct err err;
	sigset_t set;
	int rest;

	if (opts_parse(sets, argc - 1, argv + 1, false, &rest, &err) < 0 || rest || !o.dir) {
		fprintf(stderr, "fleetsim: %s\n", o.dir ? err.text : "--dir is missing");
		return 2;
	}
	raise_files();
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new(&err);
	if (!loop || ssh_init() != SSH_OK)
		die("start");
	make_rows();
	make_client_key();
	make_host_keys(public);
	listener.fd = listen_on((unsigned)o.port, BACKLOG);
	dig_hole((unsigned)o.port + 2);
	write_files(public);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (loop_signals(loop, &set, on_signal, NULL, &err) < 0 ||
		loop_watch(loop, &listener, EPOLLIN) < 0 ||
		loop_timer_in(loop, &deadline, (int64_t)o.seconds * 1000) < 0)
		die("start");
	/* /dev/null as stdin cannot be watched: then time or a signal ends it. */
	(void)loop_watch(loop, &in, EPOLLIN);
	printf("ready\n");
	fflush(stdout);
	return loop_run(loop) < 0;
}
