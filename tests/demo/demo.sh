#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh - real SIP calls through the kernel, in network namespaces of its own.
# `make demo` installs and builds what it needs first. Exit status 0 only if
# nothing was lost. Settings: DEMO_CALLS, DEMO_RATE (calls/s).

LAB_DESTS=5
LAB_LIMIT=110
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/demo/show.sh
. "$LAB_TOP/tests/demo/show.sh"
# shellcheck source=tests/demo/counters.sh
. "$LAB_TOP/tests/demo/counters.sh"
# shellcheck source=tests/demo/report.sh
. "$LAB_TOP/tests/demo/report.sh"

CALLS=${DEMO_CALLS:-3000}
RATE=${DEMO_RATE:-300}
MESSAGES=1000
REMOVED=3
ADDED=6
ALL=(1 2 3 4 5 6)
AFTER=(1 2 4 5 6)
VIP=192.0.2.100:5060
SIPP_T1=500
SIPP_HOLD=(2000 3000)
LOST=()
# Set on the way, shown at the end.
UP=0 UP_REMOVED=0 BEGUN_REMOVED=0

demo_enter() {
	[[ -x $LAB_CTL ]] || lab_die "missing $LAB_CTL; remedy: make"
	lab_need jq:jq
	lab_enter "$@"
	INSTANCE=demo-$LAB_ID
	BEFORE_LIST=$LAB_DIR/before.list
	AFTER_LIST=$LAB_DIR/after.list
	LIST=$LAB_DIR/dispatcher.list
	KEY=$LAB_DIR/key
}

demo_build() {
	local n

	lab_up || lab_die "the network could not be built"
	lab_list "$BEFORE_LIST" 4 1 2 3 4 5
	lab_list "$AFTER_LIST" 4 "${AFTER[@]}"
	cp "$BEFORE_LIST" "$LIST"
	# Only the share that moves is of interest, so any key does.
	(umask 077 && od -An -tx1 -N16 /dev/urandom | tr -d ' \n' >"$KEY")
	for n in 1 2 3 4 5; do
		sipp_uas 4 "$n"
	done
	sipp_ready 1 2 3 4 5 || lab_die "sipp does not answer on the destinations"
}

demo_attach() {
	local command=(attach "cl0,sv0" --listen "$VIP" --file "$LIST" --set 1
		--mode proxy --xdp native --key-file "$KEY" --instance "$INSTANCE")

	show_command "dispatchctl ${command[*]}"
	lab_ctl "${command[@]}" 2>&1 | show_indent
	((PIPESTATUS[0] == 0)) || lab_die "attach failed"
	show_line "Neighbours known before the first call: $(lab_neigh_permanent) permanent, which is how it should be."
}

# Half of the calls each, since one sipp manages about 1,000 calls/s at most.
demo_call() {
	sipp_uac 4 1 "$VIP" "$((CALLS / 2))" "$((RATE / 2))"
	sipp_uac 4 2 "$VIP" "$((CALLS - CALLS / 2))" "$((RATE - RATE / 2))"
}

demo_progress() {
	local good failed

	good=$(sipp_sum 'SuccessfulCall(C)' uac1 uac2)
	failed=$(sipp_sum 'FailedCall(C)' uac1 uac2)
	show_progress "$((good + failed))" "$CALLS" \
		"$(sipp_sum CurrentCall uac1 uac2) up, $failed failed, $(sipp_sum 'Retransmissions(C)' uac1 uac2) sent again"
}

# demo_watch CALLS shows progress until so many calls were begun, or ended when
# CALLS is all of them.
demo_watch() {
	while lab_alive uac1 || lab_alive uac2; do
		demo_progress
		(($1 == CALLS || $(sipp_sum TotalCallCreated uac1 uac2) < $1)) || return 0
		sleep 1
	done
}

demo_reload() {
	show_progress_end
	show_step "Half-way: live reload, destination $REMOVED out, destination $ADDED in"
	lab_dest "$ADDED"
	sipp_uas 4 "$ADDED"
	sipp_ready "$ADDED" || lab_die "sipp does not answer on destination $ADDED"
	UP=$(sipp_sum CurrentCall uac1 uac2)
	UP_REMOVED=$(sipp_stat "uas$REMOVED" CurrentCall)
	cp "$AFTER_LIST" "$LIST"
	show_command "dispatchctl reload --instance $INSTANCE"
	lab_ctl reload --instance "$INSTANCE" 2>&1 | show_indent
	((PIPESTATUS[0] == 0)) || LOST+=("the reload failed")
	show_line "$UP calls were up, $UP_REMOVED of them on the destination that left."
	# sipp writes its statistics once a second.
	sleep 2
	BEGUN_REMOVED=$(sipp_stat "uas$REMOVED" TotalCallCreated)
}

demo_finish() {
	local n

	for n in 1 2; do
		lab_wait "uac$n" 30 || LOST+=("caller $n ended with status $?")
	done
	demo_progress
	show_progress_end
	sipp_finish "${ALL[@]}" || LOST+=("an answerer did not end well")
}

# demo_expect CONDITION WHAT: remember what went wrong.
demo_expect() {
	(($1)) || LOST+=("$2")
}

demo_judge() {
	local n name

	for n in 1 2; do
		name=uac$n
		demo_expect "$(sipp_stat "$name" 'FailedCall(C)') == 0" "calls of caller $n failed"
	done
	demo_expect "$(sipp_sum 'SuccessfulCall(C)' uac1 uac2) == CALLS" "not all $CALLS calls succeeded"
	for n in "${ALL[@]}"; do
		name=uas$n
		demo_expect "$(sipp_stat "$name" 'SuccessfulCall(C)') == $(sipp_stat "$name" TotalCallCreated)" \
			"calls begun on destination $n did not end there"
	done
	demo_expect "$(sipp_stat "uas$REMOVED" TotalCallCreated) == $BEGUN_REMOVED" \
		"destination $REMOVED got new calls after it had left"
	demo_expect "$(sipp_stat "uas$ADDED" TotalCallCreated) > 0" "destination $ADDED got no call"
	demo_expect "$(lab_neigh_permanent) == 0" "permanent neighbour entries were made"
	counters_known || LOST+=("dispatchctl stats shows no verdicts, so nothing proves that none was dropped")
	demo_expect "$(counters_lost) == 0" "sipxdp dropped $(counters_lost) datagrams"
}

demo_verdict() {
	local what

	echo
	if ((${#LOST[@]} == 0)); then
		show_good "Nothing was lost: $CALLS calls, $UP of them up during the reload, took $SECONDS s in all."
		return 0
	fi
	show_bad "Something was lost:"
	for what in "${LOST[@]}"; do
		show_line "$what"
	done
	lab_keep "$LAB_TOP/build/demo"
	show_line "The logs are in build/demo."
	return 1
}

demo_enter "$@"
show_topology
show_step "Building the network and starting sipp (about a second)"
demo_build
show_step "Attaching sipxdp to both sides of the director"
demo_attach
counters_moved
show_step "$CALLS calls at $RATE calls/s: INVITE, 180, 200, ACK, 2 to 3 s, BYE, 200"
counters_clock_start
demo_call
demo_watch "$((CALLS / 2))"
demo_reload
demo_watch "$CALLS"
demo_finish
counters_read
demo_judge
show_step "What happened"
report_all
lab_ctl detach --instance "$INSTANCE" || LOST+=("detach failed")
demo_verdict
