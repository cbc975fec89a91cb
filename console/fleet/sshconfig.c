/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading ssh_config(5) files into nodes; sshconfig_resolve.c settles hosts with them. */
#include "console/fleet/sshconfig.h"

#include "common/buf.h"
#include "common/io.h"
#include "common/map.h"
#include "common/str.h"
#include "console/fleet/sshconfig_nodes.h"

#include <fcntl.h>
#include <glob.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SYSTEM_DIR "/etc/ssh"
#define BLANKS	   " \t\r\n\f\v"
/* Arguments of one line, directives of one file. */
#define WORDS_MAX	512
#define NODES_MAX	200000
#define EXECS_MAX	4096
#define LOCAL_HOST_SIZE 256

enum value_kind {
	VALUE_WORDS, /* any number of words, at least one */
	VALUE_WORD,  /* one */
	VALUE_REST,  /* the rest of the line as it stands */
	VALUE_MATCH,
	VALUE_YESNO,
	VALUE_PORT,
	VALUE_TIME,
	VALUE_COUNT,
};

static const struct keyword {
	const char *name;
	enum value_kind kind;
} keywords[KEY_COUNT] = {
	[KEY_HOST] = {"host", VALUE_WORDS},
	[KEY_MATCH] = {"match", VALUE_MATCH},
	[KEY_INCLUDE] = {"include", VALUE_WORDS},
	[KEY_HOSTNAME] = {"hostname", VALUE_WORD},
	[KEY_USER] = {"user", VALUE_WORD},
	[KEY_PORT] = {"port", VALUE_PORT},
	[KEY_IDENTITYFILE] = {"identityfile", VALUE_WORD},
	[KEY_CERTIFICATEFILE] = {"certificatefile", VALUE_WORD},
	[KEY_IDENTITIESONLY] = {"identitiesonly", VALUE_YESNO},
	[KEY_IDENTITYAGENT] = {"identityagent", VALUE_WORD},
	[KEY_PROXYJUMP] = {"proxyjump", VALUE_WORD},
	[KEY_PROXYCOMMAND] = {"proxycommand", VALUE_REST},
	[KEY_USERKNOWNHOSTSFILE] = {"userknownhostsfile", VALUE_WORDS},
	[KEY_GLOBALKNOWNHOSTSFILE] = {"globalknownhostsfile", VALUE_WORDS},
	[KEY_STRICTHOSTKEYCHECKING] = {"stricthostkeychecking", VALUE_WORD},
	[KEY_CONNECTTIMEOUT] = {"connecttimeout", VALUE_TIME},
	[KEY_HOSTKEYALIAS] = {"hostkeyalias", VALUE_WORD},
	[KEY_KEXALGORITHMS] = {"kexalgorithms", VALUE_WORD},
	[KEY_CIPHERS] = {"ciphers", VALUE_WORD},
	[KEY_MACS] = {"macs", VALUE_WORD},
	[KEY_HOSTKEYALGORITHMS] = {"hostkeyalgorithms", VALUE_WORD},
	[KEY_PUBKEYACCEPTEDALGORITHMS] = {"pubkeyacceptedalgorithms", VALUE_WORD},
	[KEY_PREFERREDAUTHENTICATIONS] = {"preferredauthentications", VALUE_WORD},
	[KEY_ADDRESSFAMILY] = {"addressfamily", VALUE_WORD},
	[KEY_BINDADDRESS] = {"bindaddress", VALUE_WORD},
	[KEY_COMPRESSION] = {"compression", VALUE_YESNO},
	[KEY_SERVERALIVEINTERVAL] = {"serveraliveinterval", VALUE_TIME},
	[KEY_SERVERALIVECOUNTMAX] = {"serveralivecountmax", VALUE_COUNT},
	[KEY_TAG] = {"tag", VALUE_WORD},
	[KEY_CANONICALIZEHOSTNAME] = {"CanonicalizeHostname", VALUE_WORDS},
	[KEY_REVOKEDHOSTKEYS] = {"RevokedHostKeys", VALUE_WORDS},
	[KEY_KNOWNHOSTSCOMMAND] = {"KnownHostsCommand", VALUE_WORDS},
	[KEY_PROXYUSEFDPASS] = {"ProxyUseFdpass", VALUE_WORDS},
};

