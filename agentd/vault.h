/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The vault, <state-dir>/vault: what was taken away, kept as evidence. Root's alone; one folder per
 * id, with the content (or, of a process, several files) and meta.json, which is written last: an
 * entry without it is one whose making was interrupted, and goes with the next one that is made.
 *
 * Everything is on the disk when vault_commit returns, so that the original may go then.
 */
#ifndef AGENTD_VAULT_H
#define AGENTD_VAULT_H

#include "common/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct action_call;

/* "20261121-233616-1a2b3c" with its NUL. */
#define VAULT_ID_MAX 24
/* Bytes of a meta.json. */
#define VAULT_META_MAX (2u << 20)
/* Of the disk that stay free, unless it is a small one: then a sixteenth of it. */
#define VAULT_SPARE_BYTES (64u << 20)
#define VAULT_ENTRIES_MAX (1u << 20)

#define VAULT_CONTENT "content"
/* A file on its way out of its directory, or into it, where nobody else uses such names. */
#define VAULT_PRIVATE_NAME ".tocsin-%s"
#define VAULT_PART_NAME	   ".tocsin-%s.part"
#define VAULT_NAME_MAX	   (VAULT_ID_MAX + 16)

struct vault {
	int dir;
};
#define VAULT_NONE ((struct vault){.dir = -1})

/* 0, -ENOENT when there is none and `create` is false, -EPERM when others can get at it, -errno. */
int vault_open(const char *state_dir, bool create, struct vault *ret, struct err *err);
void vault_close(struct vault *v);

/* What is under way with the file of an entry that has a mark. */
enum vault_way {
	VAULT_AWAY, /* it is to be unlinked */
	VAULT_BACK, /* it is to be written */
};

struct vault_entry {
	const struct vault *vault;
	char id[VAULT_ID_MAX];
	int dir;     /* -1: none */
	int reserve; /* held while it is being made */
	int mark;    /* held from vault_entry_mark to vault_entry_done */
	enum vault_way way;
	bool kept; /* committed, or found: vault_entry_done leaves it */
};
#define VAULT_ENTRY_NONE ((struct vault_entry){.dir = -1, .reserve = -1, .mark = -1})

/*
 * A new one with room for `need` bytes, within `max_mb` of all entries together and what the disk
 * has. 0, -ENOSPC, -errno, with `err`.
 */
int vault_entry_new(const struct vault *v, uint64_t need, uint64_t max_mb, struct vault_entry *ret,
	struct err *err);
/* A new empty file in it, for writing and reading. A descriptor or -errno with `err`. */
int vault_entry_file(const struct vault_entry *e, const char *name, struct err *err);
/* Writes meta.json. The files in it must have been synced by whoever wrote them. 0 or -errno. */
int vault_commit(struct vault_entry *e, const json_t *meta, struct err *err);
/* Adds a small file to an entry that is kept: what became of it later. 0 or -errno with `err`. */
int vault_entry_note(
	const struct vault_entry *e, const char *name, const json_t *note, struct err *err);
/*
 * Before anything is done with its file: who dies from then on is found by this (unfinished.h). 0
 * or -errno with `err`; -EEXIST: somebody is at it, or died.
 */
int vault_entry_mark(struct vault_entry *e, enum vault_way way, struct err *err);
/* Removes one that is not kept, and its mark. Accepts VAULT_ENTRY_NONE. */
void vault_entry_done(struct vault_entry *e);

/*
 * Opens the entry of that id (any text): -EINVAL, -ENOENT; *ret_meta is an object that
 * vault_meta_read takes. 0 or -errno with `err`.
 */
int vault_entry_find(const struct vault *v, const char *id, struct vault_entry *ret,
	json_t **ret_meta, struct err *err);
/* A file of the entry for reading. A descriptor or -errno with `err`. */
int vault_entry_open(const struct vault_entry *e, const char *name, struct err *err);
/* Is it as ids look? */
bool vault_id_valid(const char *id);
/* Is that the name of a mark in the vault's folder? */
bool vault_mark_read(const char *name, char ret_id[VAULT_ID_MAX], enum vault_way *ret_way);

/* What every meta.json begins with: id, kind, action, time, who, reason. NULL: no memory. */
json_t *vault_meta_new(
	const struct vault_entry *e, const char *kind, const struct action_call *call);

#endif
