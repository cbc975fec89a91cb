/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/smbios.h"

#include "agentd/attr.h"

#include <string.h>

#define TABLES	   "/sys/firmware/dmi/tables/DMI"
#define HEADER_LEN 4

bool smbios_load(struct scan *s, struct buf *b)
{
	struct span text;

	return attr_read(s, b, &text, TABLES) && b->len > 0;
}

/* Bytes of the strings behind the formatted part, with the two NULs that end them. */
static size_t strings_size(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i + 1 < n && (p[i] || p[i + 1]))
		i++;
	return i + 1 < n ? i + 2 : n;
}

bool smbios_next(struct span *rest, struct smbios_entry *ret)
{
	const uint8_t *p = (const void *)rest->p;
	struct smbios_entry e;

	if (rest->n < HEADER_LEN || p[1] < HEADER_LEN || p[1] > rest->n)
		return false;
	e = (struct smbios_entry){
		.type = p[0], .handle = (uint16_t)(p[2] | p[3] << 8), .p = p, .length = p[1]};
	e.size = e.length + strings_size(p + e.length, rest->n - e.length);
	*rest = (struct span){rest->p + e.size, rest->n - e.size};
	*ret = e;
	return true;
}

uint32_t smbios_number(const struct smbios_entry *e, size_t at, size_t bytes)
{
	uint32_t n = 0;

	if (at + bytes > e->length)
		return 0;
	while (bytes--)
		n = n << 8 | e->p[at + bytes];
	return n;
}

struct span smbios_string(const struct smbios_entry *e, size_t at)
{
	struct span rest = {(const char *)e->p + e->length, e->size - e->length}, text = {"", 0};
	uint32_t number = smbios_number(e, at, 1);

	if (!number)
		return (struct span){"", 0};
	while (number--) {
		if (!rest.n || !span_split(&rest, '\0', &text) || !text.n || !rest.p)
			return (struct span){"", 0};
	}
	return span_trim(text);
}