/* Older names of the same. */
static const struct {
	const char *name;
	enum ssh_key key;
} aliases[] = {
	{"pubkeyacceptedkeytypes", KEY_PUBKEYACCEPTEDALGORITHMS},
	{"identityfile2", KEY_IDENTITYFILE},
	{"globalknownhostsfile2", KEY_GLOBALKNOWNHOSTSFILE},
	{"userknownhostsfile2", KEY_USERKNOWNHOSTSFILE},
};

/* Where a line is read: for errors, and for where relative Includes begin. */
struct place {
	struct ssh_config *config;
	const char *file;
	unsigned line;
	unsigned depth;
	bool in_etc; /* /etc/ssh's rather than the user's */
	struct err *err;
};

struct nodes { /* a growing list that belongs to the config or to an Include */
	struct ssh_node **p;
	size_t *n, *cap;
};

static int mistake(const struct place *at, const char *what, const char *word)
{
	return err_set(at->err, EINVAL, "%s:%u: %s%s%s", at->file, at->line, what, word ? ": " : "",
		word ? word : "");
}

static int no_memory(const struct place *at)
{
	return err_set(at->err, ENOMEM, "out of memory");
}

static void node_done(struct ssh_node *node)
{
	for (size_t w = 0; w < node->n_words; w++)
		free(node->words[w]);
	free(node->words);
	free(node->undone);
}

static void nodes_free(struct ssh_node *nodes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		node_done(&nodes[i]);
		nodes_free(nodes[i].included, nodes[i].n_included);
	}
	free(nodes);
}

/* ---- Words ---- */

static int add_word(const struct place *at, struct ssh_node *node, char *word)
{
	size_t cap = node->n_words ? node->n_words + 1 : 0;

	/* Room for the NULL behind the last one; lines have few words. */
	if (!word ||
		array_grow(&node->words, &cap, node->n_words + 2, sizeof(char *), WORDS_MAX) < 0) {
		free(word);
		return word ? mistake(at, "too many words", NULL) : no_memory(at);
	}
	node->words[node->n_words++] = word;
	node->words[node->n_words] = NULL;
	return 0;
}

/* One word with its quotes and backslashes, as the shell's but simpler; *s is moved behind it. */
static int read_word(const struct place *at, const char **s, char **ret)
{
	struct buf word;
	char quote = 0;
	const char *p = *s;
	int r = 0;

	buf_init(&word, SSH_CONFIG_FILE_MAX);
	for (; r == 0 && *p && (quote || !strchr(BLANKS, *p)); p++) {
		if (*p == '\\' && p[1] && (strchr("'\"\\", p[1]) || (!quote && p[1] == ' ')))
			r = buf_putc(&word, *++p);
		else if (!quote && (*p == '"' || *p == '\''))
			quote = *p;
		else if (quote && *p == quote)
			quote = 0;
		else
			r = buf_putc(&word, *p);
	}
	if (r == 0 && !quote) {
		*s = p;
		*ret = buf_steal(&word);
	}
	buf_done(&word);
	if (r < 0)
		return no_memory(at);
	return quote ? mistake(at, "a quote is not closed", NULL) : 0;
}

static int read_words(const struct place *at, const char *s, struct ssh_node *node)
{
	for (;;) {
		char *word = NULL;
		int r;

		s += strspn(s, BLANKS);
		if (*s == '\0' || *s == '#')
			return 0;
		r = read_word(at, &s, &word);
		if (r == 0)
			r = add_word(at, node, word);
		if (r < 0)
			return r;
	}
}

/* A part of a Match line: ended by a blank or '=', or within double quotes. */
static struct span match_part(const char **s)
{
	struct span part;

	*s += strspn(*s, BLANKS);
	if (**s == '"') {
		part.p = ++*s;
		part.n = strcspn(*s, "\"");
		*s += part.n + (part.p[part.n] == '"');
		return part;
	}
	part = (struct span){*s, strcspn(*s, BLANKS "=")};
	*s += part.n;
	*s += strspn(*s, BLANKS);
	if (**s == '=')
		++*s;
	return part;
}

static const char *const match_attributes[] = {"host", "originalhost", "user", "localuser", "exec",
	"localnetwork", "tagged", "version", "sessiontype", "command", NULL};

static bool is_attribute(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcasecmp(name, *list) == 0)
			return true;
	return false;
}

static int note_undone(const struct place *at, struct ssh_node *node, const char *what)
{
	if (!node->undone)
		node->undone = str_printf("%s:%u: %s is not supported (--ssh-command ssh does it)",
			at->file, at->line, what);
	return node->undone ? 0 : no_memory(at);
}

