#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fuzz.sh SECONDS FUZZER...: run all fuzzers so long each, FUZZ_JOBS (2) at a time; one line for each, `ok fuzz NAME: ...`
# with executions and coverage, as tests/run counts them. What they find and learn is kept in build/fuzz/NAME. Seeds:
# tests/fuzz/seeds/NAME, and for sip_* the corpus.
set -euo pipefail

cd "$(dirname "$0")/.."
CORPUS=${SIPXDP_CORPUS:-../shared/corpus}
FUZZ_JOBS=${FUZZ_JOBS:-2}
seconds=$1
shift
(($#)) || {
	echo "sipxdp: there is no fuzzer in tests/fuzz" >&2
	exit 1
}
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# stat NAME LOG: one of the numbers that libFuzzer prints at its end.
stat() {
	sed -n "s/^stat::$1: *//p" "$2"
}

# many_rows N: a message of N rows, which no corpus has; user space keeps 1024.
many_rows() {
	printf 'OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nMax-Forwards: 9\r\nCall-ID: a\r\n'
	printf 'From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCSeq: 1 OPTIONS\r\n'
	printf 'Via: a\r\n%.0s' $(seq "$(($1 - 6))")
	printf '\r\n'
}

# fuzz FUZZER runs one and says what came of it.
fuzz() {
	local name=${1##*/} work dirs now

	work=build/fuzz/$name
	dirs=("$work/corpus")
	mkdir -p "$work/corpus" "$work/found"
	: >"$work/failed"
	[[ ! -d tests/fuzz/seeds/$name ]] || dirs+=("tests/fuzz/seeds/$name")
	[[ $name != sip_* || ! -d $CORPUS ]] || dirs+=("$CORPUS")
	if [[ $name == sip_* ]]; then
		many_rows 1100 >"$work/corpus/too_many_rows"
		many_rows 1024 >"$work/corpus/all_rows"
		many_rows 1020 >"$work/corpus/many_rows"
	fi
	if "$1" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
		-artifact_prefix="$work/found/" "${dirs[@]}" >"$work/log" 2>&1 </dev/null; then
		now=$(grep -aoE 'cov: [0-9]+ ft: [0-9]+' "$work/log" | tail -n 1)
		echo "ok fuzz ${name%_fuzz}: $(stat number_of_executed_units "$work/log") executions in $seconds s," \
			"$(cut -d' ' -f2 <<<"$now") edges and $(cut -d' ' -f4 <<<"$now") features covered, nothing found"
		rm "$work/failed"
	else
		echo "not ok fuzz ${name%_fuzz}: $(grep -aE '^(==|SUMMARY|ERROR)' "$work/log" | tail -n 1); to repeat:" \
			"$1 $(sed -n 's/.*Test unit written to //p' "$work/log" | tail -n 1)"
		tail -n 25 "$work/log" | sed 's/^/         | /'
	fi
}

for fuzzer in "$@"; do
	while (($(jobs -pr | wc -l) >= FUZZ_JOBS)); do
		wait -n
	done
	fuzz "$fuzzer" &
done
wait
executions=0 bad=0
for fuzzer in "$@"; do
	[[ ! -e build/fuzz/${fuzzer##*/}/failed ]] || bad=1
	n=$(stat number_of_executed_units "build/fuzz/${fuzzer##*/}/log")
	executions=$((executions + ${n:-0}))
done
echo "$# fuzzers, $executions executions"
exit "$bad"
