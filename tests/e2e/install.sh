#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make install and uninstall, below a directory of their own: every file is there
# and fit for use, nothing of an administrator's is touched, nothing is left. Needs
# no root.
set -u

TOP=$(cd "$(dirname "$0")/../.." && pwd)
DIR=$(mktemp -d)
BAD=0
trap 'rm -rf "$DIR"' EXIT
cd "$TOP" || exit 1

ok() {
	echo "ok $1"
}

not_ok() {
	echo "not ok $1: ${*:2}"
	BAD=1
}

# check NAME WHY COMMAND...: ok if the command succeeds.
check() {
	if "${@:3}"; then
		ok "$1"
	else
		not_ok "$1" "$2"
	fi
}

quietly() {
	"$@" >/dev/null 2>&1
}

# What an outer make hands down is not meant for this one.
make_it() {
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MAKELEVEL make "$@" >"$DIR/make.log" 2>&1
}

# expected PREFIX SYSCONFDIR: every file, as a packager would list them.
expected() {
	local page sample

	printf '%s\n' "$1"/sbin/dispatchctl "$1"/lib/sipxdp/dispatch.bpf.o "$1"/lib/systemd/system/sipxdp{,@}.service \
		"$1"/lib/tmpfiles.d/sipxdp.conf "$1"/share/bash-completion/completions/dispatchctl
	for page in man/*; do
		echo "$1/share/man/man${page##*.}/${page#man/}"
	done
	for sample in dispatchctl.conf dispatcher.list; do
		[[ ! -f dist/$sample ]] || printf '%s\n' "$1/share/doc/sipxdp/examples/$sample" "$2/sipxdp/$sample.sample"
	done
	for sample in dist/examples/*; do
		echo "$1/share/doc/sipxdp/examples/uses/${sample##*/}"
	done
}

installed() {
	(cd "$1" && find . -type f | sed 's/^\.//' | sort)
}

