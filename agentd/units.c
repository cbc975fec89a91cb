/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/units.h"

#include "agentd/root.h"
#include "agentd/unitfile.h"

#include <errno.h>
#include <string.h>

#define SYSTEMD	  "org.freedesktop.systemd1"
#define DESCRIBED 1024 /* bytes of a description, user, source that are kept */

/* ---- From systemd ---- */

static const struct {
	const char *path;
	bool bus;
} sockets[] = {
	{"/run/systemd/private", false}, /* root only; there without a bus as well */
	{UNITS_SYSTEM_BUS, true},
};

static const struct {
	const char *interface, *name;
} properties[UNITS_PROPERTIES] = {
	{SYSTEMD ".Unit", "UnitFileState"},
	{SYSTEMD ".Unit", "FragmentPath"},
	{SYSTEMD ".Unit", "SourcePath"},
	{SYSTEMD ".Service", "User"},
};

/* The answer stays apart, since the connection is used while it is gone through. */
static int list_units(struct units *u)
{
	const struct dbus_call call = {
		.to = SYSTEMD,
		.object = "/org/freedesktop/systemd1",
		.interface = SYSTEMD ".Manager",
		.method = "ListUnits",
		.returns = "a(ssssssouso)",
	};
	struct dbus_body body;
	int r = dbus_call(&u->bus, &call, &body);

	if (!r)
		r = buf_add(&u->list, body.p, body.n);
	if (r < 0)
		return r;
	u->at = (struct dbus_body){u->list.p, u->list.len, 0};
	return dbus_array(&u->at, 8, &u->end) ? 0 : -EPROTO;
}

static int connect_live(struct units *u)
{
	int r = -ENOENT;

	for (size_t i = 0; r < 0 && r != -ENOMEM && i < ARRAY_LEN(sockets); i++) {
		dbus_done(&u->bus);
		r = dbus_init(&u->bus, sockets[i].path, sockets[i].bus);
		if (!r)
			r = list_units(u);
	}
	return r;
}

static bool read_entry(struct dbus_body *b, struct unit *e)
{
	uint32_t job;

	if (!dbus_align(b, 8) || !dbus_string(b, &e->id) || !dbus_string(b, &e->description) ||
		!dbus_string(b, &e->load_state) || !dbus_string(b, &e->active_state) ||
		!dbus_string(b, &e->sub_state) || !dbus_string(b, &e->following) ||
		!dbus_string(b, &e->object_path) || !dbus_u32(b, &job) ||
		!dbus_string(b, &e->job_type) || !dbus_string(b, &e->job_path))
		return false;
	e->job_id = job;
	return true;
}

static int get_property(struct units *u, const char *object, const char *interface,
	const char *name, struct dbus_body *ret)
{
	const struct dbus_call call = {
		.to = SYSTEMD,
		.object = object,
		.interface = "org.freedesktop.DBus.Properties",
		.method = "Get",
		.args = {interface, name},
		.returns = "v",
	};

	return dbus_call(&u->bus, &call, ret);
}

int units_get_time(
	struct units *u, const char *object, const char *interface, const char *name, uint64_t *ret)
{
	struct dbus_body body;
	int r = get_property(u, object, interface, name, &body);

	if (r < 0)
		return r;
	return dbus_variant(&body, "t") && dbus_u64(&body, ret) ? 0 : -EPROTO;
}

/* What has no such property (only services have a user) has an empty one. */
static int get_text(struct units *u, const char *object, unsigned i)
{
	struct dbus_body body;
	const char *text = "";
	int r = get_property(u, object, properties[i].interface, properties[i].name, &body);

	if (r < 0 && r != -EREMOTEIO)
		return r;
	if (!r && (!dbus_variant(&body, "s") || !dbus_string(&body, &text)))
		text = "";
	free(u->properties[i]);
	u->properties[i] = strdup(text);
	return u->properties[i] ? 0 : -ENOMEM;
}

