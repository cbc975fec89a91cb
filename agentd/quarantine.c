/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/quarantine.h"

#include "agentd/action.h"
#include "common/base64.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_FILE     "quarantine.lock"
#define NEW_FILE      QUARANTINE_FILE ".new"
#define FILE_MAX      (64u << 10)
#define COUNT_SIZE    21 /* digits and a newline */
#define LOCK_PAUSE_MS 20
#define MS	      1000
#define BOOT_ID_FILE  "/proc/sys/kernel/random/boot_id"

/* ---- The directory, and who may change what is in it ---- */

static int open_dir(const char *state_dir, bool make, struct err *err)
{
	int fd;

	if (make && mkdir(state_dir, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "%s", state_dir);
	fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, errno, "%s", state_dir) : fd;
}

static int take_lock(int fd, int wait_ms)
{
	static const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000 * 1000};
	int64_t until = clock_mono_ms() + wait_ms;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (clock_mono_ms() >= until)
			return -EWOULDBLOCK;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int quarantine_lock(const char *state_dir, int wait_ms, struct err *err)
{
	int dirfd = open_dir(state_dir, true, err), fd, r;

	if (dirfd < 0)
		return dirfd;
	fd = openat(dirfd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	r = fd < 0 ? -errno : take_lock(fd, wait_ms);
	io_close(dirfd);
	if (r == 0)
		return fd;
	io_close(fd);
	if (r == -EWOULDBLOCK)
		return err_set(err, EWOULDBLOCK, "somebody else changes the quarantine now");
	return err_sys(err, -r, "%s/" LOCK_FILE, state_dir);
}

uint64_t quarantine_count(int lock)
{
	char text[COUNT_SIZE + 1];
	ssize_t n = pread(lock, text, COUNT_SIZE, 0);
	uint64_t count = 0;

	if (n <= 0)
		return 0;
	(void)parse_span(span_trim((struct span){text, (size_t)n}), 10, UINT64_MAX - 1, &count);
	return count;
}

/* As many bytes each time: there is never half a number. */
int quarantine_count_one(int lock, struct err *err)
{
	char text[COUNT_SIZE + 1];

	snprintf(text, sizeof(text), "%020" PRIu64 "\n", quarantine_count(lock) + 1);
	if (pwrite(lock, text, COUNT_SIZE, 0) != COUNT_SIZE || fdatasync(lock) < 0)
		return err_sys(err, errno ? errno : EIO, "cannot count the quarantine");
	return 0;
}

/* ---- The text ---- */

static json_t *addresses_json(const struct netaddr *list, size_t n)
{
	json_t *all = json_array();
	char text[NETADDR_TEXT_MAX];

	for (size_t i = 0; all && i < n; i++) {
		netaddr_text(&list[i], text);
		if (json_array_append_new(all, json_string(text)) < 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

json_t *quarantine_by_json(const struct quarantine *q)
{
	return json_bytes_new(q->by, strlen(q->by));
}

static json_t *to_json(const struct quarantine *q)
{
	return json_pack(
		"{s:s, s:o, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
		"s:o, s:o, s:o}",
		"id", q->id, "by", quarantine_by_json(q), "address", q->address, "boot_id",
		q->boot_id, "confirmed", q->confirmed, "lifting", q->lifting, "since",
		(json_int_t)q->since, "until", (json_int_t)q->until, "confirm_until",
		(json_int_t)q->confirm_until, "since_ms", (json_int_t)q->since_ms, "until_ms",
		(json_int_t)q->until_ms, "confirm_ms", (json_int_t)q->confirm_ms, "confirm_s",
		(json_int_t)q->confirm_s, "for_s", (json_int_t)q->for_s, "asked_pid",
		(json_int_t)q->asked_pid, "ssh", addresses_json(q->open.ssh, q->open.n_ssh), "dns",
		addresses_json(q->open.dns, q->open.n_dns), "old",
		addresses_json(q->old, q->n_old));
}

/* What is not as it was written is refused: a guess could open a host that is to be cut off. */
static bool take_text(const json_t *o, const char *name, char *to, size_t size)
{
	const json_t *v = json_object_get(o, name);

	return json_is_string(v) && json_string_length(v) == strlen(json_string_value(v)) &&
	       str_copy(to, size, json_string_value(v)) == 0;
}

/* As json_bytes_new wrote it; no memory is needed that could be missing. */
static bool take_bytes(const json_t *o, const char *name, char *to, size_t size)
{
	const json_t *v = json_object_get(json_object_get(o, name), "b64");
	size_t n = json_string_length(v);
	ssize_t got;

	if (!v)
		return take_text(o, name, to, size);
	if (!json_is_string(v) || n / 4 * 3 > size)
		return false;
	got = base64_decode(to, json_string_value(v), n);
	if (got <= 0 || (size_t)got >= size || memchr(to, '\0', (size_t)got))
		return false;
	to[got] = '\0';
	return true;
}

static bool take_flag(const json_t *o, const char *name, bool *to)
{
	const json_t *v = json_object_get(o, name);

	*to = json_is_true(v);
	return json_is_boolean(v);
}

static bool take_number(const json_t *o, const char *name, int64_t max, int64_t *to)
{
	const json_t *v = json_object_get(o, name);

	*to = json_integer_value(v);
	return json_is_integer(v) && *to >= 0 && *to <= max;
}

static bool take_addresses(
	const json_t *o, const char *name, struct netaddr *to, size_t max, size_t *ret_n)
{
	const json_t *list = json_object_get(o, name);
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n > max)
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_string(v) ||
			netaddr_parse((struct span){json_string_value(v), json_string_length(v)},
				&to[i]) < 0)
			return false;
	}
	*ret_n = n;
	return true;
}

static bool take_all(const json_t *o, struct quarantine *q)
{
	/* So that sums of them stay numbers. */
	const int64_t max = INT64_MAX / 4;

	return take_flag(o, "confirmed", &q->confirmed) && take_flag(o, "lifting", &q->lifting) &&
	       take_text(o, "id", q->id, sizeof(q->id)) && *q->id &&
	       take_bytes(o, "by", q->by, sizeof(q->by)) &&
	       take_text(o, "address", q->address, sizeof(q->address)) &&
	       take_text(o, "boot_id", q->boot_id, sizeof(q->boot_id)) &&
	       take_number(o, "since", max / MS, &q->since) &&
	       take_number(o, "until", max / MS, &q->until) &&
	       take_number(o, "confirm_until", max / MS, &q->confirm_until) &&
	       take_number(o, "since_ms", max, &q->since_ms) &&
	       take_number(o, "until_ms", max, &q->until_ms) &&
	       take_number(o, "confirm_ms", max, &q->confirm_ms) &&
	       take_number(o, "confirm_s", QUARANTINE_FOR_MAX, &q->confirm_s) &&
	       take_number(o, "for_s", QUARANTINE_FOR_MAX, &q->for_s) &&
	       take_number(o, "asked_pid", INT32_MAX, &q->asked_pid);
}

static bool have_ports(const struct netaddr *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!list[i].port)
			return false;
	return true;
}

