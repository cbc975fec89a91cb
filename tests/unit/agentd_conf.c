/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/conf.h"

#include "agentd/policy.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err why;

static struct conf *parse(const char *text)
{
	return conf_parse("c", text, strlen(text), &why);
}

/* The words with which it is refused. */
static const char *refused(const char *text)
{
	struct conf *c = parse(text);

	conf_free(c);
	return c ? "taken" : why.text;
}

static const char whole[] =
	"# limits\n"
	"quarantine_confirm_s = 90\r\n"
	"  quarantine_allow=10.0.0.0/8\t[2001:db8::1]:2222  \n"
	"quarantine_dns = yes\n"
	"; paths\n"
	"protect_paths = /srv /var/lib/db*\n"
	"vault_max_mb = 10\naudit_max_mb = 11\naudit_keep = 12\n"
	"sessions_max = 13\nsessions_user_max = 7\nquery_timeout_s = 14\nworker_memory_mb = 65\n"
	"worker_cpu_s = 15\n\n"
	"[role responder]\n"
	"groups = soc-responders 4711\n"
	"allow = query get kill\n"
	"[ role  a.b-c_1 ]\n"
	"users = alice\n"
	"allow = all\n"
	"deny_tables = process_envs shell_history\n"
	"deny_paths = /root /home/*/.ssh";

TEST(conf_reads)
{
	struct conf *c = parse(whole);

	CHECK(c);
	CHECK_INT(c->quarantine_confirm_s, 90);
	CHECK_STR(c->quarantine_allow[0], "10.0.0.0/8");
	CHECK_STR(c->quarantine_allow[1], "[2001:db8::1]:2222");
	CHECK(!c->quarantine_allow[2] && c->quarantine_dns);
	CHECK_STR(c->protect_paths[1], "/var/lib/db*");
	CHECK_INT(c->vault_max_mb, 10);
	CHECK_INT(c->audit_max_mb, 11);
	CHECK_INT(c->audit_keep, 12);
	CHECK_INT(c->sessions_max, 13);
	CHECK_INT(c->sessions_user_max, 7);
	CHECK_INT(c->query_timeout_s, 14);
	CHECK_INT(c->worker_memory_mb, 65);
	CHECK_INT(c->worker_cpu_s, 15);
	CHECK_INT(c->n_roles, 2);
	CHECK_STR(c->roles[0].name, "responder");
	CHECK_STR(c->roles[0].groups[1], "4711");
	CHECK(!c->roles[0].users && !c->roles[0].deny_paths);
	CHECK_INT(c->roles[0].allow, RIGHT_QUERY | RIGHT_GET | RIGHT_KILL);
	CHECK_STR(c->roles[1].name, "a.b-c_1");
	CHECK_INT(c->roles[1].allow, RIGHT_ALL);
	CHECK_STR(c->roles[1].deny_tables[1], "shell_history");
	CHECK_STR(c->roles[1].deny_paths[1], "/home/*/.ssh");
	conf_free(c);
}

TEST(conf_defaults)
{
	struct conf *c = conf_read("/nonexistent/agentd.conf", &why);

	CHECK(c);
	CHECK_INT(c->quarantine_confirm_s, 60);
	CHECK_INT(c->sessions_max, 16);
	CHECK_INT(c->sessions_user_max, 0);
	CHECK_INT(c->query_timeout_s, 30);
	CHECK_INT(c->worker_memory_mb, 256);
	CHECK(!c->n_roles && !c->quarantine_dns);
	conf_free(c);
	c = parse("");
	CHECK(c && c->worker_cpu_s == 30);
	conf_free(c);
}

