/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One host's settings out of the nodes of ssh_config(5) files: first value wins, tokens expanded.
 */
#include "console/fleet/sshconfig.h"

#include "common/buf.h"
#include "common/map.h"
#include "common/spawn.h"
#include "common/clock.h"
#include "common/str.h"
#include "common/wire.h"
#include "console/fleet/hostpattern.h"
#include "console/fleet/sshconfig_nodes.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SSH_PORT       22
#define SSH_PORT_TEXT  "22"
#define VALUE_SIZE_MAX (64u << 10) /* bytes of one value after its tokens are expanded */
#define PATTERN_NAME   1024	   /* longest host or user name that is matched */

struct eval {
	const struct ssh_config *before; /* or NULL */
	struct ssh_config *config;
	const char *original; /* what was asked for */
	const char *target;   /* what Host and Match look at: original, then the resolved name */
	char *hostname;	      /* settled, once known */
	const char *user;     /* command line's or inventory's, or NULL */
	char port[8];
	const char *alias;
	bool final;
	const struct ssh_node *first[KEY_COUNT];
	const struct ssh_node *many[2][SSH_CONFIG_LIST_MAX]; /* IdentityFile, CertificateFile */
	size_t n_many[2];
	const char *undone[SSH_CONFIG_UNDONE_MAX];
	size_t n_undone;
	struct err *err;
};

/* ---- Patterns ---- */

/* Words of a Host line: a negated one that matches decides. */
static bool match_host_words(const char *host, const struct ssh_node *node)
{
	bool yes = false;

	for (size_t i = 0; i < node->n_words; i++) {
		const char *p = node->words[i];
		bool negated = *p == '!';

		p += negated;
		if (!hostpattern_glob(span_str(p), host))
			continue;
		if (negated)
			return false;
		yes = true;
	}
	return yes;
}

/* A comma list of a Match line. */
static bool match_list(const char *value, const char *list, bool fold_case)
{
	struct span rest = span_str(list), part;
	char name[PATTERN_NAME], pattern[PATTERN_NAME];
	bool yes = false;

	if (str_copy(name, sizeof(name), value) < 0)
		return false;
	for (char *c = name; fold_case && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	while (span_split(&rest, ',', &part)) {
		bool negated = part.n && part.p[0] == '!';

		part.p += negated;
		part.n -= negated;
		if (part.n >= sizeof(pattern))
			continue;
		for (size_t i = 0; i < part.n; i++)
			pattern[i] =
				fold_case ? (char)tolower((unsigned char)part.p[i]) : part.p[i];
		if (!hostpattern_glob((struct span){pattern, part.n}, name))
			continue;
		if (negated)
			return false;
		yes = true;
	}
	return yes;
}

/* ---- Tokens ---- */

static const char *user_of(const struct eval *e)
{
	if (e->user)
		return e->user;
	return e->first[KEY_USER] ? e->first[KEY_USER]->words[0] : e->config->user;
}

/* Match exec may come before any port is set. */
static const char *port_of(const struct eval *e)
{
	return e->port[0] ? e->port : SSH_PORT_TEXT;
}

/* %C: SHA-1 over local host, host, port and user, as OpenSSH before 9.6 (9.6 adds the jump). */
static int put_hash(struct buf *out, const struct eval *e)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char *text = str_printf("%s%s%s%s", e->config->local_host,
		e->hostname ? e->hostname : e->target, port_of(e), user_of(e));
	int r = 0;

	if (!text || !EVP_Digest(text, strlen(text), digest, &n, EVP_sha1(), NULL))
		r = -ENOMEM;
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = buf_printf(out, "%02x", digest[i]);
	free(text);
	return r;
}

/* %k, which Match exec may want before all is settled. */
static const char *alias_of(const struct eval *e, const char *host)
{
	const struct ssh_node *set = e->first[KEY_HOSTKEYALIAS];

	if (e->alias)
		return e->alias;
	return set ? set->words[0] : host;
}

