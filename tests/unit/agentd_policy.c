/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/policy.h"

#include "agentd/conf.h"
#include "common/str.h"
#include "tests/unit/test.h"

static struct conf *conf(const char *text)
{
	struct err err;
	struct conf *c = conf_parse("c", text, strlen(text), &err);

	if (!c)
		FAIL("%s", err.text);
	return c;
}

static struct subject user(const char *name, uid_t uid, gid_t gid)
{
	struct subject who = {.uid = uid, .gid = gid};

	str_copy(who.user, sizeof(who.user), name);
	return who;
}

static struct rights rights_under(const char *text, const struct subject *who)
{
	struct conf *c = conf(text);
	struct rights r;

	CHECK_INT(policy_rights(c, who, &r), 0);
	/* They outlive it. */
	conf_free(c);
	return r;
}

TEST(policy_words)
{
	CHECK_INT(right_of("query"), RIGHT_QUERY);
	CHECK_INT(right_of("release"), RIGHT_RELEASE);
	CHECK_INT(right_of("force"), RIGHT_FORCE);
	CHECK_INT(right_of("all"), RIGHT_ALL);
	CHECK_INT(right_of(""), 0);
	CHECK_INT(right_of("Query"), 0);
	CHECK_STR(right_name(RIGHT_DELETE), "delete");
	CHECK_STR(right_name(RIGHT_ALL), "");
	for (uint32_t bit = 1; bit < RIGHT_ALL; bit <<= 1)
		CHECK_INT(right_of(right_name((enum right)bit)), bit);
}

TEST(policy_without_roles)
{
	struct subject root = user("root", 0, 0), alice = user("alice", 1000, 1000);
	struct rights r = rights_under("", &root);

	CHECK(r.allow == RIGHT_ALL && !r.as_user);
	CHECK_STR(r.role, "");
	CHECK(!r.deny_tables[0] && !r.deny_paths[0]);
	rights_done(&r);
	r = rights_under("", &alice);
	CHECK(r.allow == RIGHT_QUERY && r.as_user);
	rights_done(&r);
	rights_done(NULL);
}

static const char roles[] =
	"[role responder]\ngroups = 4711\nallow = query kill\n"
	"deny_paths = /etc/shadow\n"
	"[role analyst]\nusers = alice 1002\ngroups = daemon\nallow = query get\n"
	"deny_tables = process_envs shell_history\ndeny_paths = /root\n";

TEST(policy_roles)
{
	struct subject bob = user("bob", 1001, 4711), carol = user("", 1002, 1002);
	struct subject dave = user("dave", 1003, 1003), root = user("root", 0, 0);
	struct rights r = rights_under(roles, &bob);

	CHECK(r.allow == (RIGHT_QUERY | RIGHT_KILL) && !r.as_user);
	CHECK_STR(r.role, "responder");
	CHECK_STR(r.deny_paths[0], "/etc/shadow");
	CHECK(!r.deny_paths[1] && !r.deny_tables[0]);
	rights_done(&r);
	r = rights_under(roles, &carol);
	CHECK_INT(r.allow, RIGHT_QUERY | RIGHT_GET);
	rights_done(&r);
	/* Group "daemon" by its name, in the list of further groups. */
	dave.groups[dave.n_groups++] = 1;
	r = rights_under(roles, &dave);
	CHECK_STR(r.role, "analyst");
	rights_done(&r);
	r = rights_under(roles, &root);
	CHECK(r.allow == 0 && !r.as_user);
	CHECK_STR(r.role, "");
	rights_done(&r);
}

TEST(policy_closes_the_vault)
{
	struct subject alice = user("alice", 1001, 1001), root = user("root", 0, 0);
	struct conf *c = conf("[role a]\nusers = alice\nallow = get\ndeny_tables = shadow\n"
			      "[role b]\nusers = root\nallow = all\n");
	struct rights r;

	c->vault = "/state/vault";
	CHECK_INT(policy_rights(c, &alice, &r), 0);
	CHECK_STR(r.deny_tables[0], "shadow");
	CHECK_STR(r.deny_paths[0], "/state/vault");
	CHECK(!r.deny_tables[1] && !r.deny_paths[1]);
	rights_done(&r);
	CHECK_INT(policy_rights(c, &root, &r), 0);
	CHECK(!r.deny_tables[0] && !r.deny_paths[0]);
	rights_done(&r);
	conf_free(c);
}

