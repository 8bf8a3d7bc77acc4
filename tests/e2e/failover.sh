#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Failover: a request whose destination fails goes on to the next one, and the caller sees one final answer. Answerers that
# say 500, 503, nothing, 100 and nothing more, or have no socket; callers who hang up meanwhile.

LAB_DESTS=2
LAB_LIMIT=${LAB_LIMIT:-600}
# the tests that are named alone, if any is
NAMED=" $* "
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"
# shellcheck source=tests/lib/like.sh
. "$LAB_TOP/tests/lib/like.sh"

# Health is another test's: every destination is picked from all the time.
DAEMON_PING='probe = none passive { requests = 0 }'
CALLS=40
FAILOVER='failover = {"500", "503", "timeout"} failover-timeout = "500ms" failover-timeout-100 = "1s"'

# with_failover NAME FAMILY COMMAND...: two destinations and a daemon while COMMAND runs.
with_failover() {
	local name=$1-ipv$2

	[[ $NAMED == "  " || $NAMED == *" $name "* ]] || return 0
	DAEMON_FAMILY=$2
	lab_list "$E2E_LIST" "$DAEMON_FAMILY" 1 2
	lab_neigh_flush
	rm -f "$DAEMON_STATE"
	daemon_conf "$DAEMON_FAMILY"
	sed -i "s/{ route/{ $FAILOVER route/" "$DAEMON_CONF"
	E2E_WHY="the daemon does not start"
	if daemon_start && "${@:3}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	fi
	e2e_stats "$name"
	SIPP_EDIT=()
	SIPP_PAD_UAC=0
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# reason NAME prints how many datagrams ended so, by either path.
reason() {
	lab_ctl stats --json --all 2>/dev/null | jq -r --arg n "$1" '[.paths[].reasons[$n] // 0] | add'
}

# calls UAC UAS1 UAS2: callers while the two answer; "none": has no socket.
calls() {
	local n up=()

	for n in 1 2; do
		[[ ${*:n+1:1} != none ]] || continue
		sipp_uas "$DAEMON_FAMILY" "$n" "${@:n+1:1}"
		up+=("$n")
	done
	E2E_WHY="the answerers do not start"
	sipp_ready "${up[@]}" || return 1
	sipp_uac "$DAEMON_FAMILY" 1 "$(lab_host "$DAEMON_FAMILY" vip):5060" "$CALLS" 40 "$1"
	lab_wait uac1 15
	sleep 0.3
	sipp_finish "${up[@]}"
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') good of $CALLS; answerers:"
	for n in "${up[@]}"; do
		E2E_WHY+=" $(sipp_stat "uas$n" 'SuccessfulCall(C)') good of $(sipp_stat "uas$n" TotalCallCreated),"
	done
	E2E_WHY+=" $(reason request_failover) sent again;"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == CALLS))
}

# good N: all that came to destination N ended as it should have; sets COUNT to how many.
good() {
	COUNT=$(sipp_stat "uas$1" TotalCallCreated)
	(($(sipp_stat "uas$1" 'SuccessfulCall(C)') == COUNT))
}

# The first fails as its scenario has it, with everything that follows; the second has all the calls.
moves() {
	calls uac "$1" uas || return 1
	if [[ $1 != none && $1 != uas_deaf ]]; then
		good 1 && ((COUNT > 0 && COUNT < CALLS && $(reason request_failover) == COUNT)) || return 1
	fi
	good 2 && ((COUNT == CALLS && $(reason request_failover) > 0))
}

fails_with() {
	SIPP_FAIL=$1
	moves uas_fail
}

# By INVITEs in fragments, which only the daemon has.
long_fails() {
	SIPP_PAD_UAC=3000
	fails_with "500 Server Internal Error" || return 1
	E2E_WHY+=" $(reason slow_fragment) fragments"
	(($(reason slow_fragment) > 0))
}

# Every destination fails: the caller gets the last answer, and each was asked once.
all_fail() {
	SIPP_FAIL="503 Service Unavailable"
	SIPP_EDIT=(-e 's/recv response="486"/recv response="503"/')
	calls uac_reject uas_fail uas_fail || return 1
	good 1 && ((COUNT == CALLS)) && good 2 && ((COUNT == CALLS))
}

# Nobody answers: 408, whose ACK is ours.
all_silent() {
	SIPP_EDIT=(-e 's/recv response="486"/recv response="408"/')
	calls uac_reject none uas_deaf || return 1
	E2E_WHY+=" $(reason failover_timeout) answered, $(reason ack_own_reply) acknowledged"
	(($(reason failover_timeout) == CALLS && $(reason ack_own_reply) == CALLS))
}

# Hung up while the second rings: the CANCEL is the second's alone.
cancelled() {
	SIPP_FAIL="500 Server Internal Error"
	calls uac_cancel uas_fail uas_cancel || return 1
	good 1 && ((COUNT > 0)) && good 2 && ((COUNT == CALLS))
}

# Hung up, then the destination fails: that is the end of it.
never_after_cancel() {
	SIPP_EDIT=(-e 's/487 Request Terminated/500 Too Late/; s/recv response="487"/recv response="500"/')
	calls uac_cancel uas_cancel uas_cancel || return 1
	(($(reason request_failover) == 0)) && good 1 && ((COUNT < CALLS)) && good 2 && ((COUNT < CALLS))
}

e2e_begin "$@"
for family in 4 6; do
	with_failover failover-500 "$family" fails_with "500 Server Internal Error"
	with_failover failover-503 "$family" fails_with "503 Service Unavailable"
	with_failover failover-long "$family" long_fails
	with_failover failover-silent "$family" moves uas_deaf
	with_failover failover-unreachable "$family" moves none
	with_failover failover-trying "$family" moves uas_trying
	with_failover failover-all-fail "$family" all_fail
	with_failover failover-all-silent "$family" all_silent
	with_failover failover-cancelled "$family" cancelled
	with_failover failover-never-after-cancel "$family" never_after_cancel
	like_kamailio failover-kamailio-500 "$family" failover "s/{ route \"all\" {/{ $FAILOVER route \"all\" { algorithm = serial/" "500 Server Internal Error" uac uas_fail uas
	# the messages are the same over both families, and one says so
	((family == 4)) || continue
	like_kamailio failover-kamailio-503 "$family" failover "s/{ route \"all\" {/{ $FAILOVER route \"all\" { algorithm = serial/" "503 Service Unavailable" uac uas_fail uas
	like_kamailio failover-kamailio-trying "$family" failover "s/{ route \"all\" {/{ $FAILOVER route \"all\" { algorithm = serial/" "" uac uas_trying uas
	like_kamailio failover-kamailio-cancelled "$family" failover "s/{ route \"all\" {/{ $FAILOVER route \"all\" { algorithm = serial/" "500 Server Internal Error" uac_cancel uas_fail uas_cancel
	SIPP_EDIT=(-e 's/recv response="486"/recv response="408"/')
	like_kamailio failover-kamailio-silent "$family" failover "s/{ route \"all\" {/{ $FAILOVER route \"all\" { algorithm = serial/" "" uac_reject uas_deaf uas_deaf
	SIPP_EDIT=()
done
e2e_end
