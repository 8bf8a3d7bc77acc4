#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# matrix.sh OBJECT... - the objects of every compiler on the kernels that Debian 12 packages, in virtual machines without
# KVM, and on the running kernel: whether they load, as they are and as they are where packets are spread over
# CPUs, how many instructions the verifier went through against the recorded ceiling (tests/vm/ceilings.tsv), how long it
# took, and whether the tests of packets pass there. Kernels are downloaded and unpacked below build/vm; nothing is
# installed.
set -euo pipefail

VM_WHO=matrix
. "$(dirname "$0")/machine.sh"
PACKAGES=${MATRIX_KERNELS-linux-image-cloud-amd64 linux-image-6.12-cloud-amd64}
TESTS=${MATRIX_TESTS-proxy_test response_test nat_test reply_test pick_test direct_test dialog_test failover_test routes_test actions_test redirect_test spread_test}
LIMIT=${MATRIX_LIMIT:-1800}
bad=0

# image DIR OBJECT...: loads the objects and runs the tests.
image() {
	local one

	image_begin "$1" veth 8021q
	program "$TOP/build/tests/vm/verify" /sipxdp/build/tests/vm/verify
	for one in $TESTS; do
		program "$TOP/build/tests/prog/$one" "/sipxdp/build/tests/prog/$one"
	done
	echo "$TESTS" >"$root/sipxdp/tests"
	for one in "${@:2}" build/dispatch.bpf.o; do
		install -D "$TOP/$one" "$root/sipxdp/$one"
	done
	image_end "$TOP/tests/vm/matrix.run"
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
		/^machine: kernel / { kernel = $3 }
		/^matrix: object / { split($3, path, "/"); clang = path[2] ($4 ? ", " $4 : ""); sum = most = 0; over = "" }
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
		/^machine: end/ { ended = 1 }
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
	start "$dir" "$LIMIT" -accel tcg,thread=multi -smp 2 >"$log"
	table unknown <"$log" || {
		bad=1
		echo "matrix: see $log" >&2
	}
}

here() {
	local object how

	{
		for object in "$@"; do
			for how in "" spread; do
				echo "matrix: object $object $how"
				if "$TOP/build/tests/vm/verify" "$TOP/$object" ${how:+"$how"} 2>"$VM/here.err"; then
					echo "matrix: loaded $object"
				else
					echo "matrix: refused $object: $(tail -n 1 "$VM/here.err")"
				fi
			done
		done
		echo "machine: end"
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
