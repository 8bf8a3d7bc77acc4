#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What XDP cannot do still arrives: calls whose messages come in fragments, callers and destinations alike, are handled by
# the daemon's slow path, and nobody notices; without a daemon they are dropped and counted, and no ICMP error says so.

LAB_DESTS=3
LAB_LIMIT=${LAB_LIMIT:-200}
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

# with_slow NAME FAMILY LINE COMMAND...: a daemon whose configuration has that line more while COMMAND runs.
with_slow() {
	local name=$1

	[[ $NAMED == "  " || $NAMED == *" $name "* ]] || return 0
	DAEMON_FAMILY=$2
	lab_list "$E2E_LIST" "$DAEMON_FAMILY" 1 2 3
	lab_neigh_flush
	rm -f "$DAEMON_STATE"
	daemon_conf "$DAEMON_FAMILY" "$3"
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	if daemon_start && until_beat && "${@:4}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
		cp "$LAB_DIR/log/daemon.err" "$LAB_DIR/log/$name.daemon" 2>/dev/null
	fi
	e2e_stats "$name"
	SIPP_PAD=0
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# The kernel passes nothing before the first heartbeat.
until_beat() {
	sleep 0.7
}

# slow_of PATH NAME prints a verdict or reason of that path.
slow_of() {
	lab_ctl stats --json --all 2>/dev/null |
		jq -r --arg p "$1" --arg n "$2" '.paths[] | select(.path == $p) | .verdicts[$n] // .reasons[$n]'
}

# Every INVITE and every 200 to one is so much longer; whole calls, nothing sent again, and it was the slow path.
big_calls() {
	local calls=40 n

	SIPP_PAD=$1
	e2e_calls "$DAEMON_FAMILY" "$calls" 40 uac uas_ping 1 2 3
	daemon_calls_clean "$calls" 1 2 3 || return 1
	n=$(slow_of slow forward)
	E2E_WHY="the slow path sent $n messages on, expected $((calls * 2))"
	((n >= calls * 2)) || return 1
	n=$(slow_of fast slow_fragment)
	E2E_WHY="$n first fragments were handed to the slow path, expected $((calls * 2))"
	((n == calls * 2))
}

e2e_begin "$@"
for family in 4 6; do
	with_slow "slow-3000-ipv$family" "$family" "" big_calls 2500
	with_slow "slow-9000-ipv$family" "$family" "" big_calls 8500
done
e2e_end
