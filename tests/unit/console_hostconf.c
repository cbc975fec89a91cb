/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How each host is reached: command line over inventory over ssh_config over defaults. */
#include "console/hostconf.h"
#include "common/str.h"
#include "console/fleet/sshconfig.h"
#include "tests/unit/test.h"

#include <unistd.h>

static struct inventory *inv;
static struct host_configs *configs;
static struct host_config *hosts;
static struct app_options o;
static struct err err;

static const char *temporary(const char *text, char path[32])
{
	FILE *f;
	int fd;

	snprintf(path, 32, "/tmp/tocsin-hostconf.XXXXXX");
	fd = mkstemp(path);
	CHECK(fd >= 0);
	f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
	return path;
}

static int resolve(const char *inventory, const char *ssh_config)
{
	char inv_path[32], ssh_path[32];
	size_t *all, n;
	int r;

	inv = inventory_new();
	r = inventory_load(inv, temporary(inventory, inv_path), &err);
	unlink(inv_path);
	if (r < 0 || inventory_select(inv, "all", &all, &n, &err) < 0)
		FAIL("%s", err.text);
	o.ssh_config = ssh_config ? temporary(ssh_config, ssh_path) : "none";
	configs = NULL;
	r = host_configs_new(&o, inv, all, n, &configs, &err);
	if (ssh_config)
		unlink(ssh_path);
	free(all);
	hosts = configs ? host_configs_array(configs) : NULL;
	return r;
}

static void end(void)
{
	host_configs_free(configs);
	inventory_free(inv);
	o = (struct app_options){0};
}

TEST(defaults)
{
	CHECK_INT(resolve("web1\n", NULL), 0);
	CHECK_STR(hosts[0].name, "web1");
	CHECK_STR(hosts[0].address, "web1");
	CHECK_INT(hosts[0].port, 22);
	CHECK(!hosts[0].key_files && !hosts[0].host_key_alias);
	CHECK_INT(hosts[0].connection, CONNECTION_SSH);
	end();
}

static const char variables[] = "web1 ansible_host=192.0.2.1 ansible_user=ann ansible_port=2200 "
				"ansible_ssh_private_key_file=~/key\n"
				"web2 ansible_connection=local\n";

TEST(inventory_variables)
{
	setenv("HOME", "/home/ann", 1);
	CHECK_INT(resolve(variables, NULL), 0);
	CHECK_STR(hosts[0].name, "web1");
	CHECK_STR(hosts[0].address, "192.0.2.1");
	CHECK_STR(hosts[0].user, "ann");
	CHECK_INT(hosts[0].port, 2200);
	CHECK_STR(hosts[0].key_files[0], "/home/ann/key");
	CHECK(!hosts[0].key_files[1]);
	CHECK_INT(hosts[1].connection, CONNECTION_LOCAL);
	end();
}

TEST(variables_by_two_names)
{
	CHECK_INT(resolve("[all:vars]\nansible_ssh_user=old\nansible_ssh_port=23\n"
			  "ansible_ssh_host=192.0.2.2\n[g]\n"
			  "web1:2200 ansible_host=192.0.2.1 ansible_user=ann "
			  "ansible_private_key_file=/a ansible_ssh_private_key_file=/b\n"
			  "web2 ansible_ssh_user='' ansible_user=ann ansible_private_key_file=\n",
			  NULL),
		0);
	CHECK_STR(hosts[0].address, "192.0.2.2");
	CHECK_STR(hosts[0].user, "old");
	CHECK_INT(hosts[0].port, 23);
	CHECK_STR(hosts[0].key_files[0], "/b");
	CHECK(!hosts[1].user || *hosts[1].user);
	CHECK(!hosts[1].key_files);
	end();
}

TEST(jump_hosts)
{
	const struct host_config *hop;

	o.jump = "ann@a:2201,ssh://[2001:db8::1]:2202";
	CHECK_INT(resolve("web1\nweb2\n", "Host a\nHostName 192.0.2.9\nUser eve\n"), 0);
	hop = hosts[0].jump;
	CHECK(hop && hop == hosts[1].jump);
	CHECK_STR(hop->address, "2001:db8::1");
	CHECK_INT(hop->port, 2202);
	CHECK(hop->jump && !hop->jump->jump);
	CHECK_STR(hop->jump->name, "a");
	CHECK_STR(hop->jump->address, "192.0.2.9");
	CHECK_STR(hop->jump->user, "ann");
	CHECK_INT(hop->jump->port, 2201);
	end();
	o.jump = "a:0";
	CHECK_INT(resolve("web1\n", NULL), -EINVAL);
	end();
	o.jump = "a,,b";
	CHECK_INT(resolve("web1\n", NULL), -EINVAL);
	end();
}