TEST(policy_closes_the_audit_log)
{
	struct subject alice = user("alice", 1001, 1001), root = user("root", 0, 0);
	struct conf *c = conf("[role a]\nusers = alice\nallow = query get\n"
			      "[role b]\nusers = root\nallow = query audit\n");
	struct rights r;

	c->vault = "/state/vault";
	c->audit_files = "/state/audit.ndjson*";
	CHECK_INT(policy_rights(c, &alice, &r), 0);
	CHECK_STR(r.deny_paths[0], "/state/audit.ndjson*");
	CHECK(!r.deny_paths[1] && !r.deny_tables[0]);
	CHECK(policy_path_in(r.deny_paths, "/state/audit.ndjson.000001"));
	rights_done(&r);
	CHECK_INT(policy_rights(c, &root, &r), 0);
	CHECK(!r.deny_paths[0]);
	CHECK_INT(r.allow, RIGHT_QUERY | RIGHT_AUDIT);
	rights_done(&r);
	conf_free(c);
}

TEST(policy_roles_add_up)
{
	struct subject alice = user("alice", 1000, 4711);
	struct rights r = rights_under(roles, &alice);

	CHECK_INT(r.allow, RIGHT_QUERY | RIGHT_GET | RIGHT_KILL);
	CHECK_STR(r.role, "responder,analyst");
	CHECK_STR(r.deny_tables[0], "process_envs");
	CHECK_STR(r.deny_tables[1], "shell_history");
	CHECK_STR(r.deny_paths[0], "/etc/shadow");
	CHECK_STR(r.deny_paths[1], "/root");
	CHECK(!r.deny_tables[2] && !r.deny_paths[2]);
	rights_done(&r);
}

TEST(policy_nobody_by_accident)
{
	/* A uid without a name is not the user of the empty name; nor is -1 an id. */
	struct subject nameless = user("", 77, 77), minus = user("", UINT32_MAX, UINT32_MAX);
	struct rights r = rights_under("[role x]\nusers = 4294967295 -1\n"
				       "groups = 4294967295 no-such-group-here\nallow = all\n",
		&minus);

	CHECK_INT(r.allow, 0);
	rights_done(&r);
	r = rights_under(roles, &nameless);
	CHECK_INT(r.allow, 0);
	rights_done(&r);
}

TEST(policy_out_of_memory)
{
	struct subject alice = user("alice", 1000, 4711);
	struct conf *c = conf(roles);
	struct rights r = {.allow = 0};

	for (long n = 1;; n++) {
		int e;

		failalloc_countdown = n;
		e = policy_rights(c, &alice, &r);
		if (!failalloc_spent()) {
			failalloc_countdown = 0;
			CHECK_INT(e, 0);
			break;
		}
		CHECK_INT(e, -ENOMEM);
		CHECK_INT(r.allow, 0);
	}
	rights_done(&r);
	conf_free(c);
}

static bool in(const char *pattern, const char *path)
{
	const char *const patterns[] = {"/never", pattern, NULL};

	return policy_path_in(patterns, path);
}

TEST(policy_paths)
{
	CHECK(in("/etc/shadow", "/etc/shadow"));
	CHECK(!in("/etc/shadow", "/etc/shadow-") && !in("/etc/shadow", "/etc"));
	CHECK(in("/root", "/root/.ssh/id_rsa") && in("/root/", "/root"));
	CHECK(!in("/root", "/rooted/x") && !in("/root", "/home/root"));
	CHECK(in("/", "/anything/at/all"));
	CHECK(in("/home/*/.ssh", "/home/a/.ssh/id_rsa") && !in("/home/*/.ssh", "/home/a/b/.ssh"));
	CHECK(in("/etc/ssh/*_key", "/etc/ssh/ssh_host_rsa_key"));
	CHECK(!in("/etc/ssh/*_key", "/etc/ssh/ssh_host_rsa_key.pub"));
	CHECK(in("/a*b*c", "/a123b456bc") && !in("/a*b*c", "/a123b456bd"));
	CHECK(in("/a*", "/a") && in("/**", "/x") && in("/*", "/.hidden"));
	CHECK(in("/a?c", "/abc") && !in("/a?c", "/ac") && !in("/a?c", "/a/c"));
	CHECK(in("/f[0-9x]", "/f7") && in("/f[0-9x]", "/fx") && !in("/f[0-9x]", "/fa"));
	CHECK(in("/f[!0-9]", "/fa") && !in("/f[!0-9]", "/f1") && in("/f[]]", "/f]"));
	CHECK(in("/f[a", "/f[a") && in("/f[]", "/f[]") && in("/f[a-]", "/f-"));
	CHECK(in("/a\\*b", "/a*b") && !in("/a\\*b", "/axb") && in("/a\\", "/a\\"));
	CHECK(in("//etc//shadow", "/etc/shadow") && in("/etc/shadow", "/./etc//shadow"));
	CHECK(in("/t/\xff*", "/t/\xff\xfe") && in("/t/[\x80-\xff]", "/t/\xe9"));
	CHECK(!policy_path_in(NULL, "/x"));
}

TEST_MAIN(&policy_words, &policy_without_roles, &policy_roles, &policy_closes_the_audit_log,
	&policy_closes_the_vault, &policy_roles_add_up, &policy_nobody_by_accident,
	&policy_out_of_memory, &policy_paths)
