# SPDX-License-Identifier: GPL-3.0-or-later
#
# tocsin: GNU make, pkg-config, a C17 compiler.
#
#   make            build/bin/tocsin, build/bin/tocsin-agentd (and its serve helper)
#   make demo       a small fleet on loopback, asked a few questions
#   make check      every test that this machine can run        SAN=1: with sanitizers
#   make lint       formatting, static analysis, man pages, shell scripts
#   make bench      what the README claims, measured against real peers
#   make fuzz       each fuzzer for FUZZ_SECONDS (10)
#   make format     clang-format over the tree
#   make install    DESTDIR= PREFIX=/usr/local
#   make deps       installs what is missing (apt), or names it
#
# B=DIR builds elsewhere; WERROR=1 makes warnings errors, as they are with the compiler that this is
# written with.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
# Objects on the way to a test program are kept.
.SECONDARY:

SAN ?= 0
ifeq ($(SAN),1)
B ?= build/san
else
B ?= build
endif
CC = gcc
# Later compilers may warn of more.
WERROR ?= $(if $(filter 12 12.%,$(shell $(CC) -dumpversion)),1,0)
CLANG ?= clang
PKG_CONFIG ?= pkg-config
FUZZ_SECONDS ?= 10

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
# sshd_config names this path, so it does not move with PREFIX.
LIBEXECDIR ?= /usr/libexec
BINDIR = $(PREFIX)/bin
SBINDIR = $(PREFIX)/sbin
DATADIR = $(PREFIX)/share/tocsin
MANDIR = $(PREFIX)/share/man

# ---- Flags ----------------------------------------------------------------------------------

WARN = -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wpointer-arith \
	-Wno-missing-field-initializers
ifeq ($(WERROR),1)
WARN += -Werror
endif
CPPFLAGS += -D_GNU_SOURCE -I. -I$(B)/gen -include common/banned.h
CFLAGS ?= -O2 -g
STD = -std=gnu17 -fPIE -pthread -fno-strict-aliasing
LDFLAGS += -pie -pthread
ifeq ($(SAN),1)
STD += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
else
CPPFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
STD += -fstack-protector-strong -fstack-clash-protection
ifneq ($(filter x86_64 i686,$(shell uname -m)),)
STD += -fcf-protection
endif
LDFLAGS += -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
endif

LIBS_common = jansson
LIBS_agent = jansson sqlite3 libcrypto libpcre2-8 libcap-ng libseccomp libnftnl libmnl
LIBS_serve = libssh
LIBS_console = libssh jansson libcrypto libpcre2-8 yaml-0.1 ncursesw readline sqlite3 libzstd
pkg_libs = $(shell $(PKG_CONFIG) --libs $(1))
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags libssh jansson sqlite3 libcrypto libpcre2-8 libcap-ng libseccomp libnftnl libmnl yaml-0.1 libzstd 2>/dev/null)

# ---- What is built from what ----------------------------------------------------------------

