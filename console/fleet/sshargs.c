/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/sshargs.h"

#include "common/buf.h"
#include "common/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

/* Of ssh(1): those with a value, and those that change nothing here, without and with one. */
#define WITH_VALUE   "BDEFIJLOPQRSWbceilmopw"
#define HARMLESS     "1aCfgKkMNnqsTtvXxYy"
#define HARMLESS_ARG "eES"

/* Keywords of ssh_config(5) that change nothing here. */
static const char *const harmless[] = {"addkeystoagent", "batchmode",
	"challengeresponseauthentication", "checkhostip", "clearallforwardings",
	"connectionattempts", "controlmaster", "controlpath", "controlpersist",
	"enableescapecommandline", "escapechar", "exitonforwardfailure", "forkafterauthentication",
	"forwardagent", "forwardx11", "forwardx11trusted", "gssapiauthentication",
	"gssapidelegatecredentials", "hashknownhosts", "hostbasedauthentication", "ipqos",
	"kbdinteractiveauthentication", "loglevel", "logverbose",
	"nohostauthenticationforlocalhost", "numberofpasswordprompts", "passwordauthentication",
	"permitlocalcommand", "permitremoteopen", "pubkeyauthentication", "requesttty", "sendenv",
	"setenv", "sessiontype", "stdinnull", "streamlocalbindmask", "streamlocalbindunlink",
	"tcpkeepalive", "updatehostkeys", "verifyhostkeydns", "visualhostkey", NULL};

/* Those that choose hosts or files; ssh(1) refuses them here, too. */
static const char *const of_files[] = {"host", "match", "include", NULL};

struct reading {
	struct ssh_args *args;
	const char *what;
	struct buf lines, left_out;
	struct err *err;
};

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

/* ---- Words ---- */

/* One word as the shell would cut it, without its expansions; *s is moved behind it. */
static int read_word(const char **s, struct buf *word)
{
	char quote = 0;
	const char *p = *s;
	int r = 0;

	for (; r == 0 && *p && (quote || !strchr(BLANKS, *p)); p++) {
		if (*p == '\\' && quote != '\'' && p[1] && (!quote || strchr("\"\\$`", p[1])))
			r = buf_putc(word, *++p);
		else if (!quote && (*p == '"' || *p == '\''))
			quote = *p;
		else if (quote && *p == quote)
			quote = 0;
		else
			r = buf_putc(word, *p);
	}
	*s = p;
	return r < 0 ? r : quote ? -EINVAL : 0;
}

static int read_words(struct reading *rd, const char *s)
{
	for (size_t n = 0; *(s += strspn(s, BLANKS)); n++) {
		struct buf word;
		int r;

		if (n == SSH_ARGS_MAX)
			return err_set(
				rd->err, E2BIG, "%s: more than %d words", rd->what, SSH_ARGS_MAX);
		buf_init(&word, SSH_ARGS_SIZE_MAX);
		r = read_word(&s, &word);
		rd->args->words[n] = r == 0 ? buf_steal(&word) : NULL;
		buf_done(&word);
		if (r == -EINVAL)
			return err_set(rd->err, EINVAL, "%s: a quote is not closed", rd->what);
		if (!rd->args->words[n])
			return no_memory(rd->err);
	}
	return 0;
}

/* ---- What they mean ---- */

static int leave_out(struct reading *rd, const char *before, const char *word)
{
	struct buf *b = &rd->left_out;
	int r = buf_printf(b, "%s%s%s", b->len ? ", " : "", before, word);

	return r == -EMSGSIZE ? 0 : r;
}

/* A line of the configuration; what it holds may not begin another one. */
static int add_line(struct reading *rd, const char *keyword, const char *value)
{
	int r;

	if (strpbrk(value, "\r\n"))
		return err_set(rd->err, EINVAL, "%s: a value of more than one line", rd->what);
	r = buf_printf(&rd->lines, "%s%s%s\n", keyword, *keyword ? " " : "", value);
	return r < 0 ? no_memory(rd->err) : 0;
}

static bool is_one_of(const char *keyword, const char *const *names)
{
	while (*names && strcasecmp(*names, keyword) != 0)
		names++;
	return *names;
}

