/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctable.h"

#include <errno.h>

static void shared_free(void *p)
{
	struct proc_shared *shared = p;

	sockets_free(shared->sockets);
	procfs_done(&shared->fs);
}

struct proc_shared *proc_shared(struct scan *s, int *ret)
{
	static const char key;
	struct proc_shared *shared = scan_shared(s, &key, sizeof(*shared), shared_free);
	int r;

	*ret = shared ? 0 : -ENOMEM;
	if (!shared || shared->ready)
		return shared;
	r = procfs_init(&shared->fs, scan_root(s));
	if (r < 0) {
		scan_warn(s, "no processes: /proc: %s", strerror(-r));
		return NULL;
	}
	shared->ready = true;
	return shared;
}

int proc_walk_open(struct proc_walk *w, struct scan *s, unsigned pid)
{
	bool never = false;
	int64_t only;
	int r;

	*w = (struct proc_walk){.list = {.fd = -1}, .only = -1};
	if (scan_eq_int(s, pid, &only, &never)) {
		if (only <= 0 || only > INT32_MAX)
			return 0;
		w->only = (int32_t)only;
	}
	if (never)
		return 0;
	w->shared = proc_shared(s, &r);
	if (!w->shared || w->only > 0)
		return r;
	r = procfs_list_init(&w->list, &w->shared->fs);
	if (r < 0)
		return scan_error(s, -r, "/proc: %s", strerror(-r));
	w->listing = true;
	return 0;
}

void proc_walk_close(struct proc_walk *w)
{
	if (w->listing)
		procfs_list_done(&w->list);
	w->listing = false;
}

int proc_walk_next(struct proc_walk *w, int32_t *ret)
{
	int r;

	if (w->listing) {
		do
			r = procfs_list_next(&w->list, ret);
		while (r > 0 && *ret == 0);
		return r;
	}
	if (!w->shared || w->only <= 0)
		return 0;
	*ret = w->only;
	w->only = -1;
	return 1;
}

int proc_walk_process(struct proc_walk *w, struct scan *s, int32_t pid, struct procfs_proc *ret)
{
	/* Only a number that somebody made up can be that of a thread. */
	int r = w->listing ? procfs_open(&w->shared->fs, pid, ret)
			   : procfs_open_process(&w->shared->fs, pid, ret);

	if (r == -ENOMEM || r == 0)
		return r;
	proc_skipped(s, "directory", r);
	return -ENOENT;
}

int proc_walk_file(
	struct proc_walk *w, struct scan *s, const char *name, int32_t *ret_pid, int *ret_fd)
{
	struct procfs_proc p;
	int r = proc_walk_next(w, ret_pid);

	if (r <= 0)
		return r;
	*ret_fd = -1;
	r = proc_walk_process(w, s, *ret_pid, &p);
	if (r < 0)
		return r == -ENOMEM ? r : 1;
	r = procfs_open_file(&p, name);
	procfs_close(&p);
	proc_skipped(s, name, r);
	if (r >= 0)
		*ret_fd = r;
	return 1;
}

int proc_fds_open(struct proc_fds *f, struct scan *s, unsigned pid)
{
	buf_init(&f->link, PROCFS_LINK_MAX);
	return proc_walk_open(&f->walk, s, pid);
}

static void fds_finish(struct proc_fds *f)
{
	if (f->listing)
		procfs_list_done(&f->list);
	f->listing = false;
}

void proc_fds_close(struct proc_fds *f)
{
	fds_finish(f);
	buf_done(&f->link);
	proc_walk_close(&f->walk);
}

static int fds_process(struct proc_fds *f, struct scan *s)
{
	struct procfs_proc p;
	int r = proc_walk_next(&f->walk, &f->pid);

	if (r <= 0)
		return r;
	r = proc_walk_process(&f->walk, s, f->pid, &p);
	if (r == -ENOMEM)
		return r;
	if (r == 0) {
		r = procfs_list_fds(&f->list, &p);
		procfs_close(&p);
		proc_skipped(s, "descriptors", r);
		f->listing = r == 0;
	}
	return PROC_FDS_PAUSE;
}

int proc_fds_next(struct proc_fds *f, struct scan *s)
{
	int r;

	while (f->listing) {
		if (f->handed_out && !procfs_list_pending(&f->list)) {
			f->handed_out = false;
			return PROC_FDS_PAUSE;
		}
		r = procfs_list_next(&f->list, &f->fd);
		if (r <= 0) {
			fds_finish(f);
			proc_skipped(s, "descriptors", r);
			return r == -ENOMEM ? r : PROC_FDS_PAUSE;
		}
		f->handed_out = true;
		r = procfs_list_link(&f->list, f->fd, &f->link);
		if (r == 0)
			return PROC_FDS_ONE;
		/* To list them needs no right over the process, to look at them does. */
		if (r == -EACCES || r == -EPERM || r == -ENOMEM) {
			fds_finish(f);
			proc_skipped(s, "descriptors", r);
			return r == -ENOMEM ? r : PROC_FDS_PAUSE;
		}
	}
	return fds_process(f, s);
}

void proc_skipped(struct scan *s, const char *what, int r)
{
	if (r < 0 && r != -ENOENT && r != -ESRCH)
		scan_skipped(s, what, "process", -r);
}
