#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dist/examples with sipp: each configuration runs as it is but for addresses, interfaces and paths, and callers and
# answerers look at what arrives where. Its 192.0.2.31 to .33 are destinations 1 to 3, of which the third is set 2.

LAB_DESTS=3
LAB_LIMIT=${LAB_LIMIT:-300}
# the examples that are named alone, if any is
NAMED=" $* "
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

VIP=$(lab_host 4 vip)
CALLS=40
SIPP_COMMON+=(-trace_msg -key contact phone.invalid)

# here FILE prints an example's file with the addresses of the lab.
here() {
	local n edit=()

	for n in 1 2 3; do
		edit+=(-e "s/192\\.0\\.2\\.3$n/$(lab_host 4 dest "$n")/g")
	done
	sed "${edit[@]}" -e "s/192\\.0\\.2\\.1:/$VIP:/; s/^interfaces.*/interfaces = {\"cl0\", \"sv0\"}/" \
		-e "s|^list .*|list = \"$E2E_LIST\"|" "$LAB_TOP/dist/examples/$1"
}

# example NAME COMMAND...: the daemon runs by the example while COMMAND does.
example() {
	local name=$1

	[[ $NAMED == "  " || $NAMED == *" $name "* ]] || return 0
	here dispatcher.list >"$E2E_LIST"
	{
		echo "state-file = \"$DAEMON_STATE\""
		echo "control { path = \"$DAEMON_SOCKET\" }"
		echo "ping { probe = none }"
		here "$name.conf"
	} >"$DAEMON_CONF"
	rm -f "$DAEMON_STATE" "$LAB_DIR"/log/*.csv "$LAB_DIR"/log/*.messages
	lab_neigh_flush
	E2E_WHY="the daemon does not start"
	if daemon_start && "${@:2}"; then
		e2e_ok "example-$name"
	else
		e2e_not_ok "example-$name" "$E2E_WHY $(tail -n 1 "$LAB_DIR/log/daemon.err")"
	fi
	e2e_stats "$name"
	SIPP_EDIT=()
	lab_kill_all
	e2e_detach || e2e_not_ok "example-$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# ---- what came where

# came WHO REGEX prints the lines of the messages that WHO has received which match, without their line ends.
came() {
	tr -d '\r' <"$LAB_DIR/log/$1.messages" 2>/dev/null | awk '/^-----------/ { here = 0 } here { print }
		/message received/ { here = 1 }' | grep -E -- "$2"
}

# is WHAT WANT GOT
is() {
	E2E_WHY="$1: '$3', expected '$2'"
	[[ $3 == "$2" ]]
}

# begun N: calls that destination N got.
begun() {
	came "uas$1" '^INVITE ' | wc -l
}

reason() {
	lab_ctl stats --json --all 2>/dev/null | jq -r --arg n "$1" '[.paths[].reasons[$n] // 0] | add'
}

# to UAC N...: callers to the listener while these destinations answer.
to() {
	local uac=$1

	shift
	e2e_calls 4 "$CALLS" 40 "$uac" uas "$@"
}

# Callers who are answered by nobody behind us, with a status line and other edits (of sed).
refused() {
	SIPP_EDIT=(-e "s/recv response=\"[24]..\"/recv response=\"$1\"/" "${@:3}")
	rm -f "$LAB_DIR"/log/uac1.*
	sipp_uac 4 1 "$VIP:5060" "$CALLS" 40 "$2"
	lab_wait uac1 12
	SIPP_EDIT=()
	is "callers content" "$CALLS" "$(sipp_stat uac1 'SuccessfulCall(C)')" &&
		is "sent again" 0 "$(sipp_stat uac1 'Retransmissions(C)')"
}

# An OPTIONS out of the scenario of a phone that registers.
AS_OPTIONS=(-e 's/^\( *\)REGISTER /\1OPTIONS /; s/ REGISTER$/ OPTIONS/')

# ---- the examples

# By turns: of the calls in the order of their beginning one goes here, the next there, with all that belongs to it.
by_turns() {
	to uac 1 2
	e2e_calls_clean "$CALLS" 1 2 || return 1
	is "calls at the first" $((CALLS / 2)) "$(begun 1)" && is "at the second" $((CALLS / 2)) "$(begun 2)" &&
		is "every other one" 1 "$(came uas1 '^Call-ID' | cut -d- -f2 | cut -d' ' -f2 | sort -nu |
			awk 'NR > 1 { print $1 - before } { before = $1 }' FS=- | sort -u | wc -l)"
}

no_table() {
	to uac 1 2
	e2e_calls_clean "$CALLS" 1 2 || return 1
	is "calls in the table" 0 "$(lab_ctl calls --json | jq '.calls | length')" &&
		is "both have calls" "1 1" "$(($(begun 1) > 0)) $(($(begun 2) > 0))"
}

# What is not INVITE is answered 404, octet by octet.
only_invites() {
	to uac 1 2
	e2e_calls_clean "$CALLS" 1 2 && is "calls" "$CALLS" $(($(begun 1) + $(begun 2))) || return 1
	[[ $1 == any ]] || is "calls at the first" $((CALLS / 2)) "$(begun 1)" || return 1
	refused 404 uac_register "${AS_OPTIONS[@]}" || return 1
	is "status lines" "$CALLS SIP/2.0 404 Not Found" "$(came uac1 '^SIP/2.0' | sort | uniq -c | sed 's/^ *//')" &&
		is "rows" "CSeq Call-ID Content-Length From To Via " \
			"$(came uac1 '^[A-Za-z-]+:' | cut -d: -f1 | sort -u | tr '\n' ' ')" &&
		is "tags that are ours" "$CALLS" "$(came uac1 '^To: <sip:phone@example.com>;tag=sx[0-9a-f]{16}$' | wc -l)" &&
		is "lengths" "$CALLS Content-Length: 0" "$(came uac1 '^Content-L' | uniq -c | sed 's/^ *//')"
}

