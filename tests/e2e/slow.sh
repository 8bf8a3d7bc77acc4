#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What XDP cannot do still arrives: calls whose messages come in fragments, callers and destinations alike, are handled by
# the daemon's slow path, and nobody notices; without a daemon they are dropped and counted, and no ICMP error says so.

LAB_DESTS=3
LAB_LIMIT=${LAB_LIMIT:-600}
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
	if [[ $3 == mode* ]]; then
		daemon_conf "$DAEMON_FAMILY"
		sed -i "s/{ route/{ $3 route/" "$DAEMON_CONF"
	else
		daemon_conf "$DAEMON_FAMILY" "$3"
	fi
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	if daemon_start && "${@:4}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
		cp "$LAB_DIR/log/daemon.err" "$LAB_DIR/log/$name.daemon" 2>/dev/null
	fi
	e2e_stats "$name"
	SIPP_PAD_UAC=0
	SIPP_PAD_UAS=0
	SIPP_SENT_BY=
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# slow_of PATH NAME prints a verdict or reason of that path.
slow_of() {
	lab_ctl stats --json --all 2>/dev/null |
		jq -r --arg p "$1" --arg n "$2" '.paths[] | select(.path == $p) | .verdicts[$n] // .reasons[$n]'
}

# Every INVITE and every 200 to one is so much longer; whole calls, nothing sent again, and it was the slow path.
big_calls() {
	local calls=40 n

	SIPP_PAD_UAC=$1
	SIPP_PAD_UAS=$1
	e2e_calls "$DAEMON_FAMILY" "$calls" 40 uac uas_ping 1 2 3
	daemon_calls_clean "$calls" 1 2 3 || return 1
	n=$(slow_of slow forward)
	E2E_WHY="the slow path sent $n messages on, expected $((calls * 2))"
	((n >= calls * 2)) || return 1
	n=$(slow_of fast slow_fragment)
	E2E_WHY="$n first fragments were handed to the slow path, expected $((calls * 2))"
	((n == calls * 2))
}

# No program anywhere: the sockets alone dispatch.
without_xdp() {
	local calls=60 n

	E2E_WHY="attached as '$(lab_xdp cl0)' and '$(lab_xdp sv0)'"
	[[ -z $(lab_xdp cl0)$(lab_xdp sv0) ]] || return 1
	SIPP_PAD_UAC=$1
	e2e_calls "$DAEMON_FAMILY" "$calls" 60 uac uas_ping 1 2 3
	daemon_calls_clean "$calls" 1 2 3 || return 1
	n=$(slow_of slow forward)
	E2E_WHY="the slow path sent $n messages on, expected $((calls * 6))"
	((n == calls * 6))
}

# A caller that writes a name which nobody knows into its Via: answers go where it sent from, by either path.
sent_by() {
	SIPP_SENT_BY=caller.invalid
	big_calls "$1"
}

# nat: destinations see the client's own address also where the request comes in fragments.
big_nat() {
	local calls=40 n

	SIPP_PAD_UAC=$1
	e2e_calls "$DAEMON_FAMILY" "$calls" 40 uac uas_ping 1 2 3
	daemon_calls_clean "$calls" 1 2 3 || return 1
	n=$(slow_of slow forward)
	E2E_WHY="the slow path sent $n messages on, expected $calls"
	((n >= calls))
}

# 200 calls/s, of which one in ten begins with an INVITE in fragments.
mixed() {
	local n slow fast

	for n in 1 2 3; do
		sipp_uas "$DAEMON_FAMILY" "$n" uas_ping
	done
	E2E_WHY="the answerers do not start"
	sipp_ready 1 2 3 || return 1
	sipp_uac "$DAEMON_FAMILY" 1 "$(lab_host "$DAEMON_FAMILY" vip):5060" 900 180
	sleep 0.5
	SIPP_PAD_UAC=3000
	sipp_uac "$DAEMON_FAMILY" 2 "$(lab_host "$DAEMON_FAMILY" vip):5060" 100 20
	lab_wait uac1 20
	lab_wait uac2 20
	sipp_finish 1 2 3
	fast=$(slow_of fast forward)
	slow=$(slow_of slow forward)
	echo "# 200 calls/s, $slow messages of $((slow + fast)) by the slow path; mean time from INVITE to 200:" \
		"fast $(sipp_text uac1 'ResponseTime1(C)'), slow $(sipp_text uac2 'ResponseTime1(C)')"
	E2E_WHY="good calls: $(sipp_stat uac1 'SuccessfulCall(C)') of 900, $(sipp_stat uac2 'SuccessfulCall(C)') of 100;"
	E2E_WHY+=" sent again: $(sipp_sum 'Retransmissions(C)' uac1 uac2); by the slow path: $slow messages"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == 900 && $(sipp_stat uac2 'SuccessfulCall(C)') == 100)) &&
		(($(sipp_sum 'Retransmissions(C)' uac1 uac2) == 0 && slow >= 100))
}

