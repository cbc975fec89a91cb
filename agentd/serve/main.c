/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tocsin-agentd-serve: the agent behind an SSH server of its own. The files by stage:
 *
 *   main.c     options, host key, what is listened on
 *   listen.c   addresses
 *   keys.c     the host key, authorized_keys
 *   accept.c   the process that listens: a child per connection, how many there may be
 *   conn.c     one connection: key exchange, login, its channels
 *   link.c     one channel, and the `tocsin-agentd session` behind it
 */
#include "agentd/serve/accept.h"
#include "agentd/serve/keys.h"
#include "agentd/serve/listen.h"
#include "agentd/serve/serve.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/log.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define USAGE_MAX (16u << 10)

enum { STATUS_GOOD = 0, STATUS_REFUSED = 2, STATUS_FAILED = 3 };

static const struct opt opts[] = {
	{0, "listen", "ADDR:PORT", OPT_LIST, offsetof(struct serve_options, listen),
		.doc = "repeatable; IPv6 in [brackets]; port 0: any free one"},
	{0, "host-key", "FILE", OPT_STRING, offsetof(struct serve_options, host_key),
		.doc = "the server's private key, mode 600"},
	{0, "generate-host-key", NULL, OPT_FLAG, offsetof(struct serve_options, generate_host_key),
		.doc = "make it, and FILE.pub, where it is missing"},
	{0, "authorized-keys", "FILE", OPT_STRING, offsetof(struct serve_options, authorized_keys),
		.doc = "who may log in, as in sshd(8)"},
	{0, "root", "DIR", OPT_STRING, offsetof(struct serve_options, root),
		.doc = "answer from the file system in DIR instead of /"},
	{0, "max-sessions", "N", OPT_UINT, offsetof(struct serve_options, max_sessions), .min = 1,
		.max = 1024, .doc = "at once (16)"},
	{0, "login-grace", "S", OPT_SECONDS, offsetof(struct serve_options, login_grace),
		.min = 0.1, .max = 3600, .doc = "seconds until a client must be logged in (30)"},
	{0, "agent", "FILE", OPT_STRING, offsetof(struct serve_options, agent),
		.doc = "the tocsin-agentd to start (the one beside this program)"},
	{'v', "verbose", NULL, OPT_COUNT, offsetof(struct serve_options, verbose),
		.doc = "say more on stderr"},
	{'h', "help", NULL, OPT_FLAG, offsetof(struct serve_options, help), .doc = "this text"},
	OPT_END,
};

static const char about[] =
	"usage: tocsin-agentd serve --listen ADDR:PORT --host-key FILE\n"
	"                           --authorized-keys FILE [options]\n"
	"\n"
	"An SSH server that offers the subsystem \"tocsin\" and nothing else, to the\n"
	"holders of the authorized keys. Whatever user name a client gives, its rights\n"
	"are those of the account that this program runs as. Prints \"listening on\n"
	"ADDR:PORT\" for each address.\n"
	"\n";

static int usage(void)
{
	struct buf b;
	int r;

	buf_init(&b, USAGE_MAX);
	r = buf_puts(&b, about);
	if (!r)
		r = opts_usage(opts, &b);
	if (!r)
		r = io_write_all(STDOUT_FILENO, b.p, b.len);
	buf_done(&b);
	return r ? STATUS_FAILED : STATUS_GOOD;
}

/* The agent lies beside this program unless the one that started it told where it is itself. */
static int find_agent(char path[PATH_MAX], struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	static const char tail[] = "-serve";

	if (n < 0)
		return err_sys(err, errno, "cannot tell where this program lies; give --agent");
	path[n] = '\0';
	if ((size_t)n <= sizeof(tail) - 1 || strcmp(path + n - (sizeof(tail) - 1), tail) != 0)
		return err_set(err, ENOENT, "cannot tell where tocsin-agentd lies; give --agent");
	path[n - (ssize_t)(sizeof(tail) - 1)] = '\0';
	return 0;
}

/* The bind takes the key over. */
static int make_bind(ssh_key key, ssh_bind *ret, struct err *err)
{
	const int no = 0;
	ssh_bind b = ssh_bind_new();
	char *print;

	if (!b)
		return err_sys(err, ENOMEM, "server");
	print = key_fingerprint(key);
	log_verbose("host key %s", print ? print : "?");
	ssh_string_free_char(print);
	if (ssh_bind_options_set(b, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no) != SSH_OK ||
		ssh_bind_options_set(b, SSH_BIND_OPTIONS_IMPORT_KEY, key) != SSH_OK) {
		err_set(err, EINVAL, "host key: %s", ssh_get_error(b));
		ssh_bind_free(b);
		return -EINVAL;
	}
	*ret = b;
	return 0;
}

static int check(const struct serve_options *o, int words, struct err *err)
{
	bool found;

	if (words)
		return err_set(err, EINVAL, "takes no argument");
	if (!o->listen.n || !o->host_key || !o->authorized_keys)
		return err_set(err, EINVAL, "needs --listen, --host-key and --authorized-keys");
	if (access(o->agent, X_OK) < 0)
		return err_sys(err, errno, "%s", o->agent);
	/* Now rather than at the first login. */
	return authorized_key(o->authorized_keys, NULL, &found, err);
}

static int start(const struct serve_options *o, struct listeners *l, ssh_bind *ret, struct err *err)
{
	ssh_key key = NULL;
	int r = host_key_load(o->host_key, o->generate_host_key, &key, err);

	if (!r)
		r = make_bind(key, ret, err);
	for (size_t i = 0; !r && i < o->listen.n; i++)
		r = listen_add(l, o->listen.items[i], err);
	for (size_t i = 0; !r && i < l->n; i++) {
		char text[LISTEN_TEXT_MAX], line[LISTEN_TEXT_MAX + 32];

		listen_local(l->fds[i], text);
		snprintf(line, sizeof(line), "listening on %s\n", text);
		r = io_write_all(STDOUT_FILENO, line, strlen(line));
		if (r)
			err_sys(err, -r, "cannot say where it listens");
	}
	return r;
}

static int serve(const struct serve_options *o)
{
	struct listeners listeners = {.n = 0};
	ssh_bind server = NULL;
	bool child = false;
	struct err err;
	int r = start(o, &listeners, &server, &err);

	if (!r)
		r = accept_run(o, server, &listeners, &child, &err);
	if (child)
		_exit(r);
	if (r)
		log_error("serve: %s", err.text);
	listen_close(&listeners);
	ssh_bind_free(server);
	return r ? STATUS_FAILED : STATUS_GOOD;
}

int main(int argc, char **argv)
{
	struct serve_options o = {
		.root = "/", .max_sessions = SERVE_SESSIONS, .login_grace = SERVE_LOGIN_GRACE_S};
	const struct opt_set sets[] = {{opts, &o}, {NULL, NULL}};
	char agent[PATH_MAX];
	struct err err;
	int words, r;

	log_init("tocsin-agentd", LOG_NORMAL);
	signal(SIGPIPE, SIG_IGN);
	r = opts_parse(sets, argc - 1, argv + 1, false, &words, &err);
	if (!r && o.help)
		return usage();
	log_init("tocsin-agentd", o.verbose ? LOG_VERBOSE : LOG_NORMAL);
	if (!r && !o.agent) {
		r = find_agent(agent, &err);
		o.agent = agent;
	}
	if (!r)
		r = check(&o, words, &err);
	if (r) {
		log_error("serve: %s (tocsin-agentd serve --help tells more)", err.text);
		return STATUS_REFUSED;
	}
	ssh_init();
	r = serve(&o);
	ssh_finalize();
	return r;
}
