#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Dialogs that stay on their way by Record-Route and Path alone: the listener keeps no table of calls, and its picks go
# in turns, so that a request without them would come to another destination.

LAB_DESTS=3
LAB_LIMIT=${LAB_LIMIT:-600}
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

CALLS=300
RATE=100
PRIVATE=10.9.9.9
WAYS=(--algorithm round-robin --affinity hash --record-route --path)

# contact ADDRESS: what scenarios say of whoever sends them.
contact() {
	SIPP_COMMON=(-nostdin -trace_err -trace_stat -fd 1 -buff_size 1048576 -t u1 -key contact "$1" "${@:2}")
}

attach() {
	lab_neigh_flush
	lab_list "$E2E_LIST" "$1" 1 2 3
	e2e_attach "$1" "${WAYS[@]}" "${@:2}" && return
	e2e_not_ok "$name" "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
	return 1
}

# dialogs NAME 4|6 SENT-BY CONTACT REASON-OF-BYE [COMMAND]: calls that are begun by the pick and go on by Route; the
# command runs when half of them are there.
dialogs() {
	local name=$1 family=$2

	attach "$family" || return
	SIPP_SENT_BY=$3
	contact "$4"
	for n in 1 2 3; do
		sipp_uas "$family" "$n" uas_dialog
	done
	sipp_ready 1 2 3
	sipp_uac "$family" 1 "$(lab_host "$family" vip):5060" "$CALLS" "$RATE" uac_dialog
	SIPP_SENT_BY=
	if [[ -n ${6:-} ]]; then
		sleep "$((CALLS / RATE / 2))"
		"$6" "$family" || e2e_not_ok "$name" "$6: $(head -n 1 "$LAB_DIR/log/reload.err")"
	fi
	lab_wait uac1 "$((CALLS / RATE + 20))"
	sipp_finish 1 2 3
	e2e_stats "$name"
	E2E_WHY="$(sipp_stat uac1 'SuccessfulCall(C)') good calls of $CALLS, at the answerers $(sipp_sum 'SuccessfulCall(C)' uas1 uas2 uas3)"
	# ACK and INFO of the caller by the id, BYE of the answerer by the flow or the Contact
	if (($(sipp_stat uac1 'SuccessfulCall(C)') == CALLS &&
		$(sipp_sum 'SuccessfulCall(C)' uas1 uas2 uas3) == CALLS)) &&
		e2e_said "\"request_route\": *$((2 * CALLS))\\b" "$LAB_DIR/log/$name.stats" &&
		e2e_said "\"$5\": *$CALLS\\b" "$LAB_DIR/log/$name.stats"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
	fi
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# A destination leaves the list while it has calls.
leaves() {
	lab_list "$E2E_LIST" "$1" 1 2
	lab_ctl reload >"$LAB_DIR/log/reload.out" 2>"$LAB_DIR/log/reload.err"
}

# registered: a phone behind NAT registers with one destination and is called by another.
registered() {
	local name=path path phone

	attach 4 || return
	phone="$(lab_ip 4 client 1):5061"
	SIPP_SENT_BY=$PRIVATE
	contact "$PRIVATE"
	SIPP_COMMON+=(-trace_msg)
	sipp_uas 4 1 uas_register
	sipp_ready 1
	contact "$PRIVATE"
	sipp_uac 4 1 "$(lab_host 4 vip):5060" 1 1 uac_register
	lab_wait uac1 10
	path=$(sed -n 's/^Path: //p' "$LAB_DIR/log/uas1.messages" | tr -d '\r' | head -n 1)
	e2e_check path-registered "no Path at the registrar" e2e_said '^<sip:sx0{16}[0-9a-f]{28}@.*;lr;ob>$' <(echo "$path")
	SIPP_SENT_BY=

	# the phone, at the place that it registered from
	sipp_scenario uas_dialog
	sipp_ports
	sipp_files phone
	lab_spawn client phone sipp -sf "$LAB_DIR/uas_dialog.xml" -i "$(lab_ip 4 client 1)" -p 5061 -l 100 \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
	sleep 0.5
	contact "$PRIVATE" -key path "$path"
	sipp_scenario uac_path
	sipp_ports
	sipp_files caller
	lab_spawn dest2 caller sipp "$(lab_host 4 vip):5060" -sf "$LAB_DIR/uac_path.xml" -i "$(lab_ip 4 dest 2)" -p 5060 \
		-key via_params "" -m 20 -r 20 -timeout 15s -timeout_error \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
	lab_wait caller 20
	e2e_stats "$name"
	e2e_check path-call "$(sipp_stat caller 'SuccessfulCall(C)') good calls of 20 to $phone" \
		test "$(sipp_stat caller 'SuccessfulCall(C)')" = 20
	# INVITE, ACK and INFO of each call by the flow; the phone's BYE by the id of who called
	e2e_check path-ways "flow and id: $(jq -c '[.reasons.request_flow, .reasons.request_route]' "$LAB_DIR/log/$name.stats")" \
		test "$(jq -c '[.reasons.request_flow, .reasons.request_route]' "$LAB_DIR/log/$name.stats")" = "[60,20]"
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# More than the fast path does: a flow over IPv6 has no room before the frame, which the daemon is there for.
slowly() {
	local name=slow-path

	lab_neigh_flush
	lab_list "$E2E_LIST" 6 1 2 3
	daemon_conf 6
	sed -i "s/{ route .*/{ affinity = hash record-route = true route \"all\" { set = 1 algorithm = round-robin } }/" "$DAEMON_CONF"
	sed -i 's/^ping .*/ping { probe = none }/' "$DAEMON_CONF"
	if ! daemon_start; then
		e2e_not_ok "$name" "daemon: $(head -n 1 "$LAB_DIR/log/daemon.err")"
		return
	fi
	SIPP_SENT_BY=phone.invalid
	contact phone.invalid
	for n in 1 2 3; do
		sipp_uas 6 "$n" uas_dialog
	done
	sipp_ready 1 2 3
	sipp_uac 6 1 "$(lab_host 6 vip):5060" "$CALLS" "$RATE" uac_dialog
	SIPP_SENT_BY=
	lab_wait uac1 "$((CALLS / RATE + 20))"
	sipp_finish 1 2 3
	e2e_stats "$name"
	E2E_WHY="$(sipp_stat uac1 'SuccessfulCall(C)') good calls of $CALLS"
	e2e_check "$name-flow-over-ipv6" "$E2E_WHY" test "$(sipp_stat uac1 'SuccessfulCall(C)')" = "$CALLS"
	e2e_check "$name-used" "slow path not used: $(jq -c .verdicts "$LAB_DIR/log/$name.stats")" \
		e2e_said '"slow_head_room": *[1-9]' "$LAB_DIR/log/$name.stats"
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# Options that do not go together.
refused() {
	lab_list "$E2E_LIST" 4 1
	e2e_attach 4 --mode nat --record-route
	e2e_check refused-record-route "$(head -n 1 "$LAB_DIR/log/attach.err")" \
		e2e_said 'record-route is for --mode proxy' "$LAB_DIR/log/attach.err"
	e2e_attach 4 --mode dsr --path
	e2e_check refused-path "$(head -n 1 "$LAB_DIR/log/attach.err")" \
		e2e_said 'path is for --mode proxy' "$LAB_DIR/log/attach.err"
}

e2e_begin "$@"
dialogs record-route-ipv4 4 "" "$(lab_ip 4 client 1):5061" request_outward
dialogs record-route-ipv6 6 "" "$(lab_host 6 client 1):5061" request_outward
dialogs record-route-behind-nat 4 "$PRIVATE" "$PRIVATE" request_flow
dialogs record-route-destination-leaves 4 "$PRIVATE" "$PRIVATE" request_flow leaves
registered
slowly
refused
e2e_end
