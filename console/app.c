/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/app.h"
#include "common/log.h"
#include "common/str.h"
#include "console/fleet/inventory.h"
#include "console/hostconf.h"
#include "console/output.h"
#include "console/passphrase.h"
#include "console/paths.h"
#include "console/syslog.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IN_FLIGHT	256
#define IN_FLIGHT_MAX	65536
#define CONNECT_TIMEOUT 10
#define TIMEOUT		30
#define TIMEOUT_MAX	86400
#define MAX_ROWS	100000000
#define PERSIST		600
#define PERSIST_MAX	86400
#define TABLE		"table"

#define AT(field) offsetof(struct app_options, field)

/* Letters and long names are Ansible's and ssh's where those have the option. */
const struct opt app_opts[] = {
	{'i', "inventory", "FILE|HOSTS", OPT_LIST, AT(inventory),
		.doc = "inventory file, program, or a list such as web1,web2 (repeatable)"},
	{'t', "target", "PATTERN", OPT_STRING, AT(targets),
		.doc = "target hosts, e.g. 'web:&prod:!web07' (default: all)"},
	{'u', "user", "USER", OPT_STRING, AT(user), .doc = "user to log in as"},
	{0, "private-key", "FILE", OPT_STRING, AT(private_key),
		.doc = "private key to log in with"},
	{'p', "port", "PORT", OPT_UINT, AT(port), 1, UINT16_MAX, .doc = "port of the SSH servers"},
	{'J', "jump", "HOSTS", OPT_STRING, AT(jump),
		.doc = "jump hosts, e.g. bastion or user@a:2222,b"},
	{'F', "ssh-config", "FILE", OPT_STRING, AT(ssh_config),
		.doc = "configuration of ssh instead of the user's and the system's"},
	{0, "ssh-command", "PROGRAM", OPT_STRING, AT(ssh_command),
		.doc = "run this ssh client for each host, e.g. ssh"},
	{0, "known-hosts", "FILE", OPT_LIST, AT(known_hosts),
		.doc = "known_hosts file instead of the user's and the system's (repeatable)"},
	{0, "accept-new", NULL, OPT_FLAG, AT(accept_new),
		.doc = "accept and remember host keys that are not known yet"},
	{'f', "forks", "N", OPT_UINT, AT(in_flight), 1, IN_FLIGHT_MAX,
		.doc = "connections being set up at once (default: 256)"},
	{0, "connect-timeout", "SECONDS", OPT_SECONDS, AT(connect_timeout), 0.001, TIMEOUT_MAX,
		.doc = "time for a host to be connected (default: 10)"},
	{0, "timeout", "SECONDS", OPT_SECONDS, AT(timeout), 0.001, TIMEOUT_MAX,
		.doc = "time for a host to answer (default: 30)"},
	{0, "max-rows", "N", OPT_UINT, AT(max_rows), 1, MAX_ROWS,
		.doc = "rows wanted from each host at most"},
	{'o', "output", "FORMAT", OPT_STRING, AT(format),
		.doc = "how rows are shown: csv, ecs, json, markdown, ndjson, table, tsv (default: "
		       "table)"},
	{0, "syslog", "WHERE", OPT_STRING, AT(syslog),
		.doc = "send rows as messages of syslog: local, unix:PATH, udp:HOST[:PORT] or "
		       "tcp:HOST[:PORT]; as ecs (the default then) or ndjson"},
	{0, "report", "FILE", OPT_STRING, AT(report),
		.doc = "write what came of each host, as JSON"},
	{0, "no-persist", NULL, OPT_FLAG, AT(no_persist),
		.doc = "neither use nor leave open connections for the next command"},
	{0, "read-only", NULL, OPT_FLAG, AT(read_only), .doc = "refuse commands that change hosts"},
	{0, "yes", NULL, OPT_FLAG, AT(yes), .doc = "act without asking at the terminal"},
	{0, "dry-run", NULL, OPT_FLAG, AT(dry_run), .doc = "only show what would be done"},
	{0, "reason", "TEXT", OPT_STRING, AT(reason),
		.doc = "why, for the hosts' audit logs and the record of actions"},
	{'q', "quiet", NULL, OPT_FLAG, AT(quiet), .doc = "errors only on standard error"},
	{'v', "verbose", NULL, OPT_COUNT, AT(verbose), .doc = "say more; twice, even more"},
	{'h', "help", NULL, OPT_FLAG, AT(help), .doc = "this help, or that of the command"},
	{0, "version", NULL, OPT_FLAG, AT(version), .doc = "print the version"},
	OPT_END,
};

