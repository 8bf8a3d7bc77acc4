#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lint.sh: what can be said about the sources without running them.
# lint.sh --format: rewrite the C files to .clang-format instead.
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1
BAD=0
mapfile -t C_FILES < <(git ls-files -co --exclude-standard -- '*.c' '*.h')

# say WHAT OUTPUT: no output is good.
say() {
	if [[ -z $2 ]]; then
		printf '  LINT   %s\n' "$1"
	else
		printf '  LINT   %s: NO\n' "$1"
		printf '         %s\n' "${2//$'\n'/$'\n'         }"
		BAD=1
	fi
}

first_of() {
	local name

	for name in "$@"; do
		if command -v "$name"; then
			return
		fi
	done
	return 1
}

# tool NAME REMEDY: a tool that is not there is said, not passed over.
missing() {
	printf '  LINT   skip: no %s; remedy: apt-get install %s\n' "$1" "$1"
}

lint_format() {
	local tool

	tool=$(first_of clang-format-14 clang-format clang-format-19) || {
		missing clang-format
		return
	}
	say format "$("$tool" --dry-run "${C_FILES[@]}" 2>&1 | grep 'clang-format-violations' | cut -d: -f1 | sort | uniq -c)"
}

lint_shell() {
	local files

	command -v shellcheck >/dev/null || {
		missing shellcheck
		return
	}
	mapfile -t files < <(git grep -lE --untracked '^#!/bin/(ba)?sh' -- scripts tests .ci)
	say shellcheck "$(shellcheck -x "${files[@]}" 2>&1)"
}

# ctuuninitvar takes the address of an uninitialised struct, passed to be filled in, for a use of it.
lint_cppcheck() {
	command -v cppcheck >/dev/null || {
		missing cppcheck
		return
	}
	say cppcheck "$(cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=0 \
		-Iinclude -Ictl -D__BYTE_ORDER__=1234 -D__ORDER_LITTLE_ENDIAN__=1234 \
		--suppress=missingInclude --suppress=unknownMacro --suppress=ctuuninitvar ctl 2>&1)"
}

lint_house() {
	say "only include/port.h knows which world it is in" \
		"$(grep -nE '^\s*#\s*(el)?if.*__(bpf|BPF)__' -r include bpf ctl tests --include='*.[ch]' | grep -v '^include/port\.h:')"
	say "only ctl/bpf.c includes the skeleton" \
		"$(grep -nE '#include.*\.skel\.h' -r include bpf ctl tests --include='*.[ch]' | grep -v '^ctl/bpf\.c:')"
	say "bpf/ and ctl/ do not include each other, include/ neither" \
		"$(grep -nE '#include "([./]*/)?bpf/' -r ctl include
		grep -nE '#include "([./]*/)?ctl/' -r bpf include)"
	say "nothing includes tests/" "$(grep -nE '#include "[^"]*tests/' -r bpf ctl include)"
	say "every source says its licence" "$(git ls-files -co --exclude-standard -- '*.c' '*.h' '*.sh' Makefile .ci tests/run |
		xargs -r grep -L 'SPDX-License-Identifier: GPL-2.0-or-later')"
	say "every header has its guard" "$(git ls-files -co --exclude-standard -- '*.h' | xargs -r grep -L '^#ifndef ')"
}

if [[ ${1:-} == --format ]]; then
	tool=$(first_of clang-format-14 clang-format clang-format-19) || {
		missing clang-format
		exit 1
	}
	"$tool" -i "${C_FILES[@]}"
	exit
fi
lint_house
lint_format
lint_shell
lint_cppcheck
exit "$BAD"