TEST(jump_hosts_of_everybody)
{
	/* The jump host is not behind itself; two behind each other are a mistake. */
	CHECK_INT(resolve("web1\nb\n", "Host *\nProxyJump b\n"), 0);
	CHECK(hosts[0].jump && !hosts[0].jump->jump && !hosts[1].jump);
	end();
	CHECK_INT(resolve("web1\n",
			  "Host a\nProxyJump b\nHost b\nProxyJump a\nHost *\nProxyJump a\n"),
		-ELOOP);
	end();
	o.jump = "none";
	CHECK_INT(resolve("web1\n", "Host *\nProxyJump b\n"), 0);
	CHECK(!hosts[0].jump);
	end();
}

TEST(arguments_for_ssh)
{
	CHECK_INT(resolve("a ansible_ssh_common_args='-o ProxyCommand=\"nc -x \\\"p q\\\" %h %p\" "
			  "-vp2200 "
			  "-oUser=eve -o HostKeyAlias=k'\n"
			  "b ansible_ssh_common_args='-J j' ansible_ssh_extra_args='-o "
			  "StrictHostKeyChecking=no'\n",
			  NULL),
		0);
	CHECK_STR(hosts[0].proxy_command, "nc -x \"p q\" a 2200");
	CHECK_INT(hosts[0].port, 2200);
	CHECK_STR(hosts[0].user, "eve");
	CHECK_STR(hosts[0].host_key_alias, "k");
	CHECK_STR(hosts[1].jump->name, "j");
	CHECK_INT(hosts[1].ssh->strict, SSH_STRICT_OFF);
	end();
	CHECK_INT(resolve("a ansible_ssh_common_args='-o \"User=eve'\n", NULL), -EINVAL);
	end();
	CHECK_INT(resolve("a ansible_ssh_common_args='-p'\n", NULL), -EINVAL);
	end();
	CHECK_INT(resolve("a ansible_ssh_common_args='-p many'\n", NULL), -EINVAL);
	end();
	CHECK_INT(resolve("a ansible_ssh_common_args='-o \"match exec id\"'\n", NULL), -EINVAL);
	CHECK(str_ends(
		err.text, ":1: host a: ansible_ssh_common_args: -o match: it belongs into a file"));
	end();
}

TEST(command_line_wins)
{
	o = (struct app_options){.user = "bob", .port = 24, .private_key = "k"};
	CHECK_INT(resolve(variables, "Host *\nUser eve\nPort 1\nIdentityFile k\nIdentityFile /e\n"),
		0);
	CHECK_STR(hosts[0].user, "bob");
	CHECK_INT(hosts[0].port, 24);
	CHECK_STR(hosts[0].key_files[0], "k");
	CHECK_STR(hosts[0].key_files[1], "/e");
	CHECK(!hosts[0].key_files[2]);
	end();
}

/* As with -i of ssh(1). */
TEST(keys_of_jump_hosts)
{
	o = (struct app_options){.private_key = "k", .jump = "j,i"};
	CHECK_INT(resolve("w\n", "Host i\nIdentityFile /i\n"), 0);
	CHECK_STR(hosts[0].key_files[0], "k");
	CHECK(!hosts[0].key_files[1]);
	CHECK_STR(hosts[0].jump->key_files[0], "/i");
	CHECK(!hosts[0].jump->key_files[1]);
	CHECK(!hosts[0].jump->jump->key_files);
	end();
}

TEST(ssh_config_fills_what_is_left)
{
	static const char ssh[] = "Host web1\nHostName 192.0.2.9\nUser ann\nPort 2209\n"
				  "IdentityFile /keys/a\nIdentityFile /keys/b\n"
				  "HostKeyAlias one\n"
				  "Host 192.0.2.1\nUser eve\nPort 9\n";

	CHECK_INT(resolve("web1\n", ssh), 0);
	CHECK_STR(hosts[0].name, "web1");
	CHECK_STR(hosts[0].address, "192.0.2.9");
	CHECK_STR(hosts[0].user, "ann");
	CHECK_INT(hosts[0].port, 2209);
	CHECK_STR(hosts[0].key_files[0], "/keys/a");
	CHECK_STR(hosts[0].key_files[1], "/keys/b");
	CHECK(!hosts[0].key_files[2]);
	CHECK_STR(hosts[0].host_key_alias, "one");
	end();
	/* What ssh would be given is ansible_host, and the inventory wins. */
	CHECK_INT(resolve(variables, ssh), 0);
	CHECK_STR(hosts[0].address, "192.0.2.1");
	CHECK_STR(hosts[0].user, "ann");
	CHECK_INT(hosts[0].port, 2200);
	end();
}