static int check_attribute(const struct place *at, struct ssh_node *node, const char *name)
{
	static const char *const undone[] = {"localnetwork", "version", NULL};
	char what[32];

	if (strcasecmp(name, "final") == 0)
		at->config->has_final = true;
	if (!is_attribute(name, undone))
		return 0;
	snprintf(what, sizeof(what), "Match %s", name);
	return note_undone(at, node, what);
}

/* "host a,b !user x" becomes the words: host, a,b, !user, x; `all` and `final` have "". */
static int read_match(const struct place *at, const char *s, struct ssh_node *node)
{
	static const char *const alone[] = {"all", "canonical", "final", NULL};

	for (;;) {
		char *name, *value;
		bool plain;
		int r;

		s += strspn(s, BLANKS);
		if (*s == '\0' || *s == '#')
			break;
		name = span_dup(match_part(&s));
		if (!name)
			return no_memory(at);
		plain = is_attribute(name + (name[0] == '!'), alone);
		if (!plain && !is_attribute(name + (name[0] == '!'), match_attributes)) {
			r = mistake(at, "Match knows no such condition", name);
			free(name);
			return r;
		}
		r = check_attribute(at, node, name + (name[0] == '!'));
		if (r < 0)
			free(name);
		else
			r = add_word(at, node, name);
		if (r < 0)
			return r;
		value = plain ? strdup("") : span_dup(match_part(&s));
		if (value && !plain && !*value) {
			free(value);
			return mistake(at, "Match: a condition has no value", name);
		}
		r = add_word(at, node, value);
		if (r < 0)
			return r;
	}
	return node->n_words ? 0 : mistake(at, "Match without a condition", NULL);
}

/* ---- Values ---- */

static int read_flag(const struct place *at, struct ssh_node *node, const char *word)
{
	if (strcasecmp(word, "yes") == 0 || strcasecmp(word, "true") == 0)
		node->number = 1;
	else if (strcasecmp(word, "no") != 0 && strcasecmp(word, "false") != 0)
		return mistake(at, "neither yes nor no", word);
	return 0;
}

/* Seconds, or numbers with s m h d w, which add up; `none` is 0. */
static int read_time(const struct place *at, struct ssh_node *node, const char *word)
{
	static const char units[] = "smhdw";
	static const unsigned long seconds[] = {1, 60, 3600, 86400, 604800};
	unsigned long total = 0;

	if (str_eq(word, "none"))
		return 0;
	for (const char *p = word; *p;) {
		struct span digits = {p, strspn(p, "0123456789")};
		const char *unit = p + digits.n;
		uint64_t v;
		size_t u = 0;

		if (parse_span(digits, 10, INT32_MAX, &v) < 0)
			return mistake(at, "not a time", word);
		if (*unit) {
			const char *found = strchr(units, *unit | 0x20);

			if (!found)
				return mistake(at, "not a time", word);
			u = (size_t)(found - units);
			unit++;
		}
		total += (unsigned long)v * seconds[u];
		p = unit;
	}
	if (!*word || total > INT32_MAX)
		return mistake(at, "not a time", word);
	node->number = total;
	return 0;
}

static int read_count(const struct place *at, struct ssh_node *node, const char *word)
{
	uint64_t v;

	if (parse_uint(word, 0, INT32_MAX, &v) < 0)
		return mistake(at, "not a number that fits", word);
	node->number = (unsigned long)v;
	return 0;
}

/* Also the name of a service, such as ssh. */
static int read_port(const struct place *at, struct ssh_node *node, const char *word)
{
	struct servent s, *found = NULL;
	char room[1024];
	uint64_t v;

	if (parse_uint(word, 1, UINT16_MAX, &v) == 0)
		node->number = (unsigned long)v;
	else if (getservbyname_r(word, "tcp", &s, room, sizeof(room), &found) == 0 && found)
		node->number = ntohs((uint16_t)s.s_port);
	else
		return mistake(at, "not a port", word);
	return 0;
}

/* Words that some keywords are confined to; any case. */
static int check_choice(const struct place *at, const struct ssh_node *node)
{
	static const char *const strict[] = {
		"yes", "true", "no", "false", "off", "ask", "accept-new", NULL};
	static const char *const families[] = {"any", "inet", "inet6", NULL};
	const char *const *choice = node->key == KEY_STRICTHOSTKEYCHECKING ? strict
				    : node->key == KEY_ADDRESSFAMILY	   ? families
									   : NULL;

	if (!choice || is_attribute(node->words[0], choice))
		return 0;
	return err_set(at->err, EINVAL, "%s:%u: not a value of %s: %s", at->file, at->line,
		keywords[node->key].name, node->words[0]);
}

