/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/journalfiles.h"

#include "agentd/root.h"
#include "common/io.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MATCH_MAX 512

/* Of sd-journal.h, which need not be there when the agent is built. */
struct journal_calls {
	int (*open_files_fd)(void **ret, int fds[], unsigned n, int flags);
	void (*close)(void *j);
	int (*set_data_threshold)(void *j, size_t size);
	int (*add_match)(void *j, const void *data, size_t size);
	int (*add_disjunction)(void *j);
	int (*seek_realtime_usec)(void *j, uint64_t us);
	int (*next)(void *j);
	int (*get_realtime_usec)(void *j, uint64_t *ret);
	int (*get_data)(void *j, const char *field, const void **data, size_t *size);
};

static bool find_calls(struct journalfiles *j)
{
	struct {
		const char *name;
		void *to;
	} calls[] = {
		{"sd_journal_open_files_fd", &j->calls->open_files_fd},
		{"sd_journal_close", &j->calls->close},
		{"sd_journal_set_data_threshold", &j->calls->set_data_threshold},
		{"sd_journal_add_match", &j->calls->add_match},
		{"sd_journal_add_disjunction", &j->calls->add_disjunction},
		{"sd_journal_seek_realtime_usec", &j->calls->seek_realtime_usec},
		{"sd_journal_next", &j->calls->next},
		{"sd_journal_get_realtime_usec", &j->calls->get_realtime_usec},
		{"sd_journal_get_data", &j->calls->get_data},
	};

	j->lib = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; j->lib && i < ARRAY_LEN(calls); i++) {
		void *f = dlsym(j->lib, calls[i].name);

		if (!f)
			return false;
		memcpy(calls[i].to, &f, sizeof(f));
	}
	return j->lib != NULL;
}

/* ---- The files ---- */

static void add_file(struct journalfiles *j, const char *path)
{
	int fd;

	if (j->n == JOURNALFILES_MAX) {
		scan_warn(
			j->s, "more than %u journal files: the rest is left out", JOURNALFILES_MAX);
		return;
	}
	fd = root_open_file(scan_root(j->s), path);
	if (fd >= 0)
		j->fds[j->n++] = fd;
	else if (fd != -ENOENT)
		scan_skipped(j->s, "entries", "journal file", -fd);
}

static bool is_journal(const char *name)
{
	return str_ends(name, ".journal") || str_ends(name, ".journal~");
}

/* Files, and one level of directories, each named by the machine that wrote them. */
static void add_directory(struct journalfiles *j, const char *path, bool top)
{
	DIR *dir = root_opendir(scan_root(j->s), path);
	const struct dirent *d;
	char child[PATH_MAX];

	if (!dir) {
		if (errno != ENOENT && errno != ENOTDIR)
			scan_skipped(j->s, "entries", "directory", errno);
		return;
	}
	while (!scan_stop(j->s) && (d = readdir(dir))) {
		int n = snprintf(child, sizeof(child), "%s/%s", path, d->d_name);

		if (n < 0 || (size_t)n >= sizeof(child) || d->d_name[0] == '.')
			continue;
		if (is_journal(d->d_name))
			add_file(j, child);
		else if (top && (d->d_type == DT_DIR || d->d_type == DT_UNKNOWN))
			add_directory(j, child, false);
	}
	closedir(dir);
}

int journalfiles_open(struct journalfiles *j, struct scan *s)
{
	int r;

	*j = (struct journalfiles){.s = s};
	add_directory(j, "/var/log/journal", true);
	add_directory(j, "/run/log/journal", true);
	if (!j->n)
		return 0;
	j->calls = calloc(1, sizeof(*j->calls));
	if (!j->calls)
		goto no_memory;
	if (!find_calls(j)) {
		scan_warn(s, "libsystemd.so.0 is not installed on this host");
		return 0;
	}
	r = j->calls->open_files_fd(&j->journal, j->fds, (unsigned)j->n, 0);
	if (r == -ENOMEM)
		goto no_memory;
	if (r < 0) {
		j->journal = NULL;
		scan_warn(s, "the journal cannot be opened: %s", strerror(-r));
		return 0;
	}
	j->calls->set_data_threshold(j->journal, JOURNALFILES_FIELD_MAX);
	return 0;
no_memory:
	journalfiles_close(j);
	return -ENOMEM;
}

void journalfiles_close(struct journalfiles *j)
{
	if (j->journal)
		j->calls->close(j->journal);
	for (size_t i = 0; i < j->n; i++)
		io_close(j->fds[i]);
	if (j->lib)
		dlclose(j->lib);
	free(j->calls);
	*j = (struct journalfiles){0};
}

/* ---- Entries ---- */

static int add_match(struct journalfiles *j, const char *field, const char *value)
{
	char match[MATCH_MAX];
	int n = snprintf(match, sizeof(match), "%s=%s", field, value);

	if (n < 0 || (size_t)n >= sizeof(match))
		return -EMSGSIZE;
	return j->calls->add_match(j->journal, match, (size_t)n);
}

int journalfiles_only_unit(struct journalfiles *j, const char *unit)
{
	int r;

	if (!j->journal)
		return 0;
	r = add_match(j, "_SYSTEMD_UNIT", unit);
	if (r >= 0)
		r = j->calls->add_disjunction(j->journal);
	if (r >= 0)
		r = add_match(j, "UNIT", unit);
	if (r >= 0)
		r = add_match(j, "_PID", "1");
	return r < 0 ? r : 0;
}

int journalfiles_since(struct journalfiles *j, uint64_t us)
{
	return j->journal ? j->calls->seek_realtime_usec(j->journal, us) : 0;
}

int journalfiles_next(struct journalfiles *j, uint64_t *ret_us)
{
	int r = j->journal ? j->calls->next(j->journal) : 0;

	if (r <= 0)
		return r;
	r = j->calls->get_realtime_usec(j->journal, ret_us);
	return r < 0 ? r : 1;
}

bool journalfiles_field(struct journalfiles *j, const char *name, struct span *ret)
{
	size_t size, n = strlen(name) + 1;
	const void *data;

	if (j->calls->get_data(j->journal, name, &data, &size) < 0 || size < n)
		return false;
	*ret = (struct span){(const char *)data + n, size - n};
	return true;
}