static int get_properties(struct units *u, const struct unit *e)
{
	int r = 0;

	for (unsigned i = 0; !r && i < UNITS_PROPERTIES; i++)
		if (u->want >> i & 1)
			r = get_text(u, e->object_path, i);
	return r;
}

static int next_live(struct units *u, struct unit *e)
{
	int r;

	if (u->at.at >= u->end || !read_entry(&u->at, e))
		return 0;
	r = get_properties(u, e);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		scan_warn(u->s, "systemd stopped answering: %s", strerror(-r));
		return 0;
	}
	e->unit_file_state = u->properties[0];
	e->fragment_path = u->properties[1];
	e->source_path = u->properties[2];
	e->user = u->properties[3];
	return 1;
}

/* ---- From files ---- */

/* What stands first hides what has the same name further down. */
static const char *const places[] = {
	"/etc/systemd/system.control",
	"/run/systemd/system.control",
	"/run/systemd/transient",
	"/run/systemd/generator.early",
	"/etc/systemd/system",
	"/etc/systemd/system.attached",
	"/run/systemd/system",
	"/run/systemd/system.attached",
	"/run/systemd/generator",
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
	"/run/systemd/generator.late",
};
/* Where links say what is started. */
static const char *const wanting[] = {"/etc/systemd/system", "/run/systemd/system"};

static bool is_unit_name(const char *name)
{
	static const char *const ends[] = {".service", ".socket", ".device", ".mount", ".automount",
		".swap", ".target", ".path", ".timer", ".slice", ".scope"};

	for (size_t i = 0; name[0] != '.' && i < ARRAY_LEN(ends); i++)
		if (str_ends(name, ends[i]))
			return true;
	return false;
}

static int add_name(struct units *u, const char *name, const char *how)
{
	int r = 0;

	if (!map_get(u->enabled, name))
		r = map_put(u->enabled, name, (void *)(uintptr_t)how, NULL);
	return r < 0 && r != -E2BIG ? r : 0;
}

/* "getty@tty1.service" is made from the file "getty@.service". */
static int add_enabled(struct units *u, const char *name, const char *how)
{
	char file[NAME_MAX + 1];
	const char *at = strchr(name, '@'), *dot = strrchr(name, '.');
	int r = add_name(u, name, how);

	if (r < 0 || !at || !dot || dot <= at + 1)
		return r;
	snprintf(file, sizeof(file), "%.*s%s", (int)(at - name) + 1, name, dot);
	return add_name(u, file, "indirect");
}

