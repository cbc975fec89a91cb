/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/cutoff.h"

#include <stdio.h>
#include <time.h>

bool cutoff_is(const struct wire_quarantine *q)
{
	return q->id && *q->id;
}

const char *cutoff_words(const struct wire_quarantine *q, char out[CUTOFF_WORDS_MAX])
{
	time_t until = (time_t)q->until;
	struct tm tm;

	if (!cutoff_is(q))
		snprintf(out, CUTOFF_WORDS_MAX, "%s", "");
	else if (!q->confirmed)
		snprintf(out, CUTOFF_WORDS_MAX, "not confirmed");
	/* A host may say any number. */
	else if (q->until <= 0 || !gmtime_r(&until, &tm) ||
		 !strftime(out, CUTOFF_WORDS_MAX, "until %Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, CUTOFF_WORDS_MAX, "until released");
	return out;
}
