#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Calls while everything happens at once: the daemon is killed, lists are reloaded, programs upgraded, a destination dies
# and returns, a link flaps, and rubbish, invented dialogs and spoofed responses come in. No call may be lost but those at a
# destination that was dead or cut off, none may be misrouted, nothing may grow, and every packet that was counted is one
# that the soak sent. `make soak T=SECONDS` runs it.

SOAK_SECONDS=${SOAK_SECONDS:-20}
SOAK_RATE=${SOAK_RATE:-60}
LAB_DESTS=5
LAB_LIMIT=$((SOAK_SECONDS * 12 / 10 + 150))
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"
# shellcheck source=tests/soak/ledger.sh
. "$LAB_TOP/tests/soak/ledger.sh"

SOAK=$(dirname "$LAB_STUB")/e2e
DAEMON_FAMILY=4
# What the daemon may hold more at the end than after its first steps.
SOAK_KB=1024
declare -A TIMES=([kills]=0 [reloads]=0 [upgrades]=0 [deaths]=0 [flaps]=0 [rubbish]=0 [dialogs]=0 [responses]=0)
# Lost calls end soon: those who send again give up after some seconds.
SIPP_LOSSY=1
SIPP_T1=500
SIPP_COMMON+=(-max_invite_retrans 4 -max_non_invite_retrans 5)

begun() {
	TIMES[$1]=$((TIMES[$1] + ${2:-1}))
}

# Resident memory in KiB, and open files: of the daemon that runs.
daemon_kb() {
	awk '/^VmRSS/ { print $2 }' "/proc/${LAB_PID[daemon]}/status"
}

daemon_files() {
	find "/proc/${LAB_PID[daemon]}/fd" -mindepth 1 | wc -l
}

pins() {
	find /sys/fs/bpf -type f | wc -l
}

# What the end is compared with.
remember() {
	FIRST_KB=$(daemon_kb)
	FIRST_FILES=$(daemon_files)
	FIRST_PINS=$(pins)
	FIRST_ENTRIES=$(ledger_entries)
}

kills() {
	lab_kill daemon
	E2E_WHY="the daemon does not come back: $(tail -n 1 "$LAB_DIR/log/daemon.err")"
	daemon_start || return 1
	begun kills
}

# Destinations 4 and 5 take turns in the list; 2 and 3 are those that die.
reloads() {
	local i

	for ((i = 0; i < 6; i++)); do
		if ((i % 2)); then
			lab_list "$E2E_LIST.new" 4 1 2 3 4
		else
			lab_list "$E2E_LIST.new" 4 1 2 3 5
		fi
		mv "$E2E_LIST.new" "$E2E_LIST"
		E2E_WHY="reload: $(head -n 1 "$LAB_DIR/log/reload.err" 2>/dev/null)"
		daemon_ask reload >"$LAB_DIR/log/reload.out" 2>"$LAB_DIR/log/reload.err" || return 1
		begun reloads
		sleep 0.1
	done
}

upgrades() {
	E2E_WHY="upgrade: $(head -n 1 "$LAB_DIR/log/upgrade.err" 2>/dev/null)"
	lab_ctl upgrade >"$LAB_DIR/log/upgrade.out" 2>"$LAB_DIR/log/upgrade.err" || return 1
	begun upgrades
}

deaths() {
	lab_kill uas2
	# by turns shorter and longer than a caller sends again
	sleep $((TIMES[deaths] % 2 ? 9 : 3))
	begun deaths
	sipp_uas 4 2 uas_ping
	E2E_WHY="destination 2 does not come back"
	sipp_ready 2 || return 1
	sleep 1
}

flaps() {
	ip -n "${LAB_PREFIX}switch" link set dev port3 down
	sleep "0.$((RANDOM % 9 + 1))"
	ip -n "${LAB_PREFIX}switch" link set dev port3 up
	begun flaps
}

# flood KIND PER-SECOND, for a second
flood() {
	local n

	E2E_WHY="the flood of $1 failed"
	n=$(lab_run client "$SOAK/soak_flood" "$1" "$(lab_ip 4 vip)" "$(lab_ip 4 client 2)" 1 "$2" "$RANDOM") || return 1
	begun "$1" "$n"
}

# Half of the time daemons are killed; the last one lives for the other half.
one_round() {
	if ((SECONDS < SOAK_HALF)) || ((TIMES[kills] == 0)); then
		kills || return 1
	fi
	reloads && flood rubbish 2000 || return 1
	upgrades && flaps && flood dialogs 150 && deaths && flood responses 2000
}