static bool has_empty(const struct ssh_node *node)
{
	for (size_t i = 0; i < node->n_words; i++)
		if (!*node->words[i])
			return true;
	return false;
}

static int read_value(const struct place *at, struct ssh_node *node, const char *s)
{
	enum value_kind kind = keywords[node->key].kind;
	int r;

	if (kind == VALUE_MATCH)
		return read_match(at, s, node);
	if (node->key >= KEY_UNDONE && note_undone(at, node, keywords[node->key].name) < 0)
		return -ENOMEM;
	if (kind == VALUE_REST) {
		s += strspn(s, BLANKS "=");
		return *s ? add_word(at, node, strdup(s)) : mistake(at, "a value is missing", NULL);
	}
	r = read_words(at, s, node);
	if (r < 0)
		return r;
	if (node->n_words == 0 || has_empty(node))
		return mistake(at, "a value is missing after", keywords[node->key].name);
	if (kind != VALUE_WORDS && node->n_words > 1)
		return mistake(at, "one value is enough for", keywords[node->key].name);
	switch (kind) {
	case VALUE_YESNO:
		return read_flag(at, node, node->words[0]);
	case VALUE_TIME:
		return read_time(at, node, node->words[0]);
	case VALUE_PORT:
		return read_port(at, node, node->words[0]);
	case VALUE_COUNT:
		return read_count(at, node, node->words[0]);
	default:
		return check_choice(at, node);
	}
}

/* ---- Lines and files ---- */

static enum ssh_key find_key(const char *name, size_t n)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (strlen(keywords[i].name) == n && strncasecmp(name, keywords[i].name, n) == 0)
			return (enum ssh_key)i;
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strlen(aliases[i].name) == n && strncasecmp(name, aliases[i].name, n) == 0)
			return aliases[i].key;
	return KEY_COUNT;
}

static int read_file(struct place *at, struct nodes to, const char *path, bool must_exist);

static char *include_path(const struct place *at, const char *word)
{
	if (word[0] == '/')
		return strdup(word);
	if (str_starts(word, "~/"))
		return str_printf("%s%s", at->config->home, word + 1);
	if (at->in_etc)
		return str_printf(SYSTEM_DIR "/%s", word);
	return str_printf("%s/.ssh/%s", at->config->home, word);
}

static int include_word(const struct place *at, struct ssh_node *node, const char *word)
{
	struct nodes to = {&node->included, &node->n_included, &node->cap_included};
	char *pattern = include_path(at, word);
	glob_t found;
	int r = 0;

	if (!pattern)
		return no_memory(at);
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
			struct place inner = *at;

			inner.depth++;
			r = read_file(&inner, to, found.gl_pathv[i], false);
		}
		globfree(&found);
	}
	free(pattern);
	return r;
}

static int read_include(const struct place *at, struct ssh_node *node)
{
	int r = 0;

	if (at->depth >= SSH_CONFIG_DEPTH_MAX)
		return mistake(at, "Include within too many others", NULL);
	for (size_t i = 0; r == 0 && i < node->n_words; i++)
		r = include_word(at, node, node->words[i]);
	return r;
}

static const char *value_of(const char *s)
{
	s += strspn(s, BLANKS);
	return *s == '=' ? s + 1 : s;
}

static int read_line(const struct place *at, struct nodes to, const char *line)
{
	struct ssh_node node = {0};
	size_t n;
	int r;

	line += strspn(line, BLANKS);
	if (*line == '\0' || *line == '#')
		return 0;
	n = strcspn(line, BLANKS "=\"");
	node.key = find_key(line, n);
	if (node.key == KEY_COUNT)
		return 0;
	line = value_of(line + n);
	r = read_value(at, &node, line);
	if (r == 0 && node.key == KEY_INCLUDE)
		r = read_include(at, &node);
	if (r == 0 && array_grow(to.p, to.cap, *to.n + 1, sizeof(node), NODES_MAX) < 0)
		r = mistake(at, "too many lines", NULL);
	if (r == 0) {
		(*to.p)[(*to.n)++] = node;
		return 0;
	}
	node_done(&node);
	nodes_free(node.included, node.n_included);
	return r;
}

