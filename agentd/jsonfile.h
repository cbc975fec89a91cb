/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON that somebody else keeps in a file or sends: read whole, as forgiving as those that write
 * it are (the last of two members with one name counts).
 */
#ifndef AGENTD_JSONFILE_H
#define AGENTD_JSONFILE_H

#include "agentd/table.h"
#include "common/buf.h"

#include <jansson.h>

struct root;

/* Bytes of a file; what becomes of it in memory is some twenty times that at worst. */
#define JSONFILE_MAX (4u << 20)

/* NULL when it is no JSON, or memory ran out. */
json_t *jsonfile_parse(const char *p, size_t n);
/*
 * 0, -EBADMSG when it is no JSON, -EMSGSIZE when it is longer than JSONFILE_MAX, or what root_read
 * gives. *ret_text (may be NULL): the text, an initialised buffer that it replaces.
 */
int jsonfile_read(const struct root *root, const char *path, struct buf *text, json_t **ret);
/*
 * As above for what is come across: NULL where there is no file, and with a warning where it cannot
 * be read ("add-ons of 2 files: …").
 */
json_t *jsonfile_find(struct scan *s, const struct root *root, const char *path, const char *what,
	struct buf *text);

/* The member at the end of a path such as "a.b"; NULL when there is none. */
json_t *json_at(const json_t *j, const char *path);
/* That member's text, or NULL. */
const char *json_text_at(const json_t *j, const char *path);
/* Sets the column from a text, number, true (1) or false (0); anything else leaves it NULL. */
void row_json(struct scan *s, unsigned col, const json_t *j);
/* Likewise; {"b64":…}, which stands for bytes that are no text, sets those. */
void row_json_bytes(struct scan *s, unsigned col, const json_t *j);
/* Sets it to the texts of an array or the single text, with ", " between two. */
void row_json_list(struct scan *s, unsigned col, const json_t *j);
/* Sets it to the JSON itself, if there is any. */
void row_json_dump(struct scan *s, unsigned col, const json_t *j);

#endif
