#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The daemon under load: it attaches, adopts, is killed, reloads and upgrades, and no call notices; a destination that
# dies is taken out in the time that check promises and comes back to its share; one that drains gets no new call.
# `make storm` runs the storms alone and longer, by STORM_KILLS, STORM_RELOADS and STORM_UPGRADES.

LAB_DESTS=5
LAB_LIMIT=${LAB_LIMIT:-600}
STORM_KILLS=${STORM_KILLS:-20}
STORM_RELOADS=${STORM_RELOADS:-100}
STORM_UPGRADES=${STORM_UPGRADES:-10}
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

# with_daemon NAME FAMILY COMMAND...: a daemon that runs and four destinations that answer while COMMAND runs.
with_daemon() {
	local name=$1 n

	[[ $NAMED == "  " || $NAMED == *" $name "* ]] || return 0
	DAEMON_FAMILY=$2
	lab_list "$E2E_LIST" "$DAEMON_FAMILY" 1 2 3 4
	lab_neigh_flush
	rm -f "$DAEMON_STATE"
	daemon_conf "$DAEMON_FAMILY"
	for n in 1 2 3 4 5; do
		sipp_uas "$DAEMON_FAMILY" "$n" uas_ping
	done
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	if sipp_ready 1 2 3 4 5 && daemon_start && "${@:3}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
		cp "$LAB_DIR/log/daemon.err" "$LAB_DIR/log/$name.daemon" 2>/dev/null
	fi
	e2e_stats "$name"
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

load() {
	sipp_uac "$DAEMON_FAMILY" 1 "$(lab_host "$DAEMON_FAMILY" vip):5060" "$1" "${2:-200}"
}

# all_clean CALLS WAIT: the load ended, nothing was lost or sent again.
all_clean() {
	lab_wait uac1 "$2"
	# the answerers' counters are written once a second
	sleep 1.5
	daemon_calls_clean "$1" 1 2 3 4 5
}

attach_and_stop() {
	load 300
	all_clean 300 20 || return 1
	E2E_WHY="the daemon's exit code is not 0"
	daemon_stop || return 1
	E2E_WHY="the list was published behind the back of a daemon that does not run"
	! daemon_ask reload >"$LAB_DIR/log/reload.out" 2>&1 || return 1
	E2E_WHY="the programs went with the daemon"
	[[ $(lab_xdp cl0) == native && $(lab_xdp sv0) == native ]]
}

# Killed at any moment, many times, and a new one each time: calls, health and history go on.
kill_storm() {
	local i seq health calls=$((STORM_KILLS * 120))

	E2E_WHY="destination 1 is $(daemon_health 1)"
	daemon_until 1 up 5 || return 1
	load "$calls"
	for ((i = 0; i < STORM_KILLS; i++)); do
		sleep "0.$((RANDOM % 6))"
		lab_kill daemon
		health=$(daemon_health 1)
		E2E_WHY="health was forgotten with the daemon: $health"
		[[ $health == up ]] || return 1
		E2E_WHY="the daemon does not come back: $(tail -n 1 "$LAB_DIR/log/daemon.err")"
		daemon_start || return 1
	done
	seq=$(daemon_ask history --json | jq -s 'map(.seq) | max')
	E2E_WHY="the history does not go on: newest $seq"
	((seq > 20)) || return 1
	all_clean "$calls" 25 && storm_said "$calls" "$STORM_KILLS times killed and started anew"
}

# storm_said CALLS WHAT: for the eyes of `make storm`; all_clean has judged before.
storm_said() {
	echo "# $1 calls at 200/s, $2: 0 lost, 0 sent again" >&2
}

# ten_reloads_a_second COUNT: another list each time; counts those that were published.
ten_reloads_a_second() {
	local i n=0 begin=${EPOCHREALTIME/./} left

	for ((i = 0; i < $1; i++)); do
		left=$((begin + i * 100000 - ${EPOCHREALTIME/./}))
		((left <= 0)) || sleep "$(printf '0.%06d' "$left")"
		if ((i % 2)); then
			lab_list "$E2E_LIST.new" "$DAEMON_FAMILY" 1 2 3 4
		else
			lab_list "$E2E_LIST.new" "$DAEMON_FAMILY" 1 3 4 5
		fi
		mv "$E2E_LIST.new" "$E2E_LIST"
		daemon_ask reload >"$LAB_DIR/log/reload.out" 2>"$LAB_DIR/log/reload.err" && n=$((n + 1))
	done
	echo "$n"
}

reload_storm() {
	local n calls=$((STORM_RELOADS * 26)) begin=$SECONDS

	load "$calls"
	n=$(ten_reloads_a_second "$STORM_RELOADS")
	E2E_WHY="$n of $STORM_RELOADS reloads were published: $(head -n 1 "$LAB_DIR/log/reload.err")"
	((n == STORM_RELOADS)) || return 1
	begin=$((SECONDS - begin))
	all_clean "$calls" "$((STORM_RELOADS / 10 + 20))" && storm_said "$calls" "$n reloads in $begin s"
}

upgrade_storm() {
	local i calls=$((STORM_UPGRADES * 160))

	load "$calls"
	for ((i = 0; i < STORM_UPGRADES; i++)); do
		E2E_WHY="upgrade: $(head -n 1 "$LAB_DIR/log/upgrade.err" 2>/dev/null)"
		lab_ctl upgrade >"$LAB_DIR/log/upgrade.out" 2>"$LAB_DIR/log/upgrade.err" || return 1
	done
	all_clean "$calls" "$((STORM_UPGRADES + 25))" && storm_said "$calls" "$STORM_UPGRADES upgrades"
}

# The worst time to detect that check prints for set 1, in whole seconds, and one more for looking.
worst_seconds() {
	lab_ctl check -c "$DAEMON_CONF" --json | jq ".detection[0].$1 / 1000 | ceil + 1"
}

# The answerer dies (or its interface): it is out in time, what begins afterwards goes elsewhere, and it comes back.
dies_and_returns() {
	local how=$1 worst begun

	E2E_WHY="destination 2 is $(daemon_health 2)"
	daemon_until 2 up 5 || return 1
	worst=$(worst_seconds down_ms)
	if [[ $how == process ]]; then
		lab_kill uas2
	else
		ip -n "${LAB_PREFIX}dest2" link set dev eth0 down
	fi
	E2E_WHY="destination 2 is $(daemon_health 2) after $worst s"
	daemon_until 2 down "$worst" || return 1
	E2E_WHY="keys are still for destination 2, which is $(daemon_health 2)"
	daemon_out 2 2 || return 1
	load 400
	lab_wait uac1 20
	E2E_WHY="$(sipp_stat uac1 'SuccessfulCall(C)') good calls of 400 that began after destination 2 was out,"
	E2E_WHY+=" $(sipp_stat uac1 'Retransmissions(C)') sent again"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == 400 && $(sipp_stat uac1 'Retransmissions(C)') == 0)) || return 1
	if [[ $how == process ]]; then
		sipp_uas "$DAEMON_FAMILY" 2 uas_ping
	else
		ip -n "${LAB_PREFIX}dest2" link set dev eth0 up
		# the way back went with the interface
		ip -n "${LAB_PREFIX}dest2" -4 route add default via "$(lab_ip 4 inner)"
		lab_addr dest2 eth0 6 dest 2
		ip -n "${LAB_PREFIX}dest2" -6 route add default via "$(lab_ip 6 inner)"
	fi
	worst=$(worst_seconds up_ms)
	E2E_WHY="destination 2 is $(daemon_health 2) $worst s after it came back"
	daemon_until 2 up "$worst" || return 1
	begun=$(sipp_stat uas2 'GenericCounter1(C)')
	load 400
	lab_wait uac1 20
	sleep 1.2
	E2E_WHY="destination 2 came back and got $(($(sipp_stat uas2 'GenericCounter1(C)') - begun)) of 400 calls"
	(($(sipp_stat uas2 'GenericCounter1(C)') - begun > 50)) || return 1
	E2E_WHY="after it came back $(sipp_stat uac1 'SuccessfulCall(C)') of 400 calls went well"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == 400))
}

