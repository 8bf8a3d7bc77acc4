#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real Kamailio around the director: as the destination that answers, as a
# destination that dispatches further itself, and as the proxy of the callers.

LAB_DESTS=4
LAB_LIMIT=600
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"

if ! command -v kamailio >/dev/null; then
	echo "skip kamailio: not installed; remedy: apt-get install kamailio"
	exit 0
fi

# kamailio_start NS NAME CONFIG LISTEN [DEFINE...]: in the foreground of the lab,
# with files of its own; the system's service is not involved.
kamailio_start() {
	local ns=$1 name=$2 dir=$LAB_DIR/$2 define options=()

	mkdir -p "$dir" /run/kamailio
	for define in "LISTEN=$4" "${@:5}"; do
		options+=(-A "$define")
	done
	lab_spawn "$ns" "$name" kamailio -DD -E -m 32 -M 8 -Y "$dir" -w "$dir" -P "$dir/pid" \
		-f "$LAB_TOP/tests/e2e/kamailio/$3.cfg" "${options[@]}"
}

# kamailio_ready NS NAME PORT
kamailio_ready() {
	local end=$((SECONDS + 8))

	until lab_run "$1" ss -Hlun "sport = :$3" | grep -q .; do
		E2E_WHY="kamailio $2: $(grep -hE 'CRITICAL|ERROR' "$LAB_DIR/log/$2.err" | head -n 1)"
		lab_alive "$2" && ((SECONDS < end)) || return 1
		sleep 0.1
	done
	# Its workers are forked after the socket is bound.
	sleep 0.3
}

kamailio_stop() {
	local name

	for name in "$@"; do
		[[ -n ${LAB_PID[$name]:-} ]] || continue
		kill -TERM "${LAB_PID[$name]}" 2>/dev/null
		lab_wait "$name" 5
	done
}

caller_clean() {
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') good of $1,"
	E2E_WHY+=" $(sipp_stat uac1 'FailedCall(C)') failed,"
	E2E_WHY+=" $(sipp_stat uac1 'Retransmissions(C)') sent again"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == $1 && $(sipp_stat uac1 'Retransmissions(C)') == 0))
}

# one_via_more LOG VIP MODE: every request has the caller's Via and, in proxy mode,
# exactly one before it, ours.
one_via_more() {
	awk -v vip="$2" -v mode="$3" '
		/LAB insane/ { bad = bad ? bad : $0 }
		/LAB .* via0=/ {
			seen++
			split($0, part, / via[012]=/)
			if (mode == "nat")
				good = part[2] ~ /branch=z9hG4bK-/ && part[3] == "<null>"
			else
				good = index(part[2], "SIP/2.0/UDP " vip) == 1 &&
					part[2] ~ /;branch=z9hG4bK[0-9a-f]+;sx=[0-9a-f]+$/ &&
					part[3] ~ /branch=z9hG4bK-/ && part[4] == "<null>"
			if (!good && !bad)
				bad = $0
		}
		END {
			if (bad)
				print bad
			else if (!seen)
				print "no request was logged"
			exit bad || !seen
		}' "$1"
}

answers() {
	local family=$1 mode=$2 n

	for n in 1 2; do
		kamailio_start "dest$n" "kam$n" answer "udp:$(lab_host "$family" dest "$n"):5060"
	done
	kamailio_ready dest1 kam1 5060 && kamailio_ready dest2 kam2 5060 || return 1
	sipp_uac "$family" 1 "$(lab_host "$family" vip):5060" 100 50
	lab_wait uac1 15
	kamailio_stop kam1 kam2
	caller_clean 100 || return 1
	for n in 1 2; do
		E2E_WHY=$(one_via_more "$LAB_DIR/log/kam$n.err" "$(lab_host "$family" vip):5060" "$mode") ||
			return 1
	done
}

# The list of the Kamailio behind ours names the answerers 3 and 4.
balances() {
	local family=$1

	lab_list "$LAB_DIR/inner.list" "$family" 3 4
	kamailio_start dest1 kam1 balance "udp:$(lab_host "$family" dest 1):5060" \
		"LIST=\"$LAB_DIR/inner.list\""
	kamailio_ready dest1 kam1 5060 || return 1
	e2e_calls "$family" 100 50 "${2:-uac}" "${3:-uas}" 3 4
	kamailio_stop kam1
	e2e_calls_clean 100 3 4
}

# Callers send to the Kamailio of their own network, which sends to the listener.
fronts() {
	local family=$1 n

	kamailio_start client kam1 front "udp:$(lab_host "$family" client 2):5070" \
		"NEXT=\"sip:$(lab_host "$family" vip):5060\""
	kamailio_ready client kam1 5070 || return 1
	for n in 1 2; do
		sipp_uas "$family" "$n" "${3:-uas}"
	done
	sipp_ready 1 2 || return 1
	sipp_uac "$family" 1 "$(lab_host "$family" client 2):5070" 100 50 "${2:-uac}"
	lab_wait uac1 15
	sipp_finish 1 2
	kamailio_stop kam1
	e2e_calls_clean 100 1 2
}

# with NAME FAMILY MODE "DESTINATIONS" COMMAND...
with() {
	local name=kamailio-$1-$3-ipv$2 family=$2 numbers

	read -ra numbers <<<"$4"
	lab_list "$E2E_LIST" "$family" "${numbers[@]}"
	if ! e2e_attach "$family" --mode "$3"; then
		e2e_not_ok "$name" "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
		return
	fi
	if "${@:5}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
	fi
	e2e_stats "$name"
	kamailio_stop kam1 kam2
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

e2e_begin "$@"
for family in 4 6; do
	with answers "$family" proxy "1 2" answers "$family" proxy
	with balances "$family" proxy 1 balances "$family"
	with fronts "$family" proxy "1 2" fronts "$family"
done
with answers 4 nat "1 2" answers 4 nat
with balances 4 nat 1 balances 4
with balances-cancel 4 proxy 1 balances 4 uac_cancel uas_cancel
with fronts-cancel 4 proxy "1 2" fronts 4 uac_cancel uas_cancel
with balances-reject 4 proxy 1 balances 4 uac_reject uas_reject
with fronts-reject 4 proxy "1 2" fronts 4 uac_reject uas_reject
e2e_end
