/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * group_vars/ and host_vars/ beside the sources. The directories are listed, and what has no group
 * or host of its name is not opened: ten thousand hosts do not cost ten thousand looks.
 */
#include "console/fleet/inventory_nodes.h"

#include "common/buf.h"
#include "common/io.h"
#include "common/json.h"
#include "console/fleet/ytree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Directories within each other below group_vars/NAME. */
#define VARS_DIRECTORIES_MAX 16
/* Objects and arrays within each other, in files of JSON. */
#define VARS_DEPTH_MAX 64

/* The first of a name's files that is there is the only one. */
static const char *const endings[] = {"", ".yml", ".yaml", ".json"};

struct owner {
	struct inventory *inv;
	bool is_group;
	uint32_t index;
	struct err *err;
};

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

/* ---- Files ---- */

/* Takes the reference to `v`. */
static int set_var(struct owner *o, const struct place *at, const char *name, json_t *v)
{
	const struct value *value;
	int r = node_value(o->inv, at, v, &value, o->err);

	if (r < 0)
		return r;
	return node_set_file_var(o->inv, o->is_group, o->index, span_str(name), value, o->err);
}

static int no_mapping(struct owner *o, const char *file)
{
	const struct place at = {.file = file};

	return mistake(&at, o->err, "variables are a mapping: `name: value`");
}

static int set_json(struct owner *o, const char *file, const json_t *vars)
{
	const struct place at = {.file = file};
	const char *name;
	json_t *v;
	int r = 0;

	json_object_foreach ((json_t *)vars, name, v) {
		r = set_var(o, &at, name, json_incref(v));
		if (r < 0)
			break;
	}
	return r;
}

static int set_yaml(struct owner *o, const char *file, const struct ynode *vars)
{
	int r = 0;

	if (!vars || ynode_is_null(vars))
		return 0;
	if (vars->kind != YNODE_MAP)
		return no_mapping(o, file);
	for (size_t i = 0; i < vars->n && r == 0; i += 2) {
		const struct ynode *key = vars->v[i];
		const struct place at = {.file = file, .line = key->line};

		r = set_var(o, &at, json_string_value(key->json), ytree_json(vars->v[i + 1]));
	}
	return r;
}

static int read_vars(struct owner *o, const char *file, struct span text)
{
	struct span begin = span_trim(text);
	json_t *vars = NULL;
	struct ytree *t;
	int r = 0;

	if (begin.n && begin.p[0] == '{')
		vars = json_read_any(text.p, text.n, VARS_DEPTH_MAX, NULL);
	if (vars) {
		r = json_is_object(vars) ? set_json(o, file, vars) : no_mapping(o, file);
		json_decref(vars);
		return r;
	}
	r = ytree_read(file, text, &t, o->err);
	if (r < 0)
		return r;
	r = set_yaml(o, file, t->root);
	ytree_free(t);
	return r;
}

static int leave_out_vault(struct owner *o, const char *file)
{
	if (o->inv->n_vault_files++)
		return 0;
	free(o->inv->vault_file);
	o->inv->vault_file = strdup(file);
	return o->inv->vault_file ? 0 : no_memory(o->err);
}

/* There may be one for each host: said once. */
static void note_vault_files(struct inventory *inv)
{
	if (inv->n_vault_files == 1)
		inventory_note(inv, "%s is encrypted by ansible-vault: what it sets is not known",
			inv->vault_file);
	else if (inv->n_vault_files)
		inventory_note(inv,
			"%s and %zu more are encrypted by ansible-vault: what they set is not "
			"known",
			inv->vault_file, inv->n_vault_files - 1);
}

static int read_file(struct owner *o, const char *file)
{
	struct buf b;
	int r;

	buf_init(&b, INVENTORY_FILE_MAX);
	r = io_read_file(AT_FDCWD, file, &b);
	if (r == -EMSGSIZE)
		r = err_set(
			o->err, EFBIG, "%s: larger than %u MiB", file, INVENTORY_FILE_MAX >> 20);
	else if (r < 0)
		r = err_sys(o->err, -r, "%s", file);
	else if (str_starts(buf_str(&b), "$ANSIBLE_VAULT;"))
		r = leave_out_vault(o, file);
	else
		r = read_vars(o, file, (struct span){buf_str(&b), b.len});
	buf_done(&b);
	return r;
}

/* ---- Directories of one name ---- */

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.' && !str_ends(e->d_name, "~");
}

static void free_entries(struct dirent **entries, int n)
{
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
}

static int read_path(struct owner *o, const char *path, unsigned depth);

