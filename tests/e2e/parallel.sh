#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Algorithm parallel: all destinations of a set get a request at once, and the caller sees one call. Destinations that
# answer, ring until they are cancelled, fail, are silent; callers who hang up meanwhile; the same from Kamailio.

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

# Health is another test's: every destination is active all the time.
DAEMON_PING='probe = none passive { requests = 0 }'
CALLS=40
WAIT=15

# with_parallel NAME FAMILY COMMAND...: two destinations and a daemon while COMMAND runs.
with_parallel() {
	local name=$1-ipv$2

	[[ $NAMED == "  " || $NAMED == *" $name "* ]] || return 0
	DAEMON_FAMILY=$2
	lab_list "$E2E_LIST" "$DAEMON_FAMILY" 1 2
	lab_neigh_flush
	rm -f "$DAEMON_STATE"
	daemon_conf "$DAEMON_FAMILY"
	sed -i 's/{ route "all" {/{ route "all" { algorithm = parallel/' "$DAEMON_CONF"
	E2E_WHY="the daemon does not start"
	if daemon_start && "${@:3}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	fi
	e2e_stats "$name"
	SIPP_EDIT=()
	SIPP_PAD_UAC=0
	CALLS=40 SIPP_LONGER=10 WAIT=15
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# reason NAME prints how many datagrams ended so, by either path.
reason() {
	lab_ctl stats --json --all 2>/dev/null | jq -r --arg n "$1" '[.paths[].reasons[$n] // 0] | add'
}

# calls UAC UAS1 UAS2: callers while the two answer; SCENARIO=STATUS: fails so; "none": has no socket.
calls() {
	local n up=() scenario

	rm -f "$LAB_DIR"/log/*.csv
	for n in 1 2; do
		scenario=${*:n+1:1}
		[[ $scenario != none ]] || continue
		[[ $scenario != *=* ]] || SIPP_FAIL=${scenario#*=}
		sipp_uas "$DAEMON_FAMILY" "$n" "${scenario%%=*}"
		up+=("$n")
		sipp_ready "$n" || return 1
	done
	sipp_uac "$DAEMON_FAMILY" 1 "$(lab_host "$DAEMON_FAMILY" vip):5060" "$CALLS" 40 "$1"
	lab_wait uac1 "$WAIT"
	sleep 0.3
	sipp_finish "${up[@]}"
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') good of $CALLS; answerers:"
	for n in "${up[@]}"; do
		E2E_WHY+=" $(sipp_stat "uas$n" 'SuccessfulCall(C)') good of $(sipp_stat "uas$n" TotalCallCreated),"
	done
	(($(sipp_stat uac1 'SuccessfulCall(C)') == CALLS))
}

# all_good N...: each of these destinations had every call, and each ended as its scenario has it.
all_good() {
	local n

	for n in "$@"; do
		(($(sipp_stat "uas$n" TotalCallCreated) == CALLS && $(sipp_stat "uas$n" 'SuccessfulCall(C)') == CALLS)) ||
			return 1
	done
}

# Whose phone rings at two places hears of both: at most, or at least before it goes on.
RINGS='<recv response="180" optional="true"></recv>'
SIPP_RINGS=(-e "s|<recv response=\"180\"></recv>|$RINGS$RINGS|")
SIPP_RINGS_TWICE=(-e 's|<recv response="180"></recv>|&&|')

# One answers and has the call from then on, the other is cancelled.
one_wins() {
	SIPP_EDIT=("${SIPP_RINGS[@]}")
	calls uac uas uas_cancel && all_good 1 2
}

# Everybody fails: the caller gets the better of the two, and each is acknowledged.
all_fail() {
	calls uac_reject "uas_fail=503 Service Unavailable" "uas_fail=486 Busy Here" && all_good 1 2
}

# A 6xx ends it for all.
declined() {
	SIPP_EDIT=(-e 's|<recv response="486"></recv>|<recv response="180" optional="true"></recv><recv response="603"></recv>|'
		-e 's/branch-3/branch-4/')
	calls uac_reject uas_cancel "uas_fail=603 Decline" && all_good 1 2
}

# Hung up while both ring.
cancelled() {
	SIPP_EDIT=("${SIPP_RINGS_TWICE[@]}" -e 's/branch-4/branch-5/; s/branch-7/branch-8/')
	calls uac_cancel uas_cancel uas_cancel && all_good 1 2
}

# A destination that is not there, or never answers, costs the caller nothing.
one_is_dead() {
	calls uac none uas && all_good 2
}

one_is_deaf() {
	calls uac uas_deaf uas && all_good 2
}

# INVITEs in fragments.
long_ones() {
	SIPP_PAD_UAC=3000
	SIPP_EDIT=("${SIPP_RINGS[@]}")
	calls uac uas uas_cancel && all_good 1 2
}

# Nobody answers: 408 after 64 * T1, and its ACK ends that.
all_silent() {
	CALLS=5 SIPP_LONGER=40 WAIT=45
	SIPP_EDIT=(-e 's/recv response="486"/recv response="408"/')
	calls uac_reject none uas_deaf || return 1
	E2E_WHY+=" $(reason failover_timeout) answered, $(reason fork_absorbed) absorbed"
	(($(reason failover_timeout) == CALLS))
}

# What is no INVITE has one answer.
registers() {
	SIPP_COMMON+=(-key contact "phone.invalid")
	calls uac_register uas_register uas_register || return 1
	E2E_WHY+=" $(reason request_fork) sent, $(reason fork_absorbed) absorbed"
	(($(reason request_fork) == 2 * CALLS && $(reason fork_absorbed) == CALLS))
}

# With nobody there to fork, a call goes to one of them.
without_daemon() {
	lab_kill daemon
	sleep 2.5
	calls uac uas uas || return 1
	((COUNT1 = $(sipp_stat uas1 TotalCallCreated), COUNT2 = $(sipp_stat uas2 TotalCallCreated)))
	E2E_WHY+=" $COUNT1 and $COUNT2"
	((COUNT1 + COUNT2 == CALLS && COUNT1 && COUNT2))
}

# like NAME FAMILY FAIL UAC UAS1 UAS2: as like_kamailio, where both ring before one answers.
like() {
	SIPP_EDIT+=(-e 's|<send retrans="[0-9]*">|<pause milliseconds="300"/>&|')
	like_kamailio "$1" "$2" parallel 's/{ route "all" {/{ route "all" { algorithm = parallel/' "${@:3}"
	SIPP_EDIT=()
}

e2e_begin "$@"
for family in 4 6; do
	with_parallel parallel-wins "$family" one_wins
	with_parallel parallel-fail "$family" all_fail
	with_parallel parallel-declined "$family" declined
	with_parallel parallel-cancelled "$family" cancelled
	with_parallel parallel-dead "$family" one_is_dead
	with_parallel parallel-deaf "$family" one_is_deaf
	with_parallel parallel-long "$family" long_ones
	with_parallel parallel-register "$family" registers
done
SIPP_EDIT=("${SIPP_RINGS[@]}")
like like-wins 4 "" uac uas uas_cancel
like like-fail 4 "486 Busy Here" uac_reject uas_fail uas_fail
SIPP_EDIT=("${SIPP_RINGS_TWICE[@]}" -e 's/branch-4/branch-6/; s/branch-7/branch-9/')
like like-cancelled 4 "" uac_cancel uas_cancel uas_cancel
with_parallel parallel-silent 4 all_silent
with_parallel parallel-alone 4 without_daemon
e2e_end
