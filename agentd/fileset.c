/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"

#include "agentd/mounttab.h"
#include "agentd/root.h"

#include <errno.h>
#include <string.h>

/* Paths that are looked at in one call. */
#define LOOKS_MAX 256

struct shared {
	struct remote_mounts *remote;
};

static void shared_free(void *p)
{
	remote_mounts_free(((struct shared *)p)->remote);
}

/* The mounts of the host are read once for a query, those of a process's root for each scan. */
static int open_mounts(struct fileset *f)
{
	static const char key;
	struct shared *shared;

	if (nsroot_mounts(&f->ns)) {
		f->own_remote = remote_mounts_new(f->ns.root, nsroot_mounts(&f->ns));
		f->remote = f->own_remote;
		return f->remote ? 0 : -ENOMEM;
	}
	shared = scan_shared(f->s, &key, sizeof(*shared), shared_free);
	if (shared && !shared->remote)
		shared->remote = remote_mounts_new(f->ns.root, NULL);
	f->remote = shared ? shared->remote : NULL;
	return f->remote ? 0 : -ENOMEM;
}

static bool has(const struct fileset *f, bool of_system)
{
	for (const char *const *name = f->spec->names; *name; name++)
		if (((*name)[0] == '/') == of_system)
			return true;
	return false;
}

int fileset_open(struct fileset *f, struct scan *s, const struct fileset_spec *spec)
{
	int64_t uid;
	bool never = false;
	int r;

	*f = (struct fileset){.s = s, .spec = spec};
	buf_init(&f->resolved, PATH_MAX);
	r = nsroot_open(&f->ns, s, spec->pid_with_namespace);
	if (r < 0 || !f->ns.root)
		return r;
	f->at_homes = has(f, false);
	f->at_system = has(f, true) && !never &&
		       (!scan_eq_int(s, spec->uid, &uid, &never) || uid == 0) && !never;
	r = open_mounts(f);
	if (!r && f->at_homes)
		r = homes_open(&f->homes, s, f->ns.root, spec->uid);
	if (r < 0)
		fileset_close(f);
	return r;
}

static void close_file(struct fileset *f)
{
	if (!f->open)
		return;
	textfile_told(&f->file, f->s, f->path);
	textfile_done(&f->file);
	f->open = false;
}

void fileset_close(struct fileset *f)
{
	close_file(f);
	if (f->dir)
		closedir(f->dir);
	f->dir = NULL;
	homes_close(&f->homes);
	remote_mounts_free(f->own_remote);
	f->own_remote = NULL;
	buf_done(&f->resolved);
	nsroot_done(&f->ns);
}

/* Does the way to it lead through a remote mount? */
static bool is_remote(struct fileset *f, const char *path)
{
	if (!remote_mounts_any(f->remote) ||
		remote_mounts_resolve(f->remote, f->ns.root, path, &f->resolved) != -EREMOTE)
		return false;
	scan_skipped(f->s, "content", "network mount path", EREMOTE);
	return true;
}

static void told(struct fileset *f, int r)
{
	if (r == -ENOENT || r == -ENOTDIR || r == -ENAMETOOLONG)
		return;
	if (f->spec->loose && (r == -EISDIR || r == -EINVAL || r == -EMSGSIZE))
		return;
	scan_skipped(f->s, "content", "file", -r);
}

/* ---- Paths ---- */

static bool join(char *dst, const char *dir, struct span name)
{
	int n = snprintf(dst, PATH_MAX, "%s/%.*s", dir, (int)name.n, name.p);

	return n >= 0 && n < PATH_MAX;
}

static void open_dir(struct fileset *f)
{
	if (is_remote(f, f->dir_path))
		return;
	f->dir = root_opendir(f->ns.root, f->dir_path);
	if (!f->dir && errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG)
		scan_skipped(f->s, "entries", "directory", errno);
}

