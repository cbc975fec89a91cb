/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/chromeext.h"

#include "agentd/root.h"
#include "common/base64.h"
#include "common/str.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

/* Bytes of a key in base64. */
#define KEY_MAX 8192

/* A profile is where preferences are; some browsers have only one and no folder for it. */
#define BROWSER(dir) dir "/*/Preferences", dir "/Preferences"
static const char *const relative[] = {
	BROWSER(".config/google-chrome"),
	BROWSER(".config/google-chrome-beta"),
	BROWSER(".config/google-chrome-unstable"),
	BROWSER(".config/BraveSoftware/Brave-Browser"),
	BROWSER(".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser"),
	BROWSER(".config/BraveSoftware/Brave-Browser-Beta"),
	BROWSER(".config/BraveSoftware/Brave-Browser-Nightly"),
	BROWSER(".config/chromium"),
	BROWSER("snap/chromium/common/chromium"),
	BROWSER(".var/app/org.chromium.Chromium/config/chromium"),
	BROWSER(".config/yandex-browser-beta"),
	BROWSER(".config/microsoft-edge"),
	BROWSER(".config/microsoft-edge-beta"),
	BROWSER(".config/microsoft-edge-dev"),
	BROWSER(".config/opera"),
	BROWSER(".config/vivaldi"),
	BROWSER(".var/app/com.vivaldi.Vivaldi/config/vivaldi"),
	NULL,
};
static const char *const browsers[] = {"chrome", "chrome_beta", "chrome_dev", "brave", "brave",
	"brave_beta", "brave_nightly", "chromium", "chromium", "chromium", "yandex", "edge",
	"edge_beta", "edge_dev", "opera", "vivaldi", "vivaldi"};

const char *chromeext_browser(const struct chromeext *c)
{
	return browsers[c->homes.which / 2];
}

const char *chromeext_profile_name(const struct chromeext *c)
{
	const char *name = json_text_at(c->plain, "profile.name");

	return name ? name : json_text_at(c->secure, "profile.name");
}

int chromeext_open(struct chromeext *c, struct scan *s, unsigned uid)
{
	*c = (struct chromeext){.s = s};
	buf_init(&c->text, JSONFILE_MAX);
	places_init(&c->rest, s, NULL, NULL, NULL);
	return homeplaces_init(&c->homes, s, relative, uid, HOMEPLACES_NO_COLUMN);
}

static void forget_extension(struct chromeext *c)
{
	json_decref(c->manifest);
	json_decref(c->messages);
	c->manifest = c->messages = NULL;
	c->settings = NULL;
	c->id[0] = c->named_id[0] = '\0';
}

static void forget_profile(struct chromeext *c)
{
	places_done(&c->rest);
	map_free(c->named, NULL);
	json_decref(c->secure);
	json_decref(c->plain);
	c->named = NULL;
	c->secure = c->plain = NULL;
	c->at = 0;
	c->in_profile = false;
}

void chromeext_close(struct chromeext *c)
{
	forget_extension(c);
	forget_profile(c);
	buf_done(&c->text);
	homeplaces_done(&c->homes);
}

/* ---- A profile ---- */

/* What the preferences say of extensions: { id: { "path": …, … }, … } */
static int take_settings(struct chromeext *c, const json_t *preferences)
{
	json_t *settings = json_at(preferences, "extensions.settings"), *one;
	char path[PATH_MAX];
	const char *id;
	int r = 0;

	if (!settings)
		settings = json_at(preferences, "extensions.opsettings");
	json_object_foreach (settings, id, one) {
		const char *folder = json_text_at(one, "path");
		bool absolute = folder && folder[0] == '/';

		if (!folder || !*folder ||
			snprintf(path, sizeof(path), "%s%s%s", absolute ? "" : c->profile,
				absolute ? "" : "/Extensions/", folder) >= (int)sizeof(path) ||
			map_get(c->named, path))
			continue;
		r = map_put(c->named, path, one, NULL);
		if (r == -ENOMEM)
			return r;
		/* Where the entry itself is at hand, its name is not. */
		if (r >= 0)
			json_object_set_new(one, "\x01id", json_string(id));
	}
	return 0;
}