common_src := $(wildcard common/*.c)
output_src := console/output.c $(wildcard console/output/*.c)
agent_src := $(filter-out agentd/main.c,$(wildcard agentd/*.c agentd/tables/*.c agentd/actions/*.c agentd/functions/*.c agentd/daemon/*.c))
serve_src := $(wildcard agentd/serve/*.c)
console_src := $(filter-out console/main.c $(output_src),$(wildcard console/*.c console/fleet/*.c console/commands/*.c console/ui/*.c console/ui/panes/*.c console/import/*.c))

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
gen_obj = $(patsubst %,$(B)/obj/gen/%.o,$(1))

programs = $(B)/bin/tocsin $(B)/bin/tocsin-agentd $(B)/bin/tocsin-agentd-serve

# Pages whose lists are made from the program's own descriptors.
man_made := $(patsubst man/%.in,$(B)/man/%,$(wildcard man/*.in))

.PHONY: all
all: $(programs) $(man_made)

$(B)/lib/libcommon.a: $(call obj,$(common_src))
$(B)/lib/liboutput.a: $(call obj,$(output_src)) $(call gen_obj,formats)
$(B)/lib/libagent.a: $(call obj,$(agent_src)) $(call gen_obj,tables actions)
$(B)/lib/libconsole.a: $(call obj,$(console_src)) $(call gen_obj,commands imports panes catalogue)
$(B)/lib/%.a:
	@mkdir -p $(@D)
	$(if $(Q),,@echo "  AR    $@")
	@rm -f $@ && $(AR) rcs $@ $^

$(B)/bin/tocsin: $(call obj,console/main.c) $(B)/lib/libconsole.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_console))
$(B)/bin/tocsin-agentd: $(call obj,agentd/main.c) $(B)/lib/libagent.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_agent)) -lm
$(B)/bin/tocsin-agentd-serve: $(call obj,$(serve_src)) $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_serve) $(LIBS_common))

$(B)/man/describe: $(call obj,man/describe.c man/mdoc.c) $(B)/lib/libconsole.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_console))
$(B)/man/describetables: $(call obj,man/describetables.c man/mdoc.c) $(B)/lib/libagent.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_agent)) -lm
$(B)/man/tocsin-tables.5: man/tocsin-tables.5.in $(B)/man/describetables
	@$(B)/man/describetables <$< >$@
$(B)/man/%: man/%.in $(B)/man/describe
	@$(B)/man/describe <$< >$@

define link
@mkdir -p $(@D)
@echo "  LINK  $@"
@$(CC) $(STD) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^)
endef

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(STD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/obj/gen/%.o: $(B)/gen/%.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(STD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

# ---- Registries: the list of a folder's descriptors, sorted by name -------------------------
# Written anew only when the folder's list of files changes. Two makes of one tree do not meet: the
# new file has the make's number in its name.

.PHONY: FORCE
FORCE:
# $(1) file  $(2) header  $(3) struct  $(4) array  $(5) files
define registry
$(B)/gen/$(1).c: FORCE
	@mkdir -p $$(@D)
	@{ echo '/* Generated from the folder: do not edit. */'; echo '#include "$(2)"'; echo '#include <stddef.h>'; \
	for n in $$(sort $$(notdir $$(basename $(5)))); do echo "extern const struct $(3) $(3)_$$$$n;"; done; \
	echo 'const struct $(3) *const $(4)[] = {'; \
	for n in $$(sort $$(notdir $$(basename $(5)))); do echo "	&$(3)_$$$$n,"; done; \
	echo '	NULL,'; echo '};'; } > $$@.$$$$PPID
	@if cmp -s $$@.$$$$PPID $$@; then rm $$@.$$$$PPID; else mv $$@.$$$$PPID $$@; fi
