#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# valgrind.sh TEST...: run unit tests that were built without sanitizers, and dispatchctl with what needs no kernel, under
# valgrind; an error or a leak fails. One line for each, as tests/run counts them; logs in build/valgrind.
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1
LOG=build/valgrind
JOBS=${VALGRIND_JOBS:-2}
GRIND=(valgrind -q --error-exitcode=99 --leak-check=full "--errors-for-leak-kinds=definite,indirect" --num-callers=20)
# two tests do not work under it, and say so as skipped
export UNDER_VALGRIND=1
rm -rf "$LOG"
mkdir -p "$LOG"
trap 'kill $(jobs -p) 2>/dev/null' EXIT

# ground NAME COMMAND...: what valgrind says of it. The command's own failure counts as one, too, if ALLOW is not its status.
ground() {
	local name=$1 rc more=()

	# children that a test makes end with what they inherited, which is no leak
	[[ $name != hook_test ]] || more=(--leak-check=no)
	"${GRIND[@]}" "${more[@]}" "${@:2}" >"$LOG/$name.log" 2>&1 </dev/null
	rc=$?
	if ((rc == 0 || rc == ${ALLOW:-0})); then
		echo "ok valgrind $name"
	else
		echo "not ok valgrind $name: exit status $rc, $(grep -am1 '^==' "$LOG/$name.log")"
		: >"$LOG/failed"
	fi
}

soon() {
	while (($(jobs -pr | wc -l) >= JOBS)); do
		wait -n
	done
	ground "$@" &
}

for test in "$@"; do
	soon "${test##*/}" "$test"
done
for conf in dist/examples/*.conf dist/dispatchctl.conf; do
	name=${conf##*/}
	ALLOW=1 soon "check-${name%.conf}" build/dispatchctl check --no-dns -c "$conf"
done
message=$LOG/message
printf '%s\r\n' "INVITE sip:bob@example.com SIP/2.0" "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bKx;rport" \
	"Max-Forwards: 70" "From: <sip:alice@example.com>;tag=1" "To: <sip:bob@example.com>" "Call-ID: one" \
	"CSeq: 1 INVITE" "Content-Length: 0" "" >"$message"
for conf in dist/examples/*.conf; do
	name=${conf##*/}
	ALLOW=1 soon "route-${name%.conf}" build/dispatchctl route -c "$conf" --path user --from 192.0.2.20:5062 "$message"
done
wait
n=$(find "$LOG" -name '*.log' | wc -l)
if [[ -e $LOG/failed ]]; then
	echo "$n under valgrind, something found: $LOG"
	exit 1
fi
echo "$n under valgrind, nothing found"