static int read_wants(struct units *u, const char *path, const char *how)
{
	DIR *dir = root_opendir(scan_root(u->s), path);
	const struct dirent *d;
	int r = 0;

	while (dir && !r && !scan_stop(u->s) && (d = readdir(dir)))
		if (is_unit_name(d->d_name))
			r = add_enabled(u, d->d_name, how);
	if (dir)
		closedir(dir);
	return r;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A link by another name enables what it leads to. */
static int read_alias(struct units *u, const char *path, const char *how)
{
	const char *to;

	buf_reset(&u->target);
	if (root_readlink(scan_root(u->s), path, &u->target) < 0)
		return 0;
	to = base_name(u->target.p);
	return is_unit_name(to) && !str_eq(to, base_name(path)) ? add_enabled(u, to, how) : 0;
}

static int read_wanting(struct units *u, const char *place, const char *how)
{
	DIR *dir = root_opendir(scan_root(u->s), place);
	const struct dirent *d;
	int r = 0;

	while (dir && !r && !scan_stop(u->s) && (d = readdir(dir))) {
		snprintf(u->path, sizeof(u->path), "%s/%s", place, d->d_name);
		if (str_ends(d->d_name, ".wants") || str_ends(d->d_name, ".requires") ||
			str_ends(d->d_name, ".upholds"))
			r = read_wants(u, u->path, how);
		else if (is_unit_name(d->d_name))
			r = read_alias(u, u->path, how);
	}
	if (dir)
		closedir(dir);
	return r;
}

/* It would have told of more: of instances, and of what programs started. */
static bool is_left_out(struct units *u)
{
	struct stat sb;

	return root_is_live(scan_root(u->s)) &&
	       root_stat(scan_root(u->s), "/run/systemd/system", false, &sb) == 0;
}

static int open_files(struct units *u)
{
	int r = 0;

	u->enabled = map_new(UNITS_FILES_MAX);
	u->seen = map_new(UNITS_FILES_MAX);
	if (!u->enabled || !u->seen)
		return -ENOMEM;
	if (u->want & UNITS_FILE_STATE)
		for (size_t i = 0; !r && i < ARRAY_LEN(wanting); i++)
			r = read_wanting(u, wanting[i], i ? "enabled-runtime" : "enabled");
	if (u->want & UNITS_STATES || is_left_out(u))
		scan_warn(u->s, "states are not known where systemd does not answer: these are the "
				"units that there are files for");
	return r;
}

/* Does it say by what it is to be started? */
static const char *installable(struct units *u)
{
	struct unitfile_line l;
	struct unitfile f;
	bool also = false;

	unitfile_init(&f, u->content.p, u->content.len);
	while (unitfile_next(&f, &l)) {
		if (!span_eq(l.section, "Install") || !l.value.n)
			continue;
		if (span_eq(l.key, "WantedBy") || span_eq(l.key, "RequiredBy") ||
			span_eq(l.key, "UpheldBy") || span_eq(l.key, "Alias"))
			return "disabled";
		also |= span_eq(l.key, "Also") || span_eq(l.key, "DefaultInstance");
	}
	return also ? "indirect" : "static";
}

/* A template of which some instance is enabled is so itself if that is the default one. */
static const char *template_state(struct units *u, const char *name)
{
	struct span instance =
		unitfile_get(u->content.p, u->content.len, "Install", "DefaultInstance");
	const char *at = strchr(name, '@'), *how;
	char whole[2 * NAME_MAX];

	if (!at || !instance.n || instance.n > NAME_MAX / 2)
		return "indirect";
	snprintf(whole, sizeof(whole), "%.*s%.*s%s", (int)(at - name) + 1, name, (int)instance.n,
		instance.p, at + 1);
	how = map_get(u->enabled, whole);
	return how ? how : "indirect";
}

static const char *file_state(struct units *u, const char *place, const char *name)
{
	const char *how = map_get(u->enabled, name);

	if (str_starts(place, "/run/systemd/generator"))
		return "generated";
	if (str_eq(place, "/run/systemd/transient"))
		return "transient";
	if (how && str_eq(how, "indirect"))
		return template_state(u, name);
	return how ? how : installable(u);
}

static int keep(struct units *u, struct buf *b, const char *section, const char *key)
{
	struct span v = unitfile_get(u->content.p, u->content.len, section, key);

	buf_reset(b);
	return v.p && v.n <= b->max ? buf_add(b, v.p, v.n) : 0;
}

/* What a unit of this name does is in its file. -errno of reading that. */
static int read_unit(struct units *u, const char *place, const char *name, struct unit *e)
{
	int r;

	buf_reset(&u->content);
	r = root_read(scan_root(u->s), u->path, &u->content);
	if (!r)
		r = buf_room(&u->content, 1);
	if (r < 0)
		return r;
	e->unit_file_state = file_state(u, place, name);
	r = keep(u, &u->description, "Unit", "Description");
	if (!r)
		r = keep(u, &u->source, "Unit", "SourcePath");
	if (!r)
		r = keep(u, &u->user, "Service", "User");
	if (u->description.len)
		e->description = buf_str(&u->description);
	e->source_path = buf_str(&u->source);
	e->user = buf_str(&u->user);
	return r;
}

/* 0, or -ENOENT where the name is only another one for a unit that has a file. */
static int read_link(struct units *u, const char *name, struct unit *e)
{
	struct stat st;

	buf_reset(&u->target);
	if (root_readlink(scan_root(u->s), u->path, &u->target) < 0)
		return 0;
	if (str_eq(u->target.p, "/dev/null")) {
		e->load_state = "masked";
		e->unit_file_state = str_starts(u->path, "/run/") ? "masked-runtime" : "masked";
		e->source_path = e->user = "";
		return 0;
	}
	if (!str_eq(base_name(u->target.p), name))
		e->unit_file_state = "alias";
	return root_stat(scan_root(u->s), u->path, true, &st) < 0 ? -ENOENT : 0;
}

/* 1: a unit; 2: none. */
static int consider(struct units *u, const char *place, const char *name, struct unit *e)
{
	int r;

	if (!is_unit_name(name) || map_get(u->seen, name))
		return 2;
	snprintf(u->path, sizeof(u->path), "%s/%s", place, name);
	*e = (struct unit){.load_state = "loaded", .fragment_path = u->path};
	r = read_link(u, name, e);
	if (r == -ENOENT)
		return 2;
	r = map_put(u->seen, name, u, NULL);
	if (r == -E2BIG)
		scan_warn(u->s, "more than %u unit files: the rest is left out", UNITS_FILES_MAX);
	if (r < 0)
		return r == -E2BIG ? 2 : r;
	/* The name itself may be the caller's. */
	e->id = e->description = map_key(u->seen, map_len(u->seen) - 1);
	if (!str_eq(e->load_state, "masked")) {
		const char *alias = e->unit_file_state;

		r = read_unit(u, place, name, e);
		if (alias)
			e->unit_file_state = alias;
	}
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		e->load_state = r == -ENOENT ? "not-found" : "error";
		scan_skipped(u->s, "content", "unit file", -r);
	}
	return 1;
}

