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

#define COMMAND_WORDS_MAX 256
/* Jump hosts in a row. */
#define HOPS_MAX 16
#define TEXT_MAX (64u << 10)
/* How ssh(1) ends when it could not connect, and how a child does that could not become it. */
#define SSH_FAILED  255
#define NOT_STARTED 127

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

/* [USER@]HOST[:PORT], the nearest first. An IPv6 address is told from a port by its brackets. */
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
		bool v6 = strchr(hops[n]->address, ':');

		r = buf_printf(&b, "%s%s%s%s%s%s", b.len ? "," : "",
			hops[n]->user ? hops[n]->user : "", hops[n]->user ? "@" : "", v6 ? "[" : "",
			hops[n]->address, v6 ? "]" : "");
		if (r == 0 && hops[n]->port)
			r = buf_printf(&b, ":%u", hops[n]->port);
	}
	if (r < 0)
		l->r = r;
	else
		add_pair(l, "-J", buf_str(&b));
	buf_done(&b);
}

/* Of several files ssh takes the first option only, which may hold a list. */
static void add_known_hosts(struct line *l, const struct opt_list *files)
{
	struct buf b;
	int r = 0;

	buf_init(&b, TEXT_MAX);
	for (size_t i = 0; r == 0 && i < files->n; i++)
		r = buf_printf(&b, "%s\"%s\"", i ? " " : "", files->items[i]);
	if (r < 0)
		l->r = r;
	else if (b.len)
		add_option(l, "UserKnownHostsFile", buf_str(&b));
	buf_done(&b);
}

/* What the inventory has for ssh; jump hosts are said already, and ssh bears one -J only. */
static void add_words(struct line *l, const char *const *words, bool jumps)
{
	for (size_t i = 0; words && words[i]; i++) {
		if (jumps || strncmp(words[i], "-J", 2) != 0)
			add(l, words[i]);
		else if (!words[i][2] && words[i + 1])
			i++;
	}
}

static void add_program(struct line *l, const struct app *app)
{
	struct span rest = span_str(app->o.ssh_command ? app->o.ssh_command : "ssh"), word;

	while (l->r == 0 && span_split(&rest, ' ', &word)) {
		char *copy = word.n ? span_dup(word) : NULL;

		if (copy)
			add(l, copy);
		free(copy);
	}
	add_pair(l, "-F", app->o.ssh_config);
}

static void add_host(struct line *l, const struct app *app, const struct host_config *h)
{
	char port[16];

	add_program(l, app);
	if (app->o.ssh_command)
		add_pair(l, "-J", app->o.jump);
	else
		add_jumps(l, h->jump);
	snprintf(port, sizeof(port), "%u", h->port);
	add_pair(l, "-p", h->port ? port : NULL);
	add_pair(l, "-l", h->user);
	for (size_t i = 0; h->key_files && h->key_files[i]; i++)
		add_pair(l, "-i", h->key_files[i]);
	add_option(l, "HostKeyAlias", h->host_key_alias);
	add_option(l, "ProxyCommand", h->proxy_command);
	add_known_hosts(l, &app->o.known_hosts);
	add_words(l, h->ssh_words, app->o.ssh_command);
	add(l, "--");
	add(l, h->address);
}

/* The keys' signals are for ssh alone. */
static const int of_keys[] = {SIGINT, SIGQUIT, SIGTSTP};

static void in_child(char **argv)
{
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(of_keys); i++)
		signal(of_keys[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "tocsin: %s: %s\n", argv[0], strerror(errno));
	_exit(NOT_STARTED);
}

/* Its words would be gone with the screen's return. */
static void let_read(void)
{
	static const char words[] = "tocsin: Enter goes back to the screen ";
	char c = 0;

	(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
	while (c != '\n' && read(STDIN_FILENO, &c, 1) == 1)
		;
}

/* Where ssh stops (its ~^Z), the shell gets the terminal, and continues both. */
static int wait_for(pid_t pid)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, WUNTRACED) < 0) {
			if (errno != EINTR)
				return 0;
		} else if (!WIFSTOPPED(status)) {
			return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
		} else {
			raise(SIGSTOP);
		}
	}
}

static void run(void *arg)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before[ARRAY_LEN(of_keys)];
	int status = SSH_FAILED;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_LEN(of_keys); i++)
		sigaction(of_keys[i], &ignore, &before[i]);
	pid = fork();
	if (pid == 0)
		in_child(arg);
	if (pid > 0)
		status = wait_for(pid);
	if (status == SSH_FAILED || status == NOT_STARTED)
		let_read();
	for (size_t i = 0; i < ARRAY_LEN(of_keys); i++) {
		/* Blocked ones came all the same: this drops them. */
		sigaction(of_keys[i], &ignore, NULL);
		sigaction(of_keys[i], &before[i], NULL);
	}
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
