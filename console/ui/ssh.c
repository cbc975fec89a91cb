/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `!`: OpenSSH's own client at a host, in this terminal, by the way that the questions go. */
#include "common/buf.h"
#include "common/str.h"
#include "console/ui/self.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_WORDS_MAX 64
/* Jump hosts in a row. */
#define HOPS_MAX 16
#define TEXT_MAX (64u << 10)

struct line {
	struct buf text; /* the words, each with its NUL */
	size_t at[COMMAND_WORDS_MAX];
	size_t n;
	int r;
};

static void add(struct line *l, const char *word)
{
	if (l->r == 0 && l->n == COMMAND_WORDS_MAX - 1)
		l->r = -E2BIG;
	if (l->r < 0)
		return;
	l->at[l->n++] = l->text.len;
	l->r = buf_add(&l->text, word, strlen(word) + 1);
}

static void add_pair(struct line *l, const char *flag, const char *value)
{
	if (!value)
		return;
	add(l, flag);
	add(l, value);
}

static void add_option(struct line *l, const char *name, const char *value)
{
	char *both = value ? str_printf("%s=%s", name, value) : NULL;

	add_pair(l, "-o", both);
	free(both);
}

/* [USER@]HOST[:PORT], the nearest first. */
static void add_jumps(struct line *l, const struct host_config *h)
{
	const struct host_config *hops[HOPS_MAX];
	struct buf b;
	size_t n = 0;
	int r = 0;

	for (; h && n < HOPS_MAX; h = h->jump)
		hops[n++] = h;
	if (n == 0)
		return;
	buf_init(&b, TEXT_MAX);
	while (r == 0 && n-- > 0) {
		r = buf_printf(&b, "%s%s%s%s", b.len ? "," : "", hops[n]->user ? hops[n]->user : "",
			hops[n]->user ? "@" : "", hops[n]->address);
		if (r == 0 && hops[n]->port)
			r = buf_printf(&b, ":%u", hops[n]->port);
	}
	if (r < 0)
		l->r = r;
	else
		add_pair(l, "-J", buf_str(&b));
	buf_done(&b);
}

static void add_host(struct line *l, const struct app *app, const struct host_config *h)
{
	char port[16];

	add(l, "ssh");
	add_pair(l, "-F", app->o.ssh_config);
	add_jumps(l, h->jump);
	snprintf(port, sizeof(port), "%u", h->port);
	add_pair(l, "-p", h->port ? port : NULL);
	add_pair(l, "-l", h->user);
	for (size_t i = 0; h->key_files && h->key_files[i]; i++)
		add_pair(l, "-i", h->key_files[i]);
	add_option(l, "HostKeyAlias", h->host_key_alias);
	add_option(l, "ProxyCommand", h->proxy_command);
	for (size_t i = 0; i < app->o.known_hosts.n; i++)
		add_option(l, "UserKnownHostsFile", app->o.known_hosts.items[i]);
	add(l, "--");
	add(l, h->address);
}

static void in_child(char **argv)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	(void)!write(STDERR_FILENO, "tocsin: ssh cannot be started\n", 30);
	_exit(127);
}

static void run(void *arg)
{
	char **argv = arg;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		in_child(argv);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

int ui_ssh(struct ui *ui, host_id host, struct err *err)
{
	const struct host_config *h = &ui->app->hosts[host];
	struct line l = {.n = 0};
	char *argv[COMMAND_WORDS_MAX];

	if (h->connection == CONNECTION_LOCAL)
		return err_set(err, EINVAL, "%s is this machine", h->name);
	if (h->connection == CONNECTION_NONE)
		return err_set(err, EINVAL, "%s: %s", h->name, h->unusable);
	if (h->address[0] == '-')
		return err_set(err, EINVAL, "%s is not a host's address", h->address);
	buf_init(&l.text, TEXT_MAX);
	add_host(&l, ui->app, h);
	for (size_t i = 0; i < l.n; i++)
		argv[i] = l.text.p + l.at[i];
	argv[l.n] = NULL;
	if (l.r == 0)
		ui_outside((struct ui_self *)ui, run, argv);
	buf_done(&l.text);
	return l.r < 0 ? err_sys(err, -l.r, "the command line of ssh") : 0;
}
