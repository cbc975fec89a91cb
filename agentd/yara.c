/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/yara.h"

#include "agentd/root.h"
#include "common/str.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of all names of matching rules, and of their tags. */
#define NAMES_MAX (64u << 10)

/* The numbers of libyara 4 (yara/rules.h, yara/scan.h, yara/error.h). */
enum {
	MESSAGE_MATCHING = 1,
	FLAGS_FAST = 1,
	GO_ON = 0,
	ABORT = 1,
	ERROR_TIMEOUT = 26,
	ERROR_CALLBACK = 28,
};

typedef int (*match_fn)(void *context, int message, void *data, void *arg);
typedef void (*fault_fn)(
	int level, const char *file, int line, const void *rule, const char *message, void *arg);

static struct lib {
	void *handle;
	size_t names_at; /* where in a rule its name stands; its tags are behind that */
	int (*initialize)(void);
	int (*compiler_create)(void **ret);
	void (*compiler_destroy)(void *compiler);
	void (*compiler_set_callback)(void *compiler, fault_fn fn, void *arg);
	void (*compiler_set_include_callback)(void *compiler, void *fn, void *free_fn, void *arg);
	int (*compiler_add_string)(void *compiler, const char *text, const char *space);
	int (*compiler_get_rules)(void *compiler, void **ret);
	int (*rules_destroy)(void *rules);
	int (*scan_fd)(void *rules, int fd, int flags, match_fn fn, void *arg, int timeout);
	int (*scan_mem)(void *rules, const void *p, size_t n, int flags, match_fn fn, void *arg,
		int timeout);
} lib;
static pthread_once_t lib_once = PTHREAD_ONCE_INIT;

/* It may be set up only once in a process, so it stays. */
static void load(void)
{
	static const struct {
		const char *name;
		size_t names_at;
	} versions[] = {{"libyara.so.9", 8}, {"libyara.so.10", 16}};
	struct lib l = {0};

	for (size_t i = 0; i < ARRAY_LEN(versions) && !l.handle; i++) {
		l.handle = dlopen(versions[i].name, RTLD_NOW | RTLD_LOCAL);
		l.names_at = versions[i].names_at;
	}
	if (!l.handle)
		return;
	*(void **)&l.initialize = dlsym(l.handle, "yr_initialize");
	*(void **)&l.compiler_create = dlsym(l.handle, "yr_compiler_create");
	*(void **)&l.compiler_destroy = dlsym(l.handle, "yr_compiler_destroy");
	*(void **)&l.compiler_set_callback = dlsym(l.handle, "yr_compiler_set_callback");
	*(void **)&l.compiler_set_include_callback =
		dlsym(l.handle, "yr_compiler_set_include_callback");
	*(void **)&l.compiler_add_string = dlsym(l.handle, "yr_compiler_add_string");
	*(void **)&l.compiler_get_rules = dlsym(l.handle, "yr_compiler_get_rules");
	*(void **)&l.rules_destroy = dlsym(l.handle, "yr_rules_destroy");
	*(void **)&l.scan_fd = dlsym(l.handle, "yr_rules_scan_fd");
	*(void **)&l.scan_mem = dlsym(l.handle, "yr_rules_scan_mem");
	if (l.initialize && l.compiler_create && l.compiler_destroy && l.compiler_set_callback &&
		l.compiler_set_include_callback && l.compiler_add_string && l.compiler_get_rules &&
		l.rules_destroy && l.scan_fd && l.scan_mem && l.initialize() == 0)
		lib = l;
}

/* ---- Rules ---- */

/* The query's: those that were asked for last. */
struct yara_rules {
	char *key;   /* heap: what kind and which */
	void *rules; /* libyara's; NULL: faulty, which was said */
};

static void free_rules(void *p)
{
	struct yara_rules *r = p;

	if (r->rules)
		lib.rules_destroy(r->rules);
	free(r->key);
	r->rules = NULL;
	r->key = NULL;
}

static void fault(
	int level, const char *file, int line, const void *rule, const char *message, void *arg)
{
	(void)file, (void)rule;
	if (level == 0)
		scan_warn(arg, "rule, line %d: %s", line, message);
}

static int compile(struct scan *s, const char *text, void **ret)
{
	void *compiler = NULL;
	int r = 0;

	if (lib.compiler_create(&compiler) != 0)
		return -ENOMEM;
	lib.compiler_set_callback(compiler, fault, s);
	lib.compiler_set_include_callback(compiler, NULL, NULL, NULL);
	/* A compiler that has found a fault may not be asked for rules. */
	if (lib.compiler_add_string(compiler, text, NULL) == 0 &&
		lib.compiler_get_rules(compiler, ret) != 0)
		r = -ENOMEM;
	lib.compiler_destroy(compiler);
	return r;
}

