/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/hostkeys.h"

#include "common/base64.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/map.h"
#include "common/str.h"
#include "console/fleet/hostpattern.h"

#include <ctype.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Waiting for another program's lock on the file. */
#define LOCK_WAIT_MS 100
/* Of what others have added meanwhile, looked at. */
#define ADDED_MAX (256 << 10)
#define SYSTEM_FILES                                                                               \
	{                                                                                          \
		"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"                            \
	}

/* In the order in which they are asked for. */
static const struct {
	const char *type, *algorithms;
} types[] = {
	{"ssh-ed25519", "ssh-ed25519"},
	{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
	{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
	{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
	{"ssh-rsa", "rsa-sha2-512,rsa-sha2-256"},
};
#define N_TYPES ARRAY_LEN(types)

enum marker { MARK_NONE, MARK_CA, MARK_REVOKED };
enum names { NAMES_PLAIN, NAMES_PATTERNS, NAMES_HASHED };

/* One line. The strings are in the file's text, or behind the entry when it was added. */
struct entry {
	struct entry *same_key;
	const char *names, *type, *key;
	const char *file;
	unsigned line;
	unsigned char marker, kind;
	unsigned char type_index; /* N_TYPES: some other one */
};

struct entry_list {
	struct entry **p;
	size_t n, cap;
};

struct hostkeys {
	char **paths;
	char **texts;
	size_t n_files;
	struct entry_list all, patterns, hashed;
	struct map *by_name; /* plain name -> struct entry_list */
	/* base64 -> struct entry, chained by same_key: lines with a hashed name, lines of any kind.
	 */
	struct map *hashed_by_key, *revoked_by_key;
	size_t hashed_of[N_TYPES];
	size_t skipped;
	bool accept_new;

	pthread_mutex_t lock;
	/* What changes afterwards: name -> struct entry; bytes of paths[0] that were read or added.
	 */
	struct map *added;
	off_t seen;
};

/* ---- Lists ---- */

static int list_add(struct entry_list *l, struct entry *e)
{
	int r = array_grow(&l->p, &l->cap, l->n + 1, sizeof(struct entry *), HOSTKEYS_LINES_MAX);

	if (r == 0)
		l->p[l->n++] = e;
	return r;
}

static void list_free(void *list)
{
	struct entry_list *l = list;

	free(l->p);
	free(l);
}

/* ---- Names ---- */

static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

int hostkeys_name(const char *address, const char *alias, uint16_t port, struct hostkeys_name *ret)
{
	const char *name = alias ? alias : address;
	int n;

	if (str_copy(ret->plain, sizeof(ret->plain), name) < 0)
		return -ENAMETOOLONG;
	if (alias || port == 22)
		n = snprintf(ret->full, sizeof(ret->full), "%s", name);
	else
		n = snprintf(ret->full, sizeof(ret->full), "[%s]:%u", name, (unsigned)port);
	if (n < 0 || (size_t)n >= sizeof(ret->full))
		return -ENAMETOOLONG;
	lower(ret->full);
	lower(ret->plain);
	return 0;
}

static bool matches(const struct entry *e, const char *name)
{
	switch (e->kind) {
	case NAMES_HASHED:
		return hostpattern_hashed(e->names, name);
	case NAMES_PATTERNS:
		return hostpattern_patterns(e->names, name);
	default:
		return hostpattern_plain(e->names, name);
	}
}

/* ---- Reading ---- */

static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " \t");
	size_t n = strcspn(word, " \t");

	if (!n)
		return NULL;
	*line = word + n;
	if (**line)
		*(*line)++ = '\0';
	return word;
}

static bool is_base64(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

	return n >= 16 && n + strspn(s + n, "=") == strlen(s) && strlen(s) % 4 == 0;
}

static unsigned char type_index(const char *type)
{
	size_t i = 0;

	while (i < N_TYPES && !str_eq(types[i].type, type))
		i++;
	return (unsigned char)i;
}

/* Names may stand with and without wildcards on one line; then all of them are patterns. */
static bool read_names(struct entry *e, char *names)
{
	e->names = names;
	if (names[0] == '|') {
		e->kind = NAMES_HASHED;
		return hostpattern_is_hash(names);
	}
	lower(names);
	e->kind = strpbrk(names, "*?!") ? NAMES_PATTERNS : NAMES_PLAIN;
	return true;
}

/* True when the line holds a key. Cuts the line into words. */
static bool read_line(char *line, struct entry *e)
{
	char *word = next_word(&line), *type, *key;

	if (word && word[0] == '@') {
		if (str_eq(word, "@cert-authority"))
			e->marker = MARK_CA;
		else if (str_eq(word, "@revoked"))
			e->marker = MARK_REVOKED;
		else
			return false;
		word = next_word(&line);
	}
	type = next_word(&line);
	key = next_word(&line);
	if (!word || !type || !key || !is_base64(key) || isdigit((unsigned char)type[0]))
		return false;
	e->type = type;
	e->key = key;
	e->type_index = type_index(type);
	return read_names(e, word);
}

static int index_names(struct hostkeys *hk, struct entry *e)
{
	struct span rest = span_str(e->names), one;

	while (span_split(&rest, ',', &one)) {
		struct entry_list *l = map_get_n(hk->by_name, one.p, one.n);
		char name[HOSTKEYS_NAME_MAX];
		int r;

		if (!one.n || one.n >= sizeof(name))
			continue;
		if (!l) {
			memcpy(name, one.p, one.n);
			name[one.n] = '\0';
			l = calloc(1, sizeof(*l));
			r = l ? map_put(hk->by_name, name, l, NULL) : -ENOMEM;
			if (r < 0) {
				free(l);
				return r;
			}
		}
		r = list_add(l, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int index_key(struct map *by_key, struct entry *e)
{
	void *same = NULL;
	int r = map_put(by_key, e->key, e, &same);

	e->same_key = same;
	return r < 0 ? r : 0;
}

static int index_entry(struct hostkeys *hk, struct entry *e)
{
	int r;

	if (e->marker == MARK_REVOKED)
		return index_key(hk->revoked_by_key, e);
	switch (e->kind) {
	case NAMES_HASHED:
		if (e->type_index < N_TYPES && e->marker == MARK_NONE)
			hk->hashed_of[e->type_index]++;
		r = index_key(hk->hashed_by_key, e);
		return r < 0 ? r : list_add(&hk->hashed, e);
	case NAMES_PATTERNS:
		return list_add(&hk->patterns, e);
	default:
		return index_names(hk, e);
	}
}

static int add_line(struct hostkeys *hk, const char *path, unsigned number, char *line, size_t n)
{
	struct entry *e;
	size_t lead = strspn(line, " \t");
	int r;

	if (line[lead] == '\0' || line[lead] == '#')
		return 0;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->file = path;
	e->line = number;
	if (n > HOSTKEYS_LINE_MAX || strlen(line) != n || !read_line(line, e)) {
		hk->skipped++;
		free(e);
		return 0;
	}
	r = list_add(&hk->all, e);
	if (r < 0) {
		free(e);
		return r;
	}
	return index_entry(hk, e);
}

static int add_text(struct hostkeys *hk, const char *path, char *text, size_t n)
{
	char *end = text + n;
	unsigned number = 0;

	while (text < end) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		char *next = newline ? newline + 1 : end;
		size_t len = (size_t)((newline ? newline : end) - text);
		int r;

		if (len && text[len - 1] == '\r')
			len--;
		text[len] = '\0';
		r = add_line(hk, path, ++number, text, len);
		if (r < 0)
			return r;
		text = next;
	}
	return 0;
}

static int add_file(struct hostkeys *hk, const char *path, bool may_miss, struct err *err)
{
	struct buf b;
	char *copy = strdup(path), *text;
	size_t n;
	int r;

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	hk->paths[hk->n_files] = copy;
	hk->texts[hk->n_files++] = NULL;
	buf_init(&b, HOSTKEYS_FILE_MAX);
	/* Named by those who want no known hosts at all; it is no file. */
	r = str_eq(path, "/dev/null") ? 0 : io_read_file(AT_FDCWD, path, &b);
	n = b.len;
	if (hk->n_files == 1)
		hk->seen = (off_t)n;
	if (r < 0) {
		buf_done(&b);
		return r == -ENOENT && may_miss ? 0 : err_sys(err, -r, "cannot read %s", path);
	}
	text = buf_steal(&b);
	hk->texts[hk->n_files - 1] = text;
	r = text ? add_text(hk, copy, text, n) : -ENOMEM;
	return r < 0 ? err_sys(err, -r, "cannot read %s", path) : 0;
}

static int add_default_files(struct hostkeys *hk, const char *home, struct err *err)
{
	static const char *const own[] = {"known_hosts", "known_hosts2"};
	static const char *const system_wide[] = SYSTEM_FILES;
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(own) && r == 0; i++) {
		char *path = str_printf("%s/.ssh/%s", home, own[i]);

		r = path ? add_file(hk, path, true, err) : err_set(err, ENOMEM, "out of memory");
		free(path);
	}
	for (size_t i = 0; i < ARRAY_LEN(system_wide) && r == 0; i++)
		r = add_file(hk, system_wide[i], true, err);
	return r;
}

static struct hostkeys *make(
	const char *const *files, const char *home, bool accept_new, bool optional, struct err *err)
{
	struct hostkeys *hk = calloc(1, sizeof(*hk));
	size_t n = 4;
	int r = 0;

	if (!hk) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	for (size_t i = 0; files && files[i]; i++)
		n = i + 1 > n ? i + 1 : n;
	pthread_mutex_init(&hk->lock, NULL);
	hk->accept_new = accept_new;
	hk->paths = calloc(n, sizeof(*hk->paths));
	hk->texts = calloc(n, sizeof(*hk->texts));
	hk->by_name = map_new(HOSTKEYS_LINES_MAX);
	hk->hashed_by_key = map_new(HOSTKEYS_LINES_MAX);
	hk->revoked_by_key = map_new(HOSTKEYS_LINES_MAX);
	hk->added = map_new(HOSTKEYS_LINES_MAX);
	if (!hk->paths || !hk->texts || !hk->by_name || !hk->hashed_by_key || !hk->revoked_by_key ||
		!hk->added)
		r = err_set(err, ENOMEM, "out of memory");
	else if (!files)
		r = add_default_files(hk, home, err);
	for (size_t i = 0; r == 0 && files && files[i]; i++)
		r = add_file(hk, files[i], optional || (accept_new && i == 0), err);
	if (r == 0)
		return hk;
	hostkeys_free(hk);
	return NULL;
}

struct hostkeys *hostkeys_new(
	const char *const *files, const char *home, bool accept_new, struct err *err)
{
	return make(files, home, accept_new, false, err);
}

struct hostkeys *hostkeys_new_optional(const char *const *files, struct err *err)
{
	return make(files, NULL, false, true, err);
}

void hostkeys_free(struct hostkeys *hk)
{
	if (!hk)
		return;
	for (size_t i = 0; i < hk->all.n; i++)
		free(hk->all.p[i]);
	for (size_t i = 0; i < hk->n_files; i++) {
		free(hk->paths[i]);
		free(hk->texts[i]);
	}
	free(hk->paths);
	free(hk->texts);
	free(hk->all.p);
	free(hk->patterns.p);
	free(hk->hashed.p);
	map_free(hk->by_name, list_free);
	map_free(hk->hashed_by_key, NULL);
	map_free(hk->revoked_by_key, NULL);
	map_free(hk->added, free);
	pthread_mutex_destroy(&hk->lock);
	free(hk);
}

size_t hostkeys_count(const struct hostkeys *hk)
{
	return hk->all.n;
}

size_t hostkeys_skipped(const struct hostkeys *hk)
{
	return hk->skipped;
}

/* ---- What is known for a host ---- */

/* Calls `fn` for each line about `name`, until it returns true. */
static void each_known(const struct hostkeys *hk, const char *name, bool thorough,
	bool (*fn)(const struct entry *e, void *arg), void *arg)
{
	const struct entry_list *l = map_get(hk->by_name, name);

	for (size_t i = 0; l && i < l->n; i++)
		if (fn(l->p[i], arg))
			return;
	for (size_t i = 0; i < hk->patterns.n; i++)
		if (hostpattern_patterns(hk->patterns.p[i]->names, name) &&
			fn(hk->patterns.p[i], arg))
			return;
	for (size_t i = 0; thorough && i < hk->hashed.n; i++)
		if (hostpattern_hashed(hk->hashed.p[i]->names, name) && fn(hk->hashed.p[i], arg))
			return;
}

static bool note_type(const struct entry *e, void *arg)
{
	size_t *weight = arg;

	if (e->marker == MARK_NONE && e->type_index < N_TYPES)
		weight[e->type_index] = SIZE_MAX;
	return false;
}

static void add_algorithms(char ret[HOSTKEYS_ALGORITHMS_MAX], size_t type)
{
	size_t n = strlen(ret);

	snprintf(
		ret + n, HOSTKEYS_ALGORITHMS_MAX - n, "%s%s", n ? "," : "", types[type].algorithms);
}

void hostkeys_algorithms(const struct hostkeys *hk, const struct hostkeys_name *name, bool thorough,
	char ret[HOSTKEYS_ALGORITHMS_MAX])
{
	/* Hashed names may be anybody's: what most of them have is the best guess. */
	size_t weight[N_TYPES];
	bool done[N_TYPES] = {false};

	memcpy(weight, hk->hashed_of, sizeof(weight));
	each_known(hk, name->full, thorough, note_type, weight);
	ret[0] = '\0';
	for (size_t n = 0; n < N_TYPES; n++) {
		size_t best = N_TYPES;

		for (size_t i = 0; i < N_TYPES; i++)
			if (!done[i] && (best == N_TYPES || weight[i] > weight[best]))
				best = i;
		done[best] = true;
		add_algorithms(ret, best);
	}
}

const char *hostkeys_fingerprint(const char *key, char out[FINGERPRINT_MAX])
{
	size_t n = strlen(key);
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char *blob = malloc(n + 1);
	ssize_t len = blob ? base64_decode(blob, key, n) : -1;
	struct buf b;

	(void)str_copy(out, FINGERPRINT_MAX, "?");
	buf_init(&b, FINGERPRINT_MAX - 1);
	if (len >= 0) {
		SHA256((unsigned char *)blob, (size_t)len, digest);
		if (buf_puts(&b, "SHA256:") == 0 &&
			base64_encode(&b, digest, sizeof(digest)) == 0) {
			buf_cut(&b, b.len - 1); /* of its padding */
			(void)str_copy(out, FINGERPRINT_MAX, b.p);
		}
	}
	buf_done(&b);
	free(blob);
	return out;
}

struct search {
	const char *type;
	const struct entry *same_type, *other_type, *ca;
};

static bool search_one(const struct entry *e, void *arg)
{
	struct search *s = arg;

	if (e->marker == MARK_CA)
		s->ca = e;
	else if (e->marker == MARK_NONE && str_eq(e->type, s->type))
		s->same_type = e;
	else if (e->marker == MARK_NONE && !s->other_type)
		s->other_type = e;
	return s->same_type != NULL;
}

static bool says(const struct entry *e, const char *key)
{
	return e->marker == MARK_NONE && str_eq(e->key, key);
}

static const struct entry *find_revoked(
	const struct hostkeys *hk, const struct hostkeys_name *name, const char *key)
{
	const struct entry *e = map_get(hk->revoked_by_key, key);

	while (e && !matches(e, name->full) && !matches(e, name->plain))
		e = e->same_key;
	return e;
}

/*
 * Is this very key known for the host? As ssh does it, a line without the port is good enough
 * when the key is the same.
 */
static bool key_known(const struct hostkeys *hk, const char *name, const char *key)
{
	const struct entry_list *l = map_get(hk->by_name, name);

	for (size_t i = 0; l && i < l->n; i++)
		if (says(l->p[i], key))
			return true;
	for (size_t i = 0; i < hk->patterns.n; i++)
		if (says(hk->patterns.p[i], key) &&
			hostpattern_patterns(hk->patterns.p[i]->names, name))
			return true;
	for (const struct entry *e = map_get(hk->hashed_by_key, key); e; e = e->same_key)
		if (e->marker == MARK_NONE && hostpattern_hashed(e->names, name))
			return true;
	return false;
}

static enum hostkey say_changed(const struct entry *known, const char *type, const char *key,
	enum hostkey result, struct err *err)
{
	char old[FINGERPRINT_MAX], new[FINGERPRINT_MAX];

	err_set(err, EACCES, "host key has CHANGED: known %s %s (%s line %u), offered %s %s",
		known->type, hostkeys_fingerprint(known->key, old), known->file, known->line, type,
		hostkeys_fingerprint(key, new));
	return result;
}

static enum hostkey say_unknown(
	const struct search *s, const char *type, const char *key, struct err *err)
{
	char print[FINGERPRINT_MAX];

	hostkeys_fingerprint(key, print);
	if (s->ca)
		err_set(err, EACCES,
			"host key is not known (%s %s); %s line %u trusts a certificate authority "
			"for "
			"this host, and only --ssh-command ssh can check host certificates",
			type, print, s->ca->file, s->ca->line);
	else
		err_set(err, EACCES, "host key is not known (%s %s); --accept-new would add it",
			type, print);
	return HOSTKEY_UNKNOWN;
}

/* ---- Adding ---- */

static int open_to_append(const char *path)
{
	char *dir = strdup(path), *slash = dir ? strrchr(dir, '/') : NULL;
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0 && errno == ENOENT && slash && slash != dir) {
		*slash = '\0';
		if (mkdir(dir, 0700) == 0)
			fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	}
	if (fd < 0)
		fd = -errno;
	free(dir);
	return fd;
}

/* Goes on without the lock in the end: a single append does not tear the file. */
static void lock_file(int fd)
{
	int64_t until = clock_mono_ms() + LOCK_WAIT_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0 && clock_mono_ms() < until)
		poll(NULL, 0, 5);
}

