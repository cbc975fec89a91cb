/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/control.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

void control_init(struct control *c, char separator, const char *const *names)
{
	*c = (struct control){.names = names, .separator = separator, .at = -1};
	for (size_t i = 0; i < CONTROL_FIELDS_MAX; i++)
		buf_init(&c->value[i], CONTROL_VALUE_MAX);
}

void control_done(struct control *c)
{
	for (size_t i = 0; i < CONTROL_FIELDS_MAX; i++)
		buf_done(&c->value[i]);
}

void control_reset(struct control *c)
{
	for (size_t i = 0; i < CONTROL_FIELDS_MAX; i++) {
		buf_reset(&c->value[i]);
		c->has[i] = false;
	}
	c->at = -1;
	c->any = false;
}

static int find(const struct control *c, struct span name)
{
	for (int i = 0; i < CONTROL_FIELDS_MAX && c->names[i]; i++)
		if (strlen(c->names[i]) == name.n && strncasecmp(c->names[i], name.p, name.n) == 0)
			return i;
	return -1;
}

/* What does not fit is left out. */
static int add(struct buf *b, struct span text)
{
	int r = 0;

	if (b->len && text.n)
		r = buf_putc(b, ' ');
	if (!r)
		r = buf_add(b, text.p, text.n);
	return r == -ENOMEM ? r : 1;
}

int control_line(struct control *c, struct span line)
{
	bool more = line.n && (line.p[0] == ' ' || line.p[0] == '\t');
	struct span name;

	line = span_trim(line);
	if (!line.n)
		return 0;
	if (more && line.p[0] != '#')
		return c->at < 0 ? 1 : add(&c->value[c->at], line);
	if (line.p[0] == '#' || (c->separator == '=' && line.p[0] == ';'))
		return 1;
	c->at = -1;
	if (!memchr(line.p, c->separator, line.n))
		return 1;
	span_split(&line, c->separator, &name);
	c->any = true;
	c->at = find(c, span_trim(name));
	if (c->at >= 0 && c->has[c->at])
		c->at = -1;
	if (c->at < 0)
		return 1;
	c->has[c->at] = true;
	return add(&c->value[c->at], span_trim(line));
}

struct span control_get(const struct control *c, unsigned i)
{
	if (!c->has[i])
		return (struct span){0};
	return (struct span){buf_str(&c->value[i]), c->value[i].len};
}
