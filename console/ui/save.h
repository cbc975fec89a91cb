/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that is saved from the screen: never over another one, and whole or not at all. */
#ifndef CONSOLE_UI_SAVE_H
#define CONSOLE_UI_SAVE_H

#include "common/err.h"

/* A descriptor to write to, or -errno with `err`. */
int ui_save_begin(const char *path, struct err *err);
/* Closes it; `r`: what became of writing. 0, or -errno with `err`: then the file is gone again. */
int ui_save_end(int fd, const char *path, int r, struct err *err);

#endif
