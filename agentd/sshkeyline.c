/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sshkeyline.h"

#include "agentd/words.h"

#include <string.h>

static bool begins(struct span s, const char *prefix)
{
	return s.n >= strlen(prefix) && memcmp(s.p, prefix, strlen(prefix)) == 0;
}

static bool is_algorithm(struct span word)
{
	return begins(word, "ssh-") || begins(word, "ecdsa-sha2-") || begins(word, "sk-ssh-") ||
	       begins(word, "sk-ecdsa-") || begins(word, "webauthn-sk-");
}

/* Options end at a blank that is not within quotes; \" does not end them. */
static struct span take_options(struct span *rest)
{
	struct span o = {rest->p, 0};
	bool quoted = false;

	while (o.n < rest->n && (quoted || (o.p[o.n] != ' ' && o.p[o.n] != '\t'))) {
		if (o.p[o.n] == '\\' && o.n + 1 < rest->n && o.p[o.n + 1] == '"')
			o.n++;
		else if (o.p[o.n] == '"')
			quoted = !quoted;
		o.n++;
	}
	*rest = (struct span){rest->p + o.n, rest->n - o.n};
	return o;
}

static bool names_key_ring(struct span options)
{
	struct span option;

	while (span_split(&options, ',', &option))
		if (begins(option, "zos-key-ring-label="))
			return true;
	return false;
}

int sshkey_line_read(struct span line, struct sshkey_line *ret)
{
	struct sshkey_line k = {0};
	struct span rest, whole = span_trim(line);

	line = whole;
	if (!line.n || line.p[0] == '#')
		return 0;
	rest = line;
	k.algorithm = word_next(&rest);
	if (!is_algorithm(k.algorithm)) {
		rest = line;
		k.options = take_options(&rest);
		k.algorithm = word_next(&rest);
	}
	k.key = word_next(&rest);
	if (!is_algorithm(k.algorithm) || !k.key.n) {
		if (!names_key_ring(whole))
			return 0;
		*ret = (struct sshkey_line){.options = whole};
		return 1;
	}
	k.comment = span_trim(rest);
	if (!k.comment.n)
		k.comment.p = NULL;
	*ret = k;
	return 1;
}
