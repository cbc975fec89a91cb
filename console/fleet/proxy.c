/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/proxy.h"

#include "common/io.h"
#include "common/spawn.h"
#include "common/str.h"
#include "console/fleet/child.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct proxy {
	struct transport_env *env;
	struct loop_io io; /* its stderr */
	pid_t pid;
	size_t n;
	char words[PROXY_WORDS_MAX + 1];
};

/* Keeps the last of it. */
static void add_words(struct proxy *p, const char *bytes, size_t n)
{
	size_t drop;

	if (n > PROXY_WORDS_MAX) {
		bytes += n - PROXY_WORDS_MAX;
		n = PROXY_WORDS_MAX;
	}
	drop = p->n + n > PROXY_WORDS_MAX ? p->n + n - PROXY_WORDS_MAX : 0;
	memmove(p->words, p->words + drop, p->n - drop);
	memcpy(p->words + p->n - drop, bytes, n);
	p->n += n - drop;
	p->words[p->n] = '\0';
}

/* Once per event: a program that writes without end is read no faster than others get a turn. */
static bool read_some(struct proxy *p)
{
	char bytes[1024];
	ssize_t n = p->io.fd >= 0 ? read(p->io.fd, bytes, sizeof(bytes)) : 0;

	if (n > 0) {
		add_words(p, bytes, (size_t)n);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		loop_unwatch(p->env->loop, &p->io);
		p->io.fd = io_close(p->io.fd);
	}
	return false;
}

static void ready(struct loop_io *io, uint32_t events)
{
	(void)events;
	(void)read_some(io->arg);
}

struct proxy *proxy_start(
	struct transport_env *env, const char *command, int *ret_fd, struct err *err)
{
	struct proxy *p = calloc(1, sizeof(*p));
	char *line = str_printf("exec %s", command);
	const char *const argv[] = {"/bin/sh", "-c", line, NULL};
	struct spawned child;

	if (!p || !line) {
		err_set(err, ENOMEM, "out of memory");
		goto fail;
	}
	if (spawn(argv, 1, &child, err) < 0)
		goto fail;
	free(line);
	p->env = env;
	p->pid = child.pid;
	p->io = (struct loop_io){.fd = child.err_fd, .fn = ready, .arg = p};
	(void)loop_watch(env->loop, &p->io, EPOLLIN);
	*ret_fd = child.fd;
	return p;
fail:
	free(line);
	free(p);
	return NULL;
}

const char *proxy_words(struct proxy *p)
{
	char *newline;

	if (!p)
		return "";
	for (int i = 0; i < PROXY_WORDS_MAX && read_some(p); i++)
		;
	while (p->n && strchr(" \r\n", p->words[p->n - 1]))
		p->words[--p->n] = '\0';
	newline = strrchr(p->words, '\n');
	return newline ? newline + 1 : p->words;
}

void proxy_end(struct proxy *p)
{
	if (!p)
		return;
	loop_unwatch(p->env->loop, &p->io);
	io_close(p->io.fd);
	reaper_take(p->env->reaper, p->pid);
	free(p);
}
