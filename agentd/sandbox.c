/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* None of these lets anything be changed but by calls that the filter refuses. */
const int sandbox_reading[] = {
	/* Files and directories of every owner: shadow, the users' histories, other homes. */
	CAP_DAC_READ_SEARCH,
	/* /proc/PID/exe, fd, environ, maps, root and the memory that yara_process reads. */
	CAP_SYS_PTRACE,
	/* Addresses of modules and symbols of the kernel. */
	CAP_SYSLOG,
	/* O_NOATIME on files of other owners: looking leaves no trace. */
	CAP_FOWNER,
	-1,
};

static int keep_capabilities(const struct sandbox *s, struct err *err)
{
	/* Where root itself has less, as in a container, so has the worker. */
	bool have[CAP_LAST_CAP + 1] = {false};

	if (capng_get_caps_process() < 0)
		return err_set(err, EIO, "cannot tell the capabilities of this process");
	for (size_t i = 0; s->capabilities && s->capabilities[i] >= 0; i++)
		have[s->capabilities[i]] =
			capng_have_capability(CAPNG_PERMITTED, (unsigned)s->capabilities[i]);
	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		if (have[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, i);
	return 0;
}

static int change_ids(const struct sandbox *s, struct err *err)
{
	int r = keep_capabilities(s, err);

	if (r < 0)
		return r;
	if (setgroups(s->n_groups, s->groups) < 0)
		return err_sys(err, errno, "cannot set the groups");
	r = capng_change_id((int)s->uid, (int)s->gid, CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
	if (r < 0)
		return err_set(err, EPERM, "cannot become user %u (%d)", (unsigned)s->uid, r);
	return 0;
}

static int limit(int what, const char *name, rlim_t soft, rlim_t hard, struct err *err)
{
	struct rlimit l;

	if (getrlimit(what, &l) < 0)
		return err_sys(err, errno, "cannot tell the limit of %s", name);
	l.rlim_max = hard < l.rlim_max ? hard : l.rlim_max;
	l.rlim_cur = soft < l.rlim_max ? soft : l.rlim_max;
	return setrlimit(what, &l) < 0 ? err_sys(err, errno, "cannot limit %s", name) : 0;
}

static int set_limits(const struct sandbox *s, struct err *err)
{
	int r = limit(RLIMIT_CORE, "core files", 0, 0, err);

	if (!r)
		r = limit(RLIMIT_NOFILE, "files", SANDBOX_FILES_MAX, SANDBOX_FILES_MAX, err);
	if (!r && s->no_growth)
		r = limit(RLIMIT_FSIZE, "file sizes", 0, 0, err);
	/* The daemon moves it on with each query; the hard one is out of reach of the filter. */
	if (!r && s->cpu_s)
		r = limit(RLIMIT_CPU, "processor time", s->cpu_s, RLIM_INFINITY, err);
#ifndef __SANITIZE_ADDRESS__
	/* What is allocated, and not what is merely mapped: libraries, the arenas of malloc. */
	if (!r && s->memory_mb)
		r = limit(RLIMIT_DATA, "memory", (rlim_t)s->memory_mb << 20,
			(rlim_t)s->memory_mb << 20, err);
#endif
	return r;
}

int sandbox_enter(const struct sandbox *s, struct err *err)
{
	int r = s->change_uid ? change_ids(s, err) : 0;

	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "cannot give up new privileges");
	/* Nobody of the same user traces it or reads its memory. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(err, errno, "cannot become undumpable");
	/* It does not outlive the daemon. A change of ids would have undone it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_sys(err, errno, "cannot ask to end with the daemon");
	return set_limits(s, err);
}
