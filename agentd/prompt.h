/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to this machine, one after the other, at a prompt. */
#ifndef AGENTD_PROMPT_H
#define AGENTD_PROMPT_H

#include "agentd/selfask.h"

/* Until the end of input or .quit. Returns a role_status. */
int prompt_run(const struct selfask *a);

#endif
