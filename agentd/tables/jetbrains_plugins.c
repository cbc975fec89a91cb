/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/homeplaces.h"
#include "agentd/table.h"
#include "agentd/zipfile.h"
#include "common/io.h"

#include <errno.h>
#include <string.h>

/* Bytes of what describes a plugin. */
#define DESCRIPTION_MAX (1u << 20)
#define DESCRIPTION	"META-INF/plugin.xml"

enum {
	PRODUCT_TYPE,
	UID,
	NAME,
	VERSION,
	VENDOR,
	PATH,
};

static const struct column columns[] = {
	{"product_type", COL_TEXT, 0, "Which product: intellij_idea, pycharm, clion …"},
	{"uid", COL_BIGINT, COL_INDEX, "Whose home it is in"},
	{"name", COL_TEXT, 0, "Name of the plugin"},
	{"version", COL_TEXT, 0, "Version"},
	{"vendor", COL_TEXT, 0, "Who made it"},
	{"path", COL_TEXT, 0, "Its archive, or the folder of its archives"},
	COL_END,
};

enum { IN_FILE, IN_FOLDER };
static const char *const relative[] = {
	".local/share/JetBrains/*/*.jar", ".local/share/JetBrains/*/*/lib/*.jar", NULL};

/* By how the folder's name begins; the longer one first. */
static const struct {
	const char *folder, *product;
} products[] = {{"CLion", "clion"}, {"DataGrip", "datagrip"}, {"GoLand", "goland"},
	{"IntelliJIdea", "intellij_idea"}, {"IdeaIC", "intellij_idea_community_edition"},
	{"PhpStorm", "phpstorm"}, {"PyCharmCE", "pycharm_community_edition"},
	{"PyCharm", "pycharm"}, {"ReSharper", "resharper"}, {"Rider", "rider"},
	{"RubyMine", "rubymine"}, {"RustRover", "rust_rov"}, {"WebStorm", "webstorm"}};

struct state {
	struct homeplaces homes;
	struct buf text;
	char done[PATH_MAX]; /* the folder whose plugin was found last */
};

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->text, DESCRIPTION_MAX);
	return homeplaces_init(&st->homes, s, relative, UID, HOMEPLACES_NO_COLUMN);
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_done(&st->text);
	homeplaces_done(&st->homes);
}

static const char *product_of(const char *path)
{
	const char *folder = strstr(path, "/.local/share/JetBrains/");

	if (!folder)
		return NULL;
	folder += strlen("/.local/share/JetBrains/");
	for (size_t i = 0; i < ARRAY_LEN(products); i++)
		if (str_starts(folder, products[i].folder))
			return products[i].product;
	return NULL;
}

/* What stands between <tag …> and </tag>, the first time. */
static struct span tag_of(const struct buf *text, const char *tag)
{
	const char *p = buf_str(text), *end = p + text->len, *close;
	size_t n = strlen(tag);

	while ((p = memmem(p, (size_t)(end - p), tag, n))) {
		bool opens = p > text->p && p[-1] == '<' && p + n < end &&
			     (p[n] == '>' || strchr(" \t\r\n", p[n]));

		p += n;
		if (!opens || !(p = memchr(p, '>', (size_t)(end - p)))) {
			if (!p)
				break;
			continue;
		}
		p++;
		for (close = p; (close = memmem(close, (size_t)(end - close), tag, n)); close += n)
			if (close - p >= 2 && close[-1] == '/' && close[-2] == '<')
				return span_trim((struct span){p, (size_t)(close - p) - 2});
		break;
	}
	return (struct span){"", 0};
}

static void put_plugin(
	struct scan *s, const struct state *st, const char *product, const char *path, size_t n)
{
	static const struct {
		unsigned col;
		const char *tag;
	} tags[] = {{NAME, "name"}, {VERSION, "version"}, {VENDOR, "vendor"}};

	row_begin(s);
	row_text(s, PRODUCT_TYPE, product);
	row_int(s, UID, st->homes.uid);
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		struct span text = tag_of(&st->text, tags[i].tag);

		row_bytes(s, tags[i].col, text.p, text.n);
	}
	row_bytes(s, PATH, path, n);
	row_end(s);
}

/* The plugin's folder is the one above lib; its first archive with a description counts. */
static int take_archive(
	struct scan *s, struct state *st, const struct pathwalk_entry *e, const char *product)
{
	size_t n = e->path_len;
	int fd, r;

	if (st->homes.which == IN_FOLDER)
		n = e->dir_len - strlen("/lib");
	if (n >= sizeof(st->done))
		return 1;
	if (strlen(st->done) == n && memcmp(st->done, e->path, n) == 0)
		return 1;
	fd = pathwalk_open(st->homes.places.walk, e);
	if (fd == -ENOENT || fd == -EINVAL || fd == -EISDIR || fd == -ELOOP)
		return 1;
	buf_reset(&st->text);
	r = fd < 0 ? fd : zip_read(fd, DESCRIPTION, &st->text);
	io_close(fd);
	if (r == -ENOMEM)
		return r;
	if (r < 0 && r != -ENOENT)
		scan_skipped(s, "descriptions", "archive", -r);
	if (r < 0)
		return 1;
	memcpy(st->done, e->path, n);
	st->done[n] = '\0';
	put_plugin(s, st, product, st->done, n);
	return 1;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	const char *product;
	int r = homeplaces_next(&st->homes, &e);

	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	product = product_of(e.path);
	return product ? take_archive(s, st, &e, product) : 1;
}

const struct table table_jetbrains_plugins = {
	.name = "jetbrains_plugins",
	.doc = "Plugins of JetBrains' editors, of all users.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
