#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets spread over CPUs by Call-ID: whole calls in every mode, each CPU takes part, nothing is lost on the way from one
# to the other; what is passed arrives, too; upgrades go on under traffic; wrong lists of CPUs are refused.

LAB_DESTS=3
LAB_LIMIT=${LAB_LIMIT:-600}
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

MAPS=/sys/fs/bpf/sipxdp/default/maps
BPFTOOL=$("$LAB_TOP/scripts/deps.sh" --bpftool)
ONLINE=$(cat /sys/devices/system/cpu/online)
CALLS=60
RATE=100

# taken prints how many packets each CPU has taken of what was handed to it.
taken() {
	"$BPFTOOL" -j map dump pinned "$MAPS/counters" |
		jq -r '[.[].formatted.values[] | { cpu, n: .value.taken }] | group_by(.cpu) | map(map(.n) | add) | .[]'
}

# All that was handed over was taken, by every CPU some of it.
all_taken() {
	local at_least=$1 handed lost each

	handed=$(lab_ctl stats --json | jq .spread.handed)
	lost=$(lab_ctl stats --json | jq .spread.lost)
	each=$(taken | tr '\n' ' ')
	E2E_WHY="$handed packets handed over, $lost of them lost, each CPU took: $each"
	((handed >= at_least && lost == 0)) && [[ " $each" != *" 0 "* ]]
}

combination() {
	local family=$1 mode=$2 xdp=$3 sender=$4 name=spread-$2-ipv$1-$3-sender-$4

	lab_csum sender "$sender"
	lab_neigh_flush
	if ! e2e_attach "$family" --mode "$mode" --xdp "$xdp" --spread "$ONLINE"; then
		e2e_not_ok "$name" "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
		return
	fi
	e2e_calls "$family" "$CALLS" "$RATE" uac uas 1 2 3
	e2e_stats "$name"
	if e2e_calls_clean "$CALLS" 1 2 3 && all_taken $((5 * CALLS)); then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
	fi
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# with_daemon NAME FAMILY COMMAND...: a daemon that spreads while COMMAND runs.
with_daemon() {
	local name=$1

	DAEMON_FAMILY=$2
	lab_csum sender on
	lab_list "$E2E_LIST" "$DAEMON_FAMILY" 1 2 3
	lab_neigh_flush
	rm -f "$DAEMON_STATE"
	daemon_conf "$DAEMON_FAMILY" "spread = \"$ONLINE\""
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	if daemon_start && "${@:3}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
		cp "$LAB_DIR/log/daemon.err" "$LAB_DIR/log/$name.daemon" 2>/dev/null
	fi
	e2e_stats "$name"
	SIPP_PAD_UAC=0
	SIPP_PAD_UAS=0
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# Every INVITE and every 200 to one is so much longer than a packet, or grows beyond one.
big_calls() {
	SIPP_PAD_UAC=$1
	SIPP_PAD_UAS=$1
	e2e_calls "$DAEMON_FAMILY" 40 40 uac uas_ping 1 2 3
	daemon_calls_clean 40 1 2 3 && all_taken 200
}

upgrades() {
	local i calls=600 n

	for n in 1 2 3; do
		sipp_uas "$DAEMON_FAMILY" "$n" uas_ping
	done
	sipp_ready 1 2 3 || return 1
	sipp_uac "$DAEMON_FAMILY" 1 "$(lab_host "$DAEMON_FAMILY" vip):5060" "$calls" "$RATE"
	for i in 1 2 3 back; do
		E2E_WHY="upgrade: $(head -n 1 "$LAB_DIR/log/upgrade.err" 2>/dev/null)"
		if [[ $i == back ]]; then
			set -- --rollback
		else
			set --
		fi
		lab_ctl upgrade "$@" >"$LAB_DIR/log/upgrade.out" 2>"$LAB_DIR/log/upgrade.err" || return 1
	done
	lab_wait uac1 $((calls / RATE + 25))
	sipp_finish 1 2 3
	daemon_calls_clean "$calls" 1 2 3 && all_taken $((5 * calls))
}

# refused LIST CODE REGEX: attach says so, with that exit code, and leaves nothing.
refused() {
	local code=0

	e2e_attach 4 --spread "$1" || code=$?
	E2E_WHY="exit code $code: $(head -n 1 "$LAB_DIR/log/attach.err")"
	((code == $2)) && e2e_said "$3" "$LAB_DIR/log/attach.err" && [[ -z $(lab_xdp cl0) ]]
}

e2e_begin "$@"
if [[ $ONLINE != *[-,]* ]]; then
	e2e_skip spread "there is one CPU"
	e2e_end
fi
for family in 4 6; do
	lab_list "$E2E_LIST" "$family" 1 2 3
	for mode in proxy nat; do
		for sender in on off; do
			combination "$family" "$mode" native "$sender"
		done
		combination "$family" "$mode" generic off
	done
done
with_daemon spread-fragments 4 big_calls 3000
with_daemon spread-fragments-ipv6 6 big_calls 3000
with_daemon spread-grown 4 big_calls 1000
with_daemon spread-upgrades 4 upgrades
lab_list "$E2E_LIST" 4 1 2 3
for row in "x 2 expected CPUs" "0- 2 expected CPUs" "4000 2 expected CPUs" "3-1 2 expected CPUs" "0-64 2 at most" \
	"1023 1 not online"; do
	read -r cpus code why <<<"$row"
	if refused "$cpus" "$code" "$why"; then
		e2e_ok "spread-refused-$cpus"
	else
		e2e_not_ok "spread-refused-$cpus" "$E2E_WHY"
	fi
done
e2e_end
