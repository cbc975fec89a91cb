/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

int nosource_events(struct scan *s)
{
	scan_warn(s, "this agent records no events yet: no rows");
	return 0;
}

int nosource_remote(struct scan *s)
{
	scan_warn(s, "this agent has no source for it yet: no rows");
	return 0;
}

int nosource_step(struct scan *s)
{
	(void)s;
	return 0;
}
