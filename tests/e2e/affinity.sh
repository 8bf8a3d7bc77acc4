#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything of a call reaches the destination that has it: in-dialog requests,
# CANCEL, ACK, retransmissions; under any algorithm and while the list changes.
# An answerer counts a call as begun by an INVITE and as good by its last request,
# so a message that strayed shows as a call too many here and a lost one there.

LAB_DESTS=5
LAB_LIMIT=600
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"

# with NAME FAMILY "ATTACH-OPTIONS" COMMAND...: attached while COMMAND runs.
with() {
	local name=$1 family=$2 options

	read -ra options <<<"$3"
	lab_list "$E2E_LIST" "$family" 1 2 3 4
	lab_neigh_flush
	if e2e_attach "$family" "${options[@]}"; then
		if "${@:4}"; then
			e2e_ok "$name"
		else
			e2e_not_ok "$name" "$E2E_WHY"
		fi
		e2e_stats "$name"
		lab_kill_all
		e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
	else
		e2e_not_ok "$name" "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
	fi
}

clean_calls() {
	e2e_calls "$1" 200 200 "$2" "$3" 1 2 3 4
	e2e_calls_clean 200 1 2 3 4
}

# Every destination gets its share: with 200 calls none of four can stay empty.
spread_calls() {
	local n

	clean_calls "$1" uac uas || return 1
	for n in 1 2 3 4; do
		E2E_WHY="destination $n got no call"
		(($(sipp_stat "uas$n" TotalCallCreated) > 0)) || return 1
	done
}

# Round robin gives equal shares exactly.
equal_calls() {
	local n got

	clean_calls "$1" uac uas || return 1
	for n in 1 2 3 4; do
		got=$(sipp_stat "uas$n" TotalCallCreated)
		E2E_WHY="destination $n got $got of 200 calls in turns of four"
		((got == 50)) || return 1
	done
}

# watch_arrivals N... notes every message that reaches these destinations' interface.
watch_arrivals() {
	local n

	for n in "$@"; do
		lab_spawn "dest$n" "seen$n" tcpdump -l -n -A -i eth0 "udp dst port 5060"
	done
	for n in "$@"; do
		lab_said "seen$n" "listening on" || return 1
	done
}

# The Call-IDs that reached destination N.
arrived() {
	grep -a '^Call-ID:' "$LAB_DIR/log/seen$1.out" | tr -d '\r' | sort -u
}

# Both ends lose every tenth message on purpose, so calls may fail, and an answerer
# may take what is sent again for a call of its own. But all of a call must go where
# its first message went: no Call-ID may show at two destinations.
lossy_calls() {
	local n SIPP_LOSSY=1 SIPP_T1=500 SIPP_HOLD=(2000 3000)
	local SIPP_COMMON=("${SIPP_COMMON[@]}" -lost 10)

	E2E_WHY="no capture: $(head -n 1 "$LAB_DIR/log/seen1.err" 2>/dev/null)"
	watch_arrivals 1 2 3 4 || return 1
	e2e_calls "$1" 100 100 uac uas 1 2 3 4
	lab_kill_all
	for n in 1 2 3 4; do
		arrived "$n"
	done | sort >"$LAB_DIR/log/arrived"
	E2E_WHY="$(uniq -d "$LAB_DIR/log/arrived" | wc -l) of $(uniq "$LAB_DIR/log/arrived" | wc -l) calls reached two destinations"
	[[ -z $(uniq -d "$LAB_DIR/log/arrived") ]] && (($(wc -l <"$LAB_DIR/log/arrived") == 100)) || return 1
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') good, $(sipp_stat uac1 'Retransmissions(C)') sent again"
	(($(sipp_stat uac1 'SuccessfulCall(C)') > 50 && $(sipp_stat uac1 'Retransmissions(C)') > 10))
}

reload() {
	lab_list "$E2E_LIST" "$@"
	lab_ctl reload >"$LAB_DIR/log/reload.out" 2>"$LAB_DIR/log/reload.err" && return
	E2E_WHY="reload: $(head -n 1 "$LAB_DIR/log/reload.err")"
	return 1
}