static int put_token(struct buf *out, const struct eval *e, char token)
{
	const struct ssh_config *c = e->config;
	const char *host = e->hostname ? e->hostname : e->target;

	switch (token) {
	case '%':
		return buf_putc(out, '%');
	case 'h':
		return buf_puts(out, host);
	case 'n':
		return buf_puts(out, e->original);
	case 'p':
		return buf_puts(out, port_of(e));
	case 'r':
		return buf_puts(out, user_of(e));
	case 'u':
		return buf_puts(out, c->user);
	case 'd':
		return buf_puts(out, c->home);
	case 'i':
		return buf_printf(out, "%u", (unsigned)c->uid);
	case 'k':
		return buf_puts(out, alias_of(e, host));
	case 'l':
		return buf_puts(out, c->local_host);
	case 'L':
		return buf_add(out, c->local_host, strcspn(c->local_host, "."));
	case 'j':
		return e->first[KEY_PROXYJUMP] ? buf_puts(out, e->first[KEY_PROXYJUMP]->words[0])
					       : 0;
	case 'C':
		return put_hash(out, e);
	default:
		return -EINVAL;
	}
}

/* ${NAME}; *p stands behind the dollar and is moved behind the brace. */
static int put_variable(struct buf *out, const char **p)
{
	size_t n = strcspn(*p + 1, "}");
	char *name = (*p)[n + 1] == '}' ? span_dup((struct span){*p + 1, n}) : NULL;
	const char *value = name ? getenv(name) : NULL;

	free(name);
	if (!value)
		return -EINVAL;
	*p += n + 2;
	return buf_puts(out, value);
}

/* `allowed`: the tokens the keyword knows, NULL for all. `files`: ~ and ${…} mean something. */
static int put_expanded(
	struct buf *out, const struct eval *e, const char *text, const char *allowed, bool files)
{
	int r = 0;

	if (files && str_starts(text, "~/")) {
		r = buf_puts(out, e->config->home);
		text++;
	} else if (files && text[0] == '~') {
		char *name = span_dup((struct span){text + 1, strcspn(text + 1, "/")});
		const struct passwd *pw = name ? getpwnam(name) : NULL;

		text += 1 + strcspn(text + 1, "/");
		r = pw ? buf_puts(out, pw->pw_dir) : -EINVAL;
		free(name);
	}
	while (r == 0 && *text) {
		size_t n = strcspn(text, files ? "%$" : "%");

		r = buf_add(out, text, n);
		text += n;
		if (r < 0 || !*text)
			break;
		if (text[0] == '%' && text[1] && (!allowed || strchr(allowed, text[1]))) {
			r = put_token(out, e, text[1]);
			text += 2;
		} else if (text[0] == '$' && text[1] == '{') {
			text++;
			r = put_variable(out, &text);
		} else if (text[0] == '$') {
			r = buf_putc(out, *text++);
		} else {
			r = -EINVAL;
		}
	}
	return r;
}

static int expand(
	const struct eval *e, const char *text, const char *allowed, bool files, char **ret)
{
	struct buf out;
	char *p;
	int r;

	buf_init(&out, VALUE_SIZE_MAX);
	r = put_expanded(&out, e, text, allowed, files);
	p = r == 0 ? buf_steal(&out) : NULL;
	buf_done(&out);
	if (r == 0 && !p)
		r = -ENOMEM;
	if (r == -EINVAL)
		return err_set(e->err, EINVAL, "ssh config: cannot expand \"%s\"", text);
	if (r < 0)
		return err_sys(e->err, -r, "ssh config: \"%s\"", text);
	free(*ret);
	*ret = p;
	return 0;
}

/* ---- Match exec ---- */

static char exec_true, exec_false; /* their addresses are the answers remembered */