# Until the calls are over.
all_rounds() {
	local end=$((SECONDS + SOAK_SECONDS)) kills

	SOAK_HALF=$((SECONDS + SOAK_SECONDS / 2))
	while ((SECONDS < end)); do
		kills=${TIMES[kills]}
		one_round || return 1
		# the end is compared with the end of the round in which the last daemon began
		((kills == TIMES[kills])) || remember
	done
}

row() {
	printf '# %-46s %8s  %s\n' "$@"
}

# soak_table: of what was counted; the last column says what must be 0.
soak_table() {
	row calls "$CALLS" "at $SOAK_RATE/s"
	row "seen on their way to a destination" "$SEEN" "must be all"
	row "good to their caller" "$GOOD"
	row "lost to a dead destination or link" "$LOST_DEAD" allowed
	row "lost otherwise" "$LOST" "must be 0"
	row "moved from a dead destination" "$MOVED" allowed
	row misrouted "$MISROUTED" "must be 0"
	row "daemon's memory: growth in KiB" "$((LAST_KB - FIRST_KB))" "must be below $SOAK_KB (from $FIRST_KB)"
	row "daemon's open files: growth" "$((LAST_FILES - FIRST_FILES))" "must be 0 (from $FIRST_FILES)"
	row "pinned maps and programs: growth" "$((LAST_PINS - FIRST_PINS))" "must be 0 (from $FIRST_PINS)"
	ledger_table
	row "clean calls afterwards, of 100" "$AFTER" "must be 100"
	for name in kills reloads upgrades deaths flaps rubbish dialogs responses; do
		row "  $name" "${TIMES[$name]}"
	done
}

watched() {
	grep -oE "(^| )$1=[0-9]+" "$LAB_DIR/log/watch.out" | cut -d = -f 2
}

# The callers' end: who fails gave up by then.
count() {
	lab_wait uac1 "$((SOAK_SECONDS + 50))"
	sleep 1.2
	kill -TERM "${LAB_PID[watch]}"
	lab_wait watch 5
	GOOD=$(sipp_stat uac1 'SuccessfulCall(C)')
	LOST_DEAD=$(watched lost_dead)
	MOVED=$(watched moved)
	MISROUTED=$(watched misrouted)
	SEEN=$(watched seen)
	# not good to their caller, or not complete to a destination that never died: whichever is more
	LOST=$((CALLS - GOOD - LOST_DEAD))
	((LOST >= $(watched lost))) || LOST=$(watched lost)
	LAST_KB=$(daemon_kb)
	LAST_FILES=$(daemon_files)
	LAST_PINS=$(pins)
}

after() {
	local end=$((SECONDS + 6)) n

	for n in 1 2 3 4; do
		daemon_until "$n" up "$((end - SECONDS))"
	done
	lab_list "$E2E_LIST" 4 1 2 3 4
	daemon_ask reload >"$LAB_DIR/log/reload.out" 2>&1
	sipp_uac 4 1 "$(lab_host 4 vip):5060" 100 50
	lab_wait uac1 15
	AFTER=$(($(sipp_stat uac1 'SuccessfulCall(C)') - $(sipp_stat uac1 'Retransmissions(C)')))
}

soak() {
	local n

	lab_list "$E2E_LIST" 4 1 2 3 4
	daemon_conf 4
	for n in 1 2 3 4 5; do
		sipp_uas 4 "$n" uas_ping
	done
	lab_spawn switch watch "$SOAK/soak_watch" uplink "$(lab_ip 4 dest 2),$(lab_ip 4 dest 3)"
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	sipp_ready 1 2 3 4 5 && lab_said watch watching && daemon_start && daemon_until 3 up 5 || return 1
	# until the last round is over, which begins before the end
	CALLS=$(((SOAK_SECONDS + 12) * SOAK_RATE))
	sipp_uac 4 1 "$(lab_host 4 vip):5060" "$CALLS" "$SOAK_RATE"
	all_rounds || return 1
	count
	cp "$LAB_DIR/log/uac1.csv" "$LAB_DIR/log/uac1.load.csv"
	cp "$LAB_DIR/log/uac1.errors" "$LAB_DIR/log/uac1.load.errors" 2>/dev/null
	after
	e2e_stats soak
	ledger_read
	soak_table
	E2E_WHY="see the table"
	((SEEN == CALLS && LOST == 0 && MISROUTED == 0 && LAST_KB - FIRST_KB < SOAK_KB && LAST_FILES <= FIRST_FILES &&
		LAST_PINS <= FIRST_PINS && AFTER == 100)) && ledger_good
}

e2e_begin "$@"
if soak; then
	e2e_ok soak
else
	e2e_not_ok soak "$E2E_WHY"
fi
lab_kill_all
e2e_detach || e2e_not_ok soak-detach "$(head -n 1 "$LAB_DIR/log/detach.err")"
e2e_end