redirected() {
	local n

	refused 301 uac_reject || return 1
	is "status lines" "$CALLS SIP/2.0 301 Moved Permanently" "$(came uac1 '^SIP/2.0' | uniq -c | sed 's/^ *//')" || return 1
	for n in 1 2; do
		is "told of destination $n" $((CALLS / 2)) \
			"$(came uac1 "^Contact: <sip:service@$(lab_host 4 dest "$n"):5060>$" | wc -l)" || return 1
	done
	is "acknowledged here" "$CALLS" "$(reason ack_own_reply)" &&
		refused 404 uac_register && is "of what is no call" "$CALLS" "$(came uac1 '^SIP/2.0 404 Not Found$' | wc -l)"
}

to_nowhere() {
	sipp_uac 4 1 "$VIP:5060" "$CALLS" 40 uac
	sleep 2
	is "answers" 0 "$(came uac1 '^SIP/2.0' | wc -l)" && E2E_WHY="dropped: $(reason routed_drop), expected $CALLS" &&
		(($(reason routed_drop) >= CALLS))
}

# to_one PLACE: all that a call has goes to the third, who is in nobody's set 1, with that in its Request-URI.
to_one() {
	to uac 3
	e2e_calls_clean "$CALLS" 3 || return 1
	is "start lines" "$CALLS INVITE sip:service@$1 SIP/2.0" "$(came uas3 '^INVITE' | uniq -c | sed 's/^ *//')"
}

# In a dialog the Request-URI is the other side's.
rewritten() {
	to_one "$(lab_host 4 dest 3):5060" &&
		is "BYEs" "$CALLS BYE sip:service@$VIP:5060 SIP/2.0" "$(came uas3 '^BYE' | uniq -c | sed 's/^ *//')"
}

both_kinds() {
	to uac 1 2
	e2e_calls_clean "$CALLS" 1 2 && is "calls" "$CALLS" $(($(begun 1) + $(begun 2))) || return 1
	sipp_uas 4 3 uas_register
	sipp_ready 3 || return 1
	rm -f "$LAB_DIR"/log/uac1.*
	sipp_uac 4 1 "$VIP:5060" "$CALLS" 40 uac_register
	lab_wait uac1 12
	is "registered" "$CALLS" "$(sipp_stat uac1 'SuccessfulCall(C)')" &&
		is "at the registrar" "$CALLS REGISTER sip:example.com SIP/2.0" \
			"$(came uas3 '^REGISTER' | uniq -c | sed 's/^ *//')"
}

# calls_from N M...: destination N calls the listener from its own place, and these answer.
calls_from() {
	local from=$1 n

	shift
	rm -f "$LAB_DIR"/log/{uas*,uac1}.{csv,messages}
	for n in "$@"; do
		sipp_uas 4 "$n"
	done
	sipp_ready "$@" || return 1
	sipp_scenario uac
	sipp_ports
	sipp_files uac1
	lab_spawn "dest$from" uac1 sipp "$VIP:5060" -sf "$LAB_DIR/uac.xml" -key via_params "" \
		-i "$(lab_host 4 dest "$from")" -p 5060 -l 10000 -m "$CALLS" -r 40 -timeout 12s -timeout_error \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
	lab_wait uac1 14
	sipp_finish "$@"
	e2e_calls_clean "$CALLS" "$@"
}

both_ways() {
	calls_from 3 1 2 && is "of the third at the others" "$CALLS" $(($(begun 1) + $(begun 2))) || return 1
	calls_from 1 3 && is "of the first at the third" "$CALLS" "$(begun 3)" || return 1
	refused 404 uac_register && is "of anybody else" "$CALLS" "$(came uac1 '^SIP/2.0 404 Not Found$' | wc -l)"
}

e2e_begin "$@"
example round-robin by_turns
example stateless no_table
example invite-only only_invites
example invite-only-per-cpu only_invites any
example redirect redirected
example drop to_nowhere
example one-host to_one "$VIP:5060"
example rewrite-host rewritten
example register-and-invite both_kinds
example two-sides both_ways
e2e_end