/* Runs it once for all hosts whose expanded command is the same. */
static bool run_command(const char *command)
{
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};
	struct spawned child;
	struct pollfd pfd = {.events = POLLIN};
	int status = -1;

	if (spawn(argv, 0, &child, NULL) < 0)
		return false;
	pfd.fd = (int)syscall(SYS_pidfd_open, child.pid, 0);
	if (pfd.fd >= 0 && poll(&pfd, 1, SSH_CONFIG_EXEC_MS) > 0 &&
		waitpid(child.pid, &status, WNOHANG) == child.pid)
		child.pid = 0;
	if (pfd.fd >= 0)
		close(pfd.fd);
	spawn_end(&child, 0);
	return status == 0;
}

/* The name as the lines so far have it; heap, NULL when it cannot be told. */
static char *name_so_far(struct eval *e)
{
	char *name = NULL;

	if (e->hostname || !e->first[KEY_HOSTNAME])
		return strdup(e->hostname ? e->hostname : e->target);
	(void)expand(e, e->first[KEY_HOSTNAME]->words[0], "%h", false, &name);
	return name;
}

static bool run_known(struct ssh_config *c, const char *command)
{
	void *known = map_get(c->execs, command);
	bool yes;

	if (known)
		return known == &exec_true;
	yes = run_command(command);
	/* Not remembered is only slower. */
	(void)map_put(c->execs, command, yes ? &exec_true : &exec_false, NULL);
	return yes;
}

/* %h is in it what the lines so far make of the name. */
static bool match_exec(struct eval *e, const char *text)
{
	char *settled = e->hostname, *now = name_so_far(e), *command = NULL;
	bool yes;

	if (!now)
		return false;
	e->hostname = now;
	yes = expand(e, text, NULL, false, &command) == 0 && run_known(e->config, command);
	e->hostname = settled;
	free(now);
	free(command);
	return yes;
}

/* ---- Evaluating ---- */

static bool match_hostname(struct eval *e, const char *list)
{
	char *name = name_so_far(e);
	bool yes = name && match_list(name, list, true);

	free(name);
	return yes;
}

/* What this session is: ssh's words for a subsystem. */
#define SESSION_TYPE "subsystem"

static bool match_one(struct eval *e, const char *name, const char *value)
{
	const struct ssh_node *tag = e->first[KEY_TAG];

	if (strcasecmp(name, "all") == 0)
		return true;
	if (strcasecmp(name, "canonical") == 0 || strcasecmp(name, "final") == 0)
		return e->final;
	if (strcasecmp(name, "host") == 0)
		return match_hostname(e, value);
	if (strcasecmp(name, "originalhost") == 0)
		return match_list(e->original, value, true);
	if (strcasecmp(name, "user") == 0)
		return match_list(user_of(e), value, false);
	if (strcasecmp(name, "localuser") == 0)
		return match_list(e->config->user, value, false);
	if (strcasecmp(name, "tagged") == 0)
		return match_list(tag ? tag->words[0] : "", value, false);
	if (strcasecmp(name, "sessiontype") == 0)
		return match_list(SESSION_TYPE, value, false);
	if (strcasecmp(name, "command") == 0)
		return match_list(WIRE_SUBSYSTEM, value, false);
	return strcasecmp(name, "exec") == 0 && match_exec(e, value);
}

/* ---- What is not done ---- */

static void note_undone(struct eval *e, const struct ssh_node *node)
{
	for (size_t i = 0; i < e->n_undone; i++)
		if (e->undone[i] == node->undone)
			return;
	if (e->n_undone < SSH_CONFIG_UNDONE_MAX)
		e->undone[e->n_undone++] = node->undone;
}

/* Of what cannot be told the contrary does not hold either. */
static bool can_tell(const char *name)
{
	return strcasecmp(name, "localnetwork") != 0 && strcasecmp(name, "version") != 0;
}

/*
 * All conditions hold; a command is run only when those before it do. What cannot be told concerns
 * a host for which the others hold.
 */
static bool match_conditions(struct eval *e, const struct ssh_node *node)
{
	bool known = true;

	for (size_t i = 0; i + 1 < node->n_words; i += 2) {
		const char *name = node->words[i];
		bool negated = name[0] == '!';

		if (!can_tell(name + negated))
			known = false;
		else if ((known || strcasecmp(name + negated, "exec") != 0) &&
			 match_one(e, name + negated, node->words[i + 1]) == negated)
			return false;
	}
	if (!known)
		note_undone(e, node);
	return known;
}

