/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How each host is reached: the command line over the inventory's variables over ssh_config(5)
 * over the defaults. With --ssh-command that program looks into its configuration by itself.
 */
#ifndef CONSOLE_HOSTCONF_H
#define CONSOLE_HOSTCONF_H

#include "common/err.h"
#include "console/app.h"
#include "console/fleet/inventory.h"

#include <stddef.h>

struct host_configs;

/*
 * One host_config per index in `selected`. `o` and `inv` must stay. 0 or -errno with `err`, which
 * names the host or the line of the configuration.
 */
int host_configs_new(const struct app_options *o, const struct inventory *inv,
	const size_t *selected, size_t n, struct host_configs **ret, struct err *err);
void host_configs_free(struct host_configs *c);
/* The array, valid until host_configs_free. */
struct host_config *host_configs_array(const struct host_configs *c);

#endif