endef
$(eval $(call registry,tables,agentd/table.h,table,tables_all,$(wildcard agentd/tables/*.c)))
$(eval $(call registry,actions,agentd/action.h,action,actions_all,$(wildcard agentd/actions/*.c)))
$(eval $(call registry,commands,console/command.h,command,commands_all,$(wildcard console/commands/*.c)))
$(eval $(call registry,imports,console/import.h,import_format,import_formats_all,$(wildcard console/import/*.c)))
$(eval $(call registry,panes,console/ui/pane.h,pane_kind,pane_kinds_all,$(wildcard console/ui/panes/*.c)))
$(eval $(call registry,formats,console/output.h,format,formats_all,$(wildcard console/output/*.c)))

# The agent's tables, for candidates at the console's prompts.
$(B)/gen/catalogue.c: $(B)/bin/tocsin-agentd
	@mkdir -p $(@D)
	@{ echo '/* Generated from the agent: do not edit. */'; echo '#include "console/catalogue.h"'; echo '#include <stddef.h>'; \
	echo 'const struct catalogue_row catalogue[] = {'; \
	$< tables -o tsv | sed -n 's/^\([^\t]*\)\t\([^\t]*\)\t\([^\t]*\)$$/	{"\1", "\2", "\3"},/p'; \
	echo '	{NULL, NULL, NULL},'; echo '};'; } > $@.$$PPID
	@if cmp -s $@.$$PPID $@; then rm $@.$$PPID; touch $@; else mv $@.$$PPID $@; fi

# ---- Tests ----------------------------------------------------------------------------------
# tests/unit/PART_*.c is linked with PART's library: common, agentd, console.

unit_src := $(wildcard tests/unit/*.c)
unit_bin := $(patsubst tests/unit/%.c,$(B)/tests/%,$(filter tests/unit/common_%.c tests/unit/agentd_%.c tests/unit/console_%.c,$(unit_src)))
# Every allocation of ours can be made to fail once: tests/unit/failalloc.c.
WRAP = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
unit_support = $(call obj,$(filter tests/unit/failalloc.c,$(unit_src)))

$(B)/tests/common_%: $(B)/obj/tests/unit/common_%.o $(unit_support) $(B)/lib/libcommon.a
	$(link) $(WRAP) $(call pkg_libs,$(LIBS_common))
$(B)/tests/agentd_%: $(B)/obj/tests/unit/agentd_%.o $(unit_support) $(B)/lib/libagent.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(WRAP) $(call pkg_libs,$(LIBS_agent)) -lm
$(B)/tests/console_%: $(B)/obj/tests/unit/console_%.o $(unit_support) $(B)/lib/libconsole.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(WRAP) $(call pkg_libs,$(LIBS_console))

# tests/tools/NAME.c: a helper program on its own; console_NAME.c and agentd_NAME.c have that part's
# library too.
tool_bin := $(patsubst tests/tools/%.c,$(B)/tools/%,$(wildcard tests/tools/*.c))
$(B)/tools/console_%: $(B)/obj/tests/tools/console_%.o $(B)/lib/libconsole.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_console))
$(B)/tools/agentd_%: $(B)/obj/tests/tools/agentd_%.o $(B)/lib/libagent.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_agent)) -lm
$(B)/tools/%: $(B)/obj/tests/tools/%.o $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_common) libssh libcrypto) -lm

# tests/bench/NAME.c: a measurement of common/ on its own; console_NAME.c has the console too.
bench_bin := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
$(B)/bench/console_%: $(B)/obj/tests/bench/console_%.o $(B)/lib/libconsole.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_console))
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_common))

# The agent with a table more, by which its workers try to do what they must not.
$(eval $(call registry,tables_breakout,agentd/table.h,table,tables_all,$(wildcard agentd/tables/*.c) breakout))
$(B)/tools/agentd_breakout: $(B)/obj/tests/tools/agentd_breakout.o $(B)/obj/gen/tables_breakout.o \
	$(B)/obj/agentd/main.o $(B)/lib/libagent.a $(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_agent)) -lm

# The agent whose actors are killed in the middle of a deletion or restoration, where a test wants it.
$(B)/tools/agentd_dies: $(B)/obj/tests/tools/agentd_dies.o $(B)/obj/agentd/main.o $(B)/lib/libagent.a \
	$(B)/lib/liboutput.a $(B)/lib/libcommon.a
	$(link) -Wl,--wrap=openat,--wrap=renameat2,--wrap=unlinkat $(call pkg_libs,$(LIBS_agent)) -lm

# Drives the fan-out engine alone.
$(B)/tools/fanout: $(B)/obj/tests/tools/fanout.o $(B)/lib/libconsole.a $(B)/lib/libcommon.a
	$(link) $(call pkg_libs,$(LIBS_console))

.PHONY: check tests-build
tests-build: all $(unit_bin) $(tool_bin) $(bench_bin)
check: | deps-check
	@$(MAKE) --no-print-directory tests-build
	@B=$(B) SAN=$(SAN) tests/run $(TESTS)

# ---- Fuzzers: tests/fuzz/PART_*.c, built by clang; all share the objects of $(B)/fuzz/obj ------

fuzz_src := $(wildcard tests/fuzz/*.c)
fuzz_bin := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(fuzz_src))
FUZZ_FLAGS = -std=gnu17 -g -O1 -pthread -fsanitize=address,undefined -fno-sanitize-recover=all
fuzz_obj = $(patsubst %.c,$(B)/fuzz/obj/%.o,$(1))
fuzz_gen_obj = $(patsubst %,$(B)/fuzz/obj/gen/%.o,$(1))
fuzz_cc = $(CLANG) -D_GNU_SOURCE -I. -I$(B)/gen -include common/banned.h $(PKG_CFLAGS) $(FUZZ_FLAGS) \
	-fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(fuzz_cc)
$(B)/fuzz/obj/gen/%.o: $(B)/gen/%.c
	@mkdir -p $(@D)
	@$(fuzz_cc)

$(B)/fuzz/lib/libcommon.a: $(call fuzz_obj,$(common_src))
$(B)/fuzz/lib/liboutput.a: $(call fuzz_obj,$(output_src)) $(call fuzz_gen_obj,formats)
$(B)/fuzz/lib/libagent.a: $(call fuzz_obj,$(agent_src)) $(call fuzz_gen_obj,tables actions)
$(B)/fuzz/lib/libconsole.a: $(call fuzz_obj,$(console_src)) $(call fuzz_gen_obj,commands imports panes catalogue)
$(B)/fuzz/lib/%.a:
	@mkdir -p $(@D)
	@rm -f $@ && $(AR) rcs $@ $^

fuzz_common = $(B)/fuzz/lib/liboutput.a $(B)/fuzz/lib/libcommon.a
$(B)/fuzz/common_%: $(B)/fuzz/obj/tests/fuzz/common_%.o $(fuzz_common)
	$(fuzz_link) $(call pkg_libs,$(LIBS_common))
$(B)/fuzz/agentd_%: $(B)/fuzz/obj/tests/fuzz/agentd_%.o $(B)/fuzz/lib/libagent.a $(fuzz_common)
	$(fuzz_link) $(call pkg_libs,$(LIBS_agent)) -lm
$(B)/fuzz/console_%: $(B)/fuzz/obj/tests/fuzz/console_%.o $(B)/fuzz/lib/libconsole.a $(fuzz_common)
	$(fuzz_link) $(call pkg_libs,$(LIBS_console))
define fuzz_link
@echo "  LINK  $@"
@$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^
endef

.PHONY: fuzz fuzz-build
fuzz-build: $(fuzz_bin)
fuzz: | deps-fuzz
	@$(MAKE) --no-print-directory fuzz-build
	@B=$(B) tests/fuzz/run $(FUZZ_SECONDS)

# ---- The other commands ---------------------------------------------------------------------

.PHONY: demo bench lint format install deps clean
demo: | deps-build
	@$(MAKE) --no-print-directory all $(B)/tools/demohost
	@B=$(B) tests/tools/demo

bench: | deps-bench
	@$(MAKE) --no-print-directory all tests-build
	@B=$(B) tests/bench/run $(BENCH)

lint: | deps-lint
	@$(MAKE) --no-print-directory tests-build
	@B=$(B) tests/tools/lint

c_files = $(wildcard common/*.[ch] agentd/*.[ch] agentd/*/*.[ch] console/*.[ch] console/*/*.[ch] man/*.[ch] tests/*/*.[ch])
format:
	clang-format -i $(c_files)

# Nothing is asked of the package manager while everything is there.
deps:
	@tests/tools/deps
deps-%:
	@tests/tools/deps --quiet $*

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DATADIR)/queries \
		$(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7 $(DESTDIR)$(MANDIR)/man8
	install -m 755 $(B)/bin/tocsin $(DESTDIR)$(BINDIR)/tocsin
	install -m 755 $(B)/bin/tocsin-agentd $(DESTDIR)$(LIBEXECDIR)/tocsin-agentd
	install -m 755 $(B)/bin/tocsin-agentd-serve $(DESTDIR)$(LIBEXECDIR)/tocsin-agentd-serve
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d \
		$(DESTDIR)$(SYSCONFDIR)/tocsin
	sed 's,@LIBEXECDIR@,$(LIBEXECDIR),' dist/tocsin-agentd.service.in \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/tocsin-agentd.service
	sed 's,@BINDIR@,$(BINDIR),' 'dist/tocsin-runbook@.service.in' \
		>'$(DESTDIR)$(PREFIX)/lib/systemd/system/tocsin-runbook@.service'
	install -m 644 'dist/tocsin-runbook@.timer' $(DESTDIR)$(PREFIX)/lib/systemd/system/
	install -m 644 dist/tocsin-agentd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/tocsin-agentd.conf
	install -m 644 dist/tocsin-runbook.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/tocsin-runbook.conf
	install -m 644 dist/agentd.conf $(DESTDIR)$(DATADIR)/agentd.conf
	find queries -name "*.sql" -o -name "*.runbook" | while read -r f; do install -D -m 644 "$$f" "$(DESTDIR)$(DATADIR)/$$f"; done
	for s in 1 5 7 8; do for f in man/*.$$s $(B)/man/*.$$s; do [ ! -e $$f ] || install -m 644 $$f $(DESTDIR)$(MANDIR)/man$$s/; done; done

clean:
	rm -rf $(B)

-include $(shell find $(B)/obj $(B)/fuzz/obj -name '*.d' 2>/dev/null)
