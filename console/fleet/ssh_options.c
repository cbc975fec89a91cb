/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libssh is told of a session before it begins: algorithms, mostly. */
#include "console/fleet/ssh.h"

#include "common/str.h"

#include <fnmatch.h>
#include <string.h>

#define LIST_MAX 4096

/* P-256 is the cheapest exchange; the rest in libssh's own order. AES-GCM has hardware to help. */
#define KEY_EXCHANGES                                                                              \
	"ecdh-sha2-nistp256,curve25519-sha256,curve25519-sha256@libssh.org,"                       \
	"ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group18-sha512,"                     \
	"diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,"                      \
	"diffie-hellman-group14-sha256"
#define CIPHERS                                                                                    \
	"aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,"             \
	"aes256-ctr,aes192-ctr,aes128-ctr"
#define MACS                                                                                       \
	"hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"
#define PUBLIC_KEYS                                                                                \
	"ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,"               \
	"ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,"       \
	"rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,"                     \
	"ssh-ed25519,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,"                 \
	"sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256"

static bool matches(const char *patterns, struct span name)
{
	struct span rest = span_str(patterns), one;
	char pattern[128], text[128];

	if (name.n >= sizeof(text))
		return false;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	while (span_split(&rest, ',', &one)) {
		if (one.n >= sizeof(pattern))
			continue;
		memcpy(pattern, one.p, one.n);
		pattern[one.n] = '\0';
		if (fnmatch(pattern, text, 0) == 0)
			return true;
	}
	return false;
}

/* Those of `list` that are (or are not) among `patterns`. */
static int add_matching(struct buf *out, const char *list, const char *patterns, bool wanted)
{
	struct span rest = span_str(list), one;
	int r = 0;

	while (r == 0 && span_split(&rest, ',', &one))
		if (matches(patterns, one) == wanted)
			r = buf_printf(out, "%s%.*s", out->len ? "," : "", (int)one.n, one.p);
	return r;
}

/* As ssh_config(5) has it: a list, or a change of the usual one by + - ^. */
static int settle_list(struct buf *out, const char *said, const char *usual)
{
	switch (said[0]) {
	case '+':
		return buf_printf(out, "%s,%s", usual, said + 1);
	case '-':
		return add_matching(out, usual, said + 1, false);
	case '^':
		return buf_printf(out, "%s,%s", said + 1, usual);
	default:
		return buf_puts(out, said);
	}
}

/* `said` may be NULL. Names that libssh does not know are left out by it. */
static int set_list(struct ssh *s, enum ssh_options_e option, const char *what, const char *said,
	const char *usual, struct err *err)
{
	struct buf list;
	int r = 0;

	if (!said)
		return ssh_options_set(s->session, option, usual) < 0
			       ? err_set(err, EINVAL, "libssh: %s", ssh_get_error(s->session))
			       : 0;
	buf_init(&list, LIST_MAX);
	if (settle_list(&list, said, usual) < 0)
		r = err_set(err, E2BIG, "%s: too long a list", what);
	else if (!list.len || ssh_options_set(s->session, option, list.p) < 0)
		r = err_set(err, EINVAL, "%s: libssh knows none of %s", what, said);
	buf_done(&list);
	return r;
}

/* A list that is said only keeps others away: what is known of the host comes first. */
static int set_host_key_types(struct ssh *s, const char *said, struct err *err)
{
	static const char *const what = "HostKeyAlgorithms";
	char known[HOSTKEYS_ALGORITHMS_MAX];
	struct buf list;
	int r;

	hostkeys_algorithms(ssh_hostkeys_of(s->env->ssh, s->host), &s->opening->name,
		s->opening->thorough, known);
	if (!said || strchr("+-^", said[0]))
		return set_list(s, SSH_OPTIONS_HOSTKEYS, what, said, known, err);
	buf_init(&list, LIST_MAX);
	r = add_matching(&list, known, said, true);
	/* Others that libssh may know, such as ssh-rsa. */
	if (r == 0 && !list.len)
		r = buf_puts(&list, said);
	if (r < 0)
		r = err_set(err, -r, "out of memory");
	else
		r = set_list(s, SSH_OPTIONS_HOSTKEYS, what, list.p, "", err);
	buf_done(&list);
	return r;
}

static int set_lists(struct ssh *s, struct err *err)
{
	static const struct ssh_settings none;
	const struct ssh_settings *set = s->host->ssh ? s->host->ssh : &none;
	const struct {
		enum ssh_options_e option;
		const char *what, *said, *usual;
	} lists[] = {
		{SSH_OPTIONS_KEY_EXCHANGE, "KexAlgorithms", set->kex, KEY_EXCHANGES},
		{SSH_OPTIONS_CIPHERS_C_S, "Ciphers", set->ciphers, CIPHERS},
		{SSH_OPTIONS_CIPHERS_S_C, "Ciphers", set->ciphers, CIPHERS},
		{SSH_OPTIONS_HMAC_C_S, "MACs", set->macs, set->macs ? MACS : NULL},
		{SSH_OPTIONS_HMAC_S_C, "MACs", set->macs, set->macs ? MACS : NULL},
		{SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, "PubkeyAcceptedAlgorithms",
			set->pubkey_algorithms, set->pubkey_algorithms ? PUBLIC_KEYS : NULL},
	};
	int r = set_host_key_types(s, set->host_key_algorithms, err);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(lists); i++)
		if (lists[i].usual)
			r = set_list(s, lists[i].option, lists[i].what, lists[i].said,
				lists[i].usual, err);
	return r;
}

const char *ssh_user(const struct ssh *s)
{
	return s->host->user ? s->host->user : s->env->ssh->user;
}

int ssh_set_options(struct ssh *s, struct err *err)
{
	const bool off = false;
	const struct {
		enum ssh_options_e option;
		const void *value;
	} options[] = {
		/* Shown nowhere: the connection is made already. */
		{SSH_OPTIONS_HOST, "host"},
		{SSH_OPTIONS_USER, ssh_user(s)},
		{SSH_OPTIONS_FD, &s->io.fd},
		{SSH_OPTIONS_SSH_DIR, "/"},
		{SSH_OPTIONS_PROCESS_CONFIG, &off},
		/* We compare the host's key; else libssh reads the files for each host. */
		{SSH_OPTIONS_KNOWNHOSTS, "/dev/null"},
		{SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null"},
		{SSH_OPTIONS_COMPRESSION, "no"},
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (ssh_options_set(s->session, options[i].option, options[i].value) < 0)
			return err_set(err, EIO, "libssh: %s", ssh_get_error(s->session));
	return set_lists(s, err);
}