/* That program reads its configuration by itself: it is told only what is said here. */
TEST(with_an_ssh_command)
{
	o.ssh_command = "ssh";
	CHECK_INT(resolve("web1\n", "Host *\nUser eve\nPort 1\n"), 0);
	CHECK_INT(hosts[0].port, 0);
	CHECK(!hosts[0].user && !hosts[0].key_files);
	end();
}

/* It fails by itself, and the others are asked. */
TEST(hosts_that_cannot_be_reached)
{
	CHECK_INT(resolve("w ansible_connection=winrm\nx ansible_user='{{ y() }}'\nz\n", NULL), 0);
	CHECK_INT(hosts[0].connection, CONNECTION_NONE);
	CHECK_STR(
		hosts[0].unusable, "ansible_connection=winrm is not supported (ssh and local are)");
	CHECK_STR(hosts[0].address, "w");
	CHECK_INT(hosts[1].connection, CONNECTION_NONE);
	CHECK(str_ends(hosts[1].unusable,
		":2: ansible_user has `{{ y() }}`, which only Ansible works out"));
	CHECK_INT(hosts[2].connection, CONNECTION_SSH);
	CHECK(!hosts[2].unusable);
	end();
	o.user = "ann";
	CHECK_INT(resolve("x ansible_user='{{ y() }}'\n", NULL), 0);
	CHECK_INT(hosts[0].connection, CONNECTION_SSH);
	end();
}

TEST(mistakes)
{
	CHECK_INT(resolve("w ansible_port=65536\n", NULL), -EINVAL);
	CHECK(str_ends(err.text, ":1: host w: ansible_port=65536 is not a port number"));
	end();
	CHECK_INT(resolve("v\n[g]\nw\n[g:vars]\nansible_ssh_port=x\n", NULL), -EINVAL);
	CHECK(str_ends(err.text, ":5: host w: ansible_port=x is not a port number"));
	end();
	CHECK_INT(resolve("v\nw ansible_ssh_extra_args='-o Port=x'\n", NULL), -EINVAL);
	CHECK(strstr(err.text, ":2: host w: "));
	end();
	CHECK_INT(resolve("w\n", "ProxyJump b:99999\n"), -EINVAL);
	CHECK_STR(err.text, "host w: `b:99999` is not a jump host: [USER@]HOST[:PORT] is");
	end();
	CHECK_INT(resolve("w\n", "ProxyJump ,b\n"), -EINVAL);
	CHECK_STR(err.text, "host w: `` is not a jump host: [USER@]HOST[:PORT] is");
	end();
	o.jump = " ,b";
	CHECK_INT(resolve("w\n", NULL), -EINVAL);
	CHECK_STR(err.text, "` ` is not a jump host: [USER@]HOST[:PORT] is");
	end();
	CHECK(resolve("w\n", "Host *\nPort many\n") < 0);
	CHECK(strstr(err.text, ":2: "));
	end();
	CHECK_INT(resolve("w ansible_connection=ansible.builtin.ssh ansible_port=7\n", NULL), 0);
	CHECK_INT(hosts[0].port, 7);
	end();
}

TEST(no_memory)
{
	char path[32];
	size_t *all, n;
	int spent = 1;

	inv = inventory_new();
	CHECK_INT(inventory_load(inv, temporary(variables, path), &err), 0);
	unlink(path);
	CHECK_INT(inventory_select(inv, "all", &all, &n, &err), 0);
	o.ssh_config = "none";
	for (long i = 1; spent; i++) {
		configs = NULL;
		failalloc_countdown = i;
		(void)host_configs_new(&o, inv, all, n, &configs, &err);
		spent = failalloc_spent();
		failalloc_countdown = 0;
		host_configs_free(configs);
	}
	free(all);
	configs = NULL;
	end();
}

TEST_MAIN(&defaults, &inventory_variables, &variables_by_two_names, &jump_hosts,
	&jump_hosts_of_everybody, &arguments_for_ssh, &command_line_wins, &keys_of_jump_hosts,
	&ssh_config_fills_what_is_left, &with_an_ssh_command, &hosts_that_cannot_be_reached,
	&mistakes, &no_memory)
