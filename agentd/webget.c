/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/webget.h"

#include "agentd/broker.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a certificate as text. */
#define PEM_MAX	      (64u << 10)
#define REDIRECTS_MAX 10L
/* Bytes of an address that a relay takes. */
#define URL_MAX (64u << 10)
/* Milliseconds between two looks at whether to go on. */
#define LOOK_MS 100

/* The numbers of libcurl's interface, which never change (curl/curl.h). */
enum {
	OPT_WRITEDATA = 10001,
	OPT_URL = 10002,
	OPT_ERRORBUFFER = 10010,
	OPT_USERAGENT = 10018,
	OPT_NOPROGRESS = 43,
	OPT_FOLLOWLOCATION = 52,
	OPT_XFERINFODATA = 10057,
	OPT_SSL_VERIFYPEER = 64,
	OPT_MAXREDIRS = 68,
	OPT_SSL_VERIFYHOST = 81,
	OPT_NOSIGNAL = 99,
	OPT_CONNECT_ONLY = 141,
	OPT_TIMEOUT_MS = 155,
	OPT_CERTINFO = 172,
	OPT_PROTOCOLS = 181,
	OPT_REDIR_PROTOCOLS = 182,
	OPT_WRITEFUNCTION = 20011,
	OPT_XFERINFOFUNCTION = 20219,
	INFO_RESPONSE_CODE = 0x200002,
	INFO_CERTINFO = 0x400022,
	PROTOCOLS_HTTP_HTTPS = 1 | 2,
	ERROR_SIZE = 256,
	GLOBAL_DEFAULT = 3,
};
struct slist {
	char *data;
	struct slist *next;
};
struct certinfo {
	int n;
	struct slist **certs;
};

struct lib {
	void *handle;
	void *(*easy_init)(void);
	int (*easy_setopt)(void *easy, int option, ...);
	int (*easy_perform)(void *easy);
	int (*easy_getinfo)(void *easy, int info, ...);
	void (*easy_cleanup)(void *easy);
	const char *(*easy_strerror)(int code);
	int (*global_init)(long flags);
};

static struct lib lib;
static pthread_once_t lib_once = PTHREAD_ONCE_INIT;

/* Its set-up may happen only once in a process, so it stays. */
static void load(void)
{
	static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
	struct lib l = {0};

	for (size_t i = 0; i < ARRAY_LEN(names) && !l.handle; i++)
		l.handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!l.handle)
		return;
	*(void **)&l.easy_init = dlsym(l.handle, "curl_easy_init");
	*(void **)&l.easy_setopt = dlsym(l.handle, "curl_easy_setopt");
	*(void **)&l.easy_perform = dlsym(l.handle, "curl_easy_perform");
	*(void **)&l.easy_getinfo = dlsym(l.handle, "curl_easy_getinfo");
	*(void **)&l.easy_cleanup = dlsym(l.handle, "curl_easy_cleanup");
	*(void **)&l.easy_strerror = dlsym(l.handle, "curl_easy_strerror");
	*(void **)&l.global_init = dlsym(l.handle, "curl_global_init");
	if (l.easy_init && l.easy_setopt && l.easy_perform && l.easy_getinfo && l.easy_cleanup &&
		l.easy_strerror && l.global_init && l.global_init(GLOBAL_DEFAULT) == 0)
		lib = l;
}

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct webget *w = arg;

	/* Anything else than all of it ends the transfer. */
	return buf_add(&w->body, p, size * n) < 0 ? 0 : size * n;
}

static int progress(void *arg, int64_t down, int64_t down_now, int64_t up, int64_t up_now)
{
	struct webget *w = arg;

	(void)down, (void)down_now, (void)up, (void)up_now;
	return w->stop && w->stop(w->arg);
}