static int add_many(struct eval *e, unsigned which, const struct ssh_node *node)
{
	for (size_t i = 0; i < e->n_many[which]; i++)
		if (str_eq(e->many[which][i]->words[0], node->words[0]))
			return 0;
	if (e->n_many[which] == SSH_CONFIG_LIST_MAX)
		return err_set(e->err, E2BIG, "ssh config: more than %d identity files for %s",
			SSH_CONFIG_LIST_MAX, e->original);
	e->many[which][e->n_many[which]++] = node;
	return 0;
}

static int take_value(struct eval *e, const struct ssh_node *node)
{
	if (node->key == KEY_IDENTITYFILE || node->key == KEY_CERTIFICATEFILE)
		return add_many(e, node->key == KEY_CERTIFICATEFILE, node);
	/* Whichever of the two proxies comes first shuts out the other. */
	if ((node->key == KEY_PROXYJUMP && e->first[KEY_PROXYCOMMAND]) ||
		(node->key == KEY_PROXYCOMMAND && e->first[KEY_PROXYJUMP]))
		return 0;
	if (!e->first[node->key])
		e->first[node->key] = node;
	if (node->key == KEY_PORT && e->port[0] == '\0')
		snprintf(e->port, sizeof(e->port), "%u", (unsigned)(uint16_t)node->number);
	return 0;
}

/* Host and Match within an Include that stands in a block that is off stay off. */
static int walk(struct eval *e, const struct ssh_node *nodes, size_t n, bool active)
{
	bool on = active;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct ssh_node *node = &nodes[i];

		if (node->key == KEY_HOST)
			on = active && match_host_words(e->target, node);
		else if (node->key == KEY_MATCH)
			on = active && match_conditions(e, node);
		else if (node->key == KEY_INCLUDE)
			r = walk(e, node->included, node->n_included, on);
		else if (on)
			r = take_value(e, node);
	}
	return r;
}

static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

static int settle_hostname(struct eval *e)
{
	const struct ssh_node *node = e->first[KEY_HOSTNAME];
	char *name = NULL;
	int r = 0;

	if (node)
		r = expand(e, node->words[0], "%h", false, &name);
	else if (!(name = strdup(e->original)))
		r = -ENOMEM;
	if (r < 0)
		return r;
	lower(name);
	e->hostname = name;
	return 0;
}

static int walk_all(struct eval *e)
{
	int r = 0;

	if (e->before)
		r = walk(e, e->before->nodes, e->before->n, true);
	return r < 0 ? r : walk(e, e->config->nodes, e->config->n, true);
}

static int evaluate(struct eval *e)
{
	int r = walk_all(e);

	if (r == 0)
		r = settle_hostname(e);
	if (r == 0 && e->config->has_final) {
		e->final = true;
		e->target = e->hostname;
		r = walk_all(e);
	}
	if (r == 0 && e->port[0] == '\0')
		snprintf(e->port, sizeof(e->port), "%d", SSH_PORT);
	return r;
}

/* ---- The result ---- */

static const char *word_of(const struct eval *e, enum ssh_key key)
{
	const char *word = e->first[key] ? e->first[key]->words[0] : NULL;

	return word && strcasecmp(word, "none") != 0 ? word : NULL;
}

static int copy_word(const struct eval *e, enum ssh_key key, char **ret)
{
	const char *word = word_of(e, key);

	if (word && !(*ret = strdup(word)))
		return err_set(e->err, ENOMEM, "out of memory");
	return 0;
}

static int expand_list(
	const struct eval *e, const char *const *words, size_t n, char ***ret, size_t *ret_n)
{
	char **list = calloc(n + 1, sizeof(*list));
	size_t used = 0;
	int r = list ? 0 : -ENOMEM;

	*ret = list;
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (strcasecmp(words[i], "none") == 0)
			continue;
		r = expand(e, words[i], NULL, true, &list[used]);
		used += r == 0;
	}
	*ret_n = used;
	return r;
}

