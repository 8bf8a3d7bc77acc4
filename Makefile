# SPDX-License-Identifier: GPL-2.0-or-later
#
# sipxdp. `make help` lists the targets. Everything that is made lands in build/.
# A source file is found by its place and name; there is no list to keep.

VERSION := 0.1.0
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
B := build

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# ---- tools: looked up when used, so that `make deps all` sees what deps installed

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin AR),default)
AR := ar
endif
CLANG ?= $(shell for c in clang-14 clang-19 clang; do command -v $$c >/dev/null && echo $$c && break; done)
BPFTOOL ?= $(shell scripts/deps.sh --bpftool)
PKG_CONFIG ?= pkg-config

PKGS := libbpf libelf zlib jansson libevent_core libevent_extra libconfuse libcares
PKGS_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKGS_LIBS = $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null || \
	echo -lbpf -lelf -lz -ljansson -levent_core -levent_extra -lconfuse -lcares)

# ---- flags

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wredundant-decls -Wnested-externs
# gcc 12 takes the difference of two pointers for a negative length. The sanitizers confuse the other three.
GCC_WARN := -Wno-stringop-overread
SAN_WARN := -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized
# The generated skeleton is nobody's style, hence -isystem.
INCLUDES := -Iinclude -iquote ctl -isystem $(B)
COMMON := -std=gnu11 -g $(WARN) -D_GNU_SOURCE -DSIPXDP_VERSION='"$(VERSION)"' $(INCLUDES)
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS ?= -O2
LDFLAGS ?=
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_FLAGS := -Wl,--as-needed -pie -Wl,-z,relro,-z,now
TEST_INCLUDES := -iquote tests/lib -iquote $(B)
DEPFLAGS = -MMD -MP -MF $(@:%=%.d)

MULTIARCH = $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_CFLAGS = -target bpf -mcpu=v3 -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wshadow -Wundef -Iinclude \
	$(if $(MULTIARCH),-I/usr/include/$(MULTIARCH))

# ---- V=1 shows the commands, otherwise one short line each

V ?= 0
ifeq ($(V),1)
Q :=
msg = @:
else
Q := @
msg = @printf '  %-6s %s\n' $(1) $(2)
endif

# ---- what there is to make

