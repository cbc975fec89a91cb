/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tocsin-agentd: answers questions about the machine it runs on. The files by stage, in the order
 * in which a question meets them:
 *
 *   main.c              the role's word, common flags, usage
 *   role_*.c            what each role's flags mean
 *   selfask.c prompt.c  a question from the terminal; lineedit.c complete.c typing it
 *   serve/              an SSH server of its own (the program tocsin-agentd-serve)
 *   handover.c          a session's process hands its descriptors to the daemon
 *   daemon/             the root process: who asks, policy, audit, actions; no JSON, no SQL
 *     priv.c privlink.c typed frames between it and its workers
 *   role_worker.c       one session of the daemon's: what it gives up (sandbox*.c), then
 *     broker.c relay.c  connections that it cannot make, by processes of their own
 *   session.c           the wire: requests in, replies out, one event loop
 *     hostinfo.c        what hello says of the host
 *     job.c jobact.c    one request in flight: its thread, its deadline, cancelling
 *     answer.c          rows packed into lines
 *     outq.c            lines waiting for the reader: back-pressure
 *   engine.c engine_*.c one question: SQLite, authorizer, limits, words of errors
 *   sqldepth.c        how deep SQLite would recurse over it, before it does
 *     functions*        SQL functions beside SQLite's own
 *     notes.c           the warnings of one answer
 *   vtab.c scan.c       the one virtual-table module; what tables call
 *   othernames.c        further names that published queries use
 *   tables/             one table, one file; what several of them share:
 *     proc*.c           /proc, and the walk over its processes
 *     sock*.c           sockets and whose they are
 *     netlink.c rtnl.c ifaces.c           addresses and routes
 *     pathglob.c pathwalk.c pathscan.c    paths and patterns of paths
 *     filehash.c textfile.c               contents of files
 *     accounts.c cronline.c mounttab.c    what their lines mean
 *     nsroot.c identity.c                 other mount namespaces; ids of rows
 *   catalog.c           the tables themselves as rows
 *   root.c              the file system asked about: / or --root
 *   conf.c policy.c     settings; who may do what
 *   audit*.c            the chained log of requests and outcomes: written, read, verified
 *
 * To add a role: write role_NAME.c that ends in a const struct role, and list it below.
 */
#include "agentd/engine.h"
#include "agentd/role.h"

#include "common/buf.h"
#include "common/err.h"
#include "common/fill.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "common/version.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define USAGE_MAX (64u << 10)
/* Columns of a role's name and argument. */
#define SUMMARY_COLUMN 22

static const struct role *const roles[] = {
	&role_session,
	&role_daemon,
	&role_serve,
	&role_query,
	&role_tables,
	&role_audit,
	&role_check,
	&role_worker,
	&role_relay,
};

static const struct opt common_opts[] = {
	{0, "root", "DIR", OPT_STRING, offsetof(struct agent_options, root),
		.doc = "answer from the file system in DIR instead of /"},
	{0, "config", "FILE", OPT_STRING, offsetof(struct agent_options, config),
		.doc = "configuration (/etc/tocsin/agentd.conf)"},
	{0, "state-dir", "DIR", OPT_STRING, offsetof(struct agent_options, state_dir),
		.doc = "what outlives the agent (" ENGINE_STATE_DIR ")"},
	{0, "run-dir", "DIR", OPT_STRING, offsetof(struct agent_options, run_dir),
		.doc = "sockets (/run/tocsin)"},
	{'v', "verbose", NULL, OPT_COUNT, offsetof(struct agent_options, verbose),
		.doc = "say more on stderr; twice: still more"},
	{'h', "help", NULL, OPT_FLAG, offsetof(struct agent_options, help), .doc = "this text"},
	{0, "version", NULL, OPT_FLAG, offsetof(struct agent_options, version),
		.doc = "the version"},
	OPT_END,
};

static const struct role *find_role(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (str_eq(roles[i]->name, name))
			return roles[i];
	return NULL;
}

static int put_usage(struct buf *b)
{
	int r = buf_puts(b, "usage: tocsin-agentd ROLE [options] [argument]\n\n"
			    "Answers questions about this machine (tocsin-agentd(8)). Roles:\n\n");

	for (size_t i = 0; !r && i < ARRAY_LEN(roles); i++)
		if (!roles[i]->hidden) {
			r = buf_printf(b, "  %-10s %-8s ", roles[i]->name, roles[i]->args);
			if (!r)
				r = fill_words(b, span_str(roles[i]->summary), SUMMARY_COLUMN);
		}
	if (!r)
		r = buf_puts(b, "\nOptions of every role:\n");
	return r ? r : opts_usage(common_opts, b);
}

static int put_role_usage(const struct role *role, struct buf *b)
{
	int r = buf_printf(b, "usage: tocsin-agentd %s [options]%s%s\n\n%s.\n\n", role->name,
		*role->args ? " " : "", role->args, role->summary);

	if (!r && role->help)
		r = fill_paragraphs(b, role->help);
	if (!r && role->help)
		r = buf_putc(b, '\n');
	if (!r && role->opts)
		r = opts_usage(role->opts, b);
	return r ? r : opts_usage(common_opts, b);
}

static int show(const struct role *role, int fd)
{
	struct buf b;
	int r;

	buf_init(&b, USAGE_MAX);
	r = role ? put_role_usage(role, &b) : put_usage(&b);
	if (!r)
		r = io_write_all(fd, b.p, b.len);
	buf_done(&b);
	return r ? ROLE_FAILED : ROLE_GOOD;
}

static int show_version(void)
{
	static const char text[] = "tocsin-agentd " TOCSIN_VERSION "\n";

	return io_write_all(STDOUT_FILENO, text, sizeof(text) - 1) ? ROLE_FAILED : ROLE_GOOD;
}

static int run_role(const struct role *role, int argc, char **argv)
{
	struct agent_options o = {.config = "/etc/tocsin/agentd.conf",
		.state_dir = ENGINE_STATE_DIR,
		.run_dir = "/run/tocsin",
		.root = "/"};
	const struct opt_set sets[] = {{role->opts, role->values}, {common_opts, &o}, {NULL, NULL}};
	struct err err;
	int rest;

	/* A role without flags of its own would end the list of sets. */
	if (opts_parse(role->opts ? sets : sets + 1, argc, argv, false, &rest, &err) < 0) {
		log_error("%s: %s (tocsin-agentd %s --help tells more)", role->name, err.text,
			role->name);
		return ROLE_REFUSED;
	}
	if (o.help)
		return show(role, STDOUT_FILENO);
	if (o.version)
		return show_version();
	log_init("tocsin-agentd", o.verbose > 1 ? LOG_TRACE : o.verbose ? LOG_VERBOSE : LOG_NORMAL);
	return role->run(&o, rest, argv);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct role *role = find_role(word);

	log_init("tocsin-agentd", LOG_NORMAL);
	/* A reader that goes away is an error of write(2), not the end of the program. */
	signal(SIGPIPE, SIG_IGN);
	if (role && role->foreign)
		return role->run(NULL, argc - 2, argv + 2);
	if (role)
		return run_role(role, argc - 2, argv + 2);
	if (str_eq(word, "--help") || str_eq(word, "-h") || str_eq(word, "help"))
		return show(NULL, STDOUT_FILENO);
	if (str_eq(word, "--version"))
		return show_version();
	if (*word)
		log_error("no role \"%s\"", word);
	show(NULL, STDERR_FILENO);
	return ROLE_REFUSED;
}