TEST(conf_refuses_with_line)
{
	CHECK_STR(refused("\n\nquarantine_confirm = 60\n"),
		"c:3: no setting \"quarantine_confirm\"; did you mean \"quarantine_confirm_s\"?");
	CHECK_STR(refused("x y\n"), "c:1: neither \"name = value\" nor \"[role NAME]\"");
	CHECK_STR(refused("audit_keep = 1\naudit_keep = 2"),
		"c:2: audit_keep stands in line 1 already");
	CHECK_STR(refused("audit_keep ="), "c:1: audit_keep is not a number from 1 to 1000");
	CHECK_STR(refused("audit_keep = 0"), "c:1: audit_keep is not a number from 1 to 1000");
	CHECK_STR(refused("audit_keep = 1001"), "c:1: audit_keep is not a number from 1 to 1000");
	CHECK_STR(refused("audit_keep = 1 2"), "c:1: audit_keep is not a number from 1 to 1000");
	CHECK_STR(refused("quarantine_dns = maybe"), "c:1: quarantine_dns is neither yes nor no");
	CHECK_STR(refused("quarantine_allow = 10.0.0.1/8"),
		"c:1: quarantine_allow: \"10.0.0.1/8\" is no address, network or address:port");
	CHECK_STR(refused("protect_paths = srv"),
		"c:1: protect_paths: \"srv\" does not begin with a slash");
	CHECK_STR(refused("audit_keep = 1\x1b"), "c:1: a control character");
	CHECK_STR(refused("[role]\n"), "c:1: the only sections are [role NAME]");
	CHECK_STR(refused("[group x]\n"), "c:1: the only sections are [role NAME]");
	CHECK_STR(refused("[role x\n"), "c:1: a section's name ends with \"]\"");
	CHECK_STR(refused("[\n"), "c:1: a section's name ends with \"]\"");
	CHECK_STR(refused("[role a/b]\n"),
		"c:1: a role's name has letters, digits, \"-\", \"_\" and \".\", at most 64");
	CHECK_STR(refused("[role x]\nusers = a\nallow = query\n[role x]\n"),
		"c:4: role x stands twice");
	CHECK_STR(refused("[role x]\nallow = query\n[role y]\n"),
		"c:3: role x (line 1) has neither users nor groups");
	CHECK_STR(refused("[role x]\nusers =\nallow = query"),
		"c:3: role x (line 1) has neither users nor groups");
	CHECK_STR(refused("[role x]\nusers = a\n"), "c:3: role x (line 1) allows nothing");
	CHECK_STR(refused("[role x]\nallow = query fly\n"), "c:2: allow: no right \"fly\"");
	CHECK_STR(refused("[role x]\ndeny_tables = process_env\n"),
		"c:2: deny_tables: there is no table \"process_env\"");
	CHECK_STR(refused("[role x]\naudit_keep = 1\n"), "c:2: no setting \"audit_keep\"");
	CHECK(!conf_parse("c", "audit_keep = 1\0", 15, &why));
	CHECK(!conf_parse("c", "x", 1, NULL));
	CHECK(!conf_parse("c", "protect_paths = x", 17, NULL));
}

TEST(conf_bounds)
{
	char text[32 * (CONF_ROLES_MAX + 1) + 64], *at = text;
	struct conf *c;

	for (int i = 0; i < CONF_ROLES_MAX; i++)
		at += snprintf(at, 64, "[role r%d]\nusers=u\nallow=get\n", i);
	c = parse(text);
	CHECK(c && c->n_roles == CONF_ROLES_MAX);
	conf_free(c);
	snprintf(at, 64, "[role more]\n");
	CHECK(strstr(refused(text), "more than 64 roles"));
	at = text + snprintf(text, 64, "protect_paths =");
	for (int i = 0; i < CONF_LIST_MAX; i++)
		at += snprintf(at, 64, " /");
	c = parse(text);
	CHECK(c);
	conf_free(c);
	snprintf(at, 64, " /");
	CHECK(strstr(refused(text), "more than 256 words"));
}

/* ---- The file ---- */

static char path[64];

static void file(const char *text, mode_t mode)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/tocsin-conf-%d", (int)getpid());
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(fchmod(fd, mode) == 0);
	close(fd);
}

static const char *file_refused(const char *text, mode_t mode)
{
	struct conf *c;

	file(text, mode);
	c = conf_read(path, &why);
	conf_free(c);
	unlink(path);
	return c ? "taken" : strchr(why.text, ':');
}

TEST(conf_file_modes)
{
	CHECK_STR(file_refused("audit_keep = 3\n", 0600), "taken");
	CHECK_STR(file_refused("audit_keep = 3\n", 0644), "taken");
	CHECK_STR(file_refused("", 0664), ": writable for its group (mode 0664)");
	CHECK_STR(file_refused("", 0646), ": writable for everybody (mode 0646)");
	CHECK_STR(file_refused("a\n", 0600), ":1: neither \"name = value\" nor \"[role NAME]\"");
	CHECK(!conf_read("/tmp", &why));
	CHECK_STR(why.text, "/tmp: not a regular file");
	CHECK(!conf_read("/dev/zero", &why));
	if (geteuid() != 0)
		SKIP("needs root");
	file("", 0600);
	CHECK(chown(path, 4711, 0) == 0);
	CHECK(!conf_read(path, &why));
	CHECK(strstr(why.text, "its owner, uid 4711, is not root"));
	unlink(path);
}

TEST(conf_file_too_long)
{
	char *big = malloc(CONF_FILE_MAX + 2);

	CHECK(big);
	memset(big, '\n', CONF_FILE_MAX);
	big[CONF_FILE_MAX] = '\0';
	CHECK_STR(file_refused(big, 0600), "taken");
	big[CONF_FILE_MAX] = '\n';
	big[CONF_FILE_MAX + 1] = '\0';
	CHECK_STR(file_refused(big, 0600), ": longer than 262144 bytes");
	free(big);
}

TEST(conf_out_of_memory)
{
	for (long n = 1;; n++) {
		struct conf *c;

		failalloc_countdown = n;
		c = parse(whole);
		if (!failalloc_spent()) {
			failalloc_countdown = 0;
			CHECK(c);
			conf_free(c);
			return;
		}
		/* Words of a suggestion may be missing, nothing else. */
		CHECK(!c && why.code == ENOMEM);
	}
}

TEST_MAIN(&conf_reads, &conf_defaults, &conf_refuses_with_line, &conf_bounds, &conf_file_modes,
	&conf_file_too_long, &conf_out_of_memory)