void app_init(struct app *app)
{
	*app = (struct app){
		.o = {.in_flight = IN_FLIGHT, .timeout = TIMEOUT, .format = TABLE},
	};
}

static int settle_format(struct app *app, struct err *err)
{
	/* What is shown to people unless told otherwise is no event. */
	bool event = app->o.syslog && str_eq(app->o.format, TABLE);
	char all[256] = "";

	app->format = format_find(event ? "ecs" : app->o.format);
	if (app->format && app->o.syslog && !app->format->lines)
		return err_set(
			err, EINVAL, "--syslog takes -o ecs or ndjson, not %s", app->o.format);
	if (app->format)
		return 0;
	for (size_t i = 0, n = 0; formats_all[i] && n < sizeof(all); i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, " %s", formats_all[i]->name);
	return err_set(err, EINVAL, "no output format `%s`; there are:%s", app->o.format, all);
}

static int settle_ssh(const struct app_options *o, struct err *err)
{
	if (o->ssh_command && !*o->ssh_command)
		return err_set(err, EINVAL, "--ssh-command names no program");
	/* Its last place is for the NULL. */
	if (o->known_hosts.n == OPT_LIST_MAX)
		return err_set(err, EINVAL, "--known-hosts was given too often");
	return 0;
}

static int settle_persist(struct app *app, struct err *err)
{
	const char *named = getenv("TOCSIN_PERSIST_S");
	uint64_t seconds = PERSIST;

	if (named && *named && parse_uint(named, 0, PERSIST_MAX, &seconds) < 0)
		return err_set(err, EINVAL,
			"TOCSIN_PERSIST_S=%s is not a number of seconds from 0 to %d", named,
			PERSIST_MAX);
	app->persist_ms = app->o.no_persist ? 0 : (int64_t)seconds * 1000;
	return 0;
}

static void end_syslog(struct app *app)
{
	if (app->syslog && syslog_cut(app->syslog) > 0)
		log_note("%" PRIu64 " messages to %s were too long and cut",
			syslog_cut(app->syslog), app->syslog_where);
	sink_divert(NULL, NULL, NULL);
	syslog_close(app->syslog);
	free(app->syslog_where);
	app->syslog = NULL;
	app->syslog_where = NULL;
}

static int settle_syslog(struct app *app, struct err *err)
{
	const char *where = app->o.syslog;

	if (app->syslog && where && str_eq(where, app->syslog_where))
		return 0;
	end_syslog(app);
	if (!where)
		return 0;
	app->syslog_where = strdup(where);
	if (!app->syslog_where)
		return err_sys(err, ENOMEM, "syslog");
	app->syslog = syslog_open(where, app->format->name, err);
	if (!app->syslog)
		return -err->code;
	sink_divert(syslog_write, app->syslog, "syslog");
	return 0;
}

int app_settle(struct app *app, struct err *err)
{
	int r = settle_format(app, err);

	if (r == 0)
		r = settle_ssh(&app->o, err);
	if (r == 0)
		r = settle_persist(app, err);
	if (r == 0)
		r = settle_syslog(app, err);
	if (r == 0 && paths_agent(app->agent, sizeof(app->agent)) < 0)
		r = err_set(err, ENAMETOOLONG, "the path of this program is too long");
	return r;
}

/* ---- Inventory and targets ---- */

/* Tries the places where an inventory is looked for when none was named. */
static int load_default(struct inventory *inv, struct err *err)
{
	const char *named = getenv("TOCSIN_INVENTORY");
	char own[PATH_TEXT_MAX];

	if (named && *named)
		return inventory_load(inv, named, err);
	if (paths_config(own, sizeof(own), "hosts") == 0 && access(own, F_OK) == 0)
		return inventory_load(inv, own, err);
	if (access(PATHS_SYSTEM_HOSTS, F_OK) == 0)
		return inventory_load(inv, PATHS_SYSTEM_HOSTS, err);
	return err_set(err, ENOENT,
		"no inventory: give -i FILE or -i 'host1,host2', set TOCSIN_INVENTORY, or write "
		"~/.config/tocsin/hosts or " PATHS_SYSTEM_HOSTS);
}