/* Others may have added this line, without its newline, since the file was read. */
static bool has_line(int fd, off_t from, off_t end, const char *line, size_t n)
{
	size_t size = end > from && end - from <= ADDED_MAX ? (size_t)(end - from) : 0;
	char *text = size ? malloc(size) : NULL;
	bool found =
		text && pread(fd, text, size, from) == (ssize_t)size && memmem(text, size, line, n);

	free(text);
	return found;
}

/* A line with its newline, unless it is there. */
static int append(int fd, off_t *seen, const char *line, size_t n)
{
	struct stat st;
	char last = '\n';
	struct buf b;
	ssize_t put;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (has_line(fd, *seen, st.st_size, line, n - 1))
		return 0;
	if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1)
		last = '\n';
	buf_init(&b, HOSTKEYS_LINE_MAX);
	r = last == '\n' ? 0 : buf_putc(&b, '\n');
	if (r == 0)
		r = buf_add(&b, line, n);
	put = r == 0 ? write(fd, b.p, b.len) : 0;
	if (r == 0 && put != (ssize_t)b.len)
		r = put < 0 ? -errno : -ENOSPC;
	/* What others added meanwhile stays to be looked at. */
	if (r == 0 && *seen == st.st_size)
		*seen += put;
	buf_done(&b);
	return r;
}

