# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lab.sh - the network that the demo and the end-to-end tests run in.
#
#   client ---- director ---- switch (bridge) ---- dest1 .. destN
#         cl0            sv0
#
# Everything lives in a mount and a process namespace of this run: /run (with
# the named network namespaces) is a private tmpfs and the BPF file system is a
# private one, so host pins, mounts and namespaces are never touched. When the
# first process of the lab ends, however it ends, the kernel takes the processes
# with it, then the namespaces, links, programs and pins. There is no list of
# things to undo, so none can be forgotten, not even after kill -9.

LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_CTL=${LAB_CTL:-$LAB_TOP/build/dispatchctl}
LAB_STUB=${LAB_STUB:-$LAB_TOP/build/tests/pass.bpf.o}
LAB_DIR=/run/lab
LAB_DESTS=${LAB_DESTS:-5}
LAB_LIMIT=${LAB_LIMIT:-120}
declare -A LAB_PID=()

lab_die() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# lab_need TOOL:PACKAGE... names every missing tool at once, with the remedy.
lab_need() {
	local pair missing=()

	for pair in "$@"; do
		command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
	done
	((${#missing[@]} == 0)) ||
		lab_die "missing tools; remedy: apt-get install ${missing[*]}"
}

# The outer half only waits: for the lab, for a signal, or for LAB_LIMIT seconds.
# Both halves of the lab die with it (pdeathsig).
lab_outer() {
	local pid timer rc=0 sig=0

	trap 'sig=130' INT
	trap 'sig=143' TERM
	trap 'sig=129' HUP
	LAB_ID=$$ setpriv --pdeathsig KILL unshare --mount --pid --fork \
		--kill-child --mount-proc bash "$0" "$@" </dev/null &
	pid=$!
	setpriv --pdeathsig KILL sleep "$LAB_LIMIT" </dev/null >/dev/null 2>&1 &
	timer=$!
	wait -n "$pid" "$timer" || rc=$?
	if ((sig)); then
		rc=$sig
		lab_outer_stop "$pid" "stopped"
	elif kill -0 "$pid" 2>/dev/null; then
		rc=124
		lab_outer_stop "$pid" "stopped at its limit of $LAB_LIMIT s"
	fi
	kill -KILL "$timer" 2>/dev/null
	wait 2>/dev/null
	exit "$rc"
}

lab_outer_stop() {
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	echo >&2
	echo "$(basename "$0"): $2; processes, namespaces and pins are gone" >&2
}

# lab_enter "$@" runs the calling script again inside the lab's own namespaces;
# it returns only there. Needs root.
lab_enter() {
	((EUID == 0)) || lab_die "needs root (network namespaces and BPF); remedy: run it with sudo"
	lab_need unshare:util-linux setpriv:util-linux nsenter:util-linux \
		ip:iproute2 ethtool:ethtool sipp:sip-tester
	[[ -n ${LAB_ID:-} ]] || lab_outer "$@"
	LAB_PREFIX=sipxdp-$LAB_ID-
	mount -t tmpfs -o mode=0755 tmpfs /run || lab_die "cannot mount a private /run"
	mount -t bpf -o mode=0700 bpf /sys/fs/bpf ||
		lab_die "cannot mount a BPF file system: the kernel needs CONFIG_BPF_SYSCALL"
	mkdir -p /run/netns "$LAB_DIR/log"
	# sipp wants more open files allowed than it may have calls.
	ulimit -n 16384 2>/dev/null
	[[ -e $LAB_STUB ]] || lab_die "missing $LAB_STUB; remedy: make"
	# The lab's shell is process 1 of its namespace: it must not die of a
	# signal meant for one command.
	trap '' PIPE
}

# lab_run NS COMMAND... runs it in that network namespace and keeps the mount
# namespace (ip netns exec would hide the pins below /sys).
lab_run() {
	local ns=$1

	shift
	nsenter --net="/run/netns/$LAB_PREFIX$ns" -- "$@"
}

# lab_spawn NS NAME COMMAND... starts it in the background, output in the log.
lab_spawn() {
	local ns=$1 name=$2

	shift 2
	nsenter --net="/run/netns/$LAB_PREFIX$ns" -- "$@" \
		>"$LAB_DIR/log/$name.out" 2>"$LAB_DIR/log/$name.err" </dev/null &
	LAB_PID[$name]=$!
}

lab_alive() {
	kill -0 "${LAB_PID[$1]:-0}" 2>/dev/null
}

# lab_said NAME REGEX waits 5 s at most until what was started said so on its stderr.
lab_said() {
	local end=$((SECONDS + 5))

	until grep -q -- "$2" "$LAB_DIR/log/$1.err" 2>/dev/null; do
		lab_alive "$1" && ((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# lab_wait NAME SECONDS returns the exit status, or 124 after killing it.
lab_wait() {
	local name=$1 end=$((SECONDS + $2)) rc=0

	while lab_alive "$name" && ((SECONDS < end)); do
		sleep 0.05
	done
	if lab_alive "$name"; then
		lab_kill "$name"
		return 124
	fi
	wait "${LAB_PID[$name]}" 2>/dev/null || rc=$?
	unset "LAB_PID[$name]"
	return "$rc"
}

lab_kill() {
	kill -KILL "${LAB_PID[$1]}" 2>/dev/null
	wait "${LAB_PID[$1]}" 2>/dev/null
	unset "LAB_PID[$1]"
}

lab_kill_all() {
	local name

	for name in "${!LAB_PID[@]}"; do
		lab_kill "$name"
	done
}

# lab_ip 4|6 WHO [N]: the address of client, director, inner, vip or dest N.
lab_ip() {
	case $1$2 in
	4client) echo "192.0.2.$((19 + ${3:-1}))" ;;
	4director) echo 192.0.2.1 ;;
	4vip) echo 192.0.2.100 ;;
	4inner) echo 198.51.100.1 ;;
	4dest) echo "198.51.100.$((10 + $3))" ;;
	6client) echo "2001:db8:1::$((19 + ${3:-1}))" ;;
	6director) echo 2001:db8:1::1 ;;
	6vip) echo 2001:db8:1::100 ;;
	6inner) echo 2001:db8:2::1 ;;
	6dest) echo "2001:db8:2::$((10 + $3))" ;;
	*) lab_die "lab_ip: no address for $*" ;;
	esac
}

