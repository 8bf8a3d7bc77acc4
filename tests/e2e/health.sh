#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What becomes of traffic when health says no: all-down policies, codes that do not count as alive, a half-dead
# destination that only traffic shows, a standby without the listener's address, commands on events.

LAB_DESTS=4
LAB_LIMIT=${LAB_LIMIT:-600}
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

# with_conf NAME "CONFIGURATION-LINE" COMMAND...: three destinations that answer while COMMAND runs.
with_conf() {
	local name=$1 n DAEMON_FAMILY=4

	lab_list "$E2E_LIST" 4 1 2 3
	rm -f "$DAEMON_STATE"
	daemon_conf 4 "$2"
	for n in 1 2 3; do
		sipp_uas 4 "$n" uas_ping
	done
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	if sipp_ready 1 2 3 && daemon_start && "${@:3}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY; daemon: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
		cp "$LAB_DIR/log/daemon.err" "$LAB_DIR/log/$name.daemon" 2>/dev/null
	fi
	e2e_stats "$name"
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

all_down() {
	local n

	for n in 1 2 3; do
		E2E_WHY="destination $n answers 200, which does not count, and is $(daemon_health "$n")"
		daemon_until "$n" down 10 || return 1
	done
	sleep 0.2
}

# begun N...: calls that these destinations got.
begun() {
	local n uas=()

	for n in "$@"; do
		uas+=("uas$n")
	done
	sipp_sum 'GenericCounter1(C)' "${uas[@]}"
}

rejects() {
	all_down || return 1
	sipp_uac 4 1 "$(lab_host 4 vip):5060" 20 20 uac_reject
	lab_wait uac1 15
	E2E_WHY="with nothing active $(begun 1 2 3) of 20 calls went somewhere"
	(($(begun 1 2 3) == 0)) || return 1
	E2E_WHY="callers got no 503"
	lab_ctl stats --json | jq -e '[.. | objects | select(has("no_destination")) | .no_destination] | add >= 20' >/dev/null
}

serves_all() {
	all_down || return 1
	sipp_uac 4 1 "$(lab_host 4 vip):5060" 60 60
	lab_wait uac1 15
	sleep 1.5
	E2E_WHY="with nothing active, all are to be served, but: $(begun 1), $(begun 2), $(begun 3) calls"
	(($(begun 1) > 0 && $(begun 2) > 0 && $(begun 3) > 0))
}

serves_default() {
	sipp_uac 4 1 "$(lab_host 4 vip):5060" 60 60
	lab_wait uac1 15
	sleep 1.5
	E2E_WHY="the default destination got $(begun 3) calls while others were up"
	(($(begun 3) == 0 && $(begun 1 2) == 60)) || return 1
	lab_kill uas1
	lab_kill uas2
	daemon_until 1 down 10 && daemon_until 2 down 10 && daemon_out 1 2 && daemon_out 2 2
	sipp_uac 4 1 "$(lab_host 4 vip):5060" 60 60
	lab_wait uac1 15
	sleep 1.5
	E2E_WHY="the default destination got $(begun 3) of 60 calls when nothing else was up"
	(($(begun 3) == 60))
}

# Destination 2 answers pings, and INVITEs never: pings alone would not tell.
half_dead() {
	local i

	lab_kill uas2
	sipp_uas 4 2 uas_deaf
	sipp_ready 2
	daemon_until 2 up 10
	sipp_uac 4 1 "$(lab_host 4 vip):5060" 400 40
	for ((i = 0; i < 60; i++)); do
		daemon_ask history --json | grep -q '"silent"' && break
		sleep 0.2
	done
	E2E_WHY="a destination that answers no INVITE was not found by its silence"
	daemon_ask history --json | grep -q '"silent"' || return 1
	daemon_until 2 down 10 || return 1
	sleep 2
	E2E_WHY="one that answers pings and no call came back at once: it is $(daemon_health 2)"
	[[ $(daemon_health 2) == down ]] || return 1
	daemon_until 2 up 10
	lab_kill uac1
}

standby() {
	daemon_until 1 up 10 || return 1
	ip -n "${LAB_PREFIX}director" addr del "$(lab_ip 4 vip)/24" dev cl0
	E2E_WHY="a standby goes on pinging"
	for ((i = 0; i < 50; i++)); do
		daemon_ask rpc version | jq -e '.standby and (.pinging | not)' >/dev/null && break
		sleep 0.1
	done
	daemon_ask rpc version | jq -e '.standby and (.pinging | not)' >/dev/null
	lab_kill uas1
	sleep 3
	E2E_WHY="a standby holds destination 1 for $(daemon_health 1)"
	[[ $(daemon_health 1) == up ]] || return 1
	lab_addr director cl0 4 vip
	E2E_WHY="the address is back and destination 1 is $(daemon_health 1)"
	daemon_until 1 down 10
}

runs_commands() {
	local i

	daemon_until 1 up 10 || return 1
	lab_kill uas1
	daemon_until 1 down 10
	sipp_uas 4 1 uas_ping
	daemon_until 1 up 10
	for ((i = 0; i < 30; i++)); do
		grep -q '^up ' "$LAB_DIR/hook.out" 2>/dev/null && break
		sleep 0.1
	done
	E2E_WHY="the commands on events wrote: $(tr '\n' '|' <"$LAB_DIR/hook.out" 2>/dev/null)"
	grep -q "^down 1 sip:$(lab_host 4 dest 1):5060 " "$LAB_DIR/hook.out" &&
		grep -q "^up 1 sip:$(lab_host 4 dest 1):5060 " "$LAB_DIR/hook.out"
}

e2e_begin "$@"
hook="echo \\\"\\\$SIPXDP_EVENT \\\$SIPXDP_SET \\\$SIPXDP_URI \\\$SIPXDP_OLD \\\$SIPXDP_NEW\\\" >>$LAB_DIR/hook.out"
with_conf all-down-reject 'set 1 { all-down = reject ping { codes = "299" } }' rejects
with_conf all-down-serve-all 'set 1 { all-down = serve-all ping { codes = "299" } }' serves_all
with_conf all-down-default "set 1 { all-down = default-destination default-destination = \"sip:$(lab_host 4 dest 3):5060\" }" \
	serves_default
with_conf half-dead 'set 1 { ping { passive { requests = 5 window = "1s" fail-percent = 50 hold = "4s" } } }' half_dead
with_conf standby '' standby
with_conf events "events { on-down = \"$hook\" on-up = \"$hook\" }" runs_commands
e2e_end