static int expand_many(const struct eval *e, unsigned which, char ***ret, size_t *ret_n)
{
	const char *words[SSH_CONFIG_LIST_MAX];

	for (size_t i = 0; i < e->n_many[which]; i++)
		words[i] = e->many[which][i]->words[0];
	return expand_list(e, words, e->n_many[which], ret, ret_n);
}

static int expand_files(const struct eval *e, struct ssh_settings *s)
{
	const struct ssh_node *user = e->first[KEY_USERKNOWNHOSTSFILE];
	const struct ssh_node *global = e->first[KEY_GLOBALKNOWNHOSTSFILE];
	const char *agent =
		e->first[KEY_IDENTITYAGENT] ? e->first[KEY_IDENTITYAGENT]->words[0] : NULL;
	int r = expand_many(e, 0, &s->identity_files, &s->n_identity_files);

	s->identity_files_given = e->n_many[0] > 0;
	if (r == 0)
		r = expand_many(e, 1, &s->certificate_files, &s->n_certificate_files);
	if (r == 0 && user)
		r = expand_list(e, (const char *const *)user->words, user->n_words,
			&s->user_known_hosts, &s->n_user_known_hosts);
	if (r == 0 && global)
		r = expand_list(e, (const char *const *)global->words, global->n_words,
			&s->global_known_hosts, &s->n_global_known_hosts);
	if (r < 0 || !agent || str_eq(agent, "SSH_AUTH_SOCK"))
		return r;
	/* A leading dollar names a variable, in the old way of writing it. */
	if (agent[0] == '$' && agent[1] != '{') {
		agent = getenv(agent + 1);
		if (!agent)
			agent = "none";
	}
	return expand(e, agent, NULL, true, &s->identity_agent);
}

/* A keyword that is not done, and has a value with which this matters for the host. */
static bool concerns(const struct eval *e, enum ssh_key key)
{
	const struct ssh_node *node = e->first[key];
	const char *word = node ? node->words[0] : "no";

	if (strcasecmp(word, "no") == 0 || strcasecmp(word, "false") == 0 ||
		strcasecmp(word, "none") == 0)
		return false;
	return key != KEY_PROXYUSEFDPASS || word_of(e, KEY_PROXYCOMMAND);
}

static int copy_undone(struct eval *e, struct ssh_settings *s)
{
	for (enum ssh_key key = KEY_UNDONE; key < KEY_COUNT; key++)
		if (concerns(e, key))
			note_undone(e, e->first[key]);
	if (!e->n_undone)
		return 0;
	s->undone = calloc(e->n_undone + 1, sizeof(*s->undone));
	for (size_t i = 0; s->undone && i < e->n_undone; i++) {
		s->undone[i] = strdup(e->undone[i]);
		if (!s->undone[i])
			break;
		s->n_undone++;
	}
	return s->n_undone == e->n_undone ? 0 : err_set(e->err, ENOMEM, "out of memory");
}

static int expand_proxies(const struct eval *e, struct ssh_settings *s)
{
	static const char tokens[] = "%hnpr";
	const char *jump = word_of(e, KEY_PROXYJUMP), *command = word_of(e, KEY_PROXYCOMMAND);
	int r = jump ? expand(e, jump, tokens, false, &s->proxy_jump) : 0;

	return r == 0 && command ? expand(e, command, NULL, false, &s->proxy_command) : r;
}

static enum ssh_strict strict_of(const char *word)
{
	if (strcasecmp(word, "accept-new") == 0)
		return SSH_STRICT_ACCEPT_NEW;
	if (strcasecmp(word, "no") == 0 || strcasecmp(word, "off") == 0 ||
		strcasecmp(word, "false") == 0)
		return SSH_STRICT_OFF;
	return SSH_STRICT_YES;
}

static unsigned long number_of(const struct eval *e, enum ssh_key key, unsigned long otherwise)
{
	return e->first[key] ? e->first[key]->number : otherwise;
}

