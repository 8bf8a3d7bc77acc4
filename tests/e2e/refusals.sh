#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Wrong usage of attach and detach: every refusal is a non-zero exit status and a
# sentence with the remedy, and leaves nothing attached, pinned or set.

LAB_DESTS=2
LAB_LIMIT=600
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"

DIRECTOR=
PINS=
SAY=$LAB_DIR/log/say

# What attach may change and detach has to give back: programs, pins, neighbours,
# settings of the director.
state() {
	ip -n "$DIRECTOR" -o link | sed -nE 's/^[0-9]+: ([a-z0-9]+)@.* (xdp[a-z]*) .*/\1 \2/p'
	pins
	ip -n "$DIRECTOR" neigh show nud permanent
	ip -n "$DIRECTOR" neigh | grep -E 'managed|extern_learn'
	lab_run director grep -r . /proc/sys/net/ipv4/conf/{cl0,sv0} /proc/sys/net/ipv6/conf/{cl0,sv0} \
		/proc/sys/net/ipv4/ip_forward 2>/dev/null
	# Locks and records in /run, but not the lab itself.
	find /run -mindepth 1 -path "$LAB_DIR" -prune -o -path /run/netns -prune -o -print | sort
}

# refused NAME REGEX [COMMAND...]: attach (or COMMAND) fails, says REGEX, changes
# nothing.
refused() {
	local name=$1 regex=$2 before after

	shift 2
	(($#)) || set -- attach_usual
	before=$(state)
	try "$@"
	after=$(state)
	if ((RC == 0)); then
		e2e_not_ok "$name" "it was not refused"
		e2e_detach
	elif ((RC >= 124)); then
		e2e_not_ok "$name" "exit status $RC (a crash or a time-out)"
	elif ! e2e_said "$regex" "$SAY.err"; then
		e2e_not_ok "$name" "it did not say /$regex/ but: $(head -n 2 "$SAY.err" | tr '\n' ' ')"
	elif [[ $before != "$after" ]]; then
		e2e_not_ok "$name" "it left $(diff <(echo "$before") <(echo "$after") | grep '^[<>]' | head -n 3 | tr '\n' ' ')"
	else
		e2e_ok "$name"
	fi
}

# try COMMAND...: output to SAY, the status to RC.
try() {
	RC=0
	"$@" >"$SAY.out" 2>"$SAY.err" || RC=$?
}

attach_usual() {
	lab_ctl attach cl0,sv0 --listen "$(lab_host 4 vip):5060" --file "$E2E_LIST" --set 1 "$@"
}

attach_on() {
	lab_ctl attach "$1" --listen "$(lab_host 4 vip):5060" --file "$E2E_LIST" --set 1 "${@:2}"
}

attach_listen() {
	lab_ctl attach cl0,sv0 --listen "$1" --file "$E2E_LIST" --set 1
}

attach_file() {
	lab_ctl attach cl0,sv0 --listen "$(lab_host 4 vip):5060" --file "$1" --set "${2:-1}"
}

# A user who may look but not touch. The binary is copied to where he can read it.
attach_nobody() {
	install -m 755 "$LAB_CTL" "$LAB_DIR/dispatchctl"
	lab_run director setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		timeout 30 "$LAB_DIR/dispatchctl" attach cl0,sv0 --listen "$(lab_host 4 vip):5060" \
		--file "$E2E_LIST" --set 1
}

# Another mount namespace, in which nothing is mounted where bpffs belongs.
attach_no_bpffs() {
	lab_run director unshare --mount sh -c "umount -a -t bpf; mount -t tmpfs tmpfs /sys/fs/bpf
		exec timeout 30 '$LAB_CTL' attach cl0,sv0 --listen '$(lab_host 4 vip):5060' --file '$E2E_LIST' --set 1"
}

# The stub on the other end limits the MTU too, so it has to go meanwhile.
mtu_of_uplink() {
	ip -n "${LAB_PREFIX}switch" link set dev uplink xdpdrv off
	ip -n "${LAB_PREFIX}switch" link set dev uplink mtu "$1"
	ip -n "$DIRECTOR" link set dev sv0 mtu "$1"
	[[ $2 == off ]] || lab_stub switch uplink
}

# The program is xdp.frags: no MTU that veth can have is too large for it.
jumbo_attach() {
	local rc

	mtu_of_uplink 9000 off
	e2e_attach 4 --xdp native
	rc=$?
	e2e_detach
	mtu_of_uplink 1500 on
	return "$rc"
}

# with_state BEFORE AFTER NAME REGEX: refused while BEFORE was done to the director.
with_state() {
	eval "$1"
	refused "$3" "$4"
	eval "$2"
}

second_attach() {
	if ! attach_usual >"$SAY.out" 2>"$SAY.err"; then
		e2e_not_ok attach "$(head -n 1 "$SAY.err")"
		return
	fi
	refused_keeps second-attach-same-instance "already|attached|instance" attach_usual
	refused_keeps second-attach-other-instance "already|attached|instance" attach_usual --instance other
	e2e_check detach "it failed" e2e_detach
}

# Like refused, but what was attached before has to go on.
refused_keeps() {
	local before after

	before=$(state)
	try "${@:3}"
	after=$(state)
	if ((RC == 0 || RC >= 124)); then
		e2e_not_ok "$1" "exit status $RC"
	elif ! e2e_said "$2" "$SAY.err"; then
		e2e_not_ok "$1" "it did not say /$2/ but: $(head -n 2 "$SAY.err" | tr '\n' ' ')"
	elif [[ $before != "$after" ]]; then
		e2e_not_ok "$1" "it changed $(diff <(echo "$before") <(echo "$after") | grep '^[<>]' | head -n 3 | tr '\n' ' ')"
	else
		e2e_ok "$1"
	fi
}

# Everything that attach made is gone after detach, after calls too.
detach_leaves_nothing() {
	local before after

	before=$(state)
	attach_usual >"$SAY.out" 2>"$SAY.err"
	e2e_calls 4 20 50 uac uas 1 2
	e2e_detach
	after=$(state)
	E2E_WHY=$(diff <(echo "$before") <(echo "$after") | head -n 4 | tr '\n' ' ')
	if [[ $before == "$after" ]]; then
		e2e_ok detach-leaves-nothing
	else
		e2e_not_ok detach-leaves-nothing "$E2E_WHY"
	fi
	refused detach-when-not-attached "not attached|no instance|nothing" lab_ctl detach
}

# A standby director does not hold the address yet: said, not refused.
foreign_listener() {
	try attach_listen 192.0.2.222:5060
	if ((RC)); then
		e2e_not_ok listener-elsewhere "refused: $(head -n 1 "$SAY.err")"
		return
	fi
	e2e_check listener-elsewhere "no warning" e2e_said "warning.*192\.0\.2\.222|192\.0\.2\.222.*not" "$SAY.err"
	e2e_detach
}

# The client side disappears under us; what is left can be shown and detached.
interface_goes() {
	attach_usual >"$SAY.out" 2>"$SAY.err"
	ip -n "$DIRECTOR" link del dev cl0
	try lab_ctl list --json
	e2e_check interface-gone-list "exit status $RC" test "$RC" -lt 124
	try lab_ctl stats --json
	e2e_check interface-gone-stats "exit status $RC" test "$RC" -lt 124
	try lab_ctl reload
	e2e_check interface-gone-reload "exit status $RC" test "$RC" -lt 124
	try e2e_detach
	e2e_check interface-gone-detach "exit status $RC" test "$RC" -eq 0
	e2e_check interface-gone-nothing-left "$(pins)" test "$(pins)" = "$PINS"
	refused interface-missing "cl0" attach_usual
}

pins() {
	find /sys/fs/bpf -mindepth 1 ! -name '*.debug' | sort
}

# Two reloads at once: each ends, at least one succeeds, and the list is whole.
two_reloads() {
	local pid one=0 two=0

	attach_usual >"$SAY.out" 2>"$SAY.err"
	lab_list "$E2E_LIST" 4 1
	lab_ctl reload >"$SAY.one" 2>&1 &
	pid=$!
	lab_ctl reload >"$SAY.two" 2>&1 || two=$?
	wait "$pid" || one=$?
	e2e_check two-reloads "exit status $one and $two" \
		test "$((one < 124 && two < 124 && (one == 0 || two == 0)))" -eq 1
	e2e_calls 4 20 50 uac uas 1
	e2e_check two-reloads-calls "calls after them failed" e2e_calls_clean 20 1
	lab_list "$E2E_LIST" 4 1 2
	e2e_detach
}

# A list with an error changes nothing, and the calls go on.
bad_reload() {
	attach_usual >"$SAY.out" 2>"$SAY.err"
	echo "1 sip:not a uri" >"$E2E_LIST"
	refused_keeps reload-broken-file "dispatcher\.list:1:[0-9]+:" lab_ctl reload
	: >"$E2E_LIST"
	refused_keeps reload-empty-file "empty|no destination" lab_ctl reload
	lab_list "$E2E_LIST" 4 1 2
	e2e_calls 4 20 50 uac uas 1 2
	e2e_check reload-broken-calls "calls after it failed" e2e_calls_clean 20 1 2
	e2e_detach
}

e2e_begin "$@"
DIRECTOR=${LAB_PREFIX}director
PINS=$(pins)
lab_list "$E2E_LIST" 4 1 2

second_attach
detach_leaves_nothing
foreign_listener
two_reloads
bad_reload
with_state "ip -n $DIRECTOR link set dev sv0 xdpdrv obj $LAB_STUB sec xdp" \
	"ip -n $DIRECTOR link set dev sv0 xdpdrv off" \
	foreign-program "sv0"
with_state "lab_forwarding 0" "lab_forwarding 1" forwarding-off "forward"
e2e_check mtu-jumbo "a jumbo MTU was refused, although the program takes several buffers" jumbo_attach
refused no-bpffs "bpf" attach_no_bpffs
refused not-root "root" attach_nobody
refused interface-unknown "nosuch0" attach_on cl0,nosuch0
refused interface-twice "cl0" attach_on cl0,cl0
refused listener-no-port "port" attach_listen 192.0.2.100
refused listener-rubbish "listen|address" attach_listen 192.0.2.300:5060
refused file-missing "nosuch\.list" attach_file "$LAB_DIR/nosuch.list"
refused set-missing "set" attach_file "$E2E_LIST" 7
refused algorithm-unknown "algorithm" attach_usual --algorithm sideways
refused mode-unknown "mode" attach_usual --mode sideways
refused xdp-unknown "xdp" attach_usual --xdp sideways
refused no-arguments "usage|interface" lab_ctl attach
refused command-unknown "sideways" lab_ctl sideways
interface_goes
e2e_end
