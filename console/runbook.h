/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A runbook as it is written, tocsin-runbook(5): its lines as a tree. Parsed whole, included files
 * too, before anything runs; what is wrong is told as "file:line:column: …". Knows no hosts.
 */
#ifndef CONSOLE_RUNBOOK_H
#define CONSOLE_RUNBOOK_H

#include "common/err.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>

#define RUNBOOK_FILE_MAX     (1u << 20) /* bytes of one file */
#define RUNBOOK_LINE_MAX     (64u << 10)
#define RUNBOOK_LINES_MAX    10000 /* of all files */
#define RUNBOOK_WORDS_MAX    256   /* of one line */
#define RUNBOOK_DEPTH_MAX    16	   /* blocks within blocks */
#define RUNBOOK_INCLUDES_MAX 8	   /* files within files */
#define RUNBOOK_VARS_MAX     64
#define RUNBOOK_NAME_MAX     64 /* bytes of a variable's name */
#define RUNBOOK_RETRY_MAX    1000
#define RUNBOOK_SECONDS_MAX  86400

struct command;

/* What stands between others in a word: text as it is, or the name of a value. */
struct runbook_part {
	char *text;
	bool variable; /* text is the name: of a variable, or row.COLUMN */
};

struct runbook_word {
	struct runbook_part *parts; /* none: the empty word */
	size_t n, cap;
	unsigned column; /* from 1 */
};

enum runbook_kind {
	RUNBOOK_COMMAND, /* a command of the program: `command` */
	RUNBOOK_TARGET,
	RUNBOOK_EXPECT,
	RUNBOOK_WHEN,
	RUNBOOK_FOREACH,
	RUNBOOK_RETRY,
	RUNBOOK_TIMEOUT,
	RUNBOOK_CONFIRM,
	RUNBOOK_WRITE,
	RUNBOOK_SAY,
	RUNBOOK_ON_ERROR,
};

enum runbook_subject {
	SUBJECT_ROWS,	  /* of the last result */
	SUBJECT_HOSTS,	  /* that have rows in it */
	SUBJECT_ANSWERED, /* hosts that answered */
	SUBJECT_MISSING,  /* hosts that did not */
	SUBJECT_COLUMN,	  /* the cell of each row */
};
enum runbook_operator { OP_EQ, OP_NE, OP_LE, OP_GE, OP_LT, OP_GT, OP_MATCH };

/* Of expect and when: places in the line's words. */
struct runbook_condition {
	enum runbook_subject subject;
	enum runbook_operator op;
	size_t column, value;
	size_t message; /* the first word behind `or`; 0: none */
};

/* From this byte of a line's text on it stands elsewhere: behind so many blanks of that line. */
struct runbook_join {
	unsigned at, line, blanks;
};

struct runbook_line;
struct runbook_block {
	struct runbook_line **of;
	size_t n, cap;
};

struct runbook_line {
	enum runbook_kind kind;
	const struct command *command;
	const char *file; /* the runbook's */
	unsigned line;
	struct runbook_join *joins;
	size_t n_joins;
	char *text; /* as written, without blanks at its ends */
	bool raw;   /* the second word is the rest of the line, as it stands */
	struct runbook_word *words;
	size_t n, cap;
	bool rows; /* --rows was given: not among the words */
	struct runbook_condition condition;
	struct runbook_block body, otherwise; /* of when (else), foreach and retry */
};

struct runbook_var {
	char *name, *value;
	bool given;    /* by who runs it, not by the runbook */
	bool declared; /* or used */
};

struct runbook {
	struct runbook_block block;
	struct runbook_var vars[RUNBOOK_VARS_MAX];
	size_t n_vars, n_lines;
	char **files;
	size_t n_files, files_cap;
	bool has_result; /* lines that want a last result may be first */
	bool shell;	 /* these are lines of the shell, which may do more */
};

void runbook_init(struct runbook *b);
void runbook_done(struct runbook *b);

/* A value of who runs it, "name=value"; before the text is read. 0 or -errno with `err`. */
int runbook_give(struct runbook *b, const char *word, struct err *err);
/* Reads a file, "-": standard input. 0 or -errno with `err`. */
int runbook_load(struct runbook *b, const char *path, struct err *err);
/*
 * The same of text. -EAGAIN, with `err`: nothing is wrong but a block that has no end yet.
 */
int runbook_parse(struct runbook *b, const char *name, const char *text, size_t n, struct err *err);

/* One line `query` with this SQL, which may have line ends in it. 0 or -errno with `err`. */
int runbook_parse_sql(struct runbook *b, const char *name, struct span sql, struct err *err);

/* Does it begin a block? Does it have a value of a row in it? */
bool runbook_line_opens(const struct runbook_line *l);
bool runbook_line_wants_row(const struct runbook_line *l);
/* Are the rows of this command's line the last result? */
bool runbook_line_results(const struct runbook_line *l);
/* The value of a variable that is not a row's; NULL: there is none. */
const char *runbook_value(const struct runbook *b, const char *name);
/* Puts "file:line:column: " before what `err` says: where that column of the text stands. -code. */
int runbook_at(const struct runbook_line *l, unsigned column, struct err *err);

#endif