int quarantine_parse(const char *p, size_t n, struct quarantine *ret, struct err *err)
{
	json_t *o = json_read_object(p, n, err);
	bool good;

	if (!o)
		return err && err->code == ENOMEM ? -ENOMEM : -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	good = take_all(o, ret) &&
	       take_addresses(o, "ssh", ret->open.ssh, QUARANTINE_SSH_MAX, &ret->open.n_ssh) &&
	       take_addresses(o, "dns", ret->open.dns, QUARANTINE_DNS_MAX, &ret->open.n_dns) &&
	       take_addresses(o, "old", ret->old, QUARANTINE_OLD_MAX, &ret->n_old) &&
	       have_ports(ret->open.ssh, ret->open.n_ssh);
	json_decref(o);
	return good ? 0 : err_set(err, EBADMSG, "it is not what was written");
}

/* ---- The file ---- */

static int read_file(int dirfd, struct buf *b)
{
	int fd = openat(dirfd, QUARANTINE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) < 0 ? -errno : !S_ISREG(st.st_mode) ? -EINVAL : io_read_all(fd, b);
	io_close(fd);
	return r;
}

int quarantine_load(const char *state_dir, struct quarantine *ret, struct err *err)
{
	int dirfd = open_dir(state_dir, false, err), r;
	struct err why = {.code = 0};
	struct buf b;

	if (dirfd == -ENOENT)
		return 0;
	if (dirfd < 0)
		return dirfd;
	buf_init(&b, FILE_MAX);
	r = read_file(dirfd, &b);
	io_close(dirfd);
	if (r == -ENOENT)
		r = 0;
	else if (r < 0)
		err_sys(err, -r, "%s/" QUARANTINE_FILE, state_dir);
	else if (quarantine_parse(b.p, b.len, ret, &why) < 0)
		r = err_set(err, why.code == ENOMEM ? ENOMEM : EBADMSG,
			"%s/" QUARANTINE_FILE ": %s", state_dir, why.text);
	else
		r = 1;
	buf_done(&b);
	return r;
}