CTL_SRC := $(wildcard ctl/*.c)
CTL_LIB_SRC := $(filter-out ctl/main.c,$(CTL_SRC))
# Unit tests have no kernel and so no skeleton: what they need of ctl/bpf.h they bring along.
UNIT_LIB_SRC := $(filter-out ctl/bpf.c,$(CTL_LIB_SRC))
HELP_SRC := $(wildcard tests/lib/*.c)

BPF_OBJ := $(patsubst bpf/%.c,$(B)/%.o,$(wildcard bpf/*.bpf.c))
TEST_BPF_SRC := $(wildcard tests/prog/*.bpf.c tests/bench/*.bpf.c)
TEST_BPF_OBJ := $(addprefix $(B)/tests/,$(notdir $(TEST_BPF_SRC:.c=.o)))
UNIT := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/unit/*_test.c))
UNIT_PLAIN := $(UNIT:$(B)/tests/unit/%=$(B)/tests/plain/%)
PROG := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/prog/*_test.c))
BENCH := $(patsubst tests/%.c,$(B)/tests/%,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))
FUZZ := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/fuzz/*.c))
E2E := $(wildcard tests/e2e/*.sh)
E2E_HELP := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/e2e/*.c))
CTL := $(if $(wildcard ctl/main.c),$(B)/dispatchctl)

# The same program by every clang that is installed, as build/clang14/x.bpf.o. (`if`, because make takes a last exit
# status of 127, dash's for a missing command, as a failure of the whole.)
CLANGS := $(shell for n in 14 15 16 17 18 19 20 21; do if command -v clang-$$n >/dev/null; then echo $$n; fi; done)
ALL_CLANGS_OBJ := $(foreach n,$(CLANGS),$(BPF_OBJ:$(B)/%=$(B)/clang$(n)/%) $(TEST_BPF_OBJ:$(B)/tests/%=$(B)/clang$(n)/%))

.PHONY: all rules deps demo test check check-root bench bench-quick bench-vm bench-keep count compare matrix spread storm soak fuzz valgrind lint format install uninstall clean help \
	tests-unit tests-plain tests-root clangs FORCE
.SECONDARY:

all: $(BPF_OBJ) $(CTL) ## build dispatchctl and the XDP program (default)
	@:

deps: ## install what is missing to build and test (shown first; DEPS=no declines)
	$(Q)scripts/deps.sh build lab test

demo: ## build, then run sipp calls through the kernel in namespaces of its own (root)
	$(Q)scripts/deps.sh build lab
	$(Q)scripts/deps.sh --root demo
	$(Q)$(MAKE) all $(B)/tests/pass.bpf.o $(B)/tests/bench.bpf.o $(BENCH)
	$(Q)tests/demo/demo.sh

test: deps ## deps, all, and every test; ends with `N passed, N failed, N skipped`
	$(Q)$(MAKE) all tests-unit tests-root $(FUZZ)
	$(Q)tests/run --rules $(UNIT) tests/fuzz/all --root $(PROG) $(E2E)

check: tests-unit ## the tests that need no root: unit and corpus
	$(Q)tests/run $(UNIT)

check-root: ## the tests that need root: XDP program by test run, and end to end
	$(Q)scripts/deps.sh --root check-root
	$(Q)$(MAKE) all tests-root
	$(Q)tests/run --root $(PROG) $(E2E)

# The same as build/rules.txt, made by `make test` as its last test.
rules: ## which test proves which SIP rule, and what became of it when it last ran
	$(Q)tests/rules.sh

tests-unit: $(UNIT)
	@:
tests-plain: $(UNIT_PLAIN)
	@:
tests-root: $(PROG) $(E2E_HELP) $(TEST_BPF_OBJ) clangs
	@:
clangs: $(ALL_CLANGS_OBJ)
	@:

bench: ## what a packet costs: by test run for every clang, and live beside the kernel, nftables, Kamailio (root, about 10 min)
	$(Q)scripts/deps.sh build lab test bench
	$(Q)scripts/deps.sh --root bench
	$(Q)$(MAKE) all $(BENCH) $(TEST_BPF_OBJ) clangs
	$(Q)tests/bench/hot.sh
	$(Q)tests/bench/live.sh

bench-quick: ## whether the live part of bench works, one short round: its numbers mean nothing (root, about 2 min)
	$(Q)scripts/deps.sh build lab test bench
	$(Q)scripts/deps.sh --root bench
	$(Q)$(MAKE) all $(BENCH) $(TEST_BPF_OBJ)
	$(Q)BENCH_QUICK=1 tests/bench/live.sh

bench-vm: ## IPVS with --pe sip beside us, the kernel and nftables, on Debian 12's kernel (root, virtual machine, about 15 min)
	$(Q)scripts/deps.sh build lab test vm
	$(Q)scripts/deps.sh --root bench-vm
	$(Q)$(MAKE) all $(B)/tests/bench/live $(TEST_BPF_OBJ)
	$(Q)tests/vm/live.sh

count: ## how many instructions a packet takes, the same on every machine (root, virtual machine, about 2 min)
	$(Q)scripts/deps.sh build test vm
	$(Q)scripts/deps.sh --root count
	$(Q)$(MAKE) clangs $(B)/tests/bench/bench
	$(Q)tests/vm/count.sh $(CLANGS:%=clang%)

bench-keep: ## copy what the last bench wrote to tests/bench/results, for README
	$(Q)tests/bench/live.sh --keep

compare: ## the pings beside those of the real Kamailio 5.6: a table (root, about 90 s)
	$(Q)scripts/deps.sh --root compare
	$(Q)$(MAKE) all $(B)/tests/pass.bpf.o
	$(Q)tests/compare/pings.sh

matrix: ## objects of all compilers on this kernel and, in virtual machines, on those of Debian 12 (root, about 15 min)
	$(Q)scripts/deps.sh build lab test vm
	$(Q)scripts/deps.sh --root matrix
	$(Q)$(MAKE) all tests-root $(B)/tests/vm/verify
	$(Q)tests/vm/matrix.sh $(CLANGS:%=$(B)/clang%/dispatch.bpf.o)
	$(Q)tests/vm/devices.sh

compare-load: ## 10,000 calls by call load: our count and the real Kamailio's against the answerers' (root, about 4 min)
	$(Q)scripts/deps.sh --root compare
	$(Q)$(MAKE) all $(B)/tests/pass.bpf.o
	$(Q)LOAD_CALLS=10000 LOAD_RATE=400 tests/e2e/load.sh
	$(Q)tests/compare/load.sh

spread: $(B)/tests/bench/spread ## how evenly Call-IDs spread, what moves, beside Kamailio's and OpenSIPS's formulas
	$(Q)$(B)/tests/bench/spread $(or $(SIPXDP_CORPUS),../shared/corpus)

storm: ## 20 kills, 600 reloads at 10 a second and 100 upgrades of the daemon under 200 calls/s (root, about 5 min)
	$(Q)scripts/deps.sh --root test
	$(Q)$(MAKE) all $(TEST_BPF_OBJ)
	$(Q)LAB_LIMIT=900 STORM_RELOADS=600 STORM_UPGRADES=100 tests/e2e/daemon.sh kill-storm reload-storm upgrade-storm

soak: ## calls while daemons are killed, lists change, destinations die and rubbish comes in: T seconds (default 120; root)
	$(Q)scripts/deps.sh --root test
	$(Q)$(MAKE) all $(E2E_HELP) $(TEST_BPF_OBJ)
	$(Q)SOAK_SECONDS=$(or $(T),120) tests/soak/soak.sh

fuzz: $(FUZZ) ## run every fuzzer for T seconds (default 60), two at a time, and say what they covered
	$(Q)scripts/fuzz.sh $(or $(T),60) $(FUZZ)

valgrind: ## unit tests, built without sanitizers, and dispatchctl under valgrind
	$(Q)scripts/deps.sh build test valgrind
	$(Q)$(MAKE) all tests-plain
	$(Q)scripts/valgrind.sh $(UNIT_PLAIN)

lint: ## check format, shell scripts, house rules, and what cppcheck finds
	$(Q)scripts/lint.sh

format: ## rewrite the C files to .clang-format
	$(Q)scripts/lint.sh --format

# Every file that install makes. Units, tmpfiles and completion lie where systemd and bash look for them below /usr and
# /usr/local alike. Nothing is written over what an administrator edits: the samples are called so.
INSTALLED = $(SBIN)/dispatchctl $(LIB)/sipxdp/dispatch.bpf.o $(UNITS)/sipxdp.service $(UNITS)/sipxdp@.service \
	$(LIB)/tmpfiles.d/sipxdp.conf $(COMPLETIONS)/dispatchctl $(patsubst man/%,$(MAN)/man5/%,$(wildcard man/*.5)) \
	$(patsubst man/%,$(MAN)/man8/%,$(wildcard man/*.8)) $(SAMPLES:dist/%=$(EXAMPLES)/%) \
	$(SAMPLES:dist/%=$(ETC)/%.sample) $(USES:dist/examples/%=$(EXAMPLES)/uses/%)
# Directories that are ours, or that a system need not have; deepest first.
INSTALLED_DIRS = $(LIB)/sipxdp $(UNITS) $(LIB)/systemd $(LIB)/tmpfiles.d $(COMPLETIONS) $(DATA)/bash-completion \
	$(MAN)/man5 $(MAN)/man8 $(EXAMPLES)/uses $(EXAMPLES) $(DATA)/doc/sipxdp $(ETC)

SBIN = $(DESTDIR)$(PREFIX)/sbin
LIB = $(DESTDIR)$(PREFIX)/lib
DATA = $(DESTDIR)$(PREFIX)/share
MAN = $(DATA)/man
UNITS = $(LIB)/systemd/system
COMPLETIONS = $(DATA)/bash-completion/completions
EXAMPLES = $(DATA)/doc/sipxdp/examples
ETC = $(DESTDIR)$(SYSCONFDIR)/sipxdp
SAMPLES := $(wildcard dist/dispatchctl.conf dist/dispatcher.list)
USES := $(wildcard dist/examples/*)

# put MODE,SOURCE,TARGET
define put
$(call msg,INST,$(3))
$(Q)install -D -m $(1) $(2) $(3)
endef

# unit CONF,OF,TARGET
define unit
$(call msg,INST,$(3))
$(Q)install -d $(dir $(3))
$(Q)sed -e 's|@SBINDIR@|$(PREFIX)/sbin|; s|@CONF@|$(SYSCONFDIR)/sipxdp/$(1)|; s|@OF@|$(2)|' dist/sipxdp.service.in >$(3)
$(Q)chmod 644 $(3)
endef

install: all ## install program, man pages, completion, units and samples (DESTDIR, PREFIX, SYSCONFDIR)
	$(call put,755,$(B)/dispatchctl,$(SBIN)/dispatchctl)
	$(call put,644,$(B)/dispatch.bpf.o,$(LIB)/sipxdp/dispatch.bpf.o)
	$(call unit,dispatchctl.conf,,$(UNITS)/sipxdp.service)
	$(call unit,%i.conf, (%i),$(UNITS)/sipxdp@.service)
	$(call put,644,dist/sipxdp.tmpfiles,$(LIB)/tmpfiles.d/sipxdp.conf)
	$(call put,644,dist/dispatchctl.bash-completion,$(COMPLETIONS)/dispatchctl)
	$(Q)install -d $(MAN)/man5 $(MAN)/man8 $(EXAMPLES)/uses $(ETC)
	$(call msg,INST,$(MAN))
	$(Q)for f in $(wildcard man/*.[58]); do install -m 644 $$f $(MAN)/man$${f##*.}/; done
	$(call msg,INST,$(ETC))
	$(Q)for f in $(SAMPLES); do install -m 644 $$f $(EXAMPLES)/; install -m 644 $$f $(ETC)/$${f#dist/}.sample; done
	$(Q)install -m 644 $(USES) $(EXAMPLES)/uses/

uninstall: ## remove what install put there, and the directories that are empty then
	$(call msg,RM,$(SBIN)/dispatchctl and what belongs to it)
	$(Q)rm -f $(INSTALLED)
	$(Q)for d in $(INSTALLED_DIRS); do \
		if [ -d $$d ]; then rmdir --ignore-fail-on-non-empty $$d; fi; done

clean: ## remove build/
	$(Q)rm -rf $(B)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

# ---- stamps: what is not a file but changes what is built

# One sentence with the remedy instead of a compiler's complaint.
$(B)/tools.stamp: scripts/deps.sh
	@scripts/deps.sh --check build
	@mkdir -p $(B) && touch $@

define stamp
@mkdir -p $(@D)
@printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' >$@
endef

$(B)/cc.stamp: FORCE | $(B)/tools.stamp
	$(call stamp,$(CC) $(CFLAGS) $(COMMON) $(GCC_WARN) $(SAN_WARN) $(HARDEN) $(LDFLAGS))

$(B)/clang.stamp: FORCE | $(B)/tools.stamp
	@command -v $(CLANG) >/dev/null || \
		{ echo "sipxdp: there is no $(CLANG); remedy: make deps, or CLANG= with one that is here" >&2; exit 1; }
	$(call stamp,$(CLANG) $(BPF_CFLAGS))

# ---- XDP programs

define bpf_compile
$(call msg,BPF,$@)
@mkdir -p $(@D)
$(Q)$(1) $(BPF_CFLAGS) $(DEPFLAGS) -c $< -o $@
endef

$(B)/%.bpf.o: bpf/%.bpf.c $(B)/clang.stamp
	$(call bpf_compile,$(CLANG))

$(B)/tests/%.bpf.o: tests/prog/%.bpf.c $(B)/clang.stamp
	$(call bpf_compile,$(CLANG))

$(B)/tests/%.bpf.o: tests/bench/%.bpf.c $(B)/clang.stamp
	$(call bpf_compile,$(CLANG))

define clang_rules
$(B)/clang$(1)/%.bpf.o: bpf/%.bpf.c $(B)/clang.stamp
	$$(call bpf_compile,clang-$(1))
$(B)/clang$(1)/%.bpf.o: tests/prog/%.bpf.c $(B)/clang.stamp
	$$(call bpf_compile,clang-$(1))
$(B)/clang$(1)/%.bpf.o: tests/bench/%.bpf.c $(B)/clang.stamp
	$$(call bpf_compile,clang-$(1))
endef
$(foreach n,$(CLANGS),$(eval $(call clang_rules,$(n))))

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* >$@

# ---- dispatchctl

define compile
$(call msg,CC,$@)
@mkdir -p $(@D)
$(Q)$(CC) $(CFLAGS) $(COMMON) $(GCC_WARN) $(PKGS_CFLAGS) $(1) $(DEPFLAGS) -c $< -o $@
endef

define link
$(call msg,LD,$@)
$(Q)$(CC) $(CFLAGS) $(1) $(filter %.o %.a,$^) $(2) $(LDFLAGS) -o $@
endef

define archive
$(call msg,AR,$@)
@mkdir -p $(@D)
$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
endef

$(B)/ctl/%.o: ctl/%.c $(B)/cc.stamp
	$(call compile,$(HARDEN))

$(B)/ctl/bpf.o: $(B)/dispatch.skel.h

$(B)/libctl.a: $(CTL_LIB_SRC:%.c=$(B)/%.o)
	$(call archive)

$(B)/dispatchctl: $(B)/ctl/main.o $(B)/libctl.a
	$(call link,$(LINK_FLAGS),$(PKGS_LIBS))

# ---- tests: unit ones with sanitizers throughout, those with the kernel as shipped

$(B)/san/%.o: %.c $(B)/cc.stamp
	$(call compile,-O1 $(TEST_INCLUDES) $(SAN) $(SAN_WARN))

$(B)/plain/%.o: %.c $(B)/cc.stamp
	$(call compile,$(TEST_INCLUDES) -fPIE)

$(B)/plain/tests/unit/%.o: tests/unit/%.c $(B)/cc.stamp
	$(call compile,$(TEST_INCLUDES) $(SAN_WARN) -fPIE)

$(B)/san/libctl.a: $(UNIT_LIB_SRC:%.c=$(B)/san/%.o) $(HELP_SRC:%.c=$(B)/san/%.o)
	$(call archive)

$(B)/plain/libhelp.a: $(HELP_SRC:%.c=$(B)/plain/%.o)
	$(call archive)

$(B)/plain/libunit.a: $(UNIT_LIB_SRC:%.c=$(B)/%.o) $(HELP_SRC:%.c=$(B)/plain/%.o)
	$(call archive)

$(B)/tests/plain/%: $(B)/plain/tests/unit/%.o $(B)/plain/libunit.a
	@mkdir -p $(@D)
	$(call link,-pie,$(PKGS_LIBS) -lcmocka)

$(B)/tests/unit/%: $(B)/san/tests/unit/%.o $(B)/san/libctl.a
	@mkdir -p $(@D)
	$(call link,$(SAN) -Wl$(comma)--as-needed,$(PKGS_LIBS) -lcmocka)

$(B)/tests/prog/%: $(B)/plain/tests/prog/%.o $(B)/plain/libhelp.a $(B)/libctl.a
	@mkdir -p $(@D)
	$(call link,$(LINK_FLAGS),$(PKGS_LIBS) -lcmocka)

$(B)/tests/bench/%: $(B)/plain/tests/bench/%.o $(B)/plain/libhelp.a $(B)/libctl.a
	@mkdir -p $(@D)
	$(call link,$(LINK_FLAGS),$(PKGS_LIBS) -lm)

$(B)/tests/e2e/%: $(B)/plain/tests/e2e/%.o
	@mkdir -p $(@D)
	$(call link,$(LINK_FLAGS),)

$(B)/tests/vm/%: $(B)/plain/tests/vm/%.o $(B)/libctl.a
	@mkdir -p $(@D)
	$(call link,$(LINK_FLAGS),$(PKGS_LIBS))

comma := ,

# ---- fuzzers: clang's, with the sources compiled for them

# What clang warns of and gcc does not: const cast away in the kernel's netlink macros, format passed on.
FUZZ_FLAGS := -Wno-cast-qual -Wno-format-nonliteral -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

$(B)/fuzz/obj/%.o: %.c $(B)/cc.stamp $(B)/clang.stamp
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -O1 $(COMMON) $(PKGS_CFLAGS) $(TEST_INCLUDES) $(FUZZ_FLAGS) $(DEPFLAGS) -c $< -o $@

$(B)/fuzz/obj/libctl.a: $(UNIT_LIB_SRC:%.c=$(B)/fuzz/obj/%.o)
	$(call archive)

$(B)/tests/fuzz/%: $(B)/fuzz/obj/tests/fuzz/%.o $(B)/fuzz/obj/libctl.a
	$(call msg,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined $(filter %.o %.a,$^) -Wl,--as-needed $(PKGS_LIBS) -o $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)
