#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Call load (algorithm 10) by whole calls: while all of them are up, each destination has as many as its answerer says, and
# none when they are over; with messages lost at both ends, a reload and a daemon that is stopped and killed meanwhile.
# LOAD_CALLS, LOAD_RATE and LOAD_LOSS make it another run; make compare-load has 10,000 calls.

LOAD_CALLS=${LOAD_CALLS:-1000}
LOAD_RATE=${LOAD_RATE:-250}
LOAD_LOSS=${LOAD_LOSS:-3} # percent, at each end
LAB_DESTS=4
LAB_LIMIT=$((4 * LOAD_CALLS / LOAD_RATE + 300))
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

# Calls of destination N as the pick has them.
load_of() {
	lab_ctl list --json 2>/dev/null |
		jq -r --arg a "$(lab_host 4 dest "$1"):5060" '.destinations[] | select(.address == $a) | .load'
}

loads() {
	local n

	for n in 1 2 3; do
		printf '%s ' "$(load_of "$n")"
	done
}

# Calls that were begun at each answerer: while none is over, the calls that it has.
truths() {
	local n

	for n in 1 2 3; do
		printf '%s ' "$(sipp_stat "uas$n" 'GenericCounter1(C)')"
	done
}

same_as_truth() {
	local what=$1 has want

	has=$(loads)
	want=$(truths)
	echo "# $what: counted $has; at the answerers $want"
	E2E_WHY="$what: counted $has, at the answerers $want"
	[[ $has == "$want" ]]
}

spread_evenly() {
	loads | awk '{ min = $1; max = $1; for (i = 2; i <= NF; i++) { if ($i < min) min = $i; if ($i > max) max = $i } exit max - min > 3 }'
}

# One destination more, disabled, and taken out again.
reload_twice() {
	lab_list "$E2E_LIST" 4 1 2 3 4
	sed -i '$ s/ 0 0$/ 4 0/' "$E2E_LIST"
	daemon_ask reload >/dev/null || return 1
	lab_list "$E2E_LIST" 4 1 2 3
	daemon_ask reload >/dev/null
}

restart_daemon() {
	E2E_WHY="the daemon does not start again: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	if [[ $1 == kill ]]; then
		kill -KILL "${LAB_PID[daemon]}"
		lab_wait daemon 5
	else
		daemon_stop || return 1
	fi
	sleep 0.5
	daemon_start
}

# The answerers say once a second what they have.
stands_still() {
	sleep 2
	same_as_truth "$1"
}

# Entries of the table by state.
table_has() {
	lab_ctl calls --by state
}

exact() {
	local ramp=$((LOAD_CALLS / LOAD_RATE)) end
	local SIPP_LOSSY=1 SIPP_T1=300 SIPP_HOLD=($((ramp * 1000 + 13000)) $((ramp * 1000 + 13000)))
	local SIPP_COMMON=("${SIPP_COMMON[@]}" -lost "$LOAD_LOSS" -timeout "$((3 * ramp + 120))s") n

	for n in 1 2 3; do
		sipp_uas 4 "$n" uas_ping
	done
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	sipp_ready 1 2 3 && daemon_start || return 1
	# a caller whose calls failed would stay half a minute for more of them
	SIPP_COMMON+=(-deadcall_wait 100)
	sipp_uac 4 1 "$(lab_host 4 vip):5060" "$LOAD_CALLS" "$LOAD_RATE" uac
	sleep $((ramp / 2 + 1))
	E2E_WHY="reload failed"
	reload_twice || return 1
	restart_daemon stop || return 1
	sleep $((ramp / 2 + 2))
	same_as_truth "all calls up" || return 1
	E2E_WHY="uneven: $(loads)"
	spread_evenly || return 1
	reload_twice && restart_daemon kill || return 1
	stands_still "after a reload and a kill" || return 1
	E2E_WHY="the table has $(table_has | tr '\n' ' ')"
	(($(table_has | awk '$2 ~ /new|ringing|confirmed/ { n += $1 } END { print n }') == $(loads | tr ' ' '+')0)) || return 1
	# time for the caller to give up on the last BYE that its answerer has forgotten
	end=$((SECONDS + 2 * ramp + 80))
	# an answerer that gives up on a call answers its INVITE again with another tag: that dialog nobody ends
	until [[ $(loads) == "0 0 0 " ]] ||
		{ ! lab_alive uac1 && (($(loads | tr ' ' '+')0 <= $(sipp_sum 'FailedUnexpectedMessage(C)' uas1 uas2 uas3))); }; do
		E2E_WHY="left at the end: $(loads)"
		((SECONDS < end)) || return 1
		sleep 0.5
	done
	echo "# at the end: $(loads); caller: $(sipp_stat uac1 'SuccessfulCall(C)') good of $LOAD_CALLS, $(sipp_stat uac1 'Retransmissions(C)') sent again"
	E2E_WHY="the daemon had to put counts right"
	! e2e_said 'number of calls was wrong' "$LAB_DIR/log/daemon.err"
}

e2e_begin "$@"
# shellcheck disable=SC2034 # for daemon.sh
DAEMON_FAMILY=4
DAEMON_PING='interval = "30s" timeout = "4s" fall = 5'
lab_list "$E2E_LIST" 4 1 2 3
daemon_conf 4
sed -i 's/set = 1 }/set = 1 algorithm = call-load }/' "$DAEMON_CONF"
if exact; then
	e2e_ok load-exact
else
	e2e_not_ok load-exact "$E2E_WHY"
fi
e2e_stats load
lab_kill_all
e2e_detach || e2e_not_ok load-detach "$(head -n 1 "$LAB_DIR/log/detach.err")"
e2e_end