static int read_text(struct place *at, struct nodes to, struct buf *text)
{
	struct span rest = {buf_str(text), text->len}, line;
	int r = 0;

	if (memchr(rest.p, '\0', rest.n))
		return mistake(at, "a NUL byte: not a text file", NULL);
	while (r == 0 && span_split(&rest, '\n', &line)) {
		char *copy;

		at->line++;
		while (line.n && strchr(BLANKS, line.p[line.n - 1]))
			line.n--;
		copy = span_dup(line);
		r = copy ? read_line(at, to, copy) : no_memory(at);
		free(copy);
	}
	return r;
}

static int read_file(struct place *at, struct nodes to, const char *path, bool must_exist)
{
	struct buf text;
	int r;

	if (++at->config->files > SSH_CONFIG_FILES_MAX)
		return mistake(at, "more files are included than anyone can mean", NULL);
	buf_init(&text, SSH_CONFIG_FILE_MAX);
	r = io_read_file(AT_FDCWD, path, &text);
	if (r < 0 && (must_exist || r == -EMSGSIZE)) {
		err_sys(at->err, -r, "cannot read %s", path);
	} else if (r < 0) {
		r = 0; /* as OpenSSH does: what is not there or not readable is passed over */
	} else {
		at->file = path;
		at->line = 0;
		r = read_text(at, to, &text);
	}
	buf_done(&text);
	return r;
}

/* ---- The whole ---- */

static int who_am_i(struct ssh_config *c)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *home = getenv("HOME");
	char host[LOCAL_HOST_SIZE] = "";

	c->uid = getuid();
	c->home = strdup(home && *home ? home : pw ? pw->pw_dir : "/");
	c->user = pw ? strdup(pw->pw_name) : str_printf("%u", (unsigned)c->uid);
	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	c->local_host = strdup(host);
	c->execs = map_new(EXECS_MAX);
	return c->home && c->user && c->local_host && c->execs ? 0 : -ENOMEM;
}

static int read_all(struct ssh_config *c, const char *path, struct err *err)
{
	struct nodes to = {&c->nodes, &c->n, &c->cap};
	struct place at = {.config = c, .file = path ? path : "", .err = err};
	char *own;
	int r;

	if (path && strcasecmp(path, "none") == 0)
		return 0;
	if (path)
		return read_file(&at, to, path, true);
	own = str_printf("%s/.ssh/config", c->home);
	if (!own)
		return no_memory(&at);
	r = read_file(&at, to, own, false);
	free(own);
	if (r == 0 && *to.n) {
		/* What stood last in the user's file does not go on in the system's. */
		r = read_line(&at, to, "Host *");
	}
	at.in_etc = true;
	return r < 0 ? r : read_file(&at, to, SYSTEM_DIR "/ssh_config", false);
}

struct ssh_config *ssh_config_new(const char *path, struct err *err)
{
	struct ssh_config *c = calloc(1, sizeof(*c));

	if (!c || who_am_i(c) < 0) {
		err_set(err, ENOMEM, "out of memory");
		ssh_config_free(c);
		return NULL;
	}
	if (read_all(c, path, err) < 0) {
		ssh_config_free(c);
		return NULL;
	}
	return c;
}

struct ssh_config *ssh_config_of_text(const char *text, const char *what, struct err *err)
{
	struct ssh_config *c = calloc(1, sizeof(*c));
	struct place at = {.config = c, .file = what, .err = err};
	struct nodes to;
	struct buf lines;
	int r;

	if (!c || who_am_i(c) < 0) {
		err_set(err, ENOMEM, "out of memory");
		ssh_config_free(c);
		return NULL;
	}
	to = (struct nodes){&c->nodes, &c->n, &c->cap};
	buf_init(&lines, SSH_CONFIG_FILE_MAX);
	r = buf_puts(&lines, text) < 0 ? no_memory(&at) : read_text(&at, to, &lines);
	buf_done(&lines);
	if (r == 0)
		return c;
	ssh_config_free(c);
	return NULL;
}

bool ssh_config_knows(const char *keyword, size_t n)
{
	return find_key(keyword, n) < KEY_UNDONE;
}

void ssh_config_free(struct ssh_config *c)
{
	if (!c)
		return;
	nodes_free(c->nodes, c->n);
	map_free(c->execs, NULL);
	free(c->home);
	free(c->user);
	free(c->local_host);
	free(c);
}