/* 1, 0 when the name is too long, -ENOMEM. */
static int open_profile(struct chromeext *c, const struct pathwalk_entry *e)
{
	struct span dir = {e->path, e->dir_len};
	char path[PATH_MAX + sizeof("/Secure Preferences")];
	size_t n = 0;
	int r;

	if (dir.n + sizeof("/Extensions/*/*/manifest.json") * 3 >= sizeof(c->profile))
		return 0;
	memcpy(c->profile, dir.p, dir.n);
	c->profile[dir.n] = '\0';
	snprintf(path, sizeof(path), "%s/Preferences", c->profile);
	c->plain = jsonfile_find(c->s, c->homes.ns.root, path, "preferences", NULL);
	snprintf(path, sizeof(path), "%s/Secure Preferences", c->profile);
	c->secure = jsonfile_find(c->s, c->homes.ns.root, path, "preferences", NULL);
	c->named = map_new(CHROMEEXT_MAX);
	r = c->named ? take_settings(c, c->secure) : -ENOMEM;
	if (!r)
		r = take_settings(c, c->plain);
	if (r < 0)
		return r;
	for (const char *p = c->profile; *p && n + 4 < sizeof(c->pattern); p++)
		n += (size_t)snprintf(c->pattern + n, sizeof(c->pattern) - n,
			strchr("*?[", *p) ? "[%c]" : "%c", *p);
	snprintf(c->pattern + n, sizeof(c->pattern) - n, "/Extensions/*/*/manifest.json");
	c->patterns[0] = c->pattern;
	places_init(&c->rest, c->s, c->homes.ns.root, nsroot_mounts(&c->homes.ns), c->patterns);
	c->rest.remote = c->homes.remote;
	c->in_profile = true;
	return 1;
}

/* ---- An extension ---- */

/* The digest of the key, with letters from a on for digits. */
static void make_id(struct chromeext *c)
{
	const char *key = json_text_at(c->manifest, "key");
	unsigned char digest[EVP_MAX_MD_SIZE];
	char raw[KEY_MAX];
	size_t n = key ? strlen(key) : 0;
	ssize_t len;

	if (!n || n > sizeof(raw))
		return;
	len = base64_decode(raw, key, n);
	if (len <= 0 || !EVP_Digest(raw, (size_t)len, digest, NULL, EVP_sha256(), NULL))
		return;
	for (size_t i = 0; i < CHROMEEXT_ID; i++)
		c->id[i] = (char)('a' + (i % 2 ? digest[i / 2] & 15 : digest[i / 2] >> 4));
	c->id[CHROMEEXT_ID] = '\0';
}

static bool is_message(const char *text)
{
	return text && str_starts(text, "__MSG_");
}

static void read_messages(struct chromeext *c)
{
	const char *locale = json_text_at(c->manifest, "default_locale");
	char path[PATH_MAX];

	if (!is_message(json_text_at(c->manifest, "name")) &&
		!is_message(json_text_at(c->manifest, "description")))
		return;
	if (!locale)
		locale = "en";
	if (strchr(locale, '/') || snprintf(path, sizeof(path), "%s/_locales/%s/messages.json",
					   c->path, locale) >= (int)sizeof(path))
		return;
	c->messages = jsonfile_find(c->s, c->homes.ns.root, path, "messages", NULL);
}

/* The manifest in c->path. 1, or 0 when there is none. */
static int open_extension(struct chromeext *c)
{
	char path[PATH_MAX];
	size_t n = strlen(c->path);

	while (n && c->path[n - 1] == '/')
		c->path[--n] = '\0';
	if (snprintf(path, sizeof(path), "%s/manifest.json", c->path) >= (int)sizeof(path))
		return 0;
	c->manifest = jsonfile_find(c->s, c->homes.ns.root, path, "manifests", &c->text);
	if (!c->manifest)
		return 0;
	make_id(c);
	read_messages(c);
	return 1;
}

static int next_named(struct chromeext *c)
{
	const json_t *settings = map_value(c->named, c->at);
	const char *id = json_string_value(json_object_get(settings, "\x01id"));

	str_copy(c->path, sizeof(c->path), map_key(c->named, c->at++));
	c->settings = settings;
	if (id)
		snprintf(c->named_id, sizeof(c->named_id), "%s", id);
	return open_extension(c);
}

static int next_lying(struct chromeext *c)
{
	struct pathwalk_entry e;
	int r = places_next(&c->rest, &e);

	if (r == PATHWALK_END)
		forget_profile(c);
	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : 0;
	if (e.dir_len >= sizeof(c->path))
		return 0;
	memcpy(c->path, e.path, e.dir_len);
	c->path[e.dir_len] = '\0';
	return map_get(c->named, c->path) ? 0 : open_extension(c);
}

int chromeext_next(struct chromeext *c)
{
	struct pathwalk_entry e;
	int r;

	forget_extension(c);
	if (c->in_profile)
		return c->at < map_len(c->named) ? next_named(c) : next_lying(c);
	r = homeplaces_next(&c->homes, &e);
	if (r == PATHWALK_END)
		return -1;
	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : 0;
	r = open_profile(c, &e);
	if (r <= 0)
		forget_profile(c);
	return r < 0 ? r : 0;
}

/* "__MSG_name__": the names are compared without regard to case. */
const char *chromeext_text(const struct chromeext *c, const char *path)
{
	const char *text = json_text_at(c->manifest, path), *key, *message;
	size_t n;
	json_t *one;

	if (!is_message(text) || !str_ends(text, "__"))
		return text;
	n = strlen(text) - strlen("__MSG_");
	if (n < 2)
		return text;
	n -= 2;
	json_object_foreach (c->messages, key, one) {
		message = json_text_at(one, "message");
		if (message && strlen(key) == n &&
			strncasecmp(key, text + strlen("__MSG_"), n) == 0)
			return message;
	}
	return text;
}