/* FILESET_ONE: f->path is one; FILESET_AGAIN: it was a pattern, or is not to be had. */
static int take_name(struct fileset *f, const char *name)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	const char *star = strchr(last, '*'), *base = f->user ? f->homes.dir : "";
	struct span dir = {name, slash ? (size_t)(slash - name) : 0};

	name += name[0] == '/';
	if (!star)
		return join(f->path, base, span_str(name)) && !is_remote(f, f->path)
			       ? FILESET_ONE
			       : FILESET_AGAIN;
	if (dir.n && dir.p[0] == '/')
		dir = (struct span){dir.p + 1, dir.n - 1};
	f->before = (struct span){last, (size_t)(star - last)};
	f->after = span_str(star + 1);
	if (join(f->dir_path, base, dir))
		open_dir(f);
	return FILESET_AGAIN;
}

static bool matches(const struct fileset *f, const char *name)
{
	size_t n = strlen(name);

	return n >= f->before.n + f->after.n && memcmp(name, f->before.p, f->before.n) == 0 &&
	       memcmp(name + n - f->after.n, f->after.p, f->after.n) == 0;
}

static bool is_file(struct fileset *f, unsigned char type)
{
	struct stat st;

	if (type != DT_LNK && type != DT_UNKNOWN)
		return type == DT_REG;
	return !is_remote(f, f->path) && root_stat(f->ns.root, f->path, true, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

static int next_in_dir(struct fileset *f)
{
	const struct dirent *d = readdir(f->dir);

	if (!d) {
		closedir(f->dir);
		f->dir = NULL;
		return FILESET_AGAIN;
	}
	if (str_eq(d->d_name, ".") || str_eq(d->d_name, "..") || !matches(f, d->d_name))
		return FILESET_AGAIN;
	if (!join(f->path, f->dir_path, span_str(d->d_name)) || !is_file(f, d->d_type))
		return FILESET_AGAIN;
	return FILESET_ONE;
}

static int next_base(struct fileset *f)
{
	if (f->at_homes) {
		f->at_homes = homes_next(&f->homes) == 1;
		f->user = f->at_homes ? f->homes.name : NULL;
		f->uid = f->at_homes ? f->homes.its_uid : 0;
		f->name = f->at_homes ? f->spec->names : NULL;
		return FILESET_AGAIN;
	}
	if (!f->at_system)
		return FILESET_END;
	f->at_system = false;
	f->name = f->spec->names;
	return FILESET_AGAIN;
}

static int look(struct fileset *f)
{
	if (f->dir)
		return next_in_dir(f);
	if (!f->name || !*f->name)
		return next_base(f);
	f->which = f->name++;
	if (((*f->which)[0] == '/') == (f->user != NULL))
		return FILESET_AGAIN;
	return take_name(f, *f->which);
}

int fileset_next(struct fileset *f)
{
	int r = FILESET_AGAIN;

	if (!f->ns.root)
		return FILESET_END;
	for (unsigned i = 0; i < LOOKS_MAX && r == FILESET_AGAIN; i++)
		r = look(f);
	return r;
}

const char *fileset_dir(const struct fileset *f)
{
	return f->dir_path;
}

/* ---- Contents ---- */

int fileset_read(struct fileset *f, struct buf *out)
{
	int r = root_read(f->ns.root, f->path, out);

	if (r < 0 && r != -ENOMEM)
		told(f, r);
	return r;
}

static int open_next(struct fileset *f)
{
	int r = fileset_next(f);

	if (r != FILESET_ONE)
		return r;
	r = textfile_open(&f->file, f->ns.root, f->path);
	f->open = r == 0;
	f->fresh = true;
	if (r < 0 && r != -ENOMEM)
		told(f, r);
	return r == -ENOMEM ? r : FILESET_AGAIN;
}

int fileset_line(struct fileset *f, struct span *ret, bool *ret_first)
{
	char *line;
	size_t len;
	int r = f->open ? FILESET_AGAIN : open_next(f);

	if (!f->open)
		return r;
	r = textfile_next(&f->file, &line, &len);
	if (r < 0)
		told(f, r);
	if (r < 0 || r == TEXTFILE_END)
		close_file(f);
	if (r != TEXTFILE_LINE)
		return FILESET_AGAIN;
	*ret = span_trim((struct span){line, len});
	if (ret_first)
		*ret_first = f->fresh;
	f->fresh = false;
	return FILESET_ONE;
}