static int append_key(struct hostkeys *hk, const char *name, const char *type, const char *key)
{
	int fd = open_to_append(hk->paths[0]), r;
	struct buf line;

	if (fd < 0)
		return fd;
	lock_file(fd);
	buf_init(&line, HOSTKEYS_LINE_MAX);
	r = buf_printf(&line, "%s %s %s\n", name, type, key);
	if (r == 0)
		r = append(fd, &hk->seen, line.p, line.len);
	buf_done(&line);
	io_close(fd);
	return r;
}

static struct entry *entry_of(const char *file, const char *name, const char *type, const char *key)
{
	size_t a = strlen(name) + 1, b = strlen(type) + 1, c = strlen(key) + 1;
	struct entry *e = calloc(1, sizeof(*e) + a + b + c);
	char *p;

	if (!e)
		return NULL;
	p = (char *)(e + 1);
	*e = (struct entry){.names = memcpy(p, name, a),
		.type = memcpy(p + a, type, b),
		.key = memcpy(p + a + b, key, c),
		.file = file};
	return e;
}

/* With the lock held. */
static int add(struct hostkeys *hk, const char *name, const char *type, const char *key)
{
	struct entry *e = entry_of(hk->paths[0], name, type, key);
	int r;

	if (!e)
		return -ENOMEM;
	r = str_eq(hk->paths[0], "/dev/null") ? 0 : append_key(hk, name, type, key);
	if (r == 0)
		r = map_put(hk->added, name, e, NULL);
	if (r < 0)
		free(e);
	return r < 0 ? r : 0;
}

