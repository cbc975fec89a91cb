/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

#define TOCSIN_VERSION "0.1.0"

#endif
