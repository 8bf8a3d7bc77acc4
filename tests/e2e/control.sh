#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Operators at work: changes over the list, what survives reload and restart, what a dry run says, Kamailio's methods,
# wrong usage, SIGHUP, a list that is watched.

LAB_DESTS=5
LAB_LIMIT=${LAB_LIMIT:-600}
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

OUT=$LAB_DIR/log/ask.out
ERR=$LAB_DIR/log/ask.err

uri() {
	echo "sip:$(lab_host 4 dest "$1"):5060"
}

# ask CODE COMMAND...: the command ends with that exit code.
ask() {
	local want=$1 rc=0

	shift
	daemon_ask "$@" >"$OUT" 2>"$ERR" || rc=$?
	E2E_WHY="$*: exit code $rc, expected $want: $(head -n 1 "$ERR")"
	((rc == want))
}

# row N FILTER: what list says of destination N.
row() {
	lab_ctl list --json | jq -r --arg u "$(uri "$1")" ".destinations[] | select(.uri == \$u and (.draining and .admin == \"active\" | not)) | $2"
}

# is WHAT GOT WANTED
is() {
	E2E_WHY="$1 is '$2', expected '$3'"
	[[ $2 == "$3" ]]
}

test_it() {
	local name=$1

	if "${@:2}"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY"
	fi
}

adds() {
	ask 0 add 1 "$(uri 4)" --weight 3 --dry-run && is "a dry run's row" "$(row 4 .uri)" "" || return 1
	ask 0 add 1 "$(uri 4)" && is overlay "$(row 4 .overlay)" added || return 1
	ask 0 reload && is "overlay after reload" "$(row 4 .overlay)" added
}

removes() {
	ask 0 remove "$(uri 3)" && is "a removed one" "$(row 3 .uri)" "" || return 1
	ask 0 reload && is "a removed one after reload" "$(row 3 .uri)" ""
}

modifies() {
	ask 0 modify "$(uri 2)" --weight 7 && is weight "$(row 2 .weight)" 7 && is overlay "$(row 2 .overlay)" modified || return 1
	is "share of weight 7 beside 1 and 1" "$(row 2 '.share * 9 | round')" 7
}

sets_states() {
	ask 0 set-state "$(uri 1)" disabled && is admin "$(row 1 .admin)" disabled && is share "$(row 1 .share)" 0 || return 1
	is letters "$(row 1 '.state[0:1]')" D
}

# Everything above is still so after the daemon was killed, and after a restart of it.
survives() {
	lab_kill daemon
	E2E_WHY="the daemon does not come back"
	daemon_start || return 1
	is "added" "$(row 4 .overlay)" added && is removed "$(row 3 .uri)" "" && is weight "$(row 2 .weight)" 7 &&
		is admin "$(row 1 .admin)" disabled
}

# The list comes to say the same: the overlay goes by itself. The rest goes by --reset-state.
agrees() {
	lab_list "$E2E_LIST" 4 1 2 3 4
	ask 0 reload && is "overlay of what the list has now" "$(row 4 .overlay)" null || return 1
	ask 0 reload --reset-state && is admin "$(row 1 .admin)" active && is weight "$(row 2 .weight)" 0 &&
		is "what was removed" "$(row 3 .uri)" "$(uri 3)"
}

refuses() {
	ask 4 set-state "sip:203.0.113.9:5060" disabled && ask 4 remove 'sip:203.*' && ask 4 set-state set=7 active || return 1
	ask 2 set-state && ask 3 add 1 "sip:" && ask 2 nonsense
}

keeps_on_error() {
	echo "1 sip:broken:99999" >>"$E2E_LIST"
	ask 3 reload || return 1
	E2E_WHY="the error does not name file and line: $(head -n 1 "$ERR")"
	grep -q "^$E2E_LIST:[0-9]*:[0-9]*: error" "$ERR" || return 1
	lab_list "$E2E_LIST" 4 1 2 3 4
	is "destinations" "$(lab_ctl list --json | jq '[.destinations[] | select(.draining | not)] | length')" 4
}

speaks_kamailio() {
	ask 0 rpc dispatcher.list || return 1
	E2E_WHY="dispatcher.list: $(head -c 200 "$OUT")"
	jq -e '.NRSETS == 1 and (.RECORDS[0].SET.TARGETS | length == 4)' "$OUT" >/dev/null || return 1
	ask 0 rpc dispatcher.set_state "[\"d\", 1, \"$(uri 2)\"]" && is admin "$(row 2 .admin)" disabled || return 1
	ask 0 rpc dispatcher.set_state "[\"a\", 1, \"$(uri 2)\"]" && is admin "$(row 2 .admin)" active || return 1
	ask 0 rpc dispatcher.hash '[3, "abc"]' && jq -e '.hashid == 7167810 and .slot == 0' "$OUT" >/dev/null
}

hangs_up() {
	local i

	daemon_conf 4 'set 1 { all-down = serve-all }' 'watch-list = true'
	kill -HUP "${LAB_PID[daemon]}"
	for ((i = 0; i < 50; i++)); do
		ask 0 config && grep -q 'serve-all' "$OUT" && break
		sleep 0.1
	done
	E2E_WHY="after SIGHUP the configuration is the old one"
	grep -q 'serve-all' "$OUT" || return 1
	echo 'nonsense = 1' >>"$DAEMON_CONF"
	kill -HUP "${LAB_PID[daemon]}"
	sleep 0.5
	ask 0 config && grep -q 'serve-all' "$OUT" || return 1
	lab_list "$E2E_LIST" 4 1 2
	for ((i = 0; i < 60; i++)); do
		[[ $(row 4 .uri) == "" ]] && break
		sleep 0.1
	done
	is "what the watched list lost" "$(row 4 .uri)" ""
}

watches() {
	lab_spawn director watch timeout 10 "$LAB_CTL" watch --control "$DAEMON_SOCKET" --json
	sleep 0.5
	ask 0 set-state "$(uri 1)" draining && ask 0 set-state "$(uri 1)" active || return 1
	sleep 0.5
	lab_kill watch
	E2E_WHY="watch said: $(tail -n 2 "$LAB_DIR/log/watch.out")"
	jq -se '[.[] | select(.kind == "admin")] | length >= 2' "$LAB_DIR/log/watch.out" >/dev/null
}

e2e_begin "$@"
DAEMON_FAMILY=4
lab_list "$E2E_LIST" 4 1 2 3
daemon_conf 4
daemon_start || lab_die "the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err")"
test_it add adds
test_it remove removes
test_it modify modifies
test_it set-state sets_states
test_it restart survives
test_it agreement agrees
test_it refusals refuses
test_it broken-list keeps_on_error
test_it kamailio-methods speaks_kamailio
test_it sighup hangs_up
test_it watch watches
e2e_detach || e2e_not_ok detach "$(head -n 1 "$LAB_DIR/log/detach.err")"
rc=0
lab_wait daemon 5 || rc=$?
e2e_check daemon-leaves "the daemon's exit code is $rc after detach" [ "$rc" -eq 0 ]
e2e_end
