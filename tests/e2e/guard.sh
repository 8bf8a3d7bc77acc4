#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guard: who floods is held to the rate while others lose nothing; lists change by reload while calls go on.

LAB_DESTS=2
LAB_LIMIT=${LAB_LIMIT:-600}
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

CALLS=100
RATE=25

# reason NAME FILE prints how often a reason was counted.
reason() {
	jq ".reasons.$1 // 0" "$LAB_DIR/log/$2.stats"
}

# far_ip 4|6: who floods is of another network than caller 1, as all of an IPv6 /64 is one source.
far_ip() {
	if [[ $1 == 6 ]]; then
		echo 2001:db8:3::21
	else
		lab_ip 4 client 2
	fi
}

far_add() {
	ip -n "${LAB_PREFIX}client" addr add 2001:db8:3::21/128 dev eth0 nodad
	ip -n "${LAB_PREFIX}director" -6 route add 2001:db8:3::/64 via "$(lab_ip 6 client 1)"
}

# far_flood 4|6: calls from there, far more than may be.
far_flood() {
	local host

	host=$(far_ip "$1")
	[[ $1 != 6 ]] || host="[$host]"
	sipp_ports
	sipp_files uac2
	lab_spawn client uac2 sipp "$(lab_host "$1" vip):5060" -sf "$LAB_DIR/uac.xml" -key via_params ";rport" \
		-i "$host" -p 5062 -l 10000 -m 100000 -r 1000 \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
}

# Caller 2 sends far more than it may; caller 1 keeps to less than that.
flood() {
	local name=flood-$1-ipv$2 family=$2

	lab_list "$E2E_LIST" "$family" 1 2
	lab_neigh_flush
	if ! e2e_attach "$family" --mode "$1" --rate 200 --burst 100 --deny "$3"; then
		e2e_not_ok "$name" "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
		return
	fi
	sipp_uas "$family" 1 uas
	sipp_uas "$family" 2 uas
	sipp_ready 1 2
	sipp_scenario uac
	far_flood "$family"
	sleep 0.5
	sipp_uac "$family" 1 "$(lab_host "$family" vip):5060" "$CALLS" "$RATE" uac
	lab_wait uac1 "$((CALLS / RATE + 12))"
	lab_kill uac2
	e2e_stats "$name"
	E2E_WHY="$(sipp_stat uac1 'SuccessfulCall(C)') good of $CALLS, $(sipp_stat uac1 'Retransmissions(C)') sent again,"
	E2E_WHY+=" $(reason guard_rate "$name") over the rate, $(reason request "$name") requests let in"
	if (($(sipp_stat uac1 'SuccessfulCall(C)') == CALLS)) && (($(sipp_stat uac1 'Retransmissions(C)') == 0)) &&
		(($(reason guard_rate "$name") > 1000)) && (($(reason guard_denied "$name") == 0)) &&
		(($(reason request "$name") < 10 * 200 + 100 + 3 * CALLS)); then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
	fi
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# with_guard 4|6 GUARD writes the configuration.
with_guard() {
	daemon_conf "$1"
	sed -i "s|route \"all\"|guard { $2 } &|" "$DAEMON_CONF"
}

# try 4|6: whether calls of caller 1 get through.
try() {
	sipp_uac "$1" 1 "$(lab_host "$1" vip):5060" 10 50 uac
	if [[ $2 == good ]]; then
		lab_wait uac1 10
		(($(sipp_stat uac1 'SuccessfulCall(C)') == 10))
		return
	fi
	sleep 1
	lab_kill uac1
	(($(sipp_stat uac1 'SuccessfulCall(C)') == 0))
}

# step NAME 4|6 GUARD good|bad: reloads and looks.
step() {
	local before end=$((SECONDS + 5))

	before=$(grep -c reloaded "$LAB_DIR/log/daemon.err")
	with_guard "$2" "$3"
	kill -HUP "${LAB_PID[daemon]}"
	until (($(grep -c reloaded "$LAB_DIR/log/daemon.err") > before)); do
		if ((SECONDS >= end)); then
			e2e_not_ok "$1" "no reload: $(tail -n 1 "$LAB_DIR/log/daemon.err")"
			return
		fi
		sleep 0.05
	done
	e2e_check "$1" "calls are not $4" try "$2" "$4"
}

reloads() {
	local family=$1 client net any

	client=$(lab_ip "$family" client 1)
	net=192.0.2.0/24
	any=0.0.0.0/0
	if [[ $family == 6 ]]; then
		net=2001:db8:1::/64
		any=::/0
	fi
	lab_list "$E2E_LIST" "$family" 1 2
	rm -f "$DAEMON_STATE"
	with_guard "$family" "rate = 1000"
	sipp_uas "$family" 1 uas_ping
	sipp_uas "$family" 2 uas_ping
	sipp_ready 1 2
	if ! daemon_start; then
		e2e_not_ok "reload-ipv$family" "the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err")"
		return
	fi
	step "reload-ipv$family-open" "$family" "rate = 1000" good
	step "reload-ipv$family-denied" "$family" "deny = {\"$net\"}" bad
	step "reload-ipv$family-allowed" "$family" "deny = {\"$any\"} allow = {\"$client\"}" good
	step "reload-ipv$family-the-longer-counts" "$family" "allow = {\"$net\"} deny = {\"$client\"}" bad
	step "reload-ipv$family-rate" "$family" "rate = 1 burst = 1" bad
	step "reload-ipv$family-none" "$family" "" good
	e2e_stats "reload-ipv$family"
	e2e_check "reload-ipv$family-counted" "nothing is counted" \
		test "$(reason guard_denied "reload-ipv$family")" -gt 0
	daemon_stop
	lab_kill_all
	e2e_detach || e2e_not_ok "reload-ipv$family-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

e2e_begin "$@"
far_add
flood proxy 4 203.0.113.0/24
flood nat 4 203.0.113.0/24
flood proxy 6 2001:db8:bad::/48,2001:db8:bae::1
for family in 4 6; do
	reloads "$family"
done
e2e_end
