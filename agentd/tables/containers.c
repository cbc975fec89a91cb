/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/container.h"
#include "agentd/jsonfile.h"
#include "agentd/proctable.h"
#include "agentd/root.h"
#include "common/map.h"

#include <errno.h>
#include <limits.h>

#define CONTAINERS_MAX 65536
#define TASKS	       "/run/containerd/io.containerd.runtime.v2.task"

enum { ID, RUNTIME, NAME, PIDS, PID, CGROUP_PATH };

static const struct column columns[] = {
	{"id", COL_TEXT, 0, "Its id; of LXC and systemd-nspawn the name"},
	{"runtime", COL_TEXT, 0,
		"What runs it: docker, containerd, crio, podman, lxc, nspawn, or unknown"},
	{"name", COL_TEXT, 0, "Its name, where the runtime's files tell it (to root, mostly)"},
	{"pids", COL_INTEGER, 0, "Number of its processes"},
	{"pid", COL_BIGINT, 0, "The process with the lowest number: for pid_with_namespace"},
	{"cgroup_path", COL_TEXT, 0, "Path of its control group"},
	COL_END,
};

struct found {
	const char *runtime;
	char *path; /* heap */
	int64_t pids;
	int32_t pid;
};

struct state {
	struct proc_walk walk;
	struct map *found; /* id -> struct found */
	struct buf text;
	bool listed;
	size_t at;
};

static void found_free(void *p)
{
	struct found *f = p;

	free(f->path);
	free(f);
}

static void containers_close(struct scan *s)
{
	struct state *st = scan_state(s);

	proc_walk_close(&st->walk);
	map_free(st->found, found_free);
	buf_done(&st->text);
}

static int containers_open(struct scan *s)
{
	struct state *st = scan_state(s);
	int r;

	buf_init(&st->text, JSONFILE_MAX);
	st->found = map_new(CONTAINERS_MAX);
	r = st->found ? proc_walk_open(&st->walk, s, PROC_ALL) : -ENOMEM;
	if (r < 0)
		containers_close(s);
	return r;
}

/* ---- Gathering ---- */

static int add_container(struct scan *s, struct state *st, const struct container *c, int32_t pid)
{
	char *id = span_dup(c->id);
	struct found *f = calloc(1, sizeof(*f));
	int r = -ENOMEM;

	if (id && f) {
		*f = (struct found){c->runtime, span_dup(c->path), 1, pid};
		r = f->path ? map_put(st->found, id, f, NULL) : -ENOMEM;
	}
	if (r < 0 && f)
		found_free(f);
	free(id);
	if (r == -E2BIG)
		scan_warn(s, "more than %d containers: the rest is left out", CONTAINERS_MAX);
	return r == -ENOMEM ? r : 0;
}

static int look_at(struct scan *s, struct state *st, int32_t pid)
{
	struct container c;
	struct procfs_proc p;
	struct found *f;
	int r = proc_walk_process(&st->walk, s, pid, &p);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = procfs_read(&p, "cgroup", &st->text);
	procfs_close(&p);
	proc_skipped(s, "cgroup", r);
	if (r < 0 || !container_of_cgroups((struct span){st->text.p, st->text.len}, &c))
		return r == -ENOMEM ? r : 0;
	f = map_get_n(st->found, c.id.p, c.id.n);
	if (!f)
		return add_container(s, st, &c, pid);
	f->pids++;
	if (pid < f->pid)
		f->pid = pid;
	return 0;
}

/* ---- Names, from where the runtimes keep them ---- */

static json_t *read_json(
	struct scan *s, struct state *st, const char *dir, const char *id, const char *file)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s/%s", dir, id, file);

	if (n < 0 || n >= PATH_MAX)
		return NULL;
	return jsonfile_find(s, scan_root(s), path, "names", &st->text);
}

static void put_text(struct scan *s, const json_t *j)
{
	const char *text = json_string_value(j);

	if (text)
		row_text(s, NAME, text + (text[0] == '/'));
}

static void name_docker(struct scan *s, struct state *st, const char *id)
{
	json_t *j = read_json(s, st, "/var/lib/docker/containers", id, "config.v2.json");

	put_text(s, json_object_get(j, "Name"));
	json_decref(j);
}

/* CRI-O keeps its containers as Podman does. */
static void name_podman(struct scan *s, struct state *st, const char *id)
{
	json_t *list = read_json(
		s, st, "/var/lib/containers/storage", "overlay-containers", "containers.json");
	size_t i;
	json_t *j;

	json_array_foreach (list, i, j) {
		const char *this = json_string_value(json_object_get(j, "id"));

		if (this && str_eq(this, id))
			put_text(s, json_array_get(json_object_get(j, "names"), 0));
	}
	json_decref(list);
}

static void name_containerd(struct scan *s, struct state *st, const char *id)
{
	static const char *const keys[] = {"io.kubernetes.cri.container-name", "nerdctl/name"};
	json_t *j = read_json(s, st, TASKS "/k8s.io", id, "config.json"), *annotations;

	if (!j)
		j = read_json(s, st, TASKS "/default", id, "config.json");
	annotations = json_object_get(j, "annotations");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		put_text(s, json_object_get(annotations, keys[i]));
	json_decref(j);
}

static void put_name(struct scan *s, struct state *st, const char *id, const char *runtime)
{
	if (!scan_wants(s, NAME))
		return;
	if (str_eq(runtime, "docker"))
		name_docker(s, st, id);
	else if (str_eq(runtime, "podman") || str_eq(runtime, "crio"))
		name_podman(s, st, id);
	else if (str_eq(runtime, "containerd"))
		name_containerd(s, st, id);
	else if (!str_eq(runtime, "unknown"))
		row_text(s, NAME, id);
}

/* ---- The scan ---- */

static int containers_step(struct scan *s)
{
	struct state *st = scan_state(s);
	const struct found *f;
	const char *id;
	int32_t pid;
	int r;

	if (!st->listed) {
		r = proc_walk_next(&st->walk, &pid);
		st->listed = r == 0;
		if (r > 0)
			r = look_at(s, st, pid);
		return r < 0 ? r : 1;
	}
	if (st->at == map_len(st->found))
		return 0;
	id = map_key(st->found, st->at);
	f = map_value(st->found, st->at++);
	row_begin(s);
	row_text(s, ID, id);
	row_text(s, RUNTIME, f->runtime);
	put_name(s, st, id, f->runtime);
	row_int(s, PIDS, f->pids);
	row_int(s, PID, f->pid);
	row_text(s, CGROUP_PATH, f->path);
	row_end(s);
	return 1;
}

const struct table table_containers = {
	.name = "containers",
	.doc = "Containers that have processes, of whatever runtime, as their control groups show "
	       "them.",
	.columns = columns,
	.open = containers_open,
	.step = containers_step,
	.close = containers_close,
	.state_size = sizeof(struct state),
};
