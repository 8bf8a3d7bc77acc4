#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whole calls through listeners whose destinations hold the listener's address and answer clients directly (dsr, ipip),
# and to a server on the director itself behind a shield.

LAB_DESTS=3
LAB_LIMIT=${LAB_LIMIT:-600}
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"

CALLS=200
RATE=100
DECAP=$LAB_TOP/build/tests/decap.bpf.o

# The destinations' way to the client that does not lead through the director, and the listener's address on each.
direct_ways() {
	local n f

	lab_wire client eth1 switch portc
	ip -n "${LAB_PREFIX}switch" link set dev portc master br0
	ip -n "${LAB_PREFIX}client" addr add 198.51.100.200/24 dev eth1
	ip -n "${LAB_PREFIX}client" addr add 2001:db8:2::200/64 dev eth1 nodad
	for ((n = 1; n <= LAB_DESTS; n++)); do
		lab_run "dest$n" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
			echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce'
		ip -n "${LAB_PREFIX}dest$n" route add 192.0.2.0/24 via 198.51.100.200
		ip -n "${LAB_PREFIX}dest$n" -6 route add 2001:db8:1::/64 via 2001:db8:2::200
		ip -n "${LAB_PREFIX}dest$n" addr add "$(lab_ip 4 vip)/32" dev lo
		ip -n "${LAB_PREFIX}dest$n" addr add "$(lab_ip 6 vip)/128" dev lo nodad
	done
}

# decap on|off: whether destinations take outer headers off.
decap() {
	local n

	for ((n = 1; n <= LAB_DESTS; n++)); do
		if [[ $1 == on ]]; then
			ip -n "${LAB_PREFIX}dest$n" link set dev eth0 xdpdrv obj "$DECAP" sec xdp
		else
			ip -n "${LAB_PREFIX}dest$n" link set dev eth0 xdp off
		fi
	done
}

# The director sees requests alone: as many as a call has, of each.
seen_one_way() {
	E2E_WHY="the director has seen $(tr -d '\n' <"$LAB_DIR/log/$1.stats" | head -c 150)"
	[[ $(jq -c '[.reasons.request, .verdicts.forward]' "$LAB_DIR/log/$1.stats") == "[$((3 * CALLS)),$((3 * CALLS))]" ]]
}

# direct NAME 4|6 XDP SENDER-OFFLOAD LIST-FAMILY OPTION...
direct() {
	local name=$1 family=$2

	lab_csum sender "$4"
	lab_neigh_flush
	lab_list "$E2E_LIST" "$5" 1 2 3
	if ! e2e_attach "$family" --xdp "$3" "${@:6}"; then
		e2e_not_ok "$name" "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
		return
	fi
	SIPP_UAS_HOST=$(lab_host "$family" vip)
	e2e_calls "$family" "$CALLS" "$RATE" uac uas 1 2 3
	SIPP_UAS_HOST=
	e2e_stats "$name"
	if e2e_calls_clean "$CALLS" 1 2 3 && seen_one_way "$name"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
	fi
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# far: a destination behind a gateway is warned of, and who calls it gets an answer at once.
far() {
	ip -n "${LAB_PREFIX}director" route add 203.0.113.0/24 via "$(lab_ip 4 dest 1)"
	echo "1 sip:203.0.113.9:5060" >"$E2E_LIST"
	if e2e_attach 4 --mode dsr; then
		e2e_check dsr-gateway-warned "no word about the gateway" \
			e2e_said '203.0.113.9: it is behind a gateway' "$LAB_DIR/log/attach.err"
		sipp_uac 4 1 "$(lab_host 4 vip):5060" 3 10 uac_reject
		lab_wait uac1 10
		e2e_stats far
		e2e_check dsr-gateway-refused "requests were not answered: $(sipp_stat uac1 'SuccessfulCall(C)') of 3" \
			e2e_said 'destination_far"?: *"?[1-9]' "$LAB_DIR/log/far.stats"
		lab_kill_all
		e2e_detach
	else
		e2e_not_ok dsr-gateway "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
	fi
	ip -n "${LAB_PREFIX}director" route del 203.0.113.0/24
}

# rubbish 4|6: what scanners and broken clients send, until it is killed.
rubbish() {
	# shellcheck disable=SC2016 # $1 is the inner shell's
	lab_spawn client rubbish bash -c 'while :; do
		printf "GET / HTTP/1.0\r\n\r\n" >"$1"
		printf "\377\376\375\374\373\372\371\370\367" >"$1"
		printf "INVITE sip:100@1.1.1.1 SIP/2.0\r\nVia: SIP/2.0/UDP 1.1.1.1\r\nCall-ID: x\r\n\r\n" >"$1"
		printf "OPTIONS sip:a SIP/2.0\r\nTo: broken\r\n\r\n" >"$1"
	done' rubbish "/dev/udp/$(lab_ip "$1" vip)/5060"
}

# Calls to a server on the director while rubbish pours in: the server sees calls alone.
shield() {
	local name=shield-ipv$1-$2 family=$1

	lab_csum sender on
	if ! lab_ctl attach cl0 --listen "$(lab_host "$family" vip):5060" --mode shield --xdp "$2" \
		>"$LAB_DIR/log/attach.out" 2>"$LAB_DIR/log/attach.err"; then
		e2e_not_ok "$name" "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
		return
	fi
	sipp_scenario uas
	sipp_ports
	sipp_files uas1
	lab_spawn director uas1 sipp -sf "$LAB_DIR/uas.xml" -i "$(lab_host "$family" vip)" -p 5060 -l 10000 \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
	rubbish "$family"
	sleep 0.5
	sipp_uac "$family" 1 "$(lab_host "$family" vip):5060" "$CALLS" "$RATE" uac
	lab_wait uac1 "$((CALLS / RATE + 12))"
	lab_kill rubbish
	sipp_finish 1
	e2e_stats "$name"
	E2E_WHY="$(sipp_stat uac1 'SuccessfulCall(C)') good calls of $CALLS"
	if e2e_calls_clean "$CALLS" 1 && e2e_said '"not_sip": *[1-9]' "$LAB_DIR/log/$name.stats" &&
		e2e_said "\"shielded\": *$((3 * CALLS))\\b" "$LAB_DIR/log/$name.stats" &&
		[[ ! -s $LAB_DIR/log/uas1.errors ]]; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY; $(head -n 3 "$LAB_DIR/log/uas1.errors" 2>/dev/null)"
	fi
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

e2e_begin "$@"
direct_ways
for family in 4 6; do
	direct "dsr-ipv$family-native" "$family" native on "$family" --mode dsr
	direct "dsr-ipv$family-generic" "$family" generic on "$family" --mode dsr
	direct "dsr-ipv$family-round-robin" "$family" native off "$family" --mode dsr --algorithm 4
done
far
decap on
for family in 4 6; do
	for over in 4 6; do
		direct "ipip-${family}in$over-native" "$family" native on "$over" --mode ipip \
			--tunnel-source "$(lab_ip "$over" inner)"
	done
	direct "ipip-${family}in$family-generic" "$family" generic off "$family" --mode ipip \
		--tunnel-source "$(lab_ip "$family" inner)"
done
decap off
for family in 4 6; do
	shield "$family" native
	shield "$family" generic
done
e2e_end