# round NAME PREFIX SYSCONFDIR [VARIABLE=VALUE...]
round() {
	local name=$1 root=$DIR/$1 prefix=$2 etc=$3 mine=$DIR/$1$3/sipxdp/dispatchctl.conf file why

	shift 3
	if ! make_it install DESTDIR="$root" "$@"; then
		not_ok "$name-install" "$(tail -n 1 "$DIR/make.log")"
		return
	fi
	why=$(diff <(expected "$prefix" "$etc" | sort) <(installed "$root") | grep '^[<>]' | tr '\n' ' ')
	check "$name-files" "$why" test -z "$why"
	why=$(find "$root" -type f \( -empty -o ! -path '*/sbin/*' ! -perm 644 -o -path '*/sbin/*' ! -perm 755 \))
	check "$name-modes" "empty, or of another mode: $why" test -z "$why"
	check "$name-runs" "it does not" quietly "$root$prefix/sbin/dispatchctl" version
	check "$name-object" "it is another" cmp -s build/dispatch.bpf.o "$root$prefix/lib/sipxdp/dispatch.bpf.o"
	why=$(grep -nE '@[A-Z]+@' -r "$root$prefix/lib/systemd")
	check "$name-units-filled-in" "$why" test -z "$why"
	file=$root$prefix/lib/systemd/system/sipxdp
	check "$name-unit-runs" "no such ExecStart" \
		grep -qx "ExecStart=$prefix/sbin/dispatchctl run -c $etc/sipxdp/dispatchctl.conf" "$file.service"
	check "$name-unit-of-instance-runs" "no such ExecStart" \
		grep -qx "ExecStart=$prefix/sbin/dispatchctl run -c $etc/sipxdp/%i.conf" "$file@.service"

	echo mine >"$mine"
	check "$name-again" "$(tail -n 1 "$DIR/make.log")" make_it install DESTDIR="$root" "$@"
	check "$name-configuration-kept" "it is another" grep -qx mine "$mine"
	check "$name-uninstall" "$(tail -n 1 "$DIR/make.log")" make_it uninstall DESTDIR="$root" "$@"
	why=$(installed "$root")
	check "$name-leaves-only-mine" "$why" test "$why" = "$etc/sipxdp/dispatchctl.conf"
	rm -f "$mine"
	check "$name-uninstall-again" "$(tail -n 1 "$DIR/make.log")" make_it uninstall DESTDIR="$root" "$@"
	# What any system has is not ours to remove.
	why=$(find "$root" -mindepth 1 ! -path "$root$prefix" ! -path "$root$etc" ! -path "$root$prefix/sbin" \
		! -path "$root$prefix/lib" ! -path "$root$prefix/share" ! -path "$root$prefix/share/man" \
		! -path "$root$prefix/share/doc" | while read -r file; do
		[[ $root$prefix/ == "$file"/* || $root$etc/ == "$file"/* ]] || echo "$file"
	done)
	check "$name-leaves-nothing" "$why" test -z "$why"
}

# Units are verified where ExecStart finds what it names.
units() {
	local prefix=$DIR/verify/usr unit why

	if ! command -v systemd-analyze >/dev/null; then
		echo "skip units-verify: no systemd-analyze"
		return
	fi
	make_it install PREFIX="$prefix" SYSCONFDIR="$DIR/verify/etc"
	for unit in sipxdp.service sipxdp@.service; do
		# pages that are not installed for man are not the unit's fault
		why=$(systemd-analyze verify --man=no "$prefix/lib/systemd/system/$unit" 2>&1 | grep -F sipxdp | head -n 3)
		check "units-verify-$unit" "$why" test -z "$why"
	done
}

tmpfiles() {
	local why

	if ! command -v systemd-tmpfiles >/dev/null; then
		echo "skip tmpfiles: no systemd-tmpfiles"
		return
	fi
	install -D dist/sipxdp.tmpfiles "$DIR/tmpfiles/etc/tmpfiles.d/sipxdp.conf"
	why=$(systemd-tmpfiles --create --root="$DIR/tmpfiles" sipxdp.conf 2>&1 | head -n 3)
	why+=$(cd "$DIR/tmpfiles" && stat -c ' %n %a' run/sipxdp var/lib/sipxdp 2>&1)
	check tmpfiles "$why" test "$why" = $' run/sipxdp 755\n var/lib/sipxdp 700'
}

pages() {
	local page why

	if ! command -v mandoc >/dev/null; then
		echo "skip pages-lint: no mandoc"
		return
	fi
	for page in man/*; do
		why=$(mandoc -T lint -W warning "$page" 2>&1 | head -n 3 | tr '\n' ' ')
		check "pages-lint-${page#man/}" "$why" test -z "$why"
	done
}

# complete WORD...: what bash would offer for the last word of `dispatchctl WORD...`.
complete_words() (
	# shellcheck source=/dev/null
	. dist/dispatchctl.bash-completion
	COMP_WORDS=(dispatchctl "$@")
	COMP_CWORD=$#
	_dispatchctl build/dispatchctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}"
)

# offers NAME WANT WORD...
offers() {
	local got

	got=$(complete_words "${@:3}" | tr '\n' ' ')
	check "completion-$1" "'${*:3}' is completed by '$got'" test "$got" = "$2"
}

completion() {
	local command want got

	want=$(build/dispatchctl help | sed -nE 's/^  ([a-z-]+) .*/\1/p' | sort)
	got=$(complete_words '' | sort)
	check completion-commands "it offers $(tr '\n' ' ' <<<"$got")" test -n "$want" -a "$got" = "$want"
	for command in $want; do
		[[ $command != help && $command != version ]] || continue
		want=$(build/dispatchctl help "$command" | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort)
		got=$(complete_words "$command" -- | sort)
		check "completion-$command" "it offers $(tr '\n' ' ' <<<"$got")" test -n "$want" -a "$got" = "$want"
	done
	offers one-command 'reload ' rel
	offers value 'proxy nat dsr ipip shield ' attach --mode ''
	offers value-begun 'nat ' attach --mode n
	offers value-after-equals 'nat ' attach --mode = n
	offers file "man/dispatchctl.8 " attach --file man/dispatchctl.8
	offers short-option 'man/dispatchctl.8 ' attach -f man/dispatchctl.8
	offers number ' ' attach --calls ''
	offers interface 'lo ' attach lo
	offers second-interface 'eth9,lo ' attach eth9,lo
	offers help-of-command 'detach ' help det
	offers unknown-command ' ' sideways --
}

if [[ ! -x build/dispatchctl ]]; then
	echo "not ok install: no build/dispatchctl; remedy: make"
	exit 1
fi
round local /usr/local /etc
round usr /usr /etc PREFIX=/usr
round opt /opt/sipxdp /opt/sipxdp/etc PREFIX=/opt/sipxdp SYSCONFDIR=/opt/sipxdp/etc
units
tmpfiles
pages
completion
exit "$BAD"