/* A directory is looked into when it has no ending, a file also when it has one of ours. */
static int read_entry(struct owner *o, const char *dir, const char *name, unsigned depth)
{
	const char *ending = strrchr(name, '.');
	bool known = !ending;
	char *path;
	struct stat st;
	int r = 0;

	for (size_t i = 1; i < ARRAY_LEN(endings) && ending; i++)
		known = known || str_eq(ending, endings[i]);
	if (!known)
		return 0;
	path = str_printf("%s/%s", dir, name);
	if (!path)
		return no_memory(o->err);
	if (stat(path, &st) == 0 && (S_ISDIR(st.st_mode) ? !ending : S_ISREG(st.st_mode)))
		r = read_path(o, path, depth + 1);
	free(path);
	return r;
}

static int read_directory(struct owner *o, const char *path, unsigned depth)
{
	struct dirent **entries;
	int n = scandir(path, &entries, visible, by_bytes), r = 0;

	if (n < 0)
		return err_sys(o->err, errno, "%s", path);
	for (int i = 0; i < n && r == 0; i++)
		r = read_entry(o, path, entries[i]->d_name, depth);
	free_entries(entries, n);
	return r;
}

static int read_path(struct owner *o, const char *path, unsigned depth)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(o->err, errno, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return read_file(o, path);
	if (depth == VARS_DIRECTORIES_MAX)
		return err_set(o->err, ELOOP, "%s: too many directories within each other", path);
	return read_directory(o, path, depth);
}

/* ---- group_vars/ and host_vars/ ---- */

/* One of the two, listed. */
struct listing {
	struct inventory *inv;
	const char *path;
	bool of_groups;
	struct dirent **entries;
	int n;
};

static int compare_name(const void *name, const void *entry)
{
	return strcmp(name, (*(struct dirent *const *)entry)->d_name);
}

static bool has_entry(const struct listing *l, const char *name)
{
	return bsearch(name, l->entries, (size_t)l->n, sizeof(struct dirent *), compare_name);
}

/* 1 when an ending that comes first is there as well. */
static int is_hidden(const struct listing *l, struct span name, size_t ending)
{
	for (size_t i = 0; i < ending; i++) {
		char *other = str_printf("%.*s%s", (int)name.n, name.p, endings[i]);
		bool found = other && has_entry(l, other);

		if (!other)
			return -ENOMEM;
		free(other);
		if (found)
			return 1;
	}
	return 0;
}

static bool find_owner(const struct listing *l, struct span name, uint32_t *ret)
{
	const struct map *m = l->of_groups ? l->inv->group_map : l->inv->host_map;
	uintptr_t known = (uintptr_t)map_get_n(m, name.p, name.n);

	if (known)
		*ret = (uint32_t)(known - 1);
	return known;
}

/* An entry may stand for two: "a.yml" is the host a's, and that of a host of this very name. */
static int read_listed(const struct listing *l, const char *entry, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(endings) && r == 0; i++) {
		struct owner o = {.inv = l->inv, .is_group = l->of_groups, .err = err};
		struct span name = span_str(entry);
		char *path;

		if (!str_ends(entry, endings[i]))
			continue;
		name.n -= strlen(endings[i]);
		if (!find_owner(l, name, &o.index))
			continue;
		r = is_hidden(l, name, i);
		if (r == 1) {
			r = 0;
			continue;
		}
		path = r == 0 ? str_printf("%s/%s", l->path, entry) : NULL;
		r = path ? read_path(&o, path, 0) : no_memory(err);
		free(path);
	}
	return r;
}

static int listed(const struct dirent *e)
{
	return !str_eq(e->d_name, ".") && !str_eq(e->d_name, "..");
}

static int read_listing(struct inventory *inv, const char *beside, bool of_groups, struct err *err)
{
	char *path = str_printf("%s/%s", beside, of_groups ? "group_vars" : "host_vars");
	struct listing l = {.inv = inv, .path = path, .of_groups = of_groups};
	int r = 0;

	if (!path)
		return no_memory(err);
	l.n = scandir(path, &l.entries, listed, by_bytes);
	if (l.n < 0 && errno != ENOENT && errno != ENOTDIR)
		r = err_sys(err, errno, "%s", path);
	for (int i = 0; i < l.n && r == 0; i++)
		r = read_listed(&l, l.entries[i]->d_name, err);
	if (l.n >= 0)
		free_entries(l.entries, l.n);
	free(path);
	return r;
}

/* The same directory beside a later source says the same again, and last. */
static bool comes_again(const struct inventory *inv, size_t i)
{
	for (size_t j = i + 1; j < inv->n_beside; j++) {
		if (str_eq(inv->beside[i], inv->beside[j]))
			return true;
	}
	return false;
}

int inventory_load_vars(struct inventory *inv, struct err *err)
{
	int r = 0;

	node_forget(inv);
	inv->n_vault_files = 0;
	for (size_t i = 0; i < inv->n_beside && r == 0; i++) {
		if (comes_again(inv, i))
			continue;
		inv->source++;
		r = read_listing(inv, inv->beside[i], true, err);
		if (r == 0)
			r = read_listing(inv, inv->beside[i], false, err);
	}
	if (r == 0)
		note_vault_files(inv);
	return r;
}