# One destination leaves and another joins while calls of 2 to 3 s are up.
reload_calls() {
	local n begun SIPP_HOLD=(2000 3000)

	for n in 1 2 3 4 5; do
		sipp_uas "$1" "$n"
	done
	sipp_ready 1 2 3 4 5 || return 1
	sipp_uac "$1" 1 "$(lab_host "$1" vip):5060" 800 200
	sleep 2
	reload "$1" 1 3 4 5 || return 1
	sleep 1.5
	begun=$(sipp_stat uas2 TotalCallCreated)
	lab_wait uac1 15
	sipp_finish 1 2 3 4 5
	e2e_calls_clean 800 1 2 3 4 5 || return 1
	E2E_WHY="the destination that left got new calls, or the one that joined none"
	(($(sipp_stat uas2 TotalCallCreated) == begun && begun > 0 && $(sipp_stat uas5 TotalCallCreated) > 0))
}

# A list that changes all the time, two reloads at once: a call never notices.
storm_calls() {
	local n i pid SIPP_HOLD=(500 1500)

	for n in 1 2 3 4 5; do
		sipp_uas "$1" "$n"
	done
	sipp_ready 1 2 3 4 5 || return 1
	sipp_uac "$1" 1 "$(lab_host "$1" vip):5060" 600 150
	for ((i = 0; i < 10; i++)); do
		if ((i % 2)); then
			lab_list "$E2E_LIST.new" "$1" 1 2 3 4
		else
			lab_list "$E2E_LIST.new" "$1" 1 3 5
		fi
		mv "$E2E_LIST.new" "$E2E_LIST"
		lab_ctl reload >"$LAB_DIR/log/reload1.out" 2>&1 &
		pid=$!
		lab_ctl reload >"$LAB_DIR/log/reload2.out" 2>&1
		wait "$pid"
		sleep 0.2
	done
	E2E_WHY="a reload after the storm failed"
	lab_ctl reload >"$LAB_DIR/log/reload.out" 2>&1 || return 1
	lab_wait uac1 20
	sipp_finish 1 2 3 4 5
	e2e_calls_clean 600 1 2 3 4 5
}

# No neighbour is known when attach begins, and none may be permanent; the very
# first call arrives.
cold_call() {
	e2e_detach
	lab_neigh_flush
	e2e_attach "$1" || return 1
	e2e_calls "$1" 1 10 uac uas 1 2 3 4
	e2e_calls_clean 1 1 2 3 4 || return 1
	E2E_WHY="permanent neighbour entries were made"
	(($(lab_neigh_permanent) == 0))
}

e2e_begin "$@"
for family in 4 6; do
	with "spread-ipv$family" "$family" "" spread_calls "$family"
	with "cold-ipv$family" "$family" "" cold_call "$family"
	with "cancel-ipv$family" "$family" "" clean_calls "$family" uac_cancel uas_cancel
	with "reject-ipv$family" "$family" "" clean_calls "$family" uac_reject uas_reject
done
with cancel-round-robin 4 "--algorithm 4" clean_calls 4 uac_cancel uas_cancel
with reject-round-robin 4 "--algorithm 4" clean_calls 4 uac_reject uas_reject
with cancel-hash-affinity 4 "--affinity hash" clean_calls 4 uac_cancel uas_cancel
with equal-round-robin 4 "--algorithm 4" equal_calls 4
with calls-hash-affinity 4 "--affinity hash" spread_calls 4
with calls-nat-round-robin 4 "--mode nat --algorithm 4" equal_calls 4
with lossy 4 "" lossy_calls 4
with lossy-round-robin 6 "--algorithm 4" lossy_calls 6
with reload-ipv4 4 "" reload_calls 4
with reload-ipv6-round-robin 6 "--algorithm 4" reload_calls 6
with reload-nat 4 "--mode nat" reload_calls 4
with reload-storm 4 "" storm_calls 4
e2e_end