static void set_up(struct webget *w, void *easy, char *error)
{
	long timeout = w->timeout_ms > 0 ? (long)w->timeout_ms : WEBGET_TIMEOUT_MS;

	lib.easy_setopt(easy, OPT_ERRORBUFFER, error);
	lib.easy_setopt(easy, OPT_URL, w->url);
	lib.easy_setopt(easy, OPT_NOSIGNAL, 1L);
	lib.easy_setopt(easy, OPT_PROTOCOLS, (long)PROTOCOLS_HTTP_HTTPS);
	lib.easy_setopt(easy, OPT_REDIR_PROTOCOLS, (long)PROTOCOLS_HTTP_HTTPS);
	lib.easy_setopt(easy, OPT_FOLLOWLOCATION, 1L);
	lib.easy_setopt(easy, OPT_MAXREDIRS, REDIRECTS_MAX);
	lib.easy_setopt(easy, OPT_TIMEOUT_MS, timeout);
	lib.easy_setopt(easy, OPT_WRITEFUNCTION, take);
	lib.easy_setopt(easy, OPT_WRITEDATA, w);
	lib.easy_setopt(easy, OPT_NOPROGRESS, 0L);
	lib.easy_setopt(easy, OPT_XFERINFOFUNCTION, progress);
	lib.easy_setopt(easy, OPT_XFERINFODATA, w);
	if (w->user_agent)
		lib.easy_setopt(easy, OPT_USERAGENT, w->user_agent);
	if (w->certificate) {
		lib.easy_setopt(easy, OPT_CONNECT_ONLY, 1L);
		lib.easy_setopt(easy, OPT_CERTINFO, 1L);
		lib.easy_setopt(easy, OPT_SSL_VERIFYPEER, 0L);
		lib.easy_setopt(easy, OPT_SSL_VERIFYHOST, 0L);
	}
}

/* The first one is the peer's own. */
static void take_certificate(struct webget *w, void *easy)
{
	struct certinfo *info = NULL;

	if (lib.easy_getinfo(easy, INFO_CERTINFO, &info) != 0 || !info || info->n < 1)
		return;
	for (const struct slist *l = info->certs[0]; l; l = l->next)
		if (str_starts(l->data, "Cert:"))
			buf_puts(&w->pem, l->data + strlen("Cert:"));
}

static int get_here(struct webget *w)
{
	char error[ERROR_SIZE] = "";
	int64_t start = clock_mono_us();
	void *easy;
	int code;

	pthread_once(&lib_once, load);
	if (!lib.handle)
		return -ENOSYS;
	easy = lib.easy_init();
	if (!easy)
		return -ENOMEM;
	set_up(w, easy, error);
	code = lib.easy_perform(easy);
	w->took_us = clock_mono_us() - start;
	lib.easy_getinfo(easy, INFO_RESPONSE_CODE, &w->status);
	take_certificate(w, easy);
	if (code != 0)
		snprintf(w->why, sizeof(w->why), "%s", error[0] ? error : lib.easy_strerror(code));
	lib.easy_cleanup(easy);
	return code == 0 ? 0 : -EIO;
}

/* ---- By a relay, for a worker that has no sockets ---- */

struct question {
	int64_t timeout_ms;
	uint32_t certificate, url, user_agent; /* bytes of the texts that follow; 0: none */
};
struct answer {
	int32_t result, unused;
	int64_t status, took_us;
	uint32_t why, body, pem; /* bytes that follow */
	uint32_t unused2;
};

static bool stopped(void *arg)
{
	struct webget *w = arg;

	return w->stop && w->stop(w->arg);
}

static int read_bytes(int fd, void *p, size_t n, struct webget *w)
{
	for (size_t at = 0; at < n;) {
		struct pollfd look = {.fd = fd, .events = POLLIN};
		ssize_t got;

		if (w && stopped(w))
			return -ECANCELED;
		if (poll(&look, 1, LOOK_MS) < 1)
			continue;
		got = read(fd, (char *)p + at, n - at);
		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		at += (size_t)got;
	}
	return 0;
}

static int read_text(int fd, struct buf *b, size_t n, struct webget *w)
{
	int r = n > b->max ? -EMSGSIZE : buf_room(b, n + 1);

	if (!r)
		r = read_bytes(fd, b->p, n, w);
	if (!r)
		buf_added(b, n);
	return r;
}

