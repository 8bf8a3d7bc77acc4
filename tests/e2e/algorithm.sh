#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each algorithm shares real calls out as it is defined: turns and weights exactly,
# one key to one destination, priorities to whom they say.

LAB_DESTS=4
LAB_LIMIT=600
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"

CALLS=200

# list "FLAGS PRIORITY ATTRIBUTES"...: a destination for each.
list() {
	local n

	for n in 1 2 3 4; do
		printf '1 sip:%s:5060 %s\n' "$(lab_host "$family" dest "$n")" "${!n}"
	done >"$E2E_LIST"
}

# What each destination got, as "50 50 50 50".
got() {
	local n

	for n in 1 2 3 4; do
		sipp_stat "uas$n" TotalCallCreated
	done | paste -sd ' '
}

# shares "WANT": as exactly as the algorithm is.
shares() {
	E2E_WHY="destinations got $(got) calls, expected $1"
	[[ $(got) == "$1" ]]
}

# Everything at one of them, whoever it is.
at_one() {
	E2E_WHY="destinations got $(got) calls, expected all of them at one"
	[[ $(got | tr ' ' '\n' | sort -rn | head -n 1) == "$CALLS" ]]
}

# Nobody is left out, and nobody gets all; by what key is chance.
at_all() {
	local one

	for one in $(got); do
		E2E_WHY="destinations got $(got) calls, expected some at each"
		((one > CALLS / 50 && one < 3 * CALLS / 4)) || return 1
	done
}

# picks NAME "ATTACH-OPTIONS" CHECK...: calls by the list of before.
picks() {
	local name=$1 options

	read -ra options <<<"$2"
	lab_neigh_flush
	if e2e_attach "$family" "${options[@]}"; then
		if e2e_calls "$family" "$CALLS" 200 uac uas 1 2 3 4 && e2e_calls_clean "$CALLS" 1 2 3 4 && "${@:3}"; then
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

e2e_begin "$@"
family=4
list "0 1 weight=50;rweight=10" "0 1 weight=25;rweight=10" "0 1 weight=15;rweight=10" "0 1 weight=10;rweight=10"
picks weight "--algorithm weight" shares "100 50 30 20"
picks from-uri "--algorithm from-uri" at_one
picks source-ip "--algorithm key --hash-key source-ip" at_one
picks header "--algorithm key --hash-key header:Call-ID" at_all
picks fallback-key "--algorithm auth-user" at_all
picks random "--algorithm random" at_all
picks nat-to-uri "--mode nat --algorithm 2 --user-only" at_one
list "0 1 weight=75" "0 1 weight=25" "0 9 weight=50" "0 9 weight=50"
picks srv "--algorithm srv" shares "150 50 0 0"
picks serial "--algorithm serial" shares "0 0 200 0"
list "0 0 ocrate=0" "0 0 ocrate=50" "0 0 ocrate=100" "0 0 ocrate=50"
picks overload-rate "--algorithm 64" shares "100 50 0 50"
family=6
list "0 0" "0 0 weight=1" "0 0" "0 0"
picks weight-ipv6 "--algorithm 9" shares "50 50 50 50"
e2e_end