/* -o "Keyword=value", or with blanks between the two. */
static int add_option(struct reading *rd, const char *text)
{
	size_t n;
	char *keyword;
	int r = 0;

	text += strspn(text, BLANKS);
	n = strcspn(text, BLANKS "=");
	keyword = span_dup((struct span){text, n});
	if (!keyword)
		return no_memory(rd->err);
	if (is_one_of(keyword, of_files))
		r = err_set(
			rd->err, EINVAL, "%s: -o %s: it belongs into a file", rd->what, keyword);
	else if (ssh_config_knows(text, n))
		r = add_line(rd, "", text);
	else if (!is_one_of(keyword, harmless))
		r = leave_out(rd, "-o ", keyword);
	free(keyword);
	return r;
}

/* Blanks within the value stay in it. */
static int add_quoted(struct reading *rd, const char *keyword, const char *value)
{
	char *quoted;
	int r;

	if (strchr(value, '"'))
		return err_set(rd->err, EINVAL, "%s: a quote within %s", rd->what, value);
	quoted = str_printf("\"%s\"", value);
	r = quoted ? add_line(rd, keyword, quoted) : no_memory(rd->err);
	free(quoted);
	return r;
}

static int set_file(struct reading *rd, const char *path)
{
	free(rd->args->config_file);
	rd->args->config_file = strdup(path);
	return rd->args->config_file ? 0 : no_memory(rd->err);
}

static int take_value(struct reading *rd, char flag, const char *value)
{
	static const struct {
		char flag;
		const char *keyword;
	} keywords[] = {{'J', "ProxyJump"}, {'p', "Port"}, {'l', "User"}, {'i', "IdentityFile"},
		{'c', "Ciphers"}, {'m', "MACs"}, {'b', "BindAddress"}};

	if (flag == 'o')
		return add_option(rd, value);
	if (flag == 'F')
		return set_file(rd, value);
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (keywords[i].flag == flag)
			return add_quoted(rd, keywords[i].keyword, value);
	if (strchr(HARMLESS_ARG, flag))
		return 0;
	return leave_out(rd, "", (char[]){'-', flag, '\0'});
}

static int take_flag(struct reading *rd, char flag)
{
	if (flag == '4' || flag == '6')
		return add_line(rd, "AddressFamily", flag == '4' ? "inet" : "inet6");
	if (strchr(HARMLESS, flag))
		return 0;
	return leave_out(rd, "", (char[]){'-', flag, '\0'});
}

/* "-vp22", "-p 22", "-o", "User=x" … *i is the word's number. */
static int take_word(struct reading *rd, size_t *i)
{
	char *const *words = rd->args->words;
	const char *p = words[*i];
	int r = 0;

	if (p[0] != '-' || !p[1])
		return leave_out(rd, "", p);
	for (p++; r == 0 && *p; p++) {
		const char *value;

		if (!strchr(WITH_VALUE, *p)) {
			r = take_flag(rd, *p);
			continue;
		}
		value = p[1] ? p + 1 : words[*i + 1];
		if (!value)
			return err_set(rd->err, EINVAL, "%s: -%c needs a value", rd->what, *p);
		*i += !p[1];
		return take_value(rd, *p, value);
	}
	return r;
}

static int read_all(struct reading *rd, const char *text)
{
	int r = read_words(rd, text);

	for (size_t i = 0; r == 0 && rd->args->words[i]; i++)
		r = take_word(rd, &i);
	if (r < 0)
		return r;
	rd->args->config = ssh_config_of_text(buf_str(&rd->lines), rd->what, rd->err);
	if (!rd->args->config)
		return -rd->err->code;
	rd->args->left_out = rd->left_out.len ? buf_steal(&rd->left_out) : NULL;
	return 0;
}

int ssh_args_read(const char *text, const char *what, struct ssh_args **ret, struct err *err)
{
	struct ssh_args *a = calloc(1, sizeof(*a));
	struct reading rd = {.args = a, .what = what, .err = err};
	int r;

	if (a)
		a->words = calloc(SSH_ARGS_MAX + 1, sizeof(*a->words));
	if (!a || !a->words) {
		ssh_args_free(a);
		return no_memory(err);
	}
	buf_init(&rd.lines, SSH_ARGS_SIZE_MAX);
	buf_init(&rd.left_out, ERR_TEXT_MAX / 2);
	r = read_all(&rd, text);
	buf_done(&rd.lines);
	buf_done(&rd.left_out);
	if (r < 0)
		ssh_args_free(a);
	else
		*ret = a;
	return r;
}

void ssh_args_free(struct ssh_args *a)
{
	if (!a)
		return;
	for (size_t i = 0; a->words && a->words[i]; i++)
		free(a->words[i]);
	free(a->words);
	ssh_config_free(a->config);
	free(a->config_file);
	free(a->left_out);
	free(a);
}