# calls_out COUNT EDIT: a destination calls a phone, by requests that are edited so.
calls_out() {
	sipp_scenario uas
	sipp_scenario uac
	sed -i "$2" "$LAB_DIR/uac.xml"
	rm -f "$LAB_DIR/log/uac1.csv"
	sipp_ports
	sipp_files phone
	lab_spawn client phone sipp -sf "$LAB_DIR/uas.xml" -i "$(lab_host "$DAEMON_FAMILY" client 2)" -p 5071 \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
	sleep 0.5
	sipp_ports
	sipp_files uac1
	lab_spawn dest1 uac1 sipp "$(lab_host "$DAEMON_FAMILY" vip):5060" -sf "$LAB_DIR/uac.xml" -key via_params "" \
		-key phone "$(lab_host "$DAEMON_FAMILY" client 2):5071" -i "$(lab_host "$DAEMON_FAMILY" dest 1)" -p 5060 -m "$1" -r 20 -timeout 12s -timeout_error \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
	lab_wait uac1 14
	E2E_WHY="$(sipp_stat uac1 'SuccessfulCall(C)') good calls of $1"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == $1))
}

# URI is the Request-URI's, ROUTE a row in front of it.
URI_EDIT='s/ sip:\[service\]@\[remote_ip\]:\[remote_port\] SIP/ sip:[service]@URI SIP/'
ROUTE_EDIT='s/^ *Max-Forwards: 70/&\n      Route: <sip:phone.test:5071;lr>/'

# named EDIT: a destination calls a phone by a host name; every request of its calls names it so.
named() {
	local calls=20 n good=0

	echo "$(lab_ip "$DAEMON_FAMILY" client 2) phone.test" >"$LAB_DIR/hosts"
	mount --bind "$LAB_DIR/hosts" /etc/hosts || return 1
	calls_out "$calls" "$1" || good=1
	umount /etc/hosts
	n=$(slow_of slow request_outward)
	E2E_WHY+=", $n requests by name"
	((good == 0 && n == 3 * calls))
}

# A destination calls a phone on the link whose address nobody has asked for.
cold() {
	local n

	lab_neigh_flush
	calls_out 5 "${URI_EDIT/URI/[phone]}" || return 1
	n=$(slow_of fast slow_neighbour)
	E2E_WHY="$n packets without a neighbour"
	((n > 0))
}

# message NAME ROW... writes a request with those rows more into a file of that name.
message() {
	{
		printf 'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK%s\r\n' "$1"
		printf 'From: <sip:a@b>;tag=1\r\nTo: <sip:b>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\n' "$1"
		printf '%s\r\n' "${@:2}" ""
	} >"$LAB_DIR/$1"
}

ask_of() {
	lab_run client "$LAB_TOP/build/tests/e2e/ask" "$1" "$(lab_ip 4 vip)" 5060 "$LAB_DIR/$2" \
		>"$LAB_DIR/log/$2.out" 2>"$LAB_DIR/log/$2.err"
}

# What is odd about one datagram, at the listener alone: options in the IP header, a reply longer than the request.
odd() {
	sipp_uas 4 1 uas_ping
	lab_list "$E2E_LIST" 4 1
	E2E_WHY="reload: $(daemon_ask reload 2>&1 | tail -n 1)"
	sipp_ready 1 || return 1
	message options "Max-Forwards: 70"
	ask_of send-options options
	E2E_WHY="options: $(cat "$LAB_DIR"/log/options.* | head -n 1); $(slow_of fast slow_ip_options) handed over"
	(($(slow_of fast slow_ip_options) == 1)) && e2e_said ' OK$' "$LAB_DIR/log/options.out" || return 1
	message long "Max-Forwards: 0"
	ask_of send long
	E2E_WHY="long reply: $(cat "$LAB_DIR"/log/long.* | head -n 1); $(slow_of fast slow_reply) handed over"
	(($(slow_of fast slow_reply) == 1)) && e2e_said ' Too Many Hops$' "$LAB_DIR/log/long.out"
}

# A daemon that was killed has left its heartbeat: what it would have got is dropped, and no ICMP error says so.
killed() {
	message late "Max-Forwards: 0"
	lab_kill daemon
	ask_of send late
	E2E_WHY="$(cat "$LAB_DIR/log/late.err")"
	! e2e_said refused "$LAB_DIR/log/late.err" && e2e_said 'no answer' "$LAB_DIR/log/late.err" || return 1
	E2E_WHY="$(slow_of fast needs_slow_path) dropped"
	(($(slow_of fast needs_slow_path) == 4))
}

