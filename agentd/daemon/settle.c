/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/settle.h"

#include "agentd/daemon/actor.h"
#include "agentd/root.h"
#include "agentd/unfinished.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

/* The frame's number tells what it was. */
static void tell(void *arg, enum vault_way way, const struct action_outcome *o)
{
	const int *out = arg;

	actor_answer(*out, o, way);
}

/* In the child. */
static void settle(int out, int fd, void *arg)
{
	const struct daemon *d = arg;
	struct root *root = root_new("/", NULL);

	(void)fd;
	if (root)
		unfinished_settle(d->state_dir, root, tell, &out);
	root_free(root);
}

static void take_outcome(struct daemon *d, const char *p, size_t n)
{
	struct priv_outcome o;
	struct audit_entry e = {.event = AUDIT_OUTCOME};
	enum priv_type type;
	uint64_t way;
	json_t *before;
	struct err err;

	if (!priv_peek(p, n, &type, &way) || priv_read_outcome(p, n, &o) < 0)
		return;
	e.action = way == VAULT_BACK ? "restore" : "delete";
	before = *o.before ? json_loads(o.before, 0, NULL) : NULL;
	e.before = before;
	e.status = wire_status_name(o.status);
	e.detail = o.detail;
	log_note("daemon: %s", o.detail);
	if (audit_write(d->audit, &e, true, &err) < 0)
		log_error("audit: %s", err.text);
	json_decref(before);
}

static void on_settled(void *arg, const char *p, size_t n, int status)
{
	size_t one;

	(void)status;
	while ((one = priv_first(p, n)) > 0) {
		take_outcome(arg, p, one);
		p += one;
		n -= one;
	}
}

void settle_start(struct daemon *d)
{
	/* It takes as long as the file systems take. */
	const struct child_plan plan = {.name = "what was interrupted",
		.kind = CHILD_ACTS,
		.run = settle,
		.arg = d,
		.fd = -1,
		.done = on_settled,
		.done_arg = d};
	struct err err;

	if (!d->stopping && !child_start(&d->children, &plan, &err))
		log_error("%s", err.text);
}