static void fill_numbers(const struct eval *e, uint16_t port, struct ssh_settings *s)
{
	s->port = port ? port : (uint16_t)number_of(e, KEY_PORT, SSH_PORT);
	s->identities_only = number_of(e, KEY_IDENTITIESONLY, 0) != 0;
	s->compression = number_of(e, KEY_COMPRESSION, 0) != 0;
	s->connect_timeout = (unsigned)number_of(e, KEY_CONNECTTIMEOUT, 0);
	s->alive_interval = (unsigned)number_of(e, KEY_SERVERALIVEINTERVAL, 0);
	s->alive_count = (unsigned)number_of(e, KEY_SERVERALIVECOUNTMAX, 3);
	s->strict_given = e->first[KEY_STRICTHOSTKEYCHECKING] != NULL;
	if (s->strict_given)
		s->strict = strict_of(e->first[KEY_STRICTHOSTKEYCHECKING]->words[0]);
}

static int fill(struct eval *e, uint16_t port, struct ssh_settings *s)
{
	const struct {
		enum ssh_key key;
		char **ret;
	} words[] = {
		{KEY_HOSTKEYALIAS, &s->host_key_alias},
		{KEY_KEXALGORITHMS, &s->kex},
		{KEY_CIPHERS, &s->ciphers},
		{KEY_MACS, &s->macs},
		{KEY_HOSTKEYALGORITHMS, &s->host_key_algorithms},
		{KEY_PUBKEYACCEPTEDALGORITHMS, &s->pubkey_algorithms},
		{KEY_PREFERREDAUTHENTICATIONS, &s->preferred_authentications},
		{KEY_ADDRESSFAMILY, &s->address_family},
		{KEY_BINDADDRESS, &s->bind_address},
	};
	int r = 0;

	fill_numbers(e, port, s);
	s->host = strdup(e->original);
	s->hostname = strdup(e->hostname);
	s->user = strdup(user_of(e));
	if (!s->host || !s->hostname || !s->user)
		return err_set(e->err, ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(words); i++)
		r = copy_word(e, words[i].key, words[i].ret);
	e->alias = s->host_key_alias;
	if (r == 0)
		r = copy_undone(e, s);
	if (r == 0)
		r = expand_files(e, s);
	return r < 0 ? r : expand_proxies(e, s);
}

int ssh_config_resolve(struct ssh_config *c, const char *host, const char *user, uint16_t port,
	struct ssh_settings *ret, struct err *err)
{
	return ssh_config_resolve_behind(c, NULL, host, user, port, ret, err);
}

int ssh_config_resolve_behind(struct ssh_config *c, const struct ssh_config *before,
	const char *host, const char *user, uint16_t port, struct ssh_settings *ret,
	struct err *err)
{
	struct eval e = {.config = c,
		.before = before,
		.original = host,
		.target = host,
		.user = user,
		.err = err};
	struct ssh_settings s = {0};
	int r;

	if (port)
		snprintf(e.port, sizeof(e.port), "%u", port);
	r = evaluate(&e);
	if (r == 0)
		r = fill(&e, port, &s);
	free(e.hostname);
	if (r < 0) {
		ssh_settings_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

static void list_free(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}

void ssh_settings_done(struct ssh_settings *s)
{
	if (!s)
		return;
	list_free(s->identity_files);
	list_free(s->certificate_files);
	list_free(s->user_known_hosts);
	list_free(s->global_known_hosts);
	list_free(s->undone);
	free(s->host);
	free(s->hostname);
	free(s->user);
	free(s->identity_agent);
	free(s->proxy_jump);
	free(s->proxy_command);
	free(s->host_key_alias);
	free(s->kex);
	free(s->ciphers);
	free(s->macs);
	free(s->host_key_algorithms);
	free(s->pubkey_algorithms);
	free(s->preferred_authentications);
	free(s->address_family);
	free(s->bind_address);
	*s = (struct ssh_settings){0};
}