# ready NAME: what needs the slow path is answered as soon as the daemon answers, be it the first, one after another or
# after one that was killed.
ready() {
	message "$1" "Max-Forwards: 0"
	ask_of send "$1"
	E2E_WHY="$1: $(cat "$LAB_DIR/log/$1.out" "$LAB_DIR/log/$1.err"); $(slow_of fast needs_slow_path) dropped"
	e2e_said ' Too Many Hops$' "$LAB_DIR/log/$1.out" && (($(slow_of fast needs_slow_path) == 0))
}

at_once() {
	ready first || return 1
	daemon_stop
	E2E_WHY="the daemon does not start again"
	daemon_start && ready second || return 1
	lab_kill daemon
	E2E_WHY="the daemon does not start after it was killed"
	daemon_start && ready third
}

# The daemon is held for a moment while more comes than its queue holds: what is new is shed, and it is said; all calls
# come through by their retransmissions. Callers send again early and often and are given time for all of it: where a
# machine is busy, what is sent again comes in bursts that are shed, too.
overloaded() {
	local n SIPP_LOSSY=1 SIPP_T1=500 SIPP_LONGER=40

	for n in 1 2 3; do
		sipp_uas "$DAEMON_FAMILY" "$n" uas_ping
	done
	E2E_WHY="the answerers do not start"
	sipp_ready 1 2 3 || return 1
	sipp_uac "$DAEMON_FAMILY" 1 "$(lab_host "$DAEMON_FAMILY" vip):5060" 3000 2000
	kill -STOP "${LAB_PID[daemon]}"
	sleep 1.6
	kill -CONT "${LAB_PID[daemon]}"
	lab_wait uac1 45
	n=$(slow_of slow overload)
	E2E_WHY="$n requests shed, $(sipp_stat uac1 'SuccessfulCall(C)') good calls of 3000,"
	E2E_WHY+=" $(sipp_stat uac1 'Retransmissions(C)') sent again, $(sipp_stat uac1 'FailedCall(C)') failed"
	((n > 0 && $(sipp_stat uac1 'SuccessfulCall(C)') == 3000)) || return 1
	E2E_WHY="nothing was said of $n requests that were shed"
	lab_said daemon 'cannot keep up: new requests are shed'
}

# The only destination is a program on the director itself.
on_this_host() {
	local calls=40 n

	echo "1 sip:$(lab_host "$DAEMON_FAMILY" inner):5080" >"$E2E_LIST"
	E2E_WHY="reload: $(daemon_ask reload 2>&1 | tail -n 1)"
	sipp_scenario uas_ping
	sipp_ports
	sipp_files uas1
	lab_spawn director uas1 sipp -sf "$LAB_DIR/uas_ping.xml" -i "$(lab_host "$DAEMON_FAMILY" inner)" -p 5080 \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
	sleep 1
	sipp_uac "$DAEMON_FAMILY" 1 "$(lab_host "$DAEMON_FAMILY" vip):5060" "$calls" 40
	lab_wait uac1 15
	n=$(slow_of slow forward)
	E2E_WHY+="; $(sipp_stat uac1 'SuccessfulCall(C)') good calls of $calls, $n messages by the slow path"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == calls && n == 6 * calls))
}

# sipp_text NAME COLUMN prints that column of the last statistics row as it stands.
sipp_text() {
	awk -F ';' -v want="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) col = i; next }
		NF > 1 && col { value = $col }
		END { print value }' "$LAB_DIR/log/$1.csv"
}

e2e_begin "$@"
for family in 4 6; do
	with_slow "slow-3000-ipv$family" "$family" "" big_calls 2500
	with_slow "slow-9000-ipv$family" "$family" "" big_calls 8500
	with_slow "slow-off-ipv$family" "$family" "xdp = off" without_xdp 0
	with_slow "slow-off-3000-ipv$family" "$family" "xdp = off" without_xdp 2500
	with_slow "slow-overload-ipv$family" "$family" "xdp = off" overloaded
	with_slow "slow-nat-ipv$family" "$family" "mode = nat" big_nat 2500
	with_slow "slow-sent-by-ipv$family" "$family" "" sent_by 2500
	with_slow "slow-local-ipv$family" "$family" "" on_this_host
	with_slow "slow-name-ipv$family" "$family" "" named "${URI_EDIT/URI/phone.test:5071}"
	with_slow "slow-name-in-route-ipv$family" "$family" "" named "$ROUTE_EDIT"
	with_slow "slow-cold-ipv$family" "$family" "" cold
	with_slow "slow-mixed-ipv$family" "$family" "" mixed
done
with_slow slow-odd 4 "" odd
with_slow slow-killed 4 "" killed
with_slow slow-ready 4 "" at_once
e2e_end
