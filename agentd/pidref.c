/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pidref.h"

#include "common/clock.h"
#include "common/io.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel tells of a change of state to the parent only, so others have to look again. */
#define LOOK_AGAIN_MS 5
#define TASK_NAME_MAX 48

static int stat_of(
	const struct procfs_proc *p, const char *name, struct buf *text, struct procfs_stat *ret)
{
	int r = procfs_read(p, name, text);

	if (r == -ENOENT)
		return -ESRCH;
	return r < 0 ? r : procfs_stat_parse((struct span){text->p, text->len}, ret);
}

int pidref_stat(const struct pidref *p, struct buf *text, struct procfs_stat *ret)
{
	return stat_of(&p->proc, "stat", text, ret);
}

/*
 * The directory is of one process for good. If that is still there after the pidfd was made from
 * its number, the number was its own all the time, so the pidfd is of the same process.
 */
static int open_both(const struct procfs *fs, int32_t pid, struct pidref *p)
{
	struct procfs_stat st;
	struct buf text;
	int r = procfs_open_process(fs, pid, &p->proc);

	if (r < 0)
		return r;
	p->fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (p->fd < 0)
		return -errno;
	buf_init(&text, PROCFS_FILE_MAX);
	r = pidref_stat(p, &text, &st);
	if (r == 0)
		p->start = st.start;
	buf_done(&text);
	return r;
}

int pidref_open(const struct procfs *fs, int32_t pid, struct pidref *ret, struct err *err)
{
	struct pidref p = PIDREF_NONE;
	int r = open_both(fs, pid, &p);

	p.pid = pid;
	if (r == 0) {
		*ret = p;
		return 0;
	}
	pidref_close(&p);
	/* EINVAL: of a thread. */
	if (r == -ENOENT || r == -ESRCH || r == -EINVAL)
		return err_set(err, ESRCH, "there is no process %d", pid);
	if (r == -ENOSYS)
		return err_set(err, ENOSYS, "this kernel has no pidfd (it came with Linux 5.3)");
	return err_sys(err, -r, "process %d", pid);
}

void pidref_close(struct pidref *p)
{
	p->fd = io_close(p->fd);
	procfs_close(&p->proc);
}

static bool poll_end(const struct pidref *p, int ms)
{
	struct pollfd fd = {.fd = p->fd, .events = POLLIN};

	return poll(&fd, 1, ms) > 0;
}

bool pidref_ended(const struct pidref *p)
{
	return poll_end(p, 0);
}

bool pidref_wait_end(const struct pidref *p, int64_t until_ms)
{
	int64_t left;

	do {
		left = until_ms - clock_mono_ms();
		if (poll_end(p, left > 0 ? (int)left : 0))
			return true;
	} while (left > 0);
	return false;
}

int pidref_signal(const struct pidref *p, int sig)
{
	return syscall(SYS_pidfd_send_signal, p->fd, sig, NULL, 0) < 0 ? -errno : 0;
}

/* The one of two states that is further from being stopped. */
static char worse(char a, char b)
{
	static const char order[] = "ZXtTIPSRD";
	const char *at = a ? strchr(order, a) : order, *bt = strchr(order, b);

	return !bt || bt > at ? b : a;
}

char pidref_state(const struct pidref *p)
{
	struct procfs_list tasks;
	struct procfs_stat st;
	char name[TASK_NAME_MAX], state = 0;
	struct buf text;
	int32_t tid;

	if (procfs_list_tasks(&tasks, &p->proc) < 0)
		return 0;
	buf_init(&text, PROCFS_FILE_MAX);
	/* One that has ended has no threads left to list. */
	if (pidref_stat(p, &text, &st) == 0 && st.state == 'Z')
		state = 'Z';
	while (procfs_list_next(&tasks, &tid) == 1) {
		snprintf(name, sizeof(name), "task/%d/stat", tid);
		if (stat_of(&p->proc, name, &text, &st) == 0)
			state = worse(state, st.state);
	}
	buf_done(&text);
	procfs_list_done(&tasks);
	return state;
}

static bool is_stopped(char state)
{
	return state == 'T' || state == 't';
}

char pidref_wait_stopped(const struct pidref *p, bool stopped, int64_t until_ms)
{
	char state = pidref_state(p);

	while (is_stopped(state) != stopped && clock_mono_ms() < until_ms &&
		!poll_end(p, LOOK_AGAIN_MS))
		state = pidref_state(p);
	return state;
}