# lab_host 4|6 ...: the same as it is written in a URI or before a port.
lab_host() {
	local addr

	addr=$(lab_ip "$@")
	if [[ $1 == 6 ]]; then
		echo "[$addr]"
	else
		echo "$addr"
	fi
}

lab_ns_add() {
	ip netns add "$LAB_PREFIX$1"
	ip -n "$LAB_PREFIX$1" link set lo up
}

# lab_wire NS1 DEV1 NS2 DEV2 joins two namespaces with a veth pair.
lab_wire() {
	ip -n "$LAB_PREFIX$1" link add name "$2" type veth \
		peer name "$4" netns "$LAB_PREFIX$3"
	ip -n "$LAB_PREFIX$1" link set dev "$2" up
	ip -n "$LAB_PREFIX$3" link set dev "$4" up
}

# lab_addr NS DEV 4|6 WHO [N]: no duplicate address detection, so that an
# IPv6 address is usable at once.
lab_addr() {
	if [[ $3 == 6 ]]; then
		ip -n "$LAB_PREFIX$1" addr add "$(lab_ip "${@:3}")/64" dev "$2" nodad
	else
		ip -n "$LAB_PREFIX$1" addr add "$(lab_ip "${@:3}")/24" dev "$2"
	fi
}

# lab_dest N makes destination N; also while traffic flows.
lab_dest() {
	local n=$1 f

	lab_ns_add "dest$n"
	lab_wire "dest$n" eth0 switch "port$n"
	ip -n "${LAB_PREFIX}switch" link set dev "port$n" master br0
	for f in 4 6; do
		lab_addr "dest$n" eth0 "$f" dest "$n"
		ip -n "${LAB_PREFIX}dest$n" "-$f" route add default via "$(lab_ip "$f" inner)"
	done
}

