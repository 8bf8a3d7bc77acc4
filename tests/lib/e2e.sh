# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# e2e.sh - results and the usual steps of the end-to-end tests. Needs lab.sh and
# sipp.sh. Every test prints one line: ok NAME, not ok NAME: why, skip NAME: why.

E2E_BAD=0
E2E_SET=1
E2E_LIST=$LAB_DIR/dispatcher.list
E2E_KEEP=$LAB_TOP/build/tests/e2e/$(basename "$0" .sh)

e2e_ok() {
	echo "ok $1"
}

e2e_not_ok() {
	echo "not ok $1: ${*:2}"
	E2E_BAD=1
}

e2e_skip() {
	echo "skip $1: ${*:2}"
}

# e2e_check NAME WHY COMMAND...: ok if the command succeeds.
e2e_check() {
	if "${@:3}"; then
		e2e_ok "$1"
	else
		e2e_not_ok "$1" "$2"
	fi
}

# e2e_begin "$@" enters the lab and builds it.
e2e_begin() {
	[[ -x $LAB_CTL ]] || lab_die "missing $LAB_CTL; remedy: make"
	lab_enter "$@"
	head -c 32 /dev/zero | tr '\0' k >"$LAB_DIR/key"
	lab_up || lab_die "the lab could not be built"
}

e2e_end() {
	lab_kill_all
	if ((E2E_BAD)); then
		rm -rf "$E2E_KEEP"
		lab_keep "$E2E_KEEP"
		echo "# logs of $(basename "$0"): $E2E_KEEP"
	fi
	exit "$E2E_BAD"
}

# e2e_attach 4|6 [OPTION...]: both sides of the director, the usual list.
e2e_attach() {
	lab_ctl attach cl0,sv0 --listen "$(lab_host "$1" vip):5060" --file "$E2E_LIST" \
		--set "$E2E_SET" "${@:2}" >"$LAB_DIR/log/attach.out" 2>"$LAB_DIR/log/attach.err"
}

e2e_detach() {
	lab_ctl detach >"$LAB_DIR/log/detach.out" 2>"$LAB_DIR/log/detach.err"
}

# e2e_stats NAME keeps the counters for whoever looks into a failure.
e2e_stats() {
	lab_ctl stats --json >"$LAB_DIR/log/$1.stats" 2>&1
}

# e2e_said REGEX FILE...: one of the files holds it, in any case of letters.
e2e_said() {
	grep -qiE -- "$1" "${@:2}"
}

# e2e_calls_good CALLS UAS-NUMBER... after the callers ended: nothing failed,
# nothing was sent twice, and every call ended where it began.
e2e_calls_good() {
	local calls=$1 uas=() n

	shift
	for n in "$@"; do
		uas+=("uas$n")
	done
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') good of $calls,"
	E2E_WHY+=" $(sipp_stat uac1 'Retransmissions(C)') sent again; answerers:"
	E2E_WHY+=" $(sipp_sum 'TotalCallCreated' "${uas[@]}") begun,"
	E2E_WHY+=" $(sipp_sum 'SuccessfulCall(C)' "${uas[@]}") good,"
	E2E_WHY+=" $(sipp_sum 'Retransmissions(C)' "${uas[@]}") sent again"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == calls)) &&
		(($(sipp_stat uac1 'FailedCall(C)') == 0)) &&
		(($(sipp_sum 'TotalCallCreated' "${uas[@]}") == calls)) &&
		(($(sipp_sum 'SuccessfulCall(C)' "${uas[@]}") == calls)) &&
		(($(sipp_sum 'FailedCall(C)' "${uas[@]}") == 0))
}

# The same, and nobody needed a retransmission.
e2e_calls_clean() {
	local uas=() n

	e2e_calls_good "$@" || return 1
	for n in "${@:2}"; do
		uas+=("uas$n")
	done
	(($(sipp_sum 'Retransmissions(C)' uac1 "${uas[@]}") == 0))
}

# e2e_calls 4|6 CALLS RATE UAC UAS N...: answerers on the destinations N, one
# caller to the listener; waits for all. The result is in the statistics.
e2e_calls() {
	local family=$1 calls=$2 rate=$3 uac=$4 answer=$5 n

	shift 5
	for n in "$@"; do
		sipp_uas "$family" "$n" "$answer"
	done
	sipp_ready "$@" || return 1
	sipp_uac "$family" 1 "$(lab_host "$family" vip):5060" "$calls" "$rate" "$uac"
	lab_wait uac1 "$((calls / rate + 12))"
	sipp_finish "$@"
}