/* A host nobody knows: once per name, however many hosts of the inventory share it. */
static enum hostkey accept(
	struct hostkeys *hk, const char *name, const char *type, const char *key, struct err *err)
{
	const struct entry *before;
	enum hostkey result = HOSTKEY_ADDED;
	int r;

	pthread_mutex_lock(&hk->lock);
	before = map_get(hk->added, name);
	if (before && str_eq(before->key, key)) {
		result = HOSTKEY_KNOWN;
	} else if (before) {
		result = say_changed(before, type, key, HOSTKEY_CHANGED, err);
	} else {
		r = add(hk, name, type, key);
		if (r < 0) {
			err_sys(err, -r, "cannot add the host's key to %s", hk->paths[0]);
			result = HOSTKEY_ERROR;
		}
	}
	pthread_mutex_unlock(&hk->lock);
	return result;
}

static bool is_known(const struct hostkeys *hk, const struct hostkeys_name *name, const char *key)
{
	return key_known(hk, name->full, key) || key_known(hk, name->plain, key);
}

bool hostkeys_known(const struct hostkeys *hk, const struct hostkeys_name *name, const char *key)
{
	return !find_revoked(hk, name, key) && is_known(hk, name, key);
}

static enum hostkey check_strictly(struct hostkeys *hk, bool add_new,
	const struct hostkeys_name *name, const char *type, const char *key, struct err *err)
{
	struct search s = {.type = type};

	if (is_known(hk, name, key))
		return HOSTKEY_KNOWN;
	each_known(hk, name->full, true, search_one, &s);
	if (s.same_type)
		return say_changed(s.same_type, type, key, HOSTKEY_CHANGED, err);
	if (s.other_type)
		return say_changed(s.other_type, type, key, HOSTKEY_OTHER_TYPE, err);
	if (!add_new || s.ca)
		return say_unknown(&s, type, key, err);
	return accept(hk, name->full, type, key, err);
}

enum hostkey hostkeys_check_by(struct hostkeys *hk, enum hostkeys_policy policy,
	const struct hostkeys_name *name, const char *type, const char *key, struct err *err)
{
	const struct entry *revoked = find_revoked(hk, name, key);
	char print[FINGERPRINT_MAX];
	enum hostkey result;

	if (revoked) {
		err_set(err, EACCES, "host key is revoked in %s line %u (%s %s)", revoked->file,
			revoked->line, type, hostkeys_fingerprint(key, print));
		return HOSTKEY_REVOKED;
	}
	result = check_strictly(hk, policy != HOSTKEYS_STRICT, name, type, key, err);
	return policy == HOSTKEYS_ANY ? HOSTKEY_KNOWN : result;
}

enum hostkey hostkeys_check(struct hostkeys *hk, const struct hostkeys_name *name, const char *type,
	const char *key, struct err *err)
{
	return hostkeys_check_by(
		hk, hk->accept_new ? HOSTKEYS_ADD : HOSTKEYS_STRICT, name, type, key, err);
}