# A veth takes packets that XDP transmits or redirects to its peer only when it
# has a program of its own: each neighbour of the director gets one that passes.
lab_stub() {
	ip -n "$LAB_PREFIX$1" link set dev "$2" xdpdrv obj "$LAB_STUB" sec xdp
}

lab_director() {
	local f

	lab_wire client eth0 director cl0
	lab_wire director sv0 switch uplink
	ip -n "${LAB_PREFIX}switch" link set dev uplink master br0
	for f in 4 6; do
		lab_addr director cl0 "$f" director
		lab_addr director cl0 "$f" vip
		lab_addr director sv0 "$f" inner
		lab_addr client eth0 "$f" client 1
		lab_addr client eth0 "$f" client 2
		ip -n "${LAB_PREFIX}client" "-$f" route add default via "$(lab_ip "$f" director)"
	done
	lab_forwarding 1
	lab_stub client eth0
	lab_stub switch uplink
}

# lab_forwarding 0|1: /proc/sys/net is that of the namespace that asks.
lab_forwarding() {
	lab_run director sh -c "echo $1 >/proc/sys/net/ipv4/ip_forward
		echo $1 >/proc/sys/net/ipv6/conf/all/forwarding"
}

# lab_up builds everything with LAB_DESTS destinations.
lab_up() {
	local n

	set -e
	for n in client director switch; do
		lab_ns_add "$n"
	done
	ip -n "${LAB_PREFIX}switch" link add name br0 type bridge stp_state 0 \
		forward_delay 0 mcast_snooping 0
	ip -n "${LAB_PREFIX}switch" link set dev br0 up
	lab_director
	for ((n = 1; n <= LAB_DESTS; n++)); do
		lab_dest "$n"
	done
	set +e
}

# lab_csum sender|egress on|off: transmit checksum offload of the machines that
# send (callers and destinations), or of the director's own interfaces.
lab_csum() {
	local n

	if [[ $1 == egress ]]; then
		lab_run director ethtool -K cl0 tx "$2" >/dev/null
		lab_run director ethtool -K sv0 tx "$2" >/dev/null
		return
	fi
	lab_run client ethtool -K eth0 tx "$2" >/dev/null
	for ((n = 1; n <= LAB_DESTS; n++)); do
		lab_run "dest$n" ethtool -K eth0 tx "$2" >/dev/null
	done
}

# lab_xdp DEV prints native, generic or nothing: what is attached to it.
lab_xdp() {
	ip -n "${LAB_PREFIX}director" -d link show dev "$1" |
		awk 'NR == 1 && / xdpgeneric / { print "generic" } NR == 1 && / xdp / { print "native" }'
}

# lab_neigh_flush makes every next hop of the director cold again.
lab_neigh_flush() {
	ip -n "${LAB_PREFIX}director" neigh flush all
}

# lab_neigh_permanent prints the number of permanent entries in the director.
lab_neigh_permanent() {
	ip -n "${LAB_PREFIX}director" neigh show nud permanent | wc -l
}

# lab_ctl COMMAND... runs dispatchctl on the director, 30 s at most.
lab_ctl() {
	lab_run director timeout 30 "$LAB_CTL" "$@"
}

# lab_list FILE 4|6 N...: a destination file, set 1, with these destinations.
lab_list() {
	local file=$1 family=$2 n

	shift 2
	echo "# setid(int) destination(sip uri) flags(int,opt) priority(int,opt) attributes(str,opt)" \
		>"$file"
	for n in "$@"; do
		echo "1 sip:$(lab_host "$family" dest "$n"):5060 0 0" >>"$file"
	done
}

# lab_keep DIR copies the logs out of the lab, for whoever looks into a failure.
lab_keep() {
	mkdir -p "$1" && cp -r "$LAB_DIR/." "$1"
}
