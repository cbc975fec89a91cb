/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The extensions in the profiles of Chromium and its kin, one by one: those that a profile names in
 * its preferences, then what else lies in its folder of extensions.
 */
#ifndef AGENTD_CHROMEEXT_H
#define AGENTD_CHROMEEXT_H

#include "agentd/homeplaces.h"
#include "agentd/jsonfile.h"
#include "common/map.h"

/* Extensions of one profile. */
#define CHROMEEXT_MAX 20000
/* An id: letters a to p. */
#define CHROMEEXT_ID 32

struct chromeext {
	struct scan *s;
	struct homeplaces homes;
	/* The profile at hand. */
	char profile[PATH_MAX];
	json_t *secure, *plain; /* its preferences */
	struct map *named;	/* folder of an extension -> its entry in them */
	size_t at;
	struct places rest; /* what lies in its folder */
	char pattern[PATH_MAX];
	const char *patterns[2];
	bool in_profile;
	/* The extension at hand. */
	char path[PATH_MAX];	   /* its folder */
	char named_id[64];	   /* as the profile names it, or "" */
	char id[CHROMEEXT_ID + 1]; /* made of its key, or "" */
	const json_t *settings;	   /* of the profile for it, or NULL */
	struct buf text;	   /* its manifest */
	json_t *manifest, *messages;
};

/* 0 or -ENOMEM. */
int chromeext_open(struct chromeext *c, struct scan *s, unsigned uid);
void chromeext_close(struct chromeext *c);
/* 1: the extension at hand; 0: call again; -1: the end; -ENOMEM. */
int chromeext_next(struct chromeext *c);

const char *chromeext_browser(const struct chromeext *c);
/* The profile's name as the user gave it. */
const char *chromeext_profile_name(const struct chromeext *c);
/* A text of the manifest, in the extension's own language where it is kept apart; or NULL. */
const char *chromeext_text(const struct chromeext *c, const char *path);

#endif