static int next_file(struct units *u, struct unit *e)
{
	const struct dirent *d;
	char name[NAME_MAX + 1];

	if (!u->dir) {
		if (u->place == ARRAY_LEN(places))
			return 0;
		u->dir = root_opendir(scan_root(u->s), places[u->place++]);
		if (!u->dir && errno != ENOENT && errno != ENOTDIR)
			scan_skipped(u->s, "entries", "directory", errno);
		return 2;
	}
	d = readdir(u->dir);
	if (d) {
		str_copy(name, sizeof(name), d->d_name);
		return consider(u, places[u->place - 1], name, e);
	}
	closedir(u->dir);
	u->dir = NULL;
	return 2;
}

/* ---- Both ---- */

int units_open(struct units *u, struct scan *s, unsigned want)
{
	struct buf *kept[] = {&u->description, &u->source, &u->user, &u->state};
	int r = -ENOENT;

	*u = (struct units){.s = s, .want = want, .bus.fd = -1};
	buf_init(&u->list, DBUS_MESSAGE_MAX);
	buf_init(&u->content, UNITFILE_MAX);
	buf_init(&u->target, PATH_MAX);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		buf_init(kept[i], DESCRIBED);
	if (root_is_live(scan_root(s)))
		r = connect_live(u);
	u->live = r == 0;
	if (r < 0 && r != -ENOMEM)
		r = open_files(u);
	if (r < 0)
		units_close(u);
	return r;
}

void units_close(struct units *u)
{
	struct buf *bufs[] = {&u->list, &u->content, &u->target, &u->description, &u->source,
		&u->user, &u->state};

	dbus_done(&u->bus);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_done(bufs[i]);
	for (size_t i = 0; i < UNITS_PROPERTIES; i++)
		free(u->properties[i]);
	memset(u->properties, 0, sizeof(u->properties));
	map_free(u->enabled, NULL);
	map_free(u->seen, NULL);
	u->enabled = u->seen = NULL;
	if (u->dir)
		closedir(u->dir);
	u->dir = NULL;
}

int units_next(struct units *u, struct unit *ret)
{
	*ret = (struct unit){0};
	return u->live ? next_live(u, ret) : next_file(u, ret);
}
