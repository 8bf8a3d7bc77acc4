#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A listener with several routes: calls go to one set, registrations to another, the rest is answered; and a change of the
# routes by reload.

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

ASK=$LAB_TOP/build/tests/e2e/ask
VIP=$(lab_host 4 vip)

# Set 1 has destinations 1 and 2, set 2 has the third.
routes_list() {
	lab_list "$E2E_LIST" 4 1 2
	echo "2 sip:$(lab_host 4 dest 3):5060" >>"$E2E_LIST"
}

# routes_conf ROUTE...: the configuration with these routes, in order.
routes_conf() {
	daemon_conf 4
	sed -i '/^listen/d; s/^ping.*/ping { probe = none }/' "$DAEMON_CONF"
	{
		echo "listen \"$VIP:5060\" {"
		printf '  route %s\n' "$@"
		echo "}"
	} >>"$DAEMON_CONF"
}

# routes_ask METHOD USER [ROW] sends one request and prints the reason phrase of the answer.
routes_ask() {
	printf '%s sip:%s@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5099;branch=z9hG4bK%s;rport\r\n%s' \
		"$1" "$2" "$RANDOM$RANDOM" \
		"Max-Forwards: 70"$'\r\n'"From: <sip:a@example.com>;tag=1"$'\r\n'"To: <sip:$2@example.com>"$'\r\n' \
		>"$LAB_DIR/ask.msg"
	printf 'Call-ID: %s\r\nCSeq: 1 %s\r\nUser-Agent: one that has a name of some length, to leave room\r\n' \
		"$RANDOM$RANDOM" "$1" >>"$LAB_DIR/ask.msg"
	printf 'Subject: as much again so that a built answer is no longer than this\r\nContent-Length: 0\r\n\r\n' \
		>>"$LAB_DIR/ask.msg"
	lab_run client "$ASK" send "$VIP" 5060 "$LAB_DIR/ask.msg" 2>/dev/null | cut -d' ' -f2-
}

# routes_sent N: requests that destination N got.
routes_sent() {
	lab_ctl list --json 2>/dev/null |
		jq -r --arg a "$(lab_host 4 dest "$1"):5060" '.destinations[] | select(.address == $a) | [.requests[]?] | add // 0'
}

split() {
	local said

	e2e_calls 4 40 40 uac uas_ping 1 2
	daemon_calls_clean 40 1 2 || return 1
	said=$(routes_ask OPTIONS bob)
	E2E_WHY="OPTIONS is answered '$said', expected 'Not Here'"
	[[ $said == "Not Here" ]] || return 1
	said=$(routes_ask INVITE 4912)
	E2E_WHY="INVITE to 49... is answered '$said', expected 'Decline'"
	[[ $said == "Decline" ]] || return 1
	lab_run client "$ASK" send "$VIP" 5060 "$LAB_DIR/ask.msg" >/dev/null 2>&1
	routes_ask REGISTER carol >/dev/null
	e2e_stats split
	said=$(jq -c '[.reasons.routed_reply]' "$LAB_DIR/log/split.stats")
	E2E_WHY="answered by a route: $said"
	[[ $said == "[3]" ]] || return 1
	said=$(lab_ctl list --json | jq -r --arg a "$(lab_host 4 dest 3):5060" \
		'.destinations[] | select(.address == $a) | tostring | test("\"register\":[1-9]"; "i")')
	E2E_WHY="no REGISTER went to set 2: $(lab_ctl list --json | tr -d '\n ' | tail -c 900)"
	[[ $said == true ]]
}

# Every set that a route has shows its shares, and each listener its routes.
shown() {
	local said

	said=$(lab_ctl list --json | jq -c '[.destinations | group_by(.set)[] | map(.share) | add * 1000 | round]')
	E2E_WHY="the shares of the sets sum up to $said, expected [1000,1000]"
	[[ $said == "[1000,1000]" ]] || return 1
	routes_ask OPTIONS bob >/dev/null
	said=$(lab_ctl route --live "$LAB_DIR/ask.msg" | grep -o 'route .*')
	E2E_WHY="route --live says: $said"
	[[ $said == 'route 4 "rest": reply 404,'* ]] || return 1
	said=$(lab_ctl list | grep '^  route')
	E2E_WHY="list says: $said"
	[[ $said == "  route 1 by method, user: reply 603"$'\n'"  route 2 by method: forward to set 1, round-robin"$'\n'"$(
		)  route 3 by method: forward to set 2, to-uri"$'\n'"  route 4: reply 404" ]]
}

# Without its daemon an instance keeps its routes when the list is read again, by what the daemon left.
alone() {
	local said

	daemon_stop
	sed -i '0,/^1 /{/^1 /d}' "$E2E_LIST"
	E2E_WHY="a reload that has not to be forced"
	lab_ctl reload >"$LAB_DIR/log/alone.out" 2>&1 && return 1
	lab_ctl reload --force >>"$LAB_DIR/log/alone.out" 2>&1
	said=$?
	E2E_WHY="reload --force: $said, $(tail -n 1 "$LAB_DIR/log/alone.out")"
	((said == 0)) || return 1
	said=$(routes_ask OPTIONS bob)
	E2E_WHY="OPTIONS is answered '$said' after it, expected 'Not Here'"
	[[ $said == "Not Here" ]] || return 1
	said=$(lab_ctl list --json | jq -c '[.destinations[] | select(.draining | not) | [.set, (.share * 100 | round)]]')
	E2E_WHY="destinations and their shares: $said"
	[[ $said == "[[1,100],[2,100]]" ]] || return 1
	E2E_WHY="the daemon does not start again"
	daemon_start
}

changed() {
	local said

	routes_conf '"rest" { action = drop }'
	daemon_ask reload >"$LAB_DIR/log/reload.out" 2>&1
	E2E_WHY="reload: $(tail -n 1 "$LAB_DIR/log/reload.out")"
	kill -HUP "${LAB_PID[daemon]}"
	sleep 2.5
	said=$(routes_ask OPTIONS bob)
	E2E_WHY="OPTIONS is answered '$said' after a reload with a route that drops"
	[[ -z $said ]]
}

e2e_begin "$@"
routes_list
routes_conf '"49" { method = {"INVITE"} user = {"49"} action = reply code = 603 }' \
	'"calls" { method = {"INVITE", "BYE"} set = 1 algorithm = round-robin }' \
	'"register" { method = {"REGISTER"} set = 2 algorithm = to-uri }' \
	'"rest" { action = reply code = 404 reason = "Not Here" headers = {"Retry-After: 60"} }'
if daemon_start; then
	e2e_check split-by-method "\$E2E_WHY" split
	((E2E_BAD)) && echo "# $E2E_WHY"
	e2e_check shares-of-all-sets "see below" shown
	((E2E_BAD)) && echo "# $E2E_WHY"
	e2e_check reload-without-a-daemon "see below" alone
	((E2E_BAD)) && echo "# $E2E_WHY"
	e2e_check reload-changes-routes "see above" changed
	((E2E_BAD)) && echo "# $E2E_WHY"
else
	e2e_not_ok daemon "$(cat "$LAB_DIR/log/daemon.err")"
fi
e2e_end
