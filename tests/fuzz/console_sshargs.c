/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ansible_ssh_common_args: whatever they are, what comes out is within its bounds, and a host can
 * be resolved by the configuration that they make.
 */
#include "common/str.h"
#include "console/fleet/sshargs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_config(const struct ssh_args *a, struct ssh_config *none)
{
	struct ssh_settings set = {0};
	struct err err = {.code = 0};
	int r = ssh_config_resolve_behind(none, a->config, "h.example", NULL, 0, &set, &err);

	MUST(r < 0 ? err.code == -r && err.text[0] : set.hostname && set.port);
	ssh_settings_done(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = {.code = 0};
	struct ssh_config *none = ssh_config_of_text("", "none", &err);
	struct ssh_args *a = NULL;
	char *text = span_dup((struct span){(const char *)data, n});
	size_t words = 0;
	int r;

	MUST(text && none);
	r = ssh_args_read(text, "args", &a, &err);
	if (r < 0) {
		MUST(!a && err.code == -r && err.text[0]);
	} else {
		while (a->words[words])
			words++;
		MUST(words <= SSH_ARGS_MAX && a->config);
		check_config(a, none);
	}
	ssh_args_free(a);
	ssh_config_free(none);
	free(text);
	return 0;
}