static int compile_file(struct scan *s, const struct root *root, const char *path, void **ret)
{
	struct buf text;
	int r;

	if (path[0] != '/') {
		scan_warn(s, "sigfile: %s: not an absolute path", path);
		return 0;
	}
	buf_init(&text, YARA_RULES_MAX);
	r = root_read(root, path, &text);
	if (r < 0 && r != -ENOMEM)
		scan_warn(s, "sigfile: %s: %s", path, strerror(-r));
	if (!r)
		r = compile(s, buf_str(&text), ret);
	buf_done(&text);
	return r == -ENOMEM ? r : 0;
}

static struct yara_rules *keep(
	struct scan *s, const struct root *root, const char *file, const char *rule, int *ret_error)
{
	static const char key;
	struct yara_rules *r = scan_shared(s, &key, sizeof(*r), free_rules);
	char *which = str_printf("%s%s", file ? "f" : "r", file ? file : rule);

	if (!r || !which) {
		free(which);
		*ret_error = -ENOMEM;
		return NULL;
	}
	if (r->key && str_eq(r->key, which)) {
		free(which);
		return r->rules ? r : NULL;
	}
	free_rules(r);
	r->key = which;
	*ret_error = file ? compile_file(s, root, file, &r->rules) : compile(s, rule, &r->rules);
	return r->rules ? r : NULL;
}

struct yara_rules *yara_rules_of(
	struct scan *s, const struct root *root, const struct yara_columns *cols, int *ret_error)
{
	const char *file = scan_eq_text(s, cols->sigfile), *rule = scan_eq_text(s, cols->sigrule);

	*ret_error = 0;
	if (scan_eq_text(s, cols->sig_group) || scan_eq_text(s, cols->sigurl))
		scan_warn(s, "sig_group and sigurl are not known here: give sigrule or sigfile");
	else if (!file && !rule)
		scan_warn(s, "no rules are given (sigrule or sigfile): no rows");
	if (!file && !rule)
		return NULL;
	pthread_once(&lib_once, load);
	if (!lib.handle) {
		scan_warn(s, "libyara is not installed: no rows");
		return NULL;
	}
	return keep(s, root, file, rule, ret_error);
}

/* ---- Searching ---- */

void yara_found_init(struct yara_found *f, struct scan *s)
{
	*f = (struct yara_found){.s = s};
	buf_init(&f->matches, NAMES_MAX);
	buf_init(&f->tags, NAMES_MAX);
}

void yara_found_done(struct yara_found *f)
{
	buf_done(&f->matches);
	buf_done(&f->tags);
}

void yara_found_reset(struct yara_found *f)
{
	buf_reset(&f->matches);
	buf_reset(&f->tags);
	f->count = 0;
}

void yara_found_row(const struct yara_found *f, unsigned matches, unsigned count, unsigned strings,
	unsigned tags)
{
	row_bytes(f->s, matches, buf_str(&f->matches), f->matches.len);
	row_int(f->s, count, f->count);
	row_text(f->s, strings, "");
	row_bytes(f->s, tags, buf_str(&f->tags), f->tags.len);
}

static bool has(const struct buf *list, const char *name)
{
	struct span rest = {buf_str(list), list->len}, one;

	while (span_split(&rest, ',', &one))
		if (span_eq(one, name))
			return true;
	return false;
}

static bool add(struct buf *list, const char *name)
{
	return !has(list, name) && buf_printf(list, "%s%s", list->len ? "," : "", name) == 0;
}

static int on_message(void *context, int message, void *data, void *arg)
{
	struct yara_found *f = arg;
	const char *name, *tag;

	(void)context;
	if (scan_stop(f->s))
		return ABORT;
	if (message != MESSAGE_MATCHING)
		return GO_ON;
	memcpy(&name, (const char *)data + lib.names_at, sizeof(name));
	memcpy(&tag, (const char *)data + lib.names_at + 8, sizeof(tag));
	if (add(&f->matches, name))
		f->count++;
	/* One behind the other, with an empty one at the end. */
	for (; tag && *tag; tag += strlen(tag) + 1)
		add(&f->tags, tag);
	return GO_ON;
}

static int errno_of(int code)
{
	return code == 0		? 0
	       : code == ERROR_TIMEOUT	? -ETIMEDOUT
	       : code == ERROR_CALLBACK ? -ECANCELED
					: -EIO;
}

int yara_search_fd(struct yara_rules *r, int fd, struct yara_found *f)
{
	return errno_of(lib.scan_fd(r->rules, fd, FLAGS_FAST, on_message, f, YARA_TIMEOUT_S));
}

int yara_search_mem(struct yara_rules *r, const void *p, size_t n, struct yara_found *f)
{
	return errno_of(lib.scan_mem(r->rules, p, n, FLAGS_FAST, on_message, f, YARA_TIMEOUT_S));
}
