/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the console's files are (XDG base directories). */
#ifndef CONSOLE_PATHS_H
#define CONSOLE_PATHS_H

#include <stddef.h>

#define PATH_TEXT_MAX	   4096
#define PATHS_SYSTEM_HOSTS "/etc/tocsin/hosts"

/* All write into `ret` of `size` bytes. 0 or -errno (-ENXIO: the environment names no home). */

/* $XDG_CONFIG_HOME/tocsin/NAME or ~/.config/tocsin/NAME. */
int paths_config(char *ret, size_t size, const char *name);
/* $XDG_STATE_HOME/tocsin/NAME or ~/.local/state/tocsin/NAME; makes the directory. */
int paths_state(char *ret, size_t size, const char *name);
/* RELATIVE to the directory of the running program. */
int paths_program(char *ret, size_t size, const char *relative);
/* The agent's program: beside this one, in a libexec directory, or its bare name for PATH. */
int paths_agent(char *ret, size_t size);

#endif