static int ask_relay(int fd, const struct webget *w)
{
	const struct question q = {
		.timeout_ms = w->timeout_ms,
		.certificate = w->certificate,
		.url = (uint32_t)strlen(w->url),
		.user_agent = w->user_agent ? (uint32_t)strlen(w->user_agent) : 0,
	};
	int r = io_write_all(fd, &q, sizeof(q));

	if (!r)
		r = io_write_all(fd, w->url, q.url);
	return r ? r : io_write_all(fd, w->user_agent, q.user_agent);
}

static int take_answer(int fd, struct webget *w)
{
	struct answer a;
	int r = read_bytes(fd, &a, sizeof(a), w);

	if (!r && a.why >= sizeof(w->why))
		r = -EBADMSG;
	if (!r) {
		r = read_bytes(fd, w->why, a.why, w);
		w->why[a.why] = '\0';
	}
	if (!r)
		r = read_text(fd, &w->body, a.body, w);
	if (!r)
		r = read_text(fd, &w->pem, a.pem, w);
	if (r)
		return r;
	w->status = (long)a.status;
	w->took_us = a.took_us;
	return a.result == -ENOSYS || a.result == -ENOMEM ? a.result : a.result ? -EIO : 0;
}

static int get_relayed(int fd, struct webget *w)
{
	int r = ask_relay(fd, w);

	if (!r)
		r = take_answer(fd, w);
	io_close(fd);
	if (r < 0 && r != -ENOSYS && r != -ENOMEM) {
		if (!w->why[0])
			snprintf(w->why, sizeof(w->why), "%s", strerror(-r));
		r = -EIO;
	}
	return r;
}

int webget(struct webget *w)
{
	int fd = broker_open(PRIV_RELAY_WEB, "");

	buf_init(&w->body, WEBGET_BODY_MAX);
	buf_init(&w->pem, PEM_MAX);
	w->why[0] = '\0';
	w->status = 0;
	if (fd >= 0)
		return get_relayed(fd, w);
	if (fd == -ENOSYS)
		return get_here(w);
	snprintf(w->why, sizeof(w->why), "%s", strerror(-fd));
	return -EIO;
}

/* Bytes of an address and of a name. */
static bool read_question(int fd, struct webget *w, struct buf *url, struct buf *user_agent)
{
	struct question q;

	if (read_bytes(fd, &q, sizeof(q), NULL) < 0 || read_text(fd, url, q.url, NULL) < 0 ||
		read_text(fd, user_agent, q.user_agent, NULL) < 0)
		return false;
	url->p[url->len] = user_agent->p[user_agent->len] = '\0';
	w->url = url->p;
	w->user_agent = user_agent->len ? user_agent->p : NULL;
	w->timeout_ms = q.timeout_ms;
	w->certificate = q.certificate;
	return true;
}

static void answer(int fd, const struct webget *w, int r)
{
	const struct answer a = {
		.result = r,
		.status = w->status,
		.took_us = w->took_us,
		.why = (uint32_t)strlen(w->why),
		.body = (uint32_t)w->body.len,
		.pem = (uint32_t)w->pem.len,
	};

	if (io_write_all(fd, &a, sizeof(a)) == 0 && io_write_all(fd, w->why, a.why) == 0 &&
		io_write_all(fd, buf_str(&w->body), a.body) == 0)
		(void)io_write_all(fd, buf_str(&w->pem), a.pem);
}

void webget_serve(int fd)
{
	struct webget w = {.url = NULL};
	struct buf url, user_agent;

	buf_init(&url, URL_MAX);
	buf_init(&user_agent, URL_MAX);
	buf_init(&w.body, WEBGET_BODY_MAX);
	buf_init(&w.pem, PEM_MAX);
	if (read_question(fd, &w, &url, &user_agent))
		answer(fd, &w, get_here(&w));
	webget_done(&w);
	buf_done(&url);
	buf_done(&user_agent);
}

void webget_done(struct webget *w)
{
	buf_done(&w->body);
	buf_done(&w->pem);
}
