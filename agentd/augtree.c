/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/augtree.h"

#include "common/str.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Of augeas.h, which need not be there when the agent is built. */
#define AUG_SAVE_NOOP (1 << 4)
#define AUG_NO_LOAD   (1 << 5)

#define TEXT_NODE "/tocsin/text"

struct augtree {
	void *lib, *aug;
	void *(*init)(const char *root, const char *lenses, unsigned flags);
	void (*close)(void *aug);
	int (*get)(const void *aug, const char *path, const char **value);
	int (*label)(const void *aug, const char *path, const char **label);
	int (*set)(void *aug, const char *path, const char *value);
	int (*rm)(void *aug, const char *path);
	int (*match)(const void *aug, const char *path, char ***matches);
	int (*text_store)(void *aug, const char *lens, const char *node, const char *path);
};

static bool find_functions(struct augtree *t)
{
	struct {
		const char *name;
		void *to;
	} functions[] = {
		{"aug_init", &t->init},
		{"aug_close", &t->close},
		{"aug_get", &t->get},
		{"aug_label", &t->label},
		{"aug_set", &t->set},
		{"aug_rm", &t->rm},
		{"aug_match", &t->match},
		{"aug_text_store", &t->text_store},
	};

	t->lib = dlopen("libaugeas.so.0", RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; t->lib && i < ARRAY_LEN(functions); i++) {
		void *f = dlsym(t->lib, functions[i].name);

		if (!f)
			return false;
		memcpy(functions[i].to, &f, sizeof(f));
	}
	return t->lib != NULL;
}

struct augtree *augtree_new(void)
{
	struct augtree *t = calloc(1, sizeof(*t));

	if (t && find_functions(t))
		t->aug = t->init(NULL, NULL, AUG_NO_LOAD | AUG_SAVE_NOOP);
	if (t && t->aug)
		return t;
	augtree_free(t);
	return NULL;
}

void augtree_free(struct augtree *t)
{
	if (!t)
		return;
	if (t->aug)
		t->close(t->aug);
	if (t->lib)
		dlclose(t->lib);
	free(t);
}

void augtree_list_free(char **nodes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(nodes[i]);
	free(nodes);
}

/*
 * The description (lens) for a path, or NULL. A path with a quote or a bracket would end the
 * expression that looks for it.
 */
static const char *lens_of(struct augtree *t, const char *path)
{
	const char *slash = strrchr(path, '/'), *lens = NULL;
	char expression[4 * PATH_MAX], **found = NULL;
	int n;

	if (!slash || strpbrk(path, "\"'[]\\"))
		return NULL;
	n = snprintf(expression, sizeof(expression),
		"/augeas/load/*[incl[\"%s\" =~ glob(.)]]"
		"[count(excl[\"%s\" =~ glob(.)]) + count(excl[\"%s\" =~ glob(.)]) = 0]/lens",
		path, path, slash + 1);
	if (n < 0 || (size_t)n >= sizeof(expression))
		return NULL;
	n = t->match(t->aug, expression, &found);
	if (n > 0)
		t->get(t->aug, found[0], &lens);
	augtree_list_free(found, n > 0 ? (size_t)n : 0);
	return lens;
}

bool augtree_knows(struct augtree *t, const char *path)
{
	return lens_of(t, path) != NULL;
}

/* In an expression these would mean something. */
static int put_path(struct buf *out, const char *prefix, const char *path)
{
	int r = buf_puts(out, prefix);

	for (; !r && *path; path++) {
		if (strchr(" \t\n[]{}()|,=!\\'\"", *path))
			r = buf_putc(out, '\\');
		if (!r)
			r = buf_putc(out, *path);
	}
	return r;
}

static int list(struct augtree *t, struct buf *at, char ***ret_nodes, size_t *ret_n)
{
	char **nodes = NULL;
	size_t len = at->len;
	int r = buf_printf(at, " | %.*s//*", (int)len, at->p), n;

	if (r < 0)
		return r;
	n = t->match(t->aug, at->p, &nodes);
	if (n < 0)
		return -EBADMSG;
	if (n > AUGTREE_NODES_MAX) {
		augtree_list_free(nodes, (size_t)n);
		return -E2BIG;
	}
	*ret_nodes = nodes;
	*ret_n = (size_t)n;
	return 0;
}

int augtree_load(struct augtree *t, const char *path, const struct buf *text, char ***ret_nodes,
	size_t *ret_n)
{
	const char *lens = lens_of(t, path);
	struct buf at;
	int r;

	if (!lens)
		return -ENOENT;
	/* It takes no text with a NUL. */
	if (text->len && memchr(text->p, '\0', text->len))
		return -EBADMSG;
	buf_init(&at, 8 * PATH_MAX);
	t->rm(t->aug, "/files");
	t->rm(t->aug, "/augeas/text");
	r = put_path(&at, "/files", path);
	if (!r && t->set(t->aug, TEXT_NODE, buf_str(text)) < 0)
		r = -ENOMEM;
	if (!r && t->text_store(t->aug, lens, TEXT_NODE, at.p) < 0)
		r = -EBADMSG;
	t->rm(t->aug, "/tocsin");
	if (!r)
		r = list(t, &at, ret_nodes, ret_n);
	buf_done(&at);
	return r;
}

void augtree_get(
	struct augtree *t, const char *node, const char **ret_value, const char **ret_label)
{
	*ret_value = *ret_label = NULL;
	t->get(t->aug, node, ret_value);
	t->label(t->aug, node, ret_label);
}
