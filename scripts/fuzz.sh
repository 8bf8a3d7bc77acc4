#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fuzz.sh SECONDS FUZZER...: run each fuzzer in turn. What it finds and learns is
# kept in build/fuzz/NAME. Seeds: tests/fuzz/seeds/NAME, and for sip_* the corpus.
set -euo pipefail

cd "$(dirname "$0")/.."
CORPUS=${SIPXDP_CORPUS:-../shared/corpus}
seconds=$1
shift
(($#)) || {
	echo "sipxdp: there is no fuzzer in tests/fuzz" >&2
	exit 1
}

bad=0
for fuzzer in "$@"; do
	name=$(basename "$fuzzer")
	work=build/fuzz/$name
	dirs=("$work/corpus")
	mkdir -p "$work/corpus" "$work/found"
	[[ ! -d tests/fuzz/seeds/$name ]] || dirs+=("tests/fuzz/seeds/$name")
	[[ $name != sip_* || ! -d $CORPUS ]] || dirs+=("$CORPUS")
	printf '  FUZZ   %-24s ' "$name"
	if "$fuzzer" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
		-artifact_prefix="$work/found/" "${dirs[@]}" >"$work/log" 2>&1 </dev/null; then
		echo "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs, nothing found"
	else
		bad=1
		echo "FOUND; the last lines of $work/log:"
		tail -n 25 "$work/log" | sed 's/^/         | /'
	fi
done
exit "$bad"
