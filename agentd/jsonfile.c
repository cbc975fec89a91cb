/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/jsonfile.h"

#include "agentd/root.h"
#include "common/json.h"
#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of one member's name in a path. */
#define NAME_PART_MAX 64
/* Bytes of a list made of an array. */
#define LIST_MAX (256u << 10)

json_t *jsonfile_parse(const char *p, size_t n)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, by some editors */

	if (n >= 3 && memcmp(p, mark, 3) == 0) {
		p += 3;
		n -= 3;
	}
	return json_loadb(p, n, JSON_ALLOW_NUL, NULL);
}

int jsonfile_read(const struct root *root, const char *path, struct buf *text, json_t **ret)
{
	struct buf own;
	json_t *j;
	int r;

	buf_init(&own, JSONFILE_MAX);
	if (!text)
		text = &own;
	buf_reset(text);
	text->max = JSONFILE_MAX;
	r = root_read(root, path, text);
	j = r ? NULL : jsonfile_parse(buf_str(text), text->len);
	buf_done(&own);
	if (r)
		return r;
	if (!j)
		return -EBADMSG;
	*ret = j;
	return 0;
}

json_t *jsonfile_find(struct scan *s, const struct root *root, const char *path, const char *what,
	struct buf *text)
{
	json_t *j = NULL;
	int r = jsonfile_read(root, path, text, &j);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -EISDIR && r != -ELOOP)
		scan_skipped(s, what, "file", -r);
	return j;
}

json_t *json_at(const json_t *j, const char *path)
{
	struct span rest = span_str(path), part;
	char name[NAME_PART_MAX];

	while (j && span_split(&rest, '.', &part)) {
		if (part.n >= sizeof(name))
			return NULL;
		memcpy(name, part.p, part.n);
		name[part.n] = '\0';
		j = json_object_get(j, name);
	}
	return (json_t *)j;
}

const char *json_text_at(const json_t *j, const char *path)
{
	return json_string_value(json_at(j, path));
}

void row_json(struct scan *s, unsigned col, const json_t *j)
{
	if (json_is_string(j))
		row_bytes(s, col, json_string_value(j), json_string_length(j));
	else if (json_is_integer(j))
		row_int(s, col, json_integer_value(j));
	else if (json_is_real(j))
		row_real(s, col, json_real_value(j));
	else if (json_is_boolean(j))
		row_int(s, col, json_is_true(j));
}

void row_json_bytes(struct scan *s, unsigned col, const json_t *j)
{
	struct buf b;

	buf_init(&b, JSONFILE_MAX);
	if (json_is_object(j) && json_bytes_add(&b, j) == 0)
		row_bytes(s, col, buf_str(&b), b.len);
	else
		row_json(s, col, j);
	buf_done(&b);
}

void row_json_list(struct scan *s, unsigned col, const json_t *j)
{
	struct buf list;
	json_t *one;
	size_t i;
	int r = 0;

	if (!json_is_array(j) || !scan_wants(s, col)) {
		row_json(s, col, j);
		return;
	}
	buf_init(&list, LIST_MAX);
	json_array_foreach (j, i, one) {
		if (!json_is_string(one))
			continue;
		if (list.len)
			r = buf_puts(&list, ", ");
		if (!r)
			r = buf_add(&list, json_string_value(one), json_string_length(one));
		if (r)
			break;
	}
	row_bytes(s, col, buf_str(&list), list.len);
	buf_done(&list);
}

void row_json_dump(struct scan *s, unsigned col, const json_t *j)
{
	char *text = j && scan_wants(s, col) ? json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	if (text)
		row_text(s, col, text);
	free(text);
}
