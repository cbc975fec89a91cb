/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making events: each is one block of memory with copies of all it needs. NULL when out of memory.
 */
#ifndef CONSOLE_FLEET_EVENT_H
#define CONSOLE_FLEET_EVENT_H

#include "console/fleet/fleet.h"

struct fleet_event *event_hello(host_id host, const struct wire_hello *hello);
struct fleet_event *event_pong(host_id host, const struct wire_quarantine *quarantine);
struct fleet_event *event_columns(host_id host, const struct wire_column *cols, size_t n);
/* The first `n_rows` of `rows`. */
struct fleet_event *event_rows(host_id host, const struct wire_rows *rows, size_t n_rows);
/* `o`: as read, action and detail are there. */
struct fleet_event *event_outcome(host_id host, const struct wire_outcome *o);
struct fleet_event *event_chunk(host_id host, int64_t offset, const char *p, size_t n);
/* All of `end` zero but for the warnings. */
struct fleet_event *event_end(host_id host, const char *const *warnings, size_t n_warnings);

struct inbox;
struct jumps;
/* `to` and `jumps`: of the worker that asks. */
struct fleet_event *event_ask(const char *prompt, bool echo, struct inbox *to, struct jumps *jumps);

#endif
