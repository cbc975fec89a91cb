/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/devids.h"

#include "agentd/linescan.h"
#include "agentd/root.h"

#include <errno.h>

void devids_done(struct devids *d)
{
	for (size_t i = 0; i < d->n; i++)
		for (unsigned k = 0; k < DEVID_NAMES; k++)
			free(d->p[i].names[k]);
	free(d->p);
	*d = (struct devids){0};
}

int devids_list(struct devids *d, struct scan *s, const char *dir)
{
	DIR *list = attr_opendir(s, "%s", dir);
	const char *name;
	int r = 0;

	while (!r && (name = attr_next(list))) {
		if (strlen(name) >= DEVIDS_NAME_MAX)
			continue;
		r = array_grow(&d->p, &d->cap, d->n + 1, sizeof(*d->p), DEVIDS_MAX);
		if (r < 0)
			break;
		d->p[d->n] = (struct devid){0};
		str_copy(d->p[d->n++].name, DEVIDS_NAME_MAX, name);
	}
	attr_closedir(list);
	if (r == -E2BIG)
		scan_warn(s, "more than %d devices: the rest is left out", DEVIDS_MAX);
	return r == -ENOMEM ? r : 0;
}

/* ---- The lists ---- */

/* Where in the list the reader is: -1 where it is not below one. */
struct place {
	bool classes; /* "C 01  Mass storage controller", and what is below */
	bool wanted;  /* some device is of this vendor or class */
	int32_t vendor, model, class;
};

/* Takes a number of exactly `digits` hexadecimal digits off the text. */
static bool take_hex(struct span *text, unsigned digits, int32_t *ret)
{
	uint64_t n;

	if (text->n < digits || parse_span((struct span){text->p, digits}, 16, UINT16_MAX, &n) < 0)
		return false;
	*text = (struct span){text->p + digits, text->n - digits};
	*ret = (int32_t)n;
	return true;
}

/* The first one stays. */
static int set_name(struct devid *id, enum devid_name which, struct span name)
{
	if (id->names[which])
		return 0;
	id->names[which] = span_dup(span_trim(name));
	return id->names[which] ? 0 : -ENOMEM;
}

/* "8086  Intel Corporation" or "C 01  Mass storage controller" */
static int top_line(struct devids *d, struct place *at, struct span line)
{
	int r = 0;
	int32_t n;

	*at = (struct place){.vendor = -1, .model = -1, .class = -1};
	at->classes = span_skip(&line, "C ");
	if (!take_hex(&line, at->classes ? 2 : 4, &n))
		return 0;
	*(at->classes ? &at->class : &at->vendor) = n;
	for (size_t i = 0; !r && i < d->n; i++) {
		struct devid *id = &d->p[i];

		if (at->classes && id->class == n)
			r = set_name(id, DEVID_CLASS, line);
		else if (!at->classes && id->vendor == n)
			r = set_name(id, DEVID_VENDOR, line);
		if (!r && !at->classes && id->sub_vendor == n)
			r = set_name(id, DEVID_SUB_VENDOR, line);
		at->wanted |= at->classes ? id->class == n : id->vendor == n;
	}
	return r;
}

/* "\t1237  440FX", or "\t06  SATA controller" below a class */
static int second_line(struct devids *d, struct place *at, struct span line)
{
	int r = 0;
	int32_t n;

	at->model = -1;
	if (!at->wanted || !take_hex(&line, at->classes ? 2 : 4, &n))
		return 0;
	at->model = n;
	for (size_t i = 0; !r && i < d->n; i++) {
		struct devid *id = &d->p[i];

		if (at->classes && id->class == at->class && id->subclass == n)
			r = set_name(id, DEVID_SUBCLASS, line);
		else if (!at->classes && id->vendor == at->vendor && id->model == n)
			r = set_name(id, DEVID_MODEL, line);
	}
	return r;
}

/* "\t\t1af4 1100  Qemu virtual machine" */
static int third_line(struct devids *d, struct place *at, struct span line)
{
	int32_t vendor, model;
	int r = 0;

	if (!at->wanted || at->classes || at->model < 0 || !take_hex(&line, 4, &vendor) ||
		!span_skip(&line, " ") || !take_hex(&line, 4, &model))
		return 0;
	for (size_t i = 0; !r && i < d->n; i++) {
		struct devid *id = &d->p[i];

		if (id->vendor == at->vendor && id->model == at->model &&
			id->sub_vendor == vendor && id->sub_model == model)
			r = set_name(id, DEVID_SUB_MODEL, line);
	}
	return r;
}

static int read_line(struct devids *d, struct place *at, struct span line)
{
	if (!line.n || line.p[0] == '#')
		return 0;
	if (!span_skip(&line, "\t"))
		return top_line(d, at, line);
	if (!span_skip(&line, "\t"))
		return second_line(d, at, line);
	return third_line(d, at, line);
}

int devids_find_names(struct devids *d, struct scan *s, const char *const *files)
{
	struct place at = {.vendor = -1, .model = -1, .class = -1};
	struct linescan l = {0};
	enum linescan_got got;
	struct span line;
	int r = 0;

	while (d->n && !r && !l.open && *files)
		r = linescan_open(&l, s, *files++);
	while (!r && !scan_stop(s) && (got = linescan_next(&l, s, &line)) != LINESCAN_END)
		if (got == LINESCAN_LINE)
			r = read_line(d, &at, line);
	linescan_close(&l, s);
	return r;
}