int app_inventory(struct app *app, struct err *err)
{
	const struct opt_list *named = &app->o.inventory;
	struct inventory *inv;
	int r = 0;

	if (app->inventory)
		return 0;
	inv = inventory_new();
	if (!inv)
		return err_sys(err, ENOMEM, "inventory");
	for (size_t i = 0; r == 0 && i < named->n; i++)
		r = inventory_load(inv, named->items[i], err);
	if (named->n == 0)
		r = load_default(inv, err);
	if (r == 0)
		r = inventory_load_vars(inv, err);
	if (r < 0) {
		inventory_free(inv);
		return r;
	}
	app->inventory = inv;
	return 0;
}

int app_targets(struct app *app, struct err *err)
{
	const char *pattern = app->o.targets ? app->o.targets : "all";
	size_t *selected = NULL, n = 0;
	int r;

	if (app->hosts)
		return 0;
	r = app_inventory(app, err);
	if (r == 0)
		r = inventory_select(app->inventory, pattern, &selected, &n, err);
	if (r < 0)
		return r;
	if (n == 0)
		r = err_set(err, ENOENT, "no host matches `%s`", pattern);
	else
		r = host_configs_new(&app->o, app->inventory, selected, n, &app->configs, err);
	free(selected);
	if (r < 0)
		return r;
	app->hosts = host_configs_array(app->configs);
	app->n_hosts = n;
	return 0;
}

int app_among(
	const struct app *app, const char *pattern, bool **ret, size_t *ret_n, struct err *err)
{
	bool *in = calloc(app->n_hosts + 1, sizeof(*in));
	size_t *selected = NULL, n = 0, found = 0;
	int r = in ? inventory_select(app->inventory, pattern, &selected, &n, err)
		   : err_sys(err, ENOMEM, "targets");

	/* All three are in the inventory's order. */
	for (size_t k = 0, i = 0, h = 0; r == 0 && i < n && h < app->n_hosts; k++) {
		bool means = selected[i] == k;

		i += means;
		if (!str_eq(inventory_host_name(app->inventory, k), app->hosts[h].name))
			continue;
		in[h++] = means;
		found += means;
	}
	free(selected);
	if (r == 0 && found == 0)
		r = err_set(err, ENOENT, "no host that is here matches `%s`", pattern);
	if (r < 0) {
		free(in);
		return r;
	}
	*ret = in;
	*ret_n = found;
	return 0;
}

void app_retarget(struct app *app, const char *pattern)
{
	host_configs_free(app->configs);
	app->configs = NULL;
	app->hosts = NULL;
	app->n_hosts = 0;
	app->o.targets = pattern;
}

/* ---- For the fleet ---- */

static int64_t milliseconds(double seconds)
{
	return (int64_t)(seconds * 1000 + 0.5);
}

void app_fleet_options(const struct app *app, struct fleet_options *ret)
{
	const struct app_options *o = &app->o;

	*ret = (struct fleet_options){
		.in_flight = (unsigned)o->in_flight,
		.connect_timeout_ms =
			milliseconds(o->connect_timeout > 0 ? o->connect_timeout : CONNECT_TIMEOUT),
		.timeout_ms = milliseconds(o->timeout),
		.ssh_command = o->ssh_command,
		.ssh_config = o->ssh_command ? o->ssh_config : NULL,
		.jump = o->ssh_command ? o->jump : NULL,
		.known_hosts = o->known_hosts.n > 0 ? o->known_hosts.items : NULL,
		.accept_new = o->accept_new,
		.agent_program = app->agent,
		.passphrase = passphrase_possible() ? passphrase_ask : NULL,
		.answers = passphrase_possible(),
		.persist_ms = app->persist_ms,
	};
}

void app_done(struct app *app)
{
	host_configs_free(app->configs);
	inventory_free(app->inventory);
	end_syslog(app);
	free(app->config);
	app_init(app);
}
