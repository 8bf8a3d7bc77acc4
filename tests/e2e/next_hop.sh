#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A destination's link address changes: while the daemon runs, packets follow at once; while it is dead, as soon as its
# heartbeat is not fresh any more. Either way the next hop comes from where it should: the cache is read by its pin.

LAB_DESTS=1
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
FRESH_MS=$(awk '$2 == "DS_HEARTBEAT_FRESH_MS" { print $3 }' "$LAB_TOP/include/abi.h")
RATE=100

with_daemon() {
	local name=$1

	DAEMON_FAMILY=$2
	lab_list "$E2E_LIST" "$DAEMON_FAMILY" 1
	rm -f "$DAEMON_STATE"
	daemon_conf "$DAEMON_FAMILY"
	lab_neigh_flush
	sipp_uas "$DAEMON_FAMILY" 1 uas_ping
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	if sipp_ready 1 && daemon_start && cached "$(address)" && "${@:3}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
		cp "$LAB_DIR/log/daemon.err" "$LAB_DIR/log/$name.daemon" 2>/dev/null
	fi
	e2e_stats "$name"
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# The destination's link address.
address() {
	ip -n "${LAB_PREFIX}dest1" -j link show dev eth0 | jq -r '.[0].address'
}

# move ADDRESS [HOST]: another link address, and the destination (or HOST) says so, as hosts do that take over another's.
move() {
	lab_run "${2:-dest1}" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_notify
		echo 1 >/proc/sys/net/ipv6/conf/eth0/ndisc_notify'
	ip -n "$LAB_PREFIX${2:-dest1}" link set dev eth0 address "$1"
}

# The link address in the cache, nothing where the kernel is asked. There is one destination, in some slot.
cache() {
	"$BPFTOOL" -j map dump pinned "$MAPS/next_hops" |
		jq -r '[.[].formatted.value | select(.valid == 1)] | .[0].dmac // [] |
			map(if type == "string" then . else tostring end) | join(" ")' |
		{
			read -r -a octets || true
			((${#octets[@]} == 6)) && printf '%02x:%02x:%02x:%02x:%02x:%02x\n' "${octets[@]}"
		}
}

# cached ADDRESS waits until the cache has it.
cached() {
	local end=$((SECONDS + 10))

	until [[ $(cache) == "$1" ]]; do
		E2E_WHY="the cache has '$(cache)' for $1"
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

load() {
	sipp_uac "$DAEMON_FAMILY" 1 "$(lab_host "$DAEMON_FAMILY" vip):5060" "$1" "$RATE"
}

# good CALLS: every call of the load ended well, and [clean] nothing was sent twice.
good() {
	lab_wait uac1 $(($1 / RATE + 25))
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') good of $1,"
	E2E_WHY+=" $(sipp_stat uac1 'Retransmissions(C)') sent again"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == $1)) || return 1
	[[ ${2-} != clean ]] || (($(sipp_stat uac1 'Retransmissions(C)') == 0))
}

# What is in flight to the old address may be sent again; what begins afterwards may not.
moves_alive() {
	load $((5 * RATE))
	sleep 2
	move 02:00:00:00:77:01
	cached 02:00:00:00:77:01 || return 1
	good $((5 * RATE)) || return 1
	load $((2 * RATE))
	good $((2 * RATE)) clean
}

# The caller's link address: what packets remember of the way back to it is forgotten.
caller_moves() {
	load $((2 * RATE))
	good $((2 * RATE)) clean || return 1
	move 02:00:00:00:78:01 client
	# the announcement takes its way
	sleep 0.3
	load $((2 * RATE))
	good $((2 * RATE)) clean
}

# The cache goes on to have the old address, and nobody looks at it.
moves_dead() {
	local old

	old=$(address)
	load $((8 * RATE))
	sleep 2
	lab_kill daemon
	move 02:00:00:00:77:02
	E2E_WHY="the cache has '$(cache)', which a dead daemon cannot have written"
	[[ $(cache) == "$old" ]] || return 1
	good $((8 * RATE)) || return 1
	sleep "$((FRESH_MS / 1000)).1"
	load $((2 * RATE))
	good $((2 * RATE)) clean
}

# Who stops the daemon does not have to wait: nothing that it knew is used from then on.
moves_stopped() {
	E2E_WHY="the daemon's exit code is not 0"
	daemon_stop || return 1
	E2E_WHY="the cache has '$(cache)' after the daemon's end"
	[[ -z $(cache) ]] || return 1
	move 02:00:00:00:77:03
	# the announcement takes its way
	sleep 0.5
	load $((2 * RATE))
	good $((2 * RATE)) clean
}

# A new daemon does not believe what the dead one has left.
moves_between() {
	lab_kill daemon
	move 02:00:00:00:77:04
	sleep 0.5
	E2E_WHY="the daemon does not come back: $(tail -n 1 "$LAB_DIR/log/daemon.err")"
	daemon_start || return 1
	cached 02:00:00:00:77:04 || return 1
	load $((2 * RATE))
	good $((2 * RATE)) clean
}

e2e_begin "$@"
for family in 4 6; do
	with_daemon "alive-$family" "$family" moves_alive
	with_daemon "caller-$family" "$family" caller_moves
	with_daemon "killed-$family" "$family" moves_dead
	with_daemon "stopped-$family" "$family" moves_stopped
	with_daemon "restarted-$family" "$family" moves_between
done
e2e_end
