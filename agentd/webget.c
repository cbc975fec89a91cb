/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/webget.h"

#include "common/clock.h"
#include "common/str.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

/* Bytes of a certificate as text. */
#define PEM_MAX	      (64u << 10)
#define REDIRECTS_MAX 10L

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

int webget(struct webget *w)
{
	char error[ERROR_SIZE] = "";
	int64_t start = clock_mono_us();
	void *easy;
	int code;

	buf_init(&w->body, WEBGET_BODY_MAX);
	buf_init(&w->pem, PEM_MAX);
	w->why[0] = '\0';
	w->status = 0;
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

void webget_done(struct webget *w)
{
	buf_done(&w->body);
	buf_done(&w->pem);
}
