/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints what ssh_config(5) files say of a host in the words of `ssh -G`, as far as tocsin knows
 * them: console_sshconf FILE HOST [USER [PORT]]. A FILE of "-" is the default files.
 */
#include "console/fleet/sshconfig.h"

#include "common/str.h"

#include <stdio.h>
#include <stdlib.h>

static void print_list(const char *key, char *const *list, size_t n, bool one_line)
{
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !one_line)
			printf("%s", key);
		printf(" %s%s", list[i], !one_line || i + 1 == n ? "\n" : "");
	}
}

static void print_word(const char *key, const char *word)
{
	if (word)
		printf("%s %s\n", key, word);
}

static void print(const struct ssh_settings *s)
{
	static const char *const strict[] = {"true", "accept-new", "false"};

	print_word("host", s->host);
	print_word("hostname", s->hostname);
	print_word("user", s->user);
	printf("port %u\n", s->port);
	print_list("identityfile", s->identity_files, s->n_identity_files, false);
	print_list("certificatefile", s->certificate_files, s->n_certificate_files, false);
	printf("identitiesonly %s\n", s->identities_only ? "yes" : "no");
	print_word("identityagent", s->identity_agent);
	print_word("proxyjump", s->proxy_jump);
	print_word("proxycommand", s->proxy_command);
	print_list("userknownhostsfile", s->user_known_hosts, s->n_user_known_hosts, true);
	print_list("globalknownhostsfile", s->global_known_hosts, s->n_global_known_hosts, true);
	if (s->strict_given)
		printf("stricthostkeychecking %s\n", strict[s->strict]);
	if (s->connect_timeout)
		printf("connecttimeout %u\n", s->connect_timeout);
	print_word("hostkeyalias", s->host_key_alias);
	print_word("kexalgorithms", s->kex);
	print_word("ciphers", s->ciphers);
	print_word("macs", s->macs);
	print_word("hostkeyalgorithms", s->host_key_algorithms);
	print_word("pubkeyacceptedalgorithms", s->pubkey_algorithms);
	print_word("addressfamily", s->address_family);
	print_word("bindaddress", s->bind_address);
	printf("compression %s\n", s->compression ? "yes" : "no");
	printf("serveraliveinterval %u\n", s->alive_interval);
	printf("serveralivecountmax %u\n", s->alive_count);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	struct ssh_settings s;
	struct ssh_config *c;
	uint64_t port = 0;
	int status = 1;

	if (argc < 3 || argc > 5 || (argc == 5 && parse_uint(argv[4], 1, UINT16_MAX, &port) < 0)) {
		fprintf(stderr, "usage: console_sshconf FILE HOST [USER [PORT]]\n");
		return 2;
	}
	c = ssh_config_new(str_eq(argv[1], "-") ? NULL : argv[1], &err);
	if (c && ssh_config_resolve(c, argv[2], argc > 3 && *argv[3] ? argv[3] : NULL,
			 (uint16_t)port, &s, &err) == 0) {
		print(&s);
		for (size_t i = 0; i < s.n_undone; i++)
			fprintf(stderr, "notice: %s\n", s.undone[i]);
		ssh_settings_done(&s);
		status = 0;
	}
	if (status)
		fprintf(stderr, "%s\n", err.text);
	ssh_config_free(c);
	return status;
}