# While it drains it gets no new call, and all old ones end well; --wait returns when the last is over.
drains() {
	local begun SIPP_HOLD=(2000 3000)

	load 800
	sleep 1.5
	E2E_WHY="drain: $(head -n 1 "$LAB_DIR/log/drain.err" 2>/dev/null)"
	daemon_ask set-state "sip:$(lab_host "$DAEMON_FAMILY" dest 3):5060" draining >"$LAB_DIR/log/drain.out" \
		2>"$LAB_DIR/log/drain.err" || return 1
	sleep 1.2
	begun=$(sipp_stat uas3 'GenericCounter1(C)')
	daemon_ask drain "sip:$(lab_host "$DAEMON_FAMILY" dest 3):5060" --wait --timeout 60 >"$LAB_DIR/log/drain.out" \
		2>"$LAB_DIR/log/drain.err" || return 1
	E2E_WHY="destination 3 had $begun calls and got more while it drained, or had none at all"
	(($(sipp_stat uas3 'GenericCounter1(C)') == begun && begun > 20)) || return 1
	all_clean 800 20
}

e2e_begin "$@"
with_daemon attach-and-stop 4 attach_and_stop
with_daemon attach-and-stop-ipv6 6 attach_and_stop
with_daemon kill-storm 4 kill_storm
with_daemon reload-storm 4 reload_storm
with_daemon upgrade-storm 4 upgrade_storm
with_daemon process-dies 4 dies_and_returns process
with_daemon process-dies-ipv6 6 dies_and_returns process
with_daemon interface-dies 4 dies_and_returns interface
with_daemon drains 4 drains
e2e_end
