#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# matrix.sh OBJECT... - the objects of every compiler on the kernels that Debian 12 packages, in virtual machines without
# KVM, and on the running kernel: whether they load, how many instructions the verifier went through against the
# recorded ceiling (tests/vm/ceilings.tsv), how long it took, and whether the tests of packets pass there. Kernels are
# downloaded and unpacked below build/vm; nothing is installed.
set -euo pipefail

TOP=$(cd "$(dirname "$0")/../.." && pwd)
VM=$TOP/build/vm
PACKAGES=${MATRIX_KERNELS-linux-image-cloud-amd64 linux-image-6.12-cloud-amd64}
TESTS=${MATRIX_TESTS-proxy_test response_test nat_test reply_test pick_test direct_test dialog_test failover_test routes_test actions_test redirect_test}
MODULES="veth 8021q"
LIMIT=${MATRIX_LIMIT:-900}
bad=0

die() {
	echo "matrix: $*" >&2
	exit 1
}

# The package that a meta-package stands for.
resolve() {
	local name

	name=$(apt-cache depends "$1" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[[ -n $name ]] || name=$1
	echo "$name"
}

# fetch PACKAGE: unpacked below build/vm; prints where.
fetch() {
	local name dir

	name=$(resolve "$1")
	dir=$VM/$name
	if [[ ! -d $dir/boot ]]; then
		echo "matrix: downloading $name" >&2
		rm -rf "$dir" "$VM/download"
		mkdir -p "$VM/download"
		(cd "$VM/download" && apt-get -q download "$name" >/dev/null 2>"$VM/download.err") ||
			die "cannot download $name: $(tail -n 1 "$VM/download.err"); remedy: apt-get update"
		mkdir -p "$dir"
		dpkg -x "$VM"/download/*.deb "$dir"
		rm -rf "$VM/download"
	fi
	echo "$dir"
}

# module DIR NAME: it and what it depends on, in the order of loading, into the root below $root.
module() {
	local file depends one

	[[ ! -e $root/modules/$2.ko ]] || return 0
	file=$(find "$1/lib/modules" -name "$2.ko*" | head -n 1)
	[[ -n $file ]] || return 0
	if [[ $file == *.xz ]]; then
		xz -dc "$file" >"$root/modules/$2.ko"
	else
		cp "$file" "$root/modules/$2.ko"
	fi
	depends=$(tr '\0' '\n' <"$root/modules/$2.ko" | sed -n 's/^depends=//p' | head -n 1)
	for one in ${depends//,/ }; do
		module "$1" "$one"
	done
	echo "$2.ko" >>"$root/modules/order"
}

# A program and the libraries that it is linked with.
program() {
	local lib

	install -D "$1" "$root$2"
	ldd "$1" | grep -o '/[^ ]*' | while read -r lib; do
		[[ -e $root$lib ]] || install -D "$lib" "$root$lib"
	done
}

# image DIR OBJECT...: what the machine starts with.
image() {
	local root=$VM/root dir=$1 one

	shift
	rm -rf "$root"
	mkdir -p "$root"/{bin,dev,proc,sys,tmp,run,modules,sipxdp}
	: >"$root/modules/order"
	for one in $MODULES; do
		module "$dir" "$one"
	done
	install "$(command -v busybox)" "$root/bin/busybox"
	program "$(command -v ip)" /sbin/ip
	# busybox's own shell takes its own ip before any other
	program "$(command -v dash)" /bin/sh
	install "$TOP/tests/vm/init" "$root/init"
	program "$TOP/build/tests/vm/verify" /sipxdp/build/tests/vm/verify
	for one in $TESTS; do
		program "$TOP/build/tests/prog/$one" "/sipxdp/build/tests/prog/$one"
	done
	echo "$TESTS" >"$root/sipxdp/tests"
	for one in "$@" build/dispatch.bpf.o; do
		install -D "$TOP/$one" "$root/sipxdp/$one"
	done
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$VM/initrd"
}

# Reads what a machine (or this one) said: verified instructions against the ceiling, and tests.
table() {
	awk -v ceilings="$TOP/tests/vm/ceilings.tsv" -v kernel="$1" '
		BEGIN {
			while ((getline line < ceilings) > 0)
				if (line !~ /^#/ && split(line, part, "\t") == 2)
					ceiling[part[1]] = part[2]
		}
		{ sub(/\r$/, "") }
		/^matrix: kernel / { kernel = $3 }
		/^matrix: object / { split($3, path, "/"); clang = path[2]; sum = most = 0; over = "" }
		/^xdp_[a-z_]+ [0-9]+$/ {
			sum += $2
			if ($2 > most) { most = $2; which = $1 }
			if (!($1 in ceiling) || $2 > ceiling[$1]) over = over " " $1
		}
		/^load / { ms = $2 }
		/^matrix: loaded / {
			printf "| %s | %s | yes | %d | %d (%s) | %s | %s |\n", kernel, clang, sum, most, which, ms, over ? "over:" over : "kept"
			if (over) bad = 1
		}
		/^matrix: refused / { printf "| %s | %s | no | | | | |\n", kernel, clang; print > "/dev/stderr"; bad = 1 }
		/^matrix: test / { tests++; if ($4) { bad = 1; failed = failed " " $3 } else passed += $5 }
		/^matrix: end/ { ended = 1 }
		END {
			if (tests)
				printf "| %s | tests of packets: %d passed%s | | | | | |\n", kernel, passed, failed ? ", failed:" failed : ""
			exit bad || !ended
		}'
}

# Everything on the machine that PACKAGE is the kernel of.
machine() {
	local dir log

	dir=$(fetch "$1")
	image "$dir" "${@:2}"
	log=$VM/$(basename "$dir").log
	timeout "$LIMIT" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -nodefaults -display none \
		-no-reboot -serial stdio -kernel "$dir"/boot/vmlinuz-* -initrd "$VM/initrd" \
		-append "console=ttyS0 quiet panic=-1" </dev/null >"$log" 2>&1 || true
	table unknown <"$log" || {
		bad=1
		echo "matrix: see $log" >&2
	}
}

here() {
	local object

	{
		for object in "$@"; do
			echo "matrix: object $object"
			if "$TOP/build/tests/vm/verify" "$TOP/$object" 2>"$VM/here.err"; then
				echo "matrix: loaded $object"
			else
				echo "matrix: refused $object: $(tail -n 1 "$VM/here.err")"
			fi
		done
		echo "matrix: end"
	} | table "$(uname -r)" || bad=1
}

[[ $# -gt 0 ]] || die "no OBJECT; remedy: make matrix"
mkdir -p "$VM"
cat <<-'EOF'
	| kernel | compiler | loads | verified instructions | most of one program | load, ms | ceilings |
	|---|---|---|---:|---:|---:|---|
EOF
here "$@"
for package in $PACKAGES; do
	machine "$package" "$@"
done
exit "$bad"
