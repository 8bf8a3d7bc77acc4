#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whole calls through the director in every combination of mode, IP version, XDP
# mode and checksum offload of the senders and of the director's interfaces.

LAB_DESTS=3
LAB_LIMIT=850
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"

CALLS=60
RATE=100

# A partial checksum in generic mode cannot follow a length that changes, and
# without the slow path such a datagram is counted and dropped, never damaged.
expect_refused() {
	local name=$1

	sipp_uas "$2" 1
	sipp_ready 1 || return 1
	sipp_uac "$2" 1 "$(lab_host "$2" vip):5060" 5 50 uac
	sleep 0.5
	lab_kill uac1
	e2e_stats "$name"
	sipp_finish 1
	(($(sipp_stat uas1 TotalCallCreated) == 0)) &&
		e2e_said 'slow_partial"?: *"?[1-9]' "$LAB_DIR/log/$name.stats"
}

combination() {
	local family=$1 mode=$2 xdp=$3 sender=$4 egress=$5
	local name=calls-$mode-ipv$family-$xdp-sender-$sender-egress-$egress

	lab_csum sender "$sender"
	lab_csum egress "$egress"
	lab_neigh_flush
	if ! e2e_attach "$family" --mode "$mode" --xdp "$xdp"; then
		e2e_not_ok "$name" "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
		return
	fi
	if [[ $(lab_xdp cl0)$(lab_xdp sv0) != "$xdp$xdp" ]]; then
		e2e_not_ok "$name" "attached as '$(lab_xdp cl0)' and '$(lab_xdp sv0)'"
	elif [[ $mode$xdp$sender == proxygenericon ]]; then
		e2e_check "$name" "a partial checksum was not refused" expect_refused "$name" "$family"
	else
		e2e_calls "$family" "$CALLS" "$RATE" uac uas 1 2 3
		e2e_stats "$name"
		if e2e_calls_clean "$CALLS" 1 2 3; then
			e2e_ok "$name"
		else
			e2e_not_ok "$name" "$E2E_WHY"
		fi
	fi
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

e2e_begin "$@"
for family in 4 6; do
	lab_list "$E2E_LIST" "$family" 1 2 3
	for mode in proxy nat; do
		for xdp in native generic; do
			for sender in on off; do
				for egress in on off; do
					combination "$family" "$mode" "$xdp" "$sender" "$egress"
				done
			done
		done
	done
done
e2e_end
