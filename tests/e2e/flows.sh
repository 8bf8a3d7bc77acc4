#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whole flows: registrations that are challenged and refreshed, calls that we refuse
# ourselves and their ACK, and requests that pass us more than once.

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

# with NAME FAMILY "ATTACH-OPTIONS" COMMAND...: attached while COMMAND runs.
with() {
	local name=$1 options

	[[ $NAMED == "  " || $NAMED == *" $name "* ]] || return 0
	read -ra options <<<"$3"
	lab_neigh_flush
	if e2e_attach "$2" "${options[@]}"; then
		if "${@:4}"; then
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

# counted verdicts|reasons NAME
counted() {
	lab_ctl stats --json --all 2>/dev/null |
		jq -r --arg k "$1" --arg n "$2" '.paths[] | select(.path == "fast") | .[$k][$n] // 0'
}

# All three requests of a phone reach one registrar.
registers() {
	e2e_calls "$1" 60 60 uac_challenged uas_challenged 1 2 3
	e2e_calls_clean 60 1 2 3
}

# refused_caller FAMILY CALLS CODE MAX-FORWARDS. -nr: an answer that is the same again is no retransmission to sipp, which
# would have it repeat the request for ever.
refused_caller() {
	local LAB_SIPP=$LAB_DIR/refused SIPP_COMMON=("${SIPP_COMMON[@]}" -nr -trace_logs -log_file "$LAB_DIR/log/refused")

	mkdir -p "$LAB_SIPP"
	sed "s/CODE/$3/; s/MAX_FORWARDS/$4/" "$LAB_TOP/tests/sipp/uac_refused.xml" >"$LAB_SIPP/uac_refused.xml"
	sipp_uac "$1" 1 "$(lab_host "$1" vip):5060" "$2" 20 uac_refused
	lab_wait uac1 15
}

# refuses FAMILY CODE MAX-FORWARDS: every INVITE and its repetition get CODE with one To tag, other calls another one, and
# the ACK goes no further than to us.
refuses() {
	local calls=20

	rm -f "$LAB_DIR/log/refused"
	refused_caller "$1" "$calls" "$2" "$3"
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') of $calls as expected"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == calls)) || return 1
	# the last ACK takes its way
	sleep 0.2
	E2E_WHY="$(counted verdicts reply) replies and $(counted reasons ack_own_reply) ACKs absorbed for $calls calls, $(counted verdicts forward) forwarded"
	(($(counted verdicts reply) == 2 * calls && $(counted reasons ack_own_reply) == calls)) || return 1
	(($(counted verdicts forward) == 0)) || return 1
	E2E_WHY=$(one_tag_a_call "$LAB_DIR/log/refused" "$calls")
}

# one_tag_a_call LOG CALLS: "refused ID first ROW second ROW", both with the same tag of ours, each call with another.
one_tag_a_call() {
	awk -F ' (first|second) ' -v calls="$2" '
		!/^refused/ { next }
		{
			n++
			if ($2 != $3 || !match($2, /;tag=sx[0-9a-f]+$/) || seen[substr($2, RSTART)]++)
				bad = bad ? bad : $0
		}
		END {
			if (bad)
				print "tags: " bad
			else if (n != calls)
				print n + 0 " pairs of tags for " calls " calls"
			exit bad != "" || n != calls
		}' "$1"
}

# Nobody is there to take a call.
refuses_without_destinations() {
	printf '1 sip:%s:5060 4\n' "$(lab_host "$1" dest 1)" >"$E2E_LIST"
	lab_ctl reload --force >"$LAB_DIR/log/reload.out" 2>&1
	E2E_WHY="reload: $(head -n 1 "$LAB_DIR/log/reload.out")"
	refuses "$1" 503 70
}

# spirals_start FAMILY [DEFINE...]: the one destination is a Kamailio that sends everything back.
spirals_start() {
	local host dir=$LAB_DIR/kamailio define options=() end=$((SECONDS + 8))

	host=$(lab_host "$1" dest 1)
	mkdir -p "$dir" /run/kamailio
	for define in "LISTEN=udp:$host:5060" "BACK=udp:$host:5070" "SOCKET=\"udp:$host:5070\"" \
		"NEXT=\"sip:$(lab_host "$1" vip):5060\"" "${@:2}"; do
		options+=(-A "$define")
	done
	lab_spawn dest1 kamailio kamailio -DD -E -m 32 -M 8 -Y "$dir" -w "$dir" -P "$dir/pid" \
		-f "$LAB_TOP/tests/e2e/kamailio/spiral.cfg" "${options[@]}"
	until lab_run dest1 ss -Hlun "sport = :5070" | grep -q .; do
		E2E_WHY="kamailio: $(grep -hE 'CRITICAL|ERROR' "$LAB_DIR/log/kamailio.err" | head -n 1)"
		lab_alive kamailio && ((SECONDS < end)) || return 1
		sleep 0.1
	done
	sleep 0.3
}

# The Via rows of the requests that came round: ours, Kamailio's, ours, the caller's; and the calls are good, so that each
# response lost one of them at a time.
spirals() {
	local vip

	vip=$(lab_host "$1" vip):5060
	spirals_start "$1" || return 1
	sipp_uac "$1" 1 "$vip" 40 40
	lab_wait uac1 15
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') good of 40, $(sipp_stat uac1 'Retransmissions(C)') sent again"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == 40 && $(sipp_stat uac1 'Retransmissions(C)') == 0)) || return 1
	E2E_WHY=$(awk -v vip="SIP/2.0/UDP $vip" '
		/LAB .* via0=/ {
			split($0, part, / via[01234]=/)
			if (part[4] == "<null>")
				next
			n++
			if (index(part[2], vip) != 1 || index(part[3], ":5070") == 0 || index(part[4], vip) != 1 ||
			    part[5] !~ /branch=z9hG4bK-/ || part[6] != "<null>" || part[2] == part[4])
				bad = bad ? bad : $0
		}
		END {
			if (bad)
				print bad
			else if (n != 120)
				print n + 0 " requests came round, not 3 of each of 40 calls"
			exit bad != "" || n != 120
		}' "$LAB_DIR/log/kamailio.err")
}

# Each INVITE comes by as often as it may, then the caller has its 483; nothing goes on by itself.
loops() {
	local calls=20 hops=5 seen

	spirals_start "$1" LOOP=1 || return 1
	refused_caller "$1" "$calls" 483 "$hops"
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') of $calls had 483 twice"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == calls)) || return 1
	seen=$(grep -c 'LAB INVITE' "$LAB_DIR/log/kamailio.err")
	E2E_WHY="$seen INVITEs went round, not $((2 * calls * hops))"
	((seen == 2 * calls * hops)) || return 1
	sleep 1
	E2E_WHY="something still goes round"
	((seen == $(grep -c 'LAB INVITE' "$LAB_DIR/log/kamailio.err")))
}

e2e_begin "$@"
lab_list "$E2E_LIST" 4 1 2 3
with register-ipv4 4 "" registers 4
with register-round-robin 4 "--algorithm 4" registers 4
with register-hash-affinity 4 "--affinity hash" registers 4
with register-nat 4 "--mode nat --algorithm 4" registers 4
with refused-400 4 "" refuses 4 400 x
with refused-483 4 "--affinity hash" refuses 4 483 0
with refused-503 4 "" refuses_without_destinations 4
lab_list "$E2E_LIST" 6 1 2 3
with register-ipv6 6 "" registers 6
with refused-503-ipv6 6 "" refuses_without_destinations 6
if command -v kamailio >/dev/null; then
	for family in 4 6; do
		lab_list "$E2E_LIST" "$family" 1
		with "spiral-ipv$family" "$family" "" spirals "$family"
		with "loop-ipv$family" "$family" "" loops "$family"
	done
else
	e2e_skip spiral "not installed; remedy: apt-get install kamailio"
fi
e2e_end