static int write_new(int dirfd, const char *text)
{
	int fd = openat(
		dirfd, NEW_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = fd < 0 ? -errno : io_write_all(fd, text, strlen(text));

	if (r == 0)
		r = io_write_all(fd, "\n", 1);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	io_close(fd);
	if (r == 0 && renameat(dirfd, NEW_FILE, dirfd, QUARANTINE_FILE) < 0)
		r = -errno;
	if (r == 0 && fsync(dirfd) < 0)
		r = -errno;
	return r;
}

int quarantine_store(const char *state_dir, const struct quarantine *q, struct err *err)
{
	int dirfd = open_dir(state_dir, true, err), r;
	json_t *o;
	char *text;

	if (dirfd < 0)
		return dirfd;
	o = to_json(q);
	text = o ? json_dumps(o, JSON_INDENT(1) | JSON_ENSURE_ASCII) : NULL;
	r = text ? write_new(dirfd, text) : -ENOMEM;
	free(text);
	json_decref(o);
	io_close(dirfd);
	return r < 0 ? err_sys(err, -r, "%s/" QUARANTINE_FILE, state_dir) : 0;
}

int quarantine_forget(const char *state_dir, struct err *err)
{
	int dirfd = open_dir(state_dir, false, err), r = 0;

	if (dirfd == -ENOENT)
		return 0;
	if (dirfd < 0)
		return dirfd;
	if (unlinkat(dirfd, QUARANTINE_FILE, 0) < 0)
		r = errno == ENOENT ? 0 : -errno;
	else if (fsync(dirfd) < 0)
		r = -errno;
	io_close(dirfd);
	return r < 0 ? err_sys(err, -r, "%s/" QUARANTINE_FILE, state_dir) : 0;
}

/* ---- Times ---- */

static void boot_id_now(char *out, size_t size)
{
	struct span id;
	struct buf b;

	buf_init(&b, 64);
	if (io_read_file(AT_FDCWD, BOOT_ID_FILE, &b) < 0)
		buf_reset(&b);
	id = span_trim((struct span){buf_str(&b), b.len});
	snprintf(out, size, "%.*s", (int)id.n, id.p);
	buf_done(&b);
}

static int64_t at_most(int64_t v, int64_t max)
{
	return v < 0 ? 0 : v > max ? max : v;
}

bool quarantine_rebase(struct quarantine *q)
{
	int64_t real_s = clock_real_us() / 1000000, boot_ms = clock_boot_ms();
	char boot_id[sizeof(q->boot_id)];

	boot_id_now(boot_id, sizeof(boot_id));
	if (str_eq(boot_id, q->boot_id))
		return false;
	str_copy(q->boot_id, sizeof(q->boot_id), boot_id);
	/* All connections of before are gone. */
	q->since_ms = 0;
	q->n_old = 0;
	q->confirm_ms = boot_ms + at_most(q->confirm_until - real_s, q->confirm_s) * MS;
	if (q->for_s)
		q->until_ms = boot_ms + at_most(q->until - real_s, q->for_s) * MS;
	return true;
}

int64_t quarantine_ends_ms(const struct quarantine *q)
{
	if (q->confirmed)
		return q->until_ms;
	return q->until_ms && q->until_ms < q->confirm_ms ? q->until_ms : q->confirm_ms;
}

const char *quarantine_until_text(const struct quarantine *q, char *out, size_t size)
{
	time_t until = (time_t)q->until;
	struct tm tm;

	if (size)
		*out = '\0';
	if (q->until && gmtime_r(&until, &tm))
		strftime(out, size, "until %Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}
